#include "core/bits.h"
#include "props_random.h"
#include "scene/bjson_read.h"
#include "scene/props_bjson.h"
#include "scene/props_bjson_read.h"

enum { ARENA_SIZE = 1 << 18 };

static uint64_t arena_memory[ARENA_SIZE / 8], file_memory[ARENA_SIZE / 8];

static w3d_arena new_arena(void) { return w3d_arena_make(arena_memory, sizeof arena_memory); }

/* A file of `count` objects; gives its size, or 0. */
static size_t write_file(const w3d_bjson_write_id *ids, uint32_t count)
{
    static uint64_t scratch[ARENA_SIZE / 8];
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    w3d_error error;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = count;
    w3d_result result = w3d_bjson_write_size(&desc, &arena, &plan, &error);
    CHECK_MESSAGE(result == W3D_OK, "not measured: %s", error.text);
    if (result != W3D_OK) return 0;
    result = w3d_bjson_write(&plan, file_memory, sizeof file_memory, &error);
    CHECK_MESSAGE(result == W3D_OK, "not written: %s", error.text);
    return result == W3D_OK ? plan.size : 0;
}

/* A file whose row 0 has these values, and rows 1 to 4 without; opened. */
static int open_values(const w3d_bjson_value *values, uint32_t count, w3d_bjson *file,
                       w3d_bjson_id *id, w3d_bjson_view *map)
{
    w3d_bjson_write_id ids[5];
    w3d_error error;
    memset(ids, 0, sizeof ids);
    ids[0].values = values;
    ids[0].value_count = count;
    for (uint32_t i = 1; i < 5; i++) ids[i].type = (uint8_t)i;
    size_t size = write_file(ids, 5);
    w3d_result result = size ? w3d_bjson_read(file_memory, size, file, &error) : W3D_ERR_FORMAT;
    CHECK(result == W3D_OK);
    return result == W3D_OK && w3d_bjson_id_at(file, 0, id) == W3D_OK &&
           w3d_bjson_properties(id, map);
}

/* ---- the copy ---- */

/* As a canonical record: by alignment, then by name. */
typedef struct plain {
    double mass;
    int64_t when;
    float location[3];
    int32_t mode;
    uint32_t parent;
    float scale;
    int16_t pair[2];
    uint8_t hide;
    uint8_t layers[3];
} plain;

static const w3d_prop_item plain_modes[] = { { "A", NULL, 0 }, { "B", NULL, -9 } };
static const w3d_prop plain_rows[] = {
    { W3D_PROP_FIELD(plain, hide, BOOL, 0) },
    { W3D_PROP_FIELD(plain, layers, BOOL, 3) },
    { W3D_PROP_FIELD(plain, location, F32, 3), "Location", 5 },
    { W3D_PROP_FIELD(plain, mass, F64, 0), "Mass", 1, 0, 100 },
    { W3D_PROP_FIELD(plain, mode, ENUM, 0), NULL, 0, 0, 0, 0, 0, 0, plain_modes, 2 },
    { W3D_PROP_FIELD(plain, pair, I16, 2) },
    { W3D_PROP_FIELD(plain, parent, REFERENCE, 0) },
    { W3D_PROP_FIELD(plain, scale, F32, 0), "Scale", 1 },
    { W3D_PROP_FIELD(plain, when, I64, 0) },
};
static const w3d_props plain_table = { "plain", W3D_PROPS_ROWS(plain_rows), sizeof(plain), 1,
                                       W3D_PROPS_EXACT };

static void make_plain(plain *p, uint32_t i)
{
    memset(p, 0, sizeof *p);
    p->mass = (double)i + 0.5;
    p->when = -(int64_t)i;
    p->location[0] = p->location[1] = p->location[2] = (float)i;
    p->parent = i % 3 ? i % 10 : W3D_PROPS_NONE;
    p->scale = 1.0f / (float)(i + 1);
    p->mode = i & 1 ? -9 : 0;
    p->pair[1] = (int16_t)i;
    p->hide = i & 1;
    p->layers[2] = 1;
}

/* Ten structs written whole and read back in three ways. */
static void round_trip_plain(const w3d_props *table, uint64_t copied)
{
    static plain structs[10], back[10];
    w3d_bjson_write_id ids[10];
    w3d_arena arena = new_arena();
    const w3d_bjson_value *fields = NULL;
    uint32_t count = 0;
    CHECK(w3d_props_check(table, NULL, 0) == 0);
    CHECK(w3d_props_fields(table, &arena, &fields, &count) == W3D_OK && count == table->row_count);
    memset(ids, 0, sizeof ids);
    for (uint32_t i = 0; i < 10; i++) {
        make_plain(&structs[i], i);
        ids[i].values = fields;
        ids[i].value_count = count;
        ids[i].record = &structs[i];
    }
    size_t size = write_file(ids, 10);
    w3d_bjson file;
    w3d_props_plan plan;
    if (!size || w3d_bjson_read(file_memory, size, &file, NULL) != W3D_OK) return;
    CHECK(w3d_props_plan_make(table, &file, &arena, &plan) == W3D_OK);
    for (int way = 0; way < 3; way++) { /* by plan, by name, by plan and refusing */
        w3d_props_read_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.table = table;
        desc.plan = way == 1 ? NULL : &plan;
        desc.refuse = way == 2;
        memset(back, 0xEE, sizeof back);
        for (uint32_t i = 0; i < 10; i++) {
            w3d_bjson_id id;
            w3d_bjson_view map;
            w3d_error error = { W3D_OK, 0, "" };
            CHECK(w3d_bjson_id_at(&file, i, &id) == W3D_OK && w3d_bjson_properties(&id, &map));
            CHECK_MESSAGE(w3d_props_from_bjson(&desc, &map, &back[i], &error) == W3D_OK, "%s",
                          error.text);
            CHECK(w3d_props_equal(table, &structs[i], &back[i]));
        }
        CHECK_BYTES(structs, back, sizeof structs);
    }
    CHECK_MESSAGE(plan.copied == copied, "%u copied", (unsigned)plan.copied);
    CHECK(plan.bound == 1 && plan.converted == 10); /* the refusing ones work on a copy */
}

static void a_plain_struct_is_one_copy(void) { round_trip_plain(&plain_table, 10); }

static void other_layouts_are_several(void)
{
    w3d_prop rows[9];
    w3d_props table = plain_table;
    memcpy(rows, plain_rows, sizeof plain_rows);
    rows[2].identifier = "z_location"; /* canonical records have it behind scale */
    table.rows = rows;
    round_trip_plain(&table, 0);
}

static void what_is_copied_is_looked_at(void)
{
    w3d_arena arena = new_arena();
    plain p, back;
    const w3d_bjson_value *fields;
    uint32_t count, nan = 0x7FC00000u, mode = 3;
    w3d_bjson_write_id ids[2];
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map;
    w3d_props_plan plan;
    w3d_props_fault fault;
    w3d_error error;
    make_plain(&p, 1);
    p.mass = -5;
    p.parent = 1;
    memcpy(&p.location[1], &nan, 4);
    memcpy(&p.scale, &nan, 4);
    memcpy(&p.mode, &mode, 4);
    p.layers[1] = 9;
    CHECK(w3d_props_fields(&plain_table, &arena, &fields, &count) == W3D_OK);
    memset(ids, 0, sizeof ids);
    ids[0].values = fields;
    ids[0].value_count = count;
    ids[0].record = &p;
    ids[1].type = W3D_BJSON_MESH;
    size_t size = write_file(ids, 2);
    CHECK(w3d_bjson_read(file_memory, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_properties(&id, &map));
    CHECK(w3d_props_plan_make(&plain_table, &file, &arena, &plan) == W3D_OK);
    w3d_props_read_desc desc = { &plain_table, &plan, NULL, 0, 0, &fault };
    CHECK(w3d_props_from_bjson(&desc, &map, &back, &error) == W3D_OK && plan.copied == 1);
    CHECK(back.mass == 0 && back.location[1] == 5 && back.location[0] == 1 && back.mode == 0);
    CHECK(back.layers[1] == 1 && back.parent == 1 && back.scale == 1);
    CHECK(w3d_props_validate(&plain_table, &back, NULL) == W3D_OK);
    desc.refuse = 1;
    memset(&back, 0x11, sizeof back);
    CHECK(w3d_props_from_bjson(&desc, &map, &back, &error) == W3D_ERR_RANGE);
    CHECK(!strcmp(fault.path, "layers[1]") && fault.text == error.text);
    CHECK(((unsigned char *)&back)[0] == 0x11 && back.mode == 0x11111111); /* untouched */
    /* A reference to what the table does not allow: the rows' type is Mesh, not Object. */
    w3d_prop rows[9];
    w3d_props table = plain_table;
    memcpy(rows, plain_rows, sizeof plain_rows);
    rows[6].target = 1 + W3D_BJSON_OBJECT;
    table.rows = rows;
    CHECK(w3d_props_plan_make(&table, &file, &arena, &plan) == W3D_OK);
    desc.table = &table;
    desc.refuse = 0;
    CHECK(w3d_props_from_bjson(&desc, &map, &back, NULL) == W3D_OK &&
          back.parent == W3D_PROPS_NONE);
    rows[6].target = 1 + W3D_BJSON_MESH;
    CHECK(w3d_props_from_bjson(&desc, &map, &back, NULL) == W3D_OK && back.parent == 1);
    desc.table = &plain_table;
    CHECK(w3d_props_from_bjson(&desc, &map, &back, NULL) == W3D_ERR_ARGUMENT); /* another plan */
}

/* Floats are looked at together only where they are neighbours. */
static void every_nan_is_found(void)
{
    typedef struct apart {
        float a[2], b;
        uint32_t between[3];
        float c;
    } apart;
    static const w3d_prop rows[] = { { W3D_PROP_FIELD(apart, a, F32, 2), NULL, 1 },
                                     { W3D_PROP_FIELD(apart, b, F32, 0), NULL, 2 },
                                     { W3D_PROP_FIELD(apart, c, F32, 0), NULL, 3 } };
    static const w3d_props table = { "apart", W3D_PROPS_ROWS(rows), sizeof(apart), 1,
                                     W3D_PROPS_EXACT };
    float nan = w3d_f32_from_bits(0x7FC00000u);
    for (uint32_t which = 0; which < 16; which++) {
        w3d_arena arena = new_arena();
        const w3d_bjson_value *values;
        uint32_t count;
        w3d_bjson file;
        w3d_bjson_id id;
        w3d_bjson_view map;
        w3d_props_plan plan;
        apart in, out;
        memset(&in, 0, sizeof in);
        memset(&out, 0x77, sizeof out);
        if (which & 1) in.a[0] = nan;
        if (which & 2) in.a[1] = nan;
        if (which & 4) in.b = nan;
        if (which & 8) in.c = nan;
        CHECK(w3d_props_to_bjson(&table, &in, &arena, &values, &count) == W3D_OK);
        if (!open_values(values, count, &file, &id, &map)) continue;
        CHECK(w3d_props_plan_make(&table, &file, &arena, &plan) == W3D_OK);
        w3d_props_read_desc desc = { &table, &plan, NULL, 0, 0, NULL };
        CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_OK);
        CHECK(out.a[0] == (which & 1 ? 1.0f : 0) && out.a[1] == (which & 2 ? 1.0f : 0));
        CHECK(out.b == (which & 4 ? 2.0f : 0) && out.c == (which & 8 ? 3.0f : 0));
        CHECK(out.between[0] == 0x77777777u && out.between[2] == 0x77777777u);
    }
}

static void only_plain_tables_have_fields(void)
{
    w3d_arena arena = new_arena(), none = w3d_arena_make(arena_memory, 100);
    const w3d_bjson_value *fields;
    uint32_t count;
    w3d_props table = plain_table;
    CHECK(w3d_props_fields(&plain_table, &none, &fields, &count) == W3D_ERR_CAPACITY);
    table.flags = 0; /* a float alone is then an f64 */
    CHECK(w3d_props_fields(&table, &arena, &fields, &count) == W3D_ERR_UNSUPPORTED);
    CHECK(arena.used == 0);
}

/* ---- everything, at random ---- */

static void random_structs_round_trip(void)
{
    static props_random r;
    static uint64_t back[PROPS_RANDOM_SIZE / 8], again[PROPS_RANDOM_SIZE / 8];
    uint64_t copied = 0, converted = 0;
    for (int round = 0; round < 300; round++) {
        w3d_arena arena = new_arena();
        const w3d_bjson_value *values = NULL;
        w3d_bjson file;
        w3d_bjson_id id;
        w3d_bjson_view map;
        w3d_props_plan plan;
        w3d_props_fault fault;
        w3d_error error = { W3D_OK, 0, "" };
        uint32_t count = 0;
        props_random_tables(&r, round % 3 == 0);
        memset(r.memory, 0, sizeof r.memory);
        props_random_fill(&r, &r.table, r.memory, 5);
        w3d_props_clamp(&r.table, r.memory);
        size_t enough = w3d_props_to_bjson_size(&r.table, r.memory);
        w3d_arena exact = w3d_arena_make(arena_memory, enough);
        CHECK(w3d_props_to_bjson(&r.table, r.memory, &exact, &values, &count) == W3D_OK);
        w3d_arena tight = w3d_arena_make(arena_memory, exact.used - 1);
        CHECK(w3d_props_to_bjson(&r.table, r.memory, &tight, &values, &count) == W3D_ERR_CAPACITY ||
              !r.table.row_count);
        CHECK(w3d_props_to_bjson(&r.table, r.memory, &arena, &values, &count) == W3D_OK);
        if (!open_values(values, count, &file, &id, &map)) continue;
        CHECK(w3d_props_plan_make(&r.table, &file, &arena, &plan) == W3D_OK);
        for (int way = 0; way < 4; way++) {
            w3d_props_read_desc desc = { &r.table, way & 1 ? &plan : NULL, &arena, 0, way >> 1,
                                         &fault };
            memset(back, 0xEE, sizeof back);
            w3d_result result = w3d_props_from_bjson(&desc, &map, back, &error);
            /* Arrays without limits hold what they like, NaN too, in all ways. */
            CHECK_MESSAGE(result == W3D_OK, "round %d way %d: %s: %s", round, way, fault.path,
                          error.text);
            if (result != W3D_OK) continue;
            CHECK_MESSAGE(w3d_props_equal(&r.table, r.memory, back), "round %d way %d differs",
                          round, way);
            CHECK(w3d_props_validate(&r.table, back, NULL) == W3D_OK);
            if (way == 0) memcpy(again, back, sizeof again);
        }
        copied += plan.copied;
        converted += plan.converted;
    }
    CHECK(copied > 3 && converted > 100);
}

/* Any file into any table: an error that says where, or a struct that is valid. */
static void foreign_files_give_valid_structs_or_errors(void)
{
    static props_random r, other;
    static uint64_t back[PROPS_RANDOM_SIZE / 8], before[PROPS_RANDOM_SIZE / 8];
    int read = 0, refused = 0;
    for (int round = 0; round < 400; round++) {
        w3d_arena arena = new_arena();
        const w3d_bjson_value *values = NULL;
        w3d_bjson file;
        w3d_bjson_id id;
        w3d_bjson_view map;
        w3d_props_plan plan;
        w3d_props_fault fault;
        uint32_t count = 0;
        props_random_tables(&r, 0);
        props_random_tables(&other, round & 1);
        other.table.flags ^= (uint32_t)round & W3D_PROPS_EXACT;
        uint32_t shared =
            r.table.row_count < other.table.row_count ? r.table.row_count : other.table.row_count;
        for (uint32_t i = 0; i < shared; i++) memcpy(other.names[0][i], r.names[0][i], 16);
        memset(other.memory, 0, sizeof other.memory);
        props_random_fill(&other, &other.table, other.memory, 5);
        w3d_props_clamp(&other.table, other.memory);
        CHECK(w3d_props_to_bjson(&other.table, other.memory, &arena, &values, &count) == W3D_OK);
        if (!open_values(values, count, &file, &id, &map)) continue;
        /* Most mistakes are in one row: leave rows out until it reads. */
        while (r.table.row_count) {
            CHECK(w3d_props_plan_make(&r.table, &file, &arena, &plan) == W3D_OK);
            w3d_result results[2];
            size_t mark = arena.used;
            for (int way = 0; way < 2; way++) {
                w3d_props_read_desc desc = { &r.table, way ? &plan : NULL, &arena, 0, 0, &fault };
                w3d_error error = { W3D_OK, UINT64_MAX, NULL };
                memset(back, 0x5A, sizeof back);
                memcpy(before, back, sizeof back);
                fault.row = W3D_PROPS_NONE;
                results[way] = w3d_props_from_bjson(&desc, &map, back, &error);
                if (results[way] == W3D_OK) {
                    w3d_result valid = w3d_props_validate(&r.table, back, &fault);
                    CHECK_MESSAGE(valid == W3D_OK, "round %d: %s: %s", round, fault.path,
                                  fault.text);
                    continue;
                }
                CHECK(results[way] == W3D_ERR_FORMAT && error.text && error.offset < file.size);
                CHECK(fault.path[0] && fault.row < r.table.row_count + PROPS_RANDOM_ROWS);
                CHECK(!memcmp(back, before, sizeof back) && arena.used == mark);
            }
            CHECK_MESSAGE(results[0] == results[1], "round %d: %d %d: %s: %s", round, results[0],
                          results[1], fault.path, fault.text);
            if (results[0] == W3D_OK) break;
            refused++;
            if (fault.table != &r.table) {
                r.table.row_count--;
                continue;
            }
            memmove(&r.rows[fault.row], &r.rows[fault.row + 1],
                    (r.table.row_count - fault.row - 1) * sizeof r.rows[0]);
            r.table.row_count--;
        }
        read += r.table.row_count > 0;
    }
    CHECK(read > 200 && refused > 200);
}

/* ---- one member, one value ---- */

typedef struct one {
    int8_t i8;
    uint8_t u8, flag, flags[2];
    uint16_t u16;
    int32_t i32, mode;
    int64_t i64;
    uint64_t u64;
    float f32, vector[2];
    double f64;
    uint32_t reference, references[2];
    char text[6];
    const char *borrowed;
    float *array;
    uint32_t array_count;
    uint8_t *bools;
    uint32_t bool_count;
} one;

static const w3d_prop one_rows[] = {
    { W3D_PROP_FIELD(one, i8, I8, 0), NULL, 1 },
    { W3D_PROP_FIELD(one, u8, U8, 0), NULL, 12, 10, 20 },
    { W3D_PROP_FIELD(one, flag, BOOL, 0) },
    { W3D_PROP_FIELD(one, flags, BOOL, 2) },
    { W3D_PROP_FIELD(one, u16, U16, 0) },
    { W3D_PROP_FIELD(one, i32, I32, 0) },
    { W3D_PROP_FIELD(one, mode, ENUM, 0), NULL, -9, 0, 0, 0, 0, 0, plain_modes, 2 },
    { W3D_PROP_FIELD(one, i64, I64, 0) },
    { W3D_PROP_FIELD(one, u64, U64, 0) },
    { W3D_PROP_FIELD(one, f32, F32, 0), NULL, 0.5 },
    { W3D_PROP_FIELD(one, vector, F32, 2) },
    { W3D_PROP_FIELD(one, f64, F64, 0) },
    { W3D_PROP_FIELD(one, reference, REFERENCE, 0) },
    { W3D_PROP_FIELD(one, references, REFERENCE, 2) },
    { W3D_PROP_FIELD(one, text, STRING, 0) },
    { W3D_PROP_FIELD(one, borrowed, TEXT, 0) },
    { W3D_PROP_ARRAY_FIELD(one, array, array_count, F32, 2) },
    { W3D_PROP_ARRAY_FIELD(one, bools, bool_count, BOOL, 0) },
};
static const w3d_props one_table = { "one", W3D_PROPS_ROWS(one_rows), sizeof(one), 1 };

/* Reads one value in four ways, which must agree; gives the clamped struct. */
static w3d_result read_one(w3d_bjson_value value, one *out, w3d_result *refusing)
{
    w3d_arena arena = new_arena();
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map;
    w3d_props_plan plan;
    w3d_result results[4] = { W3D_OK, W3D_OK, W3D_OK, W3D_OK };
    if (!open_values(&value, 1, &file, &id, &map)) return W3D_ERR_FORMAT;
    CHECK(w3d_props_plan_make(&one_table, &file, &arena, &plan) == W3D_OK);
    for (int way = 0; way < 4; way++) {
        one other;
        w3d_props_read_desc desc = {
            &one_table, way & 1 ? &plan : NULL, &arena, 0, way >> 1, NULL
        };
        w3d_props_defaults(&one_table, &other);
        results[way] = w3d_props_from_bjson(&desc, &map, way ? &other : out, NULL);
        if (way == 1) CHECK(results[0] != W3D_OK || w3d_props_equal(&one_table, out, &other));
        if (way & 1) CHECK(results[way] == results[way - 1]);
    }
    *refusing = results[2];
    return results[0];
}

#define ONE(value, result, refusing_result, expected)                                              \
    do {                                                                                           \
        w3d_result refusing_;                                                                      \
        memset(&o, 0, sizeof o);                                                                   \
        w3d_result result_ = read_one(value, &o, &refusing_);                                      \
        CHECK_MESSAGE(result_ == result, "%s: %s", #value, w3d_result_text(result_));              \
        CHECK_MESSAGE(refusing_ == refusing_result, "%s refusing: %s", #value,                     \
                      w3d_result_text(refusing_));                                                 \
        CHECK_MESSAGE(expected, "%s: not %s", #value, #expected);                                  \
    } while (0)
#define SAME(value, expected)    ONE(value, W3D_OK, W3D_OK, expected)
#define CLAMPED(value, expected) ONE(value, W3D_OK, W3D_ERR_RANGE, expected)
#define WRONG(value)             ONE(value, W3D_ERR_FORMAT, W3D_ERR_FORMAT, 1)

static void every_conversion(void)
{
    static const int32_t minus[1] = { -9 };
    static const uint8_t byte[1] = { 15 };
    static const int64_t pair64[2] = { 1, -2 };
    static const double pair[2] = { 1e300, 2 }, triple[3] = { 1, 2, 3 };
    static const uint16_t half[1] = { 0x3800 }, halves[2] = { 0x3C00, 0xC000 };
    static const uint32_t rows[2] = { 3, W3D_BJSON_NONE };
    static const float floats[5] = { 1, 2, 3, 4, 5 };
    static const uint8_t bools[3] = { 0, 1, 1 }, not_bools[3] = { 0, 1, 2 };
    w3d_bjson_value list[2];
    one o;
    double nan = (double)w3d_f32_from_bits(0x7FC00000u);
    SAME(w3d_bjson_i64("i8", -128), o.i8 == -128);
    CLAMPED(w3d_bjson_i64("i8", -129), o.i8 == -128);
    CLAMPED(w3d_bjson_u64("i8", UINT64_MAX), o.i8 == 127);
    CLAMPED(w3d_bjson_f64("i8", 2.5), o.i8 == 3);
    CLAMPED(w3d_bjson_f64("i8", nan), o.i8 == 1);
    CLAMPED(w3d_bjson_f64("i8", 1e300), o.i8 == 127);
    SAME(w3d_bjson_f64("i8", -2.0), o.i8 == -2);
    SAME(w3d_bjson_bool("i8", 1), o.i8 == 1);
    SAME(w3d_bjson_null("i8"), o.i8 == 1);
    WRONG(w3d_bjson_string("i8", "1", 1));
    SAME(w3d_bjson_vector("u8", W3D_BJSON_SUB_U8, 1, byte), o.u8 == 15);
    CLAMPED(w3d_bjson_i64("u8", 9), o.u8 == 10);
    CLAMPED(w3d_bjson_vector("u8", W3D_BJSON_SUB_I32, 1, minus), o.u8 == 10);
    SAME(w3d_bjson_i64("flag", 1), o.flag == 1);
    CLAMPED(w3d_bjson_i64("flag", 2), o.flag == 1);
    CLAMPED(w3d_bjson_i64("u16", 65536), o.u16 == 65535);
    CLAMPED(w3d_bjson_i64("u16", -1), o.u16 == 0);
    SAME(w3d_bjson_i64("i32", INT32_MIN), o.i32 == INT32_MIN);
    CLAMPED(w3d_bjson_i64("i32", (int64_t)INT32_MAX + 1), o.i32 == INT32_MAX);
    CLAMPED(w3d_bjson_i64("i32", INT64_MIN), o.i32 == INT32_MIN);
    SAME(w3d_bjson_time("i64", INT64_MIN), o.i64 == INT64_MIN);
    CLAMPED(w3d_bjson_u64("i64", (uint64_t)INT64_MAX + 1), o.i64 == INT64_MAX);
    SAME(w3d_bjson_u64("u64", UINT64_MAX), o.u64 == UINT64_MAX);
    CLAMPED(w3d_bjson_i64("u64", -1), o.u64 == 0);
    SAME(w3d_bjson_f64("u64", 9223372036854775808.0), o.u64 == 9223372036854775808u);
    CLAMPED(w3d_bjson_f64("u64", 18446744073709551616.0), o.u64 == UINT64_MAX);
    SAME(w3d_bjson_f64("f32", 0.1), o.f32 == 0.1f);
    CLAMPED(w3d_bjson_f64("f32", -1e300), o.f32 == -3.40282347e38f);
    SAME(w3d_bjson_f64("f32", w3d_f64_from_bits(0x7FF0000000000000u)),
         w3d_bits_f32(o.f32) == 0x7F800000u);
    CLAMPED(w3d_bjson_f64("f32", nan), o.f32 == 0.5f);
    SAME(w3d_bjson_vector("f32", W3D_BJSON_SUB_F16, 1, half), o.f32 == 0.5f);
    SAME(w3d_bjson_i64("f64", 3), o.f64 == 3);
    SAME(w3d_bjson_u64("f64", UINT64_MAX), o.f64 == 18446744073709551616.0);

    SAME(w3d_bjson_vector("vector", W3D_BJSON_SUB_I64, 2, pair64), o.vector[1] == -2);
    SAME(w3d_bjson_vector("vector", W3D_BJSON_SUB_F16, 2, halves), o.vector[1] == -2);
    CLAMPED(w3d_bjson_vector("vector", W3D_BJSON_SUB_F64, 2, pair), o.vector[1] == 2);
    SAME(w3d_bjson_array("vector", W3D_BJSON_SUB_I64, pair64, 2), o.vector[0] == 1);
    SAME(w3d_bjson_large("vector", W3D_BJSON_SUB_I64, pair64, 2), o.vector[0] == 1);
    WRONG(w3d_bjson_vector("vector", W3D_BJSON_SUB_F64, 3, triple));
    WRONG(w3d_bjson_f64("vector", 1));
    WRONG(w3d_bjson_vector("vector", W3D_BJSON_SUB_REFERENCE, 2, rows));
    list[0] = w3d_bjson_i64(NULL, 4);
    list[1] = w3d_bjson_f64(NULL, 0.5);
    SAME(w3d_bjson_list("vector", list, 2), o.vector[0] == 4 && o.vector[1] == 0.5f);
    WRONG(w3d_bjson_list("vector", list, 1));
    list[1] = w3d_bjson_string(NULL, "", 0);
    WRONG(w3d_bjson_list("vector", list, 2));
    SAME(w3d_bjson_vector("flags", W3D_BJSON_SUB_U8, 2, bools), o.flags[1] == 1);
    CLAMPED(w3d_bjson_vector("flags", W3D_BJSON_SUB_U8, 2, not_bools + 1), o.flags[1] == 1);

    SAME(w3d_bjson_reference("reference", 4), o.reference == 4);
    SAME(w3d_bjson_reference("reference", W3D_BJSON_NONE), o.reference == W3D_PROPS_NONE);
    SAME(w3d_bjson_null("reference"), o.reference == W3D_PROPS_NONE);
    WRONG(w3d_bjson_i64("reference", 4)); /* a number is no row: rows change when files merge */
    SAME(w3d_bjson_vector("references", W3D_BJSON_SUB_REFERENCE, 2, rows),
         o.references[0] == 3 && o.references[1] == W3D_PROPS_NONE);
    list[0] = w3d_bjson_reference(NULL, 2);
    list[1] = w3d_bjson_null(NULL);
    SAME(w3d_bjson_list("references", list, 2),
         o.references[0] == 2 && o.references[1] == W3D_PROPS_NONE);

    SAME(w3d_bjson_string("mode", "A", 1), o.mode == 0);
    CLAMPED(w3d_bjson_string("mode", "C", 1), o.mode == -9);
    SAME(w3d_bjson_i64("mode", -9), o.mode == -9);
    CLAMPED(w3d_bjson_i64("mode", 1), o.mode == -9);
    SAME(w3d_bjson_vector("mode", W3D_BJSON_SUB_I32, 1, minus), o.mode == -9);
    CLAMPED(w3d_bjson_f64("mode", 0.25), o.mode == -9);
    WRONG(w3d_bjson_list("mode", NULL, 0));
    SAME(w3d_bjson_string("text", "12345", 5), !strcmp(o.text, "12345"));
    CLAMPED(w3d_bjson_string("text", "1234\xC3\xA9", 6), !strcmp(o.text, "1234"));
    CLAMPED(w3d_bjson_string("text", "a\0b", 3), !memcmp(o.text, "a\0\0\0\0\0", 6));
    WRONG(w3d_bjson_bytes("text", "a", 1));
    SAME(w3d_bjson_string("borrowed", "a long text", 11), !strcmp(o.borrowed, "a long text"));
    CHECK(o.borrowed > (const char *)file_memory); /* in the file */
    WRONG(w3d_bjson_i64("borrowed", 1));

    SAME(w3d_bjson_rows(w3d_bjson_array("array", W3D_BJSON_SUB_F32, floats, 2), 2),
         o.array_count == 2 && o.array[3] == 4);
    CHECK((void *)o.array > (void *)file_memory && (void *)o.array < (void *)(file_memory + 4096));
    SAME(w3d_bjson_rows(w3d_bjson_large("array", W3D_BJSON_SUB_F32, floats, 2), 2),
         o.array_count == 2 && o.array[3] == 4);
    SAME(w3d_bjson_array("array", W3D_BJSON_SUB_I64, pair64, 2),
         o.array_count == 1 && o.array[1] == -2);
    SAME(w3d_bjson_vector("array", W3D_BJSON_SUB_F16, 2, halves), o.array[1] == -2);
    SAME(w3d_bjson_array("array", W3D_BJSON_SUB_F32, NULL, 0), !o.array_count && !o.array);
    WRONG(w3d_bjson_array("array", W3D_BJSON_SUB_F32, floats, 5));
    WRONG(w3d_bjson_rows(w3d_bjson_array("array", W3D_BJSON_SUB_F32, floats, 1), 4));
    WRONG(w3d_bjson_list("array", list, 2));
    WRONG(w3d_bjson_vector("array", W3D_BJSON_SUB_REFERENCE, 2, rows));
    SAME(w3d_bjson_array("bools", W3D_BJSON_SUB_U8, bools, 3),
         o.bool_count == 3 && o.bools[2] == 1);
    CLAMPED(w3d_bjson_array("bools", W3D_BJSON_SUB_U8, not_bools, 3),
            o.bool_count == 3 && o.bools[2] == 1);
}

static void errors_say_where(void)
{
    typedef struct holder {
        plain *items;
        uint32_t count;
    } holder;
    static const w3d_prop rows[] = { { W3D_PROP_COLLECTION_FIELD(holder, items, count) } };
    w3d_prop own[1];
    w3d_props table = { "holder", own, 1, sizeof(holder), 1 };
    w3d_bjson_value value, maps[2], list;
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map, view;
    w3d_props_fault fault;
    w3d_error error;
    w3d_arena arena = new_arena();
    w3d_props_read_desc desc = { &table, NULL, &arena, 0, 0, &fault };
    holder out = { NULL, 77 };
    memcpy(own, rows, sizeof own);
    own[0].table = &plain_table;
    CHECK(w3d_props_check(&table, NULL, 0) == 0);
    value = w3d_bjson_string("mass", "heavy", 5);
    maps[0] = w3d_bjson_map(NULL, NULL, 0);
    maps[1] = w3d_bjson_map(NULL, &value, 1);
    list = w3d_bjson_list("items", maps, 2);
    CHECK(open_values(&list, 1, &file, &id, &map));
    CHECK(w3d_props_from_bjson(&desc, &map, &out, &error) == W3D_ERR_FORMAT);
    CHECK_MESSAGE(!strcmp(fault.path, "items[1].mass"), "%s", fault.path);
    CHECK(fault.table == &plain_table && fault.row == 3 && out.count == 77 && arena.used == 0);
    CHECK(!memcmp((const char *)file_memory + error.offset, "heavy", 6));
    CHECK(strstr(error.text, "number"));
    arena = w3d_arena_make(arena_memory, 2 * sizeof(plain) - 1);
    CHECK(w3d_props_from_bjson(&desc, &map, &out, &error) == W3D_ERR_CAPACITY && !arena.used);
    desc.arena = NULL;
    CHECK(w3d_props_from_bjson(&desc, &map, &out, &error) == W3D_ERR_CAPACITY);
    CHECK(w3d_bjson_member(&map, "items", &view));
    CHECK(w3d_props_from_bjson(&desc, &view, &out, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_props_from_bjson(NULL, &map, &out, &error) == W3D_ERR_ARGUMENT && out.count == 77);
}

static void versions_and_unsaved_members(void)
{
    typedef struct small {
        double old_one, new_one, scratch;
    } small;
    static const w3d_prop all[] = {
        { W3D_PROP_FIELD(small, old_one, F64, 0), NULL, 1 },
        { W3D_PROP_FIELD(small, new_one, F64, 0), NULL, 2 },
        { W3D_PROP_FIELD(small, scratch, F64, 0), NULL, 3 },
    };
    w3d_prop rows[3];
    w3d_props table = { "small", rows, 3, sizeof(small), 2 };
    small in = { 10, 20, 30 }, out;
    w3d_arena arena = new_arena();
    const w3d_bjson_value *values;
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map;
    w3d_props_plan plan;
    uint32_t count;
    memcpy(rows, all, sizeof rows);
    rows[1].since = 2;
    rows[2].flags = W3D_PROP_SKIP_SAVE;
    CHECK(w3d_props_to_bjson(&table, &in, &arena, &values, &count) == W3D_OK && count == 2);
    CHECK(open_values(values, count, &file, &id, &map));
    CHECK(w3d_props_plan_make(&table, &file, &arena, &plan) == W3D_OK);
    for (uint32_t way = 0; way < 6; way++) {
        w3d_props_read_desc desc = { &table, way & 1 ? &plan : NULL, NULL, way / 2, 0, NULL };
        out.old_one = out.new_one = out.scratch = -1;
        CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_OK);
        CHECK(out.old_one == 10 && out.scratch == -1);
        CHECK(out.new_one == (way / 2 == 1 ? 2 : 20));
    }
    /* Five shapes through the four that a plan remembers. */
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t i = 1; i <= 5; i++) {
            w3d_props_read_desc desc = { &table, &plan, NULL, i, 0, NULL };
            CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_OK);
            CHECK(out.new_one == (i == 1 ? 2 : 20));
        }
    CHECK(plan.bound > 5);
}

/* Members that files do not have stay, in nested structs too; new items get their defaults. */
static void unsaved_members_inside_others(void)
{
    typedef struct part {
        double saved, scratch;
    } part;
    typedef struct whole {
        part here, missing;
        part *parts;
        uint32_t part_count;
        float *large;
        uint32_t large_count;
    } whole;
    static const w3d_prop all_parts[] = { { W3D_PROP_FIELD(part, saved, F64, 0), NULL, 1 },
                                          { W3D_PROP_FIELD(part, scratch, F64, 0), NULL, 2 } };
    static const w3d_prop all[] = { { W3D_PROP_FIELD(whole, here, STRUCT, 0) },
                                    { W3D_PROP_FIELD(whole, missing, STRUCT, 0) },
                                    { W3D_PROP_COLLECTION_FIELD(whole, parts, part_count) },
                                    { W3D_PROP_ARRAY_FIELD(whole, large, large_count, F32, 3) } };
    static float numbers[3] = { 1, 2, 3 };
    w3d_prop part_rows[2], rows[4];
    w3d_props parts = { "part", part_rows, 2, sizeof(part), 1 };
    w3d_props table = { "whole", rows, 4, sizeof(whole), 2 };
    part items[1] = { { 7, 8 } };
    whole in = { { 3, 4 }, { 5, 6 }, items, 1, NULL, 1 }, out;
    w3d_arena arena = new_arena();
    const w3d_bjson_value *values;
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map;
    uint32_t count;
    memcpy(part_rows, all_parts, sizeof part_rows);
    memcpy(rows, all, sizeof rows);
    part_rows[1].flags = W3D_PROP_SKIP_SAVE;
    rows[0].table = rows[1].table = rows[2].table = &parts;
    rows[1].since = 2;
    rows[3].flags = W3D_PROP_LARGE;
    in.large = numbers;
    CHECK(w3d_props_check(&table, NULL, 0) == 0);
    CHECK(w3d_props_to_bjson(&table, &in, &arena, &values, &count) == W3D_OK && count == 4);
    CHECK(values[3].tag == W3D_BJSON_LARGE && values[3].n == 3 && values[3].count == 1);
    CHECK(values[2].tag == W3D_BJSON_LIST && values[0].tag == W3D_BJSON_MAP);
    CHECK(open_values(values, count, &file, &id, &map));
    w3d_props_read_desc desc = { &table, NULL, &arena, 1, 0, NULL };
    out.here.scratch = out.missing.scratch = -1;
    CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_OK);
    CHECK(out.here.saved == 3 && out.here.scratch == -1);
    CHECK(out.missing.saved == 1 && out.missing.scratch == -1);
    CHECK(out.part_count == 1 && out.parts[0].saved == 7 && out.parts[0].scratch == 2);
    CHECK(out.large_count == 1 && out.large[2] == 3);
}

static void large_structs_use_the_arena(void)
{
    typedef struct large {
        double numbers[64], more[64];
        float small;
    } large;
    static const w3d_prop rows[] = {
        { W3D_PROP_FIELD(large, numbers, F64, 64) },
        { W3D_PROP_FIELD(large, more, F64, 64) },
        { W3D_PROP_FIELD(large, small, F32, 0) }, /* converted from f64 */
    };
    static const w3d_props table = { "large", W3D_PROPS_ROWS(rows), sizeof(large), 1 };
    static large in, out;
    w3d_arena arena = new_arena(), room;
    const w3d_bjson_value *values;
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map;
    uint32_t count;
    for (int i = 0; i < 64; i++) in.numbers[i] = in.more[63 - i] = i;
    in.small = 0.25f;
    CHECK(w3d_props_to_bjson(&table, &in, &arena, &values, &count) == W3D_OK);
    CHECK(open_values(values, count, &file, &id, &map));
    room = w3d_arena_make(arena_memory, sizeof(large) - 1);
    w3d_props_read_desc desc = { &table, NULL, &room, 0, 0, NULL };
    CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_ERR_CAPACITY);
    room = w3d_arena_make(arena_memory, sizeof(large));
    CHECK(w3d_props_from_bjson(&desc, &map, &out, NULL) == W3D_OK);
    CHECK(!memcmp(&in, &out, sizeof in) && room.used == 0 && room.size == sizeof(large));
}

static void values_that_cannot_be_written(void)
{
    w3d_arena arena = new_arena();
    const w3d_bjson_value *values = NULL;
    uint32_t count = 0;
    one o;
    w3d_props_defaults(&one_table, &o);
    o.mode = 3;
    CHECK(w3d_props_to_bjson(&one_table, &o, &arena, &values, &count) == W3D_ERR_RANGE);
    o.mode = 0;
    memcpy(o.text, "123456", 6);
    CHECK(w3d_props_to_bjson(&one_table, &o, &arena, &values, &count) == W3D_ERR_TRUNCATED);
    o.text[0] = 0;
    o.array_count = 1;
    CHECK(w3d_props_to_bjson(&one_table, &o, &arena, &values, &count) == W3D_ERR_ARGUMENT);
    CHECK(!values && !count && !arena.used);
}

static void meta_says_what_tables_say(void)
{
    typedef struct outer {
        plain inside;
        uint8_t flag;
    } outer;
    static const w3d_prop rows[] = { { W3D_PROP_FIELD(outer, inside, STRUCT, 0) },
                                     { W3D_PROP_FIELD(outer, flag, BOOL, 0), "Flag", 1 } };
    w3d_prop own[2];
    w3d_props table = { "outer", own, 2, sizeof(outer), 1 };
    w3d_props_meta_type types[2] = { { "Object", &plain_table }, { "Mesh", &table } };
    w3d_arena arena = new_arena();
    w3d_bjson_value value;
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map, view, row;
    double number = 0;
    int64_t whole = 0;
    float vector[3];
    memcpy(own, rows, sizeof own);
    own[0].table = &plain_table;
    CHECK(w3d_props_to_meta(types, 2, &arena, &value) == W3D_OK);
    CHECK(arena.used < 22 * 600);
    w3d_arena tight = w3d_arena_make(arena_memory, arena.used - 1);
    w3d_bjson_value untouched = value;
    CHECK(w3d_props_to_meta(types, 2, &tight, &untouched) == W3D_ERR_CAPACITY);
    CHECK(w3d_props_to_meta(types, 2, (tight = new_arena(), &tight), &value) == W3D_OK);
    CHECK(open_values(&value, 1, &file, &id, &map)); /* as an ID's property; meta holds the same */
    CHECK(w3d_bjson_member(&map, "properties", &view) && view.count == 2);
    CHECK(w3d_bjson_member(&view, "Object", &map) && map.count == 9);
    CHECK(w3d_bjson_member(&map, "mass", &row));
    CHECK(w3d_bjson_member(&row, "label", &view) &&
          !strcmp(w3d_bjson_to_text(&view, NULL), "Mass"));
    CHECK(w3d_bjson_member(&row, "max", &view) && w3d_bjson_to_f64(&view, &number) &&
          number == 100);
    CHECK(w3d_bjson_member(&row, "default", &view) && w3d_bjson_to_f64(&view, &number));
    CHECK(number == 1 && !w3d_bjson_member(&row, "soft_max", &view));
    CHECK(w3d_bjson_member(&map, "location", &row) && w3d_bjson_member(&row, "default", &view));
    CHECK(w3d_bjson_to_f32(&view, vector, 3) && vector[2] == 5);
    CHECK(w3d_bjson_member(&map, "mode", &row) && w3d_bjson_member(&row, "items", &view));
    CHECK(view.count == 2 && w3d_bjson_item(&view, 1, NULL, &view));
    CHECK(!strcmp(w3d_bjson_to_text(&view, NULL), "B"));
    CHECK(w3d_bjson_properties(&id, &map) && w3d_bjson_member(&map, "properties", &view));
    CHECK(w3d_bjson_member(&view, "Mesh", &map) && map.count == 10);
    CHECK(w3d_bjson_member(&map, "inside.mode", &row) && w3d_bjson_member(&row, "default", &view));
    CHECK(!strcmp(w3d_bjson_to_text(&view, NULL), "A"));
    CHECK(w3d_bjson_member(&map, "flag", &row) && w3d_bjson_member(&row, "default", &view));
    CHECK(w3d_bjson_to_i64(&view, &whole) && whole == 1);
}

void test_props_bjson(void)
{
    RUN(a_plain_struct_is_one_copy);
    RUN(other_layouts_are_several);
    RUN(what_is_copied_is_looked_at);
    RUN(every_nan_is_found);
    RUN(only_plain_tables_have_fields);
    RUN(random_structs_round_trip);
    RUN(foreign_files_give_valid_structs_or_errors);
    RUN(every_conversion);
    RUN(errors_say_where);
    RUN(versions_and_unsaved_members);
    RUN(unsaved_members_inside_others);
    RUN(large_structs_use_the_arena);
    RUN(values_that_cannot_be_written);
    RUN(meta_says_what_tables_say);
}
