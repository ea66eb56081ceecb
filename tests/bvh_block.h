/* bvh_block.h - builds a tree for a test, with exactly the scratch and capacity that are stated. */
#ifndef TEST_BVH_BLOCK_H
#define TEST_BVH_BLOCK_H

#include "mesh/mesh_bvh_build.h"
#include "meshes.h"

typedef struct bvh_block {
    void *bytes;
    size_t size;
    w3d_mesh_bvh bvh;
} bvh_block;

static inline bvh_block bvh_block_make(const test_mesh *mesh, w3d_mesh_bvh_quality quality)
{
    bvh_block block;
    w3d_mesh_bvh_build_desc desc;
    size_t size = w3d_mesh_bvh_scratch_size(mesh->index_count);
    size_t capacity = w3d_mesh_bvh_size_limit(mesh->index_count);
    unsigned char *scratch = (unsigned char *)malloc(size + 1);
    memset(&block, 0, sizeof block);
    block.bytes = malloc(capacity);
    memset(block.bytes, 0xEE, capacity);
    memset(scratch, 0xEE, size + 1);
    desc.mesh = test_mesh_view(mesh);
    desc.quality = quality;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK(w3d_mesh_bvh_build(&desc, block.bytes, capacity, &block.size,
                             w3d_arena_make(scratch + 1, size)) == W3D_OK);
    CHECK_MESSAGE(w3d_mesh_bvh_open(block.bytes, block.size, &block.bvh, &error) == W3D_OK,
                  "%s at %llu", error.text, (unsigned long long)error.offset);
    free(scratch);
    return block;
}
static inline void bvh_block_free(bvh_block *block)
{
    free(block->bytes);
    memset(block, 0, sizeof *block);
}

#endif /* TEST_BVH_BLOCK_H */
