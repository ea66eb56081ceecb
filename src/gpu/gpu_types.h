/* gpu_types.h - the words of the GPU interface: handles, formats, states, and descs without
 * behaviour.
 *
 * Everything that gpu.h, the command stream, the shader translator and the back-ends share. In
 * every desc zero is the sensible default. */
#ifndef W3D_GPU_TYPES_H
#define W3D_GPU_TYPES_H

#include "core/base.h"

enum {
    W3D_GPU_MAX_COLORS = 4, /* colour targets of a pass                         */
    W3D_GPU_MAX_VERTEX_BUFFERS = 4,
    W3D_GPU_MAX_ATTRIBUTES = 16,
    W3D_GPU_MAX_BINDINGS = 16, /* of a group                                       */
    W3D_GPU_MAX_PAIRS = 16,    /* texture and sampler                              */
    W3D_GPU_MAX_SIDE = 16384,
    W3D_GPU_OBJECTS_WIDTH = 1024 /* texels a row of the GL back-ends' object table   */
};

/* ---- handles: bits 0-19 the slot, 20-31 the generation (1..4095); 0 is none ---- */

typedef struct w3d_gpu_buffer {
    uint32_t id;
} w3d_gpu_buffer;
typedef struct w3d_gpu_texture {
    uint32_t id;
} w3d_gpu_texture;
typedef struct w3d_gpu_sampler {
    uint32_t id;
} w3d_gpu_sampler;
typedef struct w3d_gpu_shader {
    uint32_t id;
} w3d_gpu_shader;
typedef struct w3d_gpu_pipeline {
    uint32_t id;
} w3d_gpu_pipeline;
typedef struct w3d_gpu_group {
    uint32_t id;
} w3d_gpu_group;
typedef struct w3d_gpu_mesh {
    uint32_t id;
} w3d_gpu_mesh;
typedef struct w3d_gpu_object {
    uint32_t id;
} w3d_gpu_object; /* its slot is its row in the table */
typedef struct w3d_gpu_download {
    uint32_t id;
} w3d_gpu_download;

/* ---- formats ---- */

typedef enum w3d_gpu_format {                         /* of textures; (bytes a pixel or block) */
                              W3D_GPU_FORMAT_DEFAULT, /* RGBA8; of a depth attachment DEPTH24 */
                              W3D_GPU_RGBA8,
                              W3D_GPU_RGBA8_SRGB,
                              W3D_GPU_R8,
                              W3D_GPU_RG8,
                              W3D_GPU_R32UI,
                              W3D_GPU_RGBA16F,
                              W3D_GPU_RGBA32F, /* rendered to and filtered only where the caps say
                                                  so */
                              W3D_GPU_R32F,
                              W3D_GPU_RGBA32UI,
                              W3D_GPU_DEPTH24, /* no read back, no CPU upload */
                              W3D_GPU_DEPTH32F,
                              W3D_GPU_DEPTH24_STENCIL8,
                              W3D_GPU_BC1_RGBA, /* 4x4 blocks, where the caps have compression BC */
                              W3D_GPU_BC3_RGBA,
                              W3D_GPU_BC5_RG,
                              W3D_GPU_BC7_RGBA,
                              W3D_GPU_ETC2_RGB8, /* ETC2 */
                              W3D_GPU_ETC2_RGBA8,
                              W3D_GPU_ASTC_4X4, /* ASTC */
                              W3D_GPU_FORMAT_COUNT
} w3d_gpu_format;

typedef enum w3d_gpu_texture_kind {
    W3D_GPU_2D,
    W3D_GPU_2D_ARRAY,
    W3D_GPU_CUBE,
    W3D_GPU_3D
} w3d_gpu_texture_kind;

typedef enum w3d_gpu_vertex_format {
    W3D_GPU_VERTEX_NONE,
    W3D_GPU_FLOAT,
    W3D_GPU_FLOAT2,
    W3D_GPU_FLOAT3,
    W3D_GPU_FLOAT4,
    W3D_GPU_UINT,
    W3D_GPU_UINT2,
    W3D_GPU_UINT3,
    W3D_GPU_UINT4,
    W3D_GPU_INT,
    W3D_GPU_INT2,
    W3D_GPU_INT3,
    W3D_GPU_INT4,
    W3D_GPU_UNORM8X4,
    W3D_GPU_SNORM8X4,
    W3D_GPU_UINT8X4,
    W3D_GPU_SINT8X4,
    W3D_GPU_UNORM16X2,
    W3D_GPU_UNORM16X4,
    W3D_GPU_SNORM16X2,
    W3D_GPU_SNORM16X4,
    W3D_GPU_UINT16X2,
    W3D_GPU_UINT16X4,
    W3D_GPU_HALF2,
    W3D_GPU_HALF4,
    W3D_GPU_VERTEX_FORMAT_COUNT
} w3d_gpu_vertex_format;

typedef enum w3d_gpu_index_format { W3D_GPU_INDEX_U32, W3D_GPU_INDEX_U16 } w3d_gpu_index_format;

/* Bits of a buffer's use; 0: vertex and index. */
enum {
    W3D_GPU_USE_VERTEX = 1,
    W3D_GPU_USE_INDEX = 2,
    W3D_GPU_USE_UNIFORM = 4,
    W3D_GPU_USE_STORAGE = 8,
    W3D_GPU_USE_INDIRECT = 16,
    W3D_GPU_USE_READ = 32 /* may be copied from and downloaded */
};
/* Bits of a texture's use; 0: sampled, written by the CPU. */
enum { W3D_GPU_USE_TARGET = 64, W3D_GPU_USE_TEXTURE_READ = 128 };

/* ---- states; the first of each is the default ---- */

typedef enum w3d_gpu_topology {
    W3D_GPU_TRIANGLES,
    W3D_GPU_TRIANGLE_STRIP,
    W3D_GPU_LINES,
    W3D_GPU_LINE_STRIP,
    W3D_GPU_POINTS
} w3d_gpu_topology;
typedef enum w3d_gpu_cull { W3D_GPU_CULL_NONE, W3D_GPU_CULL_BACK, W3D_GPU_CULL_FRONT } w3d_gpu_cull;
typedef enum w3d_gpu_winding {
    W3D_GPU_COUNTER_CLOCKWISE,
    W3D_GPU_CLOCKWISE
} w3d_gpu_winding; /* of a front */
typedef enum w3d_gpu_compare { /* DEFAULT: LESS for depth where a pass has it, ALWAYS for stencil,
                                  none for samplers */
                               W3D_GPU_COMPARE_DEFAULT,
                               W3D_GPU_NEVER,
                               W3D_GPU_LESS,
                               W3D_GPU_EQUAL,
                               W3D_GPU_LESS_EQUAL,
                               W3D_GPU_GREATER,
                               W3D_GPU_NOT_EQUAL,
                               W3D_GPU_GREATER_EQUAL,
                               W3D_GPU_ALWAYS
} w3d_gpu_compare;
typedef enum w3d_gpu_stencil_op {
    W3D_GPU_KEEP,
    W3D_GPU_ZERO,
    W3D_GPU_REPLACE,
    W3D_GPU_INVERT,
    W3D_GPU_INCREMENT_CLAMP,
    W3D_GPU_DECREMENT_CLAMP,
    W3D_GPU_INCREMENT_WRAP,
    W3D_GPU_DECREMENT_WRAP
} w3d_gpu_stencil_op;
typedef enum w3d_gpu_factor { /* DEFAULT: ONE for sources, ZERO for destinations */
                              W3D_GPU_FACTOR_DEFAULT,
                              W3D_GPU_FACTOR_ZERO,
                              W3D_GPU_FACTOR_ONE,
                              W3D_GPU_SRC,
                              W3D_GPU_ONE_MINUS_SRC,
                              W3D_GPU_SRC_ALPHA,
                              W3D_GPU_ONE_MINUS_SRC_ALPHA,
                              W3D_GPU_DST,
                              W3D_GPU_ONE_MINUS_DST,
                              W3D_GPU_DST_ALPHA,
                              W3D_GPU_ONE_MINUS_DST_ALPHA,
                              W3D_GPU_SRC_ALPHA_SATURATED,
                              W3D_GPU_CONSTANT,
                              W3D_GPU_ONE_MINUS_CONSTANT
} w3d_gpu_factor;
typedef enum w3d_gpu_blend_op {
    W3D_GPU_ADD,
    W3D_GPU_SUBTRACT,
    W3D_GPU_REVERSE_SUBTRACT,
    W3D_GPU_MIN,
    W3D_GPU_MAX
} w3d_gpu_blend_op;
typedef enum w3d_gpu_filter { W3D_GPU_LINEAR, W3D_GPU_NEAREST } w3d_gpu_filter;
typedef enum w3d_gpu_wrap { W3D_GPU_REPEAT, W3D_GPU_CLAMP, W3D_GPU_MIRROR } w3d_gpu_wrap;
typedef enum w3d_gpu_load { W3D_GPU_LOAD_CLEAR, W3D_GPU_LOAD_KEEP } w3d_gpu_load;
typedef enum w3d_gpu_store { W3D_GPU_STORE_KEEP, W3D_GPU_STORE_DISCARD } w3d_gpu_store;
/* What becomes of a resource's contents when the device is lost or switched. */
typedef enum w3d_gpu_policy {
    W3D_GPU_KEEP_COPY, /* the library keeps a copy in memory and uploads it again            */
    W3D_GPU_RELOAD,    /* desc.reload is called to give the contents again                   */
    W3D_GPU_GPU_ONLY   /* contents are lost and reported; targets of passes, results of compute */
} w3d_gpu_policy;

/* ---- bindings ---- */

typedef enum w3d_gpu_binding_kind {
    W3D_GPU_BIND_NONE,
    W3D_GPU_BIND_UNIFORM,
    W3D_GPU_BIND_STORAGE_READ,
    W3D_GPU_BIND_STORAGE_WRITE,
    W3D_GPU_BIND_TEXTURE,
    W3D_GPU_BIND_SAMPLER
} w3d_gpu_binding_kind;

typedef struct w3d_gpu_binding { /* what a shader asks for at a place; 8 bytes */
    uint8_t group;               /* 1 material, 2 compute */
    uint8_t binding;             /* 0..15 */
    uint8_t kind;                /* w3d_gpu_binding_kind */
    uint8_t stages;              /* bits: 1 vertex, 2 fragment, 4 compute */
    uint8_t texture;             /* w3d_gpu_texture_kind */
    uint8_t
        sample; /* of a texture: 0 float, filterable; 1 depth; 2 i32; 3 u32; 4 float, not filtered.
                          Of a sampler: 0 filtering, 1 comparison */
    uint8_t samples; /* 1: texture_multisampled_2d */
    uint8_t zero;
} w3d_gpu_binding;

typedef struct w3d_gpu_pair {
    uint8_t texture, sampler;
} w3d_gpu_pair; /* bindings of group 1; sampler 255: none, textureLoad */

#endif /* W3D_GPU_TYPES_H */
