/* reference_topology.c - no sorting and no sets: loops over loops, and floods. */
#include "reference_topology.h"

#include <stdlib.h>
#include <string.h>

static uint32_t point(const w3d_mesh_adjacency_desc *desc, uint32_t triangle, uint32_t k)
{
    uint32_t vertex = desc->indices[3 * triangle + k % 3];
    return desc->points ? desc->points[vertex] : vertex;
}

static int proper(const w3d_mesh_adjacency_desc *desc, uint32_t t)
{
    uint32_t a = point(desc, t, 0), b = point(desc, t, 1), c = point(desc, t, 2);
    return a != b && b != c && c != a;
}

/* How often the directed edge a b is there. */
static uint32_t times(const w3d_mesh_adjacency_desc *desc, uint32_t a, uint32_t b, uint32_t *last)
{
    uint32_t found = 0;
    for (uint32_t t = 0; t < desc->index_count / 3; t++)
        for (uint32_t k = 0; k < 3; k++)
            if (proper(desc, t) && point(desc, t, k) == a && point(desc, t, k + 1) == b) {
                found++;
                *last = 3 * t + k;
            }
    return found;
}

void reference_topology_twins(const w3d_mesh_adjacency_desc *desc, uint32_t *twins)
{
    for (uint32_t t = 0; t < desc->index_count / 3; t++)
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t *twin = &twins[3 * t + k], own = 0, other = 0;
            if (!proper(desc, t)) {
                *twin = W3D_MESH_TWIN_DEGENERATE;
                continue;
            }
            uint32_t a = point(desc, t, k), b = point(desc, t, k + 1);
            uint32_t same = times(desc, a, b, &own), back = times(desc, b, a, &other);
            if (same == 1 && back == 0)
                *twin = W3D_MESH_TWIN_NONE;
            else
                *twin = same == 1 && back == 1 ? other : W3D_MESH_TWIN_MANY;
        }
}

static int has(const w3d_mesh_adjacency_desc *desc, uint32_t t, uint32_t p)
{
    return point(desc, t, 0) == p || point(desc, t, 1) == p || point(desc, t, 2) == p;
}

/* Points that two triangles share. */
static uint32_t shared(const w3d_mesh_adjacency_desc *desc, uint32_t a, uint32_t b)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < 3; k++) count += (uint32_t)has(desc, b, point(desc, a, k));
    return count;
}

/* Parts of the triangles at `p` (all where p is none) that hang together by edges (at `p`). */
static uint32_t parts(const w3d_mesh_adjacency_desc *desc, uint32_t p, int all)
{
    uint32_t triangles = desc->index_count / 3, count = 0;
    uint8_t *seen = (uint8_t *)calloc(triangles + 1, 1);
    for (uint32_t start = 0; start < triangles; start++) {
        int grown = 1;
        if (seen[start] || !proper(desc, start) || (!all && !has(desc, start, p))) continue;
        seen[start] = 2;
        count++;
        while (grown) {
            grown = 0;
            for (uint32_t a = 0; a < triangles; a++)
                for (uint32_t b = 0; seen[a] == 2 && b < triangles; b++) {
                    if (seen[b] || !proper(desc, b) || shared(desc, a, b) < 2) continue;
                    if (!all && !has(desc, b, p)) continue;
                    if (!all) { /* the edge must have p */
                        uint32_t with = 0;
                        for (uint32_t k = 0; k < 3; k++)
                            with += point(desc, a, k) != p && has(desc, b, point(desc, a, k));
                        if (!with) continue;
                    }
                    seen[b] = 2;
                    grown = 1;
                }
        }
        for (uint32_t a = 0; a < triangles; a++)
            if (seen[a] == 2) seen[a] = 1;
    }
    free(seen);
    return count;
}

w3d_mesh_topology reference_topology_check(const w3d_mesh_adjacency_desc *desc)
{
    w3d_mesh_topology r;
    uint32_t triangles = desc->index_count / 3, limit = desc->vertex_count, last, proper_count = 0;
    uint32_t *labels = (uint32_t *)malloc((size_t)limit * 4 + 4);
    memset(&r, 0, sizeof r);
    r.triangle_count = triangles;
    for (uint32_t t = 0; t < triangles; t++) {
        if (!proper(desc, t)) {
            r.degenerate++;
            continue;
        }
        proper_count++;
        for (uint32_t b = 0; b < t; b++)
            if (proper(desc, b) && shared(desc, t, b) == 3) {
                r.duplicates++;
                break;
            }
    }
    for (uint32_t i = 0; i < limit; i++) labels[i] = i;
    for (uint32_t a = 0; a < limit; a++)
        for (uint32_t b = a + 1; b < limit; b++) {
            uint32_t there = times(desc, a, b, &last), back = times(desc, b, a, &last);
            if (there + back == 0) continue;
            r.edges++;
            r.boundary_edges += there + back == 1;
            r.non_manifold_edges += there + back > 2;
            r.inconsistent_edges += there + back == 2 && there != 1;
            if (there + back != 1 || labels[a] == labels[b]) continue;
            uint32_t from = labels[b], to = labels[a];
            for (uint32_t i = 0; i < limit; i++)
                if (labels[i] == from) labels[i] = to;
        }
    for (uint32_t i = 0; i < limit; i++) {
        uint32_t members = 0;
        for (uint32_t k = 0; k < limit; k++) members += labels[k] == i;
        r.boundary_loops += members > 1;
        uint32_t fans = parts(desc, i, 0);
        r.points_used += fans > 0;
        r.non_manifold_points += fans > 1;
    }
    r.points_unused = limit - r.points_used;
    r.components = parts(desc, 0, 1);
    r.euler = (int64_t)r.points_used - r.edges + proper_count;
    r.is_manifold = !r.non_manifold_edges && !r.non_manifold_points;
    r.is_closed = !r.boundary_edges;
    r.is_oriented = !r.non_manifold_edges && !r.inconsistent_edges;
    free(labels);
    return r;
}
