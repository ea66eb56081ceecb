/* mesh_skinning.h - bends a mesh with its bones: linear blending or dual quaternions.
 *
 *     w3d_mesh_skinning_linear(matrices, bone_count, bones);         once a frame
 *     w3d_mesh_skinning_desc desc = { W3D_SKINNING_LINEAR, bones, bone_count };
 *     desc.vertex_count = count, desc.indices = joints, desc.weights = weights;
 *     desc.positions.rows = rest, desc.normals.rows = rest_normals;
 *     w3d_mesh_skinning_out out = { positions, normals };
 *     w3d_mesh_skinning(&desc, &out);                                or range by range, on threads
 *
 * The matrix of a bone takes a vertex from where it rests to where it goes: the bone's place now,
 * times the inverse of its place at rest. */
#ifndef W3D_MESH_SKINNING_H
#define W3D_MESH_SKINNING_H

#include "core/vec.h"

typedef enum w3d_skinning_mode {
    W3D_SKINNING_LINEAR = 0,     /* weighted sum of matrices: any affine bone; twists lose volume */
    W3D_SKINNING_DUAL_QUATERNION /* keeps volume; bones turn and move only                        */
} w3d_skinning_mode;

typedef enum w3d_skinning_index {
    W3D_SKINNING_INDEX_U16 = 0,
    W3D_SKINNING_INDEX_U8
} w3d_skinning_index;

typedef enum w3d_skinning_weight {
    W3D_SKINNING_WEIGHT_FLOAT = 0,
    W3D_SKINNING_WEIGHT_UNORM8 /* bytes; 255 stands for 1 */
} w3d_skinning_weight;

/* A bone made ready. For linear blending the first three columns of its matrix, each followed by
 * a component of the fourth; as a dual quaternion the real part x y z w, the dual part, zeros. */
typedef struct w3d_skinning_bone {
    float value[12];
} w3d_skinning_bone;

/* A vertex array to read; rows NULL: there is none. */
typedef struct w3d_skinning_rows {
    const float *rows;
    uint32_t     stride; /* bytes from row to row, multiple of 4; 0 means packed */
} w3d_skinning_rows;

typedef struct w3d_mesh_skinning_desc {
    w3d_skinning_mode        mode;          /* the one the bones were made for                   */
    const w3d_skinning_bone *bones;         /* [bone_count]                                      */
    uint32_t                 bone_count;
    uint32_t                 vertex_count;
    const void              *indices;       /* [vertex_count] rows of `influences` bone numbers  */
    const void              *weights;       /* [vertex_count] rows of as many weights; used as
                                               they are, so their sum should be 1                */
    w3d_skinning_index       index_kind;
    w3d_skinning_weight      weight_kind;
    uint32_t                 influences;    /* bones of a vertex: 4 or 8; 0 means 4              */
    uint32_t                 index_stride;  /* bytes from row to row, a multiple of the element's
                                               size; 0 means packed                              */
    uint32_t                 weight_stride; /* the same                                          */
    w3d_skinning_rows        positions;     /* rows of three                                     */
    w3d_skinning_rows        normals;       /* rows of three                                     */
    w3d_skinning_rows        tangents;      /* rows of four, the last one passed on              */
    int                      exact_normals; /* linear only. 0: normals are turned by the blended
                                               matrix, right where bones scale evenly; 1: by its
                                               inverse transpose, right for every bone           */
    uint32_t                 begin;         /* first vertex                                      */
    uint32_t                 end;           /* one past the last; 0 means all from `begin`       */
} w3d_mesh_skinning_desc;

/* Where results go; may be the arrays read if the strides are equal, and must not overlap them
 * otherwise. Strides as those read. Needed for just those arrays that are read. */
typedef struct w3d_mesh_skinning_out {
    float   *positions, *normals, *tangents;
    uint32_t position_stride, normal_stride, tangent_stride;
} w3d_mesh_skinning_out;

/* Makes bones for linear blending from affine matrices; row 3 is not looked at.
 *
 *   matrices  in   [count]
 *   bones     out  [count]
 *
 * Errors  W3D_ERR_ARGUMENT  pointers */
W3D_API w3d_result w3d_mesh_skinning_linear(const w3d_mat4 *matrices, uint32_t count,
                                            w3d_skinning_bone *bones);

/* Makes bones for blending as dual quaternions.
 *
 * Range   Scale is dropped: the columns are made unit length. Of sheared ones, which are no turn,
 *         Shepperd's formula makes some turn. A matrix that is singular, mirrors or is not
 *         finite gives a bone that moves without turning; a move that is not finite is dropped.
 * Source  Kavan, Collins, Zara, O'Sullivan 2008, "Geometric skinning with approximate dual
 *         quaternion blending", section 3; Shepperd 1978, "Quaternion from rotation matrix". */
W3D_API w3d_result w3d_mesh_skinning_dual_quaternions(const w3d_mat4 *matrices, uint32_t count,
                                                      w3d_skinning_bone *bones);

/* Moves the vertices of a range.
 *
 *   desc  in   bones, weights and vertex arrays; borrowed for the call
 *   out   out  row i for vertex i whatever the range
 *
 * Range   Normals and tangents become unit length, or (0, 0, 0) where they are zero or not finite.
 *         Linear: a vertex whose weights are all 0 comes to (0, 0, 0). Dual quaternions: such a
 *         vertex stays, and the sum of the weights does not matter otherwise; of two opposite signs
 *         of a bone the one that agrees with the bones before it is taken. A position whose
 *         sums are not finite is not finite. An index outside the bones is an error whatever its
 *         weight.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, influences, kinds, the range
 *         W3D_ERR_INDEX     a bone number in the range >= bone_count; nothing is written
 * Cost    O(vertices * influences) time, no memory.
 * Thread  Ranges that do not overlap may be done at the same time.
 * Source  linear: Magnenat-Thalmann, Laperriere, Thalmann 1988, "Joint-dependent local
 *         deformations for hand animation and object grasping"; dual quaternions: Kavan et al.
 *         2008, section 4. */
W3D_API w3d_result w3d_mesh_skinning(const w3d_mesh_skinning_desc *desc,
                                     const w3d_mesh_skinning_out *out);

#endif /* W3D_MESH_SKINNING_H */
