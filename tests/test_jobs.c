/* test_jobs.c - who runs when, once or not at all; waiting, cancelling, raising, progress, budgets. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "sync/jobs.h"
#include "sync/parallel_for.h"
#include "sync/thread.h"

enum { MOST = 600 };

/* What a job of these tests does: notes when it ran, looks whether what it needs ran before. */
typedef struct piece {
    struct scene *scene;
    w3d_job handle;
    uint32_t number, order, runs;
    uint32_t needs[4], need_count;
    w3d_result result;
} piece;

typedef struct scene {
    w3d_jobs *jobs;
    uint32_t clock, wrong; /* atomic */
    uint32_t gate, at_gate;
    piece pieces[MOST];
    uint32_t list[MOST], listed;
    uint64_t time;
} scene;

static scene *scene_make(uint32_t workers, uint32_t capacity)
{
    scene *s = (scene *)calloc(1, sizeof *s);
    w3d_jobs_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.worker_count = workers;
    desc.capacity = capacity;
    CHECK(w3d_jobs_create(&desc, &s->jobs) == W3D_OK);
    for (uint32_t i = 0; i < MOST; i++) s->pieces[i].scene = s, s->pieces[i].number = i;
    return s;
}

static void scene_free(scene *s)
{
    CHECK(w3d_jobs_destroy(s->jobs) == W3D_OK);
    CHECK(s->wrong == 0);
    free(s);
}

static w3d_result run_piece(void *user, w3d_job_context *context)
{
    piece *p = (piece *)user;
    scene *s = p->scene;
    if (w3d_atomic_add_u32(&p->runs, 1) != 0) w3d_atomic_add_u32(&s->wrong, 1);
    for (uint32_t i = 0; i < p->need_count; i++)
        if (!w3d_atomic_load_u32(&s->pieces[p->needs[i]].order)) w3d_atomic_add_u32(&s->wrong, 1);
    if (context->jobs != s->jobs) w3d_atomic_add_u32(&s->wrong, 1);
    uint32_t order = w3d_atomic_add_u32(&s->clock, 1);
    if (order < MOST) s->list[order] = p->number;
    w3d_atomic_store_u32(&p->order, order + 1);
    return p->result;
}

/* Holds a thread until the gate opens. */
static w3d_result run_gate(void *user, w3d_job_context *context)
{
    scene *s = (scene *)user;
    w3d_atomic_store_u32(&s->at_gate, 1);
    w3d_thread_wake32(&s->at_gate, UINT32_MAX);
    while (!w3d_atomic_load_u32(&s->gate)) {
        if (w3d_jobs_cancelled(context)) return W3D_ERR_CANCELLED;
        w3d_thread_wait32(&s->gate, 0, 1000000);
    }
    return W3D_OK;
}

static void open_gate(scene *s)
{
    w3d_atomic_store_u32(&s->gate, 1);
    w3d_thread_wake32(&s->gate, UINT32_MAX);
}

/* Puts the one worker behind the gate; 0 where there is none. */
static int hold_worker(scene *s, w3d_job *job)
{
    if (!w3d_jobs_worker_count(s->jobs)) return 0;
    w3d_job_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.run = run_gate;
    desc.user = s;
    desc.priority = W3D_JOB_IMMEDIATE;
    CHECK(w3d_jobs_submit(s->jobs, &desc, job) == W3D_OK);
    while (!w3d_atomic_load_u32(&s->at_gate)) w3d_thread_wait32(&s->at_gate, 0, W3D_FOREVER);
    return 1;
}

static w3d_result submit(scene *s, uint32_t i, w3d_job_priority priority, w3d_job group)
{
    w3d_job_desc desc;
    w3d_job after[4];
    memset(&desc, 0, sizeof desc);
    for (uint32_t k = 0; k < s->pieces[i].need_count; k++)
        after[k] = s->pieces[s->pieces[i].needs[k]].handle;
    desc.run = run_piece;
    desc.user = &s->pieces[i];
    desc.priority = priority;
    desc.group = group;
    desc.after = after;
    desc.after_count = s->pieces[i].need_count;
    return w3d_jobs_submit(s->jobs, &desc, &s->pieces[i].handle);
}

static w3d_result run_add(void *user, w3d_job_context *context)
{
    (void)context;
    w3d_atomic_add_u32((uint32_t *)user, 1);
    return W3D_OK;
}

static const w3d_job no_group = { 0 };

static w3d_result result_of(scene *s, w3d_job job)
{
    w3d_result result = W3D_RESULT_COUNT;
    CHECK(w3d_jobs_wait(s->jobs, job, W3D_FOREVER, &result) == W3D_OK);
    return result;
}

static void one_job(void)
{
    static const uint32_t workers[] = { 0, 1, W3D_JOBS_NO_WORKERS };
    for (int i = 0; i < 3; i++) {
        scene *s = scene_make(workers[i], 0);
        CHECK(submit(s, 0, W3D_JOB_NORMAL, no_group) == W3D_OK);
        s->pieces[1].result = W3D_ERR_FORMAT;
        CHECK(submit(s, 1, W3D_JOB_NORMAL, no_group) == W3D_OK);
        CHECK(result_of(s, s->pieces[0].handle) == W3D_OK);
        CHECK(result_of(s, s->pieces[0].handle) == W3D_OK); /* as often as one likes */
        CHECK(result_of(s, s->pieces[1].handle) == W3D_ERR_FORMAT);
        CHECK(s->pieces[0].runs == 1 && s->pieces[1].runs == 1);
        CHECK(w3d_jobs_release(s->jobs, s->pieces[0].handle) == W3D_OK);
        scene_free(s);
    }
}

/* Random graphs: a job checks, when it runs, that everything it needs has run. */
static void random_graphs(void)
{
    static const uint32_t workers[] = { 3, 1, W3D_JOBS_NO_WORKERS };
    for (int round = 0; round < 12; round++) {
        scene *s = scene_make(workers[round % 3], MOST);
        w3d_job group;
        CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
        uint32_t count = 50 + test_random_below(MOST - 60);
        for (uint32_t i = 0; i < count; i++) {
            piece *p = &s->pieces[i];
            p->need_count = i ? test_random_below(5) : 0;
            for (uint32_t k = 0; k < p->need_count; k++) p->needs[k] = test_random_below(i);
            CHECK(submit(s, i, (w3d_job_priority)test_random_below(4), group) == W3D_OK);
            if (test_random_below(8) == 0)
                w3d_jobs_raise(s->jobs, s->pieces[test_random_below(i + 1)].handle, W3D_JOB_HIGH);
            if (test_random_below(8) == 0) w3d_jobs_run_for(s->jobs, 1);
        }
        CHECK(result_of(s, group) == W3D_OK);
        for (uint32_t i = 0; i < count; i++) {
            CHECK(s->pieces[i].runs == 1);
            CHECK(w3d_jobs_release(s->jobs, s->pieces[i].handle) == W3D_OK);
        }
        uint32_t done = 0, total = 0;
        CHECK(w3d_jobs_progress(s->jobs, group, &done, &total) == W3D_OK);
        CHECK(done == count && total == count);
        scene_free(s);
    }
}

/* Random graphs with failures and cancellations: a job runs exactly when all it needs ended well. */
static void random_failures(void)
{
    for (int round = 0; round < 12; round++) {
        scene *s = scene_make(round % 2 ? 2 : W3D_JOBS_NO_WORKERS, MOST);
        uint32_t cancelled[MOST] = { 0 };
        for (uint32_t i = 0; i < 300; i++) {
            piece *p = &s->pieces[i];
            p->need_count = i ? test_random_below(3) : 0;
            for (uint32_t k = 0; k < p->need_count; k++) p->needs[k] = test_random_below(i);
            if (test_random_below(30) == 0) p->result = W3D_ERR_DAMAGED;
            CHECK(submit(s, i, (w3d_job_priority)test_random_below(4), no_group) == W3D_OK);
            if (test_random_below(20) == 0) {
                uint32_t other = test_random_below(i + 1);
                cancelled[other] = 1;
                CHECK(w3d_jobs_cancel(s->jobs, s->pieces[other].handle) == W3D_OK);
            }
        }
        w3d_result results[MOST];
        for (uint32_t i = 300; i-- > 0;) results[i] = result_of(s, s->pieces[i].handle);
        for (uint32_t i = 0; i < 300; i++) {
            const piece *p = &s->pieces[i];
            int needs_ok = 1;
            for (uint32_t k = 0; k < p->need_count; k++) needs_ok &= results[p->needs[k]] == W3D_OK;
            if (p->runs) {
                CHECK(p->runs == 1 && needs_ok && results[i] == p->result);
            } else {
                CHECK(results[i] == W3D_ERR_CANCELLED && (cancelled[i] || !needs_ok));
            }
            CHECK(w3d_jobs_release(s->jobs, p->handle) == W3D_OK);
        }
        scene_free(s);
    }
}

/* One thread, everything queued behind a gate: the order is exact. Without workers run_for runs. */
static void priorities_and_raising(void)
{
    static const w3d_job_priority given[] = { W3D_JOB_BACKGROUND, W3D_JOB_NORMAL,
                                              W3D_JOB_HIGH,       W3D_JOB_NORMAL,
                                              W3D_JOB_HIGH,       W3D_JOB_BACKGROUND,
                                              W3D_JOB_IMMEDIATE,  W3D_JOB_NORMAL };
    static const uint32_t expected[2][8] = { { 6, 2, 4, 1, 3, 7, 0, 5 },
                                             { 6, 5, 2, 4, 7, 1, 3, 0 } };
    for (int round = 0; round < 4; round++) {
        scene *s = scene_make(round & 2 ? 1 : W3D_JOBS_NO_WORKERS, 0);
        w3d_job gate;
        int held = hold_worker(s, &gate);
        for (uint32_t i = 0; i < 8; i++) CHECK(submit(s, i, given[i], no_group) == W3D_OK);
        if (round & 1) {
            CHECK(w3d_jobs_raise(s->jobs, s->pieces[5].handle, W3D_JOB_IMMEDIATE) == W3D_OK);
            CHECK(w3d_jobs_raise(s->jobs, s->pieces[7].handle, W3D_JOB_HIGH) == W3D_OK);
            CHECK(w3d_jobs_raise(s->jobs, s->pieces[6].handle, W3D_JOB_NORMAL) == W3D_OK); /* no */
            CHECK(w3d_jobs_raise(s->jobs, s->pieces[6].handle, (w3d_job_priority)4) ==
                  W3D_ERR_ARGUMENT);
        }
        if (held) {
            open_gate(s); /* and wait without helping: the worker alone sets the order */
            for (int i = 0; i < 8; i++)
                while (w3d_jobs_wait(s->jobs, s->pieces[i].handle, 0, NULL) != W3D_OK)
                    w3d_thread_yield();
        } else {
            CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 8);
        }
        CHECK_BYTES(s->list, expected[round & 1], sizeof expected[0]);
        scene_free(s);
    }
}

/* Raising a job raises what it waits for, through a group too. */
static void raising_goes_down(void)
{
    scene *s = scene_make(W3D_JOBS_NO_WORKERS, 0);
    w3d_job group;
    CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
    CHECK(submit(s, 0, W3D_JOB_NORMAL, no_group) == W3D_OK);
    CHECK(submit(s, 1, W3D_JOB_BACKGROUND, group) == W3D_OK);
    CHECK(submit(s, 2, W3D_JOB_HIGH, group) == W3D_OK);
    s->pieces[3].handle = group;
    s->pieces[4].needs[0] = 3, s->pieces[4].need_count = 1;
    CHECK(submit(s, 4, W3D_JOB_BACKGROUND, no_group) == W3D_OK);
    s->pieces[4].need_count = 0; /* a group does not run: nothing to check */
    CHECK(w3d_jobs_raise(s->jobs, s->pieces[4].handle, W3D_JOB_HIGH) == W3D_OK);
    CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 4);
    static const uint32_t expected[] = { 2, 1, 4, 0 };
    CHECK_BYTES(s->list, expected, sizeof expected);
    scene_free(s);
}

static void cancelling(void)
{
    scene *s = scene_make(1, 0);
    w3d_job gate, group;
    int held = hold_worker(s, &gate);
    CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
    for (uint32_t i = 0; i < 4; i++) {
        s->pieces[i].need_count = i == 1 || i == 2;
        s->pieces[i].needs[0] = i - 1;
        CHECK(submit(s, i, W3D_JOB_NORMAL, i == 3 ? group : no_group) == W3D_OK);
    }
    w3d_job_desc cleanup;
    w3d_job cleaned;
    memset(&cleanup, 0, sizeof cleanup);
    cleanup.run = run_piece;
    cleanup.user = &s->pieces[5];
    cleanup.after = &s->pieces[2].handle;
    cleanup.after_count = 1;
    cleanup.run_anyway = 1;
    CHECK(w3d_jobs_submit(s->jobs, &cleanup, &cleaned) == W3D_OK);
    CHECK(w3d_jobs_cancel(s->jobs, s->pieces[0].handle) == W3D_OK);
    for (int i = 0; i < 3; i++) { /* down the chain, at once */
        w3d_result result = W3D_OK;
        CHECK(w3d_jobs_wait(s->jobs, s->pieces[i].handle, 0, &result) == W3D_OK);
        CHECK(result == W3D_ERR_CANCELLED);
    }
    CHECK(w3d_jobs_cancel(s->jobs, group) == W3D_OK);
    CHECK(submit(s, 4, W3D_JOB_NORMAL, group) == W3D_OK); /* too late: never runs */
    CHECK(result_of(s, s->pieces[4].handle) == W3D_ERR_CANCELLED);
    CHECK(result_of(s, group) == W3D_ERR_CANCELLED);
    CHECK(submit(s, 6, W3D_JOB_NORMAL, group) == W3D_ERR_CLOSED);
    if (held) { /* while it runs: it notices */
        CHECK(w3d_jobs_cancel(s->jobs, gate) == W3D_OK);
        CHECK(result_of(s, gate) == W3D_ERR_CANCELLED);
        CHECK(w3d_jobs_cancel(s->jobs, gate) == W3D_OK); /* ended: nothing to do */
    }
    CHECK(result_of(s, cleaned) == W3D_OK && s->pieces[5].runs == 1);
    for (int i = 0; i < 5; i++) CHECK(s->pieces[i].runs == 0);
    scene_free(s);
}

/* A group's result is its first failure; members that fail do not stop the others. */
static void groups(void)
{
    scene *s = scene_make(W3D_JOBS_NO_WORKERS, 8);
    w3d_job group, again;
    uint32_t done = 9, total = 9;
    CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
    CHECK(w3d_jobs_wait(s->jobs, group, 0, NULL) == W3D_OK); /* closed while empty: ended */
    CHECK(w3d_jobs_release(s->jobs, group) == W3D_OK);
    CHECK(w3d_jobs_group_create(s->jobs, &again) == W3D_OK);
    CHECK(again.id != group.id);
    s->pieces[1].result = W3D_ERR_UTF8, s->pieces[2].result = W3D_ERR_FORMAT;
    for (uint32_t i = 0; i < 4; i++) CHECK(submit(s, i, W3D_JOB_NORMAL, again) == W3D_OK);
    CHECK(w3d_jobs_progress(s->jobs, again, &done, &total) == W3D_OK && done == 0 && total == 4);
    CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 4);
    CHECK(w3d_jobs_progress(s->jobs, again, &done, &total) == W3D_OK && done == 4 && total == 4);
    CHECK(result_of(s, again) == W3D_ERR_UTF8);
    /* In its own group's `after`, or in a job instead of a group. */
    w3d_job_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.run = run_piece;
    desc.user = &s->pieces[5];
    desc.group = s->pieces[0].handle;
    CHECK(w3d_jobs_submit(s->jobs, &desc, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
    desc.group = group;
    desc.after = &group;
    desc.after_count = 1;
    CHECK(w3d_jobs_submit(s->jobs, &desc, NULL) == W3D_ERR_ARGUMENT);
    desc.after_count = 0;
    desc.total = UINT32_MAX;
    CHECK(w3d_jobs_submit(s->jobs, &desc, NULL) == W3D_OK);
    CHECK(w3d_jobs_submit(s->jobs, &desc, NULL) == W3D_ERR_RANGE);
    CHECK(w3d_jobs_cancel(s->jobs, group) == W3D_OK);
    scene_free(s);
}

static void handles_go_stale(void)
{
    scene *s = scene_make(W3D_JOBS_NO_WORKERS, 4);
    uint32_t done, total;
    w3d_job old, wild;
    CHECK(submit(s, 0, W3D_JOB_NORMAL, no_group) == W3D_OK);
    old = s->pieces[0].handle;
    CHECK(w3d_jobs_release(s->jobs, old) == W3D_OK); /* before it has run: it still will */
    CHECK(w3d_jobs_release(s->jobs, old) == W3D_ERR_STALE);
    CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 1 && s->pieces[0].runs == 1);
    CHECK(submit(s, 1, W3D_JOB_NORMAL, no_group) == W3D_OK); /* in the same place */
    CHECK((s->pieces[1].handle.id & 0xFFFFFu) == (old.id & 0xFFFFFu));
    CHECK(w3d_jobs_wait(s->jobs, old, W3D_FOREVER, NULL) == W3D_ERR_STALE);
    CHECK(w3d_jobs_cancel(s->jobs, old) == W3D_ERR_STALE);
    CHECK(w3d_jobs_raise(s->jobs, old, W3D_JOB_HIGH) == W3D_ERR_STALE);
    CHECK(w3d_jobs_progress(s->jobs, old, &done, &total) == W3D_ERR_STALE);
    s->pieces[0].handle = old;
    s->pieces[2].need_count = 1;
    CHECK(submit(s, 2, W3D_JOB_NORMAL, no_group) == W3D_ERR_STALE);
    CHECK(submit(s, 3, W3D_JOB_NORMAL, old) == W3D_ERR_STALE);
    for (int i = 0; i < 2000; i++) {
        wild.id = test_random() >> test_random_below(64);
        if (wild.id == s->pieces[1].handle.id) continue;
        CHECK(w3d_jobs_wait(s->jobs, wild, 0, NULL) == W3D_ERR_STALE);
    }
    CHECK(result_of(s, s->pieces[1].handle) == W3D_OK && s->pieces[1].runs == 1);
    scene_free(s);
}

static void exhaustion(void)
{
    w3d_jobs_desc desc;
    scene *s = (scene *)calloc(1, sizeof *s);
    for (uint32_t i = 0; i < MOST; i++) s->pieces[i].scene = s;
    memset(&desc, 0, sizeof desc);
    desc.worker_count = W3D_JOBS_NO_WORKERS;
    desc.capacity = 5;
    desc.dependency_capacity = 3;
    CHECK(w3d_jobs_create(&desc, &s->jobs) == W3D_OK);
    for (int round = 0; round < 3; round++) {
        s->pieces[1].need_count = s->pieces[2].need_count = 1; /* two of three edges */
        s->pieces[2].needs[0] = 1;
        for (uint32_t i = 0; i < 3; i++) CHECK(submit(s, i, W3D_JOB_NORMAL, no_group) == W3D_OK);
        s->pieces[3].need_count = 2;
        CHECK(submit(s, 3, W3D_JOB_NORMAL, no_group) == W3D_ERR_BUSY);
        s->pieces[3].need_count = 4;
        CHECK(submit(s, 3, W3D_JOB_NORMAL, no_group) == W3D_ERR_CAPACITY);
        s->pieces[3].need_count = 1;
        CHECK(submit(s, 3, W3D_JOB_NORMAL, no_group) == W3D_OK);
        CHECK(submit(s, 4, W3D_JOB_NORMAL, no_group) == W3D_OK);
        CHECK(submit(s, 5, W3D_JOB_NORMAL, no_group) == W3D_ERR_BUSY);
        w3d_job group = { 77 };
        CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_ERR_BUSY && group.id == 77);
        CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 5);
        CHECK(submit(s, 5, W3D_JOB_NORMAL, no_group) == W3D_ERR_BUSY); /* the handles hold them */
        for (uint32_t i = 0; i < 5; i++) {
            CHECK(w3d_jobs_release(s->jobs, s->pieces[i].handle) == W3D_OK);
            s->pieces[i].runs = 0;
        }
    }
    scene_free(s);
}

/* Progress by one thread, read by another: never falls, ends at the total. */
static w3d_result run_steps(void *user, w3d_job_context *context)
{
    (void)user;
    for (int i = 0; i < 2000; i++) w3d_jobs_advance(context, 1);
    w3d_jobs_advance(context, UINT32_MAX); /* cut off */
    w3d_jobs_advance(context, UINT32_MAX);
    return W3D_OK;
}

static void progress(void)
{
    scene *s = scene_make(2, 0);
    w3d_job group, jobs[4];
    CHECK(w3d_jobs_group_create(s->jobs, &group) == W3D_OK);
    w3d_job_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.run = run_steps;
    desc.total = 3000;
    desc.group = group;
    for (int i = 0; i < 4; i++) CHECK(w3d_jobs_submit(s->jobs, &desc, &jobs[i]) == W3D_OK);
    uint32_t last = 0, done = 0, total = 0;
    do {
        CHECK(w3d_jobs_progress(s->jobs, group, &done, &total) == W3D_OK);
        CHECK(done >= last && done <= total && total == 12000);
        last = done;
        if (!w3d_jobs_worker_count(s->jobs)) w3d_jobs_run_for(s->jobs, 1);
    } while (done < total);
    CHECK(result_of(s, group) == W3D_OK);
    CHECK(w3d_jobs_progress(s->jobs, jobs[2], &done, &total) == W3D_OK && done == 3000 &&
          total == 3000);
    scene_free(s);
}

/* The budget, by a clock that each job moves on by 10. */
static uint64_t fake_now(void *user) { return ((scene *)user)->time; }

static w3d_result run_tick(void *user, w3d_job_context *context)
{
    (void)context;
    ((scene *)user)->time += 10;
    return W3D_OK;
}

static void budget(void)
{
    scene *s = (scene *)calloc(1, sizeof *s);
    w3d_jobs_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.worker_count = W3D_JOBS_NO_WORKERS;
    desc.now = fake_now;
    desc.now_user = s;
    CHECK(w3d_jobs_create(&desc, &s->jobs) == W3D_OK);
    w3d_job_desc job;
    memset(&job, 0, sizeof job);
    job.run = run_tick;
    job.user = s;
    w3d_job last = { 0 };
    for (int i = 0; i < 20; i++)
        CHECK(w3d_jobs_submit(s->jobs, &job, i == 19 ? &last : NULL) == W3D_OK);
    CHECK(w3d_jobs_run_for(s->jobs, 0) == 0);
    CHECK(w3d_jobs_run_for(s->jobs, 1) == 1);
    CHECK(w3d_jobs_run_for(s->jobs, 10) == 1);
    CHECK(w3d_jobs_run_for(s->jobs, 11) == 2);
    CHECK(w3d_jobs_run_for(s->jobs, 50) == 5);
    CHECK(w3d_jobs_wait(s->jobs, last, 25, NULL) == W3D_ERR_TIMEOUT && s->time == 120);
    CHECK(w3d_jobs_wait(s->jobs, last, W3D_FOREVER, NULL) == W3D_OK && s->time == 200);
    CHECK(w3d_jobs_run_for(s->jobs, W3D_FOREVER) == 0);
    scene_free(s);
}

/* Jobs that submit jobs and wait for them, to a depth: every wait is inside a job. */
typedef struct tree {
    scene *s;
    uint32_t depth;
    uint32_t *leaves;
} tree;

static w3d_result run_tree(void *user, w3d_job_context *context)
{
    tree *t = (tree *)user;
    if (!t->depth) {
        w3d_atomic_add_u32(t->leaves, 1);
        return W3D_OK;
    }
    tree child = { t->s, t->depth - 1, t->leaves };
    w3d_job group;
    w3d_job_desc desc;
    if (w3d_jobs_run_for(context->jobs, W3D_FOREVER) != 0) return W3D_ERR_FORMAT; /* not in jobs */
    if (w3d_jobs_group_create(context->jobs, &group) != W3D_OK) return W3D_ERR_BUSY;
    memset(&desc, 0, sizeof desc);
    desc.run = run_tree;
    desc.user = &child;
    desc.group = group;
    for (int i = 0; i < 3; i++)
        if (w3d_jobs_submit(context->jobs, &desc, NULL) != W3D_OK) return W3D_ERR_BUSY;
    w3d_result result = W3D_ERR_FORMAT, waited;
    waited = w3d_jobs_wait(context->jobs, group, W3D_FOREVER, &result);
    if (w3d_jobs_release(context->jobs, group) != W3D_OK) return W3D_ERR_FORMAT;
    return waited == W3D_OK ? result : waited;
}

static void jobs_wait_for_jobs(void)
{
    static const uint32_t workers[] = { 1, 4, W3D_JOBS_NO_WORKERS };
    for (int i = 0; i < 3; i++) {
        scene *s = scene_make(workers[i], 4096);
        uint32_t leaves = 0;
        tree root = { s, 6, &leaves };
        w3d_job_desc desc;
        w3d_job job;
        memset(&desc, 0, sizeof desc);
        desc.run = run_tree;
        desc.user = &root;
        CHECK(w3d_jobs_submit(s->jobs, &desc, &job) == W3D_OK);
        CHECK(result_of(s, job) == W3D_OK && leaves == 729);
        scene_free(s);
    }
}

/* Waiting for oneself can be told from waiting long. */
static w3d_result run_wait_self(void *user, w3d_job_context *context)
{
    (void)user;
    return w3d_jobs_wait(context->jobs, context->job, W3D_FOREVER, NULL);
}

static void waiting_for_oneself(void)
{
    scene *s = scene_make(1, 0);
    w3d_job_desc desc;
    w3d_job job;
    memset(&desc, 0, sizeof desc);
    desc.run = run_wait_self;
    CHECK(w3d_jobs_submit(s->jobs, &desc, &job) == W3D_OK);
    CHECK(result_of(s, job) == W3D_ERR_THREAD);
    scene_free(s);
}

static void waiting_with_timeout(void)
{
    scene *s = scene_make(1, 0);
    w3d_job gate;
    if (hold_worker(s, &gate)) {
        w3d_result result = W3D_ERR_FORMAT;
        CHECK(w3d_jobs_wait(s->jobs, gate, 0, &result) == W3D_ERR_TIMEOUT);
        CHECK(w3d_jobs_wait(s->jobs, gate, 2000000, &result) == W3D_ERR_TIMEOUT);
        CHECK(result == W3D_ERR_FORMAT);
        /* What waits for a held job cannot be helped along; what does not can. */
        CHECK(submit(s, 0, W3D_JOB_NORMAL, no_group) == W3D_OK);
        CHECK(result_of(s, s->pieces[0].handle) == W3D_OK);
        open_gate(s);
        CHECK(result_of(s, gate) == W3D_OK);
    }
    scene_free(s);
}

/* Destroying with jobs queued and one running: those never run, that one is told. */
static void destroying(void)
{
    scene *s = scene_make(1, 0);
    w3d_job gate;
    hold_worker(s, &gate);
    for (uint32_t i = 0; i < 10; i++) {
        s->pieces[i].need_count = i > 5;
        CHECK(submit(s, i, W3D_JOB_NORMAL, no_group) == W3D_OK);
    }
    CHECK(w3d_jobs_destroy(s->jobs) == W3D_OK);
    CHECK(s->clock == 0 && s->wrong == 0);
    free(s);
    CHECK(w3d_jobs_destroy(NULL) == W3D_OK);
}

/* Jobs nobody helps with: the worker must notice each, looking around, falling asleep or asleep. */
static void workers_alone(void)
{
    scene *s = scene_make(1, 0);
    uint32_t sum = 0;
    w3d_job_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.run = run_add;
    desc.user = &sum;
    for (uint32_t i = 0; i < 2000 && w3d_jobs_worker_count(s->jobs); i++) {
        CHECK(w3d_jobs_submit(s->jobs, &desc, NULL) == W3D_OK);
        while (w3d_atomic_load_u32(&sum) != i + 1) w3d_thread_yield();
        uint32_t pause = test_random_below(3000);
        while (pause--) w3d_atomic_pause();
    }
    scene_free(s);
}

typedef struct hooks {
    uint32_t begun, ended, named;
} hooks;

static void on_begin(void *user, const char *name, uint32_t worker)
{
    hooks *h = (hooks *)user;
    w3d_atomic_add_u32(&h->begun, 1);
    if (name && !strcmp(name, "tick") && worker <= 2) w3d_atomic_add_u32(&h->named, 1);
}

static void on_end(void *user, const char *name, uint32_t worker)
{
    (void)name, (void)worker;
    w3d_atomic_add_u32(&((hooks *)user)->ended, 1);
}

/* 10^5 tiny jobs through a table of 256: submitters meet a full table and run some themselves. */
static void many_tiny_jobs(void)
{
    hooks seen = { 0, 0, 0 };
    uint32_t sum = 0;
    w3d_jobs *jobs;
    w3d_jobs_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.worker_count = 2;
    desc.capacity = 256;
    desc.on_begin = on_begin;
    desc.on_end = on_end;
    desc.hook_user = &seen;
    CHECK(w3d_jobs_create(&desc, &jobs) == W3D_OK);
    w3d_job group;
    CHECK(w3d_jobs_group_create(jobs, &group) == W3D_OK);
    w3d_job_desc job;
    memset(&job, 0, sizeof job);
    job.run = run_add;
    job.user = &sum;
    job.name = "tick";
    job.group = group;
    for (int i = 0; i < 100000;) {
        w3d_result result = w3d_jobs_submit(jobs, &job, NULL);
        CHECK(result == W3D_OK || result == W3D_ERR_BUSY);
        if (result == W3D_OK)
            i++;
        else
            w3d_jobs_run_for(jobs, 1);
    }
    w3d_result result = W3D_ERR_FORMAT;
    CHECK(w3d_jobs_wait(jobs, group, W3D_FOREVER, &result) == W3D_OK && result == W3D_OK);
    CHECK(w3d_atomic_load_u32(&sum) == 100000);
    CHECK(w3d_jobs_destroy(jobs) == W3D_OK);
    CHECK(seen.begun == 100000 && seen.ended == 100000 && seen.named == 100000);
}

/* Several threads submit, chain, cancel and wait at once. */
typedef struct storm {
    w3d_jobs *jobs;
    uint64_t random;
    uint32_t ran, cancelled, wrong;
} storm;

static void storm_run(void *user)
{
    storm *s = (storm *)user;
    for (int i = 0; i < 1500; i++) {
        w3d_job job[3] = { { 0 }, { 0 }, { 0 } };
        uint32_t ran[3] = { 0, 0, 0 };
        w3d_job_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.run = run_add;
        for (uint32_t k = 0; k < 3; k++) {
            desc.user = &ran[k];
            desc.after = job;
            desc.after_count = k;
            s->random = s->random * 6364136223846793005u + 1442695040888963407u;
            desc.priority = (w3d_job_priority)(s->random >> 62);
            while (w3d_jobs_submit(s->jobs, &desc, &job[k]) == W3D_ERR_BUSY)
                w3d_jobs_run_for(s->jobs, 1);
        }
        if (s->random >> 33 & 1) w3d_jobs_cancel(s->jobs, job[s->random >> 34 & 1]);
        for (uint32_t k = 3; k-- > 0;) {
            w3d_result result = W3D_ERR_FORMAT;
            if (w3d_jobs_wait(s->jobs, job[k], W3D_FOREVER, &result) != W3D_OK) s->wrong++;
            uint32_t once = w3d_atomic_load_u32(&ran[k]);
            if (once != (result == W3D_OK)) s->wrong++;
            if (result != W3D_OK && result != W3D_ERR_CANCELLED) s->wrong++;
            s->ran += once;
            s->cancelled += !once;
        }
        for (uint32_t k = 0; k < 3; k++)
            if (w3d_jobs_release(s->jobs, job[k]) != W3D_OK) s->wrong++;
    }
}

static void many_threads(void)
{
    for (uint32_t workers = 0; workers < 3; workers++) {
        w3d_jobs_desc desc;
        w3d_jobs *jobs;
        storm storms[3];
        w3d_thread threads[2];
        memset(&desc, 0, sizeof desc);
        memset(storms, 0, sizeof storms);
        desc.worker_count = workers ? workers : W3D_JOBS_NO_WORKERS;
        desc.capacity = 16;
        CHECK(w3d_jobs_create(&desc, &jobs) == W3D_OK);
        for (uint32_t i = 0; i < 3; i++) storms[i].jobs = jobs, storms[i].random = test.seed + i;
        int more = w3d_thread_start(&threads[0], storm_run, &storms[0], NULL) == W3D_OK &&
                   w3d_thread_start(&threads[1], storm_run, &storms[1], NULL) == W3D_OK;
        storm_run(&storms[2]);
        for (int i = 0; more && i < 2; i++) CHECK(w3d_thread_join(&threads[i]) == W3D_OK);
        for (int i = more ? 0 : 2; i < 3; i++)
            CHECK(storms[i].wrong == 0 && storms[i].ran + storms[i].cancelled == 4500);
        CHECK(w3d_jobs_destroy(jobs) == W3D_OK);
    }
}

static int create_and_destroy(const void *allocator, void *user)
{
    w3d_jobs_desc desc;
    w3d_jobs *jobs = NULL;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    desc.worker_count = 2;
    w3d_result result = w3d_jobs_create(&desc, &jobs);
    CHECK((result == W3D_OK) == (jobs != NULL));
    CHECK(w3d_jobs_destroy(jobs) == W3D_OK);
    return (int)result;
}

static void out_of_memory(void) { test_allocation_sweep(create_and_destroy, NULL); }

static void bad_arguments(void)
{
    w3d_jobs *jobs = NULL;
    w3d_jobs_desc desc;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_jobs_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    desc.capacity = (1u << 20) + 1;
    CHECK(w3d_jobs_create(&desc, &jobs) == W3D_ERR_ARGUMENT);
    desc.capacity = 0;
    desc.worker_count = W3D_THREADS ? 65 : W3D_JOBS_NO_WORKERS;
    CHECK(w3d_jobs_create(&desc, &jobs) == (W3D_THREADS ? W3D_ERR_ARGUMENT : W3D_OK));
    w3d_jobs_destroy(jobs);
    scene *s = scene_make(W3D_JOBS_NO_WORKERS, 2);
    CHECK(w3d_jobs_worker_count(s->jobs) == 0);
    CHECK(submit(s, 0, (w3d_job_priority)4, no_group) == W3D_ERR_ARGUMENT);
    CHECK(w3d_jobs_submit(s->jobs, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_jobs_group_create(s->jobs, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_jobs_wait(s->jobs, no_group, W3D_FOREVER, NULL) == W3D_ERR_STALE);
    CHECK(w3d_jobs_wait(NULL, no_group, W3D_FOREVER, NULL) == W3D_ERR_ARGUMENT);
    scene_free(s);
}

void test_jobs(void)
{
    RUN(one_job);
    RUN(random_graphs);
    RUN(random_failures);
    RUN(priorities_and_raising);
    RUN(raising_goes_down);
    RUN(cancelling);
    RUN(groups);
    RUN(handles_go_stale);
    RUN(exhaustion);
    RUN(progress);
    RUN(budget);
    RUN(jobs_wait_for_jobs);
    RUN(waiting_for_oneself);
    RUN(waiting_with_timeout);
    RUN(destroying);
    RUN(workers_alone);
    RUN(many_tiny_jobs);
    RUN(many_threads);
    RUN(out_of_memory);
    RUN(bad_arguments);
}
