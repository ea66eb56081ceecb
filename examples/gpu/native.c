/* native.c - runs a GPU example in software: eight frames, the last one as a PNG. Included before the
 * example, so that both are one file and the compiler leaves out what neither calls. */
#define WASM3D_IMPLEMENTATION
#include "examples/gpu/example.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 480, HEIGHT = 320, FRAMES = 8 };

static int fail(w3d_gpu *gpu, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, gpu ? w3d_gpu_message(gpu) : "no device");
    return 1;
}

/* The surface's pixels into a file. */
static int write_picture(w3d_gpu *gpu, const char *path)
{
    static unsigned char pixels[WIDTH * HEIGHT * 4];
    w3d_gpu_texture_region whole = { 0 };
    w3d_gpu_download download;
    size_t size, bound, scratch_size;
    if (w3d_gpu_read_texture(gpu, &whole, &download) || w3d_gpu_submit(gpu) ||
        w3d_gpu_download_take(gpu, download, pixels, sizeof pixels, &size)) return 0;
    w3d_png_write_desc desc = { 0 };
    desc.image = (w3d_image_view){ pixels, WIDTH, HEIGHT, 4, 0 };
    bound = w3d_png_write_bound(&desc.image), scratch_size = w3d_png_write_scratch_size(&desc.image);
    void *file = malloc(bound), *scratch = malloc(scratch_size);
    desc.dst = file, desc.capacity = bound;
    FILE *out = fopen(path, "wb");
    int good = out && file && scratch && w3d_png_write(&desc, &size, w3d_arena_make(scratch, scratch_size), NULL) == W3D_OK &&
               fwrite(file, 1, size, out) == size;
    if (out) good = fclose(out) == 0 && good;
    free(file);
    free(scratch);
    return good;
}

int main(int count, char **arguments)
{
    const char *path = count > 1 ? arguments[1] : "picture.png";
    w3d_gpu *gpu = NULL;
    w3d_gpu_desc desc = { 0 };
    desc.backend = w3d_gpu_soft(NULL);
    desc.width = WIDTH, desc.height = HEIGHT;
    desc.object_size = 80; /* a matrix and a colour */
    if (w3d_gpu_create(&desc, &gpu)) return fail(NULL, "w3d_gpu_create");
    if (!example_make(gpu)) return fail(gpu, "make");
    for (int i = 0; i < FRAMES; i++)
        if (!example_draw(gpu, (float)i / 10, WIDTH, HEIGHT)) return fail(gpu, "draw");
    const w3d_gpu_counters *c = w3d_gpu_get_counters(gpu);
    printf("a frame: %u draws asked, %u issued, %u passes, %u dispatches\n", c->draws_asked, c->draws_issued, c->passes, c->dispatches);
    if (!write_picture(gpu, path)) return fail(gpu, path);
    printf("wrote %s: %d x %d\n", path, WIDTH, HEIGHT);
    w3d_gpu_destroy(gpu);
    return 0;
}
