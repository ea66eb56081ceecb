/* 04_render_png.c - a lit picture of a shape, drawn without a GPU and written as PNG.
 *
 *     cc -O2 -I. examples/04_render_png.c -o render && ./render
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

enum { AROUND = 96, ACROSS = 32, WIDTH = 480, HEIGHT = 320 };

static float positions[AROUND * ACROSS][3], normals[AROUND * ACROSS][3];
static uint32_t indices[AROUND * ACROSS * 6];
static unsigned char pixels[WIDTH * HEIGHT * 3];

/* A ring whose tube swells and shrinks five times on its way round. */
static void make_ring(void)
{
    uint32_t *index = indices;
    for (int i = 0; i < AROUND; i++) {
        for (int k = 0; k < ACROSS; k++) {
            float u = (float)i * (6.2831853f / AROUND), v = (float)k * (6.2831853f / ACROSS);
            float tube = 0.35f + 0.12f * w3d_math_cos(5.0f * u);
            float radius = 1.0f + tube * w3d_math_cos(v);
            float *p = positions[i * ACROSS + k];
            p[0] = radius * w3d_math_cos(u);
            p[1] = tube * w3d_math_sin(v);
            p[2] = radius * w3d_math_sin(u);
            uint32_t a = (uint32_t)(i * ACROSS + k), b = (uint32_t)(i * ACROSS + (k + 1) % ACROSS);
            uint32_t c = (uint32_t)((i + 1) % AROUND * ACROSS + k);
            uint32_t d = (uint32_t)((i + 1) % AROUND * ACROSS + (k + 1) % ACROSS);
            *index++ = a, *index++ = b, *index++ = d;
            *index++ = a, *index++ = d, *index++ = c;
        }
    }
}

static int fail(const char *what, w3d_result result)
{
    printf("%s: %s\n", what, w3d_result_text(result));
    return 1;
}

int main(void)
{
    make_ring();
    w3d_thumbnail_item item = { 0 };
    item.mesh.positions = &positions[0][0];
    item.mesh.indices = indices;
    item.mesh.vertex_count = AROUND * ACROSS;
    item.mesh.index_count = AROUND * ACROSS * 6;
    item.normals = &normals[0][0];
    item.world = w3d_mat4_identity();
    item.base_color[0] = 0.9f, item.base_color[1] = 0.35f, item.base_color[2] = 0.08f;
    item.base_color[3] = 1.0f;
    item.roughness = 0.25f;

    w3d_thumbnail_desc scene = { 0 };
    scene.items = &item, scene.item_count = 1;
    scene.width = WIDTH, scene.height = HEIGHT;
    w3d_image_view image = { pixels, WIDTH, HEIGHT, 3, 0 };
    w3d_png_write_desc png = { 0 };
    png.image = image;
    png.capacity = w3d_png_write_bound(&image);

    /* Each step says how much scratch it wants; one block of the largest serves them all. */
    size_t sizes[3], largest = 0;
    sizes[0] = w3d_mesh_normals_scratch_size(item.mesh.vertex_count);
    sizes[1] = w3d_thumbnail_scratch_size(&scene);
    sizes[2] = w3d_png_write_scratch_size(&image);
    for (int i = 0; i < 3; i++) largest = sizes[i] > largest ? sizes[i] : largest;
    w3d_arena scratch = w3d_arena_make(malloc(largest), largest);
    png.dst = malloc(png.capacity);
    if (!scratch.memory || !png.dst) return fail("memory", W3D_ERR_OUT_OF_MEMORY);

    w3d_result result = w3d_mesh_normals(&item.mesh, NULL, &normals[0][0], scratch);
    if (result != W3D_OK) return fail("normals", result);
    result = w3d_thumbnail(&scene, &image, scratch);
    if (result != W3D_OK) return fail("picture", result);
    size_t size;
    result = w3d_png_write(&png, &size, scratch, NULL);
    if (result != W3D_OK) return fail("PNG", result);

    FILE *file = fopen("ring.png", "wb");
    if (!file || fwrite(png.dst, 1, size, file) != size || fclose(file) != 0) return 1;
    printf("wrote ring.png: %d x %d, %d triangles, %d bytes\n", WIDTH, HEIGHT, AROUND * ACROSS * 2,
           (int)size);
    free(png.dst);
    free(scratch.memory);
    return 0;
}
