#include "meshes.h"

#include "core/hash.h"
#include "core/vec.h"
#include "mesh/mesh_triangulate_holes.h"
#include "reference/reference_triangulate.h"

enum { MOST = 20000, MOST_RINGS = 4000 };

typedef struct polygon {
    int32_t points[MOST][2];
    uint32_t ring_sizes[MOST_RINGS], ring_count, count;
} polygon;

static polygon shape;
static float rows[MOST * 3];
static uint32_t triangles[2][MOST * 6];

static void clear(void) { shape.ring_count = shape.count = 0; }
static void ring(void) { shape.ring_sizes[shape.ring_count++] = 0; }
static void corner(int32_t x, int32_t y)
{
    shape.points[shape.count][0] = x;
    shape.points[shape.count++][1] = y;
    shape.ring_sizes[shape.ring_count - 1]++;
}

static w3d_result cut(const w3d_mesh_triangulate_holes_desc *desc, uint32_t count,
                      uint32_t *indices, uint32_t *triangle_count)
{
    size_t size = w3d_mesh_triangulate_holes_scratch_size(count, desc->ring_count);
    void *block = malloc(size);
    w3d_mesh_triangles out = { indices, NULL, MOST * 2, 0, 7 };
    w3d_result result = w3d_mesh_triangulate_holes(desc, &out, w3d_arena_make(block, size));
    *triangle_count = out.triangle_count;
    CHECK(result == W3D_OK ? out.skipped_count == 0 : out.triangle_count == 0);
    free(block);
    return result;
}

static w3d_mesh_triangulate_holes_desc described(float scale)
{
    w3d_mesh_triangulate_holes_desc desc;
    memset(&desc, 0, sizeof desc);
    for (uint32_t i = 0; i < shape.count; i++)
        for (int k = 0; k < 2; k++) rows[2 * i + (uint32_t)k] = (float)shape.points[i][k] * scale;
    desc.positions = rows;
    desc.vertex_count = shape.count;
    desc.dimensions = 2;
    desc.ring_sizes = shape.ring_sizes;
    desc.ring_count = shape.ring_count;
    return desc;
}

static reference_polygon referred(void)
{
    reference_polygon reference = { (const int32_t(*)[2])shape.points, shape.ring_sizes,
                                    shape.ring_count };
    return reference;
}

static int64_t ring_area(uint32_t first, uint32_t size)
{
    int64_t twice = 0;
    for (uint32_t i = 0; i < size; i++) {
        const int32_t *a = shape.points[first + i], *b = shape.points[first + (i + 1) % size];
        twice += (int64_t)a[0] * b[1] - (int64_t)a[1] * b[0];
    }
    return twice;
}

/* Ring 0's area less the others', which are holes that do not touch; and which way ring 0 turns. */
static int64_t area(int *sense)
{
    uint32_t first = 0;
    int64_t sum = 0;
    for (uint32_t r = 0; r < shape.ring_count; first += shape.ring_sizes[r++]) {
        int64_t one = ring_area(first, shape.ring_sizes[r]);
        if (r == 0) *sense = one < 0 ? -1 : 1;
        sum += (one < 0 ? -one : one) * (r ? -1 : 1);
    }
    return sum;
}

/* 1 where a ring has two different points only: its edges are twins of one another, which the
 * reference cannot tell from the triangles'. */
static int folded(void)
{
    uint32_t first = 0;
    for (uint32_t r = 0; r < shape.ring_count; first += shape.ring_sizes[r++]) {
        uint32_t others = 0;
        const int32_t *a = shape.points[first], *b = NULL;
        for (uint32_t i = 1; i < shape.ring_sizes[r]; i++) {
            const int32_t *p = shape.points[first + i];
            if (!memcmp(p, a, 8) || (b && !memcmp(p, b, 8))) continue;
            b = p;
            others++;
        }
        if (others < 2) return 1;
    }
    return 0;
}

/* The shape as it lies in `shape` gives a triangulation; gives the triangles without area. */
static uint32_t holds(int64_t twice_area, int sense, uint32_t expected, const char *what)
{
    w3d_mesh_triangulate_holes_desc desc = described(1.0f);
    reference_polygon reference = referred();
    uint32_t count = 0, flat = 0;
    w3d_result result = cut(&desc, shape.count, triangles[0], &count);
    CHECK_MESSAGE(result == W3D_OK, "%s: %s", what, w3d_result_text(result));
    if (result != W3D_OK) return 0;
    CHECK_MESSAGE(count == expected, "%s: %u triangles, not %u", what, count, expected);
    const char *wrong =
        reference_triangulate_check(&reference, triangles[0], count, sense, twice_area, &flat);
    CHECK_MESSAGE(!wrong || folded(), "%s: %s", what, wrong);
    /* Powers of two change nothing. */
    const float scales[3] = { 1.0f / 16384.0f, 16384.0f, 1.2676506e30f };
    for (int s = 0; s < 3; s++) {
        uint32_t again = 0;
        desc = described(scales[s]);
        CHECK(cut(&desc, shape.count, triangles[1], &again) == W3D_OK && again == count);
        CHECK_BYTES(triangles[0], triangles[1], (size_t)count * 12);
    }
    return flat;
}

/* ---- shapes ---- */

/* Corners around a centre, at rising angles: simple. */
static void star(int32_t x, int32_t y, uint32_t size, float low, float high, int backward)
{
    ring();
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = backward ? size - 1 - i : i;
        float angle = 2.0f * W3D_PI * ((float)at + 0.3f) / (float)size;
        float radius = low + (high - low) * test_random_float(0.0f, 1.0f);
        corner(x + (int32_t)(radius * w3d_math_cos(angle)),
               y + (int32_t)(radius * w3d_math_sin(angle)));
    }
}

static void stars(void)
{
    for (uint32_t round = 0; round < 60; round++) {
        int sense = 1;
        uint32_t holes = round % 7;
        clear();
        star(0, 0, 3 + round * 3, 50000.0f, 100000.0f, round & 1);
        for (uint32_t h = 0; h < holes; h++) {
            float angle = 2.0f * W3D_PI * (float)h / (float)holes;
            star((int32_t)(25000.0f * w3d_math_cos(angle)),
                 (int32_t)(25000.0f * w3d_math_sin(angle)), 3 + test_random_below(9), 1000.0f,
                 9000.0f, (int)test_random_below(2));
        }
        if (shape.ring_sizes[0] < 9) shape.ring_count = 1, shape.count = shape.ring_sizes[0];
        reference_polygon reference = referred();
        if (reference_triangulate_rings(&reference) != 0) continue;
        int64_t twice = area(&sense);
        uint32_t expected = shape.count + 2 * (shape.ring_count - 1) - 2;
        CHECK(holds(twice, sense, expected, "star") == 0);
    }
}

/* The borders of the set cells of a grid, traced with the set on the left. Where two cells meet in
 * a point only, the border turns left or right there: rings that touch others, or themselves. */
static uint32_t trace(const uint8_t *cells, int32_t width, int32_t height, int left_first,
                      int thinned)
{
    static uint8_t used[4][64 * 64];
    static const int32_t step[4][2] = { { 1, 0 }, { 0, 1 }, { -1, 0 }, { 0, -1 } };
    uint32_t outlines = 0;
    memset(used, 0, sizeof used);
#define SET(x, y) ((x) >= 0 && (y) >= 0 && (x) < width && (y) < height && cells[(y)*width + (x)])
/* An edge from a grid point in a direction has a set cell on its left and none on its right. */
#define LEFT(x, y, d)  SET((x) - ((d) == 1 || (d) == 2), (y) - ((d) == 2 || (d) == 3))
#define RIGHT(x, y, d) SET((x) - ((d) == 2 || (d) == 3), (y) - ((d) == 0 || (d) == 3))
#define EDGE(x, y, d)  (LEFT(x, y, d) && !RIGHT(x, y, d))
    for (int32_t y = 0; y <= height; y++)
        for (int32_t x = 0; x <= width; x++)
            for (int d = 0; d < 4; d++) {
                int32_t px = x, py = y;
                int way = d;
                if (!EDGE(x, y, d) || used[d][y * 64 + x]) continue;
                ring();
                uint32_t first = shape.count;
                do {
                    int old = way;
                    used[way][py * 64 + px] = 1;
                    px += step[way][0];
                    py += step[way][1];
                    for (int turn = 0; turn < 3; turn++) {
                        way = (old + (left_first ? 5 - turn : 3 + turn)) % 4;
                        if (EDGE(px, py, way) && !used[way][py * 64 + px]) break;
                        if (EDGE(px, py, way) && px == x && py == y && way == d) break;
                    }
                    if (way != old || !thinned) corner(px * 10, py * 10);
                } while (px != x || py != y || way != d);
                outlines += ring_area(first, shape.count - first) > 0;
            }
    return outlines;
}

static void cells_of_a_grid(void)
{
    static uint8_t cells[64 * 64];
    for (uint32_t round = 0; round < 240; round++) {
        int32_t width = 1 + (int32_t)test_random_below(round % 40 == 0 ? 40 : 8);
        int32_t height = 1 + (int32_t)test_random_below(round % 40 == 0 ? 40 : 8);
        uint32_t chance = 20 + test_random_below(80), set = 0;
        clear();
        for (int32_t i = 0; i < width * height; i++)
            set += cells[i] = test_random_below(100) < chance;
        uint32_t outlines = trace(cells, width, height, round & 1, round >> 1 & 1);
        if (!set) continue;
        /* Where the path turns right at points, regions hang together by no more than these. */
        holds((int64_t)set * 200, 1, shape.count + 2 * (shape.ring_count - outlines) - 2 * outlines,
              "cells");
    }
}

static void put(const char *numbers)
{
    clear();
    for (char *at = (char *)(uintptr_t)numbers; *at;) {
        ring();
        while (*at && *at != '/') {
            int32_t x = (int32_t)strtol(at, &at, 10), y = (int32_t)strtol(at, &at, 10);
            corner(x, y);
            while (*at == ' ' || *at == ',') at++;
        }
        if (*at == '/') at++;
    }
}

/* Touching, folding, repeating: everything short of crossing. */
static void awkward(void)
{
    static const struct {
        const char *name, *numbers;
        int64_t area;
        uint32_t triangles, flat; /* flat: at most so many without area */
    } cases[] = {
        { "triangle", "0 0, 1 0, 0 1", 1, 1, 0 },
        { "backward", "0 0, 0 1, 1 0", 1, 1, 0 },
        { "in line", "0 0, 1 0, 2 0, 3 0, 3 3, 2 3, 1 3, 0 3, 0 2, 0 1", 18, 8, 0 },
        { "repeats", "0 0, 0 0, 2 0, 2 0, 2 0, 2 2, 0 2, 0 2, 0 0, 0 0", 8, 8, 6 },
        { "no area", "0 0, 1 0, 2 0, 1 0", 0, 2, 2 },
        { "no area, upright", "0 0, 0 1, 0 3, 0 2", 0, 2, 2 },
        { "two points", "0 0, 0 0, 1 0, 1 0", 0, 2, 2 },
        { "spike outwards", "0 0, 4 0, 4 2, 6 2, 4 2, 4 4, 0 4", 32, 5, 2 },
        { "spike inwards", "0 0, 4 0, 4 2, 2 2, 4 2, 4 4, 0 4", 32, 5, 0 },
        { "spike to the left", "0 0, 4 0, 4 4, 0 4, 0 2, -2 2, 0 2", 32, 5, 2 },
        { "slit from the left", "0 0, 4 0, 4 4, 0 4, 0 2, 2 2, 0 2", 32, 5, 0 },
        { "hole", "0 0, 9 0, 9 9, 0 9 / 3 3, 3 6, 6 6, 6 3", 144, 8, 0 },
        { "hole, same way", "0 0, 9 0, 9 9, 0 9 / 3 3, 6 3, 6 6, 3 6", 144, 8, 0 },
        { "hole at the leftmost", "0 0, 9 -9, 9 9 / 0 0, 3 1, 3 -1", 156, 6, 2 },
        { "hole at the rightmost", "9 0, 0 -9, 0 9 / 9 0, 3 1, 3 -1", 150, 6, 2 },
        { "hole on an edge's inside", "0 0, 9 0, 9 9, 0 9 / 3 0, 4 3, 5 2", 158, 7, 1 },
        { "hole on the left edge", "0 0, 9 0, 9 9, 0 9 / 0 3, 3 4, 2 5", 158, 7, 1 },
        { "hole along an edge", "0 0, 9 0, 9 9, 0 9 / 3 0, 5 0, 4 3", 156, 7, 2 },
        { "hole along a whole edge", "0 0, 9 0, 9 9, 0 9 / 0 0, 9 0, 4 3", 135, 7, 4 },
        { "hole that is all", "0 0, 9 0, 9 9, 0 9 / 0 0, 9 0, 9 9, 0 9", 0, 8, 8 },
        { "holes that touch", "0 0, 9 0, 9 9, 0 9 / 2 2, 4 2, 4 4, 2 4 / 4 4, 6 4, 6 6, 4 6", 146,
          14, 2 },
        { "holes side by side", "0 0, 9 0, 9 9, 0 9 / 2 2, 4 2, 4 4, 2 4 / 4 2, 6 2, 6 4, 4 4", 146,
          14, 4 },
        { "a ring of holes",
          "0 0, 9 0, 9 9, 0 9 / 2 4, 4 2, 3 4 / 4 2, 6 4, 5 4 / 6 4, 4 6, 4 5 / 4 6, 2 4, 3 4", 154,
          22, 10 },
        { "hole of no area", "0 0, 9 0, 9 9, 0 9 / 2 2, 4 4, 6 6", 162, 7, 2 },
        { "hole of two points", "0 0, 9 0, 9 9, 0 9 / 2 2, 4 4, 4 4", 162, 7, 4 },
        { "pinched", "0 0, 4 4, 8 0, 8 8, 4 4, 0 8", 64, 4, 2 },
        { "island in a hole", "0 0, 9 0, 9 9, 0 9 / 1 1, 8 1, 8 8, 1 8 / 3 3, 5 3, 5 5, 3 5", 72,
          10, 0 },
        { "hole before its outline", "20 0, 21 0, 20 1 / 0 0, 3 1, 3 -1 / 0 0, 9 -9, 9 9", 157, 7,
          2 },
        { "and along its upper edge", "20 0, 21 0, 20 1 / 0 0, 3 1, 3 3 / 0 0, 9 -9, 9 9", 157, 7,
          3 },
        { "and along its lower edge", "20 0, 21 0, 20 1 / 0 0, 3 -3, 3 -1 / 0 0, 9 -9, 9 9", 157, 7,
          3 },
        { "two outlines", "0 0, 1 0, 0 1 / 5 5, 6 5, 5 6", 2, 2, 0 },
        { "outlines at a point", "0 0, 4 1, 4 3 / 0 0, 4 -1, 4 -3 / 0 0, -4 1, -4 -1", 24, 3, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(cases[i].numbers);
        int sense = ring_area(0, shape.ring_sizes[0]) < 0 ? -1 : 1;
        for (int turned = 0; turned < 8; turned++) { /* all ways to lay it */
            int64_t way = turned & 1 ? -sense : sense;
            uint32_t flat = holds(cases[i].area, (int)way, cases[i].triangles, cases[i].name);
            CHECK_MESSAGE(flat <= cases[i].flat, "%s: %u without area", cases[i].name, flat);
            for (uint32_t k = 0; k < shape.count; k++) {
                int32_t *p = shape.points[k], old = p[0];
                p[0] = p[1];
                p[1] = old;
                if (turned == 1 || turned == 5) p[0] = -p[0];
                if (turned == 3) p[0] = -p[0], p[1] = -p[1];
            }
            if (turned == 1 || turned == 5) sense = -sense;
        }
    }
}

/* What crosses is refused; random rings agree with the reference about it. */
static void crossings(void)
{
    static const char *cases[] = {
        "0 0, 2 2, 2 0, 0 2",                                 /* an eight                  */
        "0 0, 4 1, 0 2, 3 -1, 3 3",                           /* a pentagram               */
        "0 0, 9 0, 9 9, 0 9 / 5 5, 12 5, 5 7",                /* a hole that sticks out    */
        "0 0, 9 0, 9 9, 0 9 / 2 2, 6 2, 4 6 / 3 3, 7 3, 5 7", /* two that cross            */
        "0 0, 6 0, 6 3, 3 -3",                                /* an edge over an edge      */
    };
    uint32_t counts[3][2] = { { 0, 0 }, { 0, 0 }, { 0, 0 } }, count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(cases[i]);
        w3d_mesh_triangulate_holes_desc desc = described(1.0f);
        CHECK_MESSAGE(cut(&desc, shape.count, triangles[0], &count) == W3D_ERR_FORMAT, "%s",
                      cases[i]);
    }
    for (uint32_t round = 0; round < 6000; round++) {
        clear();
        uint32_t range = 2 + test_random_below(12);
        for (uint32_t rings = 1 + test_random_below(3); rings; rings--) {
            ring();
            for (uint32_t size = 3 + test_random_below(4); size; size--)
                corner((int32_t)test_random_below(range), (int32_t)test_random_below(range));
        }
        w3d_mesh_triangulate_holes_desc desc = described(1.0f);
        reference_polygon reference = referred();
        int kind = reference_triangulate_rings(&reference);
        w3d_result result = cut(&desc, shape.count, triangles[0], &count);
        CHECK(result == W3D_OK || result == W3D_ERR_FORMAT);
        CHECK_MESSAGE(kind != 0 || result == W3D_OK, "round %u: simple, yet refused", round);
        CHECK_MESSAGE(kind != 2 || result != W3D_OK, "round %u: crosses, yet taken", round);
        counts[kind][result == W3D_OK]++;
        if (result != W3D_OK) continue;
        int64_t twice = 0; /* what the triangles say; the check is then of overlap and borders */
        uint32_t flat;
        int sense = 0;
        for (uint32_t t = 0; t < count; t++) {
            const int32_t *p[3];
            for (uint32_t k = 0; k < 3; k++) p[k] = shape.points[triangles[0][3 * t + k]];
            int64_t turn = (int64_t)(p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) -
                           (int64_t)(p[1][1] - p[0][1]) * (p[2][0] - p[0][0]);
            twice += turn;
            if (turn) sense = turn < 0 ? -1 : 1;
        }
        const char *wrong = reference_triangulate_check(&reference, triangles[0], count,
                                                        sense ? sense : 1, twice * sense, &flat);
        CHECK_MESSAGE(!wrong || folded(), "round %u: %s", round, wrong);
    }
    CHECK(counts[0][1] > 100 && counts[1][1] > 100 && counts[2][0] > 100);
    CHECK(counts[1][1] > counts[1][0] * 5); /* what folds over itself twice may be refused */
}

/* Near to a line, far from the origin: the nearest float on one side is a hole, on the other it
 * crosses. */
static void exact(void)
{
    for (uint32_t round = 0; round < 400; round++) {
        const uint32_t sizes[1] = { 4 };
        float x0 = test_random_float(1e6f, 2e6f), y0 = test_random_float(0.0f, 1.0f);
        float x1 = x0 + test_random_float(1.0f, 100.0f), y1 = test_random_float(1.0f, 2.0f);
        /* A point next to the line's middle, then whole numbers of steps of its last digit. */
        float x = (float)(((double)x0 + (double)x1) / 2);
        double line = (double)y0 + ((double)x - x0) * (((double)y1 - y0) / ((double)x1 - x0));
        float y = (float)line;
        for (int step = -2; step <= 2; step++) {
            float at = y;
            for (int k = 0; k < 2; k++)
                if (k < (step < 0 ? -step : step)) at = nextafterf(at, step < 0 ? -9.0f : 9.0f);
            double dx = (double)x1 - x0, ex = (double)x - x0; /* exact, all four */
            double dy = (double)y1 - y0, ey = (double)at - y0;
            double left = dx * ey, right = dy * ex;
            double side = (left - right) + (fma(dx, ey, -left) - fma(dy, ex, -right));
            float positions[8] = { x0, y0, x1, y1, x, at, x, 50.0f };
            w3d_mesh_triangulate_holes_desc desc;
            uint32_t count;
            memset(&desc, 0, sizeof desc);
            desc.positions = positions;
            desc.vertex_count = 4;
            desc.dimensions = 2;
            desc.ring_sizes = sizes;
            desc.ring_count = 1;
            /* x0 -> x1 -> (x, at) -> (x, 50): crosses where (x, at) is below the first edge. */
            w3d_result result = cut(&desc, 4, triangles[0], &count);
            CHECK(result == (side < 0.0 ? W3D_ERR_FORMAT : W3D_OK));
        }
    }
}

/* Where a difference of coordinates has no double: (3, 3) lies below the line from (0, t) to (c, c)
 * by as little as t, above it where t is negative, on it where t is 0. */
static void far_apart(void)
{
    const uint32_t sizes[1] = { 4 };
    for (int exponent = -140; exponent < -20; exponent += 7)
        for (int sign = -1; sign <= 1; sign++) {
            float t = (float)sign * ldexpf(1.0f, exponent), c = 8388609.0f;
            float positions[8] = { 0.0f, t, c, c, 3.0f, 3.0f, 3.0f, c };
            w3d_mesh_triangulate_holes_desc desc;
            uint32_t count;
            memset(&desc, 0, sizeof desc);
            desc.positions = positions;
            desc.vertex_count = 4;
            desc.dimensions = 2;
            desc.ring_sizes = sizes;
            desc.ring_count = 1;
            w3d_result result = cut(&desc, 4, triangles[0], &count);
            CHECK_MESSAGE(result == (sign > 0 ? W3D_ERR_FORMAT : W3D_OK), "2^%d %d: %s", exponent,
                          sign, w3d_result_text(result));
        }
}

/* Zeros of either sign are one coordinate. */
static void signed_zeros(void)
{
    const uint32_t sizes[1] = { 6 };
    const float positions[12] = { 0.0f,  -0.0f, 1.0f, 0.0f, 1.0f,  2.0f,
                                  -0.0f, 2.0f,  0.0f, 1.0f, -0.0f, 0.5f };
    w3d_mesh_triangulate_holes_desc desc;
    uint32_t count;
    memset(&desc, 0, sizeof desc);
    desc.positions = positions;
    desc.vertex_count = 6;
    desc.dimensions = 2;
    desc.ring_sizes = sizes;
    desc.ring_count = 1;
    CHECK(cut(&desc, 6, triangles[0], &count) == W3D_OK && count == 4);
}

/* All ways a plane can lie, in either sense: triangles turn as ring 0 does. */
static void in_space(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (uint32_t round = 0; round < 90; round++) {
        const uint32_t sizes[2] = { 6, 4 };
        const float flat[10][2] = { { 0, 0 },  { 6, 0 }, { 6, 6 }, { 3, 5 }, { 0, 6 },
                                    { -1, 3 }, { 1, 1 }, { 1, 2 }, { 2, 2 }, { 2, 1 } };
        float positions[10][4];
        w3d_mesh_triangulate_holes_desc desc;
        uint32_t corners[10], count = 0;
        w3d_vec3 u = w3d_vec3_make(test_random_float(-1, 1), test_random_float(-1, 1),
                                   test_random_float(-1, 1));
        w3d_vec3 v = w3d_vec3_make(test_random_float(-1, 1), test_random_float(-1, 1),
                                   test_random_float(-1, 1));
        if (round < 6) {
            u = w3d_vec3_make((float)(round % 3 == 0), (float)(round % 3 == 1),
                              (float)(round % 3 == 2));
            v = w3d_vec3_make((float)(round % 3 == 1), (float)(round % 3 == 2),
                              (float)(round % 3 == 0));
        }
        for (uint32_t i = 0; i < 10; i++) {
            corners[i] = 9 - i;
            float s = flat[i][0] * scales[round % 3], t = flat[i][1] * scales[round % 3];
            float *row = positions[9 - i];
            row[0] = s * u.x + t * v.x;
            row[1] = s * u.y + t * v.y;
            row[2] = s * u.z + t * v.z;
            row[3] = NAN; /* not looked at */
        }
        memset(&desc, 0, sizeof desc);
        desc.positions = &positions[0][0];
        desc.vertex_count = 10;
        desc.stride = 16;
        desc.corners = corners;
        desc.ring_sizes = sizes;
        desc.ring_count = 2;
        w3d_vec3 axis = w3d_vec3_cross(u, v);
        if (w3d_vec3_dot(axis, axis) < 1e-3f) continue; /* rounding bends what is so thin */
        CHECK(cut(&desc, 10, triangles[0], &count) == W3D_OK && count == 10);
        for (uint32_t t = 0; t < count; t++) {
            const float *p[3];
            for (uint32_t k = 0; k < 3; k++) p[k] = positions[triangles[0][3 * t + k]];
            w3d_vec3 a = w3d_vec3_make(p[1][0] - p[0][0], p[1][1] - p[0][1], p[1][2] - p[0][2]);
            w3d_vec3 b = w3d_vec3_make(p[2][0] - p[0][0], p[2][1] - p[0][1], p[2][2] - p[0][2]);
            CHECK(w3d_vec3_dot(w3d_vec3_cross(a, b), axis) > 0.0f);
        }
        desc.corner_numbers = 1;
        CHECK(cut(&desc, 10, triangles[1], &count) == W3D_OK && count == 10);
        for (uint32_t i = 0; i < 30; i++) CHECK(corners[triangles[1][i]] == triangles[0][i]);
    }
}

static void errors_leave_outputs(void)
{
    put("0 0, 9 0, 9 9, 0 9 / 3 3, 6 3, 6 6, 3 6");
    w3d_mesh_triangulate_holes_desc good = described(1.0f), desc = good;
    const uint32_t corners[8] = { 0, 1, 2, 3, 4, 5, 6, 8 }, small_sizes[2] = { 6, 2 };
    const uint32_t large_sizes[3] = { 0x40000000u, 0x40000000u, 0x90000000u };
    uint32_t indices[24], numbers[8];
    char block[4096];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_triangles out = { indices, numbers, 8, 77, 78 };
    memset(indices, 0x55, sizeof indices);
#define REFUSED(expected)                                                                          \
    do {                                                                                           \
        CHECK(w3d_mesh_triangulate_holes(&desc, &out, scratch) == expected);                       \
        CHECK(out.triangle_count == 77 && out.skipped_count == 78);                                \
        for (int i = 0; i < 24; i++) CHECK(indices[i] == 0x55555555u);                             \
        desc = good;                                                                               \
    } while (0)
    CHECK(w3d_mesh_triangulate_holes(NULL, &out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_triangulate_holes(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.dimensions = 4;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.dimensions = 1;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.stride = 4;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.stride = 10;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.dimensions = 3, desc.stride = 8;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.positions = NULL;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.ring_sizes = NULL;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.ring_count = 0;
    REFUSED(W3D_ERR_FORMAT);
    desc.ring_sizes = small_sizes;
    REFUSED(W3D_ERR_FORMAT);
    desc.ring_sizes = large_sizes, desc.ring_count = 3;
    REFUSED(W3D_ERR_LIMIT);
    desc.vertex_count = 7;
    REFUSED(W3D_ERR_INDEX);
    desc.corners = corners;
    REFUSED(W3D_ERR_INDEX);
    rows[7] = NAN;
    REFUSED(W3D_ERR_RANGE);
    rows[7] = (float)INFINITY;
    REFUSED(W3D_ERR_RANGE);
    rows[7] = 9.0f;
    out.capacity = 7;
    REFUSED(W3D_ERR_CAPACITY);
    out.capacity = 8;
    size_t enough = w3d_mesh_triangulate_holes_scratch_size(8, 2);
    CHECK(enough < sizeof block);
    for (size_t size = 0; size + 8 < enough; size += 13) {
        scratch = w3d_arena_make(block, size);
        REFUSED(W3D_ERR_CAPACITY);
    }
    scratch = w3d_arena_make(block + 1, enough); /* however it is aligned */
    put("5 5, 5 5, 5 5");
    desc = described(1.0f);
    REFUSED(W3D_ERR_FORMAT);
    put("0 0, 9 0, 9 9, 0 9 / 3 3, 6 3, 6 6, 3 6");
    desc = described(1.0f);
    CHECK(w3d_mesh_triangulate_holes(&desc, &out, scratch) == W3D_OK);
    CHECK(out.triangle_count == 8 && out.skipped_count == 0 && numbers[7] == 0);
    size_t most = w3d_mesh_triangulate_holes_scratch_size(0xFFFFFFFFu, 0xFFFFFFFFu);
    CHECK((most == SIZE_MAX) == (sizeof(size_t) == 4));
#undef REFUSED
}

/* The ends of the range of floats. */
static void extremes(void)
{
    const float sizes[4] = { FLT_MAX, FLT_MIN, 1.401298464e-45f, 1e-38f };
    const uint32_t rings[2] = { 4, 4 };
    for (int i = 0; i < 4; i++) {
        float s = sizes[i], h = i == 2 ? s : s / 2;
        float positions[16] = { -s, -s, s, -s, s, s, -s, s, 0, 0, 0, h, h, h, h, 0 };
        w3d_mesh_triangulate_holes_desc desc;
        uint32_t count = 0;
        memset(&desc, 0, sizeof desc);
        desc.positions = positions;
        desc.vertex_count = 8;
        desc.dimensions = 2;
        desc.ring_sizes = rings;
        desc.ring_count = 2;
        CHECK(cut(&desc, 8, triangles[0], &count) == W3D_OK && count == 8);
    }
}

/* Long teeth that a hole's bridge or an ear would each look through, many holes, and a spiral. */
static void large(void)
{
    int sense = 1;
    clear();
    ring();
    for (int32_t i = 0; i < 4000; i++) corner(i * 2, i & 1 ? 100000 : 3 + i % 7);
    corner(8000, -1), corner(-1, -1);
    reference_polygon reference = referred();
    CHECK(reference_triangulate_rings(&reference) == 0);
    int64_t twice = area(&sense);
    CHECK(holds(twice, sense, shape.count - 2, "teeth") == 0);
    clear();
    ring();
    corner(0, 0), corner(1000, 0), corner(1000, 1000), corner(0, 1000);
    for (int32_t i = 0; i < 900; i++) {
        int32_t x = 10 + i % 30 * 32, y = 10 + i / 30 * 32;
        ring();
        corner(x, y), corner(x + 9, y + 3), corner(x + 15, y + 20), corner(x - 3, y + 12);
    }
    twice = area(&sense);
    CHECK(holds(twice, sense, shape.count + 1800 - 2, "sieve") == 0);
    clear();
    ring();
    for (int32_t side = 0; side < 2; side++)
        for (int32_t i = 0; i < 2000; i++) {
            int32_t at = side ? 1999 - i : i, far_out = 10 * (at / 4 + 1) + 4 * side;
            corner(at % 4 == 0 || at % 4 == 3 ? far_out : -far_out,
                   at % 4 < 2 ? far_out : -far_out);
        }
    twice = area(&sense);
    holds(twice < 0 ? -twice : twice, sense, shape.count - 2, "spiral");
}

/* The same triangles from every compiler and target. */
static void determinism(void)
{
    uint32_t count = 0;
    test.random = 1; /* the hash below is of this star, whatever the seed */
    clear();
    star(0, 0, 501, 30000.0f, 100000.0f, 0);
    star(100, 50, 101, 9000.0f, 29000.0f, 1);
    w3d_mesh_triangulate_holes_desc desc = described(0.37f);
    CHECK(cut(&desc, shape.count, triangles[0], &count) == W3D_OK && count == 602);
    uint64_t hash = w3d_hash_bytes(triangles[0], (size_t)count * 12, 0);
    CHECK_MESSAGE(hash == 0xd85016a68a6dc44au, "hash %llx", (unsigned long long)hash);
}

void test_mesh_triangulate_holes(void)
{
    RUN(stars);
    RUN(awkward);
    RUN(cells_of_a_grid);
    RUN(crossings);
    RUN(exact);
    RUN(far_apart);
    RUN(signed_zeros);
    RUN(in_space);
    RUN(errors_leave_outputs);
    RUN(extremes);
    RUN(large);
    RUN(determinism);
}
