/* mesh_bvh_instances.h - many trees in one scene, each standing in it any number of times.
 *
 *     w3d_mesh_bvh_instances_desc desc = { instances, count, meshes, mesh_count };
 *     w3d_mesh_bvh_instances_build(&desc, block, capacity, &size, scratch);
 *     w3d_mesh_bvh_instances_open(block, size, meshes, mesh_count, &scene, &error);
 *     w3d_mesh_bvh_instance_hit hit;
 *     if (w3d_mesh_bvh_instances_closest(&scene, &ray, &hit)) select(hit.instance,
 *     hit.hit.triangle);
 *
 * The block is like that of a mesh (mesh_bvh.h): its leaves are four numbers of instances each, and
 * after them stand the records. When something moves, build it anew: a thousand instances take a
 * fraction of a millisecond. */
#ifndef W3D_MESH_BVH_INSTANCES_H
#define W3D_MESH_BVH_INSTANCES_H

#include "core/arena.h"
#include "mesh/mesh_bvh.h"

/* What the builder is told. */
typedef struct w3d_mesh_bvh_instance {
    float to_world[16]; /* column-major, affine: the last row is taken as 0 0 0 1 */
    uint32_t mesh;      /* which tree                                            */
} w3d_mesh_bvh_instance;

/* What the block holds, [item_count] at records_offset. */
typedef struct w3d_mesh_bvh_instance_record {
    float to_mesh[12]; /* the way back: four columns of three; all zero where left out */
    uint32_t mesh;
    uint32_t zero[3];
} w3d_mesh_bvh_instance_record;

typedef struct w3d_mesh_bvh_instances_desc {
    const w3d_mesh_bvh_instance *instances; /* [count] */
    uint32_t count;
    const w3d_mesh_bvh *meshes; /* [mesh_count] */
    uint32_t mesh_count;
} w3d_mesh_bvh_instances_desc;

/* A block and the trees it speaks of; borrows both. */
typedef struct w3d_mesh_bvh_instances {
    w3d_mesh_bvh tree;
    const uint32_t *leaves; /* [leaf_count][4] */
    const w3d_mesh_bvh_instance_record *records;
    const w3d_mesh_bvh *meshes;
    uint32_t mesh_count;
} w3d_mesh_bvh_instances;

typedef struct w3d_mesh_bvh_instance_hit {
    w3d_mesh_bvh_hit hit;
    uint32_t instance;
} w3d_mesh_bvh_instance_hit;

/* Builds the tree of a scene.
 *
 *   out      out  [capacity] the block, aligned to 4
 *   size     out  bytes of the block; with W3D_ERR_CAPACITY and enough scratch: bytes it needs
 *   scratch       w3d_mesh_bvh_instances_scratch_size(count) bytes
 *
 * Range   An instance of an empty mesh, or whose matrix is not finite or cannot be inverted, is
 *         left out. Mirroring and uneven scales are fine.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, alignment
 *         W3D_ERR_INDEX     an instance's mesh >= mesh_count
 *         W3D_ERR_CAPACITY  `capacity` or scratch too small
 *         W3D_ERR_LIMIT     more than 2^24 instances */
W3D_API w3d_result w3d_mesh_bvh_instances_build(const w3d_mesh_bvh_instances_desc *desc, void *out,
                                                size_t capacity, size_t *size, w3d_arena scratch);

/* The most that a block of so many instances can take, and scratch for building it. */
W3D_API size_t w3d_mesh_bvh_instances_size_limit(uint32_t count);
W3D_API size_t w3d_mesh_bvh_instances_scratch_size(uint32_t count);

/* Checks a block, as w3d_mesh_bvh_open does.
 *
 *   meshes  in   [mesh_count] the trees, opened; borrowed as long as *scene is used
 *   scene   out  the view
 *
 * Errors  those of w3d_mesh_bvh_open, and W3D_ERR_INDEX for a record whose mesh >= mesh_count */
W3D_API w3d_result w3d_mesh_bvh_instances_open(const void *bytes, size_t size,
                                               const w3d_mesh_bvh *meshes, uint32_t mesh_count,
                                               w3d_mesh_bvh_instances *scene, w3d_error *error);

/* The first thing a ray in the scene meets: as in mesh_bvh_trace.h, but for the rounding of the ray
 * when it is brought into the space of a mesh, which is done in double and rounded to float. Among
 * hits of equal t the lowest instance counts, then the lowest triangle. */
W3D_API int w3d_mesh_bvh_instances_closest(const w3d_mesh_bvh_instances *scene,
                                           const w3d_mesh_bvh_ray *ray,
                                           w3d_mesh_bvh_instance_hit *hit);
W3D_API int w3d_mesh_bvh_instances_any(const w3d_mesh_bvh_instances *scene,
                                       const w3d_mesh_bvh_ray *ray);

#endif /* W3D_MESH_BVH_INSTANCES_H */
