/* deflate.c - finds repetitions by hash chains, gathers them into blocks, writes each block in
 * the cheapest of three ways.
 *
 * The finder keeps, for each hash of four bytes, the newest position with it, and for each
 * position of the window the one before with the same hash; for three bytes, the newest only.
 * Literals and matches are kept as tokens, with counts of their symbols. Every so many tokens the
 * counts of the newest are compared with those of the block: where a new code of their own saves
 * more than it costs, the block ends before them. Only whole numbers decide, so that the stream is
 * the same everywhere. */
#include "pack/deflate.h"

#include "core/bits.h"
#include "pack/deflate_format.h"
#include "pack/huffman.h"

enum {
    W3DI_DEFLATE_WINDOW = 32768, /* positions the finder knows; a distance is less than this */
    W3DI_DEFLATE_HASH_BITS = 15,
    W3DI_DEFLATE_SHORT_HASH_BITS = 13,
    W3DI_DEFLATE_SHORT_DISTANCE = 4096, /* farther, three bytes cost more as a match */
    W3DI_DEFLATE_MATCH_MAX = 258,
    W3DI_DEFLATE_BORED_MAX = 64, /* bytes passed over at once, at most */
    W3DI_DEFLATE_CHUNK = 4096,   /* tokens from one decision to end the block to the next */
    W3DI_DEFLATE_TOKENS = 32768, /* tokens of a block, at most */
    W3DI_DEFLATE_STORED_MAX = 65535,
    W3DI_DEFLATE_MATCH = 1 << 30 /* token: a match, length - 3 << 15, distance - 1 */
};

/* What a level is made of. */
typedef struct w3di_deflate_effort {
    unsigned depth;  /* candidates looked at */
    unsigned enough; /* a match of this length is taken without looking further */
    unsigned lazy;   /* 1: see whether the next position has a better match before taking one */
    unsigned insert; /* matches up to this length have all their positions put into the tables */
    unsigned bored;  /* after 1 << bored bytes without a match, look from every second byte only,
                        after twice as many from every third, ... */
} w3di_deflate_effort;

typedef struct w3di_deflate_counts {
    uint32_t literals[W3DI_DEFLATE_FORMAT_LITERALS];
    uint32_t distances[32];
} w3di_deflate_counts;

typedef struct w3di_deflate_bits {
    unsigned char *out, *last;
    uint64_t bits; /* not yet written, the first lowest */
    unsigned count;
} w3di_deflate_bits;

typedef struct w3di_deflate_state {
    const unsigned char *bytes;
    size_t size;
    w3di_deflate_effort effort;
    w3di_deflate_bits to;

    size_t origin; /* of the finder's 16-bit positions; 0 in its tables is no position */
    uint16_t newest[1 << W3DI_DEFLATE_HASH_BITS];
    uint16_t newest_short[1 << W3DI_DEFLATE_SHORT_HASH_BITS];
    uint16_t before[W3DI_DEFLATE_WINDOW];

    uint32_t tokens[W3DI_DEFLATE_TOKENS];
    unsigned token_count, chunk; /* all, and where the chunk begins that is not yet the block's */
    size_t block_start, chunk_start; /* their first bytes */
    w3di_deflate_counts block_counts, chunk_counts;
} w3di_deflate_state;

/* ---- bits ---- */

/* Up to 57 bits fit between two flushes. */
W3D_INLINE void w3di_deflate_put(w3di_deflate_bits *to, uint64_t value, unsigned count)
{
    to->bits |= value << to->count;
    to->count += count;
}

/* Writes out whole bytes; there is room for them, because a block is weighed before it begins. */
W3D_INLINE void w3di_deflate_flush(w3di_deflate_bits *to)
{
    unsigned whole = to->count / 8;
    if (to->last - to->out >= 8)
        w3d_store_u64(to->out, to->bits);
    else
        for (unsigned i = 0; i < whole; i++) to->out[i] = (unsigned char)(to->bits >> (8 * i));
    to->out += whole;
    to->bits >>= 8 * whole;
    to->count &= 7u;
}

static void w3di_deflate_align(w3di_deflate_bits *to)
{
    to->count = (to->count + 7) & ~7u;
    w3di_deflate_flush(to);
}

/* ---- symbols ---- */

W3D_INLINE unsigned w3di_deflate_length_symbol(unsigned length)
{
    unsigned value = length - 3;
    if (value < 8) return value;
    if (length == W3DI_DEFLATE_MATCH_MAX) return 28;
    unsigned high = 31u - w3d_bits_leading_zeros(value);
    return 4 * (high - 1) + (value >> (high - 2) & 3u);
}

W3D_INLINE unsigned w3di_deflate_distance_symbol(unsigned distance)
{
    unsigned value = distance - 1;
    if (value < 2) return value;
    unsigned high = 31u - w3d_bits_leading_zeros(value);
    return 2 * high + (value >> (high - 1) & 1u);
}

/* ---- blocks ---- */

/* A block's codes, and what they are packed into. */
typedef struct w3di_deflate_codes {
    uint8_t literal_lengths[W3DI_DEFLATE_FORMAT_LITERALS];
    uint8_t distance_lengths[32];
    uint16_t literals[W3DI_DEFLATE_FORMAT_LITERALS];
    uint16_t distances[32];

    unsigned literal_count, distance_count, packed_count, code_count;
    uint8_t packed[W3DI_DEFLATE_FORMAT_LITERALS + 32];  /* symbols of the code of code lengths */
    uint8_t repeats[W3DI_DEFLATE_FORMAT_LITERALS + 32]; /* their extra bits                   */
    uint8_t code_lengths[W3DI_DEFLATE_FORMAT_CODES];
    uint16_t codes[W3DI_DEFLATE_FORMAT_CODES];
} w3di_deflate_codes;

/* Extra bits of symbols 16, 17, 18: repeat the last length 3-6 times, zero 3-10 or 11-138 times. */
static unsigned w3di_deflate_repeat_bits(unsigned symbol)
{
    if (symbol < 16) return 0;
    return symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
}

/* Packs the lengths of both codes (RFC 1951, 3.2.7); gives the bits that takes. */
static uint64_t w3di_deflate_pack(w3di_deflate_codes *codes)
{
    uint8_t lengths[W3DI_DEFLATE_FORMAT_LITERALS + 32];
    uint32_t counts[W3DI_DEFLATE_FORMAT_CODES] = { 0 };
    codes->literal_count = W3DI_DEFLATE_FORMAT_LITERALS_USED;
    while (codes->literal_count > 257 && !codes->literal_lengths[codes->literal_count - 1])
        codes->literal_count--;
    codes->distance_count = W3DI_DEFLATE_FORMAT_DISTANCES;
    while (codes->distance_count > 1 && !codes->distance_lengths[codes->distance_count - 1])
        codes->distance_count--;
    unsigned total = codes->literal_count + codes->distance_count;
    w3d_copy(lengths, codes->literal_lengths, codes->literal_count);
    w3d_copy(lengths + codes->literal_count, codes->distance_lengths, codes->distance_count);

    codes->packed_count = 0;
    for (unsigned i = 0; i < total;) {
        unsigned run = 1, symbol = lengths[i], repeat = 0;
        while (i + run < total && lengths[i + run] == symbol) run++;
        if (symbol == 0 && run >= 3) {
            if (run > 138) run = 138;
            symbol = run < 11 ? 17 : 18;
            repeat = run - (run < 11 ? 3 : 11);
        } else if (i > 0 && symbol == lengths[i - 1] && run >= 3) {
            if (run > 6) run = 6;
            symbol = 16;
            repeat = run - 3;
        } else {
            run = 1;
        }
        codes->packed[codes->packed_count] = (uint8_t)symbol;
        codes->repeats[codes->packed_count++] = (uint8_t)repeat;
        counts[symbol]++;
        i += run;
    }
    w3di_huffman_lengths(counts, W3DI_DEFLATE_FORMAT_CODES, 7, codes->code_lengths);
    w3di_huffman_codes(codes->code_lengths, W3DI_DEFLATE_FORMAT_CODES, codes->codes);
    codes->code_count = W3DI_DEFLATE_FORMAT_CODES;
    while (codes->code_count > 4 &&
           !codes->code_lengths[w3di_deflate_format_order[codes->code_count - 1]])
        codes->code_count--;

    uint64_t bits = 5 + 5 + 4 + 3 * (uint64_t)codes->code_count;
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_CODES; i++)
        bits += counts[i] * (uint64_t)(codes->code_lengths[i] + w3di_deflate_repeat_bits(i));
    return bits;
}

/* Bits of all symbols with their extra bits and the end, under the codes' lengths. */
static uint64_t w3di_deflate_weigh(const w3di_deflate_codes *codes,
                                   const w3di_deflate_counts *counts)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_LITERALS_USED; i++) {
        unsigned extra = i > 256 ? w3di_deflate_format_length_extra(i - 257) : 0;
        bits += counts->literals[i] * (uint64_t)(codes->literal_lengths[i] + extra);
    }
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_DISTANCES; i++)
        bits += counts->distances[i] *
                (uint64_t)(codes->distance_lengths[i] + w3di_deflate_format_distance_extra(i));
    return bits;
}

static void w3di_deflate_fixed(w3di_deflate_codes *codes)
{
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_LITERALS; i++)
        codes->literal_lengths[i] = (uint8_t)w3di_deflate_format_fixed(i);
    w3d_fill(codes->distance_lengths, 5, 32);
}

/* Bits of `size` bytes as stored blocks that begin `used` bits into a byte. */
static uint64_t w3di_deflate_weigh_stored(size_t size, unsigned used)
{
    uint64_t blocks = size ? (size - 1) / W3DI_DEFLATE_STORED_MAX + 1 : 1;
    uint64_t padding = (8u - (used + 3u)) & 7u; /* behind the first; the others begin on a byte */
    return 3 + padding + 32 + (blocks - 1) * 40 + (uint64_t)size * 8;
}

static void w3di_deflate_write_stored(w3di_deflate_bits *to, const unsigned char *bytes,
                                      size_t size, int is_last)
{
    do {
        unsigned run = W3DI_DEFLATE_STORED_MAX;
        if (size < run) run = (unsigned)size;
        w3di_deflate_put(to, is_last && run == size, 3);
        w3di_deflate_align(to);
        w3di_deflate_put(to, run | (uint64_t)(run ^ 0xFFFFu) << 16, 32);
        w3di_deflate_flush(to);
        w3d_copy(to->out, bytes, run);
        to->out += run;
        bytes += run;
        size -= run;
    } while (size);
}

static void w3di_deflate_write_codes(w3di_deflate_bits *to, const w3di_deflate_codes *codes)
{
    w3di_deflate_put(to, codes->literal_count - 257, 5);
    w3di_deflate_put(to, codes->distance_count - 1, 5);
    w3di_deflate_put(to, codes->code_count - 4, 4);
    w3di_deflate_flush(to);
    for (unsigned i = 0; i < codes->code_count; i++) {
        w3di_deflate_put(to, codes->code_lengths[w3di_deflate_format_order[i]], 3);
        w3di_deflate_flush(to);
    }
    for (unsigned i = 0; i < codes->packed_count; i++) {
        unsigned symbol = codes->packed[i];
        w3di_deflate_put(to, codes->codes[symbol], codes->code_lengths[symbol]);
        w3di_deflate_put(to, codes->repeats[i], w3di_deflate_repeat_bits(symbol));
        w3di_deflate_flush(to);
    }
}

/* The tokens and the end of block. A token takes at most 15 + 5 + 15 + 13 bits. */
static void w3di_deflate_write_tokens(w3di_deflate_bits *target, const w3di_deflate_codes *codes,
                                      const uint32_t *tokens, unsigned count)
{
    w3di_deflate_bits to = *target;
    for (unsigned i = 0; i < count; i++) {
        uint32_t token = tokens[i];
        if (!(token & W3DI_DEFLATE_MATCH)) {
            w3di_deflate_put(&to, codes->literals[token], codes->literal_lengths[token]);
            if (to.count < 16) continue;
        } else {
            unsigned length = (token >> 15 & 255u) + 3, distance = (token & 0x7FFFu) + 1;
            unsigned symbol = w3di_deflate_length_symbol(length);
            unsigned extra = w3di_deflate_format_length_extra(symbol);
            w3di_deflate_put(&to, codes->literals[257 + symbol],
                             codes->literal_lengths[257 + symbol]);
            w3di_deflate_put(&to, (length - 3) & ((1u << extra) - 1u), extra);
            symbol = w3di_deflate_distance_symbol(distance);
            extra = w3di_deflate_format_distance_extra(symbol);
            w3di_deflate_put(&to, codes->distances[symbol], codes->distance_lengths[symbol]);
            w3di_deflate_put(&to, (distance - 1) & ((1u << extra) - 1u), extra);
        }
        w3di_deflate_flush(&to);
    }
    w3di_deflate_put(&to, codes->literals[W3DI_DEFLATE_FORMAT_END],
                     codes->literal_lengths[W3DI_DEFLATE_FORMAT_END]);
    w3di_deflate_flush(&to);
    *target = to;
}

/* Writes the block up to the chunk in the cheapest way; 0 is returned where it has no room. */
static int w3di_deflate_write_block(w3di_deflate_state *state, int is_last)
{
    w3di_deflate_codes dynamic, fixed;
    w3di_deflate_counts *counts = &state->block_counts;
    w3di_deflate_bits *to = &state->to;
    size_t size = state->chunk_start - state->block_start;
    counts->literals[W3DI_DEFLATE_FORMAT_END] = 1;
    w3d_fill(&dynamic, 0, sizeof dynamic);
    w3di_huffman_lengths(counts->literals, W3DI_DEFLATE_FORMAT_LITERALS_USED, W3DI_HUFFMAN_LIMIT,
                         dynamic.literal_lengths);
    w3di_huffman_lengths(counts->distances, W3DI_DEFLATE_FORMAT_DISTANCES, W3DI_HUFFMAN_LIMIT,
                         dynamic.distance_lengths);
    w3di_deflate_fixed(&fixed);
    uint64_t dynamic_bits = 3 + w3di_deflate_pack(&dynamic) + w3di_deflate_weigh(&dynamic, counts);
    uint64_t fixed_bits = 3 + w3di_deflate_weigh(&fixed, counts);
    uint64_t stored_bits = w3di_deflate_weigh_stored(size, to->count);
    int is_fixed = fixed_bits <= dynamic_bits;
    uint64_t least = is_fixed ? fixed_bits : dynamic_bits;
    int is_stored = stored_bits < least;
    if (is_stored) least = stored_bits;
    if ((to->count + least + 7) / 8 > (uint64_t)(to->last - to->out)) return 0;

    if (is_stored) {
        w3di_deflate_write_stored(to, state->bytes + state->block_start, size, is_last);
        return 1;
    }
    w3di_deflate_codes *codes = is_fixed ? &fixed : &dynamic;
    w3di_huffman_codes(codes->literal_lengths, W3DI_DEFLATE_FORMAT_LITERALS, codes->literals);
    w3di_huffman_codes(codes->distance_lengths, 32, codes->distances);
    w3di_deflate_put(to, (is_last ? 1u : 0u) | (is_fixed ? 2u : 4u), 3);
    w3di_deflate_flush(to);
    if (!is_fixed) w3di_deflate_write_codes(to, codes);
    w3di_deflate_write_tokens(to, codes, state->tokens, state->chunk);
    return 1;
}

/* log2(value) in units of 1/256, good to 2 of them; value > 0. */
static uint32_t w3di_deflate_log2(uint32_t value)
{
    unsigned high = 31u - w3d_bits_leading_zeros(value);
    uint32_t rest = (uint32_t)(((uint64_t)value << 16 >> high) & 0xFFFFu); /* value = 1.rest */
    uint32_t bulge = (uint32_t)((uint64_t)rest * (65536u - rest) >> 16);
    return high * 256 + ((rest + (bulge * 22u >> 6)) >> 8);
}

/* About how many bits a block with these counts takes, in units of 1/256, extra bits left out. */
static uint64_t w3di_deflate_entropy(const uint32_t *counts, const uint32_t *more, unsigned count)
{
    uint64_t total = 0, bits = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t both = counts[i] + (more ? more[i] : 0);
        if (!both) continue;
        total += both;
        bits += 256 * 4; /* what a symbol's length takes in the header */
        bits -= (uint64_t)both * w3di_deflate_log2(both);
    }
    return total ? bits + total * w3di_deflate_log2((uint32_t)total) : 0;
}

static uint64_t w3di_deflate_estimate(const w3di_deflate_counts *counts,
                                      const w3di_deflate_counts *more)
{
    return w3di_deflate_entropy(counts->literals, more ? more->literals : NULL,
                                W3DI_DEFLATE_FORMAT_LITERALS) +
           w3di_deflate_entropy(counts->distances, more ? more->distances : NULL, 32);
}

/* Whether the chunk is better off with a code of its own: 64 bits are a block's other costs. */
static int w3di_deflate_differs(const w3di_deflate_counts *block, const w3di_deflate_counts *chunk)
{
    uint64_t apart = w3di_deflate_estimate(block, NULL) + w3di_deflate_estimate(chunk, NULL);
    return apart + 256 * 64 < w3di_deflate_estimate(block, chunk);
}

/* Called when a chunk is full, or with the last: joins it to the block, or writes the block first.
 * 0 is returned where the output is full. */
static int w3di_deflate_end_chunk(w3di_deflate_state *state, size_t at)
{
    w3di_deflate_counts *block = &state->block_counts, *chunk = &state->chunk_counts;
    unsigned fresh = state->token_count - state->chunk;
    int is_full = state->token_count > W3DI_DEFLATE_TOKENS - W3DI_DEFLATE_CHUNK;
    if (state->chunk > 0 && (is_full || w3di_deflate_differs(block, chunk))) {
        if (!w3di_deflate_write_block(state, 0)) return 0;
        w3d_move(state->tokens, state->tokens + state->chunk, fresh * sizeof *state->tokens);
        w3d_fill(block, 0, sizeof *block);
        state->block_start = state->chunk_start;
        state->token_count = fresh;
    }
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_LITERALS; i++)
        block->literals[i] += chunk->literals[i];
    for (unsigned i = 0; i < 32; i++) block->distances[i] += chunk->distances[i];
    w3d_fill(chunk, 0, sizeof *chunk);
    state->chunk = state->token_count;
    state->chunk_start = at;
    return 1;
}

/* ---- finding ---- */

static void w3di_deflate_slide_table(uint16_t *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table[i] = (uint16_t)(table[i] < W3DI_DEFLATE_WINDOW ? 0 : table[i] - W3DI_DEFLATE_WINDOW);
}

/* Moves the origin on by a window: positions fit 16 bits again, and the oldest are forgotten. */
static void w3di_deflate_slide(w3di_deflate_state *state)
{
    w3di_deflate_slide_table(state->newest, sizeof state->newest / 2);
    w3di_deflate_slide_table(state->newest_short, sizeof state->newest_short / 2);
    w3di_deflate_slide_table(state->before, sizeof state->before / 2);
    state->origin += W3DI_DEFLATE_WINDOW;
}

/* Puts a position with four bytes behind it into the tables. Gives its 16-bit name; *candidate and
 * *candidate_short are the positions that were there before, or 0. */
W3D_INLINE unsigned w3di_deflate_insert(w3di_deflate_state *state, size_t at, unsigned *candidate,
                                        unsigned *candidate_short)
{
    if (at - state->origin >= 2 * (size_t)W3DI_DEFLATE_WINDOW) w3di_deflate_slide(state);
    unsigned name = (unsigned)(at - state->origin);
    uint32_t four = w3d_load_u32(state->bytes + at);
    uint32_t hash = four * 0x9E3779B1u >> (32 - W3DI_DEFLATE_HASH_BITS);
    uint32_t hash_short = (four << 8) * 0x9E3779B1u >> (32 - W3DI_DEFLATE_SHORT_HASH_BITS);
    *candidate = state->newest[hash];
    *candidate_short = state->newest_short[hash_short];
    state->newest[hash] = (uint16_t)name;
    state->newest_short[hash_short] = (uint16_t)name;
    state->before[name % W3DI_DEFLATE_WINDOW] = (uint16_t)*candidate;
    return name;
}

/* The same for a position that is not to be looked from. */
W3D_INLINE void w3di_deflate_remember(w3di_deflate_state *state, size_t at)
{
    unsigned candidate, candidate_short;
    if (state->size - at >= 4) w3di_deflate_insert(state, at, &candidate, &candidate_short);
}

/* How many bytes are the same at two places, at most `limit`; 4 are known to be. */
W3D_INLINE unsigned w3di_deflate_same(const unsigned char *a, const unsigned char *b,
                                      unsigned limit)
{
    unsigned length = 4;
    for (; length + 8 <= limit; length += 8) {
        uint64_t difference = w3d_load_u64(a + length) ^ w3d_load_u64(b + length);
        uint32_t low = (uint32_t)difference;
        if (low) return length + w3d_bits_trailing_zeros(low) / 8;
        if (difference)
            return length + 4 + w3d_bits_trailing_zeros((uint32_t)(difference >> 32)) / 8;
    }
    while (length < limit && a[length] == b[length]) length++;
    return length;
}

/* Inserts a position and looks for a match longer than `best` (2 at least); gives its length and
 * sets *distance, or gives `best`. */
static unsigned w3di_deflate_find(w3di_deflate_state *state, size_t at, unsigned best,
                                  unsigned depth, unsigned *distance)
{
    const unsigned char *here = state->bytes + at;
    size_t left = state->size - at;
    unsigned limit = W3DI_DEFLATE_MATCH_MAX;
    if (left < limit) limit = (unsigned)left;
    unsigned candidate, candidate_short;
    if (left < 4) return best;
    unsigned name = w3di_deflate_insert(state, at, &candidate, &candidate_short);
    unsigned lowest = name - (W3DI_DEFLATE_WINDOW - 1); /* never 0: 0 is no candidate */
    unsigned enough = state->effort.enough < limit ? state->effort.enough : limit;
    uint32_t four = w3d_load_u32(here);
    if (best < 3 && candidate_short >= lowest &&
        name - candidate_short <= W3DI_DEFLATE_SHORT_DISTANCE &&
        (w3d_load_u32(here - (name - candidate_short)) ^ four) << 8 == 0) {
        best = 3;
        *distance = name - candidate_short;
    }
    for (; candidate >= lowest && depth > 0; depth--) {
        const unsigned char *there = here - (name - candidate);
        if (best >= limit) break;
        if (w3d_load_u32(there) == four && there[best] == here[best]) {
            unsigned length = w3di_deflate_same(there, here, limit);
            if (length > best) {
                best = length;
                *distance = name - candidate;
                if (best >= enough) break;
            }
        }
        candidate = state->before[candidate % W3DI_DEFLATE_WINDOW];
    }
    return best;
}

/* ---- tokens ---- */

W3D_INLINE void w3di_deflate_literal(w3di_deflate_state *state, size_t at)
{
    unsigned value = state->bytes[at];
    state->tokens[state->token_count++] = value;
    state->chunk_counts.literals[value]++;
}

W3D_INLINE void w3di_deflate_match(w3di_deflate_state *state, unsigned length, unsigned distance)
{
    state->tokens[state->token_count++] = W3DI_DEFLATE_MATCH | (length - 3) << 15 | (distance - 1);
    state->chunk_counts.literals[257 + w3di_deflate_length_symbol(length)]++;
    state->chunk_counts.distances[w3di_deflate_distance_symbol(distance)]++;
}

/* Whether a match one byte on is worth a literal: longer, and not paid for by a distance of many
 * more bits. A byte of length counts as four bits. */
W3D_INLINE int w3di_deflate_is_better(unsigned length, unsigned distance, unsigned than_length,
                                      unsigned than_distance)
{
    return length > than_length && 4 * length + w3d_bits_leading_zeros(distance) >
                                       4 * than_length + w3d_bits_leading_zeros(than_distance) + 2;
}

/* Turns all bytes into tokens and blocks; 0 is returned where the output is full. */
static int w3di_deflate_compress(w3di_deflate_state *state)
{
    const w3di_deflate_effort *effort = &state->effort;
    size_t at = 0, matched = 0; /* the end of the last match */
    while (at < state->size) {
        /* A turn makes as many literals as a match has bytes at most: one each time it grows. */
        if (state->token_count - state->chunk >= W3DI_DEFLATE_CHUNK - W3DI_DEFLATE_MATCH_MAX &&
            !w3di_deflate_end_chunk(state, at))
            return 0;
        unsigned distance = 0, length = w3di_deflate_find(state, at, 2, effort->depth, &distance);
        if (length < 3) {
            size_t stop = at + 1 + ((at - matched) >> effort->bored);
            if (stop - at > W3DI_DEFLATE_BORED_MAX) stop = at + W3DI_DEFLATE_BORED_MAX;
            if (stop > state->size) stop = state->size;
            w3di_deflate_literal(state, at++);
            for (; at < stop; at++) {
                w3di_deflate_literal(state, at);
                w3di_deflate_remember(state, at);
            }
            continue;
        }
        size_t known = at + 1; /* the first position not in the tables */
        while (effort->lazy && length < effort->enough) {
            unsigned other_distance = 0;
            unsigned depth = length < 8 ? effort->depth : effort->depth / 4;
            unsigned other = w3di_deflate_find(state, known++, length, depth, &other_distance);
            if (!w3di_deflate_is_better(other, other_distance, length, distance)) break;
            w3di_deflate_literal(state, at++);
            length = other;
            distance = other_distance;
        }
        w3di_deflate_match(state, length, distance);
        at += length;
        matched = at;
        if (length <= effort->insert)
            for (; known < at; known++) w3di_deflate_remember(state, known);
    }
    return w3di_deflate_end_chunk(state, at) && w3di_deflate_write_block(state, 1);
}

/* The level that compresses nothing: one block after the other, without tokens. */
static int w3di_deflate_store(w3di_deflate_state *state)
{
    uint64_t bits = w3di_deflate_weigh_stored(state->size, 0);
    if (bits / 8 > (uint64_t)(state->to.last - state->to.out)) return 0;
    w3di_deflate_write_stored(&state->to, state->bytes, state->size, 1);
    return 1;
}

W3D_API size_t w3d_deflate_bound(size_t src_size)
{
    /* A block is never larger than stored, and there is one every 3838 bytes at most: 6 bytes each,
     * and 5 more every 65535. */
    size_t bound;
    return w3d_size_add(src_size, src_size / 512 + 32, &bound) ? bound : SIZE_MAX;
}

W3D_API size_t w3d_deflate_scratch_size(void) { return sizeof(w3di_deflate_state) + 15; }

W3D_API w3d_result w3d_deflate(const w3d_deflate_desc *desc, size_t *written, w3d_arena scratch,
                               w3d_error *error)
{
    static const w3di_deflate_effort efforts[] = {
        { 80, 128, 1, 258, 9 }, { 0, 0, 0, 0, 0 }, { 2, 32, 0, 16, 6 }, { 4096, 258, 1, 258, 31 }
    };
    static const uint8_t flags[] = { 0x9C, 0x01, 0x01, 0xDA }; /* RFC 1950, 2.2: FLEVEL, FCHECK */
    if (!desc || !written || (!desc->src && desc->src_size) || (!desc->dst && desc->capacity) ||
        (unsigned)desc->level > W3D_DEFLATE_SMALL)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer, or no such level");
    w3di_deflate_state *state =
        (w3di_deflate_state *)w3d_arena_push_zero(&scratch, 1, sizeof *state, 16);
    if (!state) return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the scratch arena is too small");
    size_t head = desc->raw ? 0 : 2, tail = desc->raw ? 0 : 4;
    unsigned char *dst = (unsigned char *)desc->dst;
    state->bytes = (const unsigned char *)desc->src;
    state->size = desc->src_size;
    state->effort = efforts[desc->level];
    state->origin = (size_t)0 - W3DI_DEFLATE_WINDOW;
    if (desc->capacity >= head + tail + 1) {
        state->to.out = dst + head;
        state->to.last = dst + desc->capacity - tail;
    }
    int fits = desc->level == W3D_DEFLATE_STORED ? w3di_deflate_store(state)
                                                 : w3di_deflate_compress(state);
    if (!fits)
        return w3d_error_set(error, W3D_ERR_CAPACITY, state->block_start,
                             "the output buffer is too small");
    w3di_deflate_align(&state->to);
    unsigned char *end = state->to.out;
    if (!desc->raw) {
        dst[0] = 0x78; /* deflate with a window of 32 KB */
        dst[1] = flags[desc->level];
        w3d_store_u32_big(end, w3di_deflate_format_adler32(desc->src, desc->src_size));
        end += 4;
    }
    *written = (size_t)(end - dst);
    return W3D_OK;
}
