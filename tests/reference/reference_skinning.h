/* reference_skinning.h - what w3d_mesh_skinning should give for one vertex: slow, in double. */
#ifndef REFERENCE_SKINNING_H
#define REFERENCE_SKINNING_H

#include "mesh/mesh_skinning.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reference_influence {
    const w3d_mat4 *matrices;
    const uint32_t *bones; /* [count] */
    const double *weights; /* [count] */
    uint32_t count;
} reference_influence;

/* Every bone moves the vertex by itself; the places are averaged. */
void reference_skinning_point(const reference_influence *in, const float *point, double *out);

/* The same for a direction; unit length or zero. `exact`: by the inverse transpose of the average. */
void reference_skinning_direction(const reference_influence *in, const float *v, int exact,
                                  double *out);

/* The matrix, row by row [3][4], of the normalised sum of dual quaternions. The matrices turn and
 * move only. */
void reference_skinning_dual(const reference_influence *in, double *matrix);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_SKINNING_H */
