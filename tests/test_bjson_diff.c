/* test_bjson_diff.c - every change is one, nothing is missed: changes told are applied to the old
 * file by bjson_edit, and the new one must come out. */
#include "bjson_random.h"
#include "core/bytes.h"
#include "memory/allocator.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_path.h"
#include "test.h"

/* ---- a file and its bytes ---- */

typedef struct opened {
    unsigned char *bytes;
    size_t size;
    w3d_bjson file;
} opened;

static int open_desc(opened *o, const w3d_bjson_write_desc *desc)
{
    w3d_result result;
    o->bytes = bjson_random_encode(desc, &o->size, &result);
    CHECK_MESSAGE(o->bytes != NULL, "%s", w3d_result_text(result));
    if (!o->bytes) return 0;
    result = w3d_bjson_read(o->bytes, o->size, &o->file, NULL);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_result_text(result));
    return result == W3D_OK;
}

/* The canonical file of equal content. */
static int open_canonical(opened *o, const w3d_bjson *file)
{
    size_t size = w3d_bjson_describe_file_size(file);
    void *memory = malloc(size);
    w3d_arena arena = w3d_arena_make(memory, size);
    w3d_bjson_write_desc desc;
    w3d_result result = w3d_bjson_describe_file(file, &arena, &desc);
    CHECK(result == W3D_OK);
    int good = result == W3D_OK && open_desc(o, &desc);
    free(memory);
    return good;
}

/* A file whose only property is a value: equal values, equal bytes. */
static int open_value(opened *o, const w3d_bjson_view *view, uint32_t rows)
{
    size_t size = w3d_bjson_describe_value_size(view);
    void *memory = malloc(size + 1);
    w3d_arena arena = w3d_arena_make(memory, size);
    w3d_bjson_value value;
    w3d_bjson_write_id *ids = (w3d_bjson_write_id *)calloc(rows, sizeof *ids);
    CHECK(w3d_bjson_describe_value("v", view, &arena, &value) == W3D_OK);
    for (uint32_t i = 1; i < rows; i++) ids[i].flags = W3D_BJSON_DELETED;
    ids[0].values = &value;
    ids[0].value_count = 1;
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = rows;
    int good = open_desc(o, &desc);
    free(ids);
    free(memory);
    return good;
}

/* ---- what a log does with changes ---- */

typedef struct applied {
    w3d_bjson_edit *edit;
    const w3d_bjson *before, *after;
    uint32_t rows; /* of the larger file */
    uint32_t count, kinds[W3D_BJSON_CHANGE_CHUNK + 1];
    int check_values; /* values are compared one by one, too */
} applied;

static void is_real(applied *a, const w3d_bjson_change *change)
{
    opened old_value, new_value;
    if (!open_value(&old_value, &change->before, a->rows)) return;
    if (open_value(&new_value, &change->after, a->rows)) {
        CHECK(old_value.size != new_value.size ||
              memcmp(old_value.bytes, new_value.bytes, old_value.size) != 0);
        free(new_value.bytes);
    }
    free(old_value.bytes);
}

/* A row of an array is another one: not the same bytes, NaNs and references aside. */
static int row_differs(const w3d_bjson_change *change, uint32_t row)
{
    const w3d_bjson_view *x = &change->before, *y = &change->after;
    uint32_t size = w3d_bjson_subtype_size(x->subtype);
    uint32_t n = x->tag == W3D_BJSON_VECTOR ? 1 : x->n;
    const unsigned char *p = (const unsigned char *)w3d_bjson_data(x) + (size_t)row * n * size;
    const unsigned char *q = (const unsigned char *)w3d_bjson_data(y) + (size_t)row * n * size;
    for (uint32_t i = 0; i < n; i++, p += size, q += size) {
        if (x->subtype == W3D_BJSON_SUB_REFERENCE) {
            if (w3d_bjson_row_at(x, row * n + i) != w3d_bjson_row_at(y, row * n + i)) return 1;
        } else if (x->subtype == W3D_BJSON_SUB_F32) {
            float f = w3d_load_f32(p), g = w3d_load_f32(q);
            if (memcmp(p, q, 4) && !(f != f && g != g)) return 1;
        } else if (x->subtype == W3D_BJSON_SUB_F64) {
            double f = w3d_load_f64(p), g = w3d_load_f64(q);
            if (memcmp(p, q, 8) && !(f != f && g != g)) return 1;
        } else if (x->subtype == W3D_BJSON_SUB_F16) {
            int f = (w3d_load_u16(p) & 0x7FFF) > 0x7C00, g = (w3d_load_u16(q) & 0x7FFF) > 0x7C00;
            if (memcmp(p, q, 2) && !(f && g)) return 1;
        } else if (memcmp(p, q, size)) {
            return 1;
        }
    }
    return 0;
}

static void set_value(applied *a, uint32_t row, const char *path, const w3d_bjson_view *view)
{
    size_t size = w3d_bjson_describe_value_size(view);
    void *memory = malloc(size + 1);
    w3d_arena arena = w3d_arena_make(memory, size);
    w3d_bjson_value value;
    CHECK(w3d_bjson_describe_value(NULL, view, &arena, &value) == W3D_OK);
    w3d_result result = w3d_bjson_edit_set(a->edit, row, path, &value);
    CHECK_MESSAGE(result == W3D_OK, "%.200s: %s", path, w3d_result_text(result));
    free(memory);
}

/* The elements of a range, as bjson_edit takes them: references are rows. */
static void set_range(applied *a, uint32_t row, const char *path, const w3d_bjson_change *change)
{
    const w3d_bjson_view *view = &change->after;
    uint32_t n = view->tag == W3D_BJSON_VECTOR ? 1 : view->n;
    uint32_t size = n * w3d_bjson_subtype_size(view->subtype);
    unsigned char *elements = (unsigned char *)malloc((size_t)change->count * size + 1);
    memcpy(elements, (const unsigned char *)w3d_bjson_data(view) + (size_t)change->first * size,
           (size_t)change->count * size);
    for (uint32_t i = 0; view->subtype == W3D_BJSON_SUB_REFERENCE && i < change->count * n; i++)
        w3d_store_u32(elements + 4 * (size_t)i, w3d_bjson_row_at(view, change->first * n + i));
    w3d_bjson_edit_range range = { change->first, change->count, elements };
    w3d_result result = w3d_bjson_edit_set_range(a->edit, row, path, &range);
    CHECK_MESSAGE(result == W3D_OK, "%.200s[%u..]: %s", path, change->first,
                  w3d_result_text(result));
    free(elements);
}

/* Makes an ID's row, without its properties: they may refer to rows that come later. */
static void append_row(applied *a, uint32_t row)
{
    w3d_bjson_id id;
    w3d_bjson_write_id made;
    uint32_t at = 0;
    w3d_result found = w3d_bjson_id_at(a->after, row, &id);
    w3d_bjson_describe_row(&id, &made);
    if (found == W3D_OK) made.name = id.name;
    w3d_result result = w3d_bjson_edit_append(a->edit, &made, &at);
    CHECK_MESSAGE(result == W3D_OK, "row %u: %s", row, w3d_result_text(result));
    CHECK(at == row);
}

static w3d_result apply(void *user, const w3d_bjson_change *change)
{
    applied *a = (applied *)user;
    uint32_t row = change->row_before;
    char path[2048];
    w3d_bjson_id id;
    w3d_bjson_view properties;
    CHECK(w3d_bjson_change_path(change, path, sizeof path) == strlen(path) + 1);
    CHECK((change->step_count > 0) == (change->kind <= W3D_BJSON_CHANGE_ROWS_REMOVED));
    a->count++;
    a->kinds[change->kind]++;
    switch (change->kind) {
    case W3D_BJSON_CHANGE_VALUE:
        if (a->check_values) is_real(a, change);
        set_value(a, row, path, &change->after);
        break;
    case W3D_BJSON_CHANGE_VALUE_ADDED:
        CHECK(!change->before.id && change->after.id);
        set_value(a, row, path, &change->after);
        break;
    case W3D_BJSON_CHANGE_VALUE_REMOVED:
        CHECK(change->before.id && !change->after.id);
        CHECK(w3d_bjson_edit_remove(a->edit, row, path) == W3D_OK);
        break;
    case W3D_BJSON_CHANGE_RANGE:
        CHECK(change->count > 0 && row_differs(change, change->first) &&
              row_differs(change, change->first + change->count - 1));
        set_range(a, row, path, change);
        break;
    case W3D_BJSON_CHANGE_ROWS_ADDED:
        CHECK(change->first == change->before.count && change->count > 0 &&
              change->first + change->count == change->after.count);
        set_value(a, row, path, &change->after);
        break;
    case W3D_BJSON_CHANGE_ROWS_REMOVED:
        CHECK(change->first == change->after.count && change->count > 0 &&
              change->first + change->count == change->before.count);
        set_value(a, row, path, &change->after);
        break;
    case W3D_BJSON_CHANGE_ID_ADDED:
        CHECK(row == W3D_BJSON_NONE);
        if (w3d_bjson_id_at(a->after, change->row_after, &id) != W3D_OK) break;
        CHECK(w3d_bjson_properties(&id, &properties));
        set_value(a, change->row_after, "", &properties);
        break;
    case W3D_BJSON_CHANGE_ID_REMOVED: CHECK(w3d_bjson_edit_delete(a->edit, row) == W3D_OK); break;
    case W3D_BJSON_CHANGE_NAME:
        CHECK(w3d_bjson_id_at(a->after, change->row_after, &id) == W3D_OK);
        CHECK(w3d_bjson_edit_rename(a->edit, row, id.name) == W3D_OK);
        break;
    case W3D_BJSON_CHANGE_TIME:
        CHECK(w3d_bjson_id_at(a->after, change->row_after, &id) != W3D_ERR_INDEX);
        CHECK(w3d_bjson_edit_touch(a->edit, row, id.time) == W3D_OK);
        break;
    case W3D_BJSON_CHANGE_FLAGS: /* a deleted row more */ CHECK(row == W3D_BJSON_NONE); break;
    default: CHECK_MESSAGE(0, "kind %d", (int)change->kind);
    }
    return W3D_OK;
}

/* Diffs two files by row, applies what is told to `before`, and compares with `after`. */
static void check_apply(const opened *before, const opened *after, applied *a)
{
    w3d_bjson_edit_desc edit_desc;
    w3d_bjson_diff_desc desc;
    memset(&edit_desc, 0, sizeof edit_desc);
    memset(&desc, 0, sizeof desc);
    edit_desc.file = &before->file;
    desc.before = a->before = &before->file;
    desc.after = a->after = &after->file;
    desc.emit = apply;
    desc.user = a;
    a->rows =
        before->file.id_count > after->file.id_count ? before->file.id_count : after->file.id_count;
    CHECK(w3d_bjson_edit_create(&edit_desc, &a->edit, NULL) == W3D_OK);
    for (uint32_t row = before->file.id_count; row < after->file.id_count; row++)
        append_row(a, row);
    CHECK(w3d_bjson_diff(&desc, NULL) == W3D_OK);
    opened made, wanted;
    w3d_bjson_write_desc edited;
    memset(&edited, 0, sizeof edited);
    edited.id_count = w3d_bjson_edit_count(a->edit);
    edited.describe = w3d_bjson_edit_describe;
    edited.user = a->edit;
    edited.crc = (after->file.flags & W3D_BJSON_CRC) != 0;
    if (open_desc(&made, &edited)) {
        if (open_canonical(&wanted, &after->file)) {
            CHECK(made.size == wanted.size);
            if (made.size == wanted.size) CHECK_BYTES(made.bytes, wanted.bytes, made.size);
            free(wanted.bytes);
        }
        free(made.bytes);
    }
    w3d_bjson_edit_destroy(a->edit);
}

static w3d_result count_change(void *user, const w3d_bjson_change *change)
{
    (void)change;
    ++*(uint32_t *)user;
    return W3D_OK;
}
static uint32_t count_changes(const w3d_bjson *before, const w3d_bjson *after,
                              w3d_bjson_match match, int ignore_time)
{
    uint32_t count = 0;
    w3d_bjson_diff_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.before = before;
    desc.after = after;
    desc.emit = count_change;
    desc.user = &count;
    desc.match = match;
    desc.ignore_time = ignore_time;
    CHECK(w3d_bjson_diff(&desc, NULL) == W3D_OK);
    return count;
}

/* ---- random files ---- */

/* Makes the rows of `b` possible after those of `a`: bjson_edit cannot change a type or revive. */
static void align_rows(const bjson_random *a, bjson_random *b)
{
    for (uint32_t i = 0; i < a->desc.id_count; i++) {
        b->ids[i].type = a->ids[i].type;
        if (a->ids[i].flags || b->ids[i].flags == W3D_BJSON_EXTERNAL)
            b->ids[i].flags = a->ids[i].flags;
        if (b->ids[i].flags) b->ids[i].time = a->ids[i].time;
    }
}

/* Two files that have nothing to do with each other. */
static void random_pairs(void)
{
    bjson_random *a = (bjson_random *)malloc(sizeof *a), *b = (bjson_random *)malloc(sizeof *b);
    applied all;
    opened before, after;
    memset(&all, 0, sizeof all);
    all.check_values = 1;
    for (int round = 0; round < 60; round++) {
        bjson_random_make(a);
        do bjson_random_make(b);
        while (b->desc.id_count < a->desc.id_count);
        b->desc.crc = a->desc.crc;
        align_rows(a, b);
        if (!open_desc(&before, &a->desc) || !open_desc(&after, &b->desc)) break;
        check_apply(&before, &after, &all);
        CHECK(count_changes(&before.file, &before.file, W3D_BJSON_MATCH_ROW, 0) == 0);
        CHECK(count_changes(&before.file, &before.file, W3D_BJSON_MATCH_NAME, 0) == 0);
        /* The way back tells something, too; whether it can be done is another matter. */
        uint32_t there = count_changes(&before.file, &after.file, W3D_BJSON_MATCH_ROW, 0);
        uint32_t back = count_changes(&after.file, &before.file, W3D_BJSON_MATCH_ROW, 0);
        int same = before.size == after.size && !memcmp(before.bytes, after.bytes, after.size);
        CHECK((there == 0) == same && (back == 0) == same);
        free(before.bytes);
        free(after.bytes);
    }
    for (int kind = 0; kind < W3D_BJSON_CHANGE_CHUNK; kind++)
        CHECK_MESSAGE(all.kinds[kind] > 0 || kind == W3D_BJSON_CHANGE_TYPE ||
                          (kind >= W3D_BJSON_CHANGE_RANGE && kind <= W3D_BJSON_CHANGE_ROWS_REMOVED),
                      "kind %d", kind); /* two arrays are rarely alike here; see versions */
    free(a);
    free(b);
}

/* Changes one value of a description a little. */
static void mutate(bjson_random *d, w3d_bjson_value *value)
{
    uint32_t size = value->tag == W3D_BJSON_BYTES ? value->count
                    : w3d_bjson_tag_has_subtype(value->tag)
                        ? value->n * w3d_bjson_subtype_size(value->subtype) *
                              (value->tag == W3D_BJSON_VECTOR ? 1 : value->count)
                        : 0;
    switch (value->tag) {
    case W3D_BJSON_BOOL: value->bits ^= 1; break;
    case W3D_BJSON_I64:
    case W3D_BJSON_U64:
    case W3D_BJSON_F64:
    case W3D_BJSON_TIME: value->bits = test_random_below(4) ? value->bits + 1 : 0; break;
    case W3D_BJSON_REFERENCE: value->bits = bjson_random_row(d); break;
    case W3D_BJSON_STRING:
    case W3D_BJSON_MAP:
    case W3D_BJSON_LIST:
        if (value->tag != W3D_BJSON_STRING && value->count && test_random_below(2)) value->count--;
        break;
    default: break;
    }
    if (!size) return;
    if (value->tag != W3D_BJSON_VECTOR && test_random_below(3) == 0) {
        value->count -= 1 + test_random_below(value->count);
        return;
    }
    unsigned char *bytes = (unsigned char *)malloc(size); /* leaked into the description's bytes */
    memcpy(bytes, value->data, size);
    for (uint32_t k = test_random_below(4); k > 0; k--) {
        uint32_t at = test_random_below(size);
        if (value->subtype == W3D_BJSON_SUB_REFERENCE)
            w3d_store_u32(bytes + at / 4 * 4, bjson_random_row(d));
        else
            bytes[at] = (unsigned char)test_random();
    }
    if (d->byte_count + size <= BJSON_RANDOM_BYTES) {
        memcpy(d->bytes + d->byte_count, bytes, size);
        value->data = d->bytes + d->byte_count;
        d->byte_count += size;
    }
    free(bytes);
}

/* A file and a later version of it, by both matches; and what changes when IDs change places. */
static void versions(void)
{
    bjson_random *a = (bjson_random *)malloc(sizeof *a), *b = (bjson_random *)malloc(sizeof *b);
    applied all;
    opened before, after;
    memset(&all, 0, sizeof all);
    all.check_values = 1;
    for (int round = 0; round < 100; round++) {
        uint64_t state = test.random;
        bjson_random_make(a);
        test.random = state;
        bjson_random_make(b); /* the same once more */
        if (!open_desc(&before, &a->desc)) break;
        if (round % 10 == 0 && open_desc(&after, &b->desc)) {
            CHECK(count_changes(&before.file, &after.file, W3D_BJSON_MATCH_ROW, 0) == 0);
            free(after.bytes);
        }
        for (uint32_t k = test_random_below(6); k > 0 && b->value_count; k--)
            mutate(b, &b->values[test_random_below(b->value_count)]);
        if (test_random_below(3) == 0 && b->desc.id_count < BJSON_RANDOM_IDS)
            b->ids[b->desc.id_count++] = b->ids[0]; /* an ID more */
        uint32_t some = test_random_below(a->desc.id_count);
        if (test_random_below(3) == 0) b->ids[some].time++;
        if (test_random_below(3) == 0) b->ids[some].name = "renamed";
        align_rows(a, b);
        if (!open_desc(&after, &b->desc)) break;
        check_apply(&before, &after, &all);
        if (a->desc.id_count == b->desc.id_count) check_apply(&after, &before, &all);
        uint32_t count = count_changes(&before.file, &after.file, W3D_BJSON_MATCH_ROW, 0);
        int same = before.size == after.size && !memcmp(before.bytes, after.bytes, after.size);
        CHECK((count == 0) == same);
        free(before.bytes);
        free(after.bytes);
    }
    CHECK(all.kinds[W3D_BJSON_CHANGE_RANGE] && all.kinds[W3D_BJSON_CHANGE_ROWS_REMOVED] &&
          all.kinds[W3D_BJSON_CHANGE_ROWS_ADDED]);
    free(a);
    free(b);
}

/* ---- what exactly is told ---- */

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
        uint32_t count = a->desc.id_count, live = 0;
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
            live++;
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

/* ---- ends before the end ---- */

static w3d_result stop_at(void *user, const w3d_bjson_change *change)
{
    uint32_t *left = (uint32_t *)user;
    (void)change;
    return (*left)-- ? W3D_OK : W3D_ERR_OUT_OF_MEMORY;
}

typedef struct pair {
    opened before, after;
} pair;

static int sweep(const void *allocator, void *user)
{
    pair *p = (pair *)user;
    w3d_bjson_diff_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.before = &p->before.file;
    desc.after = &p->after.file;
    desc.match = W3D_BJSON_MATCH_NAME;
    desc.allocator = (const w3d_allocator *)allocator;
    return (int)w3d_bjson_diff(&desc, NULL);
}

static void stops_and_errors(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_bjson_chunk chunk = { W3D_BJSON_FOURCC('n', 'o', 't', 'e'), "x", 1 };
    pair p;
    w3d_bjson_diff_desc desc;
    w3d_error error = { W3D_OK, 7, "untouched" };
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_bjson_diff(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_diff(&desc, &error) == W3D_ERR_ARGUMENT && error.code == W3D_ERR_ARGUMENT);
    bjson_random_make(d);
    d->desc.chunks = &chunk;
    d->desc.chunk_count = 1;
    if (!open_desc(&p.before, &d->desc)) return;
    bjson_random_make(d);
    if (!open_desc(&p.after, &d->desc)) return;
    uint32_t all = count_changes(&p.before.file, &p.after.file, W3D_BJSON_MATCH_ROW, 0);
    CHECK(all > 2);
    desc.before = &p.before.file;
    desc.after = &p.after.file;
    CHECK(w3d_bjson_diff(&desc, NULL) == W3D_OK); /* nobody listens */
    desc.emit = stop_at;
    error.offset = 7;
    for (uint32_t i = 0; i <= all; i++) {
        uint32_t left = i;
        desc.user = &left;
        w3d_result result = w3d_bjson_diff(&desc, &error);
        CHECK(result == (i < all ? W3D_ERR_OUT_OF_MEMORY : W3D_OK));
        CHECK(left == (i < all ? UINT32_MAX : 0) && error.offset == 7);
    }
    test_allocation_sweep(sweep, &p);
    /* Bytes that change behind its back: an answer or W3D_ERR_FORMAT, never a read outside. */
    desc.emit = NULL;
    for (int round = 0; round < 4000; round++) {
        size_t at = 64 + test_random_below((uint32_t)p.after.size - 64);
        unsigned char old = p.after.bytes[at];
        p.after.bytes[at] = (unsigned char)(test_random_below(2) ? 0xFF : test_random());
        desc.match = round & 1 ? W3D_BJSON_MATCH_NAME : W3D_BJSON_MATCH_ROW;
        w3d_result result = w3d_bjson_diff(&desc, NULL);
        CHECK(result == W3D_OK || result == W3D_ERR_FORMAT);
        p.after.bytes[at] = old;
    }
    free(p.before.bytes);
    free(p.after.bytes);
    free(d);
}

void test_bjson_diff(void)
{
    RUN(random_pairs);
    RUN(versions);
    RUN(tells_paths);
    RUN(tells_ranges);
    RUN(nan_is_nan);
    RUN(tells_rows);
    RUN(by_name);
    RUN(tells_chunks);
    RUN(other_keys);
    RUN(deep);
    RUN(unknown_tags);
    RUN(stops_and_errors);
}
