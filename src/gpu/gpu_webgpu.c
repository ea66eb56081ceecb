/* gpu_webgpu.c - runs the command stream on native WebGPU.
 *
 * Commands are collected until something is written from memory, which WebGPU does at once, to a
 * resource that they may use: then they are handed in first. So all takes effect in order. */
#include "gpu/gpu_webgpu.h"
#include "gpu/gpu_webgpu_copy.h"
#include "gpu/gpu_webgpu_pass.h"

#if W3D_GPU_WEBGPU

/* ---- results that come later ---- */

static void w3di_webgpu_readback_free(w3di_webgpu_readback *one)
{
    w3di_webgpu_drop(one->buffer);
    w3di_webgpu_free(one->self, one, sizeof *one);
}

static void w3di_webgpu_mapped(WGPUMapAsyncStatus status, WGPUStringView text, void *opaque,
                               void *unused)
{
    w3di_webgpu_readback *one = (w3di_webgpu_readback *)opaque;
    w3di_webgpu *self = one->self;
    (void)text;
    (void)unused;
    self->pending--;
    const uint64_t *values =
        status == WGPUMapAsyncStatus_Success && !self->closed
            ? (const uint64_t *)wgpuBufferGetConstMappedRange(one->buffer, 0, one->used)
            : NULL;
    if (one->kind == W3D_GPU_EVENT_DOWNLOAD && !self->closed) {
        w3di_webgpu_event *event = w3di_webgpu_push(self, one->kind, one->handle, 0);
        if (event && values) {
            event->readback = one;
            return;
        }
    }
    for (uint32_t i = 0; values && i < one->count; i++)
        w3di_webgpu_push(self, one->kind, one->ids[i],
                         one->kind == W3D_GPU_EVENT_QUERY    ? values[i]
                         : values[2 * i + 1] > values[2 * i] ? values[2 * i + 1] - values[2 * i]
                                                             : 0);
    w3di_webgpu_readback_free(one);
}

static void w3di_webgpu_resolve(w3di_webgpu *self, w3di_webgpu_queries *queries, uint32_t kind,
                                uint32_t per)
{
    uint32_t bytes = 8 * per * queries->count;
    w3di_webgpu_readback *one = queries->count ? w3di_webgpu_read(self, kind, 0, bytes) : NULL;
    if (one) {
        one->count = queries->count;
        w3d_copy(one->ids, queries->ids, sizeof *one->ids * queries->count);
        wgpuCommandEncoderResolveQuerySet(self->encoder, queries->set, 0, per * queries->count,
                                          queries->buffer, 0);
        wgpuCommandEncoderCopyBufferToBuffer(self->encoder, queries->buffer, 0, one->buffer, 0,
                                             bytes);
    }
    queries->count = 0;
}

static void w3di_webgpu_flush(w3di_webgpu *self)
{
    if (!self->encoder) return;
    w3di_webgpu_encoder(self);
    w3di_webgpu_ring_write(self);
    w3di_webgpu_resolve(self, &self->occlusion, W3D_GPU_EVENT_QUERY, 1);
    w3di_webgpu_resolve(self, &self->times, W3D_GPU_EVENT_TIME, 2);
    for (; self->labels; self->labels--) wgpuCommandEncoderPopDebugGroup(self->encoder);
    WGPUCommandBuffer commands = wgpuCommandEncoderFinish(self->encoder, NULL);
    wgpuQueueSubmit(self->queue, 1, &commands);
    wgpuCommandBufferRelease(commands);
    wgpuCommandEncoderRelease(self->encoder);
    self->encoder = NULL;
    w3di_webgpu_readback *one = NULL, *next; /* in the order they were asked for */
    for (; self->waiting; self->waiting = next) {
        next = self->waiting->next;
        self->waiting->next = one;
        one = self->waiting;
    }
    for (; one; one = next) {
        WGPUBufferMapCallbackInfo info;
        next = one->next;
        w3d_fill(&info, 0, sizeof info);
        info.mode = WGPUCallbackMode_AllowProcessEvents;
        info.callback = w3di_webgpu_mapped;
        info.userdata1 = one;
        self->pending++;
        wgpuBufferMapAsync(one->buffer, WGPUMapMode_Read, 0, one->used, info);
    }
}

/* ---- running a stream ---- */

static void w3di_webgpu_label(w3di_webgpu *self, const w3d_gpu_stream *stream, const uint32_t *w)
{
    WGPUCommandEncoder encoder = w3di_webgpu_encoder(self);
    if ((w[0] & 255) == W3D_GPU_OP_LABEL_PUSH) {
        wgpuCommandEncoderPushDebugGroup(encoder, w3di_webgpu_text(stream, w + 1));
        self->labels++;
    } else if (self->labels) {
        wgpuCommandEncoderPopDebugGroup(encoder);
        self->labels--;
    }
}

static void w3di_webgpu_do(w3di_webgpu *self, const w3d_gpu_stream *stream, const uint32_t *w)
{
    w3di_webgpu_buffer *buffer;
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_BUFFER_CREATE: w3di_webgpu_buffer_create(self, stream, w); break;
    case W3D_GPU_OP_BUFFER_WRITE:
        if ((buffer = w3di_webgpu_buffer_of(self, w[1])) == NULL) break;
        w3di_webgpu_before_write(self, &buffer->head);
        wgpuQueueWriteBuffer(self->queue, buffer->gpu, w[2], stream->blobs + w[3], w[4]);
        break;
    case W3D_GPU_OP_BUFFER_COPY: w3di_webgpu_buffer_copy(self, w); break;
    case W3D_GPU_OP_BUFFER_READ: w3di_webgpu_buffer_read(self, w); break;
    case W3D_GPU_OP_TEXTURE_CREATE: w3di_webgpu_texture_create(self, stream, w); break;
    case W3D_GPU_OP_TEXTURE_WRITE: w3di_webgpu_texture_write(self, stream, w); break;
    case W3D_GPU_OP_TEXTURE_MIPS: w3di_webgpu_mips(self, w[1]); break;
    case W3D_GPU_OP_TEXTURE_COPY: w3di_webgpu_texture_copy(self, w); break;
    case W3D_GPU_OP_TEXTURE_READ: w3di_webgpu_texture_read(self, w); break;
    case W3D_GPU_OP_SAMPLER_CREATE: w3di_webgpu_sampler_create(self, w); break;
    case W3D_GPU_OP_SHADER_CREATE: w3di_webgpu_shader_create(self, stream, w); break;
    case W3D_GPU_OP_PIPELINE_CREATE: w3di_webgpu_pipeline_create(self, stream, w); break;
    case W3D_GPU_OP_GROUP_CREATE: w3di_webgpu_group_create(self, stream, w); break;
    case W3D_GPU_OP_MESH_CREATE: w3di_webgpu_mesh_create(self, w); break;
    case W3D_GPU_OP_DESTROY:
        if (w[1] < W3D_GPU_KIND_COUNT) w3di_webgpu_destroy(self, w[1], w[2]);
        break;
    case W3D_GPU_OP_OBJECTS_CREATE: w3di_webgpu_objects_create(self, w[1], w[2]); break;
    case W3D_GPU_OP_OBJECTS_WRITE:
        w3di_webgpu_flush(self);
        wgpuQueueWriteBuffer(self->queue, self->table, (uint64_t)w[1] * self->row_size,
                             stream->blobs + w[2], w[3]);
        break;
    case W3D_GPU_OP_SURFACE: w3di_webgpu_surface_open(self, w); break;
    case W3D_GPU_OP_DISPATCH:
    case W3D_GPU_OP_DISPATCH_INDIRECT: w3di_webgpu_dispatch(self, w); break;
    case W3D_GPU_OP_PRESENT:
        w3di_webgpu_flush(self);
        if (self->desc && self->desc->present && self->color)
            self->desc->present(self->desc->user, self->color, self->width, self->height);
        break;
    case W3D_GPU_OP_LABEL_PUSH:
    case W3D_GPU_OP_LABEL_POP: w3di_webgpu_label(self, stream, w); break;
    case W3D_GPU_OP_PASS_BEGIN: w3di_webgpu_pass_begin(self, stream, w); break;
    default: break; /* of a pass that was left out, or a newer stream's */
    }
}

static w3d_result w3di_webgpu_submit(void *opaque, const w3d_gpu_stream *stream)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    if (self->lost) return W3D_ERR_CLOSED;
    if (!self->open) return W3D_ERR_BUSY;
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8) {
        const uint32_t *w = stream->words + at;
        if (self->pass)
            w3di_webgpu_in_pass(self, stream, w);
        else
            w3di_webgpu_do(self, stream, w);
    }
    w3di_webgpu_pass_end(self);
    w3di_webgpu_flush(self);
    if (self->ring_used) {
        self->slice = (self->slice + 1) % W3DI_WEBGPU_SLICES;
        self->ring_used = self->ring_written = 0;
    }
    return W3D_OK;
}

/* ---- opening ---- */

static void w3di_webgpu_caps_of(w3di_webgpu *self)
{
    WGPULimits limits;
    WGPUAdapterInfo info;
    w3d_gpu_caps *caps = &self->caps;
    w3d_fill(&limits, 0, sizeof limits);
    w3d_fill(&info, 0, sizeof info);
    wgpuDeviceGetLimits(self->device, &limits);
    w3d_copy(caps->name, "WebGPU", 7);
    if (self->adapter && wgpuAdapterGetInfo(self->adapter, &info) == WGPUStatus_Success) {
        WGPUStringView name = info.device;
        size_t size = name.length == WGPU_STRLEN ? w3d_text_size(name.data) : name.length;
        if (size > sizeof caps->name - 1) size = sizeof caps->name - 1;
        if (size) {
            w3d_copy(caps->name, name.data, size);
            caps->name[size] = 0;
        }
        wgpuAdapterInfoFreeMembers(info);
    }
    caps->api = W3D_GPU_API_WEBGPU;
    caps->max_texture_side = limits.maxTextureDimension2D;
    caps->max_layers = limits.maxTextureArrayLayers;
    caps->max_samples = 4;
    caps->max_uniform_size = limits.maxUniformBufferBindingSize < 0xFFFFFFFCu
                                 ? (uint32_t)limits.maxUniformBufferBindingSize
                                 : 0xFFFFFFFCu;
    caps->uniform_alignment =
        limits.minUniformBufferOffsetAlignment > limits.minStorageBufferOffsetAlignment
            ? limits.minUniformBufferOffsetAlignment
            : limits.minStorageBufferOffsetAlignment;
    caps->max_buffer_size =
        limits.maxBufferSize < 0xFFFFFFFCu ? (uint32_t)limits.maxBufferSize : 0xFFFFFFFCu;
    caps->max_object_rows = limits.maxStorageBufferBindingSize / 128 < 1u << 20
                                ? (uint32_t)(limits.maxStorageBufferBindingSize / 128)
                                : 1u << 20;
    caps->compute = caps->occlusion = caps->base_vertex = caps->float_targets = 1;
    caps->half_targets = caps->anisotropy = caps->async_pipelines = caps->instance_base = 1;
    caps->indirect =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_IndirectFirstInstance) != 0);
    caps->timestamps =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_TimestampQuery) != 0);
    caps->bc =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_TextureCompressionBC) != 0);
    caps->etc2 =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_TextureCompressionETC2) != 0);
    caps->astc =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_TextureCompressionASTC) != 0);
    caps->float_filter =
        (uint8_t)(wgpuDeviceHasFeature(self->device, WGPUFeatureName_Float32Filterable) != 0);
}

static void w3di_webgpu_start(w3di_webgpu *self, WGPUDevice device)
{
    WGPUBindGroupLayoutEntry entries[2];
    WGPUBindGroupLayoutDescriptor layout;
    WGPUBindGroupDescriptor group;
    self->device = device;
    self->queue = wgpuDeviceGetQueue(device);
    w3di_webgpu_caps_of(self);
    w3d_fill(entries, 0, sizeof entries);
    w3d_fill(&layout, 0, sizeof layout);
    w3d_fill(&group, 0, sizeof group);
    self->empty_layout = wgpuDeviceCreateBindGroupLayout(device, &layout);
    group.layout = self->empty_layout;
    self->empty_group = wgpuDeviceCreateBindGroup(device, &group);
    entries[0].visibility = entries[1].visibility = 7;
    entries[0].buffer.type = WGPUBufferBindingType_Uniform;
    entries[0].buffer.hasDynamicOffset = 1;
    entries[1].binding = 1;
    entries[1].buffer.type = WGPUBufferBindingType_ReadOnlyStorage;
    layout.entryCount = 2;
    layout.entries = entries;
    self->frame_layout = wgpuDeviceCreateBindGroupLayout(device, &layout);
    self->table_size = 4096; /* stands for the object table until there is one */
    self->table = w3di_webgpu_make_buffer(self, self->table_size,
                                          WGPUBufferUsage_Storage | WGPUBufferUsage_CopySrc |
                                              WGPUBufferUsage_CopyDst);
    if (!w3di_webgpu_ring_open(self, 1u << 16)) {
        w3di_webgpu_say_plain(self, W3D_GPU_EVENT_FAILED, 0, 0, "out of memory");
        return;
    }
    self->open = 1;
    if (self->desc && self->desc->opened) self->desc->opened(self->desc->user, device);
    w3di_webgpu_push(self, W3D_GPU_EVENT_READY, 0, 0);
}

static void w3di_webgpu_device_lost(WGPUDevice const *device, WGPUDeviceLostReason reason,
                                    WGPUStringView text, void *opaque, void *unused)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    (void)device;
    (void)reason;
    (void)unused;
    self->pending--;
    if (self->closed || !self->open) return;
    self->lost = 1;
    w3di_webgpu_say(self, W3D_GPU_EVENT_LOST, 0, 0, text);
}

static void w3di_webgpu_device_error(WGPUDevice const *device, WGPUErrorType type,
                                     WGPUStringView text, void *opaque, void *unused)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    char *last = self->last_error;
    size_t size = !text.data                   ? 0
                  : text.length == WGPU_STRLEN ? w3d_text_size(text.data)
                                               : text.length;
    (void)device;
    (void)type;
    (void)unused;
    if (self->closed) return;
    if (size > sizeof self->last_error - 1) size = sizeof self->last_error - 1;
    if (w3d_text_size(last) == size && (!size || w3d_equal(last, text.data, size))) return;
    if (size) w3d_copy(last, text.data, size);
    last[size] = 0;
    w3di_webgpu_say(self, W3D_GPU_EVENT_REFUSED, 0, 0, text);
}

static void w3di_webgpu_got_device(WGPURequestDeviceStatus status, WGPUDevice device,
                                   WGPUStringView text, void *opaque, void *unused)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    (void)unused;
    self->pending--;
    if (status != WGPURequestDeviceStatus_Success || !device) {
        if (!self->closed) w3di_webgpu_say(self, W3D_GPU_EVENT_FAILED, 0, 0, text);
        return;
    }
    self->own_device = 1;
    if (self->closed)
        self->device = device;
    else
        w3di_webgpu_start(self, device);
}

static void w3di_webgpu_got_adapter(WGPURequestAdapterStatus status, WGPUAdapter adapter,
                                    WGPUStringView text, void *opaque, void *unused)
{
    static const WGPUFeatureName wanted[] = {
        WGPUFeatureName_TextureCompressionBC,   WGPUFeatureName_TextureCompressionETC2,
        WGPUFeatureName_TextureCompressionASTC, WGPUFeatureName_Float32Filterable,
        WGPUFeatureName_Float32Blendable,       WGPUFeatureName_TimestampQuery,
        WGPUFeatureName_IndirectFirstInstance
    };
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    WGPUFeatureName features[sizeof wanted / sizeof *wanted];
    WGPULimits limits;
    WGPUDeviceDescriptor desc;
    WGPURequestDeviceCallbackInfo info;
    (void)unused;
    self->pending--;
    self->adapter = adapter;
    if (self->closed) return;
    if (status != WGPURequestAdapterStatus_Success || !adapter) {
        w3di_webgpu_say(self, W3D_GPU_EVENT_FAILED, 0, 0, text);
        return;
    }
    w3d_fill(&limits, 0, sizeof limits);
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&info, 0, sizeof info);
    for (uint32_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wgpuAdapterHasFeature(adapter, wanted[i]))
            features[desc.requiredFeatureCount++] = wanted[i];
    desc.requiredFeatures = features;
    if (wgpuAdapterGetLimits(adapter, &limits) == WGPUStatus_Success) desc.requiredLimits = &limits;
    desc.deviceLostCallbackInfo.mode = WGPUCallbackMode_AllowProcessEvents;
    desc.deviceLostCallbackInfo.callback = w3di_webgpu_device_lost;
    desc.deviceLostCallbackInfo.userdata1 = self;
    desc.uncapturedErrorCallbackInfo.callback = w3di_webgpu_device_error;
    desc.uncapturedErrorCallbackInfo.userdata1 = self;
    info.mode = WGPUCallbackMode_AllowProcessEvents;
    info.callback = w3di_webgpu_got_device;
    info.userdata1 = self;
    self->pending += 2; /* the device, and its loss */
    wgpuAdapterRequestDevice(adapter, &desc, info);
}

static w3d_result w3di_webgpu_open(const void *config, const w3d_allocator *allocator, void **out)
{
    const w3d_gpu_webgpu_desc *desc = (const w3d_gpu_webgpu_desc *)config;
    w3di_webgpu *self = (w3di_webgpu *)w3d_allocator_resize(allocator, NULL, 0, sizeof *self);
    if (!self) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(self, 0, sizeof *self);
    self->allocator = *allocator;
    self->desc = desc;
    self->own_instance = !desc || !desc->instance;
    self->instance = self->own_instance ? wgpuCreateInstance(NULL) : (WGPUInstance)desc->instance;
    *out = self;
    if (!self->instance) {
        w3di_webgpu_say_plain(self, W3D_GPU_EVENT_FAILED, 0, 0, "no instance could be made");
    } else if (desc && desc->device) {
        wgpuDeviceAddRef((WGPUDevice)desc->device);
        w3di_webgpu_start(self, (WGPUDevice)desc->device);
    } else {
        WGPURequestAdapterOptions options;
        WGPURequestAdapterCallbackInfo info;
        w3d_fill(&options, 0, sizeof options);
        w3d_fill(&info, 0, sizeof info);
        options.featureLevel = WGPUFeatureLevel_Core;
        options.powerPreference = desc && desc->low_power ? WGPUPowerPreference_LowPower
                                                          : WGPUPowerPreference_HighPerformance;
        info.mode = WGPUCallbackMode_AllowProcessEvents;
        info.callback = w3di_webgpu_got_adapter;
        info.userdata1 = self;
        self->pending++;
        wgpuInstanceRequestAdapter(self->instance, &options, info);
    }
    return W3D_OK;
}

/* ---- events, and the end ---- */

static void w3di_webgpu_event_end(w3di_webgpu *self, w3di_webgpu_event *event)
{
    w3di_webgpu_free(self, event->text, event->event.text_size);
    if (event->readback) w3di_webgpu_readback_free(event->readback);
    w3d_fill(event, 0, sizeof *event);
}

/* The download's rows without their padding; copied where there is some. */
static void w3di_webgpu_unpad(w3di_webgpu *self, w3di_webgpu_event *event)
{
    const w3di_webgpu_readback *one = event->readback;
    const uint8_t *bytes =
        (const uint8_t *)wgpuBufferGetConstMappedRange(one->buffer, 0, one->used);
    uint64_t size = (uint64_t)one->row * one->rows;
    if (!bytes) return;
    if (one->row != one->pitch) {
        if (size > self->unpadded_size) {
            w3di_webgpu_free(self, self->unpadded, self->unpadded_size);
            self->unpadded = (uint8_t *)w3di_webgpu_new(self, (size_t)size);
            self->unpadded_size = self->unpadded ? (size_t)size : 0;
            if (!self->unpadded) return;
        }
        for (uint32_t row = 0; row < one->rows; row++)
            w3d_copy(self->unpadded + (size_t)row * one->row, bytes + (size_t)row * one->pitch,
                     one->row);
        bytes = self->unpadded;
    }
    event->event.bytes = bytes;
    event->event.size = (uint32_t)size;
}

static int w3di_webgpu_poll(void *opaque, w3d_gpu_event *out)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    w3di_webgpu_event_end(self, &self->given);
    if (!self->event_count && self->instance) wgpuInstanceProcessEvents(self->instance);
    if (!self->event_count) return 0;
    self->given = self->events[self->event_first];
    self->event_first = (self->event_first + 1) % self->event_room;
    self->event_count--;
    if (self->given.readback) w3di_webgpu_unpad(self, &self->given);
    if (self->given.event.kind == W3D_GPU_EVENT_REFUSED) self->last_error[0] = 0;
    *out = self->given.event;
    return 1;
}

static void w3di_webgpu_caps(void *opaque, w3d_gpu_caps *out)
{
    *out = ((const w3di_webgpu *)opaque)->caps;
}

static void w3di_webgpu_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    for (uint32_t kind = 0; kind < W3D_GPU_KIND_COUNT; kind++)
        counts[kind] = ((const w3di_webgpu *)opaque)->lists[kind].live;
}

static void w3di_webgpu_release(w3di_webgpu *self)
{
    w3di_webgpu_queries *queries[2];
    queries[0] = &self->occlusion;
    queries[1] = &self->times;
    for (uint32_t kind = 0; kind < W3D_GPU_KIND_COUNT; kind++) {
        w3di_webgpu_list *list = &self->lists[kind];
        for (uint32_t slot = 0; slot < list->room; slot++)
            if (list->objects[slot]) w3di_webgpu_destroy(self, kind, list->objects[slot]->handle);
        w3di_webgpu_free(self, list->objects, list->room * sizeof *list->objects);
    }
    w3di_webgpu_surface_close(self);
    for (int i = 0; i < 2; i++) {
        if (queries[i]->set) wgpuQuerySetRelease(queries[i]->set);
        w3di_webgpu_drop(queries[i]->buffer);
    }
    w3di_webgpu_drop(self->ring);
    w3di_webgpu_drop(self->table);
    w3di_webgpu_drop(self->indirect);
    w3di_webgpu_free(self, self->ring_bytes, self->ring_size);
    for (uint32_t i = 0; i < 2u * W3D_GPU_FORMAT_COUNT; i++)
        if (self->mip_pipelines[i / 2][i % 2])
            wgpuRenderPipelineRelease(self->mip_pipelines[i / 2][i % 2]);
    if (self->mip_module) wgpuShaderModuleRelease(self->mip_module);
    if (self->frame_group) wgpuBindGroupRelease(self->frame_group);
    if (self->empty_group) wgpuBindGroupRelease(self->empty_group);
    if (self->frame_layout) wgpuBindGroupLayoutRelease(self->frame_layout);
    if (self->empty_layout) wgpuBindGroupLayoutRelease(self->empty_layout);
    if (self->queue) wgpuQueueRelease(self->queue);
}

static void w3di_webgpu_close(void *opaque)
{
    w3di_webgpu *self = (w3di_webgpu *)opaque;
    w3d_allocator allocator = self->allocator;
    self->closed = 1;
    w3di_webgpu_release(self);
    w3di_webgpu_event_end(self, &self->given);
    for (uint32_t i = 0; i < self->event_count; i++)
        w3di_webgpu_event_end(self, &self->events[(self->event_first + i) % self->event_room]);
    w3di_webgpu_free(self, self->events, self->event_room * sizeof *self->events);
    w3di_webgpu_free(self, self->unpadded, self->unpadded_size);
    if (self->device && self->own_device) wgpuDeviceDestroy(self->device);
    /* Whatever still calls back does so now: the device is gone. */
    for (uint32_t i = 0; self->pending && i < 10000; i++) {
        wgpuInstanceProcessEvents(self->instance);
        if (self->device && self->own_device && i == 0) wgpuDeviceDestroy(self->device);
    }
    if (self->device) wgpuDeviceRelease(self->device);
    if (self->adapter) wgpuAdapterRelease(self->adapter);
    if (self->instance && self->own_instance) wgpuInstanceRelease(self->instance);
    w3d_allocator_resize(&allocator, self, sizeof *self, 0);
}

#else

static w3d_result w3di_webgpu_open(const void *config, const w3d_allocator *allocator, void **out)
{
    (void)config;
    (void)allocator;
    (void)out;
    return W3D_ERR_UNSUPPORTED;
}

#endif /* W3D_GPU_WEBGPU */

W3D_API w3d_gpu_backend w3d_gpu_webgpu(const w3d_gpu_webgpu_desc *desc)
{
    static const w3d_gpu_table table = {
        W3D_GPU_API_WEBGPU,
        w3di_webgpu_open,
#if W3D_GPU_WEBGPU
        w3di_webgpu_submit,
        w3di_webgpu_poll,
        w3di_webgpu_caps,
        w3di_webgpu_count,
        w3di_webgpu_close
#else
        NULL,
        NULL,
        NULL,
        NULL,
        NULL
#endif
    };
    w3d_gpu_backend backend;
    backend.table = &table;
    backend.config = desc;
    return backend;
}
