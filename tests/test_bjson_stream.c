/* test_bjson_stream.c - streamed files hold what was said, are made canonical to the byte, and come
 * to no harm by sinks, memory and descriptions that fail. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bjson_random.h"

#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/sha256.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_read.h"
#include "scene/bjson_stream.h"
#include "scene/bjson_validate.h"

#if !defined(__wasm__) && !defined(_WIN32)
#include <unistd.h>
#endif

/* A sink that keeps everything, and fails at a chosen call. */
typedef struct keeper {
    unsigned char *bytes;
    size_t size, capacity;
    uint32_t calls, fail_at; /* 0: never */
} keeper;

static w3d_result keep(void *user, const void *bytes, size_t size)
{
    keeper *k = (keeper *)user;
    if (++k->calls == k->fail_at) return W3D_ERR_ACCESS;
    if (!size) return W3D_ERR_ARGUMENT; /* a sink is promised that this does not happen */
    if (size > k->capacity - k->size) {
        k->capacity = 2 * k->capacity + size;
        k->bytes = (unsigned char *)realloc(k->bytes, k->capacity);
    }
    memcpy(k->bytes + k->size, bytes, size);
    k->size += size;
    return W3D_OK;
}

static w3d_bjson_stream_desc stream_desc(keeper *k)
{
    w3d_bjson_stream_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink.write = keep;
    desc.sink.user = k;
    return desc;
}

/* Streams a description; IDs are written in another order than their rows where `shuffle`. */
static w3d_result stream_document(const w3d_bjson_write_desc *document,
                                  const w3d_bjson_stream_desc *desc, int shuffle, w3d_error *error)
{
    w3d_bjson_stream *stream = NULL;
    uint32_t first = 0, row = 0, step = shuffle ? 5 : 1, count = document->id_count;
    w3d_result result = w3d_bjson_stream_create(desc, &stream, error);
    if (result != W3D_OK) return result;
    while (count % step == 0 && step > 1) step += 2;
    result = w3d_bjson_stream_reserve(stream, count, &first);
    if (result == W3D_OK && document->meta && shuffle)
        result = w3d_bjson_stream_meta(stream, document->meta, document->meta_count, error);
    for (uint32_t i = 0; i < count && result == W3D_OK; i++, row = (row + step) % count)
        result = w3d_bjson_stream_fill(stream, row, &document->ids[row], error);
    if (result == W3D_OK && document->meta && !shuffle)
        result = w3d_bjson_stream_meta(stream, document->meta, document->meta_count, error);
    for (uint32_t i = 0; i < document->chunk_count && result == W3D_OK; i++)
        result = w3d_bjson_stream_chunk(stream, &document->chunks[i], error);
    if (result == W3D_OK) result = w3d_bjson_stream_end(stream, error);
    if (result == W3D_OK) CHECK(w3d_bjson_stream_size(stream) == ((keeper *)desc->sink.user)->size);
    w3d_bjson_stream_destroy(stream);
    return result;
}

/* What becomes of a file that is described and written again. */
static unsigned char *canonical(const w3d_bjson *file, const w3d_bjson_write_desc *like,
                                size_t *size)
{
    size_t scratch = w3d_bjson_describe_file_size(file);
    void *memory = malloc(scratch);
    w3d_arena arena = w3d_arena_make(memory, scratch);
    w3d_bjson_write_desc desc;
    w3d_result result = w3d_bjson_describe_file(file, &arena, &desc);
    CHECK(result == W3D_OK);
    unsigned char *bytes = NULL;
    if (result == W3D_OK) {
        desc.hash = like->hash;
        desc.sign_count = like->sign_count;
        bytes = bjson_random_encode(&desc, size, &result);
    }
    free(memory);
    return bytes;
}

static void check_hash(const keeper *k, const w3d_bjson *file)
{
    w3d_sha256_state hash;
    uint8_t digest[32];
    uint64_t at = 0, found = 0;
    w3d_bjson_chunk_view chunk;
    memset(&chunk, 0, sizeof chunk);
    w3d_sha256_begin(&hash);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        if (chunk.kind != W3D_BJSON_CHUNK_HASH && chunk.kind != W3D_BJSON_CHUNK_SIGN) continue;
        if (chunk.kind == W3D_BJSON_CHUNK_HASH) found = chunk.payload;
        w3d_sha256_add(&hash, k->bytes + at, (size_t)(chunk.at - at));
        at = chunk.payload + chunk.size;
    }
    w3d_sha256_add(&hash, k->bytes + at, k->size - (size_t)at);
    w3d_sha256_end(&hash, digest);
    CHECK(found != 0);
    if (found) CHECK_BYTES(k->bytes + found + 16, digest, 32);
}

static void streamed_documents(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 150; i++) {
        keeper k = { NULL, 0, 0, 0, 0 };
        w3d_bjson_stream_desc desc = stream_desc(&k);
        w3d_bjson file;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_result result;
        size_t direct_size = 0, again_size = 0;
        bjson_random_make_all(d);
        desc.crc = d->desc.crc;
        desc.hash = d->desc.hash;
        desc.sign_count = d->desc.sign_count;
        result = stream_document(&d->desc, &desc, i % 2, &error);
        CHECK_MESSAGE(result == W3D_OK, "document %d: %d, %s", i, (int)result, error.text);
        result = w3d_bjson_read(k.bytes, k.size, &file, &error);
        CHECK_MESSAGE(result == W3D_OK, "document %d: byte %d: %s", i, (int)error.offset,
                      error.text);
        if (result == W3D_OK) {
            CHECK(file.flags == (uint32_t)(W3D_BJSON_STREAMED | (desc.crc ? W3D_BJSON_CRC : 0)));
            if (desc.hash) check_hash(&k, &file);
            unsigned char *direct = bjson_random_encode(&d->desc, &direct_size, &result);
            unsigned char *again = canonical(&file, &d->desc, &again_size);
            CHECK(direct && again && direct_size == again_size);
            if (direct && again && direct_size == again_size)
                CHECK_BYTES(direct, again, direct_size);
            free(direct);
            free(again);
        }
        free(k.bytes);
    }
    free(d);
}

/* Keys and struct fields that lie elsewhere, or say something else at the same place. */
static void keys_move(void)
{
    keeper k = { NULL, 0, 0, 0, 0 };
    w3d_bjson_stream_desc desc = stream_desc(&k);
    w3d_bjson_stream *stream = NULL;
    w3d_error error = { W3D_OK, 0, "" };
    char key[2][8];
    w3d_bjson_value values[2], fields[2];
    struct {
        double a, b;
    } record = { 3.0, 4.0 };
    CHECK(w3d_bjson_stream_create(&desc, &stream, &error) == W3D_OK);
    for (uint32_t i = 0; i < 40; i++) {
        w3d_bjson_write_id id;
        memset(&id, 0, sizeof id);
        snprintf(key[0], sizeof key[0], "a%u", (unsigned)(i % 3));
        snprintf(key[1], sizeof key[1], "b%u", (unsigned)(i % 2));
        values[0] = w3d_bjson_i64(key[i / 20], i), values[1] = w3d_bjson_null(key[1 - i / 20]);
        fields[0] = w3d_bjson_field(key[0], W3D_BJSON_F64, i % 4 < 2 ? 0 : 8);
        fields[1] = w3d_bjson_field(key[1], W3D_BJSON_F64, i % 4 < 2 ? 8 : 0);
        id.values = i % 5 ? values : fields;
        id.value_count = 2;
        id.record = i % 5 ? NULL : &record;
        CHECK(w3d_bjson_stream_add(stream, &id, NULL, &error) == W3D_OK);
    }
    CHECK(w3d_bjson_stream_end(stream, &error) == W3D_OK);
    w3d_bjson_stream_destroy(stream);
    w3d_bjson file;
    CHECK(w3d_bjson_read(k.bytes, k.size, &file, &error) == W3D_OK && file.id_count == 40);
    CHECK(file.key_count == 5 && file.shape_count == 6 * 3); /* two types, a struct */
    for (uint32_t i = 0; i < 40; i++) {
        w3d_bjson_id id;
        w3d_bjson_view a, b;
        int64_t number = 0;
        double x = 0, y = 0;
        snprintf(key[0], sizeof key[0], "a%u", (unsigned)(i % 3));
        snprintf(key[1], sizeof key[1], "b%u", (unsigned)(i % 2));
        CHECK(w3d_bjson_id_at(&file, i, &id) == W3D_OK && w3d_bjson_get(&id, key[0], &a) &&
              w3d_bjson_get(&id, key[1], &b));
        if (i % 5)
            CHECK(w3d_bjson_to_i64(i / 20 ? &b : &a, &number) && number == (int64_t)i);
        else
            CHECK(w3d_bjson_to_f64(&a, &x) && w3d_bjson_to_f64(&b, &y) &&
                  x == (i % 4 < 2 ? 3.0 : 4.0) && y == (i % 4 < 2 ? 4.0 : 3.0));
    }
    free(k.bytes);
}

static void rows(void)
{
    keeper k = { NULL, 0, 0, 0, 0 };
    w3d_bjson_stream_desc desc = stream_desc(&k);
    w3d_bjson_stream *stream = NULL;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_bjson_value value = w3d_bjson_reference("to", 2);
    w3d_bjson_write_id id = { "id", &value, 1, 0, 0, 0, NULL }, bad = id, gone = id;
    w3d_bjson_value wrong = w3d_bjson_reference("new key of a refused ID", 4);
    uint32_t row = 77, first = 77;
    bad.values = &wrong;
    gone.flags = W3D_BJSON_DELETED;
    CHECK(w3d_bjson_stream_create(&desc, &stream, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_add(stream, &id, &row, &error) == W3D_ERR_INDEX && row == 77);
    CHECK(error.code == W3D_ERR_INDEX && error.offset == 0);
    CHECK(w3d_bjson_stream_reserve(stream, 3, &first) == W3D_OK && first == 0);
    CHECK(w3d_bjson_stream_reserve(stream, W3D_BJSON_NONE - 3, &first) == W3D_ERR_LIMIT);
    CHECK(w3d_bjson_stream_reserve(stream, W3D_BJSON_NONE, &first) == W3D_ERR_LIMIT && first == 0);
    CHECK(w3d_bjson_stream_add(stream, &id, &row, &error) == W3D_OK && row == 3);
    size_t before = k.size;
    CHECK(w3d_bjson_stream_add(stream, &bad, &row, &error) == W3D_OK && row == 4); /* itself */
    wrong.bits = 5;
    before = k.size;
    CHECK(w3d_bjson_stream_fill(stream, 1, &bad, &error) == W3D_ERR_INDEX && k.size == before);
    CHECK(w3d_bjson_stream_fill(stream, 3, &id, &error) == W3D_ERR_ARGUMENT && error.offset == 3);
    CHECK(w3d_bjson_stream_fill(stream, 5, &id, &error) == W3D_ERR_INDEX);
    CHECK(w3d_bjson_stream_fill(stream, 1, &id, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_fill(stream, 0, &gone, &error) == W3D_OK);
    before = k.size;
    CHECK(w3d_bjson_stream_end(stream, &error) == W3D_ERR_NOT_FOUND && error.offset == 2);
    CHECK(k.size == before);
    gone.flags = W3D_BJSON_EXTERNAL;
    CHECK(w3d_bjson_stream_fill(stream, 2, &gone, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_meta(stream, &wrong, 1, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_stream_meta(stream, NULL, 0, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_meta(stream, NULL, 0, &error) == W3D_ERR_ARGUMENT);
    w3d_bjson_chunk chunk = { W3D_BJSON_CHUNK_HOLE, "x", 1 };
    CHECK(w3d_bjson_stream_chunk(stream, &chunk, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_stream_end(stream, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_end(stream, &error) == W3D_ERR_CLOSED);
    CHECK(w3d_bjson_stream_add(stream, &id, &row, &error) == W3D_ERR_CLOSED);
    CHECK(w3d_bjson_stream_reserve(stream, 1, &row) == W3D_ERR_CLOSED);
    w3d_bjson_stream_destroy(stream);
    w3d_bjson_stream_destroy(NULL);

    w3d_bjson file;
    w3d_bjson_id read;
    w3d_bjson_view view;
    CHECK(w3d_bjson_read(k.bytes, k.size, &file, &error) == W3D_OK && file.id_count == 5);
    CHECK(w3d_bjson_id_at(&file, 0, &read) == W3D_ERR_NOT_FOUND && read.flags == W3D_BJSON_DELETED);
    CHECK(w3d_bjson_id_at(&file, 2, &read) == W3D_ERR_NOT_FOUND &&
          read.flags == W3D_BJSON_EXTERNAL);
    CHECK(w3d_bjson_id_at(&file, 4, &read) == W3D_OK &&
          w3d_bjson_get(&read, "new key of a refused ID", &view) && w3d_bjson_to_row(&view, &row) &&
          row == 4);
    free(k.bytes);
    CHECK(w3d_bjson_stream_create(NULL, &stream, &error) == W3D_ERR_ARGUMENT);
    desc.sink.write = NULL;
    CHECK(w3d_bjson_stream_create(&desc, &stream, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_stream_end(NULL, &error) == W3D_ERR_ARGUMENT);
}

/* ---- large arrays ---- */

enum { LARGE = 100000 }; /* elements: more than one piece, no multiple of it */

typedef struct giver {
    const unsigned char *bytes;
    uint64_t next;
    int calls, fail_at;
} giver;

static w3d_result give(void *user, const w3d_bjson_value *value, uint64_t offset, void *dst,
                       size_t size)
{
    giver *g = (giver *)user;
    if (++g->calls == g->fail_at) return W3D_ERR_DAMAGED;
    CHECK(offset == g->next && size <= 65536 && !value->data);
    g->next = offset + size < (uint64_t)value->count * value->n * 4 ? offset + size : 0;
    memcpy(dst, g->bytes + offset, size);
    return W3D_OK;
}

static void large_arrays(void)
{
    static const w3d_bjson_subtype subtypes[4] = { W3D_BJSON_SUB_F32, W3D_BJSON_SUB_F64,
                                                   W3D_BJSON_SUB_F16, W3D_BJSON_SUB_U32 };
    uint32_t *words = (uint32_t *)malloc(LARGE * sizeof *words);
    uint32_t *to = (uint32_t *)malloc(LARGE * sizeof *to);
    for (uint32_t i = 0; i < LARGE; i++) {
        words[i] = i * 2654435761u & 0x3FFFFFFFu;
        to[i] = i % 3 ? i % 2 : W3D_BJSON_NONE;
    }
    words[0] = words[1] = words[16383] = words[50001] = words[LARGE - 1] = 0xFFFFFFFFu;
    for (int by_piece = 0; by_piece < 2; by_piece++) {
        keeper k = { NULL, 0, 0, 0, 0 };
        giver g = { (const unsigned char *)words, 0, 0, 0 };
        w3d_bjson_stream_desc desc = stream_desc(&k);
        w3d_error error = { W3D_OK, 0, "" };
        w3d_bjson_value values[5];
        const void *data = by_piece ? NULL : words;
        values[0] = w3d_bjson_rows(w3d_bjson_large("a", subtypes[0], data, LARGE / 4), 4);
        values[1] = w3d_bjson_rows(w3d_bjson_large("b", subtypes[1], data, LARGE / 2), 1);
        values[2] = w3d_bjson_rows(w3d_bjson_large("c", subtypes[2], data, LARGE / 2), 4);
        values[3] = w3d_bjson_large("d", subtypes[3], data, LARGE);
        values[4] = w3d_bjson_large("e", W3D_BJSON_SUB_REFERENCE, to, LARGE);
        if (by_piece) { /* what `give` counts with: 4 bytes an element */
            values[1].count = LARGE / 2, values[1].n = 2, values[1].subtype = W3D_BJSON_SUB_F32;
            values[2].subtype = W3D_BJSON_SUB_F32, values[2].count = LARGE / 4;
        }
        w3d_bjson_write_id ids[2];
        memset(ids, 0, sizeof ids);
        ids[0].values = values, ids[0].value_count = 5;
        w3d_bjson_write_desc document;
        memset(&document, 0, sizeof document);
        document.ids = ids, document.id_count = 2, document.crc = 1;
        desc.crc = 1;
        desc.elements = by_piece ? give : NULL;
        desc.user = &g;
        desc.memory_limit = 200000; /* the arrays are two million bytes */
        CHECK(stream_document(&document, &desc, 0, &error) == W3D_OK);
        w3d_bjson file;
        CHECK(w3d_bjson_read(k.bytes, k.size, &file, &error) == W3D_OK);
        w3d_bjson_id id; /* NaNs are canonical in the stream already */
        w3d_bjson_view view;
        CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_get(&id, "a", &view));
        const unsigned char *floats = (const unsigned char *)w3d_bjson_data(&view);
        for (uint32_t i = 0; i < LARGE && floats; i++)
            if (w3d_load_u32(floats + 4 * (size_t)i) !=
                (words[i] == 0xFFFFFFFFu ? 0x7FC00000u : words[i])) {
                CHECK_MESSAGE(0, "float %u is %08x", (unsigned)i,
                              (unsigned)w3d_load_u32(floats + 4 * (size_t)i));
                break;
            }
        for (int i = 0; i < 4 && by_piece; i++) values[i].data = words;
        size_t direct_size = 0, again_size = 0;
        w3d_result result;
        unsigned char *direct = bjson_random_encode(&document, &direct_size, &result);
        unsigned char *again = canonical(&file, &document, &again_size);
        CHECK(direct && again && direct_size == again_size);
        if (direct && again && direct_size == again_size) CHECK_BYTES(direct, again, direct_size);
        free(direct);
        free(again);
        free(k.bytes);
        if (!by_piece) continue;
        /* `elements` fails at any call: the stream is dead, and says so. */
        for (g.fail_at = 1; g.fail_at < 30; g.fail_at++) {
            w3d_bjson_stream *stream = NULL;
            keeper other = { NULL, 0, 0, 0, 0 };
            desc.sink.user = &other;
            g.calls = 0, g.next = 0;
            for (int i = 0; i < 4; i++) values[i].data = NULL;
            CHECK(w3d_bjson_stream_create(&desc, &stream, &error) == W3D_OK);
            CHECK(w3d_bjson_stream_reserve(stream, 2, NULL) == W3D_OK);
            result = w3d_bjson_stream_fill(stream, 0, &ids[0], &error);
            if (result == W3D_OK) {
                CHECK(g.calls < g.fail_at);
                g.fail_at = 30;
            } else {
                CHECK(result == W3D_ERR_DAMAGED && error.code == result);
                CHECK(error.offset == other.size);
                CHECK(w3d_bjson_stream_end(stream, &error) == W3D_ERR_DAMAGED);
            }
            w3d_bjson_stream_destroy(stream);
            free(other.bytes);
        }
        values[4].data = NULL; /* references are not given in pieces */
        keeper none = { NULL, 0, 0, 0, 0 };
        desc.sink.user = &none;
        CHECK(stream_document(&document, &desc, 0, &error) == W3D_ERR_ARGUMENT);
        free(none.bytes);
    }
    free(words);
    free(to);
}

/* ---- what fails ---- */

static void sinks_fail(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    bjson_random_make_all(d);
    d->desc.hash = 1, d->desc.sign_count = 2;
    for (uint32_t fail_at = 1; fail_at < 2000; fail_at++) {
        keeper k = { NULL, 0, 0, 0, fail_at };
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        w3d_bjson_stream_desc desc = stream_desc(&k);
        w3d_error error = { W3D_OK, 0, "" };
        desc.allocator = w3d_allocator_counting(&counter);
        desc.hash = 1, desc.sign_count = 2, desc.crc = 1;
        w3d_result result = stream_document(&d->desc, &desc, 1, &error);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
        uint32_t calls = k.calls;
        CHECK(result == W3D_OK ||
              (result == W3D_ERR_ACCESS && error.code == result && error.offset == k.size));
        CHECK(result == W3D_OK || calls == fail_at); /* a dead stream asks its sink nothing */
        if (result != W3D_OK && k.size)              /* what there is, is no file */
            CHECK(w3d_bjson_validate(k.bytes, k.size, NULL, NULL) != W3D_OK);
        free(k.bytes);
        if (result == W3D_OK) break;
    }
    free(d);
}

static void memory_fails(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    uint64_t refused = 0, asked = UINT64_MAX;
    bjson_random_make_all(d);
    /* The shapes' arena asks again for less, so that not every failure is one of the stream. */
    for (uint64_t fail_at = 1; fail_at <= asked; fail_at++) {
        keeper k = { NULL, 0, 0, 0, 0 };
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        counter.fail_at = fail_at;
        w3d_bjson_stream_desc desc = stream_desc(&k);
        w3d_error error = { W3D_OK, 0, "" };
        desc.allocator = w3d_allocator_counting(&counter);
        w3d_result result = stream_document(&d->desc, &desc, 0, &error);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
        CHECK(result == W3D_OK || result == W3D_ERR_OUT_OF_MEMORY);
        if (result == W3D_OK) CHECK(w3d_bjson_validate(k.bytes, k.size, NULL, NULL) == W3D_OK);
        refused += result != W3D_OK;
        if (counter.requests < fail_at) asked = 0;
        free(k.bytes);
    }
    CHECK(refused >= 4); /* the stream itself, and three arrays by row */

    /* A limit is kept to the byte, and refused by its own name. */
    size_t least = 0;
    for (size_t limit = 1; limit < 200000 && !least; limit += 997) {
        keeper k = { NULL, 0, 0, 0, 0 };
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        w3d_bjson_stream_desc desc = stream_desc(&k);
        w3d_error error = { W3D_OK, 0, "" };
        desc.allocator = w3d_allocator_counting(&counter);
        desc.memory_limit = limit;
        w3d_result result = stream_document(&d->desc, &desc, 0, &error);
        CHECK(counter.peak_bytes <= limit && counter.live_blocks == 0);
        CHECK(result == W3D_OK || result == W3D_ERR_LIMIT);
        if (result == W3D_OK) least = limit;
        free(k.bytes);
    }
    CHECK(least > 1000);
    free(d);

    /* An ID that does not fit is refused; the stream goes on without it. */
    keeper k = { NULL, 0, 0, 0, 0 };
    w3d_bjson_stream_desc desc = stream_desc(&k);
    w3d_bjson_stream *stream = NULL;
    w3d_error error = { W3D_OK, 0, "" };
    uint32_t row = 9;
    char *text = (char *)malloc(300000);
    memset(text, 'x', 300000);
    desc.memory_limit = 100000;
    w3d_bjson_value value = w3d_bjson_string("text", text, 300000);
    w3d_bjson_write_id id = { "id", &value, 1, 0, 0, 0, NULL };
    CHECK(w3d_bjson_stream_create(&desc, &stream, &error) == W3D_OK);
    CHECK(w3d_bjson_stream_add(stream, &id, &row, &error) == W3D_ERR_LIMIT && row == 9);
    value.count = 1000;
    CHECK(w3d_bjson_stream_add(stream, &id, &row, &error) == W3D_OK && row == 0);
    CHECK(w3d_bjson_stream_end(stream, &error) == W3D_OK);
    w3d_bjson_stream_destroy(stream);
    CHECK(w3d_bjson_validate(k.bytes, k.size, NULL, NULL) == W3D_OK);
    free(k.bytes);
    free(text);
}

/* tests/reference/bjson_check.py reads streamed files, and computes their hashes itself. */
static void reference_agrees(void)
{
#if defined(__wasm__) || defined(_WIN32)
    printf("skipped: %s.%s: no processes here; the native run has it\n", test.suite, test.name);
#else
    char folder[] = "/tmp/bjson_XXXXXX", command[256];
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    if (system("python3 -c pass") != 0 || !mkdtemp(folder)) {
        printf("skipped: %s.%s: no python3\n", test.suite, test.name);
        free(d);
        return;
    }
    for (int i = 0; i < 30; i++) {
        keeper k = { NULL, 0, 0, 0, 0 };
        w3d_bjson_stream_desc desc = stream_desc(&k);
        bjson_random_make_all(d);
        desc.crc = i % 2, desc.hash = i % 3 != 0, desc.sign_count = (uint32_t)i % 4;
        CHECK(stream_document(&d->desc, &desc, i % 5 == 0, NULL) == W3D_OK);
        snprintf(command, sizeof command, "%s/%d.bjson", folder, i);
        FILE *out = fopen(command, "wb");
        CHECK(out && fwrite(k.bytes, 1, k.size, out) == k.size);
        if (out) fclose(out);
        free(k.bytes);
    }
    snprintf(command, sizeof command,
             "python3 tests/reference/bjson_check.py %s/*.bjson >%s/log || { grep -v ': ok$' "
             "%s/log >&2; false; }",
             folder, folder, folder);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK(system(command) == 0);
    free(d);
#endif
}

void test_bjson_stream(void);
void test_bjson_stream(void)
{
    RUN(streamed_documents);
    RUN(keys_move);
    RUN(rows);
    RUN(large_arrays);
    RUN(sinks_fail);
    RUN(memory_fails);
    RUN(reference_agrees);
}
