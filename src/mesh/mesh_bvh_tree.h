/* mesh_bvh_tree.h - the shape of a tree with eight children a node, from boxes of anything.
 *
 *     w3d_mesh_bvh_tree tree;
 *     w3d_mesh_bvh_tree_build(boxes, count, W3D_MESH_BVH_BALANCED, &tree, &scratch);
 *     tree.children[n][k], tree.leaves[l][k]                lie in scratch
 *
 * Which boxes go together, and nothing else: mesh_bvh_build.h and mesh_bvh_instances.h write the
 * blocks. */
#ifndef W3D_MESH_BVH_TREE_H
#define W3D_MESH_BVH_TREE_H

#include "core/arena.h"
#include "mesh/mesh_bvh.h"

typedef enum w3d_mesh_bvh_quality {
    W3D_MESH_BVH_BALANCED = 0, /* three neighbours on either side: for most uses              */
    W3D_MESH_BVH_HIGH,         /* twelve: more time; better for some meshes, not for all     */
    W3D_MESH_BVH_FAST          /* two: for meshes that change all the time                     */
} w3d_mesh_bvh_quality;

/* min[0] > max[0], or anything not finite: left out. The fourth floats are not looked at. */
typedef struct w3d_mesh_bvh_box {
    float min[4], max[4];
} w3d_mesh_bvh_box;

typedef struct w3d_mesh_bvh_tree {
    uint32_t (*children)[W3D_MESH_BVH_WIDTH]; /* [node_count] as in w3d_mesh_bvh_node       */
    uint32_t (*leaves)[4]; /* [leaf_count] numbers of boxes, ascending, then _NONE          */
    uint32_t node_count, leaf_count, left_out, depth;
} w3d_mesh_bvh_tree;

/* Groups boxes into a tree.
 *
 *   boxes    in      [count]
 *   quality  in      how much care to take
 *   tree     out     its arrays lie in `scratch` and live as long as that
 *   scratch  in/out  w3d_mesh_bvh_tree_scratch_size(count) bytes; advanced
 *
 * Range   Boxes that are left out are in no leaf and are counted. Every other one is in exactly
 *         one. A leaf holds one to four; a node at least two children, the root at least one. The
 *         same boxes times a power of two give the same tree.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, quality
 *         W3D_ERR_CAPACITY  scratch too small
 *         W3D_ERR_LIMIT     more than 2^26 boxes
 * Cost    O(count log count) at worst, in practice linear.
 * Source  clusters: Meister and Bittner 2018, "Parallel locally-ordered clustering for bounding
 *         volume hierarchy construction"; eight children: Ylitie, Karras and Laine 2017, "Efficient
 *         incoherent ray traversal on GPUs through compressed wide BVHs", section 3 (the cheapest
 *         collapse, by dynamic programming). */
W3D_API w3d_result w3d_mesh_bvh_tree_build(const w3d_mesh_bvh_box *boxes, uint32_t count,
                                           w3d_mesh_bvh_quality quality, w3d_mesh_bvh_tree *tree,
                                           w3d_arena *scratch);

/* Scratch for that many boxes; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_bvh_tree_scratch_size(uint32_t count);

#endif /* W3D_MESH_BVH_TREE_H */
