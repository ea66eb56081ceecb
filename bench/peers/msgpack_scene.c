/* msgpack_scene.c - MessagePack (msgpack-c) for the bench's scene: vectors are arrays of floats, as
 * their type would be lost otherwise, and a mesh's arrays are bin. */
#include "scene.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SCENE_PROPERTIES] = SCENE_NAMES;

static void put_text(msgpack_packer *pack, const char *text)
{
    size_t size = strlen(text);
    msgpack_pack_str(pack, size);
    msgpack_pack_str_body(pack, text, size);
}

static void put_floats(msgpack_packer *pack, const char *key, const float *values, size_t count)
{
    put_text(pack, key);
    msgpack_pack_array(pack, count);
    for (size_t i = 0; i < count; i++) msgpack_pack_float(pack, values[i]);
}

static void put_bytes(msgpack_packer *pack, const char *key, const void *bytes, size_t size)
{
    put_text(pack, key);
    msgpack_pack_bin(pack, size);
    msgpack_pack_bin_body(pack, bytes, size);
}

static void put_object(msgpack_packer *pack, const char *name, const scene_object *o)
{
    msgpack_pack_map(pack, 2 + SCENE_PROPERTIES);
    put_text(pack, names[SCENE_DATA]);
    msgpack_pack_uint32(pack, o->data);
    put_text(pack, names[SCENE_HIDE]);
    if (o->hide)
        msgpack_pack_true(pack);
    else
        msgpack_pack_false(pack);
    put_floats(pack, names[SCENE_LOCATION], o->location, 3);
    put_text(pack, names[SCENE_MASS]);
    msgpack_pack_double(pack, o->mass);
    put_floats(pack, names[SCENE_MATRIX_LOCAL], o->matrix_local, 16);
    put_text(pack, names[SCENE_PARENT]);
    msgpack_pack_uint32(pack, o->parent);
    put_floats(pack, names[SCENE_ROTATION_QUATERNION], o->rotation_quaternion, 4);
    put_floats(pack, names[SCENE_SCALE], o->scale, 3);
    put_text(pack, "type");
    msgpack_pack_uint8(pack, 0);
    put_text(pack, "name");
    put_text(pack, name);
}

static const void *encode(const scene_content *c, size_t *size)
{
    static msgpack_sbuffer buffer; /* keeps its memory */
    msgpack_packer pack;
    size_t vertices = c->vertex_count;
    msgpack_sbuffer_clear(&buffer);
    msgpack_packer_init(&pack, &buffer, msgpack_sbuffer_write);
    msgpack_pack_map(&pack, 2);
    put_text(&pack, "objects");
    msgpack_pack_array(&pack, c->object_count);
    for (uint32_t i = 0; i < c->object_count; i++) put_object(&pack, c->names[i], &c->objects[i]);
    put_text(&pack, "meshes");
    msgpack_pack_array(&pack, vertices ? 1 : 0);
    if (vertices) {
        msgpack_pack_map(&pack, 5);
        put_text(&pack, "name");
        put_text(&pack, "Mesh");
        put_bytes(&pack, "index", c->indices, vertices * 24);
        put_bytes(&pack, "normal", c->normals, vertices * 12);
        put_bytes(&pack, "position", c->positions, vertices * 12);
        put_bytes(&pack, "uv", c->uvs, vertices * 8);
    }
    *size = buffer.size;
    return buffer.data;
}

/* The value of a key; the one expected at `hint` is looked at first. */
static const msgpack_object *find(const msgpack_object *map, uint32_t hint, const char *name)
{
    const msgpack_object_map *m = &map->via.map;
    size_t size = strlen(name);
    for (uint32_t i = 0; i < m->size; i++) {
        uint32_t at = hint + i < m->size ? hint + i : hint + i - m->size;
        const msgpack_object_str *key = &m->ptr[at].key.via.str;
        if (key->size == size && !memcmp(key->ptr, name, size)) return &m->ptr[at].val;
    }
    abort();
}

static double sum_of(const msgpack_object *value)
{
    float floats[16] = { 0 };
    uint32_t count;
    switch (value->type) {
    case MSGPACK_OBJECT_ARRAY:
        count = value->via.array.size < 16 ? value->via.array.size : 16;
        for (uint32_t i = 0; i < count; i++) floats[i] = (float)value->via.array.ptr[i].via.f64;
        return scene_sum(floats, count);
    case MSGPACK_OBJECT_POSITIVE_INTEGER: return (double)value->via.u64;
    case MSGPACK_OBJECT_BOOLEAN: return value->via.boolean;
    case MSGPACK_OBJECT_STR: return value->via.str.size;
    default: return value->via.f64;
    }
}

typedef struct opened_file {
    msgpack_unpacked unpacked;
    const msgpack_object_array *objects;
} opened_file;

static void *open_file(const void *bytes, size_t size)
{
    opened_file *opened = (opened_file *)malloc(sizeof *opened);
    msgpack_unpacked_init(&opened->unpacked);
    if (msgpack_unpack_next(&opened->unpacked, (const char *)bytes, size, NULL) !=
        MSGPACK_UNPACK_SUCCESS)
        abort();
    opened->objects = &find(&opened->unpacked.data, 0, "objects")->via.array;
    return opened;
}

static void close_file(void *opened)
{
    msgpack_unpacked_destroy(&((opened_file *)opened)->unpacked);
    free(opened);
}

static double traverse(const void *bytes, size_t size)
{
    opened_file *opened = (opened_file *)open_file(bytes, size);
    double sum = 0;
    for (uint32_t i = 0; i < opened->objects->size; i++) {
        const msgpack_object *object = &opened->objects->ptr[i];
        for (uint32_t k = 0; k < SCENE_PROPERTIES; k++) sum += sum_of(find(object, k, names[k]));
        sum += sum_of(find(object, SCENE_PROPERTIES + 1, "name"));
    }
    close_file(opened);
    return sum;
}

static double lookup(void *user, const scene_read *reads, uint32_t count)
{
    const opened_file *opened = (const opened_file *)user;
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const msgpack_object *value =
            find(&opened->objects->ptr[reads[i].row], 0, names[reads[i].property]);
        sum +=
            value->type == MSGPACK_OBJECT_ARRAY ? value->via.array.ptr[2].via.f64 : sum_of(value);
    }
    return sum;
}

const scene_peer *scene_peer_msgpack(void)
{
    static const scene_peer peer = { "msgpack-c", encode, NULL,      traverse,
                                     open_file,   lookup, close_file };
    return &peer;
}
