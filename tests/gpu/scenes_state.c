/* scenes_state.c - scenes of geometry, of states of pipelines and of passes. */
#include "scene.h"
#include "core/base.h"

enum { S = SCENE_SIDE };

static const float everywhere[4] = { 0, 0, 1, 1 }, left[4] = { 0, 0, 0.5f, 1 },
                   middle[4] = { 0.25f, 0.25f, 0.75f, 0.75f }, top[4] = { 0, 0, 1, 0.5f };
static const w3d_gpu_group no_group = { 0 };
static const w3d_gpu_texture no_texture = { 0 };

/* Position as it is, and a colour. */
static const char colored[] =
    "struct V { @builtin(position) position: vec4f, @location(0) color: vec4f }\n"
    "@vertex fn vs(@location(0) position: vec2f, @location(1) color: vec4f) -> V {\n"
    "    return V(vec4f(position, 0.0, 1.0), color);\n}\n"
    "@fragment fn fs(v: V) -> @location(0) vec4f { return v.color; }\n";

typedef struct vertex {
    float x, y;
    uint8_t color[4];
} vertex;

static w3d_gpu_pipeline_desc colored_desc(scene *s)
{
    w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, colored));
    desc.attributes[0].format = W3D_GPU_FLOAT2;
    desc.attributes[1].format = W3D_GPU_UNORM8X4;
    desc.attributes[1].location = 1;
    desc.attributes[1].offset = 8;
    return desc;
}

static void mesh_of(scene *s, const vertex *vertices, uint32_t count, const uint16_t *indices,
                    uint32_t index_count)
{
    w3d_gpu_mesh_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    s->buffer[0] =
        scene_buffer(s, W3D_GPU_USE_VERTEX, vertices, count * (uint32_t)sizeof *vertices);
    desc.vertices[0] = s->buffer[0];
    desc.count = count;
    if (indices) {
        s->buffer[1] = scene_buffer(s, W3D_GPU_USE_INDEX, indices, index_count * 2);
        desc.indices = s->buffer[1];
        desc.index_format = W3D_GPU_INDEX_U16;
        desc.count = index_count;
    }
    s->mesh[0] = scene_mesh(s, &desc);
}

static void put_mesh(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline, w3d_gpu_mesh mesh)
{
    w3d_gpu_draw_desc draw;
    w3d_fill(&draw, 0, sizeof draw);
    draw.pipeline = pipeline;
    draw.mesh = mesh;
    scene_draw_of(s, pass, &draw);
}

static void clear(scene *s)
{
    if (s->stage == SCENE_MAKE) s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
    if (s->stage == SCENE_DRAW) {
        scene_end(s, scene_pass(s, s->target, 0x336699FF));
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        const uint32_t box[4] = { 0, 0, S, S };
        scene_expect_box(s, 0, box, 0x336699FF, 0);
    }
}

static void triangle(scene *s) /* the half above the falling diagonal, on the surface */
{
    static const vertex vertices[3] = { { -1, 1, { 255, 0, 0, 255 } },
                                        { 1, -1, { 255, 0, 0, 255 } },
                                        { 1, 1, { 255, 0, 0, 255 } } };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = colored_desc(s);
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[0] = scene_pipeline(s, &desc);
        mesh_of(s, vertices, 3, NULL, 0);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, no_texture, 0x0000FFFF);
        put_mesh(s, pass, s->pipeline[0], s->mesh[0]);
        scene_end(s, pass);
        scene_read(s, no_texture, 256, 256);
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t y = 0; y < 256; y++)
            for (uint32_t x = 0; x < 256; x++)
                if (x != y) scene_expect(s, 0, x, y, x > y ? 0xFF0000FF : 0x0000FFFF, 0);
}

static void indexed(scene *s) /* a quad of four vertices, colour growing from left to right */
{
    static const vertex vertices[4] = { { -1, 1, { 0, 0, 0, 255 } },
                                        { 1, 1, { 255, 0, 0, 255 } },
                                        { -1, -1, { 0, 0, 0, 255 } },
                                        { 1, -1, { 255, 0, 0, 255 } } };
    static const uint16_t indices[6] = { 0, 2, 1, 1, 2, 3 };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = colored_desc(s);
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        mesh_of(s, vertices, 4, indices, 6);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x00FF00FF);
        put_mesh(s, pass, s->pipeline[0], s->mesh[0]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t y = 0; y < S; y++)
            for (uint32_t x = 0; x < S; x++)
                scene_expect(s, 0, x, y, ((2 * x + 1) * 255 / (2 * S)) << 24 | 255, 2);
}

static void topologies(scene *s) /* a strip with a restart, a line, a line strip, a point */
{
    /* clang-format off */
    static const vertex vertices[] = {
        { -1, 1, { 255, 0, 0, 255 } }, { -1, 0.5f, { 255, 0, 0, 255 } },
        { -0.5f, 1, { 255, 0, 0, 255 } },
        { -0.5f, 0.5f, { 255, 0, 0, 255 } }, /* strip: the corner, 16x16 */
        { 0.5f, 1, { 255, 0, 0, 255 } }, { 0.5f, 0.5f, { 255, 0, 0, 255 } },
        { 1, 1, { 255, 0, 0, 255 } },
        { 1, 0.5f, { 255, 0, 0, 255 } }, /* the other corner */
        { -1, -0.015625f, { 0, 255, 0, 255 } }, { 1, -0.015625f, { 0, 255, 0, 255 } }, /* row 32 */
        { -0.984375f, -0.5f, { 0, 0, 255, 255 } },
        { -0.984375f, -1, { 0, 0, 255, 255 } }, /* column 0 */
        { 0.015625f, -0.515625f, { 255, 255, 0, 255 } } }; /* pixel 32, 48 */
    /* clang-format on */
    static const uint16_t strip[] = { 0, 1, 2, 3, 0xFFFF, 4, 5, 6, 7, 0xFFFF };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = colored_desc(s);
        desc.topology = W3D_GPU_TRIANGLE_STRIP;
        desc.strip_index = W3D_GPU_INDEX_U16;
        s->pipeline[0] = scene_pipeline(s, &desc);
        desc.topology = W3D_GPU_LINES;
        s->pipeline[1] = scene_pipeline(s, &desc);
        desc.topology = W3D_GPU_LINE_STRIP;
        s->pipeline[2] = scene_pipeline(s, &desc);
        desc.topology = W3D_GPU_POINTS;
        s->pipeline[3] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        mesh_of(s, vertices, 13, strip, 10);
        w3d_gpu_mesh_desc mesh;
        w3d_fill(&mesh, 0, sizeof mesh);
        mesh.vertices[0] = s->buffer[0];
        mesh.count = 13;
        s->mesh[1] = scene_mesh(s, &mesh);
    }
    if (s->stage == SCENE_DRAW) {
        static const uint32_t firsts[4] = { 0, 8, 10, 12 }, counts[4] = { 0, 2, 2, 1 };
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        for (uint32_t i = 0; i < 4; i++) {
            w3d_gpu_draw_desc draw;
            w3d_fill(&draw, 0, sizeof draw);
            draw.pipeline = s->pipeline[i];
            draw.mesh = s->mesh[i > 0];
            draw.first = firsts[i];
            draw.count = counts[i];
            scene_draw_of(s, pass, &draw);
        }
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        const uint32_t a[4] = { 0, 0, 16, 16 }, b[4] = { 48, 0, 64, 16 },
                       gap[4] = { 16, 0, 48, 16 }, line[4] = { 1, 32, 63, 33 },
                       above[4] = { 0, 17, 64, 32 }, column[4] = { 0, 49, 1, 63 };
        scene_expect_box(s, 0, a, 0xFF0000FF, 0);
        scene_expect_box(s, 0, b, 0xFF0000FF, 0);
        scene_expect_box(s, 0, gap, 0x000000FF, 0);
        scene_expect_box(s, 0, line, 0x00FF00FF, 0);
        scene_expect_box(s, 0, above, 0x000000FF, 0);
        scene_expect_box(s, 0, column, 0x0000FFFF, 0);
        scene_expect(s, 0, 32, 48, 0xFFFF00FF, 0);
        scene_expect(s, 0, 33, 48, 0x000000FF, 0);
        scene_expect(s, 0, 32, 47, 0x000000FF, 0);
    }
}

static void blending(scene *s) /* over, add, reverse subtract, max, by constant, saturated mask */
{
    static const w3d_gpu_blend blends[6] = {
        { 1, W3D_GPU_SRC_ALPHA, W3D_GPU_ONE_MINUS_SRC_ALPHA, W3D_GPU_ADD, W3D_GPU_FACTOR_ONE,
          W3D_GPU_FACTOR_ZERO, W3D_GPU_ADD },
        { 1, W3D_GPU_FACTOR_ONE, W3D_GPU_FACTOR_ONE, W3D_GPU_ADD, W3D_GPU_FACTOR_DEFAULT,
          W3D_GPU_FACTOR_DEFAULT, W3D_GPU_ADD },
        { 1, W3D_GPU_FACTOR_ONE, W3D_GPU_FACTOR_ONE, W3D_GPU_REVERSE_SUBTRACT, W3D_GPU_FACTOR_ONE,
          W3D_GPU_FACTOR_ONE, W3D_GPU_ADD },
        { 1, W3D_GPU_FACTOR_ONE, W3D_GPU_FACTOR_ONE, W3D_GPU_MAX, W3D_GPU_FACTOR_ONE,
          W3D_GPU_FACTOR_ONE, W3D_GPU_MIN },
        { 1, W3D_GPU_CONSTANT, W3D_GPU_ONE_MINUS_CONSTANT, W3D_GPU_ADD, W3D_GPU_FACTOR_DEFAULT,
          W3D_GPU_FACTOR_DEFAULT, W3D_GPU_ADD },
        { 1, W3D_GPU_DST, W3D_GPU_FACTOR_ZERO, W3D_GPU_ADD, W3D_GPU_FACTOR_ZERO, W3D_GPU_FACTOR_ONE,
          W3D_GPU_ADD }
    };
    if (s->stage == SCENE_MAKE) {
        s->shader[0] = scene_shader(s, SCENE_RECTS);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        for (uint32_t i = 0; i < 6; i++) {
            const float rect[4] = { (float)i / 8, 0, (float)(i + 1) / 8, 1 };
            w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
            desc.colors[0].blend = blends[i];
            s->pipeline[i] = scene_pipeline(s, &desc);
            s->object[i] = scene_rect(s, rect, 0, 0xFF663380); /* 255 102 51, alpha 128 */
        }
    }
    if (s->stage == SCENE_DRAW) {
        static const float constant[4] = { 0.2f, 0.4f, 0.6f, 0.8f };
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x3366CC99); /* 51 102 204, alpha 153 */
        w3d_gpu_blend_constant(pass, constant);
        for (uint32_t i = 0; i < 6; i++) scene_put(s, pass, s->pipeline[i], no_group, s->object[i]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 4, 9, 0x99667F80, 1);  /* 255*.502+51*.498, 102, 51*.502+204*.498 */
        scene_expect(s, 0, 12, 9, 0xFFCCFFFF, 0); /* sums, clamped */
        scene_expect(s, 0, 20, 9, 0x000099FF, 0); /* 204 - 51 = 153; alphas added */
        scene_expect(s, 0, 28, 9, 0xFF66CC80, 0);
        scene_expect(s, 0, 36, 9, 0x5C667085,
                     1); /* 255*.2+51*.8, 102, 51*.6+204*.4, 128*.8+153*.2 */
        scene_expect(s, 0, 44, 9, 0x33292999, 1); /* products: 51, 40.8, 40.8; alpha kept */
        scene_expect(s, 0, 52, 9, 0x3366CC99, 0);
    }
}

static void
depth(scene *s) /* near after far, far after near, and equal depths; then without writing */
{
    static const float rects[4][4] = {
        { 0, 0, 0.75f, 1 }, { 0, 0.25f, 1, 0.75f }, { 0.5f, 0, 1, 1 }, { 0, 0.875f, 1, 1 }
    };
    static const uint32_t colors[4] = { 0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFFFFFF };
    static const float depths[4] = { 0.5f, 0.25f, 0.75f, 0.1f };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc texture;
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.no_depth = 0;
        desc.depth_format = W3D_GPU_DEPTH32F;
        s->pipeline[0] = scene_pipeline(s, &desc);
        desc.depth_compare = W3D_GPU_GREATER; /* 0.1 is greater than nothing here */
        desc.depth_keep = 1;
        s->pipeline[1] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        w3d_fill(&texture, 0, sizeof texture);
        texture.format = W3D_GPU_DEPTH32F;
        texture.width = texture.height = S;
        texture.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &texture);
        for (uint32_t i = 0; i < 4; i++)
            s->object[i] = scene_rect(s, rects[i], depths[i], colors[i]);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->target;
        desc.depth.texture = s->texture[0];
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        for (uint32_t i = 0; i < 4; i++)
            scene_put(s, pass, s->pipeline[i == 3], no_group, s->object[i]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF0000FF, 0);
        scene_expect(s, 0, 8, 32, 0x00FF00FF, 0);
        scene_expect(s, 0, 40, 8, 0xFF0000FF, 0); /* the later one lies behind */
        scene_expect(s, 0, 40, 32, 0x00FF00FF, 0);
        scene_expect(s, 0, 60, 32, 0x00FF00FF, 0);
        scene_expect(s, 0, 60, 8, 0x0000FFFF, 0);
        scene_expect(s, 0, 8, 62, 0xFF0000FF, 0);
    }
}

static void stencil(scene *s) /* where 5 was written, minus a hole, the test lets through */
{
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc texture;
        s->shader[0] = scene_shader(s, SCENE_RECTS);
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
        desc.no_depth = 0;
        desc.depth_format = W3D_GPU_DEPTH24_STENCIL8;
        desc.depth_compare = W3D_GPU_ALWAYS;
        desc.depth_keep = 1;
        desc.colors[0].mask_off = 15;
        desc.stencil_front.pass = desc.stencil_back.pass = W3D_GPU_REPLACE;
        s->pipeline[0] = scene_pipeline(s, &desc);
        desc.colors[0].mask_off = 0;
        desc.stencil_front.pass = desc.stencil_back.pass = W3D_GPU_INCREMENT_WRAP;
        desc.stencil_front.compare = desc.stencil_back.compare = W3D_GPU_EQUAL;
        s->pipeline[1] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        w3d_fill(&texture, 0, sizeof texture);
        texture.format = W3D_GPU_DEPTH24_STENCIL8;
        texture.width = texture.height = S;
        texture.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &texture);
        s->object[0] = scene_rect(s, left, 0, 0xFF0000FF);
        s->object[1] = scene_rect(s, middle, 0, 0xFF0000FF);
        s->object[2] = scene_rect(s, everywhere, 0, 0x00FF00FF);
        s->object[3] = scene_rect(s, top, 0, 0x0000FFFF);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->target;
        desc.depth.texture = s->texture[0];
        desc.depth.clear_stencil = 7;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        w3d_gpu_stencil_reference(pass, 5);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        w3d_gpu_stencil_reference(pass, 0x100 + 9); /* eight bits of it */
        scene_put(s, pass, s->pipeline[0], no_group, s->object[1]);
        w3d_gpu_stencil_reference(pass, 5);
        scene_put(s, pass, s->pipeline[1], no_group, s->object[2]); /* 5 becomes 6 */
        w3d_gpu_stencil_reference(pass, 6);
        scene_put(s, pass, s->pipeline[1], no_group, s->object[3]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 4, 4, 0x0000FFFF, 0);
        scene_expect(s, 0, 4, 60, 0x00FF00FF, 0);
        scene_expect(s, 0, 20, 40, 0, 0);
        scene_expect(s, 0, 60, 60, 0, 0);
    }
}

static void
cull_and_facing(scene *s) /* fronts only, backs only, either: what is seen says which it is */
{
    static const char text[] = SCENE_OBJECTS
        "@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32)\n"
        "    -> @builtin(position) vec4f {\n"
        "    return vec4f(corner(i, objects[n].rect), 0.0, 1.0);\n}\n"
        "@fragment fn fs(@builtin(front_facing) front: bool) -> @location(0) vec4f {\n"
        "    return select(vec4f(0.0, 1.0, 0.0, 1.0), vec4f(1.0, 0.0, 0.0, 1.0), front);\n"
        "}\n";
    if (s->stage == SCENE_MAKE) {
        s->shader[0] = scene_shader(s, text);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        for (uint32_t i = 0; i < 6; i++) {
            w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
            const float x = (float)(i % 3) / 4, rect[4] = { x, 0, x + 0.25f, 0.5f };
            const float turned[4] = { x + 0.25f, 0.5f, x, 1 }; /* the other way round */
            desc.cull = (w3d_gpu_cull)(i % 3);
            if (i < 3) s->pipeline[i] = scene_pipeline(s, &desc);
            s->object[i] = scene_rect(s, i < 3 ? rect : turned, 0, 0);
        }
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
        desc.cull = W3D_GPU_CULL_BACK;
        desc.front = W3D_GPU_CLOCKWISE;
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[3] = scene_pipeline(s, &desc);
        s->object[6] = scene_rect(s, left, 0, 0);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        for (uint32_t i = 0; i < 6; i++)
            scene_put(s, pass, s->pipeline[i % 3], no_group, s->object[i]);
        scene_end(s, pass);
        pass = scene_pass(s, no_texture, 0x000000FF);
        scene_put(s, pass, s->pipeline[3], no_group, s->object[6]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
        scene_read(s, no_texture, 256, 256);
    }
    if (s->stage == SCENE_CHECK) { /* the corners run clockwise: backs, unless mirrored */
        scene_expect(s, 0, 8, 8, 0x00FF00FF, 0);
        scene_expect(s, 0, 24, 8, 0x000000FF, 0);
        scene_expect(s, 0, 40, 8, 0x00FF00FF, 0);
        scene_expect(s, 0, 8, 48, 0xFF0000FF, 0);
        scene_expect(s, 0, 24, 48, 0xFF0000FF, 0);
        scene_expect(s, 0, 40, 48, 0x000000FF, 0);
        scene_expect(s, 1, 64, 128, 0xFF0000FF, 0);
        scene_expect(s, 1, 192, 128, 0x000000FF, 0);
    }
}

static void scissor_and_viewport(scene *s) /* on a texture and on the surface */
{
    if (s->stage == SCENE_MAKE) {
        s->shader[0] = scene_shader(s, SCENE_RECTS);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->pipeline[0] = scene_plain(s, s->shader[0]);
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[1] = scene_pipeline(s, &desc);
        s->object[0] = scene_rect(s, everywhere, 0, 0xFF0000FF);
        s->object[1] = scene_rect(s, top, 0, 0x00FF00FF);
    }
    if (s->stage == SCENE_DRAW) {
        for (uint32_t i = 0; i < 2; i++) {
            const uint32_t k = i ? 4 : 1, box[4] = { 4 * k, 8 * k, 16 * k, 4 * k };
            const float n = (float)k, view[4] = { 32 * n, 8 * n, 16 * n, 32 * n };
            const uint32_t whole[4] = { 0, 0, 64 * k, 64 * k };
            w3d_gpu_pass *pass = scene_pass(s, i ? no_texture : s->target, 0x0000FFFF);
            w3d_gpu_scissor(pass, box);
            scene_put(s, pass, s->pipeline[i], no_group, s->object[0]);
            w3d_gpu_scissor(pass, whole);
            w3d_gpu_viewport(pass, view, 0, 1);
            scene_put(s, pass, s->pipeline[i], no_group, s->object[1]);
            scene_end(s, pass);
        }
        scene_read(s, s->target, S, S);
        scene_read(s, no_texture, 256, 256);
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t i = 0; i < 2; i++)
            for (uint32_t y = 0; y < (i ? 256u : 64u); y++)
                for (uint32_t x = 0; x < (i ? 256u : 64u); x++) {
                    uint32_t u = i ? x / 4 : x, v = i ? y / 4 : y;
                    if (i && (x + 1) % 4 < 2)
                        continue; /* edges of scissors are soft with samples */
                    if (i && (y + 1) % 4 < 2) continue; /* on one well-known device */
                    int cut = u >= 4 && u < 20 && v >= 8 && v < 12,
                        seen = u >= 32 && u < 48 && v >= 8 && v < 24;
                    scene_expect(s, i, x, y, cut ? 0xFF0000FF : seen ? 0x00FF00FF : 0x0000FFFF, 0);
                }
}

static void multisampling(scene *s) /* an edge through the middle of a column of pixels, resolved */
{
    static const float rect[4] = { 0, 0, 32.5f / S, 1 };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc texture;
        if (w3d_gpu_get_caps(s->gpu)->max_samples < 4) {
            scene_unsupported(s);
            return;
        }
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.samples = 4;
        s->pipeline[0] = scene_pipeline(s, &desc);
        w3d_fill(&texture, 0, sizeof texture);
        texture.width = texture.height = S;
        texture.samples = 4;
        texture.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &texture);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->object[0] = scene_rect(s, rect, 0, 0xFFFFFFFF);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->texture[0];
        desc.color[0].resolve = s->target;
        desc.color[0].store = W3D_GPU_STORE_DISCARD;
        desc.color[0].clear[3] = 1;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        const uint32_t in[4] = { 0, 0, 32, S }, edge[4] = { 32, 0, 33, S },
                       out[4] = { 33, 0, S, S };
        scene_expect_box(s, 0, in, 0xFFFFFFFF, 0);
        scene_expect_box(s, 0, edge, 0x808080FF, 1); /* two samples of four */
        scene_expect_box(s, 0, out, 0x000000FF, 0);
    }
}

static void instances(scene *s) /* four rows of the table in one draw */
{
    if (s->stage == SCENE_MAKE) {
        s->pipeline[0] = scene_plain(s, scene_shader(s, SCENE_RECTS));
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        w3d_result result = w3d_gpu_objects_create(s->gpu, 4, &s->objects);
        if (result) scene_fail(s, result, "w3d_gpu_objects_create");
        s->object_count = result ? 0 : 4;
        for (uint32_t i = 0; i < s->object_count; i++) {
            const float rect[4] = { (float)i / 4, 0, (float)(i + 1) / 4, 1 };
            w3d_gpu_object object = { s->objects.id + i };
            scene_set_rect(s, object, rect, 0, 0x404040FF * (i + 1) | 255);
        }
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_draw_desc draw;
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0xFF0000FF);
        w3d_fill(&draw, 0, sizeof draw);
        draw.pipeline = s->pipeline[0];
        draw.object = s->objects;
        draw.count = 6;
        draw.instances = 4;
        scene_draw_of(s, pass, &draw);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t i = 0; i < 4; i++)
            scene_expect(s, 0, 16 * i + 8, 30, 0x404040FF * (i + 1) | 255, 0);
}

static void
instance_buffer(scene *s) /* places and colours a step an instance, and another in its place */
{
    static const char text[] = "struct V { @builtin(position) position: vec4f, @location(0) "
                               "@interpolate(flat) color: vec3u }\n"
                               "@vertex fn vs(@location(0) at: vec2f, @location(1) place: vec2f, "
                               "@location(2) color: vec4u) -> V {\n"
                               "    return V(vec4f(at * 0.25 + place, 0.0, 1.0), color.xyz);\n}\n"
                               "@fragment fn fs(v: V) -> @location(0) vec4f { return "
                               "vec4f(vec3f(v.color) / 255.0, 1.0); }\n";
    typedef struct place {
        float x, y;
        uint8_t color[4];
    } place;
    static const float corners[12] = { -1, -1, 1, -1, -1, 1, -1, 1, 1, -1, 1, 1 };
    static const place first[3] = { { -0.75f, 0.75f, { 255, 0, 0, 0 } },
                                    { 0.75f, 0.75f, { 0, 255, 0, 0 } },
                                    { -0.75f, -0.75f, { 0, 0, 255, 0 } } };
    static const place second[2] = { { 0, 0, { 9, 9, 9, 0 } },
                                     { 0.75f, -0.75f, { 255, 255, 0, 0 } } };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, text));
        w3d_gpu_mesh_desc mesh;
        desc.attributes[0].format = W3D_GPU_FLOAT2;
        desc.attributes[1].format = W3D_GPU_FLOAT2;
        desc.attributes[1].location = desc.attributes[1].buffer = 1;
        desc.attributes[2].format = W3D_GPU_UINT8X4;
        desc.attributes[2].location = 2;
        desc.attributes[2].buffer = 1;
        desc.attributes[2].offset = 8;
        desc.buffers[1].per_instance = 1;
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->buffer[0] = scene_buffer(s, W3D_GPU_USE_VERTEX, corners, sizeof corners);
        s->buffer[1] = scene_buffer(s, W3D_GPU_USE_VERTEX, first, sizeof first);
        s->buffer[2] = scene_buffer(s, W3D_GPU_USE_VERTEX, second, sizeof second);
        w3d_fill(&mesh, 0, sizeof mesh);
        mesh.vertices[0] = s->buffer[0];
        mesh.vertices[1] = s->buffer[1];
        mesh.count = 6;
        s->mesh[0] = scene_mesh(s, &mesh);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_draw_desc draw;
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        w3d_fill(&draw, 0, sizeof draw);
        draw.pipeline = s->pipeline[0];
        draw.mesh = s->mesh[0];
        draw.instances = 3;
        scene_draw_of(s, pass, &draw);
        w3d_gpu_instance_buffer(pass, 1, s->buffer[2], 12);
        draw.instances = 1;
        scene_draw_of(s, pass, &draw);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF0000FF, 0);
        scene_expect(s, 0, 56, 8, 0x00FF00FF, 0);
        scene_expect(s, 0, 8, 56, 0x0000FFFF, 0);
        scene_expect(s, 0, 56, 56, 0xFFFF00FF, 0);
        scene_expect(s, 0, 32, 32, 0x000000FF, 0);
    }
}

static void
base_vertex(scene *s) /* two meshes in one arena, told apart by what is added to indices */
{
    static const vertex vertices[6] = {
        { -1, 1, { 255, 0, 0, 255 } }, { -1, -3, { 255, 0, 0, 255 } }, { 3, 1, { 255, 0, 0, 255 } },
        { 0, 1, { 0, 255, 0, 255 } },  { 0, -3, { 0, 255, 0, 255 } },  { 4, 1, { 0, 255, 0, 255 } }
    };
    static const uint16_t indices[4] = { 0, 1, 2, 0 };
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_mesh_desc mesh;
        w3d_gpu_pipeline_desc desc = colored_desc(s);
        if (!w3d_gpu_get_caps(s->gpu)->base_vertex) {
            scene_unsupported(s);
            return;
        }
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        mesh_of(s, vertices, 6, indices, 4);
        w3d_fill(&mesh, 0, sizeof mesh);
        mesh.vertices[0] = s->buffer[0];
        mesh.indices = s->buffer[1];
        mesh.index_format = W3D_GPU_INDEX_U16;
        mesh.count = 3;
        s->mesh[1] = scene_mesh(s, &mesh);
        mesh.base_vertex = 3;
        s->mesh[2] = scene_mesh(s, &mesh);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        put_mesh(s, pass, s->pipeline[0], s->mesh[1]);
        put_mesh(s, pass, s->pipeline[0], s->mesh[2]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 16, 16, 0xFF0000FF, 0);
        scene_expect(s, 0, 48, 8, 0x00FF00FF, 0);
        if (!s->result && w3d_gpu_get_counters(s->gpu)->draws_issued > 1)
            scene_fail(s, W3D_ERR_DAMAGED, "the two draws were not merged");
    }
}

const scene_entry scene_state_list[] = { { "clear", clear },
                                         { "triangle", triangle },
                                         { "indexed", indexed },
                                         { "topologies", topologies },
                                         { "blending", blending },
                                         { "depth", depth },
                                         { "stencil", stencil },
                                         { "cull and facing", cull_and_facing },
                                         { "scissor and viewport", scissor_and_viewport },
                                         { "multisampling", multisampling },
                                         { "instances", instances },
                                         { "instance buffer", instance_buffer },
                                         { "base vertex", base_vertex },
                                         { NULL, NULL } };
