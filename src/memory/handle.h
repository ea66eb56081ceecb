/* handle.h - names for objects that several threads share: counted, checked, never reused.
 *
 * A handle is a number, so it may cross into JavaScript, a file or another thread and come back
 * late, twice or damaged: what is stale is refused, whatever its 64 bits are.
 *
 *     w3d_handle_pool_desc desc = { 0 };
 *     desc.object_size = sizeof(texture);
 *     desc.finalise = texture_free;
 *     w3d_handle_pool_create(&desc, &pool);
 *     w3d_handle_create(pool, 0, &handle, &object);      one reference
 *     texture *t = (texture *)w3d_handle_get(pool, handle);
 *     w3d_handle_release(pool, handle);                  none left: texture_free runs, once
 *     w3d_handle_get(pool, handle);                      NULL: stale
 *
 * Bits of a handle  0-31 index of the slot, 32-55 generation (1 to 16777215), 56-63 the pool's id.
 * A slot whose last generation has ended is retired; a generation never comes again. 0 is none.
 *
 * Thread  Everything except creating and destroying the pool may be called by any thread at any
 *         time, also from finalisers. No locks: one atomic word of a slot holds generation and
 *         count, so that a reference is taken or given back in one compare-and-swap. */
#ifndef W3D_HANDLE_H
#define W3D_HANDLE_H

#include "core/atomic.h"
#include "core/bits.h"

/* Limits: slots of a pool, and references to an object. */
#define W3D_HANDLE_MOST_SLOTS      0x80000000u
#define W3D_HANDLE_MOST_REFERENCES 0x7FFFFFFFu
/* The same for pools of the 32-bit form, whose last generation is 4095. */
#define W3D_HANDLE_MOST_SLOTS_32 0x100000u

typedef struct w3d_handle {
    uint64_t id;
} w3d_handle;

/* What a finaliser answers. */
typedef enum w3d_handle_end {
    W3D_HANDLE_ENDED = 0, /* the object is gone, its slot free                            */
    W3D_HANDLE_LATER      /* the slot stays taken until somebody calls w3d_handle_finish */
} w3d_handle_end;

/* A live object, as reports show it. */
typedef struct w3d_handle_live {
    w3d_handle handle;
    void *object;
    uint32_t references;
    uint32_t tag; /* as given to w3d_handle_create */
} w3d_handle_live;

typedef struct w3d_handle_pool_desc {
    size_t object_size; /* bytes of an object; 0 is allowed: only counting                     */
    size_t alignment;   /* of objects: a power of two up to 4096; 0: 8                         */
    uint32_t capacity;  /* most objects at a time; 0: as many as the form has indices for      */
    uint32_t reserve;   /* slots allocated at once; growth is by chunks of 16, 16, 32, 64, ... */
    uint32_t id;        /* 0 to 255: pools with different ids refuse each other's handles      */
    uint32_t form_32;   /* 1: handles fit the 32-bit form: 2^20 slots, 4095 generations        */
    /* Called once per object, by whoever gave the last reference back; the handle is stale by then
     * and no other thread can reach the object. NULL: nothing to do. */
    w3d_handle_end (*finalise)(void *user, void *object, w3d_handle handle);
    /* Called where a handle is refused, by the thread that used it. NULL: only counted. */
    void (*refused)(void *user, w3d_handle handle, w3d_result why);
    /* Called by w3d_handle_pool_destroy for every object still alive. NULL: only counted. */
    void (*leaked)(void *user, const w3d_handle_live *live);
    void *user;
    /* Called by whichever threads create, at once if need be; zeroed: the default. */
    w3d_allocator allocator;
} w3d_handle_pool_desc;

/* Counts of a pool. Exact while no other thread is at work in it. */
typedef struct w3d_handle_stats {
    uint64_t created;    /* objects ever                                              */
    uint64_t live;       /* objects with references                                   */
    uint64_t references; /* to all of them                                            */
    uint64_t ending;     /* finalisers running, or W3D_HANDLE_LATER and not finished  */
    uint64_t retired;    /* slots at the end of their generations                     */
    uint64_t used;       /* slots that have ever held an object: the peak, retired included */
    uint64_t slots;      /* slots in memory                                           */
    uint64_t memory;     /* bytes from the allocator                                  */
    uint64_t refused;    /* uses of handles that were stale, damaged or another pool's */
} w3d_handle_stats;

/* What stands in front of every object. Private.
 *
 * word  63..32 as in the handle | 31: 1 when dead | 30..0 references, or when dead: 0 free,
 *       1 ending, 2 retired. For a free slot the generation is the one to come.
 * self  the handle, for get to compare; when dead what no handle that leads here can be: the index
 *       with its last bit changed. Written by the slot's owner of the moment, after the word has
 *       said who that is; so it may lag behind the word, but not while the object is held. */
typedef struct w3d_handle_slot {
    uint64_t self;
    uint64_t word;
    uint32_t tag;
    uint32_t next; /* of a free slot: 1 + index of the next free one, 0 at the end */
} w3d_handle_slot;

enum { W3D_HANDLE_CHUNKS = 29 }; /* of indices 0 to 15, 16 to 31, 32 to 63, 64 to 127, ... */

/* A pool. Fields are private; the struct is public only so that get can be inline. Chunks double,
 * stay where they are until the pool is destroyed, and are published before `slots` counts them. */
typedef struct w3d_handle_pool {
    /* By leading zeros of the index, so largest chunk first: the address its object 0 would have if
     * the chunk went that far down, plus 1, so that it is never NULL. */
    void *bases[W3D_HANDLE_CHUNKS];
    size_t stride;
    uint32_t slots; /* in published chunks: every index below has memory */
    uint32_t last_generation;
    uint32_t upper; /* the id, in place */
    uint32_t capacity;
    size_t object_size, alignment;
    void *blocks[W3D_HANDLE_CHUNKS];
    w3d_handle_end (*finalise)(void *user, void *object, w3d_handle handle);
    void (*refused_hook)(void *user, w3d_handle handle, w3d_result why);
    void (*leaked_hook)(void *user, const w3d_handle_live *live);
    void *user;
    w3d_allocator allocator;
    unsigned char apart[128]; /* what is written often stays out of the lines that get reads */
    uint64_t free_head; /* 63..32 counts removals, 31..0 is 1 + index of the first free slot */
    uint32_t used;      /* slots from here on have never been handed out                     */
    uint32_t refused;
    unsigned char behind[128];
} w3d_handle_pool;

/* ---- handles as numbers ---- */

W3D_INLINE uint32_t w3d_handle_index(w3d_handle handle) { return (uint32_t)handle.id; }
W3D_INLINE uint32_t w3d_handle_generation(w3d_handle handle)
{
    return (uint32_t)(handle.id >> 32) & 0xFFFFFFu;
}
W3D_INLINE uint32_t w3d_handle_pool_id(w3d_handle handle) { return (uint32_t)(handle.id >> 56); }

/* The 32-bit form: bits 0-19 index, 20-31 generation; the receiver knows the pool. 0 is none.
 *
 *   id      out  untouched on errors
 *
 * Errors  W3D_ERR_RANGE: index or generation needs more bits; handles of a pool with form_32 never
 *         do. */
static inline w3d_result w3d_handle_to_32(w3d_handle handle, uint32_t *id)
{
    uint32_t index = w3d_handle_index(handle), generation = w3d_handle_generation(handle);
    if (index >> 20 || generation >> 12) return W3D_ERR_RANGE;
    if (handle.id && !generation) return W3D_ERR_RANGE;
    *id = generation << 20 | index;
    return W3D_OK;
}

/* And back: any `id` is safe, what is no handle will be refused. 0 gives none. */
static inline w3d_handle w3d_handle_from_32(const w3d_handle_pool *pool, uint32_t id)
{
    w3d_handle handle;
    handle.id = (uint64_t)(pool->upper | id >> 20) << 32 | (id & 0xFFFFFu);
    if (!(id >> 20)) handle.id = 0;
    return handle;
}

/* ---- the pool ---- */

/* Makes an empty pool.
 *
 *   pool  out  untouched on errors; give it back with w3d_handle_pool_destroy
 *
 * Errors  W3D_ERR_ARGUMENT  pointers; alignment, id or reserve outside what the desc says
 *         W3D_ERR_LIMIT     capacity above W3D_HANDLE_MOST_SLOTS, or .._32 with form_32
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_handle_pool_create(const w3d_handle_pool_desc *desc, w3d_handle_pool **pool);

/* Reports and finalises what is still alive, then gives all memory back. NULL does nothing. What
 * answered W3D_HANDLE_LATER and was not finished goes without another word. Gives the number of
 * objects that were alive.
 *
 * Thread  no other thread may use the pool any more. */
W3D_API uint32_t w3d_handle_pool_destroy(w3d_handle_pool *pool);

/* Calls visit(user, live) for every live object; the number of them is returned.
 *
 *   visit   in  NULL: only counts. live->object is safe to look at only while something holds it.
 *
 * Cost    O(slots ever used). */
W3D_API uint32_t w3d_handle_report(w3d_handle_pool *pool,
                                   void (*visit)(void *user, const w3d_handle_live *live),
                                   void *user);

/* Counts; see w3d_handle_stats. Cost: O(slots ever used): nothing is counted on the fast paths. */
W3D_API w3d_handle_stats w3d_handle_pool_stats(w3d_handle_pool *pool);

/* ---- objects ---- */

/* Makes an object with one reference; its bytes are zero.
 *
 *   tag     in   anything that helps to read a leak report: a type, a place
 *   handle  out  untouched on errors
 *   object  out  its memory, which never moves; untouched on errors; NULL where not wanted
 *
 * Errors  W3D_ERR_CAPACITY       `capacity` slots are taken or retired
 *         W3D_ERR_OUT_OF_MEMORY  a chunk was needed
 * Cost    two atomic operations. Growing: where two threads need the same chunk at once, both
 *         allocate and one gives its block back, so that neither waits for the other. */
W3D_API w3d_result w3d_handle_create(w3d_handle_pool *pool, uint32_t tag, w3d_handle *handle,
                                     void **object);

/* Takes one more reference, if the object is still alive.
 *
 * Errors  W3D_ERR_STALE     it is not, and never will be again
 *         W3D_ERR_ARGUMENT  the handle of another pool, or none
 *         W3D_ERR_INDEX     its slot has never been handed out
 *         W3D_ERR_LIMIT     W3D_HANDLE_MOST_REFERENCES are taken
 *         All but the last are counted as refused.
 * Cost    one compare-and-swap, repeated where others change the same object's count. */
W3D_API w3d_result w3d_handle_retain(w3d_handle_pool *pool, w3d_handle handle);

/* Gives one reference back. Whoever gives back the last one runs the finaliser; then the slot's
 * generation goes up and it is free.
 *
 * Errors  as w3d_handle_retain, without the limit. One release too many is refused if the object is
 *         gone; while others hold it, it takes one of their references: no count can tell. */
W3D_API w3d_result w3d_handle_release(w3d_handle_pool *pool, w3d_handle handle);

/* Frees the slot of an object whose finaliser has answered, or is about to answer,
 * W3D_HANDLE_LATER: once.
 *
 * Errors  W3D_ERR_STALE: there is no such object, or it has been finished. */
W3D_API w3d_result w3d_handle_finish(w3d_handle_pool *pool, w3d_handle handle);

/* Counts a refused handle and says why: the slow half of the others. Not for callers. */
W3D_API w3d_result w3d_handle_refuse(w3d_handle_pool *pool, w3d_handle handle)
#if defined(__GNUC__)
    __attribute__((cold))
#endif
    ;

/* Loads that something else has ordered: the load of `slots`, or the caller's reference. Private.
 * An atomic load in wasm is a sequentially consistent one, with a check of its alignment; a plain
 * one of a number that does not change meanwhile is the same. */
W3D_INLINE uintptr_t w3di_handle_base(void *const *p)
{
#if defined(__GNUC__) && !defined(__wasm__)
    return (uintptr_t)__atomic_load_n(p, __ATOMIC_RELAXED);
#else
    return (uintptr_t) * (void *const volatile *)p;
#endif
}
W3D_INLINE uint64_t w3di_handle_self(const uint64_t *p)
{
#if defined(__GNUC__) && !defined(__wasm__)
    return w3d_atomic_load_relaxed_u64(p);
#else
    return *(const volatile uint64_t *)p;
#endif
}

/* The address of the object with an index below pool->slots. Private. */
W3D_INLINE uintptr_t w3di_handle_address(w3d_handle_pool *pool, uint32_t index)
{
    unsigned chunk = w3d_bits_leading_zeros(index | 15u);
    uintptr_t base = w3di_handle_base(&pool->bases[chunk]);
    return base + (uintptr_t)index * pool->stride - 1u;
}

/* The object of a handle, or NULL where the handle is stale or damaged.
 *
 * Range   the pointer is good while the caller knows of a reference that nobody gives back
 * Cost    a count of leading zeros, a multiplication, two compares; no writes. 1.5 times a pointer
 *         that is followed, for objects of a cache line. */
W3D_INLINE void *w3d_handle_get(w3d_handle_pool *pool, w3d_handle handle)
{
    if (w3d_handle_index(handle) < w3d_atomic_load_u32(&pool->slots)) {
        uintptr_t object = w3di_handle_address(pool, w3d_handle_index(handle));
        const w3d_handle_slot *slot = (const w3d_handle_slot *)(object - sizeof(w3d_handle_slot));
        if (w3di_handle_self(&slot->self) == handle.id) {
#if defined(__GNUC__)
            if (!object) __builtin_unreachable(); /* spares callers that test for NULL the test */
#endif
            return (void *)object;
        }
    }
    (void)w3d_handle_refuse(pool, handle);
    return NULL;
}

/* Takes a reference and gives the object, or NULL: for handles that come from somewhere else and
 * whose object may be released meanwhile. Give it back with w3d_handle_release. */
W3D_INLINE void *w3d_handle_acquire(w3d_handle_pool *pool, w3d_handle handle)
{
    if (w3d_handle_retain(pool, handle) != W3D_OK) return NULL;
    return (void *)w3di_handle_address(pool, w3d_handle_index(handle));
}

#endif /* W3D_HANDLE_H */
