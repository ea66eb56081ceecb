/* sandbox_fault.h - what the parts of the sandbox share: its tables, their readers, the system.
 *
 * One writer at a time changes the tables; checks and the fault handler read them meanwhile without
 * locks. `changes` is odd while a change is under way and says afterwards that there was one; the
 * records never move, so a reader that comes in between reads old values but never wild memory.
 *
 *   chunk   64 KiB of addresses: 4 bits of shadow for each granule of 64 bytes, and for each cell
 *           of 4 KiB the first region that touches it. Found through a hash table that only grows.
 *   region  a record; all regions are chained by address, so that a cell's regions are a walk. */
#ifndef W3D_SANDBOX_FAULT_H
#define W3D_SANDBOX_FAULT_H

#include "core/atomic.h"
#include "core/bits.h"
#include "memory/sandbox.h"

/* The four bits of a granule. PARTIAL: only a part of it lies in a region, ask the record. START: a
 * region's first granule; an access that comes from below has crossed from another region. */
#define W3D_SANDBOX_GRANULE_PARTIAL 4u
#define W3D_SANDBOX_GRANULE_START   8u

typedef struct w3di_sandbox_chunk {
    uintptr_t key;        /* address / 64 KiB                              */
    uint32_t shadow[128]; /* [granule / 8], the lowest granule lowest      */
    uint32_t first[16];   /* [cell], index + 1 of the first region, 0: none */
} w3di_sandbox_chunk;

typedef struct w3di_sandbox_table {
    struct w3di_sandbox_table *previous; /* smaller ones, which readers may still hold */
    uint32_t shift;                      /* 32 - log2 of the slots                     */
    uint32_t count;
    void **slots;
} w3di_sandbox_table;

typedef struct w3di_sandbox_record {
    void *begin;   /* addresses, as pointers only for the sake of atomic access  */
    void *last;    /* the last byte: an end would wrap at the top of memory      */
    uint32_t next; /* index + 1 of the next region by address                    */
    uint32_t next_free;
    uint32_t id;           /* 0: not in use                                              */
    uint32_t generation;   /* 12 bits                                                    */
    uint32_t view_changes; /* see w3d_sandbox_view.changes                               */
    uint32_t tag;
    uint32_t first_permission; /* of the region's part of its first and last granule         */
    uint32_t last_permission;
    uint32_t is_protected;
    uint32_t is_opened; /* CONTINUE has opened pages                                  */
    uint32_t pages_allow;
    uint32_t has_windows; /* 0: one permission throughout                               */
    uint32_t is_poisoned; /* AddressSanitizer is told                                   */
} w3di_sandbox_record;

/* The log: slot states are 2t + 1 while record t is being written, 2t + 2 once it is whole. */
typedef struct w3di_sandbox_ring {
    uint32_t *words;  /* [capacity][16] */
    uint32_t *states; /* [capacity]     */
    uint32_t mask;
    uint32_t head; /* next sequence */
    uint32_t dropped;
} w3di_sandbox_ring;

#define W3D_SANDBOX_BLOCKS 14 /* block k holds 64 << k records */

struct w3d_sandbox {
    w3d_allocator allocator;
    uint64_t (*now)(void *user);
    void *now_user;
    w3d_sandbox_log log;
    uint32_t is_busy; /* a writer is at work              */
    uint32_t changes; /* odd: in the middle of one        */
    void *table;      /* w3di_sandbox_table               */
    void *blocks[W3D_SANDBOX_BLOCKS];
    uint32_t record_count; /* records ever used            */
    uint32_t free_record;  /* index + 1                    */
    uint32_t *order;       /* [region_count] indices by address: the writer's */
    uint32_t region_count, order_capacity;
    w3di_sandbox_ring ring;
    w3d_sandbox_refusal refusal;
    uint32_t is_installed;
    uint32_t on_fault;
    uintptr_t installer; /* the thread's token              */
    void *stack;         /* its signal stack, if it is ours */
};

static inline uintptr_t w3di_sandbox_address(void *const *field)
{
    return (uintptr_t)w3d_atomic_load_pointer(field);
}

static inline w3di_sandbox_record *w3di_sandbox_record_at(const w3d_sandbox *sandbox,
                                                          uint32_t index)
{
    uint32_t block = 25u - w3d_bits_leading_zeros(index + 64u);
    void *records = w3d_atomic_load_pointer(&sandbox->blocks[block]);
    return (w3di_sandbox_record *)records + (index + 64u - (64u << block));
}

/* A chunk's home in a table of 2^(32 - shift) slots. */
static inline uint32_t w3di_sandbox_hash(uintptr_t key, uint32_t shift)
{
    uint32_t folded = (uint32_t)key ^ (uint32_t)((uint64_t)key >> 32) * 0x85EBCA6Bu;
    return folded * 0x9E3779B1u >> shift;
}

/* The chunk of an address / 64 KiB, or NULL. */
static inline w3di_sandbox_chunk *w3di_sandbox_chunk_of(const w3d_sandbox *sandbox, uintptr_t key)
{
    const w3di_sandbox_table *table =
        (const w3di_sandbox_table *)w3d_atomic_load_pointer(&sandbox->table);
    uint32_t mask = 0xFFFFFFFFu >> table->shift;
    for (uint32_t i = w3di_sandbox_hash(key, table->shift);; i = (i + 1) & mask) {
        w3di_sandbox_chunk *chunk = (w3di_sandbox_chunk *)w3d_atomic_load_pointer(&table->slots[i]);
        if (!chunk || chunk->key == key) return chunk;
    }
}

/* The shadow of the granule with this number: its four bits. */
static inline uint32_t w3di_sandbox_granule(const w3d_sandbox *sandbox, uintptr_t granule)
{
    const w3di_sandbox_chunk *chunk = w3di_sandbox_chunk_of(sandbox, granule >> 10);
    if (!chunk) return 0;
    uint32_t word = w3d_atomic_load_u32(&chunk->shadow[granule >> 3 & 127u]);
    return word >> (granule & 7u) * 4u & 15u;
}

/* What some granule of the `size` bytes (a power of two of at least 512, aligned) allows. */
static inline uint32_t w3di_sandbox_any(const w3d_sandbox *sandbox, uintptr_t address, size_t size)
{
    uint32_t any = 0;
    for (uintptr_t offset = 0; offset < size; offset += 0x10000u) {
        const w3di_sandbox_chunk *chunk = w3di_sandbox_chunk_of(sandbox, (address + offset) >> 16);
        size_t i = address >> 9 & 127u, end = size - offset < 0x10000u ? i + (size >> 9) : 128u;
        for (; chunk && i < end; i++) any |= w3d_atomic_load_u32(&chunk->shadow[i]);
    }
    any |= any >> 16;
    any |= any >> 8;
    any |= any >> 4;
    return any & 3u;
}

/* A region as it was at one moment. index is UINT32_MAX where there is none. */
typedef struct w3di_sandbox_found {
    uintptr_t begin, last;
    uint32_t index, id, tag, first_permission, last_permission, is_protected, pages_allow;
} w3di_sandbox_found;

/* The region that holds an address. Gives 1, or 0 where the tables kept changing (or this is a
 * signal on the writer's own thread): *found is then a best guess. */
static inline int w3di_sandbox_find(const w3d_sandbox *sandbox, uintptr_t address,
                                    w3di_sandbox_found *found)
{
    for (int tries = 0;; tries++) {
        uint32_t changes = w3d_atomic_load_u32(&sandbox->changes);
        const w3di_sandbox_chunk *chunk = w3di_sandbox_chunk_of(sandbox, address >> 16);
        uint32_t i = chunk ? w3d_atomic_load_u32(&chunk->first[address >> 12 & 15u]) : 0;
        w3d_fill(found, 0, sizeof *found);
        found->index = UINT32_MAX;
        for (uint32_t steps = 0; i && steps < 8192u; steps++) { /* a cell has 4096 bytes */
            const w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, i - 1);
            uintptr_t begin = w3di_sandbox_address(&record->begin);
            uintptr_t last = w3di_sandbox_address(&record->last);
            if (begin > address) break;
            if (last >= address) {
                found->begin = begin, found->last = last, found->index = i - 1;
                found->id = w3d_atomic_load_u32(&record->id);
                found->tag = w3d_atomic_load_u32(&record->tag);
                found->first_permission = w3d_atomic_load_u32(&record->first_permission);
                found->last_permission = w3d_atomic_load_u32(&record->last_permission);
                found->is_protected = w3d_atomic_load_u32(&record->is_protected);
                found->pages_allow = w3d_atomic_load_u32(&record->pages_allow);
                break;
            }
            i = w3d_atomic_load_u32(&record->next);
        }
        int is_stable = !(changes & 1u) && w3d_atomic_load_u32(&sandbox->changes) == changes;
        if (is_stable || tries == 1000) return is_stable;
        w3d_atomic_pause();
    }
}

/* ---- the log's writing end (sandbox_audit.c): fills in time, thread and sequence ---- */

W3D_API void w3d_sandbox_audit_write(w3d_sandbox *sandbox, const w3d_sandbox_record *record);

/* ---- protection (sandbox_pages.c) ---- */

/* Brings the pages of [begin, last] that lie in the record's region to what the shadow says; the
 * region must be marked as protected. */
W3D_API w3d_result w3d_sandbox_apply(w3d_sandbox *sandbox, const w3di_sandbox_record *record,
                                     uintptr_t begin, uintptr_t last);

/* Protects the record's region, or unprotects it. For writers, between enter and leave.
 *
 * Errors  W3D_ERR_UNSUPPORTED; W3D_ERR_RANGE: no whole page, or the system refuses; all is then as
 *         it was */
W3D_API w3d_result w3d_sandbox_switch(w3d_sandbox *sandbox, w3di_sandbox_record *record,
                                      int protect);

/* Unprotects what there still is of the region, page by page: where some of it is not mapped any
 * more. For writers. */
W3D_API void w3d_sandbox_release(w3d_sandbox *sandbox, w3di_sandbox_record *record);

/* Called before a change of the tables and again after it: see `changes`. */
static inline void w3di_sandbox_mark_change(w3d_sandbox *sandbox)
{
    w3d_atomic_add_u32(&sandbox->changes, 1);
}

/* Writers enter and leave: 0 is returned where another one is at work. */
static inline int w3di_sandbox_enter(w3d_sandbox *sandbox)
{
    return !w3d_atomic_exchange_u32(&sandbox->is_busy, 1);
}
static inline void w3di_sandbox_leave(w3d_sandbox *sandbox)
{
    w3d_atomic_store_u32(&sandbox->is_busy, 0);
}

/* The record a handle names, or NULL. For the writer; views use it too, and may race. */
static inline w3di_sandbox_record *w3di_sandbox_record_of(const w3d_sandbox *sandbox,
                                                          w3d_sandbox_region region)
{
    uint32_t index = region.id & 0xFFFFFu;
    if (!region.id || index >= w3d_atomic_load_u32(&sandbox->record_count)) return NULL;
    w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, index);
    return w3d_atomic_load_u32(&record->id) == region.id ? record : NULL;
}

#endif /* W3D_SANDBOX_FAULT_H */
