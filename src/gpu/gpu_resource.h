/* gpu_resource.h - buffers, textures, samplers and shaders of the GPU interface.
 *
 *     w3d_gpu_buffer_desc desc = { 0 };
 *     desc.size = sizeof vertices;
 *     desc.data = vertices;
 *     w3d_gpu_buffer_create(gpu, &desc, &buffer);
 *
 * Data is copied during the call. On any error nothing is made, outputs are untouched, and
 * w3d_gpu_message() says what is wrong. */
#ifndef W3D_GPU_RESOURCE_H
#define W3D_GPU_RESOURCE_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu w3d_gpu; /* a device: gpu.h */

typedef void (*w3d_gpu_reload)(w3d_gpu *gpu, uint32_t handle,
                               void *user); /* is to write the contents again */

typedef struct w3d_gpu_buffer_desc {
    uint32_t size;    /* bytes; rounded up to 4, of uniform ones to 16 */
    uint32_t use;     /* W3D_GPU_USE_ bits; 0: vertex and index */
    const void *data; /* [size] or NULL: zero */
    w3d_gpu_policy policy;
    w3d_gpu_reload reload;
    void *user;
    const char *label;
} w3d_gpu_buffer_desc;
/* Makes a buffer.
 *
 *   desc    in   data is copied: desc->size bytes, or NULL for zeros
 *   buffer  out  to be destroyed, or to go with the device
 *
 * Range   KEEP_COPY keeps what the CPU wrote; what the device wrote (compute, copies from buffers
 *         without a copy) is not in it. An index buffer is no uniform or storage buffer as well.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_LIMIT (beyond the caps), W3D_ERR_OUT_OF_MEMORY
 * Cost    one copy of the data into the stream, one more with KEEP_COPY
 * Thread  this and every function of the interface: one thread at a time for a device */
W3D_API w3d_result w3d_gpu_buffer_create(w3d_gpu *gpu, const w3d_gpu_buffer_desc *desc,
                                         w3d_gpu_buffer *buffer);
/* Writes a part of a buffer, any number of times a frame; passes recorded later see it.
 *
 *   offset, size  in   multiples of 4 within the buffer; size 0: nothing happens
 *   data          in   [size], copied
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT (a pass is open; no multiples of 4), W3D_ERR_RANGE,
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_buffer_write(w3d_gpu *gpu, w3d_gpu_buffer buffer, uint32_t offset,
                                        const void *data, uint32_t size);
/* Copies a part of a buffer into another, on the device.
 *
 *   dst, src       in   two buffers, both for indices or neither
 *   offsets, size  in   multiples of 4 within them
 *
 * Errors  as w3d_gpu_buffer_write */
W3D_API w3d_result w3d_gpu_buffer_copy(w3d_gpu *gpu, w3d_gpu_buffer dst, uint32_t dst_offset,
                                       w3d_gpu_buffer src, uint32_t src_offset, uint32_t size);

typedef struct w3d_gpu_texture_desc {
    w3d_gpu_texture_kind kind;
    w3d_gpu_format format;
    uint32_t width, height;
    uint32_t depth;   /* layers of an array, depth of a 3D texture; 0: 1 (cube: 6) */
    uint32_t mips;    /* levels; 0: 1; W3D_GPU_ALL_MIPS: down to 1x1 */
    uint32_t samples; /* 0 or 1; 4: a multisampled target */
    uint32_t use;
    const void *data; /* level 0, all layers, rows tight; or NULL */
    int make_mips;    /* 1: levels 1.. are made from data */
    w3d_gpu_policy policy;
    w3d_gpu_reload reload;
    void *user;
    const char *label;
} w3d_gpu_texture_desc;
#define W3D_GPU_ALL_MIPS 32u
/* Makes a texture, its contents desc->data or zeros.
 *
 * Range   a target without data has policy GPU_ONLY whatever the desc says. A compressed texture
 *         has sides of multiples of 4. Four samples: 2D targets of one level.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_LIMIT (sides, layers, 1 GiB), W3D_ERR_UNSUPPORTED (the caps),
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_texture_create(w3d_gpu *gpu, const w3d_gpu_texture_desc *desc,
                                          w3d_gpu_texture *texture);
typedef struct w3d_gpu_texture_region {
    w3d_gpu_texture texture;
    uint32_t mip, x, y, z, width, height, depth;
} w3d_gpu_texture_region; /* sizes 0: all of the level */
/* Writes a region of a level.
 *
 *   region    in   sizes 0: up to the level's end; of compressed textures whole blocks
 *   data      in   [size], rows of row_size bytes one below the other, layer after layer; copied
 *   row_size  in   0: rows are tight. Of compressed formats: of a row of blocks
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT, W3D_ERR_RANGE, W3D_ERR_CAPACITY (size is too little),
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_texture_write(w3d_gpu *gpu, const w3d_gpu_texture_region *region,
                                         const void *data, size_t size, uint32_t row_size);
/* Copies a region of a texture into another of the same format, on the device; dst's sizes are
 * src's.
 *
 * Errors  as w3d_gpu_texture_write; W3D_ERR_UNSUPPORTED of compressed and depth textures */
W3D_API w3d_result w3d_gpu_texture_copy(w3d_gpu *gpu, const w3d_gpu_texture_region *dst,
                                        const w3d_gpu_texture_region *src);
/* Makes levels 1.. from level 0. After a switch they are made again from the level 0 of then,
 * before what was written over them.
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT (one level, integer, depth or compressed; a pass is
 *         open), W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_texture_mips(w3d_gpu *gpu, w3d_gpu_texture texture);

typedef struct w3d_gpu_sampler_desc {
    w3d_gpu_filter magnify, minify, mip;
    w3d_gpu_wrap wrap_u, wrap_v, wrap_w;
    w3d_gpu_compare compare;
    float min_lod, max_lod; /* max 0: all */
    uint32_t anisotropy;    /* 0: 1 */
} w3d_gpu_sampler_desc;
/* Makes a sampler. Anisotropy above 1 goes with three LINEAR filters; lods are 0 to 32.
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_sampler_create(w3d_gpu *gpu, const w3d_gpu_sampler_desc *desc,
                                          w3d_gpu_sampler *sampler);

/* A shader as its three texts and what they bind: what w3d_shader_create (shader.h) fills in from
 * WGSL alone, and the escape hatch for hand-written ones. */
typedef struct w3d_gpu_shader_desc {
    const char *wgsl; /* for WebGPU and soft; NULL: those refuse it */
    const char *glsl_vertex,
        *glsl_fragment; /* for GL, by the conventions of shader.h; NULL: those refuse it */
    const char *vertex_entry, *fragment_entry, *compute_entry; /* in wgsl; NULL: "vs", "fs", none */
    w3d_gpu_binding bindings[W3D_GPU_MAX_BINDINGS];
    w3d_gpu_pair pairs[W3D_GPU_MAX_PAIRS];
    uint32_t binding_count, pair_count;
    uint32_t frame_size, object_size; /* as in w3d_shader_reflection; 0: not used */
    uint32_t workgroup_size[3];
    const char *label;
} w3d_gpu_shader_desc;
/* Makes a shader; texts are copied, at most 1 MiB each. What is wrong with them the device says
 * later, through the desc's message function.
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_LIMIT, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_shader_create(w3d_gpu *gpu, const w3d_gpu_shader_desc *desc,
                                         w3d_gpu_shader *shader);

#endif /* W3D_GPU_RESOURCE_H */
