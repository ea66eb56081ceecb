/* chunk_arena.h - a bump allocator that grows by chunks: allocate much, free all at once.
 *
 *     w3d_chunk_arena arena = { 0 };                // all defaults; or w3d_chunk_arena_create
 *     for (...) {
 *         w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&arena);
 *         node *nodes = (node *)w3d_chunk_arena_push(&arena, count, sizeof(node), 0);
 *         if (!nodes) return W3D_ERR_OUT_OF_MEMORY;
 *         ...
 *         w3d_chunk_arena_rewind(&arena, &mark);     // all since is gone, the chunks are kept
 *     }
 *     w3d_chunk_arena_destroy(&arena);
 *
 * Chunks come from an allocator, each twice the one before up to a stated size. A request larger
 * than a quarter of that gets a block of its own, so less than that is left over at a chunk's end.
 * What is rewound or reset is kept for the next round: a loop that needs the same each time stops
 * asking the allocator.
 *
 * Built with the address sanitizer, memory that is not pushed, or was rewound, is poisoned. Build
 * the library and its callers both with it, or neither.
 *
 * Thread  one arena, one thread at a time. */
#ifndef W3D_CHUNK_ARENA_H
#define W3D_CHUNK_ARENA_H

#include "core/poison.h"
#include "core/size.h"

/* Flags. */
#define W3D_CHUNK_ARENA_ZERO      1u /* what is pushed is zero; cleared in bulk when given back   */
#define W3D_CHUNK_ARENA_SOFT_FAIL 2u /* a failed push is forgotten: see w3d_chunk_arena_result    */

typedef struct w3d_chunk_arena_desc {
    w3d_allocator allocator; /* zeroed: the default                                          */
    size_t chunk_size;       /* of the first chunk, its header included; 0: 16 KiB           */
    size_t chunk_size_max;   /* where the doubling ends; 0: 1 MiB                            */
    size_t held_size_max;    /* bytes it may hold of the allocator's; 0: no such limit       */
    uint32_t flags;
} w3d_chunk_arena_desc;

typedef struct w3d_chunk_arena_chunk w3d_chunk_arena_chunk; /* private */

/* The arena. All zero is one with every default. Fields are private. It may be moved in memory, as
 * long as no w3d_chunk_arena_allocator of it is in use. */
typedef struct w3d_chunk_arena {
    unsigned char *at, *end;      /* what is left of the chunk in use               */
    w3d_chunk_arena_chunk *chunk; /* in use, the newest first                       */
    w3d_chunk_arena_chunk *large; /* blocks of their own, the newest first          */
    w3d_chunk_arena_chunk *spare, *spare_large;
    w3d_chunk_arena_desc desc;
    size_t next_size; /* of the next chunk; 0: desc.chunk_size          */
    size_t held_size, large_size, peak_size;
    w3d_result failed;
} w3d_chunk_arena;

/* A place to come back to; it holds for as long as nothing before it has been rewound. */
typedef struct w3d_chunk_arena_mark {
    w3d_chunk_arena_chunk *chunk, *large;
    unsigned char *at;
    w3d_result failed;
} w3d_chunk_arena_mark;

typedef struct w3d_chunk_arena_stats {
    size_t used_size;   /* bytes pushed, with what aligned them                           */
    size_t peak_size;   /* the largest used_size has been                                 */
    size_t held_size;   /* bytes had from the allocator, in use and kept                  */
    size_t chunk_count; /* chunks and blocks, in use and kept                             */
} w3d_chunk_arena_stats;

/* Makes an empty arena; allocates nothing.
 *
 *   arena  out  overwritten
 *   desc   in   copied; NULL: all defaults
 *
 * Errors  W3D_ERR_ARGUMENT: a flag that is none. Sizes below 256 bytes count as 256. */
W3D_API w3d_result w3d_chunk_arena_create(w3d_chunk_arena *arena, const w3d_chunk_arena_desc *desc);

/* Gives everything back to the allocator; what remains is an empty arena with the same desc. */
W3D_API void w3d_chunk_arena_destroy(w3d_chunk_arena *arena);

/* The part of push that is not inline; not for callers. */
W3D_API void *w3d_chunk_arena_push_slow(w3d_chunk_arena *arena, size_t count, size_t item_size,
                                        size_t alignment);

/* Takes room for `count` items of `item_size` bytes.
 *
 *   alignment  in  a power of two; 0: 16
 *
 * Range   count * item_size of 0 gives a pointer to nothing, never NULL for that; sizes that
 *         overflow, SIZE_MAX in any argument among them, give NULL.
 * Errors  NULL: no memory, over held_size_max, or an alignment that is no power of two; see
 *         w3d_chunk_arena_result.
 * Cost    inline: with constant sizes a handful of instructions. Not cleared, but see
 *         W3D_CHUNK_ARENA_ZERO. */
W3D_INLINE void *w3d_chunk_arena_push(w3d_chunk_arena *arena, size_t count, size_t item_size,
                                      size_t alignment)
{
    size_t align = alignment ? alignment : 16, size, left, padding;
#if defined(__GNUC__)
    int fits = !__builtin_mul_overflow(count, item_size, &size);
#else
    int fits = w3d_size_multiply(count, item_size, &size);
#endif
    left = (size_t)(arena->end - arena->at);
    padding = (size_t)(0u - (uintptr_t)arena->at) & (align - 1);
    /* size - 1: nothing at all goes the slow way, where an arena without a chunk gets one. */
    if (fits && (align & (align - 1)) == 0 && size - 1 < left && padding <= left - size) {
        unsigned char *result = arena->at + padding;
        arena->at = result + size;
        w3d_unpoison(result, size);
        return result;
    }
    return w3d_chunk_arena_push_slow(arena, count, item_size, alignment);
}

/* The same, with every byte zero, whatever the arena's flags. */
W3D_INLINE void *w3d_chunk_arena_push_zero(w3d_chunk_arena *arena, size_t count, size_t item_size,
                                           size_t alignment)
{
    void *result = w3d_chunk_arena_push(arena, count, item_size, alignment);
    if (result) w3d_fill(result, 0, count * item_size);
    return result;
}

/* W3D_OK, or why a push has failed. A failure sticks: every later push gives NULL as well, so that
 * who builds something of many pieces may ask once, at the end; it lasts until the arena is reset,
 * or rewound to a mark from before. With W3D_CHUNK_ARENA_SOFT_FAIL nothing sticks, this is always
 * W3D_OK, and a smaller push may succeed after a failed one. */
W3D_INLINE w3d_result w3d_chunk_arena_result(const w3d_chunk_arena *arena) { return arena->failed; }

/* The present place. */
W3D_INLINE w3d_chunk_arena_mark w3d_chunk_arena_mark_get(const w3d_chunk_arena *arena)
{
    w3d_chunk_arena_mark mark;
    mark.chunk = arena->chunk;
    mark.large = arena->large;
    mark.at = arena->at;
    mark.failed = arena->failed;
    return mark;
}

/* Frees all that was pushed since `mark`, across chunks; chunks and blocks are kept for reuse.
 *
 * Errors  W3D_ERR_ARGUMENT: the mark lies in a chunk that was itself rewound and is not in use
 *         again; nothing happens.
 * Cost    a step for each chunk freed; with W3D_CHUNK_ARENA_ZERO clearing what was used of it. */
W3D_API w3d_result w3d_chunk_arena_rewind(w3d_chunk_arena *arena, const w3d_chunk_arena_mark *mark);

/* Frees all that was ever pushed; chunks and blocks are kept for reuse. */
W3D_API void w3d_chunk_arena_reset(w3d_chunk_arena *arena);

/* Gives the chunks and blocks that are kept but not in use back to the allocator. */
W3D_API void w3d_chunk_arena_trim(w3d_chunk_arena *arena);

/* Makes a block of the caller's, on the stack for instance, the next chunk to be used, so that a
 * small job asks no allocator. It must live until the arena is destroyed.
 *
 * Errors  W3D_ERR_ARGUMENT: below 256 bytes. */
W3D_API w3d_result w3d_chunk_arena_adopt(w3d_chunk_arena *arena, void *memory, size_t size);

/* What it holds at this moment. */
W3D_API w3d_chunk_arena_stats w3d_chunk_arena_stats_get(const w3d_chunk_arena *arena);

/* The arena as an allocator, for functions that want one; valid while the arena stays where it is.
 * Blocks are aligned to 16. Freeing or resizing the block pushed last happens in place, else a
 * block that is freed or outgrown stays until the arena is rewound. */
W3D_API w3d_allocator w3d_chunk_arena_allocator(w3d_chunk_arena *arena);

#endif /* W3D_CHUNK_ARENA_H */
