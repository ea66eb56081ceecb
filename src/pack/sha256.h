/* sha256.h - the hash that names content: SHA-256.
 *
 *     w3d_sha256_state state;
 *     w3d_sha256_begin(&state);
 *     w3d_sha256_add(&state, header, header_size);
 *     w3d_sha256_add(&state, body, body_size);
 *     w3d_sha256_end(&state, hash);
 */
#ifndef W3D_SHA256_H
#define W3D_SHA256_H

#include "core/base.h"

/* A hash under way; plain data, so a copy is a second one that starts from the same bytes. */
typedef struct w3d_sha256_state {
    uint32_t hash[8];
    uint64_t size;      /* bytes added so far                         */
    uint8_t  block[64]; /* the last size % 64 of them, not yet hashed */
} w3d_sha256_state;

/* Makes *state the hash of no bytes. */
W3D_API void w3d_sha256_begin(w3d_sha256_state *state);

/* Adds bytes; in one call or in many, the hash is the same.
 *
 *   src   in   `size` bytes; NULL where size is 0
 *
 * Range  up to 2^61 - 1 bytes in all, as the standard says. */
W3D_API void w3d_sha256_add(w3d_sha256_state *state, const void *src, size_t size);

/* Writes the hash of all bytes added; *state is as it was and may be added to. */
W3D_API void w3d_sha256_end(const w3d_sha256_state *state, uint8_t hash[32]);

/* The hash of `size` bytes in one call.
 *
 * Cost    O(size) time, 64 rounds per 64 bytes, on x86-64 by the processor's own instructions where
 *         it has them; not constant-time with respect to size.
 * Source  FIPS 180-4, 6.2. */
W3D_API void w3d_sha256(const void *src, size_t size, uint8_t hash[32]);

#endif /* W3D_SHA256_H */
