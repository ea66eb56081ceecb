/* bench_mesh_bvh.c - building, tracing and asking trees of triangles, beside Embree on a thread. */
#include "bench.h"
#include "mesh/mesh_bvh_build.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_bvh_trace.h"
#include "mesh_data.h"
#include "test.h"

#include <math.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#if BENCH_EMBREE
void *embree_build(const float *positions, uint32_t vertices, const uint32_t *indices,
                   uint32_t count);
void embree_free(void *scene);
uint32_t embree_closest(void *scene, const w3d_mesh_bvh_ray *rays, uint32_t count,
                        w3d_mesh_bvh_hit *hits, int coherent);
uint32_t embree_closest4(void *scene, const w3d_mesh_bvh_ray *rays, uint32_t count,
                         w3d_mesh_bvh_hit *hits);
double embree_cost(const float *positions, const uint32_t *indices, uint32_t count);
#endif

enum { SIDE = 1024, RAYS = SIDE * SIDE, POINTS = 100000 };

typedef struct state {
    const bench_mesh *mesh;
    w3d_mesh_bvh_quality quality;
    void *block;
    size_t capacity, size;
    w3d_mesh_bvh bvh;
    void *embree;
    w3d_mesh_bvh_ray *rays;
    w3d_mesh_bvh_hit *hits;
    float (*points)[3];
    uint32_t count, found;
} state;

/* Memory in pages of 2 MiB where the system gives them: Embree asks for its own in the same way. */
static void *large_pages(size_t size)
{
    const size_t page = (size_t)2 << 20;
    size = (size + page - 1) & ~(page - 1);
    void *memory = aligned_alloc(page, size);
#if defined(MADV_HUGEPAGE)
    if (memory && madvise(memory, size, MADV_HUGEPAGE)) return memory; /* small ones will do */
#endif
    return memory;
}

static void build(void *user)
{
    state *s = (state *)user;
    w3d_mesh_bvh_build_desc desc;
    size_t scratch = w3d_mesh_bvh_scratch_size(s->mesh->index_count);
    desc.mesh = bench_mesh_view(s->mesh);
    desc.quality = s->quality;
    if (w3d_mesh_bvh_build(&desc, s->block, s->capacity, &s->size,
                           w3d_arena_make(bench_scratch(scratch), scratch)) != W3D_OK ||
        w3d_mesh_bvh_open(s->block, s->size, &s->bvh, NULL) != W3D_OK)
        abort();
}
static void refit(void *user)
{
    state *s = (state *)user;
    w3d_mesh_view view = bench_mesh_view(s->mesh);
    if (w3d_mesh_bvh_refit(&view, s->block, s->size) != W3D_OK) abort();
}
static void closest(void *user)
{
    state *s = (state *)user;
    s->found = 0;
    for (uint32_t i = 0; i < s->count; i++)
        s->found += (uint32_t)w3d_mesh_bvh_closest(&s->bvh, &s->rays[i], &s->hits[i]);
}
static void closest4(void *user)
{
    state *s = (state *)user;
    s->found = 0;
    for (uint32_t i = 0; i < s->count; i += 4)
        s->found += w3d_mesh_bvh_closest4(&s->bvh, &s->rays[i], &s->hits[i]) & 1u;
}
static void any(void *user)
{
    state *s = (state *)user;
    s->found = 0;
    for (uint32_t i = 0; i < s->count; i++)
        s->found += (uint32_t)w3d_mesh_bvh_any(&s->bvh, &s->rays[i]);
}
static void nearest(void *user)
{
    state *s = (state *)user;
    for (uint32_t i = 0; i < POINTS; i++) {
        w3d_mesh_bvh_point point;
        s->found += (uint32_t)w3d_mesh_bvh_closest_point(&s->bvh, s->points[i], 0.0f, &point);
    }
}
#if BENCH_EMBREE
static void peer_build(void *user)
{
    state *s = (state *)user;
    if (s->embree) embree_free(s->embree);
    s->embree = embree_build(s->mesh->positions, s->mesh->vertex_count, s->mesh->indices,
                             s->mesh->index_count);
}
static void peer_closest(void *user)
{
    state *s = (state *)user;
    s->found = embree_closest(s->embree, s->rays, s->count, s->hits, 0);
}
static void peer_closest4(void *user)
{
    state *s = (state *)user;
    s->found = embree_closest4(s->embree, s->rays, s->count, s->hits);
}
#endif

/* A picture of SIDE x SIDE, in tiles of 2 x 2 pixels, from where the whole mesh is in view. */
static void primary(state *s)
{
    const w3d_mesh_bvh_header *header = s->bvh.header;
    float centre[3], size = 0;
    for (int k = 0; k < 3; k++) {
        centre[k] = (header->min[k] + header->max[k]) * 0.5f;
        if (header->max[k] - header->min[k] > size) size = header->max[k] - header->min[k];
    }
    s->count = 0;
    for (uint32_t tile = 0; tile < RAYS / 4; tile++)
        for (uint32_t pixel = 0; pixel < 4; pixel++) {
            w3d_mesh_bvh_ray *ray = &s->rays[s->count++];
            float x = (float)(tile % (SIDE / 2) * 2 + pixel % 2) / SIDE - 0.5f;
            float y = (float)(tile / (SIDE / 2) * 2 + pixel / 2) / SIDE - 0.5f;
            memset(ray, 0, sizeof *ray);
            ray->origin[0] = centre[0] + 0.5f * size;
            ray->origin[1] = centre[1] + 0.3f * size;
            ray->origin[2] = centre[2] + 1.1f * size;
            ray->direction[0] = -0.5f + x, ray->direction[1] = -0.3f + y, ray->direction[2] = -1.1f;
        }
}

/* From every point that the primary rays found, one ray into the half space it came from. */
static void incoherent(state *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->count; i++) s->hits[i].triangle = W3D_MESH_BVH_NONE;
    closest(s);
    for (uint32_t i = 0; i < s->count; i++) {
        w3d_mesh_bvh_ray from = s->rays[i], *ray = &s->rays[count];
        if (s->hits[i].triangle == W3D_MESH_BVH_NONE) continue;
        float along = 0, t = s->hits[i].t * 0.9999f;
        for (int k = 0; k < 3; k++) {
            ray->origin[k] = from.origin[k] + from.direction[k] * t;
            ray->direction[k] = test_random_float(-1.0f, 1.0f);
            along += ray->direction[k] * from.direction[k];
        }
        for (int k = 0; k < 3 && along > 0; k++) ray->direction[k] = -ray->direction[k];
        count++;
    }
    s->count = count & ~3u;
}

static void trace_row(state *s, const char *name, void (*ours)(void *), void (*peer)(void *),
                      const char *peer_name)
{
    bench_row row;
    char text[64];
    memset(&row, 0, sizeof row);
    snprintf(text, sizeof text, "%s, %s", name, s->mesh->name);
    row.name = text;
    row.unit = "Mray/s";
    row.work = s->count / 1e6;
    row.ours.run = ours;
    row.peer.run = peer;
    row.peer.name = peer ? peer_name : NULL;
    row.user = s;
    row.rounds = 7;
    bench_run(&row);
}

static void bench_one(const char *name)
{
    static const char *const qualities[3] = { "build", "build, high", "build, fast" };
    state s;
    char text[64];
    void (*peers[3])(void *) = { NULL, NULL, NULL };
    memset(&s, 0, sizeof s);
    s.mesh = bench_mesh_get(name);
    if (!s.mesh) return;
    s.capacity = (size_t)s.mesh->index_count / 3 * 130 + 65536;
    s.block = large_pages(s.capacity);
    s.rays = (w3d_mesh_bvh_ray *)malloc(RAYS * sizeof *s.rays);
    s.hits = (w3d_mesh_bvh_hit *)malloc(RAYS * sizeof *s.hits);
    s.points = (float(*)[3])malloc(POINTS * sizeof *s.points);
#if BENCH_EMBREE
    peers[0] = peer_build, peers[1] = peer_closest, peers[2] = peer_closest4;
    double peer_cost = embree_cost(s.mesh->positions, s.mesh->indices, s.mesh->index_count);
#endif
    static const w3d_mesh_bvh_quality order[3] = { W3D_MESH_BVH_FAST, W3D_MESH_BVH_HIGH,
                                                   W3D_MESH_BVH_BALANCED };
    for (int q = 0; q < 3; q++) {
        bench_row row;
        memset(&row, 0, sizeof row);
        s.quality = order[q];
        snprintf(text, sizeof text, "%s, %s", qualities[s.quality], name);
        row.name = text;
        row.unit = "Mtri/s";
        row.work = s.mesh->index_count / 3e6;
        row.ours.run = build;
        row.peer.run = peers[0];
        row.peer.name = peers[0] ? "Embree, medium, 1 thread" : NULL;
        row.user = &s;
        row.rounds = 5;
        bench_run(&row);
        double cost = w3d_mesh_bvh_cost(&s.bvh);
        printf("    cost %.3f, %.1f bytes a triangle, depth %u", cost,
               (double)s.size * 3 / s.mesh->index_count, (unsigned)s.bvh.header->depth);
#if BENCH_EMBREE
        printf("; Embree's tree %.3f: %.3f of it", peer_cost, cost / peer_cost);
#endif
        printf("\n");
    }
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(text, sizeof text, "refit, %s", name);
    row.name = text;
    row.unit = "Mtri/s";
    row.work = s.mesh->index_count / 3e6;
    row.ours.run = refit;
    row.user = &s;
    bench_run(&row);
    primary(&s);
    trace_row(&s, "closest, primary", closest, peers[1], "Embree, single rays");
    trace_row(&s, "closest, primary by four", closest4, peers[2], "Embree, packets of 4");
    incoherent(&s);
    trace_row(&s, "closest, incoherent", closest, peers[1], "Embree, single rays");
    trace_row(&s, "any, incoherent", any, NULL, NULL);
    for (uint32_t i = 0; i < POINTS; i++)
        for (int k = 0; k < 3; k++) {
            float low = s.bvh.header->min[k], high = s.bvh.header->max[k], by = (high - low) * 0.1f;
            s.points[i][k] = test_random_float(low - by, high + by);
        }
    memset(&row, 0, sizeof row);
    snprintf(text, sizeof text, "closest point, %s", name);
    row.name = text;
    row.unit = "Mpt/s";
    row.work = POINTS / 1e6;
    row.ours.run = nearest;
    row.user = &s;
    row.rounds = 7;
    bench_run(&row);
    free(s.block);
    free(s.rays);
    free(s.hits);
    free(s.points);
#if BENCH_EMBREE
    embree_free(s.embree);
#endif
}

void bench_mesh_bvh(void);
void bench_mesh_bvh(void)
{
    bench_title("bounding volume hierarchy");
    bench_one("dragon");
    bench_one("shuffled");
    bench_one("torus");
    bench_one("blender");
}
