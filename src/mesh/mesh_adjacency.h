/* mesh_adjacency.h - who is next to whom in a triangle mesh: half-edge twins, rings, GL adjacency.
 *
 *     w3d_mesh_adjacency_desc desc = { mesh.indices, NULL, mesh.index_count, mesh.vertex_count };
 *     w3d_mesh_adjacency_twins(&desc, twins, scratch);
 *     uint32_t neighbour = twins[3 * t + k] / 3;       across edge k of triangle t
 *
 * Half-edge h goes from corner h of the index list to the next corner of the same triangle, so a
 * half-edge, and the corner it starts at, have one number, and its triangle is h / 3. Where
 * vertices are split along seams of normals or texture coordinates, give `points`: the remap table
 * of w3d_mesh_weld over positions alone. Adjacency then looks through the seams. */
#ifndef W3D_MESH_ADJACENCY_H
#define W3D_MESH_ADJACENCY_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

/* In a table of twins, what is not a half-edge: all are >= W3D_MESH_TWIN_DEGENERATE. */
#define W3D_MESH_TWIN_NONE       0xFFFFFFFFu /* no other triangle has the edge: a border        */
#define W3D_MESH_TWIN_MANY       0xFFFFFFFEu /* three or more have it, or two the same way round */
#define W3D_MESH_TWIN_DEGENERATE 0xFFFFFFFDu /* the triangle has two equal corners              */

typedef struct w3d_mesh_adjacency_desc {
    const uint32_t *indices;      /* [index_count]                                             */
    const uint32_t *points;       /* [vertex_count] numbers < vertex_count; NULL: every vertex is
                                     a point of its own                                        */
    uint32_t        index_count;  /* multiple of 3, below 2^32 - 3                             */
    uint32_t        vertex_count;
} w3d_mesh_adjacency_desc;

/* The corner after, and the corner before, in the same triangle. */
W3D_INLINE uint32_t w3d_mesh_corner_next(uint32_t corner)
{
    return corner % 3 == 2 ? corner - 2 : corner + 1;
}
W3D_INLINE uint32_t w3d_mesh_corner_previous(uint32_t corner)
{
    return corner % 3 == 0 ? corner + 2 : corner - 1;
}

/* Finds the half-edge that runs the other way along the same edge.
 *
 *   desc     in   the triangles; borrowed for the call
 *   twins    out  [index_count] half-edges, or one of W3D_MESH_TWIN_...
 *   scratch       w3d_mesh_adjacency_scratch_size bytes
 *
 * Range   twins[twins[h]] == h wherever twins[h] is a half-edge. An edge between two points pairs
 *         if just two triangles have it, one each way; triangles with two equal corners are left
 *         out before edges are counted. Two triangles with the same three points, back to back,
 *         are each other's twins.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, index_count
 *         W3D_ERR_INDEX     an index or a point >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T) time for every mesh; longer where a point has more than 64 half-edges to or
 *         from points above it. 8 bytes of scratch an index and 4 a vertex.
 * Thread  One call works on one thread.
 * Source  the half-edge of Weiler 1985, "Edge-based data structures for solid modeling", as arrays:
 *         Campagna, Kobbelt, Seidel 1998, "Directed edges". */
W3D_API w3d_result w3d_mesh_adjacency_twins(const w3d_mesh_adjacency_desc *desc, uint32_t *twins,
                                            w3d_arena scratch);

/* Scratch for that many; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_adjacency_scratch_size(uint32_t index_count, uint32_t vertex_count);

/* Lists the corners at every point, as a vertex's triangles are its corners / 3.
 *
 *   desc     in   the triangles; borrowed for the call
 *   offsets  out  [vertex_count + 1]: corners of point p are corners[offsets[p]] up to, not
 *                 including, corners[offsets[p + 1]]
 *   corners  out  [index_count] in rising order for every point
 *
 * Range   Every corner appears once. A degenerate triangle appears twice or three times at a point.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, index_count
 *         W3D_ERR_INDEX     an index or a point >= vertex_count
 * Cost    O(V + T) time, no memory. */
W3D_API w3d_result w3d_mesh_adjacency_rings(const w3d_mesh_adjacency_desc *desc, uint32_t *offsets,
                                            uint32_t *corners);

/* Makes the index list of triangles with adjacency (GL_TRIANGLES_ADJACENCY): for every triangle six
 * vertices: corner, vertex across the edge that starts there, next corner, ...
 *
 *   desc   in   the triangles; `points` is not looked at
 *   twins  in   [index_count] from w3d_mesh_adjacency_twins
 *   out    out  [2 * index_count]; where there is no twin, the corner's vertex once more
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, index_count
 *         W3D_ERR_INDEX     an index >= vertex_count; a twin that is no half-edge of this mesh
 * Cost    O(T) time, no memory. */
W3D_API w3d_result w3d_mesh_adjacency_indices(const w3d_mesh_adjacency_desc *desc,
                                              const uint32_t *twins, uint32_t *out);

#endif /* W3D_MESH_ADJACENCY_H */
