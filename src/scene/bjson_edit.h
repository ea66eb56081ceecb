/* bjson_edit.h - changes a BJSON file where it lies: what is not touched keeps its bytes and place.
 *
 *     w3d_bjson_edit_desc desc = { &file };                     // open, from w3d_bjson_read
 *     w3d_bjson_edit *edit;
 *     w3d_bjson_edit_create(&desc, &edit, &error);
 *     w3d_bjson_value mass = w3d_bjson_f64(NULL, 2.5);
 *     w3d_bjson_edit_set(edit, row, "physics.mass", &mass);
 *     w3d_bjson_edit_append(edit, &lamp, &lamp_row);
 *     w3d_bjson_edit_plan(edit, &new_size, &error);
 *     w3d_bjson_edit_write(edit, &sink);          // {offset, bytes} to be put into the file, or
 *     w3d_bjson_edit_apply(edit, bytes, size, &error);          // into a block with the old bytes
 *     w3d_bjson_edit_destroy(edit);
 *
 * Where things go. A value whose size stays (a number, a vector, a string of equal length, a range
 * of an array) is overwritten in its place, and nothing else. An ID that changes otherwise is
 * encoded again; it stays where it is if it fits there, together with a hole behind it, else moves
 * to the first hole that is large enough, or to the end of the file. Its old place becomes a hole;
 * holes that touch become one. The same goes for KEYS and SHAP, which are written again when a new
 * name or a new kind of map appears, and for REFS when IDs are appended. Other IDs, chunks and tags
 * this version does not know keep every byte. Holes made by one edit are used by the next.
 *
 * What else changes: the header, which is no longer canonical (what is left is what a save by
 * w3d_bjson_describe_file and w3d_bjson_write starts from); in files with W3D_BJSON_CRC the
 * checksums of what was touched; a streamed file becomes an ordinary one and its END a hole.
 * Signatures no longer hold and become holes, in write() the hash too; apply() computes the hash
 * anew. A value overwritten by an equal one writes nothing.
 *
 * What is not atomic: between the first and the last write a file that is overwritten in place is
 * neither the old one nor the new one. The writes come in an order that puts this off: first what
 * lies behind the old end, which leaves the old file whole in front of it; then what lies in old
 * holes, where a check no longer accepts the old file, but its IDs are all there; then what
 * replaces old bytes; the header last. Whoever needs all or nothing applies the edit to a copy and
 * puts that in the file's place.
 *
 * Paths are those of bjson_path.h. On an error an edit is as it was before the call, and
 * w3d_bjson_edit_error says what it was. */
#ifndef W3D_BJSON_EDIT_H
#define W3D_BJSON_EDIT_H

#include "scene/bjson_edit_plan.h"
#include "scene/bjson_read.h"
#include "scene/bjson_write.h"

typedef struct w3d_bjson_edit_desc {
    const w3d_bjson *file;   /* checked; it and its bytes stay until the edit is written */
    w3d_allocator allocator; /* zeroed: the default */
    size_t memory_limit;     /* bytes the edit may take; 0: no such limit */
    int64_t time;            /* of the change, ns since 1970, for all IDs changed; 0: theirs stay */
    int borrow;              /* 1: what values point to (texts, elements, bytes) stays where it is
                                until the edit is destroyed, and is not copied */
} w3d_bjson_edit_desc;

/* Begins an edit; the file is not touched before w3d_bjson_edit_write or _apply.
 *
 *   edit   out  to be released by w3d_bjson_edit_destroy
 *   error  out  or NULL
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_OUT_OF_MEMORY. */
W3D_API w3d_result w3d_bjson_edit_create(const w3d_bjson_edit_desc *desc, w3d_bjson_edit **edit,
                                         w3d_error *error);

/* Releases an edit, written or not; NULL is allowed. */
W3D_API void w3d_bjson_edit_destroy(w3d_bjson_edit *edit);

/* What the last call that failed found: offset is a place in the path or, of a plan, the row. */
W3D_API const w3d_error *w3d_bjson_edit_error(const w3d_bjson_edit *edit);

/* Rows there are, those appended included. */
W3D_API uint32_t w3d_bjson_edit_count(const w3d_bjson_edit *edit);

/* ---- changes ----
 *
 * Errors  W3D_ERR_INDEX      no such row, or a reference to a row that is not there (yet)
 *         W3D_ERR_NOT_FOUND  the row has no ID here, or the path leads nowhere
 *         W3D_ERR_FORMAT     the path is none
 *         W3D_ERR_ARGUMENT   a value that bjson_write would not take; one that is not of the kind
 *                            its place asks for
 *         W3D_ERR_UTF8, W3D_ERR_LIMIT (nesting over 32), W3D_ERR_OUT_OF_MEMORY
 * Cost    O(path + value); the first change of an ID that makes it larger or gives it another
 *         structure also O(values of the ID).
 *         A change also moves, some 30 bytes each, the ID's other places that were changed, or the
 *         values behind one that is added to or removed from a map or list. Memory for what is
 *         replaced is free again only where the new value is of the same size, else when the edit
 *         is destroyed. */

/* Sets a value: replaces what is there, or adds a property to a map or an item at a list's end.
 *
 *   path   in  "": all properties, by a map
 *   value  in  its key is not looked at; copied, with all it points to (but see `borrow`)
 *
 * Range   an element of a vector or row of an array takes a vector of the same subtype and n; where
 *         n is 1 also a bool or integer for integers, any number for floats, rounded to nearest, a
 *         reference for references. W3D_ERR_RANGE: an integer that does not fit. */
W3D_API w3d_result w3d_bjson_edit_set(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                      const w3d_bjson_value *value);

/* Rows of an array, or elements of a vector, one behind the other. */
typedef struct w3d_bjson_edit_range {
    uint32_t first, count;
    const void *elements; /* count * n elements of the array's subtype; references are rows */
} w3d_bjson_edit_range;

/* Overwrites a range of an array or vector; W3D_ERR_RANGE where it reaches beyond it. */
W3D_API w3d_result w3d_bjson_edit_set_range(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                            const w3d_bjson_edit_range *range);

/* Removes a property, or an item of a list; the items behind it move up. */
W3D_API w3d_result w3d_bjson_edit_remove(w3d_bjson_edit *edit, uint32_t row, const char *path);

/* Gives an ID another name. */
W3D_API w3d_result w3d_bjson_edit_rename(w3d_bjson_edit *edit, uint32_t row, const char *name);

/* Sets the time of an ID's last change, also instead of the desc's. */
W3D_API w3d_result w3d_bjson_edit_touch(w3d_bjson_edit *edit, uint32_t row, int64_t time);

/* Appends an ID behind the last row; *row is its number. It may refer to itself.
 *
 *   id  in  copied; with W3D_BJSON_DELETED or W3D_BJSON_EXTERNAL there will be a row only */
W3D_API w3d_result w3d_bjson_edit_append(w3d_bjson_edit *edit, const w3d_bjson_write_id *id,
                                         uint32_t *row);

/* Deletes an ID. Its row stays, marked W3D_BJSON_DELETED, so that the other rows keep their
 * numbers; what refers to it goes on doing so. */
W3D_API w3d_result w3d_bjson_edit_delete(w3d_bjson_edit *edit, uint32_t row);

/* Replaces what the file says about itself, its chunk "meta".
 *
 *   values  in  copied; NULL: there shall be none */
W3D_API w3d_result w3d_bjson_edit_meta(w3d_bjson_edit *edit, const w3d_bjson_value *values,
                                       uint32_t count);

/* ---- as it would be ---- */

/* The value at a path with all changes; *value is valid until the next get or describe of this
 * edit, and may be given to a change of it, but not with `borrow`.
 *
 * Errors  as w3d_bjson_edit_set. */
W3D_API w3d_result w3d_bjson_edit_get(w3d_bjson_edit *edit, uint32_t row, const char *path,
                                      w3d_bjson_value *value);

/* A whole ID with all changes, valid until the next get, describe or change of this edit. Deleted
 * and external rows give their row. As `describe` of a w3d_bjson_write_desc it makes the
 * canonical file.
 *
 *   edit  in/out  w3d_bjson_edit *
 *
 * Errors  W3D_ERR_INDEX, W3D_ERR_OUT_OF_MEMORY. */
W3D_API w3d_result w3d_bjson_edit_describe(void *edit, uint32_t row, w3d_bjson_write_id *id);

#endif /* W3D_BJSON_EDIT_H */
