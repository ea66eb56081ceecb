/* gltf_scene.c - the node tree: parents are found first, then one walk from the roots down gives
 * every node's place before its children's, and shows circles as nodes it never came to. */
#include "asset/gltf_scene.h"

#include "asset/gltf_mesh.h"
#include "core/size.h"
#include "memory/allocator.h"

/* The nodes of the file; the arrays are scratch, [count] each. */
typedef struct w3di_gltf_nodes {
    uint32_t  count;
    uint32_t *values;  /* in the JSON                                        */
    uint32_t *parents; /* W3D_GLTF_ABSENT: a root                            */
    uint32_t *order;   /* nodes, parents first                               */
    uint32_t *objects; /* of each node; W3D_GLTF_ABSENT: not in the scene    */
} w3di_gltf_nodes;

/* ---- the tree ---- */

static void w3di_gltf_find_parents(w3di_gltf_reader *reader, w3di_gltf_nodes *nodes, uint32_t array)
{
    w3d_json_iterator each = w3d_json_each(reader->json, array);
    while (w3d_json_next(reader->json, &each))
        if (w3di_gltf_is_object(reader, each.value)) nodes->values[each.index] = each.value;
    for (uint32_t i = 0; i < nodes->count && reader->result == W3D_OK; i++) {
        each = w3d_json_each(reader->json, w3di_gltf_array(reader, nodes->values[i], "children"));
        while (reader->result == W3D_OK && w3d_json_next(reader->json, &each)) {
            uint32_t child = w3di_gltf_index(reader, each.value, nodes->count);
            if (child == W3D_GLTF_ABSENT) return;
            if (nodes->parents[child] != W3D_GLTF_ABSENT)
                w3di_gltf_fail(reader, W3D_ERR_FORMAT, each.value, "a node has two parents");
            nodes->parents[child] = i;
        }
    }
}

/* Fills `order`. A node has one parent at most, so each is met once, those of a circle never. */
static void w3di_gltf_sort_nodes(w3di_gltf_reader *reader, w3di_gltf_nodes *nodes)
{
    uint32_t ordered = 0;
    for (uint32_t i = 0; i < nodes->count; i++)
        if (nodes->parents[i] == W3D_GLTF_ABSENT) nodes->order[ordered++] = i;
    for (uint32_t at = 0; at < ordered; at++) {
        uint32_t children = w3di_gltf_array(reader, nodes->values[nodes->order[at]], "children");
        w3d_json_iterator each = w3d_json_each(reader->json, children);
        while (w3d_json_next(reader->json, &each))
            nodes->order[ordered++] = w3di_gltf_index(reader, each.value, nodes->count);
    }
    if (ordered == nodes->count) return;
    for (uint32_t i = 0; i < ordered; i++) nodes->objects[nodes->order[i]] = 0; /* met */
    for (uint32_t i = 0; i < nodes->count; i++)
        if (nodes->objects[i] == W3D_GLTF_ABSENT)
            w3di_gltf_fail(reader, W3D_ERR_FORMAT, nodes->values[i], "the nodes form a circle");
}

/* Marks the roots that are in the scene, by 0 in `objects`; gives the scene's JSON. */
static uint32_t w3di_gltf_mark_roots(w3di_gltf_reader *reader, w3di_gltf_nodes *nodes)
{
    uint32_t scenes = w3di_gltf_array(reader, 0, "scenes");
    uint32_t count = w3d_json_count(reader->json, scenes);
    uint32_t index = w3di_gltf_index_or_absent(reader, 0, "scene", count);
    if (reader->result != W3D_OK) return W3D_JSON_NONE;
    if (!count) {
        for (uint32_t i = 0; i < nodes->count; i++)
            if (nodes->parents[i] == W3D_GLTF_ABSENT) nodes->objects[i] = 0;
        return W3D_JSON_NONE;
    }
    uint32_t scene = w3d_json_element(reader->json, scenes, index == W3D_GLTF_ABSENT ? 0 : index);
    if (!w3di_gltf_is_object(reader, scene)) return W3D_JSON_NONE;
    w3d_json_iterator each = w3d_json_each(reader->json, w3di_gltf_array(reader, scene, "nodes"));
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each)) {
        uint32_t node = w3di_gltf_index(reader, each.value, nodes->count);
        if (node == W3D_GLTF_ABSENT) break;
        if (nodes->parents[node] != W3D_GLTF_ABSENT)
            w3di_gltf_fail(reader, W3D_ERR_FORMAT, each.value, "a scene's node is another's child");
        if (nodes->objects[node] != W3D_GLTF_ABSENT)
            w3di_gltf_fail(reader, W3D_ERR_FORMAT, each.value, "a scene names a node twice");
        nodes->objects[node] = 0;
    }
    return scene;
}

/* ---- objects ---- */

/* The rotation whose matrix has these unit columns. Source: Shepperd 1978, "Quaternion from
 * Rotation Matrix": the largest component is found first, so that no difference cancels. */
static w3d_quat w3di_gltf_quat_from_axes(w3d_vec3 x, w3d_vec3 y, w3d_vec3 z)
{
    float trace = x.x + y.y + z.z;
    w3d_quat q;
    if (trace >= x.x && trace >= y.y && trace >= z.z)
        q = w3d_quat_make(y.z - z.y, z.x - x.z, x.y - y.x, 1.0f + trace);
    else if (x.x >= y.y && x.x >= z.z)
        q = w3d_quat_make(1.0f + x.x - y.y - z.z, x.y + y.x, z.x + x.z, y.z - z.y);
    else if (y.y >= z.z)
        q = w3d_quat_make(x.y + y.x, 1.0f + y.y - x.x - z.z, y.z + z.y, z.x - x.z);
    else
        q = w3d_quat_make(z.x + x.z, y.z + z.y, 1.0f + z.z - x.x - y.y, x.y - y.x);
    return w3d_quat_normalise(q);
}

/* The parts nearest to a matrix: exact where it is one of turns and scales without shear. */
static void w3di_gltf_split_matrix(w3d_asset_object *object)
{
    const float *m = object->local.m;
    w3d_vec3 x = w3d_vec3_load(m), y = w3d_vec3_load(m + 4), z = w3d_vec3_load(m + 8);
    object->translation = w3d_vec3_load(m + 12);
    object->scale = w3d_vec3_make(w3d_vec3_length(x), w3d_vec3_length(y), w3d_vec3_length(z));
    if (w3d_mat4_determinant3(&object->local) < 0.0f) {
        object->scale.x = -object->scale.x;
        x = w3d_vec3_negate(x);
    }
    object->rotation = w3di_gltf_quat_from_axes(w3d_vec3_direction(x), w3d_vec3_direction(y),
                                                w3d_vec3_direction(z));
}

static void w3di_gltf_import_transform(w3di_gltf_reader *reader, uint32_t value,
                                       w3d_asset_object *object)
{
    float translation[3] = { 0.0f, 0.0f, 0.0f }, rotation[4] = { 0.0f, 0.0f, 0.0f, 1.0f };
    float scale[3] = { 1.0f, 1.0f, 1.0f };
    if (w3di_gltf_floats(reader, value, "matrix", 16, object->local.m)) {
        w3di_gltf_split_matrix(object);
        return;
    }
    w3di_gltf_floats(reader, value, "translation", 3, translation);
    w3di_gltf_floats(reader, value, "rotation", 4, rotation);
    w3di_gltf_floats(reader, value, "scale", 3, scale);
    object->translation = w3d_vec3_load(translation);
    object->rotation = w3d_quat_normalise(
        w3d_quat_make(rotation[0], rotation[1], rotation[2], rotation[3]));
    object->scale = w3d_vec3_load(scale);
    object->local = w3d_mat4_from_trs(object->translation, object->rotation, object->scale);
}

static void w3di_gltf_import_nodes(w3di_gltf_import *importer, w3di_gltf_nodes *nodes)
{
    w3di_gltf_reader *reader = &importer->reader;
    w3d_asset_scene *scene = importer->scene;
    uint32_t array = w3di_gltf_array(reader, 0, "nodes"), count = 0;
    if (reader->result != W3D_OK) return;
    w3di_gltf_find_parents(reader, nodes, array);
    if (reader->result != W3D_OK) return;
    w3di_gltf_sort_nodes(reader, nodes);
    uint32_t root = w3di_gltf_mark_roots(reader, nodes);
    if (reader->result != W3D_OK) return;
    scene->extras = w3di_gltf_import_extras(importer, root);

    for (uint32_t i = 0; i < nodes->count; i++) {
        uint32_t node = nodes->order[i], parent = nodes->parents[node];
        if (parent == W3D_GLTF_ABSENT ? nodes->objects[node] == 0
                                      : nodes->objects[parent] != W3D_GLTF_ABSENT)
            nodes->objects[node] = count++;
    }
    if (!count) return;
    scene->objects =
        (w3d_asset_object *)w3di_gltf_import_rows(importer, count, sizeof *scene->objects, array);
    if (!scene->objects) return;
    scene->object_count = count;
    for (uint32_t i = 0; i < nodes->count && reader->result == W3D_OK; i++) {
        uint32_t node = nodes->order[i], parent = nodes->parents[node];
        if (nodes->objects[node] == W3D_GLTF_ABSENT) continue;
        w3d_asset_object *object = &scene->objects[nodes->objects[node]];
        object->name = w3di_gltf_import_name(importer, nodes->values[node]);
        object->extras = w3di_gltf_import_extras(importer, nodes->values[node]);
        object->parent = parent == W3D_GLTF_ABSENT ? W3D_ASSET_NONE : nodes->objects[parent];
        object->mesh =
            w3di_gltf_index_or_absent(reader, nodes->values[node], "mesh", scene->mesh_count);
        w3di_gltf_import_transform(reader, nodes->values[node], object);
    }
}

/* ---- all of it ---- */

/* Scratch: one block of 32-bit numbers, all W3D_GLTF_ABSENT, dealt out to the arrays. */
static w3d_result w3di_gltf_convert(w3di_gltf_import *importer)
{
    const w3d_gltf *gltf = importer->gltf;
    w3di_gltf_reader *reader = &importer->reader;
    w3di_gltf_nodes nodes;
    nodes.count = w3d_json_count(reader->json, w3di_gltf_array(reader, 0, "nodes"));
    importer->texture_count = w3d_json_count(reader->json, w3di_gltf_array(reader, 0, "textures"));
    if (reader->result != W3D_OK) return reader->result;
    size_t size = sizeof(uint32_t); /* never 0 */
    uint32_t *scratch = NULL;
    if (w3d_size_append(&size, nodes.count, 4 * sizeof(uint32_t)) &&
        w3d_size_append(&size, importer->texture_count, sizeof(uint32_t)) &&
        w3d_size_append(&size, gltf->primitive_count, sizeof(uint32_t)) &&
        w3d_size_append(&size, gltf->accessor_count, sizeof(uint32_t)))
        scratch = (uint32_t *)w3d_allocator_resize(&gltf->allocator, NULL, 0, size);
    if (!scratch)
        return w3di_gltf_fail(reader, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for the import");
    w3d_fill(scratch, 0xFF, size);
    nodes.values = scratch;
    nodes.parents = nodes.values + nodes.count;
    nodes.order = nodes.parents + nodes.count;
    nodes.objects = nodes.order + nodes.count;
    importer->texture_images = nodes.objects + nodes.count;
    importer->base_vertices = importer->texture_images + importer->texture_count;
    importer->last_sharing = importer->base_vertices + gltf->primitive_count;

    w3di_gltf_import_images(importer);
    w3di_gltf_import_materials(importer);
    w3di_gltf_import_meshes(importer);
    w3di_gltf_import_nodes(importer, &nodes);
    w3d_allocator_resize(&gltf->allocator, scratch, size, 0);
    return reader->result;
}

W3D_API w3d_result w3d_gltf_scene_convert(const w3d_gltf *gltf, size_t memory_limit,
                                          w3d_asset_scene *scene, w3d_error *error)
{
    W3D_ASSERT(gltf && scene);
    if (!gltf || !scene)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, w3d_result_text(W3D_ERR_ARGUMENT));
    w3d_asset_scene made;
    w3di_gltf_import importer;
    w3d_asset_scene_init(&made, &gltf->allocator, memory_limit);
    w3d_fill(&importer, 0, sizeof importer);
    importer.gltf = gltf;
    importer.scene = &made;
    importer.reader.json = &gltf->json;
    importer.reader.text_start = gltf->text_start;
    importer.reader.error = error;
    w3d_result result = w3di_gltf_convert(&importer);
    if (result == W3D_OK)
        *scene = made;
    else
        w3d_asset_scene_destroy(&made);
    return result;
}

W3D_API w3d_result w3d_gltf_scene_load(const w3d_gltf_desc *desc, w3d_asset_scene *scene,
                                       w3d_error *error)
{
    w3d_gltf gltf;
    w3d_result result = w3d_gltf_open(desc, &gltf, error);
    if (result != W3D_OK) return result;
    result = w3d_gltf_scene_convert(&gltf, desc->memory_limit, scene, error);
    w3d_gltf_close(&gltf);
    return result;
}
