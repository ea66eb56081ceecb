/* test_asset_bjson.c - scenes to BJSON and back in place, and files whose meaning is wrong. */
#include "bjson_random.h"

#include "asset/asset_bjson.h"
#include "scene/bjson_read.h"

/* ---- a scene with everything ---- */

enum { VERTICES = 40, INDICES = 90, RANGES = 3 };

static void fill_floats(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] = test_random_float(-5.0f, 5.0f);
}

static void fill_mesh(w3d_asset_scene *scene, w3d_asset_mesh *mesh, uint32_t ranges)
{
    mesh->name = "Mesh";
    mesh->extras = "{\"kept\": [1, 2.50]}";
    mesh->vertex_count = VERTICES;
    mesh->index_count = INDICES;
    mesh->range_count = ranges;
    mesh->positions = (float *)w3d_asset_scene_alloc(scene, VERTICES, 12);
    mesh->normals = (float *)w3d_asset_scene_alloc(scene, VERTICES, 12);
    mesh->uvs = (float *)w3d_asset_scene_alloc(scene, VERTICES, 8);
    mesh->colors = (float *)w3d_asset_scene_alloc(scene, VERTICES, 16);
    mesh->indices = (uint32_t *)w3d_asset_scene_alloc(scene, INDICES, 4);
    mesh->ranges = (w3d_asset_range *)w3d_asset_scene_alloc(scene, ranges, sizeof *mesh->ranges);
    fill_floats(mesh->positions, VERTICES * 3);
    fill_floats(mesh->normals, VERTICES * 3);
    fill_floats(mesh->uvs, VERTICES * 2);
    fill_floats(mesh->colors, VERTICES * 4);
    for (uint32_t i = 0; i < INDICES; i++) mesh->indices[i] = test_random_below(VERTICES);
    for (uint32_t i = 0; i < ranges; i++) {
        mesh->ranges[i].first_index = i * INDICES / ranges;
        mesh->ranges[i].index_count = INDICES / ranges;
        mesh->ranges[i].material = i % 3 == 2 ? W3D_ASSET_NONE : i % 3;
    }
}

static void fill_scene(w3d_asset_scene *scene)
{
    static const uint8_t png[5] = { 0x89, 'P', 'N', 'G', 0 };
    static char long_name[301];
    w3d_asset_scene_init(scene, NULL, 0);
    scene->object_count = 3;
    scene->mesh_count = 2;
    scene->material_count = 2;
    scene->image_count = 2;
    scene->objects = (w3d_asset_object *)w3d_asset_scene_alloc(scene, 3, sizeof *scene->objects);
    scene->meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(scene, 2, sizeof *scene->meshes);
    scene->materials =
        (w3d_asset_material *)w3d_asset_scene_alloc(scene, 2, sizeof *scene->materials);
    scene->images = (w3d_asset_image *)w3d_asset_scene_alloc(scene, 2, sizeof *scene->images);
    scene->extras = "{}";
    for (uint32_t i = 0; i < 3; i++) {
        w3d_asset_object *object = &scene->objects[i];
        object->name = i == 2 ? "\xE4\xB8\xAD\xE6\x96\x87" : i ? "child" : "root";
        object->extras = i == 1 ? "{\"a\":1}" : NULL;
        object->parent = i ? i - 1 : W3D_ASSET_NONE;
        object->mesh = i == 1 ? W3D_ASSET_NONE : i / 2;
        fill_floats(&object->translation.x, 3);
        fill_floats(&object->scale.x, 3);
        fill_floats(object->local.m, 16);
        object->rotation = w3d_quat_from_axis(w3d_vec3_make(0.0f, 1.0f, 0.0f), (float)i);
    }
    for (size_t i = 0; i < 100; i++) memcpy(long_name + 3 * i, "\xE4\xB8\xAD", 3);
    fill_mesh(scene, &scene->meshes[0], RANGES);
    fill_mesh(scene, &scene->meshes[1], 1);
    scene->meshes[1].name = long_name;
    scene->meshes[1].normals = scene->meshes[1].uvs = scene->meshes[1].colors = NULL;
    scene->meshes[1].positions[4] = (float)NAN;
    for (uint32_t i = 0; i < 2; i++) {
        w3d_asset_material *material = &scene->materials[i];
        *material = w3d_asset_material_default();
        material->name = i ? "glass" : "brick";
        if (!i) continue;
        fill_floats(material->base_color, 4);
        fill_floats(material->emissive, 3);
        material->metallic = 0.1f;
        material->roughness = 0.7f;
        material->alpha_cutoff = 0.25f;
        material->alpha = W3D_ASSET_ALPHA_MASK;
        material->double_sided = 1;
        material->extras = "[]";
        material->base_color_texture.image = 1;
        material->base_color_texture.uv_set = 2;
        material->base_color_texture.rotation_radians = 0.3f;
        fill_floats(material->base_color_texture.offset, 2);
        fill_floats(material->base_color_texture.scale, 2);
        material->normal_texture.image = 0;
    }
    scene->images[0].name = "embedded";
    scene->images[0].mime = "image/png";
    scene->images[0].data = png;
    scene->images[0].data_size = sizeof png;
    scene->images[1].name = "beside";
    scene->images[1].uri = "textures/beside.jpg";
}

static int same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static int same_floats(const float *a, const float *b, size_t count)
{
    if (!a || !b) return a == b;
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i]) && !(isnan(a[i]) && isnan(b[i]))) return 0;
    return 1;
}

static int is_inside(const w3d_asset_bjson *file, const void *p)
{
    const char *begin = (const char *)file->bytes;
    return !p || ((const char *)p >= begin && (const char *)p < begin + file->size);
}

static int same_texture(const w3d_asset_texture *a, const w3d_asset_texture *b)
{
    return a->image == b->image && a->uv_set == b->uv_set && same_floats(a->offset, b->offset, 2) &&
           same_floats(a->scale, b->scale, 2) && a->rotation_radians == b->rotation_radians;
}

static void check_same(const w3d_asset_scene *a, const w3d_asset_scene *b)
{
    CHECK(a->object_count == b->object_count && a->mesh_count == b->mesh_count);
    CHECK(a->material_count == b->material_count && a->image_count == b->image_count);
    CHECK(same_text(a->extras, b->extras));
    for (uint32_t i = 0; i < a->object_count; i++) {
        const w3d_asset_object *x = &a->objects[i], *y = &b->objects[i];
        CHECK(same_text(x->name, y->name) && same_text(x->extras, y->extras));
        CHECK(x->parent == y->parent && x->mesh == y->mesh);
        CHECK(same_floats(&x->translation.x, &y->translation.x, 3) &&
              same_floats(&x->scale.x, &y->scale.x, 3));
        CHECK(same_floats(&x->rotation.x, &y->rotation.x, 4) &&
              same_floats(x->local.m, y->local.m, 16));
    }
    for (uint32_t i = 0; i < a->mesh_count; i++) {
        const w3d_asset_mesh *x = &a->meshes[i], *y = &b->meshes[i];
        uint32_t n = x->vertex_count;
        CHECK(i == 1 || same_text(x->name, y->name));
        CHECK(same_text(x->extras, y->extras));
        CHECK(n == y->vertex_count && x->index_count == y->index_count &&
              x->range_count == y->range_count);
        CHECK(same_floats(x->positions, y->positions, n * 3) &&
              same_floats(x->normals, y->normals, n * 3));
        CHECK(same_floats(x->uvs, y->uvs, n * 2) && same_floats(x->colors, y->colors, n * 4));
        CHECK(!memcmp(x->indices, y->indices, x->index_count * 4));
        CHECK(!memcmp(x->ranges, y->ranges, x->range_count * sizeof *x->ranges));
    }
    for (uint32_t i = 0; i < a->material_count; i++) {
        const w3d_asset_material *x = &a->materials[i], *y = &b->materials[i];
        CHECK(same_text(x->name, y->name) && same_text(x->extras, y->extras));
        CHECK(same_floats(x->base_color, y->base_color, 4) &&
              same_floats(x->emissive, y->emissive, 3));
        CHECK(x->metallic == y->metallic && x->roughness == y->roughness &&
              x->alpha_cutoff == y->alpha_cutoff);
        CHECK(x->alpha == y->alpha && x->double_sided == y->double_sided);
        CHECK(same_texture(&x->base_color_texture, &y->base_color_texture));
        CHECK(same_texture(&x->metallic_roughness_texture, &y->metallic_roughness_texture));
        CHECK(same_texture(&x->normal_texture, &y->normal_texture));
        CHECK(same_texture(&x->occlusion_texture, &y->occlusion_texture));
        CHECK(same_texture(&x->emissive_texture, &y->emissive_texture));
    }
    for (uint32_t i = 0; i < a->image_count; i++) {
        const w3d_asset_image *x = &a->images[i], *y = &b->images[i];
        CHECK(same_text(x->name, y->name) && same_text(x->uri, y->uri) &&
              same_text(x->mime, y->mime));
        CHECK(x->data_size == y->data_size &&
              (!x->data || !memcmp(x->data, y->data, x->data_size)));
    }
}

static w3d_result load(const void *bytes, size_t size, w3d_asset_scene *scene, w3d_error *error)
{
    w3d_asset_bjson_load_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.bytes = bytes;
    desc.size = size;
    return w3d_asset_bjson_load(&desc, scene, error);
}

static void there_and_back(void)
{
    w3d_asset_scene scene, read;
    w3d_asset_bjson file, again;
    w3d_asset_bjson_desc desc;
    w3d_error error = { W3D_OK, 0, "" };
    fill_scene(&scene);
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_OK);
    w3d_result result = load(file.bytes, file.size, &read, &error);
    CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
    if (result != W3D_OK) return;
    check_same(&scene, &read);
    CHECK(strlen(read.meshes[1].name) == 255 &&
          !strncmp(read.meshes[1].name, scene.meshes[1].name, 255));
    for (uint32_t i = 0; i < 2; i++) { /* nothing was copied */
        CHECK(is_inside(&file, read.meshes[i].positions) &&
              is_inside(&file, read.meshes[i].indices));
        CHECK(is_inside(&file, read.meshes[i].normals) && is_inside(&file, read.meshes[i].name));
        CHECK(((uintptr_t)read.meshes[i].positions & 3u) == 0 &&
              is_inside(&file, read.images[i].data));
    }
    CHECK(w3d_asset_bjson_create(&read, NULL, &again, &error) == W3D_OK && again.size == file.size);
    CHECK_BYTES(again.bytes, file.bytes, file.size < again.size ? file.size : again.size);
    w3d_asset_bjson_destroy(&again);
    w3d_asset_scene_destroy(&read);

    memset(&desc, 0, sizeof desc);
    desc.crc = 1;
    desc.time = 1700000000123456789;
    CHECK(w3d_asset_bjson_create(&scene, &desc, &again, &error) == W3D_OK &&
          again.size == file.size);
    CHECK(load(again.bytes, again.size, &read, &error) == W3D_OK);
    check_same(&scene, &read);
    w3d_asset_scene_destroy(&read);
    ((unsigned char *)again.bytes)[again.size / 2] ^= 4;
    CHECK(load(again.bytes, again.size, &read, &error) != W3D_OK);
    w3d_asset_bjson_destroy(&again);
    w3d_asset_bjson_destroy(&again);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_bjson_destroy(NULL);
    w3d_asset_scene_destroy(&scene);
}

static void bounds_and_names(void)
{
    w3d_asset_scene scene;
    w3d_asset_bjson file;
    w3d_bjson bjson;
    w3d_bjson_id id;
    w3d_bjson_view view;
    float box[6], min[3] = { HUGE_VALF, HUGE_VALF, HUGE_VALF },
                  max[3] = { -HUGE_VALF, -HUGE_VALF, -HUGE_VALF };
    fill_scene(&scene);
    const w3d_asset_mesh *mesh = &scene.meshes[1]; /* has a NaN */
    for (uint32_t i = 0; i < VERTICES * 3; i++) {
        if (mesh->positions[i] < min[i % 3]) min[i % 3] = mesh->positions[i];
        if (mesh->positions[i] > max[i % 3]) max[i % 3] = mesh->positions[i];
    }
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_read(file.bytes, file.size, &bjson, NULL) == W3D_OK && bjson.id_count == 10);
    CHECK(w3d_bjson_id_at(&bjson, 4, &id) == W3D_OK && id.type == W3D_BJSON_MESH);
    CHECK(w3d_bjson_get(&id, "bounds_min", &view) && w3d_bjson_to_f32(&view, box, 3) &&
          same_floats(box, min, 3));
    CHECK(w3d_bjson_get(&id, "bounds_max", &view) && w3d_bjson_to_f32(&view, box, 3) &&
          same_floats(box, max, 3));
    CHECK(w3d_bjson_id_at(&bjson, w3d_bjson_find(&bjson, W3D_BJSON_OBJECT, "child"), &id) ==
              W3D_OK &&
          id.row == 1);
    CHECK(w3d_bjson_get(&id, "rotation_quaternion", &view) && w3d_bjson_to_f32(&view, box, 4));
    CHECK(box[0] == scene.objects[1].rotation.w && box[2] == scene.objects[1].rotation.y);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_scene_destroy(&scene);
}

static void nothing_at_all(void)
{
    w3d_asset_scene scene, read;
    w3d_asset_bjson file;
    w3d_asset_scene_init(&scene, NULL, 0);
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, NULL) == W3D_OK);
    CHECK(load(file.bytes, file.size, &read, NULL) == W3D_OK && read.object_count == 0 &&
          !read.extras);
    w3d_asset_scene_destroy(&read);
    w3d_asset_bjson_destroy(&file);
    scene.mesh_count = 1; /* a mesh with nothing in it */
    scene.meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(&scene, 1, sizeof *scene.meshes);
    scene.meshes[0].name = "";
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, NULL) == W3D_OK);
    CHECK(load(file.bytes, file.size, &read, NULL) == W3D_OK && read.mesh_count == 1);
    CHECK(read.meshes[0].vertex_count == 0 && read.meshes[0].range_count == 0);
    w3d_asset_scene_destroy(&read);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_scene_destroy(&scene);
}

static void scenes_that_are_wrong(void)
{
    w3d_asset_scene scene;
    w3d_asset_bjson file = { NULL, 123, { NULL, NULL } };
    w3d_error error;
    fill_scene(&scene);
    scene.objects[1].parent = 3;
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_ERR_INDEX &&
          error.offset == 1);
    scene.objects[1].parent = 0;
    scene.objects[2].mesh = 2;
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_ERR_INDEX &&
          error.offset == 2);
    scene.objects[2].mesh = 1;
    scene.meshes[0].ranges[1].material = 2;
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_ERR_INDEX &&
          error.offset == 3);
    scene.meshes[0].ranges[1].material = 0;
    scene.materials[1].normal_texture.image = 2;
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_ERR_INDEX &&
          error.offset == 6);
    scene.materials[1].normal_texture.image = 0;
    scene.images[1].name = "\xFF";
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_ERR_UTF8 && error.offset == 8);
    CHECK(file.bytes == NULL && file.size == 123);
    CHECK(w3d_asset_bjson_create(NULL, NULL, &file, &error) == W3D_ERR_ARGUMENT);
    w3d_asset_scene_destroy(&scene);
}

/* ---- files whose structure is sound and whose meaning is not ---- */

static w3d_result load_described(const w3d_bjson_write_id *ids, uint32_t count,
                                 w3d_asset_scene *scene)
{
    w3d_bjson_write_desc desc = { ids, count, 0, NULL, NULL };
    w3d_error error = { W3D_OK, 0, NULL };
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(bytes != NULL);
    result = load(bytes, size, scene, &error);
    CHECK(result == error.code && (result == W3D_OK || (error.offset > 64 && error.offset < size)));
    if (result == W3D_OK) { /* the texts lie in the file: look at them while it is there */
        for (uint32_t i = 0; i < scene->object_count; i++)
            CHECK(strlen(scene->objects[i].name) == 1);
        for (uint32_t i = 0; i < scene->object_count; i++)
            CHECK(scene->objects[i].parent == W3D_ASSET_NONE || scene->objects[i].parent < i);
    }
    free(bytes);
    return result;
}

static void parents_in_any_order(void)
{
    w3d_bjson_value values[6];
    w3d_bjson_write_id ids[7];
    w3d_asset_scene scene;
    static const uint32_t parents[6] = { 3, 0, W3D_BJSON_NONE, 2, 1, 6 };
    memset(ids, 0, sizeof ids);
    for (uint32_t i = 0; i < 6; i++) {
        values[i] = w3d_bjson_reference("parent", parents[i]);
        ids[i].name = "o";
        ids[i].values = &values[i];
        ids[i].value_count = 1;
    }
    ids[6].flags = W3D_BJSON_DELETED;
    CHECK(load_described(ids, 7, &scene) == W3D_OK && scene.object_count == 6);
    uint32_t depth = 0, roots = 0;
    for (uint32_t i = 0; i < 6; i++) roots += scene.objects[i].parent == W3D_ASSET_NONE;
    for (uint32_t i = 5; i != W3D_ASSET_NONE && scene.object_count == 6;
         i = scene.objects[i].parent)
        depth++;
    CHECK(roots == 2 && depth >= 1);
    CHECK(scene.objects[0].scale.x == 1.0f && scene.objects[0].local.m[15] == 1.0f &&
          scene.objects[0].local.m[0] == 1.0f);
    w3d_asset_scene_destroy(&scene);
    values[2] = w3d_bjson_reference("parent", 4); /* 4 1 0 3 2 4: a circle */
    CHECK(load_described(ids, 7, &scene) == W3D_ERR_FORMAT);
    values[2] = w3d_bjson_reference("parent", 2);
    CHECK(load_described(ids, 7, &scene) == W3D_ERR_FORMAT);
}

/* A mesh of one triangle in a file with an object and a material, with one value replaced. */
static w3d_result load_mesh_with(const w3d_bjson_value *other, w3d_asset_scene *scene)
{
    static const float positions[9] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
    static const uint32_t index[6] = { 0, 1, 2, 2, 1, 0 }, ranges[4] = { 0, 3, 3, 3 },
                          materials[2] = { 2, 2 };
    w3d_bjson_value values[6], object = w3d_bjson_reference("data", 1);
    uint32_t count = 5;
    values[0] = w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, positions, 3), 3);
    values[1] = w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32, index, 2), 3);
    values[2] = w3d_bjson_rows(w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, ranges, 2), 2);
    values[3] = w3d_bjson_array("materials", W3D_BJSON_SUB_REFERENCE, materials, 2);
    values[4] = w3d_bjson_rows(w3d_bjson_array("normal", W3D_BJSON_SUB_F32, positions, 3), 3);
    for (uint32_t i = 0; other && i < 5; i++)
        if (!strcmp(values[i].key, other->key)) values[i] = *other, other = NULL;
    if (other) values[count++] = *other;
    w3d_bjson_write_id ids[3] = { { "o", &object, 1, W3D_BJSON_OBJECT, 0, 0, NULL },
                                  { "m", values, count, W3D_BJSON_MESH, 0, 0, NULL },
                                  { "x", NULL, 0, W3D_BJSON_MATERIAL, 0, 0, NULL } };
    return load_described(ids, 3, scene);
}

static void meshes_that_are_wrong(void)
{
    static const float floats[12] = { 0 };
    static const uint32_t far_index[3] = { 0, 3, 1 }, gap[4] = { 0, 0, 3, 3 },
                          short_ranges[2] = { 0, 3 };
    static const uint32_t odd[4] = { 0, 2, 2, 4 }, past[2] = { 0, 9 }, objects[2] = { 0, 0 },
                          one[1] = { 2 };
    w3d_asset_scene scene;
    w3d_bjson_value value;
    CHECK(load_mesh_with(NULL, &scene) == W3D_OK && scene.meshes[0].range_count == 2);
    CHECK(scene.objects[0].mesh == 0 && scene.meshes[0].ranges[1].material == 0);
    w3d_asset_scene_destroy(&scene);
    value = w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32, far_index, 1), 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_INDEX);
    value = w3d_bjson_large("index", W3D_BJSON_SUB_U32, far_index, 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_F32, floats, 1), 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_rows(w3d_bjson_array("normal", W3D_BJSON_SUB_F32, floats, 4), 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_rows(w3d_bjson_array("uv", W3D_BJSON_SUB_F32, floats, 3), 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, floats, 2), 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT); /* fewer than normals */
    value = w3d_bjson_i64("position", 3);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_rows(w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, gap, 2), 2);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_INDEX);
    value = w3d_bjson_rows(w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, odd, 2), 2);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_INDEX);
    value =
        w3d_bjson_rows(w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, short_ranges, 1), 2);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT); /* two materials */
    value = w3d_bjson_rows(w3d_bjson_array("material_ranges", W3D_BJSON_SUB_U32, past, 1), 2);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_array("materials", W3D_BJSON_SUB_REFERENCE, one, 1);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_array("materials", W3D_BJSON_SUB_REFERENCE, objects, 2);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT); /* they are no materials */
    value = w3d_bjson_i64("extras", 1);
    CHECK(load_mesh_with(&value, &scene) == W3D_ERR_FORMAT);
    value = w3d_bjson_i64("of_no_interest", 1);
    CHECK(load_mesh_with(&value, &scene) == W3D_OK);
    w3d_asset_scene_destroy(&scene);
}

static void properties_that_are_wrong(void)
{
    static const float floats[16] = { 0 };
    w3d_bjson_value inner[2], all[16];
    uint32_t count = 0;
    inner[0] = w3d_bjson_reference("image", 0);
    inner[1] = w3d_bjson_i64("uv_set", -1);
    all[count++] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 2, floats);
    all[count++] = w3d_bjson_f64("scale", 1.0);
    all[count++] = w3d_bjson_vector("rotation_quaternion", W3D_BJSON_SUB_F32, 3, floats);
    all[count++] = w3d_bjson_vector("matrix_local", W3D_BJSON_SUB_F32, 15, floats);
    all[count++] = w3d_bjson_i64("parent", 0);
    all[count++] = w3d_bjson_reference("parent", 1);
    all[count++] = w3d_bjson_bool("data", 1);
    uint32_t objects = count;
    all[count++] = w3d_bjson_vector("base_color", W3D_BJSON_SUB_F32, 3, floats);
    all[count++] = w3d_bjson_string("metallic", "1", 1);
    all[count++] = w3d_bjson_i64("alpha_mode", 1);
    all[count++] = w3d_bjson_f64("double_sided", 1);
    all[count++] = w3d_bjson_i64("normal_texture", 1);
    all[count++] = w3d_bjson_map("normal_texture", inner, 1); /* the image is an object */
    all[count++] = w3d_bjson_map("emission_texture", inner + 1, 1);
    for (uint32_t i = 0; i < count; i++) {
        w3d_asset_scene scene;
        w3d_bjson_write_id ids[2] = { { "o", &all[i], 1, W3D_BJSON_OBJECT, 0, 0, NULL },
                                      { "m", NULL, 0, W3D_BJSON_MATERIAL, 0, 0, NULL } };
        if (i >= objects)
            ids[0].values = NULL, ids[0].value_count = 0, ids[1].values = &all[i],
            ids[1].value_count = 1;
        w3d_result result = load_described(ids, 2, &scene);
        CHECK_MESSAGE(result == W3D_ERR_FORMAT, "property %d: %d", (int)i, (int)result);
        if (result == W3D_OK) w3d_asset_scene_destroy(&scene);
    }
}

/* Any damage: refused, or a scene that is sound. */
static void damage_is_harmless(void)
{
    w3d_asset_scene scene, read;
    w3d_asset_bjson file;
    fill_scene(&scene);
    CHECK(w3d_asset_bjson_create(&scene, NULL, &file, NULL) == W3D_OK);
    uint32_t accepted = 0;
    for (int i = 0; i < 20000; i++) {
        unsigned char *bytes = (unsigned char *)file.bytes;
        uint32_t at = 64 + test_random_below((uint32_t)file.size - 64);
        unsigned char before = bytes[at];
        bytes[at] = (unsigned char)(test_random_below(2) ? test_random()
                                                         : before ^ 1u << test_random_below(8));
        if (load(file.bytes, file.size, &read, NULL) == W3D_OK) {
            accepted++;
            for (uint32_t m = 0; m < read.mesh_count; m++)
                for (uint32_t k = 0; k < read.meshes[m].index_count; k++)
                    CHECK(read.meshes[m].indices[k] < read.meshes[m].vertex_count);
            for (uint32_t k = 0; k < read.object_count; k++)
                CHECK(read.objects[k].parent == W3D_ASSET_NONE || read.objects[k].parent < k);
            w3d_asset_scene_destroy(&read);
        }
        bytes[at] = before;
    }
    CHECK(accepted > 100 && accepted < 20000);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_scene_destroy(&scene);
}

/* ---- no memory ---- */

static int create_and_load(const void *allocator, void *user)
{
    w3d_asset_bjson_desc desc;
    w3d_asset_bjson_load_desc load_desc;
    w3d_asset_bjson file;
    w3d_asset_scene read;
    memset(&desc, 0, sizeof desc);
    memset(&load_desc, 0, sizeof load_desc);
    desc.allocator = (const w3d_allocator *)allocator;
    w3d_result result = w3d_asset_bjson_create((const w3d_asset_scene *)user, &desc, &file, NULL);
    if (result != W3D_OK) return (int)result;
    load_desc.bytes = file.bytes;
    load_desc.size = file.size;
    load_desc.allocator = (const w3d_allocator *)allocator;
    result = w3d_asset_bjson_load(&load_desc, &read, NULL);
    if (result == W3D_OK) w3d_asset_scene_destroy(&read);
    w3d_asset_bjson_destroy(&file);
    return (int)result;
}

static void memory_may_fail(void)
{
    w3d_asset_scene scene;
    fill_scene(&scene);
    test_allocation_sweep(create_and_load, &scene);
    w3d_asset_scene_destroy(&scene);
}

void test_asset_bjson(void);
void test_asset_bjson(void)
{
    RUN(there_and_back);
    RUN(bounds_and_names);
    RUN(nothing_at_all);
    RUN(scenes_that_are_wrong);
    RUN(parents_in_any_order);
    RUN(meshes_that_are_wrong);
    RUN(properties_that_are_wrong);
    RUN(damage_is_harmless);
    RUN(memory_may_fail);
}
