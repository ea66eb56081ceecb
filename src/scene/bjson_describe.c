/* bjson_describe.c - a walk over views that fills values; sizes come from the same walk. */
#include "scene/bjson_describe.h"

#include "core/bytes.h"
#include "core/size.h"
#include "scene/bjson_leaf.h"

static int w3di_bjson_describe_nests(const w3d_bjson_view *view)
{
    return view->tag == W3D_BJSON_MAP || view->tag == W3D_BJSON_LIST;
}

/* The depth is tested again: bytes may have changed since they were checked. */
static w3d_result w3di_bjson_describe_any(const char *key, const w3d_bjson_view *view,
                                          w3d_arena *arena, uint32_t depth, w3d_bjson_value *out)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    if (!bytes) return W3D_ERR_FORMAT;
    if (!w3di_bjson_describe_nests(view))
        return w3di_bjson_leaf_decode(key, view, bytes, arena, out);
    if (depth > W3D_BJSON_DEPTH_LIMIT) return W3D_ERR_FORMAT;
    w3d_bjson_value *values =
        (w3d_bjson_value *)w3d_arena_push(arena, view->count, sizeof *values, sizeof(uint64_t));
    if (!values) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < view->count; i++) {
        const char *name = NULL;
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, i, &name, &item)) return W3D_ERR_FORMAT;
        if (view->tag == W3D_BJSON_LIST) name = NULL;
        w3d_result result = w3di_bjson_describe_any(name, &item, arena, depth + 1, &values[i]);
        if (result != W3D_OK) return result;
    }
    *out = w3d_bjson_value_of(key, (uint8_t)view->tag, values, view->count);
    return W3D_OK;
}

/* Adds the arena bytes of a value, its alignment included. */
static void w3di_bjson_describe_add(const w3d_bjson_view *view, uint32_t depth, uint64_t *total)
{
    *total += w3di_bjson_leaf_size(view);
    if (depth > W3D_BJSON_DEPTH_LIMIT || !w3di_bjson_describe_nests(view)) return;
    *total += (uint64_t)view->count * sizeof(w3d_bjson_value) + sizeof(uint64_t);
    for (uint32_t i = 0; i < view->count; i++) {
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, i, NULL, &item)) return;
        w3di_bjson_describe_add(&item, depth + 1, total);
    }
}

W3D_API size_t w3d_bjson_describe_value_size(const w3d_bjson_view *view)
{
    uint64_t total = 0;
    w3di_bjson_describe_add(view, 0, &total);
    return total < SIZE_MAX ? (size_t)total : SIZE_MAX;
}

W3D_API w3d_result w3d_bjson_describe_value(const char *key, const w3d_bjson_view *view,
                                            w3d_arena *arena, w3d_bjson_value *out)
{
    w3d_arena used = *arena;
    w3d_bjson_value value;
    w3d_result result = w3di_bjson_describe_any(key, view, &used, 0, &value);
    if (result != W3D_OK) return result;
    *arena = used;
    *out = value;
    return W3D_OK;
}

W3D_API size_t w3d_bjson_describe_size(const w3d_bjson_id *id)
{
    w3d_bjson_view map;
    return w3d_bjson_properties(id, &map) ? w3d_bjson_describe_value_size(&map) : 0;
}

W3D_API void w3d_bjson_describe_row(const w3d_bjson_id *id, w3d_bjson_write_id *out)
{
    w3d_fill(out, 0, sizeof *out);
    out->name = id->name;
    out->type = (uint8_t)id->type;
    out->flags = (uint8_t)id->flags;
    out->time = id->time;
    /* A row without a chunk is one of these, whatever it says. */
    if (!id->payload && !(out->flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL)))
        out->flags |= W3D_BJSON_EXTERNAL;
}

W3D_API w3d_result w3d_bjson_describe(const w3d_bjson_id *id, w3d_arena *arena,
                                      w3d_bjson_write_id *out)
{
    w3d_bjson_view map;
    w3d_bjson_value values;
    if (!w3d_bjson_properties(id, &map)) return W3D_ERR_FORMAT;
    w3d_result result = w3d_bjson_describe_value(NULL, &map, arena, &values);
    if (result != W3D_OK) return result;
    w3d_bjson_describe_row(id, out);
    /* Only a row without a chunk is deleted or external. */
    out->flags &= (uint8_t) ~(unsigned)(W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL);
    out->values = (const w3d_bjson_value *)values.data;
    out->value_count = values.count;
    return W3D_OK;
}

/* ---- whole files ---- */

W3D_API size_t w3d_bjson_describe_meta_size(const w3d_bjson *file)
{
    w3d_bjson_id pseudo;
    w3d_bjson_view map;
    return w3d_bjson_meta(file, &pseudo, &map) ? w3d_bjson_describe_value_size(&map) : 0;
}

W3D_API w3d_result w3d_bjson_describe_meta(const w3d_bjson *file, w3d_arena *arena,
                                           const w3d_bjson_value **values, uint32_t *count)
{
    w3d_bjson_id pseudo;
    w3d_bjson_view map;
    w3d_bjson_value value;
    if (!w3d_bjson_meta(file, &pseudo, &map)) return W3D_ERR_NOT_FOUND;
    w3d_result result = w3d_bjson_describe_value(NULL, &map, arena, &value);
    if (result != W3D_OK) return result;
    *values = (const w3d_bjson_value *)value.data;
    *count = value.count;
    return W3D_OK;
}

/* 1 where a chunk is a program's own. */
static int w3di_bjson_describe_is_own(const w3d_bjson_chunk_view *chunk)
{
    uint32_t first = chunk->kind & 0xFFu;
    return first >= 'a' && first <= 'z' && chunk->kind != W3D_BJSON_CHUNK_HOLE &&
           chunk->kind != W3D_BJSON_CHUNK_META && chunk->kind != W3D_BJSON_CHUNK_HASH &&
           chunk->kind != W3D_BJSON_CHUNK_SIGN;
}

static uint32_t w3di_bjson_describe_own_count(const w3d_bjson *file)
{
    w3d_bjson_chunk_view chunk;
    uint32_t count = 0;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk))
        count += (uint32_t)w3di_bjson_describe_is_own(&chunk);
    return count;
}

W3D_API size_t w3d_bjson_describe_file_size(const w3d_bjson *file)
{
    size_t total = 64 + w3d_bjson_describe_meta_size(file);
    if (!w3d_size_append(&total, file->id_count, sizeof(w3d_bjson_write_id)) ||
        !w3d_size_append(&total, w3di_bjson_describe_own_count(file), sizeof(w3d_bjson_chunk)))
        return SIZE_MAX;
    for (uint32_t row = 0; row < file->id_count; row++) {
        w3d_bjson_id id;
        if (w3d_bjson_id_at(file, row, &id) == W3D_OK &&
            !w3d_size_add(total, w3d_bjson_describe_size(&id), &total))
            return SIZE_MAX;
    }
    return total;
}

W3D_API w3d_result w3d_bjson_describe_file(const w3d_bjson *file, w3d_arena *arena,
                                           w3d_bjson_write_desc *out)
{
    w3d_arena used = *arena;
    w3d_bjson_write_desc desc;
    w3d_bjson_chunk_view chunk;
    uint32_t own = w3di_bjson_describe_own_count(file);
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&chunk, 0, sizeof chunk);
    w3d_bjson_write_id *ids =
        (w3d_bjson_write_id *)w3d_arena_push(&used, file->id_count, sizeof *ids, sizeof(uint64_t));
    w3d_bjson_chunk *chunks =
        (w3d_bjson_chunk *)w3d_arena_push(&used, own, sizeof *chunks, sizeof(uint64_t));
    if (!ids || !chunks) return W3D_ERR_CAPACITY;
    for (uint32_t row = 0; row < file->id_count; row++) {
        w3d_bjson_id id;
        w3d_result result = w3d_bjson_id_at(file, row, &id);
        if (result == W3D_ERR_NOT_FOUND)
            w3d_bjson_describe_row(&id, &ids[row]);
        else if (result == W3D_OK)
            result = w3d_bjson_describe(&id, &used, &ids[row]);
        if (result != W3D_OK && result != W3D_ERR_NOT_FOUND) return result;
    }
    while (desc.chunk_count < own && w3d_bjson_chunk_next(file, &chunk)) {
        if (!w3di_bjson_describe_is_own(&chunk)) continue;
        w3d_bjson_chunk *to = &chunks[desc.chunk_count++];
        to->kind = chunk.kind;
        to->data = file->bytes + (size_t)chunk.payload;
        to->size = (size_t)chunk.size;
    }
    w3d_result result = w3d_bjson_describe_meta(file, &used, &desc.meta, &desc.meta_count);
    if (result != W3D_OK && result != W3D_ERR_NOT_FOUND) return result;
    desc.ids = ids;
    desc.id_count = file->id_count;
    desc.chunks = chunks;
    desc.crc = (file->flags & W3D_BJSON_CRC) != 0;
    *arena = used;
    *out = desc;
    return W3D_OK;
}
