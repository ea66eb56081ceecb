/* test_crc32c.c - known values, every length around the changes of method, pieces, alignment. */
#include "test.h"

#include "pack/crc32c.h"

/* Bit by bit, as the standard's shift register works. */
static uint32_t reference(uint32_t before, const unsigned char *bytes, size_t size)
{
    uint32_t state = ~before;
    for (size_t i = 0; i < size; i++) {
        state ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) state = state & 1 ? state >> 1 ^ 0x82F63B78u : state >> 1;
    }
    return ~state;
}

static void fill_random(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)test_random();
}

static void known_values(void)
{
    unsigned char bytes[32];
    CHECK(w3d_crc32c(0, "123456789", 9) == 0xE3069283u); /* the catalogues' check value */
    CHECK(w3d_crc32c(0, "", 0) == 0);
    CHECK(w3d_crc32c(0, NULL, 0) == 0);
    CHECK(w3d_crc32c(0x12345678u, NULL, 0) == 0x12345678u);
    /* RFC 3720, appendix B.4, written there byte by byte. */
    memset(bytes, 0, sizeof bytes);
    CHECK(w3d_crc32c(0, bytes, 32) == 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    CHECK(w3d_crc32c(0, bytes, 32) == 0x62A8AB43u);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    CHECK(w3d_crc32c(0, bytes, 32) == 0x46DD794Eu);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
    CHECK(w3d_crc32c(0, bytes, 32) == 0x113FDB5Cu);
}

static void lengths_and_alignments(void)
{
    static unsigned char bytes[20000];
    fill_random(bytes, sizeof bytes);
    for (size_t size = 0; size <= 700; size++)
        for (size_t at = 0; at < 3; at++)
            CHECK_MESSAGE(w3d_crc32c(7, bytes + at, size) == reference(7, bytes + at, size),
                          "%zu bytes at %zu", size, at);
    for (size_t size = 4090; size <= 4200; size++)
        CHECK_MESSAGE(w3d_crc32c(0, bytes + 1, size) == reference(0, bytes + 1, size), "%zu bytes",
                      size);
    CHECK(w3d_crc32c(0, bytes, sizeof bytes) == reference(0, bytes, sizeof bytes));
}

static void pieces_join(void)
{
    static unsigned char bytes[9000];
    fill_random(bytes, sizeof bytes);
    uint32_t whole = w3d_crc32c(0, bytes, sizeof bytes);
    for (int round = 0; round < 300; round++) {
        uint32_t part = 0;
        for (size_t i = 0; i < sizeof bytes;) {
            size_t size = test_random_below(round % 2 ? 5000 : 90);
            if (size > sizeof bytes - i) size = sizeof bytes - i;
            part = w3d_crc32c(part, bytes + i, size);
            i += size;
        }
        CHECK(part == whole);
    }
}

static void every_bit_counts(void)
{
    unsigned char bytes[300];
    fill_random(bytes, sizeof bytes);
    uint32_t right = w3d_crc32c(0, bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        CHECK(w3d_crc32c(0, bytes, sizeof bytes) != right);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

void test_crc32c(void)
{
    RUN(known_values);
    RUN(lengths_and_alignments);
    RUN(pieces_join);
    RUN(every_bit_counts);
}
