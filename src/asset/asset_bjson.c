/* asset_bjson.c - describes a scene to bjson_write ID by ID, and reads it back through bjson_read.
 *
 * Writing: the description of one ID at a time stands in a w3di_asset_bjson_writer, so a scene of a
 * million objects takes no more memory than one. Reading: every property is optional and checked
 * for its type; arrays are pointed at, not copied. */
#include "asset/asset_bjson.h"

#include "core/bytes.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "scene/bjson_read.h"
#include "scene/bjson_write.h"

/* ---- writing ---- */

typedef struct w3di_asset_bjson_box {
    float min[3], max[3];
} w3di_asset_bjson_box;

typedef struct w3di_asset_bjson_writer {
    const w3d_asset_scene *scene;
    int64_t time;
    w3di_asset_bjson_box *bounds; /* [mesh_count] */
    uint32_t *ranges; /* {first, count} of the mesh's ranges, then their materials' rows */
    w3d_bjson_value values[16];
    uint32_t value_count;
    w3d_bjson_value textures[5][5];
    float rotation[4];
    char name[W3D_BJSON_NAME_LIMIT + 1];
} w3di_asset_bjson_writer;

static void w3di_asset_bjson_add(w3di_asset_bjson_writer *w, w3d_bjson_value value)
{
    w->values[w->value_count++] = value;
}

static w3d_result w3di_asset_bjson_add_text(w3di_asset_bjson_writer *w, const char *key,
                                            const char *text)
{
    if (!text) return W3D_OK;
    size_t size = w3d_text_size(text);
    if (size >= UINT32_MAX) return W3D_ERR_LIMIT;
    w3di_asset_bjson_add(w, w3d_bjson_string(key, text, (uint32_t)size));
    return W3D_OK;
}

static w3d_bjson_value w3di_asset_bjson_floats(const char *key, const float *values, uint32_t n)
{
    return w3d_bjson_vector(key, W3D_BJSON_SUB_F32, n, values);
}

/* The row of an item: `first` is the row of the first of its kind. */
static w3d_result w3di_asset_bjson_row(uint32_t first, uint32_t count, uint32_t index,
                                       uint32_t *row)
{
    if (index != W3D_ASSET_NONE && index >= count) return W3D_ERR_INDEX;
    *row = index == W3D_ASSET_NONE ? W3D_BJSON_NONE : first + index;
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_describe_object(w3di_asset_bjson_writer *w, uint32_t index)
{
    const w3d_asset_scene *scene = w->scene;
    const w3d_asset_object *object = &scene->objects[index];
    uint32_t parent, data;
    if (w3di_asset_bjson_row(0, scene->object_count, object->parent, &parent) != W3D_OK ||
        w3di_asset_bjson_row(scene->object_count, scene->mesh_count, object->mesh, &data) != W3D_OK)
        return W3D_ERR_INDEX;
    w->rotation[0] = object->rotation.w;
    w->rotation[1] = object->rotation.x;
    w->rotation[2] = object->rotation.y;
    w->rotation[3] = object->rotation.z;
    w3di_asset_bjson_add(w, w3d_bjson_reference("data", data));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("location", &object->translation.x, 3));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("matrix_local", object->local.m, 16));
    w3di_asset_bjson_add(w, w3d_bjson_reference("parent", parent));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("rotation_quaternion", w->rotation, 4));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("scale", &object->scale.x, 3));
    return w3di_asset_bjson_add_text(w, "extras", object->extras);
}

/* The least and greatest coordinates that are no NaN; min[0] > max[0] where an axis has none. */
static w3di_asset_bjson_box w3di_asset_bjson_bounds(const w3d_asset_mesh *mesh)
{
    w3di_asset_bjson_box box;
    float infinite = w3d_f32_from_bits(0x7F800000u);
    for (int axis = 0; axis < 3; axis++) {
        box.min[axis] = infinite;
        box.max[axis] = -infinite;
    }
    const float *position = mesh->positions;
    for (uint32_t i = 0; i < mesh->vertex_count; i++, position += 3)
        for (int axis = 0; axis < 3; axis++) {
            if (position[axis] < box.min[axis]) box.min[axis] = position[axis];
            if (position[axis] > box.max[axis]) box.max[axis] = position[axis];
        }
    if (!(box.min[1] <= box.max[1] && box.min[2] <= box.max[2])) {
        box.min[0] = infinite;
        box.max[0] = -infinite;
    }
    return box;
}

/* A large array with a row of n floats for each vertex, where the mesh has it. */
static void w3di_asset_bjson_add_attribute(w3di_asset_bjson_writer *w, const char *key,
                                           const float *elements, uint32_t n, uint32_t count)
{
    w3d_bjson_value value = w3d_bjson_large(key, W3D_BJSON_SUB_F32, elements, count);
    if (elements) w3di_asset_bjson_add(w, w3d_bjson_rows(value, n));
}

static w3d_result w3di_asset_bjson_add_ranges(w3di_asset_bjson_writer *w,
                                              const w3d_asset_mesh *mesh)
{
    const w3d_asset_scene *scene = w->scene;
    uint32_t count = mesh->range_count, *rows = w->ranges + (size_t)count * 2;
    for (uint32_t i = 0; i < count; i++) {
        w->ranges[(size_t)i * 2] = mesh->ranges[i].first_index;
        w->ranges[(size_t)i * 2 + 1] = mesh->ranges[i].index_count;
        if (w3di_asset_bjson_row(scene->object_count + scene->mesh_count, scene->material_count,
                                 mesh->ranges[i].material, &rows[i]) != W3D_OK)
            return W3D_ERR_INDEX;
    }
    if (!count) return W3D_OK;
    w3d_bjson_value runs = w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, w->ranges, count);
    w3di_asset_bjson_add(w, w3d_bjson_rows(runs, 2));
    w3di_asset_bjson_add(w, w3d_bjson_array("materials", W3D_BJSON_SUB_REFERENCE, rows, count));
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_describe_mesh(w3di_asset_bjson_writer *w, uint32_t index)
{
    const w3d_asset_mesh *mesh = &w->scene->meshes[index];
    const w3di_asset_bjson_box *bounds = &w->bounds[index];
    uint32_t count = mesh->vertex_count, triangles = mesh->index_count / 3;
    if (mesh->index_count % 3 != 0) return W3D_ERR_ARGUMENT;
    if (bounds->min[0] <= bounds->max[0]) {
        w3di_asset_bjson_add(w, w3di_asset_bjson_floats("bounds_max", bounds->max, 3));
        w3di_asset_bjson_add(w, w3di_asset_bjson_floats("bounds_min", bounds->min, 3));
    }
    w3di_asset_bjson_add_attribute(w, "color", mesh->colors, 4, count);
    if (mesh->indices)
        w3di_asset_bjson_add(w, w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32,
                                                               mesh->indices, triangles),
                                               3));
    w3di_asset_bjson_add_attribute(w, "normal", mesh->normals, 3, count);
    w3di_asset_bjson_add_attribute(w, "position", mesh->positions, 3, count);
    w3di_asset_bjson_add_attribute(w, "uv", mesh->uvs, 2, count);
    w3d_result result = w3di_asset_bjson_add_ranges(w, mesh);
    return result == W3D_OK ? w3di_asset_bjson_add_text(w, "extras", mesh->extras) : result;
}

/* The names of a material's textures, in the order of w3di_asset_bjson_texture. */
static const char *w3di_asset_bjson_texture_key(uint32_t i)
{
    switch (i) {
    case 0: return "base_color_texture";
    case 1: return "metallic_roughness_texture";
    case 2: return "normal_texture";
    case 3: return "occlusion_texture";
    default: return "emission_texture";
    }
}

static w3d_asset_texture *w3di_asset_bjson_texture(w3d_asset_material *material, uint32_t i)
{
    switch (i) {
    case 0: return &material->base_color_texture;
    case 1: return &material->metallic_roughness_texture;
    case 2: return &material->normal_texture;
    case 3: return &material->occlusion_texture;
    default: return &material->emissive_texture;
    }
}

static w3d_result w3di_asset_bjson_add_texture(w3di_asset_bjson_writer *w,
                                               w3d_asset_material *material, uint32_t i)
{
    const w3d_asset_scene *scene = w->scene;
    const w3d_asset_texture *texture = w3di_asset_bjson_texture(material, i);
    w3d_bjson_value *values = w->textures[i];
    uint32_t first = scene->object_count + scene->mesh_count + scene->material_count, row;
    if (texture->image == W3D_ASSET_NONE) return W3D_OK;
    if (w3di_asset_bjson_row(first, scene->image_count, texture->image, &row) != W3D_OK)
        return W3D_ERR_INDEX;
    values[0] = w3d_bjson_reference("image", row);
    values[1] = w3di_asset_bjson_floats("offset", texture->offset, 2);
    values[2] = w3d_bjson_f64("rotation", (double)texture->rotation_radians);
    values[3] = w3di_asset_bjson_floats("scale", texture->scale, 2);
    values[4] = w3d_bjson_i64("uv_set", texture->uv_set);
    w3di_asset_bjson_add(w, w3d_bjson_map(w3di_asset_bjson_texture_key(i), values, 5));
    return W3D_OK;
}

static const char *w3di_asset_bjson_alpha_name(w3d_asset_alpha alpha)
{
    return alpha == W3D_ASSET_ALPHA_BLEND  ? "BLEND"
           : alpha == W3D_ASSET_ALPHA_MASK ? "MASK"
                                           : "OPAQUE";
}

static w3d_result w3di_asset_bjson_describe_material(w3di_asset_bjson_writer *w, uint32_t index)
{
    w3d_asset_material *material = &w->scene->materials[index];
    w3d_result result =
        w3di_asset_bjson_add_text(w, "alpha_mode", w3di_asset_bjson_alpha_name(material->alpha));
    w3di_asset_bjson_add(w, w3d_bjson_f64("alpha_cutoff", (double)material->alpha_cutoff));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("base_color", material->base_color, 4));
    w3di_asset_bjson_add(w, w3d_bjson_bool("double_sided", material->double_sided));
    w3di_asset_bjson_add(w, w3di_asset_bjson_floats("emission_color", material->emissive, 3));
    w3di_asset_bjson_add(w, w3d_bjson_f64("metallic", (double)material->metallic));
    w3di_asset_bjson_add(w, w3d_bjson_f64("roughness", (double)material->roughness));
    for (uint32_t i = 0; i < 5 && result == W3D_OK; i++)
        result = w3di_asset_bjson_add_texture(w, material, i);
    return result == W3D_OK ? w3di_asset_bjson_add_text(w, "extras", material->extras) : result;
}

static w3d_result w3di_asset_bjson_describe_image(w3di_asset_bjson_writer *w, uint32_t index)
{
    const w3d_asset_image *image = &w->scene->images[index];
    if (image->data && image->data_size > UINT32_MAX) return W3D_ERR_LIMIT;
    w3d_result result = w3di_asset_bjson_add_text(w, "filepath", image->uri);
    if (result == W3D_OK) result = w3di_asset_bjson_add_text(w, "mime", image->mime);
    if (image->data)
        w3di_asset_bjson_add(w, w3d_bjson_large("packed_file", W3D_BJSON_SUB_U8, image->data,
                                                (uint32_t)image->data_size));
    return result;
}

/* The name, cut to what a file may hold at the last whole character. */
static const char *w3di_asset_bjson_name(w3di_asset_bjson_writer *w, const char *name)
{
    size_t size = w3d_text_size(name);
    if (size <= W3D_BJSON_NAME_LIMIT) return name;
    size = W3D_BJSON_NAME_LIMIT;
    while (size && ((unsigned char)name[size] & 0xC0u) == 0x80u) size--;
    w3d_copy(w->name, name, size);
    w->name[size] = 0;
    return w->name;
}

static w3d_result w3di_asset_bjson_describe(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    w3di_asset_bjson_writer *w = (w3di_asset_bjson_writer *)user;
    const w3d_asset_scene *scene = w->scene;
    w3d_result result;
    w->value_count = 0;
    if (row < scene->object_count) {
        id->type = W3D_BJSON_OBJECT;
        id->name = scene->objects[row].name;
        result = w3di_asset_bjson_describe_object(w, row);
    } else if ((row -= scene->object_count) < scene->mesh_count) {
        id->type = W3D_BJSON_MESH;
        id->name = scene->meshes[row].name;
        result = w3di_asset_bjson_describe_mesh(w, row);
    } else if ((row -= scene->mesh_count) < scene->material_count) {
        id->type = W3D_BJSON_MATERIAL;
        id->name = scene->materials[row].name;
        result = w3di_asset_bjson_describe_material(w, row);
    } else if ((row -= scene->material_count) < scene->image_count) {
        id->type = W3D_BJSON_IMAGE;
        id->name = scene->images[row].name;
        result = w3di_asset_bjson_describe_image(w, row);
    } else {
        id->type = W3D_BJSON_SCENE;
        id->name = "Scene";
        result = w3di_asset_bjson_add_text(w, "extras", scene->extras);
    }
    id->name = w3di_asset_bjson_name(w, id->name);
    id->time = w->time;
    id->values = w->values;
    id->value_count = w->value_count;
    return result;
}

/* Measures with an arena that is doubled until the plan fits, then writes. */
static w3d_result w3di_asset_bjson_encode(const w3d_bjson_write_desc *desc, w3d_asset_bjson *file,
                                          w3d_error *error)
{
    static const char no_memory[] = "out of memory";
    size_t size = (size_t)1 << 18;
    if (!w3d_size_append(&size, desc->id_count, 8)) size = SIZE_MAX;
    for (;; size *= 2) {
        w3d_error why = { W3D_ERR_OUT_OF_MEMORY, 0, no_memory };
        void *memory = w3d_allocator_resize(&file->allocator, NULL, 0, size);
        if (!memory) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, no_memory);
        w3d_arena arena = w3d_arena_make(memory, size);
        w3d_bjson_plan plan;
        w3d_result result = w3d_bjson_write_size(desc, &arena, &plan, &why);
        if (result == W3D_OK) {
            file->size = plan.size;
            file->bytes = w3d_allocator_resize(&file->allocator, NULL, 0, plan.size);
            result = file->bytes ? w3d_bjson_write(&plan, file->bytes, plan.size, &why)
                                 : W3D_ERR_OUT_OF_MEMORY;
        }
        w3d_allocator_resize(&file->allocator, memory, size, 0);
        if (result == W3D_OK) return result;
        if (result != W3D_ERR_CAPACITY || size > SIZE_MAX / 2)
            return w3d_error_set(error, result, why.offset, why.text);
    }
}

W3D_API w3d_result w3d_asset_bjson_create(const w3d_asset_scene *scene,
                                          const w3d_asset_bjson_desc *desc, w3d_asset_bjson *file,
                                          w3d_error *error)
{
    if (!scene || !file) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no scene or no file");
    uint64_t count = (uint64_t)scene->object_count + scene->mesh_count + scene->material_count +
                     scene->image_count + (scene->extras != NULL);
    if (count >= W3D_BJSON_NONE) return w3d_error_set(error, W3D_ERR_LIMIT, 0, "too many IDs");
    w3di_asset_bjson_writer writer;
    w3d_bjson_write_desc write;
    w3d_asset_bjson made;
    w3d_fill(&write, 0, sizeof write);
    w3d_fill(&made, 0, sizeof made);
    if (desc && desc->allocator) made.allocator = *desc->allocator;
    writer.scene = scene;
    writer.time = desc ? desc->time : 0;
    write.id_count = (uint32_t)count;
    write.crc = desc && desc->crc;
    write.describe = w3di_asset_bjson_describe;
    write.user = &writer;

    uint32_t most_ranges = 0;
    for (uint32_t i = 0; i < scene->mesh_count; i++)
        if (scene->meshes[i].range_count > most_ranges) most_ranges = scene->meshes[i].range_count;
    size_t bounds_size = sizeof(w3di_asset_bjson_box), size;
    if (!w3d_size_append(&bounds_size, scene->mesh_count, sizeof(w3di_asset_bjson_box)))
        return W3D_ERR_OUT_OF_MEMORY;
    size = bounds_size;
    if (!w3d_size_append(&size, most_ranges, 3 * sizeof(uint32_t))) return W3D_ERR_OUT_OF_MEMORY;
    void *memory = w3d_allocator_resize(&made.allocator, NULL, 0, size);
    if (!memory) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
    writer.bounds = (w3di_asset_bjson_box *)memory;
    writer.ranges = (uint32_t *)(void *)((char *)memory + bounds_size);
    for (uint32_t i = 0; i < scene->mesh_count; i++)
        writer.bounds[i] = w3di_asset_bjson_bounds(&scene->meshes[i]);
    w3d_result result = w3di_asset_bjson_encode(&write, &made, error);
    w3d_allocator_resize(&made.allocator, memory, size, 0);
    if (result == W3D_OK)
        *file = made;
    else
        w3d_asset_bjson_destroy(&made);
    return result;
}

W3D_API void w3d_asset_bjson_destroy(w3d_asset_bjson *file)
{
    if (!file) return;
    if (file->bytes) w3d_allocator_resize(&file->allocator, file->bytes, file->size, 0);
    file->bytes = NULL;
    file->size = 0;
}

/* ---- reading ---- */

/* What an object's place is before it has one. */
#define W3DI_ASSET_BJSON_UNPLACED 0xFFFFFFFFu
#define W3DI_ASSET_BJSON_ON_PATH  0xFFFFFFFEu

typedef struct w3di_asset_bjson_reader {
    w3d_bjson file;
    w3d_asset_scene *scene;
    w3d_error *error;
    uint32_t *place;  /* [id_count] of each row, its index among the scene's items of its type */
    uint32_t *parent; /* [id_count] of each object's row, its parent's, or W3D_BJSON_NONE */
    uint32_t *path;   /* [id_count] rows from a child upwards */
} w3di_asset_bjson_reader;

static w3d_result w3di_asset_bjson_fail(const w3di_asset_bjson_reader *r, w3d_result code,
                                        uint64_t offset, const char *text)
{
    return w3d_error_set(r->error, code, offset, text);
}

static w3d_result w3di_asset_bjson_no_memory(const w3di_asset_bjson_reader *r)
{
    return w3di_asset_bjson_fail(r, W3D_ERR_OUT_OF_MEMORY, 0,
                                 "out of memory, or over the memory limit");
}

/* A scene's arrays may be written by importers, which fill them; these are only to be read. */
static void *w3di_asset_bjson_borrow(const void *data) { return (void *)(uintptr_t)data; }

/* The index in the scene of the ID in `row`; NONE where there is none in the file. */
static w3d_result w3di_asset_bjson_link(const w3di_asset_bjson_reader *r, uint64_t offset,
                                        uint32_t row, uint32_t type, uint32_t *index)
{
    w3d_bjson_id id;
    *index = W3D_ASSET_NONE;
    if (row == W3D_BJSON_NONE || w3d_bjson_id_at(&r->file, row, &id) != W3D_OK) return W3D_OK;
    if (id.type != type)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, offset,
                                     "a reference to the wrong type of ID");
    *index = r->place[row];
    return W3D_OK;
}

/* Each of these reads one property of a map into *out, or leaves it where there is none. */
static w3d_result w3di_asset_bjson_get_floats(const w3di_asset_bjson_reader *r,
                                              const w3d_bjson_view *map, const char *key,
                                              float *out, uint32_t count)
{
    w3d_bjson_view view;
    if (!w3d_bjson_member(map, key, &view) || w3d_bjson_to_f32(&view, out, count)) return W3D_OK;
    return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset,
                                 "not a vector of that many numbers");
}

static w3d_result w3di_asset_bjson_get_float(const w3di_asset_bjson_reader *r,
                                             const w3d_bjson_view *map, const char *key, float *out)
{
    w3d_bjson_view view;
    double value;
    if (!w3d_bjson_member(map, key, &view)) return W3D_OK;
    if (!w3d_bjson_to_f64(&view, &value))
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a number");
    *out = (float)value;
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_get_text(const w3di_asset_bjson_reader *r,
                                            const w3d_bjson_view *map, const char *key,
                                            const char **out)
{
    w3d_bjson_view view;
    if (!w3d_bjson_member(map, key, &view)) return W3D_OK;
    const char *text = w3d_bjson_to_text(&view, NULL);
    if (!text) return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a string");
    *out = text;
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_get_link(const w3di_asset_bjson_reader *r,
                                            const w3d_bjson_view *map, const char *key,
                                            uint32_t type, uint32_t *index)
{
    w3d_bjson_view view;
    uint32_t row;
    if (!w3d_bjson_member(map, key, &view)) return W3D_OK;
    if (!w3d_bjson_to_row(&view, &row))
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a reference");
    return w3di_asset_bjson_link(r, view.offset, row, type, index);
}

/* An array in place; of `type` only subtype and n are looked at. */
static w3d_result w3di_asset_bjson_get_array(const w3di_asset_bjson_reader *r,
                                             const w3d_bjson_view *map, const char *key,
                                             w3d_bjson_subtype subtype, uint32_t n,
                                             w3d_bjson_view *view)
{
    w3d_bjson_view found;
    w3d_fill(view, 0, sizeof *view);
    if (!w3d_bjson_member(map, key, &found)) return W3D_OK;
    if ((found.tag != W3D_BJSON_ARRAY && found.tag != W3D_BJSON_LARGE) ||
        found.subtype != (uint32_t)subtype || found.n != n)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, found.offset,
                                     "not an array of the expected type");
    *view = found;
    return W3D_OK;
}

/* A mesh's array with a row for each vertex. */
static w3d_result w3di_asset_bjson_get_attribute(const w3di_asset_bjson_reader *r,
                                                 const w3d_bjson_view *map, const char *key,
                                                 uint32_t n, uint32_t vertex_count, float **out)
{
    w3d_bjson_view view;
    w3d_result result = w3di_asset_bjson_get_array(r, map, key, W3D_BJSON_SUB_F32, n, &view);
    if (result != W3D_OK || !view.length) return result;
    if (view.count != vertex_count)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset,
                                     "not as many rows as there are positions");
    *out = (float *)w3di_asset_bjson_borrow(w3d_bjson_data(&view));
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_load_object(const w3di_asset_bjson_reader *r,
                                               const w3d_bjson_view *map, w3d_asset_object *object)
{
    w3d_bjson_view view;
    float rotation[4] = { 1.0f, 0.0f, 0.0f, 0.0f };
    object->scale = w3d_vec3_splat(1.0f);
    object->parent = W3D_ASSET_NONE;
    object->mesh = W3D_ASSET_NONE;
    w3d_result result = w3di_asset_bjson_get_floats(r, map, "location", &object->translation.x, 3);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, map, "rotation_quaternion", rotation, 4);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, map, "scale", &object->scale.x, 3);
    object->rotation = w3d_quat_make(rotation[1], rotation[2], rotation[3], rotation[0]);
    if (result == W3D_OK && !w3d_bjson_member(map, "matrix_local", &view))
        object->local = w3d_mat4_from_trs(object->translation, w3d_quat_normalise(object->rotation),
                                          object->scale);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, map, "matrix_local", object->local.m, 16);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_link(r, map, "parent", W3D_BJSON_OBJECT, &object->parent);
    if (result == W3D_OK && w3d_bjson_member(map, "data", &view)) {
        w3d_bjson_id id; /* other data than a mesh, a camera's for one, is passed over */
        uint32_t row;
        if (!w3d_bjson_to_row(&view, &row))
            return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a reference");
        if (row != W3D_BJSON_NONE && w3d_bjson_id_at(&r->file, row, &id) == W3D_OK &&
            id.type == W3D_BJSON_MESH)
            object->mesh = r->place[row];
    }
    return result == W3D_OK ? w3di_asset_bjson_get_text(r, map, "extras", &object->extras) : result;
}

/* The ranges, which must cover the indices in order, and their materials. */
static w3d_result w3di_asset_bjson_load_ranges(const w3di_asset_bjson_reader *r,
                                               const w3d_bjson_view *map, w3d_asset_mesh *mesh)
{
    w3d_bjson_view ranges, materials;
    w3d_result result =
        w3di_asset_bjson_get_array(r, map, "material_ranges", W3D_BJSON_SUB_U32, 2, &ranges);
    if (result == W3D_OK)
        result =
            w3di_asset_bjson_get_array(r, map, "materials", W3D_BJSON_SUB_REFERENCE, 1, &materials);
    if (result != W3D_OK) return result;
    uint32_t count = ranges.length ? ranges.count : mesh->index_count != 0, covered = 0;
    if (ranges.length && materials.count != ranges.count)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, ranges.offset,
                                     "not as many materials as ranges");
    mesh->ranges = (w3d_asset_range *)w3d_asset_scene_alloc(r->scene, count, sizeof *mesh->ranges);
    if (!mesh->ranges) return w3di_asset_bjson_no_memory(r);
    mesh->range_count = count;
    const unsigned char *bytes =
        ranges.length ? (const unsigned char *)w3d_bjson_data(&ranges) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        w3d_asset_range *range = &mesh->ranges[i];
        range->first_index = bytes ? w3d_load_u32(bytes + (size_t)i * 8) : 0;
        range->index_count = bytes ? w3d_load_u32(bytes + (size_t)i * 8 + 4) : mesh->index_count;
        range->material = W3D_ASSET_NONE;
        if (range->first_index != covered || range->index_count % 3 != 0 ||
            range->index_count > mesh->index_count - covered)
            return w3di_asset_bjson_fail(r, W3D_ERR_INDEX, ranges.offset + (uint64_t)i * 8,
                                         "a range does not go on where the last one ended");
        covered += range->index_count;
        if (i < materials.count)
            result = w3di_asset_bjson_link(r, materials.offset + (uint64_t)i * 4,
                                           w3d_bjson_row_at(&materials, i), W3D_BJSON_MATERIAL,
                                           &range->material);
        if (result != W3D_OK) return result;
    }
    if (covered != mesh->index_count)
        return w3di_asset_bjson_fail(r, W3D_ERR_INDEX, ranges.offset,
                                     "the ranges do not cover all indices");
    return W3D_OK;
}

static w3d_result w3di_asset_bjson_load_mesh(const w3di_asset_bjson_reader *r,
                                             const w3d_bjson_view *map, w3d_asset_mesh *mesh)
{
    w3d_bjson_view view;
    w3d_result result = w3di_asset_bjson_get_array(r, map, "position", W3D_BJSON_SUB_F32, 3, &view);
    if (result != W3D_OK) return result;
    uint32_t count = view.count, largest = 0;
    mesh->vertex_count = count;
    if (view.length) mesh->positions = (float *)w3di_asset_bjson_borrow(w3d_bjson_data(&view));
    result = w3di_asset_bjson_get_attribute(r, map, "normal", 3, count, &mesh->normals);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_attribute(r, map, "uv", 2, count, &mesh->uvs);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_attribute(r, map, "color", 4, count, &mesh->colors);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_array(r, map, "index", W3D_BJSON_SUB_U32, 3, &view);
    if (result != W3D_OK) return result;
    if (view.count > UINT32_MAX / 3)
        return w3di_asset_bjson_fail(r, W3D_ERR_LIMIT, view.offset,
                                     "more indices than 32 bits count");
    mesh->index_count = view.count * 3;
    if (view.length) mesh->indices = (uint32_t *)w3di_asset_bjson_borrow(w3d_bjson_data(&view));
    for (uint32_t i = 0; i < mesh->index_count; i++)
        largest = mesh->indices[i] > largest ? mesh->indices[i] : largest;
    if (mesh->index_count && largest >= count) {
        uint32_t i = 0;
        while (mesh->indices[i] < count) i++;
        return w3di_asset_bjson_fail(r, W3D_ERR_INDEX, view.offset + (uint64_t)i * 4,
                                     "an index is not below the number of positions");
    }
    result = w3di_asset_bjson_load_ranges(r, map, mesh);
    return result == W3D_OK ? w3di_asset_bjson_get_text(r, map, "extras", &mesh->extras) : result;
}

static w3d_result w3di_asset_bjson_load_texture(const w3di_asset_bjson_reader *r,
                                                const w3d_bjson_view *map, const char *key,
                                                w3d_asset_texture *texture)
{
    w3d_bjson_view inner, view;
    uint64_t uv_set = 0;
    if (!w3d_bjson_member(map, key, &inner)) return W3D_OK;
    if (inner.tag != W3D_BJSON_MAP)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, inner.offset, "not a map");
    w3d_result result =
        w3di_asset_bjson_get_link(r, &inner, "image", W3D_BJSON_IMAGE, &texture->image);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, &inner, "offset", texture->offset, 2);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_float(r, &inner, "rotation", &texture->rotation_radians);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, &inner, "scale", texture->scale, 2);
    if (result != W3D_OK || !w3d_bjson_member(&inner, "uv_set", &view)) return result;
    if (!w3d_bjson_to_u64(&view, &uv_set) || uv_set > UINT32_MAX)
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset,
                                     "not the number of a set of uvs");
    texture->uv_set = (uint32_t)uv_set;
    return W3D_OK;
}

static int w3di_asset_bjson_is(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static w3d_result w3di_asset_bjson_load_material(const w3di_asset_bjson_reader *r,
                                                 const w3d_bjson_view *map,
                                                 w3d_asset_material *material)
{
    const char *alpha = "OPAQUE";
    w3d_bjson_view view;
    int64_t flag = 0;
    w3d_result result = w3di_asset_bjson_get_floats(r, map, "base_color", material->base_color, 4);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_float(r, map, "metallic", &material->metallic);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_float(r, map, "roughness", &material->roughness);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_floats(r, map, "emission_color", material->emissive, 3);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_float(r, map, "alpha_cutoff", &material->alpha_cutoff);
    if (result == W3D_OK) result = w3di_asset_bjson_get_text(r, map, "alpha_mode", &alpha);
    for (uint32_t i = 0; i < 5 && result == W3D_OK; i++) {
        w3d_asset_texture *texture = w3di_asset_bjson_texture(material, i);
        result = w3di_asset_bjson_load_texture(r, map, w3di_asset_bjson_texture_key(i), texture);
    }
    if (result != W3D_OK) return result;
    if (w3d_bjson_member(map, "double_sided", &view) && !w3d_bjson_to_i64(&view, &flag))
        return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a bool");
    material->double_sided = flag != 0;
    material->alpha = w3di_asset_bjson_is(alpha, "BLEND")  ? W3D_ASSET_ALPHA_BLEND
                      : w3di_asset_bjson_is(alpha, "MASK") ? W3D_ASSET_ALPHA_MASK
                                                           : W3D_ASSET_ALPHA_OPAQUE;
    return w3di_asset_bjson_get_text(r, map, "extras", &material->extras);
}

static w3d_result w3di_asset_bjson_load_image(const w3di_asset_bjson_reader *r,
                                              const w3d_bjson_view *map, w3d_asset_image *image)
{
    w3d_bjson_view view;
    w3d_result result = w3di_asset_bjson_get_text(r, map, "filepath", &image->uri);
    if (result == W3D_OK) result = w3di_asset_bjson_get_text(r, map, "mime", &image->mime);
    if (result == W3D_OK)
        result = w3di_asset_bjson_get_array(r, map, "packed_file", W3D_BJSON_SUB_U8, 1, &view);
    if (result != W3D_OK || !view.length) return result;
    image->data = (const uint8_t *)w3d_bjson_data(&view);
    image->data_size = (size_t)view.length;
    return W3D_OK;
}

/* Counts the IDs by type, gives each its place but the objects, and notes the objects' parents. */
static w3d_result w3di_asset_bjson_count(w3di_asset_bjson_reader *r)
{
    w3d_asset_scene *scene = r->scene;
    for (uint32_t row = 0; row < r->file.id_count; row++) {
        w3d_bjson_id id, parent;
        w3d_bjson_view view;
        uint32_t to = W3D_BJSON_NONE;
        r->place[row] = 0;
        r->parent[row] = W3D_BJSON_NONE;
        if (w3d_bjson_id_at(&r->file, row, &id) != W3D_OK) continue;
        if (id.type == W3D_BJSON_MESH) r->place[row] = scene->mesh_count++;
        if (id.type == W3D_BJSON_MATERIAL) r->place[row] = scene->material_count++;
        if (id.type == W3D_BJSON_IMAGE) r->place[row] = scene->image_count++;
        if (id.type != W3D_BJSON_OBJECT) continue;
        scene->object_count++;
        r->place[row] = W3DI_ASSET_BJSON_UNPLACED;
        if (!w3d_bjson_get(&id, "parent", &view)) continue;
        if (!w3d_bjson_to_row(&view, &to))
            return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset, "not a reference");
        if (to == W3D_BJSON_NONE || w3d_bjson_id_at(&r->file, to, &parent) != W3D_OK) continue;
        if (parent.type != W3D_BJSON_OBJECT)
            return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, view.offset,
                                         "an object's parent is no object");
        r->parent[row] = to;
    }
    return W3D_OK;
}

/* Gives the objects their places, each parent before its children: up from each object to one that
 * has a place, then down again. */
static w3d_result w3di_asset_bjson_place_objects(const w3di_asset_bjson_reader *r)
{
    uint32_t next = 0;
    for (uint32_t row = 0; row < r->file.id_count; row++) {
        uint32_t depth = 0, at = row;
        while (at != W3D_BJSON_NONE && r->place[at] == W3DI_ASSET_BJSON_UNPLACED) {
            r->place[at] = W3DI_ASSET_BJSON_ON_PATH;
            r->path[depth++] = at;
            at = r->parent[at];
        }
        if (at != W3D_BJSON_NONE && r->place[at] == W3DI_ASSET_BJSON_ON_PATH) {
            w3d_bjson_id id;
            w3d_result found = w3d_bjson_id_at(&r->file, at, &id);
            return w3di_asset_bjson_fail(r, W3D_ERR_FORMAT, found == W3D_OK ? id.payload : 0,
                                         "an object is its own ancestor");
        }
        while (depth) r->place[r->path[--depth]] = next++;
    }
    return W3D_OK;
}

/* Room for all items, then each ID into its own. */
static w3d_result w3di_asset_bjson_fill(const w3di_asset_bjson_reader *r)
{
    w3d_asset_scene *s = r->scene;
    s->objects = (w3d_asset_object *)w3d_asset_scene_alloc(s, s->object_count, sizeof *s->objects);
    s->meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(s, s->mesh_count, sizeof *s->meshes);
    s->materials =
        (w3d_asset_material *)w3d_asset_scene_alloc(s, s->material_count, sizeof *s->materials);
    s->images = (w3d_asset_image *)w3d_asset_scene_alloc(s, s->image_count, sizeof *s->images);
    if (!s->objects || !s->meshes || !s->materials || !s->images)
        return w3di_asset_bjson_no_memory(r);
    w3d_result result = W3D_OK;
    for (uint32_t row = 0; row < r->file.id_count && result == W3D_OK; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map;
        uint32_t place = r->place[row];
        if (w3d_bjson_id_at(&r->file, row, &id) != W3D_OK || !w3d_bjson_properties(&id, &map))
            continue;
        switch (id.type) {
        case W3D_BJSON_OBJECT:
            s->objects[place].name = id.name;
            result = w3di_asset_bjson_load_object(r, &map, &s->objects[place]);
            break;
        case W3D_BJSON_MESH:
            s->meshes[place].name = id.name;
            result = w3di_asset_bjson_load_mesh(r, &map, &s->meshes[place]);
            break;
        case W3D_BJSON_MATERIAL:
            s->materials[place] = w3d_asset_material_default();
            s->materials[place].name = id.name;
            result = w3di_asset_bjson_load_material(r, &map, &s->materials[place]);
            break;
        case W3D_BJSON_IMAGE:
            s->images[place].name = id.name;
            result = w3di_asset_bjson_load_image(r, &map, &s->images[place]);
            break;
        case W3D_BJSON_SCENE:
            if (!s->extras) result = w3di_asset_bjson_get_text(r, &map, "extras", &s->extras);
            break;
        default: break;
        }
    }
    return result;
}

W3D_API w3d_result w3d_asset_bjson_load(const w3d_asset_bjson_load_desc *desc,
                                        w3d_asset_scene *scene, w3d_error *error)
{
    w3di_asset_bjson_reader r;
    w3d_asset_scene made;
    if (!desc || !scene)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no description or no scene");
    w3d_result result = w3d_bjson_read(desc->bytes, desc->size, &r.file, error);
    if (result != W3D_OK) return result;
    w3d_asset_scene_init(&made, desc->allocator, desc->memory_limit);
    r.scene = &made;
    r.error = error;
    /* The file has 24 bytes a row, so this is less than it and cannot overflow. */
    size_t count = r.file.id_count ? r.file.id_count : 1, size = count * 3 * sizeof(uint32_t);
    r.place = (uint32_t *)w3d_allocator_resize(&made.allocator, NULL, 0, size);
    if (!r.place) return w3di_asset_bjson_no_memory(&r);
    r.parent = r.place + count;
    r.path = r.parent + count;
    result = w3di_asset_bjson_count(&r);
    if (result == W3D_OK) result = w3di_asset_bjson_place_objects(&r);
    if (result == W3D_OK) result = w3di_asset_bjson_fill(&r);
    w3d_allocator_resize(&made.allocator, r.place, size, 0);
    if (result == W3D_OK)
        *scene = made;
    else
        w3d_asset_scene_destroy(&made);
    return result;
}

#undef W3DI_ASSET_BJSON_UNPLACED
#undef W3DI_ASSET_BJSON_ON_PATH
