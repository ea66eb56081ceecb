/* fuzz_mesh_order.c - any connectivity and any coordinates into the kernels that reorder. The first
 * bytes choose sizes; what comes back must be the same triangles. */
#include "mesh/mesh_measure.h"
#include "mesh/mesh_overdraw.h"
#include "mesh/mesh_shadow.h"
#include "mesh/mesh_spatial_sort.h"
#include "mesh/mesh_strips.h"
#include "mesh/mesh_vertex_cache.h"
#include "mesh/mesh_vertex_fetch.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) __builtin_trap();                                                        \
    } while (0)

/* A sum over triangles that does not depend on their order; with `turned`, not on where one starts. */
static uint64_t fingerprint(const uint32_t *indices, uint32_t count, int turned, int skip)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i + 2 < count; i += 3) {
        uint32_t a = indices[i], b = indices[i + 1], c = indices[i + 2];
        if (skip && (a == b || b == c || c == a)) continue;
        for (int turn = 0; turned && turn < 2 && (a > b || a > c); turn++) {
            uint32_t first = a;
            a = b, b = c, c = first;
        }
        uint64_t hash = (a + 1) * (uint64_t)0x9E3779B97F4A7C15u;
        hash = (hash ^ hash >> 29 ^ b) * 0xD6E8FEB86659FD93u;
        hash = (hash ^ hash >> 32 ^ c) * 0xD6E8FEB86659FD93u;
        sum += hash ^ hash >> 31;
    }
    return sum;
}

/* Coordinates: raw bits, or small whole numbers, or the odd ones. */
static float coordinate(uint32_t bits)
{
    static const uint32_t odd[8] = { 0x7FC00000u, 0x7F800000u, 0xFF800000u, 0x7F7FFFFFu,
                                     0xFF7FFFFFu, 1u,          0x80000000u, 0x00800000u };
    if (bits % 4 == 0) bits = odd[bits >> 8 & 7u];
    if (bits % 4 == 1) return (float)(bits >> 8 & 15u);
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 4096) return 0;
    uint32_t vertices = 1u + data[0], wide = data[1] & 1u, count;
    float threshold = 1.0f + (float)data[2] / 64.0f;
    w3d_mesh_strips_join join = (w3d_mesh_strips_join)(data[3] & 1u);
    data += 4, size -= 4;
    uint32_t indices_count = (uint32_t)size / 3 * 3;
    uint32_t *indices = (uint32_t *)malloc(indices_count * 4 + 4);
    uint32_t *out = (uint32_t *)malloc(indices_count * 8 + 64), *back, *remap;
    float *positions = (float *)malloc(vertices * 12);
    remap = (uint32_t *)malloc(vertices * 4);
    for (uint32_t i = 0; i < indices_count; i++) /* wide: most corners are vertex 0, a star */
        indices[i] = wide && i % 3 == 0 ? 0 : data[i] % vertices;
    for (uint32_t i = 0; i < vertices * 3; i++) {
        uint32_t bits = i * 2654435761u;
        for (size_t k = 0; k < 4 && size; k++) bits = bits * 257u ^ data[(i * 4 + k) % size];
        positions[i] = coordinate(bits);
    }
    w3d_mesh_view view = { positions, indices, vertices, indices_count, 0 };
    size_t room =
        w3d_mesh_vertex_cache_scratch_size(vertices, indices_count, W3D_MESH_VERTEX_CACHE_BEST);
    room += w3d_mesh_overdraw_scratch_size(vertices, indices_count);
    room += w3d_mesh_shadow_scratch_size(vertices);
    room += w3d_mesh_spatial_sort_scratch_size(vertices + indices_count);
    void *block = malloc(room);
    w3d_arena scratch = w3d_arena_make(block, room);
    uint64_t expected = fingerprint(indices, indices_count, 0, 0);

    for (int level = 0; level < 2; level++) {
        REQUIRE(w3d_mesh_vertex_cache(&view, (w3d_mesh_vertex_cache_level)level, out, scratch) ==
                W3D_OK);
        REQUIRE(fingerprint(out, indices_count, 0, 0) == expected);
    }
    w3d_mesh_overdraw_desc desc = { view, threshold };
    REQUIRE(w3d_mesh_overdraw(&desc, out, scratch) == W3D_OK);
    REQUIRE(fingerprint(out, indices_count, 0, 0) == expected);
    REQUIRE(w3d_mesh_spatial_sort_triangles(&view, out, scratch) == W3D_OK);
    REQUIRE(fingerprint(out, indices_count, 0, 0) == expected);
    REQUIRE(w3d_mesh_spatial_sort(&view, remap, scratch) == W3D_OK);
    REQUIRE(w3d_mesh_vertex_fetch(&view, out, remap, &count) == W3D_OK && count <= vertices);
    w3d_mesh_attribute position = { positions, 12, 0, W3D_ATTRIBUTE_FLOATS, 0.0f };
    w3d_mesh_weld_desc weld = { &position, 1, vertices, indices, indices_count };
    REQUIRE(w3d_mesh_shadow(&weld, out, scratch) == W3D_OK);
    for (uint32_t i = 0; i < indices_count; i++) REQUIRE(out[i] <= indices[i]);

    REQUIRE(w3d_mesh_strips(&view, join, out, &count) == W3D_OK);
    REQUIRE(count <= w3d_mesh_strips_bound(indices_count, join));
    back = (uint32_t *)malloc((size_t)w3d_mesh_strips_unpack_bound(count) * 4 + 4);
    REQUIRE(w3d_mesh_strips_unpack(out, count, back, &count) == W3D_OK);
    REQUIRE(fingerprint(back, count, 1, 0) == fingerprint(indices, indices_count, 1, 1));
    free(back);

    w3d_mesh_cache_model model = { vertices % 40, 3 + vertices % 70, 0 };
    w3d_mesh_cache_figures cache;
    w3d_mesh_fetch_figures fetch;
    REQUIRE(w3d_mesh_measure_cache(&view, &model, &cache, scratch) == W3D_OK);
    REQUIRE(cache.shaded >= cache.used && cache.shaded <= indices_count);
    REQUIRE(w3d_mesh_measure_fetch(&view, 1 + vertices, &fetch, scratch) == W3D_OK);
    if (size < 64 && vertices % 16 == 0) { /* 24 pictures: slow */
        void *pictures = malloc(w3d_mesh_measure_overdraw_scratch_size(vertices));
        w3d_mesh_overdraw_figures overdraw;
        REQUIRE(w3d_mesh_measure_overdraw(
                    &view, &overdraw,
                    w3d_arena_make(pictures, w3d_mesh_measure_overdraw_scratch_size(vertices))) ==
                W3D_OK);
        REQUIRE(overdraw.shaded >= overdraw.covered);
        free(pictures);
    }
    free(block), free(positions), free(remap), free(indices), free(out);
    return 0;
}
