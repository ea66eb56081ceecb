#include "bvh_block.h"

#include "core/vec.h"
#include "mesh/mesh_bvh_trace.h"
#include "mesh/mesh_pick.h"
#include "reference/reference_bvh.h"

enum { WIDTH = 640, HEIGHT = 480 };

typedef struct camera {
    w3d_mat4 clip, back;
} camera;

static camera look(float scale, float x, float y, float z)
{
    camera c;
    w3d_mat4 view = w3d_mat4_look_at(w3d_vec3_make(x * scale, y * scale, z * scale),
                                     w3d_vec3_make(0, 0, 0), w3d_vec3_make(0, 1, 0));
    w3d_mat4 lens = w3d_mat4_perspective(0.8f, (float)WIDTH / HEIGHT, 0.1f * scale, 50.0f * scale);
    c.clip = w3d_mat4_multiply(&lens, &view);
    CHECK(w3d_mat4_inverse(&c.clip, &c.back));
    return c;
}

/* Where a point is in the picture, in double: x, y, depth, w. */
static void project(const camera *c, const float *point, double *out)
{
    double clip[4];
    for (int row = 0; row < 4; row++)
        clip[row] = (double)c->clip.m[row] * (double)point[0] +
                    (double)c->clip.m[4 + row] * (double)point[1] +
                    (double)c->clip.m[8 + row] * (double)point[2] + (double)c->clip.m[12 + row];
    out[0] = (clip[0] / clip[3] + 1.0) * 0.5 * WIDTH;
    out[1] = (1.0 - clip[1] / clip[3]) * 0.5 * HEIGHT;
    out[2] = clip[2] / clip[3];
    out[3] = clip[3];
}

static w3d_mesh_pick_desc desc_of(const bvh_block *block, const w3d_mesh_view *view,
                                  const camera *c)
{
    w3d_mesh_pick_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.bvh = &block->bvh;
    desc.mesh = view;
    desc.view_projection = c->clip.m;
    desc.inverse = c->back.m;
    desc.width = WIDTH;
    desc.height = HEIGHT;
    return desc;
}

static void rays_through_pixels(void)
{
    camera c = look(1.0f, 1.0f, 2.0f, 3.0f);
    for (int i = 0; i < 200; i++) {
        float point[2] = { test_random_float(0, WIDTH), test_random_float(0, HEIGHT) };
        float size[2] = { WIDTH, HEIGHT }, at[3];
        w3d_mesh_bvh_ray ray;
        double where[4];
        CHECK(w3d_mesh_pick_ray(c.back.m, point, size, &ray));
        CHECK_NEAR(ray.direction[0] * ray.direction[0] + ray.direction[1] * ray.direction[1] +
                       ray.direction[2] * ray.direction[2],
                   1.0, 1e-5);
        for (int k = 0; k < 3; k++) at[k] = ray.origin[k] + ray.direction[k] * 2.0f;
        project(&c, at, where);
        CHECK_NEAR(where[0], point[0], 0.01);
        CHECK_NEAR(where[1], point[1], 0.01);
        project(&c, ray.origin, where);
        CHECK_NEAR(where[2], 0.0, 1e-4);
        for (int k = 0; k < 3; k++) at[k] = ray.origin[k] + ray.direction[k] * ray.t_max;
        project(&c, at, where);
        CHECK_NEAR(where[2], 1.0, 1e-4);
    }
    float nothing[16] = { 0 }, point[2] = { 1, 1 }, size[2] = { WIDTH, HEIGHT };
    w3d_mesh_bvh_ray ray;
    CHECK(!w3d_mesh_pick_ray(nothing, point, size, &ray));
    nothing[0] = NAN;
    CHECK(!w3d_mesh_pick_ray(nothing, point, size, &ray));
    size[0] = 0.0f;
    CHECK(!w3d_mesh_pick_ray(c.back.m, point, size, &ray));
    /* A far plane at infinity: the last rows of such a lens. */
    w3d_mat4 lens = w3d_mat4_perspective(0.8f, 1.0f, 0.1f, 10.0f), back;
    lens.m[10] = -1.0f, lens.m[14] = -0.1f;
    CHECK(w3d_mat4_inverse(&lens, &back));
    size[0] = WIDTH;
    point[0] = WIDTH / 2, point[1] = HEIGHT / 2;
    CHECK(w3d_mesh_pick_ray(back.m, point, size, &ray) && ray.t_max == 0.0f);
    CHECK_NEAR(ray.direction[2], -1.0, 1e-6);
    CHECK_NEAR(ray.origin[2], -0.1, 1e-6);
}

static void triangles(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++) {
        test_mesh mesh = test_mesh_sphere(24, 12);
        test_mesh_scale(&mesh, scales[s]);
        w3d_mesh_view view = test_mesh_view(&mesh);
        bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
        camera c = look(scales[s], 0.5f, 1.0f, 3.0f);
        w3d_mesh_pick_desc desc = desc_of(&block, &view, &c);
        int hits = 0;
        for (int i = 0; i < 300; i++) {
            w3d_mesh_pick_result picked;
            double where[4];
            desc.x = test_random_float(0, WIDTH), desc.y = test_random_float(0, HEIGHT);
            CHECK(w3d_mesh_pick(&desc, &picked, w3d_arena_make(NULL, 0)) == W3D_OK);
            if (!picked.kind) continue;
            hits++;
            CHECK(picked.kind == W3D_MESH_PICK_TRIANGLES && picked.triangle < mesh.index_count / 3);
            CHECK(picked.vertex[0] == mesh.indices[3 * picked.triangle]);
            project(&c, picked.point, where);
            CHECK_NEAR(where[0], desc.x, 0.02);
            CHECK_NEAR(where[1], desc.y, 0.02);
            CHECK_NEAR(where[2], picked.depth, 1e-4);
        }
        CHECK(hits > 30 && hits < 270);
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

/* A vertex counts where no triangle without it lies clearly before it. */
static int is_seen(const test_mesh *mesh, const camera *c, uint32_t vertex)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    float size[2] = { WIDTH, HEIGHT }, at[2];
    double where[4];
    w3d_mesh_bvh_ray ray;
    project(c, mesh->positions + 3 * vertex, where);
    at[0] = (float)where[0], at[1] = (float)where[1];
    if (!w3d_mesh_pick_ray(c->back.m, at, size, &ray)) return 0;
    double way = 0.0;
    for (int k = 0; k < 3; k++)
        way += ((double)mesh->positions[3 * vertex + (uint32_t)k] - (double)ray.origin[k]) *
               (double)ray.direction[k];
    for (uint32_t t = 0; t < mesh->index_count / 3; t++) {
        double hit, inside;
        const uint32_t *corner = mesh->indices + 3 * t;
        if (corner[0] == vertex || corner[1] == vertex || corner[2] == vertex) continue;
        if (reference_bvh_ray(&view, t, &ray, &hit, &inside) && inside > -1e-4 && hit < way * 0.999)
            return 0;
    }
    return 1;
}

static void vertices_and_edges(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++) {
        test_mesh mesh = test_mesh_grid(10, 10, 0.4f);
        for (uint32_t i = 0; i < mesh.vertex_count; i++)
            for (int k = 0; k < 2; k++)
                mesh.positions[3 * i + (uint32_t)k] =
                    2.0f * mesh.positions[3 * i + (uint32_t)k] - 1.0f;
        test_mesh_scale(&mesh, scales[s]);
        w3d_mesh_view view = test_mesh_view(&mesh);
        bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
        camera c = look(scales[s], 0.3f, -1.5f, 1.2f);
        w3d_mesh_pick_desc desc = desc_of(&block, &view, &c);
        static uint32_t memory[4096];
        w3d_arena scratch = w3d_arena_make(memory, sizeof memory);
        int met = 0, hidden = 0;
        for (int i = 0; i < 200; i++) {
            w3d_mesh_pick_result picked, through;
            double best = HUGE_VAL, seen = HUGE_VAL, where[4];
            desc.x = test_random_float(100, WIDTH - 100),
            desc.y = test_random_float(100, HEIGHT - 100);
            desc.radius = 12.0f;
            desc.kinds = W3D_MESH_PICK_VERTICES;
            desc.through = 0;
            CHECK(w3d_mesh_pick(&desc, &picked, scratch) == W3D_OK);
            desc.through = 1;
            CHECK(w3d_mesh_pick(&desc, &through, scratch) == W3D_OK);
            for (uint32_t v = 0; v < mesh.vertex_count; v++) {
                project(&c, mesh.positions + 3 * v, where);
                double away = hypot(where[0] - (double)desc.x, where[1] - (double)desc.y);
                if (away > 12.0) continue;
                if (away < best) best = away;
                if (away < seen && is_seen(&mesh, &c, v)) seen = away;
            }
            CHECK((through.kind != 0) == (best <= 12.0) || fabs(best - 12.0) < 1e-3);
            if (through.kind) CHECK_NEAR(through.pixels, best, 1e-3);
            CHECK((picked.kind != 0) == (seen <= 12.0) || fabs(seen - 12.0) < 1e-3);
            if (picked.kind) {
                CHECK(picked.kind == W3D_MESH_PICK_VERTICES);
                CHECK_NEAR(picked.pixels, seen, 1e-3);
                CHECK(mesh.indices[3 * picked.triangle + picked.corner] == picked.vertex[0]);
                CHECK_BYTES(picked.point, mesh.positions + 3 * picked.vertex[0], 12);
                met++;
            }
            hidden += picked.kind == 0 && through.kind != 0;
            /* Edges, seen or not: the nearest of many points along all edges is no nearer. */
            desc.kinds = W3D_MESH_PICK_EDGES;
            desc.radius = 4.0f;
            CHECK(w3d_mesh_pick(&desc, &picked, scratch) == W3D_OK);
            double nearest = HUGE_VAL;
            for (uint32_t e = 0; e < mesh.index_count; e++) {
                const float *a = mesh.positions + 3 * mesh.indices[e];
                const float *b = mesh.positions + 3 * mesh.indices[e % 3 == 2 ? e - 2 : e + 1];
                double p[4], q[4];
                project(&c, a, p);
                project(&c, b, q);
                double dx = q[0] - p[0], dy = q[1] - p[1];
                double t = ((desc.x - p[0]) * dx + (desc.y - p[1]) * dy) / (dx * dx + dy * dy);
                t = t < 0 ? 0 : t > 1 ? 1 : t;
                double away = hypot(p[0] + dx * t - (double)desc.x, p[1] + dy * t - (double)desc.y);
                nearest = fmin(nearest, away);
            }
            CHECK((picked.kind != 0) == (nearest <= 4.0) || fabs(nearest - 4.0) < 1e-3);
            if (picked.kind) {
                CHECK(picked.kind == W3D_MESH_PICK_EDGES);
                CHECK_NEAR(picked.pixels, nearest, 1e-3);
                CHECK(mesh.indices[3 * picked.triangle + picked.corner] == picked.vertex[0]);
                CHECK(mesh.indices[3 * picked.triangle + (picked.corner + 1) % 3] ==
                      picked.vertex[1]);
                project(&c, picked.point, where);
                CHECK_NEAR(hypot(where[0] - (double)desc.x, where[1] - (double)desc.y),
                           picked.pixels, 0.02);
                CHECK_NEAR(where[2], picked.depth, 1e-4);
            }
            /* All three: a vertex before an edge before a triangle. */
            desc.kinds = 7;
            CHECK(w3d_mesh_pick(&desc, &picked, scratch) == W3D_OK);
        }
        CHECK_MESSAGE(met > 10, "%d met", met);
        (void)hidden;
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

/* The far half of a ball is hidden by the near half. */
static void behind_a_ball(void)
{
    test_mesh mesh = test_mesh_sphere(16, 8);
    w3d_mesh_view view = test_mesh_view(&mesh);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    camera c = look(1.0f, 0.1f, 0.2f, 4.0f);
    w3d_mesh_pick_desc desc = desc_of(&block, &view, &c);
    static uint32_t memory[4096];
    uint32_t hidden = 0;
    desc.radius = 1.0f;
    desc.kinds = W3D_MESH_PICK_VERTICES;
    for (uint32_t v = 0; v < mesh.vertex_count; v++) {
        w3d_mesh_pick_result picked, through;
        double where[4];
        project(&c, mesh.positions + 3 * v, where);
        desc.x = (float)where[0], desc.y = (float)where[1];
        desc.through = 0;
        CHECK(w3d_mesh_pick(&desc, &picked, w3d_arena_make(memory, sizeof memory)) == W3D_OK);
        desc.through = 1;
        CHECK(w3d_mesh_pick(&desc, &through, w3d_arena_make(memory, sizeof memory)) == W3D_OK);
        CHECK(through.kind == W3D_MESH_PICK_VERTICES);
        if (picked.kind) CHECK(mesh.positions[3 * picked.vertex[0] + 2] > -0.2f);
        if (mesh.positions[3 * v + 2] > 0.5f) CHECK(picked.kind && through.kind);
        if (mesh.positions[3 * v + 2] < -0.5f) hidden += !picked.kind;
    }
    CHECK_MESSAGE(hidden > 5, "%u hidden", (unsigned)hidden);
    CHECK(w3d_mesh_pick(NULL, NULL, w3d_arena_make(NULL, 0)) == W3D_ERR_ARGUMENT);
    desc.radius = 400.0f;
    w3d_mesh_pick_result untouched, picked;
    memset(&untouched, 0x44, sizeof untouched);
    picked = untouched;
    CHECK(w3d_mesh_pick(&desc, &picked, w3d_arena_make(memory, 8)) == W3D_ERR_CAPACITY);
    CHECK_BYTES(&picked, &untouched, sizeof picked);
    view.vertex_count = 3;
    CHECK(w3d_mesh_pick(&desc, &picked, w3d_arena_make(memory, sizeof memory)) == W3D_ERR_INDEX);
    view.index_count -= 3;
    CHECK(w3d_mesh_pick(&desc, &picked, w3d_arena_make(memory, sizeof memory)) == W3D_ERR_ARGUMENT);
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

void test_mesh_pick(void);
void test_mesh_pick(void)
{
    RUN(rays_through_pixels);
    RUN(triangles);
    RUN(vertices_and_edges);
    RUN(behind_a_ball);
}
