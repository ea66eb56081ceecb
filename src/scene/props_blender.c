/* props_blender.c - tables to text: one class a table, one call of bpy.props a row.
 *
 * Whatever stands in a label, no byte of it leaves its Python string: quotes, backslashes, control
 * characters and bytes that are no UTF-8 are escaped. */
#include "scene/props_blender.h"

#include "core/shortest.h"
#include "scene/bjson_json.h"
#include "scene/props_value.h"

#define W3DI_PROPS_BLENDER_TABLES 64
#define W3DI_PROPS_BLENDER_SIDE   32 /* most elements of one dimension */

typedef struct w3di_props_blender {
    const w3d_sink *sink;
    w3d_result result;                                  /* the first that was not W3D_OK */
    const w3d_props *tables[W3DI_PROPS_BLENDER_TABLES]; /* the inner ones first */
    uint32_t count;
} w3di_props_blender;

/* ---- text ---- */

static void w3di_props_blender_bytes(w3di_props_blender *out, const char *text, size_t size)
{
    if (out->result == W3D_OK) out->result = w3d_sink_write(out->sink, text, size);
}

static void w3di_props_blender_text(w3di_props_blender *out, const char *text)
{
    w3di_props_blender_bytes(out, text, w3d_text_size(text));
}

static void w3di_props_blender_integer(w3di_props_blender *out, int64_t value)
{
    char digits[W3D_SHORTEST_SIZE];
    if (value < 0) w3di_props_blender_text(out, "-");
    uint64_t magnitude = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    w3di_props_blender_bytes(out, digits, w3d_shortest_write_u64(digits, magnitude));
}

/* A number as Blender's single precision has it. */
static void w3di_props_blender_float(w3di_props_blender *out, double value)
{
    char digits[W3D_SHORTEST_SIZE];
    double largest = (double)FLT_MAX;
    if (value != value) value = 0.0;
    value = value > largest ? largest : value < -largest ? -largest : value;
    w3di_props_blender_bytes(out, digits, w3d_shortest_write_f32(digits, (float)value, 1));
}

/* A Python string literal. */
static void w3di_props_blender_string(w3di_props_blender *out, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    size_t size = w3d_text_size(text), start = 0, i = 0;
    w3di_props_blender_text(out, "\"");
    while (i < size) {
        unsigned char c = (unsigned char)text[i];
        size_t length = w3d_utf8_sequence((const unsigned char *)text + i, size - i);
        if (length && c >= 0x20 && c != 0x7F && c != '"' && c != '\\') {
            i += length;
            continue;
        }
        char escape[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };
        w3di_props_blender_bytes(out, text + start, i - start);
        w3di_props_blender_bytes(out, escape, 4);
        start = ++i;
    }
    w3di_props_blender_bytes(out, text + start, size - start);
    w3di_props_blender_text(out, "\"");
}

/* A class's name: the words of the table's name without _ between, each with a capital. */
static void w3di_props_blender_class_name(const w3d_props *table, char *name)
{
    size_t at = 0;
    int is_first = 1;
    for (const char *text = table->name; *text && at < W3D_PROPS_NAME_LIMIT; text++) {
        char c = *text;
        if (c != '_' && !at && c >= '0' && c <= '9') name[at++] = 'P';
        if (is_first && c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        is_first = c == '_';
        if (c != '_') name[at++] = c;
    }
    if (!at) name[at++] = 'P';
    if (w3d_text_is(name, at, "None") || w3d_text_is(name, at, "True") ||
        w3d_text_is(name, at, "False"))
        name[at++] = '_';
    name[at] = 0;
}

static void w3di_props_blender_class(w3di_props_blender *out, const w3d_props *table)
{
    char name[W3D_PROPS_NAME_LIMIT + 3];
    w3di_props_blender_class_name(table, name);
    w3di_props_blender_text(out, name);
}

/* 1 where two tables' classes would have the same name. */
static int w3di_props_blender_same_class(const w3d_props *a, const w3d_props *b)
{
    char left[W3D_PROPS_NAME_LIMIT + 3], right[W3D_PROPS_NAME_LIMIT + 3];
    w3di_props_blender_class_name(a, left);
    w3di_props_blender_class_name(b, right);
    return w3d_text_is(left, w3d_text_size(left), right);
}

/* A member's name. */
static void w3di_props_blender_name(w3di_props_blender *out, const char *name)
{
    static const char *const reserved[] = {
        "False",   "None",     "True",     "and",    "as",       "assert", "async",  "await",
        "break",   "class",    "continue", "def",    "del",      "elif",   "else",   "except",
        "finally", "for",      "from",     "global", "if",       "import", "in",     "is",
        "lambda",  "nonlocal", "not",      "or",     "pass",     "raise",  "return", "try",
        "while",   "with",     "yield",    "bl_rna", "rna_type", "bpy"
    };
    if (name[0] == '_') w3di_props_blender_text(out, "p");
    w3di_props_blender_text(out, name);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (w3d_text_is(name, w3d_text_size(name), reserved[i])) w3di_props_blender_text(out, "_");
}

/* ---- one property ---- */

static void w3di_props_blender_begin(w3di_props_blender *out, const w3d_prop *prop,
                                     const char *kind)
{
    w3di_props_blender_text(out, "    ");
    w3di_props_blender_name(out, prop->identifier);
    w3di_props_blender_text(out, ": bpy.props.");
    w3di_props_blender_text(out, kind);
    w3di_props_blender_text(out, "(name=");
    w3di_props_blender_string(out, prop->label ? prop->label : prop->identifier);
    if (!prop->description) return;
    w3di_props_blender_text(out, ", description=");
    w3di_props_blender_string(out, prop->description);
}

static void w3di_props_blender_end(w3di_props_blender *out, const w3d_prop *prop)
{
    static const char *const names[3] = { "'ANIMATABLE'", "'HIDDEN'", "'SKIP_SAVE'" };
    static const uint32_t flags[3] = { W3D_PROP_ANIMATABLE, W3D_PROP_HIDDEN, W3D_PROP_SKIP_SAVE };
    uint32_t count = 0;
    for (uint32_t i = 0; i < 3; i++) {
        if (!(prop->flags & flags[i])) continue;
        w3di_props_blender_text(out, count++ ? ", " : ", options={");
        w3di_props_blender_text(out, names[i]);
    }
    w3di_props_blender_text(out, count ? "})" : ", options=set())");
    if (prop->flags & W3D_PROP_READ_ONLY) w3di_props_blender_text(out, "  # read only");
    w3di_props_blender_text(out, "\n");
}

/* A row that Blender has no property for. */
static void w3di_props_blender_left_out(w3di_props_blender *out, const w3d_prop *prop,
                                        const char *why)
{
    w3di_props_blender_text(out, "    # ");
    w3di_props_blender_text(out, prop->identifier);
    w3di_props_blender_text(out, why);
    w3di_props_blender_text(out, "\n");
}

static int w3di_props_blender_is_float(const w3d_prop *prop)
{
    return prop->type == W3D_PROP_F32 || prop->type == W3D_PROP_F64;
}

static const char *w3di_props_blender_subtype(const w3d_prop *prop)
{
    if (prop->n || prop->type == W3D_PROP_STRING || prop->type == W3D_PROP_TEXT) {
        switch (prop->subtype) {
#define W3DI_PROPS_BLENDER_SUBTYPE(name, text)                                                     \
    case W3D_PROP_##name: return text;
            W3D_PROP_SUBTYPE_LIST(W3DI_PROPS_BLENDER_SUBTYPE)
#undef W3DI_PROPS_BLENDER_SUBTYPE
        default: return "NONE";
        }
    }
    switch (prop->unit) {
#define W3DI_PROPS_BLENDER_UNIT(name, text, unit)                                                  \
    case W3D_PROP_##name: return text;
        W3D_PROP_UNIT_LIST(W3DI_PROPS_BLENDER_UNIT)
#undef W3DI_PROPS_BLENDER_UNIT
    default: return "NONE";
    }
}

static const char *w3di_props_blender_unit(const w3d_prop *prop)
{
    switch (prop->unit) {
#define W3DI_PROPS_BLENDER_UNIT(name, text, unit)                                                  \
    case W3D_PROP_##name: return unit;
        W3D_PROP_UNIT_LIST(W3DI_PROPS_BLENDER_UNIT)
#undef W3DI_PROPS_BLENDER_UNIT
    default: return "NONE";
    }
}

static void w3di_props_blender_word(w3di_props_blender *out, const char *key, const char *word)
{
    if (word[0] == 'N' && word[1] == 'O' && word[2] == 'N') return; /* NONE */
    w3di_props_blender_text(out, key);
    w3di_props_blender_text(out, word);
    w3di_props_blender_text(out, "'");
}

static int64_t w3di_props_blender_cut(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value;
}

/* The element `at` of the default, as Python. */
static void w3di_props_blender_default(w3di_props_blender *out, const w3d_prop *prop, uint32_t at)
{
    w3di_props_range range = w3di_props_range_of(prop, prop->type);
    unsigned char element[8] = { 0 };
    uint64_t bits;
    w3di_props_fit(prop, &range, prop->type, at, w3di_props_default(prop, prop->type, at), &bits);
    w3di_props_store(w3d_prop_type_size(prop->type), element, bits);
    w3di_props_number number = w3di_props_load(prop->type, element);
    if (prop->type == W3D_PROP_BOOL)
        w3di_props_blender_text(out, number.bits ? "True" : "False");
    else if (number.kind == W3DI_PROPS_F64)
        w3di_props_blender_float(out, w3d_f64_from_bits(number.bits));
    else if (number.kind == W3DI_PROPS_U64)
        w3di_props_blender_integer(out, INT32_MAX);
    else
        w3di_props_blender_integer(out, w3di_props_blender_cut((int64_t)number.bits));
}

/* (a, b, c), of `count` elements that lie `step` apart. */
static void w3di_props_blender_tuple(w3di_props_blender *out, const w3d_prop *prop, uint32_t first,
                                     uint32_t step, uint32_t count)
{
    w3di_props_blender_text(out, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i) w3di_props_blender_text(out, ", ");
        w3di_props_blender_default(out, prop, first + i * step);
    }
    w3di_props_blender_text(out, count == 1 ? ",)" : ")");
}

/* Rows and columns of a vector: 0 rows is one dimension. A matrix is square, and stands in our
 * structs column by column, in Python row by row. */
static int w3di_props_blender_sides(const w3d_prop *prop, uint32_t *rows, uint32_t *columns)
{
    *rows = 0;
    *columns = prop->n;
    if (prop->subtype == W3D_PROP_MATRIX) {
        *rows = *columns = prop->n == 16 ? 4 : 3;
    } else if (prop->n > W3DI_PROPS_BLENDER_SIDE) {
        *rows = 2;
        while (prop->n % *rows || prop->n / *rows > W3DI_PROPS_BLENDER_SIDE)
            if (++*rows > W3DI_PROPS_BLENDER_SIDE) return 0;
        *columns = prop->n / *rows;
    }
    return 1;
}

static void w3di_props_blender_limits(w3di_props_blender *out, const w3d_prop *prop)
{
    w3di_props_range range = w3di_props_range_of(prop, prop->type);
    int is_float = w3di_props_blender_is_float(prop);
    int is_soft = prop->soft_min != 0.0 || prop->soft_max != 0.0;
    double step = prop->step * (is_float ? 100.0 : 1.0);
    if (prop->type == W3D_PROP_U64) {
        uint64_t top = (uint64_t)INT32_MAX;
        range.least = (int64_t)(range.least_unsigned < top ? range.least_unsigned : top);
        range.most = (int64_t)(range.most_unsigned < top ? range.most_unsigned : top);
    }
    for (uint32_t side = 0; side < 4; side++) {
        static const char *const keys[4] = { ", min=", ", max=", ", soft_min=", ", soft_max=" };
        double limit = side == 0   ? range.low
                       : side == 1 ? range.high
                       : side == 2 ? prop->soft_min
                                   : prop->soft_max;
        int64_t whole = side == 0   ? range.least
                        : side == 1 ? range.most
                                    : w3di_props_cut_i64(limit);
        if (side >= 2 && !is_soft) break;
        if (side == 2 && !is_float && whole < range.least) whole = range.least;
        if (side == 3 && !is_float && whole > range.most) whole = range.most;
        whole = w3di_props_blender_cut(whole);
        if (is_float ? (side & 1u ? limit >= (double)FLT_MAX : limit <= -(double)FLT_MAX)
                     : whole == (side & 1u ? INT32_MAX : INT32_MIN))
            continue; /* what Blender has anyway */
        w3di_props_blender_text(out, keys[side]);
        if (is_float)
            w3di_props_blender_float(out, limit);
        else
            w3di_props_blender_integer(out, whole);
    }
    if (step == 0.0) return;
    step = step < 1.0 ? 1.0 : step > 100.0 ? 100.0 : step;
    w3di_props_blender_text(out, ", step=");
    w3di_props_blender_integer(out, (int64_t)(step + 0.5));
}

static void w3di_props_blender_number(w3di_props_blender *out, const w3d_prop *prop)
{
    static const char *const kinds[6] = { "BoolProperty",  "BoolVectorProperty",
                                          "IntProperty",   "IntVectorProperty",
                                          "FloatProperty", "FloatVectorProperty" };
    int is_float = w3di_props_blender_is_float(prop);
    uint32_t rows, columns, kind = is_float ? 4 : prop->type == W3D_PROP_BOOL ? 0 : 2;
    if (!w3di_props_blender_sides(prop, &rows, &columns)) {
        w3di_props_blender_left_out(out, prop, ": more than 32 elements, and a prime number");
        return;
    }
    w3di_props_blender_begin(out, prop, kinds[kind + (prop->n != 0)]);
    if (rows) {
        w3di_props_blender_text(out, ", size=(");
        w3di_props_blender_integer(out, (int64_t)rows);
        w3di_props_blender_text(out, ", ");
        w3di_props_blender_integer(out, (int64_t)columns);
        w3di_props_blender_text(out, ")");
    } else if (prop->n) {
        w3di_props_blender_text(out, ", size=");
        w3di_props_blender_integer(out, (int64_t)prop->n);
    }
    w3di_props_blender_text(out, ", default=");
    if (rows) {
        int is_matrix = prop->subtype == W3D_PROP_MATRIX;
        for (uint32_t i = 0; i < rows; i++) {
            w3di_props_blender_text(out, i ? ", " : "(");
            w3di_props_blender_tuple(out, prop, is_matrix ? i : i * columns, is_matrix ? rows : 1,
                                     columns);
        }
        w3di_props_blender_text(out, ")");
    } else if (prop->n) {
        w3di_props_blender_tuple(out, prop, 0, 1, prop->n);
    } else {
        w3di_props_blender_default(out, prop, 0);
    }
    if (prop->type != W3D_PROP_BOOL) w3di_props_blender_limits(out, prop);
    w3di_props_blender_word(out, ", subtype='", w3di_props_blender_subtype(prop));
    if (is_float) w3di_props_blender_word(out, ", unit='", w3di_props_blender_unit(prop));
    w3di_props_blender_end(out, prop);
}

static void w3di_props_blender_enum(w3di_props_blender *out, const w3d_prop *prop)
{
    w3di_props_blender_begin(out, prop, "EnumProperty");
    w3di_props_blender_text(out, ", items=[");
    for (uint32_t i = 0; i < prop->item_count; i++) {
        const w3d_prop_item *item = &prop->items[i];
        w3di_props_blender_text(out, i ? ", (" : "(");
        w3di_props_blender_string(out, item->identifier);
        w3di_props_blender_text(out, ", ");
        w3di_props_blender_string(out, item->label ? item->label : item->identifier);
        w3di_props_blender_text(out, ", \"\", ");
        w3di_props_blender_integer(out, item->value);
        w3di_props_blender_text(out, ")");
    }
    w3di_props_blender_text(out, "], default=");
    w3di_props_blender_string(out, w3di_props_item_default(prop)->identifier);
    w3di_props_blender_end(out, prop);
}

static void w3di_props_blender_row(w3di_props_blender *out, const w3d_prop *prop)
{
    const char *target = prop->target ? w3d_bjson_json_type_name(prop->target - 1u) : NULL;
    switch (prop->type) {
    case W3D_PROP_REFERENCE:
        if (prop->n) {
            w3di_props_blender_left_out(out, prop, ": a vector of references");
            return;
        }
        w3di_props_blender_begin(out, prop, "PointerProperty");
        w3di_props_blender_text(out, ", type=bpy.types.");
        w3di_props_blender_text(out, target ? target : "ID");
        w3di_props_blender_end(out, prop);
        return;
    case W3D_PROP_ENUM: w3di_props_blender_enum(out, prop); return;
    case W3D_PROP_STRING:
    case W3D_PROP_TEXT:
        w3di_props_blender_begin(out, prop, "StringProperty");
        w3di_props_blender_text(out, ", default=");
        w3di_props_blender_string(out, prop->default_data ? (const char *)prop->default_data : "");
        if (prop->type == W3D_PROP_STRING && prop->size > 1) {
            w3di_props_blender_text(out, ", maxlen=");
            w3di_props_blender_integer(out, w3di_props_blender_cut((int64_t)prop->size - 1));
        }
        w3di_props_blender_word(out, ", subtype='", w3di_props_blender_subtype(prop));
        w3di_props_blender_end(out, prop);
        return;
    case W3D_PROP_ARRAY: w3di_props_blender_left_out(out, prop, ": an array of numbers"); return;
    case W3D_PROP_STRUCT:
    case W3D_PROP_COLLECTION:
        w3di_props_blender_begin(
            out, prop, prop->type == W3D_PROP_STRUCT ? "PointerProperty" : "CollectionProperty");
        w3di_props_blender_text(out, ", type=");
        w3di_props_blender_class(out, prop->table);
        w3di_props_blender_end(out, prop);
        return;
    default: w3di_props_blender_number(out, prop);
    }
}

/* ---- the module ---- */

/* Lists a table behind all that it holds. */
static void w3di_props_blender_gather(w3di_props_blender *out, const w3d_props *table,
                                      uint32_t depth)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->tables[i] == table) return;
    for (uint32_t row = 0; row < table->row_count && depth < W3D_PROPS_DEPTH_LIMIT; row++)
        if (table->rows[row].type == W3D_PROP_STRUCT ||
            table->rows[row].type == W3D_PROP_COLLECTION)
            w3di_props_blender_gather(out, table->rows[row].table, depth + 1);
    for (uint32_t i = 0; i < out->count; i++)
        if (w3di_props_blender_same_class(out->tables[i], table)) out->result = W3D_ERR_ARGUMENT;
    if (out->count == W3DI_PROPS_BLENDER_TABLES)
        out->result = W3D_ERR_LIMIT;
    else
        out->tables[out->count++] = table;
}

static void w3di_props_blender_print(w3di_props_blender *out, const w3d_props *table)
{
    w3di_props_blender_text(out, "\n\nclass ");
    w3di_props_blender_class(out, table);
    w3di_props_blender_text(out, "(bpy.types.PropertyGroup):\n    ");
    w3di_props_blender_string(out, table->label ? table->label : table->name);
    w3di_props_blender_text(out, "\n");
    for (uint32_t row = 0; row < table->row_count; row++)
        w3di_props_blender_row(out, &table->rows[row]);
}

W3D_API w3d_result w3d_props_to_blender(const w3d_props_blender_desc *desc)
{
    w3di_props_blender out;
    if (!desc || !desc->table || !desc->sink.write) return W3D_ERR_ARGUMENT;
    for (const char *text = desc->attach ? desc->attach : ""; *text; text++)
        if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '_'))
            return W3D_ERR_ARGUMENT;
    out.sink = &desc->sink;
    out.result = W3D_OK;
    out.count = 0;
    w3di_props_blender_gather(&out, desc->table, 0);
    if (out.result != W3D_OK) return out.result;
    w3di_props_blender_text(&out, "# Printed from C tables by wasm3d.h: change those, not this.\n"
                                  "import bpy\n");
    for (uint32_t i = 0; i < out.count; i++) w3di_props_blender_print(&out, out.tables[i]);
    w3di_props_blender_text(&out, "\n\nclasses = (");
    for (uint32_t i = 0; i < out.count; i++) {
        w3di_props_blender_class(&out, out.tables[i]);
        w3di_props_blender_text(&out, ", ");
    }
    w3di_props_blender_text(&out, ")\n\n\ndef register():\n    for each in classes:\n"
                                  "        bpy.utils.register_class(each)\n");
    if (desc->attach) {
        w3di_props_blender_text(&out, "    bpy.types.");
        w3di_props_blender_text(&out, desc->attach);
        w3di_props_blender_text(&out, ".");
        w3di_props_blender_name(&out, desc->table->name);
        w3di_props_blender_text(&out, " = bpy.props.PointerProperty(type=");
        w3di_props_blender_class(&out, desc->table);
        w3di_props_blender_text(&out, ")\n");
    }
    w3di_props_blender_text(&out, "\n\ndef unregister():\n");
    if (desc->attach) {
        w3di_props_blender_text(&out, "    del bpy.types.");
        w3di_props_blender_text(&out, desc->attach);
        w3di_props_blender_text(&out, ".");
        w3di_props_blender_name(&out, desc->table->name);
        w3di_props_blender_text(&out, "\n");
    }
    w3di_props_blender_text(&out, "    for each in reversed(classes):\n"
                                  "        bpy.utils.unregister_class(each)\n");
    return out.result;
}

#undef W3DI_PROPS_BLENDER_TABLES
#undef W3DI_PROPS_BLENDER_SIDE
