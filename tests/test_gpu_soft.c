/* test_gpu_soft.c - the software back-end through the public interface: small pictures decided by hand. */
#include "gpu/gpu.h"
#include "gpu/gpu_null.h"
#include "gpu/gpu_soft.h"
#include "gpu_soft_scene.h"
#include "test.h"

/* ---- passes ---- */

static void clears(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    float color[4] = { 0.5f, 0.25f, 2.0f, -1.0f };
    w3d_gpu_pass *pass = scene_pass(&s, color);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    scene_shot(&s);
    for (int i = 0; i < 64; i++) CHECK(scene_is(&s, i % 8, i / 8, 128, 64, 255, 0));
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc); /* what was drawn is kept where that is asked */
    desc.color[0].load = W3D_GPU_LOAD_KEEP;
    CHECK(w3d_gpu_pass_end(w3d_gpu_pass_begin(s.gpu, &desc)) == W3D_OK);
    scene_shot(&s);
    CHECK(scene_is(&s, 3, 3, 128, 64, 255, 0));
    scene_close(&s);
}

/* ---- coverage ---- */

/* A pixel is in where its centre is: the diagonal's go to one of two neighbours. */
static void covers(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    desc.colors[0].blend.enable = 1;
    desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
    w3d_gpu_pipeline add = scene_make(&s, &desc);
    float one[6][8] = { { -1, 1, 0, 1, 0.2f, 0, 0, 0 },  { 1, 1, 0, 1, 0.2f, 0, 0, 0 },
                        { -1, -1, 0, 1, 0.2f, 0, 0, 0 }, { 1, 1, 0, 1, 0, 0.2f, 0, 0 },
                        { 1, -1, 0, 1, 0, 0.2f, 0, 0 },  { -1, -1, 0, 1, 0, 0.2f, 0, 0 } };
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, add, one[0], 6);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) { /* the edge goes from the lower left to the upper right */
            int upper = x + y < 7, on = x + y == 7;
            const uint8_t *p = scene_at(&s, x, y);
            CHECK(p[0] + p[1] == 51);
            if (!on) CHECK(p[upper ? 0 : 1] == 51);
        }
    scene_close(&s);
}

static void culls(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    for (int k = 0; k < 6; k++) {
        w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
        desc.cull = (w3d_gpu_cull)(k % 3);
        desc.front = k / 3 ? W3D_GPU_CLOCKWISE : W3D_GPU_COUNTER_CLOCKWISE;
        w3d_gpu_pipeline made = scene_make(&s, &desc);
        float rows[3][8] = { { -1, -3, 0, 1, 1, 1, 1, 1 },
                             { 3, 1, 0, 1, 1, 1, 1, 1 }, /* counter-clockwise as seen */
                             { -1, 1, 0, 1, 1, 1, 1, 1 } };
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        scene_triangles(&s, pass, made, rows[0], 3);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        int shown = k % 3 == 0 || (k % 3 == 1) == (k / 3 == 0);
        CHECK_MESSAGE(scene_at(&s, 2, 1)[0] == (shown ? 255 : 0), "case %d", k);
    }
    scene_close(&s);
}

static void views(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    const float view[4] = { 2, 1, 4, 4 };
    const uint32_t cut[4] = { 3, 0, 2, 8 }, none[4] = { 0, 0, 0, 0 };
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    CHECK(w3d_gpu_viewport(pass, view, 0.25f, 0.5f) == W3D_OK);
    scene_square(&s, pass, made, 0.5f, 255, 0, 0, 255); /* depth 0.375 */
    CHECK(w3d_gpu_scissor(pass, cut) == W3D_OK);
    scene_square(&s, pass, made, 0.25f, 0, 255, 0, 255);
    CHECK(w3d_gpu_scissor(pass, none) == W3D_OK);
    scene_square(&s, pass, made, 0, 0, 0, 255, 255);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            int in = x >= 2 && x < 6 && y >= 1 && y < 5, green = in && x >= 3 && x < 5;
            CHECK(scene_is(&s, x, y, in && !green ? 255 : 0, green ? 255 : 0, 0, in ? 255 : 0));
        }
    scene_close(&s);
}

/* What reaches behind the eye or over the far plane is cut; w below 0 never shows. */
static void clips(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    float rows[6][8] = { { -1, 1, -1, 1, 1, 1, 1, 1 },  { 1, 1, 1, 1, 1, 1, 1, 1 },
                         { -1, -1, -1, 1, 1, 1, 1, 1 }, { 1, 1, 1, 1, 1, 1, 1, 1 },
                         { 1, -1, 1, 1, 1, 1, 1, 1 },   { -1, -1, -1, 1, 1, 1, 1, 1 } };
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, made, rows[0], 6); /* z = x: the left half is nearer than near */
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) CHECK(scene_at(&s, x, y)[0] == (x >= 4 ? 255 : 0));
    for (int i = 0; i < 6; i++) rows[i][3] = -1;
    pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, made, rows[0], 6);
    for (int i = 0; i < 6; i++) rows[i][3] = 1, rows[i][2] = 0, rows[i][0] *= 1e6f;
    scene_triangles(&s, pass, made, rows[0], 6); /* far beyond the guard band: everything */
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    CHECK(scene_at(&s, 0, 0)[0] == 255 && scene_at(&s, 7, 7)[0] == 255);
    scene_close(&s);
}

static void strips_lines_points(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.cull = W3D_GPU_CULL_BACK;
    w3d_gpu_pipeline strip = scene_make(&s, &desc);
    float rows[4][8] = { { -1, 1, 0, 1, 1, 0, 0, 1 },
                         { -1, -1, 0, 1, 1, 0, 0, 1 },
                         { 1, 1, 0, 1, 1, 0, 0, 1 },
                         { 1, -1, 0, 1, 1, 0, 0, 1 } };
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, strip, rows[0], 4);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int i = 0; i < 64; i++) CHECK(scene_is(&s, i % 8, i / 8, 255, 0, 0, 255));

    desc.topology = W3D_GPU_LINE_STRIP; /* down the second column, then right along the last row */
    w3d_gpu_pipeline line = scene_make(&s, &desc);
    float bent[3][8] = { { -0.625f, 1, 0, 1, 0, 1, 0, 1 },
                         { -0.625f, -0.875f, 0, 1, 0, 1, 0, 1 },
                         { 1, -0.875f, 0, 1, 0, 1, 0, 1 } };
    pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, line, bent[0], 3);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            CHECK(scene_at(&s, x, y)[1] == ((x == 1 && y < 7) || (x > 0 && y == 7) ? 255 : 0));

    desc.topology = W3D_GPU_LINES; /* colour runs from the first to the last point */
    w3d_gpu_pipeline lines = scene_make(&s, &desc);
    float level[2][8] = { { -1, 0.125f, 0, 1, 0, 0, 0, 1 }, { 1, 0.125f, 0, 1, 0.8f, 0, 0, 1 } };
    pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, lines, level[0], 2);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int x = 0; x < 8; x++)
        CHECK(abs(scene_at(&s, x, 3)[0] - (int)(204 * (x + 0.5) / 8 + 0.5)) <= 1);

    desc.topology = W3D_GPU_POINTS;
    w3d_gpu_pipeline points = scene_make(&s, &desc);
    float dots[2][8] = { { -0.875f, 0.875f, 0, 1, 1, 1, 1, 1 }, { 0.6f, -0.4f, 0, 1, 1, 0, 1, 1 } };
    pass = scene_pass(&s, NULL);
    scene_triangles(&s, pass, points, dots[0], 2);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            CHECK(scene_at(&s, x, y)[0] == ((x == 0 && y == 0) || (x == 6 && y == 5) ? 255 : 0));
    scene_close(&s);
}

/* ---- depth and stencil ---- */

static void depths(void)
{
    static const w3d_gpu_format formats[3] = { W3D_GPU_DEPTH24, W3D_GPU_DEPTH32F,
                                               W3D_GPU_DEPTH24_STENCIL8 };
    /* By compare: does new 0.25, 0.5 or 0.75 pass against 0.5? */
    static const int passes[9][3] = { { 1, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 },
                                      { 0, 1, 0 }, { 1, 1, 0 }, { 0, 0, 1 },
                                      { 1, 0, 1 }, { 0, 1, 1 }, { 1, 1, 1 } };
    for (int f = 0; f < 3; f++) {
        scene s;
        scene_open_depth(&s, 4, 4, 1, formats[f]);
        w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
        desc.depth_compare = W3D_GPU_ALWAYS;
        w3d_gpu_pipeline set = scene_make(&s, &desc);
        for (int c = 0; c < 9; c++)
            for (int k = 0; k < 3; k++) {
                desc.depth_compare = (w3d_gpu_compare)c;
                desc.depth_keep = 0;
                w3d_gpu_pipeline test_it = scene_make(&s, &desc);
                w3d_gpu_pass *pass = scene_pass(&s, NULL);
                scene_square(&s, pass, set, 0.5f, 255, 0, 0, 255);
                scene_square(&s, pass, test_it, 0.25f + 0.25f * (float)k, 0, 255, 0, 255);
                w3d_gpu_pass_end(pass);
                scene_shot(&s);
                CHECK_MESSAGE(scene_at(&s, 1, 2)[1] == (passes[c][k] ? 255 : 0),
                              "format %d compare %d case %d", f, c, k);
            }
        desc.depth_compare = W3D_GPU_LESS; /* tested and not written */
        desc.depth_keep = 1;
        w3d_gpu_pipeline keep = scene_make(&s, &desc);
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        scene_square(&s, pass, set, 0.5f, 255, 0, 0, 255);
        scene_square(&s, pass, keep, 0.25f, 0, 255, 0, 255);
        scene_square(&s, pass, keep, 0.375f, 0, 0, 255, 255);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        CHECK(scene_is(&s, 0, 0, 0, 0, 255, 255));
        desc.depth_bias = f == 1 ? 4 : 2; /* one or two steps beyond what lies there */
        desc.depth_compare = W3D_GPU_LESS_EQUAL;
        w3d_gpu_pipeline bias = scene_make(&s, &desc);
        pass = scene_pass(&s, NULL);
        scene_square(&s, pass, set, 0.5f, 255, 0, 0, 255);
        scene_square(&s, pass, bias, 0.5f, 0, 255, 0, 255);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        CHECK(scene_is(&s, 0, 0, 255, 0, 0, 255));
        scene_close(&s);
    }
}

static void stencils(void)
{
    static const uint8_t made[8] = { 0x0F, 0x00, 0x35, 0xF0, 0x10, 0x0E, 0x10, 0x0E };
    scene s;
    scene_open_depth(&s, 4, 4, 1, W3D_GPU_DEPTH24_STENCIL8);
    for (int op = 0; op < 8; op++) { /* each on 0x0F with 0x35 for a reference, then looked for */
        w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
        desc.depth_compare = W3D_GPU_ALWAYS;
        desc.stencil_front.pass = (w3d_gpu_stencil_op)op;
        w3d_gpu_pipeline act = scene_make(&s, &desc);
        desc.stencil_front.pass = W3D_GPU_KEEP;
        desc.stencil_front.compare = W3D_GPU_EQUAL;
        w3d_gpu_pipeline look = scene_make(&s, &desc);
        w3d_gpu_pass *pass = scene_pass_stencil(&s, 0x0F);
        w3d_gpu_stencil_reference(pass, 0x35);
        scene_square(&s, pass, act, 0.5f, 0, 0, 0, 0);
        w3d_gpu_stencil_reference(pass, made[op]);
        scene_square(&s, pass, look, 0.5f, 255, 255, 255, 255);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        CHECK_MESSAGE(scene_at(&s, 2, 2)[0] == 255, "operation %d", op);
    }
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s); /* masks: only bits 4 to 7 are written */
    desc.depth_compare = W3D_GPU_GREATER;            /* fails: the third operation counts */
    desc.stencil_front.depth_fail = W3D_GPU_REPLACE;
    desc.stencil_write_mask = 0xF0;
    w3d_gpu_pipeline act = scene_make(&s, &desc);
    desc.depth_compare = W3D_GPU_ALWAYS;
    desc.stencil_front.depth_fail = W3D_GPU_KEEP;
    desc.stencil_front.compare = W3D_GPU_EQUAL;
    desc.stencil_read_mask = 0x3C;
    w3d_gpu_pipeline look = scene_make(&s, &desc);
    w3d_gpu_pass *pass = scene_pass_stencil(&s, 0x0F);
    w3d_gpu_stencil_reference(pass, 0x35);
    scene_square(&s, pass, act, 0.5f, 255, 0, 0, 255);
    w3d_gpu_stencil_reference(pass, 0xFC); /* 0x3F stored: equal under the mask */
    scene_square(&s, pass, look, 0.5f, 0, 255, 0, 255);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    CHECK(scene_is(&s, 1, 1, 0, 255, 0, 255));
    scene_close(&s);
}

/* ---- blending ---- */

/* Source .5 .25 1 .5 on .25 .5 .75 .25, constant .125 .25 .5 .75, into floats: exact. */
static void blends(void)
{
    static const float src[4] = { 0.5f, 0.25f, 1.0f, 0.5f }, dst[4] = { 0.25f, 0.5f, 0.75f, 0.25f };
    static const float constant[4] = { 0.125f, 0.25f, 0.5f, 0.75f };
    scene s;
    scene_open(&s, 4, 4, 1);
    for (uint32_t factor = 1; factor <= W3D_GPU_ONE_MINUS_CONSTANT; factor++)
        for (uint32_t op = 0; op < 5; op++) {
            float expected[4];
            for (int i = 0; i < 4; i++) {
                float f = 0;
                switch (factor) {
                case W3D_GPU_FACTOR_ZERO: f = 0; break;
                case W3D_GPU_FACTOR_ONE: f = 1; break;
                case W3D_GPU_SRC: f = src[i]; break;
                case W3D_GPU_ONE_MINUS_SRC: f = 1 - src[i]; break;
                case W3D_GPU_SRC_ALPHA: f = src[3]; break;
                case W3D_GPU_ONE_MINUS_SRC_ALPHA: f = 1 - src[3]; break;
                case W3D_GPU_DST: f = dst[i]; break;
                case W3D_GPU_ONE_MINUS_DST: f = 1 - dst[i]; break;
                case W3D_GPU_DST_ALPHA: f = dst[3]; break;
                case W3D_GPU_ONE_MINUS_DST_ALPHA: f = 1 - dst[3]; break;
                case W3D_GPU_SRC_ALPHA_SATURATED: f = i == 3 ? 1 : 0.5f; break;
                case W3D_GPU_CONSTANT: f = constant[i]; break;
                default: f = 1 - constant[i]; break;
                }
                float a = src[i] * f, b = dst[i]; /* the destination's factor is one */
                expected[i] = op == W3D_GPU_ADD                ? a + b
                              : op == W3D_GPU_SUBTRACT         ? a - b
                              : op == W3D_GPU_REVERSE_SUBTRACT ? b - a
                              : op == W3D_GPU_MIN              ? (src[i] < b ? src[i] : b)
                                                               : (src[i] > b ? src[i] : b);
            }
            w3d_gpu_pipeline_desc desc = scene_pipeline_plain(&s);
            desc.no_depth = 1;
            desc.colors[0].format = W3D_GPU_RGBA32F;
            desc.colors[0].blend.enable = 1;
            desc.colors[0].blend.src = (w3d_gpu_factor)factor;
            desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
            desc.colors[0].blend.op = (w3d_gpu_blend_op)op;
            float got[4];
            scene_float_pass(&s, &desc, src, dst, constant, got);
            for (int i = 0; i < 4; i++)
                CHECK_MESSAGE(got[i] == expected[i], "factor %u op %u channel %d: %g, not %g",
                              factor, op, i, (double)got[i], (double)expected[i]);
        }
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s); /* over, in codes: 200 * .5 + 100 * .5 */
    desc.depth_compare = W3D_GPU_ALWAYS;
    desc.colors[0].blend.enable = 1;
    desc.colors[0].blend.src = W3D_GPU_SRC_ALPHA;
    desc.colors[0].blend.dst = W3D_GPU_ONE_MINUS_SRC_ALPHA;
    desc.colors[0].blend.alpha_src = W3D_GPU_FACTOR_ONE;
    desc.colors[0].blend.alpha_dst = W3D_GPU_FACTOR_ZERO;
    desc.colors[0].mask_off = 4; /* blue is kept */
    w3d_gpu_pipeline over = scene_make(&s, &desc);
    float back[4] = { 100 / 255.0f, 0.2f, 0.4f, 1 };
    w3d_gpu_pass *pass = scene_pass(&s, back);
    float rows[3][8] = { { -1, -1, 0, 1, 200 / 255.0f, 1, 1, 0.5f },
                         { 3, -1, 0, 1, 200 / 255.0f, 1, 1, 0.5f },
                         { -1, 3, 0, 1, 200 / 255.0f, 1, 1, 0.5f } };
    scene_triangles(&s, pass, over, rows[0], 3);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    CHECK(scene_is(&s, 2, 1, 150, 153, 102, 128));
    scene_close(&s);
}

/* ---- samples ---- */

static void resolves(void)
{
    scene s;
    scene_open(&s, 8, 8, 4);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    /* Edges through pixels at k/8 of their width: samples lie at 2, 6, 10 and 14 sixteenths. */
    for (int k = 0; k <= 4; k++) {
        float edge = -1 + 2 * (3 + (float)k / 4.0f) / 8; /* x = 3 + k / 4 */
        float rows[6][8] = { { -1, 1, 0, 1, 1, 1, 1, 1 },    { edge, 1, 0, 1, 1, 1, 1, 1 },
                             { -1, -1, 0, 1, 1, 1, 1, 1 },   { edge, 1, 0, 1, 1, 1, 1, 1 },
                             { edge, -1, 0, 1, 1, 1, 1, 1 }, { -1, -1, 0, 1, 1, 1, 1, 1 } };
        static const uint8_t shares[5] = { 0, 64, 128, 191, 255 };
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        scene_triangles(&s, pass, made, rows[0], 6);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        for (int y = 0; y < 8; y++) {
            CHECK(scene_at(&s, 2, y)[0] == 255 && scene_at(&s, 4, y)[0] == 0);
            CHECK(scene_at(&s, 3, y)[0] == shares[k]);
        }
    }
    desc.alpha_to_coverage = 1;
    w3d_gpu_pipeline cover = scene_make(&s, &desc);
    for (int k = 0; k <= 4; k++) {
        static const uint8_t shares[5] = { 0, 64, 128, 191, 255 };
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        float a = (float)k / 4;
        float rows[3][8] = { { -1, -1, 0, 1, 1, 1, 1, a },
                             { 3, -1, 0, 1, 1, 1, 1, a },
                             { -1, 3, 0, 1, 1, 1, 1, a } };
        scene_triangles(&s, pass, cover, rows[0], 3);
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        CHECK(scene_at(&s, 5, 5)[0] == shares[k]);
    }
    scene_close(&s);
}

/* ---- vertices ---- */

static void vertex_formats(void)
{
    static const struct {
        w3d_gpu_vertex_format format;
        uint32_t words[4];
        float expected[4];
    } cases[] = {
        { W3D_GPU_FLOAT, { 0x3E800000, 0, 0, 0 }, { 0.25f, 0, 0, 1 } },
        { W3D_GPU_FLOAT2, { 0x3E800000, 0x3F000000, 0, 0 }, { 0.25f, 0.5f, 0, 1 } },
        { W3D_GPU_FLOAT3, { 0x3E800000, 0x3F000000, 0x40000000, 0 }, { 0.25f, 0.5f, 2, 1 } },
        { W3D_GPU_UNORM8X4, { 0x00FF3300, 0, 0, 0 }, { 0, 0.2f, 1, 0 } },
        { W3D_GPU_SNORM8X4, { 0x00807F81, 0, 0, 0 }, { -1, 1, -1, 0 } },
        { W3D_GPU_UNORM16X2, { 0xFFFF3333, 0, 0, 0 }, { 0.2f, 1, 0, 1 } },
        { W3D_GPU_UNORM16X4, { 0xFFFF0000, 0x0000FFFF, 0, 0 }, { 0, 1, 1, 0 } },
        { W3D_GPU_SNORM16X2, { 0x80007FFF, 0, 0, 0 }, { 1, -1, 0, 1 } },
        { W3D_GPU_SNORM16X4, { 0x80018000, 0x7FFF0000, 0, 0 }, { -1, -1, 0, 1 } },
        { W3D_GPU_HALF2, { 0xC0003C00, 0, 0, 0 }, { 1, -2, 0, 1 } },
        { W3D_GPU_HALF4, { 0xC0003C00, 0x38000001, 0, 0 }, { 1, -2, 5.9604645e-8f, 0.5f } }
    };
    scene s;
    scene_open(&s, 4, 4, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float got[4];
        scene_format_pass(&s, cases[i].format, cases[i].words, got);
        CHECK_MESSAGE(!memcmp(got, cases[i].expected, 16), "format %d: %g %g %g %g",
                      (int)cases[i].format, (double)got[0], (double)got[1], (double)got[2],
                      (double)got[3]);
    }
    scene_close(&s);
}

/* Indices of both sizes, base vertex, restarted strips, draws merged to one, a buffer per instance. */
static void indexed(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    float rows[8][8];
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < 8; i++) { /* two squares side by side: vertices 0-3 and 4-7 */
        rows[i][0] = (i < 4 ? -1.0f : 0.0f) + (float)(i & 1);
        rows[i][1] = i & 2 ? -1.0f : 1.0f;
        rows[i][3] = rows[i][4] = rows[i][7] = 1;
        rows[i][5] = i < 4 ? 0.0f : 1.0f;
    }
    static const uint16_t list[6] = { 0, 2, 1, 1, 2, 3 };
    static const uint32_t strip[9] = { 0, 2, 1, 3, 0xFFFFFFFFu, 4, 6, 5, 7 };
    w3d_gpu_buffer vertices = scene_buffer(&s, rows, sizeof rows, 0);
    w3d_gpu_buffer shorts = scene_buffer(&s, list, sizeof list, 0);
    w3d_gpu_buffer longs = scene_buffer(&s, strip, sizeof strip, 0);
    w3d_gpu_pipeline_desc desc = scene_pipeline_plain(&s);
    w3d_gpu_pipeline plain = scene_make(&s, &desc);
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    w3d_gpu_pipeline stripped = scene_make(&s, &desc);
    w3d_gpu_mesh_desc mesh;
    memset(&mesh, 0, sizeof mesh);
    mesh.vertices[0] = vertices;
    mesh.indices = shorts;
    mesh.index_format = W3D_GPU_INDEX_U16;
    mesh.count = 6;
    w3d_gpu_mesh left, right, both;
    CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &left) == W3D_OK);
    mesh.base_vertex = 4;
    CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &right) == W3D_OK);
    mesh.base_vertex = 0;
    mesh.indices = longs;
    mesh.index_format = W3D_GPU_INDEX_U32;
    mesh.count = 9;
    CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &both) == W3D_OK);
    for (int k = 0; k < 2; k++) {
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        if (k) {
            scene_draw(&s, pass, stripped, both);
        } else {
            scene_draw(&s, pass, plain, left);
            scene_draw(&s, pass, plain, right);
        }
        CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
        scene_shot(&s);
        for (int i = 0; i < 64; i++)
            CHECK(scene_is(&s, i % 8, i / 8, 255, i % 8 < 4 ? 0 : 255, 0, 255));
    }
    scene_close(&s);
}

static void per_instance(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    static const float corners[3][4] = { { -1, -1, 0, 1 }, { 3, -1, 0, 1 }, { -1, 3, 0, 1 } };
    static const float colors[4][4] = {
        { 0.2f, 0, 0, 0 }, { 0, 0.4f, 0, 0 }, { 0, 0, 0.6f, 0 }, { 0, 0, 0, 0.8f }
    };
    w3d_gpu_pipeline_desc desc = scene_pipeline_plain(&s);
    desc.depth_compare = W3D_GPU_ALWAYS;
    desc.colors[0].blend.enable = 1;
    desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
    desc.buffers[1].per_instance = 1;
    desc.attributes[1].buffer = 1;
    desc.attributes[1].offset = 0;
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    w3d_gpu_mesh_desc mesh;
    memset(&mesh, 0, sizeof mesh);
    mesh.vertices[0] = scene_buffer(&s, corners, sizeof corners, 0);
    mesh.vertices[1] = scene_buffer(&s, colors, sizeof colors, 0);
    mesh.count = 3;
    w3d_gpu_mesh triangle;
    CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &triangle) == W3D_OK);
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    w3d_gpu_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.pipeline = made;
    draw.mesh = triangle;
    draw.instances = 4;
    CHECK(w3d_gpu_draw(pass, &draw) == W3D_OK);
    CHECK(w3d_gpu_instance_buffer(pass, 1, mesh.vertices[1], 16) == W3D_OK);
    draw.instances = 1; /* begins at the second colour */
    CHECK(w3d_gpu_draw(pass, &draw) == W3D_OK);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    scene_shot(&s);
    CHECK(scene_is(&s, 3, 3, 51, 204, 153, 204));
    scene_close(&s);
}

static void indirect(void)
{
    scene s;
    scene_open(&s, 8, 8, 1);
    float rows[7][8];
    for (int i = 0; i < 7; i++) {
        static const float places[3][2] = { { -1, -1 }, { 3, -1 }, { -1, 3 } };
        memset(rows[i], 0, sizeof rows[i]);
        rows[i][0] = places[(i + 2) % 3][0];
        rows[i][1] = places[(i + 2) % 3][1];
        rows[i][3] = rows[i][7] = 1;
        rows[i][4] = i < 4 ? 0.2f : 0.4f; /* vertices 1-3, 4-6 are triangles */
    }
    static const uint32_t words[10] = { 3, 1, 1, 0, 99, 3, 2, 4, 0, 99 };
    w3d_gpu_pipeline_desc desc = scene_pipeline_plain(&s);
    desc.depth_compare = W3D_GPU_ALWAYS;
    desc.colors[0].blend.enable = 1;
    desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
    w3d_gpu_mesh_desc mesh;
    memset(&mesh, 0, sizeof mesh);
    mesh.vertices[0] = scene_buffer(&s, rows, sizeof rows, 0);
    mesh.count = 7;
    w3d_gpu_indirect_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.pipeline = scene_make(&s, &desc);
    CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &draw.mesh) == W3D_OK);
    draw.buffer = scene_buffer(&s, words, sizeof words, W3D_GPU_USE_INDIRECT);
    draw.draws = 2;
    draw.stride = 20;
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    CHECK(w3d_gpu_draw_indirect(pass, &draw) == W3D_OK);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    scene_shot(&s);
    CHECK(scene_is(&s, 5, 2, 51 + 102 + 102, 0, 0, 255));
    scene_close(&s);
}

static void queries(void)
{
    for (uint32_t samples = 1; samples <= 4; samples += 3) {
        scene s;
        scene_open(&s, 8, 8, samples);
        w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
        w3d_gpu_pipeline made = scene_make(&s, &desc);
        w3d_gpu_pass_desc begin;
        memset(&begin, 0, sizeof begin);
        begin.time_id = 9;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s.gpu, &begin);
        CHECK(w3d_gpu_query_begin(pass, 5) == W3D_OK);
        scene_square(&s, pass, made, 0.5f, 1, 2, 3, 4);
        w3d_gpu_query_end(pass);
        CHECK(w3d_gpu_query_begin(pass, 6) == W3D_OK);
        scene_square(&s, pass, made, 0.75f, 1, 2, 3, 4);
        w3d_gpu_query_end(pass);
        w3d_gpu_pass_end(pass);
        CHECK(w3d_gpu_submit(s.gpu) == W3D_OK);
        uint64_t value = 99;
        CHECK(w3d_gpu_query_result(s.gpu, 5, &value) == W3D_OK && value == 64u * samples);
        CHECK(w3d_gpu_query_result(s.gpu, 6, &value) == W3D_OK && value == 0);
        CHECK(w3d_gpu_time(s.gpu, 9, &value) == W3D_OK && value < 10000000000u);
        scene_close(&s);
    }
}

/* ---- textures as such ---- */

static void texture_bytes(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    uint8_t data[5 * 3 * 4], out[256];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 3);
    w3d_gpu_texture a = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8, 5, 3, 1, 1, data);
    w3d_gpu_texture b = scene_texture(&s, W3D_GPU_2D_ARRAY, W3D_GPU_RGBA8, 4, 4, 3, 2, NULL);
    w3d_gpu_texture_region to, from;
    memset(&to, 0, sizeof to);
    memset(&from, 0, sizeof from);
    from.texture = a;
    from.x = 1;
    from.y = 1;
    from.width = 2;
    from.height = 2;
    to.texture = b;
    to.x = 2;
    to.z = 1;
    CHECK(w3d_gpu_texture_copy(s.gpu, &to, &from) == W3D_OK);
    CHECK(scene_read(&s, a, 0, 0, out) == sizeof data && !memcmp(out, data, sizeof data));
    CHECK(scene_read(&s, b, 0, 1, out) == 64);
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int i = 0; i < 4; i++) {
                int in = x >= 2 && y < 2;
                CHECK(out[(y * 4 + x) * 4 + i] == (in ? data[((y + 1) * 5 + x - 1) * 4 + i] : 0));
            }
    CHECK(scene_read(&s, b, 0, 2, out) == 64 && out[8] == 0);
    scene_close(&s);
}

static void mips(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    uint8_t grey[4 * 4], out[64],
        color[2 * 2 * 4] = { 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0 };
    for (int i = 0; i < 16; i++) grey[i] = (uint8_t)(i * 10);
    w3d_gpu_texture a = scene_texture(&s, W3D_GPU_2D, W3D_GPU_R8, 4, 4, 1, 3, grey);
    CHECK(w3d_gpu_texture_mips(s.gpu, a) == W3D_OK);
    CHECK(scene_read(&s, a, 1, 0, out) == 4);
    CHECK(out[0] == 25 && out[1] == 45 && out[2] == 105 && out[3] == 125);
    CHECK(scene_read(&s, a, 2, 0, out) == 1 && out[0] == 75);
    w3d_gpu_texture b = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8_SRGB, 2, 2, 1, 2, color);
    CHECK(w3d_gpu_texture_mips(s.gpu, b) == W3D_OK);
    CHECK(scene_read(&s, b, 1, 0, out) == 4); /* half the light is code 188, half alpha 128 */
    CHECK(out[0] == 188 && out[1] == 188 && out[2] == 188 && out[3] == 128);
    float deep[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, level[1];
    w3d_gpu_texture c = scene_texture(&s, W3D_GPU_3D, W3D_GPU_R32F, 2, 2, 2, 2, deep);
    CHECK(w3d_gpu_texture_mips(s.gpu, c) == W3D_OK);
    CHECK(scene_read(&s, c, 1, 0, level) == 4 && level[0] == 4.5f);
    float thin[3] = { 1, 2, 9 }; /* an odd side: the last is left out */
    w3d_gpu_texture d = scene_texture(&s, W3D_GPU_2D, W3D_GPU_R32F, 3, 1, 1, 2, thin);
    CHECK(w3d_gpu_texture_mips(s.gpu, d) == W3D_OK);
    CHECK(scene_read(&s, d, 1, 0, level) == 4 && level[0] == 1.5f);
    scene_close(&s);
}

/* ---- what is refused, and what is hostile ---- */

static void refuses(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    static const char *const texts[3] = {
        "@fragment fn fs() -> @location(0) vec4f {\n    return vec4f(1, 2, true, 3);\n}",
        "@vertex fn vs() -> @builtin(position) vec4f { return vec4f(); }",
        "@vertex fn vs() -> @builtin(position) vec4f { return vec4f(); }\n@fragment fn "
        "fs(@location(3) c: vec4f) -> @location(0) vec4f {"
        " return c; }"
    };
    static const char *const said[3] = { "2:", "no such entry", "does not write" };
    for (int i = 0; i < 3; i++) {
        s.said[0] = 0;
        w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
        desc.shader = scene_shader(&s, texts[i], 0, 0, NULL, 0);
        w3d_gpu_pipeline made;
        CHECK(w3d_gpu_pipeline_create(s.gpu, &desc, &made) == W3D_OK);
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        scene_square(&s, pass, made, 0, 255, 255, 255, 255); /* in the same stream: left out */
        w3d_gpu_pass_end(pass);
        scene_shot(&s);
        CHECK_MESSAGE(strstr(s.said, said[i]) != NULL, "case %d: %.400s", i, s.said);
        CHECK(scene_at(&s, 1, 1)[0] == 0 && !w3d_gpu_pipeline_ready(s.gpu, made));
    }
    scene_close(&s);
}

static void hostile(void)
{
    scene s;
    scene_open(&s, 16, 16, 4);
    w3d_gpu_pipeline_desc desc = scene_pipeline_plain(&s);
    for (int round = 0; round < 60; round++) {
        float rows[40][8];
        uint32_t indices[64];
        desc.topology = (w3d_gpu_topology)(round % 5);
        desc.depth_bias = (int32_t)test_random();
        desc.depth_bias_slope = round % 3 ? 1e30f : 0;
        w3d_gpu_pipeline made = scene_make(&s, &desc);
        for (int i = 0; i < 40; i++)
            for (int k = 0; k < 8; k++) {
                uint32_t bits = (uint32_t)test_random();
                if (test_random() % 4) /* most within reach */
                    rows[i][k] = (float)(int32_t)bits / 1e9f;
                else
                    memcpy(&rows[i][k], &bits, 4);
            }
        for (int i = 0; i < 64; i++)
            indices[i] =
                test_random() % 8 ? (uint32_t)(test_random() % 40) : (uint32_t)test_random();
        w3d_gpu_mesh_desc mesh;
        memset(&mesh, 0, sizeof mesh);
        mesh.vertices[0] = scene_buffer(&s, rows, sizeof rows, 0);
        mesh.offsets[0] = 4 * (uint32_t)(test_random() % 320);
        mesh.indices = scene_buffer(&s, indices, sizeof indices, 0);
        mesh.count = 64;
        mesh.base_vertex = (int32_t)(test_random() % 3) - 1;
        w3d_gpu_mesh made_mesh;
        CHECK(w3d_gpu_mesh_create(s.gpu, &mesh, &made_mesh) == W3D_OK);
        w3d_gpu_pass *pass = scene_pass(&s, NULL);
        scene_draw(&s, pass, made, made_mesh);
        CHECK(w3d_gpu_pass_end(pass) == W3D_OK && w3d_gpu_submit(s.gpu) == W3D_OK);
        w3d_gpu_mesh_destroy(s.gpu, made_mesh);
        w3d_gpu_buffer_destroy(s.gpu, mesh.vertices[0]);
        w3d_gpu_buffer_destroy(s.gpu, mesh.indices);
        w3d_gpu_pipeline_destroy(s.gpu, made);
    }
    scene_close(&s);
}

static int allocations(const void *allocator, void *user)
{
    scene s;
    (void)user;
    if (!scene_try(&s, 8, 8, 4, (const w3d_allocator *)allocator)) return W3D_ERR_OUT_OF_MEMORY;
    w3d_gpu_pass_desc begin;
    memset(&begin, 0, sizeof begin);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s.gpu, &begin);
    w3d_result result = pass ? w3d_gpu_pass_end(pass) : W3D_ERR_OUT_OF_MEMORY;
    if (!result) result = w3d_gpu_submit(s.gpu);
    int refused = s.said[0] != 0;
    w3d_gpu_destroy(s.gpu);
    return result || refused ? (int)W3D_ERR_OUT_OF_MEMORY : 0;
}

static void out_of_memory(void) { test_allocation_sweep(allocations, NULL); }

/* From a back-end that draws nothing: everything is there again and the picture is the same. */
static void switches(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    CHECK(w3d_gpu_submit(s.gpu) == W3D_OK);
    w3d_gpu_backend none = w3d_gpu_null(NULL), soft = w3d_gpu_soft(NULL);
    CHECK(w3d_gpu_switch(s.gpu, &none) == W3D_OK && w3d_gpu_submit(s.gpu) == W3D_OK);
    CHECK(w3d_gpu_switch(s.gpu, &soft) == W3D_OK && w3d_gpu_submit(s.gpu) == W3D_OK);
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    scene_square(&s, pass, made, 0.5f, 7, 8, 9, 10);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    CHECK(scene_is(&s, 1, 1, 7, 8, 9, 10));
    scene_close(&s);
}

void test_gpu_soft(void)
{
    RUN(clears);
    RUN(covers);
    RUN(culls);
    RUN(views);
    RUN(clips);
    RUN(strips_lines_points);
    RUN(depths);
    RUN(stencils);
    RUN(blends);
    RUN(resolves);
    RUN(vertex_formats);
    RUN(indexed);
    RUN(per_instance);
    RUN(indirect);
    RUN(queries);
    RUN(texture_bytes);
    RUN(mips);
    RUN(refuses);
    RUN(hostile);
    RUN(out_of_memory);
    RUN(switches);
}
