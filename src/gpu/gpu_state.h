/* gpu_state.h - what the front of the GPU interface keeps: records of resources, the stream being
 * written, the pass being recorded; private.
 *
 * Each resource keeps the operation that made it, so that a new device can be told the same again.
 * */
#ifndef W3D_GPU_STATE_H
#define W3D_GPU_STATE_H

#include "core/sink.h"
#include "core/size.h"
#include "gpu/gpu.h"
#include "gpu/gpu_format.h"
#include "memory/allocator.h"

enum {
    W3DI_GPU_SLOT_BITS = 20,
    W3DI_GPU_SLOT_MASK = (1 << 20) - 1,
    W3DI_GPU_LAST_GENERATION = 4095,
    W3DI_GPU_LABEL = 32,
    W3DI_GPU_REFUSED = 1,           /* the device refused it */
    W3DI_GPU_ABSENT = 2,            /* not told to this device: what it refers to was destroyed */
    W3DI_GPU_ROWS_MOST = 0x40000000 /* bytes of the object table */
};

/* The head of every record. */
typedef struct w3di_gpu_record {
    uint16_t generation;  /* of the handle that is live, or of the next one */
    uint8_t live, failed; /* failed: W3DI_GPU_REFUSED, W3DI_GPU_ABSENT */
    uint32_t next_free;
    uint32_t *create; /* its creating operation, blob offsets counted from `blobs`; [words] */
    uint8_t *blobs;
    uint32_t words, blob_size;
    char label[W3DI_GPU_LABEL];
} w3di_gpu_record;

typedef struct w3di_gpu_buffer {
    w3di_gpu_record record;
    uint32_t size, use, policy;
    uint8_t *copy; /* [size], or NULL */
    w3d_gpu_reload reload;
    void *user;
} w3di_gpu_buffer;

typedef struct w3di_gpu_texture {
    w3di_gpu_record record;
    uint32_t kind, format, width, height, depth, mips, samples, use, policy, written,
        made_mips; /* written: bit k, level k */
    uint8_t *copy; /* all levels, one after the other; or NULL */
    size_t copy_size;
    w3d_gpu_reload reload;
    void *user;
} w3di_gpu_texture;

typedef struct w3di_gpu_sampler {
    w3di_gpu_record record;
    uint32_t compares;
} w3di_gpu_sampler;

typedef struct w3di_gpu_shader {
    w3di_gpu_record record;
    w3d_gpu_binding bindings[W3D_GPU_MAX_BINDINGS];
    uint32_t binding_count, frame_size, object_size, has_compute;
} w3di_gpu_shader;

typedef struct w3di_gpu_pipeline {
    w3di_gpu_record record;
    w3d_gpu_shader shader;
    uint32_t compute, ready;
    uint32_t formats[W3D_GPU_MAX_COLORS], color_count, depth_format, samples;
    uint32_t buffer_count, per_instance, index_strip, strip; /* per_instance: bit k, buffer k */
    uint32_t strides[W3D_GPU_MAX_VERTEX_BUFFERS],
        reach[W3D_GPU_MAX_VERTEX_BUFFERS]; /* reach: end of the last attribute */
} w3di_gpu_pipeline;

typedef struct w3di_gpu_group {
    w3di_gpu_record record;
    w3d_gpu_binding layout[W3D_GPU_MAX_BINDINGS]; /* what it fills */
    uint32_t handles[W3D_GPU_MAX_BINDINGS];
    uint32_t count;
} w3di_gpu_group;

typedef struct w3di_gpu_mesh {
    w3di_gpu_record record;
    uint32_t arena
        [3 +
         2 * W3D_GPU_MAX_VERTEX_BUFFERS]; /* index buffer, format, count, then buffer, offset ... */
    uint32_t hash, first, count;
    int32_t base_vertex;
} w3di_gpu_mesh;

typedef struct w3di_gpu_object {
    w3di_gpu_record record;
} w3di_gpu_object;

typedef struct w3di_gpu_download {
    w3di_gpu_record record;
    uint8_t *bytes;
    size_t size;
    uint32_t done; /* 1: bytes are there; 2: the device was lost before */
} w3di_gpu_download;

typedef struct w3di_gpu_slots { /* all records of a kind; slot 0 is never given out */
    uint8_t *records;
    uint32_t record_size, count, room, free_head, live;
} w3di_gpu_slots;

typedef struct w3di_gpu_result { /* of a query or a time */
    uint32_t id, kind;
    uint64_t value;
} w3di_gpu_result;

struct w3d_gpu_pass {
    w3d_gpu *gpu;
    uint32_t open, sort, on_surface, query, labels; /* labels: open when it began */
    uint32_t formats[W3D_GPU_MAX_COLORS], color_count, depth_format, samples, width, height,
        constants_size;
    uint32_t instance_buffers[W3D_GPU_MAX_VERTEX_BUFFERS],
        instance_offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t targets[2 * W3D_GPU_MAX_COLORS + 1], target_places[2 * W3D_GPU_MAX_COLORS + 1],
        target_count;        /* what it draws to: textures; mip | layer << 16 */
    w3d_gpu_packet *packets; /* since the last change of state */
    uint64_t *keys;
    uint32_t *order;
    uint32_t packet_count, packet_room, key_room;
    size_t key_size; /* bytes of keys; order has 2 * key_room */
};

struct w3d_gpu {
    w3d_allocator allocator;
    w3d_gpu_backend backend;
    void *self;
    w3d_gpu_status status;
    w3d_gpu_caps caps;
    w3d_gpu_desc desc;
    w3di_gpu_slots slots[W3D_GPU_KIND_COUNT];

    uint32_t *words; /* the stream being written */
    uint8_t *blobs;
    uint32_t word_count, word_room, blob_size, blob_room;

    uint8_t *rows;                             /* the object table */
    uint32_t *dirty;                           /* a bit a row */
    uint32_t row_room, rows_told, object_size; /* rows_told: how many the device has */

    struct w3d_gpu_pass pass;
    uint32_t surface_used, labels;    /* surface_used: 1 drawn to, 2 read */
    uint32_t next_width, next_height; /* of the surface, from the next frame on; 0: as it is */
    w3d_gpu_counters counters, counting;
    w3di_gpu_result *results;
    uint32_t result_count, result_room;
    uint32_t lost_contents;
    /* Sees a frame's words, in up to three pieces, before the back-end does; NULL: nobody does. */
    w3d_result (*capture)(w3d_gpu *gpu, const w3d_gpu_stream *pieces, uint32_t count);
    w3d_sink capture_sink;
    uint32_t capture_flags, capture_blocks;
    w3d_result capture_result;
    char message[512];
};

/* ---- short ways ---- */

static inline int w3di_gpu_known(const w3d_gpu *gpu)
{
    return gpu->status == W3D_GPU_RUNNING;
} /* its caps are there */

static inline w3di_gpu_record *w3di_gpu_slot(const w3d_gpu *gpu, uint32_t kind, uint32_t slot)
{
    const w3di_gpu_slots *slots = &gpu->slots[kind];
    return (w3di_gpu_record *)(void *)(slots->records + (size_t)slot * slots->record_size);
}

/* The record of a live handle, or NULL. */
static inline w3di_gpu_record *w3di_gpu_find(const w3d_gpu *gpu, uint32_t kind, uint32_t id)
{
    uint32_t slot = id & W3DI_GPU_SLOT_MASK;
    if (!id || slot >= gpu->slots[kind].count) return NULL;
    w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
    return record->live && record->generation == id >> W3DI_GPU_SLOT_BITS ? record : NULL;
}

static inline uint32_t w3di_gpu_id(const w3di_gpu_record *record, uint32_t slot)
{
    return (uint32_t)record->generation << W3DI_GPU_SLOT_BITS | slot;
}

static inline w3di_gpu_buffer *w3di_gpu_buffer_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_buffer *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_BUFFER, id);
}

static inline w3di_gpu_texture *w3di_gpu_texture_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_texture *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_TEXTURE, id);
}

static inline w3di_gpu_shader *w3di_gpu_shader_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_shader *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_SHADER, id);
}

static inline w3di_gpu_pipeline *w3di_gpu_pipeline_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_pipeline *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_PIPELINE, id);
}

static inline w3di_gpu_group *w3di_gpu_group_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_group *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_GROUP, id);
}

static inline w3di_gpu_mesh *w3di_gpu_mesh_of(const w3d_gpu *gpu, uint32_t id)
{
    return (w3di_gpu_mesh *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_MESH, id);
}

#endif /* W3D_GPU_STATE_H */
