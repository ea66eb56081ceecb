/* shader_variable.h - attributes, structs and a module's variables, read and checked; private.
 *
 * What the library asks for besides WGSL's rules: group 0 is the library's (a uniform struct, and the
 * object table), groups 1 and 2 are the program's. */
#ifndef W3D_SHADER_VARIABLE_H
#define W3D_SHADER_VARIABLE_H

#include "gpu/shader_statement.h"

enum { /* which attributes stand there, as bits of `given` */
       W3DI_SHADER_GIVEN_STAGE,
       W3DI_SHADER_GIVEN_INVARIANT,
       W3DI_SHADER_GIVEN_MUST_USE,
       W3DI_SHADER_GIVEN_GROUP,
       W3DI_SHADER_GIVEN_BINDING,
       W3DI_SHADER_GIVEN_LOCATION,
       W3DI_SHADER_GIVEN_BUILTIN,
       W3DI_SHADER_GIVEN_INTERPOLATE,
       W3DI_SHADER_GIVEN_ALIGN,
       W3DI_SHADER_GIVEN_SIZE,
       W3DI_SHADER_GIVEN_WORKGROUP
};

typedef struct w3di_shader_attributes {
    int64_t group, binding, location, align, size; /* -1: not given */
    int64_t workgroup_size[3];
    uint32_t stage; /* w3d_shader_stage + 1 */
    uint32_t given; /* bits of W3DI_SHADER_GIVEN_ */
    uint32_t builtin, flat, centroid, invariant, at;
} w3di_shader_attributes;

/* ---- attributes ---- */

static inline uint32_t w3di_shader_read_builtin(w3di_shader_front *front)
{
    static const char *const names[] = { "",
                                         "position",
                                         "vertex_index",
                                         "instance_index",
                                         "front_facing",
                                         "frag_depth",
                                         "sample_index",
                                         "sample_mask",
                                         "local_invocation_id",
                                         "local_invocation_index",
                                         "global_invocation_id",
                                         "workgroup_id",
                                         "num_workgroups" };
    for (uint32_t i = 1; i < sizeof names / sizeof *names; i++)
        if (w3di_shader_take_word(front, names[i])) return i;
    return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->token.at,
                            "there is no such builtin in this subset");
}

static inline int64_t w3di_shader_attribute_number(w3di_shader_front *front, int64_t least,
                                                   int64_t most)
{
    uint32_t at = front->token.at;
    int64_t number = w3di_shader_constant_whole(front);
    if (!front->code && (number < least || number > most))
        w3di_shader_fail(front, W3D_ERR_RANGE, at, "this number is out of range for its attribute");
    return number;
}

/* @interpolate's arguments. */
static inline void w3di_shader_read_interpolation(w3di_shader_front *front,
                                                  w3di_shader_attributes *a)
{
    if (w3di_shader_take_word(front, "flat"))
        a->flat = 1;
    else if (w3di_shader_is_word(front, "linear"))
        w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->token.at,
                         "linear interpolation is not in this subset: GLSL ES has none");
    else if (!w3di_shader_take_word(front, "perspective"))
        w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                         "perspective or flat is wanted here");
    if (!w3di_shader_take(front, ',') || w3di_shader_is_symbol(front, ')')) return;
    if (!a->flat && w3di_shader_take_word(front, "centroid"))
        a->centroid = 1;
    else if (!(a->flat
                   ? w3di_shader_take_word(front, "first") || w3di_shader_take_word(front, "either")
                   : w3di_shader_take_word(front, "center")))
        w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->token.at,
                         "this sampling is not in this subset");
}

static inline void w3di_shader_read_attributes(w3di_shader_front *front, w3di_shader_attributes *a)
{
    static const struct {
        const char *name;
        uint8_t given, arguments;
    } names[] = { { "vertex", W3DI_SHADER_GIVEN_STAGE, 0 },
                  { "fragment", W3DI_SHADER_GIVEN_STAGE, 0 },
                  { "compute", W3DI_SHADER_GIVEN_STAGE, 0 },
                  { "invariant", W3DI_SHADER_GIVEN_INVARIANT, 0 },
                  { "must_use", W3DI_SHADER_GIVEN_MUST_USE, 0 },
                  { "group", W3DI_SHADER_GIVEN_GROUP, 1 },
                  { "binding", W3DI_SHADER_GIVEN_BINDING, 1 },
                  { "location", W3DI_SHADER_GIVEN_LOCATION, 1 },
                  { "builtin", W3DI_SHADER_GIVEN_BUILTIN, 1 },
                  { "interpolate", W3DI_SHADER_GIVEN_INTERPOLATE, 1 },
                  { "align", W3DI_SHADER_GIVEN_ALIGN, 1 },
                  { "size", W3DI_SHADER_GIVEN_SIZE, 1 },
                  { "workgroup_size", W3DI_SHADER_GIVEN_WORKGROUP, 1 } };
    w3d_fill(a, 0, sizeof *a);
    a->group = a->binding = a->location = a->align = a->size = -1;
    for (int i = 0; i < 3; i++) a->workgroup_size[i] = 1;
    a->at = front->token.at;
    while (w3di_shader_take(front, '@')) {
        w3di_shader_name name = w3di_shader_token_name(front);
        uint32_t k = 0, bit;
        while (k < sizeof names / sizeof *names && !w3di_shader_is_word(front, names[k].name)) k++;
        if (k == sizeof names / sizeof *names) {
            w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, name.at,
                             "there is no such attribute in this subset");
            return;
        }
        bit = 1u << names[k].given;
        if (a->given & bit)
            w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "this attribute is given twice");
        a->given |= bit;
        w3di_shader_next(front);
        if (names[k].given == W3DI_SHADER_GIVEN_STAGE) a->stage = k + 1;
        if (names[k].given == W3DI_SHADER_GIVEN_INVARIANT) a->invariant = 1;
        if (!names[k].arguments) continue;
        w3di_shader_expect(front, '(', "this attribute wants ( here");
        switch (names[k].given) {
        case W3DI_SHADER_GIVEN_GROUP: a->group = w3di_shader_attribute_number(front, 0, 2); break;
        case W3DI_SHADER_GIVEN_BINDING:
            a->binding = w3di_shader_attribute_number(front, 0, 15);
            break;
        case W3DI_SHADER_GIVEN_LOCATION:
            a->location = w3di_shader_attribute_number(front, 0, 15);
            break;
        case W3DI_SHADER_GIVEN_ALIGN:
            a->align = w3di_shader_attribute_number(front, 1, 1 << 20);
            break;
        case W3DI_SHADER_GIVEN_SIZE:
            a->size = w3di_shader_attribute_number(front, 1, 1 << 20);
            break;
        case W3DI_SHADER_GIVEN_BUILTIN: a->builtin = w3di_shader_read_builtin(front); break;
        case W3DI_SHADER_GIVEN_INTERPOLATE: w3di_shader_read_interpolation(front, a); break;
        default:
            for (int i = 0; i < 3 && !w3di_shader_is_symbol(front, ')') && !front->code; i++) {
                a->workgroup_size[i] = w3di_shader_attribute_number(front, 1, 256);
                if (i < 2 && !w3di_shader_take(front, ',')) break;
            }
            break;
        }
        w3di_shader_take(front, ',');
        w3di_shader_expect(front, ')', "an attribute wants ) here");
    }
}

/* Refuses attributes that do not belong there; `allowed`: bits. */
static inline void w3di_shader_check_attributes(w3di_shader_front *front,
                                                const w3di_shader_attributes *a, uint32_t allowed)
{
    const uint32_t location = 1u << W3DI_SHADER_GIVEN_LOCATION,
                   builtin = 1u << W3DI_SHADER_GIVEN_BUILTIN;
    if (front->code) return;
    if (a->given & ~allowed)
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at, "an attribute that does not belong here");
    else if ((a->given & location) && (a->given & builtin))
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at, "either @location or @builtin");
    else if ((a->given & 1u << W3DI_SHADER_GIVEN_INTERPOLATE) && !(a->given & location))
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at, "@interpolate goes with @location");
    else if (a->invariant && a->builtin != W3DI_SHADER_POSITION)
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at, "@invariant goes with @builtin(position)");
}

#define W3DI_SHADER_GIVEN_IO                                                                       \
    (1u << W3DI_SHADER_GIVEN_LOCATION | 1u << W3DI_SHADER_GIVEN_BUILTIN |                          \
     1u << W3DI_SHADER_GIVEN_INTERPOLATE | 1u << W3DI_SHADER_GIVEN_INVARIANT)

static inline w3di_shader_io w3di_shader_io_of(const w3di_shader_attributes *a)
{
    w3di_shader_io io;
    w3d_fill(&io, 0, sizeof io);
    io.builtin = (uint8_t)a->builtin;
    io.location = a->location < 0 ? 255 : (uint8_t)a->location;
    io.flat = (uint8_t)a->flat;
    io.centroid = (uint8_t)a->centroid;
    io.invariant = (uint8_t)a->invariant;
    return io;
}

/* ---- structs ---- */

static inline uint32_t w3di_shader_read_struct(w3di_shader_front *front, w3di_shader_name name)
{
    w3d_shader_module *module = front->module;
    w3di_shader_type type;
    w3di_shader_member gathered[64];
    w3d_fill(&type, 0, sizeof type);
    type.kind = W3DI_SHADER_STRUCT;
    type.name = name;
    type.alignment = 4;
    w3di_shader_expect(front, '{', "struct wants { here");
    while (!w3di_shader_is_symbol(front, '}') && !front->code) {
        w3di_shader_attributes a;
        w3di_shader_read_attributes(front, &a);
        w3di_shader_check_attributes(front, &a,
                                     W3DI_SHADER_GIVEN_IO | 1u << W3DI_SHADER_GIVEN_ALIGN |
                                         1u << W3DI_SHADER_GIVEN_SIZE);
        w3di_shader_name member = w3di_shader_new_name(front, "a member's name is wanted here");
        w3di_shader_expect(front, ':', "a member wants : and its type");
        uint32_t t = w3di_shader_read_type(front);
        if (front->code) return 0;
        if (type.count == 64)
            return w3di_shader_fail(front, W3D_ERR_LIMIT, member.at,
                                    "a struct of more than 64 members");
        for (uint32_t i = 0; i < type.count; i++)
            if (w3di_shader_same_name(front, gathered[i].name, member))
                return w3di_shader_fail(front, W3D_ERR_RANGE, member.at, "two members of one name");
        const w3di_shader_type *inner = w3di_shader_type_at(front, t);
        if (inner->kind < W3DI_SHADER_BOOL || inner->kind > W3DI_SHADER_ATOMIC)
            return w3di_shader_fail(front, W3D_ERR_RANGE, member.at,
                                    "a member cannot be of this type");
        uint32_t alignment = a.align > 0 ? (uint32_t)a.align : inner->alignment,
                 size = a.size > 0 ? (uint32_t)a.size : inner->size;
        if ((alignment & (alignment - 1)) || alignment % inner->alignment || size < inner->size)
            return w3di_shader_fail(
                front, W3D_ERR_RANGE, member.at,
                "align is a power of two and a multiple of the type's, size at least the type's");
        if (!(inner->flags & W3DI_SHADER_IS_SIZED) &&
            (inner->kind == W3DI_SHADER_STRUCT || a.size > 0))
            return w3di_shader_fail(
                front, W3D_ERR_RANGE, member.at,
                "an array without a size is the last member of one struct only");
        if (type.count && !(w3di_shader_type_at(front, gathered[type.count - 1].type)->flags &
                            W3DI_SHADER_IS_SIZED))
            return w3di_shader_fail(front, W3D_ERR_RANGE, member.at,
                                    "only the last member may be an array without a size");
        w3d_fill(&gathered[type.count], 0, sizeof *gathered);
        gathered[type.count].name = member;
        gathered[type.count].type = t;
        gathered[type.count].offset = w3di_shader_round_up(type.size, alignment);
        gathered[type.count].io = w3di_shader_io_of(&a);
        if (size >= 1u << 28 || gathered[type.count].offset >= 1u << 28)
            return w3di_shader_fail(front, W3D_ERR_LIMIT, member.at, "a struct of 256 MiB or more");
        type.size = gathered[type.count].offset + size;
        if (alignment > type.alignment) type.alignment = alignment;
        type.count++;
        if (!w3di_shader_take(front, ',')) break;
    }
    w3di_shader_expect(front, '}', "a struct wants , or } here");
    if (!front->code && !type.count)
        return w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "a struct without members");
    type.size = w3di_shader_round_up(type.size, type.alignment);
    type.first = module->member_count;
    for (uint32_t i = 0; i < type.count && !front->code; i++) {
        uint32_t m = W3DI_SHADER_GROW(front, module->members, module->member_count, member_room,
                                      W3DI_SHADER_MOST_NODES);
        if (m) module->members[m] = gathered[i];
    }
    return front->code ? 0 : w3di_shader_type_new(front, &type);
}

/* ---- variables ---- */

/* Lists a binding of groups 1 and 2, or the library's own of group 0. */
static inline void w3di_shader_bind(w3di_shader_front *front, w3di_shader_global *global,
                                    uint32_t at)
{
    w3d_shader_reflection *reflection = &front->module->reflection;
    const w3di_shader_type *t = w3di_shader_type_at(front, global->type);
    w3d_gpu_binding binding;
    if (!global->group) {
        if (global->binding == 0 && global->space == W3DI_SHADER_UNIFORM &&
            t->kind == W3DI_SHADER_STRUCT && !reflection->frame_size)
            reflection->frame_size = t->size;
        else if (global->binding == 1 && global->space == W3DI_SHADER_STORAGE && !global->write &&
                 t->kind == W3DI_SHADER_ARRAY && !t->count && t->stride % 16 == 0 &&
                 !reflection->object_size)
            reflection->object_size = t->stride;
        else
            w3di_shader_fail(front, W3D_ERR_RANGE, at,
                             "group 0 is a uniform struct at binding 0 and, at binding 1, "
                             "var<storage, read> of an array without a size, of structs of a "
                             "multiple of 16 bytes");
        return;
    }
    w3d_fill(&binding, 0, sizeof binding);
    binding.group = global->group;
    binding.binding = global->binding;
    binding.kind =
        (uint8_t)(global->space == W3DI_SHADER_UNIFORM ? W3D_GPU_BIND_UNIFORM
                  : global->space == W3DI_SHADER_STORAGE
                      ? (global->write ? W3D_GPU_BIND_STORAGE_WRITE : W3D_GPU_BIND_STORAGE_READ)
                  : t->kind == W3DI_SHADER_TEXTURE ? W3D_GPU_BIND_TEXTURE
                                                   : W3D_GPU_BIND_SAMPLER);
    if (t->kind == W3DI_SHADER_TEXTURE) {
        binding.texture = t->dimension;
        binding.samples = t->samples;
        binding.sample = (uint8_t)(t->depth                             ? 1
                                   : t->element == W3DI_SHADER_TYPE_I32 ? 2
                                   : t->element == W3DI_SHADER_TYPE_U32 ? 3
                                   : t->samples                         ? 4
                                                                        : 0);
    }
    if (t->kind == W3DI_SHADER_SAMPLER) binding.sample = t->depth;
    uint32_t place = reflection->binding_count;
    for (uint32_t i = 0; i < reflection->binding_count; i++)
        if (reflection->bindings[i].group == binding.group &&
            reflection->bindings[i].binding == binding.binding) {
            w3di_shader_fail(front, W3D_ERR_RANGE, at, "two variables at one binding");
            return;
        }
    if (place == W3D_GPU_MAX_BINDINGS) {
        w3di_shader_fail(front, W3D_ERR_LIMIT, at, "more than 16 bindings");
        return;
    }
    reflection->bindings[place] = binding;
    reflection->binding_count++;
}

static inline uint32_t w3di_shader_read_variable(w3di_shader_front *front,
                                                 const w3di_shader_attributes *a)
{
    w3d_shader_module *module = front->module;
    w3di_shader_global global;
    int space = -1;
    w3d_fill(&global, 0, sizeof global);
    w3di_shader_check_attributes(front, a,
                                 1u << W3DI_SHADER_GIVEN_GROUP | 1u << W3DI_SHADER_GIVEN_BINDING);
    if (w3di_shader_take(front, W3DI_SHADER_OPEN)) {
        if (w3di_shader_take_word(front, "uniform"))
            space = W3DI_SHADER_UNIFORM;
        else if (w3di_shader_take_word(front, "storage"))
            space = W3DI_SHADER_STORAGE;
        else if (w3di_shader_take_word(front, "private"))
            space = W3DI_SHADER_PRIVATE;
        else if (w3di_shader_take_word(front, "workgroup"))
            space = W3DI_SHADER_WORKGROUP;
        else
            w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                             "uniform, storage, private or workgroup is wanted here");
        global.write = space == W3DI_SHADER_PRIVATE || space == W3DI_SHADER_WORKGROUP;
        if (w3di_shader_take(front, ',')) {
            if (w3di_shader_take_word(front, "read_write"))
                global.write = 1;
            else if (!w3di_shader_take_word(front, "read"))
                w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                                 "read or read_write is wanted here");
            if (space != W3DI_SHADER_STORAGE)
                w3di_shader_fail(front, W3D_ERR_RANGE, front->token.at,
                                 "only storage takes an access mode");
        }
        w3di_shader_close_template(front);
    }
    global.name = w3di_shader_new_name(front, "a variable's name is wanted here");
    if (w3di_shader_take(front, ':')) global.type = w3di_shader_read_type(front);
    if (w3di_shader_take(front, '=')) {
        uint32_t at = front->token.at, value = w3di_shader_read_expression(front);
        if (!front->code && space != W3DI_SHADER_PRIVATE)
            w3di_shader_fail(front, W3D_ERR_RANGE, at, "only private variables have a first value");
        if (!front->code && !w3di_shader_is_constant(front, value))
            w3di_shader_fail(front, W3D_ERR_RANGE, at, "the first value is a constant");
        if (!front->code)
            value = global.type ? w3di_shader_convert(front, value, global.type)
                                : w3di_shader_make_concrete(front, value);
        if (!front->code && !global.type) global.type = w3di_shader_type_of(front, value);
        global.value = value;
    }
    w3di_shader_expect(front, ';', "a declaration ends with ;");
    if (!front->code && !global.type)
        w3di_shader_fail(front, W3D_ERR_FORMAT, global.name.at, "a variable wants a type");
    if (front->code) return 0;
    const w3di_shader_type *t = w3di_shader_type_at(front, global.type);
    uint32_t at = global.name.at;
    int handle = t->kind == W3DI_SHADER_TEXTURE || t->kind == W3DI_SHADER_SAMPLER,
        resource = handle || space == W3DI_SHADER_UNIFORM || space == W3DI_SHADER_STORAGE;
    if (handle != (space < 0))
        return w3di_shader_fail(
            front, W3D_ERR_RANGE, at,
            handle
                ? "textures and samplers take no <space>"
                : "a variable of the module wants <uniform>, <storage>, <private> or <workgroup>");
    if (resource != (a->group >= 0 && a->binding >= 0))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                resource ? "this variable wants @group and @binding"
                                         : "this variable takes no @group and @binding");
    if ((resource && !handle && !(t->flags & W3DI_SHADER_IS_SHAREABLE)) ||
        (space == W3DI_SHADER_UNIFORM && !(t->flags & W3DI_SHADER_IS_UNIFORM)))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a buffer holds no bool; a uniform one no atomic, arrays in steps "
                                "of 16 bytes and structs on multiples of 16");
    if (space == W3DI_SHADER_STORAGE && (t->flags & W3DI_SHADER_HAS_ATOMIC) && !global.write)
        return w3di_shader_fail(front, W3D_ERR_RANGE, at,
                                "a storage buffer with atomics is read_write");
    if ((space == W3DI_SHADER_PRIVATE && !w3di_shader_is_plain(front, global.type)) ||
        (space == W3DI_SHADER_WORKGROUP && !(t->flags & W3DI_SHADER_IS_SIZED)))
        return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a variable cannot be of this type here");
    if ((space == W3DI_SHADER_PRIVATE || space == W3DI_SHADER_WORKGROUP) &&
        t->size > W3DI_SHADER_MOST_BYTES)
        return w3di_shader_fail(front, W3D_ERR_LIMIT, at, "a variable of more than 65536 bytes");
    global.space = (uint8_t)(handle ? (int)W3DI_SHADER_HANDLE : space);
    global.group = (uint8_t)(resource ? a->group : 0);
    global.binding = (uint8_t)(resource ? a->binding : 0);
    if (resource) w3di_shader_bind(front, &global, at);
    uint32_t g = W3DI_SHADER_GROW(front, module->globals, module->global_count, global_room,
                                  W3DI_SHADER_MOST_NODES);
    if (g) module->globals[g] = global;
    return front->code ? 0 : g;
}

#endif /* W3D_SHADER_VARIABLE_H */
