/* bench_ring.c - the ring against a C++ queue of the same design, boost::lockfree and ck_ring.
 *
 * Every run starts a second thread, moves the records and joins it. All queues hold 1024.
 * BENCH_SPSC, BENCH_BOOST and BENCH_CK say which of bench/peers is linked. */
#include "bench.h"

#include "sync/ring.h"
#include "sync/ring_message.h"

#ifndef BENCH_SPSC
#define BENCH_SPSC 0
#endif
#ifndef BENCH_BOOST
#define BENCH_BOOST 0
#endif
#ifndef BENCH_CK
#define BENCH_CK 0
#endif

#if BENCH_SPSC
void *peer_spsc_make(uint32_t capacity);
void peer_spsc_free(void *made);
void peer_spsc_produce(void *made, uint64_t count);
uint64_t peer_spsc_consume(void *made, uint64_t count);
void peer_spsc_ping(void *there, void *back, uint64_t count, int blocking);
void peer_spsc_pong(void *there, void *back, uint64_t count, int blocking);
#endif
#if BENCH_BOOST
void *peer_boost_make(int multi, uint32_t capacity);
void peer_boost_free(int multi, void *made);
void peer_boost_produce(int multi, void *made, uint64_t count);
uint64_t peer_boost_consume(int multi, void *made, uint64_t count);
#endif
#if BENCH_CK
void *peer_ck_make(uint32_t capacity);
void peer_ck_free(void *made);
void peer_ck_produce(int multi, void *made, uint64_t count);
uint64_t peer_ck_consume(int multi, void *made, uint64_t count);
#endif

enum { CAPACITY = 1024, MESSAGE = 1 << 22 };

/* One side of one run; a pair of them is a run. */
typedef struct side {
    w3d_ring ring, back;
    uint64_t count, sum;
    void *peer, *peer_back;
    uint32_t batch;
    int kind, blocking, pairs;
    unsigned char *bytes;
} side;

static void *ring_open(side *self, int kind, uint32_t slot_bytes)
{
    w3d_ring_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.kind = (w3d_ring_kind)kind;
    desc.slot_bytes = slot_bytes;
    desc.slots = CAPACITY;
    size_t size = w3d_ring_memory_size(&desc);
    unsigned char *raw = (unsigned char *)malloc(size + 128u);
    unsigned char *memory = raw + (128u - (uintptr_t)raw % 128u) % 128u;
    w3d_ring_format(memory, size, &desc);
    w3d_ring_attach(&self->ring, memory, size, NULL);
    return raw;
}

/* Runs one(a) on `pairs` other threads and two(b) on this and the rest, and checks the sum. */
static void run_pair(const side *with, void (*one)(void *), void (*two)(void *))
{
    static side a[4], b[4];
    w3d_thread first[4], second[4];
    uint64_t sum = 0, count = with->count;
    for (int i = 0; i < with->pairs; i++) {
        a[i] = b[i] = *with;
        w3d_thread_start(&first[i], one, &a[i], NULL);
        if (i) w3d_thread_start(&second[i], two, &b[i], NULL);
    }
    two(&b[0]);
    for (int i = 0; i < with->pairs; i++) {
        w3d_thread_join(&first[i]);
        if (i) w3d_thread_join(&second[i]);
        sum += b[i].sum;
    }
    if (sum != (uint64_t)with->pairs * (count * (count - 1) / 2)) printf("the records are wrong\n");
}

/* ---- records ---- */

static void ours_produce(void *user)
{
    side *self = (side *)user;
    w3d_ring ring = self->ring;
    for (uint64_t i = 0; i < self->count; i++) w3d_ring_write(&ring, &i, sizeof i, W3D_FOREVER);
}

static void ours_consume(void *user)
{
    side *self = (side *)user;
    w3d_ring ring = self->ring;
    uint64_t sum = 0, value = 0;
    for (uint64_t i = 0; i < self->count; i++) {
        w3d_ring_read(&ring, &value, sizeof value, W3D_FOREVER);
        sum += value;
    }
    self->sum = sum;
}

static void ours_produce_batched(void *user)
{
    side *self = (side *)user;
    w3d_ring ring = self->ring;
    for (uint64_t i = 0; i < self->count;) {
        w3d_ring_batch batch;
        w3d_ring_claim(&ring, self->batch, W3D_FOREVER, &batch);
        if (batch.count > self->count - i) batch.count = (uint32_t)(self->count - i);
        for (uint32_t k = 0; k < batch.count; k++, i++) memcpy(batch.records + k * 16u, &i, 8);
        w3d_ring_publish(&ring, batch.count);
    }
}

static void ours_consume_batched(void *user)
{
    side *self = (side *)user;
    w3d_ring ring = self->ring;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < self->count;) {
        w3d_ring_batch batch;
        w3d_ring_peek(&ring, self->batch, W3D_FOREVER, &batch);
        for (uint32_t k = 0; k < batch.count; k++) {
            uint64_t value;
            memcpy(&value, batch.records + k * 16u, 8);
            sum += value;
        }
        i += batch.count;
        w3d_ring_consume(&ring, batch.count);
    }
    self->sum = sum;
}

static void run_ours(void *user)
{
    side *with = (side *)user;
    void *raw = ring_open(with, with->kind, 16);
    if (with->batch)
        run_pair(with, ours_produce_batched, ours_consume_batched);
    else
        run_pair(with, ours_produce, ours_consume);
    free(raw);
}

#if BENCH_SPSC
static void reference_produce(void *user)
{
    side *self = (side *)user;
    peer_spsc_produce(self->peer, self->count);
}
static void reference_consume(void *user)
{
    side *self = (side *)user;
    self->sum = peer_spsc_consume(self->peer, self->count);
}
static void run_reference(void *user)
{
    side *with = (side *)user;
    with->peer = peer_spsc_make(CAPACITY);
    run_pair(with, reference_produce, reference_consume);
    peer_spsc_free(with->peer);
}
#endif

#if BENCH_BOOST
static void boost_produce(void *user)
{
    side *self = (side *)user;
    peer_boost_produce(self->kind != W3D_RING_SPSC, self->peer, self->count);
}
static void boost_consume(void *user)
{
    side *self = (side *)user;
    self->sum = peer_boost_consume(self->kind != W3D_RING_SPSC, self->peer, self->count);
}
static void run_boost(void *user)
{
    side *with = (side *)user;
    with->peer = peer_boost_make(with->kind != W3D_RING_SPSC, CAPACITY);
    run_pair(with, boost_produce, boost_consume);
    peer_boost_free(with->kind != W3D_RING_SPSC, with->peer);
}
#endif

#if BENCH_CK
static void ck_produce(void *user)
{
    side *self = (side *)user;
    peer_ck_produce(self->kind != W3D_RING_SPSC, self->peer, self->count);
}
static void ck_consume(void *user)
{
    side *self = (side *)user;
    self->sum = peer_ck_consume(self->kind != W3D_RING_SPSC, self->peer, self->count);
}
static void run_ck(void *user)
{
    side *with = (side *)user;
    with->peer = peer_ck_make(CAPACITY);
    run_pair(with, ck_produce, ck_consume);
    peer_ck_free(with->peer);
}
#endif

/* ---- round trips ---- */

#define SPIN(call)                                                                                 \
    while ((call) == W3D_ERR_BUSY) w3d_atomic_pause()

static void ours_ping(void *user)
{
    side *self = (side *)user;
    w3d_ring out = self->ring, in = self->back;
    uint64_t value = 0, timeout = self->blocking ? W3D_FOREVER : 0;
    for (uint64_t i = 0; i < self->count; i++) {
        SPIN(w3d_ring_write(&out, &i, sizeof i, timeout));
        SPIN(w3d_ring_read(&in, &value, sizeof value, timeout));
        self->sum += value;
    }
}

static void ours_pong(void *user)
{
    side *self = (side *)user;
    w3d_ring in = self->ring, out = self->back;
    uint64_t value = 0, timeout = self->blocking ? W3D_FOREVER : 0;
    for (uint64_t i = 0; i < self->count; i++) {
        SPIN(w3d_ring_read(&in, &value, sizeof value, timeout));
        SPIN(w3d_ring_write(&out, &value, sizeof value, timeout));
    }
}

static void run_ours_trip(void *user)
{
    side *with = (side *)user;
    void *there = ring_open(with, W3D_RING_SPSC, 16);
    with->back = with->ring;
    void *back = ring_open(with, W3D_RING_SPSC, 16);
    run_pair(with, ours_pong, ours_ping);
    free(there);
    free(back);
}

#if BENCH_SPSC
static void reference_ping(void *user)
{
    side *self = (side *)user;
    peer_spsc_ping(self->peer, self->peer_back, self->count, self->blocking);
    self->sum = self->count * (self->count - 1) / 2;
}
static void reference_pong(void *user)
{
    side *self = (side *)user;
    peer_spsc_pong(self->peer, self->peer_back, self->count, self->blocking);
}
static void run_reference_trip(void *user)
{
    side *with = (side *)user;
    with->peer = peer_spsc_make(CAPACITY);
    with->peer_back = peer_spsc_make(CAPACITY);
    run_pair(with, reference_pong, reference_ping);
    peer_spsc_free(with->peer);
    peer_spsc_free(with->peer_back);
}
#endif

/* ---- messages, against the one copy in and one copy out that there must be ---- */

static void ours_send(void *user)
{
    side *self = (side *)user;
    w3d_ring_send(&self->ring, self->bytes, MESSAGE, W3D_FOREVER);
}

static void ours_receive(void *user)
{
    side *self = (side *)user;
    size_t size = 0;
    w3d_ring_receive(&self->ring, self->bytes + MESSAGE, MESSAGE, &size, W3D_FOREVER);
    self->sum = 0;
}

static void run_message(void *user)
{
    side *with = (side *)user;
    void *raw = ring_open(with, with->kind, 256);
    run_pair(with, ours_send, ours_receive);
    free(raw);
}

static void run_copy(void *user)
{
    side *with = (side *)user;
    static unsigned char between[CAPACITY * 256];
    for (uint32_t done = 0; done < MESSAGE; done += sizeof between) {
        memcpy(between, with->bytes + done, sizeof between);
        memcpy(with->bytes + MESSAGE + done, between, sizeof between);
    }
    bench_keep(with->bytes);
}

void bench_ring(void)
{
    static side with;
    bench_row row;
    w3d_thread probe;
    if (w3d_thread_start(&probe, ours_pong, &with, NULL) != W3D_OK) return; /* no threads here */
    w3d_thread_join(&probe);
    bench_title("rings: 8-byte records between two threads");
    for (int kind = 0; kind < 3; kind++)
        for (int batch = 0; batch < 2; batch++) {
            static const char *const names[3][2] = {
                { "SPSC, one by one", "SPSC, batches of 64" },
                { "MPSC, one by one", "MPSC, batches of 64" },
                { "MPMC, one by one", "MPMC, batches of 64" },
            };
            memset(&with, 0, sizeof with);
            memset(&row, 0, sizeof row);
            with.pairs = 1;
            with.kind = kind;
            with.batch = batch ? 64 : 0;
            with.count = kind == W3D_RING_SPSC ? 1000000 : 300000;
            row.name = names[kind][batch];
            row.unit = "Mrec/s";
            row.work = (double)with.count * 1e-6;
            row.user = &with;
            row.ours.run = run_ours;
            row.rounds = kind == W3D_RING_SPSC ? 31 : 15;
#if BENCH_SPSC
            if (kind == W3D_RING_SPSC) row.peer.run = run_reference, row.peer.name = "C++ SPSC";
#endif
#if BENCH_BOOST
            if (kind != W3D_RING_SPSC)
                row.peer.run = run_boost, row.peer.name = "boost::lockfree::queue";
            bench_run(&row);
            if (kind != W3D_RING_SPSC) continue;
            row.peer.run = run_boost, row.peer.name = "boost::lockfree::spsc_queue";
#endif
            bench_run(&row);
#if BENCH_CK
            row.peer.run = run_ck, row.peer.name = "ck_ring, SPSC";
            if (kind == W3D_RING_SPSC) bench_run(&row);
#endif
        }
    memset(&with, 0, sizeof with);
    with.kind = W3D_RING_MPMC;
    with.pairs = 2;
    with.count = 50000;
    row.name = "MPMC, 2 to 2 threads";
    row.work = 2 * (double)with.count * 1e-6;
#if BENCH_BOOST
    row.peer.run = run_boost, row.peer.name = "boost::lockfree::queue";
#endif
    bench_run(&row);
#if BENCH_CK
    row.peer.run = run_ck, row.peer.name = "ck_ring, MPMC";
    bench_run(&row);
#endif
    for (int blocking = 0; blocking < 2; blocking++) {
        memset(&with, 0, sizeof with);
        memset(&row, 0, sizeof row);
        with.pairs = 1;
        with.blocking = blocking;
        with.count = blocking ? 3000 : 20000;
        row.name = blocking ? "round trip, blocking" : "round trip, spinning";
        row.unit = "k/s";
        row.work = (double)with.count * 1e-3;
        row.user = &with;
        row.ours.run = run_ours_trip;
        row.rounds = 21;
#if BENCH_SPSC
        row.peer.run = run_reference_trip;
        row.peer.name = blocking ? "C++ SPSC, atomic wait" : "C++ SPSC";
#endif
        bench_run(&row);
    }
    with.bytes = (unsigned char *)calloc(2, MESSAGE);
    for (int kind = 0; kind < 2; kind++) {
        memset(&row, 0, sizeof row);
        with.kind = kind;
        with.pairs = 1;
        with.count = 0;
        row.name = kind ? "message of 4 MiB, MPSC" : "message of 4 MiB, SPSC";
        row.unit = "MB/s";
        row.work = MESSAGE * 1e-6;
        row.user = &with;
        row.ours.run = run_message;
        row.limit.run = run_copy;
        row.limit.name = "memcpy twice";
        bench_run(&row);
    }
    free(with.bytes);
}
