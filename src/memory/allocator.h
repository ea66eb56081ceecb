/* allocator.h - where memory comes from: the default, and one that counts and fails on demand.
 *
 * Every function that allocates takes a `const w3d_allocator *` (see core/base.h); NULL or a
 * zeroed one means the default: malloc, or in freestanding wasm a heap of our own:
 *
 *     w3d_allocator_policy policy = { 64u << 20, 0, 0 };      // never more than 64 MiB
 *     w3d_allocator_policy_set(&policy);
 *     void *block = w3d_allocator_resize(NULL, NULL, 0, 1000);
 *
 * That heap begins at __heap_base with what the module's memory has at the first call, and grows
 * as asked; pages that somebody else adds after that call stay theirs. A block costs 4 bytes and
 * what rounds it up to a multiple of 8, 16 at least; neighbours that are free are one block at
 * once. Every call takes constant time, the growing and the copying of a moved block apart.
 *
 * Views on a growing memory. When a wasm memory grows, a JavaScript view made earlier is of length
 * zero or, where the memory is shared, too short. So across the boundary go offsets and lengths,
 * never a view or a pointer to be kept, and JavaScript makes its views through a function like
 *
 *     let bytes = new Uint8Array(memory.buffer);
 *     const view = (offset, size) => {
 *         if (offset + size > bytes.length) memory.grow(0);
 *         if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer);
 *         return bytes.subarray(offset, offset + size);
 *     };
 *
 * after every call into the module. (grow(0): when another thread has grown a shared memory,
 * memory.buffer may stay the old one for a while in V8; growing by nothing brings it up to date.)
 * No import tells of growth: the comparison costs less than a call. What is handed out together
 * with w3d_allocator_generation() can be asked later whether it is current; JavaScript has the same
 * number without a call, memory.buffer.byteLength / 65536. */
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
 * Range   aligned to 8 at least.
 * Errors  NULL where there is no memory: `block` is then as it was.
 * Thread  the default may be called from any thread. The freestanding heap has one lock, which
 *         spins, as a page's main thread may not sleep: for many small blocks on many threads
 *         stand a slab or an arena in front. A worker ended by force in the middle of a call
 *         leaves the lock taken. */
W3D_API void *w3d_allocator_resize(const w3d_allocator *allocator, void *block, size_t old_size,
                                   size_t new_size);

/* How the freestanding heap grows. Every field zero: the defaults. */
typedef struct w3d_allocator_policy {
    uint64_t cap_size;  /* what the whole memory may reach, in bytes; 0: what the module's own
                           maximum and the engine allow                                          */
    uint32_t step_size; /* grow by this many bytes at least; 0: one page of 64 KiB               */
    uint32_t percent;   /* and by this part of the memory's present size, or by what is needed,
                           whichever is most; 0: 25. Where that is refused: by what is needed    */
} w3d_allocator_policy;

/* Sets the policy from now on; what the memory has already stays, also where the cap is lower.
 *
 *   policy  in   NULL: all defaults
 *
 * Errors  W3D_ERR_UNSUPPORTED where the default is malloc; Emscripten's is set by its link options
 *         (-sMAXIMUM_MEMORY, -sMEMORY_GROWTH_GEOMETRIC_STEP). W3D_ERR_OUT_OF_MEMORY: the heap can't
 *         be begun. Reaching the cap later is no special case: the request gives NULL.
 * Thread  any. */
W3D_API w3d_result w3d_allocator_policy_set(const w3d_allocator_policy *policy);

/* What the freestanding heap holds. */
typedef struct w3d_allocator_heap {
    uint64_t memory_size; /* the module's whole memory, data, stack and strangers' pages included */
    uint64_t heap_size;   /* of these the heap's own                                              */
    uint64_t used_size;   /* in blocks, with their 4 bytes and rounding                           */
    uint64_t peak_size;   /* the largest used_size has been                                       */
    uint64_t block_count; /* blocks not freed yet                                                 */
} w3d_allocator_heap;

/* Fills *heap.
 *
 * Errors  as w3d_allocator_policy_set. */
W3D_API w3d_result w3d_allocator_heap_get(w3d_allocator_heap *heap);

/* A number that rises whenever the memory has grown, whoever made it grow: the memory's size in
 * pages. Natively always 0: nothing there detaches. One instruction; any thread. */
W3D_API uint32_t w3d_allocator_generation(void);

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
