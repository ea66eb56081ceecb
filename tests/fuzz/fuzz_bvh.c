/* fuzz_bvh.c - any bytes as a tree's block, and as a mesh to build one of.
 *
 * First byte even: the rest is a block. Odd: the second byte is a number of vertices, then their
 * floats, then a byte for every index; what the finished tree says has to stay in range. */
#include "mesh/mesh_bvh_build.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_bvh_trace.h"

#include <stdlib.h>
#include <string.h>

static void must(int condition)
{
    if (!condition) __builtin_trap();
}

/* Whether all are where the header of mesh_bvh_trace.h promises something. */
static int moderate(const float *numbers, size_t count)
{
    int result = 1;
    for (size_t i = 0; i < count; i++) {
        float size = numbers[i] < 0.0f ? -numbers[i] : numbers[i];
        result &= size == 0.0f || (size > 1e-18f && size < 1e18f);
    }
    return result;
}

/* built: the boxes are known to be right, and so one ray and four have to agree. */
static void ask(const w3d_mesh_bvh *bvh, const float *numbers, int built)
{
    w3d_mesh_bvh_ray ray;
    w3d_mesh_bvh_hit hits[5];
    w3d_mesh_bvh_point point;
    w3d_box box;
    w3d_sphere sphere;
    uint32_t list[8], pairs[8][2];
    memcpy(&ray, numbers, sizeof ray);
    memcpy(&box, numbers, sizeof box);
    memcpy(&sphere, numbers, sizeof sphere);
    int found = w3d_mesh_bvh_closest(bvh, &ray, hits);
    (void)w3d_mesh_bvh_any(bvh, &ray);
    if (found) must(hits[0].triangle < bvh->item_count);
    w3d_mesh_bvh_ray four[4];
    w3d_mesh_bvh_hit together[4];
    for (int k = 0; k < 4; k++) {
        four[k] = ray;
        if (k & 1) four[k].direction[k / 2] += 0.25f;
    }
    unsigned met = w3d_mesh_bvh_closest4(bvh, four, together);
    must(!built || ((met & 1u) == (unsigned)found && (met >> 2 & 1u) == (unsigned)found));
    must(!built || !found || !memcmp(&together[0], hits, sizeof *hits));
    must(w3d_mesh_bvh_all(bvh, &ray, hits, 5) <= 5);
    if (w3d_mesh_bvh_closest_point(bvh, ray.origin, 0.0f, &point))
        must(point.triangle < bvh->item_count);
    (void)w3d_mesh_bvh_signed_distance(bvh, ray.direction, NULL);
    (void)w3d_mesh_bvh_overlap_box(bvh, &box, list, 8);
    (void)w3d_mesh_bvh_overlap_sphere(bvh, &sphere, list, 8);
    (void)w3d_mesh_bvh_overlap_planes(bvh, (const float(*)[4])(const void *)numbers, 2, list, 8);
    if (bvh->item_count < 200) (void)w3d_mesh_bvh_overlap_bvh(bvh, bvh, pairs, 8);
}

static void as_block(const uint8_t *data, size_t size)
{
    w3d_mesh_bvh bvh;
    float numbers[8] = { 0.1f, 0.2f, 3.0f, 0.0f, 0.05f, -0.02f, -1.0f, 0.0f };
    void *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (w3d_mesh_bvh_open(copy, size, &bvh, NULL) == W3D_OK) ask(&bvh, numbers, 0);
    free(copy);
}

static void as_mesh(const uint8_t *data, size_t size)
{
    enum { MOST = 255 };
    static float positions[3 * MOST + 8];
    static uint32_t indices[3 * 1024];
    if (size < 1) return;
    uint32_t vertices = data[0];
    size_t floats = (size_t)vertices * 12;
    data++, size--;
    if (size < floats + 32 || !vertices) return;
    memcpy(positions, data, floats);
    float numbers[8];
    memcpy(numbers, data + floats, 32);
    data += floats + 32, size -= floats + 32;
    uint32_t count = size > 3 * 1024 ? 3 * 1024 : (uint32_t)(size - size % 3);
    for (uint32_t i = 0; i < count; i++) indices[i] = data[i] % vertices;
    w3d_mesh_bvh_build_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.mesh.positions = positions;
    desc.mesh.vertex_count = vertices;
    desc.mesh.indices = indices;
    desc.mesh.index_count = count;
    desc.quality = (w3d_mesh_bvh_quality)(count / 3 % 3);
    size_t capacity = w3d_mesh_bvh_size_limit(count),
           scratch_size = w3d_mesh_bvh_scratch_size(count);
    void *block = malloc(capacity), *scratch = malloc(scratch_size);
    size_t used = 0;
    w3d_mesh_bvh bvh;
    must(w3d_mesh_bvh_build(&desc, block, capacity, &used, w3d_arena_make(scratch, scratch_size)) ==
         W3D_OK);
    must(w3d_mesh_bvh_open(block, used, &bvh, NULL) == W3D_OK);
    must(bvh.item_count == count / 3);
    ask(&bvh, numbers, moderate(numbers, 8) && moderate(positions, 3 * (size_t)vertices));
    memcpy(positions, numbers, vertices > 2 ? 32 : 12);
    must(w3d_mesh_bvh_refit(&desc.mesh, block, used) == W3D_OK);
    ask(&bvh, numbers, moderate(numbers, 8) && moderate(positions, 3 * (size_t)vertices));
    free(block);
    free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    if (data[0] & 1u)
        as_mesh(data + 1, size - 1);
    else
        as_block(data + 1, size - 1);
    return 0;
}
