/* asset_scene.c - the scene's memory: a list of blocks, freed together. */
#include "asset/asset_scene.h"

#include "core/size.h"
#include "memory/allocator.h"

/* Stands before every block; 16 bytes or a multiple, so that what follows stays aligned. */
typedef struct w3di_asset_scene_block {
    struct w3di_asset_scene_block *next;
    size_t size;
} w3di_asset_scene_block;

W3D_API void w3d_asset_scene_init(w3d_asset_scene *scene, const w3d_allocator *allocator,
                                  size_t memory_limit)
{
    w3d_fill(scene, 0, sizeof *scene);
    if (allocator) scene->allocator = *allocator;
    scene->memory_limit = memory_limit ? memory_limit : (size_t)1 << 30;
}

W3D_API void *w3d_asset_scene_alloc(w3d_asset_scene *scene, size_t count, size_t item_size)
{
    size_t size = 32; /* the block's header, then up to 15 bytes to align behind it */
    if (!w3d_size_append(&size, count, item_size) ||
        size > scene->memory_limit - scene->memory_used) {
        scene->failure = W3D_ERR_LIMIT;
        return NULL;
    }
    w3di_asset_scene_block *block =
        (w3di_asset_scene_block *)w3d_allocator_resize(&scene->allocator, NULL, 0, size);
    if (!block) {
        scene->failure = W3D_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    block->next = (w3di_asset_scene_block *)scene->blocks;
    block->size = size;
    scene->blocks = block;
    scene->memory_used += size;
    uintptr_t items = ((uintptr_t)block + sizeof *block + 15u) & ~(uintptr_t)15u;
    w3d_fill((void *)items, 0, count * item_size);
    return (void *)items;
}

W3D_API const char *w3d_asset_scene_text(w3d_asset_scene *scene, const char *text, size_t size)
{
    size_t with_end;
    if (!w3d_size_add(size, 1, &with_end)) return NULL;
    char *copy = (char *)w3d_asset_scene_alloc(scene, with_end, 1);
    if (copy) w3d_copy(copy, text, size);
    return copy;
}

W3D_API void w3d_asset_scene_destroy(w3d_asset_scene *scene)
{
    if (!scene) return;
    w3di_asset_scene_block *block = (w3di_asset_scene_block *)scene->blocks;
    while (block) {
        w3di_asset_scene_block *next = block->next;
        w3d_allocator_resize(&scene->allocator, block, block->size, 0);
        block = next;
    }
    w3d_asset_scene_init(scene, NULL, 0);
}

W3D_API w3d_asset_material w3d_asset_material_default(void)
{
    w3d_asset_material material;
    w3d_fill(&material, 0, sizeof material);
    material.name = "";
    for (int i = 0; i < 4; i++) material.base_color[i] = 1.0f;
    material.metallic = 1.0f;
    material.roughness = 1.0f;
    material.alpha_cutoff = 0.5f;
    w3d_asset_texture none;
    w3d_fill(&none, 0, sizeof none);
    none.image = W3D_ASSET_NONE;
    none.scale[0] = 1.0f;
    none.scale[1] = 1.0f;
    material.base_color_texture = none;
    material.metallic_roughness_texture = none;
    material.normal_texture = none;
    material.occlusion_texture = none;
    material.emissive_texture = none;
    return material;
}

W3D_API void w3d_asset_scene_world(const w3d_asset_scene *scene, w3d_mat4 *world)
{
    for (uint32_t i = 0; i < scene->object_count; i++) {
        const w3d_asset_object *object = &scene->objects[i];
        world[i] = object->parent < i ? w3d_mat4_multiply(&world[object->parent], &object->local)
                                      : object->local;
    }
}
