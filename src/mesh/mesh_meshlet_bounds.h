/* mesh_meshlet_bounds.h - what a meshlet can be culled by: its sphere and its normal cone.
 *
 *     w3d_mesh_meshlet_bounds(&mesh, &out, begin, end, bounds);
 *     if (!w3d_meshlet_faces_away(&bounds[i], eye)) draw(i);
 *
 * Every eye inside the cone's region sees no front face of the meshlet: it may be left out where
 * back faces are. The promise is exact: rounding is on the side of drawing. */
#ifndef W3D_MESH_MESHLET_BOUNDS_H
#define W3D_MESH_MESHLET_BOUNDS_H

#include "mesh/mesh_bounds.h"
#include "mesh/mesh_meshlet.h"

typedef struct w3d_meshlet_bounds {
    w3d_sphere sphere;  /* holds every vertex; radius -1 where there is none to hold     */
    float cone_apex[3]; /* an eye may be in the region only if the apex lies before it   */
    float cone_axis[3]; /* unit length; the mean direction the triangles face            */
    float cone_cutoff;  /* 2 where there is no eye that sees back faces only             */
} w3d_meshlet_bounds;

/* Bounds of meshlets [begin, end).
 *
 *   mesh      in   the mesh the meshlets were cut from; borrowed for the call
 *   meshlets  in   from w3d_mesh_meshlet_build
 *   bounds    out  [meshlet_count]: row i for meshlet i, whatever the range
 *
 * Range   The sphere is the smallest to a part in 10^6. Triangles without area, or with a
 *         coordinate that is not finite, have no front and take no part in the cone; where one is
 *         so thin that its normal is in doubt, or where all coordinates are too large or small to
 *         be sure, the cutoff is 2.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, the range
 *         W3D_ERR_INDEX     a meshlet names what its arrays do not have, or a vertex >= V
 * Cost    O(vertices + triangles) time; no memory, 10 KB of stack.
 * Thread  Ranges that do not overlap may be done at the same time.
 * Source  the cone with an apex: Karis, Stubbe, Wihlidal 2021, "Nanite: a deep dive", and Shirman,
 *         Abi-Ezzi 1993, "The cone of normals technique for fast processing of curved patches". */
W3D_API w3d_result w3d_mesh_meshlet_bounds(const w3d_mesh_view *mesh, const w3d_meshlets *meshlets,
                                           uint32_t begin, uint32_t end,
                                           w3d_meshlet_bounds *bounds);

/* 1 where an eye at that point sees no front face of the meshlet. In a shader, in floats:
 * dot(normalize(cone_apex - eye), cone_axis) >= cone_cutoff; the cutoff has room for its rounding
 * (1e-5). For a parallel projection put the view direction in place of the normalised vector. */
W3D_API int w3d_meshlet_faces_away(const w3d_meshlet_bounds *bounds, const float *eye);

#endif /* W3D_MESH_MESHLET_BOUNDS_H */
