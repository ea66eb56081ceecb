/* shader_front.h - the state of the reader of shaders: growing arrays, the token at hand, names; private.
 *
 * Reading is one pass that makes the checked tree at once. WGSL's declarations may stand in any order:
 * they are first listed by name (shader_declare.h), and each is read when its name is first met or its
 * turn comes, so that what it needs is always there before it. The first error stops everything: the
 * token at hand is then the end of the text, at which every loop ends. */
#ifndef W3D_SHADER_FRONT_H
#define W3D_SHADER_FRONT_H

#include "core/size.h"
#include "gpu/shader_lex.h"
#include "gpu/shader_tree.h"
#include "memory/allocator.h"

enum {
    W3DI_SHADER_ABSTRACT_INT = 32, /* kinds that are gone when the front is done */
    W3DI_SHADER_ABSTRACT_FLOAT,

    /* Types that are always there, by their index. */
    W3DI_SHADER_TYPE_VOID = 1,
    W3DI_SHADER_TYPE_BOOL,
    W3DI_SHADER_TYPE_I32,
    W3DI_SHADER_TYPE_U32,
    W3DI_SHADER_TYPE_F32,
    W3DI_SHADER_TYPE_INT,                                      /* abstract */
    W3DI_SHADER_TYPE_FLOAT,                                    /* abstract */
    W3DI_SHADER_TYPE_VECTORS,                                  /* 6 elements of 2, 3, 4 rows  */
    W3DI_SHADER_TYPE_MATRICES = W3DI_SHADER_TYPE_VECTORS + 18, /* 2, 3, 4 columns of 2, 3, 4  */
    W3DI_SHADER_TYPE_ABSTRACT_MATRICES = W3DI_SHADER_TYPE_MATRICES + 9,
    W3DI_SHADER_TYPE_SAMPLER = W3DI_SHADER_TYPE_ABSTRACT_MATRICES + 9,
    W3DI_SHADER_TYPE_SAMPLER_COMPARISON,
    W3DI_SHADER_TYPE_OWN, /* the first of the module's own */

    W3DI_SHADER_MOST_NESTING = 64,
    W3DI_SHADER_MOST_NODES = 65535,
    W3DI_SHADER_MOST_TYPES = 1024,
    W3DI_SHADER_MOST_NAMES = 1024, /* locals of a function */
    W3DI_SHADER_MOST_FUNCTIONS = 1024,
    W3DI_SHADER_MOST_DECLARATIONS = 4096,
    W3DI_SHADER_MOST_DEPTH = 128,   /* of an expression                                     */
    W3DI_SHADER_MOST_BYTES = 65536, /* of a value or of a variable outside buffers          */
    W3DI_SHADER_BUCKETS = 1024,

    W3DI_SHADER_OPEN = 1, /* symbols: < and > of a template list */
    W3DI_SHADER_CLOSE = 2
};

typedef enum w3di_shader_declared {
    W3DI_SHADER_DECLARED_ALIAS,    /* value: type                */
    W3DI_SHADER_DECLARED_STRUCT,   /* value: type                */
    W3DI_SHADER_DECLARED_CONST,    /* value: constant expression */
    W3DI_SHADER_DECLARED_VARIABLE, /* value: global              */
    W3DI_SHADER_DECLARED_FUNCTION  /* value: function            */
} w3di_shader_declared;

typedef struct w3di_shader_declaration {
    w3di_shader_name name;
    uint8_t kind, state;  /* state 0: not read yet, 1: being read, 2: read */
    uint32_t at;          /* where it begins, attributes included */
    uint32_t value, next; /* next: in its bucket */
    uint32_t hash;
} w3di_shader_declaration;

typedef struct w3di_shader_scoped { /* a name in a function */
    w3di_shader_name name;
    uint32_t hash, depth;
    uint32_t local;    /* or 0: a constant */
    uint32_t constant; /* expression */
} w3di_shader_scoped;

typedef struct w3di_shader_use { /* what a function uses, its callees included */
    uint32_t bindings, pairs, frame, discards, fragment_only, compute_only;
    uint32_t
        privates; /* bit: the private variable is read or written; the 32nd and on share bit 31 */
} w3di_shader_use;

typedef struct
    w3di_shader_pass { /* &variable given to a function: that must not use it otherwise */
    uint32_t callee, privates, at;
} w3di_shader_pass;

typedef struct w3di_shader_front {
    w3d_shader_module *module;
    w3d_allocator allocator;
    uint32_t type_room, member_room, global_room, function_room, local_room, expression_room;
    uint32_t statement_room, argument_room, declaration_room, name_room, stack_room, use_room;
    uint32_t parameter_room, edge_room, mark_room, assert_room, pass_room;

    w3di_shader_declaration *declarations; /* entry 0 is a blank */
    w3di_shader_scoped *names;
    uint32_t *stack;               /* expressions and statements that are being gathered */
    w3di_shader_use *uses;         /* one a function */
    w3di_shader_local *parameters; /* of functions whose bodies are not read yet */
    uint32_t *edges;               /* caller, callee, ... */
    uint32_t *marks;               /* offsets of < and > that are of template lists, rising */
    uint32_t *asserts;             /* offsets of the module's const_asserts */
    w3di_shader_pass *passes;
    uint32_t parameter_count, edge_count, use_count, mark_count, assert_count, pass_count;
    uint32_t declaration_count, name_count, name_base, stack_count, scope;
    uint32_t buckets[W3DI_SHADER_BUCKETS];

    w3di_shader_token token;
    uint32_t nesting;
    uint32_t function; /* the one being read */
    uint32_t bodies;   /* functions up to this number have their bodies read, or begun */
    uint32_t loops, switches, in_continuing;
    uint32_t skip_from,
        skip_to; /* names that a `continue` may have stepped over: not for continuing */
    uint32_t loop_names, loop_scope,
        loop_skip; /* of the loop being read: see w3di_shader_read_loop */

    w3d_result code; /* the first error */
    uint32_t wrong_at;
    const char *wrong;
} w3di_shader_front;

/* ---- errors and tokens ---- */

static inline uint32_t w3di_shader_fail(w3di_shader_front *front, w3d_result code, uint32_t at,
                                        const char *text)
{
    if (!front->code) {
        front->code = code;
        front->wrong_at = at;
        front->wrong = text;
    }
    front->token.kind = W3DI_SHADER_TOKEN_END;
    front->token.at = front->module->source_size;
    front->token.size = 0;
    return 0;
}

/* 1 where the < or > there belongs to a template list. */
static inline int w3di_shader_is_marked(const w3di_shader_front *front, uint32_t at)
{
    uint32_t low = 0, high = front->mark_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (front->marks[middle] == at) return 1;
        if (front->marks[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static inline void w3di_shader_seek(w3di_shader_front *front, uint32_t at)
{
    if (front->code) return;
    front->token = w3di_shader_lex(front->module->source, front->module->source_size, at);
    if (front->token.kind == W3DI_SHADER_TOKEN_WRONG)
        w3di_shader_fail(front, front->token.code, front->token.at, front->token.problem);
    char c =
        front->token.kind == W3DI_SHADER_TOKEN_SYMBOL ? front->module->source[front->token.at] : 0;
    if ((c == '<' || c == '>') && w3di_shader_is_marked(front, front->token.at)) {
        front->token.symbol = c == '<' ? W3DI_SHADER_OPEN : W3DI_SHADER_CLOSE;
        front->token.size = 1;
    }
}

static inline void w3di_shader_next(w3di_shader_front *front)
{
    w3di_shader_seek(front, front->token.at + front->token.size);
}

static inline int w3di_shader_is_symbol(const w3di_shader_front *front, uint32_t symbol)
{
    return front->token.kind == W3DI_SHADER_TOKEN_SYMBOL && front->token.symbol == symbol;
}

/* Steps over a symbol if it is the one at hand. */
static inline int w3di_shader_take(w3di_shader_front *front, uint32_t symbol)
{
    if (!w3di_shader_is_symbol(front, symbol)) return 0;
    w3di_shader_next(front);
    return 1;
}

static inline int w3di_shader_expect(w3di_shader_front *front, uint32_t symbol, const char *text)
{
    if (w3di_shader_take(front, symbol)) return 1;
    w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at, text);
    return 0;
}

static inline int w3di_shader_name_is(const w3di_shader_front *front, w3di_shader_name name,
                                      const char *text)
{
    return w3d_text_is(front->module->source + name.at, name.size, text);
}

static inline w3di_shader_name w3di_shader_token_name(const w3di_shader_front *front)
{
    w3di_shader_name name = { front->token.at, front->token.size };
    return name;
}

static inline int w3di_shader_is_word(const w3di_shader_front *front, const char *text)
{
    return front->token.kind == W3DI_SHADER_TOKEN_NAME &&
           w3di_shader_name_is(front, w3di_shader_token_name(front), text);
}

static inline int w3di_shader_take_word(w3di_shader_front *front, const char *text)
{
    if (!w3di_shader_is_word(front, text)) return 0;
    w3di_shader_next(front);
    return 1;
}

static inline void w3di_shader_close_template(w3di_shader_front *front)
{
    w3di_shader_expect(front, W3DI_SHADER_CLOSE, "a template list wants , or > here");
}

static inline int w3di_shader_same_name(const w3di_shader_front *front, w3di_shader_name a,
                                        w3di_shader_name b)
{
    return a.size == b.size &&
           w3d_equal(front->module->source + a.at, front->module->source + b.at, a.size);
}

/* The name at hand, stepped over; keywords are refused. */
static inline w3di_shader_name w3di_shader_new_name(w3di_shader_front *front, const char *wanted)
{
    /* clang-format off */
    static const char *const keywords[] = { /* WGSL 16.1 and 16.2 */
        "NULL", "Self", "_", "abstract", "active", "alias", "alignas", "alignof", "as", "asm",
        "asm_fragment", "async", "attribute", "auto", "await", "become", "break", "case", "cast",
        "catch", "class", "co_await", "co_return", "co_yield", "coherent", "column_major",
        "common", "compile", "compile_fragment", "concept", "const", "const_assert", "const_cast",
        "consteval", "constexpr", "constinit", "continue", "continuing", "crate", "debugger",
        "decltype", "default", "delete", "demote", "demote_to_helper", "diagnostic", "discard",
        "do", "dynamic_cast", "else", "enable", "enum", "explicit", "export", "extends", "extern",
        "external", "fallthrough", "false", "filter", "final", "finally", "fn", "for", "friend",
        "from", "fxgroup", "get", "goto", "groupshared", "highp", "if", "impl", "implements",
        "import", "inline", "instanceof", "interface", "layout", "let", "loop", "lowp", "macro",
        "macro_rules", "match", "mediump", "meta", "mod", "module", "move", "mut", "mutable",
        "namespace", "new", "nil", "noexcept", "noinline", "nointerpolation", "non_coherent",
        "noncoherent", "noperspective", "null", "nullptr", "of", "operator", "override",
        "package", "packoffset", "partial", "pass", "patch", "pixelfragment", "precise",
        "precision", "premerge", "priv", "protected", "pub", "public", "readonly", "ref",
        "regardless", "register", "reinterpret_cast", "require", "requires", "resource",
        "restrict", "return", "self", "set", "shared", "sizeof", "smooth", "snorm", "static",
        "static_assert", "static_cast", "std", "struct", "subroutine", "super", "switch",
        "target", "template", "this", "thread_local", "throw", "trait", "true", "try", "type",
        "typedef", "typeid", "typename", "typeof", "union", "unless", "unorm", "unsafe",
        "unsized", "use", "using", "var", "varying", "virtual", "volatile", "wgsl", "where",
        "while", "with", "writeonly", "yield"
    };
    /* clang-format on */
    w3di_shader_name name = w3di_shader_token_name(front);
    if (front->token.kind != W3DI_SHADER_TOKEN_NAME) {
        w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at, wanted);
        name.size = 0;
        return name;
    }
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (front->module->source[name.at] == keywords[i][0] &&
            w3di_shader_name_is(front, name, keywords[i]))
            w3di_shader_fail(front, W3D_ERR_FORMAT, name.at, "a reserved word cannot be a name");
    if (name.size >= 2 && front->module->source[name.at] == '_' &&
        front->module->source[name.at + 1] == '_')
        w3di_shader_fail(front, W3D_ERR_FORMAT, name.at,
                         "a name may not begin with two underscores");
    w3di_shader_next(front);
    return name;
}

static inline int w3di_shader_enter(w3di_shader_front *front)
{
    if (++front->nesting <= W3DI_SHADER_MOST_NESTING) return 1;
    w3di_shader_fail(front, W3D_ERR_LIMIT, front->token.at, "nested deeper than 64");
    return 0;
}

static inline void w3di_shader_leave(w3di_shader_front *front) { front->nesting--; }

/* ---- arrays ---- */

/* Room for one more item; the array may move. Gives the item's index, 0 where there is none. */
static inline uint32_t w3di_shader_grow(w3di_shader_front *front, void **array, uint32_t *count,
                                        uint32_t *room, uint32_t item_size, uint32_t most)
{
    if (*count >= most)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, front->token.at,
                                "the module is too large for this reader");
    if (*count == *room) {
        uint32_t wanted = *room ? *room * 2 : 64;
        void *moved = w3d_allocator_resize(&front->allocator, *array, (size_t)*room * item_size,
                                           (size_t)wanted * item_size);
        if (!moved)
            return w3di_shader_fail(front, W3D_ERR_OUT_OF_MEMORY, front->token.at, "out of memory");
        *array = moved;
        *room = wanted;
    }
    w3d_fill((uint8_t *)*array + (size_t)*count * item_size, 0, item_size);
    return (*count)++;
}

#define W3DI_SHADER_GROW(front, array, counter, room, most)                                        \
    w3di_shader_grow(front, (void **)&(array), &(counter), &(front)->room,                         \
                     (uint32_t)sizeof *(array), most)

static inline uint32_t w3di_shader_push(w3di_shader_front *front, uint32_t value)
{
    uint32_t at = front->stack_count;
    W3DI_SHADER_GROW(front, front->stack, front->stack_count, stack_room, W3DI_SHADER_MOST_NODES);
    if (front->stack_count > at) front->stack[at] = value;
    return at;
}

/* Moves what was pushed since `base` to the module's arguments; gives the first's index. */
static inline uint32_t w3di_shader_gather(w3di_shader_front *front, uint32_t base, uint32_t *count)
{
    w3d_shader_module *module = front->module;
    uint32_t first = module->argument_count;
    *count = front->stack_count - base;
    for (uint32_t i = base; i < front->stack_count; i++) {
        uint32_t at = module->argument_count;
        W3DI_SHADER_GROW(front, module->arguments, module->argument_count, argument_room,
                         4 * W3DI_SHADER_MOST_NODES);
        if (module->argument_count > at) module->arguments[at] = front->stack[i];
    }
    if (front->code) *count = 0;
    front->stack_count = base;
    return first;
}

static inline uint32_t w3di_shader_expression_new(w3di_shader_front *front, uint32_t kind,
                                                  uint32_t type, uint32_t at)
{
    w3d_shader_module *module = front->module;
    uint32_t e = W3DI_SHADER_GROW(front, module->expressions, module->expression_count,
                                  expression_room, W3DI_SHADER_MOST_NODES);
    if (!e) return 0;
    module->expressions[e].kind = (uint8_t)kind;
    module->expressions[e].type = type;
    module->expressions[e].at = at;
    module->expressions[e].depth = 1;
    return e;
}

static inline uint32_t w3di_shader_statement_new(w3di_shader_front *front, uint32_t kind,
                                                 uint32_t at)
{
    w3d_shader_module *module = front->module;
    uint32_t s = W3DI_SHADER_GROW(front, module->statements, module->statement_count,
                                  statement_room, W3DI_SHADER_MOST_NODES);
    if (!s) return 0;
    module->statements[s].kind = (uint8_t)kind;
    module->statements[s].at = at;
    return s;
}

/* Notes how deep an expression is once its operands are set; gives it, or 0 where it is too deep. */
static inline uint32_t w3di_shader_deepen(w3di_shader_front *front, uint32_t e)
{
    w3di_shader_expression *expressions = front->module->expressions, *x = &expressions[e];
    uint32_t deepest = 0;
    if (!e || front->code) return 0;
    if (x->kind >= W3DI_SHADER_LOAD && x->kind != W3DI_SHADER_CONSTRUCT &&
        x->kind != W3DI_SHADER_CALL && x->kind != W3DI_SHADER_BUILTIN)
        deepest = expressions[x->a].depth;
    if ((x->kind == W3DI_SHADER_INDEX || x->kind == W3DI_SHADER_BINARY) &&
        expressions[x->b].depth > deepest)
        deepest = expressions[x->b].depth;
    for (uint32_t i = 0; i < x->argument_count; i++) {
        uint32_t depth = expressions[front->module->arguments[x->first_argument + i]].depth;
        if (depth > deepest) deepest = depth;
    }
    if (deepest >= W3DI_SHADER_MOST_DEPTH)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, x->at,
                                "an expression of more than 128 operations in one another");
    x->depth = (uint8_t)(deepest + 1);
    return e;
}

/* ---- short ways to look ---- */

static inline w3di_shader_expression *w3di_shader_at(const w3di_shader_front *front, uint32_t e)
{
    return &front->module->expressions[e];
}

static inline uint32_t w3di_shader_type_of(const w3di_shader_front *front, uint32_t e)
{
    return front->module->expressions[e].type;
}

static inline const w3di_shader_type *w3di_shader_type_at(const w3di_shader_front *front,
                                                          uint32_t type)
{
    return &front->module->types[type];
}

static inline uint32_t w3di_shader_kind_of(const w3di_shader_front *front, uint32_t type)
{
    return front->module->types[type].kind;
}

#endif /* W3D_SHADER_FRONT_H */
