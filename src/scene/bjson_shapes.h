/* bjson_shapes.h - the keys and shapes of a file being written: found, sorted, shared; private.
 *
 * A key is interned: equal texts are one entry, so that fields compare by pointer. A *recipe* maps
 * the values of a map, in the order they were given, to a shape, whose fields are sorted; maps
 * given alike find their recipe by comparing the pointers of their keys, without sorting again.
 * All memory comes from one arena; hash tables double by leaving the old buckets behind in it. */
#ifndef W3D_BJSON_SHAPES_H
#define W3D_BJSON_SHAPES_H

#include "core/bytes.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "scene/bjson_write.h"

#define W3DI_BJSON_SHAPES_RECENT 64

/* An entry of a hash table of chains; stands first in what the table holds. */
typedef struct w3di_bjson_shapes_node {
    struct w3di_bjson_shapes_node *next;
    uint64_t hash;
} w3di_bjson_shapes_node;

typedef struct w3di_bjson_shapes_table {
    w3di_bjson_shapes_node **buckets;
    uint32_t bucket_count; /* a power of two, or 0 */
    uint32_t count;
} w3di_bjson_shapes_table;

/* A text that is a key somewhere; one entry per text, so that equal keys are equal pointers. */
typedef struct w3di_bjson_shapes_key {
    w3di_bjson_shapes_node node;
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
    w3di_bjson_shapes_node node;
    struct w3di_bjson_shapes_shape *later; /* in the order of first use */
    w3di_bjson_shapes_field *fields;
    uint32_t count, record_size, index;
} w3di_bjson_shapes_shape;

/* Bytes of a C struct that are copied to the record together, in one way. */
typedef struct w3di_bjson_shapes_run {
    uint32_t from, to, size;
    uint32_t subtype; /* of floats, which may be NaN; W3D_BJSON_SUB_NONE: of anything else */
    uint32_t is_bool;
} w3di_bjson_shapes_run;

typedef struct w3di_bjson_shapes_recipe {
    w3di_bjson_shapes_node node;
    w3di_bjson_shapes_shape *shape;
    const char **keys; /* as given */
    uint32_t *types;   /* as given */
    uint32_t *order;   /* of each field, its value */
    uint32_t *owners;  /* the fields that are not plain */
    uint32_t owner_count;
    const w3d_bjson_value *fields; /* of a C struct; NULL: of values */
    w3di_bjson_shapes_run *runs;   /* what of the struct is copied where */
    uint32_t run_count;
} w3di_bjson_shapes_recipe;

typedef struct w3di_bjson_shapes {
    w3d_arena *arena; /* NULL once all is measured: nothing new is made then */
    const char *text; /* why the last call failed */
    w3di_bjson_shapes_table keys, shapes, recipes;
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
    return w3di_bjson_shapes_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
}

static inline w3d_result w3di_bjson_shapes_changed(w3di_bjson_shapes *s)
{
    return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "the description is not the one measured");
}

/* Adds a node, doubling the buckets (the old ones stay behind in the arena) when there are more
 * nodes than buckets. 0: no room. */
static inline int w3di_bjson_shapes_insert(w3d_arena *arena, w3di_bjson_shapes_table *table,
                                           w3di_bjson_shapes_node *node)
{
    if (table->count >= table->bucket_count) {
        uint32_t count = table->bucket_count ? table->bucket_count * 2 : 16;
        w3di_bjson_shapes_node **buckets =
            (w3di_bjson_shapes_node **)w3d_arena_push_zero(arena, count, sizeof *buckets,
                                                           sizeof *buckets);
        if (!buckets || !count) return 0;
        for (uint32_t i = 0; i < table->bucket_count; i++)
            for (w3di_bjson_shapes_node *old = table->buckets[i], *next; old; old = next) {
                next = old->next;
                old->next = buckets[old->hash & (count - 1)];
                buckets[old->hash & (count - 1)] = old;
            }
        table->buckets = buckets;
        table->bucket_count = count;
    }
    w3di_bjson_shapes_node **bucket = &table->buckets[node->hash & (table->bucket_count - 1)];
    node->next = *bucket;
    *bucket = node;
    table->count++;
    return 1;
}

static inline w3di_bjson_shapes_node *w3di_bjson_shapes_bucket(const w3di_bjson_shapes_table *table,
                                                               uint64_t hash)
{
    return table->bucket_count ? table->buckets[hash & (table->bucket_count - 1)] : NULL;
}

/* The one entry for a text, made where there is none. */
static inline w3d_result w3di_bjson_shapes_intern(w3di_bjson_shapes *s, const char *text,
                                                  w3di_bjson_shapes_key **out)
{
    if (!text) return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a value in a map has no key");
    size_t size = w3d_text_size(text);
    uint64_t hash = w3d_hash_bytes(text, size, 0);
    for (w3di_bjson_shapes_node *node = w3di_bjson_shapes_bucket(&s->keys, hash); node;
         node = node->next) {
        w3di_bjson_shapes_key *key = (w3di_bjson_shapes_key *)(void *)node;
        if (node->hash == hash && key->size == size && w3d_equal(key->text, text, size)) {
            *out = key;
            return W3D_OK;
        }
    }
    if (w3d_utf8_check(text, size) != size)
        return w3di_bjson_shapes_fail(s, W3D_ERR_UTF8, "a key is not valid UTF-8");
    if (size >= UINT32_MAX - s->keys_size)
        return w3di_bjson_shapes_fail(s, W3D_ERR_LIMIT, "the keys take more than 4 GiB");
    w3di_bjson_shapes_key *key =
        (w3di_bjson_shapes_key *)w3d_arena_push_zero(s->arena, 1, sizeof *key, sizeof(uint64_t));
    if (!key) return w3di_bjson_shapes_full(s);
    key->node.hash = hash;
    key->text = text;
    key->size = (uint32_t)size;
    s->keys_size += size + 1;
    if (!w3di_bjson_shapes_insert(s->arena, &s->keys, &key->node)) return w3di_bjson_shapes_full(s);
    *out = key;
    return W3D_OK;
}

/* 1 where a stands before b: by bytes, the shorter first. */
static inline int w3di_bjson_shapes_before(const w3di_bjson_shapes_key *a,
                                           const w3di_bjson_shapes_key *b)
{
    const unsigned char *left = (const unsigned char *)a->text;
    const unsigned char *right = (const unsigned char *)b->text;
    size_t i = 0;
    while (left[i] && left[i] == right[i]) i++;
    return left[i] < right[i];
}

/* Heapsort by text. Source: Williams 1964, CACM 7(6), algorithm 232. */
static inline void w3di_bjson_shapes_sort(w3di_bjson_shapes_rank *ranks, uint32_t count)
{
    uint32_t start = count / 2, end = count;
    while (end > 1) {
        w3di_bjson_shapes_rank moved;
        if (start > 0) {
            moved = ranks[--start];
        } else {
            moved = ranks[--end];
            ranks[end] = ranks[0];
        }
        uint32_t hole = start;
        while (hole < end / 2) {
            uint32_t child = 2 * hole + 1;
            if (child + 1 < end && w3di_bjson_shapes_before(ranks[child].key, ranks[child + 1].key))
                child++;
            if (child >= end || !w3di_bjson_shapes_before(moved.key, ranks[child].key)) break;
            ranks[hole] = ranks[child];
            hole = child;
        }
        ranks[hole] = moved;
    }
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
           subtype != W3D_BJSON_SUB_REFERENCE;
}

/* Checks a value's tag, subtype and n against bjson.h; what it holds is checked when measured. */
static inline w3d_result w3di_bjson_shapes_check_type(w3di_bjson_shapes *s,
                                                      const w3d_bjson_value *value)
{
    if (!w3d_bjson_tag_is_known(value->tag))
        return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                      "a value's tag is not one of this version");
    if (!w3d_bjson_tag_has_subtype(value->tag)) {
        if (value->subtype || value->n)
            return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                          "a value's tag takes no subtype and no n");
    } else if (value->subtype < W3D_BJSON_SUB_U8 || value->n == 0 ||
               (value->tag == W3D_BJSON_VECTOR && value->n > W3D_BJSON_VECTOR_LIMIT)) {
        return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT,
                                      "a value's subtype or n is out of range");
    }
    return W3D_OK;
}

/* The shape with these fields (sorted, without offsets), made where there is none. */
static inline w3d_result w3di_bjson_shapes_find_shape(w3di_bjson_shapes *s,
                                                      w3di_bjson_shapes_field *fields,
                                                      uint32_t count, w3di_bjson_shapes_shape **out)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = w3d_hash_u64(hash ^ fields[i].key->node.hash) + fields[i].type;
    for (w3di_bjson_shapes_node *node = w3di_bjson_shapes_bucket(&s->shapes, hash); node;
         node = node->next) {
        w3di_bjson_shapes_shape *shape = (w3di_bjson_shapes_shape *)(void *)node;
        uint32_t same = 0;
        if (node->hash != hash || shape->count != count) continue;
        while (same < count && shape->fields[same].key == fields[same].key &&
               shape->fields[same].type == fields[same].type)
            same++;
        if (same < count) continue;
        *out = shape;
        return W3D_OK;
    }
    w3di_bjson_shapes_shape *shape =
        (w3di_bjson_shapes_shape *)w3d_arena_push_zero(s->arena, 1, sizeof *shape,
                                                       sizeof(uint64_t));
    if (!shape) return w3di_bjson_shapes_full(s);
    uint64_t end = 0;
    for (uint32_t alignment = 8; alignment; alignment /= 2)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t tag = fields[i].type & 0xFFu, subtype = fields[i].type >> 8 & 0xFFu;
            if (w3d_bjson_alignment(tag, subtype) != alignment) continue;
            fields[i].offset = (uint32_t)end;
            fields[i].size = w3d_bjson_inline_size(tag, subtype, fields[i].type >> 16);
            end += fields[i].size;
            if (end > UINT32_MAX)
                return w3di_bjson_shapes_fail(s, W3D_ERR_LIMIT, "a map takes more than 4 GiB");
        }
    shape->node.hash = hash;
    shape->fields = fields;
    shape->count = count;
    shape->record_size = (uint32_t)end;
    shape->index = s->shapes.count;
    s->fields_size += 8 + (uint64_t)count * W3D_BJSON_FIELD_SIZE;
    if (s->last)
        s->last->later = shape;
    else
        s->first = shape;
    s->last = shape;
    if (!w3di_bjson_shapes_insert(s->arena, &s->shapes, &shape->node))
        return w3di_bjson_shapes_full(s);
    *out = shape;
    return W3D_OK;
}

/* Sorts the values' keys and finds the shape that they make. */
static inline w3d_result w3di_bjson_shapes_new_recipe(w3di_bjson_shapes *s,
                                                      const w3d_bjson_value *values, uint32_t count,
                                                      w3di_bjson_shapes_recipe **out)
{
    w3di_bjson_shapes_recipe *recipe =
        (w3di_bjson_shapes_recipe *)w3d_arena_push_zero(s->arena, 1, sizeof *recipe,
                                                        sizeof(uint64_t));
    if (!recipe) return w3di_bjson_shapes_full(s);
    recipe->keys =
        (const char **)w3d_arena_push(s->arena, count, sizeof *recipe->keys, sizeof *recipe->keys);
    recipe->types = (uint32_t *)w3d_arena_push(s->arena, count, sizeof *recipe->types, 4);
    recipe->order = (uint32_t *)w3d_arena_push(s->arena, count, sizeof *recipe->order, 4);
    recipe->owners = (uint32_t *)w3d_arena_push(s->arena, count, sizeof *recipe->owners, 4);
    w3di_bjson_shapes_field *fields =
        (w3di_bjson_shapes_field *)w3d_arena_push_zero(s->arena, count, sizeof *fields,
                                                       sizeof(uint64_t));
    w3di_bjson_shapes_rank *ranks =
        (w3di_bjson_shapes_rank *)w3d_arena_push(s->arena, count, sizeof *ranks, sizeof(uint64_t));
    if (!recipe->keys || !recipe->types || !recipe->order || !recipe->owners || !fields || !ranks)
        return w3di_bjson_shapes_full(s);
    for (uint32_t i = 0; i < count; i++) {
        w3d_result result = w3di_bjson_shapes_check_type(s, &values[i]);
        if (result == W3D_OK) result = w3di_bjson_shapes_intern(s, values[i].key, &ranks[i].key);
        if (result != W3D_OK) return result;
        ranks[i].index = i;
        recipe->keys[i] = values[i].key;
        recipe->types[i] = w3di_bjson_shapes_type(&values[i]);
    }
    w3di_bjson_shapes_sort(ranks, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && ranks[i].key == ranks[i - 1].key)
            return w3di_bjson_shapes_fail(s, W3D_ERR_ARGUMENT, "a key stands twice in a map");
        fields[i].key = ranks[i].key;
        fields[i].type = recipe->types[ranks[i].index];
        fields[i].plain = w3di_bjson_shapes_is_plain(fields[i].type);
        recipe->order[i] = ranks[i].index;
        if (!fields[i].plain) recipe->owners[recipe->owner_count++] = i;
    }
    *out = recipe;
    return w3di_bjson_shapes_find_shape(s, fields, count, &recipe->shape);
}

static inline int w3di_bjson_shapes_matches(const w3di_bjson_shapes_recipe *recipe,
                                            const w3d_bjson_value *values, uint32_t count)
{
    if (recipe->shape->count != count) return 0;
    for (uint32_t i = 0; i < count; i++)
        if (recipe->keys[i] != values[i].key ||
            recipe->types[i] != w3di_bjson_shapes_type(&values[i]))
            return 0;
    return 1;
}

static inline w3d_result w3di_bjson_shapes_find_recipe(w3di_bjson_shapes *s,
                                                       const w3d_bjson_value *values,
                                                       uint32_t count,
                                                       w3di_bjson_shapes_recipe **out)
{
    uint64_t hash = count;
    if (count) hash += ((uint64_t)(uintptr_t)values[0].key << 8) + values[0].tag;
    hash = w3d_hash_u64(hash);
    w3di_bjson_shapes_recipe **recent = &s->recent[hash % W3DI_BJSON_SHAPES_RECENT];
    if (*recent && w3di_bjson_shapes_matches(*recent, values, count)) {
        *out = *recent;
        return W3D_OK;
    }
    for (uint32_t i = 0; i < count; i++)
        hash = w3d_hash_u64(hash ^ (uint64_t)(uintptr_t)values[i].key) +
               w3di_bjson_shapes_type(&values[i]);
    for (w3di_bjson_shapes_node *node = w3di_bjson_shapes_bucket(&s->recipes, hash); node;
         node = node->next) {
        w3di_bjson_shapes_recipe *recipe = (w3di_bjson_shapes_recipe *)(void *)node;
        if (node->hash != hash || !w3di_bjson_shapes_matches(recipe, values, count)) continue;
        *out = *recent = recipe;
        return W3D_OK;
    }
    if (!s->arena) return w3di_bjson_shapes_changed(s);
    w3d_result result = w3di_bjson_shapes_new_recipe(s, values, count, out);
    if (result != W3D_OK) return result;
    (*out)->node.hash = hash;
    if (!w3di_bjson_shapes_insert(s->arena, &s->recipes, &(*out)->node))
        return w3di_bjson_shapes_full(s);
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
        (w3di_bjson_shapes_run *)w3d_arena_push(s->arena, shape->count, sizeof *recipe->runs, 4);
    if (!recipe->runs) return w3di_bjson_shapes_full(s);
    for (uint32_t alignment = 8; alignment; alignment /= 2)
        for (uint32_t i = 0; i < shape->count; i++) {
            const w3d_bjson_value *value = &recipe->fields[recipe->order[i]];
            if (!w3d_bjson_tag_is_inline(value->tag) || value->tag == W3D_BJSON_NULL ||
                value->bits > UINT32_MAX)
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

/* The recipe of a C struct, known by the address of its fields. */
static inline w3d_result w3di_bjson_shapes_find_struct(w3di_bjson_shapes *s,
                                                       const w3d_bjson_value *fields,
                                                       uint32_t count,
                                                       w3di_bjson_shapes_recipe **out)
{
    uint64_t hash = w3d_hash_u64((uint64_t)(uintptr_t)fields + count);
    w3di_bjson_shapes_recipe **recent = &s->recent[hash % W3DI_BJSON_SHAPES_RECENT];
    if (*recent && (*recent)->fields == fields && (*recent)->shape->count == count) {
        *out = *recent;
        return W3D_OK;
    }
    for (w3di_bjson_shapes_node *node = w3di_bjson_shapes_bucket(&s->recipes, hash); node;
         node = node->next) {
        w3di_bjson_shapes_recipe *recipe = (w3di_bjson_shapes_recipe *)(void *)node;
        if (recipe->fields != fields || recipe->shape->count != count) continue;
        *out = *recent = recipe;
        return W3D_OK;
    }
    if (!s->arena) return w3di_bjson_shapes_changed(s);
    w3d_result result = w3di_bjson_shapes_new_recipe(s, fields, count, out);
    if (result != W3D_OK) return result;
    w3di_bjson_shapes_recipe *made = *out;
    made->node.hash = hash;
    made->fields = fields;
    result = w3di_bjson_shapes_make_runs(s, made);
    if (result != W3D_OK) return result;
    if (!w3di_bjson_shapes_insert(s->arena, &s->recipes, &made->node))
        return w3di_bjson_shapes_full(s);
    *recent = made;
    return W3D_OK;
}

/* Sorts the keys and gives each its offset. */
static inline w3d_result w3di_bjson_shapes_place_keys(w3di_bjson_shapes *s)
{
    uint32_t count = 0, offset = 0;
    s->sorted = (w3di_bjson_shapes_rank *)w3d_arena_push_zero(s->arena, s->keys.count,
                                                              sizeof *s->sorted, sizeof(uint64_t));
    if (!s->sorted) return w3di_bjson_shapes_full(s);
    for (uint32_t i = 0; i < s->keys.bucket_count; i++)
        for (w3di_bjson_shapes_node *node = s->keys.buckets[i]; node; node = node->next)
            s->sorted[count++].key = (w3di_bjson_shapes_key *)(void *)node;
    w3di_bjson_shapes_sort(s->sorted, count);
    for (uint32_t i = 0; i < count; i++) {
        s->sorted[i].key->offset = offset;
        offset += s->sorted[i].key->size + 1;
    }
    return W3D_OK;
}

#undef W3DI_BJSON_SHAPES_RECENT

#endif /* W3D_BJSON_SHAPES_H */
