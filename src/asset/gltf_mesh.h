/* gltf_mesh.h - the primitives of a glTF mesh joined into one of the scene; private to gltf_scene.
 *
 * A first pass over the primitives counts vertices and indices and decides who shares vertices;
 * then the arrays are made once and filled in order. */
#ifndef W3D_GLTF_MESH_H
#define W3D_GLTF_MESH_H

#include "asset/gltf_material.h"

/* What the first pass finds. */
typedef struct w3di_gltf_mesh_plan {
    uint64_t vertex_count, index_count;
    uint32_t range_count;
    int      has_normals, has_uvs, has_colors;
} w3di_gltf_mesh_plan;

/* Corners in the order the file has them: indices, or vertices where there are none. */
static inline uint32_t w3di_gltf_corner_count(const w3d_gltf *gltf,
                                              const w3d_gltf_primitive *primitive)
{
    uint32_t source =
        primitive->indices != W3D_GLTF_ABSENT ? primitive->indices : primitive->position;
    return gltf->accessors[source].count;
}

/* Indices of the triangles they make; corners too many for whole triangles are left out. */
static inline uint64_t w3di_gltf_triangle_indices(const w3d_gltf *gltf,
                                                  const w3d_gltf_primitive *primitive)
{
    if (primitive->mode < W3D_GLTF_TRIANGLES || primitive->position == W3D_GLTF_ABSENT) return 0;
    uint32_t corners = w3di_gltf_corner_count(gltf, primitive);
    if (corners < 3) return 0;
    return primitive->mode == W3D_GLTF_TRIANGLES ? corners - corners % 3
                                                 : 3 * (uint64_t)(corners - 2);
}

static inline int w3di_gltf_same_vertices(const w3d_gltf_primitive *a, const w3d_gltf_primitive *b)
{
    return a->position == b->position && a->normal == b->normal && a->color == b->color &&
           a->uv[0] == b->uv[0];
}

static inline w3di_gltf_mesh_plan w3di_gltf_plan_mesh(w3di_gltf_import *importer,
                                                      const w3d_gltf_mesh *mesh)
{
    const w3d_gltf *gltf = importer->gltf;
    w3di_gltf_mesh_plan plan;
    w3d_fill(&plan, 0, sizeof plan);
    for (uint32_t i = 0; i < mesh->primitive_count; i++) {
        uint32_t at = mesh->first_primitive + i;
        const w3d_gltf_primitive *primitive = &gltf->primitives[at];
        uint64_t indices = w3di_gltf_triangle_indices(gltf, primitive);
        importer->base_vertices[at] = W3D_GLTF_ABSENT;
        if (!indices) {
            importer->scene->skipped_primitives++;
            continue;
        }
        plan.index_count += indices;
        plan.range_count++;
        plan.has_normals |= primitive->normal != W3D_GLTF_ABSENT;
        plan.has_uvs |= primitive->uv[0] != W3D_GLTF_ABSENT;
        plan.has_colors |= primitive->color != W3D_GLTF_ABSENT;
        /* Only the last one with these positions is looked at, so that the time stays linear. */
        uint32_t *last = &importer->last_sharing[primitive->position];
        if (*last < at && *last >= mesh->first_primitive &&
            w3di_gltf_same_vertices(primitive, &gltf->primitives[*last])) {
            importer->base_vertices[at] = importer->base_vertices[*last];
        } else {
            if (plan.vertex_count < W3D_GLTF_ABSENT)
                importer->base_vertices[at] = (uint32_t)plan.vertex_count;
            plan.vertex_count += gltf->accessors[primitive->position].count;
        }
        *last = at;
    }
    return plan;
}

/* Unpacks one attribute behind the vertices before it. */
static inline void w3di_gltf_fill_attribute(w3di_gltf_import *importer, uint32_t accessor,
                                            uint32_t width, float *out)
{
    if (accessor == W3D_GLTF_ABSENT || importer->reader.result != W3D_OK) return;
    importer->reader.result = w3d_gltf_accessor_floats(&importer->gltf->accessors[accessor], width,
                                                       out, importer->reader.error);
}

static inline void w3di_gltf_fill_colors(w3di_gltf_import *importer, uint32_t accessor,
                                         uint32_t count, float *out)
{
    int has_alpha = accessor != W3D_GLTF_ABSENT && importer->gltf->accessors[accessor].rows == 4;
    w3di_gltf_fill_attribute(importer, accessor, 4, out);
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < 3 && accessor == W3D_GLTF_ABSENT; k++) out[4 * i + (size_t)k] = 1.0f;
        if (!has_alpha) out[4 * i + 3] = 1.0f;
    }
}

static inline void w3di_gltf_fill_vertices(w3di_gltf_import *importer,
                                           const w3d_gltf_primitive *primitive, size_t base,
                                           w3d_asset_mesh *out)
{
    uint32_t count = importer->gltf->accessors[primitive->position].count;
    w3di_gltf_fill_attribute(importer, primitive->position, 3, out->positions + 3 * base);
    if (out->normals)
        w3di_gltf_fill_attribute(importer, primitive->normal, 3, out->normals + 3 * base);
    if (out->uvs) w3di_gltf_fill_attribute(importer, primitive->uv[0], 2, out->uvs + 2 * base);
    if (out->colors)
        w3di_gltf_fill_colors(importer, primitive->color, count, out->colors + 4 * base);
}

/* Makes triangles of a strip or fan whose n corners stand at the end of the room for its 3(n - 2)
 * indices: a triangle is written before the corners of the next are overtaken.
 * Source: glTF 2.0, 3.7.2.1: both wind as the first triangle does. */
static inline void w3di_gltf_cut_strip(uint32_t *out, uint32_t corners, int is_fan)
{
    uint32_t triangles = corners - 2;
    const uint32_t *corner = out + 3 * (size_t)triangles - corners;
    uint32_t first = corner[0];
    for (uint32_t i = 0; i < triangles; i++) {
        uint32_t a = corner[i], b = corner[i + 1], c = corner[i + 2], odd = i & 1u;
        out[3 * (size_t)i] = is_fan ? b : a;
        out[3 * (size_t)i + 1] = is_fan || odd ? c : b;
        out[3 * (size_t)i + 2] = is_fan ? first : odd ? b : c;
    }
}

static inline void w3di_gltf_fill_indices(w3di_gltf_import *importer,
                                          const w3d_gltf_primitive *primitive, uint32_t base,
                                          uint32_t *out)
{
    const w3d_gltf *gltf = importer->gltf;
    size_t count = (size_t)w3di_gltf_triangle_indices(gltf, primitive);
    uint32_t corners = w3di_gltf_corner_count(gltf, primitive);
    int is_list = primitive->mode == W3D_GLTF_TRIANGLES;
    uint32_t *corner = is_list ? out : out + count - corners;
    if (primitive->indices == W3D_GLTF_ABSENT)
        for (uint32_t i = 0; i < corners; i++) corner[i] = i;
    else
        importer->reader.result =
            w3d_gltf_accessor_indices(&gltf->accessors[primitive->indices],
                                      gltf->accessors[primitive->position].count, corner,
                                      importer->reader.error);
    if (importer->reader.result != W3D_OK) return;
    if (!is_list) w3di_gltf_cut_strip(out, corners, primitive->mode == W3D_GLTF_TRIANGLE_FAN);
    for (size_t i = 0; base && i < count; i++) out[i] += base;
}

static inline void w3di_gltf_import_mesh(w3di_gltf_import *importer, const w3d_gltf_mesh *mesh,
                                         w3d_asset_mesh *out)
{
    out->name = w3di_gltf_import_name(importer, mesh->value);
    out->extras = w3di_gltf_import_extras(importer, mesh->value);
    w3di_gltf_mesh_plan plan = w3di_gltf_plan_mesh(importer, mesh);
    if (plan.vertex_count >= UINT32_MAX || plan.index_count >= UINT32_MAX) {
        w3di_gltf_fail(&importer->reader, W3D_ERR_LIMIT, mesh->value,
                       "a mesh is too large for 32-bit indices");
        return;
    }
    size_t vertices = (size_t)plan.vertex_count, row = sizeof(float);
    out->positions = (float *)w3di_gltf_import_rows(importer, vertices, 3 * row, mesh->value);
    if (plan.has_normals)
        out->normals = (float *)w3di_gltf_import_rows(importer, vertices, 3 * row, mesh->value);
    if (plan.has_uvs)
        out->uvs = (float *)w3di_gltf_import_rows(importer, vertices, 2 * row, mesh->value);
    if (plan.has_colors)
        out->colors = (float *)w3di_gltf_import_rows(importer, vertices, 4 * row, mesh->value);
    /* A list may have two indices more than its triangles use. */
    out->indices = (uint32_t *)w3di_gltf_import_rows(importer, (size_t)plan.index_count + 2,
                                                     sizeof(uint32_t), mesh->value);
    out->ranges = (w3d_asset_range *)w3di_gltf_import_rows(importer, plan.range_count,
                                                           sizeof(w3d_asset_range), mesh->value);
    if (importer->reader.result != W3D_OK) return;
    out->vertex_count = (uint32_t)plan.vertex_count;
    out->index_count = (uint32_t)plan.index_count;
    out->range_count = plan.range_count;

    uint32_t next_vertex = 0, next_index = 0, range = 0;
    for (uint32_t i = 0; i < mesh->primitive_count && importer->reader.result == W3D_OK; i++) {
        const w3d_gltf_primitive *primitive =
            &importer->gltf->primitives[mesh->first_primitive + i];
        uint32_t base = importer->base_vertices[mesh->first_primitive + i];
        if (base == W3D_GLTF_ABSENT) continue;
        if (base == next_vertex) {
            w3di_gltf_fill_vertices(importer, primitive, base, out);
            next_vertex += importer->gltf->accessors[primitive->position].count;
        }
        w3d_asset_range *to = &out->ranges[range++];
        to->first_index = next_index;
        to->index_count = (uint32_t)w3di_gltf_triangle_indices(importer->gltf, primitive);
        to->material = primitive->material;
        w3di_gltf_fill_indices(importer, primitive, base, out->indices + next_index);
        next_index += to->index_count;
    }
}

static inline void w3di_gltf_import_meshes(w3di_gltf_import *importer)
{
    const w3d_gltf *gltf = importer->gltf;
    w3d_asset_scene *scene = importer->scene;
    if (gltf->mesh_count)
        scene->meshes = (w3d_asset_mesh *)w3di_gltf_import_rows(importer, gltf->mesh_count,
                                                                sizeof *scene->meshes, 0);
    if (importer->reader.result != W3D_OK) return;
    scene->mesh_count = gltf->mesh_count;
    for (uint32_t i = 0; i < gltf->mesh_count && importer->reader.result == W3D_OK; i++)
        w3di_gltf_import_mesh(importer, &gltf->meshes[i], &scene->meshes[i]);
}

#endif /* W3D_GLTF_MESH_H */
