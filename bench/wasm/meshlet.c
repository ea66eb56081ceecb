/* meshlet.c - mesh_meshlet and mesh_meshlet_bounds for bench/wasm/meshlet.mjs. */
#include "mesh/mesh_bounds.h"
#include "mesh/mesh_meshlet.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t meshlet_scratch_size(uint32_t vertex_count, uint32_t index_count);
EXPORT(meshlet_scratch_size)
size_t meshlet_scratch_size(uint32_t vertex_count, uint32_t index_count)
{
    return w3d_mesh_meshlet_scratch_size(NULL, vertex_count, index_count);
}

uint32_t meshlet_bound(uint32_t index_count);
EXPORT(meshlet_bound) uint32_t meshlet_bound(uint32_t index_count)
{
    return w3d_mesh_meshlet_bound(NULL, index_count);
}

uint32_t meshlet_build(const w3d_mesh_view *mesh, w3d_meshlets *out, void *scratch, size_t size);
EXPORT(meshlet_build)
uint32_t meshlet_build(const w3d_mesh_view *mesh, w3d_meshlets *out, void *scratch, size_t size)
{
    return w3d_mesh_meshlet_build(mesh, NULL, out, w3d_arena_make(scratch, size)) == W3D_OK
               ? out->meshlet_count
               : 0;
}

/* The squared radius of the smallest sphere around some vertices. */
double meshlet_square(const float *positions, const uint32_t *vertices, uint32_t count);
EXPORT(meshlet_square)
double meshlet_square(const float *positions, const uint32_t *vertices, uint32_t count)
{
    float points[256 * 3];
    w3d_mesh_view view;
    w3d_sphere sphere;
    w3d_fill(&view, 0, sizeof view);
    for (uint32_t i = 0; i < count; i++) w3d_copy(points + 3 * i, positions + 3 * vertices[i], 12);
    view.positions = points;
    view.vertex_count = count;
    return w3d_mesh_bounds_sphere(&view, NULL, &sphere) == W3D_OK
               ? (double)sphere.radius * (double)sphere.radius
               : -1.0;
}
