/* thumbnail.h - a lit, framed picture of a scene, drawn in software.
 *
 *     w3d_thumbnail_desc desc = { 0 };
 *     desc.items = items, desc.item_count = count, desc.width = 640, desc.height = 480;
 *     w3d_thumbnail(&desc, &picture, w3d_arena_make(memory, w3d_thumbnail_scratch_size(&desc)));
 *
 * The camera finds its own place: a three-quarter view from slightly above, as near as all of the
 * scene fits. A key light that casts shadows, a fill and a rim light and a simple surrounding of
 * sky, floor and softbox shade glTF's metallic-roughness materials; a floor under the scene shows
 * nothing but its shadow. The same bytes on every machine. */
#ifndef W3D_THUMBNAIL_H
#define W3D_THUMBNAIL_H

#include "core/arena.h"
#include "core/vec.h"
#include "image/image_view.h"
#include "mesh/mesh_view.h"

/* One mesh with one material; a mesh of several is several items with their own indices. */
typedef struct w3d_thumbnail_item {
    w3d_mesh_view mesh;
    const float  *normals;       /* [vertex_count][3]; NULL: every triangle is flat              */
    const float  *colors;        /* [vertex_count][4] linear RGBA, times base_color; NULL: white */
    w3d_mat4      world;         /* mesh to world; may mirror                                    */
    float         base_color[4]; /* linear RGBA, 0..1; alpha below 1 is blended, far items first */
    float         metallic;      /* 0..1 */
    float         roughness;     /* 0..1 */
    float         emissive[3];   /* linear RGB, added to the reflected light */
    int           double_sided;  /* 0: back sides are not drawn */
} w3d_thumbnail_item;

typedef enum w3d_thumbnail_background {
    W3D_THUMBNAIL_GRADIENT,
    W3D_THUMBNAIL_TRANSPARENT /* alpha 0, not premultiplied; shadows are translucent black */
} w3d_thumbnail_background;

/* Zero is the default for all but the first four. */
typedef struct w3d_thumbnail_desc {
    const w3d_thumbnail_item *items;      /* [item_count] */
    uint32_t                  item_count;
    uint32_t                  width;      /* pixels, 1..8192 */
    uint32_t                  height;
    const w3d_mat4           *view;       /* world to camera; NULL: found                     */
    const w3d_mat4           *projection; /* camera to clip space, depth 0..1; NULL: found;   */
                                          /* both or neither                                  */
    w3d_vec3                  from;       /* direction from the scene to the camera; all zero: */
                                          /* (0.42, 0.36, 0.85); used where view is NULL        */
    float                     fov_radians; /* of the picture's shorter side; 0: 28 degrees    */
    w3d_thumbnail_background  background;
    int                       no_floor;   /* 1: no shadow under the scene                     */
    float                     exposure;   /* stops, added; 0 as it is                         */
} w3d_thumbnail_desc;

/* Bytes of scratch a picture takes, whatever the meshes' size; 0 for a width or height outside its
 * range or sums that do not fit. */
W3D_API size_t w3d_thumbnail_scratch_size(const w3d_thumbnail_desc *desc);

/* Draws the picture.
 *
 *   desc     in   borrows all it points to for the call
 *   out      out  3 or 4 channels, width and height as in desc; sRGB
 *   scratch  in   at least w3d_thumbnail_scratch_size(desc) bytes left
 *
 * Range   Any length unit; positions that are not finite are left out. A scene without triangles
 *         or without extent gives the background.
 * Errors  W3D_ERR_ARGUMENT  a null pointer, another size, a broken mesh view, only one of the two
 *                           matrices, or a fov outside 0..3
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch is too small.  On any error `out` is untouched.
 * Cost    Six passes over the triangles, three of them to find the camera; four samples a pixel.
 * Source  Walter et al. 2007, "Microfacet Models for Refraction" (GGX); Schlick 1994 (Fresnel);
 *         Heitz 2014, "Understanding the Masking-Shadowing Function" (height-correlated Smith);
 *         Karis 2014, "Physically Based Shading on Mobile" (surroundings' part of the reflection);
 *         Khronos 2024, "PBR Neutral Tone Mapper". */
W3D_API w3d_result w3d_thumbnail(const w3d_thumbnail_desc *desc, const w3d_image_view *out,
                                 w3d_arena scratch);

#endif /* W3D_THUMBNAIL_H */
