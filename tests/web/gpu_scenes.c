/* gpu_scenes.c - small pictures over gpu.h for a browser: what test_gpu.mjs builds, draws and looks
 * at.
 *
 * A scene makes its resources once, draws frames until all its pipelines are ready, and is then
 * read back. The shaders are WGSL, translated here, so both executors run the same scenes. */
#include "core/bits.h"
#include "gpu/gpu.h"
#include "gpu/gpu_web.h"
#include "gpu/shader_glsl.h"
#include "memory/allocator.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { SIDE = 64, MANY = 5000 };

static w3d_gpu_web_desc web[4];
static w3d_gpu *gpu;
static uint32_t side_x, side_y, errors, scene_now;
static w3d_gpu_texture target; /* what is read back; none: the surface */
static w3d_gpu_buffer read_buffer;
static uint32_t read_size;
static w3d_gpu_download download;
static uint8_t pixels[1 << 20];
static char messages[4096];
static uint32_t message_size;
static uint64_t passed_samples;

/* What scenes keep until the next one. */
static w3d_gpu_pipeline pipelines[4];
static w3d_gpu_group groups[4];
static w3d_gpu_mesh meshes[4];
static w3d_gpu_texture textures[6];
static w3d_gpu_buffer buffers[4];
static w3d_gpu_sampler samplers[3];
static w3d_gpu_shader shaders[4];
static w3d_gpu_object objects[MANY];
static uint32_t object_count;

static void message(void *user, w3d_result code, const char *text)
{
    (void)user;
    (void)code;
    errors++;
    while (*text && message_size < sizeof messages - 2) messages[message_size++] = *text++;
    messages[message_size++] = '\n';
}

/* ---- short ways ---- */

static w3d_gpu_shader shader_make(const char *text)
{
    static char vertex[20000], fragment[20000];
    w3d_shader_desc desc = { 0 };
    w3d_shader_module *module;
    w3d_error error;
    w3d_gpu_shader_desc made = { 0 };
    w3d_gpu_shader shader = { 0 };
    size_t size;
    desc.text = text;
    w3d_result result = w3d_shader_open(&desc, &module, &error);
    if (result) {
        char out[300];
        w3d_shader_explain(text, (uint32_t)w3d_text_size(text), &error, out, sizeof out);
        message(NULL, result, out);
        return shader;
    }
    const w3d_shader_reflection *r = w3d_shader_reflect(module);
    if (w3d_shader_glsl(module, "vs", vertex, sizeof vertex, &size))
        message(NULL, W3D_ERR_UNSUPPORTED, "no GLSL of vs");
    if (w3d_shader_glsl(module, "fs", fragment, sizeof fragment, &size))
        message(NULL, W3D_ERR_UNSUPPORTED, "no GLSL of fs");
    made.wgsl = text;
    made.glsl_vertex = vertex;
    made.glsl_fragment = fragment;
    w3d_copy(made.bindings, r->bindings, sizeof made.bindings);
    w3d_copy(made.pairs, r->pairs, sizeof made.pairs);
    made.binding_count = r->binding_count;
    made.pair_count = r->pair_count;
    made.frame_size = r->frame_size;
    made.object_size = r->object_size;
    w3d_gpu_shader_create(gpu, &made, &shader);
    w3d_shader_close(module);
    return shader;
}

static w3d_gpu_texture texture_make(w3d_gpu_format format, uint32_t width, uint32_t height,
                                    uint32_t use, const void *data)
{
    w3d_gpu_texture_desc desc = { 0 };
    w3d_gpu_texture texture = { 0 };
    desc.format = format;
    desc.width = width;
    desc.height = height;
    desc.use = use;
    desc.data = data;
    if (use & W3D_GPU_USE_TARGET) desc.policy = W3D_GPU_GPU_ONLY;
    w3d_gpu_texture_create(gpu, &desc, &texture);
    return texture;
}

static w3d_gpu_buffer buffer_make(uint32_t use, const void *data, uint32_t size)
{
    w3d_gpu_buffer_desc desc = { 0 };
    w3d_gpu_buffer buffer = { 0 };
    desc.size = size;
    desc.use = use;
    desc.data = data;
    w3d_gpu_buffer_create(gpu, &desc, &buffer);
    return buffer;
}

/* To a texture with the size of the pass, one sample, no depth. */
static w3d_gpu_pipeline_desc flat(w3d_gpu_shader shader)
{
    w3d_gpu_pipeline_desc desc = { 0 };
    desc.shader = shader;
    desc.no_depth = 1;
    desc.samples = 1;
    return desc;
}

static void pipeline_make(uint32_t i, const w3d_gpu_pipeline_desc *desc)
{
    w3d_gpu_pipeline_create(gpu, desc, &pipelines[i]);
}

static w3d_gpu_pass *pass_open(w3d_gpu_texture texture)
{
    w3d_gpu_pass_desc desc = { 0 };
    desc.color[0].texture = texture;
    desc.color[0].clear[3] = 1;
    return w3d_gpu_pass_begin(gpu, &desc);
}

static void draw(w3d_gpu_pass *pass, uint32_t pipeline, w3d_gpu_group group, uint32_t count)
{
    w3d_gpu_draw_desc desc = { 0 };
    desc.pipeline = pipelines[pipeline];
    desc.group = group;
    desc.count = count;
    w3d_gpu_draw(pass, &desc);
}

static const w3d_gpu_group no_group;

#define READ_TARGET ((uint32_t)W3D_GPU_USE_TARGET | (uint32_t)W3D_GPU_USE_TEXTURE_READ)
#define CORNERS                                                                                    \
    "fn corner(i: u32) -> vec2f { return vec2f(f32(i & 1u), f32(i >> 1u)) * 2.0 - 1.0; }\n"        \
    "fn uv_of(i: u32) -> vec2f { return vec2f(f32(i & 1u), 1.0 - f32(i >> 1u)); }\n"

/* ---- 0, 1: a triangle in the upper left half, on the surface and on a texture ---- */

static const char triangle[] =
    "@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {\n"
    "    let p = array(vec2f(-1, 1), vec2f(-1, -1), vec2f(1, 1));\n"
    "    return vec4f(p[i], 0.5, 1);\n}\n"
    "@fragment fn fs() -> @location(0) vec4f { return vec4f(1, 0.5, 0.25, 1); }\n";

static void triangle_surface_make(void)
{
    w3d_gpu_pipeline_desc desc = { 0 };
    desc.shader = shaders[0] = shader_make(triangle);
    desc.cull = W3D_GPU_CULL_BACK;
    target.id = 0;
    pipeline_make(0, &desc);
}
static void triangle_surface_draw(void)
{
    w3d_gpu_pass *pass = pass_open(target);
    draw(pass, 0, no_group, 3);
    w3d_gpu_pass_end(pass);
}
static void triangle_texture_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(triangle));
    desc.cull = W3D_GPU_CULL_BACK;
    pipeline_make(0, &desc);
}

/* ---- 2: two quads, indexed, vertices and indices in one buffer, the nearer drawn first ---- */

static const char colored[] = "struct V { @builtin(position) p: vec4f, @location(0) c: vec4f }\n"
                              "@vertex fn vs(@location(0) p: vec3f, @location(1) c: vec4f) -> V { "
                              "return V(vec4f(p, 1), c); }\n"
                              "@fragment fn fs(v: V) -> @location(0) vec4f { return v.c; }\n";
typedef struct vertex {
    float x, y, z;
    uint8_t color[4];
} vertex;

static void depth_make(void)
{
    static const struct {
        vertex v[8];
        uint16_t i[12];
    } data = { { { -1, -1, 0.25f, { 255, 0, 0, 255 } },
                 { 0.5f, -1, 0.25f, { 255, 0, 0, 255 } },
                 { -1, 0.5f, 0.25f, { 255, 0, 0, 255 } },
                 { 0.5f, 0.5f, 0.25f, { 255, 0, 0, 255 } },
                 { -0.5f, -0.5f, 0.75f, { 0, 255, 0, 255 } },
                 { 1, -0.5f, 0.75f, { 0, 255, 0, 255 } },
                 { -0.5f, 1, 0.75f, { 0, 255, 0, 255 } },
                 { 1, 1, 0.75f, { 0, 255, 0, 255 } } },
               { 0, 1, 2, 2, 1, 3, 4, 5, 6, 6, 5, 7 } };
    w3d_gpu_pipeline_desc desc = { 0 };
    w3d_gpu_mesh_desc mesh = { 0 };
    desc.shader = shaders[0] = shader_make(colored);
    desc.attributes[0].format = W3D_GPU_FLOAT3;
    desc.attributes[1].format = W3D_GPU_UNORM8X4;
    desc.attributes[1].location = 1;
    desc.attributes[1].offset = 12;
    desc.samples = 1;
    desc.cull = W3D_GPU_CULL_BACK;
    pipeline_make(0, &desc);
    buffers[0] = buffer_make(0, &data, sizeof data);
    mesh.vertices[0] = mesh.indices = buffers[0];
    mesh.index_format = W3D_GPU_INDEX_U16;
    mesh.first = sizeof data.v / 2;
    mesh.count = 12;
    w3d_gpu_mesh_create(gpu, &mesh, &meshes[0]);
    textures[0] = texture_make(W3D_GPU_DEPTH24, SIDE, SIDE, W3D_GPU_USE_TARGET, NULL);
}
static void depth_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    w3d_gpu_draw_desc one = { 0 };
    desc.color[0].texture = target;
    desc.color[0].clear[3] = 1;
    desc.depth.texture = textures[0];
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    one.pipeline = pipelines[0];
    one.mesh = meshes[0];
    w3d_gpu_draw(pass, &one);
    w3d_gpu_pass_end(pass);
}

/* ---- 3: mip levels: written ones left, made ones right ---- */

static const char mips[] =
    CORNERS "@group(1) @binding(0) var a: texture_2d<f32>;\n"
            "@group(1) @binding(1) var b: texture_2d<f32>;\n"
            "@group(1) @binding(2) var s: sampler;\n"
            "struct V { @builtin(position) p: vec4f, @location(0) uv: vec2f }\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32) -> V { return V(vec4f(corner(i), 0, 1), "
            "uv_of(i)); }\n"
            "@fragment fn fs(v: V) -> @location(0) vec4f {\n"
            "    let level = floor(v.uv.y * 4.0);\n"
            "    let left = textureSampleLevel(a, s, vec2f(0.25), level);\n"
            "    let right = textureSampleLevel(b, s, vec2f(0.25), level);\n"
            "    return select(right, left, v.uv.x < 0.5);\n}\n";

static void group_entry(w3d_gpu_group_desc *desc, uint32_t binding, w3d_gpu_texture texture,
                        w3d_gpu_sampler sampler)
{
    w3d_gpu_entry *entry = &desc->entries[desc->entry_count++];
    entry->binding = binding;
    entry->texture = texture;
    entry->sampler = sampler;
}
static w3d_gpu_sampler sampler_make(w3d_gpu_filter filter, w3d_gpu_wrap wrap)
{
    w3d_gpu_sampler_desc desc = { 0 };
    w3d_gpu_sampler sampler = { 0 };
    desc.magnify = desc.minify = desc.mip = filter;
    desc.wrap_u = desc.wrap_v = desc.wrap_w = wrap;
    w3d_gpu_sampler_create(gpu, &desc, &sampler);
    return sampler;
}
static const w3d_gpu_texture no_texture;
static const w3d_gpu_sampler no_sampler;

static void mips_make(void)
{
    uint8_t data[8 * 8 * 4];
    w3d_gpu_texture_desc t = { 0 };
    w3d_gpu_group_desc g = { 0 };
    t.width = t.height = 8;
    t.mips = W3D_GPU_ALL_MIPS;
    w3d_gpu_texture_create(gpu, &t, &textures[0]);
    for (uint32_t mip = 0, side = 8; mip < 4; mip++, side /= 2) {
        w3d_gpu_texture_region region = { 0 };
        w3d_fill(data, (uint8_t)(60 * (mip + 1)), sizeof data);
        region.texture = textures[0];
        region.mip = mip;
        w3d_gpu_texture_write(gpu, &region, data, (size_t)side * side * 4, side * 4);
    }
    for (uint32_t i = 0; i < sizeof data; i++) /* columns of 0 and 200 */
        data[i] = i / 4 & 1 ? 200 : 0;
    t.data = data;
    t.make_mips = 1;
    w3d_gpu_texture_create(gpu, &t, &textures[1]);
    samplers[0] = sampler_make(W3D_GPU_NEAREST, W3D_GPU_CLAMP);
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(mips));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &desc);
    g.shader = shaders[0];
    group_entry(&g, 0, textures[0], no_sampler);
    group_entry(&g, 1, textures[1], no_sampler);
    group_entry(&g, 2, no_texture, samplers[0]);
    w3d_gpu_group_create(gpu, &g, &groups[0]);
}
static void quad_draw(void)
{
    w3d_gpu_pass *pass = pass_open(target);
    draw(pass, 0, groups[0], 4);
    w3d_gpu_pass_end(pass);
}

/* ---- 4: blending: half red over blue, then with a constant, then only one channel ---- */

static const char plain[] =
    CORNERS "struct F { color: vec4f, place: vec4f }\n"
            "@group(0) @binding(0) var<uniform> f: F;\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {\n"
            "    return vec4f(corner(i) * f.place.zw + f.place.xy, 0.5, 1); }\n"
            "@fragment fn fs() -> @location(0) vec4f { return f.color; }\n";

static void plain_draw(w3d_gpu_pass *pass, uint32_t pipeline, float r, float g, float b, float a,
                       float x, float y, float w, float h)
{
    float block[8] = { r, g, b, a, x, y, w, h };
    w3d_gpu_constants(pass, block, sizeof block);
    draw(pass, pipeline, no_group, 4);
}
static void blend_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(plain));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &desc);
    desc.colors[0].blend.enable = 1;
    desc.colors[0].blend.src = W3D_GPU_SRC_ALPHA;
    desc.colors[0].blend.dst = W3D_GPU_ONE_MINUS_SRC_ALPHA;
    pipeline_make(1, &desc);
    desc.colors[0].blend.src = W3D_GPU_CONSTANT;
    desc.colors[0].blend.dst = W3D_GPU_FACTOR_ONE;
    desc.colors[0].blend.op = W3D_GPU_ADD;
    pipeline_make(2, &desc);
    desc.colors[0].blend.enable = 0;
    desc.colors[0].mask_off = 1 | 4 | 8; /* only green */
    pipeline_make(3, &desc);
}
static void blend_draw(void)
{
    const float constant[4] = { 0.5f, 0.25f, 0, 0 };
    w3d_gpu_pass *pass = pass_open(target);
    plain_draw(pass, 0, 0, 0, 1, 1, 0, 0, 1, 1);
    plain_draw(pass, 1, 1, 0, 0, 0.5f, -0.5f, 0.5f, 0.5f, 0.5f); /* upper left */
    w3d_gpu_blend_constant(pass, constant);
    plain_draw(pass, 2, 1, 1, 1, 1, 0.5f, 0.5f, 0.5f, 0.5f);   /* upper right */
    plain_draw(pass, 3, 1, 1, 0, 0, -0.5f, -0.5f, 0.5f, 0.5f); /* lower left */
    w3d_gpu_pass_end(pass);
}

/* ---- 5: four instances, four rows of the object table ---- */

static const char instanced[] = CORNERS
    "struct O { place: vec4f, color: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, g: "
    "vec4f }\n"
    "@group(0) @binding(1) var<storage, read> objects: array<O>;\n"
    "struct V { @builtin(position) p: vec4f, @location(0) @interpolate(flat) id: u32 }\n"
    "@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) id: u32) -> V {\n"
    "    let o = objects[id];\n"
    "    return V(vec4f(corner(i) * o.place.zw + o.place.xy, 0.5, 1), id); }\n"
    "@fragment fn fs(v: V) -> @location(0) vec4f { return objects[v.id].color; }\n";

static void row_set(w3d_gpu_object object, float x, float y, float w, float h, float r, float g,
                    float b)
{
    float row[8] = { x, y, w, h, r, g, b, 1 };
    w3d_gpu_object_set(gpu, object, row, sizeof row);
}
static void instances_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(instanced));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &desc);
    w3d_gpu_objects_create(gpu, 4, &objects[0]);
    for (uint32_t i = 0; i < 4; i++) {
        w3d_gpu_object object = { objects[0].id + i };
        objects[i] = object;
        row_set(object, i & 1 ? 0.5f : -0.5f, i & 2 ? -0.5f : 0.5f, 0.5f, 0.5f, i & 1 ? 1.0f : 0.0f,
                i & 2 ? 1.0f : 0.0f, 0.2f);
    }
    object_count = 4;
}
static void instances_draw(void)
{
    w3d_gpu_draw_desc one = { 0 };
    w3d_gpu_pass *pass = pass_open(target);
    one.pipeline = pipelines[0];
    one.object = objects[0];
    one.instances = 4;
    one.count = 4;
    w3d_gpu_draw(pass, &one);
    w3d_gpu_pass_end(pass);
}

/* ---- 6: five thousand draws in random order, a pixel each, two pipelines and two meshes ---- */

static const char pixel[] =
    "struct O { place: vec4f, color: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, g: "
    "vec4f }\n"
    "@group(0) @binding(1) var<storage, read> objects: array<O>;\n"
    "struct V { @builtin(position) p: vec4f, @location(0) c: vec4f }\n"
    "@vertex fn vs(@location(0) q: vec2f, @builtin(instance_index) id: u32) -> V {\n"
    "    let o = objects[id];\n"
    "    return V(vec4f(q * o.place.zw + o.place.xy, 0.5, 1), o.color); }\n"
    "@fragment fn fs(v: V) -> @location(0) vec4f { return v.c; }\n";

static void many_make(void)
{
    static const float quad[] = { -1, -1, 1, -1, -1, 1, 1, 1, 0, 0 };
    static const uint32_t indices[] = { 0, 1, 2, 2, 1, 3, 1, 2, 0, 3, 2, 1 };
    w3d_gpu_mesh_desc mesh = { 0 };
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(pixel));
    desc.attributes[0].format = W3D_GPU_FLOAT2;
    pipeline_make(0, &desc);
    desc.cull = W3D_GPU_CULL_FRONT;
    desc.front = W3D_GPU_CLOCKWISE;
    pipeline_make(1, &desc);
    buffers[0] = buffer_make(W3D_GPU_USE_VERTEX, quad, sizeof quad);
    buffers[1] = buffer_make(W3D_GPU_USE_INDEX, indices, sizeof indices);
    mesh.vertices[0] = buffers[0];
    mesh.indices = buffers[1];
    mesh.count = 6;
    w3d_gpu_mesh_create(gpu, &mesh, &meshes[0]);
    mesh.first = 6;
    w3d_gpu_mesh_create(gpu, &mesh, &meshes[1]);
    for (uint32_t i = 0; i < MANY; i++) {
        w3d_gpu_object_create(gpu, &objects[i]);
        row_set(objects[i], ((float)(i % 100) + 0.5f) / 50 - 1, 1 - ((float)(i / 100) + 0.5f) / 25,
                0.01f, 0.02f, (float)(i & 255) / 255, (float)(i >> 8) / 255, (float)(i % 7) / 255);
    }
    object_count = MANY;
}
static void many_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    w3d_gpu_draw_desc one = { 0 };
    uint32_t random = 1;
    desc.color[0].texture = target;
    desc.sort = 1;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    for (uint32_t i = 0; i < MANY; i++) { /* 3 has no common factor with 5000: each once */
        random = random * 1664525u + 1013904223u;
        one.pipeline = pipelines[random >> 31];
        one.mesh = meshes[random >> 30 & 1];
        one.object = objects[i * 1237u % MANY];
        w3d_gpu_draw(pass, &one);
    }
    w3d_gpu_pass_end(pass);
}

/* ---- 7: viewport and scissor, on the surface ---- */

static void scissor_make(void)
{
    w3d_gpu_pipeline_desc desc = { 0 };
    desc.shader = shaders[0] = shader_make(plain);
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    target.id = 0;
    pipeline_make(0, &desc);
}
static void scissor_draw(void)
{
    const uint32_t box[4] = { 8, 4, 16, 24 };
    const float view[4] = { 32, 40, 16, 8 };
    w3d_gpu_pass *pass = pass_open(target);
    w3d_gpu_scissor(pass, box);
    plain_draw(pass, 0, 1, 0, 0, 1, 0, 0, 1, 1);
    const uint32_t all[4] = { 0, 0, SIDE, SIDE };
    w3d_gpu_scissor(pass, all);
    w3d_gpu_viewport(pass, view, 0, 1);
    plain_draw(pass, 0, 0, 1, 0, 1, 0, 0, 1, 1);
    w3d_gpu_pass_end(pass);
}

/* ---- 8: four samples, resolved: an edge through the middle of a column ---- */

static void msaa_make(void)
{
    w3d_gpu_texture_desc t = { 0 };
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(plain));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.samples = 4;
    pipeline_make(0, &desc);
    t.width = t.height = SIDE;
    t.samples = 4;
    t.use = W3D_GPU_USE_TARGET;
    t.policy = W3D_GPU_GPU_ONLY;
    w3d_gpu_texture_create(gpu, &t, &textures[0]);
}
static void msaa_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    desc.color[0].texture = textures[0];
    desc.color[0].resolve = target;
    desc.color[0].store = W3D_GPU_STORE_DISCARD;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    plain_draw(pass, 0, 1, 1, 1, 1, -0.5f + 0.5f / SIDE, 0.5f, 0.5f + 0.5f / SIDE, 0.5f);
    w3d_gpu_pass_end(pass);
}

/* ---- 9: a target that is sampled after: red above, green below, and so on the surface ---- */

static const char show[] =
    CORNERS "@group(1) @binding(0) var t: texture_2d<f32>;\n"
            "@group(1) @binding(1) var s: sampler;\n"
            "struct V { @builtin(position) p: vec4f, @location(0) uv: vec2f }\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32) -> V { return V(vec4f(corner(i), 0, 1), "
            "uv_of(i)); }\n"
            "@fragment fn fs(v: V) -> @location(0) vec4f { return textureSample(t, s, v.uv); }\n";

static void sampled_make(void)
{
    w3d_gpu_group_desc g = { 0 };
    w3d_gpu_pipeline_desc first = flat(shaders[0] = shader_make(plain)), desc = { 0 };
    first.topology = desc.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &first);
    desc.shader = shaders[1] = shader_make(show);
    pipeline_make(1, &desc);
    textures[0] = texture_make(W3D_GPU_RGBA8, 16, 16, W3D_GPU_USE_TARGET, NULL);
    samplers[0] = sampler_make(W3D_GPU_NEAREST, W3D_GPU_REPEAT);
    g.shader = shaders[1];
    group_entry(&g, 0, textures[0], no_sampler);
    group_entry(&g, 1, no_texture, samplers[0]);
    w3d_gpu_group_create(gpu, &g, &groups[0]);
    target.id = 0;
}
static void sampled_draw(void)
{
    w3d_gpu_pass *pass = pass_open(textures[0]);
    plain_draw(pass, 0, 1, 0, 0, 1, 0, 0.5f, 1, 0.5f);
    plain_draw(pass, 0, 0, 1, 0, 1, 0, -0.5f, 1, 0.5f);
    w3d_gpu_pass_end(pass);
    pass = pass_open(target);
    draw(pass, 1, groups[0], 4);
    w3d_gpu_pass_end(pass);
}

/* ---- 10: a buffer written, copied, written in part, read ---- */

static void buffer_make_scene(void)
{
    uint32_t data[64], part[4] = { 1000, 1001, 1002, 1003 };
    for (uint32_t i = 0; i < 64; i++) data[i] = i * 3;
    buffers[0] =
        buffer_make(W3D_GPU_USE_VERTEX | W3D_GPU_USE_INDEX | W3D_GPU_USE_READ, data, sizeof data);
    buffers[1] = buffer_make(W3D_GPU_USE_INDEX | W3D_GPU_USE_READ, NULL, sizeof data);
    buffers[2] =
        buffer_make(W3D_GPU_USE_VERTEX | W3D_GPU_USE_INDEX | W3D_GPU_USE_READ, NULL, sizeof data);
    w3d_gpu_buffer_copy(gpu, buffers[2], 16, buffers[0], 0, 128);
    w3d_gpu_buffer_copy(gpu, buffers[1], 0, buffers[2], 0, 256);
    w3d_gpu_buffer_write(gpu, buffers[1], 32, part, sizeof part);
    read_buffer = buffers[1];
    read_size = 256;
}
static void nothing_draw(void) {}

/* ---- 11: a cube map: each face a column ---- */

static const char cube[] =
    CORNERS "@group(1) @binding(0) var t: texture_cube<f32>;\n"
            "@group(1) @binding(1) var s: sampler;\n"
            "struct V { @builtin(position) p: vec4f, @location(0) uv: vec2f }\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32) -> V { return V(vec4f(corner(i), 0, 1), "
            "uv_of(i)); }\n"
            "@fragment fn fs(v: V) -> @location(0) vec4f {\n"
            "    let ways = array(vec3f(1, 0, 0), vec3f(-1, 0, 0), vec3f(0, 1, 0), vec3f(0, -1, "
            "0), vec3f(0, 0, 1), vec3f(0, 0, -1));\n"
            "    return textureSampleLevel(t, s, ways[min(u32(v.uv.x * 6.0), 5u)], 0.0);\n}\n";

static void cube_make(void)
{
    uint8_t data[6 * 4 * 4];
    w3d_gpu_texture_desc t = { 0 };
    w3d_gpu_group_desc g = { 0 };
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(cube));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &desc);
    for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(40 * (i / 16) + 10 * (i & 3));
    t.kind = W3D_GPU_CUBE;
    t.width = t.height = 2;
    t.data = data;
    w3d_gpu_texture_create(gpu, &t, &textures[0]);
    samplers[0] = sampler_make(W3D_GPU_LINEAR, W3D_GPU_CLAMP);
    g.shader = shaders[0];
    group_entry(&g, 0, textures[0], no_sampler);
    group_entry(&g, 1, no_texture, samplers[0]);
    w3d_gpu_group_create(gpu, &g, &groups[0]);
}

/* ---- 12: a target of integers, all 32 bits ---- */

static const char integers[] = CORNERS
    "@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f { return "
    "vec4f(corner(i), 0, 1); }\n"
    "@fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4u {\n"
    "    return vec4u(0xF0000000u + u32(p.x) + 64u * u32(p.y), 7u, 0xFFFFFFFFu, u32(p.y)); }\n";

static void integers_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(integers));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.colors[0].format = W3D_GPU_RGBA32UI;
    pipeline_make(0, &desc);
    target = textures[0] = texture_make(W3D_GPU_RGBA32UI, SIDE, SIDE, READ_TARGET, NULL);
}

/* ---- 13: stencil: drawn where a mask was written ---- */

static void stencil_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(plain));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.no_depth = 0;
    desc.depth_format = W3D_GPU_DEPTH24_STENCIL8;
    desc.depth_compare = W3D_GPU_ALWAYS;
    desc.depth_keep = 1;
    desc.stencil_front.pass = desc.stencil_back.pass = W3D_GPU_REPLACE;
    desc.colors[0].mask_off = 15;
    pipeline_make(0, &desc);
    desc.stencil_front.pass = desc.stencil_back.pass = W3D_GPU_KEEP;
    desc.stencil_front.compare = desc.stencil_back.compare = W3D_GPU_EQUAL;
    desc.colors[0].mask_off = 0;
    pipeline_make(1, &desc);
    textures[0] = texture_make(W3D_GPU_DEPTH24_STENCIL8, SIDE, SIDE, W3D_GPU_USE_TARGET, NULL);
}
static void stencil_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    desc.color[0].texture = target;
    desc.depth.texture = textures[0];
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_stencil_reference(pass, 5);
    plain_draw(pass, 0, 1, 1, 1, 1, -0.5f, 0, 0.5f, 1); /* left half */
    plain_draw(pass, 1, 0, 1, 1, 1, 0, 0.5f, 1, 0.5f);  /* upper half, where it is 5 */
    w3d_gpu_stencil_reference(pass, 0);
    plain_draw(pass, 1, 1, 0, 1, 1, 0, -0.5f, 1, 0.5f); /* lower half, where it is 0 */
    w3d_gpu_pass_end(pass);
}

/* ---- 14: uniforms of a material, and a buffer of instances that changes in the pass ---- */

static const char material[] =
    CORNERS "struct M { tint: vec4f, scale: f32 }\n"
            "@group(1) @binding(3) var<uniform> m: M;\n"
            "struct V { @builtin(position) p: vec4f, @location(0) c: vec4f }\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32, @location(2) place: vec2f, @location(5) "
            "c: vec4u) -> V {\n"
            "    return V(vec4f(corner(i) * m.scale + place, 0, 1), vec4f(c) / 255.0 * m.tint); }\n"
            "@fragment fn fs(v: V) -> @location(0) vec4f { return v.c; }\n";

static void material_make(void)
{
    typedef struct one {
        float x, y;
        uint8_t c[4];
    } one;
    static const one places[4] = { { -0.75f, 0.75f, { 255, 0, 0, 255 } },
                                   { -0.25f, 0.75f, { 0, 255, 0, 255 } },
                                   { -0.75f, -0.75f, { 0, 0, 255, 255 } },
                                   { -0.25f, -0.75f, { 255, 255, 0, 255 } } };
    float data[68] = { 0 };
    w3d_gpu_group_desc g = { 0 };
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(material));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.buffers[0].per_instance = 1;
    desc.attributes[0].format = W3D_GPU_FLOAT2;
    desc.attributes[0].location = 2;
    desc.attributes[1].format = W3D_GPU_UINT8X4;
    desc.attributes[1].location = 5;
    desc.attributes[1].offset = 8;
    pipeline_make(0, &desc);
    data[64] = data[65] = data[66] = 0.5f;
    data[67] = 1;
    buffers[0] = buffer_make(W3D_GPU_USE_UNIFORM, data, 256 + 20);
    float scale = 0.25f;
    w3d_gpu_buffer_write(gpu, buffers[0], 256, data + 64, 16);
    w3d_gpu_buffer_write(gpu, buffers[0], 272, &scale, 4);
    buffers[1] = buffer_make(W3D_GPU_USE_VERTEX, places, sizeof places);
    g.shader = shaders[0];
    g.entries[0].binding = 3;
    g.entries[0].buffer = buffers[0];
    g.entries[0].offset = 256;
    g.entry_count = 1;
    w3d_gpu_group_create(gpu, &g, &groups[0]);
}
static void material_draw(void)
{
    w3d_gpu_draw_desc one = { 0 };
    w3d_gpu_pass *pass = pass_open(target);
    one.pipeline = pipelines[0];
    one.group = groups[0];
    one.count = 4;
    one.instances = 2;
    w3d_gpu_instance_buffer(pass, 0, buffers[1], 0);
    w3d_gpu_draw(pass, &one);
    w3d_gpu_instance_buffer(pass, 0, buffers[1], 24);
    w3d_gpu_draw(pass, &one);
    w3d_gpu_pass_end(pass);
}

/* ---- 15: a depth texture compared with, an array, a 3D texture, a copy ---- */

static const char several[] =
    CORNERS "@group(1) @binding(0) var shadow: texture_depth_2d;\n"
            "@group(1) @binding(1) var compare: sampler_comparison;\n"
            "@group(1) @binding(2) var layers: texture_2d_array<f32>;\n"
            "@group(1) @binding(3) var volume: texture_3d<f32>;\n"
            "@group(1) @binding(4) var s: sampler;\n"
            "@group(1) @binding(5) var whole: texture_2d<u32>;\n"
            "struct V { @builtin(position) p: vec4f, @location(0) uv: vec2f }\n"
            "@vertex fn vs(@builtin(vertex_index) i: u32) -> V { return V(vec4f(corner(i), 0, 1), "
            "uv_of(i)); }\n"
            "@fragment fn fs(v: V) -> @location(0) vec4f {\n"
            "    let lit = textureSampleCompareLevel(shadow, compare, v.uv, 0.5);\n"
            "    let layer = textureSampleLevel(layers, s, v.uv, 1, 0.0);\n"
            "    let inside = textureSampleLevel(volume, s, vec3f(0.5, 0.5, v.uv.x), 0.0);\n"
            "    let bits = textureLoad(whole, vec2i(1, 0), 0);\n"
            "    return vec4f(lit, layer.r, inside.r, f32(bits.r >> 31u)); }\n";

static void several_make(void)
{
    static const uint8_t layers[3][4] = { { 10 }, { 20 }, { 30 } };
    static const uint8_t volume[2] = { 0, 255 };
    static const uint32_t whole[2] = { 1, 0x80000000u };
    w3d_gpu_texture_desc t = { 0 };
    w3d_gpu_sampler_desc s = { 0 };
    w3d_gpu_texture_region from = { 0 }, to = { 0 };
    w3d_gpu_group_desc g = { 0 };
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(several)), first = { 0 };
    desc.topology = first.topology = W3D_GPU_TRIANGLE_STRIP;
    pipeline_make(0, &desc);
    first.shader = shaders[1] = shader_make(plain);
    first.samples = 1;
    first.depth_only = 1;
    first.depth_format = W3D_GPU_DEPTH32F;
    first.depth_compare = W3D_GPU_ALWAYS;
    pipeline_make(1, &first);
    textures[0] = texture_make(W3D_GPU_DEPTH32F, 16, 16, W3D_GPU_USE_TARGET, NULL);
    t.kind = W3D_GPU_2D_ARRAY;
    t.format = W3D_GPU_RGBA8;
    t.width = t.height = 1;
    t.depth = 3;
    t.data = layers;
    w3d_gpu_texture_create(gpu, &t, &textures[1]);
    t.data = NULL;
    w3d_gpu_texture_create(gpu, &t, &textures[2]);
    from.texture = textures[1];
    to.texture = textures[2];
    from.z = 2; /* layer 2 to layer 1 */
    to.z = 1;
    from.width = from.height = from.depth = to.width = to.height = to.depth = 1;
    w3d_gpu_texture_copy(gpu, &to, &from);
    t.kind = W3D_GPU_3D;
    t.format = W3D_GPU_R8;
    t.depth = 2;
    t.data = volume;
    w3d_gpu_texture_create(gpu, &t, &textures[3]);
    textures[4] = texture_make(W3D_GPU_R32UI, 2, 1, 0, whole);
    samplers[0] = sampler_make(W3D_GPU_LINEAR, W3D_GPU_CLAMP);
    s.compare = W3D_GPU_LESS;
    s.magnify = s.minify = s.mip = W3D_GPU_NEAREST;
    w3d_gpu_sampler_create(gpu, &s, &samplers[1]);
    g.shader = shaders[0];
    group_entry(&g, 0, textures[0], no_sampler);
    group_entry(&g, 1, no_texture, samplers[1]);
    group_entry(&g, 2, textures[2], no_sampler);
    group_entry(&g, 3, textures[3], no_sampler);
    group_entry(&g, 4, no_texture, samplers[0]);
    group_entry(&g, 5, textures[4], no_sampler);
    w3d_gpu_group_create(gpu, &g, &groups[0]);
}
static void several_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    const float view[4] = { 0, 0, 16, 8 };
    desc.depth_only = 1;
    desc.depth.texture = textures[0];
    desc.depth.clear = 0.25f;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_viewport(pass, view, 0.5f, 1); /* the upper half to 0.75 */
    plain_draw(pass, 1, 1, 1, 1, 1, 0, 0, 1, 1);
    w3d_gpu_pass_end(pass);
    quad_draw();
}

/* ---- 16: two targets with masks of their own, halves, a query ---- */

static const char two[] = CORNERS
    "struct R { @location(0) a: vec4f, @location(1) b: vec4f }\n"
    "@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f { return "
    "vec4f(corner(i), 0, 1); }\n"
    "@fragment fn fs() -> R { return R(vec4f(1, 1, 1, 1), vec4f(0.1, -2, 65504, 0.00001)); }\n";

static void two_make(void)
{
    w3d_gpu_pipeline_desc desc = flat(shaders[0] = shader_make(two));
    desc.topology = W3D_GPU_TRIANGLE_STRIP;
    desc.color_count = 2;
    desc.colors[0].mask_off = 2;
    desc.colors[1].format = W3D_GPU_RGBA16F;
    pipeline_make(0, &desc);
    textures[0] = texture_make(W3D_GPU_RGBA8, SIDE, SIDE, READ_TARGET, NULL);
    target = textures[1] = texture_make(W3D_GPU_RGBA16F, SIDE, SIDE, READ_TARGET, NULL);
}
static void two_draw(void)
{
    w3d_gpu_pass_desc desc = { 0 };
    desc.color[0].texture = textures[0];
    desc.color[1].texture = textures[1];
    desc.color_count = 2;
    desc.time_id = 5;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_query_begin(pass, 77);
    draw(pass, 0, no_group, 4);
    w3d_gpu_query_end(pass);
    w3d_gpu_pass_end(pass);
}

/* ---- the table ---- */

typedef struct scene {
    const char *name;
    void (*make)(void), (*draw)(void);
    uint32_t width, height;
} scene;
static const scene scenes[] = {
    { "triangle on the surface", triangle_surface_make, triangle_surface_draw, SIDE, SIDE },
    { "triangle on a texture", triangle_texture_make, triangle_surface_draw, SIDE, SIDE },
    { "depth, indices", depth_make, depth_draw, SIDE, SIDE },
    { "mip levels", mips_make, quad_draw, SIDE, SIDE },
    { "blending", blend_make, blend_draw, SIDE, SIDE },
    { "instances", instances_make, instances_draw, SIDE, SIDE },
    { "5000 draws", many_make, many_draw, 100, 50 },
    { "viewport and scissor", scissor_make, scissor_draw, SIDE, SIDE },
    { "four samples", msaa_make, msaa_draw, SIDE, SIDE },
    { "a target sampled", sampled_make, sampled_draw, SIDE, SIDE },
    { "a buffer read", buffer_make_scene, nothing_draw, SIDE, SIDE },
    { "cube map", cube_make, quad_draw, SIDE, SIDE },
    { "integers", integers_make, quad_draw, SIDE, SIDE },
    { "stencil", stencil_make, stencil_draw, SIDE, SIDE },
    { "material, instance buffer", material_make, material_draw, SIDE, SIDE },
    { "kinds of textures", several_make, several_draw, SIDE, SIDE },
    { "two targets", two_make, two_draw, SIDE, SIDE },
};

/* ---- what the page calls ---- */

EXPORT(scene_count) uint32_t scene_count(void) { return COUNT(scenes); }
EXPORT(scene_name) const char *scene_name(uint32_t i) { return scenes[i].name; }
EXPORT(scene_messages) const char *scene_messages(void)
{
    messages[message_size] = 0;
    return messages;
}
EXPORT(scene_forget) void scene_forget(void) { message_size = errors = 0; }

EXPORT(scene_gpu) uint32_t scene_gpu(uint32_t api, uint32_t canvas, uint32_t samples)
{
    w3d_gpu_desc desc = { 0 };
    web[0].api = (w3d_gpu_api)api;
    web[0].canvas = canvas;
    desc.backend = w3d_gpu_web(&web[0]);
    desc.width = desc.height = SIDE;
    desc.samples = samples;
    desc.message = message;
    return (uint32_t)w3d_gpu_create(&desc, &gpu);
}
EXPORT(scene_poll) uint32_t scene_poll(void) { return (uint32_t)w3d_gpu_poll(gpu); }
EXPORT(scene_close) void scene_close(void)
{
    w3d_gpu_destroy(gpu);
    gpu = NULL;
}
EXPORT(scene_caps) const w3d_gpu_caps *scene_caps(void) { return w3d_gpu_get_caps(gpu); }
EXPORT(scene_switch) uint32_t scene_switch(uint32_t number, uint32_t api, uint32_t canvas)
{
    web[number].api = (w3d_gpu_api)api;
    web[number].canvas = canvas;
    w3d_gpu_backend backend = w3d_gpu_web(&web[number]);
    return (uint32_t)w3d_gpu_switch(gpu, &backend);
}

/* Frees what the scene before made, makes this one's. */
EXPORT(scene_end) void scene_end(void)
{
    if (target.id && target.id != textures[0].id && target.id != textures[1].id)
        w3d_gpu_texture_destroy(gpu, target);
    target.id = read_buffer.id = 0;
    for (uint32_t i = 0; i < COUNT(meshes); i++)
        if (meshes[i].id) w3d_gpu_mesh_destroy(gpu, meshes[i]);
    for (uint32_t i = 0; i < COUNT(groups); i++)
        if (groups[i].id) w3d_gpu_group_destroy(gpu, groups[i]);
    for (uint32_t i = 0; i < COUNT(pipelines); i++)
        if (pipelines[i].id) w3d_gpu_pipeline_destroy(gpu, pipelines[i]);
    for (uint32_t i = 0; i < COUNT(shaders); i++)
        if (shaders[i].id) w3d_gpu_shader_destroy(gpu, shaders[i]);
    for (uint32_t i = 0; i < COUNT(samplers); i++)
        if (samplers[i].id) w3d_gpu_sampler_destroy(gpu, samplers[i]);
    for (uint32_t i = 0; i < COUNT(textures); i++)
        if (textures[i].id) w3d_gpu_texture_destroy(gpu, textures[i]);
    for (uint32_t i = 0; i < COUNT(buffers); i++)
        if (buffers[i].id) w3d_gpu_buffer_destroy(gpu, buffers[i]);
    for (uint32_t i = 0; i < object_count; i++) w3d_gpu_object_destroy(gpu, objects[i]);
    w3d_fill(meshes, 0, sizeof meshes);
    w3d_fill(groups, 0, sizeof groups);
    w3d_fill(pipelines, 0, sizeof pipelines);
    w3d_fill(shaders, 0, sizeof shaders);
    w3d_fill(samplers, 0, sizeof samplers);
    w3d_fill(textures, 0, sizeof textures);
    w3d_fill(buffers, 0, sizeof buffers);
    object_count = 0;
}
EXPORT(scene_make) void scene_make(uint32_t i)
{
    scene_now = i;
    side_x = scenes[i].width;
    side_y = scenes[i].height;
    target = texture_make(W3D_GPU_RGBA8, side_x, side_y, READ_TARGET, NULL);
    w3d_gpu_texture made = target;
    scenes[i].make();
    if (target.id != made.id) w3d_gpu_texture_destroy(gpu, made);
}
/* 0: drawn; 1: some pipeline was not ready; else 2 + the error. */
EXPORT(scene_frame) uint32_t scene_frame(void)
{
    scenes[scene_now].draw();
    w3d_result result = w3d_gpu_submit(gpu);
    return result ? 2 + (uint32_t)result : w3d_gpu_get_counters(gpu)->draws_skipped != 0;
}
EXPORT(scene_draw) void scene_draw(void) { scenes[scene_now].draw(); }
EXPORT(scene_submit) uint32_t scene_submit(void) { return (uint32_t)w3d_gpu_submit(gpu); }
EXPORT(scene_issued) uint32_t scene_issued(void) { return w3d_gpu_get_counters(gpu)->draws_issued; }
EXPORT(scene_read) uint32_t scene_read(void)
{
    w3d_gpu_texture_region region = { 0 };
    region.texture = target;
    w3d_result result = read_buffer.id
                            ? w3d_gpu_read_buffer(gpu, read_buffer, 0, read_size, &download)
                            : w3d_gpu_read_texture(gpu, &region, &download);
    return result ? (uint32_t)result : (uint32_t)w3d_gpu_submit(gpu);
}
EXPORT(scene_read_other) uint32_t scene_read_other(void) /* the first texture instead */
{
    w3d_gpu_texture_region region = { 0 };
    region.texture = textures[0];
    w3d_result result = w3d_gpu_read_texture(gpu, &region, &download);
    return result ? (uint32_t)result : (uint32_t)w3d_gpu_submit(gpu);
}
/* Bytes that came; 0: none yet; -1: never. */
EXPORT(scene_take) int32_t scene_take(void)
{
    size_t size = 0;
    w3d_result result = w3d_gpu_download_take(gpu, download, pixels, sizeof pixels, &size);
    return result == W3D_ERR_BUSY ? 0 : result ? -1 : (int32_t)size;
}
EXPORT(scene_pixels) const uint8_t *scene_pixels(void) { return pixels; }
EXPORT(scene_query) int32_t scene_query(void)
{
    return w3d_gpu_query_result(gpu, 77, &passed_samples) ? -1 : (int32_t)passed_samples;
}
/* Nanoseconds of the scene with two targets; -1: not there yet, -2: the device cannot tell. */
EXPORT(scene_time) double scene_time(void)
{
    uint64_t nanoseconds;
    if (!w3d_gpu_get_caps(gpu)->timestamps) return -2;
    return w3d_gpu_time(gpu, 5, &nanoseconds) ? -1 : (double)nanoseconds;
}
/* A shader that no device takes: hand-written, wrong in both languages. */
EXPORT(scene_bad_shader) void scene_bad_shader(void)
{
    w3d_gpu_shader_desc desc = { 0 };
    desc.wgsl = "@vertex fn vs() -> @builtin(position) vec4f { return missing; }\n"
                "@fragment fn fs() -> @location(0) vec4f { return vec4f(1); }\n";
    desc.glsl_vertex = "void main() { gl_Position = missing; }\n";
    desc.glsl_fragment = "out vec4 c; void main() { c = vec4(1); }\n";
    w3d_gpu_shader_create(gpu, &desc, &shaders[0]);
    w3d_gpu_pipeline_desc p = flat(shaders[0]);
    pipeline_make(0, &p);
    w3d_gpu_submit(gpu);
}
EXPORT(scene_resize) uint32_t scene_resize(uint32_t width, uint32_t height)
{
    return (uint32_t)w3d_gpu_resize(gpu, width, height);
}
/* A row of the table changes, as in each frame of a program. */
EXPORT(scene_move) void scene_move(uint32_t i)
{
    if (object_count) row_set(objects[0], 0.5f, 0.5f, 0.5f, 0.5f, 0, (float)(i & 1), 1);
}
