/* bjson_validate_plain.h - the check of IDs that are like most, as fast as they are read; private.
 *
 * Most IDs of a large file have an ASCII name and a record of numbers. What there is to check in
 * such a record is gathered once for each shape, and a run of such IDs is passed without looking
 * at shapes again. It accepts only what bjson_validate.c would, and leaves all else to that. */
#ifndef W3D_BJSON_VALIDATE_PLAIN_H
#define W3D_BJSON_VALIDATE_PLAIN_H

#include "scene/bjson_validate_state.h"

/* Makes the program of a shape whose record is at most `room` bytes; without is_plain: none. */
static inline void w3di_bjson_validate_compile(const w3di_bjson_validate_state *s, uint32_t shape,
                                               uint32_t room, w3di_bjson_validate_program *program)
{
    uint64_t must[W3DI_BJSON_VALIDATE_PLAIN / 8]; /* zero, of each word's bits */
    uint64_t head =
        s->file.shapes + w3di_bjson_validate_u32(s, s->file.shapes + (uint64_t)shape * 4);
    uint32_t count = w3di_bjson_validate_u32(s, head);
    uint32_t size = w3di_bjson_validate_u32(s, head + 4);
    if (size > room || size > W3DI_BJSON_VALIDATE_PLAIN - 4) return;
    size = (size + 3) & ~3u;
    program->record = size | (uint64_t)shape << 32;
    program->is_known = 1;
    program->is_plain = 0;
    program->zero_count = program->reference_count = 0;
    w3d_fill(program->zeros, 0, 2 * sizeof *program->zeros);
    w3d_fill(program->references, 0, 2 * sizeof *program->references);
    for (uint32_t i = 0; i < size; i += 8)
        must[i / 8] = size - i < 8 ? (uint64_t)0xFFFFFFFFu : ~(uint64_t)0;
    const unsigned char *field = w3di_bjson_validate_at(s, head + 8);
    for (uint32_t i = 0; i < count; i++, field += W3D_BJSON_FIELD_SIZE) {
        uint32_t tag = field[4], offset = w3d_load_u32(field + 8),
                 length = w3d_load_u32(field + 12);
        W3DI_BJSON_VALIDATE_COUNT(1 + length);
        if (tag >= 0x80u) return;
        for (uint32_t k = offset; k < offset + length; k++)
            must[k / 8] &= ~((uint64_t)0xFFu << k % 8 * 8);
        if (tag == W3D_BJSON_NULL) must[offset / 8] |= (uint64_t)0xFFu << offset % 8 * 8;
        if (tag == W3D_BJSON_BOOL) must[offset / 8] |= (uint64_t)0xFEu << offset % 8 * 8;
        if (tag != W3D_BJSON_REFERENCE &&
            !(tag == W3D_BJSON_VECTOR && field[5] == W3D_BJSON_SUB_REFERENCE))
            continue;
        for (uint32_t k = 0; k < length; k += 4) {
            if (program->reference_count == W3DI_BJSON_VALIDATE_CHECKS) return;
            program->references[program->reference_count].at = offset + k;
            program->references[program->reference_count++].bits = ~(uint64_t)0;
        }
    }
    for (uint32_t i = 0; i < size; i += 8) {
        if (!must[i / 8]) continue;
        if (program->zero_count == W3DI_BJSON_VALIDATE_CHECKS) return;
        program->zeros[program->zero_count].at = i;
        program->zeros[program->zero_count++].bits = must[i / 8];
    }
    program->is_long = program->zero_count > 2 || program->reference_count > 2;
    program->is_plain = 1;
}

/* The program of a record and its shape, {u32 bytes, u32 shape} as IDs have it; NULL: none. */
static inline const w3di_bjson_validate_program *
w3di_bjson_validate_find(w3di_bjson_validate_state *s, uint64_t record)
{
    uint32_t size = (uint32_t)record, shape = (uint32_t)(record >> 32);
    if (shape >= s->file.shape_count) return NULL;
    w3di_bjson_validate_program *program = &s->programs[shape % W3DI_BJSON_VALIDATE_PROGRAMS];
    if (program->record >> 32 != shape || !program->is_known)
        w3di_bjson_validate_compile(s, shape, size, program);
    return program->is_known && program->is_plain && program->record == record ? program : NULL;
}

/* What is left of a program behind its first checks; not 0: something is wrong. */
static inline uint64_t w3di_bjson_validate_rest(const w3di_bjson_validate_program *program,
                                                const unsigned char *record, uint32_t references)
{
    uint64_t wrong = 0;
    for (uint32_t i = 2; i < program->zero_count; i++)
        wrong |= w3d_load_u64(record + program->zeros[i].at) & program->zeros[i].bits;
    for (uint32_t i = 2; i < program->reference_count; i++)
        wrong |= w3d_load_u32(record + program->references[i].at) + 1u > references;
    return wrong;
}

/* What IDs that lie alike have in common: where their parts are, from the payload's start. */
typedef struct w3di_bjson_validate_alike {
    const w3di_bjson_validate_program *program;
    uint64_t length;
    size_t step;            /* from one chunk to the next: 16 + length */
    uint64_t record;        /* {u32 bytes, u32 shape} */
    size_t record_at;       /* of that; the name's words end there */
    size_t references_at;   /* u32 row, u32 count, rows */
    uint32_t count;         /* of references */
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
    const w3di_bjson_validate_program *program = w3di_bjson_validate_find(s, record);
    if (!program || size > room) return 0;
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

/* Checks the IDs from a chunk on that lie like the first and gives how many are sound. The next one
 * is found by adding the step they share, not the length that was just read: so no ID waits for the
 * one before it to come out of memory. */
static inline uint32_t w3di_bjson_validate_run(const w3di_bjson_validate_state *s, uint64_t chunk,
                                               const w3di_bjson_validate_alike *alike)
{
    const uint64_t low = 0x0101010101010101u, high = 0x8080808080808080u;
    const unsigned char *bytes = s->file.bytes, *rows = w3di_bjson_validate_at(s, s->file.refs);
    const w3di_bjson_validate_program *program = alike->program;
    const size_t step = alike->step, references_at = alike->references_at;
    const uint64_t head = alike->record, length = alike->length;
    const uint32_t row_count = s->file.id_count, crc = s->file.flags & W3D_BJSON_CRC;
    const uint32_t count = alike->count, more = crc | program->is_long;
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
        record += 8;
        wrong |= w3d_load_u64(record + program->zeros[0].at) & program->zeros[0].bits;
        wrong |= w3d_load_u64(record + program->zeros[1].at) & program->zeros[1].bits;
        over |= (uint64_t)count - ((w3d_load_u32(record + program->references[0].at) + 1u) &
                                   program->references[0].bits);
        over |= (uint64_t)count - ((w3d_load_u32(record + program->references[1].at) + 1u) &
                                   program->references[1].bits);
        wrong |= over >> 63;
        if (more) {
            wrong |= w3di_bjson_validate_rest(program, record, count);
            if (crc) wrong |= w3d_crc32c(0, payload, (size_t)length) ^ w3d_load_u32(entry + 16);
        }
        if (wrong) break;
    }
    return (uint32_t)((at - chunk) / step);
}

/* Checks the IDs from *chunk on that are like most: ASCII names, and neither heap nor large arrays.
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
