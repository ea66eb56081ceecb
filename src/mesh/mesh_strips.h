/* mesh_strips.h - triangle strips from lists of triangles, and back.
 *
 *     uint32_t capacity = w3d_mesh_strips_bound(index_count, W3D_MESH_STRIPS_JOIN_RESTART);
 *     w3d_mesh_strips(&mesh, W3D_MESH_STRIPS_JOIN_RESTART, strip, &strip_count);
 *     w3d_mesh_strips_unpack(strip, strip_count, indices, &index_count);
 *
 * In a strip every index after the second makes a triangle with the two before it; every other one
 * is turned about. Strips are joined by a restart index, as WebGPU's primitive restart takes it
 * (0xFFFFFFFF for 32-bit indices), or, where there is no such thing, by repeated indices, which
 * make triangles without area. */
#ifndef W3D_MESH_STRIPS_H
#define W3D_MESH_STRIPS_H

#include "mesh/mesh_view.h"

#define W3D_MESH_STRIPS_RESTART 0xFFFFFFFFu

typedef enum w3d_mesh_strips_join {
    W3D_MESH_STRIPS_JOIN_RESTART = 0, /* W3D_MESH_STRIPS_RESTART between strips */
    W3D_MESH_STRIPS_JOIN_REPEAT       /* the last and the next first index, once or twice each */
} w3d_mesh_strips_join;

/* Writes triangles as strips, in about the order they have: only the next 8 are looked at, so
 * an order made for the vertex cache keeps its worth.
 *
 *   mesh       in   indices and counts are used; no index may be W3D_MESH_STRIPS_RESTART
 *   join       in
 *   out        out  [w3d_mesh_strips_bound] or fewer are written; must not overlap the indices
 *   out_count  out  how many
 *
 * Range   Unpacked, the strip gives the same triangles as often, each turned about its middle (a
 *         b c may become b c a), never mirrored. Triangles with two equal corners are left out: a
 *         strip cannot tell them from joints.
 * Errors  W3D_ERR_ARGUMENT  broken contract
 *         W3D_ERR_INDEX     an index >= vertex_count
 * Cost    O(indices) time, no memory. */
W3D_API w3d_result w3d_mesh_strips(const w3d_mesh_view *mesh, w3d_mesh_strips_join join,
                                   uint32_t *out, uint32_t *out_count);

/* The most indices that strips of so many list indices can have; saturates at UINT32_MAX. */
W3D_API uint32_t w3d_mesh_strips_bound(uint32_t index_count, w3d_mesh_strips_join join);

/* Writes the triangles of strips as a list.
 *
 *   strip      in   [strip_count]; W3D_MESH_STRIPS_RESTART begins a new strip wherever it stands
 *   out        out  [w3d_mesh_strips_unpack_bound(strip_count)] or fewer are written; must not
 *                   overlap the strip
 *   out_count  out  how many: a multiple of 3
 *
 * Range   Triangles with two equal corners are left out. Any indices are taken, and short strips.
 * Errors  W3D_ERR_ARGUMENT  broken contract
 *         W3D_ERR_LIMIT     the list could have 2^32 indices or more
 * Cost    O(indices) time, no memory. */
W3D_API w3d_result w3d_mesh_strips_unpack(const uint32_t *strip, uint32_t strip_count,
                                          uint32_t *out, uint32_t *out_count);

/* The most indices that unpacking can give; saturates at UINT32_MAX. */
W3D_API uint32_t w3d_mesh_strips_unpack_bound(uint32_t strip_count);

#endif /* W3D_MESH_STRIPS_H */
