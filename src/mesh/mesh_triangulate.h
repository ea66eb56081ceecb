/* mesh_triangulate.h - polygons to triangles: fans where they fit, ears where they do not.
 *
 * A fan from the first corner is right for polygons that are convex, or star-shaped as seen from
 * that corner. Quads, concave or bent, are cut along a diagonal that lies inside, and where both
 * do, along the shorter. Larger polygons that no fan fits, up to 256 corners, lose their ears; for
 * more corners, and for holes, there is mesh_triangulate_holes.h. */
#ifndef W3D_MESH_TRIANGULATE_H
#define W3D_MESH_TRIANGULATE_H

#include "core/base.h"

typedef struct w3d_mesh_triangulate_desc {
    const uint32_t *sizes; /* [polygon_count] corners of each polygon; below 3 it is skipped  */
    uint32_t        polygon_count;
    const uint32_t *corners; /* [corner_count] vertex of each corner, polygon after polygon   */
    uint32_t        corner_count;
    const float    *positions; /* [vertex_count] rows, x y z first; NULL: quads are cut 0-2   */
    uint32_t        vertex_count;
    uint32_t        stride;         /* bytes from row to row, multiple of 4; 0 means 12       */
    int             corner_numbers; /* 1: triangles name places in `corners`; 0: vertices     */
} w3d_mesh_triangulate_desc;

/* Where the triangles go. */
typedef struct w3d_mesh_triangles {
    uint32_t *indices;        /* [capacity][3]                                          */
    uint32_t *polygons;       /* [capacity] polygon of each triangle; NULL: not wanted  */
    uint32_t  capacity;       /* triangles there is room for                            */
    uint32_t  triangle_count; /* out: triangles written                                 */
    uint32_t  skipped_count;  /* out: polygons with fewer than three corners            */
} w3d_mesh_triangles;

/* How many triangles there will be: n - 2 for every polygon of n >= 3 corners.
 *
 *   desc   in   `sizes`, `polygon_count` and `corner_count` are looked at
 *   count  out  triangles
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers
 *         W3D_ERR_FORMAT    the sizes do not add up to corner_count
 *         W3D_ERR_LIMIT     more than 2^32 - 1 indices */
W3D_API w3d_result w3d_mesh_triangulate_count(const w3d_mesh_triangulate_desc *desc,
                                              uint32_t *count);

/* Cuts every polygon into triangles, in order, keeping the sense of rotation.
 *
 *   desc  in      the polygons; borrowed for the call
 *   out   in/out  the buffers; the counts are filled in
 *
 * Range   A diagonal of a quad lies inside where the triangles on its two sides face the same way.
 *         If both diagonals do, the shorter is taken, and 0-2 if they are equally long; if neither
 *         does (crossed, degenerate or not finite), 0-2. Decided in double: it does not depend on
 *         scale.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride
 *         W3D_ERR_FORMAT, W3D_ERR_LIMIT  as w3d_mesh_triangulate_count
 *         W3D_ERR_INDEX     a corner names a vertex >= vertex_count; not looked at where positions
 *                           is NULL
 *         W3D_ERR_CAPACITY  more triangles than `capacity`
 *         Polygons of five corners and more are seen along their mean normal; crossed ones, those
 *         without area, those of more than 256 corners and all of them without positions give a
 *         fan, or triangles that overlap, but always n - 2.
 * Cost    O(corners) time where fans fit; the square of a polygon's corners where they do not.
 *         12 KB of stack.
 * Source  Meisters 1975, "Polygons Have Ears". */
W3D_API w3d_result w3d_mesh_triangulate(const w3d_mesh_triangulate_desc *desc,
                                        w3d_mesh_triangles *out);

#endif /* W3D_MESH_TRIANGULATE_H */
