/* bench_mesh_simplify.c - edge collapse beside meshoptimizer: time, and distance of the results. */
#include "meshes.h" /* first: it wants POSIX */

#include "bench.h"
#include "mesh_data.h"

#include "mesh/mesh_lod.h"
#include "mesh/mesh_simplify.h"
#include "mesh/mesh_simplify_cluster.h"
#include "reference/reference_distance.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

enum { SAMPLES = 200000 };

typedef struct work {
    w3d_mesh_view view;
    w3d_mesh_simplify_desc desc;
    uint32_t *indices, *peer_indices;
    float *positions; /* [vertex_count][3] */
    uint32_t index_count, peer_count;
    double error;
    int moving;
    void *scratch;
    size_t scratch_size;
} work;

static void simplify(void *user)
{
    work *w = (work *)user;
    w3d_mesh_simplified out;
    memset(&out, 0, sizeof out);
    out.indices = w->indices;
    out.positions = w->moving ? w->positions : NULL;
    if (w3d_mesh_simplify(&w->view, &w->desc, &out, w3d_arena_make(w->scratch, w->scratch_size)) !=
        W3D_OK)
        exit(1);
    w->index_count = out.index_count;
    w->error = (double)out.error;
}

static void cluster(void *user)
{
    work *w = (work *)user;
    w3d_mesh_clustered out;
    if (w3d_mesh_simplify_cluster(&w->view, w->desc.target_index_count, w->indices, &out,
                                  w3d_arena_make(w->scratch, w->scratch_size)) != W3D_OK)
        exit(1);
    w->index_count = out.index_count;
    w->error = (double)out.error;
}

#if BENCH_MESHOPTIMIZER
static void peer_simplify(void *user)
{
    work *w = (work *)user;
    w->peer_count =
        (uint32_t)meshopt_simplify(w->peer_indices, w->view.indices, w->view.index_count,
                                   w->view.positions, w->view.vertex_count, 12,
                                   w->desc.target_index_count, 1e9f, 0, NULL);
}

static void peer_cluster(void *user)
{
    work *w = (work *)user;
    w->peer_count =
        (uint32_t)meshopt_simplifySloppy(w->peer_indices, w->view.indices, w->view.index_count,
                                         w->view.positions, w->view.vertex_count, 12,
                                         w->desc.target_index_count, 1e9f, NULL);
}
#endif

static void say_distance(const char *who, const work *w, const float *positions,
                         const uint32_t *indices, uint32_t count)
{
    w3d_mesh_view fewer = w->view;
    fewer.positions = positions;
    fewer.indices = indices;
    fewer.index_count = count;
    reference_distance there = reference_distance_to(&w->view, &fewer, SAMPLES);
    reference_distance back = reference_distance_to(&fewer, &w->view, SAMPLES);
    printf("    %-8s%9u triangles   rms there %.4g back %.4g   most there %.4g back %.4g\n", who,
           count / 3, there.rms, back.rms, there.max, back.max);
}

/* One row, and below it how far the results are from the original. */
static void row_of(work *w, const char *mesh, const char *kind, double part, void (*ours)(void *),
                   void (*peer)(void *), const char *peer_name)
{
    char name[64];
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(name, sizeof name, "%s, %s to %g %%", kind, mesh, part * 100);
    w->desc.target_index_count = (uint32_t)(w->view.index_count / 3 * part) * 3;
    row.name = name;
    row.unit = "Mtri/s";
    row.work = w->view.index_count / 3e6;
    row.ours.run = ours;
    row.peer.run = peer;
    row.peer.name = peer ? peer_name : NULL;
    row.user = w;
    row.rounds = 3;
    bench_run(&row);
    say_distance("ours", w, ours == simplify && w->moving ? w->positions : w->view.positions,
                 w->indices, w->index_count);
    printf("            said %.4g\n", w->error);
    if (peer) say_distance("peer", w, w->view.positions, w->peer_indices, w->peer_count);
}

void bench_mesh_simplify(void);
void bench_mesh_simplify(void)
{
    static const char *meshes[] = { "dragon", "torus", "blender" };
    static const double parts[] = { 0.25, 0.1, 0.02 };
    void (*peer)(void *) = NULL, (*sloppy)(void *) = NULL;
#if BENCH_MESHOPTIMIZER
    peer = peer_simplify;
    sloppy = peer_cluster;
#endif
    bench_title("simplification");
    for (int m = 0; m < 3; m++) {
        const bench_mesh *mesh = bench_mesh_get(meshes[m]);
        if (!mesh) continue;
        work w;
        memset(&w, 0, sizeof w);
        w.view = bench_mesh_view(mesh);
        w.indices = (uint32_t *)malloc((size_t)mesh->index_count * 4);
        w.peer_indices = (uint32_t *)malloc((size_t)mesh->index_count * 4);
        w.positions = (float *)malloc((size_t)mesh->vertex_count * 12);
        if (!w.indices || !w.peer_indices || !w.positions) exit(1);
        w.scratch_size = w3d_mesh_simplify_scratch_size(mesh->vertex_count, mesh->index_count, 0);
        size_t other =
            w3d_mesh_simplify_cluster_scratch_size(mesh->vertex_count, mesh->index_count);
        if (other > w.scratch_size) w.scratch_size = other;
        w.scratch = bench_scratch(w.scratch_size);
        for (int p = 0; p < 3; p++) {
            w.moving = 0;
            row_of(&w, mesh->name, "fast", parts[p], simplify, peer, "meshoptimizer simplify");
            w.moving = 1;
            row_of(&w, mesh->name, "moving", parts[p], simplify, peer, "meshoptimizer simplify");
            row_of(&w, mesh->name, "cluster", parts[p], cluster, sloppy, "meshoptimizer sloppy");
        }
        free(w.indices);
        free(w.peer_indices);
        free(w.positions);
    }
}
