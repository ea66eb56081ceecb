/* test_hash.c - hashes are fixed for ever, spread their bits, and read no byte too many. */
#include "test.h"

#include "core/hash.h"

static void values_are_fixed(void)
{
    CHECK(w3d_hash_u32(0) == 0 && w3d_hash_u32(1) == 0x514E28B7u);
    CHECK(w3d_hash_u64(0) == 0 && w3d_hash_u64(1) == 0x5692161D100B05E5u);
    CHECK_MESSAGE(w3d_hash_bytes("wasm3d", 6, 0) == 0x9F624C363DF5E2F6u, "0x%016llX", (unsigned long long)w3d_hash_bytes("wasm3d", 6, 0));
}

/* Flipping any one bit of the key flips each bit of the hash about half of the time. */
static void every_bit_reaches_every_bit(void)
{
    enum { TRIALS = 2000 };
    static int flips[64][64];
    memset(flips, 0, sizeof flips);
    for (int t = 0; t < TRIALS; t++) {
        uint64_t key = test_random();
        for (int i = 0; i < 64; i++) {
            uint64_t other = key ^ (uint64_t)1 << i;
            uint64_t change = w3d_hash_bytes(&key, 8, 3) ^ w3d_hash_bytes(&other, 8, 3);
            for (int k = 0; k < 64; k++) flips[i][k] += (int)(change >> k & 1);
        }
    }
    for (int i = 0; i < 64; i++)
        for (int k = 0; k < 64; k++)
            CHECK_MESSAGE(abs(flips[i][k] - TRIALS / 2) < TRIALS / 8, "bit %d to %d: %d of %d", i, k, flips[i][k], TRIALS);
}

static void length_and_seed_count(void)
{
    unsigned char zeros[40] = { 0 };
    uint64_t seen[80];
    int count = 0;
    for (size_t size = 0; size < 40; size++)
        for (uint64_t seed = 0; seed < 2; seed++) {
            uint64_t hash = w3d_hash_bytes(zeros, size, seed);
            for (int i = 0; i < count; i++) CHECK(seen[i] != hash);
            seen[count++] = hash;
        }
}

void test_hash(void)
{
    RUN(values_are_fixed);
    RUN(every_bit_reaches_every_bit);
    RUN(length_and_seed_count);
}
