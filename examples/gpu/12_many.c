/* 12_many.c - 20,000 objects, each a draw of its own: sorted and merged into a handful of operations.
 *
 *   cc -O2 -DW3D_STATIC=1 -I. -include examples/gpu/native.c examples/gpu/12_many.c -o many && ./many many.png */
#include "examples/gpu/example.h"

enum { SIDE = 200, COUNT = SIDE * (SIDE / 2) };

static w3d_gpu_pipeline pipeline;
static w3d_gpu_mesh meshes[2];
static w3d_gpu_object objects[COUNT];

static const char shader_text[] =
    "struct Frame { view_projection: mat4x4f }\n"
    "struct Object { model: mat4x4f, tint: vec4f }\n"
    "@group(0) @binding(0) var<uniform> frame: Frame;\n"
    "@group(0) @binding(1) var<storage, read> objects: array<Object>;\n"
    "struct Varying { @builtin(position) position: vec4f, @location(0) @interpolate(flat) tint: vec4f }\n"
    "@vertex fn vs(@location(0) position: vec3f, @builtin(instance_index) row: u32) -> Varying {\n"
    "    return Varying(frame.view_projection * objects[row].model * vec4f(position, 1.0), objects[row].tint);\n"
    "}\n"
    "@fragment fn fs(in: Varying) -> @location(0) vec4f { return in.tint; }\n";

/* A tetrahedron and a square pyramid, one behind the other in the same buffers: an arena. */
static int make_meshes(w3d_gpu *gpu)
{
    static const float points[9][3] = { { 0, 1, 0 }, { 0, 0, 0.6f }, { 0.5f, 0, -0.3f }, { -0.5f, 0, -0.3f },
                                        { 0, 0.7f, 0 }, { -0.4f, 0, 0.4f }, { 0.4f, 0, 0.4f }, { 0.4f, 0, -0.4f }, { -0.4f, 0, -0.4f } };
    static const uint32_t indices[21] = { 0, 1, 2, 0, 2, 3, 0, 3, 1, 4, 5, 6, 4, 6, 7, 4, 7, 8, 4, 8, 5 };
    w3d_gpu_buffer_desc point_desc = { .size = sizeof points, .data = points }, index_desc = { .size = sizeof indices, .data = indices };
    w3d_gpu_mesh_desc desc = { .count = 9 };
    if (w3d_gpu_buffer_create(gpu, &point_desc, &desc.vertices[0]) || w3d_gpu_buffer_create(gpu, &index_desc, &desc.indices) ||
        w3d_gpu_mesh_create(gpu, &desc, &meshes[0])) return 0;
    desc.first = 9, desc.count = 12;
    return !w3d_gpu_mesh_create(gpu, &desc, &meshes[1]);
}

int example_make(w3d_gpu *gpu)
{
    w3d_gpu_pipeline_desc desc = { .attributes[0].format = W3D_GPU_FLOAT3 };
    if (!example_shader(gpu, shader_text, NULL, &desc.shader) || w3d_gpu_pipeline_create(gpu, &desc, &pipeline) || !make_meshes(gpu)) return 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct { w3d_mat4 model; float tint[4]; } row;
        uint32_t random = w3d_hash_u32(i);
        float x = (float)(i % SIDE) - SIDE / 2, z = -(float)(i / SIDE), size = 0.4f + (float)(random & 255) / 400;
        row.model = w3d_mat4_from_trs(w3d_vec3_make(x, 0, z), w3d_quat_from_axis(w3d_vec3_make(0, 1, 0), (float)(random >> 8 & 255)), w3d_vec3_make(size, size, size));
        for (int k = 0; k < 3; k++) row.tint[k] = 0.25f + (float)(random >> (8 * k + 8) & 127) / 200;
        row.tint[3] = 1;
        if (w3d_gpu_object_create(gpu, &objects[i]) || w3d_gpu_object_set(gpu, objects[i], &row, sizeof row)) return 0;
    }
    return 1;
}

int example_draw(w3d_gpu *gpu, float seconds, uint32_t width, uint32_t height)
{
    w3d_mat4 view = w3d_mat4_look_at(w3d_vec3_make(3 * w3d_math_sin(seconds), 6, 8), w3d_vec3_make(0, 0, -20), w3d_vec3_make(0, 1, 0));
    w3d_mat4 projection = w3d_mat4_perspective(0.8f, (float)width / (float)height, 0.5f, 300);
    w3d_mat4 view_projection = w3d_mat4_multiply(&projection, &view);
    w3d_gpu_pass_desc desc = { .color[0].clear = { 0.55f, 0.65f, 0.75f, 1 }, .constants = &view_projection, .constants_size = sizeof view_projection, .sort = 1 };
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    for (uint32_t i = 0; pass && i < COUNT; i++) {
        w3d_gpu_draw_desc draw = { .pipeline = pipeline, .mesh = meshes[w3d_hash_u32(i) & 1], .object = objects[i] };
        if (w3d_gpu_draw(pass, &draw)) return 0;
    }
    return pass && !w3d_gpu_pass_end(pass) && !w3d_gpu_submit(gpu);
}
