/* test_base.c - results have texts, errors say what and where, memory functions do what they say. */
#include "test.h"

#include "core/base.h"

static void every_result_has_a_text(void)
{
    for (int i = 0; i < (int)W3D_RESULT_COUNT; i++) {
        const char *text = w3d_result_text((w3d_result)i);
        CHECK_MESSAGE(text && *text && strcmp(text, "not a result of this library"), "result %d",
                      i);
        for (int k = 0; k < i; k++) CHECK(strcmp(text, w3d_result_text((w3d_result)k)));
    }
    CHECK(W3D_OK == 0);
    CHECK(!strcmp(w3d_result_text(W3D_RESULT_COUNT), "not a result of this library"));
}

static void errors_are_filled_or_ignored(void)
{
    w3d_error error = { W3D_OK, 0, NULL };
    CHECK(w3d_error_set(&error, W3D_ERR_FORMAT, 17, "bad") == W3D_ERR_FORMAT);
    CHECK(error.code == W3D_ERR_FORMAT && error.offset == 17 && !strcmp(error.text, "bad"));
    CHECK(w3d_error_set(NULL, W3D_ERR_LIMIT, 1, "x") == W3D_ERR_LIMIT);
}

static void memory_functions_match_the_c_library(void)
{
    unsigned char a[64], b[64], c[64];
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 64; i++) a[i] = b[i] = (unsigned char)test_random_below(3);
        size_t size = test_random_below(33), from = test_random_below(31),
               to = test_random_below(31);
        memmove(a + to, a + from, size);
        w3d_move(b + to, b + from, size);
        CHECK_BYTES(a, b, 64);
        w3d_copy(c, a, 64);
        c[to] ^= (unsigned char)test_random_below(2);
        CHECK(w3d_equal(a, c, 64) == !memcmp(a, c, 64));
        CHECK(w3d_equal(a + 1, c + 1, size) == !memcmp(a + 1, c + 1, size));
        w3d_fill(c + from, 0xAB, size);
        for (size_t i = 0; i < size; i++) CHECK(c[from + i] == 0xAB);
    }
    w3d_copy(NULL, NULL, 0);
    w3d_move(NULL, NULL, 0);
    w3d_fill(NULL, 0, 0);
    CHECK(w3d_equal(NULL, NULL, 0));
    CHECK(w3d_text_size("") == 0 && w3d_text_size("abc") == 3);
    CHECK(w3d_text_is("abcd", 3, "abc") && !w3d_text_is("abcd", 4, "abc") &&
          !w3d_text_is("ab", 2, "abc"));
}

void test_base(void)
{
    RUN(every_result_has_a_text);
    RUN(errors_are_filled_or_ignored);
    RUN(memory_functions_match_the_c_library);
}
