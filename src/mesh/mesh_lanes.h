/* mesh_lanes.h - vectors four at a time, one in each lane, and the way between rows and lanes;
 * private to the mesh kernels. */
#ifndef W3D_MESH_LANES_H
#define W3D_MESH_LANES_H

#include "core/simd.h"

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

/* Four vectors, one to a lane. */
typedef struct w3di_mesh_lanes {
    w3d_f4 x, y, z;
} w3di_mesh_lanes;

W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_sub(w3di_mesh_lanes a, w3di_mesh_lanes b)
{
    a.x = w3d_f4_sub(a.x, b.x);
    a.y = w3d_f4_sub(a.y, b.y);
    a.z = w3d_f4_sub(a.z, b.z);
    return a;
}
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_mul(w3di_mesh_lanes a, w3d_f4 factor)
{
    a.x = w3d_f4_mul(a.x, factor);
    a.y = w3d_f4_mul(a.y, factor);
    a.z = w3d_f4_mul(a.z, factor);
    return a;
}
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_and(w3di_mesh_lanes a, w3d_f4 mask)
{
    a.x = w3d_f4_and(a.x, mask);
    a.y = w3d_f4_and(a.y, mask);
    a.z = w3d_f4_and(a.z, mask);
    return a;
}
W3D_INLINE w3d_f4 w3di_mesh_lanes_dot(w3di_mesh_lanes a, w3di_mesh_lanes b)
{
    w3d_f4 xy = w3d_f4_add(w3d_f4_mul(a.x, b.x), w3d_f4_mul(a.y, b.y));
    return w3d_f4_add(xy, w3d_f4_mul(a.z, b.z));
}
W3D_INLINE w3d_f4 w3di_mesh_lanes_largest(w3di_mesh_lanes a)
{
    return w3d_f4_max(w3d_f4_max(w3d_f4_abs(a.x), w3d_f4_abs(a.y)), w3d_f4_abs(a.z));
}

/* The power of two that brings a positive lane to [1, 2); the nearest there is for subnormal
 * lanes and those above 2^126; some power of two for zero, infinity and NaN. */
W3D_INLINE w3d_f4 w3di_mesh_lanes_power(w3d_f4 a)
{
    w3d_i4 exponent = w3d_i4_and(w3d_i4_bits_f4(a), w3d_i4_splat(0x7F800000));
    w3d_i4 opposite = w3d_i4_sub(w3d_i4_splat(0x7F000000), exponent);
    return w3d_f4_bits_i4(w3d_i4_max(opposite, w3d_i4_splat(0x00800000)));
}

/* 1 where every lane lies in [low, high]. */
W3D_INLINE int w3di_mesh_lanes_between(w3d_f4 low, w3d_f4 a, w3d_f4 high)
{
    return w3d_f4_mask(w3d_f4_and(w3d_f4_lesseq(low, a), w3d_f4_lesseq(a, high))) == 15;
}

/* Unit length; (0, 0, 0) in lanes that are zero or not finite. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_unit(w3di_mesh_lanes a)
{
    w3d_f4 square = w3di_mesh_lanes_dot(a, a), proper = w3d_f4_bits_i4(w3d_i4_splat(-1));
    if (!w3di_mesh_lanes_between(w3d_f4_splat(1e-20f), square, w3d_f4_splat(1e20f))) {
        a = w3di_mesh_lanes_mul(a, w3di_mesh_lanes_power(w3di_mesh_lanes_largest(a)));
        square = w3di_mesh_lanes_dot(a, a);
        proper = w3d_f4_and(w3d_f4_less(w3d_f4_zero(), square),
                            w3d_f4_lesseq(square, w3d_f4_splat(FLT_MAX)));
    }
    w3d_f4 inverse = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_sqrt(square));
    return w3di_mesh_lanes_and(w3di_mesh_lanes_mul(a, inverse), proper);
}

W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_cross(w3di_mesh_lanes a, w3di_mesh_lanes b)
{
    w3di_mesh_lanes n;
    n.x = w3d_f4_sub(w3d_f4_mul(a.y, b.z), w3d_f4_mul(a.z, b.y));
    n.y = w3d_f4_sub(w3d_f4_mul(a.z, b.x), w3d_f4_mul(a.x, b.z));
    n.z = w3d_f4_sub(w3d_f4_mul(a.x, b.y), w3d_f4_mul(a.y, b.x));
    return n;
}

/* ---- rows of memory and lanes ---- */

W3D_INLINE const float *w3di_mesh_lanes_row(const float *rows, size_t stride, uint32_t index)
{
    return (const float *)(const void *)((const char *)rows + (size_t)index * stride);
}

/* Four rows to lanes; 16 bytes of each row are read. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_gather(const float *a, const float *b, const float *c,
                                                  const float *d)
{
    w3d_f4 x = w3d_f4_load(a), y = w3d_f4_load(b), z = w3d_f4_load(c), w = w3d_f4_load(d);
    w3d_f4_transpose(&x, &y, &z, &w);
    w3di_mesh_lanes v;
    v.x = x;
    v.y = y;
    v.z = z;
    return v;
}

/* Reads `count` rows, 1 to 4, `stride` bytes apart; others repeat the first. `more`: another row
 * follows, so 16 bytes of each can be read; else 12 are. */
W3D_INLINE void w3di_mesh_lanes_get(const float *rows, size_t stride, size_t count, int more,
                                    w3d_f4 *out)
{
    if (more)
        for (uint32_t i = 0; i < 4; i++) out[i] = w3d_f4_load(w3di_mesh_lanes_row(rows, stride, i));
    else
        for (uint32_t i = 0; i < 4; i++)
            out[i] = w3d_f4_load3(w3di_mesh_lanes_row(rows, stride, i < count ? i : 0));
}

/* Rows to lanes; their w is dropped. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_of_rows(const w3d_f4 *row)
{
    w3di_mesh_lanes v;
    w3d_f4 x = row[0], y = row[1], z = row[2], w = row[3];
    w3d_f4_transpose(&x, &y, &z, &w);
    v.x = x;
    v.y = y;
    v.z = z;
    return v;
}

/* The two together. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_lanes_gather_some(const float *rows, size_t stride,
                                                       size_t count, int more)
{
    w3d_f4 row[4];
    w3di_mesh_lanes_get(rows, stride, count, more, row);
    return w3di_mesh_lanes_of_rows(row);
}

/* Lanes back to rows, each with a zero in w. */
typedef struct w3di_mesh_lanes_rows {
    w3d_f4 row[4];
} w3di_mesh_lanes_rows;

W3D_INLINE w3di_mesh_lanes_rows w3di_mesh_lanes_to_rows(w3di_mesh_lanes v)
{
    w3di_mesh_lanes_rows rows;
    rows.row[0] = v.x;
    rows.row[1] = v.y;
    rows.row[2] = v.z;
    rows.row[3] = w3d_f4_zero();
    w3d_f4_transpose(&rows.row[0], &rows.row[1], &rows.row[2], &rows.row[3]);
    return rows;
}

/* Unit length for four vectors in rows, to the bit as w3di_mesh_lanes_unit; w is not looked at. */
W3D_INLINE void w3di_mesh_lanes_unit_rows(w3d_f4 *row)
{
    w3di_mesh_lanes square;
    w3d_f4 last = w3d_f4_mul(row[3], row[3]);
    square.x = w3d_f4_mul(row[0], row[0]);
    square.y = w3d_f4_mul(row[1], row[1]);
    square.z = w3d_f4_mul(row[2], row[2]);
    w3d_f4_transpose(&square.x, &square.y, &square.z, &last);
    w3d_f4 sum = w3d_f4_add(w3d_f4_add(square.x, square.y), square.z);
    if (w3di_mesh_lanes_between(w3d_f4_splat(1e-20f), sum, w3d_f4_splat(1e20f))) {
        w3d_f4 inverse = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_sqrt(sum));
        row[0] = w3d_f4_mul(row[0], w3d_f4_xxxx(inverse));
        row[1] = w3d_f4_mul(row[1], w3d_f4_yyyy(inverse));
        row[2] = w3d_f4_mul(row[2], w3d_f4_zzzz(inverse));
        row[3] = w3d_f4_mul(row[3], w3d_f4_wwww(inverse));
        return;
    }
    w3di_mesh_lanes v;
    w3d_f4_transpose(&row[0], &row[1], &row[2], &row[3]);
    v.x = row[0];
    v.y = row[1];
    v.z = row[2];
    w3di_mesh_lanes_rows rows = w3di_mesh_lanes_to_rows(w3di_mesh_lanes_unit(v));
    for (int i = 0; i < 4; i++) row[i] = rows.row[i];
}

/* Stores the first `count` of four rows of three floats; packed rows in whole vectors, each running
 * into the next row before that is stored itself. */
W3D_INLINE void w3di_mesh_lanes_put(float *rows, size_t stride, const w3d_f4 *from, size_t count)
{
    if (count == 4 && stride == 12) {
        for (int i = 0; i < 3; i++) w3d_f4_store(rows + 3 * i, from[i]);
        w3d_f4_store3(rows + 9, from[3]);
        return;
    }
    for (size_t i = 0; i < count; i++)
        w3d_f4_store3((float *)(void *)((char *)rows + i * stride), from[i]);
}

/* The first `count` lanes to rows. */
W3D_INLINE void w3di_mesh_lanes_scatter(float *rows, size_t stride, w3di_mesh_lanes v, size_t count)
{
    w3di_mesh_lanes_rows from = w3di_mesh_lanes_to_rows(v);
    w3di_mesh_lanes_put(rows, stride, from.row, count);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_LANES_H */
