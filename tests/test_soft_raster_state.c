/* test_soft_raster_state.c - the rasteriser's scissor, depth test, culling, blending, resolving and
 * discarding, and what it does with bad input. */
#include "raster_canvas.h"

#include "reference/reference_raster.h"

#include "core/math.h"

/* ---- state ---- */

static void scissor_viewport_and_bands(void)
{
    const float white[4] = { 1.0f, 1.0f, 1.0f, 1.0f };
    float rows[4][4];
    full_square(rows, 0.25f);
    for (int i = 0; i < 60; i++) {
        uint32_t samples = i & 1 ? 4 : 1, width = 1 + test_random_below(40),
                 height = 1 + test_random_below(40);
        canvas c =
            canvas_make(width, height, samples, W3D_SOFT_RASTER_UNORM, W3D_SOFT_RASTER_DEPTH_24);
        w3d_soft_raster_draw_desc draw = square_draw(rows, white);
        uint32_t x0 = 0, y0 = 0, x1 = width, y1 = height;
        if (i % 3 == 0) {
            w3d_soft_raster_rectangle cut = { test_random_below(40), test_random_below(40),
                                              1 + test_random_below(40),
                                              1 + test_random_below(40) };
            draw.scissor = cut;
            if (i % 9 == 0) draw.scissor.width = UINT32_MAX;
            x0 = cut.x, y0 = cut.y, y1 = cut.y + cut.height;
            x1 = i % 9 == 0 ? width : cut.x + cut.width;
        } else if (i % 3 == 1) {
            w3d_soft_raster_viewport view = { (float)test_random_below(20),
                                              (float)test_random_below(20),
                                              (float)(1 + test_random_below(20)),
                                              (float)(1 + test_random_below(20)),
                                              0.0f,
                                              1.0f };
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
                                      { 1, 0, 0 }, { 1, 1, 0 }, { 0, 1, 0 }, { 1, 0, 1 },
                                      { 0, 0, 1 }, { 0, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }
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
            int expected =
                cull == W3D_SOFT_RASTER_CULL_NONE || (cull == W3D_SOFT_RASTER_CULL_BACK) == front;
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
        { W3D_SOFT_RASTER_REPLACE,
          { 0.2f, 2.0f, -1.0f, 0.6f },
          { 0.4f, 0.4f, 0.4f, 1.0f },
          { 0.2f, 1.0f, 0.0f, 0.6f } },
        { W3D_SOFT_RASTER_OVER,
          { 1.0f, 0.5f, 0.0f, 0.25f },
          { 0.4f, 0.8f, 0.2f, 0.6f },
          { 0.55f, 0.725f, 0.15f, 0.7f } },
        { W3D_SOFT_RASTER_PREMULTIPLIED,
          { 0.25f, 0.1f, 0.0f, 0.25f },
          { 0.4f, 0.8f, 0.2f, 0.6f },
          { 0.55f, 0.7f, 0.15f, 0.7f } },
        { W3D_SOFT_RASTER_ADD,
          { 1.0f, 0.4f, 0.0f, 0.5f },
          { 0.8f, 0.2f, 0.4f, 0.2f },
          { 1.0f, 0.4f, 0.4f, 0.7f } },
    };
    float square[4][4];
    full_square(square, 0.5f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int color = 0; color < 2; color++)
            for (uint32_t samples = 1; samples <= 4; samples += 3) {
                canvas c = canvas_make(3, 3, samples, (w3d_soft_raster_color)color,
                                       W3D_SOFT_RASTER_DEPTH_NONE);
                w3d_soft_raster_draw_desc draw = square_draw(square, rows[i].source);
                draw.blend = rows[i].blend;
                w3d_soft_raster_clear(&c.target, rows[i].stored, 1.0f);
                CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
                uint32_t got = stored_color(&c.target, 2, 2, samples - 1);
                for (int k = 0; k < 4; k++) {
                    double value = (double)(got >> 8 * k & 255u) / 255.0,
                           code = (double)rows[i].expected[k];
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
                      : i & 1
                          ? test_random_float(0.0f, 1.0f)
                          : ldexpf(test_random_float(1.0f, 2.0f), -1 - (int)test_random_below(16));
        const float color[4] = { light, light, light, light };
        double value = (double)light;
        double ideal =
            255.0 * (value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1.0 / 2.4) - 0.055);
        w3d_soft_raster_clear(&c.target, color, 1.0f);
        w3d_soft_raster_resolve(&c.target, &view);
        CHECK_MESSAGE(fabs((double)pixel[0] - ideal) <= 0.5001, "light %.9g: code %d, ideal %.6f",
                      value, pixel[0], ideal);
        CHECK_NEAR(pixel[3], 255.0 * value, 0.50001);
        if (i < 256) CHECK(pixel[1] == i);
    }
    free(c.block);
}

/* A slanted edge: each pixel is the average of what the reference says its samples are. */
static void resolves_the_average(void)
{
    enum { SIDE = 32 };
    static uint8_t pixels[SIDE * SIDE * 4];
    const float dark[4] = { 0.1f, 0.2f, 0.0f, 0.0f }, bright[4] = { 0.9f, 0.6f, 1.0f, 1.0f };
    for (int color = 0; color < 2; color++) {
        canvas c =
            canvas_make(SIDE, SIDE, 4, (w3d_soft_raster_color)color, W3D_SOFT_RASTER_DEPTH_NONE);
        int64_t corner[3][2] = { { 300, 250 }, { 7900, 2900 }, { 1900, 8100 } };
        float rows[3][4];
        for (int k = 0; k < 3; k++) put_corner(rows[k], corner[k][0], corner[k][1], SIDE);
        w3d_soft_raster_draw_desc draw = draw_make(rows[0], 3, 0);
        draw.fragment = paint;
        draw.user = bright;
        w3d_soft_raster_clear(&c.target, dark, 1.0f);
        CHECK(w3d_soft_raster_draw(&c.target, &draw) == W3D_OK);
        /* Three channels in rows with room between them, and four, packed. */
        w3d_image_view view = { pixels, SIDE, SIDE, color ? 3u : 4u, color ? 100u : 0u };
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
                const uint8_t *got =
                    view.pixels + (size_t)y * w3d_image_stride(&view) + (size_t)x * view.channels;
                for (uint32_t k = 0; k < view.channels; k++) {
                    float light =
                        (dark[k] * (float)(4 - covered) + bright[k] * (float)covered) / 4.0f;
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
    out->keep =
        w3d_f4_bits_i4(w3d_i4_equal(w3d_i4_and(w3d_i4_load(x), w3d_i4_splat(1)), w3d_i4_splat(1)));
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
    for (uint32_t i = 0; i < 1024; i++)
        CHECK(stored_color(&c.target, i % 16, i / 16 % 16, i / 256) == 0);
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
    const w3d_soft_raster_target_desc good = { 5, 5, 4, W3D_SOFT_RASTER_SRGB,
                                               W3D_SOFT_RASTER_DEPTH_F32 };
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
        case 13:
            draw.viewport.width = draw.viewport.height = 4.0f, draw.viewport.max_depth = 2.0f;
            break;
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

void test_soft_raster_state(void)
{
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
}
