/* proxy.h - objects of another runtime (a PyObject, a JNI reference) held from any thread.
 *
 * A foreign reference count may be touched on the runtime's own thread only. A proxy is a handle in
 * its place: any thread keeps and releases it; what is released elsewhere waits in a queue until
 * the owner drains it.
 *
 *     desc.hooks.retain = incref, desc.hooks.release = decref;
 *     w3d_proxy_registry_create(&desc, &registry);             the caller becomes the owner
 *     w3d_proxy_create(registry, object, 0, &handle);          owner: incref(object)
 *     w3d_proxy_release(registry, handle);                     any thread: queued
 *     w3d_proxy_drain(registry, 0, NULL);                      owner: decref(object)
 *     w3d_proxy_abandon(registry);                             owner, before the runtime ends
 *
 * With CPython the owner is whoever holds the GIL: see w3d_proxy_adopt, and examples/python. */
#ifndef W3D_PROXY_H
#define W3D_PROXY_H

#include "memory/handle.h"

/* How the runtime counts; both are called by the owner only. NULL: nothing to call. Without
 * `retain` a proxy takes over the reference that its creator holds. */
typedef struct w3d_proxy_hooks {
    void (*retain)(void *user, void *foreign);
    void (*release)(void *user, void *foreign); /* may call every function here but destroy;
                                                   while that runs, not disown either */
    void *user;
} w3d_proxy_hooks;

typedef struct w3d_proxy_desc {
    w3d_proxy_hooks hooks;
    uint32_t capacity; /* most proxies at a time, queued ones included; 0: no limit  */
    uint32_t reserve;  /* slots allocated at once                                    */
    uint32_t id;       /* the pool's id in handles, 0 to 255                         */
    uint32_t form_32;  /* 1: handles fit the 32-bit form                             */
    /* Called by destroy for every proxy still held; live->object is not the foreign one. */
    void (*leaked)(void *user, const w3d_handle_live *live);
    w3d_allocator allocator;
} w3d_proxy_desc;

/* Counts. created = live + queued + released + drained + abandoned. Exact while no other thread is
 * at work. */
typedef struct w3d_proxy_stats {
    uint64_t created;
    uint64_t live;      /* held, and not abandoned                          */
    uint64_t queued;    /* released elsewhere, waiting to be drained        */
    uint64_t released;  /* given back to the runtime at once, by the owner  */
    uint64_t drained;   /* given back out of the queue                      */
    uint64_t abandoned; /* never given back: the runtime had ended          */
    uint64_t held;      /* handles still alive, abandoned or not            */
    uint64_t refused;   /* uses of stale handles; a second release is one   */
} w3d_proxy_stats;

typedef struct w3d_proxy_registry w3d_proxy_registry;

/* Makes a registry owned by the calling thread.
 *
 *   registry  out  untouched on errors
 *
 * Errors  as w3d_handle_pool_create */
W3D_API w3d_result w3d_proxy_registry_create(const w3d_proxy_desc *desc,
                                             w3d_proxy_registry **registry);

/* Drains, releases what is still held (reported as leaked) and frees the registry; what has been
 * abandoned stays untouched. NULL does nothing.
 *
 *   leaked  out  how many proxies were still held; NULL where not wanted
 *
 * Errors  W3D_ERR_THREAD: not the owner; nothing happened.
 * Thread  the owner; no other thread may use the registry any more. Where threads live on past the
 *         end of the runtime, abandon and leave the registry be: the process takes it back. */
W3D_API w3d_result w3d_proxy_registry_destroy(w3d_proxy_registry *registry, uint32_t *leaked);

/* 1 where the calling thread owns the registry: then and only then may it touch foreign objects. */
W3D_API int w3d_proxy_is_owner(const w3d_proxy_registry *registry);

/* Makes the calling thread the owner. The caller knows, by a lock such as the GIL, that the owner
 * before is in none of these functions, and it ends its ownership before that lock: a thread that
 * gives the lock away and goes on releasing would else call the runtime unlocked: see disown. */
W3D_API void w3d_proxy_adopt(w3d_proxy_registry *registry);

/* Leaves the registry without an owner, if the calling thread is it: then every release is queued.
 * What a thread does that ends, or lets go of the GIL, while others go on. */
W3D_API void w3d_proxy_disown(w3d_proxy_registry *registry);

/* Stands for a foreign object: calls hooks.retain on it and gives a handle with one reference.
 *
 *   foreign  in   not NULL
 *   tag      in   for the leak report
 *   handle   out  untouched on errors, and then nothing is retained
 *
 * Errors  W3D_ERR_THREAD    not the owner
 *         W3D_ERR_CLOSED    abandoned
 *         W3D_ERR_CAPACITY, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_proxy_create(w3d_proxy_registry *registry, void *foreign, uint32_t tag,
                                    w3d_handle *handle);

/* One more reference to the proxy; the foreign count stays. Errors: as w3d_handle_retain. */
W3D_API w3d_result w3d_proxy_retain(w3d_proxy_registry *registry, w3d_handle handle);

/* Gives a reference to the proxy back. With the last one the foreign object is released: at once on
 * the owner's thread, else when it drains; never once abandoned.
 *
 * Errors  W3D_ERR_STALE, _ARGUMENT, _INDEX: it has been released before, or never was a proxy;
 *         harmless: releasing twice what nobody else holds is the same as once.
 * Cost    no allocation, no lock: a release cannot fail and cannot wait. */
W3D_API w3d_result w3d_proxy_release(w3d_proxy_registry *registry, w3d_handle handle);

/* The foreign pointer, or NULL where the handle is stale or all is abandoned. The caller holds a
 * reference. On other threads than the owner's it is but a number: to compare, not to follow. */
W3D_API void *w3d_proxy_get(w3d_proxy_registry *registry, w3d_handle handle);

/* Gives what is queued back to the runtime, in the order of the releases.
 *
 *   most   in  stop after so many, for a budget; 0: until the queue is empty
 *   count  out how many; NULL where not wanted
 *
 * Errors  W3D_ERR_THREAD: not the owner. W3D_ERR_CLOSED: abandoned. Nothing was done. */
W3D_API w3d_result w3d_proxy_drain(w3d_proxy_registry *registry, uint32_t most, uint32_t *count);

/* The runtime is about to end: from now on no hook is called and no foreign pointer given out,
 * whatever threads that still run do. For good; calling it again does nothing.
 *
 * Errors  W3D_ERR_THREAD: not the owner (see w3d_proxy_adopt). */
W3D_API w3d_result w3d_proxy_abandon(w3d_proxy_registry *registry);

/* Counts; see w3d_proxy_stats. Any thread. Cost: a walk over the slots, for `held`. */
W3D_API w3d_proxy_stats w3d_proxy_registry_stats(w3d_proxy_registry *registry);

#endif /* W3D_PROXY_H */
