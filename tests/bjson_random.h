/* bjson_random.h - random BJSON descriptions for tests: every tag and subtype, nested, NaNs of all
 * kinds, empty things, texts with zeros; on demand unknown tags, meta, chunks, hash and signatures;
 * and a file made of one in a block of exactly its size. */
#ifndef BJSON_RANDOM_H
#define BJSON_RANDOM_H

#include "scene/bjson_write.h"
#include "test.h"

enum {
    BJSON_RANDOM_IDS = 12,
    BJSON_RANDOM_VALUES = 4096,
    BJSON_RANDOM_BYTES = 1 << 17,
    BJSON_RANDOM_KEYS = 24,
    BJSON_RANDOM_CHUNKS = 3
};

typedef struct bjson_random {
    w3d_bjson_write_desc desc;
    w3d_bjson_write_id ids[BJSON_RANDOM_IDS];
    char names[BJSON_RANDOM_IDS][256];
    w3d_bjson_value values[BJSON_RANDOM_VALUES];
    uint32_t value_count;
    unsigned char bytes[BJSON_RANDOM_BYTES];
    size_t byte_count;
    w3d_bjson_chunk chunks[BJSON_RANDOM_CHUNKS];
    int unknown; /* 1: tags that this version does not know are among the values */
    int in_meta; /* 1: no rows, no large arrays */
} bjson_random;

static inline const char *bjson_random_key(uint32_t i)
{
    static const char *keys[BJSON_RANDOM_KEYS] = {
        "",
        "a",
        "aa",
        "ab",
        "b",
        "location",
        "scale",
        "rotation_quaternion",
        "\xC3\xA9",
        "\xF0\x9F\x98\x80",
        "z",
        "extras",
        "mass",
        "parent",
        "data",
        "aab",
        "A",
        "a b",
        "0",
        "~",
        "/",
        "matrix_local",
        "a rather long name of a property, such as people give",
        "aaa"
    };
    return keys[i % BJSON_RANDOM_KEYS];
}

/* `size` random bytes that live as long as the document; a few of the floats among them are NaN. */
static inline void *bjson_random_data(bjson_random *d, size_t size)
{
    unsigned char *bytes = d->bytes + d->byte_count;
    if (size > BJSON_RANDOM_BYTES - d->byte_count) return NULL;
    d->byte_count += size;
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(test_random() >> 56);
    for (size_t i = 0; i + 2 <= size; i += 2)
        if (test_random_below(8) == 0) memset(bytes + i, 0xFF, 2);
    for (size_t i = 0; i + 8 <= size; i += 8)
        if (test_random_below(8) == 0) memset(bytes + i, test_random_below(2) ? 0x7F : 0xFF, 8);
    return bytes;
}

static inline w3d_bjson_subtype bjson_random_subtype(void)
{
    static const w3d_bjson_subtype all[12] = {
        W3D_BJSON_SUB_U8,  W3D_BJSON_SUB_U16, W3D_BJSON_SUB_U32, W3D_BJSON_SUB_U64,
        W3D_BJSON_SUB_I8,  W3D_BJSON_SUB_I16, W3D_BJSON_SUB_I32, W3D_BJSON_SUB_I64,
        W3D_BJSON_SUB_F16, W3D_BJSON_SUB_F32, W3D_BJSON_SUB_F64, W3D_BJSON_SUB_REFERENCE
    };
    return all[test_random_below(12)];
}

static inline uint32_t bjson_random_row(const bjson_random *d)
{
    return !d->in_meta && test_random_below(4) ? test_random_below(d->desc.id_count)
                                               : W3D_BJSON_NONE;
}

static inline void *bjson_random_elements(bjson_random *d, w3d_bjson_subtype subtype,
                                          uint32_t count)
{
    unsigned char *bytes =
        (unsigned char *)bjson_random_data(d, (size_t)count * w3d_bjson_subtype_size(subtype));
    if (bytes && subtype == W3D_BJSON_SUB_REFERENCE)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = bjson_random_row(d);
            memcpy(bytes + 4 * i, &row, 4);
        }
    return bytes;
}

static inline w3d_bjson_value bjson_random_text(bjson_random *d, const char *key)
{
    static const char *parts[5] = { "word", "\xE4\xB8\xAD", "\0", " ", "\xF0\x9F\x98\x80" };
    static const uint32_t sizes[5] = { 4, 3, 1, 1, 4 };
    char *text = (char *)d->bytes + d->byte_count;
    uint32_t size = 0;
    for (uint32_t i = test_random_below(6); i > 0 && d->byte_count + 8 < BJSON_RANDOM_BYTES; i--) {
        uint32_t k = test_random_below(5);
        memcpy(text + size, parts[k], sizes[k]);
        size += sizes[k];
        d->byte_count += sizes[k];
    }
    return w3d_bjson_string(key, text, size);
}

static inline w3d_bjson_value *bjson_random_values(bjson_random *d, uint32_t count, int in_list,
                                                   int depth);

/* A value under a tag of a later version. */
static inline w3d_bjson_value bjson_random_unknown(bjson_random *d, const char *key)
{
    uint32_t size = 1 + test_random_below(key ? 20 : 8), n = 1 + test_random_below(3);
    w3d_bjson_subtype subtype = bjson_random_subtype();
    switch (test_random_below(d->in_meta ? 2 : 3)) {
    case 0:
        return w3d_bjson_unknown(key, test_random_below(4) ? 0x06 : 0x09 + test_random_below(0x77),
                                 test_random_below(256), test_random_below(65536),
                                 bjson_random_data(d, size), size);
    case 1:
        size = test_random_below(40);
        return w3d_bjson_unknown(key, 0x85 + test_random_below(11), test_random_below(256),
                                 test_random_below(65536), bjson_random_data(d, size), size);
    default:
        return w3d_bjson_unknown(key, 0x91 + test_random_below(15), (uint32_t)subtype, n,
                                 bjson_random_elements(d, subtype, n * size), size);
    }
}

static inline w3d_bjson_value bjson_random_value(bjson_random *d, const char *key, int depth)
{
    w3d_bjson_subtype subtype = bjson_random_subtype();
    uint32_t n = 1 + test_random_below(4), rows = test_random_below(6),
             kind = test_random_below(depth > 0 ? 16 : 12);
    if (d->value_count + 64 > BJSON_RANDOM_VALUES || d->byte_count + 4096 > BJSON_RANDOM_BYTES)
        kind = kind % 4;
    else if (d->unknown && test_random_below(6) == 0)
        return bjson_random_unknown(d, key);
    if (kind == 11 && d->in_meta) kind = 10;
    switch (kind) {
    case 0: return w3d_bjson_null(key);
    case 1: return w3d_bjson_bool(key, (int)test_random_below(2));
    case 2: return w3d_bjson_i64(key, (int64_t)test_random());
    case 3: return w3d_bjson_u64(key, test_random());
    case 4:
        return w3d_bjson_f64(key, w3d_f64_from_bits(test_random_below(3) ? test_random()
                                                                         : 0xFFF0000000000001u));
    case 5: return w3d_bjson_time(key, (int64_t)test_random());
    case 6: return w3d_bjson_reference(key, bjson_random_row(d));
    case 7:
        if (test_random_below(5) == 0) n = W3D_BJSON_VECTOR_LIMIT;
        return w3d_bjson_vector(key, subtype, n, bjson_random_elements(d, subtype, n));
    case 8: return bjson_random_text(d, key);
    case 9: rows *= 5; return w3d_bjson_bytes(key, bjson_random_data(d, rows), rows);
    case 10:
        return w3d_bjson_rows(
            w3d_bjson_array(key, subtype, bjson_random_elements(d, subtype, n * rows), rows), n);
    case 11:
        if (test_random_below(4) == 0) rows = 50;
        return w3d_bjson_rows(
            w3d_bjson_large(key, subtype, bjson_random_elements(d, subtype, n * rows), rows), n);
    case 12:
    case 13:
        n = test_random_below(5);
        return w3d_bjson_map(key, bjson_random_values(d, n, 0, depth - 1), n);
    default:
        n = test_random_below(5);
        return w3d_bjson_list(key, bjson_random_values(d, n, 1, depth - 1), n);
    }
}

static inline w3d_bjson_value *bjson_random_values(bjson_random *d, uint32_t count, int in_list,
                                                   int depth)
{
    w3d_bjson_value *values = d->values + d->value_count;
    uint32_t first = test_random_below(BJSON_RANDOM_KEYS);
    d->value_count += count;
    for (uint32_t i = 0; i < count; i++)
        values[i] = bjson_random_value(d, in_list ? NULL : bjson_random_key(first + 7 * i), depth);
    return values;
}

/* Fills a document of up to BJSON_RANDOM_IDS IDs. */
static inline void bjson_random_fill(bjson_random *d, int unknown)
{
    memset(d, 0, sizeof *d);
    d->unknown = unknown;
    d->desc.ids = d->ids;
    d->desc.id_count = 1 + test_random_below(BJSON_RANDOM_IDS);
    d->desc.crc = (int)test_random_below(2);
    for (uint32_t i = 0; i < d->desc.id_count; i++) {
        w3d_bjson_write_id *id = &d->ids[i];
        int length =
            test_random_below(8) ? (int)test_random_below(20) : (int)test_random_below(256);
        for (int k = 0; k < length; k++) d->names[i][k] = (char)('a' + test_random_below(26));
        id->name = d->names[i];
        id->type = (uint8_t)test_random_below(256);
        id->time = test_random_below(2) ? (int64_t)test_random() : 0;
        id->flags = test_random_below(8) ? 0 : (uint8_t)(1 + test_random_below(2));
        id->value_count = test_random_below(10);
        id->values = bjson_random_values(d, id->value_count, 0, 4);
    }
}

static inline void bjson_random_make(bjson_random *d) { bjson_random_fill(d, 0); }

/* The same with all that a file may have: unknown tags, meta, chunks, hash and signatures. */
static inline void bjson_random_make_all(bjson_random *d)
{
    static const char *kinds[BJSON_RANDOM_CHUNKS] = { "thmb", "zzz ", "aBC\xFF" };
    bjson_random_fill(d, 1);
    if (test_random_below(2)) {
        d->in_meta = 1;
        d->desc.meta_count = test_random_below(6);
        d->desc.meta = bjson_random_values(d, d->desc.meta_count, 0, 3);
    }
    d->desc.chunks = d->chunks;
    d->desc.chunk_count = test_random_below(BJSON_RANDOM_CHUNKS + 1);
    for (uint32_t i = 0; i < d->desc.chunk_count; i++) {
        const char *kind = kinds[test_random_below(BJSON_RANDOM_CHUNKS)];
        d->chunks[i].kind = W3D_BJSON_FOURCC((unsigned char)kind[0], (unsigned char)kind[1],
                                             (unsigned char)kind[2], (unsigned char)kind[3]);
        d->chunks[i].size = test_random_below(40);
        d->chunks[i].data = bjson_random_data(d, d->chunks[i].size);
        if (!d->chunks[i].data) d->chunks[i].size = 0;
    }
    d->desc.hash = (int)test_random_below(2);
    d->desc.sign_count = test_random_below(3);
}

/* The file of a description, in a block of exactly its size (free it); NULL and *result where that
 * fails. The arena is exactly as large as the stated bound. */
static inline unsigned char *bjson_random_encode(const w3d_bjson_write_desc *desc, size_t *size,
                                                 w3d_result *result)
{
    size_t scratch = w3d_bjson_write_scratch_size(desc);
    void *memory = malloc(scratch);
    w3d_arena arena = w3d_arena_make(memory, scratch);
    w3d_bjson_plan plan;
    unsigned char *bytes = NULL;
    *result = w3d_bjson_write_size(desc, &arena, &plan, NULL);
    if (*result == W3D_OK) {
        bytes = (unsigned char *)malloc(plan.size);
        *result = w3d_bjson_write(&plan, bytes, plan.size, NULL);
        *size = plan.size;
        if (*result != W3D_OK) {
            free(bytes);
            bytes = NULL;
        }
    }
    free(memory);
    return bytes;
}

#endif /* BJSON_RANDOM_H */
