/* bench_gltf.c - a GLB of a million triangles made here, opened and unpacked, beside three.js's
 * GLTFLoader in node; and the JSON reader on a scene of 40,000 nodes beside node's JSON.parse. */
#include "bench.h"

#include "asset/gltf_scene.h"
#include "core/bytes.h"

#define GLB_PATH  "build/bench/million.glb"
#define JSON_PATH "build/bench/nodes.json"
enum { SIDE = 708, VERTICES = (SIDE + 1) * (SIDE + 1), TRIANGLES = 2 * SIDE * SIDE };

typedef struct bench_file {
    unsigned char *bytes;
    size_t         size;
    unsigned char *copy; /* where the limit copies to */
    size_t         copied;
} bench_file;

static int write_file(const char *path, const bench_file *file)
{
    FILE *out = fopen(path, "wb");
    int good = out && fwrite(file->bytes, 1, file->size, out) == file->size;
    if (out) fclose(out);
    return good;
}

/* A wavy grid with positions, normals, uvs and 32-bit indices, each array a buffer view. */
static bench_file make_million(void)
{
    char json[2000];
    size_t positions = (size_t)VERTICES * 12, uvs = (size_t)VERTICES * 8,
           indices = (size_t)TRIANGLES * 12;
    size_t binary = 2 * positions + uvs + indices;
    int length = snprintf(
        json, sizeof json,
        "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{"
        "\"mesh\":0}],"
        "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"NORMAL\":1,\"TEXCOORD_0\":"
        "2},\"indices\":3}]}],"
        "\"buffers\":[{\"byteLength\":%zu}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":%zu},"
        "{\"buffer\":0,\"byteOffset\":%zu,\"byteLength\":%zu},{\"buffer\":0,\"byteOffset\":%zu,"
        "\"byteLength\":%zu},"
        "{\"buffer\":0,\"byteOffset\":%zu,\"byteLength\":%zu}],\"accessors\":["
        "{\"bufferView\":0,\"componentType\":5126,\"count\":%d,\"type\":\"VEC3\",\"min\":[0,0,-1],"
        "\"max\":[1,1,1]},"
        "{\"bufferView\":1,\"componentType\":5126,\"count\":%d,\"type\":\"VEC3\"},"
        "{\"bufferView\":2,\"componentType\":5126,\"count\":%d,\"type\":\"VEC2\"},"
        "{\"bufferView\":3,\"componentType\":5125,\"count\":%d,\"type\":\"SCALAR\"}]}",
        binary, positions, positions, positions, 2 * positions, uvs, 2 * positions + uvs, indices,
        (int)VERTICES, (int)VERTICES, (int)VERTICES, 3 * (int)TRIANGLES);
    while (length % 4) json[length++] = ' ';
    bench_file file;
    file.size = 12 + 8 + (size_t)length + 8 + binary;
    file.bytes = (unsigned char *)malloc(file.size);
    file.copy = (unsigned char *)malloc(file.size);
    unsigned char *at = file.bytes;
    memcpy(at, "glTF", 4);
    w3d_store_u32(at + 4, 2);
    w3d_store_u32(at + 8, (uint32_t)file.size);
    w3d_store_u32(at + 12, (uint32_t)length);
    memcpy(at + 16, "JSON", 4);
    memcpy(at + 20, json, (size_t)length);
    at += 20 + length;
    w3d_store_u32(at, (uint32_t)binary);
    memcpy(at + 4, "BIN\0", 4);
    at += 8;
    for (int i = 0; i < VERTICES; i++) {
        float x = (float)(i % (SIDE + 1)) / SIDE, y = (float)(i / (SIDE + 1)) / SIDE;
        float position[3] = { x, y, x * y * (1 - x) }, normal[3] = { 0, 0, 1 },
              uv[2] = { x, 1 - y };
        memcpy(at + 12 * (size_t)i, position, 12);
        memcpy(at + positions + 12 * (size_t)i, normal, 12);
        memcpy(at + 2 * positions + 8 * (size_t)i, uv, 8);
    }
    at += 2 * positions + uvs;
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        uint32_t corner = i / SIDE * (SIDE + 1) + i % SIDE, below = corner + SIDE + 1;
        uint32_t two[6] = { corner, corner + 1, below, corner + 1, below + 1, below };
        memcpy(at + 24 * (size_t)i, two, 24);
    }
    memset(file.copy, 1, file.size);
    file.copied = indices;
    return file;
}

static bench_file make_nodes(void)
{
    enum { COUNT = 40000, ROOM = 300 };
    bench_file file;
    file.bytes = (unsigned char *)malloc((size_t)COUNT * ROOM);
    file.copy = (unsigned char *)malloc((size_t)COUNT * ROOM);
    file.size = (size_t)sprintf((char *)file.bytes, "{\"asset\":{\"version\":\"2.0\"},\"nodes\":[");
    for (int i = 0; i < COUNT; i++) {
        double turn = i * 0.001;
        file.size += (size_t)sprintf((char *)file.bytes + file.size,
            "%s{\"name\":\"Object.%05d\",\"mesh\":%d,\"translation\":[%.9g,%.9g,%.9g],"
            "\"rotation\":[0,%.17g,0,%.17g],\"extras\":{\"id\":%d,\"visible\":true}}",
            i ? "," : "", i, i % 100, turn * 3, -turn, turn * turn, turn / 50, 1 - turn / 100,
            i * 7);
    }
    file.size += (size_t)sprintf((char *)file.bytes + file.size, "]}");
    memset(file.copy, 1, file.size);
    file.copied = file.size;
    return file;
}

static void open_views(void *user)
{
    bench_file *file = (bench_file *)user;
    w3d_gltf_desc desc;
    w3d_gltf gltf;
    memset(&desc, 0, sizeof desc);
    desc.bytes = file->bytes;
    desc.size = file->size;
    if (w3d_gltf_open(&desc, &gltf, NULL) != W3D_OK) abort();
    bench_keep(gltf.accessors[0].data);
    w3d_gltf_close(&gltf);
}

static void open_checked(void *user)
{
    bench_file *file = (bench_file *)user;
    w3d_gltf_desc desc;
    w3d_gltf gltf;
    memset(&desc, 0, sizeof desc);
    desc.bytes = file->bytes;
    desc.size = file->size;
    if (w3d_gltf_open(&desc, &gltf, NULL) != W3D_OK) abort();
    if (w3d_gltf_accessor_check(&gltf.accessors[3], VERTICES, NULL) != W3D_OK) abort();
    w3d_gltf_close(&gltf);
}

static void load_scene(void *user)
{
    bench_file *file = (bench_file *)user;
    w3d_gltf_desc desc;
    w3d_asset_scene scene;
    memset(&desc, 0, sizeof desc);
    desc.bytes = file->bytes;
    desc.size = file->size;
    if (w3d_gltf_scene_load(&desc, &scene, NULL) != W3D_OK) abort();
    bench_keep(scene.meshes[0].positions);
    w3d_asset_scene_destroy(&scene);
}

static void parse_json(void *user)
{
    bench_file *file = (bench_file *)user;
    w3d_json_desc desc;
    w3d_json json;
    memset(&desc, 0, sizeof desc);
    desc.text = file->bytes;
    desc.size = file->size;
    if (w3d_json_open(&desc, &json, NULL) != W3D_OK) abort();
    bench_keep(json.nodes);
    w3d_json_close(&json);
}

static void copy_bytes(void *user)
{
    bench_file *file = (bench_file *)user;
    memcpy(file->copy, file->bytes, file->copied);
    bench_keep(file->copy);
}

static void run(const char *name, const char *unit, double work, void (*ours)(void *),
                const char *peer_name, const char *peer, const char *limit, bench_file *file)
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name, row.unit = unit, row.work = work;
    row.ours.run = ours;
    row.peer.name = peer ? peer_name : NULL, row.peer.command = peer;
    row.limit.name = limit, row.limit.run = limit ? copy_bytes : NULL;
    row.user = file;
    bench_run(&row);
}

void bench_gltf(void);
void bench_gltf(void)
{
    const char *three = NULL, *parse = NULL;
    bench_file file = make_million(), text = make_nodes();
    if (write_file(GLB_PATH, &file) && write_file(JSON_PATH, &text) &&
        !system("node --version > /dev/null 2>&1")) {
        parse = "node bench/peers/gltf_three.mjs --json " JSON_PATH;
        FILE *there = fopen("build/node_modules/three/package.json", "rb");
        if (there) {
            fclose(there);
            three = "node bench/peers/gltf_three.mjs " GLB_PATH;
        }
    }
    bench_title("glTF: a GLB of a million triangles, 28 MB");
    double million = TRIANGLES / 1e6;
    run("GLB opened, arrays used in place", "Mtri/s", million, open_views, "GLTFLoader", three,
        NULL, &file);
    run("GLB opened, indices checked", "Mtri/s", million, open_checked, "GLTFLoader", three,
        "memcpy of the indices", &file);
    file.copied = file.size;
    run("GLB to a scene of its own", "Mtri/s", million, load_scene, "GLTFLoader", three,
        "memcpy of the file", &file);
    run("JSON of 40,000 nodes", "MB/s", (double)text.size / 1e6, parse_json, "JSON.parse", parse,
        "memcpy", &text);
    free(file.bytes), free(file.copy);
    free(text.bytes), free(text.copy);
}
