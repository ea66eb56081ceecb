/* props.c - tables checked, structs filled with defaults, checked, clamped, compared and visited.
 *
 * Members are read and written by copies, never through a pointer of their type: a struct may lie
 * at any address, and no aliasing rule is asked for. */
#include "scene/props.h"

#include "core/hash.h"
#include "core/size.h"
#include "scene/props_value.h"

/* ---- checking a table ---- */

typedef struct w3di_props_report {
    w3d_props_fault *faults;
    uint32_t capacity, count;
} w3di_props_report;

/* The tables that one is in, innermost first. */
typedef struct w3di_props_nest {
    const struct w3di_props_nest *outer;
    const w3d_props *table;
    uint32_t depth;
} w3di_props_nest;

static void w3di_props_report_add(w3di_props_report *report, const w3d_props *table, uint32_t row,
                                  uint32_t element, const char *text)
{
    if (report->count < report->capacity) {
        w3d_props_fault *fault = &report->faults[report->count];
        w3d_fill(fault, 0, sizeof *fault);
        fault->table = table;
        fault->row = row;
        fault->element = element;
        fault->text = text;
        if (row != W3D_PROPS_NONE)
            w3di_props_trail_write(fault->path, NULL, &table->rows[row], W3D_PROPS_NONE);
    }
    if (report->count < UINT32_MAX) report->count++;
}

static int w3di_props_is_identifier(const char *text)
{
    size_t size = 0;
    if (!text) return 0;
    for (; text[size]; size++) {
        char c = text[size];
        int is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(size && c >= '0' && c <= '9')) return 0;
        if (size >= W3D_PROPS_NAME_LIMIT) return 0;
    }
    return size != 0;
}

static int w3di_props_is_utf8(const char *text)
{
    size_t size = text ? w3d_text_size(text) : 0;
    return !size || w3d_utf8_check(text, size) == size;
}

static int w3di_props_same_text(const char *a, const char *b)
{
    return a && b && w3d_text_is(a, w3d_text_size(a), b);
}

/* Their second members lie at what the type is aligned to on this machine. */
typedef struct w3di_props_of_u64 {
    char first;
    uint64_t value;
} w3di_props_of_u64;
typedef struct w3di_props_of_f64 {
    char first;
    double value;
} w3di_props_of_f64;
typedef struct w3di_props_of_pointer {
    char first;
    void *value;
} w3di_props_of_pointer;

/* What a row's member is aligned to. */
static uint32_t w3di_props_alignment(const w3d_prop *prop)
{
    switch (prop->type) {
    case W3D_PROP_I64:
    case W3D_PROP_U64: return (uint32_t)offsetof(w3di_props_of_u64, value);
    case W3D_PROP_F64: return (uint32_t)offsetof(w3di_props_of_f64, value);
    case W3D_PROP_TEXT:
    case W3D_PROP_ARRAY:
    case W3D_PROP_COLLECTION: return (uint32_t)offsetof(w3di_props_of_pointer, value);
    case W3D_PROP_ENUM: return prop->size;
    case W3D_PROP_STRING:
    case W3D_PROP_STRUCT: return 1;
    default: return w3d_prop_type_size(prop->type);
    }
}

/* What the member's size should be; 0: any that the type allows. */
static uint64_t w3di_props_expected_size(const w3d_prop *prop)
{
    switch (prop->type) {
    case W3D_PROP_ENUM: return prop->size == 1 || prop->size == 2 ? prop->size : 4;
    case W3D_PROP_STRING: return prop->size ? prop->size : 1;
    case W3D_PROP_STRUCT: return prop->table ? prop->table->size : prop->size;
    case W3D_PROP_TEXT:
    case W3D_PROP_ARRAY:
    case W3D_PROP_COLLECTION: return sizeof(void *);
    default: return (uint64_t)w3d_prop_type_size(prop->type) * w3di_props_n(prop);
    }
}

static int w3di_props_has_count(const w3d_prop *prop)
{
    return prop->type == W3D_PROP_ARRAY || prop->type == W3D_PROP_COLLECTION;
}

static int w3di_props_ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* Does a member, or its count, lie on a member or count of another row? */
static int w3di_props_overlap(const w3d_prop *a, const w3d_prop *b)
{
    int a_count = w3di_props_has_count(a), b_count = w3di_props_has_count(b);
    return w3di_props_ranges_meet(a->offset, a->size, b->offset, b->size) ||
           (a_count && w3di_props_ranges_meet(a->count_offset, 4, b->offset, b->size)) ||
           (b_count && w3di_props_ranges_meet(a->offset, a->size, b->count_offset, 4)) ||
           (a_count && b_count && w3di_props_ranges_meet(a->count_offset, 4, b->count_offset, 4));
}

/* Where a row's members lie. NULL: well. */
static const char *w3di_props_check_place(const w3d_props *table, const w3d_prop *prop)
{
    if (prop->size != w3di_props_expected_size(prop))
        return "the member's size is not that of its type: give the type, or the n, that it has";
    if (!w3d_size_inside(prop->offset, prop->size, table->size))
        return "the member lies outside the struct: is the table's size that of this struct?";
    if (prop->offset % w3di_props_alignment(prop))
        return "the member is not aligned as its type is: give the offset by offsetof";
    if (!w3di_props_has_count(prop)) return NULL;
    if (!w3d_size_inside(prop->count_offset, 4, table->size))
        return "the count lies outside the struct: is the table's size that of this struct?";
    if (prop->count_offset % 4) return "the count is not aligned: it must be a uint32_t";
    if (w3di_props_ranges_meet(prop->count_offset, 4, prop->offset, prop->size))
        return "the count lies on its own pointer";
    return NULL;
}

static int w3di_props_is_number_row(const w3d_prop *prop)
{
    return w3d_prop_type_is_number(prop->type) ||
           (prop->type == W3D_PROP_ARRAY && w3d_prop_type_is_number(prop->element));
}

static const char *w3di_props_check_limits(const w3d_prop *prop)
{
    int is_limited = prop->min != 0.0 || prop->max != 0.0;
    int is_soft = prop->soft_min != 0.0 || prop->soft_max != 0.0;
    if (prop->min != prop->min || prop->max != prop->max || prop->soft_min != prop->soft_min ||
        prop->soft_max != prop->soft_max || prop->step != prop->step)
        return "a limit or the step is not a number";
    if ((is_limited || is_soft || prop->step != 0.0 || prop->unit) &&
        !w3di_props_is_number_row(prop))
        return "limits, step and unit are for numbers: leave them 0";
    if (is_limited && prop->min > prop->max) return "min is above max: exchange them";
    if (is_soft && prop->soft_min > prop->soft_max) return "soft_min is above soft_max";
    if (is_limited && is_soft && (prop->soft_min < prop->min || prop->soft_max > prop->max))
        return "the soft limits lie outside the hard ones";
    if (prop->step < 0.0) return "the step is negative";
    if (prop->unit >= W3D_PROP_UNIT_COUNT) return "the unit is none of w3d_prop_unit";
    if (is_limited) {
        uint32_t type = prop->type == W3D_PROP_ARRAY ? prop->element : prop->type;
        w3di_props_range range = w3di_props_range_of(prop, type);
        if (range.low > range.high ||
            (type == W3D_PROP_U64 ? range.least_unsigned > range.most_unsigned || prop->max < 0.0
                                  : type < W3D_PROP_F32 && range.least > range.most))
            return "no value of the member's type lies between the limits";
    }
    return NULL;
}

static const char *w3di_props_check_subtype(const w3d_prop *prop)
{
    uint32_t n = prop->n;
    int is_float = prop->type == W3D_PROP_F32 || prop->type == W3D_PROP_F64, fits = 1;
    switch (prop->subtype) {
    case W3D_PROP_NO_SUBTYPE: return NULL;
    case W3D_PROP_COLOR:
    case W3D_PROP_COLOR_SRGB:
        fits = w3d_prop_type_is_number(prop->type) && (n == 3 || n == 4);
        break;
    case W3D_PROP_MATRIX: fits = is_float && (n == 9 || n == 16); break;
    case W3D_PROP_EULER: fits = is_float && n == 3; break;
    case W3D_PROP_QUATERNION:
    case W3D_PROP_AXIS_ANGLE: fits = is_float && n == 4; break;
    case W3D_PROP_TRANSLATION:
    case W3D_PROP_DIRECTION:
    case W3D_PROP_VELOCITY:
    case W3D_PROP_XYZ: fits = is_float && n >= 2 && n <= 4; break;
    case W3D_PROP_LAYER: fits = prop->type == W3D_PROP_BOOL && n > 0; break;
    case W3D_PROP_FILE_PATH:
    case W3D_PROP_FOLDER_PATH:
    case W3D_PROP_FILE_NAME:
    case W3D_PROP_PASSWORD:
        fits = prop->type == W3D_PROP_STRING || prop->type == W3D_PROP_TEXT;
        break;
    default: return "the subtype is none of w3d_prop_subtype";
    }
    return fits ? NULL : "the subtype does not go with the type and the n";
}

static const char *w3di_props_check_default(const w3d_prop *prop, uint32_t *element)
{
    if (w3d_prop_type_is_number(prop->type)) {
        w3di_props_range range = w3di_props_range_of(prop, prop->type);
        uint64_t bits;
        for (uint32_t i = 0; i < w3di_props_n(prop); i++) {
            w3di_props_number number = w3di_props_default(prop, prop->type, i);
            *element = prop->n ? i : W3D_PROPS_NONE;
            if (number.kind == W3DI_PROPS_F64 &&
                w3d_f64_from_bits(number.bits) != w3d_f64_from_bits(number.bits))
                return "the default is not a number";
            if (w3di_props_fit_range(&range, prop->type, number, &bits) != W3DI_PROPS_SAME)
                return "the default is outside the limits or the type's range";
        }
        *element = W3D_PROPS_NONE;
    } else if (prop->type == W3D_PROP_STRING || prop->type == W3D_PROP_TEXT) {
        const char *text = (const char *)prop->default_data;
        if (prop->default_value != 0.0) return "a text's default is default_data, not a number";
        if (!w3di_props_is_utf8(text)) return "the default is not UTF-8";
        if (text && prop->type == W3D_PROP_STRING && w3d_text_size(text) >= prop->size)
            return "the default, with its NUL, does not fit the member";
    } else if (prop->type != W3D_PROP_ENUM && (prop->default_data || prop->default_value != 0.0)) {
        return "references, structs, arrays and collections have no default: leave it 0";
    }
    return NULL;
}

static const char *w3di_props_check_items(const w3d_prop *prop, uint32_t *element)
{
    int64_t limit = (int64_t)1 << (prop->size >= 4 ? 31 : prop->size * 8 - 1);
    if (!prop->items || !prop->item_count) return "an enum has no items: give items, item_count";
    for (uint32_t i = 0; i < prop->item_count; i++) {
        const w3d_prop_item *item = &prop->items[i];
        *element = i;
        if (!item->identifier || !item->identifier[0]) return "an item has no identifier";
        if (!w3di_props_is_utf8(item->identifier) || !w3di_props_is_utf8(item->label))
            return "an item's identifier or label is not UTF-8";
        if (prop->size < 4 && (item->value < -limit || item->value >= 2 * limit))
            return "an item's value does not fit the member";
        for (uint32_t k = 0; k < i; k++) {
            uint32_t mask = prop->size >= 4 ? 0xFFFFFFFFu : (1u << prop->size * 8u) - 1u;
            if (w3di_props_same_text(item->identifier, prop->items[k].identifier))
                return "two items have this identifier";
            if ((((uint32_t)item->value ^ (uint32_t)prop->items[k].value) & mask) == 0)
                return "two items have this value";
        }
    }
    *element = W3D_PROPS_NONE;
    const w3d_prop_item *item = NULL;
    int64_t value;
    if (prop->default_data)
        item = w3di_props_item(prop, prop->default_data);
    else if (w3di_props_is_i64(w3di_props_from_f64(prop->default_value), &value))
        item = w3di_props_item_numbered(prop, value);
    return item ? NULL : "the default is not among the items: give default_value one of theirs";
}

/* All that concerns one row alone; `add` may be called several times. */
static void w3di_props_check_row(w3di_props_report *report, const w3d_props *table, uint32_t row)
{
    const w3d_prop *prop = &table->rows[row];
    const char *text = NULL;
    uint32_t element = W3D_PROPS_NONE;
    int is_vector = prop->type <= W3D_PROP_REFERENCE || prop->type == W3D_PROP_ARRAY;
    if (!w3di_props_is_identifier(prop->identifier))
        w3di_props_report_add(report, table, row, element,
                              "the identifier is not a letter or _ and then letters, digits or _, "
                              "63 at most");
    for (uint32_t k = 0; k < row; k++)
        if (w3di_props_same_text(prop->identifier, table->rows[k].identifier)) {
            w3di_props_report_add(report, table, row, element,
                                  "another row before has this identifier");
            break;
        }
    if (!w3di_props_is_utf8(prop->label) || !w3di_props_is_utf8(prop->description))
        w3di_props_report_add(report, table, row, element, "a label or description is not UTF-8");
    if (prop->since > table->version)
        w3di_props_report_add(report, table, row, element,
                              "since is above the table's version: raise the version");
    if (prop->flags >= 2 * W3D_PROP_LARGE || prop->target > 256)
        w3di_props_report_add(report, table, row, element, "unknown flags, or a target above 256");
    if (prop->type >= W3D_PROP_TYPE_COUNT) {
        w3di_props_report_add(report, table, row, element, "the type is none of w3d_prop_type");
        return; /* nothing else is known about it */
    }
    if (prop->n > (is_vector ? W3D_PROPS_VECTOR_LIMIT : 0))
        w3di_props_report_add(report, table, row, element,
                              "n is for vectors and arrays, and 64 at most");
    if (prop->type == W3D_PROP_ARRAY && prop->element > W3D_PROP_REFERENCE)
        w3di_props_report_add(report, table, row, element,
                              "an array's element is not BOOL to REFERENCE");
    if ((prop->type == W3D_PROP_STRUCT || prop->type == W3D_PROP_COLLECTION) && !prop->table)
        w3di_props_report_add(report, table, row, element, "a nested struct has no table");
    text = w3di_props_check_place(table, prop);
    if (text) w3di_props_report_add(report, table, row, element, text);
    int is_sized = prop->size == w3di_props_expected_size(prop); /* default_data may be read */
    for (uint32_t k = 0; k < row; k++)
        if (table->rows[k].type < W3D_PROP_TYPE_COUNT &&
            w3di_props_overlap(prop, &table->rows[k])) {
            w3di_props_report_add(report, table, row, element,
                                  "the member lies on that of a row before");
            break;
        }
    if (prop->type == W3D_PROP_ENUM) {
        if (!is_sized) return;
        text = w3di_props_check_items(prop, &element);
        if (text) w3di_props_report_add(report, table, row, element, text);
        element = W3D_PROPS_NONE;
    }
    text = w3di_props_check_limits(prop);
    if (text) w3di_props_report_add(report, table, row, element, text);
    if (!text && is_sized && prop->n <= W3D_PROPS_VECTOR_LIMIT) {
        text = w3di_props_check_default(prop, &element);
        if (text) w3di_props_report_add(report, table, row, element, text);
    }
    text = w3di_props_check_subtype(prop);
    if (text) w3di_props_report_add(report, table, row, W3D_PROPS_NONE, text);
}

static void w3di_props_check_table(w3di_props_report *report, const w3di_props_nest *nest)
{
    const w3d_props *table = nest->table;
    if (!w3di_props_is_identifier(table->name))
        w3di_props_report_add(report, table, W3D_PROPS_NONE, W3D_PROPS_NONE,
                              "the table's name is not an identifier");
    if (!w3di_props_is_utf8(table->label))
        w3di_props_report_add(report, table, W3D_PROPS_NONE, W3D_PROPS_NONE,
                              "the table's label is not UTF-8");
    if (!table->size || table->flags > W3D_PROPS_EXACT)
        w3di_props_report_add(report, table, W3D_PROPS_NONE, W3D_PROPS_NONE,
                              "the table has size 0, or unknown flags");
    if (table->row_count && !table->rows) {
        w3di_props_report_add(report, table, W3D_PROPS_NONE, W3D_PROPS_NONE,
                              "the table has a row_count, but no rows");
        return;
    }
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        const w3di_props_nest *up = nest;
        uint32_t k = 0;
        w3di_props_check_row(report, table, row);
        if ((prop->type != W3D_PROP_STRUCT && prop->type != W3D_PROP_COLLECTION) || !prop->table)
            continue;
        while (up && up->table != prop->table) up = up->outer;
        while (k < row && table->rows[k].table != prop->table) k++;
        if (up)
            w3di_props_report_add(report, table, row, W3D_PROPS_NONE,
                                  "the nested table contains this one: tables may form no circle");
        else if (nest->depth >= W3D_PROPS_DEPTH_LIMIT)
            w3di_props_report_add(report, table, row, W3D_PROPS_NONE,
                                  "tables are nested more than 12 deep");
        else if (k == row) { /* once for all rows that have it */
            w3di_props_nest inner;
            inner.outer = nest;
            inner.table = prop->table;
            inner.depth = nest->depth + 1;
            w3di_props_check_table(report, &inner);
        }
    }
}

W3D_API uint32_t w3d_props_check(const w3d_props *table, w3d_props_fault *faults, uint32_t capacity)
{
    w3di_props_report report;
    w3di_props_nest nest;
    report.faults = faults;
    report.capacity = faults ? capacity : 0;
    report.count = 0;
    nest.outer = NULL;
    nest.table = table;
    nest.depth = 0;
    if (!table) return 1;
    w3di_props_check_table(&report, &nest);
    return report.count;
}

W3D_API uint32_t w3d_props_row(const w3d_props *table, const char *identifier, size_t size)
{
    for (uint32_t row = 0; row < table->row_count; row++)
        if (w3d_text_is(identifier, size, table->rows[row].identifier)) return row;
    return W3D_PROPS_NONE;
}

static uint64_t w3di_props_hash_text(uint64_t hash, const char *text)
{
    return w3d_hash_bytes(text, w3d_text_size(text), hash);
}

/* Numbers go in as 64-bit words, so that no padding and no byte order does. */
static uint64_t w3di_props_hash_table(const w3d_props *table, uint64_t hash, uint32_t depth)
{
    hash = w3di_props_hash_text(hash, table->name);
    hash = w3d_hash_u64(hash ^ ((uint64_t)table->size << 32 | table->row_count));
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        uint32_t count = w3di_props_has_count(prop) ? prop->count_offset : 0;
        uint32_t element = prop->type == W3D_PROP_ARRAY ? prop->element : 0;
        hash = w3di_props_hash_text(hash, prop->identifier);
        hash = w3d_hash_u64(hash ^ ((uint64_t)prop->offset << 32 | prop->size));
        hash = w3d_hash_u64(hash ^ ((uint64_t)count << 32 | (uint64_t)prop->n << 16 |
                                    (uint64_t)element << 8 | prop->type));
        for (uint32_t i = 0; prop->type == W3D_PROP_ENUM && i < prop->item_count; i++) {
            hash = w3di_props_hash_text(hash, prop->items[i].identifier);
            hash = w3d_hash_u64(hash ^ (uint32_t)prop->items[i].value);
        }
        if ((prop->type == W3D_PROP_STRUCT || prop->type == W3D_PROP_COLLECTION) &&
            depth < W3D_PROPS_DEPTH_LIMIT)
            hash = w3di_props_hash_table(prop->table, hash, depth + 1);
    }
    return hash;
}

W3D_API uint64_t w3d_props_layout_hash(const w3d_props *table)
{
    return w3di_props_hash_table(table, 0, 0);
}

/* ---- defaults ---- */

W3D_API void w3d_props_defaults(const w3d_props *table, void *data)
{
    for (uint32_t row = 0; row < table->row_count; row++)
        w3di_props_row_default(&table->rows[row], data);
}

/* ---- checking a struct ---- */

static w3d_result w3di_props_fault_set(w3d_props_fault *fault, w3d_result result,
                                       const w3di_props_trail *trail, const w3d_props *table,
                                       uint32_t row, uint32_t element, const char *text)
{
    if (!fault) return result;
    fault->table = table;
    fault->row = row;
    fault->element = element;
    fault->text = text;
    w3di_props_trail_write(fault->path, trail, &table->rows[row], element);
    return result;
}

/* `count` elements of a row; *element is the first that is wrong. */
static const char *w3di_props_validate_numbers(const w3d_prop *prop, uint32_t type,
                                               const unsigned char *data, uint64_t count,
                                               uint64_t *element)
{
    w3di_props_range range = w3di_props_range_of(prop, type);
    uint32_t size = w3d_prop_type_size(type);
    for (uint64_t i = 0; i < count; i++) {
        w3di_props_number number = w3di_props_load(type, data + (size_t)i * size);
        uint64_t bits;
        *element = i;
        if (number.kind == W3DI_PROPS_F64 &&
            w3d_f64_from_bits(number.bits) != w3d_f64_from_bits(number.bits))
            return "not a number: set it, or clamp to take the default";
        if (w3di_props_fit_range(&range, type, number, &bits) != W3DI_PROPS_SAME)
            return type == W3D_PROP_BOOL ? "a bool is neither 0 nor 1: write 1 for true"
                                         : "outside the limits: clamp to take the nearest";
    }
    return NULL;
}

/* 1 where an array's elements are looked at. */
static int w3di_props_array_is_checked(const w3d_prop *prop)
{
    return prop->element == W3D_PROP_BOOL ||
           (w3d_prop_type_is_number(prop->element) && (prop->min != 0.0 || prop->max != 0.0));
}

static w3d_result w3di_props_validate_table(const w3d_props *table, const void *data,
                                            const w3di_props_trail *trail, uint32_t depth,
                                            w3d_props_fault *fault);

/* The structs of a collection, or the one nested struct. */
static w3d_result w3di_props_validate_nested(const w3d_prop *prop, const void *data,
                                             const w3di_props_trail *trail, uint32_t depth,
                                             w3d_props_fault *fault)
{
    const unsigned char *member = (const unsigned char *)data + prop->offset;
    int is_collection = prop->type == W3D_PROP_COLLECTION;
    uint32_t count = is_collection ? w3di_props_count(prop, data) : 1;
    w3d_result result = W3D_OK;
    if (is_collection) member = (const unsigned char *)w3di_props_pointer(member);
    if (depth >= W3D_PROPS_DEPTH_LIMIT) return W3D_OK;
    for (uint32_t i = 0; i < count && result == W3D_OK; i++, member += prop->table->size) {
        w3di_props_trail inner;
        inner.outer = trail;
        inner.prop = prop;
        inner.item = is_collection ? i : W3D_PROPS_NONE;
        result = w3di_props_validate_table(prop->table, member, &inner, depth + 1, fault);
    }
    return result;
}

static w3d_result w3di_props_validate_table(const w3d_props *table, const void *data,
                                            const w3di_props_trail *trail, uint32_t depth,
                                            w3d_props_fault *fault)
{
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        const unsigned char *member = (const unsigned char *)data + prop->offset;
        w3d_result code = W3D_ERR_RANGE, result;
        const char *text = NULL;
        uint64_t element = W3D_PROPS_NONE;
        size_t size = 0;
        if (prop->type == W3D_PROP_ARRAY || prop->type == W3D_PROP_COLLECTION)
            if (w3di_props_count(prop, data) && !w3di_props_pointer(member))
                return w3di_props_fault_set(fault, W3D_ERR_ARGUMENT, trail, table, row,
                                            W3D_PROPS_NONE,
                                            "a count without a pointer: set both, or 0");
        switch (prop->type) {
        case W3D_PROP_REFERENCE: break;
        case W3D_PROP_ENUM:
            if (!w3di_props_item(prop, member))
                text = "not one of the enum's items: clamp to take the default";
            break;
        case W3D_PROP_STRING:
            while (size < prop->size && member[size]) size++;
            if (size == prop->size) {
                code = W3D_ERR_TRUNCATED;
                text = "a string without its NUL: clamp to cut it";
            } else if (w3d_utf8_check(member, size) != size) {
                code = W3D_ERR_UTF8;
                text = "a string that is not UTF-8: clamp to cut it";
            }
            break;
        case W3D_PROP_TEXT:
            if (!w3di_props_is_utf8((const char *)w3di_props_pointer(member))) {
                code = W3D_ERR_UTF8;
                text = "a text that is not UTF-8: clamp to take the default";
            }
            break;
        case W3D_PROP_ARRAY:
            if (w3di_props_array_is_checked(prop))
                text = w3di_props_validate_numbers(
                    prop, prop->element, (const unsigned char *)w3di_props_pointer(member),
                    (uint64_t)w3di_props_count(prop, data) * w3di_props_n(prop), &element);
            break;
        case W3D_PROP_STRUCT:
        case W3D_PROP_COLLECTION:
            result = w3di_props_validate_nested(prop, data, trail, depth, fault);
            if (result != W3D_OK) return result;
            break;
        default:
            text =
                w3di_props_validate_numbers(prop, prop->type, member, w3di_props_n(prop), &element);
            if (!prop->n) element = W3D_PROPS_NONE;
        }
        if (text)
            return w3di_props_fault_set(fault, code, trail, table, row,
                                        element < W3D_PROPS_NONE ? (uint32_t)element
                                                                 : W3D_PROPS_NONE,
                                        text);
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_props_validate(const w3d_props *table, const void *data,
                                      w3d_props_fault *fault)
{
    return w3di_props_validate_table(table, data, NULL, 0, fault);
}

/* ---- clamping ---- */

static uint32_t w3di_props_clamp_numbers(const w3d_prop *prop, uint32_t type, unsigned char *data,
                                         uint64_t count)
{
    w3di_props_range range = w3di_props_range_of(prop, type);
    uint32_t size = w3d_prop_type_size(type), changed = 0, n = w3di_props_n(prop);
    for (uint64_t i = 0; i < count; i++) {
        unsigned char *element = data + (size_t)i * size;
        uint32_t at = prop->type == W3D_PROP_ARRAY ? 0 : (uint32_t)(i % n);
        uint64_t bits;
        if (w3di_props_fit(prop, &range, type, at, w3di_props_load(type, element), &bits) ==
            W3DI_PROPS_SAME)
            continue;
        w3di_props_store(size, element, bits);
        changed++;
    }
    return changed;
}

static uint32_t w3di_props_clamp_string(const w3d_prop *prop, unsigned char *member)
{
    const char *text = (const char *)member;
    size_t size = 0, kept = w3di_props_text_fit(text, prop->size, (size_t)prop->size - 1);
    while (size < prop->size && member[size]) size++;
    if (size == kept) return 0;
    w3d_fill(member + kept, 0, prop->size - kept);
    return 1;
}

static uint32_t w3di_props_clamp_table(const w3d_props *table, void *data, uint32_t depth)
{
    uint32_t changed = 0;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        unsigned char *member = (unsigned char *)data + prop->offset, *nested = member;
        uint32_t count = 1;
        if (w3di_props_has_count(prop)) {
            nested = (unsigned char *)w3di_props_pointer(member);
            count = w3di_props_count(prop, data);
            if (count && !nested) {
                w3di_props_count_set(prop, data, 0);
                changed++;
                continue;
            }
        }
        switch (prop->type) {
        case W3D_PROP_REFERENCE: break;
        case W3D_PROP_ENUM:
            if (w3di_props_item(prop, member)) break;
            w3di_props_row_default(prop, data);
            changed++;
            break;
        case W3D_PROP_STRING: changed += w3di_props_clamp_string(prop, member); break;
        case W3D_PROP_TEXT:
            if (w3di_props_is_utf8((const char *)w3di_props_pointer(member))) break;
            w3di_props_row_default(prop, data);
            changed++;
            break;
        case W3D_PROP_ARRAY:
            if (w3di_props_array_is_checked(prop))
                changed += w3di_props_clamp_numbers(prop, prop->element, nested,
                                                    (uint64_t)count * w3di_props_n(prop));
            break;
        case W3D_PROP_STRUCT:
        case W3D_PROP_COLLECTION:
            for (uint32_t i = 0; i < count && depth < W3D_PROPS_DEPTH_LIMIT; i++)
                changed +=
                    w3di_props_clamp_table(prop->table, nested + (size_t)i * prop->table->size,
                                           depth + 1);
            break;
        default: changed += w3di_props_clamp_numbers(prop, prop->type, member, w3di_props_n(prop));
        }
    }
    return changed;
}

W3D_API uint32_t w3d_props_clamp(const w3d_props *table, void *data)
{
    return w3di_props_clamp_table(table, data, 0);
}

/* ---- comparing ---- */

static int w3di_props_equal_numbers(uint32_t type, const unsigned char *a, const unsigned char *b,
                                    uint64_t count)
{
    uint32_t size = w3d_prop_type_size(type);
    if (type != W3D_PROP_F32 && type != W3D_PROP_F64) return w3d_equal(a, b, (size_t)count * size);
    for (uint64_t i = 0; i < count; i++, a += size, b += size) {
        uint64_t left = w3di_props_load(type, a).bits, right = w3di_props_load(type, b).bits;
        double x = w3d_f64_from_bits(left), y = w3d_f64_from_bits(right);
        if (left != right && (x == x || y == y)) return 0;
    }
    return 1;
}

static int w3di_props_equal_texts(const char *a, const char *b)
{
    a = a ? a : "";
    b = b ? b : "";
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static int w3di_props_equal_table(const w3d_props *table, const void *a, const void *b,
                                  uint32_t depth)
{
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        const unsigned char *left = (const unsigned char *)a + prop->offset;
        const unsigned char *right = (const unsigned char *)b + prop->offset;
        uint32_t count = 1;
        int same = 1;
        if (w3di_props_has_count(prop)) {
            count = w3di_props_count(prop, a);
            if (count != w3di_props_count(prop, b)) return 0;
            left = (const unsigned char *)w3di_props_pointer(left);
            right = (const unsigned char *)w3di_props_pointer(right);
            if (!count || left == right) continue;
        }
        switch (prop->type) {
        case W3D_PROP_ENUM: same = w3d_equal(left, right, prop->size); break;
        case W3D_PROP_STRING: {
            size_t size = 0;
            while (size < prop->size && left[size] && left[size] == right[size]) size++;
            same = size == prop->size || left[size] == right[size];
            break;
        }
        case W3D_PROP_TEXT:
            same = w3di_props_equal_texts((const char *)w3di_props_pointer(left),
                                          (const char *)w3di_props_pointer(right));
            break;
        case W3D_PROP_ARRAY:
            same = w3di_props_equal_numbers(prop->element, left, right,
                                            (uint64_t)count * w3di_props_n(prop));
            break;
        case W3D_PROP_STRUCT:
        case W3D_PROP_COLLECTION:
            for (uint32_t i = 0; i < count && same && depth < W3D_PROPS_DEPTH_LIMIT; i++) {
                size_t at = (size_t)i * prop->table->size;
                same = w3di_props_equal_table(prop->table, left + at, right + at, depth + 1);
            }
            break;
        default: same = w3di_props_equal_numbers(prop->type, left, right, w3di_props_n(prop));
        }
        if (!same) return 0;
    }
    return 1;
}

W3D_API int w3d_props_equal(const w3d_props *table, const void *a, const void *b)
{
    return w3di_props_equal_table(table, a, b, 0);
}

/* ---- visiting ---- */

typedef struct w3di_props_tour {
    int (*visit)(void *user, const w3d_props_visit *at);
    void *user;
} w3di_props_tour;

static int w3di_props_each_table(const w3di_props_tour *tour, const w3d_props *table, void *data,
                                 uint32_t depth, uint32_t item)
{
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        unsigned char *member = data ? (unsigned char *)data + prop->offset : NULL;
        int is_collection = prop->type == W3D_PROP_COLLECTION, answer;
        uint32_t count = 1;
        w3d_props_visit at;
        at.table = table;
        at.prop = prop;
        at.data = member;
        at.depth = depth;
        at.item = item;
        answer = tour->visit(tour->user, &at);
        if (answer < 0) return answer;
        if (answer || (!is_collection && prop->type != W3D_PROP_STRUCT)) continue;
        if (depth >= W3D_PROPS_DEPTH_LIMIT) continue;
        if (is_collection) {
            count = data ? w3di_props_count(prop, data) : 0;
            member = data ? (unsigned char *)w3di_props_pointer(member) : NULL;
        }
        for (uint32_t i = 0; i < count; i++) {
            void *nested = member ? member + (size_t)i * prop->table->size : NULL;
            answer = w3di_props_each_table(tour, prop->table, nested, depth + 1,
                                           is_collection ? i : W3D_PROPS_NONE);
            if (answer < 0) return answer;
        }
    }
    return 0;
}

W3D_API int w3d_props_each(const w3d_props *table, void *data,
                           int (*visit)(void *user, const w3d_props_visit *at), void *user)
{
    w3di_props_tour tour;
    tour.visit = visit;
    tour.user = user;
    return w3di_props_each_table(&tour, table, data, 0, W3D_PROPS_NONE);
}
