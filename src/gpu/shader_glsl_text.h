/* shader_glsl_text.h - types and expressions as GLSL; private to shader_glsl.c.
 *
 * Names of the program get the prefix x_ and locals a number, so that nothing of GLSL's is hit. What the
 * two languages do differently is written out: vectors compare by functions, % of floats, references
 * into the object table, which become reads of texels. */
#ifndef W3D_SHADER_GLSL_TEXT_H
#define W3D_SHADER_GLSL_TEXT_H

#include "gpu/shader_front.h"

typedef struct w3di_glsl {
    const w3d_shader_module *module;
    const w3di_shader_function *entry;
    char *out;
    size_t capacity, size;
    uint32_t indent, loops; /* loops: how many of this function were begun */
    uint32_t helpers; /* bits of W3DI_GLSL_ that the text calls, known after the first printing */
    uint8_t fetched[W3DI_SHADER_MOST_TYPES]; /* types read from the object table, likewise */
    uint8_t unsayable[W3DI_SHADER_MOST_TYPES];
    w3d_result code;
    uint32_t at; /* in the source: what is being printed */
    const char *why;
} w3di_glsl;

enum {
    W3DI_GLSL_REMAINDER = 1,
    W3DI_GLSL_SELECT = 2,
    W3DI_GLSL_DOT = 4,
    W3DI_GLSL_BITS = 8,
    W3DI_GLSL_DIVIDE = 16,
    W3DI_GLSL_CONVERT = 32,
    W3DI_GLSL_PACK = 64,
    W3DI_GLSL_MOST_BYTES = 16 << 20
};

static inline void w3di_glsl_fail(w3di_glsl *g, const char *why)
{
    if (g->code) return;
    g->code = W3D_ERR_UNSUPPORTED;
    g->why = why;
}

/* ---- text ---- */

static inline void w3di_glsl_text(w3di_glsl *g, const char *text)
{
    if (g->size > W3DI_GLSL_MOST_BYTES && !g->code) {
        g->code = W3D_ERR_LIMIT;
        g->why = "more than 16 MiB of GLSL";
    }
    if (g->code) return;
    for (; *text; text++, g->size++)
        if (g->out && g->size + 1 < g->capacity) g->out[g->size] = *text;
}

static inline void w3di_glsl_number(w3di_glsl *g, uint32_t number)
{
    char digits[12];
    uint32_t at = 11;
    digits[at] = 0;
    do digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    w3di_glsl_text(g, digits + at);
}

/* "text with % for numbers": one number a %. */
static inline void w3di_glsl_format(w3di_glsl *g, const char *text, uint32_t a, uint32_t b)
{
    char one[2] = { 0, 0 };
    uint32_t values[2] = { a, b }, at = 0;
    for (; *text; text++) {
        one[0] = *text;
        if (*text == '%')
            w3di_glsl_number(g, values[at++ & 1]);
        else
            w3di_glsl_text(g, one);
    }
}

static inline void w3di_glsl_line(w3di_glsl *g)
{
    w3di_glsl_text(g, "\n");
    for (uint32_t i = 0; i < g->indent; i++) w3di_glsl_text(g, "    ");
}

/* x_NAME; a name with an underscore where GLSL wants none, in front or doubled, becomes yOFFSET_NAME
 * without it, which is unique by the offset of its declaration. */
static inline void w3di_glsl_name(w3di_glsl *g, w3di_shader_name name)
{
    const char *text = g->module->source + name.at;
    char piece[2] = { 0, 0 };
    uint32_t odd = text[0] == '_';
    for (uint32_t i = 1; i < name.size; i++) odd |= text[i] == '_' && text[i - 1] == '_';
    w3di_glsl_format(g, odd ? "y%_" : "x_", name.at, 0);
    for (uint32_t i = 0; i < name.size; i++) {
        piece[0] = text[i];
        if (odd && text[i] == '_' && (!i || text[i - 1] == '_')) continue;
        w3di_glsl_text(g, piece);
    }
}

/* vNUMBER_NAME, of a local. */
static inline void w3di_glsl_local(w3di_glsl *g, uint32_t local)
{
    w3di_shader_name name = g->module->locals[local].name;
    const char *text = g->module->source + name.at;
    char piece[2] = { 0, 0 };
    w3di_glsl_format(g, "v%", local, 0);
    for (uint32_t i = 0; i < name.size; i++) {
        piece[0] = text[i];
        if (!i && text[0] != '_') w3di_glsl_text(g, "_");
        if (text[i] != '_' || !i || text[i - 1] != '_') w3di_glsl_text(g, piece);
    }
}

/* ---- types ---- */

static inline const w3di_shader_type *w3di_glsl_type_at(const w3di_glsl *g, uint32_t type)
{
    return &g->module->types[type];
}

/* The type's name; of arrays the element's, their sizes come from w3di_glsl_sizes. */
static inline void w3di_glsl_type(w3di_glsl *g, uint32_t type)
{
    const w3di_shader_type *t = w3di_glsl_type_at(g, type);
    if (g->unsayable[type])
        w3di_glsl_fail(g, "GLSL ES 3.00 has no arrays of arrays and no atomics");
    switch (t->kind) {
    case W3DI_SHADER_VOID: w3di_glsl_text(g, "void"); return;
    case W3DI_SHADER_BOOL: w3di_glsl_text(g, "bool"); return;
    case W3DI_SHADER_I32: w3di_glsl_text(g, "int"); return;
    case W3DI_SHADER_U32: w3di_glsl_text(g, "uint"); return;
    case W3DI_SHADER_F32: w3di_glsl_text(g, "float"); return;
    case W3DI_SHADER_VECTOR: {
        uint32_t kind = w3di_glsl_type_at(g, t->element)->kind;
        w3di_glsl_text(g, kind == W3DI_SHADER_BOOL  ? "b"
                          : kind == W3DI_SHADER_I32 ? "i"
                          : kind == W3DI_SHADER_U32 ? "u"
                                                    : "");
        w3di_glsl_format(g, "vec%", t->rows, 0);
        return;
    }
    case W3DI_SHADER_MATRIX: w3di_glsl_format(g, "mat%x%", t->columns, t->rows); return;
    case W3DI_SHADER_ARRAY: w3di_glsl_type(g, t->element); return;
    case W3DI_SHADER_STRUCT: w3di_glsl_name(g, t->name); return;
    case W3DI_SHADER_POINTER: w3di_glsl_type(g, t->element); return;
    default: w3di_glsl_fail(g, "GLSL ES 3.00 has no such type"); return;
    }
}

static inline void w3di_glsl_sizes(w3di_glsl *g, uint32_t type)
{
    for (const w3di_shader_type *t = w3di_glsl_type_at(g, type); t->kind == W3DI_SHADER_ARRAY;
         t = w3di_glsl_type_at(g, t->element))
        w3di_glsl_format(g, "[%]", t->count, 0);
}

/* The size of a type in std140 where that lies as WGSL lays it out; else 0. */
static inline uint32_t w3di_glsl_std140(const w3di_glsl *g, uint32_t type)
{
    const w3di_shader_type *t = w3di_glsl_type_at(g, type);
    if (t->kind == W3DI_SHADER_ARRAY) {
        uint32_t element = w3di_glsl_std140(g, t->element);
        return element && (element + 15) / 16 * 16 == t->stride ? t->size : 0;
    }
    if (t->kind == W3DI_SHADER_MATRIX)
        return t->rows > 2 ? t->size : 0; /* columns of two are padded to four there */
    if (t->kind != W3DI_SHADER_STRUCT) return t->size;
    uint32_t size = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        const w3di_shader_member *member = &g->module->members[t->first + i];
        const w3di_shader_type *inner = w3di_glsl_type_at(g, member->type);
        uint32_t alignment = inner->kind == W3DI_SHADER_STRUCT || inner->kind == W3DI_SHADER_ARRAY
                                 ? 16
                                 : inner->alignment;
        uint32_t own = w3di_glsl_std140(g, member->type);
        size = (size + alignment - 1) / alignment * alignment;
        if (member->offset != size || !own) return 0;
        size += own;
    }
    return (size + 15) / 16 * 16;
}

static inline void w3di_glsl_members(w3di_glsl *g, const w3di_shader_type *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const w3di_shader_member *member = &g->module->members[t->first + i];
        w3di_glsl_text(g, "\n    ");
        w3di_glsl_type(g, member->type);
        w3di_glsl_text(g, " ");
        w3di_glsl_name(g, member->name);
        w3di_glsl_sizes(g, member->type);
        w3di_glsl_text(g, ";");
    }
}

/* ---- expressions ---- */

static inline void w3di_glsl_expression(w3di_glsl *g, uint32_t e);

static inline void w3di_glsl_float(w3di_glsl *g, uint32_t bits)
{
    /* Exact, whatever the device's reader of decimals does. */
    w3di_glsl_format(g, "uintBitsToFloat(%u)", bits, 0);
}

/* Numbers that print exactly in few digits: what people write mostly. */
static inline void w3di_glsl_float_short(w3di_glsl *g, uint32_t bits)
{
    float value = w3d_f32_from_bits(bits);
    double scaled = (double)(value < 0 ? -value : value);
    uint32_t places = 0;
    if (bits == 0x80000000u || !(scaled < 1e6)) {
        w3di_glsl_float(g, bits);
        return;
    }
    while (places < 6 && scaled != (double)(uint64_t)scaled) {
        scaled *= 10;
        places++;
    }
    uint32_t power = 1;
    for (uint32_t i = 0; i < places; i++) power *= 10;
    uint64_t digits = (uint64_t)(scaled + 0.5);
    if (digits > 16777216u || (float)((double)digits / power) != (value < 0 ? -value : value)) {
        w3di_glsl_float(g, bits);
        return;
    }
    if (value < 0) w3di_glsl_text(g, "(-");
    w3di_glsl_number(g, (uint32_t)(digits / power));
    w3di_glsl_text(g, ".");
    uint32_t rest = (uint32_t)(digits % power);
    for (uint32_t p = power / 10; p > 1 && rest < p; p /= 10) w3di_glsl_text(g, "0");
    w3di_glsl_number(g, rest);
    if (value < 0) w3di_glsl_text(g, ")");
}

static inline void w3di_glsl_literal(w3di_glsl *g, const w3di_shader_expression *x)
{
    uint32_t kind = w3di_glsl_type_at(g, x->type)->kind;
    if (kind == W3DI_SHADER_BOOL)
        w3di_glsl_text(g, x->bits ? "true" : "false");
    else if (kind == W3DI_SHADER_U32)
        w3di_glsl_format(g, "%u", x->bits, 0);
    else if (kind == W3DI_SHADER_F32)
        w3di_glsl_float_short(g, x->bits);
    else if (x->bits == 0x80000000u)
        w3di_glsl_text(g, "(-2147483647 - 1)");
    else if (x->bits >> 31)
        w3di_glsl_format(g, "(-%)", 0u - x->bits, 0);
    else
        w3di_glsl_number(g, x->bits);
}

static inline void w3di_glsl_list(w3di_glsl *g, const w3di_shader_expression *x, const char *before,
                                  uint32_t first)
{
    w3di_glsl_text(g, before);
    for (uint32_t i = first; i < x->argument_count; i++) {
        if (i > first) w3di_glsl_text(g, ", ");
        w3di_glsl_expression(g, g->module->arguments[x->first_argument + i]);
    }
    w3di_glsl_text(g, ")");
}

static inline uint32_t w3di_glsl_argument(const w3di_glsl *g, const w3di_shader_expression *x,
                                          uint32_t i)
{
    return g->module->arguments[x->first_argument + i];
}

static inline void w3di_glsl_zero(w3di_glsl *g, uint32_t type)
{
    const w3di_shader_type *t = w3di_glsl_type_at(g, type);
    w3di_glsl_type(g, type);
    w3di_glsl_sizes(g, type);
    w3di_glsl_text(g, "(");
    uint32_t count = t->kind == W3DI_SHADER_ARRAY || t->kind == W3DI_SHADER_STRUCT ? t->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i) w3di_glsl_text(g, ", ");
        w3di_glsl_zero(g, t->kind == W3DI_SHADER_ARRAY ? t->element
                                                       : g->module->members[t->first + i].type);
    }
    if (!count) w3di_glsl_text(g, t->kind == W3DI_SHADER_BOOL ? "false" : "0");
    w3di_glsl_text(g, ")");
}

static inline void w3di_glsl_construct(w3di_glsl *g, const w3di_shader_expression *x)
{
    if (!x->argument_count) {
        w3di_glsl_zero(g, x->type);
        return;
    }
    w3di_glsl_type(g, x->type);
    w3di_glsl_sizes(g, x->type);
    w3di_glsl_list(g, x, "(", 0);
}

/* A part of the object table: of object `index` the words from offset / 4 plus, for each of `terms`, its
 * index times its stride. */
typedef struct w3di_glsl_place {
    uint32_t index, offset, type, terms;
    uint32_t term[4], stride[4], bound[4];
} w3di_glsl_place;

static inline uint32_t w3di_glsl_part(const w3di_glsl *g, uint32_t type, uint32_t i)
{
    const w3di_shader_type *t = w3di_glsl_type_at(g, type);
    return t->kind == W3DI_SHADER_STRUCT ? g->module->members[t->first + i].type
           : t->kind == W3DI_SHADER_MATRIX
               ? W3DI_SHADER_TYPE_VECTORS + (t->element - (uint32_t)W3DI_SHADER_TYPE_BOOL) * 3 +
                     t->rows - 2
               : t->element;
}

/* How many elements may be indexed. */
static inline uint32_t w3di_glsl_bound(const w3di_shader_type *t)
{
    return t->kind == W3DI_SHADER_VECTOR   ? t->rows
           : t->kind == W3DI_SHADER_MATRIX ? t->columns
                                           : t->count;
}

/* An index that is kept inside: GLSL leaves others undefined. */
static inline void w3di_glsl_index(w3di_glsl *g, uint32_t e, uint32_t bound)
{
    const w3di_shader_expression *x = &g->module->expressions[e];
    int is_signed = w3di_glsl_type_at(g, x->type)->kind == W3DI_SHADER_I32;
    if (x->kind == W3DI_SHADER_LITERAL) {
        w3di_glsl_number(g, x->bits);
        return;
    }
    w3di_glsl_text(g, is_signed ? "clamp(" : "min(");
    w3di_glsl_expression(g, e);
    w3di_glsl_format(g, is_signed ? ", 0, %)" : ", %u)", bound - 1, 0);
}

static inline int w3di_glsl_object_path(const w3di_glsl *g, uint32_t e, w3di_glsl_place *place)
{
    const w3di_shader_expression *x = &g->module->expressions[e];
    const w3di_shader_expression *of = &g->module->expressions[x->a];
    if (x->kind == W3DI_SHADER_MEMBER) {
        if (!w3di_glsl_object_path(g, x->a, place)) return 0;
        const w3di_shader_type *t = w3di_glsl_type_at(g, place->type);
        place->offset += g->module->members[t->first + x->b].offset;
        place->type = x->type;
        return 1;
    }
    if (x->kind != W3DI_SHADER_INDEX) return 0;
    if (of->kind == W3DI_SHADER_GLOBAL) {
        const w3di_shader_global *global = &g->module->globals[of->a];
        if (global->space != W3DI_SHADER_STORAGE || global->group || global->binding != 1) return 0;
        w3d_fill(place, 0, sizeof *place);
        place->index = x->b;
        place->type = x->type;
        return 1;
    }
    const w3di_shader_expression *index = &g->module->expressions[x->b];
    if (!w3di_glsl_object_path(g, x->a, place)) return 0;
    const w3di_shader_type *t = w3di_glsl_type_at(g, place->type);
    uint32_t stride = t->kind == W3DI_SHADER_VECTOR ? 4 : t->stride;
    if (index->kind == W3DI_SHADER_LITERAL) {
        place->offset += index->bits * stride;
    } else {
        if (place->terms == 4) return 0;
        place->term[place->terms] = x->b;
        place->stride[place->terms] = stride;
        place->bound[place->terms++] = w3di_glsl_bound(t);
    }
    place->type = x->type;
    return 1;
}

/* The value there. The object's index is printed once, whatever is read. */
static inline void w3di_glsl_fetch(w3di_glsl *g, const w3di_glsl_place *place)
{
    static const char swizzle[] = "xyzw";
    const w3di_shader_type *t = w3di_glsl_type_at(g, place->type);
    char part[6] = { '.', 0, 0, 0, 0, 0 };
    if (place->terms || t->kind >= W3DI_SHADER_MATRIX) {
        g->fetched[place->type] = 1;
        w3di_glsl_format(g, "w3d_fetch%(uint(", place->type, 0);
        w3di_glsl_expression(g, place->index);
        w3di_glsl_format(g, "), %", place->offset / 4, 0);
        for (uint32_t i = 0; i < place->terms; i++) {
            w3di_glsl_text(g, " + int(");
            w3di_glsl_index(g, place->term[i], place->bound[i]);
            w3di_glsl_format(g, ") * %", place->stride[i] / 4, 0);
        }
        w3di_glsl_text(g, ")");
        return;
    }
    uint32_t kind =
                 t->kind == W3DI_SHADER_VECTOR ? w3di_glsl_type_at(g, t->element)->kind : t->kind,
             rows = t->kind == W3DI_SHADER_VECTOR ? t->rows : 1u;
    w3di_glsl_text(g, kind == W3DI_SHADER_F32 ? "uintBitsToFloat(" : "");
    if (kind == W3DI_SHADER_I32) {
        w3di_glsl_type(g, place->type);
        w3di_glsl_text(g, "(");
    }
    w3di_glsl_text(g, "w3d_object(uint(");
    w3di_glsl_expression(g, place->index);
    w3di_glsl_format(g, "), %)", place->offset / 16, 0);
    for (uint32_t i = 0; i < rows; i++) part[1 + i] = swizzle[(place->offset % 16 / 4 + i) & 3];
    w3di_glsl_text(g, part);
    w3di_glsl_text(g, kind == W3DI_SHADER_F32 || kind == W3DI_SHADER_I32 ? ")" : "");
}

static inline void w3di_glsl_global(w3di_glsl *g, const w3di_shader_expression *x)
{
    const w3di_shader_global *global = &g->module->globals[x->a];
    if (global->space == W3DI_SHADER_UNIFORM) {
        if (!global->group)
            w3di_glsl_text(g, "w3d_f.v");
        else
            w3di_glsl_format(g, "w3d_b%.v", global->binding, 0);
    } else if (global->space == W3DI_SHADER_PRIVATE) {
        if (g->unsayable[global->type]) w3di_glsl_fail(g, "GLSL ES 3.00 has no arrays of arrays");
        w3di_glsl_name(g, global->name);
    } else {
        w3di_glsl_fail(g,
                       "GLSL ES 3.00 has no storage buffers; only the objects of group 0 are read");
    }
}

static inline const char *w3di_glsl_operator(uint32_t op)
{
    static const char *const operators[] = { " + ",  " - ",  " * ",  " / ",  " % ",  " & ",
                                             " | ",  " ^ ",  " << ", " >> ", " && ", " || ",
                                             " == ", " != ", " < ",  " <= ", " > ",  " >= " };
    return operators[op];
}

static inline void w3di_glsl_binary(w3di_glsl *g, const w3di_shader_expression *x)
{
    static const char *const functions[] = {
        "equal(", "notEqual(", "lessThan(", "lessThanEqual(", "greaterThan(", "greaterThanEqual("
    };
    const w3di_shader_type *left = w3di_glsl_type_at(g, g->module->expressions[x->a].type);
    uint32_t scalar =
        left->kind == W3DI_SHADER_VECTOR ? w3di_glsl_type_at(g, left->element)->kind : left->kind;
    if (x->op >= W3DI_SHADER_EQUAL && left->kind == W3DI_SHADER_VECTOR) {
        w3di_glsl_text(g, functions[x->op - W3DI_SHADER_EQUAL]);
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ", ");
        w3di_glsl_expression(g, x->b);
        w3di_glsl_text(g, ")");
        return;
    }
    if (scalar == W3DI_SHADER_BOOL &&
        (x->op == W3DI_SHADER_AND || x->op == W3DI_SHADER_OR)) { /* & and | of bools */
        uint32_t rows = left->kind == W3DI_SHADER_VECTOR ? left->rows : 1u;
        if (rows > 1)
            w3di_glsl_format(g, "bvec%(", rows, 0);
        else
            w3di_glsl_text(g, "bool(");
        if (rows > 1)
            w3di_glsl_format(g, "uvec%(", rows, 0);
        else
            w3di_glsl_text(g, "uint(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ")");
        w3di_glsl_text(g, w3di_glsl_operator(x->op));
        if (rows > 1)
            w3di_glsl_format(g, "uvec%(", rows, 0);
        else
            w3di_glsl_text(g, "uint(");
        w3di_glsl_expression(g, x->b);
        w3di_glsl_text(g, "))");
        return;
    }
    const w3di_shader_expression *right = &g->module->expressions[x->b];
    int divides = x->op == W3DI_SHADER_DIVIDE || x->op == W3DI_SHADER_REMAINDER,
        whole = scalar == W3DI_SHADER_I32 || scalar == W3DI_SHADER_U32;
    int plain = right->kind == W3DI_SHADER_LITERAL && right->bits && ~right->bits &&
                (scalar == W3DI_SHADER_U32 || x->op == W3DI_SHADER_DIVIDE);
    if ((divides && whole && !plain) ||
        (x->op == W3DI_SHADER_REMAINDER && scalar == W3DI_SHADER_F32)) {
        g->helpers |= whole ? W3DI_GLSL_DIVIDE : W3DI_GLSL_REMAINDER;
        w3di_glsl_text(g, !whole                        ? "w3d_remainder("
                          : x->op == W3DI_SHADER_DIVIDE ? "w3d_divide("
                                                        : "w3d_modulo(");
        w3di_glsl_type(g, x->type); /* a scalar becomes a vector */
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, "), ");
        w3di_glsl_type(g, x->type);
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->b);
        w3di_glsl_text(g, "))");
        return;
    }
    if ((x->op == W3DI_SHADER_SHIFT_LEFT || x->op == W3DI_SHADER_SHIFT_RIGHT) &&
        right->kind != W3DI_SHADER_LITERAL) { /* modulo the bits there are */
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, w3di_glsl_operator(x->op));
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->b);
        w3di_glsl_text(g, " & 31u))");
        return;
    }
    w3di_glsl_text(g, "(");
    w3di_glsl_expression(g, x->a);
    w3di_glsl_text(g, w3di_glsl_operator(x->op));
    w3di_glsl_expression(g, x->b);
    w3di_glsl_text(g, ")");
}

static inline void w3di_glsl_builtin(w3di_glsl *g, const w3di_shader_expression *x);

static inline void w3di_glsl_expression(w3di_glsl *g, uint32_t e)
{
    static const char components[] = "xyzw";
    const w3di_shader_expression *x = &g->module->expressions[e];
    const w3di_shader_type *t = w3di_glsl_type_at(g, x->type);
    w3di_glsl_place place;
    if (g->code) return;
    g->at = x->at;
    switch (x->kind) {
    case W3DI_SHADER_LITERAL: w3di_glsl_literal(g, x); break;
    case W3DI_SHADER_GLOBAL: w3di_glsl_global(g, x); break;
    case W3DI_SHADER_LOCAL: w3di_glsl_local(g, x->a); break;
    case W3DI_SHADER_LOAD: w3di_glsl_expression(g, x->a); break;
    case W3DI_SHADER_MEMBER:
    case W3DI_SHADER_INDEX:
        if (x->reference && w3di_glsl_object_path(g, e, &place)) {
            w3di_glsl_fetch(g, &place);
            break;
        }
        w3di_glsl_expression(g, x->a);
        if (x->kind == W3DI_SHADER_MEMBER) {
            const w3di_shader_type *owner = w3di_glsl_type_at(g, g->module->expressions[x->a].type);
            w3di_glsl_text(g, ".");
            w3di_glsl_name(g, g->module->members[owner->first + x->b].name);
        } else {
            w3di_glsl_text(g, "[");
            w3di_glsl_index(
                g, x->b, w3di_glsl_bound(w3di_glsl_type_at(g, g->module->expressions[x->a].type)));
            w3di_glsl_text(g, "]");
        }
        break;
    case W3DI_SHADER_SWIZZLE:
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ").");
        for (uint32_t i = 0; i < x->b; i++) {
            char c[2] = { components[x->bits >> (2 * i) & 3], 0 };
            w3di_glsl_text(g, c);
        }
        break;
    case W3DI_SHADER_CONSTRUCT: w3di_glsl_construct(g, x); break;
    case W3DI_SHADER_CONVERT: {
        const w3di_shader_type *from = w3di_glsl_type_at(g, g->module->expressions[x->a].type);
        uint32_t source = from->kind == W3DI_SHADER_VECTOR
                              ? w3di_glsl_type_at(g, from->element)->kind
                              : from->kind;
        uint32_t target =
            t->kind == W3DI_SHADER_VECTOR ? w3di_glsl_type_at(g, t->element)->kind : t->kind;
        if (source == W3DI_SHADER_F32 && (target == W3DI_SHADER_I32 || target == W3DI_SHADER_U32)) {
            g->helpers |= W3DI_GLSL_CONVERT;
            w3di_glsl_text(g, target == W3DI_SHADER_I32 ? "w3d_int" : "w3d_uint");
        } else {
            w3di_glsl_type(g, x->type);
        }
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ")");
        break;
    }
    case W3DI_SHADER_BITCAST: {
        const w3di_shader_type *from = w3di_glsl_type_at(g, g->module->expressions[x->a].type);
        uint32_t source = from->kind == W3DI_SHADER_VECTOR
                              ? w3di_glsl_type_at(g, from->element)->kind
                              : from->kind;
        uint32_t target =
            t->kind == W3DI_SHADER_VECTOR ? w3di_glsl_type_at(g, t->element)->kind : t->kind;
        if (target == W3DI_SHADER_F32)
            w3di_glsl_text(g, source == W3DI_SHADER_I32 ? "intBitsToFloat" : "uintBitsToFloat");
        else if (source == W3DI_SHADER_F32)
            w3di_glsl_text(g, target == W3DI_SHADER_I32 ? "floatBitsToInt" : "floatBitsToUint");
        else
            w3di_glsl_type(g, x->type);
        w3di_glsl_text(g, "(");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ")");
        break;
    }
    case W3DI_SHADER_UNARY:
        if (x->op == W3DI_SHADER_NOT && t->kind == W3DI_SHADER_VECTOR)
            w3di_glsl_text(g, "not(");
        else
            w3di_glsl_text(g, x->op == W3DI_SHADER_NOT          ? "(!"
                              : x->op == W3DI_SHADER_COMPLEMENT ? "(~"
                                                                : "(-");
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, ")");
        break;
    case W3DI_SHADER_BINARY: w3di_glsl_binary(g, x); break;
    case W3DI_SHADER_CALL:
        w3di_glsl_name(g, g->module->functions[x->b].name);
        w3di_glsl_list(g, x, "(", 0);
        break;
    case W3DI_SHADER_BUILTIN: w3di_glsl_builtin(g, x); break;
    case W3DI_SHADER_ADDRESS:
    case W3DI_SHADER_DEREFERENCE: w3di_glsl_expression(g, x->a); break;
    default: w3di_glsl_fail(g, "there is no GLSL for this"); break;
    }
}

#endif /* W3D_SHADER_GLSL_TEXT_H */
