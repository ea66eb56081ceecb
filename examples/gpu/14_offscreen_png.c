/* 14_offscreen_png.c - a picture without a window: four samples a pixel into a texture, read back, to PNG.
 *
 *   cc -O2 -DW3D_STATIC=1 -I. examples/gpu/14_offscreen_png.c -o offscreen && ./offscreen disc.png */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 256 };

static const char shader_text[] =
    "@vertex fn vs(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {\n"
    "    let corner = f32(index / 3u + index % 3u / 2u) * 0.19634954;\n" /* pi / 16 */
    "    let edge = vec2f(cos(corner), sin(corner)) * 0.8;\n"
    "    return vec4f(select(edge, vec2f(0.0), index % 3u == 0u), 0.5, 1.0);\n"
    "}\n"
    "@fragment fn fs() -> @location(0) vec4f { return vec4f(0.9, 0.5, 0.1, 1.0); }\n";

static int stop(w3d_gpu *gpu, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, w3d_gpu_message(gpu));
    return 1;
}

int main(int count, char **arguments)
{
    static unsigned char pixels[SIDE * SIDE * 4];
    w3d_gpu *gpu = NULL;
    w3d_gpu_texture canvas, picture;
    w3d_gpu_pipeline pipeline;
    w3d_gpu_download download;
    size_t size;
    w3d_gpu_desc device = { .backend = w3d_gpu_soft(NULL) }; /* no surface: passes go into textures */
    if (w3d_gpu_create(&device, &gpu)) return stop(gpu, "device");

    w3d_gpu_texture_desc texture = { .width = SIDE, .height = SIDE, .samples = 4, .use = W3D_GPU_USE_TARGET };
    if (w3d_gpu_texture_create(gpu, &texture, &canvas)) return stop(gpu, "canvas");
    texture.samples = 1, texture.use |= W3D_GPU_USE_TEXTURE_READ;
    if (w3d_gpu_texture_create(gpu, &texture, &picture)) return stop(gpu, "picture");

    w3d_shader_create_desc shader = { .text = shader_text };
    w3d_gpu_pipeline_desc pipe = { .no_depth = 1, .samples = 4 };
    if (w3d_shader_create(gpu, &shader, &pipe.shader, NULL)) return stop(gpu, "shader");
    if (w3d_gpu_pipeline_create(gpu, &pipe, &pipeline)) return stop(gpu, "pipeline");

    w3d_gpu_pass_desc desc = { .color[0] = { .texture = canvas, .resolve = picture, .store = W3D_GPU_STORE_DISCARD } };
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &desc);
    w3d_gpu_draw_desc draw = { .pipeline = pipeline, .count = 96 };
    w3d_gpu_texture_region whole = { .texture = picture };
    if (!pass || w3d_gpu_draw(pass, &draw) || w3d_gpu_pass_end(pass)) return stop(gpu, "pass");
    if (w3d_gpu_read_texture(gpu, &whole, &download) || w3d_gpu_submit(gpu)) return stop(gpu, "frame");
    if (w3d_gpu_download_take(gpu, download, pixels, sizeof pixels, &size)) return stop(gpu, "download");
    w3d_gpu_destroy(gpu);

    uint32_t covered = 0, edge = 0; /* alpha is the share of a pixel that the disc covers */
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        covered += pixels[4 * i + 3];
        edge += pixels[4 * i + 3] != 0 && pixels[4 * i + 3] != 255;
    }
    printf("covered %.3f of the picture, %u pixels in part\n", (double)covered / 255 / (SIDE * SIDE), edge);

    w3d_png_write_desc png = { .image = { pixels, SIDE, SIDE, 4, 0 } };
    size_t bound = w3d_png_write_bound(&png.image), scratch_size = w3d_png_write_scratch_size(&png.image);
    void *file = malloc(bound), *scratch = malloc(scratch_size);
    png.dst = file, png.capacity = bound;
    const char *path = count > 1 ? arguments[1] : "disc.png";
    FILE *out = fopen(path, "wb");
    int good = out && file && scratch && w3d_png_write(&png, &size, w3d_arena_make(scratch, scratch_size), NULL) == W3D_OK && fwrite(file, 1, size, out) == size;
    if (out && fclose(out)) good = 0;
    free(file);
    free(scratch);
    printf(good ? "wrote %s\n" : "%s cannot be written\n", path);
    return !good;
}
