/* 11_bjson_diff.c - what changed between two saves of a scene, and one object taken out of it.
 *
 *     cc -I. examples/11_bjson_diff.c -o diff && ./diff
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

static uint64_t before_bytes[1024], after_bytes[1024]; /* files lie on 8 */
static unsigned char scratch[32768];

/* A scene of a mesh and two objects that use it; `later` is what an hour of work did to it. */
static size_t save(void *dst, size_t capacity, int later)
{
    float positions[12][3] = { { 0 } }, here[3] = { 0, 0, 0 }, there[3] = { 0, 0, 2.5f };
    if (later) positions[7][2] = 1.0f;

    w3d_bjson_value mesh[1], cube[3], lamp[3];
    mesh[0] = w3d_bjson_rows(w3d_bjson_large("positions", W3D_BJSON_SUB_F32, positions, 12), 3);
    cube[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, later ? there : here);
    cube[1] = w3d_bjson_reference("data", 0);
    cube[2] = w3d_bjson_f64("mass", 2.0);
    lamp[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, here);
    lamp[1] = w3d_bjson_reference("parent", 1);
    lamp[2] = w3d_bjson_f64("energy", 10.0);

    w3d_bjson_write_id ids[3] = { { "Mesh", mesh, 1, W3D_BJSON_MESH, 0, 0, NULL },
                                  { "Cube", cube, 3, W3D_BJSON_OBJECT, 0, 0, NULL },
                                  { "Lamp", lamp, 3, W3D_BJSON_OBJECT, 0, 0, NULL } };
    if (later) {
        ids[1].value_count = 2; /* its mass is gone */
        ids[2].name = "Sun";
    }
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    w3d_fill(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = 3;
    if (w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK) return 0;
    return w3d_bjson_write(&plan, dst, capacity, NULL) == W3D_OK ? plan.size : 0;
}

/* Called for every change; the path is what w3d_bjson_path_find and bjson_edit take. */
static w3d_result show(void *user, const w3d_bjson_change *change)
{
    static const char *kinds[] = { "value",      "value added",  "value removed", "range",
                                   "rows added", "rows removed", "ID added",      "ID removed",
                                   "name",       "type",         "time",          "flags",
                                   "chunk" };
    char path[64];
    (void)user;
    if (w3d_bjson_change_path(change, path, sizeof path) > sizeof path) return W3D_ERR_CAPACITY;
    printf("row %u: %s %s", change->row_before, kinds[change->kind], path);
    if (change->count) printf(" [%u, %u)", change->first, change->first + change->count);
    printf("\n");
    return W3D_OK;
}

int main(void)
{
    w3d_bjson before, after, alone;
    w3d_error error = { W3D_OK, 0, "" };
    size_t before_size = save(before_bytes, sizeof before_bytes, 0);
    size_t after_size = save(after_bytes, sizeof after_bytes, 1);
    if (w3d_bjson_read(before_bytes, before_size, &before, &error) != W3D_OK ||
        w3d_bjson_read(after_bytes, after_size, &after, &error) != W3D_OK)
        return printf("%s at byte %llu\n", error.text, (unsigned long long)error.offset);

    w3d_bjson_diff_desc diff;
    w3d_fill(&diff, 0, sizeof diff);
    diff.before = &before;
    diff.after = &after;
    diff.emit = show;
    w3d_bjson_diff(&diff, &error);

    /* The cube and what it refers to, in a file of their own. */
    uint32_t cube = w3d_bjson_find(&after, W3D_BJSON_OBJECT, "Cube");
    w3d_bjson_merge_desc take;
    w3d_bjson_merged merged;
    w3d_fill(&take, 0, sizeof take);
    take.from = &after;
    take.rows = &cube;
    take.row_count = 1;
    take.closure = 1;
    if (w3d_bjson_merge(&take, &merged, &error) != W3D_OK ||
        w3d_bjson_read(merged.bytes, (size_t)merged.size, &alone, &error) != W3D_OK)
        return printf("%s\n", error.text);
    printf("taken out: %u IDs of %u, the cube is row %u\n", alone.id_count, after.id_count,
           merged.row_of[cube]);
    w3d_bjson_merged_destroy(&merged);
    return 0;
}
