/* mesh_merge_sort.h - brings equal rows together whatever they are; private.
 *
 * Tables of hashes are faster, but who makes the rows can make their hashes collide, and which seed
 * a table then takes can be foretold as well. So where a table turns out to be looked at far more
 * often than by chance, its owner gives it up and sorts. */
#ifndef W3D_MESH_MERGE_SORT_H
#define W3D_MESH_MERGE_SORT_H

#include "core/bytes.h"

/* Slots that are looked at for each row before a table is given up. */
#define W3DI_MESH_MERGE_SORT_PATIENCE 256u

/* Below, the same, or above 0: how row a is to row b, in any total order. */
typedef int (*w3di_mesh_merge_sort_compare)(const void *context, uint32_t a, uint32_t b);

/* Links every row to the first that is equal to it.
 *
 *   rows   in/out  [count] the rows' numbers, rising; in the order of comparison afterwards
 *   spare          [count]
 *   link   out     [largest number + 1] for each of the rows the number of its first equal */
static inline void w3di_mesh_merge_sort_link(uint32_t *rows, uint32_t *spare, uint32_t count,
                                             w3di_mesh_merge_sort_compare compare,
                                             const void *context, uint32_t *link)
{
    uint32_t *from = rows, *to = spare;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t a = begin, a_end = count - begin < width ? count : begin + width;
            size_t b = a_end, b_end = count - a_end < width ? count : a_end + width;
            for (size_t k = begin; k < b_end; k++) {
                int take_b = a == a_end || (b < b_end && compare(context, from[b], from[a]) < 0);
                to[k] = take_b ? from[b++] : from[a++];
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    for (uint32_t i = 0; i < count; i++) {
        int same = i && compare(context, from[i - 1], from[i]) == 0;
        link[from[i]] = same ? link[from[i - 1]] : from[i];
    }
}

#endif /* W3D_MESH_MERGE_SORT_H */
