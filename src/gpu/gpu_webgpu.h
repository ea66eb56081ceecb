/* gpu_webgpu.h - the back-end of native WebGPU, against the standard <webgpu/webgpu.h>.
 *
 *     #define W3D_GPU_WEBGPU 1
 *     #define W3D_IMPLEMENTATION
 *     #include "wasm3d.h"
 *
 *     desc.backend = w3d_gpu_webgpu(NULL);
 *
 * Without W3D_GPU_WEBGPU nothing of webgpu.h is included, and opening it is W3D_ERR_UNSUPPORTED.
 * The program links an implementation of webgpu.h itself (Dawn, wgpu-native); it is asked for
 * nothing beyond the standard functions. Callbacks run within w3d_gpu_poll. The surface is a
 * texture: desc.present hands it to the caller, who copies or draws it to a window. */
#ifndef W3D_GPU_WEBGPU_H
#define W3D_GPU_WEBGPU_H

#include "gpu/gpu_stream.h"

#ifndef W3D_GPU_WEBGPU
#define W3D_GPU_WEBGPU 0
#endif

typedef struct w3d_gpu_webgpu_desc {
    void *instance; /* WGPUInstance, borrowed; NULL: one is made */
    void *device;   /* WGPUDevice of that instance, borrowed; NULL: one is asked for. The loss of a
                       borrowed one is told to its owner, who calls w3d_gpu_switch */
    int low_power;  /* 1: rather the processor's GPU; 0: rather the fast one */
    /* Called for each frame on the surface. texture: WGPUTexture, RGBA8Unorm, may be copied from.
     * NULL: the surface is only read back. */
    void (*present)(void *user, void *texture, uint32_t width, uint32_t height);
    void (*opened)(void *user,
                   void *device); /* WGPUDevice, borrowed, as soon as it is there; or NULL */
    void *user;
} w3d_gpu_webgpu_desc;

/* desc: borrowed while the device lives; NULL: the defaults. */
W3D_API w3d_gpu_backend w3d_gpu_webgpu(const w3d_gpu_webgpu_desc *desc);

#endif /* W3D_GPU_WEBGPU_H */
