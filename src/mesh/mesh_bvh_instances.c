/* mesh_bvh_instances.c - a tree over the boxes of instances; rays go on in the space of the mesh.
 *
 * A direction is not brought to unit length on the way, so t means the same in both spaces. */
#include "mesh/mesh_bvh_instances.h"
#include "core/vec.h"
#include "mesh/mesh_bvh_ray.h"
#include "mesh/mesh_bvh_trace.h"
#include "mesh/mesh_bvh_tree.h"

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

#define W3DI_MESH_BVH_INSTANCES_MOST (1u << 24)

/* The box of an instance in the scene, wider by 2^-18 of its farthest coordinate: more than a ray
 * moves when it is rounded in the space of the mesh. 0: left out. */
static int w3di_mesh_bvh_instances_box(const w3d_mesh_bvh *mesh, const w3d_mat4 *m,
                                       w3d_mesh_bvh_box *box)
{
    if (!mesh->node_count) return 0;
    for (int axis = 0; axis < 3; axis++) {
        double low = (double)m->m[12 + axis], high = low, size = low < 0.0 ? -low : low;
        for (int k = 0; k < 3; k++) {
            double a = (double)m->m[4 * k + axis] * (double)mesh->header->min[k];
            double b = (double)m->m[4 * k + axis] * (double)mesh->header->max[k];
            low += a < b ? a : b;
            high += a < b ? b : a;
            a = a < 0.0 ? -a : a;
            b = b < 0.0 ? -b : b;
            size += a > b ? a : b;
        }
        box->min[axis] = (float)(low - size * 3.8e-6);
        box->max[axis] = (float)(high + size * 3.8e-6);
        if (!(mesh->header->min[axis] <= mesh->header->max[axis]) ||
            !w3d_f32_is_finite(box->min[axis]) || !w3d_f32_is_finite(box->max[axis]))
            return 0;
    }
    return 1;
}

W3D_API size_t w3d_mesh_bvh_instances_size_limit(uint32_t count)
{
    size_t total = sizeof(w3d_mesh_bvh_header);
    if (!w3d_size_append(&total, (size_t)count + 1,
                         sizeof(w3d_mesh_bvh_node) + 16 + sizeof(w3d_mesh_bvh_instance_record)))
        return SIZE_MAX;
    return total;
}

W3D_API size_t w3d_mesh_bvh_instances_scratch_size(uint32_t count)
{
    size_t total = w3d_mesh_bvh_tree_scratch_size(count);
    if (total == SIZE_MAX || !w3d_size_append(&total, count, sizeof(w3d_mesh_bvh_box)) ||
        !w3d_size_append(&total, (size_t)count + 4, sizeof(w3d_mesh_bvh_instance_record)))
        return SIZE_MAX;
    return w3d_size_add(total, 128, &total) ? total : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_bvh_instances_build(const w3d_mesh_bvh_instances_desc *desc, void *out,
                                                size_t capacity, size_t *size, w3d_arena scratch)
{
    if (!desc || !out || !size || (uintptr_t)out % 4 || (!desc->instances && desc->count) ||
        (!desc->meshes && desc->mesh_count)) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    uint32_t count = desc->count;
    if (count > W3DI_MESH_BVH_INSTANCES_MOST) return W3D_ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++)
        if (desc->instances[i].mesh >= desc->mesh_count) return W3D_ERR_INDEX;
    w3d_mesh_bvh_instance_record *records =
        (w3d_mesh_bvh_instance_record *)w3d_arena_push_zero(&scratch, count, sizeof *records, 16);
    w3d_mesh_bvh_box *boxes =
        (w3d_mesh_bvh_box *)w3d_arena_push_zero(&scratch, count, sizeof *boxes, 16);
    if (!records || !boxes) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < count; i++) {
        const w3d_mesh_bvh_instance *instance = &desc->instances[i];
        w3d_mat4 m, back;
        w3d_copy(m.m, instance->to_world, sizeof m.m);
        m.m[3] = m.m[7] = m.m[11] = 0.0f;
        m.m[15] = 1.0f;
        records[i].mesh = instance->mesh;
        boxes[i].min[0] = 1.0f; /* left out, unless */
        if (!w3d_mat4_inverse(&m, &back) ||
            !w3di_mesh_bvh_instances_box(&desc->meshes[instance->mesh], &m, &boxes[i])) {
            boxes[i].min[0] = 1.0f;
            boxes[i].max[0] = 0.0f;
            continue;
        }
        for (int k = 0; k < 12; k++) records[i].to_mesh[k] = back.m[4 * (k / 3) + k % 3];
    }
    w3d_mesh_bvh_tree tree;
    w3d_result result =
        w3d_mesh_bvh_tree_build(boxes, count, W3D_MESH_BVH_BALANCED, &tree, &scratch);
    if (result != W3D_OK) return result;

    w3d_mesh_bvh_header header;
    w3d_fill(&header, 0, sizeof header);
    w3d_copy(header.magic, "W3D BVH\2", 8);
    uint64_t leaves = sizeof header + (uint64_t)tree.node_count * sizeof(w3d_mesh_bvh_node);
    uint64_t after = leaves + (uint64_t)tree.leaf_count * 16;
    uint64_t needed = after + (uint64_t)count * sizeof *records;
    if (needed > 0xFFFFFF00u) return W3D_ERR_LIMIT;
    *size = (size_t)needed;
    if (needed > capacity) return W3D_ERR_CAPACITY;
    header.size = (uint32_t)needed;
    header.kind = W3D_MESH_BVH_INSTANCES;
    header.node_count = tree.node_count;
    header.leaf_count = tree.leaf_count;
    header.item_count = count;
    header.left_out = tree.left_out;
    header.nodes_offset = (uint32_t)sizeof header;
    header.leaves_offset = (uint32_t)leaves;
    header.records_offset = (uint32_t)after;
    header.depth = tree.depth;
    unsigned char *bytes = (unsigned char *)out;
    w3d_mesh_bvh_node *nodes = (w3d_mesh_bvh_node *)(void *)(bytes + sizeof header);
    float infinity = w3d_f32_from_bits(0x7F800000u);
    for (int k = 0; k < 3; k++) {
        header.min[k] = infinity;
        header.max[k] = -infinity;
    }
    for (uint32_t i = tree.node_count; i-- > 0;) {
        w3d_copy(nodes[i].child, tree.children[i], sizeof nodes[i].child);
        w3d_fill(nodes[i].zero, 0, sizeof nodes[i].zero);
        for (int k = 0; k < W3D_MESH_BVH_WIDTH; k++) {
            uint32_t child = nodes[i].child[k];
            int is_leaf = (child & W3D_MESH_BVH_LEAF) != 0;
            int parts = child == W3D_MESH_BVH_NONE ? 0 : is_leaf ? 4 : W3D_MESH_BVH_WIDTH;
            for (int axis = 0; axis < 3; axis++) {
                float low = infinity, high = -infinity;
                for (int j = 0; j < parts; j++) {
                    uint32_t item = is_leaf ? tree.leaves[child & ~W3D_MESH_BVH_LEAF][j] : 0;
                    if (is_leaf && item == W3D_MESH_BVH_NONE) continue;
                    float from = is_leaf ? boxes[item].min[axis] : nodes[child].side[axis][0][j];
                    float to = is_leaf ? boxes[item].max[axis] : nodes[child].side[axis][1][j];
                    low = from < low ? from : low;
                    high = to > high ? to : high;
                }
                nodes[i].side[axis][0][k] = low;
                nodes[i].side[axis][1][k] = high;
                if (i == 0 && low < header.min[axis]) header.min[axis] = low;
                if (i == 0 && high > header.max[axis]) header.max[axis] = high;
            }
        }
    }
    w3d_copy(out, &header, sizeof header);
    w3d_copy(bytes + leaves, tree.leaves, (size_t)tree.leaf_count * 16);
    w3d_copy(bytes + after, records, (size_t)count * sizeof *records);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_bvh_instances_open(const void *bytes, size_t size,
                                               const w3d_mesh_bvh *meshes, uint32_t mesh_count,
                                               w3d_mesh_bvh_instances *scene, w3d_error *error)
{
    w3d_mesh_bvh tree;
    if (!scene || (!meshes && mesh_count)) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    w3d_result result = w3d_mesh_bvh_open_kind(bytes, size, W3D_MESH_BVH_INSTANCES, &tree, error);
    if (result != W3D_OK) return result;
    const w3d_mesh_bvh_header *header = tree.header;
    const unsigned char *start = (const unsigned char *)bytes;
    uint64_t after = header->leaves_offset + (uint64_t)header->leaf_count * 16;
    if (header->records_offset != after ||
        !w3d_size_inside(after, (uint64_t)header->item_count * sizeof(w3d_mesh_bvh_instance_record),
                         header->size))
        return w3d_error_set(error, W3D_ERR_FORMAT, 40, "the records are not where they belong");
    const w3d_mesh_bvh_instance_record *records =
        (const w3d_mesh_bvh_instance_record *)(const void *)(start + after);
    for (uint32_t i = 0; i < header->item_count; i++)
        if (records[i].mesh >= mesh_count)
            return w3d_error_set(error, W3D_ERR_INDEX, after + (uint64_t)i * sizeof *records,
                                 "an instance of a mesh that is not there");
    scene->tree = tree;
    scene->leaves = (const uint32_t *)(const void *)(start + header->leaves_offset);
    scene->records = records;
    scene->meshes = meshes;
    scene->mesh_count = mesh_count;
    return W3D_OK;
}

static float w3di_mesh_bvh_instances_move(const float *m, const float *v, int row, double last)
{
    return (float)((((double)m[row] * (double)v[0] + (double)m[3 + row] * (double)v[1]) +
                    (double)m[6 + row] * (double)v[2]) +
                   (double)m[9 + row] * last);
}

/* Asks one instance; 1 where its hit is better than *best, which is then that. */
static int w3di_mesh_bvh_instances_ask(const w3d_mesh_bvh_instances *scene,
                                       const w3d_mesh_bvh_ray *ray, uint32_t instance, int any,
                                       w3d_mesh_bvh_instance_hit *best)
{
    const w3d_mesh_bvh_instance_record *record = &scene->records[instance];
    w3d_mesh_bvh_ray inside;
    w3d_mesh_bvh_hit hit;
    for (int k = 0; k < 3; k++) {
        inside.origin[k] = w3di_mesh_bvh_instances_move(record->to_mesh, ray->origin, k, 1.0);
        inside.direction[k] = w3di_mesh_bvh_instances_move(record->to_mesh, ray->direction, k, 0.0);
    }
    inside.t_min = ray->t_min;
    inside.t_max = best->instance == W3D_MESH_BVH_NONE ? ray->t_max : best->hit.t;
    if (inside.t_max == 0.0f && best->instance != W3D_MESH_BVH_NONE)
        inside.t_max = FLT_MIN; /* 0 would mean no limit */
    if (any) return w3d_mesh_bvh_any(&scene->meshes[record->mesh], &inside);
    if (!w3d_mesh_bvh_closest(&scene->meshes[record->mesh], &inside, &hit)) return 0;
    if (best->instance != W3D_MESH_BVH_NONE &&
        (hit.t > best->hit.t || (hit.t == best->hit.t && instance > best->instance)))
        return 0;
    best->hit = hit;
    best->instance = instance;
    return 1;
}

static int w3di_mesh_bvh_instances_walk(const w3d_mesh_bvh_instances *scene,
                                        const w3d_mesh_bvh_ray *ray, int any,
                                        w3d_mesh_bvh_instance_hit *best)
{
    w3di_mesh_bvh_ray ready;
    w3di_mesh_bvh_ray_entry stack[W3D_MESH_BVH_STACK];
    float enter[8];
    uint32_t used = 0, child = 0;
    best->instance = W3D_MESH_BVH_NONE;
    if (!scene->tree.node_count || !w3di_mesh_bvh_ray_start(ray, &ready)) return 0;
    float limit = ready.t_max;
    for (;;) {
        if (!(child & W3D_MESH_BVH_LEAF)) {
            const w3d_mesh_bvh_node *node = &scene->tree.nodes[child];
            uint32_t mask =
                w3di_mesh_bvh_ray_boxes(node, &ready, w3d_f4_splat(ready.t_min),
                                        w3d_f4_splat(limit * W3DI_MESH_BVH_RAY_MARGIN), enter);
            if (mask) {
                child = w3di_mesh_bvh_ray_push(node, mask, enter, stack, &used);
                continue;
            }
        } else if (child != W3D_MESH_BVH_NONE) {
            const uint32_t *leaf = scene->leaves + (size_t)(child & ~W3D_MESH_BVH_LEAF) * 4;
            for (int k = 0; k < 4; k++) {
                if (leaf[k] == W3D_MESH_BVH_NONE) continue;
                if (!w3di_mesh_bvh_instances_ask(scene, ray, leaf[k], any, best)) continue;
                if (any) return 1;
                limit = best->hit.t / ready.unit;
            }
        }
        do {
            if (!used) return best->instance != W3D_MESH_BVH_NONE;
            child = (uint32_t)stack[--used];
        } while (w3di_mesh_bvh_ray_enter(stack[used]) > limit * W3DI_MESH_BVH_RAY_MARGIN);
    }
}

W3D_API int w3d_mesh_bvh_instances_closest(const w3d_mesh_bvh_instances *scene,
                                           const w3d_mesh_bvh_ray *ray,
                                           w3d_mesh_bvh_instance_hit *hit)
{
    w3d_mesh_bvh_instance_hit best;
    if (!scene || !ray || !hit) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!w3di_mesh_bvh_instances_walk(scene, ray, 0, &best)) return 0;
    *hit = best;
    return 1;
}

W3D_API int w3d_mesh_bvh_instances_any(const w3d_mesh_bvh_instances *scene,
                                       const w3d_mesh_bvh_ray *ray)
{
    w3d_mesh_bvh_instance_hit best;
    if (!scene || !ray) {
        W3D_ASSERT(0);
        return 0;
    }
    return w3di_mesh_bvh_instances_walk(scene, ray, 1, &best);
}

#undef W3DI_MESH_BVH_INSTANCES_MOST

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
