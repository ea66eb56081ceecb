#include "core/bits.h"
#include "props_random.h"
#include "scene/props_json.h"

enum { TEXT_SIZE = 1 << 18 };

static char text[TEXT_SIZE];
static uint64_t arena_memory[1 << 15];

/* The JSON of a struct in `text`, with a NUL; gives the writer's result. */
static w3d_result write_text(const w3d_props *table, const void *data, uint32_t indent)
{
    w3d_sink_buffer buffer = { text, sizeof text - 1, 0 };
    w3d_json_write_desc desc;
    static w3d_json_writer writer;
    memset(&desc, 0, sizeof desc);
    desc.sink = w3d_sink_to_buffer(&buffer);
    desc.indent = indent;
    CHECK(w3d_json_write_begin(&writer, &desc) == W3D_OK);
    w3d_result result = w3d_props_to_json(table, data, &writer);
    w3d_result end = w3d_json_write_finish(&writer, NULL);
    text[buffer.size < sizeof text ? buffer.size : 0] = 0;
    CHECK(result == W3D_OK || result == end); /* an error sticks to the writer */
    return result != W3D_OK ? result : end;
}

static w3d_result read_text(const w3d_props_json_desc *desc, const char *from, size_t size,
                            void *data, w3d_error *error)
{
    w3d_json_desc open;
    w3d_json json;
    memset(&open, 0, sizeof open);
    open.text = from;
    open.size = size;
    w3d_result result = w3d_json_open(&open, &json, error);
    CHECK_MESSAGE(result == W3D_OK, "no JSON: %s at %u: %.60s", error->text,
                  (unsigned)error->offset, from);
    if (result != W3D_OK) return result;
    result = w3d_props_from_json(desc, &json, 0, data, error);
    w3d_json_close(&json);
    return result;
}

typedef struct part {
    double at;
    const char *name;
} part;

typedef struct thing {
    float location[3], matrix[9];
    double mass;
    int64_t whole;
    uint64_t large;
    int8_t small;
    uint8_t hide, layers[2];
    int32_t mode;
    uint32_t parent, links[2];
    char note[8];
    const char *text;
    part part;
    float *points;
    uint32_t point_count;
    uint16_t *indices;
    uint32_t index_count;
    part *parts;
    uint32_t part_count;
} thing;

static const w3d_prop_item modes[] = { { "WIRE", NULL, 0 }, { "SO\"LID", NULL, 4 } };
static const w3d_prop part_rows[] = { { W3D_PROP_FIELD(part, at, F64, 0), NULL, 0, -10, 10 },
                                      { W3D_PROP_FIELD(part, name, TEXT, 0) } };
static const w3d_props part_table = { "part", W3D_PROPS_ROWS(part_rows), sizeof(part), 1 };
#define NOTHING NULL, 0, 0, 0, 0, 0, 0
static const w3d_prop thing_rows[] = {
    { W3D_PROP_FIELD(thing, location, F32, 3) },
    { W3D_PROP_FIELD(thing, matrix, F32, 9) },
    { W3D_PROP_FIELD(thing, mass, F64, 0), "Mass", 1, 0, W3D_PROP_ANY },
    { W3D_PROP_FIELD(thing, whole, I64, 0) },
    { W3D_PROP_FIELD(thing, large, U64, 0) },
    { W3D_PROP_FIELD(thing, small, I8, 0) },
    { W3D_PROP_FIELD(thing, hide, BOOL, 0) },
    { W3D_PROP_FIELD(thing, layers, BOOL, 2) },
    { W3D_PROP_FIELD(thing, mode, ENUM, 0), NOTHING, modes, 2 },
    { W3D_PROP_FIELD(thing, parent, REFERENCE, 0) },
    { W3D_PROP_FIELD(thing, links, REFERENCE, 2) },
    { W3D_PROP_FIELD(thing, note, STRING, 0) },
    { W3D_PROP_FIELD(thing, text, TEXT, 0) },
    { W3D_PROP_FIELD(thing, part, STRUCT, 0), NOTHING, NULL, 0, 0, &part_table },
    { W3D_PROP_ARRAY_FIELD(thing, points, point_count, F32, 3) },
    { W3D_PROP_ARRAY_FIELD(thing, indices, index_count, U16, 0) },
    { W3D_PROP_COLLECTION_FIELD(thing, parts, part_count), NOTHING, NULL, 0, 0, &part_table },
};
static const w3d_props thing_table = { "thing", W3D_PROPS_ROWS(thing_rows), sizeof(thing), 1 };

static void make_thing(thing *t)
{
    static float points[6] = { 1, 2, 3, 0.5f, -0.0f, 1e20f };
    static uint16_t indices[3] = { 0, 1, 65535 };
    static part parts[2] = { { 1, "one" }, { -2.5, NULL } };
    w3d_props_defaults(&thing_table, t);
    t->location[0] = 0.1f;
    t->location[1] = w3d_f32_from_bits(0xFF800000u);
    t->matrix[8] = 1;
    t->mass = 0.1;
    t->whole = INT64_MIN;
    t->large = UINT64_MAX;
    t->small = -128;
    t->hide = t->layers[1] = 1;
    t->mode = 4;
    t->links[1] = 7;
    strcpy(t->note, "a\"\n\\");
    t->text = "\xC3\xA9";
    t->part.at = 3;
    t->points = points;
    t->point_count = 2;
    t->indices = indices;
    t->index_count = 3;
    t->parts = parts;
    t->part_count = 2;
}

static void the_text_is_for_people(void)
{
    thing t;
    make_thing(&t);
    CHECK(w3d_props_check(&thing_table, NULL, 0) == 0);
    CHECK(write_text(&thing_table, &t, 0) == W3D_OK);
    static const char expected[] =
        "{\"location\":[0.1,\"-Infinity\",0.0],"
        "\"matrix\":[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0],"
        "\"mass\":0.1,\"whole\":\"-9223372036854775808\",\"large\":\"18446744073709551615\","
        "\"small\":-128,\"hide\":true,\"layers\":[false,true],\"mode\":\"SO\\\"LID\","
        "\"parent\":null,\"links\":[null,7],\"note\":\"a\\\"\\n\\\\\",\"text\":\"\xC3\xA9\","
        "\"part\":{\"at\":3.0,\"name\":\"\"},\"points\":[[1.0,2.0,3.0],[0.5,-0.0,"
        "100000000000000000000.0]],"
        "\"indices\":[0,1,65535],"
        "\"parts\":[{\"at\":1.0,\"name\":\"one\"},{\"at\":-2.5,\"name\":\"\"}]}";
    CHECK_MESSAGE(!strcmp(text, expected), "%.400s", text);
}

static void a_struct_comes_back(void)
{
    thing in, out;
    w3d_error error;
    make_thing(&in);
    for (uint32_t indent = 0; indent < 3; indent += 2)
        for (int refuse = 0; refuse < 2; refuse++) {
            w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
            w3d_props_json_desc desc = { &thing_table, &arena, 0, refuse, NULL };
            memset(&out, 0xEE, sizeof out);
            CHECK(write_text(&thing_table, &in, indent) == W3D_OK);
            CHECK(read_text(&desc, text, strlen(text), &out, &error) == W3D_OK);
            memset(text, 'x', sizeof text); /* nothing borrows it */
            CHECK(w3d_props_equal(&thing_table, &in, &out));
        }
}

/* The largest float is written as 3.4028235e38, which as a double is larger; and a text a little
 * above the middle of two floats is not the middle, which its nearest double is. */
static void floats_are_rounded_once(void)
{
    static const char middle[] = "{\"location\":[3.4028235e38,-3.4028235e38,"
                                 "1.00000005960464477539062500001]}";
    for (int refuse = 0; refuse < 2; refuse++) {
        thing t;
        w3d_error error;
        w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
        w3d_props_json_desc desc = { &thing_table, &arena, 0, refuse, NULL };
        make_thing(&t);
        CHECK(read_text(&desc, middle, sizeof middle - 1, &t, &error) == W3D_OK);
        CHECK(t.location[0] == FLT_MAX && t.location[1] == -FLT_MAX);
        CHECK(w3d_bits_f32(t.location[2]) == 0x3F800001u);
    }
    static const char above[] = "{\"location\":[0,3.4028235677973367e38,0]}";
    for (int refuse = 0; refuse < 2; refuse++) {
        thing t;
        w3d_error error;
        w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
        w3d_props_json_desc desc = { &thing_table, &arena, 0, refuse, NULL };
        make_thing(&t);
        w3d_result result = read_text(&desc, above, sizeof above - 1, &t, &error);
        CHECK(result == (refuse ? W3D_ERR_RANGE : W3D_OK));
        CHECK(refuse ? error.offset == 15 : t.location[1] == FLT_MAX);
    }
}

static void random_structs_come_back(void)
{
    static props_random r;
    static uint64_t back[PROPS_RANDOM_SIZE / 8];
    for (int round = 0; round < 200; round++) {
        w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
        w3d_props_fault fault;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_props_json_desc desc = { &r.table, &arena, 0, 0, &fault };
        props_random_tables(&r, round & 1);
        for (uint32_t i = 0; i < r.table.row_count; i++) /* NaN in arrays reads as the default */
            if (r.rows[i].type == W3D_PROP_ARRAY && !r.rows[i].max &&
                r.rows[i].element < W3D_PROP_REFERENCE)
                r.rows[i].max = 1e9;
        for (uint32_t k = 0; k < 2; k++)
            for (uint32_t i = 0; i < r.inner[k].row_count; i++)
                if (r.inner_rows[k][i].type == W3D_PROP_ARRAY && !r.inner_rows[k][i].max &&
                    r.inner_rows[k][i].element < W3D_PROP_REFERENCE)
                    r.inner_rows[k][i].max = 1e9;
        memset(r.memory, 0, sizeof r.memory);
        props_random_fill(&r, &r.table, r.memory, 5);
        w3d_props_clamp(&r.table, r.memory);
        w3d_result result = write_text(&r.table, r.memory, round % 3 ? 0 : 2);
        CHECK_MESSAGE(result == W3D_OK, "not written: %s", w3d_result_text(result));
        if (result != W3D_OK) continue;
        memset(back, 0xEE, sizeof back);
        desc.refuse = round % 5 == 0;
        result = read_text(&desc, text, strlen(text), back, &error);
        CHECK_MESSAGE(result == W3D_OK, "%s: %s", fault.path, error.text);
        if (result == W3D_OK) CHECK(w3d_props_equal(&r.table, r.memory, back));
    }
}

/* One text, clamping and refusing; the struct or the error's place is checked. */
static void every_form_that_people_write(void)
{
    static const struct {
        const char *from;
        w3d_result clamping, refusing;
        int offset;       /* of the error */
        const char *path; /* to the member at fault */
    } cases[] = {
        { "{}", W3D_OK, W3D_OK, 0, "" },
        { "{\"unknown\":[1,{\"a\":2}],\"mass\":2}", W3D_OK, W3D_OK, 0, "" },
        { "{\"mass\":null,\"location\":null,\"parts\":null,\"part\":null}", W3D_OK, W3D_OK, 0, "" },
        { "{\"mass\":\"0.5e1\",\"whole\":\"-12\"}", W3D_OK, W3D_OK, 0, "" },
        { "{\"mass\":true,\"hide\":1,\"mode\":4}", W3D_OK, W3D_OK, 0, "" },
        { "{\"points\":[1,2,3,4,5,6],\"indices\":[]}", W3D_OK, W3D_OK, 0, "" },
        { "{\"points\":[[1,2,3]],\"parts\":[{},{\"at\":1}]}", W3D_OK, W3D_OK, 0, "" },
        { "{\"whole\":2.0,\"large\":18446744073709551615}", W3D_OK, W3D_OK, 0, "" },
        { "{\"mass\":-1}", W3D_OK, W3D_ERR_RANGE, 8, "mass" },
        { "{\"mass\":\"NaN\"}", W3D_OK, W3D_ERR_RANGE, 8, "mass" },
        { "{\"mass\":\"Infinity\"}", W3D_OK, W3D_OK, 0, "" },
        { "{\"location\":[1,1e300,2]}", W3D_OK, W3D_ERR_RANGE, 15, "location[1]" },
        { "{\"small\":1.5}", W3D_OK, W3D_ERR_RANGE, 9, "small" },
        { "{\"small\":128}", W3D_OK, W3D_ERR_RANGE, 9, "small" },
        { "{\"whole\":9223372036854775808}", W3D_OK, W3D_ERR_RANGE, 9, "whole" },
        { "{\"whole\":\"-9223372036854775809\"}", W3D_OK, W3D_OK, 0, "" }, /* as a double */
        { "{\"large\":\"18446744073709551616\"}", W3D_OK, W3D_ERR_RANGE, 9, "large" },
        { "{\"large\":-1}", W3D_OK, W3D_ERR_RANGE, 9, "large" },
        { "{\"hide\":2}", W3D_OK, W3D_ERR_RANGE, 8, "hide" },
        { "{\"mode\":\"NONE\"}", W3D_OK, W3D_ERR_RANGE, 8, "mode" },
        { "{\"mode\":3}", W3D_OK, W3D_ERR_RANGE, 8, "mode" },
        { "{\"note\":\"12345678\"}", W3D_OK, W3D_ERR_RANGE, 8, "note" },
        { "{\"text\":\"a\\u0000b\"}", W3D_OK, W3D_ERR_RANGE, 8, "text" },
        { "{\"parent\":-1}", W3D_OK, W3D_ERR_RANGE, 10, "parent" },
        { "{\"part\":{\"at\":11}}", W3D_OK, W3D_ERR_RANGE, 14, "part.at" },
        { "{\"indices\":[1,70000]}", W3D_OK, W3D_ERR_RANGE, 14, "indices[1]" },
        { "[]", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 0, "" },
        { "{\"mass\":\"heavy\"}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "mass" },
        { "{\"mass\":\"\"}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "mass" },
        { "{\"mass\":\"-\"}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "mass" },
        { "{\"mass\":[1]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "mass" },
        { "{\"location\":[1,2]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 12, "location" },
        { "{\"location\":1}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 12, "location" },
        { "{\"location\":[1,2,{}]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 17, "location[2]" },
        { "{\"mode\":true}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "mode" },
        { "{\"note\":1}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "note" },
        { "{\"text\":[]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "text" },
        { "{\"part\":[]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 8, "part" },
        { "{\"part\":{\"name\":1}}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 16, "part.name" },
        { "{\"points\":[1,2]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 10, "points" },
        { "{\"points\":[[1,2,3],[1,2]]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 19, "points[1]" },
        { "{\"points\":[[1,2,3],4]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 19, "points[1]" },
        { "{\"points\":[1,2,[3]]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 15, "points[2]" },
        { "{\"points\":{}}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 10, "points" },
        { "{\"parts\":{}}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 9, "parts" },
        { "{\"parts\":[{},7]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 13, "parts[1]" },
        { "{\"parts\":[{},{\"at\":\"x\"}]}", W3D_ERR_FORMAT, W3D_ERR_FORMAT, 19, "parts[1].at" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int refuse = 0; refuse < 2; refuse++) {
            thing t, before;
            w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
            w3d_props_fault fault;
            w3d_error error = { W3D_OK, 0, "" };
            w3d_props_json_desc desc = { &thing_table, &arena, 0, refuse, &fault };
            w3d_result expected = refuse ? cases[i].refusing : cases[i].clamping;
            memset(&fault, 0, sizeof fault);
            memset(&t, 0x5A, sizeof t);
            memcpy(&before, &t, sizeof t);
            w3d_result result = read_text(&desc, cases[i].from, strlen(cases[i].from), &t, &error);
            CHECK_MESSAGE(result == expected, "%s: %s, %s", cases[i].from, w3d_result_text(result),
                          error.text);
            if (result == W3D_OK) {
                CHECK_MESSAGE(w3d_props_validate(&thing_table, &t, &fault) == W3D_OK, "%s: %s",
                              cases[i].from, fault.text);
                continue;
            }
            CHECK_MESSAGE((int)error.offset == cases[i].offset && error.code == result, "%s: at %d",
                          cases[i].from, (int)error.offset);
            CHECK_MESSAGE(!strcmp(fault.path, cases[i].path) && fault.text == error.text, "%s: %s",
                          cases[i].from, fault.path);
            CHECK(!memcmp(&t, &before, sizeof t) && arena.used == 0);
        }
}

static void values_are_what_the_text_says(void)
{
    static const char from[] =
        "{\"mode\":\"SO\\\"LID\",\"small\":-129,\"mass\":\"0.5e1\",\"mass\":7,\"large\":1e19,"
        "\"whole\":-2.5,\"note\":\"1234567\xC3\xA9\",\"text\":\"a\\u00e9\",\"hide\":true,"
        "\"points\":[1,2,3,4,5,6],\"links\":[3,null],\"part\":{\"at\":-99}}";
    thing t;
    w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
    w3d_props_json_desc desc = { &thing_table, &arena, 0, 0, NULL };
    w3d_error error;
    CHECK(read_text(&desc, from, strlen(from), &t, &error) == W3D_OK);
    CHECK(t.mode == 4 && t.small == -128 && t.mass == 7 && t.large == 10000000000000000000u);
    CHECK(t.whole == -3 && !strcmp(t.note, "1234567") && !strcmp(t.text, "a\xC3\xA9"));
    CHECK(t.hide == 1 && t.point_count == 2 && t.points[5] == 6 && t.links[0] == 3);
    CHECK(t.links[1] == W3D_PROPS_NONE && t.part.at == -10 && t.location[0] == 0);
    static const char low[] = "{\"whole\":\"-9223372036854775809\"}"; /* a double, then clamped */
    CHECK(read_text(&desc, low, strlen(low), &t, &error) == W3D_OK && t.whole == INT64_MIN);
    desc.arena = NULL;
    CHECK(read_text(&desc, from, strlen(from), &t, &error) == W3D_ERR_CAPACITY);
    CHECK(read_text(&desc, "{\"mass\":3}", 10, &t, &error) == W3D_OK && t.mass == 3);
}

static void what_cannot_be_written(void)
{
    thing t;
    make_thing(&t);
    t.mode = 9;
    CHECK(write_text(&thing_table, &t, 0) == W3D_ERR_RANGE);
    make_thing(&t);
    memset(t.note, 'a', 8);
    CHECK(write_text(&thing_table, &t, 0) == W3D_ERR_TRUNCATED);
    make_thing(&t);
    t.points = NULL;
    CHECK(write_text(&thing_table, &t, 0) == W3D_ERR_ARGUMENT);
    make_thing(&t);
    t.text = "\xFF";
    CHECK(write_text(&thing_table, &t, 0) == W3D_ERR_UTF8);
}

typedef struct node {
    struct node *nodes;
    uint32_t count;
} node;

/* Structs that hold themselves. */
static void nesting_ends(void)
{
    static w3d_prop rows[] = { { W3D_PROP_COLLECTION_FIELD(node, nodes, count) } };
    static w3d_props table = { "node", W3D_PROPS_ROWS(rows), sizeof(node), 1 };
    node chain[W3D_PROPS_DEPTH_LIMIT + 2];
    rows[0].table = &table;
    memset(chain, 0, sizeof chain);
    for (int i = 0; i < W3D_PROPS_DEPTH_LIMIT + 1; i++) {
        chain[i].nodes = &chain[i + 1];
        chain[i].count = 1;
    }
    CHECK(write_text(&table, &chain[1], 0) == W3D_OK);
    CHECK(write_text(&table, &chain[0], 0) == W3D_ERR_LIMIT);
    chain[1].nodes = chain;
    CHECK(write_text(&table, chain, 0) == W3D_ERR_LIMIT);
}

static int sweep_body(const void *allocator, void *user)
{
    thing t;
    w3d_arena arena = w3d_arena_make(arena_memory, sizeof arena_memory);
    w3d_props_json_desc desc = { &thing_table, &arena, 0, 0, NULL };
    w3d_json_desc open;
    w3d_json json;
    (void)user;
    memset(&open, 0, sizeof open);
    open.text = text;
    open.size = strlen(text);
    open.allocator = (const w3d_allocator *)allocator;
    w3d_result result = w3d_json_open(&open, &json, NULL);
    if (result != W3D_OK) return (int)result;
    result = w3d_props_from_json(&desc, &json, 0, &t, NULL);
    w3d_json_close(&json);
    return (int)result;
}

static void reading_survives_every_failed_allocation(void)
{
    thing t;
    make_thing(&t);
    CHECK(write_text(&thing_table, &t, 0) == W3D_OK);
    test_allocation_sweep(sweep_body, NULL);
}

void test_props_json(void)
{
    RUN(the_text_is_for_people);
    RUN(a_struct_comes_back);
    RUN(floats_are_rounded_once);
    RUN(random_structs_come_back);
    RUN(every_form_that_people_write);
    RUN(values_are_what_the_text_says);
    RUN(what_cannot_be_written);
    RUN(nesting_ends);
    RUN(reading_survives_every_failed_allocation);
}
