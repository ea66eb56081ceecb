/* test_bjson_seal.c - hashes and signatures in files: made, checked, and every byte flipped. */
#include "bjson_random.h"
#include "core/bytes.h"
#include "pack/crc32c.h"
#include "pack/hmac.h"
#include "scene/bjson_read.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_validate.h"
#include "test.h"

static const char key_a[] = "the first key, of 32 bytes or so";
static const char key_b[] = "another";

/* A small file with `hash` and `signs` reserved seals, on 8 (free it). */
static unsigned char *make(int crc, int hash, uint32_t signs, size_t *size)
{
    static const float location[3] = { 1.0f, 2.0f, 3.0f };
    static const uint32_t numbers[5] = { 1, 2, 3, 4, 5 };
    w3d_bjson_value values[4];
    values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, location);
    values[1] = w3d_bjson_large("data", W3D_BJSON_SUB_U32, numbers, 5);
    values[2] = w3d_bjson_string("note", "a note", 6);
    values[3] = w3d_bjson_reference("self", 0);
    w3d_bjson_value about = w3d_bjson_string("generator", "test", 4);
    w3d_bjson_chunk chunk;
    chunk.kind = W3D_BJSON_FOURCC('t', 'h', 'm', 'b');
    chunk.data = "a picture";
    chunk.size = 9;
    w3d_bjson_write_id id;
    memset(&id, 0, sizeof id);
    id.name = "Cube";
    id.values = values;
    id.value_count = 4;
    id.time = 12345;
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.ids = &id;
    desc.id_count = 1;
    desc.crc = crc;
    desc.meta = &about;
    desc.meta_count = 1;
    desc.chunks = &chunk;
    desc.chunk_count = 1;
    desc.hash = hash;
    desc.sign_count = signs;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, size, &result);
    CHECK(bytes != NULL);
    return bytes;
}

static w3d_result sign(unsigned char *bytes, size_t size, const char *key, uint32_t id)
{
    return w3d_bjson_sign(bytes, size, key, strlen(key), id);
}
static w3d_result check(const unsigned char *bytes, size_t size, const char *key, uint32_t id)
{
    w3d_bjson file;
    w3d_result result = w3d_bjson_read(bytes, size, &file, NULL);
    CHECK(result == W3D_OK);
    return result == W3D_OK ? w3d_bjson_sign_check(&file, key, strlen(key), id) : result;
}
static w3d_result hash_check(const unsigned char *bytes, size_t size)
{
    w3d_bjson file;
    w3d_result result = w3d_bjson_read(bytes, size, &file, NULL);
    CHECK(result == W3D_OK);
    return result == W3D_OK ? w3d_bjson_hash_check(&file) : result;
}

/* The digest by its definition: the file with the seals cut out, hashed at once. */
static void digest_is_defined(void)
{
    for (int round = 0; round < 8; round++) {
        size_t size = 0, kept = 0;
        unsigned char *bytes = make(round & 1, round >> 1 & 1, (uint32_t)(round >> 2), &size);
        if (!bytes) return;
        unsigned char *cut = (unsigned char *)malloc(size);
        w3d_bjson file;
        uint8_t digest[32], expected[32];
        memcpy(cut, bytes, 64);
        kept = 64;
        for (size_t at = 64; at < size;) {
            size_t whole = 16 + ((size_t)w3d_load_u64(bytes + at + 8) + 15) / 16 * 16;
            if (memcmp(bytes + at, "hash", 4) && memcmp(bytes + at, "sign", 4)) {
                memcpy(cut + kept, bytes + at, whole);
                kept += whole;
            }
            at += whole;
        }
        w3d_sha256(cut, kept, expected);
        CHECK(kept + 64u * (unsigned)((round >> 1 & 1) + (round >> 2)) == size);
        CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        CHECK(w3d_bjson_digest(&file, digest) == W3D_OK);
        CHECK_BYTES(digest, expected, 32);
        if (round >> 1 & 1) {
            CHECK(w3d_bjson_hash_set(bytes, size) == W3D_OK);
            unsigned char *seal = bytes;
            while (memcmp(seal, "hash", 4)) seal += 16;
            CHECK_BYTES(seal + 32, expected, 32);
            CHECK(w3d_load_u32(seal + 16) == 1);
        }
        if (round >> 2) { /* the signature, too */
            uint8_t code[32], message[48];
            CHECK(sign(bytes, size, key_a, 0xAABBCCDDu) == W3D_OK);
            unsigned char *seal = bytes;
            while (memcmp(seal, "sign", 4)) seal += 16;
            memcpy(message, seal + 16, 16);
            memcpy(message + 16, expected, 32);
            CHECK(w3d_load_u32(seal + 20) == 0xAABBCCDDu);
            w3d_hmac(key_a, strlen(key_a), message, 48, code);
            CHECK_BYTES(seal + 32, code, 32);
        }
        CHECK(w3d_bjson_validate(bytes, size, NULL, NULL) == W3D_OK);
        free(cut);
        free(bytes);
    }
}

/* Hash and signatures by two people, in any order, refilled, with wrong keys and numbers. */
static void two_signers(void)
{
    for (int crc = 0; crc < 2; crc++) {
        size_t size = 0;
        unsigned char *bytes = make(crc, 1, 2, &size);
        if (!bytes) return;
        CHECK(hash_check(bytes, size) == W3D_ERR_CHECKSUM); /* not filled in */
        CHECK(check(bytes, size, key_a, 1) == W3D_ERR_NOT_FOUND);
        CHECK(check(bytes, size, key_a, 0) == W3D_ERR_NOT_FOUND); /* an empty one is nobody's */
        CHECK(sign(bytes, size, key_a, 1) == W3D_OK);
        CHECK(check(bytes, size, key_a, 1) == W3D_OK);
        CHECK(w3d_bjson_hash_set(bytes, size) == W3D_OK);
        CHECK(check(bytes, size, key_a, 1) == W3D_OK);
        CHECK(sign(bytes, size, key_b, 0) == W3D_OK);
        CHECK(hash_check(bytes, size) == W3D_OK);
        CHECK(check(bytes, size, key_a, 1) == W3D_OK && check(bytes, size, key_b, 0) == W3D_OK);
        CHECK(check(bytes, size, key_a, 0) == W3D_ERR_CHECKSUM);
        CHECK(check(bytes, size, key_b, 1) == W3D_ERR_CHECKSUM);
        CHECK(check(bytes, size, key_b, 2) == W3D_ERR_NOT_FOUND);
        CHECK(sign(bytes, size, key_a, 3) == W3D_ERR_NOT_FOUND); /* both are taken */
        /* Signing again with the same number replaces, also by another key. */
        CHECK(sign(bytes, size, key_b, 1) == W3D_OK && check(bytes, size, key_b, 1) == W3D_OK);
        CHECK(check(bytes, size, key_a, 1) == W3D_ERR_CHECKSUM);
        CHECK(check(bytes, size, key_b, 0) == W3D_OK && hash_check(bytes, size) == W3D_OK);
        free(bytes);
    }
}

/* Every byte of a sealed file changed in turn: validation or one of the checks says so. */
static void every_byte(void)
{
    for (int crc = 0; crc < 2; crc++) {
        size_t size = 0;
        uint32_t passed = 0;
        unsigned char *bytes = make(crc, 1, 2, &size);
        if (!bytes) return;
        CHECK(sign(bytes, size, key_a, 1) == W3D_OK && sign(bytes, size, key_b, 2) == W3D_OK);
        CHECK(w3d_bjson_hash_set(bytes, size) == W3D_OK);
        for (size_t i = 0; i < size; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                w3d_bjson file;
                bytes[i] = (unsigned char)(bytes[i] ^ 1u << bit);
                if (w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK) {
                    w3d_result a = w3d_bjson_sign_check(&file, key_a, strlen(key_a), 1);
                    w3d_result b = w3d_bjson_sign_check(&file, key_b, strlen(key_b), 2);
                    w3d_result hash = w3d_bjson_hash_check(&file);
                    CHECK_MESSAGE(a != W3D_OK || b != W3D_OK || hash != W3D_OK,
                                  "byte %zu, bit %u: not found", i, bit);
                    /* What is no seal is covered by each of them alone. */
                    if (a == W3D_OK || b == W3D_OK || hash == W3D_OK) passed++;
                }
                bytes[i] = (unsigned char)(bytes[i] ^ 1u << bit);
            }
        /* Only inside a seal do the others hold: three payloads and their heads. */
        CHECK_MESSAGE(passed <= 3 * 64 * 8, "%u", passed);
        CHECK(crc || passed >= 3 * 32 * 8);
        free(bytes);
    }
}

/* A seal cannot be taken out, put in or moved from one file to another unseen. */
static void surgery(void)
{
    size_t size = 0, other_size = 0;
    unsigned char *bytes = make(0, 1, 1, &size), *other = make(0, 1, 1, &other_size);
    if (!bytes || !other) return;
    CHECK(size == other_size);
    CHECK(sign(bytes, size, key_a, 1) == W3D_OK && w3d_bjson_hash_set(bytes, size) == W3D_OK);
    for (size_t i = 0; i < size; i += 16) /* another time in REFS: still a sound file */
        if (!memcmp(other + i, "REFS", 4)) other[i + 16 + 8] ^= 1;
    memcpy(other + size - 128, bytes + size - 128, 128); /* both seals as they are */
    CHECK(check(other, size, key_a, 1) == W3D_ERR_CHECKSUM);
    CHECK(hash_check(other, size) == W3D_ERR_CHECKSUM);
    memcpy(other, bytes, size);
    CHECK(check(other, size, key_a, 1) == W3D_OK);
    /* Without its last chunk the file states another size, which is part of the digest. */
    w3d_bjson file;
    w3d_store_u64(other + 16, size - 64);
    w3d_store_u32(other + 60, w3d_crc32c(0, other, 60));
    CHECK(w3d_bjson_read(other, size - 64, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_sign_check(&file, key_a, strlen(key_a), 1) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_hash_check(&file) == W3D_ERR_CHECKSUM);
    free(bytes);
    free(other);
}

static void errors(void)
{
    size_t size = 0;
    unsigned char *bytes = make(1, 0, 0, &size);
    w3d_bjson file;
    uint8_t digest[32];
    if (!bytes) return;
    CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_hash_set(bytes, size) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_hash_check(&file) == W3D_ERR_NOT_FOUND);
    CHECK(sign(bytes, size, key_a, 1) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_sign_check(&file, key_a, 4, 1) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_bjson_sign_check(&file, key_a, 0, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_sign_check(&file, NULL, 4, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_sign_check(NULL, key_a, 4, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_sign(NULL, 0, key_a, 4, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_sign(bytes, size, key_a, 0, 1) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_hash_set(NULL, 0) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_hash_check(NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_digest(NULL, digest) == W3D_ERR_ARGUMENT);
    CHECK(w3d_bjson_digest(&file, NULL) == W3D_ERR_ARGUMENT);
    file.size -= 8; /* the last chunk does not end with the file any more */
    CHECK(w3d_bjson_digest(&file, digest) == W3D_ERR_FORMAT);
    free(bytes);

    /* Cut anywhere, filled in or not: an error, and nothing outside is touched. */
    bytes = make(1, 1, 1, &size);
    if (!bytes) return;
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = (unsigned char *)malloc(cut + 1);
        memcpy(part, bytes, cut);
        w3d_result hash = w3d_bjson_hash_set(part, cut), signature = sign(part, cut, key_a, 1);
        CHECK((hash != W3D_OK && signature != W3D_OK) || cut % 16 == 0);
        free(part);
    }
    /* Another algorithm, another length. */
    unsigned char *seal = bytes;
    while (memcmp(seal, "hash", 4)) seal += 16;
    seal[16] = 2;
    CHECK(w3d_bjson_hash_set(bytes, size) == W3D_ERR_UNSUPPORTED);
    seal[8] = 40, seal[30] = 1; /* which may need other bytes */
    CHECK(w3d_bjson_hash_set(bytes, size) == W3D_ERR_UNSUPPORTED);
    seal[8] = 48, seal[30] = 0;
    seal[16] = 1;
    seal[8] = 47;
    CHECK(w3d_bjson_hash_set(bytes, size) == W3D_ERR_FORMAT);
    free(bytes);
}

void test_bjson_seal(void)
{
    RUN(digest_is_defined);
    RUN(two_signers);
    RUN(every_byte);
    RUN(surgery);
    RUN(errors);
}
