/* mesh_bvh_exact.h - triangles in double: nearest point, normal, clipping, crossing; private.
 *
 * Corners are floats, so differences are exact in double where their exponents are within 29 of
 * each other, and products of two of them round once. */
#ifndef W3D_MESH_BVH_EXACT_H
#define W3D_MESH_BVH_EXACT_H

#include "core/math.h"

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

static inline double w3di_mesh_bvh_exact_dot(const double *a, const double *b)
{
    return (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2];
}
static inline void w3di_mesh_bvh_exact_cross(const double *a, const double *b, double *out)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}
static inline void w3di_mesh_bvh_exact_sub(const double *a, const double *b, double *out)
{
    for (int k = 0; k < 3; k++) out[k] = a[k] - b[k];
}

/* The weights of the three corners at the point closest to p; exactly 0 outside the region of a
 * corner, an edge or the face. */
static inline void w3di_mesh_bvh_exact_closest(double corner[3][3], const double *p,
                                               double *weights)
{
    double ab[3], ac[3], ap[3], bp[3], cp[3];
    w3di_mesh_bvh_exact_sub(corner[1], corner[0], ab);
    w3di_mesh_bvh_exact_sub(corner[2], corner[0], ac);
    w3di_mesh_bvh_exact_sub(p, corner[0], ap);
    w3di_mesh_bvh_exact_sub(p, corner[1], bp);
    w3di_mesh_bvh_exact_sub(p, corner[2], cp);
    double d1 = w3di_mesh_bvh_exact_dot(ab, ap), d2 = w3di_mesh_bvh_exact_dot(ac, ap);
    double d3 = w3di_mesh_bvh_exact_dot(ab, bp), d4 = w3di_mesh_bvh_exact_dot(ac, bp);
    double d5 = w3di_mesh_bvh_exact_dot(ab, cp), d6 = w3di_mesh_bvh_exact_dot(ac, cp);
    double vc = d1 * d4 - d3 * d2, vb = d5 * d2 - d1 * d6, va = d3 * d6 - d5 * d4;
    weights[0] = weights[1] = weights[2] = 0.0;
    if (d1 <= 0.0 && d2 <= 0.0)
        weights[0] = 1.0;
    else if (d3 >= 0.0 && d4 <= d3)
        weights[1] = 1.0;
    else if (d6 >= 0.0 && d5 <= d6)
        weights[2] = 1.0;
    else if (vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0) {
        weights[1] = d1 / (d1 - d3);
        weights[0] = 1.0 - weights[1];
    } else if (vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0) {
        weights[2] = d2 / (d2 - d6);
        weights[0] = 1.0 - weights[2];
    } else if (va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0) {
        weights[2] = (d4 - d3) / ((d4 - d3) + (d5 - d6));
        weights[1] = 1.0 - weights[2];
    } else {
        double sum = (va + vb) + vc;
        weights[1] = vb / sum;
        weights[2] = vc / sum;
        weights[0] = (1.0 - weights[1]) - weights[2];
    }
}

/* The unit normal; 0 where there is none, or something is NaN. */
static inline int w3di_mesh_bvh_exact_normal(double corner[3][3], double *normal)
{
    double a[3], b[3];
    w3di_mesh_bvh_exact_sub(corner[1], corner[0], a);
    w3di_mesh_bvh_exact_sub(corner[2], corner[0], b);
    w3di_mesh_bvh_exact_cross(a, b, normal);
    double length = w3d_sqrt(w3di_mesh_bvh_exact_dot(normal, normal));
    if (!(length > 0.0)) return 0;
    for (int k = 0; k < 3; k++) normal[k] /= length;
    return 1;
}

/* The angle at a corner. */
static inline double w3di_mesh_bvh_exact_angle(double corner[3][3], int at)
{
    double a[3], b[3], c[3];
    w3di_mesh_bvh_exact_sub(corner[(at + 1) % 3], corner[at], a);
    w3di_mesh_bvh_exact_sub(corner[(at + 2) % 3], corner[at], b);
    w3di_mesh_bvh_exact_cross(a, b, c);
    double sine = w3d_sqrt(w3di_mesh_bvh_exact_dot(c, c)), cosine = w3di_mesh_bvh_exact_dot(a, b);
    double larger = sine > cosine ? sine : cosine > 0.0 ? cosine : sine > -cosine ? sine : -cosine;
    return larger > 0.0 ? (double)w3d_math_atan2((float)(sine / larger), (float)(cosine / larger))
                        : 0.0;
}

/* 1 where a triangle touches the inside of the planes: cut by one after the other (Sutherland and
 * Hodgman 1974), something is left. */
static inline int w3di_mesh_bvh_exact_clip(double corner[3][3], const double (*planes)[4],
                                           uint32_t count)
{
    double ring[2][3 + 16 + 1][3], at[3 + 16 + 1];
    uint32_t left = 3, now = 0;
    for (int i = 0; i < 9; i++) ring[0][i / 3][i % 3] = corner[i / 3][i % 3];
    for (uint32_t p = 0; p < count && left; p++) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < left; i++)
            at[i] = w3di_mesh_bvh_exact_dot(planes[p], ring[now][i]) + planes[p][3];
        for (uint32_t i = 0; i < left; i++) {
            uint32_t next = i + 1 < left ? i + 1 : 0;
            if (at[i] >= 0.0) {
                for (int k = 0; k < 3; k++) ring[1 - now][kept][k] = ring[now][i][k];
                kept++;
            }
            if ((at[i] < 0.0) != (at[next] < 0.0) && at[i] != 0.0 && at[next] != 0.0 &&
                kept < 3 + 16 + 1) {
                double t = at[i] / (at[i] - at[next]);
                for (int k = 0; k < 3; k++)
                    ring[1 - now][kept][k] =
                        ring[now][i][k] + (ring[now][next][k] - ring[now][i][k]) * t;
                kept++;
            }
            if (kept >= 3 + 16 + 1) break;
        }
        left = kept;
        now = 1 - now;
    }
    return left > 0;
}

/* Six times the signed volume of a, b, c, d. */
static inline double w3di_mesh_bvh_exact_volume(const double *a, const double *b, const double *c,
                                                const double *d)
{
    double u[3], v[3], w[3], n[3];
    w3di_mesh_bvh_exact_sub(a, d, u);
    w3di_mesh_bvh_exact_sub(b, d, v);
    w3di_mesh_bvh_exact_sub(c, d, w);
    w3di_mesh_bvh_exact_cross(v, w, n);
    return w3di_mesh_bvh_exact_dot(u, n);
}

/* 1 where the segment p q touches the triangle; 0 where both lie in its plane. */
static inline int w3di_mesh_bvh_exact_segment(const double *p, const double *q, double t[3][3])
{
    double above = w3di_mesh_bvh_exact_volume(t[0], t[1], t[2], p);
    double below = w3di_mesh_bvh_exact_volume(t[0], t[1], t[2], q);
    if ((above > 0.0 && below > 0.0) || (above < 0.0 && below < 0.0) ||
        (above == 0.0 && below == 0.0))
        return 0;
    double e0 = w3di_mesh_bvh_exact_volume(p, q, t[0], t[1]);
    double e1 = w3di_mesh_bvh_exact_volume(p, q, t[1], t[2]);
    double e2 = w3di_mesh_bvh_exact_volume(p, q, t[2], t[0]);
    return (e0 >= 0.0 && e1 >= 0.0 && e2 >= 0.0) || (e0 <= 0.0 && e1 <= 0.0 && e2 <= 0.0);
}

static inline double w3di_mesh_bvh_exact_turn(const double *a, const double *b, const double *c,
                                              int x, int y)
{
    return (b[x] - a[x]) * (c[y] - a[y]) - (b[y] - a[y]) * (c[x] - a[x]);
}

/* Two triangles of one plane, looked at along the axis in which it is seen best: they are apart
 * where a side of one has the other all beyond it. */
static inline int w3di_mesh_bvh_exact_flat(double p[3][3], double q[3][3], const double *normal)
{
    double size[3];
    for (int k = 0; k < 3; k++) size[k] = normal[k] < 0.0 ? -normal[k] : normal[k];
    int drop = size[0] > size[1] ? (size[0] > size[2] ? 0 : 2) : (size[1] > size[2] ? 1 : 2);
    int x = (drop + 1) % 3, y = (drop + 2) % 3;
    for (int turn = 0; turn < 2; turn++) {
        double(*a)[3] = turn ? q : p, (*b)[3] = turn ? p : q;
        double way = w3di_mesh_bvh_exact_turn(a[0], a[1], a[2], x, y);
        for (int i = 0; i < 3; i++) {
            int left = 1, right = 1;
            for (int k = 0; k < 3; k++) {
                double at = w3di_mesh_bvh_exact_turn(a[i], a[(i + 1) % 3], b[k], x, y);
                left &= at > 0.0;
                right &= at < 0.0;
            }
            if ((left && way <= 0.0) || (right && way >= 0.0)) return 0;
        }
    }
    return 1;
}

/* 1 where two triangles touch or cross. */
static inline int w3di_mesh_bvh_exact_triangles(double p[3][3], double q[3][3])
{
    double u[3], v[3], normal[3];
    int flat = 1;
    for (int i = 0; i < 3; i++) flat &= w3di_mesh_bvh_exact_volume(p[0], p[1], p[2], q[i]) == 0.0;
    if (flat) {
        w3di_mesh_bvh_exact_sub(p[1], p[0], u);
        w3di_mesh_bvh_exact_sub(p[2], p[0], v);
        w3di_mesh_bvh_exact_cross(u, v, normal);
        return w3di_mesh_bvh_exact_flat(p, q, normal);
    }
    for (int i = 0; i < 3; i++)
        if (w3di_mesh_bvh_exact_segment(p[i], p[(i + 1) % 3], q) ||
            w3di_mesh_bvh_exact_segment(q[i], q[(i + 1) % 3], p))
            return 1;
    /* Edges in the other's plane, which the segments leave out: a triangle with two equal corners.
     * */
    for (int turn = 0; turn < 2; turn++) {
        double(*a)[3] = turn ? q : p, (*b)[3] = turn ? p : q;
        w3di_mesh_bvh_exact_sub(b[1], b[0], u);
        w3di_mesh_bvh_exact_sub(b[2], b[0], v);
        w3di_mesh_bvh_exact_cross(u, v, normal);
        for (int i = 0; i < 3; i++) {
            double thin[3][3];
            for (int k = 0; k < 3; k++) {
                thin[0][k] = a[i][k];
                thin[1][k] = thin[2][k] = a[(i + 1) % 3][k];
            }
            if (w3di_mesh_bvh_exact_volume(b[0], b[1], b[2], thin[0]) == 0.0 &&
                w3di_mesh_bvh_exact_volume(b[0], b[1], b[2], thin[1]) == 0.0 &&
                w3di_mesh_bvh_exact_flat(b, thin, normal))
                return 1;
        }
    }
    return 0;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_BVH_EXACT_H */
