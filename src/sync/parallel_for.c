/* parallel_for.c - opens a loop for idle workers, takes part in it, and waits for those that
 * joined. */
#include "sync/parallel_for.h"

#include "sync/job_pool.h"

/* Waits until nobody but the caller is in the loop: at first by looking, as last blocks end soon. */
static void w3di_parallel_for_join(w3di_job_loop *loop)
{
    uint32_t looks = 0, state;
    while ((state = w3d_atomic_load_u32(&loop->state)) & W3DI_JOB_LOOP_COUNT) {
        if (++looks < 4000) {
            w3d_atomic_pause();
            continue;
        }
        if (!(state & W3DI_JOB_LOOP_SLEEPS))
            w3d_atomic_or_u32(&loop->state, W3DI_JOB_LOOP_SLEEPS);
        else
            w3d_thread_wait32(&loop->state, state, W3D_FOREVER);
    }
}

W3D_API w3d_result w3d_parallel_for(w3d_jobs *jobs, uint32_t begin, uint32_t end, uint32_t grain,
                                    void (*run)(void *user, uint32_t begin, uint32_t end),
                                    void *user)
{
    W3D_ASSERT(jobs && run);
    if (!jobs || !run) return W3D_ERR_ARGUMENT;
    if (end <= begin) return W3D_OK;
    uint32_t count = end - begin, threads = jobs->worker_count + 1;
    uint32_t blocks = count > 1 && threads > 1 ? threads * W3DI_JOB_ROUNDS : 1;
    if (grain) {
        while ((count - 1) / grain >= 0x40000000u)
            grain *= 2; /* `next` goes beyond, and not round */
        blocks = (count - 1) / grain + 1;
    }

    w3di_job_loop *loop = NULL;
    if (threads > 1 && blocks > 1)
        for (uint32_t i = 0; i < W3DI_JOB_LOOPS && !loop; i++) {
            uint32_t unused = 0;
            if (w3d_atomic_load_relaxed_u32(&jobs->loops[i].state) == 0 &&
                w3d_atomic_swap_u32(&jobs->loops[i].state, &unused, W3DI_JOB_LOOP_TAKEN))
                loop = &jobs->loops[i];
        }
    if (!loop) {
        if (!grain) grain = count, blocks = 1;
        for (uint32_t from = begin; blocks--; from += grain)
            run(user, from, end - from > grain ? from + grain : end);
        return W3D_OK;
    }

    loop->begin = begin, loop->end = end, loop->blocks = blocks;
    loop->grain = grain, loop->threads = threads;
    loop->run = run, loop->user = user;
    w3d_atomic_store_relaxed_u32(&loop->next, 0);
    w3d_atomic_store_u32(&loop->state, W3DI_JOB_LOOP_TAKEN | W3DI_JOB_LOOP_OPEN);
    w3d_atomic_add_u32(&jobs->open_loops, 1);
    w3d_atomic_add_u32(&jobs->work, 1);
    /* An addition and not a load: either it sees the worker that is going to sleep, or that worker,
     * adding after it, sees `work` changed and does not sleep. */
    uint32_t sleepers = w3d_atomic_add_u32(&jobs->sleepers, 0);
    if (sleepers) {
        w3di_jobs_wake(jobs, sleepers < blocks - 1 ? sleepers : blocks - 1);
        w3d_thread_yield(); /* a worker that was put behind this thread can run, and move away */
    }

    w3di_job_loop_work(loop);
    w3d_atomic_and_u32(&loop->state, ~(uint32_t)W3DI_JOB_LOOP_OPEN);
    w3d_atomic_add_u32(&jobs->open_loops, UINT32_MAX);
    w3di_parallel_for_join(loop);
    w3d_atomic_store_u32(&loop->state, 0);
    return W3D_OK;
}
