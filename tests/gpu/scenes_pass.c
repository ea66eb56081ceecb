/* scenes_pass.c - scenes of many draws, of constants, of fragments, of what comes from buffers and
 * queries. */
#include "scene.h"
#include "core/base.h"

enum { S = SCENE_SIDE };

static const float everywhere[4] = { 0, 0, 1, 1 }, left[4] = { 0, 0, 0.5f, 1 },
                   right[4] = { 0.5f, 0, 1, 1 }, middle[4] = { 0.25f, 0.25f, 0.75f, 0.75f },
                   top[4] = { 0, 0, 1, 0.5f };
static const w3d_gpu_group no_group = { 0 };
static const w3d_gpu_texture no_texture = { 0 };

static void many(scene *s) /* 20,000 objects of a pixel each on the surface */
{
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[0] = scene_pipeline(s, &desc);
        w3d_result result = w3d_gpu_objects_create(s->gpu, 20000, &s->objects);
        if (result) scene_fail(s, result, "w3d_gpu_objects_create");
        s->object_count = result ? 0 : 20000;
        for (uint32_t i = 0; i < s->object_count; i++) {
            float x = (float)(i % 200), y = (float)(i / 200);
            const float rect[4] = { x / 256, y / 256, (x + 1) / 256, (y + 1) / 256 };
            w3d_gpu_object object = { s->objects.id + i };
            scene_set_rect(s, object, rect, 0.5f, i << 12 | 255);
        }
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.sort = 1;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        for (uint32_t i = 0; i < 20000; i++) {
            w3d_gpu_object object = { s->objects.id + i };
            scene_put(s, pass, s->pipeline[0], no_group, object);
        }
        scene_end(s, pass);
        scene_read(s, no_texture, 256, 256);
    }
    if (s->stage == SCENE_CHECK) {
        for (uint32_t i = 0; i < 20000; i++) scene_expect(s, 0, i % 200, i / 200, i << 12 | 255, 0);
        scene_expect(s, 0, 200, 10, 0, 0);
        const w3d_gpu_counters *counters = w3d_gpu_get_counters(s->gpu);
        if (!s->result && (counters->draws_asked != 20000 || counters->draws_issued > 5))
            scene_fail(s, W3D_ERR_DAMAGED, "the draws were not merged");
    }
}

static void constants(scene *s) /* the frame block, changed in the middle of a pass, and by pass */
{
    static const char text[] =
        "struct Frame { color: vec4f, shift: vec2f, unused: vec2f }\n"
        "@group(0) @binding(0) var<uniform> frame: Frame;\n" SCENE_OBJECTS
        "@vertex fn vs(@builtin(vertex_index) i: u32,\n"
        "              @builtin(instance_index) n: u32) -> @builtin(position) vec4f {\n"
        "    return vec4f(corner(i, objects[n].rect) + frame.shift, 0.0, 1.0);\n}\n"
        "@fragment fn fs() -> @location(0) vec4f { return frame.color; }\n";
    if (s->stage == SCENE_MAKE) {
        s->pipeline[0] = scene_plain(s, scene_shader(s, text));
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->object[0] = scene_rect(s, left, 0, 0);
    }
    if (s->stage == SCENE_DRAW) {
        static const float frames[3][8] = { { 1, 0, 0, 1, 0, 0, 0, 0 },
                                            { 0, 1, 0, 1, 1, 0, 0, 0 },
                                            { 0, 0, 1, 1, 0.5f, -1, 0, 0 } };
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->target;
        desc.constants = frames[0];
        desc.constants_size = sizeof frames[0];
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        w3d_gpu_constants(pass, frames[1], sizeof frames[1]);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        desc.color[0].load = W3D_GPU_LOAD_KEEP;
        desc.constants = frames[2];
        pass = w3d_gpu_pass_begin(s->gpu, &desc);
        scene_put(s, pass, s->pipeline[0], no_group, s->object[0]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF0000FF, 0);
        scene_expect(s, 0, 56, 8, 0x00FF00FF, 0);
        scene_expect(s, 0, 20, 60, 0x0000FFFF, 0);
        scene_expect(s, 0, 44, 60, 0x0000FFFF, 0);
        scene_expect(s, 0, 52, 60, 0x00FF00FF, 0);
    }
}

static void
fragments(scene *s) /* discard; the place of a fragment, on a texture and on the surface */
{
    static const char text[] = SCENE_FULL
        "@fragment fn fs(v: Varying) -> @location(0) vec4f {\n"
        "    let x = u32(v.position.x);\n"
        "    if (x & 1u) == 1u { discard; }\n"
        "    return vec4f(floor(v.position.xy) / 255.0, sign(dpdy(v.position.y)), 1.0);\n}\n";
    if (s->stage == SCENE_MAKE) {
        s->shader[0] = scene_shader(s, text);
        s->pipeline[0] = scene_plain(s, s->shader[0]);
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(s->shader[0]);
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[1] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_draw_desc draw;
        w3d_fill(&draw, 0, sizeof draw);
        draw.count = 3;
        for (uint32_t i = 0; i < 2; i++) {
            w3d_gpu_pass *pass = scene_pass(s, i ? no_texture : s->target, 0x000000FF);
            draw.pipeline = s->pipeline[i];
            scene_draw_of(s, pass, &draw);
            scene_end(s, pass);
            scene_read(s, i ? no_texture : s->target, i ? 256 : S, i ? 256 : S);
        }
    }
    if (s->stage == SCENE_CHECK)
        for (uint32_t i = 0; i < 2; i++)
            for (uint32_t y = 0; y < (i ? 256u : 64u); y++)
                for (uint32_t x = 0; x < (i ? 256u : 64u); x++)
                    scene_expect(s, i, x, y, x & 1 ? 0x000000FF : x << 24 | y << 16 | 0xFFFF, 1);
}

static void fragment_depth(scene *s) /* the shader says how far; biased quads lose */
{
    static const char text[] = SCENE_OBJECTS SCENE_RECT_VERTEX
        "struct Out { @location(0) color: vec4f, @builtin(frag_depth) depth: f32 }\n"
        "@fragment fn fs(v: Varying) -> Out { return Out(v.color, v.uv.x); }\n";
    if (s->stage == SCENE_MAKE) {
        w3d_gpu_texture_desc texture;
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, text));
        desc.no_depth = 0;
        desc.depth_format = W3D_GPU_DEPTH24;
        s->pipeline[0] = scene_pipeline(s, &desc);
        desc.shader = scene_shader(s, SCENE_RECTS);
        s->pipeline[1] = scene_pipeline(s, &desc);
        desc.depth_compare = W3D_GPU_LESS_EQUAL;
        desc.depth_bias = 100;
        s->pipeline[2] = scene_pipeline(s, &desc);
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        w3d_fill(&texture, 0, sizeof texture);
        texture.format = W3D_GPU_DEPTH24;
        texture.width = texture.height = S;
        texture.use = W3D_GPU_USE_TARGET;
        s->texture[0] = scene_texture(s, &texture);
        s->object[0] = scene_rect(s, everywhere, 0, 0xFF0000FF);
        s->object[1] = scene_rect(s, top, 0.5f, 0x00FF00FF);
        s->object[2] = scene_rect(s, right, 0.5f, 0x0000FFFF);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.color[0].texture = s->target;
        desc.depth.texture = s->texture[0];
        desc.depth.store = W3D_GPU_STORE_DISCARD;
        w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
        for (uint32_t i = 0; i < 3; i++) scene_put(s, pass, s->pipeline[i], no_group, s->object[i]);
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 20, 8, 0xFF0000FF, 0); /* nearer than 0.5 */
        scene_expect(s, 0, 40, 8, 0x00FF00FF, 0); /* the bias pushed the blue one behind it */
        scene_expect(s, 0, 20, 56, 0xFF0000FF, 0);
        scene_expect(s, 0, 40, 56, 0x0000FFFF, 0);
    }
}

static void indirect(scene *s) /* two draws whose counts lie in a buffer */
{
    static const uint32_t words[8] = { 6, 2, 0, 0, 3, 1, 0, 0 };
    if (s->stage == SCENE_MAKE) {
        s->pipeline[0] = scene_plain(s, scene_shader(s, SCENE_RECTS));
        s->target = scene_target(s, W3D_GPU_RGBA8, S, S);
        s->buffer[0] = scene_buffer(s, W3D_GPU_USE_INDIRECT, words, sizeof words);
        w3d_result result = w3d_gpu_objects_create(s->gpu, 3, &s->objects);
        if (result) scene_fail(s, result, "w3d_gpu_objects_create");
        s->object_count = result ? 0 : 3;
        for (uint32_t i = 0; i < s->object_count; i++) {
            const float rect[4] = { (float)i / 4, 0, (float)(i + 1) / 4, 1 };
            w3d_gpu_object object = { s->objects.id + i };
            scene_set_rect(s, object, rect, 0, i ? 0x00FF00FF : 0xFF0000FF);
        }
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_indirect_desc draw;
        w3d_gpu_pass *pass = scene_pass(s, s->target, 0x000000FF);
        w3d_fill(&draw, 0, sizeof draw);
        draw.pipeline = s->pipeline[0];
        draw.object = s->objects;
        draw.buffer = s->buffer[0];
        w3d_result result = w3d_gpu_draw_indirect(pass, &draw);
        draw.offset = 16;
        draw.object.id += 2;
        if (!result) result = w3d_gpu_draw_indirect(pass, &draw);
        if (result) scene_fail(s, result, "w3d_gpu_draw_indirect");
        scene_end(s, pass);
        scene_read(s, s->target, S, S);
    }
    if (s->stage == SCENE_CHECK) {
        scene_expect(s, 0, 8, 8, 0xFF0000FF, 0);
        scene_expect(s, 0, 24, 8, 0x00FF00FF, 0);
        scene_expect(s, 0, 34, 4, 0x00FF00FF, 0); /* one triangle of the third */
        scene_expect(s, 0, 46, 60, 0x000000FF, 0);
    }
}

static void occlusion(scene *s) /* does any sample pass? Once yes, once no */
{
    if (s->stage == SCENE_MAKE) {
        if (!w3d_gpu_get_caps(s->gpu)->occlusion) {
            scene_unsupported(s);
            return;
        }
        w3d_gpu_pipeline_desc desc = scene_pipeline_desc(scene_shader(s, SCENE_RECTS));
        desc.samples = 0;
        desc.no_depth = 0;
        s->pipeline[0] = scene_pipeline(s, &desc);
        s->object[0] = scene_rect(s, middle, 0.5f, 0xFF0000FF);
        s->object[1] = scene_rect(s, everywhere, 0.25f, 0x00FF00FF);
        s->object[2] = scene_rect(s, left, 0.5f, 0x0000FFFF);
    }
    if (s->stage == SCENE_DRAW) {
        w3d_gpu_pass *pass = scene_pass(s, no_texture, 0x000000FF);
        for (uint32_t i = 0; i < 3; i++) {
            if (i != 1) w3d_gpu_query_begin(pass, 100 + i);
            scene_put(s, pass, s->pipeline[0], no_group, s->object[i]);
            if (i != 1) w3d_gpu_query_end(pass);
        }
        scene_end(s, pass);
        scene_read(s, no_texture, 256, 256);
        s->object[3].id = s->object[4].id = 2; /* not known yet */
    }
    if (s->stage == SCENE_CHECK) {
        uint64_t passed = 0;
        if (s->object[3].id == 2 && w3d_gpu_query_result(s->gpu, 100, &passed) == W3D_OK)
            s->object[3].id = passed != 0;
        if (s->object[4].id == 2 && w3d_gpu_query_result(s->gpu, 102, &passed) == W3D_OK)
            s->object[4].id = passed != 0;
        if (s->object[3].id == 2 || s->object[4].id == 2)
            s->result = W3D_ERR_BUSY;
        else if (s->object[3].id != 1 || s->object[4].id != 0)
            scene_fail(s, W3D_ERR_DAMAGED, "the queries say otherwise");
        else
            scene_expect(s, 0, 8, 8, 0x00FF00FF, 0);
    }
}

const scene_entry scene_pass_list[] = { { "many", many },
                                        { "constants", constants },
                                        { "fragments", fragments },
                                        { "fragment depth", fragment_depth },
                                        { "indirect", indirect },
                                        { "occlusion", occlusion },
                                        { NULL, NULL } };
