#include "bvh_block.h"

#include "core/vec.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_weld.h"
#include "reference/reference_bvh.h"

static void random_point(float *point, float scale)
{
    for (int k = 0; k < 3; k++) point[k] = scale * test_random_float(-1.6f, 1.6f);
}

static void closest_points(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++)
        for (int shape = 0; shape < 2; shape++) {
            test_mesh mesh = shape ? test_mesh_sphere(20, 10) : test_mesh_soup(90, 250);
            test_mesh_scale(&mesh, scales[s]);
            w3d_mesh_view view = test_mesh_view(&mesh);
            bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
            for (int i = 0; i < 150; i++) {
                float point[3];
                double p[3], on[3];
                w3d_mesh_bvh_point found, limited;
                random_point(point, i % 5 ? scales[s] : scales[s] * 30.0f);
                if (i % 7 == 0)
                    memcpy(point, mesh.positions + 3 * test_random_below(mesh.vertex_count), 12);
                for (int k = 0; k < 3; k++) p[k] = (double)point[k];
                double expected = reference_bvh_nearest(&view, p),
                       slack = 1e-6 * (expected + (double)scales[s]);
                if (!w3d_mesh_bvh_closest_point(&block.bvh, point, 0.0f, &found)) {
                    /* Corners of no triangle are drawn for the soup: those are never asked for. */
                    CHECK(0);
                    continue;
                }
                CHECK_NEAR(found.distance, expected, slack);
                CHECK_NEAR(found.distance, reference_bvh_distance(&view, found.triangle, p), slack);
                for (int k = 0; k < 3; k++) on[k] = (double)found.point[k];
                CHECK_NEAR(reference_bvh_distance(&view, found.triangle, on), 0.0, slack);
                CHECK(found.u >= 0.0f && found.v >= 0.0f && found.u + found.v <= 1.000001f);
                CHECK(found.distance == 0.0f ||
                      !w3d_mesh_bvh_closest_point(&block.bvh, point, found.distance * 0.999f,
                                                  &limited));
                CHECK(w3d_mesh_bvh_closest_point(&block.bvh, point, found.distance * 1.001f,
                                                 &limited));
                CHECK_BYTES(&found, &limited, sizeof found);
            }
            bvh_block_free(&block);
            test_mesh_free(&mesh);
        }
}

/* A torus with welded or split corners: the winding number tells inside from outside. */
static void signed_distances(void)
{
    enum { A = 24, B = 12 };
    for (int split = 0; split < 2; split++) {
        test_mesh mesh = test_mesh_make(A * B, A * B * 6);
        for (uint32_t i = 0; i < A; i++)
            for (uint32_t j = 0; j < B; j++) {
                float u = 2.0f * W3D_PI * (float)i / A, v = 2.0f * W3D_PI * (float)j / B;
                float r = 1.0f + 0.4f * w3d_math_cos(v);
                test_mesh_point(&mesh, i * B + j, r * w3d_math_cos(u), r * w3d_math_sin(u),
                                0.4f * w3d_math_sin(v));
                uint32_t a = i * B + j, b = i * B + (j + 1) % B, c = (i + 1) % A * B + j;
                uint32_t d = (i + 1) % A * B + (j + 1) % B, cell[6] = { a, c, d, a, d, b };
                memcpy(mesh.indices + 6 * (i * B + j), cell, sizeof cell);
            }
        if (split) { /* every triangle with corners of its own */
            test_mesh other = test_mesh_make(mesh.index_count, mesh.index_count);
            for (uint32_t i = 0; i < mesh.index_count; i++) {
                memcpy(other.positions + 3 * i, mesh.positions + 3 * mesh.indices[i], 12);
                other.indices[i] = i;
            }
            test_mesh_free(&mesh);
            mesh = other;
        }
        w3d_mesh_view view = test_mesh_view(&mesh);
        bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
        uint32_t inside = 0, edges = 0;
        for (int i = 0; i < 1500; i++) {
            float point[3];
            double p[3];
            w3d_mesh_bvh_point found;
            random_point(point, 1.0f);
            if (i % 3) point[2] *= 0.3f;
            for (int k = 0; k < 3; k++) p[k] = (double)point[k];
            float distance = w3d_mesh_bvh_signed_distance(&block.bvh, point, &found);
            double winding = reference_bvh_winding(&view, p);
            CHECK(fabsf(distance) == found.distance);
            edges += found.u == 0.0f || found.v == 0.0f || found.u + found.v == 1.0f;
            if (found.distance < 1e-5f) continue;
            CHECK_MESSAGE((distance < 0.0f) == (winding > 0.5), "%g at winding %g, u %g v %g",
                          (double)distance, winding, (double)found.u, (double)found.v);
            inside += distance < 0.0f;
        }
        CHECK_MESSAGE(inside > 50 && edges > 200, "%u inside, %u on edges", (unsigned)inside,
                      (unsigned)edges);
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

/* A corner where the first face found would say the wrong side: the pseudonormal has to decide. */
static void signed_distance_at_a_spike(void)
{
    test_mesh mesh = test_mesh_make(4, 12);
    const uint32_t indices[12] = { 0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2 };
    test_mesh_point(&mesh, 0, 0.0f, 0.0f, 3.0f);
    test_mesh_point(&mesh, 1, 0.1f, 0.0f, 0.0f);
    test_mesh_point(&mesh, 2, -0.1f, 0.1f, 0.0f);
    test_mesh_point(&mesh, 3, -0.1f, -2.0f, 0.0f);
    memcpy(mesh.indices, indices, sizeof indices);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    w3d_mesh_view view = test_mesh_view(&mesh);
    for (int i = 0; i < 2000; i++) {
        float point[3];
        double p[3];
        for (int k = 0; k < 3; k++) point[k] = test_random_float(-0.5f, 0.5f);
        point[2] += i & 1 ? 3.0f : 0.0f;
        for (int k = 0; k < 3; k++) p[k] = (double)point[k];
        float distance = w3d_mesh_bvh_signed_distance(&block.bvh, point, NULL);
        if (fabsf(distance) > 1e-5f)
            CHECK((distance < 0.0f) == (reference_bvh_winding(&view, p) > 0.5));
    }
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

static int in_list(const uint32_t *list, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == value) return 1;
    return 0;
}

static void overlaps(void)
{
    enum { TRIANGLES = 300 };
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++) {
        test_mesh mesh = test_mesh_soup(150, TRIANGLES);
        for (uint32_t i = 0; i < mesh.index_count; i += 3) /* smaller: near the first corner */
            mesh.indices[i + 1] = (mesh.indices[i] + 1) % 150,
                             mesh.indices[i + 2] = (mesh.indices[i] + 2) % 150;
        for (uint32_t i = 1; i < 150; i++)
            for (uint32_t k = 0; k < 3; k++)
                if (i % 3)
                    mesh.positions[3 * i + k] =
                        mesh.positions[3 * (i - i % 3) + k] + test_random_float(-0.2f, 0.2f);
        test_mesh_scale(&mesh, scales[s]);
        w3d_mesh_view view = test_mesh_view(&mesh);
        bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
        uint32_t list[TRIANGLES], total = 0;
        for (int i = 0; i < 60; i++) {
            float a[3], b[3];
            w3d_box box;
            w3d_sphere sphere;
            double low[3], high[3], centre[3];
            random_point(a, scales[s]);
            random_point(b, scales[s]);
            for (int k = 0; k < 3; k++) {
                box.min[k] = fminf(a[k], b[k]), box.max[k] = fmaxf(a[k], b[k]);
                low[k] = (double)box.min[k], high[k] = (double)box.max[k];
                sphere.centre[k] = a[k], centre[k] = (double)a[k];
            }
            sphere.radius = scales[s] * test_random_float(0.0f, 1.0f);
            float planes[6][4] = { { 0 } };
            for (int k = 0; k < 3; k++) {
                planes[k][k] = 3.0f, planes[k][3] = -3.0f * box.min[k];
                planes[3 + k][k] = -0.5f, planes[3 + k][3] = 0.5f * box.max[k];
            }
            double slack = 1e-6 * (double)scales[s];
            for (int what = 0; what < 3; what++) {
                uint32_t count =
                    what == 0   ? w3d_mesh_bvh_overlap_box(&block.bvh, &box, list, TRIANGLES)
                    : what == 1 ? w3d_mesh_bvh_overlap_sphere(&block.bvh, &sphere, list, TRIANGLES)
                                : w3d_mesh_bvh_overlap_planes(&block.bvh, (const float(*)[4])planes,
                                                              6, list, TRIANGLES);
                CHECK(count <= TRIANGLES);
                total += count;
                for (uint32_t t = 0; t < TRIANGLES; t++) {
                    double by =
                        what == 1 ? (double)sphere.radius - reference_bvh_distance(&view, t, centre)
                                  : reference_bvh_box(&view, t, low, high);
                    const uint32_t *c = mesh.indices + 3 * t;
                    if (c[0] == c[1] || c[1] == c[2] || c[0] == c[2]) continue;
                    if (fabs(by) < slack) continue;
                    CHECK_MESSAGE(in_list(list, count, t) == (by > 0.0), "%d: triangle %u, by %g",
                                  what, (unsigned)t, by);
                }
                uint32_t few[2] = { 99, 99 };
                if (what == 0) {
                    CHECK(w3d_mesh_bvh_overlap_box(&block.bvh, &box, NULL, 0) == count);
                    CHECK(w3d_mesh_bvh_overlap_box(&block.bvh, &box, few, 1) == count &&
                          few[1] == 99);
                }
            }
        }
        CHECK(total > 100);
        float camera[6][4];
        w3d_mat4 view_matrix = w3d_mat4_look_at(w3d_vec3_make(0, 0, 4 * scales[s]),
                                                w3d_vec3_make(0, 0, 0), w3d_vec3_make(0, 1, 0));
        w3d_mat4 lens = w3d_mat4_perspective(1.2f, 1.0f, 0.1f * scales[s], 100.0f * scales[s]);
        w3d_mat4 both = w3d_mat4_multiply(&lens, &view_matrix);
        w3d_mesh_bvh_frustum(both.m, camera);
        uint32_t all =
            w3d_mesh_bvh_overlap_planes(&block.bvh, (const float(*)[4])camera, 6, list, TRIANGLES);
        CHECK(all == TRIANGLES - block.bvh.header->left_out);
        CHECK(w3d_mesh_bvh_overlap_planes(&block.bvh, NULL, 0, NULL, 0) == all);
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

static void two_trees(void)
{
    static uint32_t pairs[20000][2];
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++)
        for (int flat = 0; flat < 2; flat++) {
            enum { EACH = 120 };
            test_mesh a = test_mesh_soup(60, EACH), b = test_mesh_soup(60, EACH);
            for (uint32_t i = 0; flat && i < 60;
                 i++) /* small whole coordinates, in planes and lines */
                for (uint32_t k = 0; k < 3; k++) {
                    a.positions[3 * i + k] = k == 2 ? 0.0f : (float)test_random_below(8);
                    b.positions[3 * i + k] =
                        k == 2 ? (float)test_random_below(2) : (float)test_random_below(8) + 0.5f;
                }
            test_mesh_scale(&a, scales[s]);
            test_mesh_scale(&b, scales[s]);
            w3d_mesh_view view_a = test_mesh_view(&a), view_b = test_mesh_view(&b);
            bvh_block block_a = bvh_block_make(&a, W3D_MESH_BVH_BALANCED);
            bvh_block block_b = bvh_block_make(&b, W3D_MESH_BVH_BALANCED);
            uint32_t count = w3d_mesh_bvh_overlap_bvh(&block_a.bvh, &block_b.bvh, pairs, 20000);
            unsigned char *meet = (unsigned char *)calloc(EACH, EACH);
            for (uint32_t i = 0; i < count && i < 20000; i++)
                CHECK(meet[pairs[i][0] * EACH + pairs[i][1]]++ == 0);
            uint32_t met = 0;
            for (uint32_t i = 0; i < EACH; i++)
                for (uint32_t j = 0; j < EACH; j++) {
                    double by = reference_bvh_pair(&view_a, i, &view_b, j);
                    met += meet[i * EACH + j];
                    if (!(fabs(by) > 1e-6 * (double)scales[s]) || by == HUGE_VAL) continue;
                    const uint32_t *p = a.indices + 3 * i, *q = b.indices + 3 * j;
                    int thin =
                        reference_bvh_pair(&view_a, i, &view_a, i) < 1e-5 * (double)scales[s] ||
                        reference_bvh_pair(&view_b, j, &view_b, j) < 1e-5 * (double)scales[s];
                    if (thin || p[0] == p[1] || q[0] == q[1]) continue;
                    if (flat && by > 0.0) continue; /* left out where they have no area */
                    CHECK_MESSAGE(meet[i * EACH + j] == (by > 0.0), "%u and %u: by %g", (unsigned)i,
                                  (unsigned)j, by);
                }
            CHECK_MESSAGE(met == count && met > 50, "%u", (unsigned)met);
            CHECK(w3d_mesh_bvh_overlap_bvh(&block_a.bvh, &block_b.bvh, NULL, 0) == count);
            CHECK(w3d_mesh_bvh_overlap_bvh(&block_b.bvh, &block_a.bvh, NULL, 0) == count);
            free(meet);
            bvh_block_free(&block_a);
            bvh_block_free(&block_b);
            test_mesh_free(&a);
            test_mesh_free(&b);
        }
}

static void strange_questions(void)
{
    test_mesh mesh = test_mesh_soup(40, 80);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    w3d_mesh_bvh_point found;
    w3d_mesh_bvh empty;
    const float strange[6] = { NAN, INFINITY, -INFINITY, 1e38f, -1e38f, 1e-44f };
    memset(&empty, 0, sizeof empty);
    for (int i = 0; i < 6; i++) {
        float point[3] = { 0.1f, strange[i], 0.2f };
        int is_number = isfinite(strange[i]);
        CHECK(is_number || !w3d_mesh_bvh_closest_point(&block.bvh, point, 0.0f, &found));
        float distance = w3d_mesh_bvh_signed_distance(&block.bvh, point, NULL);
        CHECK(is_number || distance == INFINITY);
        if (is_number)
            CHECK(w3d_mesh_bvh_closest_point(&block.bvh, point, 0.0f, &found) &&
                  found.triangle < 80);
        w3d_sphere sphere = { { 0.1f, strange[i], 0.2f }, 0.5f };
        CHECK(w3d_mesh_bvh_overlap_sphere(&block.bvh, &sphere, NULL, 0) <= 80);
        w3d_box box = { { 0.0f, strange[i], 0.0f }, { 1.0f, strange[i], 1.0f } };
        CHECK(w3d_mesh_bvh_overlap_box(&block.bvh, &box, NULL, 0) <= 80);
    }
    float here[3] = { 0.0f, 0.0f, 0.0f };
    CHECK(!w3d_mesh_bvh_closest_point(&block.bvh, here, NAN, &found));
    CHECK(!w3d_mesh_bvh_closest_point(&block.bvh, here, -1.0f, &found));
    CHECK(!w3d_mesh_bvh_closest_point(&empty, here, 0.0f, &found));
    CHECK(w3d_mesh_bvh_signed_distance(&empty, here, &found) == INFINITY);
    CHECK(w3d_mesh_bvh_overlap_bvh(&empty, &block.bvh, NULL, 0) == 0);
    CHECK(w3d_mesh_bvh_overlap_planes(&empty, NULL, 0, NULL, 0) == 0);
    CHECK(!w3d_mesh_bvh_closest_point(NULL, here, 0.0f, &found));
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

void test_mesh_bvh_query(void);
void test_mesh_bvh_query(void)
{
    RUN(closest_points);
    RUN(signed_distances);
    RUN(signed_distance_at_a_spike);
    RUN(overlaps);
    RUN(two_trees);
    RUN(strange_questions);
}
