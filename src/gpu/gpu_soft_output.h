/* gpu_soft_output.h - what follows the fragment shader: depth, stencil, blending, writing; private. */
#ifndef W3D_GPU_SOFT_OUTPUT_H
#define W3D_GPU_SOFT_OUTPUT_H

#include "gpu/gpu_soft_texture.h"

/* ---- depth and stencil ---- */

W3D_INLINE w3d_soft_raster_compare w3di_gpu_soft_compare_of(uint32_t compare)
{
    static const uint8_t table[W3D_GPU_ALWAYS + 1] = {
        W3D_SOFT_RASTER_ALWAYS,    W3D_SOFT_RASTER_NEVER,         W3D_SOFT_RASTER_LESS,
        W3D_SOFT_RASTER_EQUAL,     W3D_SOFT_RASTER_LESS_EQUAL,    W3D_SOFT_RASTER_GREATER,
        W3D_SOFT_RASTER_NOT_EQUAL, W3D_SOFT_RASTER_GREATER_EQUAL, W3D_SOFT_RASTER_ALWAYS
    };
    return (w3d_soft_raster_compare)table[compare <= W3D_GPU_ALWAYS ? compare : 0];
}

W3D_INLINE w3d_f4 w3di_gpu_soft_depth_code(uint32_t format, w3d_f4 depth)
{
    return w3di_soft_raster_depth_code(
        format == W3D_GPU_DEPTH32F ? W3D_SOFT_RASTER_DEPTH_F32 : W3D_SOFT_RASTER_DEPTH_24, depth);
}

static inline uint8_t w3di_gpu_soft_stencil_op(uint32_t op, uint32_t stored, uint32_t reference)
{
    switch (op) {
    case W3D_GPU_ZERO: return 0;
    case W3D_GPU_REPLACE: return (uint8_t)reference;
    case W3D_GPU_INVERT: return (uint8_t)~stored;
    case W3D_GPU_INCREMENT_CLAMP: return (uint8_t)(stored < 255 ? stored + 1 : 255);
    case W3D_GPU_DECREMENT_CLAMP: return (uint8_t)(stored ? stored - 1 : 0);
    case W3D_GPU_INCREMENT_WRAP: return (uint8_t)(stored + 1);
    case W3D_GPU_DECREMENT_WRAP: return (uint8_t)(stored - 1);
    default: return (uint8_t)stored;
    }
}

/* The stencil of one sample's four pixels: lanes of `cover` that pass, given those that pass the depth
 * test; what is stored changes. */
static inline w3d_f4 w3di_gpu_soft_stencil(const w3di_gpu_soft_draw *draw, uint32_t front,
                                           uint8_t *quad, size_t pitch, w3d_f4 cover,
                                           w3d_f4 depth_passes)
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    uint32_t state = p->stencil[front ? 0 : 1], reference = draw->pass->stencil_reference;
    int lanes = w3d_f4_mask(cover), deep = w3d_f4_mask(depth_passes), passed = 0;
    for (int lane = 0; lane < 4; lane++) {
        uint8_t *at = w3di_gpu_soft_pixel(quad, pitch, 1, lane);
        uint32_t stored = *at, op;
        if (!(lanes >> lane & 1)) continue;
        int passes = w3di_gpu_soft_compares(state & 255, (float)(reference & p->stencil_read),
                                            (float)(stored & p->stencil_read));
        if (!passes)
            op = state >> 8 & 255;
        else if (!(deep >> lane & 1))
            op = state >> 16 & 255;
        else {
            op = state >> 24;
            passed |= 1 << lane;
        }
        uint32_t made = w3di_gpu_soft_stencil_op(op, stored, reference);
        *at = (uint8_t)((stored & ~p->stencil_write) | (made & p->stencil_write));
    }
    return w3d_f4_bits_i4(w3d_i4_set(passed & 1 ? -1 : 0, passed & 2 ? -1 : 0, passed & 4 ? -1 : 0,
                                     passed & 8 ? -1 : 0));
}

/* Takes out of a quad's cover what fails; gives what is left. write 0: nothing is changed, no stencil. */
static inline int w3di_gpu_soft_depth_test(const w3di_gpu_soft_draw *draw, w3di_gpu_soft_quad *quad,
                                           int write)
{
    const w3di_gpu_soft_target *target = &draw->pass->depth;
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3d_f4 any = w3d_f4_zero();
    uint32_t samples = draw->area.samples;
    if (!target->texture) {
        for (uint32_t s = 0; s < samples; s++) any = w3d_f4_or(any, quad->cover[s]);
        return w3d_f4_mask(any);
    }
    size_t at = (size_t)quad->y * target->pitch + (size_t)quad->x * 4;
    w3d_soft_raster_compare compare = w3di_gpu_soft_compare_of(p->depth_compare);
    for (uint32_t s = 0; s < samples; s++) {
        uint8_t *place = target->bytes + s * target->plane + at;
        w3d_i4 stored = w3di_gpu_soft_words_read(place, target->pitch);
        w3d_f4 passes = w3di_soft_raster_passes(compare, quad->depth[s], w3d_f4_bits_i4(stored));
        if (p->has_stencil && write && target->stencil)
            passes = w3di_gpu_soft_stencil(draw, quad->front,
                                           target->stencil + (s * target->plane + at) / 4,
                                           target->pitch / 4, quad->cover[s], passes);
        quad->cover[s] = w3d_f4_and(quad->cover[s], passes);
        if (write && p->depth_write)
            w3di_gpu_soft_words_write(place, target->pitch,
                                      w3d_i4_select(w3d_i4_bits_f4(quad->cover[s]),
                                                    w3d_i4_bits_f4(quad->depth[s]), stored));
        any = w3d_f4_or(any, quad->cover[s]);
    }
    return w3d_f4_mask(any);
}

/* ---- blending ---- */

/* A factor's value for a channel (3: alpha). */
static inline w3d_f4 w3di_gpu_soft_factor(uint32_t factor, int channel, const w3d_f4 src[4],
                                          const w3d_f4 dst[4], const w3d_f4 constant[4])
{
    w3d_f4 one = w3d_f4_splat(1.0f);
    switch (factor) {
    case W3D_GPU_FACTOR_ONE: return one;
    case W3D_GPU_SRC: return src[channel];
    case W3D_GPU_ONE_MINUS_SRC: return w3d_f4_sub(one, src[channel]);
    case W3D_GPU_SRC_ALPHA: return src[3];
    case W3D_GPU_ONE_MINUS_SRC_ALPHA: return w3d_f4_sub(one, src[3]);
    case W3D_GPU_DST: return dst[channel];
    case W3D_GPU_ONE_MINUS_DST: return w3d_f4_sub(one, dst[channel]);
    case W3D_GPU_DST_ALPHA: return dst[3];
    case W3D_GPU_ONE_MINUS_DST_ALPHA: return w3d_f4_sub(one, dst[3]);
    case W3D_GPU_SRC_ALPHA_SATURATED:
        return channel == 3 ? one : w3d_f4_min(src[3], w3d_f4_sub(one, dst[3]));
    case W3D_GPU_CONSTANT: return constant[channel];
    case W3D_GPU_ONE_MINUS_CONSTANT: return w3d_f4_sub(one, constant[channel]);
    default: return w3d_f4_zero();
    }
}

W3D_INLINE w3d_f4 w3di_gpu_soft_weigh(uint32_t factor, int channel, w3d_f4 value,
                                      const w3d_f4 src[4], const w3d_f4 dst[4],
                                      const w3d_f4 constant[4])
{
    if (factor == W3D_GPU_FACTOR_ONE) return value;
    if (factor == W3D_GPU_FACTOR_ZERO) return w3d_f4_zero(); /* also of infinities and NaN */
    return w3d_f4_mul(value, w3di_gpu_soft_factor(factor, channel, src, dst, constant));
}

static inline void w3di_gpu_soft_blend(const w3di_gpu_soft_color_state *state, const w3d_f4 src[4],
                                       const w3d_f4 dst[4], const w3d_f4 constant[4], w3d_f4 out[4])
{
    for (int i = 0; i < 4; i++) {
        uint32_t word = i < 3 ? state->color : state->alpha, op = word >> 16 & 255;
        if (op == W3D_GPU_MIN || op == W3D_GPU_MAX) {
            out[i] = op == W3D_GPU_MIN ? w3d_f4_min(src[i], dst[i]) : w3d_f4_max(src[i], dst[i]);
            continue;
        }
        w3d_f4 s = w3di_gpu_soft_weigh(word & 255, i, src[i], src, dst, constant);
        w3d_f4 d = w3di_gpu_soft_weigh(word >> 8 & 255, i, dst[i], src, dst, constant);
        out[i] = op == W3D_GPU_SUBTRACT           ? w3d_f4_sub(s, d)
                 : op == W3D_GPU_REVERSE_SUBTRACT ? w3d_f4_sub(d, s)
                                                  : w3d_f4_add(s, d);
    }
}

W3D_INLINE w3d_f4 w3di_gpu_soft_clamp(w3d_f4 value)
{
    return w3d_f4_min(w3d_f4_max(value, w3d_f4_zero()), w3d_f4_splat(1.0f));
}

/* Writes a shaded quad to the colours. */
static inline void w3di_gpu_soft_write(const w3di_gpu_soft_draw *draw,
                                       const w3di_gpu_soft_quad *quad, uint32_t place)
{
    const w3di_gpu_soft_pass *pass = draw->pass;
    for (uint32_t t = 0; t < pass->color_count; t++) {
        const w3di_gpu_soft_target *target = &pass->colors[t].target;
        const w3di_gpu_soft_color_state *state = &draw->pipeline->colors[t];
        w3d_f4 src[4], constant[4];
        uint32_t format = target->format;
        int unorm = format <= W3D_GPU_RG8;
        if (!state->mask || !target->texture) continue;
        for (uint32_t i = 0; i < 4; i++) src[i] = draw->fragment_out[4 * t + i].f[place];
        size_t at =
            (size_t)quad->y * target->pitch + (size_t)quad->x * target->texture->bytes_per_pixel;
        if (state->blend)
            for (uint32_t i = 0; i < 4; i++) {
                constant[i] = w3d_f4_splat(pass->blend_constant[i]);
                if (unorm) {
                    src[i] = w3di_gpu_soft_clamp(src[i]);
                    constant[i] = w3di_gpu_soft_clamp(constant[i]);
                }
            }
        for (uint32_t s = 0; s < draw->area.samples; s++) {
            uint8_t *p = target->bytes + s * target->plane + at;
            if (!w3d_f4_mask(quad->cover[s])) continue;
            if (state->blend) {
                w3d_f4 dst[4], made[4];
                w3di_gpu_soft_quad_read(target, p, dst);
                w3di_gpu_soft_blend(state, src, dst, constant, made);
                w3di_gpu_soft_quad_write(target, p, quad->cover[s], made, state->mask);
            } else
                w3di_gpu_soft_quad_write(target, p, quad->cover[s], src, state->mask);
        }
    }
}

/* ---- shading ---- */

static inline void w3di_gpu_soft_count_samples(w3di_gpu_soft_draw *draw,
                                               const w3di_gpu_soft_quad *quad)
{
    static const uint8_t bits[16] = { 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4 };
    if (!draw->pass->query) return;
    for (uint32_t s = 0; s < draw->area.samples; s++)
        draw->pass->passed += bits[w3d_f4_mask(quad->cover[s])];
}

/* Alpha as a share of the samples: the first round(4 alpha) of them stay. */
static inline void w3di_gpu_soft_alpha_cover(const w3di_gpu_soft_draw *draw,
                                             w3di_gpu_soft_quad *quad, uint32_t place)
{
    w3d_f4 share = w3d_f4_add(w3d_f4_mul(draw->fragment_out[3].f[place], w3d_f4_splat(4.0f)),
                              w3d_f4_splat(0.5f));
    for (uint32_t s = 0; s < draw->area.samples; s++)
        quad->cover[s] =
            w3d_f4_and(quad->cover[s], w3d_f4_lesseq(w3d_f4_splat((float)(s + 1)), share));
}

/* Shades the quads that wait and writes what they give. */
static inline void w3di_gpu_soft_flush_quads(w3di_gpu_soft_draw *draw)
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3d_shader_group *group = &draw->fragment;
    uint32_t count = draw->quad_count;
    if (!count) return;
    draw->quad_count = 0;
    for (uint32_t q = 0; q < 4; q++) {
        w3d_f4 any = w3d_f4_zero();
        for (uint32_t s = 0; q < count && s < draw->area.samples; s++)
            any = w3d_f4_or(any, draw->quads[q].cover[s]);
        group->mask.f[q] = any;
    }
    w3d_shader_run(p->code[W3D_SHADER_FRAGMENT], group);
    for (uint32_t q = 0; q < count; q++) {
        w3di_gpu_soft_quad *quad = &draw->quads[q];
        if (p->late) {
            for (uint32_t s = 0; s < draw->area.samples; s++) {
                quad->cover[s] = w3d_f4_and(quad->cover[s], group->mask.f[q]);
                if (!p->writes_depth) continue;
                w3d_f4 depth =
                    w3d_f4_max(group->depth.f[q], w3d_f4_splat(draw->pass->viewport.min_depth));
                depth = w3d_f4_min(depth, w3d_f4_splat(draw->pass->viewport.max_depth));
                quad->depth[s] = w3di_gpu_soft_depth_code(draw->pass->depth.format, depth);
            }
            if (p->alpha_to_coverage && draw->area.samples > 1)
                w3di_gpu_soft_alpha_cover(draw, quad, q);
            if (!w3di_gpu_soft_depth_test(draw, quad, 1)) continue;
            w3di_gpu_soft_count_samples(draw, quad);
        }
        w3di_gpu_soft_write(draw, quad, q);
    }
}

#endif /* W3D_GPU_SOFT_OUTPUT_H */
