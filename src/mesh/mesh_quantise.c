/* mesh_quantise.c - in double where a nearest step is chosen: the stated errors are exact. */
#include "mesh/mesh_quantise.h"
#include "core/bits.h"

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

/* ---- positions ---- */

static int w3di_mesh_quantise_grid_kept(const w3d_mesh_quantise_grid *grid)
{
    if (!grid || grid->bits < 1 || grid->bits > 16 || !(grid->step > 0.0f)) return 0;
    for (int k = 0; k < 3; k++)
        if (!w3d_f32_is_finite(grid->origin[k])) return 0;
    return w3d_f32_is_finite(grid->step);
}

W3D_API w3d_result w3d_mesh_quantise_grid_fit(const float *positions, uint32_t count, uint32_t bits,
                                              w3d_mesh_quantise_grid *grid)
{
    int kept = grid && (positions || count == 0) && bits >= 1 && bits <= 16;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    float low[3] = { FLT_MAX, FLT_MAX, FLT_MAX }, high[3] = { -FLT_MAX, -FLT_MAX, -FLT_MAX };
    double most = 0.0, steps = (double)((1u << bits) - 1u);
    for (uint32_t i = 0; i < count; i++, positions += 3)
        for (int k = 0; k < 3; k++) {
            if (!w3d_f32_is_finite(positions[k])) continue;
            if (positions[k] < low[k]) low[k] = positions[k];
            if (positions[k] > high[k]) high[k] = positions[k];
        }
    for (int k = 0; k < 3; k++) {
        if (low[k] > high[k]) low[k] = high[k] = 0.0f;
        double extent = (double)high[k] - (double)low[k];
        if (extent > most) most = extent;
    }
    if (most / steps > (double)FLT_MAX) return W3D_ERR_RANGE;
    for (int k = 0; k < 3; k++) grid->origin[k] = low[k] + 0.0f; /* no -0 */
    /* The next float up where the nearest one would leave the last position outside. */
    float step = most > 0.0 ? (float)(most / steps) : 1.0f;
    if ((double)step * steps < most) step = w3d_f32_from_bits(w3d_bits_f32(step) + 1u);
    grid->step = step;
    grid->bits = bits;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_quantise_grid_encode(const w3d_mesh_quantise_grid *grid,
                                                 const float *positions, uint32_t count,
                                                 uint16_t *rows)
{
    int kept = w3di_mesh_quantise_grid_kept(grid) && ((positions && rows) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    double step = (double)grid->step, most = (double)((1u << grid->bits) - 1u);
    double origin[3] = { (double)grid->origin[0], (double)grid->origin[1],
                         (double)grid->origin[2] };
    for (uint32_t i = 0; i < count; i++, positions += 3, rows += 4) {
        for (int k = 0; k < 3; k++) {
            double at = ((double)positions[k] - origin[k]) / step + 0.5;
            rows[k] = (uint16_t)(at > 0.0 ? (at < most ? at : most) : 0.0); /* NaN: 0 */
        }
        rows[3] = 0;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_quantise_grid_decode(const w3d_mesh_quantise_grid *grid,
                                                 const uint16_t *rows, uint32_t count,
                                                 float *positions)
{
    int kept = w3di_mesh_quantise_grid_kept(grid) && ((positions && rows) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < count; i++, positions += 3, rows += 4)
        for (int k = 0; k < 3; k++) {
            /* In double, where the product is exact: in float it may be infinite, though the sum
             * is not. */
            double at = (double)grid->origin[k] + (double)grid->step * (double)rows[k];
            positions[k] = at < (double)FLT_MAX ? (float)at : FLT_MAX;
        }
    return W3D_OK;
}

/* ---- unit vectors ---- */

static double w3di_mesh_quantise_abs(double v) { return v < 0.0 ? -v : v; }

/* The vector, of any length, at a place of the octahedron given in steps of 1 / `one`. */
static void w3di_mesh_quantise_unfold(double u, double v, double one, double *out)
{
    double z = one - w3di_mesh_quantise_abs(u) - w3di_mesh_quantise_abs(v);
    if (z < 0.0) {
        u += u < 0.0 ? -z : z;
        v += v < 0.0 ? -z : z;
    }
    out[0] = u, out[1] = v, out[2] = z;
}

/* The largest whole number that is not above, of a number far from overflow. */
static int32_t w3di_mesh_quantise_floor(double v)
{
    int32_t whole = (int32_t)v;
    return (double)whole > v ? whole - 1 : whole;
}

static void w3di_mesh_quantise_octahedral(const float *vector, int32_t one, int32_t *out)
{
    double x = (double)vector[0], y = (double)vector[1], z = (double)vector[2], best = -2.0;
    out[0] = out[1] = 0;
    if (x != x || y != y || z != z) return;
    if (!w3d_f32_is_finite(vector[0]) || !w3d_f32_is_finite(vector[1]) ||
        !w3d_f32_is_finite(vector[2])) {
        x = x > DBL_MAX ? 1.0 : x < -DBL_MAX ? -1.0 : 0.0;
        y = y > DBL_MAX ? 1.0 : y < -DBL_MAX ? -1.0 : 0.0;
        z = z > DBL_MAX ? 1.0 : z < -DBL_MAX ? -1.0 : 0.0;
    }
    double sum = w3di_mesh_quantise_abs(x) + w3di_mesh_quantise_abs(y) + w3di_mesh_quantise_abs(z);
    if (!(sum > 0.0)) return;
    x /= sum, y /= sum, z /= sum;
    double u = x, v = y;
    if (z < 0.0) {
        u = (1.0 - w3di_mesh_quantise_abs(y)) * (x < 0.0 ? -1.0 : 1.0);
        v = (1.0 - w3di_mesh_quantise_abs(x)) * (y < 0.0 ? -1.0 : 1.0);
    }
    int32_t low_u = w3di_mesh_quantise_floor(u * (double)one);
    int32_t low_v = w3di_mesh_quantise_floor(v * (double)one);
    for (int32_t k = 0; k < 4; k++) {
        int32_t at_u = low_u + (k & 1), at_v = low_v + (k >> 1);
        double w[3];
        if (at_u > one || at_v > one || at_u < -one || at_v < -one) continue;
        w3di_mesh_quantise_unfold((double)at_u, (double)at_v, (double)one, w);
        double length = w3d_sqrt((w[0] * w[0] + w[1] * w[1]) + w[2] * w[2]);
        double along = ((w[0] * x + w[1] * y) + w[2] * z) / length;
        if (along > best) best = along, out[0] = at_u, out[1] = at_v;
    }
}

W3D_API w3d_result w3d_mesh_quantise_octahedral_encode(const float *vectors, uint32_t count,
                                                       uint32_t bits, void *out)
{
    int kept = bits >= 2 && bits <= 16 && ((vectors && out) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    int32_t one = (1 << (bits - 1)) - 1, at[2];
    for (size_t i = 0; i < count; i++) {
        w3di_mesh_quantise_octahedral(vectors + 3 * i, one, at);
        for (size_t k = 0; k < 2; k++)
            if (bits <= 8)
                ((int8_t *)out)[2 * i + k] = (int8_t)at[k];
            else
                ((int16_t *)out)[2 * i + k] = (int16_t)at[k];
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_quantise_octahedral_decode(const void *packed, uint32_t count,
                                                       uint32_t bits, float *vectors)
{
    int kept = bits >= 2 && bits <= 16 && ((vectors && packed) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    double one = (double)((1 << (bits - 1)) - 1), w[3];
    for (size_t i = 0; i < count; i++) {
        int32_t at[2];
        for (size_t k = 0; k < 2; k++)
            at[k] = bits <= 8 ? ((const int8_t *)packed)[2 * i + k]
                              : ((const int16_t *)packed)[2 * i + k];
        w3di_mesh_quantise_unfold((double)at[0], (double)at[1], one, w);
        double length = w3d_sqrt((w[0] * w[0] + w[1] * w[1]) + w[2] * w[2]);
        for (size_t k = 0; k < 3; k++)
            vectors[3 * i + k] = length > 0.0 ? (float)(w[k] / length) : k == 2 ? 1.0f : 0.0f;
    }
    return W3D_OK;
}

/* ---- values ---- */

/* What 1 is written as, and whether there are negative numbers. */
static double w3di_mesh_quantise_one(w3d_quantise_kind kind)
{
    switch (kind) {
    case W3D_QUANTISE_UNORM8: return 255.0;
    case W3D_QUANTISE_SNORM8: return 127.0;
    case W3D_QUANTISE_UNORM16: return 65535.0;
    case W3D_QUANTISE_SNORM16: return 32767.0;
    case W3D_QUANTISE_HALF: return 1.0;
    }
    return 0.0;
}

W3D_API w3d_result w3d_mesh_quantise_values_encode(w3d_quantise_kind kind, const float *src,
                                                   uint32_t count, void *out)
{
    double one = w3di_mesh_quantise_one(kind);
    int kept = one > 0.0 && ((src && out) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    double least = kind == W3D_QUANTISE_SNORM8 || kind == W3D_QUANTISE_SNORM16 ? -1.0 : 0.0;
    for (size_t i = 0; i < count; i++) {
        if (kind == W3D_QUANTISE_HALF) {
            ((uint16_t *)out)[i] = w3d_f16_from_f32(src[i]);
            continue;
        }
        double v = (double)src[i];
        v = v != v ? 0.0 : v > 1.0 ? 1.0 : v < least ? least : v;
        int32_t at = (int32_t)(v * one + (v < 0.0 ? -0.5 : 0.5));
        if (kind == W3D_QUANTISE_UNORM8 || kind == W3D_QUANTISE_SNORM8)
            ((uint8_t *)out)[i] = (uint8_t)at;
        else
            ((uint16_t *)out)[i] = (uint16_t)at;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_quantise_values_decode(w3d_quantise_kind kind, const void *src,
                                                   uint32_t count, float *out)
{
    double one = w3di_mesh_quantise_one(kind);
    int kept = one > 0.0 && ((src && out) || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        int32_t at = kind == W3D_QUANTISE_UNORM8    ? ((const uint8_t *)src)[i]
                     : kind == W3D_QUANTISE_SNORM8  ? ((const int8_t *)src)[i]
                     : kind == W3D_QUANTISE_SNORM16 ? ((const int16_t *)src)[i]
                                                    : ((const uint16_t *)src)[i];
        if (kind == W3D_QUANTISE_HALF)
            out[i] = w3d_f32_from_f16((uint16_t)at);
        else /* -128 and -32768 are -1, as the graphics interfaces have it */
            out[i] = (double)at < -one ? -1.0f : (float)((double)at / one);
    }
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
