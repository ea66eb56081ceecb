/* gpu_webgpu_state.h - what the native WebGPU back-end keeps: objects, events, reads; private. */
#ifndef W3D_GPU_WEBGPU_STATE_H
#define W3D_GPU_WEBGPU_STATE_H

#include "core/bits.h"
#include "gpu/gpu_format.h"
#include "gpu/gpu_webgpu.h"
#include "memory/allocator.h"

#if W3D_GPU_WEBGPU
#include <webgpu/webgpu.h>

enum {
    W3DI_WEBGPU_CONSTANTS = 16384, /* bytes a shader sees of the frame constants */
    W3DI_WEBGPU_SLICES = 3,        /* of their ring, used in turn                */
    W3DI_WEBGPU_NAME = 128,        /* bytes of an entry point's name             */
    W3DI_WEBGPU_QUERIES = 256      /* between two flushes                        */
};

typedef struct w3di_webgpu_head { /* of every object */
    uint32_t handle, bad, fresh;  /* fresh: no command has used it yet */
    size_t size;
} w3di_webgpu_head;

typedef struct w3di_webgpu_buffer {
    w3di_webgpu_head head;
    WGPUBuffer gpu;
} w3di_webgpu_buffer;

typedef struct w3di_webgpu_texture {
    w3di_webgpu_head head;
    WGPUTexture gpu;
    WGPUTextureView sampled;
    uint32_t kind, format, width, height, layers, mips;
} w3di_webgpu_texture;

typedef struct w3di_webgpu_sampler {
    w3di_webgpu_head head;
    WGPUSampler gpu;
} w3di_webgpu_sampler;

typedef struct w3di_webgpu_shader {
    w3di_webgpu_head head;
    WGPUShaderModule gpu;
    WGPUPipelineLayout layout;
    WGPUBindGroupLayout groups[3];
    char names[3][W3DI_WEBGPU_NAME]; /* vertex, fragment, compute */
    uint32_t has_fragment;
} w3di_webgpu_shader;

typedef struct w3di_webgpu_pipeline {
    w3di_webgpu_head head;
    WGPURenderPipeline render;
    WGPUComputePipeline compute;
    uint32_t buffer_count, reads, per_instance, ready;
} w3di_webgpu_pipeline;

typedef struct w3di_webgpu_group {
    w3di_webgpu_head head;
    WGPUBindGroup groups[3];
} w3di_webgpu_group;

typedef struct w3di_webgpu_mesh {
    w3di_webgpu_head head;
    uint32_t indices, format, count;
    uint32_t buffers[W3D_GPU_MAX_VERTEX_BUFFERS], offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_webgpu_mesh;

typedef struct w3di_webgpu_list { /* of a kind, by slot */
    w3di_webgpu_head **objects;
    uint32_t room, live;
} w3di_webgpu_list;

struct w3di_webgpu;

typedef struct w3di_webgpu_readback { /* results on their way */
    struct w3di_webgpu *self;
    struct w3di_webgpu_readback *next;
    WGPUBuffer buffer;
    uint32_t kind, handle, row, pitch, rows, used, count, state; /* state: 1 mapped, 2 failed */
    uint32_t ids[W3DI_WEBGPU_QUERIES];
} w3di_webgpu_readback;

typedef struct w3di_webgpu_event {
    w3d_gpu_event event;
    char *text; /* [event.text_size], or NULL */
    w3di_webgpu_readback *readback;
} w3di_webgpu_event;

typedef struct w3di_webgpu_note { /* what a callback is about */
    struct w3di_webgpu *self;
    uint32_t kind, handle;
} w3di_webgpu_note;

typedef struct w3di_webgpu_queries {
    WGPUQuerySet set;
    WGPUBuffer buffer;
    uint32_t count, ids[W3DI_WEBGPU_QUERIES];
} w3di_webgpu_queries;

typedef struct w3di_webgpu {
    w3d_allocator allocator;
    const w3d_gpu_webgpu_desc *desc;
    WGPUInstance instance;
    WGPUAdapter adapter;
    WGPUDevice device;
    WGPUQueue queue;
    uint32_t open, lost, closed, pending, own_instance, own_device; /* pending: callbacks to come */
    w3d_gpu_caps caps;
    w3di_webgpu_list lists[W3D_GPU_KIND_COUNT];

    w3di_webgpu_event *events; /* a ring */
    uint32_t event_first, event_count, event_room;
    w3di_webgpu_event given; /* what poll gave last */
    uint8_t *unpadded;       /* bytes of the download given last */
    size_t unpadded_size;
    w3di_webgpu_readback *waiting; /* to be mapped when the commands are handed in */
    char last_error[128];          /* the same again, each frame, is told once */

    WGPUCommandEncoder encoder;
    WGPUComputePassEncoder compute;
    uint32_t labels;

    WGPUBindGroupLayout frame_layout, empty_layout;
    WGPUBindGroup frame_group, empty_group;
    WGPUBuffer ring, table;
    uint8_t *ring_bytes;
    uint32_t ring_size, ring_used, ring_written, slice, offset;
    uint32_t table_size, row_size;
    w3di_webgpu_queries occlusion, times;

    WGPUTexture color, many, depth; /* the surface */
    WGPUTextureView color_view, many_view, depth_view;
    uint32_t width, height, samples, depth_format;

    WGPUShaderModule mip_module;
    WGPURenderPipeline mip_pipelines[W3D_GPU_FORMAT_COUNT][2];

    WGPURenderPassEncoder pass; /* the one that is open, what is set in it */
    WGPUTextureView views[2 * W3D_GPU_MAX_COLORS + 1];
    uint32_t view_count, pass_labels, pass_width, pass_height, query;
    uint32_t instance_buffers[W3D_GPU_MAX_VERTEX_BUFFERS],
        instance_offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t now_pipeline, now_group, now_frame, now_indices, now_format;
    uint32_t now_buffers[W3D_GPU_MAX_VERTEX_BUFFERS], now_offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
    WGPUBuffer indirect;
    uint32_t indirect_next;
} w3di_webgpu;

static inline void *w3di_webgpu_new(w3di_webgpu *self, size_t size)
{
    void *made = w3d_allocator_resize(&self->allocator, NULL, 0, size);
    if (made) w3d_fill(made, 0, size);
    return made;
}

static inline void w3di_webgpu_free(w3di_webgpu *self, void *block, size_t size)
{
    if (block) w3d_allocator_resize(&self->allocator, block, size, 0);
}

static inline WGPUStringView w3di_webgpu_view(const void *text, size_t size)
{
    WGPUStringView view;
    view.data = (const char *)text;
    view.length = size;
    return view;
}

/* The text of a blob, by its two words. */
static inline WGPUStringView w3di_webgpu_text(const w3d_gpu_stream *stream, const uint32_t *w)
{
    return w3di_webgpu_view(w[1] ? stream->blobs + w[0] : stream->blobs, w[1]);
}

/* ---- events ---- */

static inline w3di_webgpu_event *w3di_webgpu_push(w3di_webgpu *self, uint32_t kind, uint32_t handle,
                                                  uint64_t value)
{
    if (self->event_count == self->event_room) {
        uint32_t room = self->event_room ? self->event_room * 2 : 64;
        w3di_webgpu_event *larger =
            (w3di_webgpu_event *)w3di_webgpu_new(self, room * sizeof *larger);
        if (!larger) return NULL;
        for (uint32_t i = 0; i < self->event_count; i++)
            larger[i] = self->events[(self->event_first + i) % self->event_room];
        w3di_webgpu_free(self, self->events, self->event_room * sizeof *larger);
        self->events = larger;
        self->event_room = room;
        self->event_first = 0;
    }
    w3di_webgpu_event *made =
        &self->events[(self->event_first + self->event_count++) % self->event_room];
    w3d_fill(made, 0, sizeof *made);
    made->event.kind = kind;
    made->event.handle = handle;
    made->event.value = value;
    return made;
}

static inline void w3di_webgpu_say(w3di_webgpu *self, uint32_t kind, uint32_t handle,
                                   uint64_t value, WGPUStringView text)
{
    w3di_webgpu_event *made = w3di_webgpu_push(self, kind, handle, value);
    size_t size = !text.data                   ? 0
                  : text.length == WGPU_STRLEN ? w3d_text_size(text.data)
                                               : text.length;
    if (!made || !size) return;
    if (size > 4000) size = 4000;
    made->text = (char *)w3di_webgpu_new(self, size);
    if (!made->text) return;
    w3d_copy(made->text, text.data, size);
    made->event.text = made->text;
    made->event.text_size = (uint32_t)size;
}

static inline void w3di_webgpu_say_plain(w3di_webgpu *self, uint32_t kind, uint32_t handle,
                                         uint64_t value, const char *text)
{
    w3di_webgpu_say(self, kind, handle, value, w3di_webgpu_view(text, w3d_text_size(text)));
}

/* ---- objects ---- */

static inline w3di_webgpu_head *w3di_webgpu_find(const w3di_webgpu *self, uint32_t kind,
                                                 uint32_t handle)
{
    const w3di_webgpu_list *list = &self->lists[kind];
    uint32_t slot = handle & 0xFFFFF;
    w3di_webgpu_head *head = slot < list->room ? list->objects[slot] : NULL;
    return head && handle && head->handle == handle ? head : NULL;
}

static inline w3di_webgpu_buffer *w3di_webgpu_buffer_of(const w3di_webgpu *self, uint32_t handle)
{
    w3di_webgpu_head *head = w3di_webgpu_find(self, W3D_GPU_KIND_BUFFER, handle);
    return head && !head->bad ? (w3di_webgpu_buffer *)(void *)head : NULL;
}

static inline w3di_webgpu_texture *w3di_webgpu_texture_of(const w3di_webgpu *self, uint32_t handle)
{
    w3di_webgpu_head *head = w3di_webgpu_find(self, W3D_GPU_KIND_TEXTURE, handle);
    return head && !head->bad ? (w3di_webgpu_texture *)(void *)head : NULL;
}

/* A new object of a kind in the slot of its handle, zero; NULL without memory. */
static inline void *w3di_webgpu_add(w3di_webgpu *self, uint32_t kind, uint32_t handle, size_t size)
{
    w3di_webgpu_list *list = &self->lists[kind];
    uint32_t slot = handle & 0xFFFFF, room = list->room ? list->room : 16;
    if (slot >= list->room) {
        while (room <= slot) room *= 2;
        w3di_webgpu_head **objects =
            (w3di_webgpu_head **)w3di_webgpu_new(self, room * sizeof *objects);
        if (!objects) return NULL;
        w3d_copy(objects, list->objects, list->room * sizeof *objects);
        w3di_webgpu_free(self, list->objects, list->room * sizeof *objects);
        list->objects = objects;
        list->room = room;
    }
    if (list->objects[slot]) return NULL;
    w3di_webgpu_head *head = (w3di_webgpu_head *)w3di_webgpu_new(self, size);
    if (!head) return NULL;
    head->handle = handle;
    head->fresh = 1;
    head->size = size;
    list->objects[slot] = head;
    list->live++;
    return head;
}

/* ---- errors, by scopes around what creates something ---- */

static inline void w3di_webgpu_refuse(w3di_webgpu *self, uint32_t kind, uint32_t handle,
                                      WGPUStringView text)
{
    w3di_webgpu_head *head = w3di_webgpu_find(self, kind, handle);
    if (head && head->bad) return;
    if (head) head->bad = 1;
    w3di_webgpu_say(self, W3D_GPU_EVENT_REFUSED, handle, kind, text);
}

static inline void w3di_webgpu_scope_done(WGPUPopErrorScopeStatus status, WGPUErrorType type,
                                          WGPUStringView text, void *opaque, void *unused)
{
    w3di_webgpu_note *note = (w3di_webgpu_note *)opaque;
    w3di_webgpu *self = note->self;
    (void)unused;
    self->pending--;
    if (!self->closed && status == WGPUPopErrorScopeStatus_Success) {
        w3di_webgpu_head *head = w3di_webgpu_find(self, note->kind, note->handle);
        if (type != WGPUErrorType_NoError) {
            w3di_webgpu_refuse(self, note->kind, note->handle, text);
        } else if (note->kind == W3D_GPU_KIND_PIPELINE && head && !head->bad) {
            ((w3di_webgpu_pipeline *)(void *)head)->ready = 1;
            w3di_webgpu_push(self, W3D_GPU_EVENT_PIPELINE, note->handle, 0);
        }
    }
    w3di_webgpu_free(self, note, sizeof *note);
}

static inline void w3di_webgpu_watch(w3di_webgpu *self)
{
    wgpuDevicePushErrorScope(self->device, WGPUErrorFilter_Validation);
}

static inline void w3di_webgpu_watched(w3di_webgpu *self, uint32_t kind, uint32_t handle)
{
    WGPUPopErrorScopeCallbackInfo info;
    w3di_webgpu_note *note = (w3di_webgpu_note *)w3di_webgpu_new(self, sizeof *note);
    w3d_fill(&info, 0, sizeof info);
    if (!note) return; /* the scope stays: later ones lie within it */
    note->self = self;
    note->kind = kind;
    note->handle = handle;
    info.mode = WGPUCallbackMode_AllowProcessEvents;
    info.callback = w3di_webgpu_scope_done;
    info.userdata1 = note;
    self->pending++;
    wgpuDevicePopErrorScope(self->device, info);
}

/* ---- commands ---- */

static inline WGPUCommandEncoder w3di_webgpu_encoder(w3di_webgpu *self)
{
    if (self->compute) {
        wgpuComputePassEncoderEnd(self->compute);
        wgpuComputePassEncoderRelease(self->compute);
        self->compute = NULL;
    }
    if (!self->encoder) self->encoder = wgpuDeviceCreateCommandEncoder(self->device, NULL);
    return self->encoder;
}

static inline WGPUBuffer w3di_webgpu_make_buffer(w3di_webgpu *self, uint64_t size,
                                                 WGPUBufferUsage usage)
{
    WGPUBufferDescriptor desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.size = size;
    desc.usage = usage;
    return wgpuDeviceCreateBuffer(self->device, &desc);
}

/* Lets a buffer go that commands may still use: it is held as long as they need it. */
static inline void w3di_webgpu_drop(WGPUBuffer buffer)
{
    if (buffer) wgpuBufferRelease(buffer);
}

/* A readback for so many bytes, to be mapped with the next flush; NULL without memory. */
static inline w3di_webgpu_readback *w3di_webgpu_read(w3di_webgpu *self, uint32_t kind,
                                                     uint32_t handle, uint32_t used)
{
    w3di_webgpu_readback *made = (w3di_webgpu_readback *)w3di_webgpu_new(self, sizeof *made);
    if (!made) return NULL;
    made->self = self;
    made->kind = kind;
    made->handle = handle;
    made->used = (used + 3) & ~3u;
    made->row = made->pitch = used;
    made->rows = 1;
    made->buffer = w3di_webgpu_make_buffer(self, made->used,
                                           WGPUBufferUsage_MapRead | WGPUBufferUsage_CopyDst);
    made->next = self->waiting;
    self->waiting = made;
    return made;
}

static void w3di_webgpu_flush(w3di_webgpu *self); /* gpu_webgpu.c */

#endif /* W3D_GPU_WEBGPU */
#endif /* W3D_GPU_WEBGPU_STATE_H */
