/* test_arena.c - a fixed block gives aligned room, says no at the end and to absurd sizes. */
#include "test.h"

#include "core/arena.h"

static void room_is_aligned_disjoint_and_bounded(void)
{
    static unsigned char block[4096];
    for (int round = 0; round < 500; round++) {
        size_t lead = test_random_below(16), size = test_random_below(4000);
        w3d_arena arena = w3d_arena_make(block + lead, size);
        uintptr_t end = (uintptr_t)(block + lead);
        for (;;) {
            size_t count = test_random_below(20), item = test_random_below(30),
                   align = (size_t)1 << test_random_below(7);
            size_t before = arena.used;
            unsigned char *p = (unsigned char *)w3d_arena_push(&arena, count, item, align);
            if (!p) {
                uintptr_t start =
                    ((uintptr_t)(block + lead) + before + align - 1) & ~(uintptr_t)(align - 1);
                CHECK(arena.used == before);
                CHECK(start + count * item > (uintptr_t)(block + lead) + size);
                break;
            }
            CHECK((uintptr_t)p % align == 0 && (uintptr_t)p >= end);
            end = (uintptr_t)p + count * item;
            CHECK(end <= (uintptr_t)(block + lead) + size);
            memset(p, 1, count * item);
        }
    }
}

static void absurd_requests_get_null(void)
{
    unsigned char block[64];
    w3d_arena arena = w3d_arena_make(block, sizeof block), none = w3d_arena_make(NULL, 100);
    CHECK(!w3d_arena_push(&arena, SIZE_MAX, 1, 1) &&
          !w3d_arena_push(&arena, SIZE_MAX, SIZE_MAX, 16));
    CHECK(!w3d_arena_push(&arena, SIZE_MAX / 2 + 1, 2, 1) &&
          !w3d_arena_push(&arena, 1, SIZE_MAX - 7, 16));
    CHECK(!w3d_arena_push(&arena, 1, 1, 0) && !w3d_arena_push(&arena, 1, 1, 3) && arena.used == 0);
    CHECK(!w3d_arena_push(&none, 0, 0, 1) && none.size == 0);
    CHECK(w3d_arena_push(&arena, 0, 8, 1) && w3d_arena_push(&arena, 64, 1, 1) &&
          !w3d_arena_push(&arena, 1, 1, 1));
}

static size_t callee(w3d_arena scratch)
{
    w3d_arena_push(&scratch, 10, 1, 1);
    return scratch.used;
}

static void scratch_by_value_and_marks_give_room_back(void)
{
    unsigned char block[64];
    memset(block, 0xFF, sizeof block);
    w3d_arena arena = w3d_arena_make(block, sizeof block);
    CHECK(callee(arena) == 10 && callee(arena) == 10 && arena.used == 0);
    unsigned char *zeros = (unsigned char *)w3d_arena_push_zero(&arena, 4, 2, 1);
    for (int i = 0; i < 8; i++) CHECK(zeros[i] == 0);
    CHECK(block[8] == 0xFF);
    size_t mark = w3d_arena_mark(&arena);
    void *first = w3d_arena_push(&arena, 16, 1, 1);
    w3d_arena_rewind(&arena, mark);
    CHECK(w3d_arena_push(&arena, 16, 1, 1) == first);
}

void test_arena(void)
{
    RUN(room_is_aligned_disjoint_and_bounded);
    RUN(absurd_requests_get_null);
    RUN(scratch_by_value_and_marks_give_room_back);
}
