/* mesh_codec_filter.h - what makes vectors, quaternions, floats and colours pack well: the filters
 * of the glTF bitstreams.
 *
 *     w3d_mesh_codec_filter_desc desc = { W3D_MESH_CODEC_FILTER_OCTAHEDRAL, normals, count, 3,
 *                                         4, 8, W3D_MESH_CODEC_EXPONENTS_ROW };
 *     w3d_mesh_codec_filter_encode(&desc, rows);                  then w3d_mesh_codec_vertex_encode
 *     ... w3d_mesh_codec_vertex_decode ...
 *     w3d_mesh_codec_filter_decode(W3D_MESH_CODEC_FILTER_OCTAHEDRAL, rows, count, 4);
 *
 * Decoded rows are what the accessor says they are: normalised integers, or floats. */
#ifndef W3D_MESH_CODEC_FILTER_H
#define W3D_MESH_CODEC_FILTER_H

#include "mesh/mesh_codec.h"

/* Turns decoded rows into what they stand for, in place.
 *
 *   filter  in      NONE does nothing
 *   rows    in/out  [count][stride], aligned to 4; 8-bit components for a stride of 4 and 16-bit
 *                   for 8; OCTAHEDRAL x y z and the last one kept, QUATERNION x y z w,
 *                   EXPONENTIAL any number of floats, COLOR r g b a
 *
 * Range   Any bits are allowed. Where the specification leaves a result open (a scale that is not
 *         2^k - 1, a vector of zeros, a colour without alpha bits, exponents outside [-100, 100])
 *         components are clamped to their range, divisions by zero give zero, and an exponent
 *         outside [-126, 127] counts as the nearest of them.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, alignment, a stride the filter has not
 * Cost    O(count) time, no memory. Results are within one unit of the specification's exact
 *         ones; EXPONENTIAL is exact.
 * Source  KHR_meshopt_compression, appendix B. */
W3D_API w3d_result w3d_mesh_codec_filter_decode(w3d_mesh_codec_filter filter, void *rows,
                                                uint32_t count, uint32_t stride);

/* Which floats share an exponent. */
typedef enum w3d_mesh_codec_exponents {
    W3D_MESH_CODEC_EXPONENTS_ROW = 0, /* those of a row: for translations, scales             */
    W3D_MESH_CODEC_EXPONENTS_NONE,    /* every float its own: the least error                 */
    W3D_MESH_CODEC_EXPONENTS_COLUMN,  /* a component in all rows: positions; packs best       */
    W3D_MESH_CODEC_EXPONENTS_CLAMPED  /* its own, but not below that of 1: values around 0..1 */
} w3d_mesh_codec_exponents;

typedef struct w3d_mesh_codec_filter_desc {
    w3d_mesh_codec_filter filter;
    const float *src; /* [count][components]                                      */
    uint32_t count;
    uint32_t components; /* OCTAHEDRAL 3 or 4 (the last one kept at full bits),
                                            QUATERNION 4, COLOR 3 or 4, EXPONENTIAL stride / 4 */
    uint32_t stride;     /* bytes of a row written; see decode                */
    uint32_t bits;       /* OCTAHEDRAL, COLOR 2 to 16, QUATERNION 4 to 16, EXPONENTIAL
                                      1 to 24; at most 8 for components of 8 bits             */
    w3d_mesh_codec_exponents exponents; /* EXPONENTIAL alone                                  */
} w3d_mesh_codec_filter_desc;

/* Writes floats as rows for the vertex encoder.
 *
 *   desc  in   what and how
 *   rows  out  [count][stride], aligned to 4
 *
 * Units   OCTAHEDRAL: any length but zero; QUATERNION: unit length; COLOR: 0..1.
 * Range   NaN counts as 0; components are clamped. An octahedral vector of zeros is written as +z,
 *         a quaternion of zeros as the identity. EXPONENTIAL: magnitudes of 2^123 and more
 *         become the largest below it, the format having no exponents above 100.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, a stride, bits or components not allowed
 * Cost    O(count) time, no memory. With one = 2^(bits-1) - 1, the angle of an octahedral normal is
 *         off by at most 2.13 / one radians (half a step in both directions is at most
 *         sqrt(6) / 2 steps on the octahedron, which is nowhere nearer to its centre than
 *         1 / sqrt(3), so sqrt(18) / 2; mesh_quantise.h stays below 1.42 / one), each of the three
 *         smaller quaternion components by 0.36 / one, a float by 2^(e - bits) where 2^e is the
 *         least power of two above the largest that shares its exponent; and by the roundings of
 *         float, and by what the decoded integers can't say. */
W3D_API w3d_result w3d_mesh_codec_filter_encode(const w3d_mesh_codec_filter_desc *desc, void *rows);

#endif /* W3D_MESH_CODEC_FILTER_H */
