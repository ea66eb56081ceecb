/* sandbox.c - regions, their shadow, checks and views.
 *
 * The shadow answers almost every check alone. Only granules that lie in a region in part, and
 * refusals, go to the records. All changes are made between two calls of `mark_change`, with
 * release stores, so that readers can tell whether they saw one half done. */
#include "memory/sandbox.h"

#include "core/poison.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "memory/sandbox_fault.h"

#define W3DI_SANDBOX_LIMIT   1048512u /* 64 * (2^14 - 1) records */
#define W3DI_SANDBOX_RETIRED 4095u    /* the last generation     */

#if defined(_MSC_VER)
#include <intrin.h>
#define W3DI_SANDBOX_PC     ((uintptr_t)_ReturnAddress())
#define W3DI_SANDBOX_NOT_IN __declspec(noinline)
#elif defined(__wasm__)
#define W3DI_SANDBOX_PC     ((uintptr_t)0)
#define W3DI_SANDBOX_NOT_IN __attribute__((noinline))
#else
#define W3DI_SANDBOX_PC     ((uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)))
#define W3DI_SANDBOX_NOT_IN __attribute__((noinline))
#endif

/* Tells AddressSanitizer what [begin, last] allows now. */
static void w3di_sandbox_poison(const w3di_sandbox_record *record, uintptr_t begin, uintptr_t last,
                                uint32_t permission)
{
    if (!record->is_poisoned) return;
    if (permission)
        w3d_unpoison((const void *)begin, last - begin + 1);
    else
        w3d_poison((const void *)begin, last - begin + 1);
}

/* ---- chunks ---- */

static w3di_sandbox_table *w3di_sandbox_table_make(w3d_sandbox *sandbox, uint32_t shift)
{
    size_t slots = (size_t)1 << (32u - shift), size = sizeof(w3di_sandbox_table);
    if (!w3d_size_append(&size, slots, sizeof(void *))) return NULL;
    w3di_sandbox_table *table =
        (w3di_sandbox_table *)w3d_allocator_resize(&sandbox->allocator, NULL, 0, size);
    if (!table) return NULL;
    w3d_fill(table, 0, size);
    table->shift = shift;
    table->slots = (void **)(void *)(table + 1);
    return table;
}

static void w3di_sandbox_table_put(w3di_sandbox_table *table, w3di_sandbox_chunk *chunk)
{
    uint32_t mask = 0xFFFFFFFFu >> table->shift, i = w3di_sandbox_hash(chunk->key, table->shift);
    while (table->slots[i]) i = (i + 1) & mask;
    w3d_atomic_store_pointer(&table->slots[i], chunk);
    table->count++;
}

/* Sees to it that all chunks of [begin, last] are there. */
static int w3di_sandbox_make_chunks(w3d_sandbox *sandbox, uintptr_t begin, uintptr_t last)
{
    for (uintptr_t key = begin >> 16;; key++) {
        w3di_sandbox_table *table = (w3di_sandbox_table *)sandbox->table;
        if (!w3di_sandbox_chunk_of(sandbox, key)) {
            if (table->count >= (1u << (31u - table->shift))) { /* at most half full */
                w3di_sandbox_table *larger = w3di_sandbox_table_make(sandbox, table->shift - 1);
                if (!larger) return 0;
                for (uint32_t i = 0; i < (uint32_t)1 << (32u - table->shift); i++)
                    if (table->slots[i])
                        w3di_sandbox_table_put(larger, (w3di_sandbox_chunk *)table->slots[i]);
                larger->previous = table;
                w3d_atomic_store_pointer(&sandbox->table, larger);
                table = larger;
            }
            w3di_sandbox_chunk *chunk =
                (w3di_sandbox_chunk *)w3d_allocator_resize(&sandbox->allocator, NULL, 0,
                                                           sizeof(w3di_sandbox_chunk));
            if (!chunk) return 0;
            w3d_fill(chunk, 0, sizeof *chunk);
            chunk->key = key;
            w3di_sandbox_table_put(table, chunk);
        }
        if (key == last >> 16) return 1;
    }
}

/* Sets the granules first..last to these four bits. Their chunks are there. */
static void w3di_sandbox_paint(w3d_sandbox *sandbox, uintptr_t first, uintptr_t last, uint32_t bits)
{
    for (uintptr_t granule = first;;) {
        w3di_sandbox_chunk *chunk = w3di_sandbox_chunk_of(sandbox, granule >> 10);
        uint32_t *word = &chunk->shadow[granule >> 3 & 127u];
        uint32_t low = (uint32_t)(granule & 7u);
        uint32_t high = last - granule >= 7u - low ? 7u : low + (uint32_t)(last - granule);
        uint32_t mask = (0xFFFFFFFFu >> (7u - (high - low)) * 4u) << low * 4u;
        w3d_atomic_store_u32(word, (*word & ~mask) | (bits * 0x11111111u & mask));
        if (last - granule <= high - low) return;
        granule += high - low + 1;
    }
}

/* ---- records ---- */

/* A record to use, as index + 1: a freed one, or a new one. */
static w3d_result w3di_sandbox_take_record(w3d_sandbox *sandbox, uint32_t *taken)
{
    if (sandbox->region_count == sandbox->order_capacity) {
        uint32_t capacity = sandbox->order_capacity ? sandbox->order_capacity * 2 : 64;
        uint32_t *order =
            (uint32_t *)w3d_allocator_resize(&sandbox->allocator, sandbox->order,
                                             sandbox->order_capacity * sizeof(uint32_t),
                                             capacity * sizeof(uint32_t));
        if (!order) return W3D_ERR_OUT_OF_MEMORY;
        sandbox->order = order;
        sandbox->order_capacity = capacity;
    }
    if (sandbox->free_record) {
        *taken = sandbox->free_record;
        return W3D_OK;
    }
    uint32_t index = sandbox->record_count;
    if (index >= W3DI_SANDBOX_LIMIT) return W3D_ERR_LIMIT;
    uint32_t block = 25u - w3d_bits_leading_zeros(index + 64u);
    if (!sandbox->blocks[block]) {
        size_t size = ((size_t)64 << block) * sizeof(w3di_sandbox_record);
        void *records = w3d_allocator_resize(&sandbox->allocator, NULL, 0, size);
        if (!records) return W3D_ERR_OUT_OF_MEMORY;
        w3d_fill(records, 0, size);
        w3d_atomic_store_pointer(&sandbox->blocks[block], records);
    }
    *taken = index + 1;
    return W3D_OK;
}

/* How many regions begin at or below the address. */
static uint32_t w3di_sandbox_rank(const w3d_sandbox *sandbox, uintptr_t address)
{
    uint32_t low = 0, high = sandbox->region_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, sandbox->order[middle]);
        if ((uintptr_t)record->begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Is the granule at this end of the record's region in it only in part? */
static int w3di_sandbox_is_partial(const w3di_sandbox_record *record, uintptr_t granule)
{
    uintptr_t begin = (uintptr_t)record->begin, last = (uintptr_t)record->last;
    return (granule == begin >> 6 && (begin & 63u)) || (granule == last >> 6 && ~last & 63u);
}

/* Gives the granules of the region that lie in first..last a permission. */
static void w3di_sandbox_allow(w3d_sandbox *sandbox, w3di_sandbox_record *record, uintptr_t first,
                               uintptr_t last, uint32_t permission)
{
    uintptr_t begin = (uintptr_t)record->begin >> 6, end = (uintptr_t)record->last >> 6;
    if (last == end) {
        w3d_atomic_store_u32(&record->last_permission, permission);
        if (w3di_sandbox_is_partial(record, end)) {
            w3di_sandbox_paint(sandbox, end, end, W3D_SANDBOX_GRANULE_PARTIAL);
            if (first == end && begin != end) return;
            last--; /* wraps for a region in granule 0; the two returns keep it from being used */
        }
    }
    if (first == begin) {
        w3d_atomic_store_u32(&record->first_permission, permission);
        if (begin == end && w3di_sandbox_is_partial(record, end)) return;
        w3di_sandbox_paint(sandbox, begin, begin,
                           w3di_sandbox_is_partial(record, begin)
                               ? W3D_SANDBOX_GRANULE_PARTIAL
                               : permission | W3D_SANDBOX_GRANULE_START);
        if (last == first) return;
        first++;
    }
    w3di_sandbox_paint(sandbox, first, last, permission);
}

/* Takes the region in place `rank` of the order out of the chain, the cells and the shadow. */
static void w3di_sandbox_unlink(w3d_sandbox *sandbox, uint32_t rank)
{
    uint32_t index = sandbox->order[rank];
    w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, index);
    uintptr_t begin = (uintptr_t)record->begin, last = (uintptr_t)record->last;
    w3di_sandbox_record *before =
        rank ? w3di_sandbox_record_at(sandbox, sandbox->order[rank - 1]) : NULL;
    w3di_sandbox_record *after =
        record->next ? w3di_sandbox_record_at(sandbox, record->next - 1) : NULL;
    if (before) w3d_atomic_store_u32(&before->next, record->next);
    for (uintptr_t cell = begin >> 12;; cell++) {
        uint32_t *first = &w3di_sandbox_chunk_of(sandbox, cell >> 4)->first[cell & 15u];
        int has_next = after && (uintptr_t)after->begin >> 12 <= cell;
        if (*first == index + 1) w3d_atomic_store_u32(first, has_next ? record->next : 0);
        if (cell == last >> 12) break;
    }
    /* A neighbour may have its other part of the granule at either end: that granule stays as it
     * is, without a moment in which a check of the neighbour would see it empty. */
    uintptr_t low = begin >> 6, high = last >> 6;
    int keep_low = before && (uintptr_t)before->last >> 6 == low;
    int keep_high = after && (uintptr_t)after->begin >> 6 == high;
    if (!(low == high && (keep_low || keep_high)) &&
        high - low + 1 > (uintptr_t)(keep_low + keep_high))
        w3di_sandbox_paint(sandbox, low + (keep_low ? 1u : 0u), high - (keep_high ? 1u : 0u), 0);
    sandbox->region_count--;
    w3d_move(sandbox->order + rank, sandbox->order + rank + 1,
             (sandbox->region_count - rank) * sizeof(uint32_t));
}

static void w3di_sandbox_link(w3d_sandbox *sandbox, uint32_t rank, uint32_t index)
{
    w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, index);
    uintptr_t begin = (uintptr_t)record->begin, last = (uintptr_t)record->last;
    w3d_move(sandbox->order + rank + 1, sandbox->order + rank,
             (sandbox->region_count - rank) * sizeof(uint32_t));
    sandbox->order[rank] = index;
    sandbox->region_count++;
    w3d_atomic_store_u32(&record->next,
                         rank + 1 < sandbox->region_count ? sandbox->order[rank + 1] + 1 : 0);
    if (rank)
        w3d_atomic_store_u32(&w3di_sandbox_record_at(sandbox, sandbox->order[rank - 1])->next,
                             index + 1);
    for (uintptr_t cell = begin >> 12;; cell++) {
        uint32_t *first = &w3di_sandbox_chunk_of(sandbox, cell >> 4)->first[cell & 15u];
        if (!*first || (uintptr_t)w3di_sandbox_record_at(sandbox, *first - 1)->begin > begin)
            w3d_atomic_store_u32(first, index + 1);
        if (cell == last >> 12) break;
    }
}

/* ---- the log ---- */

static void w3di_sandbox_note(w3d_sandbox *sandbox, w3d_sandbox_kind kind,
                              w3d_sandbox_action action, uint32_t access, uintptr_t address,
                              size_t size, uintptr_t pc)
{
    w3di_sandbox_found found;
    w3d_sandbox_record record;
    w3di_sandbox_find(sandbox, address, &found);
    w3d_fill(&record, 0, sizeof record);
    record.address = address;
    record.pc = pc;
    if (found.index != UINT32_MAX) {
        record.region_begin = found.begin;
        record.region_size = (uint64_t)(found.last - found.begin) + 1u;
        record.tag = found.tag;
        record.region = found.id;
    }
    record.size = (uint64_t)size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    record.kind = (uint8_t)kind;
    record.access = (uint8_t)access;
    record.action = (uint8_t)action;
    w3d_sandbox_audit_write(sandbox, &record);
}

/* ---- regions ---- */

static int w3di_sandbox_is_permission(w3d_sandbox_access permission)
{
    return permission == W3D_SANDBOX_NONE || permission == W3D_SANDBOX_READ ||
           permission == W3D_SANDBOX_READ_WRITE;
}

W3D_API w3d_result w3d_sandbox_create(const w3d_sandbox_desc *desc, w3d_sandbox **sandbox)
{
    w3d_sandbox made;
    W3D_ASSERT(sandbox);
    if (!sandbox || (desc && desc->audit_capacity > 1u << 20)) return W3D_ERR_ARGUMENT;
    w3d_fill(&made, 0, sizeof made);
    if (desc) {
        made.allocator = desc->allocator;
        made.log = desc->log;
        made.now = desc->now;
        made.now_user = desc->now_user;
    }
    uint32_t capacity = 1, wanted = desc && desc->audit_capacity ? desc->audit_capacity : 1024;
    while (capacity < wanted) capacity *= 2;
    made.ring.mask = capacity - 1;
    made.ring.words = (uint32_t *)w3d_allocator_resize(&made.allocator, NULL, 0, capacity * 68u);
    made.table = w3di_sandbox_table_make(&made, 26);
    w3d_sandbox *result =
        (w3d_sandbox *)w3d_allocator_resize(&made.allocator, NULL, 0, sizeof made);
    if (!made.ring.words || !made.table || !result) {
        if (made.ring.words)
            w3d_allocator_resize(&made.allocator, made.ring.words, capacity * 68u, 0);
        if (made.table)
            w3d_allocator_resize(&made.allocator, made.table,
                                 sizeof(w3di_sandbox_table) + 64 * sizeof(void *), 0);
        if (result) w3d_allocator_resize(&made.allocator, result, sizeof made, 0);
        return W3D_ERR_OUT_OF_MEMORY;
    }
    w3d_fill(made.ring.words, 0, capacity * 68u);
    made.ring.states = made.ring.words + (size_t)capacity * 16;
    w3d_copy(result, &made, sizeof made);
    *sandbox = result;
    return W3D_OK;
}

W3D_API void w3d_sandbox_destroy(w3d_sandbox *sandbox)
{
    if (!sandbox) return;
    for (;;) {
        w3d_result result = w3d_sandbox_uninstall(sandbox);
        if (result == W3D_ERR_BUSY) /* another sandbox is being installed: soon over */
            w3d_atomic_pause();
        else if (result == W3D_ERR_THREAD)
            sandbox->stack = NULL; /* the other thread's signal stack: rather lost than freed */
        else
            break;
    }
    while (sandbox->region_count) {
        w3di_sandbox_record *record =
            w3di_sandbox_record_at(sandbox, sandbox->order[sandbox->region_count - 1]);
        w3d_sandbox_region region;
        region.id = record->id;
        if (w3d_sandbox_unregister(sandbox, region) == W3D_OK) continue;
        w3d_sandbox_release(sandbox, record); /* its memory was unmapped; the others must go on */
        if (w3d_sandbox_unregister(sandbox, region) != W3D_OK) break;
    }
    w3d_allocator allocator = sandbox->allocator;
    w3di_sandbox_table *table = (w3di_sandbox_table *)sandbox->table;
    for (uint32_t i = 0; i < (uint32_t)1 << (32u - table->shift); i++)
        if (table->slots[i])
            w3d_allocator_resize(&allocator, table->slots[i], sizeof(w3di_sandbox_chunk), 0);
    while (table) {
        w3di_sandbox_table *previous = table->previous;
        size_t slots = (size_t)1 << (32u - table->shift);
        w3d_allocator_resize(&allocator, table, sizeof *table + slots * sizeof(void *), 0);
        table = previous;
    }
    for (uint32_t block = 0; block < W3D_SANDBOX_BLOCKS; block++)
        if (sandbox->blocks[block])
            w3d_allocator_resize(&allocator, sandbox->blocks[block],
                                 ((size_t)64 << block) * sizeof(w3di_sandbox_record), 0);
    if (sandbox->order)
        w3d_allocator_resize(&allocator, sandbox->order, sandbox->order_capacity * sizeof(uint32_t),
                             0);
    w3d_allocator_resize(&allocator, sandbox->ring.words, (sandbox->ring.mask + 1u) * 68u, 0);
    w3d_allocator_resize(&allocator, sandbox, sizeof *sandbox, 0);
}

/* The range a desc means, as first and last byte. */
static w3d_result w3di_sandbox_round(const w3d_sandbox_region_desc *desc, uintptr_t *first,
                                     uintptr_t *end_last)
{
    uintptr_t begin = (uintptr_t)desc->address, last = begin + (desc->size - 1);
    uintptr_t inside = w3d_sandbox_page_size() - 1;
    if (last < begin) return W3D_ERR_RANGE;
    if (desc->rounding == W3D_SANDBOX_OUTWARDS) {
        begin &= ~inside;
        last |= inside;
    } else if (desc->rounding == W3D_SANDBOX_INWARDS) {
        if (begin > UINTPTR_MAX - inside) return W3D_ERR_RANGE;
        begin = (begin + inside) & ~inside;
        if ((last & inside) != inside) { /* not at a page's end: back to the end before */
            if (last < inside + 1) return W3D_ERR_RANGE;
            last = (last & ~inside) - 1;
        }
        if (last < begin) return W3D_ERR_RANGE;
    }
    *first = begin;
    *end_last = last;
    return W3D_OK;
}

static w3d_result w3di_sandbox_register(w3d_sandbox *sandbox, const w3d_sandbox_region_desc *desc,
                                        uintptr_t begin, uintptr_t last, w3d_sandbox_region *region)
{
    uint32_t rank = w3di_sandbox_rank(sandbox, last), taken;
    if (rank) { /* the last region that begins at or below our end must end before our begin */
        const w3di_sandbox_record *below =
            w3di_sandbox_record_at(sandbox, sandbox->order[rank - 1]);
        if ((uintptr_t)below->last >= begin) return W3D_ERR_RANGE;
    }
    w3d_result result = w3di_sandbox_take_record(sandbox, &taken);
    if (result != W3D_OK) return result;
    if (!w3di_sandbox_make_chunks(sandbox, begin, last)) return W3D_ERR_OUT_OF_MEMORY;

    w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, taken - 1);
    if (taken == sandbox->free_record)
        sandbox->free_record = record->next_free;
    else
        w3d_atomic_store_u32(&sandbox->record_count, taken);
    w3di_sandbox_mark_change(sandbox);
    record->generation++;
    w3d_atomic_store_pointer(&record->begin, (void *)begin);
    w3d_atomic_store_pointer(&record->last, (void *)last);
    w3d_atomic_store_u32(&record->tag, desc->tag);
    w3d_atomic_store_u32(&record->pages_allow,
                         (uint32_t)(desc->pages_allow ? desc->pages_allow
                                                      : W3D_SANDBOX_READ_WRITE));
    w3d_atomic_store_u32(&record->has_windows, 0);
    /* A fault that came while the record's last region was unprotected may have marked it late. */
    w3d_atomic_store_u32(&record->is_opened, 0);
    w3d_atomic_store_u32(&record->is_protected, 0);
    record->is_poisoned = !desc->not_poisoned;
    w3d_atomic_store_u32(&record->id, (taken - 1) | record->generation << 20);
    w3di_sandbox_link(sandbox, rank, taken - 1);
    w3di_sandbox_allow(sandbox, record, begin >> 6, last >> 6, (uint32_t)desc->permission);
    w3di_sandbox_mark_change(sandbox);
    if (!desc->permission) w3di_sandbox_poison(record, begin, last, 0);
    region->id = record->id;
    return W3D_OK;
}

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_register_region(
    w3d_sandbox *sandbox, const w3d_sandbox_region_desc *desc, w3d_sandbox_region *region)
{
    uintptr_t begin, last;
    W3D_ASSERT(sandbox && desc && region);
    if (!sandbox || !desc || !region || !desc->size ||
        !w3di_sandbox_is_permission(desc->permission) ||
        !w3di_sandbox_is_permission(desc->pages_allow) ||
        (uint32_t)desc->rounding > (uint32_t)W3D_SANDBOX_OUTWARDS)
        return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_sandbox_round(desc, &begin, &last);
    if (result != W3D_OK) return result;
    if (!w3di_sandbox_enter(sandbox)) return W3D_ERR_BUSY;
    result = w3di_sandbox_register(sandbox, desc, begin, last, region);
    if (result == W3D_OK && sandbox->log != W3D_SANDBOX_LOG_DENIED)
        w3di_sandbox_note(sandbox, W3D_SANDBOX_REGISTER, W3D_SANDBOX_ALLOWED,
                          (uint32_t)desc->permission, begin, last - begin + 1, W3DI_SANDBOX_PC);
    w3di_sandbox_leave(sandbox);
    return result;
}

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_unregister(w3d_sandbox *sandbox,
                                                              w3d_sandbox_region region)
{
    W3D_ASSERT(sandbox);
    if (!sandbox) return W3D_ERR_ARGUMENT;
    if (!w3di_sandbox_enter(sandbox)) return W3D_ERR_BUSY;
    w3di_sandbox_record *record = w3di_sandbox_record_of(sandbox, region);
    w3d_result result = !record                ? W3D_ERR_STALE
                        : record->is_protected ? w3d_sandbox_switch(sandbox, record, 0)
                                               : W3D_OK;
    if (result == W3D_OK) {
        uintptr_t begin = (uintptr_t)record->begin, last = (uintptr_t)record->last;
        if (sandbox->log != W3D_SANDBOX_LOG_DENIED)
            w3di_sandbox_note(sandbox, W3D_SANDBOX_UNREGISTER, W3D_SANDBOX_ALLOWED,
                              W3D_SANDBOX_NONE, begin, last - begin + 1, W3DI_SANDBOX_PC);
        w3di_sandbox_mark_change(sandbox);
        w3di_sandbox_unlink(sandbox, w3di_sandbox_rank(sandbox, begin) - 1);
        w3d_atomic_store_u32(&record->id, 0);
        w3d_atomic_add_u32(&record->view_changes, 1);
        w3di_sandbox_mark_change(sandbox);
        w3di_sandbox_poison(record, begin, last, W3D_SANDBOX_READ_WRITE);
        if (record->generation < W3DI_SANDBOX_RETIRED) { /* else it is never used again */
            record->next_free = sandbox->free_record;
            sandbox->free_record = (region.id & 0xFFFFFu) + 1;
        }
    }
    w3di_sandbox_leave(sandbox);
    return result;
}

/* The window's change in a protected region: what the system refuses must leave no trace. */
static w3d_result w3di_sandbox_window_pages(w3d_sandbox *sandbox, w3di_sandbox_record *record,
                                            uintptr_t begin, uintptr_t last, uint32_t permission)
{
    uintptr_t first = begin >> 6, count = (last >> 6) - first + 1;
    uint32_t before[2], had_windows = record->has_windows;
    unsigned char *saved =
        (unsigned char *)w3d_allocator_resize(&sandbox->allocator, NULL, 0, count);
    if (!saved) return W3D_ERR_OUT_OF_MEMORY;
    before[0] = record->first_permission, before[1] = record->last_permission;
    for (uintptr_t i = 0; i < count; i++)
        saved[i] = (unsigned char)w3di_sandbox_granule(sandbox, first + i);
    w3di_sandbox_mark_change(sandbox);
    w3d_atomic_store_u32(&record->has_windows, 1);
    w3di_sandbox_allow(sandbox, record, first, last >> 6, permission);
    w3d_result result = w3d_sandbox_apply(sandbox, record, begin, last);
    if (result != W3D_OK) {
        for (uintptr_t i = 0; i < count; i++)
            w3di_sandbox_paint(sandbox, first + i, first + i, saved[i]);
        w3d_atomic_store_u32(&record->first_permission, before[0]);
        w3d_atomic_store_u32(&record->last_permission, before[1]);
        (void)w3d_sandbox_apply(sandbox, record, begin, last);
        w3d_atomic_store_u32(&record->has_windows, had_windows);
    }
    w3di_sandbox_mark_change(sandbox);
    w3d_allocator_resize(&sandbox->allocator, saved, count, 0);
    return result;
}

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_window(w3d_sandbox *sandbox,
                                                          w3d_sandbox_region region, size_t offset,
                                                          size_t size,
                                                          w3d_sandbox_access permission)
{
    W3D_ASSERT(sandbox);
    if (!sandbox || !size || !w3di_sandbox_is_permission(permission)) return W3D_ERR_ARGUMENT;
    if (!w3di_sandbox_enter(sandbox)) return W3D_ERR_BUSY;
    w3d_result result = W3D_OK;
    w3di_sandbox_record *record = w3di_sandbox_record_of(sandbox, region);
    if (record) {
        uintptr_t length = (uintptr_t)record->last - (uintptr_t)record->begin; /* less 1 */
        uintptr_t begin = (uintptr_t)record->begin + offset, last = begin + (size - 1);
        if (offset > length || size - 1 > length - offset || (offset && (begin & 63u)) ||
            (last != (uintptr_t)record->last && (~last & 63u))) {
            result = W3D_ERR_RANGE;
        } else if (record->is_protected) {
            result = w3di_sandbox_window_pages(sandbox, record, begin, last, (uint32_t)permission);
        } else {
            w3di_sandbox_mark_change(sandbox);
            w3d_atomic_store_u32(&record->has_windows, 1);
            w3di_sandbox_allow(sandbox, record, begin >> 6, last >> 6, (uint32_t)permission);
            w3di_sandbox_mark_change(sandbox);
        }
        if (result == W3D_OK) {
            w3d_atomic_add_u32(&record->view_changes, 1);
            w3di_sandbox_poison(record, begin, last, (uint32_t)permission);
            if (sandbox->log != W3D_SANDBOX_LOG_DENIED)
                w3di_sandbox_note(sandbox, W3D_SANDBOX_WINDOW, W3D_SANDBOX_ALLOWED,
                                  (uint32_t)permission, begin, size, W3DI_SANDBOX_PC);
        }
    } else
        result = W3D_ERR_STALE;
    w3di_sandbox_leave(sandbox);
    return result;
}

/* ---- checks ---- */

/* The whole answer, with the region's record: for granules that are in it only in part. */
static int w3di_sandbox_allows_slowly(const w3d_sandbox *sandbox, uintptr_t begin, uintptr_t last,
                                      uint32_t access)
{
    for (int tries = 0;; tries++) {
        w3di_sandbox_found found;
        uint32_t changes = w3d_atomic_load_u32(&sandbox->changes);
        w3di_sandbox_find(sandbox, begin, &found);
        int allowed = found.index != UINT32_MAX && last <= found.last;
        for (uintptr_t granule = begin >> 6; allowed && access; granule++) {
            uint32_t permission = granule == found.begin >> 6 ? found.first_permission
                                  : granule == found.last >> 6
                                      ? found.last_permission
                                      : w3di_sandbox_granule(sandbox, granule);
            allowed = (permission & access) == access;
            if (granule == last >> 6) break;
        }
        if (w3d_atomic_load_u32(&sandbox->changes) == changes || tries == 16) return allowed;
    }
}

/* 1 allowed, 0 not. Looks at eight granules at a time. */
static int w3di_sandbox_allows(const w3d_sandbox *sandbox, uintptr_t begin, uintptr_t last,
                               uint32_t access)
{
    uintptr_t granule = begin >> 6, end = last >> 6;
    uint32_t needed = access * 0x11111111u;
    if (!access) return w3di_sandbox_allows_slowly(sandbox, begin, last, access);
    for (;;) {
        const w3di_sandbox_chunk *chunk = w3di_sandbox_chunk_of(sandbox, granule >> 10);
        if (!chunk) return 0;
        uintptr_t chunk_end = granule | 1023u;
        for (;;) {
            uint32_t word = w3d_atomic_load_u32(&chunk->shadow[granule >> 3 & 127u]);
            uint32_t low = (uint32_t)(granule & 7u);
            uint32_t count = end - granule >= 7u - low ? 8u - low : (uint32_t)(end - granule) + 1u;
            uint32_t mask = (0xFFFFFFFFu >> (8u - count) * 4u) << low * 4u;
            uint32_t starts = word & mask & 0x88888888u;
            if (granule == begin >> 6) starts &= ~(8u << low * 4u); /* the first may be one */
            if (starts) return 0;
            if (~word & needed & mask) { /* also where a granule is PARTIAL: those allow nothing */
                if (!(word & mask & 0x44444444u)) return 0;
                return w3di_sandbox_allows_slowly(sandbox, begin, last, access);
            }
            if (end - granule < count) return 1;
            granule += count;
            if (granule > chunk_end) break;
        }
    }
}

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_check(w3d_sandbox *sandbox, const void *pointer,
                                                         size_t size, w3d_sandbox_access access)
{
    W3D_ASSERT(sandbox && (uint32_t)access <= 3u);
    if (!sandbox || (uint32_t)access > 3u) return W3D_ERR_ARGUMENT;
    uintptr_t begin = (uintptr_t)pointer, last = begin + (size - 1);
    int allowed =
        !size || (last >= begin && w3di_sandbox_allows(sandbox, begin, last, (uint32_t)access));
    if (allowed && sandbox->log != W3D_SANDBOX_LOG_ALL) return W3D_OK;
    w3di_sandbox_note(sandbox, W3D_SANDBOX_CHECK,
                      allowed ? W3D_SANDBOX_ALLOWED : W3D_SANDBOX_DENIED, (uint32_t)access, begin,
                      size, W3DI_SANDBOX_PC);
    return allowed ? W3D_OK : W3D_ERR_ACCESS;
}

/* ---- views ---- */

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_view_make(w3d_sandbox *sandbox,
                                                             const w3d_sandbox_view_desc *desc,
                                                             w3d_sandbox_view *view)
{
    W3D_ASSERT(sandbox && desc && view && (uint32_t)desc->access <= 3u);
    if (!sandbox || !desc || !view || (uint32_t)desc->access > 3u) return W3D_ERR_ARGUMENT;
    uint32_t access = (uint32_t)desc->access | W3D_SANDBOX_READ;
    const w3di_sandbox_record *record = w3di_sandbox_record_of(sandbox, desc->region);
    if (!record) return W3D_ERR_STALE;
    /* The count first: what changes after it makes the view stale. */
    uint32_t generation = w3d_atomic_load_u32(&record->view_changes);
    uintptr_t begin = w3di_sandbox_address(&record->begin);
    uintptr_t length = w3di_sandbox_address(&record->last) - begin; /* less 1 */
    if (!w3di_sandbox_record_of(sandbox, desc->region)) return W3D_ERR_STALE;
    int inside = desc->offset <= length && desc->size <= length - desc->offset + 1;
    size_t size = desc->size || !inside ? desc->size : length - desc->offset + 1;
    if (!inside || !w3di_sandbox_allows(sandbox, begin + desc->offset,
                                        begin + desc->offset + (size - 1), access)) {
        w3di_sandbox_note(sandbox, W3D_SANDBOX_VIEW, W3D_SANDBOX_DENIED, access,
                          begin + desc->offset, size, W3DI_SANDBOX_PC);
        return W3D_ERR_ACCESS;
    }
    view->memory = (unsigned char *)(begin + desc->offset);
    view->size = size;
    view->write_size = access & W3D_SANDBOX_WRITE ? size : 0;
    view->changes = &record->view_changes;
    view->generation = generation;
    view->region = desc->region;
    view->sandbox = sandbox;
    view->refusal = &sandbox->refusal;
    return W3D_OK;
}

W3D_API W3DI_SANDBOX_NOT_IN w3d_result w3d_sandbox_view_denied(const w3d_sandbox_view *view,
                                                               size_t offset, size_t size,
                                                               w3d_sandbox_access access)
{
    if (!view->sandbox) return W3D_ERR_ACCESS; /* a zeroed view: nobody to tell */
    w3di_sandbox_note(view->sandbox, W3D_SANDBOX_VIEW, W3D_SANDBOX_DENIED, (uint32_t)access,
                      (uintptr_t)view->memory + offset, size, W3DI_SANDBOX_PC);
    return w3d_atomic_load_u32(view->changes) == view->generation ? W3D_ERR_ACCESS : W3D_ERR_STALE;
}

#undef W3DI_SANDBOX_LIMIT
#undef W3DI_SANDBOX_RETIRED
#undef W3DI_SANDBOX_PC
#undef W3DI_SANDBOX_NOT_IN
