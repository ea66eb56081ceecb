/* mesh_bvh_ray.h - a ray made ready for four boxes at once, and the order to walk them in; private.
 *
 * Directions are brought to a largest part in [1, 2) by a power of two, which is exact; t is in units
 * of that inside. A ray parallel to a pair of planes has an infinite rate there: products are then
 * infinite with the right sign, or NaN for a ray in the very plane, and the order of min and
 * max's arguments makes a NaN count for nothing.
 *
 * Boxes and the best hit so far are compared with a margin of 2^-20, more than all roundings of the
 * box and triangle tests together, so that no box is passed by whose triangle would be a hit, or
 * one of equal t. */
#ifndef W3D_MESH_BVH_RAY_H
#define W3D_MESH_BVH_RAY_H

#include "core/simd.h"
#include "mesh/mesh_bvh.h"

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

#define W3DI_MESH_BVH_RAY_STACK  (3 * W3D_MESH_BVH_MOST_DEPTH + 4)
#define W3DI_MESH_BVH_RAY_MARGIN 1.00000095367431640625f /* 1 + 2^-20 */

typedef struct w3di_mesh_bvh_ray {
    w3d_f4 origin[3], rate[3]; /* splats; rate is 1 / direction */
    w3d_f4 shear[3];           /* of x, y against z; 1 / direction along z */
    w3d_f4 turned[3];          /* origin along the axes x, y, z of the triangle test */
    uint32_t near_side[3];     /* 0: min is met first, 1: max */
    uint32_t axis[3];          /* the triangle test's x, y, z; z is the largest */
    float t_min, t_max, unit;  /* t is unit times what it is inside */
} w3di_mesh_bvh_ray;

/* 0: this ray hits nothing. */
static inline int w3di_mesh_bvh_ray_start(const w3d_mesh_bvh_ray *ray, w3di_mesh_bvh_ray *out)
{
    float d[3], size[3], largest = 0.0f;
    uint32_t z = 0;
    int finite = 1;
    for (uint32_t k = 0; k < 3; k++) {
        finite &= w3d_f32_is_finite(ray->origin[k]) & w3d_f32_is_finite(ray->direction[k]);
        size[k] = ray->direction[k] < 0.0f ? -ray->direction[k] : ray->direction[k];
        if (size[k] > largest) {
            largest = size[k];
            z = k;
        }
    }
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
    uint32_t x = z == 2 ? 0 : z + 1, y = x == 2 ? 0 : x + 1;
    for (uint32_t k = 0; k < 3; k++) {
        d[k] = ray->direction[k] * shrink;
        out->origin[k] = w3d_f4_splat(ray->origin[k]);
        out->rate[k] = w3d_f4_splat(1.0f / d[k]);
        out->near_side[k] = w3d_bits_f32(d[k]) >> 31;
    }
    out->axis[0] = x;
    out->axis[1] = y;
    out->axis[2] = z;
    for (uint32_t k = 0; k < 3; k++) out->turned[k] = out->origin[out->axis[k]];
    out->shear[0] = w3d_f4_splat(d[x] / d[z]);
    out->shear[1] = w3d_f4_splat(d[y] / d[z]);
    out->shear[2] = w3d_f4_splat(1.0f / d[z]);
    return 1;
}

/* The lanes whose boxes the ray meets, and where; `best` is the farthest t of interest. */
W3D_INLINE int w3di_mesh_bvh_ray_boxes(const w3d_mesh_bvh_node *node, const w3di_mesh_bvh_ray *ray,
                                       w3d_f4 start, w3d_f4 best, w3d_f4 *enter)
{
    w3d_f4 from = start, to = best;
    for (int k = 0; k < 3; k++) {
        w3d_f4 a = w3d_f4_load(node->side[k][ray->near_side[k]]);
        w3d_f4 b = w3d_f4_load(node->side[k][ray->near_side[k] ^ 1u]);
        a = w3d_f4_mul(w3d_f4_sub(a, ray->origin[k]), ray->rate[k]);
        b = w3d_f4_mul(w3d_f4_sub(b, ray->origin[k]), ray->rate[k]);
        from = w3d_f4_max(a, from);
        to = w3d_f4_min(b, to);
    }
    *enter = from;
    to = w3d_f4_mul(to, w3d_f4_splat(W3DI_MESH_BVH_RAY_MARGIN));
    return w3d_f4_mask(w3d_f4_lesseq(from, to));
}

/* ---- a walk down the tree ---- */

typedef struct w3di_mesh_bvh_ray_entry {
    uint32_t child;
    float enter;
} w3di_mesh_bvh_ray_entry;

/* Puts the children that are met on the stack, the nearest on top, and takes that off again. */
W3D_INLINE uint32_t w3di_mesh_bvh_ray_push(const w3d_mesh_bvh_node *node, int mask, w3d_f4 enter,
                                           w3di_mesh_bvh_ray_entry *stack, uint32_t *used)
{
    float at[4];
    uint32_t first = w3d_bits_trailing_zeros((uint32_t)mask), base = *used, top = base;
    mask &= mask - 1;
    if (!mask) return node->child[first];
    w3d_f4_store(at, enter);
    w3di_mesh_bvh_ray_entry nearest;
    nearest.child = node->child[first];
    nearest.enter = at[first];
    do {
        uint32_t k = w3d_bits_trailing_zeros((uint32_t)mask);
        w3di_mesh_bvh_ray_entry entry;
        entry.child = node->child[k];
        entry.enter = at[k];
        if (entry.enter < nearest.enter) {
            w3di_mesh_bvh_ray_entry swap = entry;
            entry = nearest;
            nearest = swap;
        }
        uint32_t i = top++;
        for (; i > base && stack[i - 1].enter < entry.enter; i--) stack[i] = stack[i - 1];
        stack[i] = entry;
        mask &= mask - 1;
    } while (mask);
    *used = top;
    return nearest.child;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_BVH_RAY_H */
