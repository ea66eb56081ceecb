/* vectors_read.c - what the library says of BJSON files; tests/test_vectors.py builds and runs it.
 *
 *     vectors_read OUT < names          a file's path a line
 *
 * OUT/NAME.txt gets the file as JSON, or the name of the error and its offset; OUT/NAME.bjson the
 * file that is made from that JSON; OUT/NAME.seal the results of checking hash and signature. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/allocator.h"
#include "scene/bjson_from_json.h"
#include "scene/bjson_read.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_to_json.h"

#define NAME_OF(name, text) "W3D_" #name,
static const char *const names[] = { W3D_RESULT_LIST(NAME_OF) };

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) return NULL;
    fseek(stream, 0, SEEK_END);
    *size = (size_t)ftell(stream);
    rewind(stream);
    unsigned char *bytes = malloc(*size + 1); /* exactly as long, so that tools see reads beyond */
    if (bytes && fread(bytes, 1, *size, stream) != *size) *size = 0;
    fclose(stream);
    return bytes ? realloc(bytes, *size ? *size : 1) : NULL;
}

static int write_file(const char *folder, const char *name, const char *extension,
                      const void *bytes, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, extension);
    FILE *stream = fopen(path, "wb");
    if (!stream) return 0;
    int good = fwrite(bytes, 1, size, stream) == size;
    return fclose(stream) == 0 && good;
}

static int say(const char *folder, const char *name, w3d_result result, const w3d_error *error)
{
    char line[256];
    int size =
        snprintf(line, sizeof line, "%s %llu", names[result], (unsigned long long)error->offset);
    return write_file(folder, name, "txt", line, (size_t)size);
}

/* Whether hash and signature hold, with the key of tests/bjson_assembler.py. */
static int seal(const char *folder, const char *name, const w3d_bjson *file)
{
    static const char key[] = "the key of the vectors";
    char line[128];
    int size = snprintf(line, sizeof line, "%s %s", names[w3d_bjson_hash_check(file)],
                        names[w3d_bjson_sign_check(file, key, sizeof key - 1, 7)]);
    return write_file(folder, name, "seal", line, (size_t)size);
}

/* One file, whose name without folder and extension is `name`. */
static int one(const char *folder, const char *name, const unsigned char *bytes, size_t size)
{
    w3d_error error = { W3D_OK, 0, NULL };
    w3d_bjson file;
    w3d_result result = w3d_bjson_read(bytes, size, &file, &error);
    if (result != W3D_OK) return say(folder, name, result, &error);

    w3d_sink_buffer text = { NULL, 0, 0 };
    w3d_bjson_to_json_desc desc = { &file, { NULL, NULL }, 0, 0 };
    desc.sink = w3d_sink_to_buffer(&text);
    result = w3d_bjson_to_json(&desc, &error);
    text.bytes = malloc(text.size + 1);
    text.capacity = text.size;
    text.size = 0;
    if (result == W3D_OK) result = w3d_bjson_to_json(&desc, &error);
    int good = result == W3D_OK ? write_file(folder, name, "txt", text.bytes, text.size)
                                : say(folder, name, result, &error);
    good &= seal(folder, name, &file);

    w3d_bjson_from_json_desc back;
    memset(&back, 0, sizeof back);
    back.text = text.bytes;
    back.size = text.size;
    unsigned char *again;
    size_t again_size;
    if (result == W3D_OK) {
        result = w3d_bjson_from_json(&back, &again, &again_size, &error);
        if (result != W3D_OK) {
            fprintf(stderr, "%s: its JSON is refused: %s (byte %llu)\n", name, error.text,
                    (unsigned long long)error.offset);
            good = 0;
        } else {
            good &= write_file(folder, name, "bjson", again, again_size);
            w3d_allocator_resize(&back.allocator, again, again_size, 0);
        }
    }
    free(text.bytes);
    return good;
}

int main(int count, char **arguments)
{
    char path[1024];
    int good = count == 2;
    while (good && fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        char name[1024];
        const char *slash = strrchr(path, '/');
        snprintf(name, sizeof name, "%s", slash ? slash + 1 : path);
        char *dot = strrchr(name, '.');
        if (dot) *dot = 0;
        size_t size;
        unsigned char *bytes = read_file(path, &size);
        good = bytes && one(arguments[1], name, bytes, size);
        if (!good) fprintf(stderr, "%s: failed\n", path);
        free(bytes);
    }
    return good ? 0 : 1;
}
