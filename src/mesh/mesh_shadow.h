/* mesh_shadow.h - indices for passes that read only part of a vertex: depth, shadows, picking.
 *
 *     w3d_mesh_attribute position = { positions, 12 };
 *     w3d_mesh_weld_desc desc = { &position, 1, vertex_count, indices, index_count };
 *     w3d_mesh_shadow(&desc, shadow_indices, scratch);
 *
 * Vertices that differ only in what such a pass does not read, as at the seams of a texture, become
 * one: fewer are shaded, from the same vertex arrays. Give the result to w3d_mesh_vertex_cache of
 * its own. */
#ifndef W3D_MESH_SHADOW_H
#define W3D_MESH_SHADOW_H

#include "mesh/mesh_weld.h"

/* Replaces every index by the first vertex that has the same attributes.
 *
 *   desc     in   the attributes that are read; indices and index_count are needed
 *   out      out  [index_count]; may be desc->indices itself
 *   scratch       w3d_mesh_shadow_scratch_size(vertex_count) bytes
 *
 * Range   "the same" is that of w3d_mesh_weld, tolerances too; "first" is the lowest number among
 *         the vertices that indices name. Triangles are not dropped, also where two corners become
 *         one.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_INDEX, W3D_ERR_CAPACITY as w3d_mesh_weld
 * Cost    that of w3d_mesh_weld, and O(indices); 8 bytes of scratch a vertex more. */
W3D_API w3d_result w3d_mesh_shadow(const w3d_mesh_weld_desc *desc, uint32_t *out,
                                   w3d_arena scratch);

/* Scratch for that many vertices; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_shadow_scratch_size(uint32_t vertex_count);

#endif /* W3D_MESH_SHADOW_H */
