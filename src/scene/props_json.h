/* props_json.h - a described struct as JSON for people, and back.
 *
 *     {"location":[1,2,3],"mass":0.5,"mode":"WIRE","hide":false,"parent":null}
 *
 *     w3d_props_to_json(&cube_props, &my_cube, &writer);          // one value of a json_write
 *
 *     w3d_props_json_desc desc = { &cube_props, &arena };
 *     w3d_props_from_json(&desc, &json, 0, &my_cube, &error);     // value 0: the whole text
 *
 * How members stand   bools and numbers as themselves; whole numbers beyond 2^53 as strings, since
 *     many readers have doubles only; infinities and NaN as "Infinity", "-Infinity" and "NaN";
 *     vectors as arrays, matrices flat, column by column; enums by their identifier; references as
 *     numbers, or null; nested structs as objects; arrays as arrays, rows of several in arrays of
 *     their own; collections as arrays of objects.
 * What is read   any of these, members in any order; numbers also from strings that are one, bools
 *     from 0 and 1, enums from their number, arrays of rows also flat. null and what is missing
 *     gives the default, what the table does not name is ignored. Every struct read is one that
 *     w3d_props_validate accepts. */
#ifndef W3D_PROPS_JSON_H
#define W3D_PROPS_JSON_H

#include "core/arena.h"
#include "scene/json.h"
#include "scene/json_write.h"
#include "scene/props.h"

/* Writes a struct as an object, where the writer expects a value; rows with W3D_PROP_SKIP_SAVE are
 * left out.
 *
 * Errors  W3D_ERR_RANGE an enum that is none of its items; W3D_ERR_TRUNCATED a string without its
 *         NUL; W3D_ERR_ARGUMENT a count without a pointer; W3D_ERR_LIMIT more than
 *         W3D_PROPS_DEPTH_LIMIT structs inside each other; those of json_write. The text is then
 *         incomplete, and the writer refuses whatever follows. */
W3D_API w3d_result w3d_props_to_json(const w3d_props *table, const void *data,
                                     w3d_json_writer *writer);

typedef struct w3d_props_json_desc {
    const w3d_props *table;
    /* For texts, arrays and items of collections, which live there; and, during the call, for a
     * copy of a struct of more than 512 bytes. NULL: no room. */
    w3d_arena *arena;
    uint32_t version;       /* as in w3d_props_read_desc */
    int refuse;             /* 1: what is outside its limits is an error; 0: it is clamped */
    w3d_props_fault *fault; /* the member at fault on an error; or NULL */
} w3d_props_json_desc;

/* Reads an object into a struct.
 *
 *   object  in   a value of `json`; 0 is the whole text
 *   data    out  members that the table names, but for W3D_PROP_SKIP_SAVE; untouched on error.
 *                Nothing in it borrows the JSON
 *   error   out  offset is the value's first byte in the text; or NULL
 *
 * Errors  W3D_ERR_FORMAT    `object` is none, or a value is of a kind that the member cannot take
 *         W3D_ERR_RANGE     with `refuse`: outside the limits, too long, none of the enum's items
 *         W3D_ERR_CAPACITY  the arena is too small
 * Cost    O(members of the object * rows) at worst; O(values) where they stand in the table's
 *         order. */
W3D_API w3d_result w3d_props_from_json(const w3d_props_json_desc *desc, const w3d_json *json,
                                       uint32_t object, void *data, w3d_error *error);

#endif /* W3D_PROPS_JSON_H */
