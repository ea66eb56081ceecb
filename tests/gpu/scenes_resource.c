/* scenes_resource.c - scenes of buffers, textures, samplers, targets and what is read back. */
#include "scene.h"
#include "core/base.h"

enum { S = SCENE_SIDE };

static const float everywhere[4] = { 0, 0, 1, 1 }, left[4] = { 0, 0, 0.5f, 1 },
                   right[4] = { 0.5f, 0, 1, 1 };
static const w3d_gpu_group no_group = { 0 };
static const w3d_gpu_sampler no_sampler = { 0 };

static w3d_gpu_sampler nearest(scene *s, w3d_gpu_wrap wrap)
{
    w3d_gpu_sampler_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.magnify = desc.minify = desc.mip = W3D_GPU_NEAREST;
    desc.wrap_u = desc.wrap_v = desc.wrap_w = wrap;
    return scene_sampler(s, &desc);
}

/* A triangle over all of the target, by one pipeline and group. */
static void put_full(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline, w3d_gpu_group group)
{
    w3d_gpu_draw_desc draw;
    w3d_fill(&draw, 0, sizeof draw);
    draw.pipeline = pipeline;
    draw.group = group;
    draw.count = 3;
    scene_draw_of(s, pass, &draw);
}

static void draw_full(scene *s, w3d_gpu_texture target, w3d_gpu_pipeline pipeline,
                      w3d_gpu_group group)
{
    w3d_gpu_pass *pass = scene_pass(s, target, 0x102030FF);
    put_full(s, pass, pipeline, group);
    scene_end(s, pass);
    scene_read(s, target, S, S);
}

static void texture_and_group(scene *s, const char *wgsl, const w3d_gpu_texture_desc *desc,
                              w3d_gpu_wrap wrap)
{
    s->shader[0] = scene_shader(s, wgsl);
    s->pipeline[0] = scene_plain(s, s->shader[0]);
    s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
    if (desc) s->texture[0] = scene_texture(s, desc);
    s->sampler[0] = nearest(s, wrap);
    s->group[0] = scene_textured(s, s->shader[0], s->texture[0], s->sampler[0]);
}

#define BINDINGS(kind)                                                                             \
    "@group(1) @binding(0) var base: " kind ";\n@group(1) @binding(1) var base_sampler: "          \
    "sampler;\n"
#define SAMPLED(kind, call)                                                                        \
    BINDINGS(kind)                                                                                 \
    SCENE_FULL "@fragment fn fs(v: Varying) -> @location(0) vec4f { return " call "; }\n"

static void buffers(scene *s) /* a partial write, a copy, and what is read of both */
{
    static const uint32_t first[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, second[2] = { 50, 60 };
    if (s->stage == SCENE_MAKE) {
        s->buffer[0] = scene_buffer(s, W3D_GPU_USE_VERTEX | W3D_GPU_USE_READ, first, sizeof first);
        s->buffer[1] = scene_buffer(s, W3D_GPU_USE_VERTEX | W3D_GPU_USE_READ, NULL, 32);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_result result = w3d_gpu_buffer_write(s->gpu, s->buffer[0], 16, second, 8);
        if (!result) result = w3d_gpu_buffer_copy(s->gpu, s->buffer[1], 4, s->buffer[0], 8, 16);
        if (!result) result = w3d_gpu_buffer_write(s->gpu, s->buffer[0], 0, second + 1, 4);
        if (result) scene_fail(s, result, "buffers");
        scene_read_buffer(s, s->buffer[0], 0, 32);
        scene_read_buffer(s, s->buffer[1], 0, 32);
        scene_read_buffer(s, s->buffer[1], 12, 4);
    }
    if (s->stage == SCENE_CHECK) {
        static const uint32_t a[8] = { 60, 2, 3, 4, 50, 60, 7, 8 },
                              b[8] = { 0, 3, 4, 50, 60, 0, 0, 0 };
        for (uint32_t i = 0; i < 8; i++) {
            scene_expect_word(s, 0, i, a[i]);
            scene_expect_word(s, 1, i, b[i]);
        }
        scene_expect_word(s, 2, 0, 50);
    }
}

static void vertex_formats(
    scene *s) /* six formats of the same numbers, in one interleaved buffer updated in parts */
{
    static const char text[] =
        "struct V { @builtin(position) position: vec4f, @location(0) color: vec4f }\n"
        "@vertex fn vs(@location(0) p: vec4f, @location(1) a: vec4f, @location(2) b: vec2i,\n"
        "              @location(5) c: vec2u, @location(15) d: vec2f) -> V {\n"
        "    return V(vec4f(p.xy, 0.0, 1.0), vec4f(a.x, f32(b.y) / -100.0, f32(c.x) / 1000.0, "
        "d.y));\n}\n"
        "@fragment fn fs(v: V) -> @location(0) vec4f { return v.color; }\n";
    typedef struct vertex {
        int16_t position[4];
        uint16_t a[4];
        int32_t b[2];
        uint16_t c[2], d[2];
    } vertex;
    static const vertex vertices[3] = {
        { { -32767, 32767, 0, 0 }, { 65535, 0, 0, 0 }, { 0, -40 }, { 200, 0 }, { 0, 0x3C00 } },
        { { -32767, -32767, 0, 0 }, { 65535, 0, 0, 0 }, { 0, -40 }, { 200, 0 }, { 0, 0x3C00 } },
        { { 32767, 32767, 0, 0 }, { 65535, 0, 0, 0 }, { 0, -40 }, { 200, 0 }, { 0, 0x3C00 } }
    };
    if (s->stage == SCENE_MAKE) {
        static const w3d_gpu_vertex_format formats[5] = { W3D_GPU_SNORM16X4, W3D_GPU_UNORM16X4,
                                                          W3D_GPU_INT2, W3D_GPU_UINT16X2,
                                                          W3D_GPU_HALF2 };
        static const uint32_t places[5] = { 0, 8, 16, 24, 28 }, locations[5] = { 0, 1, 2, 5, 15 };
        w3d_gpu_mesh_desc mesh;
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, text));
        for (uint32_t i = 0; i < 5; i++) {
            desc.attributes[i].format = formats[i];
            desc.attributes[i].offset = places[i];
            desc.attributes[i].location = locations[i];
        }
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->buffer[0] = scene_buffer(s, 0, NULL, sizeof vertices + 32);
        w3d_fill(&mesh, 0, sizeof mesh);
        mesh.vertices[0] = s->buffer[0];
        mesh.offsets[0] = 32;
        mesh.count = 3;
        s->mesh[0] = scene_mesh(s, &mesh);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_draw_desc draw;
        w3d_gpu_buffer_write(s->gpu, s->buffer[0], 32, vertices, 32);
        w3d_gpu_buffer_write(s->gpu, s->buffer[0], 64, vertices + 1, 64);
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        w3d_fill(&draw, 0, sizeof draw);
        draw.pipeline = s->pipeline[0];
        draw.mesh = s->mesh[0];
        scene_draw_of(s, pass, &draw);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF6633FF, 0);
        scene_expect(s, 0, 60, 60, 0x000000FF, 0);
    }
}

static void texture_updates(scene *s) /* a part written over, another copied from elsewhere */
{
    static const char text[] =
        SAMPLED("texture_2d<f32>", "textureSample(base, base_sampler, v.uv)");
    if (s->stage == SCENE_MAKE) {
        uint32_t pixels[16];
        for (uint32_t i = 0; i < 16; i++) pixels[i] = 0xFF000000u | i * 16; /* red grows */
        s->texture[0] = scene_picture_of(s, 4, 4, pixels);
        for (uint32_t i = 0; i < 16; i++) pixels[i] = 0xFF000000u | i << 12; /* green grows */
        s->texture[1] = scene_picture_of(s, 4, 4, pixels);
        texture_and_group(s, text, NULL, W3D_GPU_CLAMP);
    }
    if (s->stage == SCENE_DRAW) {
        static const uint32_t blue[4] = { 0xFFFF0000u, 1, 0xFF800000u, 2 };
        w3d_gpu_texture_region dst, src;
        w3d_fill(&dst, 0, sizeof dst);
        dst.texture = s->texture[0];
        dst.x = dst.y = 1;
        dst.width = 1;
        dst.height = 2;
        w3d_result result = w3d_gpu_texture_write(s->gpu, &dst, blue, sizeof blue, 8);
        src = dst;
        src.texture = s->texture[1];
        src.x = 2;
        src.y = 0;
        src.width = 2;
        src.height = 2;
        dst.x = 2;
        dst.y = 2;
        if (!result) result = w3d_gpu_texture_copy(s->gpu, &dst, &src);
        if (result) scene_fail(s, result, "texture updates");
        draw_full(s, s->target, s->pipeline[0], s->group[0]);
        scene_read(s, s->texture[0], 4, 4);
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t i = 0; i < 16; i++) {
            uint32_t x = i & 3, y = i >> 2, rgba = (i * 16) << 24 | 255;
            if (x == 1 && y == 1) rgba = 0x0000FFFF;
            if (x == 1 && y == 2) rgba = 0x000080FF;
            if (x >= 2 && y >= 2) rgba = ((y - 2) * 4 + x) * 16 << 16 | 255;
            scene_expect(s, 0, 16 * x + 3, 16 * y + 12, rgba, 0);
            scene_expect(s, 1, x, y, rgba, 0);
        }
}

static void
mips_written(scene *s) /* levels of one colour each; which is seen, and by the sampler's limits */
{
    static const char text[] =
        SAMPLED("texture_2d<f32>",
                "textureSampleLevel(base, base_sampler, v.uv, floor(v.uv.x * 4.0))");
    static const uint32_t colors[3] = { 0xFF0000FF, 0xFF00FF00, 0xFFFF0000 };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        uint32_t pixels[16];
        w3d_fill(&desc, 0, sizeof desc);
        desc.width = desc.height = 4;
        desc.mips = W3D_GPU_ALL_MIPS;
        texture_and_group(s, text, &desc, W3D_GPU_CLAMP);
        for (uint32_t level = 0; level < 3; level++) {
            w3d_gpu_texture_region region;
            for (uint32_t i = 0; i < 16; i++) pixels[i] = colors[level];
            w3d_fill(&region, 0, sizeof region);
            region.texture = s->texture[0];
            region.mip = level;
            w3d_result result = w3d_gpu_texture_write(s->gpu, &region, pixels, sizeof pixels, 0);
            if (result) scene_fail(s, result, "w3d_gpu_texture_write");
        }
        w3d_gpu_sampler_desc limited;
        w3d_fill(&limited, 0, sizeof limited);
        limited.magnify = limited.minify = limited.mip = W3D_GPU_NEAREST;
        limited.min_lod = limited.max_lod = 1;
        s->sampler[1] = scene_sampler(s, &limited);
        s->group[1] = scene_textured(s, s->shader[0], s->texture[0], s->sampler[1]);
    }
    if (s->stage == SCENE_DRAW) {
        draw_full(s, s->target, s->pipeline[0], s->group[0]);
        draw_full(s, s->target, s->pipeline[0], s->group[1]);
    }
    if (s->stage == SCENE_CHECK) {
        static const uint32_t seen[4] = { 0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0x0000FFFF };
        for (uint32_t i = 0; i < 4; i++) {
            scene_expect(s, 0, 16 * i + 8, 20, seen[i], 0);
            scene_expect(s, 1, 16 * i + 8, 20, 0x00FF00FF, 0);
        }
    }
}

static void mips_made(scene *s) /* a chessboard becomes grey; on sRGB the grey of half the light */
{
    static const char text[] =
        SAMPLED("texture_2d<f32>", "textureSample(base, base_sampler, v.uv * 32.0)");
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        uint32_t pixels[16];
        for (uint32_t i = 0; i < 16; i++) pixels[i] = (i ^ i >> 2) & 1 ? 0xFFFFFFFFu : 0xFF000000u;
        w3d_fill(&desc, 0, sizeof desc);
        desc.width = desc.height = 4;
        desc.mips = W3D_GPU_ALL_MIPS;
        desc.data = pixels;
        desc.make_mips = 1;
        desc.use = W3D_GPU_USE_TEXTURE_READ;
        texture_and_group(s, text, &desc, W3D_GPU_REPEAT);
        desc.format = W3D_GPU_RGBA8_SRGB;
        s->texture[1] = scene_texture(s, &desc);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_texture_region region;
        w3d_fill(&region, 0, sizeof region);
        region.texture = s->texture[1];
        region.mip = 1;
        region.width = region.height = 2;
        draw_full(s, s->target, s->pipeline[0], s->group[0]);
        scene_read_region(s, &region);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 20, 20, 0x808080FF, 1);
        scene_expect(s, 1, 1, 1, 0xBCBCBCFF, 1); /* 188 */
    }
}

static void layers(scene *s) /* an array of three, its layer by the place, clamped to the last */
{
    static const char text[] =
        SAMPLED("texture_2d_array<f32>",
                "textureSample(base, base_sampler, v.uv, i32(v.uv.x * 4.0))");
    static const uint32_t pixels[3] = { 0xFF0000FF, 0xFF00FF00, 0xFFFF0000 };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.kind = W3D_GPU_2D_ARRAY;
        desc.width = desc.height = 1;
        desc.depth = 3;
        desc.data = pixels;
        texture_and_group(s, text, &desc, W3D_GPU_CLAMP);
    }
    if (s->stage == SCENE_DRAW) draw_full(s, s->target, s->pipeline[0], s->group[0]);
    if (s->stage == SCENE_CHECK) {
        static const uint32_t seen[4] = { 0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0x0000FFFF };
        for (uint32_t i = 0; i < 4; i++) scene_expect(s, 0, 16 * i + 8, 20, seen[i], 0);
    }
}

static void cube(scene *s) /* the six faces by direction, and where their corners lie */
{
    static const char text[] = BINDINGS("texture_cube<f32>") SCENE_FULL
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    let i = u32(v.uv.x * 8.0);\n"
        "    var d = vec3f(1.0, 0.5, 0.5);\n" /* +x: u from -z, v from -y: upper left is +y +z */
        "    if i == 1u { d = vec3f(-1.0, 0.5, -0.5); }\n"
        "    if i == 2u { d = vec3f(-0.5, 1.0, -0.5); }\n"
        "    if i == 3u { d = vec3f(-0.5, -1.0, 0.5); }\n"
        "    if i == 4u { d = vec3f(-0.5, 0.5, 1.0); }\n"
        "    if i == 5u { d = vec3f(0.5, 0.5, -1.0); }\n"
        "    if i == 6u { d = vec3f(1.0, -0.5, -0.5); }\n" /* the lower right of +x */
        "    return textureSample(base, base_sampler, d);\n}\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        uint32_t pixels[24];
        for (uint32_t i = 0; i < 24; i++) /* upper left tells the face, others less green */
            pixels[i] = 0xFF000000u | (40 * (i / 4)) | (200 - 50 * (i & 3)) << 8;
        w3d_fill(&desc, 0, sizeof desc);
        desc.kind = W3D_GPU_CUBE;
        desc.width = desc.height = 2;
        desc.data = pixels;
        texture_and_group(s, text, &desc, W3D_GPU_CLAMP);
    }
    if (s->stage == SCENE_DRAW) draw_full(s, s->target, s->pipeline[0], s->group[0]);
    if (s->stage == SCENE_CHECK) {
        for (uint32_t i = 0; i < 6; i++)
            scene_expect(s, 0, 8 * i + 4, 20, (40 * i) << 24 | 200 << 16 | 255, 0);
        scene_expect(s, 0, 8 * 6 + 4, 20, 0x003200FF, 0);
    }
}

static void volume(scene *s) /* a 3D texture, linear between its two slices */
{
    static const char text[] =
        SAMPLED("texture_3d<f32>", "textureSample(base, base_sampler, vec3f(v.uv.y, 0.5, v.uv.x))");
    static const uint32_t pixels[4] = { 0xFF000000, 0xFF0000FF, 0xFF00FF00, 0xFF00FFFF };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        w3d_gpu_sampler_desc linear;
        w3d_fill(&desc, 0, sizeof desc);
        desc.kind = W3D_GPU_3D;
        desc.width = 2;
        desc.height = 1;
        desc.depth = 2;
        desc.data = pixels;
        texture_and_group(s, text, &desc, W3D_GPU_CLAMP);
        w3d_fill(&linear, 0, sizeof linear);
        linear.wrap_u = linear.wrap_v = linear.wrap_w = W3D_GPU_CLAMP;
        s->sampler[1] = scene_sampler(s, &linear);
        s->group[1] = scene_textured(s, s->shader[0], s->texture[0], s->sampler[1]);
    }
    if (s->stage == SCENE_DRAW) {
        draw_full(s, s->target, s->pipeline[0], s->group[0]);
        draw_full(s, s->target, s->pipeline[0], s->group[1]);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0x000000FF, 0);
        scene_expect(s, 0, 8, 56, 0xFF0000FF, 0);
        scene_expect(s, 0, 56, 8, 0x00FF00FF, 0);
        scene_expect(s, 1, 2, 60, 0xFF0000FF, 0);
        scene_expect(s, 1, 32, 4, 0x008200FF, 3); /* (32.5 / 64 - 1/4) * 2 = 0.516 */
    }
}

static void wraps(scene *s) /* repeat, clamp, mirror: four texels over three widths */
{
    static const char text[] =
        SAMPLED("texture_2d<f32>", "textureSample(base, base_sampler, v.uv * 4.0 - 1.0)");
    static const uint32_t pixels[4] = { 0xFF000000, 0xFF000055, 0xFF0000AA, 0xFF0000FF };
    if (s->stage == SCENE_MAKE) {
        texture_and_group(s, text, NULL, W3D_GPU_REPEAT);
        s->result = W3D_OK; /* a group without a texture was refused: as it should be */
        s->message[0] = 0;
        s->texture[0] = scene_picture_of(s, 4, 1, pixels);
        for (uint32_t i = 0; i < 3; i++) {
            s->sampler[i] = nearest(s, (w3d_gpu_wrap)i);
            s->group[i] = scene_textured(s, s->shader[0], s->texture[0], s->sampler[i]);
        }
    }
    if (s->stage == SCENE_DRAW)
        for (uint32_t i = 0; i < 3; i++) draw_full(s, s->target, s->pipeline[0], s->group[i]);
    if (s->stage == SCENE_CHECK)
        for (uint32_t i = 0; i < 3; i++)
            for (uint32_t k = 0; k < 16; k++) { /* texel k - 4 of the endless row */
                uint32_t texel = k & 3;
                if (i == 1) texel = k < 4 ? 0 : k < 8 ? k - 4 : 3;
                if (i == 2 && !(k >> 2 & 1)) texel = 3 - texel;
                scene_expect(s, i, 4 * k + 2, 9, texel * 0x55000000u | 255, 0);
            }
}

static void
integers(scene *s) /* a target of whole numbers, read back and loaded by another shader */
{
    static const char write[] =
        SCENE_FULL "@fragment fn fs(v: Varying) -> @location(0) u32 {\n"
                   "    return u32(v.position.x) + u32(v.position.y) * 1000u + 0x80000000u;\n}\n";
    static const char load[] =
        "@group(1) @binding(0) var numbers: texture_2d<u32>;\n" SCENE_FULL
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    let n = textureLoad(numbers, vec2i(v.position.xy), 0).x & 0x7FFFFFFFu;\n"
        "    return vec4f(f32(n % 1000u) / 255.0, f32(n / 1000u) / 255.0, 0.0, 1.0);\n}\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, write));
        desc.colors[0].format = W3D_GPU_R32UI;
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->texture[0] = scene_target(s, W3D_GPU_R32UI, S, S);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->shader[1] = scene_shader(s, load);
        s->pipeline[1] = scene_plain(s, s->shader[1]);
        s->group[0] = scene_textured(s, s->shader[1], s->texture[0], no_sampler);
    }
    if (s->stage == SCENE_DRAW) {
        static const uint32_t box[4] = { 0, 0, S, S / 2 };
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->texture[0];
        desc.color[0].clear_bits[0] = 77007;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        w3d_gpu_scissor(pass, box);
        put_full(s, pass, s->pipeline[0], no_group);
        scene_end(s, pass);
        draw_full(s, s->target, s->pipeline[1], s->group[0]);
        scene_read(s, s->texture[0], S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 5, 9, 0x050900FF, 0);
        scene_expect(s, 0, 5, 40, 0x074D00FF, 0);
        scene_expect_word(s, 1, 9 * S + 5, 0x80000000u + 9005);
        scene_expect_word(s, 1, 40 * S + 5, 77007);
    }
}

static void colors(scene *s) /* three targets, each with its own blending and mask */
{
    static const char text[] = SCENE_FULL
        "struct Out { @location(0) a: vec4f, @location(1) b: vec4f, @location(2) c: vec4f }\n"
        "@fragment fn fs(v: Varying) -> Out {\n"
        "    return Out(vec4f(1.0, 0.0, 0.0, 1.0), vec4f(0.0, 1.0, 0.0, 0.5), vec4f(1.0, 1.0, 1.0, "
        "1.0));\n}\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, text));
        desc.color_count = 3;
        s->pipeline[0] = scene_pipeline(s, &desc);
        desc.colors[1].blend.enable = 1;
        desc.colors[1].blend.src = W3D_GPU_SRC_ALPHA;
        desc.colors[1].blend.dst = W3D_GPU_ONE_MINUS_SRC_ALPHA;
        desc.colors[2].mask_off = 5; /* no red, no blue */
        s->number = 0;
        s->pipeline[1] = scene_pipeline(s, &desc);
        for (uint32_t i = 0; i < 3; i++) s->texture[i] = scene_target(s, W3D_GPU_RGBA8, S, S);
    }
    if (s->stage == SCENE_DRAW) {
        static const uint32_t box[4] = { 0, 0, S / 2, S };
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color_count = 3;
        for (uint32_t i = 0; i < 3; i++) {
            desc.color[i].texture = s->texture[i];
            scene_clear(desc.color[i].clear, 0x0000FFFF);
        }
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        put_full(s, pass, s->pipeline[1], no_group);
        w3d_gpu_scissor(pass, box);
        put_full(s, pass, s->pipeline[0], no_group);
        scene_end(s, pass);
        for (uint32_t i = 0; i < 3; i++) scene_read(s, s->texture[i], S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 50, 20, 0xFF0000FF, 0);
        scene_expect(s, 1, 50, 20, 0x008080BF, 1);
        scene_expect(s, 2, 50, 20, 0x00FFFFFF, 0);
        scene_expect(s, 0, 9, 20, 0xFF0000FF, 0);
        scene_expect(s, 1, 9, 20, 0x00FF0080, 1);
        scene_expect(s, 2, 9, 20, 0xFFFFFFFF, 0);
    }
}

static void
srgb(scene *s) /* light becomes codes when it is written, and light again when it is sampled */
{
    static const char text[] =
        SAMPLED("texture_2d<f32>", "textureSample(base, base_sampler, v.uv)");
    static const uint32_t pixels[2] = { 0x80808080u, 0xFFFFFFFFu };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.format = W3D_GPU_RGBA8_SRGB;
        desc.width = 2;
        desc.height = 1;
        desc.data = pixels;
        texture_and_group(s, text, &desc, W3D_GPU_CLAMP);
        s->texture[1] = scene_target(s, W3D_GPU_RGBA8_SRGB, S, S);
        w3d_gpu_pipeline_desc pipeline = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        pipeline.colors[0].format = W3D_GPU_RGBA8_SRGB;
        pipeline.colors[0].blend.enable = 1;
        pipeline.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
        s->pipeline[1] = scene_pipeline(s, &pipeline);
        s->object[0] = scene_rect(s, left, 0, 0x404040FF);
    }
    if (s->stage == SCENE_DRAW) {
        draw_full(s, s->target, s->pipeline[0], s->group[0]);
        w3d_gpu_pass *pass = scene_pass(s, s->texture[1], 0x404040FF);
        scene_put(s, pass, s->pipeline[1], no_group, s->object[0]);
        scene_end(s, pass);
        scene_read(s, s->texture[1], S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0x37373780, 1);  /* 0.2158 of light */
        scene_expect(s, 1, 50, 8, 0x898989FF, 1); /* 0.251 of light is the code 137 */
        scene_expect(s, 1, 8, 8, 0xBCBCBCFF, 1);  /* sums are of light: 0.502 is 188 */
    }
}

static void
shadows(scene *s) /* a depth texture that was drawn, compared with a reference, and loaded */
{
    static const char text[] =
        "@group(1) @binding(0) var depth: texture_depth_2d;\n"
        "@group(1) @binding(1) var compare: sampler_comparison;\n" SCENE_FULL
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    let lit = textureSampleCompareLevel(depth, compare, v.uv, 0.5);\n"
        "    let d = textureLoad(depth, vec2i(v.position.xy), 0);\n"
        "    return vec4f(lit, d, 0.0, 1.0);\n}\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc texture;
        w3d_gpu_sampler_desc sampler;
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.depth_only = 1;
        desc.no_depth = 0;
        desc.depth_format = W3D_GPU_DEPTH32F;
        s->pipeline[0] = scene_pipeline(s, &desc);
        w3d_fill(&texture, 0, sizeof texture);
        texture.format = W3D_GPU_DEPTH32F;
        texture.width = texture.height = S;
        texture.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &texture);
        s->object[0] = scene_rect(s, left, 0.25f, 0);
        w3d_fill(&sampler, 0, sizeof sampler);
        sampler.compare = W3D_GPU_LESS;
        sampler.wrap_u = sampler.wrap_v = W3D_GPU_CLAMP;
        s->sampler[0] = scene_sampler(s, &sampler);
        s->shader[1] = scene_shader(s, text);
        s->pipeline[1] = scene_plain(s, s->shader[1]);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->group[0] = scene_textured(s, s->shader[1], s->texture[0], s->sampler[0]);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.depth_only = 1;
        desc.depth.texture = s->texture[0];
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        draw_full(s, s->target, s->pipeline[1], s->group[0]);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0x004000FF, 1);  /* 0.5 is not less than 0.25 */
        scene_expect(s, 0, 50, 8, 0xFFFF00FF, 0); /* but less than 1 */
    }
}

static void
target_parts(scene *s) /* drawn to: a level of an array's layer, a face of a cube; then sampled */
{
    static const char text[] =
        "@group(1) @binding(0) var pages: texture_2d_array<f32>;\n"
        "@group(1) @binding(1) var m: sampler;\n"
        "@group(1) @binding(2) var sky: texture_cube<f32>;\n" SCENE_FULL
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    let page = textureSampleLevel(pages, m, v.uv * vec2f(2.0, 1.0), 1, 1.0);\n"
        "    let face = textureSampleLevel(sky, m, vec3f(0.5 - v.uv.y, -1.0, 0.5), 0.0);\n"
        "    if v.uv.x < 0.5 { return page; }\n"
        "    return face;\n}\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc desc;
        w3d_gpu_group_desc group;
        s->pipeline[0] = scene_plain(s, scene_shader(s, SCENE_RECTS));
        s->shader[1] = scene_shader(s, text);
        s->pipeline[1] = scene_plain(s, s->shader[1]);
        w3d_fill(&desc, 0, sizeof desc);
        desc.kind = W3D_GPU_2D_ARRAY;
        desc.width = desc.height = 2 * S;
        desc.depth = 2;
        desc.mips = 2;
        desc.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &desc);
        desc.kind = W3D_GPU_CUBE;
        desc.width = desc.height = S;
        desc.mips = 1;
        s->texture[1] = scene_texture(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->sampler[0] = nearest(s, W3D_GPU_CLAMP);
        w3d_fill(&group, 0, sizeof group);
        group.shader = s->shader[1];
        group.entry_count = 3;
        group.entries[0].texture = s->texture[0];
        group.entries[1].binding = 1;
        group.entries[1].sampler = s->sampler[0];
        group.entries[2].binding = 2;
        group.entries[2].texture = s->texture[1];
        s->group[0] = scene_group(s, &group);
        const float corner[4] = { 0, 0, 0.5f, 0.25f };
        s->object[0] = scene_rect(s, corner, 0, 0xFF0000FF);
        s->object[1] = scene_rect(s, left, 0, 0x00FF00FF);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->texture[0];
        desc.color[0].mip = desc.color[0].layer = 1;
        scene_clear(desc.color[0].clear, 0x0000FFFF);
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        desc.color[0].texture = s->texture[1];
        desc.color[0].mip = 0;
        desc.color[0].layer = 3; /* -y: u from x, v from -z */
        pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[1]);
        scene_end(s, pass);
        draw_full(s, s->target, s->pipeline[1], s->group[0]);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 4, 4, 0xFF0000FF, 0); /* the upper left corner of the page */
        scene_expect(s, 0, 24, 4, 0x0000FFFF, 0);
        scene_expect(s, 0, 4, 24, 0x0000FFFF, 0);
        scene_expect(s, 0, 40, 8, 0x0000FFFF, 0);  /* x = 0.37 is right of the middle */
        scene_expect(s, 0, 40, 56, 0x00FF00FF, 0); /* x = -0.37 */
    }
}

static void
materials(scene *s) /* uniform blocks: two parts of one buffer, and one that is changed */
{
    static const char text[] =
        "struct Material { color: vec4f, more: array<vec4f, 2>, k: u32 }\n"
        "@group(1) @binding(3) var<uniform> material: Material;\n" SCENE_OBJECTS SCENE_RECT_VERTEX
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    return material.color * material.more[material.k].x;\n}\n";
    float words[2][64];
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_group_desc group;
        const uint32_t one = 1;
        w3d_fill(words, 0, sizeof words);
        words[0][0] = words[1][1] = 1;
        words[0][3] = words[1][3] = 1;
        words[0][4] = 1;
        words[1][8] = 1;
        w3d_copy(&words[1][12], &one, 4);
        s->shader[0] = scene_shader(s, text);
        s->pipeline[0] = scene_plain(s, s->shader[0]);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->buffer[0] = scene_buffer(s, W3D_GPU_USE_UNIFORM, words, sizeof words);
        w3d_fill(&group, 0, sizeof group);
        group.shader = s->shader[0];
        group.entry_count = 1;
        group.entries[0].binding = 3;
        group.entries[0].buffer = s->buffer[0];
        group.entries[0].size = 64;
        s->group[0] = scene_group(s, &group);
        group.entries[0].offset = 256;
        s->group[1] = scene_group(s, &group);
        s->object[0] = scene_rect(s, left, 0, 0);
        s->object[1] = scene_rect(s, right, 0, 0);
    }
    if (s->stage == SCENE_DRAW) {
        for (uint32_t k = 0; k < 2; k++) {
            static const float blue[4] = { 0, 0, 1, 1 };
            if (k) w3d_gpu_buffer_write(s->gpu, s->buffer[0], 0, blue, 16);
            w3d_gpu_pass *pass = scene_pass(s, s->target, 0xFFFFFFFF);
            scene_put(s, pass, s->pipeline[0], s->group[0], s->object[0]);
            scene_put(s, pass, s->pipeline[0], s->group[1], s->object[1]);
            scene_end(s, pass);
            scene_read(s, s->target, S, S);
        }
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF0000FF, 0);
        scene_expect(s, 0, 56, 8, 0x00FF00FF, 0);
        scene_expect(s, 1, 8, 8, 0x0000FFFF, 0);
        scene_expect(s, 1, 56, 8, 0x00FF00FF, 0);
    }
}

static void halves(scene *s) /* a target of half floats keeps what is above one, and adds up */
{
    if (s->stage == SCENE_MAKE) {
        if (!w3d_gpu_get_caps(s->gpu)->half_targets) {
            scene_unsupported(s);
            return;
        }
        static const float bright[4] = { 1.5f, -2, 0.25f, 1 };
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.colors[0].format = W3D_GPU_RGBA16F;
        desc.colors[0].blend.enable = 1;
        desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA16F, S, S);
        s->object[0] = scene_rect(s, everywhere, 0, 0);
        float row[8];
        w3d_copy(row, everywhere, 16);
        w3d_copy(row + 4, bright, 16);
        w3d_gpu_object_set(s->gpu, s->object[0], row, sizeof row);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0);
        for (uint32_t i = 0; i < 2; i++) scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) { /* 3, -4, 0.5, 2 */
        scene_expect_word(s, 0, 2 * (9 * S + 5), 0xC4004200u);
        scene_expect_word(s, 0, 2 * (9 * S + 5) + 1, 0x40003800u);
    }
}

const scene_entry scene_resource_list[] = { { "buffers", buffers },
                                            { "vertex formats", vertex_formats },
                                            { "texture updates", texture_updates },
                                            { "mips written", mips_written },
                                            { "mips made", mips_made },
                                            { "layers", layers },
                                            { "cube", cube },
                                            { "volume", volume },
                                            { "wraps", wraps },
                                            { "integers", integers },
                                            { "colors", colors },
                                            { "srgb", srgb },
                                            { "shadows", shadows },
                                            { "target parts", target_parts },
                                            { "materials", materials },
                                            { "halves", halves },
                                            { NULL, NULL } };
