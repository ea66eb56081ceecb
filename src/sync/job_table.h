/* job_table.h - a pool's jobs: places and handles, queues, ending and what follows from it.
 * Private.
 *
 * All of it is called with the lock held. What becomes ready or ends is only noted;
 * w3di_jobs_unlock then wakes whom it concerns. */
#ifndef W3D_JOB_TABLE_H
#define W3D_JOB_TABLE_H

#include "sync/job_pool.h"

/* ---- the table ---- */

static inline w3d_job w3di_jobs_handle(const w3d_jobs *jobs, uint32_t index)
{
    w3d_job job;
    job.id = jobs->table[index].generation << W3DI_JOB_INDEX_BITS | index;
    return job;
}

/* The place a handle names, or W3DI_JOB_NONE where it was released. */
static inline uint32_t w3di_jobs_find(const w3d_jobs *jobs, w3d_job job)
{
    uint32_t index = (uint32_t)job.id & ((1u << W3DI_JOB_INDEX_BITS) - 1);
    if (!job.id || index >= jobs->used) return W3DI_JOB_NONE;
    const w3di_job *slot = &jobs->table[index];
    if (slot->generation != job.id >> W3DI_JOB_INDEX_BITS || !slot->owned) return W3DI_JOB_NONE;
    return index;
}

/* A place with everything zero but the generation and the ends of lists. */
static inline uint32_t w3di_jobs_place(w3d_jobs *jobs)
{
    uint32_t index = jobs->free_job;
    uint64_t generation = 1;
    if (index != W3DI_JOB_NONE) {
        jobs->free_job = jobs->table[index].next;
        generation = jobs->table[index].generation;
    } else if (jobs->used < jobs->capacity) {
        index = jobs->used++;
    } else {
        return W3DI_JOB_NONE;
    }
    w3di_job *slot = &jobs->table[index];
    w3d_fill(slot, 0, sizeof *slot);
    slot->generation = generation;
    slot->state = W3DI_JOB_BLOCKED;
    slot->next = slot->previous = slot->group = W3DI_JOB_NONE;
    slot->group_next = slot->group_previous = slot->members = W3DI_JOB_NONE;
    slot->dependents = slot->dependencies = W3DI_JOB_NONE;
    return index;
}

/* Frees a place that nothing leads to any more. The 44 bits of a generation do not come round: at
 * ten million jobs a second, all in one place, that takes 20 days. */
static inline void w3di_jobs_give_back(w3d_jobs *jobs, uint32_t index)
{
    w3di_job *slot = &jobs->table[index];
    if (slot->state != W3DI_JOB_ENDED || slot->owned || slot->waiting) return;
    slot->state = W3DI_JOB_FREE;
    slot->generation++;
    slot->next = jobs->free_job;
    jobs->free_job = index;
}

static inline uint32_t w3di_jobs_rank(w3d_job_priority priority)
{
    static const uint8_t ranks[W3DI_JOB_RANKS] = { 1, 0, 2, 3 };
    return ranks[priority];
}

/* ---- the queues ---- */

static inline void w3di_jobs_push(w3d_jobs *jobs, uint32_t index)
{
    w3di_job *slot = &jobs->table[index];
    uint32_t last = jobs->last[slot->rank];
    slot->state = W3DI_JOB_READY;
    slot->next = W3DI_JOB_NONE;
    slot->previous = last;
    if (last == W3DI_JOB_NONE)
        jobs->first[slot->rank] = index;
    else
        jobs->table[last].next = index;
    jobs->last[slot->rank] = index;
    w3d_atomic_store_relaxed_u32(&jobs->ready, jobs->ready + 1);
    jobs->pushed++;
}

static inline void w3di_jobs_unqueue(w3d_jobs *jobs, uint32_t index)
{
    w3di_job *slot = &jobs->table[index];
    if (slot->previous == W3DI_JOB_NONE)
        jobs->first[slot->rank] = slot->next;
    else
        jobs->table[slot->previous].next = slot->next;
    if (slot->next == W3DI_JOB_NONE)
        jobs->last[slot->rank] = slot->previous;
    else
        jobs->table[slot->next].previous = slot->previous;
    w3d_atomic_store_relaxed_u32(&jobs->ready, jobs->ready - 1);
}

/* Raises one job. What it waits for, or its members, remain to be raised: it is then put into the
 * list that begins at *list. */
static inline void w3di_jobs_raise_one(w3d_jobs *jobs, uint32_t index, uint32_t rank,
                                       uint32_t *list)
{
    w3di_job *slot = &jobs->table[index];
    if (slot->state == W3DI_JOB_READY && slot->rank < rank) {
        uint32_t pushed = jobs->pushed;
        w3di_jobs_unqueue(jobs, index);
        slot->rank = rank;
        w3di_jobs_push(jobs, index);
        jobs->pushed = pushed; /* it was ready before: nobody need wake up */
    } else if (slot->state == W3DI_JOB_BLOCKED && (slot->run ? slot->rank : slot->least) < rank) {
        if (slot->rank < rank) slot->rank = rank;
        slot->least = rank;
        slot->next = *list; /* free to use: a blocked job is in no queue */
        *list = index;
    }
}

/* Raises a job and all that must end before it. Each is listed at most once for each rank. */
static inline void w3di_jobs_raise_all(w3d_jobs *jobs, uint32_t index, uint32_t rank)
{
    uint32_t list = W3DI_JOB_NONE;
    w3di_jobs_raise_one(jobs, index, rank, &list);
    while (list != W3DI_JOB_NONE) {
        w3di_job *slot = &jobs->table[list];
        uint32_t edge = slot->dependencies, member = slot->members;
        list = slot->next;
        for (; edge != W3DI_JOB_NONE; edge = jobs->edges[edge].next_dependency)
            w3di_jobs_raise_one(jobs, jobs->edges[edge].dependency, rank, &list);
        for (; member != W3DI_JOB_NONE; member = jobs->table[member].group_next)
            w3di_jobs_raise_one(jobs, member, rank, &list);
    }
}

/* The most urgent job of at least `rank`. */
static inline uint32_t w3di_jobs_most_urgent(const w3d_jobs *jobs, uint32_t rank)
{
    for (uint32_t r = W3DI_JOB_RANKS; r-- > rank;)
        if (jobs->first[r] != W3DI_JOB_NONE) return jobs->first[r];
    return W3DI_JOB_NONE;
}

/* ---- the lock, and telling others what changed under it ---- */

static inline void w3di_jobs_unlock(w3d_jobs *jobs)
{
    uint32_t wake = 0;
    int tell = jobs->waiters && (jobs->ended || (jobs->pushed && !jobs->worker_count));
    if (jobs->pushed && jobs->idle) {
        w3d_atomic_add_u32(&jobs->work, 1);
        uint32_t sleepers =
            w3d_atomic_load_relaxed_u32(&jobs->sleepers); /* changed under the lock */
        wake = sleepers > jobs->woken ? sleepers - jobs->woken : 0;
        if (wake > jobs->pushed) wake = jobs->pushed;
        jobs->woken += wake;
    }
    if (tell) w3d_atomic_add_u32(&jobs->done, 1);
    jobs->pushed = jobs->ended = 0;
    w3d_mutex_unlock(&jobs->lock);
    if (wake) w3di_jobs_wake(jobs, wake);
    if (tell) w3d_thread_wake32(&jobs->done, UINT32_MAX);
}

/* ---- ending ---- */

static inline void w3di_jobs_will_end(w3d_jobs *jobs, uint32_t index, w3d_result result)
{
    w3di_job *slot = &jobs->table[index];
    slot->state = W3DI_JOB_ENDING;
    slot->result = result;
    slot->next = jobs->ending;
    jobs->ending = index;
}

/* One member less, or the group is closed. */
static inline void w3di_jobs_group_less(w3d_jobs *jobs, uint32_t group)
{
    w3di_job *slot = &jobs->table[group];
    if (--slot->waiting == 0) w3di_jobs_will_end(jobs, group, slot->result);
}

static inline void w3di_jobs_remove_edge(w3d_jobs *jobs, uint32_t index)
{
    w3di_job_edge *edge = &jobs->edges[index];
    if (edge->previous_dependency == W3DI_JOB_NONE)
        jobs->table[edge->dependent].dependencies = edge->next_dependency;
    else
        jobs->edges[edge->previous_dependency].next_dependency = edge->next_dependency;
    if (edge->next_dependency != W3DI_JOB_NONE)
        jobs->edges[edge->next_dependency].previous_dependency = edge->previous_dependency;
    edge->next_dependent = jobs->free_edge;
    jobs->free_edge = index;
    jobs->edge_count--;
}

static inline void w3di_jobs_tell_dependents(w3d_jobs *jobs, w3di_job *slot)
{
    while (slot->dependents != W3DI_JOB_NONE) {
        uint32_t edge = slot->dependents, index = jobs->edges[edge].dependent;
        w3di_job *dependent = &jobs->table[index];
        slot->dependents = jobs->edges[edge].next_dependent;
        w3di_jobs_remove_edge(jobs, edge);
        dependent->waiting--;
        if (dependent->state == W3DI_JOB_BLOCKED) {
            if (slot->result != W3D_OK && !dependent->run_anyway)
                w3di_jobs_will_end(jobs, index, W3D_ERR_CANCELLED);
            else if (!dependent->waiting)
                w3di_jobs_push(jobs, index);
        } else {
            w3di_jobs_give_back(jobs, index); /* cancelled before: it stayed for this edge */
        }
    }
}

static inline void w3di_jobs_leave_group(w3d_jobs *jobs, w3di_job *slot)
{
    w3di_job *group = &jobs->table[slot->group];
    if (slot->group_previous == W3DI_JOB_NONE)
        group->members = slot->group_next;
    else
        jobs->table[slot->group_previous].group_next = slot->group_next;
    if (slot->group_next != W3DI_JOB_NONE)
        jobs->table[slot->group_next].group_previous = slot->group_previous;
    if (group->result == W3D_OK) group->result = slot->result;
    w3di_jobs_group_less(jobs, slot->group);
}

/* Ends all that is in the list, and what ends because of it: a list and no recursion, for chains of
 * any length. */
static inline void w3di_jobs_end_all(w3d_jobs *jobs)
{
    while (jobs->ending != W3DI_JOB_NONE) {
        uint32_t index = jobs->ending;
        w3di_job *slot = &jobs->table[index];
        jobs->ending = slot->next;
        uint32_t rest = slot->run ? slot->total - w3d_atomic_load_relaxed_u32(&slot->done) : 0;
        if (rest) { /* nobody else counts for a job whose function has returned */
            w3d_atomic_store_relaxed_u32(&slot->done, slot->total);
            if (slot->group != W3DI_JOB_NONE)
                w3d_atomic_add_u32(&jobs->table[slot->group].done, rest);
        }
        if (slot->awaited) jobs->ended = 1;
        w3di_jobs_tell_dependents(jobs, slot);
        if (slot->group != W3DI_JOB_NONE) w3di_jobs_leave_group(jobs, slot);
        slot->state = W3DI_JOB_ENDED;
        w3di_jobs_give_back(jobs, index);
    }
}

static inline void w3di_jobs_close_group(w3d_jobs *jobs, uint32_t index)
{
    w3di_job *slot = &jobs->table[index];
    if (slot->run || !slot->open) return;
    slot->open = 0;
    w3di_jobs_group_less(jobs, index);
    w3di_jobs_end_all(jobs);
}

/* Cancels one job that has a function. */
static inline void w3di_jobs_cancel_one(w3d_jobs *jobs, uint32_t index)
{
    w3di_job *slot = &jobs->table[index];
    if (slot->state == W3DI_JOB_READY) w3di_jobs_unqueue(jobs, index);
    if (slot->state == W3DI_JOB_READY || slot->state == W3DI_JOB_BLOCKED)
        w3di_jobs_will_end(jobs, index, W3D_ERR_CANCELLED);
    w3d_atomic_store_relaxed_u32(&slot->cancelled, 1);
}

#endif /* W3D_JOB_TABLE_H */
