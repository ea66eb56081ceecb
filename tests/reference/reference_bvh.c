/* reference_bvh.c - see reference_bvh.h. */
#include "reference_bvh.h"

#include <math.h>
#include <string.h>

static void corners(const w3d_mesh_view *mesh, uint32_t triangle, double out[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            out[i][k] =
                (double)w3d_mesh_position(mesh, mesh->indices[3 * (size_t)triangle + (size_t)i])[k];
}
static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
static void sub(const double *a, const double *b, double *out)
{
    for (int k = 0; k < 3; k++) out[k] = a[k] - b[k];
}
static void cross(const double *a, const double *b, double *out)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

int reference_bvh_ray(const w3d_mesh_view *mesh, uint32_t triangle, const w3d_mesh_bvh_ray *ray,
                      double *t, double *inside)
{
    double c[3][3], o[3], d[3], u[3], v[3], n[3], to[3];
    corners(mesh, triangle, c);
    for (int k = 0; k < 3; k++) {
        o[k] = (double)ray->origin[k];
        d[k] = (double)ray->direction[k];
    }
    sub(c[1], c[0], u);
    sub(c[2], c[0], v);
    cross(u, v, n);
    double across = dot(n, d), area = dot(n, n);
    sub(c[0], o, to);
    if (!(area > 0.0) || !(fabs(across) > 1e-12 * sqrt(area * dot(d, d)))) return 0;
    *t = dot(to, n) / across;
    double at[3], least = 1.0;
    for (int k = 0; k < 3; k++) at[k] = o[k] + d[k] * *t;
    for (int i = 0; i < 3; i++) {
        double edge[3], way[3], side[3];
        sub(c[(i + 1) % 3], c[i], edge);
        sub(at, c[i], way);
        cross(edge, way, side);
        double weight = dot(side, n) / area;
        if (weight < least) least = weight;
    }
    *inside = least;
    return 1;
}

double reference_bvh_distance(const w3d_mesh_view *mesh, uint32_t triangle, const double *point)
{
    double c[3][3], u[3], v[3], n[3], best = HUGE_VAL;
    corners(mesh, triangle, c);
    for (int i = 0; i < 3; i++) {
        double edge[3], way[3], on[3];
        sub(c[(i + 1) % 3], c[i], edge);
        sub(point, c[i], way);
        double t = dot(edge, edge) > 0.0 ? dot(way, edge) / dot(edge, edge) : 0.0;
        t = t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
        for (int k = 0; k < 3; k++) on[k] = way[k] - edge[k] * t;
        if (sqrt(dot(on, on)) < best) best = sqrt(dot(on, on));
    }
    sub(c[1], c[0], u);
    sub(c[2], c[0], v);
    cross(u, v, n);
    double area = sqrt(dot(n, n)), to[3];
    if (!(area > 0.0)) return best;
    int inside = 1;
    for (int i = 0; i < 3; i++) {
        double edge[3], way[3], side[3];
        sub(c[(i + 1) % 3], c[i], edge);
        sub(point, c[i], way);
        cross(edge, way, side);
        inside &= dot(side, n) >= 0.0;
    }
    sub(point, c[0], to);
    return inside ? fabs(dot(to, n)) / area : best;
}

double reference_bvh_nearest(const w3d_mesh_view *mesh, const double *point)
{
    double best = HUGE_VAL;
    for (uint32_t i = 0; i < mesh->index_count / 3; i++) {
        const uint32_t *c = mesh->indices + 3 * (size_t)i;
        if (c[0] == c[1] || c[1] == c[2] || c[0] == c[2]) continue; /* left out of trees too */
        double distance = reference_bvh_distance(mesh, i, point);
        if (distance < best) best = distance;
    }
    return best;
}

double reference_bvh_winding(const w3d_mesh_view *mesh, const double *point)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < mesh->index_count / 3; i++) {
        double c[3][3], r[3][3], n[3], length[3];
        corners(mesh, i, c);
        for (int k = 0; k < 3; k++) {
            sub(c[k], point, r[k]);
            length[k] = sqrt(dot(r[k], r[k]));
        }
        cross(r[1], r[2], n);
        double below = length[0] * length[1] * length[2] + dot(r[0], r[1]) * length[2] +
                       dot(r[0], r[2]) * length[1] + dot(r[1], r[2]) * length[0];
        sum += atan2(dot(r[0], n), below);
    }
    return sum / 6.283185307179586;
}

/* How far two sets of points overlap along an axis, in units of length. */
static double along(const double *axis, const double (*a)[3], int m, const double (*b)[3], int n)
{
    double low[2] = { HUGE_VAL, HUGE_VAL }, high[2] = { -HUGE_VAL, -HUGE_VAL };
    double length = sqrt(dot(axis, axis));
    if (!(length > 1e-12)) return HUGE_VAL;
    for (int i = 0; i < m + n; i++) {
        double at = dot(axis, i < m ? a[i] : b[i - m]) / length;
        int side = i >= m;
        low[side] = at < low[side] ? at : low[side];
        high[side] = at > high[side] ? at : high[side];
    }
    return (high[0] < high[1] ? high[0] : high[1]) - (low[0] > low[1] ? low[0] : low[1]);
}

double reference_bvh_box(const w3d_mesh_view *mesh, uint32_t triangle, const double *min,
                         const double *max)
{
    double c[3][3], box[8][3], u[3], v[3], n[3], least;
    corners(mesh, triangle, c);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 3; k++) box[i][k] = i >> k & 1 ? max[k] : min[k];
    sub(c[1], c[0], u);
    sub(c[2], c[0], v);
    cross(u, v, n);
    least = along(n, (const double(*)[3])c, 3, (const double(*)[3])box, 8);
    for (int k = 0; k < 3; k++) {
        double axis[3] = { 0.0, 0.0, 0.0 };
        axis[k] = 1.0;
        double here = along(axis, (const double(*)[3])c, 3, (const double(*)[3])box, 8);
        least = here < least ? here : least;
        for (int i = 0; i < 3; i++) {
            double edge[3], turned[3];
            sub(c[(i + 1) % 3], c[i], edge);
            cross(axis, edge, turned);
            here = along(turned, (const double(*)[3])c, 3, (const double(*)[3])box, 8);
            least = here < least ? here : least;
        }
    }
    return least;
}

double reference_bvh_pair(const w3d_mesh_view *a, uint32_t i, const w3d_mesh_view *b, uint32_t j)
{
    double p[3][3], q[3][3], edges[2][3][3], normal[2][3], least = HUGE_VAL;
    corners(a, i, p);
    corners(b, j, q);
    for (int k = 0; k < 3; k++) {
        sub(p[(k + 1) % 3], p[k], edges[0][k]);
        sub(q[(k + 1) % 3], q[k], edges[1][k]);
    }
    for (int s = 0; s < 2; s++) cross(edges[s][0], edges[s][1], normal[s]);
    for (int k = 0; k < 17; k++) {
        double axis[3];
        if (k < 2)
            memcpy(axis, normal[k], sizeof axis);
        else if (k < 8)
            cross(normal[(k - 2) / 3], edges[(k - 2) / 3][(k - 2) % 3], axis);
        else
            cross(edges[0][(k - 8) / 3], edges[1][(k - 8) % 3], axis);
        double here = along(axis, (const double(*)[3])p, 3, (const double(*)[3])q, 3);
        least = here < least ? here : least;
    }
    return least;
}
