/* 24_smooth.c - takes the noise off a tube: the Laplacian shrinks it, Taubin's two steps do not.
 *
 *     cc -I. examples/24_smooth.c -o smooth && ./smooth
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { AROUND = 24, ALONG = 16, VERTICES = AROUND * (ALONG + 1), INDICES = AROUND * ALONG * 6 };

static float positions[VERTICES][3], out[VERTICES][3];
static uint32_t indices[INDICES];
static char scratch[200000];

/* Mean distance from the axis in the middle of the tube, and how far it strays from that. */
static void report(const char *name, float rows[][3])
{
    float mean = 0, stray = 0;
    const int begin = AROUND * 4, end = AROUND * 13;
    for (int pass = 0; pass < 2; pass++)
        for (int v = begin; v < end; v++) {
            float r = w3d_sqrtf(rows[v][0] * rows[v][0] + rows[v][1] * rows[v][1]);
            if (pass == 0)
                mean += r / (float)(end - begin);
            else
                stray += (r - mean) * (r - mean) / (float)(end - begin);
        }
    printf("%-10s radius %.3f, noise %.4f\n", name, (double)mean, (double)w3d_sqrtf(stray));
}

int main(void)
{
    uint32_t random = 1, *index = indices;
    for (int v = 0; v < VERTICES; v++) {
        float angle = 2.0f * W3D_PI * (float)(v % AROUND) / AROUND;
        random = random * 1664525u + 1013904223u;
        float r = 1.0f + 0.1f * ((float)(random >> 8) / 16777216.0f - 0.5f);
        positions[v][0] = r * w3d_math_cos(angle);
        positions[v][1] = r * w3d_math_sin(angle);
        positions[v][2] = 0.25f * (float)(v / AROUND);
    }
    for (uint32_t y = 0; y < ALONG; y++)
        for (uint32_t x = 0; x < AROUND; x++) {
            uint32_t a = y * AROUND + x, b = y * AROUND + (x + 1) % AROUND;
            *index++ = a, *index++ = b, *index++ = b + AROUND;
            *index++ = a, *index++ = b + AROUND, *index++ = a + AROUND;
        }
    w3d_mesh_smooth_desc desc = { 0 }; /* zero: uniform weights, the border pinned */
    desc.mesh.positions = &positions[0][0];
    desc.mesh.vertex_count = VERTICES;
    desc.mesh.indices = indices;
    desc.mesh.index_count = INDICES;
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    report("before", positions);

    desc.iterations = 20;
    if (w3d_mesh_smooth(&desc, &out[0][0], arena) != W3D_OK) return 1;
    report("laplacian", out);

    desc.iterations = 10;
    desc.mu = -0.53f;
    if (w3d_mesh_smooth(&desc, &out[0][0], arena) != W3D_OK) return 1;
    report("taubin", out);

    desc.border = W3D_MESH_SMOOTH_ALONG; /* the two ends are smoothed as curves of their own */
    if (w3d_mesh_smooth(&desc, &out[0][0], arena) != W3D_OK) return 1;
    report("ends too", out);
    return 0;
}
