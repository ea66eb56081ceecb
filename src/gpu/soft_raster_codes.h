/* soft_raster_codes.h - between numbers 0..1 and the 8-bit codes a target keeps; private.
 *
 * Plain values are rounded. Light goes to its sRGB code through a table indexed by the upper bits
 * of the float, exponent and seven bits of mantissa: at most one boundary between two codes lies
 * in such an interval, so the code at its lower end and one comparison give the exact answer. */
#ifndef W3D_SOFT_RASTER_CODES_H
#define W3D_SOFT_RASTER_CODES_H

#include "core/math.h"
#include "core/simd.h"

enum {
    W3DI_SOFT_RASTER_CODES_FIRST = 114 << 7,     /* the interval at 2^-13, where the code is 0 */
    W3DI_SOFT_RASTER_CODES_COUNT = (13 << 7) + 1 /* ... to that of 1.0 */
};

typedef struct w3di_soft_raster_codes {
    float light[256];                            /* what a code stands for */
    float bound[257];                            /* light from which on a code is the nearest */
    uint8_t first[W3DI_SOFT_RASTER_CODES_COUNT]; /* the code at an interval's lower end */
} w3di_soft_raster_codes;

static inline void w3di_soft_raster_codes_make(w3di_soft_raster_codes *codes)
{
    for (int i = 0; i < 256; i++) {
        codes->light[i] = w3d_math_linear_from_srgb((float)i / 255.0f);
        codes->bound[i] = i ? w3d_math_linear_from_srgb(((float)i - 0.5f) / 255.0f) : -1.0f;
    }
    codes->bound[256] = 2.0f;
    for (uint32_t i = 0, code = 0; i < (uint32_t)W3DI_SOFT_RASTER_CODES_COUNT; i++) {
        float low = w3d_f32_from_bits((i + (uint32_t)W3DI_SOFT_RASTER_CODES_FIRST) << 16);
        while (low >= codes->bound[code + 1]) code++;
        codes->first[i] = (uint8_t)code;
    }
}

/* The nearest code of a light 0..1. */
W3D_INLINE int32_t w3di_soft_raster_codes_nearest(const w3di_soft_raster_codes *codes, float light)
{
    uint32_t bits = w3d_bits_f32(light > 1.0f / 8192.0f ? light : 1.0f / 8192.0f);
    uint32_t code = codes->first[(bits >> 16) - (uint32_t)W3DI_SOFT_RASTER_CODES_FIRST];
    return (int32_t)code + (light >= codes->bound[code + 1]);
}

/* Four numbers to codes, clamped to 0..1, NaN as 0; through the tables unless they are NULL. */
W3D_INLINE w3d_i4 w3di_soft_raster_codes_write(const w3di_soft_raster_codes *codes, w3d_f4 value)
{
    value = w3d_f4_min(w3d_f4_max(value, w3d_f4_zero()), w3d_f4_splat(1.0f));
    if (codes) {
        float v[4];
        w3d_f4_store(v, value);
        return w3d_i4_set(w3di_soft_raster_codes_nearest(codes, v[0]),
                          w3di_soft_raster_codes_nearest(codes, v[1]),
                          w3di_soft_raster_codes_nearest(codes, v[2]),
                          w3di_soft_raster_codes_nearest(codes, v[3]));
    }
    return w3d_i4_from_f4(w3d_f4_add(w3d_f4_mul(value, w3d_f4_splat(255.0f)), w3d_f4_splat(0.5f)));
}

/* The numbers that four codes 0..255 stand for. */
W3D_INLINE w3d_f4 w3di_soft_raster_codes_read(const w3di_soft_raster_codes *codes, w3d_i4 code)
{
    if (codes) {
        int32_t c[4];
        w3d_i4_store(c, code);
        return w3d_f4_set(codes->light[c[0]], codes->light[c[1]], codes->light[c[2]],
                          codes->light[c[3]]);
    }
    return w3d_f4_mul(w3d_f4_from_i4(code), w3d_f4_splat(1.0f / 255.0f));
}

/* Four colours as the target keeps them; alpha is never encoded. */
W3D_INLINE w3d_i4 w3di_soft_raster_codes_pack(const w3di_soft_raster_codes *codes,
                                              const w3d_f4 color[4])
{
    w3d_i4 packed = w3di_soft_raster_codes_write(codes, color[0]);
    for (int i = 1; i < 4; i++) {
        w3d_i4 code = w3di_soft_raster_codes_write(i < 3 ? codes : NULL, color[i]);
        packed = w3d_i4_or(packed, w3d_i4_shift_left(code, 8 * i));
    }
    return packed;
}
W3D_INLINE void w3di_soft_raster_codes_unpack(const w3di_soft_raster_codes *codes, w3d_i4 packed,
                                              w3d_f4 color[4])
{
    for (int i = 0; i < 4; i++) {
        w3d_i4 code = w3d_i4_and(w3d_i4_shift_right(packed, 8 * i), w3d_i4_splat(255));
        color[i] = w3di_soft_raster_codes_read(i < 3 ? codes : NULL, code);
    }
}

#endif /* W3D_SOFT_RASTER_CODES_H */
