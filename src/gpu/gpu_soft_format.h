/* gpu_soft_format.h - between formats and four floats: texels, pixels, quads of pixels, attributes; private. */
#ifndef W3D_GPU_SOFT_FORMAT_H
#define W3D_GPU_SOFT_FORMAT_H

#include "gpu/gpu_soft_state.h"

W3D_INLINE uint32_t w3di_gpu_soft_u32(const uint8_t *p)
{
    uint32_t value;
    w3d_copy(&value, p, 4);
    return value;
}

W3D_INLINE float w3di_gpu_soft_f32(const uint8_t *p)
{
    return w3d_f32_from_bits(w3di_gpu_soft_u32(p));
}

W3D_INLINE uint16_t w3di_gpu_soft_u16(const uint8_t *p)
{
    uint16_t value;
    w3d_copy(&value, p, 2);
    return value;
}

/* ---- a texel ---- */

/* Red, green, blue, alpha as shaders see them; whole numbers as their bits. */
W3D_INLINE w3d_f4 w3di_gpu_soft_texel(uint32_t format, const w3di_soft_raster_codes *codes,
                                      const uint8_t *p)
{
    const float unit = 1.0f / 255.0f;
    switch (format) {
    case W3D_GPU_RGBA8:
        return w3d_f4_mul(w3d_f4_from_i4(w3d_i4_set(p[0], p[1], p[2], p[3])), w3d_f4_splat(unit));
    case W3D_GPU_RGBA8_SRGB:
        return w3d_f4_set(codes->light[p[0]], codes->light[p[1]], codes->light[p[2]],
                          (float)p[3] * unit);
    case W3D_GPU_R8: return w3d_f4_set((float)p[0] * unit, 0.0f, 0.0f, 1.0f);
    case W3D_GPU_RG8: return w3d_f4_set((float)p[0] * unit, (float)p[1] * unit, 0.0f, 1.0f);
    case W3D_GPU_R32UI: return w3d_f4_bits_i4(w3d_i4_set((int32_t)w3di_gpu_soft_u32(p), 0, 0, 1));
    case W3D_GPU_RGBA16F:
        return w3d_f4_set(w3d_f32_from_f16(w3di_gpu_soft_u16(p)),
                          w3d_f32_from_f16(w3di_gpu_soft_u16(p + 2)),
                          w3d_f32_from_f16(w3di_gpu_soft_u16(p + 4)),
                          w3d_f32_from_f16(w3di_gpu_soft_u16(p + 6)));
    case W3D_GPU_RGBA32F:
    case W3D_GPU_RGBA32UI: {
        int32_t bits[4];
        w3d_copy(bits, p, 16);
        return w3d_f4_bits_i4(w3d_i4_load(bits));
    }
    case W3D_GPU_R32F:
    case W3D_GPU_DEPTH32F: return w3d_f4_set(w3di_gpu_soft_f32(p), 0.0f, 0.0f, 1.0f);
    case W3D_GPU_DEPTH24:
    case W3D_GPU_DEPTH24_STENCIL8:
        return w3d_f4_set(w3di_gpu_soft_f32(p) / 16777215.0f, 0.0f, 0.0f, 1.0f);
    default: return w3d_f4_zero();
    }
}

W3D_INLINE uint8_t w3di_gpu_soft_unorm8(float value)
{
    return (uint8_t)(w3d_math_clamp(value, 0.0f, 1.0f) * 255.0f + 0.5f);
}

/* Keeps four floats as a texel: clamped, NaN as 0 where the format has none. */
static inline void w3di_gpu_soft_put(uint32_t format, const w3di_soft_raster_codes *codes,
                                     uint8_t *p, w3d_f4 value)
{
    float v[4];
    w3d_f4_store(v, value);
    switch (format) {
    case W3D_GPU_RGBA8_SRGB:
        for (int i = 0; i < 3; i++)
            p[i] = (uint8_t)w3di_soft_raster_codes_nearest(codes, w3d_math_clamp(v[i], 0.0f, 1.0f));
        p[3] = w3di_gpu_soft_unorm8(v[3]);
        break;
    case W3D_GPU_RGBA8:
        for (int i = 0; i < 4; i++) p[i] = w3di_gpu_soft_unorm8(v[i]);
        break;
    case W3D_GPU_RG8: p[1] = w3di_gpu_soft_unorm8(v[1]); /* fall through */
    case W3D_GPU_R8: p[0] = w3di_gpu_soft_unorm8(v[0]); break;
    case W3D_GPU_RGBA16F:
        for (int i = 0; i < 4; i++) {
            uint16_t half = w3d_f16_from_f32(v[i]);
            w3d_copy(p + 2 * i, &half, 2);
        }
        break;
    case W3D_GPU_RGBA32F:
    case W3D_GPU_RGBA32UI: {
        int32_t bits[4];
        w3d_i4_store(bits, w3d_i4_bits_f4(value));
        w3d_copy(p, bits, 16);
        break;
    }
    case W3D_GPU_R32F:
    case W3D_GPU_R32UI: {
        int32_t bits[4];
        w3d_i4_store(bits, w3d_i4_bits_f4(value));
        w3d_copy(p, bits, 4);
        break;
    }
    default: break;
    }
}

/* ---- quads of pixels ---- */

/* Where the four pixels of a quad lie: the third lane is a row below the first. */
W3D_INLINE uint8_t *w3di_gpu_soft_pixel(uint8_t *quad, size_t pitch, uint32_t size, int lane)
{
    return quad + (lane & 2 ? pitch : 0) + (lane & 1 ? size : 0);
}

W3D_INLINE w3d_i4 w3di_gpu_soft_words_read(const uint8_t *quad, size_t pitch)
{
    int32_t words[4];
    w3d_copy(words, quad, 8);
    w3d_copy(words + 2, quad + pitch, 8);
    return w3d_i4_load(words);
}

W3D_INLINE void w3di_gpu_soft_words_write(uint8_t *quad, size_t pitch, w3d_i4 value)
{
    int32_t words[4];
    w3d_i4_store(words, value);
    w3d_copy(quad, words, 8);
    w3d_copy(quad + pitch, words + 2, 8);
}

/* Four pixels by channel. */
static inline void w3di_gpu_soft_quad_read(const w3di_gpu_soft_target *target, uint8_t *quad,
                                           w3d_f4 color[4])
{
    uint32_t size = target->texture->bytes_per_pixel;
    const w3di_soft_raster_codes *codes = target->texture->codes;
    if (target->format == W3D_GPU_RGBA8 || target->format == W3D_GPU_RGBA8_SRGB) {
        w3di_soft_raster_codes_unpack(target->format == W3D_GPU_RGBA8 ? NULL : codes,
                                      w3di_gpu_soft_words_read(quad, target->pitch), color);
        return;
    }
    for (int lane = 0; lane < 4; lane++)
        color[lane] = w3di_gpu_soft_texel(target->format, codes,
                                          w3di_gpu_soft_pixel(quad, target->pitch, size, lane));
    w3d_f4_transpose(&color[0], &color[1], &color[2], &color[3]);
}

/* The bits of a word that a write mask of RGBA lets through. */
W3D_INLINE int32_t w3di_gpu_soft_mask_word(uint32_t mask)
{
    return (int32_t)((mask & 1 ? 0xFFu : 0) | (mask & 2 ? 0xFF00u : 0) |
                     (mask & 4 ? 0xFF0000u : 0) | (mask & 8 ? 0xFF000000u : 0));
}

/* Writes channels of the lanes in `cover`; mask: bits RGBA. */
static inline void w3di_gpu_soft_quad_write(const w3di_gpu_soft_target *target, uint8_t *quad,
                                            w3d_f4 cover, const w3d_f4 color[4], uint32_t mask)
{
    uint32_t size = target->texture->bytes_per_pixel;
    const w3di_soft_raster_codes *codes = target->texture->codes;
    if (target->format == W3D_GPU_RGBA8 || target->format == W3D_GPU_RGBA8_SRGB) {
        w3d_i4 packed =
            w3di_soft_raster_codes_pack(target->format == W3D_GPU_RGBA8 ? NULL : codes, color);
        w3d_i4 old = w3di_gpu_soft_words_read(quad, target->pitch), let = w3d_i4_bits_f4(cover);
        if (mask != 15) let = w3d_i4_and(let, w3d_i4_splat(w3di_gpu_soft_mask_word(mask)));
        w3di_gpu_soft_words_write(quad, target->pitch, w3d_i4_select(let, packed, old));
        return;
    }
    w3d_f4 pixel[4];
    int lanes = w3d_f4_mask(cover);
    for (int i = 0; i < 4; i++) pixel[i] = color[i];
    w3d_f4_transpose(&pixel[0], &pixel[1], &pixel[2], &pixel[3]);
    for (int lane = 0; lane < 4; lane++) {
        uint8_t *p = w3di_gpu_soft_pixel(quad, target->pitch, size, lane);
        if (!(lanes >> lane & 1)) continue;
        if (mask != 15) {
            w3d_i4 let = w3d_i4_set(mask & 1 ? -1 : 0, mask & 2 ? -1 : 0, mask & 4 ? -1 : 0,
                                    mask & 8 ? -1 : 0);
            pixel[lane] = w3d_f4_select(w3d_f4_bits_i4(let), pixel[lane],
                                        w3di_gpu_soft_texel(target->format, codes, p));
        }
        w3di_gpu_soft_put(target->format, codes, p, pixel[lane]);
    }
}

/* ---- mips and resolving ---- */

/* Level `mip` from the one before: the average of 2x2 (of a 3D texture 2x2x2) texels in light; where a side
 * is odd its last row or column is left out, where it is one it stands for both. */
static inline void w3di_gpu_soft_mip(w3di_gpu_soft_texture *texture, uint32_t mip)
{
    const w3di_gpu_soft_level *from = &texture->levels[mip - 1], *to = &texture->levels[mip];
    uint32_t size = texture->bytes_per_pixel, deep = texture->kind == W3D_GPU_3D;
    for (uint32_t z = 0; z < to->depth; z++)
        for (uint32_t y = 0; y < to->height; y++)
            for (uint32_t x = 0; x < to->width; x++) {
                w3d_f4 sum = w3d_f4_zero();
                for (uint32_t k = 0; k < 4 + 4 * deep; k++) {
                    uint32_t fx = 2 * x + (k & 1), fy = 2 * y + (k >> 1 & 1),
                             fz = deep ? 2 * z + (k >> 2) : z;
                    fx = fx < from->width ? fx : from->width - 1;
                    fy = fy < from->height ? fy : from->height - 1;
                    fz = fz < from->depth ? fz : from->depth - 1;
                    sum = w3d_f4_add(sum,
                                     w3di_gpu_soft_texel(texture->format, texture->codes,
                                                         from->bytes + fz * from->slice +
                                                             fy * from->pitch + (size_t)fx * size));
                }
                w3di_gpu_soft_put(texture->format, texture->codes,
                                  to->bytes + z * to->slice + y * to->pitch + (size_t)x * size,
                                  w3d_f4_mul(sum, w3d_f4_splat(deep ? 0.125f : 0.25f)));
            }
}

/* One pixel's four samples averaged: whole codes exactly, everything else in light. */
static inline void w3di_gpu_soft_resolve_pixel(const w3di_gpu_soft_texture *texture,
                                               const uint8_t *from, size_t plane, uint8_t *to)
{
    uint32_t size = texture->bytes_per_pixel, format = texture->format;
    if (w3d_equal(from, from + plane, size) && w3d_equal(from, from + 2 * plane, size) &&
        w3d_equal(from, from + 3 * plane, size)) {
        w3d_copy(to, from, size);
        return;
    }
    if (format == W3D_GPU_RGBA8 || format == W3D_GPU_R8 || format == W3D_GPU_RG8) {
        for (uint32_t i = 0; i < size; i++) {
            uint32_t sum = (uint32_t)from[i] + from[plane + i] + from[2 * plane + i];
            to[i] = (uint8_t)((sum + from[3 * plane + i] + 2u) / 4u);
        }
        return;
    }
    w3d_f4 sum = w3di_gpu_soft_texel(format, texture->codes, from);
    for (int s = 1; s < 4; s++)
        sum =
            w3d_f4_add(sum, w3di_gpu_soft_texel(format, texture->codes, from + (size_t)s * plane));
    w3di_gpu_soft_put(format, texture->codes, to, w3d_f4_mul(sum, w3d_f4_splat(0.25f)));
}

static inline void w3di_gpu_soft_resolve(const w3di_gpu_soft_target *from,
                                         const w3di_gpu_soft_target *to, uint32_t width,
                                         uint32_t height)
{
    uint32_t size = from->texture->bytes_per_pixel;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            w3di_gpu_soft_resolve_pixel(from->texture,
                                        from->bytes + y * from->pitch + (size_t)x * size,
                                        from->plane, to->bytes + y * to->pitch + (size_t)x * size);
}

/* ---- vertex attributes ---- */

/* What components an attribute does not have: 0, 0, 1 in the type of the others. */
W3D_INLINE uint32_t w3di_gpu_soft_one(uint32_t format)
{
    return w3di_gpu_vertex_kind(format) ? 1u : 0x3F800000u;
}

/* An attribute's four components as bits. */
static inline void w3di_gpu_soft_attribute_read(uint32_t format, const uint8_t *p, uint32_t out[4])
{
    float f[4] = { 0.0f, 0.0f, 0.0f, 1.0f };
    uint32_t size = w3di_gpu_vertex_size(format);
    out[0] = out[1] = out[2] = 0;
    out[3] = w3di_gpu_soft_one(format);
    switch ((w3d_gpu_vertex_format)format) {
    case W3D_GPU_UINT8X4:
        for (int i = 0; i < 4; i++) out[i] = p[i];
        return;
    case W3D_GPU_SINT8X4:
        for (int i = 0; i < 4; i++) out[i] = (uint32_t)(int32_t)(int8_t)p[i];
        return;
    case W3D_GPU_UINT16X2:
    case W3D_GPU_UINT16X4:
        for (uint32_t i = 0; i < size / 2; i++) out[i] = w3di_gpu_soft_u16(p + 2 * i);
        return;
    case W3D_GPU_UNORM8X4:
        for (int i = 0; i < 4; i++) f[i] = (float)p[i] / 255.0f;
        break;
    case W3D_GPU_SNORM8X4:
        for (int i = 0; i < 4; i++) f[i] = w3d_math_max((float)(int8_t)p[i] / 127.0f, -1.0f);
        break;
    case W3D_GPU_UNORM16X2:
    case W3D_GPU_UNORM16X4:
        for (uint32_t i = 0; i < size / 2; i++)
            f[i] = (float)w3di_gpu_soft_u16(p + 2 * i) / 65535.0f;
        break;
    case W3D_GPU_SNORM16X2:
    case W3D_GPU_SNORM16X4:
        for (uint32_t i = 0; i < size / 2; i++)
            f[i] = w3d_math_max((float)(int16_t)w3di_gpu_soft_u16(p + 2 * i) / 32767.0f, -1.0f);
        break;
    case W3D_GPU_HALF2:
    case W3D_GPU_HALF4:
        for (uint32_t i = 0; i < size / 2; i++)
            f[i] = w3d_f32_from_f16(w3di_gpu_soft_u16(p + 2 * i));
        break;
    default: /* 32-bit numbers */ w3d_copy(out, p, size); return;
    }
    w3d_copy(out, f, 16);
}

#endif /* W3D_GPU_SOFT_FORMAT_H */
