/* gpu_pipeline.h - pipelines, groups, meshes and objects of the GPU interface; the end of every
 * resource.
 *
 * A pipeline is immutable; a group fills its shader's bindings; a mesh says where vertices and
 * indices lie; an object is a row of one table that all shaders read (@group(0) @binding(1)). */
#ifndef W3D_GPU_PIPELINE_H
#define W3D_GPU_PIPELINE_H

#include "gpu/gpu_resource.h"

typedef struct w3d_gpu_vertex_buffer {
    uint32_t stride;
    int per_instance;
} w3d_gpu_vertex_buffer; /* stride 0: packed attributes */
typedef struct w3d_gpu_attribute {
    w3d_gpu_vertex_format format;
    uint32_t location, buffer, offset;
} w3d_gpu_attribute;
typedef struct w3d_gpu_blend {
    int enable;
    w3d_gpu_factor src, dst;
    w3d_gpu_blend_op op;
    w3d_gpu_factor alpha_src, alpha_dst;
    w3d_gpu_blend_op alpha_op;
} w3d_gpu_blend; /* alpha all 0: as colour */
typedef struct w3d_gpu_stencil {
    w3d_gpu_compare compare;
    w3d_gpu_stencil_op fail, depth_fail, pass;
} w3d_gpu_stencil;
typedef struct w3d_gpu_color_desc {
    w3d_gpu_format format;
    w3d_gpu_blend blend;
    uint32_t mask_off;
} w3d_gpu_color_desc; /* bits RGBA that are not written */

typedef struct w3d_gpu_pipeline_desc {
    w3d_gpu_shader shader;
    int compute; /* 1: only shader and label count */
    w3d_gpu_vertex_buffer buffers[W3D_GPU_MAX_VERTEX_BUFFERS];
    w3d_gpu_attribute attributes[W3D_GPU_MAX_ATTRIBUTES]; /* up to the first of format NONE */
    w3d_gpu_topology topology;
    w3d_gpu_index_format strip_index;
    w3d_gpu_cull cull;
    w3d_gpu_winding front;
    w3d_gpu_color_desc colors[W3D_GPU_MAX_COLORS];
    uint32_t color_count; /* 0: 1, unless depth_only */
    int depth_only;
    w3d_gpu_format depth_format;   /* DEFAULT: the surface's */
    int no_depth;                  /* 1: for passes without a depth attachment */
    w3d_gpu_compare depth_compare; /* DEFAULT: LESS */
    int depth_keep;                /* 1: tested, not written */
    int32_t depth_bias;
    float depth_bias_slope, depth_bias_clamp;
    w3d_gpu_stencil stencil_front, stencil_back;
    uint32_t stencil_read_mask, stencil_write_mask; /* 0: 255 */
    uint32_t samples;                               /* 0: the surface's */
    int alpha_to_coverage;
    const char *label;
} w3d_gpu_pipeline_desc;
/* Makes a pipeline. It is for passes with these very formats and samples.
 *
 * Range   MIN and MAX take no factors. Strides and offsets are multiples of 4, up to 2048.
 * Errors  W3D_ERR_STALE (the shader), W3D_ERR_ARGUMENT, W3D_ERR_UNSUPPORTED (compute, by the caps),
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_pipeline_create(w3d_gpu *gpu, const w3d_gpu_pipeline_desc *desc,
                                           w3d_gpu_pipeline *pipeline);
/* 1: draws with it are made; 0: they are skipped and counted, as the device is still opening or
 * compiling, or refused it. */
W3D_API int w3d_gpu_pipeline_ready(const w3d_gpu *gpu, w3d_gpu_pipeline pipeline);

typedef struct w3d_gpu_entry {
    uint32_t binding;
    w3d_gpu_buffer buffer;
    uint32_t offset, size;
    w3d_gpu_texture texture;
    w3d_gpu_sampler sampler;
} w3d_gpu_entry;
typedef struct w3d_gpu_group_desc {
    w3d_gpu_shader shader;
    w3d_gpu_entry entries[W3D_GPU_MAX_BINDINGS];
    uint32_t entry_count;
    const char *label;
} w3d_gpu_group_desc;
/* Makes a group: something for each of the shader's bindings, in any order.
 *
 * Range   offsets are multiples of the caps' uniform_alignment (256 while the device opens), sizes
 *         of 4; size 0: up to the buffer's end
 * Errors  W3D_ERR_STALE (by field), W3D_ERR_ARGUMENT, W3D_ERR_RANGE, W3D_ERR_LIMIT,
 *         W3D_ERR_UNSUPPORTED, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_group_create(w3d_gpu *gpu, const w3d_gpu_group_desc *desc,
                                        w3d_gpu_group *group);

/* A mesh: where its vertices and indices lie. Meshes over the same buffers and offsets (an arena)
 * are drawn together; indices then count from the arena's first vertex. */
typedef struct w3d_gpu_mesh_desc {
    w3d_gpu_buffer vertices[W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
    w3d_gpu_buffer indices; /* none: vertices in order */
    w3d_gpu_index_format index_format;
    uint32_t first, count; /* indices, or vertices without an index buffer */
    int32_t base_vertex;   /* added to every index; not 0 only where caps.base_vertex is 1 */
} w3d_gpu_mesh_desc;
/* Makes a mesh. Indices have to lie in their buffer; what they point at is not looked at: beyond a
 * vertex buffer's end a device gives zeros or any vertex of it.
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT, W3D_ERR_RANGE, W3D_ERR_UNSUPPORTED,
 *         W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_mesh_create(w3d_gpu *gpu, const w3d_gpu_mesh_desc *desc,
                                       w3d_gpu_mesh *mesh);

/* Makes an object: a row of zeros. Also inside passes.
 *
 * Errors  W3D_ERR_LIMIT (the desc's max_objects, the caps), W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_object_create(w3d_gpu *gpu, w3d_gpu_object *object);
/* Sets the first `size` bytes of an object's row; also inside passes. The table goes to the device
 * once a submit, before all passes: each sees the last that was set. So a row that is destroyed and
 * made again within a frame shows its new bytes in that frame's earlier passes too.
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_RANGE (size is 1 to object_size)
 * Cost    one copy; runs of changed rows (up to 7 others between) are one upload each */
W3D_API w3d_result w3d_gpu_object_set(w3d_gpu *gpu, w3d_gpu_object object, const void *data,
                                      uint32_t size);
/* Consecutive rows for instances: the first is what is drawn with, the others are first.id + 1, + 2
 * ...
 * Errors as w3d_gpu_object_create. */
W3D_API w3d_result w3d_gpu_objects_create(w3d_gpu *gpu, uint32_t count, w3d_gpu_object *first);
/* Sets `count` rows from the first on; a row takes stride bytes of data, object_size at most.
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT (stride 0), W3D_ERR_RANGE (not all of them live) */
W3D_API w3d_result w3d_gpu_objects_set(w3d_gpu *gpu, w3d_gpu_object first, uint32_t count,
                                       const void *data, uint32_t stride);

/* Ends a resource; the passes recorded before still have it. What others refer to may go first:
 * draws with those are then refused, by name, and a new device is not told of them.
 *
 * Errors  W3D_ERR_STALE, W3D_ERR_ARGUMENT (a pass is open), W3D_ERR_OUT_OF_MEMORY: it lives on */
W3D_API w3d_result w3d_gpu_buffer_destroy(w3d_gpu *gpu, w3d_gpu_buffer buffer);
W3D_API w3d_result w3d_gpu_texture_destroy(w3d_gpu *gpu, w3d_gpu_texture texture);
W3D_API w3d_result w3d_gpu_sampler_destroy(w3d_gpu *gpu, w3d_gpu_sampler sampler);
W3D_API w3d_result w3d_gpu_shader_destroy(w3d_gpu *gpu, w3d_gpu_shader shader);
W3D_API w3d_result w3d_gpu_pipeline_destroy(w3d_gpu *gpu, w3d_gpu_pipeline pipeline);
W3D_API w3d_result w3d_gpu_group_destroy(w3d_gpu *gpu, w3d_gpu_group group);
W3D_API w3d_result w3d_gpu_mesh_destroy(w3d_gpu *gpu, w3d_gpu_mesh mesh);
W3D_API w3d_result w3d_gpu_object_destroy(w3d_gpu *gpu, w3d_gpu_object object);

#endif /* W3D_GPU_PIPELINE_H */
