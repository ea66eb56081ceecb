/* bjson_validate.h - is this a sound BJSON file: every byte of structure checked in one pass. */
#ifndef W3D_BJSON_VALIDATE_H
#define W3D_BJSON_VALIDATE_H

#include "scene/bjson.h"

/* Checks a file from anywhere, hostile ones included, and readies it for bjson_read.
 *
 *   bytes   in   `size` bytes, the whole file; any alignment
 *   file    out  the open file, borrowing `bytes`; NULL: only the answer is wanted
 *   error   out  code, offset of the first wrong byte or field, and what is wrong; or NULL
 *
 * Range   accepted means: every offset, length, shape, reference and text holds by the layout in
 *         bjson.h; no byte belongs to two values; bytes between values are zero; checksums match
 *         where the file has them. Types, tags below A0, and small-letter chunks that this version
 *         does not know are accepted. The header's word that a file is canonical is not checked.
 * Errors  W3D_ERR_TRUNCATED  the file ends before the size it states
 *         W3D_ERR_UNSUPPORTED  a later format, an unknown capital chunk, flag or tag from A0
 *         W3D_ERR_CHECKSUM, W3D_ERR_UTF8, W3D_ERR_LIMIT (nesting), W3D_ERR_FORMAT (all else)
 * Cost    O(size) time, whatever the bytes; plain arrays of numbers are not read unless the file
 *         has checksums; no memory, at most 33 levels of recursion.
 * Thread  reads only its arguments. */
W3D_API w3d_result w3d_bjson_validate(const void *bytes, size_t size, w3d_bjson *file,
                                      w3d_error *error);

#endif /* W3D_BJSON_VALIDATE_H */
