/* bjson_payload.h - one ID as bytes: name, record and heap, references, large arrays; private.
 *
 * Two passes over the description by the same code: one measures (dst is NULL), checks everything
 * and gathers shapes and keys; the second finds the same shapes again and stores. bjson_write,
 * bjson_stream and bjson_edit share it:
 *
 *     w3di_bjson_payload state;                 // zeroed, then shapes.arena, row_count and slots
 *     state.row = row, state.dst = NULL;
 *     w3di_bjson_payload_id(&state, &id, &length);         // measures: length, state.front
 *     state.dst = place, state.room = length;
 *     w3di_bjson_payload_id(&state, &id, &length);         // stores [0, state.front)
 *     w3di_bjson_payload_large(&state, NULL);              // stores [state.front, length)
 *
 * A value's own bytes are stored in its record at once and what it owns goes to the heap's end;
 * large arrays wait until the ID's references are known. The second pass still checks its room,
 * since a description may not say the same twice. */
#ifndef W3D_BJSON_PAYLOAD_H
#define W3D_BJSON_PAYLOAD_H

#include "pack/crc32c.h"
#include "scene/bjson_copy.h"
#include "scene/bjson_header.h"
#include "scene/bjson_shapes.h"

/* Keys and shapes of the file, and the ID under way, whose offsets count from its payload. */
typedef struct w3di_bjson_payload {
    w3di_bjson_shapes shapes;
    w3d_error *error;                /* offset: the row; or NULL */
    uint32_t row_count;              /* rows there are to refer to */
    uint32_t row;                    /* of the ID; W3D_BJSON_NONE: this is the meta chunk */
    unsigned char *dst;              /* its payload, or NULL: measuring */
    uint64_t room;                   /* bytes there are from dst on */
    uint64_t cursor;                 /* end of its heap so far */
    uint64_t front;                  /* where L begins, once the ID is done */
    uint64_t large;                  /* end of its large arrays so far, from L */
    uint32_t slot_count;             /* rows it refers to so far */
    uint32_t *slot_of_row;           /* [row_count], all W3D_BJSON_NONE before the first ID */
    uint32_t *row_of_slot;           /* [row_count] */
    const w3d_bjson_value **pending; /* its large arrays, [pending_limit]; only the second pass */
    uint32_t pending_count, pending_limit;
    int absent; /* 1: large arrays may have no data; who stores them knows where from */
} w3di_bjson_payload;

static inline w3d_result w3di_bjson_payload_value(w3di_bjson_payload *s,
                                                  const w3d_bjson_value *value, uint64_t at,
                                                  uint32_t depth);

static inline w3d_result w3di_bjson_payload_fail(const w3di_bjson_payload *s, w3d_result code,
                                                 const char *text)
{
    return w3d_error_set(s->error, code, s->row, text);
}

static inline w3d_result w3di_bjson_payload_changed(const w3di_bjson_payload *s)
{
    return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT, "the description is not the one measured");
}

static inline w3d_result w3di_bjson_payload_no_data(const w3di_bjson_payload *s)
{
    return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT, "a value points to nothing");
}

static inline uint64_t w3di_bjson_payload_align(uint64_t offset, uint64_t alignment)
{
    return (offset + (alignment - 1)) & ~(alignment - 1);
}

/* Fewer than 16 zeros, without a call. */
static inline void w3di_bjson_payload_pad(unsigned char *dst, uint64_t size)
{
    if (size & 8u) {
        w3d_store_u64(dst, 0);
        dst += 8;
    }
    if (size & 4u) {
        w3d_store_u32(dst, 0);
        dst += 4;
    }
    if (size & 2u) {
        w3d_store_u16(dst, 0);
        dst += 2;
    }
    if (size & 1u) dst[0] = 0;
}

/* ---- values ---- */

/* The index of a row among the ID's references, given out in the order of first use. */
static inline w3d_result w3di_bjson_payload_slot(w3di_bjson_payload *s, uint32_t row,
                                                 uint32_t *slot)
{
    *slot = W3D_BJSON_NONE;
    if (row == W3D_BJSON_NONE) return W3D_OK;
    if (s->row == W3D_BJSON_NONE)
        return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT, "meta cannot refer to an ID");
    if (row >= s->row_count)
        return w3di_bjson_payload_fail(s, W3D_ERR_INDEX, "a reference to a row that is not there");
    if (s->slot_of_row[row] == W3D_BJSON_NONE) {
        s->slot_of_row[row] = s->slot_count;
        s->row_of_slot[s->slot_count++] = row;
    }
    *slot = s->slot_of_row[row];
    return W3D_OK;
}

/* Gives slots to all rows in an array of references, before the array is copied. */
static inline w3d_result w3di_bjson_payload_slots(w3di_bjson_payload *s, const void *rows,
                                                  uint64_t count)
{
    const unsigned char *bytes = (const unsigned char *)rows;
    w3d_result result = W3D_OK;
    uint32_t slot;
    for (uint64_t i = 0; i < count && result == W3D_OK; i++)
        result = w3di_bjson_payload_slot(s, w3d_load_u32(bytes + (size_t)i * 4), &slot);
    return result;
}

/* Copies the elements of a vector or array; rows become slots, which they all have by now. */
static inline void w3di_bjson_payload_elements(const w3di_bjson_payload *s, unsigned char *dst,
                                               const w3d_bjson_value *value, size_t size)
{
    const unsigned char *src = (const unsigned char *)value->data;
    if (value->subtype != W3D_BJSON_SUB_REFERENCE) {
        w3di_bjson_copy(dst, src, value->subtype, size);
        return;
    }
    for (size_t i = 0; i < size; i += 4) {
        uint32_t row = w3d_load_u32(src + i);
        w3d_store_u32(dst + i, row == W3D_BJSON_NONE ? row : s->slot_of_row[row]);
    }
}

/* A value that is its own bytes: no heap, no references. */
static inline void w3di_bjson_payload_plain(const w3di_bjson_payload *s, unsigned char *dst,
                                            const w3d_bjson_value *value)
{
    switch (value->tag) {
    case W3D_BJSON_NULL: dst[0] = 0; break;
    case W3D_BJSON_BOOL: dst[0] = value->bits != 0; break;
    case W3D_BJSON_F64: w3d_store_u64(dst, w3di_bjson_copy_canonical_f64(value->bits)); break;
    case W3D_BJSON_VECTOR:
        w3di_bjson_payload_elements(s, dst, value,
                                    value->n * (size_t)w3d_bjson_subtype_size(value->subtype));
        break;
    case W3D_BJSON_I64:
    case W3D_BJSON_TIME:
    case W3D_BJSON_U64: w3d_store_u64(dst, value->bits); break;
    default: w3d_copy(dst, value->data, value->count); /* a tag this version does not know */
    }
}

/* Takes `size` bytes at the heap's end, aligned; the bytes skipped become zero. */
static inline w3d_result w3di_bjson_payload_reserve(w3di_bjson_payload *s, uint64_t size,
                                                    uint64_t alignment, uint64_t *at)
{
    uint64_t start = w3di_bjson_payload_align(s->cursor, alignment);
    if (s->dst) {
        if (start > s->room || size > s->room - start) return w3di_bjson_payload_changed(s);
        w3di_bjson_payload_pad(s->dst + (size_t)s->cursor, start - s->cursor);
    }
    *at = start;
    s->cursor = start + size;
    return W3D_OK;
}

/* Stores where a value lies: two u32 in the record or slot. */
static inline void w3di_bjson_payload_place(w3di_bjson_payload *s, uint64_t at, uint64_t offset,
                                            uint64_t length)
{
    if (!s->dst) return;
    w3d_store_u32(s->dst + (size_t)at, (uint32_t)offset);
    w3d_store_u32(s->dst + (size_t)at + 4, (uint32_t)length);
}

/* Checks what a value that is its own bytes points to. */
static inline int w3di_bjson_payload_has_data(const w3d_bjson_value *value)
{
    return value->data ||
           (value->tag != W3D_BJSON_VECTOR && !w3di_bjson_shapes_is_unknown_inline(value->tag));
}

/* A record at the heap's end, then what its values own. */
static inline w3d_result w3di_bjson_payload_record(w3di_bjson_payload *s,
                                                   const w3d_bjson_value *values, uint32_t count,
                                                   uint64_t shape_at, uint32_t depth)
{
    w3di_bjson_shapes_recipe *recipe;
    uint64_t record = 0;
    w3d_result result = w3di_bjson_shapes_find_recipe(&s->shapes, values, count, &recipe);
    if (result != W3D_OK) return w3di_bjson_payload_fail(s, result, s->shapes.text);
    result = w3di_bjson_payload_reserve(s, recipe->shape->record_size, 1, &record);
    const w3di_bjson_shapes_field *fields = recipe->shape->fields;
    for (uint32_t i = 0; i < count && result == W3D_OK; i++)
        if (!w3di_bjson_payload_has_data(&values[i])) return w3di_bjson_payload_no_data(s);
    if (result == W3D_OK && s->dst) {
        w3d_store_u32(s->dst + (size_t)shape_at, recipe->shape->index);
        if (recipe->shape->has_gaps)
            w3d_fill(s->dst + (size_t)record, 0, recipe->shape->record_size);
        for (uint32_t i = 0; i < count; i++)
            if (fields[i].plain)
                w3di_bjson_payload_plain(s, s->dst + (size_t)record + fields[i].offset,
                                         &values[recipe->order[i]]);
    }
    for (uint32_t i = 0; i < recipe->owner_count && result == W3D_OK; i++) {
        uint32_t k = recipe->owners[i];
        result = w3di_bjson_payload_value(s, &values[recipe->order[k]], record + fields[k].offset,
                                          depth);
    }
    return result;
}

/* A record whose values lie in a C struct: few copies where it is laid out alike. */
static inline w3d_result w3di_bjson_payload_struct(w3di_bjson_payload *s,
                                                   const w3d_bjson_write_id *id, uint64_t shape_at)
{
    w3di_bjson_shapes_recipe *recipe;
    const unsigned char *from = (const unsigned char *)id->record;
    const w3d_bjson_value *values = id->values;
    uint64_t record = 0;
    w3d_result result = w3di_bjson_shapes_find_struct(&s->shapes, values, id->value_count, &recipe);
    if (result != W3D_OK) return w3di_bjson_payload_fail(s, result, s->shapes.text);
    result = w3di_bjson_payload_reserve(s, recipe->shape->record_size, 1, &record);
    const w3di_bjson_shapes_field *fields = recipe->shape->fields;
    if (result == W3D_OK && s->dst) {
        unsigned char *to = s->dst + (size_t)record;
        if (recipe->shape->has_gaps) w3d_fill(to, 0, recipe->shape->record_size);
        w3d_store_u32(s->dst + (size_t)shape_at, recipe->shape->index);
        for (uint32_t i = 0; i < recipe->run_count; i++) {
            const w3di_bjson_shapes_run *run = &recipe->runs[i];
            w3di_bjson_copy(to + run->to, from + run->from, run->subtype, run->size);
            for (uint32_t k = 0; run->is_bool && k < run->size; k++)
                to[run->to + k] = to[run->to + k] != 0;
        }
    }
    for (uint32_t i = 0; i < recipe->owner_count; i++) {
        uint32_t k = recipe->owners[i], slot;
        const unsigned char *rows = from + (size_t)values[recipe->order[k]].bits;
        for (uint32_t n = 0; n < fields[k].size && result == W3D_OK; n += 4) {
            result = w3di_bjson_payload_slot(s, w3d_load_u32(rows + n), &slot);
            if (s->dst) w3d_store_u32(s->dst + (size_t)record + fields[k].offset + n, slot);
        }
    }
    return result;
}

/* A list's count, types and slots at the heap's end, then what the items own. */
static inline w3d_result w3di_bjson_payload_list(w3di_bjson_payload *s,
                                                 const w3d_bjson_value *items, uint32_t count,
                                                 uint64_t start, uint32_t depth)
{
    uint64_t types_end = 4 + (uint64_t)count * 4, slots = w3di_bjson_payload_align(types_end, 8),
             at;
    w3d_result result = w3di_bjson_payload_reserve(s, slots + (uint64_t)count * 8, 1, &at);
    if (result == W3D_OK && s->dst) {
        w3d_store_u32(s->dst + (size_t)start, count);
        for (uint32_t i = 0; i < count; i++)
            w3d_store_u32(s->dst + (size_t)start + 4 + (size_t)i * 4,
                          w3di_bjson_shapes_type(&items[i]));
        w3d_fill(s->dst + (size_t)(start + types_end), 0,
                 (size_t)(slots - types_end) + (size_t)count * 8);
    }
    for (uint32_t i = 0; i < count && result == W3D_OK; i++) {
        uint64_t slot = start + slots + (uint64_t)i * 8, offset;
        uint64_t size = (uint64_t)items[i].n * w3d_bjson_subtype_size(items[i].subtype);
        result = w3di_bjson_shapes_check_type(&s->shapes, &items[i]);
        if (result != W3D_OK) return w3di_bjson_payload_fail(s, result, s->shapes.text);
        if (!w3di_bjson_payload_has_data(&items[i])) return w3di_bjson_payload_no_data(s);
        if (w3di_bjson_shapes_is_unknown_inline(items[i].tag) && items[i].count > 8)
            return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT,
                                           "an item of an unknown tag is over 8 bytes");
        if (items[i].tag != W3D_BJSON_VECTOR) { /* a vector may be larger than its slot */
            result = w3di_bjson_payload_value(s, &items[i], slot, depth);
            continue;
        }
        result = w3di_bjson_payload_reserve(s, size, 8, &offset);
        if (result != W3D_OK) break;
        w3di_bjson_payload_place(s, slot, offset, size);
        result = w3di_bjson_payload_value(s, &items[i], offset, depth);
    }
    return result;
}

/* A map or list: its place in the record or slot, its content at the heap's end. */
static inline w3d_result w3di_bjson_payload_container(w3di_bjson_payload *s,
                                                      const w3d_bjson_value *value, uint64_t at,
                                                      uint32_t depth)
{
    uint64_t start;
    if (depth >= W3D_BJSON_DEPTH_LIMIT)
        return w3di_bjson_payload_fail(s, W3D_ERR_LIMIT, "maps and lists nest more than 32 deep");
    if (value->count && !value->data) return w3di_bjson_payload_no_data(s);
    const w3d_bjson_value *values = (const w3d_bjson_value *)value->data;
    w3d_result result =
        w3di_bjson_payload_reserve(s, value->tag == W3D_BJSON_MAP ? 8 : 0, 8, &start);
    if (result != W3D_OK) return result;
    if (value->tag == W3D_BJSON_MAP) {
        if (s->dst) w3d_store_u32(s->dst + (size_t)start + 4, 0);
        result = w3di_bjson_payload_record(s, values, value->count, start, depth + 1);
    } else {
        result = w3di_bjson_payload_list(s, values, value->count, start, depth + 1);
    }
    if (result == W3D_OK) w3di_bjson_payload_place(s, at, start, s->cursor - start);
    return result;
}

/* Bytes in the heap, of a text, an array or of anything: their place in the record or slot, and
 * they themselves at the heap's end. */
static inline w3d_result w3di_bjson_payload_content(w3di_bjson_payload *s,
                                                    const w3d_bjson_value *value, uint64_t at)
{
    int is_text = value->tag == W3D_BJSON_STRING, is_array = value->tag == W3D_BJSON_ARRAY;
    uint64_t size = value->count, start;
    if (is_array) size *= (uint64_t)value->n * w3d_bjson_subtype_size(value->subtype);
    if (size && !value->data) return w3di_bjson_payload_no_data(s);
    if (!s->dst) {
        if (size > UINT32_MAX)
            return w3di_bjson_payload_fail(s, W3D_ERR_LIMIT,
                                           "an array among the properties is over 4 GiB");
        if (is_text && w3d_utf8_check(value->data, (size_t)size) != size)
            return w3di_bjson_payload_fail(s, W3D_ERR_UTF8, "a string is not valid UTF-8");
    }
    w3d_result result = W3D_OK;
    if (is_array && value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_payload_slots(s, value->data, size / 4);
    if (result == W3D_OK)
        result =
            w3di_bjson_payload_reserve(s, size + (uint64_t)is_text,
                                       is_text || value->tag == W3D_BJSON_BYTES ? 1 : 16, &start);
    if (result != W3D_OK) return result;
    w3di_bjson_payload_place(s, at, start, size);
    if (!s->dst) return W3D_OK;
    if (is_array)
        w3di_bjson_payload_elements(s, s->dst + (size_t)start, value, (size_t)size);
    else
        w3d_copy(s->dst + (size_t)start, value->data, (size_t)size);
    if (is_text) s->dst[(size_t)(start + size)] = 0;
    return W3D_OK;
}

/* Bytes of a large array. */
static inline uint64_t w3di_bjson_payload_large_size(const w3d_bjson_value *value)
{
    return value->count * ((uint64_t)value->n * w3d_bjson_subtype_size(value->subtype));
}

/* A large array: its place now, its elements when L is reached. */
static inline w3d_result w3di_bjson_payload_array(w3di_bjson_payload *s,
                                                  const w3d_bjson_value *value, uint64_t at)
{
    uint64_t size = w3di_bjson_payload_large_size(value);
    uint64_t start = w3di_bjson_payload_align(s->large, 16);
    w3d_result result = W3D_OK;
    if (s->row == W3D_BJSON_NONE)
        return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT, "meta cannot hold a large array");
    if (size && !value->data && (!s->absent || value->subtype == W3D_BJSON_SUB_REFERENCE))
        return w3di_bjson_payload_no_data(s);
    if (start / 16 > UINT32_MAX)
        return w3di_bjson_payload_fail(s, W3D_ERR_LIMIT,
                                       "the large arrays of an ID are over 64 GiB");
    if (value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_payload_slots(s, value->data, size / 4);
    if (result != W3D_OK) return result;
    w3di_bjson_payload_place(s, at, start / 16, value->count);
    s->large = start + size;
    if (s->dst) {
        if (s->pending_count >= s->pending_limit) return w3di_bjson_payload_changed(s);
        s->pending[s->pending_count] = value;
    }
    s->pending_count++;
    return W3D_OK;
}

/* A value whose inline bytes are at `at`. */
static inline w3d_result w3di_bjson_payload_value(w3di_bjson_payload *s,
                                                  const w3d_bjson_value *value, uint64_t at,
                                                  uint32_t depth)
{
    w3d_result result = W3D_OK;
    uint32_t slot;
    if (value->tag == W3D_BJSON_MAP || value->tag == W3D_BJSON_LIST)
        return w3di_bjson_payload_container(s, value, at, depth);
    if (w3d_bjson_tag_is_heap(value->tag)) return w3di_bjson_payload_content(s, value, at);
    if (w3d_bjson_tag_is_large(value->tag)) return w3di_bjson_payload_array(s, value, at);
    if (value->tag == W3D_BJSON_REFERENCE) {
        slot = value->bits < W3D_BJSON_NONE ? (uint32_t)value->bits : W3D_BJSON_NONE;
        result = w3di_bjson_payload_slot(s, slot, &slot);
        if (result == W3D_OK && s->dst) w3d_store_u32(s->dst + (size_t)at, slot);
        return result;
    }
    if (value->tag == W3D_BJSON_VECTOR && value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_payload_slots(s, value->data, value->n);
    if (result == W3D_OK && s->dst) w3di_bjson_payload_plain(s, s->dst + (size_t)at, value);
    return result;
}

/* ---- IDs ---- */

/* Type, version and name; *properties is where P begins. */
static inline w3d_result w3di_bjson_payload_head(w3di_bjson_payload *s,
                                                 const w3d_bjson_write_id *id, uint64_t *properties)
{
    const char *name = id->name ? id->name : "";
    unsigned bits = 0;
    size_t size = 0;
    if (s->dst) {
        size_t room = s->room < 16 ? 0 : (size_t)s->room - 16;
        if (room > W3D_BJSON_NAME_LIMIT) room = W3D_BJSON_NAME_LIMIT;
        for (; size < room && name[size]; size++) s->dst[3 + size] = (unsigned char)name[size];
        if (name[size] || s->room < 16) return w3di_bjson_payload_changed(s);
    } else {
        for (; name[size]; size++) bits |= (unsigned char)name[size];
        if (size > W3D_BJSON_NAME_LIMIT)
            return w3di_bjson_payload_fail(s, W3D_ERR_ARGUMENT, "a name of more than 255 bytes");
        if (bits >= 0x80u && w3d_utf8_check(name, size) != size)
            return w3di_bjson_payload_fail(s, W3D_ERR_UTF8, "a name is not valid UTF-8");
    }
    *properties = w3di_bjson_payload_align(3 + (uint64_t)size + 1, 8);
    s->cursor = *properties + 8;
    if (!s->dst) return W3D_OK;
    if (s->cursor > s->room) return w3di_bjson_payload_changed(s);
    s->dst[0] = id->type;
    w3d_store_u16(s->dst + 1, W3D_BJSON_FORMAT);
    w3di_bjson_payload_pad(s->dst + 3 + size, *properties - 3 - size);
    return W3D_OK;
}

/* Forgets the ID before. */
static inline void w3di_bjson_payload_begin(w3di_bjson_payload *s)
{
    for (uint32_t i = 0; i < s->slot_count; i++) s->slot_of_row[s->row_of_slot[i]] = W3D_BJSON_NONE;
    s->slot_count = s->pending_count = 0;
    s->large = s->front = s->cursor = 0;
}

/* One ID's payload up to its large arrays, to s->dst or, where that is NULL, nowhere.
 *
 *   length  out  bytes of the whole payload, the large arrays included: s->front + s->large */
static inline w3d_result w3di_bjson_payload_id(w3di_bjson_payload *s, const w3d_bjson_write_id *id,
                                               uint64_t *length)
{
    uint64_t properties = 0, at;
    w3di_bjson_payload_begin(s);
    w3d_result result = w3di_bjson_payload_head(s, id, &properties);
    if (result != W3D_OK) return result;
    if (id->value_count && !id->values) return w3di_bjson_payload_no_data(s);
    result = id->record
                 ? w3di_bjson_payload_struct(s, id, properties + 4)
                 : w3di_bjson_payload_record(s, id->values, id->value_count, properties + 4, 0);
    uint64_t property_end = w3di_bjson_payload_align(s->cursor, 4);
    uint64_t references = property_end + 8;
    uint64_t references_end = references + (uint64_t)s->slot_count * 4;
    s->front = w3di_bjson_payload_align(references_end, 16);
    if (result == W3D_OK) result = w3di_bjson_payload_reserve(s, 0, 4, &at);
    if (result == W3D_OK) result = w3di_bjson_payload_reserve(s, s->front - property_end, 1, &at);
    if (result != W3D_OK) return result;
    *length = s->front + s->large;
    if (!s->dst) {
        if (property_end > UINT32_MAX)
            return w3di_bjson_payload_fail(s, W3D_ERR_LIMIT, "an ID's properties are over 4 GiB");
        return W3D_OK;
    }
    w3d_store_u32(s->dst + (size_t)properties, (uint32_t)(property_end - properties - 8));
    w3d_store_u32(s->dst + (size_t)property_end, s->row);
    w3d_store_u32(s->dst + (size_t)property_end + 4, s->slot_count);
    for (uint32_t i = 0; i < s->slot_count; i++)
        w3d_store_u32(s->dst + (size_t)references + (size_t)i * 4, s->row_of_slot[i]);
    w3di_bjson_payload_pad(s->dst + (size_t)references_end, s->front - references_end);
    return W3D_OK;
}

/* The large arrays of the ID just stored, to s->dst + s->front, where there is room for them.
 *
 *   crc  out  the crc32c of the whole payload; NULL: it is not wanted */
static inline w3d_result w3di_bjson_payload_large(w3di_bjson_payload *s, uint32_t *crc)
{
    uint64_t end = s->front;
    if (s->large > s->room - s->front) return w3di_bjson_payload_changed(s);
    if (crc) *crc = w3d_crc32c(0, s->dst, (size_t)end);
    for (uint32_t i = 0; i < s->pending_count; i++) {
        const w3d_bjson_value *value = s->pending[i];
        uint64_t size = w3di_bjson_payload_large_size(value);
        uint64_t start = w3di_bjson_payload_align(end, 16);
        unsigned char *dst = s->dst + (size_t)start;
        w3di_bjson_payload_pad(s->dst + (size_t)end, start - end);
        if (crc) *crc = w3d_crc32c(*crc, s->dst + (size_t)end, (size_t)(start - end));
        end = start + size;
        if (crc && value->subtype != W3D_BJSON_SUB_REFERENCE) {
            *crc = w3di_bjson_copy_summed(dst, (const unsigned char *)value->data, value->subtype,
                                          (size_t)size, *crc);
            continue;
        }
        w3di_bjson_payload_elements(s, dst, value, (size_t)size);
        if (crc) *crc = w3d_crc32c(*crc, dst, (size_t)size);
    }
    return W3D_OK;
}

/* The payload of a meta chunk, in the same two passes. */
static inline w3d_result w3di_bjson_payload_meta(w3di_bjson_payload *s,
                                                 const w3d_bjson_value *values, uint32_t count,
                                                 uint64_t *length)
{
    uint64_t at;
    w3di_bjson_payload_begin(s);
    s->row = W3D_BJSON_NONE;
    if (count && !values) return w3di_bjson_payload_no_data(s);
    w3d_result result = w3di_bjson_payload_reserve(s, 8, 8, &at);
    if (result == W3D_OK && s->dst) w3d_store_u32(s->dst + 4, 0);
    if (result == W3D_OK) result = w3di_bjson_payload_record(s, values, count, 0, 0);
    if (result != W3D_OK) return result;
    if (s->cursor > UINT32_MAX)
        return w3di_bjson_payload_fail(s, W3D_ERR_LIMIT, "meta is over 4 GiB");
    s->front = *length = s->cursor;
    return W3D_OK;
}

/* 1 where the ID is a row of REFS only. */
static inline int w3di_bjson_payload_is_row(const w3d_bjson_write_id *id)
{
    return (id->flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL)) != 0;
}

/* ---- chunks ---- */

/* The size a payload takes with its chunk's head and padding. */
static inline uint64_t w3di_bjson_payload_chunk_size(uint64_t length)
{
    return W3D_BJSON_CHUNK_SIZE + w3di_bjson_payload_align(length, 16);
}

/* A chunk's head: 16 bytes. */
static inline void w3di_bjson_payload_chunk_head(unsigned char *dst, uint32_t kind, uint32_t aux,
                                                 uint64_t length)
{
    w3d_store_u32(dst, kind);
    w3d_store_u32(dst + 4, aux);
    w3d_store_u64(dst + 8, length);
}

/* Ends a chunk whose payload is at dst + 16: the head, the zeros behind. Gives its whole size. */
static inline size_t w3di_bjson_payload_end_chunk(unsigned char *dst, uint32_t kind,
                                                  uint64_t length, int crc)
{
    size_t whole = (size_t)w3di_bjson_payload_chunk_size(length);
    unsigned char *payload = dst + W3D_BJSON_CHUNK_SIZE;
    w3di_bjson_payload_pad(payload + (size_t)length, whole - W3D_BJSON_CHUNK_SIZE - length);
    w3di_bjson_payload_chunk_head(dst, kind, crc ? w3d_crc32c(0, payload, (size_t)length) : 0,
                                  length);
    return whole;
}

/* A row of REFS: 24 bytes. */
static inline void w3di_bjson_payload_row(unsigned char *dst, uint64_t chunk, uint32_t crc,
                                          const w3d_bjson_write_id *id)
{
    w3d_store_u64(dst, chunk);
    w3d_store_i64(dst + 8, id->time);
    w3d_store_u32(dst + 16, crc);
    dst[20] = id->type;
    dst[21] = id->flags;
    w3d_store_u16(dst + 22, W3D_BJSON_FORMAT);
}

/* The payload of a hash or sign chunk that is not filled in yet: 48 bytes. */
static inline void w3di_bjson_payload_seal(unsigned char *dst)
{
    w3d_fill(dst, 0, W3D_BJSON_HASH_SIZE);
    w3d_store_u32(dst, W3D_BJSON_SHA256); /* or W3D_BJSON_HMAC_SHA256, which is 1 as well */
}

/* 1 where a program may write chunks of this kind as it likes. */
static inline int w3di_bjson_payload_is_own_kind(uint32_t kind)
{
    return (kind & 0xFFu) >= 'a' && (kind & 0xFFu) <= 'z' && kind != W3D_BJSON_CHUNK_HOLE &&
           kind != W3D_BJSON_CHUNK_META && kind != W3D_BJSON_CHUNK_HASH &&
           kind != W3D_BJSON_CHUNK_SIGN;
}

#endif /* W3D_BJSON_PAYLOAD_H */
