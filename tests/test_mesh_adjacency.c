#include "meshes.h"

#include "mesh/mesh_adjacency.h"
#include "reference/reference_topology.h"

static w3d_mesh_adjacency_desc desc_of(const test_mesh *mesh, const uint32_t *points)
{
    w3d_mesh_adjacency_desc desc = { mesh->indices, points, mesh->index_count, mesh->vertex_count };
    return desc;
}

/* Twins with scratch of exactly the stated size, at an odd address; free them. */
static uint32_t *twins_of(const w3d_mesh_adjacency_desc *desc)
{
    size_t size = w3d_mesh_adjacency_scratch_size(desc->index_count, desc->vertex_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    uint32_t *twins = (uint32_t *)malloc((size_t)desc->index_count * 4 + 4);
    memset(twins, 0x55, (size_t)desc->index_count * 4 + 4);
    CHECK(w3d_mesh_adjacency_twins(desc, twins, w3d_arena_make(block + 1, size)) == W3D_OK);
    CHECK(twins[desc->index_count] == 0x55555555u);
    free(block);
    return twins;
}

static void check_twins(const w3d_mesh_adjacency_desc *desc)
{
    uint32_t *twins = twins_of(desc);
    uint32_t *expected = (uint32_t *)malloc((size_t)desc->index_count * 4 + 4);
    reference_topology_twins(desc, expected);
    CHECK_BYTES(twins, expected, (size_t)desc->index_count * 4);
    free(twins);
    free(expected);
}

static void random_soups(void)
{
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t vertices = 3 + test_random_below(40), points[64];
        test_mesh mesh = test_mesh_soup(vertices, test_random_below(100));
        for (uint32_t i = 0; i < vertices; i++) points[i] = test_random_below(1 + vertices / 2);
        w3d_mesh_adjacency_desc desc = desc_of(&mesh, round & 1 ? points : NULL);
        check_twins(&desc);
        test_mesh_free(&mesh);
    }
}

/* More edges at a point than a list may have: the sorted way must give the same. */
static void hubs(void)
{
    test_mesh mesh = test_mesh_fan(120);
    w3d_mesh_adjacency_desc desc = desc_of(&mesh, NULL);
    check_twins(&desc);
    for (uint32_t i = 0; i < mesh.index_count; i += 7) mesh.indices[i] = test_random_below(122);
    check_twins(&desc);
    test_mesh_free(&mesh);
    mesh = test_mesh_fan(100000);
    desc = desc_of(&mesh, NULL);
    uint32_t *twins = twins_of(&desc), borders = 0;
    for (uint32_t i = 0; i < mesh.index_count; i++) {
        if (twins[i] == W3D_MESH_TWIN_NONE)
            borders++;
        else
            CHECK(twins[twins[i]] == i);
    }
    CHECK(borders == 100002);
    free(twins);
    test_mesh_free(&mesh);
}

/* Points with as many half-edges as fit into the lanes that compare them, fewer and more: edges of
 * one, two, three triangles, and two the same way round. */
static void degrees(void)
{
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t triangles = 1 + round % 40, rim = 3 + test_random_below(40);
        test_mesh mesh = test_mesh_make(rim + 1, triangles * 3);
        for (uint32_t t = 0; t < triangles; t++) {
            uint32_t a = t % rim + 1, b = (t + 1) % rim + 1, turned = round % 3 && t % 5 == 4;
            if (round % 7 == 6) b = 1 + test_random_below(rim);
            mesh.indices[3 * t] = 0;
            mesh.indices[3 * t + 1] = turned ? b : a;
            mesh.indices[3 * t + 2] = turned ? a : b;
        }
        memset(mesh.positions, 0, (size_t)mesh.vertex_count * 12);
        w3d_mesh_adjacency_desc desc = desc_of(&mesh, NULL);
        check_twins(&desc);
        test_mesh_free(&mesh);
    }
}

static void seams(void)
{
    test_mesh mesh = test_mesh_sphere(12, 7);
    uint32_t points[13 * 8], none = 0, flat = 0;
    for (uint32_t i = 0; i < mesh.vertex_count; i++) { /* the first at the same place */
        const float *p = mesh.positions + 3 * (size_t)i, *q = mesh.positions;
        while (p[0] != q[0] || p[1] != q[1] || p[2] != q[2]) q += 3; /* zeros of both signs */
        points[i] = (uint32_t)((q - mesh.positions) / 3);
    }
    w3d_mesh_adjacency_desc desc = desc_of(&mesh, points);
    check_twins(&desc);
    uint32_t *twins = twins_of(&desc);
    for (uint32_t i = 0; i < mesh.index_count; i++) {
        none += twins[i] == W3D_MESH_TWIN_NONE || twins[i] == W3D_MESH_TWIN_MANY;
        flat += twins[i] == W3D_MESH_TWIN_DEGENERATE;
    }
    CHECK(none == 0 && flat == 3 * 24);
    free(twins);
    test_mesh_free(&mesh);
}

static void rings(void)
{
    for (uint32_t round = 0; round < 20; round++) {
        uint32_t vertices = 1 + test_random_below(50), points[64], offsets[65], corners[600];
        test_mesh mesh = test_mesh_soup(vertices, test_random_below(200));
        for (uint32_t i = 0; i < vertices; i++) points[i] = test_random_below(vertices);
        w3d_mesh_adjacency_desc desc = desc_of(&mesh, round & 1 ? points : NULL);
        CHECK(w3d_mesh_adjacency_rings(&desc, offsets, corners) == W3D_OK);
        uint32_t at = 0;
        for (uint32_t p = 0; p < vertices; p++) {
            CHECK(offsets[p] == at);
            for (uint32_t i = 0; i < mesh.index_count; i++) {
                uint32_t own = desc.points ? points[mesh.indices[i]] : mesh.indices[i];
                if (own == p) CHECK(corners[at++] == i);
            }
        }
        CHECK(offsets[vertices] == at && at == mesh.index_count);
        test_mesh_free(&mesh);
    }
}

static void gl_adjacency(void)
{
    uint32_t indices[] = { 0, 1, 2, 2, 1, 3 }, twins[6], out[12];
    uint32_t expected[12] = { 0, 0, 1, 3, 2, 2, 2, 0, 1, 1, 3, 3 };
    unsigned char scratch[256];
    w3d_mesh_adjacency_desc desc = { indices, NULL, 6, 4 };
    CHECK(w3d_mesh_adjacency_twins(&desc, twins, w3d_arena_make(scratch, sizeof scratch)) ==
          W3D_OK);
    CHECK(twins[1] == 3 && twins[3] == 1);
    CHECK(w3d_mesh_adjacency_indices(&desc, twins, out) == W3D_OK);
    CHECK_BYTES(out, expected, sizeof out);
    twins[2] = 6;
    out[0] = 77;
    CHECK(w3d_mesh_adjacency_indices(&desc, twins, out) == W3D_ERR_INDEX && out[0] == 77);
}

static void refusals(void)
{
    uint32_t indices[6] = { 0, 1, 2, 2, 1, 4 }, points[4] = { 0, 1, 2, 9 }, twins[6] = { 7, 7 };
    uint32_t offsets[5] = { 7 };
    unsigned char block[256];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_adjacency_desc desc = { indices, NULL, 6, 4 };
    CHECK(w3d_mesh_adjacency_twins(&desc, twins, scratch) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_adjacency_rings(&desc, offsets, twins) == W3D_ERR_INDEX);
    indices[5] = 3;
    desc.points = points;
    CHECK(w3d_mesh_adjacency_twins(&desc, twins, scratch) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_adjacency_rings(&desc, offsets, twins) == W3D_ERR_INDEX);
    points[3] = 3;
    size_t size = w3d_mesh_adjacency_scratch_size(6, 4);
    CHECK(w3d_mesh_adjacency_twins(&desc, twins, w3d_arena_make(block, size / 2)) ==
          W3D_ERR_CAPACITY);
    CHECK(twins[0] == 7 && twins[1] == 7 && offsets[0] == 7);
    CHECK(w3d_mesh_adjacency_twins(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_adjacency_twins(NULL, twins, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_adjacency_rings(&desc, NULL, twins) == W3D_ERR_ARGUMENT);
    desc.index_count = 5;
    CHECK(w3d_mesh_adjacency_twins(&desc, twins, scratch) == W3D_ERR_ARGUMENT);
    desc.index_count = 0;
    desc.indices = NULL;
    CHECK(w3d_mesh_adjacency_twins(&desc, NULL, w3d_arena_make(NULL, 0)) == W3D_OK);
    CHECK(w3d_mesh_adjacency_rings(&desc, offsets, NULL) == W3D_OK && offsets[4] == 0);
}

/* The lists and the sorted way agree on a real mesh, and every twin is one both ways. */
static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    w3d_mesh_adjacency_desc desc = desc_of(&mesh, NULL);
    uint32_t *twins = twins_of(&desc), pairs = 0;
    for (uint32_t i = 0; i < mesh.index_count; i++) {
        if (twins[i] >= W3D_MESH_TWIN_DEGENERATE) continue;
        pairs++;
        CHECK(twins[twins[i]] == i);
        CHECK(mesh.indices[i] == mesh.indices[w3d_mesh_corner_next(twins[i])]);
        CHECK(mesh.indices[w3d_mesh_corner_next(i)] == mesh.indices[twins[i]]);
    }
    CHECK(pairs > mesh.index_count / 10 * 9);
    free(twins);
    test_mesh_free(&mesh);
}

void test_mesh_adjacency(void);
void test_mesh_adjacency(void)
{
    RUN(random_soups);
    RUN(hubs);
    RUN(degrees);
    RUN(seams);
    RUN(rings);
    RUN(gl_adjacency);
    RUN(refusals);
    RUN(dragon);
}
