/* mesh_bvh_trace.c - one ray against eight boxes (mesh_bvh_ray.h), then against four triangles.
 *
 * Four rays go down together as long as any of them meets a box: each is tested by itself, with the
 * arithmetic of a single one, but a node is fetched and its children are put in order once. What a
 * ray hits is decided by the triangle test alone, so that it does not depend on who went along. */
#include "mesh/mesh_bvh_trace.h"
#include "mesh/mesh_bvh_ray.h"

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

typedef struct w3di_mesh_bvh_trace_hit {
    float t, u, v;
    uint32_t triangle;
} w3di_mesh_bvh_trace_hit;

/* What the test of four triangles works out, lane by lane. */
typedef struct w3di_mesh_bvh_trace_lanes {
    w3d_f4 t, u, v;
    int mask; /* the lanes that are hit within [t_min, t_max] */
} w3di_mesh_bvh_trace_lanes;

/* Where an edge function came out as zero, its exact sign decides: the products of two floats are
 * exact in double. p: [corner][x, y][lane]. */
static w3d_f4 w3di_mesh_bvh_trace_exact(w3d_f4 ax, w3d_f4 ay, w3d_f4 bx, w3d_f4 by)
{
    float a[2][4], b[2][4], e[4];
    w3d_f4_store(a[0], ax);
    w3d_f4_store(a[1], ay);
    w3d_f4_store(b[0], bx);
    w3d_f4_store(b[1], by);
    for (int i = 0; i < 4; i++)
        e[i] = (float)((double)a[0][i] * (double)b[1][i] - (double)a[1][i] * (double)b[0][i]);
    return w3d_f4_load(e);
}

W3D_INLINE w3di_mesh_bvh_trace_lanes w3di_mesh_bvh_trace_leaf(const w3d_mesh_bvh_leaf *leaf,
                                                              const w3di_mesh_bvh_ray *ray,
                                                              float t_max)
{
    w3di_mesh_bvh_trace_lanes lanes;
    w3d_f4 x[3], y[3], z[3], zero = w3d_f4_zero();
    for (int c = 0; c < 3; c++) {
        z[c] = w3d_f4_sub(w3d_f4_load(leaf->corner[c][ray->axis[2]]), ray->turned[2]);
        x[c] = w3d_f4_sub(w3d_f4_sub(w3d_f4_load(leaf->corner[c][ray->axis[0]]), ray->turned[0]),
                          w3d_f4_mul(ray->shear[0], z[c]));
        y[c] = w3d_f4_sub(w3d_f4_sub(w3d_f4_load(leaf->corner[c][ray->axis[1]]), ray->turned[1]),
                          w3d_f4_mul(ray->shear[1], z[c]));
    }
    /* The edge functions (Woop et al., section 2), each opposite to a corner. */
    w3d_f4 e0 = w3d_f4_sub(w3d_f4_mul(x[2], y[1]), w3d_f4_mul(y[2], x[1]));
    w3d_f4 e1 = w3d_f4_sub(w3d_f4_mul(x[0], y[2]), w3d_f4_mul(y[0], x[2]));
    w3d_f4 e2 = w3d_f4_sub(w3d_f4_mul(x[1], y[0]), w3d_f4_mul(y[1], x[0]));
    w3d_f4 least = w3d_f4_min(w3d_f4_min(e0, e1), e2), most = w3d_f4_max(w3d_f4_max(e0, e1), e2);
    w3d_f4 inside = w3d_f4_or(w3d_f4_lesseq(zero, least), w3d_f4_lesseq(most, zero));
    lanes.mask = w3d_f4_mask(inside);
    if (!lanes.mask) return lanes;
    w3d_f4 some = w3d_f4_or(w3d_f4_or(w3d_f4_equal(e0, zero), w3d_f4_equal(e1, zero)),
                            w3d_f4_equal(e2, zero));
    if (lanes.mask & w3d_f4_mask(some)) {
        e0 = w3d_f4_select(w3d_f4_equal(e0, zero),
                           w3di_mesh_bvh_trace_exact(x[2], y[2], x[1], y[1]), e0);
        e1 = w3d_f4_select(w3d_f4_equal(e1, zero),
                           w3di_mesh_bvh_trace_exact(x[0], y[0], x[2], y[2]), e1);
        e2 = w3d_f4_select(w3d_f4_equal(e2, zero),
                           w3di_mesh_bvh_trace_exact(x[1], y[1], x[0], y[0]), e2);
        least = w3d_f4_min(w3d_f4_min(e0, e1), e2);
        most = w3d_f4_max(w3d_f4_max(e0, e1), e2);
        inside = w3d_f4_or(w3d_f4_lesseq(zero, least), w3d_f4_lesseq(most, zero));
    }
    w3d_f4 area = w3d_f4_add(w3d_f4_add(e0, e1), e2);
    /* Divided first: products of three lengths would leave a float's range at 1e-13. NaN where
     * there is no area. */
    w3d_f4 w = w3d_f4_div(e0, area);
    lanes.u = w3d_f4_div(e1, area);
    lanes.v = w3d_f4_div(e2, area);
    w3d_f4 sum = w3d_f4_add(w3d_f4_add(w3d_f4_mul(w, z[0]), w3d_f4_mul(lanes.u, z[1])),
                            w3d_f4_mul(lanes.v, z[2]));
    lanes.t = w3d_f4_mul(sum, ray->shear[2]);
    inside = w3d_f4_and(inside, w3d_f4_lesseq(w3d_f4_splat(ray->t_min), lanes.t));
    inside = w3d_f4_and(inside, w3d_f4_lesseq(lanes.t, w3d_f4_splat(t_max)));
    inside = w3d_f4_andnot(inside, w3d_f4_equal(area, zero));
    lanes.mask = w3d_f4_mask(inside);
    return lanes;
}

/* ---- a walk down the tree ---- */

/* Takes what is nearer than *hit out of the lanes. */
W3D_INLINE void w3di_mesh_bvh_trace_take(const w3d_mesh_bvh_leaf *leaf,
                                         const w3di_mesh_bvh_trace_lanes *lanes,
                                         w3di_mesh_bvh_trace_hit *hit)
{
    float t[4], u[4], v[4];
    w3d_f4_store(t, lanes->t);
    w3d_f4_store(u, lanes->u);
    w3d_f4_store(v, lanes->v);
    for (uint32_t left = (uint32_t)lanes->mask; left; left &= left - 1) {
        uint32_t k = w3d_bits_trailing_zeros(left), triangle = leaf->triangle[k];
        if (!(t[k] < hit->t || (t[k] == hit->t && triangle < hit->triangle))) continue;
        hit->t = t[k];
        hit->u = u[k];
        hit->v = v[k];
        hit->triangle = triangle;
    }
}

/* 1: found. `any`: the first that is met will do. */
W3D_INLINE int w3di_mesh_bvh_trace_walk(const w3d_mesh_bvh *bvh, const w3di_mesh_bvh_ray *ray,
                                        int any, w3di_mesh_bvh_trace_hit *hit)
{
    w3di_mesh_bvh_ray_entry stack[W3D_MESH_BVH_STACK];
    float enter[8], limit = ray->t_max * W3DI_MESH_BVH_RAY_MARGIN;
    uint32_t used = 0, child = 0;
    w3d_f4 start = w3d_f4_splat(ray->t_min), wide = w3d_f4_splat(limit);
    hit->t = ray->t_max;
    hit->triangle = W3D_MESH_BVH_NONE;
    for (;;) {
        while (!(child & W3D_MESH_BVH_LEAF)) {
            const w3d_mesh_bvh_node *node = &bvh->nodes[child];
            uint32_t mask = w3di_mesh_bvh_ray_boxes(node, ray, start, wide, enter);
            if (!mask) goto next;
            child = w3di_mesh_bvh_ray_push(node, mask, enter, stack, &used);
        }
        /* A hostile block may have given an empty place a box. */
        if (child != W3D_MESH_BVH_NONE) {
            const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
            w3di_mesh_bvh_trace_lanes lanes = w3di_mesh_bvh_trace_leaf(leaf, ray, hit->t);
            if (lanes.mask) {
                if (any) return 1;
                w3di_mesh_bvh_trace_take(leaf, &lanes, hit);
                limit = hit->t * W3DI_MESH_BVH_RAY_MARGIN;
                wide = w3d_f4_splat(limit);
            }
        }
    next:
        do {
            if (!used) return hit->triangle != W3D_MESH_BVH_NONE;
            child = (uint32_t)stack[--used];
        } while (w3di_mesh_bvh_ray_enter(stack[used]) > limit);
    }
}

W3D_INLINE void w3di_mesh_bvh_trace_give(const w3di_mesh_bvh_trace_hit *found, float unit,
                                         w3d_mesh_bvh_hit *hit)
{
    hit->t = found->t * unit;
    hit->u = found->u;
    hit->v = found->v;
    hit->triangle = found->triangle;
}

W3D_API int w3d_mesh_bvh_closest(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray,
                                 w3d_mesh_bvh_hit *hit)
{
    w3di_mesh_bvh_ray inside;
    w3di_mesh_bvh_trace_hit found;
    if (!bvh || !ray || !hit || (bvh->node_count && !bvh->leaves)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!bvh->node_count || !w3di_mesh_bvh_ray_start(ray, &inside)) return 0;
    if (!w3di_mesh_bvh_trace_walk(bvh, &inside, 0, &found)) return 0;
    w3di_mesh_bvh_trace_give(&found, inside.unit, hit);
    return 1;
}

W3D_API int w3d_mesh_bvh_any(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray)
{
    w3di_mesh_bvh_ray inside;
    w3di_mesh_bvh_trace_hit found;
    if (!bvh || !ray || (bvh->node_count && !bvh->leaves)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!bvh->node_count || !w3di_mesh_bvh_ray_start(ray, &inside)) return 0;
    return w3di_mesh_bvh_trace_walk(bvh, &inside, 1, &found);
}

/* ---- the nearest few ---- */

W3D_INLINE int w3di_mesh_bvh_trace_after(const w3d_mesh_bvh_hit *a, const w3d_mesh_bvh_hit *b)
{
    return a->t > b->t || (a->t == b->t && a->triangle > b->triangle);
}

/* Lets the hit at `at` sink in a heap whose first is the farthest. */
static void w3di_mesh_bvh_trace_sink(w3d_mesh_bvh_hit *hits, uint32_t count, uint32_t at)
{
    w3d_mesh_bvh_hit hit = hits[at];
    for (;;) {
        uint32_t below = 2 * at + 1;
        if (below >= count) break;
        if (below + 1 < count && w3di_mesh_bvh_trace_after(&hits[below + 1], &hits[below])) below++;
        if (!w3di_mesh_bvh_trace_after(&hits[below], &hit)) break;
        hits[at] = hits[below];
        at = below;
    }
    hits[at] = hit;
}

W3D_API uint32_t w3d_mesh_bvh_all(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *ray,
                                  w3d_mesh_bvh_hit *hits, uint32_t capacity)
{
    w3di_mesh_bvh_ray inside;
    w3di_mesh_bvh_ray_entry stack[W3D_MESH_BVH_STACK];
    float enter[8];
    uint32_t used = 0, child = 0, count = 0;
    if (!bvh || !ray || !hits || !capacity || (bvh->node_count && !bvh->leaves)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!bvh->node_count || !w3di_mesh_bvh_ray_start(ray, &inside)) return 0;
    float limit = inside.t_max;
    for (;;) {
        if (!(child & W3D_MESH_BVH_LEAF)) {
            uint32_t mask =
                w3di_mesh_bvh_ray_boxes(&bvh->nodes[child], &inside, w3d_f4_splat(inside.t_min),
                                        w3d_f4_splat(limit * W3DI_MESH_BVH_RAY_MARGIN), enter);
            if (mask) {
                child = w3di_mesh_bvh_ray_push(&bvh->nodes[child], mask, enter, stack, &used);
                continue;
            }
        } else if (child != W3D_MESH_BVH_NONE) {
            const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
            w3di_mesh_bvh_trace_lanes lanes = w3di_mesh_bvh_trace_leaf(leaf, &inside, limit);
            float t[4], u[4], v[4];
            if (lanes.mask) {
                w3d_f4_store(t, lanes.t);
                w3d_f4_store(u, lanes.u);
                w3d_f4_store(v, lanes.v);
            }
            for (int k = 0; k < 4; k++) {
                if (!(lanes.mask >> k & 1) || leaf->triangle[k] == W3D_MESH_BVH_NONE) continue;
                w3d_mesh_bvh_hit hit;
                hit.t = t[k];
                hit.u = u[k];
                hit.v = v[k];
                hit.triangle = leaf->triangle[k];
                if (count < capacity) {
                    hits[count++] = hit;
                    if (count == capacity)
                        for (uint32_t i = count / 2; i-- > 0;)
                            w3di_mesh_bvh_trace_sink(hits, count, i);
                } else if (w3di_mesh_bvh_trace_after(&hits[0], &hit)) {
                    hits[0] = hit;
                    w3di_mesh_bvh_trace_sink(hits, count, 0);
                }
                if (count == capacity) limit = hits[0].t;
            }
        }
        do {
            if (!used) goto done;
            child = (uint32_t)stack[--used];
        } while (w3di_mesh_bvh_ray_enter(stack[used]) > limit * W3DI_MESH_BVH_RAY_MARGIN);
    }
done:
    for (uint32_t i = count / 2; i-- > 0;) w3di_mesh_bvh_trace_sink(hits, count, i);
    for (uint32_t i = count; i-- > 1;) {
        w3d_mesh_bvh_hit swap = hits[i];
        hits[i] = hits[0];
        hits[0] = swap;
        w3di_mesh_bvh_trace_sink(hits, i, 0);
    }
    for (uint32_t i = 0; i < count; i++) hits[i].t *= inside.unit;
    return count;
}

/* ---- four rays ---- */

typedef struct w3di_mesh_bvh_trace_entry {
    uint32_t child, rays; /* a bit for each ray that meets the child's box */
    float enter;          /* the first of them */
} w3di_mesh_bvh_trace_entry;

typedef struct w3di_mesh_bvh_trace_packet {
    w3di_mesh_bvh_ray rays[4];
    w3di_mesh_bvh_trace_hit hits[4];
    float limits[4]; /* of each ray, with the margin */
} w3di_mesh_bvh_trace_packet;

/* Puts on the stack what any of `rays` meets of a node, the nearest on top. */
W3D_INLINE uint32_t w3di_mesh_bvh_trace_push(const w3d_mesh_bvh *bvh, uint32_t at,
                                             const w3di_mesh_bvh_trace_packet *packet,
                                             uint32_t rays, w3di_mesh_bvh_trace_entry *stack,
                                             uint32_t used)
{
    const w3d_mesh_bvh_node *node = &bvh->nodes[at];
    w3d_f4 low = w3d_f4_splat(FLT_MAX), high = low;
    uint32_t met[4] = { 0, 0, 0, 0 };
    float enter[8];
    for (uint32_t left = rays; left; left &= left - 1) {
        uint32_t r = w3d_bits_trailing_zeros(left);
        const w3di_mesh_bvh_ray *ray = &packet->rays[r];
        met[r] = w3di_mesh_bvh_ray_boxes(node, ray, w3d_f4_splat(ray->t_min),
                                         w3d_f4_splat(packet->limits[r]), enter);
        /* Also of a ray that passes by: then it is too early, which is only less to be left out. */
        low = w3d_f4_min(w3d_f4_load(enter), low);
        high = w3d_f4_min(w3d_f4_load(enter + 4), high);
    }
    w3d_f4_store(enter, low);
    w3d_f4_store(enter + 4, high);
    uint32_t base = used;
    for (uint32_t left = met[0] | met[1] | met[2] | met[3]; left; left &= left - 1) {
        uint32_t k = w3d_bits_trailing_zeros(left), i = used++;
        w3di_mesh_bvh_ray_prefetch(bvh, node->child[k]);
        for (; i > base && stack[i - 1].enter < enter[k]; i--) stack[i] = stack[i - 1];
        stack[i].child = node->child[k];
        stack[i].enter = enter[k];
        stack[i].rays = (met[0] >> k & 1u) | (met[1] >> k & 1u) << 1 | (met[2] >> k & 1u) << 2 |
                        (met[3] >> k & 1u) << 3;
    }
    return used;
}

static void w3di_mesh_bvh_trace_four(const w3d_mesh_bvh *bvh, w3di_mesh_bvh_trace_packet *packet,
                                     uint32_t rays)
{
    w3di_mesh_bvh_trace_entry stack[W3D_MESH_BVH_STACK];
    uint32_t used = 1;
    stack[0].child = 0;
    stack[0].rays = rays;
    stack[0].enter = 0.0f;
    while (used) {
        w3di_mesh_bvh_trace_entry entry = stack[--used];
        w3d_f4 near_enough = w3d_f4_lesseq(w3d_f4_splat(entry.enter), w3d_f4_load(packet->limits));
        rays = entry.rays & (uint32_t)w3d_f4_mask(near_enough);
        if (!rays || entry.child == W3D_MESH_BVH_NONE) continue;
        if (!(entry.child & W3D_MESH_BVH_LEAF)) {
            used = w3di_mesh_bvh_trace_push(bvh, entry.child, packet, rays, stack, used);
            continue;
        }
        const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[entry.child & ~W3D_MESH_BVH_LEAF];
        for (; rays; rays &= rays - 1) {
            uint32_t r = w3d_bits_trailing_zeros(rays);
            w3di_mesh_bvh_trace_hit *hit = &packet->hits[r];
            w3di_mesh_bvh_trace_lanes lanes =
                w3di_mesh_bvh_trace_leaf(leaf, &packet->rays[r], hit->t);
            if (!lanes.mask) continue;
            w3di_mesh_bvh_trace_take(leaf, &lanes, hit);
            packet->limits[r] = hit->t * W3DI_MESH_BVH_RAY_MARGIN;
        }
    }
}

W3D_API unsigned w3d_mesh_bvh_closest4(const w3d_mesh_bvh *bvh, const w3d_mesh_bvh_ray *rays,
                                       w3d_mesh_bvh_hit *hits)
{
    w3di_mesh_bvh_trace_packet packet;
    unsigned found = 0;
    uint32_t usable = 0;
    if (!bvh || !rays || !hits || (bvh->node_count && !bvh->leaves)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!bvh->node_count) return 0;
    for (uint32_t r = 0; r < 4; r++) {
        packet.limits[r] = 0.0f;
        packet.hits[r].triangle = W3D_MESH_BVH_NONE;
        if (!w3di_mesh_bvh_ray_start(&rays[r], &packet.rays[r])) continue;
        usable |= 1u << r;
        packet.hits[r].t = packet.rays[r].t_max;
        packet.limits[r] = packet.rays[r].t_max * W3DI_MESH_BVH_RAY_MARGIN;
    }
    if (usable) w3di_mesh_bvh_trace_four(bvh, &packet, usable);
    for (uint32_t r = 0; r < 4; r++) {
        if (packet.hits[r].triangle == W3D_MESH_BVH_NONE) continue;
        w3di_mesh_bvh_trace_give(&packet.hits[r], packet.rays[r].unit, &hits[r]);
        found |= 1u << r;
    }
    return found;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
