/* bjson_from_json.h - makes a canonical BJSON file from JSON.
 *
 *     w3d_bjson_from_json_desc desc = { 0 };
 *     desc.text = text, desc.size = size;
 *     unsigned char *bytes;
 *     size_t bytes_size;
 *     if (w3d_bjson_from_json(&desc, &bytes, &bytes_size, &error) != W3D_OK) ...
 *     w3d_allocator_resize(&desc.allocator, bytes, bytes_size, 0);   // when done
 *
 * scene/bjson_json.h describes the JSON. It may come from anywhere: what is not exactly that form
 * is refused with the byte offset in the text. */
#ifndef W3D_BJSON_FROM_JSON_H
#define W3D_BJSON_FROM_JSON_H

#include "scene/bjson_json.h"

typedef struct w3d_bjson_from_json_desc {
    const void *text; /* UTF-8 */
    size_t size;
    w3d_allocator allocator; /* zeroed: the default */
    size_t memory_limit;     /* bytes held at once, the file included; 0: no such limit */
} w3d_bjson_from_json_desc;

/* Reads a text.
 *
 *   bytes   out  the file, on 8; release it with the desc's allocator and its size
 *   size    out
 *   error   out  optional; offset is in the text
 *
 * Errors  those of w3d_json_open (scene/json.h), and
 *         W3D_ERR_FORMAT       a member, word or form that the format does not have, base64 that is
 *                              none, a key twice in an object
 *         W3D_ERR_RANGE        a number that its type does not hold, an n outside 1..65535 (1..64
 *                              in vectors)
 *         W3D_ERR_INDEX        a reference to a row that is not there
 *         W3D_ERR_UNSUPPORTED  another "bjson" than 2
 *         W3D_ERR_LIMIT        the memory limit, maps and lists more than 32 deep, a name over 255
 *                              bytes, what bjson_write limits
 *         W3D_ERR_OUT_OF_MEMORY
 * Cost    O(text * log(text)), also for keys that were chosen to collide. Memory: at most 96 bytes
 *         a byte of text and 64 KiB, on which a memory_limit can count; for scenes 2 to 6 bytes.
 * Thread  any. */
W3D_API w3d_result w3d_bjson_from_json(const w3d_bjson_from_json_desc *desc, unsigned char **bytes,
                                       size_t *size, w3d_error *error);

#endif /* W3D_BJSON_FROM_JSON_H */
