/* test_simd_bytes.c - every byte operation against plain C; all backends run the same file. */
#include "test.h"

#include "core/hash.h"
#include "core/simd_bytes.h"

static uint64_t hash;

static void note(w3d_b16 value, const uint8_t *expected, const char *name)
{
    uint8_t lanes[16];
    w3d_b16_store(lanes, value);
    if (memcmp(lanes, expected, 16)) printf("%s: ", name);
    CHECK_BYTES(lanes, expected, 16);
    hash = w3d_hash_bytes(lanes, 16, hash);
}

static uint16_t wide(const uint8_t *lanes, int i) { return w3d_load_u16(lanes + (i & ~1)); }

#define EACH(expression) for (int i = 0; i < 16; i++) e[i] = (uint8_t)(expression)
#define EACH16(expression)                                                                         \
    for (int i = 0; i < 16; i += 2) w3d_store_u16(e + i, (uint16_t)(expression))

static void lanes_match_plain_c(void)
{
    hash = 0;
    for (int round = 0; round < 4000; round++) {
        uint8_t x[16], y[16], e[16], at[16], small[16], other[16], got[16];
        uint32_t word = (uint32_t)test_random();
        for (int i = 0; i < 16; i++) {
            x[i] = (uint8_t)test_random();
            y[i] = test_random_below(4) ? (uint8_t)test_random() : x[i];
            at[i] = (uint8_t)(test_random_below(4) ? test_random_below(16) : 128 + test_random_below(128));
            small[i] = i & 1 ? 0 : (uint8_t)test_random();
            other[i] = i & 1 ? 0 : (uint8_t)test_random();
        }
        w3d_b16 a = w3d_b16_load(x), b = w3d_b16_load(y);
        EACH(0); note(w3d_b16_zero(), e, "zero");
        EACH(i < 8 ? x[i] : 0); note(w3d_b16_load8(x), e, "load8");
        memcpy(e, y, 16), memcpy(e, x, 8);
        w3d_b16_store8(y, a), note(w3d_b16_load(y), e, "store8");
        w3d_b16_store(y, b);
        EACH(x[3]); note(w3d_b16_splat8(x[3]), e, "splat8");
        EACH16(word); note(w3d_b16_splat16((int)(word & 0xFFFFu)), e, "splat16");
        EACH(i < 4 ? word >> 8 * i : 0); note(w3d_b16_low32(word), e, "low32");
        EACH(x[i] & y[i]); note(w3d_b16_and(a, b), e, "and");
        EACH(x[i] | y[i]); note(w3d_b16_or(a, b), e, "or");
        EACH(x[i] ^ y[i]); note(w3d_b16_xor(a, b), e, "xor");
        EACH(x[i] & ~y[i]); note(w3d_b16_andnot(a, b), e, "andnot");
        EACH(x[i] + y[i]); note(w3d_b16_add8(a, b), e, "add8");
        EACH(x[i] - y[i]); note(w3d_b16_sub8(a, b), e, "sub8");
        EACH16(wide(x, i) + wide(y, i)); note(w3d_b16_add16(a, b), e, "add16");
        EACH16(wide(x, i) - wide(y, i)); note(w3d_b16_sub16(a, b), e, "sub16");
        EACH(x[i] == y[i] ? 255 : 0); note(w3d_b16_equal8(a, b), e, "equal8");
        EACH(x[i] < y[i] ? x[i] : y[i]); note(w3d_b16_min8(a, b), e, "min8");
        EACH16((int16_t)wide(x, i) > (int16_t)wide(y, i) ? wide(x, i) : wide(y, i));
        w3d_b16_store(got, w3d_b16_max16(a, b)), CHECK_BYTES(got, e, 16);
        EACH(x[i] >= y[i] ? 255 : 0); note(w3d_b16_not_less8(a, b), e, "not_less8");
        EACH(x[i] > 127 ? 255 : 0); note(w3d_b16_sign8(a), e, "sign8");
        EACH16(wide(x, i) > 32767 ? 0xFFFF : 0); note(w3d_b16_sign16(a), e, "sign16");
        for (int n = 0; n < 16; n++) {
            EACH16((uint32_t)wide(x, i) << n); note(w3d_b16_shift_left16(a, n), e, "shift_left16");
            EACH16(wide(x, i) >> n); note(w3d_b16_shift_right16(a, n), e, "shift_right16");
        }
        EACH(i >= 1 ? x[i - 1] : 0); note(w3d_b16_up1(a), e, "up1");
        EACH(i >= 2 ? x[i - 2] : 0); note(w3d_b16_up2(a), e, "up2");
        EACH(i >= 4 ? x[i - 4] : 0); note(w3d_b16_up4(a), e, "up4");
        EACH(i >= 8 ? x[i - 8] : 0); note(w3d_b16_up8(a), e, "up8");
        EACH(x[12 + i % 4]); note(w3d_b16_last32(a), e, "last32");
        for (int size = 1, k = 0; k < 4; k++, size *= 2)
            for (int high = 0; high < 2; high++) {
                w3d_b16 both = k == 0  ? (high ? w3d_b16_zip8_high(a, b) : w3d_b16_zip8_low(a, b))
                              : k == 1 ? (high ? w3d_b16_zip16_high(a, b) : w3d_b16_zip16_low(a, b))
                              : k == 2 ? (high ? w3d_b16_zip32_high(a, b) : w3d_b16_zip32_low(a, b))
                                       : (high ? w3d_b16_zip64_high(a, b) : w3d_b16_zip64_low(a, b));
                EACH((i / size % 2 ? y : x)[8 * high + i / size / 2 * size + i % size]);
                note(both, e, "zip");
            }
        EACH(i < 8 ? small[2 * i] : other[2 * i - 16]);
        note(w3d_b16_narrow(w3d_b16_load(small), w3d_b16_load(other)), e, "narrow");
        EACH(at[i] < 16 ? x[at[i]] : 0); note(w3d_b16_swizzle(a, w3d_b16_load(at)), e, "swizzle");
        unsigned bits = 0, count = 0, mask = word & 0xFFFFu;
        for (int i = 0; i < 16; i++) bits |= (unsigned)(x[i] >> 7) << i;
        CHECK(w3d_b16_mask8(a) == bits);
        w3d_b16 lanes = w3d_b16_from_mask8(mask);
        EACH(mask >> i & 1u ? 255 : 0); note(lanes, e, "from_mask8");
        EACH(mask >> i & 1u ? x[i] : y[i]); note(w3d_b16_select(lanes, a, b), e, "select");
        EACH(mask >> i & 1u ? y[count++] : x[i]);
        note(w3d_b16_expand(a, lanes, mask, y), e, "expand");
        if (w3d_simd_has_shuffles()) { /* the same, by what the processor has */
            w3d_b16_store(got, w3d_b16_expand_by(a, lanes, mask, y, 1)), CHECK_BYTES(got, e, 16);
            EACH(at[i] < 16 ? x[at[i]] : 0);
            w3d_b16_store(got, w3d_b16_swizzle_by(a, w3d_b16_load(at), 1)), CHECK_BYTES(got, e, 16);
            uint64_t wide_mask = mask | (uint64_t)mask << 40;
            CHECK(w3d_b16_count_by(wide_mask, 1) == 2 * count && w3d_b16_count_by(0, 1) == 0);
        }
        CHECK(w3d_b16_count(mask) == count && w3d_b16_count(mask | (uint64_t)mask << 40) == 2 * count);
        note(w3d_b16_bits_i4(w3d_i4_bits_b16(a)), x, "bits_i4");
    }
    CHECK(w3d_b16_count(~(uint64_t)0) == 64 && w3d_b16_count(0) == 0);
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x1a2f63d0552fdfb7u, "the hash is %016llx", (unsigned long long)hash);
}

void test_simd_bytes(void);
void test_simd_bytes(void) { RUN(lanes_match_plain_c); }
