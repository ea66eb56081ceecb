/* reference_bvh.h - rays, nearest points and overlaps by looking at every triangle, in double. */
#ifndef REFERENCE_BVH_H
#define REFERENCE_BVH_H

#include "mesh/mesh_bvh.h"
#include "mesh/mesh_view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a ray meets a triangle's plane: t, and the least of its three weights there, below 0
 * outside. 0: parallel, or no triangle. */
int reference_bvh_ray(const w3d_mesh_view *mesh, uint32_t triangle, const w3d_mesh_bvh_ray *ray,
                      double *t, double *inside);

/* The distance from a point to one triangle: the best of its plane, its edges and its corners. */
double reference_bvh_distance(const w3d_mesh_view *mesh, uint32_t triangle, const double *point);

/* The distance to the whole mesh. */
double reference_bvh_nearest(const w3d_mesh_view *mesh, const double *point);

/* The solid angle that the mesh fills seen from a point, over 4 pi: 1 inside a closed mesh, 0
 * outside (van Oosterom and Strackee 1983). */
double reference_bvh_winding(const w3d_mesh_view *mesh, const double *point);

/* The least overlap of a triangle and a box over the thirteen separating axes, in units of length:
 * below 0 they are apart. */
double reference_bvh_box(const w3d_mesh_view *mesh, uint32_t triangle, const double *min,
                         const double *max);

/* The same of two triangles, over their normals, edges' cross products, and sides. */
double reference_bvh_pair(const w3d_mesh_view *a, uint32_t i, const w3d_mesh_view *b, uint32_t j);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_BVH_H */
