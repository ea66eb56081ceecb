/* test_bjson_linear.c - the validator's work grows with the file's bytes and with nothing else: its
 * steps are counted (each byte, field, pair, index or chunk that it looks at) over files made to be
 * slow, at one size and at twice that size. */
#include "bjson_random.h"

#include "core/bytes.h"
#include "pack/crc32c.h"

/* The validator once more, under other names, with its steps counted. */
static uint64_t counted;
#define W3DI_BJSON_VALIDATE_COUNT(steps) (counted += (uint64_t)(steps))
#define w3d_bjson_validate               linear_validate
#define w3d_bjson_validate_tables        linear_validate_tables
#define w3d_bjson_validate_id            linear_validate_id
#define w3d_bjson_validate_meta          linear_validate_meta
#define w3d_bjson_validate_seal          linear_validate_seal
/* By their places in src/: where the suite is built with wasm3d.h, that hides them. */
#include "../src/scene/bjson_header.h"
#include "../src/scene/bjson_validate_state.h"

#include "../src/scene/bjson_validate_tables.h"

#include "../src/scene/bjson_validate_program.h"

#include "../src/scene/bjson_validate_plain.h"

#include "../src/scene/bjson_validate.c"

enum { LINEAR_KEYS = 300 };

/* Steps a byte that no file may exceed. The worst is a shape of 256 fields in an order of its own:
 * every pair is compared, 128 for a field of 16 bytes. */
#define LINEAR_MOST 10.0

/* A file in the making: payloads are written in place, chunk by chunk. */
typedef struct builder {
    unsigned char *bytes;
    size_t size, capacity;
    size_t keys, shapes, refs; /* chunks */
    uint32_t id_count, key_count, shape_count;
} builder;

static builder begin(size_t capacity)
{
    builder b;
    memset(&b, 0, sizeof b);
    b.capacity = capacity;
    b.bytes = (unsigned char *)calloc(1, capacity);
    b.size = 64;
    return b;
}

/* Opens a chunk at the end; gives where its payload begins. */
static size_t open_chunk(builder *b, uint32_t kind)
{
    CHECK(b->size + 16 <= b->capacity);
    w3d_store_u32(b->bytes + b->size, kind);
    b->size += 16;
    return b->size;
}

static void close_chunk(builder *b, size_t payload)
{
    w3d_store_u64(b->bytes + payload - 8, b->size - payload);
    b->size = (b->size + 15) & ~(size_t)15;
    CHECK(b->size <= b->capacity);
}

static void put_u32(builder *b, uint32_t value)
{
    w3d_store_u32(b->bytes + b->size, value);
    b->size += 4;
}

/* 299 keys of three letters. */
static void put_keys(builder *b)
{
    size_t payload = open_chunk(b, W3D_BJSON_CHUNK_KEYS);
    b->keys = payload - 16;
    b->key_count = LINEAR_KEYS;
    for (uint32_t i = 0; i < LINEAR_KEYS; i++) {
        unsigned char *key = b->bytes + b->size;
        key[0] = (unsigned char)('a' + i / 100);
        key[1] = (unsigned char)('0' + i / 10 % 10);
        key[2] = (unsigned char)('0' + i % 10);
        b->size += 4;
    }
    close_chunk(b, payload);
}

/* An index of `count` shapes of `fields` fields of a type, one size, at `stride` in the record. */
static void put_shapes(builder *b, uint32_t count, uint32_t fields, uint32_t type, uint32_t size,
                       int reversed)
{
    size_t payload = open_chunk(b, W3D_BJSON_CHUNK_SHAP);
    uint32_t at = (count * 4 + 7) & ~7u;
    b->shapes = payload - 16;
    b->shape_count = count;
    for (uint32_t i = 0; i < count; i++) put_u32(b, at + i * (8 + fields * 16));
    b->size = payload + at;
    for (uint32_t i = 0; i < count; i++) {
        put_u32(b, fields);
        put_u32(b, fields * size);
        for (uint32_t k = 0; k < fields; k++) {
            put_u32(b, k * 4);
            put_u32(b, type);
            put_u32(b, (reversed ? fields - 1 - k : k) * size);
            put_u32(b, size);
        }
    }
    close_chunk(b, payload);
}

/* An ID without a name, its record and heap at the place given back, `size` bytes of them; then
 * references, all to the first row, and room for large arrays. */
static unsigned char *put_id_with(builder *b, uint32_t shape, uint32_t size, uint32_t references,
                                  uint32_t large)
{
    size_t payload = open_chunk(b, W3D_BJSON_CHUNK_ID);
    w3d_store_u16(b->bytes + payload + 1, 2);
    b->size += 8;
    put_u32(b, size);
    put_u32(b, shape);
    unsigned char *record = b->bytes + b->size;
    b->size += size;
    put_u32(b, b->id_count++);
    put_u32(b, references);
    b->size += references * 4;
    b->size = payload + ((b->size - payload + 15) & ~(size_t)15);
    b->size += large;
    close_chunk(b, payload);
    return record;
}

static unsigned char *put_id(builder *b, uint32_t shape, uint32_t size)
{
    return put_id_with(b, shape, size, 0, 0);
}

/* REFS and the header. */
static void finish(builder *b)
{
    size_t payload = open_chunk(b, W3D_BJSON_CHUNK_REFS);
    b->refs = payload - 16;
    uint32_t row = 0;
    for (size_t at = 64; at < b->refs;) {
        if (w3d_load_u32(b->bytes + at) == W3D_BJSON_CHUNK_ID && row < b->id_count) {
            w3d_store_u64(b->bytes + payload + row * 24, at);
            w3d_store_u16(b->bytes + payload + row * 24 + 22, 2);
            row++;
        }
        at += 16 + (((size_t)w3d_load_u64(b->bytes + at + 8) + 15) & ~(size_t)15);
    }
    b->size += b->id_count * 24;
    close_chunk(b, payload);
    memcpy(b->bytes,
           "\x89"
           "BJSN\r\n\x1A",
           8);
    w3d_store_u16(b->bytes + 8, 2);
    w3d_store_u16(b->bytes + 10, 64);
    w3d_store_u64(b->bytes + 16, b->size);
    w3d_store_u64(b->bytes + 24, b->refs);
    w3d_store_u32(b->bytes + 32, b->id_count);
    w3d_store_u32(b->bytes + 36, b->key_count);
    w3d_store_u64(b->bytes + 40, b->keys);
    w3d_store_u64(b->bytes + 48, b->shapes);
    w3d_store_u32(b->bytes + 56, b->shape_count);
    w3d_store_u32(b->bytes + 60, w3d_crc32c(0, b->bytes, 60));
}

#define FIELD(tag, subtype, n) ((uint32_t)(tag) | (uint32_t)(subtype) << 8 | (uint32_t)(n) << 16)

/* ---- files made to be slow; `n` says how large ---- */

/* Maps 32 deep, one such tower after another: u32 shape, u32 0, and the place of the next. */
static builder deep(uint32_t n)
{
    enum { LEVELS = 32 };
    builder b = begin(4096 + (size_t)n * 1024);
    put_keys(&b);
    put_shapes(&b, 2, 1, FIELD(W3D_BJSON_MAP, 0, 0), 8, 0);
    /* The second shape, which the innermost map has, is a bool of one byte. */
    unsigned char *shape = b.bytes + b.shapes + 16 + 8 + 24;
    w3d_store_u32(shape + 4, 1);
    w3d_store_u32(shape + 12, W3D_BJSON_BOOL);
    w3d_store_u32(shape + 20, 1);
    for (uint32_t i = 0; i < n; i++) {
        unsigned char *record = put_id(&b, 0, 8 + LEVELS * 16);
        for (uint32_t level = 0; level < LEVELS; level++, record += 16) {
            w3d_store_u32(record, 24 + level * 16);
            w3d_store_u32(record + 4, (LEVELS - level) * 16);
        }
        w3d_store_u32(record - 8, 1);
    }
    finish(&b);
    return b;
}

/* A list of `n` empty lists. */
static builder lists(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 24);
    put_keys(&b);
    put_shapes(&b, 1, 1, FIELD(W3D_BJSON_LIST, 0, 0), 8, 0);
    uint32_t slots = (4 + n * 4 + 7) & ~7u, all = slots + n * 8 + n * 8;
    unsigned char *record = put_id(&b, 0, 8 + all), *list = record + 8;
    w3d_store_u32(record, 24);
    w3d_store_u32(record + 4, all);
    w3d_store_u32(list, n);
    for (uint32_t i = 0; i < n; i++) {
        list[4 + i * 4] = W3D_BJSON_LIST;
        w3d_store_u32(list + slots + i * 8, 24 + slots + n * 8 + i * 8);
        w3d_store_u32(list + slots + i * 8 + 4, 8);
    }
    finish(&b);
    return b;
}

/* A list of `n` values that own nothing: arrays without rows, or bytes of no length. */
static builder nothings(uint32_t n, uint32_t type)
{
    builder b = begin(8192 + (size_t)n * 12);
    put_keys(&b);
    put_shapes(&b, 1, 1, FIELD(W3D_BJSON_LIST, 0, 0), 8, 0);
    uint32_t slots = (4 + n * 4 + 7) & ~7u, all = slots + n * 8;
    uint32_t end = (24 + all + 15) & ~15u;
    unsigned char *record = put_id(&b, 0, end - 16), *list = record + 8;
    w3d_store_u32(record, 24);
    w3d_store_u32(record + 4, end - 24);
    w3d_store_u32(list, n);
    for (uint32_t i = 0; i < n; i++) {
        w3d_store_u32(list + 4 + i * 4, type);
        w3d_store_u32(list + slots + i * 8, (type & 0xFFu) == W3D_BJSON_LARGE ? 0 : end);
    }
    finish(&b);
    return b;
}

static builder empty_arrays(uint32_t n)
{
    return nothings(n, FIELD(W3D_BJSON_ARRAY, W3D_BJSON_SUB_REFERENCE, 65535));
}
static builder empty_bytes(uint32_t n) { return nothings(n, W3D_BJSON_BYTES); }
static builder empty_large(uint32_t n)
{
    return nothings(n, FIELD(W3D_BJSON_LARGE, W3D_BJSON_SUB_REFERENCE, 65535));
}

/* Shapes of 256 fields in an order of their own. */
static builder free_shapes(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * (16 + 256 * 16));
    put_keys(&b);
    put_shapes(&b, n, 256, W3D_BJSON_BOOL, 1, 1);
    finish(&b);
    return b;
}

/* IDs whose shapes change all the time, so that none is remembered, with all there is to check. */
static builder changing_shapes(uint32_t n)
{
    builder b = begin(8192 + 64 * (16 + 16 * 256) + (size_t)n * 384);
    put_keys(&b);
    put_shapes(&b, 64, 256, W3D_BJSON_BOOL, 1, 1);
    for (uint32_t i = 0; i < n; i++) put_id(&b, i * 8 % 64, 256);
    finish(&b);
    return b;
}

/* IDs of one shape whose record has a gap, which is counted twice. */
static builder gaps(uint32_t n)
{
    builder b = begin(16384 + (size_t)n * 1100);
    put_keys(&b);
    put_shapes(&b, 1, 200, W3D_BJSON_BOOL, 1, 0);
    unsigned char *shape = b.bytes + b.shapes + 16 + 8;
    w3d_store_u32(shape + 4, 1000); /* 800 bytes that belong to nothing */
    for (uint32_t i = 0; i < n; i++) put_id(&b, 0, 1000);
    finish(&b);
    return b;
}

/* Chunks of no length. */
static builder empty_chunks(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 16);
    put_keys(&b);
    put_shapes(&b, 0, 0, 0, 0, 0);
    for (uint32_t i = 0; i < n; i++)
        close_chunk(&b, open_chunk(&b, W3D_BJSON_FOURCC('x', 'y', 'z', 'w')));
    finish(&b);
    return b;
}

/* Rows without IDs. */
static builder empty_rows(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 24);
    put_keys(&b);
    put_shapes(&b, 0, 0, 0, 0, 0);
    b.id_count = n;
    finish(&b);
    return b;
}

/* IDs of no fields, the smallest there are. */
static builder small_ids(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 72);
    put_keys(&b);
    put_shapes(&b, 1, 0, 0, 0, 0);
    for (uint32_t i = 0; i < n; i++) put_id(&b, 0, 0);
    finish(&b);
    return b;
}

/* Shapes without fields. */
static builder small_shapes(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 12);
    put_keys(&b);
    put_shapes(&b, n, 0, 0, 0, 0);
    finish(&b);
    return b;
}

/* Keys alike to their last letters. */
static builder long_keys(uint32_t n)
{
    enum { LENGTH = 1000 };
    builder b = begin(8192 + (size_t)n * (LENGTH + 1));
    size_t payload = open_chunk(&b, W3D_BJSON_CHUNK_KEYS);
    b.keys = payload - 16;
    b.key_count = n;
    for (uint32_t i = 0; i < n; i++) {
        memset(b.bytes + b.size, 'k', LENGTH);
        for (uint32_t k = 0, rest = i; k < 8; k++, rest /= 26)
            b.bytes[b.size + LENGTH - 1 - k] = (unsigned char)('a' + rest % 26);
        b.size += LENGTH + 1;
    }
    close_chunk(&b, payload);
    put_shapes(&b, 0, 0, 0, 0, 0);
    finish(&b);
    return b;
}

/* An ID that refers to rows and nothing else. */
static builder many_references(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 4);
    put_keys(&b);
    put_shapes(&b, 1, 0, 0, 0, 0);
    put_id_with(&b, 0, 0, n, 0);
    finish(&b);
    return b;
}

/* An array of references, and a large one, that use one reference again and again. */
static builder reference_array(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 4);
    put_keys(&b);
    put_shapes(&b, 1, 1, FIELD(W3D_BJSON_ARRAY, W3D_BJSON_SUB_REFERENCE, 1), 8, 0);
    unsigned char *record = put_id_with(&b, 0, 16 + n * 4, 1, 0);
    w3d_store_u32(record, 32);
    w3d_store_u32(record + 4, n * 4);
    finish(&b);
    return b;
}
static builder large_references(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 4);
    put_keys(&b);
    put_shapes(&b, 1, 1, FIELD(W3D_BJSON_LARGE, W3D_BJSON_SUB_REFERENCE, 1), 8, 0);
    unsigned char *record = put_id_with(&b, 0, 8, 1, n * 4);
    w3d_store_u32(record + 4, n);
    finish(&b);
    return b;
}

/* Many short arrays of references in a list, one behind the other. */
static builder short_arrays(uint32_t n)
{
    builder b = begin(8192 + (size_t)n * 32);
    put_keys(&b);
    put_shapes(&b, 1, 1, FIELD(W3D_BJSON_LIST, 0, 0), 8, 0);
    uint32_t slots = (4 + n * 4 + 7) & ~7u, first = (24 + slots + n * 8 + 15) & ~15u;
    uint32_t all = first - 24 + n * 16;
    unsigned char *record = put_id_with(&b, 0, 8 + all, 1, 0), *list = record + 8;
    w3d_store_u32(record, 24);
    w3d_store_u32(record + 4, all);
    w3d_store_u32(list, n);
    for (uint32_t i = 0; i < n; i++) {
        w3d_store_u32(list + 4 + i * 4, FIELD(W3D_BJSON_ARRAY, W3D_BJSON_SUB_REFERENCE, 2));
        w3d_store_u32(list + slots + i * 8, first + i * 16);
        w3d_store_u32(list + slots + i * 8 + 4, 16);
    }
    finish(&b);
    return b;
}

/* ---- counting ---- */

static void steps_are_bounded_by_bytes(void)
{
    static const struct {
        const char *name;
        builder (*make)(uint32_t n);
        uint32_t n;
    } cases[] = {
        { "deep maps", deep, 100 },
        { "empty lists", lists, 3000 },
        { "empty arrays", empty_arrays, 5000 },
        { "empty bytes", empty_bytes, 5000 },
        { "empty large arrays", empty_large, 5000 },
        { "free layouts", free_shapes, 40 },
        { "changing shapes", changing_shapes, 300 },
        { "gaps", gaps, 100 },
        { "empty chunks", empty_chunks, 6000 },
        { "empty rows", empty_rows, 4000 },
        { "small IDs", small_ids, 3000 },
        { "small shapes", small_shapes, 8000 },
        { "long keys", long_keys, 100 },
        { "references", many_references, 20000 },
        { "an array of references", reference_array, 20000 },
        { "a large array of references", large_references, 20000 },
        { "short arrays", short_arrays, 4000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t steps[2];
        size_t size[2];
        for (uint32_t k = 0; k < 2; k++) {
            builder b = cases[i].make(cases[i].n << k);
            w3d_error error = { W3D_OK, 0, "" };
            counted = 0;
            w3d_result result = linear_validate(b.bytes, b.size, NULL, &error);
            CHECK_MESSAGE(result == W3D_OK, "%s: byte %d: %s", cases[i].name, (int)error.offset,
                          error.text);
            steps[k] = counted;
            size[k] = b.size;
            free(b.bytes);
        }
        double most = (double)steps[1] / (double)size[1];
        CHECK_MESSAGE(steps[0] > 0 && most <= LINEAR_MOST, "%s: %.2f steps a byte", cases[i].name,
                      most);
        /* Twice the file, twice the steps; what does not grow with n is in both. */
        CHECK_MESSAGE((double)steps[1] <= 2.02 * (double)steps[0], "%s: %d steps, then %d",
                      cases[i].name, (int)steps[0], (int)steps[1]);
        CHECK(size[1] < 2 * size[0] + 64);
        if (getenv("BJSON_LINEAR"))
            printf("%-28s %8d bytes %6.2f steps a byte\n", cases[i].name, (int)size[1], most);
    }
}

/* A file that is refused has cost no more than one that is accepted: damaged at a random place. */
static void damage_costs_no_more(void)
{
    builder (*const makes[])(
        uint32_t) = { deep, lists,     empty_arrays, free_shapes,     changing_shapes,
                      gaps, small_ids, long_keys,    many_references, short_arrays };
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        builder b = makes[i](20);
        for (int k = 0; k < 300; k++) {
            size_t at = 64 + test_random_below((uint32_t)b.size - 64);
            unsigned char before = b.bytes[at];
            b.bytes[at] = (unsigned char)test_random();
            counted = 0;
            linear_validate(b.bytes, b.size, NULL, NULL);
            CHECK_MESSAGE((double)counted <= LINEAR_MOST * (double)b.size, "%d steps for %d bytes",
                          (int)counted, (int)b.size);
            b.bytes[at] = before;
        }
        free(b.bytes);
    }
}

void test_bjson_linear(void);
void test_bjson_linear(void)
{
    RUN(steps_are_bounded_by_bytes);
    RUN(damage_costs_no_more);
}
