/* test_parallel_for.c - every item once, in blocks where they belong, at the edges of the range too. */
#include "test.h"

#include "core/atomic.h"
#include "sync/parallel_for.h"
#include "sync/thread.h"

enum { ITEMS = 5000 };

typedef struct loop_state {
    w3d_jobs *jobs;
    uint32_t begin, end, grain;
    uint32_t seen[ITEMS];
    uint32_t wrong, calls; /* atomic */
    uint64_t items;        /* atomic */
} loop_state;

static w3d_jobs *make(uint32_t workers)
{
    w3d_jobs_desc desc;
    w3d_jobs *jobs = NULL;
    memset(&desc, 0, sizeof desc);
    desc.worker_count = workers;
    CHECK(w3d_jobs_create(&desc, &jobs) == W3D_OK);
    return jobs;
}

static void mark(void *user, uint32_t begin, uint32_t end)
{
    loop_state *s = (loop_state *)user;
    w3d_atomic_add_u32(&s->calls, 1);
    if (begin < s->begin || end > s->end || begin >= end) w3d_atomic_add_u32(&s->wrong, 1);
    if (s->grain && ((begin - s->begin) % s->grain || end - begin > s->grain))
        w3d_atomic_add_u32(&s->wrong, 1);
    for (uint32_t i = begin; i < end; i++) s->seen[i - s->begin]++; /* plain: nobody else has it */
}

static void check_range(w3d_jobs *jobs, uint32_t begin, uint32_t count, uint32_t grain)
{
    static loop_state s;
    memset(&s, 0, sizeof s);
    s.begin = begin, s.end = begin + count, s.grain = grain;
    CHECK(w3d_parallel_for(jobs, s.begin, s.end, grain, mark, &s) == W3D_OK);
    uint32_t once = 0;
    for (uint32_t i = 0; i < count; i++) once += s.seen[i] == 1;
    CHECK_MESSAGE(once == count && !s.wrong, "%u items from %u by %u: %u seen once, %u wrong",
                  count, begin, grain, once, s.wrong);
    if (grain) CHECK(s.calls == (count + (uint64_t)grain - 1) / grain);
    if (!count) CHECK(s.calls == 0);
}

static void ranges(void)
{
    static const uint32_t workers[] = { 2, 1, W3D_JOBS_NO_WORKERS };
    for (int w = 0; w < 3; w++) {
        w3d_jobs *jobs = make(workers[w]);
        check_range(jobs, 7, 0, 0);
        check_range(jobs, 7, 1, 0);
        check_range(jobs, 7, 1, 1);
        check_range(jobs, 0, 100, 1000);
        check_range(jobs, 0, 100, UINT32_MAX);
        check_range(jobs, 0, 2, 1);
        check_range(jobs, UINT32_MAX - 1000, 1000, 7);
        check_range(jobs, UINT32_MAX - 1, 1, 0);
        check_range(jobs, UINT32_MAX - 10, 10, UINT32_MAX);
        check_range(jobs, UINT32_MAX - 10, 10, UINT32_MAX - 5);
        for (int i = 0; i < 200; i++)
            check_range(jobs, (uint32_t)(test_random() >> 33), test_random_below(ITEMS),
                        test_random_below(70));
        loop_state s;
        memset(&s, 0, sizeof s);
        CHECK(w3d_parallel_for(jobs, 9, 3, 1, mark, &s) == W3D_OK && s.calls == 0); /* backwards */
        CHECK(w3d_parallel_for(jobs, 0, 1, 1, NULL, &s) == W3D_ERR_ARGUMENT);
        CHECK(w3d_parallel_for(NULL, 0, 1, 1, mark, &s) == W3D_ERR_ARGUMENT);
        CHECK(w3d_jobs_destroy(jobs) == W3D_OK);
    }
}

/* All of 2^32 - 1 items, in few blocks: no position wraps. */
static void sum_up(void *user, uint32_t begin, uint32_t end)
{
    loop_state *s = (loop_state *)user;
    if (end <= begin) w3d_atomic_add_u32(&s->wrong, 1);
    w3d_atomic_add_u64(&s->items, end - begin);
    w3d_atomic_add_u32(&s->calls, 1);
}

static void whole_range(void)
{
    static const uint32_t grains[] = { 0,           0x7FFFFFFFu, 0x80000000u,
                                       0xFFFFFFFEu, 0xFFFFFFFFu, 1000003u };
    w3d_jobs *jobs = make(2);
    for (int i = 0; i < 6; i++) {
        loop_state s;
        memset(&s, 0, sizeof s);
        CHECK(w3d_parallel_for(jobs, 0, UINT32_MAX, grains[i], sum_up, &s) == W3D_OK);
        CHECK(s.items == UINT32_MAX && !s.wrong);
        if (grains[i]) CHECK(s.calls == (UINT32_MAX - 1) / grains[i] + 1);
    }
    CHECK(w3d_jobs_destroy(jobs) == W3D_OK);
}

/* Loops in loops in loops. */
static void inner(void *user, uint32_t begin, uint32_t end)
{
    w3d_atomic_add_u64(&((loop_state *)user)->items, end - begin);
}

static void middle(void *user, uint32_t begin, uint32_t end)
{
    loop_state *s = (loop_state *)user;
    for (uint32_t i = begin; i < end; i++) w3d_parallel_for(s->jobs, i, i + 40, 3, inner, s);
}

static void outer(void *user, uint32_t begin, uint32_t end)
{
    loop_state *s = (loop_state *)user;
    for (uint32_t i = begin; i < end; i++) w3d_parallel_for(s->jobs, 0, 20, 2, middle, s);
}

static void nested(void)
{
    static const uint32_t workers[] = { 3, 1, W3D_JOBS_NO_WORKERS };
    for (int w = 0; w < 3; w++) {
        loop_state s;
        memset(&s, 0, sizeof s);
        s.jobs = make(workers[w]);
        CHECK(w3d_parallel_for(s.jobs, 0, 30, 1, outer, &s) == W3D_OK);
        CHECK(s.items == 30 * 20 * 40);
        CHECK(w3d_jobs_destroy(s.jobs) == W3D_OK);
    }
}

/* Loops from many jobs at once, more than there are places for loops, while tiny jobs go by. */
static w3d_result run_loop(void *user, w3d_job_context *context)
{
    loop_state *s = (loop_state *)user;
    for (int i = 0; i < 20; i++) w3d_parallel_for(context->jobs, 0, 50, 4, inner, s);
    w3d_jobs_advance(context, 1);
    return W3D_OK;
}

static void from_jobs(void)
{
    loop_state s;
    memset(&s, 0, sizeof s);
    s.jobs = make(4);
    w3d_job group;
    w3d_job_desc desc;
    CHECK(w3d_jobs_group_create(s.jobs, &group) == W3D_OK);
    memset(&desc, 0, sizeof desc);
    desc.run = run_loop;
    desc.user = &s;
    desc.group = group;
    for (int i = 0; i < 100; i++) CHECK(w3d_jobs_submit(s.jobs, &desc, NULL) == W3D_OK);
    for (int i = 0; i < 200; i++) w3d_parallel_for(s.jobs, 0, 50, 4, inner, &s);
    CHECK(w3d_jobs_wait(s.jobs, group, W3D_FOREVER, NULL) == W3D_OK);
    CHECK(s.items == 100u * 20 * 50 + 200u * 50);
    CHECK(w3d_jobs_destroy(s.jobs) == W3D_OK);
}

/* With pauses, so that workers fall asleep in between and must be woken. */
static void after_sleep(void)
{
    loop_state s;
    memset(&s, 0, sizeof s);
    s.jobs = make(2);
    for (int i = 0; i < 60; i++) {
        w3d_thread_sleep(300000);
        w3d_parallel_for(s.jobs, 0, 64, 1, inner, &s);
    }
    CHECK(s.items == 60 * 64);
    CHECK(w3d_jobs_destroy(s.jobs) == W3D_OK);
}

/* A loop gets a second thread: its first block waits until the second has begun. */
static void meet(void *user, uint32_t begin, uint32_t end)
{
    loop_state *s = (loop_state *)user;
    (void)end;
    w3d_atomic_add_u32(&s->calls, 1);
    w3d_thread_wake32(&s->calls, UINT32_MAX);
    if (!w3d_jobs_worker_count(s->jobs)) {
        s->wrong++;
        return;
    }
    while (w3d_atomic_load_u32(&s->calls) < 2) w3d_thread_wait32(&s->calls, 1, W3D_FOREVER);
    if (begin) w3d_thread_sleep(200000); /* the other one must wait for this, whoever it is */
    w3d_atomic_add_u32(&s->wrong, 1);
}

static void shared_with_a_worker(void)
{
    for (int i = 0; i < 20; i++) {
        loop_state s;
        memset(&s, 0, sizeof s);
        s.jobs = make(1);
        if (i & 1) w3d_thread_sleep(1000000);
        CHECK(w3d_parallel_for(s.jobs, 0, 2, 1, meet, &s) == W3D_OK);
        CHECK(w3d_atomic_load_u32(&s.calls) == 2 && w3d_atomic_load_u32(&s.wrong) == 2);
        CHECK(w3d_jobs_destroy(s.jobs) == W3D_OK);
    }
}

void test_parallel_for(void)
{
    RUN(ranges);
    RUN(whole_range);
    RUN(nested);
    RUN(from_jobs);
    RUN(after_sleep);
    RUN(shared_with_a_worker);
}
