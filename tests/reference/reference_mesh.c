/* reference_mesh.c - the obvious way, in double. */
#include "reference_mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct vec {
    double x, y, z;
} vec;

static vec vec_make(double x, double y, double z)
{
    vec v;
    v.x = x;
    v.y = y;
    v.z = z;
    return v;
}
static vec vertex_of(const w3d_mesh_view *mesh, uint32_t vertex)
{
    const float *p = w3d_mesh_position(mesh, vertex);
    return vec_make((double)p[0], (double)p[1], (double)p[2]);
}
static vec minus(vec a, vec b) { return vec_make(a.x - b.x, a.y - b.y, a.z - b.z); }
static vec plus(vec a, vec b) { return vec_make(a.x + b.x, a.y + b.y, a.z + b.z); }
static vec times(vec a, double s) { return vec_make(a.x * s, a.y * s, a.z * s); }
static double length(vec a) { return sqrt(a.x * a.x + a.y * a.y + a.z * a.z); }

/* ---- normals ---- */

/* Twice the area as a vector: the areas of the three projections, edge by edge. */
static vec area_vector(vec a, vec b, vec c)
{
    vec corner[3], n = vec_make(0, 0, 0);
    corner[0] = vec_make(0, 0, 0);
    corner[1] = minus(b, a);
    corner[2] = minus(c, a);
    for (int i = 0; i < 3; i++) {
        vec p = corner[i], q = corner[(i + 1) % 3];
        n.x += (p.y - q.y) * (p.z + q.z);
        n.y += (p.z - q.z) * (p.x + q.x);
        n.z += (p.x - q.x) * (p.y + q.y);
    }
    return n;
}

/* The angle at a between b and c, after Kahan: good near 0 and pi too. */
static double angle_at(vec a, vec b, vec c)
{
    vec u = minus(b, a), v = minus(c, a);
    u = times(u, 1.0 / length(u));
    v = times(v, 1.0 / length(v));
    return 2.0 * atan2(length(minus(u, v)), length(plus(u, v)));
}

int reference_mesh_face_normal(const w3d_mesh_view *mesh, uint32_t face, double *out)
{
    const uint32_t *corner = mesh->indices + 3 * (size_t)face;
    vec n = area_vector(vertex_of(mesh, corner[0]), vertex_of(mesh, corner[1]),
                        vertex_of(mesh, corner[2]));
    double size = length(n);
    int proper = size > 0.0 && isfinite(size);
    out[0] = proper ? n.x / size : 0.0;
    out[1] = proper ? n.y / size : 0.0;
    out[2] = proper ? n.z / size : 0.0;
    return proper;
}

void reference_mesh_normals(const w3d_mesh_view *mesh, w3d_normal_weight weight, double *out,
                            double *condition)
{
    /* The corners of each vertex, one list after the other. */
    uint32_t *start = (uint32_t *)calloc((size_t)mesh->vertex_count + 2, sizeof *start);
    uint32_t *list = (uint32_t *)malloc(((size_t)mesh->index_count + 1) * sizeof *list);
    for (uint32_t i = 0; i < mesh->index_count; i++) start[mesh->indices[i] + 2]++;
    for (uint32_t v = 0; v < mesh->vertex_count; v++) start[v + 2] += start[v + 1];
    for (uint32_t i = 0; i < mesh->index_count; i++) list[start[mesh->indices[i] + 1]++] = i;

    for (uint32_t v = 0; v < mesh->vertex_count; v++) {
        vec sum = vec_make(0, 0, 0);
        double added = 0.0;
        for (uint32_t k = start[v]; k < start[v + 1]; k++) {
            uint32_t i = list[k], first = i / 3 * 3;
            vec a = vertex_of(mesh, mesh->indices[i]);
            vec b = vertex_of(mesh, mesh->indices[first + (i + 1) % 3]);
            vec c = vertex_of(mesh, mesh->indices[first + (i + 2) % 3]);
            vec n = area_vector(a, b, c);
            double size = length(n);
            if (!(size > 0.0) || !isfinite(size)) continue;
            if (weight == W3D_NORMAL_WEIGHT_ANGLE) n = times(n, 1.0 / size);
            if (weight != W3D_NORMAL_WEIGHT_AREA) n = times(n, angle_at(a, b, c));
            sum = plus(sum, n);
            added += length(n);
        }
        double size = length(sum);
        out[3 * (size_t)v] = size > 0.0 ? sum.x / size : 0.0;
        out[3 * (size_t)v + 1] = size > 0.0 ? sum.y / size : 0.0;
        out[3 * (size_t)v + 2] = size > 0.0 ? sum.z / size : 0.0;
        if (condition) condition[v] = size > 0.0 ? added / size : HUGE_VAL;
    }
    free(start);
    free(list);
}

/* ---- sphere ---- */

static int in_sphere(vec p, const double *s)
{
    return s[3] >= 0.0 &&
           length(minus(p, vec_make(s[0], s[1], s[2]))) <= s[3] * (1.0 + 1e-12) + 1e-300;
}
static vec cross(vec a, vec b)
{
    return vec_make(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

/* The sphere with all of `on` on it: closed formulas for circumcentres. */
static void sphere_through(const vec *on, int count, double *s)
{
    vec a = vec_make(0, 0, 0), to;
    if (count > 0) a = on[0];
    to = vec_make(0, 0, 0);
    if (count == 2) to = times(minus(on[1], a), 0.5);
    if (count >= 3) {
        vec u = minus(on[1], a), v = minus(on[2], a), n = cross(u, v);
        if (count == 3)
            to = times(plus(times(cross(v, n), dot(u, u)), times(cross(n, u), dot(v, v))),
                       0.5 / dot(n, n));
        else {
            vec w = minus(on[3], a);
            to = times(plus(plus(times(cross(v, w), dot(u, u)), times(cross(w, u), dot(v, v))),
                            times(cross(u, v), dot(w, w))),
                       0.5 / dot(u, cross(v, w)));
        }
    }
    s[0] = a.x + to.x;
    s[1] = a.y + to.y;
    s[2] = a.z + to.z;
    s[3] = count ? length(to) : -1.0;
}

static void welzl(const w3d_mesh_view *mesh, uint32_t end, vec *on, int count, double *s)
{
    sphere_through(on, count, s);
    if (count == 4) return;
    for (uint32_t i = 0; i < end; i++) {
        vec p = vertex_of(mesh, i);
        if (in_sphere(p, s)) continue;
        on[count] = p;
        welzl(mesh, i, on, count + 1, s);
    }
}

void reference_mesh_sphere(const w3d_mesh_view *mesh, double *out)
{
    vec on[4];
    welzl(mesh, mesh->vertex_count, on, 0, out);
}

/* ---- weld ---- */

static const char *row_of(const w3d_mesh_attribute *attribute, uint32_t vertex)
{
    size_t stride = attribute->stride ? attribute->stride : attribute->size;
    return (const char *)attribute->data + vertex * stride;
}

static int same(const w3d_mesh_weld_desc *desc, uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < desc->attribute_count; k++) {
        const w3d_mesh_attribute *attribute = &desc->attributes[k];
        const char *left = row_of(attribute, a), *right = row_of(attribute, b);
        double farthest = 0.0, square = 0.0;
        if (attribute->kind == W3D_ATTRIBUTE_BYTES) {
            if (memcmp(left, right, attribute->size)) return 0;
            continue;
        }
        for (uint32_t i = 0; i < attribute->size; i += 4) {
            float x, y;
            memcpy(&x, left + i, 4);
            memcpy(&y, right + i, 4);
            if (attribute->tolerance > 0.0f) {
                double step = fabs((double)x - (double)y);
                if (!(step <= farthest)) farthest = step;
                square += step * step;
            } else if (!(x == y) && memcmp(&x, &y, 4))
                return 0;
        }
        if (attribute->tolerance > 0.0f) {
            double tolerance = (double)attribute->tolerance;
            if (k == 0 ? !(square <= tolerance * tolerance) : !(farthest <= tolerance)) return 0;
        }
    }
    return 1;
}

uint32_t reference_mesh_weld(const w3d_mesh_weld_desc *desc, uint32_t *remap)
{
    uint32_t unique = 0;
    uint32_t *first = (uint32_t *)malloc(((size_t)desc->vertex_count + 1) * sizeof *first);
    for (uint32_t v = 0; v < desc->vertex_count; v++) {
        int named = desc->indices == NULL;
        for (uint32_t i = 0; i < desc->index_count && !named; i++) named = desc->indices[i] == v;
        remap[v] = W3D_MESH_WELD_DROPPED;
        if (!named) continue;
        for (uint32_t u = 0; u < unique && remap[v] == W3D_MESH_WELD_DROPPED; u++)
            if (same(desc, v, first[u])) remap[v] = u;
        if (remap[v] != W3D_MESH_WELD_DROPPED) continue;
        first[unique] = v;
        remap[v] = unique++;
    }
    free(first);
    return unique;
}
