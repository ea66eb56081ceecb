/* mesh_measure.h - how well an order of triangles and vertices suits a GPU, counted on the result.
 *
 *     w3d_mesh_cache_model model = W3D_MESH_CACHE_FIFO_16;
 *     w3d_mesh_cache_figures before, after;
 *     w3d_mesh_measure_cache(&mesh, &model, &before, scratch);
 *     ... reorder ...
 *     w3d_mesh_measure_cache(&mesh, &model, &after, scratch);     after.atvr is smaller
 *
 * What a kernel of this floor claims is what these functions count: vertices shaded more than once,
 * pixels shaded more than once, bytes fetched more than once. */
#ifndef W3D_MESH_MEASURE_H
#define W3D_MESH_MEASURE_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

/* A vertex cache that forgets its oldest vertex first. A batch is a group of threads that share the
 * cache; the next one starts with an empty cache. */
typedef struct w3d_mesh_cache_model {
    uint32_t cache_size;      /* vertices it holds; 0 stands for 16            */
    uint32_t batch_vertices;  /* vertices shaded in one batch; 0: no batches   */
    uint32_t batch_triangles; /* triangles in one batch; 0: no limit           */
} w3d_mesh_cache_model;

/* Initialisers: the two sizes papers use, and models of what GPUs of two makers were seen to do.
 * Source: Kerbl et al. 2018, "Revisiting the vertex cache: understanding and optimizing vertex
 * processing on the modern GPU". */
/* clang-format off */
#define W3D_MESH_CACHE_FIFO_16 { 16,  0,   0 }
#define W3D_MESH_CACHE_FIFO_32 { 32,  0,   0 }
#define W3D_MESH_CACHE_AMD     { 14, 64, 128 }
#define W3D_MESH_CACHE_NVIDIA  { 32, 32,  32 }
/* clang-format on */

typedef struct w3d_mesh_cache_figures {
    uint32_t shaded;  /* times a vertex was shaded                                          */
    uint32_t used;    /* distinct vertices                                                  */
    uint32_t batches; /* 1 without batches; 0 without triangles                             */
    float acmr;       /* shaded / triangles: 0.5 is the best a large mesh can have; 3 none  */
    float atvr;       /* shaded / used: 1 is the best                                       */
} w3d_mesh_cache_figures;

/* Counts how often vertices are shaded.
 *
 *   mesh     in   indices and counts are used, positions may be NULL
 *   model    in   NULL: FIFO of 16
 *   figures  out  all zero without triangles
 *   scratch       w3d_mesh_measure_scratch_size(vertex_count) bytes
 *
 * Range   A triangle that names a vertex twice looks it up twice.
 * Errors  W3D_ERR_ARGUMENT  broken contract; batch_vertices of 1 or 2, or a cache_size above 2^30
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(indices + vertices) time, 4 bytes of scratch a vertex. */
W3D_API w3d_result w3d_mesh_measure_cache(const w3d_mesh_view *mesh,
                                          const w3d_mesh_cache_model *model,
                                          w3d_mesh_cache_figures *figures, w3d_arena scratch);

/* Scratch for w3d_mesh_measure_cache and w3d_mesh_measure_fetch. */
W3D_API size_t w3d_mesh_measure_scratch_size(uint32_t vertex_count);

typedef struct w3d_mesh_fetch_figures {
    uint64_t bytes;  /* fetched from memory, in whole lines of 64          */
    uint32_t used;   /* distinct vertices                                  */
    float overfetch; /* bytes / (used * row size): 1 is the best           */
} w3d_mesh_fetch_figures;

/* Counts the bytes that fetching rows of `row_size` bytes takes from memory, through a
 * direct-mapped cache of 128 KiB in lines of 64 bytes behind a FIFO of 16 vertices; the array
 * starts on a line.
 *
 *   mesh     in   indices and counts are used
 *   figures  out  all zero without triangles
 *   scratch       w3d_mesh_measure_scratch_size(vertex_count) bytes
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract; row_size of 0 or above 65536
 *         W3D_ERR_INDEX, W3D_ERR_CAPACITY
 * Cost    O(indices + vertices) time. */
W3D_API w3d_result w3d_mesh_measure_fetch(const w3d_mesh_view *mesh, uint32_t row_size,
                                          w3d_mesh_fetch_figures *figures, w3d_arena scratch);

#define W3D_MESH_MEASURE_VIEWS 24
#define W3D_MESH_MEASURE_SIDE  256

typedef struct w3d_mesh_overdraw_figures {
    uint64_t covered; /* pixels that show the mesh, over all views       */
    uint64_t shaded;  /* pixels that passed the depth test when drawn    */
    float overdraw;   /* shaded / covered: 1 is the best; 0 without any  */
} w3d_mesh_overdraw_figures;

/* Draws the mesh in its order from 24 directions spread evenly over the sphere, without
 * perspective, on 256 x 256 pixels with depth test and back-face culling, and counts.
 *
 *   figures  out
 *   scratch       w3d_mesh_measure_overdraw_scratch_size(vertex_count) bytes
 *
 * Range   Triangles with a corner that is not finite are not drawn. The triangles fill the picture
 *         whatever their size and whatever vertices there are besides; without extent nothing is
 *         drawn.
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_INDEX, W3D_ERR_CAPACITY
 * Cost    O(24 (triangles + pixels of their boxes)) time; 256 KiB and 12 bytes of scratch a vertex.
 *         Whole numbers decide what is covered and what is in front: the same counts on every
 *         target.
 * Source  the directions: a Fibonacci lattice, Gonzalez 2010, "Measurement of areas on a sphere
 *         using Fibonacci and latitude-longitude lattices". */
W3D_API w3d_result w3d_mesh_measure_overdraw(const w3d_mesh_view *mesh,
                                             w3d_mesh_overdraw_figures *figures, w3d_arena scratch);

W3D_API size_t w3d_mesh_measure_overdraw_scratch_size(uint32_t vertex_count);

#endif /* W3D_MESH_MEASURE_H */
