/* 23_polygon.c - a polygon with a hole and an island in it to triangles; one that crosses is refused.
 *
 *     cc -I. examples/23_polygon.c -o polygon && ./polygon
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

/* An outline, a hole whose corner touches it, an island in the hole; each either way round. */
static const float points[] = {
    0, 0, 8, 0, 8, 8, 0, 8, /* */
    0, 4, 6, 1, 6, 7,       /* */
    3, 4, 5, 5, 5, 3,       /* */
};
static const uint32_t rings[3] = { 4, 3, 3 };
static const uint32_t crossed[1] = { 4 };
static uint32_t indices[3 * 16];
static char scratch[4096];

static double twice_area(const uint32_t *t)
{
    const float *a = points + 2 * t[0], *b = points + 2 * t[1], *c = points + 2 * t[2];
    return (double)((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

int main(void)
{
    w3d_mesh_triangulate_holes_desc desc = { 0 };
    desc.positions = points;
    desc.vertex_count = 10;
    desc.dimensions = 2;
    desc.ring_sizes = rings;
    desc.ring_count = 3;
    w3d_mesh_triangles out = { indices, NULL, 16, 0, 0 };
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    if (w3d_mesh_triangulate_holes(&desc, &out, arena) != W3D_OK) return 1;

    double area = 0;
    for (uint32_t i = 0; i < out.triangle_count; i++) {
        const uint32_t *t = indices + 3 * i;
        printf("triangle %u %u %u\n", t[0], t[1], t[2]);
        area += twice_area(t) / 2;
    }
    printf("%u triangles, area %g of 64 - 18 + 2\n", out.triangle_count, area);

    const uint32_t order[4] = { 0, 2, 1, 3 }; /* an hourglass */
    desc.corners = order;
    desc.ring_sizes = crossed;
    desc.ring_count = 1;
    w3d_result result = w3d_mesh_triangulate_holes(&desc, &out, arena);
    printf("hourglass: %s\n", w3d_result_text(result));
    return result == W3D_ERR_FORMAT ? 0 : 1;
}
