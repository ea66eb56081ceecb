/* utf8.h - is a text valid UTF-8, and where not. */
#ifndef W3D_UTF8_H
#define W3D_UTF8_H

#include "core/base.h"

/* Bytes of the well-formed sequence that starts at text[0], 1 to 4, or 0: none does. Overlong
 * forms, surrogates and anything above U+10FFFF are not well-formed.
 * Source: The Unicode Standard, table 3-7. */
static inline size_t w3d_utf8_sequence(const unsigned char *text, size_t size)
{
    unsigned char first = text[0], low = 0x80, high = 0xBF;
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    if (length > size) return 0;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < low || text[i] > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

/* The offset of the first byte that is not part of a well-formed sequence; `size` where all is
 * well. A NUL is an ordinary character here. Cost: about 8 bytes a cycle on ASCII. */
static inline size_t w3d_utf8_check(const void *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    while (i < size) {
        uint64_t eight;
        if (size - i >= 8) {
            w3d_copy(&eight, bytes + i, 8);
            if (!(eight & 0x8080808080808080u)) {
                i += 8;
                continue;
            }
        }
        size_t length = w3d_utf8_sequence(bytes + i, size - i);
        if (!length) return i;
        i += length;
    }
    return size;
}

#endif /* W3D_UTF8_H */
