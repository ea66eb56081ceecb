/* test_proxy.c - foreign counts are exact, only the owner touches them, never after the end. */
#include "test.h"

#include "core/atomic.h"
#include "core/thread_token.h"
#include "memory/allocator.h"
#include "memory/proxy.h"
#include "sync/thread.h"

enum { THREADS = 3, FOREIGN = 40 };

/* A runtime with counted objects; plain integers, since one thread at a time may touch them. */
typedef struct runtime {
    w3d_proxy_registry *registry;
    int count[FOREIGN];
    uintptr_t thread; /* the only one that may call the hooks */
    uint32_t wrong, retains, releases, leaked, tags;
    uint32_t order[FOREIGN];
    void (*during)(struct runtime *r, uint32_t which); /* what a destructor does */
    uint32_t depth;
    w3d_handle chain[FOREIGN];
} runtime;

static uint32_t number(runtime *r, void *foreign) { return (uint32_t)((int *)foreign - r->count); }

static void retain(void *user, void *foreign)
{
    runtime *r = (runtime *)user;
    if (w3d_thread_token() != r->thread || number(r, foreign) >= FOREIGN) r->wrong++;
    ++*(int *)foreign;
    r->retains++;
}

static void release(void *user, void *foreign)
{
    runtime *r = (runtime *)user;
    if (w3d_thread_token() != r->thread || --*(int *)foreign < 0) r->wrong++;
    uint32_t which = number(r, foreign);
    if (r->releases < FOREIGN) r->order[r->releases] = which;
    r->releases++;
    if (r->during) r->during(r, which);
}

static void leaked(void *user, const w3d_handle_live *live)
{
    ((runtime *)user)->leaked++;
    ((runtime *)user)->tags += live->tag;
}

static w3d_proxy_desc desc_of(runtime *r)
{
    w3d_proxy_desc desc;
    memset(r, 0, sizeof *r);
    memset(&desc, 0, sizeof desc);
    r->thread = w3d_thread_token();
    desc.hooks.retain = retain;
    desc.hooks.release = release;
    desc.hooks.user = r;
    desc.leaked = leaked;
    return desc;
}

static w3d_handle create(runtime *r, uint32_t which)
{
    w3d_handle handle;
    handle.id = 0;
    CHECK(w3d_proxy_create(r->registry, &r->count[which], which, &handle) == W3D_OK);
    return handle;
}

static int adds_up(runtime *r)
{
    w3d_proxy_stats s = w3d_proxy_registry_stats(r->registry);
    return s.created == s.live + s.queued + s.released + s.drained + s.abandoned &&
           s.released + s.drained == r->releases && s.created == r->retains && !r->wrong;
}

static void the_owner_releases_at_once(void)
{
    runtime r;
    w3d_proxy_desc desc = desc_of(&r);
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_OK);
    w3d_handle a = create(&r, 3), b = create(&r, 3);
    CHECK(r.count[3] == 2 && a.id != b.id && w3d_proxy_get(r.registry, a) == &r.count[3]);
    CHECK(w3d_proxy_retain(r.registry, a) == W3D_OK && r.count[3] == 2);
    CHECK(w3d_proxy_release(r.registry, a) == W3D_OK && r.count[3] == 2);
    CHECK(w3d_proxy_release(r.registry, a) == W3D_OK && r.count[3] == 1);
    /* Once more, and once more: nothing of b's is taken. */
    CHECK(w3d_proxy_release(r.registry, a) == W3D_ERR_STALE && r.count[3] == 1);
    CHECK(w3d_proxy_release(r.registry, a) == W3D_ERR_STALE && r.count[3] == 1);
    CHECK(w3d_proxy_retain(r.registry, a) == W3D_ERR_STALE && !w3d_proxy_get(r.registry, a));
    w3d_proxy_stats stats = w3d_proxy_registry_stats(r.registry);
    CHECK(stats.created == 2 && stats.released == 1 && stats.live == 1 && stats.refused == 4);
    uint32_t left = 0;
    CHECK(adds_up(&r) && w3d_proxy_registry_destroy(r.registry, &left) == W3D_OK);
    CHECK(left == 1 && r.leaked == 1 && r.tags == 3 && r.count[3] == 0 && !r.wrong);
}

static void others_are_queued_in_order(void)
{
    runtime r;
    w3d_proxy_desc desc = desc_of(&r);
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_OK);
    w3d_handle handles[10];
    for (uint32_t i = 0; i < 10; i++) handles[i] = create(&r, i);
    w3d_proxy_disown(r.registry); /* now this thread is as foreign as any */
    CHECK(!w3d_proxy_is_owner(r.registry));
    uint32_t count = 99;
    w3d_handle none;
    none.id = 4;
    CHECK(w3d_proxy_create(r.registry, &r.count[0], 0, &none) == W3D_ERR_THREAD && none.id == 4);
    CHECK(w3d_proxy_drain(r.registry, 0, &count) == W3D_ERR_THREAD && count == 99);
    CHECK(w3d_proxy_abandon(r.registry) == W3D_ERR_THREAD);
    CHECK(w3d_proxy_registry_destroy(r.registry, &count) == W3D_ERR_THREAD && count == 99);
    for (uint32_t i = 0; i < 7; i++) {
        CHECK(w3d_proxy_release(r.registry, handles[6 - i]) == W3D_OK);
        CHECK(w3d_proxy_release(r.registry, handles[6 - i]) == W3D_ERR_STALE);
        CHECK(!w3d_proxy_get(r.registry, handles[6 - i]));
    }
    CHECK(!r.releases && w3d_proxy_registry_stats(r.registry).queued == 7 && adds_up(&r));
    w3d_proxy_adopt(r.registry);
    CHECK(w3d_proxy_drain(r.registry, 3, &count) == W3D_OK && count == 3 && r.releases == 3);
    /* New ones come behind what a budget has left over. */
    w3d_proxy_disown(r.registry);
    for (uint32_t i = 7; i < 9; i++) w3d_proxy_release(r.registry, handles[i]);
    w3d_proxy_adopt(r.registry);
    CHECK(adds_up(&r) && w3d_proxy_registry_stats(r.registry).queued == 6);
    CHECK(w3d_proxy_drain(r.registry, 0, &count) == W3D_OK && count == 6);
    static const uint32_t order[] = { 6, 5, 4, 3, 2, 1, 0, 7, 8 };
    CHECK_BYTES(r.order, order, sizeof order);
    CHECK(w3d_proxy_drain(r.registry, 0, &count) == W3D_OK && count == 0);
    CHECK(w3d_proxy_drain(r.registry, 0, NULL) == W3D_OK && adds_up(&r));
    CHECK(w3d_proxy_release(r.registry, handles[9]) == W3D_OK && r.releases == 10);
    CHECK(w3d_proxy_registry_destroy(r.registry, NULL) == W3D_OK && !r.leaked && !r.wrong);
    for (uint32_t i = 0; i < FOREIGN; i++) CHECK(r.count[i] == 0);
    CHECK(w3d_proxy_registry_destroy(NULL, &count) == W3D_OK && count == 0);
}

/* A destructor that releases the next one, makes a new one and drains in the middle of a drain. */
static void destructor(runtime *r, uint32_t which)
{
    if (which + 1 < FOREIGN && r->chain[which + 1].id) {
        w3d_handle next = r->chain[which + 1];
        r->chain[which + 1].id = 0;
        w3d_proxy_disown(r->registry);
        CHECK(w3d_proxy_release(r->registry, next) == W3D_OK);
        w3d_proxy_adopt(r->registry);
        if (which % 3 == 0) CHECK(w3d_proxy_drain(r->registry, 0, NULL) == W3D_OK);
        w3d_handle fresh = create(r, 0);
        r->during = NULL;
        CHECK(w3d_proxy_release(r->registry, fresh) == W3D_OK);
        r->during = destructor;
    }
}

static void destructors_may_come_back(void)
{
    runtime r;
    w3d_proxy_desc desc = desc_of(&r);
    desc.capacity = FOREIGN;
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_OK);
    for (uint32_t i = 0; i < FOREIGN; i++) r.chain[i] = create(&r, i);
    w3d_handle none;
    CHECK(w3d_proxy_create(r.registry, &r.count[0], 0, &none) == W3D_ERR_CAPACITY);
    CHECK(r.count[0] == 1); /* nothing was retained for it */
    w3d_proxy_disown(r.registry);
    w3d_proxy_release(r.registry, r.chain[0]);
    w3d_proxy_adopt(r.registry);
    r.during = destructor;
    CHECK(w3d_proxy_drain(r.registry, 0, NULL) == W3D_OK);
    CHECK(adds_up(&r) && r.releases == 2 * FOREIGN - 1);
    for (uint32_t i = 0; i < FOREIGN; i++) CHECK(r.count[i] == 0);
    CHECK(w3d_proxy_registry_destroy(r.registry, NULL) == W3D_OK && !r.leaked && !r.wrong);
}

static void what_is_abandoned_is_never_touched(void)
{
    runtime r;
    w3d_proxy_desc desc = desc_of(&r);
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_OK);
    w3d_handle handles[9], none;
    for (uint32_t i = 0; i < 9; i++) handles[i] = create(&r, i);
    w3d_proxy_release(r.registry, handles[0]);
    w3d_proxy_disown(r.registry);
    for (uint32_t i = 1; i < 5; i++) w3d_proxy_release(r.registry, handles[i]);
    w3d_proxy_adopt(r.registry);
    CHECK(w3d_proxy_drain(r.registry, 2, NULL) == W3D_OK && r.releases == 3);

    CHECK(w3d_proxy_abandon(r.registry) == W3D_OK && w3d_proxy_abandon(r.registry) == W3D_OK);
    w3d_proxy_stats stats = w3d_proxy_registry_stats(r.registry);
    CHECK(stats.abandoned == 6 && stats.held == 4 && !stats.live && !stats.queued && adds_up(&r));
    CHECK(w3d_proxy_create(r.registry, &r.count[0], 0, &none) == W3D_ERR_CLOSED);
    CHECK(w3d_proxy_drain(r.registry, 0, NULL) == W3D_ERR_CLOSED);
    CHECK(!w3d_proxy_get(r.registry, handles[5]));
    CHECK(w3d_proxy_retain(r.registry, handles[5]) == W3D_OK); /* the handle itself lives on */
    CHECK(w3d_proxy_release(r.registry, handles[5]) == W3D_OK);
    CHECK(w3d_proxy_release(r.registry, handles[5]) == W3D_OK); /* on the owner's thread */
    w3d_proxy_disown(r.registry);
    CHECK(w3d_proxy_release(r.registry, handles[6]) == W3D_OK); /* and on another */
    CHECK(w3d_proxy_release(r.registry, handles[6]) == W3D_ERR_STALE);
    w3d_proxy_adopt(r.registry);
    stats = w3d_proxy_registry_stats(r.registry);
    CHECK(stats.abandoned == 6 && stats.held == 2 && r.releases == 3 && r.retains == 9);
    uint32_t left = 0;
    CHECK(w3d_proxy_registry_destroy(r.registry, &left) == W3D_OK && left == 2 && r.leaked == 2);
    CHECK(r.releases == 3 && !r.wrong);
    for (uint32_t i = 0; i < 9; i++) CHECK(r.count[i] == (i >= 3));
}

static void hooks_may_be_missing(void)
{
    runtime r;
    w3d_proxy_desc desc = desc_of(&r);
    memset(&desc.hooks, 0, sizeof desc.hooks);
    desc.leaked = NULL;
    desc.id = 77;
    desc.form_32 = 1;
    desc.reserve = 5;
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_OK);
    w3d_handle a = create(&r, 1), b = create(&r, 2);
    CHECK(w3d_handle_pool_id(a) == 77 && w3d_proxy_release(r.registry, a) == W3D_OK);
    CHECK(w3d_proxy_create(r.registry, NULL, 0, &a) == W3D_ERR_ARGUMENT);
    CHECK(w3d_proxy_create(r.registry, &r, 0, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_proxy_registry_create(NULL, &r.registry) == W3D_ERR_ARGUMENT);
    CHECK(w3d_proxy_registry_create(&desc, NULL) == W3D_ERR_ARGUMENT);
    w3d_proxy_disown(r.registry);
    CHECK(w3d_proxy_release(r.registry, b) == W3D_OK);
    w3d_proxy_adopt(r.registry);
    CHECK(w3d_proxy_drain(r.registry, 0, NULL) == W3D_OK);
    CHECK(w3d_proxy_registry_stats(r.registry).drained == 1 && !r.releases);
    CHECK(w3d_proxy_registry_destroy(r.registry, NULL) == W3D_OK);
    desc.id = 256;
    CHECK(w3d_proxy_registry_create(&desc, &r.registry) == W3D_ERR_ARGUMENT);
}

static int sweep(const void *allocator, void *user)
{
    runtime *r = (runtime *)user;
    w3d_proxy_desc desc = desc_of(r);
    desc.allocator = *(const w3d_allocator *)allocator;
    w3d_result result = w3d_proxy_registry_create(&desc, &r->registry);
    if (result != W3D_OK) return (int)result;
    w3d_handle handle;
    uint32_t made = 0;
    while (made < 100 && result == W3D_OK) {
        result = w3d_proxy_create(r->registry, &r->count[made % FOREIGN], 1, &handle);
        made += result == W3D_OK;
        if (made % 4 == 0 && result == W3D_OK) { /* releasing needs no memory */
            w3d_proxy_disown(r->registry);
            CHECK(w3d_proxy_release(r->registry, handle) == W3D_OK);
            w3d_proxy_adopt(r->registry);
        }
    }
    CHECK(adds_up(r) && r->retains == made);
    CHECK(w3d_proxy_registry_destroy(r->registry, NULL) == W3D_OK && r->releases == made);
    for (uint32_t i = 0; i < FOREIGN; i++) CHECK(r->count[i] == 0);
    return (int)result;
}

static void running_out_of_memory_retains_nothing(void)
{
    static runtime r;
    test_allocation_sweep(sweep, &r);
}

/* ---- several threads ---- */

enum { SLOTS = 16 };

typedef struct crowd {
    runtime r;
    uint64_t cell[SLOTS]; /* handles that the owner has put out for the others */
    uint32_t ending, stop, taken, wrong;
} crowd;

static crowd everyone;

/* Takes what lies in the cells, holds it a moment, releases it: off the owner's thread. */
static void take_and_release(void *user)
{
    crowd *all = (crowd *)user;
    w3d_handle handle;
    for (uint32_t i = 0;; i++) {
        handle.id = w3d_atomic_exchange_u64(&all->cell[i % SLOTS], 0);
        if (!handle.id) {
            if (w3d_atomic_load_u32(&all->stop) && i % SLOTS == 0) break;
            if (i % SLOTS == 0) w3d_thread_yield();
            continue;
        }
        int *foreign = (int *)w3d_proxy_get(all->r.registry, handle);
        if (!foreign && !w3d_atomic_load_u32(&all->ending)) w3d_atomic_add_u32(&all->wrong, 1);
        if (w3d_proxy_retain(all->r.registry, handle) != W3D_OK ||
            w3d_proxy_release(all->r.registry, handle) != W3D_OK ||
            w3d_proxy_release(all->r.registry, handle) != W3D_OK ||
            w3d_proxy_is_owner(all->r.registry))
            w3d_atomic_add_u32(&all->wrong, 1);
        w3d_atomic_add_u32(&all->taken, 1);
    }
}

/* The owner makes and drains while others release; with `abandon` the runtime ends meanwhile. */
static void run_crowd(int abandon)
{
    enum { ROUNDS = 50000 };
    crowd *all = &everyone;
    memset(all, 0, sizeof *all);
    w3d_proxy_desc desc = desc_of(&all->r);
    CHECK(w3d_proxy_registry_create(&desc, &all->r.registry) == W3D_OK);
    w3d_thread threads[THREADS];
    int started = 0;
    for (int i = 0; i < THREADS; i++)
        started += w3d_thread_start(&threads[i], take_and_release, all, NULL) == W3D_OK;
    uint32_t made = 0, mine = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        w3d_handle handle = create(&all->r, i % FOREIGN);
        made++;
        handle.id = w3d_atomic_exchange_u64(&all->cell[i * 7 % SLOTS], handle.id);
        if (handle.id) { /* nobody took the one before: then the owner releases it itself */
            CHECK(w3d_proxy_release(all->r.registry, handle) == W3D_OK);
            mine++;
        }
        if (i % 5 == 0) CHECK(w3d_proxy_drain(all->r.registry, i % 3, NULL) == W3D_OK);
        if (i % 64 == 0) w3d_thread_yield();
    }
    w3d_atomic_store_u32(&all->ending, (uint32_t)abandon);
    if (abandon) CHECK(w3d_proxy_abandon(all->r.registry) == W3D_OK);
    uint32_t releases = all->r.releases;
    w3d_atomic_store_u32(&all->stop, 1);
    for (int i = 0; i < started; i++) CHECK(w3d_thread_join(&threads[i]) == W3D_OK);
    for (int i = 0; i < SLOTS; i++) { /* what the others left; all of it without threads */
        w3d_handle handle;
        handle.id = all->cell[i];
        if (handle.id) CHECK(w3d_proxy_release(all->r.registry, handle) == W3D_OK);
        mine += handle.id != 0;
    }
    if (!abandon) CHECK(w3d_proxy_drain(all->r.registry, 0, NULL) == W3D_OK);
    w3d_proxy_stats stats = w3d_proxy_registry_stats(all->r.registry);
    CHECK(!all->wrong && adds_up(&all->r) && stats.created == made && !stats.held &&
          !stats.refused && mine + all->taken == made);
    if (abandon)
        CHECK(all->r.releases == releases && stats.abandoned == made - releases);
    else
        CHECK(stats.drained == all->taken && stats.released == mine && !stats.queued);
    CHECK(w3d_proxy_registry_destroy(all->r.registry, NULL) == W3D_OK && !all->r.leaked);
    for (uint32_t i = 0; i < FOREIGN && !abandon; i++) CHECK(all->r.count[i] == 0);
}

static void threads_release_while_the_owner_drains(void) { run_crowd(0); }
static void threads_release_while_the_runtime_ends(void)
{
    for (int i = 0; i < 3; i++) run_crowd(1);
}

void test_proxy(void)
{
    RUN(the_owner_releases_at_once);
    RUN(others_are_queued_in_order);
    RUN(destructors_may_come_back);
    RUN(what_is_abandoned_is_never_touched);
    RUN(hooks_may_be_missing);
    RUN(running_out_of_memory_retains_nothing);
    RUN(threads_release_while_the_owner_drains);
    RUN(threads_release_while_the_runtime_ends);
}
