/* gpu_null.c - counts what a device would hold, and answers with zeros. */
#include "gpu/gpu_null.h"
#include "core/bits.h"
#include "gpu/gpu_format.h"
#include "memory/allocator.h"

typedef struct w3di_gpu_null {
    w3d_allocator allocator;
    const w3d_gpu_null_desc *desc;
    w3d_gpu_event *queue; /* events to give: count of them, from first on */
    uint32_t first, count, queue_room;
    uint32_t *live[W3D_GPU_KIND_COUNT]; /* the handle in each slot, 0: none */
    uint32_t room[W3D_GPU_KIND_COUNT], counts[W3D_GPU_KIND_COUNT];
    uint8_t *zeros; /* what downloads give */
    size_t zeros_size;
    uint32_t delay, streams, lost;
} w3di_gpu_null;

static w3d_result w3di_gpu_null_push(w3di_gpu_null *self, uint32_t kind, uint32_t handle,
                                     uint64_t value, uint32_t size)
{
    if (self->first + self->count == self->queue_room) {
        uint32_t room = self->queue_room ? 2 * self->queue_room : 16;
        w3d_gpu_event *queue =
            (w3d_gpu_event *)w3d_allocator_resize(&self->allocator, self->queue,
                                                  (size_t)self->queue_room * sizeof *queue,
                                                  (size_t)room * sizeof *queue);
        if (!queue) return W3D_ERR_OUT_OF_MEMORY;
        self->queue = queue;
        self->queue_room = room;
    }
    w3d_gpu_event *event = &self->queue[self->first + self->count++];
    w3d_fill(event, 0, sizeof *event);
    event->kind = kind;
    event->handle = handle;
    event->value = value;
    event->size = size;
    return W3D_OK;
}

static w3d_result w3di_gpu_null_open(const void *config, const w3d_allocator *allocator, void **out)
{
    w3di_gpu_null *self = (w3di_gpu_null *)w3d_allocator_resize(allocator, NULL, 0, sizeof *self);
    if (!self) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(self, 0, sizeof *self);
    self->allocator = *allocator;
    self->desc = (const w3d_gpu_null_desc *)config;
    self->delay = self->desc ? self->desc->delay : 0;
    *out = self;
    if (!w3di_gpu_null_push(self, W3D_GPU_EVENT_READY, 0, 0, 0)) return W3D_OK;
    w3d_allocator_resize(allocator, self, sizeof *self, 0);
    *out = NULL;
    return W3D_ERR_OUT_OF_MEMORY;
}

static void w3di_gpu_null_close(void *opaque)
{
    w3di_gpu_null *self = (w3di_gpu_null *)opaque;
    w3d_allocator allocator = self->allocator;
    for (uint32_t kind = 0; kind < W3D_GPU_KIND_COUNT; kind++)
        if (self->live[kind])
            w3d_allocator_resize(&allocator, self->live[kind], (size_t)self->room[kind] * 4, 0);
    if (self->zeros) w3d_allocator_resize(&allocator, self->zeros, self->zeros_size, 0);
    if (self->queue)
        w3d_allocator_resize(&allocator, self->queue,
                             (size_t)self->queue_room * sizeof *self->queue, 0);
    w3d_allocator_resize(&allocator, self, sizeof *self, 0);
}

static w3d_result w3di_gpu_null_make(w3di_gpu_null *self, uint32_t kind, uint32_t id)
{
    uint32_t slot = id & 0xFFFFF;
    if (slot >= self->room[kind]) {
        uint32_t room = self->room[kind] ? self->room[kind] : 16;
        while (room <= slot) room *= 2;
        uint32_t *live =
            (uint32_t *)w3d_allocator_resize(&self->allocator, self->live[kind],
                                             (size_t)self->room[kind] * 4, (size_t)room * 4);
        if (!live) return W3D_ERR_OUT_OF_MEMORY;
        w3d_fill(live + self->room[kind], 0, (size_t)(room - self->room[kind]) * 4);
        self->live[kind] = live;
        self->room[kind] = room;
    }
    if (!id || self->live[kind][slot]) return W3D_ERR_FORMAT;
    self->live[kind][slot] = id;
    self->counts[kind]++;
    return W3D_OK;
}

static int w3di_gpu_null_has(const w3di_gpu_null *self, uint32_t kind, uint32_t id)
{
    uint32_t slot = id & 0xFFFFF;
    return slot < self->room[kind] && id && self->live[kind][slot] == id;
}

static w3d_result w3di_gpu_null_download(w3di_gpu_null *self, uint32_t id, uint64_t size)
{
    if (size > self->zeros_size) {
        uint8_t *zeros = size <= 0x40000000u
                             ? (uint8_t *)w3d_allocator_resize(&self->allocator, self->zeros,
                                                               self->zeros_size, (size_t)size)
                             : NULL;
        if (!zeros) return W3D_ERR_OUT_OF_MEMORY;
        w3d_fill(zeros, 0, (size_t)size);
        self->zeros = zeros;
        self->zeros_size = (size_t)size;
    }
    return w3di_gpu_null_push(self, W3D_GPU_EVENT_DOWNLOAD, id, 0, (uint32_t)size);
}

/* One operation; `format` is that of the surface, for its read back. */
static w3d_result w3di_gpu_null_do(w3di_gpu_null *self, const uint32_t *w)
{
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_BUFFER_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_BUFFER, w[1]);
    case W3D_GPU_OP_TEXTURE_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_TEXTURE, w[1]);
    case W3D_GPU_OP_SAMPLER_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_SAMPLER, w[1]);
    case W3D_GPU_OP_SHADER_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_SHADER, w[1]);
    case W3D_GPU_OP_PIPELINE_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_PIPELINE, w[1]);
    case W3D_GPU_OP_GROUP_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_GROUP, w[1]);
    case W3D_GPU_OP_MESH_CREATE: return w3di_gpu_null_make(self, W3D_GPU_KIND_MESH, w[1]);
    case W3D_GPU_OP_DESTROY:
        if (w[1] >= W3D_GPU_KIND_COUNT || !w3di_gpu_null_has(self, w[1], w[2]))
            return W3D_ERR_FORMAT;
        self->live[w[1]][w[2] & 0xFFFFF] = 0;
        self->counts[w[1]]--;
        return W3D_OK;
    case W3D_GPU_OP_BUFFER_WRITE:
        return w3di_gpu_null_has(self, W3D_GPU_KIND_BUFFER, w[1]) ? W3D_OK : W3D_ERR_FORMAT;
    case W3D_GPU_OP_TEXTURE_WRITE:
        return w3di_gpu_null_has(self, W3D_GPU_KIND_TEXTURE, w[1]) ? W3D_OK : W3D_ERR_FORMAT;
    case W3D_GPU_OP_BUFFER_READ:
        if (!w3di_gpu_null_has(self, W3D_GPU_KIND_BUFFER, w[1])) return W3D_ERR_FORMAT;
        return w3di_gpu_null_download(self, w[4], w[3]);
    case W3D_GPU_OP_TEXTURE_READ:
        if (w[1] && !w3di_gpu_null_has(self, W3D_GPU_KIND_TEXTURE, w[1])) return W3D_ERR_FORMAT;
        return w3di_gpu_null_download(self, w[8], w[9]);
    case W3D_GPU_OP_MULTI:
        return w3di_gpu_null_has(self, W3D_GPU_KIND_PIPELINE, w[1]) &&
                       (!w[2] || w3di_gpu_null_has(self, W3D_GPU_KIND_GROUP, w[2])) &&
                       (!w[3] || w3di_gpu_null_has(self, W3D_GPU_KIND_MESH, w[3]))
                   ? W3D_OK
                   : W3D_ERR_FORMAT;
    case W3D_GPU_OP_QUERY_BEGIN: return w3di_gpu_null_push(self, W3D_GPU_EVENT_QUERY, w[1], 0, 0);
    case W3D_GPU_OP_PASS_BEGIN:
        return w[8] ? w3di_gpu_null_push(self, W3D_GPU_EVENT_TIME, w[8], 0, 0) : W3D_OK;
    default: return W3D_OK;
    }
}

static w3d_result w3di_gpu_null_submit(void *opaque, const w3d_gpu_stream *stream)
{
    w3di_gpu_null *self = (w3di_gpu_null *)opaque;
    if (self->lost) return W3D_ERR_CLOSED;
    if (self->delay) return W3D_ERR_BUSY;
    if (self->desc && self->desc->stream) self->desc->stream(self->desc->user, stream);
    self->streams++;
    if (self->desc && self->desc->lose_after && self->streams >= self->desc->lose_after) {
        self->lost = 1;
        w3di_gpu_null_push(self, W3D_GPU_EVENT_LOST, 0, 0, 0);
        return W3D_ERR_CLOSED;
    }
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8) {
        w3d_result result = w3di_gpu_null_do(self, stream->words + at);
        if (result) return result;
    }
    return W3D_OK;
}

static int w3di_gpu_null_poll(void *opaque, w3d_gpu_event *event)
{
    w3di_gpu_null *self = (w3di_gpu_null *)opaque;
    if (self->delay) {
        self->delay--;
        return 0;
    }
    if (!self->count) return 0;
    *event = self->queue[self->first++];
    if (!--self->count) self->first = 0;
    if (event->kind == W3D_GPU_EVENT_DOWNLOAD) event->bytes = self->zeros;
    if (event->kind == W3D_GPU_EVENT_LOST) {
        event->text = "as asked for";
        event->text_size = 12;
    }
    return 1;
}

static void w3di_gpu_null_caps(void *opaque, w3d_gpu_caps *out)
{
    const w3di_gpu_null *self = (const w3di_gpu_null *)opaque;
    w3d_fill(out, 0, sizeof *out);
    if (self->desc && self->desc->caps.name[0]) {
        *out = self->desc->caps;
        return;
    }
    w3d_copy(out->name, "null", 5);
    out->api = W3D_GPU_API_NULL;
    out->max_texture_side = W3D_GPU_MAX_SIDE;
    out->max_layers = 2048;
    out->max_samples = 4;
    out->max_uniform_size = 65536;
    out->uniform_alignment = 256;
    out->max_buffer_size = 0x40000000u;
    out->max_object_rows = 1u << 20;
    out->compute = out->indirect = out->timestamps = out->occlusion = out->base_vertex = out->bc =
        out->etc2 = out->astc = 1;
    out->float_targets = out->half_targets = out->float_filter = out->anisotropy = out->multi_draw =
        1;
}

static void w3di_gpu_null_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    w3d_copy(counts, ((w3di_gpu_null *)opaque)->counts, sizeof(uint32_t) * W3D_GPU_KIND_COUNT);
}

W3D_API w3d_gpu_backend w3d_gpu_null(const w3d_gpu_null_desc *desc)
{
    static const w3d_gpu_table table = { W3D_GPU_API_NULL,     w3di_gpu_null_open,
                                         w3di_gpu_null_submit, w3di_gpu_null_poll,
                                         w3di_gpu_null_caps,   w3di_gpu_null_count,
                                         w3di_gpu_null_close };
    w3d_gpu_backend backend;
    backend.table = &table;
    backend.config = desc;
    return backend;
}
