/* props_blender_print.c - prints the class that tests/test_props_blender.py loads into Blender.
 *
 * Every type is in it, and labels that try to leave their strings. */
#include "scene/props_blender.h"

#include <stdio.h>

typedef struct shape_key {
    float weight;
    char name[20];
} shape_key;

typedef struct cube_settings {
    uint8_t hide, layers[3];
    int8_t i8;
    uint8_t u8;
    int32_t count, lambda;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float mass, angle, location[3], color[4], matrix[16], rotation[3], many[40], prime[37];
    double precise;
    int32_t mode, pair[2];
    char note[32];
    const char *path;
    uint32_t parent, mesh, any, links[2];
    shape_key first;
    shape_key *keys;
    uint32_t key_count;
    float *weights;
    uint32_t weight_count;
    int32_t _hidden;
} cube_settings;

static const w3d_prop_item modes[] = { { "WIRE", "Wire", 0 },
                                       { "SOLID", "Solid \"quoted\"", 7 },
                                       { "NEGATIVE", NULL, -5 } };
static const float matrix[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1 };
static const float location[3] = { 0.1f, -2, 3e30f };
static const uint8_t layers[3] = { 1, 0, 1 };

static const w3d_prop key_rows[] = {
    { W3D_PROP_FIELD(shape_key, weight, F32, 0), "Weight", 0.5, 0, 1, .unit = W3D_PROP_FACTOR },
    { W3D_PROP_FIELD(shape_key, name, STRING, 0), "Name", .default_data = "\xC3\xA9t\xC3\xA9" },
};
static const w3d_props key_table = { "shape_key", W3D_PROPS_ROWS(key_rows), sizeof(shape_key), 1 };

static const w3d_prop rows[] = {
    { W3D_PROP_FIELD(cube_settings, hide, BOOL, 0), "Hide", 1, .flags = W3D_PROP_HIDDEN },
    { W3D_PROP_FIELD(cube_settings, layers, BOOL, 3), "Layers", .default_data = layers },
    { W3D_PROP_FIELD(cube_settings, i8, I8, 0), "I8" },
    { W3D_PROP_FIELD(cube_settings, u8, U8, 0), "U8", 20, 10, 20 },
    { W3D_PROP_FIELD(cube_settings, count, I32, 0), "\"\"\")\nimport os\n#\\", 3, -5, 100, 0, 50, 5,
      .description = "a\tb\r\x7F\x01'''\xE2\x80\xA8", .flags = W3D_PROP_SKIP_SAVE },
    { W3D_PROP_FIELD(cube_settings, lambda, I32, 0) },
    { W3D_PROP_FIELD(cube_settings, u32, U32, 0), "U32", 4294967295.0 },
    { W3D_PROP_FIELD(cube_settings, i64, I64, 0), "I64", -1e15, -2e15, 1e15 },
    { W3D_PROP_FIELD(cube_settings, u64, U64, 0), "U64", 1e19, 5, W3D_PROP_ANY },
    { W3D_PROP_FIELD(cube_settings, mass, F32, 0), "Mass", 1.5, 0, W3D_PROP_ANY, 0, 10, 0.1,
      .unit = W3D_PROP_MASS, .flags = W3D_PROP_ANIMATABLE | W3D_PROP_READ_ONLY },
    { W3D_PROP_FIELD(cube_settings, angle, F32, 0), "Angle", 0, -3.2, 3.2, .step = 1000,
      .unit = W3D_PROP_ANGLE },
    { W3D_PROP_FIELD(cube_settings, location, F32, 3), "Location", .default_data = location,
      .unit = W3D_PROP_LENGTH, .subtype = W3D_PROP_TRANSLATION },
    { W3D_PROP_FIELD(cube_settings, color, F32, 4), "Color", 1, 0, 1, .subtype = W3D_PROP_COLOR },
    { W3D_PROP_FIELD(cube_settings, matrix, F32, 16), "Matrix", .default_data = matrix,
      .subtype = W3D_PROP_MATRIX },
    { W3D_PROP_FIELD(cube_settings, rotation, F32, 3), "Rotation", .subtype = W3D_PROP_EULER },
    { W3D_PROP_FIELD(cube_settings, many, F32, 40), "Many", 2 },
    { W3D_PROP_FIELD(cube_settings, prime, F32, 37), "Prime" },
    { W3D_PROP_FIELD(cube_settings, precise, F64, 0), "Precise", 1e300 },
    { W3D_PROP_FIELD(cube_settings, mode, ENUM, 0), "Mode", 7, .items = modes, .item_count = 3 },
    { W3D_PROP_FIELD(cube_settings, pair, I32, 2), "Pair", -1 },
    { W3D_PROP_FIELD(cube_settings, note, STRING, 0), "Note", .default_data = "it's \"so\"\n" },
    { W3D_PROP_FIELD(cube_settings, path, TEXT, 0), "Path", .subtype = W3D_PROP_FILE_PATH },
    { W3D_PROP_FIELD(cube_settings, parent, REFERENCE, 0), "Parent", .target = 1 },
    { W3D_PROP_FIELD(cube_settings, mesh, REFERENCE, 0), "Mesh", .target = 2 },
    { W3D_PROP_FIELD(cube_settings, any, REFERENCE, 0), "Any" },
    { W3D_PROP_FIELD(cube_settings, links, REFERENCE, 2), "Links" },
    { W3D_PROP_FIELD(cube_settings, first, STRUCT, 0), "First", .table = &key_table },
    { W3D_PROP_COLLECTION_FIELD(cube_settings, keys, key_count), "Keys", .table = &key_table },
    { W3D_PROP_ARRAY_FIELD(cube_settings, weights, weight_count, F32, 0), "Weights" },
    { W3D_PROP_FIELD(cube_settings, _hidden, I32, 0), "Hidden" },
};
static const w3d_props table = { "cube_settings", W3D_PROPS_ROWS(rows), sizeof(cube_settings), 1,
                                 .label = "Settings of \"cubes\"\\" };

static w3d_result print(void *user, const void *bytes, size_t size)
{
    (void)user;
    return fwrite(bytes, 1, size, stdout) == size ? W3D_OK : W3D_ERR_ACCESS;
}

int main(void)
{
    w3d_props_fault fault;
    w3d_props_blender_desc desc = { &table, { print, NULL }, "Object" };
    if (w3d_props_check(&table, &fault, 1)) {
        fprintf(stderr, "%s: %s\n", fault.path, fault.text);
        return 1;
    }
    return w3d_props_to_blender(&desc) != W3D_OK;
}
