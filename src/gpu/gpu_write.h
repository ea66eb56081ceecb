/* gpu_write.h - writing the stream, and the records of resources; private.
 *
 * An operation is written whole or not at all: room for its words and blobs is made first. */
#ifndef W3D_GPU_WRITE_H
#define W3D_GPU_WRITE_H

#include "gpu/gpu_message.h"

/* ---- memory ---- */

static inline int w3di_gpu_room(w3d_gpu *gpu, void **array, uint32_t *room, uint64_t wanted,
                                size_t item)
{
    if (wanted <= *room) return 1;
    uint64_t larger = *room ? (uint64_t)*room * 2 : 256;
    if (larger < wanted) larger = wanted;
    if (larger > 0x7FFFFFFFu / item) larger = wanted;
    if (larger > 0x7FFFFFFFu / item) return 0;
    void *moved =
        w3d_allocator_resize(&gpu->allocator, *array, (size_t)*room * item, (size_t)larger * item);
    if (!moved) return 0;
    *array = moved;
    *room = (uint32_t)larger;
    return 1;
}

static inline void w3di_gpu_free(w3d_gpu *gpu, void *block, size_t size)
{
    if (block) w3d_allocator_resize(&gpu->allocator, block, size, 0);
}

/* ---- the stream ---- */

/* Room for an operation of so many words, and for so many bytes of blobs (each rounded up to 16).
 * */
static inline int w3di_gpu_reserve(w3d_gpu *gpu, uint64_t words, uint64_t blob_bytes)
{
    void *w = gpu->words, *b = gpu->blobs;
    int good = w3di_gpu_room(gpu, &w, &gpu->word_room, gpu->word_count + words, 4);
    gpu->words = (uint32_t *)w;
    good = good && w3di_gpu_room(gpu, &b, &gpu->blob_room, gpu->blob_size + blob_bytes, 1);
    gpu->blobs = (uint8_t *)b;
    return good;
}

static inline uint64_t w3di_gpu_blob_bytes(uint64_t size) { return (size + 15) & ~(uint64_t)15; }

/* Begins an operation in room that was made; gives its words, all zero but the first. */
static inline uint32_t *w3di_gpu_begin(w3d_gpu *gpu, uint32_t op, uint32_t words)
{
    uint32_t *at = gpu->words + gpu->word_count;
    w3d_fill(at, 0, (size_t)words * 4);
    at[0] = op | words << 8;
    gpu->word_count += words;
    return at;
}

/* Copies a blob into room that was made; sets two words to its offset and size. */
static inline void w3di_gpu_blob(w3d_gpu *gpu, uint32_t *words, const void *data, uint32_t size)
{
    words[0] = gpu->blob_size;
    words[1] = size;
    if (!size) return;
    w3d_copy(gpu->blobs + gpu->blob_size, data, size);
    uint32_t padded = (uint32_t)w3di_gpu_blob_bytes(size);
    w3d_fill(gpu->blobs + gpu->blob_size + size, 0, padded - size);
    gpu->blob_size += padded;
}

static inline uint32_t w3di_gpu_label_size(const char *label)
{
    size_t size = label ? w3d_text_size(label) : 0;
    return size > 255 ? 255 : (uint32_t)size;
}

static inline void w3di_gpu_blob_text(w3d_gpu *gpu, uint32_t *words, const char *text,
                                      uint32_t size)
{
    if (size) w3di_gpu_blob(gpu, words, text, size);
}

/* Positions of the blobs' offsets among an operation's words, ended by 0. */
static inline const uint8_t *w3di_gpu_blob_words(uint32_t op)
{
    static const uint8_t none[] = { 0 }, at2[] = { 2, 0 }, at3[] = { 3, 0 }, at1[] = { 1, 0 },
                         buffer[] = { 4, 0 }, write[] = { 9, 0 }, texture[] = { 10, 0 },
                         shader[] = { 2, 4, 6, 8, 10, 12, 21, 0 }, pipeline[] = { 28, 0 },
                         pass[] = { 6, 9, 0 };
    switch (op) {
    case W3D_GPU_OP_BUFFER_CREATE:
    case W3D_GPU_OP_GROUP_CREATE: return buffer;
    case W3D_GPU_OP_BUFFER_WRITE: return at3;
    case W3D_GPU_OP_TEXTURE_CREATE: return texture;
    case W3D_GPU_OP_TEXTURE_WRITE: return write;
    case W3D_GPU_OP_SHADER_CREATE: return shader;
    case W3D_GPU_OP_PIPELINE_CREATE: return pipeline;
    case W3D_GPU_OP_OBJECTS_WRITE: return at2;
    case W3D_GPU_OP_PASS_BEGIN: return pass;
    case W3D_GPU_OP_CONSTANTS:
    case W3D_GPU_OP_LABEL_PUSH: return at1;
    default: return none;
    }
}

/* ---- the object table ---- */

/* Makes rows up to `rows`; the device is told of them with the next submit. 0 without memory. */
static inline int w3di_gpu_rows(w3d_gpu *gpu, uint32_t rows)
{
    uint32_t room = gpu->row_room ? gpu->row_room : 64, before = gpu->row_room;
    if (rows <= before) return 1;
    while (room < rows) room *= 2;
    if ((uint64_t)room * gpu->object_size > W3DI_GPU_ROWS_MOST) room = (rows + 31) & ~31u;
    if ((uint64_t)room * gpu->object_size > W3DI_GPU_ROWS_MOST) return 0;
    uint32_t *dirty = (uint32_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, room / 8);
    uint8_t *table = dirty ? (uint8_t *)w3d_allocator_resize(&gpu->allocator, gpu->rows,
                                                             (size_t)before * gpu->object_size,
                                                             (size_t)room * gpu->object_size)
                           : NULL;
    if (!table) {
        w3di_gpu_free(gpu, dirty, room / 8);
        return 0;
    }
    w3d_fill(table + (size_t)before * gpu->object_size, 0,
             (size_t)(room - before) * gpu->object_size);
    w3d_fill(dirty, 0, room / 8);
    if (before) w3d_copy(dirty, gpu->dirty, before / 8);
    w3di_gpu_free(gpu, gpu->dirty, before / 8);
    gpu->rows = table;
    gpu->dirty = dirty;
    gpu->row_room = room;
    return 1;
}

/* ---- records ---- */

/* A free slot of a kind, or a new one; NULL without memory or slots. It is not live yet. */
static inline w3di_gpu_record *w3di_gpu_slot_take(w3d_gpu *gpu, uint32_t kind, uint32_t *slot)
{
    w3di_gpu_slots *slots = &gpu->slots[kind];
    if (slots->free_head) {
        *slot = slots->free_head;
    } else {
        void *records = slots->records;
        uint32_t first = slots->count ? slots->count : 1;
        if (first > (uint32_t)W3DI_GPU_SLOT_MASK ||
            !w3di_gpu_room(gpu, &records, &slots->room, (uint64_t)first + 1, slots->record_size)) {
            return NULL;
        }
        slots->records = (uint8_t *)records;
        if (!slots->count) w3d_fill(slots->records, 0, slots->record_size);
        slots->count = first + 1;
        *slot = first;
        w3di_gpu_record *made = w3di_gpu_slot(gpu, kind, first);
        w3d_fill(made, 0, slots->record_size);
        made->generation = 1;
        slots->free_head = first;
        made->next_free = 0;
    }
    return w3di_gpu_slot(gpu, kind, *slot);
}

/* Makes the slot that was taken live; gives its handle. */
static inline uint32_t w3di_gpu_slot_live(w3d_gpu *gpu, uint32_t kind, uint32_t slot,
                                          const char *label)
{
    w3di_gpu_slots *slots = &gpu->slots[kind];
    w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
    uint32_t size = w3di_gpu_label_size(label);
    slots->free_head = record->next_free;
    slots->live++;
    record->live = 1;
    record->failed = 0;
    if (size > W3DI_GPU_LABEL - 1) size = W3DI_GPU_LABEL - 1;
    if (size) w3d_copy(record->label, label, size);
    record->label[size] = 0;
    return w3di_gpu_id(record, slot);
}

/* Frees what the record owns and its slot, whose label stays for messages; the last generation
 * retires it. */
static inline void w3di_gpu_slot_free(w3d_gpu *gpu, uint32_t kind, uint32_t slot)
{
    w3di_gpu_slots *slots = &gpu->slots[kind];
    w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
    uint16_t generation = record->generation;
    char label[W3DI_GPU_LABEL];
    w3di_gpu_free(gpu, record->create, (size_t)record->words * 4);
    w3di_gpu_free(gpu, record->blobs, record->blob_size);
    if (kind == W3D_GPU_KIND_BUFFER)
        w3di_gpu_free(gpu, ((w3di_gpu_buffer *)(void *)record)->copy,
                      ((w3di_gpu_buffer *)(void *)record)->size);
    if (kind == W3D_GPU_KIND_TEXTURE)
        w3di_gpu_free(gpu, ((w3di_gpu_texture *)(void *)record)->copy,
                      ((w3di_gpu_texture *)(void *)record)->copy_size);
    if (kind == W3D_GPU_KIND_DOWNLOAD)
        w3di_gpu_free(gpu, ((w3di_gpu_download *)(void *)record)->bytes,
                      ((w3di_gpu_download *)(void *)record)->size);
    w3d_copy(label, record->label, sizeof label);
    w3d_fill(record, 0, slots->record_size);
    w3d_copy(record->label, label, sizeof label);
    slots->live--;
    if (generation == W3DI_GPU_LAST_GENERATION) return;
    record->generation = (uint16_t)(generation + 1);
    record->next_free = slots->free_head;
    slots->free_head = slot;
}

/* Keeps the operation that was just written, the words from `at` on and the blobs from `blob` on,
 * in the record; 0 without memory. */
static inline int w3di_gpu_keep(w3d_gpu *gpu, w3di_gpu_record *record, uint32_t at, uint32_t blob)
{
    uint32_t words = gpu->word_count - at, blobs = gpu->blob_size - blob;
    uint32_t *create =
        (uint32_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, (size_t)words * 4);
    uint8_t *bytes =
        blobs ? (uint8_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, blobs) : NULL;
    if (!create || (blobs && !bytes)) {
        w3di_gpu_free(gpu, create, (size_t)words * 4);
        w3di_gpu_free(gpu, bytes, blobs);
        gpu->word_count = at;
        gpu->blob_size = blob;
        return 0;
    }
    w3d_copy(create, gpu->words + at, (size_t)words * 4);
    if (blobs) w3d_copy(bytes, gpu->blobs + blob, blobs);
    for (const uint8_t *w = w3di_gpu_blob_words(create[0] & 255); *w; w++)
        if (create[*w + 1]) create[*w] -= blob;
    record->create = create;
    record->blobs = bytes;
    record->words = words;
    record->blob_size = blobs;
    return 1;
}

/* Whether all that a record's creating operation names is still there. */
static inline int w3di_gpu_whole(const w3d_gpu *gpu, const w3di_gpu_record *record)
{
    const uint32_t *w = record->create;
    switch (w[0] & 255) {
    case W3D_GPU_OP_PIPELINE_CREATE: return w3di_gpu_find(gpu, W3D_GPU_KIND_SHADER, w[2]) != NULL;
    case W3D_GPU_OP_GROUP_CREATE:
        if (!w3di_gpu_find(gpu, W3D_GPU_KIND_SHADER, w[2])) return 0;
        for (uint32_t i = 0; i < w[3]; i++) {
            uint32_t kind = w[6 + 4 * i] >> 16;
            if (!w3di_gpu_find(gpu,
                               kind == W3D_GPU_BIND_TEXTURE   ? W3D_GPU_KIND_TEXTURE
                               : kind == W3D_GPU_BIND_SAMPLER ? W3D_GPU_KIND_SAMPLER
                                                              : W3D_GPU_KIND_BUFFER,
                               w[7 + 4 * i]))
                return 0;
        }
        return 1;
    case W3D_GPU_OP_MESH_CREATE:
        if (w[2] && !w3di_gpu_find(gpu, W3D_GPU_KIND_BUFFER, w[2])) return 0;
        for (uint32_t i = 0; i < w[4]; i++)
            if (w[5 + 2 * i] && !w3di_gpu_find(gpu, W3D_GPU_KIND_BUFFER, w[5 + 2 * i])) return 0;
        return 1;
    default: return 1;
    }
}

/* Writes a record's creating operation again, for a new device. */
static inline int w3di_gpu_recall(w3d_gpu *gpu, const w3di_gpu_record *record)
{
    if (!record->words) return 1;
    if (!w3di_gpu_reserve(gpu, record->words, record->blob_size)) return 0;
    uint32_t *words = gpu->words + gpu->word_count;
    w3d_copy(words, record->create, (size_t)record->words * 4);
    for (const uint8_t *w = w3di_gpu_blob_words(words[0] & 255); *w; w++)
        if (words[*w + 1]) words[*w] += gpu->blob_size;
    if (record->blob_size) w3d_copy(gpu->blobs + gpu->blob_size, record->blobs, record->blob_size);
    gpu->word_count += record->words;
    gpu->blob_size += record->blob_size;
    return 1;
}

#endif /* W3D_GPU_WRITE_H */
