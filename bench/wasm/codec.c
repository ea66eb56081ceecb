/* codec.c - the glTF bitstreams for bench/wasm/codec.mjs and tests/oracle_meshopt.mjs. */
#include "mesh/mesh_codec_filter.h"
#include "mesh/mesh_codec_index.h"
#include "mesh/mesh_codec_vertex.h"

#define EXPORT(name) __attribute__((export_name(#name))) extern

EXPORT(bound) size_t bound(uint32_t mode, uint32_t count, uint32_t stride);
EXPORT(encode) size_t encode(uint32_t mode, const void *src, uint32_t count, uint32_t stride, uint32_t version, void *out);
EXPORT(decode) int decode(uint32_t mode, const void *bytes, size_t size, uint32_t count, uint32_t stride, void *out);
EXPORT(filter) int filter(uint32_t filter, void *rows, uint32_t count, uint32_t stride);
EXPORT(unfilter) int unfilter(uint32_t filter, const float *src, uint32_t count, uint32_t components, uint32_t stride, uint32_t bits, uint32_t exponents, void *rows);

size_t bound(uint32_t mode, uint32_t count, uint32_t stride)
{
    return mode == 0   ? w3d_mesh_codec_vertex_bound(count, stride)
           : mode == 1 ? w3d_mesh_codec_index_bound_triangles(count)
                       : w3d_mesh_codec_index_bound_sequence(count);
}

/* Bytes written; 0: an error. Indices are 32 bits wide. */
size_t encode(uint32_t mode, const void *src, uint32_t count, uint32_t stride, uint32_t version, void *out)
{
    w3d_mesh_codec_buffer buffer = { out, bound(mode, count, stride), 0 };
    w3d_mesh_codec_vertex_desc desc = { src, count, stride, version };
    w3d_result result = mode == 0   ? w3d_mesh_codec_vertex_encode(&desc, &buffer)
                        : mode == 1 ? w3d_mesh_codec_index_encode_triangles((const uint32_t *)src, count, &buffer)
                                    : w3d_mesh_codec_index_encode_sequence((const uint32_t *)src, count, &buffer);
    return result == W3D_OK ? buffer.size : 0;
}

int decode(uint32_t mode, const void *bytes, size_t size, uint32_t count, uint32_t stride, void *out)
{
    w3d_mesh_codec_stream stream = { bytes, size, count, stride };
    return (int)(mode == 0   ? w3d_mesh_codec_vertex_decode(&stream, out, NULL)
                 : mode == 1 ? w3d_mesh_codec_index_decode_triangles(&stream, out, NULL)
                             : w3d_mesh_codec_index_decode_sequence(&stream, out, NULL));
}

int filter(uint32_t filter, void *rows, uint32_t count, uint32_t stride)
{
    return (int)w3d_mesh_codec_filter_decode((w3d_mesh_codec_filter)filter, rows, count, stride);
}

int unfilter(uint32_t filter, const float *src, uint32_t count, uint32_t components, uint32_t stride,
             uint32_t bits, uint32_t exponents, void *rows)
{
    w3d_mesh_codec_filter_desc desc = { (w3d_mesh_codec_filter)filter, src, count, components, stride,
                                        bits, (w3d_mesh_codec_exponents)exponents };
    return (int)w3d_mesh_codec_filter_encode(&desc, rows);
}
