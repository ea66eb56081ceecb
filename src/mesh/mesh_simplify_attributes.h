/* mesh_simplify_attributes.h - what a collapse does to normals, uvs and colours; private.
 *
 * Over a triangle an attribute is a linear function with a gradient g in its plane. A vertex keeps
 * the sum, over its triangles, of area times squared difference between those functions and the
 * value it has itself: d'Ad + 2 b'd + c - 2 t(G d + D) + W t^2 for a place at d from it and a
 * value t above its own. Everything is measured from the vertex, as in mesh_simplify_quadric.h.
 * A row of floats is W, A (xx yy zz xy yz zx), b, c and then G and D for each component.
 * Source: Hoppe 1999, "New quadric metric for simplifying meshes with appearance attributes". */
#ifndef W3D_MESH_SIMPLIFY_ATTRIBUTES_H
#define W3D_MESH_SIMPLIFY_ATTRIBUTES_H

#include "mesh/mesh_simplify_build.h"

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

/* What a collapse changes besides positions: which vertices of u go into which of v. */
typedef struct w3di_mesh_simplify_pairs {
    uint32_t count;
    uint32_t from[2], to[2];
} w3di_mesh_simplify_pairs;

#define W3DI_MESH_SIMPLIFY_MOST_VALUE 1e9f /* of an attribute times its weight */

/* A component as the kernel uses it: weighted, 0 where it is not finite. */
static inline float w3di_mesh_simplify_value(const w3d_simplify_attribute *attribute,
                                             uint32_t vertex, uint32_t component, float factor)
{
    size_t stride = attribute->stride ? attribute->stride : attribute->components * sizeof(float);
    float value;
    w3d_copy(&value, (const char *)(const void *)attribute->data + vertex * stride + 4 * component,
             4);
    if (!w3d_f32_is_finite(value)) return 0.0f;
    value *= factor;
    if (value < -W3DI_MESH_SIMPLIFY_MOST_VALUE) return -W3DI_MESH_SIMPLIFY_MOST_VALUE;
    return value <= W3DI_MESH_SIMPLIFY_MOST_VALUE ? value : W3DI_MESH_SIMPLIFY_MOST_VALUE;
}

W3D_INLINE float *w3di_mesh_simplify_wedge(const w3di_mesh_simplify_state *s, uint32_t vertex)
{
    return s->wedges + (size_t)vertex * s->wedge_floats;
}

/* Every triangle gives its gradients to its vertices. */
static inline void w3di_mesh_simplify_gradients(w3di_mesh_simplify_state *s)
{
    for (uint32_t t = 0; t < s->triangle_count; t++) {
        const uint32_t *corner = s->corners + 3 * (size_t)t, *vertex = s->vertices + 3 * (size_t)t;
        float ab[3], ac[3], n[3], along[3], across[3];
        w3di_mesh_simplify_sub(s->points[corner[1]].position, s->points[corner[0]].position, ab);
        w3di_mesh_simplify_sub(s->points[corner[2]].position, s->points[corner[0]].position, ac);
        w3di_mesh_simplify_cross(ab, ac, n);
        float square = w3di_mesh_simplify_dot(n, n), area = 0.5f * w3d_sqrtf(square);
        float sides = w3di_mesh_simplify_dot(ab, ab) * w3di_mesh_simplify_dot(ac, ac);
        for (int k = 0; k < 3; k++) w3di_mesh_simplify_wedge(s, vertex[k])[0] += area;
        if (!(square > 1e-8f * sides)) continue; /* too thin to have a gradient */
        w3di_mesh_simplify_cross(ac, n, along);
        w3di_mesh_simplify_cross(n, ab, across);
        for (uint32_t i = 0; i < s->attribute_count; i++) {
            float value[3], g[3];
            for (int k = 0; k < 3; k++)
                value[k] = s->values[(size_t)vertex[k] * s->attribute_count + i];
            float one = (value[1] - value[0]) / square, two = (value[2] - value[0]) / square;
            for (int k = 0; k < 3; k++) g[k] = one * along[k] + two * across[k];
            for (int k = 0; k < 3; k++) {
                float *row = w3di_mesh_simplify_wedge(s, vertex[k]);
                row[1] += area * g[0] * g[0];
                row[2] += area * g[1] * g[1];
                row[3] += area * g[2] * g[2];
                row[4] += area * g[0] * g[1];
                row[5] += area * g[1] * g[2];
                row[6] += area * g[2] * g[0];
                for (uint32_t m = 0; m < 3; m++) row[11 + 4 * i + m] += area * g[m];
            }
        }
    }
}

/* How far the attributes would be from what they were, were the vertex at d with the values of
 * `to`: area times squared difference. */
static inline float w3di_mesh_simplify_wedge_error(const w3di_mesh_simplify_state *s, uint32_t from,
                                                   uint32_t to, const float *d)
{
    const float *row = w3di_mesh_simplify_wedge(s, from);
    const float *own = s->values + (size_t)from * s->attribute_count;
    const float *other = s->values + (size_t)to * s->attribute_count;
    float ad[3];
    w3di_mesh_simplify_apply(row + 1, d, ad);
    float error = (((ad[0] + 2.0f * row[7]) * d[0] + (ad[1] + 2.0f * row[8]) * d[1]) +
                   (ad[2] + 2.0f * row[9]) * d[2]) +
                  row[10];
    for (uint32_t i = 0; i < s->attribute_count; i++) {
        const float *g = row + 11 + 4 * i;
        float t = other[i] - own[i];
        error += t * (row[0] * t - 2.0f * (w3di_mesh_simplify_dot(g, d) + g[3]));
    }
    return error > 0.0f ? error : 0.0f;
}

/* Moves a row by d and its values by those of `to` above those of `from`. */
static inline void w3di_mesh_simplify_wedge_shift(const w3di_mesh_simplify_state *s, float *row,
                                                  const float *t, const float *d)
{
    float ad[3];
    w3di_mesh_simplify_apply(row + 1, d, ad);
    float c = (((ad[0] + 2.0f * row[7]) * d[0] + (ad[1] + 2.0f * row[8]) * d[1]) +
               (ad[2] + 2.0f * row[9]) * d[2]) +
              row[10];
    for (int k = 0; k < 3; k++) row[7 + k] += ad[k];
    for (uint32_t i = 0; i < s->attribute_count; i++) {
        float *g = row + 11 + 4 * i;
        float along = w3di_mesh_simplify_dot(g, d) + g[3];
        c += t[i] * (row[0] * t[i] - 2.0f * along);
        for (int k = 0; k < 3; k++) row[7 + k] -= t[i] * g[k];
        g[3] = along - row[0] * t[i];
    }
    row[10] = c > 0.0f ? c : 0.0f;
}

/* The vertices of u go into those of v, the point at d from u and `from_v` from v. Where points
 * may move, the values move too, to where the sum is least. */
static inline void w3di_mesh_simplify_attributes_merge(w3di_mesh_simplify_state *s, const float *d,
                                                       const float *from_v,
                                                       const w3di_mesh_simplify_pairs *pairs)
{
    const float nowhere[3] = { 0.0f, 0.0f, 0.0f };
    float t[W3D_SIMPLIFY_MOST_COMPONENTS];
    for (uint32_t k = 0; k < pairs->count; k++) {
        float *from = w3di_mesh_simplify_wedge(s, pairs->from[k]);
        float *to = w3di_mesh_simplify_wedge(s, pairs->to[k]);
        const float *own = s->values + (size_t)pairs->from[k] * s->attribute_count;
        float *value = s->values + (size_t)pairs->to[k] * s->attribute_count;
        int again = k > 0 && pairs->to[0] == pairs->to[k];
        for (uint32_t i = 0; i < s->attribute_count; i++) t[i] = 0.0f;
        if (!again) w3di_mesh_simplify_wedge_shift(s, to, t, from_v);
        for (uint32_t i = 0; i < s->attribute_count; i++) t[i] = value[i] - own[i];
        w3di_mesh_simplify_wedge_shift(s, from, t, d);
        for (uint32_t i = 0; i < s->wedge_floats; i++) to[i] += from[i];
        if (!s->solve || !(to[0] > 0.0f)) continue;
        for (uint32_t i = 0; i < s->attribute_count; i++) {
            t[i] = to[11 + 4 * i + 3] / to[0];
            value[i] += t[i];
        }
        w3di_mesh_simplify_wedge_shift(s, to, t, nowhere);
    }
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_SIMPLIFY_ATTRIBUTES_H */
