/* parallel_for.h - a loop over a range, its blocks shared between the calling thread and a pool.
 *
 *     static void halve(void *user, uint32_t begin, uint32_t end)
 *     {
 *         float *x = (float *)user;
 *         for (uint32_t i = begin; i < end; i++) x[i] *= 0.5f;
 *     }
 *     w3d_parallel_for(jobs, 0, count, 0, halve, x);
 *
 * Blocks are taken from one atomic counter, so uneven work evens out. No allocation, no lock; where
 * no worker is idle the caller does it all. Loops may run inside jobs and inside other loops. */
#ifndef W3D_PARALLEL_FOR_H
#define W3D_PARALLEL_FOR_H

#include "sync/jobs.h"

/* Calls run(user, b, e) for blocks that together cover [begin, end) once, and returns when all are
 * done.
 *
 *   begin, end  in  any; nothing is called where end <= begin
 *   grain       in  most items of a block; 0: automatic, five blocks a thread, large ones first.
 *                   With a grain given they begin at begin + n grain, the same on every machine.
 *   run         in  called by several threads at once, in no order
 *
 * Range   of more than 2^30 blocks the grain is doubled until they are fewer.
 * Errors  W3D_ERR_ARGUMENT: jobs or run is NULL.
 * Cost    about a microsecond where workers are still looking around (spin_ns), some system calls
 *         where they sleep; then an atomic addition a block.
 * Thread  any. One that may not wait spins at the end, until the blocks that others have begun are
 *         done: keep them short there. */
W3D_API w3d_result w3d_parallel_for(w3d_jobs *jobs, uint32_t begin, uint32_t end, uint32_t grain,
                                    void (*run)(void *user, uint32_t begin, uint32_t end),
                                    void *user);

#endif /* W3D_PARALLEL_FOR_H */
