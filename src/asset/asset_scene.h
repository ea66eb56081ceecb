/* asset_scene.h - what every importer yields: objects, meshes, materials, images as plain arrays.
 *
 * One structure whatever the file was: asset/gltf and asset/obj fill it, asset/asset_bjson writes
 * it as BJSON, render/thumbnail draws it. All of it lives in one allocation list owned by the
 * scene and goes with w3d_asset_scene_destroy. Names are UTF-8, NUL-terminated, never NULL. */
#ifndef W3D_ASSET_SCENE_H
#define W3D_ASSET_SCENE_H

#include "core/vec.h"

#define W3D_ASSET_NONE 0xFFFFFFFFu /* no object, mesh, material or image */

/* A run of triangles of a mesh with one material. */
typedef struct w3d_asset_range {
    uint32_t first_index; /* into the mesh's indices, multiple of 3          */
    uint32_t index_count; /* multiple of 3                                   */
    uint32_t material;    /* into materials, or W3D_ASSET_NONE: the default  */
} w3d_asset_range;

typedef struct w3d_asset_mesh {
    const char      *name;
    const char      *extras;       /* JSON text kept from the file, or NULL                    */
    float           *positions;    /* [vertex_count][3]                                        */
    float           *normals;      /* [vertex_count][3], or NULL: none in the file             */
    float           *uvs;          /* [vertex_count][2], v down from the picture's top, or NULL */
    float           *colors;       /* [vertex_count][4] linear RGBA, or NULL                   */
    uint32_t        *indices;      /* [index_count], each < vertex_count                       */
    w3d_asset_range *ranges;       /* [range_count], in index order, covering all indices      */
    uint32_t         vertex_count;
    uint32_t         index_count;
    uint32_t         range_count;
} w3d_asset_mesh;

/* Where a material takes a picture from. */
typedef struct w3d_asset_texture {
    uint32_t image;    /* into images, or W3D_ASSET_NONE: no texture                  */
    uint32_t uv_set;   /* 0 is the mesh's uvs                                         */
    float    offset[2], scale[2], rotation_radians; /* uv' = offset + turn(scale * uv) */
} w3d_asset_texture;

typedef enum w3d_asset_alpha {
    W3D_ASSET_ALPHA_OPAQUE,
    W3D_ASSET_ALPHA_MASK, /* visible where alpha >= alpha_cutoff */
    W3D_ASSET_ALPHA_BLEND
} w3d_asset_alpha;

typedef struct w3d_asset_material {
    const char       *name;
    const char       *extras;
    float             base_color[4]; /* linear RGBA, 0..1 */
    float             metallic;      /* 0..1 */
    float             roughness;     /* 0..1 */
    float             emissive[3];   /* linear RGB */
    float             alpha_cutoff;
    w3d_asset_alpha   alpha;
    int               double_sided;
    w3d_asset_texture base_color_texture, metallic_roughness_texture, normal_texture;
    w3d_asset_texture occlusion_texture, emissive_texture;
} w3d_asset_material;

typedef struct w3d_asset_object {
    const char *name;
    const char *extras;
    uint32_t    parent;      /* into objects, or W3D_ASSET_NONE; never a circle              */
    uint32_t    mesh;        /* into meshes, or W3D_ASSET_NONE                               */
    w3d_vec3    translation; /* local transform in parts ...                                 */
    w3d_quat    rotation;
    w3d_vec3    scale;
    w3d_mat4    local;       /* ... and whole; the whole is what counts (it may hold shear)  */
} w3d_asset_object;

typedef struct w3d_asset_image {
    const char    *name;
    const char    *uri;       /* where the file points to, or NULL: embedded                  */
    const char    *mime;      /* "image/png", ..., or NULL: not said                          */
    const uint8_t *data;      /* embedded bytes, copied, or NULL                              */
    size_t         data_size;
} w3d_asset_image;

typedef struct w3d_asset_scene {
    w3d_asset_object   *objects;   /* parents stand before their children */
    w3d_asset_mesh     *meshes;
    w3d_asset_material *materials;
    w3d_asset_image    *images;
    uint32_t object_count, mesh_count, material_count, image_count;
    const char *extras;             /* of the scene, JSON text, or NULL                          */
    uint32_t    skipped_primitives; /* points, lines and empty primitives left out               */
    w3d_allocator allocator;        /* the rest is the scene's own: not for the user             */
    void         *blocks;
    size_t        memory_used;
    size_t        memory_limit;
    w3d_result    failure;          /* why the last w3d_asset_scene_alloc gave NULL              */
} w3d_asset_scene;

/* Readies an empty scene.
 *
 *   scene         out  all zero but for the allocator and the limit
 *   allocator     in   NULL: the default; copied
 *   memory_limit  in   bytes the scene may take in all; 0 means 1 GiB */
W3D_API void w3d_asset_scene_init(w3d_asset_scene *scene, const w3d_allocator *allocator,
                                  size_t memory_limit);

/* Room for `count` items of `item_size` bytes, all zero, aligned to 16, owned by the scene.
 *
 * Errors  NULL, and scene->failure says why: W3D_ERR_OUT_OF_MEMORY or W3D_ERR_LIMIT. */
W3D_API void *w3d_asset_scene_alloc(w3d_asset_scene *scene, size_t count, size_t item_size);

/* A NUL-terminated copy of a text of `size` bytes, owned by the scene; NULL as above. */
W3D_API const char *w3d_asset_scene_text(w3d_asset_scene *scene, const char *text, size_t size);

/* Frees everything the scene owns and leaves it empty. NULL and an empty scene are allowed. */
W3D_API void w3d_asset_scene_destroy(w3d_asset_scene *scene);

/* glTF's default material: white, metallic 1, roughness 1, opaque, no texture (2.0 spec, 5.19). */
W3D_API w3d_asset_material w3d_asset_material_default(void);

/* Object to world, for every object.
 *
 *   scene  in   borrowed
 *   world  out  [object_count] */
W3D_API void w3d_asset_scene_world(const w3d_asset_scene *scene, w3d_mat4 *world);

#endif /* W3D_ASSET_SCENE_H */
