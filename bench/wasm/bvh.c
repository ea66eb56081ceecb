/* bvh.c - trees of triangles for bench/wasm/bvh.mjs. */
#include "mesh/mesh_bvh_build.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_bvh_trace.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t bvh_scratch_size(uint32_t index_count);
EXPORT(bvh_scratch_size) size_t bvh_scratch_size(uint32_t index_count)
{
    return w3d_mesh_bvh_scratch_size(index_count);
}

static w3d_mesh_bvh tree;

/* Bytes of the block; 0 where it failed. */
size_t bvh_build(const float *positions, uint32_t vertices, const uint32_t *indices, uint32_t count,
                 void *out, size_t capacity, void *scratch);
EXPORT(bvh_build)
size_t bvh_build(const float *positions, uint32_t vertices, const uint32_t *indices, uint32_t count,
                 void *out, size_t capacity, void *scratch)
{
    w3d_mesh_bvh_build_desc desc;
    size_t size = 0;
    w3d_fill(&desc, 0, sizeof desc);
    desc.mesh.positions = positions;
    desc.mesh.vertex_count = vertices;
    desc.mesh.indices = indices;
    desc.mesh.index_count = count;
    if (w3d_mesh_bvh_build(&desc, out, capacity, &size,
                           w3d_arena_make(scratch, w3d_mesh_bvh_scratch_size(count))) != W3D_OK ||
        w3d_mesh_bvh_open(out, size, &tree, NULL) != W3D_OK)
        return 0;
    return size;
}

/* How many of the rays hit. */
uint32_t bvh_closest(const w3d_mesh_bvh_ray *rays, uint32_t count, w3d_mesh_bvh_hit *hits);
EXPORT(bvh_closest)
uint32_t bvh_closest(const w3d_mesh_bvh_ray *rays, uint32_t count, w3d_mesh_bvh_hit *hits)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += (uint32_t)w3d_mesh_bvh_closest(&tree, &rays[i], &hits[i]);
    return found;
}

/* The same, four at a time; `count` is a multiple of four. */
uint32_t bvh_closest4(const w3d_mesh_bvh_ray *rays, uint32_t count, w3d_mesh_bvh_hit *hits);
EXPORT(bvh_closest4)
uint32_t bvh_closest4(const w3d_mesh_bvh_ray *rays, uint32_t count, w3d_mesh_bvh_hit *hits)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i += 4)
        for (unsigned met = w3d_mesh_bvh_closest4(&tree, &rays[i], &hits[i]); met; met &= met - 1)
            found++;
    return found;
}

/* The sum of the distances from the points to the mesh. */
double bvh_closest_points(const float *points, uint32_t count);
EXPORT(bvh_closest_points) double bvh_closest_points(const float *points, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        w3d_mesh_bvh_point point;
        if (w3d_mesh_bvh_closest_point(&tree, points + (size_t)i * 3, 0.0f, &point))
            sum += point.distance;
    }
    return sum;
}
