/* bjson_edit_plan.h - the changes of a bjson_edit as writes into the file.
 *
 *     w3d_bjson_edit_plan(edit, &new_size, &error);
 *     w3d_bjson_edit_sink sink = { put, file };                 // pwrite, or seek and write
 *     w3d_bjson_edit_write(edit, &sink);
 *
 * bjson_edit.h, which includes this, says what is put where and what is not atomic. */
#ifndef W3D_BJSON_EDIT_PLAN_H
#define W3D_BJSON_EDIT_PLAN_H

#include "core/base.h"

/* Changes to a file that are not written yet. */
typedef struct w3d_bjson_edit w3d_bjson_edit;

/* Lays out the new file: encodes what changed, in memory, and finds its place.
 *
 *   new_size  out  of the file, never less than the old size; or NULL
 *   error     out  offset is the row at fault; or NULL
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY; W3D_ERR_LIMIT: an ID or table is over its limits, see bjson_write
 * Cost    O(bytes of what is encoded again), with W3D_BJSON_CRC also of all that was touched, and
 *         16 bytes read of each chunk; KEYS and SHAP are gone through once if anything is encoded.
 *         May be called again after further changes. */
W3D_API w3d_result w3d_bjson_edit_plan(w3d_bjson_edit *edit, uint64_t *new_size, w3d_error *error);

/* Where the writes of a plan go. */
typedef struct w3d_bjson_edit_sink {
    /* Puts `size` bytes at `offset` of the file. Anything but W3D_OK ends the writing. */
    w3d_result (*write)(void *user, uint64_t offset, const void *bytes, size_t size);
    void *user;
} w3d_bjson_edit_sink;

/* Hands over every byte that is new, in the order told above; they do not overlap.
 *
 * Errors  what the sink gave; W3D_ERR_ARGUMENT: no plan, or changes since. */
W3D_API w3d_result w3d_bjson_edit_write(const w3d_bjson_edit *edit,
                                        const w3d_bjson_edit_sink *sink);

/* Makes the new file in a block of memory, and its hash where it had one.
 *
 *   bytes  in/out  begins with the old file, and may be the very bytes `file` borrows, which are
 *                  then no longer those of `file`: all that is left to do is destroy the edit
 *   size   in      at least the plan's new_size
 *
 * Errors  W3D_ERR_CAPACITY: size is less; bytes are untouched. W3D_ERR_ARGUMENT as above. */
W3D_API w3d_result w3d_bjson_edit_apply(const w3d_bjson_edit *edit, void *bytes, size_t size,
                                        w3d_error *error);

#endif /* W3D_BJSON_EDIT_PLAN_H */
