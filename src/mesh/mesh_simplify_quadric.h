/* mesh_simplify_quadric.h - points of a mesh being simplified and their error quadrics; private.
 *
 * A quadric is the sum, over the planes of the triangles it was made of, of area times squared
 * distance: d'Ad + 2 b'd + c, where d is measured from the point that carries it. Measured from
 * there and not from the origin, floats are exact enough however small the triangles are, and a
 * quadric moves with its point by three short lines.
 * Source: Garland, Heckbert 1997, "Surface simplification using quadric error metrics"; borders:
 * Garland, Heckbert 1998, "Simplifying surfaces with color and texture", section 4. */
#ifndef W3D_MESH_SIMPLIFY_QUADRIC_H
#define W3D_MESH_SIMPLIFY_QUADRIC_H

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

/* What is known of a point, as bits of `flags`. */
#define W3DI_MESH_SIMPLIFY_BORDER 1u /* on the rim of the surface                          */
#define W3DI_MESH_SIMPLIFY_PINNED 2u /* never moves: locked, no fan with a rim, too crowded */
#define W3DI_MESH_SIMPLIFY_SEAM   4u /* several vertices lie here                          */
#define W3DI_MESH_SIMPLIFY_GONE   8u
#define W3DI_MESH_SIMPLIFY_QUEUED 16u
#define W3DI_MESH_SIMPLIFY_MOVED  32u
#define W3DI_MESH_SIMPLIFY_MANY   64u /* not one fan, but without a rim: see ..._collapse.h */

/* One cache line. */
typedef struct w3di_mesh_simplify_point {
    float position[3];
    float a[6]; /* xx yy zz xy yz zx */
    float b[3];
    float c;
    float weight;  /* the area whose planes the quadric holds                 */
    uint32_t star; /* where its triangles are listed                          */
    uint16_t count;
    uint16_t flags;
} w3di_mesh_simplify_point;

W3D_INLINE void w3di_mesh_simplify_sub(const float *a, const float *b, float *out)
{
    out[0] = a[0] - b[0];
    out[1] = a[1] - b[1];
    out[2] = a[2] - b[2];
}

W3D_INLINE float w3di_mesh_simplify_dot(const float *a, const float *b)
{
    return (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2];
}

W3D_INLINE void w3di_mesh_simplify_cross(const float *a, const float *b, float *out)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* A d, with A as in a point. */
W3D_INLINE void w3di_mesh_simplify_apply(const float *a, const float *d, float *out)
{
    out[0] = (a[0] * d[0] + a[3] * d[1]) + a[5] * d[2];
    out[1] = (a[3] * d[0] + a[1] * d[1]) + a[4] * d[2];
    out[2] = (a[5] * d[0] + a[4] * d[1]) + a[2] * d[2];
}

/* The quadric's value at d from its point. */
W3D_INLINE float w3di_mesh_simplify_error(const w3di_mesh_simplify_point *p, const float *d)
{
    float ad[3];
    w3di_mesh_simplify_apply(p->a, d, ad);
    return (((ad[0] + 2.0f * p->b[0]) * d[0] + (ad[1] + 2.0f * p->b[1]) * d[1]) +
            (ad[2] + 2.0f * p->b[2]) * d[2]) +
           p->c;
}

/* ---- the same with four lanes, where it is asked for often; the fourth lane means nothing ---- */

W3D_INLINE w3d_f4 w3di_mesh_simplify_at(const w3di_mesh_simplify_point *p)
{
    return w3d_f4_load(p->position);
}

W3D_INLINE float w3di_mesh_simplify_sum(w3d_f4 v)
{
    w3d_f4 y = w3d_f4_yyyy(v), z = w3d_f4_zzzz(v);
    return w3d_f4_x(w3d_f4_add(w3d_f4_add(v, y), z));
}

/* A quadric laid out to be asked for many places: columns of A, twice b. */
typedef struct w3di_mesh_simplify_form {
    w3d_f4 x, y, z, b, at;
    float c;
} w3di_mesh_simplify_form;

W3D_INLINE w3di_mesh_simplify_form w3di_mesh_simplify_form_of(const w3di_mesh_simplify_point *p)
{
    w3di_mesh_simplify_form form;
    form.x = w3d_f4_set(p->a[0], p->a[3], p->a[5], 0.0f);
    form.y = w3d_f4_set(p->a[3], p->a[1], p->a[4], 0.0f);
    form.z = w3d_f4_set(p->a[5], p->a[4], p->a[2], 0.0f);
    form.b = w3d_f4_set(2.0f * p->b[0], 2.0f * p->b[1], 2.0f * p->b[2], 0.0f);
    form.at = w3di_mesh_simplify_at(p);
    form.c = p->c;
    return form;
}

/* The quadric's value where point q lies. */
W3D_INLINE float w3di_mesh_simplify_form_error(const w3di_mesh_simplify_form *form,
                                               const w3di_mesh_simplify_point *q)
{
    w3d_f4 d = w3d_f4_sub(w3di_mesh_simplify_at(q), form->at);
    w3d_f4 ad =
        w3d_f4_add(w3d_f4_mul(form->x, w3d_f4_xxxx(d)), w3d_f4_mul(form->y, w3d_f4_yyyy(d)));
    ad = w3d_f4_add(ad, w3d_f4_add(w3d_f4_mul(form->z, w3d_f4_zzzz(d)), form->b));
    return w3di_mesh_simplify_sum(w3d_f4_mul(ad, d)) + form->c;
}

/* a x b */
W3D_INLINE w3d_f4 w3di_mesh_simplify_cross4(w3d_f4 a, w3d_f4 b)
{
    w3d_f4 c = w3d_f4_sub(w3d_f4_mul(a, w3d_f4_yzxw(b)), w3d_f4_mul(w3d_f4_yzxw(a), b));
    return w3d_f4_yzxw(c);
}

/* Adds the plane through the point with that normal (of any length), `factor` times its square. */
W3D_INLINE void w3di_mesh_simplify_add_plane(w3di_mesh_simplify_point *p, const float *n,
                                             float factor)
{
    float x = n[0] * factor, y = n[1] * factor, z = n[2] * factor;
    p->a[0] += x * n[0];
    p->a[1] += y * n[1];
    p->a[2] += z * n[2];
    p->a[3] += x * n[1];
    p->a[4] += y * n[2];
    p->a[5] += z * n[0];
}

/* Moves the point by d and its quadric with it; the surface the quadric stands for stays. */
W3D_INLINE void w3di_mesh_simplify_shift(w3di_mesh_simplify_point *p, const float *d)
{
    float ad[3];
    w3di_mesh_simplify_apply(p->a, d, ad);
    p->c = w3di_mesh_simplify_error(p, d);
    for (int k = 0; k < 3; k++) p->b[k] += ad[k];
}

/* Adds the quadric of a point that has been moved to where `p` is. */
W3D_INLINE void w3di_mesh_simplify_merge(w3di_mesh_simplify_point *p,
                                         const w3di_mesh_simplify_point *other)
{
    for (int k = 0; k < 6; k++) p->a[k] += other->a[k];
    for (int k = 0; k < 3; k++) p->b[k] += other->b[k];
    p->c += other->c;
    p->weight += other->weight;
}

/* Where the sum of the quadrics of `p` and of `q`, which lies at d from p, is least; measured from
 * p. A small pull towards the middle makes it unique on flat and straight surfaces. 0: there is no
 * such place. */
W3D_INLINE int w3di_mesh_simplify_solve(const w3di_mesh_simplify_point *p,
                                        const w3di_mesh_simplify_point *q, const float *d,
                                        float *out)
{
    float a[6], b[3], qd[3];
    w3di_mesh_simplify_apply(q->a, d, qd);
    for (int k = 0; k < 6; k++) a[k] = p->a[k] + q->a[k];
    float pull = (a[0] + a[1] + a[2]) * (1.0f / 1024.0f);
    for (int k = 0; k < 3; k++) b[k] = (p->b[k] + (q->b[k] - qd[k])) - pull * 0.5f * d[k];
    a[0] += pull;
    a[1] += pull;
    a[2] += pull;
    /* Cramer's rule on the symmetric matrix. */
    float xx = a[1] * a[2] - a[4] * a[4], xy = a[4] * a[5] - a[3] * a[2];
    float xz = a[3] * a[4] - a[1] * a[5];
    float determinant = (a[0] * xx + a[3] * xy) + a[5] * xz;
    if (!(determinant > 0.0f)) return 0;
    float yy = a[0] * a[2] - a[5] * a[5], yz = a[3] * a[5] - a[0] * a[4];
    float zz = a[0] * a[1] - a[3] * a[3], scale = -1.0f / determinant;
    out[0] = ((xx * b[0] + xy * b[1]) + xz * b[2]) * scale;
    out[1] = ((xy * b[0] + yy * b[1]) + yz * b[2]) * scale;
    out[2] = ((xz * b[0] + yz * b[1]) + zz * b[2]) * scale;
    /* A place far away is a sign of planes that hardly differ: not to be trusted. */
    float reach[3];
    for (int k = 0; k < 3; k++) reach[k] = out[k] - 0.5f * d[k];
    return w3di_mesh_simplify_dot(reach, reach) <= 4.0f * w3di_mesh_simplify_dot(d, d);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_SIMPLIFY_QUADRIC_H */
