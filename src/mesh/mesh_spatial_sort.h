/* mesh_spatial_sort.h - puts points or triangles that are near in space near in memory.
 *
 *     w3d_mesh_spatial_sort(&mesh, remap, scratch);                  points: new number of each
 *     w3d_mesh_spatial_sort_triangles(&mesh, indices, scratch);      triangles, by their centres
 *
 * For point clouds, and for meshes too large or too random for what comes after; triangles that
 * are to be drawn want w3d_mesh_vertex_cache afterwards. The order is that of a Hilbert curve
 * through a grid of 1024^3 cells over the bounding box of all vertices, with triangles or without:
 * unlike with Morton's order, steps between neighbours are short everywhere. */
#ifndef W3D_MESH_SPATIAL_SORT_H
#define W3D_MESH_SPATIAL_SORT_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

/* Numbers points along the curve.
 *
 *   mesh     in   positions; indices are not looked at
 *   remap    out  [vertex_count] the new number of each point, a permutation: move rows with
 *                 w3d_mesh_vertex_fetch_rows
 *   scratch       w3d_mesh_spatial_sort_scratch_size(vertex_count) bytes
 *
 * Range   Points in one cell keep their order. Cells are cut along each axis over its finite
 *         coordinates; a NaN counts as the lowest of them, infinities as the ends. Moving the mesh
 *         does not change the order but for rounding; scaling by a power of two never does while
 *         extents stay between 2^-100 and the largest float.
 * Errors  W3D_ERR_ARGUMENT  broken contract
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(vertices) time, 16 bytes of scratch a vertex and 16 KiB.
 * Source  the curve: Skilling 2004, "Programming the Hilbert curve". */
W3D_API w3d_result w3d_mesh_spatial_sort(const w3d_mesh_view *mesh, uint32_t *remap,
                                         w3d_arena scratch);

/* Writes the triangles along the curve, by the centres of their boxes.
 *
 *   out      out  [index_count]; each triangle keeps its corners in order; must not overlap the
 *                 indices
 *   scratch       w3d_mesh_spatial_sort_scratch_size(index_count / 3) bytes
 *
 * Range, Cost  as above, for triangles.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_CAPACITY
 *         W3D_ERR_INDEX     an index >= vertex_count */
W3D_API w3d_result w3d_mesh_spatial_sort_triangles(const w3d_mesh_view *mesh, uint32_t *out,
                                                   w3d_arena scratch);

/* Scratch for that many points or triangles; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_spatial_sort_scratch_size(uint32_t count);

#endif /* W3D_MESH_SPATIAL_SORT_H */
