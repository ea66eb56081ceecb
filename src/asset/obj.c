/* obj.c - two passes over the text: count, then read into arrays of the counted sizes.
 *
 * Corners are made vertices on the way: every position keeps a short chain of the vertices made
 * from it (one for each vt/vn pair seen), so equal corners share one. A mesh is closed, and its
 * arrays copied into the scene, where the next object starts. */
#include "asset/obj.h"

#include "asset/obj_material.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "mesh/mesh_triangulate.h"

#define W3DI_OBJ_NONE       0xFFFFFFFFu
#define W3DI_OBJ_CHAIN_MOST 64

/* What the first pass finds; every number is an upper bound for the second. */
typedef struct w3di_obj_counts {
    uint32_t positions, uvs, normals; /* v, vt, vn                           */
    uint32_t corners, triangles;      /* of faces                            */
    uint32_t widest;                  /* corners of the largest face         */
    uint32_t meshes, ranges;          /* o or g lines + 1, usemtl + meshes   */
    int by_group;                     /* no `o` in the file: g makes objects */
    int colors;                       /* some v has six numbers              */
} w3di_obj_counts;

/* One vertex of the mesh being read: indices from 0, W3DI_OBJ_NONE for an absent vt or vn. */
typedef struct w3di_obj_vertex {
    uint32_t position, uv, normal;
    uint32_t next; /* in the chain of its position */
} w3di_obj_vertex;

typedef struct w3di_obj_reader {
    w3d_asset_scene *scene;
    w3d_error *error;
    w3di_obj_cursor cursor;
    w3di_obj_counts counts; /* of the whole file          */
    w3di_obj_counts read;   /* of what has been read      */
    w3di_obj_materials materials;
    float *positions, *colors, *uvs, *normals;
    uint32_t *chains;          /* [positions]: the last vertex made from each          */
    w3di_obj_vertex *vertices; /* [corners]: of the mesh being read, from 0            */
    uint32_t *indices;         /* [3 * triangles]: of the mesh being read              */
    uint32_t *face_positions, *face_vertices; /* [widest]: of the face being read       */
    w3d_asset_range *ranges; /* [ranges]: likewise                                   */
    uint32_t vertex_count, index_count, range_count;
    uint32_t material;
    int has_uvs, has_normals;
    w3di_obj_word name; /* of the mesh being read */
} w3di_obj_reader;

static w3d_result w3di_obj_fail(w3di_obj_reader *reader, w3d_result code, size_t offset,
                                const char *text)
{
    return w3d_error_set(reader->error, code, offset, text);
}

static int w3di_obj_key(const w3di_obj_word *key, const char *text)
{
    return w3d_text_is(key->text, key->size, text);
}

/* ---- first pass ---- */

static unsigned w3di_obj_words_left(w3di_obj_cursor *cursor)
{
    unsigned count = 0;
    while (w3di_obj_next(cursor).size) count++;
    return count;
}

static w3d_result w3di_obj_count(w3di_obj_reader *reader)
{
    w3di_obj_counts *counts = &reader->counts;
    w3di_obj_cursor cursor = reader->cursor;
    w3di_obj_word key;
    uint32_t objects = 0, groups = 0, materials = 0;
    while (w3di_obj_keyword(&cursor, &key)) {
        w3di_obj_cursor line = cursor;
        if (w3di_obj_key(&key, "v")) {
            counts->positions++;
            if (!counts->colors && w3di_obj_words_left(&cursor) >= 6) counts->colors = 1;
        } else if (w3di_obj_key(&key, "vt"))
            counts->uvs++;
        else if (w3di_obj_key(&key, "vn"))
            counts->normals++;
        else if (w3di_obj_key(&key, "f") || w3di_obj_key(&key, "fo")) {
            unsigned corners = w3di_obj_words_left(&cursor);
            counts->corners += corners;
            counts->triangles += corners > 2 ? corners - 2 : 0;
            if (corners > counts->widest) counts->widest = corners;
        } else if (w3di_obj_key(&key, "o"))
            objects++;
        else if (w3di_obj_key(&key, "g"))
            groups++;
        else if (w3di_obj_key(&key, "usemtl"))
            materials++;
        cursor = line;
        w3di_obj_end_line(&cursor);
    }
    counts->by_group = objects == 0;
    counts->meshes = (objects ? objects : groups) + 1;
    counts->ranges = materials + counts->meshes;
    return W3D_OK;
}

/* ---- second pass: the lines ---- */

static w3d_result w3di_obj_read_position(w3di_obj_reader *reader, const w3di_obj_word *key)
{
    float value[7] = { 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f };
    w3di_obj_word word;
    int bad;
    unsigned count = w3di_obj_numbers(&reader->cursor, 7, value, &word, &bad);
    if (bad)
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, word.offset,
                             "OBJ: a coordinate is not a number");
    if (count < 3)
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, key->offset, "OBJ: v needs three coordinates");
    uint32_t at = reader->read.positions++;
    w3d_copy(reader->positions + (size_t)at * 3, value, 12);
    if (!reader->colors) return W3D_OK;
    float *color = reader->colors + (size_t)at * 4;
    for (unsigned i = 0; i < 3; i++)
        color[i] = count >= 6 ? w3d_math_linear_from_srgb(value[count - 3 + i]) : 1.0f;
    color[3] = 1.0f;
    return W3D_OK;
}

static w3d_result w3di_obj_read_vector(w3di_obj_reader *reader, const w3di_obj_word *key)
{
    float value[3] = { 0.0f, 0.0f, 0.0f };
    w3di_obj_word word;
    int bad, is_uv = key->text[1] == 't';
    unsigned count = w3di_obj_numbers(&reader->cursor, 3, value, &word, &bad);
    if (bad)
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, word.offset,
                             "OBJ: a coordinate is not a number");
    if (count < (is_uv ? 1u : 3u))
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, key->offset,
                             is_uv ? "OBJ: vt needs a coordinate"
                                   : "OBJ: vn needs three coordinates");
    if (is_uv) {
        float *uv = reader->uvs + (size_t)reader->read.uvs++ * 2;
        uv[0] = value[0];
        uv[1] = 1.0f - value[1]; /* pictures run down from their top here */
    } else
        w3d_copy(reader->normals + (size_t)reader->read.normals++ * 3, value, 12);
    return W3D_OK;
}

/* One index of a corner at word[*at]: from 1, or negative, from the end of what has been read. */
static w3d_result w3di_obj_read_index(w3di_obj_reader *reader, const w3di_obj_word *word,
                                      size_t *at, uint32_t so_far, uint32_t in_file, uint32_t *out)
{
    size_t start = *at;
    int negative = *at < word->size && word->text[*at] == '-';
    uint64_t number = 0;
    *at += (size_t)negative;
    size_t digits = *at;
    for (; *at < word->size && word->text[*at] >= '0' && word->text[*at] <= '9'; (*at)++)
        if (number < 0xFFFFFFFFu) number = number * 10u + (uint64_t)(word->text[*at] - '0');
    if (*at == digits)
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, word->offset + start,
                             "OBJ: an index is expected here: v, v/vt, v//vn or v/vt/vn");
    if (number == 0 || number > (negative ? so_far : in_file))
        return w3di_obj_fail(reader, W3D_ERR_INDEX, word->offset + start,
                             number ? "OBJ: the index points to nothing in this file"
                                    : "OBJ: indices start at 1; 0 is none");
    *out = negative ? so_far - (uint32_t)number : (uint32_t)number - 1u;
    return W3D_OK;
}

/* The vertex of a corner: the one its position's chain has for the pair, or a new one. */
static uint32_t w3di_obj_vertex_of(w3di_obj_reader *reader, const w3di_obj_vertex *corner)
{
    uint32_t *head = &reader->chains[corner->position];
    uint32_t at = *head;
    /* Chains of earlier meshes are stale: their vertex numbers do not name this position. */
    if (at >= reader->vertex_count || reader->vertices[at].position != corner->position)
        at = W3DI_OBJ_NONE;
    uint32_t first = at;
    for (int step = 0; at != W3DI_OBJ_NONE && step < W3DI_OBJ_CHAIN_MOST; step++) {
        const w3di_obj_vertex *vertex = &reader->vertices[at];
        if (vertex->uv == corner->uv && vertex->normal == corner->normal) return at;
        at = vertex->next;
    }
    *head = reader->vertex_count;
    reader->vertices[reader->vertex_count] = *corner;
    reader->vertices[reader->vertex_count].next = first;
    return reader->vertex_count++;
}

static w3d_result w3di_obj_read_corner(w3di_obj_reader *reader, const w3di_obj_word *word,
                                       uint32_t *position, uint32_t *vertex)
{
    w3di_obj_vertex corner = { 0, W3DI_OBJ_NONE, W3DI_OBJ_NONE, W3DI_OBJ_NONE };
    size_t at = 0;
    w3d_result result = w3di_obj_read_index(reader, word, &at, reader->read.positions,
                                            reader->counts.positions, &corner.position);
    if (result == W3D_OK && at < word->size && word->text[at] == '/') {
        at++;
        if (at < word->size && word->text[at] != '/')
            result = w3di_obj_read_index(reader, word, &at, reader->read.uvs, reader->counts.uvs,
                                         &corner.uv);
        if (result == W3D_OK && at < word->size && word->text[at] == '/') {
            at++;
            if (at < word->size) /* "1/2/" is seen in the wild */
                result = w3di_obj_read_index(reader, word, &at, reader->read.normals,
                                             reader->counts.normals, &corner.normal);
        }
    }
    if (result != W3D_OK) return result;
    if (at != word->size)
        return w3di_obj_fail(reader, W3D_ERR_FORMAT, word->offset + at,
                             "OBJ: a corner is v, v/vt, v//vn or v/vt/vn");
    reader->has_uvs |= corner.uv != W3DI_OBJ_NONE;
    reader->has_normals |= corner.normal != W3DI_OBJ_NONE;
    *position = corner.position;
    *vertex = w3di_obj_vertex_of(reader, &corner);
    return W3D_OK;
}

/* Cuts the polygon just read; the kernel names places in it, which are looked up. */
static void w3di_obj_cut_face(w3di_obj_reader *reader, uint32_t corners)
{
    w3d_mesh_triangulate_desc polygon;
    w3d_mesh_triangles triangles;
    w3d_fill(&polygon, 0, sizeof polygon);
    w3d_fill(&triangles, 0, sizeof triangles);
    polygon.sizes = &corners;
    polygon.polygon_count = 1;
    polygon.corners = reader->face_positions;
    polygon.corner_count = corners;
    polygon.positions = reader->positions;
    polygon.vertex_count = reader->counts.positions;
    polygon.corner_numbers = 1;
    triangles.indices = reader->indices + reader->index_count;
    triangles.capacity = corners - 2;
    /* Every position was checked, and there is room for what the first pass counted. */
    w3d_mesh_triangulate(&polygon, &triangles);
    for (uint32_t i = 0; i < 3 * triangles.triangle_count; i++)
        triangles.indices[i] = reader->face_vertices[triangles.indices[i]];
    reader->index_count += 3 * triangles.triangle_count;
}

static w3d_result w3di_obj_read_face(w3di_obj_reader *reader)
{
    uint32_t corners = 0, start = reader->index_count;
    w3di_obj_word word;
    for (; (word = w3di_obj_next(&reader->cursor)).size; corners++) {
        w3d_result result = w3di_obj_read_corner(reader, &word, &reader->face_positions[corners],
                                                 &reader->face_vertices[corners]);
        if (result != W3D_OK) return result;
    }
    if (corners < 3) {
        reader->scene->skipped_primitives++;
        return W3D_OK;
    }
    w3di_obj_cut_face(reader, corners);
    w3d_asset_range *range = reader->range_count ? &reader->ranges[reader->range_count - 1] : NULL;
    if (!range || range->material != reader->material) {
        range = &reader->ranges[reader->range_count++];
        range->first_index = start;
        range->index_count = 0;
        range->material = reader->material;
    }
    range->index_count = reader->index_count - range->first_index;
    return W3D_OK;
}

/* ---- meshes ---- */

/* Copies one attribute of the mesh's vertices into the scene. `field` is the index's place in
 * w3di_obj_vertex; an absent index leaves zeros. */
static float *w3di_obj_gather(w3di_obj_reader *reader, const float *from, unsigned width, int field)
{
    float *to =
        (float *)w3d_asset_scene_alloc(reader->scene, reader->vertex_count, width * sizeof(float));
    for (uint32_t i = 0; to && i < reader->vertex_count; i++) {
        const w3di_obj_vertex *vertex = &reader->vertices[i];
        uint32_t at = field == 0 ? vertex->position : field == 1 ? vertex->uv : vertex->normal;
        if (at != W3DI_OBJ_NONE)
            w3d_copy(to + (size_t)i * width, from + (size_t)at * width, width * sizeof(float));
    }
    return to;
}

/* Makes what has been read since the last object a mesh and an object, if it has faces. */
static w3d_result w3di_obj_close_mesh(w3di_obj_reader *reader)
{
    w3d_asset_scene *scene = reader->scene;
    if (reader->index_count) {
        w3d_asset_mesh *mesh = &scene->meshes[scene->mesh_count];
        w3d_asset_object *object = &scene->objects[scene->object_count];
        mesh->name = w3di_obj_name(scene, &reader->name);
        mesh->vertex_count = reader->vertex_count;
        mesh->index_count = reader->index_count;
        mesh->range_count = reader->range_count;
        mesh->positions = w3di_obj_gather(reader, reader->positions, 3, 0);
        if (reader->colors) mesh->colors = w3di_obj_gather(reader, reader->colors, 4, 0);
        if (reader->has_uvs) mesh->uvs = w3di_obj_gather(reader, reader->uvs, 2, 1);
        if (reader->has_normals) mesh->normals = w3di_obj_gather(reader, reader->normals, 3, 2);
        mesh->indices = (uint32_t *)w3d_asset_scene_alloc(scene, mesh->index_count, 4);
        mesh->ranges = (w3d_asset_range *)w3d_asset_scene_alloc(scene, mesh->range_count,
                                                                sizeof *mesh->ranges);
        if (!mesh->name || !mesh->positions || (reader->colors && !mesh->colors) ||
            (reader->has_uvs && !mesh->uvs) || (reader->has_normals && !mesh->normals) ||
            !mesh->indices || !mesh->ranges)
            return w3di_obj_fail(reader, scene->failure, reader->cursor.at,
                                 "OBJ: the meshes up to here need more memory than allowed");
        w3d_copy(mesh->indices, reader->indices, (size_t)mesh->index_count * 4);
        w3d_copy(mesh->ranges, reader->ranges, mesh->range_count * sizeof *mesh->ranges);
        object->name = mesh->name;
        object->parent = W3D_ASSET_NONE;
        object->mesh = scene->mesh_count++;
        object->rotation = w3d_quat_identity();
        object->scale = w3d_vec3_splat(1.0f);
        object->local = w3d_mat4_identity();
        scene->object_count++;
    }
    reader->vertex_count = reader->index_count = reader->range_count = 0;
    reader->has_uvs = reader->has_normals = 0;
    return W3D_OK;
}

/* mtllib: several names, or, as many programs write it, one name with spaces. */
static w3d_result w3di_obj_read_library(w3di_obj_reader *reader, const w3d_obj_desc *desc)
{
    w3di_obj_cursor words = reader->cursor;
    w3di_obj_word word = w3di_obj_rest(&reader->cursor);
    size_t end = word.offset + word.size;
    for (int whole = 1; desc->open && word.size; whole = 0) {
        const void *bytes = NULL;
        w3di_obj_cursor text = { NULL, 0, 0 };
        if (desc->open(desc->user, word.text, word.size, &bytes, &text.size) == W3D_OK) {
            text.text = bytes ? (const char *)bytes : "";
            w3d_result result = w3di_obj_read_mtl(&reader->materials, text, reader->error);
            if (result != W3D_OK || whole) return result;
        }
        word = w3di_obj_next(&words);
        if (whole && word.offset + word.size == end) break; /* the same single word again */
    }
    return W3D_OK;
}

static w3d_result w3di_obj_read_line(w3di_obj_reader *reader, const w3di_obj_word *key,
                                     const w3d_obj_desc *desc)
{
    if (w3di_obj_key(key, "v")) return w3di_obj_read_position(reader, key);
    if (w3di_obj_key(key, "vt") || w3di_obj_key(key, "vn"))
        return w3di_obj_read_vector(reader, key);
    if (w3di_obj_key(key, "f") || w3di_obj_key(key, "fo")) return w3di_obj_read_face(reader);
    if (w3di_obj_key(key, "o") || (reader->counts.by_group && w3di_obj_key(key, "g"))) {
        w3d_result result = w3di_obj_close_mesh(reader);
        reader->name = w3di_obj_rest(&reader->cursor);
        return result;
    }
    if (w3di_obj_key(key, "usemtl")) {
        w3di_obj_word name = w3di_obj_rest(&reader->cursor);
        w3d_result result = w3di_obj_material_find(&reader->materials, &name, &reader->material);
        return result == W3D_OK
                   ? result
                   : w3di_obj_fail(reader, result, key->offset, "OBJ: no room for this material");
    }
    if (w3di_obj_key(key, "mtllib")) return w3di_obj_read_library(reader, desc);
    if (w3di_obj_key(key, "l") || w3di_obj_key(key, "p")) reader->scene->skipped_primitives++;
    return W3D_OK;
}

/* ---- the whole ---- */

/* Cuts the arrays of the second pass out of one block; `base` NULL only measures it. */
static int w3di_obj_lay_out(w3di_obj_reader *reader, unsigned char *base, size_t *size)
{
    const w3di_obj_counts *c = &reader->counts;
    size_t at = 0;
#define W3DI_OBJ_TAKE(field, type, count)                                                          \
    reader->field = base && (count) > 0 ? (type *)(void *)(base + at) : NULL;                      \
    if (!w3d_size_append(&at, (count), sizeof(type))) return 0
    W3DI_OBJ_TAKE(vertices, w3di_obj_vertex, c->corners);
    W3DI_OBJ_TAKE(ranges, w3d_asset_range, c->ranges);
    W3DI_OBJ_TAKE(positions, float, (size_t)c->positions * 3);
    W3DI_OBJ_TAKE(colors, float, c->colors ? (size_t)c->positions * 4 : 0);
    W3DI_OBJ_TAKE(uvs, float, (size_t)c->uvs * 2);
    W3DI_OBJ_TAKE(normals, float, (size_t)c->normals * 3);
    W3DI_OBJ_TAKE(chains, uint32_t, c->positions);
    W3DI_OBJ_TAKE(indices, uint32_t, (size_t)c->triangles * 3);
    W3DI_OBJ_TAKE(face_positions, uint32_t, c->widest);
    W3DI_OBJ_TAKE(face_vertices, uint32_t, c->widest);
#undef W3DI_OBJ_TAKE
    *size = at;
    return 1;
}

static w3d_result w3di_obj_read(w3di_obj_reader *reader, const w3d_obj_desc *desc)
{
    w3d_asset_scene *scene = reader->scene;
    uint32_t most = reader->counts.meshes;
    w3di_obj_word key;
    scene->meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(scene, most, sizeof *scene->meshes);
    scene->objects = (w3d_asset_object *)w3d_asset_scene_alloc(scene, most, sizeof *scene->objects);
    if (!scene->meshes || !scene->objects)
        return w3di_obj_fail(reader, scene->failure, 0,
                             "OBJ: the objects need more memory than allowed");
    while (w3di_obj_keyword(&reader->cursor, &key)) {
        /* Where a line ends does not depend on what was read of it: both passes see the same. */
        w3di_obj_cursor line = reader->cursor;
        w3d_result result = w3di_obj_read_line(reader, &key, desc);
        if (result != W3D_OK) return result;
        reader->cursor = line;
        w3di_obj_end_line(&reader->cursor);
    }
    w3d_result result = w3di_obj_close_mesh(reader);
    if (result != W3D_OK) return result;

    scene->materials = reader->materials.items;
    scene->material_count = reader->materials.names.count;
    const w3di_obj_names *images = &reader->materials.image_names;
    scene->images =
        (w3d_asset_image *)w3d_asset_scene_alloc(scene, images->count, sizeof *scene->images);
    if (!scene->images)
        return w3di_obj_fail(reader, scene->failure, reader->cursor.at,
                             "OBJ: the images need more memory than allowed");
    for (uint32_t i = 0; i < images->count; i++)
        scene->images[i].name = scene->images[i].uri = images->names[i];
    scene->image_count = images->count;
    return W3D_OK;
}

W3D_API w3d_result w3d_obj_load(const w3d_obj_desc *desc, w3d_asset_scene *scene, w3d_error *error)
{
    W3D_ASSERT(desc && scene && (desc->text || !desc->size));
    if (!desc || !scene || (!desc->text && desc->size)) return W3D_ERR_ARGUMENT;
    /* Two bytes make a corner at the least, so no count below can pass 32 bits. */
    if ((uint64_t)desc->size > 0xFFFFFFFFu)
        return w3d_error_set(error, W3D_ERR_LIMIT, 0xFFFFFFFFu,
                             "OBJ: files of 4 GiB and more are not read");

    w3d_asset_scene loaded;
    w3di_obj_reader reader;
    w3d_asset_scene_init(&loaded, desc->allocator, desc->memory_limit);
    w3d_fill(&reader, 0, sizeof reader);
    reader.scene = &loaded;
    reader.error = error;
    reader.materials.scene = &loaded;
    reader.material = W3D_ASSET_NONE;
    reader.cursor.text = reader.name.text = desc->text ? (const char *)desc->text : "";
    reader.cursor.size = desc->size;
    w3di_obj_count(&reader);

    size_t size = 0;
    unsigned char *block = NULL;
    w3d_result result = W3D_OK;
    if (!w3di_obj_lay_out(&reader, NULL, &size) ||
        (size && !(block = (unsigned char *)w3d_allocator_resize(desc->allocator, NULL, 0, size))))
        result =
            w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "OBJ: no memory to read the file into");
    if (result == W3D_OK) {
        w3di_obj_lay_out(&reader, block, &size);
        /* A face may stand before its vertices: it is then cut as if they were all zero. */
        w3d_fill(reader.positions, 0, (size_t)reader.counts.positions * 3 * sizeof(float));
        w3d_fill(reader.chains, 0xFF, (size_t)reader.counts.positions * sizeof *reader.chains);
        result = w3di_obj_read(&reader, desc);
    }
    if (block) w3d_allocator_resize(desc->allocator, block, size, 0);
    if (result == W3D_OK)
        *scene = loaded;
    else
        w3d_asset_scene_destroy(&loaded);
    return result;
}

#undef W3DI_OBJ_NONE
#undef W3DI_OBJ_CHAIN_MOST
