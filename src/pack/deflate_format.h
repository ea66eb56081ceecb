/* deflate_format.h - what the writer and the reader of deflate streams share.
 *
 * The alphabets' values follow rules that RFC 1951 gives as tables (3.2.5): each extra bit spans
 * four length symbols or two distance symbols. Only the one odd order is kept as a table. */
#ifndef W3D_DEFLATE_FORMAT_H
#define W3D_DEFLATE_FORMAT_H

#include "core/bytes.h"

enum {
    W3DI_DEFLATE_FORMAT_LITERALS = 288, /* literals, end of block, match lengths */
    W3DI_DEFLATE_FORMAT_LITERALS_USED = 286,
    W3DI_DEFLATE_FORMAT_END = 256, /* the symbol that ends a block */
    W3DI_DEFLATE_FORMAT_DISTANCES = 30,
    W3DI_DEFLATE_FORMAT_CODES = 19 /* symbols of the code that packs code lengths */
};

/* In which order the lengths of that code are stored (RFC 1951, 3.2.7). */
static const uint8_t w3di_deflate_format_order[W3DI_DEFLATE_FORMAT_CODES] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
};

/* Bits of the fixed code's symbol (RFC 1951, 3.2.6). */
static inline unsigned w3di_deflate_format_fixed(unsigned symbol)
{
    if (symbol < 144) return 8;
    if (symbol < 256) return 9;
    return symbol < 280 ? 7 : 8;
}

/* Extra bits and smallest match length of length symbol 257 + k, k < 29. */
static inline unsigned w3di_deflate_format_length_extra(unsigned k)
{
    return k < 8 || k == 28 ? 0 : (k - 4) >> 2;
}
static inline unsigned w3di_deflate_format_length_base(unsigned k)
{
    if (k < 8) return 3 + k;
    return k == 28 ? 258 : 3 + ((4 + (k & 3u)) << ((k - 4) >> 2));
}

/* Extra bits and smallest distance of distance symbol k, k < 30. */
static inline unsigned w3di_deflate_format_distance_extra(unsigned k)
{
    return k < 4 ? 0 : (k >> 1) - 1;
}
static inline unsigned w3di_deflate_format_distance_base(unsigned k)
{
    return k < 4 ? 1 + k : 1 + ((2 + (k & 1u)) << ((k >> 1) - 1));
}

/* The sum of the four 16-bit lanes of a word. */
W3D_INLINE uint32_t w3di_deflate_format_lanes(uint64_t lanes)
{
    uint64_t pairs = (lanes & 0x0000FFFF0000FFFFu) + (lanes >> 16 & 0x0000FFFF0000FFFFu);
    return (uint32_t)pairs + (uint32_t)(pairs >> 32);
}

/* Adler-32 (RFC 1950, 8): low half 1 + the sum of all bytes, high half the sum of those sums, both
 * modulo 65521. Words are taken as eight lanes of 16 bits, even and odd bytes apart: `sum` adds
 * them up and `sums` adds up `sum`. After 20 words the largest lane is 255 * 190 = 48450. */
static inline uint32_t w3di_deflate_format_adler32(const void *src, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)src;
    const uint64_t even_lanes = 0x00FF00FF00FF00FFu;
    uint32_t a = 1, b = 0;
    while (size) {
        size_t run = size < 5440 ? size : 5440; /* b cannot overflow before the modulo */
        size -= run;
        for (; run >= 160; run -= 160, bytes += 160) {
            uint64_t even = 0, odd = 0, evens = 0, odds = 0;
            for (unsigned i = 0; i < 160; i += 8) {
                uint64_t word = w3d_load_u64(bytes + i);
                evens += even;
                odds += odd;
                even += word & even_lanes;
                odd += word >> 8 & even_lanes;
            }
            /* Byte k of a word counts once more for each byte from it to the word's end. */
            uint32_t within = 0;
            for (unsigned k = 0; k < 4; k++)
                within += (8 - 2 * k) * (uint32_t)(even >> (16 * k) & 0xFFFFu) +
                          (7 - 2 * k) * (uint32_t)(odd >> (16 * k) & 0xFFFFu);
            b += 160 * a + within +
                 8 * (w3di_deflate_format_lanes(evens) + w3di_deflate_format_lanes(odds));
            a += w3di_deflate_format_lanes(even) + w3di_deflate_format_lanes(odd);
        }
        for (; run; run--) {
            a += *bytes++;
            b += a;
        }
        a %= 65521u;
        b %= 65521u;
    }
    return b << 16 | a;
}

#endif /* W3D_DEFLATE_FORMAT_H */
