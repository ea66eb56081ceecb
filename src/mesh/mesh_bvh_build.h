/* mesh_bvh_build.h - makes the block of a mesh's tree, and brings it up to date when vertices move.
 *
 *     w3d_mesh_bvh_build_desc desc = { mesh, W3D_MESH_BVH_BALANCED };
 *     size_t capacity = w3d_mesh_bvh_size_limit(mesh.index_count);     or what you have
 *     w3d_result result = w3d_mesh_bvh_build(&desc, block, capacity, &size, scratch);
 *     ...
 *     w3d_mesh_bvh_refit(&moved, block, size);                         the same triangles,
 *     elsewhere */
#ifndef W3D_MESH_BVH_BUILD_H
#define W3D_MESH_BVH_BUILD_H

#include "mesh/mesh_bvh_tree.h"
#include "mesh/mesh_view.h"

typedef struct w3d_mesh_bvh_build_desc {
    w3d_mesh_view mesh;
    w3d_mesh_bvh_quality quality;
} w3d_mesh_bvh_build_desc;

/* Builds the tree of a mesh's triangles.
 *
 *   desc      in   the mesh; borrowed for the call
 *   out       out  [capacity] the block, aligned to 4 (better 64)
 *   size      out  bytes of the block; with W3D_ERR_CAPACITY and enough scratch: bytes it needs
 *   scratch        w3d_mesh_bvh_scratch_size(index_count) bytes
 *
 * Range   A triangle with a corner that is not finite, or whose area is exactly zero, is left out:
 *         no question will find it. The number of those is in the block's header. The same bytes on
 *         every target.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, alignment, stride, index_count % 3
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  `capacity` or scratch too small
 *         W3D_ERR_LIMIT     more than 2^26 triangles, or a block of 4 GiB
 * Cost    linear in practice. The block takes about 75 bytes a triangle in real meshes. Scratch:
 *         195 bytes a triangle.
 * Thread  one mesh is built on one thread; several at the same time on several.
 * Source  see mesh_bvh_tree.h */
W3D_API w3d_result w3d_mesh_bvh_build(const w3d_mesh_bvh_build_desc *desc, void *out,
                                      size_t capacity, size_t *size, w3d_arena scratch);

/* The most that a block of so many indices can take, and scratch for building it; SIZE_MAX where no
 * memory could be large enough. */
W3D_API size_t w3d_mesh_bvh_size_limit(uint32_t index_count);
W3D_API size_t w3d_mesh_bvh_scratch_size(uint32_t index_count);

/* Moves the corners and boxes of a block to where the mesh's vertices are now; the tree's shape
 * stays.
 *
 *   mesh   in      the same triangles, as many as the block was built from
 *   block  in/out  a block that w3d_mesh_bvh_open accepts; views of it stay good
 *   size   in      its bytes
 *
 * Range   A triangle that is no longer finite or has lost its area is found no more; it comes back
 *         when a later refit finds it whole. Triangles that the build left out stay out.
 * Errors  W3D_ERR_ARGUMENT  broken contract; another number of triangles
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         those of w3d_mesh_bvh_open
 * Cost    about half a build. The tree gets slower the more the mesh is bent; build anew when
 *         w3d_mesh_bvh_cost has grown by half. */
W3D_API w3d_result w3d_mesh_bvh_refit(const w3d_mesh_view *mesh, void *block, size_t size);

/* What a random ray that meets the root's box is expected to cost: the areas of all nodes' and all
 * leaves' boxes over that of the root's (the surface area heuristic; nodes and leaves cost 1).
 *
 * Source  MacDonald and Booth 1990, "Heuristics for ray tracing using space subdivision" */
W3D_API double w3d_mesh_bvh_cost(const w3d_mesh_bvh *bvh);

#endif /* W3D_MESH_BVH_BUILD_H */
