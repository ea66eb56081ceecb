/* mesh_bvh_tree.c - boxes along a Morton curve, merged with their nearest neighbours.
 *
 * Boxes are sorted by the Morton code of their centre. Then again and again every cluster looks at
 * `radius` neighbours on either side for the one with which it has the smallest common box, and two
 * that chose each other become one. The search is all of the time, so clusters are held as six
 * arrays of floats, and four clusters look at their k-th neighbour at once.
 *
 * What a cluster remembers of its best neighbour is one float: the common box's area with its six
 * lowest bits replaced by a code for the neighbour. The code is the same from both ends and differs
 * for all pairs of one cluster, so that pairs are totally ordered, the first of them all is always
 * mutual, and every round gets on. Among equal areas pairs prefer a short distance and then
 * the side that makes equal boxes merge two by two.
 *
 * Where a round merges little (boxes in boxes, each around the last), neighbours are paired
 * regardless. So the rounds, and with them the depth, are bounded.
 *
 * A binary node, when it is made, also gets the cost of standing for up to one, two, .. seven
 * children of a node with eight, from the same of its own children. The last step follows the
 * cheapest choice down from the root. */
#include "mesh/mesh_bvh_tree.h"
#include "core/simd.h"

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

#define W3DI_MESH_BVH_TREE_MOST (1u << 26)
#define W3DI_MESH_BVH_TREE_PAD                                                                     \
    32u /* clusters before the first and after the last: the widest search */
#define W3DI_MESH_BVH_TREE_ROUNDS 100 /* from then on neighbours are paired regardless */

/* A binary node over two others; numbers below the box count are boxes, in sorted order. */
typedef struct w3di_mesh_bvh_tree_node {
    float cost[12]; /* of standing for up to 1, 2, .. 7 children of a wide node, after three
                     * infinite ones for shares of no child */
    uint32_t left, right, count;
} w3di_mesh_bvh_tree_node;

typedef struct w3di_mesh_bvh_tree_work {
    uint64_t *keys, *spare;         /* [count] Morton code << 32 | box       */
    float *side[6];                 /* [PAD + count + PAD + 4] min, max      */
    uint32_t *cluster, *best;       /* [count + 4] the clusters' nodes       */
    float *area;                    /* [count] of sorted boxes               */
    w3di_mesh_bvh_tree_node *nodes; /* [count]                               */
    uint32_t (*children)[W3D_MESH_BVH_WIDTH], (*leaves)[4];
    uint32_t count; /* boxes that are not left out */
    w3d_f4 low, scale;
} w3di_mesh_bvh_tree_work;

/* ---- sorting ---- */

W3D_INLINE int w3di_mesh_bvh_tree_usable(const w3d_mesh_bvh_box *box)
{
    int finite = 1;
    for (int k = 0; k < 3; k++)
        finite &= w3d_f32_is_finite(box->min[k]) & w3d_f32_is_finite(box->max[k]) &
                  (box->min[k] <= box->max[k]);
    return finite;
}

/* Twice the centre, halved first so that it cannot overflow. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_tree_centre(const w3d_mesh_bvh_box *box)
{
    w3d_f4 half = w3d_f4_splat(0.5f);
    return w3d_f4_add(w3d_f4_mul(w3d_f4_load(box->min), half),
                      w3d_f4_mul(w3d_f4_load(box->max), half));
}

/* Two zero bits above each of the ten low bits of every lane. */
W3D_INLINE w3d_i4 w3di_mesh_bvh_tree_spread(w3d_i4 x)
{
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 16)), w3d_i4_splat(0x030000FF));
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 8)), w3d_i4_splat(0x0300F00F));
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 4)), w3d_i4_splat(0x030C30C3));
    return w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 2)), w3d_i4_splat(0x09249249));
}

/* A power of two that brings `extent` to about 1; 0 gives 1. */
static float w3di_mesh_bvh_tree_unit(double extent)
{
    if (!(extent > 0.0)) return 1.0f;
    int exponent = (int)(w3d_bits_f64(extent) >> 52 & 0x7FFu) - 1023;
    if (exponent > 126) exponent = 126;
    if (exponent < -126) exponent = -126;
    return w3d_f32_from_bits((uint32_t)(127 - exponent) << 23);
}

static double w3di_mesh_bvh_tree_extent(w3d_f4 low, w3d_f4 high)
{
    float from[4], to[4];
    double extent = 0.0;
    w3d_f4_store(from, low);
    w3d_f4_store(to, high);
    for (int k = 0; k < 3; k++)
        if ((double)to[k] - (double)from[k] > extent) extent = (double)to[k] - (double)from[k];
    return extent;
}

/* Fills keys with the usable boxes; work->count is how many. */
static void w3di_mesh_bvh_tree_codes(w3di_mesh_bvh_tree_work *work, const w3d_mesh_bvh_box *boxes,
                                     uint32_t count)
{
    w3d_f4 all = w3d_f4_splat(FLT_MAX), low = all, high = w3d_f4_negate(all), top = high;
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!w3di_mesh_bvh_tree_usable(&boxes[i])) continue;
        w3d_f4 centre = w3di_mesh_bvh_tree_centre(&boxes[i]);
        low = w3d_f4_min(centre, low);
        high = w3d_f4_max(centre, high);
        all = w3d_f4_min(w3d_f4_load(boxes[i].min), all);
        top = w3d_f4_max(w3d_f4_load(boxes[i].max), top);
        work->keys[used++] = i;
    }
    work->count = used;
    if (!used) return;
    float unit = w3di_mesh_bvh_tree_unit(w3di_mesh_bvh_tree_extent(all, top));
    double extent = w3di_mesh_bvh_tree_extent(low, high) * (double)unit;
    work->scale = w3d_f4_splat(unit);
    work->low = w3d_f4_mul(all, work->scale);
    low = w3d_f4_mul(low, work->scale);
    float cells = extent > 1e-30 ? (float)(1023.0 / extent) : 0.0f;
    w3d_f4 rate = w3d_f4_splat(cells);
    w3d_i4 most = w3d_i4_splat(1023), zero = w3d_i4_splat(0);
    for (uint32_t i = 0; i < used; i++) {
        w3d_f4 centre = w3di_mesh_bvh_tree_centre(&boxes[work->keys[i]]);
        centre = w3d_f4_sub(w3d_f4_mul(centre, work->scale), low);
        w3d_i4 cell = w3d_i4_from_f4(w3d_f4_mul(centre, rate));
        cell = w3d_i4_max(w3d_i4_min(cell, most), zero);
        int32_t lanes[4];
        w3d_i4_store(lanes, w3di_mesh_bvh_tree_spread(cell));
        uint32_t code = (uint32_t)lanes[0] << 2 | (uint32_t)lanes[1] << 1 | (uint32_t)lanes[2];
        work->keys[i] |= (uint64_t)code << 32;
    }
}

/* Three passes of ten bits; equal codes keep their order. The result is in work->spare. */
static void w3di_mesh_bvh_tree_sort(w3di_mesh_bvh_tree_work *work)
{
    uint32_t starts[3][1024];
    uint64_t *src = work->keys, *dst = work->spare;
    w3d_fill(starts, 0, sizeof starts);
    for (uint32_t i = 0; i < work->count; i++)
        for (int pass = 0; pass < 3; pass++) starts[pass][src[i] >> (32 + 10 * pass) & 1023u]++;
    for (int pass = 0; pass < 3; pass++) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < 1024; k++) {
            uint32_t here = starts[pass][k];
            starts[pass][k] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < work->count; i++)
            dst[starts[pass][src[i] >> (32 + 10 * pass) & 1023u]++] = src[i];
        uint64_t *swap = src;
        src = dst;
        dst = swap;
    }
}

/* ---- clusters ---- */

/* The sorted boxes as clusters of one, in units of the whole; work->keys become the box numbers. */
static void w3di_mesh_bvh_tree_start(w3di_mesh_bvh_tree_work *work, const w3d_mesh_bvh_box *boxes)
{
    for (uint32_t i = 0; i < work->count; i++) {
        uint32_t box = (uint32_t)work->spare[i];
        float low[4], high[4];
#if defined(__GNUC__)
        if (i + 16 < work->count) __builtin_prefetch(&boxes[(uint32_t)work->spare[i + 16]]);
#endif
        w3d_f4_store(low,
                     w3d_f4_sub(w3d_f4_mul(w3d_f4_load(boxes[box].min), work->scale), work->low));
        w3d_f4_store(high,
                     w3d_f4_sub(w3d_f4_mul(w3d_f4_load(boxes[box].max), work->scale), work->low));
        for (int k = 0; k < 3; k++) {
            work->side[k][i] = low[k];
            work->side[3 + k][i] = high[k];
        }
        float x = high[0] - low[0], y = high[1] - low[1], z = high[2] - low[2];
        work->area[i] = (x * y + y * z) + z * x;
        work->cluster[i] = i;
    }
}

/* Clusters that nobody will choose, on both sides; `count` may have shrunk. */
static void w3di_mesh_bvh_tree_pad(w3di_mesh_bvh_tree_work *work, uint32_t count)
{
    for (int k = 0; k < 6; k++) {
        float far_away = k < 3 ? -1e18f : 1e18f;
        for (uint32_t i = 1; i <= W3DI_MESH_BVH_TREE_PAD; i++)
            *(work->side[k] - (ptrdiff_t)i) = far_away;
        for (uint32_t i = 0; i < W3DI_MESH_BVH_TREE_PAD + 4; i++)
            work->side[k][count + i] = far_away;
    }
}

/* The areas of the boxes common to four clusters and to those at `other`, with a code below. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_tree_key(const w3d_f4 *own, float *const *side, ptrdiff_t other,
                                         w3d_i4 code)
{
    w3d_f4 x = w3d_f4_sub(w3d_f4_max(own[3], w3d_f4_load(side[3] + other)),
                          w3d_f4_min(own[0], w3d_f4_load(side[0] + other)));
    w3d_f4 y = w3d_f4_sub(w3d_f4_max(own[4], w3d_f4_load(side[4] + other)),
                          w3d_f4_min(own[1], w3d_f4_load(side[1] + other)));
    w3d_f4 z = w3d_f4_sub(w3d_f4_max(own[5], w3d_f4_load(side[5] + other)),
                          w3d_f4_min(own[2], w3d_f4_load(side[2] + other)));
    w3d_f4 area = w3d_f4_add(w3d_f4_mul(x, w3d_f4_add(y, z)), w3d_f4_mul(y, z));
    area = w3d_f4_add(area, w3d_f4_splat(1e-30f)); /* a normal number, also with the code in it */
    w3d_i4 bits = w3d_i4_andnot(w3d_i4_bits_f4(area), w3d_i4_splat(63));
    return w3d_f4_bits_i4(w3d_i4_or(bits, code));
}

/* work->best: for each cluster the one it would join. */
static void w3di_mesh_bvh_tree_search(w3di_mesh_bvh_tree_work *work, uint32_t count, int radius)
{
    for (uint32_t i = 0; i < count; i += 4) {
        w3d_f4 own[6], nearest = w3d_f4_splat(3e38f);
        w3d_i4 parity[5];
        for (int k = 0; k < 6; k++) own[k] = w3d_f4_load(work->side[k] + i);
        /* Bit b of a cluster's number, in which pairs 2^b (times an odd number) apart differ. */
        parity[0] = w3d_i4_set(0, 1, 0, 1);
        parity[1] = w3d_i4_set(0, 0, 1, 1);
        for (int b = 2; b < 5; b++) parity[b] = w3d_i4_splat((int32_t)(i >> b & 1u));
        for (int k = 1; k <= radius; k++) {
            w3d_i4 odd = parity[w3d_bits_trailing_zeros((uint32_t)k)];
            w3d_i4 after = w3d_i4_or(w3d_i4_splat(2 * k), odd);
            w3d_i4 before = w3d_i4_xor(w3d_i4_splat(2 * k + 1), odd);
            nearest = w3d_f4_min(w3di_mesh_bvh_tree_key(own, work->side, (ptrdiff_t)i + k, after),
                                 nearest);
            nearest = w3d_f4_min(w3di_mesh_bvh_tree_key(own, work->side, (ptrdiff_t)i - k, before),
                                 nearest);
        }
        int32_t keys[4];
        w3d_i4_store(keys, w3d_i4_bits_f4(nearest));
        for (uint32_t lane = 0; lane < 4; lane++) {
            uint32_t code = (uint32_t)keys[lane] & 63u, distance = code >> 1;
            uint32_t odd = (i + lane) >> w3d_bits_trailing_zeros(distance | 32u) & 1u;
            work->best[i + lane] = odd == (code & 1u) ? i + lane + distance : i + lane - distance;
        }
    }
}

W3D_INLINE uint32_t w3di_mesh_bvh_tree_items(const w3di_mesh_bvh_tree_work *work, uint32_t node)
{
    return node >= work->count ? work->nodes[node - work->count].count : 1u;
}

/* The costs of a node over two others. More children never cost more, so that of all shares only
 * those that add up to the whole matter: one of the left's costs plus the right's in turn, four at
 * a time. */
W3D_INLINE void w3di_mesh_bvh_tree_join(const w3di_mesh_bvh_tree_work *work,
                                        w3di_mesh_bvh_tree_node *node, float area)
{
    w3d_f4 five, eight; /* for 2 .. 5 and for 6 .. 8 children */
    uint32_t left = node->left, right = node->right, count = work->count;
    int single = left < count;
    if (single || right < count) {
        float one = work->area[single ? left : right];
        uint32_t other = single ? right : left;
        five = eight = w3d_f4_splat(one);
        if (other < count) {
            five = eight = w3d_f4_add(five, w3d_f4_splat(work->area[other]));
        } else {
            const float *c = work->nodes[other - count].cost + 3;
            five = w3d_f4_add(five, w3d_f4_load(c));
            eight = w3d_f4_add(eight, w3d_f4_load(c + 4));
        }
    } else {
        const float *l = work->nodes[left - count].cost + 3;
        const float *r = work->nodes[right - count].cost + 3;
        five = w3d_f4_add(w3d_f4_splat(l[0]), w3d_f4_load(r));
        eight = w3d_f4_add(w3d_f4_splat(l[0]), w3d_f4_load(r + 4));
        for (int k = 1; k < 4; k++) {
            w3d_f4 share = w3d_f4_splat(l[k]);
            five = w3d_f4_min(w3d_f4_add(share, w3d_f4_load(r - k)), five);
            eight = w3d_f4_min(w3d_f4_add(share, w3d_f4_load(r + 4 - k)), eight);
        }
        for (int k = 4; k < 7; k++)
            eight = w3d_f4_min(w3d_f4_add(w3d_f4_splat(l[k]), w3d_f4_load(r + 4 - k)), eight);
    }
    float all[4], infinite = w3d_f32_from_bits(0x7F800000u);
    w3d_f4_store(all, eight);
    node->count = w3di_mesh_bvh_tree_items(work, left) + w3di_mesh_bvh_tree_items(work, right);
    /* A visit of a node costs as much as that of a leaf. */
    float whole = node->count <= 4 ? area : area + all[2];
    w3d_f4 most = w3d_f4_splat(whole);
    w3d_f4_store(node->cost, w3d_f4_set(infinite, infinite, infinite, whole));
    w3d_f4_store(node->cost + 4, w3d_f4_min(five, most));
    w3d_f4_store(node->cost + 8, w3d_f4_min(eight, most));
}

/* Joins the clusters that chose each other; gives back how many are left. */
static uint32_t w3di_mesh_bvh_tree_merge(w3di_mesh_bvh_tree_work *work, uint32_t count,
                                         uint32_t *node_count)
{
    uint32_t kept = 0, made = *node_count;
    float *const *side = work->side;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = work->best[i];
        if (work->best[other] != i) {
            work->cluster[kept] = work->cluster[i];
            for (int k = 0; k < 6; k++) side[k][kept] = side[k][i];
            kept++;
            continue;
        }
        if (other < i) continue;
        w3di_mesh_bvh_tree_node *node = &work->nodes[made];
        for (int k = 0; k < 3; k++) {
            float a = side[k][i], b = side[k][other], c = side[3 + k][i], d = side[3 + k][other];
            side[k][kept] = a < b ? a : b;
            side[3 + k][kept] = c > d ? c : d;
        }
        float x = side[3][kept] - side[0][kept], y = side[4][kept] - side[1][kept];
        float z = side[5][kept] - side[2][kept];
        node->left = work->cluster[i];
        node->right = work->cluster[other];
        w3di_mesh_bvh_tree_join(work, node, (x * y + y * z) + z * x);
        work->cluster[kept++] = work->count + made++;
    }
    *node_count = made;
    return kept;
}

static void w3di_mesh_bvh_tree_grow(w3di_mesh_bvh_tree_work *work, w3d_mesh_bvh_quality quality)
{
    uint32_t count = work->count, made = 0;
    int stuck = 0;
    for (int round = 0; count > 1; round++) {
        int radius = quality == W3D_MESH_BVH_HIGH ? 12 : quality == W3D_MESH_BVH_FAST ? 2 : 3;
        w3di_mesh_bvh_tree_pad(work, count);
        if (stuck || round >= W3DI_MESH_BVH_TREE_ROUNDS)
            for (uint32_t i = 0; i < count; i++)
                work->best[i] = (i ^ 1u) < count ? i ^ 1u : i - 1u; /* an odd one out stays alone */
        else
            w3di_mesh_bvh_tree_search(work, count, radius);
        uint32_t kept = w3di_mesh_bvh_tree_merge(work, count, &made);
        stuck = (uint64_t)(count - kept) * 32u < count;
        count = kept;
    }
}

/* ---- eight children ---- */

typedef struct w3di_mesh_bvh_tree_list {
    uint32_t node[W3D_MESH_BVH_WIDTH];
    uint32_t count;
} w3di_mesh_bvh_tree_list;

/* What a cluster costs that stands for up to 1, 2, .. 7 children. */
W3D_INLINE const float *w3di_mesh_bvh_tree_costs(const w3di_mesh_bvh_tree_work *work, uint32_t node,
                                                 float *own)
{
    if (node >= work->count) return work->nodes[node - work->count].cost + 3;
    for (int k = 0; k < 7; k++) own[k] = work->area[node];
    return own;
}

/* The children that made cost[most - 1] of `node`; whole: the node itself may be one of them. */
static void w3di_mesh_bvh_tree_choose(const w3di_mesh_bvh_tree_work *work, uint32_t node, int most,
                                      int whole, w3di_mesh_bvh_tree_list *list)
{
    float own[16];
    const w3di_mesh_bvh_tree_node *n = &work->nodes[node - (node < work->count ? 0 : work->count)];
    if (node < work->count || most == 1 || (whole && n->cost[2 + most] == n->cost[3])) {
        list->node[list->count++] = node;
        return;
    }
    const float *l = w3di_mesh_bvh_tree_costs(work, n->left, own);
    const float *r = w3di_mesh_bvh_tree_costs(work, n->right, own + 8);
    float least = FLT_MAX;
    int left = 1;
    for (int k = 1; k < most; k++)
        if (l[k - 1] + r[most - k - 1] < least) {
            least = l[k - 1] + r[most - k - 1];
            left = k;
        }
    w3di_mesh_bvh_tree_choose(work, n->left, left, 1, list);
    w3di_mesh_bvh_tree_choose(work, n->right, most - left, 1, list);
}

/* The boxes below a node that has at most four, ascending. */
static void w3di_mesh_bvh_tree_gather(const w3di_mesh_bvh_tree_work *work, uint32_t node,
                                      uint32_t *leaf)
{
    uint32_t stack[8], depth = 0, count = 0;
    stack[depth++] = node;
    while (depth) {
        node = stack[--depth];
        if (node >= work->count) {
            stack[depth++] = work->nodes[node - work->count].left;
            stack[depth++] = work->nodes[node - work->count].right;
            continue;
        }
        uint32_t box = (uint32_t)work->spare[node], at = count++;
        for (; at > 0 && leaf[at - 1] > box; at--) leaf[at] = leaf[at - 1];
        leaf[at] = box;
    }
    for (; count < 4; count++) leaf[count] = W3D_MESH_BVH_NONE;
}

static void w3di_mesh_bvh_tree_widen(w3di_mesh_bvh_tree_work *work, w3d_mesh_bvh_tree *tree)
{
    struct {
        uint32_t binary, wide, depth;
    } stack[W3D_MESH_BVH_STACK];
    uint32_t used = 0;
    if (!work->count) return;
    stack[used].binary = work->count > 1 ? 2u * work->count - 2u : 0u;
    stack[used].wide = 0;
    stack[used++].depth = 1;
    tree->node_count = 1;
    while (used) {
        uint32_t binary = stack[--used].binary, wide = stack[used].wide, depth = stack[used].depth;
        w3di_mesh_bvh_tree_list list;
        list.count = 0;
        if (depth > tree->depth) tree->depth = depth;
        if (w3di_mesh_bvh_tree_items(work, binary) <= 4)
            list.node[list.count++] = binary; /* the root of a small tree: one leaf */
        else
            w3di_mesh_bvh_tree_choose(work, binary, W3D_MESH_BVH_WIDTH, 0, &list);
        uint32_t inner = 0;
        for (uint32_t k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            uint32_t child = W3D_MESH_BVH_NONE;
            if (k < list.count && w3di_mesh_bvh_tree_items(work, list.node[k]) <= 4) {
                w3di_mesh_bvh_tree_gather(work, list.node[k], work->leaves[tree->leaf_count]);
                child = W3D_MESH_BVH_LEAF | tree->leaf_count++;
            } else if (k < list.count) {
                child = tree->node_count++;
                inner++;
            }
            work->children[wide][k] = child;
        }
        used += inner;
        for (uint32_t k = 0, at = used; k < list.count; k++) {
            if (work->children[wide][k] & W3D_MESH_BVH_LEAF) continue;
            stack[--at].binary = list.node[k];
            stack[at].wide = work->children[wide][k];
            stack[at].depth = depth + 1;
        }
    }
}

/* ---- the whole ---- */

static size_t w3di_mesh_bvh_tree_row(uint32_t count) /* floats of one of the six arrays */
{
    return (size_t)count + 2u * W3DI_MESH_BVH_TREE_PAD + 4u;
}

W3D_API size_t w3d_mesh_bvh_tree_scratch_size(uint32_t count)
{
    size_t total = 64 * 16;
    size_t n = (size_t)count + 4, each = 2 * sizeof(uint64_t) + 6 * sizeof(float) +
                                         2 * sizeof(uint32_t) + sizeof(float) +
                                         sizeof(w3di_mesh_bvh_tree_node) + 48;
    if (count > W3DI_MESH_BVH_TREE_MOST) return SIZE_MAX;
    if (!w3d_size_append(&total, n, each) ||
        !w3d_size_append(&total, 6 * sizeof(float), 2 * W3DI_MESH_BVH_TREE_PAD + 4))
        return SIZE_MAX;
    return total;
}

W3D_API w3d_result w3d_mesh_bvh_tree_build(const w3d_mesh_bvh_box *boxes, uint32_t count,
                                           w3d_mesh_bvh_quality quality, w3d_mesh_bvh_tree *tree,
                                           w3d_arena *scratch)
{
    w3di_mesh_bvh_tree_work work;
    int there = 1;
    if (!tree || !scratch || (!boxes && count) || (int)quality < 0 || quality > W3D_MESH_BVH_FAST) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    if (count > W3DI_MESH_BVH_TREE_MOST) return W3D_ERR_LIMIT;
    w3d_arena arena = *scratch;
    size_t n = (size_t)count + 4;
    w3d_fill(&work, 0, sizeof work);
    work.children = (uint32_t(*)[W3D_MESH_BVH_WIDTH])w3d_arena_push(&arena, n, 32, 32);
    work.leaves = (uint32_t(*)[4])w3d_arena_push(&arena, n, 16, 16);
    w3d_arena kept = arena;
    work.keys = (uint64_t *)w3d_arena_push(&arena, n, sizeof *work.keys, 64);
    work.spare = (uint64_t *)w3d_arena_push(&arena, n, sizeof *work.spare, 64);
    for (int k = 0; k < 6; k++) {
        work.side[k] = (float *)w3d_arena_push(&arena, w3di_mesh_bvh_tree_row(count), 4, 64);
        there &= work.side[k] != NULL;
    }
    work.cluster = (uint32_t *)w3d_arena_push(&arena, n, 4, 64);
    work.best = (uint32_t *)w3d_arena_push(&arena, n, 4, 64);
    work.area = (float *)w3d_arena_push(&arena, n, 4, 64);
    work.nodes = (w3di_mesh_bvh_tree_node *)w3d_arena_push(&arena, n, sizeof *work.nodes, 64);
    if (!there || !work.children || !work.leaves || !work.keys || !work.spare || !work.cluster ||
        !work.best || !work.area || !work.nodes)
        return W3D_ERR_CAPACITY;
    for (int k = 0; k < 6; k++) work.side[k] += W3DI_MESH_BVH_TREE_PAD;
    w3di_mesh_bvh_tree_codes(&work, boxes, count);
    w3di_mesh_bvh_tree_sort(&work);
    w3di_mesh_bvh_tree_start(&work, boxes);
    w3di_mesh_bvh_tree_grow(&work, quality);
    w3d_fill(tree, 0, sizeof *tree);
    w3di_mesh_bvh_tree_widen(&work, tree);
    tree->children = work.children;
    tree->leaves = work.leaves;
    tree->left_out = count - work.count;
    *scratch = kept;
    return W3D_OK;
}

#undef W3DI_MESH_BVH_TREE_MOST
#undef W3DI_MESH_BVH_TREE_PAD
#undef W3DI_MESH_BVH_TREE_ROUNDS

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
