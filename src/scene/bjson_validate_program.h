/* bjson_validate_program.h - what to check in the records of a shape, gathered once; private.
 *
 * Most records are numbers, of which any bytes will do, between a few bools, references and texts.
 * A program lists those few. It says yes to what bjson_validate.c would say yes to, or nothing: all
 * that is rare, and all that is wrong, is left to that. */
#ifndef W3D_BJSON_VALIDATE_PROGRAM_H
#define W3D_BJSON_VALIDATE_PROGRAM_H

#include "scene/bjson_validate_state.h"
#include "scene/bjson_validate_tables.h"

/* Maps and lists inside each other that are walked here; each takes a hundred bytes of stack. */
enum { W3DI_BJSON_VALIDATE_NESTED = 8 };

/* Adds what a field asks for to a program, and takes its bytes out of those that must be zero; 0:
 * there is no room for it, or it is none that programs know. */
static inline int w3di_bjson_validate_compile_field(const unsigned char *field,
                                                    w3di_bjson_validate_program *program,
                                                    uint64_t *must)
{
    uint32_t type = w3d_load_u32(field + 4), offset = w3d_load_u32(field + 8);
    uint32_t length = w3d_load_u32(field + 12), tag = field[4];
    W3DI_BJSON_VALIDATE_COUNT(1 + length);
    if (tag > W3D_BJSON_LIST) return 0;
    for (uint32_t k = offset; k < offset + length; k++)
        must[k / 8] &= ~((uint64_t)0xFFu << k % 8 * 8);
    if (tag == W3D_BJSON_NULL) must[offset / 8] |= (uint64_t)0xFFu << offset % 8 * 8;
    if (tag == W3D_BJSON_BOOL) must[offset / 8] |= (uint64_t)0xFEu << offset % 8 * 8;
    if (tag >= W3D_BJSON_STRING) {
        if (program->heap_count == W3DI_BJSON_VALIDATE_CHECKS) return 0;
        program->heaps[program->heap_count].at = offset;
        program->heaps[program->heap_count++].type = type;
    } else if (tag == W3D_BJSON_REFERENCE ||
               (tag == W3D_BJSON_VECTOR && field[5] == W3D_BJSON_SUB_REFERENCE)) {
        for (uint32_t k = 0; k < length; k += 4) {
            if (program->reference_count == W3DI_BJSON_VALIDATE_CHECKS) return 0;
            program->references[program->reference_count].at = offset + k;
            program->references[program->reference_count++].bits = ~(uint64_t)0;
        }
    }
    return 1;
}

/* Makes the program of a shape whose record is at most `room` bytes; without is_plain: none. */
static inline void w3di_bjson_validate_compile(const w3di_bjson_validate_state *s, uint32_t shape,
                                               uint64_t room, w3di_bjson_validate_program *program)
{
    uint64_t must[W3DI_BJSON_VALIDATE_PLAIN / 8]; /* zero, of each word's bits */
    uint64_t head =
        s->file.shapes + w3di_bjson_validate_u32(s, s->file.shapes + (uint64_t)shape * 4);
    uint32_t count = w3di_bjson_validate_u32(s, head);
    uint32_t size = w3di_bjson_validate_u32(s, head + 4);
    if (size > room || size > W3DI_BJSON_VALIDATE_PLAIN) return;
    program->shape = shape;
    program->size = size;
    program->is_known = 1;
    program->is_plain = 0;
    program->zero_count = program->reference_count = program->heap_count = 0;
    w3d_fill(program->zeros, 0, 2 * sizeof *program->zeros);
    w3d_fill(program->references, 0, 2 * sizeof *program->references);
    for (uint32_t i = 0; i < size; i += 8)
        must[i / 8] = size - i < 8 ? ((uint64_t)1 << (size - i) * 8) - 1 : ~(uint64_t)0;
    const unsigned char *field = w3di_bjson_validate_at(s, head + 8);
    for (uint32_t i = 0; i < count; i++, field += W3D_BJSON_FIELD_SIZE)
        if (!w3di_bjson_validate_compile_field(field, program, must)) return;
    for (uint32_t i = 0; i < size; i += 8) {
        if (!must[i / 8]) continue;
        if (program->zero_count == W3DI_BJSON_VALIDATE_CHECKS) return;
        program->zeros[program->zero_count].at = i;
        program->zeros[program->zero_count++].bits = must[i / 8];
    }
    program->is_long = program->zero_count > 2 || program->reference_count > 2;
    program->is_plain = 1;
}

/* The program of a shape for a record and heap of `room` bytes; NULL: none. */
static inline const w3di_bjson_validate_program *
w3di_bjson_validate_find(w3di_bjson_validate_state *s, uint32_t shape, uint64_t room)
{
    if (shape >= s->file.shape_count) return NULL;
    w3di_bjson_validate_program *program = &s->programs[shape % W3DI_BJSON_VALIDATE_PROGRAMS];
    if (program->shape != shape || !program->is_known)
        w3di_bjson_validate_compile(s, shape, room, program);
    if (program->shape != shape || !program->is_known || !program->is_plain) return NULL;
    return program->size <= room ? program : NULL;
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

/* A record itself; not 0: something is wrong. Reads up to 7 bytes behind it: of the ID's rows. */
static inline uint64_t w3di_bjson_validate_plain(const w3di_bjson_validate_program *program,
                                                 const unsigned char *record, uint32_t references)
{
    uint64_t wrong, over;
    wrong = w3d_load_u64(record + program->zeros[0].at) & program->zeros[0].bits;
    wrong |= w3d_load_u64(record + program->zeros[1].at) & program->zeros[1].bits;
    /* Index + 1 is at most the limit, or the difference below 0; W3D_BJSON_NONE + 1 is 0. */
    over = (uint64_t)references -
           ((w3d_load_u32(record + program->references[0].at) + 1u) & program->references[0].bits);
    over |= (uint64_t)references -
            ((w3d_load_u32(record + program->references[1].at) + 1u) & program->references[1].bits);
    return wrong | over >> 63;
}

/* ---- heaps ---- */

/* An ID under way. Its payload's 16 bytes of head and 8 of name and more stand before any heap. */
typedef struct w3di_bjson_validate_inside {
    w3di_bjson_validate_state *state;
    const unsigned char *payload;
    uint32_t references;
} w3di_bjson_validate_inside;

/* Not 0: of the `count` bytes before `end`, at most 15, one is not zero. The 16 are there. */
static inline uint64_t w3di_bjson_validate_gap(const unsigned char *end, uint64_t count)
{
    uint64_t high = w3d_load_u64(end - 8), low = w3d_load_u64(end - 16);
    if (count == 0) return 0;
    if (count < 8) return high >> (64 - count * 8);
    return high | (count > 8 ? low >> (128 - count * 8) : 0);
}

/* 1 where `size` bytes of text are UTF-8. Those 8 before it are there. */
static inline int w3di_bjson_validate_text(const unsigned char *text, size_t size)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t over = 0;
    size_t i = 0;
    W3DI_BJSON_VALIDATE_COUNT(1 + size / 8);
    for (; i + 16 <= size; i += 16) over |= w3d_load_u64(text + i) | w3d_load_u64(text + i + 8);
    if (i + 8 <= size) {
        over |= w3d_load_u64(text + i);
        i += 8;
    }
    if (i < size) over |= w3d_load_u64(text + size - 8) >> (64 - (size - i) * 8);
    return !(over & high) || w3d_utf8_check(text, size) == size;
}

/* 1 where `count` indices are below the ID's references, or none. */
static inline int w3di_bjson_validate_slots(const w3di_bjson_validate_inside *in,
                                            const unsigned char *indices, uint64_t count)
{
    uint32_t wrong = 0;
    W3DI_BJSON_VALIDATE_COUNT(count);
    for (uint64_t i = 0; i < count; i++)
        wrong |= w3d_load_u32(indices + (size_t)i * 4) + 1u > in->references;
    return !wrong;
}

/* A map or list in [start, end) of the payload: 1 where it is sound, 0: not, or not for here. */
static inline int w3di_bjson_validate_nested(const w3di_bjson_validate_inside *in, uint32_t is_map,
                                             uint64_t start, uint64_t end, uint32_t depth);

/* A value of a type, {offset, bytes} at `at`, in the heap [cursor, end) of the payload. Gives where
 * what it owns ends, or 0: not sound, or not for here. */
W3D_INLINE uint64_t w3di_bjson_validate_owned(const w3di_bjson_validate_inside *in, uint32_t type,
                                              uint64_t at, uint64_t cursor, uint64_t end,
                                              uint32_t depth)
{
    const unsigned char *payload = in->payload, *place = payload + (size_t)at;
    uint64_t offset = w3d_load_u32(place), length = w3d_load_u32(place + 4);
    uint32_t tag = type & 0xFFu, row = (type >> 16) << (type >> 8 & 3u);
    const unsigned char *content = payload + (size_t)offset;
    W3DI_BJSON_VALIDATE_COUNT(2);
    if (offset > end || length > end - offset || offset - cursor > 15) return 0;
    if (offset != cursor && w3di_bjson_validate_gap(content, offset - cursor)) return 0;
    if (tag == W3D_BJSON_STRING) {
        if (length == end - offset || content[(size_t)length]) return 0;
        return w3di_bjson_validate_text(content, (size_t)length) ? offset + length + 1 : 0;
    }
    if (tag == W3D_BJSON_BYTES) return offset + length;
    if (tag >= W3D_BJSON_MAP) {
        if (offset & 7u || length < 8 || depth == W3DI_BJSON_VALIDATE_NESTED) return 0;
        return w3di_bjson_validate_nested(in, tag == W3D_BJSON_MAP, offset, offset + length,
                                          depth + 1)
                   ? offset + length
                   : 0;
    }
    if (tag == W3D_BJSON_VECTOR
            ? offset & 7u || length != row
            : offset & 15u || (row & (row - 1) ? (uint32_t)length % row : length & (row - 1)))
        return 0;
    if ((type >> 8 & 0xFFu) == W3D_BJSON_SUB_REFERENCE &&
        !w3di_bjson_validate_slots(in, content, length / 4))
        return 0;
    return offset + length;
}

/* What a list at `start` owns; gives where that ends, or 0 as above. */
static inline uint64_t w3di_bjson_validate_list(const w3di_bjson_validate_inside *in,
                                                uint64_t start, uint64_t end, uint32_t depth)
{
    const unsigned char *list = in->payload + (size_t)start;
    uint64_t count = w3d_load_u32(list), slots = start + ((count * 4 + 11) & ~(uint64_t)7);
    uint64_t cursor = slots + count * 8, used;
    if (count > (end - start) / 12 || cursor > end) return 0;
    if (!(count & 1u) && w3d_load_u32(list + (size_t)count * 4 + 4)) return 0;
    W3DI_BJSON_VALIDATE_COUNT(count);
    for (uint64_t i = 0; i < count && cursor; i++) {
        const unsigned char *at = list + (size_t)i * 4 + 4;
        uint64_t slot = slots + i * 8, value = w3d_load_u64(in->payload + (size_t)slot);
        uint32_t type = w3d_load_u32(at), tag = type & 0xFFu;
        if (tag > W3D_BJSON_LIST || (tag < W3D_BJSON_STRING && !w3d_bjson_tag_is_known(tag)) ||
            w3di_bjson_validate_type(in->state, (uint64_t)(at - in->state->file.bytes)) != W3D_OK)
            return 0;
        if (tag >= W3D_BJSON_VECTOR) {
            cursor = w3di_bjson_validate_owned(in, type, slot, cursor, end, depth);
            continue;
        }
        used = tag == W3D_BJSON_NULL        ? 0
               : tag == W3D_BJSON_BOOL      ? 1
               : tag == W3D_BJSON_REFERENCE ? UINT32_MAX
                                            : ~(uint64_t)0;
        if (value & ~used || (tag == W3D_BJSON_REFERENCE && (uint32_t)value + 1u > in->references))
            return 0;
    }
    return cursor;
}

/* What the values of a record own, as above. */
W3D_INLINE uint64_t w3di_bjson_validate_heaps(const w3di_bjson_validate_inside *in,
                                              const w3di_bjson_validate_program *program,
                                              uint64_t record, uint64_t end, uint32_t depth)
{
    uint64_t cursor = record + program->size;
    uint32_t shape = program->shape;
    const w3di_bjson_validate_heap_check *heap = program->heaps, *last = heap + program->heap_count;
    for (; heap != last && cursor; heap++) {
        /* A map inside may be of a shape that takes this program's place. */
        if (program->shape != shape) return 0;
        cursor = w3di_bjson_validate_owned(in, heap->type, record + heap->at, cursor, end, depth);
    }
    return cursor;
}

static inline int w3di_bjson_validate_nested(const w3di_bjson_validate_inside *in, uint32_t is_map,
                                             uint64_t start, uint64_t end, uint32_t depth)
{
    const unsigned char *content = in->payload + (size_t)start;
    uint64_t cursor, wrong;
    if (is_map) {
        const w3di_bjson_validate_program *program =
            w3di_bjson_validate_find(in->state, w3d_load_u32(content), end - start - 8);
        if (!program || w3d_load_u32(content + 4)) return 0;
        wrong = w3di_bjson_validate_plain(program, content + 8, in->references);
        if (program->is_long)
            wrong |= w3di_bjson_validate_rest(program, content + 8, in->references);
        if (wrong) return 0;
        cursor = w3di_bjson_validate_heaps(in, program, start + 8, end, depth);
    } else {
        cursor = w3di_bjson_validate_list(in, start, end, depth);
    }
    if (cursor == end) return 1;
    return cursor && end - cursor <= 15 &&
           !w3di_bjson_validate_gap(in->payload + (size_t)end, end - cursor);
}

#endif /* W3D_BJSON_VALIDATE_PROGRAM_H */
