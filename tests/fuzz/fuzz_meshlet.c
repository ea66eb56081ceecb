/* fuzz_meshlet.c - any connectivity and coordinates through meshlets, adjacency, topology and
 * repair, and any bytes through the meshlet decoder. */
#include "mesh/mesh_meshlet_bounds.h"
#include "mesh/mesh_meshlet_codec.h"
#include "mesh/mesh_repair.h"
#include "mesh/mesh_topology.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) __builtin_trap();                                                        \
    } while (0)

static void meshlets(const w3d_mesh_view *mesh, uint32_t options)
{
    w3d_mesh_meshlet_desc desc;
    w3d_meshlets out;
    desc.mode = options & 1 ? W3D_MESHLET_SCAN : W3D_MESHLET_QUALITY;
    desc.max_vertices = 3 + (options >> 1 & 255) % 254;
    desc.max_triangles = 1 + (options >> 9 & 511) % 512;
    memset(&out, 0, sizeof out);
    out.meshlet_capacity = w3d_mesh_meshlet_bound(&desc, mesh->index_count);
    out.meshlets = (w3d_meshlet *)malloc(out.meshlet_capacity * sizeof(w3d_meshlet) + 1);
    out.vertices = (uint32_t *)malloc((size_t)mesh->index_count * 4 + 1);
    out.triangles = (uint8_t *)malloc((size_t)mesh->index_count + 1);
    size_t size = w3d_mesh_meshlet_scratch_size(&desc, mesh->vertex_count, mesh->index_count);
    void *block = malloc(size);
    REQUIRE(w3d_mesh_meshlet_build(mesh, &desc, &out, w3d_arena_make(block, size)) == W3D_OK);
    uint32_t triangles = 0;
    for (uint32_t i = 0; i < out.meshlet_count; i++) {
        const w3d_meshlet *m = &out.meshlets[i];
        w3d_meshlet_source source = { out.vertices + m->vertex_offset,
                                      out.triangles + 3 * (size_t)m->triangle_offset,
                                      m->vertex_count, m->triangle_count };
        static unsigned char packed[4096];
        static uint32_t vertices[256];
        static uint8_t corners[512 * 3];
        w3d_meshlet_counts counts = { 256, 512 };
        triangles += m->triangle_count;
        REQUIRE(m->vertex_count <= desc.max_vertices && m->triangle_count <= desc.max_triangles);
        REQUIRE(w3d_mesh_meshlet_encode(&source, packed, sizeof packed, &size) == W3D_OK);
        REQUIRE(w3d_mesh_meshlet_decode(packed, size, vertices, corners, &counts) == W3D_OK);
        REQUIRE(!memcmp(vertices, source.vertices, (size_t)m->vertex_count * 4));
    }
    REQUIRE(triangles == mesh->index_count / 3);
    w3d_meshlet_bounds *bounds =
        (w3d_meshlet_bounds *)malloc(out.meshlet_count * sizeof(w3d_meshlet_bounds) + 1);
    REQUIRE(w3d_mesh_meshlet_bounds(mesh, &out, 0, out.meshlet_count, bounds) == W3D_OK);
    free(bounds);
    free(block);
    free(out.meshlets);
    free(out.vertices);
    free(out.triangles);
}

static void connectivity(const w3d_mesh_view *mesh, uint32_t *indices)
{
    w3d_mesh_adjacency_desc desc = { indices, NULL, mesh->index_count, mesh->vertex_count };
    size_t size = w3d_mesh_adjacency_scratch_size(desc.index_count, desc.vertex_count);
    uint32_t *twins = (uint32_t *)malloc((size_t)desc.index_count * 4 + 1);
    uint32_t *sources = (uint32_t *)malloc((size_t)desc.index_count * 4 + 1);
    void *block = malloc(size * 2 + 64); /* the most that any of them needs, split included */
    w3d_arena arena = w3d_arena_make(block, size * 2 + 64);
    w3d_mesh_topology report;
    REQUIRE(w3d_mesh_adjacency_twins(&desc, twins, w3d_arena_make(block, size)) == W3D_OK);
    for (uint32_t i = 0; i < desc.index_count; i++)
        REQUIRE(twins[i] >= W3D_MESH_TWIN_DEGENERATE || twins[twins[i]] == i);
    REQUIRE(w3d_mesh_topology_check(&desc, &report, twins, arena) == W3D_OK);
    REQUIRE(w3d_mesh_repair_drop(&desc, indices, &desc.index_count, arena) == W3D_OK);
    REQUIRE(w3d_mesh_repair_orient(&desc, indices, NULL, arena) == W3D_OK);
    w3d_mesh_split split = { indices, sources, mesh->index_count, 0 };
    REQUIRE(w3d_mesh_repair_split(&desc, &split, arena) == W3D_OK);
    desc.vertex_count += split.source_count;
    size = w3d_mesh_topology_scratch_size(desc.index_count, desc.vertex_count);
    void *larger = malloc(size);
    REQUIRE(w3d_mesh_topology_check(&desc, &report, NULL, w3d_arena_make(larger, size)) == W3D_OK);
    REQUIRE(report.is_manifold && report.is_oriented);
    REQUIRE(report.degenerate == 0 && report.duplicates == 0);
    free(larger);
    free(twins);
    free(sources);
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t vertices[256];
    static uint8_t corners[512 * 3];
    w3d_meshlet_counts counts = { 256, 512 };
    if (w3d_mesh_meshlet_decode(data, size, vertices, corners, &counts) == W3D_OK)
        for (uint32_t i = 0; i < 3 * counts.triangle_count; i++)
            REQUIRE(corners[i] < counts.vertex_count);
    if (size < 8) return 0;
    uint32_t options, vertex_count = data[4] + 1u;
    memcpy(&options, data, 4);
    data += 8;
    size -= 8;
    size_t floats = size / 4 < vertex_count ? size / 4 : vertex_count; /* then they repeat */
    float *positions = (float *)calloc((size_t)vertex_count * 3, 4);
    for (size_t i = 0; floats && i < (size_t)vertex_count * 3; i++)
        memcpy(positions + i, data + 4 * (i % floats), 4);
    data += floats * 4;
    size -= floats * 4;
    uint32_t index_count = (uint32_t)(size - size % 3);
    uint32_t *indices = (uint32_t *)malloc((size_t)index_count * 4 + 1);
    for (uint32_t i = 0; i < index_count; i++) indices[i] = data[i] % vertex_count;
    w3d_mesh_view mesh = { positions, indices, vertex_count, index_count, 0 };
    meshlets(&mesh, options);
    connectivity(&mesh, indices);
    free(positions);
    free(indices);
    return 0;
}
