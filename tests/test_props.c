#include "core/bits.h"
#include "props_random.h"
#include "scene/props_path.h"

typedef struct inner {
    float offset[2];
    uint8_t on;
} inner;

typedef struct thing {
    uint8_t flag, flags[3];
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    float location[3], color[4], matrix[16];
    uint32_t parent, links[2];
    int32_t mode;
    uint8_t small_mode;
    char note[8];
    const char *text;
    inner nested;
    float *weights;
    uint32_t weight_count;
    inner *items;
    uint32_t item_count;
} thing;

static const w3d_prop_item modes[] = { { "WIRE", "Wire", 0 },
                                       { "SOLID", "Solid", 5 },
                                       { "NEGATIVE", NULL, -1 } };
static const float location_default[3] = { 1, 2, 3 };
static const w3d_prop inner_rows[] = {
    { W3D_PROP_FIELD(inner, offset, F32, 2), "Offset", 0, -1, 1 },
    { W3D_PROP_FIELD(inner, on, BOOL, 0), "On", 1 },
};
static const w3d_props inner_table = { "inner", W3D_PROPS_ROWS(inner_rows), sizeof(inner), 1 };

/* Filled at run time: tests change rows of their own copy. */
typedef struct things {
    w3d_prop rows[32];
    w3d_props table;
} things;

static uint32_t row_of(const things *t, const char *name)
{
    return w3d_props_row(&t->table, name, strlen(name));
}

static w3d_prop *prop_of(things *t, const char *name) { return &t->rows[row_of(t, name)]; }

static void make_things(things *t)
{
    static const w3d_prop rows[] = {
        { W3D_PROP_FIELD(thing, flag, BOOL, 0) },
        { W3D_PROP_FIELD(thing, flags, BOOL, 3), "Flags", 1 },
        { W3D_PROP_FIELD(thing, i8, I8, 0) },
        { W3D_PROP_FIELD(thing, u8, U8, 0), "U8", 20, 10, 20 },
        { W3D_PROP_FIELD(thing, i16, I16, 0) },
        { W3D_PROP_FIELD(thing, u16, U16, 0) },
        { W3D_PROP_FIELD(thing, i32, I32, 0), "I32", -3, -5, W3D_PROP_ANY },
        { W3D_PROP_FIELD(thing, u32, U32, 0) },
        { W3D_PROP_FIELD(thing, i64, I64, 0) },
        { W3D_PROP_FIELD(thing, u64, U64, 0) },
        { W3D_PROP_FIELD(thing, f32, F32, 0), "F32", 0.25, 0.1, 0.9 },
        { W3D_PROP_FIELD(thing, f64, F64, 0), "F64", 2.5 },
        { W3D_PROP_FIELD(thing, location, F32, 3) },
        { W3D_PROP_FIELD(thing, color, F32, 4), "Color", 1, 0, W3D_PROP_ANY },
        { W3D_PROP_FIELD(thing, matrix, F32, 16) },
        { W3D_PROP_FIELD(thing, parent, REFERENCE, 0) },
        { W3D_PROP_FIELD(thing, links, REFERENCE, 2) },
        { W3D_PROP_FIELD(thing, mode, ENUM, 0), "Mode", 5 },
        { W3D_PROP_FIELD(thing, small_mode, ENUM, 0), "Small", -1 },
        { W3D_PROP_FIELD(thing, note, STRING, 0) },
        { W3D_PROP_FIELD(thing, text, TEXT, 0) },
        { W3D_PROP_FIELD(thing, nested, STRUCT, 0) },
        { W3D_PROP_ARRAY_FIELD(thing, weights, weight_count, F32, 2), "Weights", 0, 0, 1 },
        { W3D_PROP_COLLECTION_FIELD(thing, items, item_count) },
    };
    memset(t, 0, sizeof *t);
    memcpy(t->rows, rows, sizeof rows);
    t->table.name = "thing";
    t->table.rows = t->rows;
    t->table.row_count = (uint32_t)(sizeof rows / sizeof rows[0]);
    t->table.size = sizeof(thing);
    t->table.version = 2;
    prop_of(t, "location")->default_data = location_default;
    prop_of(t, "location")->subtype = W3D_PROP_TRANSLATION;
    prop_of(t, "color")->subtype = W3D_PROP_COLOR;
    prop_of(t, "matrix")->subtype = W3D_PROP_MATRIX;
    prop_of(t, "mode")->items = prop_of(t, "small_mode")->items = modes;
    prop_of(t, "mode")->item_count = prop_of(t, "small_mode")->item_count = 3;
    prop_of(t, "note")->default_data = "hello";
    prop_of(t, "text")->default_data = "a text";
    prop_of(t, "nested")->table = prop_of(t, "items")->table = &inner_table;
    prop_of(t, "i16")->flags = W3D_PROP_READ_ONLY;
}

static void a_right_table_has_no_faults(void)
{
    things t;
    make_things(&t);
    w3d_props_fault faults[8];
    uint32_t count = w3d_props_check(&t.table, faults, 8);
    for (uint32_t i = 0; i < count && i < 8; i++)
        CHECK_MESSAGE(0, "%s: %s", faults[i].path, faults[i].text);
    CHECK(count == 0);
    CHECK(w3d_props_check(NULL, NULL, 0) == 1);
}

/* Each mistake alone is found once, in its row. */
#define MISTAKE(name, change)                                                                      \
    do {                                                                                           \
        make_things(&t);                                                                           \
        prop = prop_of(&t, name);                                                                  \
        uint32_t wrong_row = row_of(&t, name);                                                     \
        change;                                                                                    \
        uint32_t count = w3d_props_check(&t.table, faults, 8);                                     \
        CHECK_MESSAGE(count == 1, "%s %s: %u faults", name, #change, count);                       \
        CHECK_MESSAGE(count &&faults[0].row == wrong_row && faults[0].text &&                      \
                          faults[0].table == &t.table,                                             \
                      "%s %s", name, #change);                                                     \
    } while (0)

static void every_mistake_in_a_table_is_found(void)
{
    static const w3d_prop_item twice[] = { { "A", 0, 0 }, { "A", 0, 1 } };
    static const w3d_prop_item same[] = { { "A", 0, 0 }, { "B", 0, 256 } };
    static const w3d_prop_item nameless[] = { { "", 0, 0 } };
    static const w3d_prop_item large[] = { { "A", 0, 0 }, { "B", 0, 300 } };
    static const float far_away[3] = { 1, 2, 50 };
    things t;
    w3d_props_fault faults[8];
    w3d_prop *prop;
    double nan = (double)w3d_f32_from_bits(0x7FC00000u);
    MISTAKE("flag", prop->identifier = NULL);
    MISTAKE("flag", prop->identifier = "");
    MISTAKE("flag", prop->identifier = "1a");
    MISTAKE("flag", prop->identifier = "a b");
    MISTAKE("flag", prop->identifier = "a.b");
    MISTAKE("flag",
            prop->identifier = "a234567890123456789012345678901234567890123456789012345678901234");
    MISTAKE("flags", prop->identifier = "flag");
    MISTAKE("flag", prop->label = "\xFF");
    MISTAKE("flag", prop->description = "\xC3");
    MISTAKE("flag", prop->since = 3);
    MISTAKE("flag", prop->flags = 1024);
    MISTAKE("parent", prop->target = 257);
    MISTAKE("flag", prop->type = 99);
    MISTAKE("f64", prop->type = W3D_PROP_F32);
    MISTAKE("location", prop->n = 4);
    MISTAKE("matrix",
            (prop->n = 65, prop->subtype = 0, prop->size = 260, prop->offset = 0, t.rows[0] = *prop,
             t.table.row_count = 1, t.table.size = 512, wrong_row = 0));
    MISTAKE("items", prop->offset = (uint32_t)sizeof(thing));
    MISTAKE("f64", prop->offset = 0xFFFFFFF8u);
    MISTAKE("items", prop->count_offset = (uint32_t)sizeof(thing) - 2);
    MISTAKE("u16", (prop->offset += 1, t.rows[0] = *prop, t.table.row_count = 1, wrong_row = 0));
    MISTAKE("u8", prop->offset = offsetof(thing, flag));
    MISTAKE("items", prop->count_offset = offsetof(thing, weight_count));
    MISTAKE("items", prop->count_offset = prop->offset);
    MISTAKE("u8", prop->min = 30);
    MISTAKE("u8", prop->min = nan);
    MISTAKE("f64", prop->step = -1);
    MISTAKE("f64", prop->step = nan);
    MISTAKE("f64", (prop->soft_min = 2, prop->soft_max = 1));
    MISTAKE("u8", (prop->soft_min = 5, prop->soft_max = 15));
    MISTAKE("u8", prop->default_value = 21);
    MISTAKE("i8", prop->default_value = 128);
    MISTAKE("i8", prop->default_value = 0.5);
    MISTAKE("u8", (prop->min = 10.2, prop->max = 10.8, prop->default_value = 10.5));
    MISTAKE("f64", prop->default_value = nan);
    MISTAKE("flag", prop->default_value = 2);
    MISTAKE("location", (prop->default_data = far_away, prop->max = 10));
    CHECK(faults[0].element == 2);
    MISTAKE("u64", prop->default_value = -1);
    MISTAKE("note", prop->default_data = "12345678");
    MISTAKE("note", prop->default_data = "\xFF");
    MISTAKE("text", prop->default_value = 1);
    MISTAKE("parent", prop->default_value = 1);
    MISTAKE("note", prop->max = 1);
    MISTAKE("note", prop->unit = W3D_PROP_MASS);
    MISTAKE("f64", prop->unit = 99);
    MISTAKE("f64", prop->subtype = W3D_PROP_COLOR);
    MISTAKE("location", prop->subtype = W3D_PROP_QUATERNION);
    MISTAKE("location", prop->subtype = W3D_PROP_FILE_PATH);
    MISTAKE("location", prop->subtype = 99);
    MISTAKE("mode", prop->item_count = 0);
    MISTAKE("mode", (prop->items = twice, prop->item_count = 2, prop->default_value = 0));
    MISTAKE("small_mode", (prop->items = same, prop->item_count = 2, prop->default_value = 0));
    MISTAKE("small_mode", (prop->items = large, prop->item_count = 2, prop->default_value = 0));
    MISTAKE("mode", (prop->items = nameless, prop->item_count = 1, prop->default_value = 0));
    MISTAKE("mode", prop->default_value = 4);
    MISTAKE("mode", prop->default_value = nan);
    MISTAKE("note", prop->n = 3);
    MISTAKE("nested", prop->table = NULL);
    MISTAKE("items", prop->table = &t.table);
    MISTAKE("weights", (prop->element = W3D_PROP_STRING, prop->max = 0));
    make_things(&t);
    t.table.name = "1";
    t.table.flags = 8;
    faults[1].text = NULL;
    CHECK(w3d_props_check(&t.table, faults, 1) == 2 && faults[0].row == W3D_PROPS_NONE);
    CHECK(!faults[1].text);
    make_things(&t);
    t.table.rows = NULL;
    CHECK(w3d_props_check(&t.table, faults, 8) == 1);

    w3d_props chain[20]; /* too deep, though no circle */
    w3d_prop links[20];
    memset(chain, 0, sizeof chain);
    memset(links, 0, sizeof links);
    for (uint32_t i = 0; i < 20; i++) {
        links[i].identifier = "next";
        links[i].type = i == 19 ? W3D_PROP_F32 : W3D_PROP_STRUCT;
        links[i].size = 4;
        links[i].table = i == 19 ? NULL : &chain[i + 1];
        chain[i].name = "chain";
        chain[i].rows = &links[i];
        chain[i].row_count = 1;
        chain[i].size = 4;
    }
    CHECK(w3d_props_check(&chain[0], faults, 8) == 1);
    CHECK(w3d_props_check(&chain[19 - W3D_PROPS_DEPTH_LIMIT], faults, 8) == 0);
}

static void defaults_fill_every_member(void)
{
    things t;
    thing a;
    make_things(&t);
    memset(&a, 0xA5, sizeof a);
    w3d_props_defaults(&t.table, &a);
    CHECK(a.flag == 0 && a.flags[0] == 1 && a.flags[2] == 1 && a.u8 == 20 && a.i32 == -3);
    CHECK(a.f32 == 0.25f && a.f64 == 2.5 && a.location[2] == 3 && a.color[3] == 1);
    CHECK(a.parent == W3D_PROPS_NONE && a.links[1] == W3D_PROPS_NONE);
    CHECK(a.mode == 5 && a.small_mode == 255 && !strcmp(a.note, "hello"));
    CHECK(!strcmp(a.text, "a text") && a.nested.offset[0] == 0 && a.nested.on == 1);
    CHECK(!a.weights && !a.weight_count && !a.items && !a.item_count);
    CHECK(a.note[6] == 0 && a.note[7] == 0);
    CHECK(w3d_props_validate(&t.table, &a, NULL) == W3D_OK && w3d_props_clamp(&t.table, &a) == 0);
}

/* One value is made wrong: validate names it, clamp mends it alone. */
#define WRONG(where, code, set, mended)                                                            \
    do {                                                                                           \
        w3d_props_defaults(&t.table, &a);                                                          \
        set;                                                                                       \
        CHECK_MESSAGE(w3d_props_validate(&t.table, &a, &fault) == code, "%s: not %s", where,       \
                      #code);                                                                      \
        CHECK_MESSAGE(!strcmp(fault.path, where) && fault.text, "%s is not %s", fault.path,        \
                      where);                                                                      \
        CHECK_MESSAGE(w3d_props_clamp(&t.table, &a) == 1, "%s is not mended once", where);         \
        CHECK_MESSAGE(w3d_props_validate(&t.table, &a, NULL) == W3D_OK, "%s stays", where);        \
        CHECK(mended);                                                                             \
    } while (0)

static void wrong_values_are_named_and_mended(void)
{
    things t;
    thing a;
    w3d_props_fault fault;
    float nan = w3d_f32_from_bits(0x7FC00000u), infinite = w3d_f32_from_bits(0x7F800000u);
    float weights[4] = { 0, 0.5f, 2, 1 };
    inner items[3];
    make_things(&t);
    memset(items, 0, sizeof items);
    WRONG("flag", W3D_ERR_RANGE, a.flag = 7, a.flag == 1);
    WRONG("flags[1]", W3D_ERR_RANGE, a.flags[1] = 2, a.flags[1] == 1);
    WRONG("u8", W3D_ERR_RANGE, a.u8 = 9, a.u8 == 10);
    WRONG("u8", W3D_ERR_RANGE, a.u8 = 255, a.u8 == 20);
    WRONG("i32", W3D_ERR_RANGE, a.i32 = INT32_MIN, a.i32 == -5);
    WRONG("f32", W3D_ERR_RANGE, a.f32 = 0, a.f32 == 0.1f);
    WRONG("f32", W3D_ERR_RANGE, a.f32 = infinite, a.f32 == 0.9f);
    WRONG("f32", W3D_ERR_RANGE, a.f32 = nan, a.f32 == 0.25f);
    WRONG("f64", W3D_ERR_RANGE, a.f64 = (double)nan, a.f64 == 2.5);
    WRONG("location[1]", W3D_ERR_RANGE, a.location[1] = nan, a.location[1] == 2);
    WRONG("color[3]", W3D_ERR_RANGE, a.color[3] = -1, a.color[3] == 0);
    WRONG("mode", W3D_ERR_RANGE, a.mode = 1, a.mode == 5);
    WRONG("small_mode", W3D_ERR_RANGE, a.small_mode = 1, a.small_mode == 255);
    WRONG("note", W3D_ERR_TRUNCATED, memcpy(a.note, "12345678", 8), !strcmp(a.note, "1234567"));
    WRONG("note", W3D_ERR_TRUNCATED, memcpy(a.note, "12345\xF0\x9F\x98", 8),
          !strcmp(a.note, "12345"));
    WRONG("note", W3D_ERR_TRUNCATED, memcpy(a.note, "123456\xC3\xA9", 8),
          !strcmp(a.note, "123456"));
    WRONG("note", W3D_ERR_UTF8, strcpy(a.note, "ab\xFFz"), !memcmp(a.note, "ab\0\0\0\0\0", 8));
    WRONG("text", W3D_ERR_UTF8, a.text = "\xFF", !strcmp(a.text, "a text"));
    WRONG("nested.offset[1]", W3D_ERR_RANGE, a.nested.offset[1] = 3, a.nested.offset[1] == 1);
    WRONG("weights[2]", W3D_ERR_RANGE, (a.weights = weights, a.weight_count = 2), weights[2] == 1);
    WRONG("weights", W3D_ERR_ARGUMENT, a.weight_count = 2, a.weight_count == 0);
    WRONG("items", W3D_ERR_ARGUMENT, a.item_count = 2, a.item_count == 0);
    items[2].on = 3;
    WRONG("items[2].on", W3D_ERR_RANGE, (a.items = items, a.item_count = 3), items[2].on == 1);
    w3d_props_defaults(&t.table, &a);
    a.text = NULL;
    a.color[0] = a.location[0] = infinite;
    CHECK(w3d_props_validate(&t.table, &a, NULL) == W3D_OK); /* no limit forbids these */
}

/* Limits that are not whole, or beyond the type. */
static void limits_are_those_of_the_type(void)
{
    things t;
    thing a;
    make_things(&t);
    prop_of(&t, "i8")->min = -2.5;
    prop_of(&t, "i8")->max = 2.5;
    prop_of(&t, "u64")->min = 0.5;
    prop_of(&t, "u64")->max = 1e30;
    prop_of(&t, "u64")->default_value = 1;
    prop_of(&t, "color")->min = -1e300;
    prop_of(&t, "color")->max = 1e300;
    CHECK(w3d_props_check(&t.table, NULL, 0) == 0);
    w3d_props_defaults(&t.table, &a);
    a.i8 = -3;
    a.u64 = 0;
    a.color[0] = w3d_f32_from_bits(0xFF800000u);
    a.color[1] = w3d_f32_from_bits(0x7F800000u);
    CHECK(w3d_props_clamp(&t.table, &a) == 4);
    CHECK(a.i8 == -2 && a.u64 == 1);
    CHECK(w3d_bits_f32(a.color[0]) == 0xFF7FFFFFu && w3d_bits_f32(a.color[1]) == 0x7F7FFFFFu);
    a.i8 = 3;
    a.u64 = UINT64_MAX;
    CHECK(w3d_props_clamp(&t.table, &a) == 1 && a.i8 == 2 && a.u64 == UINT64_MAX);
    prop_of(&t, "i8")->min = 2.5;
    prop_of(&t, "i8")->max = 9.0;
    prop_of(&t, "i8")->default_value = 3;
    prop_of(&t, "i16")->min = -9.0;
    prop_of(&t, "i16")->max = -2.5;
    prop_of(&t, "i16")->default_value = -3;
    a.i16 = 0;
    CHECK(w3d_props_check(&t.table, NULL, 0) == 0);
    CHECK(w3d_props_clamp(&t.table, &a) == 2 && a.i8 == 3 && a.i16 == -3);
    prop_of(&t, "u64")->min = -9.0; /* nothing lies between for a type without a sign */
    prop_of(&t, "u64")->max = -2.5;
    CHECK(w3d_props_check(&t.table, NULL, 0) > 0);
}

static void clamping_random_bytes_makes_them_valid(void)
{
    static props_random r;
    for (int round = 0; round < 300; round++) {
        w3d_props_fault fault;
        props_random_tables(&r, round & 1);
        uint32_t faults = w3d_props_check(&r.table, &fault, 1);
        CHECK_MESSAGE(!faults, "%s: %s", fault.path, fault.text);
        memset(r.memory, 0, sizeof r.memory);
        props_random_fill(&r, &r.table, r.memory, 5);
        w3d_props_clamp(&r.table, r.memory);
        w3d_result result = w3d_props_validate(&r.table, r.memory, &fault);
        CHECK_MESSAGE(result == W3D_OK, "%s: %s", fault.path, fault.text);
        CHECK(w3d_props_clamp(&r.table, r.memory) == 0);
        CHECK(w3d_props_equal(&r.table, r.memory, r.memory));
    }
}

static void equal_sees_every_member(void)
{
    things t;
    thing a, b;
    float weights[4] = { 0, 0, 0, 0 }, others[4] = { 0, 0, 0, 1 };
    inner items[1] = { { { 0, 0 }, 0 } }, more[1] = { { { 0, 1 }, 0 } };
    char text[] = "a text";
    make_things(&t);
    memset(&a, 0, sizeof a);
    memset(&b, 0xFF, sizeof b);
    w3d_props_defaults(&t.table, &a);
    w3d_props_defaults(&t.table, &b);
    strcpy(b.note, "hello");
    b.note[7] = 'x'; /* behind the NUL */
    b.text = text;
    CHECK(w3d_props_equal(&t.table, &a, &b));
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        thing c = b;                                                                               \
        change;                                                                                    \
        CHECK_MESSAGE(!w3d_props_equal(&t.table, &a, &c), "%s", #change);                          \
    } while (0)
    DIFFERS(c.flag = 1);
    DIFFERS(c.flags[2] = 0);
    DIFFERS(c.i64 = 1);
    DIFFERS(c.f64 = 3);
    DIFFERS(c.matrix[15] = -0.0f);
    DIFFERS(c.links[1] = 0);
    DIFFERS(c.mode = 0);
    DIFFERS(c.note[4] = 0);
    DIFFERS(c.text = "a tex");
    DIFFERS(c.text = NULL);
    DIFFERS(c.nested.on = 0);
    DIFFERS((c.weights = weights, c.weight_count = 1));
    DIFFERS((c.items = items, c.item_count = 1));
    a.weights = weights;
    b.weights = others;
    a.weight_count = b.weight_count = 1;
    CHECK(w3d_props_equal(&t.table, &a, &b));
    a.weight_count = b.weight_count = 2;
    CHECK(!w3d_props_equal(&t.table, &a, &b));
    b.weights = weights;
    a.items = items;
    b.items = more;
    a.item_count = b.item_count = 1;
    CHECK(!w3d_props_equal(&t.table, &a, &b));
    more[0].offset[1] = 0;
    CHECK(w3d_props_equal(&t.table, &a, &b));
    a.f32 = w3d_f32_from_bits(0x7FC00000u);
    b.f32 = w3d_f32_from_bits(0xFFC00001u);
    CHECK(w3d_props_equal(&t.table, &a, &b));
}

static void the_layout_hash_sees_layout_only(void)
{
    things t, u;
    make_things(&t);
    make_things(&u);
    uint64_t hash = w3d_props_layout_hash(&t.table);
    u.rows[0].label = "other";
    prop_of(&u, "u8")->max = 15;
    prop_of(&u, "location")->default_data = NULL;
    CHECK(w3d_props_layout_hash(&u.table) == hash);
#define HASH_DIFFERS(change)                                                                       \
    do {                                                                                           \
        make_things(&u);                                                                           \
        change;                                                                                    \
        CHECK_MESSAGE(w3d_props_layout_hash(&u.table) != hash, "%s", #change);                     \
    } while (0)
    HASH_DIFFERS(u.table.name = "thin");
    HASH_DIFFERS(u.table.size += 8);
    HASH_DIFFERS(u.table.row_count--);
    HASH_DIFFERS(u.rows[0].identifier = "flaga");
    HASH_DIFFERS(u.rows[0].offset += 8);
    HASH_DIFFERS(u.rows[0].type = W3D_PROP_U8);
    HASH_DIFFERS(prop_of(&u, "matrix")->n = 15);
    HASH_DIFFERS(prop_of(&u, "weights")->element = W3D_PROP_U32);
    HASH_DIFFERS(prop_of(&u, "weights")->count_offset += 4);
    HASH_DIFFERS(prop_of(&u, "mode")->item_count = 2);
    HASH_DIFFERS(prop_of(&u, "nested")->table = &t.table);
    /* The same on every machine: a layout without pointers. */
    CHECK_MESSAGE(w3d_props_layout_hash(&inner_table) == 0x487EA5A3A22982A2u, "%llx",
                  (unsigned long long)w3d_props_layout_hash(&inner_table));
}

typedef struct tour {
    char text[1024];
    int stop_at;
} tour;

static int note_visit(void *user, const w3d_props_visit *at)
{
    tour *seen = (tour *)user;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%u%s%s ", at->depth,
             at->prop->identifier, at->item == W3D_PROPS_NONE ? "" : "#");
    if (at->prop->type == W3D_PROP_STRUCT && seen->stop_at == 1) return 1;
    return seen->stop_at < 0 && at->depth ? seen->stop_at : 0;
}

static void each_visits_in_order(void)
{
    things t;
    thing a;
    tour seen;
    inner items[2];
    make_things(&t);
    w3d_props_defaults(&t.table, &a);
    a.items = items;
    a.item_count = 2;
    memset(&seen, 0, sizeof seen);
    CHECK(w3d_props_each(&t.table, &a, note_visit, &seen) == 0);
    CHECK(strstr(seen.text,
                 "0text 0nested 1offset 1on 0weights 0items 1offset# 1on# 1offset# 1on# "));
    memset(&seen, 0, sizeof seen);
    CHECK(w3d_props_each(&t.table, NULL, note_visit, &seen) == 0);
    CHECK(strstr(seen.text, "0nested 1offset 1on 0weights 0items "));
    CHECK(!strstr(seen.text, "#"));
    memset(&seen, 0, sizeof seen);
    seen.stop_at = 1;
    CHECK(w3d_props_each(&t.table, NULL, note_visit, &seen) == 0);
    CHECK(strstr(seen.text, "0nested 0weights"));
    memset(&seen, 0, sizeof seen);
    seen.stop_at = -4;
    CHECK(w3d_props_each(&t.table, &a, note_visit, &seen) == -4);
    CHECK(strstr(seen.text, "0nested 1offset ") && !strstr(seen.text, "1on"));
}

static void paths_find_and_set(void)
{
    things t;
    thing a;
    inner items[2];
    float weights[4] = { 0, 0.25f, 0.5f, 1 };
    w3d_props_place place;
    w3d_error error;
    double real = 0;
    int64_t whole = 0;
    make_things(&t);
    w3d_props_defaults(&t.table, &a);
    memset(items, 0, sizeof items);
    a.items = items;
    a.item_count = 2;
    a.weights = weights;
    a.weight_count = 2;

    CHECK(w3d_props_find(&t.table, &a, "location[2]", &place, NULL) == W3D_OK);
    CHECK(place.data == &a.location[2] && place.element == 2 && place.count == 1);
    CHECK(w3d_props_get_f64(&place, &real) && real == 3);
    CHECK(w3d_props_get_i64(&place, &whole) && whole == 3);
    CHECK(w3d_props_set_f64(&place, 1.5) == W3D_OK && a.location[2] == 1.5f);
    CHECK(!w3d_props_get_i64(&place, &whole) && whole == 3);
    CHECK(w3d_props_set_f64(&place, (double)w3d_f32_from_bits(0x7FC00000u)) == W3D_OK);
    CHECK(a.location[2] == 3); /* the default of that element */
    CHECK(w3d_props_find(&t.table, &a, "location", &place, NULL) == W3D_OK && place.count == 3);
    CHECK(!w3d_props_get_f64(&place, &real));
    CHECK(w3d_props_set_i64(&place, 7) == W3D_OK && a.location[0] == 7 && a.location[2] == 7);
    CHECK(w3d_props_find(&t.table, &a, "items[1].offset[0]", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_f64(&place, 9) == W3D_OK && items[1].offset[0] == 1);
    CHECK(w3d_props_find(&t.table, &a, "items[1]", &place, NULL) == W3D_OK);
    CHECK(place.data == &items[1] && !place.prop && place.table == &inner_table);
    CHECK(w3d_props_set_f64(&place, 9) == W3D_ERR_ARGUMENT && !w3d_props_get_f64(&place, &real));
    CHECK(w3d_props_set_text(&place, "a") == W3D_ERR_ARGUMENT);
    CHECK(w3d_props_find(&t.table, &a, "weights[1][0]", &place, NULL) == W3D_OK);
    CHECK(w3d_props_get_f64(&place, &real) && real == 0.5 && place.data == &weights[2]);
    CHECK(w3d_props_find(&t.table, &a, "", &place, NULL) == W3D_OK && place.data == &a);
    CHECK(w3d_props_find(&t.table, &a, "nested.on", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_i64(&place, -5) == W3D_OK && a.nested.on == 0);
    CHECK(w3d_props_find(&t.table, &a, "u64", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_f64(&place, 1e30) == W3D_OK && a.u64 == UINT64_MAX);
    CHECK(w3d_props_get_f64(&place, &real) && real == 18446744073709551616.0);
    CHECK(!w3d_props_get_i64(&place, &whole));
    CHECK(w3d_props_set_i64(&place, -1) == W3D_OK && a.u64 == 0);
    CHECK(w3d_props_find(&t.table, &a, "i64", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_f64(&place, -1e30) == W3D_OK && a.i64 == INT64_MIN);
    CHECK(w3d_props_set_f64(&place, -2.5) == W3D_OK && a.i64 == -3);
    CHECK(w3d_props_set_i64(&place, INT64_MAX) == W3D_OK && a.i64 == INT64_MAX);
    CHECK(w3d_props_get_i64(&place, &whole) && whole == INT64_MAX);
    CHECK(w3d_props_find(&t.table, &a, "f32", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_f64(&place, 1e300) == W3D_OK && a.f32 == 0.9f);

    CHECK(w3d_props_find(&t.table, &a, "mode", &place, NULL) == W3D_OK);
    CHECK(!strcmp(w3d_props_get_text(&place), "SOLID"));
    CHECK(w3d_props_set_text(&place, "NEGATIVE") == W3D_OK && a.mode == -1);
    CHECK(w3d_props_get_i64(&place, &whole) && whole == -1);
    CHECK(w3d_props_set_text(&place, "NONE") == W3D_ERR_RANGE && a.mode == -1);
    CHECK(w3d_props_set_i64(&place, 1) == W3D_ERR_RANGE && a.mode == -1);
    CHECK(w3d_props_set_f64(&place, 5) == W3D_OK && a.mode == 5);
    CHECK(w3d_props_set_f64(&place, 0.5) == W3D_ERR_RANGE && a.mode == 5);
    CHECK(w3d_props_find(&t.table, &a, "note", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_text(&place, "123456\xC3\xA9") == W3D_OK && !strcmp(a.note, "123456"));
    CHECK(w3d_props_set_text(&place, "\xC3") == W3D_ERR_UTF8 && !strcmp(a.note, "123456"));
    CHECK(w3d_props_set_text(&place, a.note + 3) == W3D_OK && !strcmp(a.note, "456"));
    CHECK(w3d_props_set_f64(&place, 1) == W3D_ERR_ARGUMENT && !w3d_props_get_f64(&place, &real));
    CHECK(w3d_props_find(&t.table, &a, "text", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_text(&place, "new") == W3D_OK &&
          !strcmp(w3d_props_get_text(&place), "new"));
    CHECK(w3d_props_find(&t.table, &a, "i16", &place, NULL) == W3D_OK);
    CHECK(w3d_props_set_i64(&place, 1) == W3D_ERR_ACCESS && a.i16 == 0);
    CHECK(!w3d_props_get_text(&place));

    static const struct {
        const char *path;
        w3d_result result;
        uint32_t offset;
    } bad[] = { { "none", W3D_ERR_NOT_FOUND, 0 },
                { "nested.none", W3D_ERR_NOT_FOUND, 6 },
                { "location[3]", W3D_ERR_INDEX, 8 },
                { "f64[0]", W3D_ERR_NOT_FOUND, 3 },
                { "f64.x", W3D_ERR_NOT_FOUND, 3 },
                { "location[0][0]", W3D_ERR_NOT_FOUND, 11 },
                { "items[2]", W3D_ERR_INDEX, 5 },
                { "items[0][0]", W3D_ERR_NOT_FOUND, 8 },
                { "weights[1][2]", W3D_ERR_INDEX, 10 },
                { "items[0].offset[2]", W3D_ERR_INDEX, 15 },
                { "items.offset", W3D_ERR_NOT_FOUND, 5 },
                { "[0]", W3D_ERR_NOT_FOUND, 0 },
                { "location.x", W3D_ERR_NOT_FOUND, 8 },
                { "nested..on", W3D_ERR_FORMAT, 7 },
                { "weights[1][1][0]", W3D_ERR_NOT_FOUND, 13 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w3d_props_place before = place;
        error.offset = 99;
        w3d_result result = w3d_props_find(&t.table, &a, bad[i].path, &place, &error);
        CHECK_MESSAGE(result == bad[i].result && error.offset == bad[i].offset, "%s: %s at %u",
                      bad[i].path, w3d_result_text(result), (unsigned)error.offset);
        CHECK(!memcmp(&before, &place, sizeof place));
    }
}

void test_props(void)
{
    RUN(a_right_table_has_no_faults);
    RUN(every_mistake_in_a_table_is_found);
    RUN(defaults_fill_every_member);
    RUN(wrong_values_are_named_and_mended);
    RUN(limits_are_those_of_the_type);
    RUN(clamping_random_bytes_makes_them_valid);
    RUN(equal_sees_every_member);
    RUN(the_layout_hash_sees_layout_only);
    RUN(each_visits_in_order);
    RUN(paths_find_and_set);
}
