#include "reference_raster.h"

#include <math.h>

void reference_raster_sample(int samples, int sample, int64_t place[2])
{
    static const int sixteenths[4][2] = { { 6, 2 }, { 14, 6 }, { 2, 10 }, { 10, 14 } };
    place[0] = samples == 1 ? 128 : sixteenths[sample][0] * 16;
    place[1] = samples == 1 ? 128 : sixteenths[sample][1] * 16;
}

/* Which side of a -> b the point lies on, after the infinitely small steps; 0 only if a is b. */
static int side_of(const int64_t a[2], const int64_t b[2], const int64_t point[2])
{
    int64_t cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
    int64_t right = -(b[1] - a[1]), down = b[0] - a[0];
    int64_t decisive = cross ? cross : right ? right : down;
    return (decisive > 0) - (decisive < 0);
}

int reference_raster_covers(const int64_t corner[3][2], const int64_t point[2])
{
    int first = side_of(corner[0], corner[1], point);
    int64_t area = (corner[1][0] - corner[0][0]) * (corner[2][1] - corner[0][1]) -
                   (corner[1][1] - corner[0][1]) * (corner[2][0] - corner[0][0]);
    return area != 0 && first == side_of(corner[1], corner[2], point) &&
           first == side_of(corner[2], corner[0], point);
}

void reference_raster_weights(const int64_t corner[3][2], const int64_t point[2], double weight[3])
{
    double area[3], sum = 0.0;
    for (int k = 0; k < 3; k++) {
        const int64_t *a = corner[(k + 1) % 3], *b = corner[(k + 2) % 3];
        area[k] = (double)((b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]));
        sum += area[k];
    }
    for (int k = 0; k < 3; k++) weight[k] = area[k] / sum;
}

/* The point is m0 c0 + m1 c1 + m2 c2 in (x, y, w), up to scale: Cramer's rule gives the m. */
static double determinant(const double a[3], const double b[3], const double c[3])
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) +
           c[0] * (a[1] * b[2] - a[2] * b[1]);
}

reference_raster_hit reference_raster_look(const float corner[3][4], double x, double y)
{
    reference_raster_hit hit = { 0, 0.0, { 0.0, 0.0, 0.0 } };
    double c[3][3], point[3] = { x, y, 1.0 }, sum = 0.0, w = 0.0, z = 0.0;
    for (int k = 0; k < 3; k++) {
        c[k][0] = (double)corner[k][0];
        c[k][1] = (double)corner[k][1];
        c[k][2] = (double)corner[k][3];
    }
    double whole = determinant(c[0], c[1], c[2]);
    if (whole == 0.0) hit.outside = 1;
    if (hit.outside) return hit;
    double m[3];
    m[0] = determinant(point, c[1], c[2]) / whole;
    m[1] = determinant(c[0], point, c[2]) / whole;
    m[2] = determinant(c[0], c[1], point) / whole;
    for (int k = 0; k < 3; k++) sum += m[k];
    for (int k = 0; k < 3; k++) {
        hit.weight[k] = m[k] / sum;
        w += hit.weight[k] * (double)corner[k][3];
        z += hit.weight[k] * (double)corner[k][2];
    }
    hit.depth = z / w;
    for (int k = 0; k < 3; k++) hit.outside |= (m[k] < 0.0) << k;
    hit.outside |= (w <= 0.0) << 3 | (hit.depth < 0.0) << 4 | (hit.depth > 1.0) << 5;
    return hit;
}
