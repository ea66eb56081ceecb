#include "meshes.h"

#include "mesh/mesh_repair.h"
#include "mesh/mesh_topology.h"
#include "reference/reference_topology.h"

static w3d_mesh_topology report_of(const uint32_t *indices, uint32_t index_count, uint32_t vertices)
{
    w3d_mesh_adjacency_desc desc = { indices, NULL, index_count, vertices };
    return reference_topology_check(&desc);
}

static void drops(void)
{
    uint32_t out[300], scratch[2048];
    for (uint32_t round = 0; round < 40; round++) {
        uint32_t vertices = 3 + test_random_below(8), count = 77;
        test_mesh mesh = test_mesh_soup(vertices, test_random_below(100));
        w3d_mesh_adjacency_desc desc = { mesh.indices, NULL, mesh.index_count, vertices };
        size_t size = w3d_mesh_repair_scratch_size(mesh.index_count, vertices);
        CHECK(size <= sizeof scratch);
        CHECK(w3d_mesh_repair_drop(&desc, out, &count, w3d_arena_make(scratch, size)) == W3D_OK);
        w3d_mesh_topology before = report_of(mesh.indices, mesh.index_count, vertices);
        w3d_mesh_topology after = report_of(out, count, vertices);
        CHECK(after.degenerate == 0 && after.duplicates == 0);
        CHECK(count / 3 + before.degenerate + before.duplicates == mesh.index_count / 3);
        for (uint32_t i = 0, k = 0; i < count; i += 3, k += 3) /* in order */
            while (k < mesh.index_count && memcmp(out + i, mesh.indices + k, 12)) k += 3;
        CHECK(w3d_mesh_repair_drop(&desc, mesh.indices, &desc.index_count,
                                   w3d_arena_make(scratch, size)) == W3D_OK);
        CHECK(desc.index_count == count);
        CHECK_BYTES(mesh.indices, out, count * 4);
        test_mesh_free(&mesh);
    }
}

static void orients(void)
{
    uint32_t scratch[8192];
    test_mesh mesh = test_mesh_grid(9, 8, 0.2f);
    w3d_mesh_adjacency_desc desc = { mesh.indices, NULL, mesh.index_count, mesh.vertex_count };
    test_mesh flipped = test_mesh_copy(&mesh);
    w3d_mesh_oriented result;
    uint32_t turned = 0;
    for (uint32_t i = 0; i < mesh.index_count; i += 3) {
        if (test_random_below(3)) continue;
        uint32_t swapped = flipped.indices[i + 1];
        flipped.indices[i + 1] = flipped.indices[i + 2];
        flipped.indices[i + 2] = swapped;
        turned++;
    }
    desc.indices = flipped.indices;
    CHECK(w3d_mesh_repair_orient(&desc, flipped.indices, &result,
                                 w3d_arena_make(scratch, sizeof scratch)) == W3D_OK);
    CHECK(result.flipped == turned && turned > 20 && result.conflicts == 0);
    CHECK_BYTES(flipped.indices, mesh.indices, mesh.index_count * 4);
    test_mesh_free(&mesh);
    test_mesh_free(&flipped);

    uint32_t strip[] = { 0, 1, 2, 2, 1, 3, 2, 3, 4, 4, 3, 5, 4, 5, 1, 1, 5, 0 }, out[18];
    w3d_mesh_adjacency_desc moebius = { strip, NULL, 18, 6 };
    CHECK(w3d_mesh_repair_orient(&moebius, out, &result, w3d_arena_make(scratch, sizeof scratch)) ==
          W3D_OK);
    CHECK(result.conflicts == 1 && report_of(out, 18, 6).inconsistent_edges == 1);

    for (uint32_t round = 0; round < 40; round++) { /* what is left is what was said */
        mesh = test_mesh_soup(20, 25);
        w3d_mesh_adjacency_desc soup = { mesh.indices, NULL, mesh.index_count, 20 };
        CHECK(w3d_mesh_repair_orient(&soup, mesh.indices, &result,
                                     w3d_arena_make(scratch, sizeof scratch)) == W3D_OK);
        CHECK(report_of(mesh.indices, mesh.index_count, 20).inconsistent_edges == result.conflicts);
        test_mesh_free(&mesh);
    }
}

static void splits(void)
{
    uint32_t out[600], sources[600], scratch[4096];
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t vertices = 4 + test_random_below(20), count;
        test_mesh mesh = test_mesh_soup(vertices, 1 + test_random_below(60));
        w3d_mesh_adjacency_desc desc = { mesh.indices, NULL, mesh.index_count, vertices };
        CHECK(w3d_mesh_repair_drop(&desc, mesh.indices, &count,
                                   w3d_arena_make(scratch, sizeof scratch)) == W3D_OK);
        desc.index_count = count;
        w3d_mesh_split split = { out, sources, 600, 77 };
        size_t size = w3d_mesh_repair_scratch_size(count, vertices);
        CHECK(w3d_mesh_repair_split(&desc, &split, w3d_arena_make(scratch, size)) == W3D_OK);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t from = out[i] < vertices ? out[i] : sources[out[i] - vertices];
            CHECK(out[i] < vertices + split.source_count && from == mesh.indices[i]);
        }
        w3d_mesh_topology after = report_of(out, count, vertices + split.source_count);
        CHECK(after.is_manifold && after.is_oriented);
        if (split.source_count) {
            split.source_capacity = split.source_count - 1;
            out[0] = 0xABCDu;
            CHECK(w3d_mesh_repair_split(&desc, &split, w3d_arena_make(scratch, size)) ==
                  W3D_ERR_CAPACITY);
            CHECK(out[0] == 0xABCDu);
        }
        test_mesh_free(&mesh);
    }
    /* Nothing to do: nothing is done. Two tetrahedra in a point: one new vertex. */
    uint32_t two[] = { 0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2, 0, 4, 5, 0, 5, 6, 0, 6, 4, 4, 6, 5 };
    w3d_mesh_adjacency_desc desc = { two, NULL, 12, 4 };
    w3d_mesh_split split = { out, sources, 600, 77 };
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    CHECK(w3d_mesh_repair_split(&desc, &split, arena) == W3D_OK && split.source_count == 0);
    CHECK_BYTES(out, two, 48);
    desc.index_count = 24;
    desc.vertex_count = 7;
    CHECK(w3d_mesh_repair_split(&desc, &split, arena) == W3D_OK && split.source_count == 1);
    CHECK(sources[0] == 0 && out[12] == 7 && out[15] == 7 && out[18] == 7 && out[0] == 0);
}

static void refusals(void)
{
    uint32_t indices[3] = { 0, 1, 3 }, out[3] = { 7, 7, 7 }, count = 7, scratch[64];
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch), none = w3d_arena_make(NULL, 0);
    w3d_mesh_adjacency_desc desc = { indices, NULL, 3, 3 };
    w3d_mesh_split split = { out, NULL, 0, 7 };
    CHECK(w3d_mesh_repair_drop(&desc, out, &count, arena) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_repair_orient(&desc, out, NULL, arena) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_repair_split(&desc, &split, arena) == W3D_ERR_INDEX);
    indices[2] = 2;
    CHECK(w3d_mesh_repair_drop(&desc, out, &count, none) == W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_repair_orient(&desc, out, NULL, none) == W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_repair_split(&desc, &split, none) == W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_repair_drop(&desc, NULL, &count, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_repair_orient(NULL, out, NULL, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_repair_split(&desc, NULL, arena) == W3D_ERR_ARGUMENT);
    CHECK(out[0] == 7 && count == 7 && split.source_count == 7);
    desc.index_count = 0;
    CHECK(w3d_mesh_repair_drop(&desc, NULL, &count, none) == W3D_OK && count == 0);
    CHECK(w3d_mesh_repair_split(&desc, &split, none) == W3D_OK && split.source_count == 0);
}

void test_mesh_repair(void);
void test_mesh_repair(void)
{
    RUN(drops);
    RUN(orients);
    RUN(splits);
    RUN(refusals);
}
