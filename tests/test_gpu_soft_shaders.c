/* test_gpu_soft_shaders.c - what shaders see in the software back-end: textures, buffers, compute, discards. */
#include "gpu_soft_scene.h"

/* ---- one pixel of a fragment shader, in floats ---- */

typedef struct ask { /* what a fragment shader is given at group 1 */
    w3d_gpu_binding bindings[W3D_GPU_MAX_BINDINGS];
    w3d_gpu_entry entries[W3D_GPU_MAX_BINDINGS];
    uint32_t count;
} ask;

static void ask_add(ask *a, uint32_t kind, w3d_gpu_texture_kind texture, uint32_t sample)
{
    w3d_gpu_binding *b = &a->bindings[a->count];
    memset(b, 0, sizeof *b);
    memset(&a->entries[a->count], 0, sizeof a->entries[0]);
    b->group = 1;
    b->binding = (uint8_t)a->count;
    b->kind = (uint8_t)kind;
    b->stages = 3;
    b->texture = (uint8_t)texture;
    b->sample = (uint8_t)sample;
    a->entries[a->count++].binding = b->binding;
}

static void ask_texture(ask *a, w3d_gpu_texture texture, w3d_gpu_texture_kind kind, uint32_t sample)
{
    ask_add(a, W3D_GPU_BIND_TEXTURE, kind, sample);
    a->entries[a->count - 1].texture = texture;
}

static void ask_sampler(scene *s, ask *a, const w3d_gpu_sampler_desc *desc)
{
    w3d_gpu_sampler sampler = { 0 };
    CHECK(w3d_gpu_sampler_create(s->gpu, desc, &sampler) == W3D_OK);
    ask_add(a, W3D_GPU_BIND_SAMPLER, W3D_GPU_2D, desc->compare != W3D_GPU_COMPARE_DEFAULT);
    a->entries[a->count - 1].sampler = sampler;
}

static w3d_gpu_group ask_group(scene *s, const ask *a, w3d_gpu_shader shader)
{
    w3d_gpu_group_desc desc;
    w3d_gpu_group group = { 0 };
    memset(&desc, 0, sizeof desc);
    desc.shader = shader;
    desc.entry_count = a->count;
    memcpy(desc.entries, a->entries, sizeof desc.entries);
    w3d_result result = w3d_gpu_group_create(s->gpu, &desc, &group);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    return group;
}

/* Runs `body` for each pixel of a 4x4 float target: `p` is its place, 0.5 to 3.5. */
static void ask_run(scene *s, const ask *a, const char *declarations, const char *body,
                    float out[4 * 4][4])
{
    char text[4096];
    snprintf(text, sizeof text,
             "%s\n@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {\n"
             "    return vec4f(select(-1.0, 3.0, i == 1u), select(-1.0, 3.0, i == 2u), 0, 1); }\n"
             "@fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4f { %s }\n",
             declarations, body);
    w3d_gpu_pipeline_desc desc;
    w3d_gpu_pass_desc begin;
    w3d_gpu_draw_desc draw;
    memset(&desc, 0, sizeof desc);
    memset(&begin, 0, sizeof begin);
    memset(&draw, 0, sizeof draw);
    desc.shader = scene_shader(s, text, 0, 0, a->bindings, a->count);
    desc.no_depth = 1;
    desc.colors[0].format = W3D_GPU_RGBA32F;
    draw.pipeline = scene_make(s, &desc);
    if (a->count) draw.group = ask_group(s, a, desc.shader);
    draw.count = 3;
    begin.color[0].texture = scene_texture(s, W3D_GPU_2D, W3D_GPU_RGBA32F, 4, 4, 1, 1, NULL);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &begin);
    w3d_result result = w3d_gpu_draw(pass, &draw);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    CHECK(scene_read(s, begin.color[0].texture, 0, 0, out) == 256);
    CHECK_MESSAGE(!s->said[0], "%.400s", s->said);
    w3d_gpu_texture_destroy(s->gpu, begin.color[0].texture);
}

#define CHECK_PIXEL(out, i, r, g, b, a)                                                            \
    CHECK_MESSAGE((out)[i][0] == (r) && (out)[i][1] == (g) && (out)[i][2] == (b) &&                \
                      (out)[i][3] == (a),                                                          \
                  "pixel %d is %.9g %.9g %.9g %.9g", (int)(i), (double)(out)[i][0],                \
                  (double)(out)[i][1], (double)(out)[i][2], (double)(out)[i][3])

/* ---- sampling ---- */

/* A row of four texels 0 1 2 3 at -1/8 to 5/4: by hand for each wrap. */
static void wraps(void)
{
    static const float row[4] = { 0, 1, 2, 3 };
    static const float nearest[3][4] = { { 3, 0, 3, 0 }, { 0, 0, 3, 3 }, { 0, 0, 3, 3 } };
    static const float linear[3][4] = { { 3, 1.5f, 3, 0 }, { 0, 0, 3, 3 }, { 0, 0, 3, 3 } };
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_texture t = scene_texture(&s, W3D_GPU_2D, W3D_GPU_R32F, 4, 1, 1, 1, row);
    for (int wrap = 0; wrap < 3; wrap++)
        for (int filter = 0; filter < 2; filter++) {
            ask a;
            float out[16][4];
            w3d_gpu_sampler_desc desc;
            memset(&a, 0, sizeof a);
            memset(&desc, 0, sizeof desc);
            desc.wrap_u = (w3d_gpu_wrap)wrap;
            desc.magnify = desc.minify = (w3d_gpu_filter)filter;
            ask_texture(&a, t, W3D_GPU_2D, 0);
            ask_sampler(&s, &a, &desc);
            ask_run(&s, &a,
                    "@group(1) @binding(0) var t: texture_2d<f32>;\n"
                    "@group(1) @binding(1) var s: sampler;\n"
                    "const AT = array(-0.125, 0.0, 0.875, 1.125);",
                    "return textureSampleLevel(t, s, vec2f(AT[u32(p.x)], 0.5), 0);", out);
            for (int x = 0; x < 4; x++)
                CHECK_MESSAGE(out[x][0] == (filter ? nearest : linear)[wrap][x],
                              "wrap %d filter %d at %d: %g", wrap, filter, x, (double)out[x][0]);
        }
    scene_close(&s);
}

/* Level of detail from the picture: coordinates that move two texels a pixel take level 1. */
static void levels(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_texture t = scene_texture(&s, W3D_GPU_2D, W3D_GPU_R32F, 16, 16, 1, 5, NULL);
    for (uint32_t mip = 0; mip < 5; mip++) {
        float data[256];
        w3d_gpu_texture_region region;
        for (int i = 0; i < 256; i++) data[i] = (float)mip;
        memset(&region, 0, sizeof region);
        region.texture = t;
        region.mip = mip;
        CHECK(w3d_gpu_texture_write(s.gpu, &region, data, sizeof data, 0) == W3D_OK);
    }
    static const struct {
        const char *text;
        float linear, nearest;
    } cases[] = {
        { "return textureSample(t, s, p.xy / 16);", 0, 0 },
        { "return textureSample(t, s, p.xy * 2 / 16);", 1, 1 },
        { "return textureSample(t, s, vec2f(p.x * 4, p.y) / 16);", 2, 2 },
        { "return textureSampleBias(t, s, p.xy / 16, 1.25);", 1.25f, 1 },
        { "return textureSampleLevel(t, s, p.xy, 2.5);", 2.5f, 3 },
        { "return textureSampleLevel(t, s, p.xy, 99);", 4, 4 },
        { "return textureSampleGrad(t, s, p.xy, vec2f(8, 0) / 16, vec2f(0, 1) / 16);", 3, 3 },
        { "return textureLoad(t, vec2i(0, 0), 3);", 3, 3 },
        { "return vec4f(vec2f(textureDimensions(t, 1)), f32(textureNumLevels(t)), 0);", 8, 8 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int mip = 0; mip < 2; mip++) {
            ask a;
            float out[16][4];
            w3d_gpu_sampler_desc desc;
            memset(&a, 0, sizeof a);
            memset(&desc, 0, sizeof desc);
            desc.mip = (w3d_gpu_filter)mip;
            ask_texture(&a, t, W3D_GPU_2D, 0);
            ask_sampler(&s, &a, &desc);
            ask_run(&s, &a,
                    "@group(1) @binding(0) var t: texture_2d<f32>;\n"
                    "@group(1) @binding(1) var s: sampler;",
                    cases[i].text, out);
            for (int k = 0; k < 16; k++)
                CHECK_MESSAGE(out[k][0] == (mip ? cases[i].nearest : cases[i].linear),
                              "%s gives %g", cases[i].text, (double)out[k][0]);
        }
    ask a; /* lod clamp */
    float out[16][4];
    w3d_gpu_sampler_desc desc;
    memset(&a, 0, sizeof a);
    memset(&desc, 0, sizeof desc);
    desc.min_lod = 0.5f;
    desc.max_lod = 1.75f;
    ask_texture(&a, t, W3D_GPU_2D, 0);
    ask_sampler(&s, &a, &desc);
    ask_run(&s, &a,
            "@group(1) @binding(0) var t: texture_2d<f32>;\n@group(1) @binding(1) var s: sampler;",
            "return vec4f(textureSampleLevel(t, s, p.xy, 0).r, textureSampleLevel(t, s, p.xy, 1).r,"
            " textureSampleLevel(t, s, p.xy, 3).r, 1);",
            out);
    CHECK_PIXEL(out, 5, 0.5f, 1, 1.75f, 1);
    scene_close(&s);
}

static void cubes_arrays_volumes(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    float faces[6 * 4], layers[3], volume[8], out[16][4];
    for (int i = 0; i < 24; i++) faces[i] = (float)(i / 4 + 1);
    for (int i = 0; i < 3; i++) layers[i] = (float)(10 + i);
    for (int i = 0; i < 8; i++) volume[i] = (float)i;
    w3d_gpu_sampler_desc nearest, linear;
    memset(&nearest, 0, sizeof nearest);
    memset(&linear, 0, sizeof linear);
    nearest.magnify = nearest.minify = W3D_GPU_NEAREST;
    linear.wrap_u = linear.wrap_v = linear.wrap_w = W3D_GPU_CLAMP;
    ask a;
    memset(&a, 0, sizeof a);
    ask_texture(&a, scene_texture(&s, W3D_GPU_CUBE, W3D_GPU_R32F, 2, 2, 6, 1, faces), W3D_GPU_CUBE,
                0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D_ARRAY, W3D_GPU_R32F, 1, 1, 3, 1, layers),
                W3D_GPU_2D_ARRAY, 0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_3D, W3D_GPU_R32F, 2, 2, 2, 1, volume), W3D_GPU_3D, 0);
    ask_sampler(&s, &a, &nearest);
    ask_sampler(&s, &a, &linear);
    static const char declared[] = "@group(1) @binding(0) var c: texture_cube<f32>;\n"
                                   "@group(1) @binding(1) var l: texture_2d_array<f32>;\n"
                                   "@group(1) @binding(2) var v: texture_3d<f32>;\n"
                                   "@group(1) @binding(3) var n: sampler;\n"
                                   "@group(1) @binding(4) var f: sampler;\n";
    ask_run(&s, &a, declared,
            "var d = vec3f(0.3, -0.2, 0.1); let k = u32(p.x) + 4u * u32(p.y);\n"
            "if k < 6u { d[k / 2u] = select(1.0, -1.0, (k & 1u) == 1u); }\n"
            "let seam = vec3f(1, 0.25, 1); let corner = vec3f(0.0, 0.0, 1.0);\n"
            "return vec4f(textureSampleLevel(c, n, d, 0).r, textureSampleLevel(c, f, seam, 0).r,\n"
            "    textureSampleLevel(c, f, corner, 0).r, textureSampleLevel(c, f, d, 0).r);",
            out);
    for (int k = 0; k < 6; k++) CHECK_MESSAGE(out[k][0] == (float)(k + 1), "face %d", k);
    CHECK(out[0][1] == 3 && out[0][2] == 5); /* between faces 1 and 5; the middle of face 5 */
    ask_run(&s, &a, declared,
            "return vec4f(textureSample(l, n, p.xy, i32(p.x)).r, textureSampleLevel(v, f, "
            "vec3f(0.5, 0.5, 0.5), 0).r, textureSampleLevel(v, f, vec3f(0.25, 0.75, p.x / 4), 0).r,"
            " f32(textureNumLayers(l)));",
            out);
    for (int x = 0; x < 4; x++) {
        float depth = ((float)x + 0.5f) / 4 * 2 - 0.5f;
        depth = depth < 0 ? 0 : depth > 1 ? 1 : depth;
        CHECK_PIXEL(out, x, (float)(10 + (x < 2 ? x : 2)), 3.5f, 2 + 4 * depth, 3);
    }
    scene_close(&s);
}

/* Which way each face lies: WebGPU's table, a texel of four on each. */
static void cube_faces(void)
{
    static const float expected[6] = { 0, 5, 9, 15, 17, 20 };
    scene s;
    scene_open(&s, 4, 4, 1);
    float faces[24], out[16][4];
    for (int i = 0; i < 24; i++) faces[i] = (float)i;
    ask a;
    w3d_gpu_sampler_desc nearest;
    memset(&a, 0, sizeof a);
    memset(&nearest, 0, sizeof nearest);
    nearest.magnify = nearest.minify = W3D_GPU_NEAREST;
    ask_texture(&a, scene_texture(&s, W3D_GPU_CUBE, W3D_GPU_R32F, 2, 2, 6, 1, faces), W3D_GPU_CUBE,
                0);
    ask_sampler(&s, &a, &nearest);
    ask_run(&s, &a,
            "@group(1) @binding(0) var c: texture_cube<f32>;\n"
            "@group(1) @binding(1) var n: sampler;\n"
            "const D = array(vec3f(1, 0.5, 0.5), vec3f(-1, 0.5, 0.5), vec3f(0.5, 1, -0.5),\n"
            "    vec3f(0.5, -1, -0.5), vec3f(0.5, 0.5, 1), vec3f(0.5, 0.5, -1));",
            "return textureSampleLevel(c, n, D[min(u32(p.x) + 4u * u32(p.y), 5u)], 0);", out);
    for (int k = 0; k < 6; k++)
        CHECK_MESSAGE(out[k][0] == expected[k], "face %d gives %g", k, (double)out[k][0]);
    scene_close(&s);
}

/* Depth drawn by one pass is compared with in the next. */
static void shadows(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_texture map = scene_texture(&s, W3D_GPU_2D, W3D_GPU_DEPTH32F, 4, 4, 1, 1, NULL);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    desc.depth_only = 1;
    desc.depth_format = W3D_GPU_DEPTH32F;
    w3d_gpu_pipeline fill = scene_make(&s, &desc);
    w3d_gpu_pass_desc begin;
    memset(&begin, 0, sizeof begin);
    begin.depth_only = 1;
    begin.depth.texture = map;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s.gpu, &begin);
    const float half[4] = { 0, 0, 2, 4 };
    w3d_gpu_viewport(pass, half, 0, 1);
    scene_square(&s, pass, fill, 0.5f, 0, 0, 0, 0);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    ask a;
    float out[16][4];
    w3d_gpu_sampler_desc less;
    memset(&a, 0, sizeof a);
    memset(&less, 0, sizeof less);
    less.compare = W3D_GPU_LESS;
    less.wrap_u = less.wrap_v = W3D_GPU_CLAMP;
    ask_texture(&a, map, W3D_GPU_2D, 1);
    ask_sampler(&s, &a, &less);
    ask_run(&s, &a,
            "@group(1) @binding(0) var t: texture_depth_2d;\n"
            "@group(1) @binding(1) var s: sampler_comparison;",
            "return vec4f(textureSampleCompareLevel(t, s, p.xy / 4, 0.75),\n"
            "    textureSampleCompare(t, s, vec2f(0.5, 0.5), 0.75),\n"
            "    textureLoad(t, vec2i(p.xy), 0), textureSampleCompareLevel(t, s, p.xy / 4, 0.25));",
            out);
    for (int i = 0; i < 16; i++)
        CHECK_PIXEL(out, i, i % 4 < 2 ? 0.0f : 1.0f, 0.5f, i % 4 < 2 ? 0.5f : 1.0f, 1);
    scene_close(&s);
}

static void formats(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    static const uint8_t codes[4] = { 0, 188, 255, 51 };
    static const uint32_t whole[4] = { 1, 0xFFFFFFFFu, 3, 0x80000000u };
    static const uint16_t half[4] = { 0x3C00, 0xC000, 0x0001, 0x7BFF };
    ask a;
    float out[16][4];
    memset(&a, 0, sizeof a);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8, 1, 1, 1, 1, codes), W3D_GPU_2D, 0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8_SRGB, 1, 1, 1, 1, codes),
                W3D_GPU_2D, 0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D, W3D_GPU_RG8, 1, 1, 1, 1, codes), W3D_GPU_2D, 0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA16F, 1, 1, 1, 1, half), W3D_GPU_2D,
                0);
    ask_texture(&a, scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA32UI, 1, 1, 1, 1, whole), W3D_GPU_2D,
                3);
    ask_run(&s, &a,
            "@group(1) @binding(0) var a: texture_2d<f32>;\n"
            "@group(1) @binding(1) var b: texture_2d<f32>;\n"
            "@group(1) @binding(2) var c: texture_2d<f32>;\n"
            "@group(1) @binding(3) var d: texture_2d<f32>;\n"
            "@group(1) @binding(4) var e: texture_2d<u32>;",
            "let o = vec2i(0, 0); switch u32(p.x) + 4u * u32(p.y) {\n"
            "case 0 { return textureLoad(a, o, 0); } case 1 { return textureLoad(b, o, 0); }\n"
            "case 2 { return textureLoad(c, o, 0); } case 3 { return textureLoad(d, o, 0); }\n"
            "case 4 { return vec4f(textureLoad(e, o, 0) >> vec4u(0, 31, 0, 31)); }\n"
            "default { return textureLoad(a, vec2i(1, 0), 0); } }",
            out);
    CHECK(out[0][0] == 0 && fabsf(out[0][1] - 188 / 255.0f) < 1e-6f && out[0][2] == 1);
    CHECK(fabsf(out[0][3] - 0.2f) < 1e-6f && fabsf(out[1][1] - 0.5029f) < 1e-4f);
    CHECK(fabsf(out[1][3] - 0.2f) < 1e-6f && out[1][2] == 1);
    CHECK(fabsf(out[2][1] - 188 / 255.0f) < 1e-6f && out[2][2] == 0 && out[2][3] == 1);
    CHECK_PIXEL(out, 3, 1, -2, 5.9604645e-8f, 65504);
    CHECK_PIXEL(out, 4, 1, 1, 3, 1);
    CHECK_PIXEL(out, 5, 0, 0, 0, 0);
    scene_close(&s);
}

/* ---- fragments ---- */

static void discards_and_depth(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    w3d_gpu_pipeline plain = scene_make(&s, &desc);
    char text[1024];
    snprintf(text, sizeof text, "%.*s%s", (int)(strstr(scene_rows, "@fragment") - scene_rows),
             scene_rows,
             "struct O { @location(0) color: vec4f, @builtin(frag_depth) depth: f32 }\n"
             "@fragment fn fs(in: V) -> O {\n"
             "    if in.position.x < 2 { discard; }\n"
             "    return O(in.color, select(0.5, 0.125, in.position.y < 2)); }\n");
    desc.shader = scene_shader(&s, text, SCENE_ROWS * 32, 0, NULL, 0);
    w3d_gpu_pipeline cut = scene_make(&s, &desc);
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    scene_square(&s, pass, plain, 0.25f, 255, 0, 0, 255);
    scene_square(&s, pass, cut, 0.75f, 0, 255, 0, 255); /* its own depth counts */
    scene_square(&s, pass, plain, 0.1875f, 0, 0, 255, 255);
    w3d_gpu_pass_end(pass);
    scene_shot(&s);
    for (int i = 0; i < 16; i++) {
        int green = i % 4 >= 2 && i / 4 < 2;
        CHECK(scene_is(&s, i % 4, i / 4, 0, green ? 255 : 0, green ? 0 : 255, 255));
    }
    CHECK_MESSAGE(!s.said[0], "%.400s", s.said);
    scene_close(&s);
}

static void targets(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    w3d_gpu_pipeline_desc desc = scene_pipeline(&s);
    char text[1024];
    snprintf(text, sizeof text, "%.*s%s", (int)(strstr(scene_rows, "@fragment") - scene_rows),
             scene_rows,
             "struct O { @location(0) a: vec4f, @location(1) b: vec4u, @location(2) c: vec4f }\n"
             "@fragment fn fs(in: V, @builtin(front_facing) front: bool) -> O {\n"
             "    return O(in.color, vec4u(7, 0, 0xFFFFFFFF, u32(in.position.x)),\n"
             "        select(vec4f(1), vec4f(0.5), front)); }\n");
    desc.shader = scene_shader(&s, text, SCENE_ROWS * 32, 0, NULL, 0);
    desc.color_count = 3;
    desc.no_depth = 1;
    desc.colors[1].format = W3D_GPU_RGBA32UI;
    desc.colors[2].format = W3D_GPU_RGBA8_SRGB;
    w3d_gpu_pipeline made = scene_make(&s, &desc);
    w3d_gpu_pass_desc begin;
    memset(&begin, 0, sizeof begin);
    begin.color_count = 3;
    begin.color[0].texture = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 1, 1, NULL);
    begin.color[1].texture = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA32UI, 4, 4, 1, 1, NULL);
    begin.color[2].texture = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA8_SRGB, 4, 4, 1, 1, NULL);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s.gpu, &begin);
    CHECK_MESSAGE(pass != NULL, "%s", w3d_gpu_message(s.gpu));
    scene_square(&s, pass, made, 0.25f, 1, 2, 3, 4);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    uint8_t bytes[64];
    uint32_t words[64];
    CHECK(scene_read(&s, begin.color[0].texture, 0, 0, bytes) == 64);
    CHECK(bytes[60] == 1 && bytes[61] == 2 && bytes[62] == 3 && bytes[63] == 4);
    CHECK(scene_read(&s, begin.color[1].texture, 0, 0, words) == 256);
    CHECK(words[12] == 7 && words[14] == 0xFFFFFFFFu && words[15] == 3);
    CHECK(scene_read(&s, begin.color[2].texture, 0, 0, bytes) == 64);
    CHECK(bytes[0] == 188 && bytes[3] == 128);
    CHECK_MESSAGE(!s.said[0], "%.400s", s.said);
    scene_close(&s);
}

/* Perspective: at the middle of a screen edge from w 1 to w 3 a varying is a quarter of the way. */
static void interpolates(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    static const char text[] =
        "struct V { @builtin(position) position: vec4f, @location(0) t: f32,\n"
        "    @location(1) @interpolate(flat) id: u32 }\n"
        "@vertex fn vs(@builtin(vertex_index) i: u32) -> V {\n"
        "    let right = f32(i & 1); let low = f32(i >> 1); let w = 1 + 2 * right;\n"
        "    return V(vec4f((2 * right - 1) * w, (1 - 2 * low) * w, 0, w), right, 40 + i); }\n"
        "@fragment fn fs(in: V) -> @location(0) vec4f {\n"
        "    return vec4f(in.t, f32(in.id), in.position.w, dpdx(in.position.x)); }\n";
    w3d_gpu_pipeline_desc desc;
    w3d_gpu_pass_desc begin;
    w3d_gpu_draw_desc draw;
    memset(&desc, 0, sizeof desc);
    memset(&begin, 0, sizeof begin);
    memset(&draw, 0, sizeof draw);
    desc.shader = scene_shader(&s, text, 0, 0, NULL, 0);
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.no_depth = 1;
    desc.colors[0].format = W3D_GPU_RGBA32F;
    draw.pipeline = scene_make(&s, &desc);
    draw.count = 4;
    begin.color[0].texture = scene_texture(&s, W3D_GPU_2D, W3D_GPU_RGBA32F, 4, 4, 1, 1, NULL);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s.gpu, &begin);
    CHECK(w3d_gpu_draw(pass, &draw) == W3D_OK && w3d_gpu_pass_end(pass) == W3D_OK);
    float out[16][4];
    CHECK(scene_read(&s, begin.color[0].texture, 0, 0, out) == 256);
    for (int i = 0; i < 16; i++) {
        double at = (i % 4 + 0.5) / 4, over_w = 1 - at + at / 3;
        CHECK_NEAR(out[i][0], at / 3 / over_w, 1e-6);
        CHECK_NEAR(out[i][2], over_w, 1e-6);
        CHECK(out[i][1] == 40 || out[i][1] == 41);
        CHECK(out[i][3] == 1);
    }
    CHECK(out[0][1] == 40 && out[15][1] == 41); /* the first vertex of each triangle */
    CHECK_MESSAGE(!s.said[0], "%.400s", s.said);
    scene_close(&s);
}

/* Objects by instance, constants changed within a pass, material uniforms at an offset. */
static void object_rows(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    static const char text[] =
        "struct F { scale: vec4f }\nstruct O { color: vec4f, place: vec4f }\n"
        "@group(0) @binding(0) var<uniform> frame: F;\n"
        "@group(0) @binding(1) var<storage, read> objects: array<O>;\n"
        "@group(1) @binding(0) var<uniform> material: vec4f;\n"
        "struct V { @builtin(position) position: vec4f, @location(0) color: vec4f }\n"
        "@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) k: u32) -> V {\n"
        "    let at = vec2f(f32(i & 1), f32(i >> 1)) * 0.5 + objects[k].place.xy;\n"
        "    return V(vec4f(at * 2 - 1, 0, 1), objects[k].color * frame.scale + material); }\n"
        "@fragment fn fs(in: V) -> @location(0) vec4f { return in.color; }\n";
    w3d_gpu_pipeline_desc desc;
    w3d_gpu_draw_desc draw;
    w3d_gpu_object first;
    ask a;
    memset(&a, 0, sizeof a);
    memset(&desc, 0, sizeof desc);
    memset(&draw, 0, sizeof draw);
    float material[8] = { 9, 9, 9, 9, 0, 0, 0.2f, 0 }, rows[4][8];
    ask_add(&a, W3D_GPU_BIND_UNIFORM, W3D_GPU_2D, 0);
    a.entries[0].buffer = scene_buffer(&s, material, sizeof material, W3D_GPU_USE_UNIFORM);
    a.entries[0].offset = 16;
    desc.shader = scene_shader(&s, text, 16, 32, a.bindings, a.count);
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    draw.pipeline = scene_make(&s, &desc);
    draw.group = ask_group(&s, &a, desc.shader);
    CHECK(w3d_gpu_objects_create(s.gpu, 4, &first) == W3D_OK);
    for (int i = 0; i < 4; i++) {
        float row[8] = { 0.2f * (float)(i + 1),  0, 0, 1, 0.5f * (float)(i & 1),
                         0.5f * (float)(i >> 1), 0, 0 };
        memcpy(rows[i], row, sizeof row);
    }
    CHECK(w3d_gpu_objects_set(s.gpu, first, 4, rows, 32) == W3D_OK);
    draw.object = first;
    draw.count = 4;
    draw.instances = 3;
    float one[4] = { 1, 1, 1, 1 }, half[4] = { 0.5f, 1, 1, 1 };
    w3d_gpu_pass *pass = scene_pass(&s, NULL);
    CHECK(w3d_gpu_constants(pass, one, 16) == W3D_OK);
    CHECK(w3d_gpu_draw(pass, &draw) == W3D_OK);
    CHECK(w3d_gpu_constants(pass, half, 16) == W3D_OK);
    draw.instances = 1;
    draw.object.id += 3; /* its slot is its row */
    CHECK(w3d_gpu_draw(pass, &draw) == W3D_OK);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    scene_shot(&s);
    CHECK(scene_is(&s, 0, 3, 51, 0, 51, 255) && scene_is(&s, 3, 2, 102, 0, 51, 255));
    CHECK(scene_is(&s, 1, 0, 153, 0, 51, 255) && scene_is(&s, 2, 1, 102, 0, 51, 255));
    CHECK_MESSAGE(!s.said[0], "%.400s", s.said);
    scene_close(&s);
}

/* ---- compute ---- */

static void computes(void)
{
    scene s;
    scene_open(&s, 4, 4, 1);
    static const char text[] =
        "@group(2) @binding(0) var<storage, read_write> out: array<u32>;\n"
        "@group(2) @binding(1) var<storage, read> in: array<u32>;\n"
        "@group(2) @binding(2) var<storage, read_write> sum: atomic<u32>;\n"
        "@compute @workgroup_size(8, 2) fn cs(@builtin(global_invocation_id) id: vec3u,\n"
        "    @builtin(num_workgroups) n: vec3u) {\n"
        "    let i = id.x + id.y * 8 * n.x; out[i] = in[i] * 3 + id.z; atomicAdd(&sum, in[i]); }\n";
    ask a;
    uint32_t in[64], zero[1] = { 0 }, out[64], counts[4] = { 77, 4, 1, 1 };
    memset(&a, 0, sizeof a);
    for (uint32_t i = 0; i < 64; i++) in[i] = i * i;
    for (uint32_t i = 0; i < 3; i++) {
        ask_add(&a, i == 1 ? W3D_GPU_BIND_STORAGE_READ : W3D_GPU_BIND_STORAGE_WRITE, W3D_GPU_2D, 0);
        a.bindings[i].group = 2;
        a.bindings[i].stages = 4;
    }
    uint32_t use = W3D_GPU_USE_STORAGE | W3D_GPU_USE_READ;
    a.entries[0].buffer = scene_buffer(&s, in, sizeof in, use);
    a.entries[1].buffer = scene_buffer(&s, in, sizeof in, use);
    a.entries[2].buffer = scene_buffer(&s, zero, sizeof zero, use);
    w3d_gpu_pipeline_desc desc;
    w3d_gpu_dispatch_desc dispatch;
    w3d_gpu_download download;
    size_t size;
    memset(&desc, 0, sizeof desc);
    memset(&dispatch, 0, sizeof dispatch);
    desc.compute = 1;
    desc.shader = scene_shader(&s, text, 0, 0, a.bindings, a.count);
    dispatch.pipeline = scene_make(&s, &desc);
    dispatch.group = ask_group(&s, &a, desc.shader);
    for (int round = 0; round < 2; round++) {
        if (round) {
            dispatch.indirect = scene_buffer(&s, counts, sizeof counts, W3D_GPU_USE_INDIRECT);
            dispatch.offset = 4;
        } else
            dispatch.x = 4;
        CHECK_MESSAGE(w3d_gpu_dispatch(s.gpu, &dispatch) == W3D_OK, "%s", w3d_gpu_message(s.gpu));
        CHECK(w3d_gpu_read_buffer(s.gpu, a.entries[0].buffer, 0, 256, &download) == W3D_OK);
        CHECK(w3d_gpu_submit(s.gpu) == W3D_OK);
        CHECK(w3d_gpu_download_take(s.gpu, download, out, sizeof out, &size) == W3D_OK);
        for (uint32_t i = 0; i < 64; i++) CHECK(out[i] == i * i * 3);
        CHECK(w3d_gpu_read_buffer(s.gpu, a.entries[2].buffer, 0, 4, &download) == W3D_OK);
        CHECK(w3d_gpu_submit(s.gpu) == W3D_OK);
        CHECK(w3d_gpu_download_take(s.gpu, download, out, sizeof out, &size) == W3D_OK);
        CHECK(out[0] == 85344u * (uint32_t)(round + 1)); /* the sum of squares below 64 */
    }
    CHECK_MESSAGE(!s.said[0], "%.400s", s.said);
    scene_close(&s);
}

void test_gpu_soft_shaders(void)
{
    RUN(wraps);
    RUN(levels);
    RUN(cubes_arrays_volumes);
    RUN(cube_faces);
    RUN(shadows);
    RUN(formats);
    RUN(discards_and_depth);
    RUN(targets);
    RUN(interpolates);
    RUN(object_rows);
    RUN(computes);
}
