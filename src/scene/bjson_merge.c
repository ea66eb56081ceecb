/* bjson_merge.c - plans every size, then copies: chunks whole, payloads with their numbers changed.
 *
 * What has to change in a payload is found by walking its maps and lists, and only where there is
 * something: shapes that got other numbers, or a heap that a longer name has moved. It moves by a
 * multiple of 16, with zeros between the record and it, so that all arrays stay aligned. */
#include "scene/bjson_merge.h"

#include "core/bytes.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_header.h"
#include "scene/bjson_merge_meta.h"
#include "scene/bjson_merge_names.h"
#include "scene/bjson_merge_tables.h"

/* Places among the sources of keys and shapes. */
enum { W3DI_BJSON_MERGE_INTO, W3DI_BJSON_MERGE_FROM, W3DI_BJSON_MERGE_META };

enum { W3DI_BJSON_MERGE_AHEAD = 16384 }; /* bytes copied at once */

typedef struct w3di_bjson_merge_state {
    const w3d_bjson_merge_desc *desc;
    w3d_error *error;
    w3di_bjson_tables_memory memory;
    w3di_bjson_merge_tables tables;
    w3di_bjson_merge_names names;
    w3d_bjson empty; /* stands for desc->into where that is NULL */
    const w3d_bjson *into;
    w3d_bjson meta; /* a file that has the new meta and nothing else */
    int has_meta;
    int crc;
    uint32_t *row_of;   /* [from->id_count] */
    uint32_t *numbers;  /* [from->id_count] of names, 0: it stays; NULL: all stay */
    uint32_t row_count; /* of the result */
    uint32_t taken_count, renamed_count, cut_count;
    uint64_t size; /* of the result */
    uint64_t kept; /* all chunks of `into` that stay end before this and nothing else does; or 0 */
    uint64_t from_ids; /* bytes of all ID chunks of `from` */
    uint64_t longest;  /* bytes of an ID of `from` up to its arrays, as written */
    uint64_t keys_at, shapes_at, refs_at; /* of the chunks */
    /* Writing. */
    unsigned char *dst;  /* NULL: there is a sink */
    unsigned char *head; /* with a sink: `longest` bytes */
    unsigned char *refs; /* payload of REFS */
    uint64_t at;         /* bytes written */
    /* Of `from` [ahead, ahead_end) lies at ahead_at of dst, in advance. */
    uint64_t ahead, ahead_end, ahead_at;
} w3di_bjson_merge_state;

/* An ID of `from` as it will be. Offsets from the payload's start, old and new. */
typedef struct w3di_bjson_merge_layout {
    w3d_bjson_id id;
    unsigned char made[W3D_BJSON_NAME_LIMIT]; /* the new name, where it is another one */
    const unsigned char *name;
    uint32_t name_size;
    uint32_t record_size;
    uint64_t old_properties, properties;
    uint64_t shift; /* of all behind the record, modulo 2^64 */
    uint64_t old_large, large, size;
} w3di_bjson_merge_layout;

/* Where a walk over properties is. */
typedef struct w3di_bjson_merge_walk {
    const w3d_bjson *file;
    const unsigned char *src; /* the payload ... */
    uint64_t size;            /* ... up to the arrays */
    unsigned char *dst;       /* the copy; NULL: shapes are only marked as used */
    uint64_t shift;           /* of the copy's heap */
    uint32_t *shapes;         /* numbers in the result */
} w3di_bjson_merge_walk;

static w3d_result w3di_bjson_merge_container(const w3di_bjson_merge_walk *walk, uint32_t tag,
                                             uint64_t at, uint32_t depth);

static w3d_result w3di_bjson_merge_fail(const w3di_bjson_merge_state *s, w3d_result code,
                                        uint64_t offset, const char *text)
{
    return w3d_error_set(s->error, code, offset, text);
}

static w3d_result w3di_bjson_merge_no_memory(const w3di_bjson_merge_state *s)
{
    return w3di_bjson_merge_fail(s, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for a merge");
}

static w3d_result w3di_bjson_merge_changed(const w3di_bjson_merge_state *s)
{
    return w3di_bjson_merge_fail(s, W3D_ERR_FORMAT, 0,
                                 "a file is not what it was when it was checked");
}

static uint64_t w3di_bjson_merge_align(uint64_t offset, uint64_t alignment)
{
    return (offset + (alignment - 1)) & ~(alignment - 1);
}

static uint64_t w3di_bjson_merge_least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* What a payload takes with its head and the zeros behind. */
static uint64_t w3di_bjson_merge_chunk_size(uint64_t length)
{
    return W3D_BJSON_CHUNK_SIZE + w3di_bjson_merge_align(length, 16);
}

/* ---- the walk over properties ---- */

/* Marks a shape as used, or puts its new number at `dst_at` of the copy. */
static w3d_result w3di_bjson_merge_shape(const w3di_bjson_merge_walk *walk, uint32_t shape,
                                         uint64_t dst_at)
{
    if (shape >= walk->file->shape_count) return W3D_ERR_FORMAT;
    if (walk->dst)
        w3d_store_u32(walk->dst + (size_t)dst_at, walk->shapes[shape]);
    else
        walk->shapes[shape] = 0;
    return W3D_OK;
}

/* One value whose inline bytes are at `at` in the source and at `dst_at` in the copy. */
static w3d_result w3di_bjson_merge_value(const w3di_bjson_merge_walk *walk, uint32_t tag,
                                         uint64_t at, uint64_t dst_at, uint32_t depth)
{
    if (!w3d_size_inside(at, 8, walk->size)) return W3D_ERR_FORMAT;
    uint32_t offset = w3d_load_u32(walk->src + (size_t)at);
    if (walk->dst && walk->shift)
        w3d_store_u32(walk->dst + (size_t)dst_at, (uint32_t)(offset + walk->shift));
    if (tag != W3D_BJSON_MAP && tag != W3D_BJSON_LIST) return W3D_OK;
    return w3di_bjson_merge_container(walk, tag, offset, depth + 1);
}

/* A record at `at` of the source and `dst_at` of the copy: of its values those that own a heap. */
static w3d_result w3di_bjson_merge_record(const w3di_bjson_merge_walk *walk, uint32_t shape,
                                          uint64_t at, uint64_t dst_at, uint32_t depth)
{
    uint32_t count = 0;
    const unsigned char *fields = w3di_bjson_tables_shape(walk->file, shape, &count);
    if (!fields) return W3D_ERR_FORMAT;
    for (uint32_t i = 0; i < count; i++, fields += W3D_BJSON_FIELD_SIZE) {
        uint32_t tag = fields[4], offset = w3d_load_u32(fields + 8);
        if (!w3d_bjson_tag_is_heap(tag)) continue;
        if (!walk->shift && tag != W3D_BJSON_MAP && tag != W3D_BJSON_LIST) continue;
        w3d_result result = w3di_bjson_merge_value(walk, tag, at + offset, dst_at + offset, depth);
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

/* A map or list in the heap. */
static w3d_result w3di_bjson_merge_container(const w3di_bjson_merge_walk *walk, uint32_t tag,
                                             uint64_t at, uint32_t depth)
{
    if (depth > W3D_BJSON_DEPTH_LIMIT || !w3d_size_inside(at, 8, walk->size)) return W3D_ERR_FORMAT;
    uint32_t first = w3d_load_u32(walk->src + (size_t)at);
    if (tag == W3D_BJSON_MAP) {
        w3d_result result = w3di_bjson_merge_shape(walk, first, at + walk->shift);
        if (result != W3D_OK) return result;
        return w3di_bjson_merge_record(walk, first, at + 8, at + 8 + walk->shift, depth);
    }
    uint64_t types = at + 4, slots = at + w3di_bjson_merge_align(4 + (uint64_t)first * 4, 8);
    if (!w3d_size_inside(slots, (uint64_t)first * 8, walk->size)) return W3D_ERR_FORMAT;
    for (uint32_t i = 0; i < first; i++) {
        uint32_t item = walk->src[(size_t)(types + (uint64_t)i * 4)];
        uint64_t slot = slots + (uint64_t)i * 8;
        if (!w3d_bjson_tag_is_heap(item) && item != W3D_BJSON_VECTOR) continue;
        w3d_result result = w3di_bjson_merge_value(walk, item, slot, slot + walk->shift, depth);
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

/* ---- which rows ---- */

/* The chunk, time, type and flags of a row of `from`. */
static const unsigned char *w3di_bjson_merge_entry(const w3d_bjson *file, uint32_t row)
{
    return file->bytes + (size_t)file->refs + (size_t)row * W3D_BJSON_ROW_SIZE;
}

/* 1 where the row is an ID, here or outside. */
static int w3di_bjson_merge_is_live(const w3d_bjson *file, uint32_t row)
{
    const unsigned char *entry = w3di_bjson_merge_entry(file, row);
    return w3d_load_u64(entry) != 0 || !(entry[21] & W3D_BJSON_DELETED);
}

/* Marks what the marked rows refer to, until nothing is new; every row is looked at once. */
static w3d_result w3di_bjson_merge_close(w3di_bjson_merge_state *s)
{
    const w3d_bjson *from = s->desc->from;
    uint32_t *waiting =
        (uint32_t *)w3di_bjson_tables_take(&s->memory, from->id_count, sizeof *waiting);
    uint32_t count = 0;
    if (!waiting) return w3di_bjson_merge_no_memory(s);
    for (uint32_t row = 0; row < from->id_count; row++)
        if (s->row_of[row] != W3D_BJSON_NONE) waiting[count++] = row;
    while (count > 0) {
        w3d_bjson_id id;
        w3d_result result = w3d_bjson_id_at(from, waiting[--count], &id);
        if (result == W3D_ERR_NOT_FOUND) continue;
        if (result != W3D_OK) return w3di_bjson_merge_changed(s);
        for (uint32_t i = 0; i < id.reference_count; i++) {
            uint32_t to = w3d_load_u32(from->bytes + (size_t)id.references + (size_t)i * 4);
            if (to >= from->id_count || s->row_of[to] != W3D_BJSON_NONE) continue;
            if (!w3di_bjson_merge_is_live(from, to)) continue;
            s->row_of[to] = 0;
            waiting[count++] = to;
        }
    }
    return W3D_OK;
}

/* Fills row_of. */
static w3d_result w3di_bjson_merge_choose(w3di_bjson_merge_state *s)
{
    const w3d_bjson_merge_desc *desc = s->desc;
    uint32_t count = desc->from->id_count;
    w3d_fill(s->row_of, desc->rows ? 0xFF : 0, (size_t)count * sizeof *s->row_of);
    for (uint32_t i = 0; desc->rows && i < desc->row_count; i++) {
        if (desc->rows[i] >= count)
            return w3di_bjson_merge_fail(s, W3D_ERR_INDEX, i, "a row asked for is not there");
        s->row_of[desc->rows[i]] = 0;
    }
    for (uint32_t row = 0; row < count; row++)
        if (!w3di_bjson_merge_is_live(desc->from, row)) s->row_of[row] = W3D_BJSON_NONE;
    if (desc->rows && desc->closure) {
        w3d_result result = w3di_bjson_merge_close(s);
        if (result != W3D_OK) return result;
    }
    uint64_t next = s->into->id_count;
    for (uint32_t row = 0; row < count; row++)
        if (s->row_of[row] != W3D_BJSON_NONE) {
            if (next >= W3D_BJSON_NONE - 1)
                return w3di_bjson_merge_fail(s, W3D_ERR_LIMIT, row, "more than 2^32 - 2 rows");
            s->row_of[row] = (uint32_t)next++;
        }
    s->row_count = (uint32_t)next;
    s->taken_count = s->row_count - s->into->id_count;
    return W3D_OK;
}

/* Marks the shapes that the rows taken use. */
static w3d_result w3di_bjson_merge_use_shapes(w3di_bjson_merge_state *s)
{
    const w3d_bjson *from = s->desc->from;
    w3di_bjson_merge_walk walk;
    walk.file = from;
    walk.dst = NULL;
    walk.shift = 0;
    walk.shapes = s->tables.sources[W3DI_BJSON_MERGE_FROM].shapes;
    for (uint32_t row = 0; row < from->id_count; row++) {
        w3d_bjson_id id;
        if (s->row_of[row] == W3D_BJSON_NONE) continue;
        w3d_result result = w3d_bjson_id_at(from, row, &id);
        if (result == W3D_ERR_NOT_FOUND) continue;
        if (result != W3D_OK) return w3di_bjson_merge_changed(s);
        walk.src = from->bytes + (size_t)id.payload;
        walk.size = id.references - id.payload;
        uint64_t at = id.properties - id.payload;
        uint32_t shape = w3d_load_u32(walk.src + (size_t)at + 4);
        result = w3di_bjson_merge_shape(&walk, shape, 0);
        if (result == W3D_OK) result = w3di_bjson_merge_record(&walk, shape, at + 8, at + 8, 0);
        if (result != W3D_OK) return w3di_bjson_merge_changed(s);
    }
    return W3D_OK;
}

/* ---- what a payload becomes ---- */

/* Lays out an ID of `from`; W3D_ERR_NOT_FOUND: it is a row only. */
static w3d_result w3di_bjson_merge_layout_of(const w3di_bjson_merge_state *s, uint32_t row,
                                             w3di_bjson_merge_layout *out)
{
    const w3d_bjson *from = s->desc->from;
    w3d_bjson_id *id = &out->id;
    uint32_t count = 0, number = s->numbers ? s->numbers[row] : 0;
    w3d_result result = w3d_bjson_id_at(from, row, id);
    if (result == W3D_ERR_NOT_FOUND) return result;
    if (result != W3D_OK || id->name_size > W3D_BJSON_NAME_LIMIT)
        return w3di_bjson_merge_changed(s);
    out->name = (const unsigned char *)id->name;
    out->name_size = id->name_size;
    if (number) {
        uint32_t kept = w3di_bjson_merge_base(out->name, id->name_size);
        out->name_size = w3di_bjson_merge_write_name(out->name, kept, number, out->made);
        out->name = out->made;
    }
    out->old_properties = id->properties - id->payload;
    out->properties = w3di_bjson_merge_align(3 + (uint64_t)out->name_size + 1, 8);
    /* Up to the next multiple of 16, also from below 0. */
    out->shift = w3di_bjson_merge_align(out->properties - out->old_properties, 16);
    const unsigned char *payload = from->bytes + (size_t)id->payload;
    uint32_t shape = w3d_load_u32(payload + (size_t)out->old_properties + 4);
    const unsigned char *fields = w3di_bjson_tables_shape(from, shape, &count);
    if (!fields) return w3di_bjson_merge_changed(s);
    out->record_size = w3d_load_u32(fields - 4);
    out->old_large = id->large - id->payload;
    out->large = out->old_large + out->shift;
    out->size = id->size + out->shift;
    if (out->old_properties + 8 + out->record_size > id->references - id->payload - 8 ||
        out->old_large > id->size)
        return w3di_bjson_merge_changed(s);
    if (id->references - id->payload - 8 + out->shift > UINT32_MAX)
        return w3di_bjson_merge_fail(s, W3D_ERR_LIMIT, row, "an ID's properties are over 4 GiB");
    return W3D_OK;
}

/* Gives an ID's references their new rows; those to rows not taken become none, and are counted. */
static w3d_result w3di_bjson_merge_refer(w3di_bjson_merge_state *s, unsigned char *references,
                                         uint32_t count)
{
    uint32_t rows = s->desc->from->id_count;
    for (uint32_t i = 0; i < count; i++, references += 4) {
        uint32_t to = w3d_load_u32(references);
        if (to == W3D_BJSON_NONE) continue;
        if (to >= rows) return w3di_bjson_merge_changed(s);
        w3d_store_u32(references, s->row_of[to]);
        s->cut_count += s->row_of[to] == W3D_BJSON_NONE;
    }
    return W3D_OK;
}

/* Makes an ID's bytes up to its arrays. */
static w3d_result w3di_bjson_merge_make_head(w3di_bjson_merge_state *s,
                                             const w3di_bjson_merge_layout *ly, uint32_t row,
                                             unsigned char *dst)
{
    const w3d_bjson *from = s->desc->from;
    const w3d_bjson_id *id = &ly->id;
    const unsigned char *src = from->bytes + (size_t)id->payload;
    size_t old_heap = (size_t)(ly->old_properties + 8 + ly->record_size);
    size_t record_end = (size_t)(ly->properties + 8 + ly->record_size);
    size_t heap = old_heap + (size_t)ly->shift;
    w3d_copy(dst, src, 3);
    w3d_copy(dst + 3, ly->name, ly->name_size);
    w3d_fill(dst + 3 + ly->name_size, 0, (size_t)ly->properties - 3 - ly->name_size);
    w3d_copy(dst + (size_t)ly->properties, src + (size_t)ly->old_properties,
             8 + (size_t)ly->record_size);
    w3d_fill(dst + record_end, 0, heap - record_end);
    w3d_copy(dst + heap, src + old_heap, (size_t)ly->old_large - old_heap);

    uint64_t old_references = id->references - id->payload;
    unsigned char *references = dst + (size_t)(old_references + ly->shift);
    w3d_store_u32(dst + (size_t)ly->properties,
                  (uint32_t)(old_references + ly->shift - 8 - ly->properties - 8));
    w3d_store_u32(references - 8, s->row_of[row]);
    w3d_result result = w3di_bjson_merge_refer(s, references, id->reference_count);
    const w3di_bjson_merge_source *source = &s->tables.sources[W3DI_BJSON_MERGE_FROM];
    if (result != W3D_OK || (source->same_shapes && !ly->shift)) return result;
    w3di_bjson_merge_walk walk;
    walk.file = from;
    walk.src = src;
    walk.size = old_references - 8;
    walk.dst = dst;
    walk.shift = ly->shift;
    walk.shapes = source->shapes;
    uint32_t shape = w3d_load_u32(src + (size_t)ly->old_properties + 4);
    result = w3di_bjson_merge_shape(&walk, shape, ly->properties + 4);
    if (result == W3D_OK)
        result =
            w3di_bjson_merge_record(&walk, shape, ly->old_properties + 8, ly->properties + 8, 0);
    return result == W3D_OK ? W3D_OK : w3di_bjson_merge_changed(s);
}

/* ---- the plan ---- */

/* 1 where a chunk of `into` is copied. */
static int w3di_bjson_merge_is_kept(const w3di_bjson_merge_state *s, uint32_t kind)
{
    switch (kind) {
    case W3D_BJSON_CHUNK_KEYS:
    case W3D_BJSON_CHUNK_SHAP:
    case W3D_BJSON_CHUNK_REFS:
    case W3D_BJSON_CHUNK_END:
    case W3D_BJSON_CHUNK_HOLE:
    case W3D_BJSON_CHUNK_HASH:
    case W3D_BJSON_CHUNK_SIGN: return 0;
    case W3D_BJSON_CHUNK_META: return !s->has_meta;
    default: return 1;
    }
}

/* Takes names: into's as they are, then one for every ID of `from`. */
static w3d_result w3di_bjson_merge_rename(w3di_bjson_merge_state *s)
{
    const w3d_bjson *from = s->desc->from;
    w3d_bjson_id id;
    s->numbers = (uint32_t *)w3di_bjson_tables_take(&s->memory, from->id_count, sizeof(uint32_t));
    if (!s->numbers ||
        w3di_bjson_merge_names_begin(&s->names, &s->memory,
                                     s->into->id_count + 2 * (uint64_t)s->taken_count) != W3D_OK)
        return w3di_bjson_merge_no_memory(s);
    w3d_fill(s->numbers, 0, (size_t)from->id_count * sizeof(uint32_t));
    for (uint32_t row = 0; row < s->into->id_count; row++) {
        if (w3d_bjson_id_at(s->into, row, &id) != W3D_OK || id.name_size > W3D_BJSON_NAME_LIMIT)
            continue;
        w3di_bjson_merge_name *name =
            w3di_bjson_merge_names_entry(&s->names, (uint8_t)id.type,
                                         (const unsigned char *)id.name, id.name_size, 0);
        if (name) name->is_taken = 1;
    }
    for (uint32_t row = 0; row < from->id_count; row++) {
        if (s->row_of[row] == W3D_BJSON_NONE || w3d_bjson_id_at(from, row, &id) != W3D_OK ||
            id.name_size > W3D_BJSON_NAME_LIMIT)
            continue;
        w3d_result result =
            w3di_bjson_merge_names_take(&s->names, (uint8_t)id.type, (const unsigned char *)id.name,
                                        id.name_size, &s->numbers[row]);
        if (result != W3D_OK) return w3di_bjson_merge_fail(s, result, row, "no free name is left");
        s->renamed_count += s->numbers[row] != 0;
    }
    return W3D_OK;
}

/* 1 where only the row and the references of an ID change, so that its chunk is copied whole. */
static int w3di_bjson_merge_is_whole(const w3di_bjson_merge_state *s, uint32_t row)
{
    return !s->desc->sink && s->tables.sources[W3DI_BJSON_MERGE_FROM].same_shapes &&
           !(s->numbers && s->numbers[row]);
}

/* Adds up all chunks, in their order in the file. */
static w3d_result w3di_bjson_merge_measure(w3di_bjson_merge_state *s)
{
    const w3d_bjson *from = s->desc->from;
    w3d_bjson_chunk_view chunk;
    w3di_bjson_merge_layout layout;
    uint64_t size = W3D_BJSON_HEADER_SIZE, seals = s->desc->sign_count;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (s->desc->into && w3d_bjson_chunk_next(s->into, &chunk)) {
        if (!w3di_bjson_merge_is_kept(s, chunk.kind)) continue;
        s->kept = chunk.at == size ? size : 0; /* so far nothing has been left out */
        size += w3di_bjson_merge_chunk_size(chunk.size);
        if (s->kept) s->kept = size;
    }
    if (s->has_meta) {
        w3d_fill(&chunk, 0, sizeof chunk);
        while (w3d_bjson_chunk_next(&s->meta, &chunk))
            if (chunk.kind == W3D_BJSON_CHUNK_META) size += w3di_bjson_merge_chunk_size(chunk.size);
    }
    int all = s->taken_count == from->id_count && !s->numbers && from->id_count &&
              w3di_bjson_merge_is_whole(s, 0);
    if (all) size += s->from_ids;
    for (uint32_t row = 0; row < from->id_count && !all; row++) {
        if (s->row_of[row] == W3D_BJSON_NONE) continue;
        if (w3di_bjson_merge_is_whole(s, row)) { /* its head tells all */
            uint64_t at = w3d_load_u64(w3di_bjson_merge_entry(from, row));
            if (!at) continue;
            if (!w3d_size_inside(at, W3D_BJSON_CHUNK_SIZE, from->size))
                return w3di_bjson_merge_changed(s);
            uint64_t length = w3d_load_u64(from->bytes + (size_t)at + 8);
            if (length > from->size) return w3di_bjson_merge_changed(s);
            size += w3di_bjson_merge_chunk_size(length);
            continue;
        }
        w3d_result result = w3di_bjson_merge_layout_of(s, row, &layout);
        if (result == W3D_ERR_NOT_FOUND) continue;
        if (result != W3D_OK) return result;
        if (layout.large > s->longest) s->longest = layout.large;
        size += w3di_bjson_merge_chunk_size(layout.size);
    }
    s->keys_at = size;
    s->shapes_at = s->keys_at + w3di_bjson_merge_chunk_size(s->tables.keys_size);
    s->refs_at = s->shapes_at + w3di_bjson_merge_chunk_size(s->tables.shapes_size);
    size = s->refs_at + w3di_bjson_merge_chunk_size((uint64_t)s->row_count * W3D_BJSON_ROW_SIZE);
    if (s->desc->hash) seals++;
    size += seals * w3di_bjson_merge_chunk_size(W3D_BJSON_SIGN_SIZE);
    if (!s->desc->sink && size > SIZE_MAX / 2)
        return w3di_bjson_merge_fail(s, W3D_ERR_LIMIT, 0, "the file is larger than memory");
    s->size = size;
    return W3D_OK;
}

/* ---- writing ---- */

/* The next bytes of the file. */
static w3d_result w3di_bjson_merge_put(w3di_bjson_merge_state *s, const void *bytes, uint64_t size)
{
    if (size > s->size - s->at) return w3di_bjson_merge_changed(s);
    if (s->dst) {
        unsigned char *to = s->dst + (size_t)s->at;
        if (to != bytes) w3d_copy(to, bytes, (size_t)size);
    } else {
        w3d_result result = w3d_sink_write(s->desc->sink, bytes, (size_t)size);
        if (result != W3D_OK) return w3di_bjson_merge_fail(s, result, s->at, "the sink failed");
    }
    s->at += size;
    return W3D_OK;
}

/* Zeros to a multiple of 16. */
static w3d_result w3di_bjson_merge_pad(w3di_bjson_merge_state *s)
{
    static const unsigned char zeros[16] = { 0 };
    return w3di_bjson_merge_put(s, zeros, (0u - s->at) & 15u);
}

static w3d_result w3di_bjson_merge_put_head(w3di_bjson_merge_state *s, uint32_t kind, uint32_t aux,
                                            uint64_t length)
{
    unsigned char head[W3D_BJSON_CHUNK_SIZE];
    w3d_store_u32(head, kind);
    w3d_store_u32(head + 4, aux);
    w3d_store_u64(head + 8, length);
    return w3di_bjson_merge_put(s, head, sizeof head);
}

/* A whole chunk of bytes that are there. */
static w3d_result w3di_bjson_merge_put_chunk(w3di_bjson_merge_state *s, uint32_t kind,
                                             const void *bytes, uint64_t size)
{
    uint32_t aux = s->crc ? w3d_crc32c(0, bytes, (size_t)size) : 0;
    w3d_result result = w3di_bjson_merge_put_head(s, kind, aux, size);
    if (result == W3D_OK) result = w3di_bjson_merge_put(s, bytes, size);
    return result == W3D_OK ? w3di_bjson_merge_pad(s) : result;
}

/* into's chunks that stay; those that follow each other are copied together. */
static w3d_result w3di_bjson_merge_put_into(w3di_bjson_merge_state *s)
{
    const w3d_bjson *into = s->into;
    w3d_bjson_chunk_view chunk;
    uint64_t from = W3D_BJSON_HEADER_SIZE, end = from, moved = 0; /* bytes left out so far */
    w3d_result result = W3D_OK;
    w3d_fill(&chunk, 0, sizeof chunk);
    w3d_copy(s->refs, into->bytes + (size_t)into->refs,
             (size_t)into->id_count * W3D_BJSON_ROW_SIZE);
    if (s->kept) return w3di_bjson_merge_put(s, into->bytes + (size_t)from, s->kept - from);
    while (result == W3D_OK && w3d_bjson_chunk_next(into, &chunk)) {
        end = w3di_bjson_merge_align(chunk.payload + chunk.size, 16);
        if (!w3di_bjson_merge_is_kept(s, chunk.kind)) {
            result = w3di_bjson_merge_put(s, into->bytes + (size_t)from, chunk.at - from);
            moved += end - chunk.at;
            from = end;
            continue;
        }
        if (chunk.kind != W3D_BJSON_CHUNK_ID || !moved) continue;
        /* The ID names its row, where the chunk's new place is to be told. */
        const unsigned char *payload = into->bytes + (size_t)chunk.payload;
        uint64_t at = 3;
        while (at < chunk.size && payload[(size_t)at]) at++;
        at = w3di_bjson_merge_align(at + 1, 8);
        if (!w3d_size_inside(at, 8, chunk.size)) return w3di_bjson_merge_changed(s);
        at += 8 + (uint64_t)w3d_load_u32(payload + (size_t)at);
        if (!w3d_size_inside(at, 4, chunk.size)) return w3di_bjson_merge_changed(s);
        uint32_t row = w3d_load_u32(payload + (size_t)at);
        if (row >= into->id_count) return w3di_bjson_merge_changed(s);
        w3d_store_u64(s->refs + (size_t)row * W3D_BJSON_ROW_SIZE, chunk.at - moved);
    }
    if (result == W3D_OK) result = w3di_bjson_merge_put(s, into->bytes + (size_t)from, end - from);
    return result;
}

/* The new meta: that of its file, with the numbers its shapes have here. */
static w3d_result w3di_bjson_merge_put_meta(w3di_bjson_merge_state *s)
{
    w3d_bjson_chunk_view chunk;
    w3di_bjson_merge_walk walk;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(&s->meta, &chunk)) {
        if (chunk.kind != W3D_BJSON_CHUNK_META) continue;
        /* The file is our own, and is changed in place. */
        unsigned char *payload =
            (unsigned char *)(uintptr_t)(s->meta.bytes + (size_t)chunk.payload);
        walk.file = &s->meta;
        walk.src = payload;
        walk.size = chunk.size;
        walk.dst = payload;
        walk.shift = 0;
        walk.shapes = s->tables.sources[W3DI_BJSON_MERGE_META].shapes;
        uint32_t shape = w3d_load_u32(payload);
        w3d_result result = w3di_bjson_merge_record(&walk, shape, 8, 8, 0);
        if (result == W3D_OK) result = w3di_bjson_merge_shape(&walk, shape, 0);
        if (result != W3D_OK) return w3di_bjson_merge_changed(s);
        return w3di_bjson_merge_put_chunk(s, W3D_BJSON_CHUNK_META, payload, chunk.size);
    }
    return W3D_OK;
}

/* An ID's chunk as it is, but for its row and its references. `entry`: its row of REFS. */
static w3d_result w3di_bjson_merge_put_whole(w3di_bjson_merge_state *s, uint32_t row,
                                             unsigned char *entry)
{
    const w3d_bjson *from = s->desc->from;
    unsigned char *dst = s->dst + (size_t)s->at, *payload = dst + W3D_BJSON_CHUNK_SIZE;
    w3d_bjson_id id;
    w3d_result result = w3d_bjson_id_at(from, row, &id);
    if (result == W3D_ERR_NOT_FOUND) return W3D_OK;
    uint64_t whole = w3di_bjson_merge_chunk_size(result == W3D_OK ? id.size : 0);
    if (result != W3D_OK || whole > s->keys_at - s->at ||
        !w3d_size_inside(id.payload - W3D_BJSON_CHUNK_SIZE, whole, from->size))
        return w3di_bjson_merge_changed(s);
    uint64_t at = id.payload - W3D_BJSON_CHUNK_SIZE;
    if (at < s->ahead || at + whole > s->ahead_end || at - s->ahead != s->at - s->ahead_at) {
        /* The next rows' chunks follow this one in most files: they are copied together, though no
         * more than stays in the first cache until its turn comes. */
        uint64_t step = w3di_bjson_merge_least(W3DI_BJSON_MERGE_AHEAD, from->size - at);
        step = w3di_bjson_merge_least(step, s->keys_at - s->at);
        if (step < whole) step = whole;
        w3d_copy(dst, from->bytes + (size_t)at, (size_t)step);
        s->ahead = at;
        s->ahead_end = at + step;
        s->ahead_at = s->at;
    }
    unsigned char *references = payload + (size_t)(id.references - id.payload);
    w3d_store_u32(references - 8, s->row_of[row]);
    result = w3di_bjson_merge_refer(s, references, id.reference_count);
    w3d_store_u64(entry, s->at);
    if (s->crc) w3d_store_u32(entry + 16, w3d_crc32c(0, payload, (size_t)id.size));
    s->at += whole;
    return result;
}

/* One ID of `from` and its row of REFS. */
static w3d_result w3di_bjson_merge_put_id(w3di_bjson_merge_state *s, uint32_t row)
{
    const w3d_bjson *from = s->desc->from;
    w3di_bjson_merge_layout layout;
    unsigned char *entry = s->refs + (size_t)s->row_of[row] * W3D_BJSON_ROW_SIZE;
    w3d_copy(entry, w3di_bjson_merge_entry(from, row), W3D_BJSON_ROW_SIZE);
    w3d_store_u32(entry + 16, 0);
    if (w3di_bjson_merge_is_whole(s, row)) return w3di_bjson_merge_put_whole(s, row, entry);
    w3d_result result = w3di_bjson_merge_layout_of(s, row, &layout);
    if (result == W3D_ERR_NOT_FOUND) return W3D_OK;
    if (result != W3D_OK) return result;
    if (w3di_bjson_merge_chunk_size(layout.size) > s->keys_at - s->at ||
        (!s->dst && layout.large > s->longest))
        return w3di_bjson_merge_changed(s);
    w3d_store_u64(entry, s->at);
    result = w3di_bjson_merge_put_head(s, W3D_BJSON_CHUNK_ID, 0, layout.size);
    if (result != W3D_OK) return result;
    unsigned char *head = s->dst ? s->dst + (size_t)s->at : s->head;
    const unsigned char *arrays = from->bytes + (size_t)(layout.id.payload + layout.old_large);
    uint64_t arrays_size = layout.size - layout.large;
    result = w3di_bjson_merge_make_head(s, &layout, row, head);
    if (result != W3D_OK) return result;
    if (s->crc)
        w3d_store_u32(entry + 16, w3d_crc32c(w3d_crc32c(0, head, (size_t)layout.large), arrays,
                                             (size_t)arrays_size));
    result = w3di_bjson_merge_put(s, head, layout.large);
    if (result == W3D_OK) result = w3di_bjson_merge_put(s, arrays, arrays_size);
    return result == W3D_OK ? w3di_bjson_merge_pad(s) : result;
}

static w3d_result w3di_bjson_merge_put_header(w3di_bjson_merge_state *s)
{
    unsigned char header[W3D_BJSON_HEADER_SIZE];
    w3di_bjson_header file;
    file.size = s->size;
    file.refs = s->refs_at;
    file.keys = s->keys_at;
    file.shapes = s->shapes_at;
    file.id_count = s->row_count;
    file.key_count = s->tables.key_count;
    file.shape_count = s->tables.shape_count;
    file.flags = s->crc ? W3D_BJSON_CRC : 0;
    w3di_bjson_header_write(header, &file);
    return w3di_bjson_merge_put(s, header, sizeof header);
}

/* The whole file, in order. */
static w3d_result w3di_bjson_merge_write(w3di_bjson_merge_state *s)
{
    const w3di_bjson_merge_tables *t = &s->tables;
    uint32_t seals = s->desc->sign_count;
    w3d_result result = w3di_bjson_merge_put_header(s);
    if (result == W3D_OK && s->desc->into) result = w3di_bjson_merge_put_into(s);
    if (result == W3D_OK && s->has_meta) result = w3di_bjson_merge_put_meta(s);
    for (uint32_t row = 0; row < s->desc->from->id_count && result == W3D_OK; row++)
        if (s->row_of[row] != W3D_BJSON_NONE) result = w3di_bjson_merge_put_id(s, row);
    if (result == W3D_OK && s->at != s->keys_at) result = w3di_bjson_merge_changed(s);
    if (result == W3D_OK)
        result = w3di_bjson_merge_put_chunk(s, W3D_BJSON_CHUNK_KEYS, t->keys, t->keys_size);
    if (result == W3D_OK)
        result = w3di_bjson_merge_put_chunk(s, W3D_BJSON_CHUNK_SHAP, t->shapes, t->shapes_size);
    if (result == W3D_OK)
        result = w3di_bjson_merge_put_chunk(s, W3D_BJSON_CHUNK_REFS, s->refs,
                                            (uint64_t)s->row_count * W3D_BJSON_ROW_SIZE);
    for (uint32_t i = s->desc->hash ? 0 : 1; i <= seals && result == W3D_OK; i++) {
        unsigned char seal[W3D_BJSON_SIGN_SIZE];
        w3d_fill(seal, 0, sizeof seal);
        w3d_store_u32(seal, W3D_BJSON_SHA256); /* HMAC-SHA-256 has the same number */
        result = w3di_bjson_merge_put_chunk(s, i ? W3D_BJSON_CHUNK_SIGN : W3D_BJSON_CHUNK_HASH,
                                            seal, sizeof seal);
        if (i == UINT32_MAX) break;
    }
    return result;
}

/* ---- the whole ---- */

/* Everything up to writing: rows, meta, shapes, names, sizes. */
static w3d_result w3di_bjson_merge_plan(w3di_bjson_merge_state *s)
{
    const w3d_bjson_merge_desc *desc = s->desc;
    w3di_bjson_merge_source *sources = s->tables.sources;
    uint64_t shapes_size = 0;
    int from_has_meta = 0;
    w3d_bjson_chunk_view chunk;
    w3d_result result = w3di_bjson_merge_choose(s);
    if (result != W3D_OK) return result;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(desc->from, &chunk)) {
        if (chunk.kind == W3D_BJSON_CHUNK_ID)
            s->from_ids += w3di_bjson_merge_chunk_size(chunk.size);
        from_has_meta |= chunk.kind == W3D_BJSON_CHUNK_META;
    }
    if (from_has_meta)
        result = w3di_bjson_merge_make_meta(&s->memory, s->into, desc->from, s->row_of, &s->meta,
                                            &s->has_meta);
    if (result == W3D_OK && desc->into)
        result =
            w3di_bjson_merge_add_source(&s->memory, &sources[W3DI_BJSON_MERGE_INTO], s->into, 1);
    if (result == W3D_OK)
        result = w3di_bjson_merge_add_source(&s->memory, &sources[W3DI_BJSON_MERGE_FROM],
                                             desc->from, !desc->rows);
    if (result == W3D_OK && s->has_meta)
        result =
            w3di_bjson_merge_add_source(&s->memory, &sources[W3DI_BJSON_MERGE_META], &s->meta, 1);
    if (result == W3D_OK && desc->rows) result = w3di_bjson_merge_use_shapes(s);
    for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES && result == W3D_OK; i++)
        if (sources[i].file) result = w3di_bjson_merge_use_keys(&sources[i], &shapes_size);
    if (result == W3D_OK) result = w3di_bjson_merge_keys(&s->tables, &s->memory);
    if (result == W3D_OK) result = w3di_bjson_merge_shapes(&s->tables, &s->memory, shapes_size);
    if (result == W3D_ERR_OUT_OF_MEMORY) return w3di_bjson_merge_no_memory(s);
    if (result == W3D_ERR_LIMIT)
        return w3di_bjson_merge_fail(s, result, 0, "the keys or shapes take more than 4 GiB");
    if (result != W3D_OK) return w3di_bjson_merge_changed(s);
    if (desc->rename) result = w3di_bjson_merge_rename(s);
    return result == W3D_OK ? w3di_bjson_merge_measure(s) : result;
}

/* Takes the memory that the bytes go to, or through. */
static w3d_result w3di_bjson_merge_open(w3di_bjson_merge_state *s)
{
    if (s->desc->sink) {
        s->head = (unsigned char *)w3di_bjson_tables_take(&s->memory, s->longest, 1);
        s->refs =
            (unsigned char *)w3di_bjson_tables_take(&s->memory, s->row_count, W3D_BJSON_ROW_SIZE);
        return s->head && s->refs ? W3D_OK : w3di_bjson_merge_no_memory(s);
    }
    s->dst = (unsigned char *)w3d_allocator_resize(s->desc->allocator, NULL, 0, (size_t)s->size);
    if (!s->dst) return w3di_bjson_merge_no_memory(s);
    s->refs = s->dst + (size_t)s->refs_at + W3D_BJSON_CHUNK_SIZE;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_merge(const w3d_bjson_merge_desc *desc, w3d_bjson_merged *out,
                                   w3d_error *error)
{
    w3di_bjson_merge_state s;
    w3d_fill(&s, 0, sizeof s);
    if (!desc || !desc->from || !out)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file to merge from, or no result");
    s.desc = desc;
    s.error = error;
    s.memory.allocator = desc->allocator;
    s.empty.bytes = desc->from->bytes;
    s.into = desc->into ? desc->into : &s.empty;
    s.crc = ((desc->into ? desc->into->flags : desc->from->flags) & W3D_BJSON_CRC) != 0;
    size_t rows_size = ((size_t)desc->from->id_count + 1) * sizeof(uint32_t);
    s.row_of = (uint32_t *)w3d_allocator_resize(desc->allocator, NULL, 0, rows_size);
    w3d_result result = s.row_of ? w3di_bjson_merge_plan(&s) : w3di_bjson_merge_no_memory(&s);
    if (result == W3D_OK) result = w3di_bjson_merge_open(&s);
    if (result == W3D_OK) result = w3di_bjson_merge_write(&s);
    w3di_bjson_tables_give_back(&s.memory, 0);
    if (result != W3D_OK) {
        if (s.dst) w3d_allocator_resize(desc->allocator, s.dst, (size_t)s.size, 0);
        if (s.row_of) w3d_allocator_resize(desc->allocator, s.row_of, rows_size, 0);
        return result;
    }
    w3d_fill(out, 0, sizeof *out);
    out->bytes = s.dst;
    out->size = s.size;
    out->row_of = s.row_of;
    out->row_of_count = desc->from->id_count;
    out->row_count = s.row_count;
    out->renamed_count = s.renamed_count;
    out->cut_count = s.cut_count;
    if (desc->allocator) out->allocator = *desc->allocator;
    return W3D_OK;
}

W3D_API void w3d_bjson_merged_destroy(w3d_bjson_merged *merged)
{
    if (!merged) return;
    if (merged->bytes)
        w3d_allocator_resize(&merged->allocator, merged->bytes, (size_t)merged->size, 0);
    if (merged->row_of)
        w3d_allocator_resize(&merged->allocator, merged->row_of,
                             ((size_t)merged->row_of_count + 1) * sizeof(uint32_t), 0);
    w3d_fill(merged, 0, sizeof *merged);
}
