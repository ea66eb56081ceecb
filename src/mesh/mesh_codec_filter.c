/* mesh_codec_filter.c - four rows at a time; the last few are padded into the same code.
 *
 * Octahedral vectors and quaternions are scaled once, at the end: the components stay whole
 * numbers, exact in float, until the one division by the length. */
#include "mesh/mesh_codec_filter.h"
#include "core/simd_bytes.h"

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

#define W3DI_MESH_CODEC_FILTER_COMPONENTS 64

/* Four rows of four whole numbers, a component in each. */
typedef struct w3di_mesh_codec_filter_rows {
    w3d_i4 x, y, z, w;
} w3di_mesh_codec_filter_rows;

/* ---- rows in and out ---- */

W3D_INLINE w3d_i4 w3di_mesh_codec_filter_zip_low(w3d_i4 a, w3d_i4 b)
{
    return w3d_i4_bits_b16(w3d_b16_zip32_low(w3d_b16_bits_i4(a), w3d_b16_bits_i4(b)));
}
W3D_INLINE w3d_i4 w3di_mesh_codec_filter_zip_high(w3d_i4 a, w3d_i4 b)
{
    return w3d_i4_bits_b16(w3d_b16_zip32_high(w3d_b16_bits_i4(a), w3d_b16_bits_i4(b)));
}

/* Bits [from, from + size) of each lane as a signed number. */
W3D_INLINE w3d_i4 w3di_mesh_codec_filter_field(w3d_i4 v, int from, int size)
{
    return w3d_i4_shift_right_signed(w3d_i4_shift_left(v, 32 - from - size), 32 - size);
}

W3D_INLINE w3di_mesh_codec_filter_rows w3di_mesh_codec_filter_load(const uint8_t *rows,
                                                                   uint32_t stride)
{
    w3di_mesh_codec_filter_rows r;
    w3d_i4 a = w3d_i4_bits_b16(w3d_b16_load(rows));
    if (stride == 4) {
        r.x = w3di_mesh_codec_filter_field(a, 0, 8);
        r.y = w3di_mesh_codec_filter_field(a, 8, 8);
        r.z = w3di_mesh_codec_filter_field(a, 16, 8);
        r.w = w3d_i4_shift_right_signed(a, 24);
    } else {
        w3d_i4 b = w3d_i4_bits_b16(w3d_b16_load(rows + 16));
        w3d_i4 low = w3di_mesh_codec_filter_zip_low(a, b);
        w3d_i4 high = w3di_mesh_codec_filter_zip_high(a, b);
        w3d_i4 xy = w3di_mesh_codec_filter_zip_low(low, high);
        w3d_i4 zw = w3di_mesh_codec_filter_zip_high(low, high);
        r.x = w3di_mesh_codec_filter_field(xy, 0, 16);
        r.y = w3d_i4_shift_right_signed(xy, 16);
        r.z = w3di_mesh_codec_filter_field(zw, 0, 16);
        r.w = w3d_i4_shift_right_signed(zw, 16);
    }
    return r;
}

W3D_INLINE void w3di_mesh_codec_filter_store(uint8_t *rows, uint32_t stride,
                                             w3di_mesh_codec_filter_rows r)
{
    if (stride == 4) {
        w3d_i4 low = w3d_i4_splat(255), word;
        word = w3d_i4_or(w3d_i4_and(r.x, low), w3d_i4_shift_left(w3d_i4_and(r.y, low), 8));
        word = w3d_i4_or(word, w3d_i4_shift_left(w3d_i4_and(r.z, low), 16));
        word = w3d_i4_or(word, w3d_i4_shift_left(r.w, 24));
        w3d_b16_store(rows, w3d_b16_bits_i4(word));
    } else {
        w3d_i4 low = w3d_i4_splat(0xFFFF);
        w3d_i4 xy = w3d_i4_or(w3d_i4_and(r.x, low), w3d_i4_shift_left(r.y, 16));
        w3d_i4 zw = w3d_i4_or(w3d_i4_and(r.z, low), w3d_i4_shift_left(r.w, 16));
        w3d_b16_store(rows, w3d_b16_bits_i4(w3di_mesh_codec_filter_zip_low(xy, zw)));
        w3d_b16_store(rows + 16, w3d_b16_bits_i4(w3di_mesh_codec_filter_zip_high(xy, zw)));
    }
}

/* The nearest whole number, halves to even, in the low 16 bits: for values within 2^22 the sum's
 * mantissa is the number. */
W3D_INLINE w3d_i4 w3di_mesh_codec_filter_round(w3d_f4 v)
{
    return w3d_i4_bits_f4(w3d_f4_add(v, w3d_f4_splat(12582912.0f))); /* 1.5 * 2^23 */
}

W3D_INLINE w3d_f4 w3di_mesh_codec_filter_clamp(w3d_f4 v, float low, float high)
{
    return w3d_f4_max(w3d_f4_min(v, w3d_f4_splat(high)), w3d_f4_splat(low));
}

/* ---- decoding four rows ---- */

W3D_INLINE void w3di_mesh_codec_filter_octahedral(uint8_t *rows, uint32_t stride)
{
    w3di_mesh_codec_filter_rows r = w3di_mesh_codec_filter_load(rows, stride);
    w3d_f4 x = w3d_f4_from_i4(r.x), y = w3d_f4_from_i4(r.y), one = w3d_f4_from_i4(r.z);
    w3d_f4 sign = w3d_f4_splat(-0.0f), zero = w3d_f4_zero();
    w3d_f4 z = w3d_f4_sub(w3d_f4_sub(one, w3d_f4_abs(x)), w3d_f4_abs(y));
    /* Below the equator x and y are folded over: by as much as z is below 0, through 0. */
    w3d_f4 fold = w3d_f4_min(z, zero);
    x = w3d_f4_add(x, w3d_f4_xor(fold, w3d_f4_and(x, sign)));
    y = w3d_f4_add(y, w3d_f4_xor(fold, w3d_f4_and(y, sign)));
    w3d_f4 square = w3d_f4_add(w3d_f4_add(w3d_f4_mul(x, x), w3d_f4_mul(y, y)), w3d_f4_mul(z, z));
    w3d_f4 most = w3d_f4_splat(stride == 4 ? 127.0f : 32767.0f);
    w3d_f4 scale = w3d_f4_div(most, w3d_f4_sqrt(w3d_f4_max(square, w3d_f4_splat(1.0f))));
    r.x = w3di_mesh_codec_filter_round(w3d_f4_mul(x, scale));
    r.y = w3di_mesh_codec_filter_round(w3d_f4_mul(y, scale));
    r.z = w3di_mesh_codec_filter_round(w3d_f4_mul(z, scale));
    w3di_mesh_codec_filter_store(rows, stride, r);
}

W3D_INLINE void w3di_mesh_codec_filter_quaternion(uint8_t *rows)
{
    w3di_mesh_codec_filter_rows r = w3di_mesh_codec_filter_load(rows, 8);
    w3d_f4 x = w3d_f4_from_i4(r.x), y = w3d_f4_from_i4(r.y), z = w3d_f4_from_i4(r.z);
    w3d_f4 one = w3d_f4_from_i4(w3d_i4_or(r.w, w3d_i4_splat(3)));
    w3d_f4 scale = w3d_f4_div(w3d_f4_splat(23169.767f), one); /* 32767 / sqrt(2) */
    w3d_f4 all = w3d_f4_mul(one, one);
    w3d_f4 square = w3d_f4_add(w3d_f4_add(w3d_f4_mul(x, x), w3d_f4_mul(y, y)), w3d_f4_mul(z, z));
    w3d_f4 w = w3d_f4_sub(w3d_f4_add(all, all), square);
    w = w3d_f4_mul(w3d_f4_sqrt(w3d_f4_max(w, w3d_f4_zero())), w3d_f4_abs(scale));
    w3d_i4 at[4], low = w3d_i4_splat(0xFFFF), wx, yz;
    at[0] = w3di_mesh_codec_filter_round(w3di_mesh_codec_filter_clamp(w, 0.0f, 32767.0f));
    at[1] = w3di_mesh_codec_filter_round(
        w3di_mesh_codec_filter_clamp(w3d_f4_mul(x, scale), -32767.0f, 32767.0f));
    at[2] = w3di_mesh_codec_filter_round(
        w3di_mesh_codec_filter_clamp(w3d_f4_mul(y, scale), -32767.0f, 32767.0f));
    at[3] = w3di_mesh_codec_filter_round(
        w3di_mesh_codec_filter_clamp(w3d_f4_mul(z, scale), -32767.0f, 32767.0f));
    wx = w3d_i4_or(w3d_i4_and(at[0], low), w3d_i4_shift_left(at[1], 16));
    yz = w3d_i4_or(w3d_i4_and(at[2], low), w3d_i4_shift_left(at[3], 16));
    /* w stands first; turning the row puts it where it was left out. */
    uint64_t row[4];
    unsigned turn[4];
    for (unsigned k = 0; k < 4; k++) turn[k] = (w3d_load_u16(rows + 8 * k + 6) & 3u) * 16u;
    w3d_b16_store(row, w3d_b16_bits_i4(w3di_mesh_codec_filter_zip_low(wx, yz)));
    w3d_b16_store(row + 2, w3d_b16_bits_i4(w3di_mesh_codec_filter_zip_high(wx, yz)));
    for (unsigned k = 0; k < 4; k++)
        w3d_store_u64(rows + 8 * k, row[k] << turn[k] | row[k] >> ((64u - turn[k]) & 63u));
}

W3D_INLINE void w3di_mesh_codec_filter_exponential(uint8_t *floats)
{
    w3d_i4 v = w3d_i4_bits_b16(w3d_b16_load(floats));
    w3d_f4 mantissa = w3d_f4_from_i4(w3di_mesh_codec_filter_field(v, 0, 24));
    /* On halves of the lanes, of which the upper is 0 or -1 as the lower one's sign has it. */
    w3d_i4 exponent =
        w3d_i4_bits_b16(w3d_b16_max16(w3d_b16_bits_i4(w3d_i4_shift_right_signed(v, 24)),
                                      w3d_b16_bits_i4(w3d_i4_splat(-126))));
    exponent = w3d_i4_shift_left(w3d_i4_add(exponent, w3d_i4_splat(127)), 23);
    mantissa = w3d_f4_mul(mantissa, w3d_f4_bits_i4(exponent));
    w3d_b16_store(floats, w3d_b16_bits_i4(w3d_i4_bits_f4(mantissa)));
}

W3D_INLINE void w3di_mesh_codec_filter_color(uint8_t *rows, uint32_t stride)
{
    w3di_mesh_codec_filter_rows r = w3di_mesh_codec_filter_load(rows, stride);
    int32_t most = stride == 4 ? 255 : 65535;
    w3d_i4 luma = w3d_i4_and(r.x, w3d_i4_splat(most));
    w3d_i4 alpha = w3d_i4_and(r.w, w3d_i4_splat(most));
    /* The power of two above alpha, by the exponent of alpha as a float. */
    w3d_i4 power = w3d_i4_shift_right(w3d_i4_bits_f4(w3d_f4_from_i4(alpha)), 23);
    power = w3d_i4_shift_left(w3d_i4_add(power, w3d_i4_splat(1)), 23);
    power = w3d_i4_from_f4(w3d_f4_bits_i4(power));
    w3d_i4 one = w3d_i4_max(w3d_i4_sub(power, w3d_i4_splat(1)), w3d_i4_splat(1));
    w3d_f4 scale = w3d_f4_div(w3d_f4_splat((float)most), w3d_f4_from_i4(one));
    w3d_i4 low = w3d_i4_sub(luma, r.z), at[4];
    at[0] = w3d_i4_add(low, r.y);
    at[1] = w3d_i4_add(luma, r.z);
    at[2] = w3d_i4_sub(low, r.y);
    alpha = w3d_i4_and(alpha, w3d_i4_shift_right(one, 1));
    at[3] = w3d_i4_or(w3d_i4_add(alpha, alpha), w3d_i4_and(alpha, w3d_i4_splat(1)));
    for (int k = 0; k < 4; k++)
        at[k] = w3di_mesh_codec_filter_round(w3di_mesh_codec_filter_clamp(
            w3d_f4_mul(w3d_f4_from_i4(at[k]), scale), 0.0f, (float)most));
    r.x = at[0], r.y = at[1], r.z = at[2], r.w = at[3];
    w3di_mesh_codec_filter_store(rows, stride, r);
}

W3D_INLINE void w3di_mesh_codec_filter_step(w3d_mesh_codec_filter filter, uint8_t *rows,
                                            uint32_t stride)
{
    if (filter == W3D_MESH_CODEC_FILTER_OCTAHEDRAL)
        w3di_mesh_codec_filter_octahedral(rows, stride);
    else if (filter == W3D_MESH_CODEC_FILTER_QUATERNION)
        w3di_mesh_codec_filter_quaternion(rows);
    else if (filter == W3D_MESH_CODEC_FILTER_COLOR)
        w3di_mesh_codec_filter_color(rows, stride);
    else
        w3di_mesh_codec_filter_exponential(rows);
}

/* Decodes `size` bytes: rows of `stride`, or floats for a stride of 4. */
W3D_INLINE void w3di_mesh_codec_filter_all(w3d_mesh_codec_filter filter, uint8_t *rows, size_t size,
                                           uint32_t stride)
{
    size_t step = 4 * (size_t)stride;
    for (; size >= step; size -= step, rows += step)
        w3di_mesh_codec_filter_step(filter, rows, stride);
    if (size) {
        uint8_t padded[32];
        w3d_fill(padded, 0, sizeof padded);
        w3d_copy(padded, rows, size);
        w3di_mesh_codec_filter_step(filter, padded, stride);
        w3d_copy(rows, padded, size);
    }
}

static int w3di_mesh_codec_filter_stride_kept(w3d_mesh_codec_filter filter, uint32_t stride)
{
    switch (filter) {
    case W3D_MESH_CODEC_FILTER_OCTAHEDRAL:
    case W3D_MESH_CODEC_FILTER_COLOR: return stride == 4 || stride == 8;
    case W3D_MESH_CODEC_FILTER_QUATERNION: return stride == 8;
    case W3D_MESH_CODEC_FILTER_EXPONENTIAL:
    case W3D_MESH_CODEC_FILTER_NONE: return stride >= 4 && stride <= 256 && stride % 4 == 0;
    }
    return 0;
}

W3D_API w3d_result w3d_mesh_codec_filter_decode(w3d_mesh_codec_filter filter, void *rows,
                                                uint32_t count, uint32_t stride)
{
    int kept = (rows || count == 0) && (uintptr_t)rows % 4 == 0 &&
               w3di_mesh_codec_filter_stride_kept(filter, stride) && count <= SIZE_MAX / stride;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint8_t *at = (uint8_t *)rows;
    size_t size = (size_t)count * stride;
    switch (filter) {
    case W3D_MESH_CODEC_FILTER_NONE: break;
    case W3D_MESH_CODEC_FILTER_OCTAHEDRAL:
        if (stride == 4)
            w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_OCTAHEDRAL, at, size, 4);
        else
            w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_OCTAHEDRAL, at, size, 8);
        break;
    case W3D_MESH_CODEC_FILTER_QUATERNION:
        w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_QUATERNION, at, size, 8);
        break;
    case W3D_MESH_CODEC_FILTER_EXPONENTIAL:
        w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_EXPONENTIAL, at, size, 4);
        break;
    case W3D_MESH_CODEC_FILTER_COLOR:
        if (stride == 4)
            w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_COLOR, at, size, 4);
        else
            w3di_mesh_codec_filter_all(W3D_MESH_CODEC_FILTER_COLOR, at, size, 8);
        break;
    }
    return W3D_OK;
}

/* ---- encoding ---- */

/* NaN is 0 and infinity the largest float. */
static float w3di_mesh_codec_filter_finite(float v)
{
    if (v != v) return 0.0f;
    return v > FLT_MAX ? FLT_MAX : v < -FLT_MAX ? -FLT_MAX : v;
}

static float w3di_mesh_codec_filter_abs(float v) { return v < 0.0f ? -v : v; }

/* -1..1 to a signed number of that many bits, 0..1 to an unsigned one; halves away from zero. */
static int32_t w3di_mesh_codec_filter_signed(float v, uint32_t bits)
{
    float scale = (float)((1 << (bits - 1)) - 1);
    v = v > 1.0f ? 1.0f : v < -1.0f ? -1.0f : v;
    return (int32_t)(v * scale + (v >= 0.0f ? 0.5f : -0.5f));
}
static int32_t w3di_mesh_codec_filter_unsigned(float v, uint32_t bits)
{
    float scale = (float)((1 << bits) - 1);
    v = v > 1.0f ? 1.0f : v > 0.0f ? v : 0.0f;
    return (int32_t)(v * scale + 0.5f);
}

static void w3di_mesh_codec_filter_write(uint8_t *row, uint32_t stride, const int32_t *v)
{
    for (unsigned k = 0; k < 4; k++)
        if (stride == 4)
            row[k] = (uint8_t)v[k];
        else
            w3d_store_u16(row + 2 * k, (uint16_t)v[k]);
}

static void w3di_mesh_codec_filter_to_octahedral(const w3d_mesh_codec_filter_desc *desc,
                                                 const float *src, uint8_t *row)
{
    float x = w3di_mesh_codec_filter_finite(src[0]), y = w3di_mesh_codec_filter_finite(src[1]);
    float z = w3di_mesh_codec_filter_finite(src[2]);
    float w = desc->components == 4 ? w3di_mesh_codec_filter_finite(src[3]) : 0.0f;
    float length = w3di_mesh_codec_filter_abs(x) + w3di_mesh_codec_filter_abs(y) +
                   w3di_mesh_codec_filter_abs(z);
    /* A sum, or one over it, that is no float: by a power of two nothing else changes. */
    if (!(length <= 1e37f) || (length < 1e-37f && length > 0.0f)) {
        float scale = w3d_f32_from_bits(length < 1.0f ? 0x71800000u : 0x0D800000u); /* 2^+-100 */
        x *= scale, y *= scale, z *= scale;
        length = w3di_mesh_codec_filter_abs(x) + w3di_mesh_codec_filter_abs(y) +
                 w3di_mesh_codec_filter_abs(z);
    }
    float scale = length > 0.0f ? 1.0f / length : 0.0f, u, v;
    x *= scale, y *= scale;
    u = z >= 0.0f ? x : (1.0f - w3di_mesh_codec_filter_abs(y)) * (x >= 0.0f ? 1.0f : -1.0f);
    v = z >= 0.0f ? y : (1.0f - w3di_mesh_codec_filter_abs(x)) * (y >= 0.0f ? 1.0f : -1.0f);
    int32_t at[4];
    at[0] = w3di_mesh_codec_filter_signed(u, desc->bits);
    at[1] = w3di_mesh_codec_filter_signed(v, desc->bits);
    at[2] = (1 << (desc->bits - 1)) - 1;
    at[3] = w3di_mesh_codec_filter_signed(w, desc->stride * 2);
    w3di_mesh_codec_filter_write(row, desc->stride, at);
}

static void w3di_mesh_codec_filter_to_quaternion(const w3d_mesh_codec_filter_desc *desc,
                                                 const float *src, uint8_t *row)
{
    float q[4];
    unsigned largest = 0;
    for (unsigned k = 0; k < 4; k++) q[k] = w3di_mesh_codec_filter_finite(src[k]);
    for (unsigned k = 1; k < 4; k++)
        if (w3di_mesh_codec_filter_abs(q[k]) > w3di_mesh_codec_filter_abs(q[largest])) largest = k;
    if (q[largest] == 0.0f) largest = 3;
    float scale = 1.4142135623731f * (q[largest] < 0.0f ? -1.0f : 1.0f); /* sqrt(2) */
    int32_t at[4];
    for (unsigned k = 0; k < 3; k++)
        at[k] = w3di_mesh_codec_filter_signed(q[(largest + 1 + k) & 3u] * scale, desc->bits);
    at[3] = (((1 << (desc->bits - 1)) - 1) & ~3) | (int32_t)largest;
    w3di_mesh_codec_filter_write(row, 8, at);
}

static void w3di_mesh_codec_filter_to_color(const w3d_mesh_codec_filter_desc *desc,
                                            const float *src, uint8_t *row)
{
    int32_t red = w3di_mesh_codec_filter_unsigned(src[0], desc->bits);
    int32_t green = w3di_mesh_codec_filter_unsigned(src[1], desc->bits);
    int32_t blue = w3di_mesh_codec_filter_unsigned(src[2], desc->bits), at[4], middle;
    float alpha = desc->components == 4 ? src[3] : 1.0f;
    at[1] = (red - blue) / 2; /* towards zero: what comes back lies between the two */
    middle = blue + at[1];
    at[2] = (green - middle) / 2;
    at[0] = middle + at[2];
    at[3] = w3di_mesh_codec_filter_unsigned(alpha, desc->bits - 1) | 1 << (desc->bits - 1);
    w3di_mesh_codec_filter_write(row, desc->stride, at);
}

/* The power of two above |v|; that of the smallest normal number for those below. */
static int32_t w3di_mesh_codec_filter_exponent(float v)
{
    return (int32_t)(w3d_bits_f32(v) >> 23 & 255u) - 126;
}

static uint32_t w3di_mesh_codec_filter_to_float(float v, int32_t exponent, uint32_t bits)
{
    exponent -= (int32_t)bits - 1;
    exponent = exponent < -100 ? -100 : exponent > 100 ? 100 : exponent;
    /* v times 2^-exponent in float, and no mantissa beyond its bits. */
    float scaled = v * w3d_f32_from_bits((uint32_t)(127 - exponent) << 23);
    scaled = scaled > 8388607.0f ? 8388607.0f : scaled < -8388607.0f ? -8388607.0f : scaled;
    int32_t mantissa = (int32_t)(scaled + (scaled >= 0.0f ? 0.5f : -0.5f));
    if (mantissa > 8388607) mantissa = 8388607;
    if (mantissa < -8388607) mantissa = -8388607;
    return ((uint32_t)mantissa & 0xFFFFFFu) | (uint32_t)exponent << 24;
}

static void w3di_mesh_codec_filter_to_exponential(const w3d_mesh_codec_filter_desc *desc,
                                                  uint8_t *row)
{
    int32_t shared[W3DI_MESH_CODEC_FILTER_COMPONENTS], most;
    uint32_t components = desc->components;
    w3d_mesh_codec_exponents how = desc->exponents;
    for (uint32_t k = 0; k < components; k++) shared[k] = -126;
    if (how == W3D_MESH_CODEC_EXPONENTS_COLUMN)
        for (size_t i = 0, k = 0; i < (size_t)desc->count * components; i++) {
            int32_t own =
                w3di_mesh_codec_filter_exponent(w3di_mesh_codec_filter_finite(desc->src[i]));
            if (own > shared[k]) shared[k] = own;
            if (++k == components) k = 0;
        }
    for (uint32_t i = 0; i < desc->count; i++) {
        const float *src = desc->src + (size_t)i * components;
        most = -126;
        for (uint32_t k = 0; k < components && how != W3D_MESH_CODEC_EXPONENTS_COLUMN; k++) {
            shared[k] = w3di_mesh_codec_filter_exponent(w3di_mesh_codec_filter_finite(src[k]));
            if (shared[k] > most) most = shared[k];
            if (how == W3D_MESH_CODEC_EXPONENTS_CLAMPED && shared[k] < 0) shared[k] = 0;
        }
        for (uint32_t k = 0; k < components; k++, row += 4)
            w3d_store_u32(row,
                          w3di_mesh_codec_filter_to_float(
                              w3di_mesh_codec_filter_finite(src[k]),
                              how == W3D_MESH_CODEC_EXPONENTS_ROW ? most : shared[k], desc->bits));
    }
}

static int w3di_mesh_codec_filter_desc_kept(const w3d_mesh_codec_filter_desc *desc)
{
    uint32_t least = 2, most = desc->stride == 4 ? 8 : 16, components = desc->components;
    int counted = components == 3 || components == 4;
    if (desc->filter == W3D_MESH_CODEC_FILTER_NONE ||
        !w3di_mesh_codec_filter_stride_kept(desc->filter, desc->stride))
        return 0;
    if (desc->filter == W3D_MESH_CODEC_FILTER_QUATERNION) least = 4, counted = components == 4;
    if (desc->filter == W3D_MESH_CODEC_FILTER_EXPONENTIAL)
        least = 1, most = 24, counted = components == desc->stride / 4;
    return counted && desc->bits >= least && desc->bits <= most && (desc->src || !desc->count) &&
           (unsigned)desc->exponents <= (unsigned)W3D_MESH_CODEC_EXPONENTS_CLAMPED;
}

W3D_API w3d_result w3d_mesh_codec_filter_encode(const w3d_mesh_codec_filter_desc *desc, void *rows)
{
    int kept = desc && w3di_mesh_codec_filter_desc_kept(desc) && (rows || desc->count == 0) &&
               (uintptr_t)rows % 4 == 0;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint8_t *row = (uint8_t *)rows;
    if (desc->filter == W3D_MESH_CODEC_FILTER_EXPONENTIAL) {
        w3di_mesh_codec_filter_to_exponential(desc, row);
        return W3D_OK;
    }
    const float *src = desc->src;
    for (uint32_t i = 0; i < desc->count; i++, src += desc->components, row += desc->stride) {
        if (desc->filter == W3D_MESH_CODEC_FILTER_OCTAHEDRAL)
            w3di_mesh_codec_filter_to_octahedral(desc, src, row);
        else if (desc->filter == W3D_MESH_CODEC_FILTER_QUATERNION)
            w3di_mesh_codec_filter_to_quaternion(desc, src, row);
        else
            w3di_mesh_codec_filter_to_color(desc, src, row);
    }
    return W3D_OK;
}

#undef W3DI_MESH_CODEC_FILTER_COMPONENTS

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
