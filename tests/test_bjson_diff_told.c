/* test_bjson_diff_told.c - what exactly is told of a change: kind, rows, path, range. */
#include "bjson_opened.h"
#include "core/bytes.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_path.h"
#include "test.h"

typedef struct told {
    char text[4096];
    size_t size;
} told;

/* One line a change: kind, rows, path, range. */
static w3d_result tell(void *user, const w3d_bjson_change *change)
{
    static const char *names[W3D_BJSON_CHANGE_CHUNK + 1] = { "value", "added", "removed", "range",
                                                             "rows+", "rows-", "id+",     "id-",
                                                             "name",  "type",  "time",    "flags",
                                                             "chunk" };
    told *t = (told *)user;
    char path[512];
    CHECK(w3d_bjson_change_path(change, path, sizeof path) <= sizeof path);
    CHECK((unsigned)change->kind <= W3D_BJSON_CHANGE_CHUNK);
    t->size += (size_t)snprintf(t->text + t->size, sizeof t->text - t->size, "%s %d %d %s",
                                names[change->kind], (int)change->row_before,
                                (int)change->row_after, path);
    if (change->count)
        t->size += (size_t)snprintf(t->text + t->size, sizeof t->text - t->size, " %u+%u",
                                    change->first, change->count);
    if (change->kind == W3D_BJSON_CHANGE_CHUNK)
        t->size += (size_t)snprintf(t->text + t->size, sizeof t->text - t->size, "%08x>%08x",
                                    change->chunk_before.kind, change->chunk_after.kind);
    t->size += (size_t)snprintf(t->text + t->size, sizeof t->text - t->size, "\n");
    return t->size < sizeof t->text - 600 ? W3D_OK : W3D_ERR_CAPACITY;
}

static void check_told(const w3d_bjson_write_desc *old_desc, const w3d_bjson_write_desc *new_desc,
                       w3d_bjson_match match, int line, const char *expected)
{
    opened before, after;
    told t;
    w3d_bjson_diff_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(&t, 0, sizeof t);
    if (!open_desc(&before, old_desc)) return;
    if (open_desc(&after, new_desc)) {
        desc.before = &before.file;
        desc.after = &after.file;
        desc.emit = tell;
        desc.user = &t;
        desc.match = match;
        CHECK(w3d_bjson_diff(&desc, NULL) == W3D_OK);
        if (strcmp(t.text, expected)) printf("line %d got\n%s", line, t.text);
        CHECK(!strcmp(t.text, expected));
        free(after.bytes);
    }
    free(before.bytes);
}
#define TOLD(before, after, match, expected) check_told(before, after, match, __LINE__, expected)

static w3d_bjson_write_desc describe(const w3d_bjson_write_id *ids, uint32_t count)
{
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = count;
    return desc;
}
static w3d_bjson_write_id make_id(uint8_t type, const char *name, const w3d_bjson_value *values,
                                  uint32_t count)
{
    w3d_bjson_write_id id;
    memset(&id, 0, sizeof id);
    id.type = type;
    id.name = name;
    id.values = values;
    id.value_count = count;
    return id;
}

/* Properties of all kinds, nested, with names that paths must quote. */
static void tells_paths(void)
{
    float old_place[3] = { 0, 1, 2 }, new_place[3] = { 0, -1, 2 }, minus[3] = { -0.0f, 1, 2 };
    w3d_bjson_value old_items[3], new_items[4], old_map[3], new_map[3], old_values[5],
        new_values[6];
    old_items[0] = w3d_bjson_i64(NULL, 1);
    old_items[1] = w3d_bjson_string(NULL, "two", 3);
    old_items[2] = w3d_bjson_null(NULL);
    memcpy(new_items, old_items, sizeof old_items);
    new_items[1] = w3d_bjson_string(NULL, "Two", 3);
    new_items[3] = w3d_bjson_bool(NULL, 1);
    old_map[0] = w3d_bjson_list("a list", old_items, 3);
    old_map[1] = w3d_bjson_i64("same", 7);
    old_map[2] = w3d_bjson_f64("type", 1);
    new_map[0] = w3d_bjson_list("a list", new_items, 4);
    new_map[1] = w3d_bjson_i64("same", 7);
    new_map[2] = w3d_bjson_i64("type", 1);
    old_values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, old_place);
    old_values[1] = w3d_bjson_map("sub", old_map, 3);
    old_values[2] = w3d_bjson_i64("gone", 1);
    old_values[3] = w3d_bjson_i64("a\"b\\", 1);
    old_values[4] = w3d_bjson_i64("", 1);
    new_values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, new_place);
    new_values[1] = w3d_bjson_map("sub", new_map, 3);
    new_values[2] = w3d_bjson_i64("fresh", 1);
    new_values[3] = w3d_bjson_i64("a\"b\\", 2);
    new_values[4] = w3d_bjson_i64("", 2);
    new_values[5] = w3d_bjson_i64("zz.z", 2);
    w3d_bjson_write_id old_id = make_id(0, "Cube", old_values, 5);
    w3d_bjson_write_id new_id = make_id(0, "Cube", new_values, 6);
    w3d_bjson_write_desc before = describe(&old_id, 1), after = describe(&new_id, 1);
    static const char forward[] = "value 0 0 [\"\"]\n"
                                  "value 0 0 [\"a\\\"b\\\\\"]\n"
                                  "added 0 0 fresh\n"
                                  "removed 0 0 gone\n"
                                  "range 0 0 location 1+1\n"
                                  "value 0 0 sub.a list[1]\n"
                                  "added 0 0 sub.a list[3]\n"
                                  "value 0 0 sub.type\n"
                                  "added 0 0 [\"zz.z\"]\n";
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, forward);
    TOLD(&before, &after, W3D_BJSON_MATCH_NAME, forward);
    TOLD(&after, &before, W3D_BJSON_MATCH_ROW,
         "value 0 0 [\"\"]\n"
         "value 0 0 [\"a\\\"b\\\\\"]\n"
         "removed 0 0 fresh\n"
         "added 0 0 gone\n"
         "range 0 0 location 1+1\n"
         "value 0 0 sub.a list[1]\n"
         "removed 0 0 sub.a list[3]\n"
         "value 0 0 sub.type\n"
         "removed 0 0 [\"zz.z\"]\n");
    /* -0 is not 0. */
    new_values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, minus);
    old_id.value_count = new_id.value_count = 1;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "range 0 0 location 0+1\n");
    old_values[0] = w3d_bjson_f64("x", 0.0);
    new_values[0] = w3d_bjson_f64("x", -0.0);
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "value 0 0 x\n");
    /* Items are removed from the end, so that each is there when its turn comes. */
    old_values[0] = w3d_bjson_list("l", old_items, 3);
    new_values[0] = w3d_bjson_list("l", new_items, 0);
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "removed 0 0 l[2]\nremoved 0 0 l[1]\nremoved 0 0 l[0]\n");
    /* A path that does not fit leaves the empty text and says what it takes. */
    w3d_bjson_change change;
    w3d_bjson_change_step steps[2] = { { "name", 0 }, { NULL, 12 } };
    char text[12];
    memset(&change, 0, sizeof change);
    change.steps = steps;
    change.step_count = 2;
    memset(text, 'x', sizeof text);
    CHECK(w3d_bjson_change_path(&change, text, 8) == 9 && text[0] == 0 && text[8] == 'x');
    CHECK(w3d_bjson_change_path(&change, NULL, 0) == 9);
    CHECK(w3d_bjson_change_path(&change, text, 9) == 9 && !strcmp(text, "name[12]"));
    CHECK(text[9] == 'x');
}

/* Ranges of arrays: joined where close, cut where the arrays end. */
static void tells_ranges(void)
{
    enum { ROWS = 1000 };
    float *old_rows = (float *)calloc(ROWS * 3, 4), *new_rows = (float *)calloc(ROWS * 3, 4);
    w3d_bjson_value old_value = w3d_bjson_null("p"), new_value = old_value;
    w3d_bjson_write_id old_id = make_id(1, "m", &old_value, 1);
    w3d_bjson_write_id new_id = make_id(1, "m", &new_value, 1);
    w3d_bjson_write_desc before = describe(&old_id, 1), after = describe(&new_id, 1);
    for (int i = 0; i < ROWS * 3; i++) old_rows[i] = new_rows[i] = (float)i;
    old_value = w3d_bjson_rows(w3d_bjson_large("p", W3D_BJSON_SUB_F32, old_rows, ROWS), 3);
    new_value = w3d_bjson_rows(w3d_bjson_large("p", W3D_BJSON_SUB_F32, new_rows, ROWS), 3);
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "");
    new_rows[0] = -1;
    new_rows[30] = -1;      /* 9 rows, 108 bytes between: apart */
    new_rows[30 + 18] = -1; /* 5 rows, 60 bytes between: one */
    new_rows[999 * 3 + 2] = -1;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "range 0 0 p 0+1\nrange 0 0 p 10+7\nrange 0 0 p 999+1\n");
    new_value.count = 900;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "range 0 0 p 0+1\nrange 0 0 p 10+7\nrows- 0 0 p 900+100\n");
    TOLD(&after, &before, W3D_BJSON_MATCH_ROW,
         "range 0 0 p 0+1\nrange 0 0 p 10+7\nrows+ 0 0 p 900+100\n");
    new_value.count = 0;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "rows- 0 0 p 0+1000\n");
    new_value.count = ROWS;
    new_value.n = 2; /* another kind of row */
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "value 0 0 p\n");
    new_value.n = 3;
    new_value.tag = W3D_BJSON_ARRAY;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "value 0 0 p\n");
    for (int i = 0; i < ROWS * 3; i++) new_rows[i] = -(float)i - 1;
    new_value.tag = W3D_BJSON_LARGE;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "range 0 0 p 0+1000\n");
    free(old_rows);
    free(new_rows);
}

/* NaNs that are not the canonical one, in a file that was not made by our writer. */
static void nan_is_nan(void)
{
    static const float place[4] = { 1, 2, 3, 4 };
    static const double wide[2] = { 1, 2 };
    w3d_bjson_value values[3];
    values[0] = w3d_bjson_vector("f", W3D_BJSON_SUB_F32, 4, place);
    values[1] = w3d_bjson_large("g", W3D_BJSON_SUB_F64, wide, 2);
    values[2] = w3d_bjson_f64("h", 1);
    w3d_bjson_write_id id = make_id(0, "x", values, 3);
    w3d_bjson_write_desc desc = describe(&id, 1);
    opened before, after;
    if (!open_desc(&before, &desc) || !open_desc(&after, &desc)) return;
    for (int side = 0; side < 2; side++) {
        opened *o = side ? &after : &before;
        w3d_bjson_id found;
        w3d_bjson_view view;
        CHECK(w3d_bjson_id_at(&o->file, 0, &found) == W3D_OK);
        CHECK(w3d_bjson_get(&found, "f", &view));
        w3d_store_u32(o->bytes + (size_t)view.offset + 4, side ? 0xFFC00001u : 0x7F800001u);
        CHECK(w3d_bjson_get(&found, "g", &view));
        w3d_store_u64(o->bytes + (size_t)view.offset, side ? UINT64_MAX : 0x7FF0000000000001u);
        CHECK(w3d_bjson_get(&found, "h", &view));
        w3d_store_u64(o->bytes + (size_t)view.offset, side ? UINT64_MAX : 0x7FF8000000000000u);
    }
    CHECK(count_changes(&before.file, &after.file, W3D_BJSON_MATCH_ROW, 0) == 0);
    w3d_bjson_id found;
    w3d_bjson_view view;
    CHECK(w3d_bjson_id_at(&after.file, 0, &found) == W3D_OK && w3d_bjson_get(&found, "h", &view));
    w3d_store_u64(after.bytes + (size_t)view.offset, 0x7FF0000000000000u); /* infinity */
    CHECK(count_changes(&before.file, &after.file, W3D_BJSON_MATCH_ROW, 0) == 1);
    free(before.bytes);
    free(after.bytes);
}

/* Rows that come, go, come back, move outside; types, times. */
static void tells_rows(void)
{
    w3d_bjson_write_id old_ids[6], new_ids[7];
    w3d_bjson_write_desc before, after;
    for (uint8_t i = 0; i < 6; i++) old_ids[i] = new_ids[i] = make_id(i, "n", NULL, 0);
    new_ids[6] = make_id(0, NULL, NULL, 0);
    new_ids[6].flags = W3D_BJSON_DELETED;
    before = describe(old_ids, 6);
    after = describe(new_ids, 7);
    new_ids[0].time = 5;
    new_ids[0].name = "m";
    new_ids[1].type = 9;
    new_ids[2].flags = W3D_BJSON_DELETED;
    old_ids[3].flags = W3D_BJSON_DELETED;
    new_ids[4].flags = W3D_BJSON_EXTERNAL;
    new_ids[5].flags = 0x10;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "name 0 0 \ntime 0 0 \ntype 1 1 \nid- 2 2 \nid+ 3 3 \nid- 4 4 \nid+ 4 4 \nflags 5 5 \n"
         "flags -1 6 \n");
    /* By name a deleted row is nothing: one is gone here, others there. */
    TOLD(&before, &after, W3D_BJSON_MATCH_NAME,
         "id- 0 -1 \nid- 1 -1 \nid- 2 -1 \nid- 4 -1 \nflags 5 5 \nid+ -1 0 \nid+ -1 1 \n"
         "id+ -1 3 \nid+ -1 4 \n");
    after.id_count = 2;
    old_ids[0] = new_ids[0];
    old_ids[1] = new_ids[1];
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "id- 2 -1 \nflags 3 -1 \nid- 4 -1 \nid- 5 -1 \n");
    opened a, b;
    new_ids[0].time = 77;
    if (!open_desc(&a, &after)) return;
    new_ids[0].time = 78;
    if (open_desc(&b, &after)) {
        CHECK(count_changes(&a.file, &b.file, W3D_BJSON_MATCH_ROW, 0) == 1);
        CHECK(count_changes(&a.file, &b.file, W3D_BJSON_MATCH_ROW, 1) == 0);
        free(b.bytes);
    }
    free(a.bytes);
}

/* The same IDs in another order are the same by name, references and all; a random permutation. */
static void by_name(void)
{
    bjson_random *a = (bjson_random *)malloc(sizeof *a), *b = (bjson_random *)malloc(sizeof *b);
    opened before, after;
    for (int round = 0; round < 60; round++) {
        uint32_t to[BJSON_RANDOM_IDS];
        uint64_t state = test.random;
        bjson_random_make(a);
        test.random = state;
        bjson_random_make(b);
        uint32_t count = a->desc.id_count;
        for (uint32_t i = 0; i < count; i++) to[i] = i;
        for (uint32_t i = count; i-- > 1;) {
            uint32_t k = test_random_below(i + 1), swap = to[i];
            to[i] = to[k];
            to[k] = swap;
        }
        for (uint32_t i = 0; i < count;
             i++) { /* all names different, flags gone: all can be told */
            snprintf(a->names[i], sizeof a->names[i], "id %u", i);
            a->ids[i].flags = 0;
            b->ids[to[i]] = a->ids[i];
        }
        /* b's values refer by new rows: those of `a` are its own copies. */
        for (uint32_t i = 0; i < count; i++)
            b->ids[to[i]].values = b->values + (a->ids[i].values - a->values);
        for (uint32_t i = 0; i < b->value_count; i++) {
            w3d_bjson_value *value = &b->values[i];
            if (value->tag == W3D_BJSON_REFERENCE && value->bits < count)
                value->bits = to[value->bits];
            if (value->subtype != W3D_BJSON_SUB_REFERENCE) continue;
            unsigned char *rows = (unsigned char *)(uintptr_t)value->data;
            uint32_t n = value->n * (value->tag == W3D_BJSON_VECTOR ? 1 : value->count);
            for (uint32_t k = 0; k < n; k++)
                if (w3d_load_u32(rows + 4 * k) < count)
                    w3d_store_u32(rows + 4 * k, to[w3d_load_u32(rows + 4 * k)]);
        }
        if (!open_desc(&before, &a->desc) || !open_desc(&after, &b->desc)) break;
        CHECK(count_changes(&before.file, &after.file, W3D_BJSON_MATCH_NAME, 0) == 0);
        CHECK(count_changes(&after.file, &before.file, W3D_BJSON_MATCH_NAME, 0) == 0);
        free(before.bytes);
        free(after.bytes);
    }
    free(a);
    free(b);

    /* Several of one name: the first with the first. References to what was matched. */
    w3d_bjson_value ref_0 = w3d_bjson_reference("r", 0), ref_1 = w3d_bjson_reference("r", 1);
    w3d_bjson_value ref_2 = w3d_bjson_reference("r", 2);
    w3d_bjson_write_id old_ids[3], new_ids[3];
    old_ids[0] = old_ids[1] = make_id(0, "twin", NULL, 0);
    old_ids[2] = make_id(0, "user", &ref_1, 1);
    new_ids[0] = make_id(0, "user", &ref_2, 1);
    new_ids[1] = new_ids[2] = old_ids[0];
    w3d_bjson_write_desc old_desc = describe(old_ids, 3), new_desc = describe(new_ids, 3);
    TOLD(&old_desc, &new_desc, W3D_BJSON_MATCH_NAME, "");
    new_ids[0].values = &ref_1;
    TOLD(&old_desc, &new_desc, W3D_BJSON_MATCH_NAME, "value 2 0 r\n");
    new_desc.id_count = 2;
    new_ids[0].values = &ref_0;
    TOLD(&old_desc, &new_desc, W3D_BJSON_MATCH_NAME, "id- 1 -1 \nvalue 2 0 r\n");
}

/* meta and other chunks: told whole, by kind. */
static void tells_chunks(void)
{
    w3d_bjson_value about[2], other[2];
    w3d_bjson_write_id id = make_id(0, "x", NULL, 0);
    w3d_bjson_write_desc before = describe(&id, 1), after = describe(&id, 1);
    w3d_bjson_chunk old_chunks[3], new_chunks[3];
    about[0] = w3d_bjson_string("generator", "test", 4);
    about[1] = w3d_bjson_map("properties", about, 1);
    other[0] = about[0];
    other[1] = about[1];
    before.meta = about;
    before.meta_count = 2;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "chunk -1 -1 6174656d>00000000\n");
    TOLD(&after, &before, W3D_BJSON_MATCH_ROW, "chunk -1 -1 00000000>6174656d\n");
    after.meta = other;
    after.meta_count = 2;
    after.hash = 1; /* a seal is no content */
    after.sign_count = 2;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "");
    other[1] = w3d_bjson_map("properties", about, 0);
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "chunk -1 -1 6174656d>6174656d\n");
    after.meta_count = 1;
    TOLD(&before, &after, W3D_BJSON_MATCH_NAME, "chunk -1 -1 6174656d>6174656d\n");
    before.meta_count = 1;
    old_chunks[0].kind = old_chunks[2].kind = W3D_BJSON_FOURCC('b', 'b', 'b', 'b');
    old_chunks[1].kind = W3D_BJSON_FOURCC('a', 'a', 'a', 'a');
    for (int i = 0; i < 3; i++) {
        old_chunks[i].data = "123456";
        old_chunks[i].size = (size_t)i;
        new_chunks[2 - i] = old_chunks[i];
    }
    before.chunks = old_chunks;
    after.chunks = new_chunks;
    before.chunk_count = after.chunk_count = 2; /* b a, b a: of other sizes */
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, "chunk -1 -1 62626262>62626262\n");
    before.chunk_count = 3;
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "chunk -1 -1 62626262>62626262\nchunk -1 -1 62626262>00000000\n");
}

/* Keys that only one file has, in front, behind, between: ranks must hold. */
static void other_keys(void)
{
    static const char *keys[6] = { "a", "aa", "b", "c", "d", "e" };
    for (uint32_t x = 0; x < 64; x++)
        for (uint32_t y = 0; y < 64; y++) {
            w3d_bjson_value old_values[6], new_values[6];
            w3d_bjson_write_id old_id = make_id(0, "x", old_values, 0);
            w3d_bjson_write_id new_id = make_id(0, "x", new_values, 0);
            char expected[256] = "";
            for (uint32_t k = 0; k < 6; k++) {
                int in_old = x >> k & 1, in_new = y >> k & 1;
                if (in_old) old_values[old_id.value_count++] = w3d_bjson_i64(keys[k], 1);
                if (in_new) new_values[new_id.value_count++] = w3d_bjson_i64(keys[k], 1);
                if (in_old != in_new)
                    snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
                             "%s 0 0 %s\n", in_old ? "removed" : "added", keys[k]);
            }
            w3d_bjson_write_desc before = describe(&old_id, 1), after = describe(&new_id, 1);
            TOLD(&before, &after, W3D_BJSON_MATCH_ROW, expected);
        }
}

/* 32 maps and lists in each other, and the innermost value changed. */
static void deep(void)
{
    w3d_bjson_value old_values[33], new_values[33];
    char expected[400] = "value 0 0 ";
    old_values[0] = w3d_bjson_i64("m", 1);
    new_values[0] = w3d_bjson_i64("m", 2);
    for (int i = 1; i <= 32; i++) {
        const char *key = i % 2 || i == 32 ? "m" : NULL; /* a list holds every second one */
        old_values[i] = i % 2 ? w3d_bjson_map(NULL, &old_values[i - 1], 1)
                              : w3d_bjson_list(key ? key : "m", &old_values[i - 1], 1);
        new_values[i] = i % 2 ? w3d_bjson_map(NULL, &new_values[i - 1], 1)
                              : w3d_bjson_list(key ? key : "m", &new_values[i - 1], 1);
    }
    for (int i = 0; i < 16; i++) strcat(expected, i ? ".m[0]" : "m[0]");
    strcat(expected, ".m\n");
    w3d_bjson_write_id old_id = make_id(0, "x", &old_values[32], 1);
    w3d_bjson_write_id new_id = make_id(0, "x", &new_values[32], 1);
    w3d_bjson_write_desc before = describe(&old_id, 1), after = describe(&new_id, 1);
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW, expected);
}

/* Tags this version does not know: compared by their bytes, large ones by rows. */
static void unknown_tags(void)
{
    static const uint32_t numbers[4] = { 1, 2, 3, 4 }, others[4] = { 1, 2, 9, 4 };
    w3d_bjson_value old_values[3], new_values[3];
    old_values[0] = w3d_bjson_unknown("inline", 0x40, W3D_BJSON_SUB_U32, 4, numbers, 16);
    old_values[1] = w3d_bjson_unknown("heap", 0x8A, 0, 0, numbers, 16);
    old_values[2] = w3d_bjson_unknown("large", 0x95, W3D_BJSON_SUB_U32, 1, numbers, 4);
    new_values[0] = w3d_bjson_unknown("inline", 0x40, W3D_BJSON_SUB_U32, 4, others, 16);
    new_values[1] = w3d_bjson_unknown("heap", 0x8A, 0, 0, others, 16);
    new_values[2] = w3d_bjson_unknown("large", 0x95, W3D_BJSON_SUB_U32, 1, others, 4);
    w3d_bjson_write_id old_id = make_id(0, "x", old_values, 3);
    w3d_bjson_write_id new_id = make_id(0, "x", new_values, 3);
    w3d_bjson_write_desc before = describe(&old_id, 1), after = describe(&new_id, 1);
    TOLD(&before, &before, W3D_BJSON_MATCH_ROW, "");
    TOLD(&before, &after, W3D_BJSON_MATCH_ROW,
         "value 0 0 heap\nvalue 0 0 inline\nrange 0 0 large 2+1\n");
}

void test_bjson_diff_told(void);
void test_bjson_diff_told(void)
{
    RUN(tells_paths);
    RUN(tells_ranges);
    RUN(nan_is_nan);
    RUN(tells_rows);
    RUN(by_name);
    RUN(tells_chunks);
    RUN(other_keys);
    RUN(deep);
    RUN(unknown_tags);
}
