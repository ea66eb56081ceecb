/* mesh_codec_vertex.h - arrays of rows to and from the mode ATTRIBUTES: lossless, byte by byte.
 *
 *     w3d_mesh_codec_vertex_desc desc = { rows, count, stride, 0 };
 *     w3d_mesh_codec_buffer buffer = { memory, w3d_mesh_codec_vertex_bound(count, stride), 0 };
 *     w3d_mesh_codec_vertex_encode(&desc, &buffer);
 *     w3d_mesh_codec_stream stream = { buffer.bytes, buffer.size, count, stride };
 *     w3d_mesh_codec_vertex_decode(&stream, rows, NULL);
 *
 * Neighbouring rows should be alike: order vertices by their first use, and quantise them. */
#ifndef W3D_MESH_CODEC_VERTEX_H
#define W3D_MESH_CODEC_VERTEX_H

#include "mesh/mesh_codec.h"

/* Reads a stream of version 0 (EXT) or 1 (KHR).
 *
 *   stream  in   the bytes; stride is a multiple of 4, 4 to 256
 *   out     out  [count][stride] rows, exactly; must not overlap the stream; any alignment
 *   error   out  what is wrong and where; or NULL
 *
 * Errors  W3D_ERR_ARGUMENT     broken contract: pointers, stride
 *         W3D_ERR_TRUNCATED    the rows need more bytes than there are
 *         W3D_ERR_UNSUPPORTED  not such a stream, or a version above 1
 *         W3D_ERR_FORMAT       bytes are left over, or a channel mode that does not exist
 * Cost    O(bytes) time, 13 KB of stack.
 * Source  KHR_meshopt_compression, appendix A, mode 0. */
W3D_API w3d_result w3d_mesh_codec_vertex_decode(const w3d_mesh_codec_stream *stream, void *out,
                                                w3d_error *error);

typedef struct w3d_mesh_codec_vertex_desc {
    const void *rows; /* [count][stride], any alignment                                       */
    uint32_t count;
    uint32_t stride;  /* a multiple of 4, 4 to 256                                         */
    uint32_t version; /* 0: EXT and KHR readers; 1: smaller, KHR readers alone             */
} w3d_mesh_codec_vertex_desc;

/* Writes a stream.
 *
 *   desc    in   the rows
 *   buffer  out  capacity must be w3d_mesh_codec_vertex_bound(count, stride) or more
 *
 * Range   Version 0: every group packed the shortest way, and of two that are as short that of the
 *         group before; the bytes equal those of meshoptimizer 1.3. Version 1 tries byte
 *         deltas, 16-bit deltas and rotated exclusive or for every four bytes of the row on a
 *         sample of the rows, and packs each byte column the shortest way.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, version
 *         W3D_ERR_CAPACITY  the buffer is smaller than the bound
 * Cost    O(bytes) time, 4 KB of stack. */
W3D_API w3d_result w3d_mesh_codec_vertex_encode(const w3d_mesh_codec_vertex_desc *desc,
                                                w3d_mesh_codec_buffer *buffer);

/* The most bytes an encoded array can take; SIZE_MAX where no memory could hold them or the stride
 * is not allowed. */
W3D_API size_t w3d_mesh_codec_vertex_bound(uint32_t count, uint32_t stride);

#endif /* W3D_MESH_CODEC_VERTEX_H */
