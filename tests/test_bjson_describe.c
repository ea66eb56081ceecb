/* test_bjson_describe.c - described and written again, a canonical file is the same bytes. */
#include "scene/bjson_describe.h"

#include "bjson_random.h"
#include "scene/bjson_validate.h"
#include "test.h"

/* The canonical file of an open one, by describing it; free it. The arena is exactly the bound. */
static unsigned char *rewrite(const w3d_bjson *file, size_t *size)
{
    size_t room = w3d_bjson_describe_file_size(file);
    void *memory = malloc(room);
    w3d_arena arena = w3d_arena_make(memory, room);
    w3d_bjson_write_desc desc;
    w3d_result result;
    unsigned char *bytes = NULL;
    CHECK(memory && w3d_bjson_describe_file(file, &arena, &desc) == W3D_OK);
    bytes = bjson_random_encode(&desc, size, &result);
    CHECK(result == W3D_OK);
    free(memory);
    return bytes;
}

static void canonical_files_come_back(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 60 && d; i++) {
        size_t size = 0, again_size = 0;
        w3d_result result;
        w3d_bjson file;
        bjson_random_make_all(d);
        d->desc.hash = 0; /* what seals a file is not described */
        d->desc.sign_count = 0;
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        unsigned char *again = rewrite(&file, &again_size);
        CHECK(again && again_size == size);
        if (again && again_size == size) CHECK_BYTES(again, bytes, size);
        free(again);
        free(bytes);
    }
    free(d);
}

/* Each ID by itself, in an arena of exactly the bound; one byte less is not enough, where the bound
 * has nothing to spare, and changes nothing. */
static void arenas_that_are_too_small(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    uint32_t refused = 0;
    for (int i = 0; i < 20 && d; i++) {
        size_t size = 0;
        w3d_result result;
        w3d_bjson file;
        bjson_random_make_all(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        for (uint32_t row = 0; row < file.id_count; row++) {
            w3d_bjson_id id;
            w3d_bjson_write_id out;
            if (w3d_bjson_id_at(&file, row, &id) != W3D_OK) continue;
            size_t room = w3d_bjson_describe_size(&id);
            void *memory = malloc(room + 1);
            w3d_arena arena = w3d_arena_make(memory, room);
            CHECK(w3d_bjson_describe(&id, &arena, &out) == W3D_OK && arena.used <= room);
            CHECK(out.value_count == d->ids[row].value_count && out.type == d->ids[row].type);
            CHECK(out.time == d->ids[row].time && !strcmp(out.name, d->names[row]));
            size_t used = arena.used;
            for (size_t less = 0; less < used; less += 1 + used / 50) {
                memset(&out, 0x55, sizeof out);
                arena = w3d_arena_make(memory, less);
                result = w3d_bjson_describe(&id, &arena, &out);
                if (less == 0) continue; /* an arena of nothing */
                CHECK(result == W3D_ERR_CAPACITY && arena.used == 0 && out.type == 0x55);
                refused++;
            }
            free(memory);
        }
        free(bytes);
    }
    CHECK(refused > 50);
    free(d);
}

static void meta_is_described(void)
{
    w3d_bjson_value items[2], values[2];
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    items[0] = w3d_bjson_reference(NULL, W3D_BJSON_NONE);
    items[1] = w3d_bjson_string(NULL, "m", 1);
    values[0] = w3d_bjson_list("list", items, 2);
    values[1] = w3d_bjson_f64("max", 2.5);
    for (int i = 0; i < 2; i++) {
        size_t size = 0;
        w3d_result result;
        unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
        w3d_bjson file;
        const w3d_bjson_value *found = NULL;
        uint32_t count = 99;
        unsigned char room[512];
        w3d_arena arena = w3d_arena_make(room, sizeof room);
        CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        result = w3d_bjson_describe_meta(&file, &arena, &found, &count);
        if (i == 0) {
            CHECK(result == W3D_ERR_NOT_FOUND && !found && count == 99 && arena.used == 0);
            CHECK(w3d_bjson_describe_meta_size(&file) == 0);
        } else {
            CHECK(result == W3D_OK && count == 2 && !strcmp(found[0].key, "list"));
            CHECK(found[0].count == 2 && w3d_f64_from_bits(found[1].bits) == 2.5);
            const w3d_bjson_value *list = (const w3d_bjson_value *)found[0].data;
            CHECK(list[0].bits == W3D_BJSON_NONE && list[1].count == 1 && !list[0].key);
            CHECK(arena.used <= w3d_bjson_describe_meta_size(&file));
        }
        free(bytes);
        desc.meta = values;
        desc.meta_count = 2;
    }
}

/* A value in the deepest map there may be. */
static void the_deepest_is_described(void)
{
    w3d_bjson_value values[33];
    w3d_bjson_write_id id;
    w3d_bjson_write_desc desc;
    size_t size = 0, again_size = 0;
    w3d_result result;
    w3d_bjson file;
    memset(&id, 0, sizeof id);
    memset(&desc, 0, sizeof desc);
    for (int i = 0; i < 32; i++)
        values[i] = i % 2 ? w3d_bjson_map(i > 1 ? "m" : NULL, &values[i + 1], 1)
                          : w3d_bjson_list(i ? "l" : "top", &values[i + 1], 1);
    values[32] = w3d_bjson_i64("leaf", 1);
    for (int i = 1; i < 32; i += 2) values[i].key = NULL; /* they are items of lists */
    id.values = values;
    id.value_count = 1;
    desc.ids = &id;
    desc.id_count = 1;
    desc.meta = values;
    desc.meta_count = 1;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    unsigned char *again = rewrite(&file, &again_size);
    CHECK(again && again_size == size);
    if (again && again_size == size) CHECK_BYTES(again, bytes, size);
    free(again);
    free(bytes);
}

void test_bjson_describe(void)
{
    RUN(the_deepest_is_described);
    RUN(canonical_files_come_back);
    RUN(arenas_that_are_too_small);
    RUN(meta_is_described);
}
