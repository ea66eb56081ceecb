/* mesh_overdraw.h - draws what is likely to hide the rest first.
 *
 *     w3d_mesh_vertex_cache(&mesh, level, indices, scratch);
 *     w3d_mesh_overdraw_desc desc = { mesh_of_indices, 1.05f };
 *     w3d_mesh_overdraw(&desc, sorted, scratch);
 *
 * The order that the vertex cache likes is cut into runs, and whole runs are sorted: those that
 * face away from the middle of the mesh come first, from whichever side it is seen. Vertex reuse
 * inside the runs is kept. */
#ifndef W3D_MESH_OVERDRAW_H
#define W3D_MESH_OVERDRAW_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef struct w3d_mesh_overdraw_desc {
    w3d_mesh_view mesh; /* triangles in the order of w3d_mesh_vertex_cache                */
    float threshold;    /* how many times as many vertices may be shaded: 1.05 is usual;
                                0 stands for it; 1 cuts only where nothing is lost             */
} w3d_mesh_overdraw_desc;

/* Writes the triangles run by run.
 *
 *   desc     in
 *   out      out  [index_count] the same triangles, each with its corners in the order they had;
 *                 must not overlap the indices
 *   scratch       w3d_mesh_overdraw_scratch_size(vertex_count, index_count) bytes
 *
 * Range   Triangles that have no area or a corner that is not finite do not weigh. Runs that rank
 *         the same keep their order. Scaling by a power of two changes nothing.
 * Errors  W3D_ERR_ARGUMENT  broken contract; a threshold that is not 0 and not in [1, 1000]
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(indices + vertices) time; scratch of 4 bytes a vertex, 20 a triangle, 16 KiB.
 * Source  Sander, Nehab, Barczak 2007, "Fast triangle reordering for vertex locality and reduced
 *         overdraw", sections 4 and 5. */
W3D_API w3d_result w3d_mesh_overdraw(const w3d_mesh_overdraw_desc *desc, uint32_t *out,
                                     w3d_arena scratch);

/* Scratch for so many vertices and indices; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_overdraw_scratch_size(uint32_t vertex_count, uint32_t index_count);

#endif /* W3D_MESH_OVERDRAW_H */
