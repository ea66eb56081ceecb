#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_meshlet_bounds.h"

typedef struct patches {
    w3d_meshlets out;
    w3d_meshlet_bounds *bounds;
} patches;

static patches patches_of(const w3d_mesh_view *view)
{
    patches p;
    size_t size = w3d_mesh_meshlet_scratch_size(NULL, view->vertex_count, view->index_count);
    void *block = malloc(size);
    memset(&p, 0, sizeof p);
    p.out.meshlet_capacity = w3d_mesh_meshlet_bound(NULL, view->index_count);
    p.out.meshlets = (w3d_meshlet *)malloc(p.out.meshlet_capacity * sizeof(w3d_meshlet) + 1);
    p.out.vertices = (uint32_t *)malloc((size_t)view->index_count * 4 + 1);
    p.out.triangles = (uint8_t *)malloc((size_t)view->index_count + 1);
    p.bounds = (w3d_meshlet_bounds *)malloc(p.out.meshlet_capacity * sizeof *p.bounds + 1);
    CHECK(w3d_mesh_meshlet_build(view, NULL, &p.out, w3d_arena_make(block, size)) == W3D_OK);
    CHECK(w3d_mesh_meshlet_bounds(view, &p.out, 0, p.out.meshlet_count, p.bounds) == W3D_OK);
    free(block);
    return p;
}

static void patches_free(patches *p)
{
    free(p->out.meshlets);
    free(p->out.vertices);
    free(p->out.triangles);
    free(p->bounds);
}

/* Twice the volume an eye spans with a triangle, and what its rounding may be: positive, the eye
 * sees the front. */
static double seen(const w3d_mesh_view *view, const patches *p, const w3d_meshlet *m, uint32_t t,
                   const double *eye, double *doubt)
{
    double e[3][3], volume = 0, most = 0;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t row = p->out.triangles[3 * (size_t)(m->triangle_offset + t) + k];
        const float *at = w3d_mesh_position(view, p->out.vertices[m->vertex_offset + row]);
        for (uint32_t axis = 0; axis < 3; axis++) e[k][axis] = (double)at[axis] - eye[axis];
    }
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t u = (k + 1) % 3, v = (k + 2) % 3;
        double cross =
            (e[1][u] - e[0][u]) * (e[2][v] - e[0][v]) - (e[1][v] - e[0][v]) * (e[2][u] - e[0][u]);
        volume -= e[0][k] * cross;
        most += fabs(e[0][k]) * (fabs((e[1][u] - e[0][u]) * (e[2][v] - e[0][v])) +
                                 fabs((e[1][v] - e[0][v]) * (e[2][u] - e[0][u])));
    }
    *doubt = most * 1e-14;
    return volume;
}

/* Eyes around, behind and near every meshlet; no culled one may show a front. Gives how many eyes
 * were told that a meshlet faces away. */
static uint32_t check_cones(const w3d_mesh_view *view, const patches *p, uint32_t eyes)
{
    uint32_t away = 0, wrong = 0;
    for (uint32_t i = 0; i < p->out.meshlet_count; i++) {
        const w3d_meshlet_bounds *b = &p->bounds[i];
        const w3d_meshlet *m = &p->out.meshlets[i];
        for (uint32_t k = 0; k < eyes; k++) {
            float eye[3];
            double exact[3], doubt;
            static const float reach[] = { 0.1f, 1.0f, 3.0f, 100.0f };
            float far = reach[k % 4] * b->sphere.radius;
            for (int axis = 0; axis < 3; axis++) {
                /* Half of them by the edge of the region, where mistakes would be. */
                float side = test_random_float(-far, far);
                float from =
                    k & 4 ? b->cone_apex[axis] - far * b->cone_axis[axis] : b->sphere.centre[axis];
                eye[axis] = from + side;
                exact[axis] = (double)eye[axis];
            }
            if (!w3d_meshlet_faces_away(b, eye)) continue;
            away++;
            for (uint32_t t = 0; t < m->triangle_count; t++)
                wrong += seen(view, p, m, t, exact, &doubt) > doubt;
        }
    }
    CHECK_MESSAGE(wrong == 0, "%u fronts were culled", wrong);
    return away;
}

static void check_spheres(const w3d_mesh_view *view, const patches *p)
{
    for (uint32_t i = 0; i < p->out.meshlet_count; i++) {
        const w3d_meshlet *m = &p->out.meshlets[i];
        for (uint32_t k = 0; k < m->vertex_count; k++) {
            const float *at = w3d_mesh_position(view, p->out.vertices[m->vertex_offset + k]);
            double sum = 0;
            for (int axis = 0; axis < 3; axis++) {
                double d = (double)at[axis] - (double)p->bounds[i].sphere.centre[axis];
                sum += d * d;
            }
            CHECK(sum <= (double)p->bounds[i].sphere.radius * (double)p->bounds[i].sphere.radius);
        }
    }
}

static void culled_is_unseen(void)
{
    static const float scales[] = { 1.0f, 1e-4f, 1e4f, 1e-20f, 1e18f };
    for (uint32_t i = 0; i < 5; i++) {
        test_mesh mesh = i & 1 ? test_mesh_grid(40, 40, 0.01f) : test_mesh_sphere(80, 50);
        test_mesh_scale(&mesh, scales[i]);
        w3d_mesh_view view = test_mesh_view(&mesh);
        patches p = patches_of(&view);
        check_spheres(&view, &p);
        uint32_t away = check_cones(&view, &p, 200);
        CHECK_MESSAGE(away > 10 * p.out.meshlet_count, "%u eyes for %u", away, p.out.meshlet_count);
        patches_free(&p);
        test_mesh_free(&mesh);
    }
    test_mesh mesh = test_mesh_sphere(80, 50); /* far from the origin: an apex rounds badly */
    for (uint32_t i = 0; i < 3 * mesh.vertex_count; i++) mesh.positions[i] += 1000.0f;
    w3d_mesh_view view = test_mesh_view(&mesh);
    patches p = patches_of(&view);
    check_spheres(&view, &p);
    CHECK(check_cones(&view, &p, 200) > 0);
    patches_free(&p);
    test_mesh_free(&mesh);
    if (!test_mesh_dragon(4, &mesh)) return;
    view = test_mesh_view(&mesh);
    p = patches_of(&view);
    check_spheres(&view, &p);
    CHECK(check_cones(&view, &p, 300) > 0);
    patches_free(&p);
    test_mesh_free(&mesh);
}

static void odd_coordinates(void)
{
    static const float odd[] = { NAN, INFINITY, -FLT_MAX, FLT_MAX, 1e-45f, 0.0f, 1.0f };
    for (uint32_t round = 0; round < 20; round++) {
        test_mesh mesh = test_mesh_grid(12, 12, 0.2f);
        for (uint32_t i = 0; i < 3 * mesh.vertex_count; i++)
            if (round < 10 ? !test_random_below(20) : 1)
                mesh.positions[i] = odd[test_random_below(7)];
        w3d_mesh_view view = test_mesh_view(&mesh);
        patches p = patches_of(&view);
        for (uint32_t i = 0; i < p.out.meshlet_count; i++) {
            const w3d_meshlet_bounds *b = &p.bounds[i];
            CHECK(b->cone_cutoff >= 0.0f && b->cone_cutoff <= 2.0f);
            for (int k = 0; k < 3; k++)
                CHECK(w3d_f32_is_finite(b->cone_apex[k]) && w3d_f32_is_finite(b->cone_axis[k]));
        }
        patches_free(&p);
        test_mesh_free(&mesh);
    }
}

static void same_bits(void)
{
    test.random = 7;
    test_mesh mesh = test_mesh_grid(50, 41, 0.02f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    patches p = patches_of(&view);
    uint64_t hash = w3d_hash_bytes(p.bounds, p.out.meshlet_count * sizeof *p.bounds, 1);
    uint64_t expected = 0xD16D94CE2C4709D5u;
    CHECK_MESSAGE(hash == expected, "0x%016llX", (unsigned long long)hash);
    patches_free(&p);
    test_mesh_free(&mesh);
}

static void refusals(void)
{
    test_mesh mesh = test_mesh_grid(2, 2, 0.1f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    patches p = patches_of(&view);
    w3d_meshlet_bounds before = p.bounds[0];
    CHECK(p.out.meshlet_count == 1);
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 0, 2, p.bounds) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 1, 0, p.bounds) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 0, 1, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_meshlet_bounds(NULL, &p.out, 0, 1, p.bounds) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 1, 1, NULL) == W3D_OK);
    p.out.triangles[4] = 9;
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 0, 1, p.bounds) == W3D_ERR_INDEX);
    p.out.triangles[4] = 0;
    p.out.vertices[2] = 9;
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 0, 1, p.bounds) == W3D_ERR_INDEX);
    p.out.vertices[2] = 0;
    p.out.meshlets[0].triangle_offset = 1;
    CHECK(w3d_mesh_meshlet_bounds(&view, &p.out, 0, 1, p.bounds) == W3D_ERR_INDEX);
    CHECK_BYTES(&before, &p.bounds[0], sizeof before);
    patches_free(&p);
    test_mesh_free(&mesh);
}

void test_mesh_meshlet_bounds(void);
void test_mesh_meshlet_bounds(void)
{
    RUN(culled_is_unseen);
    RUN(odd_coordinates);
    RUN(same_bits);
    RUN(refusals);
}
