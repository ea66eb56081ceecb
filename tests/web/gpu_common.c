/* gpu_common.c - the scenes that all back-ends draw (tests/gpu/scenes.h), for a browser;
 * test_gpu.mjs. */
#include "gpu/gpu_web.h"
#include "tests/gpu/scenes.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static w3d_gpu_web_desc web;
static w3d_gpu *gpu;

EXPORT(common_count) int common_count(void) { return scene_count(); }
EXPORT(common_name) const char *common_name(int i) { return scene_name(i); }
EXPORT(common_message) const char *common_message(void) { return scene_message(); }
EXPORT(common_gpu) int common_gpu(int api)
{
    w3d_gpu_desc desc = { 0 };
    web.api = (w3d_gpu_api)api;
    desc.backend = w3d_gpu_web(&web);
    desc.width = desc.height = 256;
    return (int)w3d_gpu_create(&desc, &gpu);
}
EXPORT(common_poll) int common_poll(void) { return (int)w3d_gpu_poll(gpu); }
EXPORT(common_begin) int common_begin(int i) { return (int)scene_begin(i, gpu); }
EXPORT(common_step) int common_step(void) { return (int)scene_step(); }
