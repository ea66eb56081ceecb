/* tangents.c - mesh_tangents for bench/wasm/tangents.mjs and tests/oracle_mikktspace.mjs. */
#include "mesh/mesh_tangents.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t tangents_scratch_size(uint32_t vertices, uint32_t indices);
EXPORT(tangents_scratch_size) size_t tangents_scratch_size(uint32_t vertices, uint32_t indices)
{
    return w3d_mesh_tangents_scratch_size(vertices, indices);
}

int tangents(const float *positions, const float *normals, const float *uvs, uint32_t vertex_count,
             const uint32_t *indices, uint32_t index_count, float *out, void *scratch);
EXPORT(tangents)
int tangents(const float *positions, const float *normals, const float *uvs, uint32_t vertex_count,
             const uint32_t *indices, uint32_t index_count, float *out, void *scratch)
{
    w3d_mesh_tangents_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.positions = positions;
    desc.normals = normals;
    desc.uvs = uvs;
    desc.vertex_count = vertex_count;
    desc.indices = indices;
    desc.index_count = index_count;
    return w3d_mesh_tangents(&desc, out,
                             w3d_arena_make(scratch, w3d_mesh_tangents_scratch_size(vertex_count,
                                                                                    index_count)));
}
