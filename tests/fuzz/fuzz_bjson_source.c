/* fuzz_bjson_source.c - any bytes through bjson_source: the verdict must be w3d_bjson_validate's,
 * what is fetched must be sound by itself, and what is accepted is streamed out again and must be
 * of the same content: the canonical files of both are equal. */
#include "core/bytes.h"
#include "core/sink.h"
#include "pack/crc32c.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_source.h"
#include "scene/bjson_stream.h"
#include "scene/bjson_validate.h"
#include "scene/bjson_write.h"

#include <stdlib.h>
#include <string.h>

typedef struct fuzz_bjson_source_file {
    const unsigned char *bytes;
    size_t size;
} fuzz_bjson_source_file;

static w3d_result read_at(void *user, uint64_t offset, void *dst, size_t size)
{
    const fuzz_bjson_source_file *file = (const fuzz_bjson_source_file *)user;
    if (!size || size > file->size || offset > file->size - size) __builtin_trap();
    memcpy(dst, file->bytes + offset, size);
    return W3D_OK;
}

static int read_source(const unsigned char *bytes, size_t size, w3d_error *error)
{
    fuzz_bjson_source_file file = { bytes, size };
    w3d_bjson_source_desc desc;
    w3d_bjson_source *source = NULL;
    memset(&desc, 0, sizeof desc);
    desc.read = read_at;
    desc.user = &file;
    desc.size = size;
    if (w3d_bjson_source_open(&desc, &source, error) != W3D_OK) return 0;
    const w3d_bjson *small = w3d_bjson_source_file(source);
    w3d_result result = w3d_bjson_source_validate(source, error);
    for (uint32_t row = 0; row < small->id_count && row < 1000; row++) {
        w3d_bjson_id id;
        w3d_result fetched = w3d_bjson_source_fetch(source, row, &id, NULL);
        if (result == W3D_OK && fetched != W3D_OK && fetched != W3D_ERR_NOT_FOUND) __builtin_trap();
        if (w3d_bjson_validate(small->bytes, (size_t)small->size, NULL, NULL) != W3D_OK)
            __builtin_trap();
    }
    w3d_bjson_source_close(source);
    return result == W3D_OK;
}

static unsigned char *write_canonical(const w3d_bjson_write_desc *desc, size_t *size)
{
    size_t scratch = w3d_bjson_write_scratch_size(desc);
    void *memory = malloc(scratch);
    w3d_arena arena = w3d_arena_make(memory, scratch);
    w3d_bjson_plan plan;
    if (w3d_bjson_write_size(desc, &arena, &plan, NULL) != W3D_OK) __builtin_trap();
    unsigned char *bytes = (unsigned char *)malloc(plan.size);
    if (w3d_bjson_write(&plan, bytes, plan.size, NULL) != W3D_OK) __builtin_trap();
    *size = plan.size;
    free(memory);
    return bytes;
}

/* The canonical file of a checked one's content, and, where `stream` is a buffer, that content
 * streamed to it. */
static unsigned char *canonical(const w3d_bjson *file, w3d_sink_buffer *stream, size_t *size)
{
    size_t scratch = w3d_bjson_describe_file_size(file);
    void *memory = malloc(scratch ? scratch : 1);
    w3d_arena arena = w3d_arena_make(memory, scratch);
    w3d_bjson_write_desc document;
    if (w3d_bjson_describe_file(file, &arena, &document) != W3D_OK) __builtin_trap();
    unsigned char *bytes = write_canonical(&document, size);
    if (stream) {
        w3d_bjson_stream_desc desc;
        w3d_bjson_stream *to = NULL;
        memset(&desc, 0, sizeof desc);
        stream->capacity = 2 * (file->size < *size ? *size : (size_t)file->size) + 4096;
        stream->bytes = malloc(stream->capacity);
        desc.sink = w3d_sink_to_buffer(stream);
        desc.crc = document.crc;
        w3d_result result = w3d_bjson_stream_create(&desc, &to, NULL);
        if (result == W3D_OK) result = w3d_bjson_stream_reserve(to, document.id_count, NULL);
        for (uint32_t i = 0; i < document.id_count && result == W3D_OK; i++)
            result = w3d_bjson_stream_fill(to, i, &document.ids[i], NULL);
        if (result == W3D_OK && document.meta)
            result = w3d_bjson_stream_meta(to, document.meta, document.meta_count, NULL);
        for (uint32_t i = 0; i < document.chunk_count && result == W3D_OK; i++)
            result = w3d_bjson_stream_chunk(to, &document.chunks[i], NULL);
        if (result == W3D_OK) result = w3d_bjson_stream_end(to, NULL);
        if (result != W3D_OK) __builtin_trap();
        w3d_bjson_stream_destroy(to);
    }
    free(memory);
    return bytes;
}

static void rewrite(const w3d_bjson *file)
{
    w3d_sink_buffer stream = { NULL, 0, 0 };
    size_t first_size = 0, second_size = 0;
    w3d_bjson again;
    unsigned char *first = canonical(file, &stream, &first_size);
    if (w3d_bjson_read(stream.bytes, stream.size, &again, NULL) != W3D_OK) __builtin_trap();
    unsigned char *second = canonical(&again, NULL, &second_size);
    if (first_size != second_size || memcmp(first, second, first_size)) __builtin_trap();
    free(first);
    free(second);
    free(stream.bytes);
}

static void compare(const unsigned char *bytes, size_t size)
{
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, NULL };
    int whole = w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK;
    int parts = read_source(bytes, size, &error);
    if (whole != parts) __builtin_trap();
    if (!parts && (!error.code || !error.text || error.offset > size)) __builtin_trap();
    if (whole) rewrite(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)malloc(size ? size : 1);
    if (!bytes) return 0;
    if (size) memcpy(bytes, data, size);
    compare(bytes, size);
    if (size >= 64) { /* with a header that is believed */
        bytes[12] &= W3D_BJSON_STREAMED | W3D_BJSON_CANONICAL;
        if (bytes[12] & W3D_BJSON_STREAMED && size >= 128) {
            unsigned char head[64];
            size_t end = size - 64;
            memset(bytes + 16, 0, 44);
            w3d_store_u64(bytes + end + 16, size);
            memcpy(head, bytes, 16);
            memcpy(head + 16, bytes + end + 16, 44);
            w3d_store_u32(bytes + end + 60, w3d_crc32c(0, head, 60));
        } else {
            w3d_store_u64(bytes + 16, size);
        }
        w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
        compare(bytes, size);
    }
    free(bytes);
    return 0;
}
