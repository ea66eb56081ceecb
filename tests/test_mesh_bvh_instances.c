#include "bvh_block.h"

#include "core/vec.h"
#include "mesh/mesh_bvh_instances.h"
#include "mesh/mesh_bvh_trace.h"
#include "reference/reference_bvh.h"

enum { MESHES = 2, MOST = 60 };

typedef struct scene {
    test_mesh mesh[MESHES];
    bvh_block block[MESHES];
    w3d_mesh_bvh trees[MESHES];
    w3d_mesh_bvh_instance instances[MOST];
    void *bytes;
    size_t size;
    w3d_mesh_bvh_instances view;
} scene;

static w3d_result build(scene *s, uint32_t count)
{
    w3d_mesh_bvh_instances_desc desc = { s->instances, count, s->trees, MESHES };
    size_t capacity = w3d_mesh_bvh_instances_size_limit(count);
    size_t scratch_size = w3d_mesh_bvh_instances_scratch_size(count);
    void *scratch = malloc(scratch_size);
    s->bytes = malloc(capacity);
    w3d_result result = w3d_mesh_bvh_instances_build(&desc, s->bytes, capacity, &s->size,
                                                     w3d_arena_make(scratch, scratch_size));
    free(scratch);
    return result;
}

static void make(scene *s, uint32_t count, float scale)
{
    memset(s, 0, sizeof *s);
    s->mesh[0] = test_mesh_sphere(12, 6);
    s->mesh[1] = test_mesh_soup(20, 30);
    for (int k = 0; k < MESHES; k++) {
        test_mesh_scale(&s->mesh[k], scale);
        s->block[k] = bvh_block_make(&s->mesh[k], W3D_MESH_BVH_BALANCED);
        s->trees[k] = s->block[k].bvh;
    }
    for (uint32_t i = 0; i < count; i++) {
        w3d_vec3 move = w3d_vec3_make(scale * test_random_float(-5.0f, 5.0f),
                                      scale * test_random_float(-5.0f, 5.0f),
                                      scale * test_random_float(-5.0f, 5.0f));
        w3d_vec3 axis = w3d_vec3_direction(
            w3d_vec3_make(test_random_float(-1, 1), 1.0f, test_random_float(-1, 1)));
        w3d_vec3 size = w3d_vec3_make(test_random_float(0.3f, 1.5f), test_random_float(0.3f, 1.5f),
                                      i % 3 ? 1.0f : -1.0f);
        w3d_mat4 m =
            w3d_mat4_from_trs(move, w3d_quat_from_axis(axis, test_random_float(0.0f, 6.0f)), size);
        memcpy(s->instances[i].to_world, m.m, sizeof m.m);
        s->instances[i].mesh = i % MESHES;
    }
}

static void unmake(scene *s)
{
    for (int k = 0; k < MESHES; k++) {
        bvh_block_free(&s->block[k]);
        test_mesh_free(&s->mesh[k]);
    }
    free(s->bytes);
}

static w3d_mesh_bvh_ray random_ray(float scale)
{
    w3d_mesh_bvh_ray ray;
    memset(&ray, 0, sizeof ray);
    for (int k = 0; k < 3; k++) {
        ray.origin[k] = scale * test_random_float(-8.0f, 8.0f);
        ray.direction[k] = test_random_float(-3.0f, 3.0f) - ray.origin[k] / scale;
    }
    return ray;
}

/* Against all instances turned into one mesh, in double. */
static void against_one_mesh(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int which = 0; which < 3; which++)
        for (uint32_t count = 0; count <= MOST; count += count < 6 ? 1 : 18) {
            scene s;
            float scale = scales[which];
            make(&s, count, scale);
            CHECK(build(&s, count) == W3D_OK);
            CHECK(w3d_mesh_bvh_instances_open(s.bytes, s.size, s.trees, MESHES, &s.view, NULL) ==
                  W3D_OK);
            int hits = 0;
            for (int i = 0; i < 40; i++) {
                w3d_mesh_bvh_ray ray = random_ray(scale);
                w3d_mesh_bvh_instance_hit hit;
                double nearest = HUGE_VAL, clear = HUGE_VAL;
                for (uint32_t k = 0; k < count; k++) {
                    w3d_mat4 m;
                    test_mesh moved = test_mesh_copy(&s.mesh[s.instances[k].mesh]);
                    memcpy(m.m, s.instances[k].to_world, sizeof m.m);
                    for (uint32_t v = 0; v < moved.vertex_count; v++)
                        w3d_vec3_store(moved.positions + 3 * v,
                                       w3d_mat4_point(&m, w3d_vec3_load(moved.positions + 3 * v)));
                    w3d_mesh_view view = test_mesh_view(&moved);
                    for (uint32_t t = 0; t < moved.index_count / 3; t++) {
                        double at, inside;
                        if (!reference_bvh_ray(&view, t, &ray, &at, &inside) ||
                            at < 1e-5 * (double)scale)
                            continue;
                        if (inside > 1e-4 && at < clear) clear = at;
                        if (inside > -1e-4 && at < nearest) nearest = at;
                    }
                    test_mesh_free(&moved);
                }
                int found = w3d_mesh_bvh_instances_closest(&s.view, &ray, &hit);
                CHECK(found == w3d_mesh_bvh_instances_any(&s.view, &ray));
                hits += found;
                CHECK_MESSAGE(found || clear == HUGE_VAL, "nothing, expected %g", clear);
                if (!found || (double)hit.hit.t < 1e-4 * (double)scale) continue;
                CHECK_MESSAGE((double)hit.hit.t <= clear + 1e-5 * (double)scale &&
                                  (double)hit.hit.t >= nearest - 1e-5 * (double)scale,
                              "%.9g, expected %.9g or %.9g", (double)hit.hit.t, clear, nearest);
                CHECK(hit.instance < count);
            }
            CHECK(count < MOST || hits > 5);
            unmake(&s);
        }
}

static void left_out_and_errors(void)
{
    scene s;
    make(&s, 8, 1.0f);
    memset(s.instances[1].to_world, 0, sizeof s.instances[1].to_world);
    s.instances[2].to_world[12] = NAN;
    s.instances[3].to_world[0] = INFINITY;
    CHECK(build(&s, 8) == W3D_OK);
    CHECK(w3d_mesh_bvh_instances_open(s.bytes, s.size, s.trees, MESHES, &s.view, NULL) == W3D_OK);
    CHECK(s.view.tree.header->left_out == 3);
    for (int i = 0; i < 300; i++) {
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_instance_hit hit;
        if (w3d_mesh_bvh_instances_closest(&s.view, &ray, &hit))
            CHECK(hit.instance == 0 || (hit.instance > 3 && hit.instance < 8));
    }
    w3d_error error;
    w3d_mesh_bvh bvh;
    CHECK(w3d_mesh_bvh_open(s.bytes, s.size, &bvh, &error) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_mesh_bvh_instances_open(s.bytes, s.size, s.trees, 1, &s.view, &error) ==
          W3D_ERR_INDEX);
    CHECK(w3d_mesh_bvh_instances_open(s.block[0].bytes, s.block[0].size, s.trees, 1, &s.view,
                                      &error) == W3D_ERR_UNSUPPORTED);
    for (size_t cut = 0; cut < s.size; cut += 7) {
        unsigned char *part = (unsigned char *)malloc(cut + 1);
        memcpy(part, s.bytes, cut);
        CHECK(w3d_mesh_bvh_instances_open(part, cut, s.trees, MESHES, &s.view, &error) ==
              W3D_ERR_TRUNCATED);
        free(part);
    }
    unsigned char *bytes = (unsigned char *)malloc(s.size);
    for (int i = 0; i < 3000; i++) {
        memcpy(bytes, s.bytes, s.size);
        uint32_t at = i & 1 ? test_random_below(128) : test_random_below((uint32_t)s.size);
        bytes[at] = (unsigned char)test_random_below(256);
        if (w3d_mesh_bvh_instances_open(bytes, s.size, s.trees, MESHES, &s.view, &error) != W3D_OK)
            continue;
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_instance_hit hit;
        (void)w3d_mesh_bvh_instances_closest(&s.view, &ray, &hit);
    }
    free(bytes);
    w3d_mesh_bvh_instances_desc desc = { s.instances, 8, s.trees, 1 };
    size_t size = 5;
    CHECK(w3d_mesh_bvh_instances_build(&desc, s.bytes, s.size, &size, w3d_arena_make(NULL, 0)) ==
          W3D_ERR_INDEX);
    desc.mesh_count = MESHES;
    CHECK(w3d_mesh_bvh_instances_build(&desc, s.bytes, s.size, &size, w3d_arena_make(NULL, 0)) ==
          W3D_ERR_CAPACITY);
    CHECK(size == 5);
    unmake(&s);
}

/* The same mesh twice in one place: the lower instance is met, whichever way the tree turns. */
static void equal_instances(void)
{
    scene s;
    make(&s, 30, 1.0f);
    for (uint32_t i = 0; i < 30; i++) {
        s.instances[i].mesh = 0;
        if (i >= 15) s.instances[i] = s.instances[29 - i];
    }
    CHECK(build(&s, 30) == W3D_OK);
    CHECK(w3d_mesh_bvh_instances_open(s.bytes, s.size, s.trees, MESHES, &s.view, NULL) == W3D_OK);
    int hits = 0;
    for (int i = 0; i < 300; i++) {
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_instance_hit hit;
        if (!w3d_mesh_bvh_instances_closest(&s.view, &ray, &hit)) continue;
        hits++;
        CHECK(hit.instance < 15);
    }
    CHECK(hits > 50);
    unmake(&s);
}

void test_mesh_bvh_instances(void);
void test_mesh_bvh_instances(void)
{
    RUN(against_one_mesh);
    RUN(left_out_and_errors);
    RUN(equal_instances);
}
