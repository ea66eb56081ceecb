/* bjson_validate_plain.h - the check of IDs that are like most, as fast as they are read; private.
 *
 * Most IDs of a large file have an ASCII name and no large arrays. What there is to check in their
 * records is gathered once for each shape (bjson_validate_program.h), and a run of IDs that lie
 * alike is passed without looking at shapes again. It accepts only what bjson_validate.c would, and
 * leaves all else to that. */
#ifndef W3D_BJSON_VALIDATE_PLAIN_H
#define W3D_BJSON_VALIDATE_PLAIN_H

#include "scene/bjson_validate_program.h"

/* What IDs that lie alike have in common: where their parts are, from the payload's start. */
typedef struct w3di_bjson_validate_alike {
    const w3di_bjson_validate_program *program;
    uint64_t length;
    size_t step;            /* from one chunk to the next: 16 + length */
    uint64_t record;        /* {u32 bytes, u32 shape} */
    size_t record_at;       /* of that; the name's words end there */
    size_t references_at;   /* u32 row, u32 count, rows */
    uint32_t count;         /* of references */
    uint32_t is_heap;       /* bytes follow the record */
    uint64_t padding;       /* which bits of the 8 bytes before the references are zero */
    const uint64_t *behind; /* which bits of the last 16 bytes are zero */
} w3di_bjson_validate_alike;

/* Finds where the parts of the ID at a chunk lie; 0 where it is none of the plain ones. */
static inline int w3di_bjson_validate_measure(w3di_bjson_validate_state *s, uint64_t chunk,
                                              w3di_bjson_validate_alike *alike)
{
    /* By the number of words behind the references. */
    static const uint64_t zeros[4][2] = { { 0, 0 },
                                          { 0, 0xFFFFFFFF00000000u },
                                          { 0, 0xFFFFFFFFFFFFFFFFu },
                                          { 0xFFFFFFFF00000000u, 0xFFFFFFFFFFFFFFFFu } };
    const unsigned char *payload = w3di_bjson_validate_at(s, chunk) + W3D_BJSON_CHUNK_SIZE;
    uint64_t length = w3d_load_u64(payload - 8);
    size_t at = 7;
    W3DI_BJSON_VALIDATE_COUNT(8);
    if (length % 16 != 0 || length < 32) return 0;
    if (length > s->file.size - W3D_BJSON_CHUNK_SIZE - chunk) return 0;
    while (payload[at] && at < W3D_BJSON_NAME_LIMIT && at + 32 <= length) at += 8;
    if (payload[at]) return 0; /* a name's last word ends with a NUL */
    uint64_t record = w3d_load_u64(payload + at + 1), room = length - at - 17;
    uint32_t size = (uint32_t)record;
    if (size > room || size % 4 != 0) return 0;
    const w3di_bjson_validate_program *program =
        w3di_bjson_validate_find(s, (uint32_t)(record >> 32), size);
    if (!program || (!program->heap_count && size - program->size > 3)) return 0;
    uint32_t count = w3d_load_u32(payload + at + 9 + size + 4);
    uint64_t behind = room - size - count * (uint64_t)4; /* or above, where count is too large */
    if (behind >= 16) return 0;
    alike->program = program;
    alike->length = length;
    alike->step = (size_t)length + W3D_BJSON_CHUNK_SIZE;
    alike->record = record;
    alike->record_at = at + 1;
    alike->references_at = at + 9 + size;
    alike->count = count;
    alike->is_heap = program->heap_count;
    alike->padding = 0;
    if (!program->heap_count && size > program->size)
        alike->padding = ~(uint64_t)0 << (8 - (size - program->size)) * 8;
    alike->behind = zeros[behind / 4];
    return 1;
}

/* Below 0, as an unsigned number, where one of `count` rows is neither below row_count nor none. */
static inline uint64_t w3di_bjson_validate_rows(const unsigned char *rows, uint32_t count,
                                                uint32_t row_count)
{
    uint64_t over = 0;
    for (uint32_t i = 0; i < count; i++)
        over |= (uint64_t)row_count - (w3d_load_u32(rows + (size_t)i * 4) + 1u);
    return over;
}

/* The heap of an ID; not 0: something is wrong, or not for here. */
static inline uint64_t w3di_bjson_validate_whole(const w3di_bjson_validate_inside *in,
                                                 const w3di_bjson_validate_alike *alike)
{
    uint64_t end = alike->references_at;
    uint64_t cursor = w3di_bjson_validate_heaps(in, alike->program, alike->record_at + 8, end, 0);
    if (!cursor || end - cursor > 15) return 1;
    return w3di_bjson_validate_gap(in->payload + (size_t)end, end - cursor);
}

/* Checks the IDs from a chunk on that lie like the first and gives how many are sound. The next one
 * is found by adding the step they share, not the length that was just read: so no ID waits for the
 * one before it to come out of memory. */
static inline uint32_t w3di_bjson_validate_run(w3di_bjson_validate_state *s, uint64_t chunk,
                                               const w3di_bjson_validate_alike *alike)
{
    const uint64_t low = 0x0101010101010101u, high = 0x8080808080808080u;
    const unsigned char *bytes = s->file.bytes, *rows = w3di_bjson_validate_at(s, s->file.refs);
    const w3di_bjson_validate_program *program = alike->program;
    const size_t step = alike->step, references_at = alike->references_at;
    const uint64_t head = alike->record, length = alike->length;
    const uint32_t row_count = s->file.id_count, crc = s->file.flags & W3D_BJSON_CRC;
    const uint32_t count = alike->count, more = crc | program->is_long | alike->is_heap;
    w3di_bjson_validate_inside in;
    in.state = s;
    in.references = count;
    const uint64_t last = s->file.size - step; /* measured: the first is inside */
    uint64_t at = chunk;
    for (; at <= last; at += step) {
        const unsigned char *payload = bytes + (size_t)at + W3D_BJSON_CHUNK_SIZE;
        const unsigned char *to = payload + references_at, *name = payload + 8;
        const unsigned char *record = payload + alike->record_at;
        W3DI_BJSON_VALIDATE_COUNT(8 + length / 4);
        if (w3d_load_u64(payload - 16) != W3D_BJSON_CHUNK_ID ||
            w3d_load_u64(payload - 8) != length || w3d_load_u64(record) != head ||
            w3d_load_u32(to + 4) != count)
            break;
        /* The name, by words; the first begins with type and version. All bytes but the last word's
         * are 1 to 127, and there only zeros follow the first zero. */
        uint64_t word = w3d_load_u64(payload), text = (word & ~(uint64_t)0xFFFFFFu) | 0x010101u;
        uint64_t wrong = (word ^ (uint64_t)W3D_BJSON_FORMAT << 8) & 0xFFFF00u;
        for (; name != record; name += 8) {
            wrong |= (text | (text - low)) & high;
            text = w3d_load_u64(name);
        }
        uint64_t ends = (text - low) & ~text & high;
        wrong |= (text & high) | (text & ~(ends ^ (ends - 1))) | text >> 56;

        uint32_t row = w3d_load_u32(to);
        if (row >= row_count) break;
        const unsigned char *entry = rows + (size_t)row * W3D_BJSON_ROW_SIZE;
        wrong |= w3d_load_u64(entry) ^ at;
        wrong |= (w3d_load_u32(entry + 20) & 0xFFFF00FFu) ^
                 ((uint32_t)W3D_BJSON_FORMAT << 16 | ((uint32_t)word & 0xFFu));
        /* Index + 1 is at most the limit, or the difference below 0; W3D_BJSON_NONE + 1 is 0. */
        uint64_t over = 0;
        if (count) over = (uint64_t)row_count - (w3d_load_u32(to + 8) + 1u);
        if (count > 1) over |= (uint64_t)row_count - (w3d_load_u32(to + 12) + 1u);
        if (count > 2) over |= w3di_bjson_validate_rows(to + 16, count - 2, row_count);
        wrong |= (w3d_load_u64(payload + (size_t)length - 16) & alike->behind[0]) |
                 (w3d_load_u64(payload + (size_t)length - 8) & alike->behind[1]);
        wrong |= (w3d_load_u64(to - 8) & alike->padding) |
                 w3di_bjson_validate_plain(program, record + 8, count);
        wrong |= over >> 63;
        if (more) {
            wrong |= w3di_bjson_validate_rest(program, record + 8, count);
            if (alike->is_heap) {
                in.payload = payload;
                if (!wrong) wrong = w3di_bjson_validate_whole(&in, alike);
            }
            if (crc) wrong |= w3d_crc32c(0, payload, (size_t)length) ^ w3d_load_u32(entry + 16);
        }
        if (wrong) break;
        if (alike->is_heap && program->shape != (uint32_t)(head >> 32)) {
            at += step; /* a map in the heap has taken the program's place */
            break;
        }
    }
    return (uint32_t)((at - chunk) / step);
}

/* Checks the IDs from *chunk on that are like most: ASCII names, and no large arrays.
 * Stops before the first chunk that is something else or not sound: what
 * w3di_bjson_validate_chunks does without its detours, which then decides and says what is wrong.
 * Gives the IDs passed. */
static inline uint32_t w3di_bjson_validate_plain_ids(w3di_bjson_validate_state *s, uint64_t *chunk)
{
    w3di_bjson_validate_alike alike;
    uint32_t found = 0, passed = 1;
    while (passed && *chunk < s->file.size &&
           w3di_bjson_validate_u32(s, *chunk) == W3D_BJSON_CHUNK_ID &&
           w3di_bjson_validate_measure(s, *chunk, &alike)) {
        passed = w3di_bjson_validate_run(s, *chunk, &alike);
        *chunk += (uint64_t)alike.step * passed;
        found += passed;
    }
    return found;
}

#endif /* W3D_BJSON_VALIDATE_PLAIN_H */
