/* shader_code_call.h - WGSL's built-in functions as register code; private. Source: WGSL, section 17. */
#ifndef W3D_SHADER_CODE_CALL_H
#define W3D_SHADER_CODE_CALL_H

#include "gpu/shader_code_value.h"

typedef struct w3di_code_arguments {
    uint32_t base[6], rows[6]; /* where each begins, and its components */
    uint32_t count;
} w3di_code_arguments;

static inline uint32_t w3di_code_arg(const w3di_code *c, const w3di_code_arguments *args,
                                     uint32_t k, uint32_t i)
{
    return c->stack[args->base[k] + (args->rows[k] == 1 ? 0 : i)];
}

static inline uint32_t w3di_code_numbered(w3di_code *c, uint32_t op, uint32_t a, uint32_t number)
{
    w3di_code_word word = w3di_code_make(op);
    word.s[0] = (uint16_t)a;
    word.s[1] = (uint16_t)number;
    return w3di_code_emit(c, &word);
}

/* The sum of products of two arguments' components. */
static inline uint32_t w3di_code_dot_of(w3di_code *c, const w3di_code_arguments *args, uint32_t a,
                                        uint32_t b, uint32_t kind)
{
    uint32_t rows = args->rows[a];
    if (kind == W3DI_SHADER_F32) {
        if (rows == 1)
            return w3di_code_op2(c, W3DI_CODE_MULTIPLY, c->stack[args->base[a]],
                                 c->stack[args->base[b]]);
        return w3di_code_dot(c, args->base[a], 1, args->base[b], rows);
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t product = w3di_code_op2(c, W3DI_CODE_I_MULTIPLY, w3di_code_arg(c, args, a, i),
                                         w3di_code_arg(c, args, b, i));
        sum = i ? w3di_code_op2(c, W3DI_CODE_I_ADD, sum, product) : product;
    }
    return sum;
}

/* ---- component by component ---- */

/* One component of a function that works by component; kind: of the first argument. */
static inline uint32_t w3di_code_each(w3di_code *c, uint32_t call, uint32_t kind, uint32_t x,
                                      uint32_t y, uint32_t z)
{
    int real = kind == W3DI_SHADER_F32, is_signed = kind == W3DI_SHADER_I32;
    uint32_t one = 0, t;
    switch ((w3di_shader_call)call) {
    case W3DI_SHADER_CALL_ABS:
        if (!real && !is_signed) return x;
        return w3di_code_op1(c, real ? W3DI_CODE_ABS : W3DI_CODE_I_ABS, x);
    case W3DI_SHADER_CALL_SIGN:
        if (!real && !is_signed) return w3di_code_op2(c, W3DI_CODE_U_MIN, x, w3di_code_bits(c, 1));
        return w3di_code_op1(c, real ? W3DI_CODE_SIGN : W3DI_CODE_I_SIGN, x);
    case W3DI_SHADER_CALL_MIN:
        return w3di_code_op2(c,
                             real        ? W3DI_CODE_MIN
                             : is_signed ? W3DI_CODE_I_MIN
                                         : W3DI_CODE_U_MIN,
                             x, y);
    case W3DI_SHADER_CALL_MAX:
        return w3di_code_op2(c,
                             real        ? W3DI_CODE_MAX
                             : is_signed ? W3DI_CODE_I_MAX
                                         : W3DI_CODE_U_MAX,
                             x, y);
    case W3DI_SHADER_CALL_CLAMP:
        if (real) return w3di_code_op3(c, W3DI_CODE_CLAMP, x, y, z);
        t = w3di_code_op2(c, is_signed ? W3DI_CODE_I_MAX : W3DI_CODE_U_MAX, x, y);
        return w3di_code_op2(c, is_signed ? W3DI_CODE_I_MIN : W3DI_CODE_U_MIN, t, z);
    case W3DI_SHADER_CALL_SATURATE:
        return w3di_code_op3(c, W3DI_CODE_CLAMP, x, w3di_code_bits(c, 0), w3di_code_float(c, 1.0f));
    case W3DI_SHADER_CALL_CEIL: return w3di_code_op1(c, W3DI_CODE_CEIL, x);
    case W3DI_SHADER_CALL_FLOOR: return w3di_code_op1(c, W3DI_CODE_FLOOR, x);
    case W3DI_SHADER_CALL_TRUNC: return w3di_code_op1(c, W3DI_CODE_TRUNCATE, x);
    case W3DI_SHADER_CALL_ROUND: return w3di_code_op1(c, W3DI_CODE_ROUND, x);
    case W3DI_SHADER_CALL_FRACT: return w3di_code_op1(c, W3DI_CODE_FRACT, x);
    case W3DI_SHADER_CALL_SQRT: return w3di_code_op1(c, W3DI_CODE_SQRT, x);
    case W3DI_SHADER_CALL_INVERSE_SQRT: return w3di_code_op1(c, W3DI_CODE_INVERSE_SQRT, x);
    case W3DI_SHADER_CALL_FMA: return w3di_code_op3(c, W3DI_CODE_MULTIPLY_ADD, x, y, z);
    case W3DI_SHADER_CALL_MIX: return w3di_code_op3(c, W3DI_CODE_MIX, x, y, z);
    case W3DI_SHADER_CALL_SELECT: return w3di_code_op3(c, W3DI_CODE_SELECT, z, y, x);
    case W3DI_SHADER_CALL_DEGREES:
        return w3di_code_op2(c, W3DI_CODE_MULTIPLY, x, w3di_code_float(c, 57.295779513f));
    case W3DI_SHADER_CALL_RADIANS:
        return w3di_code_op2(c, W3DI_CODE_MULTIPLY, x, w3di_code_float(c, 0.017453292520f));
    case W3DI_SHADER_CALL_STEP:
        return w3di_code_op2(c, W3DI_CODE_AND, w3di_code_op2(c, W3DI_CODE_LESS_EQUAL, x, y),
                             w3di_code_float(c, 1.0f));
    case W3DI_SHADER_CALL_SMOOTHSTEP: /* t * t * (3 - 2 t), t = saturate((z - x) / (y - x)) */
        one = w3di_code_float(c, 1.0f);
        t = w3di_code_op2(c, W3DI_CODE_DIVIDE, w3di_code_op2(c, W3DI_CODE_SUBTRACT, z, x),
                          w3di_code_op2(c, W3DI_CODE_SUBTRACT, y, x));
        t = w3di_code_op3(c, W3DI_CODE_CLAMP, t, w3di_code_bits(c, 0), one);
        return w3di_code_op2(c, W3DI_CODE_MULTIPLY, w3di_code_op2(c, W3DI_CODE_MULTIPLY, t, t),
                             w3di_code_op3(c, W3DI_CODE_SUBTRACT_PRODUCT, w3di_code_float(c, 2.0f),
                                           t, w3di_code_float(c, 3.0f)));
    case W3DI_SHADER_CALL_DPDX: return w3di_code_op1(c, W3DI_CODE_DPDX, x);
    case W3DI_SHADER_CALL_DPDY: return w3di_code_op1(c, W3DI_CODE_DPDY, x);
    case W3DI_SHADER_CALL_FWIDTH:
        t = w3di_code_op1(c, W3DI_CODE_ABS, w3di_code_op1(c, W3DI_CODE_DPDX, x));
        return w3di_code_op2(c, W3DI_CODE_ADD, t,
                             w3di_code_op1(c, W3DI_CODE_ABS, w3di_code_op1(c, W3DI_CODE_DPDY, x)));
    case W3DI_SHADER_CALL_EXTRACT_BITS:
        return w3di_code_op3(c, is_signed ? W3DI_CODE_EXTRACT_I : W3DI_CODE_EXTRACT_U, x, y, z);
    case W3DI_SHADER_CALL_ATAN2:
    case W3DI_SHADER_CALL_POW: {
        w3di_code_word word = w3di_code_make(W3DI_CODE_FUNCTION2);
        word.s[0] = (uint16_t)x;
        word.s[1] = (uint16_t)y;
        word.s[2] = (uint16_t)call;
        return w3di_code_emit(c, &word);
    }
    case W3DI_SHADER_CALL_FIRST_LEADING_BIT: /* of i32: the highest that is not the sign's */
        if (is_signed) {
            t = w3di_code_numbered(c, W3DI_CODE_I_SHIFT_RIGHT_BY, x, 31);
            x = w3di_code_op2(c, W3DI_CODE_XOR, x, t);
        }
        return w3di_code_numbered(c, W3DI_CODE_FUNCTION, x, call);
    default: return w3di_code_numbered(c, W3DI_CODE_FUNCTION, x, call);
    }
}

/* ---- geometry ---- */

static inline void w3di_code_scaled(w3di_code *c, const w3di_code_arguments *args, uint32_t k,
                                    uint32_t by)
{
    for (uint32_t i = 0; i < args->rows[k]; i++)
        w3di_code_push(c, w3di_code_op2(c, W3DI_CODE_MULTIPLY, w3di_code_arg(c, args, k, i), by));
}

static inline void w3di_code_geometric(w3di_code *c, uint32_t call, const w3di_code_arguments *args,
                                       uint32_t kind)
{
    uint32_t rows = args->rows[0], t, k;
    switch ((w3di_shader_call)call) {
    case W3DI_SHADER_CALL_DOT: w3di_code_push(c, w3di_code_dot_of(c, args, 0, 1, kind)); break;
    case W3DI_SHADER_CALL_DISTANCE:
    case W3DI_SHADER_CALL_LENGTH: {
        w3di_code_arguments difference = *args;
        if (call == W3DI_SHADER_CALL_DISTANCE) {
            difference.base[0] = c->top;
            for (uint32_t i = 0; i < rows; i++)
                w3di_code_push(c, w3di_code_op2(c, W3DI_CODE_SUBTRACT, w3di_code_arg(c, args, 0, i),
                                                w3di_code_arg(c, args, 1, i)));
        }
        if (rows == 1)
            t = w3di_code_op1(c, W3DI_CODE_ABS, w3di_code_arg(c, &difference, 0, 0));
        else
            t = w3di_code_op1(c, W3DI_CODE_SQRT, w3di_code_dot_of(c, &difference, 0, 0, kind));
        if (call == W3DI_SHADER_CALL_DISTANCE && !c->code) c->top = difference.base[0];
        w3di_code_push(c, t);
        break;
    }
    case W3DI_SHADER_CALL_NORMALIZE:
        t = w3di_code_op1(c, W3DI_CODE_INVERSE_SQRT, w3di_code_dot_of(c, args, 0, 0, kind));
        w3di_code_scaled(c, args, 0, t);
        break;
    case W3DI_SHADER_CALL_CROSS:
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t p = (i + 1) % 3, q = (i + 2) % 3;
            t = w3di_code_op2(c, W3DI_CODE_MULTIPLY, w3di_code_arg(c, args, 0, q),
                              w3di_code_arg(c, args, 1, p));
            w3di_code_push(c, w3di_code_op3(c, W3DI_CODE_MULTIPLY_SUBTRACT,
                                            w3di_code_arg(c, args, 0, p),
                                            w3di_code_arg(c, args, 1, q), t));
        }
        break;
    case W3DI_SHADER_CALL_FACE_FORWARD:
        t = w3di_code_op2(c, W3DI_CODE_LESS, w3di_code_dot_of(c, args, 1, 2, kind),
                          w3di_code_bits(c, 0));
        for (uint32_t i = 0; i < rows; i++) {
            uint32_t v = w3di_code_arg(c, args, 0, i);
            w3di_code_push(c, w3di_code_op3(c, W3DI_CODE_SELECT, t, v,
                                            w3di_code_op1(c, W3DI_CODE_NEGATE, v)));
        }
        break;
    case W3DI_SHADER_CALL_REFLECT: /* e1 - 2 dot(e2, e1) e2 */
        t = w3di_code_op2(c, W3DI_CODE_MULTIPLY, w3di_code_float(c, 2.0f),
                          w3di_code_dot_of(c, args, 1, 0, kind));
        for (uint32_t i = 0; i < rows; i++)
            w3di_code_push(c, w3di_code_op3(c, W3DI_CODE_SUBTRACT_PRODUCT, t,
                                            w3di_code_arg(c, args, 1, i),
                                            w3di_code_arg(c, args, 0, i)));
        break;
    default: { /* refract: k = 1 - e3 e3 (1 - d d); e3 e1 - (e3 d + sqrt k) e2, 0 where k < 0 */
        uint32_t one = w3di_code_float(c, 1.0f), zero = w3di_code_bits(c, 0),
                 eta = w3di_code_arg(c, args, 2, 0), d = w3di_code_dot_of(c, args, 1, 0, kind);
        t = w3di_code_op3(c, W3DI_CODE_SUBTRACT_PRODUCT, d, d, one);
        k = w3di_code_op3(c, W3DI_CODE_SUBTRACT_PRODUCT,
                          w3di_code_op2(c, W3DI_CODE_MULTIPLY, eta, eta), t, one);
        t = w3di_code_op3(c, W3DI_CODE_MULTIPLY_ADD, eta, d, w3di_code_op1(c, W3DI_CODE_SQRT, k));
        k = w3di_code_op2(c, W3DI_CODE_LESS, k, zero);
        for (uint32_t i = 0; i < rows; i++) {
            uint32_t v = w3di_code_op2(c, W3DI_CODE_MULTIPLY, eta, w3di_code_arg(c, args, 0, i));
            v = w3di_code_op3(c, W3DI_CODE_SUBTRACT_PRODUCT, t, w3di_code_arg(c, args, 1, i), v);
            w3di_code_push(c, w3di_code_op3(c, W3DI_CODE_SELECT, k, zero, v));
        }
        break;
    }
    }
}

/* a b - c d of components of the matrix at `base`. */
static inline uint32_t w3di_code_minor(w3di_code *c, uint32_t base, const uint8_t *at)
{
    const uint32_t *m = c->stack + base;
    return w3di_code_op3(c, W3DI_CODE_MULTIPLY_SUBTRACT, m[at[0]], m[at[1]],
                         w3di_code_op2(c, W3DI_CODE_MULTIPLY, m[at[2]], m[at[3]]));
}

static inline void w3di_code_determinant(w3di_code *c, uint32_t base, uint32_t rows)
{
    static const uint8_t two[4] = { 0, 3, 2, 1 };
    static const uint8_t three[3][4] = { { 4, 8, 7, 5 }, { 7, 2, 1, 8 }, { 1, 5, 4, 2 } };
    /* Laplace: minors of columns 0, 1 and of columns 2, 3 */
    static const uint8_t left[6][4] = { { 0, 5, 4, 1 }, { 0, 6, 4, 2 }, { 0, 7, 4, 3 },
                                        { 1, 6, 5, 2 }, { 1, 7, 5, 3 }, { 2, 7, 6, 3 } };
    uint32_t sum = 0;
    if (c->code) return;
    if (rows == 2) {
        sum = w3di_code_minor(c, base, two);
    } else if (rows == 3) {
        w3di_code_word word = w3di_code_make(W3DI_CODE_DOT3);
        static const uint8_t with[3] = { 0, 3, 6 };
        for (uint32_t i = 0; i < 3; i++) {
            word.s[2 * i] = (uint16_t)c->stack[base + with[i]];
            word.s[2 * i + 1] = (uint16_t)w3di_code_minor(c, base, three[i]);
        }
        sum = w3di_code_emit(c, &word);
    } else {
        for (uint32_t i = 0; i < 6; i++) {
            uint8_t right[4];
            for (uint32_t k = 0; k < 4; k++) right[k] = (uint8_t)(left[5 - i][k] + 8);
            uint32_t a = w3di_code_minor(c, base, left[i]), b = w3di_code_minor(c, base, right);
            int minus = i == 1 || i == 4;
            if (!i)
                sum = w3di_code_op2(c, W3DI_CODE_MULTIPLY, a, b);
            else
                sum = w3di_code_op3(c, minus ? W3DI_CODE_SUBTRACT_PRODUCT : W3DI_CODE_MULTIPLY_ADD,
                                    a, b, sum);
        }
    }
    w3di_code_push(c, sum);
}

/* ---- textures ---- */

static inline uint32_t w3di_code_handle(w3di_code *c, uint32_t e, uint32_t kind)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    const w3di_shader_global *global = &c->module->globals[x->a];
    if (x->kind != W3DI_SHADER_GLOBAL || w3di_code_type(c, x->type)->kind != kind ||
        global->group < 1 || global->group > 2 || global->binding > 15)
        return w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
    return 16u * (global->group - 1u) + global->binding;
}

static inline void w3di_code_texture(w3di_code *c, const w3di_shader_expression *x, int calls)
{
    uint32_t call = x->b, base = c->top, next = 1, texture, sampler = 0, e, at, depth;
    const uint32_t *arguments = c->module->arguments + x->first_argument;
    const w3di_shader_type *t = w3di_code_type(c, w3di_code_at(c, arguments[0])->type);
    w3di_code_word word = w3di_code_make(W3DI_CODE_SAMPLE);
    for (uint32_t i = 0; i < 5; i++) word.s[i] = W3DI_CODE_NONE;
    texture = w3di_code_handle(c, arguments[0], W3DI_SHADER_TEXTURE);
    if (call <= W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL)
        sampler = w3di_code_handle(c, arguments[next++], W3DI_SHADER_SAMPLER) + 1;
    int sizes = call >= W3DI_SHADER_CALL_TEXTURE_DIMENSIONS;
    if (!sizes) {
        e = arguments[next++];
        at = w3di_code_value(c, e);
        if (calls) w3di_code_keep(c, at);
        word.s[0] = (uint16_t)w3di_code_together(c, at, c->top - at);
        if (t->dimension == W3D_GPU_2D_ARRAY) {
            at = w3di_code_value(c, arguments[next++]);
            if (calls) w3di_code_keep(c, at);
            word.s[1] = (uint16_t)c->stack[at];
        }
    }
    if (call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD) {
        for (uint32_t i = 3; i < 5; i++) {
            at = w3di_code_value(c, arguments[next++]);
            if (calls) w3di_code_keep(c, at);
            word.s[i] = (uint16_t)w3di_code_together(c, at, c->top - at);
        }
    } else if (next < x->argument_count) { /* a level, a bias, a reference */
        e = arguments[next];
        at = w3di_code_single(c, e);
        if (call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL)
            at = w3di_code_convert(c, w3di_code_scalar(c, w3di_code_at(c, e)->type),
                                   W3DI_SHADER_F32, at);
        word.s[2] = (uint16_t)at;
    }
    c->top = base;
    word.s[5] = w3di_code_sample_pack(call, texture, sampler);
    uint32_t dst = w3di_code_block(c, 4, 0);
    word.dst = (uint16_t)dst;
    w3di_code_append(c, &c->body, &word);
    depth = w3di_code_count(c, x->type);
    for (uint32_t i = 0; i < depth && i < 4; i++) w3di_code_push(c, c->code ? 0 : dst + i);
}

/* ---- memory ---- */

static inline void w3di_code_atomic(w3di_code *c, const w3di_shader_expression *x)
{
    const uint32_t *arguments = c->module->arguments + x->first_argument;
    w3di_code_reference r;
    w3di_code_word word = w3di_code_make(W3DI_CODE_ATOMIC);
    w3di_code_refer(c, arguments[0], &r);
    if (c->code) return;
    if (!r.memory) {
        w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
        return;
    }
    word.s[1] = (uint16_t)(x->argument_count > 1 ? w3di_code_single(c, arguments[1])
                                                 : w3di_code_bits(c, 0));
    word.s[0] = (uint16_t)(r.moving == W3DI_CODE_NONE ? w3di_code_bits(c, 0) : r.moving);
    word.s[2] = (uint16_t)r.buffer;
    w3di_code_number_set(&word, 3, r.offset);
    uint32_t call = x->b, is_signed = 0;
    if (x->argument_count > 1)
        is_signed = w3di_code_type(c, w3di_code_at(c, arguments[1])->type)->kind == W3DI_SHADER_I32;
    word.s[5] = (uint16_t)(call | is_signed << 8);
    word.dst = (uint16_t)w3di_code_block(c, 1, 0);
    w3di_code_append(c, &c->body, &word);
    if (call != W3DI_SHADER_CALL_ATOMIC_STORE) w3di_code_push(c, word.dst);
}

static inline void w3di_code_array_length(w3di_code *c, const w3di_shader_expression *x)
{
    w3di_code_reference r;
    w3di_code_word word = w3di_code_make(W3DI_CODE_LENGTH);
    uint32_t e = c->module->arguments[x->first_argument];
    const w3di_shader_type *pointer = w3di_code_type(c, w3di_code_at(c, e)->type);
    w3di_code_refer(c, e, &r);
    if (c->code || !r.memory) {
        w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
        return;
    }
    word.s[0] = (uint16_t)r.buffer;
    w3di_code_number_set(&word, 2, r.offset);
    w3di_code_number_set(&word, 4, w3di_code_type(c, pointer->element)->stride);
    w3di_code_push(c, w3di_code_emit(c, &word));
}

/* ---- the call ---- */

static inline void w3di_code_apply(w3di_code *c, const w3di_shader_expression *x,
                                   const w3di_code_arguments *args)
{
    uint32_t call = x->b, rows = w3di_code_count(c, x->type), v;
    uint32_t first = c->module->arguments[x->first_argument];
    const w3di_shader_type *t = w3di_code_type(c, w3di_code_at(c, first)->type);
    uint32_t kind = w3di_code_scalar(c, w3di_code_at(c, first)->type);
    w3di_code_word word;
    if (c->code) return;
    switch ((w3di_shader_call)call) {
    case W3DI_SHADER_CALL_CROSS:
    case W3DI_SHADER_CALL_DISTANCE:
    case W3DI_SHADER_CALL_DOT:
    case W3DI_SHADER_CALL_FACE_FORWARD:
    case W3DI_SHADER_CALL_LENGTH:
    case W3DI_SHADER_CALL_NORMALIZE:
    case W3DI_SHADER_CALL_REFLECT:
    case W3DI_SHADER_CALL_REFRACT: w3di_code_geometric(c, call, args, kind); break;
    case W3DI_SHADER_CALL_DETERMINANT: w3di_code_determinant(c, args->base[0], t->rows); break;
    case W3DI_SHADER_CALL_TRANSPOSE:
        for (uint32_t i = 0; i < t->rows; i++)
            for (uint32_t k = 0; k < t->columns; k++)
                w3di_code_push(c, c->stack[args->base[0] + k * t->rows + i]);
        break;
    case W3DI_SHADER_CALL_ALL:
    case W3DI_SHADER_CALL_ANY:
        v = c->stack[args->base[0]];
        for (uint32_t i = 1; i < args->rows[0]; i++)
            v = w3di_code_op2(c, call == W3DI_SHADER_CALL_ALL ? W3DI_CODE_AND : W3DI_CODE_OR, v,
                              c->stack[args->base[0] + i]);
        w3di_code_push(c, v);
        break;
    case W3DI_SHADER_CALL_PACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_PACK_2X16_UNORM:
    case W3DI_SHADER_CALL_PACK_2X16_SNORM:
    case W3DI_SHADER_CALL_PACK_4X8_UNORM:
    case W3DI_SHADER_CALL_PACK_4X8_SNORM:
        word = w3di_code_make(W3DI_CODE_PACK);
        for (uint32_t i = 0; i < 4; i++)
            word.s[i] = (uint16_t)c->stack[args->base[0] + i % args->rows[0]];
        word.s[4] = (uint16_t)call;
        w3di_code_push(c, w3di_code_emit(c, &word));
        break;
    case W3DI_SHADER_CALL_UNPACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_UNPACK_2X16_UNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_SNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_UNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_SNORM:
        for (uint32_t i = 0; i < rows; i++) {
            word = w3di_code_make(W3DI_CODE_UNPACK);
            word.s[0] = (uint16_t)c->stack[args->base[0]];
            word.s[1] = (uint16_t)call;
            word.s[2] = (uint16_t)i;
            w3di_code_push(c, w3di_code_emit(c, &word));
        }
        break;
    case W3DI_SHADER_CALL_INSERT_BITS:
        for (uint32_t i = 0; i < rows; i++) {
            word = w3di_code_make(W3DI_CODE_INSERT);
            for (uint32_t k = 0; k < 4; k++) word.s[k] = (uint16_t)w3di_code_arg(c, args, k, i);
            w3di_code_push(c, w3di_code_emit(c, &word));
        }
        break;
    default:
        for (uint32_t i = 0; i < rows; i++)
            w3di_code_push(c, w3di_code_each(c, call, kind, w3di_code_arg(c, args, 0, i),
                                             args->count > 1 ? w3di_code_arg(c, args, 1, i) : 0,
                                             args->count > 2 ? w3di_code_arg(c, args, 2, i) : 0));
        break;
    }
}

static uint32_t w3di_code_builtin(w3di_code *c, uint32_t e)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    uint32_t base = c->top, call = x->b;
    w3di_code_arguments args;
    if (call >= W3DI_SHADER_CALL_WORKGROUP_BARRIER) {
        w3di_code_do(c, W3DI_CODE_BARRIER, 0, 0, 0);
        c->has_barrier = 1;
        return base;
    }
    if (call >= W3DI_SHADER_CALL_ATOMIC_LOAD) {
        w3di_code_atomic(c, x);
        return base;
    }
    if (call == W3DI_SHADER_CALL_ARRAY_LENGTH) {
        w3di_code_array_length(c, x);
        return base;
    }
    if (call >= W3DI_SHADER_CALL_TEXTURE_SAMPLE) {
        w3di_code_texture(c, x, c->calls[e] & W3DI_CODE_CALLS);
        return base;
    }
    args.count = x->argument_count;
    if (!args.count || args.count > 4) return w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
    for (uint32_t i = 0; i < args.count; i++) {
        args.base[i] = w3di_code_value(c, c->module->arguments[x->first_argument + i]);
        args.rows[i] = c->top - args.base[i];
        if (c->calls[e] & W3DI_CODE_CALLS) w3di_code_keep(c, args.base[i]);
    }
    uint32_t end = c->top;
    if (c->code) return base;
    w3di_code_apply(c, x, &args);
    return w3di_code_slice(c, base, end, c->code ? 0 : c->top - end);
}

#endif /* W3D_SHADER_CODE_CALL_H */
