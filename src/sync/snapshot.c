/* snapshot.c - the epoch, the ring of versions that wait for it, and who may take them out.
 *
 * One mutex guards the writers' side. Under it a version is taken out of its snapshot and put into
 * the ring, marked with the epoch of that moment; and under it the epoch moves. So each look at the
 * readers lies wholly before or wholly after a version's retirement, and the two that free it lie
 * after. That is why the readers' copies of the epoch may be as old as they like and need only two
 * bits: whatever number a reader shows, it cannot pass two looks that expect different ones. */
#include "sync/snapshot.h"

#include "core/size.h"
#include "memory/allocator.h"
#include "sync/thread.h"

#define W3DI_SNAPSHOT_LINE  ((size_t)128)
#define W3DI_SNAPSHOT_BATCH 16u      /* versions released between two holds of the mutex */
#define W3DI_SNAPSHOT_PAUSE 1000000u /* longest sleep of a waiting publisher, ns         */

typedef struct w3di_snapshot_retired {
    void *version;
    size_t size;
    void (*release)(void *user, void *version, size_t size);
    void *user;
    uint32_t turn; /* of the domain, when it was retired */
} w3di_snapshot_retired;

/* What a reader writes when it pins: one pin, in this epoch. */
static uint32_t w3di_snapshot_encode(const w3d_snapshot_domain *domain)
{
    return (domain->fenced ? 0x80000000u : 0u) | 4u | (domain->turn & 3u);
}

W3D_API w3d_result w3d_snapshot_domain_create(w3d_snapshot_domain *domain,
                                              const w3d_snapshot_domain_desc *desc)
{
    w3d_snapshot_domain_desc none;
    w3d_fill(&none, 0, sizeof none);
    W3D_ASSERT(domain);
    if (!domain) return W3D_ERR_ARGUMENT;
    if (!desc) desc = &none;
    uint32_t readers = desc->reader_capacity ? desc->reader_capacity : 64;
    uint32_t retired = desc->retired_capacity ? desc->retired_capacity : 256;
    size_t size = W3DI_SNAPSHOT_LINE - 1; /* the allocator aligns to 8 */
    if (!w3d_size_append(&size, readers, sizeof(w3d_snapshot_reader)) ||
        !w3d_size_append(&size, retired, sizeof(w3di_snapshot_retired)))
        return W3D_ERR_OUT_OF_MEMORY;
    void *block = w3d_allocator_resize(&desc->allocator, NULL, 0, size);
    if (!block) return W3D_ERR_OUT_OF_MEMORY;

    w3d_fill(domain, 0, sizeof *domain);
    w3d_fill(block, 0, size);
    uintptr_t line = ((uintptr_t)block + W3DI_SNAPSHOT_LINE - 1) & ~(W3DI_SNAPSHOT_LINE - 1);
    domain->readers = (w3d_snapshot_reader *)line;
    domain->retired = (w3di_snapshot_retired *)(void *)(domain->readers + readers);
    domain->block = block;
    domain->block_size = size;
    domain->allocator = desc->allocator;
    domain->reader_capacity = readers;
    domain->retired_capacity = retired;
    domain->retired_size_limit = desc->retired_size_limit ? desc->retired_size_limit : UINT64_MAX;
    domain->batch_count = desc->batch_count ? desc->batch_count : 1;
    domain->fenced = desc->fence_readers || w3d_thread_barrier_all() != W3D_OK;
    return W3D_OK;
}

/* ---- looking at the readers ---- */

typedef struct w3di_snapshot_look {
    uint32_t pinned;  /* readers that are pinned             */
    uint32_t stalled; /* of these, not in the present epoch  */
} w3di_snapshot_look;

/* Acquire: what a reader did before it let go comes before what we do now. */
static w3di_snapshot_look w3di_snapshot_look_at(const w3d_snapshot_domain *domain)
{
    w3di_snapshot_look look = { 0, 0 };
    for (uint32_t i = 0; i < domain->reader_end; i++) {
        uint32_t state = w3d_atomic_load_seq_u32(&domain->readers[i].state) & 0x7FFFFFFFu;
        look.pinned += state != 0;
        look.stalled += state != 0 && (state & 3u) != (domain->turn & 3u);
    }
    return look;
}

/* Moves the epoch if the readers allow it. The mutex is held. */
static w3d_result w3di_snapshot_turn(w3d_snapshot_domain *domain)
{
    /* A reader that is seen behind already will not be in front after the barrier, or if so we only
     * lose one chance: with a stalled reader publishing costs no system call. */
    if (w3di_snapshot_look_at(domain).stalled) return W3D_ERR_BUSY;
    /* Between the exchanges of the pointers, done before, and the look. A reader whose pin is not
     * visible after this has yet to load its pointers, and will find the new ones. */
    if (domain->fenced) {
        w3d_atomic_fence();
    } else {
        w3d_result result = w3d_thread_barrier_all();
        if (result != W3D_OK) return result;
    }
    w3di_snapshot_look look = w3di_snapshot_look_at(domain);
    if (look.stalled) return W3D_ERR_BUSY;
    domain->turn += look.pinned ? 1u : 2u;
    for (uint32_t i = 0; i < domain->reader_end; i++)
        w3d_atomic_store_u32(&domain->readers[i].epoch, w3di_snapshot_encode(domain));
    return W3D_OK;
}

/* 1 where the oldest version that waits is out of everybody's reach. */
static int w3di_snapshot_due(const w3d_snapshot_domain *domain)
{
    return domain->retired_count && domain->turn - domain->retired[domain->retired_first].turn >= 2;
}

/* Moves the epoch at most twice and releases what has become due, W3DI_SNAPSHOT_BATCH at a time and
 * outside the mutex, since a release may publish. Where `batch_count` is not reached it does
 * nothing. A version counts against the limits until its release has returned. */
static w3d_result w3di_snapshot_collect(w3d_snapshot_domain *domain, uint32_t batch_count)
{
    w3di_snapshot_retired batch[W3DI_SNAPSHOT_BATCH];
    w3d_result result = W3D_OK;
    uint32_t looks = 0, count = 0, left;
    uint64_t size = 0;
    do {
        w3d_mutex_lock(&domain->mutex);
        domain->held_count -= count;
        domain->held_size -= size;
        domain->released += count;
        while (domain->retired_count >= batch_count && !w3di_snapshot_due(domain) && looks < 2 &&
               result == W3D_OK) {
            result = w3di_snapshot_turn(domain);
            looks++;
        }
        for (count = 0, size = 0; count < W3DI_SNAPSHOT_BATCH && w3di_snapshot_due(domain);) {
            const w3di_snapshot_retired *oldest = &domain->retired[domain->retired_first];
            size += oldest->size;
            batch[count++] = *oldest;
            if (++domain->retired_first == domain->retired_capacity) domain->retired_first = 0;
            domain->retired_count--;
        }
        left = domain->retired_count;
        w3d_mutex_unlock(&domain->mutex);
        for (uint32_t i = 0; i < count; i++) {
            if (batch[i].release)
                batch[i].release(batch[i].user, batch[i].version, batch[i].size);
            else
                w3d_allocator_resize(&domain->allocator, batch[i].version, batch[i].size, 0);
        }
    } while (count);
    return !left ? W3D_OK : result != W3D_OK ? result : W3D_ERR_BUSY;
}

W3D_API w3d_result w3d_snapshot_reclaim(w3d_snapshot_domain *domain)
{
    W3D_ASSERT(domain && domain->block);
    if (!domain || !domain->block) return W3D_ERR_ARGUMENT;
    return w3di_snapshot_collect(domain, 1);
}

W3D_API w3d_result w3d_snapshot_domain_destroy(w3d_snapshot_domain *domain)
{
    W3D_ASSERT(domain);
    if (!domain) return W3D_ERR_ARGUMENT;
    if (!domain->block) return W3D_OK;
    if (domain->snapshot_count || w3di_snapshot_look_at(domain).pinned) return W3D_ERR_BUSY;
    /* Nobody is pinned and nobody else is here: everything is due, also where the barrier fails. A
     * release cannot publish any more, as there is no snapshot. */
    domain->turn += 2;
    w3di_snapshot_collect(domain, 1);
    w3d_allocator allocator = domain->allocator;
    w3d_allocator_resize(&allocator, domain->block, domain->block_size, 0);
    w3d_fill(domain, 0, sizeof *domain);
    return W3D_OK;
}

W3D_API void w3d_snapshot_domain_stats(w3d_snapshot_domain *domain, w3d_snapshot_stats *stats)
{
    W3D_ASSERT(domain && stats);
    if (!domain || !stats) return;
    w3d_mutex_lock(&domain->mutex);
    w3di_snapshot_look look = w3di_snapshot_look_at(domain);
    stats->published = domain->published;
    stats->released = domain->released;
    stats->retired_size = domain->held_size;
    stats->retired_count = domain->held_count;
    stats->reader_count = domain->reader_count;
    stats->pinned_count = look.pinned;
    stats->stalled_count = look.stalled;
    w3d_mutex_unlock(&domain->mutex);
}

/* ---- snapshots ---- */

W3D_API w3d_result w3d_snapshot_create(w3d_snapshot *snapshot, w3d_snapshot_domain *domain,
                                       const w3d_snapshot_desc *desc)
{
    W3D_ASSERT(snapshot && domain && domain->block);
    if (!snapshot || !domain || !domain->block) return W3D_ERR_ARGUMENT;
    w3d_fill(snapshot, 0, sizeof *snapshot);
    snapshot->domain = domain;
    if (desc) {
        snapshot->release = desc->release;
        snapshot->user = desc->user;
        snapshot->current = desc->version;
        snapshot->size = desc->version ? desc->size : 0;
    }
    w3d_mutex_lock(&domain->mutex);
    domain->snapshot_count++;
    domain->published += snapshot->current != NULL;
    w3d_mutex_unlock(&domain->mutex);
    return W3D_OK;
}

/* What an exchange asks for besides its new version. */
typedef struct w3di_snapshot_terms {
    const void *expected; /* has to be current... */
    int compare;          /* ...where this is 1   */
    int last;             /* 1: the snapshot goes */
} w3di_snapshot_terms;

/* Exchanges the current version for another and retires it, if there is room. */
static w3d_result w3di_snapshot_exchange(w3d_snapshot *snapshot, void *version, size_t size,
                                         const w3di_snapshot_terms *terms)
{
    w3d_snapshot_domain *domain = snapshot->domain;
    w3d_result result = W3D_OK;
    w3d_mutex_lock(&domain->mutex);
    void *before = snapshot->current; /* only changed under the mutex */
    if (terms->compare && before != terms->expected) {
        result = W3D_ERR_STALE;
    } else if (before && (domain->held_count >= domain->retired_capacity ||
                          domain->held_size >= domain->retired_size_limit)) {
        result = W3D_ERR_BUSY;
    } else {
        w3d_atomic_exchange_pointer(&snapshot->current, version);
        if (before) {
            uint32_t first = domain->retired_first, tail = domain->retired_capacity - first;
            w3di_snapshot_retired *retired = domain->retired_count < tail
                                                 ? &domain->retired[first + domain->retired_count]
                                                 : &domain->retired[domain->retired_count - tail];
            retired->version = before;
            retired->size = snapshot->size;
            retired->release = snapshot->release;
            retired->user = snapshot->user;
            retired->turn = domain->turn;
            domain->retired_count++;
            domain->held_count++;
            domain->held_size += snapshot->size;
        }
        snapshot->size = version ? size : 0;
        domain->published += version != NULL;
        domain->snapshot_count -= terms->last != 0;
    }
    w3d_mutex_unlock(&domain->mutex);
    return result;
}

/* The same, making room where there is none; afterwards it frees what it can. */
static w3d_result w3di_snapshot_put(w3d_snapshot *snapshot, void *version, size_t size,
                                    const w3di_snapshot_terms *terms)
{
    w3d_snapshot_domain *domain = snapshot->domain;
    w3d_result result = w3di_snapshot_exchange(snapshot, version, size, terms);
    if (result == W3D_ERR_BUSY) {
        w3di_snapshot_collect(domain, 1);
        result = w3di_snapshot_exchange(snapshot, version, size, terms);
    }
    if (result == W3D_OK) w3di_snapshot_collect(domain, domain->batch_count);
    return result;
}

W3D_API w3d_result w3d_snapshot_publish(w3d_snapshot *snapshot, void *version, size_t size,
                                        uint64_t timeout_ns)
{
    const w3di_snapshot_terms terms = { NULL, 0, 0 };
    W3D_ASSERT(snapshot && snapshot->domain);
    if (!snapshot || !snapshot->domain) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_snapshot_put(snapshot, version, size, &terms);
    if (result != W3D_ERR_BUSY || !timeout_ns || !w3d_thread_can_block()) return result;
    uint64_t began = w3d_thread_now(), pause = 0;
    for (;;) {
        uint64_t waited = w3d_thread_now() - began;
        if (waited >= timeout_ns) return W3D_ERR_TIMEOUT;
        if (!pause)
            w3d_thread_yield();
        else
            w3d_thread_sleep(pause < timeout_ns - waited ? pause : timeout_ns - waited);
        pause = pause ? pause * 2 : 10000;
        if (pause > W3DI_SNAPSHOT_PAUSE) pause = W3DI_SNAPSHOT_PAUSE;
        result = w3di_snapshot_put(snapshot, version, size, &terms);
        if (result != W3D_ERR_BUSY) return result;
    }
}

W3D_API w3d_result w3d_snapshot_replace(w3d_snapshot *snapshot, const void *expected, void *version,
                                        size_t size)
{
    w3di_snapshot_terms terms = { NULL, 1, 0 };
    W3D_ASSERT(snapshot && snapshot->domain);
    if (!snapshot || !snapshot->domain) return W3D_ERR_ARGUMENT;
    terms.expected = expected;
    return w3di_snapshot_put(snapshot, version, size, &terms);
}

W3D_API w3d_result w3d_snapshot_destroy(w3d_snapshot *snapshot)
{
    const w3di_snapshot_terms terms = { NULL, 0, 1 };
    W3D_ASSERT(snapshot);
    if (!snapshot) return W3D_ERR_ARGUMENT;
    if (!snapshot->domain) return W3D_OK;
    w3d_result result = w3di_snapshot_put(snapshot, NULL, 0, &terms);
    if (result == W3D_OK) w3d_fill(snapshot, 0, sizeof *snapshot);
    return result;
}

/* ---- readers ---- */

W3D_API w3d_result w3d_snapshot_register(w3d_snapshot_domain *domain, w3d_snapshot_reader **reader)
{
    W3D_ASSERT(domain && domain->block && reader);
    if (!domain || !domain->block || !reader) return W3D_ERR_ARGUMENT;
    w3d_result result = W3D_ERR_CAPACITY;
    w3d_mutex_lock(&domain->mutex);
    for (uint32_t i = 0; i < domain->reader_capacity; i++) {
        w3d_snapshot_reader *record = &domain->readers[i];
        if (record->taken) continue;
        record->taken = 1;
        record->domain = domain;
        w3d_atomic_store_u32(&record->epoch, w3di_snapshot_encode(domain));
        w3d_atomic_store_u32(&record->state, domain->fenced ? 0x80000000u : 0);
        domain->reader_count++;
        if (domain->reader_end < i + 1) domain->reader_end = i + 1;
        *reader = record;
        result = W3D_OK;
        break;
    }
    w3d_mutex_unlock(&domain->mutex);
    return result;
}

W3D_API w3d_result w3d_snapshot_unregister(w3d_snapshot_reader *reader)
{
    if (!reader) return W3D_OK;
    w3d_snapshot_domain *domain = reader->domain;
    W3D_ASSERT(domain && reader->taken);
    if (!domain || !reader->taken) return W3D_ERR_ARGUMENT;
    if (w3d_snapshot_pinned(reader)) return W3D_ERR_BUSY;
    w3d_mutex_lock(&domain->mutex);
    reader->taken = 0;
    domain->reader_count--;
    while (domain->reader_end && !domain->readers[domain->reader_end - 1].taken)
        domain->reader_end--;
    w3d_mutex_unlock(&domain->mutex);
    return W3D_OK;
}

#undef W3DI_SNAPSHOT_LINE
#undef W3DI_SNAPSHOT_BATCH
#undef W3DI_SNAPSHOT_PAUSE
