/* proxy.c - a handle pool whose finaliser releases on the owner's thread and queues elsewhere.
 *
 * The queue is threaded through the objects themselves: a finaliser that answers W3D_HANDLE_LATER
 * leaves its slot taken, so releasing needs no memory. Any thread pushes on a stack; the owner
 * takes all of it with one exchange, which is safe against ABA, and turns it round. */
#include "memory/proxy.h"

#include "core/thread_token.h"
#include "memory/allocator.h"

typedef struct w3di_proxy_item {
    void *foreign;
    void *next; /* the item released before this one */
    w3d_handle handle;
} w3di_proxy_item;

struct w3d_proxy_registry {
    w3d_handle_pool *pool;
    w3d_proxy_hooks hooks;
    w3d_allocator allocator;
    void *owner;                         /* a thread token, or NULL: nobody */
    uint32_t abandoned;                  /* 0 or 1                          */
    w3di_proxy_item *pending;            /* taken off the stack, oldest first; the owner's */
    uint64_t created, released, drained; /* the owner's; others read them */
    unsigned char apart[128];
    void *stack;     /* what other threads have released, newest first */
    uint64_t queued; /* pushes ever                                    */
    void (*leaked)(void *user, const w3d_handle_live *live);
};

/* The owner alone writes these counters. */
static void w3di_proxy_count(uint64_t *counter)
{
    w3d_atomic_store_relaxed_u64(counter, w3d_atomic_load_relaxed_u64(counter) + 1u);
}

static w3d_handle_end w3di_proxy_finalise(void *user, void *object, w3d_handle handle)
{
    w3d_proxy_registry *registry = (w3d_proxy_registry *)user;
    w3di_proxy_item *item = (w3di_proxy_item *)object;
    if (w3d_atomic_load_u32(&registry->abandoned)) return W3D_HANDLE_ENDED;
    if (w3d_proxy_is_owner(registry)) {
        /* Counted and read first: the hook may run foreign code that comes back to us. */
        w3di_proxy_count(&registry->released);
        if (registry->hooks.release) registry->hooks.release(registry->hooks.user, item->foreign);
        return W3D_HANDLE_ENDED;
    }
    item->handle = handle;
    w3d_atomic_add_u64(&registry->queued, 1);
    void *top = w3d_atomic_load_pointer(&registry->stack);
    do {
        item->next = top;
    } while (!w3d_atomic_swap_pointer(&registry->stack, &top, item));
    return W3D_HANDLE_LATER;
}

static void w3di_proxy_leaked(void *user, const w3d_handle_live *live)
{
    w3d_proxy_registry *registry = (w3d_proxy_registry *)user;
    if (registry->leaked) registry->leaked(registry->hooks.user, live);
}

W3D_API w3d_result w3d_proxy_registry_create(const w3d_proxy_desc *desc,
                                             w3d_proxy_registry **registry)
{
    W3D_ASSERT(desc && registry);
    if (!desc || !registry) return W3D_ERR_ARGUMENT;
    w3d_proxy_registry *made =
        (w3d_proxy_registry *)w3d_allocator_resize(&desc->allocator, NULL, 0,
                                                   sizeof(w3d_proxy_registry));
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made, 0, sizeof *made);
    made->hooks = desc->hooks;
    made->allocator = desc->allocator;
    made->owner = (void *)w3d_thread_token();
    made->leaked = desc->leaked;
    w3d_handle_pool_desc pool;
    w3d_fill(&pool, 0, sizeof pool);
    pool.object_size = sizeof(w3di_proxy_item);
    pool.capacity = desc->capacity;
    pool.reserve = desc->reserve;
    pool.id = desc->id;
    pool.form_32 = desc->form_32;
    pool.finalise = w3di_proxy_finalise;
    pool.leaked = w3di_proxy_leaked;
    pool.user = made;
    pool.allocator = desc->allocator;
    w3d_result result = w3d_handle_pool_create(&pool, &made->pool);
    if (result != W3D_OK) {
        w3d_allocator_resize(&desc->allocator, made, sizeof *made, 0);
        return result;
    }
    *registry = made;
    return W3D_OK;
}

W3D_API int w3d_proxy_is_owner(const w3d_proxy_registry *registry)
{
    return w3d_atomic_load_pointer(&registry->owner) == (void *)w3d_thread_token();
}

W3D_API void w3d_proxy_adopt(w3d_proxy_registry *registry)
{
    w3d_atomic_store_pointer(&registry->owner, (void *)w3d_thread_token());
}

W3D_API void w3d_proxy_disown(w3d_proxy_registry *registry)
{
    void *self = (void *)w3d_thread_token();
    w3d_atomic_swap_pointer(&registry->owner, &self, NULL);
}

W3D_API w3d_result w3d_proxy_create(w3d_proxy_registry *registry, void *foreign, uint32_t tag,
                                    w3d_handle *handle)
{
    W3D_ASSERT(registry && foreign && handle);
    if (!registry || !foreign || !handle) return W3D_ERR_ARGUMENT;
    if (!w3d_proxy_is_owner(registry)) return W3D_ERR_THREAD;
    if (w3d_atomic_load_u32(&registry->abandoned)) return W3D_ERR_CLOSED;
    void *object;
    w3d_handle made;
    w3d_result result = w3d_handle_create(registry->pool, tag, &made, &object);
    if (result != W3D_OK) return result;
    ((w3di_proxy_item *)object)->foreign = foreign;
    w3di_proxy_count(&registry->created);
    if (registry->hooks.retain) registry->hooks.retain(registry->hooks.user, foreign);
    *handle = made;
    return W3D_OK;
}

W3D_API w3d_result w3d_proxy_retain(w3d_proxy_registry *registry, w3d_handle handle)
{
    return w3d_handle_retain(registry->pool, handle);
}

W3D_API w3d_result w3d_proxy_release(w3d_proxy_registry *registry, w3d_handle handle)
{
    return w3d_handle_release(registry->pool, handle);
}

W3D_API void *w3d_proxy_get(w3d_proxy_registry *registry, w3d_handle handle)
{
    if (w3d_atomic_load_u32(&registry->abandoned)) return NULL;
    w3di_proxy_item *item = (w3di_proxy_item *)w3d_handle_get(registry->pool, handle);
    return item ? item->foreign : NULL;
}

/* The oldest release that has not been drained, off the queue; or NULL. */
static w3di_proxy_item *w3di_proxy_oldest(w3d_proxy_registry *registry)
{
    if (!registry->pending && w3d_atomic_load_pointer(&registry->stack)) {
        w3di_proxy_item *item =
            (w3di_proxy_item *)w3d_atomic_exchange_pointer(&registry->stack, NULL);
        while (item) {
            w3di_proxy_item *before = (w3di_proxy_item *)item->next;
            item->next = registry->pending;
            registry->pending = item;
            item = before;
        }
    }
    w3di_proxy_item *oldest = registry->pending;
    if (oldest) registry->pending = (w3di_proxy_item *)oldest->next;
    return oldest;
}

W3D_API w3d_result w3d_proxy_drain(w3d_proxy_registry *registry, uint32_t most, uint32_t *count)
{
    if (!w3d_proxy_is_owner(registry)) return W3D_ERR_THREAD;
    if (w3d_atomic_load_u32(&registry->abandoned)) return W3D_ERR_CLOSED;
    uint32_t done = 0;
    while (!most || done < most) {
        /* One at a time: the hook may drain too, abandon, or give the ownership away. */
        if (!w3d_proxy_is_owner(registry) || w3d_atomic_load_u32(&registry->abandoned)) break;
        w3di_proxy_item *item = w3di_proxy_oldest(registry);
        if (!item) break;
        void *foreign = item->foreign;
        w3di_proxy_count(&registry->drained);
        (void)w3d_handle_finish(registry->pool, item->handle);
        if (registry->hooks.release) registry->hooks.release(registry->hooks.user, foreign);
        done++;
    }
    if (count) *count = done;
    return W3D_OK;
}

W3D_API w3d_result w3d_proxy_abandon(w3d_proxy_registry *registry)
{
    if (!w3d_proxy_is_owner(registry)) return W3D_ERR_THREAD;
    w3d_atomic_store_u32(&registry->abandoned, 1);
    return W3D_OK;
}

W3D_API w3d_result w3d_proxy_registry_destroy(w3d_proxy_registry *registry, uint32_t *leaked)
{
    uint32_t count = 0;
    if (registry) {
        if (!w3d_proxy_is_owner(registry)) return W3D_ERR_THREAD;
        (void)w3d_proxy_drain(registry, 0, NULL);
        count = w3d_handle_pool_destroy(registry->pool);
        w3d_allocator allocator = registry->allocator;
        w3d_allocator_resize(&allocator, registry, sizeof *registry, 0);
    }
    if (leaked) *leaked = count;
    return W3D_OK;
}

W3D_API w3d_proxy_stats w3d_proxy_registry_stats(w3d_proxy_registry *registry)
{
    w3d_handle_stats pool = w3d_handle_pool_stats(registry->pool);
    w3d_proxy_stats stats;
    w3d_fill(&stats, 0, sizeof stats);
    stats.created = w3d_atomic_load_relaxed_u64(&registry->created);
    stats.released = w3d_atomic_load_relaxed_u64(&registry->released);
    stats.drained = w3d_atomic_load_relaxed_u64(&registry->drained);
    stats.held = pool.live;
    stats.refused = pool.refused;
    if (w3d_atomic_load_u32(&registry->abandoned)) {
        stats.abandoned = stats.created - stats.released - stats.drained;
    } else {
        stats.queued = w3d_atomic_load_relaxed_u64(&registry->queued) - stats.drained;
        stats.live = stats.created - stats.released - stats.drained - stats.queued;
    }
    return stats;
}
