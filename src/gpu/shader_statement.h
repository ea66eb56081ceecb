/* shader_statement.h - statements, read and checked; private. Source: WGSL, section 9. */
#ifndef W3D_SHADER_STATEMENT_H
#define W3D_SHADER_STATEMENT_H

#include "gpu/shader_call.h"

static uint32_t w3di_shader_read_block(w3di_shader_front *front, int of_loop);
static uint32_t w3di_shader_read_statement(w3di_shader_front *front);

/* ---- locals ---- */

static inline uint32_t w3di_shader_local_new(w3di_shader_front *front, w3di_shader_name name,
                                             uint32_t type, int variable)
{
    w3d_shader_module *module = front->module;
    uint32_t local = W3DI_SHADER_GROW(front, module->locals, module->local_count, local_room,
                                      W3DI_SHADER_MOST_NODES);
    if (!local) return 0;
    module->locals[local].name = name;
    module->locals[local].type = type;
    module->locals[local].variable = (uint8_t)variable;
    module->locals[local].io.location = 255;
    module->functions[front->function].local_count++;
    return local;
}

/* Makes a name known from here to the end of its block. */
static inline void w3di_shader_name_new(w3di_shader_front *front, w3di_shader_name name,
                                        uint32_t local, uint32_t constant)
{
    uint32_t hash = w3di_shader_hash(front, name);
    for (uint32_t i = front->name_count;
         i > front->name_base && front->names[i - 1].depth == front->scope; i--)
        if (front->names[i - 1].hash == hash &&
            w3di_shader_same_name(front, front->names[i - 1].name, name)) {
            w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                             "this name is declared twice in one block");
            return;
        }
    uint32_t at = front->name_count;
    W3DI_SHADER_GROW(front, front->names, front->name_count, name_room, W3DI_SHADER_MOST_NAMES);
    if (front->name_count == at) return;
    front->names[at].name = name;
    front->names[at].hash = hash;
    front->names[at].depth = front->scope;
    front->names[at].local = local;
    front->names[at].constant = constant;
}

/* var, let and const in a function. */
static inline uint32_t w3di_shader_read_local(w3di_shader_front *front)
{
    uint32_t at = front->token.at, type = 0, value = 0;
    int variable = w3di_shader_is_word(front, "var"),
        constant = w3di_shader_is_word(front, "const");
    w3di_shader_next(front);
    if (variable && w3di_shader_take(front, W3DI_SHADER_OPEN)) {
        if (!w3di_shader_take_word(front, "function"))
            return w3di_shader_fail(front, W3D_ERR_RANGE, front->token.at,
                                    "a variable in a function is in space function");
        w3di_shader_close_template(front);
    }
    w3di_shader_name name = w3di_shader_new_name(front, "a name is wanted here");
    if (w3di_shader_take(front, ':')) type = w3di_shader_read_type(front);
    if (w3di_shader_take(front, '='))
        value = w3di_shader_value(front, w3di_shader_read_expression(front));
    else if (!variable)
        w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at, "let and const want a value");
    if (front->code) return 0;
    if (type && value) value = w3di_shader_convert(front, value, type);
    if (!type && !value)
        return w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                                "a variable wants a type or a value");
    if (constant) {
        if (!front->code && !w3di_shader_is_constant(front, value))
            return w3di_shader_fail(front, W3D_ERR_RANGE, name.at,
                                    "the value of a const is a constant; use let");
        w3di_shader_name_new(front, name, 0, value);
        return w3di_shader_statement_new(front, W3DI_SHADER_BLOCK, at); /* nothing happens there */
    }
    if (value) value = w3di_shader_make_concrete(front, value);
    if (front->code) return 0;
    if (!type) type = w3di_shader_type_of(front, value);
    if (w3di_shader_kind_of(front, type) == W3DI_SHADER_POINTER)
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, name.at,
                                "a pointer is only an argument in this subset");
    if (!w3di_shader_is_plain(front, type))
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "a variable cannot be of this type");
    if (w3di_shader_type_at(front, type)->size > W3DI_SHADER_MOST_BYTES)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, name.at,
                                "a variable of more than 65536 bytes");
    uint32_t local = w3di_shader_local_new(front, name, type, variable),
             s = w3di_shader_statement_new(front, W3DI_SHADER_DECLARE, at);
    w3di_shader_name_new(front, name, local, 0);
    if (!s || front->code) return 0;
    front->module->statements[s].a = local;
    front->module->statements[s].b = value;
    return s;
}

/* ---- assignments and calls ---- */

/* 1 where the reference can be written to. */
static inline int w3di_shader_is_writable(const w3di_shader_front *front, uint32_t e)
{
    for (;;) {
        const w3di_shader_expression *x = w3di_shader_at(front, e);
        if (x->kind == W3DI_SHADER_DEREFERENCE)
            return w3di_shader_type_at(front, w3di_shader_type_of(front, x->a))->write;
        if (x->kind == W3DI_SHADER_GLOBAL) return front->module->globals[x->a].write;
        if (x->kind == W3DI_SHADER_LOCAL) return front->module->locals[x->a].variable;
        e = x->a;
    }
}

/* 1 where working out the reference twice would do something twice. */
static inline int w3di_shader_has_call(const w3di_shader_front *front, uint32_t e)
{
    for (;;) {
        const w3di_shader_expression *x = w3di_shader_at(front, e);
        if (x->kind == W3DI_SHADER_CALL ||
            (x->kind == W3DI_SHADER_BUILTIN && x->b >= W3DI_SHADER_CALL_ATOMIC_LOAD))
            return 1;
        if (x->kind == W3DI_SHADER_BINARY || x->kind == W3DI_SHADER_INDEX)
            if (w3di_shader_has_call(front, x->b)) return 1;
        if (x->kind == W3DI_SHADER_CONSTRUCT || x->kind == W3DI_SHADER_BUILTIN)
            for (uint32_t i = 0; i < x->argument_count; i++)
                if (w3di_shader_has_call(front, w3di_shader_argument(front, e, i))) return 1;
        if (x->kind == W3DI_SHADER_LITERAL || x->kind == W3DI_SHADER_GLOBAL ||
            x->kind == W3DI_SHADER_LOCAL || x->kind == W3DI_SHADER_CONSTRUCT ||
            x->kind == W3DI_SHADER_BUILTIN || !x->a)
            return 0;
        e = x->a;
    }
}

static inline uint32_t w3di_shader_assign(w3di_shader_front *front, uint32_t target, uint32_t value,
                                          uint32_t at)
{
    if (front->code) return 0;
    value = w3di_shader_convert(front, w3di_shader_value(front, value),
                                w3di_shader_type_of(front, target));
    if (front->code) return 0;
    if (!w3di_shader_is_plain(front, w3di_shader_type_of(front, target)))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "values of this type are not assigned; atomics take atomicStore");
    uint32_t s = w3di_shader_statement_new(front, W3DI_SHADER_ASSIGN, at);
    if (!s) return 0;
    front->module->statements[s].a = target;
    front->module->statements[s].b = value;
    return s;
}

/* What begins with an expression: a = b, a += b, a++, f(x). Without the semicolon. */
static inline uint32_t w3di_shader_read_simple(w3di_shader_front *front)
{
    static const uint32_t symbols[] = {
        W3DI_SHADER_SYMBOL('+', '='),       W3DI_SHADER_SYMBOL('-', '='),
        W3DI_SHADER_SYMBOL('*', '='),       W3DI_SHADER_SYMBOL('/', '='),
        W3DI_SHADER_SYMBOL('%', '='),       W3DI_SHADER_SYMBOL('&', '='),
        W3DI_SHADER_SYMBOL('|', '='),       W3DI_SHADER_SYMBOL('^', '='),
        W3DI_SHADER_SYMBOL3('<', '<', '='), W3DI_SHADER_SYMBOL3('>', '>', '='),
        W3DI_SHADER_SYMBOL('+', '+'),       W3DI_SHADER_SYMBOL('-', '-')
    };
    static const uint8_t ops[] = {
        W3DI_SHADER_ADD,        W3DI_SHADER_SUBTRACT,    W3DI_SHADER_MULTIPLY, W3DI_SHADER_DIVIDE,
        W3DI_SHADER_REMAINDER,  W3DI_SHADER_AND,         W3DI_SHADER_OR,       W3DI_SHADER_XOR,
        W3DI_SHADER_SHIFT_LEFT, W3DI_SHADER_SHIFT_RIGHT, W3DI_SHADER_ADD,      W3DI_SHADER_SUBTRACT
    };
    uint32_t at = front->token.at, place = 0;
    if (w3di_shader_is_word(front, "_")) {
        w3di_shader_next(front);
        w3di_shader_expect(front, '=', "_ wants = here");
        uint32_t value = w3di_shader_value(front, w3di_shader_read_expression(front)), s;
        if (!front->code) value = w3di_shader_make_concrete(front, value);
        uint32_t kind =
            front->code ? 0 : w3di_shader_kind_of(front, w3di_shader_type_of(front, value));
        if (!front->code && !w3di_shader_is_plain(front, w3di_shader_type_of(front, value)) &&
            kind < W3DI_SHADER_POINTER)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "_ = wants a value");
        s = w3di_shader_statement_new(front, W3DI_SHADER_IGNORE, at);
        if (s) front->module->statements[s].a = value;
        return s;
    }
    int named = front->token.kind == W3DI_SHADER_TOKEN_NAME;
    uint32_t e = w3di_shader_read_unary(front);
    if (front->code) return 0;
    uint8_t kind = w3di_shader_at(front, e)->kind;
    if (named && (kind == W3DI_SHADER_CALL || kind == W3DI_SHADER_BUILTIN)) {
        uint32_t b = w3di_shader_at(front, e)->b;
        int free = kind == W3DI_SHADER_BUILTIN ? b >= W3DI_SHADER_CALL_ATOMIC_STORE
                                               : !front->module->functions[b].must_use;
        if (!free)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                    "the result of this function must be used; write _ = ...");
        uint32_t s = w3di_shader_statement_new(front, W3DI_SHADER_CALL_STATEMENT, at);
        if (s) front->module->statements[s].a = e;
        return s;
    }
    if (!w3di_shader_at(front, e)->reference)
        return w3di_shader_fail(front, kind == W3DI_SHADER_LOCAL ? W3D_ERR_RANGE : W3D_ERR_FORMAT,
                                at, "a statement is wanted here: this is no variable and no call");
    if (!w3di_shader_is_writable(front, e))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "this variable is read only");
    place = front->token.at;
    if (w3di_shader_take(front, '='))
        return w3di_shader_assign(front, e, w3di_shader_read_expression(front), at);
    for (uint32_t i = 0; i < sizeof ops; i++) {
        if (!w3di_shader_is_symbol(front, symbols[i])) continue;
        w3di_shader_next(front);
        uint32_t right;
        if (w3di_shader_has_call(front, e))
            return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, place,
                                    "put the call in front, into a let: this would make it twice");
        if (i < 10) {
            right = w3di_shader_read_expression(front);
        } else {
            if (!w3di_shader_is_integer(w3di_shader_type_of(front, e)))
                return w3di_shader_fail(front, W3D_ERR_RANGE, place,
                                        "++ and -- take an i32 or u32");
            right = w3di_shader_whole(front, W3DI_SHADER_TYPE_INT, 1, place);
        }
        if (front->code) return 0;
        return w3di_shader_assign(front, e, w3di_shader_binary(front, ops[i], e, right, place), at);
    }
    return w3di_shader_fail(front, W3D_ERR_FORMAT, place, "an assignment or a call is wanted here");
}

/* ---- blocks ---- */

/* A block of the statements that were pushed since `base`, in order. */
static inline uint32_t w3di_shader_chain(w3di_shader_front *front, uint32_t base, uint32_t at)
{
    uint32_t block = w3di_shader_statement_new(front, W3DI_SHADER_BLOCK, at);
    if (!block || front->code) return 0;
    uint32_t *link = &front->module->statements[block].a;
    for (uint32_t i = base; i < front->stack_count; i++) {
        *link = front->stack[i];
        link = &front->module->statements[front->stack[i]].next;
    }
    front->stack_count = base;
    return block;
}

static uint32_t w3di_shader_read_block(w3di_shader_front *front, int of_loop)
{
    uint32_t at = front->token.at, base = front->stack_count, names = front->name_count;
    if (!w3di_shader_enter(front) || !w3di_shader_expect(front, '{', "{ is wanted here")) return 0;
    front->scope++;
    while (!w3di_shader_is_symbol(front, '}') && !front->code) {
        if (front->token.kind == W3DI_SHADER_TOKEN_END)
            return w3di_shader_fail(front, W3D_ERR_FORMAT, at, "this block is not closed");
        if (w3di_shader_is_word(front, "continuing")) {
            if (of_loop) break;
            return w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                                    "continuing is the last thing in a loop { }");
        }
        uint32_t s = w3di_shader_read_statement(front);
        if (s) w3di_shader_push(front, s);
    }
    if (!w3di_shader_is_word(front, "continuing")) {
        w3di_shader_next(front);
        front->scope--;
        front->name_count = names;
    } /* else the loop goes on: what is declared in its body is known in `continuing` */
    w3di_shader_leave(front);
    return front->code ? 0 : w3di_shader_chain(front, base, at);
}

/* ---- control flow ---- */

static inline uint32_t w3di_shader_read_condition(w3di_shader_front *front)
{
    uint32_t at = front->token.at, e = w3di_shader_value(front, w3di_shader_read_expression(front));
    if (!front->code && w3di_shader_type_of(front, e) != W3DI_SHADER_TYPE_BOOL)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a condition is a bool");
    return e;
}

/* What stands after const_assert. */
static inline void w3di_shader_read_assert(w3di_shader_front *front, uint32_t at)
{
    uint32_t e = w3di_shader_read_condition(front);
    if (!front->code && (w3di_shader_at(front, e)->kind != W3DI_SHADER_LITERAL ||
                         !w3di_shader_number_of(front, e).whole))
        w3di_shader_fail(front, W3D_ERR_RANGE, at, "this const_assert does not hold");
}

static uint32_t w3di_shader_read_if(w3di_shader_front *front)
{
    uint32_t first = 0, last = 0, links = 0;
    for (;;) { /* once for each `else if` */
        uint32_t at = front->token.at;
        w3di_shader_next(front);
        uint32_t condition = w3di_shader_read_condition(front),
                 then = w3di_shader_read_block(front, 0),
                 s = w3di_shader_statement_new(front, W3DI_SHADER_IF, at);
        if (!s || front->code) return 0;
        front->module->statements[s].a = condition;
        front->module->statements[s].b = then;
        if (last)
            front->module->statements[last].c = s;
        else
            first = s;
        last = s;
        if (!w3di_shader_take_word(front, "else")) return first;
        if (!w3di_shader_is_word(front, "if")) break;
        if (++links > W3DI_SHADER_MOST_DEPTH)
            return w3di_shader_fail(front, W3D_ERR_LIMIT, front->token.at,
                                    "more than 128 times else if");
    }
    uint32_t otherwise = w3di_shader_read_block(front, 0);
    front->module->statements[last].c = otherwise;
    return front->code ? 0 : first;
}

/* if (!condition) break; */
static inline uint32_t w3di_shader_break_unless(w3di_shader_front *front, uint32_t condition,
                                                uint32_t at)
{
    uint32_t base = front->stack_count;
    uint32_t negated =
        w3di_shader_expression_new(front, W3DI_SHADER_UNARY, W3DI_SHADER_TYPE_BOOL, at);
    uint32_t leave = w3di_shader_statement_new(front, W3DI_SHADER_BREAK, at);
    w3di_shader_push(front, leave);
    uint32_t block = w3di_shader_chain(front, base, at),
             s = w3di_shader_statement_new(front, W3DI_SHADER_IF, at);
    if (!s || front->code) return 0;
    w3di_shader_at(front, negated)->op = W3DI_SHADER_NOT;
    w3di_shader_at(front, negated)->a = condition;
    front->module->statements[s].a = negated;
    front->module->statements[s].b = block;
    return s;
}

/* A LOOP whose body is `body` behind `first`, if that is not 0. */
static inline uint32_t w3di_shader_loop(w3di_shader_front *front, uint32_t first, uint32_t body,
                                        uint32_t continuing, uint32_t at)
{
    uint32_t s = w3di_shader_statement_new(front, W3DI_SHADER_LOOP, at);
    if (!s || front->code) return 0;
    w3di_shader_statement *statements = front->module->statements;
    if (first) {
        statements[first].next = statements[body].a;
        statements[body].a = first;
    }
    statements[s].a = body;
    statements[s].b = continuing;
    return s;
}

/* The body of a `for` or `while`. */
static inline uint32_t w3di_shader_read_round(w3di_shader_front *front)
{
    uint32_t scope = front->loop_scope;
    front->loop_scope = 0;
    front->loops++;
    uint32_t body = w3di_shader_read_block(front, 0);
    front->loops--;
    front->loop_scope = scope;
    return body;
}

static inline uint32_t w3di_shader_read_for(w3di_shader_front *front)
{
    uint32_t at = front->token.at, base = front->stack_count, names = front->name_count, first = 0,
             continuing = 0;
    w3di_shader_next(front);
    w3di_shader_expect(front, '(', "for wants ( here");
    front->scope++;
    if (!w3di_shader_is_symbol(front, ';')) {
        int declares = w3di_shader_is_word(front, "var") || w3di_shader_is_word(front, "let") ||
                       w3di_shader_is_word(front, "const");
        uint32_t s = declares ? w3di_shader_read_local(front) : w3di_shader_read_simple(front);
        w3di_shader_push(front, s);
    }
    w3di_shader_expect(front, ';', "for wants ; after its beginning");
    if (!w3di_shader_is_symbol(front, ';') && !front->code)
        first = w3di_shader_break_unless(front, w3di_shader_read_condition(front), at);
    w3di_shader_expect(front, ';', "for wants ; after its condition");
    if (!w3di_shader_is_symbol(front, ')') && !front->code) {
        uint32_t updates = front->stack_count;
        w3di_shader_push(front, w3di_shader_read_simple(front));
        continuing = w3di_shader_chain(front, updates, at);
    }
    w3di_shader_expect(front, ')', "for wants ) here");
    uint32_t body = w3di_shader_read_round(front);
    front->scope--;
    front->name_count = names;
    if (front->code) return 0;
    w3di_shader_push(front, w3di_shader_loop(front, first, body, continuing, at));
    return w3di_shader_chain(front, base, at);
}

static inline uint32_t w3di_shader_read_while(w3di_shader_front *front)
{
    uint32_t at = front->token.at;
    w3di_shader_next(front);
    uint32_t condition = w3di_shader_read_condition(front);
    uint32_t first = front->code ? 0 : w3di_shader_break_unless(front, condition, at);
    uint32_t body = w3di_shader_read_round(front);
    return w3di_shader_loop(front, first, body, 0, at);
}

static inline uint32_t w3di_shader_read_loop(w3di_shader_front *front)
{
    uint32_t at = front->token.at, names = front->name_count, scope = front->scope, continuing = 0,
             condition = 0;
    uint32_t outer_names = front->loop_names, outer_scope = front->loop_scope,
             outer_skip = front->loop_skip;
    front->loop_names = names;
    front->loop_scope = scope + 1;
    front->loop_skip = UINT32_MAX;
    w3di_shader_next(front);
    front->loops++;
    uint32_t body = w3di_shader_read_block(front, 1);
    if (w3di_shader_take_word(front, "continuing")) {
        uint32_t base = front->stack_count, loops = front->loops, switches = front->switches,
                 from = front->skip_from, to = front->skip_to;
        if (!w3di_shader_enter(front)) return 0;
        front->skip_from = front->loop_skip;
        front->skip_to = front->name_count;
        front->switches = 0;
        front->loop_scope = 0;
        w3di_shader_expect(front, '{', "continuing wants { here");
        front->scope++;
        front->in_continuing++;
        front->loops = 0;
        while (!w3di_shader_is_symbol(front, '}') && !front->code &&
               front->token.kind != W3DI_SHADER_TOKEN_END) {
            uint32_t place = front->token.at;
            if (w3di_shader_take_word(front, "break")) { /* break if: the last thing in it */
                if (!w3di_shader_take_word(front, "if"))
                    w3di_shader_fail(front, W3D_ERR_FORMAT, place, "in continuing, break wants if");
                condition = w3di_shader_read_condition(front);
                w3di_shader_expect(front, ';', "a statement ends with ;");
                break;
            }
            uint32_t s = w3di_shader_read_statement(front);
            if (s) w3di_shader_push(front, s);
        }
        w3di_shader_expect(front, '}', "continuing is not closed here");
        w3di_shader_expect(front, '}', "continuing is the last thing in its loop");
        front->in_continuing--;
        front->loops = loops;
        front->switches = switches;
        front->skip_from = from;
        front->skip_to = to;
        w3di_shader_leave(front);
        continuing = front->code ? 0 : w3di_shader_chain(front, base, at);
    }
    front->loops--;
    front->name_count = names;
    front->scope = scope;
    front->loop_names = outer_names;
    front->loop_scope = outer_scope;
    front->loop_skip = outer_skip;
    uint32_t s = w3di_shader_loop(front, 0, body, continuing, at);
    if (s) front->module->statements[s].c = condition;
    return s;
}

/* 1 where the values on the stack from `base` differ from each other and from those of earlier cases. */
static inline int w3di_shader_cases_differ(const w3di_shader_front *front, uint32_t first,
                                           uint32_t base)
{
    const w3d_shader_module *module = front->module;
    for (uint32_t i = base; i < front->stack_count; i++) {
        uint32_t bits = w3di_shader_at(front, front->stack[i])->bits;
        for (uint32_t k = base; k < i; k++)
            if (w3di_shader_at(front, front->stack[k])->bits == bits) return 0;
        for (uint32_t c = first; c; c = module->statements[c].next)
            for (uint32_t k = 0; k < module->statements[c].argument_count; k++) {
                uint32_t value = module->arguments[module->statements[c].first_argument + k];
                if (w3di_shader_at(front, value)->bits == bits) return 0;
            }
    }
    return 1;
}

static inline uint32_t w3di_shader_read_switch(w3di_shader_front *front)
{
    uint32_t at = front->token.at, base, first = 0, last = 0, defaults = 0, seen = 0;
    w3di_shader_next(front);
    uint32_t selector = w3di_shader_value(front, w3di_shader_read_expression(front));
    if (!front->code) selector = w3di_shader_make_concrete(front, selector);
    if (front->code) return 0;
    uint32_t type = w3di_shader_type_of(front, selector);
    if (!w3di_shader_is_integer(type))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "switch wants an i32 or u32");
    w3di_shader_expect(front, '{', "switch wants { here");
    front->switches++;
    while (!front->code && !w3di_shader_is_symbol(front, '}')) {
        uint32_t place = front->token.at, count = 0, fallback = 0, values;
        base = front->stack_count;
        if (w3di_shader_take_word(front, "default")) {
            fallback = 1;
        } else if (w3di_shader_take_word(front, "case")) {
            while (!w3di_shader_is_symbol(front, ':') && !w3di_shader_is_symbol(front, '{') &&
                   !front->code) {
                if (w3di_shader_take_word(front, "default")) {
                    fallback = 1;
                } else {
                    uint32_t e = w3di_shader_read_expression(front);
                    if (!front->code && w3di_shader_at(front, e)->kind != W3DI_SHADER_LITERAL)
                        return w3di_shader_fail(front, W3D_ERR_RANGE, place,
                                                "a case is of constants");
                    if (!front->code) w3di_shader_push(front, w3di_shader_convert(front, e, type));
                    if (++seen > 1023)
                        return w3di_shader_fail(front, W3D_ERR_LIMIT, place,
                                                "a switch of more than 1023 values");
                }
                if (!w3di_shader_take(front, ',')) break;
            }
        } else {
            return w3di_shader_fail(front, W3D_ERR_FORMAT, place,
                                    "case, default or } is wanted here");
        }
        w3di_shader_take(front, ':');
        if (!front->code && front->stack_count == base && !fallback)
            return w3di_shader_fail(front, W3D_ERR_FORMAT, place, "a case wants a value");
        if (!front->code && !w3di_shader_cases_differ(front, first, base))
            return w3di_shader_fail(front, W3D_ERR_RANGE, place, "two cases of one value");
        values = w3di_shader_gather(front, base, &count);
        defaults += fallback;
        uint32_t body = w3di_shader_read_block(front, 0),
                 s = w3di_shader_statement_new(front, W3DI_SHADER_CASE, place);
        if (!s || front->code) return 0;
        w3di_shader_statement *statement = &front->module->statements[s];
        statement->a = body;
        statement->b = fallback;
        statement->first_argument = values;
        statement->argument_count = count;
        if (last)
            front->module->statements[last].next = s;
        else
            first = s;
        last = s;
    }
    front->switches--;
    w3di_shader_next(front);
    if (!front->code && defaults != 1)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a switch has one default");
    uint32_t s = w3di_shader_statement_new(front, W3DI_SHADER_SWITCH, at);
    if (!s) return 0;
    front->module->statements[s].a = selector;
    front->module->statements[s].b = first;
    return s;
}

static inline uint32_t w3di_shader_read_return(w3di_shader_front *front)
{
    uint32_t at = front->token.at, value = 0,
             result = front->module->functions[front->function].result;
    w3di_shader_next(front);
    if (front->in_continuing)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "there is no return from continuing");
    if (!w3di_shader_is_symbol(front, ';'))
        value = w3di_shader_value(front, w3di_shader_read_expression(front));
    w3di_shader_expect(front, ';', "a statement ends with ;");
    if (front->code) return 0;
    if ((result == W3DI_SHADER_TYPE_VOID) != !value)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                value ? "this function returns nothing"
                                      : "this function returns a value");
    if (value) value = w3di_shader_convert(front, value, result);
    uint32_t s = w3di_shader_statement_new(front, W3DI_SHADER_RETURN, at);
    if (s) front->module->statements[s].a = value;
    return s;
}

/* One statement; 0 without an error for an empty one. */
static uint32_t w3di_shader_read_statement(w3di_shader_front *front)
{
    uint32_t at = front->token.at, s = 0;
    if (w3di_shader_take(front, ';')) return 0;
    if (w3di_shader_is_symbol(front, '{')) return w3di_shader_read_block(front, 0);
    if (w3di_shader_is_symbol(front, '@'))
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, at,
                                "attributes of statements are not in this subset");
    if (w3di_shader_is_word(front, "if")) return w3di_shader_read_if(front);
    if (w3di_shader_is_word(front, "for")) return w3di_shader_read_for(front);
    if (w3di_shader_is_word(front, "while")) return w3di_shader_read_while(front);
    if (w3di_shader_is_word(front, "loop")) return w3di_shader_read_loop(front);
    if (w3di_shader_is_word(front, "switch")) return w3di_shader_read_switch(front);
    if (w3di_shader_is_word(front, "return")) return w3di_shader_read_return(front);
    if (w3di_shader_is_word(front, "var") || w3di_shader_is_word(front, "let") ||
        w3di_shader_is_word(front, "const")) {
        s = w3di_shader_read_local(front);
    } else if (w3di_shader_take_word(front, "const_assert")) {
        w3di_shader_read_assert(front, at);
    } else if (w3di_shader_take_word(front, "break")) {
        if (!front->loops && !front->switches)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "break outside a loop or switch");
        s = w3di_shader_statement_new(front, W3DI_SHADER_BREAK, at);
    } else if (w3di_shader_take_word(front, "continue")) {
        if (!front->loops)
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "continue outside a loop");
        if (front
                ->loop_scope) { /* what the loop's body declares from here on may be stepped over */
            uint32_t known = front->loop_names;
            while (known < front->name_count && front->names[known].depth == front->loop_scope)
                known++;
            if (known < front->loop_skip) front->loop_skip = known;
        }
        s = w3di_shader_statement_new(front, W3DI_SHADER_CONTINUE, at);
    } else if (w3di_shader_take_word(front, "discard")) {
        front->uses[front->function].discards = 1;
        front->uses[front->function].fragment_only = 1;
        s = w3di_shader_statement_new(front, W3DI_SHADER_DISCARD, at);
    } else {
        s = w3di_shader_read_simple(front);
    }
    w3di_shader_expect(front, ';', "a statement ends with ;");
    return s;
}

/* ---- how control leaves a statement: WGSL, section 9.7 ---- */

enum {
    W3DI_SHADER_GOES_ON = 1,
    W3DI_SHADER_BREAKS = 2,
    W3DI_SHADER_CONTINUES = 4,
    W3DI_SHADER_RETURNS = 8
};

/* The ways in which it may be left; a loop that cannot be left is an error. */
static inline uint32_t w3di_shader_ways(w3di_shader_front *front, uint32_t s)
{
    const w3di_shader_statement x = front->module->statements[s];
    const uint32_t on = W3DI_SHADER_GOES_ON, out = W3DI_SHADER_BREAKS;
    uint32_t ways = on, inner = 0;
    switch (x.kind) {
    case W3DI_SHADER_RETURN: return W3DI_SHADER_RETURNS;
    case W3DI_SHADER_BREAK: return W3DI_SHADER_BREAKS;
    case W3DI_SHADER_CONTINUE: return W3DI_SHADER_CONTINUES;
    case W3DI_SHADER_BLOCK:
        for (s = x.a; s; s = front->module->statements[s].next) {
            inner = w3di_shader_ways(front, s);
            if (ways & on) ways = (ways & ~on) | inner; /* what comes after is never reached */
        }
        return ways;
    case W3DI_SHADER_IF:
        ways = w3di_shader_ways(front, x.b);
        return ways | (x.c ? w3di_shader_ways(front, x.c) : on);
    case W3DI_SHADER_SWITCH:
        for (s = x.b; s; s = front->module->statements[s].next)
            inner |= w3di_shader_ways(front, front->module->statements[s].a);
        return inner & out ? (inner & ~out) | on : inner;
    case W3DI_SHADER_LOOP:
        inner = w3di_shader_ways(front, x.a) | (x.b ? w3di_shader_ways(front, x.b) : 0) |
                (x.c ? out : 0);
        if (!(inner & (out | W3DI_SHADER_RETURNS)))
            w3di_shader_fail(front, W3D_ERR_RANGE, x.at, "this loop never ends");
        ways = inner & W3DI_SHADER_RETURNS;
        return inner & out ? ways | on : ways;
    default: return on;
    }
}

#endif /* W3D_SHADER_STATEMENT_H */
