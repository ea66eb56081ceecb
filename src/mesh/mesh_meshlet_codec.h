/* mesh_meshlet_codec.h - one meshlet as few bytes: its triangles and the vertices they name.
 *
 *     size_t most = w3d_mesh_meshlet_encode_bound(m.vertex_count, m.triangle_count);
 *     w3d_mesh_meshlet_encode(&source, block, most, &size);
 *     w3d_mesh_meshlet_decode(block, size, vertices, triangles, &counts);
 *
 * Made for meshlets in the order that w3d_mesh_meshlet_build gives. Vertices come back as they
 * were; so do triangles in their order, but the corners of one may be turned about (a b c as
 * b c a), which keeps its front.
 *
 * The format, version 1; numbers are little-endian.
 *
 *   u16 V - 1, with V 1 to 256; u16 T, 0 to 512
 *   T bytes, the codes of triangles
 *   ceil(V / 4) bytes, the sizes of vertices: two bits each, low bits first, as bytes - 1; the bits
 *       of a last byte that stand for no vertex are 0
 *   for every vertex 1 to 4 bytes: the difference from the vertex before, the first from 0, modulo
 *       2^32, as 2d for d >= 0 and -2d - 1 for d < 0
 *   the corners that the codes leave open, a byte each
 *
 * A code is e * 16 + c. Edges are kept of the triangles before: after triangle a b c the edges
 * c b, a c, b a are added, in that order, the last being edge 0; of these the last 15 count. With
 * e < 15 the triangle has edge e as its first two corners; the third is, for c = 0, the next new
 * vertex, that is, one above the highest so far, or 0; for c in 1 to 14, that highest minus c - 1;
 * for c = 15, a byte. With e = 15 no edge is shared: c = 0 is three new vertices, in order; c = 15
 * is three bytes; others are not used. */
#ifndef W3D_MESH_MESHLET_CODEC_H
#define W3D_MESH_MESHLET_CODEC_H

#include "core/base.h"

/* A meshlet to encode. */
typedef struct w3d_meshlet_source {
    const uint32_t *vertices;  /* [vertex_count]                     */
    const uint8_t  *triangles; /* [triangle_count][3] < vertex_count */
    uint32_t        vertex_count;   /* 1 to 256 */
    uint32_t        triangle_count; /* 0 to 512 */
} w3d_meshlet_source;

/* What there is room for, and then what there is. */
typedef struct w3d_meshlet_counts {
    uint32_t vertex_count;   /* in: rows of `vertices`; out: vertices   */
    uint32_t triangle_count; /* in: rows of `triangles`; out: triangles */
} w3d_meshlet_counts;

/* Bytes that are enough for every meshlet of that size. */
static inline size_t w3d_mesh_meshlet_encode_bound(uint32_t vertex_count, uint32_t triangle_count)
{
    return 4 + (size_t)triangle_count * 4 + (size_t)vertex_count * 4 + (vertex_count + 3u) / 4u;
}

/* Encodes one meshlet.
 *
 *   source    in   the meshlet; borrowed for the call
 *   dst       out  [capacity] bytes
 *   capacity  in   at least w3d_mesh_meshlet_encode_bound
 *   size      out  bytes written
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, counts out of range
 *         W3D_ERR_INDEX     a corner >= vertex_count
 *         W3D_ERR_CAPACITY  capacity below the bound
 * Cost    O(vertices + triangles) time, no memory. */
W3D_API w3d_result w3d_mesh_meshlet_encode(const w3d_meshlet_source *source, void *dst,
                                           size_t capacity, size_t *size);

/* Decodes one meshlet; any bytes may be given.
 *
 *   src        in      [size] bytes; what follows the meshlet is an error
 *   vertices   out     [counts->vertex_count]
 *   triangles  out     [counts->triangle_count][3], each below the vertices that came out
 *   counts     in/out  rows there is room for; then rows there are
 *
 * Errors  W3D_ERR_ARGUMENT   broken contract: pointers
 *         W3D_ERR_TRUNCATED  the data ends too early
 *         W3D_ERR_FORMAT     anything else that no encoder writes
 *         W3D_ERR_CAPACITY   more vertices or triangles than there is room for
 *         On an error of the data the rows may have been written to; the counts have not.
 * Cost    O(vertices + triangles) time, no memory. */
W3D_API w3d_result w3d_mesh_meshlet_decode(const void *src, size_t size, uint32_t *vertices,
                                           uint8_t *triangles, w3d_meshlet_counts *counts);

#endif /* W3D_MESH_MESHLET_CODEC_H */
