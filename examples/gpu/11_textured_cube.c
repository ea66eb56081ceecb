/* 11_textured_cube.c - vertices and indices in buffers, a texture with mip levels, a camera, depth.
 *
 *   cc -O2 -DW3D_STATIC=1 -I. -include examples/gpu/native.c examples/gpu/11_textured_cube.c -o cube && ./cube cube.png */
#include "examples/gpu/example.h"

static w3d_gpu_pipeline pipeline;
static w3d_gpu_group group;
static w3d_gpu_mesh mesh;
static w3d_gpu_object object;

static const char shader_text[] =
    "struct Frame { view_projection: mat4x4f }\n"
    "struct Object { model: mat4x4f, tint: vec4f }\n"
    "@group(0) @binding(0) var<uniform> frame: Frame;\n"
    "@group(0) @binding(1) var<storage, read> objects: array<Object>;\n"
    "@group(1) @binding(0) var board: texture_2d<f32>;\n"
    "@group(1) @binding(1) var board_sampler: sampler;\n"
    "struct Varying { @builtin(position) position: vec4f, @location(0) uv: vec2f, @location(1) tint: vec4f }\n"
    "@vertex fn vs(@location(0) position: vec3f, @location(1) uv: vec2f, @builtin(instance_index) row: u32) -> Varying {\n"
    "    let world = objects[row].model * vec4f(position, 1.0);\n"
    "    return Varying(frame.view_projection * world, uv, objects[row].tint);\n"
    "}\n"
    "@fragment fn fs(in: Varying) -> @location(0) vec4f { return textureSample(board, board_sampler, in.uv) * in.tint; }\n";

/* Four corners a side: x y z u v. */
static int make_mesh(w3d_gpu *gpu)
{
    float vertices[24][5];
    uint32_t indices[36];
    for (uint32_t side = 0; side < 6; side++) {
        uint32_t axis = side / 2, u = (axis + 1) % 3, v = (axis + 2) % 3;
        for (uint32_t corner = 0; corner < 4; corner++) {
            float *row = vertices[side * 4 + corner], s = (float)(corner & 1), t = (float)(corner >> 1);
            row[axis] = side & 1 ? 1.0f : -1.0f;
            row[u] = side & 1 ? 2 * s - 1 : 1 - 2 * s; /* turned so that faces look outside */
            row[v] = 2 * t - 1;
            row[3] = s, row[4] = t;
        }
        static const uint32_t two_triangles[6] = { 0, 1, 2, 2, 1, 3 };
        for (uint32_t i = 0; i < 6; i++) indices[side * 6 + i] = side * 4 + two_triangles[i];
    }
    w3d_gpu_buffer_desc vertex_desc = { .size = sizeof vertices, .data = vertices }, index_desc = { .size = sizeof indices, .data = indices };
    w3d_gpu_mesh_desc desc = { .count = 36 };
    return !w3d_gpu_buffer_create(gpu, &vertex_desc, &desc.vertices[0]) && !w3d_gpu_buffer_create(gpu, &index_desc, &desc.indices) &&
           !w3d_gpu_mesh_create(gpu, &desc, &mesh);
}

static int make_group(w3d_gpu *gpu, w3d_gpu_shader shader)
{
    static uint8_t pixels[64][64][4];
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++) {
            uint8_t light = (x / 8 + y / 8) & 1 ? 235 : 90;
            pixels[y][x][0] = pixels[y][x][1] = pixels[y][x][2] = light, pixels[y][x][3] = 255;
        }
    w3d_gpu_texture_desc texture = { .width = 64, .height = 64, .mips = W3D_GPU_ALL_MIPS, .data = pixels, .make_mips = 1 };
    w3d_gpu_sampler_desc sampler = { .anisotropy = 4 };
    w3d_gpu_group_desc desc = { .shader = shader, .entries = { [0].binding = 0, [1].binding = 1 }, .entry_count = 2 };
    return !w3d_gpu_texture_create(gpu, &texture, &desc.entries[0].texture) && !w3d_gpu_sampler_create(gpu, &sampler, &desc.entries[1].sampler) &&
           !w3d_gpu_group_create(gpu, &desc, &group);
}

int example_make(w3d_gpu *gpu)
{
    w3d_gpu_pipeline_desc desc = { .cull = W3D_GPU_CULL_BACK };
    desc.attributes[0] = (w3d_gpu_attribute){ .format = W3D_GPU_FLOAT3, .location = 0, .offset = 0 };
    desc.attributes[1] = (w3d_gpu_attribute){ .format = W3D_GPU_FLOAT2, .location = 1, .offset = 12 };
    return example_shader(gpu, shader_text, NULL, &desc.shader) && !w3d_gpu_pipeline_create(gpu, &desc, &pipeline) && make_mesh(gpu) &&
           make_group(gpu, desc.shader) && !w3d_gpu_object_create(gpu, &object);
}

int example_draw(w3d_gpu *gpu, float seconds, uint32_t width, uint32_t height)
{
    struct { w3d_mat4 model; float tint[4]; } row = { w3d_mat4_identity(), { 1.0f, 0.75f, 0.4f, 1 } };
    w3d_quat turn = w3d_quat_from_axis(w3d_vec3_make(0, 1, 0), seconds);
    row.model = w3d_mat4_from_trs(w3d_vec3_make(0, 0, 0), turn, w3d_vec3_make(1, 1, 1));
    w3d_mat4 view = w3d_mat4_look_at(w3d_vec3_make(2.5f, 2.2f, 4), w3d_vec3_make(0, 0, 0), w3d_vec3_make(0, 1, 0));
    w3d_mat4 projection = w3d_mat4_perspective(0.8f, (float)width / (float)height, 0.1f, 100);
    w3d_mat4 view_projection = w3d_mat4_multiply(&projection, &view);
    w3d_gpu_pass_desc desc = { .color[0].clear = { 0.1f, 0.1f, 0.12f, 1 }, .constants = &view_projection, .constants_size = sizeof view_projection };
    if (w3d_gpu_object_set(gpu, object, &row, sizeof row)) return 0;
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_draw_desc draw = { .pipeline = pipeline, .group = group, .mesh = mesh, .object = object };
    return pass && !w3d_gpu_draw(pass, &draw) && !w3d_gpu_pass_end(pass) && !w3d_gpu_submit(gpu);
}
