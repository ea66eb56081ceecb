/* bjson_write.c - two passes over the description by the same code: one measures, one writes.
 *
 * The first pass (dst is NULL) checks everything and gathers shapes and keys; the second finds the
 * same shapes again and stores. A value's own bytes are stored in its record at once and what it
 * owns goes to the heap's end; large arrays wait until the ID's references are written. The second
 * pass still checks its room, since `describe` may not keep its word. */
#include "scene/bjson_write.h"

#include "core/bytes.h"
#include "core/simd.h"
#include "core/utf8.h"
#include "pack/crc32c.h"
#include "scene/bjson_shapes.h"

/* What a plan keeps between measuring and writing. */
typedef struct w3di_bjson_write_state {
    const w3d_bjson_write_desc *desc;
    w3d_error *error;
    w3di_bjson_shapes shapes;
    uint64_t ids_end; /* where KEYS begins */

    /* The ID under way. Offsets count from its payload. */
    unsigned char *dst; /* its payload, or NULL: measuring */
    uint64_t room;      /* bytes there are from dst on */
    uint64_t cursor;    /* end of its heap so far */
    uint64_t large;     /* end of its large arrays so far, from L */
    uint32_t row;
    uint32_t slot_count;             /* rows it refers to so far */
    uint32_t *slot_of_row;           /* [id_count], W3D_BJSON_NONE: no slot yet */
    uint32_t *row_of_slot;           /* [id_count] */
    const w3d_bjson_value **pending; /* its large arrays */
    uint32_t pending_count, pending_limit;
} w3di_bjson_write_state;

static w3d_result w3di_bjson_write_value(w3di_bjson_write_state *s, const w3d_bjson_value *value,
                                         uint64_t at, uint32_t depth);

static w3d_result w3di_bjson_write_fail(const w3di_bjson_write_state *s, w3d_result code,
                                        const char *text)
{
    return w3d_error_set(s->error, code, s->row, text);
}

static w3d_result w3di_bjson_write_changed(const w3di_bjson_write_state *s)
{
    return w3di_bjson_write_fail(s, W3D_ERR_ARGUMENT, "the description is not the one measured");
}

static w3d_result w3di_bjson_write_no_data(const w3di_bjson_write_state *s)
{
    return w3di_bjson_write_fail(s, W3D_ERR_ARGUMENT, "a value points to nothing");
}

static uint64_t w3di_bjson_write_align(uint64_t offset, uint64_t alignment)
{
    return (offset + (alignment - 1)) & ~(alignment - 1);
}

/* Fewer than 16 zeros, without a call. */
static void w3di_bjson_write_pad(unsigned char *dst, uint64_t size)
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
static w3d_result w3di_bjson_write_slot(w3di_bjson_write_state *s, uint32_t row, uint32_t *slot)
{
    *slot = W3D_BJSON_NONE;
    if (row == W3D_BJSON_NONE) return W3D_OK;
    if (row >= s->desc->id_count)
        return w3di_bjson_write_fail(s, W3D_ERR_INDEX, "a reference to a row that is not there");
    if (s->slot_of_row[row] == W3D_BJSON_NONE) {
        s->slot_of_row[row] = s->slot_count;
        s->row_of_slot[s->slot_count++] = row;
    }
    *slot = s->slot_of_row[row];
    return W3D_OK;
}

/* Gives slots to all rows in an array of references, before the array is copied. */
static w3d_result w3di_bjson_write_slots(w3di_bjson_write_state *s, const void *rows,
                                         uint64_t count)
{
    const unsigned char *bytes = (const unsigned char *)rows;
    w3d_result result = W3D_OK;
    uint32_t slot;
    for (uint64_t i = 0; i < count && result == W3D_OK; i++)
        result = w3di_bjson_write_slot(s, w3d_load_u32(bytes + (size_t)i * 4), &slot);
    return result;
}

/* Copies floats; NaNs come out as the one that is canonical. */
static void w3di_bjson_write_copy_f32(unsigned char *dst, const void *src, size_t count)
{
    const float *from = (const float *)src;
    float *to = (float *)(void *)dst; /* loads and stores take any address */
    w3d_f4 nan = w3d_f4_splat(w3d_f32_from_bits(0x7FC00000u));
    size_t i = 0;
    for (; count - i >= 16; i += 16) {
        w3d_f4 a = w3d_f4_load(from + i), b = w3d_f4_load(from + i + 4);
        w3d_f4 c = w3d_f4_load(from + i + 8), d = w3d_f4_load(from + i + 12);
        w3d_f4_store(to + i, w3d_f4_select(w3d_f4_equal(a, a), a, nan));
        w3d_f4_store(to + i + 4, w3d_f4_select(w3d_f4_equal(b, b), b, nan));
        w3d_f4_store(to + i + 8, w3d_f4_select(w3d_f4_equal(c, c), c, nan));
        w3d_f4_store(to + i + 12, w3d_f4_select(w3d_f4_equal(d, d), d, nan));
    }
    for (; count - i >= 4; i += 4) {
        w3d_f4 a = w3d_f4_load(from + i);
        w3d_f4_store(to + i, w3d_f4_select(w3d_f4_equal(a, a), a, nan));
    }
    for (; i < count; i++) {
        uint32_t bits = w3d_load_u32((const unsigned char *)src + i * 4);
        w3d_store_u32(dst + i * 4, (bits & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FC00000u : bits);
    }
}

static uint64_t w3di_bjson_write_canonical_f64(uint64_t bits)
{
    return (bits & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u ? 0x7FF8000000000000u : bits;
}

/* Copies elements that are no references; NaNs become canonical. */
static void w3di_bjson_write_copy(unsigned char *dst, const unsigned char *src, uint32_t subtype,
                                  size_t size)
{
    switch (subtype) {
    case W3D_BJSON_SUB_F32: w3di_bjson_write_copy_f32(dst, src, size / 4); break;
    case W3D_BJSON_SUB_F64:
        for (size_t i = 0; i < size; i += 8)
            w3d_store_u64(dst + i, w3di_bjson_write_canonical_f64(w3d_load_u64(src + i)));
        break;
    case W3D_BJSON_SUB_F16:
        for (size_t i = 0; i < size; i += 2) {
            uint16_t bits = w3d_load_u16(src + i);
            w3d_store_u16(dst + i, (bits & 0x7FFFu) > 0x7C00u ? (uint16_t)0x7E00u : bits);
        }
        break;
    default: w3d_copy(dst, src, size);
    }
}

/* Copies the elements of a vector or array; rows become slots, which they all have by now. */
static void w3di_bjson_write_elements(const w3di_bjson_write_state *s, unsigned char *dst,
                                      const w3d_bjson_value *value, size_t size)
{
    const unsigned char *src = (const unsigned char *)value->data;
    if (value->subtype != W3D_BJSON_SUB_REFERENCE) {
        w3di_bjson_write_copy(dst, src, value->subtype, size);
        return;
    }
    for (size_t i = 0; i < size; i += 4) {
        uint32_t row = w3d_load_u32(src + i);
        w3d_store_u32(dst + i, row == W3D_BJSON_NONE ? row : s->slot_of_row[row]);
    }
}

/* A value that is its own bytes: no heap, no references. */
static void w3di_bjson_write_plain(const w3di_bjson_write_state *s, unsigned char *dst,
                                   const w3d_bjson_value *value)
{
    switch (value->tag) {
    case W3D_BJSON_NULL: dst[0] = 0; break;
    case W3D_BJSON_BOOL: dst[0] = value->bits != 0; break;
    case W3D_BJSON_F64: w3d_store_u64(dst, w3di_bjson_write_canonical_f64(value->bits)); break;
    case W3D_BJSON_VECTOR:
        w3di_bjson_write_elements(s, dst, value,
                                  value->n * (size_t)w3d_bjson_subtype_size(value->subtype));
        break;
    default: w3d_store_u64(dst, value->bits);
    }
}

/* Takes `size` bytes at the heap's end, aligned; the bytes skipped become zero. */
static w3d_result w3di_bjson_write_reserve(w3di_bjson_write_state *s, uint64_t size,
                                           uint64_t alignment, uint64_t *at)
{
    uint64_t start = w3di_bjson_write_align(s->cursor, alignment);
    if (s->dst) {
        if (start > s->room || size > s->room - start) return w3di_bjson_write_changed(s);
        w3di_bjson_write_pad(s->dst + (size_t)s->cursor, start - s->cursor);
    }
    *at = start;
    s->cursor = start + size;
    return W3D_OK;
}

/* Stores where a value lies: two u32 in the record or slot. */
static void w3di_bjson_write_place(w3di_bjson_write_state *s, uint64_t at, uint64_t offset,
                                   uint64_t length)
{
    if (!s->dst) return;
    w3d_store_u32(s->dst + (size_t)at, (uint32_t)offset);
    w3d_store_u32(s->dst + (size_t)at + 4, (uint32_t)length);
}

/* A record at the heap's end, then what its values own. */
static w3d_result w3di_bjson_write_record(w3di_bjson_write_state *s, const w3d_bjson_value *values,
                                          uint32_t count, uint64_t shape_at, uint32_t depth)
{
    w3di_bjson_shapes_recipe *recipe;
    uint64_t record;
    w3d_result result = w3di_bjson_shapes_find_recipe(&s->shapes, values, count, &recipe);
    if (result != W3D_OK) return w3di_bjson_write_fail(s, result, s->shapes.text);
    result = w3di_bjson_write_reserve(s, recipe->shape->record_size, 1, &record);
    if (result == W3D_OK && s->dst) w3d_store_u32(s->dst + (size_t)shape_at, recipe->shape->index);
    const w3di_bjson_shapes_field *fields = recipe->shape->fields;
    if (result == W3D_OK && s->dst)
        for (uint32_t i = 0; i < count; i++)
            if (fields[i].plain)
                w3di_bjson_write_plain(s, s->dst + (size_t)record + fields[i].offset,
                                       &values[recipe->order[i]]);
    for (uint32_t i = 0; i < recipe->owner_count && result == W3D_OK; i++) {
        uint32_t k = recipe->owners[i];
        result =
            w3di_bjson_write_value(s, &values[recipe->order[k]], record + fields[k].offset, depth);
    }
    return result;
}

/* A record whose values lie in a C struct: few copies where it is laid out alike. */
static w3d_result w3di_bjson_write_struct(w3di_bjson_write_state *s, const w3d_bjson_write_id *id,
                                          uint64_t shape_at)
{
    w3di_bjson_shapes_recipe *recipe;
    const unsigned char *from = (const unsigned char *)id->record;
    const w3d_bjson_value *values = id->values;
    uint64_t record;
    w3d_result result = w3di_bjson_shapes_find_struct(&s->shapes, values, id->value_count, &recipe);
    if (result != W3D_OK) return w3di_bjson_write_fail(s, result, s->shapes.text);
    result = w3di_bjson_write_reserve(s, recipe->shape->record_size, 1, &record);
    const w3di_bjson_shapes_field *fields = recipe->shape->fields;
    if (result == W3D_OK && s->dst) {
        unsigned char *to = s->dst + (size_t)record;
        w3d_store_u32(s->dst + (size_t)shape_at, recipe->shape->index);
        for (uint32_t i = 0; i < recipe->run_count; i++) {
            const w3di_bjson_shapes_run *run = &recipe->runs[i];
            w3di_bjson_write_copy(to + run->to, from + run->from, run->subtype, run->size);
            for (uint32_t k = 0; run->is_bool && k < run->size; k++)
                to[run->to + k] = to[run->to + k] != 0;
        }
    }
    for (uint32_t i = 0; i < recipe->owner_count; i++) {
        uint32_t k = recipe->owners[i], slot;
        const unsigned char *rows = from + (size_t)values[recipe->order[k]].bits;
        for (uint32_t n = 0; n < fields[k].size && result == W3D_OK; n += 4) {
            result = w3di_bjson_write_slot(s, w3d_load_u32(rows + n), &slot);
            if (s->dst) w3d_store_u32(s->dst + (size_t)record + fields[k].offset + n, slot);
        }
    }
    return result;
}

/* A list's count, types and slots at the heap's end, then what the items own. */
static w3d_result w3di_bjson_write_list(w3di_bjson_write_state *s, const w3d_bjson_value *items,
                                        uint32_t count, uint64_t start, uint32_t depth)
{
    uint64_t types_end = 4 + (uint64_t)count * 4, slots = w3di_bjson_write_align(types_end, 8), at;
    w3d_result result = w3di_bjson_write_reserve(s, slots + (uint64_t)count * 8, 1, &at);
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
        if (result != W3D_OK) return w3di_bjson_write_fail(s, result, s->shapes.text);
        if (items[i].tag != W3D_BJSON_VECTOR) { /* a vector may be larger than its slot */
            result = w3di_bjson_write_value(s, &items[i], slot, depth);
            continue;
        }
        result = w3di_bjson_write_reserve(s, size, 8, &offset);
        if (result != W3D_OK) break;
        w3di_bjson_write_place(s, slot, offset, size);
        result = w3di_bjson_write_value(s, &items[i], offset, depth);
    }
    return result;
}

/* A map or list: its place in the record or slot, its content at the heap's end. */
static w3d_result w3di_bjson_write_container(w3di_bjson_write_state *s,
                                             const w3d_bjson_value *value, uint64_t at,
                                             uint32_t depth)
{
    uint64_t start;
    if (depth >= W3D_BJSON_DEPTH_LIMIT)
        return w3di_bjson_write_fail(s, W3D_ERR_LIMIT, "maps and lists nest more than 32 deep");
    if (value->count && !value->data) return w3di_bjson_write_no_data(s);
    const w3d_bjson_value *values = (const w3d_bjson_value *)value->data;
    w3d_result result = w3di_bjson_write_reserve(s, value->tag == W3D_BJSON_MAP ? 8 : 0, 8, &start);
    if (result != W3D_OK) return result;
    if (value->tag == W3D_BJSON_MAP) {
        if (s->dst) w3d_store_u32(s->dst + (size_t)start + 4, 0);
        result = w3di_bjson_write_record(s, values, value->count, start, depth + 1);
    } else {
        result = w3di_bjson_write_list(s, values, value->count, start, depth + 1);
    }
    if (result == W3D_OK) w3di_bjson_write_place(s, at, start, s->cursor - start);
    return result;
}

/* A text, bytes or array: its place in the record or slot, its content at the heap's end. */
static w3d_result w3di_bjson_write_content(w3di_bjson_write_state *s, const w3d_bjson_value *value,
                                           uint64_t at)
{
    uint64_t size = value->count, start;
    if (value->tag == W3D_BJSON_ARRAY)
        size *= (uint64_t)value->n * w3d_bjson_subtype_size(value->subtype);
    if (size && !value->data) return w3di_bjson_write_no_data(s);
    if (!s->dst) {
        if (size > UINT32_MAX)
            return w3di_bjson_write_fail(s, W3D_ERR_LIMIT,
                                         "an array among the properties is over 4 GiB");
        if (value->tag == W3D_BJSON_STRING && w3d_utf8_check(value->data, (size_t)size) != size)
            return w3di_bjson_write_fail(s, W3D_ERR_UTF8, "a string is not valid UTF-8");
    }
    w3d_result result = W3D_OK;
    if (value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_write_slots(s, value->data, size / 4);
    if (result == W3D_OK)
        result = w3di_bjson_write_reserve(s, size + (value->tag == W3D_BJSON_STRING),
                                          value->tag == W3D_BJSON_ARRAY ? 16 : 1, &start);
    if (result != W3D_OK) return result;
    w3di_bjson_write_place(s, at, start, size);
    if (!s->dst) return W3D_OK;
    w3di_bjson_write_elements(s, s->dst + (size_t)start, value, (size_t)size);
    if (value->tag == W3D_BJSON_STRING) s->dst[(size_t)(start + size)] = 0;
    return W3D_OK;
}

/* A large array: its place now, its elements when L is reached. */
static w3d_result w3di_bjson_write_large(w3di_bjson_write_state *s, const w3d_bjson_value *value,
                                         uint64_t at)
{
    uint64_t size = value->count * ((uint64_t)value->n * w3d_bjson_subtype_size(value->subtype));
    uint64_t start = w3di_bjson_write_align(s->large, 16);
    w3d_result result = W3D_OK;
    if (size && !value->data) return w3di_bjson_write_no_data(s);
    if (start / 16 > UINT32_MAX)
        return w3di_bjson_write_fail(s, W3D_ERR_LIMIT, "the large arrays of an ID are over 64 GiB");
    if (value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_write_slots(s, value->data, size / 4);
    if (result != W3D_OK) return result;
    w3di_bjson_write_place(s, at, start / 16, value->count);
    s->large = start + size;
    if (s->dst) {
        if (s->pending_count >= s->pending_limit) return w3di_bjson_write_changed(s);
        s->pending[s->pending_count] = value;
    }
    s->pending_count++;
    return W3D_OK;
}

/* A value whose inline bytes are at `at`. */
static w3d_result w3di_bjson_write_value(w3di_bjson_write_state *s, const w3d_bjson_value *value,
                                         uint64_t at, uint32_t depth)
{
    w3d_result result = W3D_OK;
    uint32_t slot;
    switch (value->tag) {
    case W3D_BJSON_MAP:
    case W3D_BJSON_LIST: return w3di_bjson_write_container(s, value, at, depth);
    case W3D_BJSON_LARGE: return w3di_bjson_write_large(s, value, at);
    case W3D_BJSON_STRING:
    case W3D_BJSON_BYTES:
    case W3D_BJSON_ARRAY: return w3di_bjson_write_content(s, value, at);
    case W3D_BJSON_REFERENCE:
        slot = value->bits < W3D_BJSON_NONE ? (uint32_t)value->bits : W3D_BJSON_NONE;
        result = w3di_bjson_write_slot(s, slot, &slot);
        if (result == W3D_OK && s->dst) w3d_store_u32(s->dst + (size_t)at, slot);
        return result;
    case W3D_BJSON_VECTOR:
        if (value->subtype == W3D_BJSON_SUB_REFERENCE)
            result = w3di_bjson_write_slots(s, value->data, value->n);
        break;
    default: break;
    }
    if (result == W3D_OK && s->dst) w3di_bjson_write_plain(s, s->dst + (size_t)at, value);
    return result;
}

/* ---- IDs and the file ---- */

static w3d_result w3di_bjson_write_describe(const w3di_bjson_write_state *s, uint32_t row,
                                            w3d_bjson_write_id *id)
{
    if (!s->desc->describe) {
        *id = s->desc->ids[row];
        return W3D_OK;
    }
    w3d_fill(id, 0, sizeof *id);
    w3d_result result = s->desc->describe(s->desc->user, row, id);
    return result == W3D_OK ? W3D_OK : w3di_bjson_write_fail(s, result, "the description failed");
}

/* Type, version and name; *properties is where P begins. */
static w3d_result w3di_bjson_write_head(w3di_bjson_write_state *s, const w3d_bjson_write_id *id,
                                        uint64_t *properties)
{
    const char *name = id->name ? id->name : "";
    unsigned bits = 0;
    size_t size = 0;
    if (s->dst) {
        size_t room = s->room < 16 ? 0 : (size_t)s->room - 16;
        if (room > W3D_BJSON_NAME_LIMIT) room = W3D_BJSON_NAME_LIMIT;
        for (; size < room && name[size]; size++) s->dst[3 + size] = (unsigned char)name[size];
        if (name[size] || s->room < 16) return w3di_bjson_write_changed(s);
    } else {
        for (; name[size]; size++) bits |= (unsigned char)name[size];
        if (size > W3D_BJSON_NAME_LIMIT)
            return w3di_bjson_write_fail(s, W3D_ERR_ARGUMENT, "a name of more than 255 bytes");
        if (bits >= 0x80u && w3d_utf8_check(name, size) != size)
            return w3di_bjson_write_fail(s, W3D_ERR_UTF8, "a name is not valid UTF-8");
    }
    *properties = w3di_bjson_write_align(3 + (uint64_t)size + 1, 8);
    s->cursor = *properties + 8;
    if (!s->dst) return W3D_OK;
    if (s->cursor > s->room) return w3di_bjson_write_changed(s);
    s->dst[0] = id->type;
    w3d_store_u16(s->dst + 1, W3D_BJSON_FORMAT);
    w3di_bjson_write_pad(s->dst + 3 + size, *properties - 3 - size);
    return W3D_OK;
}

/* One ID's payload, to s->dst or, where that is NULL, nowhere; *length is its size. */
static w3d_result w3di_bjson_write_payload(w3di_bjson_write_state *s, const w3d_bjson_write_id *id,
                                           uint64_t *length)
{
    uint64_t properties = 0, at;
    for (uint32_t i = 0; i < s->slot_count; i++) s->slot_of_row[s->row_of_slot[i]] = W3D_BJSON_NONE;
    s->slot_count = s->pending_count = 0;
    s->large = 0;

    w3d_result result = w3di_bjson_write_head(s, id, &properties);
    if (result != W3D_OK) return result;
    result = id->record
                 ? w3di_bjson_write_struct(s, id, properties + 4)
                 : w3di_bjson_write_record(s, id->values, id->value_count, properties + 4, 0);
    uint64_t property_end = w3di_bjson_write_align(s->cursor, 4);
    uint64_t references = property_end + 8;
    uint64_t references_size = (uint64_t)s->slot_count * 4;
    uint64_t large = w3di_bjson_write_align(references + references_size, 16);
    if (result == W3D_OK) result = w3di_bjson_write_reserve(s, 0, 4, &at);
    if (result == W3D_OK) result = w3di_bjson_write_reserve(s, large - property_end, 1, &at);
    if (result != W3D_OK) return result;
    *length = large + s->large;
    if (!s->dst) {
        if (property_end > UINT32_MAX)
            return w3di_bjson_write_fail(s, W3D_ERR_LIMIT, "an ID's properties are over 4 GiB");
        return W3D_OK;
    }
    if (*length > s->room) return w3di_bjson_write_changed(s);
    w3d_store_u32(s->dst + (size_t)properties, (uint32_t)(property_end - properties - 8));
    w3d_store_u32(s->dst + (size_t)property_end, s->row);
    w3d_store_u32(s->dst + (size_t)property_end + 4, s->slot_count);
    for (uint32_t i = 0; i < s->slot_count; i++)
        w3d_store_u32(s->dst + (size_t)references + (size_t)i * 4, s->row_of_slot[i]);
    uint64_t end = references + references_size;
    for (uint32_t i = 0; i < s->pending_count; i++) {
        const w3d_bjson_value *value = s->pending[i];
        uint64_t size =
            value->count * ((uint64_t)value->n * w3d_bjson_subtype_size(value->subtype));
        uint64_t start = w3di_bjson_write_align(end, 16);
        w3di_bjson_write_pad(s->dst + (size_t)end, start - end);
        w3di_bjson_write_elements(s, s->dst + (size_t)start, value, (size_t)size);
        end = start + size;
    }
    if (end < large) w3di_bjson_write_pad(s->dst + (size_t)end, large - end);
    return W3D_OK;
}

/* 1 where the ID is a row of REFS only. */
static int w3di_bjson_write_is_row(const w3d_bjson_write_id *id)
{
    return (id->flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL)) != 0;
}

/* Bytes of SHAP before the first shape: the offsets, on 8. */
static uint64_t w3di_bjson_write_index_size(const w3di_bjson_write_state *s)
{
    return w3di_bjson_write_align((uint64_t)s->shapes.shapes.count * 4, 8);
}

/* The size a payload takes with its chunk's head and padding. */
static uint64_t w3di_bjson_write_chunk_size(uint64_t length)
{
    return W3D_BJSON_CHUNK_SIZE + w3di_bjson_write_align(length, 16);
}

W3D_API w3d_result w3d_bjson_write_size(const w3d_bjson_write_desc *desc, w3d_arena *arena,
                                        w3d_bjson_plan *plan, w3d_error *error)
{
    if (!desc || !arena || !plan || desc->id_count == W3D_BJSON_NONE ||
        (desc->id_count && !desc->ids && !desc->describe))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no description, arena or plan");
    w3d_arena used = *arena;
    w3di_bjson_write_state *s =
        (w3di_bjson_write_state *)w3d_arena_push_zero(&used, 1, sizeof *s, sizeof(uint64_t));
    if (!s) return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the arena is too small for the plan");
    s->desc = desc;
    s->shapes.arena = &used;
    s->error = error;
    s->slot_of_row = (uint32_t *)w3d_arena_push(&used, desc->id_count, 4, 4);
    s->row_of_slot = (uint32_t *)w3d_arena_push(&used, desc->id_count, 4, 4);
    if (!s->slot_of_row || !s->row_of_slot)
        return w3di_bjson_write_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
    w3d_fill(s->slot_of_row, 0xFF, (size_t)desc->id_count * 4);

    uint64_t total = W3D_BJSON_HEADER_SIZE, length = 0;
    for (s->row = 0; s->row < desc->id_count; s->row++) {
        w3d_bjson_write_id id;
        w3d_result result = w3di_bjson_write_describe(s, s->row, &id);
        if (result == W3D_OK && !w3di_bjson_write_is_row(&id)) {
            result = w3di_bjson_write_payload(s, &id, &length);
            total += w3di_bjson_write_chunk_size(length);
            if (s->pending_count > s->pending_limit) s->pending_limit = s->pending_count;
        }
        if (result != W3D_OK) return result;
    }
    s->row = 0;
    s->ids_end = total;
    total += w3di_bjson_write_chunk_size(s->shapes.keys_size);
    total += w3di_bjson_write_chunk_size(w3di_bjson_write_index_size(s) + s->shapes.fields_size);
    total += w3di_bjson_write_chunk_size((uint64_t)desc->id_count * W3D_BJSON_ROW_SIZE);
    if (total > SIZE_MAX / 2)
        return w3di_bjson_write_fail(s, W3D_ERR_LIMIT, "the file is larger than memory");
    w3d_result result = w3di_bjson_shapes_place_keys(&s->shapes);
    if (result != W3D_OK) return w3di_bjson_write_fail(s, result, s->shapes.text);
    s->pending = (const w3d_bjson_value **)w3d_arena_push(&used, s->pending_limit,
                                                          sizeof *s->pending, sizeof *s->pending);
    if (!s->pending)
        return w3di_bjson_write_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
    s->shapes.arena = NULL;
    s->error = NULL;
    *arena = used;
    plan->size = (size_t)total;
    plan->desc = desc;
    plan->work = s;
    return W3D_OK;
}

/* Ends a chunk whose payload is at dst + 16: the head, the zeros behind. Gives its whole size. */
static size_t w3di_bjson_write_end_chunk(unsigned char *dst, uint32_t kind, uint64_t length,
                                         int crc)
{
    size_t whole = (size_t)w3di_bjson_write_chunk_size(length);
    unsigned char *payload = dst + W3D_BJSON_CHUNK_SIZE;
    w3di_bjson_write_pad(payload + (size_t)length, whole - W3D_BJSON_CHUNK_SIZE - length);
    w3d_store_u32(dst, kind);
    w3d_store_u32(dst + 4, crc ? w3d_crc32c(0, payload, (size_t)length) : 0);
    w3d_store_u64(dst + 8, length);
    return whole;
}

static void w3di_bjson_write_keys(const w3di_bjson_write_state *s, unsigned char *dst)
{
    for (uint32_t i = 0; i < s->shapes.keys.count; i++) {
        const w3di_bjson_shapes_key *key = s->shapes.sorted[i].key;
        w3d_copy(dst + key->offset, key->text, (size_t)key->size + 1);
    }
}

static void w3di_bjson_write_shapes(const w3di_bjson_write_state *s, unsigned char *dst)
{
    uint64_t index_end = (uint64_t)s->shapes.shapes.count * 4, at = w3di_bjson_write_index_size(s);
    w3di_bjson_write_pad(dst + (size_t)index_end, at - index_end);
    for (const w3di_bjson_shapes_shape *shape = s->shapes.first; shape; shape = shape->later) {
        w3d_store_u32(dst + (size_t)shape->index * 4, (uint32_t)at);
        w3d_store_u32(dst + (size_t)at, shape->count);
        w3d_store_u32(dst + (size_t)at + 4, shape->record_size);
        at += 8;
        for (uint32_t i = 0; i < shape->count; i++, at += W3D_BJSON_FIELD_SIZE) {
            const w3di_bjson_shapes_field *field = &shape->fields[i];
            w3d_store_u32(dst + (size_t)at, field->key->offset);
            w3d_store_u32(dst + (size_t)at + 4, field->type);
            w3d_store_u32(dst + (size_t)at + 8, field->offset);
            w3d_store_u32(dst + (size_t)at + 12, field->size);
        }
    }
}

/* All ID chunks, and the row of REFS of each. */
static w3d_result w3di_bjson_write_ids(w3di_bjson_write_state *s, unsigned char *dst,
                                       unsigned char *refs)
{
    uint64_t at = W3D_BJSON_HEADER_SIZE, length = 0;
    for (s->row = 0; s->row < s->desc->id_count; s->row++, refs += W3D_BJSON_ROW_SIZE) {
        w3d_bjson_write_id id;
        w3d_result result = w3di_bjson_write_describe(s, s->row, &id);
        if (result != W3D_OK) return result;
        int is_row = w3di_bjson_write_is_row(&id);
        w3d_store_u64(refs, is_row ? 0 : at);
        w3d_store_i64(refs + 8, id.time);
        w3d_store_u32(refs + 16, 0);
        refs[20] = id.type;
        refs[21] = id.flags;
        w3d_store_u16(refs + 22, W3D_BJSON_FORMAT);
        if (is_row) continue;
        if (s->ids_end - at < W3D_BJSON_CHUNK_SIZE) return w3di_bjson_write_changed(s);
        s->dst = dst + (size_t)at + W3D_BJSON_CHUNK_SIZE;
        s->room = s->ids_end - at - W3D_BJSON_CHUNK_SIZE;
        result = w3di_bjson_write_payload(s, &id, &length);
        if (result != W3D_OK) return result;
        if (s->desc->crc) w3d_store_u32(refs + 16, w3d_crc32c(0, s->dst, (size_t)length));
        at += w3di_bjson_write_end_chunk(dst + (size_t)at, W3D_BJSON_CHUNK_ID, length, 0);
    }
    return at == s->ids_end ? W3D_OK : w3di_bjson_write_changed(s);
}

W3D_API w3d_result w3d_bjson_write(const w3d_bjson_plan *plan, void *dst, size_t capacity,
                                   w3d_error *error)
{
    if (!plan || !plan->work || !dst)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no plan or no memory");
    if (capacity < plan->size)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0,
                             "the memory is smaller than the plan's size");
    w3di_bjson_write_state *s = (w3di_bjson_write_state *)plan->work;
    unsigned char *file = (unsigned char *)dst;
    uint64_t refs_size = (uint64_t)s->desc->id_count * W3D_BJSON_ROW_SIZE;
    uint64_t shapes_size = w3di_bjson_write_index_size(s) + s->shapes.fields_size;
    size_t keys = (size_t)s->ids_end;
    size_t shapes = keys + (size_t)w3di_bjson_write_chunk_size(s->shapes.keys_size);
    size_t refs = shapes + (size_t)w3di_bjson_write_chunk_size(shapes_size);
    int crc = s->desc->crc;

    s->error = error;
    w3d_result result = w3di_bjson_write_ids(s, file, file + refs + W3D_BJSON_CHUNK_SIZE);
    s->error = NULL;
    s->dst = NULL;
    if (result != W3D_OK) return result;
    w3di_bjson_write_keys(s, file + keys + W3D_BJSON_CHUNK_SIZE);
    w3di_bjson_write_shapes(s, file + shapes + W3D_BJSON_CHUNK_SIZE);
    w3di_bjson_write_end_chunk(file + keys, W3D_BJSON_CHUNK_KEYS, s->shapes.keys_size, crc);
    w3di_bjson_write_end_chunk(file + shapes, W3D_BJSON_CHUNK_SHAP, shapes_size, crc);
    w3di_bjson_write_end_chunk(file + refs, W3D_BJSON_CHUNK_REFS, refs_size, crc);

    w3d_store_u32(file, W3D_BJSON_MAGIC_LOW);
    w3d_store_u32(file + 4, W3D_BJSON_MAGIC_HIGH);
    w3d_store_u16(file + 8, W3D_BJSON_FORMAT);
    w3d_store_u16(file + 10, W3D_BJSON_HEADER_SIZE);
    w3d_store_u32(file + 12, (uint32_t)(W3D_BJSON_CANONICAL | (crc ? W3D_BJSON_CRC : 0)));
    w3d_store_u64(file + 16, plan->size);
    w3d_store_u64(file + 24, refs);
    w3d_store_u32(file + 32, s->desc->id_count);
    w3d_store_u32(file + 36, s->shapes.keys.count);
    w3d_store_u64(file + 40, keys);
    w3d_store_u64(file + 48, shapes);
    w3d_store_u32(file + 56, s->shapes.shapes.count);
    w3d_store_u32(file + 60, w3d_crc32c(0, file, 60));
    return W3D_OK;
}

/* ---- the bound ---- */

typedef struct w3di_bjson_write_tally {
    size_t ids, maps, values;
} w3di_bjson_write_tally;

static void w3di_bjson_write_count(w3di_bjson_write_tally *tally, const w3d_bjson_value *values,
                                   uint32_t count, uint32_t depth)
{
    tally->values += count;
    for (uint32_t i = 0; i < count && depth < W3D_BJSON_DEPTH_LIMIT; i++) {
        if (values[i].tag != W3D_BJSON_MAP && values[i].tag != W3D_BJSON_LIST) continue;
        tally->maps++;
        w3di_bjson_write_count(tally, (const w3d_bjson_value *)values[i].data, values[i].count,
                               depth + 1);
    }
}

W3D_API size_t w3d_bjson_write_scratch_size(const w3d_bjson_write_desc *desc)
{
    w3di_bjson_write_tally tally = { 0, 0, 0 };
    const w3d_bjson_value *fields = NULL;
    if (!desc || (!desc->ids && !desc->describe)) return sizeof(w3di_bjson_write_state) + 1024;
    for (uint32_t row = 0; row < desc->id_count; row++) {
        w3d_bjson_write_id id;
        w3d_fill(&id, 0, sizeof id);
        if (desc->describe) {
            if (desc->describe(desc->user, row, &id) != W3D_OK) break;
        } else {
            id = desc->ids[row];
        }
        tally.ids++;
        if (id.record && id.values == fields) continue; /* the same struct as the ID before */
        fields = id.record ? id.values : NULL;
        tally.maps++;
        w3di_bjson_write_count(&tally, id.values, id.value_count, 0);
    }
    /* Buckets are doubled: all that a table ever had is below four pointers an entry. */
    size_t node = 4 * sizeof(void *);
    size_t map = sizeof(w3di_bjson_shapes_recipe) + sizeof(w3di_bjson_shapes_shape) + 2 * node + 64;
    size_t value = sizeof(w3di_bjson_shapes_key) + node + sizeof(w3di_bjson_shapes_field) +
                   2 * sizeof(w3di_bjson_shapes_rank) + 2 * sizeof(void *) + 3 * sizeof(uint32_t) +
                   sizeof(w3di_bjson_shapes_run);
    size_t size = sizeof(w3di_bjson_write_state) + 1024;
    if (!w3d_size_append(&size, tally.ids, 2 * sizeof(uint32_t)) ||
        !w3d_size_append(&size, tally.maps, map) || !w3d_size_append(&size, tally.values, value))
        return SIZE_MAX;
    return size;
}
