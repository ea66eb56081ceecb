/* fuzz_polygon.c - any bytes as rings, whose triangles have to be sound, and as a mesh to smooth.
 *
 * First byte: bit 0: rings or mesh; bit 1: coordinates are signed bytes, which touch often, or
 * floats; bit 2: two dimensions or three. Rings: a byte for the number, their sizes, coordinates.
 * Mesh: a byte for weights and border, one for the vertices, coordinates, a byte for every index. */
#include "mesh/mesh_smooth.h"
#include "mesh/mesh_triangulate_holes.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1024 };

static void must(int condition)
{
    if (!condition) __builtin_trap();
}

static uint32_t read_rows(const uint8_t *data, size_t size, int bytes, float *rows, uint32_t most)
{
    uint32_t count = 0;
    size_t each = bytes ? 1 : 4;
    for (; count < most && size >= each; data += each, size -= each, count++) {
        if (bytes)
            rows[count] = (float)(int8_t)data[0];
        else
            memcpy(&rows[count], data, 4);
    }
    return count;
}

static void rings(const uint8_t *data, size_t size, int bytes, uint32_t dimensions)
{
    static float rows[MOST * 3];
    static uint32_t indices[MOST * 6];
    uint32_t sizes[16], ring_count, corners = 0;
    if (size < 17) return;
    ring_count = data[0] % 16 + 1u;
    for (uint32_t i = 0; i < ring_count; i++) corners += sizes[i] = data[1 + i] % 64u;
    data += 17, size -= 17;
    uint32_t vertices = read_rows(data, size, bytes, rows, MOST * 3) / dimensions;
    if (ring_count == 1) corners = sizes[0] = vertices;
    w3d_mesh_triangulate_holes_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.positions = rows;
    desc.vertex_count = vertices;
    desc.dimensions = dimensions;
    desc.ring_sizes = sizes;
    desc.ring_count = ring_count;
    desc.corner_numbers = 1;
    size_t need = w3d_mesh_triangulate_holes_scratch_size(corners, ring_count);
    uint32_t room = corners + 2 * ring_count;
    void *scratch = malloc(need);
    uint32_t *exact = (uint32_t *)malloc((size_t)room * 12);
    w3d_mesh_triangles out = { exact, NULL, room, 0, 0 };
    w3d_result result = w3d_mesh_triangulate_holes(&desc, &out, w3d_arena_make(scratch, need));
    must(result != W3D_ERR_CAPACITY && result != W3D_ERR_ARGUMENT);
    if (result == W3D_OK) {
        must(out.triangle_count <= room);
        for (uint32_t i = 0; i < out.triangle_count * 3; i++) must(exact[i] < corners);
        if (bytes && dimensions == 2) { /* all turn one way, which whole numbers can say */
            int left = 0, right = 0;
            for (uint32_t t = 0; t < out.triangle_count; t++) {
                const float *a = rows + 2 * exact[3 * t], *b = rows + 2 * exact[3 * t + 1];
                const float *c = rows + 2 * exact[3 * t + 2];
                float turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
                left |= turn > 0;
                right |= turn < 0;
            }
            must(!(left && right));
        }
    }
    memcpy(indices, exact, (size_t)(out.triangle_count < MOST * 2 ? out.triangle_count : 0) * 12);
    free(exact);
    free(scratch);
}

static void mesh(const uint8_t *data, size_t size, int bytes)
{
    static float rows[MOST];
    if (size < 3) return;
    uint32_t kind = data[0] % 6u, vertices = data[1] + 1u, iterations = data[2] % 4u;
    data += 3, size -= 3;
    size_t used = (size_t)vertices * (bytes ? 3 : 12);
    if (size < used || read_rows(data, size, bytes, rows, vertices * 3) < vertices * 3) return;
    data += used, size -= used;
    uint32_t count = size > 3 * MOST ? 3 * MOST : (uint32_t)(size - size % 3);
    uint32_t *indices = (uint32_t *)malloc((size_t)count * 4 + 4);
    uint32_t *points = (uint32_t *)malloc((size_t)vertices * 4);
    float *out = (float *)malloc((size_t)vertices * 12);
    for (uint32_t i = 0; i < count; i++) indices[i] = data[i] % vertices;
    for (uint32_t v = 0; v < vertices; v++) points[v] = v % 7 == 6 ? v - 6 : v;
    w3d_mesh_smooth_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.mesh.positions = rows;
    desc.mesh.vertex_count = vertices;
    desc.mesh.indices = indices;
    desc.mesh.index_count = count;
    desc.weights = (w3d_mesh_smooth_weights)(kind % 2);
    desc.border = (w3d_mesh_smooth_border)(kind / 2);
    desc.points = iterations & 1 ? points : NULL;
    desc.iterations = iterations;
    desc.mu = bytes ? -0.53f : 0.0f;
    size_t need = w3d_mesh_smooth_scratch_size(count, vertices);
    void *scratch = malloc(need);
    must(w3d_mesh_smooth(&desc, out, w3d_arena_make(scratch, need)) == W3D_OK);
    free(scratch);
    free(out);
    free(points);
    free(indices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    int bytes = data[0] >> 1 & 1;
    if (data[0] & 1)
        mesh(data + 1, size - 1, bytes);
    else
        rings(data + 1, size - 1, bytes, data[0] & 4 ? 2 : 3);
    return 0;
}
