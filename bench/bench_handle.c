/* bench_handle.c - handles beside raw pointers, and their pool beside malloc.
 *
 * The objects are visited in a shuffled order that stays the same over the rounds, as an editor
 * visits its meshes; both sides read the same memory, so that only the way to it differs. The
 * counted reference of the peer is a plain atomic increment and decrement, without any check. */
#include "bench.h"

#include "core/atomic.h"
#include "memory/handle.h"

enum { OBJECTS = 1000, ROUNDS = 100 };

typedef struct object {
    uint32_t value, references;
    float transform[10];
} object; /* 48 bytes */

typedef struct world {
    w3d_handle_pool *pool;
    w3d_handle handle[OBJECTS], made[OBJECTS];
    object *pointer[OBJECTS];
    void *block[OBJECTS];
    uint32_t order[OBJECTS];
    size_t size;
    uint32_t sum;
} world;

/* Opaque to the compiler, which else drops a calloc that is freed again. */
static void look(void *world) { (void)world; }
static void (*volatile keep)(void *world) = look;

static void get_all(void *user)
{
    world *w = (world *)user;
    w3d_handle_pool *pool = w->pool;
    uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OBJECTS; i++) {
            const uint32_t *value = (const uint32_t *)w3d_handle_get(pool, w->handle[i]);
            if (value) sum += *value;
        }
        bench_keep(&sum);
    }
    w->sum = sum;
}

static void follow_all(void *user)
{
    world *w = (world *)user;
    uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OBJECTS; i++) {
            const uint32_t *value = (const uint32_t *)(const void *)w->pointer[i];
            if (value) sum += *value;
        }
        bench_keep(&sum);
    }
    w->sum = sum;
}

static void hold_all(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++) {
        w3d_handle_retain(w->pool, w->handle[i]);
        w3d_handle_release(w->pool, w->handle[i]);
    }
}

static void count_all(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++) {
        w3d_atomic_add_u32(&w->pointer[i]->references, 1);
        if (w3d_atomic_add_u32(&w->pointer[i]->references, UINT32_MAX) == 0) abort();
    }
}

/* Create all, then release all in another order. */
static void churn_pool(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++)
        if (w3d_handle_create(w->pool, 0, &w->made[i], NULL) != W3D_OK) abort();
    for (int i = 0; i < OBJECTS; i++) w3d_handle_release(w->pool, w->made[w->order[i]]);
}

static void churn_malloc(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++) {
        w->block[i] = calloc(1, w->size);
        if (!w->block[i]) abort();
    }
    for (int i = 0; i < OBJECTS; i++) free(w->block[w->order[i]]);
}

static void pair_pool(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++) {
        if (w3d_handle_create(w->pool, 0, &w->made[0], NULL) != W3D_OK) abort();
        w3d_handle_release(w->pool, w->made[0]);
    }
}

static void pair_malloc(void *user)
{
    world *w = (world *)user;
    for (int i = 0; i < OBJECTS; i++) {
        w->block[0] = calloc(1, w->size);
        keep(w);
        free(w->block[0]);
    }
}

static void open_world(world *w, size_t size)
{
    w3d_handle_pool_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(w, 0, sizeof *w);
    desc.object_size = w->size = size;
    if (w3d_handle_pool_create(&desc, &w->pool) != W3D_OK) abort();
    uint32_t random = 1;
    for (uint32_t i = 0; i < OBJECTS; i++) {
        void *made;
        if (w3d_handle_create(w->pool, 0, &w->handle[i], &made) != W3D_OK) abort();
        w->pointer[i] = (object *)made;
        *(uint32_t *)made = i;
        w->order[i] = i;
    }
    for (uint32_t i = OBJECTS; i-- > 1;) {
        random = random * 1664525u + 1013904223u;
        uint32_t k = (uint32_t)((uint64_t)random * (i + 1) >> 32), order = w->order[i];
        w3d_handle handle = w->handle[i];
        object *pointer = w->pointer[i];
        w->handle[i] = w->handle[k], w->handle[k] = handle;
        w->pointer[i] = w->pointer[k], w->pointer[k] = pointer;
        w->order[i] = w->order[k], w->order[k] = order;
    }
    get_all(w);
    uint32_t sum = w->sum;
    follow_all(w);
    if (sum != w->sum || sum != OBJECTS * (OBJECTS - 1u) / 2 * ROUNDS) {
        fprintf(stderr, "bench_handle: the two sums differ\n");
        exit(1);
    }
}

void bench_handle(void)
{
    static world small, large;
    open_world(&small, 16);
    open_world(&large, sizeof(object));

    bench_title("handle: 1000 objects, one thread; zeroed memory on both sides");
    bench_row row;
    memset(&row, 0, sizeof row);
    row.unit = "M/s";
    row.work = OBJECTS * ROUNDS / 1e6;
    row.ours.run = get_all, row.peer.run = follow_all, row.peer.name = "raw pointer";
    row.name = "get, 16 B objects", row.user = &small;
    bench_run(&row);
    row.name = "get, 48 B objects", row.user = &large;
    bench_run(&row);
    row.work = OBJECTS / 1e6;
    row.name = "retain + release";
    row.ours.run = hold_all, row.peer.run = count_all, row.peer.name = "unchecked atomic count";
    bench_run(&row);
    row.name = "create + release, one at a time";
    row.ours.run = pair_pool, row.peer.run = pair_malloc, row.peer.name = "calloc + free";
    bench_run(&row);
    row.name = "create all, release shuffled";
    row.ours.run = churn_pool, row.peer.run = churn_malloc;
    bench_run(&row);
    w3d_handle_pool_destroy(small.pool);
    w3d_handle_pool_destroy(large.pool);
}
