/* gpu_soft_resource.h - the resource operations of the stream; private. */
#ifndef W3D_GPU_SOFT_RESOURCE_H
#define W3D_GPU_SOFT_RESOURCE_H

#include "gpu/gpu_soft_format.h"

/* ---- slots ---- */

static inline void w3di_gpu_soft_free(w3di_gpu_soft *self, uint32_t kind, void *item);

/* Puts an item, which begins with its id, in its slot. On no memory it is freed. */
static inline w3d_result w3di_gpu_soft_keep(w3di_gpu_soft *self, uint32_t kind, uint32_t id,
                                            void *item)
{
    uint32_t slot = id & 0xFFFFF;
    if (slot >= self->room[kind]) {
        uint32_t room = self->room[kind] ? self->room[kind] : 16;
        while (room <= slot) room *= 2;
        void *moved =
            w3d_allocator_resize(&self->allocator, self->slots[kind],
                                 self->room[kind] * sizeof(void *), room * sizeof(void *));
        if (!moved) {
            w3di_gpu_soft_free(self, kind, item);
            return W3D_ERR_OUT_OF_MEMORY;
        }
        self->slots[kind] = (void **)moved;
        w3d_fill(self->slots[kind] + self->room[kind], 0,
                 (room - self->room[kind]) * sizeof(void *));
        self->room[kind] = room;
    }
    if (self->slots[kind][slot])
        w3di_gpu_soft_free(self, kind, self->slots[kind][slot]);
    else
        self->counts[kind]++;
    self->slots[kind][slot] = item;
    return W3D_OK;
}

static inline void *w3di_gpu_soft_new(w3di_gpu_soft *self, uint32_t id, size_t size)
{
    void *item = w3d_allocator_resize(&self->allocator, NULL, 0, size);
    if (!item) return NULL;
    w3d_fill(item, 0, size);
    w3d_copy(item, &id, 4);
    return item;
}

/* No memory for a resource: told as an event, and the stream goes on. */
static inline w3d_result w3di_gpu_soft_full(w3di_gpu_soft *self, uint32_t kind, uint32_t id)
{
    return w3di_gpu_soft_refuse(self, kind, id, "there is not the memory for it");
}

/* ---- buffers ---- */

static inline w3d_result w3di_gpu_soft_buffer_create(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_buffer *buffer =
        (w3di_gpu_soft_buffer *)w3di_gpu_soft_new(self, w[1], sizeof *buffer);
    if (!buffer) return W3D_ERR_OUT_OF_MEMORY;
    buffer->size = w[2];
    buffer->bytes = (uint8_t *)w3di_gpu_soft_take(self, w[2]);
    if (!buffer->bytes) {
        w3di_gpu_soft_release(self, buffer, sizeof *buffer);
        return w3di_gpu_soft_full(self, W3D_GPU_KIND_BUFFER, w[1]);
    }
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_BUFFER, w[1], buffer);
}

static inline w3d_result w3di_gpu_soft_buffer_write(w3di_gpu_soft *self, const uint32_t *w,
                                                    const uint8_t *blobs)
{
    w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, w[1]);
    if (buffer && w3d_size_inside(w[2], w[4], buffer->size))
        w3d_copy(buffer->bytes + w[2], blobs + w[3], w[4]);
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_buffer_copy(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_buffer *dst = w3di_gpu_soft_buffer_of(self, w[1]),
                         *src = w3di_gpu_soft_buffer_of(self, w[3]);
    if (dst && src && w3d_size_inside(w[2], w[5], dst->size) &&
        w3d_size_inside(w[4], w[5], src->size))
        w3d_move(dst->bytes + w[2], src->bytes + w[4], w[5]);
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_buffer_read(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, w[1]);
    int there = buffer && w3d_size_inside(w[2], w[3], buffer->size);
    return w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_DOWNLOAD, w[4], 0,
                                   there ? buffer->bytes + w[2] : NULL, w[3]);
}

/* ---- textures ---- */

/* Makes a texture from the fields of TEXTURE_CREATE: kind, format, sides, levels, samples. NULL: no memory. */
static inline w3di_gpu_soft_texture *w3di_gpu_soft_texture_make(w3di_gpu_soft *self, uint32_t id,
                                                                const uint32_t *fields)
{
    w3di_gpu_soft_texture *t = (w3di_gpu_soft_texture *)w3di_gpu_soft_new(self, id, sizeof *t);
    if (!t) return NULL;
    t->kind = fields[0];
    t->format = fields[1];
    t->width = fields[2];
    t->height = fields[3];
    t->depth = fields[4];
    t->mips = fields[5] < W3DI_GPU_SOFT_LEVELS ? fields[5] : (uint32_t)W3DI_GPU_SOFT_LEVELS;
    t->samples = fields[6];
    t->codes = &self->codes;
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    t->bytes_per_pixel = f->bytes;
    uint64_t size = 0, offsets[W3DI_GPU_SOFT_LEVELS], stencils[W3DI_GPU_SOFT_LEVELS];
    for (uint32_t mip = 0; mip < t->mips; mip++) {
        w3di_gpu_soft_level *level = &t->levels[mip];
        level->width = w3di_gpu_mip_side(t->width, mip);
        level->height = w3di_gpu_mip_side(t->height, mip);
        level->depth = t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, mip) : t->depth;
        uint64_t pitch = ((uint64_t)level->width + 1) / 2 * 2 * f->bytes,
                 slice = pitch * (((uint64_t)level->height + 1) / 2 * 2),
                 plane = slice * level->depth;
        level->pitch = (size_t)pitch;
        level->slice = (size_t)slice;
        level->plane = (size_t)plane;
        offsets[mip] = size;
        size += plane * t->samples;
        stencils[mip] = size;
        if (f->stencil) size += plane * t->samples / 4;
        size = (size + 15) & ~(uint64_t)15;
    }
    t->block = (uint8_t *)w3di_gpu_soft_take(self, size);
    if (!t->block) {
        w3di_gpu_soft_release(self, t, sizeof *t);
        return NULL;
    }
    t->block_size = (size_t)size;
    for (uint32_t mip = 0; mip < t->mips; mip++) {
        t->levels[mip].bytes = t->block + offsets[mip];
        if (f->stencil) t->levels[mip].stencil = t->block + stencils[mip];
    }
    return t;
}

static inline w3d_result w3di_gpu_soft_texture_create(w3di_gpu_soft *self, const uint32_t *w)
{
    const w3di_gpu_format *f = w3di_gpu_format_of(w[3]);
    if (f->block != 1 || !f->bytes)
        return w3di_gpu_soft_refuse(self, W3D_GPU_KIND_TEXTURE, w[1],
                                    "compressed textures are not in the software back-end");
    w3di_gpu_soft_texture *texture = w3di_gpu_soft_texture_make(self, w[1], w + 2);
    if (!texture) return w3di_gpu_soft_full(self, W3D_GPU_KIND_TEXTURE, w[1]);
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_TEXTURE, w[1], texture);
}

static inline int w3di_gpu_soft_region_inside(const w3di_gpu_soft_texture *t,
                                              const uint32_t *mip_xyz, uint32_t width,
                                              uint32_t height, uint32_t depth)
{
    if (!t || mip_xyz[0] >= t->mips) return 0;
    const w3di_gpu_soft_level *level = &t->levels[mip_xyz[0]];
    return w3d_size_inside(mip_xyz[1], width, level->width) &&
           w3d_size_inside(mip_xyz[2], height, level->height) &&
           w3d_size_inside(mip_xyz[3], depth, level->depth);
}

/* Where a texel lies: mip, x, y, z in four words. */
static inline uint8_t *w3di_gpu_soft_place(const w3di_gpu_soft_texture *t, const uint32_t *mip_xyz,
                                           uint32_t row, uint32_t layer)
{
    const w3di_gpu_soft_level *level = &t->levels[mip_xyz[0]];
    return level->bytes + (mip_xyz[3] + layer) * level->slice + (mip_xyz[2] + row) * level->pitch +
           (size_t)mip_xyz[1] * t->bytes_per_pixel;
}

static inline w3d_result w3di_gpu_soft_texture_write(w3di_gpu_soft *self, const uint32_t *w,
                                                     const uint8_t *blobs)
{
    w3di_gpu_soft_texture *t = w3di_gpu_soft_texture_of(self, w[1]);
    if (!w3di_gpu_soft_region_inside(t, w + 2, w[6], w[7], w[8])) return W3D_OK;
    size_t row = (size_t)w[6] * t->bytes_per_pixel;
    const uint8_t *from = blobs + w[9];
    for (uint32_t z = 0; z < w[8]; z++)
        for (uint32_t y = 0; y < w[7]; y++, from += row)
            w3d_copy(w3di_gpu_soft_place(t, w + 2, y, z), from, row);
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_texture_copy(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_texture *dst = w3di_gpu_soft_texture_of(self, w[1]),
                          *src = w3di_gpu_soft_texture_of(self, w[6]);
    if (!w3di_gpu_soft_region_inside(dst, w + 2, w[11], w[12], w[13]) ||
        !w3di_gpu_soft_region_inside(src, w + 7, w[11], w[12], w[13]) ||
        dst->bytes_per_pixel != src->bytes_per_pixel)
        return W3D_OK;
    for (uint32_t z = 0; z < w[13]; z++)
        for (uint32_t y = 0; y < w[12]; y++)
            w3d_move(w3di_gpu_soft_place(dst, w + 2, y, z), w3di_gpu_soft_place(src, w + 7, y, z),
                     (size_t)w[11] * dst->bytes_per_pixel);
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_texture_mips(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_texture *t = w3di_gpu_soft_texture_of(self, w[1]);
    for (uint32_t mip = 1; t && mip < t->mips; mip++) w3di_gpu_soft_mip(t, mip);
    return W3D_OK;
}

/* Of texture 0 the surface, whose size may have changed since this was recorded: zero outside. */
static inline w3d_result w3di_gpu_soft_texture_read(w3di_gpu_soft *self, const uint32_t *w)
{
    w3d_result result = w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_DOWNLOAD, w[8], 0, NULL, w[9]);
    if (result) return result;
    uint8_t *to = self->notes[self->note_count - 1].bytes;
    w3di_gpu_soft_texture *t = w[1]             ? w3di_gpu_soft_texture_of(self, w[1])
                               : self->resolved ? self->resolved
                                                : self->surface;
    if (!t || w[2] >= t->mips) return W3D_OK;
    const w3di_gpu_soft_level *level = &t->levels[w[2]];
    size_t row = (size_t)w[6] * t->bytes_per_pixel;
    uint32_t width = w[3] < level->width ? level->width - w[3] : 0;
    width = width < w[6] ? width : w[6];
    if ((uint64_t)row * w[7] > w[9] || w[5] >= level->depth || !width) return W3D_OK;
    for (uint32_t y = 0; y < w[7] && w[4] + y < level->height; y++)
        w3d_copy(to + y * row, w3di_gpu_soft_place(t, w + 2, y, 0),
                 (size_t)width * t->bytes_per_pixel);
    return W3D_OK;
}

/* ---- samplers, groups, meshes, the object table ---- */

static inline w3d_result w3di_gpu_soft_sampler_create(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_sampler *s = (w3di_gpu_soft_sampler *)w3di_gpu_soft_new(self, w[1], sizeof *s);
    if (!s) return W3D_ERR_OUT_OF_MEMORY;
    s->magnify = (uint8_t)w[2];
    s->minify = (uint8_t)(w[2] >> 8);
    s->mip = (uint8_t)(w[2] >> 16);
    for (int i = 0; i < 3; i++) s->wrap[i] = (uint8_t)(w[3] >> 8 * i);
    s->compare = (uint8_t)w[4];
    s->min_lod = w3d_f32_from_bits(w[5]);
    s->max_lod = w3d_f32_from_bits(w[6]);
    s->anisotropy = (uint8_t)(w[7] < 16 ? w[7] : 16);
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_SAMPLER, w[1], s);
}

static inline w3d_result w3di_gpu_soft_group_create(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_group *g = (w3di_gpu_soft_group *)w3di_gpu_soft_new(self, w[1], sizeof *g);
    if (!g) return W3D_ERR_OUT_OF_MEMORY;
    g->count = w[3] < W3D_GPU_MAX_BINDINGS ? w[3] : (uint32_t)W3D_GPU_MAX_BINDINGS;
    for (uint32_t i = 0; i < g->count; i++) {
        const uint32_t *e = w + 6 + 4 * i;
        g->entries[i].group = e[0] & 255;
        g->entries[i].binding = e[0] >> 8 & 255;
        g->entries[i].kind = e[0] >> 16;
        g->entries[i].handle = e[1];
        g->entries[i].offset = e[2];
        g->entries[i].size = e[3];
    }
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_GROUP, w[1], g);
}

static inline w3d_result w3di_gpu_soft_mesh_create(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_mesh *m = (w3di_gpu_soft_mesh *)w3di_gpu_soft_new(self, w[1], sizeof *m);
    if (!m) return W3D_ERR_OUT_OF_MEMORY;
    m->index_buffer = w[2];
    m->index_format = w[3];
    m->buffer_count =
        w[4] < W3D_GPU_MAX_VERTEX_BUFFERS ? w[4] : (uint32_t)W3D_GPU_MAX_VERTEX_BUFFERS;
    for (uint32_t i = 0; i < m->buffer_count; i++) {
        m->buffers[i] = w[5 + 2 * i];
        m->offsets[i] = w[6 + 2 * i];
    }
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_MESH, w[1], m);
}

static inline w3d_result w3di_gpu_soft_objects_create(w3di_gpu_soft *self, const uint32_t *w)
{
    uint64_t size = (uint64_t)w[1] * w[2], old = (uint64_t)self->object_rows * self->object_size;
    if (size > (SIZE_MAX >> 1)) return W3D_ERR_OUT_OF_MEMORY;
    if (w[2] == self->object_size && w[1] <= self->object_rows) return W3D_OK;
    uint8_t *rows =
        (uint8_t *)w3d_allocator_resize(&self->allocator, self->objects, (size_t)old, (size_t)size);
    if (!rows) return W3D_ERR_OUT_OF_MEMORY;
    if (size > old) w3d_fill(rows + old, 0, (size_t)(size - old));
    self->objects = rows;
    self->object_rows = w[1];
    self->object_size = w[2];
    return W3D_OK;
}

static inline w3d_result w3di_gpu_soft_objects_write(w3di_gpu_soft *self, const uint32_t *w,
                                                     const uint8_t *blobs)
{
    uint64_t size = (uint64_t)self->object_rows * self->object_size,
             at = (uint64_t)w[1] * self->object_size;
    if (w3d_size_inside(at, w[3], size)) w3d_copy(self->objects + (size_t)at, blobs + w[2], w[3]);
    return W3D_OK;
}

/* ---- the end ---- */

static inline void w3di_gpu_soft_texture_free(w3di_gpu_soft *self, w3di_gpu_soft_texture *t)
{
    if (!t) return;
    w3di_gpu_soft_give(self, t->block, t->block_size);
    w3di_gpu_soft_release(self, t, sizeof *t);
}

static inline void w3di_gpu_soft_free(w3di_gpu_soft *self, uint32_t kind, void *item)
{
    switch (kind) {
    case W3D_GPU_KIND_BUFFER: {
        w3di_gpu_soft_buffer *buffer = (w3di_gpu_soft_buffer *)item;
        w3di_gpu_soft_give(self, buffer->bytes, buffer->size);
        w3di_gpu_soft_release(self, buffer, sizeof *buffer);
        break;
    }
    case W3D_GPU_KIND_TEXTURE:
        w3di_gpu_soft_texture_free(self, (w3di_gpu_soft_texture *)item);
        break;
    case W3D_GPU_KIND_SAMPLER:
        w3di_gpu_soft_release(self, item, sizeof(w3di_gpu_soft_sampler));
        break;
    case W3D_GPU_KIND_SHADER: {
        w3di_gpu_soft_shader *shader = (w3di_gpu_soft_shader *)item;
        w3d_shader_close(shader->module);
        w3di_gpu_soft_release(self, shader->text, (size_t)shader->text_size + 1);
        w3di_gpu_soft_release(self, shader, sizeof *shader);
        break;
    }
    case W3D_GPU_KIND_PIPELINE: {
        w3di_gpu_soft_pipeline *pipeline = (w3di_gpu_soft_pipeline *)item;
        for (int i = 0; i < 3; i++)
            if (pipeline->code[i]) w3d_shader_code_destroy(pipeline->code[i]);
        w3di_gpu_soft_release(self, pipeline, sizeof *pipeline);
        break;
    }
    case W3D_GPU_KIND_GROUP: w3di_gpu_soft_release(self, item, sizeof(w3di_gpu_soft_group)); break;
    case W3D_GPU_KIND_MESH: w3di_gpu_soft_release(self, item, sizeof(w3di_gpu_soft_mesh)); break;
    default: break;
    }
}

static inline w3d_result w3di_gpu_soft_destroy(w3di_gpu_soft *self, const uint32_t *w)
{
    void *item = w[1] < W3D_GPU_KIND_COUNT ? w3di_gpu_soft_find(self, w[1], w[2]) : NULL;
    if (!item) return W3D_OK; /* refused when it was made */
    self->slots[w[1]][w[2] & 0xFFFFF] = NULL;
    self->counts[w[1]]--;
    w3di_gpu_soft_free(self, w[1], item);
    return W3D_OK;
}

#endif /* W3D_GPU_SOFT_RESOURCE_H */
