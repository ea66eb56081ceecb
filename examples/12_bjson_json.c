/* 12_bjson_json.c - a scene typed as JSON becomes a BJSON file, and is printed as JSON again.
 *
 *     cc -I. examples/12_bjson_json.c -o bjson_json && ./bjson_json
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <string.h>

/* {"$..."} is what JSON has no words for: references, elements of 32 bits, 64-bit integers. */
static const char scene[] =
    "{\"bjson\": 2, \"ids\": [\n"
    " {\"type\": \"Object\", \"name\": \"Cube\", \"properties\": {\n"
    "   \"location\": {\"$vector\": \"f32\", \"data\": [0.1, 0.2, 0.3]},\n"
    "   \"data\": {\"$ref\": 1}, \"mass\": 2.50, \"id\": {\"$u64\": \"18446744073709551615\"}}},\n"
    " {\"type\": \"Mesh\", \"name\": \"Cube mesh\", \"properties\": {\n"
    "   \"position\": {\"$large\": \"f32\", \"n\": 3, \"data\": [0, 0, 0, 1, 0, 0]}}}]}";

static w3d_result print(void *user, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, (FILE *)user) == size ? W3D_OK : W3D_ERR_ACCESS;
}

/* Makes a file of a text and says what is wrong with it where that fails. */
static unsigned char *read_text(const char *text, size_t *size)
{
    w3d_bjson_from_json_desc desc = { 0 };
    unsigned char *bytes = NULL;
    w3d_error error;
    desc.text = text;
    desc.size = strlen(text);
    desc.memory_limit = 1 << 20; /* the text may come from anyone */
    if (w3d_bjson_from_json(&desc, &bytes, size, &error) != W3D_OK)
        printf("refused at byte %d: %s\n", (int)error.offset, error.text);
    return bytes;
}

int main(void)
{
    size_t size;
    unsigned char *bytes = read_text(scene, &size);
    if (!bytes) return 1;
    printf("%d bytes of JSON became %d of BJSON\n", (int)sizeof scene - 1, (int)size);

    /* The same floats as any BJSON file has: in place, ready for a GPU. */
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view view;
    float location[3];
    if (w3d_bjson_read(bytes, size, &file, NULL) != W3D_OK) return 1;
    if (w3d_bjson_id_at(&file, 0, &id) == W3D_OK && w3d_bjson_get(&id, "location", &view) &&
        w3d_bjson_to_f32(&view, location, 3))
        printf("%s is at %g %g %g\n", id.name, location[0], location[1], location[2]);

    /* Floats are spelt as short as they can be: 0.1, which as a double would be 0.10000000149. */
    w3d_bjson_to_json_desc desc = { 0 };
    desc.file = &file;
    desc.sink.write = print;
    desc.sink.user = stdout;
    desc.indent = 1;
    if (w3d_bjson_to_json(&desc, NULL) != W3D_OK) return 1;
    printf("\n");

    w3d_allocator allocator = { 0 };
    w3d_allocator_resize(&allocator, bytes, size, 0);
    read_text(
        "{\"bjson\": 2, \"ids\": [{\"type\": \"Object\", \"properties\": {\"a\": {\"$ref\": 5}}}]}",
        &size);
    return 0;
}
