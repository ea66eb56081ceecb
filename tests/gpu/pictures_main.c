/* pictures_main.c - the scenes in software and by GL, side by side: pixels compared, a sheet to look at.
 *
 *     pictures_main FOLDER [FILTER]      FOLDER/index.html shows every scene by both, and the difference
 *
 * A scene already checks its own pixels; here the whole pictures are held against each other. A scene
 * fails where 0.5 % of its pixels or more differ by more than 2 of 255. Ends with "N passed, N failed",
 * 77 where there is no EGL. */
#include "egl.h"
#include "gpu/gpu_gl.h"
#include "gpu/gpu_soft.h"
#include "image/png_write.h"
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 256 * 256 * 4 };

typedef struct picture {
    uint8_t pixels[MOST];
    uint32_t width, height;
    int there;
} picture;

static int passed, failed;
static picture soft, gl, difference;

static w3d_gpu *opened(w3d_gpu_backend backend)
{
    w3d_gpu_desc desc = { 0 };
    w3d_gpu *gpu;
    desc.backend = backend;
    desc.width = desc.height = 256;
    desc.max_objects = 1 << 18;
    return w3d_gpu_create(&desc, &gpu) == W3D_OK && w3d_gpu_poll(gpu) == W3D_GPU_RUNNING ? gpu
                                                                                         : NULL;
}

/* Draws a scene; gives 0 where its own check fails. */
static int draw(int scene, w3d_gpu *gpu, const char *where, picture *out)
{
    w3d_result result = scene_draw(scene, gpu);
    const uint8_t *pixels = scene_picture(&out->width, &out->height);
    out->there = pixels && out->width * out->height * 4 <= MOST;
    if (out->there) memcpy(out->pixels, pixels, (size_t)out->width * out->height * 4);
    if (result == W3D_OK || (result == W3D_ERR_UNSUPPORTED && !scene_message()[0])) return 1;
    printf("FAILED %s by %s: %s: %s\n", scene_name(scene), where, w3d_result_text(result),
           scene_message());
    failed++;
    return 0;
}

static int write_png(const char *folder, int scene, const char *kind, const picture *p)
{
    char path[1024];
    w3d_png_write_desc desc = { 0 };
    size_t size = 0, scratch_size;
    static uint8_t rgb[MOST];
    for (uint32_t i = 0; i < p->width * p->height; i++)
        memcpy(rgb + 3 * i, p->pixels + 4 * i, 3); /* as an opaque screen */
    desc.image.pixels = rgb;
    desc.image.width = p->width;
    desc.image.height = p->height;
    desc.image.channels = 3;
    desc.capacity = w3d_png_write_bound(&desc.image);
    scratch_size = w3d_png_write_scratch_size(&desc.image);
    desc.dst = malloc(desc.capacity);
    void *scratch = malloc(scratch_size);
    snprintf(path, sizeof path, "%s/%02d_%s.png", folder, scene, kind);
    FILE *file = fopen(path, "wb");
    int good = file && desc.dst && scratch &&
               !w3d_png_write(&desc, &size, w3d_arena_make(scratch, scratch_size), NULL) &&
               fwrite(desc.dst, 1, size, file) == size;
    if (file && fclose(file)) good = 0;
    free(desc.dst);
    free(scratch);
    return good;
}

/* The largest difference of a channel, and how many pixels differ by more than 2; eightfold in `out`. */
static uint32_t compare(const picture *a, const picture *b, picture *out, uint32_t *largest)
{
    uint32_t count = 0;
    *largest = 0;
    out->width = a->width;
    out->height = a->height;
    for (uint32_t i = 0; i < a->width * a->height; i++) {
        uint32_t most = 0;
        for (uint32_t k = 0; k < 4; k++) {
            int d = a->pixels[4 * i + k] - b->pixels[4 * i + k];
            uint32_t size = (uint32_t)(d < 0 ? -d : d);
            if (size > most) most = size;
            out->pixels[4 * i + k] = (uint8_t)(size * 8 > 255 ? 255 : size * 8);
        }
        count += most > 2;
        if (most > *largest) *largest = most;
    }
    return count;
}

int main(int count, char **arguments)
{
    egl_context egl;
    w3d_gpu_gl_desc desc = { 0 };
    char path[1024];
    if (count < 2) return printf("usage: pictures_main FOLDER [FILTER]\n"), 2;
    if (egl_open(&egl, 0, 3, 3)) return printf("no GL without a window here: %s\n", egl.why), 77;
    desc.getproc = egl_getproc;
    desc.user = &egl;
    desc.framebuffer = egl_framebuffer(&egl);
    w3d_gpu *a = opened(w3d_gpu_soft(NULL)), *b = opened(w3d_gpu_gl(&desc));
    snprintf(path, sizeof path, "%s/index.html", arguments[1]);
    FILE *sheet = fopen(path, "w");
    if (!a || !b || !sheet) return printf("a device or %s cannot be opened\n", path), 1;
    fprintf(sheet,
            "<!doctype html><meta charset=\"utf-8\"><title>Scenes by "
            "back-end</title>\n<style>body{font:14px system-ui;background:#888}"
            "td{padding:4px;vertical-align:top}img{width:192px;image-rendering:pixelated;"
            "background:#000}</style>\n"
            "<table><tr><th>scene<th>software<th>GL (%s)<th>difference, eightfold\n",
            w3d_gpu_get_caps(b)->name);
    for (int i = 0; i < scene_count(); i++) {
        uint32_t largest, wrong;
        if (count > 2 && !strstr(scene_name(i), arguments[2])) continue;
        if (!draw(i, a, "software", &soft) || !draw(i, b, "GL", &gl)) continue;
        if (!soft.there || !gl.there) { /* one of them cannot, or the scene is no picture */
            printf("  %-24s not compared\n", scene_name(i));
            passed++;
            continue;
        }
        wrong = compare(&soft, &gl, &difference, &largest);
        double share = 100.0 * wrong / (soft.width * soft.height);
        int good = soft.width == gl.width && soft.height == gl.height && share < 0.5 &&
                   write_png(arguments[1], i, "soft", &soft) &&
                   write_png(arguments[1], i, "gl", &gl) &&
                   write_png(arguments[1], i, "difference", &difference);
        good ? passed++ : failed++;
        printf("%s%-24s largest difference %3u, above 2 in %.3f %% of the pixels\n",
               good ? "  " : "FAILED ", scene_name(i), largest, share);
        fprintf(sheet,
                "<tr><td>%s<br>largest %u<br>%.3f %% above 2<td><img src=%02d_soft.png><td><img "
                "src=%02d_gl.png><td><img src=%02d_difference.png>\n",
                scene_name(i), largest, share, i, i, i);
    }
    fprintf(sheet, "</table>\n");
    if (fclose(sheet)) failed++;
    w3d_gpu_destroy(a);
    w3d_gpu_destroy(b);
    egl_close(&egl);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
