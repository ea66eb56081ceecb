/* bjson_to_json.h - writes a BJSON file as JSON, without loss.
 *
 *     w3d_bjson_to_json_desc desc = { 0 };
 *     desc.file = &file, desc.sink = sink, desc.indent = 2;
 *     if (w3d_bjson_to_json(&desc, &error) != W3D_OK) ...
 *
 * scene/bjson_json.h describes the JSON; bjson_from_json is the way back: a canonical file comes
 * back as the same bytes. */
#ifndef W3D_BJSON_TO_JSON_H
#define W3D_BJSON_TO_JSON_H

#include "scene/bjson_json.h"
#include "scene/bjson_read.h"
#include "scene/json_write.h"

typedef struct w3d_bjson_to_json_desc {
    const w3d_bjson *file; /* an open file */
    w3d_sink sink;         /* gets the text, in pieces */
    uint32_t indent;       /* spaces a level, 8 at most; 0: everything on one line */
    int base64;            /* 1: the elements of arrays as base64, but for references */
} w3d_bjson_to_json_desc;

/* Writes the whole file.
 *
 *   error  out  optional; offset is in the file
 *
 * Errors  W3D_ERR_FORMAT    the bytes have changed since they were checked
 *         W3D_ERR_ARGUMENT  no file or sink, an indent above 8.  Or what the sink gives.
 * Cost    linear. Memory: 2 KiB of stack and 200 bytes for each of the 32 levels at most; nothing
 *         is allocated.
 * Thread  any, also several for one file. */
W3D_API w3d_result w3d_bjson_to_json(const w3d_bjson_to_json_desc *desc, w3d_error *error);

/* Writes one value, to a text that the caller began with plain_whole 0: for showing differences,
 * or a single ID.
 *
 *   writer  in/out  a value may stand there
 *   view    in      of an open file
 *   base64  in      as above
 *
 * Errors  as above; those of the writer stick to it. */
W3D_API w3d_result w3d_bjson_to_json_value(w3d_json_writer *writer, const w3d_bjson_view *view,
                                           int base64, w3d_error *error);

#endif /* W3D_BJSON_TO_JSON_H */
