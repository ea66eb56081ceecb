/* bjson_source.h - reads a BJSON file that is larger than memory: the tables once, IDs one by one.
 *
 *     w3d_bjson_source_desc desc = { read_at, file, size };
 *     w3d_bjson_source *source;
 *     w3d_bjson_id id;
 *     if (w3d_bjson_source_open(&desc, &source, &error) != W3D_OK) return;
 *     for (uint32_t row = 0; row < w3d_bjson_source_file(source)->id_count; row++)
 *         if (w3d_bjson_source_fetch(source, row, &id, &error) == W3D_OK &&
 *             w3d_bjson_get(&id, "location", &view)) ...
 *     w3d_bjson_source_close(source);
 *
 * In wasm32 that is how files over 4 GiB are read. Offsets are 64 bits, whatever size_t is. Held
 * are KEYS, SHAP, REFS with 8 bytes more a row, and one ID. They form a small file of their own, in
 * which the other IDs are external: with it the calls of bjson_read work as with any. */
#ifndef W3D_BJSON_SOURCE_H
#define W3D_BJSON_SOURCE_H

#include "scene/bjson_read.h"

typedef struct w3d_bjson_source w3d_bjson_source; /* private */

typedef struct w3d_bjson_source_desc {
    /* Reads all of [offset, offset + size) of the file, which is inside it, or fails. */
    w3d_result (*read)(void *user, uint64_t offset, void *dst, size_t size);
    void *user;
    uint64_t size;           /* of the file */
    w3d_allocator allocator; /* zeroed: the default */
    size_t memory_limit;     /* bytes it may hold; 0: no such limit */
} w3d_bjson_source_desc;

/* Reads and checks the header, KEYS, SHAP and REFS.
 *
 *   desc    in   copied
 *   source  out  to be given to w3d_bjson_source_close
 *   error   out  here and below, offset counts in the file; or NULL
 *
 * Errors  as w3d_bjson_validate; W3D_ERR_ARGUMENT: no read function
 *         W3D_ERR_LIMIT (memory_limit), W3D_ERR_OUT_OF_MEMORY: the tables do not fit.  Or what
 *         `read` gave.
 * Cost    O(bytes of the tables), at most eight reads. */
W3D_API w3d_result w3d_bjson_source_open(const w3d_bjson_source_desc *desc,
                                         w3d_bjson_source **source, w3d_error *error);

/* Frees everything. NULL is allowed. */
W3D_API void w3d_bjson_source_close(w3d_bjson_source *source);

/* The small file: the tables, and the ID fetched last, if any. id_count, types, times and flags
 * are those of the large file, but that rows not fetched have W3D_BJSON_EXTERNAL. The pointer stays
 * the same until close; what it points to is for reading. */
W3D_API const w3d_bjson *w3d_bjson_source_file(const w3d_bjson_source *source);

/* Reads and checks one ID; whatever was fetched before is gone, also where this fails.
 *
 *   id   out  with its views, valid until the next call with this source
 *
 * Errors  W3D_ERR_INDEX      no such row
 *         W3D_ERR_NOT_FOUND  the row is deleted or outside the file; *id has file, row, type, flags
 *         as w3d_bjson_validate
 *         W3D_ERR_LIMIT (memory_limit), W3D_ERR_OUT_OF_MEMORY: the ID does not fit. Or what `read`
 *         gave.
 * Cost    O(bytes of the ID), two reads. */
W3D_API w3d_result w3d_bjson_source_fetch(w3d_bjson_source *source, uint32_t row, w3d_bjson_id *id,
                                          w3d_error *error);

/* The next chunk of the large file, as w3d_bjson_chunk_next: zero *it before the first.
 *
 * Errors  W3D_ERR_NOT_FOUND  *it was the last
 *         W3D_ERR_FORMAT     a chunk reaches beyond the file.  Or what `read` gave. *it is then
 *                            untouched. */
W3D_API w3d_result w3d_bjson_source_chunk_next(w3d_bjson_source *source, w3d_bjson_chunk_view *it,
                                               w3d_error *error);

/* Reads the meta chunk, as w3d_bjson_source_fetch an ID, and opens it as w3d_bjson_meta does.
 *
 * Errors  W3D_ERR_NOT_FOUND: there is none; and those of w3d_bjson_source_fetch.
 * Cost    a read for each chunk before it. */
W3D_API w3d_result w3d_bjson_source_meta(w3d_bjson_source *source, w3d_bjson_id *pseudo,
                                         w3d_bjson_view *map, w3d_error *error);

/* Checks the whole file, ID by ID: what w3d_bjson_validate says of it in memory, unless memory ends
 * first. What was fetched is gone.
 *
 * Errors  as w3d_bjson_validate and w3d_bjson_source_fetch.
 * Cost    O(size) time; IDs are read whole, other chunks only if the file has checksums. */
W3D_API w3d_result w3d_bjson_source_validate(w3d_bjson_source *source, w3d_error *error);

#endif /* W3D_BJSON_SOURCE_H */
