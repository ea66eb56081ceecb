/* gpu_soft_state.h - what the software back-end keeps: resources by slot, the pass, events; private. */
#ifndef W3D_GPU_SOFT_STATE_H
#define W3D_GPU_SOFT_STATE_H

#include "core/size.h"
#include "gpu/gpu_format.h"
#include "gpu/gpu_soft.h"
#include "gpu/shader_run.h"
#include "gpu/shader_tree.h"
#include "gpu/soft_raster_codes.h"
#include "gpu/soft_raster_walk.h"
#include "memory/allocator.h"

enum {
    W3DI_GPU_SOFT_LEVELS = 15,  /* of 16384 pixels down to one */
    W3DI_GPU_SOFT_SLOTS = 2048, /* vertices of a chunk */
    W3DI_GPU_SOFT_PRIMITIVES = 4096,
    W3DI_GPU_SOFT_CACHE = 4096, /* entries; a power of two */
    W3DI_GPU_SOFT_ROW = 4 + 64  /* floats of a vertex: its position and sixteen varyings of four */
};

/* ---- resources; each begins with the handle it was made under ---- */

typedef struct w3di_gpu_soft_buffer {
    uint32_t id, size;
    uint8_t *bytes; /* [size] */
} w3di_gpu_soft_buffer;

/* A level: rows of pixels, of an even number of columns and rows so that quads are whole. Four samples
 * lie in four planes. Depth is kept as floats, of 24 bits as the multiple; stencil in bytes beside. */
typedef struct w3di_gpu_soft_level {
    uint8_t *bytes, *stencil;
    uint32_t width, height, depth;
    size_t pitch, slice, plane; /* bytes from row to row, layer to layer, sample to sample */
} w3di_gpu_soft_level;

typedef struct w3di_gpu_soft_texture {
    uint32_t id, kind, format, width, height, depth, mips, samples, bytes_per_pixel;
    const w3di_soft_raster_codes *codes;
    uint8_t *block; /* all levels */
    size_t block_size;
    w3di_gpu_soft_level levels[W3DI_GPU_SOFT_LEVELS];
} w3di_gpu_soft_texture;

typedef struct w3di_gpu_soft_sampler {
    uint32_t id;
    uint8_t magnify, minify, mip, wrap[3], compare, anisotropy;
    float min_lod, max_lod;
} w3di_gpu_soft_sampler;

typedef struct w3di_gpu_soft_shader {
    uint32_t id;
    w3d_shader_module *module; /* NULL: refused */
    char *text;                /* the module borrows it */
    uint32_t text_size;
    char entries[3][W3D_SHADER_MAX_NAME + 1]; /* by stage; empty: none */
} w3di_gpu_soft_shader;

typedef struct w3di_gpu_soft_attribute {
    uint32_t location, buffer, format, offset;
} w3di_gpu_soft_attribute;

typedef struct w3di_gpu_soft_color_state {
    uint32_t format, mask, blend, color, alpha; /* color and alpha: src | dst << 8 | op << 16 */
} w3di_gpu_soft_color_state;

typedef struct w3di_gpu_soft_varying {
    uint8_t place; /* location * 4 + component */
    uint8_t flat, centroid;
} w3di_gpu_soft_varying;

typedef struct w3di_gpu_soft_pipeline {
    uint32_t id, compute, refused;
    w3d_shader_code *code[3]; /* by stage */
    uint32_t topology, cull, winding, color_count, samples, alpha_to_coverage;
    uint32_t depth_format, depth_compare, depth_write;
    float depth_bias, depth_bias_slope, depth_bias_clamp;
    uint32_t stencil[2], stencil_read, stencil_write, has_stencil;
    w3di_gpu_soft_color_state colors[W3D_GPU_MAX_COLORS];
    uint32_t strides[W3D_GPU_MAX_VERTEX_BUFFERS], per_instance, attribute_count;
    w3di_gpu_soft_attribute attributes[W3D_GPU_MAX_ATTRIBUTES];
    w3di_gpu_soft_varying varyings[64];
    uint32_t varying_count, has_centroid;
    uint32_t writes_depth, late; /* late: depth and stencil are tested after shading */
} w3di_gpu_soft_pipeline;

typedef struct w3di_gpu_soft_group {
    uint32_t id, count;
    struct {
        uint32_t group, binding, kind, handle, offset, size;
    } entries[W3D_GPU_MAX_BINDINGS];
} w3di_gpu_soft_group;

typedef struct w3di_gpu_soft_mesh {
    uint32_t id, index_buffer, index_format, buffer_count;
    uint32_t buffers[W3D_GPU_MAX_VERTEX_BUFFERS], offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_gpu_soft_mesh;

typedef struct w3di_gpu_soft_note { /* an event, and what it owns */
    w3d_gpu_event event;
    uint8_t *bytes;
    size_t size;
} w3di_gpu_soft_note;

/* ---- a pass ---- */

typedef struct w3di_gpu_soft_target {
    w3di_gpu_soft_texture *texture;
    uint8_t *bytes; /* of the level and layer */
    uint8_t *stencil;
    size_t pitch, plane;
    uint32_t format;
} w3di_gpu_soft_target;

typedef struct w3di_gpu_soft_color {
    w3di_gpu_soft_target target, resolve;
} w3di_gpu_soft_color;

typedef struct w3di_gpu_soft_pass {
    uint32_t open, color_count, width, height, samples, on_surface, time_id, query;
    uint64_t begun, passed; /* passed: samples since the query began */
    w3di_gpu_soft_color colors[W3D_GPU_MAX_COLORS];
    w3di_gpu_soft_target depth; /* texture NULL: none */
    w3d_soft_raster_viewport viewport;
    uint32_t scissor[4], stencil_reference;
    float blend_constant[4];
    const uint8_t *constants;
    uint32_t constants_size;
    uint32_t instance_buffers[W3D_GPU_MAX_VERTEX_BUFFERS],
        instance_offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_gpu_soft_pass;

/* ---- drawing ---- */

/* A primitive on the screen. Lines use corners 0 and 1, points corner 0. */
typedef struct w3di_gpu_soft_triangle {
    w3di_soft_raster_shape shape;
    const float *rows[3]; /* vertices: position, varyings */
    float depth[3], inverse_w[3];
    uint32_t front;
    int is_affine, has_shifts, has_varyings;
    float shift[2][W3D_SOFT_RASTER_MAX_SAMPLES], rise[W3D_SOFT_RASTER_MAX_SAMPLES];
    float base[64], along[2][64];
} w3di_gpu_soft_triangle;

typedef struct w3di_gpu_soft_quad { /* one that waits for its shader */
    int32_t x, y;
    uint32_t front;
    w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], depth[W3D_SOFT_RASTER_MAX_SAMPLES];
} w3di_gpu_soft_quad;

typedef struct w3di_gpu_soft_vertex { /* a shaded vertex on the screen */
    int32_t x, y;
    float depth, inverse_w;
    uint32_t flags; /* bits 0-5: outside that plane; 6: w too small; 7: not finite */
} w3di_gpu_soft_vertex;

typedef struct w3di_gpu_soft_entry { /* of the cache of vertices by index */
    uint32_t index, tag, slot;
} w3di_gpu_soft_entry;

/* What a MULTI needs, on 16 bytes. */
typedef struct w3di_gpu_soft_draw {
    w3d_shader_group vertex, fragment;
    w3d_shader_lanes vertex_in[64], vertex_out[64], fragment_in[64], fragment_out[64];
    w3di_gpu_soft_quad quads[4];
    w3d_shader_resources resources;
    const w3di_gpu_soft_pipeline *pipeline;
    w3di_gpu_soft_pass *pass;
    const w3di_soft_raster_codes *codes;
    w3di_soft_raster_area area;
    w3di_soft_raster_planes planes;
    w3di_gpu_soft_triangle triangle;
    const uint8_t *buffers[W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t buffer_sizes[W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t quad_count, slot_count, primitive_count, tag, row_floats;
    uint32_t instance, element; /* instance_index, and the row of per-instance buffers */
    uint32_t slot_index[W3DI_GPU_SOFT_SLOTS], slot_instance[W3DI_GPU_SOFT_SLOTS],
        slot_element[W3DI_GPU_SOFT_SLOTS];
    w3di_gpu_soft_vertex vertices[W3DI_GPU_SOFT_SLOTS];
    uint16_t primitives[W3DI_GPU_SOFT_PRIMITIVES][3];
    w3di_gpu_soft_entry cache[W3DI_GPU_SOFT_CACHE];
    float rows[W3DI_GPU_SOFT_SLOTS * W3DI_GPU_SOFT_ROW];
} w3di_gpu_soft_draw;

/* ---- the device ---- */

typedef struct w3di_gpu_soft {
    w3d_allocator allocator;
    const w3d_gpu_soft_desc *desc;
    void **slots[W3D_GPU_KIND_COUNT];
    uint32_t room[W3D_GPU_KIND_COUNT], counts[W3D_GPU_KIND_COUNT];
    w3di_gpu_soft_note *notes; /* [note_first, note_count) wait */
    uint32_t note_first, note_count, note_room;
    uint8_t *given; /* what the event given last owns */
    size_t given_size;
    uint8_t *objects; /* the object table */
    uint32_t object_rows, object_size;
    w3di_gpu_soft_texture *surface, *resolved, *surface_depth; /* resolved: of four samples */
    uint32_t surface_depth_format;
    w3d_shader_lanes *registers; /* on 16 bytes within registers_block */
    void *registers_block, *draw_block;
    uint32_t register_count;
    w3di_gpu_soft_draw *draw;
    w3di_gpu_soft_pass pass;
    uint64_t memory; /* bytes of buffers and textures */
    w3di_soft_raster_codes codes;
} w3di_gpu_soft;

static inline void *w3di_gpu_soft_find(const w3di_gpu_soft *self, uint32_t kind, uint32_t id)
{
    uint32_t slot = id & 0xFFFFF;
    void *item = id && slot < self->room[kind] ? self->slots[kind][slot] : NULL;
    return item && *(const uint32_t *)item == id ? item : NULL;
}

static inline w3di_gpu_soft_buffer *w3di_gpu_soft_buffer_of(const w3di_gpu_soft *self, uint32_t id)
{
    return (w3di_gpu_soft_buffer *)w3di_gpu_soft_find(self, W3D_GPU_KIND_BUFFER, id);
}

static inline w3di_gpu_soft_texture *w3di_gpu_soft_texture_of(const w3di_gpu_soft *self,
                                                              uint32_t id)
{
    return (w3di_gpu_soft_texture *)w3di_gpu_soft_find(self, W3D_GPU_KIND_TEXTURE, id);
}

static inline void w3di_gpu_soft_release(w3di_gpu_soft *self, void *block, size_t size)
{
    if (block) w3d_allocator_resize(&self->allocator, block, size, 0);
}

/* Zeroed memory that counts against the desc's limit; NULL where there is none. */
static inline void *w3di_gpu_soft_take(w3di_gpu_soft *self, uint64_t size)
{
    uint64_t limit =
        self->desc && self->desc->max_memory ? (uint64_t)self->desc->max_memory << 20 : UINT64_MAX;
    if (size > (SIZE_MAX >> 1) || size > limit || self->memory > limit - size) return NULL;
    void *block = w3d_allocator_resize(&self->allocator, NULL, 0, (size_t)size);
    if (!block) return NULL;
    w3d_fill(block, 0, (size_t)size);
    self->memory += size;
    return block;
}

static inline void w3di_gpu_soft_give(w3di_gpu_soft *self, void *block, size_t size)
{
    if (!block) return;
    self->memory -= size;
    w3d_allocator_resize(&self->allocator, block, size, 0);
}

/* Queues an event that owns a copy of `bytes`. */
static inline w3d_result w3di_gpu_soft_note_push(w3di_gpu_soft *self, uint32_t kind,
                                                 uint32_t handle, uint64_t value, const void *bytes,
                                                 size_t size)
{
    if (self->note_first == self->note_count) self->note_first = self->note_count = 0;
    if (self->note_count == self->note_room) {
        uint32_t room = self->note_room ? self->note_room * 2 : 16;
        if (room > 1u << 24) return W3D_ERR_LIMIT;
        void *moved = w3d_allocator_resize(&self->allocator, self->notes,
                                           (size_t)self->note_room * sizeof *self->notes,
                                           (size_t)room * sizeof *self->notes);
        if (!moved) return W3D_ERR_OUT_OF_MEMORY;
        self->notes = (w3di_gpu_soft_note *)moved;
        self->note_room = room;
    }
    uint8_t *copy = NULL;
    if (size) {
        copy = (uint8_t *)w3d_allocator_resize(&self->allocator, NULL, 0, size);
        if (!copy) return W3D_ERR_OUT_OF_MEMORY;
        if (bytes)
            w3d_copy(copy, bytes, size);
        else
            w3d_fill(copy, 0, size);
    }
    w3di_gpu_soft_note *note = &self->notes[self->note_count++];
    w3d_fill(note, 0, sizeof *note);
    note->event.kind = kind;
    note->event.handle = handle;
    note->event.value = value;
    note->bytes = copy;
    note->size = size;
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_refuse(w3di_gpu_soft *self, uint32_t kind, uint32_t handle,
                                              const char *text)
{
    return w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_REFUSED, handle, kind, text,
                                   w3d_text_size(text));
}

#endif /* W3D_GPU_SOFT_STATE_H */
