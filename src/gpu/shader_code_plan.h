/* shader_code_plan.h - what is known of a module before code is made: sizes, calls, leaves, variables
 * that need registers of their own; private. */
#ifndef W3D_SHADER_CODE_PLAN_H
#define W3D_SHADER_CODE_PLAN_H

#include "gpu/shader_code_build.h"

enum {
    W3DI_CODE_BREAKS = 1, /* leaves: what leads out of a statement */
    W3DI_CODE_CONTINUES = 2,
    W3DI_CODE_RETURNS = 4,
    W3DI_CODE_CALLS = 1, /* calls: a function of the user's, an atomic */
    W3DI_CODE_ATOMICS = 2,
    W3DI_CODE_ASSIGNED = 1, /* pinned, while planning */
    W3DI_CODE_PINNED = 2,
    W3DI_CODE_MOST_CONSTRUCTS = 300
};

/* Components of each type; UINT32_MAX where a value of it would be too large. */
static inline void w3di_code_plan_types(w3di_code *c)
{
    const w3d_shader_module *m = c->module;
    for (uint32_t pass = 0, again = 1; again && pass < m->type_count; pass++) {
        again = 0; /* an element may have a higher number than its array */
        for (uint32_t i = 1; i < m->type_count; i++) {
            const w3di_shader_type *t = &m->types[i];
            uint64_t count = 0;
            if (t->kind >= W3DI_SHADER_BOOL && t->kind <= W3DI_SHADER_F32) count = 1;
            if (t->kind == W3DI_SHADER_ATOMIC) count = 1;
            if (t->kind == W3DI_SHADER_VECTOR) count = t->rows;
            if (t->kind == W3DI_SHADER_MATRIX) count = (uint64_t)t->rows * t->columns;
            if (t->kind == W3DI_SHADER_ARRAY)
                count = t->count ? (uint64_t)t->count * c->components[t->element] : UINT32_MAX;
            for (uint32_t k = 0; t->kind == W3DI_SHADER_STRUCT && k < t->count; k++)
                count += c->components[m->members[t->first + k].type];
            if (count > W3DI_CODE_MOST_COMPONENTS) count = UINT32_MAX;
            again |= c->components[i] != (uint32_t)count;
            c->components[i] = (uint32_t)count;
        }
    }
}

/* The local a chain of members, indices and loads begins with, or 0. */
static inline uint32_t w3di_code_root(const w3di_code *c, uint32_t e)
{
    for (;;) {
        const w3di_shader_expression *x = w3di_code_at(c, e);
        switch (x->kind) {
        case W3DI_SHADER_LOCAL: return x->a;
        case W3DI_SHADER_MEMBER:
        case W3DI_SHADER_INDEX:
        case W3DI_SHADER_SWIZZLE:
        case W3DI_SHADER_LOAD:
        case W3DI_SHADER_ADDRESS:
        case W3DI_SHADER_DEREFERENCE: e = x->a; break;
        default: return 0;
        }
    }
}

static inline void w3di_code_plan_expressions(w3di_code *c)
{
    const w3d_shader_module *m = c->module;
    for (uint32_t e = 1; e < m->expression_count; e++) {
        const w3di_shader_expression *x = &m->expressions[e];
        uint32_t calls = 0, root;
        switch (x->kind) {
        case W3DI_SHADER_LITERAL:
        case W3DI_SHADER_GLOBAL:
        case W3DI_SHADER_LOCAL:
        case W3DI_SHADER_NO_EXPRESSION: break;
        case W3DI_SHADER_INDEX:
        case W3DI_SHADER_BINARY: calls = c->calls[x->a] | c->calls[x->b]; break;
        case W3DI_SHADER_CONSTRUCT:
        case W3DI_SHADER_CALL:
        case W3DI_SHADER_BUILTIN:
            for (uint32_t i = 0; i < x->argument_count; i++)
                calls |= c->calls[m->arguments[x->first_argument + i]];
            if (x->kind == W3DI_SHADER_CALL) calls |= W3DI_CODE_CALLS;
            if (x->kind == W3DI_SHADER_BUILTIN && x->b >= W3DI_SHADER_CALL_ATOMIC_LOAD)
                calls |= W3DI_CODE_ATOMICS;
            break;
        default: calls = c->calls[x->a]; break;
        }
        c->calls[e] = (uint8_t)calls;
        if (x->kind == W3DI_SHADER_ADDRESS ||
            (x->kind == W3DI_SHADER_INDEX && m->expressions[x->b].kind != W3DI_SHADER_LITERAL)) {
            root = w3di_code_root(c, x->a);
            if (root) c->pinned[root] |= W3DI_CODE_PINNED;
        }
    }
}

/* What leads out of each statement; 1 where something has become known. The parts of a statement have
 * lower numbers than it, but for what follows an `else`. */
static inline int w3di_code_plan_leaves(w3di_code *c, int backwards)
{
    const w3d_shader_module *m = c->module;
    int changed = 0;
    for (uint32_t n = 1; n < m->statement_count; n++) {
        uint32_t i = backwards ? m->statement_count - n : n;
        const w3di_shader_statement *s = &m->statements[i];
        uint32_t leaves = 0;
        switch (s->kind) {
        case W3DI_SHADER_BREAK: leaves = W3DI_CODE_BREAKS; break;
        case W3DI_SHADER_CONTINUE: leaves = W3DI_CODE_CONTINUES; break;
        case W3DI_SHADER_RETURN: leaves = W3DI_CODE_RETURNS; break;
        case W3DI_SHADER_BLOCK:
            for (uint32_t k = s->a; k; k = m->statements[k].next) leaves |= c->leaves[k];
            break;
        case W3DI_SHADER_IF: leaves = c->leaves[s->b] | c->leaves[s->c]; break;
        case W3DI_SHADER_CASE: leaves = c->leaves[s->a]; break;
        case W3DI_SHADER_LOOP:
            leaves = (c->leaves[s->a] | c->leaves[s->b]) & W3DI_CODE_RETURNS;
            break;
        case W3DI_SHADER_SWITCH:
            for (uint32_t k = s->b; k; k = m->statements[k].next) leaves |= c->leaves[k];
            leaves &= ~(uint32_t)W3DI_CODE_BREAKS;
            break;
        default: break;
        }
        changed |= c->leaves[i] != leaves;
        c->leaves[i] = (uint8_t)leaves;
    }
    return changed;
}

typedef struct w3di_code_walk {
    uint32_t ids[W3DI_CODE_MOST_CONSTRUCTS];
    uint8_t kinds[W3DI_CODE_MOST_CONSTRUCTS]; /* 0 branch, 1 switch, 2 loop, 3 function */
    uint32_t count;
    uint8_t *left; /* by construct: lanes continue it from inside */
} w3di_code_walk;

static inline void w3di_code_walk_in(w3di_code *c, w3di_code_walk *walk, uint32_t id, uint32_t kind)
{
    if (walk->count == W3DI_CODE_MOST_CONSTRUCTS) {
        w3di_code_fail(c, W3D_ERR_LIMIT);
        return;
    }
    walk->ids[walk->count] = id;
    walk->kinds[walk->count++] = (uint8_t)kind;
}

/* Notes where variables are declared and assigned, and which loops are continued. */
static inline void w3di_code_walk_chain(w3di_code *c, w3di_code_walk *walk, uint32_t s)
{
    const w3d_shader_module *m = c->module;
    for (; s && !c->code; s = m->statements[s].next) {
        const w3di_shader_statement *x = &m->statements[s];
        uint32_t root, count = walk->count, here = walk->ids[count - 1];
        switch (x->kind) {
        case W3DI_SHADER_BLOCK:
            if (++c->nesting > W3DI_CODE_MOST_DEPTH) w3di_code_fail(c, W3D_ERR_LIMIT);
            w3di_code_walk_chain(c, walk, x->a);
            c->nesting--;
            break;
        case W3DI_SHADER_DECLARE: c->declared[x->a] = here; break;
        case W3DI_SHADER_ASSIGN:
            root = w3di_code_root(c, x->a);
            if (!root) break;
            c->pinned[root] |= W3DI_CODE_ASSIGNED;
            if (c->declared[root] != here) c->pinned[root] |= W3DI_CODE_PINNED;
            break;
        case W3DI_SHADER_IF:
            w3di_code_walk_in(c, walk, x->b, 0);
            w3di_code_walk_chain(c, walk, m->statements[x->b].a);
            walk->count = count;
            if (!x->c) break;
            w3di_code_walk_in(c, walk, x->c, 0);
            if (m->statements[x->c].kind == W3DI_SHADER_BLOCK)
                w3di_code_walk_chain(c, walk, m->statements[x->c].a);
            else
                w3di_code_walk_chain(c, walk, x->c); /* else if; it has no next */
            walk->count = count;
            break;
        case W3DI_SHADER_LOOP:
            w3di_code_walk_in(c, walk, s, 2);
            w3di_code_walk_chain(c, walk, m->statements[x->a].a);
            if (x->b) w3di_code_walk_chain(c, walk, m->statements[x->b].a);
            walk->count = count;
            break;
        case W3DI_SHADER_SWITCH:
            for (uint32_t k = x->b; k && !c->code; k = m->statements[k].next) {
                w3di_code_walk_in(c, walk, k, 1);
                w3di_code_walk_chain(c, walk, m->statements[m->statements[k].a].a);
                walk->count = count;
            }
            break;
        case W3DI_SHADER_CONTINUE:
        case W3DI_SHADER_RETURN: {
            if (x->kind == W3DI_SHADER_RETURN && count > 1) c->inner[c->frame.function] = 1;
            /* Only lanes that continue come back to where the variables of their loop are known. */
            for (uint32_t i = count; x->kind == W3DI_SHADER_CONTINUE && i-- > 0;) {
                if (walk->kinds[i] != 2) continue;
                walk->left[walk->ids[i]] = 1;
                break;
            }
            break;
        }
        default: break;
        }
    }
}

/* A variable is pinned to registers of its own where it is assigned in another construct than it is
 * declared in, where that is a loop some lanes continue, where it is indexed by a variable or has its address taken. */
static inline void w3di_code_plan_function(w3di_code *c, uint32_t f, uint8_t *left)
{
    const w3di_shader_function *function = &c->module->functions[f];
    w3di_code_walk walk;
    walk.count = 0;
    walk.left = left;
    c->frame.function = f;
    w3di_code_walk_in(c, &walk, function->body, 3);
    w3di_code_walk_chain(c, &walk, c->module->statements[function->body].a);
    for (uint32_t i = 0; i < function->local_count && !c->code; i++) {
        uint32_t local = function->first_local + i;
        if ((c->pinned[local] & W3DI_CODE_ASSIGNED) && left[c->declared[local]])
            c->pinned[local] |= W3DI_CODE_PINNED;
    }
}

#endif /* W3D_SHADER_CODE_PLAN_H */
