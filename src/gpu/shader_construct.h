/* shader_construct.h - names, types by name, constructors and calls; private.
 *
 * Every function gives the index of an expression or type, or 0 after an error. */
#ifndef W3D_SHADER_CONSTRUCT_H
#define W3D_SHADER_CONSTRUCT_H

#include "gpu/shader_constant.h"

/* In shader_declare.h: reads the declaration if that has not been done. */
static void w3di_shader_demand(w3di_shader_front *front, uint32_t declaration);
/* In shader_call.h: a call of a built-in function; the arguments are on the stack from `base`. */
static uint32_t w3di_shader_call_builtin(w3di_shader_front *front, w3di_shader_name name,
                                         uint32_t base);
static uint32_t w3di_shader_read_expression(w3di_shader_front *front);
static uint32_t w3di_shader_read_unary(w3di_shader_front *front);

/* ---- names ---- */

static inline uint32_t w3di_shader_hash(const w3di_shader_front *front, w3di_shader_name name)
{
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)front->module->source[name.at + i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The module's declaration of a name, or 0. */
static inline uint32_t w3di_shader_find(const w3di_shader_front *front, w3di_shader_name name)
{
    uint32_t hash = w3di_shader_hash(front, name);
    for (uint32_t d = front->buckets[hash % W3DI_SHADER_BUCKETS]; d;
         d = front->declarations[d].next)
        if (front->declarations[d].hash == hash &&
            w3di_shader_same_name(front, front->declarations[d].name, name))
            return d;
    return 0;
}

/* The innermost name of the function being read, or -1. */
static inline int64_t w3di_shader_find_scoped(const w3di_shader_front *front, w3di_shader_name name)
{
    uint32_t hash = front->name_count > front->name_base ? w3di_shader_hash(front, name) : 0;
    for (uint32_t i = front->name_count; i > front->name_base; i--)
        if (front->names[i - 1].hash == hash &&
            w3di_shader_same_name(front, front->names[i - 1].name, name))
            return (int64_t)i - 1;
    return -1;
}

/* The reference or pointer's value: what an operand is. */
static inline uint32_t w3di_shader_value(w3di_shader_front *front, uint32_t e)
{
    if (front->code || !w3di_shader_at(front, e)->reference) return e;
    uint32_t type = w3di_shader_type_of(front, e), kind = w3di_shader_kind_of(front, type);
    if (kind == W3DI_SHADER_ATOMIC)
        return w3di_shader_fail(front, W3D_ERR_RANGE, w3di_shader_at(front, e)->at,
                                "an atomic is read with atomicLoad");
    if (!w3di_shader_is_plain(front, type))
        return w3di_shader_fail(front, W3D_ERR_RANGE, w3di_shader_at(front, e)->at,
                                "this cannot be loaded as a value");
    if (w3di_shader_type_at(front, type)->size > W3DI_SHADER_MOST_BYTES)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, w3di_shader_at(front, e)->at,
                                "a value of more than 65536 bytes");
    uint32_t load =
        w3di_shader_expression_new(front, W3DI_SHADER_LOAD, type, w3di_shader_at(front, e)->at);
    if (load) w3di_shader_at(front, load)->a = e;
    return w3di_shader_deepen(front, load);
}

/* ---- types ---- */

static uint32_t w3di_shader_read_type(w3di_shader_front *front);

/* A constant whole number, as for array sizes and attributes. */
static inline int64_t w3di_shader_constant_whole(w3di_shader_front *front)
{
    uint32_t at = front->token.at, e = w3di_shader_read_expression(front);
    if (front->code) return 0;
    if (w3di_shader_at(front, e)->kind != W3DI_SHADER_LITERAL ||
        !w3di_shader_is_integer(w3di_shader_type_of(front, e))) {
        w3di_shader_fail(front, W3D_ERR_RANGE, at, "a constant whole number is wanted here");
        return 0;
    }
    return w3di_shader_number_of(front, e).whole;
}

static inline uint32_t w3di_shader_type_pointer(w3di_shader_front *front)
{
    w3di_shader_type type;
    w3d_fill(&type, 0, sizeof type);
    type.kind = W3DI_SHADER_POINTER;
    if (!w3di_shader_expect(front, W3DI_SHADER_OPEN, "ptr wants <space, type>")) return 0;
    if (w3di_shader_take_word(front, "function"))
        type.space = W3DI_SHADER_FUNCTION;
    else if (w3di_shader_take_word(front, "private"))
        type.space = W3DI_SHADER_PRIVATE;
    else
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->token.at,
                                "pointers are to function or private here");
    type.write = 1;
    if (!w3di_shader_expect(front, ',', "ptr wants <space, type>")) return 0;
    type.element = w3di_shader_read_type(front);
    w3di_shader_take(front, ',');
    w3di_shader_close_template(front);
    return front->code ? 0 : w3di_shader_type_make(front, &type);
}

static inline uint32_t w3di_shader_type_array(w3di_shader_front *front)
{
    uint32_t at = front->token.at, element, count = 0;
    if (!w3di_shader_expect(front, W3DI_SHADER_OPEN, "array wants <type> or <type, count> here"))
        return 0;
    element = w3di_shader_read_type(front);
    if (w3di_shader_take(front, ',') && !w3di_shader_is_symbol(front, W3DI_SHADER_CLOSE)) {
        int64_t whole = w3di_shader_constant_whole(front);
        if (!front->code && (whole < 1 || whole > 1 << 26))
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "an array has 1 to 67108864 elements");
        count = (uint32_t)whole;
        w3di_shader_take(front, ',');
    }
    w3di_shader_close_template(front);
    if (front->code) return 0;
    uint32_t kind = w3di_shader_kind_of(front, element);
    if (kind < W3DI_SHADER_BOOL || kind > W3DI_SHADER_ATOMIC)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "an array cannot hold this type");
    return w3di_shader_array(front, element, count, at);
}

/* The element type of a vector, matrix, texture or atomic: <f32> and so on. */
static inline uint32_t w3di_shader_type_element(w3di_shader_front *front)
{
    uint32_t at = front->token.at, element = 0;
    if (!w3di_shader_expect(front, W3DI_SHADER_OPEN, "this type wants <element> here")) return 0;
    if (w3di_shader_is_word(front, "f16"))
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->token.at,
                                "f16 is not in this subset; use f32");
    element = w3di_shader_read_type(front);
    w3di_shader_take(front, ',');
    w3di_shader_close_template(front);
    if (front->code) return 0;
    if (element < W3DI_SHADER_TYPE_BOOL || element > W3DI_SHADER_TYPE_F32)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "an element is bool, i32, u32 or f32");
    return element;
}

/* A type whose name has been stepped over. Gives 0 without an error where the name is none of a type
 * and `optional`. */
static inline uint32_t w3di_shader_type_named(w3di_shader_front *front, w3di_shader_name name,
                                              int optional)
{
    uint32_t declaration = w3di_shader_find(front, name), columns, rows;
    w3di_shader_type type;
    int element_follows = 0;
    if (declaration) {
        w3di_shader_declaration *d = &front->declarations[declaration];
        if (d->kind != W3DI_SHADER_DECLARED_ALIAS && d->kind != W3DI_SHADER_DECLARED_STRUCT)
            return optional ? 0
                            : w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                               "this name is not of a type");
        w3di_shader_demand(front, declaration);
        return front->code ? 0 : front->declarations[declaration].value;
    }
    uint32_t word = w3di_shader_type_word(front, name);
    if (word) return word;
    w3d_fill(&type, 0, sizeof type);
    if (w3di_shader_shape_word(front, name, &columns, &rows)) {
        if (optional && !w3di_shader_is_symbol(front, W3DI_SHADER_OPEN)) return 0;
        uint32_t element = w3di_shader_type_element(front);
        if (front->code) return 0;
        if (columns == 1) return w3di_shader_vector(element, rows);
        if (element != W3DI_SHADER_TYPE_F32)
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "matrices are of f32");
        return w3di_shader_matrix(element, columns, rows);
    }
    if (w3di_shader_name_is(front, name, "array"))
        return optional && !w3di_shader_is_symbol(front, W3DI_SHADER_OPEN)
                   ? 0
                   : w3di_shader_type_array(front);
    if (w3di_shader_name_is(front, name, "ptr")) return w3di_shader_type_pointer(front);
    if (w3di_shader_name_is(front, name, "atomic")) {
        type.kind = W3DI_SHADER_ATOMIC;
        type.element = w3di_shader_type_element(front);
        type.size = type.alignment = 4;
        if (!front->code && type.element != W3DI_SHADER_TYPE_I32 &&
            type.element != W3DI_SHADER_TYPE_U32)
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "an atomic is of i32 or u32");
        return front->code ? 0 : w3di_shader_type_make(front, &type);
    }
    if (w3di_shader_texture_word(front, name, &type, &element_follows)) {
        if (element_follows) type.element = w3di_shader_type_element(front);
        if (!front->code && type.element == W3DI_SHADER_TYPE_BOOL)
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                    "a texture is of f32, i32 or u32");
        return front->code ? 0 : w3di_shader_type_make(front, &type);
    }
    if (optional) return 0;
    if (name.size > 15 && w3d_equal(front->module->source + name.at, "texture_storage", 15))
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, name.at,
                                "storage textures are not in this subset");
    if (w3di_shader_name_is(front, name, "f16"))
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, name.at,
                                "f16 is not in this subset; use f32");
    return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "there is no type of this name");
}

static uint32_t w3di_shader_read_type(w3di_shader_front *front)
{
    w3di_shader_name name = w3di_shader_token_name(front);
    uint32_t type = 0;
    if (front->token.kind != W3DI_SHADER_TOKEN_NAME)
        return w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at, "a type is wanted here");
    if (w3di_shader_find_scoped(front, name) >= 0)
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "this name is not of a type");
    if (!w3di_shader_enter(front)) return 0;
    w3di_shader_next(front);
    type = w3di_shader_type_named(front, name, 0);
    w3di_shader_leave(front);
    return front->code ? 0 : type;
}

/* ---- constructors ---- */

/* The elements that all arguments from `base` have in common; abstract if all are. */
static inline uint32_t w3di_shader_common(w3di_shader_front *front, uint32_t base)
{
    uint32_t common = 0;
    for (uint32_t i = base; i < front->stack_count; i++) {
        uint32_t scalar = w3di_shader_scalar(front, w3di_shader_type_of(front, front->stack[i]));
        if (!common || common == W3DI_SHADER_TYPE_INT ||
            (common == W3DI_SHADER_TYPE_FLOAT && !w3di_shader_is_abstract(scalar)))
            common = scalar;
    }
    return common;
}

/* Of one scalar: a conversion, folded where it is constant. */
static inline uint32_t w3di_shader_construct_scalar(w3di_shader_front *front, uint32_t type,
                                                    uint32_t e, uint32_t at)
{
    uint32_t from = w3di_shader_type_of(front, e), rows = w3di_shader_rows(front, from),
             base = front->stack_count;
    uint32_t scalar = w3di_shader_scalar(front, type);
    if (from == type) return e;
    if (!rows || rows != w3di_shader_rows(front, type))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "this value cannot be converted to the type");
    if (w3di_shader_is_constant(front, e)) {
        if (rows == 1) return w3di_shader_cast(front, e, type, at);
        for (uint32_t i = 0; i < rows && !front->code; i++)
            w3di_shader_push(front, w3di_shader_cast(front, w3di_shader_component(front, e, i),
                                                     scalar, at));
        return w3di_shader_construct(front, type, base, at);
    }
    uint32_t converted = w3di_shader_expression_new(front, W3DI_SHADER_CONVERT, type, at);
    if (converted) w3di_shader_at(front, converted)->a = e;
    return w3di_shader_deepen(front, converted);
}

/* Pushes the scalars of a constant, or the value itself, converted to the element. */
static inline uint32_t w3di_shader_push_parts(w3di_shader_front *front, uint32_t e,
                                              uint32_t element)
{
    uint32_t rows = w3di_shader_rows(front, w3di_shader_type_of(front, e));
    e = w3di_shader_convert(front, e, w3di_shader_vector(element, rows ? rows : 1));
    if (front->code) return 0;
    if (!w3di_shader_is_constant(front, e))
        w3di_shader_push(front, e);
    else
        for (uint32_t i = 0; i < rows; i++)
            w3di_shader_push(front, w3di_shader_component(front, e, i));
    return rows;
}

static inline uint32_t w3di_shader_construct_vector(w3di_shader_front *front, uint32_t type,
                                                    uint32_t base, uint32_t at)
{
    uint32_t rows = w3di_shader_rows(front, type), element = w3di_shader_scalar(front, type),
             total = 0;
    uint32_t count = front->stack_count - base, parts = front->stack_count;
    if (count == 1) {
        uint32_t e = front->stack[base],
                 given = w3di_shader_rows(front, w3di_shader_type_of(front, e));
        if (given == rows) return w3di_shader_construct_scalar(front, type, e, at);
        if (given == 1) {
            e = w3di_shader_convert(front, e, element);
            if (front->code) return 0;
            for (uint32_t i = 0; i < (w3di_shader_is_constant(front, e) ? rows : 1); i++)
                w3di_shader_push(front, e);
            e = w3di_shader_construct(front, type, parts, at);
            front->stack_count = base;
            return e;
        }
    }
    for (uint32_t i = 0; i < count && !front->code; i++) {
        uint32_t given =
            w3di_shader_rows(front, w3di_shader_type_of(front, front->stack[base + i]));
        if (!given)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "a vector is made of scalars and vectors");
        total += w3di_shader_push_parts(front, front->stack[base + i], element);
    }
    if (!front->code && total != rows)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "the arguments do not add up to the vector's components");
    uint32_t e = w3di_shader_construct(front, type, parts, at);
    front->stack_count = base;
    return e;
}

static inline uint32_t w3di_shader_construct_matrix(w3di_shader_front *front, uint32_t type,
                                                    uint32_t base, uint32_t at)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, type);
    uint32_t column = w3di_shader_vector(t.element, t.rows), count = front->stack_count - base,
             parts = front->stack_count;
    if (count == 1 &&
        w3di_shader_converts(front, w3di_shader_type_of(front, front->stack[base]), type))
        return w3di_shader_convert(front, front->stack[base], type);
    if (count != t.columns && count != (uint32_t)t.columns * t.rows)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a matrix is made of its columns or of all its components");
    for (uint32_t i = 0; i < t.columns && !front->code; i++) {
        uint32_t value;
        if (count == t.columns) {
            value = w3di_shader_convert(front, front->stack[base + i], column);
        } else {
            uint32_t scalars = front->stack_count;
            for (uint32_t k = 0; k < t.rows && !front->code; k++)
                w3di_shader_push(front, w3di_shader_convert(
                                            front, front->stack[base + i * t.rows + k], t.element));
            value = w3di_shader_construct(front, column, scalars, at);
        }
        w3di_shader_push(front, value);
    }
    uint32_t e = w3di_shader_construct(front, type, parts, at);
    front->stack_count = base;
    return e;
}

/* A value of a type from the arguments on the stack. */
static inline uint32_t w3di_shader_construct_type(w3di_shader_front *front, uint32_t type,
                                                  uint32_t base, uint32_t at)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, type);
    uint32_t count = front->stack_count - base, e = 0;
    if (front->code) return 0;
    if (!w3di_shader_is_plain(front, type))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "values of this type cannot be made");
    if (t.size > W3DI_SHADER_MOST_BYTES)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, at, "a value of more than 65536 bytes");
    if (!count) return w3di_shader_zero(front, type, at);
    if (t.kind == W3DI_SHADER_VECTOR) {
        e = w3di_shader_construct_vector(front, type, base, at);
    } else if (t.kind == W3DI_SHADER_MATRIX) {
        e = w3di_shader_construct_matrix(front, type, base, at);
    } else if (t.kind == W3DI_SHADER_ARRAY || t.kind == W3DI_SHADER_STRUCT) {
        if (count != t.count)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "one argument an element or member is wanted");
        for (uint32_t i = 0; i < count && !front->code; i++)
            front->stack[base + i] = w3di_shader_convert(
                front, front->stack[base + i],
                t.kind == W3DI_SHADER_ARRAY ? t.element : front->module->members[t.first + i].type);
        e = w3di_shader_construct(front, type, base, at);
    } else {
        if (count != 1)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a conversion takes one value");
        e = w3di_shader_construct_scalar(front, type, front->stack[base], at);
    }
    front->stack_count = base;
    return e;
}

/* vec3(...), mat2x2(...), array(...) without <>: the element follows from the arguments. */
static inline uint32_t w3di_shader_construct_shape(w3di_shader_front *front, w3di_shader_name name,
                                                   uint32_t base)
{
    uint32_t columns, rows, common = w3di_shader_common(front, base), at = name.at;
    if (w3di_shader_shape_word(front, name, &columns, &rows)) {
        if (!common && front->stack_count == base && columns == 1)
            common = W3DI_SHADER_TYPE_INT; /* vec3() */
        if (!common)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "without arguments the element's type must be given");
        if (columns > 1)
            return w3di_shader_construct_type(front,
                                              w3di_shader_matrix(w3di_shader_is_abstract(common)
                                                                     ? W3DI_SHADER_TYPE_FLOAT
                                                                     : W3DI_SHADER_TYPE_F32,
                                                                 columns, rows),
                                              base, at);
        return w3di_shader_construct_type(front, w3di_shader_vector(common, rows), base, at);
    }
    if (front->stack_count == base)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "without arguments the element's type must be given");
    uint32_t element = w3di_shader_type_of(front, front->stack[base]), abstract = 1;
    for (uint32_t i = base; i < front->stack_count; i++)
        abstract &=
            (uint32_t)w3di_shader_type_at(front, w3di_shader_type_of(front, front->stack[i]))
                ->flags /
            W3DI_SHADER_IS_ABSTRACT;
    if (w3di_shader_rows(front, element)) {
        element = w3di_shader_vector(common, w3di_shader_rows(front, element));
    } else if (!abstract) { /* the first that has a type of its own decides */
        for (uint32_t i = base; i < front->stack_count; i++) {
            element = w3di_shader_type_of(front, front->stack[i]);
            if (!(w3di_shader_type_at(front, element)->flags & W3DI_SHADER_IS_ABSTRACT)) break;
        }
    }
    uint32_t type = w3di_shader_array(front, element, front->stack_count - base, at);
    return front->code ? 0 : w3di_shader_construct_type(front, type, base, at);
}

/* ---- calls ---- */

static inline uint32_t w3di_shader_arguments(w3di_shader_front *front)
{
    uint32_t base = front->stack_count;
    if (!w3di_shader_expect(front, '(', "a call wants ( here")) return base;
    while (!w3di_shader_is_symbol(front, ')') && !front->code) {
        uint32_t e = w3di_shader_read_expression(front);
        w3di_shader_push(front, e);
        if (!w3di_shader_take(front, ',')) break;
    }
    w3di_shader_expect(front, ')', "the arguments of a call want , or ) here");
    return base;
}

static inline void w3di_shader_use_merge(w3di_shader_use *into, const w3di_shader_use *from)
{
    into->bindings |= from->bindings;
    into->pairs |= from->pairs;
    into->frame |= from->frame;
    into->discards |= from->discards;
    into->fragment_only |= from->fragment_only;
    into->compute_only |= from->compute_only;
    into->privates |= from->privates;
}

/* Parameters are locals once the function's body has been read. */
static inline uint32_t w3di_shader_parameter_type(const w3di_shader_front *front, uint32_t f,
                                                  uint32_t i)
{
    const w3di_shader_function *function = &front->module->functions[f];
    return f <= front->bodies ? front->module->locals[function->first_local + i].type
                              : front->parameters[function->first_local + i].type;
}

/* Notes that a function calls another, once. */
static inline void w3di_shader_edge_new(w3di_shader_front *front, uint32_t caller, uint32_t callee)
{
    for (uint32_t i = front->edge_count; i > 1 && front->edges[i - 2] == caller; i -= 2)
        if (front->edges[i - 1] == callee) return;
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t at = front->edge_count;
        W3DI_SHADER_GROW(front, front->edges, front->edge_count, edge_room, W3DI_SHADER_MOST_NODES);
        if (front->edge_count > at) front->edges[at] = k ? callee : caller;
    }
}

/* The variable that a pointer or reference leads to: a GLOBAL or LOCAL, of pointers the parameter. */
static inline uint32_t w3di_shader_root(const w3di_shader_front *front, uint32_t e)
{
    while (w3di_shader_at(front, e)->kind != W3DI_SHADER_GLOBAL &&
           w3di_shader_at(front, e)->kind != W3DI_SHADER_LOCAL && w3di_shader_at(front, e)->a)
        e = w3di_shader_at(front, e)->a;
    return e;
}

static inline uint32_t w3di_shader_call_function(w3di_shader_front *front, uint32_t declaration,
                                                 uint32_t base, uint32_t at)
{
    w3di_shader_demand(front, declaration);
    if (front->code) return 0;
    uint32_t f = front->declarations[declaration].value, count = front->stack_count - base;
    const w3di_shader_function function = front->module->functions[f];
    uint32_t roots[8], root_count = 0;
    if (function.stage)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "an entry point cannot be called");
    if (!front->function)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a constant does not call functions");
    if (count != function.parameter_count)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "the function takes another number of arguments");
    for (uint32_t i = 0; i < count && !front->code; i++) {
        uint32_t type = w3di_shader_parameter_type(front, f, i), e = front->stack[base + i];
        int pointer = w3di_shader_kind_of(front, type) == W3DI_SHADER_POINTER;
        front->stack[base + i] =
            pointer ? e : w3di_shader_convert(front, w3di_shader_value(front, e), type);
        if (pointer && w3di_shader_type_of(front, e) != type)
            return w3di_shader_fail(front, W3D_ERR_RANGE, w3di_shader_at(front, e)->at,
                                    "a pointer to another type is wanted");
        if (!pointer || front->code) continue;
        /* What is written through a pointer must not be reached in another way (WGSL 11.4). */
        if (root_count == 8)
            return w3di_shader_fail(front, W3D_ERR_LIMIT, at,
                                    "more than 8 pointers to one function");
        roots[root_count] = w3di_shader_root(front, e);
        const w3di_shader_expression *root = w3di_shader_at(front, roots[root_count]);
        for (uint32_t k = 0; k < root_count; k++)
            if (w3di_shader_at(front, roots[k])->kind == root->kind &&
                w3di_shader_at(front, roots[k])->a == root->a)
                return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, w3di_shader_at(front, e)->at,
                                        "two pointers into one variable: they might overlap");
        if (root->kind == W3DI_SHADER_GLOBAL) {
            uint32_t g = root->a, p = front->pass_count;
            W3DI_SHADER_GROW(front, front->passes, front->pass_count, pass_room,
                             W3DI_SHADER_MOST_NODES);
            if (front->code) return 0;
            front->passes[p].callee = f;
            front->passes[p].privates = 1u << (g < 31 ? g : 31);
            front->passes[p].at = w3di_shader_at(front, e)->at;
        }
        root_count++;
    }
    w3di_shader_edge_new(front, front->function, f);
    uint32_t first = w3di_shader_gather(front, base, &count);
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_CALL, function.result, at);
    if (!e) return 0;
    w3di_shader_at(front, e)->b = f;
    w3di_shader_at(front, e)->first_argument = first;
    w3di_shader_at(front, e)->argument_count = count;
    return w3di_shader_deepen(front, e);
}

/* What stands after a name that is followed by '(': a constructor or a call. */
static inline uint32_t w3di_shader_read_call(w3di_shader_front *front, w3di_shader_name name,
                                             uint32_t type)
{
    uint32_t columns, rows, declaration = w3di_shader_find(front, name),
                            base = w3di_shader_arguments(front);
    int is_function =
        declaration && front->declarations[declaration].kind == W3DI_SHADER_DECLARED_FUNCTION;
    if (front->code) return 0;
    if (is_function) return w3di_shader_call_function(front, declaration, base, name.at);
    if (type || w3di_shader_shape_word(front, name, &columns, &rows) ||
        w3di_shader_name_is(front, name, "array")) {
        for (uint32_t i = base; i < front->stack_count && !front->code; i++)
            front->stack[i] = w3di_shader_value(front, front->stack[i]);
        if (front->code) return 0;
        return type ? w3di_shader_construct_type(front, type, base, name.at)
                    : w3di_shader_construct_shape(front, name, base);
    }
    if (w3di_shader_name_is(front, name, "bitcast"))
        return w3di_shader_fail(front, W3D_ERR_FORMAT, name.at, "bitcast wants <type>(value)");
    if (declaration)
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "this name cannot be called");
    return w3di_shader_call_builtin(front, name, base);
}

static inline uint32_t w3di_shader_bitcast(w3di_shader_front *front, uint32_t at)
{
    w3di_shader_expect(front, W3DI_SHADER_OPEN, "bitcast wants <type>(value)");
    uint32_t type = w3di_shader_read_type(front);
    w3di_shader_close_template(front);
    uint32_t base = w3di_shader_arguments(front);
    if (front->code) return 0;
    uint32_t value =
        front->stack_count - base == 1 ? w3di_shader_value(front, front->stack[base]) : 0;
    front->stack_count = base;
    if (value) value = w3di_shader_make_concrete(front, value);
    if (front->code) return 0;
    uint32_t from = w3di_shader_type_of(front, value), scalar = w3di_shader_scalar(front, type);
    if (!value || !w3di_shader_rows(front, from) ||
        w3di_shader_rows(front, from) != w3di_shader_rows(front, type) ||
        scalar == W3DI_SHADER_TYPE_BOOL || w3di_shader_scalar(front, from) == W3DI_SHADER_TYPE_BOOL)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "bitcast takes a value of as many 32-bit numbers");
    if (from == type) return value;
    if (w3di_shader_is_constant(front, value)) {
        uint32_t rows = w3di_shader_rows(front, type);
        for (uint32_t i = 0; i < rows && !front->code; i++) {
            uint32_t part =
                w3di_shader_constant_at(front, w3di_shader_component(front, value, i), at);
            if (!part) return 0;
            w3di_shader_at(front, part)->type = scalar;
            if (scalar == W3DI_SHADER_TYPE_F32 &&
                !w3d_f32_is_finite(w3d_f32_from_bits(w3di_shader_at(front, part)->bits)))
                return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                        "a constant that is infinite or no number");
            if (rows == 1) return part;
            w3di_shader_push(front, part);
        }
        return w3di_shader_construct(front, type, base, at);
    }
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_BITCAST, type, at);
    if (e) w3di_shader_at(front, e)->a = value;
    return w3di_shader_deepen(front, e);
}

#endif /* W3D_SHADER_CONSTRUCT_H */
