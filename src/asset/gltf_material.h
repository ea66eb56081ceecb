/* gltf_material.h - images, textures and materials of a glTF file; private to gltf_scene. */
#ifndef W3D_GLTF_MATERIAL_H
#define W3D_GLTF_MATERIAL_H

#include "asset/asset_scene.h"
#include "asset/gltf_uri.h"
#include "asset/gltf_value.h"
#include "core/utf8.h"

/* What the steps of an import hand to each other; the arrays are scratch. */
typedef struct w3di_gltf_import {
    w3di_gltf_reader reader;
    const w3d_gltf  *gltf;
    w3d_asset_scene *scene;
    uint32_t *texture_images; /* [texture_count]: W3D_ASSET_NONE for none              */
    uint32_t  texture_count;
    uint32_t *base_vertices;  /* [primitives]: in their mesh; W3D_GLTF_ABSENT: left out */
    uint32_t *last_sharing;   /* [accessors]: the last primitive with these positions   */
} w3di_gltf_import;

/* Scene memory; NULL is an error that has been noted, with `value` as its place. */
static inline void *w3di_gltf_import_rows(w3di_gltf_import *importer, size_t count, size_t row_size,
                                          uint32_t value)
{
    void *rows = NULL;
    if (importer->reader.result == W3D_OK) {
        rows = w3d_asset_scene_alloc(importer->scene, count, row_size);
        if (!rows)
            w3di_gltf_fail(&importer->reader, importer->scene->failure, value,
                           importer->scene->failure == W3D_ERR_LIMIT
                               ? "the scene would take more memory than allowed"
                               : "no memory for the scene");
    }
    return rows;
}

static inline const char *w3di_gltf_import_text(w3di_gltf_import *importer, const char *text,
                                                size_t size, uint32_t value)
{
    char *copy = (char *)w3di_gltf_import_rows(importer, size + 1, 1, value);
    if (copy) w3d_copy(copy, text, size);
    return copy ? copy : "";
}

/* An object's name; "" where it has none. */
static inline const char *w3di_gltf_import_name(w3di_gltf_import *importer, uint32_t object)
{
    size_t size;
    const char *name = w3di_gltf_string(&importer->reader, object, "name", &size);
    return name && size ? w3di_gltf_import_text(importer, name, size, object) : "";
}

/* The JSON text of an object's extras; NULL where it has none. */
static inline const char *w3di_gltf_import_extras(w3di_gltf_import *importer, uint32_t object)
{
    size_t size;
    uint32_t extras = w3d_json_member(importer->reader.json, object, "extras");
    const char *source = w3d_json_source(importer->reader.json, extras, &size);
    return source ? w3di_gltf_import_text(importer, source, size, extras) : NULL;
}

/* ---- images and textures ---- */

static inline void w3di_gltf_import_image_data(w3di_gltf_import *importer, const char *uri,
                                               size_t size, uint32_t value, w3d_asset_image *image)
{
    w3di_gltf_data_uri parts;
    if (!w3di_gltf_data_uri_split(uri, size, &parts)) {
        w3di_gltf_fail(&importer->reader, W3D_ERR_UNSUPPORTED, value,
                       "a data URI must be in base64");
        return;
    }
    size_t data_size = w3di_gltf_base64_size(parts.text, parts.text_size);
    uint8_t *data = (uint8_t *)w3di_gltf_import_rows(importer, data_size, 1, value);
    if (!data) return;
    if (w3di_gltf_base64_decode(parts.text, parts.text_size, data) != parts.text_size)
        w3di_gltf_fail(&importer->reader, W3D_ERR_FORMAT, value,
                       "the data URI is not valid base64");
    image->data = data;
    image->data_size = data_size;
    if (!image->mime && parts.mime_size)
        image->mime = w3di_gltf_import_text(importer, parts.mime, parts.mime_size, value);
}

static inline void w3di_gltf_import_image(w3di_gltf_import *importer, uint32_t object,
                                          w3d_asset_image *image)
{
    w3di_gltf_reader *reader = &importer->reader;
    size_t uri_size, mime_size;
    image->name = "";
    if (!w3di_gltf_is_object(reader, object)) return;
    image->name = w3di_gltf_import_name(importer, object);
    const char *uri = w3di_gltf_string(reader, object, "uri", &uri_size);
    const char *mime = w3di_gltf_string(reader, object, "mimeType", &mime_size);
    uint32_t value = w3d_json_member(reader->json, object, uri ? "uri" : "bufferView");
    uint32_t view =
        w3di_gltf_index_or_absent(reader, object, "bufferView", importer->gltf->view_count);
    if (mime) image->mime = w3di_gltf_import_text(importer, mime, mime_size, object);
    if (reader->result != W3D_OK) return;
    if (uri && w3di_gltf_is_data_uri(uri, uri_size))
        w3di_gltf_import_image_data(importer, uri, uri_size, value, image);
    else if (uri) {
        char *path = (char *)w3di_gltf_import_rows(importer, uri_size + 1, 1, value);
        if (!path) return;
        size_t path_size = w3di_gltf_percent_decode(uri, uri_size, path);
        path[path_size] = '\0';
        if (w3d_utf8_check(path, path_size) != path_size || w3d_text_size(path) != path_size)
            w3di_gltf_fail(reader, W3D_ERR_UTF8, value,
                           "the URI is not UTF-8 once decoded, or holds a NUL");
        image->uri = path;
    } else if (view != W3D_GLTF_ABSENT) {
        const w3d_gltf_view *bytes = &importer->gltf->views[view];
        uint8_t *data = (uint8_t *)w3di_gltf_import_rows(importer, bytes->size, 1, value);
        if (!data) return;
        w3d_copy(data, bytes->data, bytes->size);
        image->data = data;
        image->data_size = bytes->size;
    }
}

static inline void w3di_gltf_import_images(w3di_gltf_import *importer)
{
    w3di_gltf_reader *reader = &importer->reader;
    w3d_asset_scene *scene = importer->scene;
    uint32_t images = w3di_gltf_array(reader, 0, "images");
    uint32_t count = w3d_json_count(reader->json, images);
    if (count)
        scene->images = (w3d_asset_image *)w3di_gltf_import_rows(importer, count,
                                                                 sizeof *scene->images, images);
    if (reader->result != W3D_OK) return;
    scene->image_count = count;
    w3d_json_iterator each = w3d_json_each(reader->json, images);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_import_image(importer, each.value, &scene->images[each.index]);

    each = w3d_json_each(reader->json, w3di_gltf_array(reader, 0, "textures"));
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        if (w3di_gltf_is_object(reader, each.value))
            importer->texture_images[each.index] =
                w3di_gltf_index_or_absent(reader, each.value, "source", count);
}

/* ---- materials ---- */

static inline void w3di_gltf_import_texture(w3di_gltf_import *importer, uint32_t object,
                                            const char *key, w3d_asset_texture *texture)
{
    w3di_gltf_reader *reader = &importer->reader;
    uint32_t info = w3di_gltf_object(reader, object, key);
    if (info == W3D_JSON_NONE) return;
    uint32_t index = w3di_gltf_index_in(reader, info, "index", importer->texture_count,
                                        "a texture reference must have an index");
    if (index != W3D_GLTF_ABSENT) texture->image = importer->texture_images[index];
    uint64_t uv_set = w3di_gltf_whole_or(reader, info, "texCoord", 0, UINT32_MAX);
    uint32_t extensions = w3di_gltf_object(reader, info, "extensions");
    uint32_t transform = w3di_gltf_object(reader, extensions, "KHR_texture_transform");
    w3di_gltf_floats(reader, transform, "offset", 2, texture->offset);
    w3di_gltf_floats(reader, transform, "scale", 2, texture->scale);
    w3di_gltf_float(reader, transform, "rotation", &texture->rotation_radians);
    texture->uv_set =
        (uint32_t)w3di_gltf_whole_or(reader, transform, "texCoord", uv_set, UINT32_MAX);
}

static inline void w3di_gltf_import_alpha(w3di_gltf_reader *reader, uint32_t object,
                                          w3d_asset_material *material)
{
    uint32_t mode = w3d_json_member(reader->json, object, "alphaMode");
    if (w3d_json_string_is(reader->json, mode, "MASK"))
        material->alpha = W3D_ASSET_ALPHA_MASK;
    else if (w3d_json_string_is(reader->json, mode, "BLEND"))
        material->alpha = W3D_ASSET_ALPHA_BLEND;
    else if (mode != W3D_JSON_NONE && !w3d_json_string_is(reader->json, mode, "OPAQUE"))
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, mode, "alphaMode must be OPAQUE, MASK or BLEND");
}

static inline void w3di_gltf_import_material(w3di_gltf_import *importer, uint32_t object,
                                             w3d_asset_material *material)
{
    w3di_gltf_reader *reader = &importer->reader;
    *material = w3d_asset_material_default();
    if (!w3di_gltf_is_object(reader, object)) return;
    material->name = w3di_gltf_import_name(importer, object);
    material->extras = w3di_gltf_import_extras(importer, object);
    uint32_t surface = w3di_gltf_object(reader, object, "pbrMetallicRoughness");
    w3di_gltf_floats(reader, surface, "baseColorFactor", 4, material->base_color);
    w3di_gltf_float(reader, surface, "metallicFactor", &material->metallic);
    w3di_gltf_float(reader, surface, "roughnessFactor", &material->roughness);
    w3di_gltf_import_texture(importer, surface, "baseColorTexture", &material->base_color_texture);
    w3di_gltf_import_texture(importer, surface, "metallicRoughnessTexture",
                             &material->metallic_roughness_texture);
    w3di_gltf_import_texture(importer, object, "normalTexture", &material->normal_texture);
    w3di_gltf_import_texture(importer, object, "occlusionTexture", &material->occlusion_texture);
    w3di_gltf_import_texture(importer, object, "emissiveTexture", &material->emissive_texture);
    w3di_gltf_floats(reader, object, "emissiveFactor", 3, material->emissive);
    w3di_gltf_float(reader, object, "alphaCutoff", &material->alpha_cutoff);
    w3di_gltf_import_alpha(reader, object, material);
    material->double_sided = w3di_gltf_bool(reader, object, "doubleSided");

    float strength = 1.0f;
    uint32_t extensions = w3di_gltf_object(reader, object, "extensions");
    uint32_t emissive = w3di_gltf_object(reader, extensions, "KHR_materials_emissive_strength");
    w3di_gltf_float(reader, emissive, "emissiveStrength", &strength);
    for (int i = 0; i < 3; i++)
        material->emissive[i] = w3d_math_clamp(material->emissive[i] * strength, 0.0f, FLT_MAX);
    for (int i = 0; i < 4; i++)
        material->base_color[i] = w3d_math_clamp(material->base_color[i], 0.0f, 1.0f);
    material->metallic = w3d_math_clamp(material->metallic, 0.0f, 1.0f);
    material->roughness = w3d_math_clamp(material->roughness, 0.0f, 1.0f);
}

static inline void w3di_gltf_import_materials(w3di_gltf_import *importer)
{
    w3di_gltf_reader *reader = &importer->reader;
    w3d_asset_scene *scene = importer->scene;
    uint32_t materials = w3di_gltf_array(reader, 0, "materials");
    uint32_t count = w3d_json_count(reader->json, materials);
    if (count)
        scene->materials = (w3d_asset_material *)w3di_gltf_import_rows(
            importer, count, sizeof *scene->materials, materials);
    if (reader->result != W3D_OK) return;
    scene->material_count = count;
    w3d_json_iterator each = w3d_json_each(reader->json, materials);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_import_material(importer, each.value, &scene->materials[each.index]);
}

#endif /* W3D_GLTF_MATERIAL_H */
