/* 17_optimise.c - a mesh in the order a GPU likes: vertex cache, overdraw, fetch, and strips.
 *
 *     cc -I. examples/17_optimise.c -o optimise && ./optimise
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { SIDE = 32, VERTICES = (SIDE + 1) * (SIDE + 1), INDICES = SIDE * SIDE * 6 };

static float positions[VERTICES][3], sorted_positions[VERTICES][3];
static uint32_t indices[INDICES], cached[INDICES], sorted[INDICES], strip[INDICES / 3 * 4];
static uint32_t remap[VERTICES];
static unsigned char block[1 << 20];

static void print(const char *what, const uint32_t *order)
{
    w3d_mesh_view view = { positions[0], order, VERTICES, INDICES, 0 };
    w3d_mesh_cache_figures cache;
    w3d_mesh_overdraw_figures overdraw;
    w3d_mesh_fetch_figures fetch;
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_measure_cache(&view, NULL, &cache, scratch);
    w3d_mesh_measure_overdraw(&view, &overdraw, scratch);
    w3d_mesh_measure_fetch(&view, sizeof positions[0], &fetch, scratch);
    printf("%-14s each vertex shaded %.2f times, each pixel %.2f, bytes fetched %.2f\n", what,
           (double)cache.atvr, (double)overdraw.overdraw, (double)fetch.overfetch);
}

int main(void)
{
    /* A bumpy sheet whose triangles come in a bad order. */
    for (int i = 0; i < VERTICES; i++) {
        int x = i % (SIDE + 1), y = i / (SIDE + 1);
        positions[i][0] = (float)x;
        positions[i][1] = (float)y;
        positions[i][2] = 4.0f * w3d_math_sin(0.8f * (float)x) * w3d_math_cos(0.6f * (float)y);
    }
    for (uint32_t i = 0; i < INDICES / 3; i++) {
        uint32_t triangle = i * 769 % (INDICES / 3), cell = triangle / 2;
        uint32_t a = cell / SIDE * (SIDE + 1) + cell % SIDE, c = a + SIDE + 2;
        indices[3 * i] = a;
        indices[3 * i + 1] = triangle % 2 ? c : a + 1;
        indices[3 * i + 2] = triangle % 2 ? a + SIDE + 1 : c;
    }
    print("as it came:", indices);

    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_view view = { positions[0], indices, VERTICES, INDICES, 0 };
    if (w3d_mesh_vertex_cache(&view, W3D_MESH_VERTEX_CACHE_FAST, cached, scratch) != W3D_OK)
        return 1;
    print("vertex cache:", cached);

    w3d_mesh_overdraw_desc desc = { view, 1.05f };
    desc.mesh.indices = cached;
    if (w3d_mesh_overdraw(&desc, sorted, scratch) != W3D_OK) return 1;
    print("overdraw:", sorted);

    uint32_t used;
    view.indices = sorted;
    if (w3d_mesh_vertex_fetch(&view, sorted, remap, &used) != W3D_OK) return 1;
    w3d_mesh_vertex_fetch_rows_desc rows = { remap, VERTICES, used, positions, 12, 0, 0 };
    if (w3d_mesh_vertex_fetch_rows(&rows, sorted_positions) != W3D_OK) return 1;
    w3d_copy(positions, sorted_positions, sizeof positions);
    print("vertex fetch:", sorted);

    uint32_t strip_count;
    if (w3d_mesh_strips(&view, W3D_MESH_STRIPS_JOIN_RESTART, strip, &strip_count) != W3D_OK)
        return 1;
    printf("as strips: %u indices instead of %u\n", (unsigned)strip_count, (unsigned)INDICES);
    return 0;
}
