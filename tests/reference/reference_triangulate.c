#include "reference_triangulate.h"

#include <stdlib.h>
#include <string.h>

typedef const int32_t *point;

static int64_t turn(point a, point b, point c)
{
    return ((int64_t)b[0] - a[0]) * ((int64_t)c[1] - a[1]) -
           ((int64_t)b[1] - a[1]) * ((int64_t)c[0] - a[0]);
}
static int sign(int64_t value) { return (value > 0) - (value < 0); }

/* 1 where c, in line with a and b, lies between them. */
static int between(point a, point b, point c)
{
    for (int k = 0; k < 2; k++)
        if ((c[k] < a[k] && c[k] < b[k]) || (c[k] > a[k] && c[k] > b[k])) return 0;
    return 1;
}

/* 2: the segments cross; 1: they touch; 0: they are apart. */
static int meet(point a, point b, point c, point d)
{
    int s1 = sign(turn(a, b, c)), s2 = sign(turn(a, b, d));
    int s3 = sign(turn(c, d, a)), s4 = sign(turn(c, d, b));
    if (s1 * s2 < 0 && s3 * s4 < 0) return 2;
    return (!s1 && between(a, b, c)) || (!s2 && between(a, b, d)) || (!s3 && between(c, d, a)) ||
           (!s4 && between(c, d, b));
}

static uint32_t total(const reference_polygon *polygon)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < polygon->ring_count; i++) count += polygon->ring_sizes[i];
    return count;
}

/* The corner after each one. */
static uint32_t *followers(const reference_polygon *polygon)
{
    uint32_t *next = (uint32_t *)malloc((total(polygon) + 1) * sizeof *next), first = 0;
    for (uint32_t r = 0; r < polygon->ring_count; first += polygon->ring_sizes[r++])
        for (uint32_t i = 0; i < polygon->ring_sizes[r]; i++)
            next[first + i] = first + (i + 1) % polygon->ring_sizes[r];
    return next;
}

int reference_triangulate_rings(const reference_polygon *polygon)
{
    uint32_t count = total(polygon), *next = followers(polygon);
    int worst = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = i + 1; k < count; k++) {
            point a = polygon->points[i], b = polygon->points[next[i]];
            point c = polygon->points[k], d = polygon->points[next[k]];
            int found = meet(a, b, c, d);
            if (next[i] == k) found = !turn(a, b, d) && !between(a, d, b);
            if (next[k] == i) found = !turn(c, d, b) && !between(c, b, d);
            if (found > worst) worst = found;
        }
    for (uint32_t i = 0; i < count; i++) /* repeated corners */
        if (!memcmp(polygon->points[i], polygon->points[next[i]], 8) && worst < 1) worst = 1;
    free(next);
    return worst;
}

/* 1 where the insides of two triangles that turn the same way have something in common: no side of
 * either has the other all beyond it. */
static int overlap(point *p, point *q, int sense)
{
    for (int side = 0; side < 2; side++) {
        point *a = side ? q : p, *b = side ? p : q;
        for (int i = 0; i < 3; i++) {
            int beyond = 1;
            for (int k = 0; k < 3; k++) beyond &= sense * turn(a[i], a[(i + 1) % 3], b[k]) <= 0;
            if (beyond) return 0;
        }
    }
    return 1;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Edges that have no twin, as sorted from << 32 | to; gives how many. */
static uint32_t borders(const uint32_t *triangles, uint32_t triangle_count, uint64_t *out)
{
    uint32_t edges = triangle_count * 3, left = 0;
    for (uint32_t i = 0; i < edges; i++) {
        uint32_t after = i % 3 == 2 ? i - 2 : i + 1;
        out[i] = (uint64_t)triangles[i] << 32 | triangles[after];
    }
    qsort(out, edges, sizeof *out, by_value);
    uint64_t *all = (uint64_t *)malloc((edges + 1) * sizeof *all);
    memcpy(all, out, edges * sizeof *all);
    for (uint32_t i = 0; i < edges; i++) {
        uint64_t twin = all[i] << 32 | all[i] >> 32;
        if (!bsearch(&twin, all, edges, sizeof *all, by_value)) out[left++] = all[i];
    }
    free(all);
    return left;
}

const char *reference_triangulate_check(const reference_polygon *polygon, const uint32_t *triangles,
                                        uint32_t triangle_count, int sense, int64_t twice_area,
                                        uint32_t *flat_count)
{
    uint32_t count = total(polygon), *next = followers(polygon), left;
    const char *wrong = NULL;
    int64_t area = 0;
    *flat_count = 0;
    for (uint32_t i = 0; i < triangle_count * 3; i++)
        if (triangles[i] >= count) return "a number out of range";
    for (uint32_t t = 0; t < triangle_count; t++) {
        int64_t twice =
            turn(polygon->points[triangles[3 * t]], polygon->points[triangles[3 * t + 1]],
                 polygon->points[triangles[3 * t + 2]]);
        if (twice * sense < 0) wrong = "a triangle turns the other way";
        *flat_count += twice == 0;
        area += twice * sense;
    }
    if (area != twice_area) wrong = "the area is another";
    /* The edges without a twin are those of the rings, each once, in one sense or the other. */
    uint64_t *edges = (uint64_t *)malloc(((size_t)triangle_count * 3 + 1) * sizeof *edges);
    left = borders(triangles, triangle_count, edges);
    if (left != count) wrong = "the border has not as many edges as the rings";
    for (uint32_t i = 0; i < count; i++) {
        uint64_t one = (uint64_t)i << 32 | next[i], other = (uint64_t)next[i] << 32 | i;
        if (!bsearch(&one, edges, left, sizeof *edges, by_value) &&
            !bsearch(&other, edges, left, sizeof *edges, by_value))
            wrong = "an edge of a ring is no border";
    }
    for (uint32_t i = 0; i < triangle_count && triangle_count < 400; i++)
        for (uint32_t k = i + 1; k < triangle_count; k++) {
            point p[3], q[3];
            for (int c = 0; c < 3; c++) {
                p[c] = polygon->points[triangles[3 * i + (uint32_t)c]];
                q[c] = polygon->points[triangles[3 * k + (uint32_t)c]];
            }
            if (turn(p[0], p[1], p[2]) && turn(q[0], q[1], q[2]) && overlap(p, q, sense))
                wrong = "two triangles overlap";
        }
    free(edges);
    free(next);
    return wrong;
}
