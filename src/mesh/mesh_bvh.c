/* mesh_bvh.c - is a block a tree: checked from the top down, without memory of its own. */
#include "mesh/mesh_bvh.h"
#include "core/bytes.h"

/* Walks as the build numbered: every node and leaf has to be the next one. */
static w3d_result w3di_mesh_bvh_walk(const w3d_mesh_bvh_header *header,
                                     const w3d_mesh_bvh_node *nodes, w3d_error *error)
{
    struct {
        uint32_t node, depth;
    } stack[W3D_MESH_BVH_STACK];
    uint32_t used = 0, next_node = 1, next_leaf = 0;
    if (header->node_count) stack[0].node = 0, stack[0].depth = 1, used = 1;
    while (used) {
        uint32_t index = stack[--used].node, depth = stack[used].depth, inner = 0;
        const w3d_mesh_bvh_node *node = &nodes[index];
        uint64_t offset = header->nodes_offset + (uint64_t)index * sizeof *node;
        if (depth > W3D_MESH_BVH_MOST_DEPTH)
            return w3d_error_set(error, W3D_ERR_FORMAT, offset, "the tree is too deep");
        for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            uint32_t child = node->child[k];
            if (child == W3D_MESH_BVH_NONE) continue;
            if (child & W3D_MESH_BVH_LEAF) {
                if ((child & ~W3D_MESH_BVH_LEAF) != next_leaf || next_leaf >= header->leaf_count)
                    return w3d_error_set(error, W3D_ERR_FORMAT, offset, "a leaf is out of order");
                next_leaf++;
                continue;
            }
            if (child != next_node || next_node >= header->node_count)
                return w3d_error_set(error, W3D_ERR_FORMAT, offset, "a node is out of order");
            next_node++;
            inner++;
        }
        used += inner;
        for (uint32_t k = 0; k < inner; k++) {
            stack[used - 1 - k].node = next_node - inner + k;
            stack[used - 1 - k].depth = depth + 1;
        }
    }
    if ((header->node_count && next_node != header->node_count) || next_leaf != header->leaf_count)
        return w3d_error_set(error, W3D_ERR_FORMAT, 0, "nodes or leaves are in no tree");
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_bvh_open_kind(const void *bytes, size_t size, w3d_mesh_bvh_kind kind,
                                          w3d_mesh_bvh *bvh, w3d_error *error)
{
    if (!bytes || !bvh || (uintptr_t)bytes % 4) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    const w3d_mesh_bvh_header *header = (const w3d_mesh_bvh_header *)bytes;
    const unsigned char *start = (const unsigned char *)bytes;
    if (size < sizeof *header)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "shorter than a header");
    if (!w3d_equal(header->magic, "W3D BVH", 7))
        return w3d_error_set(error, W3D_ERR_FORMAT, 0, "not the block of a tree");
    if (header->magic[7] != 2)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 7, "another version");
    if (header->kind != (uint32_t)kind)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 12, "a tree of another kind");
    if (header->size > size)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the end is missing");
    size_t leaf_size = kind == W3D_MESH_BVH_TRIANGLES ? sizeof(w3d_mesh_bvh_leaf) : 16;
    uint64_t leaves = sizeof *header + (uint64_t)header->node_count * sizeof(w3d_mesh_bvh_node);
    uint64_t end = leaves + (uint64_t)header->leaf_count * leaf_size;
    if (header->nodes_offset != sizeof *header || header->leaves_offset != leaves ||
        end > header->size)
        return w3d_error_set(error, W3D_ERR_FORMAT, 32,
                             "nodes or leaves are not where they belong");
    const w3d_mesh_bvh_node *nodes =
        (const w3d_mesh_bvh_node *)(const void *)(start + header->nodes_offset);
    w3d_result result = w3di_mesh_bvh_walk(header, nodes, error);
    if (result != W3D_OK) return result;
    for (uint32_t i = 0; i < header->leaf_count; i++) {
        const unsigned char *at =
            start + header->leaves_offset + (size_t)i * leaf_size + leaf_size - 16;
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t item = w3d_load_u32(at + 4 * k);
            if (item != W3D_MESH_BVH_NONE && item >= header->item_count)
                return w3d_error_set(error, W3D_ERR_INDEX,
                                     header->leaves_offset + (uint64_t)i * leaf_size,
                                     "a number in a leaf is too large");
        }
    }
    bvh->header = header;
    bvh->nodes = nodes;
    bvh->leaves = kind == W3D_MESH_BVH_TRIANGLES
                      ? (const w3d_mesh_bvh_leaf *)(const void *)(start + header->leaves_offset)
                      : NULL;
    bvh->node_count = header->node_count;
    bvh->leaf_count = header->leaf_count;
    bvh->item_count = header->item_count;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_bvh_open(const void *bytes, size_t size, w3d_mesh_bvh *bvh,
                                     w3d_error *error)
{
    return w3d_mesh_bvh_open_kind(bytes, size, W3D_MESH_BVH_TRIANGLES, bvh, error);
}
