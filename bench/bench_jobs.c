/* bench_jobs.c - parallel_for beside OpenMP, and jobs beside a queue with a mutex and a condition.
 *
 * The limit of a loop is its work done by one thread, shared out evenly at no cost. Between runs there
 * is a pause, so that neither side's idle threads, which look around for a while before they sleep,
 * take time from the other: each run begins with sleeping threads. */
#include "bench.h"

#include "sync/parallel_for.h"
#include "sync/thread.h"

#include "peers/openmp.h"

#if W3D_THREADS && !defined(_WIN32)
#include <pthread.h>
#define BENCH_PTHREAD 1
#endif

enum { TINY = 4000 };

static w3d_jobs *pool;

static void pause_between(void *user)
{
    (void)user;
    w3d_thread_sleep(6000000);
}

/* ---- loops ---- */

static void block(void *user, uint32_t begin, uint32_t end)
{
    const loop *l = (const loop *)user;
    for (uint32_t i = begin; i < end; i++) l->out[i] = mix(i + 1, loop_rounds(l, i));
}

static void ours_loop(void *user)
{
    loop *l = (loop *)user;
    for (uint32_t r = 0; r < l->regions; r++)
        w3d_parallel_for(pool, 0, l->count, l->grain, block, l);
}

/* Every n-th item: what one of n threads has to do. */
static void limit_loop(void *user)
{
    const loop *l = (const loop *)user;
    uint32_t threads = w3d_jobs_worker_count(pool) + 1;
    for (uint32_t r = 0; r < l->regions; r++)
        for (uint32_t i = threads - 1; i < l->count; i += threads)
            l->out[i] = mix(i + 1, loop_rounds(l, i));
}

#if BENCH_OPENMP
static void peer_static(void *user) { openmp_static((loop *)user); }
static void peer_dynamic(void *user) { openmp_dynamic((loop *)user); }
#else
#define peer_static  NULL
#define peer_dynamic NULL
#endif

static void row_of_loop(const char *name, loop l, void (*peer)(void *user), const char *peer_name)
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "Mitem/s";
    row.work = (double)l.count * l.regions / 1e6;
    row.ours.run = ours_loop;
    row.peer.run = peer;
    row.peer.name = peer_name;
    row.limit.run = limit_loop;
    row.limit.name = "serial / threads";
    row.reset = pause_between;
    row.user = &l;
    row.rounds = 25;
    l.out = (uint32_t *)malloc((size_t)l.count * 4);
    if (!l.out) return;
    memset(l.out, 0, (size_t)l.count * 4);
    bench_run(&row);
    free(l.out);
}

/* ---- jobs ---- */

static w3d_result count_one(void *user, w3d_job_context *context)
{
    (void)context;
    __atomic_fetch_add((uint32_t *)user, 1, __ATOMIC_RELAXED);
    return W3D_OK;
}

static void ours_tiny(void *user)
{
    w3d_job group;
    w3d_job_desc desc;
    memset(&desc, 0, sizeof desc);
    w3d_jobs_group_create(pool, &group);
    desc.run = count_one;
    desc.user = user;
    desc.group = group;
    for (int i = 0; i < TINY; i++) w3d_jobs_submit(pool, &desc, NULL);
    w3d_jobs_wait(pool, group, W3D_FOREVER, NULL);
    w3d_jobs_release(pool, group);
}

static void limit_tiny(void *user)
{
    for (int i = 0; i < TINY; i++) count_one(user, NULL);
}

#if BENCH_PTHREAD
/* The reference: a ring of {function, user} under a mutex, one condition for work, one for the end. The
 * submitter helps at the end, as ours does. It knows no priorities, dependencies or handles. */
static struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t work, ended;
    struct {
        w3d_result (*run)(void *user, w3d_job_context *context);
        void *user;
    } ring[TINY];
    uint32_t head, tail, running, stop;
} queue = { PTHREAD_MUTEX_INITIALIZER,
            PTHREAD_COND_INITIALIZER,
            PTHREAD_COND_INITIALIZER,
            { { NULL, NULL } },
            0,
            0,
            0,
            0 };

/* Runs what is there; the mutex is held before and after. */
static void queue_drain(void)
{
    while (queue.head != queue.tail) {
        uint32_t at = queue.tail++ % TINY;
        queue.running++;
        w3d_result (*run)(void *user, w3d_job_context *context) = queue.ring[at].run;
        void *user = queue.ring[at].user;
        pthread_mutex_unlock(&queue.mutex);
        run(user, NULL);
        pthread_mutex_lock(&queue.mutex);
        if (--queue.running == 0 && queue.head == queue.tail) pthread_cond_signal(&queue.ended);
    }
}

static void *queue_worker(void *user)
{
    (void)user;
    pthread_mutex_lock(&queue.mutex);
    while (!queue.stop) {
        queue_drain();
        if (!queue.stop) pthread_cond_wait(&queue.work, &queue.mutex);
    }
    pthread_mutex_unlock(&queue.mutex);
    return NULL;
}

static void peer_tiny(void *user)
{
    for (int i = 0; i < TINY; i++) {
        pthread_mutex_lock(&queue.mutex);
        queue.ring[queue.head % TINY].run = count_one;
        queue.ring[queue.head++ % TINY].user = user;
        pthread_cond_signal(&queue.work);
        pthread_mutex_unlock(&queue.mutex);
    }
    pthread_mutex_lock(&queue.mutex);
    queue_drain();
    while (queue.running) pthread_cond_wait(&queue.ended, &queue.mutex);
    pthread_mutex_unlock(&queue.mutex);
}
#endif

void bench_jobs(void)
{
    w3d_jobs_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.capacity = TINY + 1;
    if (w3d_jobs_create(&desc, &pool) != W3D_OK) return;
    printf("\n%u workers and the caller", w3d_jobs_worker_count(pool));
#if BENCH_OPENMP
    printf("; OpenMP: %d threads", openmp_threads());
#endif
    bench_title("jobs");
    static const loop large = { NULL, 1000000, 0, 24, 0, 1 };
    static const loop large_grain = { NULL, 1000000, 1000, 24, 0, 1 };
    static const loop small = { NULL, 1000, 0, 24, 0, 300 };
    static const loop small_grain = { NULL, 1000, 50, 24, 0, 300 };
    static const loop smallest = { NULL, 1000, 0, 1, 0, 2000 };
    static const loop uneven = { NULL, 20000, 0, 2000, 1, 1 };
    static const loop uneven_grain = { NULL, 20000, 64, 2000, 1, 1 };
    row_of_loop("loop of 10^6 items", large, peer_static, "OpenMP static");
    row_of_loop("  by 1000", large_grain, peer_dynamic, "OpenMP dynamic");
    row_of_loop("loop of 1000 items", small, peer_static, "OpenMP static");
    row_of_loop("  by 50", small_grain, peer_dynamic, "OpenMP dynamic");
    row_of_loop("loop of 1000 lightest items", smallest, peer_static, "OpenMP static");
    row_of_loop("uneven loop", uneven, peer_static, "OpenMP static");
    row_of_loop("  by 64", uneven_grain, peer_dynamic, "OpenMP dynamic");

    uint32_t sum = 0;
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = "4000 tiny jobs, submit to end";
    row.unit = "Mjob/s";
    row.work = TINY / 1e6;
    row.ours.run = ours_tiny;
    row.limit.run = limit_tiny;
    row.limit.name = "plain calls";
    row.reset = pause_between;
    row.user = &sum;
    row.rounds = 25;
#if BENCH_PTHREAD
    uint32_t workers = w3d_jobs_worker_count(pool), started = 0;
    pthread_t threads[64];
    while (started < workers && !pthread_create(&threads[started], NULL, queue_worker, NULL))
        started++;
    row.peer.run = peer_tiny;
    row.peer.name = "mutex and condition";
#endif
    bench_run(&row);
#if BENCH_PTHREAD
    pthread_mutex_lock(&queue.mutex);
    queue.stop = 1;
    pthread_cond_broadcast(&queue.work);
    pthread_mutex_unlock(&queue.mutex);
    for (uint32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
#endif
    w3d_jobs_destroy(pool);
}
