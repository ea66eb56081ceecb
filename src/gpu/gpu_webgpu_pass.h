/* gpu_webgpu_pass.h - passes, draws and compute on native WebGPU; private. */
#ifndef W3D_GPU_WEBGPU_PASS_H
#define W3D_GPU_WEBGPU_PASS_H

#include "gpu/gpu_webgpu_make.h"

#if W3D_GPU_WEBGPU

/* ---- frame constants and objects: group 0 ---- */

static inline void w3di_webgpu_frame_group(w3di_webgpu *self)
{
    WGPUBindGroupEntry entries[2];
    WGPUBindGroupDescriptor desc;
    w3d_fill(entries, 0, sizeof entries);
    w3d_fill(&desc, 0, sizeof desc);
    entries[0].buffer = self->ring;
    entries[0].size = W3DI_WEBGPU_CONSTANTS;
    entries[1].binding = 1;
    entries[1].buffer = self->table;
    entries[1].size = WGPU_WHOLE_SIZE;
    desc.layout = self->frame_layout;
    desc.entryCount = 2;
    desc.entries = entries;
    if (self->frame_group) wgpuBindGroupRelease(self->frame_group);
    self->frame_group = wgpuDeviceCreateBindGroup(self->device, &desc);
    self->now_frame = 0;
}

static inline void w3di_webgpu_ring_write(w3di_webgpu *self)
{
    if (self->ring_used == self->ring_written) return;
    wgpuQueueWriteBuffer(self->queue, self->ring,
                         (uint64_t)self->slice * self->ring_size + self->ring_written,
                         self->ring_bytes + self->ring_written,
                         self->ring_used - self->ring_written);
    self->ring_written = self->ring_used;
}

/* A ring of slices of that size in place of the one there is; 0 without memory. */
static inline int w3di_webgpu_ring_open(w3di_webgpu *self, uint32_t size)
{
    uint8_t *bytes = (uint8_t *)w3di_webgpu_new(self, size);
    if (!bytes) return 0;
    if (self->ring) {
        w3di_webgpu_ring_write(self);
        w3di_webgpu_drop(self->ring);
        w3di_webgpu_free(self, self->ring_bytes, self->ring_size);
    }
    self->ring_bytes = bytes;
    self->ring_size = size;
    self->ring_used = self->ring_written = 0;
    self->ring =
        w3di_webgpu_make_buffer(self, (uint64_t)size * W3DI_WEBGPU_SLICES + W3DI_WEBGPU_CONSTANTS,
                                WGPUBufferUsage_Uniform | WGPUBufferUsage_CopyDst);
    w3di_webgpu_frame_group(self);
    return 1;
}

static inline void w3di_webgpu_constants(w3di_webgpu *self, const uint8_t *bytes, uint32_t size)
{
    uint32_t room = (size + 255) & ~255u;
    if (self->ring_used + room > self->ring_size &&
        !w3di_webgpu_ring_open(self, self->ring_size * 2))
        return;
    if (size) w3d_copy(self->ring_bytes + self->ring_used, bytes, size);
    self->offset = self->slice * self->ring_size + self->ring_used;
    self->ring_used += room;
    self->now_frame = 0;
}

/* ---- passes ---- */

static inline void w3di_webgpu_now_nothing(w3di_webgpu *self)
{
    self->now_pipeline = self->now_group = self->now_frame = self->now_indices = 0;
    w3d_fill(self->now_buffers, 0, sizeof self->now_buffers);
}

/* A view of one level and layer, kept until the pass has ended; place: level | layer << 16. */
static inline WGPUTextureView w3di_webgpu_attachment(w3di_webgpu *self, uint32_t handle,
                                                     uint32_t place)
{
    w3di_webgpu_texture *t = w3di_webgpu_texture_of(self, handle);
    if (!t) return NULL;
    t->head.fresh = 0;
    WGPUTextureView view =
        w3di_webgpu_texture_view(t->gpu, WGPUTextureViewDimension_2D, place & 0xFFFF, place >> 16,
                                 WGPUTextureAspect_All, 0);
    self->views[self->view_count++] = view;
    return view;
}

static inline void w3di_webgpu_views_end(w3di_webgpu *self)
{
    while (self->view_count) wgpuTextureViewRelease(self->views[--self->view_count]);
}

static inline void w3di_webgpu_query_set(w3di_webgpu *self, w3di_webgpu_queries *queries,
                                         WGPUQueryType type, uint32_t per)
{
    WGPUQuerySetDescriptor desc;
    if (queries->set) return;
    w3d_fill(&desc, 0, sizeof desc);
    desc.type = type;
    desc.count = W3DI_WEBGPU_QUERIES * per;
    queries->set = wgpuDeviceCreateQuerySet(self->device, &desc);
    queries->buffer =
        w3di_webgpu_make_buffer(self, (uint64_t)8 * W3DI_WEBGPU_QUERIES * per,
                                WGPUBufferUsage_QueryResolve | WGPUBufferUsage_CopySrc);
}

/* Indirect draws take firstInstance from the buffer, and it has to be the object's row: their words
 * are copied to a buffer of ours that has it. */
static inline void w3di_webgpu_indirect_copy(w3di_webgpu *self, const uint32_t *w,
                                             const uint32_t *end, uint32_t draws)
{
    WGPUCommandEncoder encoder = w3di_webgpu_encoder(self);
    uint32_t to = 0;
    w3di_webgpu_drop(self->indirect);
    self->indirect = w3di_webgpu_make_buffer(self, (uint64_t)20 * draws,
                                             WGPUBufferUsage_Indirect | WGPUBufferUsage_CopyDst);
    self->indirect_next = 0;
    for (; w < end && (w[0] & 255) != W3D_GPU_OP_PASS_END; w += w[0] >> 8) {
        w3di_webgpu_buffer *buffer;
        if ((w[0] & 255) != W3D_GPU_OP_DRAW_INDIRECT || !w[4]) continue;
        uint32_t words = w[9] ? 5 : 4;
        buffer = w3di_webgpu_buffer_of(self, w[5]);
        for (uint32_t k = 0; k < w[7]; k++, to += 20) {
            wgpuQueueWriteBuffer(self->queue, self->indirect, to + 4 * words - 4, w + 4, 4);
            if (buffer)
                wgpuCommandEncoderCopyBufferToBuffer(encoder, buffer->gpu,
                                                     (uint64_t)w[6] + (uint64_t)k * w[8],
                                                     self->indirect, to, 4 * words - 4);
        }
    }
}

/* Looks ahead for what has to be ready before the pass. */
static inline void w3di_webgpu_look_ahead(w3di_webgpu *self, const uint32_t *w, const uint32_t *end,
                                          WGPURenderPassDescriptor *desc,
                                          WGPUPassTimestampWrites *writes)
{
    uint32_t queries = 0, indirect = 0, timed = w[8] && self->caps.timestamps;
    for (const uint32_t *at = w; at < end && (at[0] & 255) != W3D_GPU_OP_PASS_END;
         at += at[0] >> 8) {
        if ((at[0] & 255) == W3D_GPU_OP_QUERY_BEGIN) queries++;
        if ((at[0] & 255) == W3D_GPU_OP_DRAW_INDIRECT && at[4]) indirect += at[7];
    }
    if (self->occlusion.count + queries > W3DI_WEBGPU_QUERIES ||
        self->times.count + timed > W3DI_WEBGPU_QUERIES)
        w3di_webgpu_flush(self);
    if (queries) {
        w3di_webgpu_query_set(self, &self->occlusion, WGPUQueryType_Occlusion, 1);
        desc->occlusionQuerySet = self->occlusion.set;
    }
    if (timed) {
        w3di_webgpu_query_set(self, &self->times, WGPUQueryType_Timestamp, 2);
        writes->querySet = self->times.set;
        writes->beginningOfPassWriteIndex = 2 * self->times.count;
        writes->endOfPassWriteIndex = 2 * self->times.count + 1;
        self->times.ids[self->times.count++] = w[8];
        desc->timestampWrites = writes;
    }
    if (indirect) w3di_webgpu_indirect_copy(self, w, end, indirect);
}

static inline int w3di_webgpu_pass_color(w3di_webgpu *self, const uint32_t *c, uint32_t surface,
                                         WGPURenderPassColorAttachment *color)
{
    const w3di_webgpu_texture *t = NULL;
    w3d_fill(color, 0, sizeof *color);
    color->depthSlice = WGPU_DEPTH_SLICE_UNDEFINED;
    if (surface) {
        color->view = self->many_view ? self->many_view : self->color_view;
        color->resolveTarget = self->many_view ? self->color_view : NULL;
    } else {
        t = w3di_webgpu_texture_of(self, c[0]);
        color->view = w3di_webgpu_attachment(self, c[0], c[1]);
        color->resolveTarget = c[2] ? w3di_webgpu_attachment(self, c[2], c[3]) : NULL;
        if (c[2] && !color->resolveTarget) return 0;
    }
    color->loadOp = c[4] & 255 ? WGPULoadOp_Load : WGPULoadOp_Clear;
    color->storeOp = c[4] >> 8 & 255 ? WGPUStoreOp_Discard : WGPUStoreOp_Store;
    int integer = t && w3di_gpu_format_of(t->format)->integer;
    color->clearValue.r = integer ? (double)c[5] : (double)w3d_f32_from_bits(c[5]);
    color->clearValue.g = integer ? (double)c[6] : (double)w3d_f32_from_bits(c[6]);
    color->clearValue.b = integer ? (double)c[7] : (double)w3d_f32_from_bits(c[7]);
    color->clearValue.a = integer ? (double)c[8] : (double)w3d_f32_from_bits(c[8]);
    return color->view != NULL;
}

static inline int w3di_webgpu_pass_depth(w3di_webgpu *self, const uint32_t *w, uint32_t surface,
                                         WGPURenderPassDepthStencilAttachment *depth)
{
    const w3di_webgpu_texture *t = surface ? NULL : w3di_webgpu_texture_of(self, w[11]);
    uint32_t format = surface ? self->depth_format : t ? t->format : 0;
    w3d_fill(depth, 0, sizeof *depth);
    depth->view = surface ? self->depth_view : w3di_webgpu_attachment(self, w[11], w[12]);
    if (!depth->view) return 0;
    depth->depthLoadOp = w[13] & 255 ? WGPULoadOp_Load : WGPULoadOp_Clear;
    depth->depthStoreOp = w[13] >> 8 & 255 ? WGPUStoreOp_Discard : WGPUStoreOp_Store;
    depth->depthClearValue = w3d_f32_from_bits(w[14]);
    if (w3di_gpu_format_of(format)->stencil) {
        depth->stencilLoadOp = w[13] >> 16 & 255 ? WGPULoadOp_Load : WGPULoadOp_Clear;
        depth->stencilStoreOp = w[13] >> 24 ? WGPUStoreOp_Discard : WGPUStoreOp_Store;
        depth->stencilClearValue = w[15];
    }
    return 1;
}

static inline void w3di_webgpu_pass_begin(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                          const uint32_t *w)
{
    WGPURenderPassDescriptor desc;
    WGPURenderPassColorAttachment colors[W3D_GPU_MAX_COLORS];
    WGPURenderPassDepthStencilAttachment depth;
    WGPUPassTimestampWrites writes;
    uint32_t surface = w[2] & 1;
    int good = !surface || self->color_view;
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&writes, 0, sizeof writes);
    for (uint32_t i = 0; good && i < w[1]; i++)
        good = w3di_webgpu_pass_color(self, w + 16 + 9 * i, surface, &colors[i]);
    if (good && (surface ? self->depth_view != NULL : w[11] != 0)) {
        good = w3di_webgpu_pass_depth(self, w, surface, &depth);
        desc.depthStencilAttachment = &depth;
    }
    if (!good) { /* its targets are not there: left out to its end */
        w3di_webgpu_views_end(self);
        return;
    }
    desc.label = w3di_webgpu_text(stream, w + 9);
    desc.colorAttachmentCount = w[1];
    desc.colorAttachments = colors;
    w3di_webgpu_look_ahead(self, w, stream->words + stream->word_count, &desc, &writes);
    w3d_fill(self->instance_buffers, 0, sizeof self->instance_buffers);
    w3di_webgpu_constants(self, stream->blobs + w[6], w[7]);
    self->pass_width = w[3];
    self->pass_height = w[4];
    self->pass_labels = 0;
    self->pass = wgpuCommandEncoderBeginRenderPass(w3di_webgpu_encoder(self), &desc);
    w3di_webgpu_now_nothing(self);
}

static inline void w3di_webgpu_pass_end(w3di_webgpu *self)
{
    if (!self->pass) return;
    while (self->pass_labels) {
        wgpuRenderPassEncoderPopDebugGroup(self->pass);
        self->pass_labels--;
    }
    wgpuRenderPassEncoderEnd(self->pass);
    wgpuRenderPassEncoderRelease(self->pass);
    self->pass = NULL;
    w3di_webgpu_views_end(self);
}

/* ---- draws ---- */

/* Sets what a draw needs and is not set yet; the pipeline, or NULL where something is not there. */
static inline const w3di_webgpu_pipeline *w3di_webgpu_set(w3di_webgpu *self, uint32_t pipeline,
                                                          uint32_t group, uint32_t mesh,
                                                          uint32_t indexed)
{
    const w3di_webgpu_pipeline *p =
        (const w3di_webgpu_pipeline *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_PIPELINE,
                                                               pipeline);
    const w3di_webgpu_group *g =
        (const w3di_webgpu_group *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_GROUP, group);
    const w3di_webgpu_mesh *m =
        (const w3di_webgpu_mesh *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_MESH, mesh);
    if (!p || !p->ready || !p->render || (group && (!g || g->head.bad)) || (indexed && !m))
        return NULL;
    for (uint32_t k = 0; k < p->buffer_count; k++) {
        uint32_t own = self->instance_buffers[k],
                 handle = own ? own
                          : m ? m->buffers[k]
                              : 0,
                 offset = own ? self->instance_offsets[k]
                          : m ? m->offsets[k]
                              : 0;
        if (!(p->reads >> k & 1)) continue;
        if (self->now_buffers[k] == handle && self->now_offsets[k] == offset && handle) continue;
        const w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, handle);
        if (!buffer) return NULL;
        wgpuRenderPassEncoderSetVertexBuffer(self->pass, k, buffer->gpu, offset, WGPU_WHOLE_SIZE);
        self->now_buffers[k] = handle;
        self->now_offsets[k] = offset;
    }
    if (indexed && (self->now_indices != m->indices || self->now_format != m->format)) {
        const w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, m->indices);
        if (!buffer) return NULL;
        wgpuRenderPassEncoderSetIndexBuffer(self->pass, buffer->gpu,
                                            m->format ? WGPUIndexFormat_Uint16
                                                      : WGPUIndexFormat_Uint32,
                                            0, WGPU_WHOLE_SIZE);
        self->now_indices = m->indices;
        self->now_format = m->format;
    }
    if (self->now_pipeline != pipeline) {
        wgpuRenderPassEncoderSetPipeline(self->pass, p->render);
        self->now_pipeline = pipeline;
    }
    if (!self->now_frame) {
        wgpuRenderPassEncoderSetBindGroup(self->pass, 0, self->frame_group, 1, &self->offset);
        self->now_frame = 1;
    }
    if (g && self->now_group != group) {
        for (uint32_t i = 1; i < 3; i++)
            if (g->groups[i])
                wgpuRenderPassEncoderSetBindGroup(self->pass, i, g->groups[i], 0, NULL);
        self->now_group = group;
    }
    return p;
}

static inline void w3di_webgpu_multi(w3di_webgpu *self, const uint32_t *w)
{
    uint32_t n = w[4], indexed = w[5] & 1;
    const uint32_t *count = w + 6, *first = count + n, *instances = first + n, *row = instances + n,
                   *base = row + n;
    const w3di_webgpu_pipeline *p = w3di_webgpu_set(self, w[1], w[2], w[3], indexed);
    if (!p) return;
    uint32_t shift = indexed && self->now_format ? 1 : 2,
             rows = p->per_instance ? 0 : 0xFFFFFFFFu; /* such pipelines count from 0 */
    for (uint32_t k = 0; k < n; k++) {
        if (indexed)
            wgpuRenderPassEncoderDrawIndexed(self->pass, count[k], instances[k], first[k] >> shift,
                                             (int32_t)base[k], row[k] & rows);
        else
            wgpuRenderPassEncoderDraw(self->pass, count[k], instances[k], first[k], row[k] & rows);
    }
}

static inline void w3di_webgpu_draw_indirect(w3di_webgpu *self, const uint32_t *w)
{
    const w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, w[5]);
    uint32_t at = self->indirect_next;
    if (w[4]) self->indirect_next += 20 * w[7];
    if (!buffer || !w3di_webgpu_set(self, w[1], w[2], w[3], w[9])) return;
    for (uint32_t k = 0; k < w[7]; k++) {
        WGPUBuffer from = w[4] ? self->indirect : buffer->gpu;
        uint64_t offset = w[4] ? (uint64_t)at + 20 * k : (uint64_t)w[6] + (uint64_t)k * w[8];
        if (w[9])
            wgpuRenderPassEncoderDrawIndexedIndirect(self->pass, from, offset);
        else
            wgpuRenderPassEncoderDrawIndirect(self->pass, from, offset);
    }
}

static inline void w3di_webgpu_scissor(w3di_webgpu *self, const uint32_t *w)
{
    uint32_t x = w[1] < self->pass_width ? w[1] : self->pass_width,
             y = w[2] < self->pass_height ? w[2] : self->pass_height, width = self->pass_width - x,
             height = self->pass_height - y;
    wgpuRenderPassEncoderSetScissorRect(self->pass, x, y, w[3] < width ? w[3] : width,
                                        w[4] < height ? w[4] : height);
}

/* Runs an operation of a pass. */
static inline void w3di_webgpu_in_pass(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                       const uint32_t *w)
{
    float f[6];
    w3d_copy(f, w + 1, (w[0] >> 8) > 6 ? sizeof f : ((size_t)(w[0] >> 8) - 1) * 4);
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_VIEWPORT:
        wgpuRenderPassEncoderSetViewport(self->pass, f[0], f[1], f[2], f[3], f[4], f[5]);
        break;
    case W3D_GPU_OP_SCISSOR: w3di_webgpu_scissor(self, w); break;
    case W3D_GPU_OP_STENCIL_REF: wgpuRenderPassEncoderSetStencilReference(self->pass, w[1]); break;
    case W3D_GPU_OP_BLEND_CONSTANT: {
        WGPUColor color;
        color.r = (double)f[0];
        color.g = (double)f[1];
        color.b = (double)f[2];
        color.a = (double)f[3];
        wgpuRenderPassEncoderSetBlendConstant(self->pass, &color);
        break;
    }
    case W3D_GPU_OP_CONSTANTS: w3di_webgpu_constants(self, stream->blobs + w[1], w[2]); break;
    case W3D_GPU_OP_INSTANCE_BUFFER: {
        w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, w[2]);
        if (w[1] >= W3D_GPU_MAX_VERTEX_BUFFERS) break;
        if (buffer) buffer->head.fresh = 0;
        self->instance_buffers[w[1]] = w[2];
        self->instance_offsets[w[1]] = w[2] ? w[3] : 0;
        break;
    }
    case W3D_GPU_OP_MULTI: w3di_webgpu_multi(self, w); break;
    case W3D_GPU_OP_DRAW_INDIRECT: w3di_webgpu_draw_indirect(self, w); break;
    case W3D_GPU_OP_QUERY_BEGIN:
        self->query = self->occlusion.count < W3DI_WEBGPU_QUERIES;
        if (!self->query) { /* too many in one pass: taken for visible */
            w3di_webgpu_push(self, W3D_GPU_EVENT_QUERY, w[1], 1);
            break;
        }
        wgpuRenderPassEncoderBeginOcclusionQuery(self->pass, self->occlusion.count);
        self->occlusion.ids[self->occlusion.count++] = w[1];
        break;
    case W3D_GPU_OP_QUERY_END:
        if (self->query) wgpuRenderPassEncoderEndOcclusionQuery(self->pass);
        break;
    case W3D_GPU_OP_LABEL_PUSH:
        wgpuRenderPassEncoderPushDebugGroup(self->pass, w3di_webgpu_text(stream, w + 1));
        self->pass_labels++;
        break;
    case W3D_GPU_OP_LABEL_POP:
        if (!self->pass_labels) break;
        wgpuRenderPassEncoderPopDebugGroup(self->pass);
        self->pass_labels--;
        break;
    case W3D_GPU_OP_PASS_END: w3di_webgpu_pass_end(self); break;
    default: break; /* a newer stream's */
    }
}

/* ---- compute ---- */

static inline void w3di_webgpu_dispatch(w3di_webgpu *self, const uint32_t *w)
{
    const w3di_webgpu_pipeline *p =
        (const w3di_webgpu_pipeline *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_PIPELINE, w[1]);
    const w3di_webgpu_group *g =
        (const w3di_webgpu_group *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_GROUP, w[2]);
    uint32_t offset = self->slice * self->ring_size;
    if (!p || !p->ready || !p->compute || (w[2] && (!g || g->head.bad))) return;
    if (!self->compute)
        self->compute = wgpuCommandEncoderBeginComputePass(w3di_webgpu_encoder(self), NULL);
    wgpuComputePassEncoderSetPipeline(self->compute, p->compute);
    wgpuComputePassEncoderSetBindGroup(self->compute, 0, self->frame_group, 1, &offset);
    for (uint32_t i = 1; g && i < 3; i++)
        if (g->groups[i])
            wgpuComputePassEncoderSetBindGroup(self->compute, i, g->groups[i], 0, NULL);
    if ((w[0] & 255) == W3D_GPU_OP_DISPATCH) {
        wgpuComputePassEncoderDispatchWorkgroups(self->compute, w[3], w[4], w[5]);
    } else {
        w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, w[3]);
        if (!buffer) return;
        buffer->head.fresh = 0;
        wgpuComputePassEncoderDispatchWorkgroupsIndirect(self->compute, buffer->gpu, w[4]);
    }
}

#endif /* W3D_GPU_WEBGPU */
#endif /* W3D_GPU_WEBGPU_PASS_H */
