/* slab.h - small objects, 1 to 127 bytes, by one thread; any thread may free them.
 *
 *     w3d_slab slab;
 *     w3d_slab_create(&slab, NULL);
 *     node *n = (node *)w3d_slab_allocate(&slab, sizeof(node));
 *     w3d_slab_free(&slab, n, sizeof(node));
 *     w3d_slab_destroy(&slab);
 *
 * Blocks carry no header: the caller hands the size back. Sizes are rounded up to a multiple of 16,
 * which makes eight kinds of block; each is aligned to 16. Blocks lie in pages of 16 KiB of one
 * kind, pages in chunks of 64 KiB (the first) or 256 KiB that come from the allocator. A chunk is
 * given back when all its pages are empty and retain_size is exceeded.
 *
 * Each kind has a short stack of free blocks in front of its pages. Allocating pops and freeing
 * pushes, without an atomic read-modify-write and without touching the block; a page learns of its
 * blocks 32 at a time, through a bitmap, so that what comes back shuffled leaves in the order of
 * addresses.
 *
 * One thread owns the slab: the one that created it, or adopted it after the last had left. Blocks
 * that another thread frees go to a list that the owner empties when a stack has run out. */
#ifndef W3D_SLAB_H
#define W3D_SLAB_H

#include "core/atomic.h"
#include "core/poison.h"
#include "core/thread_token.h"

enum {
    W3D_SLAB_MOST = 127, /* bytes in the largest block        */
    W3D_SLAB_KINDS = 8,  /* blocks of 16, 32, ... 128 bytes   */
    W3D_SLAB_STACK = 64  /* free blocks kept before the pages */
};

/* clang-format off */
typedef struct w3d_slab_desc {
    w3d_allocator allocator; /* where chunks come from; zeroed: the default       */
    size_t retain_size;      /* bytes of empty chunks to keep; 0: 1 MiB, 1: none  */
} w3d_slab_desc;

struct w3di_slab_page;
struct w3di_slab_chunk;

/* A slab; the caller's memory (about 5 KiB), kept in place until destroyed. Fields are private. */
typedef struct w3d_slab {
    uintptr_t     owner;         /* w3d_thread_token of the one thread that allocates */
    w3d_allocator allocator;
    size_t        retain_size;
    unsigned char gap_before[128];
    void         *foreign;       /* freed by other threads, linked through the blocks */
    unsigned char gap_after[128];
    /* Blocks in each stack, a byte each. One word, because a processor that can't tell whether a
     * load meets one of the stores before it waits; here it always does. */
    uint64_t      stacked;
    void         *stack[W3D_SLAB_KINDS][W3D_SLAB_STACK];
    size_t        free_count[W3D_SLAB_KINDS];     /* free blocks in pages, stacks left out     */
    size_t        taken[W3D_SLAB_KINDS];          /* away from their pages: in stacks, or live */
    struct w3di_slab_page  *open[W3D_SLAB_KINDS]; /* pages with free blocks                    */
    struct w3di_slab_chunk *chunks[3];            /* with no, some, all of their pages in use  */
    size_t        held_size;
    size_t        empty_size;
} w3d_slab;
/* clang-format on */

typedef struct w3d_slab_stats {
    size_t live_blocks; /* allocated and not freed; what other threads have freed counts as freed */
    size_t live_size;   /* their bytes, rounded up to a multiple of 16                            */
    size_t page_size;   /* bytes of pages in use                                                  */
    size_t empty_size;  /* bytes of chunks without a page in use                                  */
    size_t held_size;   /* bytes of all chunks                                                    */
} w3d_slab_stats;

/* Makes an empty slab, owned by the calling thread. Nothing is allocated until the first block is.
 *
 *   slab  out  the caller's memory
 *   desc  in   NULL: all defaults */
W3D_API w3d_result w3d_slab_create(w3d_slab *slab, const w3d_slab_desc *desc);

/* Gives every chunk back, and with them all blocks, live or not; *slab is then zeroed. A zeroed
 * slab may be destroyed.
 *
 * Thread  any, once no other uses the slab or frees its blocks. */
W3D_API void w3d_slab_destroy(w3d_slab *slab);

/* Hands the slab over: the owner leaves it, at the latest before its thread ends, then tells the
 * other thread through something that orders memory (a lock, a queue, a join), and that thread
 * adopts it. In between nobody owns it; all threads, the one that left too, may go on freeing.
 *
 * Errors  W3D_ERR_THREAD: leave, where the caller is not the owner; adopt, where another one is. */
W3D_API w3d_result w3d_slab_leave(w3d_slab *slab);
W3D_API w3d_result w3d_slab_adopt(w3d_slab *slab);

/* ---- one block ---- */

/* What the inline functions below call where a stack is empty or full, the thread is another one,
 * or an argument is wrong. */
W3D_API void *w3d_slab_allocate_slow(w3d_slab *slab, size_t size);
W3D_API w3d_result w3d_slab_free_slow(w3d_slab *slab, void *block, size_t size);

/* OK where `block` is a live block of this slab, for this size; any address may be asked about. For
 * debugging: takes time in the number of chunks. Where W3D_DEBUG is 1, w3d_slab_free asserts the
 * same, but looks for the chunk at the block's page instead of searching it.
 *
 * Errors  W3D_ERR_ARGUMENT: foreign memory, a pointer into a block, another kind of size, or free
 *         already (what another thread has freed counts from when the owner takes it back).
 *         W3D_ERR_THREAD: not the owner.
 * Thread  the owner. */
W3D_API w3d_result w3d_slab_check(const w3d_slab *slab, const void *block, size_t size);

/* The owner; read by any thread, also while another adopts. */
W3D_INLINE uintptr_t w3di_slab_owner(const w3d_slab *slab)
{
    return w3d_atomic_load_relaxed_uintptr(&slab->owner);
}

/* A block of `size` bytes, aligned to 16; not cleared.
 *
 * Range   1 to W3D_SLAB_MOST; other sizes break the contract and give NULL.
 * Errors  NULL: no memory; or, a broken contract, another thread than the owner.
 * Cost    about 1 ns; a chunk from the allocator every few thousand times.
 * Thread  the owner. */
W3D_INLINE void *w3d_slab_allocate(w3d_slab *slab, size_t size)
{
    size_t kind = (size - 1u) / 16u;
    if (size - 1u < W3D_SLAB_MOST && w3di_slab_owner(slab) == w3d_thread_token()) {
        uint64_t stacked = slab->stacked;
        unsigned count = (unsigned)(stacked >> (8u * kind)) & 0xFFu;
        if (count) {
            void *block = slab->stack[kind][count - 1u];
            slab->stacked = stacked - ((uint64_t)1 << (8u * kind));
            w3d_unpoison(block, size);
            return block;
        }
    }
    return w3d_slab_allocate_slow(slab, size);
}

/* Gives a block back.
 *
 *   block  in  from this slab; NULL does nothing
 *   size   in  what it was allocated with, or another size of the same kind
 *
 * Errors  W3D_ERR_ARGUMENT: a size out of range. A block that is not from this slab or free already
 *         is noticed only where W3D_DEBUG is 1, and only on the owner's thread.
 * Cost    about 1 ns; on another thread one compare-and-swap.
 * Thread  any. */
W3D_INLINE w3d_result w3d_slab_free(w3d_slab *slab, void *block, size_t size)
{
#if !W3D_DEBUG
    size_t kind = (size - 1u) / 16u;
    if (block && size - 1u < W3D_SLAB_MOST && w3di_slab_owner(slab) == w3d_thread_token()) {
        uint64_t stacked = slab->stacked;
        unsigned count = (unsigned)(stacked >> (8u * kind)) & 0xFFu;
        if (count < W3D_SLAB_STACK) {
            slab->stack[kind][count] = block;
            slab->stacked = stacked + ((uint64_t)1 << (8u * kind));
            w3d_poison(block, (kind + 1u) * 16u);
            return W3D_OK;
        }
    }
#endif
    return w3d_slab_free_slow(slab, block, size);
}

/* ---- many blocks of one size ---- */

/* Allocates `count` blocks of `size` bytes, in rising order of addresses within a page.
 *
 *   blocks  out  [count]; untouched on errors
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY: none was allocated. W3D_ERR_ARGUMENT, W3D_ERR_THREAD.
 * Cost    about 0.7 of as many single calls.
 * Thread  the owner. */
W3D_API w3d_result w3d_slab_allocate_batch(w3d_slab *slab, size_t size, void **blocks,
                                           size_t count);

/* Gives `count` blocks of one size back; NULLs among them are skipped.
 *
 * Cost    on another thread one compare-and-swap for all.
 * Thread  any. */
W3D_API w3d_result w3d_slab_free_batch(w3d_slab *slab, void *const *blocks, size_t count,
                                       size_t size);

/* ---- the whole ---- */

/* Takes back what other threads have freed, empties the stacks, and gives all empty chunks back,
 * whatever retain_size says. What is live stays. Thread: the owner. */
W3D_API w3d_result w3d_slab_trim(w3d_slab *slab);

/* Counts; also takes back what other threads have freed. Thread: the owner. */
W3D_API w3d_result w3d_slab_measure(w3d_slab *slab, w3d_slab_stats *stats);

/* Calls visit(user, block, size) for every live block, `size` rounded up to a multiple of 16; visit
 * may not use the slab. Empties the stacks first. Thread: the owner. */
W3D_API w3d_result w3d_slab_visit(w3d_slab *slab,
                                  void (*visit)(void *user, void *block, size_t size), void *user);

#endif /* W3D_SLAB_H */
