/* mesh_bvh_query.c - walks that carry a distance or a convex body down the tree.
 *
 * The closest point is searched in floats, four boxes or four triangles at once, in units of the
 * whole mesh so that squares of distances neither vanish nor overflow; only on the triangle that
 * won it is worked out, in double. Overlaps are decided in double, triangle by triangle; boxes of
 * nodes only leave out what is surely outside, and take in whole what is surely inside. */
#include "mesh/mesh_bvh_query.h"
#include "core/math.h"
#include "core/simd.h"
#include "mesh/mesh_bvh_exact.h"
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

#define W3DI_MESH_BVH_QUERY_STACK  W3D_MESH_BVH_STACK
#define W3DI_MESH_BVH_QUERY_MARGIN 1.00000095367431640625f /* 1 + 2^-20 */

typedef struct w3di_mesh_bvh_query_entry {
    uint32_t child;
    float distance;
} w3di_mesh_bvh_query_entry;

W3D_INLINE int w3di_mesh_bvh_query_is_finite(const float *p, int count)
{
    int finite = 1;
    for (int k = 0; k < count; k++) finite &= w3d_f32_is_finite(p[k]);
    return finite;
}

/* ---- closest point ---- */

typedef struct w3di_mesh_bvh_query_point {
    w3d_f4 p[3], unit;
    float scale; /* a power of two: lengths are in units of 1 / scale */
} w3di_mesh_bvh_query_point;

/* A power of two that brings the largest of the mesh's size and the way to it to about 1. */
static float w3di_mesh_bvh_query_scale(const w3d_mesh_bvh *bvh, const float *point)
{
    double largest = 0.0;
    for (int k = 0; k < 3; k++) {
        double low = (double)bvh->header->min[k], high = (double)bvh->header->max[k];
        double ways[3];
        ways[0] = high - low, ways[1] = low - (double)point[k], ways[2] = (double)point[k] - high;
        for (int i = 0; i < 3; i++)
            if (ways[i] > largest && w3d_f64_is_finite(ways[i])) largest = ways[i];
    }
    int exponent = largest > 0.0 ? (int)(w3d_bits_f64(largest) >> 52 & 0x7FFu) - 1023 : 0;
    exponent = exponent > 126 ? 126 : exponent < -126 ? -126 : exponent;
    return w3d_f32_from_bits((uint32_t)(127 - exponent) << 23);
}

/* The squared distances to four boxes, from the one at `from` on. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_query_boxes(const w3d_mesh_bvh_node *node, uint32_t from,
                                            const w3di_mesh_bvh_query_point *q)
{
    w3d_f4 sum = w3d_f4_zero(), zero = sum;
    for (int k = 0; k < 3; k++) {
        w3d_f4 below = w3d_f4_sub(w3d_f4_load(node->side[k][0] + from), q->p[k]);
        w3d_f4 above = w3d_f4_sub(q->p[k], w3d_f4_load(node->side[k][1] + from));
        w3d_f4 way = w3d_f4_mul(w3d_f4_max(w3d_f4_max(below, above), zero), q->unit);
        sum = w3d_f4_add(sum, w3d_f4_mul(way, way));
    }
    return sum;
}

W3D_INLINE w3d_f4 w3di_mesh_bvh_query_dot(const w3d_f4 *a, const w3d_f4 *b)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_mul(a[0], b[0]), w3d_f4_mul(a[1], b[1])),
                      w3d_f4_mul(a[2], b[2]));
}
W3D_INLINE void w3di_mesh_bvh_query_cross(const w3d_f4 *a, const w3d_f4 *b, w3d_f4 *out)
{
    out[0] = w3d_f4_sub(w3d_f4_mul(a[1], b[2]), w3d_f4_mul(a[2], b[1]));
    out[1] = w3d_f4_sub(w3d_f4_mul(a[2], b[0]), w3d_f4_mul(a[0], b[2]));
    out[2] = w3d_f4_sub(w3d_f4_mul(a[0], b[1]), w3d_f4_mul(a[1], b[0]));
}

/* The squared distances of four triangles; NaN or infinity where there is none. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_query_leaf(const w3d_mesh_bvh_leaf *leaf,
                                           const w3di_mesh_bvh_query_point *q)
{
    w3d_f4 c[3][3], normal[3], edge[3][3], zero = w3d_f4_zero(), one = w3d_f4_splat(1.0f);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            c[i][k] = w3d_f4_mul(w3d_f4_sub(w3d_f4_load(leaf->corner[i][k]), q->p[k]), q->unit);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) edge[i][k] = w3d_f4_sub(c[i == 2 ? 0 : i + 1][k], c[i][k]);
    w3di_mesh_bvh_query_cross(edge[0], edge[1], normal);
    w3d_f4 best = w3d_f4_splat(w3d_f32_from_bits(0x7F800000u));
    w3d_f4 inside = w3d_f4_equal(zero, zero);
    for (int i = 0; i < 3; i++) {
        w3d_f4 side[3], way[3];
        /* Seen from the point, which is the origin: towards the edge's nearest point. */
        w3d_f4 t = w3d_f4_div(w3d_f4_negate(w3di_mesh_bvh_query_dot(c[i], edge[i])),
                              w3di_mesh_bvh_query_dot(edge[i], edge[i]));
        t = w3d_f4_max(w3d_f4_min(t, one), zero);
        for (int k = 0; k < 3; k++) way[k] = w3d_f4_add(c[i][k], w3d_f4_mul(edge[i][k], t));
        best = w3d_f4_min(w3di_mesh_bvh_query_dot(way, way), best);
        w3di_mesh_bvh_query_cross(c[i], edge[i], side);
        inside = w3d_f4_and(inside, w3d_f4_lesseq(zero, w3di_mesh_bvh_query_dot(side, normal)));
    }
    w3d_f4 height = w3di_mesh_bvh_query_dot(c[0], normal);
    w3d_f4 face = w3d_f4_div(w3d_f4_mul(height, height), w3di_mesh_bvh_query_dot(normal, normal));
    face = w3d_f4_min(face, best);
    return w3d_f4_select(inside, face, best);
}

/* The nearest triangle by the float distances, or W3D_MESH_BVH_NONE. */
static uint32_t w3di_mesh_bvh_query_nearest(const w3d_mesh_bvh *bvh, const float *point,
                                            float farthest, double corner[3][3])
{
    w3di_mesh_bvh_query_entry stack[W3DI_MESH_BVH_QUERY_STACK];
    w3di_mesh_bvh_query_point q;
    uint32_t used = 0, child = 0, nearest = W3D_MESH_BVH_NONE, leaf_of = 0, lane_of = 0;
    q.scale = w3di_mesh_bvh_query_scale(bvh, point);
    q.unit = w3d_f4_splat(q.scale);
    for (int k = 0; k < 3; k++) q.p[k] = w3d_f4_splat(point[k]);
    float best = farthest * q.scale * (farthest * q.scale) * W3DI_MESH_BVH_QUERY_MARGIN;
    if (!(best >= 0.0f)) best = w3d_f32_from_bits(0x7F800000u);
    for (;;) {
        if (!(child & W3D_MESH_BVH_LEAF)) {
            const w3d_mesh_bvh_node *node = &bvh->nodes[child];
            w3d_f4 limit = w3d_f4_splat(best * W3DI_MESH_BVH_QUERY_MARGIN);
            float at[W3D_MESH_BVH_WIDTH];
            uint32_t base = used, mask = 0;
            for (uint32_t half = 0; half < W3D_MESH_BVH_WIDTH; half += 4) {
                w3d_f4 distance = w3di_mesh_bvh_query_boxes(node, half, &q);
                mask |= (uint32_t)w3d_f4_mask(w3d_f4_lesseq(distance, limit)) << half;
                w3d_f4_store(at + half, distance);
            }
            for (; mask; mask &= mask - 1) {
                uint32_t k = w3d_bits_trailing_zeros(mask), i = used;
                if (node->child[k] == W3D_MESH_BVH_NONE) continue;
                for (; i > base && stack[i - 1].distance < at[k]; i--) stack[i] = stack[i - 1];
                stack[i].child = node->child[k];
                stack[i].distance = at[k];
                used++;
                w3di_mesh_bvh_ray_prefetch(bvh, node->child[k]);
            }
        } else {
            const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
            float at[4];
            w3d_f4_store(at, w3di_mesh_bvh_query_leaf(leaf, &q));
            for (uint32_t k = 0; k < 4; k++) {
                uint32_t triangle = leaf->triangle[k];
                if (!(at[k] < best || (at[k] == best && triangle < nearest))) continue;
                if (triangle == W3D_MESH_BVH_NONE || at[k] == w3d_f32_from_bits(0x7F800000u))
                    continue;
                best = at[k];
                nearest = triangle;
                leaf_of = child & ~W3D_MESH_BVH_LEAF;
                lane_of = k;
            }
        }
        do {
            if (!used) goto done;
            child = stack[--used].child;
        } while (stack[used].distance > best * W3DI_MESH_BVH_QUERY_MARGIN);
    }
done:
    if (nearest != W3D_MESH_BVH_NONE)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                corner[i][k] = (double)bvh->leaves[leaf_of].corner[i][k][lane_of];
    return nearest;
}

/* 0: there is none. `weights` of the three corners; where one is 0, it is so exactly. */
static int w3di_mesh_bvh_query_find(const w3d_mesh_bvh *bvh, const float *point, float farthest,
                                    double corner[3][3], double weights[3], w3d_mesh_bvh_point *out)
{
    double p[3], on[3], sum = 0.0;
    uint32_t triangle = w3di_mesh_bvh_query_nearest(bvh, point, farthest, corner);
    if (triangle == W3D_MESH_BVH_NONE) return 0;
    for (int k = 0; k < 3; k++) p[k] = (double)point[k];
    w3di_mesh_bvh_exact_closest(corner, p, weights);
    for (int k = 0; k < 3; k++) {
        on[k] = weights[0] * corner[0][k] + weights[1] * corner[1][k] + weights[2] * corner[2][k];
        sum += (on[k] - p[k]) * (on[k] - p[k]);
    }
    double distance = w3d_sqrt(sum);
    if (farthest > 0.0f && distance > (double)farthest) return 0;
    for (int k = 0; k < 3; k++) out->point[k] = (float)on[k];
    out->distance = (float)distance;
    out->u = (float)weights[1];
    out->v = (float)weights[2];
    out->triangle = triangle;
    return 1;
}

static int w3di_mesh_bvh_query_open(const w3d_mesh_bvh *bvh)
{
    return bvh && (!bvh->node_count || (bvh->header && bvh->leaves));
}

W3D_API int w3d_mesh_bvh_closest_point(const w3d_mesh_bvh *bvh, const float *point, float farthest,
                                       w3d_mesh_bvh_point *nearest)
{
    double corner[3][3], weights[3];
    if (!w3di_mesh_bvh_query_open(bvh) || !point || !nearest) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!bvh->node_count || !w3di_mesh_bvh_query_is_finite(point, 3) || !(farthest >= 0.0f))
        return 0;
    if (farthest == 0.0f) farthest = w3d_f32_from_bits(0x7F800000u);
    return w3di_mesh_bvh_query_find(bvh, point, farthest, corner, weights, nearest);
}

/* ---- signed distance ---- */

/* Adds the normals of all triangles that have the corners `share[0 .. count - 1]`: of an edge as
 * they are, of one corner times their angle there. */
static void w3di_mesh_bvh_query_normal(const w3d_mesh_bvh *bvh, const double (*share)[3], int count,
                                       double sum[3])
{
    uint32_t stack[W3DI_MESH_BVH_QUERY_STACK], used = 0;
    sum[0] = sum[1] = sum[2] = 0.0;
    stack[used++] = 0;
    while (used) {
        uint32_t child = stack[--used];
        if (!(child & W3D_MESH_BVH_LEAF)) {
            const w3d_mesh_bvh_node *node = &bvh->nodes[child];
            for (uint32_t k = W3D_MESH_BVH_WIDTH; k-- > 0;) {
                int holds = node->child[k] != W3D_MESH_BVH_NONE;
                for (int i = 0; i < 3; i++)
                    holds &= (double)node->side[i][0][k] <= share[0][i] &&
                             share[0][i] <= (double)node->side[i][1][k];
                if (holds) stack[used++] = node->child[k];
            }
            continue;
        }
        const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
        for (int lane = 0; lane < 4; lane++) {
            double corner[3][3], normal[3];
            int at = -1, found = 0;
            for (int i = 0; i < 3; i++)
                for (int k = 0; k < 3; k++) corner[i][k] = (double)leaf->corner[i][k][lane];
            for (int s = 0; s < count; s++)
                for (int i = 0; i < 3; i++)
                    if (corner[i][0] == share[s][0] && corner[i][1] == share[s][1] &&
                        corner[i][2] == share[s][2]) {
                        found++;
                        at = i;
                        break;
                    }
            if (found != count || !w3di_mesh_bvh_exact_normal(corner, normal)) continue;
            double weight = count == 1 ? w3di_mesh_bvh_exact_angle(corner, at) : 1.0;
            for (int k = 0; k < 3; k++) sum[k] += normal[k] * weight;
        }
    }
}

W3D_API float w3d_mesh_bvh_signed_distance(const w3d_mesh_bvh *bvh, const float *point,
                                           w3d_mesh_bvh_point *nearest)
{
    w3d_mesh_bvh_point found;
    double corner[3][3], weights[3], normal[3], share[2][3], along = 0.0;
    float infinity = w3d_f32_from_bits(0x7F800000u);
    if (!w3di_mesh_bvh_query_open(bvh) || !point) {
        W3D_ASSERT(0);
        return infinity;
    }
    if (!bvh->node_count || !w3di_mesh_bvh_query_is_finite(point, 3) ||
        !w3di_mesh_bvh_query_find(bvh, point, infinity, corner, weights, &found))
        return infinity;
    int on = 0;
    for (int i = 0; i < 3; i++)
        if (weights[i] > 0.0 && on++ < 2)
            for (int k = 0; k < 3; k++) share[on - 1][k] = corner[i][k];
    if (on == 3)
        (void)w3di_mesh_bvh_exact_normal(corner, normal);
    else
        w3di_mesh_bvh_query_normal(bvh, (const double(*)[3])share, on, normal);
    for (int k = 0; k < 3; k++) {
        double way =
            weights[0] * corner[0][k] + weights[1] * corner[1][k] + weights[2] * corner[2][k];
        along += ((double)point[k] - way) * normal[k];
    }
    if (nearest) *nearest = found;
    return along < 0.0 ? -found.distance : found.distance;
}

/* ---- overlaps with a convex body ---- */

typedef struct w3di_mesh_bvh_query_body {
    double planes[16][4];
    uint32_t count;
    int is_ball;
    double centre[3], radius;
} w3di_mesh_bvh_query_body;

/* 0: outside, 1: perhaps, 2: all inside. A hair is left on either side for rounding. */
static int w3di_mesh_bvh_query_side(const w3di_mesh_bvh_query_body *body,
                                    const w3d_mesh_bvh_node *node, uint32_t lane)
{
    int result = 2;
    double low[3], high[3];
    for (int k = 0; k < 3; k++) {
        low[k] = (double)node->side[k][0][lane];
        high[k] = (double)node->side[k][1][lane];
        if (!(low[k] <= high[k])) return 0;
    }
    if (body->is_ball) {
        double least = 0.0, most = 0.0, square = body->radius * body->radius;
        for (int k = 0; k < 3; k++) {
            double below = low[k] - body->centre[k], above = body->centre[k] - high[k];
            double way = below > above ? below : above, far_way = -(below < above ? below : above);
            if (way > 0.0) least += way * way;
            most += far_way * far_way;
        }
        if (least > square * (1.0 + 1e-12)) return 0;
        return most < square * (1.0 - 1e-12) ? 2 : 1;
    }
    for (uint32_t i = 0; i < body->count; i++) {
        const double *plane = body->planes[i];
        double nearest = plane[3], farthest = plane[3];
        double size = plane[3] < 0.0 ? -plane[3] : plane[3];
        for (int k = 0; k < 3; k++) {
            double a = plane[k] * low[k], b = plane[k] * high[k];
            nearest += a < b ? a : b;
            farthest += a < b ? b : a;
            size += (a < 0.0 ? -a : a) + (b < 0.0 ? -b : b);
        }
        if (farthest < -1e-14 * size) return 0;
        if (nearest < 1e-14 * size) result = 1;
    }
    return result;
}

static int w3di_mesh_bvh_query_meets(const w3di_mesh_bvh_query_body *body, double corner[3][3])
{
    if (!body->is_ball) return w3di_mesh_bvh_exact_clip(corner, body->planes, body->count);
    double weights[3], sum = 0.0;
    w3di_mesh_bvh_exact_closest(corner, body->centre, weights);
    for (int k = 0; k < 3; k++) {
        double way = weights[0] * corner[0][k] + weights[1] * corner[1][k] +
                     weights[2] * corner[2][k] - body->centre[k];
        sum += way * way;
    }
    return sum <= body->radius * body->radius;
}

static uint32_t w3di_mesh_bvh_query_overlap(const w3d_mesh_bvh *bvh,
                                            const w3di_mesh_bvh_query_body *body,
                                            uint32_t *triangles, uint32_t capacity)
{
    struct {
        uint32_t child;
        int whole; /* everything below is inside */
    } stack[W3DI_MESH_BVH_QUERY_STACK];
    uint32_t used = 0, count = 0;
    if (bvh->node_count) stack[0].child = 0, stack[0].whole = 0, used = 1;
    while (used) {
        uint32_t child = stack[--used].child;
        int whole = stack[used].whole;
        if (!(child & W3D_MESH_BVH_LEAF)) {
            const w3d_mesh_bvh_node *node = &bvh->nodes[child];
            for (uint32_t k = W3D_MESH_BVH_WIDTH; k-- > 0;) {
                if (node->child[k] == W3D_MESH_BVH_NONE) continue;
                int side = whole ? 2 : w3di_mesh_bvh_query_side(body, node, k);
                if (!side) continue;
                stack[used].child = node->child[k];
                stack[used++].whole = side == 2;
            }
            continue;
        }
        const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
        for (int lane = 0; lane < 4; lane++) {
            double corner[3][3];
            int there = leaf->triangle[lane] != W3D_MESH_BVH_NONE;
            for (int i = 0; i < 9; i++) {
                corner[i / 3][i % 3] = (double)leaf->corner[i / 3][i % 3][lane];
                there &= w3d_f32_is_finite(leaf->corner[i / 3][i % 3][lane]);
            }
            if (!there || (!whole && !w3di_mesh_bvh_query_meets(body, corner))) continue;
            if (count < capacity) triangles[count] = leaf->triangle[lane];
            count++;
        }
    }
    return count;
}

W3D_API uint32_t w3d_mesh_bvh_overlap_box(const w3d_mesh_bvh *bvh, const w3d_box *box,
                                          uint32_t *triangles, uint32_t capacity)
{
    w3di_mesh_bvh_query_body body;
    if (!w3di_mesh_bvh_query_open(bvh) || !box || (!triangles && capacity)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!w3di_mesh_bvh_query_is_finite(box->min, 3) || !w3di_mesh_bvh_query_is_finite(box->max, 3))
        return 0;
    w3d_fill(&body, 0, sizeof body);
    body.count = 6;
    for (int k = 0; k < 3; k++) {
        if (box->min[k] > box->max[k]) return 0;
        body.planes[k][k] = 1.0;
        body.planes[k][3] = -(double)box->min[k];
        body.planes[3 + k][k] = -1.0;
        body.planes[3 + k][3] = (double)box->max[k];
    }
    return w3di_mesh_bvh_query_overlap(bvh, &body, triangles, capacity);
}

W3D_API uint32_t w3d_mesh_bvh_overlap_sphere(const w3d_mesh_bvh *bvh, const w3d_sphere *sphere,
                                             uint32_t *triangles, uint32_t capacity)
{
    w3di_mesh_bvh_query_body body;
    if (!w3di_mesh_bvh_query_open(bvh) || !sphere || (!triangles && capacity)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!w3di_mesh_bvh_query_is_finite(sphere->centre, 3) || !(sphere->radius >= 0.0f)) return 0;
    w3d_fill(&body, 0, sizeof body);
    body.is_ball = 1;
    body.radius = (double)sphere->radius;
    for (int k = 0; k < 3; k++) body.centre[k] = (double)sphere->centre[k];
    return w3di_mesh_bvh_query_overlap(bvh, &body, triangles, capacity);
}

W3D_API uint32_t w3d_mesh_bvh_overlap_planes(const w3d_mesh_bvh *bvh, const float (*planes)[4],
                                             uint32_t plane_count, uint32_t *triangles,
                                             uint32_t capacity)
{
    w3di_mesh_bvh_query_body body;
    if (!w3di_mesh_bvh_query_open(bvh) || (!planes && plane_count) || plane_count > 16 ||
        (!triangles && capacity)) {
        W3D_ASSERT(0);
        return 0;
    }
    w3d_fill(&body, 0, sizeof body);
    body.count = plane_count;
    for (uint32_t i = 0; i < plane_count; i++) {
        if (!w3di_mesh_bvh_query_is_finite(planes[i], 4)) return 0;
        for (int k = 0; k < 4; k++) body.planes[i][k] = (double)planes[i][k];
    }
    return w3di_mesh_bvh_query_overlap(bvh, &body, triangles, capacity);
}

W3D_API void w3d_mesh_bvh_frustum(const float *view_projection, float (*planes)[4])
{
    const float *m = view_projection;
    if (!m || !planes) {
        W3D_ASSERT(0);
        return;
    }
    for (int k = 0; k < 4; k++) { /* rows of the matrix: -w <= x, y <= w, 0 <= z <= w */
        float x = m[4 * k], y = m[4 * k + 1], z = m[4 * k + 2], w = m[4 * k + 3];
        planes[0][k] = w + x;
        planes[1][k] = w - x;
        planes[2][k] = w + y;
        planes[3][k] = w - y;
        planes[4][k] = z;
        planes[5][k] = w - z;
    }
}

/* ---- two trees ---- */

/* A child is named by its node and place, so that its box can be found again. */
typedef struct w3di_mesh_bvh_query_place {
    uint32_t child;
    float min[3], max[3];
} w3di_mesh_bvh_query_place;

static w3di_mesh_bvh_query_place w3di_mesh_bvh_query_at(const w3d_mesh_bvh *bvh, uint32_t slot)
{
    w3di_mesh_bvh_query_place place;
    if (slot == W3D_MESH_BVH_NONE) {
        place.child = 0;
        for (int k = 0; k < 3; k++) {
            place.min[k] = bvh->header->min[k];
            place.max[k] = bvh->header->max[k];
        }
        return place;
    }
    const w3d_mesh_bvh_node *node = &bvh->nodes[slot / W3D_MESH_BVH_WIDTH];
    place.child = node->child[slot % W3D_MESH_BVH_WIDTH];
    for (uint32_t k = 0; k < 3; k++) {
        place.min[k] = node->side[k][0][slot % W3D_MESH_BVH_WIDTH];
        place.max[k] = node->side[k][1][slot % W3D_MESH_BVH_WIDTH];
    }
    return place;
}

static float w3di_mesh_bvh_query_span(const w3di_mesh_bvh_query_place *place)
{
    float x = place->max[0] - place->min[0], y = place->max[1] - place->min[1];
    float z = place->max[2] - place->min[2];
    return x > y ? (x > z ? x : z) : (y > z ? y : z);
}

typedef struct w3di_mesh_bvh_query_pairs {
    uint32_t (*out)[2];
    uint32_t capacity, count;
} w3di_mesh_bvh_query_pairs;

static void w3di_mesh_bvh_query_leaves(const w3d_mesh_bvh_leaf *a, const w3d_mesh_bvh_leaf *b,
                                       w3di_mesh_bvh_query_pairs *pairs)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            double p[3][3], q[3][3];
            int meet = a->triangle[i] != W3D_MESH_BVH_NONE && b->triangle[j] != W3D_MESH_BVH_NONE;
            for (int k = 0; k < 9; k++) {
                p[k / 3][k % 3] = (double)a->corner[k / 3][k % 3][i];
                q[k / 3][k % 3] = (double)b->corner[k / 3][k % 3][j];
            }
            for (int k = 0; k < 3; k++) { /* NaN fails here, and boxes that do not touch */
                double most_p = p[0][k] > p[1][k] ? p[0][k] : p[1][k],
                       least_p = p[0][k] + p[1][k] - most_p;
                double most_q = q[0][k] > q[1][k] ? q[0][k] : q[1][k],
                       least_q = q[0][k] + q[1][k] - most_q;
                least_p = p[0][k] < p[1][k] ? p[0][k] : p[1][k];
                least_q = q[0][k] < q[1][k] ? q[0][k] : q[1][k];
                most_p = p[2][k] > most_p ? p[2][k] : most_p,
                least_p = p[2][k] < least_p ? p[2][k] : least_p;
                most_q = q[2][k] > most_q ? q[2][k] : most_q,
                least_q = q[2][k] < least_q ? q[2][k] : least_q;
                meet &= least_p <= most_q && least_q <= most_p;
            }
            if (!meet || !w3di_mesh_bvh_exact_triangles(p, q)) continue;
            if (pairs->count < pairs->capacity) {
                pairs->out[pairs->count][0] = a->triangle[i];
                pairs->out[pairs->count][1] = b->triangle[j];
            }
            pairs->count++;
        }
}

W3D_API uint32_t w3d_mesh_bvh_overlap_bvh(const w3d_mesh_bvh *a, const w3d_mesh_bvh *b,
                                          uint32_t (*pairs)[2], uint32_t capacity)
{
    /* Every step goes one level down in one of the trees and leaves seven behind. */
    struct {
        uint32_t a, b;
    } stack[2 * W3DI_MESH_BVH_QUERY_STACK];
    uint32_t used = 0;
    w3di_mesh_bvh_query_pairs found;
    found.out = pairs;
    found.capacity = capacity;
    found.count = 0;
    if (!w3di_mesh_bvh_query_open(a) || !w3di_mesh_bvh_query_open(b) || (!pairs && capacity)) {
        W3D_ASSERT(0);
        return 0;
    }
    if (a->node_count && b->node_count) stack[0].a = stack[0].b = W3D_MESH_BVH_NONE, used = 1;
    while (used) {
        uint32_t slot_a = stack[--used].a, slot_b = stack[used].b;
        w3di_mesh_bvh_query_place p = w3di_mesh_bvh_query_at(a, slot_a);
        w3di_mesh_bvh_query_place q = w3di_mesh_bvh_query_at(b, slot_b);
        int apart = p.child == W3D_MESH_BVH_NONE || q.child == W3D_MESH_BVH_NONE;
        for (int k = 0; k < 3; k++) apart |= !(p.min[k] <= q.max[k] && q.min[k] <= p.max[k]);
        if (apart) continue;
        int leaf_p = (p.child & W3D_MESH_BVH_LEAF) != 0,
            leaf_q = (q.child & W3D_MESH_BVH_LEAF) != 0;
        if (leaf_p && leaf_q) {
            w3di_mesh_bvh_query_leaves(&a->leaves[p.child & ~W3D_MESH_BVH_LEAF],
                                       &b->leaves[q.child & ~W3D_MESH_BVH_LEAF], &found);
            continue;
        }
        int first =
            !leaf_p && (leaf_q || !(w3di_mesh_bvh_query_span(&p) < w3di_mesh_bvh_query_span(&q)));
        for (uint32_t k = W3D_MESH_BVH_WIDTH; k-- > 0;) {
            stack[used].a = first ? W3D_MESH_BVH_WIDTH * p.child + k : slot_a;
            stack[used++].b = first ? slot_b : W3D_MESH_BVH_WIDTH * q.child + k;
        }
    }
    return found.count;
}

#undef W3DI_MESH_BVH_QUERY_STACK
#undef W3DI_MESH_BVH_QUERY_MARGIN

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
