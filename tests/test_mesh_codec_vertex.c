/* test_mesh_codec_vertex.c - every stride and way of packing against a decoder written another way;
 * cut, damaged and random streams. tests/oracle_meshopt.mjs holds both directions to meshoptimizer. */
#include "reference/reference_mesh_codec.h"

#include "core/hash.h"
#include "mesh/mesh_codec_vertex.h"

static w3d_result decode(const uint8_t *bytes, size_t size, void *out, uint32_t count, uint32_t stride,
                         w3d_error *error)
{
    w3d_mesh_codec_stream stream = { bytes, size, count, stride };
    return w3d_mesh_codec_vertex_decode(&stream, out, error);
}

/* A copy in a block of its exact size, so that the address sanitizer sees a read beyond it. */
static uint8_t *exact(const void *bytes, size_t size)
{
    uint8_t *block = (uint8_t *)malloc(size ? size : 1);
    memcpy(block, bytes, size);
    return block;
}

/* Encodes into a buffer of the bound, filled and guarded; the stream's size. */
static uint8_t *encode(const void *rows, uint32_t count, uint32_t stride, uint32_t version, size_t *size)
{
    size_t bound = w3d_mesh_codec_vertex_bound(count, stride);
    uint8_t *block = (uint8_t *)malloc(bound);
    w3d_mesh_codec_vertex_desc desc = { rows, count, stride, version };
    w3d_mesh_codec_buffer buffer = { block, bound, 0 };
    memset(block, 0xEE, bound);
    CHECK(w3d_mesh_codec_vertex_encode(&desc, &buffer) == W3D_OK);
    CHECK_MESSAGE(buffer.size <= bound, "%zu bytes, the bound is %zu", buffer.size, bound);
    uint8_t *stream = exact(block, buffer.size);
    free(block);
    *size = buffer.size;
    return stream;
}

enum { KIND_ZERO, KIND_SAME, KIND_SLOW, KIND_WALK, KIND_JUMPS, KIND_NOISE, KIND_FLOATS, KIND_COUNT };

static void fill_rows(uint8_t *rows, uint32_t count, uint32_t stride, int kind)
{
    uint8_t at[256];
    for (uint32_t k = 0; k < stride; k++) at[k] = (uint8_t)test_random();
    for (uint32_t i = 0; i < count; i++, rows += stride) {
        for (uint32_t k = 0; k < stride; k++) {
            switch (kind) {
            case KIND_ZERO: at[k] = 0; break;
            case KIND_SLOW: at[k] = (uint8_t)(at[k] + (test_random_below(20) == 0)); break;
            case KIND_WALK: at[k] = (uint8_t)(at[k] + test_random_below(1 + k % 20) - k % 20 / 2); break;
            case KIND_JUMPS: at[k] = test_random_below(9) ? (uint8_t)(at[k] + 1) : (uint8_t)test_random(); break;
            case KIND_NOISE: at[k] = (uint8_t)test_random(); break;
            default: break;
            }
        }
        memcpy(rows, at, stride);
        if (kind == KIND_FLOATS)
            for (uint32_t k = 0; k < stride; k += 4) {
                float v = 3.0f + (float)i * 0.01f + test_random_float(0.0f, 0.001f);
                memcpy(rows + k, &v, 4);
            }
    }
}

static void check_round_trip(uint32_t count, uint32_t stride, int kind, uint32_t version)
{
    size_t bytes = (size_t)count * stride, size;
    uint8_t *rows = exact("", 0), *out = exact("", 0), *expected = (uint8_t *)malloc(bytes + 1);
    rows = (uint8_t *)realloc(rows, bytes + 1);
    free(out);
    out = (uint8_t *)malloc(bytes ? bytes : 1); /* exact: nothing beyond the rows may be touched */
    fill_rows(rows, count, stride, kind);
    uint8_t *stream = encode(rows, count, stride, version, &size);
    memset(out, 0xAA, bytes);
    w3d_error error = { W3D_OK, 0, NULL };
    w3d_result result = decode(stream, size, out, count, stride, &error);
    CHECK_MESSAGE(result == W3D_OK, "%u rows of %u, kind %d, version %u: %s at %u", count, stride, kind,
                  version, error.text ? error.text : "", (unsigned)error.offset);
    CHECK_BYTES(out, rows, bytes);
    CHECK(reference_vertex_decode(stream, size, expected, count, stride));
    CHECK_BYTES(expected, rows, bytes);
    free(rows), free(out), free(expected), free(stream);
}

static void rows_come_back(void)
{
    static const uint32_t strides[] = { 4, 8, 12, 16, 20, 24, 28, 36, 64, 100, 252, 256 };
    static const uint32_t counts[] = { 0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 64, 255, 256, 257, 300, 600 };
    for (unsigned s = 0; s < sizeof strides / sizeof *strides; s++)
        for (unsigned c = 0; c < sizeof counts / sizeof *counts; c++) {
            if (strides[s] > 36 && counts[c] > 257) continue;
            int kind = (int)((s + c) % KIND_COUNT);
            for (uint32_t version = 0; version < 2; version++) {
                check_round_trip(counts[c], strides[s], kind, version);
                check_round_trip(counts[c], strides[s], KIND_WALK, version);
            }
        }
    for (int kind = 0; kind < KIND_COUNT; kind++)
        for (uint32_t version = 0; version < 2; version++) check_round_trip(1000, 16, kind, version);
}

/* The specification's own example of a group, in the least stream there is around it. */
static void example_of_the_specification(void)
{
    static const uint8_t group[10] = { 0x17, 0x5f, 0xf0, 0xbc, 0x77, 0xa9, 0x21, 0x00, 0x34, 0xb5 };
    static const int deltas[16] = { -1, -4, -3, 26, -91, 0, -6, 6, -4, -4, 5, -5, 1, -1, 0, 0 };
    uint8_t stream[1 + 4 + 10 + 32] = { 0xA0, 2 }, out[64];
    memcpy(stream + 2, group, 10);
    stream[sizeof stream - 4] = 100;
    CHECK(decode(stream, sizeof stream, out, 16, 4, NULL) == W3D_OK);
    int at = 100;
    for (int i = 0; i < 16; i++) {
        at += deltas[i];
        CHECK(out[4 * i] == (uint8_t)at && out[4 * i + 1] == 0 && out[4 * i + 3] == 0);
    }
}

/* Version 1 streams put together at random, so that every way, mode and turn is met. */
static void every_way_of_version_1(void)
{
    for (int round = 0; round < 400; round++) {
        uint32_t stride = 4 * (1 + test_random_below(6)), count = 1 + test_random_below(80);
        uint32_t groups = (count + 15) / 16;
        uint8_t stream[12000], out[24 * 80], expected[24 * 80];
        size_t size = 0;
        stream[size++] = 0xA1;
        uint8_t *controls = stream + size;
        for (uint32_t c = 0; c < stride / 4; c++) stream[size++] = (uint8_t)test_random();
        for (uint32_t k = 0; k < stride; k++) {
            unsigned control = (unsigned)controls[k / 4] >> k % 4 * 2 & 3u;
            if (control == 2) continue;
            if (control == 3) {
                for (uint32_t i = 0; i < count; i++) stream[size++] = (uint8_t)test_random();
                continue;
            }
            uint8_t *headers = stream + size;
            for (uint32_t g = 0; g < groups; g += 4) stream[size++] = (uint8_t)test_random();
            for (uint32_t g = 0; g < groups; g++) {
                unsigned code = (unsigned)headers[g / 4] >> g % 4 * 2 & 3u;
                unsigned bits = control ? 1u << code : code ? 1u << (code - 1) : 0;
                uint32_t extra = 0;
                for (unsigned i = 0; i < 2 * bits; i++) {
                    uint8_t byte = (uint8_t)(test_random_below(3) ? test_random() : 0xFF);
                    stream[size++] = byte;
                    for (unsigned b = 0; bits < 8 && b < 8; b += bits)
                        extra += ((unsigned)byte >> b & ((1u << bits) - 1)) == (1u << bits) - 1;
                }
                while (extra--) stream[size++] = (uint8_t)test_random();
            }
        }
        size_t held = stride + stride / 4;
        for (; held < 24; held++) stream[size++] = 0;
        for (uint32_t k = 0; k < stride; k++) stream[size++] = (uint8_t)test_random();
        for (uint32_t c = 0; c < stride / 4; c++) {
            unsigned mode = test_random_below(3);
            stream[size++] = (uint8_t)(mode == 2 ? mode | test_random_below(16) << 4 : mode);
        }
        uint8_t *copy = exact(stream, size);
        CHECK(reference_vertex_decode(copy, size, expected, count, stride));
        CHECK(decode(copy, size, out, count, stride, NULL) == W3D_OK);
        CHECK_BYTES(out, expected, (size_t)count * stride);
        free(copy);
    }
}

/* Every cut and many damages: the same verdict as the reference's, and the same rows. */
static void hostile_streams(void)
{
    for (uint32_t version = 0; version < 2; version++) {
        uint8_t rows[20 * 120], out[20 * 120], expected[20 * 120];
        size_t size;
        fill_rows(rows, 120, 20, KIND_JUMPS);
        uint8_t *stream = encode(rows, 120, 20, version, &size);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *part = exact(stream, cut);
            w3d_error error = { W3D_OK, 0, NULL };
            CHECK(decode(part, cut, out, 120, 20, &error) != W3D_OK);
            CHECK(error.code != W3D_OK && error.text && error.offset <= cut);
            free(part);
        }
        /* One byte more than the blocks need, before the tail. */
        size_t tail = version ? 25 : 32;
        uint8_t *longer = (uint8_t *)malloc(size + 1);
        memcpy(longer, stream, size - tail);
        longer[size - tail] = 0;
        memcpy(longer + size - tail + 1, stream + size - tail, tail);
        w3d_error error = { W3D_OK, 0, NULL };
        CHECK(decode(longer, size + 1, out, 120, 20, &error) == W3D_ERR_FORMAT);
        CHECK(error.offset == size - tail);
        free(longer);
        unsigned bad = 0;
        for (int round = 0; round < 2000; round++) {
            uint8_t *damaged = exact(stream, size);
            for (uint32_t k = 0; k < 1 + test_random_below(3); k++)
                damaged[test_random_below((uint32_t)size)] = (uint8_t)test_random();
            int good = reference_vertex_decode(damaged, size, expected, 120, 20);
            w3d_result result = decode(damaged, size, out, 120, 20, NULL);
            CHECK_MESSAGE(good == (result == W3D_OK), "round %d: %s, the reference says %d", round,
                          w3d_result_text(result), good);
            if (good && result == W3D_OK) CHECK_BYTES(out, expected, sizeof out);
            bad += !good;
            free(damaged);
        }
        CHECK(bad > 50);
        free(stream);
    }
}

static void contracts(void)
{
    uint8_t rows[64] = { 0 }, out[64], stream[400];
    w3d_mesh_codec_vertex_desc desc = { rows, 4, 16, 0 };
    w3d_mesh_codec_buffer buffer = { stream, sizeof stream, 77 };
    w3d_error error;
    size_t bound = w3d_mesh_codec_vertex_bound(4, 16);
    CHECK(bound >= 1 + 16 * 18 + 32);
    CHECK(w3d_mesh_codec_vertex_bound(4, 0) == SIZE_MAX && w3d_mesh_codec_vertex_bound(4, 6) == SIZE_MAX);
    CHECK(w3d_mesh_codec_vertex_bound(4, 260) == SIZE_MAX);
    if (sizeof(size_t) == 4) CHECK(w3d_mesh_codec_vertex_bound(UINT32_MAX, 256) == SIZE_MAX);
    buffer.capacity = 10;
    CHECK(w3d_mesh_codec_vertex_encode(&desc, &buffer) == W3D_ERR_CAPACITY && buffer.size == 77);
    desc.stride = 18;
    CHECK(w3d_mesh_codec_vertex_encode(&desc, &buffer) == W3D_ERR_ARGUMENT);
    desc.stride = 16, desc.version = 2;
    CHECK(w3d_mesh_codec_vertex_encode(&desc, &buffer) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_vertex_encode(NULL, &buffer) == W3D_ERR_ARGUMENT);
    CHECK(decode(stream, 50, out, 4, 15, NULL) == W3D_ERR_ARGUMENT);
    CHECK(decode(stream, 0, out, 0, 16, &error) == W3D_ERR_TRUNCATED);
    if (sizeof(size_t) == 4) CHECK(decode(stream, 50, out, UINT32_MAX, 16, NULL) == W3D_ERR_ARGUMENT);
    stream[0] = 0xA2;
    CHECK(decode(stream, 100, out, 0, 16, &error) == W3D_ERR_UNSUPPORTED && error.offset == 0);
    memset(stream, 0, sizeof stream);
    stream[0] = 0xA1;
    stream[24] = 3; /* the channel mode */
    CHECK(decode(stream, 25, out, 0, 4, &error) == W3D_ERR_FORMAT && error.offset == 24);
    stream[24] = 0x10;
    CHECK(decode(stream, 25, out, 0, 4, &error) == W3D_ERR_FORMAT && error.offset == 24);
    stream[24] = 0x12;
    CHECK(decode(stream, 25, out, 0, 4, &error) == W3D_OK);
    CHECK(decode(stream, 26, out, 0, 4, &error) == W3D_ERR_FORMAT && error.offset == 1);
}

/* The same bytes on every target. */
static void same_bytes_everywhere(void)
{
    uint64_t hash = 0;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        for (uint32_t version = 0; version < 2; version++) {
            uint8_t *rows = (uint8_t *)malloc(700 * 24);
            size_t size;
            if (kind == KIND_FLOATS)
                fill_rows(rows, 700, 24, KIND_WALK);
            else
                fill_rows(rows, 700, 24, kind);
            uint8_t *stream = encode(rows, 700, 24, version, &size);
            hash = w3d_hash_bytes(stream, size, hash);
            free(rows), free(stream);
        }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0xdb7bb7bbc38c66f0u, "the hash is %016llx", (unsigned long long)hash);
}

void test_mesh_codec_vertex(void);
void test_mesh_codec_vertex(void)
{
    RUN(rows_come_back);
    RUN(example_of_the_specification);
    RUN(every_way_of_version_1);
    RUN(hostile_streams);
    RUN(contracts);
    RUN(same_bytes_everywhere);
}
