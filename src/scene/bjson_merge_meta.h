/* bjson_merge_meta.h - what two files say about themselves, as one meta chunk; private.
 *
 * Both are described, put together, and written to a small file of their own, whose keys and shapes
 * then go into the result as those of any file do. */
#ifndef W3D_BJSON_MERGE_META_H
#define W3D_BJSON_MERGE_META_H

#include "scene/bjson_describe.h"
#include "scene/bjson_read.h"
#include "scene/bjson_tables.h"

/* A map's values, in the order of keys. */
typedef struct w3di_bjson_merge_map {
    const w3d_bjson_value *values;
    uint32_t count;
} w3di_bjson_merge_map;

/* Puts from's list of external rows behind into's: of the rows taken, with their new numbers. */
static inline w3d_result w3di_bjson_merge_external(const w3d_bjson_value *into,
                                                   const w3d_bjson_value *from,
                                                   const uint32_t *row_of, uint32_t row_count,
                                                   w3d_arena *arena, w3d_bjson_value *out)
{
    const w3d_bjson_value *items = (const w3d_bjson_value *)from->data;
    uint32_t kept = into ? into->count : 0, count = kept;
    w3d_bjson_value *list = (w3d_bjson_value *)w3d_arena_push(arena, (size_t)kept + from->count,
                                                              sizeof *list, sizeof(uint64_t));
    if (!list) return W3D_ERR_OUT_OF_MEMORY;
    if (into) w3d_copy(list, into->data, (size_t)kept * sizeof *list);
    for (uint32_t i = 0; i < from->count; i++) {
        const w3d_bjson_value *fields = (const w3d_bjson_value *)items[i].data;
        if (items[i].tag != W3D_BJSON_MAP) continue;
        for (uint32_t k = 0; k < items[i].count; k++) {
            uint64_t row = fields[k].bits;
            if (fields[k].tag != W3D_BJSON_I64 || !w3d_text_is(fields[k].key, 3, "row") ||
                fields[k].key[3] || row >= row_count || row_of[row] == W3D_BJSON_NONE)
                continue;
            w3d_bjson_value *copy =
                (w3d_bjson_value *)w3d_arena_push(arena, items[i].count, sizeof *copy,
                                                  sizeof(uint64_t));
            if (!copy) return W3D_ERR_OUT_OF_MEMORY;
            w3d_copy(copy, fields, (size_t)items[i].count * sizeof *copy);
            copy[k].bits = row_of[row];
            list[count] = items[i];
            list[count++].data = copy;
            break;
        }
    }
    *out = w3d_bjson_list("external", list, count);
    return W3D_OK;
}

/* Merges two maps; what both have is into's. At the top, `row_of` is given, and two keys are looked
 * into: the types of "properties" are merged likewise, and the rows of "external" joined. */
static inline w3d_result w3di_bjson_merge_maps(w3di_bjson_merge_map into, w3di_bjson_merge_map from,
                                               const uint32_t *row_of, uint32_t row_count,
                                               w3d_arena *arena, w3di_bjson_merge_map *out)
{
    uint32_t i = 0, k = 0, count = 0;
    w3d_bjson_value *made =
        (w3d_bjson_value *)w3d_arena_push(arena, (size_t)into.count + from.count, sizeof *made,
                                          sizeof(uint64_t));
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    while (i < into.count || k < from.count) {
        const w3d_bjson_value *a = i < into.count ? &into.values[i] : NULL;
        const w3d_bjson_value *b = k < from.count ? &from.values[k] : NULL;
        if (a && b) {
            const unsigned char *p = (const unsigned char *)a->key;
            const unsigned char *q = (const unsigned char *)b->key;
            while (*p && *p == *q) p++, q++;
            if (*p < *q) b = NULL;
            if (*p > *q) a = NULL;
        }
        i += a != NULL;
        k += b != NULL;
        w3d_bjson_value value = a ? *a : *b;
        if (b && row_of && b->tag == W3D_BJSON_LIST && (!a || a->tag == W3D_BJSON_LIST) &&
            w3d_text_is(b->key, 8, "external") && !b->key[8]) {
            w3d_result result = w3di_bjson_merge_external(a, b, row_of, row_count, arena, &value);
            if (result != W3D_OK) return result;
        } else if (a && b && row_of && a->tag == W3D_BJSON_MAP && b->tag == W3D_BJSON_MAP &&
                   w3d_text_is(b->key, 10, "properties") && !b->key[10]) {
            w3di_bjson_merge_map left, right, both;
            left.values = (const w3d_bjson_value *)a->data;
            left.count = a->count;
            right.values = (const w3d_bjson_value *)b->data;
            right.count = b->count;
            w3d_result result = w3di_bjson_merge_maps(left, right, NULL, 0, arena, &both);
            if (result != W3D_OK) return result;
            value = w3d_bjson_map(a->key, both.values, both.count);
        }
        made[count++] = value;
    }
    out->values = made;
    out->count = count;
    return W3D_OK;
}

/* Writes a file that has no IDs and this meta. */
static inline w3d_result w3di_bjson_merge_write_meta(w3di_bjson_tables_memory *memory,
                                                     w3di_bjson_merge_map map, w3d_bjson *meta)
{
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    w3d_fill(&desc, 0, sizeof desc);
    desc.meta = map.values;
    desc.meta_count = map.count;
    size_t scratch_size = w3d_bjson_write_scratch_size(&desc);
    if (scratch_size == SIZE_MAX) return W3D_ERR_OUT_OF_MEMORY;
    void *scratch = w3di_bjson_tables_take(memory, scratch_size, 1);
    if (!scratch) return W3D_ERR_OUT_OF_MEMORY;
    w3d_arena arena = w3d_arena_make(scratch, scratch_size);
    w3d_result result = w3d_bjson_write_size(&desc, &arena, &plan, NULL);
    if (result != W3D_OK) return result;
    void *bytes = w3di_bjson_tables_take(memory, plan.size, 1);
    if (!bytes) return W3D_ERR_OUT_OF_MEMORY;
    result = w3d_bjson_write(&plan, bytes, plan.size, NULL);
    return result == W3D_OK ? w3d_bjson_read(bytes, plan.size, meta, NULL) : result;
}

/* Makes the merged meta, where `from` has one; else *has_meta stays 0 and into's is good as it is.
 *
 *   meta  out  a file of its own, in `memory` */
static inline w3d_result w3di_bjson_merge_make_meta(w3di_bjson_tables_memory *memory,
                                                    const w3d_bjson *into, const w3d_bjson *from,
                                                    const uint32_t *row_of, w3d_bjson *meta,
                                                    int *has_meta)
{
    size_t from_size = w3d_bjson_describe_meta_size(from), size = 64;
    w3di_bjson_merge_map left, right, both;
    w3d_fill(&left, 0, sizeof left);
    w3d_fill(&right, 0, sizeof right);
    if (!from_size) return W3D_OK;
    size_t into_size = w3d_bjson_describe_meta_size(into);
    /* Every value is copied once at most: by the map or list that it is in. */
    if (!w3d_size_append(&size, into_size, 2) || !w3d_size_append(&size, from_size, 2))
        return W3D_ERR_OUT_OF_MEMORY;
    void *block = w3di_bjson_tables_take(memory, size, 1);
    if (!block) return W3D_ERR_OUT_OF_MEMORY;
    w3d_arena arena = w3d_arena_make(block, size);
    w3d_result result = W3D_OK;
    if (into_size) result = w3d_bjson_describe_meta(into, &arena, &left.values, &left.count);
    if (result == W3D_OK)
        result = w3d_bjson_describe_meta(from, &arena, &right.values, &right.count);
    if (result == W3D_OK)
        result = w3di_bjson_merge_maps(left, right, row_of, from->id_count, &arena, &both);
    if (result == W3D_OK) result = w3di_bjson_merge_write_meta(memory, both, meta);
    *has_meta = result == W3D_OK;
    return result;
}

#endif /* W3D_BJSON_MERGE_META_H */
