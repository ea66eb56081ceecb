/* bjson_mutate.h - changes a BJSON file where it means something, and repairs what would be refused
 * at once: so most of what a fuzzer makes of a sound file gets far into the readers.
 *
 *     size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
 *     {
 *         return bjson_mutate(data, size, most, seed);
 *     }
 *
 * Changed are header, chunks (heads, order, number), shapes, records, heap offsets, references,
 * rows of REFS, lists and keys; repaired mostly are file size, places of tables and IDs, and
 * checksums. */
#ifndef BJSON_MUTATE_H
#define BJSON_MUTATE_H

#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson.h"

#include <string.h>

enum { BJSON_MUTATE_CHUNKS = 64 };

typedef struct bjson_mutate_state {
    uint8_t *data;
    size_t size, most;
    uint64_t random;
    size_t chunks[BJSON_MUTATE_CHUNKS], lengths[BJSON_MUTATE_CHUNKS]; /* heads; payloads */
    uint32_t count;
} bjson_mutate_state;

/* libFuzzer's own, where there is libFuzzer. */
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) __attribute__((weak));

static inline uint32_t bjson_mutate_below(bjson_mutate_state *s, size_t limit)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return limit ? (uint32_t)((s->random >> 16) % limit) : 0;
}

/* The chunks as far as their lengths make sense. */
static inline void bjson_mutate_find(bjson_mutate_state *s)
{
    s->count = 0;
    for (size_t at = 64; s->size >= 16 && at <= s->size - 16 && s->count < BJSON_MUTATE_CHUNKS;) {
        uint64_t length = w3d_load_u64(s->data + at + 8);
        if (length > s->size - 16 - at) length = s->size - 16 - at;
        s->chunks[s->count] = at;
        s->lengths[s->count++] = (size_t)length;
        at += 16 + (((size_t)length + 15) & ~(size_t)15);
    }
}

/* A u32 that may break something: small, near the old one, an offset, or at a limit. */
static inline uint32_t bjson_mutate_number(bjson_mutate_state *s, uint32_t old)
{
    static const uint32_t odd[12] = { 0,   1,   0xFFFFFFFFu, 0xFFFFFFFEu, 0x80000000u, 0x7FFFFFFFu,
                                      255, 256, 257,         16,          8,           0x10000u };
    switch (bjson_mutate_below(s, 8)) {
    case 0: return odd[bjson_mutate_below(s, 12)];
    case 1: return old + 1;
    case 2: return old - 1;
    case 3: return bjson_mutate_below(s, 16);
    case 4: return bjson_mutate_below(s, s->size);
    case 5: return bjson_mutate_below(s, s->size) & ~15u;
    case 6: return old ^ (1u << bjson_mutate_below(s, 32));
    default: return old + 4 * (bjson_mutate_below(s, 17) - 8);
    }
}

static inline void bjson_mutate_u32(bjson_mutate_state *s, size_t at)
{
    if (s->size >= 4 && at <= s->size - 4)
        w3d_store_u32(s->data + at, bjson_mutate_number(s, w3d_load_u32(s->data + at)));
}

/* A tag, subtype and n. */
static inline void bjson_mutate_type(bjson_mutate_state *s, size_t at)
{
    static const uint8_t tags[18] = { 0,    1,    2,    3,    4,    5,    6,    7,    8,
                                      0x40, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x90, 0x91 };
    static const uint8_t subtypes[15] = { 0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x12, 0x3D };
    if (s->size < 4 || at > s->size - 4) return;
    uint8_t *type = s->data + at;
    switch (bjson_mutate_below(s, 4)) {
    case 0: type[0] = tags[bjson_mutate_below(s, 18)]; break;
    case 1: type[1] = subtypes[bjson_mutate_below(s, 15)]; break;
    case 2:
        w3d_store_u16(type + 2, (uint16_t)bjson_mutate_number(s, w3d_load_u16(type + 2)));
        break;
    default:
        type[0] = tags[bjson_mutate_below(s, 18)];
        type[1] = subtypes[type[0] == 8 || type[0] == 0x82 || type[0] >= 0x90
                               ? 1 + bjson_mutate_below(s, 13)
                               : 0];
        w3d_store_u16(type + 2, (uint16_t)(type[1] ? 1 + bjson_mutate_below(s, 4) : 0));
    }
}

/* A field of a shape. Where its type changes its size may follow. */
static inline void bjson_mutate_shape(bjson_mutate_state *s, size_t payload, size_t length)
{
    uint32_t shapes = s->size >= 60 ? w3d_load_u32(s->data + 56) : 0, index, at;
    if (!shapes || shapes > length / 4) return;
    index = bjson_mutate_below(s, shapes);
    at = w3d_load_u32(s->data + payload + index * 4);
    if (at > length || length - at < 24) return;
    if (bjson_mutate_below(s, 8) == 0) {
        bjson_mutate_u32(s, payload + (bjson_mutate_below(s, 2) ? at + 4 * bjson_mutate_below(s, 2)
                                                                : index * 4));
        return;
    }
    uint32_t fields = w3d_load_u32(s->data + payload + at);
    if (!fields || fields > (length - at - 8) / 16) return;
    size_t field = payload + at + 8 + 16 * (size_t)bjson_mutate_below(s, fields);
    switch (bjson_mutate_below(s, 4)) {
    case 0: bjson_mutate_u32(s, field); break;
    case 1: bjson_mutate_u32(s, field + 8 + 4 * bjson_mutate_below(s, 2)); break;
    default:
        bjson_mutate_type(s, field + 4);
        const uint8_t *type = s->data + field + 4;
        uint32_t size = w3d_bjson_inline_size(type[0], type[1], w3d_load_u16(type + 2));
        if (size && bjson_mutate_below(s, 4)) w3d_store_u32(s->data + field + 12, size);
    }
}

/* Something of an ID or of meta: its head, name, record, heap, references. */
static inline void bjson_mutate_payload(bjson_mutate_state *s, size_t payload, size_t length)
{
    if (length < 24) return;
    size_t at = payload + (bjson_mutate_below(s, length - 4) & ~3u);
    size_t name = 3;
    while (name < length - 20 && s->data[payload + name]) name++;
    size_t properties = payload + ((name + 8) & ~(size_t)7);
    switch (bjson_mutate_below(s, 8)) {
    case 0: bjson_mutate_u32(s, properties + 4 * bjson_mutate_below(s, 2)); break;
    case 1:
        s->data[payload + bjson_mutate_below(s, name + 1)] = (uint8_t)bjson_mutate_below(s, 256);
        break;
    case 2: bjson_mutate_type(s, at); break;
    case 3: /* the references' row, count, or one of them */
        at = properties + 8 + w3d_load_u32(s->data + properties);
        bjson_mutate_u32(s, at + 4 * bjson_mutate_below(s, 4));
        break;
    case 4:
        s->data[payload + bjson_mutate_below(s, length)] = (uint8_t)bjson_mutate_below(s, 256);
        break;
    default: bjson_mutate_u32(s, at);
    }
}

/* Moves `bytes` bytes at `from` (on 16) before `to`, or copies them there, or takes them out. */
static inline void bjson_mutate_blocks(bjson_mutate_state *s)
{
    uint8_t kept[512];
    uint32_t i = bjson_mutate_below(s, s->count), k = bjson_mutate_below(s, s->count);
    size_t from = s->chunks[i], bytes = 16 + ((s->lengths[i] + 15) & ~(size_t)15),
           to = s->chunks[k];
    if (bytes > s->size - from) bytes = s->size - from;
    if (bytes > sizeof kept) return;
    memcpy(kept, s->data + from, bytes);
    switch (bjson_mutate_below(s, 3)) {
    case 0: /* once more */
        if (s->most - s->size < bytes || s->most < s->size) return;
        memmove(s->data + to + bytes, s->data + to, s->size - to);
        memcpy(s->data + to, kept, bytes);
        s->size += bytes;
        break;
    case 1: /* gone */
        memmove(s->data + from, s->data + from + bytes, s->size - from - bytes);
        s->size -= bytes;
        break;
    default: /* in place of another of its size, or a hole */
        if (s->lengths[k] == s->lengths[i])
            memcpy(s->data + to, kept, bytes);
        else
            memcpy(s->data + from, "hole", 4);
    }
}

/* Sixteen bytes of nothing inside a chunk, or sixteen fewer. */
static inline void bjson_mutate_stretch(bjson_mutate_state *s)
{
    uint32_t i = bjson_mutate_below(s, s->count);
    size_t at = s->chunks[i] + 16 + (bjson_mutate_below(s, s->lengths[i] + 1) & ~15u);
    if (at > s->size) return;
    if (bjson_mutate_below(s, 2)) {
        if (s->most < 16 || s->size > s->most - 16) return;
        memmove(s->data + at + 16, s->data + at, s->size - at);
        memset(s->data + at, 0, 16);
        s->size += 16;
        w3d_store_u64(s->data + s->chunks[i] + 8, s->lengths[i] + 16);
    } else if (s->lengths[i] >= 16 && s->size - at >= 16) {
        memmove(s->data + at, s->data + at + 16, s->size - at - 16);
        s->size -= 16;
        w3d_store_u64(s->data + s->chunks[i] + 8, s->lengths[i] - 16);
    }
}

/* A payload that is a seal or a map becomes part of the file. */
static inline void bjson_mutate_kind(bjson_mutate_state *s)
{
    static const char kinds[10][5] = { "meta", "hash", "sign", "hole", "note",
                                       "ID  ", "KEYS", "SHAP", "REFS", "END " };
    memcpy(s->data + s->chunks[bjson_mutate_below(s, s->count)], kinds[bjson_mutate_below(s, 10)],
           4);
}

/* The row of REFS that an ID names, or 0: it names none. */
static inline size_t bjson_mutate_row(const bjson_mutate_state *s, uint32_t chunk, size_t refs,
                                      size_t length)
{
    const uint8_t *payload = s->data + s->chunks[chunk] + 16;
    size_t size = s->lengths[chunk], name = 3;
    while (name < size && payload[name]) name++;
    size_t at = (name + 8) & ~(size_t)7;
    if (at + 16 > size) return 0;
    uint64_t references = at + 8 + (uint64_t)w3d_load_u32(payload + at);
    if (references + 8 > size) return 0;
    uint32_t row = w3d_load_u32(payload + references);
    return row < length / 24 ? refs + row * (size_t)24 : 0;
}

/* Makes size, places and checksums what they have to be. */
static inline void bjson_mutate_repair(bjson_mutate_state *s)
{
    size_t refs = 0, rows = 0, head = 0;
    if (s->size < 64) return;
    s->size &= ~(size_t)15;
    if (s->data[12] & W3D_BJSON_STREAMED && s->size >= 128) {
        head = s->size - 64; /* END, which is a header from its byte 16 on */
        memset(s->data + 16, 0, 44);
        memcpy(s->data + head, "END \0\0\0\0\x30\0\0\0\0\0\0\0", 16);
    }
    bjson_mutate_find(s);
    w3d_store_u64(s->data + head + 16, s->size);
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t kind = w3d_load_u32(s->data + s->chunks[i]);
        if (kind == W3D_BJSON_CHUNK_KEYS) w3d_store_u64(s->data + head + 40, s->chunks[i]);
        if (kind == W3D_BJSON_CHUNK_SHAP) w3d_store_u64(s->data + head + 48, s->chunks[i]);
        if (kind != W3D_BJSON_CHUNK_REFS) continue;
        refs = s->chunks[i] + 16;
        rows = s->lengths[i];
        w3d_store_u64(s->data + head + 24, s->chunks[i]);
        if (bjson_mutate_below(s, 8)) w3d_store_u32(s->data + head + 32, (uint32_t)(rows / 24));
    }
    for (uint32_t i = 0; i < s->count; i++) {
        uint8_t *chunk = s->data + s->chunks[i];
        uint32_t kind = w3d_load_u32(chunk), crc = 0;
        int summed = (s->data[12] & W3D_BJSON_CRC) != 0;
        if (summed) crc = w3d_crc32c(0, chunk + 16, s->lengths[i]);
        if (kind == W3D_BJSON_CHUNK_ID && refs) {
            size_t row = bjson_mutate_row(s, i, refs, rows);
            if (row) {
                w3d_store_u64(s->data + row, s->chunks[i]);
                w3d_store_u32(s->data + row + 16, crc);
                if (s->lengths[i]) s->data[row + 20] = chunk[16];
            }
        }
        if (kind == W3D_BJSON_CHUNK_ID || kind == W3D_BJSON_CHUNK_END ||
            kind == W3D_BJSON_CHUNK_HOLE)
            crc = 0;
        w3d_store_u32(chunk + 4, crc);
    }
    for (uint32_t i = 0; i < s->count && refs; i++) /* REFS is summed when its rows are done */
        if (s->chunks[i] + 16 == refs && s->data[12] & W3D_BJSON_CRC)
            w3d_store_u32(s->data + refs - 12, w3d_crc32c(0, s->data + refs, rows));
    if (head) {
        uint8_t whole[64];
        memcpy(whole, s->data, 16);
        memcpy(whole + 16, s->data + head + 16, 44);
        w3d_store_u32(s->data + head + 60, w3d_crc32c(0, whole, 60));
    }
    w3d_store_u32(s->data + 60, w3d_crc32c(0, s->data, 60));
}

/* One change or a few to [data, data + size); gives the new size, at most `most`. */
static inline size_t bjson_mutate(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    bjson_mutate_state s;
    memset(&s, 0, sizeof s);
    s.data = data;
    s.size = size;
    s.most = most;
    s.random = seed * 0x9E3779B97F4A7C15u + 0x1234567u;
    bjson_mutate_below(&s, 1);
    if (size < 128 || bjson_mutate_below(&s, 8) == 0) {
        if (LLVMFuzzerMutate) s.size = LLVMFuzzerMutate(data, size, most);
        if (bjson_mutate_below(&s, 4)) bjson_mutate_repair(&s);
        return s.size;
    }
    for (uint32_t changes = 1 + bjson_mutate_below(&s, 3); changes; changes--) {
        bjson_mutate_find(&s);
        if (!s.count) break;
        uint32_t i = bjson_mutate_below(&s, s.count), what = bjson_mutate_below(&s, 16);
        size_t payload = s.chunks[i] + 16, length = s.lengths[i];
        uint32_t kind = w3d_load_u32(s.data + s.chunks[i]);
        if (what == 0)
            bjson_mutate_u32(&s, 12 + 4 * (size_t)bjson_mutate_below(&s, 12));
        else if (what == 1)
            bjson_mutate_u32(&s, s.chunks[i] + 4 * (size_t)bjson_mutate_below(&s, 3));
        else if (what == 2)
            bjson_mutate_blocks(&s);
        else if (what == 3)
            bjson_mutate_stretch(&s);
        else if (what == 4)
            bjson_mutate_kind(&s);
        else if (what == 5)
            s.data[12] ^= (uint8_t)(1u << bjson_mutate_below(&s, 3));
        else if (kind == W3D_BJSON_CHUNK_SHAP)
            bjson_mutate_shape(&s, payload, length);
        else if (kind == W3D_BJSON_CHUNK_REFS)
            bjson_mutate_u32(&s, payload + 4 * (size_t)bjson_mutate_below(&s, length / 4));
        else if (kind == W3D_BJSON_CHUNK_KEYS && length)
            s.data[payload + bjson_mutate_below(&s, length)] = (uint8_t)bjson_mutate_below(&s, 256);
        else
            bjson_mutate_payload(&s, payload, length);
    }
    if (bjson_mutate_below(&s, 16)) bjson_mutate_repair(&s);
    return s.size;
}

#endif /* BJSON_MUTATE_H */
