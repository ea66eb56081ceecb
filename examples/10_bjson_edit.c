/* 10_bjson_edit.c - changes in a BJSON file: only the bytes that are new are written.
 *
 *     cc -I. examples/10_bjson_edit.c -o edit && ./edit
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

static uint64_t memory[1024]; /* the file, and room for what it grows by */
static size_t size;

static int make_file(void)
{
    static const float location[3] = { 1, 2, 3 };
    static unsigned char work[8192];
    w3d_bjson_value values[2];
    values[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, location);
    values[1] = w3d_bjson_f64("mass", 1.5);
    w3d_bjson_write_id ids[2] = { 0 };
    ids[0].name = "Cube";
    ids[0].values = values;
    ids[0].value_count = 2;
    ids[1] = ids[0];
    ids[1].name = "Ball";
    w3d_bjson_write_desc desc = { 0 };
    desc.ids = ids;
    desc.id_count = 2;
    w3d_arena arena = w3d_arena_make(work, sizeof work);
    w3d_bjson_plan plan;
    if (w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK) return 0;
    size = plan.size;
    return w3d_bjson_write(&plan, memory, sizeof memory, NULL) == W3D_OK;
}

/* A sink: a program would write into its file here, with pwrite for instance. */
static w3d_result put(void *user, uint64_t offset, const void *bytes, size_t count)
{
    (void)user;
    (void)bytes;
    printf("  %3zu bytes at %llu\n", count, (unsigned long long)offset);
    return W3D_OK;
}

/* Ends an edit: shows what is written where, and does it in memory. */
static int save(w3d_bjson_edit *edit)
{
    w3d_bjson_edit_sink sink = { put, NULL };
    uint64_t new_size;
    w3d_error error;
    w3d_result result = w3d_bjson_edit_plan(edit, &new_size, &error);
    if (result == W3D_OK) result = w3d_bjson_edit_write(edit, &sink);
    if (result == W3D_OK && new_size > sizeof memory) result = W3D_ERR_CAPACITY;
    if (result == W3D_OK) result = w3d_bjson_edit_apply(edit, memory, (size_t)new_size, &error);
    w3d_bjson_edit_destroy(edit);
    if (result != W3D_OK) return 0;
    printf("  the file: %zu bytes, then %zu\n", size, (size_t)new_size);
    size = (size_t)new_size;
    return 1;
}

int main(void)
{
    w3d_bjson file;
    w3d_bjson_edit_desc desc = { &file, { 0 }, 0, 0, 0 };
    w3d_bjson_edit *edit;
    w3d_bjson_value value;
    if (!make_file() || w3d_bjson_read(memory, size, &file, NULL) != W3D_OK) return 1;

    printf("a number and an element of a vector, in their places, and the header:\n");
    if (w3d_bjson_edit_create(&desc, &edit, NULL) != W3D_OK) return 1;
    value = w3d_bjson_f64(NULL, 2.5);
    w3d_bjson_edit_set(edit, 0, "mass", &value);
    w3d_bjson_edit_set(edit, 0, "location[2]", &value);
    if (w3d_bjson_edit_set(edit, 0, "location[3]", &value) != W3D_OK)
        printf("  location[3]: %s\n", w3d_bjson_edit_error(edit)->text);
    if (!save(edit) || w3d_bjson_read(memory, size, &file, NULL) != W3D_OK) return 1;

    printf("a new property: the cube moves to the end, the ball stays where it is:\n");
    if (w3d_bjson_edit_create(&desc, &edit, NULL) != W3D_OK) return 1;
    value = w3d_bjson_string(NULL, "made of a snow that does not melt", 33);
    w3d_bjson_edit_set(edit, 0, "note", &value);
    if (!save(edit) || w3d_bjson_read(memory, size, &file, NULL) != W3D_OK) return 1;

    w3d_bjson_id id;
    w3d_bjson_view view;
    if (w3d_bjson_id_at(&file, 0, &id) != W3D_OK || !w3d_bjson_get(&id, "note", &view)) return 1;
    printf("%s is %s\n", id.name, w3d_bjson_to_text(&view, NULL));
    return 0;
}
