#include "scene/props_blender.h"
#include "props_random.h"

/* What Blender makes of the text is in tests/test_props_blender.py. */

static char text[1 << 17];

static w3d_result print(const w3d_props *table, const char *attach, size_t capacity)
{
    w3d_sink_buffer buffer = { text, capacity, 0 };
    w3d_props_blender_desc desc = { table, w3d_sink_to_buffer(&buffer), attach };
    w3d_result result = w3d_props_to_blender(&desc);
    text[result == W3D_OK && buffer.size < sizeof text ? buffer.size : 0] = 0;
    return result;
}

typedef struct small {
    float a;
} small;

static void names_are_ones_that_python_takes(void)
{
    static const struct {
        const char *table, *name;
    } names[] = { { "cube_settings", "class CubeSettings(" },
                  { "cube", "class Cube(" },
                  { "none", "class None_(" },
                  { "_1a", "class P1a(" },
                  { "__", "class P(" },
                  { "aB_c", "class ABC(" } };
    w3d_prop row = { W3D_PROP_FIELD(small, a, F32, 0) };
    w3d_props table = { NULL, &row, 1, sizeof(small), 1 };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        table.name = names[i].table;
        CHECK(w3d_props_check(&table, NULL, 0) == 0);
        CHECK(print(&table, NULL, sizeof text) == W3D_OK);
        CHECK_MESSAGE(strstr(text, names[i].name), "%s", names[i].name);
        CHECK(!strstr(text, "bpy.types.Object"));
    }
    row.identifier = "yield";
    table.name = "class";
    CHECK(print(&table, "Scene", sizeof text) == W3D_OK);
    CHECK(strstr(text, "    yield_: bpy.props.FloatProperty(name=\"yield\""));
    CHECK(strstr(text, "    bpy.types.Scene.class_ = bpy.props.PointerProperty(type=Class)"));
    CHECK(strstr(text, "    del bpy.types.Scene.class_\n"));
}

static void classes_of_one_name_are_refused(void)
{
    w3d_prop row = { W3D_PROP_FIELD(small, a, F32, 0) }, nest[2];
    w3d_props inner = { "in_ner", &row, 1, sizeof(small), 1 }, same = inner;
    w3d_props table = { "outer", nest, 2, 2 * sizeof(small), 1 };
    memset(nest, 0, sizeof nest);
    nest[0].identifier = "first";
    nest[1].identifier = "second";
    nest[0].type = nest[1].type = W3D_PROP_STRUCT;
    nest[0].size = nest[1].size = nest[1].offset = sizeof(small);
    nest[0].table = nest[1].table = &inner;
    CHECK(print(&table, NULL, sizeof text) == W3D_OK);
    const char *first = strstr(text, "class InNer("); /* once, and before what holds it */
    CHECK(first && !strstr(first + 1, "class InNer(") && strstr(first, "class Outer("));
    nest[1].table = &same;
    CHECK(print(&table, NULL, sizeof text) == W3D_ERR_ARGUMENT);
    same.name = "InNer";
    CHECK(print(&table, NULL, sizeof text) == W3D_ERR_ARGUMENT);
    same.name = "inner";
    CHECK(print(&table, NULL, sizeof text) == W3D_OK);
    CHECK(print(&table, "Object; import os", sizeof text) == W3D_ERR_ARGUMENT);
    CHECK(w3d_props_to_blender(NULL) == W3D_ERR_ARGUMENT);
}

static void every_sink_that_fails_is_heard(void)
{
    w3d_prop row = { W3D_PROP_FIELD(small, a, F32, 0) };
    w3d_props table = { "small", &row, 1, sizeof(small), 1 };
    w3d_sink_buffer counted = { NULL, 0, 0 };
    w3d_props_blender_desc desc = { &table, w3d_sink_to_buffer(&counted), "Object" };
    CHECK(w3d_props_to_blender(&desc) == W3D_OK);
    for (size_t i = 0; i < counted.size; i++) CHECK(print(&table, "Object", i) == W3D_ERR_CAPACITY);
    CHECK(print(&table, "Object", counted.size) == W3D_OK);
}

/* Labels of random bytes: outside of strings no quote, backslash or control character stands. */
static void no_label_leaves_its_string(void)
{
    char label[40];
    w3d_prop row = { W3D_PROP_FIELD(small, a, F32, 0) };
    w3d_props table = { "small", &row, 1, sizeof(small), 1 };
    int plain_lines = 0;
    row.label = row.description = table.label = label;
    strcpy(label, "plain");
    CHECK(print(&table, NULL, sizeof text) == W3D_OK);
    for (const char *at = text; *at; at++) plain_lines += *at == '\n';
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < sizeof label; i++) {
            static const char sharp[] = "\"'\\\n\r\t{}x\xE2\x80\xA8";
            label[i] = test_random_below(2) ? sharp[test_random_below(sizeof sharp - 1)]
                                            : (char)test_random();
        }
        label[sizeof label - 1] = 0;
        CHECK(print(&table, NULL, sizeof text) == W3D_OK);
        int quotes = 0, lines = 0;
        for (const char *at = text; *at; at++) {
            CHECK(((unsigned char)*at >= 0x20 && *at != 0x7F) || *at == '\n');
            lines += *at == '\n';
            quotes += *at == '"';
            if (*at != '\\') continue;
            CHECK(at[1] == 'x' && strchr("0123456789abcdef", at[2]) &&
                  strchr("0123456789abcdef", at[3]));
        }
        CHECK(quotes == 6 && lines == plain_lines);
    }
}

/* Column by column in the struct, row by row in Python; more than 32 in two dimensions. */
static void matrices_and_long_vectors(void)
{
    typedef struct turn {
        float matrix[9], many[34], prime[59];
    } turn;
    static const float matrix[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    w3d_prop rows[3] = { { W3D_PROP_FIELD(turn, matrix, F32, 9) },
                         { W3D_PROP_FIELD(turn, many, F32, 34) },
                         { W3D_PROP_FIELD(turn, prime, F32, 59) } };
    w3d_props table = { "turn", rows, 3, sizeof(turn), 1 };
    rows[0].subtype = W3D_PROP_MATRIX;
    rows[0].default_data = matrix;
    CHECK(w3d_props_check(&table, NULL, 0) == 0 && print(&table, NULL, sizeof text) == W3D_OK);
    CHECK(strstr(text, "size=(3, 3), default=((1.0, 4.0, 7.0), (2.0, 5.0, 8.0), (3.0, 6.0, 9.0))"));
    CHECK(strstr(text, "size=(2, 17), default=((0.0, ") && strstr(text, "    # prime: "));
}

static void random_tables_print(void)
{
    static props_random r;
    for (int round = 0; round < 100; round++) {
        props_random_tables(&r, 0);
        CHECK(print(&r.table, "Object", sizeof text) == W3D_OK);
        CHECK(strstr(text, "class Outer("));
    }
}

void test_props_blender(void)
{
    RUN(names_are_ones_that_python_takes);
    RUN(classes_of_one_name_are_refused);
    RUN(every_sink_that_fails_is_heard);
    RUN(no_label_leaves_its_string);
    RUN(matrices_and_long_vectors);
    RUN(random_tables_print);
}
