/* gpu.c - a device's life: opening, frames, results that come later, and moving to another device.
 * */
#include "gpu/gpu.h"
#include "gpu/gpu_recall.h"

/* ---- opening and closing ---- */

static void w3di_gpu_release(w3d_gpu *gpu)
{
    w3d_allocator allocator = gpu->allocator;
    for (uint32_t kind = 1; kind < W3D_GPU_KIND_COUNT; kind++) {
        w3di_gpu_slots *slots = &gpu->slots[kind];
        for (uint32_t slot = 1; slot < slots->count; slot++)
            if (w3di_gpu_slot(gpu, kind, slot)->live) w3di_gpu_slot_free(gpu, kind, slot);
        w3di_gpu_free(gpu, slots->records, (size_t)slots->room * slots->record_size);
    }
    w3di_gpu_free(gpu, gpu->words, (size_t)gpu->word_room * 4);
    w3di_gpu_free(gpu, gpu->blobs, gpu->blob_room);
    w3di_gpu_free(gpu, gpu->rows, (size_t)gpu->row_room * gpu->object_size);
    w3di_gpu_free(gpu, gpu->dirty, gpu->row_room / 8);
    w3di_gpu_free(gpu, gpu->pass.packets,
                  (size_t)gpu->pass.packet_room * sizeof *gpu->pass.packets);
    w3di_gpu_free(gpu, gpu->pass.keys, gpu->pass.key_size);
    w3di_gpu_free(gpu, gpu->pass.order, (size_t)gpu->pass.key_room * 2 * sizeof *gpu->pass.order);
    w3di_gpu_free(gpu, gpu->results, (size_t)gpu->result_room * sizeof *gpu->results);
    w3d_allocator_resize(&allocator, gpu, sizeof *gpu, 0);
}

W3D_API w3d_result w3d_gpu_create(const w3d_gpu_desc *desc, w3d_gpu **gpu)
{
    static const uint32_t sizes[W3D_GPU_KIND_COUNT] = {
        sizeof(w3di_gpu_record),  sizeof(w3di_gpu_buffer), sizeof(w3di_gpu_texture),
        sizeof(w3di_gpu_sampler), sizeof(w3di_gpu_shader), sizeof(w3di_gpu_pipeline),
        sizeof(w3di_gpu_group),   sizeof(w3di_gpu_mesh),   sizeof(w3di_gpu_object),
        sizeof(w3di_gpu_download)
    };
    if (!desc || !gpu || !desc->backend.table) return W3D_ERR_ARGUMENT;
    if (desc->width > W3D_GPU_MAX_SIDE || desc->height > W3D_GPU_MAX_SIDE ||
        (desc->samples > 1 && desc->samples != 4) || desc->object_size % 16 ||
        desc->object_size > 4096 || desc->max_objects > 1u << 20)
        return W3D_ERR_ARGUMENT;
    if ((uint32_t)desc->surface_depth >= W3D_GPU_FORMAT_COUNT ||
        (desc->surface_depth && !w3di_gpu_format_of((uint32_t)desc->surface_depth)->depth))
        return W3D_ERR_ARGUMENT;
    w3d_gpu *made = (w3d_gpu *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *made);
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made, 0, sizeof *made);
    made->allocator = desc->allocator;
    made->backend = desc->backend;
    made->desc = *desc;
    if (!desc->height) made->desc.width = 0;
    if (!desc->samples) made->desc.samples = 1;
    if (!desc->surface_depth) made->desc.surface_depth = W3D_GPU_DEPTH24;
    if (!desc->max_objects) made->desc.max_objects = 65536;
    made->object_size = desc->object_size ? desc->object_size : 128;
    for (uint32_t kind = 0; kind < W3D_GPU_KIND_COUNT; kind++)
        made->slots[kind].record_size = sizes[kind];
    w3d_result result =
        made->backend.table->open(made->backend.config, &made->allocator, &made->self);
    if (result) {
        w3di_gpu_release(made);
        return result;
    }
    made->pass.gpu = made;
    *gpu = made;
    w3d_gpu_poll(made);
    return W3D_OK;
}

W3D_API void w3d_gpu_destroy(w3d_gpu *gpu)
{
    if (!gpu) return;
    if (gpu->self) gpu->backend.table->close(gpu->self);
    w3di_gpu_release(gpu);
}

W3D_API const w3d_gpu_caps *w3d_gpu_get_caps(const w3d_gpu *gpu) { return &gpu->caps; }
W3D_API const w3d_gpu_counters *w3d_gpu_get_counters(const w3d_gpu *gpu) { return &gpu->counters; }
W3D_API const char *w3d_gpu_message(const w3d_gpu *gpu) { return gpu ? gpu->message : ""; }

/* A new size counts from here on. */
static void w3di_gpu_resized(w3d_gpu *gpu)
{
    if (!gpu->next_width) return;
    gpu->desc.width = gpu->next_width;
    gpu->desc.height = gpu->next_height;
    gpu->next_width = gpu->next_height = 0;
}

W3D_API w3d_result w3d_gpu_resize(w3d_gpu *gpu, uint32_t width, uint32_t height)
{
    static const char call[] = "w3d_gpu_resize";
    if (!gpu) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "width, height", "change between passes");
    W3DI_GPU_CHECK(width && height && width <= W3D_GPU_MAX_SIDE && height <= W3D_GPU_MAX_SIDE,
                   W3D_ERR_RANGE, "width, height", "are 1 to 16384");
    gpu->next_width = width;
    gpu->next_height = height;
    if (!gpu->surface_used) w3di_gpu_resized(gpu);
    return W3D_OK;
}

/* ---- events ---- */

/* Downloads that were asked for and can come no more. */
static void w3di_gpu_downloads_fail(w3d_gpu *gpu)
{
    for (uint32_t slot = 1; slot < gpu->slots[W3D_GPU_KIND_DOWNLOAD].count; slot++) {
        w3di_gpu_download *download =
            (w3di_gpu_download *)(void *)w3di_gpu_slot(gpu, W3D_GPU_KIND_DOWNLOAD, slot);
        if (download->record.live && !download->done) download->done = 2;
    }
}

static void w3di_gpu_lose(w3d_gpu *gpu, w3d_gpu_status status)
{
    gpu->status = status;
    w3di_gpu_downloads_fail(gpu);
}

static void w3di_gpu_result_set(w3d_gpu *gpu, uint32_t id, uint32_t kind, uint64_t value)
{
    void *results = gpu->results;
    for (uint32_t i = 0; i < gpu->result_count; i++)
        if (gpu->results[i].id == id && gpu->results[i].kind == kind) {
            gpu->results[i].value = value;
            return;
        }
    if (gpu->result_count >= 4096 ||
        !w3di_gpu_room(gpu, &results, &gpu->result_room, (uint64_t)gpu->result_count + 1,
                       sizeof *gpu->results))
        return;
    gpu->results = (w3di_gpu_result *)results;
    gpu->results[gpu->result_count].id = id;
    gpu->results[gpu->result_count].kind = kind;
    gpu->results[gpu->result_count++].value = value;
}

static void w3di_gpu_say_event(w3d_gpu *gpu, const char *what, const w3d_gpu_event *event)
{
    size_t size = 0;
    char text[400];
    uint32_t count =
        event->text_size < sizeof text - 1 ? event->text_size : (uint32_t)sizeof text - 1;
    if (count) w3d_copy(text, event->text, count);
    text[count] = 0;
    w3di_gpu_put(gpu, &size, what);
    if (event->handle) w3di_gpu_put_handle(gpu, &size, event->handle);
    w3di_gpu_put(gpu, &size, ": ");
    w3di_gpu_put(gpu, &size, text);
    if (gpu->desc.message) gpu->desc.message(gpu->desc.user, W3D_ERR_UNSUPPORTED, gpu->message);
}

W3D_API w3d_gpu_status w3d_gpu_poll(w3d_gpu *gpu)
{
    w3d_gpu_event event;
    if (!gpu) return W3D_GPU_FAILED;
    w3d_fill(&event, 0, sizeof event);
    while (gpu->self && gpu->backend.table->poll(gpu->self, &event)) {
        w3di_gpu_record *record;
        switch ((w3d_gpu_event_kind)event.kind) {
        case W3D_GPU_EVENT_READY:
            gpu->status = W3D_GPU_RUNNING;
            gpu->backend.table->caps(gpu->self, &gpu->caps);
            break;
        case W3D_GPU_EVENT_FAILED:
            w3di_gpu_lose(gpu, W3D_GPU_FAILED);
            w3di_gpu_say_event(gpu, "the device could not be opened", &event);
            break;
        case W3D_GPU_EVENT_LOST:
            w3di_gpu_lose(gpu, W3D_GPU_LOST);
            w3di_gpu_say_event(gpu, "the device was lost", &event);
            break;
        case W3D_GPU_EVENT_PIPELINE:
            if ((record = w3di_gpu_find(gpu, W3D_GPU_KIND_PIPELINE, event.handle)) != NULL)
                ((w3di_gpu_pipeline *)(void *)record)->ready = 1;
            break;
        case W3D_GPU_EVENT_REFUSED:
            for (uint32_t kind = 1; kind < W3D_GPU_KIND_COUNT; kind++)
                if (event.value == kind &&
                    (record = w3di_gpu_find(gpu, kind, event.handle)) != NULL)
                    record->failed |= W3DI_GPU_REFUSED;
            if (event.value == W3D_GPU_KIND_DOWNLOAD &&
                (record = w3di_gpu_find(gpu, W3D_GPU_KIND_DOWNLOAD, event.handle)) != NULL)
                ((w3di_gpu_download *)(void *)record)->done = 2;
            w3di_gpu_say_event(gpu, "the device refuses ", &event);
            break;
        case W3D_GPU_EVENT_DOWNLOAD:
            if ((record = w3di_gpu_find(gpu, W3D_GPU_KIND_DOWNLOAD, event.handle)) != NULL) {
                w3di_gpu_download *download = (w3di_gpu_download *)(void *)record;
                int whole = event.bytes && event.size == download->size;
                if (whole) w3d_copy(download->bytes, event.bytes, event.size);
                download->done = whole ? 1 : 2;
            }
            break;
        case W3D_GPU_EVENT_QUERY:
        case W3D_GPU_EVENT_TIME:
            w3di_gpu_result_set(gpu, event.handle, event.kind, event.value);
            break;
        case W3D_GPU_EVENT_NONE: break;
        }
        w3d_fill(&event, 0, sizeof event);
    }
    return gpu->status;
}

/* ---- frames ---- */

/* How many rows the device is to have. */
static uint32_t w3di_gpu_rows_wanted(const w3d_gpu *gpu)
{
    uint32_t most = gpu->caps.max_object_rows;
    return most && most < gpu->row_room ? most : gpu->row_room;
}

/* Tells the device of rows that changed: one operation a run, runs with up to 7 clean rows between
 * joined. The rows stay dirty until the stream has gone. */
static int w3di_gpu_objects_out(w3d_gpu *gpu)
{
    uint32_t rows = w3di_gpu_rows_wanted(gpu);
    if (rows > gpu->rows_told) {
        if (!w3di_gpu_reserve(gpu, 3, 0)) return 0;
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_OBJECTS_CREATE, 3);
        w[1] = rows;
        w[2] = gpu->object_size;
    }
    for (uint32_t row = 0; row < rows;) {
        if (!(gpu->dirty[row / 32] >> (row & 31))) {
            row = (row / 32 + 1) * 32;
            continue;
        }
        if (!(gpu->dirty[row / 32] >> (row & 31) & 1)) {
            row++;
            continue;
        }
        uint32_t end = row + 1, last = row + 1;
        for (; end < rows && end < last + 8; end++)
            if (gpu->dirty[end / 32] >> (end & 31) & 1) last = end + 1;
        uint32_t size = (last - row) * gpu->object_size;
        if (!w3di_gpu_reserve(gpu, 4, w3di_gpu_blob_bytes(size))) return 0;
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_OBJECTS_WRITE, 4);
        w[1] = row;
        w3di_gpu_blob(gpu, w + 2, gpu->rows + (size_t)row * gpu->object_size, size);
        gpu->counting.object_bytes += size;
        row = last;
    }
    return 1;
}

/* The object table's operations come to stand before everything else of the frame; the surface's
 * too. */
static w3d_result w3di_gpu_head(w3d_gpu *gpu, uint32_t *at)
{
    uint32_t body = gpu->word_count;
    *at = body;
    if (!w3di_gpu_objects_out(gpu) || !w3di_gpu_reserve(gpu, 6, 0)) return W3D_ERR_OUT_OF_MEMORY;
    if (gpu->surface_used && gpu->desc.width) {
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_SURFACE, 6);
        uint32_t fields[] = { gpu->desc.width, gpu->desc.height, gpu->desc.samples,
                              gpu->desc.no_surface_depth ? 0 : (uint32_t)gpu->desc.surface_depth,
                              W3D_GPU_RGBA8 };
        w3d_copy(w + 1, fields, sizeof fields);
    }
    return W3D_OK;
}

static void w3di_gpu_frame_end(w3d_gpu *gpu)
{
    gpu->counters = gpu->counting;
    w3d_fill(&gpu->counting, 0, sizeof gpu->counting);
    gpu->word_count = gpu->blob_size = gpu->surface_used = gpu->labels = 0;
    w3di_gpu_resized(gpu);
}

/* The object table's rows and the surface have gone to the device. */
static void w3di_gpu_head_gone(w3d_gpu *gpu)
{
    gpu->rows_told = w3di_gpu_rows_wanted(gpu);
    if (gpu->counting.object_bytes) w3d_fill(gpu->dirty, 0, gpu->row_room / 8);
}

W3D_API w3d_result w3d_gpu_submit(w3d_gpu *gpu)
{
    static const char call[] = "w3d_gpu_submit";
    static const uint32_t present_word = (uint32_t)W3D_GPU_OP_PRESENT | 1u << 8;
    w3d_gpu_stream pieces[3]; /* rows and surface; what was recorded; PRESENT */
    uint32_t at = 0;
    if (!gpu) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "", "the pass was not ended");
    W3DI_GPU_CHECK(!gpu->labels, W3D_ERR_ARGUMENT, "", "a label was pushed and not popped");
    w3d_gpu_poll(gpu);
    if (gpu->status == W3D_GPU_OPENING) return W3D_ERR_BUSY;
    if (gpu->status != W3D_GPU_RUNNING) {
        w3di_gpu_frame_end(gpu); /* what it told of resources is in their records */
        w3di_gpu_downloads_fail(gpu);
        return w3di_gpu_refuse(gpu, W3D_ERR_CLOSED, call, "",
                               "the device is lost: w3d_gpu_switch brings all back");
    }
    W3DI_GPU_CHECK(gpu->slots[W3D_GPU_KIND_OBJECT].count <= w3di_gpu_rows_wanted(gpu),
                   W3D_ERR_LIMIT, "",
                   "there are more objects than this device's table holds: see the caps");
    uint32_t blob = gpu->blob_size;
    if (w3di_gpu_head(gpu, &at) || !w3di_gpu_reserve(gpu, 1, 0)) {
        gpu->word_count = at;
        gpu->blob_size = blob;
        gpu->counting.object_bytes = 0;
        return w3di_gpu_refuse_memory(gpu, call);
    }
    uint32_t present = (gpu->surface_used & 1) && gpu->desc.width;
    pieces[0].words = gpu->words + at;
    pieces[0].word_count = gpu->word_count - at;
    pieces[1].words = gpu->words;
    pieces[1].word_count = at;
    pieces[2].words = &present_word;
    pieces[2].word_count = present;
    for (int i = 0; i < 3; i++) {
        pieces[i].blobs = gpu->blobs;
        pieces[i].blob_size = gpu->blob_size;
    }
    gpu->counting.stream_words = gpu->word_count + present;
    if (gpu->capture) gpu->capture(gpu, pieces, 3);
    w3d_result result =
        pieces[0].word_count ? gpu->backend.table->submit(gpu->self, &pieces[0]) : W3D_OK;
    gpu->word_count = at;
    if (result == W3D_ERR_BUSY) { /* nothing of it was taken */
        gpu->blob_size = blob;
        gpu->counting.object_bytes = 0;
        return result;
    }
    if (!result) w3di_gpu_head_gone(gpu);
    if (present) /* the head has gone: its place may be written over */
        w3di_gpu_begin(gpu, W3D_GPU_OP_PRESENT, 1);
    pieces[1].word_count = gpu->word_count;
    if (!result && pieces[1].word_count) result = gpu->backend.table->submit(gpu->self, &pieces[1]);
    w3di_gpu_frame_end(gpu);
    if (result) w3di_gpu_lose(gpu, W3D_GPU_LOST);
    w3d_gpu_poll(gpu);
    if (result) {
        gpu->status = W3D_GPU_LOST; /* what it took of the stream nobody knows */
        return w3di_gpu_refuse(gpu, result, call, "",
                               result == W3D_ERR_CLOSED
                                   ? "the device is lost: w3d_gpu_switch brings all back"
                                   : w3d_result_text(result));
    }
    return W3D_OK;
}

/* ---- another device ---- */

/* Makes what was appended to a stream the whole stream: the words from `at` on, the blobs from
 * `blob`. */
static void w3di_gpu_cut_before(w3d_gpu *gpu, uint32_t at, uint32_t blob)
{
    gpu->word_count -= at;
    gpu->blob_size -= blob;
    if (at) w3d_move(gpu->words, gpu->words + at, (size_t)gpu->word_count * 4);
    if (!blob) return;
    w3d_move(gpu->blobs, gpu->blobs + blob, gpu->blob_size);
    for (uint32_t i = 0; i < gpu->word_count; i += gpu->words[i] >> 8)
        for (const uint8_t *w = w3di_gpu_blob_words(gpu->words[i] & 255); *w; w++)
            if (gpu->words[i + *w + 1]) gpu->words[i + *w] -= blob;
}

/* The records as they are for a device that has just been told of them. */
static void w3di_gpu_recalled_all(w3d_gpu *gpu)
{
    for (uint32_t k = 0; k < sizeof w3di_gpu_recalled; k++)
        for (uint32_t kind = w3di_gpu_recalled[k], slot = 1; slot < gpu->slots[kind].count;
             slot++) {
            w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
            if (!record->live) continue;
            record->failed = w3di_gpu_whole(gpu, record) ? 0 : W3DI_GPU_ABSENT;
            if (kind == W3D_GPU_KIND_PIPELINE) ((w3di_gpu_pipeline *)(void *)record)->ready = 0;
        }
    w3di_gpu_downloads_fail(gpu);
    gpu->rows_told = 0;
    if (gpu->row_room) w3d_fill(gpu->dirty, 255, gpu->row_room / 8);
}

W3D_API w3d_result w3d_gpu_switch(w3d_gpu *gpu, const w3d_gpu_backend *backend)
{
    static const char call[] = "w3d_gpu_switch";
    void *self = NULL;
    if (!gpu || !backend || !backend->table) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "backend",
                   "changes between frames: end the pass first");
    w3d_gpu_backend old = gpu->backend, next = *backend;
    uint32_t at = gpu->word_count, blob = gpu->blob_size;
    gpu->lost_contents = 0;
    if (!w3di_gpu_recall_all(gpu)) {
        gpu->word_count = at;
        gpu->blob_size = blob;
        return w3di_gpu_refuse_memory(gpu, call);
    }
    int beside = gpu->self && gpu->status != W3D_GPU_LOST && gpu->status != W3D_GPU_FAILED &&
                 (old.table != next.table || old.config != next.config);
    if (!beside && gpu->self) { /* the same device again: it has to go first */
        old.table->close(gpu->self);
        gpu->self = NULL;
    }
    w3d_result result = next.table->open(next.config, &gpu->allocator, &self);
    if (result) {
        gpu->word_count = at;
        gpu->blob_size = blob;
        if (!beside) w3di_gpu_lose(gpu, W3D_GPU_LOST);
        return w3di_gpu_refuse(gpu, result, call, "backend", "the new device could not be opened");
    }
    if (beside) old.table->close(gpu->self);
    gpu->backend = next;
    gpu->self = self;
    gpu->status = W3D_GPU_OPENING;
    gpu->capture_flags |= 1;
    w3d_fill(&gpu->caps, 0, sizeof gpu->caps);
    w3di_gpu_cut_before(gpu, at, blob); /* what was recorded for the old one is in the records */
    at = gpu->word_count;
    blob = gpu->blob_size;
    w3di_gpu_frame_end(gpu);
    gpu->word_count = at;
    gpu->blob_size = blob;
    w3di_gpu_recalled_all(gpu);
    for (uint32_t kind = W3D_GPU_KIND_BUFFER; kind <= W3D_GPU_KIND_TEXTURE; kind++)
        for (uint32_t slot = 1; slot < gpu->slots[kind].count; slot++) {
            w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
            if (!record->live) continue;
            uint32_t policy = kind == W3D_GPU_KIND_BUFFER
                                  ? ((w3di_gpu_buffer *)(void *)record)->policy
                                  : ((w3di_gpu_texture *)(void *)record)->policy;
            w3d_gpu_reload reload = kind == W3D_GPU_KIND_BUFFER
                                        ? ((w3di_gpu_buffer *)(void *)record)->reload
                                        : ((w3di_gpu_texture *)(void *)record)->reload;
            void *user = kind == W3D_GPU_KIND_BUFFER ? ((w3di_gpu_buffer *)(void *)record)->user
                                                     : ((w3di_gpu_texture *)(void *)record)->user;
            if (policy == W3D_GPU_RELOAD && reload) reload(gpu, w3di_gpu_id(record, slot), user);
        }
    w3d_gpu_poll(gpu);
    return gpu->lost_contents ? w3di_gpu_refuse(gpu, W3D_ERR_DAMAGED, call, "backend",
                                                "all resources are there again; contents of those "
                                                "with policy GPU_ONLY are gone")
                              : W3D_OK;
}

/* ---- results that come later ---- */

static w3d_result w3di_gpu_download_new(w3d_gpu *gpu, uint64_t size, uint32_t words,
                                        w3d_gpu_download *download, const char *call)
{
    uint32_t slot;
    w3di_gpu_download *d =
        (w3di_gpu_download *)(void *)w3di_gpu_slot_take(gpu, W3D_GPU_KIND_DOWNLOAD, &slot);
    uint8_t *bytes = d && size <= 0x40000000u
                         ? (uint8_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, (size_t)size)
                         : NULL;
    if (!bytes || !w3di_gpu_reserve(gpu, words, 0)) {
        w3di_gpu_free(gpu, bytes, (size_t)size);
        return w3di_gpu_refuse_memory(gpu, call);
    }
    d->bytes = bytes;
    d->size = (size_t)size;
    d->done = 0;
    download->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_DOWNLOAD, slot, NULL);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_read_buffer(w3d_gpu *gpu, w3d_gpu_buffer buffer, uint32_t offset,
                                       uint32_t size, w3d_gpu_download *download)
{
    static const char call[] = "w3d_gpu_read_buffer";
    if (!gpu || !download) return W3D_ERR_ARGUMENT;
    const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, buffer.id);
    if (!b) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "buffer", buffer.id);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "buffer",
                   "is read outside passes: end the pass first");
    W3DI_GPU_CHECK(b->use & W3D_GPU_USE_READ, W3D_ERR_ARGUMENT, "buffer",
                   "was not made for this use: W3D_GPU_USE_READ");
    W3DI_GPU_CHECK(size && offset % 4 == 0 && size % 4 == 0 && offset <= b->size &&
                       size <= b->size - offset,
                   W3D_ERR_RANGE, "offset, size", "are multiples of 4 within the buffer");
    w3d_result result = w3di_gpu_download_new(gpu, size, 5, download, call);
    if (result) return result;
    uint32_t fields[] = { buffer.id, offset, size, download->id };
    w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_READ, 5) + 1, fields, sizeof fields);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_read_texture(w3d_gpu *gpu, const w3d_gpu_texture_region *region,
                                        w3d_gpu_download *download)
{
    static const char call[] = "w3d_gpu_read_texture";
    if (!gpu || !region || !download) return W3D_ERR_ARGUMENT;
    w3d_gpu_texture_region r = *region;
    uint32_t width = gpu->desc.width, height = gpu->desc.height, depth = 1, format = W3D_GPU_RGBA8;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "region",
                   "is read outside passes: end the pass first");
    if (r.texture.id) {
        const w3di_gpu_texture *t = w3di_gpu_texture_of(gpu, r.texture.id);
        if (!t)
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, "region.texture",
                                          r.texture.id);
        const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
        W3DI_GPU_CHECK((t->use & W3D_GPU_USE_TEXTURE_READ) && t->samples == 1 && !f->depth &&
                           f->block == 1,
                       W3D_ERR_ARGUMENT, "region.texture",
                       "was not made to be read: W3D_GPU_USE_TEXTURE_READ, one sample, neither "
                       "depth nor compressed");
        W3DI_GPU_CHECK(r.mip < t->mips, W3D_ERR_RANGE, "region.mip", "there is no such level");
        width = w3di_gpu_mip_side(t->width, r.mip);
        height = w3di_gpu_mip_side(t->height, r.mip);
        depth = t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, r.mip) : t->depth;
        format = t->format;
    }
    if (!r.width) r.width = r.x < width ? width - r.x : 0;
    if (!r.height) r.height = r.y < height ? height - r.y : 0;
    W3DI_GPU_CHECK(r.texture.id || width, W3D_ERR_ARGUMENT, "region.texture",
                   "there is none, and the device was made without a surface");
    W3DI_GPU_CHECK(r.texture.id || !r.mip, W3D_ERR_RANGE, "region.mip", "there is no such level");
    W3DI_GPU_CHECK(r.width && r.height && r.x < width && r.y < height && r.width <= width - r.x &&
                       r.height <= height - r.y && r.z < depth && r.depth <= 1,
                   W3D_ERR_RANGE, "region", "is one layer, within its level");
    uint64_t size = w3di_gpu_region_size(format, r.width, r.height, 1);
    w3d_result result = w3di_gpu_download_new(gpu, size, 10, download, call);
    if (result) return result;
    if (!r.texture.id) gpu->surface_used |= 2;
    uint32_t fields[] = { r.texture.id, r.mip,    r.x,          r.y,           r.z,
                          r.width,      r.height, download->id, (uint32_t)size };
    w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_READ, 10) + 1, fields, sizeof fields);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_download_take(w3d_gpu *gpu, w3d_gpu_download download, void *out,
                                         size_t capacity, size_t *size)
{
    static const char call[] = "w3d_gpu_download_take";
    if (!gpu || !size || (!out && capacity)) return W3D_ERR_ARGUMENT;
    w3d_gpu_poll(gpu);
    w3di_gpu_download *d =
        (w3di_gpu_download *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_DOWNLOAD, download.id);
    if (!d)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_DOWNLOAD, call, "download", download.id);
    if (!d->done) return W3D_ERR_BUSY;
    if (d->done == 2) {
        w3di_gpu_slot_free(gpu, W3D_GPU_KIND_DOWNLOAD, download.id & W3DI_GPU_SLOT_MASK);
        return w3di_gpu_refuse(gpu, W3D_ERR_CLOSED, call, "download",
                               "the device was lost, or refused it, before it was done");
    }
    *size = d->size;
    W3DI_GPU_CHECK(capacity >= d->size, W3D_ERR_CAPACITY, "capacity",
                   "is less than the download's size");
    w3d_copy(out, d->bytes, d->size);
    w3di_gpu_slot_free(gpu, W3D_GPU_KIND_DOWNLOAD, download.id & W3DI_GPU_SLOT_MASK);
    return W3D_OK;
}

static w3d_result w3di_gpu_result_take(w3d_gpu *gpu, uint32_t id, uint32_t kind, uint64_t *value)
{
    if (!gpu || !id || !value) return W3D_ERR_ARGUMENT;
    w3d_gpu_poll(gpu);
    for (uint32_t i = 0; i < gpu->result_count; i++)
        if (gpu->results[i].id == id && gpu->results[i].kind == kind) {
            *value = gpu->results[i].value;
            gpu->results[i] = gpu->results[--gpu->result_count];
            return W3D_OK;
        }
    return W3D_ERR_BUSY;
}

W3D_API w3d_result w3d_gpu_query_result(w3d_gpu *gpu, uint32_t id, uint64_t *passed)
{
    return w3di_gpu_result_take(gpu, id, W3D_GPU_EVENT_QUERY, passed);
}
W3D_API w3d_result w3d_gpu_time(w3d_gpu *gpu, uint32_t id, uint64_t *nanoseconds)
{
    return w3di_gpu_result_take(gpu, id, W3D_GPU_EVENT_TIME, nanoseconds);
}
