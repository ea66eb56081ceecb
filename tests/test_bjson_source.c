/* test_bjson_source.c - files read ID by ID: the same as in memory, over 4 GiB as well, and the
 * same verdict on every damaged one. */
#include "bjson_random.h"

#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_source.h"
#include "scene/bjson_stream.h"
#include "scene/bjson_validate.h"

/* A file in memory with a hole of `gap` zeros put in at `at`; reads are counted, one may fail. */
typedef struct spread {
    const unsigned char *bytes;
    size_t size, at;
    uint64_t gap, bytes_read;
    uint32_t reads, fail_at; /* 0: never */
} spread;

static w3d_result read_at(void *user, uint64_t offset, void *dst, size_t size)
{
    spread *f = (spread *)user;
    unsigned char *to = (unsigned char *)dst;
    if (++f->reads == f->fail_at) return W3D_ERR_NOT_FOUND;
    if (!size || size > f->size + f->gap || offset > f->size + f->gap - size)
        return W3D_ERR_ARGUMENT; /* promised not to happen */
    f->bytes_read += size;
    if (!f->gap) {
        memcpy(dst, f->bytes + (size_t)offset, size);
        return W3D_OK;
    }
    for (size_t i = 0; i < size; i++, offset++)
        to[i] = offset < f->at            ? f->bytes[(size_t)offset]
                : offset < f->at + f->gap ? 0
                                          : f->bytes[(size_t)(offset - f->gap)];
    return W3D_OK;
}

static w3d_bjson_source_desc source_desc(spread *f)
{
    w3d_bjson_source_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.read = read_at;
    desc.user = f;
    desc.size = f->size + f->gap;
    return desc;
}

static spread in_memory(const unsigned char *bytes, size_t size)
{
    spread f = { bytes, size, 0, 0, 0, 0, 0 };
    return f;
}

/* The document as a streamed file. */
static unsigned char *streamed(const w3d_bjson_write_desc *document, size_t *size)
{
    static unsigned char memory[1 << 20];
    w3d_sink_buffer buffer = { memory, sizeof memory, 0 };
    w3d_bjson_stream_desc desc;
    w3d_bjson_stream *stream = NULL;
    memset(&desc, 0, sizeof desc);
    desc.sink = w3d_sink_to_buffer(&buffer);
    desc.crc = document->crc, desc.hash = document->hash, desc.sign_count = document->sign_count;
    w3d_result result = w3d_bjson_stream_create(&desc, &stream, NULL);
    if (result == W3D_OK) result = w3d_bjson_stream_reserve(stream, document->id_count, NULL);
    for (uint32_t i = document->id_count; i-- > 0 && result == W3D_OK;)
        result = w3d_bjson_stream_fill(stream, i, &document->ids[i], NULL);
    if (result == W3D_OK && document->meta)
        result = w3d_bjson_stream_meta(stream, document->meta, document->meta_count, NULL);
    for (uint32_t i = 0; i < document->chunk_count && result == W3D_OK; i++)
        result = w3d_bjson_stream_chunk(stream, &document->chunks[i], NULL);
    if (result == W3D_OK) result = w3d_bjson_stream_end(stream, NULL);
    w3d_bjson_stream_destroy(stream);
    CHECK(result == W3D_OK);
    unsigned char *bytes = (unsigned char *)malloc(buffer.size);
    memcpy(bytes, memory, buffer.size);
    *size = buffer.size;
    return bytes;
}

/* ---- sound files ---- */

/* 1 where both views hold the same, and what they hold is in place. */
static int same_view(const w3d_bjson_view *a, const w3d_bjson_view *b)
{
    if (a->tag != b->tag || a->subtype != b->subtype || a->n != b->n || a->count != b->count ||
        a->length != b->length)
        return 0;
    if (a->tag != W3D_BJSON_MAP && a->tag != W3D_BJSON_LIST)
        return w3d_bjson_data(a) && w3d_bjson_data(b) &&
               w3d_equal(w3d_bjson_data(a), w3d_bjson_data(b), (size_t)a->length);
    for (uint32_t i = 0; i < a->count; i++) {
        const char *key = NULL, *other = NULL;
        w3d_bjson_view x, y;
        if (!w3d_bjson_item(a, i, &key, &x) || !w3d_bjson_item(b, i, &other, &y)) return 0;
        if (strcmp(key, other) || !same_view(&x, &y)) return 0;
    }
    return 1;
}

static void check_source(const unsigned char *bytes, size_t size)
{
    spread f = in_memory(bytes, size);
    w3d_bjson_source_desc desc = source_desc(&f);
    w3d_bjson_source *source = NULL;
    w3d_bjson whole;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_bjson_id id, same;
    w3d_bjson_view map, same_map;
    CHECK(w3d_bjson_read(bytes, size, &whole, NULL) == W3D_OK);
    w3d_result result = w3d_bjson_source_open(&desc, &source, &error);
    CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
    if (result != W3D_OK) return;
    const w3d_bjson *file = w3d_bjson_source_file(source);
    CHECK(f.reads <= 8 && file->id_count == whole.id_count);
    CHECK(w3d_bjson_validate(file->bytes, (size_t)file->size, NULL, &error) == W3D_OK);
    for (uint32_t k = 0; k < 2 * whole.id_count; k++) {
        uint32_t row = (k * 7 + 3) % whole.id_count, reads = f.reads;
        uint32_t generation = file->generation;
        memset(&id, 0, sizeof id);
        memset(&same, 0, sizeof same);
        w3d_result expected = w3d_bjson_id_at(&whole, row, &same);
        result = w3d_bjson_source_fetch(source, row, &id, &error);
        CHECK(result == expected && f.reads - reads <= 2 && file->generation != generation);
        CHECK(id.row == same.row && id.type == same.type && id.flags == same.flags &&
              id.time == same.time && id.file == file);
        CHECK(w3d_bjson_validate(file->bytes, (size_t)file->size, NULL, NULL) == W3D_OK);
        if (result != W3D_OK) continue;
        CHECK(id.size == same.size && !strcmp(id.name, same.name));
        CHECK(w3d_equal(file->bytes + id.payload, bytes + same.payload, (size_t)id.size));
        CHECK(w3d_bjson_properties(&id, &map) && w3d_bjson_properties(&same, &same_map) &&
              same_view(&map, &same_map));
        CHECK(w3d_bjson_find(file, id.type, id.name) == row);
        /* The others are external now, those fetched before among them. */
        for (uint32_t other = 0; other < whole.id_count; other++) {
            if (other == row || w3d_bjson_id_at(&whole, other, &id) != W3D_OK) continue;
            CHECK(w3d_bjson_id_at(file, other, &id) == W3D_ERR_NOT_FOUND &&
                  id.flags & W3D_BJSON_EXTERNAL);
        }
    }
    CHECK(w3d_bjson_source_fetch(source, whole.id_count, &id, &error) == W3D_ERR_INDEX);
    w3d_result has = w3d_bjson_meta(&whole, &same, &same_map) ? W3D_OK : W3D_ERR_NOT_FOUND;
    CHECK(w3d_bjson_source_meta(source, &id, &map, &error) == has);
    if (has == W3D_OK) CHECK(same_view(&map, &same_map));
    CHECK(w3d_bjson_validate(file->bytes, (size_t)file->size, NULL, NULL) == W3D_OK);
    w3d_bjson_chunk_view a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    while (w3d_bjson_chunk_next(&whole, &a)) {
        CHECK(w3d_bjson_source_chunk_next(source, &b, &error) == W3D_OK && a.at == b.at &&
              a.kind == b.kind && a.aux == b.aux && a.size == b.size && a.payload == b.payload);
    }
    CHECK(w3d_bjson_source_chunk_next(source, &b, &error) == W3D_ERR_NOT_FOUND);
    result = w3d_bjson_source_validate(source, &error);
    CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
    w3d_bjson_source_close(source);
}

static void documents(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 80; i++) {
        size_t size = 0;
        w3d_result result;
        bjson_random_make_all(d);
        unsigned char *bytes =
            i % 2 ? streamed(&d->desc, &size) : bjson_random_encode(&d->desc, &size, &result);
        CHECK(bytes != NULL);
        if (bytes) check_source(bytes, size);
        free(bytes);
    }
    free(d);
}

/* Two IDs with five gibibytes of hole between them. */
static void over_four_gibibytes(void)
{
    const uint64_t gap = (uint64_t)5 << 30;
    uint32_t numbers[4] = { 1, 2, 3, 4 };
    w3d_bjson_value values[2];
    w3d_bjson_write_id ids[2];
    memset(ids, 0, sizeof ids);
    values[0] = w3d_bjson_reference("to", 1);
    values[1] = w3d_bjson_large("numbers", W3D_BJSON_SUB_U32, numbers, 4);
    ids[0].name = "near", ids[0].values = values, ids[0].value_count = 1;
    ids[1].name = "far", ids[1].values = values + 1, ids[1].value_count = 1;
    w3d_bjson_write_desc document;
    memset(&document, 0, sizeof document);
    document.ids = ids, document.id_count = 2;
    size_t size = 0;
    w3d_result result;
    unsigned char *small = bjson_random_encode(&document, &size, &result);
    w3d_bjson file;
    CHECK(small && w3d_bjson_validate(small, size, &file, NULL) == W3D_OK);
    if (!small) return;
    size_t cut = (size_t)w3d_load_u64(small + file.refs + 24); /* the second ID */
    unsigned char *bytes = (unsigned char *)malloc(size + 16);
    memcpy(bytes, small, cut);
    w3d_store_u32(bytes + cut, W3D_BJSON_CHUNK_HOLE);
    w3d_store_u32(bytes + cut + 4, 0);
    w3d_store_u64(bytes + cut + 8, gap);
    memcpy(bytes + cut + 16, small + cut, size - cut);
    w3d_store_u32(bytes + 12, 0);
    w3d_store_u64(bytes + 16, size + 16 + gap);
    for (int field = 24; field <= 48; field += field == 24 ? 16 : 8)
        w3d_store_u64(bytes + field, w3d_load_u64(bytes + field) + 16 + gap);
    w3d_store_u64(bytes + file.refs + 16 + 24, cut + 16 + gap);
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));

    spread f = { bytes, size + 16, cut + 16, gap, 0, 0, 0 };
    w3d_bjson_source_desc desc = source_desc(&f);
    w3d_bjson_source *source = NULL;
    w3d_bjson_id id;
    w3d_bjson_view view;
    w3d_error error = { W3D_OK, 0, "" };
    desc.memory_limit = 100000;
    result = w3d_bjson_source_open(&desc, &source, &error);
    CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
    if (result == W3D_OK) {
        CHECK(w3d_bjson_source_fetch(source, 1, &id, &error) == W3D_OK && !strcmp(id.name, "far"));
        CHECK(w3d_bjson_get(&id, "numbers", &view) &&
              w3d_equal(w3d_bjson_data(&view), numbers, sizeof numbers));
        CHECK(w3d_bjson_source_fetch(source, 0, &id, &error) == W3D_OK && !strcmp(id.name, "near"));
        CHECK(w3d_bjson_source_validate(source, &error) == W3D_OK);
        w3d_bjson_source_close(source);
    }
    CHECK(f.bytes_read < 10000);
    /* What is wrong behind the hole is reported where it is. */
    unsigned char *payload = bytes + cut + 32;
    unsigned char *row = payload + 16 + w3d_load_u32(payload + 8); /* P is at 8, then comes R */
    w3d_store_u32(row, 7);
    CHECK(w3d_bjson_source_open(&desc, &source, &error) == W3D_OK);
    CHECK(w3d_bjson_source_fetch(source, 1, &id, &error) == W3D_ERR_FORMAT);
    CHECK(error.offset == (uint64_t)(row - bytes) + gap);
    CHECK(w3d_bjson_source_fetch(source, 0, &id, &error) == W3D_OK);
    CHECK(w3d_bjson_source_validate(source, &error) == W3D_ERR_FORMAT);
    CHECK(error.offset == (uint64_t)(row - bytes) + gap);
    w3d_bjson_source_close(source);
    free(bytes);
    free(small);
}

/* ---- damaged files ---- */

static w3d_result verdict(const unsigned char *bytes, size_t size, w3d_error *error)
{
    spread f = in_memory(bytes, size);
    w3d_bjson_source_desc desc = source_desc(&f);
    w3d_bjson_source *source = NULL;
    w3d_result result = w3d_bjson_source_open(&desc, &source, error);
    if (result != W3D_OK) return result;
    result = w3d_bjson_source_validate(source, error);
    /* An ID that can be fetched is sound, whatever else is wrong with the file. */
    const w3d_bjson *file = w3d_bjson_source_file(source);
    for (uint32_t row = 0; row < file->id_count; row++) {
        w3d_bjson_id id;
        w3d_result fetched = w3d_bjson_source_fetch(source, row, &id, NULL);
        CHECK(result != W3D_OK || fetched == W3D_OK || fetched == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_validate(file->bytes, (size_t)file->size, NULL, NULL) == W3D_OK);
    }
    w3d_bjson_source_close(source);
    return result;
}

/* Makes the header, or END, of a damaged file one that is believed. */
static void believe(unsigned char *bytes, size_t size)
{
    if (size < 128) return;
    if (bytes[12] & W3D_BJSON_STREAMED) {
        unsigned char head[64];
        size_t end = size - 64;
        memcpy(head, bytes, 16);
        memcpy(head + 16, bytes + end + 16, 48);
        w3d_store_u32(bytes + end + 60, w3d_crc32c(0, head, 60));
    }
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
}

static void damage(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    uint32_t accepted = 0, refused = 0, codes = 0;
    for (int i = 0; i < 24; i++) {
        size_t size = 0;
        w3d_result result;
        bjson_random_make_all(d);
        if (d->desc.id_count > 4) d->desc.id_count = 4;
        for (uint32_t k = 0; k < d->desc.id_count; k++) /* references stay inside */
            d->ids[k].value_count = d->ids[k].value_count < 4 ? d->ids[k].value_count : 4;
        d->desc.crc = i % 4 == 0;
        unsigned char *bytes = i % 2 ? NULL : bjson_random_encode(&d->desc, &size, &result);
        if (!bytes) {
            bjson_random_make_all(d);
            d->desc.crc = i % 4 == 1;
            bytes = streamed(&d->desc, &size);
        }
        unsigned char *copy = (unsigned char *)malloc(size);
        for (int k = 0; k < 250; k++) {
            w3d_error error = { W3D_OK, 0, "" }, other = { W3D_OK, 0, "" };
            memcpy(copy, bytes, size);
            for (uint32_t n = 1 + test_random_below(2); n > 0; n--) {
                size_t at = test_random_below((uint32_t)size);
                if (test_random_below(3) == 0) at = at / 16 * 16 + test_random_below(2) * 8;
                uint32_t byte = test_random_below(2) ? test_random_below(256)
                                                     : copy[at] ^ 1u << test_random_below(8);
                copy[at] = (unsigned char)byte;
            }
            if (test_random_below(8)) believe(copy, size);
            size_t shown = test_random_below(20) ? size : test_random_below((uint32_t)size);
            w3d_result whole = w3d_bjson_validate(copy, shown, NULL, &error);
            w3d_result parts = verdict(copy, shown, &other);
            CHECK_MESSAGE((whole == W3D_OK) == (parts == W3D_OK),
                          "document %d.%d: %d at %d (%s), but %d at %d (%s)", i, k, (int)whole,
                          (int)error.offset, error.text, (int)parts, (int)other.offset, other.text);
            CHECK(parts == W3D_OK || (other.code == parts && other.offset <= shown));
            accepted += whole == W3D_OK;
            refused += whole != W3D_OK;
            codes += whole == parts && whole != W3D_OK;
        }
        free(copy);
        free(bytes);
    }
    CHECK_MESSAGE(accepted > 20 && refused > 1000 && codes > refused / 2,
                  "%u accepted, %u refused, %u of them for the same reason", (unsigned)accepted,
                  (unsigned)refused, (unsigned)codes);
    free(d);
}

/* A row that says which chunk it has, and the chunk says it is another's. */
static void rows_that_lie(void)
{
    w3d_bjson_write_id ids[3];
    w3d_bjson_write_desc document;
    w3d_bjson_source *source = NULL;
    w3d_bjson_id id;
    w3d_bjson file;
    w3d_error error;
    w3d_result result;
    size_t size = 0;
    memset(ids, 0, sizeof ids);
    memset(&document, 0, sizeof document);
    ids[2].flags = W3D_BJSON_DELETED;
    document.ids = ids, document.id_count = 3;
    unsigned char *bytes = bjson_random_encode(&document, &size, &result);
    CHECK(bytes && w3d_bjson_validate(bytes, size, &file, NULL) == W3D_OK);
    if (!bytes) return;
    spread f = in_memory(bytes, size);
    w3d_bjson_source_desc desc = source_desc(&f);
    unsigned char *refs = bytes + file.refs;
    uint64_t first = w3d_load_u64(refs);
    const uint64_t lies[6] = { first, first + 8, file.keys - 16, size, UINT64_MAX - 15, 48 };
    for (int i = 0; i < 6; i++) {
        w3d_store_u64(refs + 48, lies[i]);
        refs[48 + 21] = W3D_BJSON_EXTERNAL;
        CHECK(w3d_bjson_validate(bytes, size, NULL, NULL) != W3D_OK);
        result = w3d_bjson_source_open(&desc, &source, &error);
        CHECK((result == W3D_OK) == (i == 0 || i == 2));
        if (result != W3D_OK) continue;
        CHECK(w3d_bjson_source_fetch(source, 2, &id, &error) == W3D_ERR_FORMAT);
        CHECK(w3d_bjson_source_fetch(source, 0, &id, &error) == W3D_OK);
        CHECK(w3d_bjson_source_fetch(source, 1, &id, &error) == W3D_OK);
        CHECK(w3d_bjson_source_validate(source, &error) == W3D_ERR_FORMAT);
        w3d_bjson_source_close(source);
    }
    free(bytes);
}

/* A table that lies in another chunk, while its own place is none. */
static void table_in_a_chunk(void)
{
    unsigned char keys[16] = { 'K', 'E', 'Y', 'S' };
    w3d_bjson_chunk chunk = { W3D_BJSON_FOURCC('z', 'z', 'z', ' '), keys, sizeof keys };
    w3d_bjson_write_desc document;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_bjson file;
    w3d_result result;
    size_t size = 0;
    memset(&document, 0, sizeof document);
    document.chunks = &chunk, document.chunk_count = 1;
    unsigned char *bytes = bjson_random_encode(&document, &size, &result);
    CHECK(bytes && w3d_bjson_validate(bytes, size, &file, NULL) == W3D_OK);
    if (!bytes) return;
    bytes[file.keys - 16] = 'k';
    w3d_store_u64(bytes + 40, size - 16);
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
    CHECK(w3d_bjson_validate(bytes, size, NULL, NULL) == W3D_ERR_FORMAT);
    CHECK(verdict(bytes, size, &error) == W3D_ERR_FORMAT && error.offset == 24);
    free(bytes);
}

/* ---- what fails ---- */

/* Opens, reads every ID and meta, and checks; the first result that says more than "not there". */
static w3d_result everything(const w3d_bjson_source_desc *desc, w3d_error *error)
{
    w3d_bjson_source *source = NULL;
    w3d_result result = w3d_bjson_source_open(desc, &source, error);
    if (result != W3D_OK) return result;
    const w3d_bjson *file = w3d_bjson_source_file(source);
    for (uint32_t row = 0; row < file->id_count && result == W3D_OK; row++) {
        w3d_bjson_id id;
        memset(&id, 0, sizeof id);
        result = w3d_bjson_source_fetch(source, row, &id, error);
        if (result == W3D_ERR_NOT_FOUND && id.file == file) result = W3D_OK;
        CHECK(w3d_bjson_validate(file->bytes, (size_t)file->size, NULL, NULL) == W3D_OK);
    }
    if (result == W3D_OK) result = w3d_bjson_source_validate(source, error);
    w3d_bjson_source_close(source);
    return result;
}

static unsigned char *no_missing_rows(size_t *size)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_result result;
    bjson_random_make_all(d);
    d->desc.crc = 1;
    for (uint32_t i = 0; i < d->desc.id_count; i++) d->ids[i].flags = 0;
    unsigned char *bytes = bjson_random_encode(&d->desc, size, &result);
    free(d);
    return bytes;
}

static void reads_fail(void)
{
    size_t size = 0;
    unsigned char *bytes = no_missing_rows(&size);
    for (uint32_t fail_at = 1; fail_at < 1000 && bytes; fail_at++) {
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        spread f = in_memory(bytes, size);
        w3d_bjson_source_desc desc = source_desc(&f);
        w3d_error error = { W3D_OK, 0, "" };
        f.fail_at = fail_at;
        desc.allocator = w3d_allocator_counting(&counter);
        w3d_result result = everything(&desc, &error);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
        if (result == W3D_OK) {
            CHECK(f.reads < fail_at && fail_at > 10);
            break;
        }
        CHECK(result == W3D_ERR_NOT_FOUND && error.code == result && f.reads == fail_at);
    }
    free(bytes);
}

typedef struct some_bytes {
    unsigned char *bytes;
    size_t size;
} some_bytes;

static int everything_with(const void *allocator, void *user)
{
    const some_bytes *b = (const some_bytes *)user;
    spread f = in_memory(b->bytes, b->size);
    w3d_bjson_source_desc desc = source_desc(&f);
    desc.allocator = *(const w3d_allocator *)allocator;
    return (int)everything(&desc, NULL);
}

static void memory_fails(void)
{
    some_bytes b = { NULL, 0 };
    b.bytes = no_missing_rows(&b.size);
    if (!b.bytes) return;
    test_allocation_sweep(everything_with, &b);
    w3d_result result = W3D_ERR_LIMIT;
    size_t limit = 1;
    for (; limit < 1000000 && result != W3D_OK; limit += 499) {
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        spread f = in_memory(b.bytes, b.size);
        w3d_bjson_source_desc desc = source_desc(&f);
        w3d_error error = { W3D_OK, 0, "" };
        desc.memory_limit = limit;
        desc.allocator = w3d_allocator_counting(&counter);
        result = everything(&desc, &error);
        CHECK(counter.peak_bytes <= 2 * limit && counter.live_blocks == 0);
        CHECK(result == W3D_OK || (result == W3D_ERR_LIMIT && error.code == result));
    }
    CHECK(result == W3D_OK && limit > 499);
    free(b.bytes);

    w3d_bjson_source *source = NULL;
    w3d_bjson_source_desc desc;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_bjson_source_open(NULL, &source, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_source_open(&desc, &source, NULL) == W3D_ERR_ARGUMENT);
    desc.read = read_at;
    CHECK(w3d_bjson_source_open(&desc, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_source_open(&desc, &source, NULL) == W3D_ERR_FORMAT && !source);
    w3d_bjson_source_close(NULL);
}

/* From the read `fail_at` on, a few bits are others than they were. */
static w3d_result read_noise(void *user, uint64_t offset, void *dst, size_t size)
{
    spread *f = (spread *)user;
    unsigned char *to = (unsigned char *)dst;
    uint32_t noisy = f->fail_at;
    f->fail_at = 0;
    w3d_result result = read_at(user, offset, dst, size);
    f->fail_at = noisy;
    for (uint32_t n = f->reads < noisy ? 0 : test_random_below(3); n > 0; n--)
        to[test_random_below((uint32_t)size)] ^= (unsigned char)(1u << test_random_below(8));
    return result;
}

/* A file that changes gives errors or what it is now; what was fetched is always sound. */
static void files_change(void)
{
    size_t size = 0;
    uint32_t refused = 0;
    for (uint32_t i = 0; i < 6; i++) {
        unsigned char *bytes = no_missing_rows(&size);
        for (uint32_t k = 0; k < 100 && bytes; k++) {
            spread f = in_memory(bytes, size);
            w3d_bjson_source_desc desc = source_desc(&f);
            f.fail_at = 2 + k % 40;
            desc.read = read_noise;
            refused += everything(&desc, NULL) != W3D_OK;
        }
        free(bytes);
    }
    CHECK(refused > 300);
}

void test_bjson_source(void);
void test_bjson_source(void)
{
    RUN(documents);
    RUN(over_four_gibibytes);
    RUN(damage);
    RUN(rows_that_lie);
    RUN(table_in_a_chunk);
    RUN(reads_fail);
    RUN(memory_fails);
    RUN(files_change);
}
