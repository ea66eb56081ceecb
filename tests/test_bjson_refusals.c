/* test_bjson_refusals.c - what the writer refuses; descriptions that do not say the same twice. */
#include "bjson_random.h"

/* A description that grows between measuring and writing, in ways `step` counts through. */
typedef struct liar {
    uint32_t calls, step;
    w3d_bjson_value values[4];
    w3d_bjson_value inner[40];
    char text[64];
} liar;

static w3d_result lie(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    liar *l = (liar *)user;
    int writing = l->calls++ >= 2;
    (void)row;
    l->values[0] = w3d_bjson_string("a", l->text, writing && l->step == 1 ? 60 : 1);
    l->values[1] =
        w3d_bjson_large("b", W3D_BJSON_SUB_U8, l->text, writing && l->step == 2 ? 64 : 1);
    if (writing && l->step == 3) l->values[1].tag = W3D_BJSON_ARRAY;
    if (writing && l->step == 4) l->values[1].key = "c";
    for (int i = 0; i < 40; i++) l->inner[i] = w3d_bjson_large(NULL, W3D_BJSON_SUB_U8, l->text, 1);
    l->values[2] = w3d_bjson_list("d", l->inner, writing && l->step == 5 ? 40 : 1);
    l->values[3] =
        w3d_bjson_vector("e", W3D_BJSON_SUB_U8, 3, writing && l->step == 10 ? NULL : l->text);
    id->name =
        writing && l->step == 6 ? "a much longer name than before, so that it cannot fit" : "x";
    id->values = l->values;
    id->value_count = writing && l->step == 7 ? 2 : 4;
    if (writing && l->step == 8) id->flags = W3D_BJSON_DELETED;
    return writing && l->step == 9 ? W3D_ERR_RANGE : W3D_OK;
}

static void liars_write_nothing_beyond(void)
{
    for (uint32_t step = 0; step < 11; step++) {
        static unsigned char memory[1 << 16];
        w3d_arena arena = w3d_arena_make(memory, sizeof memory);
        w3d_bjson_write_desc desc = { NULL, 2, 0, lie, NULL };
        w3d_bjson_plan plan;
        liar l;
        memset(&l, 0, sizeof l);
        memset(l.text, 'x', sizeof l.text);
        l.step = step;
        desc.user = &l;
        CHECK(w3d_bjson_write_size(&desc, &arena, &plan, NULL) == W3D_OK);
        unsigned char *bytes = (unsigned char *)malloc(plan.size);
        w3d_result result = w3d_bjson_write(&plan, bytes, plan.size, NULL);
        w3d_result expected = step == 0 ? W3D_OK : step == 9 ? W3D_ERR_RANGE : W3D_ERR_ARGUMENT;
        CHECK_MESSAGE(result == expected, "step %d: result %d", (int)step, (int)result);
        free(bytes);
    }
}

static w3d_result refused(w3d_bjson_value *values, uint32_t count, const char *name)
{
    static unsigned char memory[1 << 16];
    w3d_arena arena = w3d_arena_make(memory, sizeof memory);
    w3d_bjson_write_id ids[2];
    w3d_bjson_plan plan;
    w3d_error error = { W3D_OK, 7, NULL };
    memset(ids, 0, sizeof ids);
    ids[1].name = name;
    ids[1].values = values;
    ids[1].value_count = count;
    w3d_bjson_write_desc desc = { ids, 2, 0, NULL, NULL };
    w3d_result result = w3d_bjson_write_size(&desc, &arena, &plan, &error);
    CHECK(result == error.code);
    CHECK(result == W3D_OK || (error.offset == 1 && error.text && arena.used == 0));
    return result;
}

static void refusals(void)
{
    static const uint32_t rows[2] = { 1, 2 };
    char name[260], deep_name[2] = "n";
    w3d_bjson_value value, two[2], nest[40];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    CHECK(refused(NULL, 0, name) == W3D_OK);
    name[255] = 'n', name[256] = 0;
    CHECK(refused(NULL, 0, name) == W3D_ERR_ARGUMENT);
    CHECK(refused(NULL, 0, "\xC3") == W3D_ERR_UTF8);
    value = w3d_bjson_null("\xED\xA0\x80");
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_UTF8);
    value = w3d_bjson_string("s", "\xC0\x80", 2);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_UTF8);
    value = w3d_bjson_null(NULL);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    two[0] = w3d_bjson_null("same");
    two[1] = w3d_bjson_i64("same", 1);
    CHECK(refused(two, 2, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_reference("r", 1);
    CHECK(refused(&value, 1, deep_name) == W3D_OK);
    value = w3d_bjson_reference("r", 2);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_INDEX);
    value = w3d_bjson_array("r", W3D_BJSON_SUB_REFERENCE, rows, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_OK);
    value = w3d_bjson_large("r", W3D_BJSON_SUB_REFERENCE, rows, 2);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_INDEX);
    value = w3d_bjson_vector("v", W3D_BJSON_SUB_U8, 64, name);
    CHECK(refused(&value, 1, deep_name) == W3D_OK);
    value = w3d_bjson_vector("v", W3D_BJSON_SUB_U8, 65, name);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_vector("v", W3D_BJSON_SUB_U8, 0, name);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_vector("v", W3D_BJSON_SUB_NONE, 1, name);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_i64("v", 1);
    value.n = 1;
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    two[0] = value, two[0].key = NULL;
    value = w3d_bjson_list("l", two, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_value_make("v", 0x06, 1); /* no size */
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_unknown("v", 0x06, 0, 0, NULL, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_vector("v", W3D_BJSON_SUB_F32, 3, NULL);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_unknown("v", 0xA0, 0, 0, name, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_unknown("v", 0x9F, W3D_BJSON_SUB_NONE, 1, name, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_unknown("v", 0x91, W3D_BJSON_SUB_REFERENCE, 1, rows, 2);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_INDEX);
    two[0] = w3d_bjson_unknown(NULL, 0x06, 0, 0, name, 9); /* a slot has 8 bytes */
    value = w3d_bjson_list("l", two, 1);
    CHECK(refused(&value, 1, deep_name) == W3D_ERR_ARGUMENT);
    two[0].count = 8;
    CHECK(refused(&value, 1, deep_name) == W3D_OK);
    value = w3d_bjson_i64("v", 1);
    value.n = 1;
    for (uint32_t i = 0; i < 40; i++)
        nest[i] = i % 2 ? w3d_bjson_list("x", i ? &nest[i - 1] : NULL, i ? 1 : 0)
                        : w3d_bjson_map("x", i ? &nest[i - 1] : NULL, i ? 1 : 0);
    CHECK(refused(&nest[31], 1, deep_name) == W3D_OK);
    CHECK(refused(&nest[32], 1, deep_name) == W3D_ERR_LIMIT);
    CHECK(w3d_bjson_write_size(NULL, NULL, NULL, NULL) == W3D_ERR_ARGUMENT);
}

/* Values that point to nothing are refused, and nothing is read there; nor by the bound. */
static void nothing_to_read(void)
{
    static unsigned char memory[1 << 16];
    for (int i = 0; i < 6; i++) {
        w3d_arena arena = w3d_arena_make(memory, sizeof memory);
        w3d_bjson_value inner = w3d_bjson_map("m", NULL, 3), value = inner;
        if (i == 1) value = w3d_bjson_list("m", NULL, 3);
        if (i == 2) value = w3d_bjson_list("m", &inner, 1), inner.key = NULL;
        if (i == 3) value = w3d_bjson_vector("m", W3D_BJSON_SUB_F32, 3, NULL);
        w3d_bjson_write_id id = { "x", &value, 1, 0, 0, 0, NULL };
        w3d_bjson_write_desc desc;
        w3d_bjson_plan plan;
        memset(&desc, 0, sizeof desc);
        if (i == 4) id.values = NULL;
        desc.ids = &id;
        desc.id_count = 1;
        if (i == 5) desc.id_count = 0, desc.meta = &value, desc.meta_count = 1;
        CHECK(w3d_bjson_write_scratch_size(&desc) < sizeof memory);
        CHECK(w3d_bjson_write_size(&desc, &arena, &plan, NULL) == W3D_ERR_ARGUMENT);
    }
}

/* What meta and the programs' own chunks may not be. */
static w3d_result refused_rest(const w3d_bjson_value *meta, uint32_t count,
                               const w3d_bjson_chunk *chunk)
{
    static unsigned char memory[1 << 16];
    w3d_arena arena = w3d_arena_make(memory, sizeof memory);
    w3d_bjson_write_id id;
    w3d_bjson_plan plan;
    w3d_error error = { W3D_OK, 7, NULL };
    memset(&id, 0, sizeof id);
    w3d_bjson_write_desc desc = { &id, 1, 0, NULL, NULL, meta, count, chunk, chunk != NULL };
    w3d_result result = w3d_bjson_write_size(&desc, &arena, &plan, &error);
    CHECK(result == error.code);
    CHECK(result == W3D_OK || (error.offset == W3D_BJSON_NONE && arena.used == 0));
    return result;
}

static void refusals_beside_ids(void)
{
    static const uint32_t kinds[8] = { W3D_BJSON_CHUNK_ID,
                                       W3D_BJSON_CHUNK_KEYS,
                                       W3D_BJSON_CHUNK_HOLE,
                                       W3D_BJSON_CHUNK_META,
                                       W3D_BJSON_CHUNK_HASH,
                                       W3D_BJSON_CHUNK_SIGN,
                                       W3D_BJSON_FOURCC('1', 'a', 'a', 'a'),
                                       W3D_BJSON_FOURCC('{', 'a', 'a', 'a') };
    static const uint32_t rows[1] = { 0 };
    w3d_bjson_value value = w3d_bjson_reference("r", W3D_BJSON_NONE), two[2];
    CHECK(refused_rest(&value, 0, NULL) == W3D_OK && refused_rest(&value, 1, NULL) == W3D_OK);
    value = w3d_bjson_reference("r", 0);
    CHECK(refused_rest(&value, 1, NULL) == W3D_ERR_ARGUMENT);
    value = w3d_bjson_array("r", W3D_BJSON_SUB_REFERENCE, rows, 1);
    CHECK(refused_rest(&value, 1, NULL) == W3D_ERR_ARGUMENT);
    two[0] = w3d_bjson_large(NULL, W3D_BJSON_SUB_U8, "x", 1);
    value = w3d_bjson_list("l", two, 1);
    CHECK(refused_rest(&value, 1, NULL) == W3D_ERR_ARGUMENT);
    two[0] = two[1] = w3d_bjson_null("same");
    CHECK(refused_rest(two, 2, NULL) == W3D_ERR_ARGUMENT);
    for (int i = 0; i < 8; i++) {
        w3d_bjson_chunk chunk = { kinds[i], "x", 1 };
        CHECK(refused_rest(NULL, 0, &chunk) == W3D_ERR_ARGUMENT);
    }
    w3d_bjson_chunk chunk = { W3D_BJSON_FOURCC('z', 0, 0, 0), NULL, 1 };
    CHECK(refused_rest(NULL, 0, &chunk) == W3D_ERR_ARGUMENT);
    chunk.size = 0;
    CHECK(refused_rest(NULL, 0, &chunk) == W3D_OK);
    chunk.data = "x", chunk.size = SIZE_MAX - 8;
    CHECK(refused_rest(NULL, 0, &chunk) == W3D_ERR_LIMIT);
}

void test_bjson_refusals(void);
void test_bjson_refusals(void)
{
    RUN(liars_write_nothing_beyond);
    RUN(refusals);
    RUN(nothing_to_read);
    RUN(refusals_beside_ids);
}
