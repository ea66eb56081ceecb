/* shader_glsl_helpers.h - functions that GLSL lacks, or leaves undefined where WGSL does not; private.
 *
 * Each is written for scalars, and lifted to vectors. A printed text has only the families that it
 * calls. Source: WGSL, sections 8.7 and 17. */
#ifndef W3D_SHADER_GLSL_HELPERS_H
#define W3D_SHADER_GLSL_HELPERS_H

#include "gpu/shader_glsl_text.h"

static inline void w3di_glsl_letter(w3di_glsl *g, char letter, uint32_t rows)
{
    if (letter == 'U' || (rows == 1 && letter == 'u'))
        w3di_glsl_text(g, "uint");
    else if (rows == 1)
        w3di_glsl_text(g, letter == 'f' ? "float" : letter == 'i' ? "int" : "bool");
    else
        w3di_glsl_format(g,
                         letter == 'f'   ? "vec%"
                         : letter == 'i' ? "ivec%"
                         : letter == 'u' ? "uvec%"
                                         : "bvec%",
                         rows, 0);
}

/* A function of scalars, `body` behind its parameters a, b, c, d, and the same for vectors. `types` has a
 * letter for the result and one for each parameter, f i u b; U stays a scalar uint. */
static inline void w3di_glsl_lift(w3di_glsl *g, const char *name, const char *types,
                                  const char *body)
{
    static const char *const components[] = { ".x", ".y", ".z", ".w" };
    for (uint32_t n = 1; n <= 4; n++) {
        w3di_glsl_letter(g, types[0], n);
        w3di_glsl_text(g, " ");
        w3di_glsl_text(g, name);
        w3di_glsl_text(g, "(");
        for (uint32_t i = 1; types[i]; i++) {
            char parameter[3] = { ' ', (char)('a' + i - 1), 0 };
            if (i > 1) w3di_glsl_text(g, ", ");
            w3di_glsl_letter(g, types[i], n);
            w3di_glsl_text(g, parameter);
        }
        w3di_glsl_text(g, ") { ");
        if (n == 1) {
            w3di_glsl_text(g, body);
            w3di_glsl_text(g, " }\n");
            continue;
        }
        w3di_glsl_text(g, "return ");
        w3di_glsl_letter(g, types[0], n);
        for (uint32_t k = 0; k < n; k++) {
            w3di_glsl_text(g, k ? ", " : "(");
            w3di_glsl_text(g, name);
            for (uint32_t i = 1; types[i]; i++) {
                char parameter[2] = { (char)('a' + i - 1), 0 };
                w3di_glsl_text(g, i > 1 ? ", " : "(");
                w3di_glsl_text(g, parameter);
                if (types[i] != 'U') w3di_glsl_text(g, components[k]);
            }
            w3di_glsl_text(g, ")");
        }
        w3di_glsl_text(g, "); }\n");
    }
}

static inline void w3di_glsl_helpers_bits(w3di_glsl *g)
{
    w3di_glsl_lift(g, "w3d_count", "uu",
                   "uint n = 0u; for (; a != 0u; a &= a - 1u) n++; return n;");
    w3di_glsl_lift(g, "w3d_count", "ii", "return int(w3d_count(uint(a)));");
    w3di_glsl_lift(g, "w3d_reverse", "uu",
                   "uint n = 0u; for (int i = 0; i < 32; i++) { n = n << 1 | (a & 1u); a >>= 1; } "
                   "return n;");
    w3di_glsl_lift(g, "w3d_reverse", "ii", "return int(w3d_reverse(uint(a)));");
    w3di_glsl_lift(g, "w3d_leading", "uu",
                   "uint n = 31u; if (a == 0u) return 4294967295u; "
                   "if (a >> 16 == 0u) { n -= 16u; a <<= 16; } "
                   "if (a >> 24 == 0u) { n -= 8u; a <<= 8; } "
                   "if (a >> 28 == 0u) { n -= 4u; a <<= 4; } "
                   "if (a >> 30 == 0u) { n -= 2u; a <<= 2; } return a >> 31 == 0u ? n - 1u : n;");
    w3di_glsl_lift(g, "w3d_leading", "ii", "return int(w3d_leading(uint(a < 0 ? ~a : a)));");
    w3di_glsl_lift(g, "w3d_trailing", "uu", "return w3d_leading(a & (~a + 1u));");
    w3di_glsl_lift(g, "w3d_trailing", "ii", "return int(w3d_trailing(uint(a)));");
    w3di_glsl_lift(g, "w3d_extract", "uuUU",
                   "b = min(b, 32u); c = min(c, 32u - b); "
                   "return c == 0u ? 0u : a << (32u - b - c) >> (32u - c);");
    w3di_glsl_lift(g, "w3d_extract", "iiUU",
                   "b = min(b, 32u); c = min(c, 32u - b); "
                   "return c == 0u ? 0 : a << (32u - b - c) >> (32u - c);");
    w3di_glsl_lift(g, "w3d_insert", "uuuUU",
                   "c = min(c, 32u); d = min(d, 32u - c); if (d == 0u) return a; "
                   "uint m = 4294967295u >> (32u - d) << c; return (a & ~m) | (b << c & m);");
    w3di_glsl_lift(g, "w3d_insert", "iiiUU", "return int(w3d_insert(uint(a), uint(b), c, d));");
}

static inline void w3di_glsl_helpers_pack(w3di_glsl *g)
{
    w3di_glsl_text(
        g, "uint w3d_pack4x8unorm(vec4 v) { uvec4 u = uvec4(floor(clamp(v, 0.0, 1.0) * 255.0 + "
           "0.5));\n"
           "    return u.x | u.y << 8 | u.z << 16 | u.w << 24; }\n"
           "uint w3d_pack4x8snorm(vec4 v) {\n"
           "    uvec4 u = uvec4(ivec4(floor(clamp(v, -1.0, 1.0) * 127.0 + 0.5))) & 255u;\n"
           "    return u.x | u.y << 8 | u.z << 16 | u.w << 24; }\n"
           "vec4 w3d_unpack4x8unorm(uint a) {\n"
           "    return vec4(a & 255u, a >> 8 & 255u, a >> 16 & 255u, a >> 24) / 255.0; }\n"
           "vec4 w3d_unpack4x8snorm(uint a) {\n"
           "    int i = int(a); return max(vec4(i << 24 >> 24, i << 16 >> 24, i << 8 >> 24, i >> "
           "24) / "
           "127.0, -1.0); }\n"
           "uint w3d_pack2x16unorm(vec2 v) {\n"
           "    uvec2 u = uvec2(floor(clamp(v, 0.0, 1.0) * 65535.0 + 0.5)); return u.x | u.y << "
           "16; }\n"
           "uint w3d_pack2x16snorm(vec2 v) {\n"
           "    uvec2 u = uvec2(ivec2(floor(clamp(v, -1.0, 1.0) * 32767.0 + 0.5))) & 65535u;\n"
           "    return u.x | u.y << 16; }\n"
           "vec2 w3d_unpack2x16unorm(uint a) { return vec2(a & 65535u, a >> 16) / 65535.0; }\n"
           "vec2 w3d_unpack2x16snorm(uint a) {\n"
           "    int i = int(a); return max(vec2(i << 16 >> 16, i >> 16) / 32767.0, -1.0); }\n"
           "#ifdef GL_ES\n"
           "uint w3d_pack2x16float(vec2 v) { return packHalf2x16(v); }\n"
           "vec2 w3d_unpack2x16float(uint a) { return unpackHalf2x16(a); }\n"
           "#else\n"
           "uint w3d_half(float a) {\n"
           "    uint x = floatBitsToUint(a), s = x >> 16 & 32768u; x &= 2147483647u;\n"
           "    if (x >= 0x477FF000u) return s | (x > 0x7F800000u ? 0x7E00u : 0x7C00u);\n"
           "    if (x < 0x38800000u) return s | uint(roundEven(uintBitsToFloat(x) * 16777216.0));\n"
           "    x += 4095u + (x >> 13 & 1u); return s | (x - 0x38000000u) >> 13; }\n"
           "float w3d_unhalf(uint h) {\n"
           "    uint e = h >> 10 & 31u, m = h & 1023u;\n"
           "    float v = e == 0u ? float(m) / 16777216.0\n"
           "        : uintBitsToFloat((e == 31u ? 255u : e + 112u) << 23 | m << 13);\n"
           "    return (h & 32768u) != 0u ? -v : v; }\n"
           "uint w3d_pack2x16float(vec2 v) { return w3d_half(v.x) | w3d_half(v.y) << 16; }\n"
           "vec2 w3d_unpack2x16float(uint a) { return vec2(w3d_unhalf(a & 65535u), w3d_unhalf(a >> "
           "16)); "
           "}\n"
           "#endif\n");
}

static inline void w3di_glsl_helpers(w3di_glsl *g)
{
    if (g->helpers & W3DI_GLSL_REMAINDER)
        w3di_glsl_lift(g, "w3d_remainder", "fff", "return a - b * trunc(a / b);");
    if (g->helpers & W3DI_GLSL_DIVIDE) { /* by 0: as by 1; the least by -1: itself */
        w3di_glsl_lift(g, "w3d_divide", "iii",
                       "return a / (b == 0 || (b == -1 && a == -2147483647 - 1) ? 1 : b);");
        w3di_glsl_lift(g, "w3d_divide", "uuu", "return a / (b == 0u ? 1u : b);");
        w3di_glsl_lift(g, "w3d_modulo", "iii",
                       "if (b == 0 || b == -1) return 0; return a - a / b * b;");
        w3di_glsl_lift(g, "w3d_modulo", "uuu", "return a % (b == 0u ? 1u : b);");
    }
    if (g->helpers & W3DI_GLSL_CONVERT) { /* outside the range: its end */
        w3di_glsl_lift(
            g, "w3d_int", "if",
            "return a >= 2147483648.0 ? 2147483647 : a > -2147483648.0 ? int(a) : a == a "
            "? -2147483647 - 1 : 0;");
        w3di_glsl_lift(g, "w3d_uint", "uf",
                       "return a >= 4294967296.0 ? 4294967295u : a > 0.0 ? uint(a) : 0u;");
    }
    if (g->helpers & W3DI_GLSL_SELECT) {
        w3di_glsl_lift(g, "w3d_select", "fffb", "return c ? b : a;");
        w3di_glsl_lift(g, "w3d_select", "iiib", "return c ? b : a;");
        w3di_glsl_lift(g, "w3d_select", "uuub", "return c ? b : a;");
        w3di_glsl_lift(g, "w3d_select", "bbbb", "return c ? b : a;");
    }
    for (uint32_t kind = 0; kind < 2 && g->helpers & W3DI_GLSL_DOT; kind++)
        for (uint32_t n = 2; n <= 4; n++) {
            char letter = kind ? 'u' : 'i';
            w3di_glsl_letter(g, letter, 1);
            w3di_glsl_text(g, " w3d_dot(");
            w3di_glsl_letter(g, letter, n);
            w3di_glsl_text(g, " a, ");
            w3di_glsl_letter(g, letter, n);
            w3di_glsl_text(g, " b) { return a.x * b.x + a.y * b.y");
            if (n > 2) w3di_glsl_text(g, " + a.z * b.z");
            if (n > 3) w3di_glsl_text(g, " + a.w * b.w");
            w3di_glsl_text(g, "; }\n");
        }
    if (g->helpers & W3DI_GLSL_BITS) w3di_glsl_helpers_bits(g);
    if (g->helpers & W3DI_GLSL_PACK) w3di_glsl_helpers_pack(g);
}

/* ---- reading the object table ---- */

/* The functions that read a type at a word of an object, for the types that are read so. */
static inline void w3di_glsl_fetches(w3di_glsl *g)
{
    const w3d_shader_module *module = g->module;
    uint8_t *wanted = g->fetched;
    for (uint32_t t = module->type_count; t-- > 1;) { /* parts come before what is made of them */
        const w3di_shader_type *type = &module->types[t];
        if (!wanted[t]) continue;
        if (type->kind == W3DI_SHADER_MATRIX || type->kind == W3DI_SHADER_ARRAY)
            wanted[w3di_glsl_part(g, t, 0)] = 1;
        for (uint32_t i = 0; type->kind == W3DI_SHADER_STRUCT && i < type->count; i++)
            wanted[module->members[type->first + i].type] = 1;
    }
    for (uint32_t t = 1; t < module->type_count; t++) {
        const w3di_shader_type *type = &module->types[t];
        if (!wanted[t]) continue;
        int composite = type->kind >= W3DI_SHADER_MATRIX;
        uint32_t count = type->kind == W3DI_SHADER_MATRIX ? type->columns : type->count,
                 scalar = type->kind == W3DI_SHADER_VECTOR ? module->types[type->element].kind
                                                           : type->kind;
        w3di_glsl_type(g, t);
        w3di_glsl_sizes(g, t);
        w3di_glsl_format(g, " w3d_fetch%(uint row, int word) { return ", t, 0);
        if (composite) {
            w3di_glsl_type(g, t);
            w3di_glsl_sizes(g, t);
            for (uint32_t i = 0; i < count; i++) {
                uint32_t part = w3di_glsl_part(g, t, i),
                         offset = type->kind == W3DI_SHADER_STRUCT
                                      ? module->members[type->first + i].offset
                                      : i * type->stride;
                w3di_glsl_text(g, i ? ", " : "(");
                w3di_glsl_format(g, "w3d_fetch%(row, word + %)", part, offset / 4);
            }
        } else {
            w3di_glsl_text(g, scalar == W3DI_SHADER_F32 ? "uintBitsToFloat" : "");
            if (scalar != W3DI_SHADER_F32) w3di_glsl_type(g, t);
            w3di_glsl_text(g, type->kind != W3DI_SHADER_VECTOR
                                  ? "(w3d_object(row, word >> 2)[word & 3]"
                              : type->rows == 2
                                  ? "((word & 2) == 0 ? w3d_object(row, word >> 2).xy : "
                                    "w3d_object(row, word >> 2).zw"
                              : type->rows == 3 ? "(w3d_object(row, word >> 2).xyz"
                                                : "(w3d_object(row, word >> 2)");
        }
        w3di_glsl_text(g, "); }\n");
    }
}

#endif /* W3D_SHADER_GLSL_HELPERS_H */
