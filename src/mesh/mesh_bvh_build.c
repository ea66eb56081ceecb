/* mesh_bvh_build.c - blocks: written bottom-up around a finished shape.
 *
 * A node's children have larger numbers than the node. So one pass from the last node to the first
 * fills everything: a leaf's corners are gathered where its parent is met, and a box of four is
 * known before it is asked for. Building and refitting are that same pass. */
#include "mesh/mesh_bvh_build.h"
#include "core/bytes.h"
#include "mesh/mesh_check.h"

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

#define W3DI_MESH_BVH_BUILD_LIMIT ((size_t)0xFFFFFF00u) /* bytes of a block */

/* ---- triangles ---- */

typedef struct w3di_mesh_bvh_build_triangle {
    w3d_f4 corner[3]; /* x y z, and a lane of no meaning */
} w3di_mesh_bvh_build_triangle;

/* Sixteen bytes of a row where they are there, as they are for every vertex before the last. */
W3D_INLINE w3di_mesh_bvh_build_triangle w3di_mesh_bvh_build_load(const w3d_mesh_view *mesh,
                                                                 uint32_t triangle)
{
    w3di_mesh_bvh_build_triangle result;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t vertex = mesh->indices[(size_t)triangle * 3 + k];
        const float *row = w3d_mesh_position(mesh, vertex);
        result.corner[k] = vertex + 1 < mesh->vertex_count ? w3d_f4_load(row) : w3d_f4_load3(row);
    }
    return result;
}

W3D_INLINE float w3di_mesh_bvh_build_dot(w3d_f4 a, w3d_f4 b)
{
    w3d_f4 p = w3d_f4_mul(a, b), q = w3d_f4_yzxw(p);
    return (w3d_f4_x(p) + w3d_f4_x(q)) + w3d_f4_x(w3d_f4_yzxw(q));
}

/* Three finite corners, not on one line: decided exactly wherever the edges fit 26 bits. */
static int w3di_mesh_bvh_build_exact(const w3di_mesh_bvh_build_triangle *triangle)
{
    float corner[3][4];
    double e[2][3];
    for (int k = 0; k < 3; k++) w3d_f4_store(corner[k], triangle->corner[k]);
    for (int k = 0; k < 9; k++)
        if (!w3d_f32_is_finite(corner[k / 3][k % 3])) return 0;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) e[i][k] = (double)corner[i + 1][k] - (double)corner[0][k];
    return e[0][1] * e[1][2] != e[0][2] * e[1][1] || e[0][2] * e[1][0] != e[0][0] * e[1][2] ||
           e[0][0] * e[1][1] != e[0][1] * e[1][0];
}

/* The same, in floats where these are sure: a sine above 1e-4. Anything not finite is not sure. */
W3D_INLINE int w3di_mesh_bvh_build_usable(const w3di_mesh_bvh_build_triangle *triangle)
{
    w3d_f4 a = w3d_f4_sub(triangle->corner[1], triangle->corner[0]);
    w3d_f4 b = w3d_f4_sub(triangle->corner[2], triangle->corner[0]);
    w3d_f4 c = w3d_f4_sub(w3d_f4_mul(a, w3d_f4_yzxw(b)), w3d_f4_mul(w3d_f4_yzxw(a), b));
    float lengths = w3di_mesh_bvh_build_dot(a, a) * w3di_mesh_bvh_build_dot(b, b);
    float area = w3di_mesh_bvh_build_dot(c, c);
    if (area > 1e-8f * lengths && area > 1e-30f && area < 1e30f) return 1;
    return w3di_mesh_bvh_build_exact(triangle);
}

W3D_INLINE w3d_f4 w3di_mesh_bvh_build_least(const w3di_mesh_bvh_build_triangle *t)
{
    return w3d_f4_min(w3d_f4_min(t->corner[0], t->corner[1]), t->corner[2]);
}
W3D_INLINE w3d_f4 w3di_mesh_bvh_build_most(const w3di_mesh_bvh_build_triangle *t)
{
    return w3d_f4_max(w3d_f4_max(t->corner[0], t->corner[1]), t->corner[2]);
}

static void w3di_mesh_bvh_build_boxes(const w3d_mesh_view *mesh, w3d_mesh_bvh_box *boxes)
{
    for (uint32_t i = 0; i < mesh->index_count / 3; i++) {
        w3di_mesh_bvh_build_triangle triangle = w3di_mesh_bvh_build_load(mesh, i);
        w3d_f4 low = w3di_mesh_bvh_build_least(&triangle),
               high = w3di_mesh_bvh_build_most(&triangle);
        if (!w3di_mesh_bvh_build_usable(&triangle)) {
            low = w3d_f4_splat(1.0f);
            high = w3d_f4_zero();
        }
        w3d_f4_store(boxes[i].min, low);
        w3d_f4_store(boxes[i].max, high);
    }
}

/* ---- filling a shape ---- */

/* Four rows of x y z as three rows of four. */
W3D_INLINE void w3di_mesh_bvh_build_turn(const w3d_f4 *rows, float out[3][4])
{
    w3d_f4 a = w3d_f4_zip_low(rows[0], rows[2]), b = w3d_f4_zip_low(rows[1], rows[3]);
    w3d_f4 c = w3d_f4_zip_high(rows[0], rows[2]), d = w3d_f4_zip_high(rows[1], rows[3]);
    w3d_f4_store(out[0], w3d_f4_zip_low(a, b));
    w3d_f4_store(out[1], w3d_f4_zip_high(a, b));
    w3d_f4_store(out[2], w3d_f4_zip_low(c, d));
}

/* The corners of the triangles whose numbers are in the leaf already, and the box around them. */
W3D_INLINE void w3di_mesh_bvh_build_leaf(const w3d_mesh_view *mesh, w3d_mesh_bvh_leaf *leaf,
                                         int checked, w3d_f4 *min, w3d_f4 *max)
{
    w3d_f4 corners[3][4], nothing = w3d_f4_splat(w3d_f32_from_bits(0x7FC00000u));
    w3d_f4 low = w3d_f4_splat(w3d_f32_from_bits(0x7F800000u)), high = w3d_f4_negate(low);
    for (int lane = 0; lane < 4; lane++) {
        if (leaf->triangle[lane] != W3D_MESH_BVH_NONE) {
            w3di_mesh_bvh_build_triangle t = w3di_mesh_bvh_build_load(mesh, leaf->triangle[lane]);
            if (checked || w3di_mesh_bvh_build_usable(&t)) {
                for (int k = 0; k < 3; k++) corners[k][lane] = t.corner[k];
                low = w3d_f4_min(w3di_mesh_bvh_build_least(&t), low);
                high = w3d_f4_max(w3di_mesh_bvh_build_most(&t), high);
                continue;
            }
        }
        for (int k = 0; k < 3; k++) corners[k][lane] = nothing;
    }
    for (int k = 0; k < 3; k++) w3di_mesh_bvh_build_turn(corners[k], leaf->corner[k]);
    *min = low;
    *max = high;
}

/* The box around a node that is finished. */
W3D_INLINE w3d_f4 w3di_mesh_bvh_build_across(const w3d_mesh_bvh_node *node, int most)
{
    w3d_f4 row[4];
    for (int k = 0; k < 3; k++) {
        w3d_f4 low = w3d_f4_load(node->side[k][most]), high = w3d_f4_load(node->side[k][most] + 4);
        row[k] = most ? w3d_f4_max(low, high) : w3d_f4_min(low, high);
    }
    row[3] = row[2];
    w3d_f4_transpose(&row[0], &row[1], &row[2], &row[3]);
    return most ? w3d_f4_max(w3d_f4_max(row[0], row[1]), w3d_f4_max(row[2], row[3]))
                : w3d_f4_min(w3d_f4_min(row[0], row[1]), w3d_f4_min(row[2], row[3]));
}

W3D_INLINE void w3di_mesh_bvh_build_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* Asks for what a node's leaves will need: first their triangles' indices, later the corners. */
W3D_INLINE void w3di_mesh_bvh_build_ahead(const w3d_mesh_view *mesh, const w3d_mesh_bvh_node *node,
                                          const w3d_mesh_bvh_leaf *leaves, int corners)
{
    for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
        uint32_t child = node->child[k];
        if (child == W3D_MESH_BVH_NONE || !(child & W3D_MESH_BVH_LEAF)) continue;
        const uint32_t *triangle = leaves[child & ~W3D_MESH_BVH_LEAF].triangle;
        for (int lane = 0; lane < 4; lane++) {
            if (triangle[lane] == W3D_MESH_BVH_NONE) continue;
            const uint32_t *c = mesh->indices + (size_t)triangle[lane] * 3;
            w3di_mesh_bvh_build_prefetch(c);
            for (int i = 0; i < 3 && corners; i++)
                w3di_mesh_bvh_build_prefetch(w3d_mesh_position(mesh, c[i]));
        }
    }
}

/* Corners and boxes of everything; the children of nodes and the numbers in leaves are there.
 * checked: all triangles in leaves are known to be usable. */
W3D_INLINE void w3di_mesh_bvh_build_fill(const w3d_mesh_view *mesh, int checked,
                                         w3d_mesh_bvh_header *header, w3d_mesh_bvh_node *nodes,
                                         w3d_mesh_bvh_leaf *leaves)
{
    w3d_f4 empty = w3d_f4_splat(w3d_f32_from_bits(0x7F800000u));
    w3d_f4 low = empty, high = w3d_f4_negate(empty);
    for (uint32_t i = header->node_count; i-- > 0;) {
        w3d_mesh_bvh_node *node = &nodes[i];
        w3d_f4 min[8], max[8];
        if (i >= 6) w3di_mesh_bvh_build_ahead(mesh, node - 6, leaves, 0);
        if (i >= 3) w3di_mesh_bvh_build_ahead(mesh, node - 3, leaves, 1);
        for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            uint32_t child = node->child[k];
            min[k] = empty;
            max[k] = w3d_f4_negate(empty);
            if (child == W3D_MESH_BVH_NONE) continue;
            if (child & W3D_MESH_BVH_LEAF) {
                w3di_mesh_bvh_build_leaf(mesh, &leaves[child & ~W3D_MESH_BVH_LEAF], checked,
                                         &min[k], &max[k]);
                continue;
            }
            const w3d_mesh_bvh_node *below = &nodes[child];
            min[k] = w3di_mesh_bvh_build_across(below, 0);
            max[k] = w3di_mesh_bvh_build_across(below, 1);
        }
        for (int half = 0; half < 8; half += 4) {
            float rows[2][3][4];
            w3di_mesh_bvh_build_turn(min + half, rows[0]);
            w3di_mesh_bvh_build_turn(max + half, rows[1]);
            for (int k = 0; k < 6; k++)
                w3d_copy(node->side[k % 3][k / 3] + half, rows[k / 3][k % 3], 16);
        }
    }
    if (header->node_count) {
        low = w3di_mesh_bvh_build_across(nodes, 0);
        high = w3di_mesh_bvh_build_across(nodes, 1);
    }
    w3d_f4_store3(header->min, low);
    w3d_f4_store3(header->max, high);
}

/* ---- building ---- */

W3D_API size_t w3d_mesh_bvh_size_limit(uint32_t index_count)
{
    size_t total = sizeof(w3d_mesh_bvh_header), count = index_count / 3;
    if (!w3d_size_append(&total, count + 1, sizeof(w3d_mesh_bvh_node) + sizeof(w3d_mesh_bvh_leaf)))
        return SIZE_MAX;
    return total;
}

W3D_API size_t w3d_mesh_bvh_scratch_size(uint32_t index_count)
{
    size_t total = w3d_mesh_bvh_tree_scratch_size(index_count / 3);
    if (total == SIZE_MAX || !w3d_size_append(&total, index_count / 3, sizeof(w3d_mesh_bvh_box)) ||
        !w3d_size_add(total, 64, &total))
        return SIZE_MAX;
    return total;
}

W3D_API w3d_result w3d_mesh_bvh_build(const w3d_mesh_bvh_build_desc *desc, void *out,
                                      size_t capacity, size_t *size, w3d_arena scratch)
{
    if (!desc || !out || !size || (uintptr_t)out % 4 || !w3di_mesh_check_view(&desc->mesh) ||
        (int)desc->quality < 0 || desc->quality > W3D_MESH_BVH_FAST) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    const w3d_mesh_view *mesh = &desc->mesh;
    uint32_t count = mesh->index_count / 3;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    /* Boxes are needed only while the shape is found; pushed last, they could not be dropped. */
    w3d_mesh_bvh_box *boxes =
        (w3d_mesh_bvh_box *)w3d_arena_push(&scratch, count, sizeof *boxes, 64);
    w3d_mesh_bvh_tree tree;
    if (!boxes) return W3D_ERR_CAPACITY;
    w3di_mesh_bvh_build_boxes(mesh, boxes);
    w3d_result result = w3d_mesh_bvh_tree_build(boxes, count, desc->quality, &tree, &scratch);
    if (result != W3D_OK) return result;

    size_t needed = sizeof(w3d_mesh_bvh_header);
    if (!w3d_size_append(&needed, tree.node_count, sizeof(w3d_mesh_bvh_node)) ||
        !w3d_size_append(&needed, tree.leaf_count, sizeof(w3d_mesh_bvh_leaf)) ||
        needed > W3DI_MESH_BVH_BUILD_LIMIT)
        return W3D_ERR_LIMIT;
    *size = needed;
    if (needed > capacity) return W3D_ERR_CAPACITY;
    w3d_mesh_bvh_header *header = (w3d_mesh_bvh_header *)out;
    w3d_fill(header, 0, sizeof *header);
    w3d_copy(header->magic, "W3D BVH\2", 8);
    header->size = (uint32_t)needed;
    header->node_count = tree.node_count;
    header->leaf_count = tree.leaf_count;
    header->item_count = count;
    header->left_out = tree.left_out;
    header->nodes_offset = (uint32_t)sizeof *header;
    header->leaves_offset =
        (uint32_t)(sizeof *header + tree.node_count * sizeof(w3d_mesh_bvh_node));
    header->depth = tree.depth;
    w3d_mesh_bvh_node *nodes = (w3d_mesh_bvh_node *)(void *)(header + 1);
    w3d_mesh_bvh_leaf *leaves = (w3d_mesh_bvh_leaf *)(void *)(nodes + tree.node_count);
    for (uint32_t i = 0; i < tree.node_count; i++) {
        w3d_copy(nodes[i].child, tree.children[i], sizeof nodes[i].child);
        w3d_fill(nodes[i].zero, 0, sizeof nodes[i].zero);
    }
    for (uint32_t i = 0; i < tree.leaf_count; i++) w3d_copy(leaves[i].triangle, tree.leaves[i], 16);
    w3di_mesh_bvh_build_fill(mesh, 1, header, nodes, leaves);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_bvh_refit(const w3d_mesh_view *mesh, void *block, size_t size)
{
    w3d_mesh_bvh bvh;
    if (!w3di_mesh_check_view(mesh)) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    w3d_result result = w3d_mesh_bvh_open(block, size, &bvh, NULL);
    if (result != W3D_OK) return result;
    if (bvh.item_count != mesh->index_count / 3) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    w3d_mesh_bvh_header *header = (w3d_mesh_bvh_header *)block;
    unsigned char *bytes = (unsigned char *)block;
    w3di_mesh_bvh_build_fill(mesh, 0, header,
                             (w3d_mesh_bvh_node *)(void *)(bytes + header->nodes_offset),
                             (w3d_mesh_bvh_leaf *)(void *)(bytes + header->leaves_offset));
    return W3D_OK;
}

W3D_API double w3d_mesh_bvh_cost(const w3d_mesh_bvh *bvh)
{
    double sum = 0.0, size[3];
    if (!bvh || !bvh->node_count) return 0.0;
    for (uint32_t i = 0; i < bvh->node_count; i++) {
        const w3d_mesh_bvh_node *n = &bvh->nodes[i];
        for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            double x = (double)n->side[0][1][k] - (double)n->side[0][0][k];
            double y = (double)n->side[1][1][k] - (double)n->side[1][0][k];
            double z = (double)n->side[2][1][k] - (double)n->side[2][0][k];
            if (x >= 0.0) sum += x * y + y * z + z * x;
        }
    }
    for (int k = 0; k < 3; k++) size[k] = (double)bvh->header->max[k] - (double)bvh->header->min[k];
    double root = size[0] * size[1] + size[1] * size[2] + size[2] * size[0];
    return root > 0.0 ? 1.0 + sum / root : (double)(bvh->node_count + bvh->leaf_count);
}

#undef W3DI_MESH_BVH_BUILD_LIMIT

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
