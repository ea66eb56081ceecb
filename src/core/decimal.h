/* decimal.h - decimal numbers in a text to doubles and floats, correctly rounded, in any locale.
 *
 *     double value;
 *     size_t used = w3d_decimal_read("0.1,", 4, &value);   // 3
 *
 * A mantissa below 2^53 with a small power of ten is one exact multiplication or division of
 * doubles (Clinger 1990). Nearly all else is the product of the first 19 digits and 128 bits of a
 * power of ten, whose first 64 bits decide the rounding (Lemire 2021, Number parsing at a gigabyte
 * per second). Where they do not, it is a fraction of two whole numbers of up to 2700 bits: a long
 * division gives its first 64 bits and whether anything is left. core/shortest.h writes numbers. */
#ifndef W3D_DECIMAL_H
#define W3D_DECIMAL_H

#include "core/bytes.h"
#include "core/power10.h"

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

/* mantissa * 2^exponent as a double; the mantissa's top bit is set, and `rest` says that the value
 * is a little more. Nearest, halves to even; or with `odd` rounded down, with the last bit set
 * where that is not exact: what such a double is rounded to next has been rounded once.
 * Source: Boldo and Melquiond, Emulation of FMA and correctly rounded sums, 2008 (round to odd). */
static inline double w3di_decimal_round(uint64_t mantissa, int32_t exponent, int rest, int odd)
{
    int32_t top = exponent + 63; /* the value is in [2^top, 2^(top + 1)) */
    if (top > 1023) return w3d_f64_from_bits(0x7FF0000000000000u);
    uint32_t drop = top >= -1022 ? 11u : (uint32_t)(11 - 1022 - top); /* subnormals keep fewer */
    if (drop > 64) return odd ? w3d_f64_from_bits(1) : 0.0;
    uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t lost = drop == 64 ? mantissa : mantissa & (((uint64_t)1 << drop) - 1);
    uint64_t half = (uint64_t)1 << (drop - 1);
    if (odd)
        kept |= (lost | (uint64_t)rest) != 0;
    else /* no branch: it would be as good as random */
        kept += (lost > half) | ((lost == half) & ((uint64_t)rest | kept));
    if (top >= -1022) kept += (uint64_t)(top + 1022) << 52; /* kept carries the leading 1 */
    return w3d_f64_from_bits(kept);
}

/* mantissa * 10^power by 128 bits of the power; 0 and *out untouched where these do not decide,
 * as where the value is very close to a number of 64 bits, or is one.
 *
 * The power lies less than a unit above its 128 bits, so the value less than 2^65 units above the
 * product's 192. Where the middle 64 bits can take that, the top 64 are the value's own. */
static inline int w3di_decimal_fast(uint64_t mantissa, int32_t power, int odd, double *out)
{
    uint32_t up = w3d_bits_leading_zeros64(mantissa);
    int32_t exponent = w3di_power10_log2(power) + 1 - (int32_t)up;
    w3di_power10 ten = w3di_power10_of(power);
    uint64_t high, carry, middle = w3di_power10_multiply(ten.high, mantissa << up, &high);
    uint64_t low = w3di_power10_multiply(ten.low, mantissa << up, &carry);
    middle += carry;
    high += middle < carry;
    uint32_t more = (uint32_t)(high >> 63) ^ 1u;
    high = high << more | middle >> 1 >> (63 - more);
    middle = middle << more | low >> 1 >> (63 - more);
    low <<= more;
    exponent -= (int32_t)more;
    if (w3di_power10_is_exact(power))
        *out = w3di_decimal_round(high, exponent, middle || low, odd);
    else if (middle <= UINT64_MAX - 3)
        *out = w3di_decimal_round(high, exponent, 1, odd);
    else
        return 0;
    return 1;
}

/* digits * 10^exponent, for an exponent of -1100 to 308 and up to 769 digits. */
static inline double w3di_decimal_scale(w3di_decimal_big *digits, int32_t exponent, int odd)
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
    if (!first) return w3di_decimal_round(quotient, power, rest, odd);
    rest |= (int)(quotient & 1);
    return w3di_decimal_round(quotient >> 1 | (uint64_t)1 << 63, power + 1, rest, odd);
}

/* The number with the `count` significant digits that start at text[0], possibly with a point among
 * them; the first 19 stand for a whole number times 10^exponent. */
static inline double w3di_decimal_long(const char *text, size_t count, int32_t exponent, int odd)
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
    exponent -= (int32_t)(most - 19);
    if (more) { /* what else there is only breaks ties: one more digit says so */
        w3di_decimal_multiply_add(&digits, 10, 1);
        exponent--;
    }
    return w3di_decimal_scale(&digits, exponent, odd);
}

/* The nearest double to mantissa * 10^exponent. Of a number with more than 19 digits, of which
 * there are `count` from text[0] on and the first is not 0, the mantissa is the first 19. `odd` as
 * in w3di_decimal_round. */
static inline double w3di_decimal_value(const char *text, uint64_t mantissa, int64_t exponent,
                                        size_t count, int odd)
{
    static const double power[23] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    double result, next;
    if (!mantissa) return 0.0;
    if (exponent < -343) return odd ? w3d_f64_from_bits(1) : 0.0; /* below 1e-324 */
    if (exponent > 308) return w3d_f64_from_bits(0x7FF0000000000000u);
    if (count <= 19 && mantissa <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22 && !odd)
        return exponent < 0 ? (double)mantissa / power[-exponent]
                            : (double)mantissa * power[exponent];
    /* More digits lie between this mantissa and the next one: mostly both give the same. */
    if (w3di_decimal_fast(mantissa, (int32_t)exponent, odd, &result) &&
        (count <= 19 || (!odd && w3di_decimal_fast(mantissa + 1, (int32_t)exponent, odd, &next) &&
                         result == next)))
        return result;
    if (count > 19) return w3di_decimal_long(text, count, (int32_t)exponent, odd);
    w3di_decimal_big digits;
    digits.count = mantissa >> 32 ? 2 : 1;
    digits.word[0] = (uint32_t)mantissa;
    digits.word[1] = (uint32_t)(mantissa >> 32);
    return w3di_decimal_scale(&digits, (int32_t)exponent, odd);
}

/* A word of eight characters '0' to '9', the first in the lowest byte, as a number; or -1.
 * Source: Lemire 2021, above. */
W3D_INLINE int64_t w3di_decimal_eight(uint64_t eight)
{
    uint64_t digits = eight ^ 0x3030303030303030u; /* each byte 0 to 9 */
    if (((digits + 0x7676767676767676u) | digits) & 0x8080808080808080u) return -1;
    digits = digits * 10 + (digits >> 8); /* pairs, in bytes 0, 2, 4, 6 */
    uint64_t hundreds = (digits & 0x000000FF000000FFu) * 0x000F424000000064u;
    uint64_t units = (digits >> 16 & 0x000000FF000000FFu) * 0x0000271000000001u;
    return (int64_t)((hundreds + units) >> 32);
}

/* The digits of a number and its point: its first 19 significant digits, how many there are, where
 * they start; the value is mantissa * 10^exponent, and more where there are more. */
typedef struct w3di_decimal_scan {
    uint64_t mantissa;
    int64_t exponent;
    size_t first, count;
} w3di_decimal_scan;

/* Goes over digits from `at` on; every mantissa of up to 19 digits is right. */
W3D_INLINE size_t w3di_decimal_digits(const char *text, size_t at, size_t size, uint64_t *mantissa)
{
    uint64_t value = *mantissa;
    for (; at < size; at++) {
        uint32_t digit = (uint32_t)(unsigned char)text[at] - '0';
        if (digit > 9) break;
        value = value * 10 + digit;
    }
    *mantissa = value;
    return at;
}

/* The careful way, for more than 19 digits; text[start, end) are digits and perhaps a point. */
static inline w3di_decimal_scan w3di_decimal_scan_long(const char *text, size_t start, size_t end)
{
    w3di_decimal_scan scan;
    int point = 0;
    scan.mantissa = 0;
    scan.exponent = 0;
    scan.first = scan.count = 0;
    for (size_t at = start; at < end; at++) {
        uint32_t digit = (uint32_t)(unsigned char)text[at] - '0';
        if (text[at] == '.')
            point = 1;
        else if (!scan.count && !digit)
            scan.exponent -= point;
        else {
            if (!scan.count) scan.first = at;
            if (scan.count++ < 19) {
                scan.mantissa = scan.mantissa * 10 + digit;
                scan.exponent -= point;
            } else
                scan.exponent += !point;
        }
    }
    return scan;
}

/* w3d_decimal_read, the double rounded as `odd` says. */
static inline size_t w3di_decimal_read(const char *text, size_t size, int odd, double *out)
{
    size_t start = size && (text[0] == '-' || text[0] == '+'), at, digits;
    w3di_decimal_scan scan;
    scan.mantissa = 0;
    scan.exponent = 0;
    scan.first = start;
    at = w3di_decimal_digits(text, start, size, &scan.mantissa);
    digits = at - start;
    if (at < size && text[at] == '.') {
        size_t point = ++at;
        while (size - at >= 8) {
            int64_t eight = w3di_decimal_eight(w3d_load_u64(text + at));
            if (eight < 0) break;
            scan.mantissa = scan.mantissa * 100000000u + (uint64_t)eight;
            at += 8;
        }
        at = w3di_decimal_digits(text, at, size, &scan.mantissa);
        scan.exponent = -(int64_t)(at - point);
        digits += at - point;
    }
    if (!digits) return 0;
    scan.count = digits;
    if (digits > 19) scan = w3di_decimal_scan_long(text, start, at);
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        size_t next = at + 1;
        int64_t value = 0;
        int down = next < size && text[next] == '-';
        if (next < size && (text[next] == '-' || text[next] == '+')) next++;
        size_t power = next;
        for (; next < size && text[next] >= '0' && text[next] <= '9'; next++)
            if (value < (int64_t)1 << 52) value = value * 10 + (text[next] - '0');
        if (next > power) {
            at = next;
            scan.exponent += down ? -value : value;
        }
    }
    double result =
        w3di_decimal_value(text + scan.first, scan.mantissa, scan.exponent, scan.count, odd);
    *out = text[0] == '-' ? -result : result;
    return at;
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
 * Cost   linear in the text; only numbers within 2^-64 of a number of 64 bits, as whole ones above
 *        2^53 with zeros behind the point are, and of more than 19 digits take ten times the usual,
 *        or a hundred times with extreme powers of ten. */
static inline size_t w3d_decimal_read(const char *text, size_t size, double *out)
{
    return w3di_decimal_read(text, size, 0, out);
}

/* The same to the nearest float, rounded once: reading a double and converting that rounds twice,
 * and misses by one where the double falls on the middle between two floats. */
static inline size_t w3d_decimal_read_f32(const char *text, size_t size, float *out)
{
    double value;
    size_t used = w3di_decimal_read(text, size, 1, &value);
    if (used) *out = (float)value;
    return used;
}

/* The same to the nearest half float. */
static inline size_t w3d_decimal_read_f16(const char *text, size_t size, uint16_t *out)
{
    double value;
    size_t used = w3di_decimal_read(text, size, 1, &value);
    if (!used) return 0;
    float nearest = (float)value;
    uint32_t bits = w3d_bits_f32(nearest);
    if ((double)nearest != value && bits << 1 < 0xFF000000u) { /* to odd again: towards 0, and 1 */
        int above = value < 0 ? (double)nearest < value : (double)nearest > value;
        bits = (bits - (uint32_t)above) | 1u;
    }
    *out = w3d_f16_from_f32(w3d_f32_from_bits(bits));
    return used;
}

#undef W3DI_DECIMAL_DIGITS
#undef W3DI_DECIMAL_WORDS

#endif /* W3D_DECIMAL_H */
