/* deflate.h - lossless compression in the format of PNG, zlib, gzip and zip.
 *
 *     w3d_deflate_desc desc = { 0 };
 *     desc.src = bytes, desc.src_size = size;
 *     desc.dst = stream, desc.capacity = w3d_deflate_bound(size);
 *     size_t stream_size;
 *     if (w3d_deflate(&desc, &stream_size, scratch, NULL) == W3D_OK) ...
 */
#ifndef W3D_DEFLATE_H
#define W3D_DEFLATE_H

#include "core/arena.h"

/* How hard to look for repetitions. */
typedef enum w3d_deflate_level {
    W3D_DEFLATE_GOOD = 0, /* the size of zlib's level 6 within a percent, in less time */
    W3D_DEFLATE_STORED,   /* no compression: framing around a copy                     */
    W3D_DEFLATE_FAST,     /* about zlib's level 1 in size, at twice the speed of GOOD  */
    W3D_DEFLATE_SMALL     /* 1 to 20 percent less than GOOD, much slower              */
} w3d_deflate_level;

/* What to compress, where to, and how. */
typedef struct w3d_deflate_desc {
    const void       *src;      /* [src_size]                                                  */
    size_t            src_size;
    void             *dst;      /* [capacity] must not overlap src                             */
    size_t            capacity; /* w3d_deflate_bound(src_size) always suffices                 */
    w3d_deflate_level level;
    int               raw;      /* 0: zlib framing with its checksum (RFC 1950); 1: bare deflate */
} w3d_deflate_desc;

/* Compresses bytes into one stream, the same on every target.
 *
 *   desc     in       see above
 *   written  out      bytes put into dst
 *   scratch  scratch  w3d_deflate_scratch_size() bytes
 *   error    out      why not; may be NULL
 *
 * Errors  W3D_ERR_ARGUMENT  a null pointer, or no such level
 *         W3D_ERR_CAPACITY  dst or scratch is too small; the offset is how much of src was done
 *         On error *written is untouched and dst holds a part of the stream.
 * Cost    O(src_size) time, for SMALL up to 4096 comparisons a byte in bad cases.
 * Source  RFC 1950, RFC 1951. */
W3D_API w3d_result w3d_deflate(const w3d_deflate_desc *desc, size_t *written, w3d_arena scratch,
                               w3d_error *error);

/* The most bytes that `src_size` bytes become, at any level and with any framing; SIZE_MAX where
 * that would not fit a size_t. */
W3D_API size_t w3d_deflate_bound(size_t src_size);

/* Bytes of scratch memory, the same for every input: about 330 KB. */
W3D_API size_t w3d_deflate_scratch_size(void);

#endif /* W3D_DEFLATE_H */
