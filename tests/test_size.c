/* test_size.c - sums and products of sizes at the edges where they would wrap. */
#include "test.h"

#include "core/size.h"

static void overflow_is_refused_and_nothing_written(void)
{
    size_t out = 7, half = SIZE_MAX / 2 + 1;
    CHECK(!w3d_size_add(SIZE_MAX, 1, &out) && !w3d_size_add(half, half, &out) && out == 7);
    CHECK(!w3d_size_multiply(half, 2, &out) && !w3d_size_multiply(3, SIZE_MAX / 2, &out) &&
          out == 7);
    CHECK(!w3d_size_align(SIZE_MAX, 16, &out) && !w3d_size_align(SIZE_MAX - 14, 16, &out) &&
          out == 7);
    CHECK(!w3d_size_append(&out, half, 2) && !w3d_size_append(&out, SIZE_MAX - 6, 1) && out == 7);
    CHECK(w3d_size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    CHECK(w3d_size_multiply(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    CHECK(w3d_size_multiply(SIZE_MAX, 0, &out) && out == 0);
    CHECK(w3d_size_multiply(0, SIZE_MAX, &out) && out == 0);
    CHECK(w3d_size_align(SIZE_MAX - 15, 16, &out) && out == SIZE_MAX - 15);
    CHECK(w3d_size_align(1, 64, &out) && out == 64);
    CHECK(w3d_size_append(&out, 3, 5) && out == 79);
}

static void ranges_are_tested_without_a_sum(void)
{
    CHECK(w3d_size_inside(0, 0, 0) && w3d_size_inside(5, 0, 5) && w3d_size_inside(2, 3, 5));
    CHECK(!w3d_size_inside(6, 0, 5) && !w3d_size_inside(2, 4, 5));
    CHECK(!w3d_size_inside(UINT64_MAX, 2, 5) && !w3d_size_inside(2, UINT64_MAX, 5));
    CHECK(w3d_size_inside(1, UINT64_MAX - 1, UINT64_MAX));
}

void test_size(void)
{
    RUN(overflow_is_refused_and_nothing_written);
    RUN(ranges_are_tested_without_a_sum);
}
