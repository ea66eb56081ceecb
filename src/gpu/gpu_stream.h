/* gpu_stream.h - the command stream: what the front of the GPU interface tells a back-end.
 *
 * A stream is an array of u32 words, little-endian, and an array of bytes, the blobs. It is made of
 * operations, each  word 0: op | words << 8  (words of the whole operation, this one included),
 * then the words listed below. A `blob` is (offset, size) in the blobs, the offset a multiple of
 * 16; sizes are bytes. Floats are their bits. Handles are those of the front (gpu_types.h):
 * executors
 * index their arrays by the lower 20 bits. An operation may come with more words than listed: a
 * newer writer.
 *
 * Order: operations outside passes take effect in order, before the passes after them. A stream has
 * been validated before it leaves the front (gpu_check.h); an executor may trust it, and reports
 * what its device refuses as an event. The same bytes are a capture (gpu_capture.h). */
#ifndef W3D_GPU_STREAM_H
#define W3D_GPU_STREAM_H

#include "gpu/gpu_types.h"

#define W3D_GPU_STREAM_VERSION 1u

typedef enum w3d_gpu_op {
    W3D_GPU_OP_NONE = 0,

    /* ---- resources (outside passes) ---- */
    W3D_GPU_OP_BUFFER_CREATE =
        1, /* 1 buffer 2 size (multiple of 4) 3 use bits 4,5 label blob; contents zero */
    W3D_GPU_OP_BUFFER_WRITE =
        2, /* 1 buffer 2 offset 3,4 blob; offset and size multiples of 4              */
    W3D_GPU_OP_BUFFER_COPY =
        3, /* 1 dst 2 dst offset 3 src 4 src offset 5 size; multiples of 4            */
    W3D_GPU_OP_BUFFER_READ =
        4, /* 1 buffer 2 offset 3 size 4 download                                     */
    W3D_GPU_OP_TEXTURE_CREATE =
        8, /* 1 texture 2 kind 3 format 4 width 5 height 6 layers or depth (cube: 6)
                                      7 mip levels 8 samples 9 use bits 10,11 label blob; contents
                                      zero       */
    W3D_GPU_OP_TEXTURE_WRITE =
        9, /* 1 texture 2 mip 3 x 4 y 5 z or layer 6 width 7 height 8 depth or layers
                                      9,10 blob: rows tight, in blocks for compressed formats */
    W3D_GPU_OP_TEXTURE_MIPS =
        10, /* 1 texture: levels 1.. from level 0, box filter, all layers; not of
                                      compressed, depth or integer formats */
    W3D_GPU_OP_TEXTURE_COPY =
        11, /* 1 dst 2 mip 3 x 4 y 5 z 6 src 7 mip 8 x 9 y 10 z 11 width 12 height 13 depth */
    W3D_GPU_OP_TEXTURE_READ =
        12, /* 1 texture 2 mip 3 x 4 y 5 z 6 width 7 height 8 download 9 bytes: rows tight;
                                      texture 0: the surface as presented last or about to be, RGBA8
                                      */
    W3D_GPU_OP_SAMPLER_CREATE =
        16, /* 1 sampler 2 magnify | minify << 8 | mip << 16 (w3d_gpu_filter)
                                      3 wrap u | v << 8 | w << 16 4 compare (0: none) 5 min lod 6
                                      max lod (floats)
                                      7 anisotropy 1..16 */
    W3D_GPU_OP_SHADER_CREATE =
        20, /* 1 shader 2,3 WGSL blob 4,5 GLSL vertex blob 6,7 GLSL fragment blob
                                      8,9 vertex entry 10,11 fragment entry 12,13 compute entry
                                      (blobs)
                                      14 frame size 15 object size 16 workgroup x 17 y 18 z 19 pair
                                      count
                                      20 binding count 21,22 label; then bindings (2 words each, as
                                      w3d_gpu_binding lies in memory), then pairs (1 word: texture |
                                      sampler << 8) */
    W3D_GPU_OP_PIPELINE_CREATE = 24, /* 1 pipeline 2 shader 3 kind: 0 render, 1 compute; of render:
                                      4 topology | cull << 8 | winding << 16 | index format of
                                      strips << 24
                                      5 colour count | samples << 8 | alpha to coverage << 16
                                      6 depth format (0: none) 7 depth compare | depth write << 8
                                      (1: written)
                                      8 depth bias (i32) 9 bias slope (float) 10 bias clamp (float)
                                      11 stencil front: compare | fail << 8 | depth fail << 16 |
                                      pass << 24
                                      12 stencil back 13 read mask | write mask << 8
                                      14..25 per colour target, 3 words: format | write mask << 8
                                      (bits RGBA, 15: all)
                                        | blend on << 16; colour src | dst << 8 | op << 16; alpha
                                        the same
                                      26 vertex buffer count 27 attribute count 28,29 label
                                      then per vertex buffer: stride | per instance << 31;
                                      then per attribute: location | buffer << 8 | format << 16,
                                      offset (2 words).
                                      Formats and compares are final: no DEFAULT left */
    W3D_GPU_OP_GROUP_CREATE =
        28, /* 1 group 2 shader whose bindings it fills 3 entry count 4,5 label; then per
                                      entry 4 words: group | binding << 8 | kind << 16, handle,
                                      offset, size    */
    W3D_GPU_OP_MESH_CREATE = 32, /* 1 mesh 2 index buffer or 0 3 index format 4 vertex buffer count;
                                      then per vertex buffer: buffer, offset */
    W3D_GPU_OP_DESTROY =
        40, /* 1 w3d_gpu_kind 2 handle                                                   */
    W3D_GPU_OP_OBJECTS_CREATE =
        44, /* 1 rows 2 bytes a row (multiple of 16): the object table; keeps old rows   */
    W3D_GPU_OP_OBJECTS_WRITE =
        45, /* 1 first row 2,3 blob                                                      */
    W3D_GPU_OP_SURFACE =
        48, /* 1 width 2 height 3 samples 4 depth format (0: none) 5 colour format: resized */
    W3D_GPU_OP_DISPATCH =
        50, /* 1 pipeline 2 group (or 0) 3 x 4 y 5 z workgroups                          */
    W3D_GPU_OP_DISPATCH_INDIRECT =
        51, /* 1 pipeline 2 group 3 buffer 4 offset                                  */
    W3D_GPU_OP_PRESENT =
        52, /* the surface is shown; the last operation of a frame                       */

    /* ---- passes ---- */
    W3D_GPU_OP_PASS_BEGIN =
        64, /* 1 colour count 2 flags (1: the surface is colour 0 and its own depth)
                                      3 width 4 height 5 samples 6,7 constants blob (the frame
                                      block)
                                      8 time id (0: none) 9,10 label
                                      11 depth texture 12 depth mip | layer << 16 13 depth load |
                                      store << 8 |
                                        stencil load << 16 | stencil store << 24 14 clear depth
                                        (float) 15 clear stencil
                                      then per colour, 9 words: texture, mip | layer << 16, resolve
                                      texture (or 0),
                                      resolve mip | layer << 16, load | store << 8, clear r g b a
                                      (floats; bits
                                      of integers for integer formats) */
    W3D_GPU_OP_VIEWPORT =
        65, /* 1 x 2 y 3 width 4 height 5 min depth 6 max depth (floats)                 */
    W3D_GPU_OP_SCISSOR =
        66, /* 1 x 2 y 3 width 4 height                                                  */
    W3D_GPU_OP_STENCIL_REF =
        67, /* 1 value                                                                   */
    W3D_GPU_OP_BLEND_CONSTANT =
        68, /* 1 r 2 g 3 b 4 a (floats)                                                  */
    W3D_GPU_OP_CONSTANTS =
        69, /* 1,2 blob: the frame block for the draws after                             */
    W3D_GPU_OP_INSTANCE_BUFFER =
        70, /* 1 slot 2 buffer 3 offset: in place of the mesh's vertex buffer of that slot,
                                      for the draws after; buffer 0 ends it */
    W3D_GPU_OP_PACKETS = 71, /* 1 n, then n draw packets (below). Only between w3d_gpu_draw and
                                      w3d_gpu_submit, which makes MULTI of them: no executor sees it
                                      */
    W3D_GPU_OP_MULTI =
        72, /* 1 pipeline 2 group (or 0) 3 mesh (or 0) 4 n 5 flags: 1 indexed; then n each of:
                                      counts (indices or vertices), byte offsets into the index
                                      buffer (or first
                                      vertices), instance counts, object rows, base vertices (i32)
                                      */
    W3D_GPU_OP_DRAW_INDIRECT =
        73, /* 1 pipeline 2 group 3 mesh 4 object row 5 buffer 6 offset 7 draws 8 stride 9 indexed;
                                      the buffer holds WebGPU's 4 or 5 words a draw */
    W3D_GPU_OP_QUERY_BEGIN = 74, /* 1 id: did any sample pass? */
    W3D_GPU_OP_QUERY_END = 75,
    W3D_GPU_OP_LABEL_PUSH = 76, /* 1,2 blob; also outside passes */
    W3D_GPU_OP_LABEL_POP = 77,
    W3D_GPU_OP_PASS_END = 79
} w3d_gpu_op;

typedef enum w3d_gpu_kind {
    W3D_GPU_KIND_NONE,
    W3D_GPU_KIND_BUFFER,
    W3D_GPU_KIND_TEXTURE,
    W3D_GPU_KIND_SAMPLER,
    W3D_GPU_KIND_SHADER,
    W3D_GPU_KIND_PIPELINE,
    W3D_GPU_KIND_GROUP,
    W3D_GPU_KIND_MESH,
    W3D_GPU_KIND_OBJECT,
    W3D_GPU_KIND_DOWNLOAD,
    W3D_GPU_KIND_COUNT
} w3d_gpu_kind;

/* A draw as it is recorded and sorted: 32 bytes, complete in itself. */
typedef struct w3d_gpu_packet {
    uint32_t pipeline, group, mesh, object; /* handles; object: the row */
    uint32_t count, first;                  /* indices, or vertices without an index buffer */
    int32_t base_vertex;
    uint32_t instances; /* bits 0-30; bit 31: indexed */
} w3d_gpu_packet;

/* A borrowed stream. */
typedef struct w3d_gpu_stream {
    const uint32_t *words;
    const uint8_t *blobs;
    uint32_t word_count, blob_size;
} w3d_gpu_stream;

/* ---- back-ends ---- */

typedef struct w3d_gpu_caps { /* what a device can do; all that is 0 is refused by the front */
    char name[64];            /* of the device, cut */
    uint32_t api;             /* w3d_gpu_api */
    uint32_t max_texture_side, max_layers, max_samples; /* of RGBA8; at least 2048, 256, 4 (or 1) */
    uint32_t max_uniform_size;  /* bytes of a uniform binding; at least 16384 */
    uint32_t uniform_alignment; /* of offsets */
    uint32_t max_buffer_size, max_object_rows;
    uint8_t compute, indirect, timestamps, occlusion, base_vertex;
    uint8_t bc, etc2, astc;
    uint8_t float_targets, half_targets,
        float_filter; /* RGBA32F drawn to; RGBA16F drawn to; F32 filtered */
    uint8_t anisotropy, multi_draw;
    uint8_t async_pipelines; /* 1: a pipeline may be drawn with after its event only */
    uint8_t
        instance_base; /* 1: instance-rate buffers begin at the object's row too: see w3d_gpu_draw
                          */
} w3d_gpu_caps;

typedef enum w3d_gpu_api {
    W3D_GPU_API_NULL,
    W3D_GPU_API_SOFT,
    W3D_GPU_API_GL,
    W3D_GPU_API_WEBGL2,
    W3D_GPU_API_WEBGPU
} w3d_gpu_api;

typedef enum w3d_gpu_event_kind {
    W3D_GPU_EVENT_NONE,
    W3D_GPU_EVENT_READY,    /* the device is open: caps are there                          */
    W3D_GPU_EVENT_FAILED,   /* it could not be opened; text                                */
    W3D_GPU_EVENT_LOST,     /* the device is gone; text                                    */
    W3D_GPU_EVENT_PIPELINE, /* handle: may be drawn with from now on                       */
    W3D_GPU_EVENT_REFUSED,  /* handle (shader, pipeline or other), text: what the device says */
    W3D_GPU_EVENT_DOWNLOAD, /* handle, bytes, size: valid until the next poll              */
    W3D_GPU_EVENT_QUERY,    /* handle: the query's id, value: 0 or more                    */
    W3D_GPU_EVENT_TIME      /* handle: the pass's time id, value: nanoseconds              */
} w3d_gpu_event_kind;

typedef struct w3d_gpu_event {
    uint32_t kind, handle;
    uint64_t value;
    const void *bytes;
    uint32_t size;
    uint32_t text_size;
    const char *text; /* UTF-8, not NUL-terminated, valid until the next poll */
} w3d_gpu_event;

/* What a back-end is: a table of functions. `self` is what open made. */
typedef struct w3d_gpu_table {
    uint32_t api;
    /* Begins to open; READY or FAILED follows as an event. config: as the back-end documents. */
    w3d_result (*open)(const void *config, const w3d_allocator *allocator, void **self);
    /* Executes a stream. ERR_CLOSED where the device is lost; ERR_BUSY before READY. */
    w3d_result (*submit)(void *self, const w3d_gpu_stream *stream);
    /* Gives the next event; 0 where there is none. */
    int (*poll)(void *self, w3d_gpu_event *event);
    void (*caps)(void *self, w3d_gpu_caps *out);
    /* Live objects of the device, by w3d_gpu_kind: what tests of leaks count. */
    void (*count)(void *self, uint32_t counts[W3D_GPU_KIND_COUNT]);
    void (*close)(void *self);
} w3d_gpu_table;

/* A back-end chosen by the caller: w3d_gpu_null(), w3d_gpu_soft(&desc), w3d_gpu_gl(&desc) ... */
typedef struct w3d_gpu_backend {
    const w3d_gpu_table *table;
    const void *config; /* lives as long as the device */
} w3d_gpu_backend;

#endif /* W3D_GPU_STREAM_H */
