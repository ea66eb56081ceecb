/* test_bytes.c - numbers at odd addresses, both byte orders. */
#include "test.h"

#include "core/bytes.h"

static void numbers_lie_little_endian_at_any_address(void)
{
    unsigned char bytes[17];
    for (size_t at = 0; at < 8; at++) {
        memset(bytes, 0xEE, sizeof bytes);
        w3d_store_u64(bytes + at, 0x0102030405060708u);
        for (size_t i = 0; i < 8; i++) CHECK(bytes[at + i] == 8 - i);
        CHECK(bytes[at + 8] == 0xEE);
        CHECK(w3d_load_u16(bytes + at) == 0x0708u && w3d_load_u32(bytes + at) == 0x05060708u);
        CHECK(w3d_load_u64(bytes + at) == 0x0102030405060708u);
        w3d_store_i64(bytes + at, -2);
        CHECK(w3d_load_i64(bytes + at) == -2 && bytes[at] == 0xFE && bytes[at + 7] == 0xFF);
        w3d_store_f32(bytes + at, -1.5f);
        CHECK(w3d_load_f32(bytes + at) == -1.5f && w3d_load_u32(bytes + at) == 0xBFC00000u);
        w3d_store_f64(bytes + at, 0.1);
        CHECK(w3d_load_f64(bytes + at) == 0.1);
        w3d_store_u32_big(bytes + at, 0x01020304u);
        CHECK(bytes[at] == 1 && bytes[at + 3] == 4 && w3d_load_u32_big(bytes + at) == 0x01020304u);
        w3d_store_u16(bytes + at, 0xBEEF);
        w3d_store_u32(bytes + at + 2, 0xDEADC0DEu);
        CHECK(w3d_load_u32(bytes + at) == 0xC0DEBEEFu);
    }
}

void test_bytes(void)
{
    RUN(numbers_lie_little_endian_at_any_address);
}
