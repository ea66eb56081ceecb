/* rotating.h - a few arenas in turn, each free again when the last who uses its data lets go.
 *
 * For streams: one thread fills, others read at their own pace, and no piece is freed by itself.
 *
 *     w3d_rotating stream;                                  // filled in by one thread
 *     w3d_rotating_create(&stream, NULL);
 *     w3d_rotating_ref ref;
 *     if (w3d_rotating_acquire(&stream, size + 16, &ref) == W3D_OK) {
 *         void *piece = w3d_rotating_push(&stream, ref, 1, size, 16);
 *         ... fill it, send piece and ref to a reader ...
 *     }                                                     // W3D_ERR_BUSY: readers are behind
 *     ... the reader, on its thread, when done:
 *     w3d_rotating_release(&stream, ref);
 *
 * Every acquire and retain is answered by one release. An arena counts its references; at zero it
 * is recycled at once, under a new generation, so a reference kept too long is found out, and
 * memory stays below arena_count_max * arena_size whatever the readers do.
 *
 * Thread  acquire, push, seal: one thread at a time, the filling one. retain, release: any thread
 *         at any time, without waiting. Make and destroy while nobody else uses it. */
#ifndef W3D_ROTATING_H
#define W3D_ROTATING_H

#include "core/arena.h"

typedef struct w3d_rotating_desc {
    w3d_allocator allocator;  /* zeroed: the default; called by the filling thread only */
    size_t arena_size;        /* bytes in each arena; 0: 64 KiB                         */
    uint32_t arena_count_max; /* most arenas, made when first needed; 0: 8; at most 2^20 */
} w3d_rotating_desc;

/* One holder's share in an arena. Zero is none. */
typedef struct w3d_rotating_ref {
    uint32_t index;      /* of the arena, from 0                                  */
    uint32_t generation; /* from 1; how many lives the arena has had, this one in */
} w3d_rotating_ref;

typedef struct w3d_rotating_slot w3d_rotating_slot; /* private */

/* Fields are private. */
typedef struct w3d_rotating {
    w3d_rotating_desc desc;
    w3d_rotating_slot *slots;
    void *slots_block;
    uint32_t made;     /* slots that have memory                                    */
    uint32_t current;  /* index + 1 of the one being filled, on which it holds a share */
    uint32_t ready;    /* index + 1 of the first free one known to the filling thread */
    uint32_t released; /* index + 1 of the newest that a reader let go: shared        */
} w3d_rotating;

typedef struct w3d_rotating_stats {
    uint32_t arena_count;   /* made so far                                     */
    uint32_t used_count;    /* of these with references or being filled        */
    uint32_t retired_count; /* never used again: all 2^32 - 1 generations spent */
    size_t held_size;       /* bytes of all arenas                             */
} w3d_rotating_stats;

/* Makes a stream; arenas are allocated when they are needed.
 *
 *   rotating  out  untouched on errors
 *   desc      in   copied; NULL: all defaults
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_OUT_OF_MEMORY. */
W3D_API w3d_result w3d_rotating_create(w3d_rotating *rotating, const w3d_rotating_desc *desc);

/* Gives all memory back; the struct is then zeroed, and destroying that is allowed.
 *
 * Errors  W3D_ERR_BUSY: somebody still holds a reference; nothing happens. */
W3D_API w3d_result w3d_rotating_destroy(w3d_rotating *rotating);

/* Takes a reference on the arena being filled, where it has `size` bytes left, else on the next
 * free one, which is filled from now on.
 *
 *   size  in   what is going to be pushed, with what aligns it (alignment - 1 for each piece)
 *   ref   out
 *
 * Errors  W3D_ERR_BUSY: all arenas are in use and there may be no more of them: try again later,
 *         or drop data; W3D_ERR_LIMIT: more than arena_size; W3D_ERR_OUT_OF_MEMORY.
 * Cost    an atomic operation; a few where an arena is full, however many there are. */
W3D_API w3d_result w3d_rotating_acquire(w3d_rotating *rotating, size_t size, w3d_rotating_ref *ref);

/* Takes room in the arena of a reference the caller holds, by the rules of w3d_arena_push; an
 * alignment of 0 means 16.
 *
 * Errors  NULL: no room left, or a stale reference. */
W3D_API void *w3d_rotating_push(w3d_rotating *rotating, w3d_rotating_ref ref, size_t count,
                                size_t item_size, size_t alignment);

/* Ends the arena being filled: the next acquire begins another. At the end of a frame, say, so that
 * data of two frames never shares an arena. */
W3D_API void w3d_rotating_seal(w3d_rotating *rotating);

/* One more reference on the same arena; each is released by itself.
 *
 * Errors  W3D_ERR_STALE: that life of the arena is over; W3D_ERR_LIMIT: 2^32 - 1 references. */
W3D_API w3d_result w3d_rotating_retain(w3d_rotating *rotating, w3d_rotating_ref ref);

/* Lets a reference go; the last one recycles the arena.
 *
 * Errors  W3D_ERR_STALE: released too often, or a reference of an earlier life; nothing happens.
 *         (One release too many while others still hold the arena takes theirs: references are
 *         counted, not named.)
 * Cost    an atomic operation; for the last, two. No allocator call. */
W3D_API w3d_result w3d_rotating_release(w3d_rotating *rotating, w3d_rotating_ref ref);

/* What there is at this moment; the filling thread. */
W3D_API w3d_rotating_stats w3d_rotating_stats_get(const w3d_rotating *rotating);

#endif /* W3D_ROTATING_H */
