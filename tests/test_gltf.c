/* test_gltf.c - every feature of glTF that is read, every trap that is refused and where the error
 * points, and files cut off or damaged anywhere.
 *
 * The files are made in gltf_files.h: DOCUMENT describes a binary chunk with one of each kind of
 * array, and each test adds the rest. In the JSON, ' stands for ". */
#include "gltf_files.h"

#include "asset/gltf_scene.h"
#include "memory/allocator.h"

static w3d_result load_bytes(const void *bytes, size_t size, w3d_asset_scene *scene,
                             w3d_error *error)
{
    w3d_gltf_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.bytes = bytes;
    desc.size = size;
    desc.memory_limit = (size_t)16 << 20;
    return w3d_gltf_scene_load(&desc, scene, error);
}

/* `rest` is what follows DOCUMENT; the scene is to be destroyed. */
static int load(const char *rest, w3d_asset_scene *scene)
{
    char json[16000];
    size_t size;
    w3d_error error = { W3D_OK, 0, "" };
    snprintf(json, sizeof json, "{" DOCUMENT "%s}", rest);
    unsigned char *glb = make_glb(json, &size);
    memset(scene, 0, sizeof *scene);
    w3d_result result = load_bytes(glb, size, scene, &error);
    CHECK_MESSAGE(result == W3D_OK, "%.200s: %s at %d: %.30s", rest, error.text, (int)error.offset,
                  error.offset >= 20 && error.offset - 20 < strlen(text) ? text + error.offset - 20
                                                                         : "");
    free(glb);
    return result == W3D_OK;
}

static void check_floats(const char *what, const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_MESSAGE(a[i] == b[i], "%s: %d is %.9g, expected %.9g", what, (int)i, (double)a[i],
                      (double)b[i]);
}
static void check_indices(const w3d_asset_mesh *mesh, const uint32_t *expected, uint32_t count)
{
    CHECK_MESSAGE(mesh->index_count == count, "%u indices", (unsigned)mesh->index_count);
    for (uint32_t i = 0; i < count && i < mesh->index_count; i++)
        CHECK_MESSAGE(mesh->indices[i] == expected[i], "index %u is %u", (unsigned)i,
                      (unsigned)mesh->indices[i]);
}

/* ---- what is read ---- */

static const uint32_t square_indices[6] = { 0, 1, 2, 0, 2, 3 };
static const float square[12] = { 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0 };

static void index_types(void)
{
    static const char *const rests[] = {
        MESH("{'attributes':{'POSITION':0},'indices':1}"),
        MESH("{'attributes':{'POSITION':0},'indices':2}"),
        MESH("{'attributes':{'POSITION':0},'indices':3}"),
        MESH("{'attributes':{'POSITION':0},'indices':3,'mode':4}")
    };
    w3d_asset_scene scene;
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        if (!load(rests[i], &scene)) continue;
        CHECK(scene.object_count == 1 && scene.objects[0].mesh == 0 &&
              scene.objects[0].parent == W3D_ASSET_NONE);
        CHECK(scene.mesh_count == 1 && scene.meshes[0].vertex_count == 4 &&
              scene.skipped_primitives == 0);
        CHECK(!scene.meshes[0].normals && !scene.meshes[0].uvs && !scene.meshes[0].colors);
        check_indices(&scene.meshes[0], square_indices, 6);
        check_floats("positions", scene.meshes[0].positions, square, 12);
        CHECK(scene.meshes[0].range_count == 1 && scene.meshes[0].ranges[0].index_count == 6 &&
              scene.meshes[0].ranges[0].material == W3D_ASSET_NONE);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(MESH("{'attributes':{'POSITION':0}}"),
             &scene)) { /* none: 4 corners make one triangle */
        check_indices(&scene.meshes[0], square_indices, 3);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(MESH("{'attributes':{'POSITION':0},'indices':17}"),
             &scene)) { /* sparse: index 4 becomes 1 */
        static const uint32_t expected[6] = { 0, 1, 2, 0, 1, 3 };
        check_indices(&scene.meshes[0], expected, 6);
        w3d_asset_scene_destroy(&scene);
    }
}

static void modes(void)
{
    static const uint32_t strip[6] = { 0, 1, 3, 1, 2, 3 }, fan[6] = { 1, 2, 0, 2, 3, 0 };
    static const uint32_t long_strip[12] = { 0, 1, 2, 1, 0, 2, 2, 0, 2, 0, 3, 2 };
    static const uint32_t long_fan[12] = { 1, 2, 0, 2, 0, 0, 0, 2, 0, 2, 3, 0 };
    w3d_asset_scene scene;
    if (load(MESH("{'attributes':{'POSITION':0},'indices':16,'mode':5},{'attributes':{'POSITION':0}"
                  ",'mode':6},"
                  "{'attributes':{'POSITION':0},'mode':0},{'attributes':{'POSITION':0},'mode':1},"
                  "{'attributes':{'POSITION':0},'mode':2},{'attributes':{'POSITION':0},'mode':3},"
                  "{'attributes':{'NORMAL':5}}"),
             &scene)) {
        CHECK(scene.skipped_primitives == 5 && scene.meshes[0].range_count == 2);
        CHECK(scene.meshes[0].vertex_count == 4 && scene.meshes[0].index_count == 12);
        if (scene.meshes[0].index_count == 12) {
            CHECK(!memcmp(scene.meshes[0].indices, strip, sizeof strip));
            CHECK(!memcmp(scene.meshes[0].indices + 6, fan, sizeof fan));
            CHECK(scene.meshes[0].ranges[1].first_index == 6);
        }
        w3d_asset_scene_destroy(&scene);
    }
    if (load(MESH("{'attributes':{'POSITION':0},'indices':1,'mode':5}"), &scene)) {
        check_indices(&scene.meshes[0], long_strip, 12);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(MESH("{'attributes':{'POSITION':0},'indices':3,'mode':6}"), &scene)) {
        check_indices(&scene.meshes[0], long_fan, 12);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(MESH("{'attributes':{'POSITION':0},'mode':0}"),
             &scene)) { /* nothing left: an empty mesh */
        CHECK(scene.mesh_count == 1 && scene.meshes[0].index_count == 0 &&
              scene.meshes[0].range_count == 0);
        w3d_asset_scene_destroy(&scene);
    }
}

static void attributes(void)
{
    static const float interleaved[12] = { 0, 0, 1, 2, 0, 1, 2, 2, 1, 0, 2, 1 };
    static const float normals[12] = { 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 },
                       uvs[8] = { 0, 0, 1, 0, 1, 1, 0, 1 };
    static const float colors[16] = {
        1, 0, 0.2f, 1, 0, 1, 0, 0, 1 / 255.0f, 2 / 255.0f, 3 / 255.0f, 4 / 255.0f, 0, 0, 0, 0.2f
    };
    static const float quantised[12] = { 1, 0, -1, -1,           16384 / 32767.0f, 1 / 32767.0f,
                                         0, 0, 0,  1 / 32767.0f, 2 / 32767.0f,     3 / 32767.0f };
    static const float bytes[12] = { 1,          -1,         -1,         0,
                                     1 / 127.0f, 2 / 127.0f, 3 / 127.0f, 4 / 127.0f,
                                     5 / 127.0f, 6 / 127.0f, 7 / 127.0f, 8 / 127.0f };
    w3d_asset_scene scene;
    if (load(MESH("{'attributes':{'POSITION':4,'NORMAL':5,'TEXCOORD_0':6,'COLOR_0':8,'_CUSTOM':0},'"
                  "indices':1}"),
             &scene)) {
        const w3d_asset_mesh *mesh = &scene.meshes[0];
        check_floats("positions", mesh->positions, interleaved, 12);
        CHECK(mesh->normals && mesh->uvs && mesh->colors);
        if (mesh->normals) check_floats("normals", mesh->normals, normals, 12);
        if (mesh->uvs) check_floats("uvs", mesh->uvs, uvs, 8);
        if (mesh->colors) check_floats("colors", mesh->colors, colors, 16);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(",'extensionsRequired':['KHR_mesh_quantization']" MESH(
                 "{'attributes':{'POSITION':7,'NORMAL':15,'COLOR_0':14},'indices':1}"),
             &scene)) {
        static const float colors16[4] = { 1, 0, 0.2f, 1 };
        check_floats("quantised", scene.meshes[0].positions, quantised, 12);
        check_floats("bytes", scene.meshes[0].normals, bytes, 12);
        check_floats("colors", scene.meshes[0].colors, colors16, 4);
        CHECK(scene.meshes[0].colors[7] == 1.0f);
        w3d_asset_scene_destroy(&scene);
    }
}

static void sparse(void)
{
    static const float strided[12] = { 0, 0, 1, 7, 8, 9, 2, 2, 1, -7, -8, -9 };
    static const float over_zeros[12] = { 0, 0, 0, 7, 8, 9, 0, 0, 0, -7, -8, -9 },
                       zeros[12] = { 0 };
    w3d_asset_scene scene;
    if (load(MESH("{'attributes':{'POSITION':9},'indices':1},{'attributes':{'POSITION':10},'"
                  "indices':1},"
                  "{'attributes':{'POSITION':18},'indices':1}"),
             &scene)) {
        CHECK(scene.meshes[0].vertex_count == 12);
        check_floats("strided", scene.meshes[0].positions, strided, 12);
        check_floats("over zeros", scene.meshes[0].positions + 12, over_zeros, 12);
        check_floats("zeros", scene.meshes[0].positions + 24, zeros, 12);
        for (uint32_t i = 0; i < 18; i++)
            CHECK(scene.meshes[0].indices[i] == square_indices[i % 6] + i / 6 * 4);
        w3d_asset_scene_destroy(&scene);
    }
}

static void joined_primitives(void)
{
    w3d_asset_scene scene;
    if (load(",'materials':[{},{}]" MESH(
                 "{'attributes':{'POSITION':0},'indices':1,'material':1},"
                 "{'attributes':{'POSITION':0,'NORMAL':5},'indices':2,'material':0},"
                 "{'attributes':{'NORMAL':5,'POSITION':0},'indices':3},"
                 "{'attributes':{'POSITION':4,'COLOR_0':8}}"),
             &scene)) {
        const w3d_asset_mesh *mesh = &scene.meshes[0];
        CHECK(mesh->vertex_count == 12 && mesh->index_count == 21 && mesh->range_count == 4);
        CHECK(mesh->ranges[0].material == 1 && mesh->ranges[1].material == 0 &&
              mesh->ranges[2].material == W3D_ASSET_NONE);
        for (uint32_t i = 0, next = 0; i < mesh->range_count; next += mesh->ranges[i++].index_count)
            CHECK(mesh->ranges[i].first_index == next);
        CHECK(mesh->indices[6] == 4 && mesh->indices[12] == 4 &&
              mesh->indices[18] == 8); /* 2 and 3 share */
        CHECK(mesh->normals[0] == 0.0f && mesh->normals[2] == 0.0f && mesh->normals[14] == 1.0f);
        CHECK(mesh->colors[0] == 1.0f && mesh->colors[3] == 1.0f &&
              mesh->colors[4 * 8 + 1] == 0.0f);
        w3d_asset_scene_destroy(&scene);
    }
}

static void nodes(void)
{
    w3d_asset_scene scene;
    /* children before parents in the file; a node outside the scene; extras and names */
    if (load(",'meshes':[{'name':'m\\u00e9sh','primitives':[{'attributes':{'POSITION':0}}],'extras'"
             ":[1, {'a':2}]}],"
             "'scene':1,'scenes':[{'nodes':[4]},{'nodes':[2,3],'extras':{ 'who':'x' }}],"
             "'nodes':[{'name':'leaf','mesh':0,'translation':[1,2,3],'extras':'text'},"
             "{'name':'middle','children':[0],'scale':[2,3,4],'rotation':[0,0,0.70710678,0."
             "70710678]},"
             "{'name':'root','children':[1],'matrix':[0,0,-2,0,0,3,0,0,4,0,0,0,5,6,7,1]},{},{'name'"
             ":'out'}]",
             &scene)) {
        CHECK(scene.object_count == 4);
        for (uint32_t i = 0; i < scene.object_count; i++)
            CHECK(scene.objects[i].parent == W3D_ASSET_NONE || scene.objects[i].parent < i);
        CHECK(!strcmp(scene.objects[0].name, "root") && !strcmp(scene.objects[1].name, ""));
        CHECK(!strcmp(scene.objects[2].name, "middle") && scene.objects[2].parent == 0);
        CHECK(!strcmp(scene.objects[3].name, "leaf") && scene.objects[3].parent == 2 &&
              scene.objects[3].mesh == 0);
        CHECK(!strcmp(scene.meshes[0].name, "m\xC3\xA9sh") &&
              !strcmp(scene.meshes[0].extras, "[1, {\"a\":2}]"));
        CHECK(scene.extras && !strcmp(scene.extras, "{ \"who\":\"x\" }"));
        CHECK(scene.objects[3].extras && !strcmp(scene.objects[3].extras, "\"text\"") &&
              !scene.objects[0].extras);
        const w3d_asset_object *root = &scene.objects[0];
        CHECK(root->scale.x == 2 && root->scale.y == 3 && root->scale.z == 4);
        CHECK_NEAR(root->rotation.y, 0.70710678, 1e-6);
        CHECK_NEAR(root->rotation.w, 0.70710678, 1e-6);
        CHECK(root->translation.x == 5 && root->local.m[2] == -2);
        w3d_mat4 world[4];
        w3d_asset_scene_world(&scene,
                              world); /* (1,2,3): *(2,3,4) + z turn -> (-6,2,12), then the root */
        CHECK_NEAR(world[3].m[12], 4 * 12 + 5, 1e-4);
        CHECK_NEAR(world[3].m[13], 3 * 2 + 6, 1e-4);
        CHECK_NEAR(world[3].m[14], -2 * -6 + 7, 1e-4);
        w3d_asset_scene_destroy(&scene);
    }
    if (load(",'nodes':[{'children':[1]},{}],'scenes':[{'nodes':[0]},{}]", &scene)) {
        CHECK(scene.object_count == 2); /* no `scene`: the first */
        w3d_asset_scene_destroy(&scene);
    }
    if (load(",'nodes':[{'children':[1]},{},{}],'scenes':[]", &scene)) {
        CHECK(scene.object_count == 3); /* no scenes: all */
        w3d_asset_scene_destroy(&scene);
    }
    if (load("", &scene)) {
        CHECK(scene.object_count == 0 && scene.mesh_count == 0);
        w3d_asset_scene_destroy(&scene);
    }
}

/* Random turns, scales and mirrors come back out of their matrix. */
static void matrices(void)
{
    for (int i = 0; i < 200; i++) {
        w3d_quat q =
            w3d_quat_normalise(w3d_quat_make(test_random_float(-1, 1), test_random_float(-1, 1),
                                             test_random_float(-1, 1), test_random_float(-1, 1)));
        w3d_vec3 scale = w3d_vec3_make(test_random_float(0.1f, 5), test_random_float(0.1f, 5),
                                       test_random_float(0.1f, 5));
        if (i % 2) scale.y = -scale.y;
        if (i % 5 == 0)
            q = w3d_quat_make((float)(i % 4 == 0), (float)(i % 4 == 1), (float)(i % 4 == 2),
                              (float)(i % 4 == 3));
        w3d_mat4 m = w3d_mat4_from_trs(w3d_vec3_make(1, 2, 3), q, scale);
        char rest[800];
        size_t used = (size_t)snprintf(rest, sizeof rest, ",'nodes':[{'matrix':[");
        for (int k = 0; k < 16; k++)
            used += (size_t)snprintf(rest + used, sizeof rest - used, "%s%.9g", k ? "," : "",
                                     (double)m.m[k]);
        snprintf(rest + used, sizeof rest - used, "]}]");
        w3d_asset_scene scene;
        if (!load(rest, &scene)) continue;
        const w3d_asset_object *object = &scene.objects[0];
        CHECK(!memcmp(&object->local, &m, sizeof m));
        w3d_mat4 back = w3d_mat4_from_trs(object->translation, object->rotation, object->scale);
        for (int k = 0; k < 16; k++) CHECK_NEAR(back.m[k], m.m[k], 1e-5);
        w3d_asset_scene_destroy(&scene);
    }
}

static void materials(void)
{
    w3d_asset_scene scene;
    if (load(",'extensionsRequired':['KHR_texture_transform','KHR_materials_unlit','KHR_materials_"
             "emissive_strength'],"
             "'images':[{'uri':'a%20b%2fc.png'},{'bufferView':1,'mimeType':'image/"
             "png','name':'embedded'},"
             "{'uri':'data:image/jpeg;base64,AAEC/w=='},{'uri':'x%zz%4'}],"
             "'textures':[{'source':1},{},{'source':0},{'source':2}],"
             "'materials':[{'name':'full','extras':{'k':1},'pbrMetallicRoughness':{'"
             "baseColorFactor':[0.5,2,-1,0.25],"
             "'metallicFactor':0.5,'roughnessFactor':0.25,'baseColorTexture':{'index':2,'texCoord':"
             "1,'extensions':"
             "{'KHR_texture_transform':{'offset':[0.5,0.25],'scale':[2,3],'rotation':1.5,'texCoord'"
             ":3}}},"
             "'metallicRoughnessTexture':{'index':0}},'normalTexture':{'index':3,'scale':2},'"
             "occlusionTexture':{'index':1},"
             "'emissiveTexture':{'index':0,'texCoord':2},'emissiveFactor':[0.5,0,1],'alphaMode':'"
             "MASK','alphaCutoff':0.75,"
             "'doubleSided':true,'extensions':{'KHR_materials_emissive_strength':{'"
             "emissiveStrength':4},"
             "'KHR_materials_unlit':{}}},{},{'alphaMode':'BLEND'},{'alphaMode':'OPAQUE'}]",
             &scene)) {
        const w3d_asset_material *m = &scene.materials[0];
        CHECK(scene.material_count == 4 && scene.image_count == 4);
        CHECK(!strcmp(m->name, "full") && !strcmp(m->extras, "{\"k\":1}"));
        CHECK(m->base_color[0] == 0.5f && m->base_color[1] == 1.0f && m->base_color[2] == 0.0f &&
              m->base_color[3] == 0.25f);
        CHECK(m->metallic == 0.5f && m->roughness == 0.25f && m->alpha == W3D_ASSET_ALPHA_MASK);
        CHECK(m->alpha_cutoff == 0.75f && m->double_sided == 1);
        CHECK(m->emissive[0] == 2.0f && m->emissive[1] == 0.0f && m->emissive[2] == 4.0f);
        CHECK(m->base_color_texture.image == 0 && m->base_color_texture.uv_set == 3);
        CHECK(m->base_color_texture.offset[1] == 0.25f && m->base_color_texture.scale[1] == 3.0f);
        CHECK(m->base_color_texture.rotation_radians == 1.5f);
        CHECK(m->metallic_roughness_texture.image == 1 &&
              m->metallic_roughness_texture.scale[0] == 1.0f);
        CHECK(m->normal_texture.image == 2 && m->occlusion_texture.image == W3D_ASSET_NONE);
        CHECK(m->emissive_texture.image == 1 && m->emissive_texture.uv_set == 2);
        w3d_asset_material standard = w3d_asset_material_default();
        CHECK(!strcmp(scene.materials[1].name, ""));
        CHECK(!memcmp(scene.materials[1].base_color, standard.base_color, 16) &&
              scene.materials[1].metallic == 1.0f);
        CHECK(scene.materials[2].alpha == W3D_ASSET_ALPHA_BLEND &&
              scene.materials[3].alpha == W3D_ASSET_ALPHA_OPAQUE);
        CHECK(!strcmp(scene.images[0].uri, "a b/c.png") && !scene.images[0].data &&
              !scene.images[0].mime);
        CHECK(!strcmp(scene.images[1].mime, "image/png") && scene.images[1].data_size == 44 &&
              !scene.images[1].uri);
        CHECK(!strcmp(scene.images[1].name, "embedded") &&
              !memcmp(scene.images[1].data, shared + 48, 44));
        CHECK(scene.images[2].data_size == 4 &&
              !memcmp(scene.images[2].data, "\x00\x01\x02\xFF", 4));
        CHECK(!strcmp(scene.images[2].mime, "image/jpeg") &&
              !strcmp(scene.images[3].uri, "x%zz%4"));
        w3d_asset_scene_destroy(&scene);
    }
}

/* ---- buffers ---- */

static const char embedded[] =
    "{'asset':{'version':'2.0'},'buffers':[{'byteLength':36,'uri':'%s'}],"
    "'bufferViews':[{'buffer':0,'byteLength':36}],"
    "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'}],"
    "'meshes':[{'primitives':[{'attributes':{'POSITION':0}}]}],'nodes':[{'mesh':0}]}";

/* 36 zero bytes, but for a 1.0 in the second x. */
#define TRIANGLE "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
    const char *uri;
    w3d_result code;
    int offset_in_uri; /* of a FORMAT error; else the URI itself is at fault */
} uris[] = {
    { "data:application/octet-stream;base64," TRIANGLE, W3D_OK, 0 },
    { "data:;base64," TRIANGLE, W3D_OK, 0 },
    { "data:a/b;charset=x;base64," TRIANGLE, W3D_OK, 0 },
    { "data:;base64," TRIANGLE "AA==", W3D_OK, 0 },
    { "data:;base64," TRIANGLE "AA", W3D_OK, 0 },
    { "data:;base64," TRIANGLE "AAA", W3D_OK, 0 },
    { "data:;base64," TRIANGLE "AAA=", W3D_OK, 0 },
    { "data:;base64," TRIANGLE "A===", W3D_ERR_FORMAT, 62 },
    { "data:;base64," TRIANGLE "A", W3D_ERR_FORMAT, 61 },
    { "data:;base64," TRIANGLE "AA=A", W3D_ERR_FORMAT, 63 },
    { "data:;base64,*" TRIANGLE, W3D_ERR_FORMAT, 13 },
    { "data:;base64," TRIANGLE "A A ", W3D_ERR_FORMAT, 62 },
    { "data:;base64,AAAA", W3D_ERR_TRUNCATED, 0 },
    { "data:;base64,", W3D_ERR_TRUNCATED, 0 },
    { "data:", W3D_ERR_UNSUPPORTED, 0 },
    { "data:,abc", W3D_ERR_UNSUPPORTED, 0 },
    { "data:base64," TRIANGLE, W3D_ERR_UNSUPPORTED, 0 },
    { "other%20file.bin", W3D_OK, 0 },
    { "missing.bin", W3D_ERR_NOT_FOUND, 0 },
    { "short.bin", W3D_ERR_TRUNCATED, 0 },
};

static w3d_result open_file(void *user, const char *uri, size_t uri_size, const void **bytes,
                            size_t *size)
{
    static const float triangle[9] = { 0, 0, 0, 1, 0, 0, 0, 0, 0 };
    ++*(int *)user;
    *bytes = triangle;
    *size = sizeof triangle;
    if (w3d_text_is(uri, uri_size, "short.bin")) *size = 35;
    return w3d_text_is(uri, uri_size, "missing.bin") ? W3D_ERR_NOT_FOUND : W3D_OK;
}

static void buffers(void)
{
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        char json[1000];
        w3d_gltf_desc desc;
        w3d_asset_scene scene;
        w3d_error error = { W3D_OK, 0, "" };
        int opened = 0;
        snprintf(json, sizeof json, embedded, uris[i].uri);
        for (char *c = json; *c; c++)
            if (*c == '\'') *c = '"';
        memset(&desc, 0, sizeof desc);
        desc.bytes = json;
        desc.size = strlen(json);
        desc.open = open_file;
        desc.user = &opened;
        w3d_result result = w3d_gltf_scene_load(&desc, &scene, &error);
        CHECK_MESSAGE(result == uris[i].code, "%s: %s", uris[i].uri, error.text);
        size_t quote = (size_t)(strstr(json, uris[i].uri) - json) - 1;
        if (result == W3D_ERR_FORMAT)
            CHECK_MESSAGE(error.offset == quote + 1 + (size_t)uris[i].offset_in_uri, "%s: %d",
                          uris[i].uri, (int)(error.offset - quote - 1));
        else if (result != W3D_OK)
            CHECK(error.offset == quote);
        CHECK(opened == (strncmp(uris[i].uri, "data:", 5) != 0));
        if (result == W3D_OK) {
            CHECK(scene.meshes[0].positions[3] == 1.0f && scene.meshes[0].positions[4] == 0.0f);
            w3d_asset_scene_destroy(&scene);
        }
    }
}

/* ---- what is refused, and where the error points ---- */

static const struct {
    const char *json; /* begins with ',': DOCUMENT goes before */
    w3d_result code;
    const char *marker; /* the error's offset is where this first stands */
    int skip;           /* plus so many bytes */
} wrong[] = {
    { "{'asset':{'version':'1.0'}}", W3D_ERR_UNSUPPORTED, "'1.0'", 0 },
    { "{'asset':{'version':1.0}}", W3D_ERR_UNSUPPORTED, "1.0", 0 },
    { "{'asset':{'version':'2.5','minVersion':'2.1'}}", W3D_ERR_UNSUPPORTED, "'2.1'", 0 },
    { "{'asset':{}}", W3D_ERR_FORMAT, "{}", 0 },
    { "{}", W3D_ERR_FORMAT, "{}", 0 },
    { "[]", W3D_ERR_FORMAT, "[]", 0 },
    { "{'asset':{'version':'2.0'}", W3D_ERR_TRUNCATED, "}", 3 },
    { "{'asset':{'version':'2.0'},}", W3D_ERR_FORMAT, ",}", 1 },
    { ",'extensionsRequired':['KHR_mesh_quantization','KHR_draco_mesh_compression']",
      W3D_ERR_UNSUPPORTED, "'KHR_draco", 0 },
    { ",'extensionsRequired':['XXX_unheard_of']", W3D_ERR_UNSUPPORTED, "'XXX_", 0 },
    { ",'extensionsRequired':['KHR_draco']", W3D_ERR_UNSUPPORTED, "'KHR_", 0 },
    { ",'extensionsRequired':[1]", W3D_ERR_FORMAT, "1]", 0 },
    { ",'extensionsRequired':{}", W3D_ERR_FORMAT, "{}", 0 },
    { "{" ASSET "'buffers':[{'byteLength':365}]}", W3D_ERR_TRUNCATED, "{'byteL", 0 },
    { "{" ASSET "'buffers':[{'byteLength':1},{'byteLength':1}]}", W3D_ERR_NOT_FOUND, ",{'byteL",
      1 },
    { "{" ASSET "'buffers':[{}]}", W3D_ERR_FORMAT, "[{}", 1 },
    { "{" ASSET "'buffers':[{'byteLength':-1}]}", W3D_ERR_FORMAT, "-1", 0 },
    { "{" ASSET "'buffers':[{'byteLength':1.5}]}", W3D_ERR_FORMAT, "1.5", 0 },
    { "{" ASSET "'buffers':[{'byteLength':1,'uri':'elsewhere.bin'}]}", W3D_ERR_NOT_FOUND,
      "'elsewhere", 0 },
    { "{" ASSET
      "'buffers':[{'byteLength':8}],'bufferViews':[{'buffer':0,'byteOffset':1,'byteLength':8}]}",
      W3D_ERR_RANGE, "{'buffer':", 0 },
    { "{" ASSET "'buffers':[{'byteLength':8}],'bufferViews':[{'buffer':0,'byteOffset':"
                "9007199254740991,'byteLength':9007199254740991}]}",
      W3D_ERR_RANGE, "{'buffer':", 0 },
    { "{" ASSET "'buffers':[{'byteLength':8}],'bufferViews':[{'buffer':0,'byteOffset':"
                "18446744073709551615,'byteLength':2}]}",
      W3D_ERR_RANGE, "{'buffer':", 0 },
    { "{" ASSET "'buffers':[{'byteLength':8}],'bufferViews':[{'buffer':1,'byteLength':8}]}",
      W3D_ERR_INDEX, "1,'byte", 0 },
    { "{" ASSET "'buffers':[{'byteLength':8}],'bufferViews':[{'buffer':0,'byteLength':8,'"
                "byteStride':65536}]}",
      W3D_ERR_RANGE, "65536", 0 },
    /* one element too many, only seen when the stride is counted; sizes that overflow */
    { "{" ASSET BUFFERS
      "'accessors':[{'bufferView':2,'componentType':5126,'count':5,'type':'VEC3'}]}",
      W3D_ERR_RANGE, "{'bufferView'", 0 },
    { "{" ASSET BUFFERS "'accessors':[{'bufferView':2,'byteOffset':24,'componentType':5126,'count':"
                        "4,'type':'VEC3'}]}",
      W3D_ERR_RANGE, "{'bufferView'", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'bufferView':0,'componentType':5126,'count':4294967295,'type':'MAT4'}]}",
      W3D_ERR_RANGE, "{'bufferView'", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'bufferView':0,'componentType':5126,'count':4294967296,'type':'VEC3'}]}",
      W3D_ERR_RANGE, "4294967296", 0 },
    { "{" ASSET BUFFERS "'accessors':[{'bufferView':0,'byteOffset':18446744073709551600,'"
                        "componentType':5126,'count':2,'type':'VEC3'}]}",
      W3D_ERR_RANGE, "{'bufferView'", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'bufferView':3,'componentType':5126,'count':1,'type':'VEC3'}]}",
      W3D_ERR_RANGE, "{'bufferView'", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'bufferView':99,'componentType':5126,'count':1,'type':'VEC3'}]}",
      W3D_ERR_INDEX, "99", 0 },
    { "{" ASSET "'accessors':[{'componentType':5124,'count':1,'type':'VEC3'}]}", W3D_ERR_FORMAT,
      "5124", 0 },
    { "{" ASSET "'accessors':[{'componentType':5126,'count':1,'type':'VEC5'}]}", W3D_ERR_FORMAT,
      "'VEC5'", 0 },
    { "{" ASSET "'accessors':[{'componentType':5126,'count':1}]}", W3D_ERR_FORMAT, "{'component",
      0 },
    { "{" ASSET "'accessors':[{'componentType':5126,'type':'VEC3'}]}", W3D_ERR_FORMAT,
      "{'component", 0 },
    { "{" ASSET "'accessors':[{'componentType':5126,'count':1,'type':'VEC3','normalized':1}]}",
      W3D_ERR_FORMAT, "1}]", 0 },
    { "{" ASSET "'accessors':[7]}", W3D_ERR_FORMAT, "7]", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':5,'indices':{'"
      "bufferView':5,'componentType':5123},'values':{'bufferView':5,'byteOffset':4}}}]}",
      W3D_ERR_RANGE, "5,'indices'", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2,'indices':{'"
      "bufferView':5,'componentType':5122},'values':{'bufferView':5,'byteOffset':4}}}]}",
      W3D_ERR_FORMAT, "{'bufferView':5,'comp", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':3,'indices':{'"
      "bufferView':5,'componentType':5121},'values':{'bufferView':5,'byteOffset':4}}}]}",
      W3D_ERR_RANGE, "{'bufferView':5,'byteOffset':4}", 0 },
    { "{" ASSET BUFFERS "'accessors':[{'componentType':5126,'count':4,'type':'VEC3','sparse':{'"
                        "count':1,'indices':{'componentType':5121},'values':{'bufferView':5}}}]}",
      W3D_ERR_FORMAT, "{'componentType':5121}", 0 },
    { "{" ASSET BUFFERS
      "'accessors':[{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':1}}]}",
      W3D_ERR_FORMAT, "{'count':1}", 0 },
    { MESH("{'attributes':{'POSITION':11}}"), W3D_ERR_FORMAT,
      "{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2,'indices':{'bufferView':6,"
      "'componentType'",
      0 },
    { MESH("{'attributes':{'POSITION':12}}"), W3D_ERR_INDEX,
      "{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2,'indices':{'bufferView':6,"
      "'byteOffset'",
      0 },
    { MESH("{'attributes':{'POSITION':19}}"), W3D_ERR_INDEX, "19}", 0 },
    { MESH("{'attributes':{'_X':19}}"), W3D_ERR_INDEX, "19}", 0 },
    { MESH("{'attributes':{'POSITION':0,'NORMAL':6}}"), W3D_ERR_FORMAT, "6}}", 0 },
    { MESH("{'attributes':{'POSITION':0,'_X':1}}"), W3D_ERR_FORMAT, "1}}", 0 },
    { MESH("{'attributes':{'POSITION':3}}"), W3D_ERR_FORMAT, "3}}", 0 },
    { MESH("{'attributes':{'POSITION':0},'indices':0}"), W3D_ERR_FORMAT, "0}]}]", 0 },
    { MESH("{'attributes':{'POSITION':0},'indices':19}"), W3D_ERR_INDEX, "19}", 0 },
    { MESH("{'attributes':{'POSITION':0},'mode':7}"), W3D_ERR_RANGE, "7}]}]", 0 },
    { MESH("{'attributes':{'POSITION':0},'material':0}"), W3D_ERR_INDEX, "0}]}]", 0 },
    { MESH("{'indices':0}"), W3D_ERR_FORMAT, "{'indices':0", 0 },
    { MESH("[]"), W3D_ERR_FORMAT, "[]", 0 },
    { ",'meshes':[{'primitives':{}}]", W3D_ERR_FORMAT, "{}", 0 },
    { ",'nodes':[{'mesh':0}]", W3D_ERR_INDEX, "0}]", 0 },
    { ",'nodes':[{'children':[1]},{'children':[0]}]", W3D_ERR_FORMAT, "{'children':[1]}", 0 },
    { ",'nodes':[{'children':[0]}]", W3D_ERR_FORMAT, "{'children'", 0 },
    { ",'nodes':[{},{'children':[2]},{'children':[1]}],'scenes':[{'nodes':[0]}]", W3D_ERR_FORMAT,
      "{'children':[2]", 0 },
    { ",'nodes':[{'children':[2]},{'children':[2]},{}]", W3D_ERR_FORMAT, "2]},{}", 0 },
    { ",'nodes':[{'children':[1,1]},{}]", W3D_ERR_FORMAT, "1]},{}", 0 },
    { ",'nodes':[{'children':[2]},{}]", W3D_ERR_INDEX, "2]},", 0 },
    { ",'nodes':[{'children':[1]},{}],'scenes':[{'nodes':[0,1]}]", W3D_ERR_FORMAT, "1]}]}", 0 },
    { ",'nodes':[{}],'scenes':[{'nodes':[0,0]}]", W3D_ERR_FORMAT, "0]}]}", 0 },
    { ",'nodes':[{}],'scenes':[{'nodes':[1]}]", W3D_ERR_INDEX, "1]}]}", 0 },
    { ",'scene':0", W3D_ERR_INDEX, "0}", 0 },
    { ",'scene':'hello','scenes':[{}]", W3D_ERR_FORMAT, "'hello'", 0 },
    { ",'nodes':[{'matrix':[1,2,3]}]", W3D_ERR_FORMAT, "[1,2,3]", 0 },
    { ",'nodes':[{'scale':[1,2,'3']}]", W3D_ERR_FORMAT, "'3'", 0 },
    { ",'nodes':[{'scale':[1,2,1e39]}]", W3D_ERR_RANGE, "1e39", 0 },
    { ",'nodes':[{'name':42}]", W3D_ERR_FORMAT, "42", 0 },
    { ",'nodes':[3]", W3D_ERR_FORMAT, "3]}", 0 },
    { ",'materials':[{'normalTexture':{'index':0}}]", W3D_ERR_INDEX, "0}}]", 0 },
    { ",'materials':[{'normalTexture':{}}]", W3D_ERR_FORMAT, "{}", 0 },
    { ",'materials':[{'pbrMetallicRoughness':[]}]", W3D_ERR_FORMAT, "[]", 0 },
    { ",'materials':[{'alphaMode':'HALF'}]", W3D_ERR_FORMAT, "'HALF'", 0 },
    { ",'materials':[{'doubleSided':1}]", W3D_ERR_FORMAT, "1}]", 0 },
    { ",'textures':[{'source':0}]", W3D_ERR_INDEX, "0}]", 0 },
    { ",'images':[{'bufferView':9}]", W3D_ERR_INDEX, "9}]", 0 },
    { ",'images':[{'uri':'%ff'}]", W3D_ERR_UTF8, "'%ff'", 0 },
    { ",'images':[{'uri':'a%00b'}]", W3D_ERR_UTF8, "'a%00b'", 0 },
    { ",'images':[{'uri':'data:,x'}]", W3D_ERR_UNSUPPORTED, "'data:,x'", 0 },
    { ",'images':[{'uri':'data:;base64,****'}]", W3D_ERR_FORMAT, "'data:;b", 0 },
};

static void refused(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char json[16000], marker[200];
        size_t size;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_asset_scene scene, before;
        snprintf(json, sizeof json, wrong[i].json[0] == ',' ? "{" DOCUMENT "%s}" : "%s",
                 wrong[i].json);
        unsigned char *glb = make_glb(json, &size);
        memset(&scene, 0x55, sizeof scene);
        before = scene;
        w3d_result result = load_bytes(glb, size, &scene, &error);
        snprintf(marker, sizeof marker, "%s", wrong[i].marker);
        for (char *c = marker; *c; c++)
            if (*c == '\'') *c = '"';
        const char *base = wrong[i].json[0] == ',' ? text + strlen("{" DOCUMENT) : text;
        const char *at = strstr(base, marker);
        if (!at) at = strstr(text, marker);
        size_t offset = at ? 20 + (size_t)(at - text) + (size_t)wrong[i].skip : 0;
        CHECK_MESSAGE(result == wrong[i].code && error.code == result && error.offset == offset,
                      "%.120s: result %d, %s, at %d, expected %d", wrong[i].json, (int)result,
                      error.text, (int)error.offset, (int)offset);
        CHECK(!memcmp(&scene, &before, sizeof scene));
        if (result == W3D_OK) w3d_asset_scene_destroy(&scene);
        free(glb);
    }
}

/* The 9 in the index array is pointed at itself; out of range only beneath a sparse value is fine. */
static void index_contents(void)
{
    size_t size;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_asset_scene scene;
    unsigned char *glb =
        make_glb("{" DOCUMENT MESH("{'attributes':{'POSITION':0},'indices':13}") "}", &size);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_INDEX &&
          error.offset == size - 364 + 304 + 4);
    free(glb);

    glb = make_glb("{" DOCUMENT MESH("{'attributes':{'POSITION':0},'indices':17}") "}", &size);
    w3d_store_u16(glb + size - 364 + 48 + 8, 65535); /* index 4, replaced by the sparse 1 */
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_OK);
    w3d_asset_scene_destroy(&scene);
    w3d_store_u16(glb + size - 364 + 336 + 18, 4); /* the sparse value itself */
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_INDEX);
    free(glb);

    glb = make_glb("{" DOCUMENT MESH("{'attributes':{'POSITION':0},'indices':1}") "}", &size);
    w3d_gltf_desc desc;
    w3d_gltf gltf;
    memset(&desc, 0, sizeof desc);
    desc.bytes = glb;
    desc.size = size;
    CHECK(w3d_gltf_open(&desc, &gltf, &error) == W3D_OK);
    CHECK(gltf.accessors[0].data == glb + size - 364 &&
          gltf.accessors[4].stride == 32); /* views, no copies */
    CHECK(w3d_gltf_accessor_check(&gltf.accessors[1], 4, NULL) == W3D_OK);
    CHECK(w3d_gltf_accessor_check(&gltf.accessors[1], 3, &error) == W3D_ERR_INDEX &&
          error.offset == size - 364 + 58);
    CHECK(w3d_gltf_accessor_check(&gltf.accessors[11], 0, NULL) == W3D_ERR_FORMAT);
    CHECK(w3d_gltf_accessor_check(&gltf.accessors[0], 4, NULL) == W3D_ERR_FORMAT);
    float row[16 * 4] = { 0 };
    CHECK(w3d_gltf_accessor_floats(&gltf.accessors[0], 0, row, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_gltf_accessor_floats(&gltf.accessors[0], 2, row, NULL) == W3D_OK && row[2] == 1 &&
          row[5] == 1);
    CHECK(w3d_gltf_accessor_floats(&gltf.accessors[3], 2, row, NULL) == W3D_OK && row[2] == 1 &&
          row[3] == 0);
    w3d_gltf_close(&gltf);
    w3d_gltf_close(&gltf);
    free(glb);
}

/* Columns of small matrices are padded to four bytes. */
static void matrix_accessors(void)
{
    static const unsigned char bytes[24] = { 1, 2, 3, 99, 4, 5, 6, 99, 7, 8, 9, 99 };
    w3d_gltf_accessor accessor;
    memset(&accessor, 0, sizeof accessor);
    accessor.data = bytes;
    accessor.component = W3D_GLTF_U8;
    accessor.count = 1;
    accessor.rows = accessor.columns = 3;
    accessor.stride = accessor.element_size = 12;
    float out[16];
    CHECK(w3d_gltf_accessor_floats(&accessor, 16, out, NULL) == W3D_OK);
    for (int i = 0; i < 16; i++) CHECK(out[i] == (i < 9 ? (float)(i + 1) : 0.0f));
}

/* ---- hostile files ---- */

static void amplification(void)
{
    /* A few hundred bytes that ask for gigabytes. */
    static const char *const rests[] = {
        "{" ASSET "'accessors':[{'componentType':5126,'count':4294967295,'type':'VEC3'}]" MESH(
            "{'attributes':{'POSITION':0}}") "}",
        "{" ASSET "'accessors':[{'componentType':5126,'count':4,'type':'VEC3'},{'componentType':"
                  "5125,'count':4294967295,'type':'SCALAR'}]" MESH(
                      "{'attributes':{'POSITION':0},'indices':1,'mode':5}") "}",
        "{" ASSET "'accessors':[{'componentType':5126,'count':2000000000,'type':'VEC3'},{'"
                  "componentType':5126,'count':2000000000,'type':'VEC3'},"
        "{'componentType':5126,'count':2000000000,'type':'VEC3'}]" MESH(
            "{'attributes':{'POSITION':0}},{'attributes':{'POSITION':1}},{'attributes':{'POSITION':"
            "2}}") "}",
    };
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        size_t size;
        w3d_asset_scene scene;
        w3d_error error = { W3D_OK, 0, "" };
        unsigned char *glb = make_glb(rests[i], &size);
        w3d_result result = load_bytes(glb, size, &scene, &error);
        CHECK_MESSAGE(result == W3D_ERR_LIMIT, "%d: %s", (int)i, error.text);
        free(glb);
    }
}

static const char everything[] =
    "{" DOCUMENT ",'meshes':[{'name':'a','primitives':[{'attributes':{'POSITION':4,'NORMAL':5,'"
                 "TEXCOORD_0':6,'COLOR_0':8},"
    "'indices':1,'material':0},{'attributes':{'POSITION':9},'indices':2,'mode':5}]},{'primitives':["
    "{'attributes':{'POSITION':10}}]}],"
    "'scenes':[{'nodes':[0],'extras':{'x':1}}],'nodes':[{'children':[1,2],'name':'"
    "r\\u00fcckw\\u00e4rts'},{'mesh':0,"
    "'matrix':[1,0,0,0,0,1,0,0,0,0,1,0,1,2,3,1]},{'mesh':1,'rotation':[0,1,0,0],'extras':null}],"
    "'images':[{'uri':'data:image/"
    "png;base64,AAAA'},{'uri':'a.png'},{'bufferView':0}],'textures':[{'source':0}],"
    "'materials':[{'name':'red','pbrMetallicRoughness':{'baseColorTexture':{'index':0}}}]}";

static void check_result(w3d_result result, const w3d_error *error, size_t size,
                         w3d_asset_scene *scene)
{
    if (result != W3D_OK) {
        CHECK(error->code == result && error->offset <= size && error->text && error->text[0]);
        return;
    }
    for (uint32_t m = 0; m < scene->mesh_count; m++)
        for (uint32_t i = 0; i < scene->meshes[m].index_count; i++)
            CHECK(scene->meshes[m].indices[i] < scene->meshes[m].vertex_count);
    w3d_asset_scene_destroy(scene);
}

static void load_part(const unsigned char *bytes, size_t size, int must_fail)
{
    unsigned char *copy = (unsigned char *)malloc(size ? size : 1);
    w3d_asset_scene scene;
    w3d_error error = { W3D_OK, 0, "" };
    memcpy(copy, bytes, size);
    w3d_result result = load_bytes(copy, size, &scene, &error);
    CHECK_MESSAGE(!must_fail || result != W3D_OK, "%d bytes of the file load", (int)size);
    check_result(result, &error, size, &scene);
    free(copy);
}

static void truncations(void)
{
    size_t size;
    unsigned char *glb = make_glb(everything, &size);
    w3d_asset_scene scene;
    CHECK(load_bytes(glb, size, &scene, NULL) == W3D_OK);
    CHECK(scene.mesh_count == 2 && scene.object_count == 3 && scene.image_count == 3);
    w3d_asset_scene_destroy(&scene);
    for (size_t cut = 0; cut < size; cut++) load_part(glb, cut, 1);
    /* cut off, with the header saying so: the chunks and buffers must notice */
    for (size_t cut = 12; cut < size; cut++) {
        w3d_store_u32(glb + 8, (uint32_t)cut);
        load_part(glb, cut, 1);
    }
    free(glb);
    size_t length = strlen(embedded) + 100; /* the same with JSON alone */
    char *json = (char *)malloc(length);
    snprintf(json, length, embedded, uris[0].uri);
    for (char *c = json; *c; c++)
        if (*c == '\'') *c = '"';
    for (size_t cut = 0; cut < strlen(json); cut++) load_part((unsigned char *)json, cut, 1);
    load_part((unsigned char *)json, strlen(json), 0);
    free(json);
}

static void flips(void)
{
    size_t size;
    unsigned char *glb = make_glb(everything, &size);
    for (int i = 0; i < 20000; i++) {
        unsigned char saved[4];
        uint32_t places[4], count = 1 + test_random_below(4);
        for (uint32_t k = 0; k < count; k++) {
            places[k] = test_random_below((uint32_t)size);
            saved[k] = glb[places[k]];
            /* digits mostly: they make other valid files */
            glb[places[k]] =
                (unsigned char)(i % 3 ? '0' + test_random_below(10) : test_random_below(256));
        }
        load_part(glb, size, 0);
        for (uint32_t k = count; k-- > 0;) glb[places[k]] = saved[k];
    }
    free(glb);
}

typedef struct sweep_file {
    const void *bytes;
    size_t size;
} sweep_file;

static int sweep_body(const void *allocator, void *user)
{
    const sweep_file *file = (const sweep_file *)user;
    w3d_gltf_desc desc;
    w3d_asset_scene scene;
    memset(&desc, 0, sizeof desc);
    desc.bytes = file->bytes;
    desc.size = file->size;
    desc.allocator = (const w3d_allocator *)allocator;
    w3d_result result = w3d_gltf_scene_load(&desc, &scene, NULL);
    if (result == W3D_OK) w3d_asset_scene_destroy(&scene);
    return (int)result;
}

static void allocation_failures(void)
{
    sweep_file file;
    unsigned char *glb = make_glb(everything, &file.size);
    file.bytes = glb;
    test_allocation_sweep(sweep_body, &file);
    free(glb);
    char json[1000];
    snprintf(json, sizeof json, embedded, uris[0].uri);
    for (char *c = json; *c; c++)
        if (*c == '\'') *c = '"';
    file.bytes = json;
    file.size = strlen(json);
    test_allocation_sweep(sweep_body, &file);
}

static void containers(void)
{
    size_t size;
    w3d_asset_scene scene;
    w3d_error error;
    unsigned char *glb = make_glb("{" DOCUMENT MESH("{'attributes':{'POSITION':0}}") "}", &size);
    unsigned char *longer = (unsigned char *)calloc(1, size + 12);
    memcpy(longer, glb, size);
    CHECK(load_bytes(longer, size + 3, &scene, &error) ==
          W3D_OK); /* bytes behind the end are let be */
    w3d_asset_scene_destroy(&scene);
    w3d_store_u32(longer + size, 4); /* a chunk of a kind nobody knows */
    memcpy(longer + size + 4, "XYZ1", 4);
    w3d_store_u32(longer + 8, (uint32_t)size + 12);
    CHECK(load_bytes(longer, size + 12, &scene, &error) == W3D_OK);
    w3d_asset_scene_destroy(&scene);
    w3d_store_u32(longer + size, 5);
    CHECK(load_bytes(longer, size + 12, &scene, &error) == W3D_ERR_FORMAT && error.offset == size);
    free(longer);

    w3d_store_u32(glb + 4, 1);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_UNSUPPORTED && error.offset == 4);
    w3d_store_u32(glb + 4, 2);
    w3d_store_u32(glb + 8, (uint32_t)size + 1);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_TRUNCATED && error.offset == size);
    w3d_store_u32(glb + 8, 12);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_FORMAT && error.offset == 8);
    w3d_store_u32(glb + 8, (uint32_t)size);
    memcpy(glb + 16, "JSOM", 4);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_FORMAT && error.offset == 16);
    memcpy(glb + 16, "JSON", 4);
    w3d_store_u32(glb + 12, 0xFFFFFFFFu);
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_ERR_FORMAT && error.offset == 12);
    free(glb);
    CHECK(load_bytes("", 0, &scene, &error) == W3D_ERR_TRUNCATED && error.offset == 0);
    CHECK(load_bytes("glTF", 4, &scene, &error) == W3D_ERR_TRUNCATED);
    CHECK(load_bytes("{\"asset\":{\"version\":\"2.0\"}}", 27, &scene, &error) == W3D_OK);
    w3d_asset_scene_destroy(&scene);

    glb = make_glb("{" ASSET "'x':0}   ", &size); /* padded with a NUL, as some do */
    glb[20 + strlen(text) - 1] = 0;
    CHECK(load_bytes(glb, size, &scene, &error) == W3D_OK);
    w3d_asset_scene_destroy(&scene);
    free(glb);
}

void test_gltf(void)
{
    RUN(index_types);
    RUN(modes);
    RUN(attributes);
    RUN(sparse);
    RUN(joined_primitives);
    RUN(nodes);
    RUN(matrices);
    RUN(materials);
    RUN(buffers);
    RUN(refused);
    RUN(index_contents);
    RUN(matrix_accessors);
    RUN(amplification);
    RUN(truncations);
    RUN(flips);
    RUN(allocation_failures);
    RUN(containers);
}
