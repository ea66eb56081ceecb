/* bench_mesh_tangents.c - tangents of the meshes, beside a copy of what they read and write. The
 * peers run as wasm: bench/wasm/tangents.mjs. */
#include "bench.h"
#include "mesh_data.h"

#include "mesh/mesh_tangents.h"
#include "mesh/mesh_tangents_split.h"

typedef struct tangents_data {
    w3d_mesh_tangents_desc desc;
    float *tangents, *rows;
    uint32_t *indices, *origins;
    unsigned char *copy;
    void *scratch;
    size_t scratch_size, vertex_bytes, index_bytes, out_bytes;
} tangents_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_tangents: %s failed\n", what);
    exit(1);
}

static void tangents(void *user)
{
    tangents_data *d = (tangents_data *)user;
    if (w3d_mesh_tangents(&d->desc, d->tangents, w3d_arena_make(d->scratch, d->scratch_size)) !=
        W3D_OK)
        stop("w3d_mesh_tangents");
    bench_keep(d->tangents);
}

static void split(void *user)
{
    tangents_data *d = (tangents_data *)user;
    w3d_mesh_tangents_split_desc desc;
    w3d_mesh_tangents_split_out out;
    desc.tangents = d->tangents;
    desc.indices = d->desc.indices;
    desc.index_count = d->desc.index_count;
    desc.vertex_count = d->desc.vertex_count;
    desc.capacity = d->desc.vertex_count + d->desc.index_count;
    out.indices = d->indices;
    out.origins = d->origins;
    out.tangents = d->rows;
    if (w3d_mesh_tangents_split(&desc, &out, w3d_arena_make(d->scratch, d->scratch_size)) != W3D_OK)
        stop("w3d_mesh_tangents_split");
    bench_keep(&out);
}

static void copy(void *user)
{
    tangents_data *d = (tangents_data *)user;
    unsigned char *to = d->copy;
    memcpy(to, d->desc.positions, d->vertex_bytes / 8 * 3);
    memcpy(to, d->desc.normals, d->vertex_bytes / 8 * 3);
    memcpy(to, d->desc.uvs, d->vertex_bytes / 4);
    memcpy(to, d->desc.indices, d->index_bytes);
    memcpy(to, d->tangents, d->out_bytes);
    bench_keep(to);
}

void bench_mesh_tangents(void);
void bench_mesh_tangents(void)
{
    static const char *names[] = { "dragon", "shuffled", "torus", "blender" };
    bench_title("tangents");
    for (int i = 0; i < 4; i++) {
        const bench_mesh *mesh = bench_mesh_get(names[i]);
        if (!mesh) continue;
        tangents_data d;
        bench_row row;
        char name[64];
        memset(&d, 0, sizeof d);
        memset(&row, 0, sizeof row);
        d.desc.positions = mesh->positions;
        d.desc.normals = mesh->normals;
        d.desc.uvs = mesh->uvs;
        d.desc.vertex_count = mesh->vertex_count;
        d.desc.indices = mesh->indices;
        d.desc.index_count = mesh->index_count;
        size_t most = (size_t)mesh->vertex_count + mesh->index_count;
        d.vertex_bytes = (size_t)mesh->vertex_count * 32;
        d.index_bytes = (size_t)mesh->index_count * 4;
        d.out_bytes = (size_t)mesh->index_count * 16;
        d.tangents = (float *)malloc(d.out_bytes);
        d.rows = (float *)malloc(most * 16);
        d.indices = (uint32_t *)malloc(d.index_bytes);
        d.origins = (uint32_t *)malloc(most * 4);
        d.copy = (unsigned char *)malloc(d.vertex_bytes + d.out_bytes);
        d.scratch_size = w3d_mesh_tangents_scratch_size(mesh->vertex_count, mesh->index_count);
        size_t other = w3d_mesh_tangents_split_scratch_size(mesh->vertex_count, mesh->index_count);
        if (other > d.scratch_size) d.scratch_size = other;
        d.scratch = bench_scratch(d.scratch_size);
        if (!d.tangents || !d.rows || !d.indices || !d.origins || !d.copy) stop("malloc");
        memset(d.tangents, 0, d.out_bytes);
        row.unit = "Mtri/s";
        row.work = mesh->index_count / 3e6;
        row.user = &d;
        row.name = name;
        snprintf(name, sizeof name, "tangents, %s", mesh->name);
        row.ours.run = tangents;
        row.limit.run = copy;
        row.limit.name = "memcpy of all arrays";
        bench_run(&row);
        snprintf(name, sizeof name, "split, %s", mesh->name);
        row.ours.run = split;
        bench_run(&row);
        free(d.tangents);
        free(d.rows);
        free(d.indices);
        free(d.origins);
        free(d.copy);
    }
}
