/* gpu_webgpu_make.h - the operations that create something, on native WebGPU; private. */
#ifndef W3D_GPU_WEBGPU_MAKE_H
#define W3D_GPU_WEBGPU_MAKE_H

#include "gpu/gpu_webgpu_state.h"

#if W3D_GPU_WEBGPU

/* Compares, factors of blending and colour masks have the same numbers here and there; operations
 * of stencil and blending are one apart. */

static inline WGPUTextureFormat w3di_webgpu_format(uint32_t format)
{
    static const WGPUTextureFormat formats[W3D_GPU_FORMAT_COUNT] = {
        WGPUTextureFormat_Undefined,
        WGPUTextureFormat_RGBA8Unorm,
        WGPUTextureFormat_RGBA8UnormSrgb,
        WGPUTextureFormat_R8Unorm,
        WGPUTextureFormat_RG8Unorm,
        WGPUTextureFormat_R32Uint,
        WGPUTextureFormat_RGBA16Float,
        WGPUTextureFormat_RGBA32Float,
        WGPUTextureFormat_R32Float,
        WGPUTextureFormat_RGBA32Uint,
        WGPUTextureFormat_Depth24Plus,
        WGPUTextureFormat_Depth32Float,
        WGPUTextureFormat_Depth24PlusStencil8,
        WGPUTextureFormat_BC1RGBAUnorm,
        WGPUTextureFormat_BC3RGBAUnorm,
        WGPUTextureFormat_BC5RGUnorm,
        WGPUTextureFormat_BC7RGBAUnorm,
        WGPUTextureFormat_ETC2RGB8Unorm,
        WGPUTextureFormat_ETC2RGBA8Unorm,
        WGPUTextureFormat_ASTC4x4Unorm
    };
    return formats[format < W3D_GPU_FORMAT_COUNT ? format : 0];
}

static inline WGPUVertexFormat w3di_webgpu_vertex_format(uint32_t format)
{
    static const WGPUVertexFormat formats[W3D_GPU_VERTEX_FORMAT_COUNT] = {
        WGPUVertexFormat_Float32,   WGPUVertexFormat_Float32,   WGPUVertexFormat_Float32x2,
        WGPUVertexFormat_Float32x3, WGPUVertexFormat_Float32x4, WGPUVertexFormat_Uint32,
        WGPUVertexFormat_Uint32x2,  WGPUVertexFormat_Uint32x3,  WGPUVertexFormat_Uint32x4,
        WGPUVertexFormat_Sint32,    WGPUVertexFormat_Sint32x2,  WGPUVertexFormat_Sint32x3,
        WGPUVertexFormat_Sint32x4,  WGPUVertexFormat_Unorm8x4,  WGPUVertexFormat_Snorm8x4,
        WGPUVertexFormat_Uint8x4,   WGPUVertexFormat_Sint8x4,   WGPUVertexFormat_Unorm16x2,
        WGPUVertexFormat_Unorm16x4, WGPUVertexFormat_Snorm16x2, WGPUVertexFormat_Snorm16x4,
        WGPUVertexFormat_Uint16x2,  WGPUVertexFormat_Uint16x4,  WGPUVertexFormat_Float16x2,
        WGPUVertexFormat_Float16x4
    };
    return formats[format < W3D_GPU_VERTEX_FORMAT_COUNT ? format : 0];
}

static inline WGPUTextureViewDimension w3di_webgpu_dimension(uint32_t kind)
{
    static const WGPUTextureViewDimension kinds[4] = { WGPUTextureViewDimension_2D,
                                                       WGPUTextureViewDimension_2DArray,
                                                       WGPUTextureViewDimension_Cube,
                                                       WGPUTextureViewDimension_3D };
    return kinds[kind & 3];
}

static inline WGPUTextureView w3di_webgpu_texture_view(WGPUTexture texture,
                                                       WGPUTextureViewDimension dimension,
                                                       uint32_t mip, uint32_t layer,
                                                       WGPUTextureAspect aspect, int all)
{
    WGPUTextureViewDescriptor desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.dimension = dimension;
    desc.baseMipLevel = mip;
    desc.mipLevelCount = all ? WGPU_MIP_LEVEL_COUNT_UNDEFINED : 1;
    desc.baseArrayLayer = layer;
    desc.arrayLayerCount = all ? WGPU_ARRAY_LAYER_COUNT_UNDEFINED : 1;
    desc.aspect = aspect;
    return wgpuTextureCreateView(texture, &desc);
}

/* ---- buffers, textures, samplers ---- */

static inline void w3di_webgpu_buffer_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                             const uint32_t *w)
{
    static const WGPUBufferUsage uses[5] = { WGPUBufferUsage_Vertex, WGPUBufferUsage_Index,
                                             WGPUBufferUsage_Uniform, WGPUBufferUsage_Storage,
                                             WGPUBufferUsage_Indirect };
    WGPUBufferDescriptor desc;
    uint32_t use = w[3] ? w[3] : (uint32_t)(W3D_GPU_USE_VERTEX | W3D_GPU_USE_INDEX);
    w3di_webgpu_buffer *made =
        (w3di_webgpu_buffer *)w3di_webgpu_add(self, W3D_GPU_KIND_BUFFER, w[1], sizeof *made);
    if (!made) return;
    w3d_fill(&desc, 0, sizeof desc);
    desc.label = w3di_webgpu_text(stream, w + 4);
    desc.usage = WGPUBufferUsage_CopySrc | WGPUBufferUsage_CopyDst;
    for (uint32_t bit = 0; bit < 5; bit++)
        if (use >> bit & 1) desc.usage |= uses[bit];
    /* A uniform block's size is a multiple of 16, a C struct's need not be. */
    desc.size = use & W3D_GPU_USE_UNIFORM ? ((uint64_t)w[2] + 15) & ~(uint64_t)15 : w[2];
    w3di_webgpu_watch(self);
    made->gpu = wgpuDeviceCreateBuffer(self->device, &desc);
    w3di_webgpu_watched(self, W3D_GPU_KIND_BUFFER, w[1]);
    if (!made->gpu) made->head.bad = 1;
}

static inline void w3di_webgpu_texture_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                              const uint32_t *w)
{
    WGPUTextureDescriptor desc;
    uint32_t samples = w[8] ? w[8] : 1;
    const w3di_gpu_format *format = w3di_gpu_format_of(w[3]);
    w3di_webgpu_texture *made =
        (w3di_webgpu_texture *)w3di_webgpu_add(self, W3D_GPU_KIND_TEXTURE, w[1], sizeof *made);
    if (!made) return;
    made->kind = w[2];
    made->format = w[3];
    made->width = w[4];
    made->height = w[5];
    made->layers = w[6];
    made->mips = w[7];
    w3d_fill(&desc, 0, sizeof desc);
    desc.label = w3di_webgpu_text(stream, w + 10);
    desc.usage = WGPUTextureUsage_TextureBinding;
    if (samples == 1) desc.usage |= WGPUTextureUsage_CopySrc | WGPUTextureUsage_CopyDst;
    if (samples > 1 || (w[9] & W3D_GPU_USE_TARGET) || (w[7] > 1 && w[3] < W3D_GPU_DEPTH24))
        desc.usage |= WGPUTextureUsage_RenderAttachment;
    desc.dimension = w[2] == W3D_GPU_3D ? WGPUTextureDimension_3D : WGPUTextureDimension_2D;
    desc.size.width = w[4];
    desc.size.height = w[5];
    desc.size.depthOrArrayLayers = w[6];
    desc.format = w3di_webgpu_format(w[3]);
    desc.mipLevelCount = w[7];
    desc.sampleCount = samples;
    w3di_webgpu_watch(self);
    made->gpu = wgpuDeviceCreateTexture(self->device, &desc);
    made->sampled = w3di_webgpu_texture_view(made->gpu, w3di_webgpu_dimension(w[2]), 0, 0,
                                             format->depth ? WGPUTextureAspect_DepthOnly
                                                           : WGPUTextureAspect_All,
                                             1);
    w3di_webgpu_watched(self, W3D_GPU_KIND_TEXTURE, w[1]);
}

static inline void w3di_webgpu_sampler_create(w3di_webgpu *self, const uint32_t *w)
{
    static const WGPUAddressMode wraps[4] = { WGPUAddressMode_Repeat, WGPUAddressMode_ClampToEdge,
                                              WGPUAddressMode_MirrorRepeat,
                                              WGPUAddressMode_Repeat };
    static const WGPUFilterMode filters[2] = { WGPUFilterMode_Linear, WGPUFilterMode_Nearest };
    WGPUSamplerDescriptor desc;
    w3di_webgpu_sampler *made =
        (w3di_webgpu_sampler *)w3di_webgpu_add(self, W3D_GPU_KIND_SAMPLER, w[1], sizeof *made);
    if (!made) return;
    w3d_fill(&desc, 0, sizeof desc);
    desc.addressModeU = wraps[w[3] & 3];
    desc.addressModeV = wraps[w[3] >> 8 & 3];
    desc.addressModeW = wraps[w[3] >> 16 & 3];
    desc.magFilter = filters[w[2] & 1];
    desc.minFilter = filters[w[2] >> 8 & 1];
    desc.mipmapFilter = w[2] >> 16 & 1 ? WGPUMipmapFilterMode_Nearest : WGPUMipmapFilterMode_Linear;
    desc.compare = (WGPUCompareFunction)w[4];
    desc.lodMinClamp = w3d_f32_from_bits(w[5]);
    desc.lodMaxClamp = w3d_f32_from_bits(w[6]);
    desc.maxAnisotropy = (uint16_t)(w[2] & 0xFFFFFF ? 1 : w[7]); /* wants all to be linear */
    w3di_webgpu_watch(self);
    made->gpu = wgpuDeviceCreateSampler(self->device, &desc);
    w3di_webgpu_watched(self, W3D_GPU_KIND_SAMPLER, w[1]);
}

/* ---- shaders ---- */

static inline WGPUBindGroupLayoutEntry w3di_webgpu_binding(w3d_gpu_binding b, uint32_t compute)
{
    static const WGPUTextureSampleType samples[5] = {
        WGPUTextureSampleType_Float, WGPUTextureSampleType_Depth, WGPUTextureSampleType_Sint,
        WGPUTextureSampleType_Uint, WGPUTextureSampleType_UnfilterableFloat
    };
    WGPUBindGroupLayoutEntry entry;
    w3d_fill(&entry, 0, sizeof entry);
    entry.binding = b.binding;
    entry.visibility = b.stages                               ? b.stages
                       : compute                              ? 4u
                       : b.kind == W3D_GPU_BIND_STORAGE_WRITE ? 2u
                                                              : 3u;
    switch (b.kind) {
    case W3D_GPU_BIND_UNIFORM: entry.buffer.type = WGPUBufferBindingType_Uniform; break;
    case W3D_GPU_BIND_STORAGE_READ:
        entry.buffer.type = WGPUBufferBindingType_ReadOnlyStorage;
        break;
    case W3D_GPU_BIND_STORAGE_WRITE: entry.buffer.type = WGPUBufferBindingType_Storage; break;
    case W3D_GPU_BIND_TEXTURE:
        entry.texture.sampleType = samples[b.samples == 1 && !b.sample ? 4 : b.sample % 5];
        entry.texture.viewDimension = w3di_webgpu_dimension(b.texture);
        entry.texture.multisampled = b.samples == 1;
        break;
    default:
        entry.sampler.type =
            b.sample ? WGPUSamplerBindingType_Comparison : WGPUSamplerBindingType_Filtering;
    }
    return entry;
}

/* Whether the text has a function of that name: a pass of depth alone needs no fragment entry. */
static inline uint32_t w3di_webgpu_has_function(const char *text, uint32_t size, const char *name)
{
    uint32_t length = (uint32_t)w3d_text_size(name);
    for (uint32_t i = 0; i + 3 + length < size; i++) {
        if (text[i] != 'f' || text[i + 1] != 'n' || (text[i + 2] != ' ' && text[i + 2] != '\t'))
            continue;
        uint32_t at = i + 3;
        while (at < size && (text[at] == ' ' || text[at] == '\t')) at++;
        if (at + length < size && w3d_equal(text + at, name, length) &&
            (text[at + length] == '(' || text[at + length] == ' '))
            return 1;
    }
    return 0;
}

static inline void w3di_webgpu_shader_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                             const uint32_t *w)
{
    WGPUBindGroupLayoutEntry entries[3][W3D_GPU_MAX_BINDINGS];
    WGPUBindGroupLayout layouts[3];
    WGPUPipelineLayoutDescriptor layout;
    WGPUShaderSourceWGSL source;
    WGPUShaderModuleDescriptor module;
    uint32_t counts[3] = { 0, 0, 0 };
    w3di_webgpu_shader *made =
        (w3di_webgpu_shader *)w3di_webgpu_add(self, W3D_GPU_KIND_SHADER, w[1], sizeof *made);
    if (!made) return;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t size = w[9 + 2 * i] < W3DI_WEBGPU_NAME ? w[9 + 2 * i] : W3DI_WEBGPU_NAME - 1;
        if (size) w3d_copy(made->names[i], stream->blobs + w[8 + 2 * i], size);
    }
    if (!w[3]) {
        w3di_webgpu_refuse(self, W3D_GPU_KIND_SHADER, w[1],
                           w3di_webgpu_view("there is no WGSL", 16));
        return;
    }
    made->has_fragment =
        w3di_webgpu_has_function((const char *)stream->blobs + w[2], w[3], made->names[1]);
    for (uint32_t i = 0; i < w[20]; i++) {
        w3d_gpu_binding b;
        w3d_copy(&b, w + 23 + 2 * i, sizeof b);
        if (b.group < 3 && counts[b.group] < W3D_GPU_MAX_BINDINGS)
            entries[b.group][counts[b.group]++] = w3di_webgpu_binding(b, w[13] > 0);
    }
    w3di_webgpu_watch(self);
    for (uint32_t i = 1; i < 3; i++) {
        WGPUBindGroupLayoutDescriptor desc;
        if (!counts[i]) continue;
        w3d_fill(&desc, 0, sizeof desc);
        desc.entryCount = counts[i];
        desc.entries = entries[i];
        made->groups[i] = wgpuDeviceCreateBindGroupLayout(self->device, &desc);
    }
    layouts[0] = self->frame_layout;
    layouts[1] = made->groups[1] ? made->groups[1] : self->empty_layout;
    layouts[2] = made->groups[2];
    w3d_fill(&layout, 0, sizeof layout);
    layout.bindGroupLayoutCount = made->groups[2] ? 3 : made->groups[1] ? 2 : 1;
    layout.bindGroupLayouts = layouts;
    made->layout = wgpuDeviceCreatePipelineLayout(self->device, &layout);
    w3d_fill(&source, 0, sizeof source);
    w3d_fill(&module, 0, sizeof module);
    source.chain.sType = WGPUSType_ShaderSourceWGSL;
    source.code = w3di_webgpu_text(stream, w + 2);
    module.nextInChain = &source.chain;
    module.label = w3di_webgpu_text(stream, w + 21);
    made->gpu = wgpuDeviceCreateShaderModule(self->device, &module);
    w3di_webgpu_watched(self, W3D_GPU_KIND_SHADER, w[1]);
}

/* ---- pipelines ---- */

static inline WGPUBlendComponent w3di_webgpu_blend(uint32_t word)
{
    WGPUBlendComponent c;
    uint32_t op = word >> 16 & 255, plain = op >= W3D_GPU_MIN; /* these take factors of one only */
    c.operation = (WGPUBlendOperation)(op + 1);
    c.srcFactor = plain ? WGPUBlendFactor_One : (WGPUBlendFactor)(word & 255);
    c.dstFactor = plain ? WGPUBlendFactor_One : (WGPUBlendFactor)(word >> 8 & 255);
    return c;
}

static inline WGPUStencilFaceState w3di_webgpu_stencil(uint32_t word)
{
    WGPUStencilFaceState s;
    s.compare = (WGPUCompareFunction)(word & 255);
    s.failOp = (WGPUStencilOperation)((word >> 8 & 255) + 1);
    s.depthFailOp = (WGPUStencilOperation)((word >> 16 & 255) + 1);
    s.passOp = (WGPUStencilOperation)((word >> 24) + 1);
    return s;
}

static inline void w3di_webgpu_depth_state(WGPUDepthStencilState *depth, const uint32_t *w,
                                           int triangles)
{
    w3d_fill(depth, 0, sizeof *depth);
    depth->format = w3di_webgpu_format(w[6]);
    depth->depthCompare = (WGPUCompareFunction)(w[7] & 255);
    depth->depthWriteEnabled = w[7] >> 8 & 1 ? WGPUOptionalBool_True : WGPUOptionalBool_False;
    if (triangles) {
        depth->depthBias = (int32_t)w[8];
        depth->depthBiasSlopeScale = w3d_f32_from_bits(w[9]);
        depth->depthBiasClamp = w3d_f32_from_bits(w[10]);
    }
    if (w3di_gpu_format_of(w[6])->stencil) {
        depth->stencilFront = w3di_webgpu_stencil(w[11]);
        depth->stencilBack = w3di_webgpu_stencil(w[12]);
        depth->stencilReadMask = w[13] & 255;
        depth->stencilWriteMask = w[13] >> 8 & 255;
    }
}

static inline void w3di_webgpu_render_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                             const uint32_t *w, const w3di_webgpu_shader *shader,
                                             w3di_webgpu_pipeline *made)
{
    static const WGPUPrimitiveTopology topologies[5] = { WGPUPrimitiveTopology_TriangleList,
                                                         WGPUPrimitiveTopology_TriangleStrip,
                                                         WGPUPrimitiveTopology_LineList,
                                                         WGPUPrimitiveTopology_LineStrip,
                                                         WGPUPrimitiveTopology_PointList };
    static const WGPUCullMode culls[3] = { WGPUCullMode_None, WGPUCullMode_Back,
                                           WGPUCullMode_Front };
    WGPURenderPipelineDescriptor desc;
    WGPUDepthStencilState depth;
    WGPUFragmentState fragment;
    WGPUColorTargetState targets[W3D_GPU_MAX_COLORS];
    WGPUBlendState blends[W3D_GPU_MAX_COLORS];
    WGPUVertexBufferLayout buffers[W3D_GPU_MAX_VERTEX_BUFFERS];
    WGPUVertexAttribute attributes[W3D_GPU_MAX_VERTEX_BUFFERS][W3D_GPU_MAX_ATTRIBUTES];
    uint32_t colors = w[5] & 255, topology = w[4] & 255, buffer_count = w[26];
    const uint32_t *words = w + 30 + buffer_count;
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&fragment, 0, sizeof fragment);
    w3d_fill(targets, 0, sizeof targets);
    w3d_fill(buffers, 0, sizeof buffers);
    w3d_fill(attributes, 0, sizeof attributes);
    for (uint32_t i = 0; i < w[27]; i++) {
        uint32_t slot = words[2 * i] >> 8 & 255;
        WGPUVertexBufferLayout *buffer = &buffers[slot];
        WGPUVertexAttribute *attribute = &attributes[slot][buffer->attributeCount++];
        attribute->shaderLocation = words[2 * i] & 255;
        attribute->format = w3di_webgpu_vertex_format(words[2 * i] >> 16);
        attribute->offset = words[2 * i + 1];
        buffer->attributes = attributes[slot];
        buffer->arrayStride = w[30 + slot] & 0x7FFFFFFFu;
        buffer->stepMode =
            w[30 + slot] >> 31 ? WGPUVertexStepMode_Instance : WGPUVertexStepMode_Vertex;
        made->reads |= 1u << slot;
        made->per_instance |= w[30 + slot] >> 31;
    }
    made->buffer_count = buffer_count;
    for (uint32_t i = 0; i < colors; i++) {
        const uint32_t *c = w + 14 + 3 * i;
        targets[i].format = w3di_webgpu_format(c[0] & 255);
        targets[i].writeMask = c[0] >> 8 & 15;
        if (!(c[0] >> 16 & 1)) continue;
        blends[i].color = w3di_webgpu_blend(c[1]);
        blends[i].alpha = w3di_webgpu_blend(c[2]);
        targets[i].blend = &blends[i];
    }
    desc.label = w3di_webgpu_text(stream, w + 28);
    desc.layout = shader->layout;
    desc.vertex.module = shader->gpu;
    desc.vertex.entryPoint = w3di_webgpu_view(shader->names[0], w3d_text_size(shader->names[0]));
    desc.vertex.bufferCount = buffer_count;
    desc.vertex.buffers = buffers;
    desc.primitive.topology = topologies[topology % 5];
    desc.primitive.cullMode = culls[(w[4] >> 8 & 255) % 3];
    desc.primitive.frontFace = w[4] >> 16 & 255 ? WGPUFrontFace_CW : WGPUFrontFace_CCW;
    if (topology == W3D_GPU_TRIANGLE_STRIP || topology == W3D_GPU_LINE_STRIP)
        desc.primitive.stripIndexFormat =
            w[4] >> 24 ? WGPUIndexFormat_Uint16 : WGPUIndexFormat_Uint32;
    desc.multisample.count = w[5] >> 8 & 255;
    desc.multisample.mask = 0xFFFFFFFFu;
    desc.multisample.alphaToCoverageEnabled = w[5] >> 16 & 1;
    if (w[6]) {
        w3di_webgpu_depth_state(&depth, w, topology <= W3D_GPU_TRIANGLE_STRIP);
        desc.depthStencil = &depth;
    }
    if (colors || shader->has_fragment) {
        fragment.module = shader->gpu;
        fragment.entryPoint = w3di_webgpu_view(shader->names[1], w3d_text_size(shader->names[1]));
        fragment.targetCount = colors;
        fragment.targets = targets;
        desc.fragment = &fragment;
    }
    made->render = wgpuDeviceCreateRenderPipeline(self->device, &desc);
}

/* Pipelines are made at once and ready when their error scope says so: that is what every
 * implementation has. */
static inline void w3di_webgpu_pipeline_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                               const uint32_t *w)
{
    const w3di_webgpu_shader *shader =
        (const w3di_webgpu_shader *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_SHADER, w[2]);
    w3di_webgpu_pipeline *made =
        (w3di_webgpu_pipeline *)w3di_webgpu_add(self, W3D_GPU_KIND_PIPELINE, w[1], sizeof *made);
    if (!made) return;
    if (!shader || !shader->gpu) {
        w3di_webgpu_refuse(self, W3D_GPU_KIND_PIPELINE, w[1],
                           w3di_webgpu_view("its shader is not there", 23));
        return;
    }
    w3di_webgpu_watch(self);
    if (w[3]) {
        WGPUComputePipelineDescriptor desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.label = w3di_webgpu_text(stream, w + 28);
        desc.layout = shader->layout;
        desc.compute.module = shader->gpu;
        desc.compute.entryPoint =
            w3di_webgpu_view(shader->names[2], w3d_text_size(shader->names[2]));
        made->compute = wgpuDeviceCreateComputePipeline(self->device, &desc);
    } else {
        w3di_webgpu_render_create(self, stream, w, shader, made);
    }
    w3di_webgpu_watched(self, W3D_GPU_KIND_PIPELINE, w[1]);
}

/* ---- groups and meshes ---- */

static inline void w3di_webgpu_group_create(w3di_webgpu *self, const w3d_gpu_stream *stream,
                                            const uint32_t *w)
{
    WGPUBindGroupEntry entries[3][W3D_GPU_MAX_BINDINGS];
    uint32_t counts[3] = { 0, 0, 0 }, missing = 0;
    const w3di_webgpu_shader *shader =
        (const w3di_webgpu_shader *)(void *)w3di_webgpu_find(self, W3D_GPU_KIND_SHADER, w[2]);
    w3di_webgpu_group *made =
        (w3di_webgpu_group *)w3di_webgpu_add(self, W3D_GPU_KIND_GROUP, w[1], sizeof *made);
    if (!made) return;
    for (uint32_t i = 0; i < w[3]; i++) {
        const uint32_t *e = w + 6 + 4 * i;
        uint32_t group = e[0] & 255, kind = e[0] >> 16;
        if (group > 2 || counts[group] == W3D_GPU_MAX_BINDINGS) continue;
        WGPUBindGroupEntry *entry = &entries[group][counts[group]++];
        w3d_fill(entry, 0, sizeof *entry);
        entry->binding = e[0] >> 8 & 255;
        if (kind == W3D_GPU_BIND_TEXTURE) {
            w3di_webgpu_texture *t = w3di_webgpu_texture_of(self, e[1]);
            if (t) t->head.fresh = 0;
            entry->textureView = t ? t->sampled : NULL;
            missing |= !t;
        } else if (kind == W3D_GPU_BIND_SAMPLER) {
            w3di_webgpu_head *s = w3di_webgpu_find(self, W3D_GPU_KIND_SAMPLER, e[1]);
            entry->sampler = s ? ((w3di_webgpu_sampler *)(void *)s)->gpu : NULL;
            missing |= !s;
        } else {
            w3di_webgpu_buffer *b = w3di_webgpu_buffer_of(self, e[1]);
            if (b) b->head.fresh = 0;
            entry->buffer = b ? b->gpu : NULL;
            entry->offset = e[2];
            entry->size =
                kind == W3D_GPU_BIND_UNIFORM ? ((uint64_t)e[3] + 15) & ~(uint64_t)15 : e[3];
            missing |= !b;
        }
    }
    if (!shader || missing) {
        w3di_webgpu_refuse(self, W3D_GPU_KIND_GROUP, w[1],
                           w3di_webgpu_view("something it binds is not there", 31));
        return;
    }
    w3di_webgpu_watch(self);
    for (uint32_t i = 1; i < 3; i++) {
        WGPUBindGroupDescriptor desc;
        if (!shader->groups[i]) continue;
        w3d_fill(&desc, 0, sizeof desc);
        desc.label = w3di_webgpu_text(stream, w + 4);
        desc.layout = shader->groups[i];
        desc.entryCount = counts[i];
        desc.entries = entries[i];
        made->groups[i] = wgpuDeviceCreateBindGroup(self->device, &desc);
    }
    if (made->groups[2] && !made->groups[1]) {
        made->groups[1] = self->empty_group;
        wgpuBindGroupAddRef(self->empty_group);
    }
    w3di_webgpu_watched(self, W3D_GPU_KIND_GROUP, w[1]);
}

static inline void w3di_webgpu_mesh_create(w3di_webgpu *self, const uint32_t *w)
{
    w3di_webgpu_mesh *made =
        (w3di_webgpu_mesh *)w3di_webgpu_add(self, W3D_GPU_KIND_MESH, w[1], sizeof *made);
    if (!made) return;
    w3di_webgpu_buffer *indices = w3di_webgpu_buffer_of(self, w[2]);
    if (indices) indices->head.fresh = 0;
    made->indices = w[2];
    made->format = w[3];
    made->count = w[4] < W3D_GPU_MAX_VERTEX_BUFFERS ? w[4] : (uint32_t)W3D_GPU_MAX_VERTEX_BUFFERS;
    for (uint32_t i = 0; i < made->count; i++) {
        w3di_webgpu_buffer *buffer = w3di_webgpu_buffer_of(self, w[5 + 2 * i]);
        if (buffer) buffer->head.fresh = 0;
        made->buffers[i] = w[5 + 2 * i];
        made->offsets[i] = w[6 + 2 * i];
    }
}

/* ---- the end of objects ---- */

static inline void w3di_webgpu_destroy(w3di_webgpu *self, uint32_t kind, uint32_t handle)
{
    w3di_webgpu_head *head = w3di_webgpu_find(self, kind, handle);
    if (!head) return;
    if (kind == W3D_GPU_KIND_BUFFER) w3di_webgpu_drop(((w3di_webgpu_buffer *)(void *)head)->gpu);
    if (kind == W3D_GPU_KIND_TEXTURE) {
        w3di_webgpu_texture *t = (w3di_webgpu_texture *)(void *)head;
        if (t->sampled) wgpuTextureViewRelease(t->sampled);
        if (t->gpu) wgpuTextureRelease(t->gpu);
    }
    if (kind == W3D_GPU_KIND_SAMPLER && ((w3di_webgpu_sampler *)(void *)head)->gpu)
        wgpuSamplerRelease(((w3di_webgpu_sampler *)(void *)head)->gpu);
    if (kind == W3D_GPU_KIND_SHADER) {
        w3di_webgpu_shader *s = (w3di_webgpu_shader *)(void *)head;
        for (uint32_t i = 1; i < 3; i++)
            if (s->groups[i]) wgpuBindGroupLayoutRelease(s->groups[i]);
        if (s->layout) wgpuPipelineLayoutRelease(s->layout);
        if (s->gpu) wgpuShaderModuleRelease(s->gpu);
    }
    if (kind == W3D_GPU_KIND_PIPELINE) {
        w3di_webgpu_pipeline *p = (w3di_webgpu_pipeline *)(void *)head;
        if (p->render) wgpuRenderPipelineRelease(p->render);
        if (p->compute) wgpuComputePipelineRelease(p->compute);
    }
    if (kind == W3D_GPU_KIND_GROUP)
        for (uint32_t i = 1; i < 3; i++)
            if (((w3di_webgpu_group *)(void *)head)->groups[i])
                wgpuBindGroupRelease(((w3di_webgpu_group *)(void *)head)->groups[i]);
    self->lists[kind].objects[handle & 0xFFFFF] = NULL;
    self->lists[kind].live--;
    w3di_webgpu_free(self, head, head->size);
}

#endif /* W3D_GPU_WEBGPU */
#endif /* W3D_GPU_WEBGPU_MAKE_H */
