/* bjson_edit_in_place.h - finding a value in the file and putting another over it; private. */
#ifndef W3D_BJSON_EDIT_IN_PLACE_H
#define W3D_BJSON_EDIT_IN_PLACE_H

#include "scene/bjson_edit_tree.h"

/* A value in the file. */
typedef struct w3di_bjson_edit_spot {
    w3d_bjson_view view;
    int is_element; /* of a vector or array */
    int is_absent;  /* it is not there, but may be added; `view` is what it would be added to */
} w3di_bjson_edit_spot;

/* Looks for a path in the file. */
static inline w3d_result w3di_bjson_edit_locate(w3d_bjson_edit *edit, const w3d_bjson_id *id,
                                                const char *text, w3di_bjson_edit_spot *out)
{
    w3d_bjson_path path = w3d_bjson_path_make(text);
    w3d_bjson_step step;
    w3d_bjson_view view;
    w3d_result result;
    w3d_fill(out, 0, sizeof *out);
    if (!w3d_bjson_properties(id, &view))
        return w3di_bjson_edit_fail(edit, W3D_ERR_FORMAT, 0,
                                    "the file has changed since it was checked");
    while ((result = w3d_bjson_path_next(&path, &step, &edit->error)) == W3D_OK) {
        out->is_element = view.tag != W3D_BJSON_MAP && view.tag != W3D_BJSON_LIST;
        if (w3d_bjson_path_step(&view, &step, &view) == W3D_OK) continue;
        out->is_absent = path.at == path.size &&
                         (step.text ? view.tag == W3D_BJSON_MAP
                                    : view.tag == W3D_BJSON_LIST && step.index == view.count);
        if (!out->is_absent)
            return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, step.at, "there is no such value");
    }
    if (path.at < path.size) return result;
    out->view = view;
    return W3D_OK;
}

/* The elements as the file has them: canonical NaNs, rows as indices into the ID's references.
 * NULL with *misfit 1: a row is not among these; NULL else: no memory. */
static inline unsigned char *w3di_bjson_edit_encode(w3d_bjson_edit *edit, const w3d_bjson_id *id,
                                                    const void *elements, uint32_t subtype,
                                                    size_t size, int *misfit)
{
    unsigned char *bytes = (unsigned char *)w3d_chunk_arena_push(&edit->scratch, size, 1, 16);
    *misfit = 0;
    if (!bytes) return NULL;
    if (subtype != W3D_BJSON_SUB_REFERENCE) {
        w3di_bjson_copy(bytes, (const unsigned char *)elements, subtype, size);
        return bytes;
    }
    /* Looking for many rows among many would be slow; encoding the ID again is not. */
    *misfit = (uint64_t)size * id->reference_count > (uint64_t)1 << 22;
    for (size_t i = 0; i < size && !*misfit; i += 4) {
        uint32_t row = w3d_load_u32((const unsigned char *)elements + i), slot = W3D_BJSON_NONE;
        if (row != W3D_BJSON_NONE) {
            for (slot = 0; slot < id->reference_count; slot++)
                if (w3di_bjson_leaf_row(id, slot) == row) break;
            *misfit = slot == id->reference_count;
        }
        w3d_store_u32(bytes + i, slot);
    }
    return *misfit ? NULL : bytes;
}

/* Puts elements over those in the file at `at`. *misfit 1: they do not fit, nothing was done. */
static inline w3d_result w3di_bjson_edit_overwrite(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                                   uint64_t at, const void *elements,
                                                   uint32_t subtype, uint64_t size, int *misfit)
{
    const unsigned char *bytes =
        w3di_bjson_edit_encode(edit, &id->from, elements, subtype, (size_t)size, misfit);
    if (*misfit) return W3D_OK;
    if (!bytes) return w3di_bjson_edit_no_memory(edit);
    return w3di_bjson_edit_put(edit, id, at, bytes, size);
}

/* Puts a value over the one in the file where it is of the same kind and size. */
static inline w3d_result w3di_bjson_edit_replace(w3d_bjson_edit *edit, w3di_bjson_edit_id *id,
                                                 const w3d_bjson_view *view,
                                                 const w3d_bjson_value *value, int *misfit)
{
    unsigned char number[8];
    const void *data = value->data;
    uint32_t subtype = w3d_bjson_tag_has_subtype(value->tag) ? value->subtype : 0;
    uint64_t size = w3di_bjson_edit_data_size(value);
    *misfit = value->tag != view->tag || value->subtype != view->subtype || value->n != view->n ||
              value->tag == W3D_BJSON_MAP || value->tag == W3D_BJSON_LIST;
    if (*misfit) return W3D_OK;
    if (w3d_bjson_tag_is_known(value->tag) && value->tag < W3D_BJSON_VECTOR) {
        uint64_t bits = value->bits;
        if (value->tag == W3D_BJSON_NULL) return W3D_OK;
        if (value->tag == W3D_BJSON_BOOL) bits = bits != 0;
        if (value->tag == W3D_BJSON_F64) subtype = W3D_BJSON_SUB_F64;
        if (value->tag == W3D_BJSON_REFERENCE) {
            subtype = W3D_BJSON_SUB_REFERENCE;
            if (bits > W3D_BJSON_NONE) bits = W3D_BJSON_NONE;
        }
        w3d_store_u64(number, bits);
        data = number;
        size = w3d_bjson_inline_size(value->tag, 0, 0);
    }
    *misfit = size != view->length;
    if (*misfit || !size) return W3D_OK;
    return w3di_bjson_edit_overwrite(edit, id, view->offset, data, subtype, size, misfit);
}

#endif /* W3D_BJSON_EDIT_IN_PLACE_H */
