/* hmac.c - two nested hashes as RFC 2104 has them; each starts from a block that holds the key. */
#include "pack/hmac.h"

/* What the key's bytes are xored with (RFC 2104, 2). */
#define W3DI_HMAC_INNER 0x36u
#define W3DI_HMAC_OUTER 0x5Cu

W3D_API void w3d_hmac_begin(w3d_hmac_state *state, const void *key, size_t key_size)
{
    uint8_t block[64];
    w3d_fill(block, 0, sizeof block);
    if (key_size > sizeof block)
        w3d_sha256(key, key_size, block);
    else
        w3d_copy(block, key, key_size);
    for (unsigned i = 0; i < sizeof block; i++) block[i] = (uint8_t)(block[i] ^ W3DI_HMAC_INNER);
    w3d_sha256_begin(&state->inner);
    w3d_sha256_add(&state->inner, block, sizeof block);
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)(block[i] ^ W3DI_HMAC_INNER ^ W3DI_HMAC_OUTER);
    w3d_sha256_begin(&state->outer);
    w3d_sha256_add(&state->outer, block, sizeof block);
}

W3D_API void w3d_hmac_add(w3d_hmac_state *state, const void *src, size_t size)
{
    w3d_sha256_add(&state->inner, src, size);
}

W3D_API void w3d_hmac_end(const w3d_hmac_state *state, uint8_t code[32])
{
    w3d_sha256_state outer = state->outer;
    uint8_t inner[32];
    w3d_sha256_end(&state->inner, inner);
    w3d_sha256_add(&outer, inner, sizeof inner);
    w3d_sha256_end(&outer, code);
}

W3D_API void w3d_hmac(const void *key, size_t key_size, const void *src, size_t size,
                      uint8_t code[32])
{
    w3d_hmac_state state;
    w3d_hmac_begin(&state, key, key_size);
    w3d_hmac_add(&state, src, size);
    w3d_hmac_end(&state, code);
}

W3D_API int w3d_hmac_equal(const void *a, const void *b, size_t size)
{
    /* Volatile, or the compiler may see that nothing can change once a bit is set. */
    const volatile uint8_t *left = (const volatile uint8_t *)a;
    const volatile uint8_t *right = (const volatile uint8_t *)b;
    uint32_t difference = 0;
    for (size_t i = 0; i < size; i++) difference |= (uint32_t)left[i] ^ (uint32_t)right[i];
    return (int)((difference - 1u) >> 31); /* 0 - 1 has its top bit set, 1 - 1 ... 255 - 1 do not */
}

#undef W3DI_HMAC_INNER
#undef W3DI_HMAC_OUTER
