/* props_bjson_read.c - maps to structs by runs of bytes where the record lies as the struct does,
 * and member by member where it does not.
 *
 * A plan binds the table to a shape once: which rows come over in which run of bytes, which of
 * those are to be looked at afterwards, which rows need converting, which are missing. */
#include "scene/props_bjson_read.h"

#include "scene/props_reader.h"

/* The element type of a file as one of a table; W3D_PROPS_NONE: halves, references. */
static uint32_t w3di_props_read_type(uint32_t subtype)
{
    switch (subtype) {
    case W3D_BJSON_SUB_U8: return W3D_PROP_U8;
    case W3D_BJSON_SUB_U16: return W3D_PROP_U16;
    case W3D_BJSON_SUB_U32: return W3D_PROP_U32;
    case W3D_BJSON_SUB_U64: return W3D_PROP_U64;
    case W3D_BJSON_SUB_I8: return W3D_PROP_I8;
    case W3D_BJSON_SUB_I16: return W3D_PROP_I16;
    case W3D_BJSON_SUB_I32: return W3D_PROP_I32;
    case W3D_BJSON_SUB_I64: return W3D_PROP_I64;
    case W3D_BJSON_SUB_F32: return W3D_PROP_F32;
    case W3D_BJSON_SUB_F64: return W3D_PROP_F64;
    default: return W3D_PROPS_NONE;
    }
}

/* ---- reading one value ---- */

static w3d_result w3di_props_read_map(w3di_props_reader *reader, const w3d_props *table,
                                      const w3d_bjson_view *map, void *data);

/* The number of a view that is one: a scalar, or a vector of one. */
static int w3di_props_read_number(const w3d_bjson_view *view, w3di_props_number *number)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    uint32_t type;
    if (!bytes) return 0;
    switch (view->tag) {
    case W3D_BJSON_BOOL: *number = w3di_props_from_i64(bytes[0]); return 1;
    case W3D_BJSON_I64:
    case W3D_BJSON_TIME: *number = w3di_props_from_i64(w3d_load_i64(bytes)); return 1;
    case W3D_BJSON_U64: *number = w3di_props_from_u64(w3d_load_u64(bytes)); return 1;
    case W3D_BJSON_F64: *number = w3di_props_from_f64(w3d_load_f64(bytes)); return 1;
    case W3D_BJSON_VECTOR:
        if (view->n != 1) return 0;
        if (view->subtype == W3D_BJSON_SUB_F16) {
            *number = w3di_props_from_f64((double)w3d_f32_from_f16(w3d_load_u16(bytes)));
            return 1;
        }
        type = w3di_props_read_type(view->subtype);
        if (type == W3D_PROPS_NONE) return 0;
        *number = w3di_props_load(type, bytes);
        return 1;
    default: return 0;
    }
}

/* How many numbers a view holds one after another; W3D_PROPS_NONE: it is no vector or array. */
static uint32_t w3di_props_read_elements(const w3d_bjson_view *view)
{
    uint64_t count = view->length / w3d_bjson_subtype_size(view->subtype);
    if (view->tag != W3D_BJSON_VECTOR && view->tag != W3D_BJSON_ARRAY &&
        view->tag != W3D_BJSON_LARGE)
        return W3D_PROPS_NONE;
    return count < W3D_PROPS_NONE ? (uint32_t)count : W3D_PROPS_NONE;
}

/* The row a reference leads to; W3D_PROPS_NONE where the table allows no such type. */
static w3d_result w3di_props_read_target(const w3di_props_reader *reader, const w3d_prop *prop,
                                         const w3d_bjson *file, uint32_t element, uint32_t row,
                                         void *dst)
{
    if (row != W3D_BJSON_NONE && prop->target) {
        uint64_t at = file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE + 20;
        if (row >= file->id_count || at >= file->size ||
            file->bytes[(size_t)at] != prop->target - 1) {
            if (reader->refuse)
                return w3di_props_reader_fail(reader, prop, element, W3D_ERR_RANGE,
                                              "a reference to an ID of another type");
            row = W3D_BJSON_NONE;
        }
    }
    w3d_store_u32(dst, row);
    return W3D_OK;
}

/* `count` elements of a vector or array into elements of `type` at dst. */
static w3d_result w3di_props_read_convert(const w3di_props_reader *reader, const w3d_prop *prop,
                                          uint32_t type, const w3d_bjson_view *view, uint32_t count,
                                          unsigned char *dst)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    uint32_t from = w3di_props_read_type(view->subtype), size = w3d_prop_type_size(type);
    uint32_t step = w3d_bjson_subtype_size(view->subtype);
    w3di_props_range range = w3di_props_range_of(prop, type);
    w3d_result result = W3D_OK;
    int is_reference = type == W3D_PROP_REFERENCE, is_half = view->subtype == W3D_BJSON_SUB_F16;
    if (!bytes || is_reference != (view->subtype == W3D_BJSON_SUB_REFERENCE) ||
        (!is_reference && !is_half && from == W3D_PROPS_NONE))
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    for (uint32_t i = 0; i < count && result == W3D_OK; i++, dst += size) {
        if (is_reference) {
            result = w3di_props_read_target(reader, prop, view->id->file, i,
                                            w3d_bjson_row_at(view, i), dst);
            continue;
        }
        const unsigned char *element = bytes + (size_t)i * step;
        w3di_props_number number =
            is_half ? w3di_props_from_f64((double)w3d_f32_from_f16(w3d_load_u16(element)))
                    : w3di_props_load(from, element);
        result = w3di_props_reader_number(reader, prop, type, &range, i, number, dst);
    }
    return result;
}

/* A vector, also from an array or a list. */
static w3d_result w3di_props_read_vector(const w3di_props_reader *reader, const w3d_prop *prop,
                                         const w3d_bjson_view *view, unsigned char *dst)
{
    uint32_t size = w3d_prop_type_size(prop->type);
    w3di_props_range range;
    if (w3di_props_read_elements(view) == prop->n)
        return w3di_props_read_convert(reader, prop, prop->type, view, prop->n, dst);
    if (view->tag != W3D_BJSON_LIST || view->count != prop->n)
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    range = w3di_props_range_of(prop, prop->type);
    for (uint32_t i = 0; i < prop->n; i++, dst += size) {
        w3d_bjson_view item;
        w3di_props_number number;
        w3d_result result;
        uint32_t row = W3D_BJSON_NONE;
        if (!w3d_bjson_item(view, i, NULL, &item)) return w3di_props_reader_wrong(reader, prop, i);
        if (prop->type == W3D_PROP_REFERENCE) {
            if (!w3d_bjson_to_row(&item, &row) && item.tag != W3D_BJSON_NULL)
                return w3di_props_reader_wrong(reader, prop, i);
            result = w3di_props_read_target(reader, prop, view->id->file, i, row, dst);
        } else if (w3di_props_read_number(&item, &number)) {
            result = w3di_props_reader_number(reader, prop, prop->type, &range, i, number, dst);
        } else {
            result = w3di_props_reader_wrong(reader, prop, i);
        }
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

/* 1 where all elements of an array in the file are valid as they are: no copy is needed. */
static int w3di_props_read_borrows(const w3d_prop *prop, const w3d_bjson_view *view,
                                   const unsigned char *bytes, uint64_t count)
{
    uint32_t type = prop->element, size = w3d_prop_type_size(type);
    w3di_props_range range = w3di_props_range_of(prop, type);
    if (type == W3D_PROP_REFERENCE || view->subtype != (uint32_t)w3di_props_subtype(type) ||
        ((uintptr_t)bytes & (size - 1u)) != 0)
        return 0;
    for (uint64_t i = 0; range.bounded && i < count; i++) {
        w3di_props_number number = w3di_props_load(type, bytes + (size_t)i * size);
        uint64_t bits;
        if (w3di_props_fit(prop, &range, type, 0, number, &bits) != W3DI_PROPS_SAME) return 0;
    }
    return 1;
}

/* The same as w3di_props_read_convert for arrays that no limit holds for: NaN stays. */
static w3d_result w3di_props_read_array(const w3di_props_reader *reader, const w3d_prop *prop,
                                        const w3d_bjson_view *view, void *data)
{
    unsigned char *structure = (unsigned char *)data;
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    uint32_t count = w3di_props_read_elements(view), n = w3di_props_n(prop);
    const void *elements = bytes;
    if (!bytes || count == W3D_PROPS_NONE || count % n ||
        (view->tag != W3D_BJSON_VECTOR && view->n != n && view->n != 1))
        return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    if (!count) {
        elements = NULL;
    } else if (!w3di_props_read_borrows(prop, view, bytes, count)) {
        unsigned char *copy =
            (unsigned char *)w3di_props_reader_push(reader, count,
                                                    w3d_prop_type_size(prop->element));
        if (!copy) return w3di_props_reader_full(reader, prop);
        w3d_result result = w3di_props_read_convert(reader, prop, prop->element, view, count, copy);
        if (result != W3D_OK) return result;
        elements = copy;
    }
    w3di_props_pointer_set(structure + prop->offset, elements);
    w3di_props_count_set(prop, structure, count / n);
    return W3D_OK;
}

/* A nested struct, or one item of a collection. */
static w3d_result w3di_props_read_nested(w3di_props_reader *reader, const w3d_prop *prop,
                                         uint32_t item, const w3d_bjson_view *map, void *dst)
{
    w3di_props_reader inner = *reader;
    w3di_props_trail trail;
    if (map->tag != W3D_BJSON_MAP || reader->depth >= W3D_PROPS_DEPTH_LIMIT)
        return w3di_props_reader_wrong(reader, prop, item);
    trail.outer = reader->trail;
    trail.prop = prop;
    trail.item = item;
    inner.trail = &trail;
    inner.depth++;
    if (prop->type == W3D_PROP_COLLECTION) inner.is_new = 1;
    return w3di_props_read_map(&inner, prop->table, map, dst);
}

static w3d_result w3di_props_read_collection(w3di_props_reader *reader, const w3d_prop *prop,
                                             const w3d_bjson_view *view, void *data)
{
    unsigned char *structure = (unsigned char *)data, *items = NULL;
    if (view->tag != W3D_BJSON_LIST) return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
    if (view->count) {
        items = (unsigned char *)w3di_props_reader_push(reader, view->count, prop->table->size);
        if (!items) return w3di_props_reader_full(reader, prop);
        w3d_fill(items, 0, (size_t)view->count * prop->table->size);
    }
    for (uint32_t i = 0; i < view->count; i++) {
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, i, NULL, &item)) return w3di_props_reader_wrong(reader, prop, i);
        reader->offset = item.offset;
        w3d_result result =
            w3di_props_read_nested(reader, prop, i, &item, items + (size_t)i * prop->table->size);
        if (result != W3D_OK) return result;
    }
    w3di_props_pointer_set(structure + prop->offset, items);
    w3di_props_count_set(prop, structure, view->count);
    return W3D_OK;
}

/* Any value into its member. */
static w3d_result w3di_props_read_value(w3di_props_reader *reader, const w3d_prop *prop,
                                        const w3d_bjson_view *view, void *data)
{
    unsigned char *member = (unsigned char *)data + prop->offset;
    w3di_props_number number;
    const char *text;
    uint32_t size, row;
    reader->offset = view->offset;
    if (view->tag == W3D_BJSON_NULL) {
        w3di_props_reader_default(reader, prop, data);
        return W3D_OK;
    }
    int is_alone = view->tag != W3D_BJSON_LIST && w3di_props_read_elements(view) == W3D_PROPS_NONE;
    if (prop->type != W3D_PROP_ARRAY && (prop->n > 1 || (prop->n && !is_alone)))
        return w3di_props_read_vector(reader, prop, view, member);
    switch (prop->type) {
    case W3D_PROP_REFERENCE:
        if (view->tag == W3D_BJSON_VECTOR && view->n == 1 &&
            view->subtype == W3D_BJSON_SUB_REFERENCE)
            row = w3d_bjson_row_at(view, 0);
        else if (!w3d_bjson_to_row(view, &row))
            break;
        return w3di_props_read_target(reader, prop, view->id->file, W3D_PROPS_NONE, row, member);
    case W3D_PROP_ENUM: {
        const w3d_prop_item *item = NULL;
        int64_t value;
        text = w3d_bjson_to_text(view, &size);
        if (text)
            item = w3di_props_item_named(prop, text, size);
        else if (!w3di_props_read_number(view, &number))
            break;
        else if (w3di_props_is_i64(number, &value))
            item = w3di_props_item_numbered(prop, value);
        if (!item && !text && view->tag == W3D_BJSON_VECTOR) { /* of unsigned bytes, perhaps */
            uint64_t bits = number.bits;
            unsigned char bytes[8];
            w3d_store_u64(bytes, bits);
            if (w3d_bjson_subtype_size(view->subtype) == prop->size &&
                number.kind != W3DI_PROPS_F64)
                item = w3di_props_item(prop, bytes);
        }
        return w3di_props_reader_item(reader, prop, item, member);
    }
    case W3D_PROP_STRING:
        text = w3d_bjson_to_text(view, &size);
        if (!text) break;
        return w3di_props_reader_text(reader, prop, text, size, member);
    case W3D_PROP_TEXT:
        text = w3d_bjson_to_text(view, NULL);
        if (!text) break;
        w3di_props_pointer_set(member, text);
        return W3D_OK;
    case W3D_PROP_STRUCT: return w3di_props_read_nested(reader, prop, W3D_PROPS_NONE, view, member);
    case W3D_PROP_ARRAY: return w3di_props_read_array(reader, prop, view, data);
    case W3D_PROP_COLLECTION: return w3di_props_read_collection(reader, prop, view, data);
    default:
        if (w3di_props_read_number(view, &number)) {
            w3di_props_range range = w3di_props_range_of(prop, prop->type);
            return w3di_props_reader_number(reader, prop, prop->type, &range, 0, number, member);
        }
    }
    return w3di_props_reader_wrong(reader, prop, W3D_PROPS_NONE);
}

/* A map by name, member for member. */
static w3d_result w3di_props_read_map(w3di_props_reader *reader, const w3d_props *table,
                                      const w3d_bjson_view *map, void *data)
{
    reader->table = table;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        w3d_bjson_view view;
        w3d_result result = W3D_OK;
        if (w3di_props_is_saved(prop, reader->version) &&
            w3d_bjson_member(map, prop->identifier, &view))
            result = w3di_props_read_value(reader, prop, &view, data);
        else
            w3di_props_reader_default(reader, prop, data);
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

/* ---- plans ---- */

/* Bytes of a record that are copied together. */
typedef struct w3di_props_read_run {
    uint32_t from, to, size; /* in the record, in the struct */
} w3di_props_read_run;

/* What is looked at after the copy. */
typedef struct w3di_props_read_look {
    uint32_t row;    /* W3D_PROPS_NONE: floats that only must not be NaN, of several rows perhaps */
    uint32_t offset; /* in the struct */
    uint32_t count;  /* floats there */
    uint32_t type;
} w3di_props_read_look;

/* A table bound to a shape. */
struct w3di_props_read_shape {
    uint64_t types; /* of the maps that have it; 0: none yet */
    uint32_t version;
    uint32_t record_size;
    uint32_t run_count, look_count, other_count, missing_count;
    w3di_props_read_run *runs;
    w3di_props_read_look *looks;
    uint32_t *others;  /* [2 * other_count]: row, index of the value in the map */
    uint32_t *missing; /* rows */
};
typedef struct w3di_props_read_shape w3di_props_read_shape;

W3D_API w3d_result w3d_props_plan_make(const w3d_props *table, const w3d_bjson *file,
                                       w3d_arena *arena, w3d_props_plan *plan)
{
    w3d_arena used = *arena;
    w3di_props_read_shape *shapes =
        (w3di_props_read_shape *)w3d_arena_push_zero(&used, W3D_PROPS_PLAN_SHAPES, sizeof *shapes,
                                                     sizeof(uint64_t));
    for (uint32_t i = 0; shapes && i < W3D_PROPS_PLAN_SHAPES; i++) {
        size_t rows = table->row_count;
        w3di_props_read_shape *shape = &shapes[i];
        shape->runs = (w3di_props_read_run *)w3d_arena_push(&used, rows, sizeof *shape->runs, 4);
        shape->looks = (w3di_props_read_look *)w3d_arena_push(&used, rows, sizeof *shape->looks, 4);
        shape->others = (uint32_t *)w3d_arena_push(&used, rows, 8, 4);
        shape->missing = (uint32_t *)w3d_arena_push(&used, rows, 4, 4);
        if (!shape->runs || !shape->looks || !shape->others || !shape->missing) shapes = NULL;
    }
    if (!shapes) return W3D_ERR_CAPACITY;
    w3d_fill(plan, 0, sizeof *plan);
    plan->table = table;
    plan->file = file;
    plan->shapes = shapes;
    *arena = used;
    return W3D_OK;
}

/* 1 where the bytes of a value are those of the row's member. */
static int w3di_props_read_same_bytes(const w3d_prop *prop, const w3d_bjson_view *view)
{
    uint32_t type = prop->type == W3D_PROP_ENUM ? w3di_props_enum_type(prop) : prop->type;
    if (type > W3D_PROP_REFERENCE) return 0;
    if (view->tag == W3D_BJSON_VECTOR) {
        if (view->n != w3di_props_n(prop)) return 0;
        if (prop->type == W3D_PROP_ENUM) /* signed or not: items are found by their bytes */
            return view->length == prop->size && view->subtype < W3D_BJSON_SUB_F16;
        return view->subtype == (uint32_t)w3di_props_subtype(type);
    }
    if (prop->n || prop->type == W3D_PROP_ENUM) return 0;
    return (type == W3D_PROP_BOOL && view->tag == W3D_BJSON_BOOL) ||
           (type == W3D_PROP_I64 && (view->tag == W3D_BJSON_I64 || view->tag == W3D_BJSON_TIME)) ||
           (type == W3D_PROP_U64 && view->tag == W3D_BJSON_U64) ||
           (type == W3D_PROP_F64 && view->tag == W3D_BJSON_F64) ||
           (type == W3D_PROP_REFERENCE && view->tag == W3D_BJSON_REFERENCE);
}

/* Notes what is to be looked at once a row's bytes are copied. */
static void w3di_props_read_add_look(w3di_props_read_shape *shape, const w3d_props *table,
                                     uint32_t row)
{
    const w3d_prop *prop = &table->rows[row];
    int is_limited = prop->min != 0.0 || prop->max != 0.0;
    int is_float = prop->type == W3D_PROP_F32 || prop->type == W3D_PROP_F64;
    uint32_t count = w3di_props_n(prop);
    if (prop->type > W3D_PROP_BOOL && prop->type < W3D_PROP_F32 && !is_limited) return;
    if (is_float && !is_limited && shape->look_count) {
        w3di_props_read_look *last = &shape->looks[shape->look_count - 1];
        if (last->row == W3D_PROPS_NONE && last->type == prop->type &&
            last->offset + last->count * w3d_prop_type_size(prop->type) == prop->offset) {
            last->count += count;
            return;
        }
    }
    w3di_props_read_look *look = &shape->looks[shape->look_count++];
    look->row = is_float && !is_limited ? W3D_PROPS_NONE : row;
    look->offset = prop->offset;
    look->count = count;
    look->type = prop->type;
}

/* Adds a row's bytes to the runs, in the order of the struct. */
static void w3di_props_read_add_run(w3di_props_read_shape *shape, const w3d_prop *prop,
                                    uint32_t from)
{
    uint32_t at = shape->run_count;
    while (at && shape->runs[at - 1].to > prop->offset) at--;
    w3d_move(shape->runs + at + 1, shape->runs + at, (shape->run_count - at) * sizeof *shape->runs);
    shape->runs[at].from = from;
    shape->runs[at].to = prop->offset;
    shape->runs[at].size = prop->size;
    shape->run_count++;
}

/* Runs that are neighbours on both sides become one. */
static void w3di_props_read_join_runs(w3di_props_read_shape *shape)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < shape->run_count; i++) {
        w3di_props_read_run *run = &shape->runs[i], *last = &shape->runs[kept ? kept - 1 : 0];
        if (kept && last->from + last->size == run->from && last->to + last->size == run->to)
            last->size += run->size;
        else
            shape->runs[kept++] = *run;
    }
    shape->run_count = kept;
}

static void w3di_props_read_bind(const w3d_props *table, w3di_props_read_shape *shape,
                                 const w3d_bjson_view *map, uint32_t version)
{
    shape->types = map->types;
    shape->version = version;
    shape->record_size = 0;
    shape->run_count = shape->look_count = shape->other_count = shape->missing_count = 0;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        w3d_bjson_view view;
        uint32_t index = 0;
        if (prop->flags & W3D_PROP_SKIP_SAVE) continue;
        if (!w3di_props_is_saved(prop, version) ||
            !w3d_bjson_member(map, prop->identifier, &view)) {
            shape->missing[shape->missing_count++] = row;
            continue;
        }
        if (w3di_props_read_same_bytes(prop, &view)) {
            uint32_t from = (uint32_t)(view.offset - map->slots), end = from + prop->size;
            w3di_props_read_add_run(shape, prop, from);
            w3di_props_read_add_look(shape, table, row);
            if (end > shape->record_size) shape->record_size = end;
            continue;
        }
        for (const char *key = NULL; index < map->count; index++) { /* keys ascend, none twice */
            w3d_bjson_view item;
            if (w3d_bjson_item(map, index, &key, &item) &&
                w3d_text_is(key, w3d_text_size(key), prop->identifier))
                break;
        }
        shape->others[2 * shape->other_count] = row;
        shape->others[2 * shape->other_count++ + 1] = index;
    }
    w3di_props_read_join_runs(shape);
}

/* The shape of a map, bound where it is not yet. */
static w3di_props_read_shape *w3di_props_read_shape_of(w3d_props_plan *plan,
                                                       const w3d_bjson_view *map, uint32_t version)
{
    for (uint32_t i = 0; i < W3D_PROPS_PLAN_SHAPES; i++)
        if (plan->shapes[i].types == map->types && plan->shapes[i].version == version)
            return &plan->shapes[i];
    w3di_props_read_shape *shape = &plan->shapes[plan->next];
    plan->next = (plan->next + 1) % W3D_PROPS_PLAN_SHAPES;
    plan->bound++;
    w3di_props_read_bind(plan->table, shape, map, version);
    return shape;
}

/* 1 where none of `count` floats is a NaN. */
static int w3di_props_read_no_nan(const unsigned char *data, uint32_t type, uint32_t count)
{
    uint32_t found = 0;
    if (type == W3D_PROP_F32)
        for (uint32_t i = 0; i < count; i++)
            found |= (w3d_load_u32(data + (size_t)i * 4) & 0x7FFFFFFFu) > 0x7F800000u;
    else
        for (uint32_t i = 0; i < count; i++)
            found |=
                (w3d_load_u64(data + (size_t)i * 8) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
    return !found;
}

/* 1 where each of `count` bytes is 0 or 1. */
static int w3di_props_read_are_bools(const unsigned char *data, uint32_t count)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < count; i++) found |= data[i];
    return found <= 1u;
}

/* Makes the numbers of a row that were copied valid, in place. */
static w3d_result w3di_props_read_look_row(w3di_props_reader *reader, const w3d_prop *prop,
                                           const w3d_bjson_view *map, unsigned char *data)
{
    unsigned char *member = data + prop->offset;
    uint32_t n = w3di_props_n(prop), size = w3d_prop_type_size(prop->type);
    const w3d_bjson_id *id = map->id;
    w3di_props_range range;
    w3d_result result = W3D_OK;
    if (prop->type == W3D_PROP_ENUM)
        return w3di_props_reader_item(reader, prop, w3di_props_item(prop, member), member);
    if (prop->type == W3D_PROP_REFERENCE) {
        for (uint32_t i = 0; i < n && result == W3D_OK; i++, member += 4) {
            uint32_t slot = w3d_load_u32(member), row = W3D_BJSON_NONE;
            uint64_t at = id->references + (uint64_t)slot * 4;
            if (slot < id->reference_count && at <= id->file->size - 4)
                row = w3d_load_u32(id->file->bytes + (size_t)at);
            result = w3di_props_read_target(reader, prop, id->file, prop->n ? i : W3D_PROPS_NONE,
                                            row, member);
        }
        return result;
    }
    range = w3di_props_range_of(prop, prop->type);
    for (uint32_t i = 0; i < n && result == W3D_OK; i++, member += size)
        result = w3di_props_reader_number(reader, prop, prop->type, &range, i,
                                          w3di_props_load(prop->type, member), member);
    return result;
}

/* All that a shape's runs copied. */
static w3d_result w3di_props_read_look_all(w3di_props_reader *reader,
                                           const w3di_props_read_shape *shape,
                                           const w3d_bjson_view *map, unsigned char *data)
{
    const w3d_props *table = reader->table;
    w3d_result result = W3D_OK;
    reader->offset = map->slots;
    for (uint32_t i = 0; i < shape->look_count && result == W3D_OK; i++) {
        const w3di_props_read_look *look = &shape->looks[i];
        uint32_t size = w3d_prop_type_size(look->type), end = look->offset + look->count * size;
        if (look->row != W3D_PROPS_NONE) {
            if (look->type == W3D_PROP_BOOL &&
                w3di_props_read_are_bools(data + look->offset, look->count))
                continue;
            result = w3di_props_read_look_row(reader, &table->rows[look->row], map, data);
            continue;
        }
        if (w3di_props_read_no_nan(data + look->offset, look->type, look->count)) continue;
        for (uint32_t row = 0; row < table->row_count && result == W3D_OK; row++) {
            const w3d_prop *prop = &table->rows[row];
            if (prop->type == look->type && prop->offset >= look->offset && prop->offset < end)
                result = w3di_props_read_look_row(reader, prop, map, data);
        }
    }
    return result;
}

/* A map by its plan. */
static w3d_result w3di_props_read_planned(w3di_props_reader *reader,
                                          const w3di_props_read_shape *shape,
                                          const w3d_bjson_view *map, unsigned char *data)
{
    const w3d_bjson *file = map->id->file;
    if (map->slots > file->size || shape->record_size > file->size - map->slots)
        return w3di_props_reader_fail(reader, NULL, W3D_PROPS_NONE, W3D_ERR_FORMAT,
                                      "the record is outside the file: it has changed");
    const unsigned char *record = file->bytes + (size_t)map->slots;
    for (uint32_t i = 0; i < shape->run_count; i++)
        w3d_copy(data + shape->runs[i].to, record + shape->runs[i].from, shape->runs[i].size);
    for (uint32_t i = 0; i < shape->missing_count; i++)
        w3di_props_reader_default(reader, &reader->table->rows[shape->missing[i]], data);
    w3d_result result = w3di_props_read_look_all(reader, shape, map, data);
    for (uint32_t i = 0; i < shape->other_count && result == W3D_OK; i++) {
        const w3d_prop *prop = &reader->table->rows[shape->others[2 * i]];
        w3d_bjson_view view;
        if (w3d_bjson_item(map, shape->others[2 * i + 1], NULL, &view))
            result = w3di_props_read_value(reader, prop, &view, data);
        else
            result = w3di_props_reader_fail(reader, prop, W3D_PROPS_NONE, W3D_ERR_FORMAT,
                                            "the value is outside the file: it has changed");
    }
    return result;
}

W3D_API w3d_result w3d_props_from_bjson(const w3d_props_read_desc *desc, const w3d_bjson_view *map,
                                        void *data, w3d_error *error)
{
    if (!desc || !desc->table || !map || map->tag != W3D_BJSON_MAP || !data)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no table, map or struct");
    w3d_props_plan *plan = desc->plan;
    if (plan && (plan->table != desc->table || plan->file != map->id->file))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "the plan is of another table or file");
    const w3d_props *table = desc->table;
    w3di_props_read_shape *shape = plan ? w3di_props_read_shape_of(plan, map, desc->version) : NULL;
    w3di_props_reader reader;
    reader.arena = desc->arena;
    reader.version = desc->version;
    reader.refuse = desc->refuse;
    reader.fault = desc->fault;
    reader.error = error;
    reader.table = table;
    reader.trail = NULL;
    reader.offset = map->offset;
    reader.depth = 0;
    reader.is_new = 0;
    if (shape && !shape->other_count && !desc->refuse) { /* nothing here can fail half-way */
        w3d_result result = w3di_props_read_planned(&reader, shape, map, (unsigned char *)data);
        if (result == W3D_OK && shape->run_count == 1) plan->copied++;
        return result;
    }
    uint64_t stack[W3DI_PROPS_STACK / 8];
    w3di_props_copy copy;
    w3d_result result = w3di_props_copy_begin(&reader, stack, data, &copy);
    if (result != W3D_OK) return result;
    if (shape)
        result = w3di_props_read_planned(&reader, shape, map, (unsigned char *)copy.memory);
    else
        result = w3di_props_read_map(&reader, table, map, copy.memory);
    w3di_props_copy_end(&reader, &copy, result, data);
    if (result == W3D_OK && plan) plan->converted++;
    return result;
}
