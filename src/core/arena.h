/* arena.h - a bump allocator over one fixed block; passed by value it is scratch.
 *
 *     w3d_arena arena = w3d_arena_make(block, sizeof block);
 *     float *sums = (float *)w3d_arena_push(&arena, count, sizeof(float), 16);
 *     if (!sums) return W3D_ERR_CAPACITY;
 *
 * A function that takes a w3d_arena by value may use what is left of the block; when it
 * returns, the caller's copy still holds the old mark, so everything pushed is gone. */
#ifndef W3D_ARENA_H
#define W3D_ARENA_H

#include "core/size.h"

typedef struct w3d_arena {
    unsigned char *memory; /* borrowed; NULL is an arena of size 0 */
    size_t         size;
    size_t         used;
} w3d_arena;

/* An empty arena over `size` bytes of the caller's memory. */
W3D_INLINE w3d_arena w3d_arena_make(void *memory, size_t size)
{
    w3d_arena arena;
    arena.memory = (unsigned char *)memory;
    arena.size = memory ? size : 0;
    arena.used = 0;
    return arena;
}

/* Takes room for `count` items of `item_size` bytes, aligned to `alignment` (a power of two).
 *
 *   arena   in/out  the arena; untouched where the room is not there
 *
 * Range   count * item_size of 0 gives a valid pointer to nothing; sizes that overflow give NULL.
 * Errors  NULL: not enough room, or an alignment that is no power of two. Memory is not cleared. */
static inline void *w3d_arena_push(w3d_arena *arena, size_t count, size_t item_size,
                                   size_t alignment)
{
    size_t size;
    if (!arena->memory || alignment == 0 || (alignment & (alignment - 1)) != 0) return NULL;
    if (!w3d_size_multiply(count, item_size, &size)) return NULL;
    uintptr_t address = (uintptr_t)(arena->memory + arena->used);
    size_t padding = (size_t)((0u - address) & (alignment - 1));
    size_t left = arena->size - arena->used;
    if (padding > left || size > left - padding) return NULL;
    void *result = arena->memory + arena->used + padding;
    arena->used += padding + size;
    return result;
}

/* The same, with every byte zero. */
static inline void *w3d_arena_push_zero(w3d_arena *arena, size_t count, size_t item_size,
                                        size_t alignment)
{
    void *result = w3d_arena_push(arena, count, item_size, alignment);
    if (result) w3d_fill(result, 0, count * item_size);
    return result;
}

/* A mark to come back to, and the way back: all that was pushed since is free again. */
W3D_INLINE size_t w3d_arena_mark(const w3d_arena *arena) { return arena->used; }
W3D_INLINE void w3d_arena_rewind(w3d_arena *arena, size_t mark)
{
    W3D_ASSERT(mark <= arena->used);
    if (mark <= arena->used) arena->used = mark;
}

#endif /* W3D_ARENA_H */
