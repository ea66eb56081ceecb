/* png_write.h - pictures as PNG files: 8 bits a channel, not interlaced.
 *
 *     w3d_png_write_desc desc = { 0 };
 *     desc.image = image;
 *     desc.dst = file, desc.capacity = w3d_png_write_bound(&image);
 *     size_t file_size;
 *     if (w3d_png_write(&desc, &file_size, scratch, NULL) == W3D_OK) ...
 */
#ifndef W3D_PNG_WRITE_H
#define W3D_PNG_WRITE_H

#include "core/arena.h"
#include "image/image_view.h"
#include "pack/deflate.h"

/* What to write, where to, and how. */
typedef struct w3d_png_write_desc {
    w3d_image_view    image;    /* 1 to 4 channels; the pixels are only read                 */
    void             *dst;      /* [capacity] must not overlap the picture                   */
    size_t            capacity; /* w3d_png_write_bound always suffices                       */
    w3d_deflate_level level;    /* 0: good; see deflate.h                                    */
    int               untagged; /* 1: no sRGB chunk: the values are not sRGB, or unknown     */
} w3d_png_write_desc;

/* Writes a whole PNG file, the same bytes on every target.
 *
 *   desc     in       see above
 *   written  out      bytes put into dst
 *   scratch  scratch  w3d_png_write_scratch_size(&desc->image) bytes
 *   error    out      why not; may be NULL
 *
 * Range   1 x 1 to what the file format holds: sides below 2^31, compressed size below 2^31.
 * Errors  W3D_ERR_ARGUMENT  a null pointer, no such level, channels not 1 to 4, or rows that
 *                           overlap (stride below width * channels)
 *         W3D_ERR_RANGE     a side of 0, or of 2^31 and above
 *         W3D_ERR_LIMIT     a size that does not fit a size_t, or a compressed size of 2^31
 *         W3D_ERR_CAPACITY  dst or scratch is too small
 *         On error *written is untouched and dst holds a part of the file, or nothing.
 * Cost    O(width * height) time: five filters tried per row, then deflate.
 * Source  PNG, ISO/IEC 15948; the filter of each row is chosen as its advice for encoders says. */
W3D_API w3d_result w3d_png_write(const w3d_png_write_desc *desc, size_t *written,
                                 w3d_arena scratch, w3d_error *error);

/* The most bytes the file of such a picture takes, at any level; SIZE_MAX where the picture cannot
 * be written or the size does not fit. Width, height and channels count, nothing else. */
W3D_API size_t w3d_png_write_bound(const w3d_image_view *image);

/* Bytes of scratch memory: the picture's size and about 330 KB; SIZE_MAX as above. */
W3D_API size_t w3d_png_write_scratch_size(const w3d_image_view *image);

#endif /* W3D_PNG_WRITE_H */
