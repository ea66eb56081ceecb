/* allocator.h - where memory comes from: the default, and one that counts and fails on demand.
 *
 * Every function that allocates takes a `const w3d_allocator *` (see core/base.h); NULL or a
 * zeroed one means the default: malloc, or memory.grow in freestanding wasm. */
#ifndef W3D_ALLOCATOR_H
#define W3D_ALLOCATOR_H

#include "core/base.h"

/* Allocates, resizes or frees by the rules of w3d_allocator.
 *
 *   allocator  in   NULL or zeroed: the default
 *   block      in   NULL with old_size 0 to allocate; else what an earlier call returned
 *   old_size   in   the size that call was given
 *   new_size   in   0 frees and gives NULL
 *
 * Errors  NULL where there is no memory: `block` is then as it was.
 * Thread  the default may be called from any thread; in freestanding wasm from one only. */
W3D_API void *w3d_allocator_resize(const w3d_allocator *allocator, void *block, size_t old_size,
                                   size_t new_size);

/* What an allocator is used for, counted; and failure at a chosen call, for tests.
 *
 *     w3d_allocator_counter counter = { 0 };
 *     w3d_allocator counting = w3d_allocator_counting(&counter);
 */
typedef struct w3d_allocator_counter {
    w3d_allocator inner;       /* who does the work; zeroed: the default                       */
    uint64_t      fail_at;     /* 1: the next request fails, 2: the one after; 0: none         */
    int           fail_always; /* once fail_at has struck, every later request fails as well   */
    uint64_t      requests;    /* allocations and growths asked for                            */
    uint64_t      live_blocks; /* allocated and not freed                                      */
    uint64_t      live_bytes;
    uint64_t      peak_bytes;  /* the largest live_bytes has been                              */
} w3d_allocator_counter;

/* An allocator that keeps `counter` up to date; it must outlive every block. Not thread-safe. */
W3D_API w3d_allocator w3d_allocator_counting(w3d_allocator_counter *counter);

#endif /* W3D_ALLOCATOR_H */
