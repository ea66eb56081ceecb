/* 13_props.c - one table that describes a C struct: defaults, limits, paths, JSON, BJSON, Blender.
 *
 *     cc -I. examples/13_props.c -o props && ./props
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

typedef struct cube {
    float location[3], size;
    int32_t shading;
    char note[16];
} cube;

static const w3d_prop_item shadings[] = { { "WIRE", "Wireframe", 0 }, { "SOLID", "Solid", 1 } };
static const w3d_prop rows[] = {
    { W3D_PROP_FIELD(cube, location, F32, 3), "Location", .unit = W3D_PROP_LENGTH,
      .subtype = W3D_PROP_TRANSLATION },
    { W3D_PROP_FIELD(cube, size, F32, 0), "Size", 2.0, 0.1, 100.0, .unit = W3D_PROP_LENGTH },
    { W3D_PROP_FIELD(cube, shading, ENUM, 0), "Shading", 1, .items = shadings, .item_count = 2 },
    { W3D_PROP_FIELD(cube, note, STRING, 0), "Note", .default_data = "new" },
};
static const w3d_props cube_props = { .name = "cube", W3D_PROPS_ROWS(rows), .size = sizeof(cube), .version = 1 };

static w3d_result print(void *user, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, (FILE *)user) == size ? W3D_OK : W3D_ERR_ACCESS;
}

static uint64_t memory[1024], file_bytes[1024];

/* Into a BJSON file and back, by the same table. */
static int through_bjson(const cube *from, cube *to)
{
    w3d_arena arena = w3d_arena_make(memory, sizeof memory);
    w3d_bjson_write_id id = { .name = "Cube" };
    w3d_bjson_write_desc desc = { .ids = &id, .id_count = 1 };
    w3d_bjson_plan plan;
    w3d_bjson file;
    w3d_bjson_id read;
    w3d_bjson_view map;
    if (w3d_props_to_bjson(&cube_props, from, &arena, &id.values, &id.value_count) != W3D_OK ||
        w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK ||
        w3d_bjson_write(&plan, file_bytes, sizeof file_bytes, NULL) != W3D_OK ||
        w3d_bjson_read(file_bytes, plan.size, &file, NULL) != W3D_OK ||
        w3d_bjson_id_at(&file, 0, &read) != W3D_OK || !w3d_bjson_properties(&read, &map))
        return 0;
    w3d_props_read_desc back = { .table = &cube_props, .arena = &arena };
    return w3d_props_from_bjson(&back, &map, to, NULL) == W3D_OK;
}

int main(void)
{
    w3d_props_fault fault;
    if (w3d_props_check(&cube_props, &fault, 1)) { /* once: is the table right? */
        printf("%s: %s\n", fault.path, fault.text);
        return 1;
    }
    cube one, two;
    w3d_props_defaults(&cube_props, &one);

    w3d_props_place place;
    if (w3d_props_find(&cube_props, &one, "location[2]", &place, NULL) == W3D_OK)
        w3d_props_set_f64(&place, 1.5);
    one.size = -3; /* past the table */
    if (w3d_props_validate(&cube_props, &one, &fault) != W3D_OK)
        printf("%s: %s\n", fault.path, fault.text);
    uint32_t changed = w3d_props_clamp(&cube_props, &one);
    printf("%u value clamped, size is %g\n", changed, one.size);

    w3d_sink out = { print, stdout };
    w3d_json_write_desc json_desc = { .sink = out };
    w3d_json_writer writer;
    w3d_json_write_begin(&writer, &json_desc);
    w3d_props_to_json(&cube_props, &one, &writer);
    w3d_json_write_finish(&writer, NULL);

    printf("\nback from BJSON: %s\n", through_bjson(&one, &two) &&
                                              w3d_props_equal(&cube_props, &one, &two)
                                          ? "equal"
                                          : "different");
    w3d_props_blender_desc blender = { &cube_props, out, "Object" };
    return w3d_props_to_blender(&blender) != W3D_OK;
}
