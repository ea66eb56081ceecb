/* 15_codec.c - a mesh packed for the network as glTF's meshopt bitstreams, and read back.
 *
 *     cc -I. examples/15_codec.c -o codec -lm && ./codec
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 64, VERTICES = SIDE * SIDE, INDICES = 6 * (SIDE - 1) * (SIDE - 1) };

static float positions[VERTICES * 3], normals[VERTICES * 3];
static uint32_t indices[INDICES], indices_back[INDICES];
static uint16_t rows[VERTICES * 4], rows_back[VERTICES * 4];
static uint32_t packed_normals[VERTICES];

static void make_hill(void)
{
    uint32_t *corner = indices;
    for (uint32_t i = 0; i < VERTICES; i++) {
        float x = (float)(i % SIDE) / SIDE - 0.5f, y = (float)(i / SIDE) / SIDE - 0.5f;
        float *p = positions + 3 * i, *n = normals + 3 * i;
        p[0] = x, p[1] = y, p[2] = 0.25f - x * x - y * y;
        n[0] = 2 * x, n[1] = 2 * y, n[2] = 1.0f;
    }
    for (uint32_t y = 0; y + 1 < SIDE; y++)
        for (uint32_t x = 0; x + 1 < SIDE; x++) {
            uint32_t a = y * SIDE + x, quad[6] = { a, a + 1, a + SIDE, a + SIDE, a + 1, a + SIDE + 1 };
            for (int k = 0; k < 6; k++) *corner++ = quad[k];
        }
}

static void stop(const char *what)
{
    printf("%s\n", what);
    exit(1);
}

/* Room for what an encoder may need at most. */
static w3d_mesh_codec_buffer room(size_t bound)
{
    w3d_mesh_codec_buffer buffer = { malloc(bound), bound, 0 };
    if (!buffer.bytes) stop("out of memory");
    return buffer;
}

int main(void)
{
    make_hill();

    /* Floats to small integers: that is where all the loss is. */
    w3d_mesh_quantise_grid grid;
    w3d_mesh_quantise_grid_fit(positions, VERTICES, 14, &grid);
    w3d_mesh_quantise_grid_encode(&grid, positions, VERTICES, rows);
    w3d_mesh_codec_filter_desc filter = { W3D_MESH_CODEC_FILTER_OCTAHEDRAL, normals, VERTICES, 3, 4, 8,
                                          W3D_MESH_CODEC_EXPONENTS_ROW };
    w3d_mesh_codec_filter_encode(&filter, packed_normals);
    printf("grid of 14 bits: positions off by at most %.6f\n", (double)grid.step / 2);

    /* Integers to streams, without loss. */
    w3d_mesh_codec_vertex_desc desc = { rows, VERTICES, 8, 0 };
    w3d_mesh_codec_buffer vertex = room(w3d_mesh_codec_vertex_bound(VERTICES, 8));
    if (w3d_mesh_codec_vertex_encode(&desc, &vertex) != W3D_OK) stop("vertices");
    w3d_mesh_codec_vertex_desc normal_desc = { packed_normals, VERTICES, 4, 0 };
    w3d_mesh_codec_buffer normal = room(w3d_mesh_codec_vertex_bound(VERTICES, 4));
    if (w3d_mesh_codec_vertex_encode(&normal_desc, &normal) != W3D_OK) stop("normals");
    w3d_mesh_codec_buffer triangle = room(w3d_mesh_codec_index_bound_triangles(INDICES));
    if (w3d_mesh_codec_index_encode_triangles(indices, INDICES, &triangle) != W3D_OK) stop("triangles");
    printf("positions %zu -> %zu bytes, normals %zu -> %zu, triangles %zu -> %zu\n", sizeof positions,
           vertex.size, sizeof normals, normal.size, sizeof indices, triangle.size);

    /* And back. A stream that was damaged says where. */
    w3d_mesh_codec_stream from_vertex = { vertex.bytes, vertex.size, VERTICES, 8 };
    w3d_mesh_codec_stream from_triangle = { triangle.bytes, triangle.size, INDICES, 4 };
    w3d_error error;
    if (w3d_mesh_codec_vertex_decode(&from_vertex, rows_back, &error) != W3D_OK) stop(error.text);
    if (w3d_mesh_codec_index_decode_triangles(&from_triangle, indices_back, &error) != W3D_OK) stop(error.text);
    printf("rows are %s\n", w3d_equal(rows, rows_back, sizeof rows) ? "the same" : "different");
    from_vertex.size -= 100;
    if (w3d_mesh_codec_vertex_decode(&from_vertex, rows_back, &error) != W3D_OK)
        printf("100 bytes missing: %s\n", w3d_result_text(error.code));
    free(vertex.bytes), free(normal.bytes), free(triangle.bytes);
    return 0;
}
