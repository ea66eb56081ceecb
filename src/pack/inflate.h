/* inflate.h - reads what deflate wrote: the streams of PNG, zlib, gzip and zip.
 *
 *     w3d_inflate_desc desc = { 0 };
 *     desc.src = stream, desc.src_size = stream_size;
 *     desc.dst = bytes, desc.capacity = sizeof bytes;
 *     size_t size;
 *     if (w3d_inflate(&desc, &size, NULL, NULL) == W3D_OK) ...
 */
#ifndef W3D_INFLATE_H
#define W3D_INFLATE_H

#include "core/base.h"

/* What to read and where to put it. */
typedef struct w3d_inflate_desc {
    const void *src;      /* [src_size] the stream; bytes behind its end are left alone     */
    size_t      src_size;
    void       *dst;      /* [capacity] must not overlap src; NULL where capacity is 0      */
    size_t      capacity; /* bytes that fit                                                 */
    int         raw;      /* 0: zlib framing with its checksum (RFC 1950); 1: bare deflate  */
} w3d_inflate_desc;

/* Decompresses one whole stream.
 *
 *   desc      in   see above
 *   written   out  bytes put into dst; may be NULL
 *   consumed  out  bytes the stream took, framing included; may be NULL
 *   error     out  what is wrong and at which byte of src; may be NULL
 *
 * Range   any bytes: nothing outside the two buffers is touched. A byte of a stream makes at most
 *         1032 of output, so 1032 * src_size is a capacity that always suffices.
 * Errors  W3D_ERR_ARGUMENT     a null pointer with a size that is not 0
 *         W3D_ERR_TRUNCATED    src ends inside the stream
 *         W3D_ERR_FORMAT       not a deflate stream, or one no writer can have meant
 *         W3D_ERR_CAPACITY     dst is full and the stream goes on
 *         W3D_ERR_CHECKSUM     all is read, but the checksum differs
 *         W3D_ERR_UNSUPPORTED  a zlib stream that needs a preset dictionary
 *         On error *written and *consumed are untouched and dst holds what came before it.
 * Cost    O(src_size + output) time, 7 KB of stack.
 * Source  RFC 1950, RFC 1951. */
W3D_API w3d_result w3d_inflate(const w3d_inflate_desc *desc, size_t *written, size_t *consumed,
                               w3d_error *error);

#endif /* W3D_INFLATE_H */
