/* mesh_transform.h - vertex arrays times a matrix: positions, directions, normals.
 *
 *     w3d_mesh_transform_desc desc = { positions, &model, count };
 *     w3d_mesh_transform_positions(&desc, positions);                   in place
 *     desc.rows = normals;
 *     w3d_mesh_transform_normals(&desc, normals);
 */
#ifndef W3D_MESH_TRANSFORM_H
#define W3D_MESH_TRANSFORM_H

#include "core/vec.h"

/* All zero but for the first three: every row, packed. */
typedef struct w3d_mesh_transform_desc {
    const float    *rows;       /* [count] rows, x y z first in each                          */
    const w3d_mat4 *matrix;     /* affine: row 3 is not looked at                             */
    uint32_t        count;
    uint32_t        begin;      /* first row                                                  */
    uint32_t        end;        /* one past the last row; 0 means all from `begin`            */
    uint32_t        stride;     /* bytes from row to row, multiple of 4; 0 means 12           */
    uint32_t        out_stride; /* the same for the result                                    */
} w3d_mesh_transform_desc;

/* Points: turned, scaled and moved.
 *
 *   desc  in   the rows and the matrix; borrowed for the call
 *   out   out  [count] rows of three floats, row i for row i whatever the range; may be desc->rows
 *              itself if both strides are equal, and must not overlap it otherwise
 *
 * Range   Any; the bits are those of w3d_mat4_point.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, the range
 * Cost    O(rows) time, no memory.
 * Thread  Ranges that do not overlap may be done at the same time. */
W3D_API w3d_result w3d_mesh_transform_positions(const w3d_mesh_transform_desc *desc, float *out);

/* Directions: turned and scaled, not moved; as w3d_mat4_direction but for the sign of zeros. */
W3D_API w3d_result w3d_mesh_transform_directions(const w3d_mesh_transform_desc *desc, float *out);

/* Normals of a surface whose points are transformed: by the inverse transpose, made unit length.
 *
 * Range   The cofactors stand for the inverse, so a matrix that flattens everything to a plane
 *         gives the normal of that plane. Where the matrix mirrors, normals still point outwards.
 *         A row that is zero or not finite, or becomes it, gives (0, 0, 0). Neither the size of the
 *         matrix nor that of a row matters; a matrix with an element among its upper 3 x 3 that is
 *         not finite gives (0, 0, 0).
 *         Components are within 1e-6 for matrices whose columns' lengths are within 1e4 of each
 *         other and that are not close to singular.
 *         The rest as w3d_mesh_transform_positions. */
W3D_API w3d_result w3d_mesh_transform_normals(const w3d_mesh_transform_desc *desc, float *out);

#endif /* W3D_MESH_TRANSFORM_H */
