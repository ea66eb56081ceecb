/* bench_bjson.c - BJSON beside memcpy of the same bytes: 10,000 objects and a mesh of a million
 * vertices written, checked and read; the objects alone, where there are no large arrays to hide
 * behind; and the whole way from a scene to a file and back. */
#include "bench.h"

#include "asset/asset_bjson.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"
#include "scene/bjson_write.h"

enum { OBJECTS = 10000, VERTICES = 1000000, FIELDS = 8, ARENA = 1 << 19 };

/* Laid out as in the file: 8-byte numbers first, then 4, then 1, each by name. */
typedef struct object_record {
    double mass;
    uint32_t data;
    float location[3], matrix_local[16];
    uint32_t parent;
    float rotation_quaternion[4], scale[3];
    uint8_t hide;
} object_record;

typedef struct bjson_bench {
    char names[OBJECTS][16];
    object_record objects[OBJECTS];
    w3d_bjson_value fields[FIELDS], values[FIELDS];
    float *positions, *normals, *uvs;
    uint32_t *indices;
    int by_values;
    w3d_bjson_write_desc desc;
    void *arena;
    unsigned char *file, *other;
    size_t size;
    w3d_asset_scene scene;
    double sum;
} bjson_bench;

static void describe_object(bjson_bench *b, uint32_t row, w3d_bjson_write_id *id)
{
    const object_record *o = &b->objects[row];
    id->name = b->names[row];
    id->value_count = FIELDS;
    id->type = W3D_BJSON_OBJECT;
    if (!b->by_values) {
        id->values = b->fields;
        id->record = o;
        return;
    }
    id->values = b->values;
    b->values[0] = w3d_bjson_reference("data", o->data);
    b->values[1] = w3d_bjson_bool("hide", o->hide);
    b->values[2] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, o->location);
    b->values[3] = w3d_bjson_f64("mass", o->mass);
    b->values[4] = w3d_bjson_vector("matrix_local", W3D_BJSON_SUB_F32, 16, o->matrix_local);
    b->values[5] = w3d_bjson_reference("parent", o->parent);
    b->values[6] =
        w3d_bjson_vector("rotation_quaternion", W3D_BJSON_SUB_F32, 4, o->rotation_quaternion);
    b->values[7] = w3d_bjson_vector("scale", W3D_BJSON_SUB_F32, 3, o->scale);
}

static w3d_result describe(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    bjson_bench *b = (bjson_bench *)user;
    if (row < OBJECTS) {
        describe_object(b, row, id);
        return W3D_OK;
    }
    b->values[0] =
        w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32, b->indices, 2 * VERTICES), 3);
    b->values[1] =
        w3d_bjson_rows(w3d_bjson_large("normal", W3D_BJSON_SUB_F32, b->normals, VERTICES), 3);
    b->values[2] =
        w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, b->positions, VERTICES), 3);
    b->values[3] = w3d_bjson_rows(w3d_bjson_large("uv", W3D_BJSON_SUB_F32, b->uvs, VERTICES), 2);
    id->name = "Mesh";
    id->type = W3D_BJSON_MESH;
    id->values = b->values;
    id->value_count = 4;
    return W3D_OK;
}

static void encode(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_arena arena = w3d_arena_make(b->arena, ARENA);
    w3d_bjson_plan plan;
    if (w3d_bjson_write_size(&b->desc, &arena, &plan, NULL) != W3D_OK) abort();
    if (!b->file) {
        b->size = plan.size;
        b->file = (unsigned char *)malloc(plan.size);
        b->other = (unsigned char *)malloc(plan.size);
    }
    if (w3d_bjson_write(&plan, b->file, b->size, NULL) != W3D_OK) abort();
}

static void encode_values(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    b->by_values = 1;
    encode(user);
    b->by_values = 0;
}

static void copy(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    memcpy(b->other, b->file, b->size);
    bench_keep(b->other);
}

static void validate(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    if (w3d_bjson_validate(b->file, b->size, NULL, NULL) != W3D_OK) abort();
}

/* Opens the file and reads every property of every object by its name. */
static void traverse(void *user)
{
    static const char *names[4] = { "location", "rotation_quaternion", "scale", "matrix_local" };
    static const uint32_t counts[4] = { 3, 4, 3, 16 };
    bjson_bench *b = (bjson_bench *)user;
    w3d_bjson file;
    if (w3d_bjson_read(b->file, b->size, &file, NULL) != W3D_OK) abort();
    for (uint32_t row = 0; row < OBJECTS; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map, view;
        float f[16];
        uint32_t to = 0;
        int64_t hide = 0;
        double mass = 0;
        if (w3d_bjson_id_at(&file, row, &id) != W3D_OK || !w3d_bjson_properties(&id, &map)) abort();
        for (int i = 0; i < 4; i++)
            if (w3d_bjson_member(&map, names[i], &view) && w3d_bjson_to_f32(&view, f, counts[i]))
                b->sum += (double)f[2];
        if (w3d_bjson_member(&map, "mass", &view) && w3d_bjson_to_f64(&view, &mass)) b->sum += mass;
        if (w3d_bjson_member(&map, "hide", &view) && w3d_bjson_to_i64(&view, &hide))
            b->sum += (double)hide;
        if (w3d_bjson_member(&map, "data", &view) && w3d_bjson_to_row(&view, &to)) b->sum += to;
        if (w3d_bjson_member(&map, "parent", &view) && w3d_bjson_to_row(&view, &to)) b->sum += to;
    }
    bench_keep(&b->sum);
}

static void scene_to_file(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_asset_bjson file;
    if (w3d_asset_bjson_create(&b->scene, NULL, &file, NULL) != W3D_OK) abort();
    bench_keep(file.bytes);
    w3d_asset_bjson_destroy(&file);
}

static void copy_to_new(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    free(b->other);
    b->other = (unsigned char *)malloc(b->size);
    if (!b->other) abort();
    memcpy(b->other, b->file, b->size);
}

static void file_to_scene(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_asset_bjson_load_desc desc;
    w3d_asset_scene scene;
    memset(&desc, 0, sizeof desc);
    desc.bytes = b->file;
    desc.size = b->size;
    if (w3d_asset_bjson_load(&desc, &scene, NULL) != W3D_OK) abort();
    w3d_asset_scene_destroy(&scene);
}

static void fill(bjson_bench *b)
{
    b->positions = (float *)malloc(VERTICES * 12);
    b->normals = (float *)malloc(VERTICES * 12);
    b->uvs = (float *)malloc(VERTICES * 8);
    b->indices = (uint32_t *)malloc(VERTICES * 24);
    b->arena = malloc(ARENA);
    if (!b->positions || !b->normals || !b->uvs || !b->indices || !b->arena) abort();
    for (uint32_t i = 0; i < VERTICES * 3; i++) {
        b->positions[i] = (float)(i * 2654435761u % 1000) * 0.01f;
        b->normals[i] = 0.5f;
    }
    for (uint32_t i = 0; i < VERTICES * 2; i++) b->uvs[i] = (float)i / VERTICES;
    for (uint32_t i = 0; i < VERTICES * 6; i++) b->indices[i] = i / 6;
    for (uint32_t i = 0; i < OBJECTS; i++) {
        object_record *o = &b->objects[i];
        snprintf(b->names[i], sizeof b->names[i], "Object.%05u", (unsigned)i);
        o->parent = i ? (i - 1) / 2 : W3D_BJSON_NONE;
        o->mass = i;
        o->rotation_quaternion[0] = o->scale[0] = o->scale[1] = o->scale[2] = 1.0f;
        for (int k = 0; k < 16; k++)
            o->matrix_local[k] = k % 5 == 0 ? 1.0f : (float)(i + (uint32_t)k);
        for (int k = 0; k < 3; k++) o->location[k] = (float)i;
    }
    b->fields[0] = w3d_bjson_field("data", W3D_BJSON_REFERENCE, offsetof(object_record, data));
    b->fields[1] = w3d_bjson_field("hide", W3D_BJSON_BOOL, offsetof(object_record, hide));
    b->fields[2] =
        w3d_bjson_vector_field("location", W3D_BJSON_SUB_F32, 3, offsetof(object_record, location));
    b->fields[3] = w3d_bjson_field("mass", W3D_BJSON_F64, offsetof(object_record, mass));
    b->fields[4] = w3d_bjson_vector_field("matrix_local", W3D_BJSON_SUB_F32, 16,
                                          offsetof(object_record, matrix_local));
    b->fields[5] = w3d_bjson_field("parent", W3D_BJSON_REFERENCE, offsetof(object_record, parent));
    b->fields[6] = w3d_bjson_vector_field("rotation_quaternion", W3D_BJSON_SUB_F32, 4,
                                          offsetof(object_record, rotation_quaternion));
    b->fields[7] =
        w3d_bjson_vector_field("scale", W3D_BJSON_SUB_F32, 3, offsetof(object_record, scale));
    b->desc.describe = describe;
    b->desc.user = b;
}

static void fill_scene(bjson_bench *b)
{
    w3d_asset_scene *scene = &b->scene;
    w3d_asset_scene_init(scene, NULL, 0);
    scene->object_count = OBJECTS;
    scene->mesh_count = 1;
    scene->objects =
        (w3d_asset_object *)w3d_asset_scene_alloc(scene, OBJECTS, sizeof *scene->objects);
    scene->meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(scene, 1, sizeof *scene->meshes);
    if (!scene->objects || !scene->meshes) abort();
    for (uint32_t i = 0; i < OBJECTS; i++) {
        scene->objects[i].name = b->names[i];
        scene->objects[i].parent = i ? (i - 1) / 2 : W3D_ASSET_NONE;
        memcpy(scene->objects[i].local.m, b->objects[i].matrix_local, 64);
    }
    scene->meshes[0].name = "Mesh";
    scene->meshes[0].positions = b->positions;
    scene->meshes[0].normals = b->normals;
    scene->meshes[0].uvs = b->uvs;
    scene->meshes[0].indices = b->indices;
    scene->meshes[0].vertex_count = VERTICES;
    scene->meshes[0].index_count = VERTICES * 6;
}

static void row(bjson_bench *b, const char *name, void (*ours)(void *), void (*limit)(void *))
{
    bench_row r;
    memset(&r, 0, sizeof r);
    r.name = name;
    r.unit = "MB/s";
    r.work = (double)b->size / 1e6;
    r.ours.run = ours;
    r.limit.run = limit;
    r.limit.name = limit == copy ? "memcpy of the file" : "memcpy to new memory";
    r.user = b;
    r.rounds = 31;
    bench_run(&r);
}

static void new_file(bjson_bench *b, uint32_t ids, int crc)
{
    free(b->file);
    free(b->other);
    b->file = b->other = NULL;
    b->desc.id_count = ids;
    b->desc.crc = crc;
    encode(b);
}

void bench_bjson(void);
void bench_bjson(void)
{
    bjson_bench *b = (bjson_bench *)calloc(1, sizeof *b);
    if (!b) abort();
    fill(b);
    bench_title("BJSON: 10,000 objects and a mesh of 1M vertices, 2M triangles");
    for (uint32_t i = 0; i < OBJECTS; i++) b->objects[i].data = OBJECTS;
    new_file(b, OBJECTS + 1, 0);
    row(b, "encode, objects as C structs", encode, copy);
    row(b, "encode, objects as values", encode_values, copy);
    row(b, "validate", validate, copy);
    new_file(b, OBJECTS + 1, 1);
    row(b, "encode with checksums", encode, copy);
    row(b, "validate with checksums", validate, copy);
    for (uint32_t i = 0; i < OBJECTS; i++) b->objects[i].data = 0;
    bench_title("BJSON: the 10,000 objects alone");
    new_file(b, OBJECTS, 0);
    row(b, "encode, objects as C structs", encode, copy);
    row(b, "encode, objects as values", encode_values, copy);
    row(b, "validate", validate, copy);
    row(b, "open and read all by name", traverse, copy);

    w3d_asset_bjson file;
    fill_scene(b);
    free(b->file);
    free(b->other);
    if (w3d_asset_bjson_create(&b->scene, NULL, &file, NULL) != W3D_OK) abort();
    b->file = (unsigned char *)file.bytes;
    b->size = file.size;
    b->other = (unsigned char *)malloc(file.size);
    bench_title("BJSON: a scene of that size");
    row(b, "scene to a new file", scene_to_file, copy_to_new);
    row(b, "file to a scene, in place", file_to_scene, copy);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_scene_destroy(&b->scene);
    free(b->other);
    free(b->positions);
    free(b->normals);
    free(b->uvs);
    free(b->indices);
    free(b->arena);
    free(b);
}
