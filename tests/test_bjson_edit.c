/* test_bjson_edit.c - the promises of bjson_edit one by one: what is written, where things go, what
 * stays, what is refused. Random edits: test_bjson_edit_model.c. */
#include "bjson_edit_target.h"
#include "bjson_random.h"
#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_path.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_validate.h"
#include "test.h"

static const float corner[3] = { 1, 2, 3 };
static const uint32_t links[3] = { 1, W3D_BJSON_NONE, 0 };
static float vertices[300];

/* A file of two objects and a mesh. */
static unsigned char *small_file(size_t *size, int crc)
{
    w3d_bjson_value inner[2], items[2], values[6], mesh[1];
    w3d_bjson_write_id ids[3];
    w3d_bjson_write_desc desc;
    w3d_bjson_chunk chunk;
    w3d_result result;
    memset(ids, 0, sizeof ids);
    memset(&desc, 0, sizeof desc);
    inner[0] = w3d_bjson_f64("mass", 1.5);
    inner[1] = w3d_bjson_string("kind", "rigid", 5);
    items[0] = w3d_bjson_i64(NULL, 1);
    items[1] = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 3, corner);
    values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, corner);
    values[1] = w3d_bjson_map("physics", inner, 2);
    values[2] = w3d_bjson_reference("parent", 1);
    values[3] = w3d_bjson_array("links", W3D_BJSON_SUB_REFERENCE, links, 3);
    values[4] = w3d_bjson_list("items", items, 2);
    values[5] = w3d_bjson_bool("visible", 1);
    mesh[0] = w3d_bjson_rows(w3d_bjson_large("positions", W3D_BJSON_SUB_F32, vertices, 100), 3);
    ids[0].name = "Cube";
    ids[0].values = values;
    ids[0].value_count = 6;
    ids[1].name = "Empty";
    ids[2].name = "Mesh";
    ids[2].type = W3D_BJSON_MESH;
    ids[2].values = mesh;
    ids[2].value_count = 1;
    chunk.kind = W3D_BJSON_FOURCC('t', 'h', 'm', 'b');
    chunk.data = "thumbnail";
    chunk.size = 9;
    desc.ids = ids;
    desc.id_count = 3;
    desc.chunks = &chunk;
    desc.chunk_count = 1;
    desc.crc = crc;
    unsigned char *bytes = bjson_random_encode(&desc, size, &result);
    CHECK(result == W3D_OK);
    return bytes;
}

/* Plans, writes and takes over the new file; *t tells what was written and holds no memory. */
static void carry_out(w3d_bjson_edit *edit, const w3d_bjson *file, unsigned char **bytes,
                      size_t *size, target *t)
{
    uint64_t new_size = 0;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK);
    CHECK(write_to(edit, file, new_size, t) == W3D_OK);
    w3d_bjson_edit_destroy(edit);
    w3d_result result = w3d_bjson_validate(t->bytes, t->size, NULL, &error);
    CHECK_MESSAGE(result == W3D_OK, "at %llu: %s", (unsigned long long)error.offset, error.text);
    free(*bytes);
    free(t->written);
    *bytes = t->bytes;
    *size = t->size;
}

/* Opens the file, sets one value, carries it out. */
static void set_one(unsigned char **bytes, size_t *size, uint32_t row, const char *path,
                    w3d_bjson_value value, target *t)
{
    w3d_bjson file;
    CHECK(w3d_bjson_read(*bytes, *size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    CHECK_MESSAGE(w3d_bjson_edit_set(edit, row, path, &value) == W3D_OK, "%s", path);
    carry_out(edit, &file, bytes, size, t);
}

static void what_fits_is_overwritten_and_nothing_else(void)
{
    static const float moved[3] = { 4, 5, 6 };
    for (int crc = 0; crc < 2; crc++) {
        size_t size = 0, extra = crc ? 24 + 16 : 0; /* the row, and the head of REFS */
        unsigned char *bytes = small_file(&size, crc);
        size_t before = size;
        target t;
        set_one(&bytes, &size, 0, "physics.mass", w3d_bjson_f64(NULL, 2.5), &t);
        CHECK(t.sum == 8 + 64 + extra && t.size == before); /* the header: no longer canonical */
        CHECK(!(bytes[12] & W3D_BJSON_CANONICAL));
        set_one(&bytes, &size, 0, "physics.mass", w3d_bjson_f64(NULL, 3.5), &t);
        CHECK(t.sum == 8 + extra && t.count == (crc ? 3u : 1u));
        set_one(&bytes, &size, 0, "physics.mass", w3d_bjson_f64(NULL, 3.5), &t);
        CHECK(t.count == 0);
        set_one(&bytes, &size, 0, "location", w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 3, moved),
                &t);
        CHECK(t.sum == 12 + extra);
        set_one(&bytes, &size, 0, "location[1]", w3d_bjson_f64(NULL, -1), &t);
        CHECK(t.sum == 4 + extra);
        set_one(&bytes, &size, 0, "physics.kind", w3d_bjson_string(NULL, "loose", 5), &t);
        CHECK(t.sum == 5 + extra);
        set_one(&bytes, &size, 0, "visible", w3d_bjson_bool(NULL, 0), &t);
        CHECK(t.sum == 1 + extra);
        set_one(&bytes, &size, 0, "items[0]", w3d_bjson_i64(NULL, 7), &t);
        CHECK(t.sum == 8 + extra);
        set_one(&bytes, &size, 0, "items[1][2]", w3d_bjson_i64(NULL, 7), &t);
        CHECK(t.sum == 4 + extra);
        set_one(&bytes, &size, 0, "parent", w3d_bjson_reference(NULL, 0), &t); /* is in R */
        CHECK(t.sum == 4 + extra && t.size == before);
        set_one(&bytes, &size, 0, "links[1]", w3d_bjson_reference(NULL, 1), &t);
        CHECK(t.sum == 4 + extra && t.size == before);
        w3d_bjson file;
        w3d_bjson_id id;
        w3d_bjson_view view;
        uint32_t row = 99;
        CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_get(&id, "parent", &view));
        CHECK(w3d_bjson_to_row(&view, &row) && row == 0);
        CHECK(w3d_bjson_get(&id, "links", &view) && w3d_bjson_row_at(&view, 1) == 1);
        set_one(&bytes, &size, 0, "parent", w3d_bjson_reference(NULL, 2), &t); /* is not */
        CHECK(t.sum > 100);
        free(bytes);
    }
}

static void ranges_and_names_in_place(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 0);
    size_t before = size;
    float rows[6] = { 1, 2, 3, 4, 5, 6 };
    w3d_bjson_edit_range range = { 98, 2, rows };
    w3d_bjson file;
    target t;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 97;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK); /* overlaps */
    range.first = 10;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 11; /* overlaps on the other side */
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 14;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 12; /* joins what lies on both sides */
    range.count = 1;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 13;
    range.count = 2;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_OK);
    range.first = 1;
    range.count = 2;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions[5]", &range) == W3D_OK); /* its y and z */
    range.first = 99;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_ERR_RANGE);
    range.first = 0xFFFFFFFFu;
    CHECK(w3d_bjson_edit_set_range(edit, 2, "positions", &range) == W3D_ERR_RANGE);
    CHECK(w3d_bjson_edit_set_range(edit, 2, "nothing", &range) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_edit_set_range(edit, 0, "physics", &range) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_edit_rename(edit, 2, "Maze") == W3D_OK);
    CHECK(w3d_bjson_edit_touch(edit, 2, 77) == W3D_OK);
    w3d_bjson_value value;
    CHECK(w3d_bjson_edit_get(edit, 2, "positions[98]", &value) == W3D_OK && value.n == 3);
    CHECK(((const float *)value.data)[0] == 4);
    carry_out(edit, &file, &bytes, &size, &t);
    CHECK(t.sum == (3 + 6) * 12 + 8 + 5 + 24 + 64 && size == before);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_find(&file, W3D_BJSON_MESH, "Maze") == 2);
    w3d_bjson_id id;
    w3d_bjson_view view;
    CHECK(w3d_bjson_id_at(&file, 2, &id) == W3D_OK && id.time == 77);
    CHECK(w3d_bjson_get(&id, "positions", &view));
    const float *now = (const float *)w3d_bjson_data(&view);
    CHECK(now[97 * 3] == 1 && now[98 * 3] == 4 && now[99 * 3] == 4 && now[99 * 3 + 2] == 6);
    static const float tens[18] = { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6 };
    CHECK(!memcmp(now + 30, tens, sizeof tens));
    CHECK(now[5 * 3 + 1] == 1 && now[5 * 3 + 2] == 2 && now[5 * 3] == vertices[15]);
    free(bytes);
}

static void growing_and_shrinking_is_bounded(void)
{
    char text[4000];
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 1);
    size_t before = size;
    memset(text, 'x', sizeof text);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t length = i % 2 ? 10 : 1000 + test_random_below(3000);
        target t;
        set_one(&bytes, &size, i % 3 == 2, "text", w3d_bjson_string(NULL, text, length), &t);
        CHECK(size <= before + 5 * sizeof text); /* all texts together are 250 KB */
        if (test.failures_here) break;
    }
    w3d_bjson file;
    w3d_bjson_chunk_view chunk;
    uint32_t last = 0;
    memset(&chunk, 0, sizeof chunk);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    while (w3d_bjson_chunk_next(&file, &chunk)) {
        CHECK(chunk.kind != W3D_BJSON_CHUNK_HOLE || last != W3D_BJSON_CHUNK_HOLE);
        last = chunk.kind;
    }
    free(bytes);
}

static void a_deleted_id_leaves_a_row_and_a_hole(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 1);
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view view;
    uint32_t row = 99, made = 99;
    target t;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    CHECK(w3d_bjson_edit_delete(edit, 2) == W3D_OK);
    CHECK(w3d_bjson_edit_delete(edit, 2) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_edit_delete(edit, 1) == W3D_OK);
    CHECK(w3d_bjson_edit_delete(edit, 3) == W3D_ERR_INDEX);
    size_t before = size;
    carry_out(edit, &file, &bytes, &size, &t);
    CHECK(size == before && t.sum == 16 + 2 * 24 + 16 + 64); /* one hole of two neighbours */
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_id_at(&file, 2, &id) == W3D_ERR_NOT_FOUND);
    CHECK(id.flags & W3D_BJSON_DELETED && id.type == W3D_BJSON_MESH);
    CHECK(w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_get(&id, "parent", &view));
    CHECK(w3d_bjson_to_row(&view, &row) && row == 1);
    /* What comes next lies in the hole; only REFS, which is longer now, goes to the end. */
    w3d_bjson_write_id lamp;
    w3d_bjson_value value = w3d_bjson_f64("mass", 60);
    memset(&lamp, 0, sizeof lamp);
    lamp.name = "Lamp";
    lamp.type = W3D_BJSON_LIGHT;
    lamp.values = &value;
    lamp.value_count = 1;
    edit = edit_of(&file);
    CHECK(w3d_bjson_edit_append(edit, &lamp, &made) == W3D_OK && made == 3);
    carry_out(edit, &file, &bytes, &size, &t);
    CHECK(size == before);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK && file.id_count == 4);
    CHECK(w3d_bjson_find(&file, W3D_BJSON_LIGHT, "Lamp") == 3);
    free(bytes);
}

/* A streamed file, made of a canonical one by hand. */
static void streamed_files_become_ordinary(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 0);
    unsigned char *streamed = (unsigned char *)calloc(1, size + 64);
    memcpy(streamed, bytes, size);
    w3d_store_u32(streamed + size, W3D_BJSON_CHUNK_END);
    w3d_store_u64(streamed + size + 8, W3D_BJSON_END_SIZE);
    memcpy(streamed + size + 16, bytes + 16, 44);
    w3d_store_u64(streamed + size + 16, size + 64);
    memset(streamed + 16, 0, 44);
    w3d_store_u32(streamed + 12, W3D_BJSON_STREAMED);
    w3d_store_u32(streamed + 60, w3d_crc32c(0, streamed, 60));
    uint32_t crc = w3d_crc32c(0, streamed, 16);
    w3d_store_u32(streamed + size + 60, w3d_crc32c(crc, streamed + size + 16, 44));
    free(bytes);
    size += 64;
    w3d_bjson file;
    target t;
    CHECK(w3d_bjson_read(streamed, size, &file, NULL) == W3D_OK);
    CHECK(file.flags & W3D_BJSON_STREAMED);
    set_one(&streamed, &size, 0, "physics.mass", w3d_bjson_f64(NULL, 9), &t);
    CHECK(t.sum == 8 + 16 + 64);
    CHECK(w3d_bjson_read(streamed, size, &file, NULL) == W3D_OK && file.flags == 0);
    CHECK(w3d_load_u32(streamed + size - 64) == W3D_BJSON_CHUNK_HOLE);
    free(streamed);
}

static void seals_do_not_lie(void)
{
    w3d_bjson_value value = w3d_bjson_f64("mass", 1);
    w3d_bjson_write_id id;
    w3d_bjson_write_desc desc;
    memset(&id, 0, sizeof id);
    memset(&desc, 0, sizeof desc);
    id.values = &value;
    id.value_count = 1;
    desc.ids = &id;
    desc.id_count = 1;
    desc.crc = 1;
    desc.hash = 1;
    desc.sign_count = 2;
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(w3d_bjson_hash_set(bytes, size) == W3D_OK);
    CHECK(w3d_bjson_sign(bytes, size, "key", 3, 1) == W3D_OK);
    for (int applied = 0; applied < 2; applied++) {
        w3d_bjson file;
        uint64_t new_size = 0;
        target t;
        value = w3d_bjson_f64(NULL, 2);
        CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        w3d_bjson_edit *edit = edit_of(&file);
        CHECK(w3d_bjson_edit_set(edit, 0, "mass", &value) == W3D_OK);
        CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK && new_size == size);
        CHECK(write_to(edit, &file, new_size, &t) == W3D_OK);
        if (applied) CHECK(w3d_bjson_edit_apply(edit, t.bytes, t.size, NULL) == W3D_OK);
        if (applied) { /* the first did not know that it would be applied as well */
            memcpy(t.bytes, bytes, size);
            CHECK(w3d_bjson_edit_apply(edit, t.bytes, t.size, NULL) == W3D_OK);
        }
        CHECK(w3d_bjson_read(t.bytes, t.size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_hash_check(&file) == (applied ? W3D_OK : W3D_ERR_NOT_FOUND));
        CHECK(w3d_bjson_sign_check(&file, "key", 3, 1) == W3D_ERR_NOT_FOUND);
        w3d_bjson_edit_destroy(edit);
        target_free(&t);
    }
    free(bytes);
}

/* One number into an element of each subtype, at the ends of its range and beyond. */
static void numbers_become_elements(void)
{
    static const struct {
        w3d_bjson_subtype subtype;
        int64_t low;
        uint64_t high;
    } kinds[] = { { W3D_BJSON_SUB_U8, 0, 255 },
                  { W3D_BJSON_SUB_U16, 0, 65535 },
                  { W3D_BJSON_SUB_U32, 0, 0xFFFFFFFFu },
                  { W3D_BJSON_SUB_U64, 0, UINT64_MAX },
                  { W3D_BJSON_SUB_I8, -128, 127 },
                  { W3D_BJSON_SUB_I16, -32768, 32767 },
                  { W3D_BJSON_SUB_I32, -2147483647 - 1, 2147483647 },
                  { W3D_BJSON_SUB_I64, INT64_MIN, INT64_MAX } };
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 0), zeros[16] = { 0 };
    w3d_bjson file;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    w3d_bjson_value got, value;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        uint64_t mask = UINT64_MAX >> (64 - 8 * w3d_bjson_subtype_size(kinds[i].subtype));
        value = w3d_bjson_vector(NULL, kinds[i].subtype, 2, zeros);
        CHECK(w3d_bjson_edit_set(edit, 1, "v", &value) == W3D_OK);
        value = w3d_bjson_u64(NULL, kinds[i].high);
        CHECK(w3d_bjson_edit_set(edit, 1, "v[1]", &value) == W3D_OK);
        CHECK(w3d_bjson_edit_get(edit, 1, "v[1]", &got) == W3D_OK);
        uint64_t bits = 0;
        memcpy(&bits, got.data, w3d_bjson_subtype_size(kinds[i].subtype));
        CHECK(bits == kinds[i].high);
        value.bits++;
        if (value.bits) CHECK(w3d_bjson_edit_set(edit, 1, "v[1]", &value) == W3D_ERR_RANGE);
        value = w3d_bjson_i64(NULL, kinds[i].low);
        CHECK(w3d_bjson_edit_set(edit, 1, "v[0]", &value) == W3D_OK);
        CHECK(w3d_bjson_edit_get(edit, 1, "v[0]", &got) == W3D_OK);
        bits = 0;
        memcpy(&bits, got.data, w3d_bjson_subtype_size(kinds[i].subtype));
        CHECK(bits == ((uint64_t)kinds[i].low & mask));
        value = w3d_bjson_i64(NULL, kinds[i].low == INT64_MIN ? 0 : kinds[i].low - 1);
        if (value.bits) CHECK(w3d_bjson_edit_set(edit, 1, "v[0]", &value) == W3D_ERR_RANGE);
        value = w3d_bjson_f64(NULL, 1);
        CHECK(w3d_bjson_edit_set(edit, 1, "v[0]", &value) == W3D_ERR_ARGUMENT);
    }
    /* Just above half way between 1 and the next half: by way of a float it would go down. */
    value = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F16, 2, zeros);
    CHECK(w3d_bjson_edit_set(edit, 1, "v", &value) == W3D_OK);
    value = w3d_bjson_f64(NULL, 1.0 + 1.0 / 2048 + 1.0 / 1099511627776.0);
    CHECK(w3d_bjson_edit_set(edit, 1, "v[0]", &value) == W3D_OK);
    value = w3d_bjson_f64(NULL, -1e300);
    CHECK(w3d_bjson_edit_set(edit, 1, "v[1]", &value) == W3D_OK);
    CHECK(w3d_bjson_edit_get(edit, 1, "v", &got) == W3D_OK);
    CHECK(w3d_load_u16((const unsigned char *)got.data) == 0x3C01);
    CHECK(w3d_load_u16((const unsigned char *)got.data + 2) == 0xFC00);
    w3d_bjson_edit_destroy(edit);
    free(bytes);
}

static void wrong_changes_change_nothing(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 0);
    w3d_bjson file;
    uint64_t new_size = 0;
    w3d_bjson_value twice[2], value, deep[40];
    w3d_bjson_write_id id;
    uint32_t row = 99;
    char long_name[257];
    memset(long_name, 'x', 256);
    long_name[256] = 0;
    CHECK(w3d_bjson_edit_create(NULL, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    w3d_bjson_edit_range range = { 0, 1, vertices };
    CHECK(w3d_bjson_edit_remove(edit, 2, "") == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_edit_remove(edit, 2, "positions[0]") == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_edit_remove(edit, 2, "new") == W3D_ERR_NOT_FOUND);
    for (int pass = 0; pass < 2; pass++) { /* in the file, then in a tree that was planted by it */
        value = w3d_bjson_f64(NULL, 1);
        CHECK(w3d_bjson_edit_set(edit, 3, "mass", &value) == W3D_ERR_INDEX);
        CHECK(w3d_bjson_edit_set(edit, 0, "physics.mass.x", &value) == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_error(edit)->offset == 12);
        CHECK(w3d_bjson_edit_set(edit, 0, "none.mass", &value) == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_set(edit, 0, "items[3]", &value) == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_set(edit, 0, "location[3]", &value) == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_set(edit, 0, "a..b", &value) == W3D_ERR_FORMAT);
        CHECK(w3d_bjson_edit_error(edit)->offset == 2);
        CHECK(w3d_bjson_edit_set(edit, 0, "", &value) == W3D_ERR_ARGUMENT);
        CHECK(w3d_bjson_edit_set(edit, 0, "location[1][0][0]", &value) == W3D_OK); /* is itself */
        value = w3d_bjson_f64(NULL, 2);
        CHECK(w3d_bjson_edit_set(edit, 0, "location[1]", &value) == W3D_OK); /* as it was */
        value = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F64, 1, vertices);
        CHECK(w3d_bjson_edit_set(edit, 0, "location[1]", &value) == W3D_ERR_ARGUMENT);
        value = w3d_bjson_reference(NULL, 3);
        CHECK(w3d_bjson_edit_set(edit, 0, "parent", &value) == W3D_ERR_INDEX);
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_INDEX);
        value = w3d_bjson_string(NULL, "\xFF", 1);
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_UTF8);
        value = w3d_bjson_string(NULL, NULL, 1);
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_ARGUMENT);
        value.tag = 0xA0;
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_ARGUMENT);
        value = w3d_bjson_null(NULL);
        CHECK(w3d_bjson_edit_set(edit, 0, "new\xFF", &value) == W3D_ERR_UTF8);
        value = w3d_bjson_unknown(NULL, 0x70, 0, 0, "123456789", 9);
        CHECK(w3d_bjson_edit_set(edit, 0, "items[2]", &value) == W3D_ERR_ARGUMENT);
        twice[0] = w3d_bjson_null("a");
        twice[1] = w3d_bjson_null("a");
        value = w3d_bjson_map(NULL, twice, 2);
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_ARGUMENT);
        twice[1].key = NULL;
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_ARGUMENT);
        for (int i = 0; i < 32; i++) deep[i] = w3d_bjson_list(NULL, &deep[i + 1], i < 31);
        CHECK(w3d_bjson_edit_set(edit, 0, "items[0]", &deep[0]) == W3D_ERR_LIMIT);
        CHECK(w3d_bjson_edit_remove(edit, 0, "new") == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_remove(edit, 0, "") == W3D_ERR_ARGUMENT);
        CHECK(w3d_bjson_edit_remove(edit, 0, "location[0]") == W3D_ERR_ARGUMENT);
        CHECK(w3d_bjson_edit_remove(edit, 0, "items[2]") == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_rename(edit, 0, "\xC3") == W3D_ERR_UTF8);
        CHECK(w3d_bjson_edit_rename(edit, 0, long_name) == W3D_ERR_ARGUMENT);
        range.first = 3;
        CHECK(w3d_bjson_edit_set_range(edit, 0, "location", &range) == W3D_ERR_RANGE);
        CHECK(w3d_bjson_edit_set_range(edit, 0, "physics", &range) == W3D_ERR_ARGUMENT);
        CHECK(w3d_bjson_edit_get(edit, 3, "", &value) == W3D_ERR_INDEX);
        CHECK(w3d_bjson_edit_get(edit, 0, "none", &value) == W3D_ERR_NOT_FOUND);
        CHECK(w3d_bjson_edit_describe(edit, 3, &id) == W3D_ERR_INDEX);
        twice[0] = w3d_bjson_null("\xFF");
        value = w3d_bjson_map(NULL, twice, 1);
        CHECK(w3d_bjson_edit_set(edit, 0, "new", &value) == W3D_ERR_UTF8);
        value.data = NULL;
        CHECK(w3d_bjson_edit_set(edit, 0, "", &value) == W3D_ERR_ARGUMENT);
        memset(&id, 0, sizeof id);
        twice[0] = w3d_bjson_reference("a", 4); /* 3 would be itself */
        id.values = twice;
        id.value_count = 1;
        CHECK(w3d_bjson_edit_append(edit, &id, &row) == W3D_ERR_INDEX && row == 99);
        twice[0] = w3d_bjson_reference("a", 0);
        CHECK(w3d_bjson_edit_meta(edit, twice, 1) == W3D_ERR_INDEX);
        twice[0] = w3d_bjson_large("a", W3D_BJSON_SUB_F32, vertices, 1);
        CHECK(w3d_bjson_edit_meta(edit, twice, 1) == W3D_ERR_ARGUMENT);
        CHECK(w3d_bjson_edit_count(edit) == 3);
        if (pass) break;
        CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK && new_size == size);
        CHECK(w3d_bjson_edit_set(edit, 0, "items[0]", &deep[1]) == W3D_OK);
        CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK && new_size > size);
        value = w3d_bjson_i64(NULL, 1);
        CHECK(w3d_bjson_edit_set(edit, 0, "items[0]", &value) == W3D_OK);
    }
    /* Not planned since the last change. */
    target t;
    w3d_bjson_edit_sink sink;
    memset(&t, 0, sizeof t);
    sink.write = put;
    sink.user = &t;
    CHECK(w3d_bjson_edit_write(edit, &sink) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_edit_apply(edit, bytes, size, NULL) == W3D_ERR_ARGUMENT);
    twice[0] = w3d_bjson_null("a");
    for (int kind = 0; kind < 6; kind++) {
        CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK);
        if (kind == 0) CHECK(w3d_bjson_edit_append(edit, &id, &row) == W3D_OK);
        if (kind == 1) CHECK(w3d_bjson_edit_meta(edit, NULL, 0) == W3D_OK);
        if (kind == 2) CHECK(w3d_bjson_edit_touch(edit, 1, 5) == W3D_OK);
        if (kind == 3) CHECK(w3d_bjson_edit_rename(edit, 1, "Other") == W3D_OK);
        if (kind == 4) CHECK(w3d_bjson_edit_delete(edit, 1) == W3D_OK);
        if (kind == 5) CHECK(w3d_bjson_edit_remove(edit, 0, "parent") == W3D_OK);
        CHECK(w3d_bjson_edit_write(edit, &sink) == W3D_ERR_ARGUMENT);
    }
    w3d_bjson_edit_destroy(edit);
    free(bytes);
}

/* 32 lists in each other, read and changed in the file and in a tree. */
static void the_deepest_is_reached(void)
{
    size_t size = 0, used = 4;
    unsigned char *bytes = small_file(&size, 0);
    w3d_bjson_value deep[33], value = w3d_bjson_i64(NULL, 5), got;
    char path[200] = "deep";
    w3d_bjson file;
    target t;
    for (int i = 0; i < 32; i++) {
        deep[i] = w3d_bjson_list(NULL, &deep[i + 1], 1);
        used += w3d_bjson_path_write_index(path + used, sizeof path - used, 0);
    }
    deep[32] = w3d_bjson_i64(NULL, 1);
    set_one(&bytes, &size, 0, "deep", deep[0], &t);
    set_one(&bytes, &size, 0, path, value, &t);
    CHECK(t.sum == 8);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    CHECK(w3d_bjson_edit_get(edit, 0, path, &got) == W3D_OK && got.bits == 5);
    value = w3d_bjson_list(NULL, &value, 0);
    CHECK(w3d_bjson_edit_set(edit, 0, path, &value) == W3D_ERR_LIMIT);
    value = w3d_bjson_null(NULL);
    CHECK(w3d_bjson_edit_set(edit, 0, path, &value) == W3D_OK);
    CHECK(w3d_bjson_edit_get(edit, 0, path, &got) == W3D_OK && got.tag == W3D_BJSON_NULL);
    carry_out(edit, &file, &bytes, &size, &t);
    free(bytes);
}

static void a_sink_that_fails_ends_it(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 1);
    w3d_bjson file;
    uint64_t new_size = 0;
    w3d_bjson_edit_sink sink;
    w3d_bjson_value value = w3d_bjson_string(NULL, "a text that is new", 18);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    w3d_bjson_edit *edit = edit_of(&file);
    CHECK(w3d_bjson_edit_set(edit, 0, "text", &value) == W3D_OK);
    CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK);
    for (size_t limit = 1; limit < 100; limit++) {
        target t;
        memset(&t, 0, sizeof t);
        t.limit = limit;
        t.size = (size_t)new_size;
        t.bytes = (unsigned char *)calloc(1, t.size);
        t.written = (unsigned char *)calloc(1, t.size);
        memcpy(t.bytes, bytes, size);
        sink.write = put;
        sink.user = &t;
        w3d_result result = w3d_bjson_edit_write(edit, &sink);
        /* As long as only what lies behind the old end was written, the old file is all there. */
        if (limit == 1) CHECK(w3d_bjson_validate(t.bytes, size, NULL, NULL) == W3D_OK);
        if (result == W3D_OK)
            CHECK(t.header_seen && w3d_bjson_validate(t.bytes, t.size, NULL, NULL) == W3D_OK);
        else
            CHECK(result == W3D_ERR_ACCESS && t.count == limit && !t.header_seen);
        target_free(&t);
        if (result == W3D_OK) break;
    }
    w3d_bjson_edit_destroy(edit);
    free(bytes);
}

typedef struct cube {
    double mass;
    float location[3];
    uint32_t parent;
    uint8_t visible;
} cube;

static void structs_times_and_borrowing(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 0);
    w3d_bjson file;
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    w3d_bjson_value fields[4], value;
    w3d_bjson_write_id id;
    cube made = { 4.5, { 1, 2, 3 }, 3, 2 };
    uint32_t row = 0;
    char text[] = "borrowed";
    memset(&desc, 0, sizeof desc);
    memset(&id, 0, sizeof id);
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    desc.file = &file;
    desc.time = 1234;
    desc.borrow = 1;
    CHECK(w3d_bjson_edit_create(&desc, &edit, NULL) == W3D_OK);
    fields[0] = w3d_bjson_field("mass", W3D_BJSON_F64, offsetof(cube, mass));
    fields[1] = w3d_bjson_vector_field("location", W3D_BJSON_SUB_F32, 3, offsetof(cube, location));
    fields[2] = w3d_bjson_field("parent", W3D_BJSON_REFERENCE, offsetof(cube, parent));
    fields[3] = w3d_bjson_field("visible", W3D_BJSON_BOOL, offsetof(cube, visible));
    id.name = "Made";
    id.values = fields;
    id.value_count = 4;
    id.record = &made;
    CHECK(w3d_bjson_edit_append(edit, &id, &row) == W3D_OK && row == 3);
    value = w3d_bjson_string(NULL, text, 8);
    CHECK(w3d_bjson_edit_set(edit, 1, "text", &value) == W3D_OK);
    made.location[2] = 8;
    text[0] = 'B';
    target t;
    carry_out(edit, &file, &bytes, &size, &t);
    w3d_bjson_id found;
    w3d_bjson_view view;
    float location[3] = { 0, 0, 0 };
    int64_t visible = 0;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_id_at(&file, 3, &found) == W3D_OK && found.time == 1234);
    CHECK(w3d_bjson_get(&found, "location", &view) && w3d_bjson_to_f32(&view, location, 3));
    CHECK(location[2] == 8);
    CHECK(w3d_bjson_get(&found, "parent", &view) && w3d_bjson_to_row(&view, &row) && row == 3);
    CHECK(w3d_bjson_get(&found, "visible", &view) && w3d_bjson_to_i64(&view, &visible));
    CHECK(visible == 1);
    CHECK(w3d_bjson_id_at(&file, 1, &found) == W3D_OK && found.time == 1234);
    CHECK(w3d_bjson_get(&found, "text", &view));
    const char *stored = w3d_bjson_to_text(&view, NULL);
    CHECK(stored && !strcmp(stored, "Borrowed"));
    CHECK(w3d_bjson_id_at(&file, 0, &found) == W3D_OK && found.time == 0);
    free(bytes);
}

/* Everything once; W3D_ERR_OUT_OF_MEMORY as soon as a call says so. */
static int sweep(const void *allocator, void *user)
{
    const w3d_bjson *file = (const w3d_bjson *)user;
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    w3d_bjson_value value = w3d_bjson_f64("mass", 7), got;
    w3d_bjson_value list = w3d_bjson_list(NULL, &value, 1);
    w3d_bjson_write_id id;
    w3d_bjson_edit_range range = { 0, 100, vertices };
    uint64_t new_size = 0;
    float rows[300];
    memset(rows, 1, sizeof rows);
    range.elements = rows;
    memset(&desc, 0, sizeof desc);
    memset(&id, 0, sizeof id);
    desc.file = file;
    desc.allocator = *(const w3d_allocator *)allocator;
    /* An arena that gets no large chunk asks for a smaller one, and would go on. */
    ((w3d_allocator_counter *)desc.allocator.user)->fail_always = 1;
    id.name = "new";
    id.values = &value;
    id.value_count = 1;
    w3d_result result = w3d_bjson_edit_create(&desc, &edit, NULL);
    if (result != W3D_OK) return (int)result;
    result = w3d_bjson_edit_set(edit, 0, "physics.mass", &value);
    for (uint32_t i = 0; i < 20 && result == W3D_OK; i++)
        result = w3d_bjson_edit_append(edit, &id, NULL);
    if (result == W3D_OK) result = w3d_bjson_edit_set_range(edit, 2, "positions", &range);
    if (result == W3D_OK)
        result = w3d_bjson_edit_set(edit, 0, "brand.new", &value) == W3D_ERR_NOT_FOUND
                     ? W3D_OK
                     : w3d_bjson_edit_error(edit)->code;
    if (result == W3D_OK) result = w3d_bjson_edit_set(edit, 0, "new", &list);
    if (result == W3D_OK) result = w3d_bjson_edit_set(edit, 2, "new", &value);
    if (result == W3D_OK) result = w3d_bjson_edit_get(edit, 2, "", &got);
    if (result == W3D_OK) result = w3d_bjson_edit_rename(edit, 1, "a name that is longer");
    if (result == W3D_OK) result = w3d_bjson_edit_meta(edit, &value, 1);
    if (result == W3D_OK) result = w3d_bjson_edit_plan(edit, &new_size, NULL);
    if (result == W3D_OK) {
        unsigned char *grown = (unsigned char *)malloc((size_t)new_size);
        memcpy(grown, file->bytes, (size_t)file->size);
        CHECK(w3d_bjson_edit_apply(edit, grown, (size_t)new_size, NULL) == W3D_OK);
        CHECK(w3d_bjson_validate(grown, (size_t)new_size, NULL, NULL) == W3D_OK);
        free(grown);
    }
    w3d_bjson_edit_destroy(edit);
    return (int)result;
}

static void memory_may_end_anywhere(void)
{
    size_t size = 0;
    unsigned char *bytes = small_file(&size, 1);
    w3d_bjson file;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    test_allocation_sweep(sweep, &file);
    /* And by the edit's own limit. */
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    memset(&desc, 0, sizeof desc);
    desc.file = &file;
    desc.memory_limit = 100;
    CHECK(w3d_bjson_edit_create(&desc, &edit, NULL) == W3D_ERR_OUT_OF_MEMORY && !edit);
    desc.memory_limit = 40000;
    CHECK(w3d_bjson_edit_create(&desc, &edit, NULL) == W3D_OK);
    w3d_bjson_value value = w3d_bjson_large(NULL, W3D_BJSON_SUB_F32, vertices, 300);
    uint32_t count = 0;
    char path[16];
    for (; count < 1000; count++) {
        snprintf(path, sizeof path, "p%u", count);
        if (w3d_bjson_edit_set(edit, 1, path, &value) != W3D_OK) break;
    }
    CHECK(count > 3 && count < 40 && w3d_bjson_edit_error(edit)->code == W3D_ERR_OUT_OF_MEMORY);
    snprintf(path, sizeof path, "p%u", count - 1);
    CHECK(w3d_bjson_edit_get(edit, 1, path, &value) == W3D_OK && value.count == 300);
    w3d_bjson_edit_destroy(edit);
    w3d_bjson_edit_destroy(NULL);
    free(bytes);
}

/* Many ranges of one array: backwards, each over the end of the last, at random. The memory they
 * take is limited to what n of them need; time would show itself, too. */
static void ranges_in_any_order(void)
{
    enum { COUNT = 40000 };
    uint32_t *elements = (uint32_t *)calloc(COUNT, 4), *wanted = (uint32_t *)calloc(COUNT, 4);
    w3d_bjson_value value = w3d_bjson_large("numbers", W3D_BJSON_SUB_U32, elements, COUNT);
    w3d_bjson_write_id written;
    w3d_bjson_write_desc desc;
    w3d_result result;
    w3d_bjson file;
    size_t size = 0;
    memset(&written, 0, sizeof written);
    memset(&desc, 0, sizeof desc);
    written.name = "ID";
    written.values = &value;
    written.value_count = desc.id_count = 1;
    desc.ids = &written;
    desc.crc = 1;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    CHECK(result == W3D_OK && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    for (uint32_t order = 0; order < 3; order++) {
        w3d_bjson_edit_desc edit_desc;
        w3d_bjson_edit *edit = NULL;
        uint64_t new_size = 0;
        target t;
        memset(&edit_desc, 0, sizeof edit_desc);
        edit_desc.file = &file;
        edit_desc.memory_limit = 6 << 20;
        memset(wanted, 0, COUNT * 4);
        CHECK(w3d_bjson_edit_create(&edit_desc, &edit, NULL) == W3D_OK);
        for (uint32_t i = 0; i < COUNT / 4; i++) {
            uint32_t numbers[40];
            w3d_bjson_edit_range range = { COUNT - 2 - 4 * i, 2, numbers };
            if (order == 1) range.first = 3 * i, range.count = 40;
            if (order == 2) range.first = test_random_below(COUNT - 40);
            if (order == 2) range.count = 1 + test_random_below(40);
            for (uint32_t k = 0; k < range.count; k++)
                wanted[range.first + k] = numbers[k] = test_random_below(1000);
            CHECK(w3d_bjson_edit_set_range(edit, 0, "numbers", &range) == W3D_OK);
        }
        w3d_bjson_id id;
        w3d_bjson_view view;
        w3d_bjson changed;
        CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK && new_size == size);
        CHECK(write_to(edit, &file, new_size, &t) == W3D_OK);
        CHECK(w3d_bjson_read(t.bytes, t.size, &changed, NULL) == W3D_OK);
        CHECK(w3d_bjson_id_at(&changed, 0, &id) == W3D_OK && w3d_bjson_get(&id, "numbers", &view));
        CHECK(!memcmp(w3d_bjson_data(&view), wanted, COUNT * 4));
        target_free(&t);
        w3d_bjson_edit_destroy(edit);
    }
    free(bytes);
    free(elements);
    free(wanted);
}

void test_bjson_edit(void)
{
    for (int i = 0; i < 300; i++) vertices[i] = (float)i;
    RUN(what_fits_is_overwritten_and_nothing_else);
    RUN(ranges_and_names_in_place);
    RUN(ranges_in_any_order);
    RUN(growing_and_shrinking_is_bounded);
    RUN(a_deleted_id_leaves_a_row_and_a_hole);
    RUN(streamed_files_become_ordinary);
    RUN(seals_do_not_lie);
    RUN(numbers_become_elements);
    RUN(wrong_changes_change_nothing);
    RUN(the_deepest_is_reached);
    RUN(a_sink_that_fails_ends_it);
    RUN(structs_times_and_borrowing);
    RUN(memory_may_end_anywhere);
}
