/* 13_compute.c - particles moved by a compute shader, or by the same steps in C where there is none.
 *
 *   cc -O2 -DW3D_STATIC=1 -I. -include examples/gpu/native.c examples/gpu/13_compute.c -o compute && ./compute compute.png */
#include "examples/gpu/example.h"

enum { COUNT = 4096 };

static w3d_gpu_pipeline draw_pipeline, move_pipeline;
static w3d_gpu_group move_group;
static w3d_gpu_mesh mesh;
static w3d_gpu_buffer particles;
static float state[COUNT][4]; /* place and velocity */

static const char draw_text[] =
    "@vertex fn vs(@location(0) particle: vec4f) -> @builtin(position) vec4f { return vec4f(particle.xy, 0.5, 1.0); }\n"
    "@fragment fn fs() -> @location(0) vec4f { return vec4f(1.0, 0.8, 0.3, 1.0); }\n";

static const char move_text[] =
    "@group(2) @binding(0) var<storage, read_write> particles: array<vec4f>;\n"
    "@compute @workgroup_size(64) fn cs(@builtin(global_invocation_id) id: vec3u) {\n"
    "    var p = particles[id.x];\n"
    "    let pull = -p.xy * 0.02;\n"
    "    particles[id.x] = vec4f(p.xy + (p.zw + pull) * 0.1, p.zw + pull);\n"
    "}\n";

int example_make(w3d_gpu *gpu)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        float angle = (float)i * 2.39996f, radius = 0.9f * (float)i / COUNT;
        state[i][0] = radius * w3d_math_cos(angle), state[i][1] = radius * w3d_math_sin(angle);
        state[i][2] = -0.3f * state[i][1], state[i][3] = 0.3f * state[i][0];
    }
    w3d_gpu_buffer_desc buffer = { .size = sizeof state, .data = state, .use = W3D_GPU_USE_VERTEX | W3D_GPU_USE_STORAGE };
    w3d_gpu_pipeline_desc desc = { .attributes[0].format = W3D_GPU_FLOAT4, .topology = W3D_GPU_POINTS };
    w3d_gpu_mesh_desc mesh_desc = { .count = COUNT };
    if (!example_shader(gpu, draw_text, NULL, &desc.shader) || w3d_gpu_pipeline_create(gpu, &desc, &draw_pipeline) ||
        w3d_gpu_buffer_create(gpu, &buffer, &particles)) return 0;
    mesh_desc.vertices[0] = particles;
    if (w3d_gpu_mesh_create(gpu, &mesh_desc, &mesh)) return 0;
    if (!w3d_gpu_get_caps(gpu)->compute) return 1;
    w3d_gpu_pipeline_desc move = { .compute = 1 };
    if (!example_shader(gpu, move_text, "cs", &move.shader) || w3d_gpu_pipeline_create(gpu, &move, &move_pipeline)) return 0;
    w3d_gpu_group_desc group = { .shader = move.shader, .entries = { { .binding = 0, .buffer = particles } }, .entry_count = 1 };
    return !w3d_gpu_group_create(gpu, &group, &move_group);
}

/* What the compute shader does, for devices without one. */
static int move_here(w3d_gpu *gpu)
{
    for (uint32_t i = 0; i < COUNT; i++)
        for (int k = 0; k < 2; k++) {
            state[i][2 + k] -= 0.02f * state[i][k];
            state[i][k] += 0.1f * state[i][2 + k];
        }
    return !w3d_gpu_buffer_write(gpu, particles, 0, state, sizeof state);
}

int example_draw(w3d_gpu *gpu, float seconds, uint32_t width, uint32_t height)
{
    (void)seconds, (void)width, (void)height;
    w3d_gpu_dispatch_desc dispatch = { .pipeline = move_pipeline, .group = move_group, .x = COUNT / 64 };
    if (move_pipeline.id ? w3d_gpu_dispatch(gpu, &dispatch) != W3D_OK : !move_here(gpu)) return 0;
    w3d_gpu_pass_desc desc = { .color[0].clear = { 0.05f, 0.05f, 0.08f, 1 } };
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_draw_desc draw = { .pipeline = draw_pipeline, .mesh = mesh };
    return pass && !w3d_gpu_draw(pass, &draw) && !w3d_gpu_pass_end(pass) && !w3d_gpu_submit(gpu);
}
