/* bjson_diff.c - two walks side by side: rows, then maps by key and lists by index.
 *
 * Most IDs have not changed. Where both files number their shapes alike, such an ID is known by a
 * comparison of its bytes; else its fields are walked, and its arrays compared as bytes. */
#include "scene/bjson_diff.h"

#include "core/bytes.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "scene/bjson_diff_match.h"
#include "scene/bjson_path.h"

typedef struct w3di_bjson_diff_walk {
    const w3d_bjson_diff_desc *desc;
    w3di_bjson_diff_side before, after;
    int same_keys;   /* a key's offset is its rank */
    int same_shapes; /* each shape of `before` has the same number and layout in `after` */
    int same_refs;   /* of the two IDs: equal indices refer to the same ID */
    int ended;       /* `emit` ended the walk */
    int quiet;       /* nothing is told: the first change ends the walk */
    int found;       /* that happened */
    w3d_bjson_change change;
    w3d_bjson_change_step steps[W3D_BJSON_DEPTH_LIMIT + 1];
} w3di_bjson_diff_walk;

static w3d_result w3di_bjson_diff_map(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                      const w3d_bjson_view *after);

/* ---- telling ---- */

static void w3di_bjson_diff_no_view(w3d_bjson_view *view) { w3d_fill(view, 0, sizeof *view); }

/* Tells a change of a kind; the views are `before` and `after`, or NULL. */
static w3d_result w3di_bjson_diff_tell(w3di_bjson_diff_walk *w, w3d_bjson_change_kind kind,
                                       const w3d_bjson_view *before, const w3d_bjson_view *after)
{
    if (w->quiet) {
        w->found = 1;
        return W3D_ERR_CANCELLED;
    }
    w->change.kind = kind;
    w3di_bjson_diff_no_view(&w->change.before);
    w3di_bjson_diff_no_view(&w->change.after);
    if (before) w->change.before = *before;
    if (after) w->change.after = *after;
    if (!w->desc->emit) return W3D_OK;
    w3d_result result = w->desc->emit(w->desc->user, &w->change);
    w->ended = result != W3D_OK;
    return result;
}

/* The same for rows [first, end) of an array. */
static w3d_result w3di_bjson_diff_tell_rows(w3di_bjson_diff_walk *w, w3d_bjson_change_kind kind,
                                            const w3d_bjson_view *before,
                                            const w3d_bjson_view *after, uint64_t first,
                                            uint64_t end)
{
    w->change.first = (uint32_t)first;
    w->change.count = (uint32_t)(end - first);
    w3d_result result = w3di_bjson_diff_tell(w, kind, before, after);
    w->change.first = w->change.count = 0;
    return result;
}

static void w3di_bjson_diff_push(w3di_bjson_diff_walk *w, const char *key, uint32_t index)
{
    w3d_bjson_change_step *step = &w->steps[w->change.step_count++];
    step->key = key;
    step->index = index;
}

/* ---- values ---- */

/* Bytes at the start that are the same. Blocks of 64 first, whose loop has no exit inside and so
 * becomes vector instructions. */
static size_t w3di_bjson_diff_same(const unsigned char *a, const unsigned char *b, size_t size)
{
    size_t i = 0;
    for (; size - i >= 64; i += 64) {
        uint64_t any = 0;
        for (size_t k = 0; k < 64; k += 8) any |= w3d_load_u64(a + i + k) ^ w3d_load_u64(b + i + k);
        if (any) break;
    }
    for (; size - i >= 8 && w3d_load_u64(a + i) == w3d_load_u64(b + i); i += 8) {}
    while (i < size && a[i] == b[i]) i++;
    return i;
}

/* 1 where a row of `before` and one of `after` are the same ID, or both are none. */
static int w3di_bjson_diff_same_row(const w3di_bjson_diff_walk *w, uint32_t before, uint32_t after)
{
    if (before == W3D_BJSON_NONE || after == W3D_BJSON_NONE) return before == after;
    if (!w->before.match) return before == after;
    return before < w->before.file->id_count && w->before.match[before] == after;
}

/* 1 where `size` bytes of floats, which are not the same, are NaN in the same places. */
static int w3di_bjson_diff_same_floats(const unsigned char *a, const unsigned char *b, size_t size,
                                       uint32_t subtype)
{
    uint32_t element = w3d_bjson_subtype_size(subtype);
    uint64_t infinity = subtype == W3D_BJSON_SUB_F16   ? 0x7C00u
                        : subtype == W3D_BJSON_SUB_F32 ? 0x7F800000u
                                                       : 0x7FF0000000000000u;
    uint64_t magnitude = (UINT64_MAX >> (64 - 8 * element)) >> 1;
    for (size_t i = 0; i < size; i += element) {
        uint64_t x = 0, y = 0;
        w3d_copy(&x, a + i, element);
        w3d_copy(&y, b + i, element);
        if (x != y && ((x & magnitude) <= infinity || (y & magnitude) <= infinity)) return 0;
    }
    return 1;
}

/* Whether elements `at` to `at + size`, in bytes, of two arrays that differ there are the same
 * nonetheless: NaNs, or other indices of the same IDs. */
static int w3di_bjson_diff_same_elements(const w3di_bjson_diff_walk *w,
                                         const w3d_bjson_view *before, const w3d_bjson_view *after,
                                         uint64_t at, uint64_t size)
{
    uint32_t subtype = before->subtype;
    if (subtype == W3D_BJSON_SUB_REFERENCE) {
        for (uint64_t i = at / 4; i < (at + size) / 4; i++)
            if (!w3di_bjson_diff_same_row(w, w3d_bjson_row_at(before, (uint32_t)i),
                                          w3d_bjson_row_at(after, (uint32_t)i)))
                return 0;
        return 1;
    }
    const unsigned char *a = (const unsigned char *)w3d_bjson_data(before) + (size_t)at;
    const unsigned char *b = (const unsigned char *)w3d_bjson_data(after) + (size_t)at;
    if (w3di_bjson_diff_same(a, b, (size_t)size) == size) return 1;
    if (subtype < W3D_BJSON_SUB_F16 || subtype > W3D_BJSON_SUB_F64) return 0;
    return w3di_bjson_diff_same_floats(a, b, (size_t)size, subtype);
}

/* Two arrays or vectors of the same type: the rows both have, then the ones that one has more. */
static w3d_result w3di_bjson_diff_rows(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                       const w3d_bjson_view *after)
{
    uint32_t size = w3d_bjson_subtype_size(before->subtype);
    uint64_t row = before->tag == W3D_BJSON_VECTOR ? size : (uint64_t)size * before->n;
    uint64_t before_rows = row ? before->length / row : 0,
             after_rows = row ? after->length / row : 0;
    uint64_t common = before_rows < after_rows ? before_rows : after_rows, end = common * row;
    uint64_t at = 0, run = 0, run_end = 0; /* the range that is open: rows [run, run_end) */
    int by_index = before->subtype == W3D_BJSON_SUB_REFERENCE && !w->same_refs;
    const unsigned char *a = (const unsigned char *)w3d_bjson_data(before);
    const unsigned char *b = (const unsigned char *)w3d_bjson_data(after);
    w3d_result result = W3D_OK;
    if (!a || !b) return W3D_ERR_FORMAT;
    while (at < end) {
        if (!by_index)
            at += w3di_bjson_diff_same(a + (size_t)at, b + (size_t)at, (size_t)(end - at));
        if (at >= end) break;
        uint64_t here = at / row;
        at = (here + 1) * row;
        if (w3di_bjson_diff_same_elements(w, before, after, here * row, row)) continue;
        if (run_end && (here - run_end) * row >= W3D_BJSON_DIFF_GAP) {
            result =
                w3di_bjson_diff_tell_rows(w, W3D_BJSON_CHANGE_RANGE, before, after, run, run_end);
            if (result != W3D_OK) return result;
            run_end = 0;
        }
        if (!run_end) run = here;
        run_end = here + 1;
    }
    if (run_end)
        result = w3di_bjson_diff_tell_rows(w, W3D_BJSON_CHANGE_RANGE, before, after, run, run_end);
    if (result == W3D_OK && after_rows > common)
        result = w3di_bjson_diff_tell_rows(w, W3D_BJSON_CHANGE_ROWS_ADDED, before, after, common,
                                           after_rows);
    if (result == W3D_OK && before_rows > common)
        result = w3di_bjson_diff_tell_rows(w, W3D_BJSON_CHANGE_ROWS_REMOVED, before, after, common,
                                           before_rows);
    return result;
}

static w3d_result w3di_bjson_diff_value(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                        const w3d_bjson_view *after);

/* Two lists: the items both have, then the new ones, or the old ones from the end: each removed
 * item is the last of its list when its turn comes. */
static w3d_result w3di_bjson_diff_list(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                       const w3d_bjson_view *after)
{
    uint32_t common = before->count < after->count ? before->count : after->count;
    w3d_result result = W3D_OK;
    w3d_bjson_view old_item, new_item;
    if (w->change.step_count > W3D_BJSON_DEPTH_LIMIT) return W3D_ERR_FORMAT;
    for (uint32_t i = 0; i < common && result == W3D_OK; i++) {
        if (!w3d_bjson_item(before, i, NULL, &old_item) ||
            !w3d_bjson_item(after, i, NULL, &new_item))
            return W3D_ERR_FORMAT;
        w3di_bjson_diff_push(w, NULL, i);
        result = w3di_bjson_diff_value(w, &old_item, &new_item);
        w->change.step_count--;
    }
    for (uint32_t i = common; i < after->count && result == W3D_OK; i++) {
        if (!w3d_bjson_item(after, i, NULL, &new_item)) return W3D_ERR_FORMAT;
        w3di_bjson_diff_push(w, NULL, i);
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE_ADDED, NULL, &new_item);
        w->change.step_count--;
    }
    for (uint32_t i = before->count; i > common && result == W3D_OK; i--) {
        if (!w3d_bjson_item(before, i - 1, NULL, &old_item)) return W3D_ERR_FORMAT;
        w3di_bjson_diff_push(w, NULL, i - 1);
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE_REMOVED, &old_item, NULL);
        w->change.step_count--;
    }
    return result;
}

static w3d_result w3di_bjson_diff_value(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                        const w3d_bjson_view *after)
{
    uint32_t tag = before->tag, row_before = W3D_BJSON_NONE, row_after = W3D_BJSON_NONE;
    if (tag != after->tag || before->subtype != after->subtype || before->n != after->n)
        return w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE, before, after);
    if (tag == W3D_BJSON_MAP) return w3di_bjson_diff_map(w, before, after);
    if (tag == W3D_BJSON_LIST) return w3di_bjson_diff_list(w, before, after);
    if (w3d_bjson_tag_has_subtype(tag)) return w3di_bjson_diff_rows(w, before, after);
    if (tag == W3D_BJSON_REFERENCE) {
        if (!w3d_bjson_to_row(before, &row_before) || !w3d_bjson_to_row(after, &row_after))
            return W3D_ERR_FORMAT;
        if (w3di_bjson_diff_same_row(w, row_before, row_after)) return W3D_OK;
        return w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE, before, after);
    }
    const unsigned char *a = (const unsigned char *)w3d_bjson_data(before);
    const unsigned char *b = (const unsigned char *)w3d_bjson_data(after);
    if (!a || !b) return W3D_ERR_FORMAT;
    size_t size = (size_t)before->length;
    if (before->length == after->length) {
        if (w3di_bjson_diff_same(a, b, size) == size) return W3D_OK;
        if (tag == W3D_BJSON_F64 && w3di_bjson_diff_same_floats(a, b, size, W3D_BJSON_SUB_F64))
            return W3D_OK;
    }
    return w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE, before, after);
}

/* ---- maps ---- */

/* The fields of a map, or NULL. */
static const unsigned char *w3di_bjson_diff_fields(const w3d_bjson_view *map)
{
    const w3d_bjson *file = map->id->file;
    uint64_t size = (uint64_t)map->count * W3D_BJSON_FIELD_SIZE;
    return w3d_size_inside(map->types, size, file->size) ? file->bytes + (size_t)map->types : NULL;
}

/* The rank of a field's key among all keys; behind the last field one above all of them. */
static uint64_t w3di_bjson_diff_rank(const w3di_bjson_diff_walk *w,
                                     const w3di_bjson_diff_side *side, const w3d_bjson_view *map,
                                     const unsigned char *fields, uint32_t i)
{
    if (i >= map->count) return UINT64_MAX;
    if (w->same_keys) return w3d_load_u32(fields + (size_t)i * W3D_BJSON_FIELD_SIZE);
    uint64_t at = map->types - side->file->shapes + (uint64_t)i * W3D_BJSON_FIELD_SIZE;
    return at < side->file->shapes_size ? side->field_ranks[(size_t)(at / W3D_BJSON_FIELD_SIZE)]
                                        : UINT64_MAX;
}

/* 1 where two fields have the same type and are plain bytes that are the same: most fields. */
static int w3di_bjson_diff_same_bytes(const w3d_bjson_view *before, const unsigned char *a,
                                      const w3d_bjson_view *after, const unsigned char *b)
{
    uint32_t tag = a[4], size = w3d_load_u32(a + 12);
    if (w3d_load_u32(a + 4) != w3d_load_u32(b + 4) || size != w3d_load_u32(b + 12)) return 0;
    if (!w3d_bjson_tag_is_inline(tag) || tag == W3D_BJSON_REFERENCE ||
        a[5] == W3D_BJSON_SUB_REFERENCE)
        return 0;
    uint64_t x = before->slots + w3d_load_u32(a + 8), y = after->slots + w3d_load_u32(b + 8);
    const w3d_bjson *old_file = before->id->file, *new_file = after->id->file;
    if (!w3d_size_inside(x, size, old_file->size) || !w3d_size_inside(y, size, new_file->size))
        return 0;
    return w3d_equal(old_file->bytes + (size_t)x, new_file->bytes + (size_t)y, size);
}

/* The value of the map's next field, with its key as the last step. */
static w3d_result w3di_bjson_diff_field(w3di_bjson_diff_walk *w, const w3d_bjson_view *map,
                                        uint32_t i, w3d_bjson_view *view)
{
    const char *key = NULL;
    if (!w3d_bjson_item(map, i, &key, view)) return W3D_ERR_FORMAT;
    w3di_bjson_diff_push(w, key, 0);
    return W3D_OK;
}

/* Two maps, by merging their sorted keys. */
static w3d_result w3di_bjson_diff_map(w3di_bjson_diff_walk *w, const w3d_bjson_view *before,
                                      const w3d_bjson_view *after)
{
    const unsigned char *old_fields = w3di_bjson_diff_fields(before);
    const unsigned char *new_fields = w3di_bjson_diff_fields(after);
    uint32_t i = 0, k = 0, steps = w->change.step_count;
    if (!old_fields || !new_fields || steps > W3D_BJSON_DEPTH_LIMIT) return W3D_ERR_FORMAT;
    while (i < before->count || k < after->count) {
        uint64_t old_rank = w3di_bjson_diff_rank(w, &w->before, before, old_fields, i);
        uint64_t new_rank = w3di_bjson_diff_rank(w, &w->after, after, new_fields, k);
        w3d_result result;
        w3d_bjson_view old_value, new_value;
        if (old_rank < new_rank) {
            result = w3di_bjson_diff_field(w, before, i++, &old_value);
            if (result == W3D_OK)
                result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE_REMOVED, &old_value, NULL);
        } else if (new_rank < old_rank) {
            result = w3di_bjson_diff_field(w, after, k++, &new_value);
            if (result == W3D_OK)
                result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_VALUE_ADDED, NULL, &new_value);
        } else {
            if (old_rank == UINT64_MAX) return W3D_ERR_FORMAT;
            const unsigned char *old_field = old_fields + (size_t)i * W3D_BJSON_FIELD_SIZE;
            const unsigned char *new_field = new_fields + (size_t)k * W3D_BJSON_FIELD_SIZE;
            if (w3di_bjson_diff_same_bytes(before, old_field, after, new_field)) {
                i++, k++;
                continue;
            }
            if (!w3d_bjson_item(before, i++, NULL, &old_value)) return W3D_ERR_FORMAT;
            result = w3di_bjson_diff_field(w, after, k++, &new_value);
            if (result == W3D_OK) result = w3di_bjson_diff_value(w, &old_value, &new_value);
        }
        w->change.step_count = steps;
        if (result != W3D_OK) return result;
    }
    return W3D_OK;
}

/* ---- IDs ---- */

/* 1 where the references of two IDs have the same meaning index by index. */
static int w3di_bjson_diff_same_refs(const w3di_bjson_diff_walk *w, const w3d_bjson_id *before,
                                     const w3d_bjson_id *after)
{
    const w3d_bjson *a = before->file, *b = after->file;
    uint64_t size = (uint64_t)before->reference_count * 4;
    if (before->reference_count != after->reference_count) return 0;
    if (!w3d_size_inside(before->references, size, a->size) ||
        !w3d_size_inside(after->references, size, b->size))
        return 0;
    const unsigned char *left = a->bytes + (size_t)before->references;
    const unsigned char *right = b->bytes + (size_t)after->references;
    if (!w->before.match) return w3d_equal(left, right, (size_t)size);
    for (uint64_t i = 0; i < size; i += 4)
        if (!w3di_bjson_diff_same_row(w, w3d_load_u32(left + (size_t)i),
                                      w3d_load_u32(right + (size_t)i)))
            return 0;
    return 1;
}

/* 1 where the payloads are the same but for the numbers of rows, which are known to mean the same:
 * type, name, properties before the row; the count, references' padding and arrays behind. */
static int w3di_bjson_diff_same_payload(const w3di_bjson_diff_walk *w, const w3d_bjson_id *before,
                                        const w3d_bjson_id *after)
{
    if (!w->same_shapes || !w->same_refs || before->size != after->size ||
        before->references - before->payload != after->references - after->payload)
        return 0;
    const unsigned char *a = before->file->bytes + (size_t)before->payload;
    const unsigned char *b = after->file->bytes + (size_t)after->payload;
    size_t head = (size_t)(before->references - before->payload) - 8;
    size_t behind = (size_t)(before->large - before->payload), size = (size_t)before->size;
    if (behind > size) behind = size;
    return w3di_bjson_diff_same(a, b, head) == head &&
           w3di_bjson_diff_same(a + behind, b + behind, size - behind) == size - behind;
}

/* 1 where a row of both files is an ID whose bytes are all the same, as most are; 0 says nothing.
 * By row, so that its references are the same IDs. */
static int w3di_bjson_diff_same_chunk(const w3di_bjson_diff_walk *w, uint32_t row)
{
    const w3d_bjson *a = w->before.file, *b = w->after.file;
    if (row >= a->id_count || row >= b->id_count) return 0;
    const unsigned char *x = a->bytes + (size_t)a->refs + (size_t)row * W3D_BJSON_ROW_SIZE;
    const unsigned char *y = b->bytes + (size_t)b->refs + (size_t)row * W3D_BJSON_ROW_SIZE;
    uint64_t from = w3d_load_u64(x), to = w3d_load_u64(y);
    if (!from || !to || x[20] != y[20] || x[21] != y[21]) return 0;
    if (!w->desc->ignore_time && w3d_load_u64(x + 8) != w3d_load_u64(y + 8)) return 0;
    if (!w3d_size_inside(from, W3D_BJSON_CHUNK_SIZE, a->size) ||
        !w3d_size_inside(to, W3D_BJSON_CHUNK_SIZE, b->size))
        return 0;
    uint64_t size = w3d_load_u64(a->bytes + (size_t)from + 8);
    from += W3D_BJSON_CHUNK_SIZE;
    to += W3D_BJSON_CHUNK_SIZE;
    if (size != w3d_load_u64(b->bytes + (size_t)to - 8) || !w3d_size_inside(from, size, a->size) ||
        !w3d_size_inside(to, size, b->size))
        return 0;
    return w3di_bjson_diff_same(a->bytes + (size_t)from, b->bytes + (size_t)to, (size_t)size) ==
           size;
}

/* Time and flags of two rows. */
static w3d_result w3di_bjson_diff_entry_of(w3di_bjson_diff_walk *w, const w3d_bjson_id *before,
                                           const w3d_bjson_id *after)
{
    w3d_result result = W3D_OK;
    if (before->type != after->type)
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_TYPE, NULL, NULL);
    if (result == W3D_OK && !w->desc->ignore_time && before->time != after->time)
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_TIME, NULL, NULL);
    if (result == W3D_OK && before->flags != after->flags)
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_FLAGS, NULL, NULL);
    return result;
}

/* Two rows that are one ID; either may be W3D_BJSON_NONE. */
static w3d_result w3di_bjson_diff_ids(w3di_bjson_diff_walk *w, uint32_t row_before,
                                      uint32_t row_after)
{
    const unsigned char *name;
    uint32_t type;
    w3d_bjson_id before, after;
    w3d_bjson_view old_map, new_map;
    w3di_bjson_diff_state a = w3di_bjson_diff_row(w->before.file, row_before, &type, &name);
    w3di_bjson_diff_state b = w3di_bjson_diff_row(w->after.file, row_after, &type, &name);
    w3d_result result = W3D_OK;
    w->change.row_before = a == W3DI_BJSON_DIFF_ABSENT ? W3D_BJSON_NONE : row_before;
    w->change.row_after = b == W3DI_BJSON_DIFF_ABSENT ? W3D_BJSON_NONE : row_after;
    if (a != b) {
        if (a < W3DI_BJSON_DIFF_EXTERNAL && b < W3DI_BJSON_DIFF_EXTERNAL)
            return w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_FLAGS, NULL, NULL);
        if (a >= W3DI_BJSON_DIFF_EXTERNAL)
            result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_ID_REMOVED, NULL, NULL);
        if (result == W3D_OK && b >= W3DI_BJSON_DIFF_EXTERNAL)
            result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_ID_ADDED, NULL, NULL);
        return result;
    }
    w3d_result found = w3d_bjson_id_at(w->before.file, row_before, &before);
    if (found != w3d_bjson_id_at(w->after.file, row_after, &after)) return W3D_ERR_FORMAT;
    if (found == W3D_ERR_NOT_FOUND) return w3di_bjson_diff_entry_of(w, &before, &after);
    if (found != W3D_OK) return W3D_ERR_FORMAT;

    w->same_refs = w3di_bjson_diff_same_refs(w, &before, &after);
    int same = w3di_bjson_diff_same_payload(w, &before, &after);
    if (!same && (before.name_size != after.name_size ||
                  !w3d_equal(before.name, after.name, before.name_size)))
        result = w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_NAME, NULL, NULL);
    if (result == W3D_OK) result = w3di_bjson_diff_entry_of(w, &before, &after);
    if (result != W3D_OK || same) return result;
    if (!w3d_bjson_properties(&before, &old_map) || !w3d_bjson_properties(&after, &new_map))
        return W3D_ERR_FORMAT;
    return w3di_bjson_diff_map(w, &old_map, &new_map);
}

static w3d_result w3di_bjson_diff_all_ids(w3di_bjson_diff_walk *w)
{
    const unsigned char *name;
    uint32_t old_count = w->before.file->id_count, new_count = w->after.file->id_count, type;
    w3d_result result = W3D_OK;
    if (!w->before.match) {
        for (uint32_t row = 0; result == W3D_OK && (row < old_count || row < new_count); row++)
            if (!w->same_shapes || !w3di_bjson_diff_same_chunk(w, row))
                result = w3di_bjson_diff_ids(w, row, row);
        return result;
    }
    /* Deleted rows that have no partner are nothing to a file whose rows are not counted. */
    for (uint32_t row = 0; row < old_count && result == W3D_OK; row++)
        if (w->before.match[row] != W3D_BJSON_NONE ||
            w3di_bjson_diff_row(w->before.file, row, &type, &name) != W3DI_BJSON_DIFF_DELETED)
            result = w3di_bjson_diff_ids(w, row, w->before.match[row]);
    for (uint32_t row = 0; row < new_count && result == W3D_OK; row++)
        if (w->after.match[row] == W3D_BJSON_NONE &&
            w3di_bjson_diff_row(w->after.file, row, &type, &name) != W3DI_BJSON_DIFF_DELETED)
            result = w3di_bjson_diff_ids(w, W3D_BJSON_NONE, row);
    return result;
}

/* ---- what stands beside the IDs ---- */

static w3d_result w3di_bjson_diff_tell_chunk(w3di_bjson_diff_walk *w,
                                             const w3d_bjson_chunk_view *before,
                                             const w3d_bjson_chunk_view *after)
{
    w3d_fill(&w->change.chunk_before, 0, sizeof *before);
    w3d_fill(&w->change.chunk_after, 0, sizeof *after);
    if (before) w->change.chunk_before = *before;
    if (after) w->change.chunk_after = *after;
    return w3di_bjson_diff_tell(w, W3D_BJSON_CHANGE_CHUNK, NULL, NULL);
}

/* meta: by what it says, as its bytes hold numbers of shapes. */
static w3d_result w3di_bjson_diff_meta(w3di_bjson_diff_walk *w, const w3d_bjson_chunk_view *before,
                                       const w3d_bjson_chunk_view *after)
{
    w3d_bjson_id old_id, new_id;
    w3d_bjson_view old_map, new_map;
    if (!w3d_bjson_meta(w->before.file, &old_id, &old_map) ||
        !w3d_bjson_meta(w->after.file, &new_id, &new_map))
        return W3D_ERR_FORMAT;
    w->quiet = 1;
    w->same_refs = 1;
    w3d_result result = w3di_bjson_diff_map(w, &old_map, &new_map);
    w->quiet = 0;
    w->change.step_count = 0;
    if (!w->found) return result;
    return w3di_bjson_diff_tell_chunk(w, before, after);
}

/* Lists a file's chunks that are compared, by kind and then by place; NULL counts them. */
static size_t w3di_bjson_diff_chunks(const w3d_bjson *file, w3di_bjson_diff_entry *entries,
                                     size_t room)
{
    w3d_bjson_chunk_view chunk;
    size_t count = 0;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        uint32_t first = chunk.kind & 0xFFu;
        if (first < 'a' || first > 'z' || chunk.kind == W3D_BJSON_CHUNK_HOLE ||
            chunk.kind == W3D_BJSON_CHUNK_HASH || chunk.kind == W3D_BJSON_CHUNK_SIGN)
            continue;
        if (entries && count == room) break;
        if (entries) {
            entries[count].key = chunk.kind;
            entries[count].value = chunk.at;
        }
        count++;
    }
    return count;
}

/* The chunk whose head is at `at`. */
static w3d_bjson_chunk_view w3di_bjson_diff_chunk_at(const w3d_bjson *file, uint64_t at)
{
    w3d_bjson_chunk_view chunk;
    w3d_fill(&chunk, 0, sizeof chunk);
    /* As if the chunk before were one without content that ends here. */
    chunk.at = 1;
    chunk.payload = at;
    w3d_bjson_chunk_next(file, &chunk);
    return chunk;
}

/* All other chunks: the first of a kind with the first of that kind, and so on. */
static w3d_result w3di_bjson_diff_all_chunks(w3di_bjson_diff_walk *w,
                                             w3di_bjson_tables_memory *memory)
{
    const w3d_bjson *before = w->before.file, *after = w->after.file;
    size_t old_count = w3di_bjson_diff_chunks(before, NULL, 0);
    size_t new_count = w3di_bjson_diff_chunks(after, NULL, 0);
    w3d_result result = W3D_OK;
    if (!old_count && !new_count) return W3D_OK;
    w3di_bjson_diff_entry *olds =
        (w3di_bjson_diff_entry *)w3di_bjson_tables_take(memory, old_count, sizeof *olds);
    w3di_bjson_diff_entry *news =
        (w3di_bjson_diff_entry *)w3di_bjson_tables_take(memory, new_count, sizeof *news);
    if (!olds || !news) return W3D_ERR_OUT_OF_MEMORY;
    old_count = w3di_bjson_diff_chunks(before, olds, old_count);
    new_count = w3di_bjson_diff_chunks(after, news, new_count);
    w3di_bjson_diff_sort(NULL, olds, old_count);
    w3di_bjson_diff_sort(NULL, news, new_count);
    w->change.row_before = w->change.row_after = W3D_BJSON_NONE;
    for (size_t i = 0, k = 0; result == W3D_OK && (i < old_count || k < new_count);) {
        int order = i == old_count   ? 1
                    : k == new_count ? -1
                                     : w3di_bjson_diff_order(NULL, olds[i], NULL, news[k]);
        w3d_bjson_chunk_view a, b;
        w3d_fill(&a, 0, sizeof a);
        w3d_fill(&b, 0, sizeof b);
        if (order <= 0) a = w3di_bjson_diff_chunk_at(before, olds[i++].value);
        if (order >= 0) b = w3di_bjson_diff_chunk_at(after, news[k++].value);
        if (order != 0) {
            result = w3di_bjson_diff_tell_chunk(w, order < 0 ? &a : NULL, order > 0 ? &b : NULL);
        } else if (a.kind == W3D_BJSON_CHUNK_META) {
            result = w3di_bjson_diff_meta(w, &a, &b);
        } else {
            size_t size = (size_t)a.size;
            if (a.size == b.size &&
                w3di_bjson_diff_same(before->bytes + (size_t)a.payload,
                                     after->bytes + (size_t)b.payload, size) == size)
                continue;
            result = w3di_bjson_diff_tell_chunk(w, &a, &b);
        }
    }
    return result;
}

/* ---- the whole ---- */

/* Compares KEYS and SHAP, and ranks the keys where they are not the same. */
static w3d_result w3di_bjson_diff_tables(w3di_bjson_diff_walk *w, w3di_bjson_tables_memory *memory)
{
    const w3d_bjson *a = w->before.file, *b = w->after.file;
    size_t keys = (size_t)a->keys_size;
    w->same_keys = a->keys_size == b->keys_size &&
                   w3d_equal(a->bytes + (size_t)a->keys, b->bytes + (size_t)b->keys, keys);
    if (!w->same_keys) {
        w3di_bjson_diff_side *sides[2];
        sides[0] = &w->before;
        sides[1] = &w->after;
        for (int i = 0; i < 2; i++) {
            w3di_bjson_diff_side *side = sides[i];
            uint64_t fields = side->file->shapes_size / W3D_BJSON_FIELD_SIZE;
            side->key_offsets =
                (uint32_t *)w3di_bjson_tables_take(memory, side->file->key_count, sizeof(uint32_t));
            side->key_ranks =
                (uint32_t *)w3di_bjson_tables_take(memory, side->file->key_count, sizeof(uint32_t));
            side->field_ranks =
                (uint32_t *)w3di_bjson_tables_take(memory, fields, sizeof(uint32_t));
            if (!side->key_offsets || !side->key_ranks || !side->field_ranks)
                return W3D_ERR_OUT_OF_MEMORY;
            w3d_fill(side->field_ranks, 0xFF, ((size_t)fields + 1) * sizeof(uint32_t));
        }
        w3d_result result = w3di_bjson_diff_rank_keys(&w->before, &w->after);
        if (result == W3D_OK) result = w3di_bjson_diff_rank_fields(&w->before);
        if (result == W3D_OK) result = w3di_bjson_diff_rank_fields(&w->after);
        if (result != W3D_OK) return result;
    }
    /* Shapes of `after` that `before` does not have come behind, or this does not hold. */
    w->same_shapes = a->shape_count <= b->shape_count;
    for (uint32_t shape = 0; shape < a->shape_count && w->same_shapes; shape++) {
        uint32_t count = 0, other = 0;
        const unsigned char *x = w3di_bjson_tables_shape(a, shape, &count);
        const unsigned char *y = w3di_bjson_tables_shape(b, shape, &other);
        if (!x || !y) return W3D_ERR_FORMAT;
        w->same_shapes = count == other && w3d_load_u32(x - 4) == w3d_load_u32(y - 4);
        size_t slot_x = (size_t)(x - (a->bytes + (size_t)a->shapes)) / W3D_BJSON_FIELD_SIZE;
        size_t slot_y = (size_t)(y - (b->bytes + (size_t)b->shapes)) / W3D_BJSON_FIELD_SIZE;
        for (uint32_t i = 0; i < count && w->same_shapes; i++) {
            const unsigned char *p = x + (size_t)i * W3D_BJSON_FIELD_SIZE;
            const unsigned char *q = y + (size_t)i * W3D_BJSON_FIELD_SIZE;
            w->same_shapes = w3d_equal(p + 4, q + 4, W3D_BJSON_FIELD_SIZE - 4) &&
                             (w->same_keys ? w3d_load_u32(p) == w3d_load_u32(q)
                                           : w->before.field_ranks[slot_x + i] ==
                                                 w->after.field_ranks[slot_y + i]);
        }
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_diff(const w3d_bjson_diff_desc *desc, w3d_error *error)
{
    w3di_bjson_diff_walk w;
    w3di_bjson_tables_memory memory;
    if (!desc || !desc->before || !desc->after)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a file to compare is missing");
    w3d_fill(&w, 0, sizeof w);
    w3d_fill(&memory, 0, sizeof memory);
    memory.allocator = desc->allocator;
    w.desc = desc;
    w.before.file = desc->before;
    w.after.file = desc->after;
    w.change.steps = w.steps;
    w3d_result result = w3di_bjson_diff_tables(&w, &memory);
    if (result == W3D_OK && desc->match == W3D_BJSON_MATCH_NAME)
        result = w3di_bjson_diff_match_names(&memory, &w.before, &w.after);
    if (result == W3D_OK) result = w3di_bjson_diff_all_ids(&w);
    if (result == W3D_OK) result = w3di_bjson_diff_all_chunks(&w, &memory);
    w3di_bjson_tables_give_back(&memory, 0);
    if (w.ended) return result;
    if (result == W3D_ERR_OUT_OF_MEMORY)
        return w3d_error_set(error, result, 0, "no memory for the tables of a comparison");
    if (result == W3D_ERR_FORMAT)
        return w3d_error_set(error, result, 0, "a file is not what it was when it was checked");
    return result;
}

W3D_API size_t w3d_bjson_change_path(const w3d_bjson_change *change, char *dst, size_t capacity)
{
    size_t size = 0;
    for (int pass = 0; pass < 2; pass++) { /* measures, then writes if it fits */
        size_t at = 0;
        if (pass && (!dst || size >= capacity)) break;
        for (uint32_t i = 0; i < change->step_count; i++) {
            const w3d_bjson_change_step *step = &change->steps[i];
            char *to = pass ? dst + at : NULL;
            size_t room = pass ? capacity - at : 0;
            at += step->key ? w3d_bjson_path_write_name(to, room, step->key,
                                                        w3d_text_size(step->key), i == 0)
                            : w3d_bjson_path_write_index(to, room, step->index);
        }
        size = at;
    }
    if (dst && capacity) dst[size < capacity ? size : 0] = 0;
    return size + 1;
}
