/* router.c - three routes behind one count, and the list of what other threads free. */
#include "memory/router.h"

#include "core/atomic.h"
#include "core/size.h"
#include "memory/allocator.h"

#define W3DI_ROUTER_CHUNK  65536u
#define W3DI_ROUTER_RETAIN ((size_t)1048576)
#define W3DI_ROUTER_DRAIN  64u /* allocations between two looks at the foreign list */
#define W3DI_ROUTER_HEAD   ((size_t)16)

/* The state of a block with a header: one of these, plus its route. */
enum { W3DI_ROUTER_FREED = 0xF500, W3DI_ROUTER_LIVE = 0xA500, W3DI_ROUTER_QUEUED = 0xC500 };

/* Before every linear and direct block, and before small ones if asked for. */
typedef struct w3di_router_header {
    uint32_t size;     /* as asked for; direct: its low half           */
    uint32_t capacity; /* linear: bytes up to the next header          */
    uint32_t offset;   /* linear: of this header from the chunk        */
    uint16_t tag;
    uint16_t state;
} w3di_router_header;

typedef struct w3di_router_chunk {
    struct w3di_router_chunk *next, *previous;
    uint32_t size;
    uint32_t begin; /* of the first header; one that is a multiple of 16 as an address */
    uint32_t used;
    uint32_t live;
} w3di_router_chunk;

typedef struct w3di_router_direct {
    struct w3di_router_direct *next, *previous;
    size_t size;
    size_t zero;
    w3di_router_header header;
} w3di_router_direct;

/* What a block holds while it waits in the foreign list; fits the smallest. */
typedef struct w3di_router_pending {
    void *next;
    uint32_t tag;
    uint32_t size; /* of a small block; 0: the header knows */
} w3di_router_pending;

typedef char w3di_router_sizes[sizeof(w3di_router_header) == 16 &&
                                       sizeof(w3di_router_pending) <= 16 &&
                                       sizeof(w3di_router_direct) % 16 == 0
                                   ? 1
                                   : -1];

W3D_INLINE w3di_router_header *w3di_router_header_of(void *block)
{
    return (w3di_router_header *)(void *)((unsigned char *)block - W3DI_ROUTER_HEAD);
}

static int w3di_router_is_owner(const w3d_router *router)
{
    return w3di_slab_owner(&router->slab) == w3d_thread_token();
}

/* Adds to a route's counters; to subtract, wraps. The small route is what the others are not. */
W3D_INLINE void w3di_router_add(w3d_router *router, w3d_router_route route, uint64_t blocks,
                                uint64_t size)
{
    router->stats.route[route].live_blocks += blocks;
    router->stats.route[route].live_size += size;
}

/* Adds to the live bytes of a tag and of all. */
W3D_INLINE void w3di_router_count(w3d_router_tag *tag, uint64_t size)
{
    w3d_router *router = tag->router;
    tag->live_size += size;
    router->live_size += size;
    if (tag->live_size > tag->peak_size) tag->peak_size = tag->live_size;
    if (router->live_size > router->peak_size) router->peak_size = router->live_size;
}

W3D_INLINE void w3di_router_discount(w3d_router_tag *tag, size_t size)
{
    tag->freed++;
    tag->live_size -= size;
    tag->router->live_size -= size;
}

static void w3di_router_head_set(w3di_router_header *header, uint32_t tag, size_t size,
                                 w3d_router_route route)
{
    header->size = (uint32_t)size;
    header->tag = (uint16_t)tag;
    header->state = (uint16_t)(W3DI_ROUTER_LIVE + (unsigned)route);
}

/* 1 where the header is that of a live block of this tag and size. */
static int w3di_router_head_fits(void *block, uint32_t tag, size_t size)
{
    const w3di_router_header *header = w3di_router_header_of(block);
    if (header->tag != tag || header->size != (uint32_t)size) return 0;
    if (header->state == W3DI_ROUTER_LIVE + (uint32_t)W3D_ROUTER_DIRECT) {
        const w3di_router_direct *direct = (const w3di_router_direct *)block - 1;
        return direct->size == size;
    }
    return header->state == W3DI_ROUTER_LIVE + (uint32_t)W3D_ROUTER_LINEAR ||
           header->state == W3DI_ROUTER_LIVE + (uint32_t)W3D_ROUTER_SMALL;
}

/* ---- the linear route ---- */

W3D_INLINE w3di_router_chunk *w3di_router_chunk_of(w3di_router_header *header)
{
    return (w3di_router_chunk *)(void *)((unsigned char *)header - header->offset);
}

W3D_INLINE unsigned char *w3di_router_at(w3di_router_chunk *chunk, uint32_t offset)
{
    return (unsigned char *)chunk + offset;
}

static void w3di_router_chunk_link(w3di_router_chunk **list, w3di_router_chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = *list;
    if (chunk->next) chunk->next->previous = chunk;
    *list = chunk;
}

static void w3di_router_chunk_unlink(w3di_router_chunk **list, w3di_router_chunk *chunk)
{
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        *list = chunk->next;
    if (chunk->next) chunk->next->previous = chunk->previous;
}

static void w3di_router_chunk_release(w3d_router *router, w3di_router_chunk *chunk)
{
    size_t size = chunk->size;
    router->stats.route[W3D_ROUTER_LINEAR].held_size -= size;
    w3d_unpoison(chunk, size);
    w3d_allocator_resize(&router->desc.allocator, chunk, size, 0);
}

/* Forgets what the chunk held. */
static void w3di_router_chunk_reset(w3di_router_chunk *chunk)
{
    chunk->used = chunk->begin;
    w3d_poison(w3di_router_at(chunk, chunk->begin), chunk->size - chunk->begin);
}

/* Makes an empty chunk the current one: a spare one or a new one. */
static int w3di_router_chunk_next(w3d_router *router)
{
    w3di_router_chunk *chunk = router->spare;
    if (chunk) {
        w3di_router_chunk_unlink(&router->spare, chunk);
        router->spare_size -= chunk->size;
    } else {
        size_t size = router->desc.chunk_size;
        chunk = (w3di_router_chunk *)w3d_allocator_resize(&router->desc.allocator, NULL, 0, size);
        if (!chunk) return 0;
        uintptr_t first = ((uintptr_t)chunk + sizeof *chunk + 15u) & ~(uintptr_t)15u;
        chunk->size = (uint32_t)size;
        chunk->begin = (uint32_t)(first - (uintptr_t)chunk);
        chunk->live = 0;
        w3di_router_chunk_reset(chunk);
        router->stats.route[W3D_ROUTER_LINEAR].held_size += size;
    }
    if (router->current) w3di_router_chunk_link(&router->used, router->current);
    router->current = chunk;
    return 1;
}

static void w3di_router_drain(w3d_router *router);

static void *w3di_router_linear_take(w3d_router *router, size_t size)
{
    uint32_t capacity = ((uint32_t)size + 15u) & ~15u;
    uint32_t need = capacity + (uint32_t)W3DI_ROUTER_HEAD;
    w3di_router_chunk *chunk = router->current;
    if (!chunk || chunk->size - chunk->used < need) {
        w3di_router_drain(router);
        chunk = router->current;
        if ((!chunk || chunk->size - chunk->used < need) && !w3di_router_chunk_next(router))
            return NULL;
        chunk = router->current;
    }
    w3di_router_header *header = (w3di_router_header *)(void *)w3di_router_at(chunk, chunk->used);
    w3d_unpoison(header, W3DI_ROUTER_HEAD + size);
    header->offset = chunk->used;
    header->capacity = capacity;
    chunk->used += need;
    chunk->live++;
    return header + 1;
}

static void w3di_router_linear_put(w3d_router *router, w3di_router_header *header)
{
    w3di_router_chunk *chunk = w3di_router_chunk_of(header);
    uint32_t end = header->offset + (uint32_t)W3DI_ROUTER_HEAD + header->capacity;
    if (--chunk->live) {
        w3d_poison(header + 1, header->capacity);
        if (end != chunk->used) return;
        chunk->used = header->offset; /* the newest: its room is free again */
        return;
    }
    w3di_router_chunk_reset(chunk);
    if (chunk == router->current) return;
    w3di_router_chunk_unlink(&router->used, chunk);
    if (router->spare_size >= router->desc.retain_size ||
        chunk->size > router->desc.retain_size - router->spare_size) {
        w3di_router_chunk_release(router, chunk);
        return;
    }
    w3di_router_chunk_link(&router->spare, chunk);
    router->spare_size += chunk->size;
}

/* Resizes without moving; 0 where that can't be. */
static int w3di_router_linear_resize(w3di_router_header *header, size_t size)
{
    w3di_router_chunk *chunk = w3di_router_chunk_of(header);
    uint32_t begin = header->offset + (uint32_t)W3DI_ROUTER_HEAD;
    if (begin + header->capacity == chunk->used && size <= chunk->size - begin) {
        /* The room after `begin` is a multiple of 16 or the chunk's odd end. */
        uint32_t capacity = ((uint32_t)size + 15u) & ~15u;
        if (capacity > chunk->size - begin) return 0;
        w3d_poison(header + 1, header->capacity);
        header->capacity = capacity;
        chunk->used = begin + capacity;
    } else if (size > header->capacity)
        return 0;
    else
        w3d_poison(header + 1, header->capacity);
    w3d_unpoison(header + 1, size);
    return 1;
}

/* ---- the direct route ---- */

/* Points the neighbours at a block that is new or has moved. */
static void w3di_router_direct_relink(w3d_router *router, w3di_router_direct *direct)
{
    if (direct->previous)
        direct->previous->next = direct;
    else
        router->direct = direct;
    if (direct->next) direct->next->previous = direct;
}

/* Allocates (NULL) or resizes; the list is right again afterwards. */
static w3di_router_direct *w3di_router_direct_resize(w3d_router *router, w3di_router_direct *direct,
                                                     size_t old_size, size_t size)
{
    size_t all, old_all = direct ? old_size + sizeof *direct : 0;
    if (!w3d_size_add(size, sizeof *direct, &all)) return NULL;
    w3di_router_direct *result =
        (w3di_router_direct *)w3d_allocator_resize(&router->desc.allocator, direct, old_all, all);
    if (!result) return NULL;
    if (!direct) {
        w3d_fill(result, 0, sizeof *result);
        result->next = router->direct;
    }
    result->size = size;
    result->header.size = (uint32_t)size;
    w3di_router_direct_relink(router, result);
    router->stats.route[W3D_ROUTER_DIRECT].held_size += (uint64_t)all - (uint64_t)old_all;
    return result;
}

static void w3di_router_direct_put(w3d_router *router, w3di_router_direct *direct)
{
    size_t all = direct->size + sizeof *direct;
    if (direct->previous)
        direct->previous->next = direct->next;
    else
        router->direct = direct->next;
    if (direct->next) direct->next->previous = direct->previous;
    router->stats.route[W3D_ROUTER_DIRECT].held_size -= all;
    w3d_allocator_resize(&router->desc.allocator, direct, all, 0);
}

/* ---- all routes ---- */

W3D_INLINE void *w3di_router_small_take(w3d_router *router, uint32_t tag, size_t size)
{
    size_t head = router->small_head;
    unsigned char *block = (unsigned char *)w3d_slab_allocate(&router->slab, size + head);
    if (!head || !block) return block;
    w3di_router_head_set((w3di_router_header *)(void *)block, tag, size, W3D_ROUTER_SMALL);
    return block + head;
}

static void *w3di_router_large_take(w3d_router *router, uint32_t tag, size_t size)
{
    w3d_router_route route = W3D_ROUTER_LINEAR;
    void *block;
    if (size <= router->desc.chunk_size / 8u) {
        block = w3di_router_linear_take(router, size);
    } else {
        w3di_router_drain(router);
        w3di_router_direct *direct = w3di_router_direct_resize(router, NULL, 0, size);
        block = direct ? direct + 1 : NULL;
        route = W3D_ROUTER_DIRECT;
    }
    if (!block) return NULL;
    w3di_router_head_set(w3di_router_header_of(block), tag, size, route);
    w3di_router_add(router, route, 1, size);
    return block;
}

/* Takes back what others have freed before it gives up. */
static void *w3di_router_take(w3d_router *router, uint32_t tag, size_t size)
{
    for (;;) {
        void *block = size <= router->small_most ? w3di_router_small_take(router, tag, size)
                                                 : w3di_router_large_take(router, tag, size);
        if (block || !w3d_atomic_load_pointer(&router->foreign)) return block;
        w3di_router_drain(router);
    }
}

static void w3di_router_large_put(w3d_router *router, void *block, size_t size)
{
    w3di_router_header *header = w3di_router_header_of(block);
    w3d_router_route route = (w3d_router_route)(header->state & 0xFFu);
    header->state = W3DI_ROUTER_FREED;
    if (route == W3D_ROUTER_LINEAR)
        w3di_router_linear_put(router, header);
    else
        w3di_router_direct_put(router, (w3di_router_direct *)block - 1);
    w3di_router_add(router, route, 0u - (uint64_t)1, 0u - (uint64_t)size);
}

/* Frees a block whose header, if it has one, was found right. */
W3D_INLINE w3d_result w3di_router_put(w3d_router *router, void *block, size_t size)
{
    if (size > router->small_most) {
        w3di_router_large_put(router, block, size);
        return W3D_OK;
    }
    size_t head = router->small_head;
    if (head) w3di_router_header_of(block)->state = W3DI_ROUTER_FREED;
    return w3d_slab_free(&router->slab, (unsigned char *)block - head, size + head);
}

/* Size of a block that has a header. */
static size_t w3di_router_size_of(void *block)
{
    const w3di_router_header *header = w3di_router_header_of(block);
    if ((header->state & 0xFFu) != W3D_ROUTER_DIRECT) return header->size;
    return ((const w3di_router_direct *)block - 1)->size;
}

static void w3di_router_drain(w3d_router *router)
{
    if (!w3d_atomic_load_pointer(&router->foreign)) return;
    void *block = w3d_atomic_exchange_pointer(&router->foreign, NULL);
    while (block) {
        const w3di_router_pending *pending = (const w3di_router_pending *)block;
        void *next = pending->next;
        uint32_t tag = pending->tag;
        size_t size = pending->size ? pending->size : w3di_router_size_of(block);
        w3di_router_put(router, block, size);
        w3di_router_discount(&router->tags[tag], size);
        block = next;
    }
}

/* ---- the public part ---- */

W3D_API w3d_result w3d_router_create(w3d_router *router, const w3d_router_desc *desc)
{
    w3d_router_desc made;
    w3d_slab_desc slab;
    size_t size;
    w3d_fill(&made, 0, sizeof made);
    if (desc) made = *desc;
    if (!made.tag_count) made.tag_count = 1;
    if (!made.chunk_size) made.chunk_size = W3DI_ROUTER_CHUNK;
    if (!made.retain_size) made.retain_size = W3DI_ROUTER_RETAIN;
    int allowed = router && made.tag_count <= W3D_ROUTER_MOST_TAGS && made.chunk_size >= 4096u &&
                  made.chunk_size <= 1u << 30 &&
                  w3d_size_multiply(made.tag_count, sizeof(w3d_router_tag), &size);
    W3D_ASSERT(allowed);
    if (!allowed) return W3D_ERR_ARGUMENT;
    w3d_router_tag *tags = (w3d_router_tag *)w3d_allocator_resize(&made.allocator, NULL, 0, size);
    if (!tags) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(tags, 0, size);
    w3d_fill(router, 0, sizeof *router);
    for (uint32_t i = 0; i < made.tag_count; i++) {
        tags[i].router = router;
        tags[i].name = desc && desc->tag_count && made.tag_names ? made.tag_names[i] : NULL;
        tags[i].index = i;
    }
    slab.allocator = made.allocator;
    slab.retain_size = made.retain_size;
    w3d_slab_create(&router->slab, &slab);
    router->desc = made;
    router->tags = tags;
    router->small_head = made.small_headers ? (uint32_t)W3DI_ROUTER_HEAD : 0;
    router->small_most = W3D_SLAB_MOST - router->small_head;
    router->plain_most = router->small_head ? 0 : W3D_SLAB_MOST;
    return W3D_OK;
}

W3D_API void w3d_router_destroy(w3d_router *router)
{
    if (!router) return;
    if (router->tags) {
        router->slab.owner = w3d_thread_token(); /* nobody else is there any more */
        if (router->desc.report)
            w3d_router_visit(router, router->desc.report, router->desc.report_user);
        while (router->direct) w3di_router_direct_put(router, router->direct);
        if (router->current) w3di_router_chunk_link(&router->used, router->current);
        for (int list = 0; list < 2; list++) {
            w3di_router_chunk *chunk = list ? router->spare : router->used;
            while (chunk) {
                w3di_router_chunk *next = chunk->next;
                w3di_router_chunk_release(router, chunk);
                chunk = next;
            }
        }
        w3d_slab_destroy(&router->slab);
        w3d_allocator_resize(&router->desc.allocator, router->tags,
                             router->desc.tag_count * sizeof(w3d_router_tag), 0);
    }
    w3d_fill(router, 0, sizeof *router);
}

W3D_API w3d_result w3d_router_leave(w3d_router *router)
{
    W3D_ASSERT(router);
    return router ? w3d_slab_leave(&router->slab) : W3D_ERR_ARGUMENT;
}

W3D_API w3d_result w3d_router_adopt(w3d_router *router)
{
    W3D_ASSERT(router);
    return router ? w3d_slab_adopt(&router->slab) : W3D_ERR_ARGUMENT;
}

W3D_API w3d_router_tag *w3d_router_tag_at(w3d_router *router, uint32_t index)
{
    return router && index < router->desc.tag_count ? &router->tags[index] : NULL;
}

static void *w3di_router_view(void *user, void *block, size_t old_size, size_t new_size)
{
    return w3d_router_resize((w3d_router_tag *)user, block, old_size, new_size);
}

W3D_API w3d_allocator w3d_router_allocator(w3d_router_tag *tag)
{
    w3d_allocator allocator;
    allocator.resize = w3di_router_view;
    allocator.user = tag;
    return allocator;
}

/* Whatever is not a small block without a header from a stack that has one. */
static void *w3di_router_allocate_slow(w3d_router_tag *tag, size_t size)
{
    int allowed = tag && w3di_router_is_owner(tag->router);
    W3D_ASSERT(allowed);
    if (!allowed || !size) return NULL;
    void *block = w3di_router_take(tag->router, tag->index, size);
    if (!block) {
        tag->failures++;
        return NULL;
    }
    tag->allocated++;
    w3di_router_count(tag, size);
    if (!(tag->allocated % W3DI_ROUTER_DRAIN)) w3di_router_drain(tag->router);
    return block;
}

W3D_API void *w3d_router_allocate(w3d_router_tag *tag, size_t size)
{
    if (!tag || size - 1u >= tag->router->plain_most || !w3di_router_is_owner(tag->router) ||
        tag->allocated % W3DI_ROUTER_DRAIN == W3DI_ROUTER_DRAIN - 1u)
        return w3di_router_allocate_slow(tag, size);
    void *block = w3d_slab_allocate(&tag->router->slab, size);
    if (!block) {
        if (w3d_atomic_load_pointer(&tag->router->foreign))
            return w3di_router_allocate_slow(tag, size);
        tag->failures++;
        return NULL;
    }
    tag->allocated++;
    w3di_router_count(tag, size);
    return block;
}

static w3d_result w3di_router_free_slow(w3d_router_tag *tag, void *block, size_t size)
{
    if (!block) return W3D_OK;
    W3D_ASSERT(tag && size);
    if (!tag || !size) return W3D_ERR_ARGUMENT;
    w3d_router *router = tag->router;
    int headed = size > router->plain_most;
    int fits = !headed || w3di_router_head_fits(block, tag->index, size);
    W3D_ASSERT(fits);
    if (!fits) return W3D_ERR_ARGUMENT;
    if (w3di_router_is_owner(router)) {
        w3d_result result = w3di_router_put(router, block, size);
        if (result == W3D_OK) w3di_router_discount(tag, size);
        return result;
    }
    w3di_router_pending *pending = (w3di_router_pending *)block;
    w3d_unpoison(block, sizeof *pending);
    if (headed) {
        w3di_router_header *header = w3di_router_header_of(block);
        header->state = (uint16_t)(header->state - W3DI_ROUTER_LIVE + W3DI_ROUTER_QUEUED);
    }
    pending->tag = tag->index;
    pending->size = headed ? 0u : (uint32_t)size;
    void *before = w3d_atomic_load_pointer(&router->foreign);
    do pending->next = before;
    while (!w3d_atomic_swap_pointer(&router->foreign, &before, block));
    return W3D_OK;
}

W3D_API w3d_result w3d_router_free(w3d_router_tag *tag, void *block, size_t size)
{
    if (!tag || !block || size - 1u >= tag->router->plain_most ||
        !w3di_router_is_owner(tag->router))
        return w3di_router_free_slow(tag, block, size);
    w3d_result result = w3d_slab_free(&tag->router->slab, block, size);
    if (result == W3D_OK) w3di_router_discount(tag, size);
    return result;
}

/* A new place for a block that can't stay where it is. */
static void *w3di_router_move(w3d_router_tag *tag, void *block, size_t old_size, size_t new_size)
{
    void *moved = w3di_router_take(tag->router, tag->index, new_size);
    if (!moved) return NULL;
    w3d_copy(moved, block, old_size < new_size ? old_size : new_size);
    w3di_router_put(tag->router, block, old_size);
    return moved;
}

static void *w3di_router_resize_block(w3d_router_tag *tag, void *block, size_t old_size,
                                      size_t new_size)
{
    w3d_router *router = tag->router;
    size_t head = router->small_head;
    int was_small = old_size <= router->small_most;
    w3di_router_header *header = head || !was_small ? w3di_router_header_of(block) : NULL;
    w3d_router_route route = W3D_ROUTER_SMALL;
    if (header) {
        int fits = w3di_router_head_fits(block, tag->index, old_size);
        W3D_ASSERT(fits);
        if (!fits) return NULL;
        route = (w3d_router_route)(header->state & 0xFFu);
    }
    if (was_small != (new_size <= router->small_most))
        return w3di_router_move(tag, block, old_size, new_size);
    if (was_small) {
        size_t kind = (old_size + head - 1u) / 16u;
        if (kind != (new_size + head - 1u) / 16u)
            return w3di_router_move(tag, block, old_size, new_size);
        w3d_poison(block, (kind + 1u) * 16u - head);
        w3d_unpoison(block, new_size);
        if (header) header->size = (uint32_t)new_size;
        return block;
    }
    if (route == W3D_ROUTER_LINEAR) {
        if (!w3di_router_linear_resize(header, new_size))
            return w3di_router_move(tag, block, old_size, new_size);
    } else {
        w3di_router_direct *old = (w3di_router_direct *)block - 1, *direct;
        while (!(direct = w3di_router_direct_resize(router, old, old_size, new_size))) {
            if (!w3d_atomic_load_pointer(&router->foreign)) return NULL;
            w3di_router_drain(router);
        }
        block = direct + 1;
        header = &direct->header;
    }
    header->size = (uint32_t)new_size;
    w3di_router_add(router, route, 0, (uint64_t)new_size - (uint64_t)old_size);
    return block;
}

W3D_API void *w3d_router_resize(w3d_router_tag *tag, void *block, size_t old_size, size_t new_size)
{
    int allowed = tag && !block == !old_size;
    W3D_ASSERT(allowed);
    if (!allowed) return NULL;
    if (!block) return w3d_router_allocate(tag, new_size);
    if (!new_size) {
        w3d_router_free(tag, block, old_size);
        return NULL;
    }
    w3d_router *router = tag->router;
    int owner = w3di_router_is_owner(router);
    W3D_ASSERT(owner);
    if (!owner) return NULL;
    void *result = w3di_router_resize_block(tag, block, old_size, new_size);
    if (new_size > old_size) {
        tag->growths += result != NULL;
        tag->failures += !result;
    }
    if (result) w3di_router_count(tag, (uint64_t)new_size - (uint64_t)old_size);
    return result;
}

static void w3di_router_read(const w3d_router_tag *tag, w3d_router_counters *counters)
{
    counters->live_blocks = tag->allocated - tag->freed;
    counters->live_size = tag->live_size;
    counters->peak_size = tag->peak_size;
    counters->requests = tag->allocated + tag->growths + tag->failures;
    counters->failures = tag->failures;
}

W3D_API w3d_result w3d_router_measure(w3d_router *router, w3d_router_stats *stats)
{
    w3d_slab_stats slab;
    w3d_router_counters one, *total;
    W3D_ASSERT(router && stats);
    if (!router || !stats) return W3D_ERR_ARGUMENT;
    if (!w3di_router_is_owner(router)) return W3D_ERR_THREAD;
    w3di_router_drain(router);
    w3d_slab_measure(&router->slab, &slab);
    *stats = router->stats;
    total = &stats->total;
    for (uint32_t i = 0; i < router->desc.tag_count; i++) {
        w3di_router_read(&router->tags[i], &one);
        total->live_blocks += one.live_blocks;
        total->requests += one.requests;
        total->failures += one.failures;
    }
    total->live_size = router->live_size;
    total->peak_size = router->peak_size;
    stats->route[W3D_ROUTER_SMALL].live_blocks = total->live_blocks -
                                                 stats->route[W3D_ROUTER_LINEAR].live_blocks -
                                                 stats->route[W3D_ROUTER_DIRECT].live_blocks;
    stats->route[W3D_ROUTER_SMALL].live_size = total->live_size -
                                               stats->route[W3D_ROUTER_LINEAR].live_size -
                                               stats->route[W3D_ROUTER_DIRECT].live_size;
    stats->route[W3D_ROUTER_SMALL].held_size = slab.held_size;
    return W3D_OK;
}

W3D_API w3d_result w3d_router_measure_tag(w3d_router_tag *tag, w3d_router_counters *counters)
{
    W3D_ASSERT(tag && counters);
    if (!tag || !counters) return W3D_ERR_ARGUMENT;
    if (!w3di_router_is_owner(tag->router)) return W3D_ERR_THREAD;
    w3di_router_drain(tag->router);
    w3di_router_read(tag, counters);
    return W3D_OK;
}

/* ---- the report ---- */

typedef struct w3di_router_report {
    w3d_router *router;
    void (*visit)(void *user, const w3d_router_block *block);
    void *user;
} w3di_router_report;

static void w3di_router_report_headed(const w3di_router_report *report, void *address)
{
    const w3di_router_header *header = w3di_router_header_of(address);
    w3d_router_block block;
    block.address = address;
    block.size = w3di_router_size_of(address);
    block.tag = header->tag;
    block.tag_name = report->router->tags[header->tag].name;
    block.route = (w3d_router_route)(header->state & 0xFFu);
    report->visit(report->user, &block);
}

static void w3di_router_report_small(void *user, void *address, size_t size)
{
    const w3di_router_report *report = (const w3di_router_report *)user;
    w3d_router_block block;
    if (report->router->small_head) {
        w3di_router_report_headed(report, (unsigned char *)address + W3DI_ROUTER_HEAD);
        return;
    }
    block.address = address;
    block.size = size;
    block.tag = W3D_ROUTER_NO_TAG;
    block.tag_name = NULL;
    block.route = W3D_ROUTER_SMALL;
    report->visit(report->user, &block);
}

static void w3di_router_report_chunk(const w3di_router_report *report, w3di_router_chunk *chunk)
{
    for (uint32_t offset = chunk->begin; offset < chunk->used;) {
        w3di_router_header *header = (w3di_router_header *)(void *)w3di_router_at(chunk, offset);
        if (header->state != W3DI_ROUTER_FREED) w3di_router_report_headed(report, header + 1);
        offset += (uint32_t)W3DI_ROUTER_HEAD + header->capacity;
    }
}

W3D_API w3d_result w3d_router_visit(w3d_router *router,
                                    void (*visit)(void *user, const w3d_router_block *block),
                                    void *user)
{
    w3di_router_report report;
    W3D_ASSERT(router && visit);
    if (!router || !visit) return W3D_ERR_ARGUMENT;
    if (!w3di_router_is_owner(router)) return W3D_ERR_THREAD;
    report.router = router;
    report.visit = visit;
    report.user = user;
    w3di_router_drain(router);
    w3d_slab_visit(&router->slab, w3di_router_report_small, &report);
    if (router->current) w3di_router_report_chunk(&report, router->current);
    for (w3di_router_chunk *chunk = router->used; chunk; chunk = chunk->next)
        w3di_router_report_chunk(&report, chunk);
    for (w3di_router_direct *direct = router->direct; direct; direct = direct->next)
        w3di_router_report_headed(&report, direct + 1);
    return W3D_OK;
}

W3D_API w3d_result w3d_router_trim(w3d_router *router)
{
    W3D_ASSERT(router);
    if (!router) return W3D_ERR_ARGUMENT;
    if (!w3di_router_is_owner(router)) return W3D_ERR_THREAD;
    w3di_router_drain(router);
    w3d_slab_trim(&router->slab);
    while (router->spare) {
        w3di_router_chunk *chunk = router->spare;
        w3di_router_chunk_unlink(&router->spare, chunk);
        router->spare_size -= chunk->size;
        w3di_router_chunk_release(router, chunk);
    }
    if (router->current && !router->current->live) {
        w3di_router_chunk_release(router, router->current);
        router->current = NULL;
    }
    return W3D_OK;
}

#undef W3DI_ROUTER_CHUNK
#undef W3DI_ROUTER_RETAIN
#undef W3DI_ROUTER_DRAIN
#undef W3DI_ROUTER_HEAD
