/* web.c - runs a GPU example on a page: what index.mjs calls. Built with one example by -include, as
 * `make web-examples` does. */
#define WASM3D_IMPLEMENTATION
#include "examples/gpu/example.h"

#define EXPORT(name) __attribute__((export_name(name)))

static w3d_gpu *gpu;
static w3d_gpu_web_desc web[2]; /* two, so that a switch opens the new device beside the old one */
static uint32_t using, made;

/* api: 3 WebGL2, 4 WebGPU. Gives 1, or 0: no memory. */
EXPORT("open") int example_open(uint32_t api, uint32_t width, uint32_t height)
{
    w3d_gpu_desc desc = { 0 };
    web[0].api = (w3d_gpu_api)api;
    desc.backend = w3d_gpu_web(&web[0]);
    desc.width = width, desc.height = height;
    desc.object_size = 80;
    return w3d_gpu_create(&desc, &gpu) == W3D_OK;
}

/* Moves everything to the other API, or to a new device after a loss. */
EXPORT("change") int example_change(uint32_t api)
{
    w3d_gpu_backend backend;
    using ^= 1u;
    web[using].api = (w3d_gpu_api)api;
    backend = w3d_gpu_web(&web[using]);
    w3d_result result = w3d_gpu_switch(gpu, &backend);
    return result == W3D_OK || result == W3D_ERR_DAMAGED;
}

/* A frame. 0: something was refused, 1: drawn, 2: the device is not open yet, 3: it was lost. */
EXPORT("frame") int example_frame(float seconds, uint32_t width, uint32_t height)
{
    w3d_gpu_status status = w3d_gpu_poll(gpu);
    if (status == W3D_GPU_OPENING) return 2;
    if (status == W3D_GPU_LOST) return 3;
    if (status == W3D_GPU_FAILED || w3d_gpu_resize(gpu, width, height)) return 0;
    if (!made && !example_make(gpu)) return 0;
    made = 1;
    if (example_draw(gpu, seconds, width, height)) return 1;
    return w3d_gpu_poll(gpu) == W3D_GPU_LOST ? 3 : 0; /* it may be lost in the middle of a frame */
}

EXPORT("message") const char *example_message(void) { return w3d_gpu_message(gpu); }
EXPORT("device") const char *example_device(void) { return w3d_gpu_get_caps(gpu)->name; }
EXPORT("draws_asked") uint32_t example_draws_asked(void) { return w3d_gpu_get_counters(gpu)->draws_asked; }
EXPORT("draws_issued") uint32_t example_draws_issued(void) { return w3d_gpu_get_counters(gpu)->draws_issued; }
