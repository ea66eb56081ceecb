/* fuzz_obj.c - any bytes as an OBJ file; what stands after a NUL is its MTL library. */
#include "asset/obj.h"

#include <string.h>

typedef struct library {
    const uint8_t *bytes;
    size_t size;
} library;

static w3d_result open_library(void *user, const char *name, size_t name_size, const void **bytes,
                               size_t *size)
{
    const library *l = (const library *)user;
    (void)name, (void)name_size;
    *bytes = l->bytes;
    *size = l->size;
    return W3D_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = size ? (const uint8_t *)memchr(data, 0, size) : NULL;
    library mtl = { cut ? cut + 1 : NULL, cut ? size - (size_t)(cut + 1 - data) : 0 };
    w3d_obj_desc desc;
    w3d_asset_scene scene;
    w3d_error error;
    memset(&desc, 0, sizeof desc);
    desc.text = data;
    desc.size = cut ? (size_t)(cut - data) : size;
    desc.memory_limit = (size_t)256 << 20;
    desc.open = open_library;
    desc.user = &mtl;
    if (w3d_obj_load(&desc, &scene, &error) != W3D_OK) return 0;
    for (uint32_t m = 0; m < scene.mesh_count; m++)
        for (uint32_t i = 0; i < scene.meshes[m].index_count; i++)
            if (scene.meshes[m].indices[i] >= scene.meshes[m].vertex_count) __builtin_trap();
    w3d_asset_scene_destroy(&scene);
    return 0;
}
