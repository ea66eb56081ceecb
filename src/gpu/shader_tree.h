/* shader_tree.h - a checked shader module as flat arrays; private.
 *
 * The front (shader_lex, shader_parse, shader_check) makes it from WGSL text; shader_glsl prints it,
 * shader_code compiles it for the software back-end. What the front promises to the two: names are
 * resolved, every expression has a concrete type (no abstract number, no implicit conversion left),
 * constant expressions are folded to LITERAL or to a CONSTRUCT of such (op 1), loads from references
 * are explicit (LOAD), overloads are chosen, so that printers have nothing to decide.
 *
 * Everything is an index into an array of the module; 0 is none (entry 0 of each array is a blank),
 * and `at` is the byte offset in the source. Names are (offset, size) of the source. */
#ifndef W3D_SHADER_TREE_H
#define W3D_SHADER_TREE_H

#include "core/arena.h"
#include "gpu/shader.h"

typedef struct w3di_shader_name {
    uint32_t at, size; /* in the source; size 0: none */
} w3di_shader_name;

typedef enum w3di_shader_kind { /* of types */
                                W3DI_SHADER_VOID,
                                W3DI_SHADER_BOOL,
                                W3DI_SHADER_I32,
                                W3DI_SHADER_U32,
                                W3DI_SHADER_F32,
                                W3DI_SHADER_VECTOR, /* element: a scalar type, rows 2..4                                  */
                                W3DI_SHADER_MATRIX, /* element: f32, columns 2..4 of rows 2..4                            */
                                W3DI_SHADER_ARRAY, /* element, count (0: runtime-sized), stride bytes                    */
                                W3DI_SHADER_STRUCT, /* first member, count                                                */
                                W3DI_SHADER_ATOMIC, /* element: i32 or u32                                                */
                                W3DI_SHADER_POINTER, /* element: what is pointed to; space, access                         */
                                W3DI_SHADER_TEXTURE, /* element: f32, i32 or u32; dimension; depth 1: texture_depth_*      */
                                W3DI_SHADER_SAMPLER /* depth 1: sampler_comparison                                        */
} w3di_shader_kind;

typedef enum w3di_shader_space {
    W3DI_SHADER_FUNCTION,
    W3DI_SHADER_PRIVATE,
    W3DI_SHADER_WORKGROUP,
    W3DI_SHADER_UNIFORM,
    W3DI_SHADER_STORAGE,
    W3DI_SHADER_HANDLE /* textures and samplers */
} w3di_shader_space;

enum {                               /* what a type may be used for */
       W3DI_SHADER_IS_PLAIN = 1,     /* values are stored in variables, passed and returned */
       W3DI_SHADER_IS_SHAREABLE = 2, /* buffers may hold it: no bool, no handle             */
       W3DI_SHADER_IS_UNIFORM = 4,   /* laid out as uniform buffers ask                     */
       W3DI_SHADER_IS_SIZED = 8,     /* no array without a size is in it                    */
       W3DI_SHADER_HAS_ATOMIC = 16,
       W3DI_SHADER_IS_ABSTRACT = 32 /* of constants that are not yet of a type; front only */
};

typedef struct w3di_shader_type {
    uint8_t kind; /* w3di_shader_kind */
    uint8_t rows, columns;
    uint8_t dimension; /* w3d_gpu_texture_kind of a texture; multisampled: `samples` 4 */
    uint8_t depth, samples, space, write; /* write 1: read_write access of a pointer */
    uint32_t element, first, count;
    uint8_t flags, nesting;           /* W3DI_SHADER_IS_ bits; arrays and structs in one another */
    uint32_t size, alignment, stride; /* host-shareable layout, WGSL section 14.4 */
    w3di_shader_name name;            /* of a struct */
} w3di_shader_type;

typedef struct w3di_shader_io { /* attributes of an entry point's inputs and outputs */
    uint8_t builtin;            /* w3di_shader_builtin; 0: none, then location counts */
    uint8_t location;           /* 255: none */
    uint8_t flat;               /* 0 perspective, 1 flat, 2 linear */
    uint8_t centroid;           /* 0 center, 1 centroid, 2 sample */
    uint8_t invariant;
} w3di_shader_io;

typedef enum w3di_shader_builtin {
    W3DI_SHADER_NO_BUILTIN,
    W3DI_SHADER_POSITION,
    W3DI_SHADER_VERTEX_INDEX,
    W3DI_SHADER_INSTANCE_INDEX,
    W3DI_SHADER_FRONT_FACING,
    W3DI_SHADER_FRAG_DEPTH,
    W3DI_SHADER_SAMPLE_INDEX,
    W3DI_SHADER_SAMPLE_MASK,
    W3DI_SHADER_LOCAL_INVOCATION_ID,
    W3DI_SHADER_LOCAL_INVOCATION_INDEX,
    W3DI_SHADER_GLOBAL_INVOCATION_ID,
    W3DI_SHADER_WORKGROUP_ID,
    W3DI_SHADER_NUM_WORKGROUPS
} w3di_shader_builtin;

typedef struct w3di_shader_member {
    w3di_shader_name name;
    uint32_t type, offset;
    w3di_shader_io io;
} w3di_shader_member;

/* A module-scope variable, or a `const`/`override` that something still refers to. */
typedef struct w3di_shader_global {
    w3di_shader_name name;
    uint32_t type;
    uint8_t space, write, group, binding; /* group and binding of uniform, storage, handle */
    uint32_t value;                       /* expression: its initial value, or 0: zero */
} w3di_shader_global;

typedef struct w3di_shader_local { /* a parameter, var or let; const ones are folded away */
    w3di_shader_name name;
    uint32_t type;
    uint8_t parameter, variable; /* variable 1: a `var`, referred to by VARIABLE and LOAD */
    w3di_shader_io io;           /* of an entry point's parameter */
} w3di_shader_local;

/* Functions are stored so that callees come before their callers. */
typedef struct w3di_shader_function {
    w3di_shader_name name;
    uint8_t stage; /* w3d_shader_stage + 1 of an entry point, else 0 */
    uint32_t workgroup_size[3];
    uint32_t first_local, local_count, parameter_count; /* parameters come first */
    uint32_t result;                                    /* type; VOID's index is 1 */
    w3di_shader_io result_io;
    uint32_t body;    /* statement BLOCK */
    uint32_t reached; /* bit s: stage s's entry points call it */
    uint32_t must_use;
    uint32_t first_callee,
        callee_count; /* in module->arguments: the functions it calls, once each */
} w3di_shader_function;

typedef enum w3di_shader_expression_kind {
    W3DI_SHADER_NO_EXPRESSION,
    W3DI_SHADER_LITERAL, /* bits: of bool, i32, u32 or f32                                   */
    W3DI_SHADER_GLOBAL,  /* a: global. A reference for variables, a value for textures, samplers */
    W3DI_SHADER_LOCAL,   /* a: local of this function; a reference if it is a `var`          */
    W3DI_SHADER_LOAD,    /* a: reference -> its value                                        */
    W3DI_SHADER_MEMBER,  /* a: struct value or reference, b: member's number in its struct   */
    W3DI_SHADER_INDEX,   /* a: array, vector or matrix, value or reference; b: index (i32, u32) */
    W3DI_SHADER_SWIZZLE, /* a: vector value or reference, b: count, bits: 2 bits each from the lowest */
    W3DI_SHADER_CONSTRUCT, /* args: exactly the components: scalars or vectors that add up (vector),
                               columns (matrix), elements (array), members (struct); one scalar for a
                               vector: splat; no args: the zero value                            */
    W3DI_SHADER_CONVERT,   /* a: scalar or vector, to this type's element                      */
    W3DI_SHADER_BITCAST,   /* a */
    W3DI_SHADER_UNARY,     /* op: '-', '!', '~'; a                                              */
    W3DI_SHADER_BINARY,    /* op: w3di_shader_operator; a, b: same shapes, or vector with scalar as
                               WGSL allows, or matrix products; && and || are short-circuit     */
    W3DI_SHADER_CALL,      /* b: function; args                                                 */
    W3DI_SHADER_BUILTIN, /* b: w3di_shader_call; args; pointers (atomics, arrayLength) as ADDRESS */
    W3DI_SHADER_ADDRESS, /* a: reference -> pointer                                           */
    W3DI_SHADER_DEREFERENCE /* a: pointer -> reference                                           */
} w3di_shader_expression_kind;

typedef enum w3di_shader_operator {
    W3DI_SHADER_ADD,
    W3DI_SHADER_SUBTRACT,
    W3DI_SHADER_MULTIPLY,
    W3DI_SHADER_DIVIDE,
    W3DI_SHADER_REMAINDER,
    W3DI_SHADER_AND,
    W3DI_SHADER_OR,
    W3DI_SHADER_XOR,
    W3DI_SHADER_SHIFT_LEFT,
    W3DI_SHADER_SHIFT_RIGHT,
    W3DI_SHADER_LOGICAL_AND,
    W3DI_SHADER_LOGICAL_OR,
    W3DI_SHADER_EQUAL,
    W3DI_SHADER_NOT_EQUAL,
    W3DI_SHADER_LESS,
    W3DI_SHADER_LESS_EQUAL,
    W3DI_SHADER_GREATER,
    W3DI_SHADER_GREATER_EQUAL,
    W3DI_SHADER_NEGATE,
    W3DI_SHADER_NOT,
    W3DI_SHADER_COMPLEMENT
} w3di_shader_operator;

/* clang-format off */
/* Built-in functions, by WGSL's names: X(enumerator, name) */
#define W3DI_SHADER_CALLS(X) \
    X(ABS, "abs") X(ACOS, "acos") X(ASIN, "asin") X(ATAN, "atan") X(ATAN2, "atan2") \
    X(CEIL, "ceil") X(CLAMP, "clamp") X(COS, "cos") X(COSH, "cosh") X(CROSS, "cross") \
    X(DEGREES, "degrees") X(DETERMINANT, "determinant") X(DISTANCE, "distance") X(DOT, "dot") \
    X(EXP, "exp") X(EXP2, "exp2") X(FACE_FORWARD, "faceForward") X(FLOOR, "floor") X(FMA, "fma") \
    X(FRACT, "fract") X(INVERSE_SQRT, "inverseSqrt") X(LENGTH, "length") X(LOG, "log") \
    X(LOG2, "log2") X(MAX, "max") X(MIN, "min") X(MIX, "mix") X(NORMALIZE, "normalize") \
    X(POW, "pow") X(RADIANS, "radians") X(REFLECT, "reflect") X(REFRACT, "refract") \
    X(ROUND, "round") X(SATURATE, "saturate") X(SIGN, "sign") X(SIN, "sin") X(SINH, "sinh") \
    X(SMOOTHSTEP, "smoothstep") X(SQRT, "sqrt") X(STEP, "step") X(TAN, "tan") X(TANH, "tanh") \
    X(TRANSPOSE, "transpose") X(TRUNC, "trunc") X(ALL, "all") X(ANY, "any") X(SELECT, "select") \
    X(COUNT_ONE_BITS, "countOneBits") X(REVERSE_BITS, "reverseBits") \
    X(FIRST_LEADING_BIT, "firstLeadingBit") X(FIRST_TRAILING_BIT, "firstTrailingBit") \
    X(EXTRACT_BITS, "extractBits") X(INSERT_BITS, "insertBits") \
    X(PACK_2X16_FLOAT, "pack2x16float") X(UNPACK_2X16_FLOAT, "unpack2x16float") \
    X(PACK_4X8_UNORM, "pack4x8unorm") X(UNPACK_4X8_UNORM, "unpack4x8unorm") \
    X(PACK_4X8_SNORM, "pack4x8snorm") X(UNPACK_4X8_SNORM, "unpack4x8snorm") \
    X(PACK_2X16_UNORM, "pack2x16unorm") X(UNPACK_2X16_UNORM, "unpack2x16unorm") \
    X(PACK_2X16_SNORM, "pack2x16snorm") X(UNPACK_2X16_SNORM, "unpack2x16snorm") X(DPDX, "dpdx") \
    X(DPDY, "dpdy") X(FWIDTH, "fwidth") X(TEXTURE_SAMPLE, "textureSample") \
    X(TEXTURE_SAMPLE_LEVEL, "textureSampleLevel") X(TEXTURE_SAMPLE_BIAS, "textureSampleBias") \
    X(TEXTURE_SAMPLE_GRAD, "textureSampleGrad") \
    X(TEXTURE_SAMPLE_COMPARE, "textureSampleCompare") \
    X(TEXTURE_SAMPLE_COMPARE_LEVEL, "textureSampleCompareLevel") X(TEXTURE_LOAD, "textureLoad") \
    X(TEXTURE_DIMENSIONS, "textureDimensions") X(TEXTURE_NUM_LAYERS, "textureNumLayers") \
    X(TEXTURE_NUM_LEVELS, "textureNumLevels") X(ARRAY_LENGTH, "arrayLength") \
    X(ATOMIC_LOAD, "atomicLoad") X(ATOMIC_STORE, "atomicStore") X(ATOMIC_ADD, "atomicAdd") \
    X(ATOMIC_SUB, "atomicSub") X(ATOMIC_MAX, "atomicMax") X(ATOMIC_MIN, "atomicMin") \
    X(ATOMIC_AND, "atomicAnd") X(ATOMIC_OR, "atomicOr") X(ATOMIC_XOR, "atomicXor") \
    X(ATOMIC_EXCHANGE, "atomicExchange") X(WORKGROUP_BARRIER, "workgroupBarrier") \
    X(STORAGE_BARRIER, "storageBarrier")
/* clang-format on */

typedef enum w3di_shader_call {
#define W3DI_SHADER_CALL_ENUM(name, text) W3DI_SHADER_CALL_##name,
    W3DI_SHADER_CALLS(W3DI_SHADER_CALL_ENUM)
#undef W3DI_SHADER_CALL_ENUM
        W3DI_SHADER_CALL_COUNT
} w3di_shader_call;

typedef struct w3di_shader_expression {
    uint8_t kind, op;
    uint8_t reference; /* 1: a reference to a variable's memory, type is what it holds */
    uint8_t depth;     /* 1 of what has no operands, else one more than its deepest operand */
    uint32_t type, a, b, bits;
    uint32_t first_argument, argument_count; /* into module->arguments */
    uint32_t at;
} w3di_shader_expression;

typedef enum w3di_shader_statement_kind {
    W3DI_SHADER_NO_STATEMENT,
    W3DI_SHADER_BLOCK,   /* a: first statement of it                                           */
    W3DI_SHADER_DECLARE, /* local: a, value: b or 0 (zero)                                     */
    W3DI_SHADER_ASSIGN,  /* reference a = value b; compound ones are written out with LOAD, where
                              the reference has side effects its index is first put in a let     */
    W3DI_SHADER_IGNORE,  /* value a, thrown away: `_ = a`                                      */
    W3DI_SHADER_CALL_STATEMENT, /* expression a                                                  */
    W3DI_SHADER_IF,     /* condition a, then b, else c (a BLOCK, an IF or 0)                  */
    W3DI_SHADER_LOOP,   /* body a; continuing b or 0; break-if condition c or 0, after b.
                              `while` and `for` are written as LOOP with IF/BREAK in front       */
    W3DI_SHADER_SWITCH, /* selector a; b: first case (linked by next)                         */
    W3DI_SHADER_CASE,   /* first_argument, argument_count: LITERAL expressions; a: body BLOCK;
                              b 1: it is the default too                                         */
    W3DI_SHADER_BREAK,
    W3DI_SHADER_CONTINUE,
    W3DI_SHADER_RETURN, /* value a or 0 */
    W3DI_SHADER_DISCARD
} w3di_shader_statement_kind;

typedef struct w3di_shader_statement {
    uint8_t kind;
    uint32_t a, b, c, next; /* next: the one after it in its block */
    uint32_t first_argument, argument_count;
    uint32_t at;
} w3di_shader_statement;

/* A checked module. The arrays live in the arena it was made in; counts include entry 0. */
struct w3d_shader_module {
    const char *source;
    uint32_t source_size;
    w3di_shader_type *types;
    w3di_shader_member *members;
    w3di_shader_global *globals;
    w3di_shader_function *functions;
    w3di_shader_local *locals;
    w3di_shader_expression *expressions;
    w3di_shader_statement *statements;
    uint32_t *arguments;
    uint32_t type_count, member_count, global_count, function_count, local_count, expression_count;
    uint32_t statement_count, argument_count;
    w3d_shader_reflection reflection;
};

#endif /* W3D_SHADER_TREE_H */
