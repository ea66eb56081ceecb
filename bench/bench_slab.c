/* bench_slab.c - small blocks beside mimalloc and the C library's malloc.
 *
 * churn   one block live, or a ring of 16; the sizes are 64 bytes, or 8 to 120 in turn
 * random  10,000 blocks of 8 to 120 bytes live, one after another replaced at random
 * batch   10,000 blocks allocated, then all freed: in order, or shuffled
 *
 * The first 8 bytes of every block are written. Every peer runs the same loops, made from the same
 * text below. mimalloc must not replace malloc here, so it is opened and not linked; its functions
 * are then called through pointers, as they are, through a table, in any program that links it. */
#include "bench.h"
#include "test.h"

#include "memory/router.h"
#include "memory/slab.h"

#if BENCH_DL
#include <dlfcn.h>
#endif

enum { OPERATIONS = 100000, LIVE = 10000, RING = 16 };

typedef struct load {
    w3d_slab slab;
    w3d_router router;
    w3d_router_tag *tag;
    void *live[LIVE];
    uint8_t size[LIVE];
    uint8_t sizes[OPERATIONS];
    uint16_t index[OPERATIONS];
    uint16_t order[LIVE];
} load;

static void *(*mimalloc_allocate)(size_t size);
static void (*mimalloc_free)(void *block);

/* clang-format off */
#define OURS_ALLOCATE(l, size)      w3d_slab_allocate(&(l)->slab, size)
#define OURS_FREE(l, block, size)   w3d_slab_free(&(l)->slab, block, size)
#define ROUTER_ALLOCATE(l, size)    w3d_router_allocate((l)->tag, size)
#define ROUTER_FREE(l, block, size) w3d_router_free((l)->tag, block, size)
#define MIMALLOC_ALLOCATE(l, size)  mimalloc_allocate(size)
#define MIMALLOC_FREE(l, block, size) mimalloc_free(block)
#define LIBC_ALLOCATE(l, size)      malloc(size)
#define LIBC_FREE(l, block, size)   free(block)
/* clang-format on */

/* Keeps the compiler from removing a malloc and its free. */
static inline void touch(void *block) { *(volatile uint64_t *)block = 1; }

#define WORKLOADS(peer, ALLOCATE, FREE)                                                            \
    static void peer##_churn_one(void *user)                                                       \
    {                                                                                              \
        load *l = (load *)user;                                                                    \
        (void)l;                                                                                   \
        for (int i = 0; i < OPERATIONS; i++) {                                                     \
            void *block = ALLOCATE(l, 64);                                                         \
            touch(block);                                                                          \
            FREE(l, block, 64);                                                                    \
        }                                                                                          \
    }                                                                                              \
    static void peer##_churn_ring(void *user)                                                      \
    {                                                                                              \
        load *l = (load *)user;                                                                    \
        (void)l;                                                                                   \
        void *ring[RING];                                                                          \
        uint8_t size[RING];                                                                        \
        for (int i = 0; i < RING; i++) ring[i] = ALLOCATE(l, size[i] = l->sizes[i]);               \
        for (int i = 0; i < OPERATIONS; i++) {                                                     \
            int at = i % RING;                                                                     \
            FREE(l, ring[at], size[at]);                                                           \
            size[at] = l->sizes[i];                                                                \
            ring[at] = ALLOCATE(l, size[at]);                                                      \
            touch(ring[at]);                                                                       \
        }                                                                                          \
        for (int i = 0; i < RING; i++) FREE(l, ring[i], size[i]);                                  \
    }                                                                                              \
    static void peer##_random(void *user)                                                          \
    {                                                                                              \
        load *l = (load *)user;                                                                    \
        (void)l;                                                                                   \
        for (int i = 0; i < LIVE; i++) l->live[i] = ALLOCATE(l, l->size[i] = l->sizes[i]);         \
        for (int i = 0; i < OPERATIONS; i++) {                                                     \
            int at = l->index[i];                                                                  \
            FREE(l, l->live[at], l->size[at]);                                                     \
            l->size[at] = l->sizes[i];                                                             \
            l->live[at] = ALLOCATE(l, l->size[at]);                                                \
            touch(l->live[at]);                                                                    \
        }                                                                                          \
        for (int i = 0; i < LIVE; i++) FREE(l, l->live[i], l->size[i]);                            \
    }                                                                                              \
    static void peer##_in_order(void *user)                                                        \
    {                                                                                              \
        load *l = (load *)user;                                                                    \
        (void)l;                                                                                   \
        for (int i = 0; i < LIVE; i++) touch(l->live[i] = ALLOCATE(l, 64));                        \
        for (int i = 0; i < LIVE; i++) FREE(l, l->live[i], 64);                                    \
    }                                                                                              \
    static void peer##_shuffled(void *user)                                                        \
    {                                                                                              \
        load *l = (load *)user;                                                                    \
        (void)l;                                                                                   \
        for (int i = 0; i < LIVE; i++) touch(l->live[i] = ALLOCATE(l, 64));                        \
        for (int i = 0; i < LIVE; i++) FREE(l, l->live[l->order[i]], 64);                          \
    }

WORKLOADS(ours, OURS_ALLOCATE, OURS_FREE)
WORKLOADS(router, ROUTER_ALLOCATE, ROUTER_FREE)
WORKLOADS(mimalloc, MIMALLOC_ALLOCATE, MIMALLOC_FREE)
WORKLOADS(libc, LIBC_ALLOCATE, LIBC_FREE)

/* What is left without an allocator: the pointers, the sizes and the blocks at random. */
static void random_limit(void *user)
{
    load *l = (load *)user;
    for (int i = 0; i < LIVE; i++)
        l->live[i] = w3d_slab_allocate(&l->slab, l->size[i] = l->sizes[i]);
    for (int i = 0; i < OPERATIONS; i++) touch(l->live[l->index[i]]);
    for (int i = 0; i < LIVE; i++) w3d_slab_free(&l->slab, l->live[i], l->size[i]);
}

static void ours_batch(void *user)
{
    load *l = (load *)user;
    w3d_slab_allocate_batch(&l->slab, 64, l->live, LIVE);
    for (int i = 0; i < LIVE; i++) touch(l->live[i]);
    w3d_slab_free_batch(&l->slab, l->live, LIVE, 64);
}

/* The same with the pointers shuffled between the two; the copy is timed as well. */
static void ours_batch_shuffled(void *user)
{
    load *l = (load *)user;
    static void *shuffled[LIVE];
    w3d_slab_allocate_batch(&l->slab, 64, l->live, LIVE);
    for (int i = 0; i < LIVE; i++) touch(l->live[i]);
    for (int i = 0; i < LIVE; i++) shuffled[i] = l->live[l->order[i]];
    w3d_slab_free_batch(&l->slab, shuffled, LIVE, 64);
}

#if defined(__EMSCRIPTEN__)
static const char *const libc_name = "dlmalloc";
#elif defined(__GLIBC__)
static const char *const libc_name = "glibc malloc";
#else
static const char *const libc_name = "malloc";
#endif

typedef void runner(void *user);

static void row(load *l, const char *name, double work, runner *ours, runner *mimalloc,
                runner *libc)
{
    bench_row r;
    memset(&r, 0, sizeof r);
    r.name = name, r.unit = "Mpair/s", r.work = work / 1e6, r.user = l, r.ours.run = ours;
    if (ours == ours_random) r.limit.run = random_limit, r.limit.name = "no allocator";
    if (mimalloc_allocate) {
        r.peer.run = mimalloc, r.peer.name = "mimalloc";
        bench_run(&r);
    }
    r.peer.run = libc, r.peer.name = libc_name;
    bench_run(&r);
}

void bench_slab(void)
{
    load *l = (load *)calloc(1, sizeof *l);
    if (!l) return;
#if BENCH_DL
    void *library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library) {
        *(void **)&mimalloc_allocate = dlsym(library, "mi_malloc");
        *(void **)&mimalloc_free = dlsym(library, "mi_free");
        if (!mimalloc_free) mimalloc_allocate = NULL;
    }
#endif
    w3d_slab_create(&l->slab, NULL);
    if (w3d_router_create(&l->router, NULL) != W3D_OK) return;
    l->tag = w3d_router_tag_at(&l->router, 0);
    test.random = 1;
    for (int i = 0; i < OPERATIONS; i++) {
        l->sizes[i] = (uint8_t)(8 + test_random_below(113));
        l->index[i] = (uint16_t)test_random_below(LIVE);
    }
    for (int i = 0; i < LIVE; i++) l->order[i] = (uint16_t)i;
    for (int i = LIVE - 1; i > 0; i--) {
        int other = (int)test_random_below((uint32_t)i + 1);
        uint16_t kept = l->order[i];
        l->order[i] = l->order[other], l->order[other] = kept;
    }
    bench_title("slab: allocate + free");
#define ROW(name, work, load_name, side)                                                           \
    row(l, name, work, side##_##load_name, mimalloc_##load_name, libc_##load_name)
    ROW("churn, one of 64 B", OPERATIONS, churn_one, ours);
    ROW("churn, ring of 16, 8-120 B", OPERATIONS, churn_ring, ours);
    ROW("random, 10,000 live of 8-120 B", OPERATIONS + LIVE, random, ours);
    ROW("batch of 10,000, freed in order", LIVE, in_order, ours);
    ROW("batch of 10,000, freed shuffled", LIVE, shuffled, ours);
    row(l, "batch call, freed in order", LIVE, ours_batch, mimalloc_in_order, libc_in_order);
    row(l, "batch call, freed shuffled", LIVE, ours_batch_shuffled, mimalloc_shuffled,
        libc_shuffled);
    ROW("router churn, one of 64 B", OPERATIONS, churn_one, router);
    ROW("router churn, ring of 16", OPERATIONS, churn_ring, router);
    ROW("router random", OPERATIONS + LIVE, random, router);
    ROW("router batch, freed in order", LIVE, in_order, router);
    ROW("router batch, freed shuffled", LIVE, shuffled, router);
#undef ROW
    w3d_router_destroy(&l->router);
    w3d_slab_destroy(&l->slab);
    free(l);
}
