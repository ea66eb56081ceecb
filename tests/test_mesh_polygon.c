/* test_mesh_polygon.c - concave polygons: the triangles cover them exactly, none is turned over. */
#include "test.h"

#include "mesh/mesh_triangulate.h"

enum { MOST = 300 };
static float positions[MOST * 3];
static uint32_t corners[MOST], indices[MOST * 3];

static w3d_result cut(uint32_t count, uint32_t *triangle_count)
{
    w3d_mesh_triangulate_desc desc;
    w3d_mesh_triangles out;
    memset(&desc, 0, sizeof desc);
    memset(&out, 0, sizeof out);
    for (uint32_t i = 0; i < count; i++) corners[i] = i;
    desc.sizes = &count;
    desc.polygon_count = 1;
    desc.corners = corners;
    desc.corner_count = desc.vertex_count = count;
    desc.positions = positions;
    out.indices = indices;
    out.capacity = MOST;
    w3d_result result = w3d_mesh_triangulate(&desc, &out);
    *triangle_count = out.triangle_count;
    return result;
}

/* A polygon with random radii lies in a plane tilted by `tilt`; what it covers must be covered once:
 * the triangles' areas are all positive and add up to the polygon's. */
static void star_polygons_are_covered_once(void)
{
    for (int round = 0; round < 1500; round++) {
        uint32_t count = 5 + test_random_below(252), triangles;
        double tilt = (double)test_random_float(0, 6.28f), c = cos(tilt), s = sin(tilt), area = 0,
               sum = 0;
        double scale = pow(10.0, (double)test_random_float(-6, 6)), x[MOST], y[MOST];
        for (uint32_t i = 0; i < count; i++) {
            double angle = 6.283185307179586 * i / count,
                   radius = scale * (double)test_random_float(0.1f, 1.0f);
            positions[3 * i] = (float)(radius * cos(angle));
            positions[3 * i + 1] = (float)(radius * sin(angle) * c);
            positions[3 * i + 2] = (float)(radius * sin(angle) * s);
            x[i] = (double)positions[3 * i];
            y[i] = (double)positions[3 * i + 1] * c + (double)positions[3 * i + 2] * s;
        }
        for (uint32_t i = 0; i < count; i++)
            area += x[i] * y[(i + 1) % count] - x[(i + 1) % count] * y[i];
        CHECK(cut(count, &triangles) == W3D_OK && triangles == count - 2);
        for (uint32_t t = 0; t < triangles; t++) {
            uint32_t a = indices[3 * t], b = indices[3 * t + 1], d = indices[3 * t + 2];
            double twice = (x[b] - x[a]) * (y[d] - y[a]) - (x[d] - x[a]) * (y[b] - y[a]);
            CHECK(twice > -1e-6 * scale * scale);
            sum += fabs(twice);
        }
        CHECK_NEAR(sum / area, 1, 1e-5);
    }
}

/* Corners in line, where a fan would have triangles without area: a rectangle and an L, their sides
 * in pieces, from every first corner. */
static void corners_in_line(void)
{
    static const float shapes[2][6][2] = {
        { { 0, 0 }, { 4, 0 }, { 4, 0 }, { 4, 3 }, { 0, 3 }, { 0, 3 } },
        { { 0, 0 }, { 4, 0 }, { 4, 2 }, { 2, 2 }, { 2, 5 }, { 0, 5 } },
    };
    for (int shape = 0; shape < 2; shape++)
        for (uint32_t pieces = 1; pieces <= 8; pieces *= 2)
            for (uint32_t turn = 0; turn < 6 * pieces; turn++) {
                uint32_t count = 0, triangles, start = turn;
                float ring[48][2];
                double sum = 0;
                for (int side = 0; side < 6; side++) {
                    const float *a = shapes[shape][side], *b = shapes[shape][(side + 1) % 6];
                    if (a[0] == b[0] && a[1] == b[1]) continue;
                    for (uint32_t i = 0; i < pieces; i++, count++)
                        for (int k = 0; k < 2; k++)
                            ring[count][k] = a[k] + (b[k] - a[k]) * (float)i / (float)pieces;
                }
                for (uint32_t i = 0; i < count; i++) {
                    positions[3 * i] = ring[(start + i) % count][0];
                    positions[3 * i + 1] = ring[(start + i) % count][1];
                    positions[3 * i + 2] = 7.0f;
                }
                CHECK(cut(count, &triangles) == W3D_OK && triangles == count - 2);
                for (uint32_t t = 0; t < triangles; t++) {
                    const float *a = positions + 3 * indices[3 * t];
                    const float *b = positions + 3 * indices[3 * t + 1];
                    const float *c = positions + 3 * indices[3 * t + 2];
                    float twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
                    CHECK(twice > 0.0f);
                    sum += (double)twice;
                }
                CHECK(sum == (shape ? 28.0 : 24.0));
            }
}

static void odd_polygons_still_give_n_minus_2(void)
{
    uint32_t triangles;
    static const char *names[] = { "a point",  "a line", "a crossed star", "not a number",
                                   "infinite", "huge",   "doubled" };
    for (int kind = 0; kind < 7; kind++)
        for (uint32_t count = 5; count < 299; count += 7) {
            for (uint32_t i = 0; i < count; i++) {
                double angle = 6.283185307179586 * 2 * i / count;
                float *p = positions + 3 * i;
                p[0] = kind == 0 ? 1.0f : kind == 1 ? (float)i : (float)cos(angle);
                p[1] = kind < 2 ? 0.0f : (float)sin(angle);
                p[2] = 0.0f;
                if (kind == 3 && i % 3 == 0) p[0] = nanf("");
                if (kind == 4 && i % 5 == 0) p[1] = HUGE_VALF;
                if (kind == 5) p[0] *= 3e38f, p[1] *= 3e38f;
                if (kind == 6) p[0] = (float)(i / 2 % 9), p[1] = (float)(i / 2 % 4);
            }
            CHECK_MESSAGE(cut(count, &triangles) == W3D_OK && triangles == count - 2,
                          "%s, %u corners", names[kind], count);
            for (uint32_t i = 0; i < 3 * triangles; i++) CHECK(indices[i] < count);
        }
}

void test_mesh_polygon(void)
{
    RUN(star_polygons_are_covered_once);
    RUN(corners_in_line);
    RUN(odd_polygons_still_give_n_minus_2);
}
