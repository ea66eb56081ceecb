/* props_json.c - structs to JSON and back, row by row.
 *
 * An object is read in the order of its members: each finds its row by name, beginning behind the
 * row of the member before, so that texts in the table's order take no search. */
#include "scene/props_json.h"

#include "core/decimal.h"
#include "scene/props_reader.h"

#define W3DI_PROPS_JSON_SAFE 9007199254740991 /* 2^53 - 1 */

/* ---- writing ---- */

static w3d_result w3di_props_json_write_number(w3d_json_writer *writer, uint32_t type,
                                               const void *data)
{
    w3di_props_number number = w3di_props_load(type, data);
    double value = w3d_f64_from_bits(number.bits);
    int64_t whole = (int64_t)number.bits;
    if (type == W3D_PROP_BOOL) return w3d_json_write_bool(writer, whole != 0);
    if (type == W3D_PROP_REFERENCE && number.bits == W3D_PROPS_NONE)
        return w3d_json_write_null(writer);
    if (number.kind == W3DI_PROPS_U64) return w3d_json_write_u64_string(writer, number.bits);
    if (number.kind == W3DI_PROPS_I64)
        return whole > W3DI_PROPS_JSON_SAFE || whole < -W3DI_PROPS_JSON_SAFE
                   ? w3d_json_write_i64_string(writer, whole)
                   : w3d_json_write_i64(writer, whole);
    if (value != value) return w3d_json_write_string(writer, "NaN", 3);
    if (!w3d_f64_is_finite(value))
        return value > 0.0 ? w3d_json_write_string(writer, "Infinity", 8)
                           : w3d_json_write_string(writer, "-Infinity", 9);
    return type == W3D_PROP_F32 ? w3d_json_write_f32(writer, (float)value)
                                : w3d_json_write_f64(writer, value);
}

/* `count` numbers as an array on one line. */
static w3d_result w3di_props_json_write_row(w3d_json_writer *writer, uint32_t type,
                                            const unsigned char *data, uint64_t count)
{
    uint32_t size = w3d_prop_type_size(type);
    w3d_result result = w3d_json_write_row(writer);
    for (uint64_t i = 0; i < count && result == W3D_OK; i++)
        result = w3di_props_json_write_number(writer, type, data + (size_t)i * size);
    return result == W3D_OK ? w3d_json_write_end(writer) : result;
}

static w3d_result w3di_props_json_write_struct(w3d_json_writer *writer, const w3d_props *table,
                                               const void *data, uint32_t depth);

/* An array's rows, or a collection's items. */
static w3d_result w3di_props_json_write_items(w3d_json_writer *writer, const w3d_prop *prop,
                                              const void *data, uint32_t depth)
{
    const unsigned char *items =
        (const unsigned char *)w3di_props_pointer((const unsigned char *)data + prop->offset);
    uint32_t count = w3di_props_count(prop, data), n = w3di_props_n(prop);
    w3d_result result;
    if (count && !items) return W3D_ERR_ARGUMENT;
    if (prop->type == W3D_PROP_ARRAY && n == 1)
        return w3di_props_json_write_row(writer, prop->element, items, count);
    result = w3d_json_write_array(writer);
    for (uint32_t i = 0; i < count && result == W3D_OK; i++)
        if (prop->type == W3D_PROP_ARRAY)
            result =
                w3di_props_json_write_row(writer, prop->element,
                                          items + (size_t)i * n * w3d_prop_type_size(prop->element),
                                          n);
        else
            result = w3di_props_json_write_struct(writer, prop->table,
                                                  items + (size_t)i * prop->table->size, depth + 1);
    return result == W3D_OK ? w3d_json_write_end(writer) : result;
}

static w3d_result w3di_props_json_write_value(w3d_json_writer *writer, const w3d_prop *prop,
                                              const void *data, uint32_t depth)
{
    const unsigned char *member = (const unsigned char *)data + prop->offset;
    const char *text = (const char *)member;
    const w3d_prop_item *item;
    size_t size = 0;
    switch (prop->type) {
    case W3D_PROP_ENUM:
        item = w3di_props_item(prop, member);
        if (!item) return W3D_ERR_RANGE;
        return w3d_json_write_string(writer, item->identifier, w3d_text_size(item->identifier));
    case W3D_PROP_STRING:
        while (size < prop->size && text[size]) size++;
        if (size == prop->size) return W3D_ERR_TRUNCATED;
        return w3d_json_write_string(writer, text, size);
    case W3D_PROP_TEXT:
        text = (const char *)w3di_props_pointer(member);
        return w3d_json_write_string(writer, text ? text : "", text ? w3d_text_size(text) : 0);
    case W3D_PROP_STRUCT:
        return w3di_props_json_write_struct(writer, prop->table, member, depth + 1);
    case W3D_PROP_ARRAY:
    case W3D_PROP_COLLECTION: return w3di_props_json_write_items(writer, prop, data, depth);
    default:
        if (prop->n) return w3di_props_json_write_row(writer, prop->type, member, prop->n);
        return w3di_props_json_write_number(writer, prop->type, member);
    }
}

static w3d_result w3di_props_json_write_struct(w3d_json_writer *writer, const w3d_props *table,
                                               const void *data, uint32_t depth)
{
    w3d_result result = w3d_json_write_object(writer);
    if (depth > W3D_PROPS_DEPTH_LIMIT) return W3D_ERR_LIMIT;
    for (uint32_t row = 0; row < table->row_count && result == W3D_OK; row++) {
        const w3d_prop *prop = &table->rows[row];
        if (!w3di_props_is_saved(prop, 0)) continue;
        result = w3d_json_write_key(writer, prop->identifier);
        if (result == W3D_OK) result = w3di_props_json_write_value(writer, prop, data, depth);
    }
    return result == W3D_OK ? w3d_json_write_end(writer) : result;
}

W3D_API w3d_result w3d_props_to_json(const w3d_props *table, const void *data,
                                     w3d_json_writer *writer)
{
    w3d_result result = w3di_props_json_write_struct(writer, table, data, 0);
    if (result != W3D_OK && writer->result == W3D_OK) /* an object is half written: no more of it */
        writer->result = w3d_error_set(&writer->error, result, writer->written + writer->used,
                                       "a struct that cannot be written");
    return result;
}

/* ---- reading ---- */

/* A number, also one in a string; bools are 0 and 1. */
static int w3di_props_json_number(const w3d_json *json, uint32_t value, w3di_props_number *number)
{
    int64_t whole;
    uint64_t large;
    double real;
    int truth;
    size_t size, i = 0;
    const char *text;
    switch (w3d_json_type_of(json, value)) {
    case W3D_JSON_FALSE:
    case W3D_JSON_TRUE:
        if (!w3d_json_bool(json, value, &truth)) return 0;
        *number = w3di_props_from_i64(truth);
        return 1;
    case W3D_JSON_INTEGER:
        if (!w3d_json_i64(json, value, &whole)) return 0;
        *number = w3di_props_from_i64(whole);
        return 1;
    case W3D_JSON_UNSIGNED:
        if (!w3d_json_u64(json, value, &large)) return 0;
        *number = w3di_props_from_u64(large);
        return 1;
    case W3D_JSON_DOUBLE:
        if (!w3d_json_f64(json, value, &real)) return 0;
        *number = w3di_props_from_f64(real);
        return 1;
    case W3D_JSON_STRING: break;
    default: return 0;
    }
    text = w3d_json_string(json, value, &size);
    if (!text || !size) return 0;
    if (w3d_text_is(text, size, "NaN") || w3d_text_is(text, size, "Infinity") ||
        w3d_text_is(text, size, "-Infinity")) {
        uint64_t bits = text[0] == 'N' ? 0x7FF8000000000000u : 0x7FF0000000000000u;
        *number = w3di_props_from_f64(
            w3d_f64_from_bits(text[0] == '-' ? bits | 0x8000000000000000u : bits));
        return 1;
    }
    large = 0;
    for (i = text[0] == '-'; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (large > (UINT64_MAX - digit) / 10u) break;
        large = large * 10u + digit;
    }
    if (i == size && size > (text[0] == '-') &&
        (text[0] != '-' || large <= (uint64_t)INT64_MAX + 1u)) {
        *number = w3di_props_from_u64(large);
        if (text[0] == '-') *number = w3di_props_from_i64((int64_t)(0u - large));
        return 1;
    }
    if (w3d_decimal_read(text, size, &real) != size) return 0;
    *number = w3di_props_from_f64(real);
    return 1;
}

static w3d_result w3di_props_json_struct(w3di_props_reader *reader, const w3d_json *json,
                                         uint32_t object, void *data);

/* One element; null is no reference. */
static w3d_result w3di_props_json_element(w3di_props_reader *reader, const w3d_json *json,
                                          const w3d_prop *prop, uint32_t type,
                                          const w3di_props_range *range, uint32_t element,
                                          uint32_t value, void *dst)
{
    w3di_props_number number;
    reader->offset = w3d_json_offset(json, value);
    if (type == W3D_PROP_REFERENCE && w3d_json_type_of(json, value) == W3D_JSON_NULL)
        number = w3di_props_from_u64(W3D_PROPS_NONE);
    else if (!w3di_props_json_number(json, value, &number))
        return w3di_props_reader_wrong(reader, prop, element);
    if (type == W3D_PROP_F32 && w3d_json_type_of(json, value) == W3D_JSON_DOUBLE) {
        /* From the text, rounded once: the double may lie on the middle between two floats. */
        size_t at = (size_t)reader->offset;
        float single = 0.0f;
        w3d_decimal_read_f32(json->text + at, json->size - at, &single);
        if (w3d_f32_is_finite(single)) number = w3di_props_from_f64((double)single);
    }
    return w3di_props_reader_number(reader, prop, type, range,
                                    element == W3D_PROPS_NONE ? 0 : element, number, dst);
}

static w3d_result w3di_props_json_vector(w3di_props_reader *reader, const w3d_json *json,
                                         const w3d_prop *prop, uint32_t value, unsigned char *dst)
{
    w3di_props_range range = w3di_props_range_of(prop, prop->type);
    w3d_json_iterator each = w3d_json_each(json, value);
    w3d_result result = W3D_OK;
    if (w3d_json_type_of(json, value) != W3D_JSON_ARRAY || w3d_json_count(json, value) != prop->n)
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    while (result == W3D_OK && w3d_json_next(json, &each)) {
        result = w3di_props_json_element(reader, json, prop, prop->type, &range, each.index,
                                         each.value, dst);
        dst += w3d_prop_type_size(prop->type);
    }
    return result;
}

/* An array: flat, or of rows. */
static w3d_result w3di_props_json_array(w3di_props_reader *reader, const w3d_json *json,
                                        const w3d_prop *prop, uint32_t value, void *data)
{
    unsigned char *structure = (unsigned char *)data, *elements = NULL, *dst;
    uint32_t n = w3di_props_n(prop), size = w3d_prop_type_size(prop->element), done = 0;
    uint64_t count = w3d_json_count(json, value);
    w3di_props_range range = w3di_props_range_of(prop, prop->element);
    w3d_json_iterator each = w3d_json_each(json, value);
    w3d_result result = W3D_OK;
    int is_rows = w3d_json_type_of(json, w3d_json_element(json, value, 0)) == W3D_JSON_ARRAY;
    if (is_rows) count *= n;
    if (w3d_json_type_of(json, value) != W3D_JSON_ARRAY || count % n || count >= W3D_PROPS_NONE)
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    if (count) {
        elements = (unsigned char *)w3di_props_reader_push(reader, count, size);
        if (!elements) return w3di_props_reader_full(reader, prop);
    }
    dst = elements;
    while (result == W3D_OK && w3d_json_next(json, &each)) {
        w3d_json_iterator row = w3d_json_each(json, is_rows ? each.value : W3D_JSON_NONE);
        reader->offset = w3d_json_offset(json, each.value);
        if (is_rows && (w3d_json_type_of(json, each.value) != W3D_JSON_ARRAY ||
                        w3d_json_count(json, each.value) != n))
            return w3di_props_reader_wrong(reader, prop, each.index);
        if (!is_rows) {
            result = w3di_props_json_element(reader, json, prop, prop->element, &range, done++,
                                             each.value, dst);
            dst += size;
        }
        while (is_rows && result == W3D_OK && w3d_json_next(json, &row)) {
            result = w3di_props_json_element(reader, json, prop, prop->element, &range, done++,
                                             row.value, dst);
            dst += size;
        }
    }
    if (result != W3D_OK) return result;
    w3di_props_pointer_set(structure + prop->offset, elements);
    w3di_props_count_set(prop, structure, (uint32_t)count / n);
    return W3D_OK;
}

/* A nested struct, or one item of a collection. */
static w3d_result w3di_props_json_nested(w3di_props_reader *reader, const w3d_json *json,
                                         const w3d_prop *prop, uint32_t item, uint32_t value,
                                         void *dst)
{
    w3di_props_reader inner = *reader;
    w3di_props_trail trail;
    inner.offset = reader->offset = w3d_json_offset(json, value);
    if (w3d_json_type_of(json, value) != W3D_JSON_OBJECT || reader->depth >= W3D_PROPS_DEPTH_LIMIT)
        return w3di_props_reader_wrong(reader, prop, item);
    trail.outer = reader->trail;
    trail.prop = prop;
    trail.item = item;
    inner.table = prop->table;
    inner.trail = &trail;
    inner.depth++;
    if (prop->type == W3D_PROP_COLLECTION) inner.is_new = 1;
    return w3di_props_json_struct(&inner, json, value, dst);
}

static w3d_result w3di_props_json_collection(w3di_props_reader *reader, const w3d_json *json,
                                             const w3d_prop *prop, uint32_t value, void *data)
{
    unsigned char *structure = (unsigned char *)data, *items = NULL;
    uint32_t count = w3d_json_count(json, value);
    w3d_json_iterator each = w3d_json_each(json, value);
    if (w3d_json_type_of(json, value) != W3D_JSON_ARRAY)
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    if (count) {
        items = (unsigned char *)w3di_props_reader_push(reader, count, prop->table->size);
        if (!items) return w3di_props_reader_full(reader, prop);
        w3d_fill(items, 0, (size_t)count * prop->table->size);
    }
    while (w3d_json_next(json, &each)) {
        w3d_result result = w3di_props_json_nested(reader, json, prop, each.index, each.value,
                                                   items + (size_t)each.index * prop->table->size);
        if (result != W3D_OK) return result;
    }
    w3di_props_pointer_set(structure + prop->offset, items);
    w3di_props_count_set(prop, structure, count);
    return W3D_OK;
}

/* A text that the struct borrows: a copy in the arena, to its first NUL. */
static w3d_result w3di_props_json_text(w3di_props_reader *reader, const w3d_prop *prop,
                                       const char *text, size_t size, void *member)
{
    size_t kept = w3di_props_text_fit(text, size, size);
    if (kept != size && reader->refuse)
        return w3di_props_reader_fail(reader, prop, W3D_PROPS_NONE, W3D_ERR_RANGE,
                                      "a text with a NUL in it");
    char *copy = (char *)w3di_props_reader_push(reader, (uint64_t)kept + 1, 1);
    if (!copy) return w3di_props_reader_full(reader, prop);
    w3d_copy(copy, text, kept);
    copy[kept] = 0;
    w3di_props_pointer_set(member, copy);
    return W3D_OK;
}

/* Any value into its member. */
static w3d_result w3di_props_json_value(w3di_props_reader *reader, const w3d_json *json,
                                        const w3d_prop *prop, uint32_t value, void *data)
{
    unsigned char *member = (unsigned char *)data + prop->offset;
    const w3d_prop_item *item = NULL;
    w3di_props_range range;
    const char *text;
    size_t size;
    int64_t whole;
    reader->offset = w3d_json_offset(json, value);
    if (w3d_json_type_of(json, value) == W3D_JSON_NULL) {
        w3di_props_reader_default(reader, prop, data);
        return W3D_OK;
    }
    text = w3d_json_string(json, value, &size);
    switch (prop->type) {
    case W3D_PROP_ENUM:
        if (text)
            item = w3di_props_item_named(prop, text, size);
        else if (w3d_json_i64(json, value, &whole))
            item = w3di_props_item_numbered(prop, whole);
        else
            return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
        return w3di_props_reader_item(reader, prop, item, member);
    case W3D_PROP_STRING:
        if (!text) return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
        return w3di_props_reader_text(reader, prop, text, size, member);
    case W3D_PROP_TEXT:
        if (!text) return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
        return w3di_props_json_text(reader, prop, text, size, member);
    case W3D_PROP_STRUCT:
        return w3di_props_json_nested(reader, json, prop, W3D_PROPS_NONE, value, member);
    case W3D_PROP_ARRAY: return w3di_props_json_array(reader, json, prop, value, data);
    case W3D_PROP_COLLECTION: return w3di_props_json_collection(reader, json, prop, value, data);
    default:
        if (prop->n) return w3di_props_json_vector(reader, json, prop, value, member);
        range = w3di_props_range_of(prop, prop->type);
        return w3di_props_json_element(reader, json, prop, prop->type, &range, W3D_PROPS_NONE,
                                       value, member);
    }
}

/* First the defaults, then what the object has; of members that stand twice the last one stays. */
static w3d_result w3di_props_json_struct(w3di_props_reader *reader, const w3d_json *json,
                                         uint32_t object, void *data)
{
    const w3d_props *table = reader->table;
    w3d_json_iterator each = w3d_json_each(json, object);
    uint32_t next = 0;
    if (w3d_json_type_of(json, object) != W3D_JSON_OBJECT)
        return w3di_props_reader_fail(reader, NULL, W3D_PROPS_NONE, W3D_ERR_FORMAT,
                                      "expected an object of the struct's members");
    for (uint32_t row = 0; row < table->row_count; row++)
        w3di_props_reader_default(reader, &table->rows[row], data);
    while (w3d_json_next(json, &each)) {
        size_t size;
        const char *key = w3d_json_string(json, each.key, &size);
        uint32_t row = W3D_PROPS_NONE;
        if (key && next < table->row_count && w3d_text_is(key, size, table->rows[next].identifier))
            row = next;
        else if (key)
            row = w3d_props_row(table, key, size);
        if (row == W3D_PROPS_NONE || !w3di_props_is_saved(&table->rows[row], reader->version))
            continue;
        next = row + 1;
        w3d_result result =
            w3di_props_json_value(reader, json, &table->rows[row], each.value, data);
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_props_from_json(const w3d_props_json_desc *desc, const w3d_json *json,
                                       uint32_t object, void *data, w3d_error *error)
{
    uint64_t stack[W3DI_PROPS_STACK / 8];
    w3di_props_reader reader;
    w3di_props_copy copy;
    w3d_result result;
    if (!desc || !desc->table || !json || !data)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no table, text or struct");
    reader.arena = desc->arena;
    reader.version = desc->version;
    reader.refuse = desc->refuse;
    reader.fault = desc->fault;
    reader.error = error;
    reader.table = desc->table;
    reader.trail = NULL;
    reader.offset = w3d_json_offset(json, object);
    reader.depth = 0;
    reader.is_new = 0;
    result = w3di_props_copy_begin(&reader, stack, data, &copy);
    if (result != W3D_OK) return result;
    result = w3di_props_json_struct(&reader, json, object, copy.memory);
    w3di_props_copy_end(&reader, &copy, result, data);
    return result;
}

#undef W3DI_PROPS_JSON_SAFE
