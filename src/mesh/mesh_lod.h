/* mesh_lod.h - chains of levels of detail, and which of them to draw from where.
 *
 *     w3d_mesh_lod_build(&mesh, &desc, &chain, scratch);            once
 *     uint32_t level = w3d_mesh_lod_select(chain.levels, chain.level_count, &view);   each frame
 *     draw(chain.indices + chain.levels[level].first_index, chain.levels[level].index_count);
 *
 * All levels name vertices of the one vertex buffer there is. Their errors are lengths, so a level
 * is right or wrong by how large that length is on the screen and not by a table of distances. */
#ifndef W3D_MESH_LOD_H
#define W3D_MESH_LOD_H

#include "mesh/mesh_simplify.h"

typedef struct w3d_lod_level {
    uint32_t first_index; /* into the chain's indices                                     */
    uint32_t index_count;
    float error; /* from the original, in the units of the positions; never falls
                             from level to level                                          */
} w3d_lod_level;

/* All zero: halves down to 64 triangles, without locks or attributes. */
typedef struct w3d_mesh_lod_desc {
    w3d_mesh_simplify_desc simplify; /* targets are ignored: the chain sets them            */
    float ratio;                     /* indices of a level over those of the last; 0 means 0.5;
                                 at most 0.9                                               */
    float most_error;                /* the chain ends before a larger error; 0: no limit         */
    uint32_t least_index_count;      /* and before fewer indices; 0 means 192                   */
} w3d_mesh_lod_desc;

typedef struct w3d_mesh_lod_chain {
    uint32_t *indices;       /* the caller's: room for index_capacity                 */
    uint32_t index_capacity; /* at least mesh->index_count; about twice for halves    */
    w3d_lod_level *levels;   /* the caller's: room for level_capacity                 */
    uint32_t level_capacity; /* at least 1                                            */
    uint32_t level_count;    /* how many were made                                    */
    uint32_t index_count;    /* of all levels together                                */
} w3d_mesh_lod_chain;

/* Makes levels, each from the one before, from the mesh itself as level 0 on.
 *
 *   mesh     in   V vertices; borrowed for the call
 *   desc     in   how far each step goes and what to keep; NULL means all zero
 *   chain    out  the caller's arrays, which are filled, and the counts
 *   scratch       w3d_mesh_simplify_scratch_size() bytes
 *
 * Range   The chain ends where an array is full, where a limit is reached, or where a step takes
 *         away less than a tenth. A level's error is the sum of those of the steps to it: each an
 *         estimate, as w3d_mesh_simplify says.
 * Errors  as w3d_mesh_simplify; W3D_ERR_ARGUMENT too for a ratio outside 0..0.9; W3D_ERR_CAPACITY
 *         where level 0 does not fit
 * Cost    that of simplifying the mesh to its smallest level, about 1.4 times for halves, 5 times
 *         for a ratio of 0.9. */
W3D_API w3d_result w3d_mesh_lod_build(const w3d_mesh_view *mesh, const w3d_mesh_lod_desc *desc,
                                      w3d_mesh_lod_chain *chain, w3d_arena scratch);

/* From where levels are looked at. */
typedef struct w3d_lod_view {
    float distance;        /* from the eye to the nearest point of the object             */
    float fov_radians;     /* the vertical angle of view, above 0 and below pi            */
    float viewport_height; /* in pixels                                                   */
    float scale;           /* of the object in the world; 0 means 1                       */
    float most_pixels;     /* how large an error may be; 0 means 1                        */
} w3d_lod_view;

/* How many pixels a length of the object takes on the screen, at most; infinite where the eye is
 * on it or a value makes no sense. */
W3D_API float w3d_mesh_lod_pixels(float length, const w3d_lod_view *view);

/* The coarsest level whose error is small enough on the screen; 0 where there is none. */
W3D_API uint32_t w3d_mesh_lod_select(const w3d_lod_level *levels, uint32_t level_count,
                                     const w3d_lod_view *view);

#endif /* W3D_MESH_LOD_H */
