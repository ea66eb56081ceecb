/* 05_handles.c - objects shared by number: counted, ended once, and never mistaken for another.
 *
 *     cc -I. examples/05_handles.c -o handles -pthread && ./handles
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

typedef struct texture {
    const char *name;
    uint32_t width, height;
} texture;

/* Runs once per texture, on the thread that gives the last reference back. */
static w3d_handle_end texture_end(void *user, void *object, w3d_handle handle)
{
    (void)user, (void)handle;
    printf("  end of %s\n", ((texture *)object)->name);
    return W3D_HANDLE_ENDED;
}

static void texture_refused(void *user, w3d_handle handle, w3d_result why)
{
    (void)user;
    printf("  refused %016llx: %s\n", (unsigned long long)handle.id, w3d_result_text(why));
}

static void texture_leaked(void *user, const w3d_handle_live *live)
{
    (void)user;
    printf("  leaked: %s, references: %u, made at line %u\n", ((texture *)live->object)->name,
           live->references, live->tag);
}

static w3d_handle load(w3d_handle_pool *pool, const char *name, uint32_t size, uint32_t line)
{
    w3d_handle handle = { 0 };
    void *object;
    if (w3d_handle_create(pool, line, &handle, &object) == W3D_OK) {
        texture *t = (texture *)object;
        t->name = name, t->width = t->height = size;
    }
    return handle;
}

typedef struct job {
    w3d_handle_pool *pool;
    w3d_handle texture; /* the job's own reference */
    uint32_t pixels;
} job;

static void measure(void *user)
{
    job *j = (job *)user;
    const texture *t = (const texture *)w3d_handle_get(j->pool, j->texture);
    if (t) j->pixels = t->width * t->height;
    w3d_handle_release(j->pool, j->texture);
}

int main(void)
{
    w3d_handle_pool *pool;
    w3d_handle_pool_desc desc = { 0 };
    desc.object_size = sizeof(texture);
    desc.id = 7;
    desc.finalise = texture_end;
    desc.refused = texture_refused;
    desc.leaked = texture_leaked;
    if (w3d_handle_pool_create(&desc, &pool) != W3D_OK) return 1;

    w3d_handle brick = load(pool, "brick.png", 512, __LINE__);
    load(pool, "lost.png", 64, __LINE__); /* nobody keeps this handle */
    printf("brick is %016llx\n", (unsigned long long)brick.id);

    /* A thread gets a reference of its own; who ends first does not matter. */
    job j = { pool, brick, 0 };
    w3d_thread thread;
    w3d_handle_retain(pool, brick);
    if (w3d_thread_start(&thread, measure, &j, NULL) != W3D_OK) measure(&j);
    w3d_thread_join(&thread);
    printf("the thread saw %u pixels\n", j.pixels);

    printf("the last release:\n");
    w3d_handle_release(pool, brick);
    w3d_handle wood = load(pool, "wood.png", 256, __LINE__);
    printf("wood lies where brick was: %016llx\n", (unsigned long long)wood.id);
    printf("brick's handle is stale all the same: %s\n",
           w3d_handle_get(pool, brick) ? "no" : "yes");
    w3d_handle_release(pool, wood);

    w3d_handle_stats stats = w3d_handle_pool_stats(pool);
    printf("created %u, live %u, refused %u\n", (unsigned)stats.created, (unsigned)stats.live,
           (unsigned)stats.refused);
    printf("%u leaked\n", w3d_handle_pool_destroy(pool));
    return 0;
}
