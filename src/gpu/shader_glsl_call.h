/* shader_glsl_call.h - calls of built-in functions and of textures as GLSL; private to shader_glsl.c. */
#ifndef W3D_SHADER_GLSL_CALL_H
#define W3D_SHADER_GLSL_CALL_H

#include "gpu/shader_glsl_text.h"

static inline void w3di_glsl_sampler_name(w3di_glsl *g, uint32_t texture, uint32_t sampler)
{
    const w3di_shader_global *globals = g->module->globals;
    w3di_glsl_format(g, "w3d_t%", globals[g->module->expressions[texture].a].binding, 0);
    if (sampler) w3di_glsl_format(g, "_s%", globals[g->module->expressions[sampler].a].binding, 0);
}

static inline void w3di_glsl_texture(w3di_glsl *g, const w3di_shader_expression *x)
{
    uint32_t texture = w3di_glsl_argument(g, x, 0);
    const w3di_shader_type *t = w3di_glsl_type_at(g, g->module->expressions[texture].type);
    uint32_t call = x->b, array = t->dimension == W3D_GPU_2D_ARRAY, next = 3 + array;
    if (call == W3DI_SHADER_CALL_TEXTURE_LOAD) {
        w3di_glsl_text(g, "texelFetch(");
        w3di_glsl_sampler_name(g, texture, 0);
        w3di_glsl_text(g, array                        ? ", ivec3(ivec2("
                          : t->dimension == W3D_GPU_3D ? ", ivec3("
                                                       : ", ivec2(");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 1));
        if (array) {
            w3di_glsl_text(g, "), int(");
            w3di_glsl_expression(g, w3di_glsl_argument(g, x, 2));
            w3di_glsl_text(g, ")");
        }
        w3di_glsl_text(g, "), int(");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 2 + array));
        w3di_glsl_text(g, t->depth ? ")).x" : "))");
        return;
    }
    if (call == W3DI_SHADER_CALL_TEXTURE_DIMENSIONS ||
        call == W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS) {
        w3di_glsl_text(g, t->dimension == W3D_GPU_3D                    ? "uvec3("
                          : call == W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS ? "uint("
                                                                        : "uvec2(");
        w3di_glsl_text(g, "textureSize(");
        w3di_glsl_sampler_name(g, texture, 0);
        if (!t->samples) {
            w3di_glsl_text(g, ", ");
            if (x->argument_count > 1) {
                w3di_glsl_text(g, "int(");
                w3di_glsl_expression(g, w3di_glsl_argument(g, x, 1));
                w3di_glsl_text(g, ")");
            } else {
                w3di_glsl_text(g, "0");
            }
        }
        w3di_glsl_text(g, call == W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS ? ").z)"
                          : t->dimension == W3D_GPU_3D                ? "))"
                                                                      : ").xy)");
        return;
    }
    if (call == W3DI_SHADER_CALL_TEXTURE_NUM_LEVELS ||
        (t->samples && call != W3DI_SHADER_CALL_TEXTURE_LOAD)) {
        w3di_glsl_fail(g, "GLSL ES 3.00 has no textureNumLevels");
        return;
    }
    int compares = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE ||
                   call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL;
    int level = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL ||
                call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL;
    int cube = t->dimension == W3D_GPU_CUBE;
    if (compares && level && (array || cube))
        level = 2; /* textureLod has no such overload: gradients of zero */
    w3di_glsl_text(g, level == 2 || call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD ? "textureGrad("
                      : level                                                    ? "textureLod("
                                                                                 : "texture(");
    w3di_glsl_sampler_name(g, texture, w3di_glsl_argument(g, x, 1));
    uint32_t components =
        (cube || t->dimension == W3D_GPU_3D ? 3u : 2u) + array + (uint32_t)compares;
    w3di_glsl_format(g, ", vec%(", components, 0);
    w3di_glsl_expression(g, w3di_glsl_argument(g, x, 2));
    if (array) {
        w3di_glsl_text(g, ", float(");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 3));
        w3di_glsl_text(g, ")");
    }
    if (compares) {
        w3di_glsl_text(g, ", ");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, next));
    }
    w3di_glsl_text(g, ")");
    if (level == 2)
        w3di_glsl_text(g, cube ? ", vec3(0), vec3(0)" : ", vec2(0), vec2(0)");
    else if (level && compares)
        w3di_glsl_text(g, ", 0.0");
    else
        for (uint32_t i = next; i < x->argument_count && !compares; i++) {
            w3di_glsl_text(g, t->depth && level ? ", float(" : ", (");
            w3di_glsl_expression(g, w3di_glsl_argument(g, x, i));
            w3di_glsl_text(g, ")");
        }
    w3di_glsl_text(g, t->depth && !compares ? ").x" : ")");
}

static inline void w3di_glsl_builtin(w3di_glsl *g, const w3di_shader_expression *x)
{
#define W3DI_GLSL_NAME(enumerator, text) text,
    static const char *const names[] = { W3DI_SHADER_CALLS(W3DI_GLSL_NAME) };
#undef W3DI_GLSL_NAME
    const char *name = names[x->b];
    const w3di_shader_type *t = w3di_glsl_type_at(g, x->type);
    switch ((w3di_shader_call)x->b) {
    case W3DI_SHADER_CALL_ATAN2: name = "atan"; break;
    case W3DI_SHADER_CALL_DPDX: name = "dFdx"; break;
    case W3DI_SHADER_CALL_FACE_FORWARD: name = "faceforward"; break;
    case W3DI_SHADER_CALL_INVERSE_SQRT: name = "inversesqrt"; break;
    case W3DI_SHADER_CALL_ROUND: name = "roundEven"; break;
    case W3DI_SHADER_CALL_ALL:
    case W3DI_SHADER_CALL_ANY:
        if (w3di_glsl_type_at(g, g->module->expressions[w3di_glsl_argument(g, x, 0)].type)->kind ==
            W3DI_SHADER_BOOL)
            name = "";
        break;
    case W3DI_SHADER_CALL_DPDY: /* the picture may be upside down */
        w3di_glsl_list(g, x, "(w3d_target.y * dFdy(", 0);
        w3di_glsl_text(g, ")");
        return;
    case W3DI_SHADER_CALL_SATURATE:
        w3di_glsl_text(g, "clamp(");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 0));
        w3di_glsl_text(g, ", 0.0, 1.0)");
        return;
    case W3DI_SHADER_CALL_FMA: /* GLSL 3.30 has none; WGSL allows a product and a sum */
        w3di_glsl_text(g, "((");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 0));
        w3di_glsl_text(g, ") * (");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 1));
        w3di_glsl_text(g, ") + (");
        w3di_glsl_expression(g, w3di_glsl_argument(g, x, 2));
        w3di_glsl_text(g, "))");
        return;
    case W3DI_SHADER_CALL_SELECT: { /* mix takes bools for floats only; a function for each type */
        g->helpers |= W3DI_GLSL_SELECT;
        const w3di_shader_type *c =
            w3di_glsl_type_at(g, g->module->expressions[w3di_glsl_argument(g, x, 2)].type);
        if (t->kind == W3DI_SHADER_VECTOR && c->kind == W3DI_SHADER_BOOL) {
            w3di_glsl_text(g, "w3d_select(");
            w3di_glsl_expression(g, w3di_glsl_argument(g, x, 0));
            w3di_glsl_text(g, ", ");
            w3di_glsl_expression(g, w3di_glsl_argument(g, x, 1));
            w3di_glsl_format(g, ", bvec%(", t->rows, 0);
            w3di_glsl_expression(g, w3di_glsl_argument(g, x, 2));
            w3di_glsl_text(g, "))");
            return;
        }
        name = "w3d_select";
        break;
    }
    case W3DI_SHADER_CALL_DOT:
        if (t->kind != W3DI_SHADER_F32) {
            name = "w3d_dot";
            g->helpers |= W3DI_GLSL_DOT;
        }
        break;
    case W3DI_SHADER_CALL_ABS:
        if (t->kind == W3DI_SHADER_U32 ||
            (t->kind == W3DI_SHADER_VECTOR && t->element == W3DI_SHADER_TYPE_U32))
            name = ""; /* GLSL has none of uint */
        break;
    case W3DI_SHADER_CALL_COUNT_ONE_BITS:
    case W3DI_SHADER_CALL_REVERSE_BITS:
    case W3DI_SHADER_CALL_FIRST_LEADING_BIT:
    case W3DI_SHADER_CALL_FIRST_TRAILING_BIT:
    case W3DI_SHADER_CALL_EXTRACT_BITS:
    case W3DI_SHADER_CALL_INSERT_BITS: {
        static const char *const bits[] = { "w3d_count",    "w3d_reverse", "w3d_leading",
                                            "w3d_trailing", "w3d_extract", "w3d_insert" };
        name = bits[x->b - W3DI_SHADER_CALL_COUNT_ONE_BITS];
        g->helpers |= W3DI_GLSL_BITS;
        break;
    }
    case W3DI_SHADER_CALL_PACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_UNPACK_2X16_FLOAT:
    case W3DI_SHADER_CALL_PACK_2X16_UNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_UNORM:
    case W3DI_SHADER_CALL_PACK_2X16_SNORM:
    case W3DI_SHADER_CALL_UNPACK_2X16_SNORM:
    case W3DI_SHADER_CALL_PACK_4X8_UNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_UNORM:
    case W3DI_SHADER_CALL_PACK_4X8_SNORM:
    case W3DI_SHADER_CALL_UNPACK_4X8_SNORM:
        g->helpers |= W3DI_GLSL_PACK;
        w3di_glsl_text(g, "w3d_");
        break;
    default:
        if (x->b >= W3DI_SHADER_CALL_TEXTURE_SAMPLE &&
            x->b <= W3DI_SHADER_CALL_TEXTURE_NUM_LEVELS) {
            w3di_glsl_texture(g, x);
            return;
        }
        if (x->b >= W3DI_SHADER_CALL_ARRAY_LENGTH)
            w3di_glsl_fail(g, "GLSL ES 3.00 has no arrayLength, atomics and barriers");
        break;
    }
    w3di_glsl_text(g, name);
    w3di_glsl_list(g, x, "(", 0);
}

#endif /* W3D_SHADER_GLSL_CALL_H */
