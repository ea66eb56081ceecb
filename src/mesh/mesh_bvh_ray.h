/* mesh_bvh_ray.h - a ray made ready for eight boxes at once, and the order to walk in; private.
 *
 * Directions are brought to a largest part in [1, 2) by a power of two, which is exact; t is in
 * units of that inside. A ray parallel to a pair of planes has an infinite rate there: products are
 * then infinite with the right sign, or NaN for a ray in the very plane, and the order of min and
 * max's arguments makes a NaN count for nothing.
 *
 * Boxes and the best hit so far are compared with a margin of 2^-20, more than all roundings of the
 * box and triangle tests together, so that no box is passed by whose triangle would be a hit, or
 * one of equal t. */
#ifndef W3D_MESH_BVH_RAY_H
#define W3D_MESH_BVH_RAY_H

#include "core/simd.h"
#include "mesh/mesh_bvh.h"

#if defined(__AVX__) && !W3D_SIMD_SCALAR && !W3D_SIMD_SIMDE
#include <immintrin.h>
#endif

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

#define W3DI_MESH_BVH_RAY_MARGIN 1.00000095367431640625f /* 1 + 2^-20 */

typedef struct w3di_mesh_bvh_ray {
    w3d_f4 origin[3], rate[3]; /* splats; rate is -1 / direction */
    w3d_f4 wide[3];            /* rate, and the margin with it: where boxes are left */
    uint32_t first[3];         /* the floats of a node where boxes are entered, by axis */
    uint32_t axis[3];          /* the triangle test's x, y, z; z is the largest */
    w3d_f4 shear[3];           /* of x, y against z; 1 / direction along z */
    w3d_f4 turned[3];          /* origin along the axes x, y, z of the triangle test */
    float t_min, t_max, unit;  /* t is unit times what it is inside */
} w3di_mesh_bvh_ray;

/* 0: this ray hits nothing. */
W3D_INLINE int w3di_mesh_bvh_ray_start(const w3d_mesh_bvh_ray *ray, w3di_mesh_bvh_ray *out)
{
    /* origin and t_min, then direction and t_max */
    const float *fields = (const float *)(const void *)ray;
    w3d_f4 origin = w3d_f4_load(fields), direction = w3d_f4_load(fields + 4), zero = w3d_f4_zero();
    w3d_f4 nothing =
        w3d_f4_add(w3d_f4_sub(origin, origin), w3d_f4_sub(direction, direction)); /* or NaN */
    int finite = (w3d_f4_mask(w3d_f4_equal(nothing, zero)) & 7) == 7;
    float size[4], d[4], o[4], largest;
    w3d_f4_store(size, w3d_f4_abs(direction));
    uint32_t z = size[1] > size[0] ? 1u : 0u;
    largest = z ? size[1] : size[0];
    if (size[2] > largest) z = 2, largest = size[2];
    float t_min = ray->t_min > 0.0f ? ray->t_min : 0.0f;
    float t_max = ray->t_max == 0.0f || ray->t_max > FLT_MAX ? FLT_MAX : ray->t_max;
    if (!finite || !(largest > 0.0f) || w3d_f32_is_nan(ray->t_min) || !(t_min <= t_max)) return 0;
    int exponent = (int)(w3d_bits_f32(largest) >> 23) - 127;
    if (exponent > 126) exponent = 126;
    if (exponent < -126) exponent = -126;
    float shrink = w3d_f32_from_bits((uint32_t)(127 - exponent) << 23);
    float grow = w3d_f32_from_bits((uint32_t)(127 + exponent) << 23);
    out->unit = shrink;
    out->t_min = t_min * grow;
    out->t_max = t_max * grow < FLT_MAX ? t_max * grow : FLT_MAX; /* no t is infinite */
    direction = w3d_f4_mul(direction, w3d_f4_splat(shrink));
    w3d_f4_store(d, direction);
    w3d_f4_store(o, origin);
    w3d_f4 rate = w3d_f4_div(w3d_f4_splat(-1.0f), direction);
    w3d_f4 wide = w3d_f4_mul(rate, w3d_f4_splat(W3DI_MESH_BVH_RAY_MARGIN));
    out->origin[0] = w3d_f4_xxxx(origin);
    out->origin[1] = w3d_f4_yyyy(origin);
    out->origin[2] = w3d_f4_zzzz(origin);
    out->rate[0] = w3d_f4_xxxx(rate);
    out->rate[1] = w3d_f4_yyyy(rate);
    out->rate[2] = w3d_f4_zzzz(rate);
    out->wide[0] = w3d_f4_xxxx(wide);
    out->wide[1] = w3d_f4_yyyy(wide);
    out->wide[2] = w3d_f4_zzzz(wide);
    for (uint32_t k = 0; k < 3; k++) out->first[k] = 16 * k + 8 * (w3d_bits_f32(d[k]) >> 31);
    uint32_t x = z == 2 ? 0 : z + 1, y = x == 2 ? 0 : x + 1;
    out->axis[0] = x;
    out->axis[1] = y;
    out->axis[2] = z;
    w3d_f4 shear = w3d_f4_div(w3d_f4_set(d[x], d[y], 1.0f, 1.0f), w3d_f4_splat(d[z]));
    out->shear[0] = w3d_f4_xxxx(shear);
    out->shear[1] = w3d_f4_yyyy(shear);
    out->shear[2] = w3d_f4_zzzz(shear);
    out->turned[0] = w3d_f4_splat(o[x]);
    out->turned[1] = w3d_f4_splat(o[y]);
    out->turned[2] = w3d_f4_splat(o[z]);
    return 1;
}

/* Which of four boxes the ray meets, from the one at `at` on, and where; `wide` is the farthest t
 * of interest, times the margin. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_ray_four(const w3d_mesh_bvh_node *node,
                                         const w3di_mesh_bvh_ray *ray, uint32_t at, w3d_f4 start,
                                         w3d_f4 wide, w3d_f4 *enter)
{
    const float *sides = node->side[0][0] + at;
    w3d_f4 x0 = w3d_f4_load(sides + ray->first[0]), x1 = w3d_f4_load(sides + (ray->first[0] ^ 8u));
    w3d_f4 y0 = w3d_f4_load(sides + ray->first[1]), y1 = w3d_f4_load(sides + (ray->first[1] ^ 8u));
    w3d_f4 z0 = w3d_f4_load(sides + ray->first[2]), z1 = w3d_f4_load(sides + (ray->first[2] ^ 8u));
    x0 = w3d_f4_mul(w3d_f4_sub(ray->origin[0], x0), ray->rate[0]);
    y0 = w3d_f4_mul(w3d_f4_sub(ray->origin[1], y0), ray->rate[1]);
    z0 = w3d_f4_mul(w3d_f4_sub(ray->origin[2], z0), ray->rate[2]);
    x1 = w3d_f4_mul(w3d_f4_sub(ray->origin[0], x1), ray->wide[0]);
    y1 = w3d_f4_mul(w3d_f4_sub(ray->origin[1], y1), ray->wide[1]);
    z1 = w3d_f4_mul(w3d_f4_sub(ray->origin[2], z1), ray->wide[2]);
    *enter = w3d_f4_max(z0, w3d_f4_max(y0, w3d_f4_max(x0, start)));
    return w3d_f4_lesseq(*enter, w3d_f4_min(z1, w3d_f4_min(y1, w3d_f4_min(x1, wide))));
}

#if defined(__AVX__) && !W3D_SIMD_SCALAR && !W3D_SIMD_SIMDE
#define W3DI_MESH_BVH_RAY_WIDE(v) _mm256_insertf128_ps(_mm256_castps128_ps256(v), v, 1)
#define W3DI_MESH_BVH_RAY_SIDE(k, flip, factor)                                                    \
    _mm256_mul_ps(_mm256_sub_ps(W3DI_MESH_BVH_RAY_WIDE(ray->origin[k]),                            \
                                _mm256_loadu_ps(sides + (ray->first[k] ^ (flip)))),                \
                  W3DI_MESH_BVH_RAY_WIDE(factor))
/* The same of all eight, a bit for each; all at once. */
W3D_INLINE uint32_t w3di_mesh_bvh_ray_boxes(const w3d_mesh_bvh_node *node,
                                            const w3di_mesh_bvh_ray *ray, w3d_f4 start, w3d_f4 wide,
                                            float *enter)
{
    const float *sides = node->side[0][0];
    __m256 from = W3DI_MESH_BVH_RAY_WIDE(start), to = W3DI_MESH_BVH_RAY_WIDE(wide);
    from = _mm256_max_ps(W3DI_MESH_BVH_RAY_SIDE(0, 0u, ray->rate[0]), from);
    from = _mm256_max_ps(W3DI_MESH_BVH_RAY_SIDE(1, 0u, ray->rate[1]), from);
    from = _mm256_max_ps(W3DI_MESH_BVH_RAY_SIDE(2, 0u, ray->rate[2]), from);
    to = _mm256_min_ps(W3DI_MESH_BVH_RAY_SIDE(0, 8u, ray->wide[0]), to);
    to = _mm256_min_ps(W3DI_MESH_BVH_RAY_SIDE(1, 8u, ray->wide[1]), to);
    to = _mm256_min_ps(W3DI_MESH_BVH_RAY_SIDE(2, 8u, ray->wide[2]), to);
    _mm256_storeu_ps(enter, from);
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(from, to, _CMP_LE_OQ));
}
#undef W3DI_MESH_BVH_RAY_WIDE
#undef W3DI_MESH_BVH_RAY_SIDE
#else
/* The same of all eight, a bit for each. */
W3D_INLINE uint32_t w3di_mesh_bvh_ray_boxes(const w3d_mesh_bvh_node *node,
                                            const w3di_mesh_bvh_ray *ray, w3d_f4 start, w3d_f4 wide,
                                            float *enter)
{
    w3d_f4 low, high;
    w3d_f4 met = w3di_mesh_bvh_ray_four(node, ray, 0, start, wide, &low);
    w3d_f4 also = w3di_mesh_bvh_ray_four(node, ray, 4, start, wide, &high);
    w3d_f4_store(enter, low);
    w3d_f4_store(enter + 4, high);
    return (uint32_t)w3d_f4_mask(met) | (uint32_t)w3d_f4_mask(also) << 4;
}
#endif

/* ---- a walk down the tree ---- */

/* Asks for a child that will most likely be visited, where there are several to wait for. */
W3D_INLINE void w3di_mesh_bvh_ray_prefetch(const w3d_mesh_bvh *bvh, uint32_t child)
{
#if defined(__GNUC__)
    /* As numbers: a hostile block may have given an empty place a box, and there is no such leaf. */
    uintptr_t at = child & W3D_MESH_BVH_LEAF
                       ? (uintptr_t)bvh->leaves +
                             (size_t)(child & ~W3D_MESH_BVH_LEAF) * sizeof(w3d_mesh_bvh_leaf)
                       : (uintptr_t)bvh->nodes + (size_t)child * sizeof(w3d_mesh_bvh_node);
    for (uint32_t k = 0; k < 256; k += 64) __builtin_prefetch((const char *)(at + k));
#else
    (void)bvh;
    (void)child;
#endif
}

/* What waits on a stack: where the box is entered, never below +0, as bits in the high half, so
 * that whole numbers are in the order of the boxes; the child in the low half. */
typedef uint64_t w3di_mesh_bvh_ray_entry;

W3D_INLINE float w3di_mesh_bvh_ray_enter(w3di_mesh_bvh_ray_entry entry)
{
    return w3d_f32_from_bits((uint32_t)(entry >> 32));
}

/* Puts the children that are met on the stack, the nearest on top, and takes that off again. Two or
 * three are put in order without a branch: nobody could foretell it. */
W3D_INLINE uint32_t w3di_mesh_bvh_ray_push(const w3d_mesh_bvh_node *node, uint32_t mask,
                                           const float *enter, w3di_mesh_bvh_ray_entry *stack,
                                           uint32_t *used)
{
#define W3DI_MESH_BVH_RAY_TAKE(entry)                                                              \
    do {                                                                                           \
        uint32_t k = w3d_bits_trailing_zeros(mask);                                                \
        entry = (uint64_t)w3d_bits_f32(enter[k]) << 32 | node->child[k];                           \
        mask &= mask - 1;                                                                          \
    } while (0)
#define W3DI_MESH_BVH_RAY_ORDER(low, high)                                                         \
    do {                                                                                           \
        uint64_t least = high < low ? high : low, most = high < low ? low : high;                  \
        low = least;                                                                               \
        high = most;                                                                               \
    } while (0)
    if (!(mask & (mask - 1))) return node->child[w3d_bits_trailing_zeros(mask)];
    w3di_mesh_bvh_ray_entry a, b, c;
    uint32_t base = *used, top = base;
    W3DI_MESH_BVH_RAY_TAKE(a);
    W3DI_MESH_BVH_RAY_TAKE(b);
    W3DI_MESH_BVH_RAY_ORDER(a, b);
    if (!mask) {
        stack[base] = b;
        *used = base + 1;
        return (uint32_t)a;
    }
    W3DI_MESH_BVH_RAY_TAKE(c);
    W3DI_MESH_BVH_RAY_ORDER(a, c);
    W3DI_MESH_BVH_RAY_ORDER(b, c);
    stack[top++] = c;
    stack[top++] = b;
    while (mask) {
        W3DI_MESH_BVH_RAY_TAKE(c);
        W3DI_MESH_BVH_RAY_ORDER(a, c);
        uint32_t i = top++;
        for (; i > base && stack[i - 1] < c; i--) stack[i] = stack[i - 1];
        stack[i] = c;
    }
    *used = top;
    return (uint32_t)a;
#undef W3DI_MESH_BVH_RAY_TAKE
#undef W3DI_MESH_BVH_RAY_ORDER
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_BVH_RAY_H */
