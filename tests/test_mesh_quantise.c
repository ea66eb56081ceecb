/* test_mesh_quantise.c - the stated errors, at every scale and at the edges of every range. */
#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_quantise.h"

static void grids_keep_their_error(void)
{
    static const float scales[] = { 1e-30f, 1e-4f, 1.0f, 1e4f, 1e30f };
    for (uint32_t bits = 1; bits <= 16; bits++)
        for (unsigned s = 0; s < 5; s++) {
            float positions[300], back[300];
            uint16_t rows[400];
            w3d_mesh_quantise_grid grid;
            for (int i = 0; i < 300; i++)
                positions[i] = test_random_float(-1.0f, i % 3 == 1 ? 3.0f : 1.0f) * scales[s];
            CHECK(w3d_mesh_quantise_grid_fit(positions, 100, bits, &grid) == W3D_OK);
            CHECK(w3d_mesh_quantise_grid_encode(&grid, positions, 100, rows) == W3D_OK);
            CHECK(w3d_mesh_quantise_grid_decode(&grid, rows, 100, back) == W3D_OK);
            uint32_t most = 0;
            for (int i = 0; i < 300; i++) {
                uint16_t row = rows[i / 3 * 4 + i % 3];
                double exact = (double)grid.origin[i % 3] + (double)grid.step * row;
                CHECK(fabs(exact - (double)positions[i]) <= (double)grid.step * 0.5000001);
                CHECK(fabs((double)back[i] - exact) <= 4e-7 * 4.0 * (double)scales[s]);
                CHECK(row < 1u << bits);
                if (row > most) most = row;
            }
            CHECK(most == (1u << bits) - 1);
        }
}

/* The same rows when all is scaled by a power of two. */
static void grids_do_not_know_the_scale(void)
{
    float positions[300], scaled[300];
    uint16_t rows[400], other[400];
    w3d_mesh_quantise_grid grid;
    for (int i = 0; i < 300; i++) positions[i] = test_random_float(-7.0f, 9.0f);
    w3d_mesh_quantise_grid_fit(positions, 100, 13, &grid);
    w3d_mesh_quantise_grid_encode(&grid, positions, 100, rows);
    for (int power = -60; power <= 60; power += 20) {
        for (int i = 0; i < 300; i++) scaled[i] = ldexpf(positions[i], power);
        w3d_mesh_quantise_grid_fit(scaled, 100, 13, &grid);
        w3d_mesh_quantise_grid_encode(&grid, scaled, 100, other);
        CHECK_BYTES(other, rows, sizeof rows);
    }
}

static void grids_at_the_edge(void)
{
    float positions[12] = { NAN, 1.0f, INFINITY, 2.0f, -INFINITY, 5.0f, 4.0f, 3.0f, 5.0f, -0.0f, 1.0f, 5.0f };
    float same[6] = { 3, 3, 3, 3, 3, 3 }, huge[6] = { -FLT_MAX, 0, 0, FLT_MAX, 0, 0 };
    uint16_t rows[16];
    w3d_mesh_quantise_grid grid;
    CHECK(w3d_mesh_quantise_grid_fit(positions, 4, 2, &grid) == W3D_OK);
    CHECK(grid.origin[0] == 0.0f && grid.origin[1] == 1.0f && grid.origin[2] == 5.0f);
    CHECK(w3d_mesh_quantise_grid_encode(&grid, positions, 4, rows) == W3D_OK);
    CHECK(rows[0] == 0 && rows[2] == 3 && rows[5] == 0 && rows[8] == 3 && rows[3] == 0);
    CHECK(w3d_mesh_quantise_grid_fit(same, 2, 16, &grid) == W3D_OK && grid.step == 1.0f);
    CHECK(w3d_mesh_quantise_grid_fit(huge, 2, 16, &grid) == W3D_OK);
    CHECK(w3d_mesh_quantise_grid_encode(&grid, huge, 2, rows) == W3D_OK && rows[4] == 65535);
    for (uint32_t bits = 2; bits <= 16; bits++) { /* what is finite stays so */
        CHECK(w3d_mesh_quantise_grid_fit(huge, 2, bits, &grid) == W3D_OK);
        CHECK(w3d_mesh_quantise_grid_encode(&grid, huge, 2, rows) == W3D_OK);
        CHECK(w3d_mesh_quantise_grid_decode(&grid, rows, 2, positions) == W3D_OK);
        CHECK(positions[0] == -FLT_MAX && positions[3] >= 3.4e38f && positions[3] <= FLT_MAX);
    }
    w3d_mesh_quantise_grid before = grid;
    CHECK(w3d_mesh_quantise_grid_fit(huge, 2, 1, &grid) == W3D_ERR_RANGE);
    CHECK_BYTES(&grid, &before, sizeof grid);
    for (int i = 0; i < 2000; i++) { /* off by half a step and half a unit in the last place */
        float low = test_random_float(-1000.0f, 0.0f), high = test_random_float(1.0f, 2000.0f);
        float ends[6] = { low, low, low, high, high, high }, at[3] = { 0 }, back[3];
        at[0] = test_random_float(low, high);
        CHECK(w3d_mesh_quantise_grid_fit(ends, 2, 16, &grid) == W3D_OK);
        CHECK(w3d_mesh_quantise_grid_encode(&grid, at, 1, rows) == W3D_OK);
        CHECK(w3d_mesh_quantise_grid_decode(&grid, rows, 1, back) == W3D_OK);
        double step = fabs((double)nextafterf(back[0], INFINITY) - (double)back[0]);
        CHECK(fabs((double)back[0] - (double)at[0]) <= (double)grid.step / 2 + step * 0.5000001);
    }
    CHECK(w3d_mesh_quantise_grid_fit(NULL, 0, 16, &grid) == W3D_OK && grid.step == 1.0f);
    CHECK(w3d_mesh_quantise_grid_fit(same, 2, 17, &grid) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_quantise_grid_fit(same, 2, 0, &grid) == W3D_ERR_ARGUMENT);
    grid.step = 0.0f;
    CHECK(w3d_mesh_quantise_grid_encode(&grid, same, 2, rows) == W3D_ERR_ARGUMENT);
    grid.step = NAN;
    CHECK(w3d_mesh_quantise_grid_decode(&grid, rows, 2, same) == W3D_ERR_ARGUMENT);
}

static void vectors_keep_their_angle(void)
{
    uint64_t hash = 0;
    for (uint32_t bits = 2; bits <= 16; bits++) {
        double worst = 0.0;
        for (int i = 0; i < 2000; i++) {
            float v[3], back[3];
            int16_t packed[2];
            double length = 0.0, cross = 0.0;
            for (int k = 0; k < 3; k++)
                v[k] = i < 27 ? (float)(i / (k == 0 ? 1 : k == 1 ? 3 : 9) % 3 - 1) : test_random_float(-1.0f, 1.0f);
            if (i >= 27 && i < 127) { /* midst of a triangle near a face's: nothing is further off */
                double one = (double)((1u << (bits - 1)) - 1), third = floor(one / 3.0) + 1.0 / 3.0;
                double u = (third + (i - 27) % 10 - 5) / one, w = (third + (i - 27) / 10 - 5) / one;
                v[0] = (float)u, v[1] = (float)-w, v[2] = (float)(1.0 - fabs(u) - fabs(w));
            }
            for (int k = 0; k < 3; k++) length += (double)v[k] * (double)v[k];
            if (length == 0.0) continue;
            float scale = i % 4 == 0 ? 1e-30f : i % 4 == 1 ? 1e30f : 1.0f;
            for (int k = 0; k < 3; k++) v[k] *= scale;
            length = sqrt(length) * (double)scale;
            CHECK(w3d_mesh_quantise_octahedral_encode(v, 1, bits, packed) == W3D_OK);
            CHECK(w3d_mesh_quantise_octahedral_decode(packed, 1, bits, back) == W3D_OK);
            hash = w3d_hash_bytes(packed, bits <= 8 ? 2 : 4, w3d_hash_bytes(back, sizeof back, hash));
            double unit = 0.0;
            for (int k = 0; k < 3; k++) {
                double step = (double)back[k] - (double)v[k] / length;
                cross += step * step;
                unit += (double)back[k] * (double)back[k];
            }
            CHECK(fabs(unit - 1.0) < 1e-6);
            if (sqrt(cross) > worst) worst = sqrt(cross); /* the chord, just below the angle */
        }
        double allowed = sqrt(2.0) / (double)((1u << (bits - 1)) - 1);
        CHECK_MESSAGE(worst <= allowed + 1.5e-7, "%u bits: %g radians, %g allowed", bits, worst, allowed);
        if (bits > 6) CHECK(worst > 0.98 * allowed); /* the bound is not a generous one */
    }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x666a4751874bfb66u, "the hash is %016llx", (unsigned long long)hash);
    float odd[4][3] = { { 0, 0, 0 }, { NAN, 1, 0 }, { INFINITY, 5, 0 }, { 0, -INFINITY, 1 } }, back[4][3];
    int8_t packed[4][2];
    CHECK(w3d_mesh_quantise_octahedral_encode(odd[0], 4, 8, packed) == W3D_OK);
    CHECK(w3d_mesh_quantise_octahedral_decode(packed, 4, 8, back[0]) == W3D_OK);
    CHECK(back[0][2] == 1.0f && back[1][2] == 1.0f && back[2][0] == 1.0f && back[3][1] == -1.0f);
    CHECK(w3d_mesh_quantise_octahedral_encode(odd[0], 4, 1, packed) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_quantise_octahedral_decode(packed, 4, 17, back[0]) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_quantise_octahedral_encode(NULL, 4, 8, packed) == W3D_ERR_ARGUMENT);
}

static void values_keep_their_error(void)
{
    static const double errors[] = { 1.0 / 510, 1.0 / 254, 1.0 / 131070, 1.0 / 65534 };
    for (int kind = 0; kind < 5; kind++)
        for (int i = 0; i < 4000; i++) {
            float v = kind == 4 ? ldexpf(test_random_float(-2.0f, 2.0f), (int)test_random_below(28) - 13)
                                : test_random_float(kind & 1 ? -1.0f : 0.0f, 1.0f), back;
            uint16_t packed;
            CHECK(w3d_mesh_quantise_values_encode((w3d_quantise_kind)kind, &v, 1, &packed) == W3D_OK);
            CHECK(w3d_mesh_quantise_values_decode((w3d_quantise_kind)kind, &packed, 1, &back) == W3D_OK);
            double allowed = kind == 4 ? fabs((double)v) / 2048 + 3e-8 : errors[kind] * 1.0000002;
            CHECK_NEAR(back, v, allowed + 6e-8);
        }
    float odd[5] = { NAN, 7.0f, -7.0f, 1.0f, -0.0f }, back[5];
    int8_t bytes[5];
    uint16_t halves[5];
    CHECK(w3d_mesh_quantise_values_encode(W3D_QUANTISE_SNORM8, odd, 5, bytes) == W3D_OK);
    CHECK(bytes[0] == 0 && bytes[1] == 127 && bytes[2] == -127 && bytes[3] == 127 && bytes[4] == 0);
    bytes[0] = -128;
    CHECK(w3d_mesh_quantise_values_decode(W3D_QUANTISE_SNORM8, bytes, 5, back) == W3D_OK);
    CHECK(back[0] == -1.0f && back[1] == 1.0f && back[2] == -1.0f && back[4] == 0.0f);
    CHECK(w3d_mesh_quantise_values_encode(W3D_QUANTISE_UNORM8, odd, 5, bytes) == W3D_OK && bytes[2] == 0);
    odd[1] = 65520.0f;
    CHECK(w3d_mesh_quantise_values_encode(W3D_QUANTISE_HALF, odd, 5, halves) == W3D_OK);
    CHECK(halves[1] == 0x7C00u && halves[3] == 0x3C00u && (halves[0] & 0x7C00u) == 0x7C00u);
    CHECK(w3d_mesh_quantise_values_encode((w3d_quantise_kind)9, odd, 5, halves) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_quantise_values_decode(W3D_QUANTISE_HALF, NULL, 5, odd) == W3D_ERR_ARGUMENT);
}

void test_mesh_quantise(void);
void test_mesh_quantise(void)
{
    RUN(grids_keep_their_error);
    RUN(grids_do_not_know_the_scale);
    RUN(grids_at_the_edge);
    RUN(vectors_keep_their_angle);
    RUN(values_keep_their_error);
}
