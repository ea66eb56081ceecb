/* bench_arena.c - a batch of blocks allocated, one byte of each written, and all given back: by
 * resetting an arena, and by freeing each block of the C library's malloc and of mimalloc. On one
 * thread, and on two at once, each with its own arena. The limit is a pointer that only moves up.
 *
 * (glibc gives the top of its heap back to the system with each batch of 4 KB blocks, and takes it
 * anew: its row there is a row about page faults.)
 *
 * mimalloc is loaded beside the C library's allocator, not in its place (-DBENCH_DL=1). Under
 * Emscripten the C library's malloc is its dlmalloc, which with threads takes one lock. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* RTLD_DEEPBIND */
#endif
#include "bench.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "sync/thread.h"

#ifndef BENCH_DL
#define BENCH_DL 0
#endif
#if BENCH_DL
#include <dlfcn.h>
#endif

enum { SMALL = 20000, LARGE = 1000, LARGE_SIZE = 4096, BATCHES = 20 };

typedef void *(*allocate_function)(size_t size);
typedef void (*free_function)(void *block);

/* What one thread works with. */
typedef struct batch {
    w3d_chunk_arena arena;
    void *blocks[SMALL];
    unsigned char *bare;
    allocate_function allocate;
    free_function give_back;
    uint64_t sum;
    char apart[128];
} batch;

typedef struct arena_bench {
    batch own, other; /* of the calling thread and of the helper */
    uint8_t sizes[SMALL];
    void (*work)(struct arena_bench *bench, batch *mine);
    uint32_t asked, answered, stop;
} arena_bench;

/* Volatile, so that no pair of calls is optimised out. */
static void *(*volatile library_malloc)(size_t size) = malloc;
static void (*volatile library_free)(void *block) = free;

static void arena_small(arena_bench *b, batch *mine)
{
    for (int i = 0; i < SMALL; i++) {
        char *block = (char *)w3d_chunk_arena_push(&mine->arena, 1, b->sizes[i], 0);
        if (!block) abort();
        *(volatile char *)block = 1;
    }
    w3d_chunk_arena_reset(&mine->arena);
}

static void arena_large(arena_bench *b, batch *mine)
{
    (void)b;
    for (int i = 0; i < LARGE; i++) {
        char *block = (char *)w3d_chunk_arena_push(&mine->arena, 1, LARGE_SIZE, 0);
        if (!block) abort();
        *(volatile char *)block = 1;
    }
    w3d_chunk_arena_reset(&mine->arena);
}

static void malloc_small(arena_bench *b, batch *mine)
{
    allocate_function allocate = mine->allocate;
    free_function give_back = mine->give_back;
    for (int i = 0; i < SMALL; i++) {
        mine->blocks[i] = allocate(b->sizes[i]);
        if (!mine->blocks[i]) abort();
        *(volatile char *)mine->blocks[i] = 1;
    }
    for (int i = 0; i < SMALL; i++) give_back(mine->blocks[i]);
}

static void malloc_large(arena_bench *b, batch *mine)
{
    allocate_function allocate = mine->allocate;
    free_function give_back = mine->give_back;
    (void)b;
    for (int i = 0; i < LARGE; i++) {
        mine->blocks[i] = allocate(LARGE_SIZE);
        if (!mine->blocks[i]) abort();
        *(volatile char *)mine->blocks[i] = 1;
    }
    for (int i = 0; i < LARGE; i++) give_back(mine->blocks[i]);
}

static void bare_small(arena_bench *b, batch *mine)
{
    unsigned char *at = mine->bare;
    for (int i = 0; i < SMALL; i++) {
        *(volatile unsigned char *)at = 1;
        at += (b->sizes[i] + 15u) & ~15u;
    }
}

/* ---- one thread or two ---- */

#define ALONE(name)                                                                                \
    static void name##_alone(void *user)                                                           \
    {                                                                                              \
        arena_bench *b = (arena_bench *)user;                                                      \
        name(b, &b->own);                                                                          \
    }
ALONE(arena_small)
ALONE(arena_large)
ALONE(malloc_small)
ALONE(malloc_large)
ALONE(bare_small)

/* Waits for a word to change or to become a value; lets others run after a while. */
static void meet(const uint32_t *word, uint32_t value, int until_equal)
{
    for (uint32_t spins = 0; (w3d_atomic_load_u32(word) == value) != until_equal; spins++)
        if (spins < 2000)
            w3d_atomic_pause();
        else
            w3d_thread_yield();
}

/* The helper thread: does its half whenever it is asked. */
static void help(void *user)
{
    arena_bench *b = (arena_bench *)user;
    for (uint32_t seen = 0;;) {
        meet(&b->asked, seen++, 0);
        if (b->stop) return;
        for (int i = 0; i < BATCHES; i++) b->work(b, &b->other);
        w3d_atomic_store_u32(&b->answered, seen);
    }
}

static void together(arena_bench *b, void (*work)(arena_bench *bench, batch *mine))
{
    b->work = work;
    uint32_t round = w3d_atomic_add_u32(&b->asked, 1) + 1;
    for (int i = 0; i < BATCHES; i++) work(b, &b->own);
    meet(&b->answered, round, 1);
}

static void arena_two(void *user) { together((arena_bench *)user, arena_small); }
static void malloc_two(void *user) { together((arena_bench *)user, malloc_small); }
static void bare_two(void *user) { together((arena_bench *)user, bare_small); }

static void use_peer(arena_bench *b, allocate_function allocate, free_function give_back)
{
    b->own.allocate = b->other.allocate = allocate;
    b->own.give_back = b->other.give_back = give_back;
}

static void row_of(arena_bench *b, const char *name, double blocks, const char *peer,
                   void (*const runs[3])(void *user))
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "Mblk/s";
    row.work = blocks / 1e6;
    row.user = b;
    row.ours.run = runs[0];
    row.peer.run = peer ? runs[1] : NULL;
    row.peer.name = peer ? peer : "mimalloc, not there";
    row.limit.run = runs[2];
    row.limit.name = runs[2] ? "a bare pointer" : NULL;
    bench_run(&row);
}

static void rows_against(arena_bench *b, const char *peer)
{
    static void (*const small[3])(void *) = { arena_small_alone, malloc_small_alone,
                                              bare_small_alone };
    static void (*const large[3])(void *) = { arena_large_alone, malloc_large_alone, NULL };
    static void (*const two[3])(void *) = { arena_two, malloc_two, bare_two };
    w3d_thread helper;
    row_of(b, "arena, 16-64 B, batch + reset", SMALL, peer, small);
    row_of(b, "arena, 4 KB, batch + reset", LARGE, peer, large);
    b->asked = b->answered = b->stop = 0;
    if (w3d_thread_start(&helper, help, b, NULL) != W3D_OK) return;
    row_of(b, "arena, 16-64 B, two threads", 2.0 * BATCHES * SMALL, peer, two);
    b->stop = 1;
    w3d_atomic_add_u32(&b->asked, 1);
    w3d_thread_join(&helper);
}

void bench_arena(void)
{
    arena_bench *b = (arena_bench *)calloc(1, sizeof *b);
    uint32_t random = 1;
    const char *peer = NULL;
    for (int i = 0; i < SMALL; i++) {
        random = random * 1664525u + 1013904223u;
        b->sizes[i] = (uint8_t)(16 + (random >> 16) % 49);
    }
    b->own.bare = (unsigned char *)calloc(SMALL, 64);
    b->other.bare = (unsigned char *)calloc(SMALL, 64);
    bench_title("arena: blocks allocated, written to, and given back");
    use_peer(b, library_malloc, library_free);
#if defined(__EMSCRIPTEN__)
    rows_against(b, "dlmalloc");
#else
    rows_against(b, "malloc");
#endif
#if BENCH_DL
    void *library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    allocate_function allocate = NULL;
    free_function give_back = NULL;
    if (library) {
        void *found = dlsym(library, "mi_malloc");
        memcpy(&allocate, &found, sizeof found);
        found = dlsym(library, "mi_free");
        memcpy(&give_back, &found, sizeof found);
    }
    if (allocate && give_back) {
        use_peer(b, allocate, give_back);
        peer = "mimalloc";
    }
#endif
#if !defined(__EMSCRIPTEN__)
    rows_against(b, peer);
#endif
    (void)peer;
    w3d_chunk_arena_destroy(&b->own.arena);
    w3d_chunk_arena_destroy(&b->other.arena);
    free(b->own.bare);
    free(b->other.bare);
    free(b);
}
