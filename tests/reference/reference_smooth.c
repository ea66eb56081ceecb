#include "reference_smooth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t point_of(const w3d_mesh_smooth_desc *desc, uint32_t vertex)
{
    return desc->points ? desc->points[vertex] : vertex;
}

static int is_finite(const w3d_mesh_smooth_desc *desc, uint32_t vertex)
{
    const float *p = w3d_mesh_position(&desc->mesh, vertex);
    return isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]);
}

/* Two roundings, also where the compiler would fuse: what has no area must have none here too. */
static double product(double a, double b)
{
    volatile double rounded = a * b;
    return rounded;
}

/* By the angle, not by products. */
static double cotangent(const w3d_mesh_smooth_desc *desc, uint32_t a, uint32_t b, uint32_t c)
{
    const float *p = w3d_mesh_position(&desc->mesh, a), *q = w3d_mesh_position(&desc->mesh, b);
    const float *r = w3d_mesh_position(&desc->mesh, c);
    double l[3] = { 0, 0, 0 }, across[3];
    for (int k = 0; k < 3; k++) {
        int m = (k + 1) % 3, n = (k + 2) % 3;
        l[0] += ((double)q[k] - p[k]) * ((double)r[k] - p[k]);
        across[k] = product((double)q[m] - p[m], (double)r[n] - p[n]) -
                    product((double)q[n] - p[n], (double)r[m] - p[m]);
    }
    l[1] = hypot(hypot(across[0], across[1]), across[2]);
    if (!(l[1] > 0) || !isfinite(l[1])) return 0;
    return fmax(-1e9, fmin(1e9, 1.0 / tan(atan2(l[1], l[0]))));
}

void reference_smooth_step(const w3d_mesh_smooth_desc *desc, double factor, double *positions)
{
    uint32_t count = desc->mesh.vertex_count;
    double *old = (double *)malloc((size_t)count * 24 + 1);
    double *weights = (double *)malloc((size_t)count * 8 + 1);
    uint32_t *uses = (uint32_t *)malloc((size_t)count * 4 + 1);
    memcpy(old, positions, (size_t)count * 24);
    for (uint32_t v = 0; v < count; v++) {
        uint32_t point = point_of(desc, v), borders = 0, kept = 0;
        double sum = 0, move[3] = { 0, 0, 0 };
        int stays = !is_finite(desc, point), along;
        for (uint32_t i = 0; i < count; i++) {
            weights[i] = uses[i] = 0;
            stays |= desc->locked && desc->locked[i] && point_of(desc, i) == point;
        }
        for (uint32_t i = 0; i < desc->mesh.index_count; i += 3) {
            uint32_t p[3];
            for (int k = 0; k < 3; k++) p[k] = point_of(desc, desc->mesh.indices[i + (uint32_t)k]);
            if (p[0] == p[1] || p[1] == p[2] || p[2] == p[0]) continue;
            for (int k = 0; k < 3; k++) {
                uint32_t next = p[(k + 1) % 3], last = p[(k + 2) % 3];
                if (p[k] != point) continue;
                uses[next]++, uses[last]++;
                weights[next] += cotangent(desc, last, point, next);
                weights[last] += cotangent(desc, next, point, last);
            }
        }
        for (uint32_t i = 0; i < count; i++) borders += uses[i] == 1;
        if (borders && desc->border == W3D_MESH_SMOOTH_PINNED) stays = 1;
        along = borders && desc->border == W3D_MESH_SMOOTH_ALONG;
        for (uint32_t i = 0; i < count; i++) {
            if (!uses[i] || !is_finite(desc, i) || (along && uses[i] != 1)) continue;
            double weight = 1;
            if (desc->weights == W3D_MESH_SMOOTH_COTANGENT && !along)
                weight = weights[i] > 0 ? weights[i] : 0;
            for (int k = 0; k < 3; k++) move[k] += weight * old[3 * i + (uint32_t)k];
            sum += weight;
            kept += weight > 0;
        }
        for (uint32_t k = 0; k < 3; k++) {
            double here = old[3 * point + k];
            positions[3 * v + k] = stays || !kept ? here : here + factor * (move[k] / sum - here);
        }
    }
    free(old);
    free(weights);
    free(uses);
}
