/* shader_create.h - a shader of the GPU interface from WGSL alone, for whichever back-end runs.
 *
 *     w3d_shader_create_desc desc = { 0 };
 *     desc.text = source;
 *     if (w3d_shader_create(gpu, &desc, &shader, NULL)) puts(w3d_gpu_message(gpu)); */
#ifndef W3D_SHADER_CREATE_H
#define W3D_SHADER_CREATE_H

#include "gpu/gpu_resource.h"
#include "gpu/shader.h"

typedef struct w3d_shader_create_desc {
    const char *text;           /* WGSL, NUL-terminated; may go after the call */
    const char *vertex_entry;   /* NULL: "vs" */
    const char *fragment_entry; /* NULL: "fs" */
    const char *compute_entry;  /* given: a compute shader, the two above do not count */
    int no_glsl;                /* 1: a vertex and fragment shader that GL back-ends may refuse */
    const char *label;
} w3d_shader_create_desc;

/* Reads the WGSL, prints its GLSL (of compute none), and makes the shader with the bindings, pairs and
 * sizes that its entry points use.
 *
 *   shader  out
 *   error   out  where in the text, and why; may be NULL. w3d_gpu_message says it with line and column
 * Errors  those of w3d_shader_open, w3d_shader_glsl and w3d_gpu_shader_create;
 *         W3D_ERR_NOT_FOUND  an entry point that is not there, or of another stage */
W3D_API w3d_result w3d_shader_create(w3d_gpu *gpu, const w3d_shader_create_desc *desc,
                                     w3d_gpu_shader *shader, w3d_error *error);

#endif /* W3D_SHADER_CREATE_H */
