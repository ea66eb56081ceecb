/* huffman.h - prefix codes of limited length from symbol counts.
 *
 * The code is Huffman's wherever his stays within the limit. Where it does not, leaves below the
 * limit are raised to it and others sunk until the code is complete again: not the best limited
 * code, but within a few bits a block of it. Equal counts go by symbol, so that the code depends
 * on the counts alone.
 * Source: Moffat and Katajainen 1995, "In-Place Calculation of Minimum-Redundancy Codes". */
#ifndef W3D_HUFFMAN_H
#define W3D_HUFFMAN_H

#include "core/base.h"

enum {
    W3DI_HUFFMAN_SYMBOLS = 320, /* most symbols of a code */
    W3DI_HUFFMAN_LIMIT = 15     /* most bits of a code    */
};

/* Sorts ascending: Shell's sort, steps by Ciura 2001, "Best Increments for the Average Case of
 * Shellsort". */
static inline void w3di_huffman_sort(uint32_t *keys, unsigned count)
{
    static const unsigned steps[] = { 132, 57, 23, 10, 4, 1 };
    for (unsigned s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        unsigned step = steps[s];
        for (unsigned i = step; i < count; i++) {
            uint32_t key = keys[i];
            unsigned k = i;
            for (; k >= step && keys[k - step] > key; k -= step) keys[k] = keys[k - step];
            keys[k] = key;
        }
    }
}

/* Replaces ascending weights, two at least, by the depths of a Huffman tree's inner nodes, the root
 * last: weights and then links to parents share the array with the nodes that are still to come. */
static inline void w3di_huffman_depths(uint32_t *tree, unsigned count)
{
    unsigned node = 0, leaf = 0;
    for (unsigned next = 0; next + 1 < count; next++) {
        uint32_t weight = 0;
        for (unsigned child = 0; child < 2; child++) {
            if (leaf >= count || (node < next && tree[node] < tree[leaf])) {
                weight += tree[node];
                tree[node++] = next;
            } else {
                weight += tree[leaf++];
            }
        }
        tree[next] = weight;
    }
    tree[count - 2] = 0;
    for (unsigned next = count - 2; next-- > 0;) tree[next] = tree[tree[next]] + 1;
}

/* The length of each symbol's code.
 *
 *   counts   in   [symbol_count] how often each symbol occurs; below 2^22 and in sum below 2^32
 *   limit    in   most bits of a code; 1 << limit >= symbol_count
 *   lengths  out  [symbol_count] bits, 0 for a count of 0; but at least two symbols get a code,
 *                 because some decoders refuse a code of one */
static inline void w3di_huffman_lengths(const uint32_t *counts, unsigned symbol_count,
                                        unsigned limit, uint8_t *lengths)
{
    uint32_t keys[W3DI_HUFFMAN_SYMBOLS], tree[W3DI_HUFFMAN_SYMBOLS];
    uint32_t leaves[W3DI_HUFFMAN_LIMIT + 1] = { 0 }; /* how many at each depth */
    unsigned used = 0;
    for (unsigned i = 0; i < symbol_count; i++)
        if (counts[i]) keys[used++] = counts[i] << 9 | i;
    for (unsigned i = 0; used < 2; i++)
        if (!counts[i]) keys[used++] = 1u << 9 | i;
    w3di_huffman_sort(keys, used);
    for (unsigned i = 0; i < used; i++) tree[i] = keys[i] >> 9;
    w3di_huffman_depths(tree, used);

    /* Level by level from the root: places that no inner node takes are leaves. */
    unsigned places = 1, node = used - 1;
    for (unsigned depth = 0; places; depth++) {
        unsigned inner = 0;
        for (; node > 0 && tree[node - 1] == depth; node--) inner++;
        leaves[depth < limit ? depth : limit] += places - inner;
        places = 2 * inner;
    }

    /* Raised leaves take more than there is: each step sinks one leaf by a level and hangs one
     * from the limit beside it, which frees one place there. */
    uint32_t taken = 0;
    for (unsigned depth = 1; depth <= limit; depth++) taken += leaves[depth] << (limit - depth);
    for (; taken > 1u << limit; taken--) {
        unsigned depth = limit - 1;
        while (!leaves[depth]) depth--;
        leaves[depth]--;
        leaves[depth + 1] += 2;
        leaves[limit]--;
    }

    w3d_fill(lengths, 0, symbol_count);
    for (unsigned depth = limit, i = 0; depth > 0; depth--)
        for (uint32_t k = leaves[depth]; k > 0; k--) lengths[keys[i++] & 511u] = (uint8_t)depth;
}

/* The canonical code of those lengths (RFC 1951, 3.2.2), each with its first bit lowest. */
static inline void w3di_huffman_codes(const uint8_t *lengths, unsigned symbol_count,
                                      uint16_t *codes)
{
    unsigned next[W3DI_HUFFMAN_LIMIT + 2] = { 0 };
    for (unsigned i = 0; i < symbol_count; i++)
        if (lengths[i]) next[lengths[i] + 1]++;
    for (unsigned length = 1; length <= W3DI_HUFFMAN_LIMIT; length++)
        next[length] = (next[length] + next[length - 1]) << 1;
    for (unsigned i = 0; i < symbol_count; i++) {
        unsigned reversed = 0, code = lengths[i] ? next[lengths[i]]++ : 0;
        for (unsigned bit = 0; bit < lengths[i]; bit++) {
            reversed = reversed << 1 | (code & 1u);
            code >>= 1;
        }
        codes[i] = (uint16_t)reversed;
    }
}

#endif /* W3D_HUFFMAN_H */
