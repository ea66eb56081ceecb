/* gltf_uri.h - data URIs and percent-encoding; private to asset/gltf.
 * Source: RFC 2397 (data URIs), RFC 4648 section 4 (base64), RFC 3986 section 2.1. */
#ifndef W3D_GLTF_URI_H
#define W3D_GLTF_URI_H

#include "core/base64.h"

/* A data URI taken apart: "data:" media type ";base64," text. */
typedef struct w3di_gltf_data_uri {
    const char *mime; /* without parameters */
    size_t mime_size;
    const char *text; /* base64 */
    size_t text_size;
} w3di_gltf_data_uri;

static inline int w3di_gltf_is_data_uri(const char *uri, size_t size)
{
    return size >= 5 && w3d_equal(uri, "data:", 5);
}

/* 0 where the URI has no base64 data. */
static inline int w3di_gltf_data_uri_split(const char *uri, size_t size, w3di_gltf_data_uri *out)
{
    size_t comma = 5, semicolon = 5;
    while (comma < size && uri[comma] != ',') comma++;
    while (semicolon < comma && uri[semicolon] != ';') semicolon++;
    if (comma == size || comma - semicolon < 7 || !w3d_equal(uri + comma - 7, ";base64", 7))
        return 0;
    out->mime = uri + 5;
    out->mime_size = semicolon - 5;
    out->text = uri + comma + 1;
    out->text_size = size - comma - 1;
    return 1;
}

/* Bytes that a base64 text stands for. Unlike core/base64.h this takes what exporters write: padding
 * may be missing, and the last character's bits that belong to no byte may be set. */
static inline size_t w3di_gltf_base64_size(const char *text, size_t size)
{
    for (int i = 0; i < 2 && size && text[size - 1] == '='; i++) size--;
    return size / 4 * 3 + (size % 4 > 1 ? size % 4 - 1 : 0);
}

/* Decodes to w3di_gltf_base64_size() bytes; gives the place of the first bad character, or size. */
static inline size_t w3di_gltf_base64_decode(const char *text, size_t size, uint8_t *out)
{
    uint32_t group = 0;
    size_t end = size;
    for (int i = 0; i < 2 && size % 4 == 0 && end && text[end - 1] == '='; i++) end--;
    for (size_t i = 0; i < end; i++) {
        uint32_t six = w3di_base64_value(text[i]);
        if (six > 63) return i;
        group = group << 6 | six;
        if (i % 4 != 3) continue;
        *out++ = (uint8_t)(group >> 16);
        *out++ = (uint8_t)(group >> 8);
        *out++ = (uint8_t)group;
    }
    if (end % 4 == 1) return end - 1; /* six bits are no byte */
    if (end % 4 == 2) *out = (uint8_t)(group >> 4);
    if (end % 4 == 3) {
        *out++ = (uint8_t)(group >> 10);
        *out = (uint8_t)(group >> 2);
    }
    return size;
}

static inline int w3di_gltf_hex_digit(char c)
{
    char letter = (char)(c | 0x20);
    if (c >= '0' && c <= '9') return c - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Decodes %XX into `out`, which has room for `size` bytes; anything else is taken over. */
static inline size_t w3di_gltf_percent_decode(const char *uri, size_t size, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        int high = -1, low = -1;
        if (uri[i] == '%' && size - i > 2) {
            high = w3di_gltf_hex_digit(uri[i + 1]);
            low = w3di_gltf_hex_digit(uri[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            out[written++] = (char)(high << 4 | low);
            i += 2;
        } else
            out[written++] = uri[i];
    }
    return written;
}

#endif /* W3D_GLTF_URI_H */
