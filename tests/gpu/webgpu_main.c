/* webgpu_main.c - the scenes on native WebGPU; loss in the middle of a frame; nothing leaks.
 *
 * Built with -DW3D_GPU_WEBGPU=1 and linked with an implementation of webgpu.h; ends with
 * "N passed, M failed", 77 where there is no adapter. */
#include "gpu/gpu_webgpu.h"
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <webgpu/webgpu.h>

static int passed, failed;
static size_t live_bytes;
static uint32_t presented;
static void *device_now;

static void check(int good, const char *what, const char *why)
{
    good ? passed++ : failed++;
    if (!good) printf("FAILED %s: %s\n", what, why);
}

static void *counted(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    live_bytes += new_size - old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

static void present(void *user, void *texture, uint32_t width, uint32_t height)
{
    (void)user;
    presented += texture && width == 256 && height == 256 &&
                 wgpuTextureGetFormat((WGPUTexture)texture) == WGPUTextureFormat_RGBA8Unorm;
}

static void device_opened(void *user, void *device)
{
    (void)user;
    device_now = device;
}

static void message(void *user, w3d_result code, const char *text)
{
    (void)user;
    if (code == W3D_ERR_UNSUPPORTED && strstr(text, "refuses")) printf("  %s\n", text);
}

static w3d_gpu *opened(const w3d_gpu_webgpu_desc *config)
{
    w3d_gpu_desc desc = { 0 };
    w3d_gpu *gpu;
    desc.backend = w3d_gpu_webgpu(config);
    desc.width = desc.height = 256;
    desc.allocator.resize = counted;
    desc.message = message;
    if (w3d_gpu_create(&desc, &gpu)) return NULL;
    while (w3d_gpu_poll(gpu) == W3D_GPU_OPENING) {}
    if (w3d_gpu_poll(gpu) == W3D_GPU_RUNNING) return gpu;
    printf("%s\n", w3d_gpu_message(gpu));
    w3d_gpu_destroy(gpu);
    return NULL;
}

static void scenes(w3d_gpu *gpu, const char *only, const char *when)
{
    for (int i = 0; i < scene_count(); i++) {
        if (only && !strstr(scene_name(i), only)) continue;
        w3d_result result = scene_begin(i, gpu);
        for (int k = 0; !result && k < 100000; k++) { /* 30 seconds at least */
            result = scene_step();
            if (result != W3D_ERR_BUSY) break;
            result = k == 99999 ? W3D_ERR_TIMEOUT : W3D_OK;
            usleep(300);
        }
        if (result == W3D_ERR_UNSUPPORTED && !scene_message()[0]) {
            printf("left out: %s\n", scene_name(i));
            continue;
        }
        if (result) printf("%s %s: ", when, w3d_result_text(result));
        check(result == W3D_OK, scene_name(i), scene_message());
    }
}

int main(int count, char **arguments)
{
    w3d_gpu_webgpu_desc config = { 0 };
    const char *only = count > 1 ? arguments[1] : NULL;
    config.present = present;
    config.opened = device_opened;
    w3d_gpu *gpu = opened(&config);
    if (!gpu) return 77;
    printf("%s\n", w3d_gpu_get_caps(gpu)->name);
    scenes(gpu, only, "first:");
    if (!only) check(presented > 0, "the surface", "was not handed out");

    /* The device is destroyed; the next submit or poll finds out; the switch brings all back. */
    const w3d_gpu_backend again = w3d_gpu_webgpu(&config);
    w3d_gpu_buffer buffer, result_buffer;
    w3d_gpu_buffer_desc desc = { 0 };
    const uint32_t words[4] = { 1, 22, 333, 4444 };
    uint32_t back[4] = { 0 };
    desc.size = sizeof words;
    desc.data = words;
    desc.use = W3D_GPU_USE_STORAGE | W3D_GPU_USE_READ;
    w3d_gpu_buffer_create(gpu, &desc, &buffer);
    w3d_gpu_buffer_create(gpu, &desc, &result_buffer);
    w3d_gpu_submit(gpu);
    wgpuDeviceDestroy((WGPUDevice)device_now);
    w3d_gpu_buffer_copy(gpu, result_buffer, 0, buffer, 0, 16);
    w3d_gpu_submit(gpu);
    for (int i = 0; i < 1000 && w3d_gpu_poll(gpu) == W3D_GPU_RUNNING; i++) {}
    check(w3d_gpu_poll(gpu) == W3D_GPU_LOST, "loss", "the status is not LOST");
    check(w3d_gpu_submit(gpu) == W3D_ERR_CLOSED, "loss", "submit did not say CLOSED");
    check(w3d_gpu_switch(gpu, &again) == W3D_OK, "loss", w3d_gpu_message(gpu));
    while (w3d_gpu_poll(gpu) == W3D_GPU_OPENING) {}
    w3d_gpu_download download;
    size_t size = 0;
    check(w3d_gpu_read_buffer(gpu, buffer, 0, 16, &download) == W3D_OK, "rebuilt", "read");
    w3d_gpu_submit(gpu);
    w3d_result taken;
    while ((taken = w3d_gpu_download_take(gpu, download, back, sizeof back, &size)) ==
           W3D_ERR_BUSY) {}
    check(!taken && size == 16 && !memcmp(back, words, 16), "rebuilt", "other contents");
    w3d_gpu_buffer_destroy(gpu, buffer);
    w3d_gpu_buffer_destroy(gpu, result_buffer);
    scenes(gpu, only, "after a loss:");
    w3d_gpu_destroy(gpu);
    check(live_bytes == 0, "memory", "was not all given back");
    printf("%zu bytes live at the end\n", live_bytes);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
