/* mesh_polygon.h - one polygon of more than four corners to triangles; private to mesh_triangulate.
 *
 * The polygon is seen along its mean normal. A fan from its first corner is right where every
 * triangle of it turns the same way and has area; else ears are cut off: corners that stick out
 * and have no other corner inside them. Crossed polygons and those without area still give n - 2
 * triangles.
 * Source: Newell's normal as in Sutherland, Sproull, Schumacker 1974; Meisters 1975, "Polygons Have
 * Ears"; the bookkeeping of ears as in Eberly 2002, "Triangulation by Ear Clipping". */
#ifndef W3D_MESH_POLYGON_H
#define W3D_MESH_POLYGON_H

#include "core/base.h"

/* More corners than that are always cut as a fan: ears cost the square of the corners. */
#define W3DI_MESH_POLYGON_MOST 256

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

typedef struct w3di_mesh_polygon {
    double x[W3DI_MESH_POLYGON_MOST], y[W3DI_MESH_POLYGON_MOST]; /* counter-clockwise        */
    uint16_t before[W3DI_MESH_POLYGON_MOST], after[W3DI_MESH_POLYGON_MOST]; /* what is not cut */
    uint8_t is_ear[W3DI_MESH_POLYGON_MOST];
    uint32_t count;
} w3di_mesh_polygon;

/* Twice the area of three corners, positive where they turn like the whole polygon. */
static inline double w3di_mesh_polygon_turn(const w3di_mesh_polygon *p, uint32_t a, uint32_t b,
                                            uint32_t c)
{
    return (p->x[b] - p->x[a]) * (p->y[c] - p->y[a]) - (p->y[b] - p->y[a]) * (p->x[c] - p->x[a]);
}

/* Drops the axis the mean normal is nearest to; 0: there is no normal. */
static inline int w3di_mesh_polygon_flatten(w3di_mesh_polygon *p, const double *corner)
{
    double normal[3] = { 0.0, 0.0, 0.0 };
    for (uint32_t i = 0; i < p->count; i++) {
        const double *a = corner + 3 * i, *b = corner + 3 * (i + 1 < p->count ? i + 1 : 0);
        for (int k = 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            normal[k] += (a[u] - b[u]) * (a[v] + b[v]);
        }
    }
    int axis = 0;
    for (int k = 1; k < 3; k++)
        if (normal[k] * normal[k] > normal[axis] * normal[axis]) axis = k;
    if (!(normal[axis] * normal[axis] > 0.0)) return 0;
    int u = (axis + 1) % 3, v = (axis + 2) % 3, flipped = normal[axis] < 0.0;
    for (uint32_t i = 0; i < p->count; i++) {
        p->x[i] = corner[3 * i + (uint32_t)(flipped ? v : u)];
        p->y[i] = corner[3 * i + (uint32_t)(flipped ? u : v)];
    }
    return 1;
}

/* 1 where the corner sticks out and no other lies in the triangle it makes with its neighbours; a
 * corner at the same point as one of the three does not count. */
static inline uint8_t w3di_mesh_polygon_is_ear(const w3di_mesh_polygon *p, uint32_t b)
{
    uint32_t a = p->before[b], c = p->after[b];
    if (!(w3di_mesh_polygon_turn(p, a, b, c) > 0.0)) return 0;
    for (uint32_t i = p->after[c]; i != a; i = p->after[i]) {
        if ((p->x[i] == p->x[a] && p->y[i] == p->y[a]) ||
            (p->x[i] == p->x[b] && p->y[i] == p->y[b]) ||
            (p->x[i] == p->x[c] && p->y[i] == p->y[c]))
            continue;
        if (w3di_mesh_polygon_turn(p, a, b, i) >= 0.0 &&
            w3di_mesh_polygon_turn(p, b, c, i) >= 0.0 && w3di_mesh_polygon_turn(p, c, a, i) >= 0.0)
            return 0;
    }
    return 1;
}

/* Writes the places of the triangles' corners; 0, and nothing written: a fan does.
 *
 *   corner  in   [count][3] positions, count <= W3DI_MESH_POLYGON_MOST
 *   places  out  [count - 2][3] */
static inline int w3di_mesh_polygon_cut(const double *corner, uint32_t count, uint32_t *places)
{
    w3di_mesh_polygon p;
    p.count = count;
    if (!w3di_mesh_polygon_flatten(&p, corner)) return 0;
    uint32_t fan = 1;
    while (fan + 1 < count && w3di_mesh_polygon_turn(&p, 0, fan, fan + 1) > 0.0) fan++;
    if (fan + 1 == count) return 0;

    for (uint32_t i = 0; i < count; i++) {
        p.before[i] = (uint16_t)(i ? i - 1 : count - 1);
        p.after[i] = (uint16_t)(i + 1 < count ? i + 1 : 0);
    }
    for (uint32_t i = 0; i < count; i++) p.is_ear[i] = w3di_mesh_polygon_is_ear(&p, i);
    uint32_t at = 0;
    for (uint32_t left = count; left > 2; left--) {
        /* Where there is no ear, as in crossed polygons, the corner at hand goes. */
        for (uint32_t tried = 0; tried < left && !p.is_ear[at]; tried++) at = p.after[at];
        uint16_t a = p.before[at], c = p.after[at];
        *places++ = a;
        *places++ = at;
        *places++ = c;
        p.after[a] = c;
        p.before[c] = a;
        p.is_ear[a] = w3di_mesh_polygon_is_ear(&p, a);
        p.is_ear[c] = w3di_mesh_polygon_is_ear(&p, c);
        at = p.after[c]; /* not the next one: slivers come of cutting neighbours in turn */
    }
    return 1;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_POLYGON_H */
