/* 16_lod.c - levels of detail of one mesh, and which of them is drawn from where.
 *
 *     cc -I. examples/16_lod.c -o lod && ./lod
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 128, VERTICES = (SIDE + 1) * (SIDE + 1), INDICES = SIDE * SIDE * 6 };

/* A hilly landscape, ten metres wide. */
static void make_hills(float *positions, uint32_t *indices)
{
    for (int y = 0; y <= SIDE; y++)
        for (int x = 0; x <= SIDE; x++) {
            float *p = positions + 3 * (y * (SIDE + 1) + x);
            p[0] = 10.0f * (float)x / SIDE;
            p[2] = 10.0f * (float)y / SIDE;
            p[1] = w3d_math_sin(p[0]) * w3d_math_cos(0.7f * p[2]);
        }
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            uint32_t a = y * (SIDE + 1) + x, b = a + 1, c = a + SIDE + 1, d = c + 1;
            uint32_t cell[6] = { a, d, b, a, c, d };
            for (int k = 0; k < 6; k++) *indices++ = cell[k];
        }
}

int main(void)
{
    static float positions[3 * VERTICES];
    static uint32_t indices[INDICES], all[2 * INDICES];
    make_hills(positions, indices);

    w3d_mesh_view mesh = { positions, indices, VERTICES, INDICES, 0 };
    w3d_lod_level levels[8];
    w3d_mesh_lod_chain chain = { all, 2 * INDICES, levels, 8, 0, 0 };
    size_t size = w3d_mesh_simplify_scratch_size(VERTICES, INDICES, 0);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_lod_build(&mesh, NULL, &chain, w3d_arena_make(block, size));
    free(block);
    if (result != W3D_OK) {
        printf("%s\n", w3d_result_text(result));
        return 1;
    }
    for (uint32_t i = 0; i < chain.level_count; i++)
        printf("level %u: %5u triangles, error %.4f m\n", i, levels[i].index_count / 3,
               (double)levels[i].error);

    /* A 60 degree camera on 1080 lines; a pixel of error is allowed. */
    w3d_lod_view view = { 0, W3D_PI / 3.0f, 1080.0f, 1.0f, 1.0f };
    for (view.distance = 1.0f; view.distance < 5000.0f; view.distance *= 10.0f) {
        uint32_t level = w3d_mesh_lod_select(levels, chain.level_count, &view);
        printf("from %4.0f m: level %u, %.2f pixels\n", (double)view.distance, level,
               (double)w3d_mesh_lod_pixels(levels[level].error, &view));
    }
    return 0;
}
