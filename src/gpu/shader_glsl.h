/* shader_glsl.h - a shader module's entry points as GLSL, and what GLSL for this library looks like.
 *
 *     w3d_shader_glsl(module, "vs", NULL, 0, &size);        measures
 *     w3d_shader_glsl(module, "vs", text, size + 1, &size);  writes */
#ifndef W3D_SHADER_GLSL_H
#define W3D_SHADER_GLSL_H

#include "gpu/shader.h"

/* Translates one entry point to GLSL, without the #version line; see the conventions below.
 *
 *   out   out  GLSL, NUL-terminated; NULL only measures
 *   size  out  bytes without the NUL
 * Errors  W3D_ERR_NOT_FOUND no such entry; W3D_ERR_CAPACITY (size is set); W3D_ERR_UNSUPPORTED
 *         something that GLSL ES 3.00 cannot say: compute, storage other than the objects, atomics */
W3D_API w3d_result w3d_shader_glsl(const w3d_shader_module *module, const char *entry, char *out,
                                   size_t capacity, size_t *size);

/* The same, and says what GLSL cannot say: error->offset is a place in the source, error->text why. */
W3D_API w3d_result w3d_shader_glsl_explained(const w3d_shader_module *module, const char *entry,
                                             char *out, size_t capacity, size_t *size,
                                             w3d_error *error);

/* ---- the GLSL that comes out, and that a hand-written one must keep to ----
 * The same text is GLSL ES 3.00 and GLSL 3.30; the back-end puts in front of it
 *     #version 300 es / #version 330 core, precision lines, and
 *     #define W3D_MULTI_DRAW 1            where gl_DrawID is to be used (extension enabled by it)
 * Names
 *     a vertex attribute         layout(location = K) in TYPE w3d_aK;
 *     a varying                  out/in TYPE w3d_vK;  (flat, centroid as declared)
 *     a fragment output          layout(location = K) out TYPE w3d_oK;
 *     @group(0) @binding(0)      layout(std140) uniform w3d_frame { STRUCT v; } ...;
 *     @group(0) @binding(1)      uniform highp usampler2D w3d_objects;  RGBA32UI, 1024 texels wide, rows of
 *                                object_size / 16 texels one after the other: texel t of object i is
 *                                number n = i * (object_size / 16) + t, at (n % 1024, n / 1024)
 *     @group(1) @binding(B) uniform   layout(std140) uniform w3d_uB { TYPE v; } ...;
 *     texture T sampled by S     uniform SAMPLERTYPE w3d_tT_sS;  loaded only: w3d_tT
 *     uniform vec4 w3d_target    x: factor of clip y (1: a canvas, -1: a texture); y: factor, z: offset of
 *                                gl_FragCoord.y and of dpdy's sign (y); all back-ends set it
 *     the first instance         where instance_index is read:
 *                                #ifdef W3D_MULTI_DRAW  uniform highp usampler2D w3d_draws; uniform int w3d_draw;
 *                                  object = texelFetch(w3d_draws, ivec2(n % 1024, n / 1024), 0).x, n = w3d_draw + gl_DrawID
 *                                #else  uniform int w3d_row;  object = w3d_row
 *                                instance_index = object + gl_InstanceID
 *     vertex_index               gl_VertexID (base vertex is in the indices)
 * Clip space: the vertex shader ends with  gl_Position.y *= w3d_target.x;
 *             gl_Position.z = 2.0 * gl_Position.z - gl_Position.w;  gl_PointSize = 1.0;
 * Matrices in uniform blocks are column-major std140: structs whose WGSL layout differs from std140
 * (mat2x2, arrays with a stride below 16, mat3x3 is equal) are W3D_ERR_UNSUPPORTED with a message. */

#endif /* W3D_SHADER_GLSL_H */
