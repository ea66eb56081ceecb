#include "meshes.h"

#include "mesh/mesh_shadow.h"
#include "reference/reference_order.h"

static w3d_result shadow(const w3d_mesh_weld_desc *desc, uint32_t *out)
{
    size_t size = w3d_mesh_shadow_scratch_size(desc->vertex_count);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_shadow(desc, out, w3d_arena_make(block, size));
    free(block);
    return result;
}

/* Few distinct positions, at all scales, exact and within a tolerance. */
static void against_all(void)
{
    const float factors[4] = { 1.0f, 1e-4f, 1e4f, 1048576.0f };
    for (uint32_t round = 0; round < 40; round++) {
        float factor = factors[round % 4];
        test_mesh mesh = test_mesh_soup(1 + round * 3, round * 4);
        uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4 + 4);
        uint32_t *expected = (uint32_t *)malloc((size_t)mesh.index_count * 4 + 4);
        for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
            mesh.positions[i] = (float)test_random_below(3) * factor;
        if (round % 5 == 0) mesh.positions[0] = NAN;
        w3d_mesh_attribute position = { mesh.positions, 12, 0, W3D_ATTRIBUTE_FLOATS,
                                        round % 3 ? 0.0f : 0.1f * factor };
        w3d_mesh_weld_desc desc = { &position, 1, mesh.vertex_count, mesh.indices,
                                    mesh.index_count };
        CHECK(shadow(&desc, out) == W3D_OK);
        reference_order_shadow(&desc, expected);
        CHECK_BYTES(out, expected, (size_t)mesh.index_count * 4);
        free(expected);
        free(out);
        test_mesh_free(&mesh);
    }
}

/* The seam and the poles of a sphere close, in place. */
static void seam(void)
{
    test_mesh mesh = test_mesh_sphere(16, 8), before = test_mesh_copy(&mesh);
    w3d_mesh_attribute position = { mesh.positions, 12, 0, W3D_ATTRIBUTE_FLOATS, 0.0f };
    w3d_mesh_weld_desc desc = { &position, 1, mesh.vertex_count, mesh.indices, mesh.index_count };
    uint32_t used = 0;
    CHECK(shadow(&desc, mesh.indices) == W3D_OK);
    for (uint32_t v = 0; v < mesh.vertex_count; v++) {
        uint32_t uses = 0;
        for (uint32_t i = 0; i < mesh.index_count; i++) uses += mesh.indices[i] == v;
        used += uses != 0;
    }
    CHECK(used == 16 * 7 + 2);
    for (uint32_t i = 0; i < mesh.index_count; i++)
        for (uint32_t k = 0; k < 3; k++) /* not their bits: -0 equals +0 */
            CHECK(mesh.positions[3 * (size_t)mesh.indices[i] + k] ==
                  mesh.positions[3 * (size_t)before.indices[i] + k]);
    test_mesh_free(&mesh);
    test_mesh_free(&before);
}

static void errors_leave_outputs(void)
{
    float positions[9] = { 0 };
    uint32_t indices[3] = { 0, 1, 3 }, out[3];
    unsigned char pattern[12], block[4096];
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_attribute position = { positions, 12, 0, W3D_ATTRIBUTE_FLOATS, 0.0f };
    w3d_mesh_weld_desc desc = { &position, 1, 3, indices, 3 };
    CHECK(shadow(&desc, out) == W3D_ERR_INDEX);
    indices[2] = 2;
    for (size_t size = 0; size < 32; size++)
        CHECK(w3d_mesh_shadow(&desc, out, w3d_arena_make(block, size)) == W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    CHECK(w3d_mesh_shadow(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_shadow(NULL, out, scratch) == W3D_ERR_ARGUMENT);
    desc.indices = NULL;
    CHECK(w3d_mesh_shadow(&desc, out, scratch) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(out, pattern, 12);
    CHECK(w3d_mesh_shadow_scratch_size(UINT32_MAX) > (size_t)UINT32_MAX - 1);
}

void test_mesh_shadow(void)
{
    RUN(against_all);
    RUN(seam);
    RUN(errors_leave_outputs);
}
