/* gpu_gl_save.h - the caller's GL state: kept at the beginning of a submit, put back at its end;
 * private to gpu_gl.c.
 *
 * Texture units and uniform blocks are kept when they are first bound, all else at once. */
#ifndef W3D_GPU_GL_SAVE_H
#define W3D_GPU_GL_SAVE_H

#include "gpu/gpu_gl_state.h"

enum { W3DI_GL_SAVED_CAPS = 18, W3DI_GL_SAVED_STORE = 14, W3DI_GL_SAVED_BUFFERS = 8 };

struct w3di_gl_saved_state {
    uint8_t units[W3DI_GL_UNITS], blocks[W3DI_GL_BLOCKS]; /* bits of what is kept */
    uint32_t textures[W3DI_GL_UNITS][5];                  /* of the four targets; the sampler */
    int64_t ranges[W3DI_GL_BLOCKS][3];
    uint8_t caps[W3DI_GL_SAVED_CAPS], blends[W3DI_GL_SAVED_BUFFERS];
    uint8_t color_masks[W3DI_GL_SAVED_BUFFERS][4], depth_mask;
    uint32_t store[W3DI_GL_SAVED_STORE];
    int32_t blend[W3DI_GL_SAVED_BUFFERS][6]; /* src, dst, alpha src, alpha dst, op, alpha op */
    float blend_color[4], depth_range[2], offset[3], point_size;
    int32_t viewport[4], scissor[4];
    uint32_t depth_func, cull_mode, front_face, stencil[14], polygon_mode[2], provoking,
        restart_index;
    uint32_t program, array, active, read_framebuffer, draw_framebuffer, renderbuffer;
    uint32_t array_buffer, uniform_buffer, copy_read, copy_write, pack, unpack, indirect;
};

/* Capabilities that matter to drawing; from the tenth on not in ES. */
static inline uint32_t w3di_gl_saved_cap(const w3di_gl_device *self, uint32_t i)
{
    static const uint16_t names[W3DI_GL_SAVED_CAPS] = { W3DI_GL_BLEND,
                                                        W3DI_GL_CULL_FACE,
                                                        W3DI_GL_DEPTH_TEST,
                                                        W3DI_GL_STENCIL_TEST,
                                                        W3DI_GL_SCISSOR_TEST,
                                                        W3DI_GL_POLYGON_OFFSET_FILL,
                                                        W3DI_GL_DITHER,
                                                        W3DI_GL_SAMPLE_ALPHA_TO_COVERAGE,
                                                        W3DI_GL_SAMPLE_COVERAGE,
                                                        W3DI_GL_RASTERIZER_DISCARD,
                                                        W3DI_GL_RESTART_FIXED,
                                                        W3DI_GL_FRAMEBUFFER_SRGB,
                                                        W3DI_GL_COLOR_LOGIC_OP,
                                                        W3DI_GL_MULTISAMPLE,
                                                        W3DI_GL_TEXTURE_CUBE_SEAMLESS,
                                                        W3DI_GL_PROGRAM_POINT_SIZE,
                                                        W3DI_GL_RESTART,
                                                        W3DI_GL_SAMPLE_MASK };
    if (self->es && i >= 11) return i == 17 && self->version >= 31 ? names[i] : 0;
    if (i == 10 && !self->has_restart_fixed) return 0;
    return names[i];
}

static inline uint32_t w3di_gl_saved_store(const w3di_gl_device *self, uint32_t i)
{
    static const uint16_t names[W3DI_GL_SAVED_STORE] = {
        W3DI_GL_UNPACK_ALIGNMENT,   W3DI_GL_UNPACK_ROW_LENGTH,   W3DI_GL_UNPACK_SKIP_ROWS,
        W3DI_GL_UNPACK_SKIP_PIXELS, W3DI_GL_UNPACK_IMAGE_HEIGHT, W3DI_GL_UNPACK_SKIP_IMAGES,
        W3DI_GL_PACK_ALIGNMENT,     W3DI_GL_PACK_ROW_LENGTH,     W3DI_GL_PACK_SKIP_ROWS,
        W3DI_GL_PACK_SKIP_PIXELS,   W3DI_GL_UNPACK_SWAP_BYTES,   W3DI_GL_PACK_SWAP_BYTES,
        W3DI_GL_PACK_IMAGE_HEIGHT,  W3DI_GL_PACK_SKIP_IMAGES
    };
    return self->es && i >= 10 ? 0 : names[i];
}

static inline void w3di_gl_save_unit(w3di_gl_device *self, uint32_t unit, uint32_t kind)
{
    static const uint16_t names[5] = { W3DI_GL_TEXTURE_BINDING_2D, W3DI_GL_TEXTURE_BINDING_ARRAY,
                                       W3DI_GL_TEXTURE_BINDING_CUBE, W3DI_GL_TEXTURE_BINDING_3D,
                                       W3DI_GL_SAMPLER_BINDING };
    w3di_gl_saved *saved = self->saved;
    if (saved->units[unit] >> kind & 1) return;
    saved->units[unit] = (uint8_t)(saved->units[unit] | 1u << kind);
    w3di_gl_activate(self, unit);
    saved->textures[unit][kind] = w3di_gl_get(self, names[kind]);
}

static inline void w3di_gl_save_block(w3di_gl_device *self, uint32_t block)
{
    w3di_gl_saved *saved = self->saved;
    int32_t name = 0;
    if (saved->blocks[block]) return;
    saved->blocks[block] = 1;
    W3DI_GL(self)->GetIntegeri_v(W3DI_GL_UNIFORM_BUFFER_BINDING, block, &name);
    saved->ranges[block][0] = name;
    W3DI_GL(self)->GetInteger64i_v(W3DI_GL_UNIFORM_START, block, &saved->ranges[block][1]);
    W3DI_GL(self)->GetInteger64i_v(W3DI_GL_UNIFORM_SIZE, block, &saved->ranges[block][2]);
}

static inline void w3di_gl_save_blend(w3di_gl_device *self, w3di_gl_saved *saved)
{
    static const uint16_t names[6] = { W3DI_GL_BLEND_SRC_RGB,      W3DI_GL_BLEND_DST_RGB,
                                       W3DI_GL_BLEND_SRC_ALPHA,    W3DI_GL_BLEND_DST_ALPHA,
                                       W3DI_GL_BLEND_EQUATION_RGB, W3DI_GL_BLEND_EQUATION_ALPHA };
    for (uint32_t i = 0; i < self->max_buffers; i++) {
        if (!self->has_indexed_blend) {
            W3DI_GL(self)->GetBooleanv(W3DI_GL_COLOR_WRITEMASK, saved->color_masks[0]);
            saved->blends[0] = W3DI_GL(self)->IsEnabled(W3DI_GL_BLEND);
            for (uint32_t k = 0; k < 6; k++)
                saved->blend[0][k] = (int32_t)w3di_gl_get(self, names[k]);
            return;
        }
        W3DI_GL(self)->GetBooleani_v(W3DI_GL_COLOR_WRITEMASK, i, saved->color_masks[i]);
        saved->blends[i] = W3DI_GL(self)->IsEnabledi(W3DI_GL_BLEND, i);
        for (uint32_t k = 0; k < 6; k++)
            W3DI_GL(self)->GetIntegeri_v(names[k], i, &saved->blend[i][k]);
    }
}

static inline void w3di_gl_restore_blend(w3di_gl_device *self, const w3di_gl_saved *saved)
{
    for (uint32_t i = 0; i < (self->has_indexed_blend ? self->max_buffers : 1u); i++) {
        const int32_t *b = saved->blend[i];
        const uint8_t *m = saved->color_masks[i];
        if (!self->has_indexed_blend) {
            W3DI_GL(self)->ColorMask(m[0], m[1], m[2], m[3]);
            W3DI_GL(self)->BlendFuncSeparate((uint32_t)b[0], (uint32_t)b[1], (uint32_t)b[2],
                                             (uint32_t)b[3]);
            W3DI_GL(self)->BlendEquationSeparate((uint32_t)b[4], (uint32_t)b[5]);
            if (saved->blends[0])
                W3DI_GL(self)->Enable(W3DI_GL_BLEND);
            else
                W3DI_GL(self)->Disable(W3DI_GL_BLEND);
            return;
        }
        W3DI_GL(self)->ColorMaski(i, m[0], m[1], m[2], m[3]);
        W3DI_GL(self)->BlendFuncSeparatei(i, (uint32_t)b[0], (uint32_t)b[1], (uint32_t)b[2],
                                          (uint32_t)b[3]);
        W3DI_GL(self)->BlendEquationSeparatei(i, (uint32_t)b[4], (uint32_t)b[5]);
        if (saved->blends[i])
            W3DI_GL(self)->Enablei(W3DI_GL_BLEND, i);
        else
            W3DI_GL(self)->Disablei(W3DI_GL_BLEND, i);
    }
}

static inline uint32_t w3di_gl_stencil_name(uint32_t i)
{
    static const uint16_t names[14] = {
        W3DI_GL_STENCIL_FUNC,      W3DI_GL_STENCIL_REF,           W3DI_GL_STENCIL_MASK,
        W3DI_GL_STENCIL_FAIL,      W3DI_GL_STENCIL_DEPTH_FAIL,    W3DI_GL_STENCIL_PASS,
        W3DI_GL_STENCIL_WRITEMASK, W3DI_GL_STENCIL_BACK_FUNC,     W3DI_GL_STENCIL_BACK_REF,
        W3DI_GL_STENCIL_BACK_MASK, W3DI_GL_STENCIL_BACK_FAIL,     W3DI_GL_STENCIL_BACK_DEPTH_FAIL,
        W3DI_GL_STENCIL_BACK_PASS, W3DI_GL_STENCIL_BACK_WRITEMASK
    };
    return names[i];
}

/* Keeps the state; without memory nothing is kept, and the submit fails. */
static inline int w3di_gl_save(w3di_gl_device *self)
{
    w3di_gl_saved *saved = (w3di_gl_saved *)w3di_gl_resize(self, NULL, 0, sizeof *saved);
    if (!saved) return 0;
    w3d_fill(saved, 0, sizeof *saved);
    for (uint32_t i = 0; i < W3DI_GL_SAVED_CAPS; i++) {
        uint32_t name = w3di_gl_saved_cap(self, i);
        if (name) saved->caps[i] = W3DI_GL(self)->IsEnabled(name);
    }
    for (uint32_t i = 0; i < W3DI_GL_SAVED_STORE; i++)
        if (w3di_gl_saved_store(self, i))
            saved->store[i] = w3di_gl_get(self, w3di_gl_saved_store(self, i));
    w3di_gl_save_blend(self, saved);
    W3DI_GL(self)->GetBooleanv(W3DI_GL_DEPTH_WRITEMASK, &saved->depth_mask);
    W3DI_GL(self)->GetFloatv(W3DI_GL_BLEND_COLOR, saved->blend_color);
    W3DI_GL(self)->GetFloatv(W3DI_GL_DEPTH_RANGE, saved->depth_range);
    W3DI_GL(self)->GetFloatv(W3DI_GL_POLYGON_OFFSET_FACTOR, &saved->offset[0]);
    W3DI_GL(self)->GetFloatv(W3DI_GL_POLYGON_OFFSET_UNITS, &saved->offset[1]);
    if (self->has_offset_clamp)
        W3DI_GL(self)->GetFloatv(W3DI_GL_POLYGON_OFFSET_CLAMP, &saved->offset[2]);
    W3DI_GL(self)->GetIntegerv(W3DI_GL_VIEWPORT, saved->viewport);
    W3DI_GL(self)->GetIntegerv(W3DI_GL_SCISSOR_BOX, saved->scissor);
    saved->depth_func = w3di_gl_get(self, W3DI_GL_DEPTH_FUNC);
    saved->cull_mode = w3di_gl_get(self, W3DI_GL_CULL_FACE_MODE);
    saved->front_face = w3di_gl_get(self, W3DI_GL_FRONT_FACE);
    for (uint32_t i = 0; i < 14; i++)
        saved->stencil[i] = w3di_gl_get(self, w3di_gl_stencil_name(i));
    if (!self->es) {
        int32_t modes[2] = { 0, 0 };
        W3DI_GL(self)->GetIntegerv(W3DI_GL_POLYGON_MODE, modes);
        saved->polygon_mode[0] = (uint32_t)modes[0];
        saved->provoking = w3di_gl_get(self, W3DI_GL_PROVOKING_VERTEX);
        W3DI_GL(self)->GetFloatv(W3DI_GL_POINT_SIZE, &saved->point_size);
        saved->restart_index = w3di_gl_get(self, W3DI_GL_RESTART_INDEX);
    }
    saved->program = w3di_gl_get(self, W3DI_GL_CURRENT_PROGRAM);
    saved->array = w3di_gl_get(self, W3DI_GL_VERTEX_ARRAY_BINDING);
    saved->active = w3di_gl_get(self, W3DI_GL_ACTIVE_TEXTURE);
    saved->read_framebuffer = w3di_gl_get(self, W3DI_GL_READ_FRAMEBUFFER_BINDING);
    saved->draw_framebuffer = w3di_gl_get(self, W3DI_GL_DRAW_FRAMEBUFFER_BINDING);
    saved->renderbuffer = w3di_gl_get(self, W3DI_GL_RENDERBUFFER_BINDING);
    saved->array_buffer = w3di_gl_get(self, W3DI_GL_ARRAY_BUFFER_BINDING);
    saved->uniform_buffer = w3di_gl_get(self, W3DI_GL_UNIFORM_BUFFER_BINDING);
    saved->copy_read = w3di_gl_get(self, W3DI_GL_COPY_READ_BUFFER);
    saved->copy_write = w3di_gl_get(self, W3DI_GL_COPY_WRITE_BUFFER);
    saved->pack = w3di_gl_get(self, W3DI_GL_PIXEL_PACK_BINDING);
    saved->unpack = w3di_gl_get(self, W3DI_GL_PIXEL_UNPACK_BINDING);
    if (self->caps.indirect) saved->indirect = w3di_gl_get(self, W3DI_GL_DRAW_INDIRECT_BINDING);
    self->saved = saved;
    return 1;
}

static inline void w3di_gl_restore_units(w3di_gl_device *self, const w3di_gl_saved *saved)
{
    for (uint32_t unit = 0; unit < W3DI_GL_UNITS; unit++) {
        for (uint32_t kind = 0; kind < 4; kind++) {
            if (!(saved->units[unit] >> kind & 1)) continue;
            w3di_gl_activate(self, unit);
            W3DI_GL(self)->BindTexture(w3di_gl_target(kind), saved->textures[unit][kind]);
        }
        if (saved->units[unit] >> 4) W3DI_GL(self)->BindSampler(unit, saved->textures[unit][4]);
    }
    for (uint32_t i = 0; i < W3DI_GL_BLOCKS; i++) {
        const int64_t *range = saved->ranges[i];
        if (!saved->blocks[i]) continue;
        if (range[2])
            W3DI_GL(self)->BindBufferRange(W3DI_GL_UNIFORM_BUFFER, i, (uint32_t)range[0],
                                           (ptrdiff_t)range[1], (ptrdiff_t)range[2]);
        else
            W3DI_GL(self)->BindBufferBase(W3DI_GL_UNIFORM_BUFFER, i, (uint32_t)range[0]);
    }
}

static inline void w3di_gl_restore(w3di_gl_device *self)
{
    w3di_gl_saved *saved = self->saved;
    if (!saved) return;
    w3di_gl_restore_units(self, saved);
    w3di_gl_restore_blend(self, saved);
    for (uint32_t i = 1; i < W3DI_GL_SAVED_CAPS; i++) {
        uint32_t name = w3di_gl_saved_cap(self, i);
        if (name && saved->caps[i])
            W3DI_GL(self)->Enable(name);
        else if (name)
            W3DI_GL(self)->Disable(name);
    }
    for (uint32_t i = 0; i < W3DI_GL_SAVED_STORE; i++)
        if (w3di_gl_saved_store(self, i))
            W3DI_GL(self)->PixelStorei(w3di_gl_saved_store(self, i), (int32_t)saved->store[i]);
    W3DI_GL(self)->DepthMask(saved->depth_mask);
    W3DI_GL(self)->BlendColor(saved->blend_color[0], saved->blend_color[1], saved->blend_color[2],
                              saved->blend_color[3]);
    if (self->has_depth_rangef)
        W3DI_GL(self)->DepthRangef(saved->depth_range[0], saved->depth_range[1]);
    else
        W3DI_GL(self)->DepthRange((double)saved->depth_range[0], (double)saved->depth_range[1]);
    if (self->has_offset_clamp)
        W3DI_GL(self)->PolygonOffsetClamp(saved->offset[0], saved->offset[1], saved->offset[2]);
    else
        W3DI_GL(self)->PolygonOffset(saved->offset[0], saved->offset[1]);
    W3DI_GL(self)->Viewport(saved->viewport[0], saved->viewport[1], saved->viewport[2],
                            saved->viewport[3]);
    W3DI_GL(self)->Scissor(saved->scissor[0], saved->scissor[1], saved->scissor[2],
                           saved->scissor[3]);
    W3DI_GL(self)->DepthFunc(saved->depth_func);
    W3DI_GL(self)->CullFace(saved->cull_mode);
    W3DI_GL(self)->FrontFace(saved->front_face);
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t *s = saved->stencil + 7 * i, face = i ? W3DI_GL_BACK : W3DI_GL_FRONT;
        W3DI_GL(self)->StencilFuncSeparate(face, s[0], (int32_t)s[1], s[2]);
        W3DI_GL(self)->StencilOpSeparate(face, s[3], s[4], s[5]);
        W3DI_GL(self)->StencilMaskSeparate(face, s[6]);
    }
    if (!self->es) {
        W3DI_GL(self)->PolygonMode(W3DI_GL_FRONT_AND_BACK, saved->polygon_mode[0]);
        W3DI_GL(self)->ProvokingVertex(saved->provoking);
        W3DI_GL(self)->PointSize(saved->point_size);
        W3DI_GL(self)->PrimitiveRestartIndex(saved->restart_index);
    }
    W3DI_GL(self)->UseProgram(saved->program);
    W3DI_GL(self)->BindVertexArray(saved->array);
    W3DI_GL(self)->ActiveTexture(saved->active);
    W3DI_GL(self)->BindFramebuffer(W3DI_GL_READ_FRAMEBUFFER, saved->read_framebuffer);
    W3DI_GL(self)->BindFramebuffer(W3DI_GL_DRAW_FRAMEBUFFER, saved->draw_framebuffer);
    W3DI_GL(self)->BindRenderbuffer(W3DI_GL_RENDERBUFFER, saved->renderbuffer);
    W3DI_GL(self)->BindBuffer(W3DI_GL_ARRAY_BUFFER, saved->array_buffer);
    W3DI_GL(self)->BindBuffer(W3DI_GL_UNIFORM_BUFFER, saved->uniform_buffer);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_READ_BUFFER, saved->copy_read);
    W3DI_GL(self)->BindBuffer(W3DI_GL_COPY_WRITE_BUFFER, saved->copy_write);
    W3DI_GL(self)->BindBuffer(W3DI_GL_PIXEL_PACK_BUFFER, saved->pack);
    W3DI_GL(self)->BindBuffer(W3DI_GL_PIXEL_UNPACK_BUFFER, saved->unpack);
    if (self->caps.indirect)
        W3DI_GL(self)->BindBuffer(W3DI_GL_DRAW_INDIRECT_BUFFER, saved->indirect);
    self->saved = NULL;
    w3di_gl_free(self, saved, sizeof *saved);
}

/* What every submit begins with: nothing is known, and what no pipeline sets is as it has to be. */
static inline void w3di_gl_begin(w3di_gl_device *self)
{
    w3d_fill(&self->now, 255, sizeof self->now);
    w3d_fill(self->now.caps, 2, sizeof self->now.caps);
    self->now.blend_mixed = 0;
    for (uint32_t i = 0; i < W3DI_GL_SAVED_STORE; i++)
        if (w3di_gl_saved_store(self, i))
            W3DI_GL(self)->PixelStorei(w3di_gl_saved_store(self, i), i == 0 || i == 6);
    W3DI_GL(self)->BindBuffer(W3DI_GL_PIXEL_UNPACK_BUFFER, 0);
    for (uint32_t i = 6; i < W3DI_GL_SAVED_CAPS; i++) { /* those before are set by pipelines */
        uint32_t name = w3di_gl_saved_cap(self, i);
        if (!name || i == 7 || i == 10 || i == 11) continue;
        if (i == 13 || i == 14)
            W3DI_GL(self)->Enable(name);
        else
            W3DI_GL(self)->Disable(name);
    }
    if (self->es) return;
    W3DI_GL(self)->PolygonMode(W3DI_GL_FRONT_AND_BACK, W3DI_GL_FILL);
    W3DI_GL(self)->ProvokingVertex(W3DI_GL_FIRST_VERTEX);
    W3DI_GL(self)->PointSize(1.0f);
}

#endif /* W3D_GPU_GL_SAVE_H */
