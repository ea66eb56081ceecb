/* shader_code_build.h - the compiler's state: words, virtual registers, constants, the stack; private.
 *
 * Virtual registers are of two kinds. One that is written once may be known under many names: a swizzle
 * or an assignment in straight code costs nothing. One that changes (of a variable that is assigned in
 * branches or loops) is written by MOVE and MOVE_MASKED only, and whoever wants to keep what it holds
 * makes a copy (w3di_code_keep). Registers that are addressed by an index lie in one block.
 *
 * A region is a stretch of code in which the mask is the same. In its region a variable is assigned in
 * all lanes; elsewhere only in those of the mask. */
#ifndef W3D_SHADER_CODE_BUILD_H
#define W3D_SHADER_CODE_BUILD_H

#include "core/bits.h"
#include "gpu/shader_code.h"
#include "memory/allocator.h"

enum {
    W3DI_CODE_CHANGES = 1, /* of a virtual register */
    W3DI_CODE_FIXED = 2,   /* made in the head */
    W3DI_CODE_LITERAL = 4, /* its bits are known */
    W3DI_CODE_TABLE = 4096
};

typedef struct w3di_code_virtual {
    uint32_t bits;
    uint16_t block, size; /* the first of its block; of that one the block's size */
    uint16_t flags;
} w3di_code_virtual;

typedef struct w3di_code_reference {
    uint32_t memory; /* 1: bytes of a buffer; 0: registers */
    uint32_t slot;   /* registers: where the variable's names stand */
    uint32_t offset; /* components or bytes */
    uint32_t moving; /* a register to be added to it, or NONE */
    uint32_t buffer, fixed;
    uint32_t region, pinned;
} w3di_code_reference;

typedef struct w3di_code_binding { /* a local of a function that is being put in */
    uint32_t slot, region, pinned;
    w3di_code_reference reference; /* of a pointer */
} w3di_code_binding;

typedef struct w3di_code_list {
    w3di_code_word *words;
    uint32_t *regions;
    uint32_t count, room, region_room;
} w3di_code_list;

typedef struct w3di_code_frame {
    uint32_t function, bindings; /* first binding */
    uint32_t result, returns;    /* slots; 1: from inside of branches */
    uint32_t depth, end;         /* constructs; label */
} w3di_code_frame;

typedef struct w3di_code_loop { /* what break and continue refer to */
    uint32_t is_switch;
    uint32_t broken, continued; /* registers of masks, or NONE */
} w3di_code_loop;

typedef struct w3di_code {
    const w3d_shader_module *module;
    w3d_allocator allocator;
    w3d_result code;
    /* of the module: components of types, flags of expressions and statements */
    uint32_t *components;
    uint8_t *calls, *leaves, *pinned, *inner;
    uint32_t *declared;
    w3di_code_list head, body;
    w3di_code_virtual *virtuals;
    uint32_t virtual_count, virtual_room;
    uint32_t *stack, top; /* names of components of values */
    uint32_t *slots, slot_count;
    w3di_code_binding *bindings;
    uint32_t binding_count, binding_room;
    uint32_t *labels, label_count, label_room;
    uint32_t *parents, region_count, region_room; /* of regions */
    uint32_t *workgroup, workgroup_size;          /* offsets by global */
    uint32_t *globals;                            /* slots of private ones */
    uint32_t table[W3DI_CODE_TABLE]; /* of words, by their hash; index + 1, top bit: head */
    w3di_code_frame frame;
    w3di_code_loop loop;
    uint32_t region, entry_region, depth, nesting, work, loop_count, has_barrier;
    const w3d_shader_entry *entry;
} w3di_code;

static inline uint32_t w3di_code_fail(w3di_code *c, w3d_result code)
{
    if (!c->code) c->code = code;
    return 0;
}

/* Room for one more item; 0 where there is none. */
static inline int w3di_code_grow(w3di_code *c, void **array, uint32_t count, uint32_t *room,
                                 size_t item)
{
    if (count < *room) return 1;
    uint32_t wanted = *room ? *room * 2 : 128;
    void *moved =
        w3d_allocator_resize(&c->allocator, *array, (size_t)*room * item, (size_t)wanted * item);
    if (!moved) {
        w3di_code_fail(c, W3D_ERR_OUT_OF_MEMORY);
        return 0;
    }
    *array = moved;
    *room = wanted;
    return 1;
}

/* ---- virtual registers ---- */

/* `count` registers side by side; the first one's number. */
static inline uint32_t w3di_code_block(w3di_code *c, uint32_t count, uint32_t flags)
{
    uint32_t first = c->virtual_count;
    if (c->code || !count) return 0;
    if (count > W3DI_CODE_MOST_VIRTUAL - first) return w3di_code_fail(c, W3D_ERR_LIMIT);
    for (uint32_t i = 0; i < count; i++) {
        if (!w3di_code_grow(c, (void **)&c->virtuals, c->virtual_count, &c->virtual_room,
                            sizeof *c->virtuals))
            return 0;
        w3di_code_virtual *v = &c->virtuals[c->virtual_count++];
        v->bits = 0;
        v->block = (uint16_t)first;
        v->size = (uint16_t)count;
        v->flags = (uint16_t)flags;
    }
    return first;
}

static inline int w3di_code_is(const w3di_code *c, uint32_t v, uint32_t flags)
{
    return (c->virtuals[v].flags & flags) != 0;
}

/* ---- words ---- */

static inline w3di_code_word *w3di_code_append(w3di_code *c, w3di_code_list *list,
                                               const w3di_code_word *word)
{
    if (c->code) return NULL;
    if (c->head.count + c->body.count >= W3DI_CODE_MOST_WORDS) {
        w3di_code_fail(c, W3D_ERR_LIMIT);
        return NULL;
    }
    if (!w3di_code_grow(c, (void **)&list->words, list->count, &list->room, sizeof *list->words) ||
        !w3di_code_grow(c, (void **)&list->regions, list->count, &list->region_room,
                        sizeof *list->regions))
        return NULL;
    list->regions[list->count] = c->region;
    list->words[list->count] = *word;
    return &list->words[list->count++];
}

static inline w3di_code_word w3di_code_make(uint32_t op)
{
    w3di_code_word word;
    w3d_fill(&word, 0, sizeof word);
    word.op = (uint16_t)op;
    return word;
}

static inline int w3di_code_encloses(const w3di_code *c, uint32_t region)
{
    uint32_t r = c->region;
    for (uint32_t i = 0; i < 64 && r > region; i++) r = c->parents[r];
    return r == region;
}

/* Appends an operation that has a result; one that was worked out before is taken again. */
static inline uint32_t w3di_code_emit(w3di_code *c, const w3di_code_word *asked)
{
    w3di_code_word word = *asked;
    uint32_t count = w3di_code_sources(word.op), flags = w3di_code_flags(word.op), fixed = 1;
    if (c->code) return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!w3di_code_is(c, word.s[i], W3DI_CODE_FIXED)) fixed = 0;
        if (w3di_code_is(c, word.s[i], W3DI_CODE_CHANGES)) flags &= ~(uint32_t)W3DI_CODE_PURE;
    }
    fixed = fixed && (flags & W3DI_CODE_PURE);
    w3di_code_list *list = fixed ? &c->head : &c->body;
    uint32_t slot = 0, mark = fixed ? 0x80000000u : 0;
    if (flags & W3DI_CODE_PURE) {
        uint32_t hash = word.op * 0x9E3779B1u;
        for (uint32_t i = 0; i < 6; i++)
            hash = (hash ^ word.s[i]) * 0x85EBCA6Bu, hash ^= hash >> 13;
        slot = hash % W3DI_CODE_TABLE;
        uint32_t known = c->table[slot];
        if (known && (known & 0x80000000u) == mark) {
            const w3di_code_word *old = &list->words[(known & 0x7FFFFFFFu) - 1];
            if (old->op == word.op && w3d_equal(old->s, word.s, sizeof word.s) &&
                (fixed || w3di_code_encloses(c, list->regions[(known & 0x7FFFFFFFu) - 1])))
                return old->dst;
        }
    }
    uint32_t dst = w3di_code_block(c, 1, fixed ? W3DI_CODE_FIXED : 0);
    word.dst = (uint16_t)dst;
    if (!w3di_code_append(c, list, &word)) return 0;
    if (flags & W3DI_CODE_PURE) c->table[slot] = list->count | mark;
    return dst;
}

static inline uint32_t w3di_code_op1(w3di_code *c, uint32_t op, uint32_t a)
{
    w3di_code_word word = w3di_code_make(op);
    word.s[0] = (uint16_t)a;
    return w3di_code_emit(c, &word);
}

static inline uint32_t w3di_code_op2(w3di_code *c, uint32_t op, uint32_t a, uint32_t b)
{
    w3di_code_word word = w3di_code_make(op);
    word.s[0] = (uint16_t)a;
    word.s[1] = (uint16_t)b;
    return w3di_code_emit(c, &word);
}

static inline uint32_t w3di_code_op3(w3di_code *c, uint32_t op, uint32_t a, uint32_t b, uint32_t d)
{
    w3di_code_word word = w3di_code_make(op);
    word.s[0] = (uint16_t)a;
    word.s[1] = (uint16_t)b;
    word.s[2] = (uint16_t)d;
    return w3di_code_emit(c, &word);
}

/* Appends an operation without a result, or one whose destination is given. */
static inline void w3di_code_do(w3di_code *c, uint32_t op, uint32_t dst, uint32_t a, uint32_t b)
{
    w3di_code_word word = w3di_code_make(op);
    word.dst = (uint16_t)dst;
    word.s[0] = (uint16_t)a;
    word.s[1] = (uint16_t)b;
    w3di_code_append(c, &c->body, &word);
}

static inline uint32_t w3di_code_bits(w3di_code *c, uint32_t bits)
{
    w3di_code_word word = w3di_code_make(W3DI_CODE_CONSTANT);
    w3di_code_number_set(&word, 0, bits);
    uint32_t v = w3di_code_emit(c, &word);
    if (c->code) return 0;
    c->virtuals[v].flags |= W3DI_CODE_LITERAL;
    c->virtuals[v].bits = bits;
    return v;
}

static inline uint32_t w3di_code_float(w3di_code *c, float value)
{
    return w3di_code_bits(c, w3d_bits_f32(value));
}

/* A register that changes, of its own. */
static inline uint32_t w3di_code_changing(w3di_code *c)
{
    return w3di_code_block(c, 1, W3DI_CODE_CHANGES);
}

/* ---- labels and regions ---- */

static inline uint32_t w3di_code_label(w3di_code *c)
{
    if (!w3di_code_grow(c, (void **)&c->labels, c->label_count, &c->label_room, sizeof *c->labels))
        return 0;
    c->labels[c->label_count] = 0;
    return c->label_count++;
}

static inline void w3di_code_place(w3di_code *c, uint32_t label)
{
    if (!c->code) c->labels[label] = c->body.count;
}

/* A new region inside of `parent`. */
static inline void w3di_code_region(w3di_code *c, uint32_t parent)
{
    if (!w3di_code_grow(c, (void **)&c->parents, c->region_count, &c->region_room,
                        sizeof *c->parents))
        return;
    c->parents[c->region_count] = parent;
    c->region = c->region_count++;
}

/* ---- the stack of components ---- */

static inline void w3di_code_push(w3di_code *c, uint32_t v)
{
    if (c->top == W3DI_CODE_MOST_SLOTS) {
        w3di_code_fail(c, W3D_ERR_LIMIT);
        return;
    }
    c->stack[c->top++] = v;
}

/* Copies what would change of the components from `base` on. */
static inline void w3di_code_keep(w3di_code *c, uint32_t base)
{
    for (uint32_t i = base; i < c->top && !c->code; i++)
        if (w3di_code_is(c, c->stack[i], W3DI_CODE_CHANGES))
            c->stack[i] = w3di_code_op1(c, W3DI_CODE_MOVE, c->stack[i]);
}

static inline uint32_t w3di_code_slots(w3di_code *c, uint32_t count)
{
    uint32_t first = c->slot_count;
    if (count > W3DI_CODE_MOST_SLOTS - first) return w3di_code_fail(c, W3D_ERR_LIMIT);
    w3d_fill(c->slots + first, 0, count * sizeof *c->slots);
    c->slot_count += count;
    return first;
}

/* ---- short ways to look ---- */

static inline const w3di_shader_expression *w3di_code_at(const w3di_code *c, uint32_t e)
{
    return &c->module->expressions[e];
}

static inline const w3di_shader_type *w3di_code_type(const w3di_code *c, uint32_t type)
{
    return &c->module->types[type];
}

/* Components of a type; one that has too many, or none that could be counted, is an error. */
static inline uint32_t w3di_code_count(w3di_code *c, uint32_t type)
{
    uint32_t count = c->components[type];
    return count <= W3DI_CODE_MOST_COMPONENTS ? count : w3di_code_fail(c, W3D_ERR_LIMIT);
}

/* The kind of the scalars a scalar, vector or matrix is made of. */
static inline uint32_t w3di_code_scalar(const w3di_code *c, uint32_t type)
{
    const w3di_shader_type *t = w3di_code_type(c, type);
    return t->kind == W3DI_SHADER_VECTOR || t->kind == W3DI_SHADER_MATRIX
               ? w3di_code_type(c, t->element)->kind
               : t->kind;
}

#endif /* W3D_SHADER_CODE_BUILD_H */
