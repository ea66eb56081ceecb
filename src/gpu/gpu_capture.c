/* gpu_capture.c - streams to a sink, block after block; and from a file to a device. */
#include "gpu/gpu_capture.h"
#include "core/bytes.h"
#include "gpu/gpu_recall.h"
#include "pack/crc32c.h"

enum { W3DI_GPU_CAPTURE_HEAD = 32, W3DI_GPU_CAPTURE_MAGIC = 0x454D5246 }; /* "FRME" */

static const uint8_t w3di_gpu_capture_sign[8] = { 0x89, 'W', '3', 'D', 'G', '\r', '\n', 0x1A };

/* ---- writing ---- */

/* One block out of pieces of words that share their blobs. */
static w3d_result w3di_gpu_capture_block(w3d_gpu *gpu, const w3d_gpu_stream *pieces, uint32_t count)
{
    static const uint8_t zeros[16] = { 0 };
    uint8_t head[W3DI_GPU_CAPTURE_HEAD];
    uint32_t words = 0, crc = 0, blobs = pieces[0].blob_size;
    for (uint32_t i = 0; i < count; i++) {
        words += pieces[i].word_count;
        if (pieces[i].word_count)
            crc = w3d_crc32c(crc, pieces[i].words, (size_t)pieces[i].word_count * 4);
    }
    w3d_store_u32(head, (uint32_t)W3DI_GPU_CAPTURE_MAGIC);
    w3d_store_u32(head + 4, gpu->capture_flags);
    w3d_store_u32(head + 8, words);
    w3d_store_u32(head + 12, blobs);
    w3d_store_u32(head + 16, crc);
    w3d_store_u32(head + 20, blobs ? w3d_crc32c(0, pieces[0].blobs, blobs) : 0);
    w3d_store_u32(head + 24, gpu->capture_blocks);
    w3d_store_u32(head + 28, w3d_crc32c(0, head, 28));
    w3d_result result = w3d_sink_write(&gpu->capture_sink, head, sizeof head);
    for (uint32_t i = 0; !result && i < count; i++)
        result =
            w3d_sink_write(&gpu->capture_sink, pieces[i].words, (size_t)pieces[i].word_count * 4);
    if (!result) result = w3d_sink_write(&gpu->capture_sink, zeros, (16 - words % 4 * 4) % 16);
    if (!result) result = w3d_sink_write(&gpu->capture_sink, pieces[0].blobs, blobs);
    if (!result) result = w3d_sink_write(&gpu->capture_sink, zeros, (16 - blobs % 16) % 16);
    gpu->capture_flags = 0;
    gpu->capture_blocks += !result;
    return result;
}

/* A frame, as w3d_gpu_submit is about to hand it over. The first refusal of the sink ends the
 * capture. */
static w3d_result w3di_gpu_capture_frame(w3d_gpu *gpu, const w3d_gpu_stream *pieces, uint32_t count)
{
    if (!gpu->capture_result) gpu->capture_result = w3di_gpu_capture_block(gpu, pieces, count);
    return gpu->capture_result;
}

/* The live resources as a stream after what is recorded, which is nothing. */
static w3d_result w3di_gpu_capture_live(w3d_gpu *gpu, const char *call)
{
    w3d_gpu_stream stream;
    uint32_t lost = gpu->lost_contents;
    w3d_result result = W3D_OK;
    int good = w3di_gpu_recall_all(gpu);
    gpu->lost_contents = lost;
    if (good && gpu->rows_told) {
        uint32_t size = gpu->rows_told * gpu->object_size, *w;
        good = w3di_gpu_reserve(gpu, 3 + 4, w3di_gpu_blob_bytes(size));
        if (good) {
            w = w3di_gpu_begin(gpu, W3D_GPU_OP_OBJECTS_CREATE, 3);
            w[1] = gpu->rows_told;
            w[2] = gpu->object_size;
            w = w3di_gpu_begin(gpu, W3D_GPU_OP_OBJECTS_WRITE, 4);
            w3di_gpu_blob(gpu, w + 2, gpu->rows, size);
        }
    }
    if (good) {
        stream.words = gpu->words;
        stream.word_count = gpu->word_count;
        stream.blobs = gpu->blobs;
        stream.blob_size = gpu->blob_size;
        result = w3di_gpu_capture_block(gpu, &stream, 1);
    }
    gpu->word_count = gpu->blob_size = 0;
    if (!good) return w3di_gpu_refuse_memory(gpu, call);
    return result ? w3di_gpu_refuse(gpu, result, call, "sink", w3d_result_text(result)) : W3D_OK;
}

/* Resources that refer to destroyed ones can't be told to the capture: the device forgets them too,
 * so that no later frame speaks of them. */
static w3d_result w3di_gpu_capture_clear(w3d_gpu *gpu, const char *call)
{
    w3d_gpu_stream stream;
    w3d_result result = W3D_OK;
    for (uint32_t told = 0; told < 2; told++) {
        for (uint32_t k = 0; k < sizeof w3di_gpu_recalled; k++)
            for (uint32_t kind = w3di_gpu_recalled[k], slot = 1; slot < gpu->slots[kind].count;
                 slot++) {
                w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
                if (!record->live || (record->failed & W3DI_GPU_ABSENT) ||
                    w3di_gpu_whole(gpu, record))
                    continue;
                if (told) {
                    record->failed |= W3DI_GPU_ABSENT;
                    continue;
                }
                if (!w3di_gpu_reserve(gpu, 3, 0)) {
                    gpu->word_count = 0;
                    return w3di_gpu_refuse_memory(gpu, call);
                }
                uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_DESTROY, 3);
                w[1] = kind;
                w[2] = w3di_gpu_id(record, slot);
            }
        if (told || !gpu->word_count) break;
        stream.words = gpu->words;
        stream.word_count = gpu->word_count;
        stream.blobs = NULL;
        stream.blob_size = 0;
        gpu->word_count = 0;
        if (w3di_gpu_known(gpu)) result = gpu->backend.table->submit(gpu->self, &stream);
        if (result) return w3di_gpu_refuse(gpu, result, call, "", w3d_result_text(result));
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_capture_begin(w3d_gpu *gpu, const w3d_sink *sink)
{
    static const char call[] = "w3d_gpu_capture_begin";
    uint8_t head[W3DI_GPU_CAPTURE_HEAD];
    if (!gpu || !sink || !sink->write) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->capture, W3D_ERR_ARGUMENT, "", "a capture runs already");
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "", "begins between frames: end the pass");
    W3DI_GPU_CHECK(!gpu->word_count, W3D_ERR_BUSY, "",
                   "what was recorded since the last submit has to be submitted first");
    w3d_result result = w3di_gpu_capture_clear(gpu, call);
    if (result) return result;
    gpu->capture_sink = *sink;
    gpu->capture_flags = 1;
    gpu->capture_blocks = 0;
    gpu->capture_result = W3D_OK;
    w3d_fill(head, 0, sizeof head);
    w3d_copy(head, w3di_gpu_capture_sign, 8);
    w3d_store_u32(head + 8, W3D_GPU_STREAM_VERSION);
    w3d_store_u32(head + 12, W3DI_GPU_CAPTURE_HEAD);
    w3d_store_u32(head + 16, gpu->desc.width);
    w3d_store_u32(head + 20, gpu->desc.width ? gpu->desc.height : 0);
    w3d_store_u32(head + 28, w3d_crc32c(0, head, 28));
    result = w3d_sink_write(sink, head, sizeof head);
    if (result) return w3di_gpu_refuse(gpu, result, call, "sink", w3d_result_text(result));
    result = w3di_gpu_capture_live(gpu, call);
    if (!result) gpu->capture = w3di_gpu_capture_frame;
    return result;
}

W3D_API w3d_result w3d_gpu_capture_end(w3d_gpu *gpu, uint32_t *blocks)
{
    static const char call[] = "w3d_gpu_capture_end";
    if (!gpu) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(gpu->capture, W3D_ERR_NOT_FOUND, "", "no capture runs");
    gpu->capture = NULL;
    if (blocks) *blocks = gpu->capture_blocks;
    return gpu->capture_result;
}

/* ---- playing ---- */

struct w3d_gpu_replay {
    w3d_gpu_replay_desc desc;
    void *self;
    size_t at;
    uint32_t count, next, ready; /* ready: 1 open, 2 lost or failed */
    uint32_t surface, width, height;
    uint32_t fresh; /* a new device was opened for the block that comes next */
    uint8_t *room;  /* for blocks that do not lie on 16 bytes */
    size_t room_size;
};

/* The block at `at`, checked but for its words' meaning; W3D_ERR_NOT_FOUND at the end, or a cut. */
static w3d_result w3di_gpu_replay_block(w3d_gpu_replay *r, size_t at, uint32_t number,
                                        w3d_gpu_stream *stream, uint32_t *flags, size_t *next,
                                        w3d_error *error)
{
    const uint8_t *bytes = (const uint8_t *)r->desc.bytes + at;
    size_t left = r->desc.size - at;
    if (left < W3DI_GPU_CAPTURE_HEAD) return W3D_ERR_NOT_FOUND;
    if (w3d_load_u32(bytes) != (uint32_t)W3DI_GPU_CAPTURE_MAGIC)
        return w3d_error_set(error, W3D_ERR_FORMAT, at, "no block begins here");
    if (w3d_crc32c(0, bytes, 28) != w3d_load_u32(bytes + 28))
        return w3d_error_set(error, W3D_ERR_CHECKSUM, at, "a block's head is damaged");
    *flags = w3d_load_u32(bytes + 4);
    stream->word_count = w3d_load_u32(bytes + 8);
    stream->blob_size = w3d_load_u32(bytes + 12);
    if (w3d_load_u32(bytes + 24) != number || *flags > 1 || (!number && !*flags))
        return w3d_error_set(error, W3D_ERR_FORMAT, at, "a block of another place, or its flags");
    uint64_t words = ((uint64_t)stream->word_count * 4 + 15) & ~(uint64_t)15,
             blobs = ((uint64_t)stream->blob_size + 15) & ~(uint64_t)15;
    if (words + blobs > left - W3DI_GPU_CAPTURE_HEAD) return W3D_ERR_NOT_FOUND;
    const uint8_t *body = bytes + W3DI_GPU_CAPTURE_HEAD;
    if (w3d_crc32c(0, body, (size_t)stream->word_count * 4) != w3d_load_u32(bytes + 16))
        return w3d_error_set(error, W3D_ERR_CHECKSUM, at + 32, "a block's words are damaged");
    if (w3d_crc32c(0, body + words, stream->blob_size) != w3d_load_u32(bytes + 20))
        return w3d_error_set(error, W3D_ERR_CHECKSUM, at + 32 + (size_t)words,
                             "a block's blobs are damaged");
    if ((uintptr_t)body % 16) {
        size_t size = (size_t)(words + blobs);
        if (size + 16 > r->room_size) {
            uint8_t *room = (uint8_t *)w3d_allocator_resize(&r->desc.allocator, r->room,
                                                            r->room_size, size + 16);
            if (!room) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, at, "out of memory");
            r->room = room;
            r->room_size = size + 16;
        }
        uint8_t *aligned = r->room + (16 - (uintptr_t)r->room % 16) % 16;
        w3d_copy(aligned, body, size);
        body = aligned;
    }
    stream->words = (const uint32_t *)(const void *)body;
    stream->blobs = body + words;
    *next = at + W3DI_GPU_CAPTURE_HEAD + (size_t)(words + blobs);
    return W3D_OK;
}

/* Every block passes; counts them. */
static w3d_result w3di_gpu_replay_check(w3d_gpu_replay *r, w3d_error *error)
{
    w3d_gpu_checker_desc desc;
    w3d_gpu_checker *checker;
    w3d_gpu_stream stream;
    uint32_t flags;
    size_t at = W3DI_GPU_CAPTURE_HEAD, next = at;
    w3d_error inner = { W3D_OK, 0, "" };
    desc.memory_limit = r->desc.memory_limit;
    desc.allocator = r->desc.allocator;
    w3d_result result = w3d_gpu_checker_create(&desc, &checker);
    if (result) return w3d_error_set(error, result, 0, "out of memory");
    while ((result = w3di_gpu_replay_block(r, at, r->count, &stream, &flags, &next, error)) ==
           W3D_OK) {
        if (flags & 1) w3d_gpu_checker_reset(checker);
        result = w3d_gpu_check(checker, &stream, &inner);
        if (result) {
            w3d_error_set(error, inner.code, at + W3DI_GPU_CAPTURE_HEAD + inner.offset, inner.text);
            break;
        }
        at = next;
        r->count++;
    }
    w3d_gpu_checker_destroy(checker);
    return result == W3D_ERR_NOT_FOUND ? W3D_OK : result;
}

W3D_API w3d_result w3d_gpu_replay_open(const w3d_gpu_replay_desc *desc, w3d_gpu_replay **replay,
                                       w3d_error *error)
{
    if (!desc || !replay || !desc->backend.table || (!desc->bytes && desc->size))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a field of desc is missing");
    const uint8_t *bytes = (const uint8_t *)desc->bytes;
    if (desc->size < W3DI_GPU_CAPTURE_HEAD)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, desc->size, "the file's header is cut");
    if (!w3d_equal(bytes, w3di_gpu_capture_sign, 8))
        return w3d_error_set(error, W3D_ERR_FORMAT, 0, "this is no capture");
    if (w3d_load_u32(bytes + 8) != W3D_GPU_STREAM_VERSION ||
        w3d_load_u32(bytes + 12) != W3DI_GPU_CAPTURE_HEAD)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 8, "a capture of another version");
    if (w3d_crc32c(0, bytes, 28) != w3d_load_u32(bytes + 28))
        return w3d_error_set(error, W3D_ERR_CHECKSUM, 28, "the file's header is damaged");
    w3d_gpu_replay *made =
        (w3d_gpu_replay *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *made);
    if (!made) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
    w3d_fill(made, 0, sizeof *made);
    made->desc = *desc;
    made->at = W3DI_GPU_CAPTURE_HEAD;
    if (!desc->memory_limit) made->desc.memory_limit = 1u << 30;
    w3d_result result = w3di_gpu_replay_check(made, error);
    if (!result) {
        result =
            desc->backend.table->open(desc->backend.config, &made->desc.allocator, &made->self);
        if (result) {
            made->self = NULL;
            w3d_error_set(error, result, 0, "the device could not be opened");
        }
    }
    if (result) {
        w3d_gpu_replay_close(made);
        return result;
    }
    *replay = made;
    return W3D_OK;
}

W3D_API uint32_t w3d_gpu_replay_count(const w3d_gpu_replay *replay)
{
    return replay ? replay->count : 0;
}

W3D_API void w3d_gpu_replay_poll(w3d_gpu_replay *replay)
{
    w3d_gpu_event event;
    if (!replay || !replay->self) return;
    w3d_fill(&event, 0, sizeof event);
    while (replay->desc.backend.table->poll(replay->self, &event)) {
        if (event.kind == W3D_GPU_EVENT_READY) replay->ready = 1;
        if (event.kind == W3D_GPU_EVENT_FAILED || event.kind == W3D_GPU_EVENT_LOST)
            replay->ready = 2;
        if (replay->desc.event) replay->desc.event(replay->desc.user, &event);
        w3d_fill(&event, 0, sizeof event);
    }
}

/* Notes the surface's size where a stream gives one. */
static void w3di_gpu_replay_surface(w3d_gpu_replay *replay, const w3d_gpu_stream *stream)
{
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8)
        if ((stream->words[at] & 255) == W3D_GPU_OP_SURFACE) {
            replay->surface = 1;
            replay->width = stream->words[at + 1];
            replay->height = stream->words[at + 2];
        }
}

static w3d_result w3di_gpu_replay_submit(w3d_gpu_replay *replay, const w3d_gpu_stream *stream)
{
    w3d_result result = replay->desc.backend.table->submit(replay->self, stream);
    if (result == W3D_ERR_BUSY) return result;
    if (result) replay->ready = 2;
    w3d_gpu_replay_poll(replay);
    return result;
}

W3D_API w3d_result w3d_gpu_replay_step(w3d_gpu_replay *replay)
{
    w3d_gpu_stream stream;
    uint32_t flags;
    size_t next;
    if (!replay) return W3D_ERR_ARGUMENT;
    if (replay->next == replay->count) return W3D_ERR_NOT_FOUND;
    w3d_result result =
        w3di_gpu_replay_block(replay, replay->at, replay->next, &stream, &flags, &next, NULL);
    if (result) return result; /* no memory; all else was checked */
    if ((flags & 1) && replay->next && !replay->fresh) {
        const w3d_gpu_table *table = replay->desc.backend.table;
        if (replay->self) table->close(replay->self);
        replay->self = NULL;
        replay->ready = replay->surface = 0;
        result = table->open(replay->desc.backend.config, &replay->desc.allocator, &replay->self);
        if (result) {
            replay->self = NULL;
            replay->ready = 2;
            return result;
        }
        replay->fresh = 1;
    }
    w3d_gpu_replay_poll(replay);
    if (replay->ready == 2) return W3D_ERR_CLOSED;
    if (!replay->ready) return W3D_ERR_BUSY;
    result = w3di_gpu_replay_submit(replay, &stream);
    if (result) return result;
    w3di_gpu_replay_surface(replay, &stream);
    replay->fresh = 0;
    replay->at = next;
    replay->next++;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_replay_read(w3d_gpu_replay *replay)
{
    uint32_t words[10];
    w3d_gpu_stream stream;
    if (!replay) return W3D_ERR_ARGUMENT;
    if (!replay->surface) return W3D_ERR_NOT_FOUND;
    if (replay->ready != 1) return replay->ready ? W3D_ERR_CLOSED : W3D_ERR_BUSY;
    w3d_fill(words, 0, sizeof words);
    words[0] = (uint32_t)W3D_GPU_OP_TEXTURE_READ | 10u << 8;
    words[6] = replay->width;
    words[7] = replay->height;
    words[8] = 0xFFFFFFFFu;
    words[9] = replay->width * replay->height * 4;
    stream.words = words;
    stream.word_count = 10;
    stream.blobs = NULL;
    stream.blob_size = 0;
    return w3di_gpu_replay_submit(replay, &stream);
}

W3D_API void w3d_gpu_replay_close(w3d_gpu_replay *replay)
{
    if (!replay) return;
    w3d_allocator allocator = replay->desc.allocator;
    if (replay->self) replay->desc.backend.table->close(replay->self);
    if (replay->room) w3d_allocator_resize(&allocator, replay->room, replay->room_size, 0);
    w3d_allocator_resize(&allocator, replay, sizeof *replay, 0);
}
