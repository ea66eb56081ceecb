/* test_rotating.c - arenas are recycled exactly when the last reference goes; stale references are
 * refused; readers on other threads never see a piece change under them. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/rotating.h"
#include "sync/thread.h"

static w3d_rotating make(size_t size, uint32_t most, const w3d_allocator *allocator)
{
    w3d_rotating rotating;
    w3d_rotating_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.arena_size = size;
    desc.arena_count_max = most;
    if (allocator) desc.allocator = *allocator;
    CHECK(w3d_rotating_create(&rotating, &desc) == W3D_OK);
    return rotating;
}

static void arenas_turn_when_full(void)
{
    w3d_rotating r = make(1024, 3, NULL);
    w3d_rotating_ref a, b, c, d, none = { 7, 7 };
    CHECK(w3d_rotating_acquire(&r, 600, &a) == W3D_OK);
    CHECK(w3d_rotating_push(&r, a, 600, 1, 1));
    CHECK(w3d_rotating_acquire(&r, 424, &b) == W3D_OK && b.index == a.index);
    unsigned char *last = (unsigned char *)w3d_rotating_push(&r, b, 424, 1, 1);
    CHECK(last && !w3d_rotating_push(&r, b, 1, 1, 1));
    memset(last, 5, 424);
    CHECK(w3d_rotating_acquire(&r, 1, &c) == W3D_OK && c.index != a.index);
    w3d_rotating_seal(&r);
    CHECK(w3d_rotating_acquire(&r, 1024, &d) == W3D_OK && d.index != c.index && d.index != a.index);
    CHECK(w3d_rotating_stats_get(&r).arena_count == 3 &&
          w3d_rotating_stats_get(&r).used_count == 3);
    CHECK(w3d_rotating_push(&r, d, 1, 1024, 1));
    /* All three in use, no fourth allowed: busy, and nothing has changed. */
    CHECK(w3d_rotating_acquire(&r, 1, &none) == W3D_ERR_BUSY && none.index == 7);
    CHECK(w3d_rotating_acquire(&r, 1, &none) == W3D_ERR_BUSY);
    CHECK(w3d_rotating_acquire(&r, 1025, &none) == W3D_ERR_LIMIT);
    CHECK(last[0] == 5 && last[423] == 5);
    /* One of two holders lets go: still busy. The other: it is the next one. */
    CHECK(w3d_rotating_release(&r, a) == W3D_OK);
    CHECK(w3d_rotating_acquire(&r, 1, &none) == W3D_ERR_BUSY);
    CHECK(w3d_rotating_release(&r, b) == W3D_OK);
    CHECK(w3d_rotating_release(&r, b) == W3D_ERR_STALE);
    CHECK(w3d_rotating_acquire(&r, 1024, &none) == W3D_OK);
    CHECK(none.index == a.index && none.generation == a.generation + 1);
    CHECK(!w3d_rotating_push(&r, a, 1, 1, 1) && w3d_rotating_push(&r, none, 1, 1, 1));
    CHECK(w3d_rotating_retain(&r, a) == W3D_ERR_STALE);
    CHECK(w3d_rotating_release(&r, a) == W3D_ERR_STALE);
    CHECK(w3d_rotating_destroy(&r) == W3D_ERR_BUSY);
    CHECK(w3d_rotating_release(&r, c) == W3D_OK && w3d_rotating_release(&r, d) == W3D_OK);
    CHECK(w3d_rotating_destroy(&r) == W3D_ERR_BUSY);
    w3d_rotating_seal(&r); /* now the one reference on it is the reader's */
    CHECK(w3d_rotating_destroy(&r) == W3D_ERR_BUSY);
    CHECK(w3d_rotating_release(&r, none) == W3D_OK && w3d_rotating_destroy(&r) == W3D_OK);
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
    CHECK(w3d_rotating_acquire(&r, 1, &none) == W3D_ERR_ARGUMENT);
    CHECK(w3d_rotating_release(&r, none) == W3D_ERR_STALE);
}

static void an_arena_nobody_reads_is_its_own_successor(void)
{
    w3d_rotating r = make(256, 0, NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        w3d_rotating_ref ref;
        CHECK(w3d_rotating_acquire(&r, 200, &ref) == W3D_OK);
        CHECK(ref.index == 0 && ref.generation == i + 1);
        CHECK(w3d_rotating_push(&r, ref, 200, 1, 1) && w3d_rotating_release(&r, ref) == W3D_OK);
    }
    CHECK(w3d_rotating_stats_get(&r).arena_count == 1);
    CHECK(w3d_rotating_stats_get(&r).held_size == 256);
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
}

static void wrong_references_and_arguments_are_refused(void)
{
    w3d_rotating r = make(0, 2, NULL), untouched = r;
    w3d_rotating_desc desc;
    w3d_rotating_ref ref, zero = { 0, 0 }, far = { 3, 1 }, wild = { UINT32_MAX, UINT32_MAX };
    memset(&desc, 0, sizeof desc);
    desc.arena_count_max = (1u << 20) + 1;
    CHECK(w3d_rotating_create(&untouched, &desc) == W3D_ERR_ARGUMENT && untouched.slots == r.slots);
    CHECK(w3d_rotating_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_rotating_acquire(&r, 1, NULL) == W3D_ERR_ARGUMENT);
    const w3d_rotating_ref bad[3] = { zero, far, wild };
    for (int made = 0; made < 2; made++) {
        for (int i = 0; i < 3; i++) {
            CHECK(w3d_rotating_retain(&r, bad[i]) == W3D_ERR_STALE);
            CHECK(w3d_rotating_release(&r, bad[i]) == W3D_ERR_STALE);
            CHECK(!w3d_rotating_push(&r, bad[i], 1, 1, 1));
        }
        if (!made) CHECK(w3d_rotating_acquire(&r, 1, &ref) == W3D_OK);
    }
    CHECK(!w3d_rotating_push(&r, ref, SIZE_MAX, 1, 1) && !w3d_rotating_push(&r, ref, 1, 1, 3));
    CHECK(!w3d_rotating_push(&r, ref, SIZE_MAX, SIZE_MAX, SIZE_MAX));
    void *p = w3d_rotating_push(&r, ref, 3, 5, 0);
    CHECK(p && (uintptr_t)p % 16 == 0);
    for (int i = 0; i < 1000; i++) CHECK(w3d_rotating_retain(&r, ref) == W3D_OK);
    for (int i = 0; i < 1001; i++) CHECK(w3d_rotating_release(&r, ref) == W3D_OK);
    w3d_rotating_seal(&r); /* the stream's own reference was the last */
    CHECK(w3d_rotating_release(&r, ref) == W3D_ERR_STALE);
    w3d_rotating_seal(&r);
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
}

static void a_spent_generation_retires_the_arena(void)
{
    w3d_rotating r = make(256, 2, NULL);
    w3d_rotating_ref first, second, third;
    CHECK(w3d_rotating_acquire(&r, 1, &first) == W3D_OK);
    /* As if it had had 2^32 - 3 lives: the state word is the first thing in a slot. */
    uint64_t *state = (uint64_t *)(void *)r.slots;
    *state = (uint64_t)(UINT32_MAX - 1) << 32 | 2;
    first.generation = UINT32_MAX - 1;
    CHECK(w3d_rotating_release(&r, first) == W3D_OK);
    CHECK(w3d_rotating_push(&r, first, 256, 1, 1)); /* full, and still held by the stream */
    CHECK(w3d_rotating_acquire(&r, 256, &second) == W3D_OK);
    CHECK(second.index == 0 && second.generation == UINT32_MAX);
    CHECK(w3d_rotating_push(&r, second, 256, 1, 1) && w3d_rotating_release(&r, second) == W3D_OK);
    CHECK(w3d_rotating_acquire(&r, 256, &third) == W3D_OK && third.index == 1);
    CHECK(w3d_rotating_stats_get(&r).retired_count == 1 && *state == 0);
    CHECK(w3d_rotating_retain(&r, second) == W3D_ERR_STALE);
    CHECK(w3d_rotating_push(&r, third, 256, 1, 1));
    CHECK(w3d_rotating_acquire(&r, 1, &second) == W3D_ERR_BUSY);
    /* References are counted to the very end of their 32 bits. */
    state = (uint64_t *)(void *)((unsigned char *)r.slots + 64);
    *state = (uint64_t)third.generation << 32 | UINT32_MAX;
    CHECK(w3d_rotating_retain(&r, third) == W3D_ERR_LIMIT);
    *state = (uint64_t)third.generation << 32 | 2;
    CHECK(w3d_rotating_release(&r, third) == W3D_OK && w3d_rotating_destroy(&r) == W3D_OK);
}

static int fill_all(const void *allocator, void *user)
{
    w3d_rotating r;
    w3d_rotating_desc desc;
    w3d_rotating_ref refs[4];
    int held = 0;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    desc.arena_size = 512;
    desc.arena_count_max = 4;
    w3d_result result = w3d_rotating_create(&r, &desc);
    if (result != W3D_OK) return (int)result;
    for (; held < 4; held++) {
        result = w3d_rotating_acquire(&r, 512, &refs[held]);
        if (result != W3D_OK) break;
        CHECK(w3d_rotating_push(&r, refs[held], 512, 1, 1));
    }
    for (int i = 0; i < held; i++) {
        CHECK(w3d_rotating_release(&r, refs[i]) == W3D_OK); /* a failed turn left all as it was */
    }
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
    return (int)result;
}

static void no_memory_at_any_allocation(void) { test_allocation_sweep(fill_all, NULL); }

/* ---- against a model: who holds what, and which arena may be filled ---- */

static void random_use_matches_a_model(void)
{
    enum { HELD = 64, ARENAS = 5 };
    struct {
        w3d_rotating_ref ref;
        unsigned char *at, value;
        uint32_t size;
    } held[HELD];
    uint32_t count = 0, busy = 0;
    w3d_rotating_ref old[16];
    memset(old, 0, sizeof old);
    w3d_rotating r = make(2000, ARENAS, NULL);
    for (int round = 0; round < 20000; round++) {
        uint32_t action = test_random_below(10), i = count ? test_random_below(count) : 0;
        if (action < 5 && count < HELD) {
            uint32_t size = 1 + test_random_below(900);
            w3d_result result = w3d_rotating_acquire(&r, size, &held[count].ref);
            if (result == W3D_ERR_BUSY) {
                uint32_t seen = 0;
                for (uint32_t k = 0; k < count; k++) seen |= 1u << held[k].ref.index;
                CHECK(seen == (1u << ARENAS) - 1); /* really every arena is held */
                busy++;
                continue;
            }
            CHECK(result == W3D_OK);
            held[count].at = (unsigned char *)w3d_rotating_push(&r, held[count].ref, size, 1, 1);
            held[count].size = size, held[count].value = (unsigned char)test_random();
            CHECK(held[count].at);
            memset(held[count].at, held[count].value, size);
            count++;
        } else if (action < 6 && count && count < HELD) {
            held[count] = held[i];
            CHECK(w3d_rotating_retain(&r, held[count++].ref) == W3D_OK);
        } else if (count) {
            int others = 0;
            for (uint32_t k = 0; k < held[i].size; k++)
                if (held[i].at[k] != held[i].value) {
                    CHECK(held[i].at[k] == held[i].value);
                    break;
                }
            CHECK(w3d_rotating_release(&r, held[i].ref) == W3D_OK);
            old[test_random_below(16)] = held[i].ref;
            held[i] = held[--count];
            w3d_rotating_ref ref = old[test_random_below(16)];
            for (uint32_t k = 0; k < count; k++)
                others +=
                    held[k].ref.index == ref.index && held[k].ref.generation == ref.generation;
            if (r.current == ref.index + 1 || others) continue; /* it may live still */
            CHECK(w3d_rotating_release(&r, ref) == W3D_ERR_STALE);
        }
    }
    CHECK(busy > 50);
    while (count) CHECK(w3d_rotating_release(&r, held[--count].ref) == W3D_OK);
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
}

/* ---- one thread fills, three read ---- */

enum { READERS = 3, PIECES = 4000, BOX = 16 };

typedef struct mail {
    w3d_rotating_ref ref;
    const uint32_t *piece;
} mail;

/* A box of 16 letters from the filling thread to one reader. */
typedef struct mailbox {
    mail letters[BOX];
    uint32_t sent, taken, wrong, stale, done;
    w3d_rotating *rotating;
    w3d_thread thread;
} mailbox;

static uint32_t word_of(uint32_t piece, uint32_t i) { return piece * 2654435761u + i; }

static void read_one(mailbox *box)
{
    mail *letter = &box->letters[box->taken % BOX];
    uint32_t number = letter->piece[0], size = letter->piece[1];
    for (uint32_t i = 2; i < size; i++) box->wrong += letter->piece[i] != word_of(number, i);
    box->wrong += w3d_rotating_release(box->rotating, letter->ref) != W3D_OK;
    w3d_atomic_store_u32(&box->taken, box->taken + 1);
}

static void read_all(void *user)
{
    mailbox *box = (mailbox *)user;
    for (;;) {
        uint32_t done = w3d_atomic_load_u32(&box->done);
        if (w3d_atomic_load_u32(&box->sent) != box->taken)
            read_one(box);
        else if (done)
            break;
        else
            w3d_thread_yield();
    }
}

static void readers_on_other_threads(void)
{
    static mailbox boxes[READERS];
    w3d_rotating r = make(4096, 4, NULL);
    int threads = 0;
    memset(boxes, 0, sizeof boxes);
    for (int i = 0; i < READERS; i++) {
        boxes[i].rotating = &r;
        threads += w3d_thread_start(&boxes[i].thread, read_all, &boxes[i], NULL) == W3D_OK;
    }
    CHECK(threads == 0 || threads == READERS);
    for (uint32_t n = 0; n < PIECES; n++) {
        uint32_t size = 2 + test_random_below(200);
        w3d_rotating_ref ref;
        w3d_result result;
        while ((result = w3d_rotating_acquire(&r, size * 4 + 3, &ref)) == W3D_ERR_BUSY) {
            w3d_thread_yield();
            for (int i = 0; i < READERS && !threads; i++)
                while (boxes[i].taken != boxes[i].sent) read_one(&boxes[i]);
        }
        CHECK(result == W3D_OK);
        uint32_t *piece = (uint32_t *)w3d_rotating_push(&r, ref, size, 4, 4);
        CHECK(piece);
        piece[0] = n, piece[1] = size;
        for (uint32_t i = 2; i < size; i++) piece[i] = word_of(n, i);
        for (int i = 0; i < READERS; i++) {
            mailbox *box = &boxes[i];
            while (box->sent - w3d_atomic_load_u32(&box->taken) == BOX) {
                if (threads)
                    w3d_thread_yield();
                else
                    read_one(box);
            }
            CHECK(w3d_rotating_retain(&r, ref) == W3D_OK);
            box->letters[box->sent % BOX].ref = ref;
            box->letters[box->sent % BOX].piece = piece;
            w3d_atomic_store_u32(&box->sent, box->sent + 1);
        }
        CHECK(w3d_rotating_release(&r, ref) == W3D_OK);
    }
    for (int i = 0; i < READERS; i++) {
        w3d_atomic_store_u32(&boxes[i].done, 1);
        if (threads)
            CHECK(w3d_thread_join(&boxes[i].thread) == W3D_OK);
        else
            read_all(&boxes[i]);
        CHECK(boxes[i].wrong == 0 && boxes[i].taken == PIECES);
    }
    CHECK(w3d_rotating_stats_get(&r).used_count <= 1);
    CHECK(w3d_rotating_destroy(&r) == W3D_OK);
}

void test_rotating(void)
{
    RUN(arenas_turn_when_full);
    RUN(an_arena_nobody_reads_is_its_own_successor);
    RUN(wrong_references_and_arguments_are_refused);
    RUN(a_spent_generation_retires_the_arena);
    RUN(no_memory_at_any_allocation);
    RUN(random_use_matches_a_model);
    RUN(readers_on_other_threads);
}
