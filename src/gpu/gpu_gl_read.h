/* gpu_gl_read.h - what comes later on GL: downloads, queries, times; private to gpu_gl.c. */
#ifndef W3D_GPU_GL_READ_H
#define W3D_GPU_GL_READ_H

#include "gpu/gpu_gl_draw.h"

static inline w3di_gl_pending *w3di_gl_pending_new(w3di_gl_device *self, uint32_t kind,
                                                   uint32_t handle)
{
    void *pending = self->pending;
    if (!w3di_gl_room(self, &pending, &self->pending_room, (uint64_t)self->pending_count + 1,
                      sizeof *self->pending))
        return NULL;
    self->pending = (w3di_gl_pending *)pending;
    w3di_gl_pending *p = &self->pending[self->pending_count++];
    w3d_fill(p, 0, sizeof *p);
    p->kind = kind;
    p->handle = handle;
    return p;
}

static inline w3d_result w3di_gl_buffer_read(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_buffer *b = (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, w[1]);
    w3di_gl_pending *p = b ? w3di_gl_pending_new(self, W3D_GPU_EVENT_DOWNLOAD, w[4]) : NULL;
    if (!p) return b ? W3D_ERR_OUT_OF_MEMORY : W3D_OK;
    p->size = w[3];
    W3DI_GL(self)->GenBuffers(1, &p->name);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_READ_BUFFER, b->name);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, p->name);
    W3DI_GL(self)->BufferData(W3DI_GL_COPY_WRITE_BUFFER, (ptrdiff_t)w[3], NULL,
                              W3DI_GL_STREAM_READ);
    W3DI_GL(self)->CopyBufferSubData(W3DI_GL_COPY_READ_BUFFER, W3DI_GL_COPY_WRITE_BUFFER,
                                     (ptrdiff_t)w[2], 0, (ptrdiff_t)w[3]);
    p->sync = W3DI_GL(self)->FenceSync(W3DI_GL_SYNC_COMPLETE, 0);
    return W3D_OK;
}

static inline w3d_result w3di_gl_texture_read(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, w[1]);
    uint32_t format = t ? t->format : (uint32_t)W3D_GPU_RGBA8;
    const w3di_gl_format *f = w3di_gl_format_of(format);
    if (w[1] && !t) return W3D_OK;
    uint32_t name = t ? w3di_gl_framebuffer_one(self, t, w[2], w[5]) : w3di_gl_surface_shown(self);
    if (t && !name) { /* an answer without bytes: the download fails */
        w3di_gl_push(self, W3D_GPU_EVENT_DOWNLOAD, w[8], 0, NULL);
        w3di_gl_refuse(self, W3D_GPU_KIND_TEXTURE, w[1], "this device does not read this format");
        return W3D_OK;
    }
    w3di_gl_pending *p = w3di_gl_pending_new(self, W3D_GPU_EVENT_DOWNLOAD, w[8]);
    if (!p) return W3D_ERR_OUT_OF_MEMORY;
    p->size = w[9];
    p->width = w[6];
    p->height = w[7];
    p->format = format;
    p->flip = !t;
    p->as_read = self->es != 0;
    int32_t y = (int32_t)(t ? w[4] : self->height - w[4] - w[7]);
    uint32_t bytes = self->es ? w[6] * w[7] * 4 * f->read_bytes : w[9];
    W3DI_GL(self)->GenBuffers(1, &p->name);
    W3DI_GL(self)->BindBuffer(W3DI_GL_PIXEL_PACK_BUFFER, p->name);
    W3DI_GL(self)->BufferData(W3DI_GL_PIXEL_PACK_BUFFER, (ptrdiff_t)bytes, NULL,
                              W3DI_GL_STREAM_READ);
    w3di_gl_read_from(self, name);
    W3DI_GL(self)->ReadPixels((int32_t)w[3], y, (int32_t)w[6], (int32_t)w[7],
                              self->es ? f->read : f->format, self->es ? f->read_type : f->type,
                              NULL);
    W3DI_GL(self)->BindBuffer(W3DI_GL_PIXEL_PACK_BUFFER, 0);
    p->sync = W3DI_GL(self)->FenceSync(W3DI_GL_SYNC_COMPLETE, 0);
    return W3D_OK;
}

static inline w3d_result w3di_gl_query_begin(w3di_gl_device *self, const uint32_t *w)
{
    w3di_gl_pending *p = self->skip ? NULL : w3di_gl_pending_new(self, W3D_GPU_EVENT_QUERY, w[1]);
    if (!p) {
        w3di_gl_push(self, W3D_GPU_EVENT_QUERY, w[1], 0, NULL);
        return W3D_OK;
    }
    W3DI_GL(self)->GenQueries(1, &p->name);
    W3DI_GL(self)->BeginQuery(W3DI_GL_ANY_SAMPLES, p->name);
    self->query = 1;
    return W3D_OK;
}

static inline void w3di_gl_query_end(w3di_gl_device *self)
{
    if (self->query) W3DI_GL(self)->EndQuery(W3DI_GL_ANY_SAMPLES);
    self->query = 0;
}

/* ---- when it is there ---- */

/* The bytes as the front wants them, from four channels to as many as the format has, rows
 * turned. */
static inline void w3di_gl_answer(const w3di_gl_pending *p, const uint8_t *from, uint8_t *to)
{
    const w3di_gl_format *f = w3di_gl_format_of(p->format);
    const w3di_gpu_format *g = w3di_gpu_format_of(p->format);
    if (!p->width) {
        w3d_copy(to, from, p->size);
        return;
    }
    uint32_t pixel = p->as_read ? 4u * f->read_bytes : g->bytes, row = p->width * g->bytes;
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *line = from + (size_t)(p->flip ? p->height - 1 - y : y) * p->width * pixel;
        if (pixel == g->bytes) {
            w3d_copy(to, line, row);
        } else if (p->format == W3D_GPU_RGBA16F) {
            for (uint32_t i = 0; i < 4 * p->width; i++) {
                float value;
                w3d_copy(&value, line + 4 * (size_t)i, 4);
                uint16_t half = w3d_f16_from_f32(value);
                w3d_copy(to + 2 * (size_t)i, &half, 2);
            }
        } else {
            for (uint32_t x = 0; x < p->width; x++)
                w3d_copy(to + (size_t)x * g->bytes, line + (size_t)x * pixel, g->bytes);
        }
        to += row;
    }
}

static inline int w3di_gl_download_poll(w3di_gl_device *self, w3di_gl_pending *p,
                                        w3d_gpu_event *event)
{
    uint32_t status = W3DI_GL(self)->ClientWaitSync(p->sync, 1, 0);
    if (status != W3DI_GL_ALREADY_SIGNALED && status != W3DI_GL_CONDITION_SATISFIED &&
        status != W3DI_GL_WAIT_FAILED)
        return 0;
    if (p->size > self->answer_size) {
        uint8_t *answer = (uint8_t *)w3di_gl_resize(self, self->answer, self->answer_size, p->size);
        if (answer) self->answer = answer;
        if (answer) self->answer_size = p->size;
    }
    uint32_t pixels = p->width * p->height, bytes = p->size;
    if (pixels && p->as_read) bytes = pixels * 4 * w3di_gl_format_of(p->format)->read_bytes;
    uint32_t before = self->desc->save_state ? w3di_gl_get(self, W3DI_GL_COPY_READ_BUFFER) : 0;
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_READ_BUFFER, p->name);
    const uint8_t *from =
        p->size <= self->answer_size
            ? (const uint8_t *)W3DI_GL(self)->MapBufferRange(W3DI_GL_COPY_READ_BUFFER, 0,
                                                             (ptrdiff_t)bytes, 1)
            : NULL;
    if (from) {
        w3di_gl_answer(p, from, self->answer);
        W3DI_GL(self)->UnmapBuffer(W3DI_GL_COPY_READ_BUFFER);
        event->bytes = self->answer;
        event->size = p->size;
    }
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_READ_BUFFER, before);
    W3DI_GL(self)->DeleteBuffers(1, &p->name);
    W3DI_GL(self)->DeleteSync(p->sync);
    return 1;
}

static inline int w3di_gl_query_poll(w3di_gl_device *self, const w3di_gl_pending *p,
                                     w3d_gpu_event *event)
{
    uint32_t there = 0, value = 0;
    W3DI_GL(self)->GetQueryObjectuiv(p->name, W3DI_GL_QUERY_RESULT_AVAILABLE, &there);
    if (!there) return 0;
    if (p->kind == W3D_GPU_EVENT_TIME) {
        W3DI_GL(self)->GetQueryObjectui64v(p->name, W3DI_GL_QUERY_RESULT, &event->value);
    } else {
        W3DI_GL(self)->GetQueryObjectuiv(p->name, W3DI_GL_QUERY_RESULT, &value);
        event->value = value;
    }
    W3DI_GL(self)->DeleteQueries(1, &p->name);
    return 1;
}

/* The next result that has come, in the order they were asked for in each kind. */
static inline int w3di_gl_pending_poll(w3di_gl_device *self, w3d_gpu_event *event)
{
    uint32_t waiting =
        0; /* bits of the kinds whose first is not there: later ones are not either */
    for (uint32_t i = 0; i < self->pending_count; i++) {
        w3di_gl_pending *p = &self->pending[i];
        if (waiting >> p->kind & 1) continue;
        int there = p->kind == W3D_GPU_EVENT_DOWNLOAD ? w3di_gl_download_poll(self, p, event)
                                                      : w3di_gl_query_poll(self, p, event);
        if (!there) {
            waiting |= 1u << p->kind;
            continue;
        }
        event->kind = p->kind;
        event->handle = p->handle;
        self->pending_count--;
        w3d_move(p, p + 1, (self->pending_count - i) * sizeof *p);
        return 1;
    }
    return 0;
}

static inline void w3di_gl_pending_end(w3di_gl_device *self)
{
    for (uint32_t i = 0; i < self->pending_count; i++) {
        const w3di_gl_pending *p = &self->pending[i];
        if (p->sync) W3DI_GL(self)->DeleteSync(p->sync);
        if (p->kind == W3D_GPU_EVENT_DOWNLOAD)
            W3DI_GL(self)->DeleteBuffers(1, &p->name);
        else
            W3DI_GL(self)->DeleteQueries(1, &p->name);
    }
    self->pending_count = 0;
}

#endif /* W3D_GPU_GL_READ_H */
