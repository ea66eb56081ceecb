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
 *         where the file has them. Types, tags below A0, small-letter chunks, and algorithms of
 *         hash and sign that this version does not know are accepted; digests are not compared.
 *         The header's word that a file is canonical is not checked.
 * Errors  W3D_ERR_TRUNCATED  the file ends before the size it states
 *         W3D_ERR_UNSUPPORTED  a later format, an unknown capital chunk, flag or tag from A0
 *         W3D_ERR_CHECKSUM, W3D_ERR_UTF8, W3D_ERR_LIMIT (nesting), W3D_ERR_FORMAT (all else)
 * Cost    O(size) time, whatever the bytes: at most 10 steps a byte, by shapes of 256 fields in an
 *         order of their own (tests/test_bjson_linear.c counts). Plain arrays of numbers are not
 *         read unless the file has checksums. No memory but 7 KB of stack, and at most 33 levels
 *         of recursion.
 * Thread  reads only its arguments. */
W3D_API w3d_result w3d_bjson_validate(const void *bytes, size_t size, w3d_bjson *file,
                                      w3d_error *error);

/* ---- parts of it, for files that are not in memory as a whole ---- */

/* Checks KEYS and SHAP as a file would have them. Every field of *file is given, what it names lies
 * inside file->bytes; REFS is not looked at, since only the IDs say what it must hold.
 *
 *   error  out  offset counts from file->bytes; or NULL
 *
 * Errors  as w3d_bjson_validate. Cost: O(bytes of both). */
W3D_API w3d_result w3d_bjson_validate_tables(const w3d_bjson *file, w3d_error *error);

/* Checks one ID, and its row of REFS, against tables that are checked.
 *
 *   payload  in   where the ID's payload lies in file->bytes, on a multiple of 16 in the file it is
 *                 from; the payload and its 16-byte head before it are inside them
 *   length   in   bytes of the payload
 *   chunk    in   offset of its head in the file it is from: what its row of REFS must state
 *   error    out  offset counts from file->bytes; or NULL
 *
 * Errors  as w3d_bjson_validate, the ID's crc32c included where file->flags have W3D_BJSON_CRC.
 * Cost    O(length). */
W3D_API w3d_result w3d_bjson_validate_id(const w3d_bjson *file, uint64_t payload, uint64_t length,
                                         uint64_t chunk, w3d_error *error);

/* Checks the payload of a `meta`, `hash` or `sign` chunk, which lies at `payload` in file->bytes
 * with its head before it. A hash or sign that is not filled in yet is sound. The zeros behind a
 * payload are the caller's to look at, here as above. */
W3D_API w3d_result w3d_bjson_validate_meta(const w3d_bjson *file, uint64_t payload, uint64_t length,
                                           w3d_error *error);
W3D_API w3d_result w3d_bjson_validate_seal(const w3d_bjson *file, uint32_t kind, uint64_t payload,
                                           uint64_t length, w3d_error *error);

#endif /* W3D_BJSON_VALIDATE_H */
