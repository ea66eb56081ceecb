/* test_router.c - every route against a shadow table; counters, reports, and frees by others. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/router.h"
#include "sync/thread.h"

enum { BLOCKS = 600, TAGS = 3 };

static const char *const names[TAGS] = { "scene", "mesh", "image" };

typedef struct entry {
    unsigned char *block;
    size_t size;
    uint32_t tag;
    unsigned char seed;
} entry;

static void fill(entry *e)
{
    e->seed = (unsigned char)test_random();
    for (size_t i = 0; i < e->size; i++) e->block[i] = (unsigned char)(e->seed + i * 7);
}

static int intact(const entry *e, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (e->block[i] != (unsigned char)(e->seed + i * 7)) return 0;
    return 1;
}

typedef struct fixture {
    w3d_allocator_counter counter;
    w3d_router_desc desc;
    w3d_router router;
} fixture;

static void prepare(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->desc.allocator = w3d_allocator_counting(&f->counter);
    f->desc.tag_names = names;
    f->desc.tag_count = TAGS;
}

static void begin(fixture *f) { CHECK(w3d_router_create(&f->router, &f->desc) == W3D_OK); }

static void end(fixture *f)
{
    w3d_router_destroy(&f->router);
    CHECK(f->counter.live_blocks == 0 && f->counter.live_bytes == 0);
    w3d_router_destroy(&f->router); /* zeroed by now */
}

static w3d_router_stats measure(fixture *f)
{
    w3d_router_stats stats;
    memset(&stats, 0xFF, sizeof stats);
    CHECK(w3d_router_measure(&f->router, &stats) == W3D_OK);
    uint64_t held = 0, blocks = 0, size = 0;
    for (int i = 0; i < W3D_ROUTER_ROUTES; i++) {
        held += stats.route[i].held_size;
        blocks += stats.route[i].live_blocks;
        size += stats.route[i].live_size;
    }
    CHECK(held + f->router.desc.tag_count * sizeof(w3d_router_tag) == f->counter.live_bytes);
    CHECK(blocks == stats.total.live_blocks && size == stats.total.live_size);
    return stats;
}

/* Sizes of all routes, their limits among them. */
static size_t random_size(void)
{
    static const size_t special[] = { 1, 110, 111, 112, 113, 126, 127, 128, 129, 8191, 8192, 8193 };
    switch (test_random_below(8)) {
    case 0: return special[test_random_below(sizeof special / sizeof *special)];
    case 1: return 1 + test_random_below(20000);
    case 2:
    case 3: return 1 + test_random_below(2000);
    default: return 1 + test_random_below(127);
    }
}

static void one_random_run(int small_headers, uint32_t chunk_size)
{
    static entry shadow[BLOCKS];
    w3d_router_counters expected[TAGS], total;
    fixture f;
    memset(shadow, 0, sizeof shadow);
    memset(expected, 0, sizeof expected);
    memset(&total, 0, sizeof total);
    prepare(&f);
    f.desc.small_headers = small_headers;
    f.desc.chunk_size = chunk_size;
    begin(&f);
    size_t linear_most = f.router.desc.chunk_size / 8;
    for (int round = 0; round < 12000; round++) {
        entry *e = &shadow[test_random_below(BLOCKS)];
        size_t before = e->block ? e->size : 0, after = 0;
        if (!e->block) e->tag = test_random_below(TAGS);
        w3d_router_tag *tag = w3d_router_tag_at(&f.router, e->tag);
        w3d_allocator view = w3d_router_allocator(tag);
        uint32_t choice = test_random_below(8);
        if (!e->block) {
            after = random_size();
            e->block = (unsigned char *)(choice & 1 ? w3d_router_allocate(tag, after)
                                                    : view.resize(view.user, NULL, 0, after));
        } else if (choice < 3) {
            CHECK(intact(e, e->size));
            if (choice)
                CHECK(w3d_router_free(tag, e->block, e->size) == W3D_OK);
            else
                CHECK(!w3d_router_resize(tag, e->block, e->size, 0));
            e->block = NULL;
        } else {
            after = choice < 5 ? 1 + test_random_below((uint32_t)e->size + 40) : random_size();
            e->block = (unsigned char *)w3d_router_resize(tag, e->block, before, after);
            CHECK(e->block && intact(e, before < after ? before : after));
        }
        CHECK(!e->block == !after &&
              (uintptr_t)e->block % (before || after > linear_most ? 8 : 16) == 0);
        e->size = after;
        if (e->block) fill(e);

        w3d_router_counters *count = &expected[e->tag];
        count->requests += after > before, total.requests += after > before;
        count->live_blocks += (uint64_t)(after != 0) - (uint64_t)(before != 0);
        total.live_blocks += (uint64_t)(after != 0) - (uint64_t)(before != 0);
        count->live_size += (uint64_t)after - (uint64_t)before;
        total.live_size += (uint64_t)after - (uint64_t)before;
        if (count->live_size > count->peak_size) count->peak_size = count->live_size;
        if (total.live_size > total.peak_size) total.peak_size = total.live_size;
        if (round % 100 == 0) {
            w3d_router_counters counters;
            w3d_router_stats stats = measure(&f);
            CHECK_BYTES(&stats.total, &total, sizeof total);
            CHECK(w3d_router_measure_tag(tag, &counters) == W3D_OK);
            CHECK_BYTES(&counters, count, sizeof counters);
        }
        if (round % 2500 == 0) CHECK(w3d_router_trim(&f.router) == W3D_OK);
    }
    for (int i = 0; i < BLOCKS; i++) {
        entry *e = &shadow[i];
        if (!e->block) continue;
        CHECK(intact(e, e->size));
        CHECK(w3d_router_free(w3d_router_tag_at(&f.router, e->tag), e->block, e->size) == W3D_OK);
    }
    CHECK(w3d_router_trim(&f.router) == W3D_OK && f.counter.live_blocks == 1); /* the tags */
    CHECK(measure(&f).total.live_blocks == 0);
    end(&f);
}

static void random_use_agrees_with_a_shadow_table(void)
{
    one_random_run(0, 0);
    one_random_run(1, 0);
    one_random_run(0, 4096 + 24); /* the chunks' ends are odd, and most blocks are direct */
}

static void the_newest_linear_block_grows_shrinks_and_goes_in_place(void)
{
    fixture f;
    prepare(&f);
    begin(&f);
    w3d_router_tag *tag = w3d_router_tag_at(&f.router, 0);
    void *first = w3d_router_allocate(tag, 1000), *last = w3d_router_allocate(tag, 1000);
    CHECK(w3d_router_resize(tag, last, 1000, 9000) == last); /* room there is, so no other route */
    CHECK(w3d_router_resize(tag, last, 9000, 200) == last);
    void *next = w3d_router_allocate(tag, 500);
    CHECK((uintptr_t)next - (uintptr_t)last == 208 + 16); /* what it gave up is used at once */
    CHECK(w3d_router_resize(tag, last, 200, 208) == last &&
          w3d_router_resize(tag, last, 208, 129) == last);
    CHECK(w3d_router_resize(tag, last, 129, 208) == last); /* its room is still its own */
    void *moved = w3d_router_resize(tag, last, 208, 209);
    CHECK(moved && moved != last);
    CHECK(w3d_router_free(tag, moved, 209) == W3D_OK && w3d_router_free(tag, next, 500) == W3D_OK);
    CHECK(w3d_router_allocate(tag, 500) == next);
    CHECK(w3d_router_free(tag, next, 500) == W3D_OK && w3d_router_free(tag, first, 1000) == W3D_OK);
    CHECK(w3d_router_allocate(tag, 700) == first); /* all are gone: the chunk starts over */
    w3d_router_stats stats = measure(&f);
    CHECK(stats.route[W3D_ROUTER_LINEAR].live_blocks == 1 &&
          stats.route[W3D_ROUTER_LINEAR].live_size == 700);
    CHECK(stats.route[W3D_ROUTER_LINEAR].held_size == 65536);
    end(&f);
}

/* Gives one chunk, which begins and ends where the test wants it to. */
static unsigned char chunk_memory[4096 + 64];
static void *give_chunk(void *user, void *block, size_t old_size, size_t new_size)
{
    if (new_size == 4096 + 8) return chunk_memory + *(size_t *)user;
    if (old_size == 4096 + 8) return NULL;
    return w3d_allocator_resize(NULL, block, old_size, new_size);
}

static void growth_stops_at_the_end_of_a_chunk(void)
{
    for (size_t lead = 0; lead < 16; lead += 8) {
        w3d_router router;
        w3d_router_desc desc;
        memset(&desc, 0, sizeof desc);
        memset(chunk_memory, 0xEE, sizeof chunk_memory);
        lead += (0u - (size_t)(uintptr_t)chunk_memory) % 16;
        desc.allocator.resize = give_chunk;
        desc.allocator.user = &lead;
        desc.chunk_size = 4096 + 8;
        CHECK(w3d_router_create(&router, &desc) == W3D_OK);
        w3d_router_tag *tag = w3d_router_tag_at(&router, 0);
        unsigned char *block = (unsigned char *)w3d_router_allocate(tag, 128), *next = block;
        unsigned char *chunk_end = chunk_memory + lead + 4096 + 8;
        size_t size = 128;
        for (; next == block; size++) {
            memset(block, 1, size);
            next = (unsigned char *)w3d_router_resize(tag, block, size, size + 1);
        }
        size--; /* the last that found room in place */
        CHECK(next && block + size <= chunk_end && chunk_end - (block + size) < 16);
        for (unsigned char *p = chunk_end; p < chunk_memory + sizeof chunk_memory; p++)
            CHECK(*p == 0xEE);
        w3d_router_destroy(&router);
        lead -= (0u - (size_t)(uintptr_t)chunk_memory) % 16;
    }
}

static void chunks_are_used_again_and_given_back(void)
{
    enum { MANY = 2000 };
    static void *blocks[MANY];
    fixture f;
    prepare(&f);
    f.desc.retain_size = 255 * 1024; /* three chunks */
    begin(&f);
    w3d_router_tag *tag = w3d_router_tag_at(&f.router, 1);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < MANY; i++) blocks[i] = w3d_router_allocate(tag, 1000);
        w3d_router_stats full = measure(&f);
        /* An eighth at most is lost at the end of a chunk, and the headers. */
        CHECK(full.route[W3D_ROUTER_LINEAR].held_size < MANY * 1016u * 8 / 7 + 65536u);
        for (int i = 0; i < MANY; i++) w3d_router_free(tag, blocks[i], 1000);
        CHECK(measure(&f).route[W3D_ROUTER_LINEAR].held_size <= (192 + 64) * 1024);
    }
    /* A queue of 50 live blocks runs for ever in the same few chunks. */
    uint64_t requests = f.counter.requests;
    for (int i = 0; i < 50; i++) blocks[i] = w3d_router_allocate(tag, 1000);
    for (int i = 0; i < 20000; i++) {
        w3d_router_free(tag, blocks[i % 50], 1000);
        blocks[i % 50] = w3d_router_allocate(tag, 1000);
    }
    CHECK(f.counter.requests == requests);
    CHECK(w3d_router_trim(&f.router) == W3D_OK);
    CHECK(measure(&f).route[W3D_ROUTER_LINEAR].held_size <= 2 * 65536);
    end(&f);
}

/* What the header says of lifetimes at random: the harmonic number of the blocks in a chunk. */
static void waste_at_random_lifetimes_is_as_documented(void)
{
    enum { LIVE = 4000, SIZE = 2000 };
    static void *blocks[LIVE];
    fixture f;
    prepare(&f);
    f.desc.retain_size = 1;
    begin(&f);
    w3d_router_tag *tag = w3d_router_tag_at(&f.router, 0);
    double harmonic = 0, held = 0;
    int rounds = 0;
    for (int i = 1; i <= 65536 / (SIZE + 16); i++) harmonic += 1.0 / i;
    for (int i = 0; i < LIVE; i++) blocks[i] = w3d_router_allocate(tag, SIZE);
    for (int i = 0; i < LIVE * 12; i++) {
        uint32_t at = test_random_below(LIVE);
        w3d_router_free(tag, blocks[at], SIZE);
        blocks[at] = w3d_router_allocate(tag, SIZE);
        if (i < LIVE * 8 || i % 100) continue;
        held += (double)measure(&f).route[W3D_ROUTER_LINEAR].held_size;
        rounds++;
    }
    held /= (double)rounds * LIVE * (SIZE + 16);
    CHECK_MESSAGE(held > 0.8 * harmonic && held < 1.2 * harmonic, "held %.2f times, expected %.2f",
                  held, harmonic);
    end(&f);
}

static void absurd_arguments_are_refused(void)
{
    fixture f;
    prepare(&f);
    begin(&f);
    w3d_router_tag *tag = w3d_router_tag_at(&f.router, 2);
    CHECK(tag && !w3d_router_tag_at(&f.router, 3) && !w3d_router_tag_at(NULL, 0));
    CHECK(!w3d_router_allocate(tag, 0) && measure(&f).total.requests == 0);
    CHECK(!w3d_router_resize(tag, NULL, 0, 0) && !w3d_router_resize(tag, NULL, 5, 5));
    CHECK(!w3d_router_allocate(tag, SIZE_MAX) && !w3d_router_allocate(tag, SIZE_MAX - 47));
    CHECK(!w3d_router_allocate(NULL, 5));
    f.counter.fail_at = f.counter.requests + 1; /* no sanitizer needs to see these */
    f.counter.fail_always = 1;
    CHECK(!w3d_router_allocate(tag, SIZE_MAX - 48) && !w3d_router_allocate(tag, SIZE_MAX / 2));
    f.counter.fail_at = 0;
    unsigned char *block = (unsigned char *)w3d_router_allocate(tag, 300);
    memset(block, 1, 300);
    CHECK(!w3d_router_resize(tag, block, 300, SIZE_MAX) && block[299] == 1);
    CHECK(!w3d_router_resize(tag, block, 0, 300));
    w3d_router_counters counters;
    CHECK(w3d_router_measure_tag(tag, &counters) == W3D_OK);
    CHECK(counters.requests == 6 && counters.failures == 5 && counters.live_size == 300);
    CHECK(w3d_router_free(tag, NULL, 300) == W3D_OK);
    CHECK(w3d_router_free(NULL, block, 300) == W3D_ERR_ARGUMENT);
    CHECK(w3d_router_free(tag, block, 0) == W3D_ERR_ARGUMENT);
    CHECK(w3d_router_measure(&f.router, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_router_measure_tag(NULL, &counters) == W3D_ERR_ARGUMENT);
    CHECK(w3d_router_visit(&f.router, NULL, NULL) == W3D_ERR_ARGUMENT);
    end(&f);

    w3d_router_desc desc;
    w3d_router router;
    memset(&desc, 0, sizeof desc);
    memset(&router, 0x77, sizeof router);
    desc.tag_count = W3D_ROUTER_MOST_TAGS + 1u;
    CHECK(w3d_router_create(&router, &desc) == W3D_ERR_ARGUMENT);
    desc.tag_count = 1, desc.chunk_size = 4095;
    CHECK(w3d_router_create(&router, &desc) == W3D_ERR_ARGUMENT);
    desc.chunk_size = (1u << 30) + 1;
    CHECK(w3d_router_create(&router, &desc) == W3D_ERR_ARGUMENT);
    CHECK(w3d_router_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(((unsigned char *)&router)[0] == 0x77);
    CHECK(w3d_router_create(&router, NULL) == W3D_OK);
    tag = w3d_router_tag_at(&router, 0);
    CHECK(tag && !w3d_router_tag_at(&router, 1) && w3d_router_allocate(tag, 77));
    w3d_router_destroy(&router);
    w3d_router_destroy(NULL);
}

static int use_all(const void *allocator, void *user)
{
    static const size_t sizes[] = { 50, 500, 60000, 100000 };
    unsigned char *blocks[4] = { NULL, NULL, NULL, NULL };
    int result = (int)W3D_ERR_OUT_OF_MEMORY;
    w3d_router router;
    w3d_router_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    (void)user;
    if (w3d_router_create(&router, &desc) != W3D_OK) return result;
    w3d_router_tag *tag = w3d_router_tag_at(&router, 0);
    for (int i = 0; i < 4; i++) {
        blocks[i] = (unsigned char *)w3d_router_allocate(tag, sizes[i]);
        if (!blocks[i]) goto done;
        memset(blocks[i], i, sizes[i]);
    }
    for (int i = 0; i < 4; i++) {
        size_t wanted = sizes[3 - i] + 7;
        unsigned char *resized =
            (unsigned char *)w3d_router_resize(tag, blocks[i], sizes[i], wanted);
        const unsigned char *there = resized ? resized : blocks[i];
        CHECK(there[0] == i && there[49] == i);
        if (!resized) goto done;
        CHECK(w3d_router_free(tag, resized, wanted) == W3D_OK);
        blocks[i] = NULL;
    }
    result = 0;
done:
    for (int i = 0; i < 4; i++) CHECK(w3d_router_free(tag, blocks[i], sizes[i]) == W3D_OK);
    w3d_router_stats stats;
    CHECK(w3d_router_measure(&router, &stats) == W3D_OK && stats.total.live_blocks == 0 &&
          stats.total.live_size == 0);
    CHECK(stats.total.failures == (result != 0));
    w3d_router_destroy(&router);
    return result;
}

static void out_of_memory_leaves_all_as_it_was(void) { test_allocation_sweep(use_all, NULL); }

static void wrong_frees_are_noticed(void)
{
    fixture f;
    prepare(&f);
    f.desc.small_headers = 1;
    begin(&f);
    w3d_router_tag *scene = w3d_router_tag_at(&f.router, 0),
                   *mesh = w3d_router_tag_at(&f.router, 1);
    static const size_t sizes[] = { 40, 400, 40000 };
    for (int i = 0; i < 3; i++) {
        size_t size = sizes[i];
        void *block = w3d_router_allocate(scene, size), *other = w3d_router_allocate(scene, size);
        CHECK(w3d_router_free(mesh, block, size) == W3D_ERR_ARGUMENT);
        CHECK(w3d_router_free(scene, block, size + 1) == W3D_ERR_ARGUMENT);
        CHECK(!w3d_router_resize(mesh, block, size, size + 1));
        CHECK(!w3d_router_resize(scene, block, size - 1, size + 1));
        CHECK(measure(&f).total.live_size == 2 * size);
        CHECK(w3d_router_free(scene, block, size) == W3D_OK);
        if (i == 1) CHECK(w3d_router_free(scene, block, size) == W3D_ERR_ARGUMENT);
        CHECK(measure(&f).total.live_size == size);
        CHECK(w3d_router_free(scene, other, size) == W3D_OK);
    }
    end(&f);
}

typedef struct report {
    w3d_router_block block[64];
    size_t count;
} report;

static void note(void *user, const w3d_router_block *block)
{
    report *r = (report *)user;
    if (r->count < 64) r->block[r->count] = *block;
    r->count++;
}

static void leaks_are_reported(void)
{
    static report visited, last;
    for (int headers = 0; headers < 2; headers++) {
        static const size_t sizes[] = { 5, 100, 127, 128, 3000, 9000, 100000 };
        entry blocks[14];
        fixture f;
        prepare(&f);
        f.desc.small_headers = headers;
        f.desc.report = note;
        f.desc.report_user = &last;
        begin(&f);
        memset(&visited, 0, sizeof visited);
        memset(&last, 0, sizeof last);
        for (uint32_t i = 0; i < 14; i++) {
            blocks[i].size = sizes[i / 2];
            blocks[i].tag = i % TAGS;
            blocks[i].block =
                (unsigned char *)w3d_router_allocate(w3d_router_tag_at(&f.router, i % TAGS),
                                                     blocks[i].size);
        }
        for (uint32_t i = 0; i < 14; i += 2)
            w3d_router_free(w3d_router_tag_at(&f.router, i % TAGS), blocks[i].block,
                            blocks[i].size);
        CHECK(w3d_router_visit(&f.router, note, &visited) == W3D_OK && visited.count == 7);
        for (uint32_t i = 1; i < 14; i += 2) {
            const w3d_router_block *found = NULL;
            for (size_t k = 0; k < visited.count && k < 64; k++)
                if (visited.block[k].address == (void *)blocks[i].block) found = &visited.block[k];
            CHECK(found != NULL);
            if (!found) continue;
            if (headers || blocks[i].size > 127) {
                CHECK(found->size == blocks[i].size && found->tag == blocks[i].tag);
                CHECK(found->tag_name == names[found->tag]);
            } else
                CHECK(found->size == (blocks[i].size + 15) / 16 * 16 && !found->tag_name &&
                      found->tag == W3D_ROUTER_NO_TAG);
            size_t small = headers ? 111 : 127;
            CHECK(found->route == (blocks[i].size <= small  ? W3D_ROUTER_SMALL
                                   : blocks[i].size <= 8192 ? W3D_ROUTER_LINEAR
                                                            : W3D_ROUTER_DIRECT));
        }
        f.router.slab.owner +=
            64; /* the owner is gone; any thread may destroy, and gets the report */
        end(&f);
        CHECK(last.count == 7);
        CHECK_BYTES(last.block, visited.block, 7 * sizeof *last.block);
    }
}

static void the_view_serves_the_library(void)
{
    fixture f;
    w3d_slab slab;
    w3d_slab_desc desc;
    prepare(&f);
    begin(&f);
    w3d_router_tag *tag = w3d_router_tag_at(&f.router, 0);
    memset(&desc, 0, sizeof desc);
    desc.allocator = w3d_router_allocator(tag);
    w3d_slab_create(&slab, &desc);
    for (int i = 0; i < 20000; i++) CHECK(w3d_slab_allocate(&slab, 100));
    w3d_router_counters counters;
    w3d_router_measure_tag(tag, &counters);
    CHECK(counters.live_blocks > 4 && counters.live_size >= 20000 * 112u);
    w3d_slab_destroy(&slab);
    w3d_router_measure_tag(tag, &counters);
    CHECK(counters.live_blocks == 0 && counters.live_size == 0);
    end(&f);
}

/* Another thread's part, played by this one: for a while, somebody else is the owner. */
static void frees_by_others_wait_for_the_owner(void)
{
    static const size_t sizes[] = { 1, 16, 127, 128, 8000, 8193, 300000 };
    for (int headers = 0; headers < 2; headers++) {
        void *blocks[7];
        fixture f;
        prepare(&f);
        f.desc.small_headers = headers;
        begin(&f);
        w3d_router_tag *tag = w3d_router_tag_at(&f.router, 1);
        for (int i = 0; i < 7; i++) blocks[i] = w3d_router_allocate(tag, sizes[i]);
        uintptr_t me = f.router.slab.owner;
        f.router.slab.owner = me + 64;
        CHECK(!w3d_router_allocate(tag, 10) && !w3d_router_resize(tag, blocks[4], 8000, 7000));
        w3d_router_stats stats;
        w3d_router_counters counters;
        CHECK(w3d_router_measure(&f.router, &stats) == W3D_ERR_THREAD);
        CHECK(w3d_router_measure_tag(tag, &counters) == W3D_ERR_THREAD);
        CHECK(w3d_router_visit(&f.router, note, NULL) == W3D_ERR_THREAD);
        CHECK(w3d_router_trim(&f.router) == W3D_ERR_THREAD);
        for (int i = 0; i < 7; i++) {
            CHECK(w3d_router_free(tag, blocks[i], sizes[i]) == W3D_OK);
            if (sizes[i] > 127)
                CHECK(w3d_router_free(tag, blocks[i], sizes[i]) == W3D_ERR_ARGUMENT);
        }
        CHECK(w3d_router_adopt(&f.router) == W3D_ERR_THREAD);
        f.router.slab.owner = me;
        CHECK(w3d_router_leave(&f.router) == W3D_OK && f.router.slab.owner != me);
        CHECK(w3d_router_adopt(&f.router) == W3D_OK && f.router.slab.owner == me);
        /* Out of memory below, but what was freed elsewhere is enough. */
        f.counter.fail_at = f.counter.requests + 1;
        f.counter.fail_always = 1;
        CHECK(!w3d_router_allocate(tag, SIZE_MAX / 2));
        f.counter.fail_at = 0;
        stats = measure(&f);
        CHECK(stats.total.live_blocks == 0 && stats.total.live_size == 0);
        CHECK(stats.route[W3D_ROUTER_DIRECT].held_size == 0);
        end(&f);
    }
}

enum { PASSED = 6000, SLOTS = 64 };

typedef struct passing {
    w3d_router *router;
    void *slot[SLOTS]; /* filled by one thread, emptied by the other */
    uint32_t size[SLOTS];
    uint32_t wrong;
} passing;

static void free_what_comes(void *user)
{
    passing *p = (passing *)user;
    for (uint32_t i = 0; i < PASSED; i++) {
        unsigned char *bytes;
        while (!(bytes = (unsigned char *)w3d_atomic_load_pointer(&p->slot[i % SLOTS])))
            w3d_thread_yield();
        uint32_t size = p->size[i % SLOTS];
        for (uint32_t k = 0; k < size; k += 1 + size / 50) p->wrong += bytes[k] != (unsigned char)i;
        p->wrong += w3d_router_free(w3d_router_tag_at(p->router, i % TAGS), bytes, size) != W3D_OK;
        w3d_atomic_store_pointer(&p->slot[i % SLOTS], NULL);
    }
}

static void another_thread_frees_what_this_one_allocates(void)
{
    static passing p;
    fixture f;
    w3d_thread thread;
    prepare(&f);
    begin(&f);
    memset(&p, 0, sizeof p);
    p.router = &f.router;
    if (w3d_thread_can_block() && w3d_thread_start(&thread, free_what_comes, &p, NULL) == W3D_OK) {
        for (uint32_t i = 0; i < PASSED; i++) {
            w3d_router_tag *tag = w3d_router_tag_at(&f.router, i % TAGS);
            size_t size = random_size();
            unsigned char *bytes = (unsigned char *)w3d_router_allocate(tag, size);
            CHECK(bytes != NULL);
            if (!bytes) break;
            memset(bytes, (int)(i & 255), size);
            while (w3d_atomic_load_pointer(&p.slot[i % SLOTS])) w3d_thread_yield();
            p.size[i % SLOTS] = (uint32_t)size;
            w3d_atomic_store_pointer(&p.slot[i % SLOTS], bytes);
        }
        CHECK(w3d_thread_join(&thread) == W3D_OK);
        w3d_router_stats stats = measure(&f);
        CHECK(p.wrong == 0 && stats.total.live_blocks == 0 && stats.total.live_size == 0);
        CHECK(stats.total.requests == PASSED && stats.total.failures == 0);
        CHECK(w3d_router_trim(&f.router) == W3D_OK && f.counter.live_blocks == 1);
    }
    end(&f);
}

void test_router(void)
{
    RUN(random_use_agrees_with_a_shadow_table);
    RUN(the_newest_linear_block_grows_shrinks_and_goes_in_place);
    RUN(growth_stops_at_the_end_of_a_chunk);
    RUN(chunks_are_used_again_and_given_back);
    RUN(waste_at_random_lifetimes_is_as_documented);
    RUN(absurd_arguments_are_refused);
    RUN(out_of_memory_leaves_all_as_it_was);
    RUN(wrong_frees_are_noticed);
    RUN(leaks_are_reported);
    RUN(the_view_serves_the_library);
    RUN(frees_by_others_wait_for_the_owner);
    RUN(another_thread_frees_what_this_one_allocates);
}
