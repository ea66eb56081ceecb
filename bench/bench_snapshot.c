/* bench_snapshot.c - reading what others replace: epochs beside locks and liburcu.
 *
 * One read: get hold of the current version, load a word of it, let go. Ours in three ways: a pin
 * for every read, a refresh for every read (the same promise, the version is let go each time, kept
 * pinned), and many reads under one pin. Every side runs the same loop on its own current version.
 *
 * "published at 1 kHz": a second thread replaces the version of every side once a millisecond.
 * Where it cannot be started the row is left out. */
#include "bench.h"

#include "core/atomic.h"
#include "sync/mutex.h"
#include "sync/snapshot.h"
#include "sync/thread.h"

#include <pthread.h>

#if BENCH_URCU
void urcu_peer_open(uint32_t *first);
void urcu_peer_close(void);
uint32_t *urcu_peer_publish(uint32_t *version);
uint32_t urcu_peer_read_inline(uint32_t count);
uint32_t urcu_peer_read_called(uint32_t count);
uint32_t urcu_peer_read_many(uint32_t count, uint32_t batch);
#endif

enum { READS = 200000, BATCH = 64 };

typedef struct load {
    w3d_snapshot_domain domain;
    w3d_snapshot shape;
    w3d_snapshot_reader *reader;
    w3d_snapshot_domain fenced_domain; /* the same where readers fence themselves */
    w3d_snapshot fenced_shape;
    w3d_snapshot_reader *fenced_reader;
    unsigned char gap[128];
    w3d_mutex mutex;
    unsigned char gap_1[128];
    pthread_mutex_t pthread_mutex;
    pthread_rwlock_t rwlock;
    uint32_t *locked; /* current behind every lock */
    unsigned char gap_2[128];
    uint32_t *plain;
    uint32_t stop, published;
} load;

static void nothing(void *user, void *version, size_t size)
{
    (void)user, (void)version, (void)size;
}

static uint32_t word(const void *version) { return *(const volatile uint32_t *)version; }

static void keep(uint32_t sum)
{
    static volatile uint32_t kept;
    kept = sum;
    (void)kept;
}

static void pin_each(void *user)
{
    load *l = (load *)user;
    w3d_snapshot_reader *reader = l->reader;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        w3d_snapshot_pin(reader);
        sum += word(w3d_snapshot_get(&l->shape, reader));
        w3d_snapshot_unpin(reader);
    }
    keep(sum);
}

static void pin_each_fenced(void *user)
{
    load *l = (load *)user;
    w3d_snapshot_reader *reader = l->fenced_reader;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        w3d_snapshot_pin(reader);
        sum += word(w3d_snapshot_get(&l->fenced_shape, reader));
        w3d_snapshot_unpin(reader);
    }
    keep(sum);
}

static void refresh_each(void *user)
{
    load *l = (load *)user;
    w3d_snapshot_reader *reader = l->reader;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        w3d_snapshot_refresh(reader);
        sum += word(w3d_snapshot_get(&l->shape, reader));
    }
    w3d_snapshot_unpin(reader);
    keep(sum);
}

static void pin_many(void *user)
{
    load *l = (load *)user;
    w3d_snapshot_reader *reader = l->reader;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i += BATCH) {
        w3d_snapshot_pin(reader);
        for (uint32_t k = 0; k < BATCH; k++) sum += word(w3d_snapshot_get(&l->shape, reader));
        w3d_snapshot_unpin(reader);
    }
    keep(sum);
}

static void our_mutex(void *user)
{
    load *l = (load *)user;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        w3d_mutex_lock(&l->mutex);
        sum += word(l->locked);
        w3d_mutex_unlock(&l->mutex);
    }
    keep(sum);
}

static void pthread_mutex(void *user)
{
    load *l = (load *)user;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        pthread_mutex_lock(&l->pthread_mutex);
        sum += word(l->locked);
        pthread_mutex_unlock(&l->pthread_mutex);
    }
    keep(sum);
}

static void pthread_rwlock(void *user)
{
    load *l = (load *)user;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) {
        pthread_rwlock_rdlock(&l->rwlock);
        sum += word(l->locked);
        pthread_rwlock_unlock(&l->rwlock);
    }
    keep(sum);
}

/* What any of them does at least: load the pointer, load the word. */
static void plain_pointer(void *user)
{
    load *l = (load *)user;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < READS; i++) sum += word(*(uint32_t *volatile *)&l->plain);
    keep(sum);
}

#if BENCH_URCU
static void urcu_inline(void *user)
{
    (void)user;
    keep(urcu_peer_read_inline(READS));
}
static void urcu_called(void *user)
{
    (void)user;
    keep(urcu_peer_read_called(READS));
}
static void urcu_many(void *user)
{
    (void)user;
    keep(urcu_peer_read_many(READS, BATCH));
}
#endif

/* Publishes to every side in turn, as each wants it. */
static void publish_on(void *user)
{
    static uint32_t ring[8][32];
    load *l = (load *)user;
    uint32_t next = 0;
    while (!w3d_atomic_load_u32(&l->stop)) {
        uint32_t *version = ring[next++ % 8];
        w3d_snapshot_publish(&l->shape, version, sizeof ring[0], 0);
        w3d_snapshot_publish(&l->fenced_shape, version, sizeof ring[0], 0);
        w3d_mutex_lock(&l->mutex);
        pthread_mutex_lock(&l->pthread_mutex);
        pthread_rwlock_wrlock(&l->rwlock);
        l->locked = version;
        pthread_rwlock_unlock(&l->rwlock);
        pthread_mutex_unlock(&l->pthread_mutex);
        w3d_mutex_unlock(&l->mutex);
#if BENCH_URCU
        urcu_peer_publish(version);
#endif
        w3d_thread_sleep(1000000);
    }
    w3d_atomic_store_u32(&l->published, next);
}

typedef struct side {
    const char *name;
    void (*run)(void *user);
} side;

static void rows(load *l, const char *name, void (*ours)(void *), const side *peers, int count)
{
    for (int i = 0; i < count; i++) {
        bench_row row;
        memset(&row, 0, sizeof row);
        row.name = name, row.unit = "Mread/s", row.work = READS / 1e6, row.user = l;
        row.ours.run = ours;
        row.peer.run = peers[i].run, row.peer.name = peers[i].name;
        row.limit.run = plain_pointer, row.limit.name = "plain pointer";
        bench_run(&row);
    }
}

static void publish_one(void *user)
{
    static uint32_t versions[2];
    load *l = (load *)user;
    for (int i = 0; i < 1000; i++)
        w3d_snapshot_publish(&l->shape, &versions[i & 1], sizeof versions[0], 0);
}

#if BENCH_URCU
static void urcu_publish_one(void *user)
{
    static uint32_t versions[2];
    (void)user;
    for (int i = 0; i < 1000; i++) urcu_peer_publish(&versions[i & 1]);
}
#endif

void bench_snapshot(void)
{
    static load l;
    static uint32_t first[32];
    w3d_snapshot_domain_desc fence;
    w3d_snapshot_desc desc;
    w3d_thread writer;
    memset(&fence, 0, sizeof fence);
    memset(&desc, 0, sizeof desc);
    fence.fence_readers = 1;
    desc.release = nothing, desc.version = first, desc.size = sizeof first;
    if (w3d_snapshot_domain_create(&l.domain, NULL)) return;
    if (w3d_snapshot_domain_create(&l.fenced_domain, &fence)) return;
    w3d_snapshot_create(&l.shape, &l.domain, &desc);
    w3d_snapshot_create(&l.fenced_shape, &l.fenced_domain, &desc);
    w3d_snapshot_register(&l.domain, &l.reader);
    w3d_snapshot_register(&l.fenced_domain, &l.fenced_reader);
    pthread_mutex_init(&l.pthread_mutex, NULL);
    pthread_rwlock_init(&l.rwlock, NULL);
    l.locked = l.plain = first;

    /* All but the last two are what the rows with a writer and with fences meet, too. */
    static const side each[] = {
#if BENCH_URCU
        { "liburcu memb, inlined", urcu_inline },
        { "liburcu memb, called", urcu_called },
#endif
        { "pthread mutex", pthread_mutex },
        { "w3d_mutex", our_mutex },
        { "pthread rwlock", pthread_rwlock },
    };
    static const side many[] = {
#if BENCH_URCU
        { "liburcu memb, inlined, 64 a section", urcu_many },
#endif
        { "pthread mutex each", pthread_mutex },
    };
    static const side writers[] = {
#if BENCH_URCU
        { "liburcu memb, synchronize", urcu_publish_one },
#endif
        { NULL, NULL },
    };
    int each_count = (int)(sizeof each / sizeof *each), few = each_count - 2;
    int many_count = (int)(sizeof many / sizeof *many);
#if BENCH_URCU
    urcu_peer_open(first);
#endif
    bench_title(l.domain.fenced ? "snapshot: reading (no barrier by the system: pin fences)"
                                : "snapshot: reading (the system has a barrier)");
    rows(&l, "pin, get, unpin", pin_each, each, each_count);
    if (!l.domain.fenced) rows(&l, "the same, pin fences", pin_each_fenced, each, few);
    rows(&l, "refresh, get", refresh_each, each, each_count);
    rows(&l, "get, 64 under a pin", pin_many, many, many_count);

    if (w3d_thread_start(&writer, publish_on, &l, NULL) == W3D_OK) {
        rows(&l, "pin, get, unpin; publ. at 1 kHz", pin_each, each, few);
        rows(&l, "refresh, get; publ. at 1 kHz", refresh_each, each, few);
        rows(&l, "64 under a pin; publ. at 1 kHz", pin_many, many, many_count);
        w3d_atomic_store_u32(&l.stop, 1);
        w3d_thread_join(&writer);
        if (!l.published) printf("bench_snapshot: nothing was published\n");
    }

    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = "publish and free, nobody pinned", row.unit = "M/s", row.work = 1e-3, row.user = &l;
    row.ours.run = publish_one;
    row.peer.run = writers[0].run, row.peer.name = writers[0].name;
    bench_run(&row);

#if BENCH_URCU
    urcu_peer_close();
#endif
    pthread_rwlock_destroy(&l.rwlock);
    pthread_mutex_destroy(&l.pthread_mutex);
    w3d_snapshot_destroy(&l.shape);
    w3d_snapshot_destroy(&l.fenced_shape);
    w3d_snapshot_domain_destroy(&l.domain);
    w3d_snapshot_domain_destroy(&l.fenced_domain);
}
