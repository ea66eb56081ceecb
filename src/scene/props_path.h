/* props_path.h - one value of a struct, found by a path such as `modifiers[2].offset[0]`.
 *
 *     w3d_props_place place;
 *     if (w3d_props_find(&cube_props, &my_cube, "location[2]", &place, &error) == W3D_OK)
 *         w3d_props_set_f64(&place, 1.5);           // limits applied
 *
 * Paths are those of bjson_path.h: names with dots between, [i] for an element of a vector, of an
 * array or an item of a collection; [row][element] in arrays of several elements a row. */
#ifndef W3D_PROPS_PATH_H
#define W3D_PROPS_PATH_H

#include "scene/props.h"

/* Where a value lies. Borrows the struct: not to be used after it, or an array in it, has moved. */
typedef struct w3d_props_place {
    const w3d_props *table; /* the row's; or of the struct, where there is no prop */
    const w3d_prop *prop;   /* NULL: the path is empty, or leads to an item of a collection */
    void *data;             /* the member, the element or the item */
    uint32_t type;          /* w3d_prop_type of what is at `data` */
    uint32_t count;         /* elements there: of a vector, array or collection, else 1 */
    uint32_t element;       /* which one of the vector or array it is, or W3D_PROPS_NONE: all */
} w3d_props_place;

/* Finds a value.
 *
 *   path    in   NUL-terminated; NULL or "": the struct itself
 *   place   out  untouched on error
 *   error   out  offset: where in the path the step begins that leads nowhere; or NULL
 *
 * Errors  W3D_ERR_NOT_FOUND: no such member; W3D_ERR_INDEX: no such element; W3D_ERR_FORMAT,
 *         W3D_ERR_LIMIT: not a path. */
W3D_API w3d_result w3d_props_find(const w3d_props *table, void *data, const char *path,
                                  w3d_props_place *place, w3d_error *error);

/* The value, 1; or 0 and *out untouched where it is not such a one. Numbers, bools, enums and
 * references are numbers; get_i64 gives whole ones within its range only. */
W3D_API int w3d_props_get_f64(const w3d_props_place *place, double *out);
W3D_API int w3d_props_get_i64(const w3d_props_place *place, int64_t *out);

/* A string, or the identifier of an enum's value; NULL where it is neither. Borrows the struct. */
W3D_API const char *w3d_props_get_text(const w3d_props_place *place);

/* Sets a value to the nearest that its limits allow; whole numbers from doubles are rounded, half
 * away from zero; NaN becomes the default. A vector has all its elements set. Texts are copied, or
 * for W3D_PROP_TEXT borrowed; an enum takes its identifier or its number.
 *
 * Errors  W3D_ERR_ACCESS    the row is read only
 *         W3D_ERR_ARGUMENT  the place is not a number, or not a text
 *         W3D_ERR_RANGE     not one of the enum's items
 *         W3D_ERR_UTF8      the text; all leave the value as it was. */
W3D_API w3d_result w3d_props_set_f64(const w3d_props_place *place, double value);
W3D_API w3d_result w3d_props_set_i64(const w3d_props_place *place, int64_t value);
W3D_API w3d_result w3d_props_set_text(const w3d_props_place *place, const char *text);

#endif /* W3D_PROPS_PATH_H */
