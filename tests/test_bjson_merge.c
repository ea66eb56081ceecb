/* test_bjson_merge.c - a merged file says of every ID what its own file said, rows mapped; into's
 * bytes stay; taking IDs out follows references in circles; names stay apart. */
#include "bjson_opened.h"
#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_merge.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_validate.h"
#include "test.h"

static int merge(const w3d_bjson_merge_desc *desc, w3d_bjson_merged *merged, w3d_bjson *file)
{
    w3d_error error = { W3D_OK, 0, "" };
    w3d_result result = w3d_bjson_merge(desc, merged, &error);
    CHECK_MESSAGE(result == W3D_OK, "%s: %s", w3d_result_text(result), error.text);
    if (result != W3D_OK) return 0;
    result = w3d_bjson_read(merged->bytes, (size_t)merged->size, file, &error);
    CHECK_MESSAGE(result == W3D_OK, "%s at %llu: %s", w3d_result_text(result),
                  (unsigned long long)error.offset, error.text);
    if (result != W3D_OK) w3d_bjson_merged_destroy(merged);
    return result == W3D_OK;
}

/* ---- is an ID what it was ---- */

/* Gives references new rows, in a description that is the test's own. */
static void map_rows(w3d_bjson_value *values, uint32_t count, const uint32_t *row_of)
{
    for (uint32_t i = 0; i < count; i++) {
        w3d_bjson_value *value = &values[i];
        if (value->tag == W3D_BJSON_MAP || value->tag == W3D_BJSON_LIST)
            map_rows((w3d_bjson_value *)(uintptr_t)value->data, value->count, row_of);
        if (value->tag == W3D_BJSON_REFERENCE && value->bits != W3D_BJSON_NONE)
            value->bits = row_of[value->bits];
        if (value->subtype != W3D_BJSON_SUB_REFERENCE || !w3d_bjson_tag_has_subtype(value->tag))
            continue;
        unsigned char *rows = (unsigned char *)(uintptr_t)value->data;
        uint32_t n = value->n * (value->tag == W3D_BJSON_VECTOR ? 1 : value->count);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t row = w3d_load_u32(rows + 4 * (size_t)k);
            if (row != W3D_BJSON_NONE) w3d_store_u32(rows + 4 * (size_t)k, row_of[row]);
        }
    }
}

/* A file that has only one ID, in the row it has, with its references mapped. */
static int open_id(opened *o, const w3d_bjson_id *id, uint32_t row, uint32_t rows,
                   const uint32_t *row_of, const char *name)
{
    size_t size = w3d_bjson_describe_size(id);
    void *memory = malloc(size + 1);
    w3d_arena arena = w3d_arena_make(memory, size);
    w3d_bjson_write_id *ids = (w3d_bjson_write_id *)calloc(rows, sizeof *ids);
    for (uint32_t i = 0; i < rows; i++) ids[i].flags = W3D_BJSON_DELETED;
    CHECK(w3d_bjson_describe(id, &arena, &ids[row]) == W3D_OK);
    if (row_of)
        map_rows((w3d_bjson_value *)(uintptr_t)ids[row].values, ids[row].value_count, row_of);
    if (name) ids[row].name = name;
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = rows;
    int good = open_desc(o, &desc);
    free(ids);
    free(memory);
    return good;
}

/* Every ID of `from` that was taken, and its row, are what they were. */
static void check_taken(const w3d_bjson *from, const w3d_bjson *result,
                        const w3d_bjson_merged *merged, int renamed)
{
    uint32_t rows = result->id_count;
    CHECK(merged->row_of_count == from->id_count && merged->row_count == rows);
    for (uint32_t row = 0; row < from->id_count; row++) {
        w3d_bjson_id old_id, new_id;
        opened wanted, made;
        if (merged->row_of[row] == W3D_BJSON_NONE) continue;
        w3d_result found = w3d_bjson_id_at(from, row, &old_id);
        CHECK(w3d_bjson_id_at(result, merged->row_of[row], &new_id) == found);
        CHECK(old_id.type == new_id.type && old_id.time == new_id.time &&
              old_id.flags == new_id.flags);
        if (found != W3D_OK) continue;
        if (!renamed) CHECK(!strcmp(old_id.name, new_id.name));
        if (!open_id(&wanted, &old_id, merged->row_of[row], rows, merged->row_of, new_id.name))
            return;
        if (open_id(&made, &new_id, merged->row_of[row], rows, NULL, NULL)) {
            CHECK(made.size == wanted.size);
            if (made.size == wanted.size) CHECK_BYTES(made.bytes, wanted.bytes, made.size);
            free(made.bytes);
        }
        free(wanted.bytes);
    }
}

/* into's chunks but the tables are there byte for byte, in their order, and so are its rows. */
static void check_into(const w3d_bjson *into, const w3d_bjson *result)
{
    w3d_bjson_chunk_view old_chunk, new_chunk;
    memset(&old_chunk, 0, sizeof old_chunk);
    memset(&new_chunk, 0, sizeof new_chunk);
    while (w3d_bjson_chunk_next(into, &old_chunk)) {
        uint32_t kind = old_chunk.kind;
        if (kind == W3D_BJSON_CHUNK_KEYS || kind == W3D_BJSON_CHUNK_SHAP ||
            kind == W3D_BJSON_CHUNK_REFS || kind == W3D_BJSON_CHUNK_END ||
            kind == W3D_BJSON_CHUNK_HOLE || kind == W3D_BJSON_CHUNK_HASH ||
            kind == W3D_BJSON_CHUNK_SIGN)
            continue;
        CHECK(w3d_bjson_chunk_next(result, &new_chunk));
        CHECK(new_chunk.size == old_chunk.size);
        if (new_chunk.size != old_chunk.size) return;
        CHECK_BYTES(result->bytes + (size_t)new_chunk.at, into->bytes + (size_t)old_chunk.at,
                    16 + (size_t)old_chunk.size);
    }
    for (uint32_t row = 0; row < into->id_count; row++) {
        const unsigned char *a = into->bytes + (size_t)into->refs + (size_t)row * 24;
        const unsigned char *b = result->bytes + (size_t)result->refs + (size_t)row * 24;
        CHECK(!w3d_load_u64(a) == !w3d_load_u64(b));
        CHECK_BYTES(a + 8, b + 8, 16);
    }
}

static w3d_result tell_first(void *user, const w3d_bjson_change *change)
{
    *(w3d_bjson_change_kind *)user = change->kind;
    return change->kind == W3D_BJSON_CHANGE_ID_ADDED ? W3D_OK : W3D_ERR_CANCELLED;
}

/* Nothing but IDs was added: by the diff, which reads both files through their own tables. */
static void check_diff(const w3d_bjson *into, const w3d_bjson *result)
{
    w3d_bjson_diff_desc desc;
    w3d_bjson_change_kind kind = W3D_BJSON_CHANGE_VALUE;
    memset(&desc, 0, sizeof desc);
    desc.before = into;
    desc.after = result;
    desc.emit = tell_first;
    desc.user = &kind;
    w3d_result told = w3d_bjson_diff(&desc, NULL);
    CHECK_MESSAGE(told == W3D_OK, "kind %d", (int)kind);
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
static w3d_bjson_write_desc describe(const w3d_bjson_write_id *ids, uint32_t count)
{
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = count;
    return desc;
}

/* ---- random files ---- */

static void random_files(void)
{
    bjson_random *a = (bjson_random *)malloc(sizeof *a), *b = (bjson_random *)malloc(sizeof *b);
    for (int round = 0; round < 120; round++) {
        opened into, from;
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged;
        w3d_bjson file;
        uint32_t rows[4];
        bjson_random_make(a);
        bjson_random_make(b);
        if (!open_desc(&into, &a->desc) || !open_desc(&from, &b->desc)) break;
        memset(&desc, 0, sizeof desc);
        desc.into = round % 5 ? &into.file : NULL;
        desc.from = round % 7 ? &from.file : &into.file; /* also with itself */
        desc.rename = round % 3 == 0;
        desc.closure = round % 2;
        if (round % 4 >= 2) {
            desc.rows = rows;
            desc.row_count = 1 + test_random_below(4);
            for (uint32_t i = 0; i < 4; i++) rows[i] = test_random_below(desc.from->id_count);
        }
        if (merge(&desc, &merged, &file)) {
            check_taken(desc.from, &file, &merged, desc.rename);
            if (desc.into) {
                check_into(desc.into, &file);
                check_diff(desc.into, &file);
            }
            CHECK(((file.flags ^ (desc.into ? into.file.flags : desc.from->flags)) &
                   W3D_BJSON_CRC) == 0);
            CHECK(!(file.flags & (W3D_BJSON_CANONICAL | W3D_BJSON_STREAMED)));
            w3d_bjson_merged_destroy(&merged);
            CHECK(!merged.bytes && !merged.row_of);
            w3d_bjson_merged_destroy(&merged);
        }
        free(into.bytes);
        free(from.bytes);
    }
    free(a);
    free(b);
}

/* The same bytes come through a sink. */
static void through_a_sink(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 20; round++) {
        opened into, from;
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged, streamed;
        w3d_bjson file;
        bjson_random_make(d);
        if (!open_desc(&into, &d->desc)) break;
        bjson_random_make(d);
        if (!open_desc(&from, &d->desc)) break;
        memset(&desc, 0, sizeof desc);
        desc.into = &into.file;
        desc.from = &from.file;
        desc.rename = round & 1;
        desc.hash = 1;
        desc.sign_count = 2;
        if (merge(&desc, &merged, &file)) {
            unsigned char *bytes = (unsigned char *)malloc((size_t)merged.size);
            w3d_sink_buffer buffer = { bytes, (size_t)merged.size, 0 };
            w3d_sink sink = w3d_sink_to_buffer(&buffer);
            desc.sink = &sink;
            CHECK(w3d_bjson_merge(&desc, &streamed, NULL) == W3D_OK);
            CHECK(!streamed.bytes && streamed.size == merged.size && buffer.size == merged.size);
            CHECK_BYTES(bytes, merged.bytes, buffer.size);
            w3d_bjson_merged_destroy(&streamed);
            /* What the sink says ends it, wherever. */
            buffer.size = 0;
            buffer.capacity = test_random_below((uint32_t)merged.size);
            memset(&streamed, 0x5A, sizeof streamed);
            w3d_error error = { W3D_OK, 0, NULL };
            CHECK(w3d_bjson_merge(&desc, &streamed, &error) == W3D_ERR_CAPACITY);
            CHECK(error.code == W3D_ERR_CAPACITY && streamed.row_count == 0x5A5A5A5Au);
            /* The seals have room, and are empty. */
            CHECK(w3d_bjson_hash_check(&file) == W3D_ERR_CHECKSUM);
            CHECK(w3d_bjson_sign(merged.bytes, (size_t)merged.size, "k", 1, 1) == W3D_OK);
            CHECK(w3d_bjson_sign(merged.bytes, (size_t)merged.size, "l", 1, 2) == W3D_OK);
            CHECK(w3d_bjson_sign(merged.bytes, (size_t)merged.size, "m", 1, 3) ==
                  W3D_ERR_NOT_FOUND);
            CHECK(w3d_bjson_hash_set(merged.bytes, (size_t)merged.size) == W3D_OK);
            CHECK(w3d_bjson_hash_check(&file) == W3D_OK);
            CHECK(w3d_bjson_validate(merged.bytes, (size_t)merged.size, NULL, NULL) == W3D_OK);
            free(bytes);
            w3d_bjson_merged_destroy(&merged);
        }
        free(into.bytes);
        free(from.bytes);
    }
    free(d);
}

/* ---- names ---- */

static void check_name(const w3d_bjson *file, uint32_t row, const char *expected)
{
    w3d_bjson_id id;
    CHECK(w3d_bjson_id_at(file, row, &id) == W3D_OK);
    CHECK_MESSAGE(!strcmp(id.name, expected), "row %u is %s, not %s", row, id.name, expected);
}

static void names(void)
{
    char limit[256], nearly[256], accents[256], expected[256];
    memset(limit, 'a', 255);
    limit[255] = 0;
    memset(nearly, 'a', 251);
    strcpy(nearly + 251, ".999");
    for (int i = 0; i < 254; i += 2) memcpy(accents + i, "\xC3\xA9", 2);
    accents[254] = 0;
    w3d_bjson_write_id ids[12];
    uint32_t count = 0;
    ids[count++] = make_id(0, "Cube", NULL, 0);
    ids[count++] = make_id(1, "Cube", NULL, 0);
    ids[count++] = make_id(0, "Cube.001", NULL, 0);
    ids[count++] = make_id(0, "", NULL, 0);
    ids[count++] = make_id(0, "v1.5", NULL, 0);
    ids[count++] = make_id(0, ".007", NULL, 0);
    ids[count++] = make_id(0, limit, NULL, 0);
    ids[count++] = make_id(0, nearly, NULL, 0);
    ids[count++] = make_id(0, accents, NULL, 0);
    w3d_bjson_write_desc write = describe(ids, count);
    opened o;
    w3d_bjson_merge_desc desc;
    w3d_bjson_merged merged;
    w3d_bjson file;
    if (!open_desc(&o, &write)) return;
    memset(&desc, 0, sizeof desc);
    desc.into = desc.from = &o.file;
    if (merge(&desc, &merged, &file)) { /* not asked for: all as they are */
        for (uint32_t i = 0; i < count; i++) check_name(&file, count + i, ids[i].name);
        CHECK(merged.renamed_count == 0);
        w3d_bjson_merged_destroy(&merged);
    }
    desc.rename = 1;
    if (merge(&desc, &merged, &file)) {
        CHECK(merged.renamed_count == count);
        for (uint32_t i = 0; i < count; i++) check_name(&file, i, ids[i].name);
        check_name(&file, count + 0, "Cube.002");
        check_name(&file, count + 1, "Cube.001"); /* another type */
        check_name(&file, count + 2, "Cube.003");
        check_name(&file, count + 3, ".001");
        check_name(&file, count + 4, "v1.5.001"); /* .5 is no such number */
        check_name(&file, count + 5, ".002");
        memset(expected, 'a', 251);
        strcpy(expected + 251, ".001");
        check_name(&file, count + 6, expected);
        strcpy(expected + 251, ".002");
        check_name(&file, count + 7, expected);
        memcpy(expected, accents, 250); /* 251 would cut a character */
        strcpy(expected + 250, ".001");
        check_name(&file, count + 8, expected);
        w3d_bjson_merged_destroy(&merged);
    }
    free(o.bytes);

    /* 1100 of one name, merged with themselves: more than three digits, all different. */
    enum { MANY = 1100 };
    w3d_bjson_write_id *many = (w3d_bjson_write_id *)malloc(MANY * sizeof *many);
    for (int i = 0; i < MANY; i++) many[i] = make_id(0, limit, NULL, 0);
    write = describe(many, MANY);
    if (open_desc(&o, &write)) {
        if (merge(&desc, &merged, &file)) {
            CHECK(merged.renamed_count == MANY);
            memset(expected, 'a', 251);
            strcpy(expected + 251, ".999");
            check_name(&file, MANY + 998, expected);
            strcpy(expected + 250, ".1100");
            check_name(&file, MANY + 1099, expected);
            w3d_bjson_merged_destroy(&merged);
        }
        free(o.bytes);
    }
    free(many);
}

/* A longer name moves everything: by 8, by 16, not at all, back by 8; all kinds of values. */
static void names_move_heaps(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (uint32_t length = 0; length < 256; length += length < 40 || length > 245 ? 1 : 30) {
        opened o;
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged;
        w3d_bjson file;
        char name[256];
        /* An accent at the end: cutting takes a byte more, and the name may become shorter. */
        for (uint32_t i = 0; i < length; i++) name[i] = i % 2 ? '\xA9' : '\xC3';
        if (length % 2) name[length - 1] = 'x';
        name[length] = 0;
        bjson_random_make(d);
        for (uint32_t i = 0; i < d->desc.id_count; i++) {
            d->ids[i].type = 0;
            d->ids[i].flags = 0;
            d->ids[i].name = name;
        }
        if (!open_desc(&o, &d->desc)) break;
        memset(&desc, 0, sizeof desc);
        desc.from = &o.file;
        desc.rename = 1;
        if (merge(&desc, &merged, &file)) {
            CHECK(merged.renamed_count == d->desc.id_count - 1);
            check_taken(&o.file, &file, &merged, 1);
            w3d_bjson_merged_destroy(&merged);
        }
        free(o.bytes);
    }
    free(d);
}

/* ---- taking out ---- */

/* Rows in a circle, a tail into it, one apart, one outside the file, one deleted. */
static void closures(void)
{
    static const uint32_t list_of_two[2] = { 3, 5 };
    w3d_bjson_value to_1 = w3d_bjson_reference("next", 1), to_2 = w3d_bjson_reference("next", 2);
    w3d_bjson_value to_0 = w3d_bjson_reference("next", 0), inner, many;
    w3d_bjson_write_id ids[7];
    inner = w3d_bjson_map("inner", &to_2, 1);
    many = w3d_bjson_large("all", W3D_BJSON_SUB_REFERENCE, list_of_two, 2);
    ids[0] = make_id(0, "zero", &to_1, 1);
    ids[1] = make_id(0, "one", &inner, 1);
    ids[2] = make_id(0, "two", &to_0, 1);
    ids[3] = make_id(0, NULL, NULL, 0); /* outside */
    ids[3].flags = W3D_BJSON_EXTERNAL;
    ids[3].time = 99;
    ids[4] = make_id(0, "apart", &many, 1);
    ids[5] = make_id(0, NULL, NULL, 0);
    ids[5].flags = W3D_BJSON_DELETED;
    ids[6] = make_id(0, "tail", &to_2, 1);
    w3d_bjson_write_desc write = describe(ids, 7);
    opened o;
    if (!open_desc(&o, &write)) return;
    for (uint32_t mask = 0; mask < 128; mask++)
        for (int closure = 0; closure < 2; closure++) {
            uint32_t rows[7], row_count = 0, expected = mask & ~32u, cut = 0, next = 0;
            w3d_bjson_merge_desc desc;
            w3d_bjson_merged merged;
            w3d_bjson file;
            for (uint32_t i = 7; i-- > 0;)
                if (mask >> i & 1) rows[row_count++] = i;
            if (closure) {
                if (expected & 64) expected |= 4;
                if (expected & 7) expected |= 7;
                if (expected & 16) expected |= 8;
            }
            static const uint32_t links[6][2] = { { 0, 1 }, { 1, 2 }, { 2, 0 },
                                                  { 4, 3 }, { 4, 5 }, { 6, 2 } };
            for (int i = 0; i < 6; i++)
                cut += (expected >> links[i][0] & 1) && !(expected >> links[i][1] & 1);
            memset(&desc, 0, sizeof desc);
            desc.from = &o.file;
            desc.rows = rows;
            desc.row_count = row_count;
            desc.closure = closure;
            if (!merge(&desc, &merged, &file)) continue;
            for (uint32_t i = 0; i < 7; i++) {
                CHECK((merged.row_of[i] != W3D_BJSON_NONE) == (expected >> i & 1));
                if (expected >> i & 1) CHECK(merged.row_of[i] == next++);
            }
            CHECK(file.id_count == next && merged.cut_count == cut);
            check_taken(&o.file, &file, &merged, 0);
            /* Only what is used came along. */
            uint32_t keys = ((expected & 69) != 0 || (expected & 2)) + ((expected & 2) != 0) +
                            ((expected & 16) != 0);
            CHECK_MESSAGE(file.key_count == keys, "mask %u: %u keys, not %u", mask, file.key_count,
                          keys);
            w3d_bjson_merged_destroy(&merged);
        }
    free(o.bytes);
}

/* Shapes are shared where they are alike; keys of both in order; nested 32 deep; unknown tags. */
static void shapes_and_depth(void)
{
    static const uint32_t numbers[4] = { 1, 2, 3, 4 };
    static const float vector[3] = { 1, 2, 3 };
    w3d_bjson_value a_values[2], b_values[2], chain[40], other[8], list[4];
    a_values[0] = w3d_bjson_i64("m", 1);
    a_values[1] = w3d_bjson_i64("z", 1);
    b_values[0] = w3d_bjson_i64("a", 2); /* a key in front of all: every offset changes */
    b_values[1] = w3d_bjson_map("z", a_values, 2);
    chain[0] = w3d_bjson_i64("m", 1);
    for (int i = 1; i <= 32; i++)
        chain[i] =
            i % 2 ? w3d_bjson_map(NULL, &chain[i - 1], 1) : w3d_bjson_list("q", &chain[i - 1], 1);
    list[0] = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 3, vector);
    list[1] = w3d_bjson_string(NULL, "text", 4);
    list[2] = w3d_bjson_map(NULL, a_values, 2);
    list[3] = w3d_bjson_array(NULL, W3D_BJSON_SUB_U32, numbers, 4);
    other[0] = w3d_bjson_unknown("inline", 0x40, W3D_BJSON_SUB_U32, 4, numbers, 16);
    other[1] = w3d_bjson_unknown("heap", 0x8A, 0, 0, numbers, 16);
    other[2] = w3d_bjson_unknown("large", 0x95, W3D_BJSON_SUB_U32, 1, numbers, 4);
    other[3] = w3d_bjson_list("list", list, 4);
    other[4] = w3d_bjson_bytes("raw", numbers, 3);
    w3d_bjson_write_id a_ids[1], b_ids[4];
    a_ids[0] = make_id(0, "x", a_values, 2);
    b_ids[0] = make_id(0, "x", b_values, 2);
    b_ids[1] = make_id(0, "x", a_values, 2);
    b_ids[2] = make_id(0, "x", &chain[32], 1);
    b_ids[3] = make_id(0, "x", other, 5);
    w3d_bjson_write_desc a_desc = describe(a_ids, 1), b_desc = describe(b_ids, 4);
    opened a, b;
    if (!open_desc(&a, &a_desc)) return;
    if (!open_desc(&b, &b_desc)) return;
    for (int round = 0; round < 8; round++) {
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged;
        w3d_bjson file;
        memset(&desc, 0, sizeof desc);
        desc.into = round & 1 ? &b.file : &a.file;
        desc.from = round & 2 ? &b.file : &a.file;
        desc.rename = round >> 2;
        if (!merge(&desc, &merged, &file)) continue;
        check_taken(desc.from, &file, &merged, desc.rename);
        check_into(desc.into, &file);
        CHECK(file.shape_count == (round & 3 ? b.file.shape_count : a.file.shape_count));
        CHECK(file.key_count == (round & 3 ? b.file.key_count : a.file.key_count));
        w3d_bjson_merged_destroy(&merged);
    }
    free(a.bytes);
    free(b.bytes);
}

/* ---- meta and other chunks ---- */

static void metas(void)
{
    w3d_bjson_value into_types[2], from_types[2], into_meta[3], from_meta[4], field, rows[3][2];
    w3d_bjson_value into_list[1], from_list[3];
    field = w3d_bjson_string("label", "into's", 6);
    into_types[0] = w3d_bjson_map("Mesh", &field, 1);
    into_types[1] = w3d_bjson_map("Object", &field, 1);
    w3d_bjson_value from_field = w3d_bjson_string("label", "from's", 6);
    from_types[0] = w3d_bjson_map("Light", &from_field, 1);
    from_types[1] = w3d_bjson_map("Object", &from_field, 1);
    for (int i = 0; i < 3; i++) {
        rows[i][0] = w3d_bjson_string("file", "lib.bjson", 9);
        rows[i][1] = w3d_bjson_i64("row", i);
        if (i) from_list[i - 1] = w3d_bjson_map(NULL, rows[i], 2);
    }
    from_list[2] = w3d_bjson_i64(NULL, 1); /* no map: left behind */
    into_list[0] = w3d_bjson_map(NULL, rows[0], 2);
    into_meta[0] = w3d_bjson_list("external", into_list, 1);
    into_meta[1] = w3d_bjson_string("generator", "into", 4);
    into_meta[2] = w3d_bjson_map("properties", into_types, 2);
    from_meta[0] = w3d_bjson_list("external", from_list, 3);
    from_meta[1] = w3d_bjson_string("generator", "from", 4);
    from_meta[2] = w3d_bjson_map("properties", from_types, 2);
    from_meta[3] = w3d_bjson_i64("zoom", 3);
    w3d_bjson_write_id into_ids[1], from_ids[3];
    into_ids[0] = make_id(0, NULL, NULL, 0);
    into_ids[0].flags = W3D_BJSON_EXTERNAL;
    from_ids[0] = make_id(0, "x", &field, 1);
    from_ids[1] = from_ids[2] = into_ids[0];
    w3d_bjson_write_desc into_desc = describe(into_ids, 1), from_desc = describe(from_ids, 3);
    w3d_bjson_chunk note = { W3D_BJSON_FOURCC('n', 'o', 't', 'e'), "abc", 3 };
    into_desc.meta = into_meta;
    into_desc.meta_count = 3;
    into_desc.chunks = from_desc.chunks = &note;
    into_desc.chunk_count = from_desc.chunk_count = 1;
    into_desc.crc = 1;
    from_desc.meta = from_meta;
    from_desc.meta_count = 4;
    opened into, from, bare;
    if (!open_desc(&into, &into_desc) || !open_desc(&from, &from_desc)) return;
    into_desc.meta = NULL;
    if (!open_desc(&bare, &into_desc)) return;

    static const uint32_t some[2] = { 0, 2 };
    for (int round = 0; round < 6; round++) {
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged;
        w3d_bjson file;
        w3d_bjson_id pseudo;
        w3d_bjson_view map, value, item, label;
        w3d_bjson_chunk_view chunk;
        uint32_t metas_found = 0, notes = 0, size = 0;
        int has_into = round < 4;        /* 4, 5: an empty file */
        int into_meta_there = round < 2; /* 2, 3: a file without meta */
        memset(&desc, 0, sizeof desc);
        desc.into = round < 2 ? &into.file : round < 4 ? &bare.file : NULL;
        desc.from = &from.file;
        if (round & 1) {
            desc.rows = some;
            desc.row_count = 2;
        }
        if (!merge(&desc, &merged, &file)) continue;
        memset(&chunk, 0, sizeof chunk);
        while (w3d_bjson_chunk_next(&file, &chunk)) {
            metas_found += chunk.kind == W3D_BJSON_CHUNK_META;
            notes += chunk.kind == note.kind;
        }
        CHECK(metas_found == 1 && notes == (uint32_t)has_into);
        CHECK(w3d_bjson_meta(&file, &pseudo, &map));
        CHECK(map.count == 4);
        CHECK(w3d_bjson_member(&map, "generator", &value));
        CHECK(!strcmp(w3d_bjson_to_text(&value, &size), into_meta_there ? "into" : "from"));
        CHECK(w3d_bjson_member(&map, "zoom", &value));
        CHECK(w3d_bjson_member(&map, "properties", &value));
        CHECK(value.count == (into_meta_there ? 3u : 2u));
        CHECK(w3d_bjson_member(&value, "Object", &item));
        CHECK(w3d_bjson_member(&item, "label", &label));
        CHECK(!strcmp(w3d_bjson_to_text(&label, &size), into_meta_there ? "into's" : "from's"));
        CHECK(w3d_bjson_member(&map, "external", &value));
        uint32_t expected = (into_meta_there ? 1u : 0u) + (round & 1 ? 1u : 2u);
        CHECK(value.count == expected);
        for (uint32_t i = 0; i < value.count; i++) {
            int64_t row = -1;
            w3d_bjson_id outside;
            CHECK(w3d_bjson_item(&value, i, NULL, &item));
            CHECK(w3d_bjson_member(&item, "row", &label) && w3d_bjson_to_i64(&label, &row));
            CHECK(w3d_bjson_id_at(&file, (uint32_t)row, &outside) == W3D_ERR_NOT_FOUND &&
                  outside.flags == W3D_BJSON_EXTERNAL);
        }
        w3d_bjson_merged_destroy(&merged);
    }
    /* Only into has one: its bytes stay. */
    w3d_bjson_merge_desc desc;
    w3d_bjson_merged merged;
    w3d_bjson file;
    memset(&desc, 0, sizeof desc);
    desc.into = &into.file;
    desc.from = &bare.file;
    if (merge(&desc, &merged, &file)) {
        check_into(&into.file, &file);
        w3d_bjson_merged_destroy(&merged);
    }
    free(into.bytes);
    free(from.bytes);
    free(bare.bytes);
}

/* Puts a hole of 48 bytes in front of all chunks, as an edit may leave one. */
static int add_hole(opened *o)
{
    enum { HOLE = 64 };
    unsigned char *bytes = (unsigned char *)malloc(o->size + HOLE);
    uint64_t refs = w3d_load_u64(o->bytes + 24) + HOLE;
    memcpy(bytes, o->bytes, 64);
    memset(bytes + 64, 0xA5, HOLE);
    memcpy(bytes + 64, "hole", 4);
    w3d_store_u32(bytes + 68, 0);
    w3d_store_u64(bytes + 72, HOLE - 16);
    memcpy(bytes + 64 + HOLE, o->bytes + 64, o->size - 64);
    w3d_store_u32(bytes + 12, 0);
    w3d_store_u64(bytes + 16, o->size + HOLE);
    w3d_store_u64(bytes + 24, refs);
    w3d_store_u64(bytes + 40, w3d_load_u64(bytes + 40) + HOLE);
    w3d_store_u64(bytes + 48, w3d_load_u64(bytes + 48) + HOLE);
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
    for (uint32_t row = 0; row < o->file.id_count; row++) {
        unsigned char *entry = bytes + (size_t)refs + 16 + (size_t)row * 24;
        if (w3d_load_u64(entry)) w3d_store_u64(entry, w3d_load_u64(entry) + HOLE);
    }
    free(o->bytes);
    o->bytes = bytes;
    o->size += HOLE;
    w3d_result result = w3d_bjson_read(bytes, o->size, &o->file, NULL);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_result_text(result));
    return result == W3D_OK;
}

/* Holes and seals stay behind, and what stood behind them moves up. */
static void holes(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 10; round++) {
        opened into;
        w3d_bjson_merge_desc desc;
        w3d_bjson_merged merged;
        w3d_bjson file;
        bjson_random_make(d);
        d->desc.crc = 0;
        d->desc.hash = 1;
        d->desc.sign_count = 2;
        if (!open_desc(&into, &d->desc) || !add_hole(&into) || !add_hole(&into)) break;
        memset(&desc, 0, sizeof desc);
        desc.into = desc.from = &into.file;
        desc.sign_count = 1;
        if (merge(&desc, &merged, &file)) {
            w3d_bjson_chunk_view chunk;
            uint32_t signs = 0;
            check_into(&into.file, &file);
            check_diff(&into.file, &file);
            check_taken(&into.file, &file, &merged, 0);
            memset(&chunk, 0, sizeof chunk);
            while (w3d_bjson_chunk_next(&file, &chunk)) {
                CHECK(chunk.kind != W3D_BJSON_CHUNK_HOLE && chunk.kind != W3D_BJSON_CHUNK_HASH);
                signs += chunk.kind == W3D_BJSON_CHUNK_SIGN;
            }
            CHECK(signs == 1);
            w3d_bjson_merged_destroy(&merged);
        }
        free(into.bytes);
    }
    free(d);
}

/* ---- edges ---- */

static void empty_files(void)
{
    w3d_bjson_value values[1];
    values[0] = w3d_bjson_i64("a", 1);
    w3d_bjson_write_id id = make_id(0, "x", values, 1);
    w3d_bjson_write_desc none = describe(&id, 0), one = describe(&id, 1);
    opened empty, full;
    if (!open_desc(&empty, &none) || !open_desc(&full, &one)) return;
    const w3d_bjson *files[3];
    files[0] = NULL;
    files[1] = &empty.file;
    files[2] = &full.file;
    for (int i = 0; i < 3; i++)
        for (int k = 1; k < 3; k++)
            for (int rename = 0; rename < 2; rename++) {
                w3d_bjson_merge_desc desc;
                w3d_bjson_merged merged;
                w3d_bjson file;
                memset(&desc, 0, sizeof desc);
                desc.into = files[i];
                desc.from = files[k];
                desc.rename = rename;
                if (!merge(&desc, &merged, &file)) continue;
                CHECK(file.id_count == (i == 2) + (uint32_t)(k == 2));
                w3d_bjson_merged_destroy(&merged);
            }
    free(empty.bytes);
    free(full.bytes);
}

static int sweep(const void *allocator, void *user)
{
    w3d_bjson_merge_desc desc = *(const w3d_bjson_merge_desc *)user;
    w3d_bjson_merged merged;
    desc.allocator = (const w3d_allocator *)allocator;
    w3d_result result = w3d_bjson_merge(&desc, &merged, NULL);
    if (result == W3D_OK) w3d_bjson_merged_destroy(&merged);
    return (int)result;
}

static w3d_result ignore(void *user, const void *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
    return W3D_OK;
}

static void errors(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_bjson_value about = w3d_bjson_string("generator", "test", 4);
    opened o;
    w3d_bjson_merge_desc desc;
    w3d_bjson_merged merged;
    w3d_error error = { W3D_OK, 0, NULL };
    uint32_t rows[3] = { 0, 0, 0 };
    bjson_random_make(d);
    d->desc.meta = &about;
    d->desc.meta_count = 1;
    d->desc.crc = 0;
    if (!open_desc(&o, &d->desc)) return;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_bjson_merge(NULL, &merged, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_merge(&desc, &merged, &error) == W3D_ERR_ARGUMENT);
    desc.from = desc.into = &o.file;
    CHECK(w3d_bjson_merge(&desc, NULL, NULL) == W3D_ERR_ARGUMENT);
    desc.rows = rows;
    desc.row_count = 3;
    rows[2] = o.file.id_count;
    memset(&merged, 0x5A, sizeof merged);
    CHECK(w3d_bjson_merge(&desc, &merged, &error) == W3D_ERR_INDEX && error.offset == 2);
    CHECK(merged.row_count == 0x5A5A5A5Au);
    rows[2] = 0;
    desc.closure = desc.rename = 1;
    test_allocation_sweep(sweep, &desc);
    w3d_sink sink = { ignore, NULL };
    desc.sink = &sink;
    test_allocation_sweep(sweep, &desc);
    /* Bytes that change behind its back: any answer, but nothing outside is read or written. */
    opened target;
    bjson_random_make(d);
    if (!open_desc(&target, &d->desc)) return;
    for (int round = 0; round < 4000; round++) {
        size_t at = 64 + test_random_below((uint32_t)o.size - 64);
        unsigned char old = o.bytes[at];
        o.bytes[at] = (unsigned char)(test_random_below(2) ? 0xFF : test_random());
        memset(&desc, 0, sizeof desc);
        desc.from = &o.file;
        desc.into = round & 1 ? &target.file : round & 2 ? &o.file : NULL;
        desc.rename = round >> 2 & 1;
        desc.sink = round & 8 ? &sink : NULL;
        if (round & 16) {
            desc.rows = rows;
            desc.row_count = 1;
            rows[0] = test_random_below(o.file.id_count);
            desc.closure = 1;
        }
        if (w3d_bjson_merge(&desc, &merged, NULL) == W3D_OK) w3d_bjson_merged_destroy(&merged);
        o.bytes[at] = old;
    }
    free(target.bytes);
    free(o.bytes);
    free(d);
}

void test_bjson_merge(void)
{
    RUN(random_files);
    RUN(through_a_sink);
    RUN(names);
    RUN(names_move_heaps);
    RUN(closures);
    RUN(shapes_and_depth);
    RUN(metas);
    RUN(holes);
    RUN(empty_files);
    RUN(errors);
}
