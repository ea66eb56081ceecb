/* 03_bjson.c - a small scene written as BJSON, then used in place: no parsing, no copies.
 *
 *     cc -I. examples/03_bjson.c -o bjson && ./bjson
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

static uint64_t memory[1024]; /* arrays in a file are aligned if the file is on 8 */
static unsigned char work[4096];

/* Row 0 is an object, row 1 the mesh it refers to. Gives the file's size, or 0. */
static size_t write_scene(const float *positions, uint32_t vertex_count)
{
    static const float location[3] = { 1.0f, 2.0f, 3.0f };
    w3d_bjson_value object[3], mesh[1];
    object[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, location);
    object[1] = w3d_bjson_reference("data", 1);
    object[2] = w3d_bjson_string("note", "made of snow", 12);
    mesh[0] =
        w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, positions, vertex_count), 3);

    w3d_bjson_write_id ids[2] = { 0 };
    ids[0].name = "Cube";
    ids[0].values = object;
    ids[0].value_count = 3;
    ids[0].type = W3D_BJSON_OBJECT;
    ids[1].name = "Cube mesh";
    ids[1].values = mesh;
    ids[1].value_count = 1;
    ids[1].type = W3D_BJSON_MESH;

    w3d_bjson_write_desc desc = { 0 };
    desc.ids = ids;
    desc.id_count = 2;
    desc.crc = 1;
    w3d_arena arena = w3d_arena_make(work, sizeof work);
    w3d_bjson_plan plan;
    w3d_error error;
    if (w3d_bjson_write_size(&desc, &arena, &plan, &error) != W3D_OK ||
        w3d_bjson_write(&plan, memory, sizeof memory, &error) != W3D_OK) {
        printf("not written: %s\n", error.text);
        return 0;
    }
    return plan.size;
}

int main(void)
{
    static const float corners[8][3] = {
        { -1, -1, -1 }, { 1, -1, -1 }, { -1, 1, -1 }, { 1, 1, -1 },
        { -1, -1, 1 },  { 1, -1, 1 },  { -1, 1, 1 },  { 1, 1, 1 }
    };
    size_t size = write_scene(&corners[0][0], 8);
    if (!size) return 1;
    printf("a file of %d bytes\n", (int)size);

    /* Opening checks every byte of structure once; what follows needs no checks of its own. */
    w3d_bjson file;
    w3d_error error;
    if (w3d_bjson_read(memory, size, &file, &error) != W3D_OK) return 1;
    w3d_bjson_id object, mesh;
    w3d_bjson_view view;
    w3d_bjson_id_at(&file, w3d_bjson_find(&file, W3D_BJSON_OBJECT, "Cube"), &object);

    float location[3];
    if (w3d_bjson_get(&object, "location", &view) && w3d_bjson_to_f32(&view, location, 3))
        printf("%s is at (%g, %g, %g)\n", object.name, location[0], location[1], location[2]);
    if (w3d_bjson_get(&object, "note", &view)) printf("and %s\n", w3d_bjson_to_text(&view, NULL));

    uint32_t row;
    if (w3d_bjson_get(&object, "data", &view) && w3d_bjson_to_row(&view, &row) &&
        w3d_bjson_id_at(&file, row, &mesh) == W3D_OK && w3d_bjson_get(&mesh, "position", &view)) {
        /* The vertices themselves, in the file: a view has an offset, which a GPU upload or a
         * Float32Array takes as it is. */
        const float *positions = (const float *)w3d_bjson_data(&view);
        printf("%u positions, %d bytes at offset %d; the last is (%g, %g, %g)\n", view.count,
               (int)view.length, (int)view.offset, positions[21], positions[22], positions[23]);
    }

    /* One wrong bit anywhere is found, and said where. */
    ((unsigned char *)memory)[200] ^= 4;
    if (w3d_bjson_read(memory, size, &file, &error) != W3D_OK)
        printf("refused: %s, at byte %d\n", error.text, (int)error.offset);
    return 0;
}
