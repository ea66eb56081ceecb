/* bjson_from_json_value.h - one JSON value as a w3d_bjson_value: plain, a map, a list, a $form. */
#ifndef W3D_BJSON_FROM_JSON_VALUE_H
#define W3D_BJSON_FROM_JSON_VALUE_H

#include "scene/bjson_from_json_state.h"

static inline w3d_result w3di_bjson_from_json_value(w3di_bjson_from_json_state *s, uint32_t node,
                                                    uint32_t depth, int in_list,
                                                    w3d_bjson_value *value);

/* ---- elements of vectors and arrays ---- */

static inline w3d_result w3di_bjson_from_json_row(const w3di_bjson_from_json_state *s,
                                                  uint32_t node, uint32_t *row)
{
    uint64_t number = W3D_BJSON_NONE;
    if (w3d_json_type_of(s->json, node) != W3D_JSON_NULL) {
        w3d_result result = w3di_bjson_from_json_small(s, node, UINT64_MAX, &number);
        if (result != W3D_OK) return result;
        if (s->in_meta || number >= s->id_count)
            return w3di_bjson_from_json_fail(s, W3D_ERR_INDEX, node,
                                             "a reference to a row that is not there");
    }
    *row = (uint32_t)number;
    return W3D_OK;
}

static inline w3d_result w3di_bjson_from_json_integer(const w3di_bjson_from_json_state *s,
                                                      uint32_t node, uint32_t subtype,
                                                      unsigned char *to)
{
    uint32_t size = w3d_bjson_subtype_size(subtype), is_signed = subtype >= W3D_BJSON_SUB_I8;
    uint64_t most = UINT64_MAX >> (64 - 8 * size + is_signed), magnitude, bits;
    int negative;
    if (!w3di_bjson_from_json_whole(s->json, node, size == 8, &negative, &magnitude)) {
        if (size == 8 && w3d_json_type_of(s->json, node) == W3D_JSON_STRING)
            return w3di_bjson_from_json_quoted(s, node, (int)is_signed, &bits);
        return w3di_bjson_from_json_format(s, node, "a whole number must stand here");
    }
    if ((negative && !is_signed) || magnitude > most + (negative ? 1u : 0u))
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node,
                                         "a number that its type does not hold");
    bits = negative ? 0 - magnitude : magnitude;
    w3d_copy(to, &bits, size); /* the low bytes come first */
    return W3D_OK;
}

/* A float in the subtype nearest to its text, rounded once. */
static inline w3d_result w3di_bjson_from_json_float(const w3di_bjson_from_json_state *s,
                                                    uint32_t node, uint32_t subtype,
                                                    unsigned char *to)
{
    double value;
    float single;
    uint16_t half;
    int word = w3di_bjson_from_json_not_finite(s->json, node, &value), finite = 1;
    size_t at = w3d_json_offset(s->json, node);
    if (!word && !w3d_json_f64(s->json, node, &value))
        return w3di_bjson_from_json_format(
            s, node, "a number, \"NaN\", \"Infinity\" or \"-Infinity\" must stand here");
    switch (subtype) {
    case W3D_BJSON_SUB_F64: w3d_store_f64(to, value); return W3D_OK;
    case W3D_BJSON_SUB_F32:
        single = (float)value;
        /* On the middle between two floats the text may have been a little beside it. */
        if (!word && (double)single != value && !(w3d_bits_f64(value) & 0xFFFFFFFu))
            w3d_decimal_read_f32(s->json->text + at, s->json->size - at, &single);
        finite = w3d_f32_is_finite(single);
        w3d_store_f32(to, single);
        break;
    default:
        half = w3d_f16_from_f32((float)value);
        if (!word) w3d_decimal_read_f16(s->json->text + at, s->json->size - at, &half);
        finite = (half & 0x7C00u) != 0x7C00u;
        w3d_store_u16(to, half);
    }
    if (!finite && !word)
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node,
                                         "a number that its type does not hold");
    return W3D_OK;
}

/* All elements of a JSON array, in the arena. */
static inline w3d_result w3di_bjson_from_json_elements(w3di_bjson_from_json_state *s, uint32_t node,
                                                       uint32_t subtype, const void **data,
                                                       uint32_t *count)
{
    uint32_t size = w3d_bjson_subtype_size(subtype), elements = w3d_json_count(s->json, node);
    w3d_json_iterator each = w3d_json_each(s->json, node);
    w3d_result result = W3D_OK;
    if (w3d_json_type_of(s->json, node) != W3D_JSON_ARRAY)
        return w3di_bjson_from_json_format(s, node, "an array of elements must stand here");
    unsigned char *to = (unsigned char *)w3d_chunk_arena_push(&s->arena, elements, size, 16);
    if (!to) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, node));
    *data = to;
    *count = elements;
    for (; result == W3D_OK && w3d_json_next(s->json, &each); to += size) {
        uint32_t row = 0;
        if (subtype == W3D_BJSON_SUB_REFERENCE) {
            result = w3di_bjson_from_json_row(s, each.value, &row);
            w3d_store_u32(to, row);
        } else if (subtype >= W3D_BJSON_SUB_F16)
            result = w3di_bjson_from_json_float(s, each.value, subtype, to);
        else
            result = w3di_bjson_from_json_integer(s, each.value, subtype, to);
    }
    return result;
}

/* ---- forms: objects with one member that begins with $ ---- */

enum {
    W3DI_BJSON_FROM_JSON_I64,
    W3DI_BJSON_FROM_JSON_F64,
    W3DI_BJSON_FROM_JSON_U64,
    W3DI_BJSON_FROM_JSON_TIME,
    W3DI_BJSON_FROM_JSON_REFERENCE,
    W3DI_BJSON_FROM_JSON_BYTES,
    W3DI_BJSON_FROM_JSON_VECTOR,
    W3DI_BJSON_FROM_JSON_ARRAY,
    W3DI_BJSON_FROM_JSON_LARGE,
    W3DI_BJSON_FROM_JSON_TAG,
    W3DI_BJSON_FROM_JSON_FORMS
};

/* Which form a key names, or W3DI_BJSON_FROM_JSON_FORMS: none. */
static inline uint32_t w3di_bjson_from_json_form_of(const w3d_json *json, uint32_t key,
                                                    const char **name)
{
    static const char *const names[W3DI_BJSON_FROM_JSON_FORMS] = {
        "$i64", "$f64", "$u64", "$time", "$ref", "$bytes", "$vector", "$array", "$large", "$tag"
    };
    uint32_t form = 0;
    while (form < W3DI_BJSON_FROM_JSON_FORMS && !w3d_json_string_is(json, key, names[form])) form++;
    *name = form < W3DI_BJSON_FROM_JSON_FORMS ? names[form] : NULL;
    return form;
}

static inline w3d_result w3di_bjson_from_json_scalar_form(w3di_bjson_from_json_state *s,
                                                          uint32_t form, uint32_t node,
                                                          w3d_bjson_value *value)
{
    uint64_t bits = 0;
    double number;
    uint32_t row = 0, size = 0;
    const void *bytes = NULL;
    w3d_result result;
    switch (form) {
    case W3DI_BJSON_FROM_JSON_I64:
    case W3DI_BJSON_FROM_JSON_TIME:
        result = w3di_bjson_from_json_quoted(s, node, 1, &bits);
        *value = w3d_bjson_value_make(
            NULL, form == W3DI_BJSON_FROM_JSON_I64 ? W3D_BJSON_I64 : W3D_BJSON_TIME, bits);
        return result;
    case W3DI_BJSON_FROM_JSON_U64:
        result = w3di_bjson_from_json_quoted(s, node, 0, &bits);
        *value = w3d_bjson_u64(NULL, bits);
        return result;
    case W3DI_BJSON_FROM_JSON_F64:
        if (!w3di_bjson_from_json_not_finite(s->json, node, &number))
            return w3di_bjson_from_json_format(
                s, node, "\"NaN\", \"Infinity\" or \"-Infinity\" must stand here");
        *value = w3d_bjson_f64(NULL, number);
        return W3D_OK;
    case W3DI_BJSON_FROM_JSON_REFERENCE:
        result = w3di_bjson_from_json_row(s, node, &row);
        *value = w3d_bjson_reference(NULL, row);
        return result;
    default:
        result = w3di_bjson_from_json_base64(s, node, &bytes, &size);
        *value = w3d_bjson_bytes(NULL, bytes, size);
        return result;
    }
}

/* A subtype by its name, or an unknown one by its number. */
static inline w3d_result w3di_bjson_from_json_subtype(const w3di_bjson_from_json_state *s,
                                                      uint32_t node, uint64_t *subtype)
{
    for (uint32_t i = W3D_BJSON_SUB_U8; i <= W3D_BJSON_SUB_REFERENCE; i++) {
        const char *name = w3d_bjson_json_subtype_name(i);
        if (!name || !w3d_json_string_is(s->json, node, name)) continue;
        *subtype = i;
        return W3D_OK;
    }
    if (w3d_json_type_of(s->json, node) == W3D_JSON_STRING)
        return w3di_bjson_from_json_format(s, node, "an unknown type of elements");
    w3d_result result = w3di_bjson_from_json_small(s, node, 255, subtype);
    if (result == W3D_OK &&
        (*subtype < W3D_BJSON_SUB_U8 || w3d_bjson_json_subtype_name((uint32_t)*subtype)))
        result = w3di_bjson_from_json_format(s, node, "not the number of an unknown subtype");
    return result;
}

/* What may stand in a row: elements of `size` bytes each, in rows of n; *count becomes rows. */
static inline w3d_result w3di_bjson_from_json_rows(const w3di_bjson_from_json_state *s,
                                                   uint32_t node, uint64_t n, uint32_t *count)
{
    if (*count % n)
        return w3di_bjson_from_json_format(s, node, "the elements do not fill the last row");
    *count /= (uint32_t)n;
    return W3D_OK;
}

/* {"$array": "f32", "n": 3, "data": [...]} and its like. */
static inline w3d_result w3di_bjson_from_json_array(w3di_bjson_from_json_state *s, uint32_t form,
                                                    const char *name, uint32_t object,
                                                    w3d_bjson_value *value)
{
    const char *names[4] = { NULL, "data", "base64", "n" };
    uint32_t found[4], count = 0;
    uint64_t subtype = 0, n = 1;
    const void *data = NULL;
    int is_vector = form == W3DI_BJSON_FROM_JSON_VECTOR;
    names[0] = name;
    w3d_result result = w3di_bjson_from_json_members(s, object, names, is_vector ? 3 : 4, found);
    if (result == W3D_OK) result = w3di_bjson_from_json_subtype(s, found[0], &subtype);
    if (result == W3D_OK && !is_vector && found[3] != W3D_JSON_NONE)
        result = w3di_bjson_from_json_small(s, found[3], 65535, &n);
    if (result != W3D_OK) return result;
    if (!n) return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, found[3], "n is at least 1");
    if (form == W3DI_BJSON_FROM_JSON_LARGE && s->in_meta)
        return w3di_bjson_from_json_format(s, object, "meta has no large arrays");
    if ((found[1] == W3D_JSON_NONE) == (found[2] == W3D_JSON_NONE))
        return w3di_bjson_from_json_format(s, object,
                                           "either \"data\" or \"base64\" must be there");
    uint32_t from = found[1] != W3D_JSON_NONE ? found[1] : found[2];
    if (from == found[1]) {
        if (!w3d_bjson_json_subtype_name((uint32_t)subtype))
            return w3di_bjson_from_json_format(s, from, "an unknown subtype takes \"base64\" only");
        result = w3di_bjson_from_json_elements(s, from, (uint32_t)subtype, &data, &count);
    } else {
        if (subtype == W3D_BJSON_SUB_REFERENCE)
            return w3di_bjson_from_json_format(s, from, "references take \"data\" only");
        result = w3di_bjson_from_json_base64(s, from, &data, &count);
        if (result == W3D_OK)
            result = w3di_bjson_from_json_rows(s, from, w3d_bjson_subtype_size((uint32_t)subtype),
                                               &count);
    }
    if (result != W3D_OK) return result;
    if (is_vector) {
        if (count < 1 || count > W3D_BJSON_VECTOR_LIMIT)
            return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, from,
                                             "a vector has 1 to 64 elements");
        *value = w3d_bjson_vector(NULL, W3D_BJSON_SUB_U8, count, data);
    } else {
        result = w3di_bjson_from_json_rows(s, from, n, &count);
        *value = w3d_bjson_array(NULL, W3D_BJSON_SUB_U8, data, count);
        value->n = (uint16_t)n;
        if (form == W3DI_BJSON_FROM_JSON_LARGE) value->tag = W3D_BJSON_LARGE;
    }
    value->subtype = (uint8_t)subtype; /* also one that the enum does not have */
    return result;
}

/* {"$tag": 9, "subtype": 14, "n": 2, "bytes": "..."} */
static inline w3d_result w3di_bjson_from_json_unknown(w3di_bjson_from_json_state *s,
                                                      uint32_t object, int in_list,
                                                      w3d_bjson_value *value)
{
    static const char *const names[5] = { "$tag", "subtype", "n", "bytes", "data" };
    uint32_t found[5], count = 0;
    uint64_t tag = 0, subtype = 0, n = 0;
    const void *data = NULL;
    w3d_result result = w3di_bjson_from_json_members(s, object, names, 5, found);
    if (result == W3D_OK) result = w3di_bjson_from_json_small(s, found[0], 0x9F, &tag);
    if (result == W3D_OK && found[1] != W3D_JSON_NONE)
        result = w3di_bjson_from_json_small(s, found[1], 255, &subtype);
    if (result == W3D_OK && found[2] != W3D_JSON_NONE)
        result = w3di_bjson_from_json_small(s, found[2], 65535, &n);
    if (result != W3D_OK) return result;
    if (w3d_bjson_tag_is_known((uint32_t)tag))
        return w3di_bjson_from_json_format(s, found[0], "a known tag has a form of its own");
    int is_large = w3d_bjson_tag_is_large((uint32_t)tag);
    int is_rows = is_large && subtype == W3D_BJSON_SUB_REFERENCE;
    uint32_t from = is_rows ? found[4] : found[3], other = is_rows ? found[3] : found[4];
    if (is_large && (s->in_meta || subtype < W3D_BJSON_SUB_U8 || !n))
        return w3di_bjson_from_json_format(s, object, "a large array must have a subtype and an n");
    if (from == W3D_JSON_NONE || other != W3D_JSON_NONE)
        return w3di_bjson_from_json_format(
            s, object, "\"bytes\" must be there, or \"data\" for large arrays of references");
    if (is_rows)
        result = w3di_bjson_from_json_elements(s, from, (uint32_t)subtype, &data, &count);
    else
        result = w3di_bjson_from_json_base64(s, from, &data, &count);
    if (result == W3D_OK && is_large)
        result = w3di_bjson_from_json_rows(
            s, from, n * (is_rows ? 1 : w3d_bjson_subtype_size((uint32_t)subtype)), &count);
    if (result == W3D_OK && tag < 0x80 && (!count || (in_list && count > 8)))
        result =
            w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, from,
                                      "an inline value has a byte or more, 8 at most in lists");
    *value = w3d_bjson_unknown(NULL, (uint32_t)tag, (uint32_t)subtype, (uint32_t)n, data, count);
    return result;
}

static inline w3d_result w3di_bjson_from_json_form(w3di_bjson_from_json_state *s, uint32_t object,
                                                   uint32_t key, int in_list,
                                                   w3d_bjson_value *value)
{
    const char *name;
    uint32_t form = w3di_bjson_from_json_form_of(s->json, key, &name), found;
    if (form == W3DI_BJSON_FROM_JSON_FORMS)
        return w3di_bjson_from_json_format(
            s, key, "an unknown form; a key that begins with $ is written with two");
    if (form == W3DI_BJSON_FROM_JSON_TAG)
        return w3di_bjson_from_json_unknown(s, object, in_list, value);
    if (form >= W3DI_BJSON_FROM_JSON_VECTOR)
        return w3di_bjson_from_json_array(s, form, name, object, value);
    w3d_result result = w3di_bjson_from_json_members(s, object, &name, 1, &found);
    return result == W3D_OK ? w3di_bjson_from_json_scalar_form(s, form, found, value) : result;
}

/* ---- maps and lists ---- */

static inline int w3di_bjson_from_json_before(const w3d_bjson_value *a, const w3d_bjson_value *b)
{
    const unsigned char *x = (const unsigned char *)a->key, *y = (const unsigned char *)b->key;
    size_t i = 0;
    if (x == y) return 0;
    while (x[i] && x[i] == y[i]) i++;
    W3DI_BJSON_TABLE_COUNT(1 + i / 8);
    return x[i] < y[i];
}

/* Lets the value at `root` sink to its place in a heap of `count`, the largest on top. */
static inline void w3di_bjson_from_json_sink(w3d_bjson_value *values, uint32_t root, uint32_t count)
{
    w3d_bjson_value value = values[root];
    for (uint32_t child; root < count / 2; root = child) {
        child = 2 * root + 1;
        if (child + 1 < count && w3di_bjson_from_json_before(&values[child], &values[child + 1]))
            child++;
        if (!w3di_bjson_from_json_before(&value, &values[child])) break;
        values[root] = values[child];
    }
    values[root] = value;
}

/* Sorts by key (heap sort: no input is slow, nothing is allocated). */
static inline void w3di_bjson_from_json_sort(w3d_bjson_value *values, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;) w3di_bjson_from_json_sink(values, i, count);
    for (uint32_t i = count; i-- > 1;) {
        w3d_bjson_value last = values[i];
        values[i] = values[0];
        values[0] = last;
        w3di_bjson_from_json_sink(values, 0, i);
    }
}

/* The key at a node without the $ that was put in front, interned. */
static inline w3d_result w3di_bjson_from_json_key(w3di_bjson_from_json_state *s, uint32_t node,
                                                  const char **out)
{
    size_t size;
    const char *text = w3d_json_string(s->json, node, &size);
    if (size && text[0] == '$') {
        if (size == 1 || text[1] != '$')
            return w3di_bjson_from_json_format(s, node, "a key that begins with $ is written $$");
        text++;
        size--;
    }
    for (size_t i = 0; i < size; i++)
        if (!text[i]) return w3di_bjson_from_json_format(s, node, "a key holds the character 0");
    *out = w3di_bjson_from_json_intern(s, text, size);
    return *out ? W3D_OK : w3di_bjson_from_json_full(s, w3d_json_offset(s->json, node));
}

/* Points at the second key of that text in an object. */
static inline w3d_result w3di_bjson_from_json_twice(w3di_bjson_from_json_state *s, uint32_t object,
                                                    const char *key)
{
    w3d_json_iterator each = w3d_json_each(s->json, object);
    uint32_t second = object;
    int seen = 0;
    while (seen < 2 && w3d_json_next(s->json, &each)) {
        size_t size;
        const char *text = w3d_json_string(s->json, each.key, &size);
        size_t skip = size && text[0] == '$';
        if (w3d_text_is(text + skip, size - skip, key)) {
            second = each.key;
            seen++;
        }
    }
    return w3di_bjson_from_json_format(s, second, "a key stands twice in an object");
}

/* The members of an object as values, sorted by key. */
static inline w3d_result w3di_bjson_from_json_map(w3di_bjson_from_json_state *s, uint32_t object,
                                                  uint32_t depth, const w3d_bjson_value **out,
                                                  uint32_t *out_count)
{
    uint32_t count = w3d_json_count(s->json, object);
    w3d_json_iterator each = w3d_json_each(s->json, object);
    int sorted = 1;
    if (!each.is_object) return w3di_bjson_from_json_format(s, object, "an object must stand here");
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3di_bjson_from_json_push(s, count, sizeof *values);
    if (!values) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, object));
    for (uint32_t i = 0; w3d_json_next(s->json, &each); i++) {
        const char *key = NULL;
        w3d_result result = w3di_bjson_from_json_key(s, each.key, &key);
        if (result == W3D_OK)
            result = w3di_bjson_from_json_value(s, each.value, depth, 0, &values[i]);
        if (result != W3D_OK) return result;
        values[i].key = key;
        if (i && !w3di_bjson_from_json_before(&values[i - 1], &values[i])) sorted = 0;
    }
    if (!sorted) w3di_bjson_from_json_sort(values, count);
    for (uint32_t i = 1; i < count && !sorted; i++)
        if (values[i].key == values[i - 1].key)
            return w3di_bjson_from_json_twice(s, object, values[i].key);
    *out = values;
    *out_count = count;
    return W3D_OK;
}

static inline w3d_result w3di_bjson_from_json_list(w3di_bjson_from_json_state *s, uint32_t array,
                                                   uint32_t depth, w3d_bjson_value *value)
{
    uint32_t count = w3d_json_count(s->json, array);
    w3d_json_iterator each = w3d_json_each(s->json, array);
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3di_bjson_from_json_push(s, count, sizeof *values);
    w3d_result result = W3D_OK;
    if (!values) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, array));
    for (uint32_t i = 0; result == W3D_OK && w3d_json_next(s->json, &each); i++)
        result = w3di_bjson_from_json_value(s, each.value, depth, 1, &values[i]);
    *value = w3d_bjson_list(NULL, values, count);
    return result;
}

/* A form where one of the keys begins with a single $, else a map. */
static inline w3d_result w3di_bjson_from_json_object(w3di_bjson_from_json_state *s, uint32_t object,
                                                     uint32_t depth, int in_list,
                                                     w3d_bjson_value *value)
{
    w3d_json_iterator each = w3d_json_each(s->json, object);
    const w3d_bjson_value *values = NULL;
    uint32_t count = 0;
    while (w3d_json_next(s->json, &each)) {
        size_t size;
        const char *text = w3d_json_string(s->json, each.key, &size);
        if (size && text[0] == '$' && (size == 1 || text[1] != '$'))
            return w3di_bjson_from_json_form(s, object, each.key, in_list, value);
    }
    if (depth >= W3D_BJSON_DEPTH_LIMIT)
        return w3di_bjson_from_json_fail(s, W3D_ERR_LIMIT, object,
                                         "maps and lists nest more than 32 deep");
    w3d_result result = w3di_bjson_from_json_map(s, object, depth + 1, &values, &count);
    *value = w3d_bjson_map(NULL, values, count);
    return result;
}

/* A number that is no 64-bit integer: a double, unless it is spelt as a whole number. */
static inline w3d_result w3di_bjson_from_json_double(const w3di_bjson_from_json_state *s,
                                                     uint32_t node, w3d_bjson_value *value)
{
    double number = 0.0;
    w3d_json_f64(s->json, node, &number);
    *value = w3d_bjson_f64(NULL, number);
    if (number > -9e18 && number < 9e18) return W3D_OK;
    const char *text = s->json->text;
    for (size_t i = w3d_json_offset(s->json, node); i < s->json->size; i++) {
        if (text[i] == '.' || text[i] == 'e' || text[i] == 'E') return W3D_OK;
        if (text[i] != '-' && (text[i] < '0' || text[i] > '9')) break;
    }
    return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node, "a whole number of more than 64 bits");
}

static inline w3d_result w3di_bjson_from_json_value(w3di_bjson_from_json_state *s, uint32_t node,
                                                    uint32_t depth, int in_list,
                                                    w3d_bjson_value *value)
{
    size_t size;
    const char *text;
    int64_t whole = 0;
    switch (w3d_json_type_of(s->json, node)) {
    case W3D_JSON_FALSE: *value = w3d_bjson_bool(NULL, 0); return W3D_OK;
    case W3D_JSON_TRUE: *value = w3d_bjson_bool(NULL, 1); return W3D_OK;
    case W3D_JSON_INTEGER:
        w3d_json_i64(s->json, node, &whole);
        *value = w3d_bjson_i64(NULL, whole);
        return W3D_OK;
    case W3D_JSON_UNSIGNED:
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node,
                                         "above the largest i64; write {\"$u64\": \"...\"}");
    case W3D_JSON_DOUBLE: return w3di_bjson_from_json_double(s, node, value);
    case W3D_JSON_STRING:
        text = w3d_json_string(s->json, node, &size);
        *value = w3d_bjson_string(NULL, text, (uint32_t)size);
        return W3D_OK;
    case W3D_JSON_ARRAY:
        if (depth >= W3D_BJSON_DEPTH_LIMIT)
            return w3di_bjson_from_json_fail(s, W3D_ERR_LIMIT, node,
                                             "maps and lists nest more than 32 deep");
        return w3di_bjson_from_json_list(s, node, depth + 1, value);
    case W3D_JSON_OBJECT: return w3di_bjson_from_json_object(s, node, depth, in_list, value);
    default: *value = w3d_bjson_null(NULL); return W3D_OK;
    }
}

#endif /* W3D_BJSON_FROM_JSON_VALUE_H */
