/* bjson_read.c - walks a checked file; every step tests its own bounds and trusts none before.
 *
 * The tests cost a compare each and buy that a file in shared memory, or one damaged after the
 * check, can at worst give wrong values. */
#include "scene/bjson_read.h"

#include "core/bits.h"
#include "core/bytes.h"
#include "core/size.h"
#include "scene/bjson_validate.h"

/* The bytes [at, at + length) of the file, or NULL. */
static const unsigned char *w3di_bjson_read_at(const w3d_bjson *file, uint64_t at, uint64_t length)
{
    return w3d_size_inside(at, length, file->size) ? file->bytes + (size_t)at : NULL;
}

static uint64_t w3di_bjson_read_align(uint64_t offset, uint64_t alignment)
{
    return (offset + (alignment - 1)) & ~(alignment - 1);
}

W3D_API w3d_result w3d_bjson_read(const void *bytes, size_t size, w3d_bjson *file, w3d_error *error)
{
    if (!bytes || !file || ((uintptr_t)bytes & 7u) != 0)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no bytes, or bytes that are not on 8");
    return w3d_bjson_validate(bytes, size, file, error);
}

W3D_API void w3d_bjson_rebase(w3d_bjson *file, const void *bytes)
{
    file->bytes = (const unsigned char *)bytes;
    file->generation++;
}

W3D_API w3d_result w3d_bjson_id_at(const w3d_bjson *file, uint32_t row, w3d_bjson_id *id)
{
    if (row >= file->id_count) return W3D_ERR_INDEX;
    const unsigned char *entry =
        w3di_bjson_read_at(file, file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE,
                           W3D_BJSON_ROW_SIZE);
    if (!entry) return W3D_ERR_FORMAT;
    w3d_bjson_id found;
    w3d_fill(&found, 0, sizeof found);
    uint64_t chunk = w3d_load_u64(entry);
    found.file = file;
    found.name = "";
    found.row = row;
    found.time = w3d_load_i64(entry + 8);
    found.type = entry[20];
    found.flags = entry[21];
    if (!chunk) {
        *id = found;
        return W3D_ERR_NOT_FOUND;
    }
    const unsigned char *head = w3di_bjson_read_at(file, chunk, W3D_BJSON_CHUNK_SIZE);
    if (!head) return W3D_ERR_FORMAT;
    found.payload = chunk + W3D_BJSON_CHUNK_SIZE;
    found.size = w3d_load_u64(head + 8);
    const unsigned char *payload = w3di_bjson_read_at(file, found.payload, found.size);
    if (!payload) return W3D_ERR_FORMAT;
    uint64_t name_end = 3;
    while (name_end < found.size && payload[(size_t)name_end]) name_end++;
    uint64_t properties = w3di_bjson_read_align(name_end + 1, 8);
    if (name_end == found.size || !w3d_size_inside(properties, 16, found.size))
        return W3D_ERR_FORMAT;
    uint64_t references = properties + 8 + w3d_load_u32(payload + (size_t)properties);
    if (!w3d_size_inside(references, 8, found.size)) return W3D_ERR_FORMAT;
    found.name = (const char *)payload + 3;
    found.name_size = (uint32_t)(name_end - 3);
    found.properties = found.payload + properties;
    found.references = found.payload + references + 8;
    found.reference_count = w3d_load_u32(payload + (size_t)references + 4);
    uint64_t references_end = references + 8 + (uint64_t)found.reference_count * 4;
    found.large = found.payload + w3di_bjson_read_align(references_end, 16);
    if (references_end > found.size) return W3D_ERR_FORMAT;
    *id = found;
    return W3D_OK;
}

W3D_API uint32_t w3d_bjson_find(const w3d_bjson *file, uint32_t type, const char *name)
{
    size_t size = w3d_text_size(name);
    for (uint32_t row = 0; row < file->id_count; row++) {
        const unsigned char *entry =
            w3di_bjson_read_at(file, file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE,
                               W3D_BJSON_ROW_SIZE);
        if (!entry || entry[20] != type || !w3d_load_u64(entry)) continue;
        const unsigned char *text =
            w3di_bjson_read_at(file, w3d_load_u64(entry) + W3D_BJSON_CHUNK_SIZE + 3,
                               (uint64_t)size + 1);
        if (text && w3d_equal(text, name, size) && !text[size]) return row;
    }
    return W3D_BJSON_NONE;
}

/* ---- maps and lists ---- */

/* A map whose u32 shape is at `shape_at` and whose record is at `record`. */
static int w3di_bjson_read_map(w3d_bjson_view *view, uint64_t shape_at, uint64_t record)
{
    const w3d_bjson *file = view->id->file;
    const unsigned char *shape = w3di_bjson_read_at(file, shape_at, 4);
    if (!shape || w3d_load_u32(shape) >= file->shape_count) return 0;
    const unsigned char *index =
        w3di_bjson_read_at(file, file->shapes + (uint64_t)w3d_load_u32(shape) * 4, 4);
    if (!index) return 0;
    uint64_t at = file->shapes + w3d_load_u32(index);
    const unsigned char *head = w3di_bjson_read_at(file, at, 8);
    if (!head) return 0;
    view->count = w3d_load_u32(head);
    view->types = at + 8;
    view->slots = record;
    return w3d_size_inside(view->types, (uint64_t)view->count * W3D_BJSON_FIELD_SIZE, file->size);
}

static int w3di_bjson_read_list(w3d_bjson_view *view)
{
    const unsigned char *head = w3di_bjson_read_at(view->id->file, view->offset, 4);
    if (!head) return 0;
    view->count = w3d_load_u32(head);
    view->types = view->offset + 4;
    view->slots = view->offset + w3di_bjson_read_align(4 + (uint64_t)view->count * 4, 8);
    return w3d_size_inside(view->slots, (uint64_t)view->count * 8, view->id->file->size);
}

/* Completes a view whose id and type are set, from the value's inline bytes. */
static int w3di_bjson_read_value(w3d_bjson_view *view, uint64_t at, uint64_t inline_size,
                                 int in_list)
{
    const w3d_bjson *file = view->id->file;
    uint32_t known = w3d_bjson_inline_size(view->tag, view->subtype, view->n);
    view->offset = at;
    view->length = known ? known : inline_size;
    view->count = 1;
    view->types = 0;
    view->slots = 0;
    if (view->tag < 0x80u && !(in_list && view->tag == W3D_BJSON_VECTOR)) return 1;
    const unsigned char *place = w3di_bjson_read_at(file, at, 8);
    if (!place) return 0;
    uint64_t row = (uint64_t)view->n * w3d_bjson_subtype_size(view->subtype);
    view->offset = view->id->payload + w3d_load_u32(place);
    view->length = w3d_load_u32(place + 4);
    if (w3d_bjson_tag_is_large(view->tag)) {
        view->offset = view->id->large + (uint64_t)w3d_load_u32(place) * 16;
        view->count = w3d_load_u32(place + 4);
        view->length = view->count * row;
    }
    if (!w3d_size_inside(view->offset, view->length, file->size)) return 0;
    if (view->tag == W3D_BJSON_ARRAY) view->count = row ? (uint32_t)(view->length / row) : 0;
    if (view->tag == W3D_BJSON_MAP)
        return w3di_bjson_read_map(view, view->offset, view->offset + 8);
    if (view->tag == W3D_BJSON_LIST) return w3di_bjson_read_list(view);
    return 1;
}

/* The type in a shape's field (at + 4) or a list's types. */
static void w3di_bjson_read_type(w3d_bjson_view *view, const unsigned char *type)
{
    view->tag = type[0];
    view->subtype = type[1];
    view->n = w3d_load_u16(type + 2);
}

/* The value of one field of a map. */
static int w3di_bjson_read_field(const w3d_bjson_view *map, const unsigned char *field,
                                 w3d_bjson_view *view)
{
    w3d_bjson_view found;
    uint64_t at = map->slots + w3d_load_u32(field + 8);
    found.id = map->id;
    w3di_bjson_read_type(&found, field + 4);
    if (!w3di_bjson_read_value(&found, at, w3d_load_u32(field + 12), 0)) return 0;
    *view = found;
    return 1;
}

/* KEYS, or NULL where it does not end with a NUL any more: else each key ends within the file. */
static const char *w3di_bjson_read_keys(const w3d_bjson *file)
{
    const char *keys = (const char *)file->bytes + (size_t)file->keys;
    return file->keys_size && !keys[(size_t)file->keys_size - 1] ? keys : NULL;
}

W3D_API int w3d_bjson_properties(const w3d_bjson_id *id, w3d_bjson_view *view)
{
    w3d_bjson_view found;
    w3d_fill(&found, 0, sizeof found);
    found.id = id;
    found.tag = W3D_BJSON_MAP;
    const unsigned char *head = w3di_bjson_read_at(id->file, id->properties, 8);
    if (!head) return 0;
    found.offset = id->properties + 8;
    found.length = w3d_load_u32(head);
    if (!w3di_bjson_read_map(&found, id->properties + 4, id->properties + 8)) return 0;
    *view = found;
    return 1;
}

W3D_API int w3d_bjson_get(const w3d_bjson_id *id, const char *key, w3d_bjson_view *view)
{
    w3d_bjson_view map;
    return w3d_bjson_properties(id, &map) && w3d_bjson_member(&map, key, view);
}

W3D_API int w3d_bjson_member(const w3d_bjson_view *map, const char *key, w3d_bjson_view *view)
{
    const w3d_bjson *file = map->id->file;
    uint64_t size = (uint64_t)map->count * W3D_BJSON_FIELD_SIZE;
    const unsigned char *fields = w3di_bjson_read_at(file, map->types, size);
    const char *keys = w3di_bjson_read_keys(file);
    if (map->tag != W3D_BJSON_MAP || !fields || !keys) return 0;
    uint32_t low = 0, high = map->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const unsigned char *field = fields + (size_t)middle * W3D_BJSON_FIELD_SIZE;
        uint32_t offset = w3d_load_u32(field);
        if (offset >= file->keys_size) return 0;
        const unsigned char *name = (const unsigned char *)keys + offset;
        const unsigned char *wanted = (const unsigned char *)key;
        while (*name && *name == *wanted) name++, wanted++;
        if (*name == *wanted) return w3di_bjson_read_field(map, field, view);
        if (*name < *wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

W3D_API int w3d_bjson_item(const w3d_bjson_view *container, uint32_t index, const char **key,
                           w3d_bjson_view *view)
{
    const w3d_bjson *file = container->id->file;
    if (index >= container->count) return 0;
    if (container->tag == W3D_BJSON_MAP) {
        const unsigned char *field =
            w3di_bjson_read_at(file, container->types + (uint64_t)index * W3D_BJSON_FIELD_SIZE,
                               W3D_BJSON_FIELD_SIZE);
        const char *keys = w3di_bjson_read_keys(file);
        if (!field || !keys || w3d_load_u32(field) >= file->keys_size) return 0;
        if (!w3di_bjson_read_field(container, field, view)) return 0;
        if (key) *key = keys + w3d_load_u32(field);
        return 1;
    }
    if (container->tag != W3D_BJSON_LIST) return 0;
    const unsigned char *type = w3di_bjson_read_at(file, container->types + (uint64_t)index * 4, 4);
    w3d_bjson_view found;
    if (!type) return 0;
    found.id = container->id;
    w3di_bjson_read_type(&found, type);
    if (!w3di_bjson_read_value(&found, container->slots + (uint64_t)index * 8, 8, 1)) return 0;
    *view = found;
    if (key) *key = "";
    return 1;
}

/* ---- what a view holds ---- */

W3D_API int w3d_bjson_to_u64(const w3d_bjson_view *view, uint64_t *out)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    if (!bytes) return 0;
    switch (view->tag) {
    case W3D_BJSON_BOOL: *out = bytes[0]; return 1;
    case W3D_BJSON_I64:
    case W3D_BJSON_TIME:
        if (w3d_load_i64(bytes) < 0) return 0;
        *out = w3d_load_u64(bytes);
        return 1;
    case W3D_BJSON_U64: *out = w3d_load_u64(bytes); return 1;
    default: return 0;
    }
}

W3D_API int w3d_bjson_to_i64(const w3d_bjson_view *view, int64_t *out)
{
    uint64_t value;
    if (view->tag == W3D_BJSON_I64 || view->tag == W3D_BJSON_TIME) {
        const void *bytes = w3d_bjson_data(view);
        if (!bytes) return 0;
        *out = w3d_load_i64(bytes);
        return 1;
    }
    if (!w3d_bjson_to_u64(view, &value) || value > INT64_MAX) return 0;
    *out = (int64_t)value;
    return 1;
}

W3D_API int w3d_bjson_to_f64(const w3d_bjson_view *view, double *out)
{
    int64_t number;
    uint64_t large;
    if (view->tag == W3D_BJSON_F64) {
        const void *bytes = w3d_bjson_data(view);
        if (!bytes) return 0;
        *out = w3d_load_f64(bytes);
    } else if (w3d_bjson_to_i64(view, &number)) {
        *out = (double)number;
    } else if (w3d_bjson_to_u64(view, &large)) {
        *out = (double)large;
    } else {
        return 0;
    }
    return 1;
}

/* The row at an index of the ID's references. */
static uint32_t w3di_bjson_read_row(const w3d_bjson_id *id, uint32_t index)
{
    if (index >= id->reference_count) return W3D_BJSON_NONE;
    const unsigned char *row =
        w3di_bjson_read_at(id->file, id->references + (uint64_t)index * 4, 4);
    return row ? w3d_load_u32(row) : W3D_BJSON_NONE;
}

W3D_API int w3d_bjson_to_row(const w3d_bjson_view *view, uint32_t *out)
{
    const void *bytes = w3d_bjson_data(view);
    if (!bytes || view->tag != W3D_BJSON_REFERENCE) return 0;
    *out = w3di_bjson_read_row(view->id, w3d_load_u32(bytes));
    return 1;
}

W3D_API uint32_t w3d_bjson_row_at(const w3d_bjson_view *view, uint32_t index)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    if (!bytes || view->subtype != W3D_BJSON_SUB_REFERENCE || index >= view->length / 4)
        return W3D_BJSON_NONE;
    return w3di_bjson_read_row(view->id, w3d_load_u32(bytes + (size_t)index * 4));
}

/* One element that is no float as a float. */
static float w3di_bjson_read_float(const unsigned char *bytes, uint32_t subtype)
{
    switch (subtype) {
    case W3D_BJSON_SUB_U8: return (float)bytes[0];
    case W3D_BJSON_SUB_U16: return (float)w3d_load_u16(bytes);
    case W3D_BJSON_SUB_U32: return (float)w3d_load_u32(bytes);
    case W3D_BJSON_SUB_U64: return (float)w3d_load_u64(bytes);
    case W3D_BJSON_SUB_I8: return (float)(int8_t)bytes[0];
    case W3D_BJSON_SUB_I16: return (float)(int16_t)w3d_load_u16(bytes);
    case W3D_BJSON_SUB_I32: return (float)(int32_t)w3d_load_u32(bytes);
    case W3D_BJSON_SUB_I64: return (float)w3d_load_i64(bytes);
    case W3D_BJSON_SUB_F16: return w3d_f32_from_f16(w3d_load_u16(bytes));
    default: return (float)w3d_load_f64(bytes);
    }
}

W3D_API int w3d_bjson_to_f32(const w3d_bjson_view *view, float *out, uint32_t count)
{
    uint32_t size = w3d_bjson_subtype_size(view->subtype);
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    int is_number = view->subtype >= W3D_BJSON_SUB_U8 && view->subtype <= W3D_BJSON_SUB_F64 &&
                    view->subtype != 0x0Cu;
    if (!bytes || !is_number || !w3d_bjson_tag_has_subtype(view->tag)) return 0;
    if (view->length != (uint64_t)count * size) return 0;
    if (view->subtype == W3D_BJSON_SUB_F32)
        w3d_copy(out, bytes, (size_t)view->length);
    else
        for (uint32_t i = 0; i < count; i++)
            out[i] = w3di_bjson_read_float(bytes + (size_t)i * size, view->subtype);
    return 1;
}

W3D_API const char *w3d_bjson_to_text(const w3d_bjson_view *view, uint32_t *size)
{
    const char *text =
        (const char *)w3di_bjson_read_at(view->id->file, view->offset, view->length + 1);
    if (!text || view->tag != W3D_BJSON_STRING || text[(size_t)view->length]) return NULL;
    if (size) *size = (uint32_t)view->length;
    return text;
}
