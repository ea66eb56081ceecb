/* test_deflate.c - every level brings every input back; bounds, capacities, the bytes written. */
#include "test.h"

#include "pack/crc32.h"
#include "pack/deflate.h"
#include "pack/inflate.h"

static const w3d_deflate_level levels[] = { W3D_DEFLATE_STORED, W3D_DEFLATE_FAST, W3D_DEFLATE_GOOD,
                                            W3D_DEFLATE_SMALL };

/* Compresses into the smallest buffer that may be asked for, with a guard behind it. */
static uint8_t *pack(const uint8_t *src, size_t size, w3d_deflate_level level, int raw,
                     size_t *packed_size)
{
    size_t bound = w3d_deflate_bound(size), scratch_size = w3d_deflate_scratch_size();
    uint8_t *packed = (uint8_t *)malloc(bound + 16);
    void *scratch = malloc(scratch_size);
    w3d_deflate_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(packed, 0xEE, bound + 16);
    desc.src = src;
    desc.src_size = size;
    desc.dst = packed;
    desc.capacity = bound;
    desc.level = level;
    desc.raw = raw;
    *packed_size = 0;
    w3d_result result =
        w3d_deflate(&desc, packed_size, w3d_arena_make(scratch, scratch_size), NULL);
    CHECK_MESSAGE(result == W3D_OK, "%zu bytes, level %d: %s", size, (int)level,
                  w3d_result_text(result));
    for (int i = 0; i < 16; i++) CHECK(packed[bound + i] == 0xEE);
    free(scratch);
    return packed;
}

static size_t round_trip(const uint8_t *src, size_t size, w3d_deflate_level level, int raw)
{
    size_t packed_size, written = 0, consumed = 0;
    uint8_t *packed = pack(src, size, level, raw, &packed_size);
    uint8_t *back = (uint8_t *)malloc(size + 1);
    w3d_inflate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.src = packed;
    desc.src_size = packed_size;
    desc.dst = back;
    desc.capacity = size;
    desc.raw = raw;
    w3d_result result = w3d_inflate(&desc, &written, &consumed, NULL);
    CHECK_MESSAGE(result == W3D_OK && written == size && consumed == packed_size &&
                      !memcmp(back, src, size),
                  "%zu bytes, level %d, raw %d: %s", size, (int)level, raw,
                  w3d_result_text(result));
    free(back);
    free(packed);
    return packed_size;
}

/* ---- inputs ---- */

static void make_noise(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)test_random();
}

/* Words of a small language: text as compressors meet it. */
static void make_text(uint8_t *bytes, size_t size)
{
    char words[400][12];
    for (int w = 0; w < 400; w++) {
        int length = 2 + (int)test_random_below(9);
        for (int i = 0; i < length; i++)
            words[w][i] =
                "etaoinshrdlucmfwypvbgkjqxz"[test_random_below(1 + test_random_below(26))];
        words[w][length] = ' ';
        words[w][length + 1] = 0;
    }
    for (size_t i = 0; i < size;) {
        const char *word = words[test_random_below(1 + test_random_below(400))];
        while (*word && i < size) bytes[i++] = (uint8_t)*word++;
    }
}

/* The differences of a smooth picture: small numbers of both signs, few repetitions. */
static void make_differences(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(test_random_below(4) + test_random_below(4) - 3);
}

/* Old pieces again, at all distances, with noise between them. */
static void make_echoes(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t length = 1 + test_random_below(test_random_below(8) ? 20 : 600);
        size_t far = i && test_random_below(3)
                         ? 1 + test_random_below((uint32_t)(i < 70000 ? i : 70000))
                         : 0;
        for (; length && i < size; length--, i++)
            bytes[i] = far ? bytes[i - far] : (uint8_t)test_random();
    }
}

/* Byte values as frequent as Fibonacci's numbers: Huffman's code would take 24 bits. */
static void make_fibonacci(uint8_t *bytes, size_t size)
{
    uint32_t sum = 0, weights[25];
    for (int i = 0; i < 25; i++) sum += weights[i] = i < 2 ? 1 : weights[i - 1] + weights[i - 2];
    for (size_t i = 0; i < size; i++) {
        uint32_t at = test_random_below(sum);
        int symbol = 24;
        while (at >= weights[symbol]) at -= weights[symbol--];
        bytes[i] = (uint8_t)(symbol * 9);
    }
}

/* Text, then noise, then differences: the codes must change. */
static void make_mixture(uint8_t *bytes, size_t size)
{
    make_text(bytes, size / 3);
    make_noise(bytes + size / 3, size / 3);
    make_differences(bytes + size / 3 * 2, size - size / 3 * 2);
}

static const struct {
    const char *name;
    void (*make)(uint8_t *bytes, size_t size);
} kinds[] = {
    { "noise", make_noise },   { "text", make_text },           { "differences", make_differences },
    { "echoes", make_echoes }, { "fibonacci", make_fibonacci }, { "mixture", make_mixture }
};
enum { KINDS = sizeof kinds / sizeof kinds[0], SIZE = 300000 };

/* ---- tests ---- */

static void every_small_size(void)
{
    uint8_t bytes[700];
    for (size_t size = 0; size <= sizeof bytes; size += size < 300 ? 1 : 19)
        for (int kind = 0; kind < 4; kind++) {
            if (kind == 0)
                memset(bytes, 'z', size);
            else
                kinds[kind].make(bytes, size);
            for (int l = 0; l < 4; l++)
                round_trip(bytes, size, levels[l], (int)(size + (size_t)l) & 1);
        }
}

static void every_kind(void)
{
    uint8_t *bytes = (uint8_t *)malloc(SIZE);
    for (int kind = 0; kind < KINDS; kind++) {
        kinds[kind].make(bytes, SIZE);
        size_t sizes[4];
        for (int l = 0; l < 4; l++) sizes[l] = round_trip(bytes, SIZE, levels[l], l & 1);
        CHECK_MESSAGE(sizes[3] <= sizes[2] + sizes[2] / 1000 && sizes[2] <= sizes[1] + 64 &&
                          sizes[1] <= sizes[0] + 64,
                      "%s: %zu %zu %zu %zu", kinds[kind].name, sizes[0], sizes[1], sizes[2],
                      sizes[3]);
        /* All but noise shrinks; noise grows by the framing of its blocks. */
        if (kind) CHECK(sizes[2] < SIZE * 9 / 10);
    }
    free(bytes);
}

static void runs_and_periods(void)
{
    uint8_t *bytes = (uint8_t *)malloc(SIZE);
    for (size_t period = 1; period < 70000; period = period < 20 ? period + 1 : period * 3 + 1) {
        for (size_t i = 0; i < SIZE; i++)
            bytes[i] = i < period ? (uint8_t)test_random() : bytes[i - period];
        for (int l = 0; l < 4; l++) {
            size_t size = round_trip(bytes, SIZE, levels[l], 0);
            size_t most = levels[l] == W3D_DEFLATE_FAST ? SIZE / 5 : period + period / 8 + 2000;
            if (levels[l] != W3D_DEFLATE_STORED && period < 32768)
                CHECK_MESSAGE(size < most, "period %zu, level %d: %zu bytes", period,
                              (int)levels[l], size);
        }
    }
    free(bytes);
}

/* As many bytes as a block's tokens, a stored block or the finder's window hold, and one off. */
static void sizes_at_limits(void)
{
    static const size_t limits[] = { 3838, 4096, 32768, 65535, 65536, 98304, 131070 };
    uint8_t *bytes = (uint8_t *)malloc(200000);
    make_noise(bytes, 100000);
    make_text(bytes + 100000, 100000);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        for (size_t size = limits[i] - 1; size <= limits[i] + 1; size++)
            for (int l = 0; l < 3; l++) {
                round_trip(bytes, size, levels[l], 1);
                round_trip(bytes + 200000 - size, size, levels[l], 0);
            }
    free(bytes);
}

/* Just enough room is enough; less is an error that leaves the rest alone. */
static void every_capacity(void)
{
    uint8_t bytes[1500];
    size_t scratch_size = w3d_deflate_scratch_size();
    void *scratch = malloc(scratch_size);
    for (int kind = 0; kind < 2; kind++) {
        kinds[kind].make(bytes, sizeof bytes);
        for (int l = 0; l < 3; l++) {
            size_t packed_size, written;
            uint8_t *packed = pack(bytes, sizeof bytes, levels[l], 0, &packed_size);
            for (size_t capacity = 0; capacity <= packed_size; capacity++) {
                uint8_t *dst = (uint8_t *)malloc(capacity + 1);
                w3d_deflate_desc desc;
                w3d_error error;
                memset(&desc, 0, sizeof desc);
                desc.src = bytes;
                desc.src_size = sizeof bytes;
                desc.dst = dst;
                desc.capacity = capacity;
                desc.level = levels[l];
                dst[capacity] = 0xEE;
                written = 12345;
                w3d_result result =
                    w3d_deflate(&desc, &written, w3d_arena_make(scratch, scratch_size), &error);
                if (capacity < packed_size)
                    CHECK(result == W3D_ERR_CAPACITY && written == 12345 && error.text);
                else
                    CHECK(result == W3D_OK && written == packed_size &&
                          !memcmp(dst, packed, written));
                CHECK(dst[capacity] == 0xEE);
                free(dst);
            }
            free(packed);
        }
    }
    free(scratch);
}

/* The same where many blocks are written: the offset says how far it came. */
static void capacity_of_many_blocks(void)
{
    size_t scratch_size = w3d_deflate_scratch_size(), packed_size, written = 12345;
    uint8_t *bytes = (uint8_t *)malloc(SIZE), *scratch = (uint8_t *)malloc(scratch_size);
    make_noise(bytes, SIZE);
    uint8_t *packed = pack(bytes, SIZE, W3D_DEFLATE_GOOD, 0, &packed_size);
    for (size_t capacity = 0; capacity < packed_size; capacity += packed_size / 10) {
        w3d_deflate_desc desc;
        w3d_error error;
        memset(&desc, 0, sizeof desc);
        desc.src = bytes;
        desc.src_size = SIZE;
        desc.dst = packed;
        desc.capacity = capacity;
        CHECK(w3d_deflate(&desc, &written, w3d_arena_make(scratch, scratch_size), &error) ==
              W3D_ERR_CAPACITY);
        CHECK(written == 12345 && error.offset <= capacity && error.offset + 40000 > capacity);
    }
    free(packed);
    free(scratch);
    free(bytes);
}

static void arguments(void)
{
    uint8_t byte = 0, dst[64];
    size_t written = 7, scratch_size = w3d_deflate_scratch_size();
    void *memory = malloc(scratch_size);
    w3d_arena scratch = w3d_arena_make(memory, scratch_size);
    w3d_deflate_desc desc;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_deflate(NULL, &written, scratch, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_ERR_CAPACITY);
    desc.capacity = sizeof dst;
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_ERR_ARGUMENT);
    desc.dst = dst;
    desc.src_size = 1;
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_ERR_ARGUMENT);
    desc.src = &byte;
    CHECK(w3d_deflate(&desc, NULL, scratch, NULL) == W3D_ERR_ARGUMENT);
    desc.level = (w3d_deflate_level)4;
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_ERR_ARGUMENT);
    desc.level = W3D_DEFLATE_GOOD;
    CHECK(w3d_deflate(&desc, &written, w3d_arena_make(memory, scratch_size - 16), NULL) ==
          W3D_ERR_CAPACITY);
    CHECK(w3d_deflate(&desc, &written, w3d_arena_make(NULL, 0), NULL) == W3D_ERR_CAPACITY);
    CHECK(written == 7);
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_OK);
    desc.src = NULL, desc.src_size = 0; /* no bytes are a stream as well */
    CHECK(w3d_deflate(&desc, &written, scratch, NULL) == W3D_OK);
    CHECK(written == 8 && !memcmp(dst, "\x78\x9C\x03\x00\x00\x00\x00\x01", 8));
    CHECK(w3d_deflate_bound(SIZE_MAX) == SIZE_MAX);
    CHECK(w3d_deflate_bound(0) >= 11);
    free(memory);
}

/* The scratch may start anywhere. */
static void unaligned_scratch(void)
{
    uint8_t bytes[2000], dst[3000];
    size_t written, first = 0, scratch_size = w3d_deflate_scratch_size();
    uint8_t *memory = (uint8_t *)malloc(scratch_size + 16);
    make_text(bytes, sizeof bytes);
    for (size_t at = 0; at < 16; at++) {
        w3d_deflate_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.src = bytes;
        desc.src_size = sizeof bytes;
        desc.dst = dst;
        desc.capacity = sizeof dst;
        memset(memory, 0xEE, scratch_size + 16);
        CHECK(w3d_deflate(&desc, &written, w3d_arena_make(memory + at, scratch_size), NULL) ==
              W3D_OK);
        if (at == 0) first = written;
        CHECK(written == first);
    }
    free(memory);
}

/* The same bytes on every target: these were made on x86-64. */
static void same_bytes_everywhere(void)
{
    static const uint32_t expected[KINDS][4] = {
        { 0xB2A26FBEu, 0xC6168500u, 0x8012B65Cu, 0xB61FCF12u },
        { 0xB32B6650u, 0x00F21546u, 0xE4080F42u, 0x43ECCE3Cu },
        { 0x291E578Eu, 0x65CC9D65u, 0x99A24985u, 0x316C8444u },
        { 0x636F8B91u, 0xD771547Bu, 0xF1D3791Eu, 0x42EE29BEu },
        { 0xF4D4EE3Eu, 0x62DB99D4u, 0xF824FCFCu, 0x202B5EAAu },
        { 0xC6197F84u, 0xD5613FFEu, 0x2FBFFF94u, 0xF412CC91u }
    };
    uint8_t *bytes = (uint8_t *)malloc(SIZE);
    test.random = 1;
    for (int kind = 0; kind < KINDS; kind++) {
        kinds[kind].make(bytes, SIZE);
        for (int l = 0; l < 4; l++) {
            size_t size;
            uint8_t *packed = pack(bytes, SIZE, levels[l], 0, &size);
            uint32_t sum = w3d_crc32(0, packed, size);
            CHECK_MESSAGE(sum == expected[kind][l], "%s, level %d: %zu bytes, checksum 0x%08X",
                          kinds[kind].name, (int)levels[l], size, (unsigned)sum);
            free(packed);
        }
    }
    free(bytes);
}

void test_deflate(void)
{
    RUN(every_small_size);
    RUN(every_kind);
    RUN(runs_and_periods);
    RUN(sizes_at_limits);
    RUN(every_capacity);
    RUN(capacity_of_many_blocks);
    RUN(arguments);
    RUN(unaligned_scratch);
    RUN(same_bytes_everywhere);
}
