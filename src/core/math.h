/* math.h - elementary functions of a float, the same bits on every target.
 *
 *   abs floor ceil round truncate min max clamp lerp        exact
 *   sin cos tan  asin acos atan atan2  exp exp2 log log2 pow   within 0.501 ulp wherever the tests
 *                                                           sample them against libm's doubles
 *   srgb_from_linear linear_from_srgb                       within 1e-6 there and back
 *
 * Each is worked in double with a polynomial good to 1e-13 and rounded once at the end, so that
 * only additions, multiplications, divisions and square roots decide the result; those are the
 * same on every IEEE machine. Angles are radians. A NaN argument gives NaN. Special values are
 * those of C99 Annex F. */
#ifndef W3D_MATH_H
#define W3D_MATH_H

#include "core/bits.h"

#define W3D_PI 3.14159265358979323846f

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

/* ---- exact ---- */

W3D_INLINE float w3d_math_abs(float x) { return w3d_f32_from_bits(w3d_bits_f32(x) & 0x7FFFFFFFu); }

/* min and max give b where either is NaN, like the vector operations in core/simd.h. */
W3D_INLINE float w3d_math_min(float a, float b) { return a < b ? a : b; }
W3D_INLINE float w3d_math_max(float a, float b) { return a > b ? a : b; }

/* x, but at least low and at most high; low for a NaN. */
W3D_INLINE float w3d_math_clamp(float x, float low, float high)
{
    return x > low ? (x < high ? x : high) : low;
}

/* a at t = 0, b at t = 1: both exactly. */
W3D_INLINE float w3d_math_lerp(float a, float b, float t) { return a * (1.0f - t) + b * t; }

/* Towards zero; the sign of zero is kept. */
static inline float w3d_math_truncate(float x)
{
    if (!(w3d_math_abs(x) < 8388608.0f)) return x; /* 2^23: no fraction left; NaN, infinity */
    uint32_t sign = w3d_bits_f32(x) & 0x80000000u;
    return w3d_f32_from_bits(w3d_bits_f32((float)(int32_t)x) | sign);
}
static inline float w3d_math_floor(float x)
{
    float whole = w3d_math_truncate(x);
    return whole > x ? whole - 1.0f : whole;
}
static inline float w3d_math_ceil(float x) { return -w3d_math_floor(-x); }

/* To the nearest whole number, halves away from zero. */
static inline float w3d_math_round(float x)
{
    float whole = w3d_math_truncate(x);
    if (w3d_math_abs(x - whole) < 0.5f || whole == x) return whole;
    return x < 0.0f ? whole - 1.0f : whole + 1.0f;
}

/* ---- sine, cosine, tangent ---- */

/* x = quadrant * pi/2 + the result, which lies in [-pi/4, pi/4]; quadrant is taken mod 4. */
W3D_STRICT double w3di_math_reduce(float x, unsigned *quadrant)
{
    double turned = (double)x * 0.6366197723675814; /* 2/pi */
    if (w3d_math_abs(x) < 16777216.0f) {
        /* Cody and Waite: pi/2 in three parts of 29 bits, so that the products are exact. */
        double n = (double)(int32_t)(turned + (turned < 0.0 ? -0.5 : 0.5));
        *quadrant = (unsigned)(int32_t)n & 3u;
        return (((double)x - n * 1.570796325802803) - n * 9.920935774287987e-10) -
               n * 2.2517417741562176e-18;
    }
    /* Payne and Hanek 1983: x = m * 2^e; the bits of 2/pi that matter start at weight 2^1 / 2^e,
     * and 96 of them leave an error of 2^-70. The table is 2/pi behind one zero bit. */
    static const uint32_t two_over_pi[8] = { 0x517CC1B7u, 0x27220A94u, 0xFE13ABE8u, 0xFA9A6EE0u,
                                             0x6DB14ACCu, 0x9E21C820u, 0xFF28B1D5u, 0u };
    uint32_t bits = w3d_bits_f32(x), word[3];
    uint32_t m = (bits & 0x7FFFFFu) | 0x800000u, start = ((bits >> 23 & 0xFFu) - 151u) & 127u;
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t pair = (uint64_t)two_over_pi[start / 32u + i] << 32;
        if (start / 32u + i < 7u) pair |= two_over_pi[start / 32u + i + 1u];
        word[i] = (uint32_t)(pair << (start & 31u) >> 32);
    }
    uint64_t low = (uint64_t)m * word[2], middle = (uint64_t)m * word[1] + (low >> 32);
    uint64_t top =
        (uint64_t)(uint32_t)(m * word[0] + (uint32_t)(middle >> 32)) << 32 | (uint32_t)middle;
    uint64_t nearest = (top + ((uint64_t)1 << 61)) >> 62;
    double fraction =
        (double)(int64_t)(top - (nearest << 62)) + (double)(uint32_t)low / 4294967296.0;
    double rest = fraction * (1.5707963267948966 / 4611686018427387904.0);
    *quadrant = (unsigned)nearest & 3u;
    if (!(bits >> 31)) return rest;
    *quadrant = (4u - *quadrant) & 3u;
    return -rest;
}

/* Taylor series; on [-pi/4, pi/4] the first term left out is below 1e-14 of the sum. */
W3D_INLINE double w3di_math_sin_series(double r)
{
    double q = r * r;
    double p = 1.0 / 6227020800.0;
    p = p * q - 1.0 / 39916800.0;
    p = p * q + 1.0 / 362880.0;
    p = p * q - 1.0 / 5040.0;
    p = p * q + 1.0 / 120.0;
    p = p * q - 1.0 / 6.0;
    return r + r * q * p;
}
W3D_INLINE double w3di_math_cos_series(double r)
{
    double q = r * r;
    double p = -1.0 / 87178291200.0;
    p = p * q + 1.0 / 479001600.0;
    p = p * q - 1.0 / 3628800.0;
    p = p * q + 1.0 / 40320.0;
    p = p * q - 1.0 / 720.0;
    p = p * q + 1.0 / 24.0;
    p = p * q - 0.5;
    return 1.0 + q * p;
}

/* Range  any finite angle, also large ones, to the same precision; NaN for infinity. */
W3D_STRICT float w3d_math_sin(float x)
{
    unsigned quadrant;
    if (!w3d_f32_is_finite(x)) return x - x;
    if (w3d_math_abs(x) < 1e-4f) /* x - x^3/6: the next term is below 1e-18 of it; keeps -0 */
        return (float)((double)x * (1.0 - (double)x * (double)x / 6.0));
    double r = w3di_math_reduce(x, &quadrant);
    double s = quadrant & 1u ? w3di_math_cos_series(r) : w3di_math_sin_series(r);
    return (float)(quadrant & 2u ? -s : s);
}
W3D_STRICT float w3d_math_cos(float x)
{
    unsigned quadrant;
    if (!w3d_f32_is_finite(x)) return x - x;
    double r = w3di_math_reduce(x, &quadrant);
    double c = quadrant & 1u ? w3di_math_sin_series(r) : w3di_math_cos_series(r);
    return (float)((quadrant + 1u) & 2u ? -c : c);
}
W3D_STRICT float w3d_math_tan(float x)
{
    unsigned quadrant;
    if (!w3d_f32_is_finite(x)) return x - x;
    if (w3d_math_abs(x) < 1e-4f) return (float)((double)x * (1.0 + (double)x * (double)x / 3.0));
    double r = w3di_math_reduce(x, &quadrant);
    double s = w3di_math_sin_series(r), c = w3di_math_cos_series(r);
    return (float)(quadrant & 1u ? -c / s : s / c);
}

/* ---- the inverse functions ---- */

/* The angle of (x, y), for x >= 0, y >= 0, not both 0, in [0, pi/2]. */
W3D_INLINE double w3di_math_angle(double y, double x)
{
    static const double eighths[9] = { /* atan(k / 8) */
                                       0.0,
                                       0.12435499454676144,
                                       0.24497866312686414,
                                       0.35877067027057225,
                                       0.4636476090008061,
                                       0.5585993153435624,
                                       0.6435011087932844,
                                       0.7188299996216245,
                                       0.7853981633974483
    };
    int steep = y > x;
    double t = steep ? x / y : y / x;
    /* atan t = atan c + atan((t - c) / (1 + t c)) with c = k / 8 nearest to t */
    int k = (int)(t * 8.0 + 0.5);
    double c = (double)k * 0.125, u = (t - c) / (1.0 + t * c), q = u * u;
    double p = 1.0 / 13.0;
    p = 1.0 / 11.0 - q * p;
    p = 1.0 / 9.0 - q * p;
    p = 1.0 / 7.0 - q * p;
    p = 1.0 / 5.0 - q * p;
    p = 1.0 / 3.0 - q * p;
    double angle = eighths[k] + (u - u * q * p);
    return steep ? 1.5707963267948966 - angle : angle;
}

/* The angle of the point (x, y) from the +x axis, in [-pi, pi]; a zero's sign counts. */
W3D_STRICT float w3d_math_atan2(float y, float x)
{
    double angle;
    if (w3d_f32_is_nan(x) || w3d_f32_is_nan(y)) return x + y;
    double up = (double)w3d_math_abs(y), along = (double)w3d_math_abs(x);
    if (!w3d_f32_is_finite(x) && !w3d_f32_is_finite(y))
        angle = 0.7853981633974483;
    else if (!w3d_f32_is_finite(y))
        angle = 1.5707963267948966;
    else if (up == 0.0 || !w3d_f32_is_finite(x))
        angle = 0.0;
    else
        angle = w3di_math_angle(up, along);
    if (w3d_bits_f32(x) >> 31) angle = 3.141592653589793 - angle;
    return (float)(w3d_bits_f32(y) >> 31 ? -angle : angle);
}
static inline float w3d_math_atan(float x) { return w3d_math_atan2(x, 1.0f); }

/* Range  NaN outside [-1, 1]. */
W3D_STRICT float w3d_math_asin(float x)
{
    double a = (double)w3d_math_abs(x);
    if (!(a <= 1.0)) return (x - x) / (x - x);
    double angle = w3di_math_angle(a, w3d_sqrt((1.0 - a) * (1.0 + a)));
    return (float)(w3d_bits_f32(x) >> 31 ? -angle : angle);
}
W3D_STRICT float w3d_math_acos(float x)
{
    double a = (double)w3d_math_abs(x);
    if (!(a <= 1.0)) return (x - x) / (x - x);
    double angle = w3di_math_angle(w3d_sqrt((1.0 - a) * (1.0 + a)), a);
    return (float)(w3d_bits_f32(x) >> 31 ? 3.141592653589793 - angle : angle);
}

/* ---- powers and logarithms ---- */

/* 2^power as a float, for any power; 0 and infinity where it leaves a float's range. */
W3D_STRICT float w3di_math_exp2_double(double power)
{
    if (!(power < 128.0)) return w3d_f32_from_bits(0x7F800000u);
    if (power < -150.0) return 0.0f;
    double n = (double)(int32_t)(power + (power < 0.0 ? -0.5 : 0.5));
    double r = (power - n) * 0.6931471805599453; /* within +-0.347; Taylor to r^12 */
    double p = 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    double result = p * w3d_f64_from_bits((uint64_t)(1023 + (int64_t)n) << 52);
    return result > 3.4028235677973366e38 ? w3d_f32_from_bits(0x7F800000u) : (float)result;
}

/* The logarithm to base 2 of a positive finite number. */
W3D_STRICT double w3di_math_log2_double(double x)
{
    uint64_t bits = w3d_bits_f64(x);
    /* x = m * 2^e with m in [sqrt(1/2), sqrt(2)) */
    uint64_t shifted = bits + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu);
    int e = (int)(shifted >> 52) - 1023;
    double m = w3d_f64_from_bits(bits - ((uint64_t)(int64_t)e << 52));
    /* log m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.172 */
    double s = (m - 1.0) / (m + 1.0), q = s * s;
    double p = 1.0 / 17.0;
    p = p * q + 1.0 / 15.0;
    p = p * q + 1.0 / 13.0;
    p = p * q + 1.0 / 11.0;
    p = p * q + 1.0 / 9.0;
    p = p * q + 1.0 / 7.0;
    p = p * q + 1.0 / 5.0;
    p = p * q + 1.0 / 3.0;
    return (double)e + 2.885390081777927 * (s + s * q * p); /* 2 / ln 2 */
}

static inline float w3d_math_exp2(float x)
{
    return w3d_f32_is_nan(x) ? x : w3di_math_exp2_double((double)x);
}
static inline float w3d_math_exp(float x)
{
    return w3d_f32_is_nan(x) ? x : w3di_math_exp2_double((double)x * 1.4426950408889634);
}

/* Range  minus infinity at 0, NaN below. */
static inline float w3d_math_log2(float x)
{
    if (w3d_f32_is_nan(x) || x == w3d_f32_from_bits(0x7F800000u)) return x;
    if (x == 0.0f) return w3d_f32_from_bits(0xFF800000u);
    if (x < 0.0f) return w3d_f32_from_bits(0x7FC00000u);
    return (float)w3di_math_log2_double((double)x);
}
static inline float w3d_math_log(float x)
{
    if (!(x > 0.0f) || !w3d_f32_is_finite(x)) return w3d_math_log2(x);
    return (float)(w3di_math_log2_double((double)x) * 0.6931471805599453);
}

/* x to the power y. */
W3D_STRICT float w3d_math_pow(float x, float y)
{
    if (x == 1.0f || y == 0.0f) return 1.0f;
    if (w3d_f32_is_nan(x) || w3d_f32_is_nan(y)) return x + y;
    float magnitude = w3d_math_abs(x);
    /* Above 2^24 every float is an even whole number. */
    int whole = w3d_math_truncate(y) == y;
    int odd = whole && w3d_math_abs(y) < 16777216.0f && ((int32_t)y & 1);
    int negative = (int)(w3d_bits_f32(x) >> 31);
    float result;
    if (!w3d_f32_is_finite(y)) {
        if (magnitude == 1.0f) return 1.0f;
        return (magnitude > 1.0f) == (y > 0.0f) ? w3d_f32_from_bits(0x7F800000u) : 0.0f;
    }
    if (magnitude == 0.0f || !w3d_f32_is_finite(x))
        result = (magnitude == 0.0f) == (y < 0.0f) ? w3d_f32_from_bits(0x7F800000u) : 0.0f;
    else if (negative && !whole)
        return w3d_f32_from_bits(0x7FC00000u);
    else
        result = w3di_math_exp2_double((double)y * w3di_math_log2_double((double)magnitude));
    return negative && odd ? -result : result;
}

/* ---- the sRGB transfer curve ---- */

/* Between light and its sRGB code, both 0..1; below 0 the linear part goes on, above 1 the curve.
 * Source: IEC 61966-2-1. */
W3D_STRICT float w3d_math_srgb_from_linear(float light)
{
    if (!(light > 0.0031308f)) return light * 12.92f;
    return 1.055f * w3d_math_pow(light, 1.0f / 2.4f) - 0.055f;
}
W3D_STRICT float w3d_math_linear_from_srgb(float code)
{
    if (!(code > 0.04045f)) return code / 12.92f;
    return w3d_math_pow((code + 0.055f) / 1.055f, 2.4f);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MATH_H */
