/* bench_mesh_adjacency.c - twins, rings and the index list with adjacency. meshoptimizer's function
 * welds positions, so ours does too where it is the peer. */
#include "bench.h"
#include "mesh_data.h"

#include "mesh/mesh_adjacency.h"
#include "mesh/mesh_topology.h"
#include "mesh/mesh_weld.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif
#if BENCH_CGAL
/* bench/peers/cgal_half_edge.cc: 0 where CGAL refused a face. */
int bench_cgal_half_edge(const float *positions, uint32_t vertex_count, const uint32_t *indices,
                         uint32_t index_count);
#endif

typedef struct adjacency_data {
    const bench_mesh *mesh;
    w3d_mesh_adjacency_desc desc;
    uint32_t *twins, *remap, *out, *offsets;
    void *scratch;
    size_t scratch_size;
} adjacency_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_adjacency: %s failed\n", what);
    exit(1);
}

static void twins(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    if (w3d_mesh_adjacency_twins(&d->desc, d->twins, w3d_arena_make(d->scratch, d->scratch_size)) !=
        W3D_OK)
        stop("w3d_mesh_adjacency_twins");
    bench_keep(d->twins);
}

static void rings(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    if (w3d_mesh_adjacency_rings(&d->desc, d->offsets, d->out) != W3D_OK)
        stop("w3d_mesh_adjacency_rings");
    bench_keep(d->out);
}

static void check(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    w3d_mesh_topology report;
    if (w3d_mesh_topology_check(&d->desc, &report, NULL,
                                w3d_arena_make(d->scratch, d->scratch_size)) != W3D_OK)
        stop("w3d_mesh_topology_check");
    bench_keep(&report);
}

static void welded_indices(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    w3d_mesh_attribute attribute;
    w3d_mesh_weld_desc weld;
    w3d_mesh_adjacency_desc desc = d->desc;
    uint32_t unique;
    w3d_arena scratch = w3d_arena_make(d->scratch, d->scratch_size);
    memset(&attribute, 0, sizeof attribute);
    memset(&weld, 0, sizeof weld);
    attribute.data = d->mesh->positions;
    attribute.size = 12;
    weld.attributes = &attribute;
    weld.attribute_count = 1;
    weld.vertex_count = d->mesh->vertex_count;
    desc.points = d->remap;
    if (w3d_mesh_weld(&weld, d->remap, &unique, scratch) != W3D_OK ||
        w3d_mesh_adjacency_twins(&desc, d->twins, scratch) != W3D_OK ||
        w3d_mesh_adjacency_indices(&desc, d->twins, d->out) != W3D_OK)
        stop("adjacency indices");
    bench_keep(d->out);
}

#if BENCH_MESHOPTIMIZER
static void indices_peer(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    meshopt_generateAdjacencyIndexBuffer(d->out, d->mesh->indices, d->mesh->index_count,
                                         d->mesh->positions, d->mesh->vertex_count, 12);
    bench_keep(d->out);
}
#endif

#if BENCH_CGAL
static void half_edge_peer(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    bench_cgal_half_edge(d->mesh->positions, d->mesh->vertex_count, d->mesh->indices,
                         d->mesh->index_count);
}
#endif

static void copy(void *user)
{
    adjacency_data *d = (adjacency_data *)user;
    memcpy(d->out, d->mesh->indices, (size_t)d->mesh->index_count * 4);
    bench_keep(d->out);
}

static void add_row(adjacency_data *d, const char *what, void (*ours)(void *), void (*peer)(void *),
                    const char *peer_name)
{
    char title[64];
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(title, sizeof title, "%s, %s", d->mesh->name, what);
    row.name = title, row.unit = "Mtri/s", row.work = d->mesh->index_count / 3e6;
    row.user = d, row.ours.run = ours, row.rounds = 7;
    row.peer.run = peer, row.peer.name = peer_name;
    row.limit.run = copy, row.limit.name = "memcpy of the indices";
    bench_run(&row);
}

void bench_mesh_adjacency(void);
void bench_mesh_adjacency(void)
{
    static const char *const names[] = { "dragon", "shuffled", "torus", "blender" };
    bench_title("adjacency");
    for (int i = 0; i < 4; i++) {
        const bench_mesh *mesh = bench_mesh_get(names[i]);
        if (!mesh) continue;
        adjacency_data d;
        memset(&d, 0, sizeof d);
        d.mesh = mesh;
        d.desc.indices = mesh->indices;
        d.desc.index_count = mesh->index_count;
        d.desc.vertex_count = mesh->vertex_count;
        size_t sizes[3];
        sizes[0] = w3d_mesh_adjacency_scratch_size(mesh->index_count, mesh->vertex_count);
        sizes[1] = w3d_mesh_topology_scratch_size(mesh->index_count, mesh->vertex_count);
        sizes[2] = w3d_mesh_weld_scratch_size(mesh->vertex_count);
        for (int k = 0; k < 3; k++)
            if (sizes[k] > d.scratch_size) d.scratch_size = sizes[k];
        d.scratch = bench_scratch(d.scratch_size);
        d.twins = (uint32_t *)malloc((size_t)mesh->index_count * 4);
        d.remap = (uint32_t *)malloc((size_t)mesh->vertex_count * 4);
        d.offsets = (uint32_t *)malloc(((size_t)mesh->vertex_count + 1) * 4);
        d.out = (uint32_t *)malloc((size_t)mesh->index_count * 8);
        if (!d.twins || !d.remap || !d.offsets || !d.out) stop("malloc");
        void (*peer)(void *) = NULL;
        const char *peer_name = NULL;
#if BENCH_MESHOPTIMIZER
        peer = indices_peer, peer_name = "meshoptimizer generateAdjacencyIndexBuffer";
#endif
        add_row(&d, "weld and adjacency list", welded_indices, peer, peer_name);
        peer = NULL, peer_name = NULL;
#if BENCH_CGAL
        peer = half_edge_peer, peer_name = "CGAL Surface_mesh";
#endif
        add_row(&d, "twins", twins, peer, peer_name);
        add_row(&d, "rings", rings, NULL, NULL);
        add_row(&d, "topology check", check, NULL, NULL);
        free(d.twins);
        free(d.remap);
        free(d.offsets);
        free(d.out);
    }
}
