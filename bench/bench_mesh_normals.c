/* bench_mesh_normals.c - vertex normals by area and by angle, face normals, crease normals and unit
 * length. The plain loop is float, unchecked, and in the order of the indices; its error against
 * double is printed beside ours. */
#include "bench.h"
#include "mesh_data.h"

#include <math.h>

#include "mesh/mesh_normals_crease.h"

#if BENCH_CGAL_NORMALS
/* bench/peers/cgal_normals.cc: the mesh is loaded before it is timed. */
void bench_cgal_normals_load(const float *positions, uint32_t vertex_count, const uint32_t *indices,
                             uint32_t index_count);
void bench_cgal_normals_run(float *out);
#endif

typedef struct normals_data {
    w3d_mesh_view view;
    w3d_mesh_normals_desc desc;
    float *out, *peer;
    uint32_t *indices, *sources;
    float *split_normals;
    void *scratch;
    size_t scratch_size;
    float *vectors, *copy; /* ten million */
    uint32_t vector_count;
    size_t moved;
} normals_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_normals: %s failed\n", what);
    exit(1);
}

static void *take(size_t size)
{
    void *block = malloc(size + 64);
    if (!block) stop("malloc");
    memset(block, 0, size + 64);
    return block;
}

static void vertices(void *user)
{
    normals_data *d = (normals_data *)user;
    if (w3d_mesh_normals(&d->view, &d->desc, d->out, w3d_arena_make(d->scratch, d->scratch_size)) !=
        W3D_OK)
        stop("w3d_mesh_normals");
    bench_keep(d->out);
}

static void plain_cross(const float *p, const uint32_t *corner, float *n)
{
    const float *a = p + 3 * (size_t)corner[0], *b = p + 3 * (size_t)corner[1];
    const float *c = p + 3 * (size_t)corner[2];
    float abx = b[0] - a[0], aby = b[1] - a[1], abz = b[2] - a[2];
    float acx = c[0] - a[0], acy = c[1] - a[1], acz = c[2] - a[2];
    n[0] = aby * acz - abz * acy;
    n[1] = abz * acx - abx * acz;
    n[2] = abx * acy - aby * acx;
}

static void plain_unit(float *n)
{
    float length = sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    float inverse = length > 0.0f ? 1.0f / length : 0.0f;
    for (int k = 0; k < 3; k++) n[k] *= inverse;
}

static void plain_area(void *user)
{
    normals_data *d = (normals_data *)user;
    float *out = d->peer;
    memset(out, 0, (size_t)d->view.vertex_count * 12);
    for (size_t i = 0; i < d->view.index_count; i += 3) {
        const uint32_t *corner = d->view.indices + i;
        float n[3];
        plain_cross(d->view.positions, corner, n);
        for (int k = 0; k < 3; k++)
            for (int axis = 0; axis < 3; axis++)
                out[3 * (size_t)corner[k] + (size_t)axis] += n[axis];
    }
    for (size_t i = 0; i < d->view.vertex_count; i++) plain_unit(out + 3 * i);
    bench_keep(out);
}

static void plain_angle(void *user)
{
    normals_data *d = (normals_data *)user;
    const float *p = d->view.positions;
    float *out = d->peer;
    memset(out, 0, (size_t)d->view.vertex_count * 12);
    for (size_t i = 0; i < d->view.index_count; i += 3) {
        const uint32_t *corner = d->view.indices + i;
        float n[3], edge[3][3];
        plain_cross(p, corner, n);
        plain_unit(n);
        for (int k = 0; k < 3; k++) {
            for (int axis = 0; axis < 3; axis++)
                edge[k][axis] = p[3 * (size_t)corner[(k + 1) % 3] + (size_t)axis] -
                                p[3 * (size_t)corner[k] + (size_t)axis];
            plain_unit(edge[k]);
        }
        for (int k = 0; k < 3; k++) {
            const float *a = edge[k], *b = edge[(k + 2) % 3];
            float cosine = -(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
            float angle = acosf(cosine < -1.0f ? -1.0f : cosine > 1.0f ? 1.0f : cosine);
            for (int axis = 0; axis < 3; axis++)
                out[3 * (size_t)corner[k] + (size_t)axis] += n[axis] * angle;
        }
    }
    for (size_t i = 0; i < d->view.vertex_count; i++) plain_unit(out + 3 * i);
    bench_keep(out);
}

static void faces(void *user)
{
    normals_data *d = (normals_data *)user;
    if (w3d_mesh_normals_faces(&d->view, NULL, d->out) != W3D_OK) stop("w3d_mesh_normals_faces");
    bench_keep(d->out);
}

static void plain_faces(void *user)
{
    normals_data *d = (normals_data *)user;
    for (size_t i = 0; i < d->view.index_count; i += 3) {
        plain_cross(d->view.positions, d->view.indices + i, d->peer + i);
        plain_unit(d->peer + i);
    }
    bench_keep(d->peer);
}

static void crease(void *user)
{
    normals_data *d = (normals_data *)user;
    w3d_mesh_creased out = { d->indices, d->split_normals, d->sources, d->view.index_count, 0 };
    if (w3d_mesh_normals_crease(&d->view, NULL, &out,
                                w3d_arena_make(d->scratch, d->scratch_size)) != W3D_OK)
        stop("w3d_mesh_normals_crease");
    bench_keep(d->indices);
}

static void normalise(void *user)
{
    normals_data *d = (normals_data *)user;
    if (w3d_mesh_normals_normalise(d->vectors, d->vector_count, 0) != W3D_OK)
        stop("w3d_mesh_normals_normalise");
    bench_keep(d->vectors);
}

static void plain_normalise(void *user)
{
    normals_data *d = (normals_data *)user;
    for (size_t i = 0; i < d->vector_count; i++) plain_unit(d->vectors + 3 * i);
    bench_keep(d->vectors);
}

static void copy_vectors(void *user)
{
    normals_data *d = (normals_data *)user;
    memcpy(d->copy, d->vectors, (size_t)d->vector_count * 12);
    bench_keep(d->copy);
}

/* Half of the bytes that have to be read or written: memcpy touches each twice. */
static void copy_moved(void *user)
{
    normals_data *d = (normals_data *)user;
    memcpy(d->copy, d->vectors, d->moved / 2);
    bench_keep(d->copy);
}

#if BENCH_CGAL_NORMALS
static void cgal_vertices(void *user)
{
    normals_data *d = (normals_data *)user;
    bench_cgal_normals_run(d->peer);
    bench_keep(d->peer);
}
#endif

/* The largest difference of a component from the same sums in double. */
static void print_error(normals_data *d)
{
    size_t count = d->view.vertex_count;
    double *sums = (double *)take(count * 24), worst[2] = { 0, 0 };
    for (size_t i = 0; i < d->view.index_count; i += 3) {
        const uint32_t *corner = d->view.indices + i;
        double edge[2][3], n[3];
        for (int e = 0; e < 2; e++)
            for (size_t k = 0; k < 3; k++)
                edge[e][k] = (double)d->view.positions[3 * (size_t)corner[e + 1] + k] -
                             (double)d->view.positions[3 * (size_t)corner[0] + k];
        for (int k = 0; k < 3; k++)
            n[k] = edge[0][(k + 1) % 3] * edge[1][(k + 2) % 3] -
                   edge[0][(k + 2) % 3] * edge[1][(k + 1) % 3];
        for (int c = 0; c < 3; c++)
            for (size_t k = 0; k < 3; k++) sums[3 * (size_t)corner[c] + k] += n[k];
    }
    d->desc.weight = W3D_NORMAL_WEIGHT_AREA;
    vertices(d);
    plain_area(d);
    for (size_t i = 0; i < count; i++) {
        const double *n = sums + 3 * i;
        double size = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        for (size_t k = 0; k < 3 && size > 0; k++) {
            double ours = fabs((double)d->out[3 * i + k] - n[k] / size);
            double peer = fabs((double)d->peer[3 * i + k] - n[k] / size);
            if (ours > worst[0]) worst[0] = ours;
            if (peer > worst[1]) worst[1] = peer;
        }
    }
    printf("    largest error of a component: ours %.2g, plain loop %.2g\n", worst[0], worst[1]);
    free(sums);
}

static void run_mesh(const char *name, normals_data *d)
{
    const bench_mesh *mesh = bench_mesh_get(name);
    char title[80];
    if (!mesh) return;
    double triangles = mesh->index_count / 3e6;
    d->view = bench_mesh_view(mesh);
    d->scratch_size = w3d_mesh_normals_crease_scratch_size(mesh->index_count, mesh->vertex_count);
    d->scratch = take(d->scratch_size);
    d->out = (float *)take((size_t)mesh->index_count * 12);
    d->peer = (float *)take((size_t)mesh->index_count * 12);
    d->indices = (uint32_t *)take((size_t)mesh->index_count * 4);
    d->sources = (uint32_t *)take((size_t)mesh->index_count * 4);
    d->split_normals = (float *)take(((size_t)mesh->index_count + mesh->vertex_count) * 12);
    /* indices once; positions and sums once each way; normals once */
    d->moved = (size_t)mesh->index_count * 4 + (size_t)mesh->vertex_count * (12 + 32 + 12);

    bench_row row = { 0 };
    snprintf(title, sizeof title, "area normals, %s", name);
    row.name = title, row.unit = "Mtri/s", row.work = triangles, row.user = d;
    row.ours.run = vertices;
    row.peer.run = plain_area, row.peer.name = "plain loop";
    row.limit.run = copy_moved, row.limit.name = "memcpy";
    d->desc.weight = W3D_NORMAL_WEIGHT_AREA;
    bench_run(&row);
    print_error(d);
    snprintf(title, sizeof title, "angle normals, %s", name);
    row.peer.run = plain_angle, row.peer.name = "plain loop, acosf";
    d->desc.weight = W3D_NORMAL_WEIGHT_ANGLE;
    bench_run(&row);
#if BENCH_CGAL_NORMALS
    bench_cgal_normals_load(mesh->positions, mesh->vertex_count, mesh->indices, mesh->index_count);
    row.peer.run = cgal_vertices, row.peer.name = "CGAL compute_vertex_normals";
    row.rounds = 3;
    bench_run(&row);
    row.rounds = 0;
#endif
    snprintf(title, sizeof title, "face normals, %s", name);
    row.ours.run = faces;
    row.peer.run = plain_faces, row.peer.name = "plain loop";
    bench_run(&row);
    snprintf(title, sizeof title, "crease normals, %s", name);
    row.ours.run = crease;
    row.peer.run = NULL, row.peer.name = NULL;
    bench_run(&row);
    free(d->scratch), free(d->out), free(d->peer), free(d->indices), free(d->sources);
    free(d->split_normals);
}

void bench_mesh_normals(void);
void bench_mesh_normals(void)
{
    normals_data data;
    memset(&data, 0, sizeof data);
    data.vector_count = 10000000;
    data.vectors = (float *)take((size_t)data.vector_count * 12);
    data.copy = (float *)take((size_t)data.vector_count * 12);
    uint32_t random = 1;
    for (size_t i = 0; i < (size_t)data.vector_count * 3; i++) {
        random = random * 1664525u + 1013904223u;
        data.vectors[i] = (float)(random >> 8) / 8388608.0f - 1.0f;
    }
    bench_title("mesh normals");
    run_mesh("dragon", &data);
    run_mesh("shuffled", &data);
    run_mesh("torus", &data);
    run_mesh("blender", &data);
    bench_row row = { "normalise 10M", "Mvec/s", 10.0 };
    row.ours.run = normalise;
    row.peer.run = plain_normalise, row.peer.name = "plain loop";
    row.limit.run = copy_vectors, row.limit.name = "memcpy";
    row.user = &data;
    bench_run(&row);
    free(data.vectors);
    free(data.copy);
}
