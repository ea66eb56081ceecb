/* bench_mesh_polygon.c - polygons with holes to triangles, beside CGAL's constrained triangulation;
 * one step of smoothing beside a plain loop over triangles. */
#include "bench.h"
#include "mesh_data.h"

#include "core/math.h"
#include "mesh/mesh_smooth.h"
#include "mesh/mesh_triangulate_holes.h"

#if BENCH_CGAL_TRIANGULATION
/* bench/peers/cgal_triangulation.cc */
uint32_t bench_cgal_triangulation(const float *xy, const uint32_t *ring_sizes, uint32_t ring_count);
#endif

enum { MOST = 200000, MOST_RINGS = 20000 };

typedef struct polygon_data {
    float xy[MOST * 2];
    uint32_t ring_sizes[MOST_RINGS], ring_count, count, triangle_count;
    uint32_t *indices;
    void *scratch;
    size_t scratch_size;
} polygon_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_polygon: %s failed\n", what);
    exit(1);
}

static void ours(void *user)
{
    polygon_data *d = (polygon_data *)user;
    w3d_mesh_triangulate_holes_desc desc;
    w3d_mesh_triangles out = { d->indices, NULL, d->count + 2 * d->ring_count, 0, 0 };
    memset(&desc, 0, sizeof desc);
    desc.positions = d->xy;
    desc.vertex_count = d->count;
    desc.dimensions = 2;
    desc.ring_sizes = d->ring_sizes;
    desc.ring_count = d->ring_count;
    if (w3d_mesh_triangulate_holes(&desc, &out, w3d_arena_make(d->scratch, d->scratch_size)) !=
        W3D_OK)
        stop("w3d_mesh_triangulate_holes");
    d->triangle_count = out.triangle_count;
}

#if BENCH_CGAL_TRIANGULATION
static void cgal(void *user)
{
    polygon_data *d = (polygon_data *)user;
    /* CGAL's triangles may be fewer: it has one vertex for corners at one point. */
    if (!bench_cgal_triangulation(d->xy, d->ring_sizes, d->ring_count)) stop("CGAL");
}
#endif

static void ring(polygon_data *d) { d->ring_sizes[d->ring_count++] = 0; }
static void corner(polygon_data *d, float x, float y)
{
    d->xy[2 * d->count] = x;
    d->xy[2 * d->count + 1] = y;
    d->count++;
    d->ring_sizes[d->ring_count - 1]++;
}

static uint32_t random_state = 1;
static float random_float(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / 16777216.0f;
}

/* The same shapes as bench/wasm/polygon.mjs makes. */
static void shape(polygon_data *d, int kind, uint32_t size)
{
    d->ring_count = d->count = 0;
    random_state = 1;
    ring(d);
    if (kind == 0) /* corners around a centre at random distances */
        for (uint32_t i = 0; i < size; i++) {
            float angle = 2.0f * W3D_PI * (float)i / (float)size, r = 1.0f + random_float();
            corner(d, r * w3d_math_cos(angle), r * w3d_math_sin(angle));
        }
    else if (kind == 1) /* a coast: each side bulges by halves of halves */
        for (uint32_t i = 0; i < size; i++) {
            float angle = 2.0f * W3D_PI * (float)i / (float)size, r = 1.0f;
            for (uint32_t k = 3; k < size; k *= 2)
                r += 0.6f / (float)k * w3d_math_sin((float)k * angle + (float)(k * k % 7));
            corner(d, r * w3d_math_cos(angle), r * w3d_math_sin(angle));
        }
    else if (kind == 2) { /* a comb */
        for (uint32_t i = 0; i + 2 < size; i++)
            corner(d, (float)i, i & 1 ? 1000.0f + 30.0f * random_float() : 10.0f * random_float());
        corner(d, (float)size, -5.0f);
        corner(d, -5.0f, -5.0f);
    } else { /* a sheet with holes of eight corners */
        uint32_t side = 1;
        while ((side + 1) * (side + 1) * 8 + 4 <= size) side++;
        float wide = (float)side;
        corner(d, 0, 0), corner(d, wide, 0), corner(d, wide, wide), corner(d, 0, wide);
        for (uint32_t i = 0; i < side * side; i++) {
            float x = (float)(i % side) + 0.5f, y = (float)(i / side) + 0.5f;
            ring(d);
            for (uint32_t k = 0; k < 8; k++) {
                float r = 0.2f + 0.2f * random_float(), angle = W3D_PI * (float)k / 4.0f;
                corner(d, x + r * w3d_math_cos(angle), y + r * w3d_math_sin(angle));
            }
        }
    }
}

/* ---- smoothing ---- */

typedef struct smooth_data {
    const bench_mesh *mesh;
    w3d_mesh_smooth_desc desc;
    w3d_mesh_smooth_plan plan;
    float *rows, *other, *sums;
    void *memory;
    size_t memory_size;
} smooth_data;

static void prepare(void *user)
{
    smooth_data *d = (smooth_data *)user;
    w3d_arena memory = w3d_arena_make(d->memory, d->memory_size);
    if (w3d_mesh_smooth_prepare(&d->desc, &d->plan, &memory) != W3D_OK)
        stop("w3d_mesh_smooth_prepare");
}

static void step(void *user)
{
    smooth_data *d = (smooth_data *)user;
    const uint32_t range[2] = { 0, d->mesh->vertex_count };
    if (w3d_mesh_smooth_step(&d->plan, d->rows, d->other, 0.5f, range) != W3D_OK)
        stop("w3d_mesh_smooth_step");
    bench_keep(d->other);
}

/* Every triangle adds its corners to the sums of one another: each neighbour counts twice. */
static void plain(void *user)
{
    smooth_data *d = (smooth_data *)user;
    uint32_t count = d->mesh->vertex_count;
    memset(d->sums, 0, (size_t)count * 16);
    for (uint32_t i = 0; i < d->mesh->index_count; i += 3)
        for (uint32_t k = 0; k < 3; k++) {
            float *sum = d->sums + 4 * (size_t)d->mesh->indices[i + k];
            const float *a = d->rows + 4 * (size_t)d->mesh->indices[i + (k + 1) % 3];
            const float *b = d->rows + 4 * (size_t)d->mesh->indices[i + (k + 2) % 3];
            for (int c = 0; c < 3; c++) sum[c] += a[c] + b[c];
            sum[3] += 2;
        }
    for (uint32_t v = 0; v < count; v++)
        for (uint32_t c = 0; c < 3 && d->sums[4 * (size_t)v + 3] > 0; c++) {
            float here = d->rows[4 * (size_t)v + c];
            d->other[4 * (size_t)v + c] =
                here + 0.5f * (d->sums[4 * (size_t)v + c] / d->sums[4 * (size_t)v + 3] - here);
        }
    bench_keep(d->other);
}

static void copy(void *user)
{
    smooth_data *d = (smooth_data *)user;
    memcpy(d->other, d->rows, (size_t)d->mesh->vertex_count * 16);
    bench_keep(d->other);
}

static void smoothing(const char *name)
{
    smooth_data d;
    memset(&d, 0, sizeof d);
    d.mesh = bench_mesh_get(name);
    if (!d.mesh) return;
    uint32_t vertices = d.mesh->vertex_count;
    d.desc.mesh = bench_mesh_view(d.mesh);
    d.memory_size = w3d_mesh_smooth_scratch_size(d.mesh->index_count, vertices);
    d.rows = (float *)malloc((size_t)vertices * 48);
    d.memory = malloc(d.memory_size);
    if (!d.rows || !d.memory) stop("malloc");
    d.other = d.rows + 4 * (size_t)vertices;
    d.sums = d.other + 4 * (size_t)vertices;
    for (uint32_t v = 0; v < vertices; v++)
        memcpy(d.rows + 4 * (size_t)v, d.mesh->positions + 3 * (size_t)v, 12);
    char title[64];
    for (int weighted = 0; weighted < 2; weighted++) {
        d.desc.weights = weighted ? W3D_MESH_SMOOTH_COTANGENT : W3D_MESH_SMOOTH_UNIFORM;
        snprintf(title, sizeof title, "smooth, plan%s, %s", weighted ? " cotangent" : "", name);
        bench_row plan = { title,
                           "Mtri/s",
                           d.mesh->index_count / 3e6,
                           { NULL, prepare, NULL },
                           { NULL, NULL, NULL },
                           { NULL, NULL, NULL },
                           &d,
                           NULL,
                           5 };
        bench_run(&plan);
        snprintf(title, sizeof title, "smooth, step%s, %s", weighted ? " cotangent" : "", name);
        bench_row row = { title,
                          "Mvert/s",
                          vertices / 1e6,
                          { NULL, step, NULL },
                          { "loop over triangles", plain, NULL },
                          { "memcpy", copy, NULL },
                          &d,
                          NULL,
                          7 };
        bench_run(&row);
    }
    free(d.memory);
    free(d.rows);
}

void bench_mesh_polygon(void)
{
    static const char *names[4] = { "star", "coast", "comb", "sheet with holes" };
    polygon_data *d = (polygon_data *)malloc(sizeof *d);
    if (!d) stop("malloc");
    d->scratch_size = w3d_mesh_triangulate_holes_scratch_size(MOST, MOST_RINGS);
    d->scratch = malloc(d->scratch_size);
    d->indices = (uint32_t *)malloc((size_t)(MOST + 2 * MOST_RINGS) * 12);
    if (!d->scratch || !d->indices) stop("malloc");
    bench_title("polygons with holes to triangles; smoothing");
    for (int kind = 0; kind < 4; kind++)
        for (uint32_t size = 100; size <= 100000; size *= 10) {
            char title[64];
            shape(d, kind, size);
            snprintf(title, sizeof title, "%s, %u corners", names[kind], d->count);
            bench_row row = {
                title,
                "Mcorn/s",
                d->count / 1e6,
                { NULL, ours, NULL },
#if BENCH_CGAL_TRIANGULATION
                { "CGAL constrained Delaunay", cgal, NULL },
#else
                { NULL, NULL, NULL },
#endif
                { NULL, NULL, NULL },
                d,
                NULL,
                5
            };
            bench_run(&row);
        }
    free(d->indices);
    free(d->scratch);
    free(d);
    smoothing("dragon");
    smoothing("shuffled");
}
