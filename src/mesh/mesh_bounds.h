/* mesh_bounds.h - the axis-aligned box and the smallest sphere around a mesh's vertices.
 *
 * Every vertex counts, whether a triangle uses it or not: that is what file formats mean by
 * bounds and it is one pass over memory. For a mesh whose triangles use part of a shared vertex
 * array, set `indices_only` to bound the vertices its indices name. */
#ifndef W3D_MESH_BOUNDS_H
#define W3D_MESH_BOUNDS_H

#include "mesh/mesh_view.h"

/* A box; empty where min[0] > max[0]. */
typedef struct w3d_box {
    float min[3], max[3];
} w3d_box;

/* A sphere; empty where the radius is negative. */
typedef struct w3d_sphere {
    float centre[3], radius;
} w3d_sphere;

typedef struct w3d_mesh_bounds_desc {
    uint32_t begin;        /* first vertex, or first index with indices_only          */
    uint32_t end;          /* one past the last; 0 means all from `begin`             */
    int      indices_only; /* 1: bound what the indices name; 0: bound every vertex   */
} w3d_mesh_bounds_desc;

/* The smallest box around the vertices.
 *
 *   mesh     in   V vertices; borrowed for the call
 *   desc     in   which of them; NULL means all
 *   box      out  the box; min FLT_MAX and max -FLT_MAX where there is nothing to bound, so that
 *                 boxes of parts can be joined without looking
 *   skipped  out  how many vertices (or indices) were left out; NULL: not asked for
 *
 * Range   A vertex with a coordinate that is not finite is left out and counted in `skipped`.
 *         Otherwise exact; a zero is always +0.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, index_count % 3, the range
 *         W3D_ERR_INDEX     an index >= V, with indices_only
 * Cost    O(V) time at the speed of memory, no memory.
 * Thread  Ranges may be done at the same time and joined with w3d_box_join. */
W3D_API w3d_result w3d_mesh_bounds_box(const w3d_mesh_view *mesh, const w3d_mesh_bounds_desc *desc,
                                       w3d_box *box, uint32_t *skipped);

/* The smallest sphere around the vertices.
 *
 *   mesh     in   V vertices; borrowed for the call
 *   desc     in   which of them; NULL means all
 *   sphere   out  the sphere; centre (0, 0, 0) and radius -1 where there is nothing to bound
 *
 * Range   Holds every vertex with finite coordinates: its distance from `centre`, worked exactly,
 *         is at most `radius`. The radius exceeds the smallest one by no more than a part in
 *         10^6, or by half the distance between floats at the centre where the mesh is small and
 *         far from the origin. It is +infinity where it would exceed FLT_MAX.
 * Errors  as w3d_mesh_bounds_box
 * Cost    O(V) time: five to ten passes over the vertices; no memory.
 * Source  Gaertner 1999, "Fast and robust smallest enclosing balls", section 2 (pivoting on the
 *         farthest point). */
W3D_API w3d_result w3d_mesh_bounds_sphere(const w3d_mesh_view *mesh,
                                          const w3d_mesh_bounds_desc *desc, w3d_sphere *sphere);

/* The smallest box around two boxes, either of which may be empty. */
static inline w3d_box w3d_box_join(w3d_box a, w3d_box b)
{
    for (int k = 0; k < 3; k++) {
        if (b.min[k] < a.min[k]) a.min[k] = b.min[k];
        if (b.max[k] > a.max[k]) a.max[k] = b.max[k];
    }
    return a;
}

#endif /* W3D_MESH_BOUNDS_H */
