/* cbor_scene.c - CBOR (libcbor) for the bench's scene: vectors are arrays of floats, a mesh's
 * arrays are byte strings. Written with libcbor's encoders into one buffer, read into its items. */
#include "scene.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SCENE_PROPERTIES] = SCENE_NAMES;

typedef struct output {
    unsigned char *bytes;
    size_t size, capacity;
} output;

/* Room for `size` bytes more. */
static void reserve(output *o, size_t size)
{
    if (size <= o->capacity - o->size) return;
    o->capacity = 2 * o->capacity + size;
    o->bytes = (unsigned char *)realloc(o->bytes, o->capacity);
    if (!o->bytes) abort();
}

#define PUT(o, call, value)                                                                        \
    (reserve(o, 16), (o)->size += call(value, (o)->bytes + (o)->size, (o)->capacity - (o)->size))

static void put_text(output *o, const char *text)
{
    size_t size = strlen(text);
    PUT(o, cbor_encode_string_start, size);
    reserve(o, size);
    memcpy(o->bytes + o->size, text, size);
    o->size += size;
}

static void put_floats(output *o, const char *key, const float *values, size_t count)
{
    put_text(o, key);
    PUT(o, cbor_encode_array_start, count);
    for (size_t i = 0; i < count; i++) PUT(o, cbor_encode_single, values[i]);
}

static void put_bytes(output *o, const char *key, const void *bytes, size_t size)
{
    put_text(o, key);
    PUT(o, cbor_encode_bytestring_start, size);
    reserve(o, size);
    memcpy(o->bytes + o->size, bytes, size);
    o->size += size;
}

static void put_object(output *out, const char *name, const scene_object *o)
{
    PUT(out, cbor_encode_map_start, 2 + SCENE_PROPERTIES);
    put_text(out, names[SCENE_DATA]);
    PUT(out, cbor_encode_uint, o->data);
    put_text(out, names[SCENE_HIDE]);
    PUT(out, cbor_encode_bool, o->hide != 0);
    put_floats(out, names[SCENE_LOCATION], o->location, 3);
    put_text(out, names[SCENE_MASS]);
    PUT(out, cbor_encode_double, o->mass);
    put_floats(out, names[SCENE_MATRIX_LOCAL], o->matrix_local, 16);
    put_text(out, names[SCENE_PARENT]);
    PUT(out, cbor_encode_uint, o->parent);
    put_floats(out, names[SCENE_ROTATION_QUATERNION], o->rotation_quaternion, 4);
    put_floats(out, names[SCENE_SCALE], o->scale, 3);
    put_text(out, "type");
    PUT(out, cbor_encode_uint, 0);
    put_text(out, "name");
    put_text(out, name);
}

static const void *encode(const scene_content *c, size_t *size)
{
    static output out; /* keeps its memory */
    size_t vertices = c->vertex_count;
    out.size = 0;
    PUT(&out, cbor_encode_map_start, 2);
    put_text(&out, "objects");
    PUT(&out, cbor_encode_array_start, c->object_count);
    for (uint32_t i = 0; i < c->object_count; i++) put_object(&out, c->names[i], &c->objects[i]);
    put_text(&out, "meshes");
    PUT(&out, cbor_encode_array_start, vertices ? 1 : 0);
    if (vertices) {
        PUT(&out, cbor_encode_map_start, 5);
        put_text(&out, "name");
        put_text(&out, "Mesh");
        put_bytes(&out, "index", c->indices, vertices * 24);
        put_bytes(&out, "normal", c->normals, vertices * 12);
        put_bytes(&out, "position", c->positions, vertices * 12);
        put_bytes(&out, "uv", c->uvs, vertices * 8);
    }
    *size = out.size;
    return out.bytes;
}

/* The value of a key; the one expected at `hint` is looked at first. */
static const cbor_item_t *find(const cbor_item_t *map, size_t hint, const char *name)
{
    const struct cbor_pair *pairs = cbor_map_handle(map);
    size_t count = cbor_map_size(map), size = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t at = hint + i < count ? hint + i : hint + i - count;
        if (cbor_string_length(pairs[at].key) == size &&
            !memcmp(cbor_string_handle(pairs[at].key), name, size))
            return pairs[at].value;
    }
    abort();
}

static double sum_of(const cbor_item_t *value)
{
    float floats[16] = { 0 };
    if (cbor_isa_array(value)) {
        cbor_item_t **items = cbor_array_handle(value);
        uint32_t count = (uint32_t)cbor_array_size(value);
        if (count > 16) count = 16;
        for (uint32_t i = 0; i < count; i++) floats[i] = cbor_float_get_float4(items[i]);
        return scene_sum(floats, count);
    }
    if (cbor_isa_uint(value)) return (double)cbor_get_int(value);
    if (cbor_isa_string(value)) return (double)cbor_string_length(value);
    return cbor_float_ctrl_is_ctrl(value) ? cbor_get_bool(value) : cbor_float_get_float(value);
}

static void *open_file(const void *bytes, size_t size)
{
    struct cbor_load_result result;
    cbor_item_t *root = cbor_load((cbor_data)bytes, size, &result);
    if (!root) abort();
    return root;
}

static void close_file(void *opened)
{
    cbor_item_t *root = (cbor_item_t *)opened;
    cbor_decref(&root);
}

static double traverse(const void *bytes, size_t size)
{
    cbor_item_t *root = (cbor_item_t *)open_file(bytes, size);
    const cbor_item_t *objects = find(root, 0, "objects");
    double sum = 0;
    for (size_t i = 0; i < cbor_array_size(objects); i++) {
        const cbor_item_t *object = cbor_array_handle(objects)[i];
        for (uint32_t k = 0; k < SCENE_PROPERTIES; k++) sum += sum_of(find(object, k, names[k]));
        sum += sum_of(find(object, SCENE_PROPERTIES + 1, "name"));
    }
    close_file(root);
    return sum;
}

static double lookup(void *opened, const scene_read *reads, uint32_t count)
{
    const cbor_item_t *objects = find((const cbor_item_t *)opened, 0, "objects");
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const cbor_item_t *value =
            find(cbor_array_handle(objects)[reads[i].row], 0, names[reads[i].property]);
        sum += cbor_isa_array(value) ? (double)cbor_float_get_float4(cbor_array_handle(value)[2])
                                     : sum_of(value);
    }
    return sum;
}

const scene_peer *scene_peer_cbor(void)
{
    static const scene_peer peer = { "libcbor", encode, NULL,      traverse,
                                     open_file, lookup, close_file };
    return &peer;
}
