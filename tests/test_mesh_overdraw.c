#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_measure.h"
#include "mesh/mesh_overdraw.h"
#include "reference/reference_order.h"

static w3d_result sort(const test_mesh *mesh, float threshold, uint32_t *out)
{
    w3d_mesh_overdraw_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.mesh = test_mesh_view(mesh);
    desc.threshold = threshold;
    size_t size = w3d_mesh_overdraw_scratch_size(mesh->vertex_count, mesh->index_count);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_overdraw(&desc, out, w3d_arena_make(block, size));
    free(block);
    return result;
}

static float overdraw(const test_mesh *mesh, const uint32_t *indices)
{
    w3d_mesh_overdraw_figures figures;
    w3d_mesh_view view = test_mesh_view(mesh);
    view.indices = indices;
    size_t size = w3d_mesh_measure_overdraw_scratch_size(mesh->vertex_count);
    void *block = malloc(size);
    CHECK(w3d_mesh_measure_overdraw(&view, &figures, w3d_arena_make(block, size)) == W3D_OK);
    free(block);
    return figures.overdraw;
}

/* Random meshes, odd coordinates, all scales: the same triangles. */
static void permutations(void)
{
    const float odd[5] = { NAN, INFINITY, -FLT_MAX, FLT_MAX, 1e-45f };
    for (uint32_t round = 0; round < 60; round++) {
        test_mesh mesh =
            round % 3 ? test_mesh_soup(2 + round, round * 5) : test_mesh_grid(1 + round, 5, 1);
        uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4 + 4);
        for (uint32_t i = 0; round % 2 && i < round; i++)
            mesh.positions[test_random_below(mesh.vertex_count * 3)] = odd[test_random_below(5)];
        CHECK(sort(&mesh, round % 4 ? 1.0f + 0.1f * (float)(round % 7) : 0.0f, out) == W3D_OK);
        CHECK(reference_order_same(mesh.indices, mesh.index_count, out, mesh.index_count, 0));
        free(out);
        test_mesh_free(&mesh);
    }
}

/* Nested spheres, the smallest first: afterwards the outermost comes first, at any scale. */
static void nested(void)
{
    const float factors[5] = { 1.0f, 1e-4f, 1e4f, 1048576.0f, 1.0f / 1048576.0f };
    test_mesh one = test_mesh_sphere(24, 12);
    uint32_t *first = NULL;
    for (int i = 0; i < 5; i++) {
        test_mesh mesh = test_mesh_make(one.vertex_count * 4, one.index_count * 4);
        uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4);
        for (uint32_t s = 0; s < 4; s++) {
            for (uint32_t k = 0; k < one.vertex_count * 3; k++)
                mesh.positions[s * one.vertex_count * 3 + k] =
                    one.positions[k] * (float)(s + 1) * 0.25f * factors[i];
            for (uint32_t k = 0; k < one.index_count; k++)
                mesh.indices[s * one.index_count + k] = one.indices[k] + s * one.vertex_count;
        }
        CHECK(sort(&mesh, 1.05f, out) == W3D_OK);
        float before = overdraw(&mesh, mesh.indices), after = overdraw(&mesh, out);
        CHECK_MESSAGE(before > 1.7f && after < 1.02f, "%.4f, then %.4f", (double)before,
                      (double)after);
        if (!first) {
            first = out;
        } else {
            if (i >= 3) CHECK_BYTES(out, first, (size_t)mesh.index_count * 4);
            free(out);
        }
        test_mesh_free(&mesh);
    }
    free(first);
    test_mesh_free(&one);
}

/* A higher threshold cuts more; what it says about shading holds. */
static void threshold(void)
{
    test_mesh mesh = test_mesh_grid(60, 60, 0.2f);
    uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4);
    const w3d_mesh_cache_model model = W3D_MESH_CACHE_FIFO_16;
    uint32_t batches,
        before = reference_order_shaded(mesh.indices, mesh.index_count, &model, &batches);
    const float thresholds[3] = { 1.0f, 1.05f, 1.5f };
    for (int i = 0; i < 3; i++) {
        CHECK(sort(&mesh, thresholds[i], out) == W3D_OK);
        uint32_t after = reference_order_shaded(out, mesh.index_count, &model, &batches);
        CHECK_MESSAGE((float)after <= (float)before * (thresholds[i] + 0.02f), "%u, before %u",
                      after, before);
        CHECK(i == 0 || memcmp(out, mesh.indices, (size_t)mesh.index_count * 4));
    }
    free(out);
    test_mesh_free(&mesh);
}

static void errors_leave_outputs(void)
{
    uint32_t indices[6] = { 0, 1, 2, 2, 1, 4 }, out[6];
    float positions[12] = { 0 };
    unsigned char pattern[sizeof out], block[128];
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_overdraw_desc desc = { { positions, indices, 4, 6, 0 }, 0.0f };
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    CHECK(w3d_mesh_overdraw(&desc, out, scratch) == W3D_ERR_INDEX);
    indices[5] = 3;
    CHECK(w3d_mesh_overdraw(&desc, out, scratch) == W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    const float bad[5] = { 0.5f, -1.0f, NAN, INFINITY, 1001.0f };
    for (int i = 0; i < 5; i++) {
        desc.threshold = bad[i];
        CHECK(w3d_mesh_overdraw(&desc, out, scratch) == W3D_ERR_ARGUMENT);
    }
    desc.threshold = 0.0f;
    CHECK(w3d_mesh_overdraw(NULL, out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_overdraw(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.mesh.positions = NULL;
    CHECK(w3d_mesh_overdraw(&desc, out, scratch) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(out, pattern, sizeof out);
    CHECK(w3d_mesh_overdraw_scratch_size(UINT32_MAX, UINT32_MAX) > (size_t)UINT32_MAX - 1);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 4; round++) {
        uint32_t out[900];
        test_mesh mesh = test_mesh_soup(100, 300);
        CHECK(sort(&mesh, 1.1f, out) == W3D_OK);
        hash = w3d_hash_bytes(out, sizeof out, hash);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x0F8AF2FCAEDDDCC6u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_overdraw(void)
{
    RUN(permutations);
    RUN(nested);
    RUN(threshold);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
