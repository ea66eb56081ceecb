/* gpu.h - one GPU interface: resources, passes and draws, recorded as bytes for any back-end.
 *
 *     w3d_gpu_desc desc = { 0 };
 *     desc.backend = w3d_gpu_soft(NULL);
 *     desc.width = 640; desc.height = 480;
 *     w3d_gpu_create(&desc, &gpu);
 *     ... resources ...
 *     w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &pass_desc);
 *     w3d_gpu_draw(pass, &draw);
 *     w3d_gpu_pass_end(pass);
 *     w3d_gpu_submit(gpu);
 *
 * Nothing here talks to a device: calls are checked and become words of a stream (gpu_stream.h),
 * which w3d_gpu_submit hands to the back-end. What is wrong with a call is said in full by
 * w3d_gpu_message(). Conventions: origin top left, depth 0..1, column-major, linear colour. */
#ifndef W3D_GPU_H
#define W3D_GPU_H

#include "gpu/gpu_pass.h"

typedef enum w3d_gpu_status {
    W3D_GPU_OPENING,
    W3D_GPU_RUNNING,
    W3D_GPU_LOST,  /* or its back-end failed: w3d_gpu_switch brings all back */
    W3D_GPU_FAILED /* it could not be opened */
} w3d_gpu_status;

typedef struct
    w3d_gpu_counters { /* of the last submit; totals since creation are left to the caller */
    uint32_t draws_asked, draws_issued; /* draw calls; MULTI operations and what is left single */
    uint32_t draws_skipped;             /* their pipeline was not ready                         */
    uint32_t passes, dispatches;
    uint32_t pipeline_changes, group_changes, mesh_changes;
    uint32_t upload_bytes, object_bytes, stream_words;
} w3d_gpu_counters;

typedef struct w3d_gpu_desc {
    w3d_gpu_backend backend;
    uint32_t width, height; /* of the surface, pixels; 0: no surface, passes into textures only */
    uint32_t samples;       /* of the surface: 1 or 4; 0 means 1                               */
    w3d_gpu_format
        surface_depth; /* DEFAULT: DEPTH24                                                */
    int no_surface_depth;
    uint32_t object_size; /* bytes of a row of the object table, multiple of 16; 0: 128      */
    uint32_t max_objects; /* 0: 65536 */
    w3d_allocator allocator;
    void (*message)(void *user, w3d_result code,
                    const char *text); /* every error's text, as it happens */
    void *user;
} w3d_gpu_desc;

/* Opens a device. It may take a while (the web): until the status is RUNNING resources may be made
 * and passes recorded, their draws are skipped and counted, and w3d_gpu_submit gives ERR_BUSY.
 *
 *   desc  in   what it points to is borrowed while the device lives
 *   gpu   out  to be destroyed; untouched on error
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_OUT_OF_MEMORY, what the back-end's open gives */
W3D_API w3d_result w3d_gpu_create(const w3d_gpu_desc *desc, w3d_gpu **gpu);

/* Ends a device and all its resources. NULL: nothing happens. */
W3D_API void w3d_gpu_destroy(w3d_gpu *gpu);

/* Takes the back-end's events; call it once a frame. */
W3D_API w3d_gpu_status w3d_gpu_poll(w3d_gpu *gpu);
W3D_API const w3d_gpu_caps *w3d_gpu_get_caps(const w3d_gpu *gpu); /* all zero until RUNNING */
W3D_API const w3d_gpu_counters *w3d_gpu_get_counters(const w3d_gpu *gpu);

/* The last error in words: call, field, handle, why; "" where there was none. Lives until the next.
 * */
W3D_API const char *w3d_gpu_message(const w3d_gpu *gpu);

/* A new size of the surface, 1 to 16384; between passes. Where the frame has drawn to the surface
 * already it counts from the next frame on.
 *
 * Errors  W3D_ERR_ARGUMENT (a pass is open), W3D_ERR_RANGE */
W3D_API w3d_result w3d_gpu_resize(w3d_gpu *gpu, uint32_t width, uint32_t height);

/* Moves everything to another back-end, or to a new device of the same after a loss: creates all
 * live resources there, their contents by policy, and closes the old one. ERR_DAMAGED: done, but
 * contents of GPU_ONLY resources are gone. ERR_OUT_OF_MEMORY while telling: nothing was changed.
 * Downloads not done give ERR_CLOSED. Passes recorded since the last submit are dropped. */
W3D_API w3d_result w3d_gpu_switch(w3d_gpu *gpu, const w3d_gpu_backend *backend);

/* ---- frames ---- */

/* Hands everything recorded since the last time to the back-end and shows the surface if a pass
 * drew on it. ERR_BUSY: still opening, all is kept. ERR_CLOSED: the device is lost; what was
 * recorded about resources is kept, passes are dropped: w3d_gpu_switch brings all back. Any other
 * error of the back-end is a loss too. ERR_ARGUMENT: a pass or a label is open. ERR_OUT_OF_MEMORY
 * with "nothing was changed": call again. */
W3D_API w3d_result w3d_gpu_submit(w3d_gpu *gpu);

/* ---- results that come later ---- */

/* Asks for bytes of a buffer made with W3D_GPU_USE_READ, as they are after what was recorded
 * before. offset, size: multiples of 4 within it. download: out, for w3d_gpu_download_take. */
W3D_API w3d_result w3d_gpu_read_buffer(w3d_gpu *gpu, w3d_gpu_buffer buffer, uint32_t offset,
                                       uint32_t size, w3d_gpu_download *download);

/* The same of one layer of a texture made with W3D_GPU_USE_TEXTURE_READ, rows tight; without a
 * texture:
 * of the surface, RGBA8. */
W3D_API w3d_result w3d_gpu_read_texture(w3d_gpu *gpu, const w3d_gpu_texture_region *region,
                                        w3d_gpu_download *download);

/* ERR_BUSY until it is there; then copies it out, and the download is over. ERR_CAPACITY: *size
 * says what is needed. ERR_CLOSED: it can't come any more (a loss, a refusal); over as well. */
W3D_API w3d_result w3d_gpu_download_take(w3d_gpu *gpu, w3d_gpu_download download, void *out,
                                         size_t capacity, size_t *size);

/* What a query said (0: nothing passed) and how long a pass took, once; ERR_BUSY until it is there,
 * and for an id that was never asked. At most 4096 are kept. */
W3D_API w3d_result w3d_gpu_query_result(w3d_gpu *gpu, uint32_t id, uint64_t *passed);
W3D_API w3d_result w3d_gpu_time(w3d_gpu *gpu, uint32_t id, uint64_t *nanoseconds);

/* ---- capture and replay: gpu_capture.h ---- */

#endif /* W3D_GPU_H */
