/* test_mesh_codec_index.c - triangles and sequences against decoders written another way. */
#include "meshes.h"
#include "reference/reference_mesh_codec.h"

#include "core/hash.h"
#include "mesh/mesh_codec_index.h"

typedef w3d_result (*encoder)(const uint32_t *indices, uint32_t count, w3d_mesh_codec_buffer *buffer);
typedef w3d_result (*decoder)(const w3d_mesh_codec_stream *stream, void *out, w3d_error *error);
typedef int (*reference)(const uint8_t *stream, size_t size, uint32_t *out, uint32_t count);

static uint8_t *exact(const void *bytes, size_t size)
{
    uint8_t *block = (uint8_t *)malloc(size ? size : 1);
    memcpy(block, bytes, size);
    return block;
}

static uint8_t *encode(encoder how, const uint32_t *indices, uint32_t count, size_t *size)
{
    size_t bound = how == w3d_mesh_codec_index_encode_triangles
                       ? w3d_mesh_codec_index_bound_triangles(count)
                       : w3d_mesh_codec_index_bound_sequence(count);
    w3d_mesh_codec_buffer buffer = { malloc(bound), bound, 0 };
    CHECK(how(indices, count, &buffer) == W3D_OK);
    CHECK(buffer.size <= bound);
    uint8_t *stream = exact(buffer.bytes, buffer.size);
    free(buffer.bytes);
    *size = buffer.size;
    return stream;
}

static w3d_result decode(decoder how, const uint8_t *bytes, size_t size, void *out, uint32_t count,
                         uint32_t stride, w3d_error *error)
{
    w3d_mesh_codec_stream stream = { bytes, size, count, stride };
    return how(&stream, out, error);
}

/* Triangles come back with their corners rotated, or not; the reference agrees to the bit. */
static uint64_t check_triangles(const uint32_t *indices, uint32_t count)
{
    size_t size;
    uint8_t *stream = encode(w3d_mesh_codec_index_encode_triangles, indices, count, &size);
    uint32_t *out = (uint32_t *)malloc((size_t)count * 4 + 4);
    uint32_t *expected = (uint32_t *)malloc((size_t)count * 4 + 4);
    uint16_t *narrow = (uint16_t *)malloc((size_t)count * 2 + 2);
    w3d_error error = { W3D_OK, 0, "" };
    w3d_result result = decode(w3d_mesh_codec_index_decode_triangles, stream, size, out, count, 4, &error);
    CHECK_MESSAGE(result == W3D_OK, "%u indices: %s at %u", count, error.text, (unsigned)error.offset);
    CHECK(reference_triangles_decode(stream, size, expected, count));
    CHECK_BYTES(out, expected, (size_t)count * 4);
    for (uint32_t i = 0; i < count; i += 3) {
        uint32_t turn = out[i] == indices[i] && out[i + 1] == indices[i + 1]   ? 0
                        : out[i] == indices[i + 1] && out[i + 1] == indices[i + 2] ? 1
                                                                                   : 2;
        for (uint32_t k = 0; k < 3; k++) CHECK(out[i + k] == indices[i + (k + turn) % 3]);
    }
    CHECK(decode(w3d_mesh_codec_index_decode_triangles, stream, size, narrow, count, 2, NULL) == W3D_OK);
    for (uint32_t i = 0; i < count; i++) CHECK(narrow[i] == (uint16_t)out[i]);
    uint64_t hash = w3d_hash_bytes(stream, size, size);
    free(stream), free(out), free(expected), free(narrow);
    return hash;
}

static uint64_t check_sequence(const uint32_t *indices, uint32_t count)
{
    size_t size;
    uint8_t *stream = encode(w3d_mesh_codec_index_encode_sequence, indices, count, &size);
    uint32_t *out = (uint32_t *)malloc((size_t)count * 4 + 4);
    uint16_t *narrow = (uint16_t *)malloc((size_t)count * 2 + 2);
    CHECK(decode(w3d_mesh_codec_index_decode_sequence, stream, size, out, count, 4, NULL) == W3D_OK);
    CHECK_BYTES(out, indices, (size_t)count * 4);
    CHECK(reference_sequence_decode(stream, size, out, count));
    CHECK_BYTES(out, indices, (size_t)count * 4);
    CHECK(decode(w3d_mesh_codec_index_decode_sequence, stream, size, narrow, count, 2, NULL) == W3D_OK);
    for (uint32_t i = 0; i < count; i++) CHECK(narrow[i] == (uint16_t)indices[i]);
    uint64_t hash = w3d_hash_bytes(stream, size, size);
    free(stream), free(out), free(narrow);
    return hash;
}

/* Strips with seams, restarts, far indices, degenerate triangles, the largest index. */
static uint32_t make_triangles(uint32_t *indices, uint32_t triangles, uint32_t kind)
{
    uint32_t next = 3, a = 0, b = 1, c = 2;
    for (uint32_t t = 0; t < triangles; t++) {
        uint32_t pick = test_random_below(20);
        indices[3 * t] = a, indices[3 * t + 1] = b, indices[3 * t + 2] = c;
        if (kind == 2) {
            a = (uint32_t)test_random(), b = (uint32_t)test_random(), c = (uint32_t)test_random();
        } else if (kind == 1 && pick == 0) {
            a = 0, b = 1, c = 2, next = 3;
        } else if (pick == 1) {
            a = next++, b = next++, c = next++;
        } else if (pick == 2) {
            a = test_random_below(next), b = test_random_below(next), c = a;
        } else if (kind == 1 && pick == 3) {
            a = test_random_below(4) ? UINT32_MAX : UINT32_MAX - 1, b = UINT32_MAX, c = next;
        } else {
            uint32_t third = pick < 14 ? next++ : pick < 17 ? test_random_below(next) : a + 5;
            uint32_t turn = test_random_below(3), edge = test_random_below(2);
            uint32_t v[3] = { edge ? c : a, edge ? b : c, third };
            a = v[turn], b = v[(turn + 1) % 3], c = v[(turn + 2) % 3];
        }
    }
    return triangles * 3;
}

static void triangles_come_back(void)
{
    uint32_t indices[3 * 700];
    uint64_t hash = 0;
    for (uint32_t triangles = 0; triangles < 700; triangles += 1 + triangles / 9)
        for (uint32_t kind = 0; kind < 3; kind++)
            hash = w3d_hash_u64(hash ^ check_triangles(indices, make_triangles(indices, triangles, kind)));
    if (test.seed == 1) CHECK_MESSAGE(hash == 0xa5efb6dc425ae94eu, "the hash is %016llx", (unsigned long long)hash);
}

static void sequences_come_back(void)
{
    uint32_t indices[1000];
    uint64_t hash = 0;
    for (uint32_t count = 0; count < 1000; count += 1 + count / 5)
        for (uint32_t kind = 0; kind < 4; kind++) {
            for (uint32_t i = 0; i < count; i++) {
                if (kind == 0) indices[i] = i / 2 + (i & 1 ? 40000 : 0);
                if (kind == 1) indices[i] = test_random_below(70) + i;
                if (kind == 2) { /* in two steps: C leaves open which operand comes first */
                    uint32_t word = (uint32_t)test_random();
                    indices[i] = word >> test_random_below(31);
                }
                if (kind == 3) indices[i] = test_random_below(9) ? 5 + i : test_random_below(1u << 29);
                indices[i] &= 0x1FFFFFFFu;
            }
            hash = w3d_hash_u64(hash ^ check_sequence(indices, count));
        }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x11bef02debb81319u, "the hash is %016llx", (unsigned long long)hash);
    /* The format holds 31 bits and a sign bit of difference; further away there is no code. */
    uint32_t edge[3] = { (1u << 30) - 1, 0, 0xC0000000u }, far_away[1] = { 1u << 30 }, stored[4];
    check_sequence(edge, 3);
    w3d_mesh_codec_buffer buffer = { stored, sizeof stored, 77 };
    CHECK(w3d_mesh_codec_index_encode_sequence(far_away, 1, &buffer) == W3D_ERR_RANGE && buffer.size == 77);
}

static void real_mesh(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) mesh = test_mesh_grid(40, 40, 1.0f);
    check_triangles(mesh.indices, mesh.index_count);
    check_sequence(mesh.indices, mesh.index_count);
    test_mesh_free(&mesh);
}

static void hostile(encoder write, decoder read, reference check, int triangles)
{
    uint32_t indices[300], out[300], expected[300], bad = 0;
    size_t size;
    make_triangles(indices, 100, 1);
    if (!triangles)
        for (uint32_t i = 0; i < 300; i++) indices[i] &= 0xFFFFFu;
    uint8_t *stream = encode(write, indices, 300, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = exact(stream, cut);
        w3d_error error = { W3D_OK, 0, NULL };
        CHECK(decode(read, part, cut, out, 300, 4, &error) != W3D_OK);
        CHECK(error.code != W3D_OK && error.text && error.offset <= cut);
        free(part);
    }
    for (int round = 0; round < 4000; round++) {
        uint8_t *damaged = exact(stream, size);
        for (uint32_t k = 0; k < 1 + test_random_below(3); k++)
            damaged[test_random_below((uint32_t)size)] = (uint8_t)(test_random() | (test_random_below(4) ? 0 : 0xF0));
        int good = check(damaged, size, expected, 300);
        w3d_error error = { W3D_OK, 0, "" };
        w3d_result result = decode(read, damaged, size, out, 300, 4, &error);
        CHECK_MESSAGE(good == (result == W3D_OK), "round %d: %s at %u, the reference says %d", round,
                      error.text, (unsigned)error.offset, good);
        if (good && result == W3D_OK) CHECK_BYTES(out, expected, sizeof out);
        if (!good) CHECK(error.offset <= size);
        bad += !good;
        free(damaged);
    }
    CHECK(bad > 200);
    free(stream);
}

static void hostile_triangles(void)
{
    hostile(w3d_mesh_codec_index_encode_triangles, w3d_mesh_codec_index_decode_triangles,
            reference_triangles_decode, 1);
}
static void hostile_sequences(void)
{
    hostile(w3d_mesh_codec_index_encode_sequence, w3d_mesh_codec_index_decode_sequence,
            reference_sequence_decode, 0);
}

/* Random codes and data: what is well-formed only now and then. */
static void random_triangle_streams(void)
{
    uint32_t out[60], expected[60], good = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t stream[1 + 20 + 60 + 16] = { 0xE1 };
        uint32_t triangles = 1 + test_random_below(20), data = test_random_below(12);
        size_t size = 1 + triangles + data + 16;
        stream[0] = (uint8_t)(0xE0 + test_random_below(2));
        for (uint32_t i = 1; i <= triangles; i++) {
            uint8_t code = (uint8_t)test_random();
            stream[i] = i == 1 ? (uint8_t)(code | 0xF0) : test_random_below(2) ? code & 0x3F : code;
        }
        for (uint32_t i = 0; i < data; i++) stream[1 + triangles + i] = (uint8_t)test_random();
        for (uint32_t i = 0; i < 14; i++) stream[size - 16 + i] = (uint8_t)(test_random() & 0x11);
        uint8_t *copy = exact(stream, size);
        int well = reference_triangles_decode(copy, size, expected, 3 * triangles);
        w3d_result result =
            decode(w3d_mesh_codec_index_decode_triangles, copy, size, out, 3 * triangles, 4, NULL);
        CHECK_MESSAGE(well == (result == W3D_OK), "round %d", round);
        if (well) CHECK_BYTES(out, expected, (size_t)triangles * 12);
        good += (uint32_t)well;
        free(copy);
    }
    CHECK_MESSAGE(good > 10, "%u were well-formed", good);
}

static void contracts(void)
{
    uint32_t indices[6] = { 0, 1, 2, 2, 1, 3 }, out[6];
    uint8_t bytes[300];
    w3d_error error;
    w3d_mesh_codec_buffer buffer = { bytes, 20, 77 };
    CHECK(w3d_mesh_codec_index_encode_triangles(indices, 6, &buffer) == W3D_ERR_CAPACITY && buffer.size == 77);
    CHECK(w3d_mesh_codec_index_encode_sequence(indices, 6, &buffer) == W3D_ERR_CAPACITY && buffer.size == 77);
    CHECK(w3d_mesh_codec_index_encode_triangles(indices, 5, &buffer) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_index_encode_triangles(NULL, 6, &buffer) == W3D_ERR_ARGUMENT);
    CHECK(decode(w3d_mesh_codec_index_decode_triangles, bytes, 20, out, 6, 3, NULL) == W3D_ERR_ARGUMENT);
    CHECK(decode(w3d_mesh_codec_index_decode_triangles, bytes, 20, out, 5, 4, NULL) == W3D_ERR_ARGUMENT);
    bytes[0] = 0xE2;
    CHECK(decode(w3d_mesh_codec_index_decode_triangles, bytes, 20, out, 6, 4, &error) ==
          W3D_ERR_UNSUPPORTED);
    CHECK(decode(w3d_mesh_codec_index_decode_sequence, bytes, 20, out, 6, 4, &error) ==
          W3D_ERR_UNSUPPORTED);
    buffer.capacity = sizeof bytes;
    CHECK(w3d_mesh_codec_index_encode_triangles(indices, 6, &buffer) == W3D_OK);
    CHECK(buffer.size == 1 + 2 + 16 && bytes[1] == 0xF0); /* 0 1 2: all three the next ones */
    bytes[buffer.size - 1] = 1;
    CHECK(decode(w3d_mesh_codec_index_decode_triangles, bytes, buffer.size, out, 6, 4, &error) ==
              W3D_ERR_FORMAT && error.offset == buffer.size - 1);
}

void test_mesh_codec_index(void);
void test_mesh_codec_index(void)
{
    RUN(triangles_come_back);
    RUN(sequences_come_back);
    RUN(real_mesh);
    RUN(hostile_triangles);
    RUN(hostile_sequences);
    RUN(random_triangle_streams);
    RUN(contracts);
}
