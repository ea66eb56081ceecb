#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_spatial_sort.h"
#include "reference/reference_order.h"

static w3d_result sort(const test_mesh *mesh, uint32_t *remap)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    size_t size = w3d_mesh_spatial_sort_scratch_size(mesh->vertex_count);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_spatial_sort(&view, remap, w3d_arena_make(block, size));
    free(block);
    return result;
}

static w3d_result sort_triangles(const test_mesh *mesh, uint32_t *out)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    size_t size = w3d_mesh_spatial_sort_scratch_size(mesh->index_count / 3);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_spatial_sort_triangles(&view, out, w3d_arena_make(block, size));
    free(block);
    return result;
}

/* A cube of points in any order: along a Hilbert curve every step goes to a neighbour. */
static void neighbours(void)
{
    const float factors[5] = { 1.0f, 1e-4f, 1e4f, 1048576.0f, 1e30f };
    for (uint32_t side = 2; side <= 16; side *= 2) {
        uint32_t count = side * side * side;
        for (int f = 0; f < 5; f++) {
            test_mesh mesh = test_mesh_make(count, 0);
            uint32_t *remap = (uint32_t *)malloc((size_t)count * 4);
            uint32_t *along = (uint32_t *)malloc((size_t)count * 4);
            for (uint32_t i = 0; i < count; i++) {
                uint32_t cell = (uint32_t)((uint64_t)i * 1237u % count); /* odd: a permutation */
                test_mesh_point(&mesh, i, (float)(cell % side) * factors[f],
                                (float)(cell / side % side) * factors[f],
                                (float)(cell / side / side) * factors[f]);
            }
            CHECK(sort(&mesh, remap) == W3D_OK);
            CHECK(reference_order_is_permutation(remap, count));
            for (uint32_t i = 0; i < count; i++) along[remap[i]] = i;
            for (uint32_t i = 1; i < count; i++) {
                float distance = 0.0f;
                for (uint32_t k = 0; k < 3; k++)
                    distance += fabsf(mesh.positions[3 * along[i] + k] / factors[f] -
                                      mesh.positions[3 * along[i - 1] + k] / factors[f]);
                CHECK_MESSAGE(distance < 1.01f, "side %u, step %u: %.3f", side, i,
                              (double)distance);
            }
            free(remap);
            free(along);
            test_mesh_free(&mesh);
        }
    }
}

/* Odd coordinates, one point, none, all in one place. */
static void odd_coordinates(void)
{
    const float odd[6] = { NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e-45f };
    for (uint32_t round = 0; round < 60; round++) {
        test_mesh mesh = test_mesh_soup(round + (round == 0), round);
        uint32_t remap[60], out[180];
        if (round == 0) mesh.vertex_count = 0;
        for (uint32_t i = 0; i < round * 2; i++)
            mesh.positions[test_random_below(round * 3)] = odd[test_random_below(6)];
        CHECK(sort(&mesh, remap) == W3D_OK);
        CHECK(reference_order_is_permutation(remap, mesh.vertex_count));
        CHECK(sort_triangles(&mesh, out) == W3D_OK);
        CHECK(reference_order_same(mesh.indices, mesh.index_count, out, mesh.index_count, 0));
        for (uint32_t i = 0; i < round * 3; i++) mesh.positions[i] = round % 2 ? NAN : -3.0f;
        CHECK(sort(&mesh, remap) == W3D_OK);
        for (uint32_t i = 0; i < mesh.vertex_count; i++) CHECK(remap[i] == i);
        test_mesh_free(&mesh);
    }
}

/* The same order at all scales that are powers of two; nearly as short a path at others. */
static void scales(void)
{
    uint32_t first[500], remap[500];
    for (int exponent = -60; exponent <= 60; exponent += 20) {
        test.random = 5;
        test_mesh mesh = test_mesh_soup(500, 1);
        test_mesh_scale(&mesh, ldexpf(1.0f, exponent));
        CHECK(sort(&mesh, exponent == -60 ? first : remap) == W3D_OK);
        if (exponent > -60) CHECK_BYTES(remap, first, sizeof first);
        test_mesh_free(&mesh);
    }
}

/* Triangles one after another come closer. */
static void triangles(void)
{
    test_mesh mesh = test_mesh_grid(40, 40, 0.1f);
    uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4);
    double length[2] = { 0, 0 };
    for (uint32_t i = mesh.index_count / 3; i > 1; i--) {
        uint32_t k = test_random_below(i), swapped[3];
        memcpy(swapped, mesh.indices + 3 * (size_t)k, 12);
        memcpy(mesh.indices + 3 * (size_t)k, mesh.indices + 3 * (size_t)(i - 1), 12);
        memcpy(mesh.indices + 3 * (size_t)(i - 1), swapped, 12);
    }
    CHECK(sort_triangles(&mesh, out) == W3D_OK);
    CHECK(reference_order_same(mesh.indices, mesh.index_count, out, mesh.index_count, 0));
    for (int side = 0; side < 2; side++) {
        const uint32_t *indices = side ? out : mesh.indices;
        for (uint32_t i = 3; i < mesh.index_count; i += 3)
            for (uint32_t k = 0; k < 3; k++)
                length[side] += fabs((double)mesh.positions[3 * indices[i] + k] -
                                     (double)mesh.positions[3 * indices[i - 3] + k]);
    }
    CHECK_MESSAGE(length[1] < 0.12 * length[0], "%.2f of %.2f", length[1], length[0]);
    free(out);
    test_mesh_free(&mesh);
}

/* A triangle with a NaN lies at the low end, whichever corner has it. */
static void triangles_that_are_not_finite(void)
{
    float positions[12] = { 0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 1.0f, NAN, NAN, NAN, 0.5f, 0.5f, 0.5f };
    for (uint32_t turn = 0; turn < 3; turn++) {
        uint32_t indices[6] = { 3, 3, 3, 1, 1, 1 }, out[6];
        test_mesh mesh = { positions, indices, 4, 6 };
        indices[3 + turn] = 2;
        CHECK(sort_triangles(&mesh, out) == W3D_OK);
        CHECK_MESSAGE(out[0] != 3, "corner %u", turn);
    }
}

static void errors_leave_outputs(void)
{
    uint32_t indices[3] = { 0, 1, 3 }, out[3];
    float positions[9] = { 0 };
    unsigned char pattern[12], block[256];
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_view view = { positions, indices, 3, 3, 0 };
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    CHECK(w3d_mesh_spatial_sort_triangles(&view, out, scratch) == W3D_ERR_INDEX);
    indices[2] = 2;
    CHECK(w3d_mesh_spatial_sort_triangles(&view, out, scratch) == W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_spatial_sort(&view, out, scratch) == W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    view.stride = 10;
    CHECK(w3d_mesh_spatial_sort(&view, out, scratch) == W3D_ERR_ARGUMENT);
    view.stride = 0;
    CHECK(w3d_mesh_spatial_sort(&view, NULL, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_spatial_sort(NULL, out, scratch) == W3D_ERR_ARGUMENT);
    view.positions = NULL;
    CHECK(w3d_mesh_spatial_sort(&view, out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_spatial_sort_triangles(&view, out, scratch) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(out, pattern, 12);
    CHECK(w3d_mesh_spatial_sort_scratch_size(UINT32_MAX) > (size_t)UINT32_MAX - 1);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 4; round++) {
        uint32_t remap[400], out[600];
        test_mesh mesh = test_mesh_soup(400, 200);
        CHECK(sort(&mesh, remap) == W3D_OK && sort_triangles(&mesh, out) == W3D_OK);
        hash = w3d_hash_bytes(remap, sizeof remap, w3d_hash_bytes(out, sizeof out, hash));
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x0B3AD504328B8059u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_spatial_sort(void)
{
    RUN(neighbours);
    RUN(odd_coordinates);
    RUN(scales);
    RUN(triangles);
    RUN(triangles_that_are_not_finite);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
