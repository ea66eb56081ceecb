/* shader_expression.h - operands and operators, read and checked; private.
 *
 * The grammar is WGSL's, section 8.18, with its rules on what may stand beside what: & | ^ want single
 * operands, shifts too, && and || do not mix. */
#ifndef W3D_SHADER_EXPRESSION_H
#define W3D_SHADER_EXPRESSION_H

#include "gpu/shader_fold.h"

/* ---- names as values ---- */

static inline uint32_t w3di_shader_use_global(w3di_shader_front *front, uint32_t g, uint32_t at)
{
    const w3di_shader_global *global = &front->module->globals[g];
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_GLOBAL, global->type, at);
    if (!e) return 0;
    global = &front->module->globals[g];
    if (!front->function)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a variable is not known outside functions");
    w3di_shader_at(front, e)->a = g;
    w3di_shader_at(front, e)->reference = global->space != W3DI_SHADER_HANDLE;
    if (front->function) {
        w3di_shader_use *use = &front->uses[front->function];
        use->compute_only |= global->space == W3DI_SHADER_WORKGROUP;
        if (global->space == W3DI_SHADER_PRIVATE) use->privates |= 1u << (g < 31 ? g : 31);
        if (global->space == W3DI_SHADER_UNIFORM || global->space == W3DI_SHADER_STORAGE ||
            global->space == W3DI_SHADER_HANDLE) {
            if (!global->group) use->frame |= 1u << global->binding;
            for (uint32_t i = 0; global->group && i < front->module->reflection.binding_count;
                 i++) {
                const w3d_gpu_binding *binding = &front->module->reflection.bindings[i];
                if (binding->group == global->group && binding->binding == global->binding)
                    use->bindings |= 1u << i;
            }
        }
    }
    return e;
}

static inline uint32_t w3di_shader_named(w3di_shader_front *front)
{
    w3di_shader_name name = w3di_shader_token_name(front);
    int64_t scoped = w3di_shader_find_scoped(front, name);
    w3di_shader_next(front);
    if (scoped >= 0) {
        const w3di_shader_scoped *found = &front->names[scoped];
        if ((uint32_t)scoped >= front->skip_from && (uint32_t)scoped < front->skip_to)
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                    "a continue may have stepped over this declaration");
        if (!found->local) return w3di_shader_constant_at(front, found->constant, name.at);
        uint32_t local = found->local;
        uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_LOCAL,
                                                front->module->locals[local].type, name.at);
        if (!e) return 0;
        w3di_shader_at(front, e)->a = local;
        w3di_shader_at(front, e)->reference = front->module->locals[local].variable;
        return e;
    }
    uint32_t declaration = w3di_shader_find(front, name);
    if (declaration && front->declarations[declaration].kind == W3DI_SHADER_DECLARED_FUNCTION)
        return w3di_shader_read_call(front, name, 0);
    if (declaration && (front->declarations[declaration].kind == W3DI_SHADER_DECLARED_CONST ||
                        front->declarations[declaration].kind == W3DI_SHADER_DECLARED_VARIABLE)) {
        w3di_shader_demand(front, declaration);
        if (front->code) return 0;
        uint32_t value = front->declarations[declaration].value;
        return front->declarations[declaration].kind == W3DI_SHADER_DECLARED_CONST
                   ? w3di_shader_constant_at(front, value, name.at)
                   : w3di_shader_use_global(front, value, name.at);
    }
    if (w3di_shader_name_is(front, name, "true"))
        return w3di_shader_whole(front, W3DI_SHADER_TYPE_BOOL, 1, name.at);
    if (w3di_shader_name_is(front, name, "false"))
        return w3di_shader_whole(front, W3DI_SHADER_TYPE_BOOL, 0, name.at);
    if (w3di_shader_name_is(front, name, "bitcast")) return w3di_shader_bitcast(front, name.at);
    uint32_t type = w3di_shader_type_named(front, name, 1);
    if (front->code) return 0;
    if (w3di_shader_is_symbol(front, '(')) return w3di_shader_read_call(front, name, type);
    return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                            type ? "a type is not a value; ( is wanted after it"
                                 : "there is nothing of this name");
}

/* ---- operands ---- */

static inline uint32_t w3di_shader_read_primary(w3di_shader_front *front)
{
    w3di_shader_token token = front->token;
    w3di_shader_number number = { 0, 0 };
    if (token.kind == W3DI_SHADER_TOKEN_INT) {
        uint32_t type = token.suffix == 'i'   ? W3DI_SHADER_TYPE_I32
                        : token.suffix == 'u' ? W3DI_SHADER_TYPE_U32
                                              : W3DI_SHADER_TYPE_INT;
        w3di_shader_next(front);
        if (token.whole > (uint64_t)INT64_MAX)
            return w3di_shader_fail(front, W3D_ERR_RANGE, token.at,
                                    "a whole number above 9223372036854775807");
        return w3di_shader_whole(front, type, (int64_t)token.whole, token.at);
    }
    if (token.kind == W3DI_SHADER_TOKEN_FLOAT) {
        w3di_shader_next(front);
        number.real = token.real;
        return w3di_shader_literal(front,
                                   token.suffix ? W3DI_SHADER_TYPE_F32 : W3DI_SHADER_TYPE_FLOAT,
                                   number, token.at);
    }
    if (w3di_shader_take(front, '(')) {
        uint32_t e = w3di_shader_read_expression(front);
        w3di_shader_expect(front, ')', "a parenthesis is not closed here");
        return e;
    }
    if (token.kind == W3DI_SHADER_TOKEN_NAME) return w3di_shader_named(front);
    return w3di_shader_fail(front, W3D_ERR_FORMAT, token.at, "a value is wanted here");
}

/* .xyz and .rgb of a vector. */
static inline uint32_t w3di_shader_swizzle(w3di_shader_front *front, uint32_t e,
                                           w3di_shader_name name)
{
    uint32_t type = w3di_shader_type_of(front, e), rows = w3di_shader_rows(front, type), bits = 0,
             set = 2;
    if (!name.size || name.size > 4)
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "a vector has no such component");
    for (uint32_t i = 0; i < name.size; i++) {
        static const char sets[] = "xyzwrgba";
        char c = front->module->source[name.at + i];
        uint32_t k = 0;
        while (sets[k] && sets[k] != c) k++;
        if (!sets[k] || k % 4 >= rows || (set != 2 && set != k / 4))
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                    "a vector has no such component");
        set = k / 4;
        bits |= k % 4 << (2 * i);
    }
    uint32_t element = w3di_shader_scalar(front, type);
    if (w3di_shader_is_constant(front, e)) {
        uint32_t base = front->stack_count;
        if (name.size == 1) return w3di_shader_component(front, e, bits);
        for (uint32_t i = 0; i < name.size; i++)
            w3di_shader_push(front, w3di_shader_component(front, e, bits >> (2 * i) & 3));
        return w3di_shader_construct(front, w3di_shader_vector(element, name.size), base, name.at);
    }
    int reference = w3di_shader_at(front, e)->reference;
    if (reference && name.size > 1) {
        e = w3di_shader_value(front, e);
        reference = 0;
    }
    uint32_t swizzle = w3di_shader_expression_new(front, W3DI_SHADER_SWIZZLE,
                                                  w3di_shader_vector(element, name.size), name.at);
    if (!swizzle) return 0;
    w3di_shader_expression *x = w3di_shader_at(front, swizzle);
    x->a = e;
    x->b = name.size;
    x->bits = bits;
    x->reference = (uint8_t)reference;
    return w3di_shader_deepen(front, swizzle);
}

static inline uint32_t w3di_shader_member_of(w3di_shader_front *front, uint32_t e)
{
    w3di_shader_name name = w3di_shader_token_name(front);
    if (front->token.kind != W3DI_SHADER_TOKEN_NAME)
        return w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                                "a member's name is wanted after the point");
    w3di_shader_next(front);
    if (front->code) return 0;
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_type_of(front, e));
    if (t.kind == W3DI_SHADER_VECTOR) return w3di_shader_swizzle(front, e, name);
    if (t.kind != W3DI_SHADER_STRUCT)
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                "only structs and vectors have members");
    for (uint32_t i = 0; i < t.count; i++) {
        if (!w3di_shader_same_name(front, front->module->members[t.first + i].name, name)) continue;
        if (w3di_shader_is_constant(front, e)) return w3di_shader_part(front, e, i);
        uint32_t member =
            w3di_shader_expression_new(front, W3DI_SHADER_MEMBER,
                                       front->module->members[t.first + i].type, name.at);
        if (!member) return 0;
        w3di_shader_at(front, member)->a = e;
        w3di_shader_at(front, member)->b = i;
        w3di_shader_at(front, member)->reference = w3di_shader_at(front, e)->reference;
        return w3di_shader_deepen(front, member);
    }
    return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "the struct has no member of this name");
}

static inline uint32_t w3di_shader_index(w3di_shader_front *front, uint32_t e, uint32_t at)
{
    uint32_t index = w3di_shader_value(front, w3di_shader_read_expression(front));
    w3di_shader_expect(front, ']', "an index is not closed by ] here");
    if (front->code) return 0;
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_type_of(front, e));
    uint32_t bound = t.kind == W3DI_SHADER_ARRAY    ? t.count
                     : t.kind == W3DI_SHADER_MATRIX ? t.columns
                                                    : t.rows;
    uint32_t type =
        t.kind == W3DI_SHADER_MATRIX ? w3di_shader_vector(t.element, t.rows) : t.element;
    if (t.kind != W3DI_SHADER_ARRAY && t.kind != W3DI_SHADER_MATRIX && t.kind != W3DI_SHADER_VECTOR)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "only arrays, vectors and matrices have elements");
    if (!w3di_shader_is_integer(w3di_shader_type_of(front, index)))
        return w3di_shader_fail(front, W3D_ERR_RANGE, w3di_shader_at(front, index)->at,
                                "an index is i32 or u32");
    if (w3di_shader_is_constant(front, index)) {
        int64_t whole = w3di_shader_number_of(front, index).whole;
        if (whole < 0 || (bound && whole >= bound))
            return w3di_shader_fail(front, W3D_ERR_RANGE, w3di_shader_at(front, index)->at,
                                    "an index outside its array");
        if (w3di_shader_is_constant(front, e)) return w3di_shader_part(front, e, (uint32_t)whole);
    }
    index = w3di_shader_make_concrete(front, index);
    if (t.flags & W3DI_SHADER_IS_ABSTRACT) { /* a constant indexed by a variable */
        e = w3di_shader_make_concrete(front, e);
        type = w3di_shader_concrete(front, type);
    }
    uint32_t indexed = w3di_shader_expression_new(front, W3DI_SHADER_INDEX, type, at);
    if (!indexed) return 0;
    w3di_shader_at(front, indexed)->a = e;
    w3di_shader_at(front, indexed)->b = index;
    w3di_shader_at(front, indexed)->reference = w3di_shader_at(front, e)->reference;
    return w3di_shader_deepen(front, indexed);
}

static inline uint32_t w3di_shader_dereference(w3di_shader_front *front, uint32_t e, uint32_t at)
{
    const w3di_shader_type *type = w3di_shader_type_at(front, w3di_shader_type_of(front, e));
    if (type->kind != W3DI_SHADER_POINTER)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "* wants a pointer");
    uint32_t reference =
        w3di_shader_expression_new(front, W3DI_SHADER_DEREFERENCE, type->element, at);
    if (!reference) return 0;
    w3di_shader_at(front, reference)->a = e;
    w3di_shader_at(front, reference)->reference = 1;
    return w3di_shader_deepen(front, reference);
}

static inline uint32_t w3di_shader_read_singular(w3di_shader_front *front)
{
    uint32_t e = w3di_shader_read_primary(front);
    while (!front->code) {
        uint32_t at = front->token.at;
        int point = w3di_shader_is_symbol(front, '.'), bracket = w3di_shader_is_symbol(front, '[');
        if (!point && !bracket) break;
        w3di_shader_next(front);
        if (w3di_shader_kind_of(front, w3di_shader_type_of(front, e)) == W3DI_SHADER_POINTER)
            e = w3di_shader_dereference(front, e, at);
        if (front->code) break;
        e = point ? w3di_shader_member_of(front, e) : w3di_shader_index(front, e, at);
    }
    return front->code ? 0 : e;
}

/* &x: as an argument of a function that takes a pointer. */
static inline uint32_t w3di_shader_address(w3di_shader_front *front, uint32_t e, uint32_t at)
{
    w3di_shader_type type;
    w3d_fill(&type, 0, sizeof type);
    type.kind = W3DI_SHADER_POINTER;
    type.element = w3di_shader_type_of(front, e);
    type.write = 1;
    if (!w3di_shader_at(front, e)->reference)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "& wants a variable");
    uint32_t kind = w3di_shader_at(front, e)->kind, inner = w3di_shader_at(front, e)->a;
    if (kind == W3DI_SHADER_SWIZZLE ||
        (kind == W3DI_SHADER_INDEX &&
         w3di_shader_kind_of(front, w3di_shader_type_of(front, inner)) == W3DI_SHADER_VECTOR))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a vector's component has no address");
    const w3di_shader_expression *root = w3di_shader_at(front, w3di_shader_root(front, e));
    if (root->kind == W3DI_SHADER_GLOBAL) {
        type.space = front->module->globals[root->a].space;
        type.write = front->module->globals[root->a].write;
    } else if (w3di_shader_kind_of(front, root->type) == W3DI_SHADER_POINTER) {
        type.space = w3di_shader_type_at(front, root->type)->space;
        type.write = w3di_shader_type_at(front, root->type)->write;
    }
    uint32_t made = w3di_shader_type_make(front, &type);
    uint32_t address = w3di_shader_expression_new(front, W3DI_SHADER_ADDRESS, made, at);
    if (address) w3di_shader_at(front, address)->a = e;
    return w3di_shader_deepen(front, address);
}

static uint32_t w3di_shader_read_unary(w3di_shader_front *front)
{
    uint32_t at = front->token.at,
             symbol = front->token.kind == W3DI_SHADER_TOKEN_SYMBOL ? front->token.symbol : 0, e;
    if (symbol == W3DI_SHADER_SYMBOL('-', '-'))
        return w3di_shader_fail(front, W3D_ERR_FORMAT, at, "-- is a statement; write - (-x)");
    if (symbol != '-' && symbol != '!' && symbol != '~' && symbol != '&' && symbol != '*')
        return w3di_shader_read_singular(front);
    if (!w3di_shader_enter(front)) return 0;
    w3di_shader_next(front);
    e = w3di_shader_read_unary(front);
    w3di_shader_leave(front);
    if (front->code) return 0;
    if (symbol == '&') return w3di_shader_address(front, e, at);
    if (symbol == '*') return w3di_shader_dereference(front, e, at);
    e = w3di_shader_value(front, e);
    if (front->code) return 0;
    uint32_t type = w3di_shader_type_of(front, e),
             scalar = w3di_shader_rows(front, type) ? w3di_shader_scalar(front, type) : 0;
    uint32_t op = symbol == '-'   ? W3DI_SHADER_NEGATE
                  : symbol == '!' ? W3DI_SHADER_NOT
                                  : W3DI_SHADER_COMPLEMENT;
    int good = symbol == '!' ? scalar == W3DI_SHADER_TYPE_BOOL
               : symbol == '~'
                   ? w3di_shader_is_integer(scalar)
                   : scalar && scalar != W3DI_SHADER_TYPE_BOOL && scalar != W3DI_SHADER_TYPE_U32;
    if (!good)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "this operator does not take a value of this type");
    if (w3di_shader_is_constant(front, e)) return w3di_shader_fold_unary(front, op, e, at);
    uint32_t unary = w3di_shader_expression_new(front, W3DI_SHADER_UNARY, type, at);
    if (!unary) return 0;
    w3di_shader_at(front, unary)->op = (uint8_t)op;
    w3di_shader_at(front, unary)->a = e;
    return w3di_shader_deepen(front, unary);
}

/* ---- binary operators ---- */

static inline uint32_t w3di_shader_binary_node(w3di_shader_front *front, uint32_t op, uint32_t a,
                                               uint32_t b, uint32_t type, uint32_t at)
{
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_BINARY, type, at);
    if (!e) return 0;
    w3di_shader_at(front, e)->op = (uint8_t)op;
    w3di_shader_at(front, e)->a = a;
    w3di_shader_at(front, e)->b = b;
    return w3di_shader_deepen(front, e);
}

/* Products, sums and differences with a matrix. */
static inline uint32_t w3di_shader_binary_matrix(w3di_shader_front *front, uint32_t op, uint32_t a,
                                                 uint32_t b, uint32_t at)
{
    uint32_t s = w3di_shader_type_of(front, a), t = w3di_shader_type_of(front, b), type = 0;
    uint32_t x = w3di_shader_scalar(front, s), y = w3di_shader_scalar(front, t);
    uint32_t element = w3di_shader_is_abstract(x) && w3di_shader_is_abstract(y)
                           ? (uint32_t)W3DI_SHADER_TYPE_FLOAT
                           : (uint32_t)W3DI_SHADER_TYPE_F32;
    const w3di_shader_type p = *w3di_shader_type_at(front, s), q = *w3di_shader_type_at(front, t);
    int left = p.kind == W3DI_SHADER_MATRIX, right = q.kind == W3DI_SHADER_MATRIX,
        vectors = p.kind == W3DI_SHADER_VECTOR || q.kind == W3DI_SHADER_VECTOR;
    if (!x || !y) {
        /* no numbers */
    } else if (op == W3DI_SHADER_MULTIPLY && left && right) {
        if (p.columns == q.rows) type = w3di_shader_matrix(element, q.columns, p.rows);
    } else if (op == W3DI_SHADER_MULTIPLY && vectors) {
        if (left && q.rows == p.columns) type = w3di_shader_vector(element, p.rows);
        if (right && p.rows == q.rows) type = w3di_shader_vector(element, q.columns);
    } else if (op == W3DI_SHADER_MULTIPLY) {
        type = left ? w3di_shader_matrix(element, p.columns, p.rows)
                    : w3di_shader_matrix(element, q.columns, q.rows);
    } else if ((op == W3DI_SHADER_ADD || op == W3DI_SHADER_SUBTRACT) && left && right &&
               p.rows == q.rows && p.columns == q.columns) {
        type = w3di_shader_matrix(element, p.columns, p.rows);
    }
    if (!type || (x != element && !w3di_shader_is_abstract(x)) ||
        (y != element && !w3di_shader_is_abstract(y)))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "these two values do not go together under this operator");
    a = w3di_shader_convert(front, a,
                            left ? w3di_shader_matrix(element, p.columns, p.rows)
                                 : w3di_shader_vector(element, w3di_shader_rows(front, s)));
    b = w3di_shader_convert(front, b,
                            right ? w3di_shader_matrix(element, q.columns, q.rows)
                                  : w3di_shader_vector(element, w3di_shader_rows(front, t)));
    if (front->code) return 0;
    if (w3di_shader_is_constant(front, a) && w3di_shader_is_constant(front, b))
        return w3di_shader_fold_matrix(front, op, a, b, type, at);
    return w3di_shader_binary_node(front, op, a, b, type, at);
}

/* a op b, both values: chooses the overload, converts, folds. */
static inline uint32_t w3di_shader_binary(w3di_shader_front *front, uint32_t op, uint32_t a,
                                          uint32_t b, uint32_t at)
{
    static const char *const wrong = "these two values do not go together under this operator";
    a = w3di_shader_value(front, a);
    b = w3di_shader_value(front, b);
    if (front->code) return 0;
    uint32_t s = w3di_shader_type_of(front, a), t = w3di_shader_type_of(front, b);
    if (w3di_shader_is_matrix(front, s) || w3di_shader_is_matrix(front, t))
        return w3di_shader_binary_matrix(front, op, a, b, at);
    uint32_t m = w3di_shader_rows(front, s), n = w3di_shader_rows(front, t),
             x = w3di_shader_scalar(front, s), y = w3di_shader_scalar(front, t);
    int compares = op >= W3DI_SHADER_EQUAL,
        logical = op == W3DI_SHADER_LOGICAL_AND || op == W3DI_SHADER_LOGICAL_OR;
    int bits = op >= W3DI_SHADER_AND && op <= W3DI_SHADER_XOR,
        shifts = op == W3DI_SHADER_SHIFT_LEFT || op == W3DI_SHADER_SHIFT_RIGHT;
    if (!m || !n || (m != n && (compares || bits || logical || shifts || (m > 1 && n > 1))))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, wrong);
    uint32_t common = x;
    if (shifts) {
        if (!w3di_shader_is_integer(x) || !w3di_shader_is_integer(y) || y == W3DI_SHADER_TYPE_I32)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a shift is of integers, by u32");
        if (!w3di_shader_is_constant(front, b) && x == W3DI_SHADER_TYPE_INT)
            a = w3di_shader_make_concrete(front, a);
        b = w3di_shader_convert(front, b, w3di_shader_vector(W3DI_SHADER_TYPE_U32, n));
        if (front->code) return 0;
        s = w3di_shader_type_of(front, a);
        x = w3di_shader_scalar(front, s);
        if (w3di_shader_is_constant(front, b))
            for (uint32_t i = 0; i < n; i++)
                if (x != W3DI_SHADER_TYPE_INT &&
                    w3di_shader_number_of(front, w3di_shader_component(front, b, i)).whole > 31)
                    return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a shift by 32 or more");
    } else {
        if (x == W3DI_SHADER_TYPE_INT ||
            (x == W3DI_SHADER_TYPE_FLOAT && !w3di_shader_is_abstract(y)))
            common = y;
        a = w3di_shader_convert(front, a, w3di_shader_vector(common, m));
        b = w3di_shader_convert(front, b, w3di_shader_vector(common, n));
        if (front->code) return 0;
        int boolean = common == W3DI_SHADER_TYPE_BOOL;
        int good = logical ? boolean && m == 1
                   : bits  ? w3di_shader_is_integer(common) || (boolean && op != W3DI_SHADER_XOR)
                           : op == W3DI_SHADER_EQUAL || op == W3DI_SHADER_NOT_EQUAL || !boolean;
        if (!good) return w3di_shader_fail(front, W3D_ERR_RANGE, at, wrong);
    }
    uint32_t rows = m > n ? m : n,
             type = w3di_shader_vector(compares ? (uint32_t)W3DI_SHADER_TYPE_BOOL
                                       : shifts ? x
                                                : common,
                                       rows);
    if (w3di_shader_is_constant(front, a) && w3di_shader_is_constant(front, b))
        return w3di_shader_fold_binary(front, op, a, b, type, at);
    if ((op == W3DI_SHADER_DIVIDE || op == W3DI_SHADER_REMAINDER) &&
        w3di_shader_is_integer(common) && w3di_shader_is_constant(front, b))
        for (uint32_t i = 0; i < n; i++)
            if (!w3di_shader_number_of(front, w3di_shader_component(front, b, i)).whole)
                return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a division by zero");
    a = w3di_shader_make_concrete(front, a);
    b = w3di_shader_make_concrete(front, b);
    return front->code
               ? 0
               : w3di_shader_binary_node(front, op, a, b, w3di_shader_concrete(front, type), at);
}

static inline uint32_t w3di_shader_operator_at(const w3di_shader_front *front,
                                               const uint32_t *symbols, const uint8_t *ops,
                                               uint32_t count)
{
    if (front->token.kind != W3DI_SHADER_TOKEN_SYMBOL) return UINT32_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (front->token.symbol == symbols[i]) return ops[i];
    return UINT32_MAX;
}

/* * / % after a first operand. */
static inline uint32_t w3di_shader_product(w3di_shader_front *front, uint32_t e)
{
    static const uint32_t symbols[] = { '*', '/', '%' };
    static const uint8_t ops[] = { W3DI_SHADER_MULTIPLY, W3DI_SHADER_DIVIDE,
                                   W3DI_SHADER_REMAINDER };
    for (;;) {
        uint32_t at = front->token.at, op = w3di_shader_operator_at(front, symbols, ops, 3);
        if (op == UINT32_MAX) return e;
        w3di_shader_next(front);
        e = w3di_shader_binary(front, op, e, w3di_shader_read_unary(front), at);
    }
}

/* + - after a first operand; << >> where that is single. */
static inline uint32_t w3di_shader_sum(w3di_shader_front *front, uint32_t e)
{
    static const uint32_t symbols[] = { '+', '-', W3DI_SHADER_SYMBOL('<', '<'),
                                        W3DI_SHADER_SYMBOL('>', '>') };
    static const uint8_t ops[] = { W3DI_SHADER_ADD, W3DI_SHADER_SUBTRACT, W3DI_SHADER_SHIFT_LEFT,
                                   W3DI_SHADER_SHIFT_RIGHT };
    uint32_t at = front->token.at, op = w3di_shader_operator_at(front, symbols + 2, ops + 2, 2);
    if (op != UINT32_MAX) {
        w3di_shader_next(front);
        return w3di_shader_binary(front, op, e, w3di_shader_read_unary(front), at);
    }
    e = w3di_shader_product(front, e);
    for (;;) {
        at = front->token.at;
        op = w3di_shader_operator_at(front, symbols, ops, 2);
        if (op == UINT32_MAX) return e;
        w3di_shader_next(front);
        uint32_t right = w3di_shader_product(front, w3di_shader_read_unary(front));
        e = w3di_shader_binary(front, op, e, right, at);
    }
}

/* A comparison, or what stands alone, after a first operand. */
static inline uint32_t w3di_shader_relation(w3di_shader_front *front, uint32_t e)
{
    static const uint32_t symbols[] = { '<',
                                        '>',
                                        W3DI_SHADER_SYMBOL('<', '='),
                                        W3DI_SHADER_SYMBOL('>', '='),
                                        W3DI_SHADER_SYMBOL('=', '='),
                                        W3DI_SHADER_SYMBOL('!', '=') };
    static const uint8_t ops[] = { W3DI_SHADER_LESS,       W3DI_SHADER_GREATER,
                                   W3DI_SHADER_LESS_EQUAL, W3DI_SHADER_GREATER_EQUAL,
                                   W3DI_SHADER_EQUAL,      W3DI_SHADER_NOT_EQUAL };
    e = w3di_shader_sum(front, e);
    uint32_t at = front->token.at, op = w3di_shader_operator_at(front, symbols, ops, 6);
    if (op == UINT32_MAX) return e;
    w3di_shader_next(front);
    uint32_t right = w3di_shader_sum(front, w3di_shader_read_unary(front));
    return w3di_shader_binary(front, op, e, right, at);
}

static uint32_t w3di_shader_read_expression(w3di_shader_front *front)
{
    static const uint32_t symbols[] = { '&', '|', '^', W3DI_SHADER_SYMBOL('&', '&'),
                                        W3DI_SHADER_SYMBOL('|', '|') };
    static const uint8_t ops[] = { W3DI_SHADER_AND, W3DI_SHADER_OR, W3DI_SHADER_XOR,
                                   W3DI_SHADER_LOGICAL_AND, W3DI_SHADER_LOGICAL_OR };
    if (!w3di_shader_enter(front)) return 0;
    uint32_t e = w3di_shader_read_unary(front),
             op = w3di_shader_operator_at(front, symbols, ops, 3), next;
    if (op != UINT32_MAX) {
        for (next = op; next == op; next = w3di_shader_operator_at(front, symbols, ops, 3)) {
            uint32_t at = front->token.at;
            w3di_shader_next(front);
            e = w3di_shader_binary(front, op, e, w3di_shader_read_unary(front), at);
        }
    } else {
        e = w3di_shader_relation(front, e);
        op = w3di_shader_operator_at(front, symbols + 3, ops + 3, 2);
        for (next = op; op != UINT32_MAX && next == op;
             next = w3di_shader_operator_at(front, symbols + 3, ops + 3, 2)) {
            uint32_t at = front->token.at;
            w3di_shader_next(front);
            uint32_t right = w3di_shader_relation(front, w3di_shader_read_unary(front));
            e = w3di_shader_binary(front, op, e, right, at);
        }
    }
    w3di_shader_leave(front);
    return front->code ? 0 : e;
}

#endif /* W3D_SHADER_EXPRESSION_H */
