#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_simplify.h"
#include "mesh/mesh_simplify_cluster.h"
#include "mesh/mesh_weld.h"
#include "reference/reference_distance.h"

/* Runs the kernel with scratch of exactly the stated size, at an odd address; `out` gets arrays of
 * its own, positions too if `moving`. */
static w3d_result simplify(const w3d_mesh_view *mesh, const w3d_mesh_simplify_desc *desc,
                           int moving, w3d_mesh_simplified *out)
{
    uint32_t components = 0;
    for (uint32_t i = 0; desc && i < desc->attribute_count; i++)
        components += desc->attributes[i].components;
    size_t size = w3d_mesh_simplify_scratch_size(mesh->vertex_count, mesh->index_count, components);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(block, 0xEE, size + 1);
    memset(out, 0, sizeof *out);
    out->indices = (uint32_t *)malloc((size_t)mesh->index_count * 4 + 4);
    if (moving) out->positions = (float *)malloc((size_t)mesh->vertex_count * 12 + 4);
    if (moving && components)
        out->attributes = (float *)malloc((size_t)mesh->vertex_count * components * 4);
    w3d_result result = w3d_mesh_simplify(mesh, desc, out, w3d_arena_make(block + 1, size));
    free(block);
    return result;
}

static void drop(w3d_mesh_simplified *out)
{
    free(out->indices);
    free(out->positions);
    free(out->attributes);
}

static w3d_mesh_view view_of(const w3d_mesh_view *mesh, const w3d_mesh_simplified *out)
{
    w3d_mesh_view view = *mesh;
    view.indices = out->indices;
    view.index_count = out->index_count;
    if (out->positions) view.positions = out->positions, view.stride = 0;
    return view;
}

/* Joins what lies at one place and leaves out what has no area. */
static void weld(test_mesh *mesh)
{
    w3d_mesh_attribute attribute = { mesh->positions, 12, 0, W3D_ATTRIBUTE_FLOATS, 0.0f };
    w3d_mesh_weld_desc desc = { &attribute, 1, mesh->vertex_count, NULL, 0 };
    uint32_t *remap = (uint32_t *)malloc((size_t)mesh->vertex_count * 4), unique;
    size_t size = w3d_mesh_weld_scratch_size(mesh->vertex_count);
    void *block = malloc(size);
    CHECK(w3d_mesh_weld(&desc, remap, &unique, w3d_arena_make(block, size)) == W3D_OK);
    w3d_mesh_weld_indices_desc rename = { remap, mesh->vertex_count, mesh->indices,
                                          mesh->index_count, 1 };
    CHECK(w3d_mesh_weld_indices(&rename, mesh->indices, &mesh->index_count) == W3D_OK);
    w3d_mesh_weld_attribute_desc compact = { remap, mesh->vertex_count, unique, attribute, 0 };
    CHECK(w3d_mesh_weld_attribute(&compact, mesh->positions) == W3D_OK);
    mesh->vertex_count = unique;
    free(remap);
    free(block);
}

/* How often the edge from a to b is there. */
static uint32_t edges(const w3d_mesh_simplified *out, uint32_t a, uint32_t b)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < out->index_count; i++)
        found += out->indices[i] == a && out->indices[i / 3 * 3 + (i + 1) % 3] == b;
    return found;
}

static void closed_stays_closed(void)
{
    test_mesh mesh = test_mesh_sphere(40, 20);
    weld(&mesh);
    for (int moving = 0; moving < 2; moving++)
        for (uint32_t target = 1200; target >= 12; target /= 3) {
            w3d_mesh_view view = test_mesh_view(&mesh);
            w3d_mesh_simplify_desc desc;
            w3d_mesh_simplified out;
            memset(&desc, 0, sizeof desc);
            desc.target_index_count = target;
            CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
            CHECK_MESSAGE(out.index_count <= target + 6 && out.index_count + 6 >= target / 2,
                          "%u of %u", out.index_count, target);
            uint32_t used = 0, *seen = (uint32_t *)calloc(mesh.vertex_count, 4);
            for (uint32_t i = 0; i < out.index_count; i++) {
                uint32_t a = out.indices[i], b = out.indices[i / 3 * 3 + (i + 1) % 3];
                CHECK(a < mesh.vertex_count && edges(&out, a, b) == 1 && edges(&out, b, a) == 1);
                used += !seen[a]++;
            }
            /* Euler: V - E + F = 2 */
            CHECK_MESSAGE(used + out.index_count / 3 == out.index_count / 2 + 2, "%u vertices, %u",
                          used, out.index_count);
            if (target > 100) {
                w3d_mesh_view fewer = view_of(&view, &out);
                reference_distance there = reference_distance_to(&view, &fewer, 2000);
                CHECK_MESSAGE(there.rms < (moving ? 8.0 : 20.0) / target, "%g at %u", there.rms,
                              target);
            }
            free(seen);
            drop(&out);
        }
    test_mesh_free(&mesh);
}

/* A flat sheet loses all but its corners, which stay; nothing is wrong with that, so no error. */
static void flat_sheet(void)
{
    test_mesh mesh = test_mesh_grid(30, 20, 0.0f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_simplify_desc desc;
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_error = 1e-3f;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count <= (moving ? 18u : 6u), "%u", out.index_count);
        CHECK_MESSAGE(out.error <= 1e-6f, "%g", (double)out.error);
        w3d_mesh_view fewer = view_of(&view, &out);
        reference_distance there = reference_distance_to(&view, &fewer, 1000);
        CHECK_MESSAGE(there.max < 1e-6, "%g", there.max);
        drop(&out);
        desc.lock_border = 1; /* the rim is 100 edges: at least 98 triangles */
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count == 98 * 3, "%u", out.index_count);
        for (uint32_t x = 0; x < 30; x++) CHECK(edges(&out, x, x + 1) + edges(&out, x + 1, x) == 1);
        drop(&out);
    }
    test_mesh_free(&mesh);
}

/* What hangs together, as numbers: vertices - edges + triangles, without repeats, and how many parts
 * there are. */
typedef struct shape {
    int32_t euler;
    uint32_t parts, rims;
} shape;

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static shape shape_of(const uint32_t *indices, uint32_t count, uint32_t vertex_count)
{
    shape found = { 0, 0, 0 };
    uint64_t *keys = (uint64_t *)malloc((size_t)count * 8 + 8);
    uint32_t *parent = (uint32_t *)malloc((size_t)vertex_count * 4);
    uint8_t *used = (uint8_t *)calloc(vertex_count, 1);
    for (uint32_t i = 0; i < vertex_count; i++) parent[i] = i;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = indices[i], b = indices[i / 3 * 3 + (i + 1) % 3];
        keys[i] = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
        used[a] = 1;
        parent[root_of(parent, a)] = root_of(parent, b);
    }
    qsort(keys, count, 8, compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        int before = i && keys[i - 1] == keys[i], after = i + 1 < count && keys[i + 1] == keys[i];
        found.euler -= !before;
        found.rims += !before && !after;
    }
    for (uint32_t i = 0; i < count; i += 3) { /* fewer than 2^21 vertices */
        uint64_t a = indices[i], b = indices[i + 1], c = indices[i + 2];
        uint64_t low = a < b ? a : b, high = a < b ? b : a;
        keys[i / 3] = c < low    ? c << 42 | low << 21 | high
                      : c > high ? low << 42 | high << 21 | c
                                 : low << 42 | c << 21 | high;
    }
    qsort(keys, count / 3, 8, compare_keys);
    for (uint32_t i = 0; i < count / 3; i++) found.euler += !i || keys[i - 1] != keys[i];
    for (uint32_t i = 0; i < vertex_count; i++) {
        found.euler += used[i];
        found.parts += used[i] && root_of(parent, i) == i;
    }
    free(keys);
    free(parent);
    free(used);
    return found;
}

/* Three flat sheets that share an edge: what is along it goes, the edge stays. */
static void book(void)
{
    test_mesh mesh = test_mesh_make(3 * 11 * 41, 3 * 10 * 40 * 6);
    for (uint32_t i = 0; i < mesh.vertex_count; i++) {
        uint32_t sheet = i / (11 * 41), x = i % 11, y = i % (11 * 41) / 11;
        const float way[3][2] = { { 1, 0 }, { -0.5f, 0.75f }, { -0.25f, -1 } };
        test_mesh_point(&mesh, i, way[sheet][0] * (float)x / 16, (float)y / 16,
                        way[sheet][1] * (float)x / 16);
    }
    test_mesh_grid_indices(mesh.indices, 10, 40);
    for (uint32_t i = 10 * 40 * 6; i < mesh.index_count; i++)
        mesh.indices[i] = mesh.indices[i - 10 * 40 * 6] + 11 * 41;
    weld(&mesh);
    shape before = shape_of(mesh.indices, mesh.index_count, mesh.vertex_count);
    CHECK(before.euler == 1 && before.parts == 1);
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_error = 1e-3f;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count <= 3 * (moving ? 24u : 12u), "%u", out.index_count);
        CHECK_MESSAGE(out.error <= (moving ? 1e-4f : 1e-6f), "%g", (double)out.error);
        w3d_mesh_view fewer = view_of(&view, &out);
        reference_distance there = reference_distance_to(&view, &fewer, 2000);
        CHECK_MESSAGE(there.max < 1e-6, "%g", there.max);
        shape after = shape_of(out.indices, out.index_count, mesh.vertex_count);
        CHECK(after.euler == 1 && after.parts == 1 && after.rims >= 9);
        drop(&out);
    }
    test_mesh_free(&mesh);
}

/* Two balls that touch in a point, with all connections turned around in one of them. */
static void balls_that_touch(void)
{
    test_mesh ball = test_mesh_sphere(24, 12);
    weld(&ball);
    for (int turned = 0; turned < 2; turned++) {
        test_mesh mesh = test_mesh_make(2 * ball.vertex_count, 2 * ball.index_count);
        for (uint32_t i = 0; i < mesh.vertex_count; i++) {
            const float *p = ball.positions + 3 * (size_t)(i % ball.vertex_count);
            float x = p[0] - ball.positions[0], y = p[1] - ball.positions[1];
            float z = p[2] - ball.positions[2], flip = i < ball.vertex_count ? 1.0f : -1.0f;
            test_mesh_point(&mesh, i, flip * x, flip * y, flip * z);
        }
        for (uint32_t i = 0; i < mesh.index_count; i++) {
            uint32_t second = i / ball.index_count, at = i % ball.index_count;
            if (second && turned && at % 3) at = at / 3 * 3 + 3 - at % 3;
            mesh.indices[i] = ball.indices[at] + second * ball.vertex_count;
        }
        weld(&mesh);
        CHECK(mesh.vertex_count == 2 * ball.vertex_count - 1);
        for (int moving = 0; moving < 2; moving++) {
            w3d_mesh_view view = test_mesh_view(&mesh);
            w3d_mesh_simplify_desc desc;
            w3d_mesh_simplified out;
            memset(&desc, 0, sizeof desc);
            desc.target_index_count = 40 * 3;
            CHECK(simplify(&view, &desc, moving, &out) == W3D_OK && out.index_count <= 40 * 3);
            shape after = shape_of(out.indices, out.index_count, mesh.vertex_count);
            CHECK_MESSAGE(after.euler == 3 && after.parts == 1 && after.rims == 0,
                          "%d, %u parts, %u rims", after.euler, after.parts, after.rims);
            drop(&out);
        }
        test_mesh_free(&mesh);
    }
    test_mesh_free(&ball);
}

/* The faces of every other cube of a block, by chance: edges of four triangles and points where fans
 * touch nearly everywhere. What hangs together does so afterwards. */
static void cubes(void)
{
    enum { SIDE = 8, POINTS = SIDE + 1 };
    static uint8_t full[SIDE + 2][SIDE + 2][SIDE + 2];
    test_mesh mesh = test_mesh_make(POINTS * POINTS * POINTS, SIDE * SIDE * SIDE * 36);
    const uint32_t corner[6] = { 0, 1, 2, 0, 2, 3 };
    uint32_t count = 0, seed = 12345;
    uint64_t hash = 0;
    memset(full, 0, sizeof full);
    for (uint32_t i = 0; i < SIDE * SIDE * SIDE; i++) {
        seed = w3d_hash_u32(seed + i);
        full[1 + i / SIDE / SIDE][1 + i / SIDE % SIDE][1 + i % SIDE] = seed % 100 < 45;
    }
    for (uint32_t i = 0; i < mesh.vertex_count; i++)
        test_mesh_point(&mesh, i, (float)(i % POINTS * 16 + i % 5) / 16,
                        (float)(i / POINTS % POINTS * 16 + i % 7) / 16,
                        (float)(i / POINTS / POINTS * 16 + i % 3) / 16);
    for (uint32_t i = 0; i < SIDE * SIDE * SIDE * 6; i++) {
        uint32_t at[3] = { i / 6 % SIDE, i / 6 / SIDE % SIDE, i / 6 / SIDE / SIDE };
        uint32_t axis = i % 6 / 2, up = i % 2, step[3] = { 1, POINTS, POINTS * POINTS }, q[4];
        uint32_t n[3] = { at[0] + 1, at[1] + 1, at[2] + 1 };
        if (!full[n[2]][n[1]][n[0]]) continue;
        n[axis] = up ? n[axis] + 1 : n[axis] - 1;
        if (full[n[2]][n[1]][n[0]]) continue;
        uint32_t u = step[(axis + 1) % 3], v = step[(axis + 2) % 3];
        q[0] = at[0] + at[1] * POINTS + at[2] * POINTS * POINTS + up * step[axis];
        q[1] = q[0] + (up ? u : v);
        q[2] = q[0] + u + v;
        q[3] = q[0] + (up ? v : u);
        for (uint32_t k = 0; k < 6; k++) mesh.indices[count++] = q[corner[k]];
    }
    mesh.index_count = count;
    shape before = shape_of(mesh.indices, count, mesh.vertex_count);
    CHECK(before.rims == 0 && count > 2000);
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplified out;
        CHECK(simplify(&view, NULL, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count < count / 2, "%u of %u", out.index_count, count);
        shape after = shape_of(out.indices, out.index_count, mesh.vertex_count);
        CHECK_MESSAGE(after.euler == before.euler && after.parts == before.parts && !after.rims,
                      "%d and %d, %u and %u parts, %u rims", after.euler, before.euler, after.parts,
                      before.parts, after.rims);
        hash = w3d_hash_bytes(out.indices, (size_t)out.index_count * 4, hash);
        if (moving) hash = w3d_hash_bytes(out.positions, mesh.vertex_count * 12, hash);
        drop(&out);
    }
    CHECK_MESSAGE(hash == 0x3B53F7B1BE5BAA70u, "hash 0x%016llX", (unsigned long long)hash);
    test_mesh_free(&mesh);
}

/* Scans that were thinned by merging points have thousands of edges of four triangles. */
static void no_surface_in_places(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    weld(&mesh);
    shape before = shape_of(mesh.indices, mesh.index_count, mesh.vertex_count);
    CHECK(before.rims == 0);
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_index_count = mesh.index_count / 3 / 20 * 3;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count <= desc.target_index_count, "%u of %u", out.index_count,
                      desc.target_index_count);
        shape after = shape_of(out.indices, out.index_count, mesh.vertex_count);
        CHECK_MESSAGE(after.euler == before.euler && after.parts == before.parts && !after.rims,
                      "%d and %d, %u and %u parts, %u rims", after.euler, before.euler, after.parts,
                      before.parts, after.rims);
        w3d_mesh_view fewer = view_of(&view, &out);
        reference_distance there = reference_distance_to(&view, &fewer, 2000);
        CHECK_MESSAGE(there.rms < (moving ? 1.3e-3 : 1.9e-3), "%g", there.rms);
        drop(&out);
    }
    test_mesh_free(&mesh);
}

static void locked_stay(void)
{
    test_mesh mesh = test_mesh_sphere(30, 15);
    weld(&mesh);
    uint8_t *locked = (uint8_t *)calloc(mesh.vertex_count, 1);
    for (uint32_t i = 0; i < mesh.vertex_count; i += 7) locked[i] = 1;
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.locked = locked;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK(out.index_count > 100 && out.index_count < mesh.index_count / 2);
        for (uint32_t i = 0; i < mesh.vertex_count; i += 7) {
            uint32_t found = 0;
            for (uint32_t k = 0; k < out.index_count; k++) found += out.indices[k] == i;
            CHECK_MESSAGE(found, "vertex %u is gone", i);
            if (moving) CHECK_BYTES(out.positions + 3 * i, mesh.positions + 3 * i, 12);
        }
        drop(&out);
    }
    free(locked);
    test_mesh_free(&mesh);
}

/* Two sheets that meet at x = 1/2 in vertices of their own: one surface with a seam. */
static void seams_stay(void)
{
    test_mesh mesh = test_mesh_make(2 * 9 * 17, 2 * 8 * 16 * 6);
    uint32_t half = 9 * 17;
    for (uint32_t i = 0; i < 2 * half; i++) {
        uint32_t x = i % half % 9 + (i >= half ? 8 : 0), y = i % half / 9;
        test_mesh_point(&mesh, i, (float)x / 16, (float)y / 16, (float)(x * x + y * y) / 4096);
    }
    test_mesh_grid_indices(mesh.indices, 8, 16);
    for (uint32_t i = 0; i < 8 * 16 * 6; i++) mesh.indices[8 * 16 * 6 + i] = mesh.indices[i] + half;
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_index_count = 40 * 3;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count <= 40 * 3, "%u", out.index_count);
        const float *at = moving ? out.positions : mesh.positions;
        uint32_t rim[2] = { 0, 0 };
        for (uint32_t i = 0; i < out.index_count; i++) {
            uint32_t a = out.indices[i], b = out.indices[i / 3 * 3 + (i + 1) % 3];
            CHECK((a < half) == (b < half)); /* no triangle across */
            if (edges(&out, b, a)) continue;
            const float *p = at + 3 * (size_t)a, *q = at + 3 * (size_t)b;
            if (fabsf(p[0] - 0.5f) > 0.02f || fabsf(q[0] - 0.5f) > 0.02f) continue;
            rim[a >= half]++; /* the other side has the same edge, the other way about */
            uint32_t found = 0;
            for (uint32_t k = 0; k < out.index_count; k++) {
                const float *r = at + 3 * (size_t)out.indices[k];
                const float *s = at + 3 * (size_t)out.indices[k / 3 * 3 + (k + 1) % 3];
                found += !memcmp(p, s, 12) && !memcmp(q, r, 12);
            }
            CHECK(found == 1);
        }
        CHECK_MESSAGE(rim[0] == rim[1] && rim[0] >= 1 && rim[0] < 16, "%u, %u", rim[0], rim[1]);
        drop(&out);
    }
    test_mesh_free(&mesh);
}

/* A flat sheet with a sharp step of colour that the geometry knows nothing of. */
static void attributes_count(void)
{
    test_mesh mesh = test_mesh_grid(32, 32, 0.0f);
    float *colour = (float *)malloc((size_t)mesh.vertex_count * 8), off[2] = { 0, 0 };
    for (uint32_t i = 0; i < mesh.vertex_count; i++) {
        float x = mesh.positions[3 * i], y = mesh.positions[3 * i + 1];
        float from = (x - 0.4f) * (x - 0.4f) + (y - 0.6f) * (y - 0.6f);
        colour[2 * i] = from < 0.08f ? 1.0f : 0.0f;
        colour[2 * i + 1] = 0.5f * x;
    }
    w3d_simplify_attribute attribute = { colour, 2, 0, 1.0f };
    for (int moving = 0; moving < 2; moving++) {
        for (int with = 0; with < 2; with++) {
            w3d_mesh_view view = test_mesh_view(&mesh);
            w3d_mesh_simplify_desc desc;
            w3d_mesh_simplified out;
            memset(&desc, 0, sizeof desc);
            desc.attributes = &attribute;
            desc.attribute_count = (uint32_t)with;
            desc.target_index_count = 3 * 200;
            CHECK(simplify(&view, &desc, moving, &out) == W3D_OK && out.index_count <= 600);
            const float *at = moving ? out.positions : mesh.positions;
            const float *value = out.attributes ? out.attributes : colour;
            double sum = 0; /* of squared differences in colour at the grid's vertices */
            for (uint32_t v = 0; v < mesh.vertex_count; v++) {
                double best = 1e9, found[2] = { 0, 0 };
                for (uint32_t i = 0; i < out.index_count; i += 3) {
                    const uint32_t *c = out.indices + i;
                    double p[3][2], w[3], least = 1e9;
                    for (int k = 0; k < 3; k++)
                        for (int m = 0; m < 2; m++)
                            p[k][m] = (double)at[3 * c[k] + (uint32_t)m] -
                                      mesh.positions[3 * v + (uint32_t)m];
                    for (int k = 0; k < 3; k++) {
                        const double *a = p[(k + 1) % 3], *b = p[(k + 2) % 3];
                        w[k] = a[0] * b[1] - a[1] * b[0];
                    }
                    double area = w[0] + w[1] + w[2];
                    if (!(fabs(area) > 1e-12)) continue;
                    for (int k = 0; k < 3; k++) least = fmin(least, w[k] / area);
                    if (-least >= best) continue;
                    best = -least;
                    for (int m = 0; m < 2; m++) {
                        found[m] = 0;
                        for (int k = 0; k < 3; k++)
                            found[m] += w[k] / area * value[2 * c[k] + (uint32_t)m];
                    }
                }
                for (int m = 0; m < 2; m++) {
                    double d = found[m] - colour[2 * v + (uint32_t)m];
                    sum += d * d;
                }
            }
            off[with] = (float)sqrt(sum / mesh.vertex_count);
            drop(&out);
        }
        CHECK_MESSAGE(off[1] < (moving ? 0.08f : 0.001f) && off[1] < 0.5f * off[0],
                      "moving %d: %g, without %g", moving, (double)off[1], (double)off[0]);
    }
    free(colour);
    test_mesh_free(&mesh);
}

/* What is not finite among the attributes counts as 0. */
static void attributes_not_finite(void)
{
    test_mesh mesh = test_mesh_sphere(24, 12);
    float *values = (float *)calloc(mesh.vertex_count, 4);
    w3d_simplify_attribute attribute = { values, 1, 0, 1.0f };
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified zero, out;
        memset(&desc, 0, sizeof desc);
        desc.attributes = &attribute;
        desc.attribute_count = 1;
        desc.target_index_count = mesh.index_count / 12 * 3;
        memset(values, 0, (size_t)mesh.vertex_count * 4);
        CHECK(simplify(&view, &desc, moving, &zero) == W3D_OK);
        for (uint32_t i = 0; i < mesh.vertex_count; i += 5)
            values[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK(out.index_count == zero.index_count && out.error == zero.error);
        CHECK_BYTES(out.indices, zero.indices, (size_t)zero.index_count * 4);
        drop(&zero);
        drop(&out);
    }
    free(values);
    test_mesh_free(&mesh);
}

/* Powers of two give the same triangles, other factors as good ones. */
static void scales(void)
{
    const float factors[] = { 1.0f, 1.0f / 16384, 16384.0f, 1e-4f, 1e4f, 1.0f / 1099511627776.0f };
    test_mesh mesh = test_mesh_sphere(60, 30);
    for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
        mesh.positions[i] += 0.01f * sinf(40 * mesh.positions[i]);
    weld(&mesh);
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_simplified first, out;
        double rms = 0;
        memset(&first, 0, sizeof first);
        for (int f = 0; f < 6; f++) {
            test_mesh scaled = test_mesh_copy(&mesh);
            test_mesh_scale(&scaled, factors[f]);
            w3d_mesh_view view = test_mesh_view(&scaled);
            w3d_mesh_simplify_desc desc;
            memset(&desc, 0, sizeof desc);
            desc.target_index_count = mesh.index_count / 10 / 3 * 3;
            CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
            CHECK(out.index_count <= desc.target_index_count);
            w3d_mesh_view fewer = view_of(&view, &out);
            reference_distance there = reference_distance_to(&view, &fewer, 2000);
            if (f == 0) {
                rms = there.rms;
                first = out;
                test_mesh_free(&scaled);
                continue;
            }
            CHECK_NEAR(there.rms / factors[f], rms, 0.15 * rms);
            CHECK_NEAR(out.error / factors[f], first.error, 0.3 * first.error);
            if (f < 3 || f == 5) {
                CHECK(out.index_count == first.index_count);
                CHECK_BYTES(out.indices, first.indices, (size_t)first.index_count * 4);
                for (uint32_t i = 0; moving && i < out.index_count; i++)
                    for (uint32_t k = 0; k < 3; k++)
                        CHECK(out.positions[3 * out.indices[i] + k] ==
                              first.positions[3 * out.indices[i] + k] * factors[f]);
            }
            drop(&out);
            test_mesh_free(&scaled);
        }
        drop(&first);
    }
    test_mesh_free(&mesh);
}

/* What is no surface: every result names vertices there are, in triangles of three, and all runs
 * give the same. */
static void no_surface(void)
{
    const float odd[] = { NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-45f, 0.0f, 1e-38f };
    for (uint32_t round = 0; round < 60; round++) {
        test_mesh mesh = test_mesh_soup(10 + round, 20 * round);
        for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
            if (round % 3 == 1 && test_random_below(12) == 0)
                mesh.positions[i] = odd[test_random_below(8)];
        for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
            if (round % 3 == 2) mesh.positions[i] = (float)test_random_below(3);
        float *uv = mesh.positions; /* any floats will do */
        w3d_simplify_attribute attribute = { uv, 3, 12, 0.5f };
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.attributes = &attribute;
        for (uint32_t kind = 0; kind < 4; kind++) {
            w3d_mesh_simplified out, again;
            desc.attribute_count = kind / 2;
            CHECK(simplify(&view, &desc, (int)(kind % 2), &out) == W3D_OK);
            CHECK(simplify(&view, &desc, (int)(kind % 2), &again) == W3D_OK);
            CHECK(out.index_count % 3 == 0 && out.index_count <= mesh.index_count);
            CHECK(out.index_count == again.index_count);
            CHECK_BYTES(out.indices, again.indices, (size_t)out.index_count * 4);
            CHECK(out.error >= 0.0f);
            for (uint32_t i = 0; i < out.index_count; i++)
                CHECK(out.indices[i] < mesh.vertex_count);
            drop(&out);
            drop(&again);
        }
        test_mesh_free(&mesh);
    }
    test_mesh fan = test_mesh_fan(5000); /* more around one vertex than may change */
    w3d_mesh_view view = test_mesh_view(&fan);
    w3d_mesh_simplified out;
    CHECK(simplify(&view, NULL, 0, &out) == W3D_OK);
    CHECK(out.index_count > 0 && out.index_count < fan.index_count / 2);
    drop(&out);
    test_mesh_free(&fan);
    memset(&view, 0, sizeof view);
    CHECK(simplify(&view, NULL, 0, &out) == W3D_OK && out.index_count == 0 && out.error == 0.0f);
    drop(&out);
}

static void errors_leave_outputs(void)
{
    float position[12] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
    uint32_t index[3] = { 0, 1, 4 }, indices[3], before[3];
    static unsigned char block[65536];
    w3d_mesh_view view = { position, index, 4, 3, 0 };
    w3d_mesh_simplify_desc desc;
    w3d_mesh_simplified out = { indices, NULL, NULL, 77, 5.0f };
    w3d_mesh_clustered clustered = { 77, 77, 5.0f };
    w3d_arena arena = w3d_arena_make(block, sizeof block);
    memset(&desc, 0, sizeof desc);
    memset(indices, 0xAB, sizeof indices);
    memcpy(before, indices, sizeof before);
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_simplify_cluster(&view, 3, indices, &clustered, arena) == W3D_ERR_INDEX);
    index[2] = 2;
    size_t size = w3d_mesh_simplify_scratch_size(4, 3, 0);
    CHECK(size < sizeof block);
    CHECK(w3d_mesh_simplify(&view, &desc, &out, w3d_arena_make(block, size - 1)) ==
          W3D_ERR_CAPACITY);
    size = w3d_mesh_simplify_cluster_scratch_size(4, 3);
    CHECK(w3d_mesh_simplify_cluster(&view, 3, indices, &clustered,
                                    w3d_arena_make(block, size - 1)) == W3D_ERR_CAPACITY);
#if !W3D_DEBUG
    w3d_simplify_attribute attribute = { position, 3, 0, 1.0f };
    desc.attributes = &attribute;
    desc.attribute_count = 1;
    const float weights[] = { 0.0f, -1.0f, NAN, INFINITY };
    for (int i = 0; i < 4; i++) {
        attribute.weight = weights[i];
        CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    }
    attribute.weight = 1.0f;
    attribute.components = 33;
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    attribute.components = 3;
    attribute.stride = 8;
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    desc.attribute_count = 0;
    desc.target_error = -1.0f;
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    desc.target_error = 0.0f;
    out.attributes = position;
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    out.attributes = NULL;
    view.index_count = 2;
    CHECK(w3d_mesh_simplify(&view, &desc, &out, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_simplify_cluster(&view, 3, indices, &clustered, arena) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(indices, before, sizeof indices);
    CHECK(out.index_count == 77 && out.error == 5.0f && clustered.index_count == 77);
    CHECK(w3d_mesh_simplify_scratch_size(0xFFFFFFFFu, 0xFFFFFFFFu, 32) == SIZE_MAX);
    CHECK(sizeof(size_t) > 4 ||
          w3d_mesh_simplify_cluster_scratch_size(0xFFFFFFFFu, 0xFFFFFFFFu) == SIZE_MAX);
}

/* The cluster mode reaches any target, and its error holds. */
static void clusters(void)
{
    test_mesh mesh = test_mesh_sphere(50, 25);
    w3d_mesh_view view = test_mesh_view(&mesh);
    uint32_t *out = (uint32_t *)malloc((size_t)mesh.index_count * 4);
    size_t size = w3d_mesh_simplify_cluster_scratch_size(mesh.vertex_count, mesh.index_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    for (uint32_t target = mesh.index_count; target > 0; target /= 2) {
        w3d_mesh_clustered result;
        memset(block, 0xEE, size + 1);
        CHECK(w3d_mesh_simplify_cluster(&view, target, out, &result,
                                        w3d_arena_make(block + 1, size)) == W3D_OK);
        CHECK_MESSAGE(result.index_count <= target &&
                          (target < 100 || result.index_count > target / 4),
                      "%u of %u", result.index_count, target);
        w3d_mesh_view fewer = view;
        fewer.indices = out;
        fewer.index_count = result.index_count;
        reference_distance back = reference_distance_to(&fewer, &view, 500);
        CHECK_MESSAGE(back.max <= (double)result.error + 1e-12, "%g, said %g", back.max,
                      (double)result.error);
        for (uint32_t i = 0; i < result.index_count; i++) CHECK(out[i] < mesh.vertex_count);
    }
    for (uint32_t i = 0; i < mesh.vertex_count; i += 3) mesh.positions[3 * i + i % 3] = NAN;
    w3d_mesh_clustered result;
    CHECK(w3d_mesh_simplify_cluster(&view, 300, out, &result, w3d_arena_make(block, size)) ==
          W3D_OK);
    for (uint32_t i = 0; i < result.index_count; i++) CHECK(out[i] % 3 != 0);
    free(out);
    free(block);
    test_mesh_free(&mesh);
}

/* Vertices in cubes whose hashes are all low: a table would hold them in one run, and look each up by
 * walking it, in the square of their number; what sorts them does not care. */
static void cubes_that_collide(void)
{
    enum { COUNT = 24000 };
    test_mesh mesh = test_mesh_make(COUNT, 6);
    uint32_t found = 2, out[6];
    test_mesh_point(&mesh, 0, 0, 0, 0);
    test_mesh_point(&mesh, 1, 1, 1, 1);
    for (uint32_t cell = 1; found < COUNT; cell++) {
        if ((w3d_hash_u32(cell) & 65535) >= 1024) continue;
        test_mesh_point(&mesh, found++, ((float)(cell >> 20) + 0.5f) / 1024,
                        ((float)(cell >> 10 & 1023) + 0.5f) / 1024,
                        ((float)(cell & 1023) + 0.5f) / 1024);
    }
    for (uint32_t i = 0; i < 6; i++) mesh.indices[i] = i % 3; /* twice the same */
    w3d_mesh_view view = test_mesh_view(&mesh);
    size_t size = w3d_mesh_simplify_cluster_scratch_size(COUNT, 6);
    void *block = malloc(size);
    w3d_mesh_clustered result;
    CHECK(w3d_mesh_simplify_cluster(&view, 6, out, &result, w3d_arena_make(block, size)) == W3D_OK);
    CHECK(result.grid_size == 1024 && result.index_count == 3);
    free(block);
    test_mesh_free(&mesh);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 12; round++) {
        test_mesh mesh = test_mesh_grid(30, 30, 0.02f * (float)round);
        w3d_simplify_attribute attribute = { mesh.positions, 3, 0, 0.1f };
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.attributes = &attribute;
        desc.attribute_count = round % 2;
        desc.target_index_count = 600;
        CHECK(simplify(&view, &desc, round % 4 > 1, &out) == W3D_OK);
        hash = w3d_hash_bytes(out.indices, (size_t)out.index_count * 4,
                              hash + w3d_bits_f32(out.error));
        if (out.positions) hash = w3d_hash_bytes(out.positions, mesh.vertex_count * 12, hash);
        drop(&out);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x3C4B11FD991FBCD4u, "hash 0x%016llX", (unsigned long long)hash);
}

/* Tiny bumps on a rough sheet have next to no area, yet they are what one sees of it: an error that
 * is area times squared distance alone would let them go among the first. */
static void bumps_stay(void)
{
    test_mesh mesh = test_mesh_grid(60, 60, 0.0004f);
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t at = (15 + i / 3 * 15) * 61 + 15 + i % 3 * 15;
        float *tip = mesh.positions + 3 * at;
        for (int x = -1; x <= 1; x++)
            for (int y = -1; y <= 1; y++)
                test_mesh_point(&mesh, (uint32_t)((int)at + x + 61 * y), tip[0] + 0.001f * (float)x,
                                tip[1] + 0.001f * (float)y, 0.0002f);
        tip[2] += 0.002f;
    }
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_index_count = mesh.index_count / 5 / 3 * 3;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        w3d_mesh_view fewer = view_of(&view, &out);
        reference_distance there = reference_distance_to(&view, &fewer, 2000);
        CHECK_MESSAGE(there.max < 0.0008, "%g", there.max);
        drop(&out);
    }
    test_mesh_free(&mesh);
}

/* How near the dragon stays, and that points that may move come nearer. */
static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    w3d_mesh_view view = test_mesh_view(&mesh);
    double rms[2];
    for (int moving = 0; moving < 2; moving++) {
        w3d_mesh_simplify_desc desc;
        w3d_mesh_simplified out;
        memset(&desc, 0, sizeof desc);
        desc.target_index_count = mesh.index_count / 2 / 3 * 3;
        CHECK(simplify(&view, &desc, moving, &out) == W3D_OK);
        CHECK_MESSAGE(out.index_count <= desc.target_index_count &&
                          out.index_count + 12 >= desc.target_index_count,
                      "%u of %u", out.index_count, mesh.index_count);
        w3d_mesh_view fewer = view_of(&view, &out);
        reference_distance there = reference_distance_to(&view, &fewer, 10000);
        reference_distance back = reference_distance_to(&fewer, &view, 10000);
        rms[moving] = sqrt(there.rms * there.rms + back.rms * back.rms);
        double most = moving ? 1.6e-4 : 2.4e-4;
        CHECK_MESSAGE(there.rms < most && back.rms < most, "%g, %g", there.rms, back.rms);
        CHECK_MESSAGE(there.max < 0.0025 && back.max < 0.0015, "%g, %g", there.max, back.max);
        CHECK_MESSAGE(out.error > there.rms && out.error < 0.002f, "%g, rms %g", (double)out.error,
                      there.rms);
        drop(&out);
    }
    CHECK_MESSAGE(rms[1] < 0.75 * rms[0], "moved %g, not %g", rms[1], rms[0]);
    test_mesh_free(&mesh);
}

void test_mesh_simplify(void);
void test_mesh_simplify(void)
{
    RUN(closed_stays_closed);
    RUN(flat_sheet);
    RUN(book);
    RUN(balls_that_touch);
    RUN(cubes);
    RUN(no_surface_in_places);
    RUN(locked_stay);
    RUN(seams_stay);
    RUN(attributes_count);
    RUN(attributes_not_finite);
    RUN(scales);
    RUN(no_surface);
    RUN(errors_leave_outputs);
    RUN(clusters);
    RUN(cubes_that_collide);
    RUN(determinism);
    RUN(bumps_stay);
    RUN(dragon);
}
