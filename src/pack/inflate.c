/* inflate.c - deflate streams decoded through two-level tables from a 64-bit bit buffer.
 *
 * A table is indexed by the next bits of the stream; an entry says what they begin with and how
 * many bits that takes, extra bits included. Codes longer than the index lead to a second table.
 * Well inside both buffers a loop without checks runs; near their ends one that checks each
 * symbol. Both read the same tables.
 *
 * An entry:  bits 0-5    bits to drop: of the code, and of the extra bits behind it
 *            bits 8-11   bits of the code alone; in a link, bits of the second index
 *            bits 12-15  one of the kinds below, or 0: a match length or distance
 *            bits 16-31  the literal, the base of a length or distance, the second table */
#include "pack/inflate.h"

#include "pack/deflate_format.h"

enum {
    W3DI_INFLATE_LITERAL = 1 << 12,
    W3DI_INFLATE_LINK = 1 << 13,
    W3DI_INFLATE_END = 1 << 14,
    W3DI_INFLATE_INVALID = 1 << 15,
    W3DI_INFLATE_SPECIAL = W3DI_INFLATE_LINK | W3DI_INFLATE_END | W3DI_INFLATE_INVALID,

    /* Bits of the first index, and entries both levels take at most for complete codes of up to
     * 15 bits and 288 or 32 symbols (Adler's program enough.c walks through all codes). */
    W3DI_INFLATE_LITERAL_BITS = 9,
    W3DI_INFLATE_LITERAL_ENTRIES = 854,
    W3DI_INFLATE_DISTANCE_BITS = 8,
    W3DI_INFLATE_DISTANCE_ENTRIES = 402,
    W3DI_INFLATE_CODE_BITS = 7, /* no longer code occurs: 128 entries, kept in the distances' */

    /* What the unchecked loop may touch in one turn: 8 bytes from any of three refills, each 7
     * bytes on; three literals, or two and a match, written in 16-byte steps. */
    W3DI_INFLATE_IN_MARGIN = 24,
    W3DI_INFLATE_OUT_MARGIN = 2 + 258 + 16
};

typedef struct w3di_inflate_stream {
    const unsigned char *begin, *in, *end; /* the stream; `in` is the next byte to be taken     */
    unsigned char *first, *out, *last;     /* the output; `out` is the next byte to be written  */
    uint64_t bits;                         /* taken and not used, the next bit lowest           */
    unsigned count;                        /* how many                                          */
    unsigned padding;                      /* how many of them, the topmost, lie behind the end */
    w3d_error *error;
    uint32_t literals[W3DI_INFLATE_LITERAL_ENTRIES];
    uint32_t distances[W3DI_INFLATE_DISTANCE_ENTRIES];
} w3di_inflate_stream;

/* An error in what was taken last: it is said to be where that ends. */
static w3d_result w3di_inflate_fail(const w3di_inflate_stream *stream, w3d_result code,
                                    const char *text)
{
    uint64_t used = (uint64_t)(stream->in - stream->begin) * 8 - (stream->count - stream->padding);
    return w3d_error_set(stream->error, code, (used - 1) / 8, text);
}

/* Makes at least 56 bits available; behind the end of the stream they are zero. */
static void w3di_inflate_refill(w3di_inflate_stream *stream)
{
    for (; stream->count < 56; stream->count += 8) {
        if (stream->in < stream->end)
            stream->bits |= (uint64_t)*stream->in++ << stream->count;
        else
            stream->padding += 8;
    }
}

W3D_INLINE void w3di_inflate_drop(w3di_inflate_stream *stream, unsigned count)
{
    stream->bits >>= count;
    stream->count -= count;
}

static unsigned w3di_inflate_take(w3di_inflate_stream *stream, unsigned count)
{
    unsigned value = (unsigned)stream->bits & ((1u << count) - 1u);
    w3di_inflate_drop(stream, count);
    return value;
}

static w3d_result w3di_inflate_truncated(const w3di_inflate_stream *stream)
{
    return w3d_error_set(stream->error, W3D_ERR_TRUNCATED, (uint64_t)(stream->end - stream->begin),
                         "the stream ends before its last block does");
}

/* ---- tables ---- */

typedef enum w3di_inflate_alphabet {
    W3DI_INFLATE_ALPHABET_CODES,
    W3DI_INFLATE_ALPHABET_LITERALS,
    W3DI_INFLATE_ALPHABET_DISTANCES
} w3di_inflate_alphabet;

/* The entry of a symbol whose code takes `bits` bits of the index. */
static uint32_t w3di_inflate_entry(w3di_inflate_alphabet alphabet, unsigned symbol, unsigned bits)
{
    unsigned kind = 0, base = symbol, extra = 0;
    if (alphabet == W3DI_INFLATE_ALPHABET_LITERALS) {
        if (symbol < W3DI_DEFLATE_FORMAT_END) {
            kind = W3DI_INFLATE_LITERAL;
        } else if (symbol == W3DI_DEFLATE_FORMAT_END) {
            kind = W3DI_INFLATE_END;
        } else if (symbol < W3DI_DEFLATE_FORMAT_LITERALS_USED) {
            base = w3di_deflate_format_length_base(symbol - 257);
            extra = w3di_deflate_format_length_extra(symbol - 257);
        } else {
            kind = W3DI_INFLATE_INVALID;
        }
    } else if (alphabet == W3DI_INFLATE_ALPHABET_DISTANCES) {
        if (symbol < W3DI_DEFLATE_FORMAT_DISTANCES) {
            base = w3di_deflate_format_distance_base(symbol);
            extra = w3di_deflate_format_distance_extra(symbol);
        } else {
            kind = W3DI_INFLATE_INVALID;
        }
    }
    return (uint32_t)base << 16 | kind | bits << 8 | (bits + extra);
}

/* Builds the table of a code from the lengths of its symbols' codes, 0: not used.
 *
 *   table   out  first index of `bits` bits, then the second tables
 *
 * 0 is returned where no such prefix code exists, or where some bits would mean nothing; the one
 * exception, as in zlib, is a code of one symbol and one bit, and no code at all for distances:
 * what is left over is an error only when it comes up. */
static int w3di_inflate_table(uint32_t *table, unsigned bits, w3di_inflate_alphabet alphabet,
                              const uint8_t *lengths, unsigned symbol_count)
{
    uint16_t counts[16] = { 0 }, starts[16], sorted[W3DI_DEFLATE_FORMAT_LITERALS];
    unsigned max = 15, used = 0;
    int left = 1; /* codes of the present length that are not taken */
    for (unsigned i = 0; i < symbol_count; i++) counts[lengths[i]]++;
    counts[0] = 0;
    for (unsigned length = 1; length < 16; length++) {
        left = 2 * left - counts[length];
        if (left < 0) return 0;
        starts[length] = (uint16_t)used;
        used += counts[length];
    }
    while (max && !counts[max]) max--;
    if (left > 0) {
        if (max > 1 || alphabet == W3DI_INFLATE_ALPHABET_CODES) return 0;
        for (unsigned i = 0; i < 1u << bits; i++) table[i] = W3DI_INFLATE_INVALID | 1u;
    }
    for (unsigned i = 0; i < symbol_count; i++)
        if (lengths[i]) sorted[starts[lengths[i]]++] = (uint16_t)i;

    unsigned code = 0; /* the next code, its first bit lowest, as the stream has it */
    unsigned link = ~0u, second_bits = 0, next_table = 1u << bits;
    uint32_t *second = table;
    for (unsigned i = 0; i < used; i++) {
        unsigned symbol = sorted[i], length = lengths[symbol];
        if (length <= bits) {
            uint32_t entry = w3di_inflate_entry(alphabet, symbol, length);
            for (unsigned k = code; k < 1u << bits; k += 1u << length) table[k] = entry;
        } else {
            if ((code & ((1u << bits) - 1u)) != link) {
                /* As many bits as it takes until the codes that remain fill the table. */
                int room = 1 << (length - bits);
                second_bits = length - bits;
                while (bits + second_bits < max) {
                    room -= counts[bits + second_bits];
                    if (room <= 0) break;
                    second_bits++;
                    room *= 2;
                }
                link = code & ((1u << bits) - 1u);
                second = table + next_table;
                table[link] = next_table << 16 | W3DI_INFLATE_LINK | second_bits << 8 | bits;
                next_table += 1u << second_bits;
            }
            uint32_t entry = w3di_inflate_entry(alphabet, symbol, length - bits);
            for (unsigned k = code >> bits; k < 1u << second_bits; k += 1u << (length - bits))
                second[k] = entry;
        }
        counts[length]--;
        /* Count up, with the carry running from the code's last bit to its first. */
        unsigned bit = 1u << (length - 1);
        while (code & bit) bit >>= 1;
        code = bit ? (code & (bit - 1u)) | bit : 0;
    }
    return 1;
}

static w3d_result w3di_inflate_fixed(w3di_inflate_stream *stream)
{
    uint8_t lengths[W3DI_DEFLATE_FORMAT_LITERALS];
    for (unsigned i = 0; i < W3DI_DEFLATE_FORMAT_LITERALS; i++)
        lengths[i] = (uint8_t)w3di_deflate_format_fixed(i);
    w3di_inflate_table(stream->literals, W3DI_INFLATE_LITERAL_BITS, W3DI_INFLATE_ALPHABET_LITERALS,
                       lengths, W3DI_DEFLATE_FORMAT_LITERALS);
    w3d_fill(lengths, 5, 32);
    w3di_inflate_table(stream->distances, W3DI_INFLATE_DISTANCE_BITS,
                       W3DI_INFLATE_ALPHABET_DISTANCES, lengths, 32);
    return W3D_OK;
}

/* Reads a dynamic block's two codes (RFC 1951, 3.2.7) and builds their tables. */
static w3d_result w3di_inflate_dynamic(w3di_inflate_stream *stream)
{
    uint8_t lengths[W3DI_DEFLATE_FORMAT_LITERALS + 32];
    w3di_inflate_refill(stream);
    unsigned literal_count = w3di_inflate_take(stream, 5) + 257;
    unsigned distance_count = w3di_inflate_take(stream, 5) + 1;
    unsigned code_count = w3di_inflate_take(stream, 4) + 4;
    if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
    if (literal_count > W3DI_DEFLATE_FORMAT_LITERALS_USED ||
        distance_count > W3DI_DEFLATE_FORMAT_DISTANCES)
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "a block with more symbols than exist");
    w3d_fill(lengths, 0, W3DI_DEFLATE_FORMAT_CODES);
    for (unsigned i = 0; i < code_count; i++) {
        w3di_inflate_refill(stream);
        lengths[w3di_deflate_format_order[i]] = (uint8_t)w3di_inflate_take(stream, 3);
    }
    if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
    if (!w3di_inflate_table(stream->distances, W3DI_INFLATE_CODE_BITS, W3DI_INFLATE_ALPHABET_CODES,
                            lengths, W3DI_DEFLATE_FORMAT_CODES))
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "the code of the code lengths is no code");

    unsigned total = literal_count + distance_count;
    for (unsigned i = 0; i < total;) {
        w3di_inflate_refill(stream);
        uint32_t entry = stream->distances[stream->bits & ((1u << W3DI_INFLATE_CODE_BITS) - 1u)];
        unsigned symbol = entry >> 16, repeat = 1, value = symbol < 16 ? symbol : 0;
        w3di_inflate_drop(stream, entry & 63u);
        if (symbol == 16) repeat = 3 + w3di_inflate_take(stream, 2);
        if (symbol == 17) repeat = 3 + w3di_inflate_take(stream, 3);
        if (symbol == 18) repeat = 11 + w3di_inflate_take(stream, 7);
        if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
        if (symbol == 16) {
            if (i == 0)
                return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "no code length to repeat");
            value = lengths[i - 1];
        }
        if (repeat > total - i)
            return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "more code lengths than symbols");
        w3d_fill(lengths + i, (unsigned char)value, repeat);
        i += repeat;
    }
    if (!lengths[W3DI_DEFLATE_FORMAT_END])
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "a block without a code for its end");
    if (!w3di_inflate_table(stream->literals, W3DI_INFLATE_LITERAL_BITS,
                            W3DI_INFLATE_ALPHABET_LITERALS, lengths, literal_count))
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "the code of the literals is no code");
    if (!w3di_inflate_table(stream->distances, W3DI_INFLATE_DISTANCE_BITS,
                            W3DI_INFLATE_ALPHABET_DISTANCES, lengths + literal_count,
                            distance_count))
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "the code of the distances is no code");
    return W3D_OK;
}

/* ---- blocks ---- */

static w3d_result w3di_inflate_stored(w3di_inflate_stream *stream)
{
    /* Whole bytes taken in advance go back; padding never was in the stream. */
    w3di_inflate_refill(stream);
    w3di_inflate_drop(stream, stream->count & 7u);
    if (stream->count < stream->padding + 32) return w3di_inflate_truncated(stream);
    unsigned size = w3di_inflate_take(stream, 16), check = w3di_inflate_take(stream, 16);
    if ((size ^ check) != 0xFFFFu)
        return w3di_inflate_fail(stream, W3D_ERR_FORMAT,
                                 "a stored block's size and its check differ");
    stream->in -= (stream->count - stream->padding) / 8;
    stream->bits = 0;
    stream->count = stream->padding = 0;
    if (size > (size_t)(stream->end - stream->in)) return w3di_inflate_truncated(stream);
    if (size > (size_t)(stream->last - stream->out))
        return w3di_inflate_fail(stream, W3D_ERR_CAPACITY, "more output than fits");
    w3d_copy(stream->out, stream->in, size);
    stream->in += size;
    stream->out += size;
    return W3D_OK;
}

/* Base plus extra bits of a length or distance whose code stands first in `bits`. */
W3D_INLINE unsigned w3di_inflate_value(uint32_t entry, uint64_t bits)
{
    uint64_t used = bits & (((uint64_t)1 << (entry & 63u)) - 1u);
    return (entry >> 16) + (unsigned)(used >> (entry >> 8 & 15u));
}

/* The entry for the next bits; dropping it is left to the caller, except for a link's bits. */
W3D_INLINE uint32_t w3di_inflate_follow(w3di_inflate_stream *stream, const uint32_t *table,
                                        unsigned index_bits)
{
    uint32_t entry = table[stream->bits & ((1u << index_bits) - 1u)];
    if (entry & W3DI_INFLATE_LINK) {
        w3di_inflate_drop(stream, entry & 63u);
        entry = table[(entry >> 16) + (stream->bits & ((1u << (entry >> 8 & 15u)) - 1u))];
    }
    return entry;
}

/* Copies a match inside the output; may write up to 16 bytes more than its length. */
W3D_INLINE void w3di_inflate_match(unsigned char *out, unsigned distance, unsigned length)
{
    /* The least multiple of a distance that is 8 or more: what repeats, repeats at those too. */
    static const uint8_t multiples[8] = { 0, 8, 8, 9, 8, 10, 12, 14 };
    const unsigned char *from = out - distance;
    unsigned char *end = out + length;
    if (distance < 8) {
        for (unsigned i = 0; i < 8; i++) out[i] = from[i];
        out += 8;
        from = out - multiples[distance];
    }
    while (out < end) { /* what is read has been written: no eight bytes overlap */
        w3d_copy(out, from, 8);
        w3d_copy(out + 8, from + 8, 8);
        out += 16;
        from += 16;
    }
}

/* Decodes without checks as long as both buffers have room for a turn of the loop. What stops it
 * is left for the checking loop to find again. The input is refilled eight bytes at a time: those
 * that do not fit whole are read again, into the same places (Giesen 2018, "Reading bits in far
 * too many ways"). */
static void w3di_inflate_fast(w3di_inflate_stream *stream)
{
    const unsigned char *in = stream->in, *in_last = stream->end - W3DI_INFLATE_IN_MARGIN;
    unsigned char *out = stream->out, *out_last = stream->last - W3DI_INFLATE_OUT_MARGIN;
    const uint32_t *literals = stream->literals, *distances = stream->distances;
    uint64_t bits = stream->bits;
    unsigned count = stream->count;
    while (in <= in_last && out <= out_last) {
        bits |= w3d_load_u64(in) << count;
        in += (63u - count) >> 3;
        count |= 56u;
        uint32_t entry = literals[bits & ((1u << W3DI_INFLATE_LITERAL_BITS) - 1u)];
        if (entry & W3DI_INFLATE_LITERAL) {
            bits >>= entry & 63u;
            count -= entry & 63u;
            *out++ = (unsigned char)(entry >> 16);
            entry = literals[bits & ((1u << W3DI_INFLATE_LITERAL_BITS) - 1u)];
            if (entry & W3DI_INFLATE_LITERAL) {
                bits >>= entry & 63u;
                count -= entry & 63u;
                *out++ = (unsigned char)(entry >> 16);
                entry = literals[bits & ((1u << W3DI_INFLATE_LITERAL_BITS) - 1u)];
            }
        }
        /* Here 36 bits or more are left: 15 of a code and 5 extra will do. */
        uint64_t at = bits;
        unsigned used = 0;
        if (entry & W3DI_INFLATE_LINK) {
            used = entry & 63u;
            at >>= used;
            entry = literals[(entry >> 16) + (at & ((1u << (entry >> 8 & 15u)) - 1u))];
        }
        if (entry & W3DI_INFLATE_LITERAL) {
            used += entry & 63u;
            bits >>= used;
            count -= used;
            *out++ = (unsigned char)(entry >> 16);
            continue;
        }
        if (entry & W3DI_INFLATE_SPECIAL) break;
        unsigned length = w3di_inflate_value(entry, at);
        used += entry & 63u;
        at = bits >> used; /* `bits` stays at the length until its distance is known to be good */
        unsigned left = count - used;
        const unsigned char *next = in;
        at |= w3d_load_u64(next) << left;
        next += (63u - left) >> 3;
        left |= 56u;
        entry = distances[at & ((1u << W3DI_INFLATE_DISTANCE_BITS) - 1u)];
        if (entry & W3DI_INFLATE_LINK) {
            at >>= entry & 63u;
            left -= entry & 63u;
            entry = distances[(entry >> 16) + (at & ((1u << (entry >> 8 & 15u)) - 1u))];
        }
        unsigned distance = w3di_inflate_value(entry, at);
        if ((entry & W3DI_INFLATE_SPECIAL) || distance > (size_t)(out - stream->first)) break;
        bits = at >> (entry & 63u);
        count = left - (entry & 63u);
        in = next;
        w3di_inflate_match(out, distance, length);
        out += length;
    }
    stream->in = in;
    stream->out = out;
    stream->count = count;
    stream->bits = bits & (((uint64_t)1 << count) - 1u);
}

/* Decodes a block's symbols up to and with its end. */
static w3d_result w3di_inflate_symbols(w3di_inflate_stream *stream)
{
    for (;;) {
        if (stream->end - stream->in >= W3DI_INFLATE_IN_MARGIN &&
            stream->last - stream->out >= W3DI_INFLATE_OUT_MARGIN)
            w3di_inflate_fast(stream);

        w3di_inflate_refill(stream);
        uint32_t entry = w3di_inflate_follow(stream, stream->literals, W3DI_INFLATE_LITERAL_BITS);
        unsigned length = w3di_inflate_value(entry, stream->bits);
        w3di_inflate_drop(stream, entry & 63u);
        if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
        if (entry & W3DI_INFLATE_END) return W3D_OK;
        if (entry & W3DI_INFLATE_INVALID)
            return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "a literal that has no code");
        if (entry & W3DI_INFLATE_LITERAL) {
            if (stream->out == stream->last)
                return w3di_inflate_fail(stream, W3D_ERR_CAPACITY, "more output than fits");
            *stream->out++ = (unsigned char)(entry >> 16);
            continue;
        }
        w3di_inflate_refill(stream);
        entry = w3di_inflate_follow(stream, stream->distances, W3DI_INFLATE_DISTANCE_BITS);
        unsigned distance = w3di_inflate_value(entry, stream->bits);
        w3di_inflate_drop(stream, entry & 63u);
        if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
        if (entry & W3DI_INFLATE_INVALID)
            return w3di_inflate_fail(stream, W3D_ERR_FORMAT, "a distance that has no code");
        if (distance > (size_t)(stream->out - stream->first))
            return w3di_inflate_fail(stream, W3D_ERR_FORMAT,
                                     "a distance that reaches behind the beginning");
        if (length > (size_t)(stream->last - stream->out))
            return w3di_inflate_fail(stream, W3D_ERR_CAPACITY, "more output than fits");
        for (; length; length--, stream->out++) *stream->out = *(stream->out - distance);
    }
}

static w3d_result w3di_inflate_blocks(w3di_inflate_stream *stream)
{
    for (unsigned is_last = 0; !is_last;) {
        w3di_inflate_refill(stream);
        is_last = w3di_inflate_take(stream, 1);
        unsigned kind = w3di_inflate_take(stream, 2);
        if (stream->count < stream->padding) return w3di_inflate_truncated(stream);
        w3d_result result;
        if (kind == 0)
            result = w3di_inflate_stored(stream);
        else if (kind == 1)
            result = w3di_inflate_fixed(stream);
        else if (kind == 2)
            result = w3di_inflate_dynamic(stream);
        else
            result = w3di_inflate_fail(stream, W3D_ERR_FORMAT, "a block of the unused kind 3");
        if (result == W3D_OK && kind != 0) result = w3di_inflate_symbols(stream);
        if (result != W3D_OK) return result;
    }
    stream->in -= (stream->count - stream->padding) / 8;
    return W3D_OK;
}

W3D_API w3d_result w3d_inflate(const w3d_inflate_desc *desc, size_t *written, size_t *consumed,
                               w3d_error *error)
{
    if (!desc || (!desc->src && desc->src_size) || (!desc->dst && desc->capacity))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer");
    w3di_inflate_stream stream; /* the tables are built before they are read */
    unsigned char nothing = 0;
    stream.begin = stream.in = desc->src ? (const unsigned char *)desc->src : &nothing;
    stream.end = stream.begin + desc->src_size;
    stream.first = stream.out = desc->dst ? (unsigned char *)desc->dst : &nothing;
    stream.last = stream.first + desc->capacity;
    stream.bits = 0;
    stream.count = stream.padding = 0;
    stream.error = error;
    if (!desc->raw) { /* RFC 1950, 2.2 */
        if (desc->src_size < 2) return w3di_inflate_truncated(&stream);
        unsigned method = stream.in[0], flags = stream.in[1];
        if ((method & 15u) != 8 || method >> 4 > 7 || (method << 8 | flags) % 31 != 0)
            return w3d_error_set(error, W3D_ERR_FORMAT, 0,
                                 "not a zlib stream: its header is wrong");
        if (flags & 32u)
            return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 1,
                                 "a zlib stream that needs a preset dictionary");
        stream.in += 2;
    }
    w3d_result result = w3di_inflate_blocks(&stream);
    if (result != W3D_OK) return result;
    size_t size = (size_t)(stream.out - stream.first);
    if (!desc->raw) {
        if (stream.end - stream.in < 4) return w3di_inflate_truncated(&stream);
        if (w3d_load_u32_big(stream.in) != w3di_deflate_format_adler32(stream.first, size))
            return w3d_error_set(error, W3D_ERR_CHECKSUM, (uint64_t)(stream.in - stream.begin),
                                 "the zlib stream's checksum differs: the data was damaged");
        stream.in += 4;
    }
    if (written) *written = size;
    if (consumed) *consumed = (size_t)(stream.in - stream.begin);
    return W3D_OK;
}
