/* main.c - runs the suites: tests [--seed N] [--list] [FILTER]. */
#include "test.h"

#include "memory/allocator.h"

test_state test;

/* The table of suites: one line a floor, bottom floor first. The ground, core/ to sync/, can be built
 * alone (tests/unit.py ground): that is what the thread sanitizer looks at. */
/* clang-format off */
#define SUITES_GROUND(X)                                                                           \
    X(base) X(size) X(bytes) X(bits) X(hash) X(decimal) X(shortest) X(math) X(simd)                \
    X(simd_bytes) X(vec) X(arena) X(atomic)                                                        \
    X(allocator) X(chunk_arena) X(rotating) X(slab) X(router) X(handle) X(proxy) X(sandbox)        \
    X(sandbox_fault)                                                                               \
    X(thread) X(ring) X(snapshot) X(jobs) X(parallel_for) X(trace)
#define SUITES_ABOVE(X)                                                                            \
    X(crc32) X(crc32c) X(sha256) X(hmac) X(deflate) X(inflate)                                     \
    X(mesh_bounds) X(mesh_weld) X(mesh_normals) X(mesh_polygon) X(mesh_triangulate)                \
    X(mesh_normals_crease) X(mesh_tangents) X(mesh_transform) X(mesh_skinning) X(mesh_morph)       \
    X(mesh_triangulate_holes) X(mesh_smooth)                                                       \
    X(mesh_adjacency) X(mesh_topology) X(mesh_repair)                                              \
    X(mesh_measure) X(mesh_vertex_cache) X(mesh_overdraw) X(mesh_vertex_fetch) X(mesh_shadow)      \
    X(mesh_spatial_sort) X(mesh_strips)                                                            \
    X(mesh_simplify) X(mesh_lod) X(mesh_meshlet) X(mesh_meshlet_bounds) X(mesh_meshlet_codec)      \
    X(mesh_quantise) X(mesh_codec_vertex) X(mesh_codec_index) X(mesh_codec_filter)                 \
    X(mesh_bvh) X(mesh_bvh_query) X(mesh_bvh_instances) X(mesh_pick)                               \
    X(png_write)                                                                                   \
    X(json) X(json_write) X(file)                                                                  \
    X(bjson) X(bjson_golden) X(bjson_refusals) X(bjson_stream) X(bjson_source)                     \
    X(bjson_validate) X(bjson_linear) X(bjson_read) X(bjson_path) X(bjson_describe)                \
    X(bjson_edit) X(bjson_edit_model) X(bjson_diff) X(bjson_diff_told) X(bjson_merge)              \
    X(bjson_seal)                                                                                  \
    X(bjson_json) X(bjson_json_linear) X(props) X(props_bjson) X(props_json) X(props_blender)      \
    X(gltf) X(obj) X(asset_bjson)                                                                  \
    X(shader) X(shader_run) X(shader_create) X(gpu) X(gpu_pass) X(gpu_capture) X(gpu_soft)         \
    X(gpu_soft_shaders)                                                                            \
    X(soft_raster) X(soft_raster_state) X(thumbnail)
/* clang-format on */
#if defined(TEST_GROUND)
#define SUITES(X) SUITES_GROUND(X)
#else
#define SUITES(X) SUITES_GROUND(X) SUITES_ABOVE(X)
#endif

#define DECLARE(name) void test_##name(void);
SUITES(DECLARE)
#undef DECLARE

void test_allocation_sweep(int (*body)(const void *allocator, void *user), void *user)
{
    for (uint64_t fail_at = 1; fail_at < 100000; fail_at++) {
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        counter.fail_at = fail_at;
        w3d_allocator allocator = w3d_allocator_counting(&counter);
        int result = body(&allocator, user);
        CHECK_MESSAGE(counter.live_blocks == 0 && counter.live_bytes == 0,
                      "allocation %llu fails: %llu blocks, %llu bytes leak",
                      (unsigned long long)fail_at, (unsigned long long)counter.live_blocks,
                      (unsigned long long)counter.live_bytes);
        if (counter.requests < fail_at) {
            CHECK_MESSAGE(result == 0, "no allocation failed, yet the result is %d", result);
            return;
        }
        CHECK_MESSAGE(result == (int)W3D_ERR_OUT_OF_MEMORY, "allocation %llu fails: result %d",
                      (unsigned long long)fail_at, result);
    }
    test_fail(__FILE__, __LINE__, "100000 allocations failed in turn and the sweep did not end");
}

int main(int count, char **arguments)
{
    test.seed = 1;
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "--seed") && i + 1 < count)
            test.seed = strtoull(arguments[++i], NULL, 10);
        else
            test.filter = arguments[i];
    }
#define CALL(name)                                                                                 \
    test.suite = #name;                                                                            \
    test_##name();
    SUITES(CALL)
#undef CALL
    printf("%d passed, %d failed\n", test.passed, test.failed);
    return test.failed || !test.passed ? 1 : 0;
}
