/* mesh_transform.c - four rows at a time, one in each lane. */
#include "mesh/mesh_transform.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_lanes.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

W3D_INLINE int w3di_mesh_transform_kept(const w3d_mesh_transform_desc *desc, const float *out)
{
    if (!desc || !desc->matrix) return 0;
    uint32_t end = desc->end ? desc->end : desc->count;
    size_t stride = desc->stride ? desc->stride : 12;
    size_t out_stride = desc->out_stride ? desc->out_stride : 12;
    return ((desc->rows && out) || desc->count == 0) && w3di_mesh_check_stride(desc->stride) &&
           w3di_mesh_check_stride(desc->out_stride) && desc->begin <= end && end <= desc->count &&
           (desc->rows != out || stride == out_stride);
}

/* ((m0 x + m4 y) + m8 z) + m12 for each component, with a move; without one, the first three. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_transform_apply(const float *m, w3di_mesh_lanes v, int move)
{
    w3d_f4 out[3];
    for (int k = 0; k < 3; k++) {
        w3d_f4 x = w3d_f4_mul(w3d_f4_splat(m[k]), v.x);
        w3d_f4 y = w3d_f4_mul(w3d_f4_splat(m[4 + k]), v.y);
        w3d_f4 z = w3d_f4_mul(w3d_f4_splat(m[8 + k]), v.z);
        out[k] = w3d_f4_add(w3d_f4_add(x, y), z);
        if (move) out[k] = w3d_f4_add(out[k], w3d_f4_splat(m[12 + k]));
    }
    v.x = out[0];
    v.y = out[1];
    v.z = out[2];
    return v;
}

/* All rows of the range; four at a time, read before any of them is written. */
W3D_INLINE void w3di_mesh_transform_rows(const w3d_mesh_transform_desc *desc, const float *m,
                                         float *out, int move, int unit)
{
    uint32_t end = desc->end ? desc->end : desc->count;
    size_t stride = desc->stride ? desc->stride : 12;
    size_t out_stride = desc->out_stride ? desc->out_stride : 12;
    if (desc->begin == end) return;
    const char *row = (const char *)desc->rows + desc->begin * stride;
    char *to = (char *)out + desc->begin * out_stride;
    for (size_t left = end - desc->begin; left;) {
        size_t count = left < 4 ? left : 4;
        w3di_mesh_lanes v =
            w3di_mesh_lanes_gather_some((const float *)(const void *)row, stride, count, left > 4);
        v = w3di_mesh_transform_apply(m, v, move);
        if (unit) v = w3di_mesh_lanes_unit(v);
        w3di_mesh_lanes_scatter((float *)(void *)to, out_stride, v, count);
        row += count * stride;
        to += count * out_stride;
        left -= count;
    }
}

W3D_API w3d_result w3d_mesh_transform_positions(const w3d_mesh_transform_desc *desc, float *out)
{
    int kept = w3di_mesh_transform_kept(desc, out);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    w3d_mat4 matrix = *desc->matrix; /* a copy: the result cannot lie on it */
    w3di_mesh_transform_rows(desc, matrix.m, out, 1, 0);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_transform_directions(const w3d_mesh_transform_desc *desc, float *out)
{
    int kept = w3di_mesh_transform_kept(desc, out);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    w3d_mat4 matrix = *desc->matrix;
    w3di_mesh_transform_rows(desc, matrix.m, out, 0, 0);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_transform_normals(const w3d_mesh_transform_desc *desc, float *out)
{
    int kept = w3di_mesh_transform_kept(desc, out);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    /* The cofactors in double, where products of three floats neither overflow nor vanish, brought
     * to at most 2 by a power of two. */
    double c[9], m[9], determinant, largest = 0.0;
    float scaled[12];
    for (int i = 0; i < 9; i++) m[i] = (double)desc->matrix->m[i / 3 * 4 + i % 3];
    for (int i = 0; i < 9; i++) {
        int p = (i / 3 + 1) % 3 * 3, q = (i / 3 + 2) % 3 * 3, x = (i % 3 + 1) % 3;
        int y = (i % 3 + 2) % 3;
        c[i] = m[p + x] * m[q + y] - m[p + y] * m[q + x];
        if (w3d_f64_is_finite(c[i]) && largest < (c[i] < 0.0 ? -c[i] : c[i]))
            largest = c[i] < 0.0 ? -c[i] : c[i];
    }
    determinant = (m[0] * c[0] + m[1] * c[1]) + m[2] * c[2];
    double power = determinant < 0.0 ? -1.0 : 1.0; /* times 2^-exponent of the largest */
    if (largest > 0.0) power *= w3d_f64_from_bits((2046 - (w3d_bits_f64(largest) >> 52)) << 52);
    for (int i = 0; i < 12; i++) scaled[i] = 0.0f;
    for (int i = 0; i < 9; i++) scaled[i / 3 * 4 + i % 3] = (float)(c[i] * power);
    w3di_mesh_transform_rows(desc, scaled, out, 0, 1);
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
