#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_vertex_cache.h"
#include "reference/reference_order.h"

enum { LEVELS = 2 };

static const w3d_mesh_vertex_cache_level levels[LEVELS] = { W3D_MESH_VERTEX_CACHE_FAST,
                                                            W3D_MESH_VERTEX_CACHE_BEST };

/* In a block of exactly the stated size, so that a sanitizer sees what lies outside. */
static w3d_result reorder(const w3d_mesh_view *view, w3d_mesh_vertex_cache_level level,
                          uint32_t *out)
{
    size_t size = w3d_mesh_vertex_cache_scratch_size(view->vertex_count, view->index_count, level);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_vertex_cache(view, level, out, w3d_arena_make(block, size));
    free(block);
    return result;
}

static double atvr(const uint32_t *indices, const test_mesh *mesh)
{
    w3d_mesh_cache_model model = W3D_MESH_CACHE_FIFO_16;
    w3d_mesh_cache_figures figures;
    w3d_mesh_view view = test_mesh_view(mesh);
    view.indices = indices;
    size_t size = w3d_mesh_measure_scratch_size(mesh->vertex_count);
    void *block = malloc(size);
    CHECK(w3d_mesh_measure_cache(&view, &model, &figures, w3d_arena_make(block, size)) == W3D_OK);
    free(block);
    return (double)figures.atvr;
}

/* Triangles and their corners in random order. */
static void shuffle(test_mesh *mesh)
{
    for (uint32_t i = mesh->index_count / 3; i > 1; i--) {
        uint32_t k = test_random_below(i), swapped[3];
        memcpy(swapped, mesh->indices + 3 * (size_t)k, 12);
        memcpy(mesh->indices + 3 * (size_t)k, mesh->indices + 3 * (size_t)(i - 1), 12);
        memcpy(mesh->indices + 3 * (size_t)(i - 1), swapped, 12);
    }
}

/* The same triangles, corner for corner, and reuse no worse than `limit`. */
static void check_order(const test_mesh *mesh, double limit)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    uint32_t *out = (uint32_t *)malloc((size_t)mesh->index_count * 4 + 4);
    for (int l = 0; l < LEVELS; l++) {
        memset(out, 0xFF, (size_t)mesh->index_count * 4);
        CHECK(reorder(&view, levels[l], out) == W3D_OK);
        CHECK_MESSAGE(reference_order_same(mesh->indices, mesh->index_count, out, mesh->index_count,
                                           0),
                      "level %d, %u indices: other triangles", l, mesh->index_count);
        if (limit > 0.0)
            CHECK_MESSAGE(atvr(out, mesh) <= limit, "level %d: ATVR %.4f", l, atvr(out, mesh));
    }
    free(out);
}

static void grids(void)
{
    for (uint32_t round = 0; round < 2; round++) {
        test_mesh mesh = test_mesh_grid(60, 40, 0.1f);
        if (round) shuffle(&mesh);
        check_order(&mesh, 1.25);
        test_mesh_free(&mesh);
        mesh = test_mesh_sphere(40, 20);
        if (round) shuffle(&mesh);
        check_order(&mesh, 1.25);
        test_mesh_free(&mesh);
    }
}

/* Random connectivity with doubled corners, doubled triangles and vertices nobody uses. */
static void soups(void)
{
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t triangles = round * 7 % 90;
        test_mesh mesh = test_mesh_soup(1 + test_random_below(60), triangles);
        for (uint32_t i = 0; i < triangles; i += 5)
            memcpy(mesh.indices + 3 * i, mesh.indices + 3 * test_random_below(triangles), 12);
        check_order(&mesh, 0.0);
        test_mesh_free(&mesh);
    }
}

/* Vertices of many triangles: a fan, the same with its hub twice in each triangle, and two hubs in
 * turn. Going through all of them whenever a hub enters the cache would take minutes. */
static void stars(void)
{
    for (uint32_t kind = 0; kind < 3; kind++) {
        test_mesh mesh = test_mesh_fan(kind == 1 ? 3000 : 60000);
        for (uint32_t i = 0; i < mesh.index_count; i += 3) {
            if (kind == 1) mesh.indices[i + 1] = 0;
            if (kind == 2) mesh.indices[i] = i % 2 ? 0 : 7;
        }
        if (kind) shuffle(&mesh);
        check_order(&mesh, 0.0);
        test_mesh_free(&mesh);
    }
}

/* Hubs of as many triangles as a word has bits, one fewer, one more, all on one rim: rims twice. */
static void valences(void)
{
    for (uint32_t round = 0; round < 40; round++) {
        uint32_t rim = 31 + round % 4, hubs = 1 + round % 7, at = 0;
        test_mesh mesh = test_mesh_make(rim + hubs, rim * hubs * 3);
        for (uint32_t hub = 0; hub < hubs; hub++)
            for (uint32_t i = 0; i < rim; i++) {
                mesh.indices[at++] = round % 5 == 4 && i % 9 == 0 ? i : rim + hub;
                mesh.indices[at++] = i;
                mesh.indices[at++] = (i + 1) % rim;
            }
        memset(mesh.positions, 0, (size_t)mesh.vertex_count * 12);
        if (round % 2) shuffle(&mesh);
        check_order(&mesh, 0.0);
        test_mesh_free(&mesh);
    }
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    check_order(&mesh, 1.35);
    shuffle(&mesh);
    check_order(&mesh, 1.35);
    test_mesh_free(&mesh);
}

/* BEST is never worse than FAST by the mean it chooses by. */
static void best_is_best(void)
{
    const w3d_mesh_cache_model models[4] = { W3D_MESH_CACHE_FIFO_16, W3D_MESH_CACHE_FIFO_32,
                                             W3D_MESH_CACHE_AMD, W3D_MESH_CACHE_NVIDIA };
    for (uint32_t round = 0; round < 8; round++) {
        test_mesh mesh =
            round % 2 ? test_mesh_grid(20 + round, 30, 0.0f) : test_mesh_soup(300, 900);
        w3d_mesh_view view = test_mesh_view(&mesh);
        uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4), batches;
        double cost[LEVELS] = { 0, 0 };
        for (int l = 0; l < LEVELS; l++) {
            CHECK(reorder(&view, levels[l], out) == W3D_OK);
            for (int m = 0; m < 4; m++)
                cost[l] += reference_order_shaded(out, mesh.index_count, &models[m], &batches);
        }
        CHECK_MESSAGE(cost[1] <= cost[0], "%.0f, fast %.0f", cost[1], cost[0]);
        free(out);
        test_mesh_free(&mesh);
    }
}

static void errors_leave_outputs(void)
{
    uint32_t indices[6] = { 0, 1, 2, 2, 1, 4 }, out[6];
    unsigned char pattern[sizeof out], block[8192];
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_view view = { NULL, indices, 4, 6, 0 };
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    for (int l = 0; l < LEVELS; l++) {
        CHECK(w3d_mesh_vertex_cache(&view, levels[l], out, scratch) == W3D_ERR_INDEX);
        indices[5] = 3;
        CHECK(w3d_mesh_vertex_cache(&view, levels[l], out, w3d_arena_make(block, 40)) ==
              W3D_ERR_CAPACITY);
        CHECK(w3d_mesh_vertex_cache(&view, levels[l], out, w3d_arena_make(NULL, 0)) ==
              W3D_ERR_CAPACITY);
        indices[5] = 4;
        CHECK(w3d_mesh_vertex_cache_scratch_size(UINT32_MAX, UINT32_MAX, levels[l]) >
              (size_t)UINT32_MAX - 1);
    }
#if !W3D_DEBUG
    indices[5] = 3;
    CHECK(w3d_mesh_vertex_cache(NULL, levels[0], out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_vertex_cache(&view, levels[0], NULL, scratch) == W3D_ERR_ARGUMENT);
#if !defined(__cplusplus) /* where the cast alone is undefined */
    CHECK(w3d_mesh_vertex_cache(&view, (w3d_mesh_vertex_cache_level)7, out, scratch) ==
          W3D_ERR_ARGUMENT);
#endif
    view.index_count = 5;
    CHECK(w3d_mesh_vertex_cache(&view, levels[0], out, scratch) == W3D_ERR_ARGUMENT);
    view.index_count = 6;
    view.indices = NULL;
    CHECK(w3d_mesh_vertex_cache(&view, levels[0], out, scratch) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(out, pattern, sizeof out);
    w3d_mesh_view empty = { NULL, NULL, 0, 0, 0 };
    CHECK(w3d_mesh_vertex_cache(&empty, levels[1], NULL, scratch) == W3D_OK);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 6; round++) {
        test_mesh mesh =
            round % 2 ? test_mesh_soup(200, 400) : test_mesh_grid(17 + round, 23, 0.0f);
        w3d_mesh_view view = test_mesh_view(&mesh);
        uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4);
        shuffle(&mesh);
        CHECK(reorder(&view, levels[round / 3], out) == W3D_OK);
        hash = w3d_hash_bytes(out, (size_t)mesh.index_count * 4, hash);
        free(out);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x7B95D2D70CB6330Du, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_vertex_cache(void)
{
    RUN(grids);
    RUN(soups);
    RUN(stars);
    RUN(valences);
    RUN(dragon);
    RUN(best_is_best);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
