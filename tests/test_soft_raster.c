/* test_soft_raster.c - the rasteriser against a reference that asks every sample by itself. */
#include "test.h"

#include "gpu/soft_raster.h"
#include "reference/reference_raster.h"

#include "core/math.h"

/* A target with memory of exactly the size asked for. */
typedef struct canvas {
    w3d_soft_raster_target target;
    void *block;
} canvas;

static canvas canvas_make(uint32_t width, uint32_t height, uint32_t samples,
                          w3d_soft_raster_color color, w3d_soft_raster_depth depth)
{
    w3d_soft_raster_target_desc desc = { width, height, samples, color, depth };
    canvas c;
    size_t size = w3d_soft_raster_size(&desc);
    c.block = malloc(size);
    CHECK(c.block && w3d_soft_raster_init(&c.target, &desc, c.block, size) == W3D_OK);
    w3d_soft_raster_clear(&c.target, NULL, 1.0f);
    return c;
}

/* One sample's colour as it is stored. */
static uint32_t stored_color(const w3d_soft_raster_target *target, uint32_t x, uint32_t y, uint32_t s)
{
    size_t quad = (size_t)(y / 2) * target->quads_per_row + x / 2;
    return (uint32_t)target->colors[(quad * target->samples + s) * 4 + (y % 2) * 2 + x % 2];
}

static w3d_soft_raster_draw_desc draw_make(const float *vertices, uint32_t vertex_count,
                                           uint32_t varying_count)
{
    w3d_soft_raster_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.vertices = vertices;
    draw.vertex_count = draw.index_count = vertex_count;
    draw.varying_count = varying_count;
    return draw;
}

/* Fragment functions: a colour from `user`, and the varyings as colour. */
static void paint(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    const float *color = (const float *)quad->user;
    out->red = w3d_f4_splat(color[0]);
    out->green = w3d_f4_splat(color[1]);
    out->blue = w3d_f4_splat(color[2]);
    out->alpha = w3d_f4_splat(color[3]);
}
static void show_varyings(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    out->red = quad->varyings[0];
    out->green = quad->varyings[1];
    out->blue = quad->varyings[2];
    out->alpha = w3d_f4_splat(1.0f);
}

/* A place in 1/256 pixel of a target with sides that are powers of two: exact in every step. */
static void put_corner(float *row, int64_t x, int64_t y, uint32_t side)
{
    double half = (double)side * 128.0;
    row[0] = (float)(((double)x - half) / half);
    row[1] = (float)((half - (double)y) / half);
    row[2] = 0.5f;
    row[3] = 1.0f;
}

/* ---- coverage ---- */

static void random_triangle(int kind, uint32_t side, int64_t corner[3][2])
{
    int64_t extent = (int64_t)side * 256;
    for (int k = 0; k < 3; k++)
        for (int axis = 0; axis < 2; axis++) {
            int64_t spread = kind == 0 ? 300 : kind == 1 ? extent : kind == 2 ? 4 * extent : 4000000;
            int64_t value = (int64_t)test_random_below((uint32_t)spread);
            int64_t middle = kind == 0 ? corner[0][axis] : extent / 2;
            if (kind == 0 && k == 0)
                corner[k][axis] = (int64_t)test_random_below((uint32_t)extent);
            else
                corner[k][axis] = middle + value - spread / 2;
            if (kind == 3 && axis == 1 && k == 2) /* a sliver: near the line from 0 to 1 */
                for (int i = 0; i < 2; i++)
                    corner[2][i] = (corner[0][i] * 3 + corner[1][i]) / 4 + (int64_t)test_random_below(5) - 2;
            if (kind == 4) corner[k][axis] = corner[k][axis] / 16 * 16; /* corners and edges on samples */
        }
    if (kind == 5) corner[1][1] = corner[0][1], corner[2][0] = corner[0][0]; /* level and upright */
}

static void covers_what_the_reference_does(void)
{
    for (int round = 0; round < 4; round++) {
        uint32_t samples = round & 1 ? 4 : 1, side = round & 2 ? 256 : 32;
        canvas c = canvas_make(side, side, samples, W3D_SOFT_RASTER_COLOR_NONE,
                               W3D_SOFT_RASTER_DEPTH_F32);
        float *depth = (float *)malloc(sizeof(float) * side * side);
        for (int i = 0; i < (side == 32 ? 1200 : 60); i++) {
            int64_t corner[3][2];
            float rows[3][4];
            random_triangle(i % 6, side, corner);
            for (int k = 0; k < 3; k++) put_corner(rows[k], corner[k][0], corner[k][1], side);
            w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 0);
            w3d_soft_raster_clear(&c.target, NULL, 1.0f);
            CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
            int wrong = 0;
            for (uint32_t s = 0; s < samples; s++) {
                CHECK(w3d_soft_raster_read_depth(&c.target, s, depth) == W3D_OK);
                for (uint32_t y = 0; y < side; y++)
                    for (uint32_t x = 0; x < side; x++) {
                        int64_t point[2];
                        reference_raster_sample((int)samples, (int)s, point);
                        point[0] += (int64_t)x * 256;
                        point[1] += (int64_t)y * 256;
                        int covered = depth[y * side + x] == 0.5f;
                        wrong += covered != reference_raster_covers((const int64_t(*)[2])corner, point);
                    }
            }
            CHECK_MESSAGE(wrong == 0, "round %d triangle %d: %d samples differ", round, i, wrong);
        }
        free(depth);
        free(c.block);
    }
}

/* A net of triangles over the whole target: every sample once, whatever its corners. */
static void covers_every_sample_once(void)
{
    enum { SIDE = 64, CELLS = 12, NODES = CELLS + 1 };
    for (int round = 0; round < 24; round++) {
        uint32_t samples = round & 1 ? 4 : 1, indices[CELLS * CELLS * 6], count = 0;
        float rows[NODES * NODES][4];
        const float one[4] = { 1.0f / 255.0f, 0.0f, 0.0f, 1.0f };
        canvas c = canvas_make(SIDE, SIDE, samples, W3D_SOFT_RASTER_UNORM,
                               W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t reach = round < 8 ? 200 : round < 16 ? 340 : 0; /* under a quarter cell: none folds */
        for (int y = 0; y < NODES; y++)
            for (int x = 0; x < NODES; x++) {
                int inner = x && y && x < CELLS && y < CELLS;
                int64_t at_x = x * (SIDE * 256 / CELLS), at_y = y * (SIDE * 256 / CELLS);
                if (x == CELLS) at_x = SIDE * 256;
                if (y == CELLS) at_y = SIDE * 256;
                if (inner && reach) {
                    at_x += (int64_t)test_random_below((uint32_t)(2 * reach)) - reach;
                    at_y += (int64_t)test_random_below((uint32_t)(2 * reach)) - reach;
                }
                if (!inner && round >= 20) { /* far outside: the large walk */
                    at_x += x == 0 ? -200000 : x == CELLS ? 200000 : 0;
                    at_y += y == 0 ? -200000 : y == CELLS ? 200000 : 0;
                }
                put_corner(rows[y * NODES + x], at_x, at_y, SIDE);
            }
        for (uint32_t y = 0; y < CELLS; y++)
            for (uint32_t x = 0; x < CELLS; x++) {
                uint32_t a = y * NODES + x, b = a + 1, d = a + NODES, e = d + 1;
                uint32_t split[2][6] = { { a, d, e, a, e, b }, { a, d, b, b, d, e } };
                for (int i = 0; i < 6; i++) indices[count++] = split[(x + y + (uint32_t)round) & 1][i];
            }
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], NODES * NODES, 0);
        draw.indices = indices;
        draw.index_count = count;
        draw.blend = W3D_SOFT_RASTER_ADD;
        draw.fragment = paint;
        draw.user = one;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        int wrong = 0;
        for (uint32_t y = 0; y < SIDE; y++)
            for (uint32_t x = 0; x < SIDE; x++)
                for (uint32_t s = 0; s < samples; s++)
                    wrong += (stored_color(&c.target, x, y, s) & 255u) != 1u;
        CHECK_MESSAGE(wrong == 0, "round %d: %d samples not covered once", round, wrong);
        free(c.block);
    }
}

/* ---- values ---- */

static void depth_is_linear(void)
{
    enum { SIDE = 128 };
    static float depth[SIDE * SIDE];
    for (int i = 0; i < 80; i++) {
        w3d_soft_raster_depth format = i & 1 ? W3D_SOFT_RASTER_DEPTH_24 : W3D_SOFT_RASTER_DEPTH_F32;
        uint32_t samples = i & 2 ? 4 : 1;
        canvas c = canvas_make(SIDE, SIDE, samples, W3D_SOFT_RASTER_COLOR_NONE, format);
        int64_t corner[3][2];
        float rows[3][4];
        random_triangle(i % 3 + (i % 3 == 2), SIDE, corner);
        for (int k = 0; k < 3; k++) {
            put_corner(rows[k], corner[k][0], corner[k][1], SIDE);
            rows[k][2] = test_random_float(0.0f, 1.0f);
        }
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 0);
        draw.compare = W3D_SOFT_RASTER_ALWAYS;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        for (uint32_t s = 0; s < samples; s++) {
            w3d_soft_raster_read_depth(&c.target, s, depth);
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++) {
                    int64_t point[2];
                    double weight[3], expected = 0.0;
                    reference_raster_sample((int)samples, (int)s, point);
                    point[0] += x * 256;
                    point[1] += y * 256;
                    if (!reference_raster_covers((const int64_t(*)[2])corner, point)) continue;
                    reference_raster_weights((const int64_t(*)[2])corner, point, weight);
                    for (int k = 0; k < 3; k++) expected += weight[k] * (double)rows[k][2];
                    /* Weights at the pixel's centre, a sixteenth or so off, may be large for
                     * slivers: rounding grows with them. */
                    double bound = 4e-7;
                    if (samples > 1) {
                        int64_t centre[2] = { x * 256 + 128, y * 256 + 128 };
                        reference_raster_weights((const int64_t(*)[2])corner, centre, weight);
                        bound *= 1.0 + fabs(weight[0]) + fabs(weight[1]) + fabs(weight[2]);
                    }
                    CHECK_NEAR(depth[y * SIDE + x], expected, bound);
                    if (format == W3D_SOFT_RASTER_DEPTH_24) {
                        double multiple = (double)depth[y * SIDE + x] * 16777215.0;
                        CHECK_NEAR(multiple, floor(multiple + 0.5), 0.51);
                    }
                }
        }
        free(c.block);
    }
}

/* Fragments write what they were given here. */
typedef struct notes {
    double *value; /* [side][side][4]: three varyings and 1 where seen */
    int     side;
} notes;

static void take_notes(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    const notes *n = (const notes *)quad->user;
    float x[4], y[4], value[3][4];
    w3d_f4_store(x, quad->x);
    w3d_f4_store(y, quad->y);
    for (int k = 0; k < 3; k++) w3d_f4_store(value[k], quad->varyings[k]);
    int lanes = w3d_f4_mask(quad->mask);
    for (int i = 0; i < 4; i++) {
        if (!(lanes >> i & 1)) continue;
        double *place = n->value + ((int)y[i] * n->side + (int)x[i]) * 4;
        for (int k = 0; k < 3; k++) place[k] = (double)value[k][i];
        place[3] += 1.0;
    }
    out->alpha = w3d_f4_splat(1.0f);
}

/* Perspective, clipping and corners behind the eye, against homogeneous coordinates. */
static void perspective_and_clipping(void)
{
    enum { SIDE = 64 };
    static double value[SIDE * SIDE * 4];
    static float depth[SIDE * SIDE];
    notes n = { value, SIDE };
    int seen = 0, clipped = 0;
    for (int i = 0; i < 500; i++) {
        canvas c = canvas_make(SIDE, SIDE, 1, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_F32);
        float rows[3][7], corner[3][4];
        int kind = i % 5;
        for (int k = 0; k < 3; k++) {
            float w = kind == 0 ? test_random_float(0.5f, 20.0f) : test_random_float(-3.0f, 6.0f);
            float reach = kind == 3 ? 3000.0f : kind == 4 ? 1e30f : 1.5f;
            rows[k][0] = test_random_float(-reach, reach) * (kind < 2 ? w : 1.0f);
            rows[k][1] = test_random_float(-reach, reach) * (kind < 2 ? w : 1.0f);
            rows[k][2] = test_random_float(-0.5f, 1.5f) * (kind == 0 ? 0.5f * w : 2.0f);
            rows[k][3] = w;
            if (kind == 0) rows[k][2] = test_random_float(0.1f, 0.9f) * w;
            if (kind == 4) rows[k][2] *= 1e28f, rows[k][3] *= 1e30f;
            for (int v = 4; v < 7; v++) rows[k][v] = test_random_float(-1.0f, 1.0f);
            memcpy(corner[k], rows[k], sizeof corner[k]);
        }
        memset(value, 0, sizeof value);
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 3);
        draw.fragment = take_notes;
        draw.user = &n;
        draw.compare = W3D_SOFT_RASTER_ALWAYS;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        w3d_soft_raster_read_depth(&c.target, 0, depth);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                const double *got = value + (y * SIDE + x) * 4;
                double at_x = (x + 0.5) / (SIDE / 2) - 1.0, at_y = 1.0 - (y + 0.5) / (SIDE / 2);
                reference_raster_hit hit =
                    reference_raster_look((const float(*)[4])corner, at_x, at_y);
                /* Corners are snapped by up to 1/512 pixel. What that may change is seen by looking
                 * 1/128 pixel to all sides. */
                double step = 1.0 / (64.0 * SIDE), bound = 2e-5, depth_bound = 2e-6;
                int is_inside = hit.outside == 0, outside = hit.outside;
                for (int side = 0; side < 8; side++) {
                    static const int around[8][2] = { { -1, -1 }, { 0, -1 }, { 1, -1 }, { -1, 0 },
                                                      { 1, 0 },   { -1, 1 }, { 0, 1 },  { 1, 1 } };
                    reference_raster_hit near_hit = reference_raster_look(
                        (const float(*)[4])corner, at_x + around[side][0] * step,
                        at_y + around[side][1] * step);
                    double moved = 0.0;
                    for (int k = 0; k < 3; k++) moved += fabs(near_hit.weight[k] - hit.weight[k]);
                    is_inside &= near_hit.outside == 0;
                    outside &= near_hit.outside;
                    bound = fmax(bound, 2.0 * moved + 2e-5);
                    depth_bound = fmax(depth_bound, 2.0 * fabs(near_hit.depth - hit.depth) + 2e-6);
                }
                if (!is_inside && !outside) continue; /* too near a border */
                CHECK_MESSAGE((got[3] == 1.0) == is_inside,
                              "triangle %d at %d %d: %g, expected %d", i, x, y, got[3],
                              is_inside);
                if (!is_inside || got[3] != 1.0) continue;
                seen++;
                clipped += kind != 0;
                CHECK_NEAR(depth[y * SIDE + x], hit.depth, depth_bound);
                for (int v = 0; v < 3; v++) {
                    double expected = 0.0;
                    for (int k = 0; k < 3; k++) expected += hit.weight[k] * (double)rows[k][4 + v];
                    CHECK_NEAR(got[v], expected, bound);
                }
            }
        free(c.block);
    }
    CHECK(seen > 20000 && clipped > 5000);
}

/* Exact corners: no snapping, so the perspective itself is what is measured. */
static void perspective_is_exact(void)
{
    enum { SIDE = 64 };
    static double value[SIDE * SIDE * 4];
    notes n = { value, SIDE };
    double worst = 0.0;
    for (int i = 0; i < 200; i++) {
        canvas c = canvas_make(SIDE, SIDE, 1, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t corner[3][2];
        float rows[3][7];
        random_triangle(1 + i % 2, SIDE, corner);
        for (int k = 0; k < 3; k++) {
            float w = ldexpf(1.0f, (int)test_random_below(6) - 2);
            put_corner(rows[k], corner[k][0], corner[k][1], SIDE);
            for (int v = 0; v < 4; v++) rows[k][v] *= w;
            for (int v = 4; v < 7; v++) rows[k][v] = test_random_float(-1.0f, 1.0f);
        }
        memset(value, 0, sizeof value);
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 3);
        draw.fragment = take_notes;
        draw.user = &n;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                const double *got = value + (y * SIDE + x) * 4;
                if (got[3] == 0.0) continue;
                int64_t point[2] = { x * 256 + 128, y * 256 + 128 };
                double weight[3], sum = 0.0;
                reference_raster_weights((const int64_t(*)[2])corner, point, weight);
                for (int k = 0; k < 3; k++) sum += weight[k] /= (double)rows[k][3];
                for (int v = 0; v < 3; v++) {
                    double expected = 0.0;
                    for (int k = 0; k < 3; k++)
                        expected += weight[k] / sum * (double)rows[k][4 + v];
                    worst = fmax(worst, fabs(expected - got[v]));
                }
            }
        free(c.block);
    }
    /* Weights are good to 2^-23; ratios of w of up to 32 magnify that. */
    CHECK_MESSAGE(worst < 5e-6, "varyings differ by %g", worst);
}

static void centroid_stays_inside(void)
{
    enum { SIDE = 32 };
    static double value[SIDE * SIDE * 4];
    notes n = { value, SIDE };
    for (int i = 0; i < 300; i++) {
        canvas c = canvas_make(SIDE, SIDE, 4, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t corner[3][2];
        float rows[3][7];
        random_triangle(i % 2, SIDE, corner);
        for (int k = 0; k < 3; k++) {
            put_corner(rows[k], corner[k][0], corner[k][1], SIDE);
            for (int v = 0; v < 3; v++) rows[k][4 + v] = v == k ? 1.0f : 0.0f; /* the weights */
        }
        memset(value, 0, sizeof value);
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 3);
        draw.fragment = take_notes;
        draw.user = &n;
        draw.centroid = 1;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        for (int k = 0; k < SIDE * SIDE * 4; k += 4)
            for (int v = 0; v < 3 && value[k + 3] > 0.0; v++)
                CHECK(value[k + v] > -1e-4 && value[k + v] < 1.0001);
        free(c.block);
    }
}

/* ---- state ---- */

/* Two triangles over everything, at one depth. */
static void full_square(float rows[4][4], float depth)
{
    static const float place[4][2] = { { -1.0f, -1.0f }, { 1.0f, -1.0f }, { 1.0f, 1.0f }, { -1.0f, 1.0f } };
    for (int i = 0; i < 4; i++) {
        rows[i][0] = place[i][0];
        rows[i][1] = place[i][1];
        rows[i][2] = depth;
        rows[i][3] = 1.0f;
    }
}
static const uint32_t square_indices[6] = { 0, 1, 2, 0, 2, 3 };

static w3d_soft_raster_draw_desc square_draw(float rows[4][4], const float *color)
{
    w3d_soft_raster_draw_desc draw = draw_make(rows[0], 4, 0);
    draw.indices = square_indices;
    draw.index_count = 6;
    draw.fragment = paint;
    draw.user = color;
    return draw;
}

static void scissor_viewport_and_bands(void)
{
    const float white[4] = { 1.0f, 1.0f, 1.0f, 1.0f };
    float rows[4][4];
    full_square(rows, 0.25f);
    for (int i = 0; i < 60; i++) {
        uint32_t samples = i & 1 ? 4 : 1, width = 1 + test_random_below(40), height = 1 + test_random_below(40);
        canvas c = canvas_make(width, height, samples, W3D_SOFT_RASTER_UNORM,
                               W3D_SOFT_RASTER_DEPTH_24);
        w3d_soft_raster_draw_desc draw = square_draw(rows, white);
        uint32_t x0 = 0, y0 = 0, x1 = width, y1 = height;
        if (i % 3 == 0) {
            w3d_soft_raster_rectangle cut = { test_random_below(40), test_random_below(40),
                                              1 + test_random_below(40), 1 + test_random_below(40) };
            draw.scissor = cut;
            if (i % 9 == 0) draw.scissor.width = UINT32_MAX;
            x0 = cut.x, y0 = cut.y, y1 = cut.y + cut.height;
            x1 = i % 9 == 0 ? width : cut.x + cut.width;
        } else if (i % 3 == 1) {
            w3d_soft_raster_viewport view = { (float)test_random_below(20), (float)test_random_below(20),
                                              (float)(1 + test_random_below(20)),
                                              (float)(1 + test_random_below(20)), 0.0f, 1.0f };
            draw.viewport = view;
            x0 = (uint32_t)view.x, x1 = x0 + (uint32_t)view.width;
            y0 = (uint32_t)view.y, y1 = y0 + (uint32_t)view.height;
        } else {
            draw.first_row = y0 = test_random_below(20) * 2;
            draw.end_row = y1 = y0 + 2 + test_random_below(10) * 2;
        }
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        for (uint32_t y = 0; y < height; y++)
            for (uint32_t x = 0; x < width; x++)
                for (uint32_t s = 0; s < samples; s++) {
                    int inside = x >= x0 && x < x1 && y >= y0 && y < y1;
                    CHECK((stored_color(&c.target, x, y, s) == 0xFFFFFFFFu) == inside);
                }
        free(c.block);
    }
}

/* Random triangles in one call, and in bands: the same bytes. */
static void bands_make_no_difference(void)
{
    enum { COUNT = 40, WIDTH = 100, HEIGHT = 77 };
    static float rows[COUNT * 3][7];
    for (int i = 0; i < COUNT * 3; i++) {
        float w = test_random_float(-1.0f, 4.0f);
        for (int k = 0; k < 2; k++) rows[i][k] = test_random_float(-3.0f, 3.0f);
        rows[i][2] = test_random_float(-0.2f, 1.0f) * w;
        rows[i][3] = w;
        for (int k = 4; k < 7; k++) rows[i][k] = test_random_float(0.0f, 1.0f);
    }
    canvas whole = canvas_make(WIDTH, HEIGHT, 4, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32);
    canvas bands = canvas_make(WIDTH, HEIGHT, 4, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32);
    w3d_soft_raster_draw_desc draw = draw_make(rows[0], COUNT * 3, 3);
    draw.fragment = show_varyings;
    CHECK(w3d_soft_raster_draw(&whole.target, &draw) == W3D_OK);
    for (uint32_t row = 0; row < HEIGHT; row += 10) {
        draw.first_row = row;
        draw.end_row = row + 10;
        CHECK(w3d_soft_raster_draw(&bands.target, &draw) == W3D_OK);
    }
    size_t words = (size_t)whole.target.quads_per_row * ((HEIGHT + 1) / 2) * 16;
    for (size_t i = 0; i < words; i++) {
        size_t y = i / 16 / whole.target.quads_per_row * 2 + (i % 4) / 2;
        size_t x = i / 16 % whole.target.quads_per_row * 2 + i % 2;
        if (x >= WIDTH || y >= HEIGHT) continue;
        CHECK(whole.target.colors[i] == bands.target.colors[i]);
        CHECK(w3d_bits_f32(whole.target.depths[i]) == w3d_bits_f32(bands.target.depths[i]));
    }
    free(whole.block);
    free(bands.block);
}

static void depth_test_and_culling(void)
{
    static const int passes[8][3] = { /* new depth 0.25, 0.5, 0.75 against 0.5 */
        { 1, 0, 0 }, { 1, 1, 0 }, { 0, 1, 0 }, { 1, 0, 1 }, { 0, 0, 1 }, { 0, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }
    };
    const float white[4] = { 1.0f, 1.0f, 1.0f, 1.0f }, black[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
    static const float depths[3] = { 0.25f, 0.5f, 0.75f };
    float rows[4][4], depth[4];
    for (int format = 0; format < 2; format++) {
        canvas c = canvas_make(2, 2, 1, W3D_SOFT_RASTER_UNORM, (w3d_soft_raster_depth)format);
        for (int compare = 0; compare < 8; compare++)
            for (int i = 0; i < 6; i++) {
                w3d_soft_raster_clear(&c.target, black, 0.5f);
                full_square(rows, depths[i % 3]);
                w3d_soft_raster_draw_desc draw = square_draw(rows, white);
                draw.compare = (w3d_soft_raster_compare)compare;
                draw.depth_keep = i >= 3;
                CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
                CHECK((stored_color(&c.target, 1, 1, 0) == 0xFFFFFFFFu) == passes[compare][i % 3]);
                w3d_soft_raster_read_depth(&c.target, 0, depth);
                float expected = passes[compare][i % 3] && i < 3 ? depths[i % 3] : 0.5f;
                CHECK_NEAR(depth[3], expected, 1e-7);
            }
        for (int i = 0; i < 12; i++) { /* three cull modes, two windings, two fronts */
            uint32_t reversed[6] = { 0, 2, 1, 0, 3, 2 };
            int clockwise = i & 1, front_clockwise = i >> 1 & 1, cull = i >> 2;
            w3d_soft_raster_clear(&c.target, black, 1.0f);
            w3d_soft_raster_draw_desc draw = square_draw(rows, white);
            if (clockwise) draw.indices = reversed;
            draw.front_clockwise = front_clockwise;
            draw.cull = (w3d_soft_raster_cull)cull;
            CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
            int front = clockwise == front_clockwise;
            int expected = cull == W3D_SOFT_RASTER_CULL_NONE || (cull == W3D_SOFT_RASTER_CULL_BACK) == front;
            CHECK((stored_color(&c.target, 0, 0, 0) != 0) == expected);
        }
        free(c.block);
    }
}

static void blends_as_documented(void)
{
    static const struct {
        w3d_soft_raster_blend blend;
        float source[4], stored[4], expected[4];
    } rows[] = {
        { W3D_SOFT_RASTER_REPLACE, { 0.2f, 2.0f, -1.0f, 0.6f }, { 0.4f, 0.4f, 0.4f, 1.0f }, { 0.2f, 1.0f, 0.0f, 0.6f } },
        { W3D_SOFT_RASTER_OVER, { 1.0f, 0.5f, 0.0f, 0.25f }, { 0.4f, 0.8f, 0.2f, 0.6f }, { 0.55f, 0.725f, 0.15f, 0.7f } },
        { W3D_SOFT_RASTER_PREMULTIPLIED, { 0.25f, 0.1f, 0.0f, 0.25f }, { 0.4f, 0.8f, 0.2f, 0.6f }, { 0.55f, 0.7f, 0.15f, 0.7f } },
        { W3D_SOFT_RASTER_ADD, { 1.0f, 0.4f, 0.0f, 0.5f }, { 0.8f, 0.2f, 0.4f, 0.2f }, { 1.0f, 0.4f, 0.4f, 0.7f } },
    };
    float square[4][4];
    full_square(square, 0.5f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int color = 0; color < 2; color++)
            for (uint32_t samples = 1; samples <= 4; samples += 3) {
                canvas c = canvas_make(3, 3, samples, (w3d_soft_raster_color)color, W3D_SOFT_RASTER_DEPTH_NONE);
                w3d_soft_raster_draw_desc draw = square_draw(square, rows[i].source);
                draw.blend = rows[i].blend;
                w3d_soft_raster_clear(&c.target, rows[i].stored, 1.0f);
                CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
                uint32_t got = stored_color(&c.target, 2, 2, samples - 1);
                for (int k = 0; k < 4; k++) {
                    double value = (double)(got >> 8 * k & 255u) / 255.0, code = (double)rows[i].expected[k];
                    if (color == W3D_SOFT_RASTER_SRGB && k < 3)
                        code = (double)w3d_math_srgb_from_linear(rows[i].expected[k]);
                    CHECK_NEAR(value, code, 1.2 / 255.0); /* the stored value was rounded, too */
                }
                free(c.block);
            }
}

/* Light to code, against the definition in double; every code survives a round trip. */
static void srgb_codes_are_the_nearest(void)
{
    canvas c = canvas_make(1, 1, 1, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_NONE);
    uint8_t pixel[4];
    w3d_image_view view = { pixel, 1, 1, 4, 0 };
    for (int i = 0; i < 100000; i++) {
        float light = i < 256 ? w3d_math_linear_from_srgb((float)i / 255.0f)
                      : i & 1 ? test_random_float(0.0f, 1.0f)
                              : ldexpf(test_random_float(1.0f, 2.0f), -1 - (int)test_random_below(16));
        const float color[4] = { light, light, light, light };
        double value = (double)light;
        double ideal = 255.0 * (value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1.0 / 2.4) - 0.055);
        w3d_soft_raster_clear(&c.target, color, 1.0f);
        w3d_soft_raster_resolve(&c.target, &view);
        CHECK_MESSAGE(fabs((double)pixel[0] - ideal) <= 0.5001, "light %.9g: code %d, ideal %.6f", value,
                      pixel[0], ideal);
        CHECK_NEAR(pixel[3], 255.0 * value, 0.50001);
        if (i < 256) CHECK(pixel[1] == i);
    }
    free(c.block);
}

/* A slanted edge: each pixel is the average of what the reference says its samples are. */
static void resolves_the_average(void)
{
    enum { SIDE = 32 };
    static uint8_t pixels[SIDE * 100];
    const float dark[4] = { 0.1f, 0.2f, 0.0f, 0.0f }, bright[4] = { 0.9f, 0.6f, 1.0f, 1.0f };
    for (int color = 0; color < 2; color++) {
        canvas c = canvas_make(SIDE, SIDE, 4, (w3d_soft_raster_color)color, W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t corner[3][2] = { { 300, 250 }, { 7900, 2900 }, { 1900, 8100 } };
        float rows[3][4];
        for (int k = 0; k < 3; k++) put_corner(rows[k], corner[k][0], corner[k][1], SIDE);
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 0);
        draw.fragment = paint;
        draw.user = bright;
        w3d_soft_raster_clear(&c.target, dark, 1.0f);
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        w3d_image_view view = { pixels, SIDE, SIDE, color ? 3u : 4u, 100 * (color ? 1u : 0u) };
        if (!color) view.stride = SIDE * 4 > 100 ? 0 : 100;
        static uint8_t packed[SIDE * SIDE * 4];
        if (!color) view.pixels = packed;
        if (color) view.stride = 100;
        memset(pixels, 0xAB, sizeof pixels);
        CHECK(w3d_soft_raster_resolve(&c.target, &view) == W3D_OK);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int covered = 0;
                for (int s = 0; s < 4; s++) {
                    int64_t point[2];
                    reference_raster_sample(4, s, point);
                    point[0] += x * 256;
                    point[1] += y * 256;
                    covered += reference_raster_covers((const int64_t(*)[2])corner, point);
                }
                const uint8_t *got = view.pixels + (size_t)y * w3d_image_stride(&view) + (size_t)x * view.channels;
                for (uint32_t k = 0; k < view.channels; k++) {
                    float light = (dark[k] * (float)(4 - covered) + bright[k] * (float)covered) / 4.0f;
                    float code = !color && k < 3 ? w3d_math_srgb_from_linear(light) : light;
                    CHECK_NEAR(got[k], 255.0 * (double)code, 1.51); /* samples were rounded first */
                }
            }
        for (int y = 0; color && y < SIDE; y++) /* bytes between rows are the caller's */
            for (int x = SIDE * 3; x < 100; x++) CHECK(pixels[y * 100 + x] == 0xAB);
        free(c.block);
    }
}

static void keep_odd_pixels(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    int32_t x[4];
    w3d_i4_store(x, w3d_i4_from_f4(quad->x));
    out->red = out->alpha = w3d_f4_splat(1.0f);
    out->keep = w3d_f4_bits_i4(w3d_i4_equal(w3d_i4_and(w3d_i4_load(x), w3d_i4_splat(1)), w3d_i4_splat(1)));
}
static void check_flat(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    int32_t bits[4];
    w3d_i4_store(bits, w3d_i4_bits_f4(quad->varyings[0]));
    CHECK(bits[0] == (int32_t)(0x7F800001u + quad->triangle) && bits[3] == bits[0]);
    out->alpha = w3d_f4_splat(1.0f);
}

static void discards_and_flat_varyings(void)
{
    const float black[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
    float square[4][4], depth[36];
    canvas c = canvas_make(6, 6, 1, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_F32);
    full_square(square, 0.5f);
    w3d_soft_raster_draw_desc draw = square_draw(square, black);
    draw.fragment = keep_odd_pixels;
    CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    w3d_soft_raster_read_depth(&c.target, 0, depth);
    for (uint32_t i = 0; i < 36; i++) {
        CHECK((stored_color(&c.target, i % 6, i / 6, 0) != 0) == (int)(i % 2));
        CHECK(depth[i] == (i % 2 ? 0.5f : 1.0f));
    }
    /* Integers travel as bits, NaNs among them, through swapped and cut triangles. */
    float rows[6][5];
    for (int i = 0; i < 6; i++) {
        static const float place[3][2] = { { -1.0f, -1.0f }, { 9.0f, -1.0f }, { -1.0f, 9.0f } };
        int k = i < 3 ? i : (6 - i) % 3;
        rows[i][0] = place[k][0] * (i == 2 ? 1e6f : 1.0f);
        rows[i][1] = place[k][1];
        rows[i][2] = i == 1 ? -0.5f : 0.4f;
        rows[i][3] = 1.0f;
        rows[i][4] = w3d_f32_from_bits(0x7F800001u + (uint32_t)(i / 3) + (i % 3 ? 100u : 0u));
    }
    draw = draw_make(rows[0], 6, 1);
    draw.flat_varyings = 1;
    draw.fragment = check_flat;
    draw.compare = W3D_SOFT_RASTER_ALWAYS;
    CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    free(c.block);
}

static void depth_bias_moves_depth(void)
{
    float rows[4][4], depth[64];
    const float black[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
    canvas c = canvas_make(8, 8, 1, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_F32);
    full_square(rows, 0.5f);
    rows[1][2] = rows[2][2] = 0.75f; /* rises by 1/32 a pixel */
    w3d_soft_raster_draw_desc draw = square_draw(rows, black);
    draw.depth_bias_slope = 2.0f;
    draw.depth_bias = 1000.0f;
    CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    w3d_soft_raster_read_depth(&c.target, 0, depth);
    for (int i = 0; i < 8; i++) /* the step of a float between 0.5 and 1 is 2^-24 */
        CHECK_NEAR(depth[8 + i], 0.5 + (i + 0.5) / 32.0 + 2.0 / 32.0 + 1000.0 / 16777216.0, 2e-7);
    draw.depth_bias_slope = 1e38f; /* clamped, not wrapped */
    CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    free(c.block);
}

/* ---- bad input ---- */

static void leaves_out_what_is_no_triangle(void)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    const float white[4] = { 1.0f, 1.0f, 1.0f, 1.0f };
    canvas c = canvas_make(16, 16, 4, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_F32);
    for (int i = 0; i < 60; i++) {
        float rows[4][4];
        full_square(rows, 0.5f);
        if (i < 36)
            rows[i % 3][i / 3 % 4] = bad[i / 12];
        else
            for (int k = 0; k < 3; k++) /* a point, a line, w = 0, behind, all outside one plane */
                switch (i % 6) {
                case 0: memcpy(rows[k], rows[0], sizeof rows[k]); break;
                case 1: rows[k][1] = rows[k][0] * 0.5f; break;
                case 2: rows[k][3] = 0.0f; break;
                case 3: rows[k][3] = -1.0f; break;
                case 4: rows[k][2] = -1e30f; break;
                case 5: rows[k][0] += 3e38f; break;
                }
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 0);
        draw.fragment = paint;
        draw.user = white;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    }
    for (uint32_t i = 0; i < 1024; i++) CHECK(stored_color(&c.target, i % 16, i / 16 % 16, i / 256) == 0);
    /* Huge, tiny and wild numbers must only end. */
    for (int i = 0; i < 4000; i++) {
        float rows[3][8];
        for (int k = 0; k < 3; k++)
            for (int v = 0; v < 8; v++) rows[k][v] = w3d_f32_from_bits((uint32_t)test_random());
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 4);
        draw.fragment = show_varyings;
        draw.centroid = i & 1;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
    }
    free(c.block);
}

static void refuses_bad_descriptions(void)
{
    static const w3d_soft_raster_target_desc bad_targets[] = {
        { 0, 1, 1, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 },
        { 1, 0, 1, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 },
        { 8193, 1, 1, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 },
        { 1, 0xFFFFFFFFu, 1, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 },
        { 1, 1, 2, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 },
        { 1, 1, 1, (w3d_soft_raster_color)3, W3D_SOFT_RASTER_DEPTH_F32 },
        { 1, 1, 1, W3D_SOFT_RASTER_SRGB, (w3d_soft_raster_depth)3 },
    };
    const w3d_soft_raster_target_desc good = { 5, 5, 4, W3D_SOFT_RASTER_SRGB, W3D_SOFT_RASTER_DEPTH_F32 };
    w3d_soft_raster_target target, before;
    char *block = (char *)malloc(w3d_soft_raster_size(&good) + 16);
    size_t size = w3d_soft_raster_size(&good);
    memset(&target, 0x5A, sizeof target);
    before = target;
    CHECK(w3d_soft_raster_size(NULL) == 0);
    for (size_t i = 0; i < sizeof bad_targets / sizeof bad_targets[0]; i++) {
        CHECK(w3d_soft_raster_size(&bad_targets[i]) == 0);
        CHECK(w3d_soft_raster_init(&target, &bad_targets[i], block, size) == W3D_ERR_ARGUMENT);
    }
    CHECK(w3d_soft_raster_init(&target, &good, block, size - 1) == W3D_ERR_CAPACITY);
    CHECK(w3d_soft_raster_init(&target, &good, block + 4, size) == W3D_ERR_ARGUMENT);
    CHECK(w3d_soft_raster_init(&target, &good, NULL, size) == W3D_ERR_ARGUMENT);
    CHECK(w3d_soft_raster_init(NULL, &good, block, size) == W3D_ERR_ARGUMENT);
    CHECK_BYTES(&target, &before, sizeof target);
    CHECK(w3d_soft_raster_init(&target, &good, block, size) == W3D_OK);
    w3d_soft_raster_clear(&target, NULL, 1.0f);

    float rows[4][4], white[4] = { 1.0f, 1.0f, 1.0f, 1.0f };
    uint32_t indices[6] = { 0, 1, 2, 0, 2, 4 };
    full_square(rows, 0.5f);
    for (int i = 0; i < 16; i++) {
        w3d_soft_raster_draw_desc draw = square_draw(rows, white);
        w3d_result expected = W3D_ERR_ARGUMENT;
        switch (i) {
        case 0: draw.vertices = NULL; break;
        case 1: draw.index_count = 5; break;
        case 2: draw.varying_count = 17; break;
        case 3: draw.stride = 18; break;
        case 4: draw.stride = 12; break;
        case 5: draw.cull = (w3d_soft_raster_cull)3; break;
        case 6: draw.compare = (w3d_soft_raster_compare)8; break;
        case 7: draw.blend = (w3d_soft_raster_blend)4; break;
        case 8: draw.first_row = 1; break;
        case 9: draw.end_row = 3; break;
        case 10: draw.depth_bias = NAN; break;
        case 11: draw.viewport.width = 4.0f; break; /* and no height */
        case 12: draw.viewport.x = NAN, draw.viewport.width = draw.viewport.height = 4.0f; break;
        case 13: draw.viewport.width = draw.viewport.height = 4.0f, draw.viewport.max_depth = 2.0f; break;
        case 14: draw.indices = indices, expected = W3D_ERR_INDEX; break;
        case 15: draw.indices = NULL, expected = W3D_ERR_INDEX; break;
        }
        CHECK_MESSAGE(w3d_soft_raster_draw(&target, &draw) == expected, "case %d", i);
    }
    CHECK(w3d_soft_raster_draw(&target, NULL) == W3D_ERR_ARGUMENT);
    w3d_soft_raster_draw_desc nothing = draw_make(NULL, 0, 0);
    CHECK(w3d_soft_raster_draw(&target, &nothing) == W3D_OK);
    for (uint32_t i = 0; i < 100; i++) CHECK(stored_color(&target, i % 5, i / 5 % 5, i / 25) == 0);

    uint8_t pixels[100];
    float depth[25];
    w3d_image_view view = { pixels, 5, 5, 2, 0 };
    CHECK(w3d_soft_raster_resolve(&target, &view) == W3D_ERR_ARGUMENT);
    view.channels = 4, view.width = 4;
    CHECK(w3d_soft_raster_resolve(&target, &view) == W3D_ERR_ARGUMENT);
    view.width = 5, view.stride = 19;
    CHECK(w3d_soft_raster_resolve(&target, &view) == W3D_ERR_ARGUMENT);
    view.stride = 20;
    CHECK(w3d_soft_raster_resolve(&target, &view) == W3D_OK);
    CHECK(w3d_soft_raster_read_depth(&target, 4, depth) == W3D_ERR_ARGUMENT);
    CHECK(w3d_soft_raster_read_depth(&target, 3, depth) == W3D_OK && depth[24] == 1.0f);
    free(block);
}

/* ---- the same bits everywhere ---- */

static void hash_of_a_scene(void)
{
    enum { COUNT = 200, WIDTH = 159, HEIGHT = 121 };
    static float rows[COUNT * 3][7];
    static uint8_t pixels[WIDTH * HEIGHT * 4];
    static float depth[WIDTH * HEIGHT];
    uint64_t hash = 0xCBF29CE484222325u;
    test.random = 7; /* this picture is one, whatever the seed */
    for (int i = 0; i < COUNT * 3; i++) {
        float w = test_random_float(-0.5f, 4.0f), size = i < 300 ? 0.2f : 2.0f;
        for (int k = 0; k < 2; k++) {
            float middle = i % 3 ? rows[i - i % 3][k] : test_random_float(-2.0f, 2.0f);
            rows[i][k] = middle + test_random_float(-size, size);
        }
        rows[i][2] = test_random_float(-0.1f, 1.0f) * w;
        rows[i][3] = w;
        for (int k = 4; k < 7; k++) rows[i][k] = test_random_float(0.0f, 1.0f);
    }
    for (int round = 0; round < 8; round++) {
        canvas c = canvas_make(WIDTH, HEIGHT, round & 1 ? 4 : 1, (w3d_soft_raster_color)(round >> 1 & 1),
                               (w3d_soft_raster_depth)(round >> 2));
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], COUNT * 3, 3);
        draw.fragment = show_varyings;
        draw.centroid = round >> 2;
        draw.depth_bias_slope = (float)(round >> 1 & 1);
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        draw.blend = (w3d_soft_raster_blend)(round & 3);
        draw.vertices = rows[90];
        draw.index_count = draw.vertex_count = 300;
        draw.depth_keep = 1;
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        w3d_image_view view = { pixels, WIDTH, HEIGHT, 4, 0 };
        CHECK(w3d_soft_raster_resolve(&c.target, &view) == W3D_OK);
        CHECK(w3d_soft_raster_read_depth(&c.target, 0, depth) == W3D_OK);
        for (size_t i = 0; i < sizeof pixels; i++) hash = (hash ^ pixels[i]) * 0x100000001B3u;
        for (size_t i = 0; i < WIDTH * HEIGHT; i++)
            hash = (hash ^ w3d_bits_f32(depth[i])) * 0x100000001B3u;
        free(c.block);
    }
    CHECK_MESSAGE(hash == 0xB63C4AE3FB23762Du, "hash 0x%016llXu", (unsigned long long)hash);
}

void test_soft_raster(void)
{
    RUN(covers_what_the_reference_does);
    RUN(covers_every_sample_once);
    RUN(depth_is_linear);
    RUN(perspective_and_clipping);
    RUN(perspective_is_exact);
    RUN(centroid_stays_inside);
    RUN(scissor_viewport_and_bands);
    RUN(bands_make_no_difference);
    RUN(depth_test_and_culling);
    RUN(blends_as_documented);
    RUN(srgb_codes_are_the_nearest);
    RUN(resolves_the_average);
    RUN(discards_and_flat_varyings);
    RUN(depth_bias_moves_depth);
    RUN(leaves_out_what_is_no_triangle);
    RUN(refuses_bad_descriptions);
    RUN(hash_of_a_scene);
}
