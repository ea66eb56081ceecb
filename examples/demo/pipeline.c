/* pipeline.c - the main job, step by step.
 *
 * A run keeps all it holds in one place, so that one function frees it however the run ends. The
 * library's own code is compiled here too. */
#define WASM3D_IMPLEMENTATION
#include "examples/demo/pipeline.h"

static const uint32_t default_width = 960, default_height = 640, smallest_side = 16,
                      largest_side = 8192;

/* A file of text or bytes that errors point into. */
typedef struct run_document {
    const unsigned char *bytes;
    size_t size;
    char name[65]; /* "": the model file */
} run_document;

typedef struct run_state {
    const demo_job *job;
    demo_result *result;
    demo_step step;
    run_document model;
    run_document sidecar;     /* the last one that was opened */
    uint64_t sidecar_size;    /* bytes of all of them */
    w3d_asset_scene scene;    /* as read */
    w3d_asset_scene reopened; /* its arrays lie in result->file */
    void *scratch;
    size_t scratch_size;
    w3d_error error;
    const char *at; /* name of the mesh that the step works on, or NULL */
} run_state;

const char *demo_step_name(demo_step step)
{
    static const char *const names[DEMO_STEP_COUNT] = { "read",  "check",  "weld",   "normals",
                                                        "write", "reopen", "render", "PNG" };
    return step < DEMO_STEP_COUNT ? names[step] : "";
}

/* ---- what all steps use ---- */

static w3d_result fail(run_state *run, w3d_result code, const char *text)
{
    return w3d_error_set(&run->error, code, 0, text);
}

static void progress(run_state *run, uint32_t done, uint32_t total)
{
    if (run->job->progress) run->job->progress(run->job->user, run->step, done, total);
}

/* Fills in the step's row, all but the time. */
static void count(run_state *run, const char *unit, uint64_t items, uint64_t bytes)
{
    demo_row *row = &run->result->rows[run->step];
    row->unit = unit;
    row->items = items;
    row->items_left = items;
    row->bytes = bytes;
}

/* Working memory of at least `size` bytes; what the last call gave is gone. */
static w3d_result scratch(run_state *run, size_t size, w3d_arena *arena)
{
    if (size > run->scratch_size) {
        if (run->scratch)
            w3d_allocator_resize(run->job->allocator, run->scratch, run->scratch_size, 0);
        run->scratch_size = 0;
        run->scratch = w3d_allocator_resize(run->job->allocator, NULL, 0, size);
        if (!run->scratch)
            return fail(run, W3D_ERR_OUT_OF_MEMORY, "no room for this step's working memory");
        run->scratch_size = size;
    }
    *arena = w3d_arena_make(run->scratch, run->scratch_size);
    return W3D_OK;
}

/* Room in the scene, which frees it in the end. */
static void *scene_room(run_state *run, size_t items, size_t item_size)
{
    void *block = w3d_asset_scene_alloc(&run->scene, items, item_size);
    if (!block) fail(run, run->scene.failure, "no room for the scene");
    return block;
}

static w3d_mesh_view view_of(const w3d_asset_mesh *mesh)
{
    w3d_mesh_view view;
    w3d_fill(&view, 0, sizeof view);
    view.positions = mesh->positions;
    view.indices = mesh->indices;
    view.vertex_count = mesh->vertex_count;
    view.index_count = mesh->index_count;
    return view;
}

/* ---- read ---- */

/* Printable ASCII of any text, cut to fit. */
static void copy_printable(char *dst, size_t capacity, const char *text, size_t size)
{
    size_t i = 0;
    for (; i < size && i + 1 < capacity; i++)
        dst[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '.';
    dst[i] = 0;
}

static w3d_result open_sidecar(void *user, const char *name, size_t name_size, const void **bytes,
                               size_t *size)
{
    run_state *run = (run_state *)user;
    if (!run->job->open) return W3D_ERR_NOT_FOUND;
    w3d_result result = run->job->open(run->job->user, name, name_size, bytes, size);
    if (result != W3D_OK) return result;
    run->sidecar.bytes = (const unsigned char *)*bytes;
    run->sidecar.size = *size;
    copy_printable(run->sidecar.name, sizeof run->sidecar.name, name, name_size);
    run->sidecar_size += *size;
    return W3D_OK;
}

/* By content: GLB has a magic, glTF is a JSON object, OBJ is text without any mark of its own. */
static const char *detect(run_state *run)
{
    const unsigned char *bytes = run->model.bytes;
    size_t size = run->model.size, begin = 0;
    if (size >= 4 && w3d_equal(bytes, "glTF", 4)) return "GLB";
    if (size >= 3 && w3d_equal(bytes, "\xEF\xBB\xBF", 3)) begin = 3;
    while (begin < size && (bytes[begin] == ' ' || (bytes[begin] >= '\t' && bytes[begin] <= '\r')))
        begin++;
    if (begin == size) {
        fail(run, W3D_ERR_TRUNCATED, "the file is empty");
        return NULL;
    }
    if (bytes[begin] == '{') return "glTF";
    for (size_t i = begin; i < size && i < begin + 4096; i++) {
        if (bytes[i] < '\t') {
            w3d_error_set(&run->error, W3D_ERR_UNSUPPORTED, i,
                          "this is neither GLB, glTF nor OBJ text");
            return NULL;
        }
    }
    return "OBJ";
}

static w3d_result read_model(run_state *run)
{
    const demo_job *job = run->job;
    const char *format = detect(run);
    w3d_result result;
    if (!format) return run->error.code;
    run->result->format = format;
    if (format[0] == 'O') {
        w3d_obj_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.text = job->bytes;
        desc.size = job->size;
        desc.open = open_sidecar;
        desc.user = run;
        desc.allocator = job->allocator;
        result = w3d_obj_load(&desc, &run->scene, &run->error);
    } else {
        w3d_gltf_desc desc;
        w3d_fill(&desc, 0, sizeof desc);
        desc.bytes = job->bytes;
        desc.size = job->size;
        desc.open = open_sidecar;
        desc.user = run;
        desc.allocator = job->allocator;
        result = w3d_gltf_scene_load(&desc, &run->scene, &run->error);
    }
    if (result != W3D_OK) return result;
    uint64_t triangles = 0;
    for (uint32_t i = 0; i < run->scene.mesh_count; i++)
        triangles += run->scene.meshes[i].index_count / 3;
    count(run, "triangles", triangles, run->model.size + run->sidecar_size);
    return W3D_OK;
}

/* ---- check ---- */

/* What all objects fill together, each where it is. */
static w3d_result measure_extent(run_state *run)
{
    const w3d_asset_scene *scene = &run->scene;
    w3d_vec3 low = w3d_vec3_splat(FLT_MAX), high = w3d_vec3_splat(-FLT_MAX);
    w3d_arena arena;
    size_t size = 16;
    if (!w3d_size_append(&size, scene->object_count, sizeof(w3d_mat4)))
        return fail(run, W3D_ERR_LIMIT, "too many objects");
    w3d_result result = scratch(run, size, &arena);
    if (result != W3D_OK) return result;
    w3d_mat4 *world = (w3d_mat4 *)w3d_arena_push(&arena, scene->object_count, sizeof *world, 16);
    w3d_asset_scene_world(scene, world);
    for (uint32_t i = 0; i < scene->object_count; i++) {
        if (scene->objects[i].mesh == W3D_ASSET_NONE) continue;
        const w3d_asset_mesh *mesh = &scene->meshes[scene->objects[i].mesh];
        for (uint32_t v = 0; v < mesh->vertex_count; v++) {
            w3d_vec3 point =
                w3d_mat4_point(&world[i], w3d_vec3_load(mesh->positions + (size_t)v * 3));
            low = w3d_vec3_min(low, point);
            high = w3d_vec3_max(high, point);
        }
    }
    if (low.x <= high.x) w3d_vec3_store(run->result->extent, w3d_vec3_sub(high, low));
    return W3D_OK;
}

/* The readers have checked structure and indices; what is left is the numbers themselves. */
static w3d_result check_scene(run_state *run)
{
    const w3d_asset_scene *scene = &run->scene;
    uint64_t vertices = 0, indices = 0;
    if (!run->result->rows[DEMO_READ].items)
        return fail(run, W3D_ERR_NOT_FOUND,
                    run->result->format[0] == 'O'
                        ? "there are no faces in this file, read as OBJ text"
                        : "there are no triangles in this file");
    for (uint32_t i = 0; i < scene->mesh_count; i++) {
        w3d_mesh_view view = view_of(&scene->meshes[i]);
        w3d_box box;
        uint32_t skipped;
        run->at = scene->meshes[i].name;
        progress(run, i, scene->mesh_count);
        w3d_result result = w3d_mesh_bounds_box(&view, NULL, &box, &skipped);
        if (result != W3D_OK) return fail(run, result, NULL);
        if (skipped)
            return fail(run, W3D_ERR_RANGE,
                        "a vertex of this mesh has a coordinate that is no finite number");
        vertices += view.vertex_count;
        indices += view.index_count;
    }
    run->at = NULL;
    run->result->object_count = scene->object_count;
    run->result->mesh_count = scene->mesh_count;
    run->result->material_count = scene->material_count;
    run->result->image_count = scene->image_count;
    count(run, "vertices", vertices, vertices * 12 + indices * 4);
    return measure_extent(run);
}

/* ---- weld ---- */

/* One array of a mesh: room for a pointer to it, and floats a vertex. */
typedef struct run_array {
    float **data;
    uint32_t floats;
} run_array;

/* Joins vertices that are equal in everything, drops those no triangle uses, in place. */
static w3d_result weld_mesh(run_state *run, w3d_asset_mesh *mesh)
{
    run_array arrays[4] = {
        { &mesh->positions, 3 }, { &mesh->normals, 3 }, { &mesh->uvs, 2 }, { &mesh->colors, 4 }
    };
    w3d_mesh_attribute attributes[4];
    w3d_mesh_weld_desc desc;
    w3d_mesh_weld_indices_desc rename;
    w3d_mesh_weld_attribute_desc compact;
    w3d_arena arena;
    uint32_t array_count = 0, unique_count = 0, index_count = 0;
    size_t size = w3d_mesh_weld_scratch_size(mesh->vertex_count);
    w3d_fill(attributes, 0, sizeof attributes);
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&rename, 0, sizeof rename);
    w3d_fill(&compact, 0, sizeof compact);

    for (int i = 0; i < 4; i++) {
        if (!*arrays[i].data) continue;
        arrays[array_count] = arrays[i];
        attributes[array_count].data = *arrays[i].data;
        attributes[array_count++].size = arrays[i].floats * 4;
    }
    if (!w3d_size_append(&size, mesh->vertex_count, 4) || !w3d_size_add(size, 32, &size))
        return fail(run, W3D_ERR_LIMIT, "this mesh is too large to weld");
    w3d_result result = scratch(run, size, &arena);
    if (result != W3D_OK) return result;
    uint32_t *remap = (uint32_t *)w3d_arena_push(&arena, mesh->vertex_count, 4, 16);

    desc.attributes = attributes;
    desc.attribute_count = array_count;
    desc.vertex_count = mesh->vertex_count;
    desc.indices = mesh->indices;
    desc.index_count = mesh->index_count;
    result = w3d_mesh_weld(&desc, remap, &unique_count, arena);
    if (result != W3D_OK) return fail(run, result, NULL);

    rename.remap = remap;
    rename.vertex_count = mesh->vertex_count;
    rename.indices = mesh->indices;
    rename.index_count = mesh->index_count;
    result = w3d_mesh_weld_indices(&rename, mesh->indices, &index_count);
    compact.remap = remap;
    compact.vertex_count = mesh->vertex_count;
    compact.unique_count = unique_count;
    for (uint32_t i = 0; i < array_count && result == W3D_OK; i++) {
        compact.attribute = attributes[i];
        result = w3d_mesh_weld_attribute(&compact, *arrays[i].data);
    }
    if (result != W3D_OK) return fail(run, result, NULL);
    mesh->vertex_count = unique_count;
    return W3D_OK;
}

static w3d_result weld_scene(run_state *run)
{
    uint64_t before = 0, after = 0, bytes = 0;
    for (uint32_t i = 0; i < run->scene.mesh_count; i++) {
        w3d_asset_mesh *mesh = &run->scene.meshes[i];
        run->at = mesh->name;
        progress(run, i, run->scene.mesh_count);
        uint32_t floats =
            3u + (mesh->normals ? 3u : 0) + (mesh->uvs ? 2u : 0) + (mesh->colors ? 4u : 0);
        before += mesh->vertex_count;
        bytes += (uint64_t)mesh->vertex_count * floats * 4;
        if (mesh->vertex_count && weld_mesh(run, mesh) != W3D_OK) return run->error.code;
        after += mesh->vertex_count;
    }
    count(run, "vertices", before, bytes);
    run->result->rows[DEMO_WELD].items_left = after;
    return W3D_OK;
}

/* ---- normals ---- */

static int has_normal(const w3d_asset_mesh *mesh, uint32_t vertex)
{
    const float *normal = mesh->normals + (size_t)vertex * 3;
    return normal[0] != 0.0f || normal[1] != 0.0f || normal[2] != 0.0f;
}

/* Gives vertices without a normal a smooth one. Vertices that differ in their texture coordinates
 * alone count as one here, so that seams of a texture do not show. *made: how many got one. */
static w3d_result complete_normals(run_state *run, w3d_asset_mesh *mesh, uint64_t *made)
{
    uint32_t vertex = 0, unique_count = 0, index_count = 0;
    while (mesh->normals && vertex < mesh->vertex_count && has_normal(mesh, vertex)) vertex++;
    if (vertex == mesh->vertex_count) return W3D_OK;
    if (!mesh->normals) mesh->normals = (float *)scene_room(run, mesh->vertex_count, 12);
    if (!mesh->normals) return run->error.code;

    w3d_arena arena;
    w3d_mesh_attribute position;
    w3d_mesh_weld_desc desc;
    w3d_mesh_weld_indices_desc rename;
    w3d_mesh_weld_attribute_desc compact;
    w3d_mesh_normals_desc smooth;
    size_t weld_size = w3d_mesh_weld_scratch_size(mesh->vertex_count);
    size_t size = w3d_mesh_normals_scratch_size(mesh->vertex_count);
    if (weld_size > size) size = weld_size;
    if (!w3d_size_append(&size, mesh->vertex_count, 4 + 12) ||
        !w3d_size_append(&size, mesh->index_count, 4) || !w3d_size_add(size, 64, &size))
        return fail(run, W3D_ERR_LIMIT, "this mesh is too large for normals");
    w3d_result result = scratch(run, size, &arena);
    if (result != W3D_OK) return result;
    uint32_t *remap = (uint32_t *)w3d_arena_push(&arena, mesh->vertex_count, 4, 16);
    float *points = (float *)w3d_arena_push(&arena, mesh->vertex_count, 12, 16);
    uint32_t *indices = (uint32_t *)w3d_arena_push(&arena, mesh->index_count, 4, 16);

    w3d_fill(&position, 0, sizeof position);
    position.data = mesh->positions;
    position.size = 12;
    w3d_fill(&desc, 0, sizeof desc);
    desc.attributes = &position;
    desc.attribute_count = 1;
    desc.vertex_count = mesh->vertex_count;
    result = w3d_mesh_weld(&desc, remap, &unique_count, arena);
    if (result != W3D_OK) return fail(run, result, NULL);

    w3d_fill(&rename, 0, sizeof rename);
    rename.remap = remap;
    rename.vertex_count = mesh->vertex_count;
    rename.indices = mesh->indices;
    rename.index_count = mesh->index_count;
    result = w3d_mesh_weld_indices(&rename, indices, &index_count);
    w3d_fill(&compact, 0, sizeof compact);
    compact.remap = remap;
    compact.vertex_count = mesh->vertex_count;
    compact.unique_count = unique_count;
    compact.attribute = position;
    if (result == W3D_OK) result = w3d_mesh_weld_attribute(&compact, points);

    /* The normals may lie on the positions they are made from. */
    w3d_mesh_view welded;
    w3d_fill(&welded, 0, sizeof welded);
    welded.positions = points;
    welded.indices = indices;
    welded.vertex_count = unique_count;
    welded.index_count = index_count;
    w3d_fill(&smooth, 0, sizeof smooth);
    smooth.weight = W3D_NORMAL_WEIGHT_ANGLE;
    if (result == W3D_OK) result = w3d_mesh_normals(&welded, &smooth, points, arena);
    if (result != W3D_OK) return fail(run, result, NULL);
    for (; vertex < mesh->vertex_count; vertex++) {
        if (has_normal(mesh, vertex)) continue;
        w3d_copy(mesh->normals + (size_t)vertex * 3, points + (size_t)remap[vertex] * 3, 12);
        *made += 1;
    }
    return W3D_OK;
}

static w3d_result complete_scene(run_state *run)
{
    uint64_t made = 0;
    for (uint32_t i = 0; i < run->scene.mesh_count; i++) {
        run->at = run->scene.meshes[i].name;
        progress(run, i, run->scene.mesh_count);
        if (complete_normals(run, &run->scene.meshes[i], &made) != W3D_OK) return run->error.code;
    }
    count(run, "vertices", made, made * 12);
    return W3D_OK;
}

/* ---- write and reopen ---- */

static void count_file(run_state *run, const w3d_asset_scene *scene)
{
    uint64_t ids = (uint64_t)scene->object_count + scene->mesh_count + scene->material_count +
                   scene->image_count;
    count(run, "IDs", ids, run->result->file.size);
    run->result->rows[run->step].rate_in_bytes = 1;
}

static w3d_result write_file(run_state *run)
{
    const w3d_asset_scene *scene = &run->scene;
    w3d_asset_bjson_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.allocator = run->job->allocator;
    desc.crc = 1;
    w3d_result result = w3d_asset_bjson_create(scene, &desc, &run->result->file, &run->error);
    if (result != W3D_OK) return result;
    count_file(run, scene);
    w3d_asset_scene_destroy(&run->scene); /* from here on there is only the file */
    return W3D_OK;
}

static w3d_result reopen_file(run_state *run)
{
    const w3d_asset_scene *scene = &run->reopened;
    w3d_asset_bjson_load_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.bytes = run->result->file.bytes;
    desc.size = run->result->file.size;
    desc.allocator = run->job->allocator;
    w3d_result result = w3d_asset_bjson_load(&desc, &run->reopened, &run->error);
    if (result != W3D_OK) return result;
    count_file(run, scene);
    return W3D_OK;
}

/* ---- picture ---- */

static void fill_item(w3d_thumbnail_item *item, const w3d_asset_scene *scene,
                      const w3d_asset_mesh *mesh, const w3d_asset_range *range)
{
    w3d_asset_material material = w3d_asset_material_default();
    if (range->material < scene->material_count)
        material = scene->materials[range->material];
    else
        material.metallic = 0.0f; /* glTF's default is a mirror, and so dark without surroundings */
    item->mesh = view_of(mesh);
    item->mesh.indices = mesh->indices + range->first_index;
    item->mesh.index_count = range->index_count;
    item->normals = mesh->normals;
    item->colors = mesh->colors;
    w3d_copy(item->base_color, material.base_color, sizeof item->base_color);
    if (material.alpha == W3D_ASSET_ALPHA_OPAQUE) item->base_color[3] = 1.0f;
    item->metallic = material.metallic;
    item->roughness = material.roughness;
    w3d_copy(item->emissive, material.emissive, sizeof item->emissive);
    item->double_sided = material.double_sided;
}

/* The picture's pixels stay in scratch memory for the step after this one. */
static w3d_result render(run_state *run, w3d_image_view *image, w3d_arena *arena)
{
    const w3d_asset_scene *scene = &run->reopened;
    uint64_t item_count = 0, triangles = 0;
    for (uint32_t i = 0; i < scene->object_count; i++)
        if (scene->objects[i].mesh != W3D_ASSET_NONE)
            item_count += scene->meshes[scene->objects[i].mesh].range_count;

    w3d_thumbnail_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(image, 0, sizeof *image);
    image->width = run->job->width ? run->job->width : default_width;
    image->height = run->job->height ? run->job->height : default_height;
    image->channels = 3;
    if (item_count > UINT32_MAX || image->width < smallest_side || image->width > largest_side ||
        image->height < smallest_side || image->height > largest_side)
        return fail(run, W3D_ERR_LIMIT, "a picture is 16 to 8192 pixels wide and high");
    desc.width = image->width;
    desc.height = image->height;
    desc.item_count = (uint32_t)item_count;

    size_t pixels = (size_t)desc.width * desc.height, size = 64;
    size_t draw_size = w3d_thumbnail_scratch_size(&desc),
           png_size = w3d_png_write_scratch_size(image);
    if (!draw_size || !w3d_size_append(&size, draw_size > png_size ? draw_size : png_size, 1) ||
        !w3d_size_append(&size, scene->object_count, sizeof(w3d_mat4)) ||
        !w3d_size_append(&size, item_count, sizeof(w3d_thumbnail_item)) ||
        !w3d_size_append(&size, pixels, 3))
        return fail(run, W3D_ERR_LIMIT, "too many objects, or too large a picture");
    w3d_result result = scratch(run, size, arena);
    if (result != W3D_OK) return result;
    image->pixels = (uint8_t *)w3d_arena_push(arena, pixels, 3, 16);
    size_t mark = w3d_arena_mark(arena);
    w3d_mat4 *world = (w3d_mat4 *)w3d_arena_push(arena, scene->object_count, sizeof *world, 16);
    w3d_thumbnail_item *items =
        (w3d_thumbnail_item *)w3d_arena_push_zero(arena, item_count, sizeof *items, 16);

    w3d_asset_scene_world(scene, world);
    w3d_thumbnail_item *item = items;
    for (uint32_t i = 0; i < scene->object_count; i++) {
        if (scene->objects[i].mesh == W3D_ASSET_NONE) continue;
        const w3d_asset_mesh *mesh = &scene->meshes[scene->objects[i].mesh];
        for (uint32_t k = 0; k < mesh->range_count; k++, item++) {
            fill_item(item, scene, mesh, &mesh->ranges[k]);
            item->world = world[i];
            triangles += mesh->ranges[k].index_count / 3;
        }
    }
    desc.items = items;
    result = w3d_thumbnail(&desc, image, *arena);
    w3d_arena_rewind(arena, mark);
    if (result != W3D_OK) return fail(run, result, NULL);
    count(run, "triangles", triangles, (uint64_t)pixels * 3);
    return W3D_OK;
}

static w3d_result write_picture(run_state *run, const w3d_image_view *image, w3d_arena arena)
{
    demo_result *made = run->result;
    size_t capacity = w3d_png_write_bound(image);
    w3d_png_write_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    made->png = (unsigned char *)w3d_allocator_resize(run->job->allocator, NULL, 0, capacity);
    if (!made->png) return fail(run, W3D_ERR_OUT_OF_MEMORY, "no room for the picture's file");
    made->png_capacity = capacity;
    desc.image = *image;
    desc.dst = made->png;
    desc.capacity = capacity;
    w3d_result result = w3d_png_write(&desc, &made->png_size, arena, &run->error);
    if (result != W3D_OK) return result;
    count(run, "pixels", (uint64_t)image->width * image->height, made->png_size);
    return W3D_OK;
}

/* ---- what went wrong, where ---- */

/* Line and column of the offset in a text, and what stands there. */
static void locate_text(demo_error *error, const run_document *text)
{
    uint64_t line_start = 0;
    size_t offset = (size_t)error->offset, end = offset;
    error->line = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text->bytes[i] != '\n') continue;
        error->line++;
        line_start = i + 1;
    }
    error->column = error->offset - line_start + 1;
    while (end < text->size && end - offset < sizeof error->quote && text->bytes[end] != '\n' &&
           text->bytes[end] != '\r')
        end++;
    copy_printable(error->quote, sizeof error->quote, (const char *)text->bytes + offset,
                   end - offset);
}

static void locate_bytes(demo_error *error, const run_document *file)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t offset = (size_t)error->offset, used = 0;
    for (size_t i = offset; i < file->size && i - offset < 12; i++) {
        if (used) error->quote[used++] = ' ';
        error->quote[used++] = digits[file->bytes[i] >> 4];
        error->quote[used++] = digits[file->bytes[i] & 15u];
    }
    error->quote[used] = 0;
}

/* 1 where the byte belongs to the JSON text in a GLB, which ends where its first chunk does. */
static int is_in_json_chunk(const run_document *model, uint64_t offset)
{
    return model->size >= 20 && offset >= 20 && offset - 20 < w3d_load_u32(model->bytes + 12);
}

static void explain(run_state *run, w3d_result code)
{
    demo_error *error = &run->result->error;
    const run_document *file = &run->model;
    const char *format = run->result->format;
    error->code = code;
    error->step = run->step;
    error->text = run->error.text ? run->error.text : w3d_result_text(code);
    if (run->step != DEMO_READ) {
        if (run->at)
            copy_printable(error->quote, sizeof error->quote, run->at, w3d_text_size(run->at));
        return;
    }
    if (run->sidecar.name[0] && w3d_text_size(error->text) > 4 &&
        w3d_equal(error->text, "MTL:", 4)) {
        file = &run->sidecar;
        w3d_copy(error->file, file->name, sizeof error->file);
    }
    error->offset = run->error.offset < file->size ? run->error.offset : file->size;
    if (format && format[0] != 'G')
        locate_text(error, file);
    else if (format && is_in_json_chunk(file, error->offset))
        copy_printable(error->quote, sizeof error->quote, (const char *)file->bytes + error->offset,
                       file->size - (size_t)error->offset);
    else
        locate_bytes(error, file);
}

/* ---- the job ---- */

static w3d_result run_step(run_state *run, w3d_image_view *image, w3d_arena *arena)
{
    switch (run->step) {
    case DEMO_READ: return read_model(run);
    case DEMO_CHECK: return check_scene(run);
    case DEMO_WELD: return weld_scene(run);
    case DEMO_NORMALS: return complete_scene(run);
    case DEMO_WRITE: return write_file(run);
    case DEMO_REOPEN: return reopen_file(run);
    case DEMO_RENDER: return render(run, image, arena);
    default: return write_picture(run, image, *arena);
    }
}

w3d_result demo_run(const demo_job *job, demo_result *result)
{
    run_state run;
    w3d_image_view image;
    w3d_arena arena = w3d_arena_make(NULL, 0);
    w3d_result code = W3D_OK;
    w3d_fill(&run, 0, sizeof run);
    w3d_fill(&image, 0, sizeof image);
    w3d_fill(result, 0, sizeof *result);
    if (job->allocator) result->allocator = *job->allocator;
    run.job = job;
    run.result = result;
    run.model.bytes = (const unsigned char *)job->bytes;
    run.model.size = job->size;

    for (int step = 0; step < DEMO_STEP_COUNT && code == W3D_OK; step++) {
        double started = job->now ? job->now(job->user) : 0.0;
        run.step = (demo_step)step;
        run.at = NULL;
        progress(&run, 0, 1);
        code = run_step(&run, &image, &arena);
        if (code != W3D_OK) break;
        result->rows[step].milliseconds = job->now ? job->now(job->user) - started : 0.0;
        progress(&run, 1, 1);
    }
    if (code != W3D_OK) {
        explain(&run, code); /* before what it quotes from is freed */
        demo_release(result);
    }
    w3d_asset_scene_destroy(&run.scene);
    w3d_asset_scene_destroy(&run.reopened);
    if (run.scratch) w3d_allocator_resize(job->allocator, run.scratch, run.scratch_size, 0);
    return code;
}

void demo_release(demo_result *result)
{
    if (!result) return;
    w3d_asset_bjson_destroy(&result->file);
    if (result->png) w3d_allocator_resize(&result->allocator, result->png, result->png_capacity, 0);
    result->png = NULL;
    result->png_size = 0;
    result->png_capacity = 0;
}
