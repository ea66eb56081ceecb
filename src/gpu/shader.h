/* shader.h - one shader source for every back-end: a subset of WGSL, read, checked and translated.
 *
 *     w3d_shader_module *module;
 *     w3d_shader_desc desc = { 0 };
 *     desc.text = source;
 *     desc.size = source_size;
 *     if (w3d_shader_open(&desc, &module, &error)) puts(w3d_shader_message(...));
 *     w3d_shader_glsl(module, "vs", &desc, out, capacity, &size);
 *     w3d_shader_close(module);
 *
 * The subset is valid WGSL, so that WebGPU takes the same text unchanged. One rule of WGSL is left to
 * WebGPU: that derivatives, textureSample and barriers stand in uniform control flow (15.2).
 *
 *              in                                          not in
 * text         comments with any UTF-8, names in ASCII     names beyond ASCII
 * directives   diagnostic (read, without effect)           enable, requires
 * module       fn struct alias const const_assert var,     override
 *              in any order
 * types        bool i32 u32 f32 vecN matCxR array struct    f16, pointers to storage, uniform,
 *              atomic, ptr<function>, ptr<private>         workgroup
 * textures     2d 2d_array 3d cube multisampled_2d,         1d, cube_array, storage, external,
 *              depth_2d depth_2d_array depth_cube           depth_multisampled
 * spaces       function private workgroup uniform storage
 * statements   all of them                                  attributes on statements
 * pointers     as arguments; not two into one variable,     let p = &x
 *              not to a variable that the function names
 * handles      named directly                               as parameters
 * functions    W3DI_SHADER_CALLS in shader_tree.h           ldexp frexp modf asinh acosh atanh,
 *              countLeadingZeros and the like are not       quantizeToF16, dot4..., textureGather,
 *              among them                                   textureStore, coordinate offsets,
 *                                                           atomicCompareExchangeWeak, dpdxFine ...
 * builtins     position vertex_index instance_index         sample_index sample_mask, subgroups,
 *              front_facing frag_depth, all of compute      clip_distances
 * interpolate  perspective (center, centroid), flat         linear, sample
 * constants    every function, operator and constructor of them is worked out while reading
 * groups       0: the library's frame (0) and objects (1); 1: material; 2: compute; bindings 0..15
 * limits       1 MiB, 64 in one another, 65,535 nodes, 1,024 functions and types, 4,096 declarations,
 *              1,024 names in sight, 128 operations in one another, values of 64 KiB, structs of 64
 *              members and 15 in one another, 16 entry points, bindings, pairs, 256 invocations */
#ifndef W3D_SHADER_H
#define W3D_SHADER_H

#include "core/base.h"
#include "gpu/gpu_types.h"

typedef enum w3d_shader_stage {
    W3D_SHADER_VERTEX,
    W3D_SHADER_FRAGMENT,
    W3D_SHADER_COMPUTE
} w3d_shader_stage;

/* ---- what a module declares ---- */

enum {
    W3D_SHADER_MAX_ENTRIES = 16,
    W3D_SHADER_MAX_NAME = 63 /* bytes of an entry point's name */
};

typedef struct w3d_shader_entry {
    char name[W3D_SHADER_MAX_NAME + 1];
    w3d_shader_stage stage;
    uint32_t workgroup_size[3]; /* compute */
    uint32_t inputs;  /* bit k: @location(k) is read (vertex: attributes; fragment: varyings) */
    uint32_t outputs; /* bit k: @location(k) is written */
    uint8_t input_types[16]; /* w3d_shader_scalar | components << 4, of the vertex attributes */
    uint8_t output_types[16];
    uint32_t bindings;   /* bit k: reflection.bindings[k] is used */
    uint32_t pairs;      /* bit k: reflection.pairs[k] is used */
    uint32_t uses_frame; /* 1: @group(0) @binding(0) is used; 2: binding 1, the objects; 3: both */
    uint32_t discards, writes_depth;
} w3d_shader_entry;

typedef enum w3d_shader_scalar {
    W3D_SHADER_SCALAR_F32,
    W3D_SHADER_SCALAR_I32,
    W3D_SHADER_SCALAR_U32
} w3d_shader_scalar;

typedef struct w3d_shader_reflection {
    w3d_shader_entry entries[W3D_SHADER_MAX_ENTRIES];
    uint32_t entry_count;
    w3d_gpu_binding bindings[W3D_GPU_MAX_BINDINGS]; /* groups 1 and 2, sorted by group, binding */
    uint32_t binding_count;
    w3d_gpu_pair pairs[W3D_GPU_MAX_PAIRS]; /* textures with the samplers they are sampled by */
    uint32_t pair_count;
    uint32_t frame_size;  /* bytes of the uniform struct at @group(0) @binding(0); 0: none */
    uint32_t object_size; /* stride of the array at @group(0) @binding(1); 0: none */
} w3d_shader_reflection;

typedef struct w3d_shader_module w3d_shader_module;

typedef struct w3d_shader_desc {
    const char *text; /* WGSL, UTF-8; borrowed until w3d_shader_close */
    uint32_t size;    /* bytes; 0: NUL-terminated; at most 1 MiB */
    w3d_allocator allocator;
} w3d_shader_desc;

/* Reads and checks a module.
 *
 *   module  out  to be closed
 *   error   out  offset: of the first byte that is wrong; text: static; w3d_shader_explain makes
 *                line, column and caret of it. May be NULL
 * Errors  W3D_ERR_FORMAT       not the subset's grammar; W3D_ERR_UNSUPPORTED  WGSL that is left out
 *         W3D_ERR_RANGE        a type error, an unknown name, a number outside its type
 *         W3D_ERR_UTF8, W3D_ERR_LIMIT (nesting over 64, more than 65,535 nodes), W3D_ERR_OUT_OF_MEMORY
 * Cost    linear in the text */
W3D_API w3d_result w3d_shader_open(const w3d_shader_desc *desc, w3d_shader_module **module,
                                   w3d_error *error);
W3D_API void w3d_shader_close(w3d_shader_module *module);

/* What the module declares; lives as long as the module. */
W3D_API const w3d_shader_reflection *w3d_shader_reflect(const w3d_shader_module *module);

/* Writes "line:column: text", the line and a caret under the place, NUL-terminated and cut to capacity. */
W3D_API size_t w3d_shader_explain(const char *text, uint32_t size, const w3d_error *error,
                                  char *out, size_t capacity);

#endif /* W3D_SHADER_H */
