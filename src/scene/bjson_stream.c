/* bjson_stream.c - IDs through a buffer of one ID's properties to a sink; tables and END last.
 *
 * An ID is measured first, which checks everything about it, so that no error of a description
 * leaves half an ID in the sink. All memory is counted by one allocator in front of the caller's,
 * which is what keeps memory_limit. */
#include "scene/bjson_stream.h"

#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "pack/sha256.h"
#include "scene/bjson_payload.h"

#define W3DI_BJSON_STREAM_PIECE 65536u /* of an array of floats; a multiple of every element */

struct w3d_bjson_stream {
    w3d_bjson_stream_desc desc;
    w3d_allocator counting; /* counts, then asks desc.allocator */
    size_t held;
    int over_limit;    /* 1: memory_limit refused the last request */
    w3d_result failed; /* why the stream is dead */
    int ended, has_meta;
    uint64_t size; /* bytes the sink took */
    w3d_sha256_state hash;
    uint32_t crc;           /* of the payload under way */
    w3d_chunk_arena chunks; /* of keys and shapes */
    w3d_arena arena;        /* what is left of its last block */
    w3di_bjson_payload payload;
    unsigned char *refs;   /* 24 bytes a row; a version of 0: not filled */
    uint32_t row_limit;    /* rows there is room for */
    unsigned char *buffer; /* a chunk's head and payload without large arrays */
    size_t buffer_size;
    unsigned char *piece;
};

/* ---- memory ---- */

static void *w3di_bjson_stream_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    w3d_bjson_stream *s = (w3d_bjson_stream *)user;
    size_t limit = s->desc.memory_limit;
    if (limit && new_size > old_size && new_size - old_size > limit - s->held) {
        s->over_limit = 1;
        return NULL;
    }
    void *result = w3d_allocator_resize(&s->desc.allocator, block, old_size, new_size);
    if (result || !new_size) s->held = s->held - old_size + new_size;
    return result;
}

static w3d_result w3di_bjson_stream_no_memory(const w3d_bjson_stream *s, w3d_error *error)
{
    if (s->over_limit)
        return w3d_error_set(error, W3D_ERR_LIMIT, W3D_BJSON_NONE,
                             "the stream needs more than its memory limit");
    return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, W3D_BJSON_NONE, "no memory for the stream");
}

/* Another block for keys and shapes. */
static int w3di_bjson_stream_grow(void *user, size_t size)
{
    w3d_bjson_stream *s = (w3d_bjson_stream *)user;
    size_t wanted = size < 4096 ? 4096 : size;
    void *block = w3d_chunk_arena_push(&s->chunks, wanted, 1, 0);
    if (!block) return 0;
    s->arena = w3d_arena_make(block, wanted);
    return 1;
}

/* Room for `count` rows in all. */
static w3d_result w3di_bjson_stream_rows(w3d_bjson_stream *s, uint32_t count, w3d_error *error)
{
    w3di_bjson_payload *p = &s->payload;
    uint32_t old = s->row_limit, limit = old < 64 ? 64 : old + old / 2;
    size_t bytes;
    if (count <= old) return W3D_OK;
    if (limit < count) limit = count;
    if (!w3d_size_multiply(limit, W3D_BJSON_ROW_SIZE, &bytes))
        return w3di_bjson_stream_no_memory(s, error);
    void *blocks[3];
    size_t sizes[3] = { W3D_BJSON_ROW_SIZE, 4, 4 };
    blocks[0] = s->refs;
    blocks[1] = p->slot_of_row;
    blocks[2] = p->row_of_slot;
    s->over_limit = 0;
    for (int i = 0; i < 3; i++) {
        void *grown = w3d_allocator_resize(&s->counting, NULL, 0, limit * sizes[i]);
        if (!grown) {
            while (i-- > 0) w3d_allocator_resize(&s->counting, blocks[i], limit * sizes[i], 0);
            return w3di_bjson_stream_no_memory(s, error);
        }
        if (old) w3d_copy(grown, blocks[i], old * sizes[i]);
        blocks[i] = grown;
    }
    if (old) {
        w3d_allocator_resize(&s->counting, s->refs, old * sizes[0], 0);
        w3d_allocator_resize(&s->counting, p->slot_of_row, old * sizes[1], 0);
        w3d_allocator_resize(&s->counting, p->row_of_slot, old * sizes[2], 0);
    }
    s->refs = (unsigned char *)blocks[0];
    p->slot_of_row = (uint32_t *)blocks[1];
    p->row_of_slot = (uint32_t *)blocks[2];
    w3d_fill(p->slot_of_row + old, 0xFF, (size_t)(limit - old) * 4);
    s->row_limit = limit;
    return W3D_OK;
}

/* A buffer of at least `size` bytes; what it held may be gone. */
static w3d_result w3di_bjson_stream_buffer(w3d_bjson_stream *s, uint64_t size, w3d_error *error)
{
    if (size <= s->buffer_size) return W3D_OK;
    s->over_limit = 0;
    if (size > SIZE_MAX / 4) return w3di_bjson_stream_no_memory(s, error);
    size_t wanted = (size_t)size + (size_t)size / 4;
    w3d_allocator_resize(&s->counting, s->buffer, s->buffer_size, 0);
    s->buffer_size = 0;
    s->buffer = (unsigned char *)w3d_allocator_resize(&s->counting, NULL, 0, wanted);
    if (!s->buffer) return w3di_bjson_stream_no_memory(s, error);
    s->buffer_size = wanted;
    return W3D_OK;
}

/* Room for `count` large arrays of one ID. */
static w3d_result w3di_bjson_stream_pending(w3d_bjson_stream *s, uint32_t count, w3d_error *error)
{
    w3di_bjson_payload *p = &s->payload;
    size_t size, old = p->pending_limit * sizeof *p->pending;
    uint32_t limit = count < UINT32_MAX / 2 ? count + count / 2 : count;
    if (count <= p->pending_limit) return W3D_OK;
    s->over_limit = 0;
    if (!w3d_size_multiply(limit, sizeof *p->pending, &size))
        return w3di_bjson_stream_no_memory(s, error);
    void *grown = w3d_allocator_resize(&s->counting, (void *)p->pending, old, size);
    if (!grown) return w3di_bjson_stream_no_memory(s, error);
    p->pending = (const w3d_bjson_value **)grown;
    p->pending_limit = limit;
    return W3D_OK;
}

/* ---- bytes ---- */

static w3d_result w3di_bjson_stream_dead(const w3d_bjson_stream *s, w3d_error *error)
{
    return w3d_error_set(error, s->failed, s->size, "the stream's sink, or its elements, failed");
}

/* What every call asks first. */
static w3d_result w3di_bjson_stream_ready(const w3d_bjson_stream *s, w3d_error *error)
{
    if (!s) return w3d_error_set(error, W3D_ERR_ARGUMENT, W3D_BJSON_NONE, "no stream");
    if (s->failed != W3D_OK) return w3di_bjson_stream_dead(s, error);
    if (s->ended) return w3d_error_set(error, W3D_ERR_CLOSED, W3D_BJSON_NONE, "the file has ended");
    return W3D_OK;
}

/* Hands bytes on, without hashing them. */
static w3d_result w3di_bjson_stream_send(w3d_bjson_stream *s, const void *bytes, size_t size,
                                         w3d_error *error)
{
    w3d_result result = w3d_sink_write(&s->desc.sink, bytes, size);
    if (result != W3D_OK) {
        s->failed = result;
        return w3di_bjson_stream_dead(s, error);
    }
    s->size += size;
    return W3D_OK;
}

static w3d_result w3di_bjson_stream_put(w3d_bjson_stream *s, const void *bytes, size_t size,
                                        w3d_error *error)
{
    if (s->desc.hash) w3d_sha256_add(&s->hash, bytes, size);
    return w3di_bjson_stream_send(s, bytes, size, error);
}

/* The same for bytes of an ID's payload. */
static w3d_result w3di_bjson_stream_put_payload(w3d_bjson_stream *s, const void *bytes, size_t size,
                                                w3d_error *error)
{
    if (s->desc.crc) s->crc = w3d_crc32c(s->crc, bytes, size);
    return w3di_bjson_stream_put(s, bytes, size, error);
}

static w3d_result w3di_bjson_stream_zeros(w3d_bjson_stream *s, uint64_t from, w3d_error *error)
{
    static const unsigned char zeros[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    return w3di_bjson_stream_put(s, zeros, (size_t)(w3di_bjson_payload_align(from, 16) - from),
                                 error);
}

/* A chunk whose payload is in one piece. */
static w3d_result w3di_bjson_stream_put_chunk(w3d_bjson_stream *s, uint32_t kind,
                                              const void *payload, size_t size, w3d_error *error)
{
    unsigned char head[W3D_BJSON_CHUNK_SIZE];
    w3di_bjson_payload_chunk_head(head, kind, s->desc.crc ? w3d_crc32c(0, payload, size) : 0, size);
    w3d_result result = w3di_bjson_stream_put(s, head, sizeof head, error);
    if (result == W3D_OK) result = w3di_bjson_stream_put(s, payload, size, error);
    return result == W3D_OK ? w3di_bjson_stream_zeros(s, size, error) : result;
}

/* ---- IDs ---- */

/* One piece of a large array, as it shall stand in the file; NULL: `elements` failed. */
static const unsigned char *w3di_bjson_stream_piece(w3d_bjson_stream *s,
                                                    const w3d_bjson_value *value, uint64_t offset,
                                                    size_t size)
{
    const unsigned char *src = (const unsigned char *)value->data;
    w3d_bjson_value part = *value;
    if (src) {
        src += (size_t)offset;
        if (value->subtype != W3D_BJSON_SUB_REFERENCE &&
            !w3di_bjson_copy_has_nan(src, value->subtype, size))
            return src;
        part.data = src;
        w3di_bjson_payload_elements(&s->payload, s->piece, &part, size);
        return s->piece;
    }
    s->failed = s->desc.elements(s->desc.user, value, offset, s->piece, size);
    if (s->failed != W3D_OK) return NULL;
    if (w3di_bjson_copy_has_nan(s->piece, value->subtype, size))
        w3di_bjson_copy(s->piece, s->piece, value->subtype, size);
    return s->piece;
}

static w3d_result w3di_bjson_stream_large(w3d_bjson_stream *s, w3d_error *error)
{
    static const unsigned char zeros[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    const w3di_bjson_payload *p = &s->payload;
    uint64_t end = p->front;
    for (uint32_t i = 0; i < p->pending_count; i++) {
        const w3d_bjson_value *value = p->pending[i];
        uint64_t size = w3di_bjson_payload_large_size(value), done = 0;
        size_t gap = (size_t)(w3di_bjson_payload_align(end, 16) - end), most = SIZE_MAX;
        w3d_result result = w3di_bjson_stream_put_payload(s, zeros, gap, error);
        if (result != W3D_OK) return result;
        if (!value->data || value->subtype == W3D_BJSON_SUB_REFERENCE ||
            w3di_bjson_copy_is_float(value->subtype))
            most = W3DI_BJSON_STREAM_PIECE;
        for (size_t step; done < size; done += step) {
            step = size - done < most ? (size_t)(size - done) : most;
            const unsigned char *bytes = w3di_bjson_stream_piece(s, value, done, step);
            if (!bytes) return w3di_bjson_stream_dead(s, error);
            result = w3di_bjson_stream_put_payload(s, bytes, step, error);
            if (result != W3D_OK) return result;
        }
        end += gap + size;
    }
    return W3D_OK;
}

/* Measures an ID and stores its properties in the buffer, behind room for the chunk's head. */
static w3d_result w3di_bjson_stream_prepare(w3d_bjson_stream *s, const w3d_bjson_write_id *id,
                                            uint64_t *length, w3d_error *error)
{
    w3di_bjson_payload *p = &s->payload;
    p->dst = NULL;
    s->over_limit = 0;
    w3d_result result = w3di_bjson_payload_id(p, id, length);
    if (result == W3D_ERR_OUT_OF_MEMORY) return w3di_bjson_stream_no_memory(s, error);
    if (result != W3D_OK) return result;
    result = w3di_bjson_stream_pending(s, p->pending_count, error);
    if (result == W3D_OK)
        result = w3di_bjson_stream_buffer(s, W3D_BJSON_CHUNK_SIZE + p->front, error);
    if (result == W3D_OK && p->large && !s->piece) {
        s->over_limit = 0;
        s->piece =
            (unsigned char *)w3d_allocator_resize(&s->counting, NULL, 0, W3DI_BJSON_STREAM_PIECE);
        if (!s->piece) result = w3di_bjson_stream_no_memory(s, error);
    }
    if (result != W3D_OK) return result;
    p->dst = s->buffer + W3D_BJSON_CHUNK_SIZE;
    p->room = p->front;
    return w3di_bjson_payload_id(p, id, length);
}

/* Writes an ID to a row that is there and not filled. */
static w3d_result w3di_bjson_stream_write(w3d_bjson_stream *s, uint32_t row,
                                          const w3d_bjson_write_id *id, w3d_error *error)
{
    w3di_bjson_payload *p = &s->payload;
    unsigned char *entry = s->refs + (size_t)row * W3D_BJSON_ROW_SIZE;
    uint64_t length = 0, chunk = s->size;
    if (w3di_bjson_payload_is_row(id)) {
        w3di_bjson_payload_row(entry, 0, 0, id);
        return W3D_OK;
    }
    p->row = row;
    p->error = error;
    w3d_result result = w3di_bjson_stream_prepare(s, id, &length, error);
    p->error = NULL;
    p->dst = NULL;
    if (result != W3D_OK) return result;
    w3di_bjson_payload_chunk_head(s->buffer, W3D_BJSON_CHUNK_ID, 0, length);
    s->crc = 0;
    result = w3di_bjson_stream_put(s, s->buffer, W3D_BJSON_CHUNK_SIZE, error);
    if (result == W3D_OK)
        result = w3di_bjson_stream_put_payload(s, s->buffer + W3D_BJSON_CHUNK_SIZE,
                                               (size_t)p->front, error);
    if (result == W3D_OK) result = w3di_bjson_stream_large(s, error);
    if (result == W3D_OK) result = w3di_bjson_stream_zeros(s, length, error);
    if (result == W3D_OK) w3di_bjson_payload_row(entry, chunk, s->crc, id);
    return result;
}

/* Adds rows that are not filled. */
static w3d_result w3di_bjson_stream_add_rows(w3d_bjson_stream *s, uint32_t count, w3d_error *error)
{
    uint32_t first = s->payload.row_count;
    if (count >= W3D_BJSON_NONE - first)
        return w3d_error_set(error, W3D_ERR_LIMIT, W3D_BJSON_NONE,
                             "more rows than a file can have");
    w3d_result result = w3di_bjson_stream_rows(s, first + count, error);
    if (result != W3D_OK) return result;
    w3d_fill(s->refs + (size_t)first * W3D_BJSON_ROW_SIZE, 0, (size_t)count * W3D_BJSON_ROW_SIZE);
    s->payload.row_count += count;
    return W3D_OK;
}

/* ---- the interface ---- */

W3D_API w3d_result w3d_bjson_stream_create(const w3d_bjson_stream_desc *desc,
                                           w3d_bjson_stream **stream, w3d_error *error)
{
    if (!desc || !desc->sink.write || !stream)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, W3D_BJSON_NONE, "no description or no sink");
    if (desc->memory_limit && desc->memory_limit < sizeof(w3d_bjson_stream))
        return w3d_error_set(error, W3D_ERR_LIMIT, W3D_BJSON_NONE, "the memory limit is too small");
    w3d_bjson_stream *s =
        (w3d_bjson_stream *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *s);
    if (!s)
        return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, W3D_BJSON_NONE,
                             "no memory for the stream");
    w3d_fill(s, 0, sizeof *s);
    s->desc = *desc;
    s->held = sizeof *s;
    s->counting.resize = w3di_bjson_stream_resize;
    s->counting.user = s;
    w3d_chunk_arena_desc chunks;
    w3d_fill(&chunks, 0, sizeof chunks);
    chunks.allocator = s->counting;
    chunks.flags = W3D_CHUNK_ARENA_SOFT_FAIL;
    w3d_chunk_arena_create(&s->chunks, &chunks);
    s->payload.shapes.arena = &s->arena;
    s->payload.shapes.grow = w3di_bjson_stream_grow;
    s->payload.shapes.user = s;
    s->payload.shapes.by_text = 1;
    s->payload.absent = desc->elements != NULL;
    w3d_sha256_begin(&s->hash);

    unsigned char header[W3D_BJSON_HEADER_SIZE];
    w3di_bjson_header file;
    w3d_fill(&file, 0, sizeof file);
    file.flags = (uint32_t)(W3D_BJSON_STREAMED | (desc->crc ? W3D_BJSON_CRC : 0));
    w3di_bjson_header_write(header, &file);
    w3d_result result = w3di_bjson_stream_put(s, header, sizeof header, error);
    if (result != W3D_OK) {
        w3d_bjson_stream_destroy(s);
        return result;
    }
    *stream = s;
    return W3D_OK;
}

W3D_API void w3d_bjson_stream_destroy(w3d_bjson_stream *stream)
{
    if (!stream) return;
    w3d_bjson_stream *s = stream;
    w3di_bjson_payload *p = &s->payload;
    w3d_allocator allocator = s->desc.allocator;
    w3d_chunk_arena_destroy(&s->chunks);
    w3d_allocator_resize(&s->counting, s->refs, (size_t)s->row_limit * W3D_BJSON_ROW_SIZE, 0);
    w3d_allocator_resize(&s->counting, p->slot_of_row, (size_t)s->row_limit * 4, 0);
    w3d_allocator_resize(&s->counting, p->row_of_slot, (size_t)s->row_limit * 4, 0);
    w3d_allocator_resize(&s->counting, (void *)p->pending, p->pending_limit * sizeof *p->pending,
                         0);
    w3d_allocator_resize(&s->counting, s->buffer, s->buffer_size, 0);
    w3d_allocator_resize(&s->counting, s->piece, s->piece ? W3DI_BJSON_STREAM_PIECE : 0, 0);
    w3d_allocator_resize(&allocator, s, sizeof *s, 0);
}

W3D_API w3d_result w3d_bjson_stream_reserve(w3d_bjson_stream *stream, uint32_t count,
                                            uint32_t *first)
{
    w3d_result result = w3di_bjson_stream_ready(stream, NULL);
    if (result != W3D_OK) return result;
    uint32_t row = stream->payload.row_count;
    result = w3di_bjson_stream_add_rows(stream, count, NULL);
    if (result == W3D_OK && first) *first = row;
    return result;
}

W3D_API w3d_result w3d_bjson_stream_add(w3d_bjson_stream *stream, const w3d_bjson_write_id *id,
                                        uint32_t *row, w3d_error *error)
{
    w3d_result result = w3di_bjson_stream_ready(stream, error);
    if (result != W3D_OK) return result;
    if (!id) return w3d_error_set(error, W3D_ERR_ARGUMENT, W3D_BJSON_NONE, "no ID");
    uint32_t made = stream->payload.row_count;
    result = w3di_bjson_stream_add_rows(stream, 1, error);
    if (result != W3D_OK) return result;
    result = w3di_bjson_stream_write(stream, made, id, error);
    if (result != W3D_OK)
        stream->payload.row_count = made;
    else if (row)
        *row = made;
    return result;
}

W3D_API w3d_result w3d_bjson_stream_fill(w3d_bjson_stream *stream, uint32_t row,
                                         const w3d_bjson_write_id *id, w3d_error *error)
{
    w3d_result result = w3di_bjson_stream_ready(stream, error);
    if (result != W3D_OK) return result;
    if (row >= stream->payload.row_count)
        return w3d_error_set(error, W3D_ERR_INDEX, row, "a row that was not reserved");
    if (!id || w3d_load_u16(stream->refs + (size_t)row * W3D_BJSON_ROW_SIZE + 22))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, row, "no ID, or a row that is filled");
    return w3di_bjson_stream_write(stream, row, id, error);
}

W3D_API w3d_result w3d_bjson_stream_meta(w3d_bjson_stream *stream, const w3d_bjson_value *values,
                                         uint32_t count, w3d_error *error)
{
    w3d_bjson_stream *s = stream;
    uint64_t length = 0;
    w3d_result result = w3di_bjson_stream_ready(s, error);
    if (result != W3D_OK) return result;
    if (s->has_meta)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, W3D_BJSON_NONE, "a second meta chunk");
    w3di_bjson_payload *p = &s->payload;
    p->error = error;
    p->dst = NULL;
    s->over_limit = 0;
    result = w3di_bjson_payload_meta(p, values, count, &length);
    if (result == W3D_ERR_OUT_OF_MEMORY) result = w3di_bjson_stream_no_memory(s, error);
    if (result == W3D_OK) result = w3di_bjson_stream_buffer(s, length, error);
    if (result == W3D_OK) {
        p->dst = s->buffer;
        p->room = length;
        result = w3di_bjson_payload_meta(p, values, count, &length);
    }
    p->error = NULL;
    p->dst = NULL;
    if (result != W3D_OK) return result;
    s->has_meta = 1;
    return w3di_bjson_stream_put_chunk(s, W3D_BJSON_CHUNK_META, s->buffer, (size_t)length, error);
}

W3D_API w3d_result w3d_bjson_stream_chunk(w3d_bjson_stream *stream, const w3d_bjson_chunk *chunk,
                                          w3d_error *error)
{
    w3d_result result = w3di_bjson_stream_ready(stream, error);
    if (result != W3D_OK) return result;
    if (!chunk || !w3di_bjson_payload_is_own_kind(chunk->kind) || (chunk->size && !chunk->data))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, W3D_BJSON_NONE,
                             "a chunk's kind is not the program's to write, or it has no data");
    return w3di_bjson_stream_put_chunk(stream, chunk->kind, chunk->data, chunk->size, error);
}

/* Hash, signatures and END, whose bytes are known before those of the two others. */
static w3d_result w3di_bjson_stream_finish(w3d_bjson_stream *s, w3di_bjson_header *file,
                                           w3d_error *error)
{
    unsigned char header[W3D_BJSON_HEADER_SIZE], end[W3D_BJSON_CHUNK_SIZE + W3D_BJSON_END_SIZE];
    unsigned char seal[W3D_BJSON_CHUNK_SIZE + W3D_BJSON_HASH_SIZE];
    file->size = s->size + (s->desc.hash ? sizeof seal : 0) +
                 (uint64_t)s->desc.sign_count * sizeof seal + sizeof end;
    w3di_bjson_header_write(header, file);
    w3di_bjson_payload_chunk_head(end, W3D_BJSON_CHUNK_END, 0, W3D_BJSON_END_SIZE);
    w3d_copy(end + W3D_BJSON_CHUNK_SIZE, header + 16, W3D_BJSON_END_SIZE);
    w3d_sha256_add(&s->hash, end, sizeof end);
    w3d_result result = W3D_OK;
    for (uint32_t i = s->desc.hash ? 0 : 1; i <= s->desc.sign_count && result == W3D_OK; i++) {
        w3di_bjson_payload_seal(seal + W3D_BJSON_CHUNK_SIZE);
        if (i == 0) w3d_sha256_end(&s->hash, seal + W3D_BJSON_CHUNK_SIZE + 16);
        w3di_bjson_payload_end_chunk(seal, i ? W3D_BJSON_CHUNK_SIGN : W3D_BJSON_CHUNK_HASH,
                                     W3D_BJSON_HASH_SIZE, s->desc.crc);
        result = w3di_bjson_stream_send(s, seal, sizeof seal, error);
    }
    return result == W3D_OK ? w3di_bjson_stream_send(s, end, sizeof end, error) : result;
}

W3D_API w3d_result w3d_bjson_stream_end(w3d_bjson_stream *stream, w3d_error *error)
{
    w3d_bjson_stream *s = stream;
    w3d_result result = w3di_bjson_stream_ready(s, error);
    if (result != W3D_OK) return result;
    const w3di_bjson_payload *p = &s->payload;
    const w3di_bjson_shapes *shapes = &p->shapes;
    for (uint32_t row = 0; row < p->row_count; row++)
        if (!w3d_load_u16(s->refs + (size_t)row * W3D_BJSON_ROW_SIZE + 22))
            return w3d_error_set(error, W3D_ERR_NOT_FOUND, row, "a reserved row was never filled");
    s->over_limit = 0;
    if (w3di_bjson_shapes_place_keys(&s->payload.shapes) != W3D_OK)
        return w3di_bjson_stream_no_memory(s, error);
    uint64_t keys_size = shapes->keys_size, shapes_size = w3di_bjson_shapes_size(shapes);
    result = w3di_bjson_stream_buffer(s, keys_size > shapes_size ? keys_size : shapes_size, error);
    if (result != W3D_OK) return result;

    w3di_bjson_header file;
    file.flags = (uint32_t)(W3D_BJSON_STREAMED | (s->desc.crc ? W3D_BJSON_CRC : 0));
    file.id_count = p->row_count;
    file.key_count = shapes->keys.count;
    file.shape_count = shapes->shapes.count;
    file.keys = s->size;
    w3di_bjson_shapes_write_keys(shapes, s->buffer);
    result =
        w3di_bjson_stream_put_chunk(s, W3D_BJSON_CHUNK_KEYS, s->buffer, (size_t)keys_size, error);
    file.shapes = s->size;
    if (result != W3D_OK) return result;
    w3di_bjson_shapes_write(shapes, s->buffer);
    result =
        w3di_bjson_stream_put_chunk(s, W3D_BJSON_CHUNK_SHAP, s->buffer, (size_t)shapes_size, error);
    file.refs = s->size;
    if (result == W3D_OK)
        result = w3di_bjson_stream_put_chunk(s, W3D_BJSON_CHUNK_REFS, s->refs,
                                             (size_t)p->row_count * W3D_BJSON_ROW_SIZE, error);
    if (result == W3D_OK) result = w3di_bjson_stream_finish(s, &file, error);
    if (result == W3D_OK) s->ended = 1;
    return result;
}

W3D_API uint64_t w3d_bjson_stream_size(const w3d_bjson_stream *stream)
{
    return stream ? stream->size : 0;
}

#undef W3DI_BJSON_STREAM_PIECE
