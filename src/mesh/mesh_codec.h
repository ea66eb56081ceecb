/* mesh_codec.h - vertex and index arrays as the bitstreams of the glTF extensions
 * EXT_meshopt_compression and KHR_meshopt_compression.
 *
 * A glTF buffer view names a mode, a filter, a count and a stride. Reading one:
 *
 *     w3d_mesh_codec_stream stream = { bytes, size, count, stride };
 *     mode ATTRIBUTES   w3d_mesh_codec_vertex_decode(&stream, out, &error)
 *     mode TRIANGLES    w3d_mesh_codec_index_decode_triangles(&stream, out, &error)
 *     mode INDICES      w3d_mesh_codec_index_decode_sequence(&stream, out, &error)
 *     then, in place    w3d_mesh_codec_filter_decode(filter, out, count, stride)
 *
 * Writing goes the other way: filter the floats, then encode. The streams are lossless; what is
 * lost is lost in a filter or in quantisation (mesh_quantise.h) before. They leave out entropy
 * coding on purpose: put gzip, brotli or zstd on top.
 *
 * Decoders take any bytes: a stream that is cut, too long or not well-formed gives an error with
 * the offset of the first byte that is wrong, and no byte outside the stream or the output is
 * touched; an output that no memory could hold (count * stride) is a broken contract. As what comes
 * out is checked while it comes out, the *contents* of the output array are undefined after an
 * error. Whether indices lie inside a vertex array is the caller's to check.
 *
 * Source  the specifications of both extensions, appendix A (bitstreams) and B (filters). */
#ifndef W3D_MESH_CODEC_H
#define W3D_MESH_CODEC_H

#include "core/base.h"

typedef enum w3d_mesh_codec_mode {
    W3D_MESH_CODEC_ATTRIBUTES = 0, /* "ATTRIBUTES": rows of bytes, stride 4 to 256     */
    W3D_MESH_CODEC_TRIANGLES,      /* "TRIANGLES": three indices each, stride 2 or 4   */
    W3D_MESH_CODEC_INDICES         /* "INDICES": any indices, stride 2 or 4            */
} w3d_mesh_codec_mode;

typedef enum w3d_mesh_codec_filter {
    W3D_MESH_CODEC_FILTER_NONE = 0,    /* "NONE"                                              */
    W3D_MESH_CODEC_FILTER_OCTAHEDRAL,  /* "OCTAHEDRAL": unit vectors, stride 4 or 8           */
    W3D_MESH_CODEC_FILTER_QUATERNION,  /* "QUATERNION": unit quaternions, stride 8            */
    W3D_MESH_CODEC_FILTER_EXPONENTIAL, /* "EXPONENTIAL": floats, stride a multiple of 4       */
    W3D_MESH_CODEC_FILTER_COLOR        /* "COLOR": RGBA, stride 4 or 8; KHR only              */
} w3d_mesh_codec_filter;

/* Bytes to decode and what they are said to hold. */
typedef struct w3d_mesh_codec_stream {
    const void *bytes;
    size_t size;     /* of exactly this stream: its end is found from it   */
    uint32_t count;  /* rows, or indices                                   */
    uint32_t stride; /* bytes of a row, or of an index                     */
} w3d_mesh_codec_stream;

/* Where an encoder writes. */
typedef struct w3d_mesh_codec_buffer {
    void *bytes;
    size_t capacity; /* at least what the encoder's bound function says       */
    size_t size;     /* out: bytes written                                    */
} w3d_mesh_codec_buffer;

#endif /* W3D_MESH_CODEC_H */
