/* bench_pack.c - checksums, hashes and deflate beside zlib and memcpy.
 *
 * Two inputs: this library's own header, and the filtered rows of a lit ball on a ground with some
 * noise, as a PNG writer hands them over. The compression rows name the size in zlib's. */
#include "bench.h"

#include "image/png_write.h"
#include "pack/crc32.h"
#include "pack/crc32c.h"
#include "pack/deflate.h"
#include "pack/inflate.h"
#include "pack/sha256.h"

#if BENCH_ZLIB
#include <zlib.h>
#endif

typedef struct input {
    const char *name;
    uint8_t *bytes, *copy;         /* [size] */
    uint8_t *packed;               /* [capacity] */
    size_t size, packed_size, capacity;
    void *scratch;
    size_t scratch_size;
    w3d_deflate_level level;
    int zlib_level;
    w3d_image_view image;
} input;

/* Nothing a bench does may fail; where it does, its figures mean nothing. */
static void demand(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "bench_pack: %s failed\n", what);
    exit(1);
}

static void run_copy(void *user)
{
    input *in = (input *)user;
    memcpy(in->copy, in->bytes, in->size);
    bench_keep(in->copy);
}
static void run_crc32(void *user)
{
    input *in = (input *)user;
    uint32_t sum = w3d_crc32(0, in->bytes, in->size);
    bench_keep(&sum);
}
static void run_crc32c(void *user)
{
    input *in = (input *)user;
    uint32_t sum = w3d_crc32c(0, in->bytes, in->size);
    bench_keep(&sum);
}
static void run_sha256(void *user)
{
    input *in = (input *)user;
    uint8_t hash[32];
    w3d_sha256(in->bytes, in->size, hash);
    bench_keep(hash);
}
static void run_deflate(void *user)
{
    input *in = (input *)user;
    w3d_deflate_desc desc = { 0 };
    desc.src = in->bytes;
    desc.src_size = in->size;
    desc.dst = in->packed;
    desc.capacity = in->capacity;
    desc.level = in->level;
    w3d_arena scratch = w3d_arena_make(in->scratch, in->scratch_size);
    demand(w3d_deflate(&desc, &in->packed_size, scratch, NULL) == W3D_OK, "deflate");
}
static void run_inflate(void *user)
{
    input *in = (input *)user;
    w3d_inflate_desc desc = { 0 };
    desc.src = in->packed;
    desc.src_size = in->packed_size;
    desc.dst = in->copy;
    desc.capacity = in->size;
    demand(w3d_inflate(&desc, NULL, NULL, NULL) == W3D_OK, "inflate");
}
static void run_png(void *user)
{
    input *in = (input *)user;
    w3d_png_write_desc desc = { 0 };
    desc.image = in->image;
    desc.dst = in->packed;
    desc.capacity = in->capacity;
    desc.level = in->level;
    w3d_arena scratch = w3d_arena_make(in->scratch, in->scratch_size);
    demand(w3d_png_write(&desc, &in->packed_size, scratch, NULL) == W3D_OK, "png_write");
}

#if BENCH_ZLIB
static void run_zlib_crc32(void *user)
{
    input *in = (input *)user;
    uLong sum = crc32(0, in->bytes, (uInt)in->size);
    bench_keep(&sum);
}
static size_t zlib_pack(const input *in)
{
    uLongf size = in->capacity;
    demand(compress2(in->packed, &size, in->bytes, in->size, in->zlib_level) == Z_OK, "compress2");
    return size;
}
static void run_zlib_deflate(void *user)
{
    zlib_pack((input *)user);
}
static void run_zlib_inflate(void *user)
{
    input *in = (input *)user;
    uLongf size = in->size;
    demand(uncompress(in->copy, &size, in->packed, in->packed_size) == Z_OK, "uncompress");
}
#endif

/* A picture of `side` pixels squared in RGBA: what a thumbnail looks like. */
static uint8_t *make_picture(uint32_t side)
{
    uint8_t *pixels = (uint8_t *)malloc((size_t)side * side * 4);
    uint32_t random = 1;
    demand(pixels != NULL, "malloc");
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++) {
            double u = 2.5 * x / side - 1.25, v = 2.5 * y / side - 1.25, square = u * u + v * v;
            uint8_t *pixel = pixels + ((size_t)y * side + x) * 4;
            random = random * 1664525u + 1013904223u;
            int is_ball = square < 1;
            double ball = 0.9 - 0.5 * (u + 0.4) * (u + 0.4) - 0.4 * (v + 0.5) * (v + 0.5);
            double ground = 0.12 + 0.04 * v + (random >> 24) * (v > 0.3 ? 4e-5 : 0);
            double light = is_ball ? ball : ground;
            for (int c = 0; c < 3; c++) pixel[c] = (uint8_t)(255 * light * (1 - 0.2 * c * is_ball));
            pixel[3] = 255;
        }
    return pixels;
}

static void make_room(input *in, size_t scratch_size)
{
    in->capacity = w3d_deflate_bound(in->size) + 100;
    in->scratch_size = scratch_size;
    in->copy = (uint8_t *)malloc(in->size);
    in->packed = (uint8_t *)malloc(in->capacity);
    in->scratch = malloc(in->scratch_size);
    demand(in->copy && in->packed && in->scratch, "malloc");
}

/* The rows as the PNG writer filters them: taken out of a file it wrote. */
static input filtered_input(uint8_t *pixels, uint32_t side)
{
    input in = { 0 };
    in.name = "picture";
    in.image.pixels = pixels;
    in.image.width = in.image.height = side;
    in.image.channels = 4;
    in.size = (size_t)side * (side * 4 + 1);
    in.level = W3D_DEFLATE_STORED;
    make_room(&in, w3d_png_write_scratch_size(&in.image));
    run_png(&in);
    in.bytes = (uint8_t *)malloc(in.size);
    w3d_inflate_desc desc = { 0 };
    desc.src = in.packed + 54; /* behind signature, IHDR, sRGB and the head of IDAT */
    desc.src_size = in.packed_size - 54;
    desc.dst = in.bytes;
    desc.capacity = in.size;
    demand(in.bytes && w3d_inflate(&desc, NULL, NULL, NULL) == W3D_OK, "reading the rows back");
    return in;
}

static input text_input(void)
{
    input in = { 0 };
    FILE *file = fopen("wasm3d.h", "rb");
    demand(file != NULL, "opening wasm3d.h; run from the repository's root");
    fseek(file, 0, SEEK_END);
    in.size = (size_t)ftell(file);
    rewind(file);
    in.name = "text";
    in.bytes = (uint8_t *)malloc(in.size);
    demand(in.bytes && fread(in.bytes, 1, in.size, file) == in.size, "reading wasm3d.h");
    fclose(file);
    make_room(&in, w3d_deflate_scratch_size());
    return in;
}

static void sum_row(const char *name, void (*run)(void *), void (*peer)(void *), input *in)
{
    bench_row row = { 0 };
    row.name = name;
    row.unit = "MB/s";
    row.work = (double)in->size / 1e6;
    row.user = in;
    row.ours.run = run;
    row.peer.run = peer;
    row.peer.name = peer ? "zlib" : NULL;
    row.limit.run = run_copy;
    row.limit.name = "memcpy";
    bench_run(&row);
}

static void level_rows(input *in, w3d_deflate_level level, const char *level_name, int zlib_level)
{
    char name[80], peer[32];
    bench_row row = { 0 };
    in->level = level;
    in->zlib_level = zlib_level;
    snprintf(name, sizeof name, "deflate %s, %s", level_name, in->name);
    snprintf(peer, sizeof peer, "zlib level %d", zlib_level);
    row.name = name;
    row.unit = "MB/s";
    row.work = (double)in->size / 1e6;
    row.user = in;
    row.rounds = 5;
    row.ours.run = run_deflate;
#if BENCH_ZLIB
    double theirs = (double)zlib_pack(in);
    run_deflate(in);
    snprintf(name, sizeof name, "deflate %s, %s, %.3f size", level_name, in->name,
             (double)in->packed_size / theirs);
    row.peer.run = run_zlib_deflate;
    row.peer.name = peer;
#endif
    bench_run(&row);
}

static void inflate_row(input *in)
{
    char name[80];
    bench_row row = { 0 };
    in->level = W3D_DEFLATE_GOOD;
    run_deflate(in);
    snprintf(name, sizeof name, "inflate, %s", in->name);
    row.name = name;
    row.unit = "MB/s";
    row.work = (double)in->size / 1e6;
    row.user = in;
    row.ours.run = run_inflate;
#if BENCH_ZLIB
    row.peer.run = run_zlib_inflate;
    row.peer.name = "zlib";
#endif
    row.limit.run = run_copy;
    row.limit.name = "memcpy";
    bench_run(&row);
}

void bench_pack(void);
void bench_pack(void)
{
    enum { SIDE = 512 };
    uint8_t *pixels = make_picture(SIDE);
    input inputs[2];
    inputs[0] = text_input();
    inputs[1] = filtered_input(pixels, SIDE);
    bench_title("pack: checksums, hashes, compression (size: ours / zlib's)");
#if BENCH_ZLIB
    sum_row("crc32", run_crc32, run_zlib_crc32, &inputs[1]);
#else
    sum_row("crc32", run_crc32, NULL, &inputs[1]);
#endif
    sum_row("crc32c", run_crc32c, NULL, &inputs[1]);
    sum_row("sha256", run_sha256, NULL, &inputs[1]);
    for (int i = 0; i < 2; i++) {
        level_rows(&inputs[i], W3D_DEFLATE_FAST, "fast", 1);
        level_rows(&inputs[i], W3D_DEFLATE_GOOD, "good", 6);
        level_rows(&inputs[i], W3D_DEFLATE_SMALL, "small", 9);
        inflate_row(&inputs[i]);
    }
    bench_row row = { 0 };
    row.name = "png_write, 512 x 512 RGBA";
    row.unit = "Mpixel/s";
    row.work = SIDE * SIDE / 1e6;
    row.user = &inputs[1];
    row.ours.run = run_png;
    inputs[1].level = W3D_DEFLATE_GOOD;
    bench_run(&row);
    for (int i = 0; i < 2; i++) {
        free(inputs[i].bytes);
        free(inputs[i].copy);
        free(inputs[i].packed);
        free(inputs[i].scratch);
    }
    free(pixels);
}
