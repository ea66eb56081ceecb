/* test_png_write.c - files taken apart by a small reader and compared pixel by pixel. */
#include "test.h"

#include "image/png_write.h"
#include "pack/crc32.h"
#include "pack/inflate.h"

static uint32_t big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bit by bit, so that the writer's checksums are not judged by themselves. */
static uint32_t slow_crc(const uint8_t *bytes, size_t size)
{
    uint32_t state = ~0u;
    for (size_t i = 0; i < size; i++) {
        state ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) state = state & 1 ? state >> 1 ^ 0xEDB88320u : state >> 1;
    }
    return ~state;
}

/* What a reader finds in a file. */
typedef struct picture {
    uint32_t width, height, channels;
    int has_srgb;
    unsigned filters[5]; /* rows that use each */
    uint8_t *pixels;     /* packed; free it */
} picture;

static int paeth(int a, int b, int c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    if (pa <= pb && pa <= pc) return a;
    return pb <= pc ? b : c;
}

/* Reads a file as the PNG specification says; 1 where every byte is as it must be. */
static int read_png(const uint8_t *file, size_t size, picture *out)
{
    static const uint32_t channels_of[7] = { 1, 0, 3, 0, 2, 0, 4 };
    const uint8_t *packed = NULL;
    size_t packed_size = 0;
    memset(out, 0, sizeof *out);
    if (size < 8 || memcmp(file, "\x89PNG\r\n\x1A\n", 8) != 0) return 0;
    for (size_t at = 8; at < size;) {
        if (size - at < 12 || big(file + at) > size - at - 12) return 0;
        uint32_t length = big(file + at);
        const uint8_t *name = file + at + 4, *data = name + 4;
        if (big(data + length) != slow_crc(name, length + 4)) return 0;
        if (!memcmp(name, "IHDR", 4)) {
            if (at != 8 || length != 13 || data[8] != 8 || data[9] > 6) return 0;
            if (data[10] || data[11] || data[12]) return 0;
            out->width = big(data);
            out->height = big(data + 4);
            out->channels = channels_of[data[9]];
        } else if (!memcmp(name, "sRGB", 4)) {
            if (length != 1 || data[0] != 0 || packed) return 0;
            out->has_srgb = 1;
        } else if (!memcmp(name, "IDAT", 4)) {
            if (packed) return 0;
            packed = data;
            packed_size = length;
        } else if (!memcmp(name, "IEND", 4)) {
            if (length || at + 12 != size) return 0;
        } else {
            return 0;
        }
        at += 12 + length;
    }
    if (!packed || !out->channels) return 0;

    size_t row = (size_t)out->width * out->channels, total = (row + 1) * out->height, written = 0;
    uint8_t *filtered = (uint8_t *)malloc(total);
    uint8_t *pixels = (uint8_t *)malloc(row * out->height);
    w3d_inflate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.src = packed;
    desc.src_size = packed_size;
    desc.dst = filtered;
    desc.capacity = total;
    int good = w3d_inflate(&desc, &written, NULL, NULL) == W3D_OK && written == total;
    for (size_t y = 0; good && y < out->height; y++) {
        unsigned filter = filtered[y * (row + 1)];
        if (filter > 4) {
            good = 0;
            break;
        }
        out->filters[filter]++;
        for (size_t x = 0; x < row; x++) {
            uint8_t *pixel = pixels + y * row + x;
            int a = x >= out->channels ? pixel[-(ptrdiff_t)out->channels] : 0;
            int b = y ? *(pixel - row) : 0;
            int c = x >= out->channels && y ? *(pixel - row - out->channels) : 0;
            int expected = filter == 1   ? a
                           : filter == 2 ? b
                           : filter == 3 ? (a + b) / 2
                           : filter == 4 ? paeth(a, b, c)
                                         : 0;
            *pixel = (uint8_t)(filtered[y * (row + 1) + 1 + x] + expected);
        }
    }
    free(filtered);
    out->pixels = pixels;
    return good;
}

/* Writes with exactly the memory that is asked for; gives the file, or NULL. */
static uint8_t *write_png(const w3d_image_view *image, w3d_deflate_level level, int untagged,
                          size_t *size)
{
    size_t bound = w3d_png_write_bound(image), scratch_size = w3d_png_write_scratch_size(image);
    uint8_t *file = (uint8_t *)malloc(bound + 1);
    void *scratch = malloc(scratch_size);
    w3d_png_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.image = *image;
    desc.dst = file;
    desc.capacity = bound;
    desc.level = level;
    desc.untagged = untagged;
    file[bound] = 0xEE;
    w3d_result result = w3d_png_write(&desc, size, w3d_arena_make(scratch, scratch_size), NULL);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_result_text(result));
    CHECK(file[bound] == 0xEE);
    free(scratch);
    if (result == W3D_OK) return file;
    free(file);
    return NULL;
}

static void check_picture(const w3d_image_view *image, w3d_deflate_level level)
{
    size_t size = 0, row = (size_t)image->width * image->channels;
    picture back;
    uint8_t *file = write_png(image, level, 0, &size);
    if (!file) return;
    int good = read_png(file, size, &back);
    CHECK_MESSAGE(good && back.has_srgb && back.width == image->width &&
                      back.height == image->height && back.channels == image->channels,
                  "%u x %u, %u channels", image->width, image->height, image->channels);
    if (good)
        for (size_t y = 0; y < image->height; y++)
            CHECK_BYTES(back.pixels + y * row, image->pixels + y * w3d_image_stride(image), row);
    free(back.pixels);
    free(file);
}

static void every_shape(void)
{
    static uint8_t pixels[40 * 200];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)test_random();
    for (uint32_t channels = 1; channels <= 4; channels++)
        for (uint32_t width = 1; width <= 40; width += width < 6 ? 1 : 17)
            for (uint32_t height = 1; height <= 30; height += height < 4 ? 1 : 13)
                for (uint32_t gap = 0; gap < 3; gap++) {
                    w3d_image_view image;
                    image.pixels = pixels + gap;
                    image.width = width;
                    image.height = height;
                    image.channels = channels;
                    image.stride = gap ? width * channels + gap - 1 : 0;
                    check_picture(&image, gap == 2 ? W3D_DEFLATE_STORED : W3D_DEFLATE_FAST);
                }
}

/* Pictures each filter is made for; the writer finds it. */
static void every_filter(void)
{
    enum { SIDE = 64 };
    static uint8_t pixels[SIDE * SIDE * 3];
    for (unsigned filter = 0; filter < 5; filter++) {
        w3d_image_view image;
        image.pixels = pixels;
        image.width = image.height = SIDE;
        image.channels = 3;
        image.stride = 0;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                for (int c = 0; c < 3; c++) {
                    uint8_t *pixel = pixels + (y * SIDE + x) * 3 + c;
                    int left = x ? pixel[-3] : 0, up = y ? *(pixel - 3 * SIDE) : 0;
                    int small = (int)test_random_below(3) - 1;
                    switch (filter) {
                    case 0: *pixel = (uint8_t)(test_random_below(20) == 0 ? 255 : small & 3); break;
                    case 1:
                        *pixel = (uint8_t)(x ? left + small : (int)test_random_below(256));
                        break;
                    case 2: *pixel = (uint8_t)(y ? up + small : (int)test_random_below(256)); break;
                    case 3:
                        *pixel = (uint8_t)(x && y ? (left + up) / 2 + small
                                                  : (int)test_random_below(256));
                        break;
                    default: *pixel = (uint8_t)(7 * (x > y ? x : y)); break;
                    }
                }
        size_t size = 0;
        picture back;
        uint8_t *file = write_png(&image, W3D_DEFLATE_GOOD, 0, &size);
        CHECK(file && read_png(file, size, &back));
        CHECK_MESSAGE(back.filters[filter] > SIDE / 2, "filter %u: %u rows of %d", filter,
                      back.filters[filter], SIDE);
        CHECK_BYTES(back.pixels, pixels, sizeof pixels);
        free(back.pixels);
        free(file);
    }
}

static void make_scene(uint8_t *pixels, uint32_t side)
{
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++) {
            uint8_t *pixel = pixels + (y * side + x) * 4;
            uint32_t u = x * 2 - side, v = y * 2 - side, square = u * u + v * v;
            int inside = square < side * side * 3 / 4;
            pixel[0] = (uint8_t)(inside ? 255 - square * 200 / (side * side) : 40);
            pixel[1] = (uint8_t)(inside ? x * 255 / side : 44);
            pixel[2] = (uint8_t)(inside ? y * 255 / side : 52);
            pixel[3] = (uint8_t)(inside ? 255 : 0);
        }
}

static void levels_and_same_bytes(void)
{
    enum { SIDE = 200 };
    static uint8_t pixels[SIDE * SIDE * 4];
    /* The same bytes on every target: these sums were made on x86-64. */
    static const uint32_t expected[4] = { 0x06D569CDu, 0xE9E4DF30u, 0xA1006F52u, 0xE9168057u };
    size_t sizes[4];
    make_scene(pixels, SIDE);
    w3d_image_view image;
    image.pixels = pixels;
    image.width = image.height = SIDE;
    image.channels = 4;
    image.stride = 0;
    for (int level = 0; level < 4; level++) {
        uint8_t *file = write_png(&image, (w3d_deflate_level)level, 0, &sizes[level]);
        uint32_t sum = file ? w3d_crc32(0, file, sizes[level]) : 0;
        CHECK_MESSAGE(sum == expected[level], "level %d: %zu bytes, checksum 0x%08X", level,
                      sizes[level], (unsigned)sum);
        free(file);
        check_picture(&image, (w3d_deflate_level)level);
    }
    CHECK(sizes[W3D_DEFLATE_SMALL] <= sizes[W3D_DEFLATE_GOOD] + 50);
    CHECK(sizes[W3D_DEFLATE_GOOD] <= sizes[W3D_DEFLATE_FAST]);
    CHECK(sizes[W3D_DEFLATE_FAST] < sizes[W3D_DEFLATE_STORED] / 4);
}

static void untagged(void)
{
    uint8_t pixel[1] = { 7 };
    w3d_image_view image = { NULL, 1, 1, 1, 0 };
    size_t tagged_size = 0, size = 0;
    picture back;
    image.pixels = pixel;
    uint8_t *tagged = write_png(&image, W3D_DEFLATE_GOOD, 0, &tagged_size);
    uint8_t *plain = write_png(&image, W3D_DEFLATE_GOOD, 1, &size);
    CHECK(size == tagged_size - 13);
    CHECK(read_png(plain, size, &back) && !back.has_srgb && back.pixels[0] == 7);
    free(back.pixels);
    free(plain);
    free(tagged);
}

static void every_capacity(void)
{
    uint8_t pixels[6 * 5 * 3];
    w3d_image_view image = { NULL, 6, 5, 3, 0 };
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i);
    image.pixels = pixels;
    size_t size = 0, scratch_size = w3d_png_write_scratch_size(&image);
    uint8_t *file = write_png(&image, W3D_DEFLATE_GOOD, 0, &size);
    void *scratch = malloc(scratch_size);
    for (size_t capacity = 0; capacity <= size; capacity++) {
        uint8_t *dst = (uint8_t *)malloc(capacity + 1);
        w3d_png_write_desc desc;
        size_t written = 12345;
        memset(&desc, 0, sizeof desc);
        desc.image = image;
        desc.dst = dst;
        desc.capacity = capacity;
        dst[capacity] = 0xEE;
        w3d_result result =
            w3d_png_write(&desc, &written, w3d_arena_make(scratch, scratch_size), NULL);
        if (capacity < size)
            CHECK(result == W3D_ERR_CAPACITY && written == 12345);
        else
            CHECK(result == W3D_OK && written == size && !memcmp(dst, file, size));
        CHECK(dst[capacity] == 0xEE);
        free(dst);
    }
    w3d_png_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.image = image;
    desc.dst = file;
    desc.capacity = size;
    for (size_t less = 16; less <= scratch_size; less += less + 1000 < scratch_size ? 1000 : 1) {
        w3d_arena small = w3d_arena_make(scratch, scratch_size - less);
        CHECK(w3d_png_write(&desc, &size, small, NULL) == W3D_ERR_CAPACITY);
    }
    free(scratch);
    free(file);
}

static void refused(void)
{
    uint8_t pixel[4] = { 0 }, dst[200];
    size_t written = 7, scratch_size;
    w3d_png_write_desc good, desc;
    w3d_error error;
    memset(&good, 0, sizeof good);
    good.image.pixels = pixel;
    good.image.width = good.image.height = good.image.channels = 1;
    good.dst = dst;
    good.capacity = sizeof dst;
    scratch_size = w3d_png_write_scratch_size(&good.image);
    void *memory = malloc(scratch_size);
    w3d_arena scratch = w3d_arena_make(memory, scratch_size);
#define CHECK_REFUSED(change, wanted)                                                              \
    do {                                                                                           \
        desc = good;                                                                               \
        change;                                                                                    \
        memset(&error, 0, sizeof error);                                                           \
        CHECK_MESSAGE(w3d_png_write(&desc, &written, scratch, &error) == (wanted) &&               \
                          error.code == (wanted) && error.text && written == 7,                    \
                      "%s", #change);                                                              \
    } while (0)
    CHECK_REFUSED(desc.image.pixels = NULL, W3D_ERR_ARGUMENT);
    CHECK_REFUSED(desc.dst = NULL, W3D_ERR_ARGUMENT);
    CHECK_REFUSED(desc.image.channels = 0, W3D_ERR_ARGUMENT);
    CHECK_REFUSED(desc.image.channels = 5, W3D_ERR_ARGUMENT);
    CHECK_REFUSED(desc.level = (w3d_deflate_level)4, W3D_ERR_ARGUMENT);
    CHECK_REFUSED((desc.image.width = 3, desc.image.stride = 2), W3D_ERR_ARGUMENT);
    CHECK_REFUSED((desc.image.width = 0x40000001u, desc.image.channels = 4, desc.image.stride = 4),
                  W3D_ERR_ARGUMENT);
    CHECK_REFUSED(desc.image.width = 0, W3D_ERR_RANGE);
    CHECK_REFUSED(desc.image.height = 0, W3D_ERR_RANGE);
    CHECK_REFUSED(desc.image.width = 0x80000000u, W3D_ERR_RANGE);
    CHECK_REFUSED(desc.image.height = UINT32_MAX, W3D_ERR_RANGE);
    CHECK(w3d_png_write(NULL, &written, scratch, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_png_write(&good, NULL, scratch, NULL) == W3D_ERR_ARGUMENT);
    /* The largest that the format holds: it fits no size_t, and that is noticed. */
    CHECK_REFUSED((desc.image.width = desc.image.height = 0x7FFFFFFFu, desc.image.channels = 4),
                  W3D_ERR_LIMIT);
    desc = good;
    desc.image.width = 0;
    CHECK(w3d_png_write_bound(&desc.image) == SIZE_MAX);
    CHECK(w3d_png_write_scratch_size(&desc.image) == SIZE_MAX);
    CHECK(w3d_png_write(&good, &written, scratch, NULL) == W3D_OK);
    free(memory);
}

void test_png_write(void)
{
    RUN(every_shape);
    RUN(every_filter);
    RUN(levels_and_same_bytes);
    RUN(untagged);
    RUN(every_capacity);
    RUN(refused);
}
