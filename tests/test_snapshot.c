/* test_snapshot.c - readers see whole versions, nothing is freed early, nothing is kept for
 * ever. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "sync/snapshot.h"
#include "sync/thread.h"

/* ---- versions that know whether they are whole ---- */

enum { WORDS = 30, POISON = 0x5A, DEAD = 256 };

typedef struct version {
    uint32_t number, dead;
    uint32_t word[WORDS];
} version;

/* What was released; counted by any thread. The last that were stay where they are, poisoned, so
 * that no new version in the same place hides who still reads an old one. */
typedef struct counts {
    uint32_t made, released, wrong;
    uint64_t order; /* numbers of released versions, as decimal digits */
    int many;       /* 1: several threads release, in no order         */
    void *dead[DEAD];
} counts;

static version *make(counts *all, uint32_t number)
{
    version *v = (version *)malloc(sizeof *v);
    v->number = number;
    v->dead = 0;
    for (uint32_t i = 0; i < WORDS; i++) v->word[i] = number * 2654435761u + i;
    w3d_atomic_add_u32(&all->made, 1);
    return v;
}

static int whole(const version *v)
{
    if (v->dead) return 0;
    for (uint32_t i = 0; i < WORDS; i++)
        if (v->word[i] != v->number * 2654435761u + i) return 0;
    return 1;
}

static void release(void *user, void *block, size_t size)
{
    counts *all = (counts *)user;
    version *v = (version *)block;
    if (size != sizeof *v || !whole(v)) w3d_atomic_add_u32(&all->wrong, 1);
    if (!all->many) all->order = all->order * 10 + v->number;
    memset(v, POISON, sizeof *v);
    free(w3d_atomic_exchange_pointer(&all->dead[w3d_atomic_add_u32(&all->released, 1) % DEAD], v));
}

static void bury(counts *all)
{
    CHECK(all->released == all->made && all->wrong == 0);
    for (int i = 0; i < DEAD; i++) free(all->dead[i]);
    memset(all->dead, 0, sizeof all->dead);
}

/* A domain, one snapshot and what they have released. */
typedef struct stage {
    w3d_snapshot_domain domain;
    w3d_snapshot shape;
    counts all;
} stage;

static w3d_snapshot_domain_desc limits(uint32_t readers, uint32_t retired, uint64_t size,
                                       uint32_t fence)
{
    w3d_snapshot_domain_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.reader_capacity = readers;
    desc.retired_capacity = retired;
    desc.retired_size_limit = size;
    desc.fence_readers = fence;
    return desc;
}

static void raise_stage(stage *s, const w3d_snapshot_domain_desc *desc)
{
    w3d_snapshot_desc with;
    memset(s, 0, sizeof *s);
    memset(&with, 0, sizeof with);
    with.release = release;
    with.user = &s->all;
    CHECK(w3d_snapshot_domain_create(&s->domain, desc) == W3D_OK);
    CHECK(w3d_snapshot_create(&s->shape, &s->domain, &with) == W3D_OK);
}

static void strike_stage(stage *s)
{
    CHECK(w3d_snapshot_destroy(&s->shape) == W3D_OK);
    CHECK(w3d_snapshot_domain_destroy(&s->domain) == W3D_OK);
    bury(&s->all);
    CHECK(!s->domain.block && !s->shape.domain);
}

static w3d_result publish(stage *s, uint32_t number)
{
    version *v = make(&s->all, number);
    w3d_result result = w3d_snapshot_publish(&s->shape, v, sizeof *v, 0);
    if (result == W3D_OK) return result;
    s->all.made--;
    free(v);
    return result;
}

static uint32_t number_of(const stage *s, const w3d_snapshot_reader *reader)
{
    const version *v = (const version *)w3d_snapshot_get(&s->shape, reader);
    if (!v) return 0;
    CHECK(whole(v));
    return v->number;
}

static w3d_snapshot_stats stats_of(stage *s)
{
    w3d_snapshot_stats stats;
    memset(&stats, 0xFF, sizeof stats);
    w3d_snapshot_domain_stats(&s->domain, &stats);
    return stats;
}

/* ---- one thread ---- */

/* Each case runs with both kinds of pin. */
static void pins_hold_versions(void)
{
    for (uint32_t fence = 0; fence < 2; fence++) {
        stage s;
        w3d_snapshot_reader *a, *b;
        w3d_snapshot_domain_desc desc = limits(2, 8, 0, fence);
        raise_stage(&s, &desc);
        CHECK(w3d_snapshot_register(&s.domain, &a) == W3D_OK);
        CHECK(w3d_snapshot_register(&s.domain, &b) == W3D_OK && a != b);
        w3d_snapshot_pin(a);
        CHECK(w3d_snapshot_get(&s.shape, a) == NULL && w3d_snapshot_pinned(a) &&
              !w3d_snapshot_pinned(b));
        w3d_snapshot_unpin(a);
        CHECK(publish(&s, 1) == W3D_OK && s.all.released == 0);
        CHECK(publish(&s, 2) == W3D_OK && s.all.order == 1); /* nobody is pinned: gone at once */

        w3d_snapshot_pin(a);
        CHECK(number_of(&s, a) == 2);
        const version *held = (const version *)w3d_snapshot_get(&s.shape, a);
        CHECK(publish(&s, 3) == W3D_OK && publish(&s, 4) == W3D_OK);
        for (int i = 0; i < 5; i++) CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_ERR_BUSY);
        CHECK(whole(held) && held->number == 2 && number_of(&s, a) == 4 && s.all.order == 1);

        w3d_snapshot_pin(b); /* in the next epoch: 2 is not to be had any more */
        CHECK(number_of(&s, b) == 4);
        w3d_snapshot_stats stats = stats_of(&s);
        CHECK(stats.reader_count == 2 && stats.pinned_count == 2 && stats.stalled_count == 1);
        CHECK(stats.retired_count == 2 && stats.retired_size == 2 * sizeof(version));
        CHECK(stats.published == 4 && stats.released == 1);
        w3d_snapshot_unpin(a);
        CHECK(publish(&s, 5) == W3D_OK);
        w3d_snapshot_reclaim(&s.domain);
        CHECK(number_of(&s, b) == 5 && s.all.order == 12); /* b may have 4 */
        w3d_snapshot_unpin(b);
        CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_OK && s.all.order == 1234);
        CHECK(w3d_snapshot_publish(&s.shape, NULL, 7, 0) == W3D_OK && s.all.order == 12345);
        w3d_snapshot_pin(a);
        CHECK(w3d_snapshot_get(&s.shape, a) == NULL);
        CHECK(w3d_snapshot_publish(&s.shape, NULL, 0, 0) == W3D_OK &&
              stats_of(&s).retired_count == 0);
        w3d_snapshot_unpin(a);
        strike_stage(&s); /* readers registered: allowed */
    }
}

static void pins_nest(void)
{
    stage s;
    w3d_snapshot_reader *reader;
    raise_stage(&s, NULL);
    w3d_snapshot_register(&s.domain, &reader);
    publish(&s, 1);
    for (int depth = 0; depth < 100; depth++) w3d_snapshot_pin(reader);
    publish(&s, 2);
    for (int depth = 0; depth < 99; depth++) w3d_snapshot_unpin(reader);
    CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_ERR_BUSY && s.all.released == 0);
    CHECK(w3d_snapshot_unregister(reader) == W3D_ERR_BUSY && w3d_snapshot_pinned(reader));
    w3d_snapshot_unpin(reader);
    CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_OK && s.all.released == 1);
    w3d_snapshot_unpin(reader); /* one too many does nothing where asserts are off */
    CHECK(!w3d_snapshot_pinned(reader) && !stats_of(&s).pinned_count);
    CHECK(w3d_snapshot_unregister(reader) == W3D_OK);
    strike_stage(&s);
}

/* A reader that only ever refreshes keeps nothing for longer than two refreshes; inside another pin
 * refresh holds on. */
static void refresh_lets_go(void)
{
    for (uint32_t fence = 0; fence < 2; fence++) {
        stage s;
        w3d_snapshot_reader *reader;
        w3d_snapshot_domain_desc desc = limits(0, 4, 0, fence);
        raise_stage(&s, &desc);
        w3d_snapshot_register(&s.domain, &reader);
        for (uint32_t i = 1; i < 200; i++) {
            w3d_snapshot_refresh(reader);
            CHECK(w3d_snapshot_pinned(reader));
            CHECK(publish(&s, i) == W3D_OK);
            CHECK(number_of(&s, reader) == i);
            CHECK(i - s.all.released <= 4);
        }
        w3d_snapshot_pin(reader);
        uint32_t held = number_of(&s, reader), before = s.all.released;
        const version *v = (const version *)w3d_snapshot_get(&s.shape, reader);
        for (int i = 0; i < 20 && publish(&s, 7) == W3D_OK; i++) w3d_snapshot_refresh(reader);
        CHECK(whole(v) && v->number == held && s.all.released - before <= 3);
        w3d_snapshot_unpin(reader);
        w3d_snapshot_refresh(reader);
        CHECK(publish(&s, 8) == W3D_OK);
        w3d_snapshot_unpin(reader);
        strike_stage(&s);
    }
}

static void stalled_reader_stops_publishing(void)
{
    stage s;
    w3d_snapshot_reader *reader;
    w3d_snapshot_domain_desc desc = limits(1, 3, 0, 0);
    raise_stage(&s, &desc);
    w3d_snapshot_register(&s.domain, &reader);
    publish(&s, 1);
    w3d_snapshot_pin(reader);
    for (uint32_t i = 2; i < 5; i++) CHECK(publish(&s, i) == W3D_OK);
    version *extra = make(&s.all, 5);
    uint64_t began = w3d_thread_now();
    CHECK(w3d_snapshot_publish(&s.shape, extra, sizeof *extra, 0) == W3D_ERR_BUSY);
    w3d_result result = w3d_snapshot_publish(&s.shape, extra, sizeof *extra, 3000000);
    if (w3d_thread_can_block())
        CHECK(result == W3D_ERR_TIMEOUT && w3d_thread_now() - began >= 3000000);
    else
        CHECK(result == W3D_ERR_BUSY);
    CHECK(w3d_snapshot_destroy(&s.shape) == W3D_ERR_BUSY && s.shape.domain == &s.domain);
    const void *current = w3d_snapshot_get(&s.shape, reader);
    CHECK(w3d_snapshot_replace(&s.shape, current, extra, sizeof *extra) == W3D_ERR_BUSY);
    CHECK(number_of(&s, reader) == 4 && whole(extra) && s.all.released == 0);
    w3d_snapshot_unpin(reader);
    CHECK(w3d_snapshot_publish(&s.shape, extra, sizeof *extra, 0) ==
          W3D_OK); /* makes its own room */
    CHECK(s.all.order == 1234);
    strike_stage(&s);

    /* By bytes: the one that goes beyond is let through, the next is not. */
    desc = limits(1, 0, sizeof(version) + 1, 0);
    raise_stage(&s, &desc);
    w3d_snapshot_register(&s.domain, &reader);
    w3d_snapshot_pin(reader);
    CHECK(publish(&s, 1) == W3D_OK && publish(&s, 2) == W3D_OK && publish(&s, 3) == W3D_OK);
    CHECK(publish(&s, 4) == W3D_ERR_BUSY && stats_of(&s).retired_size == 2 * sizeof(version));
    w3d_snapshot_unpin(reader);
    CHECK(publish(&s, 4) == W3D_OK && s.all.order == 123);
    strike_stage(&s);
}

/* The ring of waiting versions goes round many times, at every fill; freed in order. */
static void ring_goes_round(void)
{
    for (uint32_t capacity = 1; capacity < 40; capacity += 3) {
        stage s;
        w3d_snapshot_reader *reader;
        w3d_snapshot_domain_desc desc = limits(1, capacity, 0, 1);
        raise_stage(&s, &desc);
        w3d_snapshot_register(&s.domain, &reader);
        uint32_t live = 0;
        for (int round = 0; round < 60; round++) {
            uint32_t wanted = test_random_below(capacity + 3), accepted = 0;
            w3d_snapshot_pin(reader);
            for (uint32_t i = 0; i < wanted; i++) accepted += publish(&s, 1) == W3D_OK;
            CHECK(accepted == (wanted < capacity + !live ? wanted : capacity + !live));
            live = live || wanted;
            w3d_snapshot_unpin(reader);
            CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_OK);
            CHECK(s.all.made - s.all.released == live && stats_of(&s).retired_size == 0);
        }
        strike_stage(&s);
    }
}

static void batches_wait(void)
{
    stage s;
    w3d_snapshot_domain_desc desc = limits(1, 30, 0, 0);
    desc.batch_count = 20;
    raise_stage(&s, &desc);
    for (uint32_t i = 1; i <= 20; i++) publish(&s, 1);
    CHECK(s.all.released == 0);
    publish(&s, 1); /* the 20th to wait */
    CHECK(s.all.released == 20);
    publish(&s, 1);
    CHECK(s.all.released == 20 && w3d_snapshot_reclaim(&s.domain) == W3D_OK &&
          s.all.released == 21);
    strike_stage(&s);
}

static void replace_wants_the_expected(void)
{
    stage s;
    w3d_snapshot_reader *reader;
    raise_stage(&s, NULL);
    w3d_snapshot_register(&s.domain, &reader);
    version *first = make(&s.all, 1), *second = make(&s.all, 2);
    w3d_snapshot_pin(reader);
    CHECK(w3d_snapshot_replace(&s.shape, second, first, sizeof *first) == W3D_ERR_STALE);
    CHECK(w3d_snapshot_replace(&s.shape, NULL, first, sizeof *first) == W3D_OK);
    CHECK(w3d_snapshot_replace(&s.shape, NULL, second, sizeof *second) == W3D_ERR_STALE);
    CHECK(number_of(&s, reader) == 1);
    CHECK(w3d_snapshot_replace(&s.shape, first, second, sizeof *second) == W3D_OK);
    CHECK(number_of(&s, reader) == 2 && whole(first));
    w3d_snapshot_unpin(reader);
    strike_stage(&s);
}

static void readers_up_to_the_capacity(void)
{
    enum { MOST = 9 };
    stage s;
    w3d_snapshot_reader *reader[MOST + 1], *sentinel = (w3d_snapshot_reader *)(void *)&s;
    w3d_snapshot_domain_desc desc = limits(MOST, 4, 0, 0);
    raise_stage(&s, &desc);
    CHECK(sizeof(w3d_snapshot_reader) == 128);
    for (int i = 0; i < MOST; i++) {
        CHECK(w3d_snapshot_register(&s.domain, &reader[i]) == W3D_OK);
        CHECK((uintptr_t)reader[i] % 128 == 0);
        for (int k = 0; k < i; k++) CHECK(reader[i] != reader[k]);
    }
    reader[MOST] = sentinel;
    CHECK(w3d_snapshot_register(&s.domain, &reader[MOST]) == W3D_ERR_CAPACITY);
    CHECK(reader[MOST] == sentinel && stats_of(&s).reader_count == MOST);
    w3d_snapshot_pin(reader[MOST - 1]); /* the last record is looked at, too */
    publish(&s, 1);
    publish(&s, 2);
    CHECK(w3d_snapshot_unregister(reader[3]) == W3D_OK && s.all.released == 0);
    CHECK(w3d_snapshot_reclaim(&s.domain) == W3D_ERR_BUSY);
    CHECK(w3d_snapshot_register(&s.domain, &reader[MOST]) == W3D_OK && reader[MOST] == reader[3]);
    CHECK(w3d_snapshot_unregister(reader[MOST - 1]) == W3D_ERR_BUSY);
    CHECK(w3d_snapshot_domain_destroy(&s.domain) == W3D_ERR_BUSY); /* a snapshot lives */
    CHECK(w3d_snapshot_destroy(&s.shape) == W3D_OK && s.all.released == 0);
    CHECK(w3d_snapshot_domain_destroy(&s.domain) == W3D_ERR_BUSY); /* a reader is pinned */
    CHECK(w3d_snapshot_get(&s.shape, reader[0]) == NULL);
    w3d_snapshot_unpin(reader[MOST - 1]);
    CHECK(w3d_snapshot_unregister(reader[MOST - 1]) == W3D_OK);
    CHECK(w3d_snapshot_unregister(NULL) == W3D_OK);
    CHECK(w3d_snapshot_domain_destroy(&s.domain) == W3D_OK && s.all.released == 2);
    bury(&s.all);
    CHECK(w3d_snapshot_domain_destroy(&s.domain) == W3D_OK); /* zeroed by now */
    CHECK(w3d_snapshot_destroy(&s.shape) == W3D_OK);
}

/* Two domains know nothing of each other; one domain may have many snapshots. */
static void domains_and_snapshots(void)
{
    stage s, other;
    w3d_snapshot second;
    w3d_snapshot_desc desc;
    w3d_snapshot_reader *reader;
    raise_stage(&s, NULL);
    raise_stage(&other, NULL);
    w3d_snapshot_register(&s.domain, &reader);
    memset(&desc, 0, sizeof desc);
    desc.release = release, desc.user = &s.all, desc.size = sizeof(version);
    desc.version = make(&s.all, 7);
    CHECK(w3d_snapshot_create(&second, &s.domain, &desc) == W3D_OK);
    publish(&s, 1);
    w3d_snapshot_pin(reader);
    const version *v = (const version *)w3d_snapshot_get(&second, reader);
    CHECK(v->number == 7 && number_of(&s, reader) == 1);
    CHECK(w3d_snapshot_destroy(&second) == W3D_OK && whole(v));
    publish(&other, 1);
    publish(&other, 2);
    CHECK(other.all.released == 1 && s.all.released == 0);
    w3d_snapshot_unpin(reader);
    strike_stage(&s);
    strike_stage(&other);
}

/* A release that publishes, as one that hands a buffer on would. */
typedef struct chain {
    w3d_snapshot next;
    uint32_t passed_on, given_back;
} chain;

static void pass_on(void *user, void *block, size_t size)
{
    chain *c = (chain *)user;
    c->passed_on++;
    CHECK(w3d_snapshot_publish(&c->next, block, size, 0) == W3D_OK);
}

static void give_back(void *user, void *block, size_t size)
{
    chain *c = (chain *)user;
    (void)block, (void)size;
    c->given_back++;
}

static void release_may_publish(void)
{
    static uint32_t blocks[50];
    w3d_snapshot_domain domain;
    w3d_snapshot first;
    w3d_snapshot_desc desc;
    chain c;
    memset(&c, 0, sizeof c);
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_snapshot_domain_create(&domain, NULL) == W3D_OK);
    desc.user = &c;
    desc.release = pass_on;
    CHECK(w3d_snapshot_create(&first, &domain, &desc) == W3D_OK);
    desc.release = give_back;
    CHECK(w3d_snapshot_create(&c.next, &domain, &desc) == W3D_OK);
    for (uint32_t i = 0; i < 50; i++)
        CHECK(w3d_snapshot_publish(&first, &blocks[i], sizeof *blocks, 0) == W3D_OK);
    CHECK(w3d_snapshot_destroy(&first) == W3D_OK);
    CHECK(c.passed_on == 50 && c.given_back == 49);
    CHECK(w3d_snapshot_destroy(&c.next) == W3D_OK && c.given_back == 50);
    CHECK(w3d_snapshot_domain_destroy(&domain) == W3D_OK);
}

/* Versions without a release go back to the domain's allocator, with their sizes. */
static int whole_life(const void *allocator, void *user)
{
    w3d_snapshot_domain_desc desc = limits(3, 5, 0, 0);
    w3d_snapshot_domain domain;
    w3d_snapshot shape;
    w3d_snapshot_reader *reader;
    (void)user;
    desc.allocator = *(const w3d_allocator *)allocator;
    memset(&domain, 0xEE, sizeof domain);
    w3d_result result = w3d_snapshot_domain_create(&domain, &desc);
    if (result != W3D_OK) {
        unsigned char *byte = (unsigned char *)&domain;
        for (size_t i = 0; i < sizeof domain; i++) CHECK(byte[i] == 0xEE);
        return (int)result;
    }
    CHECK(w3d_snapshot_create(&shape, &domain, NULL) == W3D_OK);
    CHECK(w3d_snapshot_register(&domain, &reader) == W3D_OK);
    for (size_t i = 1; i < 10 && result == W3D_OK; i++) {
        void *block = w3d_allocator_resize(&desc.allocator, NULL, 0, i * 10);
        if (!block) result = W3D_ERR_OUT_OF_MEMORY;
        if (i == 8) w3d_snapshot_pin(reader);
        if (block) CHECK(w3d_snapshot_publish(&shape, block, i * 10, 0) == W3D_OK);
    }
    CHECK(w3d_snapshot_destroy(&shape) == W3D_OK);
    if (w3d_snapshot_pinned(reader)) w3d_snapshot_unpin(reader);
    CHECK(w3d_snapshot_domain_destroy(&domain) == W3D_OK);
    return (int)result;
}

static void out_of_memory(void)
{
    w3d_snapshot_domain domain;
    w3d_snapshot_domain_desc desc = limits(UINT32_MAX, UINT32_MAX, 0, 0);
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    counter.fail_at = 1;
    desc.allocator = w3d_allocator_counting(&counter); /* on 64 bits: asked for, and refused */
    CHECK(w3d_snapshot_domain_create(&domain, &desc) == W3D_ERR_OUT_OF_MEMORY);
    CHECK(counter.requests == (sizeof(size_t) > 4));
    test_allocation_sweep(whole_life, NULL);
}

static void misuse_is_refused(void)
{
    w3d_snapshot_domain domain;
    w3d_snapshot shape;
    w3d_snapshot_reader *reader;
    memset(&domain, 0, sizeof domain);
    memset(&shape, 0, sizeof shape);
    CHECK(w3d_snapshot_domain_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_reclaim(NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_reclaim(&domain) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_create(&shape, &domain, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_publish(&shape, &domain, 1, 0) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_replace(&shape, NULL, &domain, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_register(&domain, &reader) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_destroy(NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_domain_destroy(NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_domain_create(&domain, NULL) == W3D_OK);
    CHECK(w3d_snapshot_register(&domain, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_snapshot_register(&domain, &reader) == W3D_OK);
    CHECK(w3d_snapshot_unregister(reader) == W3D_OK);
    CHECK(w3d_snapshot_unregister(reader) == W3D_ERR_ARGUMENT); /* not taken */
    CHECK(w3d_snapshot_domain_destroy(&domain) == W3D_OK);
}

/* ---- many threads ---- */

enum { READERS = 4, WRITERS = 2, SHAPES = 3, WAITING = 6 };

typedef struct crowd {
    w3d_snapshot_domain domain;
    w3d_snapshot shape[SHAPES];
    counts all;
    uint32_t stop, bad, reads, published, busy, next;
    w3d_snapshot_reader *left; /* pinned by a thread that has ended */
} crowd;

static crowd people;

static void read_on(void *user)
{
    crowd *c = (crowd *)user;
    w3d_snapshot_reader *reader;
    uint32_t reads = 0, bad = 0, turn = w3d_atomic_add_u32(&c->next, 1);
    if (w3d_snapshot_register(&c->domain, &reader) != W3D_OK) {
        w3d_atomic_add_u32(&c->bad, 1);
        return;
    }
    do {
        const version *v[SHAPES];
        int refreshing = turn++ % 3 == 0;
        w3d_snapshot_pin(reader);
        for (int round = 0; round < (refreshing ? 20 : 1); round++) {
            for (int i = 0; i < SHAPES; i++)
                v[i] = (const version *)w3d_snapshot_get(&c->shape[i], reader);
            if (turn % 64 == 0) w3d_thread_yield(); /* held for longer */
            for (int i = 0; i < SHAPES; i++) bad += v[i] && !whole(v[i]);
            reads += SHAPES;
            if (turn % 2) {
                w3d_snapshot_pin(reader);
                const version *again = (const version *)w3d_snapshot_get(&c->shape[0], reader);
                w3d_snapshot_unpin(reader);
                bad += !whole(again) || !whole(v[0]);
            }
            if (refreshing) w3d_snapshot_refresh(reader);
        }
        w3d_snapshot_unpin(reader);
        if (turn % 50 == 0) { /* records change hands */
            bad += w3d_snapshot_unregister(reader) != W3D_OK;
            bad += w3d_snapshot_register(&c->domain, &reader) != W3D_OK;
        }
    } while (!w3d_atomic_load_u32(&c->stop));
    bad += w3d_snapshot_unregister(reader) != W3D_OK;
    w3d_atomic_add_u32(&c->bad, bad);
    w3d_atomic_add_u32(&c->reads, reads);
}

static void write_on(void *user)
{
    crowd *c = (crowd *)user;
    uint32_t published = 0, busy = 0, number = w3d_atomic_add_u32(&c->next, 1) << 24;
    do {
        version *v = make(&c->all, ++number);
        w3d_result result = w3d_snapshot_publish(&c->shape[number % SHAPES], v, sizeof *v,
                                                 number % 2 ? 0 : W3D_FOREVER);
        if (result == W3D_OK) {
            published++;
        } else {
            if (result != W3D_ERR_BUSY) w3d_atomic_add_u32(&c->bad, 1);
            busy++;
            w3d_atomic_add_u32(&c->all.made, UINT32_MAX);
            free(v);
            w3d_thread_yield();
        }
        w3d_snapshot_stats stats;
        w3d_snapshot_domain_stats(&c->domain, &stats);
        if (stats.retired_count > WAITING) w3d_atomic_add_u32(&c->bad, 1);
    } while (!w3d_atomic_load_u32(&c->stop));
    w3d_atomic_add_u32(&c->published, published);
    w3d_atomic_add_u32(&c->busy, busy);
}

/* Readers never see a version that is dead or half made; memory stays within its bound; at the end
 * everything was released once. */
static void crowd_of(uint32_t fence)
{
    w3d_thread thread[READERS + WRITERS];
    w3d_snapshot_domain_desc desc = limits(READERS, WAITING, 0, fence);
    w3d_snapshot_desc with;
    int started = 0;
    memset(&people, 0, sizeof people);
    memset(&with, 0, sizeof with);
    people.all.many = 1;
    CHECK(w3d_snapshot_domain_create(&people.domain, &desc) == W3D_OK);
    with.release = release, with.user = &people.all, with.size = sizeof(version);
    for (int i = 0; i < SHAPES; i++) {
        with.version = make(&people.all, 1);
        CHECK(w3d_snapshot_create(&people.shape[i], &people.domain, &with) == W3D_OK);
    }
    while (started < READERS + WRITERS) {
        w3d_result result = w3d_thread_start(&thread[started],
                                             started < READERS ? read_on : write_on, &people, NULL);
        if (result != W3D_OK) {
            CHECK(result == W3D_ERR_UNSUPPORTED && started == 0);
            break;
        }
        started++;
    }
    if (started) w3d_thread_sleep(150000000);
    w3d_atomic_store_u32(&people.stop, 1);
    for (int i = 0; i < started; i++) CHECK(w3d_thread_join(&thread[i]) == W3D_OK);
    if (!started) { /* no threads: in turn */
        read_on(&people);
        write_on(&people);
        read_on(&people);
    }
    CHECK_MESSAGE(people.bad == 0, "%u bad", people.bad);
    CHECK(people.reads && people.published);
    for (int i = 0; i < SHAPES; i++) CHECK(w3d_snapshot_destroy(&people.shape[i]) == W3D_OK);
    CHECK(w3d_snapshot_domain_destroy(&people.domain) == W3D_OK);
    bury(&people.all);
}

static void crowd_with_barrier(void) { crowd_of(0); }
static void crowd_with_fences(void) { crowd_of(1); }

/* Several writers who each add one to what they found: none is lost. */
static void count_up(void *user)
{
    crowd *c = (crowd *)user;
    w3d_snapshot_reader *reader;
    if (w3d_snapshot_register(&c->domain, &reader) != W3D_OK) w3d_atomic_add_u32(&c->bad, 1);
    for (int done = 0; done < 500;) {
        w3d_snapshot_pin(reader);
        const version *old = (const version *)w3d_snapshot_get(&c->shape[0], reader);
        version *v = make(&c->all, old->number + 1);
        w3d_result result = w3d_snapshot_replace(&c->shape[0], old, v, sizeof *v);
        w3d_snapshot_unpin(reader);
        if (result == W3D_OK) {
            done++;
            continue;
        }
        if (result != W3D_ERR_STALE && result != W3D_ERR_BUSY) w3d_atomic_add_u32(&c->bad, 1);
        w3d_atomic_add_u32(&c->all.made, UINT32_MAX);
        free(v);
        w3d_thread_yield();
    }
    w3d_snapshot_unregister(reader);
}

static void writers_lose_nothing(void)
{
    w3d_thread thread[3];
    w3d_snapshot_desc with;
    int started = 0;
    memset(&people, 0, sizeof people);
    memset(&with, 0, sizeof with);
    people.all.many = 1;
    CHECK(w3d_snapshot_domain_create(&people.domain, NULL) == W3D_OK);
    with.release = release, with.user = &people.all, with.size = sizeof(version);
    with.version = make(&people.all, 0);
    CHECK(w3d_snapshot_create(&people.shape[0], &people.domain, &with) == W3D_OK);
    while (started < 3 && w3d_thread_start(&thread[started], count_up, &people, NULL) == W3D_OK)
        started++;
    for (int i = 0; i < started; i++) CHECK(w3d_thread_join(&thread[i]) == W3D_OK);
    if (!started) count_up(&people);
    uint32_t writers = started ? (uint32_t)started : 1;
    CHECK(((const version *)people.shape[0].current)->number == 500 * writers && !people.bad);
    CHECK(w3d_snapshot_destroy(&people.shape[0]) == W3D_OK);
    CHECK(w3d_snapshot_domain_destroy(&people.domain) == W3D_OK);
    bury(&people.all);
}

/* A thread ends pinned; who joins it may unpin for it. And a waiting publisher gets through when
 * the reader goes. */
static void end_pinned(void *user)
{
    crowd *c = (crowd *)user;
    w3d_snapshot_register(&c->domain, &c->left);
    w3d_snapshot_pin(c->left);
}

static void unpin_later(void *user)
{
    crowd *c = (crowd *)user;
    w3d_thread_sleep(5000000);
    w3d_snapshot_unpin(c->left);
}

static void thread_ends_pinned(void)
{
    w3d_thread thread;
    stage s;
    w3d_snapshot_domain_desc desc = limits(1, 1, 0, 0);
    raise_stage(&s, &desc);
    memset(&people, 0, sizeof people);
    w3d_snapshot_reader *reader;
    if (w3d_snapshot_register(&s.domain, &reader) != W3D_OK) return;
    people.left = reader;
    w3d_snapshot_pin(reader);
    CHECK(publish(&s, 1) == W3D_OK && publish(&s, 2) == W3D_OK && publish(&s, 3) == W3D_ERR_BUSY);
    version *v = make(&s.all, 3);
    if (w3d_thread_start(&thread, unpin_later, &people, NULL) == W3D_OK) {
        CHECK(w3d_snapshot_publish(&s.shape, v, sizeof *v, W3D_FOREVER) == W3D_OK);
        CHECK(w3d_thread_join(&thread) == W3D_OK);
    } else {
        w3d_snapshot_unpin(reader);
        CHECK(w3d_snapshot_publish(&s.shape, v, sizeof *v, W3D_FOREVER) == W3D_OK);
    }
    strike_stage(&s);

    CHECK(w3d_snapshot_domain_create(&people.domain, NULL) == W3D_OK);
    if (w3d_thread_start(&thread, end_pinned, &people, NULL) == W3D_OK)
        CHECK(w3d_thread_join(&thread) == W3D_OK);
    else
        end_pinned(&people);
    CHECK(w3d_snapshot_pinned(people.left));
    CHECK(w3d_snapshot_unregister(people.left) == W3D_ERR_BUSY);
    w3d_snapshot_unpin(people.left);
    CHECK(w3d_snapshot_unregister(people.left) == W3D_OK);
    CHECK(w3d_snapshot_domain_destroy(&people.domain) == W3D_OK);
}

void test_snapshot(void)
{
    RUN(pins_hold_versions);
    RUN(pins_nest);
    RUN(refresh_lets_go);
    RUN(stalled_reader_stops_publishing);
    RUN(ring_goes_round);
    RUN(batches_wait);
    RUN(replace_wants_the_expected);
    RUN(readers_up_to_the_capacity);
    RUN(domains_and_snapshots);
    RUN(release_may_publish);
    RUN(out_of_memory);
    RUN(misuse_is_refused);
    RUN(crowd_with_barrier);
    RUN(crowd_with_fences);
    RUN(writers_lose_nothing);
    RUN(thread_ends_pinned);
}
