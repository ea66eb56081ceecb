/* shader_fold.h - matrices and built-in functions of constants, worked out; private.
 *
 * A constant is spread out into numbers, worked on, and put together again, so that no call and no
 * operation is left in a constant. Numbers are doubles, also for f32, rounded once at the end; sines and
 * powers are those of core/math.h. What WGSL calls a shader-creation error is one here.
 * Source: WGSL, sections 8.7 and 17. */
#ifndef W3D_SHADER_FOLD_H
#define W3D_SHADER_FOLD_H

#include "core/math.h"
#include "gpu/shader_construct.h"

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

typedef struct w3di_shader_numbers {
    w3di_shader_number n[16]; /* column by column */
    uint32_t count, rows, columns;
} w3di_shader_numbers;

/* A constant scalar, vector or matrix as numbers; integers have both parts set. */
static inline w3di_shader_numbers w3di_shader_spread(const w3di_shader_front *front, uint32_t e)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_type_of(front, e));
    w3di_shader_numbers out;
    w3d_fill(&out, 0, sizeof out);
    out.columns = t.kind == W3DI_SHADER_MATRIX ? t.columns : 1u;
    out.rows = t.kind == W3DI_SHADER_MATRIX || t.kind == W3DI_SHADER_VECTOR ? t.rows : 1u;
    for (uint32_t c = 0; c < out.columns; c++) {
        uint32_t column = t.kind == W3DI_SHADER_MATRIX ? w3di_shader_argument(front, e, c) : e;
        for (uint32_t r = 0; r < out.rows; r++) {
            uint32_t part = w3di_shader_component(front, column, r);
            w3di_shader_number number = w3di_shader_number_of(front, part);
            if (!w3di_shader_is_real(w3di_shader_type_of(front, part)))
                number.real = (double)number.whole;
            out.n[out.count++] = number;
        }
    }
    return out;
}

/* The constant of a type that these numbers are. */
static inline uint32_t w3di_shader_unspread(w3di_shader_front *front, uint32_t type,
                                            const w3di_shader_numbers *numbers, uint32_t at)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, type);
    uint32_t scalar = w3di_shader_scalar(front, type), base = front->stack_count, next = 0;
    if (type == scalar) return w3di_shader_literal(front, type, numbers->n[0], at);
    for (uint32_t c = 0; c < t.columns && !front->code; c++) {
        uint32_t column = front->stack_count;
        for (uint32_t r = 0; r < t.rows && !front->code; r++)
            w3di_shader_push(front, w3di_shader_literal(front, scalar, numbers->n[next++], at));
        if (t.kind == W3DI_SHADER_MATRIX && !front->code)
            w3di_shader_push(front, w3di_shader_construct(front, w3di_shader_vector(scalar, t.rows),
                                                          column, at));
    }
    return front->code ? 0 : w3di_shader_construct(front, type, base, at);
}

/* ---- matrices ---- */

W3D_STRICT uint32_t w3di_shader_fold_matrix(w3di_shader_front *front, uint32_t op, uint32_t a,
                                            uint32_t b, uint32_t type, uint32_t at)
{
    w3di_shader_numbers x = w3di_shader_spread(front, a), y = w3di_shader_spread(front, b), out;
    int left = w3di_shader_is_matrix(front, w3di_shader_type_of(front, a)),
        right = w3di_shader_is_matrix(front, w3di_shader_type_of(front, b));
    w3d_fill(&out, 0, sizeof out);
    if (op != W3DI_SHADER_MULTIPLY || x.count == 1 || y.count == 1) {
        uint32_t count = x.count > y.count ? x.count : y.count;
        for (uint32_t i = 0; i < count; i++) {
            double p = x.n[x.count > 1 ? i : 0].real, q = y.n[y.count > 1 ? i : 0].real;
            out.n[i].real = op == W3DI_SHADER_MULTIPLY ? p * q
                            : op == W3DI_SHADER_ADD    ? p + q
                                                       : p - q;
        }
        return w3di_shader_unspread(front, type, &out, at);
    }
    if (!left) { /* a vector from the left is a matrix of one row */
        x.columns = x.rows;
        x.rows = 1;
    }
    uint32_t columns = right ? y.columns : 1;
    for (uint32_t c = 0; c < columns; c++)
        for (uint32_t r = 0; r < x.rows; r++) {
            double sum = 0;
            for (uint32_t k = 0; k < x.columns; k++)
                sum += x.n[k * x.rows + r].real * y.n[c * y.rows + k].real;
            out.n[c * x.rows + r].real = sum;
        }
    return w3di_shader_unspread(front, type, &out, at);
}

W3D_STRICT double w3di_shader_determinant(const w3di_shader_numbers *m)
{
    double a[4][4], product = 1;
    uint32_t n = m->rows;
    for (uint32_t c = 0; c < n; c++)
        for (uint32_t r = 0; r < n; r++) a[r][c] = m->n[c * n + r].real;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t most = k;
        for (uint32_t r = k + 1; r < n; r++)
            if (a[r][k] * a[r][k] > a[most][k] * a[most][k]) most = r;
        if (a[most][k] == 0) return 0;
        if (most != k) product = -product;
        for (uint32_t c = 0; c < n; c++) {
            double kept = a[k][c];
            a[k][c] = a[most][c];
            a[most][c] = kept;
        }
        product *= a[k][k];
        for (uint32_t r = k + 1; r < n; r++) {
            double factor = a[r][k] / a[k][k];
            for (uint32_t c = k; c < n; c++) a[r][c] -= factor * a[k][c];
        }
    }
    return product;
}

/* ---- functions of numbers ---- */

static inline double w3di_shader_fold_floor(double x)
{
    double whole = w3di_shader_truncate(x);
    return whole > x ? whole - 1 : whole;
}

static inline double w3di_shader_fold_round(double x) /* to even */
{
    double low = w3di_shader_fold_floor(x), over = x - low;
    if (over < 0.5 || (over == 0.5 && w3di_shader_fold_floor(low / 2) * 2 == low)) return low;
    return low + 1;
}

W3D_STRICT double w3di_shader_fold_sqrt(double x)
{
    double scale = 1;
    if (!(x > 0)) return x;
    for (; x > 1e30; x *= 7.888609052210118e-31) scale *= 1125899906842624.0; /* 2^-100, 2^50 */
    for (; x < 1e-30; x *= 1.2676506002282294e30) scale *= 8.881784197001252e-16;
    double root = (double)w3d_sqrtf((float)x);
    root = (root + x / root) / 2;
    return scale * ((root + x / root) / 2);
}

static inline uint32_t w3di_shader_fold_leading(uint32_t bits)
{
    uint32_t at = 31;
    while (at && !(bits >> at)) at--;
    return bits ? at : UINT32_MAX;
}

static inline uint32_t w3di_shader_fold_trailing(uint32_t bits)
{
    uint32_t at = 0;
    while (at < 31 && !(bits >> at & 1)) at++;
    return bits ? at : UINT32_MAX;
}

/* A whole number's bits back as one of its type. */
static inline int64_t w3di_shader_fold_signed(uint32_t scalar, uint32_t bits)
{
    return scalar == W3DI_SHADER_TYPE_U32 ? (int64_t)bits : (int64_t)(int32_t)bits;
}

/* One component of a function of bits; 0 where WGSL makes it an error. */
static inline int w3di_shader_fold_bits(uint32_t call, uint32_t scalar, const w3di_shader_number *x,
                                        int64_t *out)
{
    uint32_t bits = (uint32_t)x[0].whole, y = 0;
    int negative = scalar != W3DI_SHADER_TYPE_U32 && bits >> 31;
    switch (call) {
    case W3DI_SHADER_CALL_COUNT_ONE_BITS:
        for (; bits; bits &= bits - 1) y++;
        break;
    case W3DI_SHADER_CALL_REVERSE_BITS:
        for (uint32_t i = 0; i < 32; i++) y |= (bits >> i & 1) << (31 - i);
        break;
    case W3DI_SHADER_CALL_FIRST_LEADING_BIT:
        y = w3di_shader_fold_leading(negative ? ~bits : bits);
        break;
    case W3DI_SHADER_CALL_FIRST_TRAILING_BIT: y = w3di_shader_fold_trailing(bits); break;
    default: {
        int inserts = call == W3DI_SHADER_CALL_INSERT_BITS;
        int64_t offset = x[inserts ? 2 : 1].whole, count = x[inserts ? 3 : 2].whole;
        if (offset + count > 32) return 0;
        uint32_t mask = count == 32 ? UINT32_MAX : (1u << count) - 1;
        if (inserts) {
            uint32_t place = offset < 32 ? mask << offset : 0;
            y = (bits & ~place) | (offset < 32 ? (uint32_t)x[1].whole << offset & place : 0);
        } else {
            y = offset < 32 ? bits >> offset & mask : 0;
            if (scalar != W3DI_SHADER_TYPE_U32 && count && y >> (count - 1) & 1) y |= ~mask;
        }
    }
    }
    *out = w3di_shader_fold_signed(scalar, y);
    return 1;
}

static inline uint32_t w3di_shader_fold_half(float value) /* f16, to even */
{
    uint32_t bits = w3d_bits_f32(value), sign = bits >> 16 & 0x8000u;
    bits &= 0x7FFFFFFFu;
    if (bits >= 0x477FF000u) return UINT32_MAX; /* 65520 and more are none */
    if (bits < 0x38800000u)
        return sign |
               (uint32_t)w3di_shader_fold_round((double)w3d_f32_from_bits(bits) * 16777216.0);
    bits += 0xFFFu + (bits >> 13 & 1);
    return sign | (bits - 0x38000000u) >> 13;
}

static inline double w3di_shader_fold_unhalf(uint32_t half)
{
    uint32_t exponent = half >> 10 & 31, mantissa = half & 1023;
    double value = exponent
                       ? (double)(1024 + mantissa) * w3di_shader_lex_power2((int32_t)exponent - 25)
                       : (double)mantissa * w3di_shader_lex_power2(-24);
    return half & 0x8000u ? -value : value;
}

/* pack and unpack; 0 where WGSL makes it an error. */
W3D_STRICT int w3di_shader_fold_pack(uint32_t call, const w3di_shader_number *x,
                                     w3di_shader_numbers *out)
{
    uint32_t word = (uint32_t)x[0].whole;
    int unpacks =
        call == W3DI_SHADER_CALL_UNPACK_2X16_FLOAT || call == W3DI_SHADER_CALL_UNPACK_2X16_UNORM ||
        call == W3DI_SHADER_CALL_UNPACK_2X16_SNORM || call == W3DI_SHADER_CALL_UNPACK_4X8_UNORM ||
        call == W3DI_SHADER_CALL_UNPACK_4X8_SNORM;
    int halves =
        call == W3DI_SHADER_CALL_PACK_2X16_FLOAT || call == W3DI_SHADER_CALL_UNPACK_2X16_FLOAT;
    int bytes =
        call == W3DI_SHADER_CALL_PACK_4X8_UNORM || call == W3DI_SHADER_CALL_PACK_4X8_SNORM ||
        call == W3DI_SHADER_CALL_UNPACK_4X8_UNORM || call == W3DI_SHADER_CALL_UNPACK_4X8_SNORM;
    int whole =
        call == W3DI_SHADER_CALL_PACK_4X8_UNORM || call == W3DI_SHADER_CALL_UNPACK_4X8_UNORM ||
        call == W3DI_SHADER_CALL_PACK_2X16_UNORM || call == W3DI_SHADER_CALL_UNPACK_2X16_UNORM;
    uint32_t size = bytes ? 8 : 16, mask = (1u << size) - 1;
    double most = whole ? (double)mask : (double)(mask >> 1), least = whole ? 0 : -1;
    uint32_t packed = 0;
    for (uint32_t i = 0; i < 32 / size; i++) {
        uint32_t field = word >> (i * size) & mask;
        if (unpacks && halves) {
            if ((field & 0x7C00u) == 0x7C00u) return 0;
            out->n[i].real = w3di_shader_fold_unhalf(field);
        } else if (unpacks) {
            int32_t value =
                !whole && field >> (size - 1) ? (int32_t)(field | ~mask) : (int32_t)field;
            out->n[i].real = (double)value / most < least ? least : (double)value / most;
        } else if (halves) {
            uint32_t half = w3di_shader_fold_half((float)x[i].real);
            if (half == UINT32_MAX) return 0;
            packed |= half << (i * size);
        } else {
            double value = x[i].real < least ? least : x[i].real > 1 ? 1 : x[i].real;
            int32_t rounded = (int32_t)w3di_shader_fold_floor(value * most + 0.5);
            packed |= ((uint32_t)rounded & mask) << (i * size);
        }
    }
    if (!unpacks) out->n[0].whole = (int64_t)packed;
    return 1;
}

/* One component of a function that works on each alone; 0 where WGSL makes it an error. */
W3D_STRICT int w3di_shader_fold_number(uint32_t call, int real, const w3di_shader_number *x,
                                       w3di_shader_number *out)
{
    double p = x[0].real, q = x[1].real, s = x[2].real;
    float a = (float)p, b = (float)q;
    *out = x[0];
    switch (call) {
    case W3DI_SHADER_CALL_ABS:
        if (!real && x[0].whole == INT64_MIN) return 0;
        out->whole = x[0].whole < 0 ? -x[0].whole : x[0].whole;
        if (!real && x[0].whole == INT32_MIN) out->whole = INT32_MIN;
        out->real = p <= 0 ? 0 - p : p;
        return 1;
    case W3DI_SHADER_CALL_MIN:
    case W3DI_SHADER_CALL_MAX: {
        int second = real ? q < p : x[1].whole < x[0].whole;
        *out = x[second == (call == W3DI_SHADER_CALL_MIN)];
        return 1;
    }
    case W3DI_SHADER_CALL_CLAMP:
        if (real ? q > s : x[1].whole > x[2].whole) return 0;
        if (real ? p < q : x[0].whole < x[1].whole) *out = x[1];
        if (real ? p > s : x[0].whole > x[2].whole) *out = x[2];
        return 1;
    case W3DI_SHADER_CALL_SIGN:
        out->whole = (x[0].whole > 0) - (x[0].whole < 0);
        out->real = (p > 0) - (p < 0);
        return 1;
    case W3DI_SHADER_CALL_SELECT: *out = x[x[2].whole != 0]; return 1;
    case W3DI_SHADER_CALL_MIX: out->real = p * (1 - s) + q * s; return 1;
    case W3DI_SHADER_CALL_FMA: out->real = p * q + s; return 1;
    case W3DI_SHADER_CALL_STEP: out->real = p <= q; return 1;
    case W3DI_SHADER_CALL_SMOOTHSTEP: {
        if (p == q) return 0;
        double t = (s - p) / (q - p);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        out->real = t * t * (3 - 2 * t);
        return 1;
    }
    case W3DI_SHADER_CALL_SATURATE: out->real = p < 0 ? 0 : p > 1 ? 1 : p; return 1;
    case W3DI_SHADER_CALL_RADIANS: out->real = p * 0.017453292519943295; return 1;
    case W3DI_SHADER_CALL_DEGREES: out->real = p * 57.29577951308232; return 1;
    case W3DI_SHADER_CALL_FLOOR: out->real = w3di_shader_fold_floor(p); return 1;
    case W3DI_SHADER_CALL_CEIL: out->real = -w3di_shader_fold_floor(-p); return 1;
    case W3DI_SHADER_CALL_TRUNC: out->real = w3di_shader_truncate(p); return 1;
    case W3DI_SHADER_CALL_ROUND: out->real = w3di_shader_fold_round(p); return 1;
    case W3DI_SHADER_CALL_FRACT: out->real = p - w3di_shader_fold_floor(p); return 1;
    case W3DI_SHADER_CALL_SQRT: out->real = w3di_shader_fold_sqrt(p); return p >= 0;
    case W3DI_SHADER_CALL_INVERSE_SQRT: out->real = 1 / w3di_shader_fold_sqrt(p); return p > 0;
    case W3DI_SHADER_CALL_SIN: out->real = (double)w3d_math_sin(a); return 1;
    case W3DI_SHADER_CALL_COS: out->real = (double)w3d_math_cos(a); return 1;
    case W3DI_SHADER_CALL_TAN: out->real = (double)w3d_math_tan(a); return 1;
    case W3DI_SHADER_CALL_ASIN: out->real = (double)w3d_math_asin(a); return p >= -1 && p <= 1;
    case W3DI_SHADER_CALL_ACOS: out->real = (double)w3d_math_acos(a); return p >= -1 && p <= 1;
    case W3DI_SHADER_CALL_ATAN: out->real = (double)w3d_math_atan(a); return 1;
    case W3DI_SHADER_CALL_ATAN2: out->real = (double)w3d_math_atan2(a, b); return 1;
    case W3DI_SHADER_CALL_EXP: out->real = (double)w3d_math_exp(a); return 1;
    case W3DI_SHADER_CALL_EXP2: out->real = (double)w3d_math_exp2(a); return 1;
    case W3DI_SHADER_CALL_LOG: out->real = (double)w3d_math_log(a); return p > 0;
    case W3DI_SHADER_CALL_LOG2: out->real = (double)w3d_math_log2(a); return p > 0;
    case W3DI_SHADER_CALL_POW: out->real = (double)w3d_math_pow(a, b); return 1;
    case W3DI_SHADER_CALL_COSH:
    case W3DI_SHADER_CALL_SINH:
    case W3DI_SHADER_CALL_TANH: {
        double up = (double)w3d_math_exp(a), down = (double)w3d_math_exp(-a);
        if (call == W3DI_SHADER_CALL_COSH)
            out->real = (up + down) / 2;
        else if (p > -0.01 && p < 0.01) /* where the difference would cancel */
            out->real = call == W3DI_SHADER_CALL_SINH ? p + p * p * p / 6 : p - p * p * p / 3;
        else if (call == W3DI_SHADER_CALL_SINH)
            out->real = (up - down) / 2;
        else
            out->real = p > 20 ? 1 : p < -20 ? -1 : (up - down) / (up + down);
        return 1;
    }
    default: return 0;
    }
}

/* Functions of whole vectors and matrices; 0 where WGSL makes it an error. */
W3D_STRICT int w3di_shader_fold_vectors(uint32_t call, const w3di_shader_numbers *x,
                                        w3di_shader_numbers *out)
{
    const w3di_shader_number *a = x[0].n, *b = x[1].n;
    double dot = 0, square = 0, apart = 0;
    int64_t whole = 0;
    uint32_t trues = 0;
    for (uint32_t i = 0; i < x[0].count; i++) {
        double difference = a[i].real - b[i].real;
        dot += a[i].real * b[i].real;
        square += a[i].real * a[i].real;
        apart += difference * difference;
        whole = (int64_t)((uint64_t)whole + (uint64_t)a[i].whole * (uint64_t)b[i].whole);
        trues += a[i].whole != 0;
    }
    switch (call) {
    case W3DI_SHADER_CALL_ALL: out->n[0].whole = trues == x[0].count; return 1;
    case W3DI_SHADER_CALL_ANY: out->n[0].whole = trues != 0; return 1;
    case W3DI_SHADER_CALL_DOT:
        out->n[0].real = dot;
        out->n[0].whole = whole;
        return 1;
    case W3DI_SHADER_CALL_LENGTH: out->n[0].real = w3di_shader_fold_sqrt(square); return 1;
    case W3DI_SHADER_CALL_DISTANCE: out->n[0].real = w3di_shader_fold_sqrt(apart); return 1;
    case W3DI_SHADER_CALL_CROSS:
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t j = (i + 1) % 3, k = (i + 2) % 3;
            out->n[i].real = a[j].real * b[k].real - a[k].real * b[j].real;
        }
        return 1;
    case W3DI_SHADER_CALL_NORMALIZE:
        for (uint32_t i = 0; i < x[0].count; i++)
            out->n[i].real = a[i].real / w3di_shader_fold_sqrt(square);
        return square > 0;
    case W3DI_SHADER_CALL_REFLECT:
        for (uint32_t i = 0; i < x[0].count; i++) out->n[i].real = a[i].real - 2 * dot * b[i].real;
        return 1;
    case W3DI_SHADER_CALL_REFRACT: {
        double eta = x[2].n[0].real, k = 1 - eta * eta * (1 - dot * dot);
        for (uint32_t i = 0; i < x[0].count && k >= 0; i++)
            out->n[i].real = eta * a[i].real - (eta * dot + w3di_shader_fold_sqrt(k)) * b[i].real;
        return 1;
    }
    case W3DI_SHADER_CALL_FACE_FORWARD:
        dot = 0;
        for (uint32_t i = 0; i < x[0].count; i++) dot += b[i].real * x[2].n[i].real;
        for (uint32_t i = 0; i < x[0].count; i++) out->n[i].real = dot < 0 ? a[i].real : -a[i].real;
        return 1;
    case W3DI_SHADER_CALL_DETERMINANT: out->n[0].real = w3di_shader_determinant(&x[0]); return 1;
    case W3DI_SHADER_CALL_TRANSPOSE:
        for (uint32_t c = 0; c < x[0].columns; c++)
            for (uint32_t r = 0; r < x[0].rows; r++)
                out->n[r * x[0].columns + c] = a[c * x[0].rows + r];
        return 1;
    default: return 0;
    }
}

/* A built-in function of the constants on the stack from `base`, or 0 without an error where one of
 * them is no constant. `type` is the result's. */
static inline uint32_t w3di_shader_fold_call(w3di_shader_front *front, uint32_t call, uint32_t type,
                                             uint32_t base, uint32_t at)
{
    w3di_shader_numbers x[4], out;
    uint32_t count = front->stack_count - base, scalar = w3di_shader_scalar(front, type);
    int good = 1;
    if (!count || count > 4 || call >= W3DI_SHADER_CALL_DPDX) return 0;
    w3d_fill(x, 0, sizeof x);
    w3d_fill(&out, 0, sizeof out);
    for (uint32_t i = 0; i < count; i++)
        if (!w3di_shader_is_constant(front, front->stack[base + i])) return 0;
    for (uint32_t i = 0; i < count; i++) x[i] = w3di_shader_spread(front, front->stack[base + i]);
    switch (call) {
    case W3DI_SHADER_CALL_ALL:
    case W3DI_SHADER_CALL_ANY:
    case W3DI_SHADER_CALL_DOT:
    case W3DI_SHADER_CALL_LENGTH:
    case W3DI_SHADER_CALL_DISTANCE:
    case W3DI_SHADER_CALL_CROSS:
    case W3DI_SHADER_CALL_NORMALIZE:
    case W3DI_SHADER_CALL_REFLECT:
    case W3DI_SHADER_CALL_REFRACT:
    case W3DI_SHADER_CALL_FACE_FORWARD:
    case W3DI_SHADER_CALL_DETERMINANT:
    case W3DI_SHADER_CALL_TRANSPOSE:
        good = w3di_shader_fold_vectors(call, x, &out);
        out.n[0].whole = w3di_shader_wrap(scalar, (uint64_t)out.n[0].whole);
        break;
    case W3DI_SHADER_CALL_PACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_PACK_2X16_UNORM:
    case W3DI_SHADER_CALL_PACK_2X16_SNORM:
    case W3DI_SHADER_CALL_PACK_4X8_UNORM:
    case W3DI_SHADER_CALL_PACK_4X8_SNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_UNPACK_2X16_UNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_SNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_UNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_SNORM: good = w3di_shader_fold_pack(call, x[0].n, &out); break;
    default:
        for (uint32_t i = 0; i < w3di_shader_rows(front, type) && good; i++) {
            w3di_shader_number part[4];
            for (uint32_t k = 0; k < 4; k++) part[k] = x[k].n[x[k].count > 1 ? i : 0];
            good =
                call >= W3DI_SHADER_CALL_COUNT_ONE_BITS && call <= W3DI_SHADER_CALL_INSERT_BITS
                    ? w3di_shader_fold_bits(call, scalar, part, &out.n[i].whole)
                    : w3di_shader_fold_number(call, w3di_shader_is_real(scalar), part, &out.n[i]);
        }
    }
    if (!good)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "the function is not defined for these constants");
    front->stack_count = base;
    return w3di_shader_unspread(front, type, &out, at);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_SHADER_FOLD_H */
