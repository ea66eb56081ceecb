/* fuzz_props.c - any bytes as a BJSON file or as JSON, into a struct by its table.
 *
 * What comes out is an error that says where, or a struct that the table accepts, the same by plan
 * and by name, and that can be written. */
#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson_read.h"
#include "scene/props_bjson.h"
#include "scene/props_bjson_read.h"
#include "scene/props_json.h"

#include <stdlib.h>
#include <string.h>

typedef struct fuzz_part {
    float offset[2];
    const char *name;
} fuzz_part;

typedef struct fuzz_thing {
    double mass;
    int64_t whole;
    uint64_t large;
    float location[3], scale;
    uint32_t parent, links[2];
    int32_t mode;
    uint8_t hide, layers[3];
    int16_t small;
    char note[7];
    fuzz_part part;
    float *points;
    uint32_t point_count;
    uint8_t *bools;
    uint32_t bool_count;
    uint32_t *rows;
    uint32_t row_count;
    fuzz_part *parts;
    uint32_t part_count;
} fuzz_thing;

static const w3d_prop_item fuzz_modes[] = { { "WIRE", NULL, 0 }, { "SOLID", NULL, -5 } };
static const w3d_prop fuzz_part_rows[] = {
    { W3D_PROP_FIELD(fuzz_part, offset, F32, 2), NULL, 0, -1, 1 },
    { W3D_PROP_FIELD(fuzz_part, name, TEXT, 0) },
};
static const w3d_props fuzz_part_table = { "part", W3D_PROPS_ROWS(fuzz_part_rows),
                                           sizeof(fuzz_part), 1 };
#define FUZZ_PLAIN NULL, 0, 0, 0, 0, 0, 0
static const w3d_prop fuzz_rows[] = {
    { W3D_PROP_FIELD(fuzz_thing, mass, F64, 0), NULL, 1, 0, 100 },
    { W3D_PROP_FIELD(fuzz_thing, whole, I64, 0) },
    { W3D_PROP_FIELD(fuzz_thing, large, U64, 0) },
    { W3D_PROP_FIELD(fuzz_thing, location, F32, 3) },
    { W3D_PROP_FIELD(fuzz_thing, scale, F32, 0), NULL, 1 },
    { W3D_PROP_FIELD(fuzz_thing, parent, REFERENCE, 0) },
    { W3D_PROP_FIELD(fuzz_thing, links, REFERENCE, 2) },
    { W3D_PROP_FIELD(fuzz_thing, mode, ENUM, 0), FUZZ_PLAIN, fuzz_modes, 2 },
    { W3D_PROP_FIELD(fuzz_thing, hide, BOOL, 0) },
    { W3D_PROP_FIELD(fuzz_thing, layers, BOOL, 3) },
    { W3D_PROP_FIELD(fuzz_thing, small, I16, 0), NULL, 5, 5, 6 },
    { W3D_PROP_FIELD(fuzz_thing, note, STRING, 0) },
    { W3D_PROP_FIELD(fuzz_thing, part, STRUCT, 0), FUZZ_PLAIN, NULL, 0, 0, &fuzz_part_table },
    { W3D_PROP_ARRAY_FIELD(fuzz_thing, points, point_count, F32, 2), NULL, 0, 0, 1 },
    { W3D_PROP_ARRAY_FIELD(fuzz_thing, bools, bool_count, BOOL, 0) },
    { W3D_PROP_ARRAY_FIELD(fuzz_thing, rows, row_count, REFERENCE, 0) },
    { W3D_PROP_COLLECTION_FIELD(fuzz_thing, parts, part_count), FUZZ_PLAIN, NULL, 0, 0,
      &fuzz_part_table },
};

static uint64_t fuzz_arena[1 << 16];

/* A read that ended: nothing was touched, or what was read is valid and can be written. */
static void check_read(const w3d_props *table, w3d_result result, const w3d_error *error,
                       const fuzz_thing *thing, size_t size, w3d_arena arena)
{
    const w3d_bjson_value *values;
    uint32_t count;
    if (result != W3D_OK) {
        unsigned char untouched[sizeof(fuzz_thing)];
        memset(untouched, 0xA5, sizeof untouched);
        if (memcmp(thing, untouched, sizeof untouched)) __builtin_trap();
        if (error->code != result || !error->text || error->offset > size) __builtin_trap();
        return;
    }
    if (w3d_props_validate(table, thing, NULL) != W3D_OK) __builtin_trap();
    result = w3d_props_to_bjson(table, thing, &arena, &values, &count);
    if (result != W3D_OK && result != W3D_ERR_CAPACITY) __builtin_trap();
}

static void read_ids(const w3d_bjson *file, const w3d_props *table)
{
    for (uint32_t row = 0; row < file->id_count && row < 50; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map;
        fuzz_thing things[4];
        w3d_result results[4];
        w3d_props_plan plan;
        w3d_arena arena = w3d_arena_make(fuzz_arena, sizeof fuzz_arena);
        if (w3d_bjson_id_at(file, row, &id) != W3D_OK || !w3d_bjson_properties(&id, &map)) continue;
        if (w3d_props_plan_make(table, file, &arena, &plan) != W3D_OK) __builtin_trap();
        for (int way = 0; way < 4; way++) {
            w3d_props_read_desc desc = { table, way & 1 ? &plan : NULL, &arena, 0, way >> 1, NULL };
            w3d_error error = { W3D_OK, 0, NULL };
            memset(&things[way], 0xA5, sizeof things[way]);
            results[way] = w3d_props_from_bjson(&desc, &map, &things[way], &error);
            check_read(table, results[way], &error, &things[way], (size_t)file->size, arena);
            /* The second of a pair has less room left. */
            if (way & 1 && results[way] != results[way - 1] && results[way] != W3D_ERR_CAPACITY &&
                way < 2)
                __builtin_trap();
            if (way & 1 && results[way] == W3D_OK && results[way - 1] == W3D_OK &&
                !w3d_props_equal(table, &things[way - 1], &things[way]))
                __builtin_trap();
        }
        if (results[2] == W3D_OK && results[0] != W3D_OK) __builtin_trap();
    }
}

static void read_file(const unsigned char *bytes, size_t size)
{
    w3d_bjson file;
    w3d_props table = { "thing", W3D_PROPS_ROWS(fuzz_rows), sizeof(fuzz_thing), 1 };
    if (w3d_bjson_read(bytes, size, &file, NULL) != W3D_OK) return;
    read_ids(&file, &table);
    table.row_count = 11; /* those that a record may hold */
    read_ids(&file, &table);
}

static void read_text(const uint8_t *data, size_t size)
{
    static const w3d_props table = { "thing", W3D_PROPS_ROWS(fuzz_rows), sizeof(fuzz_thing), 1 };
    w3d_json_desc open;
    w3d_json json;
    memset(&open, 0, sizeof open);
    open.text = data;
    open.size = size;
    if (w3d_json_open(&open, &json, NULL) != W3D_OK) return;
    for (int refuse = 0; refuse < 2; refuse++) {
        w3d_arena arena = w3d_arena_make(fuzz_arena, sizeof fuzz_arena);
        w3d_props_json_desc desc = { &table, &arena, 0, refuse, NULL };
        w3d_error error = { W3D_OK, 0, NULL };
        fuzz_thing thing;
        memset(&thing, 0xA5, sizeof thing);
        w3d_result result = w3d_props_from_json(&desc, &json, 0, &thing, &error);
        check_read(&table, result, &error, &thing, size, arena);
    }
    w3d_json_close(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)malloc(size ? size : 1);
    if (!bytes) return 0;
    if (size) memcpy(bytes, data, size);
    read_text(bytes, size);
    read_file(bytes, size);
    if (size >= 64) { /* a header that is believed */
        bytes[12] &= W3D_BJSON_CANONICAL;
        w3d_store_u64(bytes + 16, size);
        w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
        read_file(bytes, size);
    }
    free(bytes);
    return 0;
}
