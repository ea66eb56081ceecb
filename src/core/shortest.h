/* shortest.h - doubles and floats to the shortest decimal text that reads back as the same number.
 *
 *     char text[W3D_SHORTEST_SIZE];
 *     size_t size = w3d_shortest_write_f64(text, 0.1 + 0.2, 1);   // "0.30000000000000004"
 *
 * Of the texts that read back (with halves rounded to even, as every correct reader does) the one
 * with the fewest digits is written, and of several as short the one closest to the number: the
 * digits of ECMAScript's Number::toString, and its choice between 0.00001 and 1e-7. The text has
 * no NUL and depends on no locale; w3d_decimal_read (core/decimal.h) is the way back.
 *
 * Source: Giulietti, The Schubfach way to render doubles, 2020 (digits); Khuong, How to print
 * integers really fast, 2017 (eight digits in one word); ECMA-262, 6.1.6.1.20 (layout). */
#ifndef W3D_SHORTEST_H
#define W3D_SHORTEST_H

#include "core/bytes.h"
#include "core/power10.h"

/* Bytes a text needs to be written to: at most 25 are the text's, those behind are garbage. */
#define W3D_SHORTEST_SIZE 48

/* A number as digits * 10^exponent; the digits, at most 17, may end in zeros. */
typedef struct w3di_shortest_decimal {
    uint64_t digits;
    int32_t exponent;
} w3di_shortest_decimal;

/* The whole part of a product of which 128 bits are given, its last bit set where it is not exact;
 * the power's rounding up alone moves the middle by 1 at most. */
W3D_INLINE uint64_t w3di_shortest_round_odd(uint64_t high, uint64_t middle)
{
    return high | (middle > 1);
}

/* The shortest decimal between the neighbours' midpoints of c * 2^q, for c in 1..2^53 - 1, q in
 * -1074..971. `closer`: the neighbour below is half as far away, as it is from a power of two.
 *
 * 10^k is the largest power of ten that is not above the midpoints' distance, so among the
 * multiples of 10^k at least one lies between them, and among those of 10^(k + 1) at most one.
 * Numbers here are in units of 10^k / 4. */
static inline w3di_shortest_decimal w3di_shortest_find(uint64_t c, int32_t q, int closer)
{
    /* k = floor(log10(2^q)), of 3/4 of it where the neighbour is closer. */
    uint32_t scaled = (uint32_t)q * 1262611u - (closer ? 524031u : 0u) + (1u << 31);
    int32_t k = (int32_t)(scaled >> 22) - 512;
    w3di_power10 power = w3di_power10_of(-k);
    if (!w3di_power10_is_exact(-k)) power.high += !++power.low; /* rounded up; never all ones */
    uint32_t h = (uint32_t)(q + w3di_power10_log2(-k) + 1);     /* 1 to 4 */

    /* 4 * c * 2^q / 10^k with 192 bits, and the distance 2 * 2^q / 10^k to the midpoint above. */
    uint64_t top, middle, low, carry;
    middle = w3di_power10_multiply(power.high, c << (2 + h), &top);
    low = w3di_power10_multiply(power.low, c << (2 + h), &carry);
    middle += carry;
    top += middle < carry;
    uint64_t step_top = power.high >> (63 - h),
             step_middle = power.high << (1 + h) | power.low >> (63 - h),
             step_low = power.low << (1 + h);
    uint64_t sum_low = low + step_low, sum_middle = middle + step_middle;
    carry = sum_low < low;
    uint64_t sum_top = top + step_top + (sum_middle < middle);
    sum_middle += carry;
    sum_top += sum_middle < carry;
    uint64_t value = w3di_shortest_round_odd(top, middle);
    uint64_t upper = w3di_shortest_round_odd(sum_top, sum_middle);
    if (closer) {
        step_low = step_low >> 1 | step_middle << 63;
        step_middle = step_middle >> 1 | step_top << 63;
        step_top >>= 1;
    }
    carry = low < step_low;
    sum_top = top - step_top - (middle < step_middle);
    sum_middle = middle - step_middle;
    sum_top -= sum_middle < carry;
    sum_middle -= carry;
    uint64_t lower = w3di_shortest_round_odd(sum_top, sum_middle);
    lower += c & 1; /* the midpoints themselves read back as c where it is even */
    upper -= c & 1;

    /* Both are worked out, without a branch that would be as good as random: ten times as coarse,
     * where exactly one lies between the midpoints, or else the closer one. */
    uint64_t s = value >> 2, tens = s / 10;
    uint64_t tens_up = 40 * tens + 40 <= upper, tens_down = lower <= 40 * tens;
    uint64_t coarse = (tens_up ^ tens_down) & (tens != 0);
    uint64_t up = 4 * s + 4 <= upper, down = lower <= 4 * s;
    uint64_t closer_up = (value > 4 * s + 2) | ((value == 4 * s + 2) & s);
    up = (up ^ down) ? up : closer_up;
    w3di_shortest_decimal decimal;
    decimal.digits = coarse ? tens + tens_up : s + up;
    decimal.exponent = k + (int32_t)coarse;
    return decimal;
}

/* ---- text ---- */

/* A number below 10^8 as eight digits 0 to 9, the first one in the lowest byte. */
W3D_INLINE uint64_t w3di_shortest_eight(uint32_t value)
{
    uint64_t x = value / 10000u | (uint64_t)(value % 10000u) << 32, part;
    part = x * 10486 >> 20 & 0x0000007F0000007Fu; /* hundreds of both halves */
    x = part | (x - 100 * part) << 16;
    part = x * 103 >> 10 & 0x000F000F000F000Fu; /* tens of all four */
    return part | (x - 10 * part) << 8;
}

/* A number of 17 digits, none of the ones in front zero. */
typedef struct w3di_shortest_digits {
    uint64_t left, right; /* digits 2 to 9 and 10 to 17, the first in the lowest byte */
    char first;
    uint32_t count; /* without the zeros at the end */
    int32_t before; /* digits before the point; 0 and below: zeros behind it first */
} w3di_shortest_digits;

/* Takes digits * 10^exponent apart, for digits from 1 to 10^17 - 1. */
static inline w3di_shortest_digits w3di_shortest_split(w3di_shortest_decimal decimal)
{
    /* clang-format off */
    static const uint64_t power[18] = {
        1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
        10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
        1000000000000000u, 10000000000000000u, 100000000000000000u
    };
    /* clang-format on */
    const uint64_t zeros = 0x3030303030303030u;
    w3di_shortest_digits split;
    uint32_t bits = 64 - w3d_bits_leading_zeros64(decimal.digits);
    uint32_t count = bits * 1233 >> 12; /* log10(2^bits), or one too few */
    count += decimal.digits >= power[count];
    uint64_t digits = decimal.digits * power[17 - count];
    uint64_t upper = digits / 100000000u, first = upper / 100000000u;
    uint64_t left = w3di_shortest_eight((uint32_t)(upper - first * 100000000u));
    uint64_t right = w3di_shortest_eight((uint32_t)(digits - upper * 100000000u));
    split.first = (char)('0' + first);
    split.left = left | zeros;
    split.right = right | zeros;
    split.count = right  ? 17 - w3d_bits_leading_zeros64(right) / 8
                  : left ? 9 - w3d_bits_leading_zeros64(left) / 8
                         : 1;
    split.before = (int32_t)count + decimal.exponent;
    return split;
}

/* Writes digits * 10^exponent; see w3d_shortest_write_f64. Everything is stored from registers, a
 * word at a time, and what is too much is overwritten: loading what was just stored would stall. */
static inline size_t w3di_shortest_text(char *dst, w3di_shortest_decimal decimal, int negative,
                                        int point)
{
    w3di_shortest_digits split = w3di_shortest_split(decimal);
    char *at = dst;
    *at = '-';
    at += negative;
    if (split.before > 0 && split.before <= 21) {
        uint32_t before = (uint32_t)split.before;
        at[0] = split.first;
        w3d_store_u64(at + 1, split.left);
        w3d_store_u64(at + 9, split.right);
        if (before >= split.count) { /* a whole number */
            w3d_fill(at + 17, '0', 4);
            at[before] = '.';
            at[before + 1] = '0';
            return (size_t)(at - dst) + before + (point ? 2u : 0u);
        }
        if (before < 9) {
            w3d_store_u64(at + before + 1, split.left >> 8 * (before - 1));
            w3d_store_u64(at + 10, split.right);
        } else
            w3d_store_u64(at + before + 1, split.right >> 8 * (before - 9));
        at[before] = '.';
        return (size_t)(at - dst) + split.count + 1;
    }
    if (split.before > -6 && split.before <= 0) {
        w3d_fill(at, '0', 8);
        at[1] = '.';
        at += 2 - split.before;
        at[0] = split.first;
        w3d_store_u64(at + 1, split.left);
        w3d_store_u64(at + 9, split.right);
        return (size_t)(at - dst) + split.count;
    }
    at[0] = split.first;
    at[1] = '.';
    w3d_store_u64(at + 2, split.left);
    w3d_store_u64(at + 10, split.right);
    at += split.count > 1 ? split.count + 1 : 1;
    *at++ = 'e';
    uint32_t power = (uint32_t)(split.before > 0 ? split.before - 1 : 1 - split.before);
    *at = '-';
    at += split.before <= 0;
    if (power >= 100) *at++ = (char)('0' + power / 100);
    if (power >= 10) *at++ = (char)('0' + power / 10 % 10);
    *at++ = (char)('0' + power % 10);
    return (size_t)(at - dst);
}

/* "0" or "0.0", with its sign. */
static inline size_t w3di_shortest_zero(char *dst, int negative, int point)
{
    w3d_copy(dst, negative ? "-0.0" : "0.0", negative ? 4 : 3);
    return (negative ? 2u : 1u) + (point ? 2u : 0u);
}

/* Writes a double.
 *
 *   dst    out  W3D_SHORTEST_SIZE bytes; no NUL is written
 *   point  in   1: a number that would have neither point nor exponent gets ".0": 1.0; 0: 1
 *
 * Gives the text's bytes, at most 25; 0 for a NaN or an infinity, which JSON has no word for.
 * Range  1e21 and above, and below 1e-6, have an exponent: 1e21, 1.5e300, 1e-7. -0 keeps its sign.
 * Cost   about as much as fifteen multiplications; no loop, no big numbers, exact for all. */
static inline size_t w3d_shortest_write_f64(char *dst, double value, int point)
{
    uint64_t bits = w3d_bits_f64(value), fraction = bits & 0xFFFFFFFFFFFFFu;
    int32_t exponent = (int32_t)(bits >> 52 & 0x7FFu);
    int negative = (int)(bits >> 63);
    if (exponent == 0x7FF) return 0;
    if (!(bits << 1)) return w3di_shortest_zero(dst, negative, point);
    uint64_t c = exponent ? fraction | (uint64_t)1 << 52 : fraction;
    int32_t q = exponent ? exponent - 1075 : -1074;
    if (q <= 0 && q > -53 && !(c & (((uint64_t)1 << -q) - 1))) { /* whole, and below 2^53 */
        w3di_shortest_decimal whole;
        whole.digits = c >> -q;
        whole.exponent = 0;
        return w3di_shortest_text(dst, whole, negative, point);
    }
    return w3di_shortest_text(dst, w3di_shortest_find(c, q, !fraction && exponent > 1), negative,
                              point);
}

/* Writes a float: the shortest text that reads back as the same float (0.1, not the digits that
 * the same number needs as a double). All else as above. */
static inline size_t w3d_shortest_write_f32(char *dst, float value, int point)
{
    uint32_t bits = w3d_bits_f32(value), fraction = bits & 0x7FFFFFu;
    int32_t exponent = (int32_t)(bits >> 23 & 0xFFu);
    int negative = (int)(bits >> 31);
    if (exponent == 0xFF) return 0;
    if (!(bits << 1)) return w3di_shortest_zero(dst, negative, point);
    uint64_t c = exponent ? fraction | 0x800000u : fraction;
    int32_t q = exponent ? exponent - 150 : -149;
    if (q <= 0 && q > -24 && !(c & (((uint64_t)1 << -q) - 1))) {
        w3di_shortest_decimal whole;
        whole.digits = c >> -q;
        whole.exponent = 0;
        return w3di_shortest_text(dst, whole, negative, point);
    }
    return w3di_shortest_text(dst, w3di_shortest_find(c, q, !fraction && exponent > 1), negative,
                              point);
}

/* Writes a whole number, at most 20 digits; dst has W3D_SHORTEST_SIZE bytes. Gives the digits. */
static inline size_t w3d_shortest_write_u64(char *dst, uint64_t value)
{
    const uint64_t zeros = 0x3030303030303030u;
    size_t size = 0;
    if (value >= 100000000u) {
        uint64_t upper = value / 100000000u; /* 12 digits at most */
        size = w3d_shortest_write_u64(dst, upper);
        w3d_store_u64(dst + size,
                      w3di_shortest_eight((uint32_t)(value - upper * 100000000u)) | zeros);
        return size + 8;
    }
    uint64_t digits = w3di_shortest_eight((uint32_t)value);
    uint32_t low = (uint32_t)digits, high = (uint32_t)(digits >> 32);
    uint32_t lead = low    ? w3d_bits_trailing_zeros(low) / 8
                    : high ? 4 + w3d_bits_trailing_zeros(high) / 8
                           : 7;
    w3d_store_u64(dst, (digits | zeros) >> lead * 8);
    return 8 - lead;
}

#endif /* W3D_SHORTEST_H */
