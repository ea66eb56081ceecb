/* bjson_stream.h - writes a BJSON file to a sink, ID by ID, as the IDs come.
 *
 *     w3d_bjson_stream_desc desc = { sink };
 *     w3d_bjson_stream *stream;
 *     if (w3d_bjson_stream_create(&desc, &stream, &error) != W3D_OK) return;
 *     w3d_bjson_stream_reserve(stream, 1, &mesh);          // a row, so that it can be referred to
 *     w3d_bjson_stream_add(stream, &object, &row, &error); // may refer to `mesh`
 *     w3d_bjson_stream_fill(stream, mesh, &mesh_id, &error);
 *     w3d_bjson_stream_end(stream, &error);
 *     w3d_bjson_stream_destroy(stream);
 *
 * For files that are larger than memory, or sent while they are made. What is held is the keys, the
 * shapes, 32 bytes a row, and the properties of the one ID being written; large arrays go from the
 * caller's memory to the sink, by pieces of 64 KiB where they hold floats (a piece with a NaN in it
 * is copied). The file is not canonical: sizes stand in END, behind everything. To make it so, read
 * it, describe it with bjson_describe, and write it with bjson_write.
 *
 * Nothing a call is given is kept, keys included. After an error of the description the stream is
 * as before the call, and nothing of that ID was written; but its keys may stand in KEYS, unused.
 * After an error of the sink, or of `elements`, the stream is dead: every call but destroy gives
 * that error again. */
#ifndef W3D_BJSON_STREAM_H
#define W3D_BJSON_STREAM_H

#include "core/sink.h"
#include "scene/bjson_write.h"

typedef struct w3d_bjson_stream w3d_bjson_stream; /* private */

typedef struct w3d_bjson_stream_desc {
    w3d_sink sink;           /* gets the file, in order                                        */
    w3d_allocator allocator; /* zeroed: the default                                            */
    size_t memory_limit;     /* bytes it may hold; 0: no such limit                            */
    int crc;                 /* 1: a crc32c of every chunk                                     */
    int hash;                /* 1: a hash chunk, made while writing                            */
    uint32_t sign_count;     /* signatures there shall be room for; see bjson_seal             */
    /* Gives the elements of large arrays whose `data` is NULL: `size` bytes from `offset` of them
     * on, in ascending order, at most 64 KiB a call. Not for references. NULL: there are none. */
    w3d_result (*elements)(void *user, const w3d_bjson_value *value, uint64_t offset, void *dst,
                           size_t size);
    void *user;
} w3d_bjson_stream_desc;

/* Begins a file.
 *
 *   desc    in   copied
 *   stream  out  to be given to w3d_bjson_stream_destroy
 *   error   out  or NULL; here and below, offset is the row at fault, W3D_BJSON_NONE where there is
 *                none, and for an error of the sink the bytes that it had taken
 *
 * Errors  W3D_ERR_ARGUMENT  no sink
 *         W3D_ERR_OUT_OF_MEMORY, W3D_ERR_LIMIT (memory_limit).  Or what the sink gave. */
W3D_API w3d_result w3d_bjson_stream_create(const w3d_bjson_stream_desc *desc,
                                           w3d_bjson_stream **stream, w3d_error *error);

/* Frees everything; without w3d_bjson_stream_end the file is cut short, and readers say so. NULL is
 * allowed. */
W3D_API void w3d_bjson_stream_destroy(w3d_bjson_stream *stream);

/* Makes rows that can be referred to now and are filled later.
 *
 *   count  in   rows wanted
 *   first  out  the first of them; the others follow it
 *
 * Errors  W3D_ERR_LIMIT  more than 2^32 - 2 rows, or memory_limit; W3D_ERR_OUT_OF_MEMORY
 *         W3D_ERR_CLOSED  the file has ended. */
W3D_API w3d_result w3d_bjson_stream_reserve(w3d_bjson_stream *stream, uint32_t count,
                                            uint32_t *first);

/* Writes an ID in a row of its own, which it may refer to.
 *
 *   id   in   with W3D_BJSON_DELETED or W3D_BJSON_EXTERNAL among its flags: there is a row only
 *   row  out  its row; or NULL
 *
 * Errors  as w3d_bjson_write_size; W3D_ERR_INDEX also for a row that is not reserved yet;
 *         W3D_ERR_OUT_OF_MEMORY, W3D_ERR_LIMIT (memory_limit), W3D_ERR_CLOSED, or what the sink
 *         gave.
 * Cost    O(values + texts + bytes). */
W3D_API w3d_result w3d_bjson_stream_add(w3d_bjson_stream *stream, const w3d_bjson_write_id *id,
                                        uint32_t *row, w3d_error *error);

/* Writes an ID in a row that was reserved.
 *
 * Errors  as w3d_bjson_stream_add; W3D_ERR_INDEX: no such row; W3D_ERR_ARGUMENT: it is filled. */
W3D_API w3d_result w3d_bjson_stream_fill(w3d_bjson_stream *stream, uint32_t row,
                                         const w3d_bjson_write_id *id, w3d_error *error);

/* Writes the file's meta chunk.
 *
 * Errors  as w3d_bjson_stream_add; W3D_ERR_ARGUMENT also the second time. */
W3D_API w3d_result w3d_bjson_stream_meta(w3d_bjson_stream *stream, const w3d_bjson_value *values,
                                         uint32_t count, w3d_error *error);

/* Writes a chunk of the program's own.
 *
 * Errors  W3D_ERR_ARGUMENT  a kind that is not the program's to write, no data
 *         W3D_ERR_CLOSED, or what the sink gave. */
W3D_API w3d_result w3d_bjson_stream_chunk(w3d_bjson_stream *stream, const w3d_bjson_chunk *chunk,
                                          w3d_error *error);

/* Writes the tables, hash, signatures and END; then the file is complete.
 *
 * Errors  W3D_ERR_NOT_FOUND  a reserved row was never filled; it still can be, and end called again
 *         W3D_ERR_OUT_OF_MEMORY, W3D_ERR_LIMIT (memory_limit), W3D_ERR_CLOSED, or what the sink
 *         gave. */
W3D_API w3d_result w3d_bjson_stream_end(w3d_bjson_stream *stream, w3d_error *error);

/* Bytes that the sink has taken so far. */
W3D_API uint64_t w3d_bjson_stream_size(const w3d_bjson_stream *stream);

#endif /* W3D_BJSON_STREAM_H */
