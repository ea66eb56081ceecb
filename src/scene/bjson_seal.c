/* bjson_seal.c - one walk over the chunks hashes the stretches between those that seal the file. */
#include "scene/bjson_seal.h"

#include "core/bytes.h"
#include "pack/crc32c.h"
#include "pack/hmac.h"
#include "scene/bjson_read.h"

/* What both payloads have in common: algorithm, number of the key or 0, u64 0, 32 bytes of code. */
#define W3DI_BJSON_SEAL_SIZE 48u
#define W3DI_BJSON_SEAL_HEAD 16u

/* A file by its bytes alone: all that walking its chunks needs. */
static w3d_bjson w3di_bjson_seal_open(const void *bytes, size_t size)
{
    w3d_bjson file;
    w3d_fill(&file, 0, sizeof file);
    file.bytes = (const unsigned char *)bytes;
    file.size = bytes && size >= W3D_BJSON_HEADER_SIZE ? size : 0;
    if (file.size) file.flags = w3d_load_u32(file.bytes + 12);
    return file;
}

/* Checks a seal's layout; *payload is where it stands. */
static w3d_result w3di_bjson_seal_payload(const w3d_bjson *file, const w3d_bjson_chunk_view *chunk,
                                          const unsigned char **payload)
{
    const unsigned char *bytes = file->bytes + (size_t)chunk->payload;
    if (chunk->size < 4) return W3D_ERR_FORMAT;
    /* First: what other algorithms need is not known here. */
    if (w3d_load_u32(bytes) != W3D_BJSON_SHA256) return W3D_ERR_UNSUPPORTED;
    if (chunk->size != W3DI_BJSON_SEAL_SIZE || w3d_load_u64(bytes + 8)) return W3D_ERR_FORMAT;
    *payload = bytes;
    return W3D_OK;
}

/* 1 where the code is filled in; a digest or HMAC of all zeros does not happen. */
static int w3di_bjson_seal_is_filled(const unsigned char *payload)
{
    uint64_t any = 0;
    for (unsigned i = W3DI_BJSON_SEAL_HEAD; i < W3DI_BJSON_SEAL_SIZE; i += 8)
        any |= w3d_load_u64(payload + i);
    return any != 0;
}

/* The only hash chunk. */
static w3d_result w3di_bjson_seal_find_hash(const w3d_bjson *file, const unsigned char **payload)
{
    w3d_bjson_chunk_view chunk;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk))
        if (chunk.kind == W3D_BJSON_CHUNK_HASH)
            return w3di_bjson_seal_payload(file, &chunk, payload);
    return W3D_ERR_NOT_FOUND;
}

/* Puts 32 bytes into a seal and makes its chunk's checksum fit. */
static void w3di_bjson_seal_fill(unsigned char *bytes, const w3d_bjson *file,
                                 const unsigned char *payload, const uint8_t code[32])
{
    unsigned char *dst = bytes + (size_t)(payload - file->bytes);
    w3d_copy(dst + W3DI_BJSON_SEAL_HEAD, code, 32);
    if (file->flags & W3D_BJSON_CRC)
        w3d_store_u32(dst - W3D_BJSON_CHUNK_SIZE + 4, w3d_crc32c(0, dst, W3DI_BJSON_SEAL_SIZE));
}

/* HMAC(key, first 16 bytes of the payload, digest). */
static void w3di_bjson_seal_code(const void *key, size_t key_size, const unsigned char *head,
                                 const uint8_t digest[32], uint8_t code[32])
{
    w3d_hmac_state state;
    w3d_hmac_begin(&state, key, key_size);
    w3d_hmac_add(&state, head, W3DI_BJSON_SEAL_HEAD);
    w3d_hmac_add(&state, digest, 32);
    w3d_hmac_end(&state, code);
}

W3D_API w3d_result w3d_bjson_digest(const w3d_bjson *file, uint8_t digest[32])
{
    if (!file || !digest) return W3D_ERR_ARGUMENT;
    if (!file->bytes || file->size < W3D_BJSON_HEADER_SIZE) return W3D_ERR_FORMAT;
    w3d_sha256_state state;
    w3d_bjson_chunk_view chunk;
    uint64_t from = 0, end = W3D_BJSON_HEADER_SIZE;
    w3d_fill(&chunk, 0, sizeof chunk);
    w3d_sha256_begin(&state);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        end = (chunk.payload + chunk.size + 15) & ~(uint64_t)15;
        if (chunk.kind != W3D_BJSON_CHUNK_HASH && chunk.kind != W3D_BJSON_CHUNK_SIGN) continue;
        w3d_sha256_add(&state, file->bytes + (size_t)from, (size_t)(chunk.at - from));
        from = end;
    }
    if (end != file->size) return W3D_ERR_FORMAT;
    w3d_sha256_add(&state, file->bytes + (size_t)from, (size_t)(end - from));
    w3d_sha256_end(&state, digest);
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_hash_set(void *bytes, size_t size)
{
    w3d_bjson file = w3di_bjson_seal_open(bytes, size);
    const unsigned char *payload;
    uint8_t digest[32];
    if (!bytes) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_seal_find_hash(&file, &payload);
    if (result == W3D_OK) result = w3d_bjson_digest(&file, digest);
    if (result == W3D_OK) w3di_bjson_seal_fill((unsigned char *)bytes, &file, payload, digest);
    return result;
}

W3D_API w3d_result w3d_bjson_hash_check(const w3d_bjson *file)
{
    const unsigned char *payload;
    uint8_t digest[32];
    if (!file) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_bjson_seal_find_hash(file, &payload);
    if (result == W3D_OK) result = w3d_bjson_digest(file, digest);
    if (result != W3D_OK) return result;
    return w3d_hmac_equal(payload + W3DI_BJSON_SEAL_HEAD, digest, 32) ? W3D_OK : W3D_ERR_CHECKSUM;
}

W3D_API w3d_result w3d_bjson_sign(void *bytes, size_t size, const void *key, size_t key_size,
                                  uint32_t key_id)
{
    w3d_bjson file = w3di_bjson_seal_open(bytes, size);
    const unsigned char *payload, *place = NULL;
    w3d_bjson_chunk_view chunk;
    uint8_t digest[32], code[32];
    if (!bytes || !key || !key_size) return W3D_ERR_ARGUMENT;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(&file, &chunk)) {
        if (chunk.kind != W3D_BJSON_CHUNK_SIGN ||
            w3di_bjson_seal_payload(&file, &chunk, &payload) != W3D_OK)
            continue;
        int is_filled = w3di_bjson_seal_is_filled(payload);
        if (!is_filled && !place) place = payload;
        if (!is_filled || w3d_load_u32(payload + 4) != key_id) continue;
        place = payload;
        break;
    }
    if (!place) return W3D_ERR_NOT_FOUND;
    w3d_result result = w3d_bjson_digest(&file, digest);
    if (result != W3D_OK) return result;
    unsigned char *head = (unsigned char *)bytes + (size_t)(place - file.bytes);
    w3d_store_u32(head + 4, key_id);
    w3di_bjson_seal_code(key, key_size, head, digest, code);
    w3di_bjson_seal_fill((unsigned char *)bytes, &file, place, code);
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_sign_check(const w3d_bjson *file, const void *key, size_t key_size,
                                        uint32_t key_id)
{
    w3d_bjson_chunk_view chunk;
    const unsigned char *payload;
    uint8_t digest[32], code[32];
    int found = 0, good = 0;
    if (!file || !key || !key_size) return W3D_ERR_ARGUMENT;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        if (chunk.kind != W3D_BJSON_CHUNK_SIGN ||
            w3di_bjson_seal_payload(file, &chunk, &payload) != W3D_OK ||
            w3d_load_u32(payload + 4) != key_id || !w3di_bjson_seal_is_filled(payload))
            continue;
        if (!found) {
            /* Only now: a file without this key's signature is told apart without hashing it. */
            w3d_result result = w3d_bjson_digest(file, digest);
            if (result != W3D_OK) return result;
            found = 1;
        }
        w3di_bjson_seal_code(key, key_size, payload, digest, code);
        good |= w3d_hmac_equal(payload + W3DI_BJSON_SEAL_HEAD, code, 32);
    }
    if (!found) return W3D_ERR_NOT_FOUND;
    return good ? W3D_OK : W3D_ERR_CHECKSUM;
}

#undef W3DI_BJSON_SEAL_SIZE
#undef W3DI_BJSON_SEAL_HEAD
