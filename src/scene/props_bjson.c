/* props_bjson.c - a struct's values by the rows of its table, and a table as a file's meta data. */
#include "scene/props_bjson.h"

#include "scene/props_reader.h"

/* The value of a row whose bytes are the file's, at `data`; 0: the row is not such a one. */
static int w3di_props_bjson_plain(const w3d_props *table, const w3d_prop *prop, const void *data,
                                  w3d_bjson_value *value)
{
    uint32_t type = prop->type == W3D_PROP_ENUM ? w3di_props_enum_type(prop) : prop->type;
    int is_exact = (table->flags & W3D_PROPS_EXACT) != 0;
    if (type > W3D_PROP_REFERENCE || (prop->type == W3D_PROP_ENUM && !is_exact)) return 0;
    if (prop->n || (is_exact && type != W3D_PROP_BOOL && type != W3D_PROP_REFERENCE &&
                    w3d_prop_type_size(type) < 8)) {
        *value =
            w3d_bjson_vector(prop->identifier, w3di_props_subtype(type), w3di_props_n(prop), data);
        return 1;
    }
    switch (type) {
    case W3D_PROP_BOOL: *value = w3d_bjson_bool(prop->identifier, 0); break;
    case W3D_PROP_I64: *value = w3d_bjson_i64(prop->identifier, 0); break;
    case W3D_PROP_U64: *value = w3d_bjson_u64(prop->identifier, 0); break;
    case W3D_PROP_F64: *value = w3d_bjson_f64(prop->identifier, 0); break;
    case W3D_PROP_REFERENCE: *value = w3d_bjson_reference(prop->identifier, 0); break;
    default: return 0;
    }
    if (data) value->bits = w3di_props_load(type, data).bits;
    return 1;
}

static w3d_result w3di_props_bjson_values(const w3d_props *table, const void *data,
                                          w3d_arena *arena, uint32_t depth,
                                          const w3d_bjson_value **values, uint32_t *count);

/* The structs of a collection as a list of maps. */
static w3d_result w3di_props_bjson_items(const w3d_prop *prop, const unsigned char *items,
                                         uint32_t count, w3d_arena *arena, uint32_t depth,
                                         w3d_bjson_value *value)
{
    w3d_bjson_value *maps =
        (w3d_bjson_value *)w3d_arena_push(arena, count, sizeof *maps, sizeof(uint64_t));
    if (!maps) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < count; i++, items += prop->table->size) {
        const w3d_bjson_value *values = NULL;
        uint32_t value_count = 0;
        w3d_result result =
            w3di_props_bjson_values(prop->table, items, arena, depth, &values, &value_count);
        if (result != W3D_OK) return result;
        maps[i] = w3d_bjson_map(NULL, values, value_count);
    }
    *value = w3d_bjson_list(prop->identifier, maps, count);
    return W3D_OK;
}

/* The value of a row that is not its own bytes. */
static w3d_result w3di_props_bjson_value(const w3d_prop *prop, const void *data, w3d_arena *arena,
                                         uint32_t depth, w3d_bjson_value *value)
{
    const unsigned char *member = (const unsigned char *)data + prop->offset;
    const char *text = (const char *)member, *key = prop->identifier;
    const void *pointer = NULL;
    const w3d_prop_item *item;
    const w3d_bjson_value *values;
    w3di_props_number number;
    w3d_result result;
    uint32_t count = 0;
    size_t size = 0;
    if (prop->type == W3D_PROP_ARRAY || prop->type == W3D_PROP_COLLECTION) {
        count = w3di_props_count(prop, data);
        pointer = w3di_props_pointer(member);
        if (count && !pointer) return W3D_ERR_ARGUMENT;
    }
    switch (prop->type) {
    case W3D_PROP_ENUM:
        item = w3di_props_item(prop, member);
        if (!item) return W3D_ERR_RANGE;
        *value = w3d_bjson_string(key, item->identifier, (uint32_t)w3d_text_size(item->identifier));
        break;
    case W3D_PROP_STRING:
        while (size < prop->size && text[size]) size++;
        if (size == prop->size) return W3D_ERR_TRUNCATED;
        *value = w3d_bjson_string(key, text, (uint32_t)size);
        break;
    case W3D_PROP_TEXT:
        text = (const char *)w3di_props_pointer(member);
        size = text ? w3d_text_size(text) : 0;
        if (size > UINT32_MAX) return W3D_ERR_LIMIT;
        *value = w3d_bjson_string(key, text ? text : "", (uint32_t)size);
        break;
    case W3D_PROP_ARRAY:
        *value = w3d_bjson_array(key, w3di_props_subtype(prop->element), pointer, count);
        if (prop->flags & W3D_PROP_LARGE) value->tag = W3D_BJSON_LARGE;
        *value = w3d_bjson_rows(*value, w3di_props_n(prop));
        break;
    case W3D_PROP_STRUCT:
        result = w3di_props_bjson_values(prop->table, member, arena, depth + 1, &values, &count);
        if (result != W3D_OK) return result;
        *value = w3d_bjson_map(key, values, count);
        break;
    case W3D_PROP_COLLECTION:
        return w3di_props_bjson_items(prop, (const unsigned char *)pointer, count, arena, depth + 1,
                                      value);
    default:
        number = w3di_props_load(prop->type, member);
        if (number.kind == W3DI_PROPS_F64)
            *value = w3d_bjson_f64(key, w3d_f64_from_bits(number.bits));
        else
            *value = w3d_bjson_i64(key, (int64_t)number.bits);
    }
    return W3D_OK;
}

static uint32_t w3di_props_bjson_saved(const w3d_props *table)
{
    uint32_t count = 0;
    for (uint32_t row = 0; row < table->row_count; row++)
        count += (uint32_t)w3di_props_is_saved(&table->rows[row], 0);
    return count;
}

static w3d_result w3di_props_bjson_values(const w3d_props *table, const void *data,
                                          w3d_arena *arena, uint32_t depth,
                                          const w3d_bjson_value **values, uint32_t *count)
{
    if (depth > W3D_PROPS_DEPTH_LIMIT) return W3D_ERR_LIMIT;
    uint32_t total = w3di_props_bjson_saved(table), made = 0;
    w3d_bjson_value *value =
        (w3d_bjson_value *)w3d_arena_push(arena, total, sizeof *value, sizeof(uint64_t));
    if (!value) return W3D_ERR_CAPACITY;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        const unsigned char *member = (const unsigned char *)data + prop->offset;
        w3d_result result = W3D_OK;
        if (!w3di_props_is_saved(prop, 0)) continue;
        if (!w3di_props_bjson_plain(table, prop, member, &value[made]))
            result = w3di_props_bjson_value(prop, data, arena, depth, &value[made]);
        if (result != W3D_OK) return result;
        made++;
    }
    *values = value;
    *count = total;
    return W3D_OK;
}

W3D_API w3d_result w3d_props_to_bjson(const w3d_props *table, const void *data, w3d_arena *arena,
                                      const w3d_bjson_value **values, uint32_t *count)
{
    w3d_arena used = *arena;
    w3d_result result = w3di_props_bjson_values(table, data, &used, 0, values, count);
    if (result == W3D_OK) *arena = used;
    return result;
}

static size_t w3di_props_bjson_size(const w3d_props *table, const void *data, uint32_t depth)
{
    size_t size = 0, most = SIZE_MAX / 4; /* more than this is no size of a block */
    for (uint32_t row = 0; row < table->row_count && depth <= W3D_PROPS_DEPTH_LIMIT; row++) {
        const w3d_prop *prop = &table->rows[row];
        const unsigned char *member = (const unsigned char *)data + prop->offset;
        uint32_t count = 1;
        size += sizeof(w3d_bjson_value);
        if (prop->type == W3D_PROP_COLLECTION) {
            count = w3di_props_count(prop, data);
            member = (const unsigned char *)w3di_props_pointer(member);
            if (count > most / sizeof(w3d_bjson_value)) return most;
            size += (size_t)count * sizeof(w3d_bjson_value);
        } else if (prop->type != W3D_PROP_STRUCT) {
            continue;
        }
        for (uint32_t i = 0; i < count && member; i++, member += prop->table->size)
            size += w3di_props_bjson_size(prop->table, member, depth + 1);
        if (size > most) return most;
    }
    return size;
}

W3D_API size_t w3d_props_to_bjson_size(const w3d_props *table, const void *data)
{
    return w3di_props_bjson_size(table, data, 0) + 8; /* 8 to align the arena */
}

W3D_API w3d_result w3d_props_fields(const w3d_props *table, w3d_arena *arena,
                                    const w3d_bjson_value **fields, uint32_t *count)
{
    w3d_arena used = *arena;
    uint32_t total = w3di_props_bjson_saved(table), made = 0;
    w3d_bjson_value *value =
        (w3d_bjson_value *)w3d_arena_push(&used, total, sizeof *value, sizeof(uint64_t));
    for (uint32_t row = 0; row < table->row_count; row++) {
        w3d_bjson_value field;
        const w3d_prop *prop = &table->rows[row];
        if (!w3di_props_is_saved(prop, 0)) continue;
        if (!w3di_props_bjson_plain(table, prop, NULL, &field)) return W3D_ERR_UNSUPPORTED;
        field.bits = prop->offset;
        if (value) value[made++] = field;
    }
    if (!value) return W3D_ERR_CAPACITY;
    *fields = value;
    *count = total;
    *arena = used;
    return W3D_OK;
}

/* ---- meta data ---- */

/* The tables under way. */
typedef struct w3di_props_meta {
    w3d_arena *arena;
    w3d_bjson_value *values; /* the rows' maps; NULL: only counted */
    uint32_t count;
} w3di_props_meta;

static const char *w3di_props_meta_unit(uint32_t unit)
{
    switch (unit) {
#define W3DI_PROPS_META_UNIT(name, subtype, text)                                                  \
    case W3D_PROP_##name: return #name;
        W3D_PROP_UNIT_LIST(W3DI_PROPS_META_UNIT)
#undef W3DI_PROPS_META_UNIT
    default: return "NO_UNIT";
    }
}

static w3d_bjson_value w3di_props_meta_text(const char *key, const char *text)
{
    return w3d_bjson_string(key, text, (uint32_t)w3d_text_size(text));
}

/* The default of a number, vector, enum or string as a value; 0: no room. */
static int w3di_props_meta_default(const w3d_prop *prop, w3d_arena *arena, w3d_bjson_value *value)
{
    w3d_prop alone = *prop;
    uint32_t type = prop->type == W3D_PROP_ENUM ? w3di_props_enum_type(prop) : prop->type;
    unsigned char *data;
    if (prop->type == W3D_PROP_ENUM)
        *value = w3di_props_meta_text("default", w3di_props_item_default(prop)->identifier);
    else if (type > W3D_PROP_F64)
        *value = w3di_props_meta_text("default",
                                      prop->default_data ? (const char *)prop->default_data : "");
    if (type > W3D_PROP_F64 || prop->type == W3D_PROP_ENUM) return 1;
    data = (unsigned char *)w3d_arena_push(arena, 1, prop->size, 8);
    if (!data) return 0;
    alone.offset = 0;
    w3di_props_row_default(&alone, data);
    w3di_props_number number = w3di_props_load(type, data);
    if (prop->n)
        *value = w3d_bjson_vector("default", w3di_props_subtype(type), prop->n, data);
    else if (type == W3D_PROP_BOOL)
        *value = w3d_bjson_bool("default", data[0]);
    else if (number.kind == W3DI_PROPS_F64)
        *value = w3d_bjson_f64("default", w3d_f64_from_bits(number.bits));
    else if (number.kind == W3DI_PROPS_U64)
        *value = w3d_bjson_u64("default", number.bits);
    else
        *value = w3d_bjson_i64("default", (int64_t)number.bits);
    return 1;
}

/* What is said about one row; 0: no room. */
static int w3di_props_meta_row(const w3d_prop *prop, w3d_arena *arena, const char *key,
                               w3d_bjson_value *map)
{
    w3d_bjson_value *items, *values;
    uint32_t count = 0;
    values = (w3d_bjson_value *)w3d_arena_push(arena, 9, sizeof *values, sizeof(uint64_t));
    if (!values) return 0;
    values[count++] = w3di_props_meta_text("label", prop->label ? prop->label : prop->identifier);
    if (prop->unit)
        values[count++] = w3di_props_meta_text("unit", w3di_props_meta_unit(prop->unit));
    if (prop->min != 0.0 || prop->max != 0.0) {
        if (prop->min > -W3D_PROP_ANY) values[count++] = w3d_bjson_f64("min", prop->min);
        if (prop->max < W3D_PROP_ANY) values[count++] = w3d_bjson_f64("max", prop->max);
    }
    if (prop->soft_min != 0.0 || prop->soft_max != 0.0) {
        if (prop->soft_min > -W3D_PROP_ANY)
            values[count++] = w3d_bjson_f64("soft_min", prop->soft_min);
        if (prop->soft_max < W3D_PROP_ANY)
            values[count++] = w3d_bjson_f64("soft_max", prop->soft_max);
    }
    if (prop->step != 0.0) values[count++] = w3d_bjson_f64("step", prop->step);
    if (prop->type == W3D_PROP_ENUM) {
        items = (w3d_bjson_value *)w3d_arena_push(arena, prop->item_count, sizeof *items,
                                                  sizeof(uint64_t));
        if (!items) return 0;
        for (uint32_t i = 0; i < prop->item_count; i++)
            items[i] = w3di_props_meta_text(NULL, prop->items[i].identifier);
        values[count++] = w3d_bjson_list("items", items, prop->item_count);
    }
    if (prop->type <= W3D_PROP_TEXT && prop->type != W3D_PROP_REFERENCE &&
        !w3di_props_meta_default(prop, arena, &values[count++]))
        return 0;
    if (prop->since) values[count++] = w3d_bjson_i64("since", (int64_t)prop->since);
    *map = w3d_bjson_map(key, values, count);
    return 1;
}

/* The rows of a table and of what is nested in it in place; 0: no room. */
static int w3di_props_meta_table(w3di_props_meta *meta, const w3d_props *table,
                                 const w3di_props_trail *trail, uint32_t depth)
{
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        const char *key = prop->identifier;
        char path[W3D_PROPS_PATH_SIZE];
        if (!w3di_props_is_saved(prop, 0)) continue;
        if (prop->type == W3D_PROP_STRUCT) {
            w3di_props_trail inner;
            inner.outer = trail;
            inner.prop = prop;
            inner.item = W3D_PROPS_NONE;
            if (depth < W3D_PROPS_DEPTH_LIMIT &&
                !w3di_props_meta_table(meta, prop->table, &inner, depth + 1))
                return 0;
            continue;
        }
        if (!meta->values) {
            meta->count++;
            continue;
        }
        if (trail) {
            w3di_props_trail_write(path, trail, prop, W3D_PROPS_NONE);
            size_t size = w3d_text_size(path) + 1;
            char *copy = (char *)w3d_arena_push(meta->arena, size, 1, 1);
            if (!copy) return 0;
            w3d_copy(copy, path, size);
            key = copy;
        }
        if (!w3di_props_meta_row(prop, meta->arena, key, &meta->values[meta->count++])) return 0;
    }
    return 1;
}

W3D_API w3d_result w3d_props_to_meta(const w3d_props_meta_type *types, uint32_t type_count,
                                     w3d_arena *arena, w3d_bjson_value *value)
{
    w3d_arena used = *arena;
    w3d_bjson_value *maps =
        (w3d_bjson_value *)w3d_arena_push(&used, type_count, sizeof *maps, sizeof(uint64_t));
    if (!maps) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < type_count; i++) {
        w3di_props_meta meta;
        meta.arena = &used;
        meta.values = NULL;
        meta.count = 0;
        w3di_props_meta_table(&meta, types[i].table, NULL, 0);
        meta.values = (w3d_bjson_value *)w3d_arena_push(&used, meta.count, sizeof *meta.values,
                                                        sizeof(uint64_t));
        meta.count = 0;
        if (!meta.values || !w3di_props_meta_table(&meta, types[i].table, NULL, 0))
            return W3D_ERR_CAPACITY;
        maps[i] = w3d_bjson_map(types[i].type_name, meta.values, meta.count);
    }
    *value = w3d_bjson_map("properties", maps, type_count);
    *arena = used;
    return W3D_OK;
}
