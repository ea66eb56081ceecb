/* bjson_copy.h - copies elements of arrays while making every NaN the canonical one; private.
 *
 * Large arrays go around the caches where the target can do that: a store that first reads the line
 * it is about to overwrite moves three bytes for every two. */
#ifndef W3D_BJSON_COPY_H
#define W3D_BJSON_COPY_H

#include "core/bytes.h"
#include "core/simd.h"
#include "pack/crc32c.h"
#include "scene/bjson.h"

/* From this size on an array is written around the caches. */
#define W3DI_BJSON_COPY_LARGE ((size_t)1 << 20)

static inline uint32_t w3di_bjson_copy_canonical_f32(uint32_t bits)
{
    return (bits & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FC00000u : bits;
}

static inline uint64_t w3di_bjson_copy_canonical_f64(uint64_t bits)
{
    return (bits & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u ? 0x7FF8000000000000u : bits;
}

/* Four floats with their NaNs made canonical. */
W3D_INLINE w3d_f4 w3di_bjson_copy_f4(const float *from)
{
    w3d_f4 value = w3d_f4_load(from);
    w3d_f4 nan = w3d_f4_splat(w3d_f32_from_bits(0x7FC00000u));
    return w3d_f4_select(w3d_f4_equal(value, value), value, nan);
}

static inline void w3di_bjson_copy_f32(unsigned char *dst, const unsigned char *src, size_t count)
{
    size_t i = 0;
    /* Streaming stores want a multiple of 16, which large arrays have in a block that has it. */
    if (count >= W3DI_BJSON_COPY_LARGE / 4 && ((uintptr_t)dst & 15u) == 0) {
        for (; count - i >= 16; i += 16) {
            const float *from = (const float *)(const void *)(src + i * 4);
            float *to = (float *)(void *)(dst + i * 4);
            w3d_f4 a = w3di_bjson_copy_f4(from), b = w3di_bjson_copy_f4(from + 4);
            w3d_f4 c = w3di_bjson_copy_f4(from + 8), d = w3di_bjson_copy_f4(from + 12);
            w3d_f4_stream(to, a);
            w3d_f4_stream(to + 4, b);
            w3d_f4_stream(to + 8, c);
            w3d_f4_stream(to + 12, d);
        }
        w3d_stream_fence();
    }
    for (; count - i >= 4; i += 4)
        w3d_f4_store((float *)(void *)(dst + i * 4),
                     w3di_bjson_copy_f4((const float *)(const void *)(src + i * 4)));
    for (; i < count; i++)
        w3d_store_u32(dst + i * 4, w3di_bjson_copy_canonical_f32(w3d_load_u32(src + i * 4)));
}

/* Copies elements that are no references; NaNs become canonical. Any alignment. */
static inline void w3di_bjson_copy(unsigned char *dst, const unsigned char *src, uint32_t subtype,
                                   size_t size)
{
    switch (subtype) {
    case W3D_BJSON_SUB_F32: w3di_bjson_copy_f32(dst, src, size / 4); break;
    case W3D_BJSON_SUB_F64:
        for (size_t i = 0; i < size; i += 8)
            w3d_store_u64(dst + i, w3di_bjson_copy_canonical_f64(w3d_load_u64(src + i)));
        break;
    case W3D_BJSON_SUB_F16:
        for (size_t i = 0; i < size; i += 2) {
            uint16_t bits = w3d_load_u16(src + i);
            w3d_store_u16(dst + i, (bits & 0x7FFFu) > 0x7C00u ? (uint16_t)0x7E00u : bits);
        }
        break;
    default: w3d_copy(dst, src, size);
    }
}

static inline int w3di_bjson_copy_is_float(uint32_t subtype)
{
    return subtype >= W3D_BJSON_SUB_F16 && subtype <= W3D_BJSON_SUB_F64;
}

/* 1 where one of the elements is a NaN. */
static inline int w3di_bjson_copy_has_nan(const unsigned char *src, uint32_t subtype, size_t size)
{
    size_t i = 0;
    uint32_t found = 0;
    switch (subtype) {
    case W3D_BJSON_SUB_F32:
        for (; size - i >= 64; i += 64) {
            const float *from = (const float *)(const void *)(src + i);
            w3d_f4 a = w3d_f4_load(from), b = w3d_f4_load(from + 4);
            w3d_f4 c = w3d_f4_load(from + 8), d = w3d_f4_load(from + 12);
            a = w3d_f4_and(w3d_f4_equal(a, a), w3d_f4_equal(b, b));
            c = w3d_f4_and(w3d_f4_equal(c, c), w3d_f4_equal(d, d));
            if (w3d_f4_mask(w3d_f4_and(a, c)) != 15) return 1;
        }
        for (; i < size; i += 4) found |= (w3d_load_u32(src + i) & 0x7FFFFFFFu) > 0x7F800000u;
        break;
    case W3D_BJSON_SUB_F64:
        for (; i < size; i += 8)
            found |= (w3d_load_u64(src + i) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
        break;
    case W3D_BJSON_SUB_F16:
        for (; i < size; i += 2) found |= (w3d_load_u16(src + i) & 0x7FFFu) > 0x7C00u;
        break;
    default: break;
    }
    return (int)found;
}

/* Copies bytes around the caches where that is possible. As floats only where they are not looked
 * at: old processors change signalling NaNs when they load them. */
static inline void w3di_bjson_copy_stream(unsigned char *dst, const unsigned char *src, size_t size)
{
    size_t i = 0;
    if (W3D_SIMD_STREAM && ((uintptr_t)dst & 15u) == 0) {
        for (; size - i >= 64; i += 64) {
            const float *from = (const float *)(const void *)(src + i);
            float *to = (float *)(void *)(dst + i);
            w3d_f4 a = w3d_f4_load(from), b = w3d_f4_load(from + 4);
            w3d_f4 c = w3d_f4_load(from + 8), d = w3d_f4_load(from + 12);
            w3d_f4_stream(to, a);
            w3d_f4_stream(to + 4, b);
            w3d_f4_stream(to + 8, c);
            w3d_f4_stream(to + 12, d);
        }
        w3d_stream_fence();
    }
    w3d_copy(dst + i, src + i, size - i);
}

/* w3di_bjson_copy of a large array, and the crc32c of what was written, `crc` being that of what
 * came before: by blocks that stay in the first cache while they are looked at three times. */
static inline uint32_t w3di_bjson_copy_summed(unsigned char *dst, const unsigned char *src,
                                              uint32_t subtype, size_t size, uint32_t crc)
{
    for (size_t at = 0, step; at < size; at += step) {
        step = size - at < 16384 ? size - at : 16384;
        if (w3di_bjson_copy_has_nan(src + at, subtype, step)) {
            w3di_bjson_copy(dst + at, src + at, subtype, step);
            crc = w3d_crc32c(crc, dst + at, step);
        } else {
            crc = w3d_crc32c(crc, src + at, step);
            w3di_bjson_copy_stream(dst + at, src + at, step);
        }
    }
    return crc;
}

#undef W3DI_BJSON_COPY_LARGE

#endif /* W3D_BJSON_COPY_H */
