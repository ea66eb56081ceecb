/* test_hmac.c - HMAC-SHA-256 against RFC 4231, in pieces, and the comparison of codes. */
#include "pack/hmac.h"
#include "test.h"

static void from_hex(const char *hex, uint8_t *dst)
{
    for (size_t i = 0; hex[2 * i]; i++) {
        char byte[3] = { hex[2 * i], hex[2 * i + 1], 0 };
        dst[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
}

/* RFC 4231, 4.2 to 4.8; case 5 states the first 16 bytes only. */
static void vectors(void)
{
    static const struct {
        uint8_t key_byte; /* 0: the text below, 1: counting up from 1 */
        size_t key_size;
        const char *key;
        uint8_t data_byte; /* 0: the text below */
        size_t data_size;
        const char *data, *code;
    } cases[] = {
        { 0x0B, 20, NULL, 0, 8, "Hi There",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { 0, 4, "Jefe", 0, 28, "what do ya want for nothing?",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { 0xAA, 20, NULL, 0xDD, 50, NULL,
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { 1, 25, NULL, 0xCD, 50, NULL,
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { 0x0C, 20, NULL, 0, 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b" },
        { 0xAA, 131, NULL, 0, 54, "Test Using Larger Than Block-Size Key - Hash Key First",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { 0xAA, 131, NULL, 0, 152,
          "This is a test using a larger than block-size key and a larger than block-size data. "
          "The key needs to be hashed before being used by the HMAC algorithm.",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t key[131], data[152], expected[32], code[32];
        memset(key, cases[i].key_byte, sizeof key);
        memset(data, cases[i].data_byte, sizeof data);
        for (uint8_t k = 0; cases[i].key_byte == 1 && k < 25; k++) key[k] = (uint8_t)(k + 1);
        if (cases[i].key) memcpy(key, cases[i].key, cases[i].key_size);
        if (cases[i].data) memcpy(data, cases[i].data, cases[i].data_size);
        from_hex(cases[i].code, expected);
        w3d_hmac(key, cases[i].key_size, data, cases[i].data_size, code);
        CHECK_BYTES(code, expected, strlen(cases[i].code) / 2);
    }
}

/* Any cut gives the same code; a state that has ended goes on; keys around a block's size. */
static void pieces(void)
{
    uint8_t key[130], message[300], whole[32], code[32];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)test_random();
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)test_random();
    for (int round = 0; round < 200; round++) {
        size_t key_size = test_random_below(sizeof key + 1);
        size_t size = test_random_below(sizeof message + 1), at = 0;
        w3d_hmac_state state;
        w3d_hmac(key, key_size, message, size, whole);
        w3d_hmac_begin(&state, key, key_size);
        while (at < size) {
            size_t take = test_random_below((uint32_t)(size - at) + 1);
            w3d_hmac_add(&state, message + at, take);
            w3d_hmac_end(&state, code); /* changes nothing */
            at += take;
        }
        w3d_hmac_end(&state, code);
        CHECK_BYTES(code, whole, 32);
    }
    /* A key and the same with a zero behind are one, as the RFC has it; one over 64 is its hash. */
    uint8_t padded[64] = { 1, 2, 3 };
    w3d_hmac(padded, 3, message, 9, whole);
    w3d_hmac(padded, 64, message, 9, code);
    CHECK_BYTES(code, whole, 32);
    w3d_sha256(key, 65, padded);
    w3d_hmac(key, 65, message, 9, whole);
    w3d_hmac(padded, 32, message, 9, code);
    CHECK_BYTES(code, whole, 32);
    w3d_hmac(NULL, 0, NULL, 0, code);
    from_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", whole);
    CHECK_BYTES(code, whole, 32);
}

static void equal(void)
{
    uint8_t a[40], b[40];
    for (size_t i = 0; i < sizeof a; i++) a[i] = b[i] = (uint8_t)test_random();
    CHECK(w3d_hmac_equal(a, b, sizeof a) == 1);
    CHECK(w3d_hmac_equal(NULL, NULL, 0) == 1);
    for (size_t i = 0; i < sizeof a; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] = (uint8_t)(b[i] ^ 1u << bit);
            CHECK(w3d_hmac_equal(a, b, sizeof a) == 0);
            CHECK(w3d_hmac_equal(a, b, i) == 1);
            b[i] = a[i];
        }
    memset(a, 0, sizeof a);
    memset(b, 0xFF, sizeof b);
    CHECK(w3d_hmac_equal(a, b, sizeof a) == 0);
}

void test_hmac(void)
{
    RUN(vectors);
    RUN(pieces);
    RUN(equal);
}
