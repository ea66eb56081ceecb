/* mesh_normals_crease.h - smooth normals that stop at sharp edges: vertices there are split.
 *
 *     w3d_mesh_normals_crease_desc desc = { 0.6f };              edges sharper than 34 degrees
 *     w3d_mesh_creased out = { indices, normals, sources, mesh.index_count };
 *     w3d_mesh_normals_crease(&mesh, &desc, &out, scratch);
 *
 * Around a vertex, triangles that hang together over smooth edges share a normal. Where there are
 * several such parts, the first keeps the vertex and every other one gets a copy of it, numbered
 * from vertex_count on. An edge is smooth if just two triangles have it, one each way, and the
 * angle between them and their smooth groups allow it. */
#ifndef W3D_MESH_NORMALS_CREASE_H
#define W3D_MESH_NORMALS_CREASE_H

#include "mesh/mesh_normals.h"

/* All zero: edges up to 30 degrees are smooth, area weights. */
typedef struct w3d_mesh_normals_crease_desc {
    float             crease_radians; /* the largest angle between the normals of two triangles
                                         across a smooth edge; pi or more: any. 0: 30 degrees, or
                                         with `groups` any                                       */
    w3d_normal_weight weight;         /* how much a triangle counts at its corners               */
    const uint32_t   *groups;         /* [T] bits: two triangles are smooth to each other if they
                                         have one in common, so 0 is flat; NULL: not looked at.
                                         Number n of an OBJ file is the bit 1 << n % 32          */
    const uint32_t   *points;         /* [vertex_count] numbers < vertex_count: the remap table of
                                         w3d_mesh_weld over positions, so that normals look through
                                         the seams of texture coordinates; NULL: every vertex is a
                                         point                                                   */
} w3d_mesh_normals_crease_desc;

/* Where the result goes. */
typedef struct w3d_mesh_creased {
    uint32_t *indices;      /* [index_count]; may be the mesh's                               */
    float    *normals;      /* [vertex_count + source_count] rows of three; room for `capacity`
                               copies behind the vertices; NULL: not asked for                */
    uint32_t *sources;      /* [capacity] the vertex that new vertex vertex_count + i repeats */
    uint32_t  capacity;     /* copies there is room for; index_count is always enough         */
    uint32_t  source_count; /* out: vertices to append to every vertex array                  */
} w3d_mesh_creased;

/* Splits the vertices of sharp edges and makes normals.
 *
 *   mesh     in      V vertices, T triangles; borrowed for the call
 *   desc     in      what is sharp; NULL means all zero
 *   out      in/out  the buffers; source_count is filled in
 *   scratch          w3d_mesh_normals_crease_scratch_size bytes
 *
 * Range   An angle is told from the crease angle to about 0.0005 radians. At the edges of a
 *         triangle without area any angle is smooth. Edges with more than two triangles, and
 *         corners of triangles with two equal corners, are sharp. Normals are those of
 *         w3d_mesh_normals, but summed over a part; a vertex that no index names gets (0, 0, 0).
 *         The size of the mesh does not matter.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, counts, an angle below 0 or NaN;
 *                           the sum of vertices and copies does not fit uint32_t
 *         W3D_ERR_INDEX     an index or a point >= V
 *         W3D_ERR_CAPACITY  scratch or `capacity` too small
 * Cost    as w3d_mesh_adjacency_twins and w3d_mesh_normals together; at most 36 bytes of scratch
 *         an index and 5 a vertex.
 * Thread  One call works on one thread. */
W3D_API w3d_result w3d_mesh_normals_crease(const w3d_mesh_view *mesh,
                                           const w3d_mesh_normals_crease_desc *desc,
                                           w3d_mesh_creased *out, w3d_arena scratch);

/* Scratch for that many; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_normals_crease_scratch_size(uint32_t index_count, uint32_t vertex_count);

#endif /* W3D_MESH_NORMALS_CREASE_H */
