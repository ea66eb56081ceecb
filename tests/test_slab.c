/* test_slab.c - a shadow table with contents, exhaustion, wrong frees, frees by other threads. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/slab.h"
#include "sync/thread.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif
#if defined(POISONS)
#ifdef __cplusplus
extern "C"
#endif
    int
    __asan_address_is_poisoned(void const volatile *address);
#endif

enum { BLOCKS = 3000, KIB = 1024 };

typedef struct entry {
    unsigned char *block;
    size_t size;
    unsigned char seed;
} entry;

static void fill(entry *e)
{
    e->seed = (unsigned char)test_random();
    for (size_t i = 0; i < e->size; i++) e->block[i] = (unsigned char)(e->seed + i * 7);
}

static int intact(const entry *e)
{
    for (size_t i = 0; i < e->size; i++)
        if (e->block[i] != (unsigned char)(e->seed + i * 7)) return 0;
    return 1;
}

/* A slab over an allocator that counts, and at the end has everything back. */
typedef struct fixture {
    w3d_allocator_counter counter;
    w3d_slab slab;
} fixture;

static void begin(fixture *f, size_t retain_size)
{
    w3d_slab_desc desc;
    memset(f, 0, sizeof *f);
    desc.allocator = w3d_allocator_counting(&f->counter);
    desc.retain_size = retain_size;
    CHECK(w3d_slab_create(&f->slab, &desc) == W3D_OK && f->counter.requests == 0);
}

static void end(fixture *f)
{
    w3d_slab_destroy(&f->slab);
    CHECK(f->counter.live_blocks == 0 && f->counter.live_bytes == 0);
    w3d_slab_destroy(&f->slab); /* zeroed by now */
}

static size_t live_blocks(fixture *f)
{
    w3d_slab_stats stats;
    memset(&stats, 0xFF, sizeof stats);
    CHECK(w3d_slab_measure(&f->slab, &stats) == W3D_OK);
    CHECK(stats.held_size == f->counter.live_bytes &&
          stats.page_size + stats.empty_size <= stats.held_size);
    return stats.live_blocks;
}

static void random_use_agrees_with_a_shadow_table(void)
{
    static entry shadow[BLOCKS];
    fixture f;
    size_t live = 0, live_size = 0;
    begin(&f, 1);
    memset(shadow, 0, sizeof shadow);
    for (int round = 0; round < 40000; round++) {
        /* Phases that grow and phases that shrink, so that pages come and go. */
        int growing = (round / 5000) % 2 == 0;
        entry *e = &shadow[test_random_below(BLOCKS)];
        if (e->block) {
            if (growing && test_random_below(4)) continue;
            CHECK(intact(e));
            CHECK(w3d_slab_free(&f.slab, e->block, e->size) == W3D_OK);
            live--, live_size -= (e->size + 15) / 16 * 16;
            e->block = NULL;
        } else if (growing || !test_random_below(4)) {
            e->size = 1 + test_random_below(127);
            e->block = (unsigned char *)w3d_slab_allocate(&f.slab, e->size);
            CHECK(e->block && (uintptr_t)e->block % 16 == 0);
            if (!e->block) break;
            fill(e);
            live++, live_size += (e->size + 15) / 16 * 16;
        }
        if (round % 1000 == 0) {
            w3d_slab_stats stats;
            CHECK(w3d_slab_measure(&f.slab, &stats) == W3D_OK);
            CHECK(stats.live_blocks == live && stats.live_size == live_size);
            if (round % 3000 == 0) CHECK(w3d_slab_trim(&f.slab) == W3D_OK);
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (!shadow[i].block) continue;
        CHECK(intact(&shadow[i]));
        CHECK(w3d_slab_check(&f.slab, shadow[i].block, shadow[i].size) == W3D_OK);
        CHECK(w3d_slab_free(&f.slab, shadow[i].block, shadow[i].size) == W3D_OK);
    }
    CHECK(live_blocks(&f) == 0);
    CHECK(w3d_slab_trim(&f.slab) == W3D_OK && f.counter.live_bytes == 0);
    end(&f);
}

static void batches_mix_with_single_calls(void)
{
    static void *blocks[BLOCKS];
    fixture f;
    begin(&f, 0);
    for (int round = 0; round < 60; round++) {
        size_t size = 1 + test_random_below(127), count = test_random_below(BLOCKS);
        CHECK(w3d_slab_allocate_batch(&f.slab, size, blocks, count) == W3D_OK);
        for (size_t i = 0; i < count; i++) memset(blocks[i], (int)(i % 251), size);
        for (size_t i = 0; i < count; i++) {
            const unsigned char *bytes = (const unsigned char *)blocks[i];
            if (bytes[0] != i % 251 || bytes[size - 1] != i % 251) {
                CHECK_MESSAGE(0, "block %zu of size %zu was overwritten", i, size);
                break;
            }
        }
        for (size_t i = 0; i < count; i += 3) {
            CHECK(w3d_slab_free(&f.slab, blocks[i], size) == W3D_OK);
            blocks[i] = NULL; /* skipped below */
        }
        CHECK(live_blocks(&f) == count - (count + 2) / 3);
        CHECK(w3d_slab_free_batch(&f.slab, blocks, count, size) == W3D_OK);
        CHECK(live_blocks(&f) == 0);
    }
    CHECK(w3d_slab_allocate_batch(&f.slab, 8, NULL, 0) == W3D_OK &&
          w3d_slab_free_batch(&f.slab, NULL, 0, 8) == W3D_OK);
    end(&f);
}

static void sizes_out_of_range_are_refused(void)
{
    static const size_t wrong[] = { 0, 128, 129, 4096, SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 31 };
    fixture f;
    void *block = &f;
    begin(&f, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!w3d_slab_allocate(&f.slab, wrong[i]));
        CHECK(w3d_slab_free(&f.slab, block, wrong[i]) == W3D_ERR_ARGUMENT);
        CHECK(w3d_slab_free(&f.slab, NULL, wrong[i]) == W3D_OK);
        CHECK(w3d_slab_allocate_batch(&f.slab, wrong[i], &block, 1) == W3D_ERR_ARGUMENT);
        CHECK(w3d_slab_free_batch(&f.slab, &block, 1, wrong[i]) == W3D_ERR_ARGUMENT);
        CHECK(w3d_slab_check(&f.slab, block, wrong[i]) == W3D_ERR_ARGUMENT);
    }
    CHECK(block == &f && f.counter.requests == 0);
    CHECK(w3d_slab_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_measure(&f.slab, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_visit(&f.slab, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_allocate_batch(&f.slab, 8, NULL, 1) == W3D_ERR_ARGUMENT);
    CHECK((block = w3d_slab_allocate(&f.slab, 127)) != NULL);
    CHECK(w3d_slab_free(&f.slab, block, 127) == W3D_OK);
    end(&f);
}

static void addresses_come_back(void)
{
    static void *blocks[1000], *again[1000];
    fixture f;
    begin(&f, 0);
    void *first = w3d_slab_allocate(&f.slab, 40);
    w3d_slab_free(&f.slab, first, 40);
    CHECK(w3d_slab_allocate(&f.slab, 33) == first); /* the newest first, any size of the kind */
    w3d_slab_free(&f.slab, first, 48);

    CHECK(w3d_slab_allocate_batch(&f.slab, 16, blocks, 900) == W3D_OK);
    for (int i = 1; i < 900; i++) CHECK((uintptr_t)blocks[i] > (uintptr_t)blocks[i - 1]);
    memcpy(again, blocks, sizeof blocks);
    for (int i = 899; i > 0; i--) { /* shuffled back, the page knows the order */
        uint32_t other = test_random_below((uint32_t)i + 1);
        void *kept = again[i];
        again[i] = again[other], again[other] = kept;
    }
    CHECK(w3d_slab_free_batch(&f.slab, again, 900, 16) == W3D_OK);
    size_t held = f.counter.live_bytes;
    CHECK(w3d_slab_allocate_batch(&f.slab, 16, again, 900) == W3D_OK);
    CHECK_BYTES(again, blocks, 900 * sizeof *blocks);
    CHECK(f.counter.live_bytes == held);
    w3d_slab_free_batch(&f.slab, blocks, 900, 16);
    end(&f);
}

static void empty_chunks_are_kept_up_to_a_bound_and_given_back(void)
{
    enum { MANY = 40000 };
    void **blocks = (void **)malloc(MANY * sizeof *blocks);
    fixture f;
    begin(&f, 512 * KIB);
    for (int i = 0; i < MANY; i++) blocks[i] = w3d_slab_allocate(&f.slab, 100);
    CHECK(f.counter.live_bytes >= MANY * 112u && f.counter.live_bytes <= MANY * 112u * 5 / 4);
    uint64_t requests = f.counter.requests;
    for (int i = 0; i < MANY; i++) w3d_slab_free(&f.slab, blocks[i], 100);
    /* What is kept: 512 KiB that are empty, and what the last blocks in the stack hold on to. */
    CHECK(f.counter.live_bytes <= (512 + 2 * 256) * KIB && f.counter.live_bytes >= 512 * KIB);
    for (int i = 0; i < 4000; i++) blocks[i] = w3d_slab_allocate(&f.slab, 20);
    CHECK(f.counter.requests == requests); /* pages change their kind, nothing new is needed */
    for (int i = 0; i < 4000; i++) w3d_slab_free(&f.slab, blocks[i], 20);
    CHECK(live_blocks(&f) == 0 && f.counter.live_bytes > 0);
    void *last = w3d_slab_allocate(&f.slab, 1);
    CHECK(w3d_slab_trim(&f.slab) == W3D_OK && f.counter.live_blocks == 1);
    w3d_slab_free(&f.slab, last, 1);
    CHECK(w3d_slab_trim(&f.slab) == W3D_OK && f.counter.live_blocks == 0);
    CHECK(w3d_slab_allocate(&f.slab, 64) != NULL); /* and begins anew */
    end(&f);
    free(blocks);
}

static int use_one(const void *allocator, void *user)
{
    w3d_slab_desc desc;
    w3d_slab slab;
    void *blocks[2] = { user, user };
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    w3d_slab_create(&slab, &desc);
    w3d_result result = w3d_slab_allocate_batch(&slab, 50, blocks, 2);
    CHECK((result == W3D_OK) == (blocks[0] != user) && (blocks[0] != user) == (blocks[1] != user));
    if (result == W3D_OK && !w3d_slab_allocate(&slab, 50)) result = W3D_ERR_OUT_OF_MEMORY;
    w3d_slab_destroy(&slab);
    return (int)result;
}

static void out_of_memory_leaves_all_as_it_was(void)
{
    static void *blocks[40000];
    static entry shadow[4000];
    test_allocation_sweep(use_one, &test);
    for (uint64_t fail_at = 1; fail_at < 8; fail_at++) {
        fixture f;
        size_t count = 0;
        begin(&f, 0);
        f.counter.fail_at = fail_at;
        f.counter.fail_always = 1;
        for (; count < 4000; count++) {
            entry *e = &shadow[count];
            e->size = 1 + test_random_below(127);
            e->block = (unsigned char *)w3d_slab_allocate(&f.slab, e->size);
            if (!e->block) break;
            fill(e);
        }
        CHECK((count == 0) == (fail_at == 1));
        w3d_slab_stats before, after;
        w3d_slab_measure(&f.slab, &before);
        memset(blocks, 0x55, sizeof blocks);
        CHECK(w3d_slab_allocate_batch(&f.slab, 33, blocks, 40000) == W3D_ERR_OUT_OF_MEMORY);
        for (int i = 0; i < 40000; i++)
            if (blocks[i] != blocks[0]) CHECK(!"an output was touched");
        w3d_slab_measure(&f.slab, &after);
        CHECK(before.live_blocks == after.live_blocks && before.page_size == after.page_size);
        f.counter.fail_at = 0;
        CHECK(w3d_slab_allocate_batch(&f.slab, 33, blocks, 1000) == W3D_OK);
        for (size_t i = 0; i < count; i++) {
            CHECK(intact(&shadow[i]));
            CHECK(w3d_slab_free(&f.slab, shadow[i].block, shadow[i].size) == W3D_OK);
        }
        CHECK(live_blocks(&f) == 1000);
        end(&f);
    }
    /* Where there is no room for a large chunk, a small one still helps. */
    fixture f;
    begin(&f, 0);
    CHECK(w3d_slab_allocate(&f.slab, 8) && f.counter.live_bytes == 64 * KIB);
    f.counter.fail_at = 2;
    CHECK(w3d_slab_allocate_batch(&f.slab, 127, blocks, 400) == W3D_OK);
    CHECK(f.counter.requests == 3 && f.counter.live_bytes == 128 * KIB);
    end(&f);
}

static void wrong_frees_are_found(void)
{
    static void *blocks[200];
    fixture f, other;
    int local = 0;
    begin(&f, 0), begin(&other, 0);
    CHECK(w3d_slab_allocate_batch(&f.slab, 48, blocks, 200) == W3D_OK);
    unsigned char *block = (unsigned char *)blocks[100];
    void *foreign = w3d_slab_allocate(&other.slab, 48), *heap = malloc(48);
    CHECK(w3d_slab_check(&f.slab, block, 48) == W3D_OK &&
          w3d_slab_check(&f.slab, block, 33) == W3D_OK);
    CHECK(w3d_slab_check(&f.slab, block, 49) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_check(&f.slab, block, 32) == W3D_ERR_ARGUMENT);
    for (int i = 1; i < 48; i++) CHECK(w3d_slab_check(&f.slab, block + i, 48) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_check(&f.slab, foreign, 48) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_check(&f.slab, heap, 48) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_check(&f.slab, &local, 48) == W3D_ERR_ARGUMENT);
    CHECK(w3d_slab_check(&f.slab, NULL, 48) == W3D_ERR_ARGUMENT);
    /* Every address of the page: exactly the blocks are blocks. */
    unsigned char *page = block - (uintptr_t)block % 16384;
    size_t found = 0;
    for (size_t i = 0; i < 16384; i++) found += w3d_slab_check(&f.slab, page + i, 48) == W3D_OK;
    CHECK(found == 200);

    w3d_slab_free(&f.slab, block, 48);
    CHECK(w3d_slab_check(&f.slab, block, 48) == W3D_ERR_ARGUMENT); /* in the stack   */
    CHECK(w3d_slab_trim(&f.slab) == W3D_OK);
    CHECK(w3d_slab_check(&f.slab, block, 48) == W3D_ERR_ARGUMENT); /* back in its page */
    blocks[100] = NULL;
    /* A batch with a block twice counts it once. */
    blocks[7] = blocks[6];
    CHECK(w3d_slab_free_batch(&f.slab, blocks, 200, 48) == W3D_OK && live_blocks(&f) == 1);
    free(heap);
    end(&f), end(&other);
}

typedef struct seen {
    void *block[BLOCKS];
    size_t count, size;
} seen;

static void see(void *user, void *block, size_t size)
{
    seen *s = (seen *)user;
    if (s->count < BLOCKS) s->block[s->count] = block;
    s->count++, s->size += size;
}

static void visit_shows_what_is_live(void)
{
    static entry shadow[1500];
    static seen s;
    fixture f;
    size_t size = 0, live = 0;
    begin(&f, 0);
    for (int i = 0; i < 1500; i++) {
        shadow[i].size = 1 + test_random_below(127);
        shadow[i].block = (unsigned char *)w3d_slab_allocate(&f.slab, shadow[i].size);
    }
    for (int i = 0; i < 1500; i++) {
        if (test_random_below(3)) {
            w3d_slab_free(&f.slab, shadow[i].block, shadow[i].size);
            shadow[i].block = NULL;
        } else
            live++, size += (shadow[i].size + 15) / 16 * 16;
    }
    memset(&s, 0, sizeof s);
    CHECK(w3d_slab_visit(&f.slab, see, &s) == W3D_OK && s.count == live && s.size == size);
    for (int i = 0; i < 1500; i++) {
        size_t times = 0;
        for (size_t k = 0; k < s.count; k++) times += s.block[k] == (void *)shadow[i].block;
        CHECK(times == (shadow[i].block != NULL));
    }
    end(&f);
}

/* Another thread's part, played by this one: for a while, somebody else is the owner. */
static void frees_by_others_wait_for_the_owner(void)
{
    static void *blocks[500];
    fixture f;
    begin(&f, 1);
    uintptr_t me = f.slab.owner;
    CHECK(w3d_slab_allocate_batch(&f.slab, 16, blocks, 500) == W3D_OK);
    void *single = w3d_slab_allocate(&f.slab, 100);
    f.slab.owner = me + 64;
    CHECK(!w3d_slab_allocate(&f.slab, 16));
    void *none = NULL;
    CHECK(w3d_slab_allocate_batch(&f.slab, 16, &none, 1) == W3D_ERR_THREAD && !none);
    w3d_slab_stats stats;
    CHECK(w3d_slab_measure(&f.slab, &stats) == W3D_ERR_THREAD &&
          w3d_slab_trim(&f.slab) == W3D_ERR_THREAD);
    CHECK(w3d_slab_visit(&f.slab, see, NULL) == W3D_ERR_THREAD);
    CHECK(w3d_slab_check(&f.slab, single, 100) == W3D_ERR_THREAD);
    CHECK(w3d_slab_free(&f.slab, single, 100) == W3D_OK);
    CHECK(w3d_slab_free(&f.slab, blocks[0], 16) == W3D_OK);
    CHECK(w3d_slab_free(&f.slab, blocks[1], 9) == W3D_OK);
    blocks[0] = blocks[1] = NULL;
    CHECK(w3d_slab_free_batch(&f.slab, blocks, 400, 16) == W3D_OK);
    CHECK(w3d_slab_free_batch(&f.slab, blocks, 2, 16) == W3D_OK); /* nothing but NULLs */
    CHECK(w3d_slab_adopt(&f.slab) == W3D_ERR_THREAD && w3d_slab_leave(&f.slab) == W3D_ERR_THREAD);
    f.slab.owner = me;
    CHECK(live_blocks(&f) == 100);
    void *left = w3d_slab_allocate(&f.slab, 60);
    CHECK(w3d_slab_leave(&f.slab) == W3D_OK && w3d_slab_leave(&f.slab) == W3D_ERR_THREAD);
    CHECK(!w3d_slab_allocate(&f.slab, 60) && w3d_slab_free(&f.slab, left, 60) == W3D_OK);
    CHECK(w3d_slab_adopt(&f.slab) == W3D_OK && w3d_slab_adopt(&f.slab) == W3D_OK);
    CHECK(live_blocks(&f) == 100);
    CHECK(w3d_slab_allocate(&f.slab, 100) == single);
    w3d_slab_free(&f.slab, single, 100);
    size_t held = f.counter.live_bytes; /* nothing but allocating takes it back */
    for (int i = 0; i < 5000; i++) {
        void *block = w3d_slab_allocate(&f.slab, 100);
        f.slab.owner = me + 64;
        w3d_slab_free(&f.slab, block, 100);
        f.slab.owner = me;
    }
    CHECK(f.counter.live_bytes == held);
    f.slab.owner = me + 64; /* what nobody has taken back goes with the slab */
    w3d_slab_free_batch(&f.slab, blocks + 400, 50, 16);
    end(&f); /* by whomever */
}

enum { PASSED = 20000, SLOTS = 256 };

typedef struct passing {
    w3d_slab *slab;
    void *slot[SLOTS]; /* filled by one thread, emptied by the other */
    uint32_t wrong;
} passing;

/* Frees what comes, alone or eight at a time; the first two bytes say how long a block is. */
static void free_what_comes(void *user)
{
    passing *p = (passing *)user;
    void *held[8];
    size_t count = 0;
    for (uint32_t i = 0; i < PASSED; i++) {
        void *block;
        while (!(block = w3d_atomic_load_pointer(&p->slot[i % SLOTS]))) w3d_thread_yield();
        w3d_atomic_store_pointer(&p->slot[i % SLOTS], NULL);
        const unsigned char *bytes = (const unsigned char *)block;
        size_t size = bytes[0];
        for (size_t k = 1; k < size; k++) p->wrong += bytes[k] != (unsigned char)(size + k);
        if (size == 77)
            held[count++] = block;
        else
            p->wrong += w3d_slab_free(p->slab, block, size) != W3D_OK;
        if (count == 8 || i + 1 == PASSED) {
            p->wrong += w3d_slab_free_batch(p->slab, held, count, 77) != W3D_OK;
            count = 0;
        }
    }
}

static void take_over(void *user)
{
    fixture *f = (fixture *)user;
    void *block = NULL;
    if (w3d_slab_adopt(&f->slab) == W3D_OK) block = w3d_slab_allocate(&f->slab, 30);
    if (block) w3d_slab_free(&f->slab, block, 30);
    w3d_slab_trim(&f->slab);
    w3d_slab_leave(&f->slab);
}

static void other_threads_free_what_this_one_allocates(void)
{
    static passing p[2];
    fixture f;
    w3d_thread thread[2];
    uint32_t threads = 0;
    begin(&f, 0);
    memset(p, 0, sizeof p);
    for (; threads < 2 && w3d_thread_can_block(); threads++) {
        p[threads].slab = &f.slab;
        if (w3d_thread_start(&thread[threads], free_what_comes, &p[threads], NULL) != W3D_OK) break;
    }
    for (uint32_t i = 0; i < threads * PASSED; i++) {
        void **slot = &p[i % threads].slot[i / threads % SLOTS];
        size_t size = i % 3 ? 77 : 1 + test_random_below(127);
        unsigned char *bytes = (unsigned char *)w3d_slab_allocate(&f.slab, size);
        CHECK(bytes != NULL);
        if (!bytes) break;
        bytes[0] = (unsigned char)size;
        for (size_t k = 1; k < size; k++) bytes[k] = (unsigned char)(size + k);
        while (w3d_atomic_load_pointer(slot)) w3d_thread_yield();
        w3d_atomic_store_pointer(slot, bytes);
        if (i % 7 == 0) { /* the owner goes on meanwhile */
            void *own = w3d_slab_allocate(&f.slab, 77);
            w3d_slab_free(&f.slab, own, 77);
        }
    }
    for (uint32_t i = 0; i < threads; i++) {
        CHECK(w3d_thread_join(&thread[i]) == W3D_OK);
        CHECK(p[i].wrong == 0);
    }
    CHECK(live_blocks(&f) == 0);
    CHECK(w3d_slab_leave(&f.slab) == W3D_OK);
    if (threads && w3d_thread_start(&thread[0], take_over, &f, NULL) == W3D_OK) {
        CHECK(w3d_thread_join(&thread[0]) == W3D_OK);
        CHECK(f.counter.live_blocks == 0);
    }
    CHECK(w3d_slab_adopt(&f.slab) == W3D_OK);
    end(&f);
}

static void destroy_takes_live_blocks_along(void)
{
    fixture f;
    begin(&f, 0);
    for (int i = 0; i < 10000; i++) CHECK(w3d_slab_allocate(&f.slab, 1 + (size_t)i % 127));
    end(&f);
    w3d_slab slab;
    CHECK(w3d_slab_create(&slab, NULL) == W3D_OK && w3d_slab_allocate(&slab, 5));
    w3d_slab_destroy(&slab);
    w3d_slab_destroy(NULL);
}

/* Under the address sanitizer, what is not a live block may not be touched. */
static void free_blocks_are_poisoned(void)
{
#if defined(POISONS)
    static void *blocks[100];
    fixture f;
    begin(&f, 0);
    char *block = (char *)w3d_slab_allocate(&f.slab, 20);
    CHECK(!__asan_address_is_poisoned(block + 19) && __asan_address_is_poisoned(block + 20));
    w3d_slab_free(&f.slab, block, 20);
    CHECK(__asan_address_is_poisoned(block) && __asan_address_is_poisoned(block + 16));
    CHECK(w3d_slab_allocate_batch(&f.slab, 17, blocks, 100) == W3D_OK);
    block = (char *)blocks[50];
    CHECK(!__asan_address_is_poisoned(block + 16) && __asan_address_is_poisoned(block + 17));
    uintptr_t me = f.slab.owner;
    f.slab.owner = me + 64;
    w3d_slab_free(&f.slab, block, 17);
    CHECK(__asan_address_is_poisoned(block + sizeof(void *)));
    f.slab.owner = me;
    blocks[50] = NULL;
    w3d_slab_free_batch(&f.slab, blocks, 100, 17);
    CHECK(live_blocks(&f) == 0 && __asan_address_is_poisoned(block));
    CHECK(__asan_address_is_poisoned(blocks[3]));
    end(&f);
#endif
}

void test_slab(void)
{
    RUN(random_use_agrees_with_a_shadow_table);
    RUN(batches_mix_with_single_calls);
    RUN(sizes_out_of_range_are_refused);
    RUN(addresses_come_back);
    RUN(empty_chunks_are_kept_up_to_a_bound_and_given_back);
    RUN(out_of_memory_leaves_all_as_it_was);
    RUN(wrong_frees_are_found);
    RUN(visit_shows_what_is_live);
    RUN(frees_by_others_wait_for_the_owner);
    RUN(other_threads_free_what_this_one_allocates);
    RUN(free_blocks_are_poisoned);
    RUN(destroy_takes_live_blocks_along);
}
