/* mesh_bvh_trace.h - rays through a mesh's tree: the first hit, any, the nearest few, four at once.
 *
 *     w3d_mesh_bvh_ray ray = { { x, y, z }, 0.0f, { dx, dy, dz }, 0.0f };
 *     w3d_mesh_bvh_hit hit;
 *     if (w3d_mesh_bvh_closest(&bvh, &ray, &hit)) paint(hit.triangle, hit.u, hit.v);
 *
 * What holds for all of them:
 *
 * Range   A ray with an origin or direction that is not finite, with a direction of zero length, or
 *         with a NaN in t_min or t_max hits nothing. Both sides of a triangle are hit. A ray that
 *         lies in a triangle's plane does not hit it. t_min <= t <= t_max, both included. Among
 *         hits of equal t the lowest triangle number counts, so that the answer does not depend on
 *         the tree. There is no smallest size: a mesh and a ray times a power of two give the same
 *         hit, t and all, as long as coordinates stay between 1e-18 and 1e18 (0 apart).
 *         Watertight: a ray through an edge or corner that triangles share hits one of them.
 * Errors  0, the same as no hit, for a broken contract (NULL).
 * Cost    O(depth) stack, no memory. t is within some units in the last place of the exact
 *         distance in units of the farthest corner met.
 * Thread  any number of threads may ask one tree.
 * Source  Woop, Benthin and Wald 2013, "Watertight ray/triangle intersection"; the boxes are tested
 *         with a margin as in Ize 2013, "Robust BVH ray traversal". */
#ifndef W3D_MESH_BVH_TRACE_H
#define W3D_MESH_BVH_TRACE_H

#include "mesh/mesh_bvh.h"

/* The first triangle that a ray meets; 1 where there is one, else 0 and *hit is untouched. */
W3D_API int w3d_mesh_bvh_closest(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray,
                                 w3d_mesh_bvh_hit *hit);

/* 1 where the ray meets anything: for shadows and visibility, faster than the first hit. */
W3D_API int w3d_mesh_bvh_any(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray);

/* The nearest hits, in order of t and then of triangle.
 *
 *   hits      out  [capacity] the first ones
 *   capacity  in   at least 1
 *
 * Range  gives back how many were written: `capacity` may mean that there are more. A triangle is
 *        met once at most; a ray through an edge that two triangles share may meet both. */
W3D_API uint32_t w3d_mesh_bvh_all(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray,
                                  w3d_mesh_bvh_hit *hits, uint32_t capacity);

/* The first hits of four rays that go much the same way, as those of four neighbouring pixels do:
 * they walk together, which shares the waiting for memory and the ordering of children.
 *
 *   rays  in   [4]
 *   hits  out  [4]; an entry whose ray hits nothing is untouched
 *
 * Range  gives back a bit for each ray that hit. The same bits as four calls of
 *        w3d_mesh_bvh_closest.
 * Cost   of rays that go apart up to half more than those four calls. */
W3D_API unsigned w3d_mesh_bvh_closest4(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *rays,
                                       w3d_mesh_bvh_hit *hits);

#endif /* W3D_MESH_BVH_TRACE_H */
