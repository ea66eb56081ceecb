#include "reference/reference_distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double distance_segment(const double *p, const double *a, const double *b)
{
    double ab[3], ap[3], rest[3];
    for (int k = 0; k < 3; k++) ab[k] = b[k] - a[k], ap[k] = p[k] - a[k];
    double length = dot(ab, ab), t = length > 0 ? dot(ap, ab) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    for (int k = 0; k < 3; k++) rest[k] = ap[k] - t * ab[k];
    return dot(rest, rest);
}

/* Over the inside the height above the plane, else the nearest of the three sides. */
double reference_distance_triangle(const double *point, const double *a, const double *b,
                                   const double *c)
{
    double ab[3], ac[3], ap[3];
    for (int k = 0; k < 3; k++) ab[k] = b[k] - a[k], ac[k] = c[k] - a[k], ap[k] = point[k] - a[k];
    double n[3] = { ab[1] * ac[2] - ab[2] * ac[1], ab[2] * ac[0] - ab[0] * ac[2],
                    ab[0] * ac[1] - ab[1] * ac[0] };
    double area = dot(n, n);
    if (area > 0) {
        double ab_ab = dot(ab, ab), ab_ac = dot(ab, ac), ac_ac = dot(ac, ac);
        double ap_ab = dot(ap, ab), ap_ac = dot(ap, ac);
        double v = (ac_ac * ap_ab - ab_ac * ap_ac) / area,
               w = (ab_ab * ap_ac - ab_ac * ap_ab) / area;
        if (v >= 0 && w >= 0 && v + w <= 1) {
            double height = dot(ap, n);
            return height * height / area;
        }
    }
    double best = distance_segment(point, a, b), other = distance_segment(point, b, c);
    if (other < best) best = other;
    other = distance_segment(point, c, a);
    return other < best ? other : best;
}

/* Triangles in the cells of a grid; a cell's list is entries[begin[cell]..begin[cell + 1]). */
typedef struct grid {
    double low[3], width;
    int size[3];
    uint32_t *begin, *entries, *stamp, count;
    double *corners; /* [count][9] */
} grid;

static int read_triangle(const w3d_mesh_view *mesh, uint32_t triangle, double *corners)
{
    for (uint32_t k = 0; k < 9; k++) {
        corners[k] = w3d_mesh_position(mesh, mesh->indices[3 * triangle + k / 3])[k % 3];
        if (!isfinite(corners[k])) return 0;
    }
    return 1;
}

static int cell_of(const grid *g, double x, int axis)
{
    double at = floor((x - g->low[axis]) / g->width);
    return at < 0 ? 0 : at > g->size[axis] - 1 ? g->size[axis] - 1 : (int)at;
}

/* The cells a triangle's box touches: `from` and `to` inclusive. */
static void cells_of(const grid *g, const double *corners, int *from, int *to)
{
    for (int k = 0; k < 3; k++) {
        double a = corners[k], b = corners[3 + k], c = corners[6 + k];
        from[k] = cell_of(g, fmin(a, fmin(b, c)), k);
        to[k] = cell_of(g, fmax(a, fmax(b, c)), k);
    }
}

static void fill(grid *g, int counting)
{
    for (uint32_t t = 0; t < g->count; t++) {
        int from[3], to[3];
        cells_of(g, g->corners + 9 * (size_t)t, from, to);
        for (int z = from[2]; z <= to[2]; z++)
            for (int y = from[1]; y <= to[1]; y++)
                for (int x = from[0]; x <= to[0]; x++) {
                    size_t cell =
                        ((size_t)z * (size_t)g->size[1] + (size_t)y) * (size_t)g->size[0] +
                        (size_t)x;
                    if (counting)
                        g->begin[cell + 1]++;
                    else
                        g->entries[g->begin[cell]++] = t;
                }
    }
}

static void make_grid(grid *g, const w3d_mesh_view *mesh)
{
    double high[3] = { -HUGE_VAL, -HUGE_VAL, -HUGE_VAL }, most = 0;
    memset(g, 0, sizeof *g);
    g->corners = (double *)malloc((size_t)mesh->index_count * 24 + 8);
    for (int k = 0; k < 3; k++) g->low[k] = HUGE_VAL;
    for (uint32_t t = 0; t < mesh->index_count / 3; t++) {
        double *corners = g->corners + 9 * (size_t)g->count;
        if (!read_triangle(mesh, t, corners)) continue;
        g->count++;
        for (int k = 0; k < 9; k++) {
            g->low[k % 3] = fmin(g->low[k % 3], corners[k]);
            high[k % 3] = fmax(high[k % 3], corners[k]);
        }
    }
    for (int k = 0; k < 3; k++) most = fmax(most, high[k] - g->low[k]);
    double cells = fmin(200, ceil(sqrt(g->count * 0.7)));
    g->width = most > 0 ? most / fmax(cells, 1) : 1;
    for (int k = 0; k < 3; k++)
        g->size[k] = g->count ? (int)((high[k] - g->low[k]) / g->width) + 1 : 1;
    size_t total = (size_t)g->size[0] * (size_t)g->size[1] * (size_t)g->size[2];
    g->begin = (uint32_t *)calloc(total + 2, 4);
    g->stamp = (uint32_t *)calloc((size_t)g->count + 1, 4);
    fill(g, 1);
    for (size_t i = 0; i < total; i++) g->begin[i + 1] += g->begin[i];
    g->entries = (uint32_t *)malloc((size_t)g->begin[total] * 4 + 4);
    fill(g, 0);
    for (size_t i = total; i > 0; i--) g->begin[i] = g->begin[i - 1]; /* filling moved them on */
    g->begin[0] = 0;
}

/* Shell after shell of cells around the point, until no cell left can be nearer. */
static double nearest(grid *g, const double *p, uint32_t stamp)
{
    int at[3], most = 0;
    double best = HUGE_VAL, outside = 0;
    for (int k = 0; k < 3; k++) {
        at[k] = cell_of(g, p[k], k);
        if (g->size[k] > most) most = g->size[k];
        double high = g->low[k] + g->width * g->size[k];
        double off = p[k] < g->low[k] ? g->low[k] - p[k] : p[k] > high ? p[k] - high : 0;
        outside += off * off;
    }
    for (int ring = 0; ring <= most; ring++) {
        /* What lies beyond this shell is at least ring - 1 whole cells away. */
        double least = (ring - 1) * g->width;
        if (ring > 0 && best <= least * least) break;
        if (best <= outside) break;
        for (int z = at[2] - ring; z <= at[2] + ring; z++)
            for (int y = at[1] - ring; y <= at[1] + ring; y++) {
                int face = abs(z - at[2]) == ring || abs(y - at[1]) == ring;
                for (int x = at[0] - ring; x <= at[0] + ring; x += face || !ring ? 1 : 2 * ring) {
                    if (x < 0 || y < 0 || z < 0 || x >= g->size[0] || y >= g->size[1] ||
                        z >= g->size[2])
                        continue;
                    size_t cell =
                        ((size_t)z * (size_t)g->size[1] + (size_t)y) * (size_t)g->size[0] +
                        (size_t)x;
                    for (uint32_t e = g->begin[cell]; e < g->begin[cell + 1]; e++) {
                        uint32_t t = g->entries[e];
                        if (g->stamp[t] == stamp) continue;
                        g->stamp[t] = stamp;
                        const double *c = g->corners + 9 * (size_t)t;
                        double d = reference_distance_triangle(p, c, c + 3, c + 6);
                        if (d < best) best = d;
                    }
                }
            }
    }
    return best;
}

reference_distance reference_distance_to(const w3d_mesh_view *from, const w3d_mesh_view *to,
                                         uint32_t samples)
{
    reference_distance result = { 0, 0 };
    double total = 0, before = 0, sum = 0, most = 0;
    uint32_t triangles = from->index_count / 3, sample = 0, stamp = 0;
    double *area = (double *)calloc((size_t)triangles + 1, sizeof(double));
    uint8_t *seen = (uint8_t *)calloc((size_t)from->vertex_count + 1, 1);
    grid g;
    make_grid(&g, to);
    for (uint32_t t = 0; t < triangles; t++) {
        double c[9], e[3], f[3];
        if (!read_triangle(from, t, c)) continue;
        for (int k = 0; k < 3; k++) e[k] = c[3 + k] - c[k], f[k] = c[6 + k] - c[k];
        area[t] = sqrt(fmax(0, dot(e, e) * dot(f, f) - dot(e, f) * dot(e, f)));
        total += area[t];
    }
    for (uint32_t t = 0; t < triangles; t++) {
        double c[9], p[3];
        if (!read_triangle(from, t, c)) continue;
        if (!g.count) {
            result.rms = result.max = HUGE_VAL;
            break;
        }
        for (int corner = 0; corner < 3; corner++) {
            uint8_t *once = &seen[from->indices[3 * (size_t)t + (size_t)corner]];
            if (!*once) most = fmax(most, nearest(&g, c + 3 * corner, ++stamp));
            *once = 1;
        }
        /* Sample i lies at area (i + 1/2) / samples; inside its triangle the points follow the
         * plastic-number sequence (Roberts 2018), folded at the diagonal. */
        before += area[t];
        for (; total > 0 && sample < samples && (sample + 0.5) / samples * total <= before;
             sample++) {
            double u = fmod(0.5 + sample * 0.7548776662466927, 1),
                   v = fmod(0.5 + sample * 0.5698402909980532, 1);
            if (u + v > 1) u = 1 - u, v = 1 - v;
            for (int k = 0; k < 3; k++) p[k] = c[k] + u * (c[3 + k] - c[k]) + v * (c[6 + k] - c[k]);
            double d = nearest(&g, p, ++stamp);
            sum += d;
            most = fmax(most, d);
        }
    }
    if (g.count) {
        result.rms = sample ? sqrt(sum / sample) : 0;
        result.max = sqrt(most);
    }
    free(g.begin);
    free(g.entries);
    free(g.stamp);
    free(g.corners);
    free(area);
    free(seen);
    return result;
}
