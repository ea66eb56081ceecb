/* reference_smooth.h - one step of smoothing, in double, every vertex against every triangle. */
#ifndef REFERENCE_SMOOTH_H
#define REFERENCE_SMOOTH_H

#include "mesh/mesh_smooth.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Moves by `factor`; cotangents are those of `desc->mesh`, not of `positions`.
 *
 *   positions  in/out  [vertex_count][3] */
void reference_smooth_step(const w3d_mesh_smooth_desc *desc, double factor, double *positions);

#ifdef __cplusplus
}
#endif
#endif /* REFERENCE_SMOOTH_H */
