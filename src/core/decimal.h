/* decimal.h - decimal numbers in a text to doubles, correctly rounded, in any locale.
 *
 * A mantissa below 2^53 with a small power of ten is one exact multiplication or division of
 * doubles (Clinger). Everything else is a fraction of two whole numbers: a long division gives its
 * first 64 bits and whether anything is left, and that decides the rounding. The numbers have 64
 * bits where there are at most 19 digits, 27 of them behind the point, and up to 2700 else. */
#ifndef W3D_DECIMAL_H
#define W3D_DECIMAL_H

#include "core/bits.h"

#define W3DI_DECIMAL_DIGITS 768 /* a midpoint between two doubles has at most 767 digits */
#define W3DI_DECIMAL_WORDS  96

/* A whole number; word[0] is the lowest, the top one is not zero. */
typedef struct w3di_decimal_big {
    uint32_t count;
    uint32_t word[W3DI_DECIMAL_WORDS];
} w3di_decimal_big;

static inline void w3di_decimal_multiply_add(w3di_decimal_big *big, uint32_t factor,
                                             uint32_t addend)
{
    uint64_t carry = addend;
    for (uint32_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->word[i] * factor;
        big->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) big->word[big->count++] = (uint32_t)carry;
}

static inline void w3di_decimal_multiply_power5(w3di_decimal_big *big, uint32_t power)
{
    for (; power >= 13; power -= 13) w3di_decimal_multiply_add(big, 1220703125u, 0); /* 5^13 */
    for (; power; power--) w3di_decimal_multiply_add(big, 5u, 0);
}

static inline uint32_t w3di_decimal_bits(const w3di_decimal_big *big)
{
    return big->count * 32u - w3d_bits_leading_zeros(big->word[big->count - 1]);
}

static inline void w3di_decimal_shift_left(w3di_decimal_big *big, uint32_t bits)
{
    uint32_t words = bits / 32u, rest = bits & 31u, spill = 0;
    for (uint32_t i = big->count; i-- > 0;) big->word[i + words] = big->word[i];
    for (uint32_t i = 0; i < words; i++) big->word[i] = 0;
    big->count += words;
    for (uint32_t i = words; rest && i < big->count; i++) {
        uint32_t word = big->word[i];
        big->word[i] = word << rest | spill;
        spill = word >> (32u - rest);
    }
    if (spill) big->word[big->count++] = spill;
}

/* One digit of the quotient, base 2^32: takes that often `divisor` off the words from `top` down.
 * Source: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. */
static inline uint32_t w3di_decimal_divide_step(uint32_t *top, const w3di_decimal_big *divisor)
{
    uint32_t n = divisor->count, high = divisor->word[n - 1], next = divisor->word[n - 2];
    uint64_t pair = (uint64_t)top[n] << 32 | top[n - 1];
    uint64_t guess = pair / high, left = pair % high;
    while (guess >> 32 || guess * next > (left << 32 | top[n - 2])) {
        guess--;
        left += high;
        if (left >> 32) break;
    }
    uint64_t carry = 0, borrow = 0;
    for (uint32_t i = 0; i <= n; i++) {
        carry += guess * (i < n ? divisor->word[i] : 0u);
        uint64_t difference = (uint64_t)top[i] - (uint32_t)carry - borrow;
        top[i] = (uint32_t)difference;
        borrow = difference >> 63;
        carry >>= 32;
    }
    if (!borrow) return (uint32_t)guess;
    carry = 0; /* the guess was one too many */
    for (uint32_t i = 0; i <= n; i++) {
        carry += (uint64_t)top[i] + (i < n ? divisor->word[i] : 0u);
        top[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)(guess - 1);
}

/* mantissa * 2^exponent to the nearest double, halves to even; the mantissa's top bit is set, and
 * `rest` says that the value is a little more. */
static inline double w3di_decimal_round(uint64_t mantissa, int32_t exponent, int rest)
{
    int32_t top = exponent + 63; /* the value is in [2^top, 2^(top + 1)) */
    if (top > 1023) return w3d_f64_from_bits(0x7FF0000000000000u);
    uint32_t drop = top >= -1022 ? 11u : (uint32_t)(11 - 1022 - top); /* subnormals keep fewer */
    if (drop > 64) return 0.0;
    uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t lost = drop == 64 ? mantissa : mantissa & (((uint64_t)1 << drop) - 1);
    uint64_t half = (uint64_t)1 << (drop - 1);
    if (lost > half || (lost == half && (rest || (kept & 1)))) kept++;
    if (top >= -1022) kept += (uint64_t)(top + 1022) << 52; /* kept carries the leading 1 */
    return w3d_f64_from_bits(kept);
}

/* mantissa / 10^power for a power of 1 to 27, whose power of five is below 2^63. */
static inline double w3di_decimal_divide(uint64_t mantissa, uint32_t power)
{
    static const uint64_t five[14] = { 1u,       5u,        25u,        125u,       625u,
                                       3125u,    15625u,    78125u,     390625u,    1953125u,
                                       9765625u, 48828125u, 244140625u, 1220703125u };
    uint64_t divisor = power > 13 ? five[13] * five[power > 26 ? 13 : power - 13] : five[power];
    if (power > 26) divisor *= 5u;
    uint32_t up = w3d_bits_leading_zeros64(mantissa),
             divisor_up = w3d_bits_leading_zeros64(divisor);
    uint64_t left = mantissa << up, quotient = 0;
    divisor <<= divisor_up;
    int32_t exponent = (int32_t)divisor_up - (int32_t)up - (int32_t)power - 64;
    /* left * 2^64 / divisor, halved where it would not fit 64 bits: two digits, base 2^32. */
    uint64_t high = divisor >> 32, low = divisor & 0xFFFFFFFFu, next = 0;
    if (left >= divisor) {
        next = left << 63;
        left >>= 1;
        exponent++;
    }
    for (int i = 0; i < 2; i++) {
        uint64_t guess = left / high, rest = left % high, word = next >> 32;
        while (guess >> 32 || guess * low > (rest << 32 | word)) {
            guess--;
            rest += high;
            if (rest >> 32) break;
        }
        left = (left << 32 | word) - guess * divisor; /* what wraps away cancels */
        quotient = quotient << 32 | guess;
        next <<= 32;
    }
    return w3di_decimal_round(quotient, exponent, left != 0);
}

/* digits * 10^exponent, for a product in [1e-324, 1e310). */
static inline double w3di_decimal_scale(w3di_decimal_big *digits, int32_t exponent)
{
    w3di_decimal_big divisor;
    divisor.count = 1;
    divisor.word[0] = 1;
    if (exponent >= 0)
        w3di_decimal_multiply_power5(digits, (uint32_t)exponent);
    else
        w3di_decimal_multiply_power5(&divisor, (uint32_t)-exponent);

    /* Shift the divisor until its top bit is set in n words, the dividend in n + 2: the quotient
     * then lies between 2^63 and 2^65. */
    uint32_t bits = w3di_decimal_bits(digits), divisor_bits = w3di_decimal_bits(&divisor);
    uint32_t n = divisor_bits > 32 ? (divisor_bits + 31) / 32 : 2;
    if (bits > 32 * n + 64) n = (bits - 64 + 31) / 32;
    uint32_t up = 32 * n + 64 - bits, divisor_up = 32 * n - divisor_bits;
    w3di_decimal_shift_left(digits, up);
    w3di_decimal_shift_left(&divisor, divisor_up);
    digits->word[n + 2] = 0;
    uint32_t first = w3di_decimal_divide_step(digits->word + 2, &divisor);
    uint64_t quotient = (uint64_t)w3di_decimal_divide_step(digits->word + 1, &divisor) << 32;
    quotient |= w3di_decimal_divide_step(digits->word, &divisor);
    int rest = 0;
    for (uint32_t i = 0; i < n; i++) rest |= digits->word[i] != 0;

    int32_t power = exponent + (int32_t)divisor_up - (int32_t)up;
    if (!first) return w3di_decimal_round(quotient, power, rest);
    rest |= (int)(quotient & 1);
    return w3di_decimal_round(quotient >> 1 | (uint64_t)1 << 63, power + 1, rest);
}

/* The number with the significant digits that start at text[0]: the value is the first `kept` of
 * them times 10^exponent; there are `count` in all, possibly with a point between them. */
static inline double w3di_decimal_long(const char *text, size_t count, int32_t exponent,
                                       size_t kept)
{
    w3di_decimal_big digits;
    digits.count = 0;
    uint32_t group = 0, factor = 1, more = 0;
    size_t most = count < W3DI_DECIMAL_DIGITS ? count : W3DI_DECIMAL_DIGITS;
    for (size_t i = 0; i < count; text++) {
        if (*text == '.') continue;
        uint32_t digit = (uint32_t)(*text - '0');
        if (i++ >= most) {
            more |= digit;
            if (more) break;
            continue;
        }
        group = group * 10 + digit;
        factor *= 10;
        if (factor != 1000000000u && i != most) continue;
        w3di_decimal_multiply_add(&digits, factor, group);
        group = 0;
        factor = 1;
    }
    exponent -= (int32_t)(most - kept);
    if (more) { /* what else there is only breaks ties: one more digit says so */
        w3di_decimal_multiply_add(&digits, 10, 1);
        exponent--;
    }
    return w3di_decimal_scale(&digits, exponent);
}

/* Reads the number that `text` starts with.
 *
 *   text  in   need not be NUL-terminated
 *   out   out  the double nearest to it, halves to even; untouched where there is no number
 *
 * Gives the bytes read, 0 where there is no number: a sign or none, digits with a point among,
 * before or behind them or none, and an e with a sign or none and digits, or none of that.
 * Range  infinity above the largest double, zero below half the smallest; -0 keeps its sign.
 *        "inf", "nan" and hexadecimal are no numbers here.
 * Cost   linear in the text; 17 digits take about twice what short numbers do, extreme powers of
 *        ten ten times. */
static inline size_t w3d_decimal_read(const char *text, size_t size, double *out)
{
    static const double power[23] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    size_t at = size && (text[0] == '-' || text[0] == '+'), count = 0, first = 0;
    uint64_t mantissa = 0; /* the first 19 digits; the value is mantissa * 10^exponent */
    int64_t exponent = 0;
    int point = 0, seen = 0;
    for (; at < size; at++) {
        if (text[at] == '.' && !point) {
            point = 1;
            continue;
        }
        uint32_t digit = (uint32_t)(unsigned char)text[at] - '0';
        if (digit > 9) break;
        seen = 1;
        if (!count && digit) first = at;
        if (!count && !digit)
            exponent -= point;
        else if (count++ < 19) {
            mantissa = mantissa * 10 + digit;
            exponent -= point;
        } else
            exponent += !point;
    }
    if (!seen) return 0;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        size_t next = at + 1;
        int64_t value = 0;
        int down = next < size && text[next] == '-';
        if (next < size && (text[next] == '-' || text[next] == '+')) next++;
        size_t digits = next;
        for (; next < size && text[next] >= '0' && text[next] <= '9'; next++)
            if (value < (int64_t)1 << 52) value = value * 10 + (text[next] - '0');
        if (next > digits) {
            at = next;
            exponent += down ? -value : value;
        }
    }

    double result;
    size_t kept = count < 19 ? count : 19;
    int64_t magnitude = exponent + (int64_t)kept; /* the value is 0.ddd * 10^magnitude */
    if (!mantissa || magnitude < -323)
        result = 0.0;
    else if (magnitude > 309)
        result = w3d_f64_from_bits(0x7FF0000000000000u);
    else if (count <= 19 && mantissa <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22)
        result =
            exponent < 0 ? (double)mantissa / power[-exponent] : (double)mantissa * power[exponent];
    else if (count <= 19 && exponent < 0 && exponent >= -27)
        result = w3di_decimal_divide(mantissa, (uint32_t)-exponent);
    else if (count <= 19) {
        w3di_decimal_big digits;
        digits.count = mantissa >> 32 ? 2 : 1;
        digits.word[0] = (uint32_t)mantissa;
        digits.word[1] = (uint32_t)(mantissa >> 32);
        result = w3di_decimal_scale(&digits, (int32_t)exponent);
    } else
        result = w3di_decimal_long(text + first, count, (int32_t)exponent, kept);
    *out = text[0] == '-' ? -result : result;
    return at;
}

#undef W3DI_DECIMAL_DIGITS
#undef W3DI_DECIMAL_WORDS

#endif /* W3D_DECIMAL_H */
