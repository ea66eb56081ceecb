/* handle.c - slots in doubling chunks, one word each; a free list counted against ABA. */
#include "memory/handle.h"

#include "core/size.h"
#include "memory/allocator.h"

#define W3DI_HANDLE_DEAD    0x80000000u
#define W3DI_HANDLE_FREE    (W3DI_HANDLE_DEAD | 0u)
#define W3DI_HANDLE_ENDING  (W3DI_HANDLE_DEAD | 1u)
#define W3DI_HANDLE_RETIRED (W3DI_HANDLE_DEAD | 2u)
#define W3DI_HANDLE_UPPER   0xFFFFFFFF00000000u

static w3d_handle_slot *w3di_handle_slot(w3d_handle_pool *pool, uint32_t index)
{
    return (w3d_handle_slot *)(w3di_handle_address(pool, index) - sizeof(w3d_handle_slot));
}

/* The slot a handle points at, whatever lives there now; NULL where there is no memory. */
static w3d_handle_slot *w3di_handle_slot_of(w3d_handle_pool *pool, w3d_handle handle)
{
    if (w3d_handle_index(handle) >= w3d_atomic_load_u32(&pool->slots)) return NULL;
    return w3di_handle_slot(pool, w3d_handle_index(handle));
}

static uint64_t w3di_handle_word(const w3d_handle_pool *pool, uint32_t generation, uint32_t low)
{
    return (uint64_t)(pool->upper | generation) << 32 | low;
}

/* What `self` says of a dead slot: a number whose index leads elsewhere. */
static uint64_t w3di_handle_nobody(uint32_t index) { return index ^ 1u; }

W3D_API w3d_result w3d_handle_refuse(w3d_handle_pool *pool, w3d_handle handle)
{
    w3d_result why = W3D_ERR_STALE;
    if (w3d_handle_pool_id(handle) != pool->upper >> 24 || !w3d_handle_generation(handle))
        why = W3D_ERR_ARGUMENT;
    else if (w3d_handle_index(handle) >= w3d_atomic_load_u32(&pool->used))
        why = W3D_ERR_INDEX;
    w3d_atomic_add_u32(&pool->refused, 1);
    if (pool->refused_hook) pool->refused_hook(pool->user, handle, why);
    return why;
}

/* ---- memory ---- */

static uint32_t w3di_handle_chunk_begin(uint32_t chunk) { return chunk ? 8u << chunk : 0; }

/* Slots of a chunk: the last one ends where the capacity does. */
static uint32_t w3di_handle_chunk_slots(const w3d_handle_pool *pool, uint32_t chunk)
{
    uint32_t begin = w3di_handle_chunk_begin(chunk), whole = begin ? begin : 16u;
    uint32_t left = pool->capacity - begin;
    return whole < left ? whole : left;
}

/* Bytes of a chunk's block: header of the first slot in front, alignment slack; 0 on overflow. */
static size_t w3di_handle_chunk_size(const w3d_handle_pool *pool, uint32_t chunk)
{
    size_t size = sizeof(w3d_handle_slot);
    if (!w3d_size_append(&size, w3di_handle_chunk_slots(pool, chunk), pool->stride)) return 0;
    if (!w3d_size_add(size, pool->alignment, &size)) return 0;
    return size;
}

/* Brings the chunk that begins at pool->slots, or takes another thread's, if that is quicker. */
static w3d_result w3di_handle_grow(w3d_handle_pool *pool, uint32_t slots)
{
    uint32_t chunk = 28u - w3d_bits_leading_zeros(slots | 15u);
    uint32_t count = w3di_handle_chunk_slots(pool, chunk);
    if (!w3d_atomic_load_pointer(&pool->bases[W3D_HANDLE_CHUNKS - 1 - chunk])) {
        size_t size = w3di_handle_chunk_size(pool, chunk);
        void *block = size ? w3d_allocator_resize(&pool->allocator, NULL, 0, size) : NULL;
        void *none = NULL;
        if (!block) {
            /* The other thread's block will do, if it has one. */
            if (!w3d_atomic_load_pointer(&pool->bases[W3D_HANDLE_CHUNKS - 1 - chunk]))
                return W3D_ERR_OUT_OF_MEMORY;
        } else {
            uintptr_t first = ((uintptr_t)block + sizeof(w3d_handle_slot) + pool->alignment - 1u) &
                              ~(uintptr_t)(pool->alignment - 1u);
            for (uint32_t i = 0; i < count; i++) {
                w3d_handle_slot *slot = (w3d_handle_slot *)(first + (uintptr_t)i * pool->stride -
                                                            sizeof(w3d_handle_slot));
                slot->tag = slot->next = 0;
                slot->self = w3di_handle_nobody(slots + i);
                slot->word = w3di_handle_word(pool, 1, W3DI_HANDLE_FREE);
            }
            uintptr_t base = first - (uintptr_t)slots * pool->stride + 1u;
            if (w3d_atomic_swap_pointer(&pool->bases[W3D_HANDLE_CHUNKS - 1 - chunk], &none,
                                        (void *)base))
                pool->blocks[chunk] = block;
            else
                w3d_allocator_resize(&pool->allocator, block, size, 0);
        }
    }
    /* Whoever sees the chunk counts it: nobody waits for the thread that brought it. */
    uint32_t expected = slots;
    w3d_atomic_swap_u32(&pool->slots, &expected, slots + count);
    return W3D_OK;
}

W3D_API w3d_result w3d_handle_pool_create(const w3d_handle_pool_desc *desc, w3d_handle_pool **pool)
{
    int valid = desc && pool && desc->id <= 255u && desc->form_32 <= 1u &&
                (desc->alignment & (desc->alignment - 1u)) == 0 && desc->alignment <= 4096u;
    W3D_ASSERT(valid);
    if (!valid) return W3D_ERR_ARGUMENT;
    uint32_t most = desc->form_32 ? W3D_HANDLE_MOST_SLOTS_32 : W3D_HANDLE_MOST_SLOTS;
    uint32_t capacity = desc->capacity ? desc->capacity : most;
    size_t stride, alignment = desc->alignment > 8u ? desc->alignment : 8u;
    if (capacity > most) return W3D_ERR_LIMIT;
    valid = desc->reserve <= capacity;
    W3D_ASSERT(valid);
    if (!valid) return W3D_ERR_ARGUMENT;
    if (!w3d_size_add(desc->object_size, sizeof(w3d_handle_slot), &stride) ||
        !w3d_size_align(stride, alignment, &stride))
        return W3D_ERR_OUT_OF_MEMORY;

    w3d_handle_pool *made =
        (w3d_handle_pool *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof(w3d_handle_pool));
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made, 0, sizeof *made);
    made->stride = stride;
    made->last_generation = desc->form_32 ? 0xFFFu : 0xFFFFFFu;
    made->upper = desc->id << 24;
    made->capacity = capacity;
    made->object_size = desc->object_size;
    made->alignment = alignment;
    made->finalise = desc->finalise;
    made->refused_hook = desc->refused;
    made->leaked_hook = desc->leaked;
    made->user = desc->user;
    made->allocator = desc->allocator;
    while (made->slots < desc->reserve) {
        w3d_result result = w3di_handle_grow(made, made->slots);
        if (result != W3D_OK) {
            w3d_handle_pool_destroy(made);
            return result;
        }
    }
    *pool = made;
    return W3D_OK;
}

/* Fills *live and gives 1 where slot `index` holds a live object. */
static int w3di_handle_look(w3d_handle_pool *pool, uint32_t index, w3d_handle_live *live)
{
    w3d_handle_slot *slot = w3di_handle_slot(pool, index);
    uint64_t word = w3d_atomic_load_u64(&slot->word);
    if ((uint32_t)word & W3DI_HANDLE_DEAD) return 0;
    live->handle.id = (word & W3DI_HANDLE_UPPER) | index;
    live->object = slot + 1;
    live->references = (uint32_t)word;
    live->tag = w3d_atomic_load_relaxed_u32(&slot->tag);
    return 1;
}

W3D_API uint32_t w3d_handle_report(w3d_handle_pool *pool,
                                   void (*visit)(void *user, const w3d_handle_live *live),
                                   void *user)
{
    uint32_t used = w3d_atomic_load_u32(&pool->used), count = 0;
    for (uint32_t i = 0; i < used; i++) {
        w3d_handle_live live;
        if (!w3di_handle_look(pool, i, &live)) continue;
        count++;
        if (visit) visit(user, &live);
    }
    return count;
}

W3D_API uint32_t w3d_handle_pool_destroy(w3d_handle_pool *pool)
{
    if (!pool) return 0;
    uint32_t leaked = w3d_handle_report(pool, pool->leaked_hook, pool->user);
    /* A finaliser may release others: those this loop has not reached end then, and are not live
     * when it does; those it has passed are stale. So each one ends once. It may create others, in
     * slots that this loop has passed: hence another round after each in which something ended. */
    for (uint32_t ended = 1; ended;) {
        ended = 0;
        for (uint32_t i = 0; i < pool->used; i++) {
            w3d_handle_live live;
            if (!w3di_handle_look(pool, i, &live)) continue;
            w3d_handle_slot *slot = w3di_handle_slot(pool, i);
            slot->word = (live.handle.id & W3DI_HANDLE_UPPER) | W3DI_HANDLE_ENDING;
            slot->self = w3di_handle_nobody(i);
            if (pool->finalise) pool->finalise(pool->user, live.object, live.handle);
            ended = 1;
        }
    }
    w3d_allocator allocator = pool->allocator;
    for (uint32_t chunk = 0; chunk < W3D_HANDLE_CHUNKS && pool->blocks[chunk]; chunk++)
        w3d_allocator_resize(&allocator, pool->blocks[chunk], w3di_handle_chunk_size(pool, chunk),
                             0);
    w3d_allocator_resize(&allocator, pool, sizeof *pool, 0);
    return leaked;
}

W3D_API w3d_handle_stats w3d_handle_pool_stats(w3d_handle_pool *pool)
{
    w3d_handle_stats stats;
    w3d_fill(&stats, 0, sizeof stats);
    stats.used = w3d_atomic_load_u32(&pool->used);
    stats.slots = w3d_atomic_load_u32(&pool->slots);
    stats.refused = w3d_atomic_load_u32(&pool->refused);
    stats.memory = sizeof *pool;
    for (uint32_t chunk = 0; chunk < W3D_HANDLE_CHUNKS; chunk++)
        if (w3d_atomic_load_pointer(&pool->bases[W3D_HANDLE_CHUNKS - 1 - chunk]))
            stats.memory += w3di_handle_chunk_size(pool, chunk);
    for (uint32_t i = 0; i < (uint32_t)stats.used; i++) {
        uint64_t word = w3d_atomic_load_u64(&w3di_handle_slot(pool, i)->word);
        uint32_t low = (uint32_t)word, generation = (uint32_t)(word >> 32) & 0xFFFFFFu;
        stats.created += generation - (low == W3DI_HANDLE_FREE);
        stats.ending += low == W3DI_HANDLE_ENDING;
        stats.retired += low == W3DI_HANDLE_RETIRED;
        if (low & W3DI_HANDLE_DEAD) continue;
        stats.live++;
        stats.references += low;
    }
    return stats;
}

/* ---- the free list, and slots never used ---- */

static void w3di_handle_push(w3d_handle_pool *pool, w3d_handle_slot *slot, uint32_t index)
{
    uint64_t head = w3d_atomic_load_u64(&pool->free_head);
    do {
        w3d_atomic_store_relaxed_u32(&slot->next, (uint32_t)head);
    } while (
        !w3d_atomic_swap_u64(&pool->free_head, &head, (head & W3DI_HANDLE_UPPER) | (index + 1u)));
}

/* A slot that belongs to the caller. Between loading `next` and the swap the slot may be taken and
 * put back with another next; the upper half, raised by every removal, then makes the swap fail. */
static w3d_result w3di_handle_take(w3d_handle_pool *pool, uint32_t *index)
{
    uint64_t head = w3d_atomic_load_u64(&pool->free_head);
    while ((uint32_t)head) {
        uint32_t first = (uint32_t)head - 1u;
        uint32_t next = w3d_atomic_load_relaxed_u32(&w3di_handle_slot(pool, first)->next);
        uint64_t after = ((head >> 32) + 1u) << 32 | next;
        if (w3d_atomic_swap_u64(&pool->free_head, &head, after)) {
            *index = first;
            return W3D_OK;
        }
    }
    uint32_t used = w3d_atomic_load_u32(&pool->used);
    for (;;) {
        if (used >= pool->capacity) return W3D_ERR_CAPACITY;
        uint32_t slots = w3d_atomic_load_u32(&pool->slots);
        if (used >= slots) {
            w3d_result result = w3di_handle_grow(pool, slots);
            if (result != W3D_OK) return result;
        } else if (w3d_atomic_swap_u32(&pool->used, &used, used + 1u)) {
            *index = used;
            return W3D_OK;
        }
    }
}

/* ---- objects ---- */

W3D_API w3d_result w3d_handle_create(w3d_handle_pool *pool, uint32_t tag, w3d_handle *handle,
                                     void **object)
{
    W3D_ASSERT(pool && handle);
    if (!pool || !handle) return W3D_ERR_ARGUMENT;
    uint32_t index;
    w3d_result result = w3di_handle_take(pool, &index);
    if (result != W3D_OK) return result;
    w3d_handle_slot *slot = w3di_handle_slot(pool, index);
    w3d_fill(slot + 1, 0, pool->object_size);
    w3d_atomic_store_relaxed_u32(&slot->tag, tag);
    uint64_t upper = w3d_atomic_load_relaxed_u64(&slot->word) & W3DI_HANDLE_UPPER;
    w3d_atomic_store_u64(&slot->word, upper | 1u);
    w3d_atomic_store_u64(&slot->self, upper | index);
    handle->id = upper | index;
    if (object) *object = slot + 1;
    return W3D_OK;
}

W3D_API w3d_result w3d_handle_retain(w3d_handle_pool *pool, w3d_handle handle)
{
    w3d_handle_slot *slot = w3di_handle_slot_of(pool, handle);
    if (!slot) return w3d_handle_refuse(pool, handle);
    uint64_t word = w3d_atomic_load_u64(&slot->word);
    do {
        if ((word ^ handle.id) >> 31) return w3d_handle_refuse(pool, handle);
        if ((uint32_t)word == W3D_HANDLE_MOST_REFERENCES) return W3D_ERR_LIMIT;
    } while (!w3d_atomic_swap_u64(&slot->word, &word, word + 1u));
    return W3D_OK;
}

/* Gives a slot that belongs to the caller its next generation, or its rest. */
static uint64_t w3di_handle_next_word(const w3d_handle_pool *pool, uint32_t generation)
{
    return generation < pool->last_generation
               ? w3di_handle_word(pool, generation + 1u, W3DI_HANDLE_FREE)
               : w3di_handle_word(pool, generation, W3DI_HANDLE_RETIRED);
}

W3D_API w3d_result w3d_handle_finish(w3d_handle_pool *pool, w3d_handle handle)
{
    uint32_t index = w3d_handle_index(handle), generation = w3d_handle_generation(handle);
    w3d_handle_slot *slot = w3di_handle_slot_of(pool, handle);
    if (!slot) return w3d_handle_refuse(pool, handle);
    uint64_t ending = (handle.id & W3DI_HANDLE_UPPER) | W3DI_HANDLE_ENDING;
    uint64_t next = w3di_handle_next_word(pool, generation);
    if (!w3d_atomic_swap_u64(&slot->word, &ending, next)) return w3d_handle_refuse(pool, handle);
    if ((uint32_t)next == W3DI_HANDLE_FREE) w3di_handle_push(pool, slot, index);
    return W3D_OK;
}

W3D_API w3d_result w3d_handle_release(w3d_handle_pool *pool, w3d_handle handle)
{
    uint32_t index = w3d_handle_index(handle);
    w3d_handle_slot *slot = w3di_handle_slot_of(pool, handle);
    if (!slot) return w3d_handle_refuse(pool, handle);
    uint64_t word = w3d_atomic_load_u64(&slot->word), next;
    do {
        if ((word ^ handle.id) >> 31) return w3d_handle_refuse(pool, handle);
        next = word - 1u;
        if ((uint32_t)word == 1u)
            next = pool->finalise ? (word & W3DI_HANDLE_UPPER) | W3DI_HANDLE_ENDING
                                  : w3di_handle_next_word(pool, w3d_handle_generation(handle));
    } while (!w3d_atomic_swap_u64(&slot->word, &word, next));
    if (!((uint32_t)next & W3DI_HANDLE_DEAD)) return W3D_OK;
    w3d_atomic_store_relaxed_u64(&slot->self, w3di_handle_nobody(index));
    if ((uint32_t)next == W3DI_HANDLE_FREE)
        w3di_handle_push(pool, slot, index);
    else if ((uint32_t)next == W3DI_HANDLE_ENDING &&
             pool->finalise(pool->user, slot + 1, handle) == W3D_HANDLE_ENDED)
        (void)w3d_handle_finish(pool, handle);
    return W3D_OK;
}

#undef W3DI_HANDLE_DEAD
#undef W3DI_HANDLE_FREE
#undef W3DI_HANDLE_ENDING
#undef W3DI_HANDLE_RETIRED
#undef W3DI_HANDLE_UPPER
