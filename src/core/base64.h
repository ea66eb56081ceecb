/* base64.h - bytes as text and back: RFC 4648, the alphabet with + and /, padded with =.
 *
 *     char text[W3D_BASE64_SIZE(sizeof bytes)];
 *     w3d_base64_write(bytes, sizeof bytes, text);                    // no NUL
 *     size_t bad = w3d_base64_read(text, sizeof text, bytes);         // sizeof text: all is well
 *
 * Texts that are cut where the bytes are a multiple of three can be joined. */
#ifndef W3D_BASE64_H
#define W3D_BASE64_H

#include "core/base.h"

/* Characters that `size` bytes become; for size up to SIZE_MAX / 4 * 3 - 2. */
#define W3D_BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/* Writes W3D_BASE64_SIZE(size) characters to dst, which must not overlap src. */
static inline void w3d_base64_write(const void *src, size_t size, char *dst)
{
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = (const unsigned char *)src;
    for (; size >= 3; size -= 3, from += 3, dst += 4) {
        uint32_t three = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
        dst[0] = letter[three >> 18];
        dst[1] = letter[three >> 12 & 63];
        dst[2] = letter[three >> 6 & 63];
        dst[3] = letter[three & 63];
    }
    if (!size) return;
    uint32_t rest = (uint32_t)from[0] << 16 | (size > 1 ? (uint32_t)from[1] << 8 : 0u);
    dst[0] = letter[rest >> 18];
    dst[1] = letter[rest >> 12 & 63];
    dst[2] = size > 1 ? letter[rest >> 6 & 63] : '=';
    dst[3] = '=';
}

/* Bytes that a text of `size` characters holds, if it is base64; enough for w3d_base64_read also if
 * it is not. */
static inline size_t w3d_base64_read_size(const char *text, size_t size)
{
    size_t bytes = size / 4 * 3;
    if (size && size % 4 == 0 && text[size - 1] == '=') bytes -= text[size - 2] == '=' ? 2u : 1u;
    return bytes;
}

/* The six bits of a character; 64 and above where it has none. */
W3D_INLINE uint32_t w3di_base64_value(char c)
{
    /* clang-format off */
    static const unsigned char value[80] = { /* '+' to 'z' */
        62, 99, 99, 99, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 99,
        99, 99, 99, 99, 99, 99,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
        10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
        99, 99, 99, 99, 99, 99, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51
    };
    /* clang-format on */
    uint32_t index = (uint32_t)(unsigned char)c - '+';
    return index < 80 ? value[index] : 99u;
}

/* Reads a text into w3d_base64_read_size(text, size) bytes at dst, which may be the text itself.
 *
 * Gives `size`, or where the text is wrong: a character outside the alphabet, padding before the
 * end, a length that is no multiple of four, bits in the last character that belong to no byte.
 * dst then holds the bytes before. */
static inline size_t w3d_base64_read(const char *text, size_t size, void *dst)
{
    unsigned char *to = (unsigned char *)dst;
    size_t at = 0;
    for (; size - at >= 4; at += 4) {
        uint32_t v[4], bad = 0, i;
        for (i = 0; i < 4; i++) bad |= v[i] = w3di_base64_value(text[at + i]);
        if (bad < 64) {
            uint32_t three = v[0] << 18 | v[1] << 12 | v[2] << 6 | v[3];
            to[0] = (unsigned char)(three >> 16);
            to[1] = (unsigned char)(three >> 8);
            to[2] = (unsigned char)three;
            to += 3;
            continue;
        }
        for (i = 0; i < 4 && v[i] < 64;) i++;
        if (i < 2 || text[at + i] != '=' || at + 4 != size || text[at + 3] != '=') {
            if (i == 2 && text[at + 2] == '=' && at + 4 == size) i = 3;
            return at + i;
        }
        if (i == 2 ? v[1] & 15u : v[2] & 3u) return at + i - 1;
        to[0] = (unsigned char)(v[0] << 2 | v[1] >> 4);
        if (i == 3) to[1] = (unsigned char)(v[1] << 4 | v[2] >> 2);
        at += 4;
        break;
    }
    return at;
}

#endif /* W3D_BASE64_H */
