#include "meshes.h"

#include "mesh/mesh_lod.h"

static void chain_of_a_sphere(void)
{
    test_mesh mesh = test_mesh_sphere(80, 40);
    w3d_mesh_view view = test_mesh_view(&mesh);
    uint32_t capacity = mesh.index_count * 2;
    uint32_t *indices = (uint32_t *)malloc((size_t)capacity * 4);
    w3d_lod_level levels[16];
    size_t size = w3d_mesh_simplify_scratch_size(mesh.vertex_count, mesh.index_count, 0);
    void *block = malloc(size);
    w3d_arena arena = w3d_arena_make(block, size);
    w3d_mesh_lod_chain chain = { indices, capacity, levels, 16, 0, 0 };
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, arena) == W3D_OK);
    CHECK_MESSAGE(chain.level_count >= 4, "%u", chain.level_count);
    CHECK_BYTES(indices, mesh.indices, (size_t)mesh.index_count * 4);
    CHECK(levels[0].error == 0.0f && levels[0].index_count == mesh.index_count);
    for (uint32_t i = 1; i < chain.level_count; i++) {
        CHECK(levels[i].first_index == levels[i - 1].first_index + levels[i - 1].index_count);
        CHECK_MESSAGE(levels[i].index_count <= levels[i - 1].index_count / 2 + 3, "%u of %u",
                      levels[i].index_count, levels[i - 1].index_count);
        CHECK(levels[i].error > levels[i - 1].error && levels[i].error < 1.0f);
        for (uint32_t k = 0; k < levels[i].index_count; k++)
            CHECK(indices[levels[i].first_index + k] < mesh.vertex_count);
    }
    uint32_t last = chain.level_count - 1;
    CHECK(chain.index_count == levels[last].first_index + levels[last].index_count);

    w3d_mesh_lod_desc desc; /* an error that the chain may not exceed */
    memset(&desc, 0, sizeof desc);
    desc.most_error = levels[2].error * 1.01f;
    w3d_lod_level fewer[16];
    chain.levels = fewer;
    CHECK(w3d_mesh_lod_build(&view, &desc, &chain, arena) == W3D_OK);
    CHECK(chain.level_count >= 3 && fewer[chain.level_count - 1].error <= desc.most_error);
    chain.level_capacity = 2; /* no room */
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, arena) == W3D_OK && chain.level_count == 2);
    chain.level_capacity = 16;
    chain.index_capacity = mesh.index_count;
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, arena) == W3D_OK && chain.level_count == 1);
    chain.level_count = 99;
    chain.index_capacity--;
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, arena) == W3D_ERR_CAPACITY);
    chain.index_capacity = capacity;
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, w3d_arena_make(block, size - 1)) ==
          W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    desc.ratio = 0.95f;
    CHECK(w3d_mesh_lod_build(&view, &desc, &chain, arena) == W3D_ERR_ARGUMENT);
    desc.ratio = NAN;
    CHECK(w3d_mesh_lod_build(&view, &desc, &chain, arena) == W3D_ERR_ARGUMENT);
#endif
    mesh.indices[5] = mesh.vertex_count;
    CHECK(w3d_mesh_lod_build(&view, NULL, &chain, arena) == W3D_ERR_INDEX);
    CHECK(chain.level_count == 99);
    free(indices);
    free(block);
    test_mesh_free(&mesh);
}

static void pixels(void)
{
    for (int i = 0; i < 200; i++) {
        float length = test_random_float(1e-4f, 10.0f);
        w3d_lod_view view = { test_random_float(0.01f, 1000.0f), test_random_float(0.1f, 3.0f),
                              test_random_float(100.0f, 4000.0f), test_random_float(0.1f, 3.0f),
                              0 };
        double expected = (double)length * view.scale * view.viewport_height /
                          (2 * tan(view.fov_radians * 0.5) * view.distance);
        CHECK_NEAR(w3d_mesh_lod_pixels(length, &view), expected, 1e-6 * expected);
    }
    w3d_lod_view view = { 0.0f, 1.0f, 1000.0f, 0.0f, 0.0f };
    CHECK(isinf(w3d_mesh_lod_pixels(1.0f, &view)) && w3d_mesh_lod_pixels(0.0f, &view) == 0.0f);
    view.distance = NAN;
    CHECK(isinf(w3d_mesh_lod_pixels(1.0f, &view)));
    view.distance = 1.0f;
    view.fov_radians = 4.0f;
    CHECK(isinf(w3d_mesh_lod_pixels(1.0f, &view)));
    view.fov_radians = 1.0f;
    view.viewport_height = NAN;
    CHECK(isinf(w3d_mesh_lod_pixels(1.0f, &view)));
}

/* Farther is never finer; a level is taken exactly as long as its error fits. */
static void selection(void)
{
    w3d_lod_level levels[4] = {
        { 0, 9000, 0.0f }, { 0, 4500, 0.001f }, { 0, 2400, 0.004f }, { 0, 1200, 0.02f }
    };
    uint32_t last = 0;
    w3d_lod_view view = { 0.0f, 1.0f, 1080.0f, 0.0f, 2.0f };
    CHECK(w3d_mesh_lod_select(levels, 4, &view) == 0);
    CHECK(w3d_mesh_lod_select(NULL, 0, &view) == 0);
    for (float distance = 0.01f; distance < 100.0f; distance *= 1.1f) {
        view.distance = distance;
        uint32_t level = w3d_mesh_lod_select(levels, 4, &view);
        CHECK(level >= last && level < 4);
        CHECK(w3d_mesh_lod_pixels(levels[level].error, &view) <= 2.0f);
        CHECK(level == 3 || w3d_mesh_lod_pixels(levels[level + 1].error, &view) > 2.0f);
        last = level;
    }
    CHECK(last == 3);
}

void test_mesh_lod(void);
void test_mesh_lod(void)
{
    RUN(chain_of_a_sphere);
    RUN(pixels);
    RUN(selection);
}
