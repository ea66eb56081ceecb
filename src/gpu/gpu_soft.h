/* gpu_soft.h - the software back-end: executes the whole stream on the processor, the same bits everywhere.
 *
 *     desc.backend = w3d_gpu_soft(NULL);
 *
 * The reference of the other back-ends, and the default where there is no GPU. Shaders come as WGSL and
 * run sixteen lanes at a time (shader_run.h). What the interfaces leave open is decided here once:
 *
 *   coverage    corners snapped to 1/256 pixel, top-left rule, the four standard sample places, as
 *               soft_raster.h; a line is one pixel for every column (or row) of the axis it is longer
 *               along, its last point left out; a point is a square of one pixel around its place
 *   depth       24 bits are whole multiples of 1 / (2^24 - 1); tested before shading where the fragment
 *               shader neither discards nor writes depth
 *   varyings    at pixel centres; `centroid` at the first covered sample; flat: the first vertex
 *   textures    level of detail from the differences within a quad; linear filters in float weights;
 *               cubes are filtered across their edges; anisotropy up to 16 samples
 *   out of range  vertices, indices, texels and buffers read outside give zero, writes there are lost
 *
 * Compressed textures are refused (see the caps). Everything is done within w3d_gpu_submit. */
#ifndef W3D_GPU_SOFT_H
#define W3D_GPU_SOFT_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu_soft_desc {
    uint32_t max_memory; /* MiB all resources may take together; 0: no limit but the allocator's */
    int no_time;         /* 1: times are reported as 0, so that events repeat bit by bit */
} w3d_gpu_soft_desc;

/* desc: borrowed while the device lives; NULL: the defaults. */
W3D_API w3d_gpu_backend w3d_gpu_soft(const w3d_gpu_soft_desc *desc);

#endif /* W3D_GPU_SOFT_H */
