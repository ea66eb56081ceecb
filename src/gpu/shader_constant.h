/* shader_constant.h - literals, implicit conversions, and arithmetic on constants; private.
 *
 * A constant expression is a LITERAL, or a CONSTRUCT of such (its `op` is 1): of vectors one literal a
 * component, of matrices one vector a column. Abstract numbers, 64-bit integers and doubles, occur in
 * such expressions only and take up `a` (low) and `b` (high); they are gone after w3di_shader_convert.
 * Source: WGSL, sections 6.1.2 (conversion ranks) and 8.7 (overflow in constant expressions). */
#ifndef W3D_SHADER_CONSTANT_H
#define W3D_SHADER_CONSTANT_H

#include "gpu/shader_types.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

typedef struct w3di_shader_number {
    int64_t whole; /* of bool, i32, u32 and abstract integers */
    double real;   /* of f32 and abstract floats */
} w3di_shader_number;

static inline int w3di_shader_is_constant(const w3di_shader_front *front, uint32_t e)
{
    const w3di_shader_expression *x = w3di_shader_at(front, e);
    return x->kind == W3DI_SHADER_LITERAL || (x->kind == W3DI_SHADER_CONSTRUCT && x->op == 1);
}

static inline w3di_shader_number w3di_shader_number_of(const w3di_shader_front *front,
                                                       uint32_t literal)
{
    const w3di_shader_expression *x = w3di_shader_at(front, literal);
    w3di_shader_number number = { 0, 0 };
    uint64_t bits = (uint64_t)x->b << 32 | x->a;
    if (x->type == W3DI_SHADER_TYPE_FLOAT)
        w3d_copy(&number.real, &bits, 8);
    else if (x->type == W3DI_SHADER_TYPE_INT)
        number.whole = (int64_t)bits;
    else if (x->type == W3DI_SHADER_TYPE_F32)
        number.real = (double)w3d_f32_from_bits(x->bits);
    else if (x->type == W3DI_SHADER_TYPE_I32)
        number.whole = (int32_t)x->bits;
    else
        number.whole = (int64_t)x->bits;
    return number;
}

/* A literal of a scalar type; a number outside it is an error. */
static inline uint32_t w3di_shader_literal(w3di_shader_front *front, uint32_t type,
                                           w3di_shader_number number, uint32_t at)
{
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_LITERAL, type, at);
    uint64_t bits = (uint64_t)number.whole;
    if (!e) return 0;
    w3di_shader_expression *x = w3di_shader_at(front, e);
    if (w3di_shader_is_real(type) &&
        !(number.real >= -1.7976931348623157e308 && number.real <= 1.7976931348623157e308))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a constant that is infinite or no number");
    if (type == W3DI_SHADER_TYPE_FLOAT) w3d_copy(&bits, &number.real, 8);
    x->a = (uint32_t)bits;
    x->b = (uint32_t)(bits >> 32);
    if (w3di_shader_is_abstract(type)) return e;
    x->a = x->b = 0;
    if (type == W3DI_SHADER_TYPE_F32) {
        if (number.real >= 3.4028235677973366e38 || number.real <= -3.4028235677973366e38)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "a constant outside the range of f32");
        x->bits = w3d_bits_f32((float)number.real);
    } else {
        if ((type == W3DI_SHADER_TYPE_I32 &&
             (number.whole > INT32_MAX || number.whole < INT32_MIN)) ||
            (type == W3DI_SHADER_TYPE_U32 &&
             (number.whole < 0 || number.whole > (int64_t)UINT32_MAX)))
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "a constant outside the range of its integer type");
        x->bits = type == W3DI_SHADER_TYPE_BOOL ? number.whole != 0 : (uint32_t)bits;
    }
    return e;
}

static inline uint32_t w3di_shader_whole(w3di_shader_front *front, uint32_t type, int64_t whole,
                                         uint32_t at)
{
    w3di_shader_number number = { whole, (double)whole };
    return w3di_shader_literal(front, type, number, at);
}

/* A CONSTRUCT of what was pushed since `base`. */
static inline uint32_t w3di_shader_construct(w3di_shader_front *front, uint32_t type, uint32_t base,
                                             uint32_t at)
{
    int constant = 1; /* without arguments too: the zero value */
    for (uint32_t i = base; i < front->stack_count && constant; i++)
        constant = w3di_shader_is_constant(front, front->stack[i]);
    uint32_t count, first = w3di_shader_gather(front, base, &count);
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_CONSTRUCT, type, at);
    if (!e) return 0;
    w3di_shader_expression *x = w3di_shader_at(front, e);
    x->first_argument = first;
    x->argument_count = count;
    x->op = (uint8_t)constant;
    return w3di_shader_deepen(front, e);
}

static inline uint32_t w3di_shader_argument(const w3di_shader_front *front, uint32_t e, uint32_t i)
{
    return front->module->arguments[w3di_shader_at(front, e)->first_argument + i];
}

/* The same constant as it is used at another place. */
static inline uint32_t w3di_shader_constant_at(w3di_shader_front *front, uint32_t constant,
                                               uint32_t at)
{
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_LITERAL, 0, at);
    if (!e) return 0;
    *w3di_shader_at(front, e) = *w3di_shader_at(front, constant);
    w3di_shader_at(front, e)->at = at;
    return e;
}

/* Component i of a constant scalar or vector. */
static inline uint32_t w3di_shader_component(const w3di_shader_front *front, uint32_t e, uint32_t i)
{
    return w3di_shader_at(front, e)->kind == W3DI_SHADER_LITERAL
               ? e
               : w3di_shader_argument(front, e, i);
}

/* The zero value, written out for scalars, vectors and matrices, so that it counts as constant. */
static inline uint32_t w3di_shader_zero(w3di_shader_front *front, uint32_t type, uint32_t at)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, type);
    if (type >= W3DI_SHADER_TYPE_BOOL && type <= W3DI_SHADER_TYPE_FLOAT)
        return w3di_shader_whole(front, type, 0, at);
    uint32_t base = front->stack_count;
    if (t.kind == W3DI_SHADER_VECTOR)
        for (uint32_t i = 0; i < t.rows; i++)
            w3di_shader_push(front, w3di_shader_whole(front, t.element, 0, at));
    if (t.kind == W3DI_SHADER_MATRIX)
        for (uint32_t i = 0; i < t.columns; i++)
            w3di_shader_push(front,
                             w3di_shader_zero(front, w3di_shader_vector(t.element, t.rows), at));
    return w3di_shader_construct(front, type, base,
                                 at); /* without arguments: of arrays and structs */
}

/* Element i of a constant composite. */
static inline uint32_t w3di_shader_part(w3di_shader_front *front, uint32_t e, uint32_t i)
{
    const w3di_shader_expression x = *w3di_shader_at(front, e);
    return x.argument_count
               ? w3di_shader_argument(front, e, i)
               : w3di_shader_zero(front, w3di_shader_part_type(front, x.type, i), x.at);
}

/* ---- conversions ---- */

/* 1 where a value of `from` becomes one of `to` by itself: the same type, or abstract to wider. */
static inline int w3di_shader_converts(const w3di_shader_front *front, uint32_t from, uint32_t to)
{
    if (from == to) return 1;
    const w3di_shader_type *a = w3di_shader_type_at(front, from),
                           *b = w3di_shader_type_at(front, to);
    uint32_t s = w3di_shader_scalar(front, from), d = w3di_shader_scalar(front, to);
    if (a->kind == W3DI_SHADER_ARRAY && b->kind == W3DI_SHADER_ARRAY)
        return (a->flags & W3DI_SHADER_IS_ABSTRACT) && a->count == b->count &&
               w3di_shader_converts(front, a->element, b->element);
    if (!s || !d || (a->kind == W3DI_SHADER_MATRIX) != (b->kind == W3DI_SHADER_MATRIX) ||
        a->rows != b->rows || a->columns != b->columns)
        return 0;
    if (s == W3DI_SHADER_TYPE_INT) return d != W3DI_SHADER_TYPE_BOOL;
    return s == d || (s == W3DI_SHADER_TYPE_FLOAT && d == W3DI_SHADER_TYPE_F32);
}

/* The expression as one of type `to`; an error where that is no implicit conversion. */
static inline uint32_t w3di_shader_convert(w3di_shader_front *front, uint32_t e, uint32_t to)
{
    uint32_t from = w3di_shader_type_of(front, e), at = w3di_shader_at(front, e)->at;
    if (front->code || from == to) return e;
    if (!w3di_shader_converts(front, from, to))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a value of another type is wanted here");
    if (w3di_shader_at(front, e)->kind == W3DI_SHADER_LITERAL) {
        w3di_shader_number number = w3di_shader_number_of(front, e);
        if (from == W3DI_SHADER_TYPE_INT) number.real = (double)number.whole;
        return w3di_shader_literal(front, to, number, at);
    }
    uint32_t base = front->stack_count, count = w3di_shader_at(front, e)->argument_count;
    for (uint32_t i = 0; i < count && !front->code; i++)
        w3di_shader_push(front, w3di_shader_convert(front, w3di_shader_argument(front, e, i),
                                                    w3di_shader_part_type(front, to, i)));
    return w3di_shader_construct(front, to, base, at);
}

static inline uint32_t w3di_shader_make_concrete(w3di_shader_front *front, uint32_t e)
{
    uint32_t type = w3di_shader_concrete(front, w3di_shader_type_of(front, e));
    return w3di_shader_convert(front, e, type);
}

/* An explicit conversion of a constant scalar, as in u32(x): between all scalar types. */
static inline uint32_t w3di_shader_cast(w3di_shader_front *front, uint32_t literal, uint32_t to,
                                        uint32_t at)
{
    uint32_t from = w3di_shader_type_of(front, literal);
    w3di_shader_number n = w3di_shader_number_of(front, literal);
    if (w3di_shader_is_real(from)) {
        double x = n.real;
        n.whole = x != 0;
        if (to == W3DI_SHADER_TYPE_I32)
            n.whole = x <= -2147483648.0 ? INT32_MIN : x >= 2147483647.0 ? INT32_MAX : (int64_t)x;
        if (to == W3DI_SHADER_TYPE_U32)
            n.whole = x <= 0 ? 0 : x >= 4294967295.0 ? (int64_t)UINT32_MAX : (int64_t)x;
    } else {
        n.real = (double)n.whole;
        if (from != W3DI_SHADER_TYPE_INT && to == W3DI_SHADER_TYPE_U32)
            n.whole = (int64_t)(uint32_t)n.whole;
        if (from != W3DI_SHADER_TYPE_INT && to == W3DI_SHADER_TYPE_I32)
            n.whole = (int32_t)(uint32_t)n.whole;
    }
    if (to == W3DI_SHADER_TYPE_BOOL)
        n.whole = w3di_shader_is_real(from) ? n.real != 0 : n.whole != 0;
    return w3di_shader_literal(front, to, n, at);
}

/* ---- arithmetic ---- */

static inline int64_t w3di_shader_wrap(uint32_t type, uint64_t bits)
{
    return type == W3DI_SHADER_TYPE_I32   ? (int64_t)(int32_t)(uint32_t)bits
           : type == W3DI_SHADER_TYPE_U32 ? (int64_t)(uint32_t)bits
                                          : (int64_t)bits;
}

/* a op b of two integers of a type; 0 where WGSL makes it an error. */
static inline int w3di_shader_fold_whole(uint32_t op, uint32_t type, int64_t a, int64_t b,
                                         int64_t *out)
{
    int64_t most = type == W3DI_SHADER_TYPE_I32   ? INT32_MAX
                   : type == W3DI_SHADER_TYPE_U32 ? (int64_t)UINT32_MAX
                                                  : INT64_MAX;
    int64_t least = type == W3DI_SHADER_TYPE_I32   ? INT32_MIN
                    : type == W3DI_SHADER_TYPE_U32 ? 0
                                                   : INT64_MIN;
    int wraps = type != W3DI_SHADER_TYPE_INT; /* those without a type must fit */
    switch (op) {
    case W3DI_SHADER_ADD:
        if (!wraps && ((b > 0 && a > most - b) || (b < 0 && a < least - b))) return 0;
        *out = w3di_shader_wrap(type, (uint64_t)a + (uint64_t)b);
        return 1;
    case W3DI_SHADER_SUBTRACT:
        if (!wraps && ((b < 0 && a > most + b) || (b > 0 && a < least + b))) return 0;
        *out = w3di_shader_wrap(type, (uint64_t)a - (uint64_t)b);
        return 1;
    case W3DI_SHADER_MULTIPLY:
        /* By the limits divided: from a product divided back clang makes 128-bit arithmetic, which
         * freestanding wasm has not. */
        if (!wraps && a && b &&
            (a > 0 ? (b > 0 ? a > most / b : b < least / a)
                   : (b > 0 ? a < least / b : a < most / b)))
            return 0;
        *out = w3di_shader_wrap(type, (uint64_t)a * (uint64_t)b);
        return 1;
    case W3DI_SHADER_DIVIDE:
        if (!b || (b == -1 && a == least)) return 0;
        *out = a / b;
        return 1;
    case W3DI_SHADER_REMAINDER:
        if (!b || (b == -1 && a == least)) return 0;
        *out = a % b;
        return 1;
    case W3DI_SHADER_AND: *out = a & b; return 1;
    case W3DI_SHADER_OR: *out = a | b; return 1;
    case W3DI_SHADER_XOR: *out = a ^ b; return 1;
    case W3DI_SHADER_SHIFT_LEFT:
        if (b < 0 || b >= (type == W3DI_SHADER_TYPE_INT ? 64 : 32)) return 0;
        *out = w3di_shader_wrap(type, (uint64_t)a << b);
        return *out >> b == a;
    case W3DI_SHADER_SHIFT_RIGHT:
        if (b < 0 || b >= (type == W3DI_SHADER_TYPE_INT ? 64 : 32)) return 0;
        *out = a >> b;
        return 1;
    default: return 0;
    }
}

/* The floor of a / b towards zero, for float remainders: exact for quotients below 2^53. */
static inline double w3di_shader_truncate(double x)
{
    return x > -9007199254740992.0 && x < 9007199254740992.0 ? (double)(int64_t)x : x;
}

/* One component of a binary operation on constants of the same scalar type; a literal of `result`. */
W3D_STRICT uint32_t w3di_shader_fold_scalar(w3di_shader_front *front, uint32_t op, uint32_t a,
                                            uint32_t b, uint32_t result, uint32_t at)
{
    uint32_t type = w3di_shader_type_of(front, a);
    w3di_shader_number x = w3di_shader_number_of(front, a), y = w3di_shader_number_of(front, b),
                       out = { 0, 0 };
    int real = w3di_shader_is_real(type), good = 1;
    switch (op) {
    case W3DI_SHADER_EQUAL: out.whole = real ? x.real == y.real : x.whole == y.whole; break;
    case W3DI_SHADER_NOT_EQUAL: out.whole = real ? x.real != y.real : x.whole != y.whole; break;
    case W3DI_SHADER_LESS: out.whole = real ? x.real < y.real : x.whole < y.whole; break;
    case W3DI_SHADER_LESS_EQUAL: out.whole = real ? x.real <= y.real : x.whole <= y.whole; break;
    case W3DI_SHADER_GREATER: out.whole = real ? x.real > y.real : x.whole > y.whole; break;
    case W3DI_SHADER_GREATER_EQUAL: out.whole = real ? x.real >= y.real : x.whole >= y.whole; break;
    case W3DI_SHADER_LOGICAL_AND: out.whole = x.whole && y.whole; break;
    case W3DI_SHADER_LOGICAL_OR: out.whole = x.whole || y.whole; break;
    default:
        if (!real) {
            good = w3di_shader_fold_whole(op, type, x.whole, y.whole, &out.whole);
        } else if (type == W3DI_SHADER_TYPE_F32) {
            float p = (float)x.real, q = (float)y.real;
            float r = op == W3DI_SHADER_ADD        ? p + q
                      : op == W3DI_SHADER_SUBTRACT ? p - q
                      : op == W3DI_SHADER_MULTIPLY ? p * q
                      : q == 0                     ? 0
                      : op == W3DI_SHADER_DIVIDE
                          ? p / q
                          : (float)(x.real - y.real * w3di_shader_truncate(x.real / y.real));
            good = !(q == 0 && (op == W3DI_SHADER_DIVIDE || op == W3DI_SHADER_REMAINDER));
            out.real = (double)r;
        } else {
            double p = x.real, q = y.real;
            out.real = op == W3DI_SHADER_ADD        ? p + q
                       : op == W3DI_SHADER_SUBTRACT ? p - q
                       : op == W3DI_SHADER_MULTIPLY ? p * q
                       : q == 0                     ? 0
                       : op == W3DI_SHADER_DIVIDE   ? p / q
                                                    : p - q * w3di_shader_truncate(p / q);
            good = !(q == 0 && (op == W3DI_SHADER_DIVIDE || op == W3DI_SHADER_REMAINDER));
        }
    }
    if (!good)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a constant expression overflows or divides by zero");
    return w3di_shader_literal(front, result, out, at);
}

/* A binary operation on constant scalars and vectors, a scalar standing for all components. */
static inline uint32_t w3di_shader_fold_binary(w3di_shader_front *front, uint32_t op, uint32_t a,
                                               uint32_t b, uint32_t result, uint32_t at)
{
    uint32_t rows = w3di_shader_rows(front, result), scalar = w3di_shader_scalar(front, result),
             base = front->stack_count;
    if (rows == 1) return w3di_shader_fold_scalar(front, op, a, b, result, at);
    for (uint32_t i = 0; i < rows && !front->code; i++)
        w3di_shader_push(front,
                         w3di_shader_fold_scalar(front, op, w3di_shader_component(front, a, i),
                                                 w3di_shader_component(front, b, i), scalar, at));
    return w3di_shader_construct(front, result, base, at);
}

static inline uint32_t w3di_shader_fold_unary(w3di_shader_front *front, uint32_t op, uint32_t a,
                                              uint32_t at)
{
    uint32_t type = w3di_shader_type_of(front, a), rows = w3di_shader_rows(front, type);
    uint32_t scalar = w3di_shader_scalar(front, type), base = front->stack_count, e = 0;
    for (uint32_t i = 0; i < rows && !front->code; i++) {
        w3di_shader_number n = w3di_shader_number_of(front, w3di_shader_component(front, a, i));
        if (op == W3DI_SHADER_NOT) n.whole = !n.whole;
        if (op == W3DI_SHADER_COMPLEMENT) n.whole = w3di_shader_wrap(scalar, ~(uint64_t)n.whole);
        if (op == W3DI_SHADER_NEGATE && !w3di_shader_is_real(scalar)) {
            if (n.whole == INT64_MIN || (scalar == W3DI_SHADER_TYPE_I32 && n.whole == INT32_MIN))
                return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                        "a constant expression overflows");
            n.whole = -n.whole;
        }
        if (op == W3DI_SHADER_NEGATE) n.real = -n.real;
        e = w3di_shader_literal(front, scalar, n, at);
        if (rows > 1) w3di_shader_push(front, e);
    }
    return rows == 1 ? e : w3di_shader_construct(front, type, base, at);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_SHADER_CONSTANT_H */
