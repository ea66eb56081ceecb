/* gpu_web.c - hands streams to the JavaScript half, by their addresses, and fetches its events. */
#include "gpu/gpu_web.h"
#include "core/host.h"
#include "memory/allocator.h"

#if defined(__wasm__) && !defined(__wasi__)

#if defined(__EMSCRIPTEN__)
#include <emscripten.h>
/* clang-format off */
EM_JS(uint32_t, w3d_host, (uint32_t op, uint32_t a, uint32_t b, uint32_t c), {
    var host = Module['w3dHost'];
    return host ? host(op, a, b, c, wasmMemory) : 0;
})
/* clang-format on */
#endif

enum { W3DI_GPU_WEB_BUSY = 2, W3DI_GPU_WEB_CLOSED = 3 }; /* what a submit gives; 1: done */

typedef struct w3di_gpu_web {
    w3d_allocator allocator;
    uint32_t device;
    uint8_t *bytes; /* of the event that was given last */
    uint32_t room;
} w3di_gpu_web;

static uint32_t w3di_gpu_web_at(const void *address) { return (uint32_t)(uintptr_t)address; }

static w3d_result w3di_gpu_web_open(const void *config, const w3d_allocator *allocator, void **out)
{
    const w3d_gpu_web_desc *desc = (const w3d_gpu_web_desc *)config;
    w3di_gpu_web *self = (w3di_gpu_web *)w3d_allocator_resize(allocator, NULL, 0, sizeof *self);
    if (!self) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(self, 0, sizeof *self);
    self->allocator = *allocator;
    self->device =
        w3d_host(W3D_HOST_GPU_OPEN, desc ? (uint32_t)desc->api : 0, desc ? desc->canvas : 0, 0);
    if (!self->device) {
        w3d_allocator_resize(allocator, self, sizeof *self, 0);
        return W3D_ERR_UNSUPPORTED;
    }
    *out = self;
    return W3D_OK;
}

static void w3di_gpu_web_close(void *opaque)
{
    w3di_gpu_web *self = (w3di_gpu_web *)opaque;
    w3d_allocator allocator = self->allocator;
    w3d_host(W3D_HOST_GPU_CLOSE, self->device, 0, 0);
    if (self->bytes) w3d_allocator_resize(&allocator, self->bytes, self->room, 0);
    w3d_allocator_resize(&allocator, self, sizeof *self, 0);
}

static w3d_result w3di_gpu_web_submit(void *opaque, const w3d_gpu_stream *stream)
{
    const w3di_gpu_web *self = (const w3di_gpu_web *)opaque;
    uint32_t result = w3d_host(W3D_HOST_GPU_SUBMIT, self->device, w3di_gpu_web_at(stream), 0);
    return result == W3DI_GPU_WEB_BUSY     ? W3D_ERR_BUSY
           : result == W3DI_GPU_WEB_CLOSED ? W3D_ERR_CLOSED
           : result                        ? W3D_OK
                                           : W3D_ERR_UNSUPPORTED;
}

static int w3di_gpu_web_poll(void *opaque, w3d_gpu_event *event)
{
    w3di_gpu_web *self = (w3di_gpu_web *)opaque;
    if (!w3d_host(W3D_HOST_GPU_POLL, self->device, w3di_gpu_web_at(event), 0)) return 0;
    uint32_t size = event->size + event->text_size;
    if (size > self->room) {
        uint8_t *bytes =
            size < 0x7FFFFFFFu
                ? (uint8_t *)w3d_allocator_resize(&self->allocator, self->bytes, self->room, size)
                : NULL;
        if (!bytes) { /* a download without bytes is one that failed */
            event->size = event->text_size = 0;
            size = 0;
        } else {
            self->bytes = bytes;
            self->room = size;
        }
    }
    if (size) w3d_host(W3D_HOST_GPU_TAKE, self->device, w3di_gpu_web_at(self->bytes), size);
    event->bytes = self->bytes;
    event->text = (const char *)self->bytes + event->size;
    if (!size) event->text = "";
    return 1;
}

static void w3di_gpu_web_caps(void *opaque, w3d_gpu_caps *out)
{
    w3d_fill(out, 0, sizeof *out);
    w3d_host(W3D_HOST_GPU_CAPS, ((const w3di_gpu_web *)opaque)->device, w3di_gpu_web_at(out), 0);
}

static void w3di_gpu_web_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    w3d_fill(counts, 0, sizeof *counts * W3D_GPU_KIND_COUNT);
    w3d_host(W3D_HOST_GPU_COUNT, ((const w3di_gpu_web *)opaque)->device, w3di_gpu_web_at(counts),
             W3D_GPU_KIND_COUNT);
}

#else /* no host to ask */

static w3d_result w3di_gpu_web_open(const void *config, const w3d_allocator *allocator, void **out)
{
    (void)config;
    (void)allocator;
    (void)out;
    return W3D_ERR_UNSUPPORTED;
}
static void w3di_gpu_web_close(void *opaque) { (void)opaque; }
static w3d_result w3di_gpu_web_submit(void *opaque, const w3d_gpu_stream *stream)
{
    (void)opaque;
    (void)stream;
    return W3D_ERR_UNSUPPORTED;
}
static int w3di_gpu_web_poll(void *opaque, w3d_gpu_event *event)
{
    (void)opaque;
    (void)event;
    return 0;
}
static void w3di_gpu_web_caps(void *opaque, w3d_gpu_caps *out)
{
    (void)opaque;
    w3d_fill(out, 0, sizeof *out);
}
static void w3di_gpu_web_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    (void)opaque;
    w3d_fill(counts, 0, sizeof *counts * W3D_GPU_KIND_COUNT);
}

#endif

W3D_API w3d_gpu_backend w3d_gpu_web(const w3d_gpu_web_desc *desc)
{
    static const w3d_gpu_table table = { 0, /* what was chosen is in the caps */
                                         w3di_gpu_web_open,
                                         w3di_gpu_web_submit,
                                         w3di_gpu_web_poll,
                                         w3di_gpu_web_caps,
                                         w3di_gpu_web_count,
                                         w3di_gpu_web_close };
    w3d_gpu_backend backend;
    backend.table = &table;
    backend.config = desc;
    return backend;
}
