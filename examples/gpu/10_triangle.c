/* 10_triangle.c - the smallest picture: three vertices that the shader makes itself.
 *
 *   cc -O2 -DW3D_STATIC=1 -I. -include examples/gpu/native.c examples/gpu/10_triangle.c -o triangle && ./triangle triangle.png */
#include "examples/gpu/example.h"

static w3d_gpu_pipeline pipeline;

static const char shader_text[] =
    "struct Varying { @builtin(position) position: vec4f, @location(0) color: vec3f }\n"
    "@vertex fn vs(@builtin(vertex_index) index: u32) -> Varying {\n"
    "    let corners = array(vec2f(0.0, 0.7), vec2f(-0.7, -0.6), vec2f(0.7, -0.6));\n"
    "    let colors = array(vec3f(1.0, 0.2, 0.1), vec3f(0.1, 0.8, 0.2), vec3f(0.1, 0.3, 1.0));\n"
    "    return Varying(vec4f(corners[index], 0.5, 1.0), colors[index]);\n"
    "}\n"
    "@fragment fn fs(in: Varying) -> @location(0) vec4f { return vec4f(in.color, 1.0); }\n";

int example_make(w3d_gpu *gpu)
{
    w3d_gpu_pipeline_desc desc = { 0 };
    return example_shader(gpu, shader_text, NULL, &desc.shader) && w3d_gpu_pipeline_create(gpu, &desc, &pipeline) == W3D_OK;
}

int example_draw(w3d_gpu *gpu, float seconds, uint32_t width, uint32_t height)
{
    (void)seconds, (void)width, (void)height;
    w3d_gpu_pass_desc desc = { .color[0].clear = { 0.1f, 0.1f, 0.12f, 1 } };
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_draw_desc draw = { .pipeline = pipeline, .count = 3 };
    return pass && !w3d_gpu_draw(pass, &draw) && !w3d_gpu_pass_end(pass) && !w3d_gpu_submit(gpu);
}
