/* bits.h - counting and turning bits, floats as bits, half floats. */
#ifndef W3D_BITS_H
#define W3D_BITS_H

#include "core/base.h"

/* The bits of a float as an integer and back; no value changes, NaNs included. */
W3D_INLINE uint32_t w3d_bits_f32(float value)
{
    uint32_t bits;
    w3d_copy(&bits, &value, 4);
    return bits;
}
W3D_INLINE uint64_t w3d_bits_f64(double value)
{
    uint64_t bits;
    w3d_copy(&bits, &value, 8);
    return bits;
}
W3D_INLINE float w3d_f32_from_bits(uint32_t bits)
{
    float value;
    w3d_copy(&value, &bits, 4);
    return value;
}
W3D_INLINE double w3d_f64_from_bits(uint64_t bits)
{
    double value;
    w3d_copy(&value, &bits, 8);
    return value;
}

W3D_INLINE int w3d_f32_is_nan(float value)
{
    return (w3d_bits_f32(value) & 0x7FFFFFFFu) > 0x7F800000u;
}
W3D_INLINE int w3d_f32_is_finite(float value)
{
    return (w3d_bits_f32(value) & 0x7F800000u) != 0x7F800000u;
}
W3D_INLINE int w3d_f64_is_finite(double value)
{
    return (w3d_bits_f64(value) >> 52 & 0x7FFu) != 0x7FFu;
}

/* The one NaN that is ever written or hashed: targets differ in the NaN they compute. */
W3D_INLINE float w3d_f32_canonical(float value)
{
    return w3d_f32_is_nan(value) ? w3d_f32_from_bits(0x7FC00000u) : value;
}

W3D_INLINE uint32_t w3d_bits_rotate_left(uint32_t value, unsigned count)
{
    return value << (count & 31u) | value >> ((32u - count) & 31u);
}
W3D_INLINE uint32_t w3d_bits_rotate_right(uint32_t value, unsigned count)
{
    return value >> (count & 31u) | value << ((32u - count) & 31u);
}

/* Zero bits below the lowest set bit; 32 for 0. */
static inline unsigned w3d_bits_trailing_zeros(uint32_t value)
{
#if defined(__GNUC__)
    return value ? (unsigned)__builtin_ctz(value) : 32u;
#else
    unsigned count = 0;
    for (; count < 32u && !(value >> count & 1u); count++) {}
    return count;
#endif
}

/* Zero bits above the highest set bit; 32 for 0. */
static inline unsigned w3d_bits_leading_zeros(uint32_t value)
{
#if defined(__GNUC__)
    return value ? (unsigned)__builtin_clz(value) : 32u;
#else
    unsigned count = 0;
    for (; count < 32u && !(value >> (31u - count) & 1u); count++) {}
    return count;
#endif
}
static inline unsigned w3d_bits_leading_zeros64(uint64_t value)
{
    uint32_t high = (uint32_t)(value >> 32);
    return high ? w3d_bits_leading_zeros(high) : 32u + w3d_bits_leading_zeros((uint32_t)value);
}

/* Set bits of a word. */
static inline unsigned w3d_bits_count(uint32_t value)
{
    value = value - (value >> 1 & 0x55555555u);
    value = (value & 0x33333333u) + (value >> 2 & 0x33333333u);
    value = (value + (value >> 4)) & 0x0F0F0F0Fu;
    return (unsigned)((value * 0x01010101u) >> 24);
}

/* The smallest power of two >= value; 1 for 0, 0 where it would not fit. */
static inline uint32_t w3d_bits_next_power(uint32_t value)
{
    if (value <= 1u) return 1u;
    if (value > 0x80000000u) return 0u;
    return 1u << (32u - w3d_bits_leading_zeros(value - 1u));
}

/* Float to IEEE half, rounded to nearest even; too large becomes infinity, NaN stays a NaN. */
static inline uint16_t w3d_f16_from_f32(float value)
{
    uint32_t bits = w3d_bits_f32(value), sign = bits >> 16 & 0x8000u, rest = bits & 0x7FFFFFFFu;
    if (rest > 0x7F800000u) return (uint16_t)(sign | 0x7E00u);
    if (rest >= 0x477FF000u) return (uint16_t)(sign | 0x7C00u); /* 65520 and above */
    if (rest >= 0x38800000u) {                                  /* normal halves */
        uint32_t odd = rest >> 13 & 1u;
        return (uint16_t)(sign | (rest - 0x38000000u + 0xFFFu + odd) >> 13);
    }
    if (rest < 0x33000000u) return (uint16_t)sign; /* below half of the smallest subnormal */
    uint32_t exponent = rest >> 23, mantissa = (rest & 0x7FFFFFu) | 0x800000u;
    uint32_t shift = 126u - exponent, kept = mantissa >> shift;
    uint32_t lost = mantissa & ((1u << shift) - 1u), half = 1u << (shift - 1u);
    if (lost > half || (lost == half && (kept & 1u))) kept++;
    return (uint16_t)(sign | kept);
}

/* IEEE half to float; exact. */
static inline float w3d_f32_from_f16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u;
    uint32_t mantissa = half & 0x3FFu;
    if (exponent == 31u) return w3d_f32_from_bits(sign | 0x7F800000u | mantissa << 13);
    if (exponent) return w3d_f32_from_bits(sign | (exponent + 112u) << 23 | mantissa << 13);
    float magnitude = (float)mantissa * (1.0f / 16777216.0f);
    return sign ? -magnitude : magnitude;
}

#endif /* W3D_BITS_H */
