/* props_path.c - walks a path through tables; reads and sets one value by its row's rules. */
#include "scene/props_path.h"

#include "scene/bjson_path.h"
#include "scene/props_value.h"

static w3d_result w3di_props_path_fail(w3d_error *error, const w3d_bjson_step *step,
                                       w3d_result code, const char *text)
{
    return w3d_error_set(error, code, step->at, text);
}

/* From a struct to one of its members. */
static w3d_result w3di_props_path_name(w3d_props_place *place, const w3d_bjson_step *step,
                                       w3d_error *error)
{
    const w3d_prop *prop;
    uint32_t row = 0;
    if (place->type != W3D_PROP_STRUCT)
        return w3di_props_path_fail(error, step, W3D_ERR_NOT_FOUND,
                                    "a name, but what is before it is no struct");
    while (row < place->table->row_count &&
           w3d_bjson_step_compare(step, place->table->rows[row].identifier) != 0)
        row++;
    if (row == place->table->row_count)
        return w3di_props_path_fail(error, step, W3D_ERR_NOT_FOUND,
                                    "the struct has no member of that name");
    prop = &place->table->rows[row];
    unsigned char *structure = (unsigned char *)place->data;
    place->prop = prop;
    place->data = structure + prop->offset;
    place->type = prop->type;
    place->element = W3D_PROPS_NONE;
    place->count = 1;
    if (prop->type <= W3D_PROP_REFERENCE) place->count = w3di_props_n(prop);
    if (prop->type == W3D_PROP_STRUCT) place->table = prop->table;
    if (prop->type == W3D_PROP_ARRAY || prop->type == W3D_PROP_COLLECTION) {
        place->count = w3di_props_count(prop, structure);
        place->data = w3di_props_pointer(place->data);
        if (!place->data) place->count = 0;
    }
    return W3D_OK;
}

/* From a vector, array or collection to one of its elements. */
static w3d_result w3di_props_path_index(w3d_props_place *place, const w3d_bjson_step *step,
                                        w3d_error *error)
{
    const w3d_prop *prop = place->prop;
    unsigned char *data = (unsigned char *)place->data;
    int is_vector =
        place->type <= W3D_PROP_REFERENCE && prop && prop->n &&
        (prop->type == W3D_PROP_ARRAY ? place->count > 1 : place->element == W3D_PROPS_NONE);
    if (!prop ||
        (!is_vector && place->type != W3D_PROP_ARRAY && place->type != W3D_PROP_COLLECTION))
        return w3di_props_path_fail(error, step, W3D_ERR_NOT_FOUND,
                                    "an index, but what is before it has no elements");
    if (step->index >= place->count)
        return w3di_props_path_fail(error, step, W3D_ERR_INDEX, "there is no such element");
    if (place->type == W3D_PROP_COLLECTION) {
        place->data = data + (size_t)step->index * prop->table->size;
        place->table = prop->table;
        place->type = W3D_PROP_STRUCT;
        place->prop = NULL;
        place->count = 1;
    } else if (place->type == W3D_PROP_ARRAY) {
        uint32_t n = w3di_props_n(prop), size = w3d_prop_type_size(prop->element);
        place->data = data + (size_t)step->index * n * size;
        place->type = prop->element;
        place->count = n;
        place->element = step->index;
    } else {
        place->data = data + (size_t)step->index * w3d_prop_type_size(place->type);
        place->count = 1;
        place->element = step->index;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_props_find(const w3d_props *table, void *data, const char *path,
                                  w3d_props_place *place, w3d_error *error)
{
    w3d_bjson_path walk = w3d_bjson_path_make(path);
    w3d_bjson_step step;
    w3d_props_place at;
    w3d_result result;
    at.table = table;
    at.prop = NULL;
    at.data = data;
    at.type = W3D_PROP_STRUCT;
    at.count = 1;
    at.element = W3D_PROPS_NONE;
    while ((result = w3d_bjson_path_next(&walk, &step, error)) == W3D_OK) {
        result = w3d_bjson_step_is_name(&step) ? w3di_props_path_name(&at, &step, error)
                                               : w3di_props_path_index(&at, &step, error);
        if (result != W3D_OK) return result;
    }
    if (result != W3D_ERR_NOT_FOUND) return result;
    *place = at;
    return W3D_OK;
}

/* ---- reading ---- */

/* 1 and the number where the place is a single one. */
static int w3di_props_path_number(const w3d_props_place *place, w3di_props_number *number)
{
    if (place->count != 1 || !place->prop) return 0;
    if (place->type <= W3D_PROP_REFERENCE) {
        *number = w3di_props_load(place->type, place->data);
        return 1;
    }
    if (place->type == W3D_PROP_ENUM) {
        const w3d_prop_item *item = w3di_props_item(place->prop, place->data);
        if (item) *number = w3di_props_from_i64(item->value);
        return item != NULL;
    }
    return 0;
}

W3D_API int w3d_props_get_f64(const w3d_props_place *place, double *out)
{
    w3di_props_number number;
    if (!w3di_props_path_number(place, &number)) return 0;
    *out = w3di_props_to_f64(number);
    return 1;
}

W3D_API int w3d_props_get_i64(const w3d_props_place *place, int64_t *out)
{
    w3di_props_number number;
    return w3di_props_path_number(place, &number) && w3di_props_is_i64(number, out);
}

W3D_API const char *w3d_props_get_text(const w3d_props_place *place)
{
    const w3d_prop_item *item;
    const char *text;
    switch (place->type) {
    case W3D_PROP_ENUM:
        item = w3di_props_item(place->prop, place->data);
        return item ? item->identifier : NULL;
    case W3D_PROP_STRING: return (const char *)place->data;
    case W3D_PROP_TEXT:
        text = (const char *)w3di_props_pointer(place->data);
        return text ? text : "";
    default: return NULL;
    }
}

/* ---- setting ---- */

static w3d_result w3di_props_path_set(const w3d_props_place *place, w3di_props_number number)
{
    const w3d_prop *prop = place->prop;
    if (!prop) return W3D_ERR_ARGUMENT;
    if (prop->flags & W3D_PROP_READ_ONLY) return W3D_ERR_ACCESS;
    if (place->type == W3D_PROP_ENUM) {
        int64_t value = 0;
        const w3d_prop_item *item = NULL;
        if (w3di_props_is_i64(number, &value)) item = w3di_props_item_numbered(prop, value);
        if (!item) return W3D_ERR_RANGE;
        w3di_props_store(prop->size, place->data, (uint32_t)item->value);
        return W3D_OK;
    }
    if (place->type > W3D_PROP_REFERENCE) return W3D_ERR_ARGUMENT;
    w3di_props_range range = w3di_props_range_of(prop, place->type);
    uint32_t size = w3d_prop_type_size(place->type);
    int is_array = prop->type == W3D_PROP_ARRAY;
    for (uint32_t i = 0; i < place->count; i++) {
        uint32_t at = is_array ? 0 : place->element == W3D_PROPS_NONE ? i : place->element;
        uint64_t bits;
        w3di_props_fit(prop, &range, place->type, at, number, &bits);
        w3di_props_store(size, (unsigned char *)place->data + (size_t)i * size, bits);
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_props_set_f64(const w3d_props_place *place, double value)
{
    return w3di_props_path_set(place, w3di_props_from_f64(value));
}

W3D_API w3d_result w3d_props_set_i64(const w3d_props_place *place, int64_t value)
{
    return w3di_props_path_set(place, w3di_props_from_i64(value));
}

W3D_API w3d_result w3d_props_set_text(const w3d_props_place *place, const char *text)
{
    const w3d_prop *prop = place->prop;
    const w3d_prop_item *item;
    if (!prop || !text) return W3D_ERR_ARGUMENT;
    if (place->type < W3D_PROP_ENUM || place->type > W3D_PROP_TEXT) return W3D_ERR_ARGUMENT;
    if (prop->flags & W3D_PROP_READ_ONLY) return W3D_ERR_ACCESS;
    size_t size = w3d_text_size(text);
    if (place->type == W3D_PROP_ENUM) {
        item = w3di_props_item_named(prop, text, size);
        if (!item) return W3D_ERR_RANGE;
        w3di_props_store(prop->size, place->data, (uint32_t)item->value);
        return W3D_OK;
    }
    if (w3d_utf8_check(text, size) != size) return W3D_ERR_UTF8;
    if (place->type == W3D_PROP_STRING)
        w3di_props_text_store(prop, place->data, text, size);
    else
        w3di_props_pointer_set(place->data, text);
    return W3D_OK;
}
