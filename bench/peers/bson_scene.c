/* bson_scene.c - BSON (libbson) for the bench's scene: a vector is binary, since an array would
 * take eleven bytes a float and more, and so are a mesh's arrays. Numbers are int64 and double. */
#include "scene.h"

#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SCENE_PROPERTIES] = SCENE_NAMES;

static void put_floats(bson_t *to, const char *key, const float *values, uint32_t count)
{
    bson_append_binary(to, key, -1, BSON_SUBTYPE_BINARY, (const uint8_t *)values, count * 4);
}

static void put_object(bson_t *to, const char *name, const scene_object *o)
{
    bson_append_int64(to, names[SCENE_DATA], -1, o->data);
    bson_append_bool(to, names[SCENE_HIDE], -1, o->hide != 0);
    put_floats(to, names[SCENE_LOCATION], o->location, 3);
    bson_append_double(to, names[SCENE_MASS], -1, o->mass);
    put_floats(to, names[SCENE_MATRIX_LOCAL], o->matrix_local, 16);
    bson_append_int64(to, names[SCENE_PARENT], -1, o->parent);
    put_floats(to, names[SCENE_ROTATION_QUATERNION], o->rotation_quaternion, 4);
    put_floats(to, names[SCENE_SCALE], o->scale, 3);
    bson_append_int32(to, "type", -1, 0);
    bson_append_utf8(to, "name", -1, name, -1);
}

static const void *encode(const scene_content *c, size_t *size)
{
    static bson_t *root; /* keeps its memory */
    bson_t array, item;
    char index[16];
    const char *key;
    if (root)
        bson_reinit(root);
    else
        root = bson_new();
    bson_append_array_begin(root, "objects", -1, &array);
    for (uint32_t i = 0; i < c->object_count; i++) {
        size_t length = bson_uint32_to_string(i, &key, index, sizeof index);
        bson_append_document_begin(&array, key, (int)length, &item);
        put_object(&item, c->names[i], &c->objects[i]);
        bson_append_document_end(&array, &item);
    }
    bson_append_array_end(root, &array);
    if (c->vertex_count) {
        bson_append_document_begin(root, "mesh", -1, &item);
        bson_append_utf8(&item, "name", -1, "Mesh", -1);
        bson_append_binary(&item, "index", -1, BSON_SUBTYPE_BINARY, (const uint8_t *)c->indices,
                           c->vertex_count * 24);
        put_floats(&item, "normal", c->normals, c->vertex_count * 3);
        put_floats(&item, "position", c->positions, c->vertex_count * 3);
        put_floats(&item, "uv", c->uvs, c->vertex_count * 2);
        bson_append_document_end(root, &item);
    }
    *size = root->len;
    return bson_get_data(root);
}

static int validate(const void *bytes, size_t size)
{
    bson_t root;
    return bson_init_static(&root, (const uint8_t *)bytes, size) &&
           bson_validate(&root, BSON_VALIDATE_UTF8, NULL);
}

/* What is added for the value at an iterator; `all`: all elements of a vector, else the third. */
static double value_of(const bson_iter_t *at, int all)
{
    const uint8_t *bytes;
    uint32_t size;
    float floats[16];
    switch (bson_iter_type(at)) {
    case BSON_TYPE_BINARY:
        bson_iter_binary(at, NULL, &size, &bytes);
        if (size > sizeof floats) return 0;
        memcpy(floats, bytes, size);
        return all ? scene_sum(floats, size / 4) : (double)floats[2];
    case BSON_TYPE_BOOL: return bson_iter_bool(at);
    case BSON_TYPE_DOUBLE: return bson_iter_double(at);
    case BSON_TYPE_UTF8: bson_iter_utf8(at, &size); return size;
    default: return (double)bson_iter_as_int64(at);
    }
}

static double traverse(const void *bytes, size_t size)
{
    bson_t root;
    bson_iter_t objects, array, item;
    double sum = 0;
    if (!validate(bytes, size) || !bson_init_static(&root, (const uint8_t *)bytes, size) ||
        !bson_iter_init_find(&objects, &root, "objects") || !bson_iter_recurse(&objects, &array))
        abort();
    while (bson_iter_next(&array)) {
        if (!bson_iter_recurse(&array, &item)) abort();
        for (uint32_t k = 0; bson_iter_next(&item); k++) { /* in the order written */
            const char *name = k < SCENE_PROPERTIES    ? names[k]
                               : k == SCENE_PROPERTIES ? "type"
                                                       : "name";
            if (strcmp(bson_iter_key(&item), name)) abort();
            sum += value_of(&item, 1);
        }
    }
    return sum;
}

/* Where each object's document lies: BSON has no index. */
typedef struct opened_file {
    const uint8_t **documents;
    uint32_t *sizes;
} opened_file;

static void *open_file(const void *bytes, size_t size)
{
    opened_file *opened = (opened_file *)calloc(1, sizeof *opened);
    bson_t root;
    bson_iter_t objects, array;
    uint32_t count = 0, capacity = 1 << 20;
    opened->documents = (const uint8_t **)malloc(capacity * sizeof *opened->documents);
    opened->sizes = (uint32_t *)malloc(capacity * sizeof *opened->sizes);
    if (!bson_init_static(&root, (const uint8_t *)bytes, size) ||
        !bson_iter_init_find(&objects, &root, "objects") || !bson_iter_recurse(&objects, &array))
        abort();
    for (; bson_iter_next(&array) && count < capacity; count++)
        bson_iter_document(&array, &opened->sizes[count], &opened->documents[count]);
    return opened;
}

static void close_file(void *user)
{
    opened_file *opened = (opened_file *)user;
    free(opened->documents);
    free(opened->sizes);
    free(opened);
}

static double lookup(void *user, const scene_read *reads, uint32_t count)
{
    const opened_file *opened = (const opened_file *)user;
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        bson_t object;
        bson_iter_t at;
        uint32_t row = reads[i].row;
        if (!bson_init_static(&object, opened->documents[row], opened->sizes[row]) ||
            !bson_iter_init_find(&at, &object, names[reads[i].property]))
            abort();
        sum += value_of(&at, 0);
    }
    return sum;
}

const scene_peer *scene_peer_bson(void)
{
    static const scene_peer peer = { "libbson", encode, validate,  traverse,
                                     open_file, lookup, close_file };
    return &peer;
}
