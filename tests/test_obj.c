/* test_obj.c - OBJ and MTL as programs write them, and as nobody should. */
#include "test.h"

#include "asset/obj.h"
#include "memory/allocator.h"

typedef struct library {
    const char *name, *text;
} library;

static w3d_result open_library(void *user, const char *name, size_t name_size, const void **bytes,
                               size_t *size)
{
    const library *l = (const library *)user;
    if (strlen(l->name) != name_size || memcmp(l->name, name, name_size)) return W3D_ERR_NOT_FOUND;
    *bytes = l->text;
    *size = strlen(l->text);
    return W3D_OK;
}

static w3d_result load(const char *text, const library *mtl, w3d_asset_scene *scene,
                       w3d_error *error)
{
    w3d_obj_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(scene, 0, sizeof *scene);
    desc.text = text;
    desc.size = strlen(text);
    if (mtl) desc.open = open_library, desc.user = (void *)(uintptr_t)mtl;
    return w3d_obj_load(&desc, scene, error);
}

static const char cube_corner[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n";

static void faces_of_all_forms_are_read(void)
{
    static const char text[] = "# a comment that ends in a backslash \\\n"
                               "v 0 0 0\r\nv +1.0 0 0\rv 1 1.e0 0\nv 0 .1e1 0 1.0\n"
                               "vt 0 0\nvt 1 0\nvt 1 1 0\nvt 0.25\nvn 0 0 1\n"
                               "f 1/1/1 2/2/1 3/3/1 \\\n 4/4/1\n"
                               "f -4//-1 -3//-1 -2//1\n"
                               "f 1 2 3\n"
                               "l 1 2\np 1\nf 1 2\ns off\ncstype bezier\n";
    w3d_asset_scene scene;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK_MESSAGE(load(text, NULL, &scene, &error) == W3D_OK, "%s at %d", error.text,
                  (int)error.offset);
    CHECK(scene.object_count == 1 && scene.mesh_count == 1 && scene.skipped_primitives == 3);
    const w3d_asset_mesh *mesh = &scene.meshes[0];
    static const uint32_t indices[12] = { 0, 1, 2, 0, 2, 3, 4, 5, 6, 7, 8, 9 };
    CHECK(mesh->index_count == 12 && mesh->vertex_count == 10 && mesh->range_count == 1);
    CHECK_BYTES(mesh->indices, indices, sizeof indices);
    CHECK(mesh->positions[3] == 1.0f && mesh->positions[7] == 1.0f &&
          mesh->positions[3 * 3 + 1] == 1.0f);
    CHECK(mesh->uvs[0] == 0.0f && mesh->uvs[1] == 1.0f && mesh->uvs[5] == 0.0f &&
          mesh->uvs[6] == 0.25f);
    CHECK(mesh->normals[2] == 1.0f && mesh->normals[4 * 3 + 2] == 1.0f &&
          mesh->normals[7 * 3 + 2] == 0.0f);
    CHECK(!mesh->colors && scene.objects[0].mesh == 0 && scene.objects[0].parent == W3D_ASSET_NONE);
    w3d_asset_scene_destroy(&scene);
}

static void objects_groups_and_materials_split_meshes(void)
{
    static const library mtl = {
        "my file.mtl",
        "newmtl red\nKd 1 0 0\nNs 250\nd 0.5\nmap_Kd -s 2 3 -bm 1 -o 0.5 tex ture.png\n"
        "newmtl grey\nKd 0.5\nPr 0.25\nPm 1\nKe 1 2 3\nnorm n.png\nKa spectral x\nKs xyz 1 1 1\n"
    };
    char text[1000];
    snprintf(
        text, sizeof text,
        "mtllib my file.mtl\n%so first one\nusemtl red\nf 1 2 3\nusemtl grey\nf 1 3 4\nf 2 3 4\n"
        "usemtl red\nf 1 2 4\ng ignored\no empty\no second\nusemtl not there\nf 1 2 3\n",
        cube_corner);
    w3d_asset_scene scene;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK_MESSAGE(load(text, &mtl, &scene, &error) == W3D_OK, "%s at %d", error.text,
                  (int)error.offset);
    CHECK(scene.object_count == 2 && !strcmp(scene.objects[0].name, "first one") &&
          !strcmp(scene.objects[1].name, "second"));
    CHECK(scene.meshes[0].range_count == 3 && scene.meshes[1].range_count == 1);
    const w3d_asset_range *range = scene.meshes[0].ranges;
    CHECK(range[0].material == 0 && range[0].index_count == 3 && range[1].material == 1 &&
          range[1].first_index == 3 && range[1].index_count == 6);
    CHECK(range[2].material == 0 && range[2].first_index == 9 &&
          scene.meshes[1].ranges[0].material == 2);
    CHECK(scene.material_count == 3 && scene.image_count == 2);
    const w3d_asset_material *red = &scene.materials[0], *grey = &scene.materials[1];
    CHECK(!strcmp(red->name, "red") && red->base_color[0] == 1 && red->base_color[3] == 0.5f &&
          red->alpha == W3D_ASSET_ALPHA_BLEND);
    CHECK_NEAR(red->roughness, 0.5, 1e-6);
    CHECK(red->base_color_texture.image == 0 && !strcmp(scene.images[0].uri, "tex ture.png"));
    CHECK(red->base_color_texture.scale[0] == 2 && red->base_color_texture.scale[1] == 3 &&
          red->base_color_texture.offset[0] == 0.5f);
    CHECK(grey->base_color[2] == 0.5f && grey->roughness == 0.25f && grey->metallic == 1 &&
          grey->emissive[2] == 3);
    CHECK(grey->normal_texture.image == 1 && grey->alpha == W3D_ASSET_ALPHA_OPAQUE);
    CHECK(!strcmp(scene.materials[2].name, "not there") && scene.materials[2].metallic == 0);
    w3d_asset_scene_destroy(&scene);
    snprintf(text, sizeof text, "%sg a\nf 1 2 3\ng b\nf 1 2 4\n", cube_corner);
    CHECK(load(text, NULL, &scene, &error) == W3D_OK && scene.object_count == 2 &&
          !strcmp(scene.objects[1].name, "b"));
    w3d_asset_scene_destroy(&scene);
}

static void several_libraries_and_none_are_fine(void)
{
    static const library mtl = { "b.mtl", "newmtl x\nKd 0 1 0\n" };
    w3d_asset_scene scene;
    CHECK(load("mtllib a.mtl b.mtl\nusemtl x\n", &mtl, &scene, NULL) == W3D_OK &&
          scene.material_count == 1 && scene.materials[0].base_color[1] == 1.0f &&
          scene.object_count == 0);
    w3d_asset_scene_destroy(&scene);
    CHECK(load("mtllib a.mtl\nmtllib\n", &mtl, &scene, NULL) == W3D_OK);
    w3d_asset_scene_destroy(&scene);
    CHECK(load("", NULL, &scene, NULL) == W3D_OK && scene.mesh_count == 0);
    w3d_asset_scene_destroy(&scene);
}

static void vertex_colours_become_linear(void)
{
    w3d_asset_scene scene;
    CHECK(load("v 0 0 0 1 0.5 0\nv 1 0 0\nv 0 1 0 1.0 0 0 1\nf 1 2 3\n", NULL, &scene, NULL) ==
          W3D_OK);
    const float *c = scene.meshes[0].colors;
    CHECK(c && c[0] == 1 && c[3] == 1 && c[4] == 1 && c[8] == 0 && c[10] == 1);
    CHECK_NEAR(c[1], 0.21404114, 1e-6);
    w3d_asset_scene_destroy(&scene);
}

static void bad_files_are_refused_with_the_place(void)
{
    static const struct {
        const char *text;
        w3d_result code;
        unsigned offset;
    } rows[] = {
        { "v 1 2\n", W3D_ERR_FORMAT, 0 },
        { "v 1 2 x\n", W3D_ERR_FORMAT, 6 },
        { "v 1 2,5 3\n", W3D_ERR_FORMAT, 4 },
        { "vn 1 2\n", W3D_ERR_FORMAT, 0 },
        { "vt\n", W3D_ERR_FORMAT, 0 },
        { "v 0 0 0\nf 1 1 2\n", W3D_ERR_INDEX, 14 },
        { "v 0 0 0\nf 1 1 0\n", W3D_ERR_INDEX, 14 },
        { "v 0 0 0\nf 1 1 -2\n", W3D_ERR_INDEX, 14 },
        { "v 0 0 0\nf 1 1 a\n", W3D_ERR_FORMAT, 14 },
        { "v 0 0 0\nf 1/1 1 1\n", W3D_ERR_INDEX, 12 },
        { "v 0 0 0\nf 1//1 1 1\n", W3D_ERR_INDEX, 13 },
        { "v 0 0 0\nf 1 1 1x\n", W3D_ERR_FORMAT, 15 },
        { "v 0 0 0\nf 1 1 4294967297\n", W3D_ERR_INDEX, 14 },
        { "v 0 0 0\nf 1 1 99999999999999999999\n", W3D_ERR_INDEX, 14 },
        { "v 0 0 0\nvt 0 0\nf 1/1/1/1 1 1\n", W3D_ERR_INDEX, 21 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w3d_asset_scene scene, before;
        w3d_error error = { W3D_OK, 99, NULL };
        w3d_result result = load(rows[i].text, NULL, &scene, &error);
        memset(&before, 0, sizeof before);
        CHECK_MESSAGE(result == rows[i].code && error.code == result &&
                          error.offset == rows[i].offset && error.text,
                      "row %d: %s at %d: %s", (int)i, w3d_result_text(result), (int)error.offset,
                      error.text);
        CHECK_BYTES(&scene, &before, sizeof scene);
    }
    static const library mtl = { "m", "newmtl a\nKd red\n" };
    w3d_asset_scene scene;
    w3d_error error;
    CHECK(load("mtllib m\n", &mtl, &scene, &error) == W3D_ERR_FORMAT && error.offset == 12 &&
          !strncmp(error.text, "MTL", 3));
}

/* A name that ends in a backslash takes the next line with it, for the count as for the reading. */
static void joined_lines_are_counted_as_they_are_read(void)
{
    static const char *lines[] = { "mtllib a\\\n", "o a\\\n", "g a\\\n",   "usemtl a\\\n",
                                   "v 0 0 0\\\n",  "# a\\\n", "l 1\\\r\n", "vt 1\\\r" };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[200];
        w3d_asset_scene scene;
        snprintf(text, sizeof text, "v 0 0 0\n%sf 1 1 1 1 1\n%s", lines[i], lines[i]);
        w3d_result result = load(text, NULL, &scene, NULL);
        CHECK(result == (lines[i][0] == 'v' ? W3D_ERR_FORMAT : W3D_OK));
        if (result != W3D_OK) continue;
        CHECK(scene.mesh_count == (lines[i][0] == '#'));
        w3d_asset_scene_destroy(&scene);
    }
}

static void names_become_utf8(void)
{
    w3d_asset_scene scene;
    CHECK(load("v 0 0 0\no b\xE4r \xC3\xA4\xFF\nf 1 1 1\n", NULL, &scene, NULL) == W3D_OK);
    CHECK(!strcmp(scene.objects[0].name, "b?r \xC3\xA4?"));
    w3d_asset_scene_destroy(&scene);
}

/* A position used with very many pairs, and very many names, must cost no more than linear time. */
static void hostile_repetition_stays_linear(void)
{
    enum { COUNT = 200000 };
    size_t room = (size_t)COUNT * 60, used = 0;
    char *text = (char *)malloc(room);
    used += (size_t)sprintf(text, "v 0 0 0\n");
    for (int i = 0; i < COUNT; i++) used += (size_t)sprintf(text + used, "vt %d\n", i);
    for (int i = 0; i < COUNT; i++)
        used += (size_t)sprintf(text + used, "f 1/%d 1/%d 1/1\n", i + 1, COUNT - i);
    w3d_asset_scene scene;
    CHECK(load(text, NULL, &scene, NULL) == W3D_OK && scene.meshes[0].index_count == 3 * COUNT);
    w3d_asset_scene_destroy(&scene);
    used = 0;
    for (int i = 0; i < 70000; i++)
        used += (size_t)sprintf(text + used, "usemtl %d\n", i * 7919 % 70001);
    w3d_error error;
    CHECK(load(text, NULL, &scene, &error) == W3D_ERR_LIMIT);
    free(text);
}

static void the_memory_limit_holds(void)
{
    w3d_obj_desc desc;
    w3d_asset_scene scene;
    w3d_error error;
    memset(&desc, 0, sizeof desc);
    desc.text = "v 0 0 0\nf 1 1 1\n";
    desc.size = 16;
    desc.memory_limit = 300;
    CHECK(w3d_obj_load(&desc, &scene, &error) == W3D_ERR_LIMIT);
    CHECK(w3d_obj_load(NULL, &scene, &error) == W3D_ERR_ARGUMENT &&
          w3d_obj_load(&desc, NULL, NULL) == W3D_ERR_ARGUMENT);
}

static const char sweep_text[] = "mtllib m\nv 0 0 0 1 1 1\nv 1 0 0\nv 0 1 0\nvt 0 0\nvn 0 0 1\no "
                                 "a\nusemtl x\nf 1/1/1 2/1/1 3/1/1\no b\nusemtl y\nf 1 2 3\n";

static int sweep_body(const void *allocator, void *user)
{
    static const library mtl = { "m", "newmtl x\nKd 1 0 0\nmap_Kd a.png\nnewmtl z\n" };
    w3d_obj_desc desc;
    w3d_asset_scene scene;
    w3d_error error;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.text = sweep_text;
    desc.size = sizeof sweep_text - 1;
    desc.allocator = (const w3d_allocator *)allocator;
    desc.open = open_library;
    desc.user = (void *)(uintptr_t)&mtl;
    w3d_result result = w3d_obj_load(&desc, &scene, &error);
    if (result == W3D_OK) w3d_asset_scene_destroy(&scene);
    return (int)result;
}

static void every_allocation_may_fail(void) { test_allocation_sweep(sweep_body, NULL); }

/* Any cut of a good file is read or refused; each cut lies in a block of its own, so that a
 * sanitizer sees a byte too many. */
static void every_cut_is_read_or_refused(void)
{
    for (size_t size = 0; size < sizeof sweep_text; size++) {
        char *cut = (char *)malloc(size + !size);
        memcpy(cut, sweep_text, size);
        w3d_obj_desc desc;
        w3d_asset_scene scene;
        memset(&desc, 0, sizeof desc);
        desc.text = cut;
        desc.size = size;
        if (w3d_obj_load(&desc, &scene, NULL) == W3D_OK) w3d_asset_scene_destroy(&scene);
        free(cut);
    }
}

void test_obj(void)
{
    RUN(faces_of_all_forms_are_read);
    RUN(objects_groups_and_materials_split_meshes);
    RUN(several_libraries_and_none_are_fine);
    RUN(vertex_colours_become_linear);
    RUN(bad_files_are_refused_with_the_place);
    RUN(joined_lines_are_counted_as_they_are_read);
    RUN(names_become_utf8);
    RUN(hostile_repetition_stays_linear);
    RUN(the_memory_limit_holds);
    RUN(every_allocation_may_fail);
    RUN(every_cut_is_read_or_refused);
}
