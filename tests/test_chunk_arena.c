/* test_chunk_arena.c - pieces never overlap, marks hold across chunks, absurd sizes and the end of
 * memory give NULL, and what was rewound is used again. */
#include "test.h"

#include "memory/allocator.h"
#include "memory/chunk_arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#ifdef __cplusplus
extern "C"
#endif
    int
    __asan_address_is_poisoned(void const volatile *address);
#endif

static w3d_chunk_arena make(size_t chunk_size, size_t largest, uint32_t flags,
                            const w3d_allocator *allocator)
{
    w3d_chunk_arena arena;
    w3d_chunk_arena_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.chunk_size = chunk_size;
    desc.chunk_size_max = largest;
    desc.flags = flags;
    if (allocator) desc.allocator = *allocator;
    CHECK(w3d_chunk_arena_create(&arena, &desc) == W3D_OK);
    return arena;
}

/* A piece that was pushed: filled with one value until it is rewound. */
typedef struct piece {
    unsigned char *at, value;
    size_t size;
} piece;

static int intact(const piece *p)
{
    for (size_t i = 0; i < p->size; i++)
        if (p->at[i] != p->value) return 0;
    return 1;
}

static void random_use(uint32_t flags)
{
    enum { PIECES = 3000, MARKS = 20 };
    static piece pieces[PIECES];
    w3d_chunk_arena_mark marks[MARKS];
    uint32_t at_mark[MARKS], marked = 0, count = 0;
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    w3d_allocator counting = w3d_allocator_counting(&counter);
    w3d_chunk_arena arena = make(512, 8192, flags, &counting);
    size_t most = 0;
    for (int round = 0; round < 12000; round++) {
        uint32_t action = test_random_below(100);
        if (action < 3 && marked < MARKS) {
            marks[marked] = w3d_chunk_arena_mark_get(&arena);
            at_mark[marked++] = count;
        } else if ((action < 5 && marked) || count == PIECES) {
            uint32_t back = marked ? test_random_below(marked) : 0;
            for (uint32_t i = 0; i < count; i++) CHECK(intact(&pieces[i]));
            if (marked) {
                CHECK(w3d_chunk_arena_rewind(&arena, &marks[back]) == W3D_OK);
                count = at_mark[back];
            } else {
                w3d_chunk_arena_reset(&arena);
                count = 0;
            }
            marked = back;
        } else {
            size_t size = test_random_below(1u << test_random_below(15));
            size_t align = (size_t)1 << test_random_below(9);
            piece *p = &pieces[count++];
            p->at = (unsigned char *)w3d_chunk_arena_push(&arena, size, 1, align);
            p->size = size, p->value = (unsigned char)test_random();
            CHECK(p->at && (uintptr_t)p->at % align == 0);
            if (flags & W3D_CHUNK_ARENA_ZERO)
                for (size_t i = 0; i < size; i++)
                    if (p->at[i]) {
                        CHECK(!p->at[i]);
                        break;
                    }
            memset(p->at, p->value, size);
        }
        w3d_chunk_arena_stats stats = w3d_chunk_arena_stats_get(&arena);
        if (stats.used_size > most) most = stats.used_size;
        CHECK(stats.held_size == counter.live_bytes && stats.used_size <= stats.held_size);
        CHECK(stats.peak_size == most && stats.chunk_count == counter.live_blocks);
    }
    for (uint32_t i = 0; i < count; i++) CHECK(intact(&pieces[i]));
    w3d_chunk_arena_destroy(&arena);
    CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
    CHECK(w3d_chunk_arena_push(&arena, 1, 1, 0)); /* it is an empty arena, not a dead one */
    w3d_chunk_arena_destroy(&arena);
    CHECK(counter.live_blocks == 0);
}

static void pieces_keep_their_bytes(void) { random_use(0); }
static void zeroing_gives_zeros_also_after_rewinding(void) { random_use(W3D_CHUNK_ARENA_ZERO); }

static void a_zeroed_struct_is_an_arena(void)
{
    w3d_chunk_arena arena;
    memset(&arena, 0, sizeof arena);
    w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&arena);
    void *nothing = w3d_chunk_arena_push(&arena, 0, 100, 0), *again;
    CHECK(nothing && (uintptr_t)nothing % 16 == 0);
    again = w3d_chunk_arena_push(&arena, SIZE_MAX, 0, 1); /* also nothing: 0 bytes each */
    CHECK(again && again != nothing);
    int *ints = (int *)w3d_chunk_arena_push_zero(&arena, 10, sizeof(int), 0);
    CHECK(ints && (uintptr_t)ints % 16 == 0 && ints[0] == 0 && ints[9] == 0);
    CHECK(w3d_chunk_arena_rewind(&arena, &mark) == W3D_OK);
    CHECK(w3d_chunk_arena_stats_get(&arena).used_size == 0 && !arena.chunk);
    CHECK(w3d_chunk_arena_push(&arena, 0, 0, 0) == nothing); /* the kept chunk, from its start */
    w3d_chunk_arena_destroy(&arena);
}

/* malloc, but no more than a sanitizer will stand. */
static void *refuse_absurd(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    return new_size < (1u << 30) ? w3d_allocator_resize(NULL, block, old_size, new_size) : NULL;
}

static void absurd_requests_get_null(void)
{
    w3d_allocator refusing = { refuse_absurd, NULL };
    /* clang-format off */
    static const size_t absurd[][3] = {
        { SIZE_MAX, 1, 1 },          { 1, SIZE_MAX, 1 },       { SIZE_MAX, SIZE_MAX, 16 },
        { SIZE_MAX / 2 + 1, 2, 1 },  { 1, SIZE_MAX - 7, 16 },  { SIZE_MAX / 16, 17, 0 },
        { 1, 1, SIZE_MAX },          { 1, 1, 3 },              { 1, 1, SIZE_MAX / 2 + 1 },
        { SIZE_MAX / 2 - 100, 1, 1 },{ SIZE_MAX - 15, 1, 16 }, { 0, 0, 48 },
        { SIZE_MAX - 60, 1, 1 },     { 2, SIZE_MAX / 2, 1 },   { SIZE_MAX, SIZE_MAX, SIZE_MAX },
    };
    /* clang-format on */
    for (int warm = 0; warm < 2; warm++) {
        for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
            w3d_chunk_arena soft = make(0, 0, W3D_CHUNK_ARENA_SOFT_FAIL, &refusing);
            w3d_chunk_arena sticky = make(0, 0, 0, &refusing);
            if (warm) {
                CHECK(w3d_chunk_arena_push(&soft, 3, 1, 1));
                CHECK(w3d_chunk_arena_push(&sticky, 3, 1, 1));
            }
            size_t used = w3d_chunk_arena_stats_get(&soft).used_size;
            CHECK_MESSAGE(!w3d_chunk_arena_push(&soft, absurd[i][0], absurd[i][1], absurd[i][2]),
                          "case %zu gives a pointer", i);
            CHECK(!w3d_chunk_arena_push_zero(&sticky, absurd[i][0], absurd[i][1], absurd[i][2]));
            CHECK(w3d_chunk_arena_stats_get(&soft).used_size == used);
            CHECK(w3d_chunk_arena_result(&soft) == W3D_OK);
            CHECK(w3d_chunk_arena_push(&soft, 1, 1, 1) && !w3d_chunk_arena_push(&sticky, 1, 1, 1));
            CHECK(w3d_chunk_arena_result(&sticky) != W3D_OK);
            w3d_chunk_arena_destroy(&soft);
            w3d_chunk_arena_destroy(&sticky);
        }
    }
}

static void a_failure_sticks_until_rewound(void)
{
    w3d_chunk_arena_desc desc;
    w3d_chunk_arena arena;
    memset(&desc, 0, sizeof desc);
    desc.chunk_size = 1024;
    desc.held_size_max = 4096;
    w3d_chunk_arena_create(&arena, &desc);
    CHECK(w3d_chunk_arena_push(&arena, 100, 1, 0));
    w3d_chunk_arena_mark before = w3d_chunk_arena_mark_get(&arena);
    void *next = w3d_chunk_arena_push(&arena, 50, 1, 0);
    CHECK(!w3d_chunk_arena_push(&arena, 5000, 1, 0));
    CHECK(w3d_chunk_arena_result(&arena) == W3D_ERR_OUT_OF_MEMORY);
    CHECK(!w3d_chunk_arena_push(&arena, 1, 1, 1) && !w3d_chunk_arena_push(&arena, 0, 1, 1));
    w3d_chunk_arena_mark failed = w3d_chunk_arena_mark_get(&arena);
    CHECK(w3d_chunk_arena_rewind(&arena, &failed) == W3D_OK);
    CHECK(w3d_chunk_arena_result(&arena) != W3D_OK && !w3d_chunk_arena_push(&arena, 1, 1, 1));
    CHECK(w3d_chunk_arena_rewind(&arena, &before) == W3D_OK);
    CHECK(w3d_chunk_arena_result(&arena) == W3D_OK);
    CHECK(w3d_chunk_arena_push(&arena, 50, 1, 0) == next);
    CHECK(!w3d_chunk_arena_push(&arena, 1, 1, 48));
    CHECK(w3d_chunk_arena_result(&arena) == W3D_ERR_ARGUMENT);
    w3d_chunk_arena_reset(&arena);
    CHECK(w3d_chunk_arena_result(&arena) == W3D_OK && w3d_chunk_arena_push(&arena, 1, 1, 1));
    /* Up to the limit all can be had: the last chunks are as small as they need to be. */
    w3d_chunk_arena_reset(&arena);
    size_t got = 0;
    while (w3d_chunk_arena_push(&arena, 64, 1, 1)) got += 64;
    CHECK(got > 3400 && w3d_chunk_arena_stats_get(&arena).held_size <= 4096);
    w3d_chunk_arena_destroy(&arena);
}

static void a_steady_loop_stops_asking(void)
{
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    w3d_allocator counting = w3d_allocator_counting(&counter);
    w3d_chunk_arena arena = make(512, 16384, 0, &counting);
    void *first[200];
    uint64_t asked = 0, seed = test.random;
    for (int frame = 0; frame < 20; frame++) {
        test.random = seed; /* the same requests, small and larger than any chunk */
        for (int i = 0; i < 200; i++) {
            void *p =
                w3d_chunk_arena_push(&arena, test_random_below(1u << test_random_below(16)), 1, 0);
            CHECK(p && (!frame || p == first[i]));
            first[i] = p;
        }
        if (frame == 0) asked = counter.requests;
        w3d_chunk_arena_reset(&arena);
    }
    CHECK(counter.requests == asked && asked > 10);
    /* Other requests each time: large blocks are never more than were in use together. */
    uint64_t most = 0;
    for (int frame = 0; frame < 200; frame++) {
        size_t size = 10000 + (size_t)frame * 1000;
        CHECK(w3d_chunk_arena_push(&arena, size, 1, 0) && w3d_chunk_arena_push(&arena, 5000, 1, 0));
        if (frame == 50) most = counter.live_blocks;
        w3d_chunk_arena_reset(&arena);
    }
    CHECK(counter.live_blocks <= most);
    w3d_chunk_arena_trim(&arena);
    CHECK(counter.live_blocks == 0 && w3d_chunk_arena_stats_get(&arena).held_size == 0);
    w3d_chunk_arena_destroy(&arena);
}

static void stale_marks_are_refused(void)
{
    w3d_chunk_arena arena = make(256, 4096, 0, NULL);
    w3d_chunk_arena_mark start = w3d_chunk_arena_mark_get(&arena), late, later;
    void *first = w3d_chunk_arena_push(&arena, 10, 1, 1);
    CHECK(first && w3d_chunk_arena_push(&arena, 900, 1, 1)); /* into the second chunk */
    late = w3d_chunk_arena_mark_get(&arena);
    CHECK(w3d_chunk_arena_push(&arena, 3900, 1, 1)); /* a block of its own */
    later = w3d_chunk_arena_mark_get(&arena);
    CHECK(w3d_chunk_arena_rewind(&arena, &late) == W3D_OK);
    size_t used = w3d_chunk_arena_stats_get(&arena).used_size;
    CHECK(w3d_chunk_arena_rewind(&arena, &later) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_rewind(&arena, &start) == W3D_OK);
    CHECK(w3d_chunk_arena_rewind(&arena, &late) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_rewind(&arena, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_stats_get(&arena).used_size == 0 && used > 900);
    CHECK(w3d_chunk_arena_stats_get(&arena).peak_size > 4800);
    CHECK(w3d_chunk_arena_push(&arena, 10, 1, 1) == first);
    w3d_chunk_arena_desc bad;
    memset(&bad, 0, sizeof bad);
    bad.flags = 4;
    CHECK(w3d_chunk_arena_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_create(&arena, &bad) == W3D_ERR_ARGUMENT && arena.chunk);
    w3d_chunk_arena_destroy(&arena);
}

static void an_adopted_block_asks_no_allocator(void)
{
    static unsigned char memory[2051];
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    memset(memory, 0xEE, sizeof memory);
    w3d_allocator counting = w3d_allocator_counting(&counter);
    w3d_chunk_arena arena = make(0, 0, W3D_CHUNK_ARENA_ZERO, &counting);
    CHECK(w3d_chunk_arena_adopt(&arena, memory, 255) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_adopt(&arena, NULL, 4096) == W3D_ERR_ARGUMENT);
    CHECK(w3d_chunk_arena_adopt(&arena, memory + 1, 2048) == W3D_OK && memory[2049] == 0xEE);
    for (int round = 0; round < 3; round++) {
        unsigned char *p = (unsigned char *)w3d_chunk_arena_push(&arena, 1900, 1, 0);
        CHECK(p > memory && p + 1900 <= memory + 2049 && counter.requests == (uint64_t)round);
        for (int i = 0; i < 1900; i++) CHECK(!p[i]);
        memset(p, 1, 1900);
        CHECK(w3d_chunk_arena_push(&arena, 1900, 1, 0) && counter.live_blocks == 1);
        w3d_chunk_arena_reset(&arena);
        w3d_chunk_arena_trim(&arena); /* keeps what is borrowed */
        CHECK(counter.live_blocks == 0 && w3d_chunk_arena_stats_get(&arena).chunk_count == 1);
    }
    w3d_chunk_arena_destroy(&arena);
    memset(memory, 0, sizeof memory); /* the caller's again: not poisoned */
    CHECK(memory[0] == 0 && counter.live_blocks == 0);
}

static void it_is_an_allocator(void)
{
    w3d_chunk_arena arena = make(1024, 65536, W3D_CHUNK_ARENA_ZERO, NULL);
    w3d_allocator allocator = w3d_chunk_arena_allocator(&arena);
    unsigned char *a = (unsigned char *)w3d_allocator_resize(&allocator, NULL, 0, 100), *b, *c;
    CHECK(a && (uintptr_t)a % 16 == 0);
    memset(a, 1, 100);
    CHECK(w3d_allocator_resize(&allocator, a, 100, 300) == a); /* the last one grows in place */
    for (int i = 0; i < 300; i++) CHECK(a[i] == (i < 100));
    CHECK(w3d_allocator_resize(&allocator, a, 300, 50) == a);
    size_t used = w3d_chunk_arena_stats_get(&arena).used_size;
    b = (unsigned char *)w3d_allocator_resize(&allocator, NULL, 0, 200);
    CHECK(b && b >= a + 50);
    for (int i = 0; i < 200; i++) CHECK(!b[i]); /* what `a` gave up is clear again */
    c = (unsigned char *)w3d_allocator_resize(&allocator, a, 50, 60); /* not the last: it moves */
    CHECK(c && c != a && c[0] == 1 && c[49] == 1);
    CHECK(w3d_allocator_resize(&allocator, a, 60, 10) == a);
    CHECK(!w3d_allocator_resize(&allocator, a, 10, 0) &&
          !w3d_allocator_resize(&allocator, NULL, 0, 0));
    CHECK(!w3d_allocator_resize(&allocator, c, 60, 0));
    CHECK(!w3d_allocator_resize(&allocator, b, 200, 0) || 1);
    CHECK(w3d_chunk_arena_stats_get(&arena).used_size <= used + 224);
    c = (unsigned char *)w3d_allocator_resize(&allocator, NULL, 0, 10);
    memset(c, 7, 10);
    for (size_t size = 10; size < 100000; size = size * 2 + 1) {
        c = (unsigned char *)w3d_allocator_resize(&allocator, c, size, size * 2 + 1);
        CHECK(c && c[0] == 7 && c[9] == 7);
    }
    CHECK(!w3d_allocator_resize(&allocator, NULL, 0, SIZE_MAX));
    CHECK(w3d_chunk_arena_result(&arena) == W3D_ERR_OUT_OF_MEMORY);
    w3d_chunk_arena_destroy(&arena);
}

/* A mark, then the block before it is freed through the allocator: the arena is below its mark. */
static void freeing_below_a_mark_is_no_harm(void)
{
    w3d_chunk_arena arena = make(0, 0, 0, NULL);
    w3d_allocator allocator = w3d_chunk_arena_allocator(&arena);
    void *a = w3d_allocator_resize(&allocator, NULL, 0, 100);
    w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&arena);
    w3d_allocator_resize(&allocator, a, 100, 0);
    CHECK(w3d_chunk_arena_rewind(&arena, &mark) == W3D_OK);
    CHECK(w3d_chunk_arena_push(&arena, 100, 1, 16) == a);
    w3d_chunk_arena_destroy(&arena);
}

static int build_with(const void *allocator, void *user)
{
    w3d_chunk_arena arena = make(512, 4096, 0, (const w3d_allocator *)allocator);
    (void)user;
    for (int i = 0; i < 300; i++) {
        unsigned char *p = (unsigned char *)w3d_chunk_arena_push(&arena, (size_t)i * 8, 1, 0);
        if (p) memset(p, 1, (size_t)i * 8);
    }
    w3d_result result = w3d_chunk_arena_result(&arena);
    w3d_chunk_arena_destroy(&arena);
    return (int)result;
}

static int build_softly(const void *allocator, void *user)
{
    w3d_chunk_arena arena =
        make(512, 4096, W3D_CHUNK_ARENA_SOFT_FAIL, (const w3d_allocator *)allocator);
    int failed = 0;
    (void)user;
    for (int i = 0; i < 300; i++) {
        unsigned char *p = (unsigned char *)w3d_chunk_arena_push(&arena, (size_t)i * 8, 1, 0);
        if (p)
            memset(p, 1, (size_t)i * 8);
        else
            failed++;
    }
    CHECK(failed <= 1); /* a chunk that is refused is asked for once more, smaller */
    w3d_chunk_arena_destroy(&arena);
    return 0;
}

static void no_memory_at_any_allocation(void)
{
    /* One refusal of a chunk is made good with a smaller one: so every later one fails, too. */
    for (uint64_t fail_at = 1;; fail_at++) {
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        counter.fail_at = fail_at;
        counter.fail_always = 1;
        w3d_allocator counting = w3d_allocator_counting(&counter);
        int result = build_with(&counting, NULL);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
        if (counter.requests < fail_at) {
            CHECK(result == 0 && fail_at > 20);
            break;
        }
        CHECK(result == (int)W3D_ERR_OUT_OF_MEMORY);
        memset(&counter, 0, sizeof counter);
        counter.fail_at = fail_at;
        build_softly(&counting, NULL);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
    }
}

static void *refuse_above_2000(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    return new_size <= 2000 ? w3d_allocator_resize(NULL, block, old_size, new_size) : NULL;
}

/* Near the end of memory a whole chunk may be refused while the request itself still fits. */
static void a_refused_chunk_is_asked_for_smaller(void)
{
    w3d_allocator small_only = { refuse_above_2000, NULL };
    w3d_chunk_arena arena = make(1024, 0, 0, &small_only);
    for (int i = 0; i < 100; i++) CHECK(w3d_chunk_arena_push(&arena, 300, 1, 0));
    CHECK(w3d_chunk_arena_stats_get(&arena).held_size < 100 * 400);
    CHECK(!w3d_chunk_arena_push(&arena, 2000, 1, 0));
    CHECK(w3d_chunk_arena_result(&arena) == W3D_ERR_OUT_OF_MEMORY);
    w3d_chunk_arena_destroy(&arena);
}

static void the_sanitizer_sees_what_is_not_pushed(void)
{
#ifdef WITH_ASAN
    for (uint32_t flags = 0; flags < 2; flags++) {
        w3d_chunk_arena arena = make(0, 0, flags, NULL);
        unsigned char *a = (unsigned char *)w3d_chunk_arena_push(&arena, 24, 1, 8);
        CHECK(!__asan_address_is_poisoned(a + 23) && __asan_address_is_poisoned(a + 24));
        w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&arena);
        unsigned char *b = (unsigned char *)w3d_chunk_arena_push(&arena, 100, 1, 64);
        unsigned char *large = (unsigned char *)w3d_chunk_arena_push(&arena, 1000000, 1, 8);
        CHECK(!__asan_address_is_poisoned(b + 99) && !__asan_address_is_poisoned(large + 999999));
        w3d_chunk_arena_rewind(&arena, &mark);
        CHECK(__asan_address_is_poisoned(b) && __asan_address_is_poisoned(b + 99));
        CHECK(__asan_address_is_poisoned(large) && !__asan_address_is_poisoned(a + 23));
        w3d_chunk_arena_destroy(&arena);
    }
#endif
}

void test_chunk_arena(void)
{
    RUN(pieces_keep_their_bytes);
    RUN(zeroing_gives_zeros_also_after_rewinding);
    RUN(a_zeroed_struct_is_an_arena);
    RUN(absurd_requests_get_null);
    RUN(a_failure_sticks_until_rewound);
    RUN(a_steady_loop_stops_asking);
    RUN(stale_marks_are_refused);
    RUN(an_adopted_block_asks_no_allocator);
    RUN(it_is_an_allocator);
    RUN(freeing_below_a_mark_is_no_harm);
    RUN(no_memory_at_any_allocation);
    RUN(a_refused_chunk_is_asked_for_smaller);
    RUN(the_sanitizer_sees_what_is_not_pushed);
}
