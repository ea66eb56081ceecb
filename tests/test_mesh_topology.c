#include "meshes.h"

#include "mesh/mesh_topology.h"
#include "reference/reference_topology.h"

static w3d_mesh_topology check(const w3d_mesh_adjacency_desc *desc, uint32_t *components)
{
    w3d_mesh_topology report;
    size_t size = w3d_mesh_topology_scratch_size(desc->index_count, desc->vertex_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(&report, 0xEE, sizeof report);
    CHECK(w3d_mesh_topology_check(desc, &report, components, w3d_arena_make(block + 1, size)) ==
          W3D_OK);
    free(block);
    return report;
}

static void against_reference(void)
{
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t vertices = 3 + test_random_below(24), points[32];
        test_mesh mesh = test_mesh_soup(vertices, test_random_below(60));
        for (uint32_t i = 0; i < vertices; i++) points[i] = test_random_below(1 + vertices / 2);
        w3d_mesh_adjacency_desc desc = { mesh.indices, round & 1 ? points : NULL, mesh.index_count,
                                         mesh.vertex_count };
        w3d_mesh_topology report = check(&desc, NULL), expected = reference_topology_check(&desc);
        CHECK_BYTES(&report, &expected, sizeof report);
        test_mesh_free(&mesh);
    }
}

static void known_shapes(void)
{
    test_mesh grid = test_mesh_grid(5, 4, 0.1f);
    w3d_mesh_adjacency_desc desc = { grid.indices, NULL, grid.index_count, grid.vertex_count };
    w3d_mesh_topology report = check(&desc, NULL);
    CHECK(report.euler == 1 && report.components == 1 && report.boundary_loops == 1);
    CHECK(report.boundary_edges == 18 && report.is_manifold && report.is_oriented);
    CHECK(!report.is_closed && report.points_unused == 0);
    grid.indices[0] = 1000; /* out of range is a finding */
    grid.indices[7] = 30;
    report = check(&desc, NULL);
    CHECK(report.out_of_range == 2 && report.first_out_of_range == 0 && report.edges == 0);
    test_mesh_free(&grid);

    uint32_t torus[6 * 5 * 6], *at = torus;
    for (uint32_t y = 0; y < 5; y++)
        for (uint32_t x = 0; x < 6; x++) {
            uint32_t a = y * 6 + x, b = y * 6 + (x + 1) % 6, c = (y + 1) % 5 * 6 + x;
            uint32_t d = (y + 1) % 5 * 6 + (x + 1) % 6, cell[6] = { a, b, d, a, d, c };
            memcpy(at, cell, sizeof cell);
            at += 6;
        }
    w3d_mesh_adjacency_desc ring = { torus, NULL, 180, 30 };
    report = check(&ring, NULL);
    CHECK(report.euler == 0 && report.is_closed && report.is_manifold && report.is_oriented);
    CHECK(report.components == 1 && report.boundary_loops == 0);

    /* A book of three pages, two tetrahedra that touch in a point, and a Moebius strip. */
    uint32_t book[] = { 0, 1, 2, 0, 1, 3, 0, 1, 4 };
    w3d_mesh_adjacency_desc pages = { book, NULL, 9, 5 };
    report = check(&pages, NULL);
    CHECK(report.non_manifold_edges == 1 && report.components == 1 && report.boundary_loops == 1);
    uint32_t two[] = { 0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2, 0, 4, 5, 0, 5, 6, 0, 6, 4, 4, 6, 5 };
    uint32_t components[8], parts[8] = { 0, 0, 0, 0, 1, 1, 1, 1 };
    w3d_mesh_adjacency_desc touching = { two, NULL, 24, 7 };
    report = check(&touching, components);
    CHECK(report.non_manifold_points == 1 && report.non_manifold_edges == 0 && report.is_closed);
    CHECK(report.components == 2 && report.euler == 3);
    CHECK_BYTES(components, parts, sizeof parts);
    uint32_t strip[] = { 0, 1, 2, 2, 1, 3, 2, 3, 4, 4, 3, 5, 4, 5, 1, 1, 5, 0 };
    w3d_mesh_adjacency_desc moebius = { strip, NULL, 18, 6 };
    report = check(&moebius, NULL);
    CHECK(report.inconsistent_edges == 1 && report.boundary_loops == 1 && report.euler == 0);
    CHECK(report.is_manifold && !report.is_oriented);
}

static void refusals(void)
{
    uint32_t indices[3] = { 0, 1, 2 }, component = 7;
    w3d_mesh_topology report;
    unsigned char block[256];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_adjacency_desc desc = { indices, NULL, 3, 3 };
    memset(&report, 0x11, sizeof report);
    CHECK(w3d_mesh_topology_check(&desc, &report, &component, w3d_arena_make(block, 40)) ==
          W3D_ERR_CAPACITY);
    CHECK(report.edges == 0x11111111u && component == 7);
    CHECK(w3d_mesh_topology_check(&desc, NULL, NULL, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_topology_check(NULL, &report, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.index_count = 2;
    CHECK(w3d_mesh_topology_check(&desc, &report, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.index_count = 0;
    report = check(&desc, NULL);
    CHECK(report.points_unused == 3 && report.is_closed && report.components == 0);
}

void test_mesh_topology(void);
void test_mesh_topology(void)
{
    RUN(against_reference);
    RUN(known_shapes);
    RUN(refusals);
}
