/* mesh_bvh_query.h - what is near, inside or across: points, boxes, spheres, frusta, other trees.
 *
 *     w3d_mesh_bvh_point nearest;
 *     if (w3d_mesh_bvh_closest_point(&bvh, position, 0.0f, &nearest)) move_to(nearest.point);
 *     float distance = w3d_mesh_bvh_signed_distance(&bvh, position, &nearest);
 *     uint32_t count = w3d_mesh_bvh_overlap_box(&bvh, &box, triangles, capacity);
 *
 * What holds for all of them:
 *
 * Range   Anything not finite finds nothing. Touching counts as overlapping. Numbers of triangles
 *         come in the order of the tree, which is the same on every target. Lists give back how
 *         many there are; the first `capacity` of them are written.
 * Errors  nothing found, for a broken contract (NULL).
 * Cost    O(depth) stack, no memory.
 * Thread  any number of threads may ask one tree. */
#ifndef W3D_MESH_BVH_QUERY_H
#define W3D_MESH_BVH_QUERY_H

#include "mesh/mesh_bounds.h"
#include "mesh/mesh_bvh.h"

typedef struct w3d_mesh_bvh_point {
    float point[3]; /* on the mesh                                                    */
    float distance; /* to it                                                          */
    float u, v;     /* of the point: (1 - u - v) corner 0 + u corner 1 + v corner 2   */
    uint32_t triangle;
} w3d_mesh_bvh_point;

/* The point of the mesh that is closest to `point`; 1 where there is one, else 0.
 *
 *   point     in   [3]
 *   farthest  in   nothing farther away counts; 0 or infinity: no limit
 *   nearest   out  untouched where there is none
 *
 * Range   The triangle is one whose distance is the smallest but for rounding: 10^-6 of the
 *         distance, or of the size of the mesh where the mesh is that much nearer. The point on it
 *         is worked in double. Among equal distances the lowest triangle counts.
 * Source  regions of a triangle: Ericson 2005, "Real-Time Collision Detection", section 5.1.5 */
W3D_API int w3d_mesh_bvh_closest_point(const w3d_mesh_bvh *bvh, const float *point, float farthest,
                                       w3d_mesh_bvh_point *nearest);

/* The distance to a closed mesh, negative inside; infinity where the mesh is empty.
 *
 *   nearest  out  the closest point, as above; NULL: not asked for
 *
 * Range   Triangles have to face outward and meet at corners with equal coordinates; which indices
 *         they use does not matter. Of an open mesh, the sign says which side of the nearest face
 *         the point is on.
 * Cost    a closest point, and where that is on an edge or a corner, one walk to the triangles
 *         there.
 * Source  Baerentzen and Aanaes 2005, "Signed distance computation using the angle weighted
 *         pseudonormal" */
W3D_API float w3d_mesh_bvh_signed_distance(const w3d_mesh_bvh *bvh, const float *point,
                                           w3d_mesh_bvh_point *nearest);

/* The triangles that touch a box, a ball, or the inside of up to 16 planes.
 *
 *   planes     in   [plane_count][4] a point (x, y, z) is inside where a x + b y + c z + d >= 0 for
 *                   all of them; their lengths do not matter
 *   triangles  out  [capacity] their numbers; NULL with a capacity of 0: only count
 *
 * Range   Exact to the rounding of double: no triangle is listed because its box touches. */
W3D_API uint32_t w3d_mesh_bvh_overlap_box(const w3d_mesh_bvh *bvh, const w3d_box *box,
                                          uint32_t *triangles, uint32_t capacity);
W3D_API uint32_t w3d_mesh_bvh_overlap_sphere(const w3d_mesh_bvh *bvh, const w3d_sphere *sphere,
                                             uint32_t *triangles, uint32_t capacity);
W3D_API uint32_t w3d_mesh_bvh_overlap_planes(const w3d_mesh_bvh *bvh, const float (*planes)[4],
                                             uint32_t plane_count, uint32_t *triangles,
                                             uint32_t capacity);

/* The six planes of what a camera sees, for w3d_mesh_bvh_overlap_planes.
 *
 *   view_projection  in   [16] column-major, depth 0..1
 *   planes           out  [6][4] left, right, bottom, top, near, far */
W3D_API void w3d_mesh_bvh_frustum(const float *view_projection, float (*planes)[4]);

/* The pairs of triangles, one of each mesh, that touch or cross.
 *
 *   a, b   in   two trees in one space; may be the same, then a triangle touches itself and
 *               its neighbours
 *   pairs  out  [capacity][2] a number in a, a number in b
 *
 * Range   Worked in double: segments of one against the face of the other, both ways; triangles in
 *         one plane, by their edges and corners. Of a triangle thinner than 10^-12 of its length,
 *         what is in line with it may count as touched. */
W3D_API uint32_t w3d_mesh_bvh_overlap_bvh(const w3d_mesh_bvh *a, const w3d_mesh_bvh *b,
                                          uint32_t (*pairs)[2], uint32_t capacity);

#endif /* W3D_MESH_BVH_QUERY_H */
