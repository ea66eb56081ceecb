/* bjson_describe.h - an open file's IDs as descriptions: what bjson_write takes.
 *
 *     size_t size = w3d_bjson_describe_size(&id);           // arena bytes
 *     w3d_bjson_write_id description;
 *     w3d_bjson_describe(&id, &arena, &description);         // then change it, write it, ...
 *
 * Texts, arrays and bytes stay in the file and are pointed to; in the arena lie the values, and the
 * arrays of references, whose elements become rows. A canonical file described and written again
 * gives the same bytes; any other file gives the canonical one of equal content. */
#ifndef W3D_BJSON_DESCRIBE_H
#define W3D_BJSON_DESCRIBE_H

#include "core/arena.h"
#include "scene/bjson_read.h"
#include "scene/bjson_write.h"

/* Describes an ID.
 *
 *   id     in      from a checked file, which must keep its bytes while *out is used
 *   arena  in/out  takes what *out points to; w3d_bjson_describe_size bytes are enough
 *   out    out     values in the order of keys, with the tags they have in the file, unknown ones
 *                  included
 *
 * Errors  W3D_ERR_CAPACITY  the arena is too small; it is as it was
 *         W3D_ERR_FORMAT    the bytes have changed since they were checked
 * Cost    O(values + elements of reference arrays). */
W3D_API w3d_result w3d_bjson_describe(const w3d_bjson_id *id, w3d_arena *arena,
                                      w3d_bjson_write_id *out);

/* Arena bytes that are enough for describing an ID; SIZE_MAX where that overflows.
 * Cost: O(values). */
W3D_API size_t w3d_bjson_describe_size(const w3d_bjson_id *id);

/* The row of an ID that has no chunk: type, time and flags, which say deleted or external. It takes
 * what w3d_bjson_id_at gives with W3D_ERR_NOT_FOUND. */
W3D_API void w3d_bjson_describe_row(const w3d_bjson_id *id, w3d_bjson_write_id *out);

/* Describes one value; maps and lists with all they hold.
 *
 *   key    in   of the value, or NULL
 *   view   in   from a checked file
 *   arena  in/out, out, errors: as above */
W3D_API w3d_result w3d_bjson_describe_value(const char *key, const w3d_bjson_view *view,
                                            w3d_arena *arena, w3d_bjson_value *out);

/* Arena bytes that are enough for one value. */
W3D_API size_t w3d_bjson_describe_value_size(const w3d_bjson_view *view);

/* Describes what the file says about itself, its chunk "meta".
 *
 * Errors  W3D_ERR_NOT_FOUND: the file has none; else as above. */
W3D_API w3d_result w3d_bjson_describe_meta(const w3d_bjson *file, w3d_arena *arena,
                                           const w3d_bjson_value **values, uint32_t *count);

/* Arena bytes that are enough for it; 0: the file has none. */
W3D_API size_t w3d_bjson_describe_meta_size(const w3d_bjson *file);

/* Describes a whole file: all rows, meta, and the chunks of kinds that begin with a small letter,
 * but holes, hashes and signatures. Writing it makes the canonical file, without holes and without
 * what nothing uses.
 *
 *   arena  in/out  w3d_bjson_describe_file_size bytes are enough
 *   out    out     complete; `crc` as in the file's flags
 *
 * Errors  as w3d_bjson_describe. */
W3D_API w3d_result w3d_bjson_describe_file(const w3d_bjson *file, w3d_arena *arena,
                                           w3d_bjson_write_desc *out);

/* Arena bytes that are enough for describing a whole file. */
W3D_API size_t w3d_bjson_describe_file_size(const w3d_bjson *file);

#endif /* W3D_BJSON_DESCRIBE_H */
