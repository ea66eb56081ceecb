/* bjson_shapes.h - the keys and shapes of a file being written: found, sorted, shared; private.
 *
 * A key is interned: equal texts are one entry, so that fields compare by pointer. A *recipe* maps
 * the values of a map, in the order they were given, to a shape, whose fields are sorted; maps
 * given alike find their recipe by comparing the pointers of their keys, without sorting again.
 * Where keys may move between calls (by_text) they are copied, and the pointers compared are those
 * of the copies. All memory comes from one arena, which `grow` may replace when it is full. */
#ifndef W3D_BJSON_SHAPES_H
#define W3D_BJSON_SHAPES_H

#include "core/bytes.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "scene/bjson_sort.h"
#include "scene/bjson_table.h"
#include "scene/bjson_write.h"

#define W3DI_BJSON_SHAPES_RECENT 64
#define W3DI_BJSON_SHAPES_HASHED 256 /* bytes of a key that go into its hash, at most */

/* A text that is a key somewhere; one entry per text, so that equal keys are equal pointers. */
typedef struct w3di_bjson_shapes_key {
    w3di_bjson_table_node node;
    const char *text;
    uint32_t size;
    uint32_t offset; /* in KEYS */
} w3di_bjson_shapes_key;

/* For sorting by text while remembering where each stood. */
typedef struct w3di_bjson_shapes_rank {
    w3di_bjson_shapes_key *key;
    uint32_t index;
} w3di_bjson_shapes_rank;

typedef struct w3di_bjson_shapes_field {
    w3di_bjson_shapes_key *key;
    uint32_t type; /* tag, subtype << 8, n << 16: as in the file */
    uint32_t offset, size;
    uint32_t plain; /* 1: a value is its own bytes, with no heap and no references */
} w3di_bjson_shapes_field;

typedef struct w3di_bjson_shapes_shape {
    w3di_bjson_table_node node;
    struct w3di_bjson_shapes_shape *later; /* in the order of first use */
    w3di_bjson_shapes_field *fields;
    uint32_t count, record_size, index;
    uint32_t has_gaps; /* 1: the fields leave bytes of the record out, which are zero */
} w3di_bjson_shapes_shape;

/* Bytes of a C struct that are copied to the record together, in one way. */
typedef struct w3di_bjson_shapes_run {
    uint32_t from, to, size;
    uint32_t subtype; /* of floats, which may be NaN; W3D_BJSON_SUB_NONE: of anything else */
    uint32_t is_bool;
} w3di_bjson_shapes_run;

typedef struct w3di_bjson_shapes_recipe {
    w3di_bjson_table_node node;
    w3di_bjson_shapes_shape *shape;
    const char **keys; /* as given */
    uint32_t *types;   /* as given */
    uint32_t *order;   /* of each field, its value */
    uint32_t *owners;  /* the fields that are not plain */
    uint32_t owner_count;
    uint32_t *sizes; /* inline sizes as given; NULL: no unknown inline tag among them */
    const w3d_bjson_value *fields; /* of a C struct; NULL: of values */
    w3di_bjson_shapes_run *runs;   /* what of the struct is copied where */
    uint32_t run_count;
} w3di_bjson_shapes_recipe;

typedef struct w3di_bjson_shapes {
    w3d_arena *arena; /* NULL once all is measured: nothing new is made then */
    const char *text; /* why the last call failed */
    /* Makes *arena one with room for `size` bytes more, what was pushed stays; 0: no memory. NULL:
     * there is this arena only. */
    int (*grow)(void *user, size_t size);
    void *user;
    int by_text; /* 1: keys, and the fields of C structs, may be elsewhere in the next call */
    const char **names; /* of the map looked for, where by_text */
    uint32_t name_limit;
    w3di_bjson_table keys, shapes, recipes;
    w3di_bjson_shapes_recipe *recent[W3DI_BJSON_SHAPES_RECENT];
    w3di_bjson_shapes_shape *first, *last;
    w3di_bjson_shapes_rank *sorted; /* the keys by text */
    uint64_t keys_size;             /* of KEYS */
    uint64_t fields_size;           /* of SHAP without the offsets in front */
} w3di_bjson_shapes;

static inline w3d_result w3di_bjson_shapes_fail(w3di_bjson_shapes *s, w3d_result code,
                                                const char *text)
{
    s->text = text;
    return code;
}

static inline w3d_result w3di_bjson_shapes_full(w3di_bjson_shapes *s)
{
    if (s->grow)
        return w3di_bjson_shapes_fail(s, W3D_ERR_OUT_OF_MEMORY, "no memory for keys and shapes");
    return w3di_bjson_shapes_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
}

static inline w3d_result w3di_bjson_shapes_changed(w3di_bjson_shapes *s)
{
    return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "the description is not the one measured");
}

/* `count` zeroed items of the arena, or NULL. */
static inline void *w3di_bjson_shapes_push(w3di_bjson_shapes *s, size_t count, size_t size)
{
    size_t all;
    void *items = w3d_arena_push_zero(s->arena, count, size, sizeof(uint64_t));
    if (items || !s->grow || !w3d_size_multiply(count, size, &all)) return items;
    if (!w3d_size_add(all, sizeof(uint64_t), &all) || !s->grow(s->user, all)) return NULL;
    return w3d_arena_push_zero(s->arena, count, size, sizeof(uint64_t));
}

/* By bytes, the shorter first. A text at the same place is the same and is not read: files may give
 * one key of a megabyte to each of a thousand shapes. */
static inline int w3di_bjson_shapes_order_key(const void *wanted, const w3di_bjson_table_node *node)
{
    const unsigned char *left = (const unsigned char *)wanted;
    const unsigned char *right =
        (const unsigned char *)((const w3di_bjson_shapes_key *)(const void *)node)->text;
    size_t i = 0;
    if (left == right) return 0;
    while (left[i] && left[i] == right[i]) i++;
    W3DI_BJSON_TABLE_COUNT(i / 8);
    return (int)left[i] - (int)right[i];
}

/* The one entry for a text, made where there is none. */
static inline w3d_result w3di_bjson_shapes_intern(w3di_bjson_shapes *s, const char *text, int copy,
                                                  w3di_bjson_shapes_key **out)
{
    size_t size = 0;
    while (size < W3DI_BJSON_SHAPES_HASHED && text[size]) size++;
    uint32_t hash = (uint32_t)w3d_hash_bytes(text, size, 0);
    w3di_bjson_table_node *node =
        w3di_bjson_table_find(&s->keys, hash, text, w3di_bjson_shapes_order_key);
    *out = (w3di_bjson_shapes_key *)(void *)node;
    if (node) return W3D_OK;
    if (!s->arena) return w3di_bjson_shapes_changed(s);
    size += w3d_text_size(text + size);
    if (w3d_utf8_check(text, size) != size)
        return w3di_bjson_shapes_fail(s, W3D_ERR_UTF8, "a key is not valid UTF-8");
    if (size >= UINT32_MAX - s->keys_size)
        return w3di_bjson_shapes_fail(s, W3D_ERR_LIMIT, "the keys take more than 4 GiB");
    w3di_bjson_shapes_key *key = (w3di_bjson_shapes_key *)w3di_bjson_shapes_push(s, 1, sizeof *key);
    char *own = copy ? (char *)w3di_bjson_shapes_push(s, size + 1, 1) : NULL;
    if (!key || (copy && !own)) return w3di_bjson_shapes_full(s);
    if (copy) w3d_copy(own, text, size);
    key->text = copy ? own : text;
    key->size = (uint32_t)size;
    w3di_bjson_table_insert(&s->keys, &key->node, hash, text, w3di_bjson_shapes_order_key);
    s->keys_size += size + 1;
    *out = key;
    return W3D_OK;
}

/* The entry for a value's key. */
static inline w3d_result w3di_bjson_shapes_key_of(w3di_bjson_shapes *s,
                                                  const w3d_bjson_value *value,
                                                  w3di_bjson_shapes_key **out)
{
    if (!value->key)
        return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a value in a map has no key");
    return w3di_bjson_shapes_intern(s, value->key, s->by_text, out);
}

/* 1 where one rank's key stands before the other's: by bytes, the shorter first. */
static inline int w3di_bjson_shapes_before(const void *user, const void *a, const void *b)
{
    const unsigned char *left =
        (const unsigned char *)((const w3di_bjson_shapes_rank *)a)->key->text;
    const unsigned char *right =
        (const unsigned char *)((const w3di_bjson_shapes_rank *)b)->key->text;
    size_t i = 0;
    (void)user;
    while (left[i] && left[i] == right[i]) i++;
    W3DI_BJSON_TABLE_COUNT(1 + i / 8);
    return left[i] < right[i];
}

/* Sorts keys by text. */
static inline void w3di_bjson_shapes_sort(w3di_bjson_shapes_rank *ranks, uint32_t count)
{
    w3di_bjson_sort(ranks, count, sizeof *ranks, w3di_bjson_shapes_before, NULL);
}

/* ---- shapes ---- */

/* Tag, subtype and n lie side by side in a value as they do in the file. */
static inline uint32_t w3di_bjson_shapes_type(const w3d_bjson_value *value)
{
    return w3d_load_u32((const char *)value + offsetof(w3d_bjson_value, tag));
}

static inline uint32_t w3di_bjson_shapes_is_plain(uint32_t type)
{
    uint32_t tag = type & 0xFFu, subtype = type >> 8 & 0xFFu;
    return w3d_bjson_tag_is_inline(tag) && tag != W3D_BJSON_REFERENCE &&
           (tag != W3D_BJSON_VECTOR || subtype != W3D_BJSON_SUB_REFERENCE);
}

/* 1 for tags whose inline size the type does not say. */
static inline int w3di_bjson_shapes_is_unknown_inline(uint32_t tag)
{
    return w3d_bjson_tag_is_inline(tag) && !w3d_bjson_tag_is_known(tag);
}

/* Bytes a value takes in a record. */
static inline uint32_t w3di_bjson_shapes_inline_size(const w3d_bjson_value *value)
{
    if (w3di_bjson_shapes_is_unknown_inline(value->tag)) return value->count;
    return w3d_bjson_inline_size(value->tag, value->subtype, value->n);
}

/* Checks a value's tag, subtype and n against bjson.h; what it holds is checked when measured. */
static inline w3d_result w3di_bjson_shapes_check_type(w3di_bjson_shapes *s,
                                                      const w3d_bjson_value *value)
{
    if (value->tag >= 0xA0u)
        return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a value's tag is A0 or above");
    if (w3d_bjson_tag_has_subtype(value->tag)) {
        if (value->subtype < W3D_BJSON_SUB_U8 || value->n == 0 ||
            (value->tag == W3D_BJSON_VECTOR && value->n > W3D_BJSON_VECTOR_LIMIT))
            return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                          "a value's subtype or n is out of range");
    } else if (w3d_bjson_tag_is_known(value->tag)) {
        if (value->subtype || value->n)
            return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                          "a value's tag takes no subtype and no n");
    } else if (w3d_bjson_tag_is_inline(value->tag) && !value->count) {
        return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a value of an unknown tag has no size");
    }
    return W3D_OK;
}

static inline uint32_t w3di_bjson_shapes_hash(const w3di_bjson_shapes_field *fields, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = w3d_hash_u64(hash ^ fields[i].key->node.hash) + fields[i].type;
    return (uint32_t)hash;
}

/* Any order of two pointers or numbers. */
static inline int w3di_bjson_shapes_order_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* By the fields; what is wanted is a shape as well. */
static inline int w3di_bjson_shapes_order_shape(const void *wanted,
                                                const w3di_bjson_table_node *node)
{
    const w3di_bjson_shapes_shape *a = (const w3di_bjson_shapes_shape *)wanted;
    const w3di_bjson_shapes_shape *b = (const w3di_bjson_shapes_shape *)(const void *)node;
    int side = w3di_bjson_shapes_order_number(a->count, b->count);
    for (uint32_t i = 0; i < a->count && !side; i++) {
        const w3di_bjson_shapes_field *x = &a->fields[i], *y = &b->fields[i];
        side = w3di_bjson_shapes_order_number((uintptr_t)x->key, (uintptr_t)y->key);
        if (!side) side = w3di_bjson_shapes_order_number(x->type, y->type);
        if (!side) side = w3di_bjson_shapes_order_number(x->size, y->size);
    }
    return side;
}

/* Adds a shape behind the last one. */
static inline w3d_result w3di_bjson_shapes_add_shape(w3di_bjson_shapes *s,
                                                     w3di_bjson_shapes_shape *shape)
{
    uint64_t size = 8 + (uint64_t)shape->count * W3D_BJSON_FIELD_SIZE;
    shape->index = s->shapes.count;
    if (s->fields_size + size + (uint64_t)shape->index * 4 > UINT32_MAX - 16)
        return w3di_bjson_shapes_fail(s, W3D_ERR_LIMIT, "the shapes take more than 4 GiB");
    w3di_bjson_table_insert(&s->shapes, &shape->node,
                            w3di_bjson_shapes_hash(shape->fields, shape->count), shape,
                            w3di_bjson_shapes_order_shape);
    s->fields_size += size;
    if (s->last)
        s->last->later = shape;
    else
        s->first = shape;
    s->last = shape;
    return W3D_OK;
}

/* Lays fields out canonically; gives the record's size. */
static inline uint64_t w3di_bjson_shapes_lay_out(w3di_bjson_shapes_field *fields, uint32_t count)
{
    uint64_t end = 0;
    for (uint32_t alignment = 8; alignment; alignment /= 2)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t tag = fields[i].type & 0xFFu, subtype = fields[i].type >> 8 & 0xFFu;
            if (w3d_bjson_alignment(tag, subtype) != alignment) continue;
            end = (end + (alignment - 1)) & ~(uint64_t)(alignment - 1);
            fields[i].offset = (uint32_t)end;
            end += fields[i].size;
            if (end > UINT32_MAX) return end;
        }
    return end;
}

/* The shape with these fields (sorted, without offsets), made where there is none. */
static inline w3d_result w3di_bjson_shapes_find_shape(w3di_bjson_shapes *s,
                                                      w3di_bjson_shapes_field *fields,
                                                      uint32_t count, w3di_bjson_shapes_shape **out)
{
    uint64_t used = 0;
    w3di_bjson_shapes_shape wanted;
    wanted.fields = fields;
    wanted.count = count;
    *out = (w3di_bjson_shapes_shape *)(void *)w3di_bjson_table_find(
        &s->shapes, w3di_bjson_shapes_hash(fields, count), &wanted, w3di_bjson_shapes_order_shape);
    if (*out) return W3D_OK;
    w3di_bjson_shapes_shape *shape =
        (w3di_bjson_shapes_shape *)w3di_bjson_shapes_push(s, 1, sizeof *shape);
    if (!shape) return w3di_bjson_shapes_full(s);
    uint64_t size = w3di_bjson_shapes_lay_out(fields, count);
    if (size > UINT32_MAX)
        return w3di_bjson_shapes_fail(s, W3D_ERR_LIMIT, "a map takes more than 4 GiB");
    for (uint32_t i = 0; i < count; i++) used += fields[i].size;
    shape->fields = fields;
    shape->count = count;
    shape->record_size = (uint32_t)size;
    shape->has_gaps = used != size;
    *out = shape;
    return w3di_bjson_shapes_add_shape(s, shape);
}

/* Sorts the values' keys and finds the shape that they make. */
static inline w3d_result w3di_bjson_shapes_new_recipe(w3di_bjson_shapes *s,
                                                      const w3d_bjson_value *values, uint32_t count,
                                                      w3di_bjson_shapes_recipe **out)
{
    w3di_bjson_shapes_recipe *recipe =
        (w3di_bjson_shapes_recipe *)w3di_bjson_shapes_push(s, 1, sizeof *recipe);
    if (!recipe) return w3di_bjson_shapes_full(s);
    recipe->keys = (const char **)w3di_bjson_shapes_push(s, count, sizeof *recipe->keys);
    recipe->types = (uint32_t *)w3di_bjson_shapes_push(s, count, sizeof *recipe->types);
    recipe->order = (uint32_t *)w3di_bjson_shapes_push(s, count, sizeof *recipe->order);
    recipe->owners = (uint32_t *)w3di_bjson_shapes_push(s, count, sizeof *recipe->owners);
    w3di_bjson_shapes_field *fields =
        (w3di_bjson_shapes_field *)w3di_bjson_shapes_push(s, count, sizeof *fields);
    w3di_bjson_shapes_rank *ranks =
        (w3di_bjson_shapes_rank *)w3di_bjson_shapes_push(s, count, sizeof *ranks);
    if (!recipe->keys || !recipe->types || !recipe->order || !recipe->owners || !fields || !ranks)
        return w3di_bjson_shapes_full(s);
    for (uint32_t i = 0; i < count; i++) {
        w3d_result result = w3di_bjson_shapes_check_type(s, &values[i]);
        if (result == W3D_OK) result = w3di_bjson_shapes_key_of(s, &values[i], &ranks[i].key);
        if (result != W3D_OK) return result;
        ranks[i].index = i;
        recipe->keys[i] = s->by_text ? ranks[i].key->text : values[i].key;
        recipe->types[i] = w3di_bjson_shapes_type(&values[i]);
        if (w3di_bjson_shapes_is_unknown_inline(values[i].tag) && !recipe->sizes) {
            recipe->sizes = (uint32_t *)w3di_bjson_shapes_push(s, count, sizeof *recipe->sizes);
            if (!recipe->sizes) return w3di_bjson_shapes_full(s);
        }
    }
    for (uint32_t i = 0; i < count && recipe->sizes; i++)
        recipe->sizes[i] = w3di_bjson_shapes_inline_size(&values[i]);
    w3di_bjson_shapes_sort(ranks, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && ranks[i].key == ranks[i - 1].key)
            return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a key stands twice in a map");
        fields[i].key = ranks[i].key;
        fields[i].type = recipe->types[ranks[i].index];
        fields[i].size = w3di_bjson_shapes_inline_size(&values[ranks[i].index]);
        fields[i].plain = w3di_bjson_shapes_is_plain(fields[i].type);
        recipe->order[i] = ranks[i].index;
        if (!fields[i].plain) recipe->owners[recipe->owner_count++] = i;
    }
    *out = recipe;
    return w3di_bjson_shapes_find_shape(s, fields, count, &recipe->shape);
}

/* Where keys move: the copies of this map's keys, in s->names. */
static inline w3d_result w3di_bjson_shapes_name(w3di_bjson_shapes *s, const w3d_bjson_value *values,
                                                uint32_t count)
{
    if (count > s->name_limit) {
        uint32_t limit = count > UINT32_MAX / 2 ? count : 2 * count;
        if (!s->arena) return w3di_bjson_shapes_changed(s);
        const char **names = (const char **)w3di_bjson_shapes_push(s, limit, sizeof *names);
        if (!names) return w3di_bjson_shapes_full(s);
        s->names = names;
        s->name_limit = limit;
    }
    for (uint32_t i = 0; i < count; i++) {
        w3di_bjson_shapes_key *key = NULL;
        w3d_result result = w3di_bjson_shapes_key_of(s, &values[i], &key);
        if (result != W3D_OK) return result;
        s->names[i] = key->text;
    }
    return W3D_OK;
}

static inline const char *w3di_bjson_shapes_key_at(const w3di_bjson_shapes *s,
                                                   const w3d_bjson_value *values, uint32_t i)
{
    return s->by_text ? s->names[i] : values[i].key;
}

/* A map or a C struct that is looked for among the recipes. */
typedef struct w3di_bjson_shapes_wanted {
    const w3di_bjson_shapes *shapes;
    const w3d_bjson_value *values;
    uint32_t count;
} w3di_bjson_shapes_wanted;

/* By the keys, types and inline sizes of a map's values; C structs stand behind all maps. */
static inline int w3di_bjson_shapes_order_map(const void *wanted, const w3di_bjson_table_node *node)
{
    const w3di_bjson_shapes_wanted *map = (const w3di_bjson_shapes_wanted *)wanted;
    const w3di_bjson_shapes_recipe *recipe = (const w3di_bjson_shapes_recipe *)(const void *)node;
    const w3d_bjson_value *values = map->values;
    if (recipe->fields) return -1;
    int side = w3di_bjson_shapes_order_number(map->count, recipe->shape->count);
    for (uint32_t i = 0; i < map->count && !side; i++) {
        const char *key = w3di_bjson_shapes_key_at(map->shapes, values, i);
        side = w3di_bjson_shapes_order_number((uintptr_t)key, (uintptr_t)recipe->keys[i]);
        if (!side)
            side = w3di_bjson_shapes_order_number(w3di_bjson_shapes_type(&values[i]),
                                                  recipe->types[i]);
    }
    for (uint32_t i = 0; i < map->count && !side && recipe->sizes; i++)
        side = w3di_bjson_shapes_order_number(w3di_bjson_shapes_inline_size(&values[i]),
                                              recipe->sizes[i]);
    return side;
}

static inline w3d_result w3di_bjson_shapes_find_recipe(w3di_bjson_shapes *s,
                                                       const w3d_bjson_value *values,
                                                       uint32_t count,
                                                       w3di_bjson_shapes_recipe **out)
{
    uint64_t hash = count;
    w3d_result result = s->by_text ? w3di_bjson_shapes_name(s, values, count) : W3D_OK;
    if (result != W3D_OK) return result;
    if (count)
        hash += ((uint64_t)(uintptr_t)w3di_bjson_shapes_key_at(s, values, 0) << 8) + values[0].tag;
    hash = w3d_hash_u64(hash);
    w3di_bjson_shapes_recipe **recent = &s->recent[hash % W3DI_BJSON_SHAPES_RECENT];
    w3di_bjson_shapes_wanted wanted;
    wanted.shapes = s;
    wanted.values = values;
    wanted.count = count;
    if (*recent && !w3di_bjson_shapes_order_map(&wanted, &(*recent)->node)) {
        *out = *recent;
        return W3D_OK;
    }
    for (uint32_t i = 0; i < count; i++)
        hash = w3d_hash_u64(hash ^ (uint64_t)(uintptr_t)w3di_bjson_shapes_key_at(s, values, i)) +
               w3di_bjson_shapes_type(&values[i]);
    w3di_bjson_table_node *node =
        w3di_bjson_table_find(&s->recipes, (uint32_t)hash, &wanted, w3di_bjson_shapes_order_map);
    if (node) {
        *out = *recent = (w3di_bjson_shapes_recipe *)(void *)node;
        return W3D_OK;
    }
    if (!s->arena) return w3di_bjson_shapes_changed(s);
    result = w3di_bjson_shapes_new_recipe(s, values, count, out);
    if (result != W3D_OK) return result;
    w3di_bjson_table_insert(&s->recipes, &(*out)->node, (uint32_t)hash, &wanted,
                            w3di_bjson_shapes_order_map);
    *recent = *out;
    return W3D_OK;
}

/* How a field of a C struct is copied. */
static inline w3di_bjson_shapes_run w3di_bjson_shapes_make_run(const w3di_bjson_shapes_field *field,
                                                               const w3d_bjson_value *value)
{
    w3di_bjson_shapes_run run;
    uint32_t subtype = value->tag == W3D_BJSON_F64 ? (uint32_t)W3D_BJSON_SUB_F64 : value->subtype;
    run.from = (uint32_t)value->bits;
    run.to = field->offset;
    run.size = field->size;
    run.subtype = subtype >= W3D_BJSON_SUB_F16 && subtype <= W3D_BJSON_SUB_F64
                      ? subtype
                      : (uint32_t)W3D_BJSON_SUB_NONE;
    run.is_bool = value->tag == W3D_BJSON_BOOL;
    return run;
}

/* The runs of a C struct, in the order of the record; neighbours in both become one. */
static inline w3d_result w3di_bjson_shapes_make_runs(w3di_bjson_shapes *s,
                                                     w3di_bjson_shapes_recipe *recipe)
{
    const w3di_bjson_shapes_shape *shape = recipe->shape;
    recipe->runs =
        (w3di_bjson_shapes_run *)w3di_bjson_shapes_push(s, shape->count, sizeof *recipe->runs);
    if (!recipe->runs) return w3di_bjson_shapes_full(s);
    for (uint32_t alignment = 8; alignment; alignment /= 2)
        for (uint32_t i = 0; i < shape->count; i++) {
            const w3d_bjson_value *value = &recipe->fields[recipe->order[i]];
            if (!w3d_bjson_tag_is_inline(value->tag) || !w3d_bjson_tag_is_known(value->tag) ||
                value->tag == W3D_BJSON_NULL || value->bits > UINT32_MAX)
                return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                              "a C struct's field is neither number nor vector");
            if (w3d_bjson_alignment(value->tag, value->subtype) != alignment ||
                !shape->fields[i].plain)
                continue;
            w3di_bjson_shapes_run run = w3di_bjson_shapes_make_run(&shape->fields[i], value);
            w3di_bjson_shapes_run *last = recipe->runs + recipe->run_count - 1;
            if (recipe->run_count && last->from + last->size == run.from &&
                last->to + last->size == run.to && last->subtype == run.subtype &&
                last->is_bool == run.is_bool)
                last->size += run.size;
            else
                recipe->runs[recipe->run_count++] = run;
        }
    return W3D_OK;
}

/* By the address of a C struct's fields or, where they may move, by what they say. */
static inline int w3di_bjson_shapes_order_struct(const void *wanted,
                                                 const w3di_bjson_table_node *node)
{
    const w3di_bjson_shapes_wanted *map = (const w3di_bjson_shapes_wanted *)wanted;
    const w3di_bjson_shapes_recipe *recipe = (const w3di_bjson_shapes_recipe *)(const void *)node;
    const w3d_bjson_value *fields = map->values;
    if (!recipe->fields) return 1;
    int side = w3di_bjson_shapes_order_number(map->count, recipe->shape->count);
    if (!map->shapes->by_text && !side)
        return w3di_bjson_shapes_order_number((uintptr_t)fields, (uintptr_t)recipe->fields);
    for (uint32_t i = 0; i < map->count && !side; i++) {
        const char *key = map->shapes->names[i];
        side = w3di_bjson_shapes_order_number((uintptr_t)key, (uintptr_t)recipe->keys[i]);
        if (!side) side = w3di_bjson_shapes_order_number(fields[i].bits, recipe->fields[i].bits);
        if (!side)
            side = w3di_bjson_shapes_order_number(w3di_bjson_shapes_type(&fields[i]),
                                                  recipe->types[i]);
    }
    return side;
}

/* The recipe of a C struct. */
static inline w3d_result w3di_bjson_shapes_find_struct(w3di_bjson_shapes *s,
                                                       const w3d_bjson_value *fields,
                                                       uint32_t count,
                                                       w3di_bjson_shapes_recipe **out)
{
    w3d_result result = s->by_text ? w3di_bjson_shapes_name(s, fields, count) : W3D_OK;
    if (result != W3D_OK) return result;
    uint64_t hash = s->by_text ? count : w3d_hash_u64((uint64_t)(uintptr_t)fields + count);
    for (uint32_t i = 0; i < count && s->by_text; i++)
        hash = w3d_hash_u64(hash ^ (uint64_t)(uintptr_t)s->names[i]) + fields[i].bits;
    w3di_bjson_shapes_recipe **recent = &s->recent[hash % W3DI_BJSON_SHAPES_RECENT];
    w3di_bjson_shapes_wanted wanted;
    wanted.shapes = s;
    wanted.values = fields;
    wanted.count = count;
    if (*recent && !w3di_bjson_shapes_order_struct(&wanted, &(*recent)->node)) {
        *out = *recent;
        return W3D_OK;
    }
    w3di_bjson_table_node *node =
        w3di_bjson_table_find(&s->recipes, (uint32_t)hash, &wanted, w3di_bjson_shapes_order_struct);
    if (node) {
        *out = *recent = (w3di_bjson_shapes_recipe *)(void *)node;
        return W3D_OK;
    }
    if (!s->arena) return w3di_bjson_shapes_changed(s);
    result = w3di_bjson_shapes_new_recipe(s, fields, count, out);
    if (result != W3D_OK) return result;
    w3di_bjson_shapes_recipe *made = *out;
    made->fields = fields;
    if (s->by_text) {
        w3d_bjson_value *own = (w3d_bjson_value *)w3di_bjson_shapes_push(s, count, sizeof *own);
        if (!own) return w3di_bjson_shapes_full(s);
        w3d_copy(own, fields, count * sizeof *own);
        made->fields = own;
    }
    result = w3di_bjson_shapes_make_runs(s, made);
    if (result != W3D_OK) return result;
    w3di_bjson_table_insert(&s->recipes, &made->node, (uint32_t)hash, &wanted,
                            w3di_bjson_shapes_order_struct);
    *recent = made;
    return W3D_OK;
}

/* ---- the tables ---- */

/* The key at an offset of KEYS, of keys in their order; NULL: no key begins there. */
static inline w3di_bjson_shapes_key *
w3di_bjson_shapes_key_at_offset(w3di_bjson_shapes_key *const *keys, uint32_t count, uint32_t offset)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (keys[middle]->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && keys[low]->offset == offset ? keys[low] : NULL;
}

/* Takes over the keys and shapes of a file that is checked, whose bytes stay where they are: its
 * shapes keep their numbers and layouts, and maps like them use these. Before any other use. */
static inline w3d_result w3di_bjson_shapes_seed(w3di_bjson_shapes *s, const w3d_bjson *file)
{
    const char *text = (const char *)file->bytes + (size_t)file->keys;
    const unsigned char *table = file->bytes + (size_t)file->shapes;
    uint32_t offset = 0;
    w3d_result result = W3D_OK;
    w3di_bjson_shapes_key **keys =
        (w3di_bjson_shapes_key **)w3di_bjson_shapes_push(s, file->key_count, sizeof *keys);
    if (!keys) return w3di_bjson_shapes_full(s);
    for (uint32_t i = 0; i < file->key_count; i++) {
        result = w3di_bjson_shapes_intern(s, text + offset, 0, &keys[i]);
        if (result != W3D_OK) return result;
        keys[i]->offset = offset; /* ascending, until they are placed anew */
        offset += keys[i]->size + 1;
    }
    for (uint32_t i = 0; i < file->shape_count && result == W3D_OK; i++) {
        const unsigned char *from = table + w3d_load_u32(table + (size_t)i * 4);
        uint32_t count = w3d_load_u32(from);
        uint64_t used = 0;
        w3di_bjson_shapes_shape *shape =
            (w3di_bjson_shapes_shape *)w3di_bjson_shapes_push(s, 1, sizeof *shape);
        w3di_bjson_shapes_field *fields =
            (w3di_bjson_shapes_field *)w3di_bjson_shapes_push(s, count, sizeof *fields);
        if (!shape || !fields) return w3di_bjson_shapes_full(s);
        shape->fields = fields;
        shape->count = count;
        shape->record_size = w3d_load_u32(from + 4);
        from += 8;
        for (uint32_t k = 0; k < count; k++, from += W3D_BJSON_FIELD_SIZE) {
            fields[k].key =
                w3di_bjson_shapes_key_at_offset(keys, file->key_count, w3d_load_u32(from));
            if (!fields[k].key) return w3di_bjson_shapes_changed(s);
            fields[k].type = w3d_load_u32(from + 4);
            fields[k].offset = w3d_load_u32(from + 8);
            fields[k].size = w3d_load_u32(from + 12);
            fields[k].plain = w3di_bjson_shapes_is_plain(fields[k].type);
            used += fields[k].size;
        }
        shape->has_gaps = used != shape->record_size;
        result = w3di_bjson_shapes_add_shape(s, shape);
    }
    return result;
}

/* Appends the keys of a tree to s->sorted. */
static inline void w3di_bjson_shapes_gather(w3di_bjson_shapes *s, w3di_bjson_table_node *node,
                                            uint32_t *count)
{
    if (!node) return;
    w3di_bjson_shapes_gather(s, node->left, count);
    s->sorted[(*count)++].key = (w3di_bjson_shapes_key *)(void *)node;
    w3di_bjson_shapes_gather(s, node->right, count);
}

/* Sorts the keys and gives each its offset: to be called before the tables are written. */
static inline w3d_result w3di_bjson_shapes_place_keys(w3di_bjson_shapes *s)
{
    uint32_t count = 0, offset = 0;
    s->sorted =
        (w3di_bjson_shapes_rank *)w3di_bjson_shapes_push(s, s->keys.count, sizeof *s->sorted);
    if (!s->sorted) return w3di_bjson_shapes_full(s);
    for (uint32_t i = 0; i < W3DI_BJSON_TABLE_ROOTS; i++)
        w3di_bjson_shapes_gather(s, s->keys.roots[i], &count);
    w3di_bjson_shapes_sort(s->sorted, count);
    for (uint32_t i = 0; i < count; i++) {
        s->sorted[i].key->offset = offset;
        offset += s->sorted[i].key->size + 1;
    }
    return W3D_OK;
}

/* The payload of KEYS: s->keys_size bytes. */
static inline void w3di_bjson_shapes_write_keys(const w3di_bjson_shapes *s, unsigned char *dst)
{
    for (uint32_t i = 0; i < s->keys.count; i++) {
        const w3di_bjson_shapes_key *key = s->sorted[i].key;
        w3d_copy(dst + key->offset, key->text, (size_t)key->size + 1);
    }
}

/* Bytes of SHAP before the first shape: the offsets, on 8. */
static inline uint64_t w3di_bjson_shapes_index_size(const w3di_bjson_shapes *s)
{
    return ((uint64_t)s->shapes.count * 4 + 7) & ~(uint64_t)7;
}

/* Bytes of SHAP's payload. */
static inline uint64_t w3di_bjson_shapes_size(const w3di_bjson_shapes *s)
{
    return w3di_bjson_shapes_index_size(s) + s->fields_size;
}

/* The payload of SHAP: that many bytes. */
static inline void w3di_bjson_shapes_write(const w3di_bjson_shapes *s, unsigned char *dst)
{
    uint64_t at = w3di_bjson_shapes_index_size(s);
    if (s->shapes.count & 1u) w3d_store_u32(dst + (size_t)s->shapes.count * 4, 0);
    for (const w3di_bjson_shapes_shape *shape = s->first; shape; shape = shape->later) {
        w3d_store_u32(dst + (size_t)shape->index * 4, (uint32_t)at);
        w3d_store_u32(dst + (size_t)at, shape->count);
        w3d_store_u32(dst + (size_t)at + 4, shape->record_size);
        at += 8;
        for (uint32_t i = 0; i < shape->count; i++, at += W3D_BJSON_FIELD_SIZE) {
            const w3di_bjson_shapes_field *field = &shape->fields[i];
            w3d_store_u32(dst + (size_t)at, field->key->offset);
            w3d_store_u32(dst + (size_t)at + 4, field->type);
            w3d_store_u32(dst + (size_t)at + 8, field->offset);
            w3d_store_u32(dst + (size_t)at + 12, field->size);
        }
    }
}

#undef W3DI_BJSON_SHAPES_RECENT
#undef W3DI_BJSON_SHAPES_HASHED

#endif /* W3D_BJSON_SHAPES_H */
