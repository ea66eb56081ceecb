/* test_inflate.c - streams by zlib and streams built bit by bit: good ones in every shape, and one
 * for each thing that can be wrong. */
#include "test.h"

#include "pack/inflate.h"

/* ---- a writer of single bits ---- */

typedef struct stream {
    uint8_t bytes[8192];
    size_t bits;
} stream;

/* Numbers are stored lowest bit first, codes first bit first (RFC 1951, 3.1.1). */
static void put(stream *s, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++, s->bits++, value >>= 1)
        s->bytes[s->bits / 8] |= (uint8_t)((value & 1u) << s->bits % 8);
}
static void put_code(stream *s, unsigned code, unsigned count)
{
    while (count-- > 0) put(s, code >> count & 1u, 1);
}
static size_t stream_size(const stream *s) { return (s->bits + 7) / 8; }

/* The fixed code (RFC 1951, 3.2.6). */
static void put_fixed(stream *s, unsigned symbol)
{
    if (symbol < 144)
        put_code(s, 0x30 + symbol, 8);
    else if (symbol < 256)
        put_code(s, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        put_code(s, symbol - 256, 7);
    else
        put_code(s, 0xC0 + symbol - 280, 8);
}

/* Length and distance with the fixed code, by the tables of RFC 1951, 3.2.5. */
static const unsigned length_bases[29] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                           15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                           67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const unsigned length_extras[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                            2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const unsigned distance_bases[30] = { 1,    2,    3,    4,     5,     7,    9,    13,
                                             17,   25,   33,   49,    65,    97,   129,  193,
                                             257,  385,  513,  769,   1025,  1537, 2049, 3073,
                                             4097, 6145, 8193, 12289, 16385, 24577 };
static const unsigned distance_extras[30] = { 0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                              6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };
static void put_fixed_match(stream *s, unsigned length, unsigned distance)
{
    unsigned k = 28, d = 29;
    while (length_bases[k] > length) k--;
    while (distance_bases[d] > distance) d--;
    put_fixed(s, 257 + k);
    put(s, length - length_bases[k], length_extras[k]);
    put_code(s, d, 5);
    put(s, distance - distance_bases[d], distance_extras[d]);
}

/* A dynamic block's head in which every length takes four bits: symbols 0 to 15 of the code of
 * code lengths have four bits each, so that the code of a length is the length. */
static void put_dynamic(stream *s, const uint8_t *literals, unsigned literal_count,
                        const uint8_t *distances, unsigned distance_count)
{
    put(s, 1, 1);
    put(s, 2, 2);
    put(s, literal_count - 257, 5);
    put(s, distance_count - 1, 5);
    put(s, 19 - 4, 4);
    for (int i = 0; i < 19; i++) put(s, i < 3 ? 0 : 4, 3);
    for (unsigned i = 0; i < literal_count; i++) put_code(s, literals[i], 4);
    for (unsigned i = 0; i < distance_count; i++) put_code(s, distances[i], 4);
}

/* ---- checks ---- */

static w3d_result read_raw(const stream *s, void *dst, size_t capacity, size_t *written,
                           w3d_error *error)
{
    w3d_inflate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.src = s->bytes;
    desc.src_size = stream_size(s);
    desc.dst = dst;
    desc.capacity = capacity;
    desc.raw = 1;
    return w3d_inflate(&desc, written, NULL, error);
}

#define CHECK_RAW(s, code) check_raw(__LINE__, s, code)
static void check_raw(int line, const stream *s, w3d_result expected)
{
    uint8_t dst[4096];
    size_t written = 12345;
    w3d_error error;
    memset(&error, 0, sizeof error);
    w3d_result result = read_raw(s, dst, sizeof dst, &written, &error);
    CHECK_MESSAGE(result == expected, "line %d: %s, expected %s", line, w3d_result_text(result),
                  w3d_result_text(expected));
    if (expected == W3D_OK) return;
    CHECK_MESSAGE(written == 12345, "line %d: written is touched", line);
    CHECK_MESSAGE(error.code == expected && error.text && error.offset <= stream_size(s),
                  "line %d: the error is filled in", line);
}

/* zlib 1.2.13, level 6. */
static const uint8_t fox_stream[] = { 0x78, 0x9C, 0x2B, 0xC9, 0x48, 0x55, 0x28, 0x2C, 0xCD, 0x4C,
                                      0xCE, 0x56, 0x48, 0x2A, 0xCA, 0x2F, 0xCF, 0x53, 0x48, 0xCB,
                                      0xAF, 0x50, 0xC8, 0x2A, 0xCD, 0x2D, 0x28, 0x56, 0xC8, 0x2F,
                                      0x4B, 0x2D, 0x52, 0x28, 0x01, 0x4A, 0xE7, 0x24, 0x56, 0x55,
                                      0x2A, 0xA4, 0xE4, 0xA7, 0xEB, 0xA0, 0xF0, 0x14, 0x8A, 0x73,
                                      0x52, 0x53, 0x0B, 0x8A, 0xF5, 0xC0, 0x82, 0xA3, 0x26, 0x50,
                                      0xC3, 0x04, 0x00, 0xD2, 0x4C, 0x8E, 0x5D };
#define FOX "the quick brown fox jumps over the lazy dog, the lazy dog sleeps. "
static const char fox_text[] = FOX FOX FOX FOX FOX FOX;

/* zlib 1.2.13, level 9: one dynamic block. */
static const uint8_t letters_stream[] = {
    0x78, 0xDA, 0x15, 0x8F, 0x51, 0x12, 0x00, 0x21, 0x08, 0x42, 0xCF, 0x0A, 0x54, 0x56, 0x96, 0x76,
    0xFF, 0xAF, 0x75, 0x3F, 0xCC, 0xE9, 0x31, 0x01, 0x39, 0x53, 0x91, 0x67, 0x62, 0x3C, 0x1E, 0x00,
    0x32, 0xB6, 0x85, 0x4D, 0x24, 0x3B, 0xF1, 0x1A, 0x1E, 0xE0, 0x3E, 0x4A, 0x01, 0x1F, 0xEB, 0x10,
    0xD7, 0x3D, 0x44, 0xB0, 0x11, 0xEA, 0x05, 0x20, 0xFA, 0x86, 0xDF, 0xD0, 0x2F, 0x5A, 0x2D, 0xB3,
    0xF8, 0x79, 0xAA, 0x61, 0x75, 0xB5, 0x8D, 0x81, 0x80, 0x97, 0x1B, 0x87, 0xA6, 0x26, 0xDF, 0xC0,
    0xCE, 0x27, 0xA2, 0xD7, 0x8B, 0xE9, 0x2A, 0x87, 0x58, 0xE0, 0x2D, 0x82, 0x83, 0x0C, 0x1A, 0xB2,
    0x52, 0x57, 0x03, 0xD3, 0xC5, 0x71, 0xFA, 0xCF, 0xAD, 0xE4, 0xDC, 0xF8, 0x2F, 0x5D, 0x35, 0xC4,
    0x70, 0xCC, 0x61, 0x91, 0xD5, 0x99, 0xD6, 0x80, 0x2A, 0x7E, 0xAC, 0x24, 0xE3, 0x5C, 0x53, 0x78,
    0x8A, 0x7D, 0x2B, 0x54, 0x2B, 0x2E, 0x8D, 0x2F, 0x82, 0x3A, 0xD8, 0xB0, 0x55, 0xEC, 0x72, 0x70,
    0x9E, 0x2B, 0xF1, 0x28, 0xCB, 0x2F, 0x86, 0x34, 0x31, 0xAB, 0x90, 0x31, 0x90, 0x37, 0x3B, 0xFC,
    0xED, 0x79, 0x3B, 0x7D, 0xBD, 0xC3, 0xAC, 0xFF, 0xEC, 0x0F, 0x13, 0x59, 0x77, 0x8A
};
static const char letters_text[] =
    "kbocnolhafpblaaacgbdiajbaobebapdapaakkfaaaabpbaabcbimlbanbdbaceaabacbkjakmncabcbgncaggnaaba"
    "ocdaiecdjafanakbapbfchchbpfajopcbaeabchkcacbniabmcbaalaonbgaoaakidabokcbfleaalagcbaojaleaaec"
    "aaebafkahfgnocgbbgdaadialgcaagbhihcapcnjmapbcinmbgbpnnbclajagipbcmbfbhlmccblcoecanfcchahabcg"
    "bnaomoeakpjhmebkiplboabaj";

static w3d_result read_zlib(const void *src, size_t src_size, void *dst, size_t capacity,
                            w3d_error *error)
{
    w3d_inflate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.src = src;
    desc.src_size = src_size;
    desc.dst = dst;
    desc.capacity = capacity;
    return w3d_inflate(&desc, NULL, NULL, error);
}

static void streams_of_zlib(void)
{
    uint8_t dst[400], src[sizeof fox_stream + 100];
    size_t written = 0, consumed = 0;
    w3d_inflate_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(src, 0xA5, sizeof src); /* what stands behind a stream is not its business */
    memcpy(src, fox_stream, sizeof fox_stream);
    desc.src = src;
    desc.src_size = sizeof src;
    desc.dst = dst;
    desc.capacity = sizeof dst;
    CHECK(w3d_inflate(&desc, &written, &consumed, NULL) == W3D_OK);
    CHECK(written == sizeof fox_text - 1 && consumed == sizeof fox_stream);
    CHECK_BYTES(dst, fox_text, sizeof fox_text - 1);
    desc.src = letters_stream;
    desc.src_size = sizeof letters_stream;
    CHECK(w3d_inflate(&desc, &written, &consumed, NULL) == W3D_OK);
    CHECK(written == sizeof letters_text - 1 && consumed == sizeof letters_stream);
    CHECK_BYTES(dst, letters_text, sizeof letters_text - 1);
}

static void cut_anywhere(void)
{
    uint8_t dst[400];
    const struct {
        const uint8_t *bytes;
        size_t size;
    } whole[2] = { { fox_stream, sizeof fox_stream }, { letters_stream, sizeof letters_stream } };
    for (int k = 0; k < 2; k++)
        for (size_t size = 0; size < whole[k].size; size++) {
            uint8_t *copy = (uint8_t *)malloc(size + 1); /* a reader over the end is caught */
            w3d_error error;
            memcpy(copy, whole[k].bytes, size);
            CHECK_MESSAGE(read_zlib(copy, size, dst, sizeof dst, &error) == W3D_ERR_TRUNCATED &&
                              error.offset == size,
                          "stream %d cut to %zu", k, size);
            free(copy);
        }
}

static void too_little_room(void)
{
    for (size_t capacity = 0; capacity < sizeof fox_text - 1; capacity++) {
        uint8_t *dst = (uint8_t *)malloc(capacity + 1);
        CHECK(read_zlib(fox_stream, sizeof fox_stream, dst, capacity, NULL) == W3D_ERR_CAPACITY);
        free(dst);
    }
    uint8_t dst[sizeof fox_text - 1];
    CHECK(read_zlib(fox_stream, sizeof fox_stream, dst, sizeof dst, NULL) == W3D_OK);
}

/* Each bit of a stream turned over: an error, or one of those that carry nothing. */
static void turned_bits(void)
{
    uint8_t copy[sizeof letters_stream];
    for (size_t bit = 0; bit < 8 * sizeof letters_stream; bit++) {
        uint8_t dst[1000];
        memcpy(copy, letters_stream, sizeof copy);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        w3d_result result = read_zlib(copy, sizeof copy, dst, sizeof dst, NULL);
        int is_padding = bit / 8 == sizeof copy - 5 && bit % 8 >= 5; /* up to the checksum */
        CHECK_MESSAGE(is_padding ? result == W3D_OK : result != W3D_OK, "bit %zu", bit);
    }
}

static void framing(void)
{
    uint8_t dst[400], copy[sizeof fox_stream];
    w3d_error error;
    memcpy(copy, fox_stream, sizeof copy);
    copy[0] = 0x79; /* another method */
    CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_ERR_FORMAT);
    copy[0] = 0x88, copy[1] = 0x1C; /* a window of 64 KB; the sum is right */
    CHECK((0x88 << 8 | 0x1C) % 31 == 0);
    CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_ERR_FORMAT);
    copy[0] = 0x78, copy[1] = 0x9D; /* the sum is wrong */
    CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_ERR_FORMAT);
    copy[1] = 0xBB; /* a preset dictionary */
    CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_ERR_UNSUPPORTED);
    copy[1] = 0x01; /* another level: only a remark */
    CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_OK);
    for (size_t i = sizeof copy - 4; i < sizeof copy; i++) {
        copy[i] ^= 1;
        CHECK(read_zlib(copy, sizeof copy, dst, sizeof dst, &error) == W3D_ERR_CHECKSUM);
        CHECK(error.offset == sizeof copy - 4);
        copy[i] ^= 1;
    }
}

static void arguments(void)
{
    w3d_inflate_desc desc;
    uint8_t byte = 0;
    w3d_error error;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_inflate(NULL, NULL, NULL, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_inflate(&desc, NULL, NULL, NULL) == W3D_ERR_TRUNCATED);
    desc.src_size = 1;
    CHECK(w3d_inflate(&desc, NULL, NULL, &error) == W3D_ERR_ARGUMENT);
    desc.src = &byte;
    desc.capacity = 1;
    CHECK(w3d_inflate(&desc, NULL, NULL, &error) == W3D_ERR_ARGUMENT);
}

static void nothing_at_all(void)
{
    static const uint8_t empty[] = { 0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01 };
    CHECK(read_zlib(empty, sizeof empty, NULL, 0, NULL) == W3D_OK);
    stream s;
    memset(&s, 0, sizeof s);
    CHECK_RAW(&s, W3D_ERR_TRUNCATED);
    put(&s, 1, 1);
    put(&s, 1, 2);
    put_fixed(&s, 256);
    CHECK_RAW(&s, W3D_OK);
}

static void stored_blocks(void)
{
    stream s;
    uint8_t dst[8];
    size_t written = 0;
    memset(&s, 0, sizeof s);
    put(&s, 0, 3);
    put(&s, 0, 5);
    put(&s, 3, 16);
    put(&s, 0xFFFC, 16);
    put(&s, 'a' | 'b' << 8 | 'c' << 16, 24);
    put(&s, 1, 3); /* a last one of no bytes, beginning in the middle of a byte */
    put(&s, 0, 5);
    put(&s, 0, 16);
    put(&s, 0xFFFF, 16);
    CHECK(read_raw(&s, dst, 3, &written, NULL) == W3D_OK && written == 3);
    CHECK(!memcmp(dst, "abc", 3));
    CHECK(read_raw(&s, dst, 2, &written, NULL) == W3D_ERR_CAPACITY);
    s.bytes[3] ^= 1;
    CHECK_RAW(&s, W3D_ERR_FORMAT);
    s.bytes[3] ^= 1;
    s.bits -= 80;
    CHECK_RAW(&s, W3D_ERR_TRUNCATED);
}

/* Every match length with every small distance and some large ones, against a copy byte by byte:
 * once where the fast loop runs, once where it has no room. */
static void matches(void)
{
    static uint8_t dst[40000], expected[40000];
    for (unsigned distance = 1; distance <= 32768;
         distance = distance < 70 ? distance + 1 : distance * 2 + 1) {
        for (unsigned length = 3; length <= 258; length += distance > 70 ? 17 : 1) {
            static stream s;
            size_t size = 0, written = 0;
            memset(&s, 0, sizeof s);
            put(&s, 1, 1);
            put(&s, 1, 2);
            for (unsigned i = 0; i < 70; i++) {
                put_fixed(&s, i * 37 & 255);
                expected[size++] = (uint8_t)(i * 37);
            }
            while (size < distance) { /* far distances: more of the same, quickly */
                put_fixed_match(&s, 258, 70);
                for (int i = 0; i < 258; i++, size++) expected[size] = expected[size - 70];
            }
            put_fixed_match(&s, length, distance);
            for (unsigned i = 0; i < length; i++, size++)
                expected[size] = expected[size - distance];
            for (int i = 0; i < 40; i++) put_fixed(&s, 'x');
            memset(expected + size, 'x', 40);
            size += 40;
            put_fixed(&s, 256);
            size_t tight = read_raw(&s, dst, size, &written, NULL) == W3D_OK ? written : 0;
            CHECK_MESSAGE(tight == size && !memcmp(dst, expected, size),
                          "length %u, distance %u, no room to spare", length, distance);
            memset(dst, 0, size);
            size_t wide = read_raw(&s, dst, sizeof dst, &written, NULL) == W3D_OK ? written : 0;
            CHECK_MESSAGE(wide == size && !memcmp(dst, expected, size), "length %u, distance %u",
                          length, distance);
        }
    }
}

static void distances_too_far(void)
{
    for (unsigned before = 0; before < 60; before++)
        for (unsigned more = 1; more < 3; more++) {
            stream s;
            memset(&s, 0, sizeof s);
            put(&s, 1, 1);
            put(&s, 1, 2);
            for (unsigned i = 0; i < before; i++) put_fixed(&s, 'a');
            put_fixed_match(&s, 3, before + more);
            for (int i = 0; i < 60; i++) put_fixed(&s, 'b');
            put_fixed(&s, 256);
            CHECK_RAW(&s, W3D_ERR_FORMAT);
        }
}

static void symbols_that_mean_nothing(void)
{
    for (unsigned symbol = 286; symbol < 288; symbol++) {
        stream s;
        memset(&s, 0, sizeof s);
        put(&s, 3, 3);
        put_fixed(&s, 'a');
        put_fixed(&s, symbol);
        put(&s, 0, 400);
        CHECK_RAW(&s, W3D_ERR_FORMAT);
    }
    for (unsigned symbol = 30; symbol < 32; symbol++) {
        stream s;
        memset(&s, 0, sizeof s);
        put(&s, 3, 3);
        put_fixed(&s, 'a');
        put_fixed(&s, 257);
        put_code(&s, symbol, 5);
        put(&s, 0, 400);
        CHECK_RAW(&s, W3D_ERR_FORMAT);
    }
    stream s;
    memset(&s, 0, sizeof s);
    put(&s, 7, 3); /* the unused kind of block */
    put(&s, 0, 100);
    CHECK_RAW(&s, W3D_ERR_FORMAT);
}

/* Dynamic blocks whose codes are complete, short of it, or over it. */
static void codes(void)
{
    stream s;
    uint8_t literals[286], distances[30];

    memset(&s, 0, sizeof s); /* 'a' 1 bit, 'b' and the end 2 bits; one distance of 1 bit */
    memset(literals, 0, sizeof literals);
    memset(distances, 0, sizeof distances);
    literals['a'] = 1, literals['b'] = 2, literals[256] = 2, distances[0] = 1;
    put_dynamic(&s, literals, 257, distances, 1);
    put_code(&s, 0, 1);
    put_code(&s, 2, 2);
    put_code(&s, 3, 2);
    CHECK_RAW(&s, W3D_OK);

    memset(&s, 0, sizeof s); /* no distances at all: fine while there are no matches */
    distances[0] = 0;
    put_dynamic(&s, literals, 257, distances, 1);
    put_code(&s, 0, 1);
    put_code(&s, 3, 2);
    CHECK_RAW(&s, W3D_OK);

    memset(&s, 0, sizeof s); /* nothing but an end, of 1 bit: the other bit is an error */
    memset(literals, 0, sizeof literals);
    literals[256] = 1;
    put_dynamic(&s, literals, 257, distances, 1);
    put_code(&s, 0, 1);
    CHECK_RAW(&s, W3D_OK);
    memset(&s, 0, sizeof s);
    put_dynamic(&s, literals, 257, distances, 1);
    put_code(&s, 1, 1);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* a match where there is no distance */
    literals['a'] = 1, literals[256] = 2, literals[257] = 2;
    put_dynamic(&s, literals, 258, distances, 1);
    put_code(&s, 0, 1);
    put_code(&s, 3, 2);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* over-subscribed */
    literals['b'] = 2;
    put_dynamic(&s, literals, 258, distances, 1);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* incomplete */
    literals['a'] = 2, literals['b'] = 0;
    put_dynamic(&s, literals, 258, distances, 1);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* no end */
    memset(literals, 0, sizeof literals);
    literals['a'] = 1, literals['b'] = 1;
    put_dynamic(&s, literals, 257, distances, 1);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* distances: over-subscribed, and incomplete */
    literals['b'] = 0, literals[256] = 1;
    distances[0] = distances[1] = distances[2] = 1;
    put_dynamic(&s, literals, 257, distances, 3);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);
    memset(&s, 0, sizeof s);
    distances[0] = distances[1] = distances[2] = 2;
    put_dynamic(&s, literals, 257, distances, 3);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* more distances than there are */
    memset(distances, 0, sizeof distances);
    put(&s, 5, 3);
    put(&s, 0, 5);
    put(&s, 30, 5);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* more literals than there are, and cut within the counts */
    put(&s, 5, 3);
    put(&s, 31, 5);
    put(&s, 7, 5);
    CHECK_RAW(&s, W3D_ERR_TRUNCATED);
    memset(&s, 0, sizeof s);
    put(&s, 5, 3);
    put(&s, 30, 5);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);
}

/* Codes of 1 to 15 bits, so that second tables are used; each symbol, near and far from the end. */
static void long_codes(void)
{
    uint8_t literals[257], distances[1] = { 0 };
    memset(literals, 0, sizeof literals);
    for (int i = 0; i < 14; i++) literals['a' + i] = (uint8_t)(i + 1);
    literals['o'] = 15, literals[256] = 15;
    for (int repeat = 1; repeat < 60; repeat += 29) {
        stream s;
        uint8_t dst[2000];
        size_t written = 0;
        memset(&s, 0, sizeof s);
        put_dynamic(&s, literals, 257, distances, 1);
        for (int r = 0; r < repeat; r++) {
            for (unsigned i = 0; i < 14; i++) put_code(&s, (1u << (i + 1)) - 2u, i + 1);
            put_code(&s, 0x7FFE, 15);
        }
        put_code(&s, 0x7FFF, 15);
        CHECK(read_raw(&s, dst, sizeof dst, &written, NULL) == W3D_OK);
        CHECK(written == (size_t)(15 * repeat));
        for (int i = 0; i < 15 * repeat; i++) CHECK(dst[i] == 'a' + i % 15);
    }
}

/* The code of code lengths and its repeats. */
static void packed_lengths(void)
{
    stream s;
    memset(&s, 0, sizeof s); /* symbols 16 and 0 of one bit each: nothing to repeat at first */
    put(&s, 5, 3);
    put(&s, 0, 10);
    put(&s, 0, 4);
    put(&s, 1, 3);
    put(&s, 0, 6);
    put(&s, 1, 3);
    put_code(&s, 1, 1);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* symbols 18 and 0: 138 zeros twice are more than 258 lengths */
    put(&s, 5, 3);
    put(&s, 0, 10);
    put(&s, 0, 4);
    put(&s, 0, 6);
    put(&s, 1, 3);
    put(&s, 1, 3);
    put_code(&s, 1, 1);
    put(&s, 127, 7);
    put_code(&s, 1, 1);
    put(&s, 127, 7);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);

    memset(&s, 0, sizeof s); /* no code at all, and one of one symbol, which is not complete */
    put(&s, 5, 3);
    put(&s, 0, 14);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);
    memset(&s, 0, sizeof s);
    put(&s, 5, 3);
    put(&s, 0, 14);
    put(&s, 1, 3);
    put(&s, 0, 400);
    CHECK_RAW(&s, W3D_ERR_FORMAT);
}

static void any_bytes(void)
{
    for (int round = 0; round < 20000; round++) {
        stream s;
        uint8_t dst[600 + 16];
        size_t size = test_random_below(200), capacity = test_random_below(601);
        memset(&s, 0, sizeof s);
        for (size_t i = 0; i < size; i++) s.bytes[i] = (uint8_t)test_random();
        if (round % 2) s.bytes[0] = (uint8_t)((s.bytes[0] & ~7u) | (round & 4 ? 3 : 5));
        s.bits = size * 8;
        memset(dst, 0xEE, sizeof dst);
        size_t written = 0;
        if (read_raw(&s, dst, capacity, &written, NULL) == W3D_OK) CHECK(written <= capacity);
        for (size_t i = capacity; i < sizeof dst; i++) CHECK(dst[i] == 0xEE);
    }
}

void test_inflate(void)
{
    RUN(streams_of_zlib);
    RUN(cut_anywhere);
    RUN(too_little_room);
    RUN(turned_bits);
    RUN(framing);
    RUN(arguments);
    RUN(nothing_at_all);
    RUN(stored_blocks);
    RUN(matches);
    RUN(distances_too_far);
    RUN(symbols_that_mean_nothing);
    RUN(codes);
    RUN(long_codes);
    RUN(packed_lengths);
    RUN(any_bytes);
}
