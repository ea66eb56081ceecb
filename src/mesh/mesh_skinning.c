/* mesh_skinning.c - matrices are blended and applied column by column, as they lie in memory; dual
 * quaternions four vertices at a time, one in each lane. Lengths are always made for four. */
#include "mesh/mesh_skinning.h"
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

/* Kept out of their caller, where GCC would have too few registers for all of them together. */
#if defined(__GNUC__)
#define W3DI_MESH_SKINNING_APART static __attribute__((noinline))
#else
#define W3DI_MESH_SKINNING_APART static
#endif

/* ---- bones ---- */

W3D_API w3d_result w3d_mesh_skinning_linear(const w3d_mat4 *matrices, uint32_t count,
                                            w3d_skinning_bone *bones)
{
    int kept = (matrices && bones) || count == 0;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < count; i++)
        for (int k = 0; k < 12; k++)
            bones[i].value[k] = matrices[i].m[k % 4 < 3 ? k / 4 * 4 + k % 4 : 12 + k / 4];
    return W3D_OK;
}

/* The unit quaternion of three orthogonal columns; the identity where they are none, or mirror. */
static w3d_quat w3di_mesh_skinning_turn(const float *m)
{
    w3d_vec3 x = w3d_vec3_direction(w3d_vec3_load(m)), y = w3d_vec3_direction(w3d_vec3_load(m + 4));
    w3d_vec3 z = w3d_vec3_direction(w3d_vec3_load(m + 8));
    if (!(w3d_vec3_dot(w3d_vec3_cross(x, y), z) > 0.0f)) return w3d_quat_identity();
    float trace = x.x + y.y + z.z;
    if (trace >= x.x && trace >= y.y && trace >= z.z)
        return w3d_quat_normalise(w3d_quat_make(y.z - z.y, z.x - x.z, x.y - y.x, 1.0f + trace));
    if (x.x >= y.y && x.x >= z.z)
        return w3d_quat_normalise(
            w3d_quat_make(1.0f + x.x - y.y - z.z, x.y + y.x, z.x + x.z, y.z - z.y));
    if (y.y >= z.z)
        return w3d_quat_normalise(
            w3d_quat_make(x.y + y.x, 1.0f - x.x + y.y - z.z, y.z + z.y, z.x - x.z));
    return w3d_quat_normalise(
        w3d_quat_make(z.x + x.z, y.z + z.y, 1.0f - x.x - y.y + z.z, x.y - y.x));
}

W3D_API w3d_result w3d_mesh_skinning_dual_quaternions(const w3d_mat4 *matrices, uint32_t count,
                                                      w3d_skinning_bone *bones)
{
    int kept = (matrices && bones) || count == 0;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < count; i++) {
        const float *m = matrices[i].m;
        w3d_quat turn = w3di_mesh_skinning_turn(m);
        w3d_quat move = w3d_quat_make(m[12] * 0.5f, m[13] * 0.5f, m[14] * 0.5f, 0.0f);
        if (!w3d_f32_is_finite(m[12]) || !w3d_f32_is_finite(m[13]) || !w3d_f32_is_finite(m[14]))
            move = w3d_quat_make(0.0f, 0.0f, 0.0f, 0.0f);
        w3d_quat dual = w3d_quat_multiply(move, turn);
        w3d_fill(&bones[i], 0, sizeof bones[i]);
        w3d_copy(bones[i].value, &turn, 16);
        w3d_copy(bones[i].value + 4, &dual, 16);
    }
    return W3D_OK;
}

/* ---- the bones of a vertex ---- */

typedef struct w3di_mesh_skinning_source {
    const unsigned char *indices, *weights;
    size_t index_stride, weight_stride;
    int bytes;       /* indices are u8      */
    int unorm;       /* weights are unorm8  */
    uint32_t halves; /* influences / 4      */
} w3di_mesh_skinning_source;

/* Four of the bone numbers of a vertex. */
W3D_INLINE void w3di_mesh_skinning_four(const w3di_mesh_skinning_source *source, size_t vertex,
                                        uint32_t half, uint32_t *bone)
{
    const unsigned char *row = source->indices + vertex * source->index_stride;
    if (source->bytes) {
        for (uint32_t k = 0; k < 4; k++) bone[k] = row[4 * half + k];
    } else {
        uint16_t wide[4];
        w3d_copy(wide, row + 8 * half, 8);
        for (uint32_t k = 0; k < 4; k++) bone[k] = wide[k];
    }
}

/* Their weights, one to a lane. */
W3D_INLINE w3d_f4 w3di_mesh_skinning_weights(const w3di_mesh_skinning_source *source, size_t vertex,
                                             uint32_t half)
{
    const unsigned char *row = source->weights + vertex * source->weight_stride;
    if (!source->unorm) return w3d_f4_load((const float *)(const void *)(row + 16 * half));
    row += 4 * half;
    w3d_i4 bytes = w3d_i4_set(row[0], row[1], row[2], row[3]);
    return w3d_f4_mul(w3d_f4_from_i4(bytes), w3d_f4_splat(1.0f / 255.0f));
}

/* 1 where every bone number of the range is below the limit. */
W3DI_MESH_SKINNING_APART int w3di_mesh_skinning_inside(const w3di_mesh_skinning_source *source,
                                                       uint32_t begin, uint32_t end, uint32_t limit)
{
    uint32_t influences = source->halves * 4;
    size_t row_size = source->bytes ? influences : 2 * influences;
    if (limit > (source->bytes ? 0xFFu : 0xFFFFu) || begin == end) return 1;
    if (limit == 0) return 0;
    const unsigned char *row = source->indices + begin * source->index_stride;
    size_t rows = end - begin;
    w3d_i4 most = w3d_i4_splat((int32_t)limit - 1), outside = w3d_i4_splat(0);
    if (source->index_stride == row_size) { /* packed: sixteen bytes at a time */
        w3d_i4 mask = w3d_i4_splat(source->bytes ? 0xFF : 0xFFFF);
        size_t at_once = 16 / row_size, vectors = rows / at_once;
        for (size_t i = 0; i < vectors; i++, row += 16) {
            w3d_i4 word = w3d_i4_load((const int32_t *)(const void *)row);
            w3d_i4 low = w3d_i4_and(word, mask), high = w3d_i4_shift_right(word, 16);
            if (source->bytes) {
                w3d_i4 second = w3d_i4_and(w3d_i4_shift_right(word, 8), mask);
                w3d_i4 fourth = w3d_i4_shift_right(word, 24);
                high = w3d_i4_and(high, mask);
                outside = w3d_i4_or(outside, w3d_i4_less(most, second));
                outside = w3d_i4_or(outside, w3d_i4_less(most, fourth));
            }
            outside = w3d_i4_or(outside, w3d_i4_less(most, low));
            outside = w3d_i4_or(outside, w3d_i4_less(most, high));
        }
        rows -= vectors * at_once;
    }
    for (; rows; rows--, row += source->index_stride)
        for (uint32_t k = 0; k < influences; k++) {
            uint16_t bone = row[k];
            if (!source->bytes) w3d_copy(&bone, row + 2 * k, 2);
            if (bone >= limit) return 0;
        }
    return w3d_f4_mask(w3d_f4_bits_i4(outside)) == 0;
}

/* ---- matrices, a vertex at a time ---- */

/* A blended matrix as it lies in memory: its first three columns, each with a component of the
 * move in w. Whatever is worked in w besides is not used. */
typedef struct w3di_mesh_skinning_matrix {
    w3d_f4 column[3];
} w3di_mesh_skinning_matrix;

W3D_INLINE w3d_f4 w3di_mesh_skinning_step(w3d_f4 sum, const float *row, w3d_f4 weight)
{
    return w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(row), weight));
}

/* ((w0 b0 + w1 b1) + w2 b2) + w3 b3, then the next four. */
W3D_INLINE w3di_mesh_skinning_matrix w3di_mesh_skinning_blend(
    const w3d_skinning_bone *bones, const w3di_mesh_skinning_source *source, size_t vertex)
{
    w3di_mesh_skinning_matrix r;
    for (uint32_t half = 0; half < source->halves; half++) {
        uint32_t bone[4];
        w3di_mesh_skinning_four(source, vertex, half, bone);
        w3d_f4 weights = w3di_mesh_skinning_weights(source, vertex, half);
        w3d_f4 w0 = w3d_f4_xxxx(weights), w1 = w3d_f4_yyyy(weights);
        w3d_f4 w2 = w3d_f4_zzzz(weights), w3 = w3d_f4_wwww(weights);
        const float *b0 = bones[bone[0]].value, *b1 = bones[bone[1]].value;
        const float *b2 = bones[bone[2]].value, *b3 = bones[bone[3]].value;
        for (int k = 0; k < 3; k++) {
            w3d_f4 first = w3d_f4_mul(w3d_f4_load(b0 + 4 * k), w0);
            if (half) first = w3d_f4_add(r.column[k], first);
            first = w3di_mesh_skinning_step(first, b1 + 4 * k, w1);
            first = w3di_mesh_skinning_step(first, b2 + 4 * k, w2);
            r.column[k] = w3di_mesh_skinning_step(first, b3 + 4 * k, w3);
        }
    }
    return r;
}

/* (c0 x + c1 y) + c2 z */
W3D_INLINE w3d_f4 w3di_mesh_skinning_direction(const w3di_mesh_skinning_matrix *m, w3d_f4 v)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_mul(m->column[0], w3d_f4_xxxx(v)),
                                 w3d_f4_mul(m->column[1], w3d_f4_yyyy(v))),
                      w3d_f4_mul(m->column[2], w3d_f4_zzzz(v)));
}

W3D_INLINE w3d_f4 w3di_mesh_skinning_point(const w3di_mesh_skinning_matrix *m, w3d_f4 v)
{
    w3d_f4 xy = w3d_f4_zip_high(m->column[0], m->column[1]);
    w3d_f4 move = w3d_f4_high_high(xy, w3d_f4_wwww(m->column[2]));
    return w3d_f4_add(w3di_mesh_skinning_direction(m, v), move);
}

/* A normal by the cofactors, with the sign of the determinant: columns b x c, c x a, a x b. */
W3D_INLINE w3d_f4 w3di_mesh_skinning_normal(const w3di_mesh_skinning_matrix *m, w3d_f4 v)
{
    w3di_mesh_skinning_matrix r;
    for (int k = 0; k < 3; k++)
        r.column[k] = w3d_f4_cross3(m->column[(k + 1) % 3], m->column[(k + 2) % 3]);
    w3d_f4 sign = w3d_f4_and(w3d_f4_dot3(r.column[0], m->column[0]), w3d_f4_splat(-0.0f));
    return w3d_f4_xor(w3di_mesh_skinning_direction(&r, v), sign);
}

/* ---- dual quaternions, four vertices at a time, one to a lane ---- */

/* The unit dual quaternions of four vertices, element by element. */
typedef struct w3di_mesh_skinning_motion {
    w3di_mesh_lanes real, dual;
    w3d_f4 real_w, dual_w;
} w3di_mesh_skinning_motion;

/* The sum of the weighted dual quaternions over the length of its real part; 0 where that is 0. */
W3D_INLINE w3di_mesh_skinning_motion w3di_mesh_skinning_mix(const w3d_skinning_bone *bones,
                                                            const w3di_mesh_skinning_source *source,
                                                            const size_t *vertex)
{
    w3d_f4 sum[8];
    for (int k = 0; k < 8; k++) sum[k] = w3d_f4_zero();
    for (uint32_t half = 0; half < source->halves; half++) {
        uint32_t bone[4][4];
        w3d_f4 weight[4];
        for (int lane = 0; lane < 4; lane++) {
            w3di_mesh_skinning_four(source, vertex[lane], half, bone[lane]);
            weight[lane] = w3di_mesh_skinning_weights(source, vertex[lane], half);
        }
        w3d_f4_transpose(&weight[0], &weight[1], &weight[2], &weight[3]);
        for (int k = 0; k < 4; k++) {
            w3d_f4 q[8];
            for (int lane = 0; lane < 4; lane++) {
                q[lane] = w3d_f4_load(bones[bone[lane][k]].value);
                q[4 + lane] = w3d_f4_load(bones[bone[lane][k]].value + 4);
            }
            w3d_f4_transpose(&q[0], &q[1], &q[2], &q[3]);
            w3d_f4_transpose(&q[4], &q[5], &q[6], &q[7]);
            w3d_f4 along =
                w3d_f4_add(w3d_f4_add(w3d_f4_mul(sum[0], q[0]), w3d_f4_mul(sum[1], q[1])),
                           w3d_f4_add(w3d_f4_mul(sum[2], q[2]), w3d_f4_mul(sum[3], q[3])));
            w3d_f4 against = w3d_f4_less(along, w3d_f4_zero());
            w3d_f4 factor = w3d_f4_xor(weight[k], w3d_f4_and(against, w3d_f4_splat(-0.0f)));
            for (int i = 0; i < 8; i++) sum[i] = w3d_f4_add(sum[i], w3d_f4_mul(q[i], factor));
        }
    }
    w3di_mesh_skinning_motion r;
    w3d_f4 square = w3d_f4_add(w3d_f4_add(w3d_f4_mul(sum[0], sum[0]), w3d_f4_mul(sum[1], sum[1])),
                               w3d_f4_add(w3d_f4_mul(sum[2], sum[2]), w3d_f4_mul(sum[3], sum[3])));
    w3d_f4 inverse = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_sqrt(square));
    inverse = w3d_f4_andnot(inverse, w3d_f4_equal(square, w3d_f4_zero()));
    r.real.x = w3d_f4_mul(sum[0], inverse);
    r.real.y = w3d_f4_mul(sum[1], inverse);
    r.real.z = w3d_f4_mul(sum[2], inverse);
    r.real_w = w3d_f4_mul(sum[3], inverse);
    r.dual.x = w3d_f4_mul(sum[4], inverse);
    r.dual.y = w3d_f4_mul(sum[5], inverse);
    r.dual.z = w3d_f4_mul(sum[6], inverse);
    r.dual_w = w3d_f4_mul(sum[7], inverse);
    return r;
}

W3D_INLINE w3di_mesh_lanes w3di_mesh_skinning_add(w3di_mesh_lanes a, w3di_mesh_lanes b)
{
    a.x = w3d_f4_add(a.x, b.x);
    a.y = w3d_f4_add(a.y, b.y);
    a.z = w3d_f4_add(a.z, b.z);
    return a;
}

/* v + 2 r x (r x v + w v) */
W3D_INLINE w3di_mesh_lanes w3di_mesh_skinning_rotate(const w3di_mesh_skinning_motion *q,
                                                     w3di_mesh_lanes v)
{
    w3di_mesh_lanes t = w3di_mesh_skinning_add(w3di_mesh_lanes_cross(q->real, v),
                                               w3di_mesh_lanes_mul(v, q->real_w));
    t = w3di_mesh_lanes_cross(q->real, t);
    return w3di_mesh_skinning_add(v, w3di_mesh_skinning_add(t, t));
}

/* The same, and 2 (w d - e r + r x d) for the dual part d, e. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_skinning_carry(const w3di_mesh_skinning_motion *q,
                                                    w3di_mesh_lanes v)
{
    w3di_mesh_lanes move = w3di_mesh_lanes_sub(w3di_mesh_lanes_mul(q->dual, q->real_w),
                                               w3di_mesh_lanes_mul(q->real, q->dual_w));
    move = w3di_mesh_skinning_add(move, w3di_mesh_lanes_cross(q->real, q->dual));
    return w3di_mesh_skinning_add(w3di_mesh_skinning_rotate(q, v),
                                  w3di_mesh_skinning_add(move, move));
}

/* ---- ranges ---- */

/* Four rows of an array; rows of tangents have 16 bytes. */
W3D_INLINE void w3di_mesh_skinning_get(const w3d_skinning_rows *array, uint32_t row_size,
                                       size_t vertex, size_t count, int more, w3d_f4 *row)
{
    size_t stride = array->stride ? array->stride : row_size;
    const float *from = (const float *)(const void *)((const char *)array->rows + vertex * stride);
    if (row_size == 12) {
        w3di_mesh_lanes_get(from, stride, count, more, row);
        return;
    }
    for (uint32_t i = 0; i < 4; i++)
        row[i] = w3d_f4_load(w3di_mesh_lanes_row(from, stride, i < count ? i : 0));
}

W3D_INLINE float *w3di_mesh_skinning_to(float *rows, size_t stride, size_t vertex)
{
    return (float *)(void *)((char *)rows + vertex * stride);
}

/* Unit length, and w from where it came. */
W3D_INLINE void w3di_mesh_skinning_put_tangents(const w3d_mesh_skinning_out *out, size_t vertex,
                                                size_t count, w3d_f4 *row, const w3d_f4 *from)
{
    size_t stride = out->tangent_stride ? out->tangent_stride : 16;
    w3d_f4 xyz = w3d_f4_bits_i4(w3d_i4_set(-1, -1, -1, 0));
    w3di_mesh_lanes_unit_rows(row);
    for (size_t i = 0; i < count; i++)
        w3d_f4_store(w3di_mesh_skinning_to(out->tangents, stride, vertex + i),
                     w3d_f4_select(xyz, row[i], from[i]));
}

/* What there is to do. */
typedef struct w3di_mesh_skinning_parts {
    int positions, normals, tangents, exact;
} w3di_mesh_skinning_parts;

W3D_INLINE void w3di_mesh_skinning_matrices(const w3d_mesh_skinning_desc *desc,
                                            const w3d_mesh_skinning_out *out,
                                            const w3di_mesh_skinning_source *source,
                                            const w3di_mesh_skinning_parts *parts, uint32_t end)
{
    size_t stride = out->position_stride ? out->position_stride : 12;
    size_t normal_stride = out->normal_stride ? out->normal_stride : 12;
    int positions = parts->positions, normals = parts->normals, tangents = parts->tangents;
    for (size_t vertex = desc->begin; vertex < end; vertex += 4) {
        size_t left = end - vertex, count = left < 4 ? left : 4;
        w3d_f4 point[4], normal[4], tangent[4], moved[4];
        if (positions) w3di_mesh_skinning_get(&desc->positions, 12, vertex, count, left > 4, point);
        if (normals) w3di_mesh_skinning_get(&desc->normals, 12, vertex, count, left > 4, normal);
        if (tangents) w3di_mesh_skinning_get(&desc->tangents, 16, vertex, count, left > 4, tangent);
        for (size_t i = 0; i < 4; i++) {
            w3di_mesh_skinning_matrix m =
                w3di_mesh_skinning_blend(desc->bones, source, vertex + (i < count ? i : 0));
            if (positions) point[i] = w3di_mesh_skinning_point(&m, point[i]);
            if (normals)
                normal[i] = parts->exact ? w3di_mesh_skinning_normal(&m, normal[i])
                                         : w3di_mesh_skinning_direction(&m, normal[i]);
            if (tangents) moved[i] = w3di_mesh_skinning_direction(&m, tangent[i]);
        }
        if (positions)
            w3di_mesh_lanes_put(w3di_mesh_skinning_to(out->positions, stride, vertex), stride,
                                point, count);
        if (normals) {
            w3di_mesh_lanes_unit_rows(normal);
            w3di_mesh_lanes_put(w3di_mesh_skinning_to(out->normals, normal_stride, vertex),
                                normal_stride, normal, count);
        }
        if (tangents) w3di_mesh_skinning_put_tangents(out, vertex, count, moved, tangent);
    }
}

/* Positions and normals with four float weights: the same, compiled for that alone. */
W3DI_MESH_SKINNING_APART void w3di_mesh_skinning_usual(const w3d_mesh_skinning_desc *desc,
                                                       const w3d_mesh_skinning_out *out,
                                                       const w3di_mesh_skinning_source *from,
                                                       uint32_t end)
{
    w3di_mesh_skinning_source source;
    w3di_mesh_skinning_parts parts;
    source.indices = from->indices;
    source.weights = from->weights;
    source.index_stride = from->index_stride;
    source.weight_stride = from->weight_stride;
    source.halves = 1;
    source.bytes = source.unorm = 0;
    parts.positions = parts.normals = 1;
    parts.tangents = parts.exact = 0;
    w3di_mesh_skinning_matrices(desc, out, &source, &parts, end);
}

W3DI_MESH_SKINNING_APART void w3di_mesh_skinning_motions(const w3d_mesh_skinning_desc *desc,
                                                         const w3d_mesh_skinning_out *out,
                                                         const w3di_mesh_skinning_source *source,
                                                         uint32_t end)
{
    size_t stride = out->position_stride ? out->position_stride : 12;
    size_t normal_stride = out->normal_stride ? out->normal_stride : 12;
    for (size_t vertex = desc->begin; vertex < end; vertex += 4) {
        size_t left = end - vertex, count = left < 4 ? left : 4, from[4];
        w3d_f4 row[4], tangent[4];
        for (size_t i = 0; i < 4; i++) from[i] = vertex + (i < count ? i : 0);
        w3di_mesh_skinning_motion motion = w3di_mesh_skinning_mix(desc->bones, source, from);
        if (desc->positions.rows) {
            w3di_mesh_skinning_get(&desc->positions, 12, vertex, count, left > 4, row);
            w3di_mesh_lanes v = w3di_mesh_lanes_of_rows(row);
            w3di_mesh_lanes_scatter(w3di_mesh_skinning_to(out->positions, stride, vertex), stride,
                                    w3di_mesh_skinning_carry(&motion, v), count);
        }
        if (desc->normals.rows) {
            w3di_mesh_skinning_get(&desc->normals, 12, vertex, count, left > 4, row);
            w3di_mesh_lanes v = w3di_mesh_lanes_of_rows(row);
            v = w3di_mesh_lanes_unit(w3di_mesh_skinning_rotate(&motion, v));
            w3di_mesh_lanes_scatter(w3di_mesh_skinning_to(out->normals, normal_stride, vertex),
                                    normal_stride, v, count);
        }
        if (!desc->tangents.rows) continue;
        w3di_mesh_skinning_get(&desc->tangents, 16, vertex, count, left > 4, tangent);
        w3di_mesh_lanes v = w3di_mesh_skinning_rotate(&motion, w3di_mesh_lanes_of_rows(tangent));
        w3di_mesh_lanes_rows rows = w3di_mesh_lanes_to_rows(v);
        w3di_mesh_skinning_put_tangents(out, vertex, count, rows.row, tangent);
    }
}

/* 1 where an array that is read has a place to go, and strides that hold `row_size` bytes. */
W3D_INLINE int w3di_mesh_skinning_rows_kept(const w3d_skinning_rows *in, const float *out,
                                            uint32_t out_stride, uint32_t row_size)
{
    uint32_t stride = in->stride ? in->stride : row_size;
    if (!in->rows) return 1;
    if (out_stride == 0) out_stride = row_size;
    return out && stride >= row_size && stride % 4 == 0 && out_stride >= row_size &&
           out_stride % 4 == 0 && (in->rows != out || stride == out_stride);
}

W3D_API w3d_result w3d_mesh_skinning(const w3d_mesh_skinning_desc *desc,
                                     const w3d_mesh_skinning_out *out)
{
    int kept =
        desc && out && (desc->influences == 0 || desc->influences == 4 || desc->influences == 8);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t end = desc->end ? desc->end : desc->vertex_count;
    uint32_t influences = desc->influences ? desc->influences : 4;
    uint32_t element = desc->index_kind == W3D_SKINNING_INDEX_U8 ? 1 : 2;
    uint32_t weight = desc->weight_kind == W3D_SKINNING_WEIGHT_UNORM8 ? 1 : 4;
    w3di_mesh_skinning_source source;
    source.indices = (const unsigned char *)desc->indices;
    source.weights = (const unsigned char *)desc->weights;
    source.index_stride = desc->index_stride ? desc->index_stride : influences * element;
    source.weight_stride = desc->weight_stride ? desc->weight_stride : influences * weight;
    source.bytes = element == 1;
    source.unorm = weight == 1;
    source.halves = influences / 4;
    kept =
        (unsigned)desc->mode <= 1u && (unsigned)desc->index_kind <= 1u &&
        (unsigned)desc->weight_kind <= 1u && desc->begin <= end && end <= desc->vertex_count &&
        ((desc->indices && desc->weights) || desc->vertex_count == 0) &&
        (desc->bones || desc->bone_count == 0) && source.index_stride >= influences * element &&
        source.index_stride % element == 0 && source.weight_stride >= influences * weight &&
        source.weight_stride % weight == 0 &&
        w3di_mesh_skinning_rows_kept(&desc->positions, out->positions, out->position_stride, 12) &&
        w3di_mesh_skinning_rows_kept(&desc->normals, out->normals, out->normal_stride, 12) &&
        w3di_mesh_skinning_rows_kept(&desc->tangents, out->tangents, out->tangent_stride, 16);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_skinning_inside(&source, desc->begin, end, desc->bone_count))
        return W3D_ERR_INDEX;
    if (desc->mode == W3D_SKINNING_DUAL_QUATERNION) {
        w3di_mesh_skinning_motions(desc, out, &source, end);
        return W3D_OK;
    }
    w3di_mesh_skinning_parts parts;
    parts.positions = desc->positions.rows != NULL;
    parts.normals = desc->normals.rows != NULL;
    parts.tangents = desc->tangents.rows != NULL;
    parts.exact = desc->exact_normals != 0;
    if (source.halves == 1 && !source.bytes && !source.unorm && parts.positions && parts.normals &&
        !parts.tangents && !parts.exact) {
        w3di_mesh_skinning_usual(desc, out, &source, end);
    } else {
        w3di_mesh_skinning_matrices(desc, out, &source, &parts, end);
    }
    return W3D_OK;
}

#undef W3DI_MESH_SKINNING_APART

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
