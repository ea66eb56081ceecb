/* mesh_tangents.h - tangents for normal maps: MikkTSpace's, to the bit, for indexed triangles.
 *
 *     w3d_mesh_tangents(&desc, tangents, scratch);      x y z and the sign, for every corner
 *
 * mesh_tangents_split.h gives them to vertices. A shader makes the third axis itself:
 * bitangent = w * cross(normal, tangent.xyz). The sign is that of MikkTSpace, for texture
 * coordinates whose v runs upwards; glTF's v runs down, so its TANGENT wants -w. */
#ifndef W3D_MESH_TANGENTS_H
#define W3D_MESH_TANGENTS_H

#include "core/arena.h"

typedef struct w3d_mesh_tangents_desc {
    const float *positions;   /* [vertex_count] rows, x y z first in each row                  */
    const float *normals;     /* [vertex_count] rows, x y z; of unit length                    */
    const float *uvs;         /* [vertex_count] rows, u v                                      */
    uint32_t position_stride; /* bytes from row to row, multiples of 4; 0 means packed   */
    uint32_t normal_stride;
    uint32_t uv_stride;
    uint32_t vertex_count;
    const uint32_t *indices; /* [index_count], each < vertex_count; NULL: 0, 1, 2, ...       */
    uint32_t index_count;    /* a multiple of 3; without indices vertex_count               */
} w3d_mesh_tangents_desc;

/* Writes a tangent for every corner of every triangle.
 *
 *   desc      in   the mesh; how it is indexed does not matter: vertices with equal position,
 *                  normal and texture coordinate are taken for one
 *   tangents  out  [index_count][4]: a unit vector across the normal along which u grows, and the
 *                  sign of the bitangent, 1 or -1; may not overlap an input
 *   scratch        w3d_mesh_tangents_scratch_size(vertex_count, index_count) bytes
 *
 * Range   The result is that of mikktspace.c with its default threshold of 180 degrees and
 *         triangles only, the same bits. Corners are averaged, weighted by their angle, over the
 *         triangles around a vertex that are joined by edges and mapped the same way round; a
 *         mirrored map gives two tangents. A triangle without an area in the map joins its
 *         neighbours and adds nothing; a corner that no good triangle gives a tangent to has
 *         (1, 0, 0, -1). A triangle with two corners in one place takes the tangents of the first
 *         good triangle at the same vertex. NaN in a position or a texture coordinate makes a
 *         triangle one without an area in the map; NaN in a normal, or numbers so large that their
 *         products overflow, make NaN (0x7FC00000) of the tangents they take part in, the sign
 *         stays.
 *         Three things differ, each where mikktspace.c depends on the order of its own sorting: it
 *         leaves the edges of one vertex, the one its sorting has last, unsorted and may miss
 *         neighbours there; it welds nothing if a coordinate is infinite; and a zero may have the
 *         other sign where +0 and -0 were welded.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, counts
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(vertices + indices) time, O(vertices log vertices) for rows made to collide; scratch
 *         about 85 bytes a triangle and 24 a vertex. Around a vertex where tangents that should be
 *         joined point opposite ways, quadratic in the number of triangles joined.
 * Thread  Any; no state.
 * Source  Mikkelsen 2008, "Simulation of Wrinkled Surfaces Revisited", chapter 3 and its code. */
W3D_API w3d_result w3d_mesh_tangents(const w3d_mesh_tangents_desc *desc, float *tangents,
                                     w3d_arena scratch);

/* Scratch for a mesh; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_tangents_scratch_size(uint32_t vertex_count, uint32_t index_count);

#endif /* W3D_MESH_TANGENTS_H */
