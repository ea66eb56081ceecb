/* shader_code_value.h - references and operators as register code; private.
 *
 * w3di_code_value pushes the components of an expression and gives where they begin. After an error
 * what stands there is register 0, and nothing more is emitted. */
#ifndef W3D_SHADER_CODE_VALUE_H
#define W3D_SHADER_CODE_VALUE_H

#include "gpu/shader_code_plan.h"

static uint32_t w3di_code_value(w3di_code *c, uint32_t e);
static uint32_t w3di_code_builtin(w3di_code *c, uint32_t e);  /* shader_code_call.h */
static uint32_t w3di_code_inline(w3di_code *c, uint32_t e);   /* shader_code_statement.h */
static uint32_t w3di_code_shortcut(w3di_code *c, uint32_t e); /* the same */

static inline uint32_t w3di_code_single(w3di_code *c, uint32_t e)
{
    uint32_t base = w3di_code_value(c, e), v = c->code ? 0 : c->stack[base];
    c->top = base;
    return v;
}

/* Takes `count` components from `first` on to `base`, and drops the rest. */
static inline uint32_t w3di_code_slice(w3di_code *c, uint32_t base, uint32_t first, uint32_t count)
{
    if (c->code) return base;
    for (uint32_t i = 0; i < count; i++) c->stack[base + i] = c->stack[first + i];
    c->top = base + count;
    return base;
}

/* The first of registers side by side that hold `count` components from `base` on. */
static inline uint32_t w3di_code_together(w3di_code *c, uint32_t base, uint32_t count)
{
    uint32_t first = c->stack[base], i = 1;
    if (c->code) return 0;
    while (i < count && c->stack[base + i] == first + i &&
           c->virtuals[first + i].block == c->virtuals[first].block)
        i++;
    if (i == count) return first;
    for (i = 0; i < count && w3di_code_is(c, c->stack[base + i], W3DI_CODE_FIXED);) i++;
    int fixed = i == count; /* a table of constants is made once */
    first = w3di_code_block(c, count, fixed ? W3DI_CODE_FIXED : W3DI_CODE_CHANGES);
    for (i = 0; i < count && !c->code; i++) {
        w3di_code_word word = w3di_code_make(W3DI_CODE_MOVE);
        word.dst = (uint16_t)(first + i);
        word.s[0] = (uint16_t)c->stack[base + i];
        w3di_code_append(c, fixed ? &c->head : &c->body, &word);
    }
    return first;
}

/* ---- references ---- */

/* An index as a number of steps of `step`, at most `count` - 1 of them; NONE where it is known. */
static inline uint32_t w3di_code_steps(w3di_code *c, uint32_t e, uint32_t count, uint32_t step,
                                       uint32_t *offset)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    if (x->kind == W3DI_SHADER_LITERAL) {
        *offset += (x->bits < count ? x->bits : count - 1) * step;
        return W3DI_CODE_NONE;
    }
    uint32_t v =
        w3di_code_op2(c, W3DI_CODE_U_MIN, w3di_code_single(c, e), w3di_code_bits(c, count - 1));
    if (step == 1) return v;
    if (step & (step - 1))
        return w3di_code_op2(c, W3DI_CODE_I_MULTIPLY, v, w3di_code_bits(c, step));
    w3di_code_word word = w3di_code_make(W3DI_CODE_SHIFT_LEFT_BY);
    word.s[0] = (uint16_t)v;
    word.s[1] = (uint16_t)w3d_bits_trailing_zeros(step);
    return w3di_code_emit(c, &word);
}

static inline void w3di_code_move_by(w3di_code *c, w3di_code_reference *reference, uint32_t v)
{
    if (v == W3DI_CODE_NONE) return;
    reference->moving = reference->moving == W3DI_CODE_NONE
                            ? v
                            : w3di_code_op2(c, W3DI_CODE_I_ADD, reference->moving, v);
}

static inline void w3di_code_global(w3di_code *c, uint32_t g, w3di_code_reference *r)
{
    const w3di_shader_global *global = &c->module->globals[g];
    r->memory = 1;
    switch (global->space) {
    case W3DI_SHADER_PRIVATE:
        r->memory = 0;
        r->pinned = 1;
        r->region = c->entry_region;
        r->slot = c->globals[g];
        if (c->components[global->type] > W3DI_CODE_MOST_COMPONENTS)
            w3di_code_fail(c, W3D_ERR_LIMIT);
        break;
    case W3DI_SHADER_WORKGROUP:
        r->buffer = W3DI_CODE_WORKGROUP;
        r->offset = c->workgroup[g];
        break;
    case W3DI_SHADER_UNIFORM:
    case W3DI_SHADER_STORAGE:
        r->buffer = global->group ? 2u + 16u * (global->group - 1u) + global->binding
                                  : (uint32_t)global->binding;
        r->fixed = !global->write;
        if (global->group > 2 || global->binding > (global->group ? 15 : 1))
            w3di_code_fail(c, W3D_ERR_LIMIT);
        break;
    default: w3di_code_fail(c, W3D_ERR_UNSUPPORTED); break;
    }
}

static inline const w3di_code_binding *w3di_code_bound(w3di_code *c, uint32_t local)
{
    return &c->bindings[c->frame.bindings + local -
                        c->module->functions[c->frame.function].first_local];
}

static inline void w3di_code_index(w3di_code *c, const w3di_shader_expression *x,
                                   w3di_code_reference *r)
{
    const w3di_shader_type *t = w3di_code_type(c, w3di_code_at(c, x->a)->type);
    uint32_t count = t->kind == W3DI_SHADER_ARRAY    ? t->count
                     : t->kind == W3DI_SHADER_MATRIX ? t->columns
                                                     : t->rows;
    if (!r->memory) {
        uint32_t step = w3di_code_count(c, x->type);
        w3di_code_move_by(c, r, w3di_code_steps(c, x->b, count, step, &r->offset));
        return;
    }
    uint32_t stride = t->kind == W3DI_SHADER_VECTOR ? 4 : t->stride;
    if (count) {
        w3di_code_move_by(c, r, w3di_code_steps(c, x->b, count, stride, &r->offset));
        return;
    }
    w3di_code_word word = w3di_code_make(W3DI_CODE_ROW);
    word.s[0] = (uint16_t)w3di_code_single(c, x->b);
    word.s[1] = (uint16_t)r->buffer;
    w3di_code_number_set(&word, 2, r->offset);
    w3di_code_number_set(&word, 4, stride);
    w3di_code_move_by(c, r, w3di_code_emit(c, &word));
}

static inline void w3di_code_refer(w3di_code *c, uint32_t e, w3di_code_reference *r)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    if (c->nesting >= W3DI_CODE_MOST_DEPTH || ++c->work > W3DI_CODE_MOST_WORK)
        w3di_code_fail(c, W3D_ERR_LIMIT);
    if (c->code) return;
    c->nesting++;
    switch (x->kind) {
    case W3DI_SHADER_GLOBAL:
        w3d_fill(r, 0, sizeof *r);
        r->moving = W3DI_CODE_NONE;
        w3di_code_global(c, x->a, r);
        break;
    case W3DI_SHADER_LOCAL: {
        const w3di_code_binding *binding = w3di_code_bound(c, x->a);
        if (w3di_code_type(c, c->module->locals[x->a].type)->kind == W3DI_SHADER_POINTER) {
            *r = binding->reference;
            break;
        }
        w3d_fill(r, 0, sizeof *r);
        r->moving = W3DI_CODE_NONE;
        r->slot = binding->slot;
        r->region = binding->region;
        r->pinned = binding->pinned;
        break;
    }
    case W3DI_SHADER_MEMBER: {
        w3di_code_refer(c, x->a, r);
        const w3di_shader_type *t = w3di_code_type(c, w3di_code_at(c, x->a)->type);
        if (r->memory) r->offset += c->module->members[t->first + x->b].offset;
        for (uint32_t i = 0; !r->memory && i < x->b; i++)
            r->offset += w3di_code_count(c, c->module->members[t->first + i].type);
        break;
    }
    case W3DI_SHADER_INDEX:
        w3di_code_refer(c, x->a, r);
        if (!c->code) w3di_code_index(c, x, r);
        break;
    case W3DI_SHADER_SWIZZLE:
        w3di_code_refer(c, x->a, r);
        r->offset += (x->bits & 3u) * (r->memory ? 4u : 1u);
        break;
    case W3DI_SHADER_ADDRESS:
    case W3DI_SHADER_DEREFERENCE: w3di_code_refer(c, x->a, r); break;
    default: w3di_code_fail(c, W3D_ERR_UNSUPPORTED); break;
    }
    c->nesting--;
}

/* One number of a buffer, `offset` bytes from its beginning and more where the reference moves. */
static inline uint32_t w3di_code_read(w3di_code *c, const w3di_code_reference *r, uint32_t offset)
{
    int still = r->moving == W3DI_CODE_NONE;
    w3di_code_word word = w3di_code_make(!r->fixed ? W3DI_CODE_GATHER_FRESH
                                         : still   ? W3DI_CODE_UNIFORM
                                                   : W3DI_CODE_GATHER);
    if (!r->fixed && still)
        word.s[0] = (uint16_t)w3di_code_bits(c, 0);
    else if (!still)
        word.s[0] = (uint16_t)r->moving;
    if (r->fixed && still)
        word.s[0] = (uint16_t)r->buffer;
    else
        word.s[1] = (uint16_t)r->buffer;
    w3di_code_number_set(&word, 2, offset);
    return w3di_code_emit(c, &word);
}

/* Calls `each` for the components of a type in a buffer, in order, with their offsets. */
static inline void w3di_code_spread(w3di_code *c, const w3di_code_reference *r, uint32_t type,
                                    uint32_t offset, uint32_t *value)
{
    const w3di_shader_type *t = w3di_code_type(c, type);
    if (c->code) return;
    switch (t->kind) {
    case W3DI_SHADER_VECTOR:
    case W3DI_SHADER_MATRIX:
    case W3DI_SHADER_ARRAY: {
        uint32_t count = t->kind == W3DI_SHADER_VECTOR   ? t->rows
                         : t->kind == W3DI_SHADER_MATRIX ? t->columns
                                                         : t->count;
        uint32_t stride = t->kind == W3DI_SHADER_VECTOR ? 4 : t->stride;
        for (uint32_t i = 0; i < count && !c->code; i++) {
            if (t->kind == W3DI_SHADER_MATRIX)
                for (uint32_t k = 0; k < t->rows; k++)
                    w3di_code_spread(c, r, t->element, offset + i * stride + 4 * k, value);
            else
                w3di_code_spread(c, r, t->element, offset + i * stride, value);
        }
        break;
    }
    case W3DI_SHADER_STRUCT:
        for (uint32_t i = 0; i < t->count; i++) {
            const w3di_shader_member *member = &c->module->members[t->first + i];
            w3di_code_spread(c, r, member->type, offset + member->offset, value);
        }
        break;
    default:
        if (!value) { /* load */
            w3di_code_push(c, w3di_code_read(c, r, offset));
        } else {
            w3di_code_word word = w3di_code_make(W3DI_CODE_SCATTER);
            word.s[0] = (uint16_t)(r->moving == W3DI_CODE_NONE ? w3di_code_bits(c, 0) : r->moving);
            word.s[1] = (uint16_t)c->stack[(*value)++];
            word.s[2] = (uint16_t)r->buffer;
            w3di_code_number_set(&word, 3, offset);
            w3di_code_append(c, &c->body, &word);
        }
        break;
    }
}

/* Pushes what a reference holds. */
static inline void w3di_code_load(w3di_code *c, const w3di_code_reference *r, uint32_t type)
{
    uint32_t count = w3di_code_count(c, type);
    if (r->memory) {
        w3di_code_spread(c, r, type, r->offset, NULL);
        return;
    }
    for (uint32_t i = 0; i < count && !c->code; i++) {
        uint32_t name = c->slots[r->slot + r->offset + i];
        if (r->moving != W3DI_CODE_NONE) {
            w3di_code_word word = w3di_code_make(W3DI_CODE_LOOK_UP);
            word.s[0] = (uint16_t)r->moving;
            word.s[1] = (uint16_t)name;
            name = w3di_code_emit(c, &word);
        }
        w3di_code_push(c, name);
    }
}

/* Stores the components from `base` on, in the lanes of the mask. */
static inline void w3di_code_store(w3di_code *c, const w3di_code_reference *r, uint32_t type,
                                   uint32_t base)
{
    uint32_t count = w3di_code_count(c, type);
    if (r->memory) {
        uint32_t value = base;
        w3di_code_spread(c, r, type, r->offset, &value);
        return;
    }
    /* a = a.yx: what is read must not change before it is */
    if (r->pinned) w3di_code_keep(c, base);
    for (uint32_t i = 0; i < count && !c->code; i++) {
        uint32_t *name = &c->slots[r->slot + r->offset + i], v = c->stack[base + i];
        if (r->moving != W3DI_CODE_NONE) {
            w3di_code_word word = w3di_code_make(W3DI_CODE_PUT);
            word.s[0] = (uint16_t)r->moving;
            word.s[1] = (uint16_t)v;
            word.s[2] = (uint16_t)*name;
            w3di_code_append(c, &c->body, &word);
        } else if (r->pinned) {
            w3di_code_do(c, r->region == c->region ? W3DI_CODE_MOVE : W3DI_CODE_MOVE_MASKED, *name,
                         v, 0);
        } else {
            *name = v;
        }
    }
}

/* Makes the components from `base` on a variable: registers of its own where it is pinned. */
static inline w3di_code_binding w3di_code_bind(w3di_code *c, uint32_t base, uint32_t count,
                                               uint32_t pinned)
{
    w3di_code_binding binding;
    w3d_fill(&binding, 0, sizeof binding);
    binding.region = c->region;
    binding.pinned = pinned;
    binding.slot = w3di_code_slots(c, count);
    if (c->code) return binding;
    if (pinned) {
        uint32_t first = w3di_code_block(c, count, W3DI_CODE_CHANGES);
        for (uint32_t i = 0; i < count && !c->code; i++) {
            w3di_code_do(c, W3DI_CODE_MOVE, first + i, c->stack[base + i], 0);
            c->slots[binding.slot + i] = first + i;
        }
        return binding;
    }
    w3di_code_keep(c, base);
    for (uint32_t i = 0; i < count && !c->code; i++)
        c->slots[binding.slot + i] = c->stack[base + i];
    return binding;
}

/* ---- operators ---- */

static inline uint32_t w3di_code_unary(w3di_code *c, uint32_t op, uint32_t kind, uint32_t v)
{
    if (op == W3DI_SHADER_NEGATE)
        return w3di_code_op1(c, kind == W3DI_SHADER_F32 ? W3DI_CODE_NEGATE : W3DI_CODE_I_NEGATE, v);
    return w3di_code_op1(c, W3DI_CODE_NOT, v); /* of bools all bits are alike */
}

static inline uint32_t w3di_code_shift(w3di_code *c, uint32_t op, uint32_t kind, uint32_t a,
                                       uint32_t b)
{
    int left = op == W3DI_SHADER_SHIFT_LEFT, is_signed = kind == W3DI_SHADER_I32;
    if (!w3di_code_is(c, b, W3DI_CODE_LITERAL))
        return w3di_code_op2(c,
                             left        ? W3DI_CODE_SHIFT_LEFT
                             : is_signed ? W3DI_CODE_I_SHIFT_RIGHT
                                         : W3DI_CODE_SHIFT_RIGHT,
                             a, b);
    w3di_code_word word = w3di_code_make(left        ? W3DI_CODE_SHIFT_LEFT_BY
                                         : is_signed ? W3DI_CODE_I_SHIFT_RIGHT_BY
                                                     : W3DI_CODE_SHIFT_RIGHT_BY);
    word.s[0] = (uint16_t)a;
    word.s[1] = (uint16_t)(c->virtuals[b].bits & 31u);
    return w3di_code_emit(c, &word);
}

/* One component of a op b; kind: of a. */
static inline uint32_t w3di_code_binary(w3di_code *c, uint32_t op, uint32_t kind, uint32_t a,
                                        uint32_t b)
{
    /* by operator: of floats, of i32, of u32 and bool */
    static const uint8_t table[][3] = {
        { W3DI_CODE_ADD, W3DI_CODE_I_ADD, W3DI_CODE_I_ADD },
        { W3DI_CODE_SUBTRACT, W3DI_CODE_I_SUBTRACT, W3DI_CODE_I_SUBTRACT },
        { W3DI_CODE_MULTIPLY, W3DI_CODE_I_MULTIPLY, W3DI_CODE_I_MULTIPLY },
        { W3DI_CODE_DIVIDE, W3DI_CODE_I_DIVIDE, W3DI_CODE_U_DIVIDE },
        { W3DI_CODE_REMAINDER, W3DI_CODE_I_REMAINDER, W3DI_CODE_U_REMAINDER },
        { W3DI_CODE_AND, W3DI_CODE_AND, W3DI_CODE_AND },
        { W3DI_CODE_OR, W3DI_CODE_OR, W3DI_CODE_OR },
        { W3DI_CODE_XOR, W3DI_CODE_XOR, W3DI_CODE_XOR },
        { 0, 0, 0 },
        { 0, 0, 0 },
        { W3DI_CODE_AND, W3DI_CODE_AND, W3DI_CODE_AND },
        { W3DI_CODE_OR, W3DI_CODE_OR, W3DI_CODE_OR },
        { W3DI_CODE_EQUAL, W3DI_CODE_I_EQUAL, W3DI_CODE_I_EQUAL },
        { W3DI_CODE_NOT_EQUAL, W3DI_CODE_I_NOT_EQUAL, W3DI_CODE_I_NOT_EQUAL },
        { W3DI_CODE_LESS, W3DI_CODE_I_LESS, W3DI_CODE_U_LESS },
        { W3DI_CODE_LESS_EQUAL, W3DI_CODE_I_LESS_EQUAL, W3DI_CODE_U_LESS_EQUAL }
    };
    uint32_t column = kind == W3DI_SHADER_F32 ? 0 : kind == W3DI_SHADER_I32 ? 1 : 2, swap;
    if (op == W3DI_SHADER_SHIFT_LEFT || op == W3DI_SHADER_SHIFT_RIGHT)
        return w3di_code_shift(c, op, kind, a, b);
    if (op == W3DI_SHADER_GREATER || op == W3DI_SHADER_GREATER_EQUAL) {
        swap = a, a = b, b = swap;
        op = op == W3DI_SHADER_GREATER ? W3DI_SHADER_LESS : W3DI_SHADER_LESS_EQUAL;
    }
    if (op >= sizeof table / sizeof *table) return w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
    return w3di_code_op2(c, table[op][column], a, b);
}

/* The sum of products of components a[i * by] and b[i], from the first on. */
static inline uint32_t w3di_code_dot(w3di_code *c, uint32_t a, uint32_t by, uint32_t b,
                                     uint32_t rows)
{
    w3di_code_word word = w3di_code_make(rows == 2 ? W3DI_CODE_DOT2 : W3DI_CODE_DOT3);
    if (c->code) return 0;
    for (uint32_t i = 0; i < rows && i < 3; i++) {
        word.s[2 * i] = (uint16_t)c->stack[a + i * by];
        word.s[2 * i + 1] = (uint16_t)c->stack[b + i];
    }
    uint32_t sum = w3di_code_emit(c, &word);
    if (rows == 4)
        sum = w3di_code_op3(c, W3DI_CODE_MULTIPLY_ADD, c->stack[a + 3 * by], c->stack[b + 3], sum);
    return sum;
}

/* Products with a matrix: of m columns and k rows a, by b. */
static inline void w3di_code_product(w3di_code *c, const w3di_shader_type *s,
                                     const w3di_shader_type *t, uint32_t a, uint32_t b)
{
    if (s->kind == W3DI_SHADER_MATRIX) { /* by a vector, or by the columns of a matrix */
        uint32_t columns = t->kind == W3DI_SHADER_MATRIX ? t->columns : 1;
        for (uint32_t i = 0; i < columns; i++)
            for (uint32_t k = 0; k < s->rows; k++)
                w3di_code_push(c, w3di_code_dot(c, a + k, s->rows, b + i * s->columns, s->columns));
    } else {
        for (uint32_t i = 0; i < t->columns; i++)
            w3di_code_push(c, w3di_code_dot(c, a, 1, b + i * t->rows, t->rows));
    }
}

static inline uint32_t w3di_code_operate(w3di_code *c, const w3di_shader_expression *x, uint32_t e)
{
    uint32_t base = c->top, a = w3di_code_value(c, x->a);
    if (c->calls[e] & W3DI_CODE_CALLS) w3di_code_keep(c, a);
    uint32_t b = w3di_code_value(c, x->b), end = c->top;
    const w3di_shader_type *s = w3di_code_type(c, w3di_code_at(c, x->a)->type),
                           *t = w3di_code_type(c, w3di_code_at(c, x->b)->type);
    if (c->code) return base;
    int scalars = s->kind < W3DI_SHADER_VECTOR || t->kind < W3DI_SHADER_VECTOR;
    if (x->op == W3DI_SHADER_MULTIPLY && !scalars &&
        (s->kind == W3DI_SHADER_MATRIX || t->kind == W3DI_SHADER_MATRIX)) {
        w3di_code_product(c, s, t, a, b);
    } else {
        uint32_t m = b - a, n = end - b, count = m > n ? m : n;
        uint32_t kind = w3di_code_scalar(c, w3di_code_at(c, x->a)->type);
        for (uint32_t i = 0; i < count; i++)
            w3di_code_push(c, w3di_code_binary(c, x->op, kind, c->stack[m == 1 ? a : a + i],
                                               c->stack[n == 1 ? b : b + i]));
    }
    return w3di_code_slice(c, base, end, c->top - end);
}

static inline uint32_t w3di_code_convert(w3di_code *c, uint32_t from, uint32_t to, uint32_t v)
{
    uint32_t one = to == W3DI_SHADER_F32 ? 0x3F800000u : 1u;
    if (from == to) return v;
    if (from == W3DI_SHADER_BOOL) return w3di_code_op2(c, W3DI_CODE_AND, v, w3di_code_bits(c, one));
    if (to == W3DI_SHADER_BOOL)
        return w3di_code_op2(c,
                             from == W3DI_SHADER_F32 ? W3DI_CODE_NOT_EQUAL : W3DI_CODE_I_NOT_EQUAL,
                             v, w3di_code_bits(c, 0));
    if (from == W3DI_SHADER_F32)
        return w3di_code_op1(c, to == W3DI_SHADER_I32 ? W3DI_CODE_I_OF_FLOAT : W3DI_CODE_U_OF_FLOAT,
                             v);
    if (to == W3DI_SHADER_F32)
        return w3di_code_op1(c,
                             from == W3DI_SHADER_I32 ? W3DI_CODE_FLOAT_OF_I : W3DI_CODE_FLOAT_OF_U,
                             v);
    return v;
}

/* ---- expressions ---- */

static inline void w3di_code_construct(w3di_code *c, const w3di_shader_expression *x, uint32_t e)
{
    uint32_t count = w3di_code_count(c, x->type), base = c->top;
    if (!x->argument_count)
        for (uint32_t i = 0; i < count && !c->code; i++) w3di_code_push(c, w3di_code_bits(c, 0));
    for (uint32_t i = 0; i < x->argument_count && !c->code; i++) {
        uint32_t part = w3di_code_value(c, c->module->arguments[x->first_argument + i]);
        if (c->calls[e] & W3DI_CODE_CALLS) w3di_code_keep(c, part);
    }
    while (!c->code && c->top - base < count) w3di_code_push(c, c->stack[base]); /* a splat */
}

/* A component, element or column of a value, by an index. */
static inline void w3di_code_element(w3di_code *c, const w3di_shader_expression *x, uint32_t e)
{
    uint32_t base = w3di_code_value(c, x->a), count = w3di_code_count(c, x->type), offset = 0;
    if (c->code) return;
    if (c->calls[e] & W3DI_CODE_CALLS) w3di_code_keep(c, base);
    uint32_t total = c->top - base, steps = w3di_code_steps(c, x->b, total / count, count, &offset);
    if (steps == W3DI_CODE_NONE) {
        w3di_code_slice(c, base, base + offset, count);
        return;
    }
    uint32_t first = w3di_code_together(c, base, total);
    c->top = base;
    for (uint32_t i = 0; i < count && !c->code; i++) {
        w3di_code_word word = w3di_code_make(W3DI_CODE_LOOK_UP);
        word.s[0] = (uint16_t)steps;
        word.s[1] = (uint16_t)(first + i);
        w3di_code_push(c, w3di_code_emit(c, &word));
    }
}

static uint32_t w3di_code_value(w3di_code *c, uint32_t e)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    uint32_t base = c->top;
    if (c->nesting >= W3DI_CODE_MOST_DEPTH || ++c->work > W3DI_CODE_MOST_WORK)
        w3di_code_fail(c, W3D_ERR_LIMIT);
    if (c->code) return base;
    c->nesting++;
    switch (x->kind) {
    case W3DI_SHADER_LITERAL: {
        uint32_t kind = w3di_code_type(c, x->type)->kind;
        if (kind < W3DI_SHADER_BOOL || kind > W3DI_SHADER_F32) {
            w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
            break;
        }
        w3di_code_push(c, w3di_code_bits(c, kind == W3DI_SHADER_BOOL && x->bits ? 0xFFFFFFFFu
                                                                                : x->bits));
        break;
    }
    case W3DI_SHADER_LOCAL: {
        uint32_t slot = w3di_code_bound(c, x->a)->slot, count = w3di_code_count(c, x->type);
        for (uint32_t i = 0; i < count && !c->code; i++) w3di_code_push(c, c->slots[slot + i]);
        break;
    }
    case W3DI_SHADER_LOAD: {
        w3di_code_reference reference;
        w3di_code_refer(c, x->a, &reference);
        if (!c->code) w3di_code_load(c, &reference, x->type);
        break;
    }
    case W3DI_SHADER_MEMBER: {
        const w3di_shader_type *t = w3di_code_type(c, w3di_code_at(c, x->a)->type);
        uint32_t offset = 0;
        w3di_code_value(c, x->a);
        for (uint32_t i = 0; i < x->b; i++)
            offset += w3di_code_count(c, c->module->members[t->first + i].type);
        w3di_code_slice(c, base, base + offset, w3di_code_count(c, x->type));
        break;
    }
    case W3DI_SHADER_INDEX: w3di_code_element(c, x, e); break;
    case W3DI_SHADER_SWIZZLE: {
        uint32_t names[4];
        w3di_code_value(c, x->a);
        if (c->code) break;
        for (uint32_t i = 0; i < x->b && i < 4; i++)
            names[i] = c->stack[base + (x->bits >> (2 * i) & 3u)];
        c->top = base;
        for (uint32_t i = 0; i < x->b && i < 4; i++) w3di_code_push(c, names[i]);
        break;
    }
    case W3DI_SHADER_CONSTRUCT: w3di_code_construct(c, x, e); break;
    case W3DI_SHADER_BITCAST: w3di_code_value(c, x->a); break;
    case W3DI_SHADER_CONVERT:
    case W3DI_SHADER_UNARY: {
        uint32_t from = w3di_code_scalar(c, w3di_code_at(c, x->a)->type),
                 to = w3di_code_scalar(c, x->type);
        w3di_code_value(c, x->a);
        for (uint32_t i = base; i < c->top && !c->code; i++)
            c->stack[i] = x->kind == W3DI_SHADER_CONVERT
                              ? w3di_code_convert(c, from, to, c->stack[i])
                              : w3di_code_unary(c, x->op, from, c->stack[i]);
        break;
    }
    case W3DI_SHADER_BINARY:
        if ((x->op == W3DI_SHADER_LOGICAL_AND || x->op == W3DI_SHADER_LOGICAL_OR) && c->calls[x->b])
            w3di_code_push(c, w3di_code_shortcut(c, e));
        else
            w3di_code_operate(c, x, e);
        break;
    case W3DI_SHADER_CALL: w3di_code_inline(c, e); break;
    case W3DI_SHADER_BUILTIN: w3di_code_builtin(c, e); break;
    default: w3di_code_fail(c, W3D_ERR_UNSUPPORTED); break;
    }
    c->nesting--;
    return base;
}

#endif /* W3D_SHADER_CODE_VALUE_H */
