/* 02_arena.c - one block of memory, handed out by bumping, given back by a mark.
 *
 *     cc -I. examples/02_arena.c -o arena && ./arena
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

/* Takes its scratch by value: whatever it pushes is gone when it returns. */
static float average(const float *values, uint32_t count, w3d_arena scratch)
{
    float *sorted = (float *)w3d_arena_push(&scratch, count, sizeof(float), 16);
    if (!sorted || !count) return 0;
    w3d_copy(sorted, values, count * sizeof(float));
    for (uint32_t i = 1; i < count; i++) /* insertion sort: small numbers first, for the sum's sake */
        for (uint32_t k = i; k > 0 && sorted[k] < sorted[k - 1]; k--) {
            float swap = sorted[k];
            sorted[k] = sorted[k - 1];
            sorted[k - 1] = swap;
        }
    float sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += sorted[i];
    printf("  inside: %zu bytes used\n", scratch.used);
    return sum / (float)count;
}

int main(void)
{
    static unsigned char block[1024];
    w3d_arena arena = w3d_arena_make(block, sizeof block);

    float *values = (float *)w3d_arena_push(&arena, 100, sizeof(float), 16);
    for (int i = 0; i < 100; i++) values[i] = (float)(i * 37 % 100);
    printf("100 floats: %zu of %zu bytes used\n", arena.used, arena.size);

    printf("average %.1f\n", average(values, 100, arena));
    printf("after the call: %zu bytes used\n", arena.used);

    size_t mark = w3d_arena_mark(&arena);
    w3d_arena_push(&arena, 300, 1, 1);
    w3d_arena_rewind(&arena, mark);
    printf("after the rewind: %zu bytes used\n", arena.used);

    /* Requests that do not fit, or overflow, give NULL and leave the arena as it was. */
    void *large = w3d_arena_push(&arena, 2000, 1, 1);
    void *absurd = w3d_arena_push(&arena, SIZE_MAX, 16, 16);
    printf("2000 bytes: %s; SIZE_MAX items: %s\n", large ? "room" : "NULL", absurd ? "room" : "NULL");
    return 0;
}
