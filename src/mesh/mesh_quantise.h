/* mesh_quantise.h - floats as small integers, with the error stated: positions on a grid, unit
 * vectors on an octahedron, values as normalised integers or halves.
 *
 *     w3d_mesh_quantise_grid grid;
 *     w3d_mesh_quantise_grid_fit(positions, count, 14, &grid);
 *     w3d_mesh_quantise_grid_encode(&grid, positions, count, rows);        uint16_t [count][4]
 *     w3d_mesh_quantise_octahedral_encode(normals, count, 8, packed);      int8_t [count][2]
 *     w3d_mesh_quantise_values_encode(W3D_QUANTISE_UNORM16, uvs, 2 * count, packed_uvs);
 *
 * The rows of the grid are what a GPU reads as unsigned integers: position = origin + step * row,
 * the node's translation and scale in glTF. All results have the same bits on every target. */
#ifndef W3D_MESH_QUANTISE_H
#define W3D_MESH_QUANTISE_H

#include "core/base.h"

/* ---- positions ---- */

/* A cubic grid: one step for all axes, so that a node's scale stays uniform. */
typedef struct w3d_mesh_quantise_grid {
    float origin[3]; /* the least corner                    */
    float step;      /* between two grid lines; above 0     */
    uint32_t bits;   /* rows hold 0 to 2^bits - 1           */
} w3d_mesh_quantise_grid;

/* The finest grid of so many bits that all positions lie on or within.
 *
 *   positions  in   [count][3]
 *   bits       in   1 to 16
 *   grid       out  origin, step and bits; a step of 1 where all positions are the same
 *
 * Range   NaN and infinite coordinates are left out of the fit.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, bits
 *         W3D_ERR_RANGE     the step would be above the largest float: 1 bit for a wider extent
 * Cost    O(count) time, no memory. */
W3D_API w3d_result w3d_mesh_quantise_grid_fit(const float *positions, uint32_t count, uint32_t bits,
                                              w3d_mesh_quantise_grid *grid);

/* Positions to rows of x, y, z, 0.
 *
 *   grid       in   from w3d_mesh_quantise_grid_fit, or any with a step above 0
 *   positions  in   [count][3]
 *   rows       out  [count][4]; four so that rows are aligned as GPUs and the codecs want them
 *
 * Range   Coordinates outside the grid go to its border; NaN to 0.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, bits, a step that is not finite and above 0
 * Cost    O(count) time. A coordinate within the grid is off by at most step / 2, and by the
 *         rounding of w3d_mesh_quantise_grid_decode or, where a shader computes
 *         origin + step * row in float, by those of the product and the sum. */
W3D_API w3d_result w3d_mesh_quantise_grid_encode(const w3d_mesh_quantise_grid *grid,
                                                 const float *positions, uint32_t count,
                                                 uint16_t *rows);

/* Rows back to positions: origin + step * row, rounded to float once.
 *
 *   rows       in   [count][4]
 *   positions  out  [count][3]
 *
 * Range   What would be above the largest float becomes that.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, bits, a step that is not finite and above
 *         0 */
W3D_API w3d_result w3d_mesh_quantise_grid_decode(const w3d_mesh_quantise_grid *grid,
                                                 const uint16_t *rows, uint32_t count,
                                                 float *positions);

/* ---- unit vectors ---- */

/* Vectors to two signed numbers each, their place on an unfolded octahedron.
 *
 *   vectors  in   [count][3], of any length but 0
 *   bits     in   2 to 16
 *   out      out  [count][2] int8_t for up to 8 bits, else int16_t; -(2^(bits-1) - 1) to that
 *
 * Range   Of the four places around the exact one the nearest in angle is taken. A vector of zeros,
 *         or one with a NaN, is written as +z; an infinite component outweighs finite ones.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, bits
 * Cost    O(count) time. The angle is off by at most sqrt(2) / (2^(bits-1) - 1) radians (0.64
 *         degrees for 8 bits), and by the rounding of the result to float: the places are the
 *         corners of equal triangles on the octahedron's faces, with edges of sqrt(2) steps, and
 *         every fold is along such edges. No point of a triangle is further than sqrt(2 / 3) steps
 *         from its nearest corner, all three of which are tried; and no face is nearer to the
 *         centre than 1 / sqrt(3), which makes an angle of at most sqrt(3) times that.
 * Source  Cigolle et al. 2014, "A survey of efficient representations for independent unit
 *         vectors", section 3 and the precise variant of section 5. */
W3D_API w3d_result w3d_mesh_quantise_octahedral_encode(const float *vectors, uint32_t count,
                                                       uint32_t bits, void *out);

/* The way back: unit vectors to within float rounding.
 *
 *   packed   in   [count][2], as above
 *   vectors  out  [count][3] */
W3D_API w3d_result w3d_mesh_quantise_octahedral_decode(const void *packed, uint32_t count,
                                                       uint32_t bits, float *vectors);

/* ---- values ---- */

typedef enum w3d_quantise_kind {
    W3D_QUANTISE_UNORM8 = 0, /* 0..1 in uint8_t; off by at most 1 / 510                       */
    W3D_QUANTISE_SNORM8,     /* -1..1 in int8_t, -127 to 127; off by at most 1 / 254          */
    W3D_QUANTISE_UNORM16,    /* 0..1 in uint16_t; off by at most 1 / 131070                   */
    W3D_QUANTISE_SNORM16,    /* -1..1 in int16_t, -32767 to 32767; off by at most 1 / 65534   */
    W3D_QUANTISE_HALF        /* IEEE half: 11 bits; off by at most |v| / 2048, from 2^-14 up  */
} w3d_quantise_kind;

/* Values to integers or halves, and back.
 *
 *   src    in   [count]
 *   out    out  [count], of the kind's type
 *
 * Range   The nearest; halves between two away from zero (HALF: to even). Values out of range are
 *         clamped, NaN becomes 0; HALF keeps both: beyond 65504 lies infinity.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, kind
 * Cost    O(count) time. */
W3D_API w3d_result w3d_mesh_quantise_values_encode(w3d_quantise_kind kind, const float *src,
                                                   uint32_t count, void *out);
W3D_API w3d_result w3d_mesh_quantise_values_decode(w3d_quantise_kind kind, const void *src,
                                                   uint32_t count, float *out);

#endif /* W3D_MESH_QUANTISE_H */
