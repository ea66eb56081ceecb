/* mesh_simplify_cluster.h - fewer triangles at any cost to the shape: always reaches its target.
 *
 *     w3d_mesh_simplify_cluster(&mesh, target_index_count, indices, &found, scratch);
 *
 * Space is cut into cubes; the vertices in a cube become one of them. The finest grid is taken that
 * leaves no more triangles than asked for. Parts may be joined, holes closed, thin parts lost:
 * this is for the farthest level of detail, or for shapes of many parts that mesh_simplify.h must
 * leave as they are. */
#ifndef W3D_MESH_SIMPLIFY_CLUSTER_H
#define W3D_MESH_SIMPLIFY_CLUSTER_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef struct w3d_mesh_clustered {
    uint32_t index_count; /* how many were written; at most the target                      */
    uint32_t grid_size;   /* cubes along the largest side of the mesh's box; 0: no triangles  */
    float error;          /* a bound: no vertex was replaced by one farther away            */
} w3d_mesh_clustered;

/* Replaces each vertex by the one in its cube whose distances from the planes of all triangles
 * there are least in the mean square, and drops triangles that lose their area that way, or that
 * have the same three corners, in whatever order, as one before.
 *
 *   mesh                in   V vertices; borrowed for the call
 *   target_index_count  in   no more than these are written; 0 gives none
 *   out                 out  room for mesh->index_count; may be mesh->indices
 *   result              out  the figures
 *   scratch                  w3d_mesh_simplify_cluster_scratch_size() bytes
 *
 * Range   `error` bounds how far any point of the result lies from the original surface. Triangles
 *         with a corner that is not finite are dropped. Where several vertices do equally well the
 *         first is taken. Vertices are told apart by position only: seams are not kept.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_INDEX, W3D_ERR_CAPACITY as w3d_mesh_simplify
 * Cost    O(V + T) whatever the input, about 15 passes over the mesh; scratch: 64 bytes a vertex,
 *         and 8 a vertex or a triangle, whichever there are more of.
 * Source  Rossignac, Borrel 1993, "Multi-resolution 3D approximations for rendering complex
 *         scenes"; the choice of vertices: Lindstrom 2000, "Out-of-core simplification of large
 *         polygonal models". */
W3D_API w3d_result w3d_mesh_simplify_cluster(const w3d_mesh_view *mesh, uint32_t target_index_count,
                                             uint32_t *out, w3d_mesh_clustered *result,
                                             w3d_arena scratch);

/* Scratch for that many vertices and indices; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_simplify_cluster_scratch_size(uint32_t vertex_count, uint32_t index_count);

#endif /* W3D_MESH_SIMPLIFY_CLUSTER_H */
