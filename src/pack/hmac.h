/* hmac.h - who knows the key wrote this: HMAC-SHA-256, and a comparison that tells nothing.
 *
 *     uint8_t code[32];
 *     w3d_hmac(key, key_size, message, message_size, code);
 *     if (!w3d_hmac_equal(code, received, 32)) return W3D_ERR_CHECKSUM;
 *
 * A hash alone finds accidents: whoever changes the bytes can change the hash too. Here that takes
 * the key. Both sides need it, so a reader who can check can also forge. */
#ifndef W3D_HMAC_H
#define W3D_HMAC_H

#include "pack/sha256.h"

/* A code under way; plain data, so a copy is a second one that starts from the same bytes. It is as
 * secret as its key: overwrite it when done. */
typedef struct w3d_hmac_state {
    w3d_sha256_state inner; /* has taken the key and the message so far */
    w3d_sha256_state outer; /* has taken the key */
} w3d_hmac_state;

/* Makes *state the code of no bytes.
 *
 *   key   in   `key_size` bytes; any number, but fewer than 16 can be guessed, and more than 64
 *              are no better than 64; NULL where there are 0
 *
 * Cost    four blocks of SHA-256; a copied state saves them where many messages have one key. */
W3D_API void w3d_hmac_begin(w3d_hmac_state *state, const void *key, size_t key_size);

/* Adds bytes of the message; in one call or in many, the code is the same.
 *
 *   src   in   `size` bytes; NULL where size is 0 */
W3D_API void w3d_hmac_add(w3d_hmac_state *state, const void *src, size_t size);

/* Writes the code of all bytes added; *state is as it was and may be added to. */
W3D_API void w3d_hmac_end(const w3d_hmac_state *state, uint8_t code[32]);

/* The code of `size` bytes in one call.
 *
 * Cost    that of the message's SHA-256 and four blocks.
 * Source  RFC 2104; test vectors in RFC 4231. */
W3D_API void w3d_hmac(const void *key, size_t key_size, const void *src, size_t size,
                      uint8_t code[32]);

/* 1 where `size` bytes are the same. Every byte is looked at, whatever the ones before were: the
 * time taken says nothing about where the difference lies. */
W3D_API int w3d_hmac_equal(const void *a, const void *b, size_t size);

#endif /* W3D_HMAC_H */
