/* shader_run.c - runs the register code of a shader, sixteen lanes at a time.
 *
 * One loop over the words; each works on four times four lanes, so that the step from word to word is
 * paid once for sixteen. Lanes outside of the mask are worked out too where nobody can tell; stores,
 * assignments under a mask and texture reads look at it. */
#include "gpu/shader_run.h"
#include "gpu/shader_code.h"

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

#include "gpu/shader_run_lanes.h"

#define W3DI_RUN_ROUNDS (1u << 24)
#if defined(__GNUC__)
#define W3DI_RUN_APART __attribute__((noinline))
#elif defined(_MSC_VER)
#define W3DI_RUN_APART __declspec(noinline)
#else
#define W3DI_RUN_APART
#endif

typedef struct w3di_run {
    const w3d_shader_code *code;
    w3d_shader_group *group;
    const w3d_shader_resources *resources;
    w3d_shader_lanes *r;      /* the registers of these sixteen */
    w3d_shader_lanes *memory; /* the workgroup's */
    uint32_t rounds, first;   /* first: invocation in its workgroup */
} w3di_run;

static inline int w3di_run_any(const w3d_shader_lanes *a)
{
    return w3d_f4_mask(w3d_f4_or(w3d_f4_or(a->f[0], a->f[1]), w3d_f4_or(a->f[2], a->f[3])));
}

/* ---- memory ---- */

static inline uint8_t *w3di_run_buffer(const w3di_run *run, uint32_t buffer, uint32_t *size)
{
    const w3d_shader_resources *from = run->resources;
    const void *bytes = NULL;
    *size = 0;
    if (buffer == W3DI_CODE_WORKGROUP) {
        bytes = run->memory;
        *size = run->code->workgroup_lanes * (uint32_t)sizeof(w3d_shader_lanes);
    } else if (buffer == W3DI_CODE_FRAME) {
        bytes = from->frame;
        *size = from->frame_size;
    } else if (buffer == W3DI_CODE_OBJECTS) {
        bytes = from->objects;
        *size = from->object_bytes;
    } else if (buffer < W3DI_CODE_WORKGROUP) {
        bytes = from->buffers[(buffer - 2) / 16][(buffer - 2) % 16].bytes;
        *size = from->buffers[(buffer - 2) / 16][(buffer - 2) % 16].size;
    }
    if (!bytes) *size = 0;
    return (uint8_t *)(uintptr_t)bytes;
}

static inline int w3di_run_inside(uint32_t at, uint32_t offset, uint32_t size)
{
    return (uint64_t)at + offset + 4 <= size;
}

static inline uint32_t w3di_run_read(const uint8_t *bytes, uint32_t at, uint32_t offset,
                                     uint32_t size)
{
    uint32_t value = 0;
    if (w3di_run_inside(at, offset, size)) w3d_copy(&value, bytes + at + offset, 4);
    return value;
}

static inline void w3di_run_splat(w3d_shader_lanes *out, uint32_t bits)
{
    for (int k = 0; k < 4; k++) out->i[k] = w3d_i4_splat((int32_t)bits);
}

static void w3di_run_gather(const w3di_run *run, const w3di_code_word *w)
{
    const w3d_shader_lanes *at = run->r + w->s[0];
    w3d_shader_lanes *out = run->r + w->dst;
    uint32_t size, offset = w3di_code_number(w, 2);
    const uint8_t *bytes = w3di_run_buffer(run, w->s[1], &size);
    w3d_i4 one = w3d_i4_splat(at->s[0]), same = w3d_i4_equal(at->i[0], one);
    for (int k = 1; k < 4; k++) same = w3d_i4_and(same, w3d_i4_equal(at->i[k], one));
    if (w3d_f4_mask(w3d_f4_bits_i4(same)) == 15) {
        w3di_run_splat(out, w3di_run_read(bytes, at->u[0], offset, size));
        return;
    }
    for (int l = 0; l < W3D_SHADER_LANES; l++)
        out->u[l] = w3di_run_read(bytes, at->u[l], offset, size);
}

static void w3di_run_scatter(const w3di_run *run, const w3di_code_word *w)
{
    const w3d_shader_lanes *at = run->r + w->s[0], *value = run->r + w->s[1];
    uint32_t size, offset = w3di_code_number(w, 3);
    uint8_t *bytes = w3di_run_buffer(run, w->s[2], &size);
    for (int l = 0; l < W3D_SHADER_LANES; l++)
        if ((run->r[W3DI_CODE_MASK].u[l] & run->r[W3DI_CODE_ALIVE].u[l]) &&
            w3di_run_inside(at->u[l], offset, size))
            w3d_copy(bytes + at->u[l] + offset, &value->u[l], 4);
}

static inline uint32_t w3di_run_atomic_value(uint32_t how, uint32_t old, uint32_t value)
{
    int less = how & 256u ? (int32_t)old < (int32_t)value : old < value;
    switch (how & 255u) {
    case W3DI_SHADER_CALL_ATOMIC_LOAD: return old;
    case W3DI_SHADER_CALL_ATOMIC_ADD: return old + value;
    case W3DI_SHADER_CALL_ATOMIC_SUB: return old - value;
    case W3DI_SHADER_CALL_ATOMIC_MAX: return less ? value : old;
    case W3DI_SHADER_CALL_ATOMIC_MIN: return less ? old : value;
    case W3DI_SHADER_CALL_ATOMIC_AND: return old & value;
    case W3DI_SHADER_CALL_ATOMIC_OR: return old | value;
    case W3DI_SHADER_CALL_ATOMIC_XOR: return old ^ value;
    default: return value; /* store, exchange */
    }
}

static void w3di_run_atomic(const w3di_run *run, const w3di_code_word *w)
{
    const w3d_shader_lanes at = run->r[w->s[0]], value = run->r[w->s[1]];
    uint32_t size, offset = w3di_code_number(w, 3);
    uint8_t *bytes = w3di_run_buffer(run, w->s[2], &size);
    for (int l = 0; l < W3D_SHADER_LANES; l++) {
        uint32_t old = w3di_run_read(bytes, at.u[l], offset, size),
                 next = w3di_run_atomic_value(w->s[5], old, value.u[l]);
        run->r[w->dst].u[l] = old;
        if ((run->r[W3DI_CODE_MASK].u[l] & run->r[W3DI_CODE_ALIVE].u[l]) &&
            w3di_run_inside(at.u[l], offset, size))
            w3d_copy(bytes + at.u[l] + offset, &next, 4);
    }
}

static inline uint32_t w3di_run_length(uint32_t size, uint32_t offset, uint32_t stride)
{
    return size > offset && stride ? (size - offset) / stride : 0;
}

/* Indices of an array that ends with its buffer, as offsets; those outside of it stay outside. */
static void w3di_run_row(const w3di_run *run, const w3di_code_word *w)
{
    uint32_t size, stride = w3di_code_number(w, 4);
    w3di_run_buffer(run, w->s[1], &size);
    uint32_t count = w3di_run_length(size, w3di_code_number(w, 2), stride);
    for (int l = 0; l < W3D_SHADER_LANES; l++) {
        uint32_t i = run->r[w->s[0]].u[l];
        run->r[w->dst].u[l] = i < count ? i * stride : W3DI_CODE_OUTSIDE;
    }
}

static void w3di_run_sample(const w3di_run *run, const w3di_code_word *w)
{
    w3d_shader_sample sample;
    uint32_t texture = w->s[5] >> 4 & 31u, sampler = w->s[5] >> 9;
    const w3d_shader_lanes *sources[5];
    for (int i = 0; i < 5; i++) sources[i] = w->s[i] == W3DI_CODE_NONE ? NULL : run->r + w->s[i];
    w3d_fill(run->r + w->dst, 0, 4 * sizeof *run->r);
    if (!run->resources->sample) return;
    sample.call = (w->s[5] & 15u) + W3DI_SHADER_CALL_TEXTURE_SAMPLE;
    sample.texture = run->resources->textures[texture / 16][texture % 16];
    sample.sampler =
        sampler ? run->resources->samplers[(sampler - 1) / 16][(sampler - 1) % 16] : NULL;
    sample.coordinates = sources[0];
    sample.layer = sources[1];
    sample.lod = sources[2];
    sample.dx = sources[3];
    sample.dy = sources[4];
    sample.mask = run->r + W3DI_CODE_MASK;
    sample.out = run->r + w->dst;
    run->resources->sample(&sample);
}

/* ---- inputs ---- */

static void w3di_run_builtin(const w3di_run *run, const w3di_code_word *w)
{
    const w3d_shader_group *group = run->group;
    const uint32_t *size = run->code->entry.workgroup_size;
    w3d_shader_lanes *out = run->r + w->dst;
    uint32_t k = w->s[1] < 3 ? w->s[1] : 0, local[3];
    switch (w->s[0]) {
    case W3DI_SHADER_VERTEX_INDEX: *out = group->vertex_index; return;
    case W3DI_SHADER_INSTANCE_INDEX: *out = group->instance_index; return;
    case W3DI_SHADER_FRONT_FACING: *out = group->front_facing; return;
    case W3DI_SHADER_WORKGROUP_ID: w3di_run_splat(out, group->workgroup[k]); return;
    case W3DI_SHADER_NUM_WORKGROUPS: w3di_run_splat(out, group->workgroups[k]); return;
    default: break;
    }
    for (uint32_t l = 0; l < W3D_SHADER_LANES; l++) {
        uint32_t i = run->first + l;
        local[0] = size[0] ? i % size[0] : 0;
        local[1] = size[0] && size[1] ? i / size[0] % size[1] : 0;
        local[2] = size[0] && size[1] ? i / size[0] / size[1] : 0;
        out->u[l] = w->s[0] == W3DI_SHADER_LOCAL_INVOCATION_INDEX ? i
                    : w->s[0] == W3DI_SHADER_LOCAL_INVOCATION_ID
                        ? local[k]
                        : group->workgroup[k] * size[k] + local[k];
    }
}

/* ---- the loop ---- */

#define W3DI_RUN_A (r[w->s[0]])
#define W3DI_RUN_B (r[w->s[1]])
#define W3DI_RUN_C (r[w->s[2]])
#define W3DI_RUN_OP(name, part, value)                                                             \
    case W3DI_CODE_##name:                                                                         \
        for (int k = 0; k < 4; k++) r[w->dst].part[k] = value;                                     \
        break
#define W3DI_RUN_1(name, part, function) W3DI_RUN_OP(name, part, function(W3DI_RUN_A.part[k]))
#define W3DI_RUN_2(name, part, function)                                                           \
    W3DI_RUN_OP(name, part, function(W3DI_RUN_A.part[k], W3DI_RUN_B.part[k]))
#define W3DI_RUN_3(name, part, function)                                                           \
    W3DI_RUN_OP(name, part, function(W3DI_RUN_A.part[k], W3DI_RUN_B.part[k], W3DI_RUN_C.part[k]))
#define W3DI_RUN_LANES(name, part, value)                                                          \
    case W3DI_CODE_##name:                                                                         \
        for (int l = 0; l < W3D_SHADER_LANES; l++) r[w->dst].part[l] = value;                      \
        break

/* What is rarer, or long: apart from the loop, so that this keeps its own in registers. */
static W3DI_RUN_APART void w3di_run_rare(const w3di_run *run, const w3di_code_word *w)
{
    w3d_shader_lanes *r = run->r;
    const w3d_i4 top = w3d_i4_splat(INT32_MIN);
    uint32_t size;
    switch (w->op) {
    case W3DI_CODE_CONSTANT: w3di_run_splat(r + w->dst, w3di_code_number(w, 0)); break;
    case W3DI_CODE_UNIFORM: {
        const uint8_t *bytes = w3di_run_buffer(run, w->s[0], &size);
        w3di_run_splat(r + w->dst, w3di_run_read(bytes, 0, w3di_code_number(w, 2), size));
        break;
    }
    case W3DI_CODE_LENGTH:
        w3di_run_buffer(run, w->s[0], &size);
        w3di_run_splat(r + w->dst,
                       w3di_run_length(size, w3di_code_number(w, 2), w3di_code_number(w, 4)));
        break;
        W3DI_RUN_1(FLOOR, f, w3di_run_floor);
        W3DI_RUN_1(CEIL, f, w3di_run_ceil);
        W3DI_RUN_1(TRUNCATE, f, w3di_run_truncate);
        W3DI_RUN_1(ROUND, f, w3di_run_round);
        W3DI_RUN_OP(FRACT, f, w3d_f4_sub(W3DI_RUN_A.f[k], w3di_run_floor(W3DI_RUN_A.f[k])));
        W3DI_RUN_1(SIGN, f, w3di_run_sign);
        W3DI_RUN_OP(REMAINDER, f,
                    w3d_f4_sub(W3DI_RUN_A.f[k],
                               w3d_f4_mul(W3DI_RUN_B.f[k],
                                          w3di_run_truncate(
                                              w3d_f4_div(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k])))));
        W3DI_RUN_2(I_MULTIPLY, i, w3d_i4_mul);
    case W3DI_CODE_I_DIVIDE:
    case W3DI_CODE_U_DIVIDE:
    case W3DI_CODE_I_REMAINDER:
    case W3DI_CODE_U_REMAINDER:
        for (int l = 0; l < W3D_SHADER_LANES; l++)
            r[w->dst].u[l] = w3di_run_divide(w->op, W3DI_RUN_A.u[l], W3DI_RUN_B.u[l]);
        break;
        W3DI_RUN_2(I_MIN, i, w3d_i4_min);
        W3DI_RUN_2(I_MAX, i, w3d_i4_max);
        W3DI_RUN_OP(U_MIN, i,
                    w3d_i4_xor(w3d_i4_min(w3d_i4_xor(W3DI_RUN_A.i[k], top),
                                          w3d_i4_xor(W3DI_RUN_B.i[k], top)),
                               top));
        W3DI_RUN_OP(U_MAX, i,
                    w3d_i4_xor(w3d_i4_max(w3d_i4_xor(W3DI_RUN_A.i[k], top),
                                          w3d_i4_xor(W3DI_RUN_B.i[k], top)),
                               top));
        W3DI_RUN_LANES(SHIFT_LEFT, u, W3DI_RUN_A.u[l] << (W3DI_RUN_B.u[l] & 31u));
        W3DI_RUN_LANES(SHIFT_RIGHT, u, W3DI_RUN_A.u[l] >> (W3DI_RUN_B.u[l] & 31u));
        W3DI_RUN_LANES(I_SHIFT_RIGHT, u,
                       w3di_run_shift_signed(W3DI_RUN_A.u[l], W3DI_RUN_B.u[l] & 31u));
        W3DI_RUN_OP(I_SHIFT_RIGHT_BY, i, w3d_i4_shift_right_signed(W3DI_RUN_A.i[k], w->s[1]));
        W3DI_RUN_2(U_LESS, i, w3di_run_u_less);
        W3DI_RUN_OP(U_LESS_EQUAL, i,
                    w3di_run_not(w3di_run_u_less(W3DI_RUN_B.i[k], W3DI_RUN_A.i[k])));
        W3DI_RUN_OP(I_NEGATE, i, w3d_i4_sub(w3d_i4_splat(0), W3DI_RUN_A.i[k]));
        W3DI_RUN_OP(I_ABS, i,
                    w3d_i4_max(W3DI_RUN_A.i[k], w3d_i4_sub(w3d_i4_splat(0), W3DI_RUN_A.i[k])));
        W3DI_RUN_OP(I_SIGN, i,
                    w3d_i4_sub(w3d_i4_less(W3DI_RUN_A.i[k], w3d_i4_splat(0)),
                               w3d_i4_less(w3d_i4_splat(0), W3DI_RUN_A.i[k])));
        W3DI_RUN_LANES(FLOAT_OF_U, x, (float)W3DI_RUN_A.u[l]);
        W3DI_RUN_OP(I_OF_FLOAT, i, w3d_i4_from_f4(W3DI_RUN_A.f[k]));
        W3DI_RUN_LANES(U_OF_FLOAT, u, w3di_run_u_of_float(W3DI_RUN_A.x[l]));
    case W3DI_CODE_FUNCTION: w3di_run_function(w->s[1], r + w->dst, r + w->s[0]); break;
    case W3DI_CODE_FUNCTION2:
        for (int l = 0; l < W3D_SHADER_LANES; l++)
            r[w->dst].x[l] = w->s[2] == W3DI_SHADER_CALL_POW
                                 ? w3d_math_pow(W3DI_RUN_A.x[l], W3DI_RUN_B.x[l])
                                 : w3d_math_atan2(W3DI_RUN_A.x[l], W3DI_RUN_B.x[l]);
        break;
        W3DI_RUN_LANES(EXTRACT_U, u,
                       w3di_run_extract(W3DI_RUN_A.u[l], W3DI_RUN_B.u[l], W3DI_RUN_C.u[l], 0));
        W3DI_RUN_LANES(EXTRACT_I, u,
                       w3di_run_extract(W3DI_RUN_A.u[l], W3DI_RUN_B.u[l], W3DI_RUN_C.u[l], 1));
        W3DI_RUN_LANES(INSERT, u,
                       w3di_run_insert(W3DI_RUN_A.u[l], W3DI_RUN_B.u[l], W3DI_RUN_C.u[l],
                                       r[w->s[3]].u[l]));
        W3DI_RUN_LANES(PACK, u,
                       w3di_run_pack(w->s[4], W3DI_RUN_A.x[l], W3DI_RUN_B.x[l], W3DI_RUN_C.x[l],
                                     r[w->s[3]].x[l]));
        W3DI_RUN_LANES(UNPACK, x, w3di_run_unpack(w->s[1], W3DI_RUN_A.u[l], w->s[2]));
        W3DI_RUN_1(DPDX, f, w3di_run_dpdx);
        W3DI_RUN_1(DPDY, f, w3di_run_dpdy);
    case W3DI_CODE_BUILTIN: w3di_run_builtin(run, w); break;
    case W3DI_CODE_OUTPUT_DEPTH: run->group->depth = W3DI_RUN_A; break;
    case W3DI_CODE_GATHER:
    case W3DI_CODE_GATHER_FRESH: w3di_run_gather(run, w); break;
    case W3DI_CODE_SCATTER: w3di_run_scatter(run, w); break;
    case W3DI_CODE_ROW:
        w3di_run_row(run, w);
        break;
        W3DI_RUN_LANES(LOOK_UP, u, r[w->s[1] + W3DI_RUN_A.u[l]].u[l]);
    case W3DI_CODE_PUT:
        for (int l = 0; l < W3D_SHADER_LANES; l++)
            if (r[W3DI_CODE_MASK].u[l]) r[w->s[2] + W3DI_RUN_A.u[l]].u[l] = W3DI_RUN_B.u[l];
        break;
    case W3DI_CODE_ATOMIC: w3di_run_atomic(run, w); break;
    case W3DI_CODE_SAMPLE: w3di_run_sample(run, w); break;
    default: break;
    }
}

/* Goes on at a word until the end (gives 0) or a barrier (gives the word behind it). */
static uint32_t w3di_run_words(w3di_run *run, uint32_t at)
{
    const w3di_code_word *words = run->code->words, *w = words + at;
    w3d_shader_lanes *r = run->r;
    w3d_shader_group *group = run->group;
    for (;; w++) {
        switch (w->op) {
        case W3DI_CODE_END: return 0;
        case W3DI_CODE_BARRIER:
            return (uint32_t)(w - words) + 1;
            W3DI_RUN_OP(MOVE, f, W3DI_RUN_A.f[k]);
            W3DI_RUN_OP(MOVE_MASKED, f, w3d_f4_select(r[0].f[k], W3DI_RUN_A.f[k], r[w->dst].f[k]));
            W3DI_RUN_1(NEGATE, f, w3d_f4_negate);
            W3DI_RUN_1(ABS, f, w3d_f4_abs);
            W3DI_RUN_1(SQRT, f, w3d_f4_sqrt);
            W3DI_RUN_OP(INVERSE_SQRT, f,
                        w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_sqrt(W3DI_RUN_A.f[k])));
            W3DI_RUN_2(ADD, f, w3d_f4_add);
            W3DI_RUN_2(SUBTRACT, f, w3d_f4_sub);
            W3DI_RUN_2(MULTIPLY, f, w3d_f4_mul);
            W3DI_RUN_2(DIVIDE, f, w3d_f4_div);
            W3DI_RUN_2(MIN, f, w3d_f4_min);
            W3DI_RUN_2(MAX, f, w3d_f4_max);
            W3DI_RUN_2(EQUAL, f, w3d_f4_equal);
            W3DI_RUN_OP(NOT_EQUAL, i,
                        w3di_run_not(
                            w3d_i4_bits_f4(w3d_f4_equal(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k]))));
            W3DI_RUN_2(LESS, f, w3d_f4_less);
            W3DI_RUN_2(LESS_EQUAL, f, w3d_f4_lesseq);
            W3DI_RUN_OP(MULTIPLY_ADD, f,
                        w3d_f4_add(w3d_f4_mul(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k]), W3DI_RUN_C.f[k]));
            W3DI_RUN_OP(MULTIPLY_SUBTRACT, f,
                        w3d_f4_sub(w3d_f4_mul(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k]), W3DI_RUN_C.f[k]));
            W3DI_RUN_OP(SUBTRACT_PRODUCT, f,
                        w3d_f4_sub(W3DI_RUN_C.f[k], w3d_f4_mul(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k])));
            W3DI_RUN_3(CLAMP, f, w3di_run_clamp);
            W3DI_RUN_3(MIX, f, w3di_run_mix);
            W3DI_RUN_3(SELECT, f, w3d_f4_select);
            W3DI_RUN_OP(DOT2, f,
                        w3d_f4_add(w3d_f4_mul(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k]),
                                   w3d_f4_mul(W3DI_RUN_C.f[k], r[w->s[3]].f[k])));
            W3DI_RUN_OP(DOT3, f,
                        w3d_f4_add(w3d_f4_add(w3d_f4_mul(W3DI_RUN_A.f[k], W3DI_RUN_B.f[k]),
                                              w3d_f4_mul(W3DI_RUN_C.f[k], r[w->s[3]].f[k])),
                                   w3d_f4_mul(r[w->s[4]].f[k], r[w->s[5]].f[k])));
            W3DI_RUN_2(I_ADD, i, w3d_i4_add);
            W3DI_RUN_2(I_SUBTRACT, i, w3d_i4_sub);
            W3DI_RUN_2(AND, i, w3d_i4_and);
            W3DI_RUN_2(OR, i, w3d_i4_or);
            W3DI_RUN_2(XOR, i, w3d_i4_xor);
            W3DI_RUN_2(AND_NOT, i, w3d_i4_andnot);
            W3DI_RUN_OP(SHIFT_LEFT_BY, i, w3d_i4_shift_left(W3DI_RUN_A.i[k], w->s[1]));
            W3DI_RUN_OP(SHIFT_RIGHT_BY, i, w3d_i4_shift_right(W3DI_RUN_A.i[k], w->s[1]));
            W3DI_RUN_2(I_EQUAL, i, w3d_i4_equal);
            W3DI_RUN_OP(I_NOT_EQUAL, i,
                        w3di_run_not(w3d_i4_equal(W3DI_RUN_A.i[k], W3DI_RUN_B.i[k])));
            W3DI_RUN_2(I_LESS, i, w3d_i4_less);
            W3DI_RUN_OP(I_LESS_EQUAL, i,
                        w3di_run_not(w3d_i4_less(W3DI_RUN_B.i[k], W3DI_RUN_A.i[k])));
            W3DI_RUN_1(NOT, i, w3di_run_not);
            W3DI_RUN_OP(FLOAT_OF_I, f, w3d_f4_from_i4(W3DI_RUN_A.i[k]));
        case W3DI_CODE_INPUT: r[w->dst] = group->inputs[w->s[0]]; break;
        case W3DI_CODE_POSITION: r[w->dst] = group->position[w->s[0] & 3]; break;
        case W3DI_CODE_OUTPUT: group->outputs[w->s[1]] = W3DI_RUN_A; break;
        case W3DI_CODE_OUTPUT_POSITION: group->position[w->s[1] & 3] = W3DI_RUN_A; break;
        case W3DI_CODE_KILL:
            for (int k = 0; k < 4; k++)
                r[W3DI_CODE_ALIVE].f[k] = w3d_f4_andnot(r[W3DI_CODE_ALIVE].f[k], W3DI_RUN_A.f[k]);
            if (!w3di_run_any(r + W3DI_CODE_ALIVE)) return 0;
            break;
        case W3DI_CODE_JUMP_NONE:
            if (!w3di_run_any(&W3DI_RUN_A)) w = words + w->s[1] - 1;
            break;
        case W3DI_CODE_LOOP:
            if (!w3di_run_any(&W3DI_RUN_A)) break;
            if (run->rounds) {
                run->rounds--;
                w = words + w->s[1] - 1;
                break;
            }
            for (int k = 0; k < 4; k++)
                r[W3DI_CODE_ALIVE].f[k] = w3d_f4_andnot(r[W3DI_CODE_ALIVE].f[k], W3DI_RUN_A.f[k]);
            break;

        default: w3di_run_rare(run, w); break;
        }
    }
}

/* ---- workgroups ---- */

/* Sets of sixteen one after the other; with barriers in turns, from one barrier to the next. */
static void w3di_run_workgroup(w3di_run *run)
{
    const w3d_shader_code *code = run->code;
    const uint32_t *size = code->entry.workgroup_size;
    uint32_t count = size[0] * size[1] * size[2], sets = (count + 15) / 16, left = sets;
    uint32_t at[64], rounds = run->rounds, rounds_of[64];
    w3d_shader_lanes *registers = run->group->registers + code->workgroup_lanes;
    run->memory = run->group->registers;
    if (code->workgroup_lanes)
        w3d_fill(run->memory, 0, code->workgroup_lanes * sizeof *run->memory);
    for (uint32_t g = 0; g < sets && g < 64; g++) {
        at[g] = run->group->same || (g && !code->has_barrier) ? code->head_count + 1 : 1;
        rounds_of[g] = rounds;
    }
    for (int begun = 0; left; begun = 1) {
        for (uint32_t g = 0; g < sets && g < 64; g++) {
            if (!at[g]) continue;
            run->r = registers + (code->has_barrier ? g * code->registers : 0);
            run->first = g * 16;
            run->rounds = rounds_of[g];
            if (!begun) {
                for (uint32_t l = 0; l < W3D_SHADER_LANES; l++)
                    run->r[W3DI_CODE_MASK].u[l] = g * 16 + l < count ? 0xFFFFFFFFu : 0;
                run->r[W3DI_CODE_ALIVE] = run->r[W3DI_CODE_MASK];
                at[g]--;
            }
            at[g] = w3di_run_words(run, at[g]);
            rounds_of[g] = run->rounds;
            if (!at[g]) left--;
        }
    }
}

W3D_API void w3d_shader_run(const w3d_shader_code *code, w3d_shader_group *group)
{
    w3di_run run;
    w3d_fill(&run, 0, sizeof run);
    run.code = code;
    run.group = group;
    run.resources = group->resources;
    run.r = group->registers;
    run.rounds = group->round_limit ? group->round_limit : W3DI_RUN_ROUNDS;
    if (code->entry.stage == W3D_SHADER_COMPUTE) {
        w3di_run_workgroup(&run);
        return;
    }
    run.r[W3DI_CODE_ALIVE] = run.r[W3DI_CODE_MASK] = group->mask;
    for (int k = 0; k < 4 && code->entry.stage == W3D_SHADER_FRAGMENT; k++)
        run.r[W3DI_CODE_MASK].i[k] =
            w3d_i4_splat(w3d_f4_mask(group->mask.f[k]) ? -1 : 0); /* whole quads */
    w3di_run_words(&run, group->same ? code->head_count : 0);
    group->mask = run.r[W3DI_CODE_ALIVE];
}

#undef W3DI_RUN_ROUNDS
#undef W3DI_RUN_APART
#undef W3DI_RUN_A
#undef W3DI_RUN_B
#undef W3DI_RUN_C
#undef W3DI_RUN_OP
#undef W3DI_RUN_1
#undef W3DI_RUN_2
#undef W3DI_RUN_3
#undef W3DI_RUN_LANES

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
