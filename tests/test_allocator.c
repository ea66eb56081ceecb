/* test_allocator.c - blocks keep their bytes while they grow; counts are exact; failures come as
 * asked. */
#include "test.h"

#include "memory/allocator.h"

static void contents_survive_random_resizing(void)
{
    enum { BLOCKS = 64 };
    unsigned char *block[BLOCKS] = { 0 };
    size_t size[BLOCKS] = { 0 };
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    w3d_allocator allocator = w3d_allocator_counting(&counter);
    uint64_t live = 0, peak = 0, blocks = 0;
    for (int round = 0; round < 20000; round++) {
        uint32_t i = test_random_below(BLOCKS);
        size_t wanted = test_random_below(4) ? test_random_below(1u << test_random_below(15)) : 0;
        unsigned char *resized =
            (unsigned char *)w3d_allocator_resize(&allocator, block[i], size[i], wanted);
        CHECK(!wanted == !resized && (uintptr_t)resized % 8 == 0);
        for (size_t k = 0; k < wanted && k < size[i]; k++)
            if (resized[k] != (unsigned char)(i + k)) {
                CHECK(resized[k] == (unsigned char)(i + k));
                break;
            }
        for (size_t k = 0; k < wanted; k++) resized[k] = (unsigned char)(i + k);
        blocks += (uint64_t)(wanted != 0) - (uint64_t)(size[i] != 0);
        live += (uint64_t)wanted - (uint64_t)size[i];
        if (live > peak) peak = live;
        block[i] = resized, size[i] = wanted;
        CHECK(counter.live_bytes == live && counter.live_blocks == blocks &&
              counter.peak_bytes == peak);
    }
    for (int i = 0; i < BLOCKS; i++) w3d_allocator_resize(&allocator, block[i], size[i], 0);
    CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
}

static void failure_strikes_where_asked(void)
{
    w3d_allocator_counter counter;
    memset(&counter, 0, sizeof counter);
    counter.fail_at = 2;
    w3d_allocator allocator = w3d_allocator_counting(&counter);
    void *a = w3d_allocator_resize(&allocator, NULL, 0, 10);
    CHECK(a && !w3d_allocator_resize(&allocator, a, 10, 20) && counter.live_bytes == 10);
    void *b = w3d_allocator_resize(&allocator, NULL, 0, 5);
    CHECK(b && counter.requests == 3);
    counter.fail_always = 1;
    CHECK(!w3d_allocator_resize(&allocator, NULL, 0, 1));
    b = w3d_allocator_resize(&allocator, b, 5, 3); /* shrinking is no request and never fails */
    CHECK(b && counter.live_bytes == 13);
    w3d_allocator_resize(&allocator, a, 10, 0);
    w3d_allocator_resize(&allocator, b, 3, 0);
    CHECK(!counter.live_blocks);
}

static void null_and_zeroed_mean_the_default(void)
{
    w3d_allocator zeroed = { NULL, NULL };
    void *a = w3d_allocator_resize(NULL, NULL, 0, 100),
         *b = w3d_allocator_resize(&zeroed, NULL, 0, 100);
    CHECK(a && b && a != b);
    CHECK(!w3d_allocator_resize(NULL, a, 100, 0) && !w3d_allocator_resize(&zeroed, b, 100, 0));
    CHECK(!w3d_allocator_resize(NULL, NULL, 0, 0));
}

/* The heap that has a policy is tests/web/test_heap.mjs's; here malloc is the default. */
static void policy_and_figures_are_the_freestanding_heaps(void)
{
    w3d_allocator_policy policy = { 1u << 20, 0, 0 };
    w3d_allocator_heap heap, before;
    memset(&heap, 0x5A, sizeof heap);
    before = heap;
    CHECK(w3d_allocator_policy_set(&policy) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_allocator_policy_set(NULL) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_allocator_heap_get(&heap) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_allocator_heap_get(NULL) == W3D_ERR_ARGUMENT);
    CHECK_BYTES(&heap, &before, sizeof heap);
    void *block = w3d_allocator_resize(NULL, NULL, 0, 4u << 20); /* above the cap that is not set */
    CHECK(block);
    w3d_allocator_resize(NULL, block, 4u << 20, 0);
}

static void the_generation_rises_with_the_memory(void)
{
    uint32_t before = w3d_allocator_generation();
#if defined(__wasm__)
    /* Blocks until the memory must have grown: each a page at least, all of them kept. */
    void *blocks[320];
    int count = 0;
    while (count < 320 && w3d_allocator_generation() == before) {
        blocks[count] = w3d_allocator_resize(NULL, NULL, 0, 65536);
        if (!blocks[count]) break;
        count++;
    }
    CHECK(w3d_allocator_generation() > before || count == 320 || !blocks[count]);
    while (count--) w3d_allocator_resize(NULL, blocks[count], 65536, 0);
    CHECK(w3d_allocator_generation() >= before);
#else
    void *block = w3d_allocator_resize(NULL, NULL, 0, 32u << 20);
    CHECK(before == 0 && w3d_allocator_generation() == 0);
    w3d_allocator_resize(NULL, block, 32u << 20, 0);
#endif
}

void test_allocator(void)
{
    RUN(contents_survive_random_resizing);
    RUN(failure_strikes_where_asked);
    RUN(null_and_zeroed_mean_the_default);
    RUN(policy_and_figures_are_the_freestanding_heaps);
    RUN(the_generation_rises_with_the_memory);
}
