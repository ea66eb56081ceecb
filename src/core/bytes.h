/* bytes.h - little-endian numbers at any address: no aliasing, no alignment. */
#ifndef W3D_BYTES_H
#define W3D_BYTES_H

#include "core/base.h"

W3D_INLINE uint16_t w3d_load_u16(const void *src)
{
    uint16_t v;
    w3d_copy(&v, src, 2);
    return v;
}
W3D_INLINE uint32_t w3d_load_u32(const void *src)
{
    uint32_t v;
    w3d_copy(&v, src, 4);
    return v;
}
W3D_INLINE uint64_t w3d_load_u64(const void *src)
{
    uint64_t v;
    w3d_copy(&v, src, 8);
    return v;
}
W3D_INLINE int64_t w3d_load_i64(const void *src)
{
    int64_t v;
    w3d_copy(&v, src, 8);
    return v;
}
W3D_INLINE float w3d_load_f32(const void *src)
{
    float v;
    w3d_copy(&v, src, 4);
    return v;
}
W3D_INLINE double w3d_load_f64(const void *src)
{
    double v;
    w3d_copy(&v, src, 8);
    return v;
}

W3D_INLINE void w3d_store_u16(void *dst, uint16_t value) { w3d_copy(dst, &value, 2); }
W3D_INLINE void w3d_store_u32(void *dst, uint32_t value) { w3d_copy(dst, &value, 4); }
W3D_INLINE void w3d_store_u64(void *dst, uint64_t value) { w3d_copy(dst, &value, 8); }
W3D_INLINE void w3d_store_i64(void *dst, int64_t value) { w3d_copy(dst, &value, 8); }
W3D_INLINE void w3d_store_f32(void *dst, float value) { w3d_copy(dst, &value, 4); }
W3D_INLINE void w3d_store_f64(void *dst, double value) { w3d_copy(dst, &value, 8); }

/* Big-endian, for formats that want it (PNG, SHA-256). */
W3D_INLINE uint32_t w3d_load_u32_big(const void *src)
{
    const unsigned char *p = (const unsigned char *)src;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
W3D_INLINE void w3d_store_u32_big(void *dst, uint32_t value)
{
    unsigned char *p = (unsigned char *)dst;
    p[0] = (unsigned char)(value >> 24);
    p[1] = (unsigned char)(value >> 16);
    p[2] = (unsigned char)(value >> 8);
    p[3] = (unsigned char)value;
}

#endif /* W3D_BYTES_H */
