/* shader_code_statement.h - control flow as masks, calls put in place, entry points; private.
 *
 * A branch runs with fewer lanes in the mask and is jumped over where none is left. Lanes that break,
 * continue or return leave the mask, and come back where their construct ends:
 *
 *     if a { break; } else { b(); }      kept = mask; mask = kept & a; broken |= mask; mask = 0;
 *                                        rest = mask; mask = kept & ~a; b(); mask |= rest; */
#ifndef W3D_SHADER_CODE_STATEMENT_H
#define W3D_SHADER_CODE_STATEMENT_H

#include "gpu/shader_code_call.h"

static int w3di_code_chain(w3di_code *c, uint32_t s);

static inline uint32_t w3di_code_mask_copy(w3di_code *c)
{
    return w3di_code_op1(c, W3DI_CODE_MOVE, W3DI_CODE_MASK);
}

static inline void w3di_code_mask_set(w3di_code *c, uint32_t v)
{
    w3di_code_do(c, W3DI_CODE_MOVE, W3DI_CODE_MASK, v, 0);
}

static inline void w3di_code_jump_none(w3di_code *c, uint32_t label)
{
    w3di_code_do(c, W3DI_CODE_JUMP_NONE, 0, W3DI_CODE_MASK, label);
}

/* A condition without the `!` before it; *negated tells whether there was one. */
static inline uint32_t w3di_code_condition(w3di_code *c, uint32_t e, int *negated)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    *negated = 0;
    while (x->kind == W3DI_SHADER_UNARY && x->op == W3DI_SHADER_NOT) {
        *negated = !*negated;
        e = x->a;
        x = w3di_code_at(c, e);
    }
    uint32_t v = w3di_code_single(c, e);
    return c->code || !w3di_code_is(c, v, W3DI_CODE_CHANGES) ? v
                                                             : w3di_code_op1(c, W3DI_CODE_MOVE, v);
}

/* Ends a construct: the region before it goes on, or a new one where some lanes have left. */
static inline void w3di_code_resume(w3di_code *c, uint32_t region, uint32_t leaves)
{
    c->region = region;
    if (leaves) w3di_code_region(c, region);
}

/* ---- leaving ---- */

/* Lanes leave: all of the mask, or those of a condition. */
static inline void w3di_code_leave(w3di_code *c, uint32_t to, uint32_t condition, int negated)
{
    if (condition == W3DI_CODE_NONE) {
        if (to != W3DI_CODE_NONE) w3di_code_do(c, W3DI_CODE_OR, to, to, W3DI_CODE_MASK);
        w3di_code_mask_set(c, w3di_code_bits(c, 0));
        return;
    }
    if (to != W3DI_CODE_NONE) {
        uint32_t lanes = w3di_code_op2(c, negated ? W3DI_CODE_AND_NOT : W3DI_CODE_AND,
                                       W3DI_CODE_MASK, condition);
        w3di_code_do(c, W3DI_CODE_OR, to, to, lanes);
    }
    w3di_code_do(c, negated ? W3DI_CODE_AND : W3DI_CODE_AND_NOT, W3DI_CODE_MASK, W3DI_CODE_MASK,
                 condition);
}

static inline void w3di_code_return(w3di_code *c, uint32_t value)
{
    const w3di_shader_function *function = &c->module->functions[c->frame.function];
    uint32_t base = c->top, count = value ? w3di_code_count(c, function->result) : 0;
    if (value) w3di_code_value(c, value);
    if (c->frame.returns) {
        w3di_code_keep(c, base);
        for (uint32_t i = 0; i < count && !c->code; i++)
            w3di_code_do(c, W3DI_CODE_MOVE_MASKED, c->slots[c->frame.result + i],
                         c->stack[base + i], 0);
        if (c->depth != c->frame.depth) w3di_code_leave(c, W3DI_CODE_NONE, W3DI_CODE_NONE, 0);
    } else {
        w3di_code_keep(c, base);
        for (uint32_t i = 0; i < count && !c->code; i++)
            c->slots[c->frame.result + i] = c->stack[base + i];
    }
    c->top = base;
}

/* ---- branches ---- */

/* A branch's statements: a block, or the `if` of an `else if`. */
static inline void w3di_code_branch(w3di_code *c, uint32_t s)
{
    c->depth++;
    w3di_code_chain(c, c->module->statements[s].kind == W3DI_SHADER_BLOCK
                           ? c->module->statements[s].a
                           : s);
    c->depth--;
}

/* `if a { break; }` and its kin, without an else: 1 where it was one. */
static inline int w3di_code_if_leave(w3di_code *c, const w3di_shader_statement *s)
{
    const w3di_shader_statement *block = &c->module->statements[s->b],
                                *only = &c->module->statements[block->a];
    int negated;
    if (s->c || !block->a || only->next || block->kind != W3DI_SHADER_BLOCK) return 0;
    if (only->kind == W3DI_SHADER_DISCARD) {
        uint32_t lanes = w3di_code_condition(c, s->a, &negated);
        w3di_code_do(c, W3DI_CODE_KILL, 0,
                     w3di_code_op2(c, negated ? W3DI_CODE_AND_NOT : W3DI_CODE_AND, W3DI_CODE_MASK,
                                   lanes),
                     0);
        return 1;
    }
    uint32_t to = only->kind == W3DI_SHADER_BREAK      ? c->loop.broken
                  : only->kind == W3DI_SHADER_CONTINUE ? c->loop.continued
                                                       : (uint32_t)W3DI_CODE_NONE;
    if (only->kind != W3DI_SHADER_BREAK && (only->kind != W3DI_SHADER_RETURN || only->a) &&
        (only->kind != W3DI_SHADER_CONTINUE || c->loop.is_switch == 2))
        return 0;
    uint32_t condition = w3di_code_condition(c, s->a, &negated);
    w3di_code_leave(c, to, condition, negated);
    w3di_code_region(c, c->region);
    return 1;
}

static inline void w3di_code_if(w3di_code *c, uint32_t s)
{
    const w3di_shader_statement *x = &c->module->statements[s];
    uint32_t region = c->region, leaves = c->leaves[s], rest = 0;
    int negated;
    if (w3di_code_if_leave(c, x)) return;
    uint32_t condition = w3di_code_condition(c, x->a, &negated), kept = w3di_code_mask_copy(c);
    uint32_t otherwise = w3di_code_label(c), end = w3di_code_label(c);
    w3di_code_do(c, negated ? W3DI_CODE_AND_NOT : W3DI_CODE_AND, W3DI_CODE_MASK, kept, condition);
    w3di_code_jump_none(c, otherwise);
    w3di_code_region(c, region);
    w3di_code_branch(c, x->b);
    w3di_code_place(c, otherwise);
    if (leaves) { /* at the label the mask is empty where the branch was jumped over */
        rest = w3di_code_changing(c);
        w3di_code_do(c, W3DI_CODE_MOVE, rest, W3DI_CODE_MASK, 0);
    }
    if (x->c || leaves)
        w3di_code_do(c, negated ? W3DI_CODE_AND : W3DI_CODE_AND_NOT, W3DI_CODE_MASK, kept,
                     condition);
    if (x->c) {
        w3di_code_jump_none(c, end);
        c->region = region;
        w3di_code_region(c, region);
        w3di_code_branch(c, x->c);
        w3di_code_place(c, end);
    }
    if (leaves)
        w3di_code_do(c, W3DI_CODE_OR, W3DI_CODE_MASK, W3DI_CODE_MASK, rest);
    else
        w3di_code_mask_set(c, kept);
    w3di_code_resume(c, region, leaves);
}

/* a && b, a || b where b does something: it runs in the lanes that a leaves open. */
static uint32_t w3di_code_shortcut(w3di_code *c, uint32_t e)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    int both = x->op == W3DI_SHADER_LOGICAL_AND;
    uint32_t a = w3di_code_single(c, x->a), result = w3di_code_changing(c), region = c->region;
    w3di_code_do(c, W3DI_CODE_MOVE, result, a, 0);
    uint32_t kept = w3di_code_mask_copy(c), end = w3di_code_label(c);
    w3di_code_do(c, both ? W3DI_CODE_AND : W3DI_CODE_AND_NOT, W3DI_CODE_MASK, kept, result);
    w3di_code_jump_none(c, end);
    w3di_code_region(c, region);
    c->depth++;
    w3di_code_do(c, W3DI_CODE_MOVE_MASKED, result, w3di_code_single(c, x->b), 0);
    c->depth--;
    w3di_code_place(c, end);
    w3di_code_mask_set(c, kept);
    c->region = region;
    return result;
}

static inline void w3di_code_switch(w3di_code *c, uint32_t s)
{
    const w3d_shader_module *m = c->module;
    const w3di_shader_statement *x = &m->statements[s];
    w3di_code_loop outer = c->loop;
    uint32_t region = c->region, leaves = c->leaves[s], base = c->top, next = base, any = 0;
    uint32_t selector = w3di_code_single(c, x->a), done = 0;
    uint32_t kept = w3di_code_mask_copy(c);
    if (w3di_code_is(c, selector, W3DI_CODE_CHANGES))
        selector = w3di_code_op1(c, W3DI_CODE_MOVE, selector);
    any = w3di_code_bits(c, 0);
    for (uint32_t k = x->b; k && !c->code; k = m->statements[k].next) { /* the lanes of each case */
        const w3di_shader_statement *one = &m->statements[k];
        uint32_t lanes = w3di_code_bits(c, 0);
        for (uint32_t i = 0; i < one->argument_count; i++) {
            uint32_t literal = w3di_code_single(c, m->arguments[one->first_argument + i]);
            uint32_t hit = w3di_code_op2(c, W3DI_CODE_I_EQUAL, selector, literal);
            lanes = i ? w3di_code_op2(c, W3DI_CODE_OR, lanes, hit) : hit;
        }
        any = w3di_code_op2(c, W3DI_CODE_OR, any, lanes);
        w3di_code_push(c, lanes);
    }
    if (leaves) {
        done = w3di_code_changing(c);
        w3di_code_do(c, W3DI_CODE_MOVE, done, w3di_code_bits(c, 0), 0);
    }
    c->loop.is_switch = leaves & W3DI_CODE_CONTINUES ? 1 : 2;
    c->loop.broken = leaves ? done : (uint32_t)W3DI_CODE_NONE;
    for (uint32_t k = x->b; k && !c->code; k = m->statements[k].next) {
        const w3di_shader_statement *one = &m->statements[k];
        uint32_t lanes = c->stack[next++], end = w3di_code_label(c);
        if (one->b) { /* the default: the lanes of no case, and its own */
            w3di_code_push(c, w3di_code_op2(c, W3DI_CODE_OR, lanes,
                                            w3di_code_op1(c, W3DI_CODE_NOT, any)));
            lanes = c->stack[--c->top];
        }
        w3di_code_do(c, W3DI_CODE_AND, W3DI_CODE_MASK, kept, lanes);
        w3di_code_jump_none(c, end);
        c->region = region;
        w3di_code_region(c, region);
        w3di_code_branch(c, one->a);
        if (leaves) w3di_code_do(c, W3DI_CODE_OR, done, done, W3DI_CODE_MASK);
        w3di_code_place(c, end);
    }
    w3di_code_mask_set(c, leaves ? done : kept);
    c->loop = outer;
    c->top = base;
    w3di_code_resume(c, region, leaves);
}

/* ---- loops ---- */

static inline void w3di_code_loop_of(w3di_code *c, uint32_t s)
{
    const w3di_shader_statement *x = &c->module->statements[s];
    w3di_code_loop outer = c->loop;
    uint32_t region = c->region, leaves = c->leaves[s], kept = 0, slots = c->slot_count;
    uint32_t continues = (c->leaves[x->a] & W3DI_CODE_CONTINUES) != 0;
    uint32_t begin = w3di_code_label(c), end = w3di_code_label(c);
    c->loop.is_switch = 0;
    c->loop.broken = c->loop.continued = W3DI_CODE_NONE;
    if (++c->loop_count > W3DI_CODE_MOST_LOOPS) w3di_code_fail(c, W3D_ERR_LIMIT);
    if (leaves) { /* some lanes may not come back */
        c->loop.broken = w3di_code_changing(c);
        w3di_code_do(c, W3DI_CODE_MOVE, c->loop.broken, w3di_code_bits(c, 0), 0);
    } else {
        kept = w3di_code_mask_copy(c);
    }
    if (continues) c->loop.continued = w3di_code_changing(c);
    w3di_code_place(c, begin);
    w3di_code_region(c, region);
    if (continues) w3di_code_do(c, W3DI_CODE_MOVE, c->loop.continued, w3di_code_bits(c, 0), 0);
    c->depth++;
    /* Without a `continue`, where all have left after one of the body's own statements, so has the loop. */
    for (uint32_t k = c->module->statements[x->a].a; k && !c->code;
         k = c->module->statements[k].next) {
        uint32_t next = c->module->statements[k].next;
        const w3di_shader_statement *one = &c->module->statements[k];
        if (one->kind == W3DI_SHADER_BREAK) {
            w3di_code_leave(c, c->loop.broken, W3DI_CODE_NONE, 0);
            break;
        }
        if (one->kind == W3DI_SHADER_CONTINUE) {
            w3di_code_leave(c, c->loop.continued, W3DI_CODE_NONE, 0);
            break;
        }
        if (one->kind == W3DI_SHADER_RETURN) {
            w3di_code_return(c, one->a);
            break;
        }
        if (one->kind == W3DI_SHADER_IF)
            w3di_code_if(c, k);
        else if (w3di_code_chain(c, k | 0x80000000u))
            break;
        if (c->leaves[k] && !continues && (next || x->b)) w3di_code_jump_none(c, end);
    }
    if (continues) w3di_code_do(c, W3DI_CODE_OR, W3DI_CODE_MASK, W3DI_CODE_MASK, c->loop.continued);
    if (x->b) w3di_code_chain(c, c->module->statements[x->b].a);
    if (x->c) {
        int negated;
        uint32_t condition = w3di_code_condition(c, x->c, &negated);
        w3di_code_leave(c, c->loop.broken, condition, negated);
    }
    c->depth--;
    w3di_code_do(c, W3DI_CODE_LOOP, 0, W3DI_CODE_MASK, begin);
    w3di_code_place(c, end);
    w3di_code_mask_set(c, leaves ? c->loop.broken : kept);
    c->loop = outer;
    c->slot_count = slots;
    w3di_code_resume(c, region, leaves);
}

/* ---- statements ---- */

static inline void w3di_code_declare(w3di_code *c, const w3di_shader_statement *s)
{
    const w3di_shader_local *local = &c->module->locals[s->a];
    uint32_t base = c->top, count = w3di_code_count(c, local->type);
    if (s->b)
        w3di_code_value(c, s->b);
    else
        for (uint32_t i = 0; i < count && !c->code; i++) w3di_code_push(c, w3di_code_bits(c, 0));
    w3di_code_binding binding = w3di_code_bind(c, base, count, c->pinned[s->a] & W3DI_CODE_PINNED);
    if (c->code) return;
    c->bindings[c->frame.bindings + s->a - c->module->functions[c->frame.function].first_local] =
        binding;
}

/* Statement by statement; 1 where what follows is not reached. With the top bit only the first one. */
static int w3di_code_chain(w3di_code *c, uint32_t first)
{
    uint32_t s = first & 0x7FFFFFFFu, left = 0;
    if (c->nesting >= W3DI_CODE_MOST_DEPTH) w3di_code_fail(c, W3D_ERR_LIMIT);
    c->nesting++;
    for (; s && !left && !c->code; s = c->module->statements[s].next) {
        const w3di_shader_statement *x = &c->module->statements[s];
        uint32_t base = c->top;
        if (++c->work > W3DI_CODE_MOST_WORK) w3di_code_fail(c, W3D_ERR_LIMIT);
        switch (x->kind) {
        case W3DI_SHADER_BLOCK: left = (uint32_t)w3di_code_chain(c, x->a); break;
        case W3DI_SHADER_DECLARE: w3di_code_declare(c, x); break;
        case W3DI_SHADER_ASSIGN: {
            w3di_code_reference reference;
            uint32_t calls = c->calls[x->b] & W3DI_CODE_CALLS;
            w3di_code_refer(c, x->a, &reference);
            if (calls && !c->code && reference.moving != W3DI_CODE_NONE &&
                w3di_code_is(c, reference.moving, W3DI_CODE_CHANGES))
                reference.moving = w3di_code_op1(c, W3DI_CODE_MOVE, reference.moving);
            w3di_code_value(c, x->b);
            if (!c->code && !reference.memory && !reference.pinned) w3di_code_keep(c, base);
            if (!c->code) w3di_code_store(c, &reference, w3di_code_at(c, x->a)->type, base);
            break;
        }
        case W3DI_SHADER_IGNORE:
        case W3DI_SHADER_CALL_STATEMENT: w3di_code_value(c, x->a); break;
        case W3DI_SHADER_IF: w3di_code_if(c, s); break;
        case W3DI_SHADER_LOOP: w3di_code_loop_of(c, s); break;
        case W3DI_SHADER_SWITCH: w3di_code_switch(c, s); break;
        case W3DI_SHADER_BREAK:
            w3di_code_leave(c, c->loop.broken, W3DI_CODE_NONE, 0);
            left = 1;
            break;
        case W3DI_SHADER_CONTINUE:
            w3di_code_leave(c, c->loop.continued, W3DI_CODE_NONE, 0);
            left = 1;
            break;
        case W3DI_SHADER_RETURN:
            w3di_code_return(c, x->a);
            left = 1;
            break;
        case W3DI_SHADER_DISCARD: w3di_code_do(c, W3DI_CODE_KILL, 0, W3DI_CODE_MASK, 0); break;
        default: w3di_code_fail(c, W3D_ERR_UNSUPPORTED); break;
        }
        c->top = base;
        /* In a function: where all lanes have returned, to its end. */
        if ((c->leaves[s] & W3DI_CODE_RETURNS) && !left && c->depth == c->frame.depth &&
            !(first & 0x80000000u))
            w3di_code_jump_none(c, c->frame.end);
        if (first & 0x80000000u) break;
    }
    c->nesting--;
    return (int)left;
}

/* ---- functions ---- */

/* The body of a function whose parameters are bound; its result is pushed. */
static inline void w3di_code_body(w3di_code *c, uint32_t bindings, uint32_t f)
{
    const w3di_shader_function *function = &c->module->functions[f];
    w3di_code_frame outer = c->frame;
    w3di_code_loop loop = c->loop;
    uint32_t region = c->region, count = w3di_code_count(c, function->result), kept = 0;
    c->frame.function = f;
    c->frame.bindings = bindings;
    c->frame.depth = c->depth;
    c->frame.returns = c->inner[f];
    c->frame.result = w3di_code_slots(c, count);
    c->frame.end = w3di_code_label(c);
    c->loop.is_switch = 0;
    c->loop.broken = c->loop.continued = W3DI_CODE_NONE;
    if (c->frame.returns) {
        kept = w3di_code_mask_copy(c);
        uint32_t first = w3di_code_block(c, count, W3DI_CODE_CHANGES);
        for (uint32_t i = 0; i < count && !c->code; i++) {
            w3di_code_do(c, W3DI_CODE_MOVE, first + i, w3di_code_bits(c, 0), 0);
            c->slots[c->frame.result + i] = first + i;
        }
    }
    if (!c->code) w3di_code_chain(c, c->module->statements[function->body].a);
    w3di_code_place(c, c->frame.end);
    if (c->frame.returns) w3di_code_mask_set(c, kept);
    for (uint32_t i = 0; i < count && !c->code; i++)
        w3di_code_push(c, c->slots[c->frame.result + i]);
    c->region = region;
    c->frame = outer;
    c->loop = loop;
}

/* Room for a function's locals; the first one's index. */
static inline uint32_t w3di_code_locals(w3di_code *c, uint32_t f)
{
    uint32_t first = c->binding_count, count = c->module->functions[f].local_count;
    if (count > W3DI_CODE_MOST_SLOTS - first) return w3di_code_fail(c, W3D_ERR_LIMIT);
    for (uint32_t i = 0; i < count; i++) {
        if (!w3di_code_grow(c, (void **)&c->bindings, c->binding_count, &c->binding_room,
                            sizeof *c->bindings))
            return 0;
        w3d_fill(&c->bindings[c->binding_count++], 0, sizeof *c->bindings);
    }
    return first;
}

static uint32_t w3di_code_inline(w3di_code *c, uint32_t e)
{
    const w3di_shader_expression *x = w3di_code_at(c, e);
    const w3di_shader_function *function = &c->module->functions[x->b];
    uint32_t base = c->top, slots = c->slot_count, first = w3di_code_locals(c, x->b);
    for (uint32_t i = 0; i < x->argument_count && !c->code; i++) {
        uint32_t local = function->first_local + i,
                 argument = c->module->arguments[x->first_argument + i], at = c->top;
        if (w3di_code_type(c, c->module->locals[local].type)->kind == W3DI_SHADER_POINTER) {
            w3di_code_reference reference;
            w3di_code_refer(c, argument, &reference);
            if (c->code) break;
            if (reference.moving != W3DI_CODE_NONE &&
                w3di_code_is(c, reference.moving, W3DI_CODE_CHANGES))
                reference.moving = w3di_code_op1(c, W3DI_CODE_MOVE, reference.moving);
            c->bindings[first + i].reference = reference;
            continue;
        }
        w3di_code_value(c, argument);
        w3di_code_binding binding =
            w3di_code_bind(c, at, c->code ? 0 : c->top - at, c->pinned[local] & W3DI_CODE_PINNED);
        if (!c->code) c->bindings[first + i] = binding;
        c->top = at;
    }
    if (!c->code) w3di_code_body(c, first, x->b);
    if (!c->code) {
        c->binding_count = first;
        c->slot_count = slots;
    }
    return base;
}

/* ---- entry points ---- */

static inline void w3di_code_input(w3di_code *c, const w3di_shader_io *io, uint32_t type)
{
    uint32_t count = w3di_code_count(c, type);
    for (uint32_t i = 0; i < count && !c->code; i++) {
        uint32_t op = io->builtin == W3DI_SHADER_POSITION ? W3DI_CODE_POSITION
                      : io->builtin                       ? W3DI_CODE_BUILTIN
                                                          : W3DI_CODE_INPUT;
        w3di_code_word word = w3di_code_make(op);
        if (op == W3DI_CODE_BUILTIN) {
            word.s[0] = io->builtin;
            word.s[1] = (uint16_t)i;
        } else {
            word.s[0] = (uint16_t)(op == W3DI_CODE_POSITION ? i : io->location * 4u + i);
        }
        if (op == W3DI_CODE_INPUT && (io->location > 15 || i > 3)) {
            w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
            return;
        }
        w3di_code_push(c, w3di_code_emit(c, &word));
    }
}

static inline void w3di_code_output(w3di_code *c, const w3di_shader_io *io, uint32_t type,
                                    uint32_t *at)
{
    uint32_t count = w3di_code_count(c, type);
    for (uint32_t i = 0; i < count && !c->code; i++) {
        uint32_t v = c->stack[(*at)++];
        if (io->builtin == W3DI_SHADER_POSITION)
            w3di_code_do(c, W3DI_CODE_OUTPUT_POSITION, 0, v, i);
        else if (io->builtin == W3DI_SHADER_FRAG_DEPTH)
            w3di_code_do(c, W3DI_CODE_OUTPUT_DEPTH, 0, v, 0);
        else if (!io->builtin && io->location < 16 && i < 4)
            w3di_code_do(c, W3DI_CODE_OUTPUT, 0, v, io->location * 4u + i);
        else
            w3di_code_fail(c, W3D_ERR_UNSUPPORTED);
    }
}

static inline void w3di_code_private(w3di_code *c)
{
    const w3d_shader_module *m = c->module;
    for (uint32_t g = 1; g < m->global_count && !c->code; g++) {
        const w3di_shader_global *global = &m->globals[g];
        uint32_t base = c->top, count = c->components[global->type];
        if (global->space == W3DI_SHADER_WORKGROUP) {
            uint32_t size = m->types[global->type].size;
            if (size > W3DI_CODE_MOST_WORKGROUP - c->workgroup_size) {
                w3di_code_fail(c, W3D_ERR_LIMIT);
                return;
            }
            c->workgroup[g] = c->workgroup_size;
            c->workgroup_size += (size + 15u) & ~15u;
        }
        if (global->space != W3DI_SHADER_PRIVATE || count > W3DI_CODE_MOST_COMPONENTS) continue;
        if (global->value)
            w3di_code_value(c, global->value);
        else
            for (uint32_t i = 0; i < count && !c->code; i++)
                w3di_code_push(c, w3di_code_bits(c, 0));
        c->globals[g] = w3di_code_bind(c, base, count, 1).slot;
        c->top = base;
    }
}

/* The whole of an entry point. */
static inline void w3di_code_entry(w3di_code *c, uint32_t f)
{
    const w3d_shader_module *m = c->module;
    const w3di_shader_function *function = &m->functions[f];
    w3di_code_private(c);
    uint32_t first = w3di_code_locals(c, f);
    for (uint32_t i = 0; i < function->parameter_count && !c->code; i++) {
        uint32_t local = function->first_local + i, type = m->locals[local].type, at = c->top;
        const w3di_shader_type *t = w3di_code_type(c, type);
        if (t->kind == W3DI_SHADER_STRUCT)
            for (uint32_t k = 0; k < t->count; k++)
                w3di_code_input(c, &m->members[t->first + k].io, m->members[t->first + k].type);
        else
            w3di_code_input(c, &m->locals[local].io, type);
        w3di_code_binding binding =
            w3di_code_bind(c, at, c->code ? 0 : c->top - at, c->pinned[local] & W3DI_CODE_PINNED);
        if (!c->code) c->bindings[first + i] = binding;
        c->top = at;
    }
    if (c->code) return;
    uint32_t at = c->top;
    w3di_code_body(c, first, f);
    const w3di_shader_type *t = w3di_code_type(c, function->result);
    if (t->kind == W3DI_SHADER_STRUCT)
        for (uint32_t k = 0; k < t->count; k++)
            w3di_code_output(c, &m->members[t->first + k].io, m->members[t->first + k].type, &at);
    else if (t->kind != W3DI_SHADER_VOID)
        w3di_code_output(c, &function->result_io, function->result, &at);
    w3di_code_do(c, W3DI_CODE_END, 0, 0, 0);
}

#endif /* W3D_SHADER_CODE_STATEMENT_H */
