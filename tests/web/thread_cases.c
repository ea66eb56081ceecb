/* thread_cases.c - what tests/web/thread_cases.mjs has wasm threads do: add under a mutex, wake
 * each other, sleep, trap, start others, and the litmus tests of the memory model. */
#include "core/atomic.h"
#include "core/host.h"
#include "core/thread_token.h"
#include "sync/mutex.h"
#include "sync/thread.h"

#define EXPORTED(name) __attribute__((export_name(#name)))

enum { THREADS = 4, PLACES = 64, LINE = 32 };

typedef struct worker {
    w3d_thread thread;
    uint32_t number;
    uint32_t rounds;
    uint32_t kind;
    uint32_t result;
    uint64_t token;
} worker;

static worker workers[THREADS];
static w3d_mutex mutex;
static uint32_t total, turn, shared_word;
static double slept_ms;
static uint32_t inner_result;

#if WITH_LOCALS
static __thread uint32_t local = 77;
#endif

/* Enough of the stack that two threads on one stack would write over each other. */
static uint32_t fill_stack(uint32_t seed)
{
    volatile uint32_t words[8000];
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < 8000; i++) words[i] = seed + i;
    for (uint32_t i = 0; i < 8000; i++) wrong += words[i] != seed + i;
    return wrong;
}

static void add(void *user)
{
    worker *self = (worker *)user;
    self->token = w3d_thread_token();
    for (uint32_t i = 0; i < self->rounds; i++) {
        w3d_mutex_lock(&mutex);
        total++;
        w3d_mutex_unlock(&mutex);
    }
    self->result = fill_stack(self->number << 20);
#if WITH_LOCALS
    if (local != 77) self->result |= 1u << 31;
    local = self->number;
    for (uint32_t i = 0; i < 1000; i++)
        if (*(volatile uint32_t *)&local != self->number) self->result |= 1u << 30;
#endif
}

/* Two of them pass a turn to and fro. */
static void pass(void *user)
{
    worker *self = (worker *)user;
    for (uint32_t i = 0; i < self->rounds; i++) {
        uint32_t now;
        while (((now = w3d_atomic_load_u32(&turn)) & 1u) != self->number)
            w3d_thread_wait32(&turn, now, W3D_FOREVER);
        w3d_atomic_store_seq_u32(&turn, now + 1u);
        w3d_thread_wake32(&turn, 1);
    }
    self->result = 0;
}

static void sleep_a_while(void *user)
{
    worker *self = (worker *)user;
    uint32_t word = 5;
    uint64_t began = w3d_thread_now();
    w3d_thread_sleep(20000000);
    slept_ms = (double)(w3d_thread_now() - began) * 1e-6;
    self->result = w3d_thread_wait32(&word, 5, 1000000) != W3D_ERR_TIMEOUT;
    self->result |= (uint32_t)(w3d_thread_wait32(&word, 6, W3D_FOREVER) != W3D_OK) << 1;
    self->result |= (uint32_t)!w3d_thread_can_block() << 2;
}

static void trap(void *user)
{
    (void)user;
    __builtin_trap();
}

/* Wait for the word that JavaScript sets. */
static void wait_for_host(void *user)
{
    worker *self = (worker *)user;
    while (w3d_atomic_load_u32(&shared_word) == 0) w3d_thread_wait32(&shared_word, 0, W3D_FOREVER);
    self->result = w3d_atomic_load_u32(&shared_word);
}

static void *inner_block(void *user, void *block, size_t old_size, size_t new_size)
{
    static unsigned char memory[80 * 1024];
    (void)user, (void)block, (void)old_size;
    return new_size && new_size <= sizeof memory ? memory : NULL;
}

/* A thread starts one itself and joins it. */
static void start_another(void *user)
{
    static worker inner;
    static w3d_thread_desc desc;
    worker *self = (worker *)user;
    desc.allocator.resize = inner_block;
    inner.rounds = 1000;
    inner.number = 9;
    self->result = (uint32_t)w3d_thread_start(&inner.thread, add, &inner, &desc);
    if (!self->result) self->result = (uint32_t)w3d_thread_join(&inner.thread);
    inner_result = inner.result;
}

static void spin(void *user)
{
    worker *self = (worker *)user;
    for (;;) w3d_atomic_add_u32(&self->result, 1);
}

/* ---- litmus: two roles over PLACES pairs of words, a batch at a time ---- */

typedef struct place {
    uint32_t x, pad1[LINE - 1], y, pad2[LINE - 1];
} place;

static place places[PLACES];
static uint32_t seen[2][PLACES];
static uint32_t arrived, gone;

/* kinds: 0 store buffering seq_cst, 1 the same acquire and release, 2 the same plain,
 *        3 message passing release and acquire, 4 the same with a plain payload */
static uint32_t role(uint32_t kind, uint32_t who, uint32_t i)
{
    uint32_t *mine = who ? &places[i].y : &places[i].x;
    uint32_t *other = who ? &places[i].x : &places[i].y;
    uint32_t first;
    switch (kind) {
    case 0: w3d_atomic_store_seq_u32(mine, 1); return w3d_atomic_load_seq_u32(other);
    case 1: w3d_atomic_store_u32(mine, 1); return w3d_atomic_load_u32(other);
    case 2: *(volatile uint32_t *)mine = 1; return *(volatile uint32_t *)other;
    default: break;
    }
    if (!who) { /* the writer: payload x, then flag y */
        if (kind == 3)
            w3d_atomic_store_relaxed_u32(&places[i].x, 1);
        else
            *(volatile uint32_t *)&places[i].x = 1;
        w3d_atomic_store_u32(&places[i].y, 1);
        return 0;
    }
    first = w3d_atomic_load_u32(&places[i].y);
    if (kind == 3) return first << 1 | w3d_atomic_load_relaxed_u32(&places[i].x);
    return first << 1 | *(volatile uint32_t *)&places[i].x;
}

/* Both sides meet, do a batch, meet again; who comes second in counts and clears. */
static void litmus(void *user)
{
    worker *self = (worker *)user;
    for (uint32_t batch = 0; batch < self->rounds; batch++) {
        w3d_atomic_add_u32(&arrived, 1);
        while (w3d_atomic_load_u32(&arrived) < 2 * batch + 2) w3d_atomic_pause();
        for (uint32_t i = 0; i < PLACES; i++)
            seen[self->number][i] = role(self->kind, self->number, i);
        w3d_atomic_add_u32(&gone, 1);
        while (w3d_atomic_load_u32(&gone) < 2 * batch + 2) w3d_atomic_pause();
        if (self->number) continue;
        for (uint32_t i = 0; i < PLACES; i++) {
            self->result += self->kind < 3 ? !seen[0][i] && !seen[1][i] : seen[1][i] == 2;
            places[i].x = places[i].y = 0;
        }
    }
}

/* ---- what the host calls ---- */

static void (*const jobs[])(void *) = { add,           pass, sleep_a_while, trap,
                                        wait_for_host, spin, start_another, litmus };

EXPORTED(start) uint32_t start(uint32_t index, uint32_t job, uint32_t rounds, uint32_t kind)
{
    workers[index].number = index;
    workers[index].rounds = rounds;
    workers[index].kind = kind;
    workers[index].result = 0;
    if (job == 7 && index == 0) arrived = gone = 0;
    return (uint32_t)w3d_thread_start(&workers[index].thread, jobs[job], &workers[index], NULL);
}
EXPORTED(join) uint32_t join(uint32_t index)
{
    return (uint32_t)w3d_thread_join(&workers[index].thread);
}
EXPORTED(result) uint32_t result(uint32_t index) { return workers[index].result; }
EXPORTED(token) uint32_t token(uint32_t index) { return (uint32_t)workers[index].token; }
EXPORTED(main_token) uint32_t main_token(void) { return (uint32_t)w3d_thread_token(); }
EXPORTED(sum) uint32_t sum(void) { return total; }
EXPORTED(turns) uint32_t turns(void) { return turn; }
EXPORTED(slept) double slept(void) { return slept_ms; }
EXPORTED(inner) uint32_t inner(void) { return inner_result; }
EXPORTED(now) double now(void) { return (double)w3d_thread_now() * 1e-6; }
EXPORTED(count) uint32_t count(void) { return w3d_thread_count(); }
EXPORTED(can_block) int can_block(void) { return w3d_thread_can_block(); }
EXPORTED(lock_here) void lock_here(void)
{
    w3d_mutex_lock(&mutex);
    total += 1000000;
    w3d_mutex_unlock(&mutex);
}
EXPORTED(wait_here) uint32_t wait_here(void)
{
    return (uint32_t)w3d_thread_wait32(&total, total, 5000000);
}
EXPORTED(word) uint32_t *word(void) { return &shared_word; }
/* For a JavaScript side of the litmus tests. */
EXPORTED(litmus_address) uint32_t litmus_address(uint32_t which)
{
    return (uint32_t)(which == 0   ? (uintptr_t)places
                      : which == 1 ? (uintptr_t)seen
                      : which == 2 ? (uintptr_t)&arrived
                                   : (uintptr_t)&gone);
}
EXPORTED(grow) uint32_t grow(uint32_t pages)
{
    return (uint32_t)__builtin_wasm_memory_grow(0, pages);
}
