/* test_mesh_codec_filter.c - each filter against the formulas of its specification, in double. */
#include "test.h"

#include "core/hash.h"
#include "core/bits.h"
#include "mesh/mesh_codec_filter.h"

static double clamp_double(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

static int32_t component(const uint8_t *row, uint32_t stride, unsigned k, int is_signed)
{
    uint32_t v = stride == 4 ? row[k] : (uint32_t)row[2 * k] | (uint32_t)row[2 * k + 1] << 8;
    int32_t bound = stride == 4 ? 256 : 65536;
    return is_signed && (int32_t)v >= bound / 2 ? (int32_t)v - bound : (int32_t)v;
}

/* What the specification says comes out of a row; 0: it leaves that open. */
static int expected_row(w3d_mesh_codec_filter filter, const uint8_t *row, uint32_t stride, double *out)
{
    double v[4], most = stride == 4 ? 127 : 32767;
    for (unsigned k = 0; k < 4; k++) v[k] = component(row, stride, k, filter != W3D_MESH_CODEC_FILTER_COLOR || k == 1 || k == 2);
    if (filter == W3D_MESH_CODEC_FILTER_OCTAHEDRAL) {
        int32_t one = (int32_t)v[2];
        if (one < 1 || ((one + 1) & one) || fabs(v[0]) > v[2] || fabs(v[1]) > v[2]) return 0;
        double x = v[0] / v[2], y = v[1] / v[2], z = 1.0 - fabs(x) - fabs(y), t = z < 0 ? z : 0.0;
        x -= copysign(-t, x);
        y -= copysign(-t, y);
        double length = sqrt(x * x + y * y + z * z);
        out[0] = x / length * most, out[1] = y / length * most, out[2] = z / length * most, out[3] = v[3];
    } else if (filter == W3D_MESH_CODEC_FILTER_QUATERNION) {
        int32_t bits = (int32_t)v[3], largest = bits & 3, one = bits | 3;
        if (one < 1 || ((one + 1) & one)) return 0;
        double q[3], square = 1.0;
        for (int k = 0; k < 3; k++) {
            if (fabs(v[k]) > one) return 0;
            q[k] = v[k] / one * sqrt(0.5), square -= q[k] * q[k];
            out[(largest + 1 + k) % 4] = q[k] * 32767;
        }
        out[largest] = sqrt(square > 0 ? square : 0) * 32767;
    } else {
        int32_t alpha = (int32_t)v[3], one = 1;
        if (alpha == 0) return 0;
        while (one <= alpha) one *= 2;
        one--;
        double scale = (stride == 4 ? 255.0 : 65535.0) / one;
        alpha &= one >> 1;
        out[0] = (v[0] + v[1] - v[2]) * scale, out[1] = (v[0] + v[2]) * scale;
        out[2] = (v[0] - v[1] - v[2]) * scale, out[3] = (alpha * 2 + (alpha & 1)) * scale;
        for (int k = 0; k < 4; k++)
            out[k] = clamp_double(out[k], 0, stride == 4 ? 255 : 65535);
    }
    return 1;
}

static uint64_t check_rows(w3d_mesh_codec_filter filter, const uint8_t *rows, uint32_t count, uint32_t stride)
{
    uint32_t words[200], known = 0;
    uint8_t *out = (uint8_t *)words;
    memcpy(out, rows, (size_t)count * stride);
    memset(out + (size_t)count * stride, 0xEE, 16);
    CHECK(w3d_mesh_codec_filter_decode(filter, out, count, stride) == W3D_OK);
    for (uint32_t i = 0; i < 16; i++) CHECK(out[(size_t)count * stride + i] == 0xEE);
    for (uint32_t i = 0; i < count; i++) {
        double expected[4];
        if (!expected_row(filter, rows + i * stride, stride, expected)) continue;
        known++;
        for (unsigned k = 0; k < 4; k++) {
            int32_t got = component(out + i * stride, stride, k, filter != W3D_MESH_CODEC_FILTER_COLOR);
            CHECK_MESSAGE(fabs((double)got - expected[k]) <= 0.51, "filter %d, stride %u, row %u, %u: %d, expected %.3f",
                          (int)filter, stride, i, k, got, expected[k]);
        }
    }
    CHECK(known > 0 || count == 0);
    return w3d_hash_bytes(out, (size_t)count * stride, 0);
}

/* Half a step off in both directions near the midst of a face: nothing is further off. */
static void octahedral_at_its_worst(void)
{
    for (uint32_t bits = 4; bits <= 12; bits++) {
        double one = (double)((1u << (bits - 1)) - 1), half = floor(one / 3.0) + 0.5, at[3], worst = 0.0;
        for (int turn = 0; turn < 9; turn++) {
            at[0] = half + turn / 3 - 1, at[1] = half + turn % 3 - 1, at[2] = one - at[0] - at[1];
            float src[3] = { (float)at[0], (float)at[1], (float)at[2] };
            int16_t row[4];
            w3d_mesh_codec_filter_desc desc = { W3D_MESH_CODEC_FILTER_OCTAHEDRAL, src, 1, 3, 8, bits,
                                                W3D_MESH_CODEC_EXPONENTS_ROW };
            uint32_t words[2];
            CHECK(w3d_mesh_codec_filter_encode(&desc, words) == W3D_OK);
            CHECK(w3d_mesh_codec_filter_decode(desc.filter, words, 1, 8) == W3D_OK);
            memcpy(row, words, sizeof row);
            double length = sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2]), chord = 0.0;
            for (int k = 0; k < 3; k++) {
                double off = (double)row[k] / 32767.0 - at[k] / length;
                chord += off * off;
            }
            if (sqrt(chord) > worst) worst = sqrt(chord);
        }
        CHECK_MESSAGE(worst <= 2.13 / one + 4e-5, "%u bits: %g, %g allowed", bits, worst, 2.13 / one + 4e-5);
        if (bits > 6) CHECK_MESSAGE(worst > 2.0 / one, "%u bits: %g is less than %g", bits, worst, 2.0 / one);
    }
}

/* Floats in, through our encoder, against the specification's decoder. */
static void encoded_rows_decode(void)
{
    uint64_t hash = 0;
    for (int f = 1; f <= 4; f++) {
        if (f == (int)W3D_MESH_CODEC_FILTER_EXPONENTIAL) continue;
        for (uint32_t stride = f == 2 ? 8 : 4; stride <= 8; stride += 4)
            for (uint32_t bits = f == 2 ? 4 : 2; bits <= stride * 2; bits++)
                for (uint32_t count = 0; count <= 40; count += 1 + count / 3) {
                    float src[160];
                    uint32_t rows[80];
                    w3d_mesh_codec_filter_desc desc = { (w3d_mesh_codec_filter)f, src, count, 4, stride, bits,
                                                        W3D_MESH_CODEC_EXPONENTS_ROW };
                    for (uint32_t i = 0; i < count; i++) {
                        float square = 0.0f, *v = src + 4 * i;
                        for (int k = 0; k < 4; k++) {
                            v[k] = test_random_float(f == 4 ? 0.0f : -1.0f, 1.0f);
                            volatile float own = v[k] * v[k]; /* rounded, also with -mfma */
                            if (k < 3 || f == 2) square += own;
                        }
                        for (int k = 0; k < 4 && f != 4; k++)
                            if (k < 3 || f == 2) v[k] /= sqrtf(square);
                    }
                    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_OK);
                    hash = w3d_hash_u64(hash ^ check_rows(desc.filter, (uint8_t *)rows, count, stride));
                    w3d_mesh_codec_filter_decode(desc.filter, rows, count, stride);
                    for (uint32_t i = 0; i < count; i++) {
                        double got[4], chord = 0.0, other = 0.0, off = 0.0, square = 0.0, length = 0.0;
                        unsigned used = f == 2 ? 4 : 3;
                        for (unsigned k = 0; k < 4; k++) {
                            double want = (double)src[4 * i + k];
                            got[k] = component((uint8_t *)rows + i * stride, stride, k, f != 4);
                            got[k] /= f == 4 ? (stride == 4 ? 255 : 65535) : stride == 4 ? 127 : 32767;
                            if (k < used) square += got[k] * got[k], length += want * want;
                            if (fabs(got[k] - want) > off) off = fabs(got[k] - want);
                        }
                        for (unsigned k = 0; k < used; k++) { /* a quaternion may come back negated */
                            double want = (double)src[4 * i + k] / sqrt(length), is = got[k] / sqrt(square);
                            chord += (is - want) * (is - want), other += (is + want) * (is + want);
                        }
                        chord = sqrt(f == 2 && other < chord ? other : chord);
                        double step = 1.0 / (1u << bits), own = stride == 4 ? 0.008 : 0.00004;
                        double one = (1u << (bits - 1)) - 1u;
                        if (f == 1)
                            CHECK_MESSAGE(chord <= 2.13 / one + own, "%u bits: %g of %g", bits, chord, 2.13 / one + own);
                        if (f == 2)
                            CHECK_MESSAGE(chord <= 1.3 / one + own, "%u bits: %g of %g", bits, chord, 1.3 / one + own);
                        if (f == 4) CHECK(off <= 4.1 * step + own);
                    }
                }
    }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x78285b88ed0d09f4u, "the hash is %016llx", (unsigned long long)hash);
}

/* Any bits at all: the same on every target. */
static void any_rows(void)
{
    uint64_t hash = 0;
    for (int round = 0; round < 300; round++) {
        uint32_t rows[80];
        for (int i = 0; i < 80; i++)
            rows[i] = test_random_below(4) ? (uint32_t)test_random() : test_random_below(2) ? 0u : 0x80008080u;
        w3d_mesh_codec_filter filter = (w3d_mesh_codec_filter)test_random_below(5);
        uint32_t stride = filter == W3D_MESH_CODEC_FILTER_QUATERNION || test_random_below(2) ? 8 : 4;
        CHECK(w3d_mesh_codec_filter_decode(filter, rows, 40 - test_random_below(4), stride) == W3D_OK);
        hash = w3d_hash_bytes(rows, sizeof rows, hash);
    }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x7b079f5e41157af6u, "the hash is %016llx", (unsigned long long)hash);
}

static void exponentials(void)
{
    for (int round = 0; round < 20000; round++) {
        int32_t exponent = (int32_t)test_random_below(201) - 100, mantissa = (int32_t)(test_random_below(1u << 24)) - (1 << 23);
        uint32_t word = ((uint32_t)mantissa & 0xFFFFFFu) | (uint32_t)exponent << 24;
        CHECK(w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_EXPONENTIAL, &word, 1, 4) == W3D_OK);
        CHECK(word == w3d_bits_f32((float)ldexp(mantissa, exponent)));
    }
    for (int how = 0; how < 4; how++)
        for (uint32_t bits = 1; bits <= 24; bits++) {
            float src[60], most[4] = { 0, 0, 0, 0 };
            uint32_t words[60];
            for (int i = 0; i < 60; i++) {
                src[i] = ldexpf(test_random_float(-1.0f, 1.0f), (int)test_random_below(9) - 4 + i % 3);
                if (fabsf(src[i]) > most[i % 3]) most[i % 3] = fabsf(src[i]);
            }
            w3d_mesh_codec_filter_desc desc = { W3D_MESH_CODEC_FILTER_EXPONENTIAL, src, 20, 3, 12, bits,
                                                (w3d_mesh_codec_exponents)how };
            CHECK(w3d_mesh_codec_filter_encode(&desc, words) == W3D_OK);
            CHECK(w3d_mesh_codec_filter_decode(desc.filter, words, 20, 12) == W3D_OK);
            for (int i = 0; i < 60; i++) {
                float shared = fabsf(src[i]);
                int power;
                for (int k = i / 3 * 3; k < i / 3 * 3 + 3 && how == 0; k++)
                    if (fabsf(src[k]) > shared) shared = fabsf(src[k]);
                if (how == 2) shared = most[i % 3];
                if (how == 3 && shared < 0.99f) shared = 0.99f;
                frexpf(shared, &power);
                double allowed = ldexp(1.0, power - (int)bits);
                CHECK_NEAR(w3d_f32_from_bits(words[i]), src[i], allowed * 1.0001);
            }
        }
    float odd[4] = { NAN, INFINITY, -INFINITY, 1e-40f };
    uint32_t words[4];
    w3d_mesh_codec_filter_desc desc = { W3D_MESH_CODEC_FILTER_EXPONENTIAL, odd, 4, 1, 4, 24, W3D_MESH_CODEC_EXPONENTS_NONE };
    CHECK(w3d_mesh_codec_filter_encode(&desc, words) == W3D_OK);
    CHECK(w3d_mesh_codec_filter_decode(desc.filter, words, 4, 4) == W3D_OK);
    CHECK(words[0] == 0 && w3d_f32_from_bits(words[1]) > 1e37f && w3d_f32_from_bits(words[2]) < -1e37f);
    CHECK(fabsf(w3d_f32_from_bits(words[3])) < 1e-30f);
}

static void contracts(void)
{
    float src[16] = { 0 };
    uint32_t rows[16];
    w3d_mesh_codec_filter_desc desc = { W3D_MESH_CODEC_FILTER_OCTAHEDRAL, src, 2, 3, 4, 8, W3D_MESH_CODEC_EXPONENTS_ROW };
    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_OK);
    CHECK(w3d_mesh_codec_filter_decode(desc.filter, rows, 2, 4) == W3D_OK && (rows[0] & 0xFFFFFFu) == 0x7F0000u);
    desc.bits = 9;
    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_ERR_ARGUMENT);
    desc.bits = 8, desc.components = 2;
    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_ERR_ARGUMENT);
    desc.components = 3, desc.stride = 12;
    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_ERR_ARGUMENT);
    desc.filter = W3D_MESH_CODEC_FILTER_NONE, desc.stride = 4;
    CHECK(w3d_mesh_codec_filter_encode(&desc, rows) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_OCTAHEDRAL, rows, 1, 12) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_QUATERNION, rows, 1, 4) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_EXPONENTIAL, rows, 1, 6) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_EXPONENTIAL, (char *)rows + 1, 1, 4) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_codec_filter_decode((w3d_mesh_codec_filter)7, rows, 1, 4) == W3D_ERR_ARGUMENT);
}

void test_mesh_codec_filter(void);
void test_mesh_codec_filter(void)
{
    RUN(octahedral_at_its_worst);
    RUN(encoded_rows_decode);
    RUN(any_rows);
    RUN(exponentials);
    RUN(contracts);
}
