/* mesh_vertex_fetch.h - numbers vertices in the order in which triangles use them.
 *
 *     w3d_mesh_vertex_fetch(&mesh, indices, remap, &used_count);
 *     w3d_mesh_vertex_fetch_rows(&rows, new_positions);         once for every vertex array
 *
 * Rows that are read together then lie together, so fewer cache lines are fetched. Vertices that no
 * triangle uses are dropped. Do this last, after triangles have their order. */
#ifndef W3D_MESH_VERTEX_FETCH_H
#define W3D_MESH_VERTEX_FETCH_H

#include "mesh/mesh_view.h"

/* In a remap table: a vertex that no index names. */
#define W3D_MESH_VERTEX_FETCH_DROPPED 0xFFFFFFFFu

/* Numbers vertices in the order of their first use.
 *
 *   mesh        in   indices and counts are used; any count of indices, not only triples
 *   indices     out  [index_count] with the new numbers, may be mesh->indices itself; or NULL
 *   remap       out  [vertex_count] the new number of each vertex, or W3D_MESH_VERTEX_FETCH_DROPPED
 *   used_count  out  how many numbers were given; or NULL
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract
 *         W3D_ERR_INDEX     an index >= vertex_count
 * Cost    O(indices + vertices) time, no memory. */
W3D_API w3d_result w3d_mesh_vertex_fetch(const w3d_mesh_view *mesh, uint32_t *indices,
                                         uint32_t *remap, uint32_t *used_count);

typedef struct w3d_mesh_vertex_fetch_rows_desc {
    const uint32_t *remap; /* [vertex_count] */
    uint32_t vertex_count;
    uint32_t used_count; /* rows in the output; every number below it occurs once   */
    const void *rows;    /* [vertex_count]                                          */
    uint32_t row_size;   /* bytes of a row that are moved                           */
    uint32_t stride;     /* bytes from row to row; 0 means packed                   */
    uint32_t out_stride; /* the same in the output; bytes between rows stay as they are */
} w3d_mesh_vertex_fetch_rows_desc;

/* Moves every row to its new place.
 *
 *   desc  in
 *   out   out  [used_count] rows; must not overlap the rows
 *
 * Range   Where two vertices have the same number the later row stays; a number that no vertex has
 *         leaves its row as it is.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, row_size of 0, strides below it
 *         W3D_ERR_INDEX     a number >= used_count that is not W3D_MESH_VERTEX_FETCH_DROPPED
 * Cost    O(vertices) time, no memory. */
W3D_API w3d_result w3d_mesh_vertex_fetch_rows(const w3d_mesh_vertex_fetch_rows_desc *desc,
                                              void *out);

#endif /* W3D_MESH_VERTEX_FETCH_H */
