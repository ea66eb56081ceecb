/* slab.c - pages with bitmaps behind the stacks, and the list of what other threads free.
 *
 * A page is 16 KiB, aligned to its size, so that masking a block's address finds it. Its header
 * does not lie at its start: all headers would fall into the same few sets of the first-level
 * cache, and frees in random order would miss there. Page n (by address) has its header n mod 16
 * steps in, with blocks on both sides. The bitmap has one bit for 16 bytes, set where a free block
 * begins, so no division is needed to get from a block to its bit.
 *
 * Other threads push onto `foreign` and the owner takes the whole list at once: with no single pop
 * there is nothing a reused address could confuse. */
#include "memory/slab.h"

#include "core/atomic.h"
#include "core/bits.h"
#include "memory/allocator.h"

#define W3DI_SLAB_PAGE   ((size_t)16384)
#define W3DI_SLAB_HEADER ((size_t)192)
#define W3DI_SLAB_WORDS  32u /* of the bitmap: 32 bits of 16 bytes each */
#define W3DI_SLAB_SMALL  ((size_t)65536)
#define W3DI_SLAB_LARGE  ((size_t)262144)
#define W3DI_SLAB_RETAIN ((size_t)1048576)
#define W3DI_SLAB_MOVE   32u /* blocks moved between a stack and its pages at a time */

/* Index into w3d_slab.chunks. */
enum { W3DI_SLAB_EMPTY = 0, W3DI_SLAB_PARTLY = 1, W3DI_SLAB_FULL = 2 };

typedef struct w3di_slab_page {
    const w3d_slab *slab;
    struct w3di_slab_chunk *chunk;
    struct w3di_slab_page *next, *previous; /* in w3d_slab.open, while a block is free */
    uint32_t kind;
    uint32_t free_count;
    uint32_t capacity;
    uint32_t first; /* no bit is set in the words before this one */
    uint32_t bits[W3DI_SLAB_WORDS];
} w3di_slab_page;

/* At the start of what the allocator gave; the pages begin at the next multiple of their size. */
typedef struct w3di_slab_chunk {
    struct w3di_slab_chunk *next, *previous;
    unsigned char *pages;
    size_t size;
    uint32_t page_count;
    uint32_t free_pages; /* a bit each */
    uint32_t list;
    uint32_t zero;
} w3di_slab_chunk;

typedef char w3di_slab_header_fits[sizeof(w3di_slab_page) <= W3DI_SLAB_HEADER ? 1 : -1];
typedef char w3di_slab_link_fits[sizeof(void *) <= 16 ? 1 : -1];

W3D_INLINE unsigned char *w3di_slab_base(const void *inside)
{
    return (unsigned char *)((uintptr_t)inside & ~(uintptr_t)(W3DI_SLAB_PAGE - 1));
}

/* Where the header lies in the page that holds this address. */
W3D_INLINE size_t w3di_slab_header_offset(const void *inside)
{
    return ((uintptr_t)inside / W3DI_SLAB_PAGE & 15u) * W3DI_SLAB_HEADER;
}

W3D_INLINE w3di_slab_page *w3di_slab_page_of(const void *inside)
{
    return (w3di_slab_page *)(void *)(w3di_slab_base(inside) + w3di_slab_header_offset(inside));
}

W3D_INLINE size_t w3di_slab_size_of(size_t kind) { return (kind + 1u) * 16u; }

static int w3di_slab_is_owner(const w3d_slab *slab)
{
    return w3di_slab_owner(slab) == w3d_thread_token();
}

/* Blocks in a stack; and more or, by wrapping, fewer of them. */
W3D_INLINE uint32_t w3di_slab_stacked(const w3d_slab *slab, size_t kind)
{
    return (uint32_t)(slab->stacked >> (8u * kind)) & 0xFFu;
}
W3D_INLINE void w3di_slab_stacked_add(w3d_slab *slab, size_t kind, uint64_t count)
{
    slab->stacked += count << (8u * kind);
}

/* ---- chunks ---- */

static void w3di_slab_chunk_unlink(w3d_slab *slab, w3di_slab_chunk *chunk)
{
    if (chunk->list == W3DI_SLAB_EMPTY) slab->empty_size -= chunk->size;
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        slab->chunks[chunk->list] = chunk->next;
    if (chunk->next) chunk->next->previous = chunk->previous;
}

static void w3di_slab_chunk_link(w3d_slab *slab, w3di_slab_chunk *chunk, uint32_t list)
{
    chunk->list = list;
    chunk->previous = NULL;
    chunk->next = slab->chunks[list];
    if (chunk->next) chunk->next->previous = chunk;
    slab->chunks[list] = chunk;
    if (list == W3DI_SLAB_EMPTY) slab->empty_size += chunk->size;
}

/* Puts the chunk into the list its free pages say. */
static void w3di_slab_chunk_place(w3d_slab *slab, w3di_slab_chunk *chunk)
{
    uint32_t all = 0xFFFFFFFFu >> (32u - chunk->page_count);
    uint32_t list = !chunk->free_pages         ? (uint32_t)W3DI_SLAB_FULL
                    : chunk->free_pages == all ? (uint32_t)W3DI_SLAB_EMPTY
                                               : (uint32_t)W3DI_SLAB_PARTLY;
    if (list == chunk->list) return;
    w3di_slab_chunk_unlink(slab, chunk);
    w3di_slab_chunk_link(slab, chunk, list);
}

static void w3di_slab_chunk_release(w3d_slab *slab, w3di_slab_chunk *chunk)
{
    size_t size = chunk->size;
    w3di_slab_chunk_unlink(slab, chunk);
    slab->held_size -= size;
    w3d_unpoison(chunk, size);
    w3d_allocator_resize(&slab->allocator, chunk, size, 0);
}

/* Gives empty chunks back until at most `most` bytes of them stay. */
static void w3di_slab_release_empty(w3d_slab *slab, size_t most)
{
    while (slab->empty_size > most) w3di_slab_chunk_release(slab, slab->chunks[W3DI_SLAB_EMPTY]);
}

/* A large chunk, or a small one: at first, and where there is no memory for a large one. */
static w3di_slab_chunk *w3di_slab_chunk_new(w3d_slab *slab)
{
    size_t size = slab->held_size ? W3DI_SLAB_LARGE : W3DI_SLAB_SMALL;
    void *memory = w3d_allocator_resize(&slab->allocator, NULL, 0, size);
    if (!memory && size == W3DI_SLAB_LARGE) {
        size = W3DI_SLAB_SMALL;
        memory = w3d_allocator_resize(&slab->allocator, NULL, 0, size);
    }
    if (!memory) return NULL;
    w3di_slab_chunk *chunk = (w3di_slab_chunk *)memory;
    uintptr_t begin = ((uintptr_t)memory + sizeof *chunk + W3DI_SLAB_PAGE - 1u) / W3DI_SLAB_PAGE;
    uintptr_t end = ((uintptr_t)memory + size) / W3DI_SLAB_PAGE;
    chunk->pages = (unsigned char *)(begin * W3DI_SLAB_PAGE);
    chunk->size = size;
    chunk->page_count = (uint32_t)(end - begin);
    chunk->free_pages = 0xFFFFFFFFu >> (32u - chunk->page_count);
    chunk->zero = 0;
    slab->held_size += size;
    w3di_slab_chunk_link(slab, chunk, W3DI_SLAB_EMPTY);
    return chunk;
}

/* ---- pages ---- */

static void w3di_slab_page_link(w3d_slab *slab, w3di_slab_page *page)
{
    page->previous = NULL;
    page->next = slab->open[page->kind];
    if (page->next) page->next->previous = page;
    slab->open[page->kind] = page;
}

static void w3di_slab_page_unlink(w3d_slab *slab, w3di_slab_page *page)
{
    if (page->previous)
        page->previous->next = page->next;
    else
        slab->open[page->kind] = page->next;
    if (page->next) page->next->previous = page->previous;
}

/* Marks the blocks of [begin, end) of a page free. */
static uint32_t w3di_slab_page_mark(w3di_slab_page *page, size_t begin, size_t end, size_t size)
{
    uint32_t count = 0;
    for (; end - begin >= size; begin += size, count++)
        page->bits[begin / 512u] |= 1u << (begin / 16u % 32u);
    return count;
}

/* Brings a page of all free blocks into use. */
static int w3di_slab_page_add(w3d_slab *slab, size_t kind)
{
    w3di_slab_chunk *chunk = slab->chunks[W3DI_SLAB_PARTLY];
    if (!chunk) chunk = slab->chunks[W3DI_SLAB_EMPTY];
    if (!chunk) chunk = w3di_slab_chunk_new(slab);
    if (!chunk) return 0;
    uint32_t index = w3d_bits_trailing_zeros(chunk->free_pages);
    unsigned char *base = chunk->pages + index * W3DI_SLAB_PAGE;
    size_t lead = w3di_slab_header_offset(base), size = w3di_slab_size_of(kind);
    w3di_slab_page *page = w3di_slab_page_of(base);
    chunk->free_pages &= chunk->free_pages - 1u;
    w3di_slab_chunk_place(slab, chunk);

    w3d_unpoison(page, sizeof *page);
    w3d_fill(page, 0, sizeof *page);
    page->slab = slab;
    page->chunk = chunk;
    page->kind = (uint32_t)kind;
    page->capacity = w3di_slab_page_mark(page, 0, lead, size) +
                     w3di_slab_page_mark(page, lead + W3DI_SLAB_HEADER, W3DI_SLAB_PAGE, size);
    page->free_count = page->capacity;
    w3d_poison(base, lead);
    w3d_poison(base + lead + W3DI_SLAB_HEADER, W3DI_SLAB_PAGE - lead - W3DI_SLAB_HEADER);
    slab->free_count[kind] += page->capacity;
    w3di_slab_page_link(slab, page);
    return 1;
}

/* Takes a page whose blocks are all free out of use. */
static void w3di_slab_page_remove(w3d_slab *slab, w3di_slab_page *page)
{
    w3di_slab_chunk *chunk = page->chunk;
    size_t index = (size_t)(w3di_slab_base(page) - chunk->pages) / W3DI_SLAB_PAGE;
    w3di_slab_page_unlink(slab, page);
    slab->free_count[page->kind] -= page->capacity;
    chunk->free_pages |= 1u << index;
    w3di_slab_chunk_place(slab, chunk);
    w3di_slab_release_empty(slab, slab->retain_size);
}

/* Takes `count` blocks out of the pages, which must have them, lowest address first, and stores
 * them at `to`, then at to + step... */
W3D_INLINE void w3di_slab_take(w3d_slab *slab, size_t kind, void **to, size_t count, ptrdiff_t step)
{
    slab->free_count[kind] -= count;
    slab->taken[kind] += count;
    while (count) {
        w3di_slab_page *page = slab->open[kind];
        unsigned char *base = w3di_slab_base(page);
        uint32_t here = count < page->free_count ? (uint32_t)count : page->free_count;
        uint32_t word = page->first;
        page->free_count -= here;
        count -= here;
        if (!page->free_count) w3di_slab_page_unlink(slab, page);
        while (here) {
            uint32_t bits = page->bits[word];
            unsigned char *row = base + (size_t)word * 512u;
            while (bits && here) {
                *to = row + (size_t)w3d_bits_trailing_zeros(bits) * 16u;
                to += step;
                bits &= bits - 1u;
                here--;
            }
            page->bits[word] = bits;
            if (!bits) word++;
        }
        page->first = word;
    }
}

/* Gives blocks of one kind back to their pages. A block that is free already is left alone. */
static void w3di_slab_give(w3d_slab *slab, size_t kind, void *const *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *block = blocks[i];
        if (!block) continue;
        w3di_slab_page *page = w3di_slab_page_of(block);
        uint32_t offset = (uint32_t)((uintptr_t)block & (W3DI_SLAB_PAGE - 1u));
        uint32_t word = offset / 512u, bit = 1u << (offset / 16u % 32u), bits = page->bits[word];
        W3D_ASSERT(!(bits & bit)); /* freed twice */
        if (bits & bit) continue;
        page->bits[word] = bits | bit;
        if (word < page->first) page->first = word;
        slab->free_count[kind]++;
        slab->taken[kind]--;
        if (++page->free_count == 1u) w3di_slab_page_link(slab, page);
        if (page->free_count == page->capacity) w3di_slab_page_remove(slab, page);
    }
}

/* ---- stacks ---- */

/* Gives the `count` blocks freed longest ago back to their pages. */
static void w3di_slab_flush(w3d_slab *slab, size_t kind, uint32_t count)
{
    void **stack = slab->stack[kind];
    uint32_t left = w3di_slab_stacked(slab, kind) - count;
    w3di_slab_give(slab, kind, stack, count);
    w3di_slab_stacked_add(slab, kind, 0u - (uint64_t)count);
    w3d_move(stack, stack + count, left * sizeof *stack);
}

static void w3di_slab_flush_all(w3d_slab *slab)
{
    for (size_t kind = 0; kind < W3D_SLAB_KINDS; kind++)
        w3di_slab_flush(slab, kind, w3di_slab_stacked(slab, kind));
}

static void w3di_slab_push(w3d_slab *slab, size_t kind, void *block)
{
    if (w3di_slab_stacked(slab, kind) == W3D_SLAB_STACK)
        w3di_slab_flush(slab, kind, W3DI_SLAB_MOVE);
    w3d_poison(block, w3di_slab_size_of(kind));
    slab->stack[kind][w3di_slab_stacked(slab, kind)] = block;
    w3di_slab_stacked_add(slab, kind, 1);
}

/* Takes over what other threads have freed. */
static void w3di_slab_drain(w3d_slab *slab)
{
    if (!w3d_atomic_load_pointer(&slab->foreign)) return;
    void *block = w3d_atomic_exchange_pointer(&slab->foreign, NULL);
    while (block) {
        void *next = *(void **)block;
        w3di_slab_push(slab, w3di_slab_page_of(block)->kind, block);
        block = next;
    }
}

/* Pushes a chain of blocks, linked through their first bytes, for the owner to take. */
static void w3di_slab_forward(w3d_slab *slab, void *first, void **last)
{
    void *before = w3d_atomic_load_pointer(&slab->foreign);
    do *last = before;
    while (!w3d_atomic_swap_pointer(&slab->foreign, &before, first));
}

/* 1 where a live block of this slab, for this size, begins here. Where a page's header would lie,
 * memory is read, whosever it is: a wild pointer that ends in a crash has been found out too. */
static int w3di_slab_is_live(const w3d_slab *slab, const void *block, size_t size)
{
    const w3di_slab_page *page = w3di_slab_page_of(block);
    size_t kind = (size - 1u) / 16u, step = w3di_slab_size_of(kind), begin = 0;
    size_t offset = (uintptr_t)block & (W3DI_SLAB_PAGE - 1u), end = w3di_slab_header_offset(block);
    if (offset >= end) begin = end + W3DI_SLAB_HEADER, end = W3DI_SLAB_PAGE;
    if (offset < begin || (offset - begin) % step || end - offset < step) return 0;
    if (page->slab != slab || page->kind != kind) return 0;
    if (page->bits[offset / 512u] >> (offset / 16u % 32u) & 1u) return 0;
    for (uint32_t i = 0; i < w3di_slab_stacked(slab, kind); i++)
        if (slab->stack[kind][i] == block) return 0;
    return 1;
}

/* ---- the public part ---- */

W3D_API w3d_result w3d_slab_create(w3d_slab *slab, const w3d_slab_desc *desc)
{
    W3D_ASSERT(slab);
    if (!slab) return W3D_ERR_ARGUMENT;
    w3d_fill(slab, 0, sizeof *slab);
    if (desc) slab->allocator = desc->allocator;
    slab->retain_size = desc && desc->retain_size ? desc->retain_size : W3DI_SLAB_RETAIN;
    slab->owner = w3d_thread_token();
    return W3D_OK;
}

W3D_API void w3d_slab_destroy(w3d_slab *slab)
{
    if (!slab) return;
    for (int list = 0; list < 3; list++)
        while (slab->chunks[list]) w3di_slab_chunk_release(slab, slab->chunks[list]);
    w3d_fill(slab, 0, sizeof *slab);
}

static void w3di_slab_owner_set(w3d_slab *slab, uintptr_t owner)
{
    w3d_atomic_store_relaxed_uintptr(&slab->owner, owner);
}

W3D_API w3d_result w3d_slab_leave(w3d_slab *slab)
{
    W3D_ASSERT(slab);
    if (!slab) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    w3di_slab_owner_set(slab, 0);
    return W3D_OK;
}

W3D_API w3d_result w3d_slab_adopt(w3d_slab *slab)
{
    W3D_ASSERT(slab);
    if (!slab) return W3D_ERR_ARGUMENT;
    uintptr_t nobody = 0;
    if (w3di_slab_is_owner(slab)) return W3D_OK;
    return w3d_atomic_swap_uintptr(&slab->owner, &nobody, w3d_thread_token()) ? W3D_OK
                                                                              : W3D_ERR_THREAD;
}

W3D_API void *w3d_slab_allocate_slow(w3d_slab *slab, size_t size)
{
    size_t kind = (size - 1u) / 16u;
    int allowed = slab && size - 1u < W3D_SLAB_MOST && w3di_slab_is_owner(slab);
    W3D_ASSERT(allowed);
    if (!allowed) return NULL;
    w3di_slab_drain(slab);
    uint32_t stacked = w3di_slab_stacked(slab, kind);
    if (!stacked) {
        uint32_t count = W3DI_SLAB_MOVE;
        if (!slab->free_count[kind] && !w3di_slab_page_add(slab, kind)) return NULL;
        if (count > slab->free_count[kind]) count = (uint32_t)slab->free_count[kind];
        w3di_slab_take(slab, kind, slab->stack[kind] + count - 1u, count, -1);
        w3di_slab_stacked_add(slab, kind, count);
        stacked = count;
    }
    void *block = slab->stack[kind][stacked - 1u];
    w3di_slab_stacked_add(slab, kind, 0u - (uint64_t)1);
    w3d_unpoison(block, size);
    return block;
}

W3D_API w3d_result w3d_slab_free_slow(w3d_slab *slab, void *block, size_t size)
{
    int allowed = slab && size - 1u < W3D_SLAB_MOST;
    if (!block) return W3D_OK;
    W3D_ASSERT(allowed);
    if (!allowed) return W3D_ERR_ARGUMENT;
    size_t kind = (size - 1u) / 16u;
    if (w3di_slab_is_owner(slab)) {
#if W3D_DEBUG
        int live = w3di_slab_is_live(slab, block, size);
        W3D_ASSERT(live);
        if (!live) return W3D_ERR_ARGUMENT;
#endif
        w3di_slab_push(slab, kind, block);
        return W3D_OK;
    }
    /* A page's kind does not change while a block of it lives, so any thread may look. */
    W3D_ASSERT(w3di_slab_page_of(block)->slab == slab && w3di_slab_page_of(block)->kind == kind);
    w3d_poison(block, w3di_slab_size_of(kind));
    w3d_unpoison(block, sizeof(void *));
    w3di_slab_forward(slab, block, (void **)block);
    return W3D_OK;
}

W3D_API w3d_result w3d_slab_check(const w3d_slab *slab, const void *block, size_t size)
{
    uintptr_t address = (uintptr_t)block;
    if (!slab || !block || size - 1u >= W3D_SLAB_MOST) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    for (int list = W3DI_SLAB_PARTLY; list <= W3DI_SLAB_FULL; list++)
        for (const w3di_slab_chunk *chunk = slab->chunks[list]; chunk; chunk = chunk->next) {
            uintptr_t offset = address - (uintptr_t)chunk->pages;
            if (offset >= chunk->page_count * W3DI_SLAB_PAGE) continue;
            if (chunk->free_pages >> (offset / W3DI_SLAB_PAGE) & 1u) return W3D_ERR_ARGUMENT;
            return w3di_slab_is_live(slab, block, size) ? W3D_OK : W3D_ERR_ARGUMENT;
        }
    return W3D_ERR_ARGUMENT;
}

W3D_API w3d_result w3d_slab_allocate_batch(w3d_slab *slab, size_t size, void **blocks, size_t count)
{
    size_t kind = (size - 1u) / 16u;
    int allowed = slab && size - 1u < W3D_SLAB_MOST && (blocks || !count);
    W3D_ASSERT(allowed);
    if (!allowed) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    w3di_slab_drain(slab);
    while (slab->free_count[kind] < count) {
        if (w3di_slab_page_add(slab, kind)) continue;
        /* The pages added in vain are the first of the list. */
        while (slab->open[kind] && slab->open[kind]->free_count == slab->open[kind]->capacity)
            w3di_slab_page_remove(slab, slab->open[kind]);
        return W3D_ERR_OUT_OF_MEMORY;
    }
    w3di_slab_take(slab, kind, blocks, count, 1);
    for (size_t i = 0; i < count; i++) w3d_unpoison(blocks[i], size);
    return W3D_OK;
}

W3D_API w3d_result w3d_slab_free_batch(w3d_slab *slab, void *const *blocks, size_t count,
                                       size_t size)
{
    size_t kind = (size - 1u) / 16u;
    int allowed = slab && size - 1u < W3D_SLAB_MOST && (blocks || !count);
    W3D_ASSERT(allowed);
    if (!allowed) return W3D_ERR_ARGUMENT;
    if (w3di_slab_is_owner(slab)) {
#if W3D_DEBUG
        for (size_t i = 0; i < count; i++) {
            int live = !blocks[i] || w3di_slab_is_live(slab, blocks[i], size);
            W3D_ASSERT(live);
            if (!live) return W3D_ERR_ARGUMENT;
        }
#endif
        for (size_t i = 0; i < count; i++)
            if (blocks[i]) w3d_poison(blocks[i], w3di_slab_size_of(kind));
        w3di_slab_give(slab, kind, blocks, count);
        return W3D_OK;
    }
    void *first = NULL, **last = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!blocks[i]) continue;
        w3d_poison(blocks[i], w3di_slab_size_of(kind));
        w3d_unpoison(blocks[i], sizeof(void *));
        *(void **)blocks[i] = first;
        first = blocks[i];
        if (!last) last = (void **)blocks[i];
    }
    if (last) w3di_slab_forward(slab, first, last);
    return W3D_OK;
}

W3D_API w3d_result w3d_slab_trim(w3d_slab *slab)
{
    W3D_ASSERT(slab);
    if (!slab) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    w3di_slab_drain(slab);
    w3di_slab_flush_all(slab);
    w3di_slab_release_empty(slab, 0);
    return W3D_OK;
}

W3D_API w3d_result w3d_slab_measure(w3d_slab *slab, w3d_slab_stats *stats)
{
    W3D_ASSERT(slab && stats);
    if (!slab || !stats) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    w3di_slab_drain(slab);
    w3d_fill(stats, 0, sizeof *stats);
    for (size_t kind = 0; kind < W3D_SLAB_KINDS; kind++) {
        size_t live = slab->taken[kind] - w3di_slab_stacked(slab, kind);
        stats->live_blocks += live;
        stats->live_size += live * w3di_slab_size_of(kind);
    }
    for (int list = W3DI_SLAB_PARTLY; list <= W3DI_SLAB_FULL; list++)
        for (const w3di_slab_chunk *chunk = slab->chunks[list]; chunk; chunk = chunk->next)
            for (uint32_t i = 0; i < chunk->page_count; i++)
                if (!(chunk->free_pages >> i & 1u)) stats->page_size += W3DI_SLAB_PAGE;
    stats->empty_size = slab->empty_size;
    stats->held_size = slab->held_size;
    return W3D_OK;
}

static void w3di_slab_page_visit(unsigned char *base,
                                 void (*visit)(void *user, void *block, size_t size), void *user)
{
    const w3di_slab_page *page = w3di_slab_page_of(base);
    size_t lead = w3di_slab_header_offset(base), size = w3di_slab_size_of(page->kind), offset = 0;
    if (page->free_count == page->capacity) return;
    while (W3DI_SLAB_PAGE - offset >= size) {
        if (offset < lead + W3DI_SLAB_HEADER && offset + size > lead) {
            offset = lead + W3DI_SLAB_HEADER;
            continue;
        }
        if (!(page->bits[offset / 512u] >> (offset / 16u % 32u) & 1u))
            visit(user, base + offset, size);
        offset += size;
    }
}

W3D_API w3d_result w3d_slab_visit(w3d_slab *slab,
                                  void (*visit)(void *user, void *block, size_t size), void *user)
{
    W3D_ASSERT(slab && visit);
    if (!slab || !visit) return W3D_ERR_ARGUMENT;
    if (!w3di_slab_is_owner(slab)) return W3D_ERR_THREAD;
    w3di_slab_drain(slab);
    w3di_slab_flush_all(slab);
    for (int list = W3DI_SLAB_PARTLY; list <= W3DI_SLAB_FULL; list++)
        for (w3di_slab_chunk *chunk = slab->chunks[list]; chunk; chunk = chunk->next)
            for (uint32_t i = 0; i < chunk->page_count; i++)
                if (!(chunk->free_pages >> i & 1u))
                    w3di_slab_page_visit(chunk->pages + i * W3DI_SLAB_PAGE, visit, user);
    return W3D_OK;
}

#undef W3DI_SLAB_PAGE
#undef W3DI_SLAB_HEADER
#undef W3DI_SLAB_WORDS
#undef W3DI_SLAB_SMALL
#undef W3DI_SLAB_LARGE
#undef W3DI_SLAB_RETAIN
#undef W3DI_SLAB_MOVE
