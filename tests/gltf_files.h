/* gltf_files.h - glTF files made for tests: a binary chunk with one of each kind of array, the JSON
 * that describes it, and the two put together as a GLB. In the JSON, ' stands for ". */
#ifndef GLTF_FILES_H
#define GLTF_FILES_H

#include "test.h"

#include "core/bytes.h"

#define ASSET "'asset':{'version':'2.0'},"
/* clang-format off */
#define BUFFERS "'buffers':[{'byteLength':364}],'bufferViews':[" \
    "{'buffer':0,'byteLength':48}," \
    "{'buffer':0,'byteOffset':48,'byteLength':44}," \
    "{'buffer':0,'byteOffset':92,'byteLength':128,'byteStride':32}," \
    "{'buffer':0,'byteOffset':220,'byteLength':32,'byteStride':8}," \
    "{'buffer':0,'byteOffset':252,'byteLength':16}," \
    "{'buffer':0,'byteOffset':268,'byteLength':28}," \
    "{'buffer':0,'byteOffset':296,'byteLength':16}," \
    "{'buffer':0,'byteOffset':312,'byteLength':24}," \
    "{'buffer':0,'byteOffset':336,'byteLength':28}],"
#define ACCESSORS "'accessors':[" \
    "{'bufferView':0,'componentType':5126,'count':4,'type':'VEC3'}," /* 0: a square */ \
    "{'bufferView':1,'componentType':5123,'count':6,'type':'SCALAR'}," /* 1: its indices, 16 bits */ \
    "{'bufferView':1,'byteOffset':12,'componentType':5121,'count':6,'type':'SCALAR'}," /* 2: 8 */ \
    "{'bufferView':1,'byteOffset':20,'componentType':5125,'count':6,'type':'SCALAR'}," /* 3: 32 */ \
    "{'bufferView':2,'componentType':5126,'count':4,'type':'VEC3'}," /* 4: interleaved positions */ \
    "{'bufferView':2,'byteOffset':12,'componentType':5126,'count':4,'type':'VEC3'}," /* 5: normals */ \
    "{'bufferView':2,'byteOffset':24,'componentType':5126,'count':4,'type':'VEC2'}," /* 6: uvs */ \
    "{'bufferView':3,'componentType':5122,'normalized':true,'count':4,'type':'VEC3'}," /* 7 */ \
    "{'bufferView':4,'componentType':5121,'normalized':true,'count':4,'type':'VEC4'}," /* 8: colours */ \
    "{'bufferView':2,'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2," /* 9: strided */ \
      "'indices':{'bufferView':5,'componentType':5123},'values':{'bufferView':5,'byteOffset':4}}}," \
    "{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2," /* 10: sparse over zeros */ \
      "'indices':{'bufferView':5,'componentType':5123},'values':{'bufferView':5,'byteOffset':4}}}," \
    "{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2," /* 11: descending */ \
      "'indices':{'bufferView':6,'componentType':5123},'values':{'bufferView':5,'byteOffset':4}}}," \
    "{'componentType':5126,'count':4,'type':'VEC3','sparse':{'count':2," /* 12: out of range */ \
      "'indices':{'bufferView':6,'byteOffset':4,'componentType':5123},'values':{'bufferView':5,'byteOffset':4}}}," \
    "{'bufferView':6,'byteOffset':8,'componentType':5123,'count':3,'type':'SCALAR'}," /* 13: points to 9 */ \
    "{'bufferView':7,'componentType':5123,'normalized':true,'count':4,'type':'VEC3'}," /* 14: colours */ \
    "{'bufferView':8,'componentType':5120,'normalized':true,'count':4,'type':'VEC3'}," /* 15: packed bytes */ \
    "{'bufferView':8,'byteOffset':12,'componentType':5121,'count':4,'type':'SCALAR'}," /* 16: 0 1 3 2 */ \
    "{'bufferView':1,'componentType':5123,'count':6,'type':'SCALAR','sparse':{'count':1," /* 17 */ \
      "'indices':{'bufferView':8,'byteOffset':16,'componentType':5121},'values':{'bufferView':8,'byteOffset':18}}}," \
    "{'componentType':5126,'count':4,'type':'VEC3'}]" /* 18: zeros */
#define DOCUMENT ASSET BUFFERS ACCESSORS
/* clang-format on */
#define MESH(primitives) ",'meshes':[{'primitives':[" primitives "]}],'nodes':[{'mesh':0}]"

static unsigned char shared[364];

static void fill_shared(void)
{
    static const float square[4][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 }, { 0, 1, 0 } };
    static const uint8_t corners[6] = { 0, 1, 2, 0, 2, 3 };
    static const int16_t quantised[4][4] = {
        { 32767, 0, -32767, 9 }, { -32768, 16384, 1, 9 }, { 0, 0, 0, 9 }, { 1, 2, 3, 9 }
    };
    static const uint8_t colors[4][4] = {
        { 255, 0, 51, 255 }, { 0, 255, 0, 0 }, { 1, 2, 3, 4 }, { 0, 0, 0, 51 }
    };
    static const float replaced[2][3] = { { 7, 8, 9 }, { -7, -8, -9 } };
    static const uint16_t rest[] = { 1, 3 }, bad[8] = { 3, 1, 1, 9, 0, 1, 9, 0 };
    static const uint16_t colors16[4][3] = {
        { 65535, 0, 13107 }, { 0, 1, 2 }, { 3, 4, 5 }, { 6, 7, 8 }
    };
    static const signed char bytes[28] = { 127, -127, -128, 0, 1, 2, 3, 4, 5, 6, 7, 8, /* 15 */
                                           0,   1,    3,    2,                         /* 16 */
                                           4,   0,    1,    0,                         /* 17 */
                                           0,   0,    0,    0, 0, 0, 0, 0 };
    memcpy(shared, square, 48);
    for (size_t i = 0; i < 6; i++) {
        w3d_store_u16(shared + 48 + 2 * i, corners[i]);
        shared[60 + i] = corners[i];
        w3d_store_u32(shared + 68 + 4 * i, corners[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        float row[8] = {
            square[i][0] * 2, square[i][1] * 2, 1, 0, 0, 1, square[i][0], square[i][1]
        };
        memcpy(shared + 92 + 32 * i, row, 32);
    }
    memcpy(shared + 220, quantised, 32);
    memcpy(shared + 252, colors, 16);
    memcpy(shared + 268, rest, 4);
    memcpy(shared + 272, replaced, 24);
    memcpy(shared + 296, bad, 16);
    memcpy(shared + 312, colors16, 24);
    memcpy(shared + 336, bytes, 28);
}

static char text[20000]; /* the JSON of the file made last */

/* A GLB of exactly its size, so that a sanitizer sees every byte read too many. */
static unsigned char *make_glb(const char *json, size_t *size)
{
    fill_shared();
    size_t length = strlen(json);
    CHECK(length < sizeof text - 4);
    for (size_t i = 0; i <= length; i++) text[i] = json[i] == '\'' ? '"' : json[i];
    while (length % 4) text[length++] = ' ';
    text[length] = 0;
    *size = 12 + 8 + length + 8 + sizeof shared;
    unsigned char *glb = (unsigned char *)malloc(*size);
    memcpy(glb, "glTF", 4);
    w3d_store_u32(glb + 4, 2);
    w3d_store_u32(glb + 8, (uint32_t)*size);
    w3d_store_u32(glb + 12, (uint32_t)length);
    memcpy(glb + 16, "JSON", 4);
    memcpy(glb + 20, text, length);
    w3d_store_u32(glb + 20 + length, sizeof shared);
    memcpy(glb + 24 + length, "BIN\0", 4);
    memcpy(glb + 28 + length, shared, sizeof shared);
    return glb;
}

#endif /* GLTF_FILES_H */
