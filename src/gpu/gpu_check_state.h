/* gpu_check_state.h - what a checker of streams knows of the device it stands for; private. */
#ifndef W3D_GPU_CHECK_STATE_H
#define W3D_GPU_CHECK_STATE_H

#include "gpu/gpu_check.h"
#include "gpu/gpu_format.h"
#include "memory/allocator.h"

enum { W3DI_GPU_CHECK_SLOTS = 1 << 20, W3DI_GPU_CHECK_KINDS = W3D_GPU_KIND_MESH + 1 };

/* Every item begins with its handle; 0: free, and the word after it is the next free item. */
typedef struct w3di_check_buffer {
    uint32_t id, size, use;
} w3di_check_buffer;
typedef struct w3di_check_texture {
    uint32_t id, kind, format, width, height, depth, mips, samples, use;
} w3di_check_texture;
typedef struct w3di_check_sampler {
    uint32_t id, compares;
} w3di_check_sampler;
typedef struct w3di_check_shader {
    uint32_t id, count, frame_size, object_size, compute;
    w3d_gpu_binding bindings[W3D_GPU_MAX_BINDINGS];
} w3di_check_shader;
typedef struct w3di_check_pipeline {
    uint32_t id, shader, compute, color_count, depth_format, samples, strip, index_strip;
    uint32_t formats[W3D_GPU_MAX_COLORS], buffer_count, per_instance;
    uint32_t strides[W3D_GPU_MAX_VERTEX_BUFFERS], reach[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_check_pipeline;
typedef struct w3di_check_group {
    uint32_t id, count;
    w3d_gpu_binding layout[W3D_GPU_MAX_BINDINGS];
    uint32_t handles[W3D_GPU_MAX_BINDINGS];
} w3di_check_group;
typedef struct w3di_check_mesh {
    uint32_t id, indices, index_format;
    uint32_t buffers[W3D_GPU_MAX_VERTEX_BUFFERS], offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_check_mesh;

typedef struct w3di_check_table { /* of a kind: items side by side, slots that lead to them */
    uint8_t *items;
    uint32_t item_size, count, room, free_item; /* item 0 is none */
    uint32_t *slots;
    uint32_t slot_room;
} w3di_check_table;

typedef struct w3di_check_pass {
    uint32_t open, query, labels;
    uint32_t formats[W3D_GPU_MAX_COLORS], color_count, depth_format, samples, width, height;
    uint32_t targets[2 * W3D_GPU_MAX_COLORS + 1], places[2 * W3D_GPU_MAX_COLORS + 1], target_count;
    uint32_t constants_size;
    uint32_t instance_buffers[W3D_GPU_MAX_VERTEX_BUFFERS],
        instance_offsets[W3D_GPU_MAX_VERTEX_BUFFERS];
} w3di_check_pass;

struct w3d_gpu_checker {
    w3d_allocator allocator;
    uint64_t memory_limit, memory;
    w3di_check_table tables[W3DI_GPU_CHECK_KINDS];
    uint32_t rows, row_size;
    uint32_t surface_width, surface_height, surface_samples, surface_depth;
    uint32_t labels, presented; /* presented: in this stream */
    w3di_check_pass pass;
    const w3d_gpu_stream *stream;
    const uint32_t *words; /* of the operation at hand */
    uint32_t count;        /* how many */
    w3d_error error;       /* the first; code 0: none */
};

/* Notes what is wrong, and at which word of the operation; gives 0. */
static inline int w3di_check_no(w3d_gpu_checker *c, uint32_t word, w3d_result code,
                                const char *text)
{
    c->error.code = code;
    c->error.offset = (uint64_t)(c->words - c->stream->words + (ptrdiff_t)word) * 4;
    c->error.text = text;
    return 0;
}

#define W3DI_CHECK(condition, word, code, text)                                                    \
    do {                                                                                           \
        if (!(condition)) return w3di_check_no(c, word, code, text);                               \
    } while (0)

/* The item of a live handle, or NULL. */
static inline void *w3di_check_find(const w3d_gpu_checker *c, uint32_t kind, uint32_t id)
{
    const w3di_check_table *table = &c->tables[kind];
    uint32_t slot = id & (W3DI_GPU_CHECK_SLOTS - 1), item;
    if (slot >= table->slot_room || (item = table->slots[slot]) == 0) return NULL;
    uint8_t *at = table->items + (size_t)item * table->item_size;
    uint32_t its;
    w3d_copy(&its, at, 4);
    return its == id ? at : NULL;
}

static inline w3di_check_buffer *w3di_check_buffer_of(const w3d_gpu_checker *c, uint32_t id)
{
    return (w3di_check_buffer *)w3di_check_find(c, W3D_GPU_KIND_BUFFER, id);
}
static inline w3di_check_texture *w3di_check_texture_of(const w3d_gpu_checker *c, uint32_t id)
{
    return (w3di_check_texture *)w3di_check_find(c, W3D_GPU_KIND_TEXTURE, id);
}
static inline w3di_check_shader *w3di_check_shader_of(const w3d_gpu_checker *c, uint32_t id)
{
    return (w3di_check_shader *)w3di_check_find(c, W3D_GPU_KIND_SHADER, id);
}

/* A larger array, its new part zero; NULL without memory, the array then as it was. */
static inline void *w3di_check_grow(w3d_gpu_checker *c, void *array, uint32_t *room,
                                    uint32_t wanted, size_t item)
{
    uint32_t larger = *room ? *room : 16;
    while (larger < wanted) larger *= 2;
    if (larger > 0x7FFFFFFFu / item) return NULL;
    uint8_t *moved = (uint8_t *)w3d_allocator_resize(&c->allocator, array, (size_t)*room * item,
                                                     (size_t)larger * item);
    if (!moved) return NULL;
    w3d_fill(moved + (size_t)*room * item, 0, (size_t)(larger - *room) * item);
    *room = larger;
    return moved;
}

/* A new item for the handle in word 1 (its slot free, its generation not 0), all zero but its id.
 * */
static inline void *w3di_check_make(w3d_gpu_checker *c, uint32_t kind)
{
    w3di_check_table *table = &c->tables[kind];
    uint32_t id = c->words[1], slot = id & (W3DI_GPU_CHECK_SLOTS - 1), item = table->free_item;
    const char *text = "out of memory";
    if (!slot || !(id >> 20)) {
        w3di_check_no(c, 1, W3D_ERR_FORMAT, "a handle has a slot and a generation above 0");
        return NULL;
    }
    if (slot >= table->slot_room) {
        void *slots = w3di_check_grow(c, table->slots, &table->slot_room, slot + 1, 4);
        if (!slots) {
            w3di_check_no(c, 1, W3D_ERR_OUT_OF_MEMORY, text);
            return NULL;
        }
        table->slots = (uint32_t *)slots;
    }
    if (table->slots[slot]) {
        w3di_check_no(c, 1, W3D_ERR_FORMAT, "the handle's slot is taken: destroy what is there");
        return NULL;
    }
    if (!item) {
        item = table->count ? table->count : 1;
        if (item >= table->room) {
            void *items =
                w3di_check_grow(c, table->items, &table->room, item + 1, table->item_size);
            if (!items) {
                w3di_check_no(c, 1, W3D_ERR_OUT_OF_MEMORY, text);
                return NULL;
            }
            table->items = (uint8_t *)items;
        }
        table->count = item + 1;
    }
    uint8_t *at = table->items + (size_t)item * table->item_size;
    if (item == table->free_item) w3d_copy(&table->free_item, at + 4, 4);
    w3d_fill(at, 0, table->item_size);
    w3d_copy(at, &id, 4);
    table->slots[slot] = item;
    return at;
}

static inline void w3di_check_end(w3d_gpu_checker *c, uint32_t kind, uint32_t id)
{
    w3di_check_table *table = &c->tables[kind];
    uint32_t slot = id & (W3DI_GPU_CHECK_SLOTS - 1), item = table->slots[slot];
    uint8_t *at = table->items + (size_t)item * table->item_size;
    w3d_fill(at, 0, table->item_size);
    w3d_copy(at + 4, &table->free_item, 4);
    table->free_item = item;
    table->slots[slot] = 0;
}

/* The blob whose offset and size are words `at` and the next lies in the blobs. */
static inline int w3di_check_blob(w3d_gpu_checker *c, uint32_t at)
{
    uint32_t offset = c->words[at], size = c->words[at + 1];
    W3DI_CHECK(offset % 16 == 0, at, W3D_ERR_FORMAT, "a blob's offset is no multiple of 16");
    W3DI_CHECK(offset <= c->stream->blob_size && size <= c->stream->blob_size - offset, at,
               W3D_ERR_RANGE, "a blob reaches over the end of the blobs");
    return 1;
}

/* A word whose bytes are values of enums, from the lowest; the last values they may have. */
static inline int w3di_check_bytes(w3d_gpu_checker *c, uint32_t at, uint32_t lasts)
{
    for (uint32_t shift = 0; shift < 32; shift += 8)
        W3DI_CHECK((c->words[at] >> shift & 255) <= (lasts >> shift & 255), at, W3D_ERR_FORMAT,
                   "a value outside its enum");
    return 1;
}

/* Words from `at` on are finite floats. */
static inline int w3di_check_floats(w3d_gpu_checker *c, uint32_t at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        W3DI_CHECK((c->words[at + i] & 0x7F800000u) != 0x7F800000u, at + i, W3D_ERR_FORMAT,
                   "a float that is not finite");
    return 1;
}

/* Bytes of a texture with all its levels and samples; at most 2^44 where sides and layers hold. */
static inline uint64_t w3di_check_texture_size(const w3di_check_texture *t)
{
    uint64_t size = 0;
    for (uint32_t mip = 0; mip < t->mips; mip++)
        size += w3di_gpu_region_size(t->format, w3di_gpu_mip_side(t->width, mip),
                                     w3di_gpu_mip_side(t->height, mip),
                                     t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, mip)
                                                           : t->depth);
    return size * t->samples;
}

static inline int w3di_check_memory(w3d_gpu_checker *c, uint32_t word, uint64_t more)
{
    W3DI_CHECK(!c->memory_limit ||
                   (c->memory <= c->memory_limit && more <= c->memory_limit - c->memory),
               word, W3D_ERR_LIMIT, "the resources are more than the checker's memory_limit");
    c->memory += more;
    return 1;
}

#endif /* W3D_GPU_CHECK_STATE_H */
