/* jobs.c - who runs when: submitting, running, waiting, and the workers.
 *
 * One lock for all of it: taking the next job and reporting the last one is a single critical
 * section of some ten loads and stores, and what is finer than that belongs into a parallel_for,
 * which takes no lock.
 *
 * Sleeping: a worker reads `work`, finds nothing, counts itself in `idle` and then in `sleepers`,
 * and sleeps while `work` is what it read. Who makes something ready changes `work` first, if
 * somebody is idle, and looks at `sleepers` then; so one of the two sees the other. A waiter does
 * the same with `done`, which changes when a job ends that was marked `awaited`.
 * tests/models/jobs.pml is this protocol. */
#include "sync/jobs.h"

#include "core/size.h"
#include "core/thread_token.h"
#include "memory/allocator.h"
#include "sync/job_table.h"

/* ---- running ---- */

/* Runs a ready job; locked before and after, not meanwhile. */
static void w3di_jobs_run(w3d_jobs *jobs, uint32_t index, uint32_t worker)
{
    w3di_job *slot = &jobs->table[index];
    w3d_job_context context;
    w3di_jobs_unqueue(jobs, index);
    if (jobs->pushed) jobs->pushed--; /* what this thread takes itself needs nobody woken */
    slot->state = W3DI_JOB_RUNNING;
    slot->runner = w3d_thread_token();
    context.jobs = jobs;
    context.job = w3di_jobs_handle(jobs, index);
    context.slot = index;
    context.worker = worker;
    w3di_jobs_unlock(jobs);
    if (jobs->on_begin) jobs->on_begin(jobs->hook_user, slot->name, worker);
    w3d_result result = slot->run(slot->user, &context);
    if (jobs->on_end) jobs->on_end(jobs->hook_user, slot->name, worker);
    w3d_mutex_lock(&jobs->lock);
    w3di_jobs_will_end(jobs, index, result);
    w3di_jobs_end_all(jobs);
}

static void w3di_jobs_enter(w3d_jobs *jobs, w3di_job_frame *frame)
{
    frame->token = w3d_thread_token();
    frame->previous = NULL;
    frame->next = jobs->frames;
    if (frame->next) frame->next->previous = frame;
    jobs->frames = frame;
}

static void w3di_jobs_leave(w3d_jobs *jobs, w3di_job_frame *frame)
{
    if (frame->previous)
        frame->previous->next = frame->next;
    else
        jobs->frames = frame->next;
    if (frame->next) frame->next->previous = frame->previous;
}

/* 1 where the calling thread is a worker or inside a job. */
static int w3di_jobs_nested(const w3d_jobs *jobs)
{
    uintptr_t token = w3d_thread_token();
    for (const w3di_job_frame *frame = jobs->frames; frame; frame = frame->next)
        if (frame->token == token) return 1;
    return 0;
}

static void w3di_jobs_run_here(w3d_jobs *jobs, uint32_t index, int nested)
{
    w3di_job_frame frame;
    uint32_t worker = jobs->worker_count;
    if (nested) {
        uintptr_t token = w3d_thread_token();
        for (uint32_t i = 0; i < jobs->worker_count; i++)
            if (jobs->workers[i].token == token) worker = i;
    } else {
        w3di_jobs_enter(jobs, &frame);
    }
    w3di_jobs_run(jobs, index, worker);
    if (!nested) w3di_jobs_leave(jobs, &frame);
}

/* Looks for a while whether *word changes from `seen`; 1 where it has. */
static int w3di_jobs_spin(const w3d_jobs *jobs, const uint32_t *word, uint32_t seen)
{
    if (!jobs->spin_ns) return 0;
    uint64_t began = w3d_thread_now();
    do {
        for (int i = 0; i < 64; i++) {
            if (w3d_atomic_load_u32(word) != seen) return 1;
            w3d_atomic_pause();
        }
    } while (w3d_thread_now() - began < jobs->spin_ns);
    return 0;
}

static void w3di_jobs_worker(void *user)
{
    w3di_job_worker *worker = (w3di_job_worker *)user;
    w3d_jobs *jobs = worker->jobs;
    uint32_t stopping = 0, idle = 0;
    w3d_mutex_lock(&jobs->lock);
    w3di_jobs_enter(jobs, &worker->frame);
    worker->token = worker->frame.token;
    w3di_jobs_unlock(jobs);
    while (!stopping) {
        uint32_t seen = w3d_atomic_load_u32(&jobs->work);
        if (w3d_atomic_load_u32(&jobs->open_loops)) w3di_job_loops_help(jobs, worker->index);
        if (!idle || w3d_atomic_load_relaxed_u32(&jobs->ready)) {
            uint32_t index;
            w3d_mutex_lock(&jobs->lock);
            jobs->idle -= idle;
            while ((index = w3di_jobs_most_urgent(jobs, 0)) != W3DI_JOB_NONE) {
                w3di_jobs_run(jobs, index, worker->index);
                if (w3d_atomic_load_u32(&jobs->open_loops)) break; /* somebody waits for those */
            }
            idle = index == W3DI_JOB_NONE;
            jobs->idle += idle;
            w3di_jobs_unlock(jobs);
            if (!idle) continue;
        }
        if (w3di_jobs_spin(jobs, &jobs->work, seen)) continue;
        w3d_mutex_lock(&jobs->lock);
        stopping = jobs->stopping;
        w3d_atomic_add_u32(&jobs->sleepers, 1);
        w3di_jobs_unlock(jobs);
        if (!stopping && w3d_thread_wait32(&jobs->work, seen, W3D_FOREVER) == W3D_OK)
            w3d_thread_leave(w3d_atomic_load_relaxed_u32(&jobs->waker));
        w3d_mutex_lock(&jobs->lock);
        w3d_atomic_add_u32(&jobs->sleepers, UINT32_MAX);
        if (jobs->woken) jobs->woken--;
        stopping = jobs->stopping;
        w3di_jobs_unlock(jobs);
    }
}

/* ---- waiting ---- */

/* A ready job that the one at `index` needs, or is; W3DI_JOB_NONE where it all hangs on a job that
 * runs elsewhere, or on a group that is empty: *hangs_on, which is then marked as awaited.
 * Following one path is enough: it ends, since a job waits only for older ones and for groups that
 * were closed before it was made. Of a group some members are looked at, lest a large one costs
 * much each time. */
static uint32_t w3di_jobs_needed(w3d_jobs *jobs, uint32_t index, uint32_t *hangs_on)
{
    for (;;) {
        w3di_job *slot = &jobs->table[index];
        if (slot->state == W3DI_JOB_READY) return index;
        uint32_t next = slot->members;
        if (slot->run && slot->dependencies != W3DI_JOB_NONE)
            next = jobs->edges[slot->dependencies].dependency;
        if (!slot->run) {
            uint32_t member = next;
            for (int i = 0; i < 64 && member != W3DI_JOB_NONE; i++) {
                if (jobs->table[member].state == W3DI_JOB_READY) return member;
                member = jobs->table[member].group_next;
            }
        }
        if (next == W3DI_JOB_NONE) {
            slot->awaited = 1;
            *hangs_on = index;
            return W3DI_JOB_NONE;
        }
        index = next;
    }
}

static uint64_t w3di_jobs_now(const w3d_jobs *jobs)
{
    return jobs->now ? jobs->now(jobs->now_user) : w3d_thread_now();
}

W3D_API w3d_result w3d_jobs_wait(w3d_jobs *jobs, w3d_job job, uint64_t timeout_ns,
                                 w3d_result *result)
{
    W3D_ASSERT(jobs);
    if (!jobs) return W3D_ERR_ARGUMENT;
    int timed = timeout_ns != W3D_FOREVER && timeout_ns, can_block = w3d_thread_can_block();
    uint64_t began = timed ? w3di_jobs_now(jobs) : 0, left = timeout_ns;
    w3d_result outcome = W3D_ERR_TIMEOUT;
    if (!can_block && jobs->worker_count) left = 0;
    w3d_mutex_lock(&jobs->lock);
    int nested = w3di_jobs_nested(jobs);
    for (;;) {
        uint32_t index = w3di_jobs_find(jobs, job), hangs_on = W3DI_JOB_NONE, next;
        if (index == W3DI_JOB_NONE) {
            outcome = W3D_ERR_STALE;
            break;
        }
        w3di_jobs_close_group(jobs, index);
        w3di_job *slot = &jobs->table[index];
        if (slot->state == W3DI_JOB_ENDED) {
            outcome = W3D_OK;
            if (result) *result = slot->result;
            break;
        }
        if (!left) break;
        next = nested ? (uint32_t)W3DI_JOB_NONE : w3di_jobs_most_urgent(jobs, slot->rank);
        if (next == W3DI_JOB_NONE) next = w3di_jobs_needed(jobs, index, &hangs_on);
        if (next != W3DI_JOB_NONE) {
            w3di_jobs_run_here(jobs, next, nested);
        } else {
            const w3di_job *last = &jobs->table[hangs_on];
            if (last->state == W3DI_JOB_RUNNING && last->runner == w3d_thread_token()) {
                outcome = W3D_ERR_THREAD;
                break;
            }
            if (!can_block) {
                outcome = W3D_ERR_BUSY;
                break;
            }
            slot->awaited = 1;
            uint32_t seen = w3d_atomic_load_u32(&jobs->done);
            jobs->waiters++;
            w3di_jobs_unlock(jobs);
            if (!w3di_jobs_spin(jobs, &jobs->done, seen))
                w3d_thread_wait32(&jobs->done, seen, left);
            w3d_mutex_lock(&jobs->lock);
            jobs->waiters--;
        }
        if (timed) {
            uint64_t passed = w3di_jobs_now(jobs) - began;
            left = passed < timeout_ns ? timeout_ns - passed : 0;
        }
    }
    w3di_jobs_unlock(jobs);
    return outcome;
}

W3D_API uint32_t w3d_jobs_run_for(w3d_jobs *jobs, uint64_t budget_ns)
{
    W3D_ASSERT(jobs);
    if (!jobs || !budget_ns) return 0;
    uint64_t began = budget_ns != W3D_FOREVER ? w3di_jobs_now(jobs) : 0;
    uint32_t count = 0, index;
    w3d_mutex_lock(&jobs->lock);
    if (!w3di_jobs_nested(jobs))
        while ((index = w3di_jobs_most_urgent(jobs, 0)) != W3DI_JOB_NONE) {
            w3di_jobs_run_here(jobs, index, 0);
            count++;
            if (budget_ns != W3D_FOREVER && w3di_jobs_now(jobs) - began >= budget_ns) break;
        }
    w3di_jobs_unlock(jobs);
    return count;
}

/* ---- submitting ---- */

/* What is wrong with a job, if anything; locked. Nothing is changed. */
static w3d_result w3di_jobs_check(const w3d_jobs *jobs, const w3d_job_desc *desc)
{
    uint32_t group = W3DI_JOB_NONE, edges = 0;
    if (jobs->stopping) return W3D_ERR_CLOSED;
    if (desc->group.id) {
        group = w3di_jobs_find(jobs, desc->group);
        if (group == W3DI_JOB_NONE) return W3D_ERR_STALE;
        if (jobs->table[group].run) return W3D_ERR_ARGUMENT;
        if (!jobs->table[group].open) return W3D_ERR_CLOSED;
        if (jobs->table[group].total > UINT32_MAX - (desc->total ? desc->total : 1))
            return W3D_ERR_RANGE;
    }
    for (uint32_t i = 0; i < desc->after_count; i++) {
        uint32_t other = desc->after[i].id ? w3di_jobs_find(jobs, desc->after[i]) : 0;
        if (other == W3DI_JOB_NONE) return W3D_ERR_STALE;
        if (desc->after[i].id && other == group) return W3D_ERR_ARGUMENT;
        edges += desc->after[i].id && jobs->table[other].state != W3DI_JOB_ENDED;
    }
    if (edges > jobs->edge_capacity) return W3D_ERR_CAPACITY;
    if (edges > jobs->edge_capacity - jobs->edge_count) return W3D_ERR_BUSY;
    if (jobs->free_job == W3DI_JOB_NONE && jobs->used == jobs->capacity) return W3D_ERR_BUSY;
    return W3D_OK;
}

static void w3di_jobs_add_edge(w3d_jobs *jobs, uint32_t dependent, uint32_t dependency)
{
    uint32_t index = jobs->free_edge;
    if (index != W3DI_JOB_NONE)
        jobs->free_edge = jobs->edges[index].next_dependent;
    else
        index = jobs->used_edges++;
    w3di_job_edge *edge = &jobs->edges[index];
    w3di_job *slot = &jobs->table[dependent], *other = &jobs->table[dependency];
    edge->dependent = dependent;
    edge->dependency = dependency;
    edge->next_dependent = other->dependents;
    other->dependents = index;
    edge->previous_dependency = W3DI_JOB_NONE;
    edge->next_dependency = slot->dependencies;
    if (slot->dependencies != W3DI_JOB_NONE)
        jobs->edges[slot->dependencies].previous_dependency = index;
    slot->dependencies = index;
    slot->waiting++;
    jobs->edge_count++;
}

W3D_API w3d_result w3d_jobs_submit(w3d_jobs *jobs, const w3d_job_desc *desc, w3d_job *job)
{
    W3D_ASSERT(jobs && desc && desc->run && (uint32_t)desc->priority < W3DI_JOB_RANKS);
    if (!jobs || !desc || !desc->run || (uint32_t)desc->priority >= W3DI_JOB_RANKS ||
        (desc->after_count && !desc->after))
        return W3D_ERR_ARGUMENT;
    w3d_mutex_lock(&jobs->lock);
    w3d_result result = w3di_jobs_check(jobs, desc);
    if (result != W3D_OK) {
        w3di_jobs_unlock(jobs);
        return result;
    }
    uint32_t index = w3di_jobs_place(jobs);
    w3di_job *slot = &jobs->table[index];
    int start = 1;
    slot->run = desc->run;
    slot->user = desc->user;
    slot->name = desc->name;
    slot->rank = w3di_jobs_rank(desc->priority);
    slot->total = desc->total ? desc->total : 1;
    slot->run_anyway = desc->run_anyway;
    slot->owned = job != NULL;
    if (desc->group.id) {
        slot->group = w3di_jobs_find(jobs, desc->group);
        w3di_job *group = &jobs->table[slot->group];
        slot->group_next = group->members;
        if (group->members != W3DI_JOB_NONE) jobs->table[group->members].group_previous = index;
        group->members = index;
        group->waiting++;
        group->total += slot->total;
        if (slot->rank < group->least) slot->rank = group->least;
        if (slot->rank > group->rank) group->rank = slot->rank;
        if (group->cancelled) start = 0;
    }
    for (uint32_t i = 0; i < desc->after_count; i++) {
        uint32_t other = w3di_jobs_find(jobs, desc->after[i]);
        if (other == W3DI_JOB_NONE) continue;
        w3di_jobs_close_group(jobs, other);
        if (jobs->table[other].state != W3DI_JOB_ENDED) {
            w3di_jobs_add_edge(jobs, index, other);
            w3di_jobs_raise_all(jobs, other, slot->rank);
        } else if (jobs->table[other].result != W3D_OK && !slot->run_anyway) {
            start = 0;
        }
    }
    if (job) *job = w3di_jobs_handle(jobs, index);
    if (!start)
        w3di_jobs_cancel_one(jobs, index);
    else if (!slot->waiting)
        w3di_jobs_push(jobs, index);
    w3di_jobs_end_all(jobs);
    w3di_jobs_unlock(jobs);
    return W3D_OK;
}

W3D_API w3d_result w3d_jobs_group_create(w3d_jobs *jobs, w3d_job *group)
{
    W3D_ASSERT(jobs && group);
    if (!jobs || !group) return W3D_ERR_ARGUMENT;
    w3d_result result = W3D_OK;
    w3d_mutex_lock(&jobs->lock);
    uint32_t index = jobs->stopping ? (uint32_t)W3DI_JOB_NONE : w3di_jobs_place(jobs);
    if (index == W3DI_JOB_NONE) {
        result = jobs->stopping ? W3D_ERR_CLOSED : W3D_ERR_BUSY;
    } else {
        jobs->table[index].owned = jobs->table[index].open = jobs->table[index].waiting = 1;
        *group = w3di_jobs_handle(jobs, index);
    }
    w3di_jobs_unlock(jobs);
    return result;
}

/* ---- what can be asked of a handle ---- */

W3D_API w3d_result w3d_jobs_release(w3d_jobs *jobs, w3d_job job)
{
    W3D_ASSERT(jobs);
    if (!jobs) return W3D_ERR_ARGUMENT;
    w3d_mutex_lock(&jobs->lock);
    uint32_t index = w3di_jobs_find(jobs, job);
    if (index != W3DI_JOB_NONE) {
        w3di_jobs_close_group(jobs, index);
        jobs->table[index].owned = 0;
        if (jobs->table[index].awaited) jobs->ended = 1; /* who waits finds the handle stale */
        w3di_jobs_give_back(jobs, index);
    }
    w3di_jobs_unlock(jobs);
    return index != W3DI_JOB_NONE ? W3D_OK : W3D_ERR_STALE;
}

W3D_API w3d_result w3d_jobs_raise(w3d_jobs *jobs, w3d_job job, w3d_job_priority priority)
{
    W3D_ASSERT(jobs && (uint32_t)priority < W3DI_JOB_RANKS);
    if (!jobs || (uint32_t)priority >= W3DI_JOB_RANKS) return W3D_ERR_ARGUMENT;
    w3d_mutex_lock(&jobs->lock);
    uint32_t index = w3di_jobs_find(jobs, job);
    if (index != W3DI_JOB_NONE) w3di_jobs_raise_all(jobs, index, w3di_jobs_rank(priority));
    w3di_jobs_unlock(jobs);
    return index != W3DI_JOB_NONE ? W3D_OK : W3D_ERR_STALE;
}

W3D_API w3d_result w3d_jobs_cancel(w3d_jobs *jobs, w3d_job job)
{
    W3D_ASSERT(jobs);
    if (!jobs) return W3D_ERR_ARGUMENT;
    w3d_mutex_lock(&jobs->lock);
    uint32_t index = w3di_jobs_find(jobs, job);
    if (index != W3DI_JOB_NONE) {
        w3di_job *slot = &jobs->table[index];
        if (slot->run) {
            w3di_jobs_cancel_one(jobs, index);
        } else if (slot->state == W3DI_JOB_BLOCKED) {
            w3d_atomic_store_relaxed_u32(&slot->cancelled, 1);
            if (slot->result == W3D_OK) slot->result = W3D_ERR_CANCELLED;
            uint32_t member = slot->members;
            for (; member != W3DI_JOB_NONE; member = jobs->table[member].group_next)
                w3di_jobs_cancel_one(jobs, member);
        }
        w3di_jobs_end_all(jobs);
    }
    w3di_jobs_unlock(jobs);
    return index != W3DI_JOB_NONE ? W3D_OK : W3D_ERR_STALE;
}

W3D_API w3d_result w3d_jobs_progress(w3d_jobs *jobs, w3d_job job, uint32_t *done, uint32_t *total)
{
    W3D_ASSERT(jobs && done && total);
    if (!jobs || !done || !total) return W3D_ERR_ARGUMENT;
    w3d_mutex_lock(&jobs->lock);
    uint32_t index = w3di_jobs_find(jobs, job);
    if (index != W3DI_JOB_NONE) {
        *done = w3d_atomic_load_u32(&jobs->table[index].done);
        *total = jobs->table[index].total;
    }
    w3di_jobs_unlock(jobs);
    return index != W3DI_JOB_NONE ? W3D_OK : W3D_ERR_STALE;
}

W3D_API int w3d_jobs_cancelled(const w3d_job_context *context)
{
    return (int)w3d_atomic_load_relaxed_u32(&context->jobs->table[context->slot].cancelled);
}

W3D_API void w3d_jobs_advance(const w3d_job_context *context, uint32_t amount)
{
    w3di_job *table = context->jobs->table, *slot = &table[context->slot];
    uint32_t done = w3d_atomic_load_relaxed_u32(&slot->done), more;
    do {
        more = slot->total - done < amount ? slot->total - done : amount;
        if (!more) return;
    } while (!w3d_atomic_swap_u32(&slot->done, &done, done + more));
    if (slot->group != W3DI_JOB_NONE) w3d_atomic_add_u32(&table[slot->group].done, more);
}

/* ---- the pool ---- */

W3D_API w3d_result w3d_jobs_create(const w3d_jobs_desc *desc, w3d_jobs **out)
{
    w3d_jobs_desc all;
    w3d_fill(&all, 0, sizeof all);
    if (desc) all = *desc;
    W3D_ASSERT(out);
    if (!out) return W3D_ERR_ARGUMENT;
    uint32_t processors = w3d_thread_count(), workers = all.worker_count;
    if (!workers) workers = processors > 1 ? processors - 1 : 1;
    if (!all.worker_count && workers > W3DI_JOB_WORKERS) workers = W3DI_JOB_WORKERS;
    if (workers == W3D_JOBS_NO_WORKERS || !W3D_THREADS) workers = 0;
    if (!all.capacity) all.capacity = 1024;
    if (all.capacity > 1u << W3DI_JOB_INDEX_BITS || workers > W3DI_JOB_WORKERS)
        return W3D_ERR_ARGUMENT;
    if (!all.dependency_capacity) all.dependency_capacity = all.capacity * 4;
    if (all.dependency_capacity >= W3DI_JOB_NONE) return W3D_ERR_ARGUMENT;
    size_t size = sizeof(w3d_jobs);
    if (!w3d_size_append(&size, workers, sizeof(w3di_job_worker)) ||
        !w3d_size_append(&size, all.capacity, sizeof(w3di_job)) ||
        !w3d_size_append(&size, all.dependency_capacity, sizeof(w3di_job_edge)))
        return W3D_ERR_OUT_OF_MEMORY;
    w3d_jobs *jobs = (w3d_jobs *)w3d_allocator_resize(&all.allocator, NULL, 0, size);
    if (!jobs) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(jobs, 0, sizeof *jobs);
    jobs->workers = (w3di_job_worker *)(void *)(jobs + 1);
    jobs->table = (w3di_job *)(void *)(jobs->workers + workers);
    jobs->edges = (w3di_job_edge *)(void *)(jobs->table + all.capacity);
    jobs->capacity = all.capacity;
    jobs->edge_capacity = all.dependency_capacity;
    jobs->spin_ns = all.spin_ns ? all.spin_ns : 50000;
    if (workers >= processors)
        jobs->spin_ns = 0; /* looking around would keep others from working */
    jobs->on_begin = all.on_begin, jobs->on_end = all.on_end, jobs->hook_user = all.hook_user;
    jobs->now = all.now, jobs->now_user = all.now_user;
    jobs->allocator = all.allocator;
    jobs->size = size;
    jobs->free_job = jobs->free_edge = jobs->ending = W3DI_JOB_NONE;
    for (uint32_t r = 0; r < W3DI_JOB_RANKS; r++) jobs->first[r] = jobs->last[r] = W3DI_JOB_NONE;
    if (workers) w3d_fill(jobs->workers, 0, workers * sizeof *jobs->workers);

    /* The lock keeps the first workers from reading the count before it is final. */
    w3d_thread_desc thread;
    w3d_fill(&thread, 0, sizeof thread);
    thread.name = "w3d job";
    thread.stack_size = all.stack_size;
    thread.allocator = all.allocator;
    w3d_mutex_lock(&jobs->lock);
    for (uint32_t i = 0; i < workers; i++) {
        w3di_job_worker *worker = &jobs->workers[i];
        worker->jobs = jobs;
        worker->index = i;
        if (w3d_thread_start(&worker->thread, w3di_jobs_worker, worker, &thread) != W3D_OK) break;
        jobs->worker_count++;
    }
    w3di_jobs_unlock(jobs);
    *out = jobs;
    return W3D_OK;
}

W3D_API w3d_result w3d_jobs_destroy(w3d_jobs *jobs)
{
    if (!jobs) return W3D_OK;
    w3d_mutex_lock(&jobs->lock);
    jobs->stopping = 1;
    for (uint32_t i = 0; i < jobs->used; i++)
        if (jobs->table[i].run && jobs->table[i].state != W3DI_JOB_FREE)
            w3di_jobs_cancel_one(jobs, i);
    w3di_jobs_end_all(jobs);
    w3d_atomic_add_u32(&jobs->work, 1);
    w3di_jobs_unlock(jobs);
    w3d_thread_wake32(&jobs->work, UINT32_MAX);
    for (uint32_t i = 0; i < jobs->worker_count; i++)
        if (w3d_thread_join(&jobs->workers[i].thread) == W3D_ERR_THREAD) return W3D_ERR_BUSY;
    w3d_allocator allocator = jobs->allocator;
    w3d_allocator_resize(&allocator, jobs, (size_t)jobs->size, 0);
    return W3D_OK;
}

W3D_API uint32_t w3d_jobs_worker_count(const w3d_jobs *jobs)
{
    return jobs ? jobs->worker_count : 0;
}
