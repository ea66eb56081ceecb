/* reference_mesh.h - what the mesh kernels should give: slow, in double, written another way. */
#ifndef REFERENCE_MESH_H
#define REFERENCE_MESH_H

#include "mesh/mesh_normals.h"
#include "mesh/mesh_weld.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Vertex normals by collecting, for each vertex, the triangles around it. out: [V][3]; unit or
 * zero. `condition`, if not NULL: [V] the sum of the lengths added over the length of the sum. */
void reference_mesh_normals(const w3d_mesh_view *mesh, w3d_normal_weight weight, double *out,
                            double *condition);

/* The unit normal of a triangle, from its area vectors (Newell); 0 where it has no area. */
int reference_mesh_face_normal(const w3d_mesh_view *mesh, uint32_t face, double *out);

/* The smallest sphere: centre in out[0..2], radius in out[3] (Welzl's algorithm, without the
 * shuffle, so for some hundred points at most). Every row must be finite. */
void reference_mesh_sphere(const w3d_mesh_view *mesh, double *out);

/* Welding by comparing each vertex with all before it. */
uint32_t reference_mesh_weld(const w3d_mesh_weld_desc *desc, uint32_t *remap);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_MESH_H */
