/* shader_code.h - the register code of a shader in software; private.
 *
 * A word is an operation on whole registers, sixteen lanes each. Register 0 holds the lanes that run
 * at this point (their mask), register 1 those that are alive: neither helpers of a quad nor discarded.
 * The first words, the head, work out what is the same in all runs on the same resources: constants,
 * what is read from uniform buffers, and whatever follows from these alone. */
#ifndef W3D_SHADER_CODE_H
#define W3D_SHADER_CODE_H

#include "gpu/shader_run.h"
#include "gpu/shader_tree.h"

/* An offset that is outside of every buffer, also with what is added to it. */
#define W3DI_CODE_OUTSIDE 0xE0000000u

enum {
    W3DI_CODE_MASK = 0, /* registers */
    W3DI_CODE_ALIVE = 1,
    W3DI_CODE_NONE = 0xFFFF, /* no register */

    W3DI_CODE_FRAME = 0, /* buffers; group 1 and 2 from 2 on: 2 + 16 * (group - 1) + binding */
    W3DI_CODE_OBJECTS = 1,
    W3DI_CODE_WORKGROUP = 34,

    W3DI_CODE_MOST_REGISTERS = 4096,
    W3DI_CODE_MOST_WORDS = 60000,
    W3DI_CODE_MOST_VIRTUAL = 60000,
    W3DI_CODE_MOST_COMPONENTS = 4096, /* of a value */
    W3DI_CODE_MOST_SLOTS = 65536,
    W3DI_CODE_MOST_LOOPS = 1000,
    W3DI_CODE_MOST_DEPTH = 400,
    W3DI_CODE_MOST_WORK = 4000000,
    W3DI_CODE_MOST_INVOCATIONS = 1024,
    W3DI_CODE_MOST_WORKGROUP = 65536, /* bytes */
    W3DI_CODE_MOST_LANES = 131072     /* registers of all groups of a workgroup */
};

/* What an operation is: it has a destination; its result depends on its operands alone and may be
 * dropped; each four lanes are read before they are written, so that a source may be the destination. */
enum { W3DI_CODE_D = 1, W3DI_CODE_PURE = 2, W3DI_CODE_WISE = 4, W3DI_CODE_F = 7 };

/* X(name, sources, flags). The sources are the first operands; numbers stand behind them. */
/* clang-format off: a table */
#define W3DI_CODE_OPS(X)                                                                           \
    X(END, 0, 0)             /* puts the outputs where they belong, and ends                    */ \
    X(CONSTANT, 0, 3)        /* number 0, 1: bits                                               */ \
    X(UNIFORM, 0, 3)         /* 0: buffer, 2, 3: offset                                         */ \
    X(LENGTH, 0, 3)          /* 0: buffer, 2, 3: offset, 4, 5: stride                           */ \
    X(MOVE, 1, 7) X(MOVE_MASKED, 1, 5)                                                             \
    X(NEGATE, 1, 7) X(ABS, 1, 7) X(FLOOR, 1, 7) X(CEIL, 1, 7) X(TRUNCATE, 1, 7) X(ROUND, 1, 7)     \
    X(FRACT, 1, 7) X(SQRT, 1, 7) X(INVERSE_SQRT, 1, 7) X(SIGN, 1, 7)                               \
    X(ADD, 2, 7) X(SUBTRACT, 2, 7) X(MULTIPLY, 2, 7) X(DIVIDE, 2, 7) X(REMAINDER, 2, 7)            \
    X(MIN, 2, 7) X(MAX, 2, 7) X(EQUAL, 2, 7) X(NOT_EQUAL, 2, 7) X(LESS, 2, 7) X(LESS_EQUAL, 2, 7)  \
    X(MULTIPLY_ADD, 3, 7)    /* a * b + c, rounded twice; a * b - c; c - a * b                  */ \
    X(MULTIPLY_SUBTRACT, 3, 7) X(SUBTRACT_PRODUCT, 3, 7)                                           \
    X(CLAMP, 3, 7) X(MIX, 3, 7)                                                                    \
    X(SELECT, 3, 7)          /* where a: b, else c                                              */ \
    X(DOT2, 4, 7) X(DOT3, 6, 7) /* pairs                                                        */ \
    X(I_ADD, 2, 7) X(I_SUBTRACT, 2, 7) X(I_MULTIPLY, 2, 7) X(I_DIVIDE, 2, 7) X(U_DIVIDE, 2, 7)     \
    X(I_REMAINDER, 2, 7) X(U_REMAINDER, 2, 7) X(I_MIN, 2, 7) X(I_MAX, 2, 7) X(U_MIN, 2, 7)         \
    X(U_MAX, 2, 7) X(AND, 2, 7) X(OR, 2, 7) X(XOR, 2, 7) X(AND_NOT, 2, 7) X(SHIFT_LEFT, 2, 7)      \
    X(SHIFT_RIGHT, 2, 7) X(I_SHIFT_RIGHT, 2, 7)                                                    \
    X(SHIFT_LEFT_BY, 1, 7) X(SHIFT_RIGHT_BY, 1, 7) X(I_SHIFT_RIGHT_BY, 1, 7) /* number 1        */ \
    X(I_EQUAL, 2, 7) X(I_NOT_EQUAL, 2, 7) X(I_LESS, 2, 7) X(I_LESS_EQUAL, 2, 7) X(U_LESS, 2, 7)    \
    X(U_LESS_EQUAL, 2, 7) X(I_NEGATE, 1, 7) X(I_ABS, 1, 7) X(I_SIGN, 1, 7) X(NOT, 1, 7)            \
    X(FLOAT_OF_I, 1, 7) X(FLOAT_OF_U, 1, 7) X(I_OF_FLOAT, 1, 7) X(U_OF_FLOAT, 1, 7)                \
    X(FUNCTION, 1, 7)        /* 1: w3di_shader_call                                             */ \
    X(FUNCTION2, 2, 7)       /* 2: w3di_shader_call                                             */ \
    X(EXTRACT_U, 3, 7) X(EXTRACT_I, 3, 7) X(INSERT, 4, 7)                                          \
    X(PACK, 4, 7)            /* 4: w3di_shader_call                                             */ \
    X(UNPACK, 1, 7)          /* 1: w3di_shader_call, 2: component                               */ \
    X(DPDX, 1, 7) X(DPDY, 1, 7)                                                                    \
    X(INPUT, 0, 1) X(POSITION, 0, 1) /* 0: which                                                */ \
    X(BUILTIN, 0, 1)         /* 0: w3di_shader_builtin, 1: component                            */ \
    X(OUTPUT, 1, 0) X(OUTPUT_POSITION, 1, 0) /* 1: which                                        */ \
    X(OUTPUT_DEPTH, 1, 0)                                                                          \
    X(GATHER, 1, 7)          /* offsets; 1: buffer, 2, 3: offset. Of what is only read          */ \
    X(GATHER_FRESH, 1, 5)    /* the same of what is written too                                 */ \
    X(SCATTER, 2, 0)         /* offsets, values; 2: buffer, 3, 4: offset                        */ \
    X(ROW, 1, 7)             /* index -> offset; 1: buffer, 2, 3: offset, 4, 5: stride          */ \
    X(LOOK_UP, 1, 1)         /* index; 1: first of the registers it counts from                 */ \
    X(PUT, 2, 0)             /* index, value; 2: first of the registers                         */ \
    X(ATOMIC, 2, 1)          /* offsets, values; 2: buffer, 3, 4: offset, 5: w3di_shader_call   */ \
    X(SAMPLE, 0, 1)          /* registers: coordinates, layer, lod, dx, dy; 5: packed           */ \
    X(KILL, 1, 0)            /* lanes of the mask that die                                      */ \
    X(JUMP_NONE, 1, 0)       /* where no lane is set; 1: to                                     */ \
    X(LOOP, 1, 0)            /* where a lane is set and rounds are left; 1: to                  */ \
    X(BARRIER, 0, 0)
/* clang-format on */

typedef enum w3di_code_op {
#define W3DI_CODE_ENUM(name, sources, flags) W3DI_CODE_##name,
    W3DI_CODE_OPS(W3DI_CODE_ENUM)
#undef W3DI_CODE_ENUM
        W3DI_CODE_OP_COUNT
} w3di_code_op;

typedef struct w3di_code_word {
    uint16_t op, dst, s[6];
} w3di_code_word;

struct w3d_shader_code {
    w3d_shader_entry entry;
    w3di_code_word *words;
    uint32_t word_count, word_room, head_count; /* words of the head */
    uint32_t registers;       /* of one group */
    uint32_t groups;          /* of sixteen in a workgroup whose registers stand side by side */
    uint32_t workgroup_lanes; /* registers that the workgroup's memory takes */
    uint32_t has_barrier;
    w3d_allocator allocator;
};

static inline uint32_t w3di_code_sources(uint32_t op)
{
#define W3DI_CODE_SOURCES(name, sources, flags) sources,
    static const uint8_t table[] = { W3DI_CODE_OPS(W3DI_CODE_SOURCES) };
#undef W3DI_CODE_SOURCES
    return table[op];
}

static inline uint32_t w3di_code_flags(uint32_t op)
{
#define W3DI_CODE_FLAGS(name, sources, flags) flags,
    static const uint8_t table[] = { W3DI_CODE_OPS(W3DI_CODE_FLAGS) };
#undef W3DI_CODE_FLAGS
    return table[op];
}

/* A 32-bit number in two operands. */
static inline uint32_t w3di_code_number(const w3di_code_word *word, uint32_t i)
{
    return word->s[i] | (uint32_t)word->s[i + 1] << 16;
}

static inline void w3di_code_number_set(w3di_code_word *word, uint32_t i, uint32_t number)
{
    word->s[i] = (uint16_t)number;
    word->s[i + 1] = (uint16_t)(number >> 16);
}

/* Operand 5 of SAMPLE: the call, the texture and the sampler (0: none). */
static inline uint16_t w3di_code_sample_pack(uint32_t call, uint32_t texture, uint32_t sampler)
{
    return (uint16_t)((call - W3DI_SHADER_CALL_TEXTURE_SAMPLE) | texture << 4 | sampler << 9);
}

#endif /* W3D_SHADER_CODE_H */
