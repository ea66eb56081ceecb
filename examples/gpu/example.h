/* example.h - what the GPU examples are: two functions. native.c runs them in software and writes a
 * picture; web.c runs the same sources on a page, by WebGL2 or WebGPU. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "wasm3d.h"

/* Makes what the example draws with. 0 where something was refused: w3d_gpu_message(gpu) says what. */
int example_make(w3d_gpu *gpu);

/* Draws and submits a frame. width, height: of the surface, pixels. */
int example_draw(w3d_gpu *gpu, float seconds, uint32_t width, uint32_t height);

/* A shader from WGSL text, with vs, fs or cs as its entries; prints nothing: see w3d_gpu_message. */
static inline int example_shader(w3d_gpu *gpu, const char *text, const char *compute_entry, w3d_gpu_shader *shader)
{
    w3d_shader_create_desc desc = { 0 };
    desc.text = text;
    desc.compute_entry = compute_entry;
    return w3d_shader_create(gpu, &desc, shader, NULL) == W3D_OK;
}

#endif /* EXAMPLE_H */
