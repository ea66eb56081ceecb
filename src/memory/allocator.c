/* allocator.c - the only file that names malloc and memory.grow.
 *
 * The freestanding heap is a two-level segregated fit: free blocks lie in lists, 16 to a doubling
 * of the size, and two levels of bits say which lists have any, so the smallest list whose every
 * block is large enough is found with two bit scans. A block has one word before it: its size and,
 * in the low bits, whether it and the block below it are free. A free block repeats its size in
 * its last word, where the block above finds it; so both neighbours are merged with at once, and no
 * two free blocks ever touch. A run of memory ends with a word of size 0, in use.
 *
 * Its state lies at __heap_base, in memory that starts out zero, so that a module's snapshot
 * carries it along, and every worker on a shared memory finds the same.
 *
 * Source  M. Masmano, I. Ripoll, A. Crespo, J. Real: "TLSF: a New Dynamic Memory Allocator for
 *         Real-Time Systems", ECRTS 2004; boundary tags: D. Knuth, TAOCP vol. 1, 2.5. */
#include "memory/allocator.h"

#include "core/atomic.h"

#if defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__)

#define W3DI_ALLOCATOR_PAGE     65536u
#define W3DI_ALLOCATOR_PAGES    65535u /* one less than there can be: its end would be address 0 */
#define W3DI_ALLOCATOR_LISTS    16u /* in each row                                               */
#define W3DI_ALLOCATOR_ROWS     26u /* row 0: below 128 bytes, 8 apart; then one to a doubling   */
#define W3DI_ALLOCATOR_LARGEST  0x7FFFFFE8u
#define W3DI_ALLOCATOR_SMALLEST 16u /* a free block's word, two links, size again                */
#define W3DI_ALLOCATOR_LOOKS    64u /* blocks of its own list that a request tries before growth */
#define W3DI_ALLOCATOR_FREE     1u  /* of the word: this block is free                           */
#define W3DI_ALLOCATOR_BELOW    2u  /* of the word: the block below is free                      */

typedef struct w3di_allocator_block {
    uint32_t word; /* size, this word included, a multiple of 8; and the two bits above */
    struct w3di_allocator_block *next, *previous; /* only while free; else the caller's  */
} w3di_allocator_block;

typedef struct w3di_allocator_state {
    uint32_t lock;
    uint32_t ready;    /* 0 before the first use */
    uint32_t rows;     /* bit r: some list of row r has a block */
    uint32_t page_end; /* first page after the newest run of the heap's own */
    uint32_t heap_size, used, peak, block_count;
    w3d_allocator_policy policy;
    uint16_t lists[W3DI_ALLOCATOR_ROWS]; /* bit l: list l of the row has a block */
    w3di_allocator_block *list[W3DI_ALLOCATOR_ROWS][W3DI_ALLOCATOR_LISTS];
} w3di_allocator_state;

extern unsigned char __heap_base; /* set by the linker: end of data and stack */

static uint32_t w3di_allocator_size(const w3di_allocator_block *block) { return block->word & ~7u; }

static w3di_allocator_block *w3di_allocator_at(w3di_allocator_block *block, uint32_t offset)
{
    return (w3di_allocator_block *)((uintptr_t)block + offset);
}

/* The word below a block's own: the last of the block below. */
static uint32_t *w3di_allocator_foot(w3di_allocator_block *block)
{
    return (uint32_t *)((uintptr_t)block - 4u);
}

/* The list that blocks of a size go to: row * 16 + list. */
static uint32_t w3di_allocator_index(uint32_t size)
{
    uint32_t units = size >> 3, log;
    if (units < W3DI_ALLOCATOR_LISTS) return units;
    log = 31u - (uint32_t)__builtin_clz(units);
    return (log - 3u) * W3DI_ALLOCATOR_LISTS + (units >> (log - 4u) & 15u);
}

static void w3di_allocator_insert(w3di_allocator_state *heap, w3di_allocator_block *block,
                                  uint32_t size)
{
    uint32_t index = w3di_allocator_index(size), row = index >> 4, list = index & 15u;
    w3di_allocator_block *above = w3di_allocator_at(block, size), *next = heap->list[row][list];
    block->word = size | W3DI_ALLOCATOR_FREE; /* no free block lies below: merging saw to it */
    *w3di_allocator_foot(above) = size;
    above->word |= W3DI_ALLOCATOR_BELOW;
    block->next = next;
    block->previous = NULL;
    if (next) next->previous = block;
    heap->list[row][list] = block;
    heap->lists[row] = (uint16_t)(heap->lists[row] | 1u << list);
    heap->rows |= 1u << row;
}

static void w3di_allocator_remove(w3di_allocator_state *heap, w3di_allocator_block *block)
{
    uint32_t size = w3di_allocator_size(block), index = w3di_allocator_index(size);
    uint32_t row = index >> 4, list = index & 15u;
    w3di_allocator_at(block, size)->word &= ~W3DI_ALLOCATOR_BELOW;
    if (block->next) block->next->previous = block->previous;
    if (block->previous) {
        block->previous->next = block->next;
        return;
    }
    heap->list[row][list] = block->next;
    if (block->next) return;
    heap->lists[row] = (uint16_t)(heap->lists[row] & ~(1u << list));
    if (!heap->lists[row]) heap->rows &= ~(1u << row);
}

/* Makes [block, block + size) free, one with whatever is free beside it. */
static void w3di_allocator_release(w3di_allocator_state *heap, w3di_allocator_block *block,
                                   uint32_t size)
{
    w3di_allocator_block *above = w3di_allocator_at(block, size);
    block->word |= W3DI_ALLOCATOR_FREE; /* stays in the middle of a merged block: freed twice is seen */
    if (block->word & W3DI_ALLOCATOR_BELOW) {
        uint32_t below = *w3di_allocator_foot(block);
        block = (w3di_allocator_block *)((uintptr_t)block - below);
        w3di_allocator_remove(heap, block);
        size += below;
    }
    if (above->word & W3DI_ALLOCATOR_FREE) {
        size += w3di_allocator_size(above);
        w3di_allocator_remove(heap, above);
    }
    w3di_allocator_insert(heap, block, size);
}

/* Cuts a block in use (`size` now) down to `wanted`, where the rest makes a block. */
static void w3di_allocator_trim(w3di_allocator_state *heap, w3di_allocator_block *block,
                                uint32_t size, uint32_t wanted)
{
    uint32_t below = block->word & W3DI_ALLOCATOR_BELOW;
    if (size - wanted < W3DI_ALLOCATOR_SMALLEST) {
        block->word = size | below;
        return;
    }
    block->word = wanted | below;
    block = w3di_allocator_at(block, wanted);
    block->word = 0;
    w3di_allocator_release(heap, block, size - wanted);
}

/* Adds [begin, end), both multiples of 8, to the heap; `joined`: it goes on where the last run
 * ended, whose closing word becomes the first of the new block. */
static void w3di_allocator_add(w3di_allocator_state *heap, uintptr_t begin, uintptr_t end,
                               int joined)
{
    w3di_allocator_block *block = (w3di_allocator_block *)(joined ? begin - 4u : begin + 4u);
    w3di_allocator_block *last = (w3di_allocator_block *)(end - 4u);
    if (!joined) block->word = 0;
    last->word = 0;
    heap->heap_size += (uint32_t)(end - begin);
    w3di_allocator_release(heap, block, (uint32_t)((uintptr_t)last - (uintptr_t)block));
}

/* Bytes that are free at the end of the newest run, which a growth would add to. */
static uint32_t w3di_allocator_tail(const w3di_allocator_state *heap)
{
    w3di_allocator_block *last =
        (w3di_allocator_block *)((uintptr_t)heap->page_end * W3DI_ALLOCATOR_PAGE - 4u);
    if (!heap->page_end || !(last->word & W3DI_ALLOCATOR_BELOW)) return 0;
    return *w3di_allocator_foot(last);
}

/* Grows the memory until a block of `size` bytes fits at its end; 0: that can't be. `there`: bytes
 * that lie there already, of use only where nobody else has added pages in between. */
static int w3di_allocator_grow(w3di_allocator_state *heap, uint32_t size, uint32_t there)
{
    for (;;) {
        uint32_t now = (uint32_t)__builtin_wasm_memory_size(0), before;
        uint64_t cap = heap->policy.cap_size / W3DI_ALLOCATOR_PAGE;
        uint64_t lacking = size + 8u - (now == heap->page_end ? there : 0u);
        uint64_t need = (lacking + W3DI_ALLOCATOR_PAGE - 1u) / W3DI_ALLOCATOR_PAGE;
        uint64_t pages = (uint64_t)now * (heap->policy.percent ? heap->policy.percent : 25u) / 100u;
        uint64_t step =
            ((uint64_t)heap->policy.step_size + W3DI_ALLOCATOR_PAGE - 1u) / W3DI_ALLOCATOR_PAGE;
        int joined;
        if (!heap->policy.cap_size || cap > W3DI_ALLOCATOR_PAGES) cap = W3DI_ALLOCATOR_PAGES;
        if (cap < now || need > cap - now) return 0;
        if (pages < step) pages = step;
        if (pages < need) pages = need;
        if (pages > cap - now) pages = cap - now;
        before = (uint32_t)__builtin_wasm_memory_grow(0, (uint32_t)pages);
        if (before == UINT32_MAX && pages > need) {
            pages = need;
            before = (uint32_t)__builtin_wasm_memory_grow(0, (uint32_t)pages);
        }
        if (before == UINT32_MAX || before + pages > W3DI_ALLOCATOR_PAGES) return 0;
        joined = before == heap->page_end;
        heap->page_end = before + (uint32_t)pages;
        w3di_allocator_add(heap, (uintptr_t)before * W3DI_ALLOCATOR_PAGE,
                           (uintptr_t)heap->page_end * W3DI_ALLOCATOR_PAGE, joined);
        if (w3di_allocator_tail(heap) >= size) return 1;
        /* Pages came from elsewhere between the look and the growth: once more, behind them. */
        there = w3di_allocator_tail(heap);
    }
}

/* The block to take `size` bytes from, out of all lists and, if need be, new memory; or NULL. */
static w3di_allocator_block *w3di_allocator_find(w3di_allocator_state *heap, uint32_t size)
{
    uint32_t units = size >> 3, sure = size, index, row, bits, tail;
    w3di_allocator_block *block;
    /* The first list all of whose blocks are large enough, and those after it. */
    if (units >= W3DI_ALLOCATOR_LISTS) sure += (8u << (27u - (uint32_t)__builtin_clz(units))) - 8u;
    index = w3di_allocator_index(sure);
    row = index >> 4;
    bits = heap->lists[row] & ~0u << (index & 15u);
    if (!bits) {
        uint32_t rows = heap->rows & ~0u << (row + 1u);
        if (rows) {
            row = (uint32_t)__builtin_ctz(rows);
            bits = heap->lists[row];
        }
    }
    if (bits) return heap->list[row][__builtin_ctz(bits)];

    /* Some block of its own list may do as well; so may the last one, found without a search. */
    index = w3di_allocator_index(size);
    block = heap->list[index >> 4][index & 15u];
    for (uint32_t looks = 0; block && looks < W3DI_ALLOCATOR_LOOKS; looks++, block = block->next)
        if (w3di_allocator_size(block) >= size) return block;
    tail = w3di_allocator_tail(heap);
    if (tail < size) {
        if (!w3di_allocator_grow(heap, size, tail)) return NULL;
        tail = w3di_allocator_tail(heap);
    }
    return (w3di_allocator_block *)((uintptr_t)heap->page_end * W3DI_ALLOCATOR_PAGE - 4u - tail);
}

/* Lets a block in use grow where it lies; 0: it can't. */
static int w3di_allocator_extend(w3di_allocator_state *heap, w3di_allocator_block *block,
                                 uint32_t wanted)
{
    for (;;) {
        uint32_t have = w3di_allocator_size(block);
        w3di_allocator_block *above = w3di_allocator_at(block, have);
        uint32_t room = above->word & W3DI_ALLOCATOR_FREE ? w3di_allocator_size(above) : 0;
        uintptr_t end = (uintptr_t)heap->page_end * W3DI_ALLOCATOR_PAGE;
        if (room >= wanted - have) {
            w3di_allocator_remove(heap, above);
            w3di_allocator_trim(heap, block, have + room, wanted);
            return 1;
        }
        if ((uintptr_t)above + room + 4u != end ||
            heap->page_end != (uint32_t)__builtin_wasm_memory_size(0) ||
            !w3di_allocator_grow(heap, wanted - have, room))
            return 0;
    }
}

static void w3di_allocator_leave(w3di_allocator_state *heap)
{
#if W3D_THREADS
    w3d_atomic_store_u32(&heap->lock, 0);
#else
    (void)heap;
#endif
}

/* The heap, locked, and begun where this is its first use; NULL where not even that has room. */
static w3di_allocator_state *w3di_allocator_enter(void)
{
    uintptr_t base = ((uintptr_t)&__heap_base + 7u) & ~(uintptr_t)7u;
    uintptr_t begin = base + ((sizeof(w3di_allocator_state) + 7u) & ~(size_t)7u);
    w3di_allocator_state *heap = (w3di_allocator_state *)base;
    if (begin > (uint64_t)__builtin_wasm_memory_size(0) * W3DI_ALLOCATOR_PAGE &&
        __builtin_wasm_memory_grow(0, 1) == (size_t)-1)
        return NULL;
#if W3D_THREADS
    while (w3d_atomic_exchange_u32(&heap->lock, 1))
        while (w3d_atomic_load_relaxed_u32(&heap->lock)) w3d_atomic_pause();
#endif
    if (!heap->ready) {
        uint32_t pages = (uint32_t)__builtin_wasm_memory_size(0);
        if (pages > W3DI_ALLOCATOR_PAGES) pages = W3DI_ALLOCATOR_PAGES;
        heap->ready = 1;
        if ((uintptr_t)pages * W3DI_ALLOCATOR_PAGE - begin >= 2u * W3DI_ALLOCATOR_SMALLEST) {
            heap->page_end = pages;
            w3di_allocator_add(heap, begin, (uintptr_t)pages * W3DI_ALLOCATOR_PAGE, 0);
        }
    }
    return heap;
}

static void w3di_allocator_count_used(w3di_allocator_state *heap, uint32_t less, uint32_t more)
{
    heap->used += more - less;
    if (heap->used > heap->peak) heap->peak = heap->used;
}

static w3di_allocator_block *w3di_allocator_take(w3di_allocator_state *heap, uint32_t size)
{
    w3di_allocator_block *block = w3di_allocator_find(heap, size);
    if (!block) return NULL;
    w3di_allocator_remove(heap, block);
    w3di_allocator_trim(heap, block, w3di_allocator_size(block), size);
    w3di_allocator_count_used(heap, 0, w3di_allocator_size(block));
    heap->block_count++;
    return block;
}

static void w3di_allocator_drop(w3di_allocator_state *heap, w3di_allocator_block *block)
{
    w3di_allocator_count_used(heap, w3di_allocator_size(block), 0);
    heap->block_count--;
    w3di_allocator_release(heap, block, w3di_allocator_size(block));
}

static void *w3di_allocator_default(void *block, size_t old_size, size_t new_size)
{
    w3di_allocator_state *heap;
    w3di_allocator_block *from = (w3di_allocator_block *)((uintptr_t)block - 4u), *to = NULL;
    uint32_t have = 0, size = ((uint32_t)new_size + 4u + 7u) & ~7u;
    if (new_size > W3DI_ALLOCATOR_LARGEST || (!block && !new_size)) return NULL;
    if (size < W3DI_ALLOCATOR_SMALLEST) size = W3DI_ALLOCATOR_SMALLEST;
    heap = w3di_allocator_enter();
    if (!heap) return NULL;
    if (block) {
        have = w3di_allocator_size(from);
        if (from->word & W3DI_ALLOCATOR_FREE || have < 4u || old_size > have - 4u) {
            /* Freed before, or not the size it was asked with: nothing here can be trusted. */
            w3di_allocator_leave(heap);
            W3D_ASSERT(0);
            return NULL;
        }
    }
    if (!block) {
        to = w3di_allocator_take(heap, size);
    } else if (!new_size) {
        w3di_allocator_drop(heap, from);
    } else if (size <= have || w3di_allocator_extend(heap, from, size)) {
        if (size < have) w3di_allocator_trim(heap, from, have, size);
        w3di_allocator_count_used(heap, have, w3di_allocator_size(from));
        to = from;
    } else {
        to = w3di_allocator_take(heap, size);
        if (to) { /* the copy needs no lock: both blocks are the caller's */
            w3di_allocator_leave(heap);
            w3d_copy((unsigned char *)to + 4, block, old_size);
            w3di_allocator_enter();
            w3di_allocator_drop(heap, from);
        }
    }
    w3di_allocator_leave(heap);
    return to ? (void *)((uintptr_t)to + 4u) : NULL;
}

W3D_API w3d_result w3d_allocator_policy_set(const w3d_allocator_policy *policy)
{
    w3di_allocator_state *heap = w3di_allocator_enter();
    if (!heap) return W3D_ERR_OUT_OF_MEMORY;
    if (policy)
        heap->policy = *policy;
    else
        w3d_fill(&heap->policy, 0, sizeof heap->policy);
    w3di_allocator_leave(heap);
    return W3D_OK;
}

W3D_API w3d_result w3d_allocator_heap_get(w3d_allocator_heap *out)
{
    w3di_allocator_state *heap;
    W3D_ASSERT(out);
    if (!out) return W3D_ERR_ARGUMENT;
    heap = w3di_allocator_enter();
    if (!heap) return W3D_ERR_OUT_OF_MEMORY;
    out->memory_size = (uint64_t)__builtin_wasm_memory_size(0) * W3DI_ALLOCATOR_PAGE;
    out->heap_size = heap->heap_size;
    out->used_size = heap->used;
    out->peak_size = heap->peak;
    out->block_count = heap->block_count;
    w3di_allocator_leave(heap);
    return W3D_OK;
}

#undef W3DI_ALLOCATOR_PAGE
#undef W3DI_ALLOCATOR_PAGES
#undef W3DI_ALLOCATOR_LISTS
#undef W3DI_ALLOCATOR_ROWS
#undef W3DI_ALLOCATOR_LARGEST
#undef W3DI_ALLOCATOR_SMALLEST
#undef W3DI_ALLOCATOR_LOOKS
#undef W3DI_ALLOCATOR_FREE
#undef W3DI_ALLOCATOR_BELOW

#else

#include <stdlib.h>

static void *w3di_allocator_default(void *block, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

W3D_API w3d_result w3d_allocator_policy_set(const w3d_allocator_policy *policy)
{
    (void)policy;
    return W3D_ERR_UNSUPPORTED;
}

W3D_API w3d_result w3d_allocator_heap_get(w3d_allocator_heap *out)
{
    W3D_ASSERT(out);
    return out ? W3D_ERR_UNSUPPORTED : W3D_ERR_ARGUMENT;
}

#endif

W3D_API uint32_t w3d_allocator_generation(void)
{
#if defined(__wasm__)
    return (uint32_t)__builtin_wasm_memory_size(0);
#else
    return 0;
#endif
}

W3D_API void *w3d_allocator_resize(const w3d_allocator *allocator, void *block, size_t old_size,
                                   size_t new_size)
{
    if (allocator && allocator->resize)
        return allocator->resize(allocator->user, block, old_size, new_size);
    return w3di_allocator_default(block, old_size, new_size);
}

static void *w3di_allocator_count(void *user, void *block, size_t old_size, size_t new_size)
{
    w3d_allocator_counter *counter = (w3d_allocator_counter *)user;
    if (new_size > old_size) {
        counter->requests++;
        if (counter->fail_at && counter->requests >= counter->fail_at &&
            (counter->fail_always || counter->requests == counter->fail_at))
            return NULL;
    }
    void *result = w3d_allocator_resize(&counter->inner, block, old_size, new_size);
    if (!result && new_size) return NULL;
    if (!block && result) counter->live_blocks++;
    if (block && !new_size) counter->live_blocks--;
    counter->live_bytes += (uint64_t)new_size - (uint64_t)old_size;
    if (counter->live_bytes > counter->peak_bytes) counter->peak_bytes = counter->live_bytes;
    return result;
}

W3D_API w3d_allocator w3d_allocator_counting(w3d_allocator_counter *counter)
{
    w3d_allocator allocator;
    allocator.resize = w3di_allocator_count;
    allocator.user = counter;
    return allocator;
}
