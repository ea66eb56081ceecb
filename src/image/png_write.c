/* png_write.c - filters the rows, compresses them straight into the file, adds the checksums.
 *
 * Each row is filtered in all five ways, the one with the least sum of absolute differences is
 * kept. The two rows a filter looks at are copied between zeros first, so that the picture's
 * edges need no cases of their own. */
#include "image/png_write.h"

#include "core/bytes.h"
#include "core/size.h"
#include "pack/crc32.h"

enum {
    W3DI_PNG_WRITE_MARGIN = 16, /* zeros before a row: a pixel at least */
    W3DI_PNG_WRITE_OUTSIDE = 70 /* signature 8, IHDR 25, sRGB 13, IDAT's frame 12, IEND 12 */
};

/* What a filter expects a byte to be (PNG, 9.2), from those one pixel left, above, and both. */
W3D_INLINE int w3di_png_write_expect(unsigned filter, int left, int up, int corner)
{
    switch (filter) {
    case 1: return left;
    case 2: return up;
    case 3: return (left + up) >> 1;
    case 4: {
        int from_left = up - corner, from_up = left - corner, from_corner = from_left + from_up;
        if (from_left < 0) from_left = -from_left;
        if (from_up < 0) from_up = -from_up;
        if (from_corner < 0) from_corner = -from_corner;
        int nearer = from_up <= from_corner ? up : corner;
        return from_left <= from_up && from_left <= from_corner ? left : nearer;
    }
    default: return 0;
    }
}

/* Filters a row into `out`; gives the sum of the differences' magnitudes. */
W3D_INLINE uint64_t w3di_png_write_row(unsigned filter, const uint8_t *row, const uint8_t *above,
                                       size_t size, size_t pixel, uint8_t *out)
{
    const uint8_t *left = row - pixel, *corner = above - pixel;
    uint64_t sum = 0;
    for (size_t i = 0; i < size;) {
        size_t stop = size - i < 4096 ? size : i + 4096;
        uint32_t part = 0; /* narrow, so that compilers take many bytes at a time */
        for (; i < stop; i++) {
            int expected = w3di_png_write_expect(filter, left[i], above[i], corner[i]);
            uint8_t difference = (uint8_t)(row[i] - expected);
            out[i] = difference;
            part += difference < 128 ? difference : 256u - difference;
        }
        sum += part;
    }
    return sum;
}

/* The same for a filter known only at run time: five loops, none of which decides anything. */
static uint64_t w3di_png_write_filter(unsigned filter, const uint8_t *row, const uint8_t *above,
                                      size_t size, size_t pixel, uint8_t *out)
{
    switch (filter) {
    case 1: return w3di_png_write_row(1, row, above, size, pixel, out);
    case 2: return w3di_png_write_row(2, row, above, size, pixel, out);
    case 3: return w3di_png_write_row(3, row, above, size, pixel, out);
    case 4: return w3di_png_write_row(4, row, above, size, pixel, out);
    default: return w3di_png_write_row(0, row, above, size, pixel, out);
    }
}

/* Fills `filtered` with each row's filter and differences. `rows` has room for two rows with
 * their margins, which are zero. */
static void w3di_png_write_filter_all(const w3d_image_view *image, uint8_t *rows, uint8_t *filtered)
{
    size_t pixel = image->channels, size = image->width * pixel;
    uint8_t *above = rows + W3DI_PNG_WRITE_MARGIN;
    uint8_t *row = above + size + W3DI_PNG_WRITE_MARGIN;
    for (uint32_t y = 0; y < image->height; y++) {
        unsigned best = 0;
        uint64_t least = UINT64_MAX;
        w3d_copy(row, image->pixels + y * w3d_image_stride(image), size);
        for (unsigned filter = 0; filter < 5; filter++) {
            uint64_t sum = w3di_png_write_filter(filter, row, above, size, pixel, filtered + 1);
            if (sum >= least) continue;
            least = sum;
            best = filter;
        }
        if (best != 4) w3di_png_write_filter(best, row, above, size, pixel, filtered + 1);
        filtered[0] = (uint8_t)best;
        filtered += 1 + size;
        uint8_t *swap = above;
        above = row;
        row = swap;
    }
}

/* Closes a chunk whose `size` bytes of data stand at data[0]: length and name before them, the
 * checksum of name and data behind. Gives the end. */
static uint8_t *w3di_png_write_chunk(uint8_t *data, const char *name, size_t size)
{
    w3d_store_u32_big(data - 8, (uint32_t)size);
    w3d_copy(data - 4, name, 4);
    w3d_store_u32_big(data + size, w3d_crc32(0, data - 4, size + 4));
    return data + size + 4;
}

/* Bytes of the filtered rows, or 0 where the picture cannot be written. */
static size_t w3di_png_write_size(const w3d_image_view *image)
{
    size_t row, size;
    if (!image || image->width == 0 || image->height == 0 || image->width > 0x7FFFFFFFu ||
        image->height > 0x7FFFFFFFu || image->channels < 1 || image->channels > 4)
        return 0;
    if (!w3d_size_multiply(image->width, image->channels, &row) || !w3d_size_add(row, 1, &row) ||
        !w3d_size_multiply(row, image->height, &size))
        return 0;
    return size;
}

W3D_API size_t w3d_png_write_bound(const w3d_image_view *image)
{
    size_t filtered = w3di_png_write_size(image), bound;
    if (!filtered || !w3d_size_add(w3d_deflate_bound(filtered), W3DI_PNG_WRITE_OUTSIDE, &bound))
        return SIZE_MAX;
    return bound;
}

W3D_API size_t w3d_png_write_scratch_size(const w3d_image_view *image)
{
    size_t filtered = w3di_png_write_size(image);
    size_t total = w3d_deflate_scratch_size() + 2 * W3DI_PNG_WRITE_MARGIN;
    if (!filtered || !w3d_size_append(&total, (size_t)image->width * image->channels, 2) ||
        !w3d_size_add(total, filtered, &total))
        return SIZE_MAX;
    return total;
}

static w3d_result w3di_png_write_check(const w3d_png_write_desc *desc, const size_t *written,
                                       w3d_error *error)
{
    if (!desc || !written || !desc->image.pixels || (!desc->dst && desc->capacity))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer");
    const w3d_image_view *image = &desc->image;
    if (image->channels < 1 || image->channels > 4)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a picture has 1 to 4 channels");
    if ((unsigned)desc->level > W3D_DEFLATE_SMALL)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no such level of compression");
    if (image->width == 0 || image->height == 0)
        return w3d_error_set(error, W3D_ERR_RANGE, 0, "a PNG has one pixel at least");
    if (image->width > 0x7FFFFFFFu || image->height > 0x7FFFFFFFu)
        return w3d_error_set(error, W3D_ERR_RANGE, 0, "a PNG's sides are below 2^31");
    if (image->stride && image->stride < (uint64_t)image->width * image->channels)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "the stride is less than a row");
    size_t extent;
    if (w3d_png_write_scratch_size(image) == SIZE_MAX || w3d_png_write_bound(image) == SIZE_MAX ||
        !w3d_size_multiply(w3d_image_stride(image), image->height, &extent))
        return w3d_error_set(error, W3D_ERR_LIMIT, 0, "the picture does not fit into memory");
    return W3D_OK;
}

W3D_API w3d_result w3d_png_write(const w3d_png_write_desc *desc, size_t *written, w3d_arena scratch,
                                 w3d_error *error)
{
    static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };
    static const uint8_t color_types[5] = { 0, 0, 4, 2, 6 }; /* by channels (PNG, 11.2.1) */
    w3d_result result = w3di_png_write_check(desc, written, error);
    if (result != W3D_OK) return result;
    const w3d_image_view *image = &desc->image;
    size_t row = (size_t)image->width * image->channels, filtered_size = w3di_png_write_size(image);
    uint8_t *rows = (uint8_t *)w3d_arena_push_zero(&scratch, 2, row + W3DI_PNG_WRITE_MARGIN, 1);
    uint8_t *filtered = (uint8_t *)w3d_arena_push(&scratch, filtered_size, 1, 1);
    if (!rows || !filtered)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the scratch arena is too small");
    size_t outside = W3DI_PNG_WRITE_OUTSIDE - (desc->untagged ? 13u : 0u);
    if (desc->capacity < outside)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the output buffer is too small");

    w3di_png_write_filter_all(image, rows, filtered);
    uint8_t *file = (uint8_t *)desc->dst, *data = file + 16;
    w3d_copy(file, signature, 8);
    w3d_store_u32_big(data, image->width);
    w3d_store_u32_big(data + 4, image->height);
    data[8] = 8; /* bits a channel */
    data[9] = color_types[image->channels];
    w3d_fill(data + 10, 0, 3); /* deflate, the five filters, no interlacing */
    data = w3di_png_write_chunk(data, "IHDR", 13) + 8;
    if (!desc->untagged) {
        data[0] = 0; /* perceptual intent */
        data = w3di_png_write_chunk(data, "sRGB", 1) + 8;
    }
    w3d_deflate_desc pack;
    size_t packed_size;
    w3d_fill(&pack, 0, sizeof pack);
    pack.src = filtered;
    pack.src_size = filtered_size;
    pack.dst = data;
    pack.capacity = desc->capacity - outside;
    pack.level = desc->level;
    result = w3d_deflate(&pack, &packed_size, scratch, error);
    if (result != W3D_OK) return result;
    if (packed_size > 0x7FFFFFFFu)
        return w3d_error_set(error, W3D_ERR_LIMIT, 0, "a PNG chunk holds less than 2^31 bytes");
    data = w3di_png_write_chunk(data, "IDAT", packed_size) + 8;
    data = w3di_png_write_chunk(data, "IEND", 0);
    *written = (size_t)(data - file);
    return W3D_OK;
}
