/* test_soft_raster.c - what is covered and what it shows, against a reference that asks every
 * sample by itself; and that the bits are the same in every build. */
#include "raster_canvas.h"

#include "reference/reference_raster.h"

#include "core/math.h"

/* ---- coverage ---- */

static void random_triangle(int kind, uint32_t side, int64_t corner[3][2])
{
    int64_t extent = (int64_t)side * 256;
    for (int k = 0; k < 3; k++)
        for (int axis = 0; axis < 2; axis++) {
            int64_t spread = kind == 0   ? 300
                             : kind == 1 ? extent
                             : kind == 2 ? 4 * extent
                                         : 4000000;
            int64_t value = (int64_t)test_random_below((uint32_t)spread);
            int64_t middle = kind == 0 ? corner[0][axis] : extent / 2;
            if (kind == 0 && k == 0)
                corner[k][axis] = (int64_t)test_random_below((uint32_t)extent);
            else
                corner[k][axis] = middle + value - spread / 2;
            if (kind == 3 && axis == 1 && k == 2) /* a sliver: near the line from 0 to 1 */
                for (int i = 0; i < 2; i++)
                    corner[2][i] =
                        (corner[0][i] * 3 + corner[1][i]) / 4 + (int64_t)test_random_below(5) - 2;
            if (kind == 4)
                corner[k][axis] = corner[k][axis] / 16 * 16; /* corners and edges on samples */
        }
    if (kind == 5) corner[1][1] = corner[0][1], corner[2][0] = corner[0][0]; /* level and upright */
}

static void covers_what_the_reference_does(void)
{
    for (int round = 0; round < 4; round++) {
        uint32_t samples = round & 1 ? 4 : 1, side = round & 2 ? 256 : 32;
        canvas c =
            canvas_make(side, side, samples, W3D_SOFT_RASTER_COLOR_NONE, W3D_SOFT_RASTER_DEPTH_F32);
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
                        wrong +=
                            covered != reference_raster_covers((const int64_t(*)[2])corner, point);
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
        canvas c =
            canvas_make(SIDE, SIDE, samples, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t reach = round < 8    ? 200
                        : round < 16 ? 340
                                     : 0; /* under a quarter cell: none folds */
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
                for (int i = 0; i < 6; i++)
                    indices[count++] = split[(x + y + (uint32_t)round) & 1][i];
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
    int side;
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
                    reference_raster_hit near_hit =
                        reference_raster_look((const float(*)[4])corner,
                                              at_x + around[side][0] * step,
                                              at_y + around[side][1] * step);
                    double moved = 0.0;
                    for (int k = 0; k < 3; k++) moved += fabs(near_hit.weight[k] - hit.weight[k]);
                    is_inside &= near_hit.outside == 0;
                    outside &= near_hit.outside;
                    bound = fmax(bound, 2.0 * moved + 2e-5);
                    depth_bound = fmax(depth_bound, 2.0 * fabs(near_hit.depth - hit.depth) + 2e-6);
                }
                if (!is_inside && !outside) continue; /* too near a border */
                CHECK_MESSAGE((got[3] == 1.0) == is_inside, "triangle %d at %d %d: %g, expected %d",
                              i, x, y, got[3], is_inside);
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
        canvas c =
            canvas_make(WIDTH, HEIGHT, round & 1 ? 4 : 1, (w3d_soft_raster_color)(round >> 1 & 1),
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
    RUN(hash_of_a_scene);
}
