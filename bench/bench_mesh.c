/* bench_mesh.c - the mesh kernels on the Stanford dragon's largest level, 871,414 triangles; on a
 * made grid of about that size where the dragon is not installed. */
#include "meshes.h"

#include "bench.h"

#include "mesh/mesh_bounds.h"
#include "mesh/mesh_normals.h"
#include "mesh/mesh_triangulate.h"
#include "mesh/mesh_weld.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

#define MESH_PATH "build/bench/mesh.bin"

/* What every row works on. */
typedef struct bench_mesh_data {
    test_mesh mesh;
    w3d_mesh_view view;
    float *corners;  /* [index_count][3] every corner a vertex of its own */
    float *out;      /* as large as the indices                           */
    uint32_t *remap; /* [index_count]                                     */
    void *scratch;
    size_t scratch_size;
    w3d_mesh_normals_desc normals;
    w3d_mesh_attribute attribute;
    w3d_mesh_weld_desc weld;
    uint32_t *sizes; /* [quad_count] four, for triangulation                */
    uint32_t *quads; /* [quad_count][4]                                     */
    uint32_t quad_count;
    size_t moved; /* bytes the limit reads                               */
} bench_mesh_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh: %s failed\n", what);
    exit(1);
}

/* ---- limits ---- */

/* Half of all bytes that have to be read or written: memcpy touches each twice. */
static void copy_bytes(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    memcpy(data->out, data->corners, data->moved / 2);
    bench_keep(data->out);
}

static void read_bytes(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    static uint64_t sum;
    for (size_t i = 0; i < data->moved / 8; i++) {
        uint64_t word;
        memcpy(&word, (const char *)data->mesh.positions + 8 * i, 8);
        sum ^= word;
    }
    bench_keep(&sum);
}

/* ---- normals ---- */

static void vertex_normals(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    if (w3d_mesh_normals(&data->view, &data->normals, data->out,
                         w3d_arena_make(data->scratch, data->scratch_size)) != W3D_OK)
        stop("w3d_mesh_normals");
    bench_keep(data->out);
}

/* As one writes it first: floats, no checks, no care for scale or thin triangles. */
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

static void plain_vertex_normals(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    float *out = data->out;
    memset(out, 0, (size_t)data->mesh.vertex_count * 12);
    for (size_t i = 0; i < data->mesh.index_count; i += 3) {
        const uint32_t *corner = data->mesh.indices + i;
        float n[3];
        plain_cross(data->mesh.positions, corner, n);
        for (int k = 0; k < 3; k++)
            for (int axis = 0; axis < 3; axis++)
                out[3 * (size_t)corner[k] + (size_t)axis] += n[axis];
    }
    for (size_t i = 0; i < data->mesh.vertex_count; i++) plain_unit(out + 3 * i);
    bench_keep(out);
}

static void face_normals(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    if (w3d_mesh_normals_faces(&data->view, NULL, data->out) != W3D_OK)
        stop("w3d_mesh_normals_faces");
    bench_keep(data->out);
}

static void plain_face_normals(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    for (size_t i = 0; i < data->mesh.index_count; i += 3) {
        plain_cross(data->mesh.positions, data->mesh.indices + i, data->out + i);
        plain_unit(data->out + i);
    }
    bench_keep(data->out);
}

static void normalise(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    if (w3d_mesh_normals_normalise(data->corners, data->mesh.index_count, 0) != W3D_OK)
        stop("w3d_mesh_normals_normalise");
    bench_keep(data->corners);
}

static void plain_normalise(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    for (size_t i = 0; i < data->mesh.index_count; i++) plain_unit(data->corners + 3 * i);
    bench_keep(data->corners);
}

/* ---- bounds ---- */

static void box(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    w3d_box found;
    if (w3d_mesh_bounds_box(&data->view, NULL, &found, NULL) != W3D_OK) stop("w3d_mesh_bounds_box");
    bench_keep(&found);
}

static void plain_box(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    const float *p = data->mesh.positions;
    float low[3] = { p[0], p[1], p[2] }, high[3] = { p[0], p[1], p[2] };
    for (size_t i = 0; i < data->mesh.vertex_count; i++, p += 3)
        for (int k = 0; k < 3; k++) {
            low[k] = p[k] < low[k] ? p[k] : low[k];
            high[k] = p[k] > high[k] ? p[k] : high[k];
        }
    memcpy(data->out, low, sizeof low);
    memcpy(data->out + 3, high, sizeof high);
    bench_keep(data->out);
}

static void sphere(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    w3d_sphere found;
    if (w3d_mesh_bounds_sphere(&data->view, NULL, &found) != W3D_OK) stop("w3d_mesh_bounds_sphere");
    bench_keep(&found);
}

/* ---- weld ---- */

static void weld(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    uint32_t unique;
    if (w3d_mesh_weld(&data->weld, data->remap, &unique,
                      w3d_arena_make(data->scratch, data->scratch_size)) != W3D_OK)
        stop("w3d_mesh_weld");
    bench_keep(data->remap);
}

#if BENCH_MESHOPTIMIZER
static void weld_peer(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    meshopt_generateVertexRemap((unsigned *)data->remap, NULL, data->weld.vertex_count,
                                data->attribute.data, data->weld.vertex_count, 12);
    bench_keep(data->remap);
}
#endif

/* ---- triangulate ---- */

static void triangulate(void *user)
{
    bench_mesh_data *data = (bench_mesh_data *)user;
    w3d_mesh_triangulate_desc desc;
    w3d_mesh_triangles out;
    memset(&desc, 0, sizeof desc);
    memset(&out, 0, sizeof out);
    desc.sizes = data->sizes;
    desc.polygon_count = data->quad_count;
    desc.corners = data->quads;
    desc.corner_count = data->quad_count * 4;
    desc.positions = data->mesh.positions;
    desc.vertex_count = data->mesh.vertex_count;
    out.indices = data->remap;
    out.capacity = data->quad_count * 2;
    if (w3d_mesh_triangulate(&desc, &out) != W3D_OK) stop("w3d_mesh_triangulate");
    bench_keep(out.indices);
}

/* ---- rows ---- */

static bench_mesh_data open_data(void)
{
    bench_mesh_data data;
    memset(&data, 0, sizeof data);
    if (!test_mesh_dragon(1, &data.mesh)) data.mesh = test_mesh_grid(660, 660, 0.01f);
    data.view = test_mesh_view(&data.mesh);
    size_t count = data.mesh.index_count;
    size_t for_weld = w3d_mesh_weld_scratch_size(data.mesh.index_count);
    size_t for_normals = w3d_mesh_normals_scratch_size(data.mesh.vertex_count);
    data.scratch_size = for_weld > for_normals ? for_weld : for_normals;
    data.scratch = malloc(data.scratch_size);
    data.corners = (float *)malloc(count * 12);
    data.out = (float *)malloc(count * 12);
    data.remap = (uint32_t *)malloc(count * 4);
    data.quad_count = data.mesh.index_count / 6;
    data.sizes = (uint32_t *)malloc((size_t)data.quad_count * 4);
    data.quads = (uint32_t *)malloc((size_t)data.quad_count * 16);
    if (!data.scratch || !data.corners || !data.out || !data.remap || !data.sizes || !data.quads)
        stop("malloc");
    for (size_t i = 0; i < count; i++)
        memcpy(data.corners + 3 * i, data.mesh.positions + 3 * (size_t)data.mesh.indices[i], 12);
    for (size_t i = 0; i < data.quad_count; i++) {
        data.sizes[i] = 4;
        memcpy(data.quads + 4 * i, data.mesh.indices + 6 * i, 16);
    }
    return data;
}

static void close_data(bench_mesh_data *data)
{
    test_mesh_free(&data->mesh);
    free(data->scratch), free(data->corners), free(data->out);
    free(data->remap), free(data->sizes), free(data->quads);
}

/* The mesh for the script: two counts, positions, indices. Gives the command, or NULL without
 * node or three. */
static const char *three_command(const bench_mesh_data *data)
{
    FILE *there = fopen("build/node_modules/three/package.json", "rb");
    if (!there) return NULL;
    fclose(there);
    if (system("node --version > /dev/null 2>&1")) return NULL;
    FILE *file = fopen(MESH_PATH, "wb");
    if (!file) return NULL;
    uint32_t counts[2] = { data->mesh.vertex_count, data->mesh.index_count };
    int good = fwrite(counts, 4, 2, file) == 2 &&
               fwrite(data->mesh.positions, 12, counts[0], file) == counts[0] &&
               fwrite(data->mesh.indices, 4, counts[1], file) == counts[1];
    good &= fclose(file) == 0;
    return good ? "node bench/peers/normals_three.mjs " MESH_PATH : NULL;
}

/* A row without sides yet. */
static bench_row row_of(const char *name, const char *unit, double work, bench_mesh_data *data)
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = unit;
    row.work = work;
    row.user = data;
    return row;
}

static void normals_rows(bench_mesh_data *data)
{
    double million = data->mesh.index_count / 3e6;
    bench_row row = row_of("vertex normals, area", "Mtri/s", million, data);
    row.ours.run = vertex_normals;
    row.peer.run = plain_vertex_normals, row.peer.name = "plain loop";
    row.limit.run = copy_bytes, row.limit.name = "memcpy";
    data->moved = (size_t)data->mesh.index_count * 4 + (size_t)data->mesh.vertex_count * 24;
    bench_run(&row);
    row.peer.run = NULL, row.peer.command = three_command(data);
    row.peer.name = "computeVertexNormals";
    if (row.peer.command) bench_run(&row);
    row.peer.command = NULL, row.peer.name = NULL;
    row.name = "vertex normals, angle";
    data->normals.weight = W3D_NORMAL_WEIGHT_ANGLE;
    bench_run(&row);

    row = row_of("face normals", "Mtri/s", million, data);
    row.ours.run = face_normals;
    row.peer.run = plain_face_normals, row.peer.name = "plain loop";
    row.limit.run = copy_bytes, row.limit.name = "memcpy";
    data->moved = (size_t)data->mesh.index_count * 8 + (size_t)data->mesh.vertex_count * 12;
    bench_run(&row);
}

static void bounds_rows(bench_mesh_data *data)
{
    double gigabytes = data->mesh.vertex_count * 12e-9;
    bench_row row = row_of("box", "GB/s", gigabytes, data);
    data->moved = (size_t)data->mesh.vertex_count * 12;
    row.ours.run = box;
    row.peer.run = plain_box, row.peer.name = "plain loop";
    row.limit.run = read_bytes, row.limit.name = "reading";
    bench_run(&row);
    row.name = "smallest sphere";
    row.ours.run = sphere;
    row.peer.run = NULL, row.peer.name = NULL;
    bench_run(&row);
}

static void weld_row(const char *name, const float *rows, uint32_t count, float tolerance,
                     bench_mesh_data *data)
{
    bench_row row = row_of(name, "Mvert/s", count / 1e6, data);
    memset(&data->attribute, 0, sizeof data->attribute);
    memset(&data->weld, 0, sizeof data->weld);
    data->attribute.data = rows;
    data->attribute.size = 12;
    data->attribute.tolerance = tolerance;
    data->weld.attributes = &data->attribute;
    data->weld.attribute_count = 1;
    data->weld.vertex_count = count;
    data->moved = (size_t)count * 16;
    row.ours.run = weld;
    row.limit.run = copy_bytes, row.limit.name = "memcpy";
#if BENCH_MESHOPTIMIZER
    if (tolerance == 0.0f) row.peer.run = weld_peer, row.peer.name = "meshoptimizer";
#endif
    bench_run(&row);
}

void bench_mesh(void);
void bench_mesh(void)
{
    bench_mesh_data data = open_data();
    char title[128];
    snprintf(title, sizeof title, "mesh: %u vertices, %u triangles", data.mesh.vertex_count,
             data.mesh.index_count / 3);
    bench_title(title);
    normals_rows(&data);
    bounds_rows(&data);
    weld_row("weld: every corner", data.corners, data.mesh.index_count, 0.0f, &data);
    weld_row("weld: nothing to weld", data.mesh.positions, data.mesh.vertex_count, 0.0f, &data);
    weld_row("weld: every corner, tolerance", data.corners, data.mesh.index_count, 1e-7f, &data);

    bench_row row = row_of("quads to triangles", "Mtri/s", data.quad_count * 2e-6, &data);
    row.ours.run = triangulate;
    row.limit.run = copy_bytes, row.limit.name = "memcpy";
    data.moved = (size_t)data.quad_count * (16 + 4 + 24) + (size_t)data.mesh.vertex_count * 12;
    bench_run(&row);

    row =
        row_of("normalise", "Mvec/s", data.mesh.index_count / 1e6, &data); /* overwrites corners */
    row.ours.run = normalise;
    row.peer.run = plain_normalise, row.peer.name = "plain loop";
    row.limit.run = copy_bytes, row.limit.name = "memcpy";
    data.moved = (size_t)data.mesh.index_count * 12;
    bench_run(&row);
    close_data(&data);
}
