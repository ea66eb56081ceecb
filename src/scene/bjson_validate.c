/* bjson_validate.c - header, tables, then every chunk in file order, each byte looked at once.
 *
 * Nothing is believed before it is checked, all bounds are tested by subtraction, and every heap
 * has a cursor that only moves forward: a value that begins before the cursor would share bytes
 * with another one, which is how small files turn into endless walks. A shape's fields each take
 * a byte of record at least, so walking the fields of a record costs no more than its bytes. */
#include "scene/bjson_validate.h"

#include "scene/bjson_header.h"
#include "scene/bjson_validate_plain.h"
#include "scene/bjson_validate_tables.h"

/* A heap: what lies in [cursor, end) is not owned yet. */
typedef struct w3di_bjson_validate_heap {
    uint64_t cursor, end;
} w3di_bjson_validate_heap;

/* A value's place and type, from a shape's field or a list's descriptor. */
typedef struct w3di_bjson_validate_value {
    uint64_t at; /* of the inline bytes, in the file */
    uint32_t tag, subtype, n;
} w3di_bjson_validate_value;

static w3d_result w3di_bjson_validate_container(w3di_bjson_validate_state *s, uint32_t tag,
                                                w3di_bjson_validate_heap inside, uint32_t depth);

/* ---- values ---- */

/* Takes [offset, offset + length) out of a heap; the bytes skipped must be zero. */
static w3d_result w3di_bjson_validate_take(const w3di_bjson_validate_state *s, uint64_t field_at,
                                           w3di_bjson_validate_heap *heap, uint64_t length)
{
    uint64_t offset = w3di_bjson_validate_u32(s, field_at);
    if (offset < heap->cursor)
        return w3di_bjson_validate_fail(s, field_at,
                                        "a value lies on another one, or out of order");
    if (offset > heap->end || length > heap->end - offset)
        return w3di_bjson_validate_fail(s, field_at, "a value reaches beyond its heap");
    w3d_result result = w3di_bjson_validate_zero(s, s->id + heap->cursor, s->id + offset);
    heap->cursor = offset + length;
    return result;
}

/* Checks `count` indices into the ID's references. */
static w3d_result w3di_bjson_validate_indices(const w3di_bjson_validate_state *s, uint64_t at,
                                              uint64_t count)
{
    W3DI_BJSON_VALIDATE_COUNT(count);
    for (uint64_t i = 0; i < count; i++, at += 4) {
        uint32_t index = w3di_bjson_validate_u32(s, at);
        if (index >= s->reference_count && index != W3D_BJSON_NONE)
            return w3di_bjson_validate_fail(s, at, "a reference is not one of its ID's references");
    }
    return W3D_OK;
}

/* A large array: {offset / 16 from L, rows}. */
static w3d_result w3di_bjson_validate_large(w3di_bjson_validate_state *s,
                                            const w3di_bjson_validate_value *value)
{
    if (s->is_meta)
        return w3di_bjson_validate_fail(s, value->at, "a large array, which meta cannot have");
    uint64_t offset = s->large + (uint64_t)w3di_bjson_validate_u32(s, value->at) * 16;
    uint64_t row = (uint64_t)value->n * w3d_bjson_subtype_size(value->subtype);
    uint64_t length = w3di_bjson_validate_u32(s, value->at + 4) * row; /* below 2^51 */
    if (offset < s->large_cursor)
        return w3di_bjson_validate_fail(s, value->at,
                                        "an array lies on another one, or out of order");
    if (!w3d_size_inside(offset, length, s->id_size))
        return w3di_bjson_validate_fail(s, value->at, "an array reaches beyond its ID");
    w3d_result result = w3di_bjson_validate_zero(s, s->id + s->large_cursor, s->id + offset);
    s->large_cursor = offset + length;
    if (result == W3D_OK && value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_validate_indices(s, s->id + offset, length / 4);
    return result;
}

/* A value given by offset and bytes. */
static w3d_result w3di_bjson_validate_heap_value(w3di_bjson_validate_state *s,
                                                 const w3di_bjson_validate_value *value,
                                                 w3di_bjson_validate_heap *heap, uint32_t depth)
{
    uint64_t offset = w3di_bjson_validate_u32(s, value->at);
    uint64_t length = w3di_bjson_validate_u32(s, value->at + 4);
    uint32_t tag = value->tag;
    uint32_t alignment = tag == W3D_BJSON_STRING || tag == W3D_BJSON_BYTES ? 1
                         : tag == W3D_BJSON_MAP || tag == W3D_BJSON_LIST || tag == W3D_BJSON_VECTOR
                             ? 8
                             : 16;
    if (offset % alignment != 0)
        return w3di_bjson_validate_fail(s, value->at, "a value is misaligned");
    w3d_result result =
        w3di_bjson_validate_take(s, value->at, heap, length + (tag == W3D_BJSON_STRING));
    if (result != W3D_OK) return result;

    uint64_t content = s->id + offset;
    uint64_t row = (uint64_t)value->n * w3d_bjson_subtype_size(value->subtype);
    w3di_bjson_validate_heap inside;
    switch (tag) {
    case W3D_BJSON_STRING:
        if (*w3di_bjson_validate_at(s, content + length))
            return w3di_bjson_validate_fail(s, content + length, "a string has no NUL behind it");
        return w3di_bjson_validate_utf8(s, content, length);
    case W3D_BJSON_VECTOR:
    case W3D_BJSON_ARRAY:
        if (tag == W3D_BJSON_VECTOR ? length != row : length % row != 0)
            return w3di_bjson_validate_fail(s, value->at + 4,
                                            "an array's length is not whole rows");
        if (value->subtype == W3D_BJSON_SUB_REFERENCE)
            return w3di_bjson_validate_indices(s, content, length / 4);
        return W3D_OK;
    case W3D_BJSON_MAP:
    case W3D_BJSON_LIST:
        if (depth >= W3D_BJSON_DEPTH_LIMIT)
            return w3d_error_set(s->error, W3D_ERR_LIMIT, value->at,
                                 "maps and lists nest more than 32 deep");
        inside.cursor = offset;
        inside.end = offset + length;
        return w3di_bjson_validate_container(s, tag, inside, depth + 1);
    default: return W3D_OK;
    }
}

/* A value in a record: its bytes are known to be there. */
static w3d_result w3di_bjson_validate_one(w3di_bjson_validate_state *s,
                                          const w3di_bjson_validate_value *value,
                                          w3di_bjson_validate_heap *heap, uint32_t depth)
{
    uint32_t tag = value->tag;
    W3DI_BJSON_VALIDATE_COUNT(1);
    if (tag == W3D_BJSON_NULL || tag == W3D_BJSON_BOOL) {
        if (*w3di_bjson_validate_at(s, value->at) > tag)
            return w3di_bjson_validate_fail(s, value->at, "a bool is not 0 or 1, or a null not 0");
        return W3D_OK;
    }
    if (tag == W3D_BJSON_REFERENCE) return w3di_bjson_validate_indices(s, value->at, 1);
    if (tag == W3D_BJSON_VECTOR && value->subtype == W3D_BJSON_SUB_REFERENCE)
        return w3di_bjson_validate_indices(s, value->at, value->n);
    if (w3d_bjson_tag_is_heap(tag)) return w3di_bjson_validate_heap_value(s, value, heap, depth);
    if (w3d_bjson_tag_is_large(tag)) return w3di_bjson_validate_large(s, value);
    return W3D_OK;
}

/* Bytes of [at, at + size) that are not zero. */
static uint64_t w3di_bjson_validate_nonzero(const w3di_bjson_validate_state *s, uint64_t at,
                                            uint64_t size)
{
    const unsigned char *bytes = w3di_bjson_validate_at(s, at);
    uint64_t count = 0;
    W3DI_BJSON_VALIDATE_COUNT(1 + size);
    for (uint64_t i = 0; i < size; i++) count += bytes[i] != 0;
    return count;
}

/* A record and its heap; the shape is checked, the record lies inside the heap's end. */
static w3d_result w3di_bjson_validate_record(w3di_bjson_validate_state *s, uint32_t shape,
                                             w3di_bjson_validate_heap *heap, uint32_t depth)
{
    uint64_t head =
        s->file.shapes + w3di_bjson_validate_u32(s, s->file.shapes + (uint64_t)shape * 4);
    uint32_t count = w3di_bjson_validate_u32(s, head);
    uint32_t record_size = w3di_bjson_validate_u32(s, head + 4);
    uint64_t record = s->id + heap->cursor, covered = 0;
    if (record_size > heap->end - heap->cursor)
        return w3di_bjson_validate_fail(s, record, "a record is cut short");
    heap->cursor += record_size;

    const unsigned char *field = w3di_bjson_validate_at(s, head + 8);
    for (uint32_t i = 0; i < count; i++, field += W3D_BJSON_FIELD_SIZE) {
        w3di_bjson_validate_value value;
        value.at = record + w3d_load_u32(field + 8);
        value.tag = field[4];
        value.subtype = field[5];
        value.n = w3d_load_u16(field + 6);
        covered += w3d_load_u32(field + 12);
        w3d_result result = w3di_bjson_validate_one(s, &value, heap, depth);
        if (result != W3D_OK) return result;
    }
    if (covered == record_size) return W3D_OK;
    /* The record has gaps. They are zero where the fields hold all bytes that are not. */
    uint64_t all = w3di_bjson_validate_nonzero(s, record, record_size), owned = 0;
    field = w3di_bjson_validate_at(s, head + 8);
    for (uint32_t i = 0; i < count; i++, field += W3D_BJSON_FIELD_SIZE)
        owned += w3di_bjson_validate_nonzero(s, record + w3d_load_u32(field + 8),
                                             w3d_load_u32(field + 12));
    if (all != owned)
        return w3di_bjson_validate_fail(s, record, "a byte between a record's fields is not zero");
    return W3D_OK;
}

/* A value in a list: its type at `type`, its 8 bytes at `slot`. */
static w3d_result w3di_bjson_validate_slot(w3di_bjson_validate_state *s, uint64_t type,
                                           uint64_t slot, w3di_bjson_validate_heap *heap,
                                           uint32_t depth)
{
    w3d_result result = w3di_bjson_validate_type(s, type);
    if (result != W3D_OK) return result;
    w3di_bjson_validate_value value;
    value.at = slot;
    value.tag = *w3di_bjson_validate_at(s, type);
    value.subtype = *w3di_bjson_validate_at(s, type + 1);
    value.n = w3d_load_u16(w3di_bjson_validate_at(s, type + 2));
    if (value.tag == W3D_BJSON_VECTOR)
        return w3di_bjson_validate_heap_value(s, &value, heap, depth);
    uint32_t size = w3d_bjson_inline_size(value.tag, 0, 0);
    if (size) result = w3di_bjson_validate_zero(s, slot + size, slot + 8);
    return result == W3D_OK ? w3di_bjson_validate_one(s, &value, heap, depth) : result;
}

/* The content of a map or list, which must fill [cursor, end) but for zeros behind. */
static w3d_result w3di_bjson_validate_container(w3di_bjson_validate_state *s, uint32_t tag,
                                                w3di_bjson_validate_heap inside, uint32_t depth)
{
    uint64_t start = s->id + inside.cursor, length = inside.end - inside.cursor;
    w3d_result result = W3D_OK;
    W3DI_BJSON_VALIDATE_COUNT(1);
    if (tag == W3D_BJSON_MAP) {
        if (length < 8) return w3di_bjson_validate_fail(s, start, "a map is cut short");
        uint32_t shape = w3di_bjson_validate_u32(s, start);
        if (shape >= s->file.shape_count)
            return w3di_bjson_validate_fail(s, start, "a map's shape is not in the table");
        result = w3di_bjson_validate_zero(s, start + 4, start + 8);
        inside.cursor += 8;
        if (result == W3D_OK) result = w3di_bjson_validate_record(s, shape, &inside, depth);
    } else {
        if (length < 8) return w3di_bjson_validate_fail(s, start, "a list is cut short");
        uint32_t count = w3di_bjson_validate_u32(s, start);
        if (count > length / 12) return w3di_bjson_validate_fail(s, start, "a list is cut short");
        uint64_t types_end = 4 + (uint64_t)count * 4,
                 slots = w3di_bjson_validate_align(types_end, 8);
        if (slots + (uint64_t)count * 8 > length)
            return w3di_bjson_validate_fail(s, start, "a list is cut short");
        result = w3di_bjson_validate_zero(s, start + types_end, start + slots);
        inside.cursor += slots + (uint64_t)count * 8;
        for (uint32_t i = 0; i < count && result == W3D_OK; i++) {
            uint64_t type = start + 4 + (uint64_t)i * 4, slot = start + slots + (uint64_t)i * 8;
            result = w3di_bjson_validate_slot(s, type, slot, &inside, depth);
        }
    }
    if (result != W3D_OK) return result;
    return w3di_bjson_validate_zero(s, s->id + inside.cursor, s->id + inside.end);
}

/* ---- chunks ---- */

/* The payload of an ID: names, record and heap, references, large arrays. Its row of REFS must
 * state `row_chunk`, which is `chunk` where the whole file is in memory. */
static w3d_result w3di_bjson_validate_id(w3di_bjson_validate_state *s, uint64_t chunk,
                                         uint64_t length, uint64_t row_chunk)
{
    uint64_t id = chunk + W3D_BJSON_CHUNK_SIZE;
    W3DI_BJSON_VALIDATE_COUNT(1);
    if (length < 4) return w3di_bjson_validate_fail(s, chunk + 8, "an ID is cut short");
    const unsigned char *payload = w3di_bjson_validate_at(s, id);
    uint64_t name_end = 3;
    while (name_end < length && payload[name_end] && name_end < 3 + W3D_BJSON_NAME_LIMIT)
        name_end++;
    W3DI_BJSON_VALIDATE_COUNT(name_end);
    if (name_end == length || payload[name_end])
        return w3di_bjson_validate_fail(s, id + 3,
                                        "a name does not end within 255 bytes and its ID");
    w3d_result result = w3di_bjson_validate_utf8(s, id + 3, name_end - 3);
    if (result != W3D_OK) return result;
    if (w3d_load_u16(payload + 1) != W3D_BJSON_FORMAT)
        return w3d_error_set(s->error, W3D_ERR_UNSUPPORTED, id + 1,
                             "an ID of another version than 2");

    uint64_t properties = w3di_bjson_validate_align(name_end + 1, 8);
    if (properties > length || length - properties < 16)
        return w3di_bjson_validate_fail(s, chunk + 8, "an ID is cut short");
    result = w3di_bjson_validate_zero(s, id + name_end, id + properties);
    if (result != W3D_OK) return result;
    uint32_t property_size = w3d_load_u32(payload + properties);
    uint32_t shape = w3d_load_u32(payload + properties + 4);
    if (property_size % 4 != 0 || property_size > length - properties - 16)
        return w3di_bjson_validate_fail(s, id + properties, "an ID's properties reach beyond it");
    if (shape >= s->file.shape_count)
        return w3di_bjson_validate_fail(s, id + properties + 4,
                                        "an ID's shape is not in the table");

    uint64_t references = properties + 8 + property_size;
    uint32_t row = w3d_load_u32(payload + references);
    uint32_t count = w3d_load_u32(payload + references + 4);
    if (count > (length - references - 8) / 4)
        return w3di_bjson_validate_fail(s, id + references + 4,
                                        "an ID's references reach beyond it");
    if (row >= s->file.id_count)
        return w3di_bjson_validate_fail(s, id + references, "an ID's own row is not in REFS");
    uint64_t entry = s->file.refs + (uint64_t)row * W3D_BJSON_ROW_SIZE;
    if (w3di_bjson_validate_u64(s, entry) != row_chunk)
        return w3di_bjson_validate_fail(s, entry,
                                        "a row of REFS does not point to the ID that names it");
    const unsigned char *type = w3di_bjson_validate_at(s, entry + 20);
    if (type[0] != payload[0] || w3d_load_u16(type + 2) != W3D_BJSON_FORMAT)
        return w3di_bjson_validate_fail(s, entry + 20,
                                        "REFS and the ID state different types or versions");
    W3DI_BJSON_VALIDATE_COUNT(count);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = id + references + 8 + (uint64_t)i * 4;
        uint32_t to = w3di_bjson_validate_u32(s, at);
        if (to >= s->file.id_count && to != W3D_BJSON_NONE)
            return w3di_bjson_validate_fail(s, at, "a reference points outside REFS");
    }
    uint64_t references_end = references + 8 + (uint64_t)count * 4;
    s->id = id;
    s->id_size = length;
    s->references = id + references + 8;
    s->reference_count = count;
    s->large = w3di_bjson_validate_align(references_end, 16);
    s->large_cursor = s->large;
    if (s->large > length) return w3di_bjson_validate_fail(s, chunk + 8, "an ID is cut short");
    result = w3di_bjson_validate_zero(s, id + references_end, id + s->large);
    if (result != W3D_OK) return result;
    if (s->file.flags & W3D_BJSON_CRC &&
        w3d_crc32c(0, payload, (size_t)length) != w3di_bjson_validate_u32(s, entry + 16))
        return w3d_error_set(s->error, W3D_ERR_CHECKSUM, id, "an ID's checksum does not match");

    w3di_bjson_validate_heap heap;
    heap.cursor = properties + 8;
    heap.end = references;
    result = w3di_bjson_validate_record(s, shape, &heap, 0);
    if (result == W3D_OK) result = w3di_bjson_validate_zero(s, id + heap.cursor, id + heap.end);
    if (result != W3D_OK) return result;
    return w3di_bjson_validate_zero(s, id + s->large_cursor, id + length);
}

/* 1 where the header's offset of a table is this chunk. */
static int w3di_bjson_validate_is_table(const w3di_bjson_validate_state *s, uint64_t chunk)
{
    uint64_t payload = chunk + W3D_BJSON_CHUNK_SIZE;
    return payload == s->file.keys || payload == s->file.shapes || payload == s->file.refs;
}

/* A chunk's aux: the payload's checksum, or nothing. */
static w3d_result w3di_bjson_validate_aux(const w3di_bjson_validate_state *s, uint64_t chunk,
                                          uint32_t kind, uint64_t length)
{
    uint32_t aux = w3di_bjson_validate_u32(s, chunk + 4), expected = 0;
    int summed =
        kind != W3D_BJSON_CHUNK_ID && kind != W3D_BJSON_CHUNK_END && kind != W3D_BJSON_CHUNK_HOLE;
    if (summed && s->file.flags & W3D_BJSON_CRC)
        expected =
            w3d_crc32c(0, w3di_bjson_validate_at(s, chunk + W3D_BJSON_CHUNK_SIZE), (size_t)length);
    if (aux == expected) return W3D_OK;
    if (!expected)
        return w3di_bjson_validate_fail(s, chunk + 4, "a chunk states a checksum it cannot have");
    return w3d_error_set(s->error, W3D_ERR_CHECKSUM, chunk, "a chunk's checksum does not match");
}

/* The payload of a hash or sign chunk. Algorithms that this version does not know are accepted,
 * with whatever they need. */
static w3d_result w3di_bjson_validate_seal(const w3di_bjson_validate_state *s, uint32_t kind,
                                           uint64_t payload, uint64_t length)
{
    int is_hash = kind == W3D_BJSON_CHUNK_HASH;
    if (length < 8) return w3di_bjson_validate_fail(s, payload - 8, "a hash or sign is cut short");
    if (w3di_bjson_validate_u32(s, payload) != (is_hash ? W3D_BJSON_SHA256 : W3D_BJSON_HMAC_SHA256))
        return W3D_OK;
    if (length != (is_hash ? W3D_BJSON_HASH_SIZE : W3D_BJSON_SIGN_SIZE))
        return w3di_bjson_validate_fail(s, payload - 8, "a hash or sign is not 48 bytes");
    return w3di_bjson_validate_zero(s, payload + (is_hash ? 4 : 8), payload + 16);
}

/* The payload of meta: a map like those in a heap, which this one is. */
static w3d_result w3di_bjson_validate_meta(w3di_bjson_validate_state *s, uint64_t payload,
                                           uint64_t length)
{
    w3di_bjson_validate_heap inside;
    if (length > UINT32_MAX)
        return w3di_bjson_validate_fail(s, payload - 8, "meta is larger than its offsets reach");
    inside.cursor = 0;
    inside.end = length;
    s->id = payload;
    s->id_size = length;
    s->references = s->large = s->large_cursor = 0;
    s->reference_count = 0;
    s->is_meta = 1;
    w3d_result result = w3di_bjson_validate_container(s, W3D_BJSON_MAP, inside, 0);
    s->is_meta = 0;
    return result;
}

/* All chunks in file order; they fill the file. */
static w3d_result w3di_bjson_validate_chunks(w3di_bjson_validate_state *s)
{
    uint64_t size = s->file.size, at = W3D_BJSON_HEADER_SIZE, length;
    uint32_t found = 0, present = 0, tables = 0, metas = 0, hashes = 0;
    for (; at < size; at += W3D_BJSON_CHUNK_SIZE + w3di_bjson_validate_align(length, 16)) {
        found += w3di_bjson_validate_plain_ids(s, &at);
        if (at == size) break;
        uint32_t kind = w3di_bjson_validate_u32(s, at); /* `at` and `size` are multiples of 16 */
        length = w3di_bjson_validate_u64(s, at + 8);
        if (length > size - W3D_BJSON_CHUNK_SIZE - at)
            return w3di_bjson_validate_fail(s, at + 8,
                                            "a chunk reaches beyond the end of the file");
        uint64_t payload = at + W3D_BJSON_CHUNK_SIZE;
        W3DI_BJSON_VALIDATE_COUNT(1);
        w3d_result result = w3di_bjson_validate_aux(s, at, kind, length);
        if (result == W3D_OK)
            result = w3di_bjson_validate_zero(s, payload + length,
                                              payload + w3di_bjson_validate_align(length, 16));
        if (result != W3D_OK) return result;
        switch (kind) {
        case W3D_BJSON_CHUNK_ID:
            found++;
            result = w3di_bjson_validate_id(s, at, length, at);
            break;
        case W3D_BJSON_CHUNK_KEYS:
        case W3D_BJSON_CHUNK_SHAP:
        case W3D_BJSON_CHUNK_REFS:
            if (!w3di_bjson_validate_is_table(s, at))
                return w3di_bjson_validate_fail(s, at, "a second table of its kind");
            tables++;
            break;
        case W3D_BJSON_CHUNK_END:
            if (!(s->file.flags & W3D_BJSON_STREAMED) ||
                at + W3D_BJSON_CHUNK_SIZE + W3D_BJSON_END_SIZE != size)
                return w3di_bjson_validate_fail(s, at, "an END chunk where the file does not end");
            tables++;
            break;
        case W3D_BJSON_CHUNK_META:
            if (metas++) return w3di_bjson_validate_fail(s, at, "a second meta");
            result = w3di_bjson_validate_meta(s, payload, length);
            break;
        case W3D_BJSON_CHUNK_HASH:
            if (hashes++) return w3di_bjson_validate_fail(s, at, "a second hash");
            result = w3di_bjson_validate_seal(s, kind, payload, length);
            break;
        case W3D_BJSON_CHUNK_SIGN:
            result = w3di_bjson_validate_seal(s, kind, payload, length);
            break;
        default:
            if ((kind & 0xFFu) < 'a' || (kind & 0xFFu) > 'z')
                return w3d_error_set(s->error, W3D_ERR_UNSUPPORTED, at,
                                     "a chunk of an unknown critical kind");
        }
        if (result != W3D_OK) return result;
    }
    /* A table that the walk did not meet lies inside another chunk. */
    if (tables != 3u + (s->file.flags & W3D_BJSON_STREAMED))
        return w3di_bjson_validate_fail(s, s->header + 24, "a table lies inside another chunk");
    if (found == s->file.id_count) return W3D_OK; /* each has a row of its own, so all have one */
    W3DI_BJSON_VALIDATE_COUNT(s->file.id_count);
    for (uint32_t i = 0; i < s->file.id_count; i++)
        present += w3di_bjson_validate_u64(s, s->file.refs + (uint64_t)i * W3D_BJSON_ROW_SIZE) != 0;
    /* Each ID found has its own row, so equal counts leave no row that points elsewhere. */
    if (present != found)
        return w3di_bjson_validate_fail(s, s->file.refs, "REFS has a row whose chunk is no ID");
    return W3D_OK;
}

/* ---- the file ---- */

static void w3di_bjson_validate_begin(w3di_bjson_validate_state *s, const w3d_bjson *file,
                                      w3d_error *error)
{
    s->file = *file;
    s->error = error;
    s->header = 0;
    s->is_meta = 0;
    for (uint32_t i = 0; i < W3DI_BJSON_VALIDATE_PROGRAMS; i++) s->programs[i].is_known = 0;
}

W3D_API w3d_result w3d_bjson_validate(const void *bytes, size_t size, w3d_bjson *file,
                                      w3d_error *error)
{
    w3di_bjson_validate_state s;
    w3d_bjson open;
    if (!bytes) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no bytes");
    w3d_fill(&open, 0, sizeof open);
    open.bytes = (const unsigned char *)bytes;
    open.size = size;
    w3di_bjson_validate_begin(&s, &open, error);
    w3di_bjson_header header;
    w3d_result result =
        w3di_bjson_header_check(open.bytes, open.bytes + (size >= 64 ? size - 64 : 0), size,
                                &header, error);
    if (result != W3D_OK) return result;
    s.header = header.at;
    s.file.flags = header.flags;
    s.file.id_count = header.id_count;
    s.file.key_count = header.key_count;
    s.file.shape_count = header.shape_count;

    uint64_t refs_size;
    result = w3di_bjson_validate_table(&s, 24, W3D_BJSON_CHUNK_REFS, &s.file.refs, &refs_size);
    if (result == W3D_OK)
        result = w3di_bjson_validate_table(&s, 40, W3D_BJSON_CHUNK_KEYS, &s.file.keys,
                                           &s.file.keys_size);
    if (result == W3D_OK)
        result = w3di_bjson_validate_table(&s, 48, W3D_BJSON_CHUNK_SHAP, &s.file.shapes,
                                           &s.file.shapes_size);
    if (result != W3D_OK) return result;
    if (refs_size != (uint64_t)s.file.id_count * W3D_BJSON_ROW_SIZE)
        return w3di_bjson_validate_fail(&s, s.header + 32,
                                        "REFS has another number of rows than stated");
    result = w3di_bjson_validate_keys(&s);
    if (result == W3D_OK) result = w3di_bjson_validate_shapes(&s);
    if (result == W3D_OK) result = w3di_bjson_validate_chunks(&s);
    if (result == W3D_OK && file) *file = s.file;
    return result;
}

/* ---- parts ---- */

W3D_API w3d_result w3d_bjson_validate_tables(const w3d_bjson *file, w3d_error *error)
{
    w3di_bjson_validate_state s;
    w3di_bjson_validate_begin(&s, file, error);
    w3d_result result = w3di_bjson_validate_keys(&s);
    return result == W3D_OK ? w3di_bjson_validate_shapes(&s) : result;
}

W3D_API w3d_result w3d_bjson_validate_id(const w3d_bjson *file, uint64_t payload, uint64_t length,
                                         uint64_t chunk, w3d_error *error)
{
    w3di_bjson_validate_state s;
    w3di_bjson_validate_begin(&s, file, error);
    return w3di_bjson_validate_id(&s, payload - W3D_BJSON_CHUNK_SIZE, length, chunk);
}

W3D_API w3d_result w3d_bjson_validate_meta(const w3d_bjson *file, uint64_t payload, uint64_t length,
                                           w3d_error *error)
{
    w3di_bjson_validate_state s;
    w3di_bjson_validate_begin(&s, file, error);
    return w3di_bjson_validate_meta(&s, payload, length);
}

W3D_API w3d_result w3d_bjson_validate_seal(const w3d_bjson *file, uint32_t kind, uint64_t payload,
                                           uint64_t length, w3d_error *error)
{
    w3di_bjson_validate_state s;
    w3di_bjson_validate_begin(&s, file, error);
    return w3di_bjson_validate_seal(&s, kind, payload, length);
}

#undef W3DI_BJSON_VALIDATE_COUNT
