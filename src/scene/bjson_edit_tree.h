/* bjson_edit_tree.h - patches and trees of an edit: reading and changing them; private. */
#ifndef W3D_BJSON_EDIT_TREE_H
#define W3D_BJSON_EDIT_TREE_H

#include "core/utf8.h"
#include "scene/bjson_copy.h"
#include "scene/bjson_edit_state.h"
#include "scene/bjson_leaf.h"
#include "scene/bjson_path.h"
#include "scene/bjson_shapes.h"
#include "scene/bjson_sort.h"

enum { W3DI_BJSON_EDIT_OWNED = 1 }; /* `bits` of a value with data: they are the edit's to change */

/* ---- patches ---- */

/* The bytes that shall stand at [at, at + size): those of the file where nothing was changed, else
 * a copy in the arena; NULL: no memory. */
static inline const unsigned char *w3di_bjson_edit_bytes(const w3d_bjson *file,
                                                         const w3di_bjson_edit_id *id, uint64_t at,
                                                         uint64_t size, w3d_chunk_arena *arena)
{
    const unsigned char *base = file->bytes + (size_t)at;
    const w3di_bjson_edit_patch *patch = id ? w3di_bjson_edit_patch_at(id, at) : NULL;
    if (!size || !patch || patch->at >= at + size) return base;
    unsigned char *copy = (unsigned char *)w3d_chunk_arena_push(arena, (size_t)size, 1, 16);
    if (!copy) return NULL;
    w3d_copy(copy, base, (size_t)size);
    while (patch && patch->at < at + size) {
        uint64_t from = patch->at > at ? patch->at : at, end = patch->at + patch->size;
        uint64_t to = end < at + size ? end : at + size;
        w3d_copy(copy + (size_t)(from - at), patch->bytes + (size_t)(from - patch->at),
                 (size_t)(to - from));
        patch = w3di_bjson_edit_patch_at(id, end);
    }
    return copy;
}

/* The order of patches: by place, which no two share. */
static inline int w3di_bjson_edit_patch_order(const void *wanted, const w3di_bjson_table_node *node)
{
    const w3di_bjson_edit_patch *patch = (const w3di_bjson_edit_patch *)(const void *)node;
    return *(const uint64_t *)wanted < patch->at ? -1 : 1;
}

/* Makes [at, at + size) hold these bytes: over the patches there are, and in new ones between them.
 * A place between two is filled once, so n calls make O(n) patches, in O(log n) each and what they
 * copy. */
static inline w3d_result w3di_bjson_edit_put(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                             uint64_t at, const void *bytes, uint64_t size)
{
    const unsigned char *from = (const unsigned char *)bytes;
    const uint64_t stop = at + size;
    uint64_t room = 0, count = 0, pos = at, end;
    w3di_bjson_edit_patch *patch = w3di_bjson_edit_patch_at(id, at), *made = NULL;
    unsigned char *copy = NULL;
    if ((!patch || patch->at >= stop) &&
        w3d_equal(edit->file->bytes + (size_t)at, bytes, (size_t)size))
        return W3D_OK;
    for (; pos < stop; pos = end) { /* what is between the patches */
        patch = w3di_bjson_edit_patch_at(id, pos);
        end = patch ? patch->at + patch->size : stop;
        if (patch && patch->at <= pos) continue;
        room += (patch && patch->at < stop ? patch->at : stop) - pos;
        count++;
    }
    if (count) {
        made = (w3di_bjson_edit_patch *)w3d_chunk_arena_push(&edit->arena, (size_t)count,
                                                             sizeof *made, 8);
        copy = (unsigned char *)w3d_chunk_arena_push(&edit->arena, (size_t)room, 1, 8);
        if (!made || !copy) return w3di_bjson_edit_no_memory(edit);
    }
    for (pos = at; pos < stop; pos = end) {
        patch = w3di_bjson_edit_patch_at(id, pos);
        if (patch && patch->at <= pos) {
            end = patch->at + patch->size < stop ? patch->at + patch->size : stop;
            w3d_copy(patch->bytes + (size_t)(pos - patch->at), from + (size_t)(pos - at),
                     (size_t)(end - pos));
            continue;
        }
        end = patch && patch->at < stop ? patch->at : stop;
        w3d_copy(copy, from + (size_t)(pos - at), (size_t)(end - pos));
        made->at = pos;
        made->size = end - pos;
        made->bytes = copy;
        made->node.left = made->node.right = NULL;
        made->node.hash = 0;
        made->node.level = 1;
        id->patches =
            w3di_bjson_table_add(id->patches, &made->node, &pos, w3di_bjson_edit_patch_order);
        copy += (size_t)(end - pos);
        made++;
    }
    id->is_changed = 1;
    return W3D_OK;
}

/* Describes a value of the file as it shall be; W3D_ERR_OUT_OF_MEMORY is the only failure of a
 * checked file. */
static inline w3d_result w3di_bjson_edit_view(const w3di_bjson_edit_id *id, const char *key,
                                              const w3d_bjson_view *view, w3d_chunk_arena *arena,
                                              uint32_t depth, w3d_bjson_value *out)
{
    if (!w3d_bjson_data(view)) return W3D_ERR_FORMAT;
    if (view->tag != W3D_BJSON_MAP && view->tag != W3D_BJSON_LIST) {
        size_t size = (size_t)w3di_bjson_leaf_size(view);
        const unsigned char *bytes =
            w3di_bjson_edit_bytes(view->id->file, id, view->offset, view->length, arena);
        void *rows = w3d_chunk_arena_push(arena, size, 1, 8);
        if (!bytes || !rows) return W3D_ERR_OUT_OF_MEMORY;
        w3d_arena room = w3d_arena_make(rows, size);
        return w3di_bjson_leaf_decode(key, view, bytes, &room, out);
    }
    if (depth > W3D_BJSON_DEPTH_LIMIT) return W3D_ERR_FORMAT;
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3d_chunk_arena_push(arena, view->count, sizeof *values, 8);
    if (!values) return W3D_ERR_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < view->count; i++) {
        const char *name = NULL;
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, i, &name, &item)) return W3D_ERR_FORMAT;
        if (view->tag == W3D_BJSON_LIST) name = NULL;
        w3d_result result = w3di_bjson_edit_view(id, name, &item, arena, depth + 1, &values[i]);
        if (result != W3D_OK) return result;
    }
    *out = w3d_bjson_value_of(key, (uint8_t)view->tag, values, view->count);
    out->bits = view->count;
    return W3D_OK;
}

/* ---- values given ---- */

/* Bytes of the elements of a vector, array or large array. */
static inline uint64_t w3di_bjson_edit_elements_size(const w3d_bjson_value *value)
{
    uint64_t rows = value->tag == W3D_BJSON_VECTOR ? 1 : value->count;
    return rows * ((uint64_t)value->n * w3d_bjson_subtype_size(value->subtype));
}

/* Bytes a value points to. */
static inline uint64_t w3di_bjson_edit_data_size(const w3d_bjson_value *value)
{
    if (w3d_bjson_tag_has_subtype(value->tag)) return w3di_bjson_edit_elements_size(value);
    if (!w3d_bjson_tag_is_known(value->tag)) return value->count;
    return value->tag == W3D_BJSON_STRING || value->tag == W3D_BJSON_BYTES ? value->count : 0;
}

static inline w3d_result w3di_bjson_edit_check_rows(w3d_bjson_edit *edit, const void *rows,
                                                    uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t row = w3d_load_u32((const unsigned char *)rows + (size_t)i * 4);
        if (row >= edit->row_count && row != W3D_BJSON_NONE)
            return w3di_bjson_edit_fail(edit, W3D_ERR_INDEX, 0,
                                        "a reference to a row that is not there");
    }
    return W3D_OK;
}

static inline w3d_result w3di_bjson_edit_check_items(w3d_bjson_edit *edit,
                                                     const w3d_bjson_value *value, uint32_t depth);

/* Checks a value as bjson_write would, `depth` maps and lists inside the ID's own map. */
static inline w3d_result w3di_bjson_edit_check(w3d_bjson_edit *edit, const w3d_bjson_value *value,
                                               int in_list, uint32_t depth)
{
    w3di_bjson_shapes shapes; /* of which only the text is used */
    shapes.text = NULL;
    w3d_result result = w3di_bjson_shapes_check_type(&shapes, value);
    if (result != W3D_OK) return w3di_bjson_edit_fail(edit, result, 0, shapes.text);
    uint64_t size = w3di_bjson_edit_data_size(value);
    int is_container = value->tag == W3D_BJSON_MAP || value->tag == W3D_BJSON_LIST;
    if (!value->data && (size || (is_container && value->count)))
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, "a value points to nothing");
    if (in_list && w3di_bjson_shapes_is_unknown_inline(value->tag) && size > 8)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                    "a value of an unknown tag is too large for a list");
    if ((w3d_bjson_tag_is_heap(value->tag) && size > UINT32_MAX) || size > SIZE_MAX / 4)
        return w3di_bjson_edit_fail(edit, W3D_ERR_LIMIT, 0, "a value is too large");
    if (value->tag == W3D_BJSON_REFERENCE && value->bits < W3D_BJSON_NONE &&
        value->bits >= edit->row_count)
        return w3di_bjson_edit_fail(edit, W3D_ERR_INDEX, 0,
                                    "a reference to a row that is not there");
    if (value->tag == W3D_BJSON_STRING && w3d_utf8_check(value->data, (size_t)size) != size)
        return w3di_bjson_edit_fail(edit, W3D_ERR_UTF8, 0, "a string is not valid UTF-8");
    if (value->subtype == W3D_BJSON_SUB_REFERENCE && w3d_bjson_tag_has_subtype(value->tag))
        return w3di_bjson_edit_check_rows(edit, value->data, size / 4);
    if (!is_container) return W3D_OK;
    if (depth >= W3D_BJSON_DEPTH_LIMIT)
        return w3di_bjson_edit_fail(edit, W3D_ERR_LIMIT, 0,
                                    "maps and lists nest more than 32 deep");
    return w3di_bjson_edit_check_items(edit, value, depth + 1);
}

/* Checks what a map or list holds. */
static inline w3d_result w3di_bjson_edit_check_items(w3d_bjson_edit *edit,
                                                     const w3d_bjson_value *value, uint32_t depth)
{
    const w3d_bjson_value *values = (const w3d_bjson_value *)value->data;
    w3d_result result = W3D_OK;
    for (uint32_t i = 0; i < value->count && result == W3D_OK; i++) {
        if (value->tag == W3D_BJSON_MAP) {
            const char *text = values[i].key;
            size_t length = text ? w3d_text_size(text) : 0;
            if (!text)
                return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                            "a value in a map has no key");
            if (w3d_utf8_check(text, length) != length)
                return w3di_bjson_edit_fail(edit, W3D_ERR_UTF8, 0, "a key is not valid UTF-8");
        }
        result = w3di_bjson_edit_check(edit, &values[i], value->tag == W3D_BJSON_LIST, depth);
    }
    return result;
}

/* Checks a map of all properties: its values are in no map or list that counts. */
static inline w3d_result w3di_bjson_edit_check_root(w3d_bjson_edit *edit,
                                                    const w3d_bjson_value *value)
{
    if (value->tag != W3D_BJSON_MAP || value->subtype || value->n)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, "an ID's properties are a map");
    if (value->count && !value->data)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, "a value points to nothing");
    return w3di_bjson_edit_check_items(edit, value, 0);
}

/* 1 where a value is a large array or holds one. */
static inline int w3di_bjson_edit_has_large(const w3d_bjson_value *value)
{
    const w3d_bjson_value *values = (const w3d_bjson_value *)value->data;
    if (value->tag != W3D_BJSON_MAP && value->tag != W3D_BJSON_LIST)
        return w3d_bjson_tag_is_large(value->tag);
    for (uint32_t i = 0; i < value->count; i++)
        if (w3di_bjson_edit_has_large(&values[i])) return 1;
    return 0;
}

/* Below 0, 0 or above 0 as a stands before, is or stands behind b, by bytes. */
static inline int w3di_bjson_edit_order(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

/* 1 where one value's key stands before the other's. */
static inline int w3di_bjson_edit_before(const void *user, const void *a, const void *b)
{
    (void)user;
    return w3di_bjson_edit_order(((const w3d_bjson_value *)a)->key,
                                 ((const w3d_bjson_value *)b)->key) < 0;
}

/* Sorts the values of a map by key; most are sorted. */
static inline void w3di_bjson_edit_sort(w3d_bjson_value *values, uint32_t count)
{
    uint32_t ascends = 1;
    while (ascends < count &&
           w3di_bjson_edit_order(values[ascends - 1].key, values[ascends].key) <= 0)
        ascends++;
    if (ascends < count)
        w3di_bjson_sort(values, count, sizeof *values, w3di_bjson_edit_before, NULL);
}

/* A copy of bytes in the edit's memory; NULL: no memory. */
static inline const void *w3di_bjson_edit_keep(w3d_bjson_edit *edit, const void *bytes, size_t size,
                                               size_t alignment)
{
    void *copy = w3d_chunk_arena_push(&edit->arena, size, 1, alignment);
    if (copy) w3d_copy(copy, bytes, size);
    return copy;
}

/* Copies a checked value into the edit's memory, with all it points to. */
static inline w3d_result w3di_bjson_edit_copy(w3d_bjson_edit *edit, const char *key,
                                              const w3d_bjson_value *value, w3d_bjson_value *out)
{
    w3d_bjson_value copy = *value;
    size_t size = (size_t)w3di_bjson_edit_data_size(value);
    copy.key = key;
    if (value->tag != W3D_BJSON_MAP && value->tag != W3D_BJSON_LIST) {
        if (size)
            copy.bits = 0;
        else
            copy.data = NULL; /* whatever a number may have there */
        if (size && !edit->borrow) {
            copy.data = w3di_bjson_edit_keep(edit, value->data, size, 16);
            copy.bits = W3DI_BJSON_EDIT_OWNED;
            if (!copy.data) return w3di_bjson_edit_no_memory(edit);
        }
        *out = copy;
        return W3D_OK;
    }
    const w3d_bjson_value *from = (const w3d_bjson_value *)value->data;
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3d_chunk_arena_push(&edit->arena, value->count, sizeof *values, 8);
    if (!values) return w3di_bjson_edit_no_memory(edit);
    for (uint32_t i = 0; i < value->count; i++) {
        const char *name = value->tag == W3D_BJSON_MAP ? from[i].key : NULL;
        if (name && !edit->borrow)
            name = (const char *)w3di_bjson_edit_keep(edit, name, w3d_text_size(name) + 1, 1);
        if (value->tag == W3D_BJSON_MAP && !name) return w3di_bjson_edit_no_memory(edit);
        w3d_result result = w3di_bjson_edit_copy(edit, name, &from[i], &values[i]);
        if (result != W3D_OK) return result;
    }
    if (value->tag == W3D_BJSON_MAP) {
        w3di_bjson_edit_sort(values, value->count);
        for (uint32_t i = 1; i < value->count; i++)
            if (w3di_bjson_edit_order(values[i - 1].key, values[i].key) == 0)
                return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                            "a key stands twice in a map");
    }
    copy.data = values;
    copy.bits = value->count;
    *out = copy;
    return W3D_OK;
}

/* A half from a double, rounded once: the float between them is rounded to odd.
 * Source: Boldo and Melquiond 2008, IEEE Transactions on Computers 57(4). */
static inline uint16_t w3di_bjson_edit_half(double number)
{
    uint32_t bits = w3d_bits_f32((float)number);
    double back = (double)w3d_f32_from_bits(bits);
    if (back != number && number == number) {
        if (number < 0 ? back < number : back > number) bits--;
        bits |= 1u;
    }
    return w3d_f16_from_f32(w3d_f32_from_bits(bits));
}

/* A value written as elements of a subtype: a vector of the same kind, or one number that becomes
 * one. *elements points to its bytes, `room` or the value's own. */
static inline w3d_result w3di_bjson_edit_convert(w3d_bjson_edit *edit, const w3d_bjson_value *value,
                                                 uint32_t subtype, uint32_t n,
                                                 unsigned char room[8], const void **elements)
{
    uint32_t size = w3d_bjson_subtype_size(subtype), tag = value->tag;
    uint64_t bits = value->bits;
    int is_signed = subtype >= W3D_BJSON_SUB_I8 && subtype <= W3D_BJSON_SUB_I64;
    int is_whole = is_signed || (subtype >= W3D_BJSON_SUB_U8 && subtype <= W3D_BJSON_SUB_U64);
    *elements = room;
    if (tag == W3D_BJSON_VECTOR && value->subtype == subtype && value->n == n) {
        *elements = value->data;
        return W3D_OK;
    }
    int is_integer = tag == W3D_BJSON_BOOL || tag == W3D_BJSON_I64 || tag == W3D_BJSON_U64 ||
                     tag == W3D_BJSON_TIME;
    if (n == 1 && subtype == W3D_BJSON_SUB_REFERENCE && tag == W3D_BJSON_REFERENCE) {
        w3d_store_u32(room, bits < W3D_BJSON_NONE ? (uint32_t)bits : W3D_BJSON_NONE);
        return W3D_OK;
    }
    if (n == 1 && is_whole && is_integer) {
        int below = (tag == W3D_BJSON_I64 || tag == W3D_BJSON_TIME) && (int64_t)bits < 0;
        uint64_t top = (is_signed ? (uint64_t)1 << (size * 8 - 1) : 0) - 1; /* largest there is */
        if (!is_signed && size < 8) top = ((uint64_t)1 << (size * 8)) - 1;
        if (below ? !is_signed || ~bits > top : bits > top)
            return w3di_bjson_edit_fail(edit, W3D_ERR_RANGE, 0,
                                        "an integer does not fit the element");
        w3d_store_u64(room, bits); /* the low bytes are the element */
        return W3D_OK;
    }
    if (n == 1 && subtype >= W3D_BJSON_SUB_F16 && subtype <= W3D_BJSON_SUB_F64 &&
        (is_integer || tag == W3D_BJSON_F64)) {
        double number = tag == W3D_BJSON_F64                            ? w3d_f64_from_bits(bits)
                        : tag == W3D_BJSON_I64 || tag == W3D_BJSON_TIME ? (double)(int64_t)bits
                                                                        : (double)bits;
        if (subtype == W3D_BJSON_SUB_F64) w3d_store_u64(room, w3d_bits_f64(number));
        if (subtype == W3D_BJSON_SUB_F32) w3d_store_u32(room, w3d_bits_f32((float)number));
        if (subtype == W3D_BJSON_SUB_F16) w3d_store_u16(room, w3di_bjson_edit_half(number));
        return W3D_OK;
    }
    return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                "the value is not of the element's kind");
}

/* ---- places in a tree ---- */

typedef struct w3di_bjson_edit_place {
    w3d_bjson_value *parent; /* map or list; NULL: the value is the root */
    w3d_bjson_value *value;  /* NULL: not there, but may be added to the parent */
    w3d_bjson_step step;     /* the last, where there is a parent */
    uint32_t index;          /* in the parent */
    int is_element;          /* elements of *value are meant: */
    uint32_t n;              /* so many, */
    uint64_t offset;         /* from this byte of its data on */
} w3di_bjson_edit_place;

/* Goes one step on from a place whose value is there. */
static inline int w3di_bjson_edit_step(w3di_bjson_edit_place *place, const w3d_bjson_step *step)
{
    w3d_bjson_value *value = place->value;
    int is_array = value->tag == W3D_BJSON_ARRAY || value->tag == W3D_BJSON_LARGE;
    if (value->tag == W3D_BJSON_MAP || value->tag == W3D_BJSON_LIST) {
        w3d_bjson_value *values = (w3d_bjson_value *)(void *)(uintptr_t)value->data;
        uint32_t low = 0, high = value->count, found = 0;
        if ((value->tag == W3D_BJSON_MAP) != w3d_bjson_step_is_name(step)) return 0;
        if (!step->text && step->index > value->count) return 0;
        while (step->text && low < high && !found) {
            uint32_t middle = low + (high - low) / 2;
            int order = w3d_bjson_step_compare(step, values[middle].key);
            if (order == 0) low = middle, found = 1;
            if (order > 0) low = middle + 1;
            if (order < 0) high = middle;
        }
        if (!step->text) {
            low = step->index;
            found = low < value->count;
        }
        place->parent = value;
        place->value = found ? &values[low] : NULL;
        place->step = *step;
        place->index = low;
        return 1;
    }
    uint32_t limit = place->is_element ? place->n : is_array ? value->count : value->n;
    if (step->text || step->index >= limit || (!is_array && value->tag != W3D_BJSON_VECTOR))
        return 0;
    uint64_t size = w3d_bjson_subtype_size(value->subtype);
    place->n = is_array && !place->is_element ? value->n : 1;
    place->offset += step->index * (place->n * size);
    place->is_element = 1;
    return 1;
}

/* Finds what a path means in a tree. */
static inline w3d_result w3di_bjson_edit_find(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                              const char *text, w3di_bjson_edit_place *out)
{
    w3d_bjson_path path = w3d_bjson_path_make(text);
    w3d_bjson_step step;
    w3di_bjson_edit_place place;
    w3d_result result;
    w3d_fill(&place, 0, sizeof place);
    place.value = &id->root;
    while ((result = w3d_bjson_path_next(&path, &step, &edit->error)) == W3D_OK)
        if (!place.value || !w3di_bjson_edit_step(&place, &step))
            return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, step.at, "there is no such value");
    if (path.at < path.size) return result;
    *out = place;
    return W3D_OK;
}

/* Makes room for one more value at place->index of the parent. */
static inline w3d_result w3di_bjson_edit_insert(w3d_bjson_edit *edit, w3di_bjson_edit_place *place,
                                                const w3d_bjson_value *value)
{
    w3d_bjson_value *parent = place->parent;
    w3d_bjson_value *values = (w3d_bjson_value *)(void *)(uintptr_t)parent->data;
    if (parent->count >= parent->bits) {
        size_t limit = parent->count < 4 ? 4 : (size_t)parent->count * 2;
        values = (w3d_bjson_value *)w3d_chunk_arena_push(&edit->arena, limit, sizeof *values, 8);
        if (!values || parent->count >= UINT32_MAX / 2) return w3di_bjson_edit_no_memory(edit);
        w3d_copy(values, parent->data, parent->count * sizeof *values);
        parent->data = values;
        parent->bits = limit;
    }
    w3d_move(values + place->index + 1, values + place->index,
             (parent->count - place->index) * sizeof *values);
    values[place->index] = *value;
    parent->count++;
    return W3D_OK;
}

/* Data of a tree's value that may be changed: copied where they are not the edit's. NULL: no
 * memory. */
static inline unsigned char *w3di_bjson_edit_own(w3d_bjson_edit *edit, w3d_bjson_value *value)
{
    if (value->bits != W3DI_BJSON_EDIT_OWNED) {
        const void *data =
            w3di_bjson_edit_keep(edit, value->data, (size_t)w3di_bjson_edit_data_size(value), 16);
        if (!data) return NULL;
        value->data = data;
        value->bits = W3DI_BJSON_EDIT_OWNED;
    }
    return (unsigned char *)(uintptr_t)value->data;
}

#endif /* W3D_BJSON_EDIT_TREE_H */
