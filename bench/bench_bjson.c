/* bench_bjson.c - BJSON beside memcpy of the same bytes: 100,000 objects and a mesh of a million
 * vertices written, checked and read; the objects alone, where there are no large arrays to hide
 * behind; and the whole way from a scene to a file and back. */
#include "bench_bjson.h"

static const char *const property_names[SCENE_PROPERTIES] = SCENE_NAMES;

/* ---- our side ---- */

/* The map "custom" of an object. */
static w3d_bjson_value describe_custom(bjson_bench *b, const scene_object *o)
{
    b->inner[0] = w3d_bjson_string("path", SCENE_CUSTOM_PATH, sizeof SCENE_CUSTOM_PATH - 1);
    b->inner[1] = w3d_bjson_bool("visible", 1);
    b->custom[0] = w3d_bjson_map("inner", b->inner, 2);
    b->custom[1] = w3d_bjson_string("label", SCENE_CUSTOM_LABEL, sizeof SCENE_CUSTOM_LABEL - 1);
    b->custom[2] = w3d_bjson_i64("level", SCENE_CUSTOM_LEVEL);
    b->custom[3] =
        w3d_bjson_array("weights", W3D_BJSON_SUB_F32, o->matrix_local, SCENE_CUSTOM_WEIGHTS);
    return w3d_bjson_map("custom", b->custom, 4);
}

static void describe_object(bjson_bench *b, uint32_t row, w3d_bjson_write_id *id)
{
    const scene_object *o = &b->content.objects[row];
    id->name = b->content.names[row];
    id->value_count = SCENE_PROPERTIES;
    id->type = W3D_BJSON_OBJECT;
    int has_custom = scene_has_custom(&b->content, row);
    if (!b->by_values && !has_custom) {
        id->values = b->fields;
        id->record = o;
        return;
    }
    id->values = b->values;
    b->values[SCENE_DATA] = w3d_bjson_reference("data", o->data);
    b->values[SCENE_HIDE] = w3d_bjson_bool("hide", o->hide);
    b->values[SCENE_LOCATION] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, o->location);
    b->values[SCENE_MASS] = w3d_bjson_f64("mass", o->mass);
    b->values[SCENE_MATRIX_LOCAL] =
        w3d_bjson_vector("matrix_local", W3D_BJSON_SUB_F32, 16, o->matrix_local);
    b->values[SCENE_PARENT] = w3d_bjson_reference("parent", o->parent);
    b->values[SCENE_ROTATION_QUATERNION] =
        w3d_bjson_vector("rotation_quaternion", W3D_BJSON_SUB_F32, 4, o->rotation_quaternion);
    b->values[SCENE_SCALE] = w3d_bjson_vector("scale", W3D_BJSON_SUB_F32, 3, o->scale);
    if (has_custom) b->values[id->value_count++] = describe_custom(b, o);
}

static w3d_result describe(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    bjson_bench *b = (bjson_bench *)user;
    const scene_content *c = &b->content;
    uint32_t vertices = c->vertex_count;
    if (row < c->object_count) {
        describe_object(b, row, id);
        return W3D_OK;
    }
    b->values[0] =
        w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32, c->indices, 2 * vertices), 3);
    b->values[1] =
        w3d_bjson_rows(w3d_bjson_large("normal", W3D_BJSON_SUB_F32, c->normals, vertices), 3);
    b->values[2] =
        w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, c->positions, vertices), 3);
    b->values[3] = w3d_bjson_rows(w3d_bjson_large("uv", W3D_BJSON_SUB_F32, c->uvs, vertices), 2);
    id->name = "Mesh";
    id->type = W3D_BJSON_MESH;
    id->values = b->values;
    id->value_count = 4;
    return W3D_OK;
}

void bjson_bench_encode(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_arena arena = w3d_arena_make(b->arena, BJSON_ARENA);
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    memset(&desc, 0, sizeof desc);
    desc.id_count = b->content.object_count + (b->content.vertex_count > 0);
    desc.crc = b->crc;
    desc.describe = describe;
    desc.user = b;
    if (w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK) abort();
    if (!b->file) {
        b->size = plan.size;
        b->file = (unsigned char *)malloc(plan.size);
        b->other = (unsigned char *)malloc(plan.size);
        if (!b->file || !b->other) abort();
    }
    if (w3d_bjson_write(&plan, b->file, b->size, NULL) != W3D_OK) abort();
}

static void encode_values(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    b->by_values = 1;
    bjson_bench_encode(user);
    b->by_values = 0;
}

void bjson_bench_copy(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    memcpy(b->other, b->file, b->size);
    bench_keep(b->other);
}

void bjson_bench_validate(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    if (w3d_bjson_validate(b->file, b->size, NULL, NULL) != W3D_OK) abort();
}

#define FLOATS(n) W3D_BJSON_TYPE(W3D_BJSON_VECTOR, W3D_BJSON_SUB_F32, n)

static const uint32_t property_types[SCENE_PROPERTIES] = { W3D_BJSON_REFERENCE, W3D_BJSON_BOOL,
                                                           FLOATS(3),           W3D_BJSON_F64,
                                                           FLOATS(16),          W3D_BJSON_REFERENCE,
                                                           FLOATS(4),           FLOATS(3) };

static inline const void *get(const w3d_bjson_record *record, w3d_bjson_lookup *lookup,
                              uint32_t property)
{
    const void *data = w3d_bjson_record_data(record, &lookup[property], property_types[property]);
    if (!data) abort();
    return data;
}

/* Opens the file and adds up every property of every object. */
void bjson_bench_traverse(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_bjson_lookup lookup[SCENE_PROPERTIES];
    w3d_bjson_record r;
    w3d_bjson file;
    double sum = 0;
    if (w3d_bjson_read(b->file, b->size, &file, NULL) != W3D_OK) abort();
    for (int i = 0; i < SCENE_PROPERTIES; i++)
        lookup[i] = w3d_bjson_lookup_make(&file, property_names[i]);
    for (uint32_t row = 0; row < b->content.object_count; row++) {
        if (!w3d_bjson_record_at(&file, row, &r)) abort();
        sum += w3d_bjson_record_name_size(&r) +
               (double)w3d_bjson_record_row(&r, get(&r, lookup, SCENE_DATA)) +
               *(const uint8_t *)get(&r, lookup, SCENE_HIDE) +
               *(const double *)get(&r, lookup, SCENE_MASS) +
               (double)w3d_bjson_record_row(&r, get(&r, lookup, SCENE_PARENT));
        sum += scene_sum((const float *)get(&r, lookup, SCENE_LOCATION), 3);
        sum += scene_sum((const float *)get(&r, lookup, SCENE_MATRIX_LOCAL), 16);
        sum += scene_sum((const float *)get(&r, lookup, SCENE_ROTATION_QUATERNION), 4);
        sum += scene_sum((const float *)get(&r, lookup, SCENE_SCALE), 3);
    }
    b->sum = sum;
    bench_keep(&b->sum);
}

/* What a read of a property adds; who asks for a name knows what it is to be. */
static inline double value_of(const w3d_bjson_record *record, uint32_t property, const void *data)
{
    if (!data) abort();
    switch (property) {
    case SCENE_DATA:
    case SCENE_PARENT: return w3d_bjson_record_row(record, data);
    case SCENE_HIDE: return *(const uint8_t *)data;
    case SCENE_MASS: return *(const double *)data;
    default: return (double)((const float *)data)[2];
    }
}

void bjson_bench_lookup(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_bjson_names names;
    w3d_bjson_record r;
    double sum = 0;
    w3d_bjson_names_make(&names, &b->opened);
    for (uint32_t i = 0; i < BJSON_READS; i++) {
        uint32_t property = b->reads[i].property;
        w3d_bjson_lookup *lookup = w3d_bjson_names_lookup(&names, property_names[property]);
        if (!w3d_bjson_record_at(&b->opened, b->reads[i].row, &r)) abort();
        sum += value_of(&r, property, w3d_bjson_record_data(&r, lookup, property_types[property]));
    }
    b->sum = sum;
}

void bjson_bench_lookup_alone(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_bjson_record r;
    double sum = 0;
    for (uint32_t i = 0; i < BJSON_READS; i++) {
        uint32_t property = b->reads[i].property;
        if (!w3d_bjson_record_at(&b->opened, b->reads[i].row, &r)) abort();
        sum +=
            value_of(&r, property,
                     w3d_bjson_record_find(&r, property_names[property], property_types[property]));
    }
    b->sum = sum;
}

void bjson_bench_lookup_resolved(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    w3d_bjson_lookup lookup[SCENE_PROPERTIES];
    w3d_bjson_record r;
    double sum = 0;
    for (int i = 0; i < SCENE_PROPERTIES; i++)
        lookup[i] = w3d_bjson_lookup_make(&b->opened, property_names[i]);
    for (uint32_t i = 0; i < BJSON_READS; i++) {
        uint32_t property = b->reads[i].property;
        if (!w3d_bjson_record_at(&b->opened, b->reads[i].row, &r)) abort();
        sum += value_of(&r, property, get(&r, lookup, property));
    }
    b->sum = sum;
}

void bjson_bench_file(bjson_bench *b)
{
    free(b->file);
    free(b->other);
    b->file = b->other = NULL;
    bjson_bench_encode(b);
    if (w3d_bjson_read(b->file, b->size, &b->opened, NULL) != W3D_OK) abort();
}

/* ---- a scene and its file ---- */

typedef struct scene_bench {
    w3d_asset_scene scene;
    unsigned char *file, *other;
    size_t size;
} scene_bench;

static void scene_to_file(void *user)
{
    scene_bench *b = (scene_bench *)user;
    w3d_asset_bjson file;
    if (w3d_asset_bjson_create(&b->scene, NULL, &file, NULL) != W3D_OK) abort();
    bench_keep(file.bytes);
    w3d_asset_bjson_destroy(&file);
}

static void copy_to_new(void *user)
{
    scene_bench *b = (scene_bench *)user;
    free(b->other);
    b->other = (unsigned char *)malloc(b->size);
    if (!b->other) abort();
    memcpy(b->other, b->file, b->size);
}

static void copy_scene(void *user)
{
    scene_bench *b = (scene_bench *)user;
    memcpy(b->other, b->file, b->size);
    bench_keep(b->other);
}

static void file_to_scene(void *user)
{
    scene_bench *b = (scene_bench *)user;
    w3d_asset_bjson_load_desc desc;
    w3d_asset_scene scene;
    memset(&desc, 0, sizeof desc);
    desc.bytes = b->file;
    desc.size = b->size;
    if (w3d_asset_bjson_load(&desc, &scene, NULL) != W3D_OK) abort();
    w3d_asset_scene_destroy(&scene);
}

static void fill_scene(w3d_asset_scene *scene, const scene_content *c)
{
    w3d_asset_scene_init(scene, NULL, 0);
    scene->object_count = c->object_count;
    scene->mesh_count = 1;
    scene->objects =
        (w3d_asset_object *)w3d_asset_scene_alloc(scene, c->object_count, sizeof *scene->objects);
    scene->meshes = (w3d_asset_mesh *)w3d_asset_scene_alloc(scene, 1, sizeof *scene->meshes);
    if (!scene->objects || !scene->meshes) abort();
    for (uint32_t i = 0; i < c->object_count; i++) {
        scene->objects[i].name = c->names[i];
        scene->objects[i].parent = i ? (i - 1) / 2 : W3D_ASSET_NONE;
        memcpy(scene->objects[i].local.m, c->objects[i].matrix_local, 64);
    }
    w3d_asset_mesh *mesh = &scene->meshes[0];
    mesh->name = "Mesh";
    mesh->positions = (float *)(uintptr_t)c->positions;
    mesh->normals = (float *)(uintptr_t)c->normals;
    mesh->uvs = (float *)(uintptr_t)c->uvs;
    mesh->indices = (uint32_t *)(uintptr_t)c->indices;
    mesh->vertex_count = c->vertex_count;
    mesh->index_count = c->vertex_count * 6;
}

/* ---- rows ---- */

static void row(void *user, size_t size, const char *name, void (*ours)(void *),
                void (*limit)(void *))
{
    bench_row r;
    memset(&r, 0, sizeof r);
    r.name = name;
    r.unit = "MB/s";
    r.work = (double)size / 1e6;
    r.ours.run = ours;
    r.limit.run = limit;
    r.limit.name = limit == copy_to_new ? "memcpy to new memory" : "memcpy of the file";
    r.user = user;
    r.rounds = 31;
    bench_run(&r);
}

static void bench_scene(const bjson_bench *b)
{
    scene_bench s;
    w3d_asset_bjson file;
    memset(&s, 0, sizeof s);
    fill_scene(&s.scene, &b->content);
    if (w3d_asset_bjson_create(&s.scene, NULL, &file, NULL) != W3D_OK) abort();
    s.file = (unsigned char *)file.bytes;
    s.size = file.size;
    s.other = (unsigned char *)malloc(file.size);
    bench_title("BJSON: a scene of that size");
    row(&s, s.size, "scene to a new file", scene_to_file, copy_to_new);
    row(&s, s.size, "file to a scene, in place", file_to_scene, copy_scene);
    w3d_asset_bjson_destroy(&file);
    w3d_asset_scene_destroy(&s.scene);
    free(s.other);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (!memory) abort();
    return memory;
}

static void fill_mesh(scene_content *c)
{
    float *positions = (float *)allocate(BJSON_VERTICES * 12);
    float *normals = (float *)allocate(BJSON_VERTICES * 12);
    float *uvs = (float *)allocate(BJSON_VERTICES * 8);
    uint32_t *indices = (uint32_t *)allocate(BJSON_VERTICES * 24);
    for (uint32_t i = 0; i < BJSON_VERTICES * 3; i++) {
        positions[i] = (float)(i * 2654435761u % 1000) * 0.01f;
        normals[i] = 0.5f;
    }
    for (uint32_t i = 0; i < BJSON_VERTICES * 2; i++) uvs[i] = (float)i / BJSON_VERTICES;
    for (uint32_t i = 0; i < BJSON_VERTICES * 6; i++) indices[i] = i / 6;
    c->positions = positions;
    c->normals = normals;
    c->uvs = uvs;
    c->indices = indices;
}

static void fill_objects(scene_content *c)
{
    char(*names)[16] = (char(*)[16])allocate(BJSON_OBJECTS * 16);
    scene_object *objects = (scene_object *)allocate(BJSON_OBJECTS * sizeof *objects);
    memset(objects, 0, BJSON_OBJECTS * sizeof *objects);
    for (uint32_t i = 0; i < BJSON_OBJECTS; i++) {
        scene_object *o = &objects[i];
        snprintf(names[i], sizeof names[i], "Object.%05u", (unsigned)i);
        o->parent = i ? (i - 1) / 2 : W3D_BJSON_NONE;
        o->mass = i;
        o->hide = i % 7 == 0;
        o->rotation_quaternion[0] = o->scale[0] = o->scale[1] = o->scale[2] = 1.0f;
        for (uint32_t k = 0; k < 16; k++)
            o->matrix_local[k] = k % 5 == 0 ? 1.0f : (float)(i % 1000 + k);
        for (int k = 0; k < 3; k++) o->location[k] = (float)i;
    }
    c->names = (const char(*)[16])names;
    c->objects = objects;
    c->object_count = BJSON_OBJECTS;
}

static void fill(bjson_bench *b)
{
    fill_mesh(&b->content);
    fill_objects(&b->content);
    b->arena = allocate(BJSON_ARENA);
    b->reads = (scene_read *)allocate(BJSON_READS * sizeof *b->reads);
    uint64_t state = 1;
    for (uint32_t i = 0; i < BJSON_READS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        b->reads[i].row = (uint32_t)((state >> 32) % BJSON_OBJECTS);
        b->reads[i].property = (uint32_t)(state >> 29) % SCENE_PROPERTIES;
    }
    b->fields[SCENE_DATA] =
        w3d_bjson_field("data", W3D_BJSON_REFERENCE, offsetof(scene_object, data));
    b->fields[SCENE_HIDE] = w3d_bjson_field("hide", W3D_BJSON_BOOL, offsetof(scene_object, hide));
    b->fields[SCENE_LOCATION] =
        w3d_bjson_vector_field("location", W3D_BJSON_SUB_F32, 3, offsetof(scene_object, location));
    b->fields[SCENE_MASS] = w3d_bjson_field("mass", W3D_BJSON_F64, offsetof(scene_object, mass));
    b->fields[SCENE_MATRIX_LOCAL] = w3d_bjson_vector_field("matrix_local", W3D_BJSON_SUB_F32, 16,
                                                           offsetof(scene_object, matrix_local));
    b->fields[SCENE_PARENT] =
        w3d_bjson_field("parent", W3D_BJSON_REFERENCE, offsetof(scene_object, parent));
    b->fields[SCENE_ROTATION_QUATERNION] =
        w3d_bjson_vector_field("rotation_quaternion", W3D_BJSON_SUB_F32, 4,
                               offsetof(scene_object, rotation_quaternion));
    b->fields[SCENE_SCALE] =
        w3d_bjson_vector_field("scale", W3D_BJSON_SUB_F32, 3, offsetof(scene_object, scale));
}

void bench_bjson(void);
void bench_bjson(void)
{
    bjson_bench *b = (bjson_bench *)calloc(1, sizeof *b);
    if (!b) abort();
    fill(b);
    scene_object *objects = (scene_object *)(uintptr_t)b->content.objects;
    for (int alone = 0; alone < 2; alone++) {
        for (uint32_t i = 0; i < BJSON_OBJECTS; i++) objects[i].data = alone ? 0 : BJSON_OBJECTS;
        b->content.vertex_count = alone ? 0 : BJSON_VERTICES;
        b->crc = 0;
        bjson_bench_file(b);
        bench_title(alone ? "BJSON: the 100,000 objects alone"
                          : "BJSON: 100,000 objects and a mesh of 1M vertices, 2M triangles");
        row(b, b->size, "encode, objects as C structs", bjson_bench_encode, bjson_bench_copy);
        row(b, b->size, "encode, objects as values", encode_values, bjson_bench_copy);
        row(b, b->size, "validate", bjson_bench_validate, bjson_bench_copy);
        row(b, b->size, "open and add up all properties", bjson_bench_traverse, bjson_bench_copy);
        if (alone) {
            row(b, b->size, "100,000 random reads by name", bjson_bench_lookup, bjson_bench_copy);
            row(b, b->size, "the same, nothing remembered", bjson_bench_lookup_alone,
                bjson_bench_copy);
            row(b, b->size, "the same, names looked up once", bjson_bench_lookup_resolved,
                bjson_bench_copy);
        }
        bench_bjson_peers(b);
        b->crc = 1;
        bjson_bench_file(b);
        bench_title("the same with checksums");
        row(b, b->size, "encode with checksums", bjson_bench_encode, bjson_bench_copy);
        row(b, b->size, "validate with checksums", bjson_bench_validate, bjson_bench_copy);
    }
    b->content.is_mixed = 1;
    b->crc = 0;
    bjson_bench_file(b);
    bench_title("BJSON: the objects alone, 3 of 10 with strings, an array and maps in maps");
    row(b, b->size, "encode", bjson_bench_encode, bjson_bench_copy);
    row(b, b->size, "validate", bjson_bench_validate, bjson_bench_copy);
    bench_bjson_mixed(b);
    b->content.is_mixed = 0;
    b->content.vertex_count = BJSON_VERTICES;
    bench_scene(b);
    free(b->file);
    free(b->other);
    free(b->arena);
    free(b->reads);
    free(objects);
    free((void *)(uintptr_t)b->content.names);
    free((void *)(uintptr_t)b->content.positions);
    free((void *)(uintptr_t)b->content.normals);
    free((void *)(uintptr_t)b->content.uvs);
    free((void *)(uintptr_t)b->content.indices);
    free(b);
}
