/* bjson_seal.h - has this file changed, and did someone without the key change it.
 *
 *     desc.hash = 1;                                   // w3d_bjson_write_desc: leaves the room
 *     desc.sign_count = 1;
 *     ... w3d_bjson_write(&plan, bytes, size, NULL) ...
 *     w3d_bjson_hash_set(bytes, size);                 // fills it in, in place
 *     w3d_bjson_sign(bytes, size, key, sizeof key, 7);
 *     ...
 *     w3d_bjson_read(bytes, size, &file, &error);
 *     if (w3d_bjson_sign_check(&file, key, sizeof key, 7) != W3D_OK) return;
 *
 * A hash finds accidents and names a version; a signature finds forgeries by anyone who does not
 * have the key. Both are of the digest: SHA-256 over every byte of the file but those of its hash
 * and sign chunks. So they may be filled in any order and do not disturb each other; but a chunk
 * added or taken away changes the header's file size, and with it the digest. What is filled in
 * holds until the next change to the file, and is filled in again after it. */
#ifndef W3D_BJSON_SEAL_H
#define W3D_BJSON_SEAL_H

#include "scene/bjson.h"

/* The digest of a file.
 *
 *   file    in   open, from w3d_bjson_read or w3d_bjson_validate
 *   digest  out  32 bytes
 *
 * Errors  W3D_ERR_FORMAT  the chunks have changed since the file was checked
 * Cost    that of w3d_sha256: every byte is read; no memory. */
W3D_API w3d_result w3d_bjson_digest(const w3d_bjson *file, uint8_t digest[32]);

/* Fills in the file's hash chunk, and the chunk's crc32c where the file has them.
 *
 *   bytes  in/out  a sound file (w3d_bjson_validate), any alignment; 36 bytes change
 *
 * Errors  W3D_ERR_NOT_FOUND    there is no hash chunk
 *         W3D_ERR_UNSUPPORTED  its algorithm is not SHA-256
 *         W3D_ERR_FORMAT       the chunks do not hold together: the file was not checked
 * Cost    as w3d_bjson_digest. */
W3D_API w3d_result w3d_bjson_hash_set(void *bytes, size_t size);

/* Compares the file with its hash chunk.
 *
 * Errors  W3D_ERR_CHECKSUM     the file has changed since, or the chunk was never filled in
 *         W3D_ERR_NOT_FOUND, W3D_ERR_UNSUPPORTED, W3D_ERR_FORMAT  as w3d_bjson_hash_set */
W3D_API w3d_result w3d_bjson_hash_check(const w3d_bjson *file);

/* Signs a file, in the sign chunk that holds this key's number already, else in the first one that
 * is not filled in.
 *
 *   bytes     in/out  a sound file, any alignment; 40 bytes change
 *   key       in      `key_size` bytes; 32 from a good generator are best
 *   key_id    in      the user's number of the key, which the file tells to its readers
 *
 * Errors  W3D_ERR_ARGUMENT   key_size is 0
 *         W3D_ERR_NOT_FOUND  there is no such chunk
 *         W3D_ERR_FORMAT     as w3d_bjson_hash_set
 * Cost    as w3d_bjson_digest. */
W3D_API w3d_result w3d_bjson_sign(void *bytes, size_t size, const void *key, size_t key_size,
                                  uint32_t key_id);

/* Checks the signature of one key; where several chunks hold the key's number, one that is right is
 * enough. The hash chunk and the signatures of other keys are not covered.
 *
 * Errors  W3D_ERR_CHECKSUM     the file has changed since, or was signed with another key
 *         W3D_ERR_NOT_FOUND    no chunk filled in holds the key's number
 *         W3D_ERR_ARGUMENT, W3D_ERR_FORMAT  as w3d_bjson_sign
 * Cost    as w3d_bjson_digest; the comparison takes the same time wherever the codes differ. */
W3D_API w3d_result w3d_bjson_sign_check(const w3d_bjson *file, const void *key, size_t key_size,
                                        uint32_t key_id);

#endif /* W3D_BJSON_SEAL_H */
