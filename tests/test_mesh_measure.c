#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_measure.h"
#include "reference/reference_order.h"

static w3d_result measure_cache(const w3d_mesh_view *view, const w3d_mesh_cache_model *model,
                                w3d_mesh_cache_figures *figures)
{
    size_t size = w3d_mesh_measure_scratch_size(view->vertex_count);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_measure_cache(view, model, figures, w3d_arena_make(block, size));
    free(block);
    return result;
}

static w3d_result measure_overdraw(const w3d_mesh_view *view, w3d_mesh_overdraw_figures *figures)
{
    size_t size = w3d_mesh_measure_overdraw_scratch_size(view->vertex_count);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_measure_overdraw(view, figures, w3d_arena_make(block, size));
    free(block);
    return result;
}

/* Against a queue that is searched. */
static void caches(void)
{
    const w3d_mesh_cache_model models[7] = { W3D_MESH_CACHE_FIFO_16,
                                             W3D_MESH_CACHE_FIFO_32,
                                             W3D_MESH_CACHE_AMD,
                                             W3D_MESH_CACHE_NVIDIA,
                                             { 0, 0, 0 },
                                             { 3, 5, 0 },
                                             { 40, 0, 7 } };
    for (uint32_t round = 0; round < 30; round++) {
        test_mesh mesh = round % 2 ? test_mesh_soup(1 + 3 * round, 20 * round)
                                   : test_mesh_grid(1 + round, 9, 0.0f);
        w3d_mesh_view view = test_mesh_view(&mesh);
        for (int m = 0; m < 7; m++) {
            w3d_mesh_cache_figures figures;
            uint32_t batches;
            uint32_t shaded =
                reference_order_shaded(view.indices, view.index_count, &models[m], &batches);
            CHECK(measure_cache(&view, &models[m], &figures) == W3D_OK);
            CHECK_MESSAGE(figures.shaded == shaded && figures.batches == batches,
                          "round %u, model %d: %u in %u, expected %u in %u", round, m,
                          figures.shaded, figures.batches, shaded, batches);
            if (!view.index_count) continue;
            CHECK_NEAR(figures.acmr, shaded * 3.0 / view.index_count, 1e-6);
            CHECK_NEAR(figures.atvr, (double)shaded / figures.used, 1e-5);
            CHECK(round % 2 || figures.used == mesh.vertex_count);
        }
        test_mesh_free(&mesh);
    }
}

static void fetches(void)
{
    uint32_t indices[9] = { 0, 1, 2, 2, 1, 3, 40, 41, 42 };
    w3d_mesh_view view = { NULL, indices, 100, 9, 0 };
    w3d_mesh_fetch_figures figures;
    unsigned char block[1024];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    /* Rows of 16: 0..3 in one line, 40 to 42 in another. */
    CHECK(w3d_mesh_measure_fetch(&view, 16, &figures, scratch) == W3D_OK);
    CHECK(figures.bytes == 128 && figures.used == 7);
    CHECK_NEAR(figures.overfetch, 128.0 / 112.0, 1e-6);
    /* Rows of 48: 0..3 in three lines, 1920..2063 in three. */
    CHECK(w3d_mesh_measure_fetch(&view, 48, &figures, scratch) == W3D_OK);
    CHECK(figures.bytes == 384);
    view.index_count = 0;
    CHECK(w3d_mesh_measure_fetch(&view, 48, &figures, scratch) == W3D_OK);
    CHECK(figures.bytes == 0 && figures.used == 0 && figures.overfetch == 0.0f);
    CHECK(w3d_mesh_measure_fetch(&view, 48, &figures, w3d_arena_make(block, 50)) ==
          W3D_ERR_CAPACITY);
}

/* A sphere hides nothing of itself, and covers a known share of each picture. */
static void sphere(void)
{
    const float factors[4] = { 1.0f, 1e-4f, 1e4f, 1048576.0f };
    w3d_mesh_overdraw_figures first, figures;
    memset(&first, 0, sizeof first);
    for (int i = 0; i < 4; i++) {
        test_mesh mesh = test_mesh_sphere(48, 24);
        w3d_mesh_view view = test_mesh_view(&mesh);
        test_mesh_scale(&mesh, factors[i]);
        CHECK(measure_overdraw(&view, &figures) == W3D_OK);
        CHECK_MESSAGE(figures.overdraw == 1.0f, "%.5f", (double)figures.overdraw);
        double radius = 256 * 0.498 / sqrt(3.0);
        CHECK_NEAR((double)figures.covered / (24.0 * 3.14159265 * radius * radius), 1.0, 0.01);
        if (!i) first = figures;
        if (i == 3) CHECK(first.covered == figures.covered && first.shaded == figures.shaded);
        test_mesh_free(&mesh);
    }
}

/* Two spheres, one inside the other: from all sides the order decides between 1 and more. */
static void nested(void)
{
    test_mesh outer = test_mesh_sphere(32, 16), inner = test_mesh_sphere(32, 16);
    test_mesh both = test_mesh_make(outer.vertex_count * 2, outer.index_count * 2);
    w3d_mesh_view view = test_mesh_view(&both);
    float overdraw[2] = { 0, 0 };
    test_mesh_scale(&inner, 0.5f);
    memcpy(both.positions, outer.positions, (size_t)outer.vertex_count * 12);
    memcpy(both.positions + 3 * (size_t)outer.vertex_count, inner.positions,
           (size_t)inner.vertex_count * 12);
    for (uint32_t order = 0; order < 2; order++) {
        w3d_mesh_overdraw_figures figures;
        uint32_t *at = both.indices;
        for (uint32_t part = 0; part < 2; part++)
            for (uint32_t i = 0; i < outer.index_count; i++)
                *at++ = outer.indices[i] + (part == order ? 0 : outer.vertex_count);
        CHECK(measure_overdraw(&view, &figures) == W3D_OK);
        overdraw[order] = figures.overdraw;
    }
    CHECK(overdraw[0] == 1.0f);
    CHECK_NEAR(overdraw[1], 1.25, 0.01); /* the inner one covers a quarter */
    test_mesh_free(&outer);
    test_mesh_free(&inner);
    test_mesh_free(&both);
}

/* Squares made of two triangles: no pixel on the diagonal is drawn twice or left out. */
static void shared_edges(void)
{
    test_mesh mesh = test_mesh_grid(7, 5, 0.0f), whole = test_mesh_grid(1, 1, 0.0f);
    w3d_mesh_overdraw_figures many, one;
    w3d_mesh_view view = test_mesh_view(&mesh);
    CHECK(measure_overdraw(&view, &many) == W3D_OK);
    view = test_mesh_view(&whole);
    CHECK(measure_overdraw(&view, &one) == W3D_OK);
    CHECK(many.shaded == many.covered && one.shaded == one.covered);
    CHECK_NEAR((double)many.covered / (double)one.covered, 1.0, 0.003);
    test_mesh_free(&mesh);
    test_mesh_free(&whole);
}

static void odd_coordinates(void)
{
    const float odd[6] = { NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e-45f };
    for (uint32_t round = 0; round < 20; round++) {
        test_mesh mesh = test_mesh_soup(40, 60);
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_overdraw_figures figures;
        for (uint32_t i = 0; i < round * 4; i++)
            mesh.positions[test_random_below(120)] = odd[test_random_below(6)];
        CHECK(measure_overdraw(&view, &figures) == W3D_OK);
        CHECK(figures.shaded >= figures.covered);
        for (uint32_t i = 0; i < 120; i++) mesh.positions[i] = round % 2 ? NAN : 5.0f;
        CHECK(measure_overdraw(&view, &figures) == W3D_OK);
        CHECK(figures.covered == 0 && figures.shaded == 0 && figures.overdraw == 0.0f);
        test_mesh_free(&mesh);
    }
}

/* A vertex that no triangle has is not looked at, wherever it is. */
static void unused_vertices(void)
{
    test_mesh mesh = test_mesh_sphere(16, 8);
    w3d_mesh_overdraw_figures figures[2];
    for (int far_out = 0; far_out < 2; far_out++) {
        test_mesh more = test_mesh_make(mesh.vertex_count + 1, 0);
        memcpy(more.positions, mesh.positions, (size_t)mesh.vertex_count * 12);
        test_mesh_point(&more, mesh.vertex_count, far_out ? 1e9f : 0.0f, 0.0f, 0.0f);
        w3d_mesh_view view = test_mesh_view(&mesh);
        view.positions = more.positions;
        view.vertex_count = more.vertex_count;
        CHECK(measure_overdraw(&view, &figures[far_out]) == W3D_OK);
        test_mesh_free(&more);
    }
    CHECK(figures[0].covered > 0 && figures[1].covered == figures[0].covered);
    test_mesh_free(&mesh);
}

static void errors_leave_outputs(void)
{
    uint32_t indices[3] = { 0, 1, 3 };
    float positions[9] = { 0 };
    w3d_mesh_view view = { positions, indices, 3, 3, 0 };
    w3d_mesh_cache_figures cache;
    w3d_mesh_fetch_figures fetch;
    w3d_mesh_overdraw_figures overdraw;
    unsigned char block[256], pattern[64];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    memset(&cache, 0xAB, sizeof cache);
    memset(&fetch, 0xAB, sizeof fetch);
    memset(&overdraw, 0xAB, sizeof overdraw);
    memset(pattern, 0xAB, sizeof pattern);
    CHECK(w3d_mesh_measure_cache(&view, NULL, &cache, scratch) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_measure_fetch(&view, 12, &fetch, scratch) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_measure_overdraw(&view, &overdraw, scratch) == W3D_ERR_INDEX);
    indices[2] = 2;
    CHECK(w3d_mesh_measure_cache(&view, NULL, &cache, w3d_arena_make(block, 11)) ==
          W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_measure_overdraw(&view, &overdraw, scratch) == W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    w3d_mesh_cache_model model = { 16, 2, 0 };
    CHECK(w3d_mesh_measure_cache(&view, &model, &cache, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_measure_cache(NULL, NULL, &cache, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_measure_fetch(&view, 0, &fetch, scratch) == W3D_ERR_ARGUMENT);
    view.stride = 10;
    CHECK(w3d_mesh_measure_overdraw(&view, &overdraw, scratch) == W3D_ERR_ARGUMENT);
    view.stride = 0;
    view.index_count = 2;
    CHECK(w3d_mesh_measure_cache(&view, NULL, &cache, scratch) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(&cache, pattern, sizeof cache);
    CHECK_BYTES(&fetch, pattern, sizeof fetch);
    CHECK_BYTES(&overdraw, pattern, sizeof overdraw);
}

static void determinism(void)
{
    test_mesh mesh = test_mesh_soup(50, 80);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_overdraw_figures figures;
    CHECK(measure_overdraw(&view, &figures) == W3D_OK);
    if (test.seed == 1)
        CHECK_MESSAGE(figures.covered == 365373 && figures.shaded == 694420,
                      "%llu covered, %llu shaded", (unsigned long long)figures.covered,
                      (unsigned long long)figures.shaded);
    test_mesh_free(&mesh);
}

void test_mesh_measure(void)
{
    RUN(caches);
    RUN(fetches);
    RUN(sphere);
    RUN(nested);
    RUN(shared_edges);
    RUN(odd_coordinates);
    RUN(unused_vertices);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
