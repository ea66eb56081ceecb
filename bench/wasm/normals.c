/* normals.c - mesh_normals for bench/wasm/normals.mjs. */
#include "mesh/mesh_normals.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t normals_scratch_size(uint32_t count);
EXPORT(normals_scratch_size) size_t normals_scratch_size(uint32_t count)
{
    return w3d_mesh_normals_scratch_size(count);
}

int normals(const w3d_mesh_view *mesh, int weight, float *out, void *scratch);
EXPORT(normals) int normals(const w3d_mesh_view *mesh, int weight, float *out, void *scratch)
{
    w3d_mesh_normals_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.weight = (w3d_normal_weight)weight;
    return (int)w3d_mesh_normals(mesh, &desc, out,
                                 w3d_arena_make(scratch,
                                                w3d_mesh_normals_scratch_size(mesh->vertex_count)));
}

int normalise(float *vectors, uint32_t count);
EXPORT(normalise) int normalise(float *vectors, uint32_t count)
{
    return (int)w3d_mesh_normals_normalise(vectors, count, 0);
}

void copy(float *dst, const float *src, uint32_t size);
EXPORT(copy) void copy(float *dst, const float *src, uint32_t size) { w3d_copy(dst, src, size); }
