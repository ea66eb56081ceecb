/* shader_call.h - WGSL's built-in functions: overloads, conversions, and the constant ones; private.
 *
 * Source: WGSL, section 17. Functions of constants are worked out: shader_fold.h. */
#ifndef W3D_SHADER_CALL_H
#define W3D_SHADER_CALL_H

#include "gpu/shader_expression.h"

/* The function's number by its name, or CALL_COUNT. */
static inline uint32_t w3di_shader_call_find(const w3di_shader_front *front, w3di_shader_name name)
{
#define W3DI_SHADER_CALL_NAME(enumerator, text) text,
    static const char *const names[] = { W3DI_SHADER_CALLS(W3DI_SHADER_CALL_NAME) };
#undef W3DI_SHADER_CALL_NAME
    uint32_t i = 0;
    while (i < W3DI_SHADER_CALL_COUNT && !w3di_shader_name_is(front, name, names[i])) i++;
    return i;
}

static inline uint32_t w3di_shader_call_wrong(w3di_shader_front *front, uint32_t at)
{
    return w3di_shader_fail(front, W3D_ERR_RANGE, at, "the function does not take these arguments");
}

/* A call node of what is on the stack from `base`. */
static inline uint32_t w3di_shader_call_node(w3di_shader_front *front, uint32_t call, uint32_t type,
                                             uint32_t base, uint32_t at)
{
    uint32_t count, first = w3di_shader_gather(front, base, &count);
    uint32_t e = w3di_shader_expression_new(front, W3DI_SHADER_BUILTIN, type, at);
    if (!e) return 0;
    w3di_shader_at(front, e)->b = call;
    w3di_shader_at(front, e)->first_argument = first;
    w3di_shader_at(front, e)->argument_count = count;
    return w3di_shader_deepen(front, e);
}

static inline uint32_t w3di_shader_call_type(const w3di_shader_front *front, uint32_t base,
                                             uint32_t i)
{
    return w3di_shader_type_of(front, front->stack[base + i]);
}

/* Converts arguments first..first+count to what they have in common, scalars alike; gives that type or 0. */
static inline uint32_t w3di_shader_call_unify(w3di_shader_front *front, uint32_t first,
                                              uint32_t count, int real)
{
    uint32_t common = 0, rows = 0;
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t type = w3di_shader_type_of(front, front->stack[i]),
                 scalar = w3di_shader_scalar(front, type);
        if (!w3di_shader_rows(front, type) || (rows && rows != w3di_shader_rows(front, type)))
            return 0;
        rows = w3di_shader_rows(front, type);
        if (!common || common == W3DI_SHADER_TYPE_INT ||
            (common == W3DI_SHADER_TYPE_FLOAT && !w3di_shader_is_abstract(scalar)))
            common = scalar;
    }
    if (common == W3DI_SHADER_TYPE_INT && real) common = W3DI_SHADER_TYPE_FLOAT;
    if (!common || (real && !w3di_shader_is_real(common))) return 0;
    uint32_t type = w3di_shader_vector(common, rows);
    for (uint32_t i = first; i < first + count; i++) {
        if (!w3di_shader_converts(front, w3di_shader_type_of(front, front->stack[i]), type))
            return 0;
        front->stack[i] = w3di_shader_convert(front, front->stack[i], type);
        if (front->code) return 0;
    }
    return type;
}

static inline void w3di_shader_call_concrete(w3di_shader_front *front, uint32_t first,
                                             uint32_t count)
{
    for (uint32_t i = first; i < first + count && !front->code; i++)
        front->stack[i] = w3di_shader_make_concrete(front, front->stack[i]);
}

/* 0 with an error where constant bounds are wrong although the value between them is no constant. */
static inline int w3di_shader_call_ordered(w3di_shader_front *front, uint32_t call, uint32_t type,
                                           uint32_t base, uint32_t at)
{
    uint32_t clamps = call == W3DI_SHADER_CALL_CLAMP;
    uint32_t low = front->stack[base + clamps], high = front->stack[base + clamps + 1];
    int real = w3di_shader_is_real(w3di_shader_scalar(front, type));
    if (!w3di_shader_is_constant(front, low) || !w3di_shader_is_constant(front, high)) return 1;
    for (uint32_t i = 0; i < w3di_shader_rows(front, type); i++) {
        w3di_shader_number x = w3di_shader_number_of(front, w3di_shader_component(front, low, i)),
                           y = w3di_shader_number_of(front, w3di_shader_component(front, high, i));
        if (clamps ? (real ? x.real > y.real : x.whole > y.whole) : x.real == y.real) {
            w3di_shader_fail(front, W3D_ERR_RANGE, at,
                             "the function is not defined for these constants");
            return 0;
        }
    }
    return 1;
}

/* A function whose arguments and result have one type. */
static inline uint32_t w3di_shader_call_alike(w3di_shader_front *front, uint32_t call,
                                              uint32_t base, uint32_t count, int real, uint32_t at)
{
    if (front->stack_count - base != count) return w3di_shader_call_wrong(front, at);
    uint32_t type = w3di_shader_call_unify(front, base, count, real);
    if (!type || w3di_shader_scalar(front, type) == W3DI_SHADER_TYPE_BOOL)
        return w3di_shader_call_wrong(front, at);
    uint32_t folded = w3di_shader_fold_call(front, call, type, base, at);
    if (folded || front->code) return folded;
    if (call == W3DI_SHADER_CALL_CLAMP || call == W3DI_SHADER_CALL_SMOOTHSTEP)
        if (!w3di_shader_call_ordered(front, call, type, base, at)) return 0;
    w3di_shader_call_concrete(front, base, count);
    return front->code
               ? 0
               : w3di_shader_call_node(front, call, w3di_shader_concrete(front, type), base, at);
}

/* ---- textures ---- */

static inline uint32_t w3di_shader_call_pair(w3di_shader_front *front, uint32_t texture,
                                             uint32_t sampler, uint32_t at)
{
    w3d_shader_reflection *reflection = &front->module->reflection;
    uint8_t t = front->module->globals[texture].binding,
            s = sampler ? front->module->globals[sampler].binding : 255;
    if (sampler && front->module->globals[texture].group != front->module->globals[sampler].group)
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, at,
                                "a texture and its sampler are of one group in this subset");
    if (front->module->globals[texture].group != 1) return 0;
    for (uint32_t i = 0; i < reflection->pair_count; i++)
        if (reflection->pairs[i].texture == t && reflection->pairs[i].sampler == s) {
            front->uses[front->function].pairs |= 1u << i;
            return 0;
        }
    if (reflection->pair_count == W3D_GPU_MAX_PAIRS)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, at,
                                "more than 16 pairs of a texture and a sampler");
    reflection->pairs[reflection->pair_count].texture = t;
    reflection->pairs[reflection->pair_count].sampler = s;
    front->uses[front->function].pairs |= 1u << reflection->pair_count++;
    return 0;
}

static inline uint32_t w3di_shader_call_handle(w3di_shader_front *front, uint32_t e, uint32_t kind,
                                               uint32_t *global)
{
    const w3di_shader_expression *x = w3di_shader_at(front, e);
    *global = x->kind == W3DI_SHADER_GLOBAL ? x->a : 0;
    return *global && w3di_shader_kind_of(front, x->type) == kind;
}

/* textureSample and the others that take a sampler: texture, sampler, coordinates, [layer], more. */
static inline uint32_t w3di_shader_call_sample(w3di_shader_front *front, uint32_t call,
                                               uint32_t base, uint32_t at)
{
    uint32_t count = front->stack_count - base, texture, sampler, next = 3;
    if (count < 3 ||
        !w3di_shader_call_handle(front, front->stack[base], W3DI_SHADER_TEXTURE, &texture) ||
        !w3di_shader_call_handle(front, front->stack[base + 1], W3DI_SHADER_SAMPLER, &sampler))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a texture and a sampler are wanted, named directly");
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_call_type(front, base, 0));
    int compares = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE ||
                   call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL;
    int plain =
        call == W3DI_SHADER_CALL_TEXTURE_SAMPLE || call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL;
    if (t.samples || t.element != W3DI_SHADER_TYPE_F32 || (compares && !t.depth) ||
        (t.depth && !compares && !plain) ||
        (w3di_shader_type_at(front, w3di_shader_call_type(front, base, 1))->depth != 0) != compares)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "this texture cannot be sampled so");
    uint32_t f32 = W3DI_SHADER_TYPE_F32,
             coordinates = w3di_shader_vector(
                 f32, t.dimension == W3D_GPU_CUBE || t.dimension == W3D_GPU_3D ? 3 : 2);
    front->stack[base + 2] = w3di_shader_convert(front, front->stack[base + 2], coordinates);
    if (t.dimension == W3D_GPU_2D_ARRAY) {
        if (count <= next) return w3di_shader_call_wrong(front, at);
        front->stack[base + 3] = w3di_shader_make_concrete(front, front->stack[base + 3]);
        if (!front->code && !w3di_shader_is_integer(w3di_shader_call_type(front, base, 3)))
            return w3di_shader_call_wrong(front, at);
        next = 4;
    }
    uint32_t more = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE        ? 0
                    : call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD ? 2
                                                                   : 1;
    if (count > next + more)
        return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, at,
                                "a constant offset of texture coordinates is not in this subset");
    if (count != next + more) return w3di_shader_call_wrong(front, at);
    for (uint32_t i = next; i < count && !front->code; i++) {
        uint32_t type = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD ? coordinates : f32;
        if (t.depth && call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL)
            type = w3di_shader_call_type(front, base, i) == W3DI_SHADER_TYPE_U32
                       ? W3DI_SHADER_TYPE_U32
                       : W3DI_SHADER_TYPE_I32;
        front->stack[base + i] = w3di_shader_convert(front, front->stack[base + i], type);
    }
    if (front->code) return 0;
    w3di_shader_call_pair(front, texture, sampler, at);
    if (front->function && call != W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL &&
        call != W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD &&
        call != W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL)
        front->uses[front->function].fragment_only = 1;
    return w3di_shader_call_node(front, call, t.depth ? f32 : w3di_shader_vector(f32, 4), base, at);
}

/* textureLoad, textureDimensions, textureNumLayers, textureNumLevels. */
static inline uint32_t w3di_shader_call_texture(w3di_shader_front *front, uint32_t call,
                                                uint32_t base, uint32_t at)
{
    uint32_t count = front->stack_count - base, texture;
    if (!count ||
        !w3di_shader_call_handle(front, front->stack[base], W3DI_SHADER_TEXTURE, &texture))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a texture is wanted, named directly");
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_call_type(front, base, 0));
    w3di_shader_call_concrete(front, base + 1, count - 1);
    if (front->code) return 0;
    uint32_t array = t.dimension == W3D_GPU_2D_ARRAY,
             dimensions = t.dimension == W3D_GPU_3D ? 3 : 2, result = W3DI_SHADER_TYPE_U32;
    if (call == W3DI_SHADER_CALL_TEXTURE_LOAD) {
        if (t.dimension == W3D_GPU_CUBE || count != 3 + array)
            return w3di_shader_call_wrong(front, at);
        for (uint32_t i = 1; i < count; i++)
            if (!w3di_shader_is_integer(
                    w3di_shader_scalar(front, w3di_shader_call_type(front, base, i))) ||
                w3di_shader_rows(front, w3di_shader_call_type(front, base, i)) !=
                    (i == 1 ? dimensions : 1))
                return w3di_shader_call_wrong(front, at);
        result = t.depth ? (uint32_t)W3DI_SHADER_TYPE_F32 : w3di_shader_vector(t.element, 4);
    } else if (call == W3DI_SHADER_CALL_TEXTURE_DIMENSIONS) {
        if (count > 2 || (count == 2 && t.samples) ||
            (count == 2 && !w3di_shader_is_integer(w3di_shader_call_type(front, base, 1))))
            return w3di_shader_call_wrong(front, at);
        result = w3di_shader_vector(W3DI_SHADER_TYPE_U32, dimensions);
    } else if (count != 1 || (call == W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS && !array) ||
               (call == W3DI_SHADER_CALL_TEXTURE_NUM_LEVELS && t.samples)) {
        return w3di_shader_call_wrong(front, at);
    }
    w3di_shader_call_pair(front, texture, 0, at);
    return front->code ? 0 : w3di_shader_call_node(front, call, result, base, at);
}

/* ---- memory ---- */

static inline uint32_t w3di_shader_call_atomic(w3di_shader_front *front, uint32_t call,
                                               uint32_t base, uint32_t at)
{
    uint32_t count = front->stack_count - base;
    const w3di_shader_type pointer =
        *w3di_shader_type_at(front, count ? w3di_shader_call_type(front, base, 0) : 0);
    const w3di_shader_type target = *w3di_shader_type_at(front, pointer.element);
    if (front->function) front->uses[front->function].compute_only = 1;
    if (pointer.kind != W3DI_SHADER_POINTER || target.kind != W3DI_SHADER_ATOMIC ||
        !pointer.write || count != (call == W3DI_SHADER_CALL_ATOMIC_LOAD ? 1u : 2u))
        return w3di_shader_call_wrong(front, at);
    if (count == 2)
        front->stack[base + 1] = w3di_shader_convert(front, front->stack[base + 1], target.element);
    if (front->code) return 0;
    return w3di_shader_call_node(front, call,
                                 call == W3DI_SHADER_CALL_ATOMIC_STORE
                                     ? (uint32_t)W3DI_SHADER_TYPE_VOID
                                     : target.element,
                                 base, at);
}

/* ---- the rest, by what each takes ---- */

static inline uint32_t w3di_shader_call_geometric(w3di_shader_front *front, uint32_t call,
                                                  uint32_t base, uint32_t at)
{
    uint32_t count = front->stack_count - base, type = 0, result;
    uint32_t wanted = call == W3DI_SHADER_CALL_LENGTH || call == W3DI_SHADER_CALL_NORMALIZE ? 1
                      : call == W3DI_SHADER_CALL_FACE_FORWARD || call == W3DI_SHADER_CALL_REFRACT
                          ? 3
                          : 2;
    if (count != wanted) return w3di_shader_call_wrong(front, at);
    uint32_t vectors = call == W3DI_SHADER_CALL_REFRACT ? 2 : count;
    type = w3di_shader_call_unify(front, base, vectors, call != W3DI_SHADER_CALL_DOT);
    if (call == W3DI_SHADER_CALL_REFRACT)
        front->stack[base + 2] =
            w3di_shader_convert(front, front->stack[base + 2], W3DI_SHADER_TYPE_F32);
    if (front->code) return 0;
    uint32_t rows = type ? w3di_shader_rows(front, type) : 0;
    int scalars = call == W3DI_SHADER_CALL_LENGTH || call == W3DI_SHADER_CALL_DISTANCE;
    if (!type || w3di_shader_scalar(front, type) == W3DI_SHADER_TYPE_BOOL ||
        (rows == 1 && !scalars) || (call == W3DI_SHADER_CALL_CROSS && rows != 3))
        return w3di_shader_call_wrong(front, at);
    result = scalars || call == W3DI_SHADER_CALL_DOT ? w3di_shader_scalar(front, type) : type;
    uint32_t folded = w3di_shader_fold_call(front, call, result, base, at);
    if (folded || front->code) return folded;
    w3di_shader_call_concrete(front, base, vectors);
    if (front->code) return 0;
    result = w3di_shader_concrete(front, result);
    return w3di_shader_call_node(front, call, result, base, at);
}

/* mix and select: two values alike, and a third that is a scalar or alike. */
static inline uint32_t w3di_shader_call_blend(w3di_shader_front *front, uint32_t call,
                                              uint32_t base, uint32_t at)
{
    int mixes = call == W3DI_SHADER_CALL_MIX;
    uint32_t type =
        front->stack_count - base == 3 ? w3di_shader_call_unify(front, base, 2, mixes) : 0;
    if (!type) return w3di_shader_call_wrong(front, at);
    uint32_t third = w3di_shader_call_type(front, base, 2), rows = w3di_shader_rows(front, third);
    uint32_t scalar = mixes ? W3DI_SHADER_TYPE_F32 : W3DI_SHADER_TYPE_BOOL;
    if (mixes && w3di_shader_is_constant(front, front->stack[base + 2]) &&
        w3di_shader_is_abstract(w3di_shader_scalar(front, type)) &&
        w3di_shader_is_abstract(w3di_shader_scalar(front, third)))
        scalar = W3DI_SHADER_TYPE_FLOAT;
    if ((rows != 1 && rows != w3di_shader_rows(front, type)) ||
        !w3di_shader_converts(front, third, w3di_shader_vector(scalar, rows)))
        return w3di_shader_call_wrong(front, at);
    front->stack[base + 2] =
        w3di_shader_convert(front, front->stack[base + 2], w3di_shader_vector(scalar, rows));
    if (front->code) return 0;
    uint32_t folded = w3di_shader_fold_call(front, call, type, base, at);
    if (folded || front->code) return folded;
    w3di_shader_call_concrete(front, base, 3);
    type = w3di_shader_concrete(front, type);
    return front->code ? 0 : w3di_shader_call_node(front, call, type, base, at);
}

static inline uint32_t w3di_shader_call_bits(w3di_shader_front *front, uint32_t call, uint32_t base,
                                             uint32_t at)
{
    uint32_t count = front->stack_count - base,
             first = call == W3DI_SHADER_CALL_INSERT_BITS ? 2 : 1;
    uint32_t wanted = call == W3DI_SHADER_CALL_EXTRACT_BITS  ? 3
                      : call == W3DI_SHADER_CALL_INSERT_BITS ? 4
                                                             : 1;
    uint32_t type = count == wanted ? w3di_shader_call_unify(front, base, first, 0) : 0;
    if (!type || !w3di_shader_is_integer(w3di_shader_scalar(front, type)))
        return w3di_shader_call_wrong(front, at);
    type = w3di_shader_concrete(front, type);
    for (uint32_t i = 0; i < first && !front->code; i++)
        front->stack[base + i] = w3di_shader_convert(front, front->stack[base + i], type);
    for (uint32_t i = first; i < count && !front->code; i++)
        front->stack[base + i] =
            w3di_shader_convert(front, front->stack[base + i], W3DI_SHADER_TYPE_U32);
    if (front->code) return 0;
    if (wanted > 1 && w3di_shader_is_constant(front, front->stack[base + first]) &&
        w3di_shader_is_constant(front, front->stack[base + first + 1]) &&
        w3di_shader_number_of(front, front->stack[base + first]).whole +
                w3di_shader_number_of(front, front->stack[base + first + 1]).whole >
            32)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "bits beyond the 32nd");
    uint32_t folded = w3di_shader_fold_call(front, call, type, base, at);
    if (folded || front->code) return folded;
    return w3di_shader_call_node(front, call, type, base, at);
}

/* One argument of a known type. */
static inline uint32_t w3di_shader_call_one(w3di_shader_front *front, uint32_t call, uint32_t base,
                                            uint32_t from, uint32_t to, uint32_t at)
{
    if (front->stack_count - base != 1) return w3di_shader_call_wrong(front, at);
    front->stack[base] = w3di_shader_convert(front, front->stack[base], from);
    uint32_t folded = front->code ? 0 : w3di_shader_fold_call(front, call, to, base, at);
    if (folded) return folded;
    return front->code ? 0 : w3di_shader_call_node(front, call, to, base, at);
}

static inline uint32_t w3di_shader_call_matrix(w3di_shader_front *front, uint32_t call,
                                               uint32_t base, uint32_t at)
{
    if (front->stack_count - base != 1) return w3di_shader_call_wrong(front, at);
    const w3di_shader_type t = *w3di_shader_type_at(front, w3di_shader_call_type(front, base, 0));
    if (t.kind != W3DI_SHADER_MATRIX ||
        (call == W3DI_SHADER_CALL_DETERMINANT && t.rows != t.columns))
        return w3di_shader_call_wrong(front, at);
    uint32_t type = call == W3DI_SHADER_CALL_DETERMINANT
                        ? t.element
                        : w3di_shader_matrix(t.element, t.rows, t.columns);
    uint32_t folded = w3di_shader_fold_call(front, call, type, base, at);
    if (folded || front->code) return folded;
    w3di_shader_call_concrete(front, base, 1);
    return front->code
               ? 0
               : w3di_shader_call_node(front, call, w3di_shader_concrete(front, type), base, at);
}

static uint32_t w3di_shader_call_builtin(w3di_shader_front *front, w3di_shader_name name,
                                         uint32_t base)
{
    uint32_t call = w3di_shader_call_find(front, name), at = name.at;
    uint32_t f32 = W3DI_SHADER_TYPE_F32, u32 = W3DI_SHADER_TYPE_U32;
    if (call == W3DI_SHADER_CALL_COUNT) {
        if (name.size > 7 && w3d_equal(front->module->source + name.at, "texture", 7))
            return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, at,
                                    "this texture function is not in this subset");
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "there is no function of this name");
    }
    for (uint32_t i = base; i < front->stack_count && !front->code; i++)
        front->stack[i] = w3di_shader_value(front, front->stack[i]);
    if (front->code) return 0;
    switch ((w3di_shader_call)call) {
    case W3DI_SHADER_CALL_SIGN:
        if (front->stack_count > base &&
            w3di_shader_scalar(front, w3di_shader_call_type(front, base, 0)) == u32)
            return w3di_shader_call_wrong(front, at);
        return w3di_shader_call_alike(front, call, base, 1, 0, at);
    case W3DI_SHADER_CALL_ABS: return w3di_shader_call_alike(front, call, base, 1, 0, at);
    case W3DI_SHADER_CALL_MIN:
    case W3DI_SHADER_CALL_MAX: return w3di_shader_call_alike(front, call, base, 2, 0, at);
    case W3DI_SHADER_CALL_CLAMP: return w3di_shader_call_alike(front, call, base, 3, 0, at);
    case W3DI_SHADER_CALL_ATAN2:
    case W3DI_SHADER_CALL_POW:
    case W3DI_SHADER_CALL_STEP: return w3di_shader_call_alike(front, call, base, 2, 1, at);
    case W3DI_SHADER_CALL_FMA:
    case W3DI_SHADER_CALL_SMOOTHSTEP: return w3di_shader_call_alike(front, call, base, 3, 1, at);
    case W3DI_SHADER_CALL_DPDX:
    case W3DI_SHADER_CALL_DPDY:
    case W3DI_SHADER_CALL_FWIDTH:
        if (front->function) front->uses[front->function].fragment_only = 1;
        w3di_shader_call_concrete(front, base, front->stack_count - base);
        return front->code ? 0 : w3di_shader_call_alike(front, call, base, 1, 1, at);
    case W3DI_SHADER_CALL_CROSS:
    case W3DI_SHADER_CALL_DISTANCE:
    case W3DI_SHADER_CALL_DOT:
    case W3DI_SHADER_CALL_FACE_FORWARD:
    case W3DI_SHADER_CALL_LENGTH:
    case W3DI_SHADER_CALL_NORMALIZE:
    case W3DI_SHADER_CALL_REFLECT:
    case W3DI_SHADER_CALL_REFRACT: return w3di_shader_call_geometric(front, call, base, at);
    case W3DI_SHADER_CALL_MIX:
    case W3DI_SHADER_CALL_SELECT: return w3di_shader_call_blend(front, call, base, at);
    case W3DI_SHADER_CALL_DETERMINANT:
    case W3DI_SHADER_CALL_TRANSPOSE: return w3di_shader_call_matrix(front, call, base, at);
    case W3DI_SHADER_CALL_ALL:
    case W3DI_SHADER_CALL_ANY:
        if (front->stack_count - base != 1 ||
            w3di_shader_scalar(front, w3di_shader_call_type(front, base, 0)) !=
                W3DI_SHADER_TYPE_BOOL)
            return w3di_shader_call_wrong(front, at);
        if (w3di_shader_is_constant(front, front->stack[base]))
            return w3di_shader_fold_call(front, call, W3DI_SHADER_TYPE_BOOL, base, at);
        return w3di_shader_call_node(front, call, W3DI_SHADER_TYPE_BOOL, base, at);
    case W3DI_SHADER_CALL_COUNT_ONE_BITS:
    case W3DI_SHADER_CALL_REVERSE_BITS:
    case W3DI_SHADER_CALL_FIRST_LEADING_BIT:
    case W3DI_SHADER_CALL_FIRST_TRAILING_BIT:
    case W3DI_SHADER_CALL_EXTRACT_BITS:
    case W3DI_SHADER_CALL_INSERT_BITS: return w3di_shader_call_bits(front, call, base, at);
    case W3DI_SHADER_CALL_PACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_PACK_2X16_UNORM:
    case W3DI_SHADER_CALL_PACK_2X16_SNORM:
        return w3di_shader_call_one(front, call, base, w3di_shader_vector(f32, 2), u32, at);
    case W3DI_SHADER_CALL_UNPACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_UNPACK_2X16_UNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_SNORM:
        return w3di_shader_call_one(front, call, base, u32, w3di_shader_vector(f32, 2), at);
    case W3DI_SHADER_CALL_PACK_4X8_UNORM:
    case W3DI_SHADER_CALL_PACK_4X8_SNORM:
        return w3di_shader_call_one(front, call, base, w3di_shader_vector(f32, 4), u32, at);
    case W3DI_SHADER_CALL_UNPACK_4X8_UNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_SNORM:
        return w3di_shader_call_one(front, call, base, u32, w3di_shader_vector(f32, 4), at);
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE:
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL:
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE_BIAS:
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD:
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE:
    case W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL:
        return w3di_shader_call_sample(front, call, base, at);
    case W3DI_SHADER_CALL_TEXTURE_LOAD:
    case W3DI_SHADER_CALL_TEXTURE_DIMENSIONS:
    case W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS:
    case W3DI_SHADER_CALL_TEXTURE_NUM_LEVELS:
        return w3di_shader_call_texture(front, call, base, at);
    case W3DI_SHADER_CALL_ARRAY_LENGTH: {
        const w3di_shader_type *t = w3di_shader_type_at(
            front, front->stack_count - base == 1 ? w3di_shader_call_type(front, base, 0) : 0);
        const w3di_shader_type *array = w3di_shader_type_at(front, t->element);
        if (t->kind != W3DI_SHADER_POINTER || array->kind != W3DI_SHADER_ARRAY || array->count)
            return w3di_shader_call_wrong(front, at);
        return w3di_shader_call_node(front, call, u32, base, at);
    }
    case W3DI_SHADER_CALL_ATOMIC_LOAD:
    case W3DI_SHADER_CALL_ATOMIC_STORE:
    case W3DI_SHADER_CALL_ATOMIC_ADD:
    case W3DI_SHADER_CALL_ATOMIC_SUB:
    case W3DI_SHADER_CALL_ATOMIC_MAX:
    case W3DI_SHADER_CALL_ATOMIC_MIN:
    case W3DI_SHADER_CALL_ATOMIC_AND:
    case W3DI_SHADER_CALL_ATOMIC_OR:
    case W3DI_SHADER_CALL_ATOMIC_XOR:
    case W3DI_SHADER_CALL_ATOMIC_EXCHANGE: return w3di_shader_call_atomic(front, call, base, at);
    case W3DI_SHADER_CALL_WORKGROUP_BARRIER:
    case W3DI_SHADER_CALL_STORAGE_BARRIER:
        if (front->stack_count != base) return w3di_shader_call_wrong(front, at);
        if (front->function) front->uses[front->function].compute_only = 1;
        return w3di_shader_call_node(front, call, W3DI_SHADER_TYPE_VOID, base, at);
    default:
        return w3di_shader_call_alike(front, call, base, 1, 1,
                                      at); /* sin, floor ...: float to float */
    }
}

#endif /* W3D_SHADER_CALL_H */
