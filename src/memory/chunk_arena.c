/* chunk_arena.c - chunks in use, large blocks in use, and both kinds kept for reuse: four lists.
 *
 * Each list is a stack, newest first. Rewinding moves chunks from the stack in use to the stack of
 * spares, which turns their order round: the next round meets them in the order of the first, and
 * so at the same addresses. In a zeroing arena, and in spares of one, every byte of a chunk that is
 * not pushed is zero: that is what lets push be the same code for both. */
#include "memory/chunk_arena.h"

#include "memory/allocator.h"

#define W3DI_CHUNK_ARENA_SMALLEST 256u

struct w3d_chunk_arena_chunk {
    w3d_chunk_arena_chunk *below; /* older, or next spare                              */
    unsigned char *at;            /* end of what is pushed, while not the newest in use */
    size_t size;                  /* of the whole block                                */
    size_t used_below;            /* bytes pushed in all chunks below                  */
    uint32_t borrowed;            /* the caller's: never given back                    */
    uint32_t zero;
};

static unsigned char *w3di_chunk_arena_begin(w3d_chunk_arena_chunk *chunk)
{
    return (unsigned char *)(chunk + 1);
}

static unsigned char *w3di_chunk_arena_end(w3d_chunk_arena_chunk *chunk)
{
    return (unsigned char *)chunk + chunk->size;
}

static size_t w3di_chunk_arena_used(const w3d_chunk_arena *arena)
{
    size_t used = arena->large_size;
    if (arena->chunk)
        used +=
            arena->chunk->used_below + (size_t)(arena->at - w3di_chunk_arena_begin(arena->chunk));
    return used;
}

/* Usage only rises between rewinds, so it is enough to look before each of them. */
static void w3di_chunk_arena_note_peak(w3d_chunk_arena *arena)
{
    size_t used = w3di_chunk_arena_used(arena);
    if (used > arena->peak_size) arena->peak_size = used;
}

/* Makes [from, to) memory that is not pushed. */
static void w3di_chunk_arena_forget(const w3d_chunk_arena *arena, unsigned char *from,
                                    unsigned char *to)
{
    size_t size = (size_t)(to - from);
    if (arena->desc.flags & W3D_CHUNK_ARENA_ZERO) {
        w3d_unpoison(from, size); /* what aligned the pieces is poisoned still */
        w3d_fill(from, 0, size);
    }
    w3d_poison(from, size);
}

static void *w3di_chunk_arena_fail(w3d_chunk_arena *arena, w3d_result result)
{
    if (!(arena->desc.flags & W3D_CHUNK_ARENA_SOFT_FAIL)) {
        arena->failed = result;
        arena->end = arena->at; /* every push now comes the slow way, and is told */
    }
    return NULL;
}

/* Makes a block of the allocator's or the caller's an empty chunk. */
static w3d_chunk_arena_chunk *w3di_chunk_arena_found(const w3d_chunk_arena *arena, void *block,
                                                     size_t size, uint32_t borrowed)
{
    w3d_chunk_arena_chunk *chunk = (w3d_chunk_arena_chunk *)block;
    chunk->below = NULL;
    chunk->at = w3di_chunk_arena_begin(chunk);
    chunk->size = size;
    chunk->used_below = 0;
    chunk->borrowed = borrowed;
    chunk->zero = 0;
    w3di_chunk_arena_forget(arena, chunk->at, w3di_chunk_arena_end(chunk));
    return chunk;
}

/* A chunk of `wanted` bytes or, where that can't be had, of `needed`; or NULL. */
static w3d_chunk_arena_chunk *w3di_chunk_arena_allocate(w3d_chunk_arena *arena, size_t wanted,
                                                        size_t needed)
{
    size_t limit = arena->desc.held_size_max ? arena->desc.held_size_max : SIZE_MAX;
    size_t left = limit > arena->held_size ? limit - arena->held_size : 0;
    void *block;
    if (needed > left) return NULL;
    if (wanted > left) wanted = needed;
    block = w3d_allocator_resize(&arena->desc.allocator, NULL, 0, wanted);
    if (!block && wanted > needed) {
        wanted = needed;
        block = w3d_allocator_resize(&arena->desc.allocator, NULL, 0, wanted);
    }
    if (!block) return NULL;
    arena->held_size += wanted;
    return w3di_chunk_arena_found(arena, block, wanted, 0);
}

static void w3di_chunk_arena_free(w3d_chunk_arena *arena, w3d_chunk_arena_chunk *chunk)
{
    size_t size = chunk->size;
    w3d_unpoison(chunk, size);
    if (chunk->borrowed) return;
    arena->held_size -= size;
    w3d_allocator_resize(&arena->desc.allocator, chunk, size, 0);
}

/* Takes the first of a list of spares that has `needed` bytes out of it; or NULL. */
static w3d_chunk_arena_chunk *w3di_chunk_arena_reuse(w3d_chunk_arena_chunk **list, size_t needed)
{
    for (; *list; list = &(*list)->below)
        if ((*list)->size >= needed) {
            w3d_chunk_arena_chunk *chunk = *list;
            *list = chunk->below;
            return chunk;
        }
    return NULL;
}

static size_t w3di_chunk_arena_size_or(size_t size, size_t otherwise)
{
    if (!size) return otherwise;
    return size < W3DI_CHUNK_ARENA_SMALLEST ? W3DI_CHUNK_ARENA_SMALLEST : size;
}

/* A block of its own for a large request. A spare that is too small is given back first: so there
 * are never more blocks than were once in use together. */
static w3d_chunk_arena_chunk *w3di_chunk_arena_add_large(w3d_chunk_arena *arena, size_t needed)
{
    w3d_chunk_arena_chunk *chunk = w3di_chunk_arena_reuse(&arena->spare_large, needed), *little;
    if (!chunk) {
        little = w3di_chunk_arena_reuse(&arena->spare_large, 0);
        if (little) w3di_chunk_arena_free(arena, little);
        chunk = w3di_chunk_arena_allocate(arena, needed, needed);
    }
    if (!chunk) return NULL;
    chunk->below = arena->large;
    arena->large = chunk;
    return chunk;
}

/* A new chunk in use, with `needed` bytes at least; no spare is ever lost to it being too small:
 * below a size there are only as many as there are doublings. */
static w3d_chunk_arena_chunk *w3di_chunk_arena_add(w3d_chunk_arena *arena, size_t needed,
                                                   size_t largest)
{
    w3d_chunk_arena_chunk *chunk = w3di_chunk_arena_reuse(&arena->spare, needed);
    if (!chunk) {
        size_t wanted = arena->next_size;
        if (!wanted) wanted = w3di_chunk_arena_size_or(arena->desc.chunk_size, 16384);
        if (wanted > largest) wanted = largest;
        while (wanted < largest && wanted / 4 < needed)
            wanted = wanted > largest / 2 ? largest : wanted * 2;
        if (wanted < needed) wanted = needed;
        chunk = w3di_chunk_arena_allocate(arena, wanted, needed);
        if (!chunk) return NULL;
        arena->next_size = wanted > largest / 2 ? largest : wanted * 2;
    }
    if (arena->chunk) {
        arena->chunk->at = arena->at;
        chunk->used_below =
            arena->chunk->used_below + (size_t)(arena->at - w3di_chunk_arena_begin(arena->chunk));
    } else {
        chunk->used_below = 0;
    }
    chunk->below = arena->chunk;
    arena->chunk = chunk;
    arena->at = w3di_chunk_arena_begin(chunk);
    arena->end = w3di_chunk_arena_end(chunk);
    return chunk;
}

W3D_API void *w3d_chunk_arena_push_slow(w3d_chunk_arena *arena, size_t count, size_t item_size,
                                        size_t alignment)
{
    size_t align = alignment ? alignment : 16, size, needed, padding;
    size_t largest = w3di_chunk_arena_size_or(arena->desc.chunk_size_max, (size_t)1 << 20);
    w3d_chunk_arena_chunk *chunk;
    if (arena->failed) return NULL;
    if (align & (align - 1)) {
        W3D_ASSERT(0);
        return w3di_chunk_arena_fail(arena, W3D_ERR_ARGUMENT);
    }
    if (!w3d_size_multiply(count, item_size, &size) || !w3d_size_add(size, !size, &size) ||
        !w3d_size_add(size, align - 1, &needed) ||
        !w3d_size_add(needed, sizeof(w3d_chunk_arena_chunk), &needed) || needed > SIZE_MAX / 2)
        return w3di_chunk_arena_fail(arena, W3D_ERR_OUT_OF_MEMORY);
    /* An empty request counts as one byte, for a pointer of its own; that byte may be there. */
    padding = (size_t)(0u - (uintptr_t)arena->at) & (align - 1);
    if (size > (size_t)(arena->end - arena->at) ||
        padding > (size_t)(arena->end - arena->at) - size) {
        if (needed > largest / 4) {
            unsigned char *result;
            chunk = w3di_chunk_arena_add_large(arena, needed);
            if (!chunk) return w3di_chunk_arena_fail(arena, W3D_ERR_OUT_OF_MEMORY);
            result = w3di_chunk_arena_begin(chunk);
            result += (size_t)(0u - (uintptr_t)result) & (align - 1);
            chunk->at = result + size;
            arena->large_size += (size_t)(chunk->at - w3di_chunk_arena_begin(chunk));
            w3d_unpoison(result, size);
            return result;
        }
        if (!w3di_chunk_arena_add(arena, needed, largest))
            return w3di_chunk_arena_fail(arena, W3D_ERR_OUT_OF_MEMORY);
        padding = (size_t)(0u - (uintptr_t)arena->at) & (align - 1);
    }
    arena->at += padding + size;
    w3d_unpoison(arena->at - size, size);
    return arena->at - size;
}

static int w3di_chunk_arena_holds(const w3d_chunk_arena_chunk *list,
                                  const w3d_chunk_arena_chunk *chunk)
{
    while (list && list != chunk) list = list->below;
    return list == chunk;
}

W3D_API w3d_result w3d_chunk_arena_rewind(w3d_chunk_arena *arena, const w3d_chunk_arena_mark *mark)
{
    W3D_ASSERT(arena && mark);
    if (!arena || !mark) return W3D_ERR_ARGUMENT;
    if (!w3di_chunk_arena_holds(arena->chunk, mark->chunk) ||
        !w3di_chunk_arena_holds(arena->large, mark->large)) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    w3di_chunk_arena_note_peak(arena);
    while (arena->large != mark->large) {
        w3d_chunk_arena_chunk *large = arena->large;
        unsigned char *begin = w3di_chunk_arena_begin(large);
        arena->large_size -= (size_t)(large->at - begin);
        w3di_chunk_arena_forget(arena, begin, large->at);
        arena->large = large->below;
        large->below = arena->spare_large;
        arena->spare_large = large;
    }
    while (arena->chunk != mark->chunk) {
        w3d_chunk_arena_chunk *chunk = arena->chunk;
        w3di_chunk_arena_forget(arena, w3di_chunk_arena_begin(chunk), arena->at);
        arena->chunk = chunk->below;
        arena->at = arena->chunk ? arena->chunk->at : NULL;
        chunk->below = arena->spare;
        arena->spare = chunk;
    }
    /* A block freed through the allocator may have taken the arena below the mark already. */
    if (arena->chunk && mark->at < arena->at) {
        w3di_chunk_arena_forget(arena, mark->at, arena->at);
        arena->at = mark->at;
    }
    arena->failed = mark->failed;
    arena->end = arena->chunk && !arena->failed ? w3di_chunk_arena_end(arena->chunk) : arena->at;
    return W3D_OK;
}

W3D_API void w3d_chunk_arena_reset(w3d_chunk_arena *arena)
{
    w3d_chunk_arena_mark empty;
    w3d_fill(&empty, 0, sizeof empty);
    w3d_chunk_arena_rewind(arena, &empty);
}

W3D_API void w3d_chunk_arena_trim(w3d_chunk_arena *arena)
{
    w3d_chunk_arena_chunk *kept = NULL, *chunk;
    W3D_ASSERT(arena);
    if (!arena) return;
    while ((chunk = w3di_chunk_arena_reuse(&arena->spare_large, 0)) != NULL)
        w3di_chunk_arena_free(arena, chunk);
    while ((chunk = w3di_chunk_arena_reuse(&arena->spare, 0)) != NULL) {
        if (chunk->borrowed) {
            chunk->below = kept;
            kept = chunk;
        } else {
            w3di_chunk_arena_free(arena, chunk);
        }
    }
    arena->spare = kept;
    if (!arena->chunk) arena->next_size = 0;
}

W3D_API w3d_result w3d_chunk_arena_create(w3d_chunk_arena *arena, const w3d_chunk_arena_desc *desc)
{
    W3D_ASSERT(arena);
    if (!arena || (desc && desc->flags & ~(W3D_CHUNK_ARENA_ZERO | W3D_CHUNK_ARENA_SOFT_FAIL)))
        return W3D_ERR_ARGUMENT;
    w3d_fill(arena, 0, sizeof *arena);
    if (desc) arena->desc = *desc;
    return W3D_OK;
}

W3D_API void w3d_chunk_arena_destroy(w3d_chunk_arena *arena)
{
    w3d_chunk_arena_desc desc;
    w3d_chunk_arena_chunk *chunk;
    W3D_ASSERT(arena);
    if (!arena) return;
    w3d_chunk_arena_reset(arena);
    w3d_chunk_arena_trim(arena);
    for (chunk = arena->spare; chunk; chunk = chunk->below) w3di_chunk_arena_free(arena, chunk);
    desc = arena->desc;
    w3d_chunk_arena_create(arena, &desc);
}

W3D_API w3d_result w3d_chunk_arena_adopt(w3d_chunk_arena *arena, void *memory, size_t size)
{
    size_t padding = (size_t)(0u - (uintptr_t)memory) & 15u;
    w3d_chunk_arena_chunk *chunk;
    W3D_ASSERT(arena && memory);
    if (!arena || !memory || size < W3DI_CHUNK_ARENA_SMALLEST) return W3D_ERR_ARGUMENT;
    chunk = w3di_chunk_arena_found(arena, (unsigned char *)memory + padding, size - padding, 1);
    chunk->below = arena->spare;
    arena->spare = chunk;
    return W3D_OK;
}

W3D_API w3d_chunk_arena_stats w3d_chunk_arena_stats_get(const w3d_chunk_arena *arena)
{
    w3d_chunk_arena_stats stats;
    const w3d_chunk_arena_chunk *list[4];
    w3d_fill(&stats, 0, sizeof stats);
    W3D_ASSERT(arena);
    if (!arena) return stats;
    list[0] = arena->chunk;
    list[1] = arena->large;
    list[2] = arena->spare;
    list[3] = arena->spare_large;
    for (int i = 0; i < 4; i++)
        for (; list[i]; list[i] = list[i]->below) stats.chunk_count++;
    stats.used_size = w3di_chunk_arena_used(arena);
    stats.peak_size = stats.used_size > arena->peak_size ? stats.used_size : arena->peak_size;
    stats.held_size = arena->held_size;
    return stats;
}

static void *w3di_chunk_arena_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    w3d_chunk_arena *arena = (w3d_chunk_arena *)user;
    unsigned char *bytes = (unsigned char *)block;
    void *moved;
    int last = block && arena->chunk && arena->at == bytes + old_size && !arena->failed &&
               bytes >= w3di_chunk_arena_begin(arena->chunk);
    if (last && new_size <= old_size) {
        w3di_chunk_arena_note_peak(arena);
        w3di_chunk_arena_forget(arena, bytes + new_size, arena->at);
        arena->at = bytes + new_size;
    } else if (last && new_size - old_size <= (size_t)(arena->end - arena->at)) {
        w3d_unpoison(arena->at, new_size - old_size);
        arena->at = bytes + new_size;
        return block;
    }
    if (!new_size) return NULL;
    if (block && new_size <= old_size) return block;
    moved = w3d_chunk_arena_push(arena, 1, new_size, 16);
    if (moved) w3d_copy(moved, block, old_size);
    return moved;
}

W3D_API w3d_allocator w3d_chunk_arena_allocator(w3d_chunk_arena *arena)
{
    w3d_allocator allocator;
    allocator.resize = w3di_chunk_arena_resize;
    allocator.user = arena;
    return allocator;
}

#undef W3DI_CHUNK_ARENA_SMALLEST
