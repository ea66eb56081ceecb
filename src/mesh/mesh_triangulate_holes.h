/* mesh_triangulate_holes.h - polygons with holes to triangles, or word that their rings cross.
 *
 *     const uint32_t rings[2] = { 4, 4 };                      an outline and a hole in it
 *     w3d_mesh_triangulate_holes_desc desc = { 0 };
 *     desc.positions = xyz, desc.vertex_count = 8;
 *     desc.ring_sizes = rings, desc.ring_count = 2;
 *     w3d_mesh_triangles out = { indices, NULL, 8, 0, 0 };     8 + 2 - 2 triangles of room
 *     if (w3d_mesh_triangulate_holes(&desc, &out, scratch) == W3D_ERR_FORMAT) ...   rings cross
 *
 * One sweep over the corners cuts triangles off as soon as they can be cut, so holes need no
 * bridges and no input is quadratic. Every decision is the exact sign of a determinant of the
 * floats given: no epsilon, no size at which it starts to fail. mesh_triangulate.h is the kernel
 * for meshes of many small polygons without holes. */
#ifndef W3D_MESH_TRIANGULATE_HOLES_H
#define W3D_MESH_TRIANGULATE_HOLES_H

#include "core/arena.h"
#include "mesh/mesh_triangulate.h"

typedef struct w3d_mesh_triangulate_holes_desc {
    const float    *positions;    /* [vertex_count] rows, x y z or x y first                    */
    uint32_t        vertex_count;
    uint32_t        stride;       /* bytes from row to row, multiple of 4; 0: no gaps           */
    uint32_t        dimensions;   /* 2 or 3; 0 means 3                                          */
    const uint32_t *corners;      /* [sum of ring_sizes] vertex of each corner, ring after ring;
                                     NULL: corner i is vertex i                                 */
    const uint32_t *ring_sizes;   /* [ring_count] corners of each ring, 3 or more               */
    uint32_t        ring_count;
    int             corner_numbers; /* 1: triangles name places in `corners`; 0: vertices       */
} w3d_mesh_triangulate_holes_desc;

/* Cuts what the rings enclose into triangles.
 *
 *   desc     in      the rings; borrowed for the call. What lies within an odd number of rings is
 *                    inside, so that outlines, holes and islands in holes may come in any order and
 *                    run either way. Ring 0 has to be an outline
 *   out      in/out  the buffers and their capacity; the counts are filled in, `polygons` with 0
 *   scratch          w3d_mesh_triangulate_holes_scratch_size bytes
 *
 * Units   Three dimensions are seen along the axis that the normal of ring 0 (Newell's) is nearest
 *         to, which changes no coordinate. What is said here of crossing holds for that view.
 * Range   Triangles turn like ring 0; their corners are corners of the rings and their borders the
 *         rings' edges. There are corners + 2 * holes - 2 * outlines of them. Their areas add up
 *         to the polygon's and they do not overlap. Rings may touch themselves and each other, in
 *         points and along edges; corners may repeat and lie in line; but a ring that folds back
 *         on its own edges more than once in a place may be taken for one that crosses. Only where
 *         rings touch, fold or repeat a corner may a triangle have no area.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, dimensions
 *         W3D_ERR_LIMIT     more than 2^29 corners
 *         W3D_ERR_FORMAT    no ring, or one of fewer than three corners or of one point only; rings
 *                           cross themselves or one another
 *         W3D_ERR_INDEX     a corner names a vertex >= vertex_count
 *         W3D_ERR_RANGE     a coordinate is not finite
 *         W3D_ERR_CAPACITY  scratch too small, or more triangles than `capacity`;
 *                           corners + 2 * (rings - 1) - 2 is always enough
 * Cost    O(n log n) time for n corners of any kind; about 140 bytes of scratch a corner.
 * Source  Hertel, Mehlhorn 1983, "Fast triangulation of simple polygons" (the sweep); Shamos, Hoey
 *         1976, "Geometric intersection problems" (neighbours are compared); Shewchuk 1997,
 *         "Adaptive precision floating-point arithmetic and fast robust geometric predicates";
 *         Adelson-Velsky, Landis 1962, "An algorithm for the organization of information". */
W3D_API w3d_result w3d_mesh_triangulate_holes(const w3d_mesh_triangulate_holes_desc *desc,
                                              w3d_mesh_triangles *out, w3d_arena scratch);

/* Scratch for that many; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_triangulate_holes_scratch_size(uint32_t corner_count, uint32_t ring_count);

#endif /* W3D_MESH_TRIANGULATE_HOLES_H */
