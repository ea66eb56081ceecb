/* gpu_pass.h - passes, draws and compute of the GPU interface.
 *
 *     w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
 *     w3d_gpu_draw(pass, &draw);
 *     w3d_gpu_pass_end(pass);
 *
 * One pass is open at a time. Opaque passes (desc.sort) are sorted by pipeline, group and mesh and
 * runs of equal ones issued as one operation; others keep their order and merge only neighbours. */
#ifndef W3D_GPU_PASS_H
#define W3D_GPU_PASS_H

#include "gpu/gpu_pipeline.h"

typedef struct w3d_gpu_pass w3d_gpu_pass;

typedef struct w3d_gpu_color_target {
    w3d_gpu_texture texture; /* none in color[0]: the surface */
    uint32_t mip, layer;
    w3d_gpu_texture resolve;
    uint32_t resolve_mip, resolve_layer;
    w3d_gpu_load load;
    w3d_gpu_store store;
    float clear[4];
    uint32_t clear_bits[4]; /* clear_bits: for integer formats */
} w3d_gpu_color_target;

typedef struct w3d_gpu_pass_desc {
    w3d_gpu_color_target color[W3D_GPU_MAX_COLORS];
    uint32_t color_count; /* 0: 1, unless depth_only */
    int depth_only;
    struct {
        w3d_gpu_texture texture;
        uint32_t mip, layer;
        w3d_gpu_load load;
        w3d_gpu_store store;
        float clear; /* 0: 1, the far end; negative: 0 */
        w3d_gpu_load stencil_load;
        w3d_gpu_store stencil_store;
        uint32_t clear_stencil;
    } depth;
    const void *constants;
    uint32_t constants_size; /* the frame block, @group(0) @binding(0) */
    int sort;                /* 1: opaque draws, in any order; 0: order is kept */
    uint32_t time_id;        /* not 0: w3d_gpu_time gives how long it took, where the device can */
    const char *label;
} w3d_gpu_pass_desc;

typedef struct w3d_gpu_draw_desc {
    w3d_gpu_pipeline pipeline;
    w3d_gpu_group group;
    w3d_gpu_mesh mesh;
    w3d_gpu_object object;
    uint32_t first, count; /* within the mesh; count 0: all of it. Without a mesh: vertices */
    uint32_t instances;    /* 0: 1. instance_index is the object's row + 0, 1, 2 ... */
} w3d_gpu_draw_desc;

typedef struct w3d_gpu_indirect_desc {
    w3d_gpu_pipeline pipeline;
    w3d_gpu_group group;
    w3d_gpu_mesh mesh;
    w3d_gpu_object object;
    w3d_gpu_buffer buffer;
    uint32_t offset, draws, stride; /* draws 0: 1; stride 0: packed */
} w3d_gpu_indirect_desc;

typedef struct w3d_gpu_dispatch_desc {
    w3d_gpu_pipeline pipeline;
    w3d_gpu_group group;
    uint32_t x, y, z;
    w3d_gpu_buffer indirect;
    uint32_t offset;
} w3d_gpu_dispatch_desc;

/* Begins a pass; one is open at a time, and resources are made, written and ended outside of it.
 *
 *   desc  in   constants are copied: at most 16384 bytes
 *
 * Range   targets of one size and number of samples, no place twice; clear colours are finite
 * Errors  NULL: w3d_gpu_message says why */
W3D_API w3d_gpu_pass *w3d_gpu_pass_begin(w3d_gpu *gpu, const w3d_gpu_pass_desc *desc);

/* Draws.
 *
 * Range   indices lie in the mesh, vertices without indices and instances in their buffers, rows in
 *         the table. A pipeline with buffers per instance is drawn without an object.
 * Errors  W3D_ERR_STALE: of what the draw or its group, mesh or pipeline refers to;
 *         W3D_ERR_ARGUMENT:
 *         what does not fit the pass or each other; W3D_ERR_RANGE, W3D_ERR_LIMIT,
 *         W3D_ERR_OUT_OF_MEMORY. W3D_OK also where the pipeline is not ready: skipped, counted
 * Cost    40 bytes in memory and about 40 ns with its part of w3d_gpu_submit */
W3D_API w3d_result w3d_gpu_draw(w3d_gpu_pass *pass, const w3d_gpu_draw_desc *desc);

/* Draws with numbers from a buffer: WebGPU's 4 words a draw, 5 with indices; first indices count
 * from the index buffer's beginning. Where caps.indirect is 0 they are read from the buffer's copy
 * now.
 *
 * Errors  as w3d_gpu_draw; W3D_ERR_UNSUPPORTED where there is neither */
W3D_API w3d_result w3d_gpu_draw_indirect(w3d_gpu_pass *pass, const w3d_gpu_indirect_desc *desc);

/* ---- state, for the draws after it; each begins a new sorting. Errors: W3D_ERR_ARGUMENT (the pass
 * was ended), W3D_ERR_RANGE, W3D_ERR_OUT_OF_MEMORY ---- */

/* x, y, width, height within the targets, in pixels from the top left; depths 0 to 1, in order. */
W3D_API w3d_result w3d_gpu_viewport(w3d_gpu_pass *pass, const float rectangle[4], float min_depth,
                                    float max_depth);

/* x, y, width, height within the targets; sizes may be 0. */
W3D_API w3d_result w3d_gpu_scissor(w3d_gpu_pass *pass, const uint32_t rectangle[4]);

/* The lower 8 bits of value. */
W3D_API w3d_result w3d_gpu_stencil_reference(w3d_gpu_pass *pass, uint32_t value);
W3D_API w3d_result w3d_gpu_blend_constant(w3d_gpu_pass *pass, const float color[4]); /* finite */

/* Another frame block: 1 to 16384 bytes, copied. */
W3D_API w3d_result w3d_gpu_constants(w3d_gpu_pass *pass, const void *data, uint32_t size);

/* A buffer in place of the mesh's vertex buffer `slot`, 0 to 3; none ends that. */
W3D_API w3d_result w3d_gpu_instance_buffer(w3d_gpu_pass *pass, uint32_t slot, w3d_gpu_buffer buffer,
                                           uint32_t offset);

/* Asks whether any sample of the draws up to w3d_gpu_query_end passes: w3d_gpu_query_result tells.
 * id: the caller's, not 0; queries do not nest. W3D_ERR_UNSUPPORTED where caps.occlusion is 0. */
W3D_API w3d_result w3d_gpu_query_begin(w3d_gpu_pass *pass, uint32_t id);
W3D_API w3d_result w3d_gpu_query_end(w3d_gpu_pass *pass);

/* A name for what follows, up to the pop, for debuggers; cut at 255 bytes. What is pushed in a pass
 * is popped in it, what is pushed in a frame before w3d_gpu_submit. */
W3D_API w3d_result w3d_gpu_label_push(w3d_gpu *gpu, const char *text);
W3D_API w3d_result w3d_gpu_label_pop(w3d_gpu *gpu);

/* Ends the pass. W3D_ERR_ARGUMENT: ended already, or a query or label is open;
 * W3D_ERR_OUT_OF_MEMORY:
 * it is still open, call again. */
W3D_API w3d_result w3d_gpu_pass_end(w3d_gpu_pass *pass);

/* Runs a compute pipeline, between passes. x, y, z: workgroups, 0: 1, at most 65535; or from
 * `indirect`.
 *
 * Errors  as w3d_gpu_draw; W3D_ERR_UNSUPPORTED where caps.compute is 0 */
W3D_API w3d_result w3d_gpu_dispatch(w3d_gpu *gpu, const w3d_gpu_dispatch_desc *desc);

#endif /* W3D_GPU_PASS_H */
