/* gpu_soft_scene.h - small scenes on the software back-end: what its tests share. */
#ifndef GPU_SOFT_SCENE_H
#define GPU_SOFT_SCENE_H

#include "gpu/gpu.h"
#include "gpu/gpu_soft.h"
#include "test.h"

typedef struct scene {
    w3d_gpu *gpu;
    uint32_t width, height, samples;
    w3d_gpu_format depth;
    w3d_gpu_shader plain; /* position and colour as the attributes 0 and 1 say */
    w3d_gpu_shader rows;  /* position and colour from the frame block, row by row */
    uint8_t pixels[32 * 32 * 4];
    char said[1024];
} scene;

static const char scene_plain[] =
    "struct V { @builtin(position) position: vec4f, @location(0) color: vec4f }\n"
    "@vertex fn vs(@location(0) position: vec4f, @location(1) color: vec4f) -> V {\n"
    "    var out: V; out.position = position; out.color = color; return out; }\n"
    "@fragment fn fs(in: V) -> @location(0) vec4f { return in.color; }\n";

enum { SCENE_ROWS = 16 };
static const char scene_rows[] =
    "struct Frame { rows: array<vec4f, 32> }\n"
    "@group(0) @binding(0) var<uniform> frame: Frame;\n"
    "struct V { @builtin(position) position: vec4f, @location(0) color: vec4f }\n"
    "@vertex fn vs(@builtin(vertex_index) i: u32) -> V {\n"
    "    var out: V; out.position = frame.rows[2 * i]; out.color = frame.rows[2 * i + 1];\n"
    "    return out; }\n"
    "@fragment fn fs(in: V) -> @location(0) vec4f { return in.color; }\n";

static inline void scene_hear(void *user, w3d_result code, const char *text)
{
    scene *s = (scene *)user;
    (void)code;
    if (!s->said[0]) snprintf(s->said, sizeof s->said, "%s", text);
}

static inline w3d_gpu_shader scene_shader(scene *s, const char *text, uint32_t frame_size,
                                          uint32_t object_size, const w3d_gpu_binding *bindings,
                                          uint32_t binding_count)
{
    w3d_gpu_shader_desc desc;
    w3d_gpu_shader shader = { 0 };
    memset(&desc, 0, sizeof desc);
    desc.wgsl = text;
    desc.frame_size = frame_size;
    desc.object_size = object_size;
    desc.binding_count = binding_count;
    for (uint32_t i = 0; i < binding_count; i++) desc.bindings[i] = bindings[i];
    if (strstr(text, "@compute")) desc.compute_entry = "cs";
    w3d_result result = w3d_gpu_shader_create(s->gpu, &desc, &shader);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    return shader;
}

static inline int scene_try_depth(scene *s, uint32_t width, uint32_t height, uint32_t samples,
                                  w3d_gpu_format depth, const w3d_allocator *allocator)
{
    w3d_gpu_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(s, 0, sizeof *s);
    s->width = width;
    s->height = height;
    s->samples = samples;
    s->depth = depth;
    desc.backend = w3d_gpu_soft(NULL);
    desc.width = width;
    desc.height = height;
    desc.samples = samples;
    desc.surface_depth = depth;
    desc.object_size = 32;
    desc.message = scene_hear;
    desc.user = s;
    if (allocator) desc.allocator = *allocator;
    return w3d_gpu_create(&desc, &s->gpu) == W3D_OK;
}

static inline int scene_try(scene *s, uint32_t width, uint32_t height, uint32_t samples,
                            const w3d_allocator *allocator)
{
    return scene_try_depth(s, width, height, samples, W3D_GPU_DEPTH24, allocator);
}

static inline void scene_open_depth(scene *s, uint32_t width, uint32_t height, uint32_t samples,
                                    w3d_gpu_format depth)
{
    CHECK(scene_try_depth(s, width, height, samples, depth, NULL));
    s->plain = scene_shader(s, scene_plain, 0, 0, NULL, 0);
    s->rows = scene_shader(s, scene_rows, SCENE_ROWS * 32, 0, NULL, 0);
}

static inline void scene_open(scene *s, uint32_t width, uint32_t height, uint32_t samples)
{
    scene_open_depth(s, width, height, samples, W3D_GPU_DEPTH24);
}

/* Closes it; what its tests did not ask for was not said. */
static inline void scene_close(scene *s)
{
    if (s->gpu) w3d_gpu_destroy(s->gpu);
    s->gpu = NULL;
}

static inline w3d_gpu_buffer scene_buffer(scene *s, const void *data, size_t size, uint32_t use)
{
    w3d_gpu_buffer_desc desc;
    w3d_gpu_buffer buffer = { 0 };
    memset(&desc, 0, sizeof desc);
    desc.size = (uint32_t)size;
    desc.data = data;
    desc.use = use;
    CHECK(w3d_gpu_buffer_create(s->gpu, &desc, &buffer) == W3D_OK);
    return buffer;
}

static inline w3d_gpu_texture scene_texture(scene *s, w3d_gpu_texture_kind kind,
                                            w3d_gpu_format format, uint32_t width, uint32_t height,
                                            uint32_t depth, uint32_t mips, const void *data)
{
    w3d_gpu_texture_desc desc;
    w3d_gpu_texture texture = { 0 };
    memset(&desc, 0, sizeof desc);
    desc.kind = kind;
    desc.format = format;
    desc.width = width;
    desc.height = height;
    desc.depth = depth;
    desc.mips = mips;
    desc.data = data;
    desc.use = data ? W3D_GPU_USE_TEXTURE_READ : W3D_GPU_USE_TEXTURE_READ | W3D_GPU_USE_TARGET;
    if (kind == W3D_GPU_3D && !data) desc.use = W3D_GPU_USE_TEXTURE_READ;
    w3d_result result = w3d_gpu_texture_create(s->gpu, &desc, &texture);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    return texture;
}

/* A level's layer as bytes; gives how many. */
static inline size_t scene_read(scene *s, w3d_gpu_texture texture, uint32_t mip, uint32_t z,
                                void *out)
{
    w3d_gpu_texture_region region;
    w3d_gpu_download download;
    size_t size = 0;
    memset(&region, 0, sizeof region);
    region.texture = texture;
    region.mip = mip;
    region.z = z;
    CHECK(w3d_gpu_read_texture(s->gpu, &region, &download) == W3D_OK);
    w3d_result result = w3d_gpu_submit(s->gpu);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    CHECK(w3d_gpu_download_take(s->gpu, download, out, 1 << 20, &size) == W3D_OK);
    return size;
}

/* Submits and keeps the surface's picture. */
static inline void scene_shot(scene *s)
{
    w3d_gpu_texture none = { 0 };
    CHECK(scene_read(s, none, 0, 0, s->pixels) == (size_t)s->width * s->height * 4);
}

static inline const uint8_t *scene_at(const scene *s, int x, int y)
{
    return s->pixels + ((size_t)y * s->width + (size_t)x) * 4;
}

static inline int scene_is(const scene *s, int x, int y, int r, int g, int b, int a)
{
    const uint8_t *p = scene_at(s, x, y);
    if (p[0] == r && p[1] == g && p[2] == b && p[3] == a) return 1;
    printf("pixel %d, %d is %d %d %d %d, not %d %d %d %d\n", x, y, p[0], p[1], p[2], p[3], r, g, b,
           a);
    return 0;
}

/* A pipeline of the shader of rows, nothing culled. */
static inline w3d_gpu_pipeline_desc scene_pipeline(const scene *s)
{
    w3d_gpu_pipeline_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.shader = s->rows;
    desc.depth_format = s->depth;
    desc.depth_compare = W3D_GPU_LESS_EQUAL;
    return desc;
}

/* ... and of the plain one: two float4. */
static inline w3d_gpu_pipeline_desc scene_pipeline_plain(const scene *s)
{
    w3d_gpu_pipeline_desc desc = scene_pipeline(s);
    desc.shader = s->plain;
    desc.attributes[0].format = desc.attributes[1].format = W3D_GPU_FLOAT4;
    desc.attributes[1].location = 1;
    desc.attributes[1].offset = 16;
    return desc;
}

static inline w3d_gpu_pipeline scene_make(scene *s, const w3d_gpu_pipeline_desc *desc)
{
    w3d_gpu_pipeline pipeline = { 0 };
    w3d_result result = w3d_gpu_pipeline_create(s->gpu, desc, &pipeline);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
    return pipeline;
}

static inline w3d_gpu_pass *scene_pass(scene *s, const float clear[4])
{
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc);
    if (clear) memcpy(desc.color[0].clear, clear, 16);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
    CHECK_MESSAGE(pass != NULL, "%s", w3d_gpu_message(s->gpu));
    return pass;
}

static inline w3d_gpu_pass *scene_pass_stencil(scene *s, uint32_t stencil)
{
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.depth.clear_stencil = stencil;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &desc);
    CHECK(pass != NULL);
    return pass;
}

static inline void scene_draw(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline,
                              w3d_gpu_mesh mesh)
{
    w3d_gpu_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.pipeline = pipeline;
    draw.mesh = mesh;
    w3d_result result = w3d_gpu_draw(pass, &draw);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
}

/* Draws up to SCENE_ROWS rows of eight floats, position and colour. */
static inline void scene_triangles(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline,
                                   const float *rows, uint32_t count)
{
    float block[SCENE_ROWS * 8];
    w3d_gpu_draw_desc draw;
    memset(block, 0, sizeof block);
    memcpy(block, rows, (size_t)count * 32);
    CHECK(w3d_gpu_constants(pass, block, sizeof block) == W3D_OK);
    memset(&draw, 0, sizeof draw);
    draw.pipeline = pipeline;
    draw.count = count;
    w3d_result result = w3d_gpu_draw(pass, &draw);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_gpu_message(s->gpu));
}

/* Covers everything at a depth with a colour in codes, counter-clockwise. */
static inline void scene_square(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline,
                                float depth, int r, int g, int b, int a)
{
    float rows[3][8] = { { -1, -1, 0, 1, 0, 0, 0, 0 },
                         { 3, -1, 0, 1, 0, 0, 0, 0 },
                         { -1, 3, 0, 1, 0, 0, 0, 0 } };
    for (int i = 0; i < 3; i++) {
        rows[i][2] = depth;
        rows[i][4] = (float)r / 255.0f;
        rows[i][5] = (float)g / 255.0f;
        rows[i][6] = (float)b / 255.0f;
        rows[i][7] = (float)a / 255.0f;
    }
    scene_triangles(s, pass, pipeline, rows[0], 3);
}

/* Draws a triangle of three vertices over an RGBA32F target and gives its first pixel. */
static inline void scene_target_pass(scene *s, w3d_gpu_pipeline pipeline, const void *vertices,
                                     size_t size, const float clear[4], const float constant[4],
                                     float out[4])
{
    w3d_gpu_pass_desc begin;
    w3d_gpu_mesh_desc mesh;
    w3d_gpu_mesh triangle = { 0 };
    float pixels[4 * 4 * 4];
    memset(&begin, 0, sizeof begin);
    memset(&mesh, 0, sizeof mesh);
    mesh.vertices[0] = scene_buffer(s, vertices, size, 0);
    mesh.count = 3;
    CHECK(w3d_gpu_mesh_create(s->gpu, &mesh, &triangle) == W3D_OK);
    begin.color[0].texture = scene_texture(s, W3D_GPU_2D, W3D_GPU_RGBA32F, 4, 4, 1, 1, NULL);
    memcpy(begin.color[0].clear, clear, 16);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(s->gpu, &begin);
    CHECK(pass != NULL);
    w3d_gpu_blend_constant(pass, constant);
    scene_draw(s, pass, pipeline, triangle);
    CHECK(w3d_gpu_pass_end(pass) == W3D_OK);
    CHECK(scene_read(s, begin.color[0].texture, 0, 0, pixels) == sizeof pixels);
    memcpy(out, pixels, 16);
    CHECK(w3d_gpu_texture_destroy(s->gpu, begin.color[0].texture) == W3D_OK);
}

static inline void scene_float_pass(scene *s, const w3d_gpu_pipeline_desc *desc, const float src[4],
                                    const float dst[4], const float constant[4], float out[4])
{
    float rows[3][8] = { { -1, -1, 0, 1, 0, 0, 0, 0 },
                         { 3, -1, 0, 1, 0, 0, 0, 0 },
                         { -1, 3, 0, 1, 0, 0, 0, 0 } };
    for (int i = 0; i < 3; i++) memcpy(rows[i] + 4, src, 16);
    scene_target_pass(s, scene_make(s, desc), rows, sizeof rows, dst, constant, out);
}

/* What an attribute of a format makes of four words. */
static inline void scene_format_pass(scene *s, w3d_gpu_vertex_format format,
                                     const uint32_t words[4], float out[4])
{
    static const float zero[4] = { 0, 0, 0, 0 };
    float rows[3][8] = { { -1, -1, 0, 1, 0, 0, 0, 0 },
                         { 3, -1, 0, 1, 0, 0, 0, 0 },
                         { -1, 3, 0, 1, 0, 0, 0, 0 } };
    w3d_gpu_pipeline_desc desc = scene_pipeline_plain(s);
    desc.no_depth = 1;
    desc.colors[0].format = W3D_GPU_RGBA32F;
    desc.attributes[1].format = format;
    desc.buffers[0].stride = 32;
    for (int i = 0; i < 3; i++) memcpy(rows[i] + 4, words, 16);
    scene_target_pass(s, scene_make(s, &desc), rows, sizeof rows, zero, zero, out);
}

#endif /* GPU_SOFT_SCENE_H */
