#include "bvh_block.h"

#include "core/hash.h"
#include "mesh/mesh_bvh_trace.h"
#include "reference/reference_bvh.h"

static w3d_mesh_bvh_ray ray_of(float ox, float oy, float oz, float dx, float dy, float dz)
{
    w3d_mesh_bvh_ray ray = { { ox, oy, oz }, 0.0f, { dx, dy, dz }, 0.0f };
    return ray;
}

static w3d_mesh_bvh_ray random_ray(float scale)
{
    w3d_mesh_bvh_ray ray;
    memset(&ray, 0, sizeof ray);
    for (int k = 0; k < 3; k++) {
        ray.origin[k] = scale * test_random_float(-1.5f, 1.5f);
        ray.direction[k] = test_random_float(-0.7f, 0.7f) - ray.origin[k] / scale;
    }
    /* Some along an axis, some of another length. */
    uint32_t kind = test_random_below(8);
    if (kind < 3) ray.direction[kind] = 0.0f;
    if (kind == 3) ray.direction[0] = ray.direction[1] = 0.0f;
    if (kind == 4)
        for (int k = 0; k < 3; k++) ray.direction[k] *= 1e-6f;
    if (kind == 5) ray.t_min = 0.3f * scale, ray.t_max = scale;
    return ray;
}

/* Every triangle is in exactly one leaf, within the box that its parent has for it. */
static void check_shape(const bvh_block *block, const test_mesh *mesh)
{
    const w3d_mesh_bvh *bvh = &block->bvh;
    uint32_t count = mesh->index_count / 3, seen = 0;
    unsigned char *found = (unsigned char *)calloc(count + 1, 1);
    for (uint32_t n = 0; n < bvh->node_count; n++)
        for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            const w3d_mesh_bvh_node *node = &bvh->nodes[n];
            uint32_t child = node->child[k];
            if (child == W3D_MESH_BVH_NONE) {
                CHECK(node->side[0][0][k] == INFINITY && node->side[0][1][k] == -INFINITY);
                continue;
            }
            for (int axis = 0; axis < 3; axis++) {
                float low = INFINITY, high = -INFINITY;
                for (int lane = 0; lane < (child & W3D_MESH_BVH_LEAF ? 4 : 8); lane++) {
                    if (!(child & W3D_MESH_BVH_LEAF)) {
                        low = fminf(low, bvh->nodes[child].side[axis][0][lane]);
                        high = fmaxf(high, bvh->nodes[child].side[axis][1][lane]);
                        continue;
                    }
                    const w3d_mesh_bvh_leaf *leaf = &bvh->leaves[child & ~W3D_MESH_BVH_LEAF];
                    uint32_t triangle = leaf->triangle[lane];
                    if (axis == 0 && triangle != W3D_MESH_BVH_NONE) {
                        CHECK(found[triangle]++ == 0);
                        seen++;
                    }
                    for (uint32_t c = 0; c < 3; c++) {
                        float at = leaf->corner[c][axis][lane];
                        CHECK(isnan(at) == (triangle == W3D_MESH_BVH_NONE));
                        if (triangle == W3D_MESH_BVH_NONE) continue;
                        CHECK(at == mesh->positions[3 * (size_t)mesh->indices[3 * triangle + c] +
                                                    (size_t)axis]);
                        low = fminf(low, at), high = fmaxf(high, at);
                    }
                }
                CHECK(node->side[axis][0][k] == low && node->side[axis][1][k] == high);
            }
        }
    CHECK(seen + bvh->header->left_out == count);
    CHECK(bvh->header->depth <= W3D_MESH_BVH_MOST_DEPTH);
    free(found);
}

/* Against every triangle in double: what is clearly hit is hit, at that t, and by a triangle that
 * is there. */
static void check_rays(const bvh_block *block, const test_mesh *mesh, float scale, int rays)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    int hits = 0;
    for (int i = 0; i < rays; i++) {
        w3d_mesh_bvh_ray ray = random_ray(scale);
        w3d_mesh_bvh_hit hit = { -1.0f, 0.0f, 0.0f, 7 };
        double length = 0.0, nearest = HUGE_VAL, t, inside;
        for (int k = 0; k < 3; k++) length += (double)ray.direction[k] * (double)ray.direction[k];
        double slack = 4e-6 * (double)scale / sqrt(length), edge = 2e-5;
        int found = w3d_mesh_bvh_closest(&block->bvh, &ray, &hit);
        double t_max = ray.t_max == 0.0f ? HUGE_VAL : (double)ray.t_max;
        for (uint32_t k = 0; k < mesh->index_count / 3; k++)
            if (reference_bvh_ray(&view, k, &ray, &t, &inside) && inside > edge && t < nearest &&
                t >= (double)ray.t_min + slack && t <= t_max - slack)
                nearest = t;
        CHECK(found == w3d_mesh_bvh_any(&block->bvh, &ray));
        if (nearest < HUGE_VAL) hits++;
        CHECK_MESSAGE(found || nearest == HUGE_VAL, "ray %d misses what is at %.9g", i, nearest);
        if (!found) continue;
        CHECK_MESSAGE((double)hit.t <= nearest + slack, "ray %d: %.9g, expected %.9g", i,
                      (double)hit.t, nearest);
        if (reference_bvh_ray(&view, hit.triangle, &ray, &t, &inside)) {
            CHECK_MESSAGE(inside > -edge * 50, "ray %d: hits %g beside a triangle", i, inside);
            if (inside > 1e-3)
                CHECK_MESSAGE(fabs(t - (double)hit.t) <= slack * 50,
                              "ray %d: t %.9g, expected %.9g", i, (double)hit.t, t);
        }
        CHECK(hit.t >= ray.t_min && (double)hit.t <= t_max && hit.u >= 0.0f && hit.v >= 0.0f);
        for (int k = 0; k < 3; k++) {
            const uint32_t *c = mesh->indices + 3 * (size_t)hit.triangle;
            double on = (1.0 - (double)hit.u - (double)hit.v) *
                            (double)mesh->positions[3 * c[0] + (uint32_t)k] +
                        (double)hit.u * (double)mesh->positions[3 * c[1] + (uint32_t)k] +
                        (double)hit.v * (double)mesh->positions[3 * c[2] + (uint32_t)k];
            double at = (double)ray.origin[k] + (double)ray.direction[k] * (double)hit.t;
            CHECK_NEAR(on, at, 1e-4 * (double)scale);
        }
    }
    CHECK_MESSAGE(hits > rays / 50, "only %d of %d rays hit", hits, rays);
}

static void against_all_triangles(void)
{
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++)
        for (int shape = 0; shape < 3; shape++) {
            test_mesh mesh = shape == 0   ? test_mesh_soup(120, 400)
                             : shape == 1 ? test_mesh_sphere(24, 12)
                                          : test_mesh_grid(14, 14, 0.2f);
            test_mesh_scale(&mesh, scales[s]);
            for (int q = 0; q < 3; q++) {
                bvh_block block = bvh_block_make(&mesh, (w3d_mesh_bvh_quality)q);
                check_shape(&block, &mesh);
                check_rays(&block, &mesh, scales[s], 60);
                bvh_block_free(&block);
            }
            test_mesh_free(&mesh);
        }
}

static void small_counts(void)
{
    for (uint32_t count = 0; count < 40; count++) {
        test_mesh mesh = test_mesh_soup(30, count);
        bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
        w3d_mesh_bvh_hit hit;
        check_shape(&block, &mesh);
        if (!count) {
            w3d_mesh_bvh_ray ray = ray_of(0, 0, 5, 0, 0, -1);
            CHECK(!w3d_mesh_bvh_closest(&block.bvh, &ray, &hit) &&
                  !w3d_mesh_bvh_any(&block.bvh, &ray));
            CHECK(!w3d_mesh_bvh_all(&block.bvh, &ray, &hit, 1) &&
                  w3d_mesh_bvh_cost(&block.bvh) == 0.0);
            CHECK(block.size == sizeof(w3d_mesh_bvh_header));
        }
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

/* The same answer, bit for bit, whatever the tree; also of four at once and of the list of all. */
static void same_whatever_the_tree(void)
{
    test_mesh mesh = test_mesh_soup(300, 900);
    /* Nine copies of each triangle, more than a leaf holds: the lowest number has to win. */
    for (uint32_t i = 100; i < 900; i++)
        memcpy(mesh.indices + 3 * i, mesh.indices + 3 * (i % 100), 12);
    bvh_block blocks[3];
    for (int q = 0; q < 3; q++) blocks[q] = bvh_block_make(&mesh, (w3d_mesh_bvh_quality)q);
    for (int i = 0; i < 400; i++) {
        w3d_mesh_bvh_ray rays[4];
        w3d_mesh_bvh_hit hits[4], other[4], list[900], few[3];
        memset(hits, 0x11, sizeof hits);
        memset(other, 0x11, sizeof other);
        for (int k = 0; k < 4; k++) rays[k] = random_ray(1.0f);
        unsigned found = 0;
        for (unsigned k = 0; k < 4; k++)
            found |= (unsigned)w3d_mesh_bvh_closest(&blocks[0].bvh, &rays[k], &hits[k]) << k;
        for (int q = 0; q < 3; q++) {
            CHECK(w3d_mesh_bvh_closest4(&blocks[q].bvh, rays, other) == found);
            CHECK_BYTES(hits, other, sizeof hits);
            uint32_t count = w3d_mesh_bvh_all(&blocks[q].bvh, &rays[0], list, 900);
            CHECK((count > 0) == (int)(found & 1u) && count < 900);
            if (count) CHECK_BYTES(&list[0], &hits[0], sizeof list[0]);
            for (uint32_t k = 1; k < count; k++)
                CHECK(list[k - 1].t < list[k].t ||
                      (list[k - 1].t == list[k].t && list[k - 1].triangle < list[k].triangle));
            uint32_t most = w3d_mesh_bvh_all(&blocks[q].bvh, &rays[0], few, 3);
            CHECK(most == (count < 3 ? count : 3));
            CHECK_BYTES(few, list, most * sizeof few[0]);
        }
        if (found & 1u && hits[0].triangle >= 100)
            CHECK_MESSAGE(0, "triangle %u, not its copy", (unsigned)hits[0].triangle);
    }
    for (int q = 0; q < 3; q++) bvh_block_free(&blocks[q]);
    test_mesh_free(&mesh);
}

/* Times a power of two: the same tree, the same hits, t and all. */
static void powers_of_two(void)
{
    test_mesh mesh = test_mesh_soup(200, 600);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    for (int exponent = -40; exponent <= 40; exponent += 16) {
        float factor = ldexpf(1.0f, exponent);
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, factor);
        bvh_block other = bvh_block_make(&scaled, W3D_MESH_BVH_BALANCED);
        CHECK(other.size == block.size);
        for (uint32_t n = 0; n < block.bvh.node_count; n++)
            CHECK_BYTES(other.bvh.nodes[n].child, block.bvh.nodes[n].child, 32);
        for (int i = 0; i < 100; i++) {
            w3d_mesh_bvh_ray ray = random_ray(1.0f), wide = ray;
            w3d_mesh_bvh_hit a, b;
            memset(&a, 0, sizeof a);
            memset(&b, 0, sizeof b);
            for (int k = 0; k < 3; k++) wide.origin[k] *= factor, wide.direction[k] *= factor;
            CHECK(w3d_mesh_bvh_closest(&block.bvh, &ray, &a) ==
                  w3d_mesh_bvh_closest(&other.bvh, &wide, &b));
            CHECK_BYTES(&a, &b, sizeof a);
        }
        bvh_block_free(&other);
        test_mesh_free(&scaled);
    }
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

/* From inside a closed mesh every ray gets out somewhere: through corners, edges, and everywhere.
 * */
static void watertight(void)
{
    test_mesh mesh = test_mesh_sphere(32, 16);
    const float scales[3] = { 1.0f, 1e-4f, 1e4f };
    for (int s = 0; s < 3; s++) {
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, scales[s]);
        bvh_block block = bvh_block_make(&scaled, W3D_MESH_BVH_BALANCED);
        uint32_t missed = 0;
        for (uint32_t i = 0; i < 3000; i++) {
            w3d_mesh_bvh_ray ray;
            w3d_mesh_bvh_hit hit;
            float target[3];
            memset(&ray, 0, sizeof ray);
            uint32_t at = 3 * test_random_below(mesh.index_count / 3), kind = i % 4;
            for (int k = 0; k < 3; k++) {
                float a = scaled.positions[3 * scaled.indices[at] + (uint32_t)k];
                float b = scaled.positions[3 * scaled.indices[at + 1] + (uint32_t)k];
                float share = 0.25f * (float)kind;
                target[k] = kind == 0 ? a : a + (b - a) * share;
                ray.origin[k] = i % 3 ? scales[s] * test_random_float(-0.3f, 0.3f) : 0.0f;
                ray.direction[k] = target[k] - ray.origin[k];
            }
            missed += !w3d_mesh_bvh_closest(&block.bvh, &ray, &hit);
        }
        CHECK_MESSAGE(missed == 0, "%u of 3000 rays get out between triangles", (unsigned)missed);
        bvh_block_free(&block);
        test_mesh_free(&scaled);
    }
    test_mesh_free(&mesh);
}

/* Rays in the planes of boxes, through corners of an axis-aligned grid. */
static void along_the_axes(void)
{
    test_mesh mesh = test_mesh_grid(16, 16, 0.0f);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    for (uint32_t y = 0; y <= 16; y++)
        for (uint32_t x = 0; x <= 16; x++) {
            w3d_mesh_bvh_hit hit, list[16];
            w3d_mesh_bvh_ray ray = ray_of((float)x / 16, (float)y / 16, 3.0f, 0.0f, 0.0f, -2.0f);
            CHECK(w3d_mesh_bvh_closest(&block.bvh, &ray, &hit) && hit.t == 1.5f);
            uint32_t count = w3d_mesh_bvh_all(&block.bvh, &ray, list, 16);
            CHECK_MESSAGE(count >= 1 && count <= 6 && list[0].triangle == hit.triangle, "%u",
                          (unsigned)count);
            ray.direction[0] = -0.0f;
            CHECK(w3d_mesh_bvh_any(&block.bvh, &ray));
            ray.direction[2] = 2.0f;
            CHECK(!w3d_mesh_bvh_any(&block.bvh, &ray));
            /* In the plane of the mesh: nothing is hit. */
            ray = ray_of(-1.0f, (float)y / 16, 0.0f, 1.0f, 0.0f, 0.0f);
            CHECK(!w3d_mesh_bvh_any(&block.bvh, &ray));
        }
    w3d_mesh_bvh_ray limits = ray_of(0.3f, 0.3f, 1.0f, 0.0f, 0.0f, -1.0f);
    limits.t_min = 1.0f;
    CHECK(w3d_mesh_bvh_any(&block.bvh, &limits));
    limits.t_min = 1.0000002f;
    CHECK(!w3d_mesh_bvh_any(&block.bvh, &limits));
    limits.t_min = -5.0f, limits.t_max = 1.0f;
    CHECK(w3d_mesh_bvh_any(&block.bvh, &limits));
    limits.t_max = 0.99999994f;
    CHECK(!w3d_mesh_bvh_any(&block.bvh, &limits));
    limits.t_max = -1.0f;
    CHECK(!w3d_mesh_bvh_any(&block.bvh, &limits));
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

/* A ray beside an edge that two triangles share, so close that both products of the edge function
 * round to one float: only the one on its side is hit. */
static void beside_an_edge(void)
{
    const float step = 1.0f / 8192.0f;
    for (int exponent = -20; exponent <= 20; exponent += 20)
        for (uint32_t turn = 0; turn < 12; turn++) {
            float size = ldexpf(1.0f, exponent), flip = turn & 1 ? -1.0f : 1.0f;
            test_mesh mesh = test_mesh_make(4, 6);
            test_mesh_point(&mesh, 0, -(1.0f + step) * size, -1.0f * size * flip, 0.0f);
            test_mesh_point(&mesh, 1, 1.0f * size, (1.0f - step) * size * flip, 0.0f);
            test_mesh_point(&mesh, 2, -1.0f * size, 1.0f * size * flip, 0.0f);
            test_mesh_point(&mesh, 3, 1.0f * size, -1.0f * size * flip, 0.0f);
            for (uint32_t k = 0; k < 3; k++) { /* every corner first, both ways round */
                uint32_t at = (turn & 2 ? 2 - k : k) + turn / 4;
                mesh.indices[at % 3] = k;
                mesh.indices[3 + at % 3] = k == 2 ? 3 : k;
            }
            bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
            w3d_mesh_bvh_ray ray = ray_of(0.0f, 0.0f, 1.0f, 0.0f, 0.0f, -1.0f);
            w3d_mesh_bvh_hit hits[2];
            memset(hits, 0xFF, sizeof hits);
            uint32_t count = w3d_mesh_bvh_all(&block.bvh, &ray, hits, 2);
            CHECK_MESSAGE(count == 1 && hits[0].triangle == 0, "%u hits, the first %u",
                          (unsigned)count, (unsigned)hits[0].triangle);
            bvh_block_free(&block);
            test_mesh_free(&mesh);
        }
}

static void strange_rays(void)
{
    const float strange[9] = { 0.0f,  -0.0f,    NAN,    INFINITY, -INFINITY,
                               1e38f, -FLT_MAX, 1e-45f, FLT_MIN };
    test_mesh mesh = test_mesh_soup(60, 200);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    for (int i = 0; i < 3000; i++) {
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        float *field = ray.origin;
        w3d_mesh_bvh_hit hit = { 5.0f, 5.0f, 5.0f, 5 }, list[4];
        for (uint32_t k = test_random_below(4) + 1; k > 0; k--) {
            float value = strange[test_random_below(9)];
            uint32_t at = test_random_below(8);
            if (at < 3)
                field[at] = value;
            else if (at == 3)
                ray.t_min = value;
            else if (at < 7)
                ray.direction[at - 4] = value;
            else
                ray.t_max = value;
        }
        int found = w3d_mesh_bvh_closest(&block.bvh, &ray, &hit), broken = 0;
        for (int k = 0; k < 3; k++)
            broken |= !isfinite(ray.origin[k]) || !isfinite(ray.direction[k]);
        broken |= isnan(ray.t_min) || isnan(ray.t_max);
        broken |= ray.direction[0] == 0.0f && ray.direction[1] == 0.0f && ray.direction[2] == 0.0f;
        CHECK(!broken || !found);
        CHECK(found == w3d_mesh_bvh_any(&block.bvh, &ray));
        CHECK((w3d_mesh_bvh_all(&block.bvh, &ray, list, 4) > 0) == found);
        w3d_mesh_bvh_ray rays[4] = { ray, random_ray(1.0f), ray, random_ray(1.0f) };
        unsigned both = w3d_mesh_bvh_closest4(&block.bvh, rays, list);
        CHECK((both & 1u) == (unsigned)found && (both >> 2 & 1u) == (unsigned)found);
        if (found)
            CHECK(!memcmp(&list[0], &hit, sizeof hit) && !memcmp(&list[2], &hit, sizeof hit));
        if (found)
            CHECK(hit.triangle < 200 && hit.t >= 0.0f && isfinite(hit.u) && isfinite(hit.v));
        else
            CHECK(hit.triangle == 5);
    }
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

static void strange_meshes(void)
{
    const float strange[8] = {
        NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e-45f, -1e-38f, 1e30f
    };
    for (int round = 0; round < 30; round++) {
        test_mesh mesh = test_mesh_soup(50, 150);
        for (uint32_t i = 0; i < 12; i++)
            mesh.positions[test_random_below(150)] = strange[test_random_below(8)];
        for (uint32_t i = 0; i < 5; i++) { /* no area, whichever way it is made */
            uint32_t *c = mesh.indices + 3 * test_random_below(150);
            c[1] = c[0];
            for (int k = 0; k < 3; k++)
                mesh.positions[3 * c[2] + (uint32_t)k] = mesh.positions[3 * c[0] + (uint32_t)k];
        }
        bvh_block block = bvh_block_make(&mesh, (w3d_mesh_bvh_quality)(round % 3));
        check_shape(&block, &mesh);
        CHECK(block.bvh.header->left_out >= 5 || round > 0 || block.bvh.header->left_out > 0);
        for (int i = 0; i < 50; i++) {
            w3d_mesh_bvh_ray ray = random_ray(1.0f);
            w3d_mesh_bvh_hit hit;
            if (!w3d_mesh_bvh_closest(&block.bvh, &ray, &hit)) continue;
            CHECK(hit.triangle < 150 && isfinite(hit.t));
        }
        bvh_block_free(&block);
        test_mesh_free(&mesh);
    }
}

/* Shapes that make clusters merge badly: all alike, boxes in boxes, along one line. */
static void hard_to_group(void)
{
    for (int shape = 0; shape < 4; shape++) {
        enum { COUNT = 3000 };
        test_mesh mesh = test_mesh_make(3 * COUNT, 3 * COUNT);
        for (uint32_t i = 0; i < 3 * COUNT; i++) mesh.indices[i] = i;
        for (uint32_t i = 0; i < COUNT; i++) {
            float size = shape == 1 ? 1.0f + (float)i / 512.0f
                         : shape == 2
                             ? ldexpf(1.0f, (int)(i % 60) - 30) * (1.0f + (float)(i / 60) / 64.0f)
                             : 1.0f;
            float x = shape == 3 ? (float)i : 0.0f;
            test_mesh_point(&mesh, 3 * i, x - size, -size, 0.0f);
            test_mesh_point(&mesh, 3 * i + 1, x + size, -size, 0.0f);
            test_mesh_point(&mesh, 3 * i + 2, x, size, size);
        }
        for (int q = 0; q < 3; q++) {
            bvh_block block = bvh_block_make(&mesh, (w3d_mesh_bvh_quality)q);
            check_shape(&block, &mesh);
            w3d_mesh_bvh_ray ray = ray_of(0.0f, 0.0f, 50.0f, 0.0f, 0.0f, -1.0f);
            w3d_mesh_bvh_hit hit;
            CHECK(w3d_mesh_bvh_closest(&block.bvh, &ray, &hit));
            if (shape == 0) CHECK(hit.triangle == 0);
            bvh_block_free(&block);
        }
        test_mesh_free(&mesh);
    }
}

static void refitting(void)
{
    test_mesh mesh = test_mesh_grid(20, 10, 0.3f);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    w3d_mesh_view view = test_mesh_view(&mesh);
    unsigned char *copy = (unsigned char *)malloc(block.size);
    memcpy(copy, block.bytes, block.size);
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_OK);
    CHECK_BYTES(copy, block.bytes, block.size);
    for (uint32_t i = 0; i < 3 * mesh.vertex_count; i++)
        mesh.positions[i] = mesh.positions[i] * 0.5f + test_random_float(-0.01f, 0.01f);
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_OK);
    check_rays(&block, &mesh, 1.0f, 200);
    /* A vertex goes away and comes back. */
    float kept = mesh.positions[3 * 50];
    mesh.positions[3 * 50] = NAN;
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_OK);
    for (int i = 0; i < 100; i++) {
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_hit hit;
        if (!w3d_mesh_bvh_closest(&block.bvh, &ray, &hit)) continue;
        for (uint32_t k = 0; k < 3; k++) CHECK(mesh.indices[3 * hit.triangle + k] != 50);
    }
    mesh.positions[3 * 50] = kept;
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_OK);
    check_rays(&block, &mesh, 1.0f, 100);
    view.index_count -= 3;
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_ERR_ARGUMENT);
    view.index_count += 3;
    view.vertex_count--;
    memcpy(copy, block.bytes, block.size);
    CHECK(w3d_mesh_bvh_refit(&view, block.bytes, block.size) == W3D_ERR_INDEX);
    CHECK_BYTES(copy, block.bytes, block.size);
    free(copy);
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

static void errors(void)
{
    test_mesh mesh = test_mesh_soup(30, 50);
    w3d_mesh_bvh_build_desc desc;
    size_t limit = w3d_mesh_bvh_size_limit(mesh.index_count), size = 77;
    size_t scratch_size = w3d_mesh_bvh_scratch_size(mesh.index_count);
    unsigned char *out = (unsigned char *)malloc(limit),
                  *scratch = (unsigned char *)malloc(scratch_size);
    unsigned char *blank = (unsigned char *)malloc(limit);
    w3d_arena arena = w3d_arena_make(scratch, scratch_size);
    memset(out, 0x33, limit);
    memset(blank, 0x33, limit);
    desc.mesh = test_mesh_view(&mesh);
    desc.quality = W3D_MESH_BVH_BALANCED;
    CHECK(w3d_mesh_bvh_build(NULL, out, limit, &size, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_bvh_build(&desc, NULL, limit, &size, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_bvh_build(&desc, out + 1, limit - 1, &size, arena) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_bvh_build(&desc, out, limit, NULL, arena) == W3D_ERR_ARGUMENT);
    desc.mesh.index_count--;
    CHECK(w3d_mesh_bvh_build(&desc, out, limit, &size, arena) == W3D_ERR_ARGUMENT);
    desc.mesh.index_count++;
    desc.mesh.vertex_count = 29;
    mesh.indices[100] = 29;
    CHECK(w3d_mesh_bvh_build(&desc, out, limit, &size, arena) == W3D_ERR_INDEX);
    desc.mesh.vertex_count = 30;
    CHECK(w3d_mesh_bvh_build(&desc, out, limit, &size, w3d_arena_make(scratch, 500)) ==
          W3D_ERR_CAPACITY);
    CHECK(size == 77);
    CHECK(w3d_mesh_bvh_build(&desc, out, 300, &size, arena) == W3D_ERR_CAPACITY && size > 300 &&
          size <= limit);
    CHECK_BYTES(out, blank, limit);
    size_t needed = size;
    CHECK(w3d_mesh_bvh_build(&desc, out, needed - 1, &size, arena) == W3D_ERR_CAPACITY &&
          size == needed);
    CHECK(w3d_mesh_bvh_build(&desc, out, needed, &size, arena) == W3D_OK && size == needed);
    CHECK_BYTES(out + needed, blank, limit - needed);
    CHECK(w3d_mesh_bvh_scratch_size(0xFFFFFFFFu) == SIZE_MAX);
    free(out);
    free(scratch);
    free(blank);
    test_mesh_free(&mesh);
}

/* Every byte of a block changed, one at a time and at random: open refuses, or nothing goes wrong.
 * */
static void hostile_blocks(void)
{
    test_mesh mesh = test_mesh_soup(60, 90);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    unsigned char *bytes = (unsigned char *)malloc(block.size);
    w3d_error error;
    w3d_mesh_bvh bvh;
    uint32_t refused = 0, taken = 0;
    for (size_t cut = 0; cut < block.size; cut += 1 + cut / 20) {
        unsigned char *part = (unsigned char *)malloc(cut + 1);
        memcpy(part, block.bytes, cut);
        CHECK(w3d_mesh_bvh_open(part, cut, &bvh, &error) == W3D_ERR_TRUNCATED &&
              error.text != NULL);
        free(part);
    }
    for (uint32_t i = 0; i < 4000; i++) {
        memcpy(bytes, block.bytes, block.size);
        for (uint32_t k = i % 3; k < 3; k++) {
            size_t at = i < 1200 ? i % 128 : test_random_below((uint32_t)block.size);
            if (i & 1)
                bytes[at] = (unsigned char)test_random_below(256);
            else if (at + 4 <= block.size) {
                uint32_t word = test_random_below(4) ? test_random_below(50)
                                                     : 0x80000000u | test_random_below(50);
                memcpy(bytes + (at & ~(size_t)3), &word, 4);
            }
        }
        if (w3d_mesh_bvh_open(bytes, block.size, &bvh, &error) != W3D_OK) {
            refused++;
            continue;
        }
        taken++;
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_hit hits[4];
        (void)w3d_mesh_bvh_closest(&bvh, &ray, hits);
        (void)w3d_mesh_bvh_any(&bvh, &ray);
        (void)w3d_mesh_bvh_all(&bvh, &ray, hits, 4);
        w3d_mesh_bvh_ray rays[4] = { ray, random_ray(1.0f), random_ray(1.0f), random_ray(1.0f) };
        (void)w3d_mesh_bvh_closest4(&bvh, rays, hits);
        w3d_mesh_view view = test_mesh_view(&mesh);
        (void)w3d_mesh_bvh_refit(&view, bytes, block.size);
    }
    CHECK_MESSAGE(refused > 500 && taken > 500, "%u refused, %u taken", (unsigned)refused,
                  (unsigned)taken);
    /* A node that names itself, one named twice, a leaf beyond the last, too deep. */
    const uint32_t links[4] = { 0, 1, W3D_MESH_BVH_LEAF | 1000, 1000 };
    for (int i = 0; i < 4; i++) {
        memcpy(bytes, block.bytes, block.size);
        w3d_mesh_bvh_node *node = (w3d_mesh_bvh_node *)(void *)(bytes + 128);
        node->child[1] = links[i];
        if (i == 1) node->child[0] = links[i];
        CHECK(w3d_mesh_bvh_open(bytes, block.size, &bvh, &error) == W3D_ERR_FORMAT);
    }
    /* Two children of one node change places: every link is there once, and yet out of order. */
    int swapped = 0;
    for (uint32_t n = 0; n < block.bvh.node_count; n++) {
        memcpy(bytes, block.bytes, block.size);
        w3d_mesh_bvh_node *node = (w3d_mesh_bvh_node *)(void *)(bytes + 128) + n;
        if ((node->child[0] | node->child[1]) & W3D_MESH_BVH_LEAF) continue;
        uint32_t swap = node->child[0];
        node->child[0] = node->child[1];
        node->child[1] = swap;
        swapped++;
        CHECK(w3d_mesh_bvh_open(bytes, block.size, &bvh, &error) == W3D_ERR_FORMAT);
    }
    CHECK(swapped > 0);
    free(bytes);
    enum { DEEP = 200 };
    size_t size = 128 + DEEP * sizeof(w3d_mesh_bvh_node);
    bytes = (unsigned char *)calloc(1, size);
    memcpy(bytes, block.bytes, 128);
    w3d_mesh_bvh_header *header = (w3d_mesh_bvh_header *)(void *)bytes;
    for (uint32_t deep = 127; deep <= 130; deep++) {
        header->node_count = deep;
        header->leaf_count = 0;
        header->leaves_offset = 128 + deep * (uint32_t)sizeof(w3d_mesh_bvh_node);
        header->size = header->leaves_offset;
        w3d_mesh_bvh_node *nodes = (w3d_mesh_bvh_node *)(void *)(bytes + 128);
        for (uint32_t n = 0; n < deep; n++) {
            for (int k = 0; k < 8; k++) nodes[n].child[k] = W3D_MESH_BVH_NONE;
            if (n + 1 < deep) nodes[n].child[n % 8] = n + 1;
        }
        CHECK(w3d_mesh_bvh_open(bytes, size, &bvh, &error) ==
              (deep <= 128 ? W3D_OK : W3D_ERR_FORMAT));
    }
    free(bytes);
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

/* The block and the hits are the same bytes on every target. */
static void same_bits(void)
{
    test_mesh mesh = test_mesh_sphere(40, 20);
    bvh_block block = bvh_block_make(&mesh, W3D_MESH_BVH_BALANCED);
    uint64_t hash = 0;
    test.random = 1; /* whatever the seed */
    for (int i = 0; i < 200; i++) {
        w3d_mesh_bvh_ray ray = random_ray(1.0f);
        w3d_mesh_bvh_hit hit;
        memset(&hit, 0, sizeof hit);
        (void)w3d_mesh_bvh_closest(&block.bvh, &ray, &hit);
        hash = w3d_hash_bytes(&hit, sizeof hit, hash);
    }
    uint64_t bytes = w3d_hash_bytes(block.bytes, block.size, 0);
    CHECK_MESSAGE(bytes == 0x4cdb7e9bb501abcau, "block 0x%llx", (unsigned long long)bytes);
    CHECK_MESSAGE(hash == 0x13ad50e5b49deaf2u, "hits 0x%llx", (unsigned long long)hash);
    bvh_block_free(&block);
    test_mesh_free(&mesh);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    float low[3] = { 1e9f, 1e9f, 1e9f }, high[3] = { -1e9f, -1e9f, -1e9f };
    for (uint32_t i = 0; i < 3 * mesh.vertex_count; i++) {
        low[i % 3] = fminf(low[i % 3], mesh.positions[i]);
        high[i % 3] = fmaxf(high[i % 3], mesh.positions[i]);
    }
    for (uint32_t i = 0; i < 3 * mesh.vertex_count; i++)
        mesh.positions[i] = (mesh.positions[i] - 0.5f * (low[i % 3] + high[i % 3])) * 8.0f;
    for (int q = 0; q < 3; q++) {
        bvh_block block = bvh_block_make(&mesh, (w3d_mesh_bvh_quality)q);
        check_shape(&block, &mesh);
        check_rays(&block, &mesh, 1.0f, 60);
        bvh_block_free(&block);
    }
    test_mesh_free(&mesh);
}

void test_mesh_bvh(void);
void test_mesh_bvh(void)
{
    RUN(against_all_triangles);
    RUN(small_counts);
    RUN(same_whatever_the_tree);
    RUN(powers_of_two);
    RUN(watertight);
    RUN(along_the_axes);
    RUN(beside_an_edge);
    RUN(strange_rays);
    RUN(strange_meshes);
    RUN(hard_to_group);
    RUN(refitting);
    RUN(errors);
    RUN(hostile_blocks);
    RUN(same_bits);
    RUN(dragon);
}
