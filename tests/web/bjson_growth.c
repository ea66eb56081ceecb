/* bjson_growth.c - a module that makes, changes and moves a BJSON file in a memory that grows in
 * every call; the program is tests/web/bjson_growth.mjs. */
#define WASM3D_IMPLEMENTATION
#include "../../wasm3d.h"

#define EXPORT(name) __attribute__((export_name(#name)))
__attribute__((import_module("test"), import_name("look"))) void look(void);

enum { OBJECTS = 100, VERTICES = 3000 };

static unsigned char *file_bytes;
static size_t file_size;
static float location[3], positions[VERTICES * 3];

/* Grows the memory, lets JavaScript look in the middle of the call, and grows it again. */
static void grow(void)
{
    __builtin_wasm_memory_grow(0, 1);
    if (file_bytes) look();
    __builtin_wasm_memory_grow(0, 1);
}

static w3d_result describe(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    static w3d_bjson_value values[8], nested[2];
    static char name[] = "object 000";
    (void)user;
    name[7] = (char)('0' + row / 100);
    name[8] = (char)('0' + row / 10 % 10);
    name[9] = (char)('0' + row % 10);
    for (uint32_t i = 0; i < 3; i++) location[i] = (float)(row + i);
    nested[0] = w3d_bjson_i64("count", -(int64_t)row);
    nested[1] = w3d_bjson_string("text", "na\xC3\xAFve", 6);
    values[0] = w3d_bjson_f64("mass", row * 0.5);
    values[1] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, location);
    values[2] = w3d_bjson_reference("parent", row ? row - 1 : W3D_BJSON_NONE);
    values[3] = w3d_bjson_map("nested", nested, 2);
    values[4] = w3d_bjson_list("list", values + 1, 2);
    values[4].data = nested;
    values[5] = w3d_bjson_bool("hide", row & 1);
    id->name = name;
    id->values = values;
    id->value_count = 6;
    if (row == OBJECTS) {
        for (uint32_t i = 0; i < VERTICES * 3; i++) positions[i] = (float)i;
        values[0] =
            w3d_bjson_rows(w3d_bjson_large("positions", W3D_BJSON_SUB_F32, positions, VERTICES), 3);
        id->name = "mesh";
        id->value_count = 1;
        id->type = W3D_BJSON_MESH;
    }
    return W3D_OK;
}

/* Makes the file; 0: it did not work. */
EXPORT(make) unsigned char *make(void)
{
    static unsigned char work[65536];
    w3d_bjson_write_desc desc = { 0 };
    w3d_bjson_plan plan;
    w3d_arena arena = w3d_arena_make(work, sizeof work);
    grow();
    desc.id_count = OBJECTS + 1;
    desc.describe = describe;
    if (w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK) return NULL;
    unsigned char *bytes = (unsigned char *)w3d_allocator_resize(NULL, NULL, 0, plan.size);
    if (!bytes || w3d_bjson_write(&plan, bytes, plan.size, NULL) != W3D_OK) return NULL;
    file_bytes = bytes;
    file_size = plan.size;
    grow();
    return file_bytes;
}

EXPORT(size) uint32_t size(void)
{
    grow();
    return (uint32_t)file_size;
}

/* Changes an object's mass and the first number of its location in place. */
EXPORT(change) int change(uint32_t row, double mass, float x)
{
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view view;
    grow();
    if (w3d_bjson_read(file_bytes, file_size, &file, NULL) != W3D_OK ||
        w3d_bjson_id_at(&file, row, &id) != W3D_OK || !w3d_bjson_get(&id, "mass", &view))
        return 0;
    w3d_copy(file_bytes + view.offset, &mass, sizeof mass);
    if (!w3d_bjson_get(&id, "location", &view)) return 0;
    w3d_copy(file_bytes + view.offset, &x, sizeof x);
    grow();
    return 1;
}

/* The mass as C sees it. */
EXPORT(mass) double mass(uint32_t row)
{
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view view;
    double value = -1;
    grow();
    if (w3d_bjson_read(file_bytes, file_size, &file, NULL) == W3D_OK &&
        w3d_bjson_id_at(&file, row, &id) == W3D_OK && w3d_bjson_get(&id, "mass", &view))
        w3d_bjson_to_f64(&view, &value);
    return value;
}

/* Puts the file elsewhere; the old place is filled with other bytes. No look in between: the one
 * who holds the file has to be told of its new place first. */
EXPORT(move) unsigned char *move(void)
{
    __builtin_wasm_memory_grow(0, 1);
    unsigned char *bytes = (unsigned char *)w3d_allocator_resize(NULL, NULL, 0, file_size);
    if (!bytes) return NULL;
    w3d_copy(bytes, file_bytes, file_size);
    w3d_fill(file_bytes, 0xA5, file_size);
    file_bytes = bytes;
    __builtin_wasm_memory_grow(0, 1);
    return bytes;
}
