/* job_pool.h - the inside of a job pool: its table, its queues, and the loops that are open.
 * Private.
 *
 * Everything is guarded by `lock` but for the words that say so. Places in the table are indices;
 * W3DI_JOB_NONE ends a list. */
#ifndef W3D_JOB_POOL_H
#define W3D_JOB_POOL_H

#include "core/atomic.h"
#include "sync/jobs.h"
#include "sync/mutex.h"
#include "sync/thread.h"

enum {
    W3DI_JOB_NONE = 0x7FFFFFFF,
    W3DI_JOB_RANKS = 4,
    W3DI_JOB_LOOPS = 16,
    W3DI_JOB_WORKERS = 64,
    W3DI_JOB_ROUNDS = 5, /* sizes of automatic blocks */
    W3DI_JOB_INDEX_BITS = 20,
    /* of a loop's state */
    W3DI_JOB_LOOP_OPEN = 1 << 30,
    W3DI_JOB_LOOP_SLEEPS = 1 << 29,
    W3DI_JOB_LOOP_TAKEN = 1 << 28,
    W3DI_JOB_LOOP_COUNT = (1 << 28) - 1
};

typedef enum w3di_job_state {
    W3DI_JOB_FREE = 0,
    W3DI_JOB_BLOCKED, /* waits for others; a group that has not ended          */
    W3DI_JOB_READY,   /* in the queue of its rank                              */
    W3DI_JOB_RUNNING,
    W3DI_JOB_ENDING, /* its result is known, its dependents have not been told */
    W3DI_JOB_ENDED
} w3di_job_state;

typedef struct w3di_job {
    uint64_t generation; /* of the handle that names this place now */
    w3d_result (*run)(void *user, w3d_job_context *context); /* NULL: a group */
    void *user;
    const char *name;
    uintptr_t runner; /* the thread that runs it */
    w3di_job_state state;
    w3d_result result;
    uint32_t rank;           /* of its queue: 0 background .. 3 immediate */
    uint32_t next, previous; /* in a queue; next also in the free list and among the ending */
    uint32_t least;          /* of a group: the lowest rank its members may have */
    uint32_t group, group_next, group_previous;
    uint32_t members;      /* of a group: the first that has not ended */
    uint32_t dependents;   /* first edge to what waits for this        */
    uint32_t dependencies; /* first edge to what this waits for        */
    uint32_t waiting;      /* edges to what it waits for; of a group: members that have not ended,
                                and one more while it is open */
    uint32_t owned;        /* the handle has not been released               */
    uint32_t awaited;      /* a thread sleeps until it ends                  */
    uint32_t run_anyway;
    uint32_t open; /* of a group                                     */
    uint32_t total;
    uint32_t done;      /* atomic                                         */
    uint32_t cancelled; /* atomic                                         */
} w3di_job;

/* "dependent waits for dependency": in the first's list doubly linked, in the second's singly. */
typedef struct w3di_job_edge {
    uint32_t dependent, dependency;
    uint32_t next_dependent; /* the next edge of the same dependency; of the free list */
    uint32_t next_dependency, previous_dependency;
} w3di_job_edge;

/* A parallel_for that is under way. `state`: open, its caller sleeps, taken, and how many threads
 * are at work in it besides the caller. The rest is written while the loop is taken and not open,
 * and read by those that `state` counts. */
typedef struct w3di_job_loop {
    uint32_t state;
    uint32_t next; /* atomic: the first block nobody has */
    uint32_t begin, end, blocks;
    uint32_t grain;   /* 0: automatic                                                */
    uint32_t threads; /* that may take part: blocks of one size, where it is automatic */
    void (*run)(void *user, uint32_t begin, uint32_t end);
    void *user;
    unsigned char apart[128];
} w3di_job_loop;

/* A thread inside a job, or a worker: what tells a nested wait from one outside of all jobs. */
typedef struct w3di_job_frame {
    struct w3di_job_frame *next, *previous;
    uintptr_t token;
} w3di_job_frame;

typedef struct w3di_job_worker {
    w3d_thread thread;
    w3d_jobs *jobs;
    w3di_job_frame frame; /* not on its stack, which a trap leaves to be freed early */
    uintptr_t token; /* 0 before it has begun */
    uint32_t index;
    uint32_t zero;
} w3di_job_worker;

struct w3d_jobs {
    w3di_job *table;
    w3di_job_edge *edges;
    w3di_job_worker *workers;
    uint32_t capacity, edge_capacity, worker_count, spin_ns;
    void (*on_begin)(void *user, const char *name, uint32_t worker);
    void (*on_end)(void *user, const char *name, uint32_t worker);
    void *hook_user;
    uint64_t (*now)(void *user);
    void *now_user;
    w3d_allocator allocator;
    uint64_t size; /* of the one block; aligns it to 8 on 32 bits too, for what follows in it */
    unsigned char apart_0[128];

    w3d_mutex lock;
    uint32_t used, free_job; /* places never used from here on; those given back */
    uint32_t used_edges, free_edge, edge_count;
    uint32_t stopping;
    uint32_t first[W3DI_JOB_RANKS], last[W3DI_JOB_RANKS];
    w3di_job_frame *frames;
    uint32_t ending;  /* list of jobs in W3DI_JOB_ENDING */
    uint32_t pushed;  /* jobs made ready under this lock  */
    uint32_t ended;   /* 1: an awaited job ended under this lock */
    uint32_t idle;    /* workers that found nothing and look at `work` or sleep */
    uint32_t woken;   /* sleepers that were sent a wake and have not come back yet */
    uint32_t waiters; /* threads that sleep on `done` */
    unsigned char apart_1[128];

    /* What idle workers look at. */
    uint32_t work;       /* atomic: counts what could interest an idle worker; they sleep on it */
    uint32_t open_loops; /* atomic */
    uint32_t ready;      /* atomic: jobs in queues; written under the lock */
    uint32_t waker;      /* atomic: the processor of who woke last: a sleeper moves away from it */
    unsigned char apart_2[128];

    uint32_t sleepers; /* atomic: workers about to sleep, asleep, or waking up */
    uint32_t done;     /* atomic: counts what could interest a waiter; waiters sleep on it */
    unsigned char apart_3[128];

    w3di_job_loop loops[W3DI_JOB_LOOPS];
};

/* Wakes `count` sleeping workers, and tells them where they had better not stay. */
static inline void w3di_jobs_wake(w3d_jobs *jobs, uint32_t count)
{
    w3d_atomic_store_relaxed_u32(&jobs->waker, w3d_thread_processor());
    w3d_thread_wake32(&jobs->work, count);
}

/* ---- loops ---- */

/* The items of a block, counted from the loop's first. Automatic blocks come in rounds of one for
 * each thread: half of the range, a quarter, an eighth... and all the rest in the last: few blocks
 * where work is even, small ones at the end where it is not. May be empty. */
static inline void w3di_job_loop_block(uint32_t block, uint32_t count, uint32_t grain,
                                       uint32_t threads, uint32_t *from, uint32_t *to)
{
    if (grain) {
        *from = block * grain; /* below count: no overflow */
        *to = count - *from > grain ? *from + grain : count;
    } else {
        uint32_t round = block / threads, place = block % threads, first = count - (count >> round);
        uint32_t last = round + 1 < W3DI_JOB_ROUNDS ? count - (count >> (round + 1)) : count;
        *from = first + (uint32_t)((uint64_t)(last - first) * place / threads);
        *to = first + (uint32_t)((uint64_t)(last - first) * (place + 1) / threads);
    }
}

/* Takes blocks until there are none. */
static inline void w3di_job_loop_work(w3di_job_loop *loop)
{
    uint32_t begin = loop->begin, count = loop->end - begin, grain = loop->grain;
    uint32_t blocks = loop->blocks, threads = loop->threads, from, to;
    void (*run)(void *user, uint32_t begin, uint32_t end) = loop->run;
    void *user = loop->user;
    for (;;) {
        uint32_t block = w3d_atomic_add_u32(&loop->next, 1);
        if (block >= blocks) return;
        w3di_job_loop_block(block, count, grain, threads, &from, &to);
        if (from != to) run(user, begin + from, begin + to);
    }
}

/* A worker's share of every loop that is open. */
static inline void w3di_job_loops_help(w3d_jobs *jobs, uint32_t worker)
{
    for (uint32_t i = 0; i < W3DI_JOB_LOOPS; i++) {
        w3di_job_loop *loop = &jobs->loops[i];
        uint32_t state = w3d_atomic_load_u32(&loop->state);
        while ((state & W3DI_JOB_LOOP_OPEN) &&
               !w3d_atomic_swap_u32(&loop->state, &state, state + 1))
            ;
        if (!(state & W3DI_JOB_LOOP_OPEN)) continue;
        if (jobs->on_begin) jobs->on_begin(jobs->hook_user, "parallel_for", worker);
        w3di_job_loop_work(loop);
        if (jobs->on_end) jobs->on_end(jobs->hook_user, "parallel_for", worker);
        /* The caller may return as soon as the count is 0; the loop's place remains. */
        state = w3d_atomic_add_u32(&loop->state, UINT32_MAX);
        if ((state & W3DI_JOB_LOOP_SLEEPS) && (state & W3DI_JOB_LOOP_COUNT) == 1)
            w3d_thread_wake32(&loop->state, 1);
    }
}

#endif /* W3D_JOB_POOL_H */
