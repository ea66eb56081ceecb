/* test_bjson.c - random documents there and back, and every file read again by
 * tests/reference/bjson_check.py. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bjson_random.h"

#include "core/bytes.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"

#if !defined(__wasm__) && !defined(_WIN32)
#include <unistd.h>
#endif

/* ---- there and back ---- */

static int same_elements(const w3d_bjson_view *view, const w3d_bjson_value *value, uint64_t size)
{
    const unsigned char *read = (const unsigned char *)w3d_bjson_data(view);
    const unsigned char *given = (const unsigned char *)value->data;
    uint32_t wide = w3d_bjson_subtype_size(value->subtype);
    if (!read || view->length != size) return 0;
    for (uint64_t i = 0; i < size; i += wide) {
        uint64_t a = 0, b = 0;
        memcpy(&a, read + i, wide);
        memcpy(&b, given + i, wide);
        if (value->subtype == W3D_BJSON_SUB_F16 && (b & 0x7FFF) > 0x7C00) b = 0x7E00;
        if (value->subtype == W3D_BJSON_SUB_F32 && (b & 0x7FFFFFFF) > 0x7F800000) b = 0x7FC00000;
        if (value->subtype == W3D_BJSON_SUB_F64 && b << 1 > 0xFFE0000000000000u)
            b = 0x7FF8000000000000u;
        if (value->subtype == W3D_BJSON_SUB_REFERENCE)
            a = w3d_bjson_row_at(view, (uint32_t)(i / 4));
        if (a != b) return 0;
    }
    return 1;
}

static int same_map(const w3d_bjson_view *view, const w3d_bjson_value *values, uint32_t count);

/* 1 where the file holds what the description said. */
static int same_value(const w3d_bjson_view *view, const w3d_bjson_value *value)
{
    uint64_t row = (uint64_t)value->n * w3d_bjson_subtype_size(value->subtype), u = 0;
    int64_t i = 0;
    double f = 0;
    uint32_t to = 0, size = 0;
    w3d_bjson_view item;
    if (view->tag != value->tag || view->subtype != value->subtype || view->n != value->n) return 0;
    if (w3d_bjson_tag_is_large(value->tag))
        return view->offset % 16 == 0 && view->count == value->count &&
               same_elements(view, value, row * value->count);
    if (!w3d_bjson_tag_is_known(value->tag)) { /* in a list, an inline value is a slot of 8 */
        const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
        uint64_t length = !value->key && value->tag < 0x80 ? 8 : value->count;
        for (u = value->count; bytes && u < length; u++)
            if (bytes[u]) return 0;
        return bytes && view->length == length && (value->tag < 0x80 || view->offset % 16 == 0) &&
               (!value->count || !memcmp(bytes, value->data, value->count));
    }
    switch (value->tag) {
    case W3D_BJSON_NULL: return view->length == 1;
    case W3D_BJSON_BOOL: return w3d_bjson_to_i64(view, &i) && i == (value->bits != 0);
    case W3D_BJSON_I64:
    case W3D_BJSON_TIME: return w3d_bjson_to_i64(view, &i) && (uint64_t)i == value->bits;
    case W3D_BJSON_U64: return w3d_bjson_to_u64(view, &u) && u == value->bits;
    case W3D_BJSON_F64:
        if (!w3d_bjson_to_f64(view, &f)) return 0;
        u = w3d_bits_f64(f);
        return value->bits << 1 > 0xFFE0000000000000u ? u == 0x7FF8000000000000u : u == value->bits;
    case W3D_BJSON_REFERENCE: return w3d_bjson_to_row(view, &to) && to == value->bits;
    case W3D_BJSON_STRING:
        return w3d_bjson_to_text(view, &size) && size == value->count &&
               !memcmp(w3d_bjson_to_text(view, NULL), value->data, size);
    case W3D_BJSON_BYTES:
        return view->length == value->count &&
               !memcmp(w3d_bjson_data(view), value->data, value->count);
    case W3D_BJSON_VECTOR: return same_elements(view, value, row);
    case W3D_BJSON_ARRAY:
        return view->offset % 16 == 0 && view->count == value->count &&
               same_elements(view, value, row * value->count);
    case W3D_BJSON_MAP: return same_map(view, (const w3d_bjson_value *)value->data, value->count);
    default:
        if (view->count != value->count) return 0;
        for (uint32_t k = 0; k < value->count; k++) {
            const char *key = NULL;
            if (!w3d_bjson_item(view, k, &key, &item) || key[0]) return 0;
            if (!same_value(&item, (const w3d_bjson_value *)value->data + k)) return 0;
        }
        return !w3d_bjson_item(view, value->count, NULL, &item);
    }
}

static int same_map(const w3d_bjson_view *view, const w3d_bjson_value *values, uint32_t count)
{
    const char *before = NULL, *key = NULL;
    w3d_bjson_view item;
    if (view->count != count || w3d_bjson_member(view, "no such key", &item)) return 0;
    for (uint32_t i = 0; i < count; i++)
        if (!w3d_bjson_member(view, values[i].key, &item) || !same_value(&item, &values[i]))
            return 0;
    for (uint32_t i = 0; i < count; i++, before = key) {
        if (!w3d_bjson_item(view, i, &key, &item)) return 0;
        if (before && strcmp(before, key) >= 0) return 0;
    }
    return 1;
}

/* Meta and the chunks behind the tables, in their order. */
static void check_rest(const w3d_bjson_write_desc *desc, const w3d_bjson *file)
{
    uint32_t next = 0, hashes = 0, signs = 0;
    w3d_bjson_chunk_view chunk;
    w3d_bjson_id pseudo;
    w3d_bjson_view map;
    CHECK(w3d_bjson_meta(file, &pseudo, &map) == (desc->meta != NULL));
    if (desc->meta) CHECK(same_map(&map, desc->meta, desc->meta_count));
    memset(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        if (chunk.kind == W3D_BJSON_CHUNK_HASH) {
            CHECK(!hashes++ && !signs && next == desc->chunk_count);
        } else if (chunk.kind == W3D_BJSON_CHUNK_SIGN) {
            CHECK(hashes == (uint32_t)desc->hash && next == desc->chunk_count);
            signs++;
        } else if (chunk.at > file->refs) {
            const w3d_bjson_chunk *given = &desc->chunks[next++];
            CHECK(next <= desc->chunk_count && chunk.kind == given->kind &&
                  chunk.size == given->size);
            if (next <= desc->chunk_count && chunk.size == given->size)
                CHECK_BYTES(file->bytes + chunk.payload, given->data, given->size);
        }
    }
    CHECK(next == desc->chunk_count && hashes == (uint32_t)desc->hash && signs == desc->sign_count);
}

static void check_document(const w3d_bjson_write_desc *desc, const unsigned char *bytes,
                           size_t size)
{
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK_MESSAGE(w3d_bjson_read(bytes, size, &file, &error) == W3D_OK, "byte %d: %s",
                  (int)error.offset, error.text);
    if (error.code) return;
    CHECK(file.id_count == desc->id_count && file.size == size && file.flags & W3D_BJSON_CANONICAL);
    for (uint32_t row = 0; row < desc->id_count; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map;
        const w3d_bjson_write_id *given = &desc->ids[row];
        w3d_result result = w3d_bjson_id_at(&file, row, &id);
        CHECK(id.row == row && id.type == given->type && id.flags == given->flags &&
              id.time == given->time);
        CHECK((result == W3D_ERR_NOT_FOUND) == (given->flags != 0));
        if (result != W3D_OK) continue;
        CHECK(!strcmp(id.name, given->name) && id.name_size == strlen(given->name));
        CHECK(w3d_bjson_properties(&id, &map) && same_map(&map, given->values, given->value_count));
        uint32_t first = w3d_bjson_find(&file, id.type, id.name);
        CHECK(first <= row && !strcmp(desc->ids[first].name, id.name) &&
              desc->ids[first].type == id.type);
    }
    check_rest(desc, &file);
    CHECK(w3d_bjson_find(&file, 300, "") == W3D_BJSON_NONE);
    CHECK(w3d_bjson_id_at(&file, desc->id_count, NULL) == W3D_ERR_INDEX);
}

static void random_documents(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 300; i++) {
        size_t size = 0;
        w3d_result result;
        if (i % 2)
            bjson_random_make_all(d);
        else
            bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        CHECK_MESSAGE(bytes != NULL, "document %d: result %d", i, (int)result);
        if (bytes) check_document(&d->desc, bytes, size);
        free(bytes);
    }
    free(d);
}

/* ---- equal content, equal bytes ---- */

/* Turns the order of all maps round and moves their keys to new places. */
static void turn_round(w3d_bjson_value *values, uint32_t count, int in_list)
{
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].tag == W3D_BJSON_MAP || values[i].tag == W3D_BJSON_LIST)
            turn_round((w3d_bjson_value *)(uintptr_t)values[i].data, values[i].count,
                       values[i].tag == W3D_BJSON_LIST);
        if (!in_list) values[i].key = strdup(values[i].key);
    }
    for (uint32_t i = 0; i < count / 2 && !in_list; i++) {
        w3d_bjson_value other = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = other;
    }
}

static void free_keys(w3d_bjson_value *values, uint32_t count, int in_list)
{
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].tag == W3D_BJSON_MAP || values[i].tag == W3D_BJSON_LIST)
            free_keys((w3d_bjson_value *)(uintptr_t)values[i].data, values[i].count,
                      values[i].tag == W3D_BJSON_LIST);
        if (!in_list) free((void *)(uintptr_t)values[i].key);
    }
}

static void order_does_not_matter(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 100; i++) {
        size_t size = 0, other_size = 0;
        w3d_result result;
        if (i % 2)
            bjson_random_make_all(d);
        else
            bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        for (uint32_t k = 0; k < d->desc.id_count; k++)
            turn_round((w3d_bjson_value *)(uintptr_t)d->ids[k].values, d->ids[k].value_count, 0);
        turn_round((w3d_bjson_value *)(uintptr_t)d->desc.meta, d->desc.meta_count, 0);
        unsigned char *other = bjson_random_encode(&d->desc, &other_size, &result);
        CHECK(bytes && other && size == other_size);
        if (bytes && other && size == other_size) CHECK_BYTES(bytes, other, size);
        for (uint32_t k = 0; k < d->desc.id_count; k++)
            free_keys((w3d_bjson_value *)(uintptr_t)d->ids[k].values, d->ids[k].value_count, 0);
        free_keys((w3d_bjson_value *)(uintptr_t)d->desc.meta, d->desc.meta_count, 0);
        free(bytes);
        free(other);
    }
    free(d);
}

/* The same properties from values, from a struct laid out as in the file, and from another. */
typedef struct like_the_file {
    double mass;
    int64_t when;
    uint32_t data;
    float location[3], matrix[16];
    uint32_t links[2];
    uint16_t half[3];
    uint8_t hide;
} like_the_file;

typedef struct unlike_the_file {
    uint8_t hide;
    float matrix[16], location[3];
    uint16_t half[3];
    int64_t when;
    uint32_t links[2], data;
    double mass;
} unlike_the_file;

#define FIELDS(type, fields)                                                                       \
    fields[0] =                                                                                    \
        w3d_bjson_vector_field("location", W3D_BJSON_SUB_F32, 3, offsetof(type, location));        \
    fields[1] = w3d_bjson_field("mass", W3D_BJSON_F64, offsetof(type, mass));                      \
    fields[2] = w3d_bjson_vector_field("matrix", W3D_BJSON_SUB_F32, 16, offsetof(type, matrix));   \
    fields[3] = w3d_bjson_field("hide", W3D_BJSON_BOOL, offsetof(type, hide));                     \
    fields[4] = w3d_bjson_field("data", W3D_BJSON_REFERENCE, offsetof(type, data));                \
    fields[5] = w3d_bjson_vector_field("half", W3D_BJSON_SUB_F16, 3, offsetof(type, half));        \
    fields[6] =                                                                                    \
        w3d_bjson_vector_field("links", W3D_BJSON_SUB_REFERENCE, 2, offsetof(type, links));        \
    fields[7] = w3d_bjson_field("when", W3D_BJSON_TIME, offsetof(type, when))

static void structs(void)
{
    enum { COUNT = 20 };
    static like_the_file like[COUNT];
    static unlike_the_file unlike[COUNT];
    w3d_bjson_value values[COUNT][8], like_fields[8], unlike_fields[8];
    w3d_bjson_write_id ids[3][COUNT];
    unsigned char *bytes[3];
    size_t size[3] = { 0, 0, 0 };
    memset(ids, 0, sizeof ids);
    FIELDS(like_the_file, like_fields);
    FIELDS(unlike_the_file, unlike_fields);
    for (uint32_t i = 0; i < COUNT; i++) {
        like_the_file *l = &like[i];
        l->mass = i % 3 ? (double)i : w3d_f64_from_bits(0xFFF8000000000123u);
        l->when = (int64_t)test_random();
        l->data = i % 4 ? i / 2 : W3D_BJSON_NONE;
        for (int k = 0; k < 16; k++)
            l->matrix[k] = k % 5 ? (float)k : w3d_f32_from_bits(0x7F800000u + test_random_below(9));
        for (int k = 0; k < 3; k++) l->location[k] = w3d_f32_from_bits(0xFFC00000u + (uint32_t)k);
        for (int k = 0; k < 3; k++) l->half[k] = (uint16_t)(0x7BFF + k);
        l->links[0] = COUNT - 1 - i, l->links[1] = i / 2;
        l->hide = (uint8_t)(i % 3);
        unlike_the_file *u = &unlike[i];
        u->mass = l->mass, u->when = l->when, u->data = l->data, u->hide = l->hide;
        memcpy(u->matrix, l->matrix, sizeof l->matrix),
            memcpy(u->location, l->location, sizeof l->location);
        memcpy(u->links, l->links, sizeof l->links), memcpy(u->half, l->half, sizeof l->half);
        values[i][0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, l->location);
        values[i][1] = w3d_bjson_f64("mass", l->mass);
        values[i][2] = w3d_bjson_vector("matrix", W3D_BJSON_SUB_F32, 16, l->matrix);
        values[i][3] = w3d_bjson_bool("hide", l->hide);
        values[i][4] = w3d_bjson_reference("data", l->data);
        values[i][5] = w3d_bjson_vector("half", W3D_BJSON_SUB_F16, 3, l->half);
        values[i][6] = w3d_bjson_vector("links", W3D_BJSON_SUB_REFERENCE, 2, l->links);
        values[i][7] = w3d_bjson_time("when", l->when);
        for (int k = 0; k < 3; k++) ids[k][i].name = "o", ids[k][i].value_count = 8;
        ids[0][i].values = values[i];
        ids[1][i].values = like_fields, ids[1][i].record = l;
        ids[2][i].values = unlike_fields, ids[2][i].record = u;
    }
    for (int k = 0; k < 3; k++) {
        w3d_bjson_write_desc desc = { ids[k], COUNT, 0, NULL, NULL };
        w3d_result result;
        bytes[k] = bjson_random_encode(&desc, &size[k], &result);
        CHECK(bytes[k] && size[k] == size[0]);
        if (k == 0) check_document(&desc, bytes[0], size[0]);
        if (k && bytes[k] && size[k] == size[0]) CHECK_BYTES(bytes[k], bytes[0], size[0]);
    }
    for (int k = 0; k < 3; k++) free(bytes[k]);

    /* A struct holds numbers and vectors only, and its rows are checked like any others. */
    like_fields[3] = w3d_bjson_field("hide", W3D_BJSON_STRING, 0);
    w3d_bjson_write_desc desc = { ids[1], COUNT, 0, NULL, NULL };
    w3d_result result;
    CHECK(!bjson_random_encode(&desc, &size[0], &result) && result == W3D_ERR_ARGUMENT);
    FIELDS(like_the_file, like_fields);
    like[7].links[1] = COUNT;
    CHECK(!bjson_random_encode(&desc, &size[0], &result) && result == W3D_ERR_INDEX);
}
#undef FIELDS

/* ---- room ---- */

static void room_is_exact(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 30; i++) {
        w3d_bjson_plan plan;
        w3d_error error;
        if (i % 2)
            bjson_random_make_all(d);
        else
            bjson_random_make(d);
        size_t scratch = w3d_bjson_write_scratch_size(&d->desc);
        unsigned char *memory = (unsigned char *)malloc(scratch);
        w3d_arena arena = w3d_arena_make(memory, scratch), before;
        CHECK(w3d_bjson_write_size(&d->desc, &arena, &plan, NULL) == W3D_OK);
        unsigned char *bytes = (unsigned char *)malloc(plan.size + 1),
                      *again = (unsigned char *)malloc(plan.size);
        memset(bytes, 0xA5, plan.size + 1);
        CHECK(w3d_bjson_write(&plan, bytes, plan.size - 1, &error) == W3D_ERR_CAPACITY);
        for (size_t k = 0; k <= plan.size; k++) CHECK(bytes[k] == 0xA5);
        CHECK(w3d_bjson_write(&plan, bytes + 1, plan.size, NULL) == W3D_OK && bytes[0] == 0xA5);
        CHECK(w3d_bjson_write(&plan, again, plan.size, NULL) ==
              W3D_OK); /* a plan writes twice alike */
        CHECK_BYTES(bytes + 1, again, plan.size);
        free(bytes);
        free(again);
        /* Any arena that is too small is refused and stays as it was. */
        size_t used = arena.used;
        for (size_t size = 0; size < used; size += 1 + used / 40) {
            arena = before = w3d_arena_make(memory, size);
            w3d_result result = w3d_bjson_write_size(&d->desc, &arena, &plan, &error);
            CHECK(result == W3D_ERR_CAPACITY && arena.used == before.used && error.code == result);
        }
        free(memory);
    }
    free(d);
}

/* Unknown inline values whose size is no multiple of their alignment leave gaps, which are zero,
 * between 300 fields too, where readers want the canonical layout. */
static void unknown_tags_leave_gaps(void)
{
    enum { COUNT = 300 };
    static w3d_bjson_value values[COUNT];
    static char keys[COUNT][8];
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", (unsigned)i);
        values[i] = w3d_bjson_unknown(keys[i], 0x06 + 3 * (i % 7), i % 4, i, "abcdefgh", 1 + i % 8);
    }
    w3d_bjson_write_id id = { "gaps", values, COUNT, 0, 0, 0, NULL };
    w3d_bjson_write_desc desc = { &id, 1, 1, NULL, NULL };
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(bytes != NULL);
    if (bytes) check_document(&desc, bytes, size);
    free(bytes);

    /* The size is a part of the shape, of which the type says nothing here. */
    w3d_bjson_value same[3];
    w3d_bjson_write_id ids[3];
    memset(ids, 0, sizeof ids);
    for (uint32_t i = 0; i < 3; i++) {
        same[i] = w3d_bjson_unknown("same", 0x06, 0, 0, "abcdefgh", 3 + i % 2);
        ids[i].name = "x", ids[i].values = &same[i], ids[i].value_count = 1;
    }
    w3d_bjson file;
    desc.ids = ids, desc.id_count = 3;
    bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK && file.shape_count == 2);
    if (bytes) check_document(&desc, bytes, size);
    free(bytes);
}

/* ---- small things ---- */

static void nothing_at_all(void)
{
    size_t size = 0;
    w3d_result result;
    w3d_bjson file;
    w3d_bjson_write_desc desc = { NULL, 0, 1, NULL, NULL };
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(bytes && size == 64 + 3 * 16);
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK && file.id_count == 0);
    free(bytes);
}

static void numbers(void)
{
    static const int8_t i8[2] = { -128, 127 };
    static const uint16_t u16[2] = { 65535, 1 }, f16[2] = { 0x3C00, 0xFC00 };
    static const uint32_t u32[2] = { 4000000000u, 0 };
    static const int64_t i64[2] = { INT64_MIN, 3 };
    static const double f64[2] = { 0.1, -2.0 };
    w3d_bjson_value values[12];
    values[0] = w3d_bjson_vector("i8", W3D_BJSON_SUB_I8, 2, i8);
    values[1] = w3d_bjson_array("u16", W3D_BJSON_SUB_U16, u16, 2);
    values[2] = w3d_bjson_large("f16", W3D_BJSON_SUB_F16, f16, 2);
    values[3] = w3d_bjson_vector("u32", W3D_BJSON_SUB_U32, 2, u32);
    values[4] = w3d_bjson_vector("i64", W3D_BJSON_SUB_I64, 2, i64);
    values[5] = w3d_bjson_vector("f64", W3D_BJSON_SUB_F64, 2, f64);
    values[6] = w3d_bjson_i64("negative", -1);
    values[7] = w3d_bjson_u64("large", UINT64_MAX);
    values[8] = w3d_bjson_bool("bool", 5);
    values[9] = w3d_bjson_string("text", "x", 1);
    values[10] = w3d_bjson_time("time", 7);
    values[11] = w3d_bjson_reference("none", W3D_BJSON_NONE);
    w3d_bjson_write_id id = { NULL, values, 12, 200, 0, 0, NULL };
    w3d_bjson_write_desc desc = { &id, 1, 0, NULL, NULL };
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    w3d_bjson file;
    w3d_bjson_id read;
    w3d_bjson_view view;
    float f[2];
    double d = 0;
    int64_t i = 0;
    uint64_t u = 0;
    uint32_t row = 1;
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK &&
          w3d_bjson_id_at(&file, 0, &read) == W3D_OK);
    CHECK(w3d_bjson_get(&read, "i8", &view) && w3d_bjson_to_f32(&view, f, 2) && f[0] == -128.0f &&
          f[1] == 127.0f);
    CHECK(!w3d_bjson_to_f32(&view, f, 1) && !w3d_bjson_to_f32(&view, f, 3) &&
          !w3d_bjson_to_f64(&view, &d));
    CHECK(w3d_bjson_get(&read, "u16", &view) && w3d_bjson_to_f32(&view, f, 2) && f[0] == 65535.0f &&
          f[1] == 1.0f);
    CHECK(w3d_bjson_get(&read, "f16", &view) && w3d_bjson_to_f32(&view, f, 2) && f[0] == 1.0f &&
          f[1] == -(float)HUGE_VAL);
    CHECK(w3d_bjson_get(&read, "u32", &view) && w3d_bjson_to_f32(&view, f, 2) && f[0] == 4e9f &&
          f[1] == 0.0f);
    CHECK(w3d_bjson_get(&read, "i64", &view) && w3d_bjson_to_f32(&view, f, 2) &&
          f[0] == -9223372036854775808.0f);
    CHECK(w3d_bjson_get(&read, "f64", &view) && w3d_bjson_to_f32(&view, f, 2) && f[0] == 0.1f &&
          f[1] == -2.0f);
    CHECK(w3d_bjson_get(&read, "negative", &view) && w3d_bjson_to_i64(&view, &i) && i == -1);
    CHECK(!w3d_bjson_to_u64(&view, &u) && w3d_bjson_to_f64(&view, &d) && d == -1.0 &&
          !w3d_bjson_to_f32(&view, f, 1));
    CHECK(w3d_bjson_get(&read, "large", &view) && w3d_bjson_to_u64(&view, &u) && u == UINT64_MAX);
    CHECK(!w3d_bjson_to_i64(&view, &i) && w3d_bjson_to_f64(&view, &d) &&
          d == 18446744073709551616.0);
    CHECK(w3d_bjson_get(&read, "bool", &view) && w3d_bjson_to_i64(&view, &i) && i == 1);
    CHECK(w3d_bjson_get(&read, "time", &view) && w3d_bjson_to_u64(&view, &u) && u == 7);
    CHECK(w3d_bjson_get(&read, "none", &view) && w3d_bjson_to_row(&view, &row) &&
          row == W3D_BJSON_NONE);
    CHECK(w3d_bjson_row_at(&view, 0) == W3D_BJSON_NONE && !w3d_bjson_to_text(&view, NULL));
    CHECK(w3d_bjson_get(&read, "text", &view) && !w3d_bjson_to_f64(&view, &d) &&
          !w3d_bjson_to_row(&view, &row));
    CHECK(!w3d_bjson_member(&view, "x", &view) && !w3d_bjson_item(&view, 0, NULL, &view));
    CHECK(!strcmp(read.name, "") && !w3d_bjson_get(&read, "", &view));

    /* The same file elsewhere: views go on, pointers are those of the new place. */
    unsigned char *moved = (unsigned char *)malloc(size);
    if (moved && bytes) memcpy(moved, bytes, size);
    CHECK(w3d_bjson_get(&read, "text", &view) && file.generation == 0);
    w3d_bjson_rebase(&file, moved);
    free(bytes);
    CHECK(file.generation == 1 && !strcmp(w3d_bjson_to_text(&view, NULL), "x"));
    CHECK((const unsigned char *)w3d_bjson_data(&view) == moved + view.offset);
    free(moved);
    CHECK(w3d_bjson_read(NULL, 0, &file, NULL) == W3D_ERR_ARGUMENT);
}

/* ---- another reader agrees ---- */

/* Runs tests/reference/bjson_check.py on files of ours: it reads each by the layout alone, and
 * writes it again from what it read, which must give the same bytes. */
static void reference_agrees(void)
{
#if defined(__wasm__) || defined(_WIN32)
    printf("skipped: %s.%s: no processes here; the native run has it\n", test.suite, test.name);
#else
    char folder[] = "/tmp/bjson_XXXXXX", command[256];
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    if (system("python3 -c pass") != 0 || !mkdtemp(folder)) {
        printf("skipped: %s.%s: no python3\n", test.suite, test.name);
        free(d);
        return;
    }
    for (int i = 0; i < 60; i++) {
        size_t size = 0;
        w3d_result result;
        if (i % 2)
            bjson_random_make_all(d);
        else
            bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        snprintf(command, sizeof command, "%s/%d.bjson", folder, i);
        FILE *out = fopen(command, "wb");
        CHECK(bytes && out && fwrite(bytes, 1, size, out) == size);
        if (out) fclose(out);
        free(bytes);
    }
    snprintf(command, sizeof command,
             "python3 tests/reference/bjson_check.py %s/*.bjson | grep -v ': ok$' >&2; "
             "test $(ls %s | wc -l) = 60",
             folder, folder);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command,
             "python3 tests/reference/bjson_check.py %s/*.bjson >/dev/null", folder);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK(system(command) == 0);
    free(d);
#endif
}

void test_bjson(void);
void test_bjson(void)
{
    RUN(random_documents);
    RUN(order_does_not_matter);
    RUN(structs);
    RUN(room_is_exact);
    RUN(unknown_tags_leave_gaps);
    RUN(nothing_at_all);
    RUN(numbers);
    RUN(reference_agrees);
}
