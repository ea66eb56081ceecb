/* mesh_lod.c - a loop around mesh_simplify, and a projection. */
#include "mesh/mesh_lod.h"
#include "core/math.h"
#include "mesh/mesh_check.h"

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

W3D_API w3d_result w3d_mesh_lod_build(const w3d_mesh_view *mesh, const w3d_mesh_lod_desc *desc,
                                      w3d_mesh_lod_chain *chain, w3d_arena scratch)
{
    w3d_mesh_lod_desc none;
    w3d_fill(&none, 0, sizeof none);
    if (!desc) desc = &none;
    int kept = w3di_mesh_check_view(mesh) && chain && chain->levels && chain->level_capacity > 0 &&
               (chain->indices || mesh->index_count == 0) && desc->ratio >= 0.0f &&
               desc->ratio <= 0.9f && desc->most_error >= 0.0f;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    if (chain->index_capacity < mesh->index_count) return W3D_ERR_CAPACITY;

    double ratio = desc->ratio > 0.0f ? (double)desc->ratio : 0.5;
    uint32_t least = desc->least_index_count ? desc->least_index_count : 192;
    uint32_t used = mesh->index_count, made = 1, last = mesh->index_count;
    w3d_mesh_view from = *mesh;
    w3d_mesh_simplify_desc simplify = desc->simplify;
    float error = 0.0f;
    simplify.target_error = 0.0f;
    /* Level 0 is written last: until a step has succeeded nothing is. */
    while (made < chain->level_capacity) {
        w3d_mesh_simplified out;
        double target = (double)last * ratio;
        w3d_fill(&out, 0, sizeof out);
        if (target < (double)least || chain->index_capacity - used < last) break;
        simplify.target_index_count = (uint32_t)target / 3 * 3;
        if (desc->most_error > 0.0f) {
            simplify.target_error = desc->most_error - error;
            if (!(simplify.target_error > 0.0f)) break;
        }
        out.indices = chain->indices + used;
        w3d_result result = w3d_mesh_simplify(&from, &simplify, &out, scratch);
        if (result != W3D_OK) return result;
        if (out.index_count == 0 || (double)out.index_count > 0.9 * (double)last) break;
        error += out.error;
        chain->levels[made].first_index = used;
        chain->levels[made].index_count = out.index_count;
        chain->levels[made].error = error;
        from.indices = out.indices;
        from.index_count = last = out.index_count;
        used += last;
        made++;
    }
    if (chain->indices != mesh->indices && mesh->index_count)
        w3d_move(chain->indices, mesh->indices, (size_t)mesh->index_count * 4);
    chain->levels[0].first_index = 0;
    chain->levels[0].index_count = mesh->index_count;
    chain->levels[0].error = 0.0f;
    chain->level_count = made;
    chain->index_count = used;
    return W3D_OK;
}

W3D_API float w3d_mesh_lod_pixels(float length, const w3d_lod_view *view)
{
    double scale = view->scale != 0.0f ? (double)w3d_math_abs(view->scale) : 1.0;
    double half = (double)view->fov_radians * 0.5, distance = (double)view->distance;
    double infinite = (double)w3d_f32_from_bits(0x7F800000u);
    if (length == 0.0f) return 0.0f;
    if (!(half > 0.0 && half < 1.5707963) || !(distance > 0.0)) return (float)infinite;
    double tangent = (double)w3d_math_tan((float)half);
    double pixels =
        (double)length * scale * (double)view->viewport_height / (2.0 * tangent * distance);
    return pixels >= 0.0 && pixels <= (double)FLT_MAX ? (float)pixels : (float)infinite;
}

W3D_API uint32_t w3d_mesh_lod_select(const w3d_lod_level *levels, uint32_t level_count,
                                     const w3d_lod_view *view)
{
    float most = view->most_pixels > 0.0f ? view->most_pixels : 1.0f;
    for (uint32_t level = level_count; level-- > 1;)
        if (w3d_mesh_lod_pixels(levels[level].error, view) <= most) return level;
    return 0;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
