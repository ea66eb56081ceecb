/* obj_material.h - MTL files, and the materials of an OBJ file while it is read; private. */
#ifndef W3D_OBJ_MATERIAL_H
#define W3D_OBJ_MATERIAL_H

#include "asset/asset_scene.h"
#include "asset/obj_text.h"
#include "core/utf8.h"

#define W3DI_OBJ_NAMES_MOST 65536u

/* A set of names that numbers them as they come. Looked up by bisection, so that no choice of
 * names makes a lookup slow. The arrays are the scene's own: each doubling leaves the smaller one
 * behind, to be freed with everything else. */
typedef struct w3di_obj_names {
    const char **names; /* [count], in order of arrival       */
    uint32_t *order;    /* [count], indices of `names`, sorted */
    uint32_t count, room;
} w3di_obj_names;

/* A copy of a name owned by the scene, '?' for every byte that is not UTF-8; NULL: no memory. */
static inline const char *w3di_obj_name(w3d_asset_scene *scene, const w3di_obj_word *name)
{
    char *copy = (char *)w3d_asset_scene_alloc(scene, name->size + 1, 1);
    if (!copy || name->size >= PTRDIFF_MAX) return NULL; /* the latter cannot be; gcc wants to know */
    w3d_copy(copy, name->text, name->size);
    for (size_t i = 0; i < name->size; i++)
        if (!copy[i]) copy[i] = '?';
    for (size_t i = 0; (i += w3d_utf8_check(copy + i, name->size - i)) < name->size; i++)
        copy[i] = '?';
    return copy;
}

static inline int w3di_obj_names_compare(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

/* The number of a name, added where it is new: *added is then 1. */
static inline w3d_result w3di_obj_names_find(w3di_obj_names *set, w3d_asset_scene *scene,
                                             const w3di_obj_word *word, uint32_t *number,
                                             int *added)
{
    const char *name = w3di_obj_name(scene, word);
    uint32_t low = 0, high = set->count;
    *added = 0;
    if (!name) return scene->failure;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int side = w3di_obj_names_compare(name, set->names[set->order[middle]]);
        if (side == 0) {
            *number = set->order[middle];
            return W3D_OK;
        }
        if (side < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (set->count == W3DI_OBJ_NAMES_MOST) return W3D_ERR_LIMIT;
    if (set->count == set->room) {
        uint32_t room = set->room ? set->room * 2u : 16u;
        const char **names = (const char **)w3d_asset_scene_alloc(scene, room, sizeof *names);
        uint32_t *order = (uint32_t *)w3d_asset_scene_alloc(scene, room, sizeof *order);
        if (!names || !order) return scene->failure;
        w3d_copy(names, set->names, set->count * sizeof *names);
        w3d_copy(order, set->order, set->count * sizeof *order);
        set->names = names;
        set->order = order;
        set->room = room;
    }
    w3d_move(set->order + low + 1, set->order + low, (set->count - low) * sizeof *set->order);
    set->order[low] = set->count;
    set->names[set->count] = name;
    *number = set->count++;
    *added = 1;
    return W3D_OK;
}

/* Everything that grows while files are read. */
typedef struct w3di_obj_materials {
    w3d_asset_scene *scene; /* owns the memory and, at the end, gets the arrays */
    w3di_obj_names names, image_names;
    w3d_asset_material *items;
    uint32_t room;
} w3di_obj_materials;

/* The number of the material of that name, with its default values where it is new. */
static inline w3d_result w3di_obj_material_find(w3di_obj_materials *materials,
                                                const w3di_obj_word *name, uint32_t *number)
{
    int added;
    w3d_result result =
        w3di_obj_names_find(&materials->names, materials->scene, name, number, &added);
    if (result != W3D_OK || !added) return result;
    if (*number >= materials->room) {
        uint32_t room = materials->names.room;
        w3d_asset_material *items =
            (w3d_asset_material *)w3d_asset_scene_alloc(materials->scene, room, sizeof *items);
        if (!items) return materials->scene->failure;
        w3d_copy(items, materials->items, *number * sizeof *items);
        materials->items = items;
        materials->room = room;
    }
    w3d_asset_material material = w3d_asset_material_default();
    material.name = materials->names.names[*number];
    material.metallic = 0.0f;
    material.roughness = 0.5f;
    materials->items[*number] = material;
    return W3D_OK;
}

/* map_Kd [-option values ...] file: the options that move the picture are taken, the others'
 * values are skipped. A negative scale or a missing value is left to the renderer. */
static inline w3d_result w3di_obj_read_map(w3di_obj_materials *materials, w3di_obj_cursor *cursor,
                                           w3d_asset_texture *texture)
{
    static const struct {
        const char *name;
        unsigned values; /* words or numbers that follow */
    } options[] = { { "-blendu", 1 },  { "-blendv", 1 }, { "-cc", 1 },    { "-clamp", 1 },
                    { "-imfchan", 1 }, { "-bm", 1 },     { "-boost", 1 }, { "-texres", 1 },
                    { "-type", 1 },    { "-mm", 2 },     { "-o", 3 },     { "-s", 3 },
                    { "-t", 3 } };
    for (;;) {
        w3di_obj_cursor before = *cursor;
        w3di_obj_word word = w3di_obj_next(cursor);
        size_t i = 0, count = sizeof options / sizeof options[0];
        while (i < count && !w3d_text_is(word.text, word.size, options[i].name)) i++;
        if (i == count) {
            *cursor = before;
            break;
        }
        if (options[i].values == 3) { /* one to three numbers: as many as there are */
            float value[3] = { 0.0f, 0.0f, 0.0f };
            unsigned found = 0;
            for (int bad = 0; found < 3 && !bad;) {
                before = *cursor;
                found += w3di_obj_numbers(cursor, 1, value + found, &word, &bad);
                if (bad || !word.size) {
                    *cursor = before;
                    break;
                }
            }
            float *into = options[i].name[1] == 'o' ? texture->offset : texture->scale;
            if (options[i].name[1] != 't')
                for (unsigned k = 0; k < found && k < 2; k++) into[k] = value[k];
        } else
            for (unsigned k = 0; k < options[i].values; k++) w3di_obj_next(cursor);
    }
    w3di_obj_word file = w3di_obj_rest(cursor);
    int added;
    if (!file.size) return W3D_OK;
    return w3di_obj_names_find(&materials->image_names, materials->scene, &file, &texture->image,
                               &added);
}

/* One line of a material; unknown keywords are passed over. */
static inline w3d_result w3di_obj_read_property(w3di_obj_materials *materials,
                                                w3d_asset_material *material,
                                                const w3di_obj_word *key, w3di_obj_cursor *cursor,
                                                w3d_error *error)
{
#define W3DI_OBJ_IS(text_) w3d_text_is(key->text, key->size, text_)
    float value[3] = { 0.0f, 0.0f, 0.0f };
    float *target = NULL;
    unsigned wanted = 1;
    w3d_asset_texture *map = W3DI_OBJ_IS("map_Kd")   ? &material->base_color_texture
                             : W3DI_OBJ_IS("map_Ke") ? &material->emissive_texture
                             : W3DI_OBJ_IS("map_Pr") || W3DI_OBJ_IS("map_Pm")
                                 ? &material->metallic_roughness_texture
                             : W3DI_OBJ_IS("map_Bump") || W3DI_OBJ_IS("map_bump") ||
                                     W3DI_OBJ_IS("bump") || W3DI_OBJ_IS("norm")
                                 ? &material->normal_texture
                                 : NULL;
    if (map) {
        w3d_result result = w3di_obj_read_map(materials, cursor, map);
        return result == W3D_OK
                   ? result
                   : w3d_error_set(error, result, key->offset, "MTL: no room for this map's name");
    }
    if (W3DI_OBJ_IS("Kd")) target = material->base_color, wanted = 3;
    if (W3DI_OBJ_IS("Ke")) target = material->emissive, wanted = 3;
    if (W3DI_OBJ_IS("Pr")) target = &material->roughness;
    if (W3DI_OBJ_IS("Pm")) target = &material->metallic;
    if (W3DI_OBJ_IS("d")) target = &material->base_color[3];
    int shininess = W3DI_OBJ_IS("Ns"), transparency = W3DI_OBJ_IS("Tr");
#undef W3DI_OBJ_IS
    if (!target && !shininess && !transparency) return W3D_OK;

    w3di_obj_cursor start = *cursor;
    w3di_obj_word word = w3di_obj_next(cursor);
    if (w3d_text_is(word.text, word.size, "spectral") || w3d_text_is(word.text, word.size, "-halo"))
        return W3D_OK;
    int xyz = w3d_text_is(word.text, word.size, "xyz"), bad;
    if (!xyz) *cursor = start;
    unsigned count = w3di_obj_numbers(cursor, wanted, value, &word, &bad);
    if (bad || !count)
        return w3d_error_set(error, W3D_ERR_FORMAT, word.offset, "MTL: a number is expected here");
    if (xyz) return W3D_OK; /* CIE colours: the spectrum's white is not known */
    for (unsigned i = count; i < wanted; i++) value[i] = value[0]; /* one number means grey */
    if (shininess) /* as Blender reads it: Ns = 1000 (1 - roughness)^2 */
        material->roughness = 1.0f - w3d_sqrtf(w3d_math_clamp(value[0] / 1000.0f, 0.0f, 1.0f));
    if (transparency) material->base_color[3] = 1.0f - value[0];
    for (unsigned i = 0; target && i < wanted; i++) target[i] = value[i];
    material->alpha =
        material->base_color[3] < 1.0f ? W3D_ASSET_ALPHA_BLEND : W3D_ASSET_ALPHA_OPAQUE;
    return W3D_OK;
}

/* Reads an MTL file; a material already known by name gets the file's values. */
static inline w3d_result w3di_obj_read_mtl(w3di_obj_materials *materials, w3di_obj_cursor cursor,
                                           w3d_error *error)
{
    w3di_obj_word key;
    uint32_t current = W3D_ASSET_NONE;
    while (w3di_obj_keyword(&cursor, &key)) {
        w3d_result result = W3D_OK;
        if (w3d_text_is(key.text, key.size, "newmtl")) {
            w3di_obj_word name = w3di_obj_rest(&cursor);
            result = w3di_obj_material_find(materials, &name, &current);
            if (result != W3D_OK)
                w3d_error_set(error, result, key.offset, "MTL: no room for this material");
        } else if (current != W3D_ASSET_NONE)
            result =
                w3di_obj_read_property(materials, &materials->items[current], &key, &cursor, error);
        if (result != W3D_OK) return result;
        w3di_obj_end_line(&cursor);
    }
    return W3D_OK;
}

#undef W3DI_OBJ_NAMES_MOST

#endif /* W3D_OBJ_MATERIAL_H */
