/* reference_normals_crease.c */
#include "reference_normals_crease.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t point(const w3d_mesh_view *mesh, const w3d_mesh_normals_crease_desc *desc,
                      uint32_t corner)
{
    uint32_t vertex = mesh->indices[corner];
    return desc->points ? desc->points[vertex] : vertex;
}

static uint32_t after(uint32_t corner) { return corner % 3 == 2 ? corner - 2 : corner + 1; }

static void area_vector(const w3d_mesh_view *mesh, uint32_t face, double *n)
{
    double e[2][3];
    const float *a = w3d_mesh_position(mesh, mesh->indices[3 * face]);
    for (int i = 0; i < 2; i++) {
        const float *b = w3d_mesh_position(mesh, mesh->indices[3 * face + 1 + (uint32_t)i]);
        for (int k = 0; k < 3; k++) e[i][k] = (double)b[k] - a[k];
    }
    for (int k = 0; k < 3; k++)
        n[k] = e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3];
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double corner_angle(const w3d_mesh_view *mesh, uint32_t corner)
{
    double e[2][3];
    const float *a = w3d_mesh_position(mesh, mesh->indices[corner]);
    const float *b = w3d_mesh_position(mesh, mesh->indices[after(corner)]);
    const float *c = w3d_mesh_position(mesh, mesh->indices[after(after(corner))]);
    for (int k = 0; k < 3; k++) e[0][k] = (double)b[k] - a[k], e[1][k] = (double)c[k] - a[k];
    double cosine = dot(e[0], e[1]) / sqrt(dot(e[0], e[0]) * dot(e[1], e[1]));
    return acos(cosine > 1.0 ? 1.0 : cosine < -1.0 ? -1.0 : cosine);
}

static void join(uint32_t *parts, uint32_t count, uint32_t a, uint32_t b)
{
    uint32_t from = parts[a] > parts[b] ? parts[a] : parts[b];
    uint32_t to = parts[a] > parts[b] ? parts[b] : parts[a];
    for (uint32_t i = 0; i < count; i++)
        if (parts[i] == from) parts[i] = to;
}

int reference_normals_crease(const w3d_mesh_view *mesh, const w3d_mesh_normals_crease_desc *desc,
                             uint32_t *parts, double *normals, double *condition)
{
    uint32_t count = mesh->index_count;
    double crease = desc->crease_radians;
    int certain = 1;
    if (crease == 0.0) crease = desc->groups ? 4.0 : 3.14159265358979 / 6.0;
    for (uint32_t i = 0; i < count; i++) parts[i] = i;
    for (uint32_t h = 0; h < count; h++) {
        uint32_t a = point(mesh, desc, h), b = point(mesh, desc, after(h)), users = 0, twin = 0;
        for (uint32_t g = 0; g < count; g++) {
            uint32_t first = g / 3 * 3, p = point(mesh, desc, first);
            uint32_t q = point(mesh, desc, first + 1), r = point(mesh, desc, first + 2);
            uint32_t c = point(mesh, desc, g), d = point(mesh, desc, after(g));
            if (p == q || q == r || r == p) continue;
            if ((a == c && b == d) || (a == d && b == c)) users++;
            if (a == d && b == c && a != b) twin = g + 1;
        }
        uint32_t first = h / 3 * 3, p = point(mesh, desc, first);
        uint32_t q = point(mesh, desc, first + 1), r = point(mesh, desc, first + 2);
        if (users != 2 || !twin-- || p == q || q == r || r == p) continue;
        double m[3], n[3];
        area_vector(mesh, h / 3, m);
        area_vector(mesh, twin / 3, n);
        double size = sqrt(dot(m, m) * dot(n, n));
        double angle = size > 0.0 ? acos(fmax(-1.0, fmin(1.0, dot(m, n) / size))) : 0.0;
        if (desc->groups && !(desc->groups[h / 3] & desc->groups[twin / 3])) continue;
        if (fabs(angle - crease) < 1e-3) certain = 0;
        if (angle > crease) continue;
        join(parts, count, h, after(twin));
        join(parts, count, after(h), twin);
    }
    for (uint32_t i = 0; i < count; i++) {
        double sum[3] = { 0, 0, 0 }, lengths = 0.0;
        for (uint32_t j = 0; j < count; j++) {
            double n[3], factor = 1.0;
            if (parts[j] != parts[i]) continue;
            area_vector(mesh, j / 3, n);
            double size = sqrt(dot(n, n));
            if (size == 0.0) continue;
            if (desc->weight != W3D_NORMAL_WEIGHT_AREA) factor = corner_angle(mesh, j);
            if (desc->weight == W3D_NORMAL_WEIGHT_ANGLE) factor /= size;
            for (int k = 0; k < 3; k++) sum[k] += n[k] * factor;
            lengths += size * factor;
        }
        double size = sqrt(dot(sum, sum));
        condition[i] = size > 0.0 ? lengths / size : 1e30;
        for (int k = 0; k < 3; k++) normals[3 * i + (uint32_t)k] = size > 0.0 ? sum[k] / size : 0.0;
    }
    return certain;
}
