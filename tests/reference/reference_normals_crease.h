/* reference_normals_crease.h - which corners share a normal, by comparing every edge with every
 * other; for some hundred triangles at most. */
#ifndef REFERENCE_NORMALS_CREASE_H
#define REFERENCE_NORMALS_CREASE_H

#include "mesh/mesh_normals_crease.h"

#ifdef __cplusplus
extern "C" {
#endif

/* parts: [index_count] equal for corners that share a normal; normals: [index_count][3] of the
 * corner's part, unit or zero; condition: [index_count] the lengths added over the length of the
 * sum. 0: some edge is so near to the crease angle that the answer is not certain. */
int reference_normals_crease(const w3d_mesh_view *mesh, const w3d_mesh_normals_crease_desc *desc,
                             uint32_t *parts, double *normals, double *condition);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_NORMALS_CREASE_H */
