/* gpu_gl_pass.h - the surface, the beginning and end of passes, and their state on GL; private to
 * gpu_gl.c.
 *
 * Textures are drawn to upside down in GL's eyes, so that their first row is the top one; the
 * surface is drawn to as GL has it, and its rectangles are turned. */
#ifndef W3D_GPU_GL_PASS_H
#define W3D_GPU_GL_PASS_H

#include "gpu/gpu_gl_program.h"

/* ---- the surface ---- */

static inline uint32_t w3di_gl_surface_drawn(const w3di_gl_device *self)
{
    return self->samples > 1 ? self->own_framebuffers[0] : self->desc->framebuffer;
}

static inline uint32_t w3di_gl_surface_shown(const w3di_gl_device *self)
{
    return self->samples > 1 ? self->own_framebuffers[1] : self->desc->framebuffer;
}

static inline void w3di_gl_surface_end(w3di_gl_device *self)
{
    for (uint32_t i = 0; i < 3; i++)
        if (self->own[i]) W3DI_GL(self)->DeleteRenderbuffers(1, &self->own[i]);
    for (uint32_t i = 0; i < 2; i++)
        if (self->own_framebuffers[i])
            W3DI_GL(self)->DeleteFramebuffers(1, &self->own_framebuffers[i]);
    w3d_fill(self->own, 0, sizeof self->own);
    w3d_fill(self->own_framebuffers, 0, sizeof self->own_framebuffers);
    self->now.draw_framebuffer = self->now.read_framebuffer = W3DI_GL_UNKNOWN;
}

static inline void w3di_gl_surface(w3di_gl_device *self, const uint32_t *w)
{
    uint32_t samples = w[3] < self->caps.max_samples ? w[3] : self->caps.max_samples;
    if (self->width == w[1] && self->height == w[2] && self->samples == samples &&
        self->depth_format == w[4])
        return;
    w3di_gl_surface_end(self);
    self->width = w[1];
    self->height = w[2];
    self->samples = samples;
    self->depth_format = w[4];
    if (samples < 2) return;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t format = i == 1 ? w[4] : (uint32_t)W3D_GPU_RGBA8;
        if (!format) continue;
        W3DI_GL(self)->GenRenderbuffers(1, &self->own[i]);
        W3DI_GL(self)->BindRenderbuffer(W3DI_GL_RENDERBUFFER, self->own[i]);
        if (i == 2)
            W3DI_GL(self)->RenderbufferStorage(W3DI_GL_RENDERBUFFER, W3DI_GL_RGBA8, (int32_t)w[1],
                                               (int32_t)w[2]);
        else
            W3DI_GL(self)->RenderbufferStorageMultisample(W3DI_GL_RENDERBUFFER, (int32_t)samples,
                                                          w3di_gl_format_of(format)->internal,
                                                          (int32_t)w[1], (int32_t)w[2]);
    }
    for (uint32_t i = 0; i < 2; i++) {
        W3DI_GL(self)->GenFramebuffers(1, &self->own_framebuffers[i]);
        w3di_gl_draw_into(self, self->own_framebuffers[i]);
        W3DI_GL(self)->FramebufferRenderbuffer(W3DI_GL_DRAW_FRAMEBUFFER, W3DI_GL_COLOR_ATTACHMENT0,
                                               W3DI_GL_RENDERBUFFER, self->own[i ? 2 : 0]);
        if (!i && self->own[1])
            W3DI_GL(self)->FramebufferRenderbuffer(W3DI_GL_DRAW_FRAMEBUFFER,
                                                   w3di_gpu_format_of(w[4])->stencil
                                                       ? W3DI_GL_DEPTH_STENCIL_ATTACHMENT
                                                       : W3DI_GL_DEPTH_ATTACHMENT,
                                                   W3DI_GL_RENDERBUFFER, self->own[1]);
    }
}

static inline void w3di_gl_blit(w3di_gl_device *self, uint32_t from, uint32_t to, uint32_t width,
                                uint32_t height)
{
    int32_t w = (int32_t)width, h = (int32_t)height;
    w3di_gl_switch(self, W3DI_GL_CAP_SCISSOR, 0);
    w3di_gl_read_from(self, from);
    w3di_gl_draw_into(self, to);
    W3DI_GL(self)->BlitFramebuffer(0, 0, w, h, 0, 0, w, h, 0x4000, W3DI_GL_NEAREST);
}

static inline void w3di_gl_present(w3di_gl_device *self)
{
    if (self->samples > 1 && self->own_framebuffers[1]) {
        w3di_gl_switch(self, W3DI_GL_CAP_SRGB, 0);
        w3di_gl_blit(self, self->own_framebuffers[1], self->desc->framebuffer, self->width,
                     self->height);
    }
    W3DI_GL(self)->Flush();
}

/* ---- constants: all of a submit lie one after the other in a buffer ---- */

static inline uint32_t w3di_gl_constants_size(const w3di_gl_device *self, uint32_t size)
{
    uint32_t alignment = self->caps.uniform_alignment;
    return (size + alignment - 1) / alignment * alignment;
}

static inline void w3di_gl_constants(w3di_gl_device *self, uint32_t size)
{
    if (!size) return;
    w3di_gl_block_bind(self, 0, self->ring[self->ring_at], self->constants_at, (size + 15) & ~15u);
    self->constants_at += w3di_gl_constants_size(self, size);
}

/* ---- state of a pass ---- */

static inline void w3di_gl_viewport(w3di_gl_device *self, const float rectangle[4], float depth_min,
                                    float depth_max)
{
    float top =
        self->on_surface ? (float)self->pass_height - rectangle[1] - rectangle[3] : rectangle[1];
    int32_t x = (int32_t)(rectangle[0] + 0.5f), y = (int32_t)(top + 0.5f),
            width = (int32_t)(rectangle[2] + 0.5f), height = (int32_t)(rectangle[3] + 0.5f);
    W3DI_GL(self)->Viewport(x, y, width, height);
    if (self->has_depth_rangef)
        W3DI_GL(self)->DepthRangef(depth_min, depth_max);
    else
        W3DI_GL(self)->DepthRange((double)depth_min, (double)depth_max);
}

static inline void w3di_gl_scissor(w3di_gl_device *self, const uint32_t *w)
{
    uint32_t y = self->on_surface ? self->pass_height - w[1] - w[3] : w[1];
    w3di_gl_switch(self, W3DI_GL_CAP_SCISSOR, 1);
    W3DI_GL(self)->Scissor((int32_t)w[0], (int32_t)y, (int32_t)w[2], (int32_t)w[3]);
}

static inline void w3di_gl_blend_all(w3di_gl_device *self, const uint32_t *words)
{
    uint32_t color = words[1], alpha = words[2], on = words[0] >> 16 & 1;
    w3di_gl_color_mask(self, words[0] >> 8 & 15);
    if (self->now.blend_mixed) {
        self->now.blend_func = self->now.blend_op = W3DI_GL_UNKNOWN;
        self->now.caps[W3DI_GL_CAP_BLEND] = 2;
        self->now.blend_mixed = 0;
    }
    w3di_gl_switch(self, W3DI_GL_CAP_BLEND, (int)on);
    if (!on) return;
    uint32_t func = (color & 0xFFFF) | alpha << 16, op = color >> 16 | alpha >> 16 << 8;
    if (self->now.blend_func != func) {
        self->now.blend_func = func;
        W3DI_GL(self)->BlendFuncSeparate(w3di_gl_factor(color & 255),
                                         w3di_gl_factor(color >> 8 & 255),
                                         w3di_gl_factor(alpha & 255),
                                         w3di_gl_factor(alpha >> 8 & 255));
    }
    if (self->now.blend_op != op) {
        self->now.blend_op = op;
        W3DI_GL(self)->BlendEquationSeparate(w3di_gl_blend_op(color >> 16),
                                             w3di_gl_blend_op(alpha >> 16));
    }
}

static inline void w3di_gl_blend_each(w3di_gl_device *self, const uint32_t *words, uint32_t count)
{
    self->now.blend_mixed = 1;
    for (uint32_t i = 0; i < count; i++, words += 3) {
        uint32_t mask = words[0] >> 8, color = words[1], alpha = words[2];
        W3DI_GL(self)->ColorMaski(i, (uint8_t)(mask & 1), (uint8_t)(mask >> 1 & 1),
                                  (uint8_t)(mask >> 2 & 1), (uint8_t)(mask >> 3 & 1));
        if (!(words[0] >> 16 & 1)) {
            W3DI_GL(self)->Disablei(W3DI_GL_BLEND, i);
            continue;
        }
        W3DI_GL(self)->Enablei(W3DI_GL_BLEND, i);
        W3DI_GL(self)->BlendFuncSeparatei(i, w3di_gl_factor(color & 255),
                                          w3di_gl_factor(color >> 8 & 255),
                                          w3di_gl_factor(alpha & 255),
                                          w3di_gl_factor(alpha >> 8 & 255));
        W3DI_GL(self)->BlendEquationSeparatei(i, w3di_gl_blend_op(color >> 16),
                                              w3di_gl_blend_op(alpha >> 16));
    }
}

/* What depends on the reference too. */
static inline void w3di_gl_stencil_functions(w3di_gl_device *self, const uint32_t *words)
{
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t compare = words[11 + i] & 255, read = words[13] & 255,
                 key = self->stencil_ref | read << 8 | compare << 16;
        if (self->now.stencil_ref[i] == key) continue;
        self->now.stencil_ref[i] = key;
        W3DI_GL(self)->StencilFuncSeparate(i ? W3DI_GL_BACK : W3DI_GL_FRONT,
                                           w3di_gl_compare(compare), (int32_t)self->stencil_ref,
                                           read);
    }
}

static inline void w3di_gl_stencil(w3di_gl_device *self, const uint32_t *words)
{
    int on = 0;
    for (uint32_t i = 0; i < 2; i++) on |= words[11 + i] != W3D_GPU_ALWAYS;
    on = on && w3di_gpu_format_of(words[6])->stencil;
    w3di_gl_switch(self, W3DI_GL_CAP_STENCIL, on);
    if (!on) return;
    w3di_gl_stencil_functions(self, words);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t ops = words[11 + i] >> 8, write = words[13] >> 8 & 255,
                 face = i ? W3DI_GL_BACK : W3DI_GL_FRONT;
        if (self->now.stencil[i] != ops) {
            self->now.stencil[i] = ops;
            W3DI_GL(self)->StencilOpSeparate(face, w3di_gl_stencil_op(ops),
                                             w3di_gl_stencil_op(ops >> 8),
                                             w3di_gl_stencil_op(ops >> 16));
        }
        if (self->now.stencil_masks[i] != write) {
            self->now.stencil_masks[i] = write;
            W3DI_GL(self)->StencilMaskSeparate(face, write);
        }
    }
}

static inline void w3di_gl_pipeline_apply(w3di_gl_device *self, const w3di_gl_pipeline *p,
                                          const w3di_gl_shader *s)
{
    const uint32_t *w = p->words;
    uint32_t cull = w[4] >> 8 & 255, clockwise = (w[4] >> 16 & 1) ^ !self->on_surface,
             compare = w[7] & 255, write = w[7] >> 8 & 1;
    if (self->now.pipeline == p->handle) return;
    self->now.pipeline = p->handle;
    w3di_gl_use(self, s->program);
    w3di_gl_switch(self, W3DI_GL_CAP_CULL, cull != W3D_GPU_CULL_NONE);
    if (cull && self->now.cull_face != cull) {
        self->now.cull_face = cull;
        W3DI_GL(self)->CullFace(cull == W3D_GPU_CULL_BACK ? W3DI_GL_BACK : W3DI_GL_FRONT);
    }
    if (self->now.front_face != clockwise) {
        self->now.front_face = clockwise;
        W3DI_GL(self)->FrontFace(clockwise ? W3DI_GL_CW : W3DI_GL_CCW);
    }
    int depth = w[6] && (compare != W3D_GPU_ALWAYS || write);
    w3di_gl_switch(self, W3DI_GL_CAP_DEPTH, depth);
    if (depth) {
        w3di_gl_depth_mask(self, write);
        if (self->now.depth_func != compare) {
            self->now.depth_func = compare;
            W3DI_GL(self)->DepthFunc(w3di_gl_compare(compare));
        }
    }
    w3di_gl_stencil(self, w);
    int biased = w[8] || w[9];
    w3di_gl_switch(self, W3DI_GL_CAP_OFFSET, biased);
    if (biased && !w3d_equal(self->now.offset, w + 8, 12)) {
        float units = (float)(int32_t)w[8], slope = w3d_f32_from_bits(w[9]);
        w3d_copy(self->now.offset, w + 8, 12);
        if (self->has_offset_clamp)
            W3DI_GL(self)->PolygonOffsetClamp(slope, units, w3d_f32_from_bits(w[10]));
        else
            W3DI_GL(self)->PolygonOffset(slope, units);
    }
    w3di_gl_switch(self, W3DI_GL_CAP_COVERAGE, (int)(w[5] >> 16 & 1));
    if (w[5] & 255) {
        if (w3di_gl_blends_alike(w))
            w3di_gl_blend_all(self, w + 14);
        else
            w3di_gl_blend_each(self, w + 14, w[5] & 255);
    }
}

/* ---- beginning and ending ---- */

static inline void w3di_gl_clear(w3di_gl_device *self)
{
    for (uint32_t i = 0; i < self->pass_colors; i++) {
        const uint32_t *c = self->targets + 9 * i;
        const w3di_gl_texture *t =
            (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, c[0]);
        float values[4];
        if ((c[4] & 255) != W3D_GPU_LOAD_CLEAR) continue;
        w3d_copy(values, c + 5, 16);
        if (t && w3di_gpu_format_of(t->format)->integer)
            W3DI_GL(self)->ClearBufferuiv(W3DI_GL_COLOR, (int32_t)i, c + 5);
        else
            W3DI_GL(self)->ClearBufferfv(W3DI_GL_COLOR, (int32_t)i, values);
    }
    const uint32_t *d = self->depth_target;
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, d[0]);
    uint32_t format = self->on_surface ? self->depth_format : t ? t->format : 0;
    float depth = w3d_f32_from_bits(d[3]);
    int32_t stencil = (int32_t)(d[4] & 255);
    int clears = format && (d[2] & 255) == W3D_GPU_LOAD_CLEAR,
        stencil_clears =
            w3di_gpu_format_of(format)->stencil && (d[2] >> 16 & 255) == W3D_GPU_LOAD_CLEAR;
    if (clears && stencil_clears)
        W3DI_GL(self)->ClearBufferfi(W3DI_GL_DEPTH_STENCIL, 0, depth, stencil);
    else if (clears)
        W3DI_GL(self)->ClearBufferfv(W3DI_GL_DEPTH, 0, &depth);
    else if (stencil_clears)
        W3DI_GL(self)->ClearBufferiv(W3DI_GL_STENCIL, 0, &stencil);
}

/* The framebuffer of the pass, or skip is set. */
static inline void w3di_gl_pass_target(w3di_gl_device *self)
{
    uint32_t targets[2 * (W3D_GPU_MAX_COLORS + 1)], srgb = 0;
    w3d_fill(targets, 0, sizeof targets);
    self->pass_framebuffer = w3di_gl_surface_drawn(self);
    for (uint32_t i = 0; i < self->pass_colors && !self->on_surface; i++) {
        const w3di_gl_texture *t =
            (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, self->targets[9 * i]);
        w3d_copy(targets + 2 * i, self->targets + 9 * i, 8);
        srgb |= t ? w3di_gl_format_of(t->format)->srgb : 0u;
        if (!t) self->skip = 1;
    }
    if (!self->on_surface) {
        w3d_copy(targets + 2 * W3D_GPU_MAX_COLORS, self->depth_target, 8);
        self->pass_framebuffer = self->skip ? 0 : w3di_gl_framebuffer_of(self, targets);
        if (!self->pass_framebuffer) {
            w3di_gl_refuse(self, W3D_GPU_KIND_NONE, 0,
                           "this device does not draw to these targets together");
            self->skip = 1;
        }
    }
    w3di_gl_switch(self, W3DI_GL_CAP_SRGB, (int)srgb);
}

static inline void w3di_gl_pass_begin(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                      const uint32_t *w)
{
    self->in_pass = 1;
    self->skip = 0;
    self->pass_colors = w[1];
    self->on_surface = w[2] & 1;
    self->pass_width = w[3];
    self->pass_height = w[4];
    self->stencil_ref = 0;
    w3d_copy(self->depth_target, w + 11, sizeof self->depth_target);
    w3d_copy(self->targets, w + 16, 36 * (size_t)w[1]);
    w3d_fill(self->instance_buffers, 0, sizeof self->instance_buffers);
    self->now.pipeline = self->now.group = self->now.shader = W3DI_GL_UNKNOWN;
    w3di_gl_pass_target(self);
    w3di_gl_constants(self, w[7]);
    if (self->has_labels && w[10])
        W3DI_GL(self)->PushDebugGroup(W3DI_GL_DEBUG_SOURCE_APPLICATION, 0, (int32_t)w[10],
                                      (const char *)stream->blobs + w[9]);
    self->in_pass += self->has_labels && w[10];
    if (self->skip) return;
    w3di_gl_draw_into(self, self->pass_framebuffer);
    w3di_gl_open_masks(self);
    self->timed = 0;
    if (w[8] && self->caps.timestamps) {
        void *pending = self->pending;
        if (w3di_gl_room(self, &pending, &self->pending_room, (uint64_t)self->pending_count + 1,
                         sizeof *self->pending)) {
            self->pending = (w3di_gl_pending *)pending;
            w3di_gl_pending *p = &self->pending[self->pending_count++];
            w3d_fill(p, 0, sizeof *p);
            p->kind = W3D_GPU_EVENT_TIME;
            p->handle = w[8];
            W3DI_GL(self)->GenQueries(1, &p->name);
            W3DI_GL(self)->BeginQuery(W3DI_GL_TIME_ELAPSED, p->name);
            self->timed = 1;
        }
    }
    w3di_gl_clear(self);
    float whole[4] = { 0, 0, (float)w[3], (float)w[4] };
    w3di_gl_viewport(self, whole, 0, 1);
    W3DI_GL(self)->BlendColor(0, 0, 0, 0);
}

/* Tells the driver what need not be kept. */
static inline void w3di_gl_discard(w3di_gl_device *self)
{
    uint32_t which[W3D_GPU_MAX_COLORS + 2], count = 0;
    int named = self->on_surface && !self->pass_framebuffer; /* the default framebuffer's names */
    if (!self->has_invalidate) return;
    for (uint32_t i = 0; i < self->pass_colors; i++)
        if ((self->targets[9 * i + 4] >> 8 & 255) == W3D_GPU_STORE_DISCARD)
            which[count++] =
                named ? (uint32_t)W3DI_GL_COLOR : (uint32_t)W3DI_GL_COLOR_ATTACHMENT0 + i;
    const uint32_t *d = self->depth_target;
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, d[0]);
    uint32_t format = self->on_surface ? self->depth_format : t ? t->format : 0;
    if (format && (d[2] >> 8 & 255) == W3D_GPU_STORE_DISCARD)
        which[count++] = named ? W3DI_GL_DEPTH : W3DI_GL_DEPTH_ATTACHMENT;
    if (w3di_gpu_format_of(format)->stencil && d[2] >> 24 == W3D_GPU_STORE_DISCARD)
        which[count++] = named ? W3DI_GL_STENCIL : W3DI_GL_STENCIL_ATTACHMENT;
    if (!count) return;
    w3di_gl_draw_into(self, self->pass_framebuffer);
    W3DI_GL(self)->InvalidateFramebuffer(W3DI_GL_DRAW_FRAMEBUFFER, (int32_t)count, which);
}

static inline void w3di_gl_pass_end(w3di_gl_device *self)
{
    int labelled = self->in_pass > 1;
    self->in_pass = 0;
    for (uint32_t i = 0; i < self->pass_colors && !self->skip; i++) {
        const uint32_t *c = self->targets + 9 * i;
        const w3di_gl_texture *from =
                                  (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE,
                                                                        c[0]),
                              *to =
                                  (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE,
                                                                        c[2]);
        if (self->on_surface && self->samples > 1)
            w3di_gl_blit(self, self->own_framebuffers[0], self->own_framebuffers[1], self->width,
                         self->height);
        if (!from || !to) continue;
        uint32_t source = w3di_gl_framebuffer_one(self, from, c[1] & 0xFFFF, c[1] >> 16),
                 target = w3di_gl_framebuffer_one(self, to, c[3] & 0xFFFF, c[3] >> 16);
        if (source && target)
            w3di_gl_blit(self, source, target, self->pass_width, self->pass_height);
    }
    if (!self->skip) w3di_gl_discard(self);
    if (self->timed) W3DI_GL(self)->EndQuery(W3DI_GL_TIME_ELAPSED);
    self->timed = 0;
    if (labelled) W3DI_GL(self)->PopDebugGroup();
    self->pass_colors = 0;
}

#endif /* W3D_GPU_GL_PASS_H */
