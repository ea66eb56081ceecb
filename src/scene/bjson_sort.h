/* bjson_sort.h - sorting in place whatever the order was, without memory and recursion; private. */
#ifndef W3D_BJSON_SORT_H
#define W3D_BJSON_SORT_H

#include "core/base.h"

/* 1 where a stands before b. */
typedef int (*w3di_bjson_sort_before)(const void *user, const void *a, const void *b);

/* Sorts `count` items of `size` bytes, at most 64, in O(count log count) steps; equal items end in
 * any order. Inlined, so that size and order are known where it is compiled.
 *
 * Source: Williams 1964, CACM 7(6), algorithm 232 (heapsort). */
W3D_INLINE void w3di_bjson_sort(void *items, size_t count, size_t size,
                                w3di_bjson_sort_before before, const void *user)
{
    unsigned char *base = (unsigned char *)items;
    size_t start = count / 2, end = count;
    uint64_t moved[8];
    while (end > 1) {
        if (start > 0) {
            start--;
            w3d_copy(moved, base + start * size, size);
        } else {
            end--;
            w3d_copy(moved, base + end * size, size);
            w3d_copy(base + end * size, base, size);
        }
        size_t hole = start;
        while (hole < end / 2) {
            size_t child = 2 * hole + 1;
            if (child + 1 < end && before(user, base + child * size, base + (child + 1) * size))
                child++;
            if (child >= end || !before(user, moved, base + child * size)) break;
            w3d_copy(base + hole * size, base + child * size, size);
            hole = child;
        }
        w3d_copy(base + hole * size, moved, size);
    }
}

#endif /* W3D_BJSON_SORT_H */
