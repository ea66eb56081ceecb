/* mesh_codec_index_sequence.h - numbers of one to five bytes, and differences to two baselines;
 * private.
 *
 * A number of a sequence is 2 * zigzag(difference) + which baseline it is a difference to, and is
 * then that baseline. Both directions take several numbers at once: eight of a byte each become
 * sums of 16-bit lanes; four differences are made at once by looking for the last change of the
 * baseline up to each lane. */
#ifndef W3D_MESH_CODEC_INDEX_SEQUENCE_H
#define W3D_MESH_CODEC_INDEX_SEQUENCE_H

#include "core/simd_bytes.h"

/* ---- numbers ---- */

/* Zero bits below the lowest set bit of a word that is not 0. */
W3D_INLINE unsigned w3di_mesh_codec_index_zeros(uint64_t word)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(word);
#else
    return (uint32_t)word ? w3d_bits_trailing_zeros((uint32_t)word)
                          : 32u + w3d_bits_trailing_zeros((uint32_t)(word >> 32));
#endif
}

/* A number of one to five bytes, seven bits in each, the lowest first; *bad is set where it goes
 * on. Eight bytes are read. Lengths change too often to be guessed: there is no branch on them. */
W3D_INLINE const uint8_t *w3di_mesh_codec_index_number(const uint8_t *data, uint32_t *value,
                                                       uint32_t *bad)
{
    uint64_t word = w3d_load_u64(data), stop = ~word & 0x8080808080u;
    if (!stop) {
        *bad = 1;
        *value = 0;
        return data;
    }
    word &= stop ^ (stop - 1);
    *value = (uint32_t)((word & 0x7Fu) | (word >> 1 & 0x3F80u) | (word >> 2 & 0x1FC000u) |
                        (word >> 3 & 0xFE00000u) | (word >> 4 & 0xF0000000u));
    return data + (w3di_mesh_codec_index_zeros(stop) >> 3) + 1;
}

W3D_INLINE uint32_t w3di_mesh_codec_index_unzigzag(uint32_t v) { return v >> 1 ^ (0u - (v & 1u)); }

/* A number of one to five bytes; eight are written over. */
W3D_INLINE uint8_t *w3di_mesh_codec_index_write(uint8_t *data, uint32_t value)
{
    unsigned bits = 32u - w3d_bits_leading_zeros(value | 1u);
    unsigned size = (bits + 6) * 37 >> 8; /* bits / 7 rounded up, for 1 to 32 */
    uint64_t word = (value & 0x7Fu) | (uint64_t)(value & 0x3F80u) << 1 |
                    (uint64_t)(value & 0x1FC000u) << 2 | (uint64_t)(value & 0xFE00000u) << 3 |
                    (uint64_t)(value >> 28) << 32;
    w3d_store_u64(data, word | (0x8080808080u & (((uint64_t)1 << 8 * (size - 1)) - 1)));
    return data + size;
}

W3D_INLINE uint32_t w3di_mesh_codec_index_zigzag(uint32_t delta)
{
    return delta << 1 ^ (0u - (delta >> 31));
}

/* ---- decoding ---- */

W3D_INLINE void w3di_mesh_codec_index_put(void *out, size_t at, uint32_t index, int wide)
{
    if (wide)
        ((uint32_t *)out)[at] = index;
    else
        ((uint16_t *)out)[at] = (uint16_t)index;
}

/* Moves the baseline that a number names and gives it. */
W3D_INLINE uint32_t w3di_mesh_codec_index_step(uint32_t *last, uint32_t v)
{
    uint32_t odd = 0u - (v & 1u), delta = w3di_mesh_codec_index_unzigzag(v >> 1);
    last[0] += delta & ~odd;
    last[1] += delta & odd;
    return (last[1] & odd) | (last[0] & ~odd);
}

/* Sums of the 16-bit lanes up to each. */
W3D_INLINE w3d_b16 w3di_mesh_codec_index_sums(w3d_b16 v)
{
    v = w3d_b16_add16(v, w3d_b16_up2(v));
    v = w3d_b16_add16(v, w3d_b16_up4(v));
    return w3d_b16_add16(v, w3d_b16_up8(v));
}

/* Eight numbers of a byte each at once. The sums of their differences fit 16 bits by far. */
W3D_INLINE void w3di_mesh_codec_index_eight(const uint8_t *data, w3d_i4 last[2], void *out,
                                            size_t at, int wide)
{
    w3d_b16 zero = w3d_b16_zero(), one = w3d_b16_splat16(1);
    w3d_b16 v = w3d_b16_zip8_low(w3d_b16_load8(data), zero);
    w3d_b16 odd = w3d_b16_sub16(zero, w3d_b16_and(v, one)), half = w3d_b16_shift_right16(v, 1);
    w3d_b16 delta =
        w3d_b16_xor(w3d_b16_shift_right16(half, 1), w3d_b16_sub16(zero, w3d_b16_and(half, one)));
    w3d_b16 sum0 = w3di_mesh_codec_index_sums(w3d_b16_andnot(delta, odd));
    w3d_b16 sum1 = w3di_mesh_codec_index_sums(w3d_b16_and(delta, odd));
    w3d_b16 sum = w3d_b16_select(odd, sum1, sum0), sign = w3d_b16_sign16(sum);
    w3d_b16 base0 = w3d_b16_bits_i4(last[0]), base1 = w3d_b16_bits_i4(last[1]);
    w3d_b16 base_low = w3d_b16_select(w3d_b16_zip16_low(odd, odd), base1, base0);
    w3d_b16 base_high = w3d_b16_select(w3d_b16_zip16_high(odd, odd), base1, base0);
    w3d_i4 low =
        w3d_i4_add(w3d_i4_bits_b16(w3d_b16_zip16_low(sum, sign)), w3d_i4_bits_b16(base_low));
    w3d_i4 high =
        w3d_i4_add(w3d_i4_bits_b16(w3d_b16_zip16_high(sum, sign)), w3d_i4_bits_b16(base_high));
    /* The eighth sum of both, in every lane. */
    sum0 = w3d_b16_last32(sum0), sum1 = w3d_b16_last32(sum1);
    last[0] = w3d_i4_add(last[0], w3d_i4_shift_right_signed(w3d_i4_bits_b16(sum0), 16));
    last[1] = w3d_i4_add(last[1], w3d_i4_shift_right_signed(w3d_i4_bits_b16(sum1), 16));
    if (wide) {
        w3d_b16_store((uint32_t *)out + at, w3d_b16_bits_i4(low));
        w3d_b16_store((uint32_t *)out + at + 4, w3d_b16_bits_i4(high));
    } else {
        uint32_t words[8];
        w3d_b16_store(words, w3d_b16_bits_i4(low)), w3d_b16_store(words + 4, w3d_b16_bits_i4(high));
        for (size_t k = 0; k < 8; k++) ((uint16_t *)out)[at + k] = (uint16_t)words[k];
    }
}

/* Four numbers of one word of eight bytes, `stop` being the top bits of their last bytes: the word
 * is loaded once for all of them. 0: they are not all in it, or one is too long. */
W3D_INLINE unsigned w3di_mesh_codec_index_four(uint64_t word, uint64_t stop, uint32_t value[4])
{
    unsigned from = 0;
    for (int k = 0; k < 4; k++, stop &= stop - 1) {
        if (!stop) return 0;
        unsigned end = w3di_mesh_codec_index_zeros(stop) + 1;
        uint64_t v = (word & (stop ^ (stop - 1))) >> from;
        if (end - from > 40) return 0;
        value[k] = (uint32_t)((v & 0x7Fu) | (v >> 1 & 0x3F80u) | (v >> 2 & 0x1FC000u) |
                              (v >> 3 & 0xFE00000u) | (v >> 4 & 0xF0000000u));
        from = end;
    }
    return from / 8;
}

/* Gives where the data stopped: at `end` and after `count` indices if all is well. */
W3D_INLINE const uint8_t *w3di_mesh_codec_index_sequence(const uint8_t *data, const uint8_t *end,
                                                         uint32_t count, void *out, int wide,
                                                         uint32_t *done)
{
    uint32_t last[2] = { 0, 0 }, i = 0, bad = 0, value[4];
    w3d_i4 lasts[2];
    while (count - i >= 8 && end - data >= 8) {
        uint64_t word = w3d_load_u64(data), stop = ~word & 0x8080808080808080u;
        if (stop == 0x8080808080808080u) {
            lasts[0] = w3d_i4_splat((int32_t)last[0]), lasts[1] = w3d_i4_splat((int32_t)last[1]);
            do {
                w3di_mesh_codec_index_eight(data, lasts, out, i, wide);
                data += 8, i += 8;
            } while (count - i >= 8 && end - data >= 8 &&
                     (w3d_load_u64(data) & 0x8080808080808080u) == 0);
            uint32_t lanes[4];
            w3d_b16_store(lanes, w3d_b16_bits_i4(lasts[0])), last[0] = lanes[0];
            w3d_b16_store(lanes, w3d_b16_bits_i4(lasts[1])), last[1] = lanes[0];
            continue;
        }
        unsigned size = w3di_mesh_codec_index_four(word, stop, value);
        if (!size) { /* long ones */
            data = w3di_mesh_codec_index_number(data, value, &bad);
            if (bad) break;
            w3di_mesh_codec_index_put(out, i++, w3di_mesh_codec_index_step(last, value[0]), wide);
            continue;
        }
        for (int k = 0; k < 4; k++, i++)
            w3di_mesh_codec_index_put(out, i, w3di_mesh_codec_index_step(last, value[k]), wide);
        data += size;
    }
    while (i < count && data < end && !bad) {
        /* A number reads eight bytes, and after the last one there are only four. */
        uint8_t padded[24] = { 0 };
        const uint8_t *to;
        w3d_copy(padded, data, (size_t)(end - data < 16 ? end - data : 16) + 4);
        to = w3di_mesh_codec_index_number(padded, value, &bad);
        if (bad || to - padded > end - data) break;
        data += to - padded;
        w3di_mesh_codec_index_put(out, i++, w3di_mesh_codec_index_step(last, value[0]), wide);
    }
    *done = i;
    return data;
}

/* ---- encoding ---- */

#define W3DI_MESH_CODEC_INDEX_NUMBERS 256u /* a multiple of 4 */

typedef struct w3di_mesh_codec_index_baselines {
    uint32_t last, other; /* the one in use, which is always the index before; the other one */
    uint32_t current;     /* the number of the first                                         */
} w3di_mesh_codec_index_baselines;

/* Indices to numbers; gives the or of the differences, whose top bit must not be set. The other
 * baseline is taken where the difference would not fit a byte: 30 is the least that does not.
 * indices[0] is the one before the first; in both arrays `count` is rounded up to four. */
static inline uint32_t w3di_mesh_codec_index_numbers(w3di_mesh_codec_index_baselines *state,
                                                     const uint32_t *indices, uint32_t count,
                                                     uint32_t *value)
{
    w3d_b16 all = w3d_b16_zero(), one = w3d_b16_bits_i4(w3d_i4_splat(1));
    w3d_b16 other = w3d_b16_bits_i4(w3d_i4_splat((int32_t)state->other));
    w3d_b16 current = w3d_b16_bits_i4(w3d_i4_splat((int32_t)state->current));
    w3d_i4 low = w3d_i4_splat(INT32_MIN + 29), span = w3d_i4_splat(INT32_MIN + 58);
    uint32_t lanes[4];
    for (uint32_t i = 0; i < count; i += 4) {
        w3d_b16 index = w3d_b16_load(indices + i + 1), last = w3d_b16_load(indices + i);
        w3d_i4 delta = w3d_i4_sub(w3d_i4_bits_b16(index), w3d_i4_bits_b16(last));
        w3d_b16 turn = w3d_b16_bits_i4(w3d_i4_less(span, w3d_i4_add(delta, low)));
        /* After each lane the other baseline is what was in use at the last turn up to it: the
         * lanes that have none take that of the lane below, then of two below, then the one from
         * before. */
        w3d_b16 set = turn, at = w3d_b16_and(last, turn), odd = w3d_b16_and(turn, one), base;
        at = w3d_b16_or(at, w3d_b16_andnot(w3d_b16_up4(at), set));
        set = w3d_b16_or(set, w3d_b16_up4(set));
        at = w3d_b16_or(at, w3d_b16_andnot(w3d_b16_up8(at), set));
        set = w3d_b16_or(set, w3d_b16_up8(set));
        base = w3d_b16_or(w3d_b16_up4(at), w3d_b16_andnot(other, w3d_b16_up4(set)));
        base = w3d_b16_select(turn, base, last);
        other = w3d_b16_last32(w3d_b16_or(at, w3d_b16_andnot(other, set)));
        odd = w3d_b16_xor(odd, w3d_b16_up4(odd));
        current = w3d_b16_xor(current, w3d_b16_xor(odd, w3d_b16_up8(odd)));
        delta = w3d_i4_sub(w3d_i4_bits_b16(index), w3d_i4_bits_b16(base));
        delta = w3d_i4_xor(w3d_i4_add(delta, delta), w3d_i4_shift_right_signed(delta, 31));
        all = w3d_b16_or(all, w3d_b16_bits_i4(delta));
        delta = w3d_i4_or(w3d_i4_add(delta, delta), w3d_i4_bits_b16(current));
        w3d_b16_store(value + i, w3d_b16_bits_i4(delta));
        current = w3d_b16_last32(current);
    }
    state->last = indices[count];
    w3d_b16_store(lanes, other), state->other = lanes[0];
    w3d_b16_store(lanes, current), state->current = lanes[0];
    w3d_b16_store(lanes, all);
    return lanes[0] | lanes[1] | lanes[2] | lanes[3];
}

/* The same where a difference takes more than the format can say from the baseline of choice:
 * then the other one is tried. 0: from neither. */
static inline int w3di_mesh_codec_index_numbers_apart(w3di_mesh_codec_index_baselines *state,
                                                      const uint32_t *indices, uint32_t count,
                                                      uint32_t *value)
{
    uint32_t last = state->last, other = state->other, current = state->current;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = indices[i + 1], first = index - last + 29u > 58u, zigzag = 0;
        for (uint32_t k = 0; k < 2; k++) { /* `first` first, then the one that it is not */
            uint32_t turn = first ^ k;
            zigzag = w3di_mesh_codec_index_zigzag(index - (turn ? other : last));
            if (zigzag >> 31) continue;
            if (turn) other = last, current ^= 1u;
            break;
        }
        if (zigzag >> 31) return 0;
        value[i] = zigzag << 1 | current;
        last = index;
    }
    state->last = last, state->other = other, state->current = current;
    return 1;
}

/* Writes numbers: sixteen or four of a byte each, as most are, or the next four of any length. Long
 * ones come in crowds, and asking for each would be guessed wrong. */
W3D_INLINE uint8_t *w3di_mesh_codec_index_write_all(uint8_t *data, const uint32_t *value,
                                                    uint32_t count)
{
    w3d_b16 long_bits = w3d_b16_bits_i4(w3d_i4_splat(-128)), zero = w3d_b16_zero();
    uint32_t i = 0;
    while (count - i >= 16) {
        w3d_b16 a = w3d_b16_load(value + i), b = w3d_b16_load(value + i + 4);
        w3d_b16 c = w3d_b16_load(value + i + 8), d = w3d_b16_load(value + i + 12);
        w3d_b16 any = w3d_b16_and(w3d_b16_or(w3d_b16_or(a, b), w3d_b16_or(c, d)), long_bits);
        if (w3d_b16_mask8(w3d_b16_equal8(any, zero)) == 0xFFFFu) {
            a = w3d_b16_narrow(a, b), c = w3d_b16_narrow(c, d);
            w3d_b16_store(data, w3d_b16_narrow(a, c));
            data += 16, i += 16;
            continue;
        }
        for (uint32_t stop = i + 16; i < stop; i += 4) {
            uint32_t k = value[i], l = value[i + 1], m = value[i + 2], n = value[i + 3];
            if ((k | l | m | n) < 128) {
                w3d_store_u32(data, k | l << 8 | m << 16 | n << 24);
                data += 4;
                continue;
            }
            data = w3di_mesh_codec_index_write(data, k);
            data = w3di_mesh_codec_index_write(data, l);
            data = w3di_mesh_codec_index_write(data, m);
            data = w3di_mesh_codec_index_write(data, n);
        }
    }
    for (; i < count; i++) data = w3di_mesh_codec_index_write(data, value[i]);
    return data;
}

#endif /* W3D_MESH_CODEC_INDEX_SEQUENCE_H */
