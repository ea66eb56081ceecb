/* fuzz_mesh_codec.c - any bytes as a stream of every mode, and as rows and indices to be encoded,
 * which must come back. The first bytes say which: mode, count, stride, filter. */
#include "mesh/mesh_codec_filter.h"
#include "mesh/mesh_codec_index.h"
#include "mesh/mesh_codec_vertex.h"
#include "mesh/mesh_quantise.h"

#include <stdlib.h>
#include <string.h>

/* A stream of its exact size into an output of its exact size. */
static void decode(unsigned mode, const uint8_t *data, size_t size, uint32_t count, uint32_t stride)
{
    uint8_t *bytes = (uint8_t *)malloc(size + 1);
    uint8_t *out = (uint8_t *)malloc((size_t)count * stride + 1);
    w3d_mesh_codec_stream stream = { bytes, size, count, stride };
    w3d_error error = { W3D_OK, 0, NULL };
    uint8_t *tight = (uint8_t *)realloc(bytes, size ? size : 1);
    stream.bytes = tight;
    memcpy(tight, data, size);
    w3d_result result = mode == 0   ? w3d_mesh_codec_vertex_decode(&stream, out, &error)
                        : mode == 1 ? w3d_mesh_codec_index_decode_triangles(&stream, out, &error)
                                    : w3d_mesh_codec_index_decode_sequence(&stream, out, &error);
    if (result != W3D_OK && (error.code != result || !error.text || error.offset > size)) __builtin_trap();
    free(tight), free(out);
}

static void round_trip(unsigned mode, const uint8_t *data, size_t size, uint32_t stride, uint32_t version)
{
    if (mode) stride = 4;
    uint32_t count = (uint32_t)(size / stride);
    if (mode == 1) count -= count % 3;
    uint32_t *rows = (uint32_t *)malloc(size + 4), *back = (uint32_t *)malloc(size + 4);
    memcpy(rows, data, size);
    size_t bound = mode == 0   ? w3d_mesh_codec_vertex_bound(count, stride)
                   : mode == 1 ? w3d_mesh_codec_index_bound_triangles(count)
                               : w3d_mesh_codec_index_bound_sequence(count);
    w3d_mesh_codec_vertex_desc desc = { rows, count, stride, version };
    w3d_mesh_codec_buffer buffer = { malloc(bound), bound, 0 };
    w3d_result result = mode == 0   ? w3d_mesh_codec_vertex_encode(&desc, &buffer)
                        : mode == 1 ? w3d_mesh_codec_index_encode_triangles(rows, count, &buffer)
                                    : w3d_mesh_codec_index_encode_sequence(rows, count, &buffer);
    if (result == W3D_OK) {
        w3d_mesh_codec_stream stream = { buffer.bytes, buffer.size, count, stride };
        result = mode == 0   ? w3d_mesh_codec_vertex_decode(&stream, back, NULL)
                 : mode == 1 ? w3d_mesh_codec_index_decode_triangles(&stream, back, NULL)
                             : w3d_mesh_codec_index_decode_sequence(&stream, back, NULL);
        if (result != W3D_OK || buffer.size > bound) __builtin_trap();
        for (uint32_t i = 0; mode == 1 && i < count; i += 3) { /* turned, or not */
            uint32_t *a = rows + i, *b = back + i, turn = 0;
            while (turn < 3 && (b[0] != a[turn] || b[1] != a[(turn + 1) % 3] || b[2] != a[(turn + 2) % 3])) turn++;
            if (turn == 3) __builtin_trap();
        }
        if (mode != 1 && memcmp(rows, back, (size_t)count * stride)) __builtin_trap();
    } else if (mode != 2 || result != W3D_ERR_RANGE) {
        __builtin_trap();
    }
    free(buffer.bytes), free(rows), free(back);
}

/* Floats of any bits, filtered and back, and quantised. */
static void filters(unsigned filter, const uint8_t *data, size_t size, uint32_t stride, uint32_t bits)
{
    uint32_t count = (uint32_t)(size / 16), wide = stride == 4 ? 4 : 8;
    float *src = (float *)malloc(size + 16);
    uint32_t *rows = (uint32_t *)malloc(size + 16);
    memcpy(src, data, size);
    uint32_t least = filter % 4 == 2 ? 1 : 4, most = filter % 4 == 2 ? 24 : stride == 4 && filter % 4 != 1 ? 8 : 16;
    if (filter % 4 == 1) wide = 8;
    bits = least + bits % (most - least + 1);
    w3d_mesh_codec_filter_desc desc = { (w3d_mesh_codec_filter)(1 + filter % 4), src, count, 4,
                                        filter % 4 == 2 ? 16 : wide, bits, (w3d_mesh_codec_exponents)(bits % 4) };
    if (w3d_mesh_codec_filter_encode(&desc, rows) != W3D_OK ||
        w3d_mesh_codec_filter_decode(desc.filter, rows, count, desc.stride) != W3D_OK)
        __builtin_trap();
    memcpy(rows, data, size);
    w3d_mesh_codec_filter_decode(desc.filter, rows, (uint32_t)(size / desc.stride), desc.stride);
    w3d_mesh_quantise_grid grid;
    bits = 2 + bits % 15;
    if (w3d_mesh_quantise_grid_fit(src, (uint32_t)(size / 12), bits, &grid) == W3D_OK) {
        uint16_t *grid_rows = (uint16_t *)malloc(size + 16);
        if (w3d_mesh_quantise_grid_encode(&grid, src, (uint32_t)(size / 12), grid_rows) != W3D_OK) __builtin_trap();
        free(grid_rows);
    }
    w3d_mesh_quantise_octahedral_encode(src, (uint32_t)(size / 12), bits, rows);
    w3d_mesh_quantise_values_encode((w3d_quantise_kind)(bits % 5), src, (uint32_t)(size / 4), rows);
    free(src), free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 6) return 0;
    unsigned what = data[0] % 8, mode = what % 3;
    uint32_t count = data[1] | (data[2] & 7u) << 8, stride = 4 * (1 + data[3] % 64u), bits = data[4] % 26u;
    unsigned head = data[5];
    data += 6, size -= 6;
    if (what < 3) {
        /* Most first bytes are no magic: put one there, and sizes are what the count asks for. */
        uint8_t *copy = (uint8_t *)malloc(size + 1);
        memcpy(copy, data, size);
        if (size && head < 250) copy[0] = (uint8_t)((mode == 0 ? 0xA0u : mode == 1 ? 0xE0u : 0xD0u) + (head & 1u));
        if (mode == 1) count -= count % 3;
        if (mode == 1 && size > 16 && head & 2u) /* a table that is allowed */
            for (size_t i = 0; i < 16; i++) copy[size - 16 + i] = (uint8_t)(i < 14 ? copy[size - 16 + i] & 0x77u : 0);
        decode(mode, copy, size, count, mode ? (stride & 4u ? 4u : 2u) : stride);
        free(copy);
    } else if (what < 6) {
        round_trip(mode, data, size, stride, head & 1u);
    } else {
        filters(head, data, size, stride, bits);
    }
    return 0;
}
