/* test_handle.c - handles: any number is safe, stale ones stay stale, every object ends once. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/handle.h"
#include "sync/mutex.h"
#include "sync/thread.h"

typedef struct object {
    uint32_t alive; /* 1 from its creator, 0 from its finaliser */
    uint32_t fill;
    uint64_t id;
    uint64_t child; /* a handle its finaliser releases, or 0 */
} object;

typedef struct world {
    w3d_handle_pool *pool;
    uint32_t finalised, twice, refused, leaked, leaked_references, tags, later;
    w3d_handle last;
    w3d_result why;
} world;

static w3d_handle_end finalise(void *user, void *memory, w3d_handle handle)
{
    world *w = (world *)user;
    object *o = (object *)memory;
    if (w3d_atomic_exchange_u32(&o->alive, 0) != 1 || o->id != handle.id)
        w3d_atomic_add_u32(&w->twice, 1);
    w3d_atomic_add_u32(&w->finalised, 1);
    if (o->child) {
        w3d_handle child;
        child.id = o->child;
        w3d_handle_release(w->pool, child);
    }
    return w->later ? W3D_HANDLE_LATER : W3D_HANDLE_ENDED;
}

static void refused(void *user, w3d_handle handle, w3d_result why)
{
    world *w = (world *)user;
    w->refused++;
    w->last = handle;
    w->why = why;
}

static void leaked(void *user, const w3d_handle_live *live)
{
    world *w = (world *)user;
    w->leaked++;
    w->leaked_references += live->references;
    w->tags += live->tag;
    CHECK(((object *)live->object)->id == live->handle.id);
}

static w3d_handle_pool_desc desc_of(world *w)
{
    w3d_handle_pool_desc desc;
    memset(w, 0, sizeof *w);
    memset(&desc, 0, sizeof desc);
    desc.object_size = sizeof(object);
    desc.finalise = finalise;
    desc.refused = refused;
    desc.leaked = leaked;
    desc.user = w;
    return desc;
}

static w3d_handle create(world *w, object **out)
{
    w3d_handle handle;
    void *memory = NULL;
    handle.id = 0;
    w3d_result result = w3d_handle_create(w->pool, 7, &handle, &memory);
    if (result == W3D_OK) {
        object *o = (object *)memory;
        o->alive = 1;
        o->id = handle.id;
        if (out) *out = o;
    }
    return handle;
}

static w3d_handle_slot *slot_of(world *w, uint32_t index)
{
    return (w3d_handle_slot *)(w3di_handle_address(w->pool, index) - sizeof(w3d_handle_slot));
}

static void bits_are_as_documented(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    desc.id = 0xAB;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    w3d_handle first = create(&w, NULL), second = create(&w, NULL);
    CHECK(first.id == 0xAB00000100000000u && second.id == 0xAB00000100000001u);
    CHECK(w3d_handle_release(w.pool, first) == W3D_OK);
    w3d_handle third = create(&w, NULL);
    CHECK(third.id == 0xAB00000200000000u);
    CHECK(w3d_handle_index(third) == 0 && w3d_handle_generation(third) == 2 &&
          w3d_handle_pool_id(third) == 0xAB);
    CHECK(w3d_handle_pool_destroy(w.pool) == 2 && w.finalised == 3 && !w.twice);
}

static void counting_up_and_down(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    object *o = NULL;
    w3d_handle handle = create(&w, &o);
    CHECK(w3d_handle_get(w.pool, handle) == o);
    CHECK(w3d_handle_retain(w.pool, handle) == W3D_OK);
    CHECK(w3d_handle_acquire(w.pool, handle) == o);
    CHECK(w3d_handle_pool_stats(w.pool).references == 3);
    CHECK(w3d_handle_release(w.pool, handle) == W3D_OK);
    CHECK(w3d_handle_release(w.pool, handle) == W3D_OK);
    CHECK(!w.finalised && w3d_handle_get(w.pool, handle) == o && !w.refused);
    CHECK(w3d_handle_release(w.pool, handle) == W3D_OK && w.finalised == 1);

    /* Stale from now on, also once another object lives there. */
    for (int reused = 0; reused < 2; reused++) {
        CHECK(!w3d_handle_get(w.pool, handle) && !w3d_handle_acquire(w.pool, handle));
        CHECK(w3d_handle_retain(w.pool, handle) == W3D_ERR_STALE);
        CHECK(w3d_handle_release(w.pool, handle) == W3D_ERR_STALE);
        CHECK(w3d_handle_finish(w.pool, handle) == W3D_ERR_STALE);
        if (!reused) CHECK(w3d_handle_index(create(&w, NULL)) == w3d_handle_index(handle));
    }
    CHECK(w.refused == 10 && w.last.id == handle.id && w.why == W3D_ERR_STALE);
    w3d_handle_stats stats = w3d_handle_pool_stats(w.pool);
    CHECK(stats.refused == 10 && stats.created == 2 && stats.live == 1 && stats.references == 1 &&
          stats.used == 1 && stats.slots == 16 && !stats.ending && !stats.retired);
    CHECK(w3d_handle_pool_destroy(w.pool) == 1 && w.finalised == 2 && !w.twice);
}

/* Every operation refuses `id`; gives 1 if so. */
static int refuses(world *w, uint64_t id)
{
    w3d_handle handle;
    handle.id = id;
    return !w3d_handle_get(w->pool, handle) && !w3d_handle_acquire(w->pool, handle) &&
           w3d_handle_retain(w->pool, handle) != W3D_OK &&
           w3d_handle_release(w->pool, handle) != W3D_OK &&
           w3d_handle_finish(w->pool, handle) != W3D_OK;
}

static void any_number_is_safe(void)
{
    enum { OBJECTS = 100 };
    static const uint32_t ids[] = { 0, 3, 255 }, capacities[] = { 0, 70 };
    for (int variant = 0; variant < 6; variant++) {
        world w;
        w3d_handle handles[OBJECTS];
        w3d_handle_pool_desc desc = desc_of(&w);
        desc.id = ids[variant % 3];
        desc.capacity = capacities[variant / 3];
        CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
        CHECK(refuses(&w, 0) && refuses(&w, UINT64_MAX) && refuses(&w, (uint64_t)1 << 32));
        uint32_t count = desc.capacity ? desc.capacity : (uint32_t)OBJECTS;
        for (uint32_t i = 0; i < count; i++) handles[i] = create(&w, NULL);
        for (uint32_t i = 0; i < count; i += 3) w3d_handle_release(w.pool, handles[i]);
        w3d_handle_stats before = w3d_handle_pool_stats(w.pool);
        for (uint32_t i = 0; i < count; i++) {
            for (int bit = 0; bit < 64; bit++) {
                uint64_t id = handles[i].id ^ (uint64_t)1 << bit;
                /* Turning an index bit may give another live handle; all are of generation 1. */
                uint32_t index = (uint32_t)id;
                if (bit < 32 && index < count && index % 3) continue;
                CHECK_MESSAGE(refuses(&w, id), "bit %d of handle %u", bit, i);
            }
            /* What the slot's own words look like, given back as a handle. */
            w3d_handle_slot *slot = slot_of(&w, i);
            if (i % 3 == 0) CHECK(refuses(&w, slot->self) && refuses(&w, slot->word));
            CHECK(refuses(&w, (slot->word & 0xFFFFFFFF00000000u) | 0x80000000u | i));
            CHECK(i % 3 || refuses(&w, ((slot->word >> 32) + 0) << 32 | i)); /* not yet made */
        }
        for (int i = 0; i < 20000; i++) {
            uint64_t id = test_random() >> test_random_below(64);
            if (test_random_below(2)) id = (id & ~(uint64_t)255) << 24 | test_random_below(256);
            if (id >> 32 == ((uint64_t)desc.id << 24 | 1) && (uint32_t)id < count &&
                (uint32_t)id % 3)
                continue;
            CHECK_MESSAGE(refuses(&w, id), "%llx", (unsigned long long)id);
        }
        w3d_handle_stats after = w3d_handle_pool_stats(w.pool);
        CHECK(before.live == after.live && before.references == after.references &&
              before.created == after.created && before.used == after.used && !w.twice);
        CHECK(after.live == count - (count + 2) / 3);
        w3d_handle_pool_destroy(w.pool);
    }
}

static void pools_refuse_each_other(void)
{
    world a, b;
    w3d_handle_pool_desc desc = desc_of(&a);
    desc.id = 1;
    CHECK(w3d_handle_pool_create(&desc, &a.pool) == W3D_OK);
    desc = desc_of(&b);
    desc.id = 2;
    CHECK(w3d_handle_pool_create(&desc, &b.pool) == W3D_OK);
    w3d_handle of_a = create(&a, NULL), beyond = of_a;
    create(&b, NULL);
    CHECK(!w3d_handle_get(b.pool, of_a) && b.why == W3D_ERR_ARGUMENT && b.last.id == of_a.id);
    CHECK(w3d_handle_release(b.pool, of_a) == W3D_ERR_ARGUMENT);
    CHECK(w3d_handle_get(a.pool, of_a) && !a.refused);
    beyond.id += 1;
    CHECK(w3d_handle_retain(a.pool, beyond) == W3D_ERR_INDEX); /* memory, but never handed out */
    beyond.id += 1000;
    CHECK(w3d_handle_retain(a.pool, beyond) == W3D_ERR_INDEX);
    w3d_handle_pool_destroy(a.pool);
    w3d_handle_pool_destroy(b.pool);
}

static void slots_retire_at_their_last_generation(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    desc.form_32 = 1;
    desc.capacity = 2;
    desc.id = 9;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    uint32_t last_id = 0;
    for (uint32_t i = 1; i <= 2 * 4095; i++) {
        w3d_handle handle = create(&w, NULL);
        uint32_t id = 0;
        CHECK(handle.id && w3d_handle_to_32(handle, &id) == W3D_OK && id && id != last_id);
        CHECK(w3d_handle_from_32(w.pool, id).id == handle.id);
        CHECK(w3d_handle_generation(handle) == (i - 1) % 4095 + 1);
        if (last_id) CHECK(!w3d_handle_get(w.pool, w3d_handle_from_32(w.pool, last_id)));
        CHECK(w3d_handle_release(w.pool, handle) == W3D_OK);
        last_id = id;
    }
    w3d_handle none;
    none.id = 5;
    CHECK(w3d_handle_create(w.pool, 0, &none, NULL) == W3D_ERR_CAPACITY && none.id == 5);
    w3d_handle_stats stats = w3d_handle_pool_stats(w.pool);
    CHECK(stats.retired == 2 && stats.created == 2 * 4095 && !stats.live && stats.used == 2);
    for (uint32_t generation = 0; generation < 4097; generation++)
        CHECK(refuses(&w, (uint64_t)(9u << 24 | generation) << 32));
    CHECK(w3d_handle_pool_destroy(w.pool) == 0 && w.finalised == 2 * 4095);

    /* 24 bits, moved on by hand: sixteen million rounds tell no more. */
    desc = desc_of(&w);
    desc.capacity = 1;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    w3d_handle_release(w.pool, create(&w, NULL));
    slot_of(&w, 0)->word += (uint64_t)(0xFFFFFE - 2) << 32;
    w3d_handle early = create(&w, NULL);
    CHECK(early.id == (uint64_t)0xFFFFFE << 32);
    CHECK(w3d_handle_to_32(early, &last_id) == W3D_ERR_RANGE);
    CHECK(w3d_handle_release(w.pool, early) == W3D_OK);
    w3d_handle last = create(&w, NULL);
    CHECK(last.id == (uint64_t)0xFFFFFF << 32 && w3d_handle_get(w.pool, last));
    CHECK(w3d_handle_release(w.pool, last) == W3D_OK && refuses(&w, last.id));
    CHECK(!create(&w, NULL).id && w3d_handle_pool_stats(w.pool).retired == 1);
    w3d_handle_pool_destroy(w.pool);

    /* The same without a finaliser, whose release goes another way. */
    desc.finalise = NULL;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    w3d_handle_release(w.pool, create(&w, NULL));
    slot_of(&w, 0)->word += (uint64_t)(0xFFFFFF - 2) << 32;
    last = create(&w, NULL);
    CHECK(w3d_handle_release(w.pool, last) == W3D_OK && refuses(&w, last.id));
    CHECK(!create(&w, NULL).id && w3d_handle_pool_stats(w.pool).retired == 1);
    w3d_handle_pool_destroy(w.pool);
}

static void references_end_at_their_limit(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    w3d_handle handle = create(&w, NULL);
    slot_of(&w, 0)->word += W3D_HANDLE_MOST_REFERENCES - 2u;
    CHECK(w3d_handle_retain(w.pool, handle) == W3D_OK);
    CHECK(w3d_handle_retain(w.pool, handle) == W3D_ERR_LIMIT);
    CHECK(!w3d_handle_acquire(w.pool, handle) && w3d_handle_get(w.pool, handle));
    CHECK(w3d_handle_pool_stats(w.pool).references == W3D_HANDLE_MOST_REFERENCES && !w.refused);
    CHECK(w3d_handle_release(w.pool, handle) == W3D_OK);
    CHECK(w3d_handle_retain(w.pool, handle) == W3D_OK);
    w3d_handle_pool_destroy(w.pool);
}

static void the_32_bit_form_fits_or_says_so(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    desc.id = 200;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    uint32_t id = 77;
    w3d_handle handle;
    handle.id = 0xC800000100100000u; /* index 2^20 */
    CHECK(w3d_handle_to_32(handle, &id) == W3D_ERR_RANGE);
    handle.id = 0xC800100000000000u; /* generation 4096 */
    CHECK(w3d_handle_to_32(handle, &id) == W3D_ERR_RANGE);
    handle.id = 0xC800000000000001u; /* generation 0 is no handle and must not become one */
    CHECK(w3d_handle_to_32(handle, &id) == W3D_ERR_RANGE && id == 77);
    handle.id = 0xC8000FFF000FFFFFu;
    CHECK(w3d_handle_to_32(handle, &id) == W3D_OK && id == 0xFFFFFFFFu);
    CHECK(w3d_handle_from_32(w.pool, id).id == handle.id);
    handle.id = 0;
    CHECK(w3d_handle_to_32(handle, &id) == W3D_OK && id == 0);
    CHECK(w3d_handle_from_32(w.pool, 0).id == 0 && w3d_handle_from_32(w.pool, 0xFFFFF).id == 0);
    for (int i = 0; i < 1000; i++)
        CHECK(refuses(&w, w3d_handle_from_32(w.pool, (uint32_t)test_random()).id));
    w3d_handle_pool_destroy(w.pool);
}

static void memory_is_zero_aligned_and_stays(void)
{
    enum { OBJECTS = 300 };
    static const size_t alignments[] = { 0, 1, 8, 16, 64, 4096 },
                        sizes[] = { 0, 1, 8, 13, 48, 100 };
    for (int a = 0; a < 6; a++)
        for (int s = 0; s < 6; s++) {
            w3d_handle_pool_desc desc;
            w3d_handle_pool *pool;
            w3d_handle handles[OBJECTS];
            unsigned char *memory[OBJECTS];
            memset(&desc, 0, sizeof desc);
            desc.alignment = alignments[a];
            desc.object_size = sizes[s];
            desc.reserve = (uint32_t)(a * s);
            desc.capacity = OBJECTS;
            CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_OK);
            size_t align = alignments[a] > 8 ? alignments[a] : 8;
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < OBJECTS; i++) {
                    void *made = NULL;
                    CHECK(w3d_handle_create(pool, 0, &handles[i], &made) == W3D_OK);
                    memory[i] = (unsigned char *)made;
                    CHECK((uintptr_t)made % align == 0);
                    for (size_t k = 0; k < sizes[s]; k++) CHECK(memory[i][k] == 0);
                    memset(made, i + 1, sizes[s]);
                }
                for (int i = 0; i < OBJECTS; i++) {
                    CHECK(w3d_handle_get(pool, handles[i]) == memory[i]);
                    for (size_t k = 0; k < sizes[s]; k++)
                        CHECK(memory[i][k] == (unsigned char)(i + 1));
                }
                for (int i = 0; i < OBJECTS && !round; i++)
                    CHECK(w3d_handle_release(pool, handles[i]) == W3D_OK);
            }
            w3d_handle_stats stats = w3d_handle_pool_stats(pool);
            CHECK(stats.slots == OBJECTS && stats.used == OBJECTS && stats.created == 2 * OBJECTS);
            CHECK(w3d_handle_create(pool, 0, &handles[0], NULL) == W3D_ERR_CAPACITY);
            CHECK(w3d_handle_pool_destroy(pool) == OBJECTS);
        }
}

static void broken_descs_are_refused(void)
{
    world w;
    w3d_handle_pool_desc good = desc_of(&w), desc = good;
    w3d_handle_pool *pool = NULL;
    CHECK(w3d_handle_pool_create(NULL, &pool) == W3D_ERR_ARGUMENT);
    CHECK(w3d_handle_pool_create(&desc, NULL) == W3D_ERR_ARGUMENT);
    desc.alignment = 24;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_ARGUMENT);
    desc.alignment = 8192;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_ARGUMENT);
    desc = good, desc.id = 256;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_ARGUMENT);
    desc = good, desc.form_32 = 1, desc.capacity = W3D_HANDLE_MOST_SLOTS_32 + 1;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_LIMIT);
    desc = good, desc.capacity = UINT32_MAX;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_LIMIT);
    desc = good, desc.capacity = 10, desc.reserve = 11;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_ARGUMENT);
    desc = good, desc.object_size = SIZE_MAX;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_OUT_OF_MEMORY);
    desc.object_size = SIZE_MAX - 40, desc.alignment = 64;
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_ERR_OUT_OF_MEMORY);
    desc = good, desc.object_size = SIZE_MAX / 8; /* an object fits a size_t, a chunk does not */
    CHECK(w3d_handle_pool_create(&desc, &pool) == W3D_OK);
    w3d_handle handle;
    CHECK(w3d_handle_create(pool, 0, &handle, NULL) == W3D_ERR_OUT_OF_MEMORY);
    CHECK(w3d_handle_create(pool, 0, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_handle_pool_destroy(pool) == 0 && w3d_handle_pool_destroy(NULL) == 0);
}

static void leaks_are_reported_and_ended(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    object *parent = NULL, *late = NULL;
    create(&w, &parent);
    w3d_handle child = create(&w, NULL), other = create(&w, NULL);
    w3d_handle second = create(&w, &late);
    parent->child = child.id; /* ends before the loop reaches it */
    late->child = other.id;   /* has ended when it is released   */
    w3d_handle_retain(w.pool, other);
    w3d_handle_retain(w.pool, other);
    w3d_handle_release(w.pool, create(&w, NULL));
    CHECK(w3d_handle_report(w.pool, leaked, &w) == 4 && w.leaked == 4 && w.finalised == 1);
    CHECK(w3d_handle_report(w.pool, NULL, NULL) == 4 && w3d_handle_get(w.pool, second) == late);
    w.leaked = w.leaked_references = w.tags = 0;
    CHECK(w3d_handle_pool_destroy(w.pool) == 4);
    CHECK(w.leaked == 4 && w.leaked_references == 6 && w.tags == 28);
    CHECK(w.finalised == 5 && !w.twice && w.refused == 1 && w.last.id == other.id);
}

static void a_finaliser_may_ask_for_time(void)
{
    world w;
    w3d_handle_pool_desc desc = desc_of(&w);
    desc.capacity = 1;
    CHECK(w3d_handle_pool_create(&desc, &w.pool) == W3D_OK);
    w.later = 1;
    w3d_handle handle = create(&w, NULL);
    CHECK(w3d_handle_finish(w.pool, handle) == W3D_ERR_STALE); /* alive */
    CHECK(w3d_handle_release(w.pool, handle) == W3D_OK && w.finalised == 1);
    CHECK(!w3d_handle_get(w.pool, handle) && w3d_handle_pool_stats(w.pool).ending == 1);
    CHECK(!create(&w, NULL).id); /* its slot is still taken */
    CHECK(w3d_handle_finish(w.pool, handle) == W3D_OK);
    CHECK(w3d_handle_finish(w.pool, handle) == W3D_ERR_STALE);
    w3d_handle next = create(&w, NULL);
    CHECK(w3d_handle_generation(next) == 2 && w3d_handle_finish(w.pool, handle) == W3D_ERR_STALE);
    CHECK(w3d_handle_release(w.pool, next) == W3D_OK);
    CHECK(w3d_handle_pool_destroy(w.pool) == 0 && w.finalised == 2); /* not finished, not leaked */
}

static int sweep(const void *allocator, void *user)
{
    world *w = (world *)user;
    w3d_handle handles[100];
    w3d_handle_pool_desc desc = desc_of(w);
    desc.allocator = *(const w3d_allocator *)allocator;
    desc.reserve = 20;
    w3d_handle_pool *pool = NULL;
    w3d_result result = w3d_handle_pool_create(&desc, &pool);
    if (result != W3D_OK) {
        CHECK(!pool);
        return (int)result;
    }
    w->pool = pool;
    uint32_t made = 0;
    for (; made < 100; made++) {
        void *memory = NULL;
        result = w3d_handle_create(pool, 0, &handles[made], &memory);
        if (result != W3D_OK) break;
        ((object *)memory)->alive = 1;
        ((object *)memory)->id = handles[made].id;
    }
    /* All made before are as they were, and a freed slot serves where memory does not. */
    w3d_handle_stats stats = w3d_handle_pool_stats(pool);
    CHECK(stats.live == made && stats.used == made && made >= 32);
    for (uint32_t i = 0; i < made; i++) CHECK(w3d_handle_get(pool, handles[i]));
    CHECK(w3d_handle_release(pool, handles[5]) == W3D_OK && create(w, NULL).id);
    CHECK(w3d_handle_pool_destroy(pool) == made && w->finalised == made + 1 && !w->twice);
    return (int)result;
}

static void running_out_of_memory_changes_nothing(void)
{
    world w;
    test_allocation_sweep(sweep, &w);
}

/* ---- several threads ---- */

enum { THREADS = 4, CELLS = 6 };

typedef struct crowd {
    world w;
    uint64_t cell[CELLS]; /* handles; each cell owns one reference */
    uint32_t wrong, created, stale, rounds, go;
    w3d_mutex mutex;
    w3d_allocator_counter counter;
    w3d_allocator counting;
} crowd;

typedef struct member {
    crowd *all;
    uint64_t random;
} member;

static void gather(crowd *all)
{
    w3d_atomic_add_u32(&all->go, 1);
    while (w3d_thread_can_block() && w3d_atomic_load_u32(&all->go) < THREADS) w3d_thread_yield();
}

/* Replaces objects in the shared cells and looks at those of others, which may be gone by then. */
static void churn(void *user)
{
    member *me = (member *)user;
    crowd *all = me->all;
    w3d_handle_pool *pool = all->w.pool;
    gather(all);
    for (uint32_t i = 0; i < all->rounds; i++) {
        me->random = me->random * 6364136223846793005u + 1442695040888963407u;
        uint32_t cell = (uint32_t)(me->random >> 33) % CELLS;
        w3d_handle handle;
        if (me->random >> 60 < 6) {
            void *memory = NULL;
            w3d_result result = w3d_handle_create(pool, 0, &handle, &memory);
            if (result == W3D_ERR_CAPACITY) continue; /* the small pool is full just now */
            if (result != W3D_OK) {
                w3d_atomic_add_u32(&all->wrong, 1);
                continue;
            }
            object *o = (object *)memory;
            if (w3d_atomic_load_u32(&o->alive)) w3d_atomic_add_u32(&all->wrong, 1);
            o->id = handle.id;
            w3d_atomic_store_u32(&o->alive, 1);
            w3d_atomic_add_u32(&all->created, 1);
            handle.id = w3d_atomic_exchange_u64(&all->cell[cell], handle.id);
            if (handle.id && w3d_handle_release(pool, handle) != W3D_OK)
                w3d_atomic_add_u32(&all->wrong, 1);
            continue;
        }
        handle.id = w3d_atomic_load_u64(&all->cell[cell]);
        if (!handle.id) continue;
        object *o = (object *)w3d_handle_acquire(pool, handle);
        if (!o) {
            w3d_atomic_add_u32(&all->stale, 1);
            continue;
        }
        /* While it is held it is this object and no other, and get agrees. */
        if (!w3d_atomic_load_u32(&o->alive) || o->id != handle.id ||
            w3d_handle_get(pool, handle) != (void *)o)
            w3d_atomic_add_u32(&all->wrong, 1);
        if (me->random >> 58 & 1) { /* a second reference, now and then */
            if (w3d_handle_retain(pool, handle) != W3D_OK ||
                w3d_handle_release(pool, handle) != W3D_OK)
                w3d_atomic_add_u32(&all->wrong, 1);
        }
        if (!w3d_atomic_load_u32(&o->alive)) w3d_atomic_add_u32(&all->wrong, 1);
        if (w3d_handle_release(pool, handle) != W3D_OK) w3d_atomic_add_u32(&all->wrong, 1);
    }
}

/* Runs `run` on THREADS threads, or one after the other where there are none. */
static void run_all(crowd *all, void (*run)(void *))
{
    w3d_thread threads[THREADS];
    member members[THREADS];
    int started = 0;
    for (int i = 0; i < THREADS; i++) {
        members[i].all = all;
        members[i].random = test_random();
        w3d_result result = w3d_thread_start(&threads[i], run, &members[i], NULL);
        if (result == W3D_ERR_UNSUPPORTED)
            run(&members[i]);
        else if (result == W3D_OK)
            started |= 1 << i;
        CHECK(result == W3D_OK || result == W3D_ERR_UNSUPPORTED);
    }
    for (int i = 0; i < THREADS; i++)
        if (started >> i & 1) CHECK(w3d_thread_join(&threads[i]) == W3D_OK);
}

static crowd everyone;

static void threads_end_every_object_once(void)
{
    static const uint32_t capacities[] = { 0, CELLS + 2, 0, CELLS + 1 };
    for (int variant = 0; variant < 4; variant++) {
        crowd *all = &everyone;
        memset(all, 0, sizeof *all);
        w3d_handle_pool_desc desc = desc_of(&all->w);
        desc.capacity = capacities[variant];
        desc.refused = NULL;         /* the hook of this test is not made for threads */
        desc.form_32 = variant >= 2; /* slots retire all the time */
        CHECK(w3d_handle_pool_create(&desc, &all->w.pool) == W3D_OK);
        all->rounds = 150000;
        run_all(all, churn);
        uint32_t left = 0;
        for (int i = 0; i < CELLS; i++) left += all->cell[i] != 0;
        w3d_handle_stats stats = w3d_handle_pool_stats(all->w.pool);
        CHECK(!all->wrong && !all->w.twice && stats.live == left && stats.references == left);
        CHECK(stats.created == all->created && all->w.finalised == all->created - left);
        CHECK(stats.refused == all->stale && !stats.ending);
        CHECK(stats.used <= CELLS + THREADS + stats.retired);
        CHECK(w3d_handle_pool_destroy(all->w.pool) == left);
        CHECK(all->w.finalised == all->created && !all->w.twice);
    }
}

static void *locked_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    crowd *all = (crowd *)user;
    w3d_mutex_lock(&all->mutex);
    void *result = w3d_allocator_resize(&all->counting, block, old_size, new_size);
    w3d_mutex_unlock(&all->mutex);
    return result;
}

/* Makes objects as fast as it can; all threads need the next chunk at about the same time. */
static void grow(void *user)
{
    member *me = (member *)user;
    crowd *all = me->all;
    enum { MOST = 1500 };
    w3d_handle *mine = (w3d_handle *)malloc(MOST * sizeof *mine);
    gather(all);
    for (uint32_t i = 0; mine && i < MOST; i++) {
        void *memory = NULL;
        if (w3d_handle_create(all->w.pool, 7, &mine[i], &memory) != W3D_OK) {
            w3d_atomic_add_u32(&all->wrong, 1);
            break;
        }
        ((object *)memory)->alive = 1;
        ((object *)memory)->id = mine[i].id;
        w3d_atomic_add_u32(&all->created, 1);
        object *early = (object *)w3d_handle_get(all->w.pool, mine[i / 2]);
        if (!early || early->id != mine[i / 2].id) w3d_atomic_add_u32(&all->wrong, 1);
        me->random = me->random * 6364136223846793005u + 1442695040888963407u;
        w3d_handle forged; /* right but for its pool, near the edge of what is there */
        forged.id = (uint64_t)0x55000001u << 32 | (me->random >> 52);
        if (w3d_handle_get(all->w.pool, forged)) w3d_atomic_add_u32(&all->wrong, 1);
    }
    free(mine);
}

static void threads_grow_the_pool_together(void)
{
    for (int round = 0; round < 4; round++) {
        crowd *all = &everyone;
        memset(all, 0, sizeof *all);
        all->counting = w3d_allocator_counting(&all->counter);
        w3d_handle_pool_desc desc = desc_of(&all->w);
        desc.refused = NULL;
        desc.allocator.resize = locked_resize;
        desc.allocator.user = all;
        CHECK(w3d_handle_pool_create(&desc, &all->w.pool) == W3D_OK);
        run_all(all, grow);
        w3d_handle_stats stats = w3d_handle_pool_stats(all->w.pool);
        CHECK(!all->wrong && stats.live == THREADS * 1500 && stats.used == stats.live &&
              stats.slots == 8192 && stats.memory == all->counter.live_bytes);
        CHECK(w3d_handle_pool_destroy(all->w.pool) == THREADS * 1500);
        CHECK(all->w.finalised == THREADS * 1500 && !all->w.twice);
        CHECK(!all->counter.live_blocks && !all->counter.live_bytes);
    }
}

typedef struct creator {
    w3d_handle_pool *pool;
    int to_create, ended;
} creator;

/* A finaliser may create while the pool is destroyed, also in a slot that is passed already. */
static w3d_handle_end create_another(void *user, void *ended, w3d_handle handle)
{
    creator *c = (creator *)user;
    (void)ended, (void)handle;
    c->ended++;
    if (c->to_create > 0) {
        w3d_handle made;
        c->to_create--;
        CHECK(w3d_handle_create(c->pool, 0, &made, NULL) == W3D_OK);
    }
    return W3D_HANDLE_ENDED;
}

static void creating_while_destroying(void)
{
    w3d_handle_pool_desc desc;
    creator c;
    w3d_handle handles[5];
    memset(&desc, 0, sizeof desc);
    memset(&c, 0, sizeof c);
    desc.object_size = 16;
    desc.finalise = create_another;
    desc.user = &c;
    CHECK(w3d_handle_pool_create(&desc, &c.pool) == W3D_OK);
    for (int i = 0; i < 5; i++) CHECK(w3d_handle_create(c.pool, 0, &handles[i], NULL) == W3D_OK);
    CHECK(w3d_handle_release(c.pool, handles[0]) == W3D_OK); /* slot 0 is free, behind the loop */
    c.to_create = 3;
    CHECK(w3d_handle_pool_destroy(c.pool) == 4);
    CHECK(c.ended == 1 + 4 + 3);
}

void test_handle(void)
{
    RUN(bits_are_as_documented);
    RUN(counting_up_and_down);
    RUN(any_number_is_safe);
    RUN(pools_refuse_each_other);
    RUN(slots_retire_at_their_last_generation);
    RUN(references_end_at_their_limit);
    RUN(the_32_bit_form_fits_or_says_so);
    RUN(memory_is_zero_aligned_and_stays);
    RUN(broken_descs_are_refused);
    RUN(leaks_are_reported_and_ended);
    RUN(a_finaliser_may_ask_for_time);
    RUN(running_out_of_memory_changes_nothing);
    RUN(threads_end_every_object_once);
    RUN(threads_grow_the_pool_together);
    RUN(creating_while_destroying);
}
