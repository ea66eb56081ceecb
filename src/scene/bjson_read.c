/* bjson_read.c - walks a checked file; every step tests its own bounds and trusts none before.
 *
 * The tests cost a compare each and buy that a file in shared memory, or one damaged after the
 * check, can at worst give wrong values. */
#include "scene/bjson_read.h"

#include "core/bits.h"
#include "core/bytes.h"
#include "core/size.h"
#include "scene/bjson_validate.h"

#define W3DI_BJSON_READ_META W3D_BJSON_FOURCC('m', 'e', 't', 'a')

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

/* Where the properties begin, from the payload's start, or above `size`: not within the payload. A
 * name's last word ends with a NUL, and no other word does. */
W3D_INLINE uint64_t w3di_bjson_read_properties(const unsigned char *payload, uint64_t size)
{
    uint64_t last = 7;
    while (last < size && payload[(size_t)last]) last += 8;
    return last + 1;
}

/* Fills *id for a payload and the row that names it. All is worked out before the first store: an
 * error leaves *id, and no field is read back that was just written. */
W3D_INLINE w3d_result w3di_bjson_read_id(const w3d_bjson *file, uint32_t row,
                                         const unsigned char *entry, uint64_t payload,
                                         uint64_t size, w3d_bjson_id *id)
{
    const unsigned char *bytes = file->bytes + (size_t)payload;
    if (!w3d_size_inside(payload, size, file->size) || size < 3) return W3D_ERR_FORMAT;
    uint64_t properties = w3di_bjson_read_properties(bytes, size);
    if (!w3d_size_inside(properties, 16, size)) return W3D_ERR_FORMAT;
    uint64_t references = properties + 8 + w3d_load_u32(bytes + (size_t)properties);
    if (!w3d_size_inside(references, 8, size)) return W3D_ERR_FORMAT;
    uint32_t count = w3d_load_u32(bytes + (size_t)references + 4);
    uint64_t references_end = references + 8 + (uint64_t)count * 4;
    if (references_end > size) return W3D_ERR_FORMAT;
    id->file = file;
    id->name = (const char *)bytes + 3;
    id->name_size = w3d_bjson_name_size(id->name, bytes + (size_t)properties);
    id->row = row;
    id->time = entry ? w3d_load_i64(entry + 8) : 0;
    id->type = entry ? entry[20] : bytes[0];
    id->flags = entry ? entry[21] : 0;
    id->payload = payload;
    id->size = size;
    id->properties = payload + properties;
    id->references = payload + references + 8;
    id->reference_count = count;
    id->large = payload + w3di_bjson_read_align(references_end, 16);
    return W3D_OK;
}

/* The row's 24 bytes in REFS, or NULL. */
static const unsigned char *w3di_bjson_read_entry(const w3d_bjson *file, uint32_t row)
{
    uint64_t at = file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE; /* inside REFS, as the row is */
    return row < file->id_count ? file->bytes + (size_t)at : NULL;
}

W3D_API w3d_result w3d_bjson_id_at(const w3d_bjson *file, uint32_t row, w3d_bjson_id *id)
{
    const unsigned char *entry = w3di_bjson_read_entry(file, row);
    if (!entry) return row < file->id_count ? W3D_ERR_FORMAT : W3D_ERR_INDEX;
    uint64_t chunk = w3d_load_u64(entry);
    if (!chunk) {
        w3d_fill(id, 0, sizeof *id);
        id->file = file;
        id->name = "";
        id->row = row;
        id->time = w3d_load_i64(entry + 8);
        id->type = entry[20];
        id->flags = entry[21];
        return W3D_ERR_NOT_FOUND;
    }
    if (!w3d_size_inside(chunk, W3D_BJSON_CHUNK_SIZE, file->size)) return W3D_ERR_FORMAT;
    return w3di_bjson_read_id(file, row, entry, chunk + W3D_BJSON_CHUNK_SIZE,
                              w3d_load_u64(file->bytes + (size_t)chunk + 8), id);
}

W3D_API w3d_result w3d_bjson_id_of(const w3d_bjson *file, uint32_t row, uint64_t payload,
                                   uint64_t size, w3d_bjson_id *id)
{
    return w3di_bjson_read_id(file, row, w3di_bjson_read_entry(file, row), payload, size, id);
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

/* The fields of a shape; 0: there is none of that number, or they are not inside the file. */
static int w3di_bjson_read_fields_of(const w3d_bjson *file, uint32_t shape, uint64_t *types,
                                     uint32_t *count)
{
    const unsigned char *bytes = file->bytes;
    if (shape >= file->shape_count) return 0;
    uint64_t index = file->shapes + (uint64_t)shape * 4; /* inside SHAP, as the number is */
    uint64_t at = file->shapes + w3d_load_u32(bytes + (size_t)index);
    if (!w3d_size_inside(at, 8, file->size)) return 0;
    *count = w3d_load_u32(bytes + (size_t)at);
    *types = at + 8;
    return (uint64_t)*count * W3D_BJSON_FIELD_SIZE <= file->size - at - 8;
}

/* The same for the shape whose number is at `shape_at`. */
static int w3di_bjson_read_shape(const w3d_bjson *file, uint64_t shape_at, uint64_t *types,
                                 uint32_t *count)
{
    if (!w3d_size_inside(shape_at, 4, file->size)) return 0;
    return w3di_bjson_read_fields_of(file, w3d_load_u32(file->bytes + (size_t)shape_at), types,
                                     count);
}

/* Fills the view of a value from its type (tag, subtype, n), its inline bytes at `at` and their
 * number. *view is untouched where the bytes are not what they were when they were checked. */
static int w3di_bjson_read_value(const w3d_bjson_id *id, const unsigned char *type, uint64_t at,
                                 uint32_t inline_size, int in_list, w3d_bjson_view *view)
{
    const w3d_bjson *file = id->file;
    uint32_t tag = type[0], subtype = type[1], n = w3d_load_u16(type + 2);
    uint32_t known = w3d_bjson_inline_size(tag, subtype, n), count = 1;
    uint64_t offset = at, length = known ? known : inline_size, types = 0, slots = 0;
    if (tag >= 0x80u || (in_list && tag == W3D_BJSON_VECTOR)) {
        const unsigned char *place = w3di_bjson_read_at(file, at, 8);
        if (!place) return 0;
        uint64_t row = (uint64_t)n * w3d_bjson_subtype_size(subtype);
        offset = id->payload + w3d_load_u32(place);
        length = w3d_load_u32(place + 4);
        if (w3d_bjson_tag_is_large(tag)) {
            offset = id->large + (uint64_t)w3d_load_u32(place) * 16;
            count = (uint32_t)length;
            length *= row;
        }
        if (!w3d_size_inside(offset, length, file->size)) return 0;
        if (tag == W3D_BJSON_ARRAY) count = row ? (uint32_t)(length / row) : 0;
        if (tag == W3D_BJSON_MAP) {
            if (!w3di_bjson_read_shape(file, offset, &types, &count)) return 0;
            slots = offset + 8;
        }
        if (tag == W3D_BJSON_LIST) {
            const unsigned char *head = w3di_bjson_read_at(file, offset, 4);
            if (!head) return 0;
            count = w3d_load_u32(head);
            types = offset + 4;
            slots = offset + w3di_bjson_read_align(4 + (uint64_t)count * 4, 8);
            if (!w3d_size_inside(slots, (uint64_t)count * 8, file->size)) return 0;
        }
    }
    view->id = id;
    view->offset = offset;
    view->length = length;
    view->tag = tag;
    view->subtype = subtype;
    view->n = n;
    view->count = count;
    view->types = types;
    view->slots = slots;
    return 1;
}

/* The view of a value that lies in the record, at `at` in the file. */
W3D_INLINE int w3di_bjson_read_inline(const w3d_bjson_id *id, uint32_t type, uint64_t at,
                                      uint64_t length, w3d_bjson_view *view)
{
    view->id = id;
    view->offset = at;
    view->length = length;
    view->tag = type & 0xFFu;
    view->subtype = type >> 8 & 0xFFu;
    view->n = type >> 16;
    view->count = 1;
    view->types = 0;
    view->slots = 0;
    return 1;
}

/* Bytes that an inline value of a field takes, and what it is aligned to: w3d_bjson_inline_size and
 * w3d_bjson_alignment without branches by tag. Where names are read at random those cannot be
 * foretold, and a wrong guess is found out only when the record has come out of memory. */
W3D_INLINE uint32_t w3di_bjson_read_of_tag(uint32_t tag, uint32_t of_vector, uint32_t of_unknown)
{
    static const uint32_t sizes[16] = { 1, 1, 8, 8, 8, 4, 0, 8 };
    static const uint32_t vectors[16] = { 0, 0, 0, 0, 0, 0, 0, 0, UINT32_MAX };
    uint32_t known = tag < 16 ? sizes[tag & 15u] | (of_vector & vectors[tag & 15u]) : 0;
    return known ? known : of_unknown;
}
W3D_INLINE uint32_t w3di_bjson_read_size(const unsigned char *field)
{
    uint32_t vector = (uint32_t)w3d_load_u16(field + 6) << (field[5] & 3u);
    return w3di_bjson_read_of_tag(field[4], vector, w3d_load_u32(field + 12));
}
W3D_INLINE uint32_t w3di_bjson_read_alignment(const unsigned char *field)
{
    uint32_t element = w3d_bjson_subtype_size(field[5]);
    return w3di_bjson_read_of_tag(field[4], element, element);
}

/* The value of one field of a map. */
static int w3di_bjson_read_field(const w3d_bjson_view *map, const unsigned char *field,
                                 w3d_bjson_view *view)
{
    uint64_t at = map->slots + w3d_load_u32(field + 8);
    if (!w3d_bjson_tag_is_inline(field[4]))
        return w3di_bjson_read_value(map->id, field + 4, at, 8, 0, view);
    return w3di_bjson_read_inline(map->id, w3d_load_u32(field + 4), at, w3di_bjson_read_size(field),
                                  view);
}

/* KEYS, or NULL where it does not end with a NUL any more: else each key ends within the file. */
static const char *w3di_bjson_read_keys(const w3d_bjson *file)
{
    const char *keys = (const char *)file->bytes + (size_t)file->keys;
    return file->keys_size && !keys[(size_t)file->keys_size - 1] ? keys : NULL;
}

/* Below, at or above 0 as a key of at most `limit` bytes stands to a text: before it, is it, after
 * it. Reads no byte from `limit` on, even where the key has lost its NUL. */
static int w3di_bjson_read_compare(const unsigned char *key, const char *text, uint64_t limit)
{
    const unsigned char *wanted = (const unsigned char *)text;
    for (uint64_t i = 0; i < limit; i++) {
        uint32_t left = key[(size_t)i], right = wanted[(size_t)i];
        if (left != right) return left < right ? -1 : 1;
        if (!left) return 0;
    }
    return 1;
}

/* A field of a map where its fields still lie inside the file, else NULL. */
static const unsigned char *w3di_bjson_read_fields(const w3d_bjson_view *map)
{
    if (map->tag != W3D_BJSON_MAP) return NULL;
    return w3di_bjson_read_at(map->id->file, map->types,
                              (uint64_t)map->count * W3D_BJSON_FIELD_SIZE);
}

W3D_API int w3d_bjson_properties(const w3d_bjson_id *id, w3d_bjson_view *view)
{
    uint64_t length, offset = id->properties + 8, types, shape = id->properties + 4;
    uint32_t count;
    if (id->row == W3D_BJSON_NONE && id->properties == id->payload) {
        if (id->size < 8) return 0;
        shape = id->payload; /* meta: a map as in a heap */
        length = id->size - 8;
    } else {
        if (!w3d_size_inside(id->properties, 8, id->file->size)) return 0;
        length = w3d_load_u32(id->file->bytes + (size_t)id->properties);
    }
    if (!w3di_bjson_read_shape(id->file, shape, &types, &count)) return 0;
    view->id = id;
    view->offset = offset;
    view->length = length;
    view->tag = W3D_BJSON_MAP;
    view->subtype = W3D_BJSON_SUB_NONE;
    view->n = 0;
    view->count = count;
    view->types = types;
    view->slots = offset;
    return 1;
}

W3D_INLINE uint64_t w3di_bjson_read_swap(uint64_t v)
{
    v = (v & 0x00FF00FF00FF00FFu) << 8 | (v >> 8 & 0x00FF00FF00FF00FFu);
    v = (v & 0x0000FFFF0000FFFFu) << 16 | (v >> 16 & 0x0000FFFF0000FFFFu);
    return v << 32 | v >> 32;
}

/* The first 8 bytes of a text as a number, zeros in place of what it has not: these numbers order
 * as the texts do. */
W3D_INLINE uint64_t w3di_bjson_read_wanted(const char *text, size_t size)
{
    const unsigned char *t = (const unsigned char *)text;
    uint64_t v = 0;
    if (size >= 8) {
        v = w3d_load_u64(t);
    } else if (size >= 4) { /* two words that overlap */
        v = w3d_load_u32(t) | (uint64_t)w3d_load_u32(t + size - 4) << (size - 4) * 8;
    } else if (size) {
        v = t[0] | (uint64_t)t[size / 2] << size / 2 * 8 | (uint64_t)t[size - 1] << (size - 1) * 8;
    }
    return w3di_bjson_read_swap(v);
}

/* The same of a key, whose 8 bytes are inside the file; others may follow its NUL. */
W3D_INLINE uint64_t w3di_bjson_read_prefix(const unsigned char *key)
{
    uint64_t v = w3d_load_u64(key);
    uint64_t ends = (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
    return w3di_bjson_read_swap(v & (ends ^ (ends - 1))); /* all of it where there is no NUL */
}

/* Whether a key with the same first 8 bytes is the text; `limit`: bytes of KEYS from it on. */
W3D_INLINE int w3di_bjson_read_is(const unsigned char *key, const char *text, size_t size,
                                  uint64_t limit)
{
    if (size >= limit) return 0;
    if (size < 8) return 1; /* they end within the 8 */
    size_t last = size - 7; /* the last 8 bytes, with the NUL, overlap those before */
    for (size_t i = 8; i < last; i += 8)
        if (w3d_load_u64(key + i) != w3d_load_u64(text + i)) return 0;
    return w3d_load_u64(key + last) == w3d_load_u64(text + last);
}

/* The field whose key is a text, of `high`, by halving, or NULL. */
static const unsigned char *w3di_bjson_read_halve(const w3d_bjson *file,
                                                  const unsigned char *fields, size_t high,
                                                  const char *text)
{
    const unsigned char *keys = file->bytes + (size_t)file->keys;
    for (size_t low = 0; low < high;) {
        size_t middle = low + (high - low) / 2;
        const unsigned char *field = fields + middle * W3D_BJSON_FIELD_SIZE;
        uint32_t offset = w3d_load_u32(field);
        if (offset >= file->keys_size) return NULL;
        int order = w3di_bjson_read_compare(keys + offset, text, file->keys_size - offset);
        if (order == 0) return field;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The field whose key is a text, or NULL. First by 8 bytes of it and without branches: which half
 * it is in cannot be foretold, and a wrong guess would wait for the record, which names the shape,
 * to come out of memory. */
W3D_INLINE const unsigned char *w3di_bjson_read_search(const w3d_bjson *file,
                                                       const unsigned char *fields, uint32_t count,
                                                       const char *text)
{
    const unsigned char *keys = file->bytes + (size_t)file->keys, *field = fields;
    uint64_t last =
        file->size - file->keys - 8; /* where 8 bytes can be read; KEYS may be the last */
    uint32_t fields_count = count;
    size_t size = w3d_text_size(text);
    uint64_t wanted = w3di_bjson_read_wanted(text, size);
    if (!count || !file->keys_size) return NULL;
    uint32_t key = w3d_load_u32(field);
    if (key > last) return w3di_bjson_read_halve(file, fields, fields_count, text);
    uint64_t best = w3di_bjson_read_prefix(keys + key);
    while (count > 1) {
        uint32_t half = count / 2;
        const unsigned char *middle = field + (size_t)half * W3D_BJSON_FIELD_SIZE;
        uint32_t middle_key = w3d_load_u32(middle);
        if (middle_key > last) return w3di_bjson_read_halve(file, fields, fields_count, text);
        uint64_t prefix = w3di_bjson_read_prefix(keys + middle_key);
        field = prefix <= wanted ? middle : field;
        key = prefix <= wanted ? middle_key : key;
        best = prefix <= wanted ? prefix : best;
        count -= half;
    }
    /* The last one that does not begin with more; those before it may begin alike. */
    if (best != wanted || key >= file->keys_size) return NULL;
    if (w3di_bjson_read_is(keys + key, text, size, file->keys_size - key)) return field;
    return w3di_bjson_read_halve(file, fields, (size_t)(field - fields) / W3D_BJSON_FIELD_SIZE,
                                 text);
}

W3D_API int w3d_bjson_get(const w3d_bjson_id *id, const char *key, w3d_bjson_view *view)
{
    w3d_bjson_view map;
    return w3d_bjson_properties(id, &map) && w3d_bjson_member(&map, key, view);
}

W3D_API int w3d_bjson_member(const w3d_bjson_view *map, const char *key, w3d_bjson_view *view)
{
    const unsigned char *fields = w3di_bjson_read_fields(map);
    if (!fields) return 0;
    const unsigned char *field = w3di_bjson_read_search(map->id->file, fields, map->count, key);
    return field && w3di_bjson_read_field(map, field, view);
}

W3D_API const void *w3d_bjson_record_find(const w3d_bjson_record *record, const char *name,
                                          uint32_t type)
{
    const w3d_bjson *file = record->file;
    uint64_t types;
    uint32_t count;
    if (!w3di_bjson_read_fields_of(file, record->shape, &types, &count)) return NULL;
    const unsigned char *fields = file->bytes + (size_t)types;
    const unsigned char *field = w3di_bjson_read_search(file, fields, count, name);
    if (!field || w3d_load_u32(field + 4) != type) return NULL;
    uint32_t offset = w3d_load_u32(field + 8);
    if (!w3d_bjson_tag_is_inline(field[4]) || offset & (w3di_bjson_read_alignment(field) - 1) ||
        !w3d_size_inside(offset, w3di_bjson_read_size(field), record->size))
        return NULL;
    return record->bytes + offset;
}

W3D_API uint32_t w3d_bjson_key(const w3d_bjson *file, const char *text)
{
    const unsigned char *keys = file->bytes + (size_t)file->keys;
    uint64_t low = 0, high = file->keys_size; /* both where a key begins, or the end */
    while (low < high) {
        uint64_t key = low + (high - low) / 2;
        while (key > low && keys[(size_t)key - 1]) key--;
        int order = w3di_bjson_read_compare(keys + (size_t)key, text, file->keys_size - key);
        if (order == 0) return (uint32_t)key;
        if (order > 0) {
            high = key;
            continue;
        }
        for (low = key; low < high && keys[(size_t)low];) low++;
        low++;
    }
    return W3D_BJSON_NONE;
}

/* The place of the lookup's name among the fields at `types`, in place of the older of the two that
 * it has; NULL: it is not among them, which is remembered too. */
static const w3d_bjson_place *w3di_bjson_read_lookup(w3d_bjson_lookup *lookup,
                                                     const w3d_bjson *file, uint64_t types,
                                                     uint32_t count)
{
    const unsigned char *fields = file->bytes + (size_t)types;
    w3d_bjson_place *place = &lookup->places[lookup->next & 1u];
    uint32_t low = 0, high = count;
    lookup->next ^= 1u;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (w3d_load_u32(fields + (size_t)middle * W3D_BJSON_FIELD_SIZE) < lookup->key)
            low = middle + 1;
        else
            high = middle;
    }
    const unsigned char *field = fields + (size_t)low * W3D_BJSON_FIELD_SIZE;
    int found = low < count && w3d_load_u32(field) == lookup->key;
    place->types = types;
    place->shape = W3D_BJSON_NONE;
    place->field = found ? low : W3D_BJSON_NONE;
    place->type = W3D_BJSON_NONE;
    place->offset = place->size = place->end = 0;
    if (!found) return NULL;
    uint32_t type = w3d_load_u32(field + 4), offset = w3d_load_u32(field + 8);
    uint32_t size = w3di_bjson_read_size(field);
    if (!w3d_bjson_tag_is_inline(field[4]) || size > UINT32_MAX - offset ||
        offset & (w3di_bjson_read_alignment(field) - 1))
        return place; /* not inline, or the bytes have changed */
    place->type = type;
    place->offset = offset;
    place->size = size;
    place->end = offset + size;
    return place;
}

W3D_API const w3d_bjson_place *w3d_bjson_lookup_find(w3d_bjson_lookup *lookup,
                                                     const w3d_bjson_view *map)
{
    const unsigned char *fields = w3di_bjson_read_fields(map);
    if (!fields || lookup->key == W3D_BJSON_NONE) return NULL;
    return w3di_bjson_read_lookup(lookup, map->id->file, map->types, map->count);
}

W3D_API const w3d_bjson_place *w3d_bjson_lookup_shape(w3d_bjson_lookup *lookup,
                                                      const w3d_bjson *file, uint32_t shape)
{
    uint64_t types;
    uint32_t count, taken = lookup->next & 1u;
    if (lookup->key == W3D_BJSON_NONE || !w3di_bjson_read_fields_of(file, shape, &types, &count))
        return NULL;
    const w3d_bjson_place *place = w3di_bjson_read_lookup(lookup, file, types, count);
    lookup->places[taken].shape = shape;
    return place;
}

W3D_API int w3d_bjson_lookup_get(w3d_bjson_lookup *lookup, const w3d_bjson_view *map,
                                 w3d_bjson_view *view)
{
    const w3d_bjson_place *place = &lookup->places[map->types != lookup->places[0].types];
    if (map->types != place->types) place = w3d_bjson_lookup_find(lookup, map);
    if (!place) return 0;
    if (place->size)
        return w3di_bjson_read_inline(map->id, place->type, map->slots + place->offset, place->size,
                                      view);
    const unsigned char *fields = w3di_bjson_read_fields(map);
    if (!fields || place->field >= map->count) return 0;
    return w3di_bjson_read_field(map, fields + (size_t)place->field * W3D_BJSON_FIELD_SIZE, view);
}

W3D_API void w3d_bjson_names_make(w3d_bjson_names *names, const w3d_bjson *file)
{
    names->file = file;
    names->none = w3d_bjson_lookup_of_key(W3D_BJSON_NONE);
    for (uint32_t i = 0; i < sizeof names->names / sizeof *names->names; i++) {
        names->names[i].first = names->names[i].last = 0;
        names->names[i].size = UINT64_MAX;
        names->names[i].lookup = names->none;
    }
}

/* One loop over the name is the only branch that names at random make unforeseeable. */
W3D_API w3d_bjson_lookup *w3d_bjson_names_lookup(w3d_bjson_names *names, const char *name)
{
    const uint32_t mask = sizeof names->names / sizeof *names->names - 1;
    const unsigned char *text = (const unsigned char *)name;
    const w3d_bjson *file = names->file;
    uint64_t first = 0, last = 0;
    size_t size = 0;
    for (; text[size]; size++) {
        last = last << 8 | text[size];
        first = size < 8 ? last : first;
    }
    uint64_t hash = (last ^ (first + size) * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
    w3d_bjson_name *found = &names->names[hash >> 32 & mask];
    if (((found->first ^ first) | (found->last ^ last) | (found->size ^ size)) == 0) {
        uint64_t at = found->lookup.key;
        const unsigned char *key = file->bytes + (size_t)(file->keys + at);
        if (size <= 16) return &found->lookup;
        if (w3d_size_inside(at, size, file->keys_size) && w3d_equal(key + 8, text + 8, size - 16))
            return &found->lookup;
    }
    uint32_t key = w3d_bjson_key(file, name);
    if (key == W3D_BJSON_NONE) return &names->none;
    found->first = first;
    found->last = last;
    found->size = size;
    found->lookup = w3d_bjson_lookup_of_key(key);
    return &found->lookup;
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
    if (!type || !w3di_bjson_read_value(container->id, type, container->slots + (uint64_t)index * 8,
                                        8, 1, view))
        return 0;
    if (key) *key = "";
    return 1;
}

/* ---- the file beside its IDs ---- */

W3D_API int w3d_bjson_chunk_next(const w3d_bjson *file, w3d_bjson_chunk_view *it)
{
    uint64_t at = W3D_BJSON_HEADER_SIZE;
    if (it->at) {
        if (!w3d_size_inside(it->payload, it->size, file->size)) return 0;
        at = w3di_bjson_read_align(it->payload + it->size, 16);
    }
    const unsigned char *head = w3di_bjson_read_at(file, at, W3D_BJSON_CHUNK_SIZE);
    if (!head) return 0;
    uint64_t size = w3d_load_u64(head + 8);
    if (!w3d_size_inside(at + W3D_BJSON_CHUNK_SIZE, size, file->size)) return 0;
    it->kind = w3d_load_u32(head);
    it->aux = w3d_load_u32(head + 4);
    it->at = at;
    it->payload = at + W3D_BJSON_CHUNK_SIZE;
    it->size = size;
    return 1;
}

W3D_API int w3d_bjson_meta(const w3d_bjson *file, w3d_bjson_id *pseudo, w3d_bjson_view *map)
{
    w3d_bjson_chunk_view chunk;
    w3d_bjson_id id;
    w3d_bjson_view found;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk) && chunk.kind != W3DI_BJSON_READ_META) {}
    if (chunk.kind != W3DI_BJSON_READ_META) return 0;
    w3d_fill(&id, 0, sizeof id);
    id.file = file;
    id.name = "";
    id.row = W3D_BJSON_NONE;
    id.payload = id.properties = chunk.payload;
    id.size = chunk.size;
    id.references = id.large = chunk.payload + chunk.size;
    if (!w3d_bjson_properties(&id, &found)) return 0;
    found.id = pseudo;
    *pseudo = id;
    *map = found;
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

#undef W3DI_BJSON_READ_META
