/* mesh_tangents_space.h - the arithmetic of tangents, four triangles at once; private.
 *
 * Every sum and product is taken in the order of mikktspace.c, so that the bits are the same. Its
 * "not zero" is: larger than the smallest normal float. */
#ifndef W3D_MESH_TANGENTS_SPACE_H
#define W3D_MESH_TANGENTS_SPACE_H

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

#define W3DI_MESH_TANGENTS_ARCS 96u /* arc cosines that are worked together */

/* Four vectors, one in each lane. */
typedef struct w3di_mesh_tangents_vec {
    w3d_f4 x, y, z;
} w3di_mesh_tangents_vec;

W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_sub(w3di_mesh_tangents_vec a,
                                                         w3di_mesh_tangents_vec b)
{
    a.x = w3d_f4_sub(a.x, b.x);
    a.y = w3d_f4_sub(a.y, b.y);
    a.z = w3d_f4_sub(a.z, b.z);
    return a;
}
W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_scale(w3di_mesh_tangents_vec a, w3d_f4 s)
{
    a.x = w3d_f4_mul(a.x, s);
    a.y = w3d_f4_mul(a.y, s);
    a.z = w3d_f4_mul(a.z, s);
    return a;
}
W3D_INLINE w3d_f4 w3di_mesh_tangents_dot(w3di_mesh_tangents_vec a, w3di_mesh_tangents_vec b)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_mul(a.x, b.x), w3d_f4_mul(a.y, b.y)), w3d_f4_mul(a.z, b.z));
}
W3D_INLINE w3d_f4 w3di_mesh_tangents_not_zero(w3d_f4 a)
{
    return w3d_f4_less(w3d_f4_splat(FLT_MIN), w3d_f4_abs(a));
}

/* The part of `a` across the normal, of any length. */
W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_across(w3di_mesh_tangents_vec a,
                                                            w3di_mesh_tangents_vec normal)
{
    w3d_f4 along = w3di_mesh_tangents_dot(normal, a);
    return w3di_mesh_tangents_sub(a, w3di_mesh_tangents_scale(normal, along));
}

/* Unit length, or as it is where every part is as good as 0. Where the square of the length is not
 * 0 some part is not either, so what has to be looked at is seldom looked at. */
W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_unit(w3di_mesh_tangents_vec a)
{
    const w3d_f4 one = w3d_f4_splat(1.0f);
    w3d_f4 square = w3di_mesh_tangents_dot(a, a);
    w3d_f4 rate = w3d_f4_div(one, w3d_f4_sqrt(square));
    if (w3d_f4_mask(w3d_f4_less(w3d_f4_zero(), square)) != 15) {
        w3d_f4 some = w3d_f4_or(w3di_mesh_tangents_not_zero(a.x),
                                w3d_f4_or(w3di_mesh_tangents_not_zero(a.y),
                                          w3di_mesh_tangents_not_zero(a.z)));
        rate = w3d_f4_select(some, rate, one);
    }
    return w3di_mesh_tangents_scale(a, rate);
}

/* 0 in the lanes that are not in the mask. */
W3D_INLINE void w3di_mesh_tangents_keep(w3di_mesh_tangents_vec *a, w3d_f4 mask)
{
    a->x = w3d_f4_and(a->x, mask);
    a->y = w3d_f4_and(a->y, mask);
    a->z = w3d_f4_and(a->z, mask);
}

/* What the maps of four triangles say of the triangles. */
typedef struct w3di_mesh_tangents_map {
    w3di_mesh_tangents_vec s, t; /* where u and v grow, of unit length or 0 */
    int positive;                /* a bit for each: mapped without mirroring */
    int good;                    /* a bit for each: the map has an area      */
} w3di_mesh_tangents_map;

/* The derivatives of position by texture coordinate (equations 18 and 19).
 *
 *   p   the corners;  u, v   their texture coordinates */
W3D_INLINE w3di_mesh_tangents_map w3di_mesh_tangents_derive(const w3di_mesh_tangents_vec *p,
                                                            const w3d_f4 *u, const w3d_f4 *v)
{
    w3di_mesh_tangents_map map;
    const w3d_f4 one = w3d_f4_splat(1.0f);
    w3d_f4 u1 = w3d_f4_sub(u[1], u[0]), v1 = w3d_f4_sub(v[1], v[0]);
    w3d_f4 u2 = w3d_f4_sub(u[2], u[0]), v2 = w3d_f4_sub(v[2], v[0]);
    w3di_mesh_tangents_vec d1 = w3di_mesh_tangents_sub(p[1], p[0]);
    w3di_mesh_tangents_vec d2 = w3di_mesh_tangents_sub(p[2], p[0]);
    w3d_f4 area = w3d_f4_sub(w3d_f4_mul(u1, v2), w3d_f4_mul(v1, u2));
    map.s =
        w3di_mesh_tangents_sub(w3di_mesh_tangents_scale(d1, v2), w3di_mesh_tangents_scale(d2, v1));
    map.t =
        w3di_mesh_tangents_sub(w3di_mesh_tangents_scale(d2, u1), w3di_mesh_tangents_scale(d1, u2));
    w3d_f4 positive = w3d_f4_less(w3d_f4_zero(), area);
    w3d_f4 has_area = w3di_mesh_tangents_not_zero(area);
    w3d_f4 sign = w3d_f4_or(one, w3d_f4_andnot(w3d_f4_splat(-0.0f), positive));
    w3d_f4 s_length = w3d_f4_sqrt(w3di_mesh_tangents_dot(map.s, map.s));
    w3d_f4 t_length = w3d_f4_sqrt(w3di_mesh_tangents_dot(map.t, map.t));
    map.s = w3di_mesh_tangents_scale(map.s, w3d_f4_div(sign, s_length));
    map.t = w3di_mesh_tangents_scale(map.t, w3d_f4_div(sign, t_length));
    w3di_mesh_tangents_keep(&map.s, w3d_f4_and(has_area, w3di_mesh_tangents_not_zero(s_length)));
    w3di_mesh_tangents_keep(&map.t, w3d_f4_and(has_area, w3di_mesh_tangents_not_zero(t_length)));
    w3d_f4 size = w3d_f4_abs(area);
    w3d_f4 good = w3d_f4_and(w3di_mesh_tangents_not_zero(w3d_f4_div(s_length, size)),
                             w3di_mesh_tangents_not_zero(w3d_f4_div(t_length, size)));
    map.positive = w3d_f4_mask(positive);
    map.good = w3d_f4_mask(w3d_f4_and(good, has_area));
    return map;
}

/* 1 for each triangle with two corners in one place. */
W3D_INLINE int w3di_mesh_tangents_flat(const w3di_mesh_tangents_vec *p)
{
    w3d_f4 flat = w3d_f4_zero();
    for (int k = 0; k < 3; k++) {
        const w3di_mesh_tangents_vec *a = p + k, *b = p + (k + 1) % 3;
        flat =
            w3d_f4_or(flat,
                      w3d_f4_and(w3d_f4_equal(a->x, b->x),
                                 w3d_f4_and(w3d_f4_equal(a->y, b->y), w3d_f4_equal(a->z, b->z))));
    }
    return w3d_f4_mask(flat);
}

/* The cosine of the angle between two edges seen along the normal, within [-1, 1] or NaN. */
W3D_INLINE w3d_f4 w3di_mesh_tangents_cosine(w3di_mesh_tangents_vec a, w3di_mesh_tangents_vec b,
                                            w3di_mesh_tangents_vec normal)
{
    a = w3di_mesh_tangents_unit(w3di_mesh_tangents_across(a, normal));
    b = w3di_mesh_tangents_unit(w3di_mesh_tangents_across(b, normal));
    w3d_f4 cosine = w3di_mesh_tangents_dot(a, b);
    /* the second argument is kept where it is NaN */
    return w3d_f4_max(w3d_f4_splat(-1.0f), w3d_f4_min(w3d_f4_splat(1.0f), cosine));
}

/* The arc cosines of floats, worked in double to 1e-15 and rounded to float at the end.
 *
 * arcsin z = z (1 + w q(w)) with w = z^2 in [0, 1/4]; q is the Chebyshev interpolation there.
 * Larger cosines are halved: arccos x = 2 arcsin sqrt((1 - x) / 2). The root is that of a float
 * with one step of Newton in double: the remainder d = w - r^2 is exact, and h = 1 / 2r is
 * corrected too. All choices are made in float, four at once, so that the doubles are sums and
 * products only, which compilers make vectors of.
 *
 *   angles   in/out  `count` cosines, then angles; at most ARCS, a multiple of 4 */
static inline void w3di_mesh_tangents_arcs(float *angles, uint32_t count)
{
    const w3d_f4 one = w3d_f4_splat(1.0f), half = w3d_f4_splat(0.5f);
    const w3d_f4 two = w3d_f4_splat(2.0f), top = w3d_f4_splat(-0.0f);
    float r[W3DI_MESH_TANGENTS_ARCS], h[W3DI_MESH_TANGENTS_ARCS], w[W3DI_MESH_TANGENTS_ARCS];
    float is_large[W3DI_MESH_TANGENTS_ARCS], base[W3DI_MESH_TANGENTS_ARCS];
    float factor[W3DI_MESH_TANGENTS_ARCS];
    for (uint32_t i = 0; i < count; i += 4) {
        w3d_f4 x = w3d_f4_load(angles + i), size = w3d_f4_abs(x), sign = w3d_f4_and(x, top);
        w3d_f4 large = w3d_f4_less(half, size);
        w3d_f4 square = w3d_f4_mul(w3d_f4_sub(one, size), half);
        w3d_f4 root = w3d_f4_select(large, w3d_f4_sqrt(square), size);
        w3d_f4 rate =
            w3d_f4_and(w3d_f4_div(half, root), w3d_f4_and(large, w3d_f4_less(w3d_f4_zero(), root)));
        w3d_f4 obtuse = w3d_f4_less(x, w3d_f4_zero());
        w3d_f4_store(r + i, root);
        w3d_f4_store(h + i, rate);
        w3d_f4_store(w + i, w3d_f4_and(large, square));
        w3d_f4_store(is_large + i, w3d_f4_and(large, one));
        /* acute: 2 arcsin or pi/2 - arcsin; obtuse: pi less that */
        w3d_f4_store(base + i, w3d_f4_select(large, w3d_f4_and(obtuse, two), one));
        w3d_f4_store(factor + i, w3d_f4_xor(w3d_f4_select(large, two, w3d_f4_negate(one)), sign));
    }
    for (uint32_t i = 0; i < count; i++) {
        double z = (double)r[i], rate = (double)h[i], z2 = z * z;
        double rest = ((double)w[i] - z2) * (double)is_large[i], step = rest * rate;
        double v = z2 + rest, v2 = v * v, v4 = v2 * v2, turn = z * rate;
        double a = 0.16666666666666648628 + 0.075000000000207643609 * v;
        double b = 0.044642857103423643363 + 0.030381947367098481126 * v;
        double c = 0.022372047631744510379 + 0.017355259955786321748 * v;
        double d = 0.013929652902326633248 + 0.0118754943826369232 * v;
        double e = 0.0078029494773533171436 + 0.016035514349148823079 * v;
        double f = -0.010749050339697807562 + 0.028169218060881412899 * v;
        double q = (a + b * v2) + ((c + d * v2) + (e + f * v2) * v4) * v4;
        z = z + (step + step * (1.0 - (turn + turn)));
        double sine = z + z * (v * q);
        angles[i] = (float)((double)base[i] * 1.5707963267948966 + (double)factor[i] * sine);
    }
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_TANGENTS_SPACE_H */
