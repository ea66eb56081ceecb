/* scene.h - what the scenes are written with: a record that goes through three stages, and short
 * ways to make things that are destroyed with it; private to the scenes.
 *
 * A scene is one function, called once a stage: SCENE_MAKE makes resources, SCENE_DRAW records
 * passes and asks for downloads (when every pipeline is ready), SCENE_CHECK looks at what came. */
#ifndef TESTS_GPU_SCENE_H
#define TESTS_GPU_SCENE_H

#include "gpu/gpu.h"

enum { SCENE_MAKE, SCENE_DRAW, SCENE_CHECK };
enum { SCENE_MOST = 24, SCENE_BYTES = 256 * 256 * 4, SCENE_READS = 4, SCENE_SIDE = 64 };

typedef struct scene {
    w3d_gpu *gpu;
    int stage;
    w3d_result result;
    char message[512];
    const char *texts[8];
    uint32_t text_count;
    uint32_t kinds[SCENE_MOST], handles[SCENE_MOST],
        handle_count; /* what is destroyed at the end */
    w3d_gpu_object objects;
    uint32_t object_count;
    w3d_gpu_download downloads[SCENE_READS];
    uint32_t widths[SCENE_READS], heights[SCENE_READS], reads, taken;
    uint32_t sizes[SCENE_READS];

    /* the scene's own, from stage to stage */
    w3d_gpu_shader shader[4];
    w3d_gpu_pipeline pipeline[8];
    w3d_gpu_texture texture[6], target;
    w3d_gpu_sampler sampler[4];
    w3d_gpu_buffer buffer[6];
    w3d_gpu_group group[6];
    w3d_gpu_mesh mesh[4];
    w3d_gpu_object object[16];
    uint32_t number;
} scene;

extern uint8_t scene_data[SCENE_READS][SCENE_BYTES]; /* what was read */

typedef struct scene_entry {
    const char *name;
    void (*run)(scene *s);
} scene_entry;

/* Fails the scene: the first text stays. */
void scene_fail(scene *s, w3d_result result, const char *text);
/* Says that this device cannot: nothing more is done, and the scene counts as left out. */
void scene_unsupported(scene *s);

w3d_gpu_shader scene_shader(scene *s, const char *wgsl);
w3d_gpu_pipeline_desc scene_pipeline_desc(w3d_gpu_shader shader); /* one sample, no depth */
w3d_gpu_pipeline scene_pipeline(scene *s, const w3d_gpu_pipeline_desc *desc);
w3d_gpu_pipeline scene_plain(scene *s, w3d_gpu_shader shader); /* a pipeline as described above */
w3d_gpu_texture scene_target(scene *s, w3d_gpu_format format, uint32_t width, uint32_t height);
w3d_gpu_texture scene_texture(scene *s, const w3d_gpu_texture_desc *desc);
w3d_gpu_texture scene_picture_of(scene *s, uint32_t width, uint32_t height, const void *rgba);
w3d_gpu_buffer scene_buffer(scene *s, uint32_t use, const void *data, uint32_t size);
w3d_gpu_sampler scene_sampler(scene *s, const w3d_gpu_sampler_desc *desc);
w3d_gpu_group scene_group(scene *s, const w3d_gpu_group_desc *desc);
w3d_gpu_group scene_textured(scene *s, w3d_gpu_shader shader, w3d_gpu_texture t, w3d_gpu_sampler m);
w3d_gpu_mesh scene_mesh(scene *s, const w3d_gpu_mesh_desc *desc);

/* An object: a rectangle in parts of the target from its upper left corner, a depth, a colour. */
w3d_gpu_object scene_rect(scene *s, const float rect[4], float depth, uint32_t rgba);
void scene_set_rect(scene *s, w3d_gpu_object object, const float rect[4], float depth,
                    uint32_t rgba);

/* Begins a pass on a texture (none: the surface), cleared to a colour 0xRRGGBBAA. */
w3d_gpu_pass *scene_pass(scene *s, w3d_gpu_texture target, uint32_t rgba);
void scene_clear(float out[4], uint32_t rgba);
void scene_put(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline, w3d_gpu_group group,
               w3d_gpu_object object); /* six vertices without a mesh */
void scene_draw_of(scene *s, w3d_gpu_pass *pass, const w3d_gpu_draw_desc *draw);
void scene_end(scene *s, w3d_gpu_pass *pass);
void scene_read(scene *s, w3d_gpu_texture texture, uint32_t width, uint32_t height);
void scene_read_region(scene *s, const w3d_gpu_texture_region *region);
void scene_read_buffer(scene *s, w3d_gpu_buffer buffer, uint32_t offset, uint32_t size);

/* The pixel of a picture that was read, RGBA8, is 0xRRGGBBAA, give or take. */
void scene_expect(scene *s, uint32_t read, uint32_t x, uint32_t y, uint32_t rgba, int tolerance);
void scene_expect_word(scene *s, uint32_t read, uint32_t index, uint32_t value);
/* A whole rectangle x0 <= x < x1 of pixels. */
void scene_expect_box(scene *s, uint32_t read, const uint32_t box[4], uint32_t rgba, int tolerance);

/* ended by NULL */
extern const scene_entry scene_state_list[], scene_pass_list[], scene_resource_list[];

/* ---- shader texts ---- */

#define SCENE_OBJECTS                                                                              \
    "struct Object { rect: vec4f, color: vec4f, depth: f32, a: f32, b: u32, c: i32,\n"             \
    "                more: array<vec4f, 5> }\n"                                                    \
    "@group(0) @binding(1) var<storage, read> objects: array<Object>;\n"                           \
    "fn corner(i: u32, r: vec4f) -> vec2f {\n"                                                     \
    "    let x = select(r.x, r.z, i == 1u || i >= 4u);\n"                                          \
    "    let y = select(r.y, r.w, i == 2u || i == 3u || i == 5u);\n"                               \
    "    return vec2f(x * 2.0 - 1.0, 1.0 - y * 2.0);\n}\n"
#define SCENE_RECT_VERTEX                                                                          \
    "struct Varying { @builtin(position) position: vec4f, @location(0) color: vec4f,\n"            \
    "                 @location(1) uv: vec2f }\n"                                                  \
    "@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32) -> Varying {\n" \
    "    var v: Varying;\n"                                                                        \
    "    v.position = vec4f(corner(i, objects[n].rect), objects[n].depth, 1.0);\n"                 \
    "    v.color = objects[n].color;\n"                                                            \
    "    v.uv = corner(i, vec4f(0.0, 0.0, 1.0, 1.0)) * vec2f(0.5, -0.5) + 0.5;\n"                  \
    "    return v;\n}\n"
#define SCENE_RECTS                                                                                \
    SCENE_OBJECTS SCENE_RECT_VERTEX                                                                \
        "@fragment fn fs(v: Varying) -> @location(0) vec4f { return v.color; }\n"
/* A triangle over the whole target, uv from its upper left corner. */
#define SCENE_FULL                                                                                 \
    "struct Varying { @builtin(position) position: vec4f, @location(0) uv: vec2f }\n"              \
    "@vertex fn vs(@builtin(vertex_index) i: u32) -> Varying {\n"                                  \
    "    let p = vec2f(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0);\n"                      \
    "    return Varying(vec4f(p, 0.5, 1.0), p * vec2f(0.5, -0.5) + 0.5);\n}\n"

#endif /* TESTS_GPU_SCENE_H */
