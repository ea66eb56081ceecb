/* gpu_gl_draw.h - draws on GL, many at once where the device can; private to gpu_gl.c. */
#ifndef W3D_GPU_GL_DRAW_H
#define W3D_GPU_GL_DRAW_H

#include "gpu/gpu_gl_pass.h"

/* ---- what a submit needs before its first pass: constants, and the rows of its draws ---- */

static inline w3d_result w3di_gl_prepare(w3di_gl_device *self, const w3d_gpu_stream *stream)
{
    uint64_t constants = 0, rows = 0;
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8) {
        const uint32_t *w = stream->words + at;
        switch (w[0] & 255) {
        case W3D_GPU_OP_PASS_BEGIN: constants += w3di_gl_constants_size(self, w[7]); break;
        case W3D_GPU_OP_CONSTANTS: constants += w3di_gl_constants_size(self, w[2]); break;
        case W3D_GPU_OP_MULTI: rows += w[4]; break;
        case W3D_GPU_OP_DRAW_INDIRECT: rows++; break;
        default: break;
        }
    }
    if (!self->caps.multi_draw) rows = 0;
    self->constants_at = self->draws_at = 0;
    if (!constants && !rows) return W3D_OK;
    uint32_t height = (uint32_t)((rows + 1023) / 1024), wanted = height * 1024;
    void *scratch = self->scratch, *bytes = self->constants;
    int good = w3di_gl_room(self, &scratch, &self->scratch_room, wanted, 4);
    self->scratch = (uint32_t *)scratch;
    good = good && constants < 1u << 30 &&
           w3di_gl_room(self, &bytes, &self->constants_room, constants, 1);
    self->constants = (uint8_t *)bytes;
    if (!good) return W3D_ERR_OUT_OF_MEMORY;
    uint32_t put = 0, row = 0;
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8) {
        const uint32_t *w = stream->words + at, *blob = NULL;
        if ((w[0] & 255) == W3D_GPU_OP_PASS_BEGIN) blob = w + 6;
        if ((w[0] & 255) == W3D_GPU_OP_CONSTANTS) blob = w + 1;
        if (blob && blob[1]) {
            uint32_t size = w3di_gl_constants_size(self, blob[1]);
            w3d_copy(self->constants + put, stream->blobs + blob[0], blob[1]);
            w3d_fill(self->constants + put + blob[1], 0, size - blob[1]);
            put += size;
        }
        if (rows && (w[0] & 255) == W3D_GPU_OP_MULTI) {
            w3d_copy(self->scratch + row, w + 6 + 3 * w[4], 4 * (size_t)w[4]);
            row += w[4];
        }
        if (rows && (w[0] & 255) == W3D_GPU_OP_DRAW_INDIRECT) self->scratch[row++] = w[4];
    }
    self->ring_at = (self->ring_at + 1) % W3DI_GL_RING;
    uint32_t k = self->ring_at;
    if (put) {
        if (!self->ring[k]) W3DI_GL(self)->GenBuffers(1, &self->ring[k]);
        W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, self->ring[k]);
        if (put > self->ring_size[k]) {
            self->ring_size[k] = put > 65536 ? w3d_bits_next_power(put) : 65536;
            W3DI_GL(self)->BufferData(W3DI_GL_COPY_WRITE_BUFFER, (ptrdiff_t)self->ring_size[k],
                                      NULL, W3DI_GL_STREAM_DRAW);
        }
        W3DI_GL(self)->BufferSubData(W3DI_GL_COPY_WRITE_BUFFER, 0, (ptrdiff_t)put, self->constants);
    }
    if (row) {
        w3d_fill(self->scratch + row, 0, 4 * (size_t)(wanted - row));
        if (height > self->draws_height[k]) {
            if (self->draws[k]) w3di_gl_texture_delete(self, self->draws[k]);
            self->draws_height[k] = w3d_bits_next_power(height);
            self->draws[k] =
                w3di_gl_table_new(self, W3DI_GL_R32UI, W3DI_GL_RED_INTEGER, self->draws_height[k]);
        }
        w3di_gl_texture_edit(self, W3D_GPU_2D, self->draws[k]);
        W3DI_GL(self)->TexSubImage2D(W3DI_GL_TEXTURE_2D, 0, 0, 0, W3D_GPU_OBJECTS_WIDTH,
                                     (int32_t)height, W3DI_GL_RED_INTEGER, W3DI_GL_UNSIGNED_INT,
                                     self->scratch);
    }
    return W3D_OK;
}

/* ---- what a draw reads ---- */

static inline void w3di_gl_pair_bind(w3di_gl_device *self, const w3di_gl_group *g,
                                     w3d_gpu_pair pair, uint32_t unit)
{
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE,
                                              g->entries[pair.texture & 15][1]);
    w3di_gl_sampler *s = pair.sampler == 255
                             ? NULL
                             : (w3di_gl_sampler *)w3di_gl_find(self, W3D_GPU_KIND_SAMPLER,
                                                               g->entries[pair.sampler & 15][1]);
    if (!t || t->samples > 1) return;
    uint32_t name = s ? s->name : 0;
    if (s && s->linear && !s->compares && w3di_gpu_format_of(t->format)->depth) {
        if (!s->plain) s->plain = w3di_gl_sampler_name(self, s->words, 1);
        name = s->plain; /* depth is not filtered without comparison: ES would read zeros */
    }
    w3di_gl_texture_bind(self, unit, t->kind, t->name);
    w3di_gl_sampler_bind(self, unit, name);
}

static inline void w3di_gl_group_bind(w3di_gl_device *self, const w3di_gl_shader *s, uint32_t group)
{
    const w3di_gl_group *g = (const w3di_gl_group *)w3di_gl_find(self, W3D_GPU_KIND_GROUP, group);
    if (self->now.group == group && self->now.shader == s->handle) return;
    self->now.group = group;
    self->now.shader = s->handle;
    if (s->has_objects) {
        static const uint32_t none[3] = { 0, 1, 16 };
        if (!self->objects) w3di_gl_objects_create(self, none);
        w3di_gl_texture_bind(self, W3DI_GL_OBJECTS_UNIT, W3D_GPU_2D, self->objects);
        w3di_gl_sampler_bind(self, W3DI_GL_OBJECTS_UNIT, 0);
    }
    if (s->has_draws) {
        w3di_gl_texture_bind(self, W3DI_GL_DRAWS_UNIT, W3D_GPU_2D, self->draws[self->ring_at]);
        w3di_gl_sampler_bind(self, W3DI_GL_DRAWS_UNIT, 0);
    }
    if (!g) return;
    for (uint32_t i = 0; i < W3D_GPU_MAX_BINDINGS; i++) {
        const uint32_t *entry = g->entries[i];
        if (entry[0] != W3D_GPU_BIND_UNIFORM) continue;
        const w3di_gl_buffer *b =
            (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, entry[1]);
        if (!b) continue;
        uint32_t size = (entry[3] + 15) & ~15u;
        if (size > b->size - entry[2]) size = b->size - entry[2];
        w3di_gl_block_bind(self, 1 + i, b->name, entry[2], size);
    }
    for (uint32_t i = 0; i < s->pair_count; i++)
        w3di_gl_pair_bind(self, g, s->pairs[i], W3DI_GL_PAIRS_UNIT + i);
}

static inline void w3di_gl_set_row(w3di_gl_device *self, w3di_gl_shader *s, uint32_t row)
{
    if (s->at_row < 0 || s->row == row) return;
    s->row = row;
    self->counters.uniforms++;
    W3DI_GL(self)->Uniform1i(s->at_row, (int32_t)row);
}

static inline void w3di_gl_set_draw(w3di_gl_device *self, w3di_gl_shader *s, uint32_t draw)
{
    if (s->at_draw < 0 || s->draw == draw) return;
    s->draw = draw;
    self->counters.uniforms++;
    W3DI_GL(self)->Uniform1i(s->at_draw, (int32_t)draw);
}

/* Everything but the draw; NULL where it is to be left out. */
static inline w3di_gl_shader *w3di_gl_draw_ready(w3di_gl_device *self, const w3di_gl_pipeline *p,
                                                 uint32_t group, const w3di_gl_mesh *m,
                                                 uint32_t indexed)
{
    uint32_t key = self->on_surface ? self->pass_height : 0;
    if (!p || p->failed || self->skip) return NULL;
    w3di_gl_shader *s = (w3di_gl_shader *)w3di_gl_find(self, W3D_GPU_KIND_SHADER, p->shader);
    if (!s || !s->program) return NULL;
    w3di_gl_pipeline_apply(self, p, s);
    w3di_gl_group_bind(self, s, group);
    uint32_t array = w3di_gl_array_of(self, p->layout, m);
    if (!array) return NULL;
    w3di_gl_array_bind(self, array);
    if (s->target != key && s->at_target >= 0) {
        s->target = key;
        self->counters.uniforms++;
        W3DI_GL(self)->Uniform4f(s->at_target, key ? 1.0f : -1.0f, key ? -1.0f : 1.0f, (float)key,
                                 0);
    }
    uint32_t topology = p->words[4] & 255;
    int strip = indexed && (topology == W3D_GPU_TRIANGLE_STRIP || topology == W3D_GPU_LINE_STRIP);
    w3di_gl_switch(self, W3DI_GL_CAP_RESTART, strip);
    if (strip && !self->has_restart_fixed) {
        uint32_t restart = m && m->index_format == W3D_GPU_INDEX_U16 ? 0xFFFFu : 0xFFFFFFFFu;
        W3DI_GL(self)->PrimitiveRestartIndex(restart);
    }
    return s;
}

static inline uint32_t w3di_gl_mode(const w3di_gl_pipeline *p)
{
    static const uint8_t modes[8] = { W3DI_GL_TRIANGLES,
                                      W3DI_GL_TRIANGLE_STRIP,
                                      W3DI_GL_LINES,
                                      W3DI_GL_LINE_STRIP,
                                      W3DI_GL_POINTS,
                                      0,
                                      0,
                                      0 };
    return modes[p->words[4] & 7];
}

/* ---- one draw, and many ---- */

static inline void w3di_gl_draw_one(w3di_gl_device *self, uint32_t mode, uint32_t type,
                                    const uint32_t *w, uint32_t i)
{
    uint32_t n = w[4];
    int32_t count = (int32_t)w[6 + i], instances = (int32_t)w[6 + 2 * n + i],
            base = (int32_t)w[6 + 4 * n + i];
    const void *offset = (const void *)(uintptr_t)w[6 + n + i];
    self->counters.draws++;
    if (!w[5] && instances == 1)
        W3DI_GL(self)->DrawArrays(mode, (int32_t)w[6 + n + i], count);
    else if (!w[5])
        W3DI_GL(self)->DrawArraysInstanced(mode, (int32_t)w[6 + n + i], count, instances);
    else if (base && instances == 1)
        W3DI_GL(self)->DrawElementsBaseVertex(mode, count, type, offset, base);
    else if (base)
        W3DI_GL(self)->DrawElementsInstancedBaseVertex(mode, count, type, offset, instances, base);
    else if (instances == 1)
        W3DI_GL(self)->DrawElements(mode, count, type, offset);
    else
        W3DI_GL(self)->DrawElementsInstanced(mode, count, type, offset, instances);
}

/* All draws of a MULTI in one call; 0 where the device has none for these. */
static inline int w3di_gl_draw_many(w3di_gl_device *self, uint32_t mode, uint32_t type,
                                    const uint32_t *w)
{
    uint32_t n = w[4], based = 0, instanced = 0;
    const int32_t *counts = (const int32_t *)(const void *)(w + 6),
                  *firsts = (const int32_t *)(const void *)(w + 6 + n),
                  *instances = (const int32_t *)(const void *)(w + 6 + 2 * n),
                  *bases = (const int32_t *)(const void *)(w + 6 + 4 * n);
    for (uint32_t i = 0; i < n; i++) {
        instanced |= (uint32_t)(instances[i] != 1);
        based |= (uint32_t)bases[i];
    }
    if (self->has_angle_multi ? based != 0 : instanced != 0) return 0;
    void *many = self->many;
    if (w[5]) {
        if (!w3di_gl_room(self, &many, &self->many_room, n, sizeof(void *))) return 0;
        self->many = many;
        for (uint32_t i = 0; i < n; i++) {
            const void *offset = (const void *)(uintptr_t)w[6 + n + i];
            w3d_copy((uint8_t *)many + sizeof offset * i, &offset, sizeof offset);
        }
    }
    const void *const *offsets = (const void *const *)many;
    self->counters.draws++;
    if (self->has_angle_multi && w[5])
        W3DI_GL(self)->MultiDrawElementsInstancedANGLE(mode, counts, type, offsets, instances,
                                                       (int32_t)n);
    else if (self->has_angle_multi)
        W3DI_GL(self)->MultiDrawArraysInstancedANGLE(mode, firsts, counts, instances, (int32_t)n);
    else if (!w[5])
        W3DI_GL(self)->MultiDrawArrays(mode, firsts, counts, (int32_t)n);
    else if (based)
        W3DI_GL(self)->MultiDrawElementsBaseVertex(mode, counts, type, offsets, (int32_t)n, bases);
    else
        W3DI_GL(self)->MultiDrawElements(mode, counts, type, offsets, (int32_t)n);
    return 1;
}

static inline void w3di_gl_multi(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_pipeline *p =
        (const w3di_gl_pipeline *)w3di_gl_find(self, W3D_GPU_KIND_PIPELINE, w[1]);
    const w3di_gl_mesh *m = (const w3di_gl_mesh *)w3di_gl_find(self, W3D_GPU_KIND_MESH, w[3]);
    uint32_t first = self->draws_at, n = w[4];
    self->draws_at += n;
    w3di_gl_shader *s = w3di_gl_draw_ready(self, p, w[2], m, w[5]);
    if (!s) return;
    uint32_t mode = w3di_gl_mode(p), type = m && m->index_format == W3D_GPU_INDEX_U16
                                                ? W3DI_GL_UNSIGNED_SHORT
                                                : W3DI_GL_UNSIGNED_INT;
    w3di_gl_set_draw(self, s, first);
    if (n > 1 && (s->has_draws || (s->at_row < 0 && !self->es) || self->has_angle_multi) &&
        self->caps.multi_draw && w3di_gl_draw_many(self, mode, type, w))
        return;
    for (uint32_t i = 0; i < n; i++) {
        w3di_gl_set_row(self, s, w[6 + 3 * n + i]);
        w3di_gl_set_draw(self, s, first + i);
        w3di_gl_draw_one(self, mode, type, w, i);
    }
}

static inline void w3di_gl_indirect(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_pipeline *p =
        (const w3di_gl_pipeline *)w3di_gl_find(self, W3D_GPU_KIND_PIPELINE, w[1]);
    const w3di_gl_mesh *m = (const w3di_gl_mesh *)w3di_gl_find(self, W3D_GPU_KIND_MESH, w[3]);
    const w3di_gl_buffer *b = (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, w[5]);
    uint32_t first = self->draws_at++;
    w3di_gl_shader *s =
        b && self->caps.indirect ? w3di_gl_draw_ready(self, p, w[2], m, w[9]) : NULL;
    if (!s) return;
    w3di_gl_set_row(self, s, w[4]);
    w3di_gl_set_draw(self, s, first);
    W3DI_GL(self)->BindBuffer(W3DI_GL_DRAW_INDIRECT_BUFFER, b->name);
    for (uint32_t i = 0; i < w[7]; i++) {
        const void *offset = (const void *)((uintptr_t)w[6] + (uintptr_t)i * w[8]);
        self->counters.draws++;
        if (w[9])
            W3DI_GL(self)->DrawElementsIndirect(w3di_gl_mode(p),
                                                m && m->index_format == W3D_GPU_INDEX_U16
                                                    ? W3DI_GL_UNSIGNED_SHORT
                                                    : W3DI_GL_UNSIGNED_INT,
                                                offset);
        else
            W3DI_GL(self)->DrawArraysIndirect(w3di_gl_mode(p), offset);
    }
}

#endif /* W3D_GPU_GL_DRAW_H */
