/* bjson_source.c - a small file in memory, made of a large one: header, tables, and one chunk.
 *
 * Rows of the small REFS state offsets in the small file; those in the large one stand beside. The
 * small file has no checksums, so that a row can change; the large one's are checked here. */
#include "scene/bjson_source.h"

#include "core/bits.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_header.h"
#include "scene/bjson_validate.h"

#define W3DI_BJSON_SOURCE_PIECE 65536u /* of a chunk whose checksum only is wanted */

/* A table: its place in both files. */
typedef struct w3di_bjson_source_table {
    uint64_t at;   /* of the chunk in the large file */
    size_t image;  /* of the chunk in the small one */
    uint64_t size; /* of the payload */
} w3di_bjson_source_table;

enum { W3DI_BJSON_SOURCE_KEYS, W3DI_BJSON_SOURCE_SHAPES, W3DI_BJSON_SOURCE_REFS };
static const uint32_t w3di_bjson_source_kinds[3] = { W3D_BJSON_CHUNK_KEYS, W3D_BJSON_CHUNK_SHAP,
                                                     W3D_BJSON_CHUNK_REFS };

struct w3d_bjson_source {
    w3d_bjson_source_desc desc;
    w3di_bjson_header header;
    w3di_bjson_source_table tables[3];
    w3d_bjson file; /* the small one */
    unsigned char *image;
    size_t image_size; /* allocated */
    size_t fetched;    /* where the one chunk lies: behind the tables */
    uint64_t chunk;    /* where it lies in the large file */
    uint32_t row;      /* that is not external now, or W3D_BJSON_NONE */
    uint64_t *rows;    /* chunks in the large file, plus 1 where the row says W3D_BJSON_EXTERNAL */
};

static w3d_result w3di_bjson_source_fail(w3d_error *error, uint64_t at, const char *text)
{
    return w3d_error_set(error, W3D_ERR_FORMAT, at, text);
}

static uint64_t w3di_bjson_source_align(uint64_t offset) { return (offset + 15) & ~(uint64_t)15; }

static w3d_result w3di_bjson_source_read(const w3d_bjson_source *s, uint64_t at, void *dst,
                                         size_t size, w3d_error *error)
{
    w3d_result result = size ? s->desc.read(s->desc.user, at, dst, size) : W3D_OK;
    return result == W3D_OK ? W3D_OK
                            : w3d_error_set(error, result, at, "the file could not be read there");
}

/* Turns an offset in the small file into one in the large. */
static w3d_result w3di_bjson_source_translate(const w3d_bjson_source *s, w3d_result result,
                                              w3d_error *error)
{
    if (result == W3D_OK || !error) return result;
    if (error->offset >= s->fetched) {
        error->offset += s->chunk - s->fetched;
        return result;
    }
    for (int i = 2; i >= 0; i--)
        if (error->offset >= s->tables[i].image) {
            error->offset += s->tables[i].at - s->tables[i].image;
            break;
        }
    return result;
}

/* Makes the small file's memory at least `size` bytes. */
static w3d_result w3di_bjson_source_room(w3d_bjson_source *s, uint64_t size, uint64_t at,
                                         w3d_error *error)
{
    uint64_t others = sizeof *s + (uint64_t)s->header.id_count * sizeof *s->rows;
    if (size <= s->image_size) return W3D_OK;
    if (s->desc.memory_limit &&
        (others > s->desc.memory_limit || size > s->desc.memory_limit - others))
        return w3d_error_set(error, W3D_ERR_LIMIT, at, "a chunk needs more than the memory limit");
    if (size > SIZE_MAX / 2)
        return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, at, "a chunk is larger than memory");
    unsigned char *image = (unsigned char *)w3d_allocator_resize(&s->desc.allocator, s->image,
                                                                 s->image_size, (size_t)size);
    if (!image) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, at, "no memory for a chunk");
    s->image = image;
    s->image_size = (size_t)size;
    s->file.bytes = image;
    return W3D_OK;
}

/* ---- opening ---- */

static w3d_result w3di_bjson_source_header(w3d_bjson_source *s, w3d_error *error)
{
    unsigned char first[W3D_BJSON_HEADER_SIZE], last[W3D_BJSON_HEADER_SIZE];
    uint64_t size = s->desc.size;
    size_t have = size < sizeof first ? (size_t)size : sizeof first;
    w3d_fill(first, 0, sizeof first);
    w3d_fill(last, 0, sizeof last);
    w3d_result result = w3di_bjson_source_read(s, 0, first, have, error);
    if (result == W3D_OK && have == sizeof first && w3d_load_u32(first + 12) & W3D_BJSON_STREAMED)
        result = w3di_bjson_source_read(s, size - sizeof last, last, sizeof last, error);
    if (result != W3D_OK) return result;
    return w3di_bjson_header_check(first, last, size, &s->header, error);
}

/* Finds the table that the header's u64 at `field` points to. */
static w3d_result w3di_bjson_source_find(w3d_bjson_source *s, int index, uint64_t at,
                                         uint32_t field, w3d_error *error)
{
    unsigned char head[W3D_BJSON_CHUNK_SIZE];
    uint64_t size = s->desc.size;
    const char *text = "the header points to something else than the table";
    if (at % 16 != 0 || at < W3D_BJSON_HEADER_SIZE || at > size - W3D_BJSON_CHUNK_SIZE)
        return w3di_bjson_source_fail(error, s->header.at + field, text);
    w3d_result result = w3di_bjson_source_read(s, at, head, sizeof head, error);
    if (result != W3D_OK) return result;
    if (w3d_load_u32(head) != w3di_bjson_source_kinds[index])
        return w3di_bjson_source_fail(error, s->header.at + field, text);
    s->tables[index].at = at;
    s->tables[index].size = w3d_load_u64(head + 8);
    if (s->tables[index].size > size - W3D_BJSON_CHUNK_SIZE - at)
        return w3di_bjson_source_fail(error, at + 8, "a table reaches beyond the end of the file");
    return W3D_OK;
}

/* Checks a chunk in memory by its head, its checksum and the zeros behind it; clears its aux, since
 * the small file has no checksums. `at`: its place in the large file. */
static w3d_result w3di_bjson_source_settle(const w3d_bjson_source *s, unsigned char *chunk,
                                           uint64_t at, w3d_error *error)
{
    uint32_t kind = w3d_load_u32(chunk), aux = w3d_load_u32(chunk + 4), expected = 0;
    uint64_t length = w3d_load_u64(chunk + 8);
    const unsigned char *payload = chunk + W3D_BJSON_CHUNK_SIZE;
    int summed = kind != W3D_BJSON_CHUNK_ID && s->header.flags & W3D_BJSON_CRC;
    if (summed) expected = w3d_crc32c(0, payload, (size_t)length);
    if (aux != expected && !expected)
        return w3di_bjson_source_fail(error, at + 4, "a chunk states a checksum it cannot have");
    if (aux != expected)
        return w3d_error_set(error, W3D_ERR_CHECKSUM, at, "a chunk's checksum does not match");
    for (uint64_t i = length; i % 16 != 0; i++)
        if (payload[(size_t)i])
            return w3di_bjson_source_fail(error, at + W3D_BJSON_CHUNK_SIZE + i,
                                          "a byte that belongs to nothing is not zero");
    w3d_store_u32(chunk + 4, 0);
    return W3D_OK;
}

/* Reads the tables to the small file, one after another, and checks them. */
static w3d_result w3di_bjson_source_tables(w3d_bjson_source *s, w3d_error *error)
{
    uint64_t size = W3D_BJSON_HEADER_SIZE;
    w3d_result result = W3D_OK;
    for (int i = 0; i < 3; i++) {
        if (size > SIZE_MAX / 4)
            return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, s->tables[i].at,
                                 "the tables are larger than memory");
        s->tables[i].image = (size_t)size;
        size += W3D_BJSON_CHUNK_SIZE + w3di_bjson_source_align(s->tables[i].size);
    }
    result = w3di_bjson_source_room(s, size, s->tables[0].at, error);
    for (int i = 0; i < 3 && result == W3D_OK; i++) {
        size_t whole = W3D_BJSON_CHUNK_SIZE + (size_t)w3di_bjson_source_align(s->tables[i].size);
        unsigned char *chunk = s->image + s->tables[i].image;
        result = w3di_bjson_source_read(s, s->tables[i].at, chunk, whole, error);
        /* The head again: the file may not be what it was a moment ago. */
        if (result == W3D_OK && (w3d_load_u32(chunk) != w3di_bjson_source_kinds[i] ||
                                 w3d_load_u64(chunk + 8) != s->tables[i].size))
            return w3di_bjson_source_fail(error, s->tables[i].at,
                                          "the file changes while it is read");
        if (result == W3D_OK) result = w3di_bjson_source_settle(s, chunk, s->tables[i].at, error);
    }
    if (result != W3D_OK) return result;
    s->fetched = (size_t)size;
    s->file.size = size;
    s->file.keys = s->tables[W3DI_BJSON_SOURCE_KEYS].image + W3D_BJSON_CHUNK_SIZE;
    s->file.keys_size = s->tables[W3DI_BJSON_SOURCE_KEYS].size;
    s->file.shapes = s->tables[W3DI_BJSON_SOURCE_SHAPES].image + W3D_BJSON_CHUNK_SIZE;
    s->file.shapes_size = s->tables[W3DI_BJSON_SOURCE_SHAPES].size;
    s->file.refs = s->tables[W3DI_BJSON_SOURCE_REFS].image + W3D_BJSON_CHUNK_SIZE;
    s->file.id_count = s->header.id_count;
    s->file.key_count = s->header.key_count;
    s->file.shape_count = s->header.shape_count;
    return w3di_bjson_source_translate(s, w3d_bjson_validate_tables(&s->file, error), error);
}

static unsigned char *w3di_bjson_source_entry(const w3d_bjson_source *s, uint32_t row)
{
    return s->image + (size_t)s->file.refs + (size_t)row * W3D_BJSON_ROW_SIZE;
}

/* Takes the chunks' places out of REFS: to the small file all IDs are external. */
static w3d_result w3di_bjson_source_rows(w3d_bjson_source *s, w3d_error *error)
{
    uint64_t at = s->tables[W3DI_BJSON_SOURCE_REFS].at + W3D_BJSON_CHUNK_SIZE;
    for (uint32_t row = 0; row < s->header.id_count; row++, at += W3D_BJSON_ROW_SIZE) {
        unsigned char *entry = w3di_bjson_source_entry(s, row);
        uint64_t chunk = w3d_load_u64(entry);
        s->rows[row] = 0;
        if (!chunk) continue;
        if (chunk % 16 != 0 || chunk < W3D_BJSON_HEADER_SIZE ||
            chunk > s->desc.size - W3D_BJSON_CHUNK_SIZE)
            return w3di_bjson_source_fail(error, at, "a row of REFS points to no chunk");
        s->rows[row] = chunk | (entry[21] & W3D_BJSON_EXTERNAL ? 1u : 0u);
        w3d_store_u64(entry, 0);
        entry[21] |= W3D_BJSON_EXTERNAL;
    }
    return W3D_OK;
}

/* Writes the small file's header: it is a whole file of `size` bytes. */
static void w3di_bjson_source_complete(w3d_bjson_source *s, uint64_t size)
{
    w3di_bjson_header header = s->header;
    header.size = s->file.size = size;
    header.refs = s->tables[W3DI_BJSON_SOURCE_REFS].image;
    header.keys = s->tables[W3DI_BJSON_SOURCE_KEYS].image;
    header.shapes = s->tables[W3DI_BJSON_SOURCE_SHAPES].image;
    header.flags = 0;
    w3di_bjson_header_write(s->image, &header);
}

W3D_API w3d_result w3d_bjson_source_open(const w3d_bjson_source_desc *desc,
                                         w3d_bjson_source **source, w3d_error *error)
{
    if (!desc || !desc->read || !source)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no description or no read function");
    if (desc->memory_limit && desc->memory_limit < sizeof(w3d_bjson_source))
        return w3d_error_set(error, W3D_ERR_LIMIT, 0, "the memory limit is too small");
    w3d_bjson_source *s =
        (w3d_bjson_source *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *s);
    if (!s) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for the source");
    w3d_fill(s, 0, sizeof *s);
    s->desc = *desc;
    s->row = W3D_BJSON_NONE;
    w3d_result result = w3di_bjson_source_header(s, error);
    uint32_t count = s->header.id_count;
    size_t size = 0;
    s->header.id_count = 0; /* until there are rows: close frees so many */
    if (result == W3D_OK)
        result = w3di_bjson_source_find(s, W3DI_BJSON_SOURCE_REFS, s->header.refs, 24, error);
    if (result == W3D_OK)
        result = w3di_bjson_source_find(s, W3DI_BJSON_SOURCE_KEYS, s->header.keys, 40, error);
    if (result == W3D_OK)
        result = w3di_bjson_source_find(s, W3DI_BJSON_SOURCE_SHAPES, s->header.shapes, 48, error);
    if (result == W3D_OK &&
        s->tables[W3DI_BJSON_SOURCE_REFS].size != (uint64_t)count * W3D_BJSON_ROW_SIZE)
        result = w3di_bjson_source_fail(error, s->header.at + 32,
                                        "REFS has another number of rows than stated");
    if (result == W3D_OK && count) {
        /* The rows come first: they are less than REFS, whose size the file's size vouches for. */
        int fits = w3d_size_multiply(count, sizeof *s->rows, &size);
        if (desc->memory_limit && (!fits || size > desc->memory_limit - sizeof *s))
            result = w3d_error_set(error, W3D_ERR_LIMIT, s->header.refs,
                                   "REFS needs more than the memory limit");
        else if (fits)
            s->rows = (uint64_t *)w3d_allocator_resize(&desc->allocator, NULL, 0, size);
        if (result == W3D_OK && !s->rows)
            result =
                w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, s->header.refs, "no memory for REFS");
        if (result == W3D_OK) s->header.id_count = count;
    }
    if (result == W3D_OK) result = w3di_bjson_source_tables(s, error);
    if (result == W3D_OK) result = w3di_bjson_source_rows(s, error);
    if (result != W3D_OK) {
        w3d_bjson_source_close(s);
        return result;
    }
    w3di_bjson_source_complete(s, s->fetched);
    *source = s;
    return W3D_OK;
}

W3D_API void w3d_bjson_source_close(w3d_bjson_source *source)
{
    if (!source) return;
    w3d_allocator allocator = source->desc.allocator;
    w3d_allocator_resize(&allocator, source->rows, source->header.id_count * sizeof *source->rows,
                         0);
    w3d_allocator_resize(&allocator, source->image, source->image_size, 0);
    w3d_allocator_resize(&allocator, source, sizeof *source, 0);
}

W3D_API const w3d_bjson *w3d_bjson_source_file(const w3d_bjson_source *source)
{
    return &source->file;
}

/* ---- chunks ---- */

/* The next chunk; *end becomes 1 where there is none. */
static w3d_result w3di_bjson_source_next(const w3d_bjson_source *s, w3d_bjson_chunk_view *it,
                                         int *end, w3d_error *error)
{
    unsigned char head[W3D_BJSON_CHUNK_SIZE];
    uint64_t size = s->desc.size, at = W3D_BJSON_HEADER_SIZE;
    if (it->at) at = it->payload + w3di_bjson_source_align(it->size);
    *end = at >= size; /* the file is whole chunks, so one that begins has its head */
    if (*end) return W3D_OK;
    w3d_result result = w3di_bjson_source_read(s, at, head, sizeof head, error);
    if (result != W3D_OK) return result;
    uint64_t length = w3d_load_u64(head + 8);
    if (length > size - W3D_BJSON_CHUNK_SIZE - at)
        return w3di_bjson_source_fail(error, at + 8, "a chunk reaches beyond the end of the file");
    it->kind = w3d_load_u32(head);
    it->aux = w3d_load_u32(head + 4);
    it->at = at;
    it->payload = at + W3D_BJSON_CHUNK_SIZE;
    it->size = length;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_source_chunk_next(w3d_bjson_source *source, w3d_bjson_chunk_view *it,
                                               w3d_error *error)
{
    int end = 0;
    w3d_result result = w3di_bjson_source_next(source, it, &end, error);
    if (result != W3D_OK || !end) return result;
    return w3d_error_set(error, W3D_ERR_NOT_FOUND, source->desc.size, "there are no more chunks");
}

/* Takes the chunk out of the small file again. */
static void w3di_bjson_source_drop(w3d_bjson_source *s)
{
    if (s->row != W3D_BJSON_NONE) {
        unsigned char *entry = w3di_bjson_source_entry(s, s->row);
        w3d_store_u64(entry, 0);
        entry[21] |= W3D_BJSON_EXTERNAL;
    }
    s->row = W3D_BJSON_NONE;
    s->file.generation++;
    w3di_bjson_source_complete(s, s->fetched);
}

/* Reads a chunk behind the tables, which is then all but checked inside. */
static w3d_result w3di_bjson_source_take(w3d_bjson_source *s, const w3d_bjson_chunk_view *chunk,
                                         w3d_error *error)
{
    uint64_t whole = W3D_BJSON_CHUNK_SIZE + w3di_bjson_source_align(chunk->size);
    w3di_bjson_source_drop(s);
    w3d_result result = w3di_bjson_source_room(s, s->fetched + whole, chunk->at, error);
    if (result != W3D_OK) return result;
    unsigned char *to = s->image + s->fetched;
    result = w3di_bjson_source_read(s, chunk->at, to, (size_t)whole, error);
    if (result != W3D_OK) return result;
    if (w3d_load_u32(to) != chunk->kind || w3d_load_u64(to + 8) != chunk->size)
        return w3di_bjson_source_fail(error, chunk->at, "the file changes while it is read");
    s->chunk = chunk->at;
    result = w3di_bjson_source_settle(s, to, chunk->at, error);
    if (result == W3D_OK) s->file.size = s->fetched + whole;
    return result;
}

/* Checks the ID that was taken; `row` is what points to it, or W3D_BJSON_NONE: nothing does. */
static w3d_result w3di_bjson_source_check_id(w3d_bjson_source *s, uint32_t row, uint64_t length,
                                             w3d_error *error)
{
    w3d_bjson file = s->file;
    if (row != W3D_BJSON_NONE) {
        unsigned char *entry = w3di_bjson_source_entry(s, row);
        w3d_store_u64(entry, s->fetched);
        if (!(s->rows[row] & 1u)) entry[21] &= (unsigned char)~W3D_BJSON_EXTERNAL;
        s->row = row;
    }
    file.flags = s->header.flags & W3D_BJSON_CRC; /* the row still has the ID's crc32c */
    w3d_result result =
        w3d_bjson_validate_id(&file, s->fetched + W3D_BJSON_CHUNK_SIZE, length, s->fetched, error);
    return w3di_bjson_source_translate(s, result, error);
}

W3D_API w3d_result w3d_bjson_source_fetch(w3d_bjson_source *source, uint32_t row, w3d_bjson_id *id,
                                          w3d_error *error)
{
    w3d_bjson_source *s = source;
    w3d_bjson_chunk_view chunk;
    unsigned char head[W3D_BJSON_CHUNK_SIZE];
    if (row >= s->header.id_count)
        return w3d_error_set(error, W3D_ERR_INDEX, 0, "a row that the file does not have");
    w3di_bjson_source_drop(s);
    if (!s->rows[row]) {
        w3d_bjson_id_at(&s->file, row, id);
        return w3d_error_set(error, W3D_ERR_NOT_FOUND, 0, "the ID is deleted, or outside the file");
    }
    chunk.at = s->rows[row] & ~(uint64_t)1;
    w3d_result result = w3di_bjson_source_read(s, chunk.at, head, sizeof head, error);
    if (result != W3D_OK) return result;
    chunk.kind = w3d_load_u32(head);
    chunk.aux = w3d_load_u32(head + 4);
    chunk.payload = chunk.at + W3D_BJSON_CHUNK_SIZE;
    chunk.size = w3d_load_u64(head + 8);
    if (chunk.kind != W3D_BJSON_CHUNK_ID)
        return w3di_bjson_source_fail(error, chunk.at, "a row of REFS points to no ID");
    if (chunk.size > s->desc.size - chunk.payload)
        return w3di_bjson_source_fail(error, chunk.at + 8,
                                      "a chunk reaches beyond the end of the file");
    result = w3di_bjson_source_take(s, &chunk, error);
    if (result == W3D_OK) result = w3di_bjson_source_check_id(s, row, chunk.size, error);
    if (result == W3D_OK) {
        w3di_bjson_source_complete(s, s->file.size);
        result = w3d_bjson_id_at(&s->file, row, id); /* of an ID just checked: it is there */
        if (result != W3D_OK)
            result = w3di_bjson_source_fail(error, chunk.at, "a row without an ID");
    }
    if (result != W3D_OK) w3di_bjson_source_drop(s);
    return result;
}

W3D_API w3d_result w3d_bjson_source_meta(w3d_bjson_source *source, w3d_bjson_id *pseudo,
                                         w3d_bjson_view *map, w3d_error *error)
{
    w3d_bjson_source *s = source;
    w3d_bjson_chunk_view chunk;
    w3d_result result;
    w3d_fill(&chunk, 0, sizeof chunk);
    do result = w3d_bjson_source_chunk_next(s, &chunk, error);
    while (result == W3D_OK && chunk.kind != W3D_BJSON_CHUNK_META);
    if (result != W3D_OK) return result;
    result = w3di_bjson_source_take(s, &chunk, error);
    if (result == W3D_OK) {
        result =
            w3d_bjson_validate_meta(&s->file, s->fetched + W3D_BJSON_CHUNK_SIZE, chunk.size, error);
        result = w3di_bjson_source_translate(s, result, error);
    }
    if (result == W3D_OK) {
        w3di_bjson_source_complete(s, s->file.size);
        if (!w3d_bjson_meta(&s->file, pseudo, map))
            result = w3di_bjson_source_fail(error, chunk.at, "a meta chunk that is no map");
    }
    if (result != W3D_OK) w3di_bjson_source_drop(s);
    return result;
}

/* ---- the whole file ---- */

/* The row that an ID in memory says is its own, if that row points to it; else W3D_BJSON_NONE,
 * which the check of the ID then refuses with its reason. */
static uint32_t w3di_bjson_source_own_row(const w3d_bjson_source *s, uint64_t length,
                                          uint64_t chunk)
{
    const unsigned char *payload = s->image + s->fetched + W3D_BJSON_CHUNK_SIZE;
    uint64_t at = 3;
    while (at < length && payload[(size_t)at]) at++;
    at = (at + 8) & ~(uint64_t)7;
    if (!w3d_size_inside(at, 16, length)) return W3D_BJSON_NONE;
    at += 8 + (uint64_t)w3d_load_u32(payload + (size_t)at);
    if (!w3d_size_inside(at, 8, length)) return W3D_BJSON_NONE;
    uint32_t row = w3d_load_u32(payload + (size_t)at);
    if (row >= s->header.id_count || (s->rows[row] & ~(uint64_t)1) != chunk) return W3D_BJSON_NONE;
    return row;
}

/* A chunk whose payload is only summed up: in pieces, behind the tables. */
static w3d_result w3di_bjson_source_skip(w3d_bjson_source *s, const w3d_bjson_chunk_view *chunk,
                                         w3d_error *error)
{
    uint64_t end = chunk->payload + chunk->size, padded = w3di_bjson_source_align(end);
    int summed = s->header.flags & W3D_BJSON_CRC && chunk->kind != W3D_BJSON_CHUNK_HOLE &&
                 chunk->kind != W3D_BJSON_CHUNK_END;
    uint32_t crc = 0;
    w3d_result result =
        w3di_bjson_source_room(s, s->fetched + W3DI_BJSON_SOURCE_PIECE, chunk->at, error);
    unsigned char *piece = s->image + s->fetched;
    for (uint64_t at = chunk->payload; summed && at < end && result == W3D_OK;) {
        size_t step =
            end - at < W3DI_BJSON_SOURCE_PIECE ? (size_t)(end - at) : W3DI_BJSON_SOURCE_PIECE;
        result = w3di_bjson_source_read(s, at, piece, step, error);
        if (result == W3D_OK) crc = w3d_crc32c(crc, piece, step);
        at += step;
    }
    if (result != W3D_OK) return result;
    if (chunk->aux != crc && !crc)
        return w3di_bjson_source_fail(error, chunk->at + 4,
                                      "a chunk states a checksum it cannot have");
    if (chunk->aux != crc)
        return w3d_error_set(error, W3D_ERR_CHECKSUM, chunk->at,
                             "a chunk's checksum does not match");
    result = w3di_bjson_source_read(s, end, piece, (size_t)(padded - end), error);
    for (size_t i = 0; i < padded - end && result == W3D_OK; i++)
        if (piece[i])
            result = w3di_bjson_source_fail(error, end + i,
                                            "a byte that belongs to nothing is not zero");
    return result;
}

/* What the walk has met so far. */
typedef struct w3di_bjson_source_count {
    uint32_t ids, tables, metas, hashes;
} w3di_bjson_source_count;

static w3d_result w3di_bjson_source_check(w3d_bjson_source *s, const w3d_bjson_chunk_view *chunk,
                                          w3di_bjson_source_count *count, w3d_error *error)
{
    w3d_result result;
    uint64_t payload = s->fetched + W3D_BJSON_CHUNK_SIZE;
    switch (chunk->kind) {
    case W3D_BJSON_CHUNK_ID:
        count->ids++;
        result = w3di_bjson_source_take(s, chunk, error);
        if (result != W3D_OK) return result;
        return w3di_bjson_source_check_id(s, w3di_bjson_source_own_row(s, chunk->size, chunk->at),
                                          chunk->size, error);
    case W3D_BJSON_CHUNK_KEYS:
    case W3D_BJSON_CHUNK_SHAP:
    case W3D_BJSON_CHUNK_REFS:
        count->tables++; /* it was checked when it was read */
        for (int i = 0; i < 3; i++)
            if (s->tables[i].at == chunk->at) return W3D_OK;
        return w3di_bjson_source_fail(error, chunk->at, "a second table of its kind");
    case W3D_BJSON_CHUNK_META:
    case W3D_BJSON_CHUNK_HASH:
    case W3D_BJSON_CHUNK_SIGN:
        result = w3di_bjson_source_take(s, chunk, error);
        if (result != W3D_OK) return result;
        if (chunk->kind == W3D_BJSON_CHUNK_META && count->metas++)
            return w3di_bjson_source_fail(error, chunk->at, "a second meta");
        if (chunk->kind == W3D_BJSON_CHUNK_HASH && count->hashes++)
            return w3di_bjson_source_fail(error, chunk->at, "a second hash");
        result = chunk->kind == W3D_BJSON_CHUNK_META
                     ? w3d_bjson_validate_meta(&s->file, payload, chunk->size, error)
                     : w3d_bjson_validate_seal(&s->file, chunk->kind, payload, chunk->size, error);
        return w3di_bjson_source_translate(s, result, error);
    case W3D_BJSON_CHUNK_END:
        count->tables++;
        if (!(s->header.flags & W3D_BJSON_STREAMED) || chunk->at != s->header.at)
            return w3di_bjson_source_fail(error, chunk->at,
                                          "an END chunk where the file does not end");
        break;
    default:
        if ((chunk->kind & 0xFFu) < 'a' || (chunk->kind & 0xFFu) > 'z')
            return w3d_error_set(error, W3D_ERR_UNSUPPORTED, chunk->at,
                                 "a chunk of an unknown critical kind");
    }
    return w3di_bjson_source_skip(s, chunk, error);
}

W3D_API w3d_result w3d_bjson_source_validate(w3d_bjson_source *source, w3d_error *error)
{
    w3d_bjson_source *s = source;
    w3d_bjson_chunk_view chunk;
    w3di_bjson_source_count count;
    w3d_result result;
    uint32_t present = 0;
    int end = 0;
    w3d_fill(&count, 0, sizeof count);
    w3d_fill(&chunk, 0, sizeof chunk);
    do {
        result = w3di_bjson_source_next(s, &chunk, &end, error);
        if (result == W3D_OK && !end) result = w3di_bjson_source_check(s, &chunk, &count, error);
    } while (result == W3D_OK && !end);
    w3di_bjson_source_drop(s);
    if (result != W3D_OK) return result;
    /* A table that the walk did not meet lies inside another chunk. */
    if (count.tables != 3u + (s->header.flags & W3D_BJSON_STREAMED))
        return w3di_bjson_source_fail(error, s->header.at + 24,
                                      "a table lies inside another chunk");
    for (uint32_t row = 0; row < s->header.id_count; row++) present += s->rows[row] != 0;
    /* Each ID found has its own row, so equal counts leave no row that points elsewhere. */
    if (present != count.ids)
        return w3di_bjson_source_fail(error, s->tables[W3DI_BJSON_SOURCE_REFS].at,
                                      "REFS has a row whose chunk is no ID");
    return W3D_OK;
}

#undef W3DI_BJSON_SOURCE_PIECE
