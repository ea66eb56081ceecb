/* gpu_null.h - the back-end that draws nothing: it counts, and answers what is asked with zeros.
 *
 *     desc.backend = w3d_gpu_null(NULL);
 *
 * For tests, for servers, and for measuring what recording costs. It looks at every operation of a
 * stream as an executor would, and keeps the device's objects apart, so that a stream that creates
 * one twice, or uses what is not there, fails (W3D_ERR_FORMAT). */
#ifndef W3D_GPU_NULL_H
#define W3D_GPU_NULL_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu_null_desc {
    w3d_gpu_caps caps;                                        /* name[0] 0: everything there is */
    void (*stream)(void *user, const w3d_gpu_stream *stream); /* sees what is submitted, or NULL */
    void *user;
    uint32_t delay;      /* polls before the device is READY */
    uint32_t lose_after; /* streams after which the device is lost; 0: never */
} w3d_gpu_null_desc;

/* desc: borrowed while the device lives; NULL: the defaults. */
W3D_API w3d_gpu_backend w3d_gpu_null(const w3d_gpu_null_desc *desc);

#endif /* W3D_GPU_NULL_H */
