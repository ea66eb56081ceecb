/* mesh_topology.h - what is wrong with a triangle mesh, and what kind of surface it is.
 *
 *     w3d_mesh_topology_check(&desc, &report, NULL, scratch);
 *     if (report.is_closed && report.is_oriented) ...           it has an inside
 *
 * Only the index list is looked at, and `points` where vertices are split along seams: see
 * mesh_adjacency.h. mesh_repair.h mends what is found. */
#ifndef W3D_MESH_TOPOLOGY_H
#define W3D_MESH_TOPOLOGY_H

#include "mesh/mesh_adjacency.h"

/* Degenerate triangles are counted and then left out of everything below them in the list. */
typedef struct w3d_mesh_topology {
    uint32_t triangle_count;
    uint32_t out_of_range;        /* indices and points >= vertex_count, up to 2^32 - 1 counted;
                                     if any, the rest is 0                                      */
    uint32_t first_out_of_range;  /* the first such corner; index_count where it is a point     */
    uint32_t degenerate;          /* triangles with two equal corners                           */
    uint32_t duplicates;          /* triangles with the three points of an earlier one          */
    uint32_t edges;               /* edges between two points, each counted once                */
    uint32_t boundary_edges;      /* edges of one triangle                                      */
    uint32_t non_manifold_edges;  /* edges of three or more                                     */
    uint32_t inconsistent_edges;  /* edges of two that run the same way: one is turned over     */
    uint32_t points_used;
    uint32_t points_unused;       /* numbers below vertex_count that no proper triangle has     */
    uint32_t non_manifold_points; /* their triangles do not hang together by edges there        */
    uint32_t boundary_loops;      /* parts of the boundary that hang together                   */
    uint32_t components;          /* sets of triangles joined by edges                          */
    int64_t  euler;               /* points used - edges + proper triangles                     */
    int32_t  is_manifold;         /* 1: no non-manifold edge or point                           */
    int32_t  is_closed;           /* 1: no boundary edge                                        */
    int32_t  is_oriented;         /* 1: every edge of two runs both ways, and none has more     */
    int32_t  reserved;            /* 0 */
} w3d_mesh_topology;

/* Looks a mesh over.
 *
 *   desc        in   the triangles; borrowed for the call
 *   report      out  the counts
 *   components  out  [index_count / 3] the component of each triangle, numbered in order of first
 *                    appearance, 0xFFFFFFFF for a degenerate one; NULL: not wanted. Untouched where
 *                    something is out of range
 *   scratch          w3d_mesh_topology_scratch_size bytes
 *
 * Range   Every index list gives a report; a bad index is a finding, not an error.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, index_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T) time but for the slowly growing factor of union and find; 16 bytes of scratch an
 *         index and 4 a vertex. */
W3D_API w3d_result w3d_mesh_topology_check(const w3d_mesh_adjacency_desc *desc,
                                           w3d_mesh_topology *report, uint32_t *components,
                                           w3d_arena scratch);

/* Scratch for that many; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_topology_scratch_size(uint32_t index_count, uint32_t vertex_count);

#endif /* W3D_MESH_TOPOLOGY_H */
