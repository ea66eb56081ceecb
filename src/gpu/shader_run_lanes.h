/* shader_run_lanes.h - what operations do to lanes, where that takes more than a line; private.
 *
 * Float code: include it between the lines that forbid contraction (shader_run.c). */
#ifndef W3D_SHADER_RUN_LANES_H
#define W3D_SHADER_RUN_LANES_H

#include "core/math.h"
#include "gpu/shader_code.h"

/* ---- four lanes ---- */

W3D_INLINE w3d_f4 w3di_run_sign_bit(w3d_f4 x) { return w3d_f4_and(x, w3d_f4_splat(-0.0f)); }

/* From 2^23 on there is no fraction; NaN and infinity stay too. */
W3D_INLINE w3d_f4 w3di_run_truncate(w3d_f4 x)
{
    w3d_f4 whole = w3d_f4_or(w3d_f4_from_i4(w3d_i4_from_f4(x)), w3di_run_sign_bit(x));
    return w3d_f4_select(w3d_f4_less(w3d_f4_abs(x), w3d_f4_splat(8388608.0f)), whole, x);
}
W3D_INLINE w3d_f4 w3di_run_floor(w3d_f4 x)
{
    w3d_f4 whole = w3di_run_truncate(x);
    return w3d_f4_select(w3d_f4_less(x, whole), w3d_f4_sub(whole, w3d_f4_splat(1.0f)), whole);
}
W3D_INLINE w3d_f4 w3di_run_ceil(w3d_f4 x)
{
    return w3d_f4_negate(w3di_run_floor(w3d_f4_negate(x)));
}
/* Halves to even: adding 2^23 leaves no room for a fraction. */
W3D_INLINE w3d_f4 w3di_run_round(w3d_f4 x)
{
    w3d_f4 large = w3d_f4_splat(8388608.0f), size = w3d_f4_abs(x);
    w3d_f4 whole = w3d_f4_sub(w3d_f4_add(size, large), large);
    return w3d_f4_select(w3d_f4_less(size, large), w3d_f4_or(whole, w3di_run_sign_bit(x)), x);
}
W3D_INLINE w3d_f4 w3di_run_sign(w3d_f4 x)
{
    w3d_f4 one = w3d_f4_splat(1.0f), zero = w3d_f4_zero();
    return w3d_f4_sub(w3d_f4_and(w3d_f4_less(zero, x), one), w3d_f4_and(w3d_f4_less(x, zero), one));
}
/* max(low, min) as WGSL writes it: low where x is NaN. */
W3D_INLINE w3d_f4 w3di_run_clamp(w3d_f4 x, w3d_f4 low, w3d_f4 high)
{
    return w3d_f4_min(w3d_f4_max(x, low), high);
}
W3D_INLINE w3d_f4 w3di_run_mix(w3d_f4 a, w3d_f4 b, w3d_f4 t)
{
    return w3d_f4_add(w3d_f4_mul(a, w3d_f4_sub(w3d_f4_splat(1.0f), t)), w3d_f4_mul(b, t));
}
W3D_INLINE w3d_i4 w3di_run_not(w3d_i4 a) { return w3d_i4_xor(a, w3d_i4_splat(-1)); }
W3D_INLINE w3d_i4 w3di_run_u_less(w3d_i4 a, w3d_i4 b)
{
    w3d_i4 top = w3d_i4_splat(INT32_MIN);
    return w3d_i4_less(w3d_i4_xor(a, top), w3d_i4_xor(b, top));
}
/* A quad's lanes: top left, top right, bottom left, bottom right. */
W3D_INLINE w3d_f4 w3di_run_dpdx(w3d_f4 q)
{
    w3d_f4 left = w3d_f4_zip_low(q, q), right = w3d_f4_zip_high(q, q); /* a a b b, c c d d */
    w3d_f4 top = w3d_f4_sub(w3d_f4_high_high(left, left), left);       /* b-a b-a b-b b-b */
    w3d_f4 bottom = w3d_f4_sub(w3d_f4_high_high(right, right), right);
    return w3d_f4_low_low(top, bottom);
}
W3D_INLINE w3d_f4 w3di_run_dpdy(w3d_f4 q)
{
    w3d_f4 down = w3d_f4_sub(w3d_f4_high_high(q, q), q); /* c-a d-b . . */
    return w3d_f4_low_low(down, down);
}

/* ---- a lane ---- */

static inline uint32_t w3di_run_u_of_float(float x)
{
    return !(x > 0.0f) ? 0u : x >= 4294967296.0f ? 0xFFFFFFFFu : (uint32_t)x;
}

/* WGSL 8.7: x / 0 is x, x % 0 is 0, and so with the least number and -1. */
static inline uint32_t w3di_run_divide(uint32_t op, uint32_t a, uint32_t b)
{
    int32_t s = (int32_t)a, t = (int32_t)b;
    switch (op) {
    case W3DI_CODE_I_DIVIDE:
        return !b || (a == 0x80000000u && b == 0xFFFFFFFFu) ? a : (uint32_t)(s / t);
    case W3DI_CODE_U_DIVIDE: return b ? a / b : a;
    case W3DI_CODE_I_REMAINDER:
        return !b || (a == 0x80000000u && b == 0xFFFFFFFFu) ? 0 : (uint32_t)(s % t);
    default: return b ? a % b : 0;
    }
}

static inline uint32_t w3di_run_shift_signed(uint32_t a, uint32_t n)
{
    return a >> 31 ? ~(~a >> n) : a >> n;
}

static inline uint32_t w3di_run_reverse(uint32_t x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0F0F0F0Fu) | (x & 0x0F0F0F0Fu) << 4;
    x = (x >> 8 & 0x00FF00FFu) | (x & 0x00FF00FFu) << 8;
    return x >> 16 | x << 16;
}

/* Bits offset .. offset + count, both cut to the word. */
static inline uint32_t w3di_run_extract(uint32_t x, uint32_t offset, uint32_t count, int is_signed)
{
    offset = offset < 32 ? offset : 32;
    count = count < 32 - offset ? count : 32 - offset;
    if (!count) return 0;
    x <<= 32 - offset - count;
    return is_signed ? w3di_run_shift_signed(x, 32 - count) : x >> (32 - count);
}
static inline uint32_t w3di_run_insert(uint32_t x, uint32_t bits, uint32_t offset, uint32_t count)
{
    offset = offset < 32 ? offset : 32;
    count = count < 32 - offset ? count : 32 - offset;
    if (!count) return x;
    uint32_t mask = (count == 32 ? 0xFFFFFFFFu : (1u << count) - 1u) << offset;
    return (x & ~mask) | (bits << offset & mask);
}

static inline uint32_t w3di_run_unit(float x, float low, float scale, uint32_t mask)
{
    x = x > low ? (x < 1.0f ? x : 1.0f) : low; /* NaN is low */
    return (uint32_t)(int32_t)w3d_math_floor(0.5f + scale * x) & mask;
}

static inline uint32_t w3di_run_pack(uint32_t call, float x, float y, float z, float w)
{
    switch (call) {
    case W3DI_SHADER_CALL_PACK_2X16_FLOAT:
        return w3d_f16_from_f32(x) | (uint32_t)w3d_f16_from_f32(y) << 16;
    case W3DI_SHADER_CALL_PACK_2X16_UNORM:
        return w3di_run_unit(x, 0.0f, 65535.0f, 0xFFFF) | w3di_run_unit(y, 0.0f, 65535.0f, 0xFFFF)
                                                              << 16;
    case W3DI_SHADER_CALL_PACK_2X16_SNORM:
        return w3di_run_unit(x, -1.0f, 32767.0f, 0xFFFF) | w3di_run_unit(y, -1.0f, 32767.0f, 0xFFFF)
                                                               << 16;
    case W3DI_SHADER_CALL_PACK_4X8_UNORM:
        return w3di_run_unit(x, 0.0f, 255.0f, 255) | w3di_run_unit(y, 0.0f, 255.0f, 255) << 8 |
               w3di_run_unit(z, 0.0f, 255.0f, 255) << 16 |
               w3di_run_unit(w, 0.0f, 255.0f, 255) << 24;
    default:
        return w3di_run_unit(x, -1.0f, 127.0f, 255) | w3di_run_unit(y, -1.0f, 127.0f, 255) << 8 |
               w3di_run_unit(z, -1.0f, 127.0f, 255) << 16 |
               w3di_run_unit(w, -1.0f, 127.0f, 255) << 24;
    }
}

static inline float w3di_run_unpack(uint32_t call, uint32_t bits, uint32_t i)
{
    uint32_t half = bits >> (16 * (i & 1)) & 0xFFFFu, byte = bits >> (8 * i) & 255u;
    float x;
    switch (call) {
    case W3DI_SHADER_CALL_UNPACK_2X16_FLOAT: return w3d_f32_from_f16((uint16_t)half);
    case W3DI_SHADER_CALL_UNPACK_2X16_UNORM: return (float)half / 65535.0f;
    case W3DI_SHADER_CALL_UNPACK_2X16_SNORM:
        x = (float)((int32_t)(half ^ 0x8000u) - 0x8000) / 32767.0f;
        return x > -1.0f ? x : -1.0f;
    case W3DI_SHADER_CALL_UNPACK_4X8_UNORM: return (float)byte / 255.0f;
    default: x = (float)((int32_t)(byte ^ 0x80u) - 0x80) / 127.0f; return x > -1.0f ? x : -1.0f;
    }
}

/* sinh and tanh: a series where the difference of powers would cancel. */
static inline float w3di_run_sinh(float x)
{
    if (w3d_math_abs(x) < 0.5f) {
        double d = (double)x, q = d * d;
        return (float)(d * (1.0 + q * (1.0 / 6.0 +
                                       q * (1.0 / 120.0 + q * (1.0 / 5040.0 + q / 362880.0)))));
    }
    double up =
        (double)w3d_math_exp(w3d_math_abs(x) * 0.5f); /* squared: it may pass float's range */
    double size = 0.5 * (up * up - 1.0 / (up * up));
    float result = size > 3.4028235677973366e38 ? w3d_f32_from_bits(0x7F800000u) : (float)size;
    return x < 0.0f ? -result : result;
}
static inline float w3di_run_cosh(float x)
{
    double up = (double)w3d_math_exp(w3d_math_abs(x) * 0.5f);
    double size = 0.5 * (up * up + 1.0 / (up * up));
    return size > 3.4028235677973366e38 ? w3d_f32_from_bits(0x7F800000u) : (float)size;
}
static inline float w3di_run_tanh(float x)
{
    double q = (double)x * (double)x;
    if (w3d_math_abs(x) < 0.5f)
        return (
            float)((double)x *
                   (1.0 + q * (1.0 / 6.0 + q * (1.0 / 120.0 + q * (1.0 / 5040.0 + q / 362880.0)))) /
                   (1.0 + q * (0.5 + q * (1.0 / 24.0 + q * (1.0 / 720.0 + q / 40320.0)))));
    double up = (double)w3d_math_exp(2.0f * w3d_math_abs(x));
    float result = (float)(1.0 - 2.0 / (up + 1.0));
    return x < 0.0f ? -result : x > 0.0f ? result : x;
}

/* The functions of one number. */
static inline void w3di_run_function(uint32_t call, w3d_shader_lanes *out,
                                     const w3d_shader_lanes *in)
{
#define W3DI_RUN_CASE(name, value)                                                                 \
    case W3DI_SHADER_CALL_##name:                                                                  \
        for (int l = 0; l < W3D_SHADER_LANES; l++) out->x[l] = value;                              \
        break
#define W3DI_RUN_CASE_U(name, value)                                                               \
    case W3DI_SHADER_CALL_##name:                                                                  \
        for (int l = 0; l < W3D_SHADER_LANES; l++) out->u[l] = value;                              \
        break
    switch (call) {
        W3DI_RUN_CASE(SIN, w3d_math_sin(in->x[l]));
        W3DI_RUN_CASE(COS, w3d_math_cos(in->x[l]));
        W3DI_RUN_CASE(TAN, w3d_math_tan(in->x[l]));
        W3DI_RUN_CASE(ASIN, w3d_math_asin(in->x[l]));
        W3DI_RUN_CASE(ACOS, w3d_math_acos(in->x[l]));
        W3DI_RUN_CASE(ATAN, w3d_math_atan(in->x[l]));
        W3DI_RUN_CASE(SINH, w3di_run_sinh(in->x[l]));
        W3DI_RUN_CASE(COSH, w3di_run_cosh(in->x[l]));
        W3DI_RUN_CASE(TANH, w3di_run_tanh(in->x[l]));
        W3DI_RUN_CASE(EXP, w3d_math_exp(in->x[l]));
        W3DI_RUN_CASE(EXP2, w3d_math_exp2(in->x[l]));
        W3DI_RUN_CASE(LOG, w3d_math_log(in->x[l]));
        W3DI_RUN_CASE(LOG2, w3d_math_log2(in->x[l]));
        W3DI_RUN_CASE_U(COUNT_ONE_BITS, w3d_bits_count(in->u[l]));
        W3DI_RUN_CASE_U(REVERSE_BITS, w3di_run_reverse(in->u[l]));
        W3DI_RUN_CASE_U(FIRST_LEADING_BIT, 31u - w3d_bits_leading_zeros(in->u[l]));
        W3DI_RUN_CASE_U(FIRST_TRAILING_BIT,
                        in->u[l] ? w3d_bits_trailing_zeros(in->u[l]) : 0xFFFFFFFFu);
    default: w3d_fill(out, 0, sizeof *out); break;
    }
#undef W3DI_RUN_CASE
#undef W3DI_RUN_CASE_U
}

#endif /* W3D_SHADER_RUN_LANES_H */
