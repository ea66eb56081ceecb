/* test_bjson_diff.c - every change is one, nothing is missed: changes told are applied to the old
 * file by bjson_edit, and the new one must come out. */
#include "bjson_opened.h"
#include "core/bytes.h"
#include "memory/allocator.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_path.h"
#include "test.h"

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
    RUN(stops_and_errors);
}
