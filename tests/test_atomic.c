/* test_atomic.c - each operation does its one step and reports the value before. (What two threads
 * see of each other is shown by the tests of sync/, which have threads.) */
#include "test.h"

#include "core/atomic.h"

static void operations_do_their_step(void)
{
    uint32_t a = 5, expected32 = 4;
    uint64_t b = 0xFFFFFFFFFFFFFFFFu, expected64;
    int x = 0, y = 0;
    void *p = &x, *expected;
    CHECK(w3d_atomic_add_u32(&a, 0xFFFFFFFFu) == 5 && w3d_atomic_load_u32(&a) == 4);
    CHECK(w3d_atomic_add_u64(&b, 2) == 0xFFFFFFFFFFFFFFFFu && w3d_atomic_load_u64(&b) == 1);
    CHECK(w3d_atomic_swap_u32(&a, &expected32, 9) && a == 9);
    CHECK(!w3d_atomic_swap_u32(&a, &expected32, 7) && expected32 == 9 && a == 9);
    expected64 = 2;
    CHECK(!w3d_atomic_swap_u64(&b, &expected64, 7) && expected64 == 1 &&
          w3d_atomic_swap_u64(&b, &expected64, 7) && b == 7);
    expected = &y;
    CHECK(!w3d_atomic_swap_pointer(&p, &expected, &y) && expected == &x);
    CHECK(w3d_atomic_swap_pointer(&p, &expected, &y) && w3d_atomic_load_pointer(&p) == &y);
    CHECK(w3d_atomic_exchange_u32(&a, 3) == 9 && a == 3);
    w3d_atomic_store_u32(&a, 11);
    w3d_atomic_store_u64(&b, 12);
    w3d_atomic_store_pointer(&p, NULL);
    w3d_atomic_fence();
    CHECK(a == 11 && b == 12 && !p);
}

void test_atomic(void) { RUN(operations_do_their_step); }
