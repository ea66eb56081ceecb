/* test_bjson_edit_model.c - random edits, compared after every step with a model that is changed in
 * the obvious way and written canonically. */
#include "bjson_edit_target.h"
#include "bjson_random.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_path.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_validate.h"
#include "test.h"

/* ---- the model: a tree of nodes, changed in the obvious way ---- */

typedef struct node {
    char *key;
    w3d_bjson_value value;
    unsigned char *data;
    size_t size;
    struct node *items;
    uint32_t count;
} node;

enum { MODEL_ROWS = 24, POOL = 1 << 22 };

typedef struct model {
    struct {
        char name[256];
        uint8_t type, flags;
        int64_t time;
        node root;
    } rows[MODEL_ROWS];
    uint32_t count;
    node meta;
    int has_meta;
    w3d_bjson_write_desc base; /* crc and chunks */
} model;

static int is_container(uint32_t tag) { return tag == W3D_BJSON_MAP || tag == W3D_BJSON_LIST; }

static size_t data_size(const w3d_bjson_value *v)
{
    size_t row = (size_t)v->n * w3d_bjson_subtype_size(v->subtype);
    if (v->tag == W3D_BJSON_VECTOR) return row;
    if (v->tag == W3D_BJSON_ARRAY || v->tag >= W3D_BJSON_LARGE) return row * v->count;
    if (v->tag == W3D_BJSON_STRING || v->tag == W3D_BJSON_BYTES) return v->count;
    return w3d_bjson_tag_is_known(v->tag) ? 0 : v->count;
}

static void *copy_of(const void *bytes, size_t size)
{
    void *copy = malloc(size + 1);
    if (size) memcpy(copy, bytes, size);
    return copy;
}

static node node_make(const char *key, const w3d_bjson_value *value)
{
    node made;
    memset(&made, 0, sizeof made);
    made.value = *value;
    if (key) made.key = (char *)copy_of(key, strlen(key) + 1);
    if (is_container(value->tag)) {
        const w3d_bjson_value *items = (const w3d_bjson_value *)value->data;
        made.count = value->count;
        made.items = (node *)malloc((made.count + 1) * sizeof(node));
        for (uint32_t i = 0; i < made.count; i++)
            made.items[i] = node_make(value->tag == W3D_BJSON_MAP ? items[i].key : NULL, &items[i]);
    } else {
        made.size = data_size(value);
        made.data = (unsigned char *)copy_of(value->data, made.size);
    }
    return made;
}

static void node_free(node *n)
{
    for (uint32_t i = 0; i < n->count; i++) node_free(&n->items[i]);
    free(n->items);
    free(n->data);
    free(n->key);
    memset(n, 0, sizeof *n);
}

static w3d_bjson_value node_value(const node *n, w3d_arena *pool)
{
    w3d_bjson_value value = n->value;
    value.key = n->key;
    if (is_container(value.tag)) {
        w3d_bjson_value *items =
            (w3d_bjson_value *)w3d_arena_push(pool, n->count + 1, sizeof *items, 8);
        for (uint32_t i = 0; i < n->count; i++) items[i] = node_value(&n->items[i], pool);
        value.data = items;
        value.count = n->count;
    } else {
        value.data = n->data;
    }
    return value;
}

static void node_insert(node *parent, const char *key, const w3d_bjson_value *value)
{
    parent->items = (node *)realloc(parent->items, (parent->count + 2) * sizeof(node));
    parent->items[parent->count++] = node_make(key, value);
}

static void node_remove(node *parent, uint32_t index)
{
    node_free(&parent->items[index]);
    memmove(parent->items + index, parent->items + index + 1,
            (--parent->count - index) * sizeof(node));
}

static void model_free(model *m)
{
    for (uint32_t i = 0; i < m->count; i++) node_free(&m->rows[i].root);
    node_free(&m->meta);
    free(m);
}

static void model_row(model *m, uint32_t row, const w3d_bjson_write_id *id)
{
    w3d_bjson_value root = w3d_bjson_map(NULL, id->values, id->value_count);
    snprintf(m->rows[row].name, sizeof m->rows[row].name, "%s", id->name);
    m->rows[row].type = id->type;
    m->rows[row].flags = id->flags;
    m->rows[row].time = id->time;
    m->rows[row].root = node_make(NULL, &root);
}

static int model_is_here(const model *m, uint32_t row)
{
    return !(m->rows[row].flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL));
}

static unsigned char *model_write(const model *m, void *memory, size_t *size)
{
    w3d_arena pool = w3d_arena_make(memory, POOL);
    w3d_bjson_write_desc desc = m->base;
    w3d_result result;
    w3d_bjson_write_id *ids =
        (w3d_bjson_write_id *)w3d_arena_push_zero(&pool, MODEL_ROWS, sizeof *ids, 8);
    for (uint32_t i = 0; i < m->count; i++) {
        w3d_bjson_value root = node_value(&m->rows[i].root, &pool);
        ids[i].name = m->rows[i].name;
        ids[i].type = m->rows[i].type;
        ids[i].flags = m->rows[i].flags;
        ids[i].time = m->rows[i].time;
        ids[i].values = (const w3d_bjson_value *)root.data;
        ids[i].value_count = root.count;
    }
    desc.ids = ids;
    desc.id_count = m->count;
    desc.meta = NULL;
    desc.hash = 0;
    desc.sign_count = 0;
    if (m->has_meta) {
        w3d_bjson_value meta = node_value(&m->meta, &pool);
        desc.meta = (const w3d_bjson_value *)meta.data;
        desc.meta_count = meta.count;
    }
    unsigned char *bytes = bjson_random_encode(&desc, size, &result);
    CHECK(result == W3D_OK);
    return bytes;
}

static unsigned char *describe_and_write(const w3d_bjson *file, size_t *size)
{
    size_t room = w3d_bjson_describe_file_size(file);
    void *memory = malloc(room);
    w3d_arena arena = w3d_arena_make(memory, room);
    w3d_bjson_write_desc desc;
    w3d_result result;
    CHECK(w3d_bjson_describe_file(file, &arena, &desc) == W3D_OK);
    unsigned char *bytes = bjson_random_encode(&desc, size, &result);
    free(memory);
    return bytes;
}

static int same_bytes(const unsigned char *a, size_t a_size, const unsigned char *b, size_t b_size)
{
    return a && b && a_size == b_size && !memcmp(a, b, a_size);
}

static int is_untouched(const target *t, uint64_t at, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (t->written[at + i]) return 0;
    return 1;
}

/* ---- random edits ---- */

typedef struct run {
    model *m;
    bjson_random *d;
    void *pool;
    uint32_t touched; /* bit per row */
} run;

typedef struct place {
    char path[2048];
    size_t used;
    node *parent, *at;
    uint32_t index;
} place;

/* A random walk into a row's properties. */
static void walk(node *root, place *p)
{
    p->used = 0;
    p->path[0] = 0;
    p->parent = NULL;
    p->at = root;
    for (int depth = 0; depth < 6 && is_container(p->at->value.tag) && p->at->count; depth++) {
        if (p->parent && test_random_below(4) == 0) return;
        p->parent = p->at;
        p->index = test_random_below(p->at->count);
        p->at = &p->parent->items[p->index];
        if (p->parent->value.tag == W3D_BJSON_MAP)
            p->used += w3d_bjson_path_write_name(p->path + p->used, sizeof p->path - p->used,
                                                 p->at->key, strlen(p->at->key), p->used == 0);
        else
            p->used +=
                w3d_bjson_path_write_index(p->path + p->used, sizeof p->path - p->used, p->index);
    }
}

static w3d_bjson_value random_value(run *r, int in_list)
{
    r->d->value_count = 0;
    r->d->byte_count = 0;
    r->d->desc.id_count = r->m->count;
    r->d->unknown = 1;
    return bjson_random_value(r->d, in_list ? NULL : "k", 2);
}

/* A value that may take the same place. */
static w3d_bjson_value similar_value(run *r, const node *n)
{
    w3d_bjson_value value = n->value;
    if (is_container(value.tag)) return random_value(r, 1);
    r->d->byte_count = 0;
    r->d->desc.id_count = r->m->count;
    value.bits = value.tag == W3D_BJSON_BOOL ? test_random_below(2) : test_random();
    if (value.tag == W3D_BJSON_NULL) value.bits = 0;
    if (value.tag == W3D_BJSON_REFERENCE) value.bits = bjson_random_row(r->d);
    value.data = copy_of(n->data, n->size); /* freed by the caller */
    unsigned char *bytes = (unsigned char *)(uintptr_t)value.data;
    if (n->size && value.tag == W3D_BJSON_STRING) {
        for (size_t i = 0; i < n->size; i++) bytes[i] = (unsigned char)('a' + test_random_below(3));
    } else if (n->size && value.subtype == W3D_BJSON_SUB_REFERENCE &&
               w3d_bjson_tag_has_subtype(value.tag)) {
        for (size_t i = 0; i < n->size / 4; i++) {
            uint32_t row = bjson_random_row(r->d);
            memcpy(bytes + 4 * i, &row, 4);
        }
    } else {
        for (size_t i = 0; i < n->size; i++) bytes[i] = (unsigned char)(test_random() >> 40);
    }
    return value;
}

/* Elements of a vector or array: set as a whole row, or as a range. */
static void edit_elements(run *r, w3d_bjson_edit *edit, uint32_t row, place *p)
{
    node *n = p->at;
    uint32_t es = w3d_bjson_subtype_size(n->value.subtype);
    uint32_t rows = n->value.tag == W3D_BJSON_VECTOR ? n->value.n : n->value.count;
    uint32_t unit = n->value.tag == W3D_BJSON_VECTOR ? 1 : n->value.n;
    if (!rows) return;
    r->d->byte_count = 0;
    r->d->desc.id_count = r->m->count;
    uint32_t first = test_random_below(rows), count = 1 + test_random_below(rows - first);
    w3d_bjson_subtype subtype = (w3d_bjson_subtype)n->value.subtype;
    if (test_random_below(2)) count = 1;
    void *elements = bjson_random_elements(r->d, subtype, count * unit);
    if (count == 1 && unit <= 64 && test_random_below(2)) {
        w3d_bjson_value value = w3d_bjson_vector(NULL, subtype, unit, elements);
        w3d_bjson_path_write_index(p->path + p->used, sizeof p->path - p->used, first);
        CHECK(w3d_bjson_edit_set(edit, row, p->path, &value) == W3D_OK);
    } else {
        w3d_bjson_edit_range range;
        range.first = first;
        range.count = count;
        range.elements = elements;
        CHECK(w3d_bjson_edit_set_range(edit, row, p->path, &range) == W3D_OK);
    }
    memcpy(n->data + (size_t)first * unit * es, elements, (size_t)count * unit * es);
}

static void edit_value(run *r, w3d_bjson_edit *edit, uint32_t row)
{
    place p;
    node *root = &r->m->rows[row].root;
    walk(root, &p);
    uint32_t tag = p.at->value.tag, kind = test_random_below(10);
    if (p.parent && kind < 4) {
        w3d_bjson_value value = similar_value(r, p.at);
        void *data = is_container(p.at->value.tag) ? NULL : (void *)(uintptr_t)value.data;
        CHECK(w3d_bjson_edit_set(edit, row, p.path, &value) == W3D_OK);
        node made = node_make(p.at->key, &value);
        node_free(p.at);
        *p.at = made;
        free(data);
    } else if (p.parent && kind < 6 &&
               (tag == W3D_BJSON_VECTOR || tag == W3D_BJSON_ARRAY || tag == W3D_BJSON_LARGE)) {
        edit_elements(r, edit, row, &p);
    } else if (p.parent && kind == 6) {
        CHECK(w3d_bjson_edit_remove(edit, row, p.path) == W3D_OK);
        node_remove(p.parent, p.index);
    } else if (p.parent && kind == 7) {
        w3d_bjson_value value = random_value(r, p.parent->value.tag == W3D_BJSON_LIST);
        CHECK(w3d_bjson_edit_set(edit, row, p.path, &value) == W3D_OK);
        node made = node_make(p.at->key, &value);
        node_free(p.at);
        *p.at = made;
    } else if (tag == W3D_BJSON_LIST) {
        w3d_bjson_value value = random_value(r, 1);
        w3d_bjson_path_write_index(p.path + p.used, sizeof p.path - p.used, p.at->count);
        CHECK(w3d_bjson_edit_set(edit, row, p.path, &value) == W3D_OK);
        node_insert(p.at, NULL, &value);
    } else if (tag == W3D_BJSON_MAP && p.at->count < 40) {
        char key[40];
        w3d_bjson_value value = random_value(r, 0);
        int twice = 0;
        if (test_random_below(3))
            snprintf(key, sizeof key, "%s", bjson_random_key(test_random_below(100)));
        else
            snprintf(key, sizeof key, "new \"%u\\", test_random_below(30));
        for (uint32_t i = 0; i < p.at->count; i++) twice |= !strcmp(p.at->items[i].key, key);
        if (twice) return;
        w3d_bjson_path_write_name(p.path + p.used, sizeof p.path - p.used, key, strlen(key),
                                  p.used == 0);
        CHECK(w3d_bjson_edit_set(edit, row, p.path, &value) == W3D_OK);
        node_insert(p.at, key, &value);
    }
}

static void edit_row(run *r, w3d_bjson_edit *edit)
{
    model *m = r->m;
    uint32_t row = test_random_below(m->count), kind = test_random_below(20);
    if (kind == 0 && m->count < MODEL_ROWS) {
        w3d_bjson_write_id id;
        w3d_bjson_value items[2];
        memset(&id, 0, sizeof id);
        uint32_t made = 0;
        id.name = "appended";
        id.type = (uint8_t)test_random_below(256);
        id.time = test_random_below(2) ? (int64_t)test_random() : 0;
        id.flags = (uint8_t)(test_random_below(4) ? 0 : test_random_below(3));
        items[0] = random_value(r, 0);
        items[0].key = "z";
        items[1] = w3d_bjson_reference("itself", m->count);
        id.values = items;
        id.value_count = 2;
        CHECK(w3d_bjson_edit_append(edit, &id, &made) == W3D_OK && made == m->count);
        m->count++;
        model_row(m, made, &id);
        return;
    }
    r->touched |= 1u << row;
    if (kind == 1) {
        m->rows[row].time = (int64_t)test_random();
        CHECK(w3d_bjson_edit_touch(edit, row, m->rows[row].time) == W3D_OK);
    } else if (kind == 2 && test_random_below(3) == 0) {
        w3d_result result = w3d_bjson_edit_delete(edit, row);
        CHECK(result == (m->rows[row].flags & W3D_BJSON_DELETED ? W3D_ERR_NOT_FOUND : W3D_OK));
        m->rows[row].flags =
            (uint8_t)((m->rows[row].flags & ~W3D_BJSON_EXTERNAL) | W3D_BJSON_DELETED);
        node_free(&m->rows[row].root);
    } else if (!model_is_here(m, row)) {
        w3d_bjson_value value = w3d_bjson_null(NULL);
        CHECK(w3d_bjson_edit_set(edit, row, "x", &value) == W3D_ERR_NOT_FOUND);
    } else if (kind == 3) {
        char name[256];
        size_t size = strlen(m->rows[row].name);
        if (test_random_below(2)) size = test_random_below(200);
        for (size_t i = 0; i < size; i++) name[i] = (char)('a' + test_random_below(26));
        name[size] = 0;
        CHECK(w3d_bjson_edit_rename(edit, row, name) == W3D_OK);
        strcpy(m->rows[row].name, name);
    } else if (kind == 4 && test_random_below(3) == 0) {
        r->d->value_count = 0;
        r->d->byte_count = 0;
        r->d->in_meta = 1;
        w3d_bjson_value *values = bjson_random_values(r->d, 4, 0, 2);
        r->d->in_meta = 0;
        w3d_bjson_value root = w3d_bjson_map(NULL, values, 4);
        m->has_meta = test_random_below(3) != 0;
        if (!m->has_meta) values = NULL;
        CHECK(w3d_bjson_edit_meta(edit, values, values ? 4 : 0) == W3D_OK);
        node_free(&m->meta);
        if (m->has_meta) m->meta = node_make(NULL, &root);
    } else {
        edit_value(r, edit, row);
    }
}

/* A value read through the edit is the model's. */
static void check_get(run *r, w3d_bjson_edit *edit)
{
    uint32_t row = test_random_below(r->m->count);
    w3d_bjson_value pair[2];
    unsigned char *bytes[2];
    size_t sizes[2] = { 0, 0 };
    place p;
    if (!model_is_here(r->m, row)) {
        CHECK(w3d_bjson_edit_get(edit, row, "", &pair[0]) == W3D_ERR_NOT_FOUND);
        return;
    }
    walk(&r->m->rows[row].root, &p);
    w3d_arena pool = w3d_arena_make(r->pool, POOL);
    pair[0] = node_value(p.at, &pool);
    CHECK(w3d_bjson_edit_get(edit, row, p.path, &pair[1]) == W3D_OK);
    for (int i = 0; i < 2; i++) {
        w3d_result result;
        w3d_bjson_write_id ids[MODEL_ROWS];
        w3d_bjson_write_desc desc;
        memset(ids, 0, sizeof ids);
        memset(&desc, 0, sizeof desc);
        w3d_bjson_value list = w3d_bjson_list("list", &pair[i], 1);
        if (!p.parent || p.parent->value.tag == W3D_BJSON_MAP) {
            list = pair[i];
            list.key = "k";
        }
        ids[0].values = &list;
        ids[0].value_count = 1;
        desc.ids = ids;
        desc.id_count = r->m->count;
        bytes[i] = bjson_random_encode(&desc, &sizes[i], &result);
        CHECK(result == W3D_OK);
    }
    CHECK_MESSAGE(same_bytes(bytes[0], sizes[0], bytes[1], sizes[1]), "%.400s: tag %02x", p.path,
                  pair[0].tag);
    free(bytes[0]);
    free(bytes[1]);
}

/* All that was not touched is where it was. */
static void check_untouched(const run *r, const w3d_bjson *old, const target *t, uint32_t old_rows)
{
    w3d_bjson_chunk_view chunk;
    memset(&chunk, 0, sizeof chunk);
    size_t same = 0;
    while (same < t->old_size && (t->written[same] || t->bytes[same] == old->bytes[same])) same++;
    CHECK(same == t->old_size);
    for (uint32_t row = 0; row < old_rows; row++) {
        w3d_bjson_id id;
        if (r->touched >> row & 1u || w3d_bjson_id_at(old, row, &id) != W3D_OK) continue;
        CHECK(is_untouched(t, id.payload - 16, id.size + 16));
    }
    while (w3d_bjson_chunk_next(old, &chunk))
        if (chunk.kind != W3D_BJSON_CHUNK_HOLE && chunk.kind != W3D_BJSON_CHUNK_META &&
            chunk.kind != W3D_BJSON_CHUNK_HASH && chunk.kind != W3D_BJSON_CHUNK_SIGN &&
            (chunk.kind & 0x20u) && chunk.kind != W3D_BJSON_CHUNK_ID)
            CHECK(is_untouched(t, chunk.at, chunk.size + 16));
}

/* One edit of several changes, from *bytes to the next file. */
static void random_step(run *r, unsigned char **bytes, size_t *size)
{
    w3d_bjson file, changed;
    w3d_error error = { W3D_OK, 0, "" };
    uint64_t new_size = 0;
    size_t sizes[3] = { 0, 0, 0 };
    target t;
    CHECK(w3d_bjson_read(*bytes, *size, &file, NULL) == W3D_OK);
    uint32_t old_rows = file.id_count;
    w3d_bjson_edit *edit = edit_of(&file);
    r->touched = 0;
    for (uint32_t i = 1 + test_random_below(6); i > 0; i--) {
        edit_row(r, edit);
        if (test_random_below(3) == 0) check_get(r, edit);
        if (test_random_below(8) == 0) CHECK(w3d_bjson_edit_plan(edit, &new_size, NULL) == W3D_OK);
    }
    CHECK(w3d_bjson_edit_count(edit) == r->m->count);
    unsigned char *wanted = model_write(r->m, r->pool, &sizes[0]);

    /* Written as it is described through the edit. */
    w3d_bjson_write_desc desc = r->m->base;
    w3d_arena pool = w3d_arena_make(r->pool, POOL);
    w3d_bjson_value meta = node_value(&r->m->meta, &pool);
    w3d_result result;
    desc.ids = NULL;
    desc.describe = w3d_bjson_edit_describe;
    desc.user = edit;
    desc.id_count = r->m->count;
    desc.meta = r->m->has_meta ? (const w3d_bjson_value *)meta.data : NULL;
    desc.meta_count = r->m->has_meta ? meta.count : 0;
    desc.hash = 0;
    desc.sign_count = 0;
    unsigned char *described = bjson_random_encode(&desc, &sizes[1], &result);
    CHECK(same_bytes(wanted, sizes[0], described, sizes[1]));
    free(described);

    CHECK(w3d_bjson_edit_plan(edit, &new_size, &error) == W3D_OK && new_size >= *size);
    CHECK(write_to(edit, &file, new_size, &t) == W3D_OK);
    check_untouched(r, &file, &t, old_rows);
    result = w3d_bjson_validate(t.bytes, t.size, &changed, &error);
    CHECK_MESSAGE(result == W3D_OK, "at %llu: %s", (unsigned long long)error.offset, error.text);
    if (result == W3D_OK) {
        unsigned char *rewritten = describe_and_write(&changed, &sizes[2]);
        CHECK(same_bytes(wanted, sizes[0], rewritten, sizes[2]));
        free(rewritten);
    }
    /* Applied to a block, the old one among them, it is the same, but for the hash. */
    unsigned char *grown = (unsigned char *)malloc((size_t)new_size + 8);
    memcpy(grown, *bytes, *size);
    memset(grown + *size, 0xAA, (size_t)new_size + 8 - *size);
    CHECK(w3d_bjson_edit_apply(edit, grown, (size_t)new_size - 1, NULL) == W3D_ERR_CAPACITY);
    CHECK(!memcmp(grown, *bytes, *size));
    CHECK(w3d_bjson_edit_apply(edit, grown, (size_t)new_size, NULL) == W3D_OK);
    CHECK(grown[new_size] == 0xAA);
    CHECK(w3d_bjson_validate(grown, (size_t)new_size, &changed, &error) == W3D_OK);
    result = w3d_bjson_hash_check(&changed);
    if (t.count)
        CHECK(result == W3D_OK || result == W3D_ERR_NOT_FOUND);
    else
        CHECK(result != W3D_OK || !memcmp(grown, *bytes, *size));
    if (result == W3D_ERR_NOT_FOUND) CHECK(!memcmp(grown, t.bytes, t.size));
    w3d_bjson_edit_destroy(edit);
    free(wanted);
    free(*bytes);
    if (test_random_below(2)) {
        *bytes = grown;
        target_free(&t);
    } else {
        *bytes = t.bytes;
        free(t.written);
        free(grown);
    }
    *size = (size_t)new_size;
}

static void random_edits_match_the_model(void)
{
    for (int document = 0; document < 30; document++) {
        run r;
        w3d_result result;
        size_t size = 0;
        r.d = (bjson_random *)malloc(sizeof *r.d);
        r.m = (model *)calloc(1, sizeof *r.m);
        r.pool = malloc(POOL);
        bjson_random *first = (bjson_random *)malloc(sizeof *first);
        bjson_random_make_all(first);
        r.m->base = first->desc;
        r.m->count = first->desc.id_count;
        for (uint32_t i = 0; i < r.m->count; i++) model_row(r.m, i, &first->ids[i]);
        r.m->has_meta = first->desc.meta != NULL;
        if (r.m->has_meta) {
            w3d_bjson_value root = w3d_bjson_map(NULL, first->desc.meta, first->desc.meta_count);
            r.m->meta = node_make(NULL, &root);
        }
        memset(r.d, 0, sizeof *r.d);
        unsigned char *bytes = bjson_random_encode(&first->desc, &size, &result);
        CHECK(result == W3D_OK);
        for (int step = 0; step < 12 && !test.failures_here; step++) random_step(&r, &bytes, &size);
        free(bytes);
        free(r.pool);
        free(r.d);
        free(first);
        model_free(r.m);
    }
}

void test_bjson_edit_model(void) { RUN(random_edits_match_the_model); }
