/* test.h - a small test harness: checks that go on, a seeded generator, a name filter.
 *
 *     static void adds(void) { CHECK(w3d_size_add(1, 2, &sum) && sum == 3); }
 *     void test_size(void)   { RUN(adds); }
 *
 * tests/main.c lists the suites and holds the counters. A failed check prints file:line and the
 * expression, counts its test as failed once, and goes on. */
#ifndef TEST_H
#define TEST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct test_state {
    const char *suite;      /* name of the running suite                     */
    const char *name;       /* name of the running test                      */
    const char *filter;     /* run only tests whose suite.name contains this */
    uint64_t    seed;       /* printed with failures; --seed replays         */
    uint64_t    random;     /* the generator, reseeded before every test     */
    int         passed, failed, failures_here;
} test_state;

extern test_state test;

/* Reports a failed check; used by the macros below. */
static inline void test_fail(const char *file, int line, const char *what)
{
    if (test.failures_here++ < 10)
        printf("%s:%d: %s.%s: %s (seed %llu)\n", file, line, test.suite, test.name, what,
               (unsigned long long)test.seed);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) test_fail(__FILE__, __LINE__, #condition);                               \
    } while (0)

/* As CHECK, with a printf-like message saying which case it was. */
#define CHECK_MESSAGE(condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            char message_[512];                                                                    \
            snprintf(message_, sizeof message_, __VA_ARGS__);                                      \
            test_fail(__FILE__, __LINE__, message_);                                               \
        }                                                                                          \
    } while (0)

/* Equal bytes, or the first difference in hex. */
#define CHECK_BYTES(a, b, size) test_compare(__FILE__, __LINE__, #a " == " #b, (a), (b), (size))
static inline void test_compare(const char *file, int line, const char *what, const void *a,
                              const void *b, size_t size)
{
    const unsigned char *left = (const unsigned char *)a, *right = (const unsigned char *)b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] == right[i]) continue;
        char message[256];
        size_t used = (size_t)snprintf(message, sizeof message, "%.100s: byte %zu of %zu:", what, i, size);
        for (int side = 0; side < 2; side++) {
            for (size_t k = i; k < i + 8 && k < size && used + 8 < sizeof message; k++)
                used += (size_t)snprintf(message + used, sizeof message - used, " %02x",
                                         side ? right[k] : left[k]);
            if (!side) used += (size_t)snprintf(message + used, sizeof message - used, " |");
        }
        test_fail(file, line, message);
        return;
    }
}

/* How many floats lie between a and the double b rounded: 0.5 is the best a float can be. */
static inline double test_ulp_error(float a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b) ? 0.0 : HUGE_VAL;
    if (isinf(b) || isinf(a)) return (double)a == (double)(float)b ? 0.0 : HUGE_VAL;
    int exponent;
    frexp(b, &exponent);
    if (exponent < -125) exponent = -125; /* subnormal floats share one step */
    return fabs((double)a - b) / ldexp(1.0, exponent - 24);
}
#define CHECK_ULP(a, b, limit)                                                                     \
    CHECK_MESSAGE(test_ulp_error((a), (b)) <= (limit), "%s = %.9g, expected %.17g, %.3f ulp", #a,  \
                  (double)(a), (double)(b), test_ulp_error((a), (b)))
#define CHECK_NEAR(a, b, limit)                                                                    \
    CHECK_MESSAGE(fabs((double)(a) - (double)(b)) <= (limit), "%s = %.17g, expected %.17g", #a,    \
                  (double)(a), (double)(b))

/* The generator (SplitMix64): the same numbers for the same seed on every machine. */
static inline uint64_t test_random(void)
{
    uint64_t z = (test.random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
/* A whole number in [0, end), and a float in [low, high). */
static inline uint32_t test_random_below(uint32_t end)
{
    return (uint32_t)((test_random() >> 32) * end >> 32);
}
static inline float test_random_float(float low, float high)
{
    volatile float offset = (high - low) * ((float)(test_random() >> 40) / 16777216.0f);
    return low + offset; /* volatile: two roundings, also where the test is built with -mfma */
}

#define RUN(function) test_run(#function, function)
static inline void test_run(const char *name, void (*function)(void))
{
    char full[200];
    snprintf(full, sizeof full, "%s.%s", test.suite, name);
    if (test.filter && !strstr(full, test.filter)) return;
    test.name = name;
    test.random = test.seed;
    test.failures_here = 0;
    function();
    if (test.failures_here) {
        test.failed++;
        printf("FAILED %s (%d checks)\n", full, test.failures_here);
    } else
        test.passed++;
}

/* A whole file in memory (free it), or NULL; *size is its length. */
static inline unsigned char *test_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    unsigned char *bytes = NULL;
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    if (length >= 0) bytes = (unsigned char *)malloc((size_t)length + 1);
    if (bytes && fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        free(bytes);
        bytes = NULL;
    }
    *size = bytes ? (size_t)length : 0;
    fclose(file);
    return bytes;
}

/* Runs `body` with the 1st, 2nd, 3rd... allocation failing until one run gets through without a
 * failure. `body` gets the allocator and returns what it got (0: success); after each run all
 * memory must be back. Lives in tests/main.c, so that test.h needs nothing of the library. */
void test_allocation_sweep(int (*body)(const void *allocator, void *user), void *user);

#ifdef __cplusplus
}
#endif
#endif /* TEST_H */
