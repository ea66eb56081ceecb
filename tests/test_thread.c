/* test_thread.c - starting, joining, waiting, waking, the clock; and the lock on top of them. */
#include "test.h"

#include "core/atomic.h"
#include "core/thread_token.h"
#include "memory/allocator.h"
#include "sync/mutex.h"
#include "sync/thread.h"

enum { THREADS = 4, ROUNDS = 20000 };

typedef struct shared {
    w3d_mutex mutex;
    uint32_t  counter, turn, started;
    uintptr_t token[THREADS];
} shared;

typedef struct member {
    shared   *all;
    uint32_t  index;
} member;

static shared state;

static void count_up(void *user)
{
    member *me = (member *)user;
    me->all->token[me->index] = w3d_thread_token();
    w3d_atomic_add_u32(&me->all->started, 1);
    for (int i = 0; i < ROUNDS; i++) {
        w3d_mutex_lock(&me->all->mutex);
        me->all->counter++; /* plain: the lock alone keeps it whole */
        w3d_mutex_unlock(&me->all->mutex);
    }
}

/* Starts `run` THREADS times; gives 0 where there are no threads. */
static int start_all(w3d_thread *threads, member *members, void (*run)(void *))
{
    memset(&state, 0, sizeof state);
    for (uint32_t i = 0; i < THREADS; i++) {
        members[i].all = &state;
        members[i].index = i;
        w3d_result result = w3d_thread_start(&threads[i], run, &members[i], NULL);
        if (result == W3D_ERR_UNSUPPORTED && i == 0) return 0;
        CHECK(result == W3D_OK);
    }
    return 1;
}

static void join_all(w3d_thread *threads)
{
    for (int i = 0; i < THREADS; i++) {
        CHECK(w3d_thread_join(&threads[i]) == W3D_OK);
        CHECK(w3d_thread_join(&threads[i]) == W3D_OK); /* zeroed by now: nothing to do */
    }
}

static void lock_excludes(void)
{
    w3d_thread threads[THREADS];
    member members[THREADS];
    if (!start_all(threads, members, count_up)) return;
    join_all(threads);
    CHECK(state.counter == THREADS * ROUNDS && state.mutex.state == 0);
    for (int i = 0; i < THREADS; i++) CHECK(state.token[i] != 0 && state.token[i] != w3d_thread_token());
}

/* All are alive at once, so their tokens must differ. */
static void gather(void *user)
{
    member *me = (member *)user;
    me->all->token[me->index] = w3d_thread_token();
    w3d_atomic_add_u32(&me->all->started, 1);
    w3d_thread_wake32(&me->all->started, UINT32_MAX);
    uint32_t now;
    while ((now = w3d_atomic_load_u32(&me->all->started)) != THREADS)
        w3d_thread_wait32(&me->all->started, now, W3D_FOREVER);
}

static void tokens_differ(void)
{
    w3d_thread threads[THREADS];
    member members[THREADS];
    CHECK(w3d_thread_token() == w3d_thread_token());
    if (!start_all(threads, members, gather)) return;
    join_all(threads);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < i; k++) CHECK(state.token[i] != state.token[k]);
}

/* Thread i adds one when the word says i: every step is a sleep and a wake. */
static void take_turns(void *user)
{
    member *me = (member *)user;
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t mine = round * THREADS + me->index, now;
        while ((now = w3d_atomic_load_u32(&me->all->turn)) != mine)
            w3d_thread_wait32(&me->all->turn, now, W3D_FOREVER);
        me->all->counter += mine;
        w3d_atomic_store_u32(&me->all->turn, mine + 1);
        w3d_thread_wake32(&me->all->turn, UINT32_MAX);
    }
}

static void waiting_and_waking(void)
{
    w3d_thread threads[THREADS];
    member members[THREADS];
    if (!start_all(threads, members, take_turns)) return;
    join_all(threads);
    CHECK(state.turn == 200 * THREADS);
    CHECK(state.counter == 200u * THREADS * (200u * THREADS - 1) / 2);
}

static void timeouts(void)
{
    uint32_t word = 7;
    CHECK(w3d_thread_wait32(&word, 8, W3D_FOREVER) == W3D_OK); /* not what it is: no sleep */
    CHECK(w3d_thread_wait32(&word, 7, 0) == W3D_ERR_TIMEOUT);
    uint64_t began = w3d_thread_now();
    while (w3d_thread_wait32(&word, 7, 3000000) == W3D_OK) {} /* early returns are allowed */
    if (w3d_thread_can_block()) CHECK(w3d_thread_now() - began >= 3000000);
    w3d_thread_wake32(&word, 1); /* nobody waits: nothing happens */
    w3d_thread_sleep(1000);
    w3d_thread_yield();
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = w3d_thread_now();
        CHECK(now >= last);
        last = now;
    }
    CHECK(w3d_thread_count() >= 1);
}

static void bad_arguments(void)
{
    w3d_thread thread;
    CHECK(w3d_thread_start(NULL, count_up, NULL, NULL) == W3D_ERR_ARGUMENT || !W3D_THREADS);
    CHECK(w3d_thread_join(NULL) == W3D_ERR_ARGUMENT);
    memset(&thread, 0x55, sizeof thread);
    w3d_result result = w3d_thread_start(&thread, NULL, NULL, NULL);
    CHECK(result == W3D_ERR_ARGUMENT || result == W3D_ERR_UNSUPPORTED);
    memset(&thread, 0, sizeof thread);
    CHECK(w3d_thread_join(&thread) == W3D_OK);
    w3d_thread_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.stack_size = SIZE_MAX / 2; /* no system has that */
    result = w3d_thread_start(&thread, count_up, NULL, &desc);
    CHECK(result != W3D_OK && thread.run == NULL && thread.state == 0);
}

static void try_lock(void)
{
    w3d_mutex mutex = { 0 };
    CHECK(w3d_mutex_try(&mutex));
    CHECK(!w3d_mutex_try(&mutex));
    w3d_mutex_unlock(&mutex);
    CHECK(w3d_mutex_try(&mutex));
    w3d_mutex_unlock(&mutex);
}

static void barrier(void)
{
    w3d_result result = w3d_thread_barrier_all();
    CHECK(result == W3D_OK || result == W3D_ERR_UNSUPPORTED);
}

void test_thread(void)
{
    RUN(lock_excludes);
    RUN(tokens_differ);
    RUN(waiting_and_waking);
    RUN(timeouts);
    RUN(bad_arguments);
    RUN(try_lock);
    RUN(barrier);
}
