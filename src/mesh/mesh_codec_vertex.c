/* mesh_codec_vertex.c - blocks of up to 256 rows, one column of bytes after the other.
 *
 * Decoding takes four columns of bytes at a time, the channel of a 32-bit word: groups of sixteen
 * deltas are unpacked to bytes, the four columns zipped to words, and the words summed up by two
 * shifted additions for every four, so that no step waits for the one before but for a carry. A
 * last pass transposes columns of words to rows.
 *
 * The place of a group depends on how many sentinels the group before holds. That chain bounds the
 * speed, so it is kept short: sentinels are counted on the packed word, not on the lanes. */
#include "mesh/mesh_codec_vertex.h"
#include "core/simd_bytes.h"
#include "core/size.h"

#define W3DI_MESH_CODEC_VERTEX_MOST     256  /* rows of a block  */
#define W3DI_MESH_CODEC_VERTEX_BLOCK    8192 /* bytes of a block */
#define W3DI_MESH_CODEC_VERTEX_MAGIC    0xA0u
#define W3DI_MESH_CODEC_VERTEX_CHANNELS 64
#define W3DI_MESH_CODEC_VERTEX_SAMPLES  8

/* Which ways of packing the two bits of a group's header choose from. */
enum {
    W3DI_MESH_CODEC_VERTEX_SET_0 = 0, /* 0 1 2 4 bits; version 1 */
    W3DI_MESH_CODEC_VERTEX_SET_1 = 1, /* 1 2 4 8 bits; version 1 */
    W3DI_MESH_CODEC_VERTEX_SET_V0 = 2 /* 0 2 4 8 bits; version 0 */
};

/* Bytes after the last block: the first row, the channel modes, and padding before them that lets
 * a decoder read a whole group without looking. */
static size_t w3di_mesh_codec_vertex_tail(uint32_t stride, uint32_t version)
{
    size_t size = version ? stride + stride / 4 : stride, least = version ? 24 : 32;
    return size < least ? least : size;
}

static uint32_t w3di_mesh_codec_vertex_block(uint32_t stride)
{
    uint32_t rows = W3DI_MESH_CODEC_VERTEX_BLOCK / stride & ~15u;
    return rows < W3DI_MESH_CODEC_VERTEX_MOST ? rows : W3DI_MESH_CODEC_VERTEX_MOST;
}

static int w3di_mesh_codec_vertex_stride_kept(uint32_t stride)
{
    return stride >= 4 && stride <= 256 && stride % 4 == 0;
}

/* ---- what both directions do to words ---- */

/* 0, -1, 1, -2, 2... from 0, 1, 2, 3, 4... */
W3D_INLINE w3d_b16 w3di_mesh_codec_vertex_unzigzag8(w3d_b16 v)
{
    w3d_b16 half = w3d_b16_and(w3d_b16_shift_right16(v, 1), w3d_b16_splat8(0x7F));
    return w3d_b16_xor(half, w3d_b16_sub8(w3d_b16_zero(), w3d_b16_and(v, w3d_b16_splat8(1))));
}
W3D_INLINE w3d_b16 w3di_mesh_codec_vertex_unzigzag16(w3d_b16 v)
{
    w3d_b16 sign = w3d_b16_sub16(w3d_b16_zero(), w3d_b16_and(v, w3d_b16_splat16(1)));
    return w3d_b16_xor(w3d_b16_shift_right16(v, 1), sign);
}

/* Rotates 32-bit lanes to the left; `count` is 0 to 31. */
W3D_INLINE w3d_b16 w3di_mesh_codec_vertex_rotate(w3d_b16 v, int count)
{
    w3d_i4 word = w3d_i4_bits_b16(v);
    if (count == 0) return v;
    return w3d_b16_bits_i4(
        w3d_i4_or(w3d_i4_shift_left(word, count), w3d_i4_shift_right(word, 32 - count)));
}

/* ---- decoding ---- */

/* Unpacks a group of sixteen and gives where the next one begins. At most 24 bytes are read. */
W3D_INLINE const uint8_t *w3di_mesh_codec_vertex_group(const uint8_t *data, unsigned code, int set,
                                                       int asked, uint8_t *out)
{
    unsigned way = set == W3DI_MESH_CODEC_VERTEX_SET_0   ? code
                   : set == W3DI_MESH_CODEC_VERTEX_SET_1 ? code + 1
                   : code                                ? code + 1
                                                         : 0;
    w3d_b16 v, mask;
    switch (way) {
    case 0: w3d_b16_store(out, w3d_b16_zero()); return data;
    case 1: {
        unsigned bits = w3d_load_u16(data);
        w3d_b16_store(out, w3d_b16_expand_by(w3d_b16_zero(), w3d_b16_from_mask8(bits), bits,
                                             data + 2, asked));
        return data + 2 + w3d_b16_count_by(bits, asked);
    }
    case 2: {
        uint32_t word = w3d_load_u32(data);
        v = w3d_b16_load8(data); /* the first delta is in the upper bits of the first byte */
        v = w3d_b16_zip8_low(w3d_b16_shift_right16(v, 4), v);
        v = w3d_b16_zip8_low(w3d_b16_shift_right16(v, 2), v);
        v = w3d_b16_and(v, w3d_b16_splat8(3));
        mask = w3d_b16_equal8(v, w3d_b16_splat8(3));
        w3d_b16_store(out, w3d_b16_expand_by(v, mask, w3d_b16_mask8(mask), data + 4, asked));
        return data + 4 + w3d_b16_count_by(word & word >> 1 & 0x55555555u, asked);
    }
    case 3: {
        uint64_t word = w3d_load_u64(data);
        v = w3d_b16_load8(data);
        v = w3d_b16_zip8_low(w3d_b16_shift_right16(v, 4), v);
        v = w3d_b16_and(v, w3d_b16_splat8(15));
        mask = w3d_b16_equal8(v, w3d_b16_splat8(15));
        w3d_b16_store(out, w3d_b16_expand_by(v, mask, w3d_b16_mask8(mask), data + 8, asked));
        word &= word >> 1;
        return data + 8 + w3d_b16_count_by(word & word >> 2 & 0x1111111111111111u, asked);
    }
    default: w3d_b16_store(out, w3d_b16_load(data)); return data + 16;
    }
}

/* Unpacks one column. `end` is where the tail begins; NULL: the column goes beyond it. */
W3D_INLINE const uint8_t *w3di_mesh_codec_vertex_column(const uint8_t *data, const uint8_t *end,
                                                        uint32_t groups, int set, int asked,
                                                        uint8_t *out)
{
    const uint8_t *headers = data;
    uint32_t g = 0, header_size = (groups + 3) / 4;
    if ((size_t)(end - data) < header_size) return NULL;
    data += header_size;
    for (; groups - g >= 4; g += 4) {
        unsigned header = *headers++;
        uint8_t *to = out + (size_t)g * 16;
        /* Four groups take at most 96 bytes, and the tail has 24 of them. */
        if (end - data < 72) {
            headers--;
            break;
        }
        if (header == 0 && set != W3DI_MESH_CODEC_VERTEX_SET_1) {
            w3d_b16 zero = w3d_b16_zero();
            w3d_b16_store(to, zero), w3d_b16_store(to + 16, zero);
            w3d_b16_store(to + 32, zero), w3d_b16_store(to + 48, zero);
            continue;
        }
        data = w3di_mesh_codec_vertex_group(data, header & 3u, set, asked, to);
        data = w3di_mesh_codec_vertex_group(data, header >> 2 & 3u, set, asked, to + 16);
        data = w3di_mesh_codec_vertex_group(data, header >> 4 & 3u, set, asked, to + 32);
        data = w3di_mesh_codec_vertex_group(data, header >> 6, set, asked, to + 48);
    }
    for (unsigned header = 0; g < groups; g++) {
        header = g % 4 == 0 ? *headers++ : header >> 2;
        if (data > end) return NULL;
        data = w3di_mesh_codec_vertex_group(data, header & 3u, set, asked, out + (size_t)g * 16);
    }
    return data > end ? NULL : data;
}

/* One function for each set, as the three would not fit into the caller's registers together; and
 * a second one where the processor turns out to have byte shuffles. */
#define W3DI_MESH_CODEC_VERTEX_COLUMN(name, set, asked)                                            \
    static const uint8_t *w3di_mesh_codec_vertex_##name(const uint8_t *data, const uint8_t *end,   \
                                                        uint32_t groups, uint8_t *out)             \
    {                                                                                              \
        return w3di_mesh_codec_vertex_column(data, end, groups, set, asked, out);                  \
    }
W3DI_MESH_CODEC_VERTEX_COLUMN(column_v0, W3DI_MESH_CODEC_VERTEX_SET_V0, 0)
W3DI_MESH_CODEC_VERTEX_COLUMN(column_0, W3DI_MESH_CODEC_VERTEX_SET_0, 0)
W3DI_MESH_CODEC_VERTEX_COLUMN(column_1, W3DI_MESH_CODEC_VERTEX_SET_1, 0)
#if W3D_SIMD_ASKED
W3DI_MESH_CODEC_VERTEX_COLUMN(asked_v0, W3DI_MESH_CODEC_VERTEX_SET_V0, 1)
W3DI_MESH_CODEC_VERTEX_COLUMN(asked_0, W3DI_MESH_CODEC_VERTEX_SET_0, 1)
W3DI_MESH_CODEC_VERTEX_COLUMN(asked_1, W3DI_MESH_CODEC_VERTEX_SET_1, 1)
#endif
#undef W3DI_MESH_CODEC_VERTEX_COLUMN

typedef const uint8_t *(*w3di_mesh_codec_vertex_unpack)(const uint8_t *data, const uint8_t *end,
                                                        uint32_t groups, uint8_t *out);

/* The three, by set. */
static void w3di_mesh_codec_vertex_choose(w3di_mesh_codec_vertex_unpack unpack[3])
{
    unpack[W3DI_MESH_CODEC_VERTEX_SET_0] = w3di_mesh_codec_vertex_column_0;
    unpack[W3DI_MESH_CODEC_VERTEX_SET_1] = w3di_mesh_codec_vertex_column_1;
    unpack[W3DI_MESH_CODEC_VERTEX_SET_V0] = w3di_mesh_codec_vertex_column_v0;
#if W3D_SIMD_ASKED
    if (w3d_simd_has_shuffles()) {
        unpack[W3DI_MESH_CODEC_VERTEX_SET_0] = w3di_mesh_codec_vertex_asked_0;
        unpack[W3DI_MESH_CODEC_VERTEX_SET_1] = w3di_mesh_codec_vertex_asked_1;
        unpack[W3DI_MESH_CODEC_VERTEX_SET_V0] = w3di_mesh_codec_vertex_asked_v0;
    }
#endif
}

/* A column of version 1 in one of its four ways. */
static const uint8_t *w3di_mesh_codec_vertex_controlled(const uint8_t *data, const uint8_t *end,
                                                        uint32_t rows, unsigned control,
                                                        const w3di_mesh_codec_vertex_unpack *unpack,
                                                        uint8_t *out)
{
    uint32_t groups = (rows + 15) / 16;
    if (control < 2) return unpack[control](data, end, groups, out);
    w3d_fill(out, 0, (size_t)groups * 16);
    if (control == 2) return data;
    if ((size_t)(end - data) < rows) return NULL;
    w3d_copy(out, data, rows);
    return data + rows;
}

/* The kinds of channel. */
enum {
    W3DI_MESH_CODEC_VERTEX_BYTES = 0,
    W3DI_MESH_CODEC_VERTEX_SHORTS = 1,
    W3DI_MESH_CODEC_VERTEX_XOR = 2
};

W3D_INLINE w3d_b16 w3di_mesh_codec_vertex_join(w3d_b16 a, w3d_b16 b, int kind)
{
    return kind == W3DI_MESH_CODEC_VERTEX_BYTES    ? w3d_b16_add8(a, b)
           : kind == W3DI_MESH_CODEC_VERTEX_SHORTS ? w3d_b16_add16(a, b)
                                                   : w3d_b16_xor(a, b);
}

/* Four deltas to four words; *carry is the word before them, in every lane. */
W3D_INLINE w3d_b16 w3di_mesh_codec_vertex_sum(w3d_b16 v, w3d_b16 *carry, int kind, int turn)
{
    v = kind == W3DI_MESH_CODEC_VERTEX_BYTES    ? w3di_mesh_codec_vertex_unzigzag8(v)
        : kind == W3DI_MESH_CODEC_VERTEX_SHORTS ? w3di_mesh_codec_vertex_unzigzag16(v)
                                                : w3di_mesh_codec_vertex_rotate(v, turn);
    v = w3di_mesh_codec_vertex_join(v, w3d_b16_up4(v), kind);
    v = w3di_mesh_codec_vertex_join(v, w3d_b16_up8(v), kind);
    v = w3di_mesh_codec_vertex_join(v, *carry, kind);
    *carry = w3d_b16_last32(v);
    return v;
}

/* Four columns of deltas to one of words. `bytes` is 4 x MOST; groups * 16 words are written. */
W3D_INLINE void w3di_mesh_codec_vertex_words(const uint8_t *bytes, uint32_t groups, uint8_t *last,
                                             uint8_t *out, int kind, int turn)
{
    w3d_b16 carry = w3d_b16_bits_i4(w3d_i4_splat((int32_t)w3d_load_u32(last)));
    for (uint32_t i = 0; i < groups * 16; i += 16, out += 64) {
        w3d_b16 b0 = w3d_b16_load(bytes + i), b1 = w3d_b16_load(bytes + i + 256);
        w3d_b16 b2 = w3d_b16_load(bytes + i + 512), b3 = w3d_b16_load(bytes + i + 768);
        w3d_b16 low = w3d_b16_zip8_low(b0, b1), low_top = w3d_b16_zip8_low(b2, b3);
        w3d_b16 high = w3d_b16_zip8_high(b0, b1), high_top = w3d_b16_zip8_high(b2, b3);
        w3d_b16 v[4];
        v[0] = w3d_b16_zip16_low(low, low_top);
        v[1] = w3d_b16_zip16_high(low, low_top);
        v[2] = w3d_b16_zip16_low(high, high_top);
        v[3] = w3d_b16_zip16_high(high, high_top);
        for (int k = 0; k < 4; k++)
            w3d_b16_store(out + 16 * k, w3di_mesh_codec_vertex_sum(v[k], &carry, kind, turn));
    }
}

static void w3di_mesh_codec_vertex_bytes(const uint8_t *bytes, uint32_t groups, uint8_t *last,
                                         uint8_t *out)
{
    w3di_mesh_codec_vertex_words(bytes, groups, last, out, W3DI_MESH_CODEC_VERTEX_BYTES, 0);
}
static void w3di_mesh_codec_vertex_channel(const uint8_t *bytes, uint32_t groups, uint8_t *last,
                                           uint8_t *out, unsigned mode)
{
    if (mode == 0)
        w3di_mesh_codec_vertex_bytes(bytes, groups, last, out);
    else if (mode == 1)
        w3di_mesh_codec_vertex_words(bytes, groups, last, out, W3DI_MESH_CODEC_VERTEX_SHORTS, 0);
    else /* what the encoder turned to the left comes back by turning on */
        w3di_mesh_codec_vertex_words(bytes, groups, last, out, W3DI_MESH_CODEC_VERTEX_XOR,
                                     (int)(32u - (mode >> 4)) & 31);
}

/* Four columns of words, `pitch` bytes apart, to 16 bytes in each of `rows` rows. */
W3D_INLINE void w3di_mesh_codec_vertex_rows4(const uint8_t *words, size_t pitch, uint8_t *out,
                                             size_t stride, uint32_t rows)
{
    uint32_t i = 0;
    for (; rows - i >= 4; i += 4, words += 16, out += 4 * stride) {
        w3d_b16 a = w3d_b16_load(words), b = w3d_b16_load(words + pitch);
        w3d_b16 c = w3d_b16_load(words + 2 * pitch), d = w3d_b16_load(words + 3 * pitch);
        w3d_b16 ab = w3d_b16_zip32_low(a, b), cd = w3d_b16_zip32_low(c, d);
        w3d_b16_store(out, w3d_b16_zip64_low(ab, cd));
        w3d_b16_store(out + stride, w3d_b16_zip64_high(ab, cd));
        ab = w3d_b16_zip32_high(a, b), cd = w3d_b16_zip32_high(c, d);
        w3d_b16_store(out + 2 * stride, w3d_b16_zip64_low(ab, cd));
        w3d_b16_store(out + 3 * stride, w3d_b16_zip64_high(ab, cd));
    }
    for (; i < rows; i++, words += 4, out += stride)
        for (size_t k = 0; k < 4; k++) w3d_copy(out + 4 * k, words + k * pitch, 4);
}

/* Columns of words to rows. */
static void w3di_mesh_codec_vertex_rows(const uint8_t *words, size_t pitch, uint8_t *out,
                                        uint32_t stride, uint32_t rows)
{
    uint32_t i = 0;
    if (stride >= 16) {
        for (uint32_t k = 0; k + 16 <= stride; k += 16)
            w3di_mesh_codec_vertex_rows4(words + k / 4 * pitch, pitch, out + k, stride, rows);
        if (stride % 16) /* the last four channels, some of them once more */
            w3di_mesh_codec_vertex_rows4(words + (stride - 16) / 4 * pitch, pitch,
                                         out + stride - 16, stride, rows);
        return;
    }
    if (stride == 12 && rows > 5) {
        /* As if there were a fourth channel, which the next row writes over; not at the end. */
        i = (rows - 2) & ~3u;
        w3di_mesh_codec_vertex_rows4(words, pitch, out, 12, i);
    }
    if (stride == 8)
        for (; rows - i >= 4; i += 4) {
            w3d_b16 a = w3d_b16_load(words + 4 * i), b = w3d_b16_load(words + pitch + 4 * i);
            w3d_b16_store(out + 8 * i, w3d_b16_zip32_low(a, b));
            w3d_b16_store(out + 8 * i + 16, w3d_b16_zip32_high(a, b));
        }
    for (; i < rows; i++)
        for (uint32_t k = 0; k < stride; k += 4)
            w3d_copy(out + (size_t)i * stride + k, words + k / 4 * pitch + 4 * (size_t)i, 4);
}

W3D_API w3d_result w3d_mesh_codec_vertex_decode(const w3d_mesh_codec_stream *stream, void *out,
                                                w3d_error *error)
{
    int kept = stream && (stream->bytes || stream->size == 0) && (out || stream->count == 0) &&
               w3di_mesh_codec_vertex_stride_kept(stream->stride) &&
               stream->count <= SIZE_MAX / stream->stride;
    W3D_ASSERT(kept);
    if (!kept) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no stream, output or such stride");
    const uint8_t *bytes = (const uint8_t *)stream->bytes, *data = bytes + 1;
    uint32_t stride = stream->stride, channels = stride / 4;
    if (stream->size < 1) return w3d_error_set(error, W3D_ERR_TRUNCATED, 0, "an empty stream");
    uint32_t version = bytes[0] - W3DI_MESH_CODEC_VERTEX_MAGIC;
    if (version > 1)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 0,
                             "not a vertex stream of version 0 or 1 (0xA0 or 0xA1)");
    size_t tail = w3di_mesh_codec_vertex_tail(stride, version);
    if (stream->size - 1 < tail)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, stream->size, "too short for its tail");
    const uint8_t *end = bytes + stream->size - tail;
    const uint8_t *first = bytes + stream->size - stride - (version ? channels : 0);
    const uint8_t *modes = bytes + stream->size - channels;
    for (uint32_t c = 0; version && c < channels; c++)
        if ((modes[c] & 15u) > 2 || ((modes[c] & 15u) < 2 && modes[c] >> 4))
            return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(modes + c - bytes),
                                 "a channel mode that does not exist");

    uint8_t last[256], deltas[4 * W3DI_MESH_CODEC_VERTEX_MOST];
    uint8_t words[W3DI_MESH_CODEC_VERTEX_BLOCK + 1024]; /* + a fourth column for stride 12 */
    uint8_t *row = (uint8_t *)out;
    w3di_mesh_codec_vertex_unpack unpack[3];
    w3di_mesh_codec_vertex_choose(unpack);
    uint32_t most = w3di_mesh_codec_vertex_block(stride), rows;
    size_t pitch = (size_t)most * 4;
    w3d_copy(last, first, stride);
    if (stride == 12) w3d_fill(words + 3 * pitch, 0, pitch);
    for (uint32_t left = stream->count; left; left -= rows, row += (size_t)rows * stride) {
        rows = left < most ? left : most;
        uint32_t groups = (rows + 15) / 16;
        /* A lone channel of whole groups is its rows already. */
        uint8_t *to = stride == 4 && rows % 16 == 0 ? row : words;
        const uint8_t *controls = data;
        if (version) {
            if ((size_t)(end - data) < channels)
                return w3d_error_set(error, W3D_ERR_TRUNCATED, (uint64_t)(data - bytes),
                                     "a block without its control bytes");
            data += channels;
        }
        for (uint32_t c = 0; c < channels; c++) {
            const uint8_t *from = data;
            for (unsigned k = 0; k < 4; k++) {
                uint8_t *column = deltas + k * W3DI_MESH_CODEC_VERTEX_MOST;
                from = data;
                data = version ? w3di_mesh_codec_vertex_controlled(data, end, rows,
                                                                   controls[c] >> 2 * k & 3u,
                                                                   unpack, column)
                               : unpack[W3DI_MESH_CODEC_VERTEX_SET_V0](data, end, groups, column);
                if (!data)
                    return w3d_error_set(error, W3D_ERR_TRUNCATED, (uint64_t)(from - bytes),
                                         "a column that reaches beyond the blocks");
            }
            w3di_mesh_codec_vertex_channel(deltas, groups, last + 4 * c, to + c * pitch,
                                           version ? modes[c] : 0);
            w3d_copy(last + 4 * c, to + c * pitch + 4 * (size_t)(rows - 1), 4);
        }
        if (to == words) w3di_mesh_codec_vertex_rows(words, pitch, row, stride, rows);
    }
    if (data != end)
        return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(data - bytes),
                             "bytes are left over after the last block");
    return W3D_OK;
}

/* ---- encoding ---- */

W3D_API size_t w3d_mesh_codec_vertex_bound(uint32_t count, uint32_t stride)
{
    if (!w3di_mesh_codec_vertex_stride_kept(stride)) return SIZE_MAX;
    uint32_t most = w3di_mesh_codec_vertex_block(stride);
    size_t blocks = count / most + (count % most != 0);
    /* A column: headers, and sixteen bytes a group; version 1: its control bytes. And room to store
     * sixteen bytes where fewer are meant. */
    size_t column = (most / 16 + 3) / 4 + most, total = 1 + 16;
    if (!w3d_size_append(&total, blocks, column * stride + stride / 4) ||
        !w3d_size_append(&total, 1, 2 * (size_t)stride + 32))
        return SIZE_MAX;
    return total;
}

/* A column of words, the one before it first: what one channel of a block is. */
typedef struct w3di_mesh_codec_vertex_gathered {
    uint32_t word[4 + W3DI_MESH_CODEC_VERTEX_MOST]; /* [3] is the word before */
} w3di_mesh_codec_vertex_gathered;

static void w3di_mesh_codec_vertex_gather(const w3d_mesh_codec_vertex_desc *desc, uint32_t first,
                                          uint32_t rows, uint32_t channel,
                                          w3di_mesh_codec_vertex_gathered *to)
{
    const uint8_t *from = (const uint8_t *)desc->rows + (size_t)first * desc->stride + 4 * channel;
    uint32_t i = 0;
    to->word[3] = w3d_load_u32(first ? from - desc->stride : from);
    for (; i < rows; i++, from += desc->stride) to->word[4 + i] = w3d_load_u32(from);
    for (; i % 16; i++) to->word[4 + i] = to->word[3 + i]; /* deltas of 0 */
}

/* Words to four columns of deltas. */
W3D_INLINE void w3di_mesh_codec_vertex_split(const w3di_mesh_codec_vertex_gathered *from,
                                             uint32_t groups, uint8_t *bytes, int kind, int turn)
{
    w3d_b16 low = w3d_b16_splat16(255), v[4];
    for (uint32_t i = 0; i < groups * 16; i += 16) {
        for (uint32_t k = 0; k < 4; k++) {
            w3d_b16 now = w3d_b16_load(from->word + 4 + i + 4 * k);
            w3d_b16 before = w3d_b16_load(from->word + 3 + i + 4 * k);
            if (kind == W3DI_MESH_CODEC_VERTEX_BYTES) {
                w3d_b16 d = w3d_b16_sub8(now, before);
                v[k] = w3d_b16_xor(w3d_b16_add8(d, d), w3d_b16_sign8(d));
            } else if (kind == W3DI_MESH_CODEC_VERTEX_SHORTS) {
                w3d_b16 d = w3d_b16_sub16(now, before);
                v[k] = w3d_b16_xor(w3d_b16_add16(d, d), w3d_b16_sign16(d));
            } else {
                v[k] = w3di_mesh_codec_vertex_rotate(w3d_b16_xor(now, before), turn);
            }
        }
        w3d_b16 even0 = w3d_b16_narrow(w3d_b16_and(v[0], low), w3d_b16_and(v[1], low));
        w3d_b16 even1 = w3d_b16_narrow(w3d_b16_and(v[2], low), w3d_b16_and(v[3], low));
        w3d_b16 odd0 =
            w3d_b16_narrow(w3d_b16_shift_right16(v[0], 8), w3d_b16_shift_right16(v[1], 8));
        w3d_b16 odd1 =
            w3d_b16_narrow(w3d_b16_shift_right16(v[2], 8), w3d_b16_shift_right16(v[3], 8));
        w3d_b16_store(bytes + i, w3d_b16_narrow(w3d_b16_and(even0, low), w3d_b16_and(even1, low)));
        w3d_b16_store(bytes + i + 256,
                      w3d_b16_narrow(w3d_b16_and(odd0, low), w3d_b16_and(odd1, low)));
        w3d_b16_store(bytes + i + 512, w3d_b16_narrow(w3d_b16_shift_right16(even0, 8),
                                                      w3d_b16_shift_right16(even1, 8)));
        w3d_b16_store(bytes + i + 768, w3d_b16_narrow(w3d_b16_shift_right16(odd0, 8),
                                                      w3d_b16_shift_right16(odd1, 8)));
    }
}

static void w3di_mesh_codec_vertex_deltas(const w3di_mesh_codec_vertex_gathered *from,
                                          uint32_t groups, uint8_t *bytes, unsigned mode)
{
    if (mode == 0)
        w3di_mesh_codec_vertex_split(from, groups, bytes, W3DI_MESH_CODEC_VERTEX_BYTES, 0);
    else if (mode == 1)
        w3di_mesh_codec_vertex_split(from, groups, bytes, W3DI_MESH_CODEC_VERTEX_SHORTS, 0);
    else
        w3di_mesh_codec_vertex_split(from, groups, bytes, W3DI_MESH_CODEC_VERTEX_XOR,
                                     (int)(mode >> 4));
}

/* How a column packs: the way of each group under the three sets, and the bytes they take. */
typedef struct w3di_mesh_codec_vertex_plan {
    uint8_t way[3][W3DI_MESH_CODEC_VERTEX_MOST / 16]; /* 0 1 2 3 4: 0 1 2 4 8 bits */
    uint32_t size[3];                                 /* without headers           */
} w3di_mesh_codec_vertex_plan;

W3D_INLINE unsigned w3di_mesh_codec_vertex_over(w3d_b16 v, int least)
{
    return w3d_b16_count(w3d_b16_mask8(w3d_b16_not_less8(v, w3d_b16_splat8(least))));
}

/* `first` to `last` are the sets to look at. */
W3D_INLINE void w3di_mesh_codec_vertex_look(const uint8_t *bytes, uint32_t groups, int first,
                                            int last, w3di_mesh_codec_vertex_plan *plan)
{
    unsigned before[3] = { 99, 99, 99 }; /* the ways of the group before */
    plan->size[0] = plan->size[1] = plan->size[2] = 0;
    for (uint32_t g = 0; g < groups; g++) {
        w3d_b16 v = w3d_b16_load(bytes + 16 * (size_t)g);
        unsigned above0 = w3di_mesh_codec_vertex_over(v, 1);
        unsigned size[5];
        size[0] = above0 ? 99u : 0u;
        size[1] = 2 + above0;
        size[2] = 4 + w3di_mesh_codec_vertex_over(v, 3);
        size[3] = 8 + w3di_mesh_codec_vertex_over(v, 15);
        size[4] = 16;
        for (int set = first; set <= last; set++) {
            /* The longest way, then the first that is shorter; of two that are as short, bytes
             * aside, that of the group before: a decoder's branches are then guessed better. */
            unsigned way = set == W3DI_MESH_CODEC_VERTEX_SET_0 ? 3u : 4u;
            for (unsigned w = set == W3DI_MESH_CODEC_VERTEX_SET_1; w < 4u; w++)
                if (!(set == W3DI_MESH_CODEC_VERTEX_SET_V0 && w == 1) &&
                    (size[w] < size[way] || (size[w] == size[way] && w == before[set] && way != 4)))
                    way = w;
            before[set] = way;
            plan->way[set][g] = (uint8_t)way;
            plan->size[set] += size[way];
        }
    }
}

/* Writes a group; up to sixteen bytes more may be written over. */
W3D_INLINE uint8_t *w3di_mesh_codec_vertex_pack(const uint8_t *bytes, unsigned way, uint8_t *out)
{
    w3d_b16 v = w3d_b16_load(bytes), packed;
    unsigned over = 0;
    switch (way) {
    case 0: return out;
    case 1:
        over = w3d_b16_mask8(w3d_b16_not_less8(v, w3d_b16_splat8(1)));
        w3d_store_u16(out, (uint16_t)over);
        out += 2;
        break;
    case 2:
        packed = w3d_b16_min8(v, w3d_b16_splat8(3));
        over = w3d_b16_mask8(w3d_b16_equal8(packed, w3d_b16_splat8(3)));
        packed = w3d_b16_or(w3d_b16_shift_left16(packed, 2), w3d_b16_shift_right16(packed, 8));
        packed = w3d_b16_and(packed, w3d_b16_splat16(15));
        packed = w3d_b16_narrow(packed, packed);
        packed = w3d_b16_or(w3d_b16_shift_left16(packed, 4), w3d_b16_shift_right16(packed, 8));
        packed = w3d_b16_and(packed, w3d_b16_splat16(255));
        w3d_b16_store8(out, w3d_b16_narrow(packed, packed));
        out += 4;
        break;
    case 3:
        packed = w3d_b16_min8(v, w3d_b16_splat8(15));
        over = w3d_b16_mask8(w3d_b16_equal8(packed, w3d_b16_splat8(15)));
        packed = w3d_b16_or(w3d_b16_shift_left16(packed, 4), w3d_b16_shift_right16(packed, 8));
        packed = w3d_b16_and(packed, w3d_b16_splat16(255));
        w3d_b16_store8(out, w3d_b16_narrow(packed, packed));
        out += 8;
        break;
    default: w3d_b16_store(out, v); return out + 16;
    }
    for (; over; over &= over - 1u) *out++ = bytes[w3d_bits_trailing_zeros(over)];
    return out;
}

static uint8_t *w3di_mesh_codec_vertex_write(const uint8_t *bytes, uint32_t groups, int set,
                                             const uint8_t *way, uint8_t *out)
{
    uint8_t *headers = out;
    uint32_t header_size = (groups + 3) / 4;
    w3d_fill(headers, 0, header_size);
    out += header_size;
    for (uint32_t g = 0; g < groups; g++) {
        unsigned code = set == W3DI_MESH_CODEC_VERTEX_SET_0   ? way[g]
                        : set == W3DI_MESH_CODEC_VERTEX_SET_1 ? way[g] - 1u
                        : way[g]                              ? way[g] - 1u
                                                              : 0u;
        headers[g / 4] = (uint8_t)(headers[g / 4] | code << g % 4 * 2);
        out = w3di_mesh_codec_vertex_pack(bytes + 16 * (size_t)g, way[g], out);
    }
    return out;
}

/* The best way for a column of version 1 and its size, from a plan of sets 0 and 1. */
static unsigned w3di_mesh_codec_vertex_control(const w3di_mesh_codec_vertex_plan *plan,
                                               uint32_t rows, uint32_t *size)
{
    uint32_t groups = (rows + 15) / 16, headers = (groups + 3) / 4;
    uint32_t sizes[4] = { plan->size[0] + headers, plan->size[1] + headers, UINT32_MAX, rows };
    unsigned best = 3;
    if (plan->size[0] == 0) sizes[2] = 0;
    for (unsigned c = 0; c < 3; c++)
        if (sizes[c] < sizes[best]) best = c;
    *size = sizes[best];
    return best;
}

/* What a channel of a block would take in that mode. */
static uint32_t w3di_mesh_codec_vertex_cost(const w3di_mesh_codec_vertex_gathered *from,
                                            uint32_t rows, unsigned mode)
{
    uint8_t bytes[4 * W3DI_MESH_CODEC_VERTEX_MOST];
    w3di_mesh_codec_vertex_plan plan;
    uint32_t groups = (rows + 15) / 16, total = 0, size;
    w3di_mesh_codec_vertex_deltas(from, groups, bytes, mode);
    for (uint32_t k = 0; k < 4; k++) {
        const uint8_t *column = bytes + k * W3DI_MESH_CODEC_VERTEX_MOST;
        w3di_mesh_codec_vertex_look(column, groups, W3DI_MESH_CODEC_VERTEX_SET_0,
                                    W3DI_MESH_CODEC_VERTEX_SET_1, &plan);
        w3di_mesh_codec_vertex_control(&plan, rows, &size);
        total += size;
    }
    return total;
}

/* The mode that packs a channel best, by a sample of blocks spread over the rows. */
static unsigned w3di_mesh_codec_vertex_mode(const w3d_mesh_codec_vertex_desc *desc,
                                            uint32_t channel)
{
    uint32_t most = w3di_mesh_codec_vertex_block(desc->stride);
    uint32_t blocks = desc->count / most + (desc->count % most != 0);
    uint32_t samples =
        blocks < W3DI_MESH_CODEC_VERTEX_SAMPLES ? blocks : W3DI_MESH_CODEC_VERTEX_SAMPLES;
    uint32_t cost[3 + 16];
    unsigned best = 0;
    w3d_fill(cost, 0, sizeof cost);
    for (uint32_t s = 0; s < samples; s++) {
        w3di_mesh_codec_vertex_gathered words;
        uint32_t first = (uint32_t)((uint64_t)s * blocks / samples) * most;
        uint32_t rows = desc->count - first < most ? desc->count - first : most;
        w3di_mesh_codec_vertex_gather(desc, first, rows, channel, &words);
        for (unsigned mode = 0; mode < 3; mode++)
            cost[mode] += w3di_mesh_codec_vertex_cost(&words, rows, mode);
        /* Turning is for floats, where exclusive or is of use at all; two samples say how much. */
        if (s < 2 && cost[2] < cost[0] + cost[0] / 4)
            for (unsigned turn = 0; turn < 16; turn++)
                cost[3 + turn] += w3di_mesh_codec_vertex_cost(&words, rows, 2 | turn << 4);
    }
    unsigned turn = 0;
    for (unsigned k = 1; k < 16; k++)
        if (cost[3 + k] < cost[3 + turn]) turn = k;
    if (turn) {
        /* The gain on two samples, carried over to all. */
        uint64_t scaled = (uint64_t)cost[2] * cost[3 + turn] / cost[3];
        cost[2] = (uint32_t)scaled;
    }
    if (cost[1] < cost[best]) best = 1;
    if (cost[2] < cost[best]) best = 2;
    return best == 2 ? 2u | turn << 4 : best;
}

W3D_API w3d_result w3d_mesh_codec_vertex_encode(const w3d_mesh_codec_vertex_desc *desc,
                                                w3d_mesh_codec_buffer *buffer)
{
    int kept = desc && buffer && buffer->bytes && (desc->rows || desc->count == 0) &&
               w3di_mesh_codec_vertex_stride_kept(desc->stride) && desc->version <= 1;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    size_t bound = w3d_mesh_codec_vertex_bound(desc->count, desc->stride);
    if (bound == SIZE_MAX || buffer->capacity < bound) return W3D_ERR_CAPACITY;

    uint8_t *out = (uint8_t *)buffer->bytes, deltas[4 * W3DI_MESH_CODEC_VERTEX_MOST];
    uint8_t modes[W3DI_MESH_CODEC_VERTEX_CHANNELS];
    w3di_mesh_codec_vertex_gathered words;
    w3di_mesh_codec_vertex_plan plan;
    uint32_t stride = desc->stride, channels = stride / 4, version = desc->version, rows;
    uint32_t most = w3di_mesh_codec_vertex_block(stride);
    w3d_fill(modes, 0, sizeof modes);
    for (uint32_t c = 0; version && desc->count && c < channels; c++)
        modes[c] = (uint8_t)w3di_mesh_codec_vertex_mode(desc, c);
    *out++ = (uint8_t)(W3DI_MESH_CODEC_VERTEX_MAGIC + version);
    for (uint32_t first = 0; first < desc->count; first += rows) {
        rows = desc->count - first < most ? desc->count - first : most;
        uint32_t groups = (rows + 15) / 16;
        uint8_t *controls = out;
        if (version) out += channels;
        for (uint32_t c = 0; c < channels; c++) {
            unsigned packed = 0;
            w3di_mesh_codec_vertex_gather(desc, first, rows, c, &words);
            w3di_mesh_codec_vertex_deltas(&words, groups, deltas, modes[c]);
            for (unsigned k = 0; k < 4; k++) {
                const uint8_t *column = deltas + k * W3DI_MESH_CODEC_VERTEX_MOST;
                int set = W3DI_MESH_CODEC_VERTEX_SET_V0;
                if (version) {
                    uint32_t size;
                    w3di_mesh_codec_vertex_look(column, groups, W3DI_MESH_CODEC_VERTEX_SET_0,
                                                W3DI_MESH_CODEC_VERTEX_SET_1, &plan);
                    set = (int)w3di_mesh_codec_vertex_control(&plan, rows, &size);
                    packed |= (unsigned)set << 2 * k;
                } else {
                    w3di_mesh_codec_vertex_look(column, groups, W3DI_MESH_CODEC_VERTEX_SET_V0,
                                                W3DI_MESH_CODEC_VERTEX_SET_V0, &plan);
                }
                if (version && set >= 2) {
                    uint32_t literal = set == 3 ? rows : 0;
                    w3d_copy(out, column, literal);
                    out += literal;
                } else {
                    out = w3di_mesh_codec_vertex_write(column, groups, set, plan.way[set], out);
                }
            }
            if (version) controls[c] = (uint8_t)packed;
        }
    }
    size_t tail = w3di_mesh_codec_vertex_tail(stride, version);
    w3d_fill(out, 0, tail);
    out += tail - stride - (version ? channels : 0);
    if (desc->count) w3d_copy(out, desc->rows, stride);
    out += stride;
    if (version) w3d_copy(out, modes, channels);
    out += version ? channels : 0;
    buffer->size = (size_t)(out - (uint8_t *)buffer->bytes);
    return W3D_OK;
}

#undef W3DI_MESH_CODEC_VERTEX_MOST
#undef W3DI_MESH_CODEC_VERTEX_BLOCK
#undef W3DI_MESH_CODEC_VERTEX_MAGIC
#undef W3DI_MESH_CODEC_VERTEX_CHANNELS
#undef W3DI_MESH_CODEC_VERTEX_SAMPLES
