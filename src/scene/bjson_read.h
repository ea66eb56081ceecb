/* bjson_read.h - a BJSON file used in place: IDs, properties and arrays without copies.
 *
 *     w3d_bjson file;
 *     w3d_bjson_id id;
 *     w3d_bjson_view view;
 *     if (w3d_bjson_read(bytes, size, &file, &error) != W3D_OK) return;
 *     w3d_bjson_id_at(&file, w3d_bjson_find(&file, W3D_BJSON_OBJECT, "Cube"), &id);
 *     if (w3d_bjson_get(&id, "location", &view)) w3d_bjson_to_f32(&view, location, 3);
 *
 * A view says where a value lies; w3d_bjson_data makes a pointer of it. Views hold offsets, so they
 * outlive w3d_bjson_rebase; pointers made of them do not. Every access tests its bounds again:
 * bytes that change after the check give wrong values, never a read outside the file. */
#ifndef W3D_BJSON_READ_H
#define W3D_BJSON_READ_H

#include "scene/bjson.h"

/* One ID. Borrows the w3d_bjson, which must stay where it is; w3d_bjson_rebase leaves the name, a
 * pointer, behind. */
typedef struct w3d_bjson_id {
    const w3d_bjson *file;
    const char *name;   /* NUL-terminated */
    uint32_t name_size; /* without the NUL */
    uint32_t row;
    int64_t time;             /* of the last change, ns since 1970 */
    uint32_t type;            /* w3d_bjson_type, or the user's */
    uint32_t flags;           /* of the row */
    uint64_t payload, size;   /* in the file */
    uint64_t properties;      /* u32 bytes, u32 shape, record, heap */
    uint64_t references;      /* the rows it refers to ... */
    uint32_t reference_count; /* ... and how many there are */
    uint64_t large;           /* L */
} w3d_bjson_id;

/* One value. Borrows the w3d_bjson_id, which must stay where it is. */
typedef struct w3d_bjson_view {
    const w3d_bjson_id *id;
    uint64_t offset;  /* of the value's own bytes in the file: text, elements, number, ... */
    uint64_t length;  /* bytes */
    uint32_t tag;     /* w3d_bjson_tag */
    uint32_t subtype; /* w3d_bjson_subtype, of vectors and arrays */
    uint32_t n;       /* elements in a vector or in each row of an array */
    uint32_t count;   /* rows of an array, values of a map or list, else 1 */
    uint64_t types;   /* of a map its fields in SHAP, of a list its types: in the file */
    uint64_t slots;   /* of a map its record, of a list its slots: in the file */
} w3d_bjson_view;

/* Checks a file (w3d_bjson_validate) and opens it for the calls below.
 *
 *   bytes   in   `size` bytes on a multiple of 8; borrowed as long as `file` is used
 *   file    out  the open file; nothing to release
 *   error   out  or NULL
 *
 * Errors  those of w3d_bjson_validate; W3D_ERR_ARGUMENT: `bytes` is NULL or not on 8.
 * Cost    that of the check. */
W3D_API w3d_result w3d_bjson_read(const void *bytes, size_t size, w3d_bjson *file,
                                  w3d_error *error);

/* Says that the file's bytes have moved, as they may when memory grows: views stay valid, pointers
 * become those of an older generation. `bytes` holds the same content, on a multiple of 8. */
W3D_API void w3d_bjson_rebase(w3d_bjson *file, const void *bytes);

/* The ID of a row.
 *
 * Errors  W3D_ERR_INDEX      no such row
 *         W3D_ERR_NOT_FOUND  the row is deleted or outside the file; *id has file, row, type, flags
 *         W3D_ERR_FORMAT     the bytes have changed since they were checked
 * Cost    O(bytes of the name). */
W3D_API w3d_result w3d_bjson_id_at(const w3d_bjson *file, uint32_t row, w3d_bjson_id *id);

/* The first row with an ID of a type and name, or W3D_BJSON_NONE. Cost: O(rows). */
W3D_API uint32_t w3d_bjson_find(const w3d_bjson *file, uint32_t type, const char *name);

/* All properties of an ID, as a map. */
W3D_API int w3d_bjson_properties(const w3d_bjson_id *id, w3d_bjson_view *view);

/* The property of that name; 0 where there is none, *view then untouched. Cost: O(log fields). */
W3D_API int w3d_bjson_get(const w3d_bjson_id *id, const char *key, w3d_bjson_view *view);

/* The value of that name in a map; 0 where `map` is none or has none. */
W3D_API int w3d_bjson_member(const w3d_bjson_view *map, const char *key, w3d_bjson_view *view);

/* The value at `index` < container->count of a list, or of a map in the order of keys.
 *
 *   key   out  its name, NUL-terminated, "" in a list; or NULL */
W3D_API int w3d_bjson_item(const w3d_bjson_view *container, uint32_t index, const char **key,
                           w3d_bjson_view *view);

/* ---- what a view holds ---- */

/* The value's bytes in place: elements of vectors and arrays are aligned to their size, those of
 * arrays to 16 from the file's start. Valid in this generation of the file. NULL: not in it. */
static inline const void *w3d_bjson_data(const w3d_bjson_view *view)
{
    const w3d_bjson *file = view->id->file;
    if (view->offset > file->size || view->length > file->size - view->offset) return NULL;
    return file->bytes + (size_t)view->offset;
}

/* Each gives 1 and the value, or 0 and leaves *out: the view holds nothing that fits.
 * to_i64 takes bools, integers and times, to_u64 also, to_f64 any number, to_row a reference: its
 * row, W3D_BJSON_NONE where it refers to nothing. */
W3D_API int w3d_bjson_to_i64(const w3d_bjson_view *view, int64_t *out);
W3D_API int w3d_bjson_to_u64(const w3d_bjson_view *view, uint64_t *out);
W3D_API int w3d_bjson_to_f64(const w3d_bjson_view *view, double *out);
W3D_API int w3d_bjson_to_row(const w3d_bjson_view *view, uint32_t *out);

/* `count` numbers of a vector or array of exactly that many elements, converted to float; halves
 * and doubles round to nearest. */
W3D_API int w3d_bjson_to_f32(const w3d_bjson_view *view, float *out, uint32_t count);

/* A string in place, NUL-terminated, or NULL: the view holds none.  *size: bytes, or NULL. */
W3D_API const char *w3d_bjson_to_text(const w3d_bjson_view *view, uint32_t *size);

/* The row that element `index` of a vector or array of references refers to; W3D_BJSON_NONE where
 * it refers to nothing, or there is no such element. */
W3D_API uint32_t w3d_bjson_row_at(const w3d_bjson_view *view, uint32_t index);

#endif /* W3D_BJSON_READ_H */
