/* mesh_repair.h - mends the connectivity of a triangle mesh: what mesh_topology.h finds wrong.
 *
 *     w3d_mesh_repair_drop(&desc, indices, &index_count, scratch);     no degenerate, no duplicate
 *     w3d_mesh_repair_orient(&desc, indices, &result, scratch);        neighbours face the same way
 *     w3d_mesh_repair_split(&desc, &split, scratch);                   every vertex has one fan
 *
 * Each takes an index list and gives one; `out` may be the list that goes in. Positions are not
 * looked at: weld first (mesh_weld.h), so that what is one point is one vertex. */
#ifndef W3D_MESH_REPAIR_H
#define W3D_MESH_REPAIR_H

#include "mesh/mesh_adjacency.h"

/* Drops triangles with two equal points, and those with the three points of an earlier one,
 * whichever way round; the others stay in order.
 *
 *   desc         in   the triangles; borrowed for the call
 *   out          out  [index_count] or fewer; may be desc->indices
 *   index_count  out  indices written
 *   scratch           w3d_mesh_repair_scratch_size bytes
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, index_count
 *         W3D_ERR_INDEX     an index or a point >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T) time. */
W3D_API w3d_result w3d_mesh_repair_drop(const w3d_mesh_adjacency_desc *desc, uint32_t *out,
                                        uint32_t *index_count, w3d_arena scratch);

typedef struct w3d_mesh_oriented {
    uint32_t flipped;   /* triangles turned over                                         */
    uint32_t conflicts; /* edges that stay inconsistent: their surface has one side only */
} w3d_mesh_oriented;

/* Turns triangles over until neighbours face the same way: two triangles are neighbours if they are
 * the only ones with an edge.
 *
 *   desc     in   the triangles; borrowed for the call
 *   out      out  [index_count]; a triangle turned over has its last two corners swapped; may be
 *                 desc->indices
 *   result   out  what was done; NULL: not asked for
 *   scratch       w3d_mesh_repair_scratch_size bytes
 *
 * Range   Of every connected part the smaller half is turned over; of equal halves, the one without
 *         its first triangle. A part without a consistent orientation, like a Moebius strip, comes
 *         out with some edges as they were.
 * Errors  as w3d_mesh_repair_drop
 * Cost    O(V + T) time but for the slowly growing factor of union and find. */
W3D_API w3d_result w3d_mesh_repair_orient(const w3d_mesh_adjacency_desc *desc, uint32_t *out,
                                          w3d_mesh_oriented *result, w3d_arena scratch);

/* Where a split mesh goes. */
typedef struct w3d_mesh_split {
    uint32_t *indices;         /* [index_count]; may be desc->indices                     */
    uint32_t *sources;         /* [source_capacity] vertex that new vertex V + i repeats  */
    uint32_t  source_capacity; /* index_count is always enough                            */
    uint32_t  source_count;    /* out: vertices to append to every vertex array           */
} w3d_mesh_split;

/* Gives vertices new copies until the mesh is manifold: no edge has more than two triangles, nor
 * two the same way round, and the triangles at a vertex hang together by edges.
 *
 *   desc     in      the triangles; `points` is not looked at
 *   split    in/out  the buffers; source_count is filled in
 *   scratch          w3d_mesh_repair_scratch_size bytes
 *
 * Range   Of an edge with too many triangles the first and the first that runs the other way stay
 *         joined. Degenerate triangles keep their vertices; drop them before.
 * Errors  as w3d_mesh_repair_drop; W3D_ERR_CAPACITY also where source_capacity is too small
 * Cost    as w3d_mesh_repair_orient
 * Source  Gueziec, Taubin, Lazarus, Horn 1998, "Cutting and stitching: converting sets of polygons
 *         to manifold surfaces", section 4 (the local method). */
W3D_API w3d_result w3d_mesh_repair_split(const w3d_mesh_adjacency_desc *desc, w3d_mesh_split *split,
                                         w3d_arena scratch);

/* Scratch for each of them; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_repair_scratch_size(uint32_t index_count, uint32_t vertex_count);

#endif /* W3D_MESH_REPAIR_H */
