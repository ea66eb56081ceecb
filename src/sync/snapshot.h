/* snapshot.h - readers see a whole version of something while writers put newer ones in its place.
 *
 * A mesh, a scene, a table: built once, published, never changed again. Readers take what is
 * current and never wait; a version that was replaced is freed when no reader can have it any more.
 *
 *     w3d_snapshot_domain domain;                      // readers and what waits to be freed
 *     w3d_snapshot shape;                              // one published thing; many to a domain
 *     w3d_snapshot_reader *reader;                     // one for each reading thread
 *     w3d_snapshot_domain_create(&domain, NULL);
 *     w3d_snapshot_create(&shape, &domain, NULL);
 *     w3d_snapshot_register(&domain, &reader);
 *
 *     w3d_snapshot_publish(&shape, mesh, sizeof *mesh, 0);                   // any thread
 *
 *     w3d_snapshot_pin(reader);                                              // once a job or frame
 *     const my_mesh *current = (const my_mesh *)w3d_snapshot_get(&shape, reader);
 *     ...                                                                    // good until unpin
 *     w3d_snapshot_unpin(reader);
 *
 * How it is freed. The domain has an epoch, and pinning writes it into the reader's record. It
 * moves on when every pinned reader has been seen in the present one, so a version that was
 * replaced in epoch e is out of everybody's reach in e + 2: the two looks that took it there
 * expected different numbers, and a reader pinned all the while shows but one. (Where nobody is
 * pinned, one look is enough and counts for two.) Publishing looks by itself, and
 * w3d_snapshot_reclaim does.
 *
 * What a pin costs. Before a look the writer has the system put a memory barrier into every running
 * thread (w3d_thread_barrier_all), so that readers can do without one: pin is then a plain store.
 * Where the system has none, as in wasm, pin is a sequentially consistent store; which of the two
 * is settled when the domain is made. In a loop, w3d_snapshot_refresh is cheaper than unpin and
 * pin: two loads and a compare as long as nothing was published.
 *
 * A reader that stays pinned stops the freeing, and soon the publishing: once a stated number or
 * size of versions waits, w3d_snapshot_publish says W3D_ERR_BUSY. Memory stays bounded.
 *
 * To keep a version beyond the pin, copy it, or let it carry a count: raise it under the pin, and
 * give `release` a function that lowers it, and frees at zero.
 *
 * Source  Keir Fraser, "Practical lock-freedom" (2004), section 5.2.3: epochs. Mathieu Desnoyers et
 *         al., "User-Level Implementations of Read-Copy Update", IEEE TPDS 23 (2012): the barrier
 *         on the writer's side. The protocol is modelled in tests/models/snapshot.pml. */
#ifndef W3D_SNAPSHOT_H
#define W3D_SNAPSHOT_H

#include "core/atomic.h"
#include "sync/mutex.h"

struct w3d_snapshot_domain;
struct w3di_snapshot_retired;

/* clang-format off */
typedef struct w3d_snapshot_domain_desc {
    w3d_allocator allocator;     /* for the domain's tables, and for versions of snapshots without
                                    `release`: those are freed on any thread; it must allow that  */
    uint32_t reader_capacity;    /* most readers at a time; 0: 64                                 */
    uint32_t retired_capacity;   /* most versions that wait to be freed; 0: 256                   */
    uint64_t retired_size_limit; /* publish says busy while this many bytes wait, or more: one
                                    version may go beyond, whatever its size; 0: no limit         */
    uint32_t batch_count;        /* publish looks for what can be freed only when this many wait;
                                    0: 1, every time                                              */
    uint32_t fence_readers;      /* 1: readers pay for the barrier although the system has one:
                                    for writers who publish more often than others pin            */
} w3d_snapshot_domain_desc;

/* A registered reader: 128 bytes, its own cache lines. Fields are private. */
typedef struct w3d_snapshot_reader {
    uint32_t state; /* the low two bits of the epoch, 4 * pins, and in the top bit whether the
                       readers of this domain fence; nothing below that: not pinned */
    uint32_t epoch; /* what pin writes there: the domain's, copied by whoever moves it */
    uint32_t taken;
    uint32_t zero;
    struct w3d_snapshot_domain *domain;
    unsigned char gap[112 - sizeof(void *)];
} w3d_snapshot_reader;

/* Readers, and the versions that wait for them; the caller's memory (128 bytes), kept in
 * place until destroyed. Fields are private. */
typedef struct w3d_snapshot_domain {
    w3d_mutex mutex;           /* over everything below, and over changing what is current        */
    uint32_t  turn;            /* the epoch, counted in full                                      */
    uint32_t  fenced;
    uint32_t  batch_count;
    uint32_t  reader_capacity;
    uint32_t  reader_end;      /* records from here on were never taken                           */
    uint32_t  reader_count;
    uint32_t  snapshot_count;
    uint32_t  retired_capacity;
    uint32_t  retired_first;   /* the oldest in the ring `retired` */
    uint32_t  retired_count;
    uint32_t  held_count;      /* those, and what is being released just now */
    uint64_t  held_size;
    uint64_t  retired_size_limit;
    uint64_t  published, released;
    w3d_snapshot_reader          *readers;
    struct w3di_snapshot_retired *retired;
    void         *block;
    size_t        block_size;
    w3d_allocator allocator;
} w3d_snapshot_domain;

/* One thing that is published; the caller's memory. Fields are private. */
typedef struct w3d_snapshot {
    void  *current;
    size_t size;
    struct w3d_snapshot_domain *domain;
    void (*release)(void *user, void *version, size_t size);
    void  *user;
} w3d_snapshot;

typedef struct w3d_snapshot_desc {
    /* Gives back what one version holds: called once for each, outside every lock, on the thread
     * that publishes, reclaims or destroys; it may publish, with a timeout of 0, and not from
     * one release to the next without end. NULL: the domain's allocator frees it. */
    void (*release)(void *user, void *version, size_t size);
    void  *user;    /* for release                           */
    void  *version; /* the first; taken over. NULL: none yet */
    size_t size;    /* its bytes, as in w3d_snapshot_publish */
} w3d_snapshot_desc;

typedef struct w3d_snapshot_stats {
    uint64_t published;     /* versions that were ever current                                 */
    uint64_t released;      /* versions given back                                             */
    uint64_t retired_size;  /* bytes that wait to be freed                                     */
    uint32_t retired_count; /* versions that wait to be freed                                  */
    uint32_t reader_count;  /* registered                                                      */
    uint32_t pinned_count;  /* of these, pinned just now                                       */
    uint32_t stalled_count; /* of these, in an earlier epoch: they are who is being waited for */
} w3d_snapshot_stats;
/* clang-format on */

/* ---- domains ---- */

/* Makes a domain without readers and snapshots. One allocation; nothing allocates after it.
 *
 *   domain  out  the caller's memory
 *   desc    in   NULL: all defaults
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY, also for capacities beyond the address space. */
W3D_API w3d_result w3d_snapshot_domain_create(w3d_snapshot_domain *domain,
                                              const w3d_snapshot_domain_desc *desc);

/* Frees every version that waits and the domain's tables; *domain is then zeroed. Readers need not
 * be unregistered, but their records are gone. A zeroed domain may be destroyed.
 *
 * Errors  W3D_ERR_BUSY: a reader is pinned, or a snapshot was not destroyed; nothing has changed.
 * Thread  one; nobody else may be using the domain. */
W3D_API w3d_result w3d_snapshot_domain_destroy(w3d_snapshot_domain *domain);

/* Looks at the readers, at most twice, and frees what nobody can have any more. For a thread that
 * publishes seldom and wants memory back; call it once a frame or when idle.
 *
 * Errors  W3D_ERR_BUSY: something has to wait for a reader. W3D_ERR_UNSUPPORTED: the system refuses
 *         the barrier it gave before, so nothing can be freed.
 * Cost    nothing waits: a lock. Else microseconds, for the barrier, and a load for each reader.
 * Thread  any, pinned or not. */
W3D_API w3d_result w3d_snapshot_reclaim(w3d_snapshot_domain *domain);

/* Fills *stats; the readers are counted while they move. Thread: any. */
W3D_API void w3d_snapshot_domain_stats(w3d_snapshot_domain *domain, w3d_snapshot_stats *stats);

/* ---- snapshots: the writers' side ---- */

/* Makes a snapshot in a domain.
 *
 *   snapshot  out  the caller's memory, kept in place until destroyed
 *   desc      in   NULL: no version yet, versions freed by the domain's allocator */
W3D_API w3d_result w3d_snapshot_create(w3d_snapshot *snapshot, w3d_snapshot_domain *domain,
                                       const w3d_snapshot_desc *desc);

/* Retires the current version and takes the snapshot out of its domain; *snapshot is then zeroed.
 * Readers may still be using that version; they must not call w3d_snapshot_get for this snapshot
 * any more. A zeroed snapshot may be destroyed.
 *
 * Errors  W3D_ERR_BUSY: too much waits already, as in w3d_snapshot_publish; nothing has changed. */
W3D_API w3d_result w3d_snapshot_destroy(w3d_snapshot *snapshot);

/* Makes `version` the current one; what was current is released when every reader has moved on.
 *
 *   version     in  taken over on success, and not changed by anybody from then on; NULL: none.
 *                   Must not be current in any snapshot nor waiting to be released
 *   size        in  its bytes: what counts against retired_size_limit and is handed to release
 *   timeout_ns  in  0: do not wait; W3D_FOREVER. Waiting looks at the readers again and again, with
 *                   pauses of up to 1 ms, as unpin wakes nobody
 *
 * Errors  Nothing was published and `version` is still the caller's:
 *         W3D_ERR_BUSY: the domain's limit of versions that wait is reached because some reader
 *         stays pinned, and there is no time to wait (timeout_ns is 0, or this thread may not
 *         block). W3D_ERR_TIMEOUT: the same after waiting. Who waits for a pin of its own waits in
 *         vain.
 * Cost    a lock and, where the system has a barrier, one or two system calls; see batch_count.
 * Thread  any; several writers take turns. */
W3D_API w3d_result w3d_snapshot_publish(w3d_snapshot *snapshot, void *version, size_t size,
                                        uint64_t timeout_ns);

/* As w3d_snapshot_publish without waiting, but only if `expected` is what is current: for several
 * writers who each derive the next version from the present one. The caller has `expected` from
 * w3d_snapshot_get and is still pinned, so its address stands for no other version.
 *
 * Errors  W3D_ERR_STALE: another version is current: begin again from that. W3D_ERR_BUSY. */
W3D_API w3d_result w3d_snapshot_replace(w3d_snapshot *snapshot, const void *expected, void *version,
                                        size_t size);

/* ---- readers ---- */

/* Takes a reader's record. One thread at a time uses it; it may be handed on by anything that
 * orders memory, unpinned or pinned. A thread that ends does not give its record back: who joins it
 * may, and may first unpin what it left pinned.
 *
 *   reader  out  untouched on errors
 *
 * Errors  W3D_ERR_CAPACITY: reader_capacity are registered.
 * Thread  any. */
W3D_API w3d_result w3d_snapshot_register(w3d_snapshot_domain *domain, w3d_snapshot_reader **reader);

/* Gives a record back.
 *
 *   reader  in  NULL does nothing
 *
 * Errors  W3D_ERR_BUSY: it is pinned; nothing has changed. */
W3D_API w3d_result w3d_snapshot_unregister(w3d_snapshot_reader *reader);

/* 1 between pin and unpin. Thread: the one that uses the record. */
W3D_INLINE int w3d_snapshot_pinned(const w3d_snapshot_reader *reader)
{
    return (reader->state & 0x7FFFFFFFu) != 0;
}

/* Only its reader writes `state`, so the reader may look at it as at any variable; every store
 * releases, so that who looks at any of them comes after what was read before. Where readers fence,
 * its top bit is always set: the short ways through pin and unpin are those without. */
#if defined(__GNUC__)
#define W3DI_SNAPSHOT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#else
#define W3DI_SNAPSHOT_LIKELY(condition) (condition)
#endif

/* Writes the present epoch into the record, before anything is read under it. */
W3D_INLINE void w3di_snapshot_enter(w3d_snapshot_reader *reader, int fence)
{
    uint32_t epoch = w3d_atomic_load_relaxed_u32(&reader->epoch);
    if (fence) {
        w3d_atomic_store_seq_u32(&reader->state, epoch);
    } else {
        /* The processor may take later loads before this store: the writer's barrier sees to it. */
        w3d_atomic_store_u32(&reader->state, epoch);
        w3d_atomic_compiler_fence();
    }
}

/* From here to the matching unpin, what w3d_snapshot_get gives stays whole, for all snapshots of
 * the domain. Pins nest (up to 2^29 - 1 deep) and only the outermost counts.
 *
 * Cost    below 1 ns with the system's barrier, else a sequentially consistent store; never waits.
 * Thread  the one that uses the record. */
W3D_INLINE void w3d_snapshot_pin(w3d_snapshot_reader *reader)
{
    uint32_t state = reader->state;
    if (W3DI_SNAPSHOT_LIKELY(!state))
        w3di_snapshot_enter(reader, 0);
    else if (state == 0x80000000u)
        w3di_snapshot_enter(reader, 1);
    else
        w3d_atomic_store_u32(&reader->state, state + 4u);
}

/* Ends a pin. Without one it does nothing, and asserts where W3D_DEBUG is 1. */
W3D_INLINE void w3d_snapshot_unpin(w3d_snapshot_reader *reader)
{
    uint32_t state = reader->state;
    W3D_ASSERT(state & 0x7FFFFFFFu);
    if (W3DI_SNAPSHOT_LIKELY(state < 8u))
        w3d_atomic_store_u32(&reader->state, 0);
    else if (state & 0x7FFFFFF8u) /* nested */
        w3d_atomic_store_u32(&reader->state, state - 4u);
    else
        w3d_atomic_store_u32(&reader->state, 0x80000000u);
}

/* As unpin and pin: what was read before is let go. Under a nested pin it does nothing, since the
 * outer one holds on; a reader that is not pinned is pinned.
 *
 * Cost    two loads and a compare while the epoch stands, else a pin. */
W3D_INLINE void w3d_snapshot_refresh(w3d_snapshot_reader *reader)
{
    uint32_t state = reader->state;
    if (W3DI_SNAPSHOT_LIKELY(state == w3d_atomic_load_relaxed_u32(&reader->epoch))) return;
    if (!(state & 0x7FFFFFF8u)) w3di_snapshot_enter(reader, state >> 31 != 0);
}

/* The current version, or NULL where there is none; good until `reader` is unpinned or refreshed.
 * Two calls under one pin may give different versions.
 *
 *   reader  in  pinned, of the snapshot's domain; both are asserted where W3D_DEBUG is 1
 *
 * Cost    one load. */
W3D_INLINE const void *w3d_snapshot_get(const w3d_snapshot *snapshot,
                                        const w3d_snapshot_reader *reader)
{
    W3D_ASSERT(w3d_snapshot_pinned(reader) && reader->domain == snapshot->domain);
    (void)reader;
    /* Not merely acquire: it must not be taken before the store of a pin that fences. */
    return w3d_atomic_load_seq_pointer(&snapshot->current);
}

#undef W3DI_SNAPSHOT_LIKELY

#endif /* W3D_SNAPSHOT_H */
