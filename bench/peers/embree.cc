// embree.cc - Embree 3 for bench_mesh_bvh.c: its own scenes on one thread, medium quality, and the
// cost of the tree that its builder makes with the same shape as ours (eight children, leaves of
// four).
#include <embree3/rtcore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmath>
#include <limits>

extern "C" {
struct embree_ray {
    float origin[3], t_min, direction[3], t_max;
};
struct embree_hit {
    float t, u, v;
    uint32_t triangle;
};
void *embree_build(const float *positions, uint32_t vertices, const uint32_t *indices,
                   uint32_t count);
void embree_free(void *scene);
uint32_t embree_closest(void *scene, const embree_ray *rays, uint32_t count, embree_hit *hits,
                        int coherent);
uint32_t embree_closest4(void *scene, const embree_ray *rays, uint32_t count, embree_hit *hits);
double embree_cost(const float *positions, const uint32_t *indices, uint32_t count);
}

static RTCDevice device()
{
    static RTCDevice one = rtcNewDevice("threads=1,set_affinity=0");
    return one;
}

void *embree_build(const float *positions, uint32_t vertices, const uint32_t *indices,
                   uint32_t count)
{
    RTCScene scene = rtcNewScene(device());
    RTCGeometry geometry = rtcNewGeometry(device(), RTC_GEOMETRY_TYPE_TRIANGLE);
    rtcSetSharedGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, positions, 0,
                               12, vertices);
    rtcSetSharedGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, indices, 0, 12,
                               count / 3);
    rtcSetSceneBuildQuality(scene, RTC_BUILD_QUALITY_MEDIUM);
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(scene, geometry);
    rtcReleaseGeometry(geometry);
    rtcCommitScene(scene);
    return scene;
}

void embree_free(void *scene) { rtcReleaseScene((RTCScene)scene); }

static void set_ray(RTCRayHit &out, const embree_ray &ray)
{
    out.ray.org_x = ray.origin[0], out.ray.org_y = ray.origin[1], out.ray.org_z = ray.origin[2];
    out.ray.dir_x = ray.direction[0], out.ray.dir_y = ray.direction[1],
    out.ray.dir_z = ray.direction[2];
    out.ray.tnear = ray.t_min;
    out.ray.tfar = ray.t_max == 0 ? std::numeric_limits<float>::infinity() : ray.t_max;
    out.ray.mask = 0xFFFFFFFFu;
    out.ray.flags = 0;
    out.ray.time = 0;
    out.hit.geomID = RTC_INVALID_GEOMETRY_ID;
    out.hit.primID = RTC_INVALID_GEOMETRY_ID;
}

uint32_t embree_closest(void *scene, const embree_ray *rays, uint32_t count, embree_hit *hits,
                        int coherent)
{
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    if (coherent) context.flags = RTC_INTERSECT_CONTEXT_FLAG_COHERENT;
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        RTCRayHit ray;
        set_ray(ray, rays[i]);
        rtcIntersect1((RTCScene)scene, &context, &ray);
        hits[i].triangle = ray.hit.primID;
        if (ray.hit.geomID == RTC_INVALID_GEOMETRY_ID) continue;
        hits[i].t = ray.ray.tfar, hits[i].u = ray.hit.u, hits[i].v = ray.hit.v;
        found++;
    }
    return found;
}

uint32_t embree_closest4(void *scene, const embree_ray *rays, uint32_t count, embree_hit *hits)
{
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    context.flags = RTC_INTERSECT_CONTEXT_FLAG_COHERENT;
    uint32_t found = 0;
    for (uint32_t i = 0; i + 4 <= count; i += 4) {
        alignas(16) int valid[4] = { -1, -1, -1, -1 };
        RTCRayHit4 four;
        memset(&four, 0, sizeof four);
        for (int k = 0; k < 4; k++) {
            const embree_ray &ray = rays[i + k];
            four.ray.org_x[k] = ray.origin[0], four.ray.org_y[k] = ray.origin[1];
            four.ray.org_z[k] = ray.origin[2], four.ray.dir_x[k] = ray.direction[0];
            four.ray.dir_y[k] = ray.direction[1], four.ray.dir_z[k] = ray.direction[2];
            four.ray.tnear[k] = ray.t_min;
            four.ray.tfar[k] = ray.t_max == 0 ? std::numeric_limits<float>::infinity() : ray.t_max;
            four.ray.mask[k] = 0xFFFFFFFFu;
            four.hit.geomID[k] = RTC_INVALID_GEOMETRY_ID;
            four.hit.primID[k] = RTC_INVALID_GEOMETRY_ID;
        }
        rtcIntersect4(valid, (RTCScene)scene, &context, &four);
        for (int k = 0; k < 4; k++) {
            hits[i + k].triangle = four.hit.primID[k];
            if (four.hit.geomID[k] == RTC_INVALID_GEOMETRY_ID) continue;
            hits[i + k].t = four.ray.tfar[k];
            hits[i + k].u = four.hit.u[k], hits[i + k].v = four.hit.v[k];
            found++;
        }
    }
    return found;
}

// ---- the cost of its tree ----

struct node {
    RTCBounds box[8];
    node *child[8];
    unsigned count;
    bool leaf;
};

static double area(const RTCBounds &b)
{
    double x = (double)b.upper_x - b.lower_x, y = (double)b.upper_y - b.lower_y;
    double z = (double)b.upper_z - b.lower_z;
    return x * y + y * z + z * x;
}

static double sum(const node *n)
{
    double total = 0;
    if (n->leaf) return 0;
    for (unsigned i = 0; i < n->count; i++) total += area(n->box[i]) + sum(n->child[i]);
    return total;
}

double embree_cost(const float *positions, const uint32_t *indices, uint32_t count)
{
    uint32_t triangles = count / 3;
    RTCBuildPrimitive *primitives =
        (RTCBuildPrimitive *)aligned_alloc(32, (size_t)triangles * 2 * 32);
    float low[3] = { 1e30f, 1e30f, 1e30f }, high[3] = { -1e30f, -1e30f, -1e30f };
    for (uint32_t i = 0; i < triangles; i++) {
        float a[3] = { 1e30f, 1e30f, 1e30f }, b[3] = { -1e30f, -1e30f, -1e30f };
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 3; k++) {
                float value = positions[(size_t)indices[3 * (size_t)i + c] * 3 + k];
                a[k] = fminf(a[k], value), b[k] = fmaxf(b[k], value);
                low[k] = fminf(low[k], value), high[k] = fmaxf(high[k], value);
            }
        primitives[i] = { a[0], a[1], a[2], 0, b[0], b[1], b[2], i };
    }
    RTCBVH bvh = rtcNewBVH(device());
    RTCBuildArguments arguments = rtcDefaultBuildArguments();
    arguments.byteSize = sizeof arguments;
    arguments.buildQuality = RTC_BUILD_QUALITY_MEDIUM;
    arguments.maxBranchingFactor = 8;
    arguments.maxDepth = 64;
    arguments.sahBlockSize = 4;
    arguments.minLeafSize = 1;
    arguments.maxLeafSize = 4;
    arguments.traversalCost = 1.0f;
    arguments.intersectionCost = 1.0f;
    arguments.bvh = bvh;
    arguments.primitives = primitives;
    arguments.primitiveCount = triangles;
    arguments.primitiveArrayCapacity = (size_t)triangles * 2;
    arguments.createNode = [](RTCThreadLocalAllocator allocator, unsigned children,
                              void *) -> void * {
        node *n = (node *)rtcThreadLocalAlloc(allocator, sizeof(node), 16);
        memset(n, 0, sizeof *n);
        n->count = children;
        return n;
    };
    arguments.setNodeChildren = [](void *at, void **children, unsigned n, void *) {
        for (unsigned i = 0; i < n; i++) ((node *)at)->child[i] = (node *)children[i];
    };
    arguments.setNodeBounds = [](void *at, const RTCBounds **bounds, unsigned n, void *) {
        for (unsigned i = 0; i < n; i++) ((node *)at)->box[i] = *bounds[i];
    };
    arguments.createLeaf = [](RTCThreadLocalAllocator allocator, const RTCBuildPrimitive *, size_t,
                              void *) -> void * {
        node *n = (node *)rtcThreadLocalAlloc(allocator, sizeof(node), 16);
        memset(n, 0, sizeof *n);
        n->leaf = true;
        return n;
    };
    node *root = (node *)rtcBuildBVH(&arguments);
    RTCBounds all = { low[0], low[1], low[2], 0, high[0], high[1], high[2], 0 };
    double result = root ? 1.0 + sum(root) / area(all) : 0;
    rtcReleaseBVH(bvh);
    free(primitives);
    return result;
}
