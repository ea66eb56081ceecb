/* scene.h - the scene that bench_bjson.c writes and reads, and what a peer's file does with it.
 *
 * Every peer stores the same: for each object a type, a name and eight properties, and where there
 * are vertices one mesh with a name and four arrays. Sums say that all of it was read. */
#ifndef PEERS_SCENE_H
#define PEERS_SCENE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Laid out as a canonical BJSON record: 8-byte numbers first, then 4, then 1, each by name. */
typedef struct scene_object {
    double mass;
    uint32_t data;
    float location[3], matrix_local[16];
    uint32_t parent;
    float rotation_quaternion[4], scale[3];
    uint8_t hide;
} scene_object;

typedef struct scene_content {
    const char (*names)[16];
    const scene_object *objects;
    uint32_t object_count, vertex_count; /* no mesh: 0 vertices; a mesh has two triangles each */
    const float *positions, *normals, *uvs;
    const uint32_t *indices;
    uint32_t is_mixed; /* scene_has_custom of the objects have a map "custom" beside the eight */
} scene_content;

/* What "custom" holds: a string, an array of floats, a number, and a map of a string and a bool. */
#define SCENE_CUSTOM_LABEL "imported from the catalogue"
#define SCENE_CUSTOM_PATH  "library/props/chair.asset"
enum { SCENE_CUSTOM_WEIGHTS = 8, SCENE_CUSTOM_LEVEL = 3 };

static inline int scene_has_custom(const scene_content *content, uint32_t row)
{
    return content->is_mixed && row % 10 < 3;
}

/* Properties in the order of their names; a random read adds a number, a bool, a row, or the
 * third element of a vector. */
enum {
    SCENE_DATA,
    SCENE_HIDE,
    SCENE_LOCATION,
    SCENE_MASS,
    SCENE_MATRIX_LOCAL,
    SCENE_PARENT,
    SCENE_ROTATION_QUATERNION,
    SCENE_SCALE,
    SCENE_PROPERTIES
};
#define SCENE_NAMES                                                                                \
    {                                                                                              \
        "data", "hide", "location", "mass", "matrix_local", "parent", "rotation_quaternion",       \
            "scale"                                                                                \
    }

/* One property of one object. */
typedef struct scene_read {
    uint32_t row, property;
} scene_read;

typedef struct scene_peer {
    const char *name;
    /* Makes the file; it lives until the next encode. */
    const void *(*encode)(const scene_content *content, size_t *size);
    /* 1 where the file is sound; NULL: the format has no check apart from reading all of it. */
    int (*validate)(const void *bytes, size_t size);
    /* Checks the file or parses it, then adds up the objects' numbers and the names' sizes. */
    double (*traverse)(const void *bytes, size_t size);
    /* The same file readied for random reads, then `count` of these by name, and released. */
    void *(*open)(const void *bytes, size_t size);
    double (*lookup)(void *opened, const scene_read *reads, uint32_t count);
    void (*close)(void *opened);
} scene_peer;

const scene_peer *scene_peer_flatbuffers(void);            /* lookup by generated accessors */
const scene_peer *scene_peer_flatbuffers_reflection(void); /* lookup only, by name in the schema */
const scene_peer *scene_peer_msgpack(void);
const scene_peer *scene_peer_cbor(void);
const scene_peer *scene_peer_bson(void);

/* Adds up floats in four lanes, the same for all formats. */
static inline double scene_sum(const float *values, uint32_t count)
{
    float sum[4] = { 0, 0, 0, 0 };
    uint32_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (uint32_t k = 0; k < 4; k++) sum[k] += values[i + k];
    for (uint32_t k = 0; i < count; i++, k++) sum[k] += values[i];
    return (double)(sum[0] + sum[1]) + (double)(sum[2] + sum[3]);
}

#ifdef __cplusplus
}
#endif

#endif /* PEERS_SCENE_H */
