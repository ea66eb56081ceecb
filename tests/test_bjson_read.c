/* test_bjson_read.c - names looked up once, chunks one by one, meta, IDs outside their file. */
#include "bjson_random.h"

#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson_read.h"

static unsigned char *random_file(bjson_random *d, w3d_bjson *file)
{
    size_t size = 0;
    w3d_result result;
    bjson_random_make(d);
    unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
    CHECK(bytes && w3d_bjson_read(bytes, size, file, NULL) == W3D_OK);
    return bytes;
}

static int same_view(const w3d_bjson_view *a, const w3d_bjson_view *b)
{
    return a->id == b->id && a->offset == b->offset && a->length == b->length && a->tag == b->tag &&
           a->subtype == b->subtype && a->n == b->n && a->count == b->count &&
           a->types == b->types && a->slots == b->slots;
}

/* Lookups, used from map to map, find what a search by name finds. */
static void lookups_agree_with_names(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 60; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        w3d_bjson_lookup lookups[BJSON_RANDOM_KEYS];
        uint32_t found = 0;
        for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++)
            lookups[k] = w3d_bjson_lookup_make(&file, bjson_random_key(k));
        for (uint32_t step = 0; step < 3 * file.id_count; step++) {
            w3d_bjson_id id;
            w3d_bjson_view map, named, looked;
            if (w3d_bjson_id_at(&file, test_random_below(file.id_count), &id) != W3D_OK) continue;
            CHECK(w3d_bjson_properties(&id, &map));
            for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++) {
                memset(&named, 0x55, sizeof named);
                looked = named;
                int has = w3d_bjson_member(&map, bjson_random_key(k), &named);
                CHECK(w3d_bjson_lookup_get(&lookups[k], &map, &looked) == has);
                CHECK(same_view(&named, &looked)); /* untouched where there is none */
                uint32_t type = W3D_BJSON_TYPE(named.tag, named.subtype, named.n);
                const void *data = w3d_bjson_lookup_data(&lookups[k], &map, type);
                CHECK(data ==
                      (has && w3d_bjson_tag_is_inline(named.tag) ? w3d_bjson_data(&named) : NULL));
                CHECK(!w3d_bjson_lookup_data(&lookups[k], &map, type ^ 0x10000u));
                uint32_t row = 0;
                if (data && named.tag == W3D_BJSON_REFERENCE && w3d_bjson_to_row(&named, &row))
                    CHECK(w3d_bjson_row_in(&id, data) == row);
                found += (uint32_t)has;
            }
        }
        CHECK(found > 0 || file.key_count == 0 || file.id_count < 3);
        free(bytes);
    }
    free(d);
}

/* Values that are no maps have no members, whatever the lookup knows. */
static void lookups_want_maps(void)
{
    w3d_bjson_value item = w3d_bjson_i64(NULL, 5), values[2], inner = w3d_bjson_i64("n", 1);
    values[0] = w3d_bjson_list("list", &item, 1);
    values[1] = w3d_bjson_map("map", &inner, 1);
    w3d_bjson_write_id write = { "A", values, 2, 0, 0, 0, NULL };
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = &write;
    desc.id_count = 1;
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view list, map, view;
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_get(&id, "list", &list) &&
          w3d_bjson_get(&id, "map", &map));
    w3d_bjson_lookup n = w3d_bjson_lookup_make(&file, "n"), none;
    CHECK(!w3d_bjson_lookup_get(&n, &list, &view));
    CHECK(w3d_bjson_lookup_get(&n, &map, &view) && view.tag == W3D_BJSON_I64);
    CHECK(!w3d_bjson_lookup_get(&n, &view, &list)); /* an integer */
    none = w3d_bjson_lookup_make(&file, "nothing");
    CHECK(none.key == W3D_BJSON_NONE && !w3d_bjson_lookup_get(&none, &map, &view));
    w3d_bjson_lookup fresh = w3d_bjson_lookup_make(&file, "n");
    CHECK(!w3d_bjson_lookup_data(&fresh, &view, W3D_BJSON_NULL) && /* an integer, too */
          !w3d_bjson_lookup_data(&fresh, &list, W3D_BJSON_NULL));
    CHECK(w3d_bjson_row_in(&id, NULL) == W3D_BJSON_NONE);
    free(bytes);
}

/* Every key is found, and no text that is none. */
static void keys(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 60; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        const char *text = (const char *)bytes + file.keys;
        uint32_t count = 0;
        for (uint64_t at = 0; at < file.keys_size; at += strlen(text + at) + 1, count++) {
            char longer[300];
            CHECK(w3d_bjson_key(&file, text + at) == at);
            snprintf(longer, sizeof longer, "%s\x01", text + at);
            CHECK(w3d_bjson_key(&file, longer) == W3D_BJSON_NONE);
        }
        CHECK(count == file.key_count);
        CHECK(w3d_bjson_key(&file, "no such property") == W3D_BJSON_NONE);
        CHECK(w3d_bjson_key(&file, "\xFF") == W3D_BJSON_NONE);
        free(bytes);
    }
    free(d);
}

/* All chunks, in order, to the last byte; none behind a damaged one. */
static void chunks(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 30; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        w3d_bjson_chunk_view it, last;
        uint32_t ids = 0, rows = 0, others = 0;
        memset(&it, 0, sizeof it);
        memset(&last, 0, sizeof last);
        while (w3d_bjson_chunk_next(&file, &it)) {
            CHECK(it.at == (last.at ? (last.payload + last.size + 15) / 16 * 16 : 64) &&
                  it.payload == it.at + 16);
            CHECK(it.kind == w3d_load_u32(bytes + it.at) &&
                  it.aux == w3d_load_u32(bytes + it.at + 4));
            ids += it.kind == W3D_BJSON_CHUNK_ID;
            others += it.kind == W3D_BJSON_CHUNK_KEYS && it.payload == file.keys;
            others += it.kind == W3D_BJSON_CHUNK_SHAP && it.payload == file.shapes;
            others += it.kind == W3D_BJSON_CHUNK_REFS && it.payload == file.refs;
            last = it;
        }
        CHECK((last.payload + last.size + 15) / 16 * 16 == file.size && others == 3);
        CHECK(it.at == last.at); /* untouched behind the last */
        for (uint32_t row = 0; row < file.id_count; row++)
            rows += w3d_load_u64(bytes + file.refs + row * 24) != 0;
        CHECK(rows == ids);
        memset(&it, 0, sizeof it);
        w3d_store_u64(bytes + 72, UINT64_MAX - 7);
        CHECK(!w3d_bjson_chunk_next(&file, &it) && it.at == 0);
        free(bytes);
    }
    free(d);
}

static void meta(void)
{
    w3d_bjson_value entry = w3d_bjson_string("label", "Mass", 4),
                    type = w3d_bjson_map("mass", &entry, 1);
    w3d_bjson_value object = w3d_bjson_map("Object", &type, 1), values[2];
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    values[0] = w3d_bjson_map("properties", &object, 1);
    values[1] = w3d_bjson_i64("version", 3);
    w3d_bjson_write_id write = { "A", values, 2, 0, 0, 0, NULL };
    for (int with = 0; with < 2; with++) {
        size_t size = 0;
        w3d_result result;
        w3d_bjson file;
        w3d_bjson_id pseudo;
        w3d_bjson_view map, view;
        int64_t version = 0;
        desc.ids = &write;
        desc.id_count = 1;
        desc.meta = with ? values : NULL;
        desc.meta_count = with ? 2 : 0;
        unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
        CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_meta(&file, &pseudo, &map) == with);
        if (with) {
            CHECK(map.count == 2 && map.id == &pseudo && pseudo.row == W3D_BJSON_NONE &&
                  !strcmp(pseudo.name, ""));
            CHECK(w3d_bjson_get(&pseudo, "version", &view) && w3d_bjson_to_i64(&view, &version) &&
                  version == 3);
            CHECK(w3d_bjson_member(&map, "properties", &view) &&
                  w3d_bjson_member(&view, "Object", &view) &&
                  w3d_bjson_member(&view, "mass", &view) &&
                  w3d_bjson_member(&view, "label", &view));
            CHECK(w3d_bjson_to_text(&view, NULL) &&
                  !strcmp(w3d_bjson_to_text(&view, NULL), "Mass"));
            /* Bytes that change afterwards: no shape any more. */
            w3d_store_u32(bytes + pseudo.payload, 1000);
            CHECK(!w3d_bjson_meta(&file, &pseudo, &map));
        }
        free(bytes);
    }
}

/* The same ID by its row and by its place. */
static void id_of_a_payload(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int round = 0; round < 30; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        for (uint32_t row = 0; row < file.id_count; row++) {
            w3d_bjson_id by_row, by_place;
            memset(&by_row, 0, sizeof by_row); /* its padding too */
            memset(&by_place, 0, sizeof by_place);
            if (w3d_bjson_id_at(&file, row, &by_row) != W3D_OK) continue;
            CHECK(w3d_bjson_id_of(&file, row, by_row.payload, by_row.size, &by_place) == W3D_OK);
            CHECK(!memcmp(&by_row, &by_place, sizeof by_row));
            CHECK(by_row.name_size == strlen(d->names[row]) && !strcmp(by_row.name, d->names[row]));
            for (uint64_t cut = 0; cut < 32 && cut < by_row.size; cut++)
                CHECK(w3d_bjson_id_of(&file, row, by_row.payload, cut, &by_place) != W3D_OK ||
                      by_place.large <= by_row.payload + cut + 16);
            CHECK(w3d_bjson_id_of(&file, row, file.size - 8, 16, &by_place) == W3D_ERR_FORMAT);
            CHECK(w3d_bjson_id_of(&file, W3D_BJSON_NONE, by_row.payload, by_row.size, &by_place) ==
                      W3D_OK &&
                  by_place.type == by_row.type && by_place.time == 0);
        }
        free(bytes);
    }
    free(d);
}

/* Records hold what their IDs say, by name and by lookup. */
static void records_agree_with_ids(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_bjson_names *names = (w3d_bjson_names *)malloc(sizeof *names);
    uint32_t found = 0, rows = 0;
    for (int round = 0; round < 60; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        w3d_bjson_lookup lookups[BJSON_RANDOM_KEYS];
        w3d_bjson_names_make(names, &file);
        for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++)
            lookups[k] = w3d_bjson_lookup_make(&file, bjson_random_key(k));
        for (uint32_t row = 0; row < file.id_count + 2; row++) {
            w3d_bjson_id id;
            w3d_bjson_record record;
            w3d_bjson_view map, view;
            memset(&record, 0x55, sizeof record);
            int is_there = w3d_bjson_id_at(&file, row, &id) == W3D_OK;
            CHECK(w3d_bjson_record_at(&file, row, &record) == is_there);
            if (!is_there) {
                CHECK(record.size == 0x55555555u); /* untouched */
                continue;
            }
            CHECK(record.name == id.name && w3d_bjson_record_name_size(&record) == id.name_size &&
                  id.name_size == strlen(id.name));
            CHECK(w3d_bjson_properties(&id, &map) && record.bytes == bytes + map.slots &&
                  record.size == map.length && record.file == &file);
            for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++) {
                const char *key = bjson_random_key(k);
                int has = w3d_bjson_member(&map, key, &view);
                uint32_t type = has ? W3D_BJSON_TYPE(view.tag, view.subtype, view.n) : 3, to = 0;
                const void *wanted =
                    has && w3d_bjson_tag_is_inline(view.tag) ? w3d_bjson_data(&view) : NULL;
                CHECK(w3d_bjson_record_find(&record, key, type) == wanted);
                CHECK(w3d_bjson_record_data(&record, &lookups[k], type) == wanted);
                w3d_bjson_lookup *named = w3d_bjson_names_lookup(names, key);
                CHECK(named->key == w3d_bjson_key(&file, key));
                CHECK(w3d_bjson_record_data(&record, named, type) == wanted);
                CHECK(!w3d_bjson_record_find(&record, key, type ^ 0x10000u));
                CHECK(!w3d_bjson_record_data(&record, &lookups[k], type ^ 0x10000u));
                found += wanted != NULL;
                if (!wanted || !w3d_bjson_to_row(&view, &to)) continue;
                CHECK(w3d_bjson_record_row(&record, wanted) == to);
                rows += to != W3D_BJSON_NONE;
            }
            CHECK(w3d_bjson_record_row(&record, NULL) == W3D_BJSON_NONE);
        }
        free(bytes);
    }
    CHECK(found > 100 && rows > 10);
    free(d);
    free(names);
}

/* Bytes that change after the check: wrong values, but nothing outside the file, whose memory ends
 * where it does, and no misaligned pointer. */
static void changed_bytes_stay_inside(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_bjson_names *names = (w3d_bjson_names *)malloc(sizeof *names);
    for (int round = 0; round < 400; round++) {
        w3d_bjson file;
        unsigned char *bytes = random_file(d, &file);
        w3d_bjson_lookup lookups[BJSON_RANDOM_KEYS];
        uint64_t sum = 0;
        for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++)
            lookups[k] = w3d_bjson_lookup_make(&file, bjson_random_key(k));
        w3d_bjson_names_make(names, &file);
        for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k += 2)
            w3d_bjson_names_lookup(names, bjson_random_key(k));
        for (int change = 0; change < 20; change++) {
            size_t at = test_random_below((uint32_t)file.size);
            if (change % 4 == 0 && file.size - at >= 8)
                w3d_store_u64(bytes + at, file.size - test_random_below(64));
            else
                bytes[at] = (unsigned char)(change % 3 ? test_random_below(256) : 255);
        }
        for (uint32_t row = 0; row < file.id_count; row++) {
            w3d_bjson_id id;
            w3d_bjson_record record;
            w3d_bjson_view view;
            if (w3d_bjson_id_at(&file, row, &id) == W3D_OK) {
                for (uint32_t i = 0; i <= id.name_size; i++) sum += (unsigned char)id.name[i];
                for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++)
                    sum += (uint64_t)w3d_bjson_get(&id, bjson_random_key(k), &view);
            }
            if (!w3d_bjson_record_at(&file, row, &record)) continue;
            CHECK(record.bytes + record.size <= bytes + file.size &&
                  ((uintptr_t)record.bytes & 7) == 0);
            uint32_t name_size = w3d_bjson_record_name_size(&record);
            for (uint32_t i = 0; i <= name_size; i++) sum += (unsigned char)record.name[i];
            for (uint32_t k = 0; k < BJSON_RANDOM_KEYS; k++) {
                static const uint32_t types[4] = { W3D_BJSON_F64, W3D_BJSON_REFERENCE,
                                                   W3D_BJSON_BOOL, W3D_BJSON_I64 };
                uint32_t t = test_random_below(4), size = t == 1 ? 4 : t == 2 ? 1 : 8;
                const void *data = w3d_bjson_record_data(&record, &lookups[k], types[t]);
                for (int by_name = 0; by_name < 3; by_name++) {
                    if (by_name == 2)
                        data = w3d_bjson_record_data(
                            &record, w3d_bjson_names_lookup(names, bjson_random_key(k)), types[t]);
                    if (by_name == 1)
                        data = w3d_bjson_record_find(&record, bjson_random_key(k), types[t]);
                    if (!data) continue;
                    CHECK((const unsigned char *)data >= record.bytes &&
                          (const unsigned char *)data + size <= record.bytes + record.size &&
                          ((uintptr_t)data & (size - 1)) == 0);
                    if (t == 1) sum += w3d_bjson_record_row(&record, data);
                }
            }
        }
        CHECK(sum != 1); /* it was worked out */
        free(bytes);
    }
    free(d);
    free(names);
}

/* Names are told apart by their first 8 bytes; those that begin alike are still found. */
static void names_that_begin_alike(void)
{
    enum { COUNT = 60 };
    static const char *const others[] = { "",
                                          "a",
                                          "ab",
                                          "abc",
                                          "abcd",
                                          "abcdefg",
                                          "abcdefgh",
                                          "abcdefghi",
                                          "abcdefgi",
                                          "property",
                                          "property_",
                                          "\xC3\xA9",
                                          "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
                                          "z" };
    w3d_bjson_value values[COUNT];
    char names[COUNT][32];
    uint32_t several = (uint32_t)(sizeof others / sizeof *others);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i < several)
            snprintf(names[i], sizeof names[i], "%s", others[i]);
        else
            snprintf(names[i], sizeof names[i], i % 2 ? "property_%u" : "property_of_%u",
                     (unsigned)i);
        values[i] = w3d_bjson_i64(names[i], (int64_t)i);
    }
    for (uint32_t count = 1; count <= COUNT; count++) {
        w3d_bjson_write_id write = { "A", values, count, 0, 0, 0, NULL };
        w3d_bjson_write_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.ids = &write;
        desc.id_count = 1;
        size_t size = 0;
        w3d_result result;
        unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
        w3d_bjson file;
        w3d_bjson_id id;
        w3d_bjson_record record;
        CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_record_at(&file, 0, &record));
        for (uint32_t i = 0; i < COUNT; i++) {
            w3d_bjson_view view;
            char longer[40];
            int64_t number = -1;
            int has = i < count;
            CHECK(w3d_bjson_get(&id, names[i], &view) == has);
            if (has) CHECK(w3d_bjson_to_i64(&view, &number) && number == (int64_t)i);
            const void *data = w3d_bjson_record_find(&record, names[i], W3D_BJSON_I64);
            CHECK((data != NULL) == has && (!has || w3d_load_i64(data) == (int64_t)i));
            snprintf(longer, sizeof longer, "%.38s~", names[i]);
            CHECK(!w3d_bjson_get(&id, longer, &view));
        }
        free(bytes);
    }
}

/* Names that agree in size and both ends, and more names than are kept; maps of three shapes in
 * turn, of which two are kept. */
static void names_that_take_turns(void)
{
    enum { NAMES = 300 };
    char(*keys)[40] = (char(*)[40])malloc(NAMES * sizeof *keys);
    w3d_bjson_value *values = (w3d_bjson_value *)malloc(NAMES * sizeof *values);
    w3d_bjson_names *names = (w3d_bjson_names *)malloc(sizeof *names);
    w3d_bjson_write_id ids[3];
    w3d_bjson_write_desc desc;
    w3d_bjson file;
    w3d_result result;
    size_t size = 0;
    memset(ids, 0, sizeof ids);
    memset(&desc, 0, sizeof desc);
    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(keys[i], sizeof keys[i], i % 2 ? "beginning%03uandtheend" : "k%u", (unsigned)i);
        values[i] = w3d_bjson_i64(keys[i], i);
    }
    for (uint32_t k = 0; k < 3; k++) {
        ids[k].name = "";
        ids[k].values = values + k;
        ids[k].value_count = NAMES - k; /* so "k0" is in the first only */
    }
    desc.ids = ids;
    desc.id_count = 3;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(result == W3D_OK && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_names_make(names, &file);
    for (uint32_t step = 0; step < 20 * NAMES; step++) {
        uint32_t i = step < 2 * NAMES ? step / 2 : test_random_below(NAMES);
        w3d_bjson_lookup *lookup = w3d_bjson_names_lookup(names, keys[i]);
        for (uint32_t turn = 0; turn < 4; turn++) {
            uint32_t row = test_random_below(3);
            w3d_bjson_record record;
            memset(&record, 0, sizeof record);
            CHECK(w3d_bjson_record_at(&file, row, &record));
            const void *at = w3d_bjson_record_data(&record, lookup, W3D_BJSON_I64);
            CHECK(i < row ? !at : at && w3d_load_u64(at) == i);
        }
    }
    CHECK(w3d_bjson_names_lookup(names, "beginning00andtheend")->key == W3D_BJSON_NONE);
    CHECK(w3d_bjson_names_lookup(names, "beginning001andthexend")->key == W3D_BJSON_NONE);
    CHECK(w3d_bjson_names_lookup(names, "")->key == W3D_BJSON_NONE);
    free(bytes);
    free(names);
    free(values);
    free(keys);
}

void test_bjson_read(void);
/* Chunks may stand in any order. Names at the very end of the file, behind which there are not even
 * 8 bytes, are found as others are. */
static void keys_at_the_end(void)
{
    char names[12][16];
    for (uint32_t count = 1; count <= 12; count++) {
        w3d_bjson_value values[12];
        w3d_bjson_write_id id = { "x", values, count, 0, 0, 0, NULL };
        w3d_bjson_write_desc desc;
        w3d_result result;
        size_t size = 0;
        memset(&desc, 0, sizeof desc);
        for (uint32_t i = 0; i < count; i++) {
            snprintf(names[i], sizeof names[i], "%c%.*s", (int)('a' + i), (int)(i % 7), "zzzzzzz");
            values[i] = w3d_bjson_i64(names[i], i);
        }
        desc.ids = &id;
        desc.id_count = 1;
        unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
        unsigned char *moved = (unsigned char *)malloc(size);
        /* The ID, SHAP, REFS, then KEYS. */
        size_t keys = (size_t)w3d_load_u64(bytes + 40), shapes = (size_t)w3d_load_u64(bytes + 48);
        size_t refs = (size_t)w3d_load_u64(bytes + 24), keys_size = shapes - keys;
        memcpy(moved, bytes, keys);
        memcpy(moved + keys, bytes + shapes, size - shapes);
        memcpy(moved + size - keys_size, bytes + keys, keys_size);
        w3d_store_u32(moved + 12, 0); /* not canonical */
        w3d_store_u64(moved + 24, refs - keys_size);
        w3d_store_u64(moved + 40, size - keys_size);
        w3d_store_u64(moved + 48, shapes - keys_size);
        w3d_store_u32(moved + 60, w3d_crc32c(0, moved, 60));
        w3d_bjson file;
        w3d_bjson_id read;
        CHECK(w3d_bjson_read(moved, size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_id_at(&file, 0, &read) == W3D_OK);
        for (uint32_t i = 0; i < count; i++) {
            w3d_bjson_view view;
            int64_t number = -1;
            CHECK_MESSAGE(w3d_bjson_get(&read, names[i], &view), "%u keys: %s", count, names[i]);
            CHECK(w3d_bjson_to_i64(&view, &number) && number == (int64_t)i);
        }
        free(moved);
        free(bytes);
    }
}

void test_bjson_read(void)
{
    RUN(lookups_agree_with_names);
    RUN(lookups_want_maps);
    RUN(keys);
    RUN(chunks);
    RUN(meta);
    RUN(id_of_a_payload);
    RUN(records_agree_with_ids);
    RUN(changed_bytes_stay_inside);
    RUN(names_that_begin_alike);
    RUN(names_that_take_turns);
    RUN(keys_at_the_end);
}
