/* gpu_web.h - the back-end of browsers: WebGL2 or WebGPU by the JavaScript half, live.
 *
 *     w3d_gpu_web_desc web = { 0 };
 *     desc.backend = w3d_gpu_web(&web);
 *
 * and on the page, or in a worker with an OffscreenCanvas:
 *
 *     const gpu = await createGpu({ canvas, api: 'best' });
 *     const host = await startThreads(bytes, { host: gpu.host });
 *     gpu.memory = host.memory;
 *
 * With Emscripten: Module.w3dHost = gpu.host; there is nothing else to give. Streams are read where
 * they lie in the module's memory. Results of compute, reads and queries come after the program has
 * gone back to the browser's event loop, never while it waits in one call. */
#ifndef W3D_GPU_WEB_H
#define W3D_GPU_WEB_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu_web_desc {
    w3d_gpu_api api; /* W3D_GPU_API_WEBGL2 or W3D_GPU_API_WEBGPU; NULL (0): what the page chose */
    uint32_t canvas; /* number of the canvas, as given to createGpu; beyond the last: no surface */
} w3d_gpu_web_desc;

/* desc: borrowed while the device lives; NULL: the defaults. Elsewhere than in wasm, and on a page
 * whose host answers no GPU operations, opening it gives W3D_ERR_UNSUPPORTED. Two descs of a canvas
 * and different apis are how w3d_gpu_switch goes from one to the other. */
W3D_API w3d_gpu_backend w3d_gpu_web(const w3d_gpu_web_desc *desc);

#endif /* W3D_GPU_WEB_H */
