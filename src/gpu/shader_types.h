/* shader_types.h - the types of a shader: made once each, laid out, and read from text; private.
 *
 * Scalars, vectors, matrices and samplers have fixed indices; the others are looked for before they are
 * made, so that equal types have equal indices. Layout: WGSL, section 14.4.1. */
#ifndef W3D_SHADER_TYPES_H
#define W3D_SHADER_TYPES_H

#include "gpu/shader_front.h"

/* element: one of TYPE_BOOL .. TYPE_FLOAT; rows 1..4. */
static inline uint32_t w3di_shader_vector(uint32_t element, uint32_t rows)
{
    return rows == 1 ? element
                     : (uint32_t)W3DI_SHADER_TYPE_VECTORS +
                           (element - (uint32_t)W3DI_SHADER_TYPE_BOOL) * 3 + rows - 2;
}

static inline uint32_t w3di_shader_matrix(uint32_t element, uint32_t columns, uint32_t rows)
{
    uint32_t first = element == W3DI_SHADER_TYPE_FLOAT ? W3DI_SHADER_TYPE_ABSTRACT_MATRICES
                                                       : W3DI_SHADER_TYPE_MATRICES;
    return first + (columns - 2) * 3 + rows - 2;
}

static inline int w3di_shader_is_abstract(uint32_t type)
{
    return type == W3DI_SHADER_TYPE_INT || type == W3DI_SHADER_TYPE_FLOAT;
}

/* The scalar a scalar, vector or matrix is made of; 0 for others. */
static inline uint32_t w3di_shader_scalar(const w3di_shader_front *front, uint32_t type)
{
    if (type >= W3DI_SHADER_TYPE_BOOL && type <= W3DI_SHADER_TYPE_FLOAT) return type;
    uint32_t kind = w3di_shader_kind_of(front, type);
    return kind == W3DI_SHADER_VECTOR || kind == W3DI_SHADER_MATRIX
               ? w3di_shader_type_at(front, type)->element
               : 0;
}

/* 1 of a scalar, 2..4 of a vector, 0 of others. */
static inline uint32_t w3di_shader_rows(const w3di_shader_front *front, uint32_t type)
{
    if (type >= W3DI_SHADER_TYPE_BOOL && type <= W3DI_SHADER_TYPE_FLOAT) return 1;
    return w3di_shader_kind_of(front, type) == W3DI_SHADER_VECTOR
               ? w3di_shader_type_at(front, type)->rows
               : 0;
}

static inline int w3di_shader_is_matrix(const w3di_shader_front *front, uint32_t type)
{
    return w3di_shader_kind_of(front, type) == W3DI_SHADER_MATRIX;
}

static inline int w3di_shader_is_integer(uint32_t scalar)
{
    return scalar == W3DI_SHADER_TYPE_I32 || scalar == W3DI_SHADER_TYPE_U32 ||
           scalar == W3DI_SHADER_TYPE_INT;
}

static inline int w3di_shader_is_real(uint32_t scalar)
{
    return scalar == W3DI_SHADER_TYPE_F32 || scalar == W3DI_SHADER_TYPE_FLOAT;
}

static inline uint32_t w3di_shader_array(w3di_shader_front *front, uint32_t element, uint32_t count,
                                         uint32_t at);

/* The concrete type in place of an abstract one: i32, f32, their vectors, and arrays of such. */
static inline uint32_t w3di_shader_concrete(w3di_shader_front *front, uint32_t type)
{
    if (w3di_shader_kind_of(front, type) == W3DI_SHADER_ARRAY) {
        const w3di_shader_type array = *w3di_shader_type_at(front, type);
        if (!(array.flags & W3DI_SHADER_IS_ABSTRACT)) return type;
        uint32_t element = w3di_shader_concrete(front, array.element);
        return w3di_shader_array(front, element, array.count, front->token.at);
    }
    uint32_t scalar = w3di_shader_scalar(front, type);
    if (!w3di_shader_is_abstract(scalar)) return type;
    const w3di_shader_type *shape = w3di_shader_type_at(front, type);
    if (shape->kind == W3DI_SHADER_MATRIX)
        return w3di_shader_matrix(W3DI_SHADER_TYPE_F32, shape->columns, shape->rows);
    return w3di_shader_vector(scalar == W3DI_SHADER_TYPE_INT ? W3DI_SHADER_TYPE_I32
                                                             : W3DI_SHADER_TYPE_F32,
                              w3di_shader_rows(front, type));
}

/* ---- making ---- */

static inline uint32_t w3di_shader_round_up(uint32_t size, uint32_t alignment)
{
    return alignment ? (size + alignment - 1) / alignment * alignment : size;
}

/* What a struct's members leave of its flags. */
static inline void w3di_shader_type_struct(const w3di_shader_front *front, w3di_shader_type *type)
{
    uint32_t all = W3DI_SHADER_IS_PLAIN | W3DI_SHADER_IS_SHAREABLE | W3DI_SHADER_IS_UNIFORM |
                   W3DI_SHADER_IS_SIZED,
             any = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const w3di_shader_member *member = &front->module->members[type->first + i];
        const w3di_shader_type *inner = &front->module->types[member->type];
        int large = inner->kind == W3DI_SHADER_STRUCT || inner->kind == W3DI_SHADER_ARRAY;
        all &= inner->flags;
        any |= inner->flags & W3DI_SHADER_HAS_ATOMIC;
        if (inner->nesting >= type->nesting) type->nesting = (uint8_t)(inner->nesting + 1);
        if ((large && member->offset % 16) ||
            (inner->kind == W3DI_SHADER_STRUCT && i + 1 < type->count &&
             member[1].offset - member->offset < w3di_shader_round_up(inner->size, 16)))
            all &= ~(uint32_t)W3DI_SHADER_IS_UNIFORM; /* WGSL 14.4.4 */
    }
    type->flags = (uint8_t)(all | any);
}

static inline uint32_t w3di_shader_type_new(w3di_shader_front *front, const w3di_shader_type *type)
{
    w3d_shader_module *module = front->module;
    w3di_shader_type made = *type;
    uint32_t flags = 0;
    const w3di_shader_type *inner = type->element ? &module->types[type->element] : NULL;
    if (type->kind == W3DI_SHADER_ARRAY) {
        flags = inner->flags;
        if (!type->count)
            flags &=
                ~(uint32_t)(W3DI_SHADER_IS_PLAIN | W3DI_SHADER_IS_UNIFORM | W3DI_SHADER_IS_SIZED);
        if (type->stride % 16) flags &= ~(uint32_t)W3DI_SHADER_IS_UNIFORM;
        made.nesting = (uint8_t)(inner->nesting + 1);
    } else if (type->kind == W3DI_SHADER_ATOMIC) {
        flags = W3DI_SHADER_IS_SHAREABLE | W3DI_SHADER_IS_SIZED | W3DI_SHADER_HAS_ATOMIC;
    } else if (type->kind == W3DI_SHADER_BOOL ||
               (type->kind == W3DI_SHADER_VECTOR && inner->kind == W3DI_SHADER_BOOL)) {
        flags = W3DI_SHADER_IS_PLAIN | W3DI_SHADER_IS_SIZED;
    } else if ((type->kind > W3DI_SHADER_BOOL && type->kind <= W3DI_SHADER_MATRIX) ||
               type->kind >= W3DI_SHADER_ABSTRACT_INT) {
        flags = W3DI_SHADER_IS_PLAIN | W3DI_SHADER_IS_SHAREABLE | W3DI_SHADER_IS_UNIFORM |
                W3DI_SHADER_IS_SIZED;
        if (type->kind >= W3DI_SHADER_ABSTRACT_INT ||
            (inner && inner->kind >= W3DI_SHADER_ABSTRACT_INT))
            flags |= W3DI_SHADER_IS_ABSTRACT;
    }
    made.flags = (uint8_t)flags;
    if (type->kind == W3DI_SHADER_STRUCT) w3di_shader_type_struct(front, &made);
    if (made.nesting > 15)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, front->token.at,
                                "arrays and structs in one another deeper than 15");
    uint32_t t = W3DI_SHADER_GROW(front, module->types, module->type_count, type_room,
                                  W3DI_SHADER_MOST_TYPES);
    if (t) module->types[t] = made;
    return t;
}

/* The same type made before, or a new one. Structs are not looked for: each is its own. */
static inline uint32_t w3di_shader_type_make(w3di_shader_front *front, const w3di_shader_type *type)
{
    const w3d_shader_module *module = front->module;
    for (uint32_t t = W3DI_SHADER_TYPE_OWN; t < module->type_count; t++) {
        const w3di_shader_type *other = &module->types[t];
        if (other->kind == type->kind && other->element == type->element &&
            other->count == type->count && other->space == type->space &&
            other->write == type->write && other->dimension == type->dimension &&
            other->depth == type->depth && other->samples == type->samples &&
            type->kind != W3DI_SHADER_STRUCT)
            return t;
    }
    return w3di_shader_type_new(front, type);
}

static inline uint32_t w3di_shader_array(w3di_shader_front *front, uint32_t element, uint32_t count,
                                         uint32_t at)
{
    w3di_shader_type type;
    const w3di_shader_type *inner = w3di_shader_type_at(front, element);
    w3d_fill(&type, 0, sizeof type);
    type.kind = W3DI_SHADER_ARRAY;
    type.element = element;
    type.count = count;
    type.alignment = inner->alignment;
    type.stride = w3di_shader_round_up(inner->size, inner->alignment);
    if (inner->kind >= W3DI_SHADER_BOOL && inner->kind <= W3DI_SHADER_ATOMIC &&
        !(inner->flags & W3DI_SHADER_IS_SIZED))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "the elements of an array hold no array without a size");
    if (inner->size >= 1u << 28 || (uint64_t)type.stride * count >= 1u << 28)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, at, "an array of 256 MiB or more");
    type.size = type.stride * count;
    return w3di_shader_type_make(front, &type);
}

/* Fills in the types that are always there. */
static inline void w3di_shader_types_begin(w3di_shader_front *front)
{
    static const uint8_t scalars[] = { 0,
                                       W3DI_SHADER_VOID,
                                       W3DI_SHADER_BOOL,
                                       W3DI_SHADER_I32,
                                       W3DI_SHADER_U32,
                                       W3DI_SHADER_F32,
                                       W3DI_SHADER_ABSTRACT_INT,
                                       W3DI_SHADER_ABSTRACT_FLOAT };
    w3di_shader_type type;
    for (uint32_t i = 1; i < sizeof scalars; i++) {
        w3d_fill(&type, 0, sizeof type);
        type.kind = scalars[i];
        type.rows = type.columns = 1;
        type.size = type.alignment = i > W3DI_SHADER_TYPE_VOID ? 4 : 0;
        w3di_shader_type_new(front, &type);
    }
    for (uint32_t element = W3DI_SHADER_TYPE_BOOL; element <= W3DI_SHADER_TYPE_FLOAT; element++)
        for (uint32_t rows = 2; rows <= 4; rows++) {
            w3d_fill(&type, 0, sizeof type);
            type.kind = W3DI_SHADER_VECTOR;
            type.element = element;
            type.rows = (uint8_t)rows;
            type.columns = 1;
            type.size = rows * 4;
            type.alignment = rows == 2 ? 8 : 16;
            w3di_shader_type_new(front, &type);
        }
    for (uint32_t i = 0; i < 18; i++) {
        uint32_t columns = i % 9 / 3 + 2, rows = i % 3 + 2;
        w3d_fill(&type, 0, sizeof type);
        type.kind = W3DI_SHADER_MATRIX;
        type.element = i < 9 ? W3DI_SHADER_TYPE_F32 : W3DI_SHADER_TYPE_FLOAT;
        type.columns = (uint8_t)columns;
        type.rows = (uint8_t)rows;
        type.alignment = rows == 2 ? 8 : 16;
        type.stride = type.alignment; /* from column to column */
        type.size = type.stride * columns;
        w3di_shader_type_new(front, &type);
    }
    for (uint32_t comparison = 0; comparison < 2; comparison++) {
        w3d_fill(&type, 0, sizeof type);
        type.kind = W3DI_SHADER_SAMPLER;
        type.depth = (uint8_t)comparison;
        w3di_shader_type_new(front, &type);
    }
}

/* 1 where values of the type may be stored in variables, passed and returned. */
static inline int w3di_shader_is_plain(const w3di_shader_front *front, uint32_t type)
{
    return (w3di_shader_type_at(front, type)->flags & W3DI_SHADER_IS_PLAIN) != 0;
}

/* What element i of a composite is: a component, a column, an element, a member. */
static inline uint32_t w3di_shader_part_type(const w3di_shader_front *front, uint32_t type,
                                             uint32_t i)
{
    const w3di_shader_type *t = w3di_shader_type_at(front, type);
    return t->kind == W3DI_SHADER_MATRIX   ? w3di_shader_vector(t->element, t->rows)
           : t->kind == W3DI_SHADER_STRUCT ? front->module->members[t->first + i].type
                                           : t->element;
}

/* ---- by name ---- */

/* vec3f, mat4x4f, bool ...: a type of one word; 0 where it is none. */
static inline uint32_t w3di_shader_type_word(const w3di_shader_front *front, w3di_shader_name name)
{
    const char *text = front->module->source + name.at;
    if (w3di_shader_name_is(front, name, "bool")) return W3DI_SHADER_TYPE_BOOL;
    if (w3di_shader_name_is(front, name, "i32")) return W3DI_SHADER_TYPE_I32;
    if (w3di_shader_name_is(front, name, "u32")) return W3DI_SHADER_TYPE_U32;
    if (w3di_shader_name_is(front, name, "f32")) return W3DI_SHADER_TYPE_F32;
    if (w3di_shader_name_is(front, name, "sampler")) return W3DI_SHADER_TYPE_SAMPLER;
    if (w3di_shader_name_is(front, name, "sampler_comparison"))
        return W3DI_SHADER_TYPE_SAMPLER_COMPARISON;
    if (name.size == 5 && w3d_equal(text, "vec", 3) && text[3] >= '2' && text[3] <= '4') {
        uint32_t element = text[4] == 'f'   ? (uint32_t)W3DI_SHADER_TYPE_F32
                           : text[4] == 'i' ? (uint32_t)W3DI_SHADER_TYPE_I32
                           : text[4] == 'u' ? (uint32_t)W3DI_SHADER_TYPE_U32
                                            : 0u;
        return element ? w3di_shader_vector(element, (uint32_t)(text[3] - '0')) : 0;
    }
    if (name.size == 7 && w3d_equal(text, "mat", 3) && text[3] >= '2' && text[3] <= '4' &&
        text[4] == 'x' && text[5] >= '2' && text[5] <= '4' && text[6] == 'f')
        return w3di_shader_matrix(W3DI_SHADER_TYPE_F32, (uint32_t)(text[3] - '0'),
                                  (uint32_t)(text[5] - '0'));
    return 0;
}

/* The shape of vecN or matCxR: columns (1 of a vector) and rows; 0 where it is none. */
static inline int w3di_shader_shape_word(const w3di_shader_front *front, w3di_shader_name name,
                                         uint32_t *columns, uint32_t *rows)
{
    const char *text = front->module->source + name.at;
    if (name.size == 4 && w3d_equal(text, "vec", 3) && text[3] >= '2' && text[3] <= '4') {
        *columns = 1;
        *rows = (uint32_t)(text[3] - '0');
        return 1;
    }
    if (name.size == 6 && w3d_equal(text, "mat", 3) && text[3] >= '2' && text[3] <= '4' &&
        text[4] == 'x' && text[5] >= '2' && text[5] <= '4') {
        *columns = (uint32_t)(text[3] - '0');
        *rows = (uint32_t)(text[5] - '0');
        return 1;
    }
    return 0;
}

/* texture_2d and its kin: fills in dimension, depth and samples, and whether <T> follows. */
static inline int w3di_shader_texture_word(const w3di_shader_front *front, w3di_shader_name name,
                                           w3di_shader_type *type, int *element_follows)
{
    static const struct {
        const char *name;
        uint8_t dimension, depth, samples;
    } textures[] = { { "texture_2d", W3D_GPU_2D, 0, 0 },
                     { "texture_2d_array", W3D_GPU_2D_ARRAY, 0, 0 },
                     { "texture_3d", W3D_GPU_3D, 0, 0 },
                     { "texture_cube", W3D_GPU_CUBE, 0, 0 },
                     { "texture_multisampled_2d", W3D_GPU_2D, 0, 1 },
                     { "texture_depth_2d", W3D_GPU_2D, 1, 0 },
                     { "texture_depth_2d_array", W3D_GPU_2D_ARRAY, 1, 0 },
                     { "texture_depth_cube", W3D_GPU_CUBE, 1, 0 } };
    for (size_t i = 0; i < sizeof textures / sizeof *textures; i++)
        if (w3di_shader_name_is(front, name, textures[i].name)) {
            type->kind = W3DI_SHADER_TEXTURE;
            type->dimension = textures[i].dimension;
            type->depth = textures[i].depth;
            type->samples = textures[i].samples;
            type->element = W3DI_SHADER_TYPE_F32;
            *element_follows = !textures[i].depth;
            return 1;
        }
    return 0;
}

#endif /* W3D_SHADER_TYPES_H */
