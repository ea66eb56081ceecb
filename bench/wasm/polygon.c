/* polygon.c - polygons with holes to triangles, for bench/wasm/polygon.mjs. */
#include "mesh/mesh_triangulate_holes.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t polygon_scratch_size(uint32_t corners, uint32_t rings);
EXPORT(polygon_scratch_size) size_t polygon_scratch_size(uint32_t corners, uint32_t rings)
{
    return w3d_mesh_triangulate_holes_scratch_size(corners, rings);
}

/* Triangles written; 0: refused. */
uint32_t polygon(const float *xy, uint32_t corners, const uint32_t *ring_sizes, uint32_t rings,
                 uint32_t *indices, void *scratch);
EXPORT(polygon)
uint32_t polygon(const float *xy, uint32_t corners, const uint32_t *ring_sizes, uint32_t rings,
                 uint32_t *indices, void *scratch)
{
    w3d_mesh_triangulate_holes_desc desc;
    w3d_mesh_triangles out = { indices, 0, corners + 2 * rings, 0, 0 };
    w3d_fill(&desc, 0, sizeof desc);
    desc.positions = xy;
    desc.vertex_count = corners;
    desc.dimensions = 2;
    desc.ring_sizes = ring_sizes;
    desc.ring_count = rings;
    return w3d_mesh_triangulate_holes(
               &desc, &out, w3d_arena_make(scratch, polygon_scratch_size(corners, rings))) == W3D_OK
               ? out.triangle_count
               : 0;
}
