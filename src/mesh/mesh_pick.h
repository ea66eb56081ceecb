/* mesh_pick.h - what lies under a pixel: the triangle, or the edge or vertex within reach of it.
 *
 *     w3d_mesh_pick_desc desc = { &bvh, &mesh };
 *     desc.view_projection = clip_from_mesh;                  and its inverse
 *     desc.x = mouse_x, desc.y = mouse_y, desc.width = 1280, desc.height = 720;
 *     desc.kinds = W3D_MESH_PICK_VERTICES | W3D_MESH_PICK_EDGES;
 *     desc.radius = 8.0f;
 *     w3d_mesh_pick_result picked;
 *     w3d_mesh_pick(&desc, &picked, scratch);                 picked.kind 0: nothing there */
#ifndef W3D_MESH_PICK_H
#define W3D_MESH_PICK_H

#include "core/arena.h"
#include "mesh/mesh_bvh.h"
#include "mesh/mesh_view.h"

/* What may be picked; where several are asked for, a vertex within reach goes before an edge, an
 * edge before a triangle. */
enum { W3D_MESH_PICK_TRIANGLES = 1, W3D_MESH_PICK_EDGES = 2, W3D_MESH_PICK_VERTICES = 4 };

typedef struct w3d_mesh_pick_desc {
    const w3d_mesh_bvh *bvh;
    const w3d_mesh_view *mesh;    /* the one the tree is of, for the numbers of vertices      */
    const float *view_projection; /* [16] column-major: from the mesh's space to clip space   */
    const float *inverse;         /* [16] its inverse                                         */
    float x, y;                   /* pixels from the top left corner; pixel centres at .5     */
    float width, height;          /* of the picture, in pixels                                */
    float radius;                 /* pixels; 0 means 6                                        */
    uint32_t kinds;               /* 0 means triangles                                        */
    int through;                  /* 1: edges and vertices behind other triangles count too   */
} w3d_mesh_pick_desc;

typedef struct w3d_mesh_pick_result {
    uint32_t kind;      /* one of the above, or 0: nothing                           */
    uint32_t triangle;  /* it, or one that has the edge or vertex                    */
    uint32_t corner;    /* of that triangle: the vertex, or the edge's first vertex  */
    uint32_t vertex[2]; /* the vertex; the edge's two; else the triangle's first two */
    float point[3];     /* in the mesh's space                                       */
    float pixels;       /* distance in the picture; 0 for triangles                  */
    float depth;        /* 0 at the near plane, 1 at the far plane                   */
} w3d_mesh_pick_result;

/* The ray through a point of the picture, from the near plane to the far plane.
 *
 *   inverse  in   [16] column-major, of the view-projection; depth 0..1, 0 is near
 *   ray      out  direction of length 1; t_min 0; t_max the far plane, 0 where that is at infinity
 *
 * Errors  0, *ray untouched: the matrix or the point give no finite ray */
W3D_API int w3d_mesh_pick_ray(const float *inverse, const float *point, const float *size,
                              w3d_mesh_bvh_ray *ray);

/* Finds what is there.
 *
 *   result   out  kind 0 where there is nothing
 *   scratch       for edges and vertices: 4 bytes for each triangle that comes within `radius`
 *                 pixels
 *
 * Range   Among edges or vertices within `radius` the nearest in the picture counts, then the
 *         nearest in depth, then the one of the lowest triangle. One is hidden where a triangle
 *         that does not have it is met before it on the way from the near plane. What is nearer
 *         than the near plane or farther than the far plane is not there.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, sizes, a mesh of another number of triangles
 *         W3D_ERR_INDEX     an index of a triangle that was looked at >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    a ray for triangles; for edges and vertices a walk to what is in reach, and a ray for
 *         each that is better than all before. */
W3D_API w3d_result w3d_mesh_pick(const w3d_mesh_pick_desc *desc, w3d_mesh_pick_result *result,
                                 w3d_arena scratch);

#endif /* W3D_MESH_PICK_H */
