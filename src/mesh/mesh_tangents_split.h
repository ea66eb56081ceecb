/* mesh_tangents_split.h - gives vertices the tangents of their corners, with copies where needed.
 *
 *     w3d_mesh_tangents(&desc, tangents, scratch);               a tangent for every corner
 *     w3d_mesh_tangents_split(&split, &out, scratch);            and now for every vertex
 *     for (i = 0; i < out.vertex_count; i++) new_uv[i] = uv[out.origins[i]];
 *
 * A vertex has several tangents where the texture is mirrored at it. */
#ifndef W3D_MESH_TANGENTS_SPLIT_H
#define W3D_MESH_TANGENTS_SPLIT_H

#include "core/arena.h"

typedef struct w3d_mesh_tangents_split_desc {
    const float *tangents;   /* [index_count][4], from w3d_mesh_tangents                     */
    const uint32_t *indices; /* [index_count]; NULL: 0, 1, 2, ...                            */
    uint32_t index_count;
    uint32_t vertex_count;
    uint32_t capacity; /* rows there are in the outputs' origins and tangents; vertex_count
                                 + index_count are always enough                              */
} w3d_mesh_tangents_split_desc;

typedef struct w3d_mesh_tangents_split_out {
    uint32_t *indices;     /* [index_count] the vertex each corner has now; may be the input's */
    uint32_t *origins;     /* [capacity] the old vertex each vertex is a copy of               */
    float *tangents;       /* [capacity][4] the tangent of each vertex                         */
    uint32_t vertex_count; /* how many vertices there are now                                  */
} w3d_mesh_tangents_split_out;

/* Gives vertices their tangents, with copies of those that have several.
 *
 *   desc     in      the tangents of the corners
 *   out      in/out  where results go; vertex_count is written. Vertex i < desc->vertex_count stays
 *                    vertex i with the tangent of its first corner; copies follow, in the order of
 *                    their first corner. Copy each vertex array with rows origins[i].
 *   scratch          w3d_mesh_tangents_split_scratch_size(vertex_count, index_count)
 *
 * Range   Tangents are different if any of their 16 bytes differ. A vertex without a corner gets
 *         (1, 0, 0, -1).
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch or `capacity` too small
 * Cost    O(vertices + indices) time, O(indices log indices) for tangents made to collide. */
W3D_API w3d_result w3d_mesh_tangents_split(const w3d_mesh_tangents_split_desc *desc,
                                           w3d_mesh_tangents_split_out *out, w3d_arena scratch);

/* Scratch for a mesh; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_tangents_split_scratch_size(uint32_t vertex_count, uint32_t index_count);

#endif /* W3D_MESH_TANGENTS_SPLIT_H */
