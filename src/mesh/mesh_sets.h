/* mesh_sets.h - disjoint sets of numbers, and triangles sorted by their points; private.
 *
 * The smallest number of a set is its root, so that results do not depend on the order of joins.
 * Source: Tarjan, van Leeuwen 1984, "Worst-case analysis of set union algorithms" (path halving;
 * linking by number is their linking by index). */
#ifndef W3D_MESH_SETS_H
#define W3D_MESH_SETS_H

#include "mesh/mesh_edges.h"

static inline void w3di_mesh_sets_make(uint32_t *parents, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) parents[i] = i;
}

static inline uint32_t w3di_mesh_sets_find(uint32_t *parents, uint32_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

static inline void w3di_mesh_sets_join(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = w3di_mesh_sets_find(parents, a);
    b = w3di_mesh_sets_find(parents, b);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

/* Joins the corners of two triangles at both ends of the edge they share. */
static inline void w3di_mesh_sets_join_ends(const w3di_mesh_edges *mesh, uint32_t *parents,
                                            uint32_t a, uint32_t b)
{
    uint32_t a_end = w3di_mesh_edges_next(a), b_end = w3di_mesh_edges_next(b);
    if (w3di_mesh_edges_same_way(mesh, a, b)) {
        w3di_mesh_sets_join(parents, a, b);
        w3di_mesh_sets_join(parents, a_end, b_end);
    } else {
        w3di_mesh_sets_join(parents, a, b_end);
        w3di_mesh_sets_join(parents, a_end, b);
    }
}

/* The three points of a triangle from low to high. */
static inline void w3di_mesh_sets_points(const w3di_mesh_edges *mesh, uint32_t triangle,
                                         uint32_t *points)
{
    for (uint32_t k = 0; k < 3; k++) points[k] = w3di_mesh_edges_point(mesh, 3 * triangle + k);
    for (int k = 0; k < 3; k++) {
        uint32_t *left = points + k % 2, swapped = left[0];
        if (left[0] <= left[1]) continue;
        left[0] = left[1];
        left[1] = swapped;
    }
}

/* Sorts the triangles without equal corners by their points, then by number, in three passes.
 *
 *   order, other   [T] each, counts [point_limit]; the result is in `order` */
static inline uint32_t w3di_mesh_sets_sort(const w3di_mesh_edges *mesh, uint32_t *order,
                                           uint32_t *other, uint32_t *counts)
{
    uint32_t used = 0, points[3];
    uint32_t *from = other, *to = order;
    for (uint32_t t = 0; t < mesh->count / 3; t++)
        if (!w3di_mesh_edges_is_flat(mesh, 3 * t)) from[used++] = t;
    for (int pass = 2; pass >= 0; pass--) {
        uint32_t sum = 0;
        w3d_fill(counts, 0, (size_t)mesh->point_limit * sizeof *counts);
        for (uint32_t i = 0; i < used; i++) {
            w3di_mesh_sets_points(mesh, from[i], points);
            counts[points[pass]]++;
        }
        for (uint32_t i = 0; i < mesh->point_limit; i++) {
            uint32_t here = counts[i];
            counts[i] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < used; i++) {
            w3di_mesh_sets_points(mesh, from[i], points);
            to[counts[points[pass]]++] = from[i];
        }
        uint32_t *swapped = from;
        from = to;
        to = swapped;
    }
    return used;
}

/* 1 where two triangles have the same three points. */
static inline int w3di_mesh_sets_same(const w3di_mesh_edges *mesh, uint32_t a, uint32_t b)
{
    uint32_t left[3], right[3];
    w3di_mesh_sets_points(mesh, a, left);
    w3di_mesh_sets_points(mesh, b, right);
    return left[0] == right[0] && left[1] == right[1] && left[2] == right[2];
}

#endif /* W3D_MESH_SETS_H */
