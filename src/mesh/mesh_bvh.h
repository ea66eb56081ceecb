/* mesh_bvh.h - a tree of boxes over a mesh's triangles, in one block of bytes that can be moved.
 *
 *     w3d_mesh_bvh_build(&desc, block, capacity, &size, scratch);    mesh_bvh_build.h
 *     w3d_mesh_bvh bvh;
 *     w3d_mesh_bvh_open(block, size, &bvh, &error);                  checks, borrows
 *     w3d_mesh_bvh_ray ray = { { 0, 0, 5 }, 0, { 0, 0, -1 }, 0 };
 *     w3d_mesh_bvh_hit hit;
 *     if (w3d_mesh_bvh_closest(&bvh, &ray, &hit)) ...                mesh_bvh_trace.h
 *
 * The block holds no pointers and needs nothing beside it: it can be saved, sent to a worker, or
 * uploaded as a storage buffer. It is what mesh_bvh_trace.h, mesh_bvh_query.h and mesh_pick.h work
 * on; mesh_bvh_instances.h puts many of them into one scene.
 *
 * Layout, little-endian, offsets from the start of the block:
 *
 *     0              w3d_mesh_bvh_header, 128 bytes
 *     nodes_offset   w3d_mesh_bvh_node [node_count]; node 0 is the root
 *     leaves_offset  w3d_mesh_bvh_leaf [leaf_count] (instances: uint32_t [leaf_count][4])
 *
 * Nodes and leaves stand in the order of a walk that numbers a node's children when it meets the
 * node, first to last, then walks into them: siblings are neighbours, and a reader can tell in one
 * pass and without memory that every node and leaf is used exactly once. */
#ifndef W3D_MESH_BVH_H
#define W3D_MESH_BVH_H

#include "core/base.h"

/* In a hit: nothing. In a leaf: an empty place. In a node: no child. */
#define W3D_MESH_BVH_NONE 0xFFFFFFFFu

/* In a node's child: the rest is the number of a leaf, not of a node. */
#define W3D_MESH_BVH_LEAF 0x80000000u

/* Children of a node. */
#define W3D_MESH_BVH_WIDTH 8

/* No node is deeper than this, the root being at depth 1. */
#define W3D_MESH_BVH_MOST_DEPTH 128

/* Places that the stack of a walk needs, whatever the tree. */
#define W3D_MESH_BVH_STACK ((W3D_MESH_BVH_WIDTH - 1) * W3D_MESH_BVH_MOST_DEPTH + W3D_MESH_BVH_WIDTH)

typedef enum w3d_mesh_bvh_kind {
    W3D_MESH_BVH_TRIANGLES = 0,
    W3D_MESH_BVH_INSTANCES
} w3d_mesh_bvh_kind;

typedef struct w3d_mesh_bvh_header {
    uint8_t magic[8];    /* "W3D BVH", then 2: the version                          */
    uint32_t size;       /* bytes of the block                                      */
    uint32_t kind;       /* w3d_mesh_bvh_kind                                       */
    uint32_t node_count; /* 0: the tree is empty                                    */
    uint32_t leaf_count;
    uint32_t item_count; /* triangles of the mesh (or instances); numbers are below */
    uint32_t left_out;   /* of these: without area or not finite, in no leaf        */
    uint32_t nodes_offset;
    uint32_t leaves_offset;
    uint32_t records_offset; /* instances: what they are; else 0                        */
    uint32_t depth;          /* of the deepest node                                     */
    float min[3], max[3];    /* the box around all; min[0] > max[0] where empty         */
    uint32_t zero[14];
} w3d_mesh_bvh_header;

/* Eight boxes, one float of each in eight lanes; min is +infinity and max is -infinity where there
 * is no child. */
typedef struct w3d_mesh_bvh_node {
    float side[3][2][8]; /* [axis][0: min, 1: max][child] */
    uint32_t child[8];   /* a node, W3D_MESH_BVH_LEAF | a leaf, or W3D_MESH_BVH_NONE */
    uint32_t zero[8];
} w3d_mesh_bvh_node;

/* One to four triangles, one float of each in four lanes; NaN where there is none. */
typedef struct w3d_mesh_bvh_leaf {
    float corner[3][3][4]; /* [corner][axis][triangle] */
    uint32_t triangle[4];  /* its number in the mesh, or W3D_MESH_BVH_NONE */
} w3d_mesh_bvh_leaf;

/* A block that has been checked; borrows its bytes. All zero is an empty tree. */
typedef struct w3d_mesh_bvh {
    const w3d_mesh_bvh_header *header;
    const w3d_mesh_bvh_node *nodes;
    const w3d_mesh_bvh_leaf *leaves; /* NULL for instances */
    uint32_t node_count, leaf_count, item_count;
} w3d_mesh_bvh;

typedef struct w3d_mesh_bvh_ray {
    float origin[3];
    float t_min;        /* hits before are passed by; below 0 counts as 0  */
    float direction[3]; /* of any length but 0; t is in units of its length */
    float t_max;        /* hits after are passed by; 0 means no limit      */
} w3d_mesh_bvh_ray;

typedef struct w3d_mesh_bvh_hit {
    float t;           /* the point is origin + t * direction                              */
    float u, v;        /* or (1 - u - v) * corner 0 + u * corner 1 + v * corner 2          */
    uint32_t triangle; /* its number in the mesh: indices[3 * triangle] is its first corner */
} w3d_mesh_bvh_hit;

/* Checks a block and makes it ready to be asked.
 *
 *   bytes  in   the block, aligned to 4 (better 64); borrowed as long as *bvh is used
 *   size   in   bytes there; more than the block needs is allowed
 *   bvh    out  the view
 *   error  out  what is wrong, and where; NULL: not asked for
 *
 * Range   After W3D_OK no question to the tree reads outside the block, loops, or overflows a
 *         stack, whatever the bytes are. Boxes and corners are not compared with each other: a
 *         block made to mislead can give wrong answers, and no more than that.
 * Errors  W3D_ERR_ARGUMENT     broken contract: pointers, alignment
 *         W3D_ERR_TRUNCATED    the block is longer than `size`
 *         W3D_ERR_FORMAT       not a block, or links that do not form a tree
 *         W3D_ERR_UNSUPPORTED  another version, or instances (see mesh_bvh_instances.h)
 *         W3D_ERR_INDEX        a triangle's number is not below item_count
 * Cost    one pass over nodes and leaves: about a fifteenth of the build. No memory. */
W3D_API w3d_result w3d_mesh_bvh_open(const void *bytes, size_t size, w3d_mesh_bvh *bvh,
                                     w3d_error *error);

/* The same of either kind; `kind` says which one is expected. */
W3D_API w3d_result w3d_mesh_bvh_open_kind(const void *bytes, size_t size, w3d_mesh_bvh_kind kind,
                                          w3d_mesh_bvh *bvh, w3d_error *error);

#endif /* W3D_MESH_BVH_H */
