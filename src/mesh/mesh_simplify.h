/* mesh_simplify.h - fewer triangles for the same shape, by edge collapse.
 *
 *     w3d_mesh_simplify_desc desc = { 0 };
 *     w3d_mesh_simplified out = { 0 };
 *     desc.target_index_count = mesh.index_count / 4;
 *     out.indices = indices;                        room for mesh.index_count
 *     w3d_mesh_simplify(&mesh, &desc, &out, scratch);
 *
 * There are two levels. With `out.positions` NULL only indices are made, into the vertices there
 * are: the fast level, and what lets all levels of detail share one vertex buffer. With an array
 * there, the vertices that stay are moved to where the error is least, and attributes with them:
 * nearer by about a third, in about 1.4 times the time. mesh_simplify_cluster.h is for targets
 * that the shape's connections do not allow; mesh_lod.h makes chains of levels. */
#ifndef W3D_MESH_SIMPLIFY_H
#define W3D_MESH_SIMPLIFY_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

/* The most floats of all attributes of a vertex together. */
#define W3D_SIMPLIFY_MOST_COMPONENTS 32u

/* A vertex array that should look the same afterwards: normals, texture coordinates, colours. */
typedef struct w3d_simplify_attribute {
    const float *data;   /* [vertex_count] rows                                           */
    uint32_t components; /* floats of a row that count; of all attributes at most 32      */
    uint32_t stride;     /* bytes from row to row, multiple of 4; 0 means packed          */
    float weight;        /* a difference of 1 counts as a distance of so many times the
                                largest side of the mesh's box; above 0                       */
} w3d_simplify_attribute;

/* All zero: as far as the shape's connections allow. */
typedef struct w3d_mesh_simplify_desc {
    uint32_t target_index_count; /* ends when there are no more than these              */
    float target_error;          /* collapses with a larger error are not done; in the
                                          units of the positions; 0 means no limit            */
    int lock_border;             /* 1: points on a rim stay where they are              */
    const uint8_t *locked;       /* [vertex_count] not 0: stays; NULL: none             */
    const w3d_simplify_attribute *attributes; /* [attribute_count]; NULL where there are none */
    uint32_t attribute_count;
} w3d_mesh_simplify_desc;

typedef struct w3d_mesh_simplified {
    uint32_t *indices;    /* the caller's: room for mesh->index_count; may be mesh->indices   */
    float *positions;     /* the caller's: [vertex_count][3], or NULL: vertices stay          */
    float *attributes;    /* the caller's, with positions: [vertex_count][all components] in the
                             order of the attributes, packed; NULL: not asked for             */
    uint32_t index_count; /* how many were written                                           */
    float error;          /* of the worst collapse, in the units of the positions            */
} w3d_mesh_simplified;

/* Collapses edges, cheapest first, until a target is reached.
 *
 *   mesh     in   V vertices; borrowed for the call
 *   desc     in   targets, what to keep; NULL means all zero
 *   out      out  the caller's arrays, which are filled, and the two figures
 *   scratch       w3d_mesh_simplify_scratch_size() bytes
 *
 * What is kept: Triangles keep their order and their corners' order. Vertices at equal positions
 * (0 equals -0) are one point and move together; the surface is not torn there, and what differs
 * between them, a seam, stays a seam: only collapses along it are done, and its ends, corners and
 * crossings stay. A rim is collapsed along itself only. What hangs together stays as it is, also
 * where more than two triangles share an edge or surfaces touch: no holes are closed, no parts
 * joined or lost. Points stay where triangles do not lie around them as one fan and there is a rim
 * or a seam, and where more than 64 lie around them. No triangle turns by more than about 75 degrees
 * in one collapse. Cheap is what adds little to area times squared distance, where a point counts
 * with half the mean area at least: bumps that stand out stay however small they are.
 *
 *   error   An estimate and no bound: for each collapse and each of its two points, the root of
 *           the mean, over the area of the triangles that went into that point, of the squared
 *           distance between their planes and the new place (plus the attributes' part); of those
 *           the largest. The largest distance between the surfaces can be several times that.
 *           Rims and seams count as planes standing upright on them.
 *
 * Range   Triangles whose corners are not three different points with finite coordinates are
 *         dropped. Attribute values that are not finite count as 0, those beyond 1e9 over their
 *         weight as that. Where the target is out of reach there are more indices than asked
 *         for. The same indices for all meshes that differ by a power of two in scale.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, index_count % 3, weights, a
 *                           negative or NaN target_error, attributes without positions
 *         W3D_ERR_INDEX     an index >= V
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T) time and about 82 bytes of scratch a vertex and 14 an index, with attributes
 *         44 + 20 * components more a vertex.
 * Thread  One call works on one thread.
 * Source  Garland, Heckbert 1997, "Surface simplification using quadric error metrics"; Hoppe 1999,
 *         "New quadric metric for simplifying meshes with appearance attributes"; the condition on
 *         connections: Dey, Edelsbrunner, Guha, Nekhayev 1999, "Topology preserving edge
 *         contraction"; where there is no surface: Attali, Lieutier, Salinas 2011, "Efficient data
 *         structure for representing and simplifying simplicial complexes in high dimensions". */
W3D_API w3d_result w3d_mesh_simplify(const w3d_mesh_view *mesh, const w3d_mesh_simplify_desc *desc,
                                     w3d_mesh_simplified *out, w3d_arena scratch);

/* Scratch for a mesh with that many vertices, indices and floats of attributes a vertex; SIZE_MAX
 * where no memory could be large enough. */
W3D_API size_t w3d_mesh_simplify_scratch_size(uint32_t vertex_count, uint32_t index_count,
                                              uint32_t components);

#endif /* W3D_MESH_SIMPLIFY_H */
