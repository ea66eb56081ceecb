/* bench_mesh_meshlet.c - cutting into meshlets, their bounds, and packing them. Quality is measured
 * on the results with one measure for both sides: the smallest sphere of every meshlet. */
#include "bench.h"
#include "mesh_data.h"

#include "mesh/mesh_meshlet.h"
#include "mesh/mesh_meshlet_bounds.h"
#include "mesh/mesh_meshlet_codec.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

typedef struct meshlet_data {
    w3d_mesh_view view;
    w3d_mesh_meshlet_desc desc;
    w3d_meshlets out, peer;
    w3d_meshlet_bounds *bounds;
    unsigned char *packed;
    size_t *offsets;        /* [meshlet_count + 1] into `packed` */
    unsigned char *indices; /* meshoptimizer's index codec */
    size_t indices_size;
    uint32_t *order; /* indices meshlet after meshlet */
    uint32_t *back;
    void *scratch;
    size_t scratch_size;
} meshlet_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_meshlet: %s failed\n", what);
    exit(1);
}

static void *take(size_t size)
{
    void *block = malloc(size + 64);
    if (!block) stop("malloc");
    return block;
}

static void build(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    if (w3d_mesh_meshlet_build(&d->view, &d->desc, &d->out,
                               w3d_arena_make(d->scratch, d->scratch_size)) != W3D_OK)
        stop("w3d_mesh_meshlet_build");
    bench_keep(d->out.meshlets);
}

static void bound(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    if (w3d_mesh_meshlet_bounds(&d->view, &d->out, 0, d->out.meshlet_count, d->bounds) != W3D_OK)
        stop("w3d_mesh_meshlet_bounds");
    bench_keep(d->bounds);
}

static void encode(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    size_t at = 0;
    for (uint32_t i = 0; i < d->out.meshlet_count; i++) {
        const w3d_meshlet *m = &d->out.meshlets[i];
        w3d_meshlet_source source = { d->out.vertices + m->vertex_offset,
                                      d->out.triangles + 3 * (size_t)m->triangle_offset,
                                      m->vertex_count, m->triangle_count };
        size_t size;
        if (w3d_mesh_meshlet_encode(&source, d->packed + at, 4096, &size) != W3D_OK)
            stop("w3d_mesh_meshlet_encode");
        d->offsets[i] = at;
        at += size;
    }
    d->offsets[d->out.meshlet_count] = at;
    bench_keep(d->packed);
}

static void decode(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    uint32_t vertices[256];
    uint8_t triangles[512 * 3];
    for (uint32_t i = 0; i < d->out.meshlet_count; i++) {
        w3d_meshlet_counts counts = { 256, 512 };
        if (w3d_mesh_meshlet_decode(d->packed + d->offsets[i], d->offsets[i + 1] - d->offsets[i],
                                    vertices, triangles, &counts) != W3D_OK)
            stop("w3d_mesh_meshlet_decode");
        bench_keep(triangles);
    }
}

#if BENCH_MESHOPTIMIZER
static struct meshopt_Meshlet *peer_meshlets;
static unsigned int *peer_vertices;
static unsigned char *peer_triangles;
static size_t peer_count;

static void build_peer(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    size_t most = meshopt_buildMeshletsBound(d->view.index_count, d->desc.max_vertices,
                                             d->desc.max_triangles);
    if (!peer_meshlets) {
        peer_meshlets = (struct meshopt_Meshlet *)take(most * sizeof *peer_meshlets);
        peer_vertices = (unsigned int *)take(most * d->desc.max_vertices * 4);
        peer_triangles = (unsigned char *)take(most * d->desc.max_triangles * 3);
    }
    if (d->desc.mode == W3D_MESHLET_SCAN)
        peer_count =
            meshopt_buildMeshletsScan(peer_meshlets, peer_vertices, peer_triangles, d->view.indices,
                                      d->view.index_count, d->view.vertex_count,
                                      d->desc.max_vertices, d->desc.max_triangles);
    else
        peer_count =
            meshopt_buildMeshlets(peer_meshlets, peer_vertices, peer_triangles, d->view.indices,
                                  d->view.index_count, d->view.positions, d->view.vertex_count, 12,
                                  d->desc.max_vertices, d->desc.max_triangles, 0.0f);
}

static void bound_peer(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    for (size_t i = 0; i < peer_count; i++) {
        const struct meshopt_Meshlet *m = &peer_meshlets[i];
        struct meshopt_Bounds b =
            meshopt_computeMeshletBounds(peer_vertices + m->vertex_offset,
                                         peer_triangles + m->triangle_offset, m->triangle_count,
                                         d->view.positions, d->view.vertex_count, 12);
        bench_keep(&b);
    }
}

static void decode_peer(void *user)
{
    meshlet_data *d = (meshlet_data *)user;
    if (meshopt_decodeIndexBuffer(d->back, d->view.index_count, 4, d->indices, d->indices_size))
        stop("meshopt_decodeIndexBuffer");
    bench_keep(d->back);
}

static void free_peer(void)
{
    free(peer_meshlets);
    free(peer_vertices);
    free(peer_triangles);
    peer_meshlets = NULL;
}
#endif

static double sphere_square(const w3d_mesh_view *mesh, const uint32_t *vertices, uint32_t count)
{
    static float points[256 * 3];
    w3d_mesh_view part;
    w3d_sphere sphere;
    memset(&part, 0, sizeof part);
    for (uint32_t k = 0; k < count; k++)
        memcpy(points + 3 * k, mesh->positions + 3 * (size_t)vertices[k], 12);
    part.positions = points;
    part.vertex_count = count;
    if (w3d_mesh_bounds_sphere(&part, NULL, &sphere) != W3D_OK) stop("w3d_mesh_bounds_sphere");
    return (double)sphere.radius * sphere.radius;
}

static void quality(const meshlet_data *d)
{
    double ours = 0, theirs = 0;
    for (uint32_t i = 0; i < d->out.meshlet_count; i++)
        ours += sphere_square(&d->view, d->out.vertices + d->out.meshlets[i].vertex_offset,
                              d->out.meshlets[i].vertex_count);
    printf("    %u meshlets, sum of squared radii %.6g", d->out.meshlet_count, ours);
#if BENCH_MESHOPTIMIZER
    for (size_t i = 0; i < peer_count; i++)
        theirs += sphere_square(&d->view, peer_vertices + peer_meshlets[i].vertex_offset,
                                peer_meshlets[i].vertex_count);
    printf("; meshoptimizer %zu, %.6g: count x%.4f, radii x%.4f", peer_count, theirs,
           d->out.meshlet_count / (double)peer_count, ours / theirs);
#endif
    (void)theirs;
    printf("\n");
}

static void build_rows(meshlet_data *d, const char *name, w3d_meshlet_mode mode,
                       uint32_t max_vertices, uint32_t max_triangles)
{
    char title[64];
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(title, sizeof title, "%s%s, %u/%u", mode == W3D_MESHLET_SCAN ? "scan " : "", name,
             max_vertices, max_triangles);
    d->desc.mode = mode;
    d->desc.max_vertices = max_vertices;
    d->desc.max_triangles = max_triangles;
    row.name = title, row.unit = "Mtri/s", row.work = d->view.index_count / 3e6;
    row.user = d, row.ours.run = build, row.rounds = 7;
#if BENCH_MESHOPTIMIZER
    row.peer.run = build_peer, row.peer.name = "meshoptimizer";
#endif
    bench_run(&row);
    quality(d);
}

static void part_rows(meshlet_data *d, const char *name)
{
    char title[64];
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(title, sizeof title, "%s, bounds and cones", name);
    row.name = title, row.unit = "Mtri/s", row.work = d->view.index_count / 3e6;
    row.user = d, row.ours.run = bound, row.rounds = 7;
#if BENCH_MESHOPTIMIZER
    row.peer.run = bound_peer, row.peer.name = "meshoptimizer";
#endif
    bench_run(&row);

    size_t decoded = (size_t)d->view.index_count + (size_t)d->out.vertex_count * 4;
    row.ours.run = encode, row.unit = "MB/s", row.work = (double)decoded / 1e6;
    row.peer.run = NULL, row.peer.name = NULL;
    snprintf(title, sizeof title, "%s, encode", name);
    bench_run(&row);
    row.ours.run = decode;
    snprintf(title, sizeof title, "%s, decode", name);
#if BENCH_MESHOPTIMIZER
    for (uint32_t i = 0, k = 0; i < d->out.meshlet_count; i++)
        for (uint32_t c = 0; c < 3 * d->out.meshlets[i].triangle_count; c++, k++)
            d->order[k] = d->out.vertices[d->out.meshlets[i].vertex_offset + d->out.triangles[k]];
    d->indices_size = meshopt_encodeIndexBuffer(
        d->indices, meshopt_encodeIndexBufferBound(d->view.index_count, d->view.vertex_count),
        d->order, d->view.index_count);
    row.peer.run = decode_peer, row.peer.name = "meshopt_decodeIndexBuffer of the same triangles";
#endif
    bench_run(&row);
    double triangles = d->view.index_count / 3.0;
    printf("    %zu bytes, %.2f a triangle; meshopt index codec %.2f a triangle\n",
           d->offsets[d->out.meshlet_count], (double)d->offsets[d->out.meshlet_count] / triangles,
           (double)d->indices_size / triangles);
}

void bench_mesh_meshlet(void);
void bench_mesh_meshlet(void)
{
    static const char *const names[] = { "dragon", "shuffled", "torus", "blender" };
    bench_title("meshlets: rates of triangles of the mesh");
    for (int i = 0; i < 4; i++) {
        const bench_mesh *mesh = bench_mesh_get(names[i]);
        if (!mesh) continue;
        meshlet_data d;
        w3d_mesh_meshlet_desc least = { W3D_MESHLET_SCAN, 3, 1 };
        memset(&d, 0, sizeof d);
        d.view = bench_mesh_view(mesh);
        d.scratch_size = w3d_mesh_meshlet_scratch_size(NULL, mesh->vertex_count, mesh->index_count);
        d.scratch = bench_scratch(d.scratch_size);
        d.out.meshlet_capacity = w3d_mesh_meshlet_bound(&least, mesh->index_count);
        d.out.meshlets = (w3d_meshlet *)take(d.out.meshlet_capacity * sizeof(w3d_meshlet));
        d.out.vertices = (uint32_t *)take((size_t)mesh->index_count * 4);
        d.out.triangles = (uint8_t *)take(mesh->index_count);
        d.bounds = (w3d_meshlet_bounds *)take((size_t)mesh->index_count / 3 * sizeof *d.bounds);
        d.packed = (unsigned char *)take((size_t)mesh->index_count * 6 + 4096);
        d.offsets = (size_t *)take(((size_t)mesh->index_count / 3 + 1) * sizeof *d.offsets);
        d.order = (uint32_t *)take((size_t)mesh->index_count * 4);
        d.back = (uint32_t *)take((size_t)mesh->index_count * 4);
#if BENCH_MESHOPTIMIZER
        d.indices = (unsigned char *)take(
            meshopt_encodeIndexBufferBound(mesh->index_count, mesh->vertex_count));
#endif
        build_rows(&d, names[i], W3D_MESHLET_SCAN, 64, 124);
#if BENCH_MESHOPTIMIZER
        free_peer();
#endif
        build_rows(&d, names[i], W3D_MESHLET_QUALITY, 128, 256);
#if BENCH_MESHOPTIMIZER
        free_peer();
#endif
        build_rows(&d, names[i], W3D_MESHLET_QUALITY, 64, 124);
        part_rows(&d, names[i]);
#if BENCH_MESHOPTIMIZER
        free_peer();
#endif
        free(d.out.meshlets);
        free(d.out.vertices);
        free(d.out.triangles);
        free(d.bounds);
        free(d.packed);
        free(d.offsets);
        free(d.order);
        free(d.back);
        free(d.indices);
    }
}
