/* fuzz_gltf.c - any bytes as a GLB or .gltf file; buffers outside the file are 64 bytes of 0x3F. */
#include "asset/gltf_scene.h"

#include <string.h>

static w3d_result open_buffer(void *user, const char *uri, size_t uri_size, const void **bytes,
                              size_t *size)
{
    static uint8_t data[64];
    (void)user;
    memset(data, 0x3F, sizeof data);
    *bytes = data;
    *size = sizeof data;
    return uri_size && uri[0] == '!' ? W3D_ERR_NOT_FOUND : W3D_OK;
}

static void check_scene(const w3d_asset_scene *scene)
{
    for (uint32_t m = 0; m < scene->mesh_count; m++) {
        const w3d_asset_mesh *mesh = &scene->meshes[m];
        uint32_t next = 0;
        for (uint32_t i = 0; i < mesh->index_count; i++)
            if (mesh->indices[i] >= mesh->vertex_count) __builtin_trap();
        for (uint32_t r = 0; r < mesh->range_count; next += mesh->ranges[r++].index_count)
            if (mesh->ranges[r].first_index != next || mesh->ranges[r].index_count % 3)
                __builtin_trap();
        if (next != mesh->index_count || !mesh->name) __builtin_trap();
    }
    for (uint32_t i = 0; i < scene->object_count; i++) {
        const w3d_asset_object *object = &scene->objects[i];
        if (object->parent != W3D_ASSET_NONE && object->parent >= i) __builtin_trap();
        if (object->mesh != W3D_ASSET_NONE && object->mesh >= scene->mesh_count) __builtin_trap();
        if (!object->name) __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    w3d_gltf_desc desc;
    w3d_asset_scene scene;
    w3d_error error = { W3D_OK, 0, NULL };
    memset(&desc, 0, sizeof desc);
    desc.bytes = data;
    desc.size = size;
    desc.open = open_buffer;
    desc.memory_limit = (size_t)4 << 20;
    w3d_result result = w3d_gltf_scene_load(&desc, &scene, &error);
    if (result != W3D_OK) {
        if (error.code != result || error.offset > size || !error.text) __builtin_trap();
        return 0;
    }
    check_scene(&scene);
    w3d_asset_scene_destroy(&scene);
    return 0;
}
