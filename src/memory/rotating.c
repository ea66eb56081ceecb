/* rotating.c - a slot's generation and its count of references are one word, changed together.
 *
 * So a reference is checked and counted in one step, the release that brings the count to zero
 * raises the generation in that very step, and no word of a slot is ever the same twice. What was
 * released goes on a stack by one exchange each; the filling thread takes the whole stack by
 * another and never pops a single one, so a slot that comes back in between does not matter. */
#include "memory/rotating.h"

#include "core/atomic.h"
#include "core/poison.h"
#include "memory/allocator.h"

#define W3DI_ROTATING_SLOT  64u /* bytes of a slot: readers of one don't slow those of the next */
#define W3DI_ROTATING_COUNT (1u << 20)

/* 64 bytes; padded by hand, as the fields' sizes differ between 32 and 64 bits. */
struct w3d_rotating_slot {
    union {
        struct {
            uint64_t state; /* generation << 32 | references; 0: not made, or retired */
            uint32_t next;  /* index + 1 of the next in the released or the ready stack   */
            uint32_t zero;
            w3d_arena arena;
        } fields;
        unsigned char padding[W3DI_ROTATING_SLOT];
    } u;
};

static uint64_t w3di_rotating_word(uint32_t generation, uint32_t references)
{
    return (uint64_t)generation << 32 | references;
}

static w3d_rotating_ref w3di_rotating_ref_of(const w3d_rotating *rotating, uint32_t index)
{
    w3d_rotating_ref ref;
    ref.index = index;
    ref.generation = (uint32_t)(w3d_atomic_load_u64(&rotating->slots[index].u.fields.state) >> 32);
    return ref;
}

W3D_API w3d_result w3d_rotating_create(w3d_rotating *rotating, const w3d_rotating_desc *desc)
{
    w3d_rotating made;
    size_t size;
    W3D_ASSERT(rotating);
    if (!rotating || (desc && desc->arena_count_max > W3DI_ROTATING_COUNT)) return W3D_ERR_ARGUMENT;
    w3d_fill(&made, 0, sizeof made);
    if (desc) made.desc = *desc;
    if (!made.desc.arena_size) made.desc.arena_size = 65536;
    if (!made.desc.arena_count_max) made.desc.arena_count_max = 8;
    size = ((size_t)made.desc.arena_count_max + 1u) * W3DI_ROTATING_SLOT;
    made.slots_block = w3d_allocator_resize(&made.desc.allocator, NULL, 0, size);
    if (!made.slots_block) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made.slots_block, 0, size);
    made.slots = (w3d_rotating_slot *)(((uintptr_t)made.slots_block + W3DI_ROTATING_SLOT - 1u) &
                                       ~(uintptr_t)(W3DI_ROTATING_SLOT - 1u));
    *rotating = made;
    return W3D_OK;
}

W3D_API w3d_result w3d_rotating_destroy(w3d_rotating *rotating)
{
    W3D_ASSERT(rotating);
    if (!rotating) return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < rotating->made; i++)
        if ((uint32_t)w3d_atomic_load_u64(&rotating->slots[i].u.fields.state) >
            (rotating->current == i + 1u))
            return W3D_ERR_BUSY;
    for (uint32_t i = 0; i < rotating->made; i++) {
        w3d_arena *arena = &rotating->slots[i].u.fields.arena;
        w3d_unpoison(arena->memory, arena->size);
        w3d_allocator_resize(&rotating->desc.allocator, arena->memory, arena->size, 0);
    }
    if (rotating->slots_block)
        w3d_allocator_resize(&rotating->desc.allocator, rotating->slots_block,
                             ((size_t)rotating->desc.arena_count_max + 1u) * W3DI_ROTATING_SLOT, 0);
    w3d_fill(rotating, 0, sizeof *rotating);
    return W3D_OK;
}

/* Adds a reference, or takes one away, where the slot is still in the life that `ref` names. */
static w3d_result w3di_rotating_change(w3d_rotating *rotating, w3d_rotating_ref ref, int retain)
{
    w3d_rotating_slot *slot;
    uint64_t before, after;
    uint32_t references;
    W3D_ASSERT(rotating);
    if (!rotating) return W3D_ERR_ARGUMENT;
    if (!rotating->slots || ref.index >= rotating->desc.arena_count_max) return W3D_ERR_STALE;
    slot = &rotating->slots[ref.index];
    before = w3d_atomic_load_u64(&slot->u.fields.state);
    do {
        references = (uint32_t)before;
        if (before >> 32 != ref.generation || !references) return W3D_ERR_STALE;
        if (retain && references == UINT32_MAX) return W3D_ERR_LIMIT;
        after = retain ? before + 1u : before - 1u;
        if (!retain && references == 1u) /* after the last generation 0: no reference has that */
            after = w3di_rotating_word(ref.generation + 1u, 0);
    } while (!w3d_atomic_swap_u64(&slot->u.fields.state, &before, after));
    if (retain || references != 1u || ref.generation == UINT32_MAX) return W3D_OK;

    /* Ours was the last: until the exchange below nobody else can reach the slot. */
    w3d_poison(slot->u.fields.arena.memory, slot->u.fields.arena.size);
    uint32_t head = w3d_atomic_load_u32(&rotating->released);
    do {
        slot->u.fields.next = head;
    } while (!w3d_atomic_swap_u32(&rotating->released, &head, ref.index + 1u));
    return W3D_OK;
}

W3D_API w3d_result w3d_rotating_retain(w3d_rotating *rotating, w3d_rotating_ref ref)
{
    return w3di_rotating_change(rotating, ref, 1);
}

W3D_API w3d_result w3d_rotating_release(w3d_rotating *rotating, w3d_rotating_ref ref)
{
    return w3di_rotating_change(rotating, ref, 0);
}

W3D_API void w3d_rotating_seal(w3d_rotating *rotating)
{
    W3D_ASSERT(rotating);
    if (!rotating || !rotating->current) return;
    w3d_rotating_release(rotating, w3di_rotating_ref_of(rotating, rotating->current - 1u));
    rotating->current = 0;
}

/* Makes an arena the current one, with the stream's own reference on it. */
static void w3di_rotating_begin(w3d_rotating *rotating, uint32_t index, uint32_t generation)
{
    w3d_rotating_slot *slot = &rotating->slots[index];
    slot->u.fields.arena.used = 0;
    w3d_atomic_store_u64(&slot->u.fields.state, w3di_rotating_word(generation, 1));
    rotating->current = index + 1u;
}

/* Replaces the current arena by a free one; on errors it stays the current one. */
static w3d_result w3di_rotating_turn(w3d_rotating *rotating)
{
    uint32_t index;
    w3d_rotating_slot *slot;
    if (rotating->current) {
        /* Where all readers are done with it already, it is its own successor. */
        w3d_rotating_ref ref = w3di_rotating_ref_of(rotating, rotating->current - 1u);
        uint64_t alone = w3di_rotating_word(ref.generation, 1);
        slot = &rotating->slots[ref.index];
        if (ref.generation != UINT32_MAX &&
            w3d_atomic_swap_u64(&slot->u.fields.state, &alone,
                                w3di_rotating_word(ref.generation + 1u, 1))) {
            slot->u.fields.arena.used = 0;
            w3d_poison(slot->u.fields.arena.memory, slot->u.fields.arena.size);
            return W3D_OK;
        }
    }
    if (!rotating->ready) rotating->ready = w3d_atomic_exchange_u32(&rotating->released, 0);
    if (rotating->ready) {
        index = rotating->ready - 1u;
        rotating->ready = rotating->slots[index].u.fields.next;
        w3d_rotating_seal(rotating);
        w3di_rotating_begin(rotating, index, w3di_rotating_ref_of(rotating, index).generation);
        return W3D_OK;
    }
    if (rotating->made == rotating->desc.arena_count_max) return W3D_ERR_BUSY;
    index = rotating->made;
    slot = &rotating->slots[index];
    slot->u.fields.arena = w3d_arena_make(w3d_allocator_resize(&rotating->desc.allocator, NULL, 0,
                                                               rotating->desc.arena_size),
                                          rotating->desc.arena_size);
    if (!slot->u.fields.arena.memory) return W3D_ERR_OUT_OF_MEMORY;
    w3d_poison(slot->u.fields.arena.memory, slot->u.fields.arena.size);
    rotating->made++;
    w3d_rotating_seal(rotating);
    w3di_rotating_begin(rotating, index, 1);
    return W3D_OK;
}

W3D_API w3d_result w3d_rotating_acquire(w3d_rotating *rotating, size_t size, w3d_rotating_ref *ref)
{
    w3d_result result;
    w3d_rotating_ref taken;
    W3D_ASSERT(rotating && ref);
    if (!rotating || !rotating->slots || !ref) return W3D_ERR_ARGUMENT;
    if (size > rotating->desc.arena_size) return W3D_ERR_LIMIT;
    if (rotating->current) {
        const w3d_arena *arena = &rotating->slots[rotating->current - 1u].u.fields.arena;
        if (arena->size - arena->used < size) {
            result = w3di_rotating_turn(rotating);
            if (result != W3D_OK) return result;
        }
    } else {
        result = w3di_rotating_turn(rotating);
        if (result != W3D_OK) return result;
    }
    taken = w3di_rotating_ref_of(rotating, rotating->current - 1u);
    result = w3d_rotating_retain(rotating, taken);
    if (result == W3D_OK) *ref = taken;
    return result;
}

W3D_API void *w3d_rotating_push(w3d_rotating *rotating, w3d_rotating_ref ref, size_t count,
                                size_t item_size, size_t alignment)
{
    w3d_rotating_slot *slot;
    uint64_t state;
    void *result;
    W3D_ASSERT(rotating);
    if (!rotating || ref.index >= rotating->made) return NULL;
    slot = &rotating->slots[ref.index];
    state = w3d_atomic_load_u64(&slot->u.fields.state);
    if (state >> 32 != ref.generation || !(uint32_t)state) return NULL;
    result = w3d_arena_push(&slot->u.fields.arena, count, item_size, alignment ? alignment : 16);
    if (result) w3d_unpoison(result, count * item_size);
    return result;
}

W3D_API w3d_rotating_stats w3d_rotating_stats_get(const w3d_rotating *rotating)
{
    w3d_rotating_stats stats;
    w3d_fill(&stats, 0, sizeof stats);
    W3D_ASSERT(rotating);
    if (!rotating) return stats;
    stats.arena_count = rotating->made;
    stats.held_size = (size_t)rotating->made * rotating->desc.arena_size;
    for (uint32_t i = 0; i < rotating->made; i++) {
        uint64_t state = w3d_atomic_load_u64(&rotating->slots[i].u.fields.state);
        stats.used_count += (uint32_t)state != 0;
        stats.retired_count += state == 0;
    }
    return stats;
}

#undef W3DI_ROTATING_SLOT
#undef W3DI_ROTATING_COUNT
