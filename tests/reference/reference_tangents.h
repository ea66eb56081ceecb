/* reference_tangents.h - tangents as the thesis describes them: slow, in double, edge by edge. */
#ifndef REFERENCE_TANGENTS_H
#define REFERENCE_TANGENTS_H

#include "mesh/mesh_tangents.h"

#ifdef __cplusplus
extern "C" {
#endif

/* out: [index_count][4]. `certain`: [index_count] 0 where rounding may decide: tangents that nearly
 * cancel or nearly oppose. Packed arrays only, a few hundred triangles at most. */
void reference_tangents(const w3d_mesh_tangents_desc *desc, double *out, unsigned char *certain);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_TANGENTS_H */
