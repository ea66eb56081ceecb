/* jobs.h - work in pieces: a pool of threads that runs jobs by priority, each after what it needs.
 *
 *     static w3d_result load(void *user, w3d_job_context *context) { ...; return W3D_OK; }
 *
 *     w3d_jobs *jobs;
 *     w3d_jobs_create(NULL, &jobs);
 *     w3d_job_desc desc = { 0 };
 *     desc.run = load, desc.user = &file;
 *     w3d_job loaded, shown;
 *     w3d_jobs_submit(jobs, &desc, &loaded);
 *     desc.run = show, desc.after = &loaded, desc.after_count = 1;
 *     w3d_jobs_submit(jobs, &desc, &shown);             // starts when loaded has ended well
 *     w3d_jobs_wait(jobs, shown, W3D_FOREVER, &result); // lends a hand meanwhile
 *     w3d_jobs_release(jobs, loaded);
 *     w3d_jobs_release(jobs, shown);
 *     w3d_jobs_destroy(jobs);
 *
 * A job is a function that runs once, from its beginning to its end, on one thread. It ends with
 * the result it returns, or as W3D_ERR_CANCELLED without having begun. Loops over ranges, finer
 * than jobs: sync/parallel_for.h.
 *
 * Order   of jobs that may start, the most urgent first, and of equals the one that became ready
 *         first. Strictly: less urgent jobs wait as long as there are more urgent ones. With several
 *         threads jobs end in any order; what must be in order is said with `after`, and sums of
 *         floats are made equal everywhere by adding parts in a fixed order afterwards.
 *         What an urgent job waits for becomes as urgent itself.
 * Failure when a job does not end with W3D_OK, whatever waits for it is cancelled, at once and all
 *         the way down, except jobs with run_anyway, which then start like others.
 * Groups  are jobs without a function, that end when their members have; a group may stand wherever
 *         a job may. Its result is the first of its members that was not W3D_OK.
 * No threads  where there are none, jobs run inside w3d_jobs_wait and w3d_jobs_run_for, on the
 *         thread that calls: by priority, in the order they were submitted.
 * Traps   a job that traps in a wasm worker never ends: give waits a timeout there.
 * Memory  one allocation, when the pool is made; neither submitting nor running allocates.
 * Thread  everything but create and destroy may be called by any thread at any time, also inside
 *         jobs. One lock guards the table; it is never held while a job runs. */
#ifndef W3D_JOBS_H
#define W3D_JOBS_H

#include "core/base.h"

typedef struct w3d_jobs w3d_jobs;

/* A job or a group: bits 0-19 its place in the table, 20-63 the generation. 0 is none; the handle
 * of a job that has been released gives W3D_ERR_STALE for ever. */
typedef struct w3d_job {
    uint64_t id;
} w3d_job;

typedef enum w3d_job_priority {
    W3D_JOB_NORMAL = 0,
    W3D_JOB_BACKGROUND, /* when there is nothing else to do: thumbnails, compaction */
    W3D_JOB_HIGH,       /* somebody waits for it                                    */
    W3D_JOB_IMMEDIATE   /* the frame needs it                                       */
} w3d_job_priority;

/* What a running job knows of itself; good until its function returns. Only to be handed on. */
typedef struct w3d_job_context {
    w3d_jobs *jobs;
    w3d_job   job;
    uint32_t  slot;
    uint32_t  worker; /* 0 to worker count - 1; the worker count on any other thread */
} w3d_job_context;

/* As worker_count: no threads even where there could be. */
#define W3D_JOBS_NO_WORKERS UINT32_MAX

typedef struct w3d_jobs_desc {
    uint32_t worker_count;        /* threads; 0: one less than processors, but at least one; at most 64 */
    uint32_t capacity;            /* jobs and groups at a time; 0: 1024; at most 2^20 */
    uint32_t dependency_capacity; /* waiting relations at a time; 0: 4 for each job */
    size_t   stack_size;          /* of a worker; 0: as w3d_thread_desc */
    uint32_t spin_ns;             /* an idle worker looks around so long before it sleeps; 0: 50 us     */
    /* Called around every job, and around a worker's share of a parallel_for ("parallel_for"; the
     * caller's own share is inside whatever calls it), on the thread that runs it: the place for
     * sync/trace.h. NULL: nothing. */
    void (*on_begin)(void *user, const char *name, uint32_t worker);
    void (*on_end)(void *user, const char *name, uint32_t worker);
    void *hook_user;
    uint64_t (*now)(void *user);  /* nanoseconds, for budgets and timeouts; NULL: w3d_thread_now */
    void *now_user;
    w3d_allocator allocator;      /* zeroed: the default */
} w3d_jobs_desc;

typedef struct w3d_job_desc {
    w3d_result (*run)(void *user, w3d_job_context *context);
    void *user;             /* the caller's, until the job has ended */
    const char *name;       /* static, for the hooks; or NULL */
    w3d_job_priority priority;
    uint32_t total;         /* units of progress; 0: 1 */
    w3d_job group;          /* the group it belongs to; zeroed: none */
    const w3d_job *after;   /* jobs and groups that must have ended first; copied; none are skipped */
    uint32_t after_count;
    uint32_t run_anyway;    /* 1: starts also when one of them failed or was cancelled */
} w3d_job_desc;

/* Makes a pool and starts its workers. Nothing depends on when they begin: in freestanding wasm
 * that is after a page's main thread has returned to its event loop. Where the system gives fewer
 * threads than asked for, the pool has fewer: w3d_jobs_worker_count.
 *
 *   desc  in   NULL: all defaults
 *   jobs  out  untouched on errors; give it back with w3d_jobs_destroy
 *
 * Errors  W3D_ERR_ARGUMENT: NULL, a bound above is exceeded; W3D_ERR_OUT_OF_MEMORY. */
W3D_API w3d_result w3d_jobs_create(const w3d_jobs_desc *desc, w3d_jobs **jobs);

/* Cancels every job that has not begun, asks those that run to stop (w3d_jobs_cancelled), waits
 * until they have ended, and gives all threads and memory back. NULL does nothing.
 *
 * Errors  W3D_ERR_BUSY: this thread may not wait and a worker has not ended yet: call again later;
 *         the pool takes no jobs meanwhile (W3D_ERR_CLOSED).
 * Thread  no other thread may be inside a function of the pool, and no job may call it. */
W3D_API w3d_result w3d_jobs_destroy(w3d_jobs *jobs);

/* Threads the pool has started; 0 where jobs run only inside wait and run_for. */
W3D_API uint32_t w3d_jobs_worker_count(const w3d_jobs *jobs);

/* Hands a job over.
 *
 *   desc  in   copied; a group in `after` is closed by being named there
 *   job   out  a handle to be given back with w3d_jobs_release; NULL: the job is let go at once,
 *              and its result is known only to its group. Untouched on errors.
 *
 * Range   the job may have ended before this returns. One that must not start, because its group
 *         was cancelled or what it waits for failed, ends as W3D_ERR_CANCELLED at once; that is no
 *         error.
 * Errors  W3D_ERR_ARGUMENT  no function, an unknown priority, its own group in `after`, a group
 *         that
 *                           is none
 *         W3D_ERR_STALE     a handle in `after` or `group` has been released
 *         W3D_ERR_BUSY      the table or the list of waiting relations is full: run_for, or try later
 *         W3D_ERR_CAPACITY  after_count is above dependency_capacity: it will never fit
 *         W3D_ERR_CLOSED    the group is closed, or the pool is being destroyed
 *         W3D_ERR_RANGE     the totals of the group would sum up to 2^32 or more
 * Cost    O(after_count); one lock, a system call only where a worker sleeps. */
W3D_API w3d_result w3d_jobs_submit(w3d_jobs *jobs, const w3d_job_desc *desc, w3d_job *job);

/* Makes an empty group, which takes members until it is closed: by waiting for it, even with
 * timeout 0, by naming it in `after`, or by releasing it. It ends when it is closed and its members
 * have ended.
 *
 *   group  out  to be given back with w3d_jobs_release; untouched on errors
 *
 * Errors  W3D_ERR_ARGUMENT; W3D_ERR_BUSY: the table is full; W3D_ERR_CLOSED. */
W3D_API w3d_result w3d_jobs_group_create(w3d_jobs *jobs, w3d_job *group);

/* Gives a handle back; it is stale from now on. The job itself runs all the same.
 *
 * Errors  W3D_ERR_STALE. */
W3D_API w3d_result w3d_jobs_release(w3d_jobs *jobs, w3d_job job);

/* Waits until a job or group has ended. The thread meanwhile runs jobs: outside of jobs those that
 * are at least as urgent; inside jobs only what the awaited one needs, so that no job is ever
 * buried under one that waits for it.
 *
 *   timeout_ns  in   0: only looks; W3D_FOREVER. A job that was begun is finished, however late.
 *   result      out  what it ended with; written only with W3D_OK; or NULL
 *
 * Errors  W3D_ERR_STALE    the handle was released, be it during the wait
 *         W3D_ERR_TIMEOUT  it has not ended; on a page's main thread, where there are workers, always
 *                          at once: ask again in the next frame
 *         W3D_ERR_BUSY     as that where there are none: nothing can be run here that would end it
 *         W3D_ERR_THREAD   it waits for the very job that called: it could never end */
W3D_API w3d_result w3d_jobs_wait(w3d_jobs *jobs, w3d_job job, uint64_t timeout_ns,
                                 w3d_result *result);

/* Runs jobs on this thread, most urgent first, until none is ready or the time is over: for threads
 * that may not wait, once a frame. A job is begun while less than `budget_ns` has passed, and
 * always finished. Gives the number of jobs run; inside a job 0, always.
 *
 *   budget_ns  in  0 runs none; W3D_FOREVER: until none is ready */
W3D_API uint32_t w3d_jobs_run_for(w3d_jobs *jobs, uint64_t budget_ns);

/* Makes a job more urgent, and with it all it waits for; of a group, all members, those to come
 * included. Less urgent is not
 * possible and changes nothing. A job that is ready joins the end of its new class.
 *
 * Errors  W3D_ERR_STALE; W3D_ERR_ARGUMENT: an unknown priority.
 * Cost    O(what it waits for, directly and not), under the lock. */
W3D_API w3d_result w3d_jobs_raise(w3d_jobs *jobs, w3d_job job, w3d_job_priority priority);

/* Cancels a job or every member of a group. One that has not begun ends as W3D_ERR_CANCELLED, here
 * and now. A running one is told (w3d_jobs_cancelled) and ends with what it returns; one that has
 * ended stays as it is. A group keeps cancelling what is submitted to it.
 *
 * Errors  W3D_ERR_STALE.
 * Cost    O(members and what waits for them), under the lock. */
W3D_API w3d_result w3d_jobs_cancel(w3d_jobs *jobs, w3d_job job);

/* How far a job or group is: *done of *total units. `done` never falls and is `total` at the end,
 * also of a cancelled job; a group's are the sums over the members it has had so far.
 *
 *   done, total  out  untouched on errors
 *
 * Errors  W3D_ERR_STALE. */
W3D_API w3d_result w3d_jobs_progress(w3d_jobs *jobs, w3d_job job, uint32_t *done, uint32_t *total);

/* Inside a job: 1 where it was cancelled and should return W3D_ERR_CANCELLED soon. Cost: a load. */
W3D_API int w3d_jobs_cancelled(const w3d_job_context *context);

/* Inside a job, also from the blocks of a parallel_for in it: `amount` more units are done. What
 * goes beyond the job's total is cut off. Cost: an atomic addition, two in a group. */
W3D_API void w3d_jobs_advance(const w3d_job_context *context, uint32_t amount);

#endif /* W3D_JOBS_H */
