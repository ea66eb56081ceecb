/* gpu_gl_state.h - what the GL back-end keeps, and binding without repeating; private to gpu_gl.c.
 *
 * `now` is what GL is known to have set: a call that would set it again is left out. It is
 * unknown at the beginning of a submit, as the context is the caller's in between. */
#ifndef W3D_GPU_GL_STATE_H
#define W3D_GPU_GL_STATE_H

#include "gpu/gpu_format.h"
#include "gpu/gpu_gl.h"
#include "gpu/gpu_gl_api.h"
#include "memory/allocator.h"

#define W3DI_GL(device) ((device)->counters.calls++, &(device)->gl)
#define W3DI_GL_UNKNOWN 0xFFFFFFFFu

enum {
    W3DI_GL_OBJECTS_UNIT = 0, /* texture units: the object table, the rows of a multi draw, */
    W3DI_GL_DRAWS_UNIT = 1,   /* then a unit a pair of texture and sampler                  */
    W3DI_GL_PAIRS_UNIT = 2,
    W3DI_GL_UNITS = 2 + W3D_GPU_MAX_PAIRS,
    W3DI_GL_BLOCKS = 1 + W3D_GPU_MAX_BINDINGS, /* uniform blocks: the frame's, then by binding */
    W3DI_GL_RING = 3,                          /* constants and rows: submits in flight */
    W3DI_GL_MOST_FRAMEBUFFERS = 256,
    W3DI_GL_MOST_ARRAYS = 4096,
    W3DI_GL_ZEROS = 16 * W3D_GPU_MAX_SIDE /* bytes of zeros: a row of the widest texture */
};

typedef struct w3di_gl_slots { /* all of a kind: each begins with its handle, 0: none */
    uint8_t *items;
    uint32_t item_size, room, live;
} w3di_gl_slots;

typedef struct w3di_gl_buffer {
    uint32_t handle, name, size, use;
} w3di_gl_buffer;

typedef struct w3di_gl_texture {
    uint32_t handle, name, kind, format, width, height, depth, mips, samples;
} w3di_gl_texture; /* samples over 1: name is a renderbuffer */

typedef struct w3di_gl_sampler {
    uint32_t handle, name, linear, compares, words[8];
    uint32_t
        plain; /* the same with nearest filters, for depth without comparison; made when wanted */
} w3di_gl_sampler;

typedef struct w3di_gl_shader {
    uint32_t handle, program, pair_count, has_objects, has_draws;
    w3d_gpu_pair pairs[W3D_GPU_MAX_PAIRS];
    int32_t at_target, at_row, at_draw;
    uint32_t target, row,
        draw; /* what they are set to: target the height of a surface, 0 a texture */
} w3di_gl_shader;

typedef struct w3di_gl_pipeline {
    uint32_t handle, shader, failed, layout, words[26];
} w3di_gl_pipeline;

typedef struct w3di_gl_group {
    uint32_t handle, count;
    uint32_t entries[W3D_GPU_MAX_BINDINGS][4]; /* by binding: kind, handle, offset, size */
} w3di_gl_group;

typedef struct w3di_gl_mesh {
    uint32_t handle, index, index_format, buffers[2 * W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_gl_mesh;

typedef struct w3di_gl_layout { /* of vertices, shared by pipelines */
    uint32_t buffer_count, attribute_count;
    uint32_t strides[W3D_GPU_MAX_VERTEX_BUFFERS]; /* bit 31: per instance */
    uint32_t attributes[2 * W3D_GPU_MAX_ATTRIBUTES];
} w3di_gl_layout;

typedef struct w3di_gl_array { /* a vertex array object */
    uint32_t layout, index, buffers[2 * W3D_GPU_MAX_VERTEX_BUFFERS];
    uint32_t name, next;
} w3di_gl_array;

typedef struct w3di_gl_framebuffer {
    uint32_t targets[2 * (W3D_GPU_MAX_COLORS + 1)]; /* texture, mip | layer << 16; depth last */
    uint32_t name, complete;
} w3di_gl_framebuffer;

typedef struct w3di_gl_event {
    uint32_t kind, handle;
    uint64_t value;
    char *text;
    uint32_t text_size;
} w3di_gl_event;

typedef struct w3di_gl_pending {       /* a result that comes later */
    uint32_t kind, handle, name, size; /* W3D_GPU_EVENT_; a buffer or a query */
    w3di_gl_sync *sync;
    uint32_t width, height, format, flip, as_read; /* of a texture's download */
} w3di_gl_pending;

enum { /* capabilities that are switched */
       W3DI_GL_CAP_BLEND,
       W3DI_GL_CAP_CULL,
       W3DI_GL_CAP_DEPTH,
       W3DI_GL_CAP_STENCIL,
       W3DI_GL_CAP_SCISSOR,
       W3DI_GL_CAP_OFFSET,
       W3DI_GL_CAP_COVERAGE,
       W3DI_GL_CAP_SRGB,
       W3DI_GL_CAP_RESTART,
       W3DI_GL_CAPS
};

typedef struct w3di_gl_now {
    uint32_t program, array, active, read_framebuffer, draw_framebuffer;
    uint32_t textures[W3DI_GL_UNITS][4], samplers[W3DI_GL_UNITS];
    uint32_t blocks[W3DI_GL_BLOCKS][3];
    uint8_t caps[W3DI_GL_CAPS];                             /* 2: unknown */
    uint32_t blend_func, blend_op, color_mask, blend_mixed; /* mixed: set one by one */
    uint32_t depth_mask, depth_func, front_face, cull_face, stencil[2], stencil_ref[2],
        restart_index;
    uint32_t stencil_masks[2], offset[3];
    uint32_t pipeline, group, shader; /* handles */
} w3di_gl_now;

typedef struct w3di_gl_saved_state w3di_gl_saved;

typedef struct w3di_gl_device {
    w3d_allocator allocator;
    const w3d_gpu_gl_desc *desc;
    w3di_gl_api gl;
    w3d_gpu_gl_counters counters;
    w3d_gpu_caps caps;
    int es;
    uint32_t version; /* 10 * major + minor */
    int has_storage, has_depth_rangef, has_indexed_blend, has_copy_image, has_invalidate,
        has_labels, has_reset, has_angle_multi, has_restart_fixed, has_offset_clamp, fresh, lost;
    uint32_t max_buffers;

    w3di_gl_slots slots[W3D_GPU_KIND_COUNT];
    w3di_gl_layout *layouts;
    w3di_gl_array *arrays;
    w3di_gl_framebuffer *framebuffers;
    w3di_gl_event *events;
    w3di_gl_pending *pending;
    uint32_t layout_count, layout_room, array_count, array_room, framebuffer_count,
        framebuffer_room;
    uint32_t event_first, event_count, event_room, pending_count, pending_room;
    uint32_t array_heads[256]; /* by hash: index + 1 of the first */
    char *text;                /* of the event that was given last */
    uint32_t text_size;
    uint8_t *answer; /* the bytes of the last download */
    size_t answer_size;

    uint32_t *scratch; /* words of the submit: rows of the draws; pointers of a multi draw */
    uint8_t *constants;
    void *many;
    uint32_t scratch_room, constants_room, many_room;
    uint8_t *zeros;

    uint32_t objects, objects_rows, objects_row_size; /* the object table */
    uint32_t ring[W3DI_GL_RING], ring_size[W3DI_GL_RING], ring_at, constants_at;
    uint32_t draws[W3DI_GL_RING], draws_height[W3DI_GL_RING], draws_at;

    uint32_t width, height, samples, depth_format; /* of the surface */
    uint32_t own[3], own_framebuffers[2];          /* of four samples: colour, depth, resolved */

    /* ---- the pass ---- */
    uint32_t in_pass, skip, on_surface, pass_framebuffer, pass_width, pass_height, pass_colors;
    uint32_t targets[9 * W3D_GPU_MAX_COLORS], depth_target[5], stencil_ref, query, timed;
    uint32_t instance_buffers[2 * W3D_GPU_MAX_VERTEX_BUFFERS];

    w3di_gl_now now;
    w3di_gl_saved *saved;
} w3di_gl_device;

/* ---- memory ---- */

static inline void *w3di_gl_resize(w3di_gl_device *self, void *block, size_t old_size, size_t size)
{
    return w3d_allocator_resize(&self->allocator, block, old_size, size);
}

static inline void w3di_gl_free(w3di_gl_device *self, void *block, size_t size)
{
    if (block) w3d_allocator_resize(&self->allocator, block, size, 0);
}

/* Room for so many items; 0 without memory, the array is then as it was. */
static inline int w3di_gl_room(w3di_gl_device *self, void **array, uint32_t *room, uint64_t wanted,
                               size_t item)
{
    if (wanted <= *room) return 1;
    uint64_t larger = *room ? (uint64_t)*room * 2 : 16;
    if (larger < wanted) larger = wanted;
    if (larger > 0x7FFFFFFFu / item) return 0;
    void *moved = w3di_gl_resize(self, *array, (size_t)*room * item, (size_t)larger * item);
    if (!moved) return 0;
    *array = moved;
    *room = (uint32_t)larger;
    return 1;
}

/* The item of a live handle, or NULL. */
static inline void *w3di_gl_find(const w3di_gl_device *self, uint32_t kind, uint32_t handle)
{
    const w3di_gl_slots *slots = &self->slots[kind];
    uint32_t slot = handle & 0xFFFFF, found;
    if (!handle || slot >= slots->room) return NULL;
    uint8_t *item = slots->items + (size_t)slot * slots->item_size;
    w3d_copy(&found, item, 4);
    return found == handle ? item : NULL;
}

/* A new item, zero but for its handle; NULL without memory. */
static inline void *w3di_gl_make(w3di_gl_device *self, uint32_t kind, uint32_t handle)
{
    w3di_gl_slots *slots = &self->slots[kind];
    uint32_t slot = handle & 0xFFFFF, before = slots->room;
    void *items = slots->items;
    if (!w3di_gl_room(self, &items, &slots->room, (uint64_t)slot + 1, slots->item_size))
        return NULL;
    slots->items = (uint8_t *)items;
    if (slots->room > before)
        w3d_fill(slots->items + (size_t)before * slots->item_size, 0,
                 (size_t)(slots->room - before) * slots->item_size);
    uint8_t *item = slots->items + (size_t)slot * slots->item_size;
    w3d_fill(item, 0, slots->item_size);
    w3d_copy(item, &handle, 4);
    slots->live++;
    return item;
}

/* ---- events ---- */

static inline void w3di_gl_push(w3di_gl_device *self, uint32_t kind, uint32_t handle,
                                uint64_t value, const char *text)
{
    void *events = self->events;
    size_t size = text ? w3d_text_size(text) : 0;
    if (size > 4096) size = 4096;
    if (self->event_first && self->event_first == self->event_count)
        self->event_first = self->event_count = 0;
    if (!w3di_gl_room(self, &events, &self->event_room, (uint64_t)self->event_count + 1,
                      sizeof *self->events))
        return;
    self->events = (w3di_gl_event *)events;
    w3di_gl_event *event = &self->events[self->event_count++];
    event->kind = kind;
    event->handle = handle;
    event->value = value;
    event->text = size ? (char *)w3di_gl_resize(self, NULL, 0, size) : NULL;
    event->text_size = event->text ? (uint32_t)size : 0;
    w3d_copy(event->text, text, event->text_size);
}

static inline void w3di_gl_refuse(w3di_gl_device *self, uint32_t kind, uint32_t handle,
                                  const char *text)
{
    w3di_gl_push(self, W3D_GPU_EVENT_REFUSED, handle, kind, text);
}

/* ---- capabilities ---- */

static inline uint32_t w3di_gl_capability(const w3di_gl_device *self, uint32_t cap)
{
    static const uint16_t names[W3DI_GL_CAPS] = { W3DI_GL_BLEND,
                                                  W3DI_GL_CULL_FACE,
                                                  W3DI_GL_DEPTH_TEST,
                                                  W3DI_GL_STENCIL_TEST,
                                                  W3DI_GL_SCISSOR_TEST,
                                                  W3DI_GL_POLYGON_OFFSET_FILL,
                                                  W3DI_GL_SAMPLE_ALPHA_TO_COVERAGE,
                                                  W3DI_GL_FRAMEBUFFER_SRGB,
                                                  W3DI_GL_RESTART_FIXED };
    if (cap == W3DI_GL_CAP_SRGB && self->es) return 0; /* always on there */
    if (cap == W3DI_GL_CAP_RESTART && !self->has_restart_fixed) return W3DI_GL_RESTART;
    return names[cap];
}

static inline void w3di_gl_switch(w3di_gl_device *self, uint32_t cap, int on)
{
    uint32_t name = w3di_gl_capability(self, cap);
    if (!name || self->now.caps[cap] == (uint8_t)on) return;
    self->now.caps[cap] = (uint8_t)on;
    if (on)
        W3DI_GL(self)->Enable(name);
    else
        W3DI_GL(self)->Disable(name);
}

/* ---- bindings; gpu_gl_save.h has what they were before ---- */

static inline void w3di_gl_save_unit(w3di_gl_device *self, uint32_t unit, uint32_t kind);
static inline void w3di_gl_save_block(w3di_gl_device *self, uint32_t block);

static inline void w3di_gl_use(w3di_gl_device *self, uint32_t program)
{
    if (self->now.program == program) return;
    self->now.program = program;
    self->counters.binds++;
    W3DI_GL(self)->UseProgram(program);
}

static inline void w3di_gl_activate(w3di_gl_device *self, uint32_t unit)
{
    if (self->now.active == unit) return;
    self->now.active = unit;
    W3DI_GL(self)->ActiveTexture((uint32_t)W3DI_GL_TEXTURE0 + unit);
}

static inline void w3di_gl_texture_bind(w3di_gl_device *self, uint32_t unit, uint32_t kind,
                                        uint32_t name)
{
    if (self->now.textures[unit][kind] == name) return;
    if (self->saved) w3di_gl_save_unit(self, unit, kind);
    w3di_gl_activate(self, unit);
    self->now.textures[unit][kind] = name;
    self->counters.binds++;
    W3DI_GL(self)->BindTexture(w3di_gl_target(kind), name);
}

static inline void w3di_gl_sampler_bind(w3di_gl_device *self, uint32_t unit, uint32_t name)
{
    if (self->now.samplers[unit] == name) return;
    if (self->saved) w3di_gl_save_unit(self, unit, 4);
    self->now.samplers[unit] = name;
    self->counters.binds++;
    W3DI_GL(self)->BindSampler(unit, name);
}

/* Binds a texture to be changed: the unit whose binding does not matter much. */
static inline void w3di_gl_texture_edit(w3di_gl_device *self, uint32_t kind, uint32_t name)
{
    w3di_gl_texture_bind(self, W3DI_GL_DRAWS_UNIT, kind, name);
    w3di_gl_activate(self, W3DI_GL_DRAWS_UNIT);
}

static inline void w3di_gl_block_bind(w3di_gl_device *self, uint32_t block, uint32_t name,
                                      uint32_t offset, uint32_t size)
{
    uint32_t *now = self->now.blocks[block];
    if (now[0] == name && now[1] == offset && now[2] == size) return;
    if (self->saved) w3di_gl_save_block(self, block);
    now[0] = name;
    now[1] = offset;
    now[2] = size;
    self->counters.binds++;
    W3DI_GL(self)->BindBufferRange(W3DI_GL_UNIFORM_BUFFER, block, name, (ptrdiff_t)offset,
                                   (ptrdiff_t)size);
}

static inline void w3di_gl_array_bind(w3di_gl_device *self, uint32_t name)
{
    if (self->now.array == name) return;
    self->now.array = name;
    self->counters.binds++;
    W3DI_GL(self)->BindVertexArray(name);
}

static inline void w3di_gl_draw_into(w3di_gl_device *self, uint32_t framebuffer)
{
    if (self->now.draw_framebuffer == framebuffer) return;
    self->now.draw_framebuffer = framebuffer;
    W3DI_GL(self)->BindFramebuffer(W3DI_GL_DRAW_FRAMEBUFFER, framebuffer);
}

static inline void w3di_gl_read_from(w3di_gl_device *self, uint32_t framebuffer)
{
    if (self->now.read_framebuffer == framebuffer) return;
    self->now.read_framebuffer = framebuffer;
    W3DI_GL(self)->BindFramebuffer(W3DI_GL_READ_FRAMEBUFFER, framebuffer);
}

static inline void w3di_gl_depth_mask(w3di_gl_device *self, uint32_t on)
{
    if (self->now.depth_mask == on) return;
    self->now.depth_mask = on;
    W3DI_GL(self)->DepthMask((uint8_t)on);
}

/* The mask of all colours. */
static inline void w3di_gl_color_mask(w3di_gl_device *self, uint32_t mask)
{
    if (self->now.color_mask == mask && !self->now.blend_mixed) return;
    self->now.color_mask = mask;
    W3DI_GL(self)->ColorMask((uint8_t)(mask & 1), (uint8_t)(mask >> 1 & 1),
                             (uint8_t)(mask >> 2 & 1), (uint8_t)(mask >> 3 & 1));
}

/* Opens everything that would hold back a clear. */
static inline void w3di_gl_open_masks(w3di_gl_device *self)
{
    w3di_gl_switch(self, W3DI_GL_CAP_SCISSOR, 0);
    w3di_gl_color_mask(self, 15);
    self->now.pipeline = W3DI_GL_UNKNOWN;
    if (self->now.blend_mixed) self->now.blend_func = self->now.blend_op = W3DI_GL_UNKNOWN;
    if (self->now.blend_mixed) self->now.caps[W3DI_GL_CAP_BLEND] = 2;
    self->now.blend_mixed = 0;
    w3di_gl_depth_mask(self, 1);
    for (uint32_t i = 0; i < 2; i++)
        if (self->now.stencil_masks[i] != 255) {
            self->now.stencil_masks[i] = 255;
            W3DI_GL(self)->StencilMaskSeparate(i ? W3DI_GL_BACK : W3DI_GL_FRONT, 255);
        }
}

/* A query's or limit's number. */
static inline uint32_t w3di_gl_get(w3di_gl_device *self, uint32_t name)
{
    int32_t value = 0;
    W3DI_GL(self)->GetIntegerv(name, &value);
    return (uint32_t)value;
}

#endif /* W3D_GPU_GL_STATE_H */
