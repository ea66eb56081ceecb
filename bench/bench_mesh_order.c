/* bench_mesh_order.c - the kernels that reorder, beside meshoptimizer's, and what the orders are
 * worth: counted on the results by mesh_measure for both sides. */
#include "meshes.h"

#include "bench.h"
#include "mesh_data.h"

#include "mesh/mesh_measure.h"
#include "mesh/mesh_overdraw.h"
#include "mesh/mesh_shadow.h"
#include "mesh/mesh_spatial_sort.h"
#include "mesh/mesh_strips.h"
#include "mesh/mesh_vertex_cache.h"
#include "mesh/mesh_vertex_fetch.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

/* What every row works on. */
typedef struct order_data {
    const bench_mesh *mesh;
    w3d_mesh_view view;
    w3d_mesh_vertex_cache_level level;
    w3d_mesh_strips_join join;
    uint32_t *cached; /* the mesh in meshoptimizer's order, or ours: what the later steps get */
    uint32_t *spare;  /* [index_count] for the limit, which leaves the results alone */
    uint32_t *ours, *peer; /* [2 index_count] results           */
    uint32_t *remap;       /* [vertex_count]                    */
    float *rows;           /* [vertex_count][3]                 */
    uint32_t our_count, peer_count;
    size_t scratch_size;
    void *scratch;
} order_data;

static void must(w3d_result result)
{
    if (result == W3D_OK) return;
    fprintf(stderr, "bench_mesh_order: %s\n", w3d_result_text(result));
    exit(1);
}

static w3d_arena scratch_of(const order_data *data)
{
    return w3d_arena_make(data->scratch, data->scratch_size);
}

/* ---- ours ---- */

static void vertex_cache(void *user)
{
    order_data *data = (order_data *)user;
    must(w3d_mesh_vertex_cache(&data->view, data->level, data->ours, scratch_of(data)));
}

static void overdraw(void *user)
{
    order_data *data = (order_data *)user;
    w3d_mesh_overdraw_desc desc;
    desc.mesh = data->view;
    desc.mesh.indices = data->cached;
    desc.threshold = 1.05f;
    must(w3d_mesh_overdraw(&desc, data->ours, scratch_of(data)));
}

static void vertex_fetch(void *user)
{
    order_data *data = (order_data *)user;
    w3d_mesh_view view = data->view;
    w3d_mesh_vertex_fetch_rows_desc rows;
    view.indices = data->cached;
    must(w3d_mesh_vertex_fetch(&view, data->ours, data->remap, &data->our_count));
    memset(&rows, 0, sizeof rows);
    rows.remap = data->remap;
    rows.vertex_count = view.vertex_count;
    rows.used_count = data->our_count;
    rows.rows = view.positions;
    rows.row_size = 12;
    must(w3d_mesh_vertex_fetch_rows(&rows, data->rows));
}

static void shadow(void *user)
{
    order_data *data = (order_data *)user;
    w3d_mesh_attribute attribute;
    w3d_mesh_weld_desc desc;
    memset(&attribute, 0, sizeof attribute);
    memset(&desc, 0, sizeof desc);
    attribute.data = data->view.positions;
    attribute.size = 12;
    desc.attributes = &attribute;
    desc.attribute_count = 1;
    desc.vertex_count = data->view.vertex_count;
    desc.indices = data->view.indices;
    desc.index_count = data->view.index_count;
    must(w3d_mesh_shadow(&desc, data->ours, scratch_of(data)));
}

static void sort_points(void *user)
{
    order_data *data = (order_data *)user;
    must(w3d_mesh_spatial_sort(&data->view, data->ours, scratch_of(data)));
}

static void sort_triangles(void *user)
{
    order_data *data = (order_data *)user;
    must(w3d_mesh_spatial_sort_triangles(&data->view, data->ours, scratch_of(data)));
}

static void strips(void *user)
{
    order_data *data = (order_data *)user;
    w3d_mesh_view view = data->view;
    view.indices = data->cached;
    must(w3d_mesh_strips(&view, data->join, data->ours, &data->our_count));
}

static void unpack(void *user)
{
    order_data *data = (order_data *)user;
    uint32_t count;
    must(w3d_mesh_strips_unpack(data->peer, data->peer_count, data->ours, &count));
}

/* ---- theirs ---- */

#if BENCH_MESHOPTIMIZER
static void vertex_cache_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_optimizeVertexCache(data->peer, data->mesh->indices, data->mesh->index_count,
                                data->mesh->vertex_count);
}
static void vertex_cache_fifo_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_optimizeVertexCacheFifo(data->peer, data->mesh->indices, data->mesh->index_count,
                                    data->mesh->vertex_count, 16);
}
static void overdraw_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_optimizeOverdraw(data->peer, data->cached, data->mesh->index_count,
                             data->mesh->positions, data->mesh->vertex_count, 12, 1.05f);
}
static void vertex_fetch_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_optimizeVertexFetch(data->rows, data->peer, data->mesh->index_count,
                                data->mesh->positions, data->mesh->vertex_count, 12);
}
/* It renames in place, so every run gets the indices afresh, outside the clock. */
static void vertex_fetch_reset(void *user)
{
    order_data *data = (order_data *)user;
    memcpy(data->peer, data->cached, (size_t)data->mesh->index_count * 4);
}
static void shadow_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_generateShadowIndexBuffer(data->peer, data->mesh->indices, data->mesh->index_count,
                                      data->mesh->positions, data->mesh->vertex_count, 12, 12);
}
static void sort_points_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_spatialSortRemap(data->peer, data->mesh->positions, data->mesh->vertex_count, 12);
}
static void sort_triangles_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_spatialSortTriangles(data->peer, data->mesh->indices, data->mesh->index_count,
                                 data->mesh->positions, data->mesh->vertex_count, 12);
}
static void strips_peer(void *user)
{
    order_data *data = (order_data *)user;
    data->peer_count =
        (uint32_t)meshopt_stripify(data->peer, data->cached, data->mesh->index_count,
                                   data->mesh->vertex_count,
                                   data->join == W3D_MESH_STRIPS_JOIN_RESTART ? 0xFFFFFFFFu : 0u);
}
static void unpack_peer(void *user)
{
    order_data *data = (order_data *)user;
    meshopt_unstripify(data->remap, data->peer, data->peer_count,
                       data->join == W3D_MESH_STRIPS_JOIN_RESTART ? 0xFFFFFFFFu : 0u);
}
#define PEER(function) (row.peer.run = function, row.peer.name = "meshoptimizer")
#else
#define PEER(function) ((void)0)
#endif

/* Half of all bytes that must be read or written: memcpy touches each twice. */
static void copy_indices(void *user)
{
    order_data *data = (order_data *)user;
    memcpy(data->spare, data->mesh->indices, (size_t)data->mesh->index_count * 4);
    bench_keep(data->spare);
}

/* ---- quality ---- */

/* The mean ATVR over the four models, each printed. */
static double atvr(const order_data *data, const uint32_t *indices, const char *who)
{
    const w3d_mesh_cache_model models[4] = { W3D_MESH_CACHE_FIFO_16, W3D_MESH_CACHE_FIFO_32,
                                             W3D_MESH_CACHE_AMD, W3D_MESH_CACHE_NVIDIA };
    w3d_mesh_view view = data->view;
    double sum = 0;
    view.indices = indices;
    printf("    ATVR %-14s fifo16, fifo32, amd, nvidia:", who);
    for (int i = 0; i < 4; i++) {
        w3d_mesh_cache_figures figures;
        must(w3d_mesh_measure_cache(&view, &models[i], &figures, scratch_of(data)));
        printf(" %.4f", (double)figures.atvr);
        sum += (double)figures.atvr / 4;
    }
    printf("  mean %.4f\n", sum);
    return sum;
}

static double overdraw_of(const order_data *data, const uint32_t *indices)
{
    w3d_mesh_overdraw_figures figures;
    w3d_mesh_view view = data->view;
    view.indices = indices;
    must(w3d_mesh_measure_overdraw(&view, &figures, scratch_of(data)));
    return (double)figures.overdraw;
}

static double fetch_of(const order_data *data, const uint32_t *indices)
{
    w3d_mesh_fetch_figures figures;
    w3d_mesh_view view = data->view;
    view.indices = indices;
    must(w3d_mesh_measure_fetch(&view, 12, &figures, scratch_of(data)));
    return (double)figures.overfetch;
}

/* Mean step between points that come one after the other. */
static double path_of(const order_data *data, const uint32_t *remap)
{
    uint32_t count = data->mesh->vertex_count;
    uint32_t *along = (uint32_t *)malloc((size_t)count * 4);
    double sum = 0;
    for (uint32_t i = 0; along && i < count; i++) along[remap[i]] = i;
    for (uint32_t i = 1; along && i < count; i++) {
        const float *a = data->mesh->positions + 3 * (size_t)along[i - 1];
        const float *b = data->mesh->positions + 3 * (size_t)along[i];
        double x = (double)a[0] - (double)b[0], y = (double)a[1] - (double)b[1];
        double z = (double)a[2] - (double)b[2];
        sum += sqrt(x * x + y * y + z * z);
    }
    free(along);
    return sum / count;
}

/* ---- rows ---- */

static void rows_of(order_data *data)
{
    char name[64];
    double triangles = data->mesh->index_count / 3e6, vertices = data->mesh->vertex_count / 1e6;
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "Mtri/s";
    row.work = triangles;
    row.user = data;
    row.rounds = 5;
    row.limit.run = copy_indices, row.limit.name = "memcpy of the indices";
#define ROW(title, function)                                                                       \
    (snprintf(name, sizeof name, "%s: %s", data->mesh->name, title), row.ours.run = function)

    ROW("vertex cache, fast", vertex_cache);
    PEER(vertex_cache_peer);
    data->level = W3D_MESH_VERTEX_CACHE_FAST;
    bench_run(&row);
    double fast = atvr(data, data->ours, "fast");
#if BENCH_MESHOPTIMIZER
    double theirs = atvr(data, data->peer, "meshoptimizer");
    ROW("vertex cache, fast, to Fifo", vertex_cache);
    row.peer.run = vertex_cache_fifo_peer;
    bench_run(&row);
    atvr(data, data->peer, "its Fifo");
    printf("    fast / meshoptimizer: %.4f\n", fast / theirs);
#endif
    ROW("vertex cache, best", vertex_cache);
    PEER(vertex_cache_peer);
    data->level = W3D_MESH_VERTEX_CACHE_BEST;
    bench_run(&row);
    double best = atvr(data, data->ours, "best");
    (void)fast, (void)best;
    memcpy(data->cached, data->ours, (size_t)data->mesh->index_count * 4);
#if BENCH_MESHOPTIMIZER
    printf("    best / meshoptimizer: %.4f\n", best / theirs);
#endif

    printf("    overdraw, fetch before: %.4f, %.4f\n", overdraw_of(data, data->cached),
           fetch_of(data, data->cached));
    ROW("overdraw", overdraw);
    PEER(overdraw_peer);
    bench_run(&row);
    printf("    overdraw ours %.4f\n", overdraw_of(data, data->ours));
    atvr(data, data->ours, "ours");
#if BENCH_MESHOPTIMIZER
    printf("    overdraw meshoptimizer %.4f\n", overdraw_of(data, data->peer));
    atvr(data, data->peer, "meshoptimizer");
#endif

    ROW("vertex fetch, rows of 12", vertex_fetch);
#if BENCH_MESHOPTIMIZER
    row.peer.run = vertex_fetch_peer;
    row.reset = vertex_fetch_reset;
#endif
    bench_run(&row);
    row.reset = NULL;
    printf("    overfetch ours %.4f\n", fetch_of(data, data->ours));
#if BENCH_MESHOPTIMIZER
    vertex_fetch_reset(data); /* the last reset undid its last run */
    vertex_fetch_peer(data);
    printf("    overfetch meshoptimizer %.4f\n", fetch_of(data, data->peer));
#endif

    ROW("shadow indices", shadow);
    PEER(shadow_peer);
    bench_run(&row);

    ROW("spatial sort, triangles", sort_triangles);
    PEER(sort_triangles_peer);
    bench_run(&row);
    row.unit = "Mvert/s", row.work = vertices;
    ROW("spatial sort, points", sort_points);
    PEER(sort_points_peer);
    bench_run(&row);
    printf("    mean step ours %.6g\n", path_of(data, data->ours));
#if BENCH_MESHOPTIMIZER
    printf("    mean step meshoptimizer %.6g\n", path_of(data, data->peer));
#endif

    row.unit = "Mtri/s", row.work = triangles;
    for (int join = 0; join < 2; join++) {
        data->join = (w3d_mesh_strips_join)join;
        ROW(join ? "strips, repeats" : "strips, restarts", strips);
        PEER(strips_peer);
        bench_run(&row);
        printf("    indices a triangle: ours %.4f, meshoptimizer %.4f\n",
               data->our_count / triangles / 1e6, data->peer_count / triangles / 1e6);
        if (!data->peer_count) {
            data->peer_count = data->our_count;
            memcpy(data->peer, data->ours, (size_t)data->our_count * 4);
        }
    }
    /* Its worst case is more indices than the remap has room for. */
    free(data->remap);
    data->remap = (uint32_t *)malloc(((size_t)data->peer_count * 3 + 3) * 4);
    free(data->ours);
    data->ours = (uint32_t *)malloc(((size_t)data->peer_count * 3 + 3) * 4);
    ROW("strips, unpacked", unpack);
    PEER(unpack_peer);
    bench_run(&row);
#undef ROW
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

void bench_mesh_order(void)
{
    const char *const names[4] = { "dragon", "shuffled", "torus", "blender" };
    bench_title("mesh orders");
    for (int i = 0; i < 4; i++) {
        order_data data;
        memset(&data, 0, sizeof data);
        data.mesh = bench_mesh_get(names[i]);
        if (!data.mesh) continue;
        uint32_t vertices = data.mesh->vertex_count, indices = data.mesh->index_count;
        data.view = bench_mesh_view(data.mesh);
        size_t size =
            w3d_mesh_vertex_cache_scratch_size(vertices, indices, W3D_MESH_VERTEX_CACHE_BEST);
        size = larger(size, w3d_mesh_overdraw_scratch_size(vertices, indices));
        size = larger(size, w3d_mesh_shadow_scratch_size(vertices));
        size = larger(size, w3d_mesh_spatial_sort_scratch_size(
                                vertices > indices / 3 ? vertices : indices / 3));
        size = larger(size, w3d_mesh_measure_overdraw_scratch_size(vertices));
        data.scratch = bench_scratch(size);
        data.scratch_size = size;
        data.cached = (uint32_t *)malloc((size_t)indices * 4);
        data.spare = (uint32_t *)malloc((size_t)indices * 4);
        data.ours = (uint32_t *)malloc((size_t)indices * 8);
        data.peer = (uint32_t *)malloc((size_t)indices * 8);
        data.remap = (uint32_t *)malloc((size_t)vertices * 4);
        data.rows = (float *)malloc((size_t)vertices * 12);
        if (!data.cached || !data.spare || !data.ours || !data.peer || !data.remap || !data.rows)
            must(W3D_ERR_OUT_OF_MEMORY);
        rows_of(&data);
        free(data.cached), free(data.spare), free(data.ours), free(data.peer), free(data.remap),
            free(data.rows);
    }
}
