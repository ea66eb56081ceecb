/* image_view.h - a borrowed picture in memory; what image readers, writers and metrics share. */
#ifndef W3D_IMAGE_VIEW_H
#define W3D_IMAGE_VIEW_H

#include "core/base.h"

/* Rows run top to bottom, pixels left to right, channels interleaved, 8 bits each. Colour is
 * sRGB-encoded and alpha, where there is one, not premultiplied, unless the user says otherwise. */
typedef struct w3d_image_view {
    uint8_t *pixels;   /* [height] rows of `stride` bytes */
    uint32_t width;    /* pixels */
    uint32_t height;   /* pixels */
    uint32_t channels; /* 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA */
    uint32_t stride;   /* bytes from row to row; 0 means width * channels, packed */
} w3d_image_view;

/* Bytes from row to row, the packed default filled in. */
W3D_INLINE size_t w3d_image_stride(const w3d_image_view *image)
{
    return image->stride ? image->stride : (size_t)image->width * image->channels;
}

#endif /* W3D_IMAGE_VIEW_H */
