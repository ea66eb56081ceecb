/* gpu_webgpu_copy.h - copies, reads, mips, objects, the surface on native WebGPU; private. */
#ifndef W3D_GPU_WEBGPU_COPY_H
#define W3D_GPU_WEBGPU_COPY_H

#include "gpu/gpu_webgpu_pass.h"

#if W3D_GPU_WEBGPU

/* ---- operations outside passes ---- */

static inline void w3di_webgpu_before_write(w3di_webgpu *self, const w3di_webgpu_head *head)
{
    if (self->encoder && !head->fresh) w3di_webgpu_flush(self);
}

static inline void w3di_webgpu_buffer_copy(w3di_webgpu *self, const uint32_t *w)
{
    w3di_webgpu_buffer *dst = w3di_webgpu_buffer_of(self, w[1]),
                       *src = w3di_webgpu_buffer_of(self, w[3]);
    WGPUCommandEncoder encoder = w3di_webgpu_encoder(self);
    if (!dst || !src) return;
    dst->head.fresh = src->head.fresh = 0;
    if (dst != src) {
        wgpuCommandEncoderCopyBufferToBuffer(encoder, src->gpu, w[4], dst->gpu, w[2], w[5]);
        return;
    }
    WGPUBuffer between = /* WebGPU copies between two buffers only */
        w3di_webgpu_make_buffer(self, w[5], WGPUBufferUsage_CopySrc | WGPUBufferUsage_CopyDst);
    wgpuCommandEncoderCopyBufferToBuffer(encoder, src->gpu, w[4], between, 0, w[5]);
    wgpuCommandEncoderCopyBufferToBuffer(encoder, between, 0, dst->gpu, w[2], w[5]);
    w3di_webgpu_drop(between);
}

static inline void w3di_webgpu_buffer_read(w3di_webgpu *self, const uint32_t *w)
{
    w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, w[1]);
    w3di_webgpu_readback *one =
        buffer ? w3di_webgpu_read(self, W3D_GPU_EVENT_DOWNLOAD, w[4], w[3]) : NULL;
    if (!one) {
        w3di_webgpu_push(self, W3D_GPU_EVENT_DOWNLOAD, w[4], 0);
        return;
    }
    buffer->head.fresh = 0;
    wgpuCommandEncoderCopyBufferToBuffer(w3di_webgpu_encoder(self), buffer->gpu, w[2], one->buffer,
                                         0, w[3]);
}

static inline WGPUTexelCopyTextureInfo w3di_webgpu_place(WGPUTexture texture, const uint32_t *w)
{
    WGPUTexelCopyTextureInfo place;
    w3d_fill(&place, 0, sizeof place);
    place.texture = texture;
    place.mipLevel = w[0];
    place.origin.x = w[1];
    place.origin.y = w[2];
    place.origin.z = w[3];
    place.aspect = WGPUTextureAspect_All;
    return place;
}

static inline void w3di_webgpu_texture_write(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                             const uint32_t *w)
{
    w3di_webgpu_texture *t = w3di_webgpu_texture_of(self, w[1]);
    if (!t) return;
    const w3di_gpu_format *format = w3di_gpu_format_of(t->format);
    uint32_t block = format->block;
    WGPUTexelCopyTextureInfo place = w3di_webgpu_place(t->gpu, w + 2);
    WGPUTexelCopyBufferLayout layout;
    WGPUExtent3D size;
    w3di_webgpu_before_write(self, &t->head);
    layout.offset = 0;
    layout.bytesPerRow = (w[6] + block - 1) / block * format->bytes;
    layout.rowsPerImage = (w[7] + block - 1) / block;
    size.width = (w[6] + block - 1) / block * block; /* a level below a block is written as one */
    size.height = (w[7] + block - 1) / block * block;
    size.depthOrArrayLayers = w[8];
    wgpuQueueWriteTexture(self->queue, &place, stream->blobs + w[9], w[10], &layout, &size);
}

static inline void w3di_webgpu_texture_copy(w3di_webgpu *self, const uint32_t *w)
{
    w3di_webgpu_texture *dst = w3di_webgpu_texture_of(self, w[1]),
                        *src = w3di_webgpu_texture_of(self, w[6]);
    if (!dst || !src) return;
    WGPUTexelCopyTextureInfo to = w3di_webgpu_place(dst->gpu, w + 2),
                             from = w3di_webgpu_place(src->gpu, w + 7);
    WGPUExtent3D size;
    size.width = w[11];
    size.height = w[12];
    size.depthOrArrayLayers = w[13];
    dst->head.fresh = src->head.fresh = 0;
    wgpuCommandEncoderCopyTextureToTexture(w3di_webgpu_encoder(self), &from, &to, &size);
}

static inline void w3di_webgpu_texture_read(w3di_webgpu *self, const uint32_t *w)
{
    w3di_webgpu_texture *t = w[1] ? w3di_webgpu_texture_of(self, w[1]) : NULL;
    WGPUTexture texture = t ? t->gpu : w[1] ? NULL : self->color;
    uint32_t row = w[6] * w3di_gpu_format_of(t ? t->format : (uint32_t)W3D_GPU_RGBA8)->bytes,
             pitch = (row + 255) & ~255u;
    w3di_webgpu_readback *one =
        texture ? w3di_webgpu_read(self, W3D_GPU_EVENT_DOWNLOAD, w[8], pitch * w[7]) : NULL;
    if (!one) {
        w3di_webgpu_push(self, W3D_GPU_EVENT_DOWNLOAD, w[8], 0);
        return;
    }
    WGPUTexelCopyTextureInfo from = w3di_webgpu_place(texture, w + 2);
    WGPUTexelCopyBufferInfo to;
    WGPUExtent3D size;
    if (t) t->head.fresh = 0;
    one->row = row;
    one->pitch = pitch;
    one->rows = w[7];
    w3d_fill(&to, 0, sizeof to);
    to.buffer = one->buffer;
    to.layout.bytesPerRow = pitch;
    to.layout.rowsPerImage = w[7];
    size.width = w[6];
    size.height = w[7];
    size.depthOrArrayLayers = 1;
    wgpuCommandEncoderCopyTextureToBuffer(w3di_webgpu_encoder(self), &from, &to, &size);
}

/* The mean of 2x2 texels of the level above, of 2x2x2 in 3D, where the slice is the instance. */
static const char w3di_webgpu_mip_text[] =
    "struct Out { @builtin(position) at: vec4f, @location(0) @interpolate(flat) slice: u32 }\n"
    "@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) slice: u32) -> Out {\n"
    "  return Out(vec4f(f32(i & 1u) * 4.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0), slice);\n"
    "}\n"
    "@group(0) @binding(0) var flat: texture_2d<f32>;\n"
    "@fragment fn fs(in: Out) -> @location(0) vec4f {\n"
    "  let a = vec2u(in.at.xy) * 2u;\n"
    "  let b = min(a + 1u, textureDimensions(flat) - 1u);\n"
    "  return (textureLoad(flat, a, 0) + textureLoad(flat, vec2u(b.x, a.y), 0) +\n"
    "    textureLoad(flat, vec2u(a.x, b.y), 0) + textureLoad(flat, b, 0)) * 0.25;\n"
    "}\n"
    "@group(0) @binding(1) var deep: texture_3d<f32>;\n"
    "@fragment fn fs_deep(in: Out) -> @location(0) vec4f {\n"
    "  let a = vec3u(vec2u(in.at.xy), in.slice) * 2u;\n"
    "  let b = min(a + 1u, textureDimensions(deep) - 1u);\n"
    "  var sum = vec4f();\n"
    "  for (var i = 0u; i < 8u; i++) {\n"
    "    sum += textureLoad(deep, select(a, b, (vec3u(i, i >> 1u, i >> 2u) & vec3u(1u)) ==\n"
    "      vec3u(1u)), 0);\n"
    "  }\n"
    "  return sum * 0.125;\n"
    "}\n";

static inline WGPURenderPipeline w3di_webgpu_mip_pipeline(w3di_webgpu *self, uint32_t format,
                                                          uint32_t deep)
{
    WGPURenderPipelineDescriptor desc;
    WGPUFragmentState fragment;
    WGPUColorTargetState target;
    if (self->mip_pipelines[format][deep]) return self->mip_pipelines[format][deep];
    if (!self->mip_module) {
        WGPUShaderSourceWGSL source;
        WGPUShaderModuleDescriptor module;
        w3d_fill(&source, 0, sizeof source);
        w3d_fill(&module, 0, sizeof module);
        source.chain.sType = WGPUSType_ShaderSourceWGSL;
        source.code = w3di_webgpu_view(w3di_webgpu_mip_text, sizeof w3di_webgpu_mip_text - 1);
        module.nextInChain = &source.chain;
        self->mip_module = wgpuDeviceCreateShaderModule(self->device, &module);
    }
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&fragment, 0, sizeof fragment);
    w3d_fill(&target, 0, sizeof target);
    target.format = w3di_webgpu_format(format);
    target.writeMask = WGPUColorWriteMask_All;
    fragment.module = self->mip_module;
    fragment.entryPoint = w3di_webgpu_view(deep ? "fs_deep" : "fs", deep ? 7 : 2);
    fragment.targetCount = 1;
    fragment.targets = &target;
    desc.vertex.module = self->mip_module;
    desc.vertex.entryPoint = w3di_webgpu_view("vs", 2);
    desc.primitive.topology = WGPUPrimitiveTopology_TriangleList;
    desc.multisample.count = 1;
    desc.multisample.mask = 0xFFFFFFFFu;
    desc.fragment = &fragment;
    return self->mip_pipelines[format][deep] = wgpuDeviceCreateRenderPipeline(self->device, &desc);
}

static inline void w3di_webgpu_mip(w3di_webgpu *self, const w3di_webgpu_texture *t, uint32_t mip,
                                   uint32_t slice)
{
    uint32_t deep = t->kind == W3D_GPU_3D, layer = deep ? 0 : slice;
    WGPUTextureViewDimension dimension =
        deep ? WGPUTextureViewDimension_3D : WGPUTextureViewDimension_2D;
    WGPURenderPipeline pipeline = w3di_webgpu_mip_pipeline(self, t->format, deep);
    WGPUBindGroupLayout layout = wgpuRenderPipelineGetBindGroupLayout(pipeline, 0);
    WGPUTextureView from = w3di_webgpu_texture_view(t->gpu, dimension, mip - 1, layer,
                                                    WGPUTextureAspect_All, 0),
                    to = w3di_webgpu_texture_view(t->gpu, dimension, mip, layer,
                                                  WGPUTextureAspect_All, 0);
    WGPUBindGroupEntry entry;
    WGPUBindGroupDescriptor desc;
    WGPURenderPassColorAttachment color;
    WGPURenderPassDescriptor pass;
    w3d_fill(&entry, 0, sizeof entry);
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&color, 0, sizeof color);
    w3d_fill(&pass, 0, sizeof pass);
    entry.binding = deep;
    entry.textureView = from;
    desc.layout = layout;
    desc.entryCount = 1;
    desc.entries = &entry;
    WGPUBindGroup group = wgpuDeviceCreateBindGroup(self->device, &desc);
    color.view = to;
    color.depthSlice = deep ? slice : WGPU_DEPTH_SLICE_UNDEFINED;
    color.loadOp = WGPULoadOp_Clear;
    color.storeOp = WGPUStoreOp_Store;
    pass.colorAttachmentCount = 1;
    pass.colorAttachments = &color;
    WGPURenderPassEncoder encoder =
        wgpuCommandEncoderBeginRenderPass(w3di_webgpu_encoder(self), &pass);
    wgpuRenderPassEncoderSetPipeline(encoder, pipeline);
    wgpuRenderPassEncoderSetBindGroup(encoder, 0, group, 0, NULL);
    wgpuRenderPassEncoderDraw(encoder, 3, 1, 0, slice);
    wgpuRenderPassEncoderEnd(encoder);
    wgpuRenderPassEncoderRelease(encoder);
    wgpuBindGroupRelease(group);
    wgpuBindGroupLayoutRelease(layout);
    wgpuTextureViewRelease(from);
    wgpuTextureViewRelease(to);
}

static inline void w3di_webgpu_mips(w3di_webgpu *self, uint32_t handle)
{
    w3di_webgpu_texture *t = w3di_webgpu_texture_of(self, handle);
    if (!t) return;
    t->head.fresh = 0;
    for (uint32_t mip = 1; mip < t->mips; mip++) {
        uint32_t slices = t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->layers, mip) : t->layers;
        for (uint32_t slice = 0; slice < slices; slice++) w3di_webgpu_mip(self, t, mip, slice);
    }
}

static inline void w3di_webgpu_objects_create(w3di_webgpu *self, uint32_t rows, uint32_t row_size)
{
    WGPUBuffer old = self->table;
    uint32_t size = rows * row_size < 4096 ? 4096 : rows * row_size,
             kept = self->table_size < size ? self->table_size : size;
    self->table = w3di_webgpu_make_buffer(
        self, size, WGPUBufferUsage_Storage | WGPUBufferUsage_CopySrc | WGPUBufferUsage_CopyDst);
    if (self->row_size)
        wgpuCommandEncoderCopyBufferToBuffer(w3di_webgpu_encoder(self), old, 0, self->table, 0,
                                             kept);
    w3di_webgpu_drop(old);
    self->table_size = size;
    self->row_size = row_size;
    w3di_webgpu_frame_group(self);
}

/* ---- the surface ---- */

static inline void w3di_webgpu_surface_close(w3di_webgpu *self)
{
    WGPUTextureView views[3];
    WGPUTexture textures[3];
    views[0] = self->color_view;
    views[1] = self->many_view;
    views[2] = self->depth_view;
    textures[0] = self->color;
    textures[1] = self->many;
    textures[2] = self->depth;
    for (int i = 0; i < 3; i++) {
        if (views[i]) wgpuTextureViewRelease(views[i]);
        if (textures[i]) wgpuTextureRelease(textures[i]);
    }
    self->color = self->many = self->depth = NULL;
    self->color_view = self->many_view = self->depth_view = NULL;
}

static inline void w3di_webgpu_surface_open(w3di_webgpu *self, const uint32_t *w)
{
    WGPUTextureDescriptor desc;
    if (self->color && self->width == w[1] && self->height == w[2] && self->samples == w[3] &&
        self->depth_format == w[4])
        return;
    w3di_webgpu_surface_close(self);
    self->width = w[1];
    self->height = w[2];
    self->samples = w[3];
    self->depth_format = w[4];
    w3d_fill(&desc, 0, sizeof desc);
    desc.usage = WGPUTextureUsage_RenderAttachment | WGPUTextureUsage_CopySrc |
                 WGPUTextureUsage_TextureBinding;
    desc.dimension = WGPUTextureDimension_2D;
    desc.size.width = w[1];
    desc.size.height = w[2];
    desc.size.depthOrArrayLayers = 1;
    desc.format = WGPUTextureFormat_RGBA8Unorm;
    desc.mipLevelCount = desc.sampleCount = 1;
    self->color = wgpuDeviceCreateTexture(self->device, &desc);
    self->color_view = wgpuTextureCreateView(self->color, NULL);
    desc.usage = WGPUTextureUsage_RenderAttachment;
    desc.sampleCount = w[3];
    if (w[3] > 1) {
        self->many = wgpuDeviceCreateTexture(self->device, &desc);
        self->many_view = wgpuTextureCreateView(self->many, NULL);
    }
    desc.format = w3di_webgpu_format(w[4]);
    if (w[4]) {
        self->depth = wgpuDeviceCreateTexture(self->device, &desc);
        self->depth_view = wgpuTextureCreateView(self->depth, NULL);
    }
}

#endif /* W3D_GPU_WEBGPU */
#endif /* W3D_GPU_WEBGPU_COPY_H */
