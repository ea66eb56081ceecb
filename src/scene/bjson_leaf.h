/* bjson_leaf.h - a value that holds no others, from its bytes to a description; private. */
#ifndef W3D_BJSON_LEAF_H
#define W3D_BJSON_LEAF_H

#include "core/arena.h"
#include "core/bytes.h"
#include "scene/bjson_read.h"
#include "scene/bjson_write.h"

/* 1 where a value's own bytes are indices into its ID's references. */
static inline int w3di_bjson_leaf_refers(uint32_t tag, uint32_t subtype)
{
    return tag == W3D_BJSON_REFERENCE ||
           (subtype == W3D_BJSON_SUB_REFERENCE && w3d_bjson_tag_has_subtype(tag));
}

/* The row at an index of the ID's references. */
static inline uint32_t w3di_bjson_leaf_row(const w3d_bjson_id *id, uint32_t slot)
{
    uint64_t at = id->references + (uint64_t)slot * 4;
    if (slot >= id->reference_count || !w3d_size_inside(at, 4, id->file->size))
        return W3D_BJSON_NONE;
    return w3d_load_u32(id->file->bytes + (size_t)at);
}

/* Arena bytes that w3di_bjson_leaf_decode takes at most. */
static inline uint64_t w3di_bjson_leaf_size(const w3d_bjson_view *view)
{
    int refers =
        view->tag != W3D_BJSON_REFERENCE && w3di_bjson_leaf_refers(view->tag, view->subtype);
    return refers ? view->length + 4 : 0;
}

/* Describes a value that is no map and no list.
 *
 *   bytes  in   view->length bytes: those in the file, or what shall be in their place; borrowed */
static inline w3d_result w3di_bjson_leaf_decode(const char *key, const w3d_bjson_view *view,
                                                const unsigned char *bytes, w3d_arena *arena,
                                                w3d_bjson_value *out)
{
    w3d_bjson_value value = w3d_bjson_value_make(key, (uint8_t)view->tag, 0);
    value.subtype = (uint8_t)view->subtype;
    value.n = (uint16_t)view->n;
    switch (view->tag) {
    case W3D_BJSON_NULL: break;
    case W3D_BJSON_BOOL: value.bits = bytes[0]; break;
    case W3D_BJSON_I64:
    case W3D_BJSON_F64:
    case W3D_BJSON_TIME:
    case W3D_BJSON_U64: value.bits = w3d_load_u64(bytes); break;
    case W3D_BJSON_REFERENCE:
        value.bits = w3di_bjson_leaf_row(view->id, w3d_load_u32(bytes));
        break;
    default:
        value.data = bytes;
        value.count = (uint32_t)view->length;
        if (view->tag == W3D_BJSON_VECTOR) value.count = 0;
        if (view->tag == W3D_BJSON_ARRAY || w3d_bjson_tag_is_large(view->tag))
            value.count = view->count;
        if (!w3di_bjson_leaf_refers(view->tag, view->subtype)) break;
        uint32_t *rows = (uint32_t *)w3d_arena_push(arena, (size_t)view->length, 1, 4);
        if (!rows) return W3D_ERR_CAPACITY;
        for (size_t i = 0; i < (size_t)view->length / 4; i++)
            rows[i] = w3di_bjson_leaf_row(view->id, w3d_load_u32(bytes + i * 4));
        value.data = rows;
    }
    *out = value;
    return W3D_OK;
}

#endif /* W3D_BJSON_LEAF_H */
