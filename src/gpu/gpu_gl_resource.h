/* gpu_gl_resource.h - buffers, textures, samplers, framebuffers and the object table on GL;
 * private to gpu_gl.c. */
#ifndef W3D_GPU_GL_RESOURCE_H
#define W3D_GPU_GL_RESOURCE_H

#include "core/bits.h"
#include "gpu/gpu_gl_save.h"

static inline void w3di_gl_label(w3di_gl_device *self, uint32_t kind, uint32_t name,
                                 const w3d_gpu_stream *stream, const uint32_t *blob)
{
    if (self->has_labels && blob[1])
        W3DI_GL(self)->ObjectLabel(kind, name, (int32_t)blob[1],
                                   (const char *)stream->blobs + blob[0]);
}

/* ---- buffers: all are changed at the copy target, which no vertex array remembers ---- */

static inline void w3di_gl_buffer_zero(w3di_gl_device *self, uint32_t from, uint32_t size)
{
    for (uint32_t at = from; at < size; at += W3DI_GL_ZEROS)
        W3DI_GL(self)->BufferSubData(
            W3DI_GL_COPY_WRITE_BUFFER, (ptrdiff_t)at,
            (ptrdiff_t)(size - at < (uint32_t)W3DI_GL_ZEROS ? size - at : (uint32_t)W3DI_GL_ZEROS),
            self->zeros);
}

/* `w` may be followed by the writing of all of it. */
static inline w3d_result w3di_gl_buffer_create(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                               const uint32_t *w, uint32_t left)
{
    w3di_gl_buffer *b = (w3di_gl_buffer *)w3di_gl_make(self, W3D_GPU_KIND_BUFFER, w[1]);
    const uint32_t *next = w + (w[0] >> 8);
    if (!b) return W3D_ERR_OUT_OF_MEMORY;
    b->size = (w[2] + 15) & ~15u; /* a uniform block's size is a multiple of 16 */
    b->use = w[3];
    W3DI_GL(self)->GenBuffers(1, &b->name);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, b->name);
    W3DI_GL(self)->BufferData(W3DI_GL_COPY_WRITE_BUFFER, (ptrdiff_t)b->size, NULL,
                              W3DI_GL_STATIC_DRAW);
    if (b->size > 1u << 24 && W3DI_GL(self)->GetError() == W3DI_GL_OUT_OF_MEMORY) {
        w3di_gl_refuse(self, W3D_GPU_KIND_BUFFER, w[1], "no memory for this buffer");
        return W3D_OK;
    }
    int written = left > (w[0] >> 8) && (next[0] & 255) == W3D_GPU_OP_BUFFER_WRITE &&
                  next[1] == w[1] && !next[2] && next[4] == w[2];
    w3di_gl_buffer_zero(self, written ? w[2] : 0, b->size);
    w3di_gl_label(self, W3DI_GL_BUFFER, b->name, stream, w + 4);
    return W3D_OK;
}

static inline void w3di_gl_buffer_write(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                        const uint32_t *w)
{
    const w3di_gl_buffer *b = (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, w[1]);
    if (!b) return;
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, b->name);
    W3DI_GL(self)->BufferSubData(W3DI_GL_COPY_WRITE_BUFFER, (ptrdiff_t)w[2], (ptrdiff_t)w[4],
                                 stream->blobs + w[3]);
}

static inline void w3di_gl_buffer_copy(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_buffer *to =
                             (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, w[1]),
                         *from =
                             (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, w[3]);
    if (!to || !from) return;
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_READ_BUFFER, from->name);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, to->name);
    W3DI_GL(self)->CopyBufferSubData(W3DI_GL_COPY_READ_BUFFER, W3DI_GL_COPY_WRITE_BUFFER,
                                     (ptrdiff_t)w[4], (ptrdiff_t)w[2], (ptrdiff_t)w[5]);
}

/* ---- framebuffers: kept by what is attached ---- */

static inline void w3di_gl_attach(w3di_gl_device *self, uint32_t point, const w3di_gl_texture *t,
                                  uint32_t place)
{
    int32_t mip = (int32_t)(place & 0xFFFF), layer = (int32_t)(place >> 16);
    if (t->samples > 1)
        W3DI_GL(self)->FramebufferRenderbuffer(W3DI_GL_DRAW_FRAMEBUFFER, point,
                                               W3DI_GL_RENDERBUFFER, t->name);
    else if (t->kind == W3D_GPU_2D)
        W3DI_GL(self)->FramebufferTexture2D(W3DI_GL_DRAW_FRAMEBUFFER, point, W3DI_GL_TEXTURE_2D,
                                            t->name, mip);
    else if (t->kind == W3D_GPU_CUBE)
        W3DI_GL(self)->FramebufferTexture2D(W3DI_GL_DRAW_FRAMEBUFFER, point,
                                            (uint32_t)W3DI_GL_CUBE_POSITIVE_X + (uint32_t)layer,
                                            t->name, mip);
    else
        W3DI_GL(self)->FramebufferTextureLayer(W3DI_GL_DRAW_FRAMEBUFFER, point, t->name, mip,
                                               layer);
}

/* The framebuffer of these targets, pairs of texture and mip | layer << 16, the depth's last; 0
 * where the device takes no such combination. */
static inline uint32_t w3di_gl_framebuffer_of(w3di_gl_device *self,
                                              const uint32_t targets[2 * (W3D_GPU_MAX_COLORS + 1)])
{
    uint32_t buffers[W3D_GPU_MAX_COLORS] = { 0, 0, 0, 0 }, colors = 0;
    void *framebuffers = self->framebuffers;
    for (uint32_t i = self->framebuffer_count; i-- > 0;)
        if (w3d_equal(self->framebuffers[i].targets, targets, sizeof self->framebuffers[i].targets))
            return self->framebuffers[i].complete ? self->framebuffers[i].name : 0;
    if (self->framebuffer_count == W3DI_GL_MOST_FRAMEBUFFERS) {
        for (uint32_t i = 0; i < self->framebuffer_count; i++)
            W3DI_GL(self)->DeleteFramebuffers(1, &self->framebuffers[i].name);
        self->framebuffer_count = 0;
        self->now.draw_framebuffer = self->now.read_framebuffer = W3DI_GL_UNKNOWN;
    }
    if (!w3di_gl_room(self, &framebuffers, &self->framebuffer_room,
                      (uint64_t)self->framebuffer_count + 1, sizeof *self->framebuffers))
        return 0;
    self->framebuffers = (w3di_gl_framebuffer *)framebuffers;
    w3di_gl_framebuffer *f = &self->framebuffers[self->framebuffer_count++];
    w3d_copy(f->targets, targets, sizeof f->targets);
    W3DI_GL(self)->GenFramebuffers(1, &f->name);
    w3di_gl_draw_into(self, f->name);
    for (uint32_t i = 0; i <= W3D_GPU_MAX_COLORS; i++) {
        const w3di_gl_texture *t =
            (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, targets[2 * i]);
        if (!t) continue;
        if (i < W3D_GPU_MAX_COLORS) {
            buffers[i] = (uint32_t)W3DI_GL_COLOR_ATTACHMENT0 + i;
            colors = i + 1;
            w3di_gl_attach(self, buffers[i], t, targets[2 * i + 1]);
        } else {
            w3di_gl_attach(self,
                           w3di_gpu_format_of(t->format)->stencil ? W3DI_GL_DEPTH_STENCIL_ATTACHMENT
                                                                  : W3DI_GL_DEPTH_ATTACHMENT,
                           t, targets[2 * i + 1]);
        }
    }
    W3DI_GL(self)->DrawBuffers((int32_t)(colors ? colors : 1), buffers);
    if (!colors) {
        w3di_gl_read_from(self, f->name);
        W3DI_GL(self)->ReadBuffer(W3DI_GL_NONE);
    }
    f->complete = W3DI_GL(self)->CheckFramebufferStatus(W3DI_GL_DRAW_FRAMEBUFFER) ==
                  (uint32_t)W3DI_GL_COMPLETE;
    return f->complete ? f->name : 0;
}

/* The framebuffer of one level and layer of a texture, whatever its format. */
static inline uint32_t w3di_gl_framebuffer_one(w3di_gl_device *self, const w3di_gl_texture *t,
                                               uint32_t mip, uint32_t layer)
{
    uint32_t targets[2 * (W3D_GPU_MAX_COLORS + 1)];
    w3d_fill(targets, 0, sizeof targets);
    uint32_t at = w3di_gpu_format_of(t->format)->depth ? 2u * W3D_GPU_MAX_COLORS : 0;
    targets[at] = t->handle;
    targets[at + 1] = mip | layer << 16;
    return w3di_gl_framebuffer_of(self, targets);
}

static inline void w3di_gl_framebuffers_forget(w3di_gl_device *self, uint32_t texture)
{
    for (uint32_t i = self->framebuffer_count; i-- > 0;) {
        w3di_gl_framebuffer *f = &self->framebuffers[i];
        int used = 0;
        for (uint32_t k = 0; k <= W3D_GPU_MAX_COLORS; k++) used |= f->targets[2 * k] == texture;
        if (!used) continue;
        if (self->now.draw_framebuffer == f->name) self->now.draw_framebuffer = W3DI_GL_UNKNOWN;
        if (self->now.read_framebuffer == f->name) self->now.read_framebuffer = W3DI_GL_UNKNOWN;
        W3DI_GL(self)->DeleteFramebuffers(1, &f->name);
        *f = self->framebuffers[--self->framebuffer_count];
    }
}

/* ---- textures ---- */

/* A box of a texture from bytes in rows without gaps. */
static inline void w3di_gl_texture_put(w3di_gl_device *self, const w3di_gl_texture *t,
                                       const uint32_t box[7], const void *bytes, uint32_t size)
{
    const w3di_gl_format *f = w3di_gl_format_of(t->format);
    int32_t mip = (int32_t)box[0], x = (int32_t)box[1], y = (int32_t)box[2], z = (int32_t)box[3],
            w = (int32_t)box[4], h = (int32_t)box[5], d = (int32_t)box[6];
    uint32_t target = w3di_gl_target(t->kind);
    const uint8_t *from = (const uint8_t *)bytes;
    w3di_gl_texture_edit(self, t->kind, t->name);
    if (t->kind == W3D_GPU_2D || t->kind == W3D_GPU_CUBE) {
        uint32_t layer = size / (uint32_t)d;
        for (int32_t i = 0; i < d; i++, from += layer) {
            uint32_t face =
                t->kind == W3D_GPU_2D ? target : (uint32_t)(W3DI_GL_CUBE_POSITIVE_X + z + i);
            if (f->format)
                W3DI_GL(self)->TexSubImage2D(face, mip, x, y, w, h, f->format, f->type, from);
            else
                W3DI_GL(self)->CompressedTexSubImage2D(face, mip, x, y, w, h, f->internal,
                                                       (int32_t)layer, from);
        }
    } else if (f->format) {
        W3DI_GL(self)->TexSubImage3D(target, mip, x, y, z, w, h, d, f->format, f->type, from);
    } else {
        W3DI_GL(self)->CompressedTexSubImage3D(target, mip, x, y, z, w, h, d, f->internal,
                                               (int32_t)size, from);
    }
}

static inline uint32_t w3di_gl_level_depth(const w3di_gl_texture *t, uint32_t mip)
{
    return t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, mip) : t->depth;
}

/* Makes a level zero: a target's by clearing it, others by writing rows of zeros. */
static inline void w3di_gl_texture_zero(w3di_gl_device *self, const w3di_gl_texture *t,
                                        uint32_t mip, uint32_t use)
{
    static const float none[4] = { 0, 0, 0, 0 };
    static const uint32_t none_bits[4] = { 0, 0, 0, 0 };
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    uint32_t depth = w3di_gl_level_depth(t, mip), width = w3di_gpu_mip_side(t->width, mip),
             height = w3di_gpu_mip_side(t->height, mip);
    if (use & W3D_GPU_USE_TARGET) {
        w3di_gl_open_masks(self);
        for (uint32_t layer = 0; layer < depth; layer++) {
            uint32_t name = w3di_gl_framebuffer_one(self, t, mip, layer);
            if (!name) return;
            w3di_gl_draw_into(self, name);
            if (f->stencil)
                W3DI_GL(self)->ClearBufferfi(W3DI_GL_DEPTH_STENCIL, 0, 0, 0);
            else if (f->depth)
                W3DI_GL(self)->ClearBufferfv(W3DI_GL_DEPTH, 0, none);
            else if (f->integer)
                W3DI_GL(self)->ClearBufferuiv(W3DI_GL_COLOR, 0, none_bits);
            else
                W3DI_GL(self)->ClearBufferfv(W3DI_GL_COLOR, 0, none);
            if (mip || layer)
                w3di_gl_framebuffers_forget(self, t->handle); /* seldom wanted again */
        }
        return;
    }
    uint32_t row = (uint32_t)w3di_gpu_region_size(t->format, width, 1, 1),
             rows = W3DI_GL_ZEROS / row * f->block; /* a row of the widest texture fits once */
    for (uint32_t z = 0; z < depth; z++)
        for (uint32_t y = 0; y < height; y += rows) {
            uint32_t h = height - y < rows ? height - y : rows;
            uint32_t box[7] = { mip, 0, y, z, width, h, 1 };
            w3di_gl_texture_put(self, t, box, self->zeros,
                                (uint32_t)w3di_gpu_region_size(t->format, width, h, 1));
        }
}

static inline void w3di_gl_texture_storage(w3di_gl_device *self, const w3di_gl_texture *t)
{
    const w3di_gl_format *f = w3di_gl_format_of(t->format);
    uint32_t target = w3di_gl_target(t->kind);
    int flat = t->kind == W3D_GPU_2D || t->kind == W3D_GPU_CUBE;
    w3di_gl_texture_edit(self, t->kind, t->name);
    W3DI_GL(self)->TexParameteri(target, W3DI_GL_TEXTURE_BASE_LEVEL, 0);
    W3DI_GL(self)->TexParameteri(target, W3DI_GL_TEXTURE_MAX_LEVEL, (int32_t)t->mips - 1);
    W3DI_GL(self)->TexParameteri(target, W3DI_GL_TEXTURE_MIN_FILTER,
                                 W3DI_GL_NEAREST_MIPMAP_NEAREST);
    W3DI_GL(self)->TexParameteri(target, W3DI_GL_TEXTURE_MAG_FILTER, W3DI_GL_NEAREST);
    if (self->has_storage && flat) {
        W3DI_GL(self)->TexStorage2D(target, (int32_t)t->mips, f->internal, (int32_t)t->width,
                                    (int32_t)t->height);
        return;
    }
    if (self->has_storage) {
        W3DI_GL(self)->TexStorage3D(target, (int32_t)t->mips, f->internal, (int32_t)t->width,
                                    (int32_t)t->height, (int32_t)t->depth);
        return;
    }
    for (uint32_t mip = 0; mip < t->mips; mip++) {
        int32_t w = (int32_t)w3di_gpu_mip_side(t->width, mip),
                h = (int32_t)w3di_gpu_mip_side(t->height, mip),
                d = (int32_t)w3di_gl_level_depth(t, mip), level = (int32_t)mip;
        int32_t size = (int32_t)w3di_gpu_region_size(t->format, (uint32_t)w, (uint32_t)h,
                                                     flat ? 1u : (uint32_t)d);
        for (uint32_t face = 0; face < (flat ? t->depth : 1); face++) {
            uint32_t to =
                t->kind == W3D_GPU_CUBE ? (uint32_t)W3DI_GL_CUBE_POSITIVE_X + face : target;
            if (flat && f->format)
                W3DI_GL(self)->TexImage2D(to, level, f->internal, w, h, 0, f->format, f->type,
                                          NULL);
            else if (flat)
                W3DI_GL(self)->CompressedTexImage2D(to, level, f->internal, w, h, 0, size, NULL);
            else if (f->format)
                W3DI_GL(self)->TexImage3D(to, level, f->internal, w, h, d, 0, f->format, f->type,
                                          NULL);
            else
                W3DI_GL(self)->CompressedTexImage3D(to, level, f->internal, w, h, d, 0, size, NULL);
        }
    }
}

static inline w3d_result w3di_gl_texture_create(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                                const uint32_t *w, uint32_t left)
{
    w3di_gl_texture *t = (w3di_gl_texture *)w3di_gl_make(self, W3D_GPU_KIND_TEXTURE, w[1]);
    if (!t) return W3D_ERR_OUT_OF_MEMORY;
    t->kind = w[2];
    t->format = w[3];
    t->width = w[4];
    t->height = w[5];
    t->depth = w[6];
    t->mips = w[7];
    t->samples = w[8];
    const w3di_gl_format *f = w3di_gl_format_of(t->format);
    uint64_t size = w3di_gpu_region_size(t->format, t->width, t->height, t->depth);
    if (t->samples > 1) {
        W3DI_GL(self)->GenRenderbuffers(1, &t->name);
        W3DI_GL(self)->BindRenderbuffer(W3DI_GL_RENDERBUFFER, t->name);
        W3DI_GL(self)->RenderbufferStorageMultisample(W3DI_GL_RENDERBUFFER, (int32_t)t->samples,
                                                      f->internal, (int32_t)t->width,
                                                      (int32_t)t->height);
    } else {
        W3DI_GL(self)->GenTextures(1, &t->name);
        w3di_gl_texture_storage(self, t);
    }
    w3di_gl_label(self, t->samples > 1 ? W3DI_GL_RENDERBUFFER : W3DI_GL_TEXTURE, t->name, stream,
                  w + 10);
    if (size > 1u << 24 && W3DI_GL(self)->GetError() == W3DI_GL_OUT_OF_MEMORY) {
        w3di_gl_refuse(self, W3D_GPU_KIND_TEXTURE, w[1], "no memory for this texture");
        return W3D_OK;
    }
    /* What is written at once need not be zero before. */
    const uint32_t *next = w + (w[0] >> 8), *end = w + left;
    uint32_t first = 0;
    if (next < end && (next[0] & 255) == W3D_GPU_OP_TEXTURE_WRITE && next[1] == w[1] && !next[2] &&
        next[6] == t->width && next[7] == t->height && next[8] == t->depth) {
        first = 1;
        next += next[0] >> 8;
        if (next < end && (next[0] & 255) == W3D_GPU_OP_TEXTURE_MIPS && next[1] == w[1])
            first = t->mips;
    }
    for (uint32_t mip = first; mip < t->mips; mip++) w3di_gl_texture_zero(self, t, mip, w[9]);
    return W3D_OK;
}

static inline void w3di_gl_texture_write(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                         const uint32_t *w)
{
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, w[1]);
    if (t && t->samples == 1) w3di_gl_texture_put(self, t, w + 2, stream->blobs + w[9], w[10]);
}

static inline void w3di_gl_texture_mips(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_texture *t =
        (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE, w[1]);
    if (!t || t->samples > 1 || t->mips < 2) return;
    if (self->es && w3di_gpu_format_of(t->format)->is_float &&
        !(t->format == W3D_GPU_RGBA16F ? self->caps.half_targets
                                       : self->caps.float_targets && self->caps.float_filter)) {
        w3di_gl_refuse(self, W3D_GPU_KIND_TEXTURE, w[1],
                       "this device makes no mips of float textures: see the caps");
        return;
    }
    w3di_gl_texture_edit(self, t->kind, t->name);
    if (!self->es) w3di_gl_switch(self, W3DI_GL_CAP_SRGB, 1);
    W3DI_GL(self)->GenerateMipmap(w3di_gl_target(t->kind));
}

static inline void w3di_gl_texture_copy(w3di_gl_device *self, const uint32_t *w)
{
    const w3di_gl_texture *to = (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE,
                                                                      w[1]),
                          *from = (const w3di_gl_texture *)w3di_gl_find(self, W3D_GPU_KIND_TEXTURE,
                                                                        w[6]);
    if (!to || !from) return;
    int32_t width = (int32_t)w[11], height = (int32_t)w[12];
    if (self->has_copy_image) {
        W3DI_GL(self)->CopyImageSubData(from->name, w3di_gl_target(from->kind), (int32_t)w[7],
                                        (int32_t)w[8], (int32_t)w[9], (int32_t)w[10], to->name,
                                        w3di_gl_target(to->kind), (int32_t)w[2], (int32_t)w[3],
                                        (int32_t)w[4], (int32_t)w[5], width, height,
                                        (int32_t)w[13]);
        return;
    }
    if (!self->es) w3di_gl_switch(self, W3DI_GL_CAP_SRGB, 0);
    for (uint32_t z = 0; z < w[13]; z++) {
        uint32_t name = w3di_gl_framebuffer_one(self, from, w[7], w[10] + z);
        if (!name) {
            w3di_gl_refuse(self, W3D_GPU_KIND_TEXTURE, w[6], "this device cannot copy this format");
            return;
        }
        w3di_gl_read_from(self, name);
        w3di_gl_texture_edit(self, to->kind, to->name);
        if (to->kind == W3D_GPU_2D || to->kind == W3D_GPU_CUBE)
            W3DI_GL(self)->CopyTexSubImage2D(to->kind == W3D_GPU_2D
                                                 ? (uint32_t)W3DI_GL_TEXTURE_2D
                                                 : (uint32_t)W3DI_GL_CUBE_POSITIVE_X + w[5] + z,
                                             (int32_t)w[2], (int32_t)w[3], (int32_t)w[4],
                                             (int32_t)w[8], (int32_t)w[9], width, height);
        else
            W3DI_GL(self)->CopyTexSubImage3D(w3di_gl_target(to->kind), (int32_t)w[2], (int32_t)w[3],
                                             (int32_t)w[4], (int32_t)(w[5] + z), (int32_t)w[8],
                                             (int32_t)w[9], width, height);
    }
}

/* ---- samplers ---- */

static inline uint32_t w3di_gl_sampler_name(w3di_gl_device *self, const uint32_t *w, int plain)
{
    static const uint16_t wraps[4] = { W3DI_GL_REPEAT, W3DI_GL_CLAMP_TO_EDGE,
                                       W3DI_GL_MIRRORED_REPEAT, W3DI_GL_REPEAT };
    uint32_t name = 0, mag = plain ? 1 : w[2] & 255, min = plain ? 1 : w[2] >> 8 & 255,
             mip = plain ? 1 : w[2] >> 16 & 255;
    W3DI_GL(self)->GenSamplers(1, &name);
    /* NEAREST_MIPMAP_NEAREST 2700, LINEAR_MIPMAP_NEAREST 2701, .._LINEAR 2702, 2703 */
    W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_MAG_FILTER,
                                     mag ? W3DI_GL_NEAREST : W3DI_GL_LINEAR);
    W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_MIN_FILTER,
                                     W3DI_GL_NEAREST_MIPMAP_NEAREST + (min ? 0 : 1) +
                                         (mip ? 0 : 2));
    W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_WRAP_S, wraps[w[3] & 3]);
    W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_WRAP_T, wraps[w[3] >> 8 & 3]);
    W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_WRAP_R, wraps[w[3] >> 16 & 3]);
    W3DI_GL(self)->SamplerParameterf(name, W3DI_GL_TEXTURE_MIN_LOD, w3d_f32_from_bits(w[5]));
    W3DI_GL(self)->SamplerParameterf(name, W3DI_GL_TEXTURE_MAX_LOD, w3d_f32_from_bits(w[6]));
    if (w[4]) {
        W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_COMPARE_MODE,
                                         W3DI_GL_COMPARE_REF_TO_TEXTURE);
        W3DI_GL(self)->SamplerParameteri(name, W3DI_GL_TEXTURE_COMPARE_FUNC,
                                         (int32_t)w3di_gl_compare(w[4]));
    }
    if (w[7] > 1 && self->caps.anisotropy && !plain)
        W3DI_GL(self)->SamplerParameterf(name, W3DI_GL_TEXTURE_MAX_ANISOTROPY, (float)w[7]);
    return name;
}

static inline w3d_result w3di_gl_sampler_create(w3di_gl_device *self, const uint32_t *w)
{
    w3di_gl_sampler *s = (w3di_gl_sampler *)w3di_gl_make(self, W3D_GPU_KIND_SAMPLER, w[1]);
    if (!s) return W3D_ERR_OUT_OF_MEMORY;
    s->name = w3di_gl_sampler_name(self, w, 0);
    s->compares = w[4] != 0;
    s->linear = (w[2] & 0x010101) != 0x010101;
    w3d_copy(s->words, w, sizeof s->words);
    return W3D_OK;
}

/* ---- the object table: texels of 16 bytes in rows of 1024 ---- */

static inline void w3di_gl_table_put(w3di_gl_device *self, uint32_t texel, uint32_t count,
                                     const uint8_t *bytes)
{
    while (count) {
        uint32_t x = texel & 1023, width = 1024 - x, rows = 1;
        if (width > count) width = count;
        if (!x && count >= 1024) rows = count / 1024;
        W3DI_GL(self)->TexSubImage2D(W3DI_GL_TEXTURE_2D, 0, (int32_t)x, (int32_t)(texel >> 10),
                                     (int32_t)width, (int32_t)rows, W3DI_GL_RGBA_INTEGER,
                                     W3DI_GL_UNSIGNED_INT, bytes);
        bytes += (size_t)width * rows * 16;
        texel += width * rows;
        count -= width * rows;
    }
}

static inline uint32_t w3di_gl_table_new(w3di_gl_device *self, uint32_t internal, uint32_t format,
                                         uint32_t height)
{
    uint32_t name = 0;
    W3DI_GL(self)->GenTextures(1, &name);
    w3di_gl_texture_edit(self, W3D_GPU_2D, name);
    W3DI_GL(self)->TexImage2D(W3DI_GL_TEXTURE_2D, 0, (int32_t)internal, W3D_GPU_OBJECTS_WIDTH,
                              (int32_t)height, 0, format, W3DI_GL_UNSIGNED_INT, NULL);
    W3DI_GL(self)->TexParameteri(W3DI_GL_TEXTURE_2D, W3DI_GL_TEXTURE_MAX_LEVEL, 0);
    W3DI_GL(self)->TexParameteri(W3DI_GL_TEXTURE_2D, W3DI_GL_TEXTURE_MIN_FILTER, W3DI_GL_NEAREST);
    W3DI_GL(self)->TexParameteri(W3DI_GL_TEXTURE_2D, W3DI_GL_TEXTURE_MAG_FILTER, W3DI_GL_NEAREST);
    return name;
}

static inline void w3di_gl_texture_delete(w3di_gl_device *self, uint32_t name)
{
    for (uint32_t unit = 0; unit < W3DI_GL_UNITS; unit++)
        for (uint32_t kind = 0; kind < 4; kind++)
            if (self->now.textures[unit][kind] == name)
                self->now.textures[unit][kind] = W3DI_GL_UNKNOWN;
    W3DI_GL(self)->DeleteTextures(1, &name);
}

static inline void w3di_gl_objects_create(w3di_gl_device *self, const uint32_t *w)
{
    uint32_t texels = w[1] * (w[2] / 16), height = (texels + 1023) / 1024,
             kept = self->objects_rows * (self->objects_row_size / 16),
             before = (kept + 1023) / 1024, old = self->objects;
    if (self->objects_row_size != w[2]) kept = before = 0;
    if (height > self->caps.max_texture_side) {
        w3di_gl_refuse(self, W3D_GPU_KIND_NONE, 0, "the object table is more than a texture holds");
        return;
    }
    uint32_t name = w3di_gl_table_new(self, W3DI_GL_RGBA32UI, W3DI_GL_RGBA_INTEGER, height);
    if (kept && before <= height) { /* as the old one, through a framebuffer of its own */
        uint32_t framebuffer = 0;
        W3DI_GL(self)->GenFramebuffers(1, &framebuffer);
        w3di_gl_draw_into(self, framebuffer);
        W3DI_GL(self)->FramebufferTexture2D(W3DI_GL_DRAW_FRAMEBUFFER, W3DI_GL_COLOR_ATTACHMENT0,
                                            W3DI_GL_TEXTURE_2D, old, 0);
        w3di_gl_read_from(self, framebuffer);
        W3DI_GL(self)->CopyTexSubImage2D(W3DI_GL_TEXTURE_2D, 0, 0, 0, 0, 0, W3D_GPU_OBJECTS_WIDTH,
                                         (int32_t)before);
        W3DI_GL(self)->DeleteFramebuffers(1, &framebuffer);
        self->now.draw_framebuffer = self->now.read_framebuffer = W3DI_GL_UNKNOWN;
    } else {
        kept = 0;
    }
    for (uint32_t at = kept; at < height * 1024; at += W3DI_GL_ZEROS / 16) {
        uint32_t rest = height * 1024 - at;
        w3di_gl_table_put(self, at,
                          rest < (uint32_t)W3DI_GL_ZEROS / 16 ? rest : (uint32_t)W3DI_GL_ZEROS / 16,
                          self->zeros);
    }
    if (old) w3di_gl_texture_delete(self, old);
    self->objects = name;
    self->objects_rows = w[1];
    self->objects_row_size = w[2];
}

static inline void w3di_gl_objects_write(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                         const uint32_t *w)
{
    uint32_t per = self->objects_row_size / 16;
    if (!self->objects) return;
    w3di_gl_texture_edit(self, W3D_GPU_2D, self->objects);
    w3di_gl_table_put(self, w[1] * per, w[3] / 16, stream->blobs + w[2]);
}

#endif /* W3D_GPU_GL_RESOURCE_H */
