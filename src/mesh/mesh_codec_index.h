/* mesh_codec_index.h - indices to and from the modes TRIANGLES and INDICES.
 *
 *     w3d_mesh_codec_buffer buffer = { memory, w3d_mesh_codec_index_bound_triangles(count), 0 };
 *     w3d_mesh_codec_index_encode_triangles(indices, count, &buffer);
 *     w3d_mesh_codec_stream stream = { buffer.bytes, buffer.size, count, 4 };
 *     w3d_mesh_codec_index_decode_triangles(&stream, indices, NULL);
 *
 * Triangles ordered for the vertex cache, and vertices by their first use, take little more than a
 * byte a triangle. The corners of a triangle may come back rotated (b, c, a): order, orientation
 * and everything else is kept. INDICES keeps every index where it is. */
#ifndef W3D_MESH_CODEC_INDEX_H
#define W3D_MESH_CODEC_INDEX_H

#include "mesh/mesh_codec.h"

/* Reads a triangle list, versions 0 (0xE0) and 1 (0xE1).
 *
 *   stream  in   the bytes; stride is 2 or 4, count a multiple of 3
 *   out     out  [count] uint16_t or uint32_t, by the stride, and aligned to it; for 2 the low 16
 *                bits of each index are kept
 *   error   out  what is wrong and where; or NULL
 *
 * Range   Indices may have any value: nothing here says how many vertices there are.
 * Errors  W3D_ERR_ARGUMENT     broken contract: pointers, stride, count % 3
 *         W3D_ERR_TRUNCATED    the triangles need more bytes than there are
 *         W3D_ERR_UNSUPPORTED  not such a stream, or a version above 1
 *         W3D_ERR_FORMAT       a number of more than five bytes, a reference to an edge or vertex
 *                              before the first, a bad table, or bytes left over
 * Cost    O(bytes) time, 4 KB of stack.
 * Source  KHR_meshopt_compression, appendix A, mode 1. */
W3D_API w3d_result w3d_mesh_codec_index_decode_triangles(const w3d_mesh_codec_stream *stream,
                                                         void *out, w3d_error *error);

/* Reads a sequence of indices, versions 0 (0xD0) and 1 (0xD1), which are the same.
 *
 *   stream  in   the bytes; stride is 2 or 4
 *   out     out  [count] uint16_t or uint32_t, by the stride, and aligned to it
 *   error   out  what is wrong and where; or NULL
 *
 * Errors  as above
 * Source  KHR_meshopt_compression, appendix A, mode 2. */
W3D_API w3d_result w3d_mesh_codec_index_decode_sequence(const w3d_mesh_codec_stream *stream,
                                                        void *out, w3d_error *error);

/* Writes a triangle list, version 1.
 *
 *   indices  in   [count], any values
 *   buffer   out  capacity must be w3d_mesh_codec_index_bound_triangles(count) or more
 *
 * Range   The bytes equal those of meshoptimizer's encoder.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, count % 3
 *         W3D_ERR_CAPACITY  the buffer is smaller than the bound
 * Cost    O(count) time, no memory. */
W3D_API w3d_result w3d_mesh_codec_index_encode_triangles(const uint32_t *indices, uint32_t count,
                                                         w3d_mesh_codec_buffer *buffer);

/* Writes a sequence of indices, version 1.
 *
 * Range   The bytes equal those of meshoptimizer's encoder where that is lossless.
 * Errors  as above, and W3D_ERR_RANGE: an index is 2^30 or more away from the last of either
 *         baseline, which the format can't say; bytes of the buffer may have been written then,
 *         its size has not. */
W3D_API w3d_result w3d_mesh_codec_index_encode_sequence(const uint32_t *indices, uint32_t count,
                                                        w3d_mesh_codec_buffer *buffer);

/* The most bytes that many indices can take; SIZE_MAX where no memory could hold them. */
W3D_API size_t w3d_mesh_codec_index_bound_triangles(uint32_t count);
W3D_API size_t w3d_mesh_codec_index_bound_sequence(uint32_t count);

#endif /* W3D_MESH_CODEC_INDEX_H */
