/* test_sha256.c - the standard's examples, every padding, and pieces of every size. */
#include "test.h"

#include "pack/sha256.h"

static void check_hash(const uint8_t hash[32], const char *expected)
{
    char text[65];
    for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", hash[i]);
    CHECK_MESSAGE(!strcmp(text, expected), "%s, expected %s", text, expected);
}

static void check_text(const char *text, const char *expected)
{
    uint8_t hash[32];
    w3d_sha256(text, strlen(text), hash);
    check_hash(hash, expected);
}

/* NIST, "Examples with Intermediate Values" and the long message of FIPS 180-2, appendix B. */
static void standard_examples(void)
{
    uint8_t hash[32];
    check_text("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_text("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_text(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmno"
        "pqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    static char many[1000000];
    memset(many, 'a', sizeof many);
    w3d_sha256(many, sizeof many, hash);
    check_hash(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    w3d_sha256(NULL, 0, hash);
    check_hash(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Byte i is 7 i + size; the hashes are OpenSSL's. */
static void padding(void)
{
    static const struct {
        size_t size;
        const char *hash;
    } cases[] = {
        { 55, "81afe5b788dc2ce138ff83d9b20164db75a94d75d2b2432eea4a0ef605088c72" },
        { 56, "2aba54f0ac632420a2b502431408866e40e1d5e430df4cd822642c78ab2eb9c1" },
        { 63, "733d3d4ee79ee67145bf73da13588f6f235d37414fc64b14a2f00f1762792f5e" },
        { 64, "79322907b3e9d013d7dc2c2f256674dbf733045cde01df3539271c6f5605feb8" },
        { 65, "d85c007c6eb440f085afa2b84f6f2bce4658b240e9f62cb1364bf0485a57e720" },
        { 119, "6c87eedf096b345de205b702e5223b73b447a3207791ded3ea007ba15ed6736e" },
        { 120, "42500cf6a1e3936d6b9e0bcfe296d654b63255e525487d3634d0b15fde591c4d" },
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint8_t bytes[120], hash[32];
        for (size_t i = 0; i < cases[c].size; i++) bytes[i] = (uint8_t)(i * 7 + cases[c].size);
        w3d_sha256(bytes, cases[c].size, hash);
        check_hash(hash, cases[c].hash);
    }
}

static void pieces_join(void)
{
    static uint8_t bytes[3000];
    uint8_t whole[32], joined[32];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)test_random();
    for (int round = 0; round < 300; round++) {
        size_t size = test_random_below(sizeof bytes + 1);
        w3d_sha256_state state;
        w3d_sha256_begin(&state);
        for (size_t i = 0; i < size;) {
            size_t piece = test_random_below(round % 2 ? 200 : 3);
            if (piece > size - i) piece = size - i;
            w3d_sha256_add(&state, bytes + i, piece);
            i += piece;
        }
        w3d_sha256_end(&state, joined);
        w3d_sha256(bytes, size, whole);
        CHECK_BYTES(joined, whole, 32);
    }
}

/* What has ended can be asked again and added to; a copy goes its own way. */
static void end_changes_nothing(void)
{
    w3d_sha256_state state, copy;
    uint8_t first[32], again[32];
    w3d_sha256_begin(&state);
    w3d_sha256_add(&state, "ab", 2);
    w3d_sha256_end(&state, first);
    w3d_sha256_end(&state, again);
    CHECK_BYTES(first, again, 32);
    copy = state;
    w3d_sha256_add(&copy, "x", 1);
    w3d_sha256_add(&state, "c", 1);
    w3d_sha256_end(&state, again);
    check_hash(again, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

void test_sha256(void)
{
    RUN(standard_examples);
    RUN(padding);
    RUN(pieces_join);
    RUN(end_changes_nothing);
}
