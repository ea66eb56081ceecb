/* mesh_simplify.c - checks, preparation and results; the work is in the private headers.
 *
 * Positions are multiplied by the power of two that brings the largest side of the mesh's box
 * into [1, 2), which changes no bit of a mantissa: so errors, areas and their products stay within
 * a float's range, and meshes that differ by a power of two give the same triangles. */
#include "mesh/mesh_simplify.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_simplify_collapse.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

/* Floats of all attributes of a vertex; more than the most there may be where one breaks its
 * contract. */
static uint32_t w3di_mesh_simplify_components(const w3d_mesh_simplify_desc *desc,
                                              uint32_t vertex_count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < desc->attribute_count; i++) {
        const w3d_simplify_attribute *a = &desc->attributes[i];
        if ((!a->data && vertex_count) || a->components == 0 ||
            a->components > W3D_SIMPLIFY_MOST_COMPONENTS || a->stride % 4 != 0 ||
            (a->stride && a->stride < 4 * a->components) ||
            !(a->weight > 0.0f && a->weight <= FLT_MAX))
            return W3D_SIMPLIFY_MOST_COMPONENTS + 1;
        sum += a->components;
        if (sum > W3D_SIMPLIFY_MOST_COMPONENTS) break;
    }
    return sum;
}

static int w3di_mesh_simplify_kept(const w3d_mesh_view *mesh, const w3d_mesh_simplify_desc *desc,
                                   const w3d_mesh_simplified *out)
{
    return w3di_mesh_check_view(mesh) && out && (out->indices || mesh->index_count == 0) &&
           desc->target_error >= 0.0f && (desc->attributes || desc->attribute_count == 0) &&
           (out->positions || !out->attributes) &&
           w3di_mesh_simplify_components(desc, mesh->vertex_count) <= W3D_SIMPLIFY_MOST_COMPONENTS;
}

W3D_API size_t w3d_mesh_simplify_scratch_size(uint32_t vertex_count, uint32_t index_count,
                                              uint32_t components)
{
    size_t size = 256 + W3DI_MESH_SIMPLIFY_KEYS * 4, remap, weld;
    size_t wedge = components ? 11 + 5 * (size_t)components : 0;
    /* Places in the pool are 32 bits. */
    if (index_count > 0xA0000000u) return SIZE_MAX;
    weld = w3d_mesh_weld_scratch_size(vertex_count);
    if (!w3d_size_multiply(vertex_count, 4, &remap) || !w3d_size_add(weld, remap + 8, &weld) ||
        !w3d_size_append(&size, vertex_count, sizeof(w3di_mesh_simplify_point) + 4 * 4 + 2) ||
        !w3d_size_append(&size, vertex_count, wedge * 4) ||
        !w3d_size_append(&size, index_count, 14) ||
        !w3d_size_append(&size, W3DI_MESH_SIMPLIFY_MOST_STAR, 8))
        return SIZE_MAX;
    return size > weld ? size : weld;
}

/* Takes the arrays from the arena; 0 where it is too small. */
static int w3di_mesh_simplify_arrays(w3di_mesh_simplify_state *s, const w3d_mesh_view *mesh,
                                     w3d_arena *arena)
{
    size_t points = s->point_count, corners = mesh->index_count, vertices = mesh->vertex_count;
    s->pool_size = corners + corners / 2 + 2 * W3DI_MESH_SIMPLIFY_MOST_STAR;
    s->points =
        (w3di_mesh_simplify_point *)w3d_arena_push_zero(arena, points, sizeof *s->points, 64);
    s->keys = (uint16_t *)w3d_arena_push(arena, points, 2, 4);
    s->next = (uint32_t *)w3d_arena_push(arena, points, 4, 4);
    s->mark = (uint32_t *)w3d_arena_push_zero(arena, points, 4, 4);
    s->vertex_of = (uint32_t *)w3d_arena_push(arena, points, 4, 4);
    s->corners = (uint32_t *)w3d_arena_push(arena, corners, 4, 4);
    s->pool = (uint32_t *)w3d_arena_push(arena, s->pool_size, 4, 4);
    s->waiting = (uint32_t *)w3d_arena_push(arena, W3DI_MESH_SIMPLIFY_KEYS, 4, 4);
    if (!s->points || !s->keys || !s->next || !s->mark || !s->vertex_of || !s->corners ||
        !s->pool || !s->waiting)
        return 0;
    if (s->wedge_floats) {
        s->wedges = (float *)w3d_arena_push_zero(arena, vertices, (size_t)s->wedge_floats * 4, 4);
        s->values = (float *)w3d_arena_push(arena, vertices, (size_t)s->attribute_count * 4, 4);
        if (!s->wedges || !s->values) return 0;
    }
    return 1;
}

/* Scales the vertices into the points, and pins those that are to stay. Gives how many vertices
 * triangles name. */
static uint32_t w3di_mesh_simplify_points(w3di_mesh_simplify_state *s, const w3d_mesh_view *mesh,
                                          const w3d_mesh_simplify_desc *desc, const uint32_t *remap)
{
    uint32_t used = 0;
    for (uint32_t i = mesh->vertex_count; i-- > 0;) {
        uint32_t p = remap[i];
        if (p == W3D_MESH_WELD_DROPPED) continue;
        used++;
        const float *row = w3d_mesh_position(mesh, i);
        for (int k = 0; k < 3; k++) s->points[p].position[k] = (float)((double)row[k] * s->scale);
        if (!w3di_mesh_simplify_finite(s->points[p].position))
            s->points[p].flags = W3DI_MESH_SIMPLIFY_GONE;
        s->vertex_of[p] = i;
        if (desc->locked && desc->locked[i])
            s->points[p].flags = (uint16_t)(s->points[p].flags | W3DI_MESH_SIMPLIFY_PINNED);
    }
    return used;
}

/* What a component of an attribute is multiplied by; in a float's range whatever the weight. */
static float w3di_mesh_simplify_factor(const w3d_simplify_attribute *attribute, double extent)
{
    double factor = (double)attribute->weight * extent;
    return factor < 1e30 ? (factor > 1e-30 ? (float)factor : 1e-30f) : 1e30f;
}

static void w3di_mesh_simplify_values(w3di_mesh_simplify_state *s, const w3d_mesh_view *mesh,
                                      const w3d_mesh_simplify_desc *desc, double extent)
{
    uint32_t column = 0;
    for (uint32_t a = 0; a < desc->attribute_count; a++) {
        const w3d_simplify_attribute *attribute = &desc->attributes[a];
        float factor = w3di_mesh_simplify_factor(attribute, extent);
        for (uint32_t k = 0; k < attribute->components; k++, column++)
            for (uint32_t i = 0; i < mesh->vertex_count; i++)
                s->values[(size_t)i * s->attribute_count + column] =
                    w3di_mesh_simplify_value(attribute, i, k, factor);
    }
}

/* The vertices as they are now: those of points that moved, and the rest as they were. */
static void w3di_mesh_simplify_write(const w3di_mesh_simplify_state *s, const w3d_mesh_view *mesh,
                                     const w3d_mesh_simplify_desc *desc, double extent,
                                     const uint32_t *remap, const w3d_mesh_simplified *out)
{
    double back = 1.0 / s->scale;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        const float *row = w3d_mesh_position(mesh, i);
        uint32_t p = remap[i];
        int moved = p != W3D_MESH_WELD_DROPPED && (s->points[p].flags & W3DI_MESH_SIMPLIFY_MOVED);
        for (int k = 0; k < 3; k++)
            out->positions[3 * (size_t)i + (size_t)k] =
                moved ? (float)((double)s->points[p].position[k] * back) : row[k];
        if (!out->attributes) continue;
        float *to = out->attributes + (size_t)i * s->attribute_count;
        uint32_t column = 0;
        for (uint32_t a = 0; a < desc->attribute_count; a++) {
            const w3d_simplify_attribute *attribute = &desc->attributes[a];
            size_t stride = attribute->stride ? attribute->stride : 4 * attribute->components;
            double factor = (double)w3di_mesh_simplify_factor(attribute, extent);
            w3d_copy(to + column, (const char *)(const void *)attribute->data + i * stride,
                     4 * attribute->components);
            for (uint32_t k = 0; k < attribute->components; k++, column++)
                if (moved)
                    to[column] =
                        (float)((double)s->values[(size_t)i * s->attribute_count + column] /
                                factor);
        }
    }
}

W3D_API w3d_result w3d_mesh_simplify(const w3d_mesh_view *mesh, const w3d_mesh_simplify_desc *desc,
                                     w3d_mesh_simplified *out, w3d_arena scratch)
{
    w3di_mesh_simplify_state s;
    w3d_mesh_simplify_desc none;
    w3d_mesh_weld_desc weld;
    w3d_mesh_attribute position;
    w3d_fill(&none, 0, sizeof none);
    if (!desc) desc = &none;
    int kept = w3di_mesh_simplify_kept(mesh, desc, out);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    w3d_fill(&s, 0, sizeof s);
    s.attribute_count = w3di_mesh_simplify_components(desc, mesh->vertex_count);
    s.wedge_floats = s.attribute_count ? 11 + 4 * s.attribute_count : 0;
    if (scratch.size - scratch.used <
        w3d_mesh_simplify_scratch_size(mesh->vertex_count, mesh->index_count, s.attribute_count))
        return W3D_ERR_CAPACITY;

    w3d_fill(&weld, 0, sizeof weld);
    w3d_fill(&position, 0, sizeof position);
    position.data = mesh->positions;
    position.size = 12;
    position.stride = mesh->stride;
    weld.attributes = &position;
    weld.attribute_count = 1;
    weld.vertex_count = mesh->vertex_count;
    weld.indices = mesh->indices;
    weld.index_count = mesh->index_count;
    uint32_t *remap = (uint32_t *)w3d_arena_push(&scratch, mesh->vertex_count, 4, 4);
    w3d_result result = w3d_mesh_weld(&weld, remap, &s.point_count, scratch);
    if (result != W3D_OK) return result;
    if (!w3di_mesh_simplify_arrays(&s, mesh, &scratch)) return W3D_ERR_CAPACITY;
    double extent = w3di_mesh_simplify_extent(mesh, remap);
    s.scale = w3di_mesh_simplify_scale(extent);
    extent *= s.scale;
    if (w3di_mesh_simplify_points(&s, mesh, desc, remap) != s.point_count || s.wedge_floats) {
        s.vertices = (uint32_t *)w3d_arena_push(&scratch, mesh->index_count, 4, 4);
        if (!s.vertices) return W3D_ERR_CAPACITY;
    }
    s.solve = out->positions != NULL;
    double most = (double)desc->target_error * s.scale;
    s.most_error = desc->target_error > 0.0f && most < 1e15 ? (float)(most * most) : FLT_MAX;
    s.triangle_count = s.live_count = w3di_mesh_simplify_gather(&s, mesh, remap);
    w3di_mesh_simplify_stars(&s);
    w3di_mesh_simplify_planes(&s);
    s.list = W3DI_MESH_SIMPLIFY_NONE;
    w3d_fill(s.waiting, 0, W3DI_MESH_SIMPLIFY_KEYS * sizeof *s.waiting);
    if (s.wedge_floats) {
        w3di_mesh_simplify_values(&s, mesh, desc, extent);
        w3di_mesh_simplify_gradients(&s);
    }
    w3di_mesh_simplify_begin(&s, desc->lock_border);
    w3di_mesh_simplify_run(&s, desc->target_index_count / 3);

    if (s.solve) w3di_mesh_simplify_write(&s, mesh, desc, extent, remap, out);
    uint32_t count = 0;
    for (uint32_t t = 0; t < s.triangle_count; t++) {
        if (s.corners[3 * (size_t)t] == W3DI_MESH_SIMPLIFY_NONE) continue;
        for (uint32_t k = 0; k < 3; k++)
            out->indices[count++] = w3di_mesh_simplify_vertex(&s, t, k);
    }
    out->index_count = count;
    out->error = (float)(w3d_sqrt((double)s.worst) / s.scale);
    return W3D_OK;
}

#undef W3DI_MESH_SIMPLIFY_BORDER
#undef W3DI_MESH_SIMPLIFY_PINNED
#undef W3DI_MESH_SIMPLIFY_SEAM
#undef W3DI_MESH_SIMPLIFY_GONE
#undef W3DI_MESH_SIMPLIFY_QUEUED
#undef W3DI_MESH_SIMPLIFY_MOVED
#undef W3DI_MESH_SIMPLIFY_MANY
#undef W3DI_MESH_SIMPLIFY_NONE
#undef W3DI_MESH_SIMPLIFY_MOST_STAR
#undef W3DI_MESH_SIMPLIFY_KEYS
#undef W3DI_MESH_SIMPLIFY_STUCK
#undef W3DI_MESH_SIMPLIFY_LISTED
#undef W3DI_MESH_SIMPLIFY_LOOKS
#undef W3DI_MESH_SIMPLIFY_AHEAD
#undef W3DI_MESH_SIMPLIFY_PART
#undef W3DI_MESH_SIMPLIFY_SLACK
#undef W3DI_MESH_SIMPLIFY_PART_MOVING
#undef W3DI_MESH_SIMPLIFY_SLACK_MOVING
#undef W3DI_MESH_SIMPLIFY_RIM
#undef W3DI_MESH_SIMPLIFY_SEAM_RIM
#undef W3DI_MESH_SIMPLIFY_TURN
#undef W3DI_MESH_SIMPLIFY_MOST_VALUE

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
