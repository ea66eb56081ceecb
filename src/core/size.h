/* size.h - arithmetic on sizes that cannot overflow unseen. */
#ifndef W3D_SIZE_H
#define W3D_SIZE_H

#include "core/base.h"

/* *out = a + b, or 0 is returned and *out is untouched. */
W3D_INLINE int w3d_size_add(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a) return 0;
    *out = a + b;
    return 1;
}

/* *out = a * b, or 0 is returned and *out is untouched. */
W3D_INLINE int w3d_size_multiply(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b) return 0;
    *out = a * b;
    return 1;
}

/* *out = size rounded up to a multiple of `alignment` (a power of two), or 0 is returned. */
W3D_INLINE int w3d_size_align(size_t size, size_t alignment, size_t *out)
{
    if (size > SIZE_MAX - (alignment - 1)) return 0;
    *out = (size + (alignment - 1)) & ~(alignment - 1);
    return 1;
}

/* 1 where [offset, offset + length) lies inside [0, size): no sum is formed, so none wraps. */
W3D_INLINE int w3d_size_inside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* *total += a * b with both steps checked; 0 is returned on overflow, *total then untouched.
 * A layout of several arrays is a run of these, checked once at the end with &&. */
W3D_INLINE int w3d_size_append(size_t *total, size_t a, size_t b)
{
    size_t product;
    return w3d_size_multiply(a, b, &product) && w3d_size_add(*total, product, total);
}

#endif /* W3D_SIZE_H */
