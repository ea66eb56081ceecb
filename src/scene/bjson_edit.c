/* bjson_edit.c - the changes of an edit and reading through them; bjson_edit_plan writes them.
 *
 * Each change first looks whether it fits the place its value has in the file; only where it does
 * not, the ID is described into a tree and changed there. Everything that can fail is done before
 * anything is changed. */
#include "scene/bjson_edit.h"

#include "core/bits.h"
#include "core/bytes.h"
#include "memory/allocator.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_edit_in_place.h"
#include "scene/bjson_edit_tree.h"

W3D_API w3d_result w3d_bjson_edit_create(const w3d_bjson_edit_desc *desc, w3d_bjson_edit **edit,
                                         w3d_error *error)
{
    if (!desc || !desc->file || !desc->file->bytes || !edit)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file to edit");
    size_t limit = desc->memory_limit ? desc->memory_limit : SIZE_MAX;
    w3d_bjson_edit *made = NULL;
    if (limit >= sizeof *made)
        made = (w3d_bjson_edit *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *made);
    if (!made) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for the edit");
    w3d_chunk_arena_desc arena;
    w3d_fill(made, 0, sizeof *made);
    w3d_fill(&arena, 0, sizeof arena);
    made->file = desc->file;
    made->allocator = desc->allocator;
    made->held_size = sizeof *made;
    made->memory_limit = limit;
    made->time = desc->time;
    made->borrow = desc->borrow;
    made->row_count = desc->file->id_count;
    arena.allocator.resize = w3di_bjson_edit_resize;
    arena.allocator.user = made;
    arena.chunk_size = 4096;
    arena.flags = W3D_CHUNK_ARENA_SOFT_FAIL;
    w3d_chunk_arena_create(&made->arena, &arena); /* the desc is sound: these cannot fail */
    w3d_chunk_arena_create(&made->scratch, &arena);
    w3d_chunk_arena_create(&made->planned, &arena);
    *edit = made;
    return W3D_OK;
}

W3D_API void w3d_bjson_edit_destroy(w3d_bjson_edit *edit)
{
    if (!edit) return;
    w3di_bjson_edit_resize(edit, edit->ids, edit->id_limit * sizeof *edit->ids, 0);
    w3di_bjson_edit_resize(edit, edit->buckets, edit->bucket_count * sizeof *edit->buckets, 0);
    w3di_bjson_edit_resize(edit, edit->writes, edit->write_limit * sizeof *edit->writes, 0);
    w3d_chunk_arena_destroy(&edit->arena);
    w3d_chunk_arena_destroy(&edit->scratch);
    w3d_chunk_arena_destroy(&edit->planned);
    w3d_allocator allocator = edit->allocator;
    w3d_allocator_resize(&allocator, edit, sizeof *edit, 0);
}

W3D_API const w3d_error *w3d_bjson_edit_error(const w3d_bjson_edit *edit) { return &edit->error; }

W3D_API uint32_t w3d_bjson_edit_count(const w3d_bjson_edit *edit) { return edit->row_count; }

/* ---- rows ---- */

/* Puts the state at `index` where its row is looked for. */
static void w3di_bjson_edit_enter(w3d_bjson_edit *edit, uint32_t index)
{
    uint32_t mask = edit->bucket_count - 1, i = edit->ids[index]->row & mask;
    while (edit->buckets[i]) i = (i + 1) & mask;
    edit->buckets[i] = index + 1;
}

/* A zeroed state for a row that has none yet. */
static w3d_result w3di_bjson_edit_add(w3d_bjson_edit *edit, uint32_t row, w3di_bjson_edit_id **out)
{
    if (edit->id_count == edit->id_limit) {
        w3di_bjson_edit_id **grown =
            (w3di_bjson_edit_id **)w3di_bjson_edit_grow(edit, edit->ids, &edit->id_limit,
                                                        sizeof *grown);
        if (!grown) return w3di_bjson_edit_no_memory(edit);
        edit->ids = grown;
    }
    if (edit->id_count >= edit->bucket_count / 2) {
        uint32_t count = edit->bucket_count ? edit->bucket_count * 2 : 16;
        size_t size = 0;
        uint32_t *buckets = NULL;
        if (count && w3d_size_multiply(count, sizeof *buckets, &size))
            buckets = (uint32_t *)w3di_bjson_edit_resize(edit, NULL, 0, size);
        if (!buckets) return w3di_bjson_edit_no_memory(edit);
        w3d_fill(buckets, 0, size);
        w3di_bjson_edit_resize(edit, edit->buckets, edit->bucket_count * sizeof *buckets, 0);
        edit->buckets = buckets;
        edit->bucket_count = count;
        for (uint32_t i = 0; i < edit->id_count; i++) w3di_bjson_edit_enter(edit, i);
    }
    w3di_bjson_edit_id *id =
        (w3di_bjson_edit_id *)w3d_chunk_arena_push_zero(&edit->arena, 1, sizeof *id, 8);
    if (!id) return w3di_bjson_edit_no_memory(edit);
    id->row = row;
    id->name = "";
    edit->ids[edit->id_count] = id;
    w3di_bjson_edit_enter(edit, edit->id_count++);
    *out = id;
    return W3D_OK;
}

/* The state of a row, made where there is none. */
static w3d_result w3di_bjson_edit_row(w3d_bjson_edit *edit, uint32_t row, w3di_bjson_edit_id **out)
{
    if (row >= edit->row_count)
        return w3di_bjson_edit_fail(edit, W3D_ERR_INDEX, 0, "there is no such row");
    *out = w3di_bjson_edit_known(edit, row);
    if (*out) return W3D_OK;
    w3d_bjson_id from;
    w3d_fill(&from, 0, sizeof from);
    w3d_result result = w3d_bjson_id_at(edit->file, row, &from);
    if (result != W3D_OK && result != W3D_ERR_NOT_FOUND)
        return w3di_bjson_edit_fail(edit, result, 0, "the file has changed since it was checked");
    result = w3di_bjson_edit_add(edit, row, out);
    if (result != W3D_OK) return result;
    (*out)->from = from;
    (*out)->name = from.name;
    (*out)->type = (uint8_t)from.type;
    (*out)->flags = (uint8_t)from.flags;
    (*out)->time = from.time;
    return W3D_OK;
}

/* 1 where a row has an ID in the file that is to be. */
static int w3di_bjson_edit_is_here(const w3di_bjson_edit_id *id)
{
    return !id->is_deleted && (id->is_tree || (!id->is_new && id->from.payload));
}

/* The state of a row with an ID. */
static w3d_result w3di_bjson_edit_begin(w3d_bjson_edit *edit, uint32_t row,
                                        w3di_bjson_edit_id **out)
{
    edit->is_planned = 0;
    w3d_result result = w3di_bjson_edit_row(edit, row, out);
    if (result != W3D_OK || w3di_bjson_edit_is_here(*out)) return result;
    return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, 0, "the row has no ID in this file");
}

/* Makes a tree of an ID that has none; what it holds stays the same. */
static w3d_result w3di_bjson_edit_plant(w3d_bjson_edit *edit, w3di_bjson_edit_id *id)
{
    w3d_bjson_view map;
    w3d_bjson_value root;
    if (id->is_tree) return W3D_OK;
    w3d_result result = W3D_ERR_FORMAT;
    if (w3d_bjson_properties(&id->from, &map))
        result = w3di_bjson_edit_view(id, NULL, &map, &edit->arena, 0, &root);
    if (result == W3D_ERR_OUT_OF_MEMORY) return w3di_bjson_edit_no_memory(edit);
    if (result != W3D_OK)
        return w3di_bjson_edit_fail(edit, result, 0, "the file has changed since it was checked");
    id->root = root;
    id->is_tree = 1;
    return W3D_OK;
}

/* ---- changes ---- */

/* Puts elements into a tree's value. */
static w3d_result w3di_bjson_edit_store(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                        w3d_bjson_value *value, uint64_t offset,
                                        const void *elements, size_t size)
{
    unsigned char *data = w3di_bjson_edit_own(edit, value);
    if (!data) return w3di_bjson_edit_no_memory(edit);
    /* move: the caller may hand over what w3d_bjson_edit_get gave. */
    w3d_move(data + (size_t)offset, elements, size);
    id->is_changed = 1;
    return W3D_OK;
}

/* Sets a value in a tree. */
static w3d_result w3di_bjson_edit_set_in_tree(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                              const char *path, const w3d_bjson_value *value)
{
    w3di_bjson_edit_place place;
    w3d_bjson_value made;
    w3d_result result = w3di_bjson_edit_find(edit, id, path, &place);
    if (result != W3D_OK) return result;
    if (place.is_element) {
        unsigned char room[8];
        const void *elements;
        uint32_t subtype = place.value->subtype;
        result = w3di_bjson_edit_convert(edit, value, subtype, place.n, room, &elements);
        if (result != W3D_OK) return result;
        return w3di_bjson_edit_store(edit, id, place.value, place.offset, elements,
                                     place.n * (size_t)w3d_bjson_subtype_size(subtype));
    }
    w3d_bjson_value *old = place.value;
    uint64_t size = w3di_bjson_edit_data_size(value);
    if (old && size && old->bits == W3DI_BJSON_EDIT_OWNED && !edit->borrow &&
        old->tag == value->tag && old->subtype == value->subtype && old->n == value->n &&
        old->count == value->count && w3di_bjson_edit_data_size(old) == size)
        return w3di_bjson_edit_store(edit, id, old, 0, value->data, (size_t)size);
    const char *key = old ? old->key : NULL;
    if (!old && place.parent->tag == W3D_BJSON_MAP) {
        size_t room = w3d_bjson_step_copy(&place.step, NULL, 0);
        char *text = (char *)w3d_chunk_arena_push(&edit->arena, room, 1, 1);
        if (!text) return w3di_bjson_edit_no_memory(edit);
        w3d_bjson_step_copy(&place.step, text, room);
        if (w3d_utf8_check(text, room - 1) != room - 1)
            return w3di_bjson_edit_fail(edit, W3D_ERR_UTF8, place.step.at,
                                        "a key is not valid UTF-8");
        key = text;
    }
    if (place.parent && place.parent->tag == W3D_BJSON_LIST && size > 8 &&
        w3di_bjson_shapes_is_unknown_inline(value->tag))
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                    "a value of an unknown tag is too large for a list");
    result = w3di_bjson_edit_copy(edit, key, value, &made);
    if (result != W3D_OK) return result;
    if (old)
        *old = made;
    else
        result = w3di_bjson_edit_insert(edit, &place, &made);
    if (result == W3D_OK) id->is_changed = 1;
    return result;
}

/* Sets a value where it lies in the file. *misfit 1: it does not fit there, nothing was done. */
static w3d_result w3di_bjson_edit_set_in_file(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                              const char *path, const w3d_bjson_value *value,
                                              int *misfit)
{
    w3di_bjson_edit_spot spot;
    unsigned char room[8];
    const void *elements;
    *misfit = 1;
    w3d_result result = w3di_bjson_edit_locate(edit, &id->from, path, &spot);
    if (result != W3D_OK || spot.is_absent) return result;
    const w3d_bjson_view *view = &spot.view;
    if (!spot.is_element) return w3di_bjson_edit_replace(edit, id, view, value, misfit);
    result = w3di_bjson_edit_convert(edit, value, view->subtype, view->n, room, &elements);
    if (result != W3D_OK) return result;
    return w3di_bjson_edit_overwrite(edit, id, view->offset, elements, view->subtype, view->length,
                                     misfit);
}

/* Steps a path has, or why it is none. */
static w3d_result w3di_bjson_edit_depth(w3d_bjson_edit *edit, const char *text, uint32_t *depth)
{
    w3d_bjson_path path = w3d_bjson_path_make(text);
    w3d_bjson_step step;
    w3d_result result;
    *depth = 0;
    while ((result = w3d_bjson_path_next(&path, &step, &edit->error)) == W3D_OK) ++*depth;
    return path.at < path.size ? result : W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_set(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                      const w3d_bjson_value *value)
{
    w3di_bjson_edit_id *id;
    uint32_t depth;
    int misfit = 1;
    if (!edit || !value) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_edit_begin(edit, row, &id);
    if (result == W3D_OK) result = w3di_bjson_edit_depth(edit, path, &depth);
    if (result != W3D_OK) return result;
    result = depth ? w3di_bjson_edit_check(edit, value, 0, depth - 1)
                   : w3di_bjson_edit_check_root(edit, value);
    if (result != W3D_OK) return result;
    if (!id->is_tree) {
        w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&edit->scratch);
        result = w3di_bjson_edit_set_in_file(edit, id, path, value, &misfit);
        w3d_chunk_arena_rewind(&edit->scratch, &mark);
        if (result != W3D_OK || !misfit) return result;
        result = w3di_bjson_edit_plant(edit, id);
        if (result != W3D_OK) return result;
    }
    return w3di_bjson_edit_set_in_tree(edit, id, path, value);
}

W3D_API w3d_result w3d_bjson_edit_set_range(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                            const w3d_bjson_edit_range *range)
{
    static const char *const beyond = "the range reaches beyond its array";
    static const char *const no_array = "the path leads to no array and no vector";
    w3di_bjson_edit_id *id;
    w3di_bjson_edit_spot spot;
    w3di_bjson_edit_place place;
    int misfit;
    if (!edit || !range || (range->count && !range->elements)) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_edit_begin(edit, row, &id);
    if (result != W3D_OK) return result;
    if (!id->is_tree) {
        result = w3di_bjson_edit_locate(edit, &id->from, path, &spot);
        if (result != W3D_OK) return result;
        const w3d_bjson_view *view = &spot.view;
        int is_array = view->tag == W3D_BJSON_ARRAY || view->tag == W3D_BJSON_LARGE;
        if (spot.is_absent) return w3di_bjson_edit_missing(edit);
        if (!is_array && view->tag != W3D_BJSON_VECTOR)
            return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, no_array);
        uint64_t unit = (uint64_t)(is_array ? view->n : 1) * w3d_bjson_subtype_size(view->subtype);
        if (!w3d_size_inside(range->first, range->count, is_array ? view->count : view->n))
            return w3di_bjson_edit_fail(edit, W3D_ERR_RANGE, 0, beyond);
        uint64_t size = range->count * unit;
        if (view->subtype == W3D_BJSON_SUB_REFERENCE)
            result = w3di_bjson_edit_check_rows(edit, range->elements, size / 4);
        if (result != W3D_OK || !size) return result;
        w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&edit->scratch);
        result = w3di_bjson_edit_overwrite(edit, id, view->offset + range->first * unit,
                                           range->elements, view->subtype, size, &misfit);
        w3d_chunk_arena_rewind(&edit->scratch, &mark);
        if (result != W3D_OK || !misfit) return result;
        result = w3di_bjson_edit_plant(edit, id);
        if (result != W3D_OK) return result;
    }
    result = w3di_bjson_edit_find(edit, id, path, &place);
    if (result != W3D_OK) return result;
    w3d_bjson_value *value = place.value;
    if (!value) return w3di_bjson_edit_missing(edit);
    int is_array = value->tag == W3D_BJSON_ARRAY || value->tag == W3D_BJSON_LARGE;
    if (!is_array && value->tag != W3D_BJSON_VECTOR)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, no_array);
    uint32_t rows = place.is_element ? place.n : is_array ? value->count : value->n;
    uint64_t unit = w3d_bjson_subtype_size(value->subtype);
    if (is_array && !place.is_element) unit *= value->n;
    if (!w3d_size_inside(range->first, range->count, rows))
        return w3di_bjson_edit_fail(edit, W3D_ERR_RANGE, 0, beyond);
    uint64_t size = range->count * unit;
    if (value->subtype == W3D_BJSON_SUB_REFERENCE)
        result = w3di_bjson_edit_check_rows(edit, range->elements, size / 4);
    if (result != W3D_OK || !size) return result;
    return w3di_bjson_edit_store(edit, id, value, place.offset + range->first * unit,
                                 range->elements, (size_t)size);
}

W3D_API w3d_result w3d_bjson_edit_remove(w3d_bjson_edit *edit, uint32_t row, const char *path)
{
    w3di_bjson_edit_id *id;
    w3di_bjson_edit_place place;
    uint32_t depth;
    if (!edit) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_edit_begin(edit, row, &id);
    if (result == W3D_OK) result = w3di_bjson_edit_depth(edit, path, &depth);
    if (result != W3D_OK) return result;
    if (!id->is_tree) {
        w3di_bjson_edit_spot spot;
        result = w3di_bjson_edit_locate(edit, &id->from, path, &spot);
        if (result == W3D_OK && spot.is_absent) result = w3di_bjson_edit_missing(edit);
        if (result == W3D_OK && (spot.is_element || !depth))
            result = w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                          "only a property or a list's item can be removed");
        if (result == W3D_OK) result = w3di_bjson_edit_plant(edit, id);
        if (result != W3D_OK) return result;
    }
    result = w3di_bjson_edit_find(edit, id, path, &place);
    if (result != W3D_OK) return result;
    if (!place.value) return w3di_bjson_edit_missing(edit);
    if (!place.parent || place.is_element)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                    "only a property or a list's item can be removed");
    w3d_bjson_value *values = (w3d_bjson_value *)(void *)(uintptr_t)place.parent->data;
    place.parent->count--;
    w3d_move(values + place.index, values + place.index + 1,
             (place.parent->count - place.index) * sizeof *values);
    id->is_changed = 1;
    return W3D_OK;
}

/* A name in the edit's memory. */
static w3d_result w3di_bjson_edit_name(w3d_bjson_edit *edit, const char *name, const char **out)
{
    size_t size = name ? w3d_text_size(name) : 0;
    if (size > W3D_BJSON_NAME_LIMIT)
        return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, "a name of more than 255 bytes");
    if (w3d_utf8_check(name, size) != size)
        return w3di_bjson_edit_fail(edit, W3D_ERR_UTF8, 0, "a name is not valid UTF-8");
    const char *copy = (const char *)w3di_bjson_edit_keep(edit, name ? name : "", size + 1, 1);
    if (!copy) return w3di_bjson_edit_no_memory(edit);
    *out = copy;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_rename(w3d_bjson_edit *edit, uint32_t row, const char *name)
{
    w3di_bjson_edit_id *id;
    const char *copy;
    unsigned char bytes[W3D_BJSON_NAME_LIMIT + 8];
    if (!edit || !name) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_edit_begin(edit, row, &id);
    if (result == W3D_OK) result = w3di_bjson_edit_name(edit, name, &copy);
    if (result != W3D_OK) return result;
    if (!id->is_tree) {
        uint64_t at = id->from.payload + 3, end = id->from.properties;
        size_t size = w3d_text_size(copy);
        if (((3 + (uint64_t)size + 1 + 7) & ~(uint64_t)7) == end - id->from.payload) {
            w3d_fill(bytes, 0, sizeof bytes);
            w3d_copy(bytes, copy, size);
            result = w3di_bjson_edit_put(edit, id, at, bytes, end - at);
        } else {
            result = w3di_bjson_edit_plant(edit, id);
            if (result == W3D_OK) id->is_changed = 1;
        }
        if (result != W3D_OK) return result;
    } else {
        id->is_changed = 1;
    }
    id->name = copy;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_touch(w3d_bjson_edit *edit, uint32_t row, int64_t time)
{
    w3di_bjson_edit_id *id;
    if (!edit) return W3D_ERR_ARGUMENT;
    edit->is_planned = 0;
    w3d_result result = w3di_bjson_edit_row(edit, row, &id);
    if (result != W3D_OK) return result;
    id->time = time;
    id->has_time = 1;
    return W3D_OK;
}

/* The values of a C struct: each points into it. */
static w3d_result w3di_bjson_edit_struct(w3d_bjson_edit *edit, const w3d_bjson_write_id *id,
                                         w3d_bjson_value *root)
{
    const unsigned char *record = (const unsigned char *)id->record;
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3d_chunk_arena_push(&edit->scratch, id->value_count, sizeof *values, 8);
    if (!values) return w3di_bjson_edit_no_memory(edit);
    for (uint32_t i = 0; i < id->value_count; i++) {
        const w3d_bjson_value *field = &id->values[i];
        const unsigned char *from = record + (size_t)field->bits;
        values[i] = *field;
        switch (field->tag) {
        case W3D_BJSON_BOOL: values[i].bits = from[0] != 0; break;
        case W3D_BJSON_REFERENCE: values[i].bits = w3d_load_u32(from); break;
        case W3D_BJSON_I64:
        case W3D_BJSON_F64:
        case W3D_BJSON_TIME:
        case W3D_BJSON_U64: values[i].bits = w3d_load_u64(from); break;
        case W3D_BJSON_VECTOR: values[i].data = from; break;
        default:
            return w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0,
                                        "a C struct's field is neither number nor vector");
        }
    }
    *root = w3d_bjson_map(NULL, values, id->value_count);
    return W3D_OK;
}

/* The rest of an append, with the new row counted. */
static w3d_result w3di_bjson_edit_append(w3d_bjson_edit *edit, const w3d_bjson_write_id *given,
                                         uint32_t row)
{
    int is_row = (given->flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL)) != 0;
    w3d_bjson_value root = w3d_bjson_map(NULL, given->values, given->value_count), copy = root;
    w3di_bjson_edit_id *id;
    const char *name;
    w3d_result result = w3di_bjson_edit_name(edit, given->name, &name);
    if (result == W3D_OK && given->record) result = w3di_bjson_edit_struct(edit, given, &root);
    if (result == W3D_OK && !is_row) result = w3di_bjson_edit_check_root(edit, &root);
    if (result == W3D_OK && !is_row) result = w3di_bjson_edit_copy(edit, NULL, &root, &copy);
    if (result == W3D_OK) result = w3di_bjson_edit_add(edit, row, &id);
    if (result != W3D_OK) return result;
    id->is_new = 1;
    id->is_changed = 1;
    id->is_tree = !is_row;
    id->type = given->type;
    id->flags = given->flags;
    id->time = given->time;
    id->has_time = given->time != 0;
    id->name = name;
    if (!is_row) id->root = copy;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_append(w3d_bjson_edit *edit, const w3d_bjson_write_id *id,
                                         uint32_t *row)
{
    if (!edit || !id || (id->value_count && !id->values)) return W3D_ERR_ARGUMENT;
    edit->is_planned = 0;
    if (edit->row_count >= W3D_BJSON_NONE - 1)
        return w3di_bjson_edit_fail(edit, W3D_ERR_LIMIT, 0, "there are too many rows");
    uint32_t made = edit->row_count++;
    w3d_chunk_arena_mark mark = w3d_chunk_arena_mark_get(&edit->scratch);
    w3d_result result = w3di_bjson_edit_append(edit, id, made);
    w3d_chunk_arena_rewind(&edit->scratch, &mark);
    if (result != W3D_OK)
        edit->row_count--;
    else if (row)
        *row = made;
    return result;
}

W3D_API w3d_result w3d_bjson_edit_delete(w3d_bjson_edit *edit, uint32_t row)
{
    w3di_bjson_edit_id *id;
    if (!edit) return W3D_ERR_ARGUMENT;
    edit->is_planned = 0;
    w3d_result result = w3di_bjson_edit_row(edit, row, &id);
    if (result != W3D_OK) return result;
    if (!w3di_bjson_edit_is_here(id) && w3di_bjson_edit_flags(id) & W3D_BJSON_DELETED)
        return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, 0, "the row is deleted already");
    id->is_deleted = 1;
    id->is_changed = 1;
    id->is_tree = 0;
    id->patches = NULL;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_meta(w3d_bjson_edit *edit, const w3d_bjson_value *values,
                                       uint32_t count)
{
    w3d_bjson_value root = w3d_bjson_map(NULL, values, count), copy;
    w3d_result result = W3D_OK;
    if (!edit || (count && !values)) return W3D_ERR_ARGUMENT;
    edit->is_planned = 0;
    if (!values) {
        copy = w3d_bjson_null(NULL);
    } else {
        uint32_t rows = edit->row_count;
        edit->row_count = 0; /* meta refers to nothing */
        result = w3di_bjson_edit_check_root(edit, &root);
        edit->row_count = rows;
        if (result == W3D_OK && w3di_bjson_edit_has_large(&root))
            result =
                w3di_bjson_edit_fail(edit, W3D_ERR_ARGUMENT, 0, "meta cannot have large arrays");
        if (result == W3D_OK) result = w3di_bjson_edit_copy(edit, NULL, &root, &copy);
    }
    if (result != W3D_OK) return result;
    edit->meta = copy;
    edit->meta_changed = 1;
    return W3D_OK;
}

/* ---- as it would be ---- */

/* What a place in a tree holds, as a value of its own. */
static w3d_result w3di_bjson_edit_read(w3d_bjson_edit *edit, const w3di_bjson_edit_place *place,
                                       w3d_bjson_value *out)
{
    if (!place->value) return w3di_bjson_edit_missing(edit);
    w3d_bjson_value value = *place->value;
    if (place->is_element) {
        value = w3d_bjson_vector(value.key, (w3d_bjson_subtype)value.subtype, place->n,
                                 (const unsigned char *)value.data + (size_t)place->offset);
    } else if (value.data) {
        value.bits = 0;
    }
    *out = value;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_get(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                      w3d_bjson_value *value)
{
    w3di_bjson_edit_id *id;
    w3di_bjson_edit_place place;
    w3d_bjson_view view;
    w3d_bjson_id from;
    if (!edit || !value) return W3D_ERR_ARGUMENT;
    if (row >= edit->row_count)
        return w3di_bjson_edit_fail(edit, W3D_ERR_INDEX, 0, "there is no such row");
    w3d_chunk_arena_reset(&edit->scratch);
    id = w3di_bjson_edit_known(edit, row);
    if (id && !w3di_bjson_edit_is_here(id))
        return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, 0, "the row has no ID in this file");
    if (id && id->is_tree) {
        w3d_result result = w3di_bjson_edit_find(edit, id, path, &place);
        return result == W3D_OK ? w3di_bjson_edit_read(edit, &place, value) : result;
    }
    w3d_result result = w3d_bjson_id_at(edit->file, row, &from);
    if (result != W3D_OK)
        return w3di_bjson_edit_fail(edit, result, 0, "the row has no ID in this file");
    result = w3d_bjson_path_find(&from, path, &view, &edit->error);
    if (result != W3D_OK) return result;
    result = w3di_bjson_edit_view(id, NULL, &view, &edit->scratch, 0, value);
    if (result == W3D_OK && value->data) value->bits = 0;
    if (result == W3D_OK) return result;
    return w3di_bjson_edit_fail(edit, result, 0, "no memory, or the file has changed");
}

W3D_API w3d_result w3d_bjson_edit_describe(void *user, uint32_t row, w3d_bjson_write_id *out)
{
    w3d_bjson_edit *edit = (w3d_bjson_edit *)user;
    w3d_bjson_write_id made;
    w3d_bjson_value root;
    w3d_bjson_id from;
    if (!edit || !out) return W3D_ERR_ARGUMENT;
    if (row >= edit->row_count)
        return w3di_bjson_edit_fail(edit, W3D_ERR_INDEX, 0, "there is no such row");
    w3d_chunk_arena_reset(&edit->scratch);
    w3di_bjson_edit_id *id = w3di_bjson_edit_known(edit, row);
    w3d_fill(&from, 0, sizeof from);
    if (!id || !id->is_new) {
        w3d_result result = w3d_bjson_id_at(edit->file, row, &from);
        if (result != W3D_OK && result != W3D_ERR_NOT_FOUND)
            return w3di_bjson_edit_fail(edit, result, 0, "the file has changed");
    }
    w3d_bjson_describe_row(&from, &made);
    int is_here = id ? w3di_bjson_edit_is_here(id) : from.payload != 0;
    if (id) {
        made.name = id->name;
        made.type = id->type;
        made.time = w3di_bjson_edit_time(edit, id);
        if (id->is_new || id->is_deleted) made.flags = w3di_bjson_edit_flags(id);
    }
    if (is_here) {
        w3d_bjson_view map;
        w3d_result result = W3D_OK;
        if (id && id->is_tree)
            root = id->root;
        else if (w3d_bjson_properties(&from, &map))
            result = w3di_bjson_edit_view(id, NULL, &map, &edit->scratch, 0, &root);
        else
            result = W3D_ERR_FORMAT;
        if (result != W3D_OK)
            return w3di_bjson_edit_fail(edit, result, 0, "no memory, or the file has changed");
        made.flags &= (uint8_t) ~(unsigned)(W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL);
        made.values = (const w3d_bjson_value *)root.data;
        made.value_count = root.count;
    }
    *out = made;
    return W3D_OK;
}
