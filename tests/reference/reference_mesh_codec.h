/* reference_mesh_codec.h - the bitstreams read byte by byte, straight from their specification, and
 * the filters in double. Every read is checked; 0 is returned where a stream is not well-formed. */
#ifndef REFERENCE_MESH_CODEC_H
#define REFERENCE_MESH_CODEC_H

#include "test.h"

typedef struct reference_bytes {
    const uint8_t *bytes;
    size_t at, end;
    int good;
} reference_bytes;

static inline unsigned reference_take(reference_bytes *from)
{
    if (from->at >= from->end) {
        from->good = 0;
        return 0;
    }
    return from->bytes[from->at++];
}

/* Sixteen deltas of `bits` bits each. */
static inline void reference_group(reference_bytes *from, unsigned bits, uint8_t *deltas)
{
    unsigned packed[16] = { 0 }, sentinel = (1u << bits) - 1u;
    if (bits == 0) {
        memset(deltas, 0, 16);
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned byte = i * bits / 8, shift = i * bits % 8;
        if (shift == 0) packed[byte] = reference_take(from);
        deltas[i] = (uint8_t)(packed[byte] >> (bits == 1 ? shift : 8 - bits - shift) & sentinel);
    }
    if (bits == 8) return;
    for (unsigned i = 0; i < 16; i++)
        if (deltas[i] == sentinel) deltas[i] = (uint8_t)reference_take(from);
}

static inline int reference_vertex_decode(const uint8_t *stream, size_t size, uint8_t *out, uint32_t count,
                                   uint32_t stride)
{
    static const unsigned ways[3][4] = { { 0, 1, 2, 4 }, { 1, 2, 4, 8 }, { 0, 2, 4, 8 } };
    uint8_t deltas[256][256], last[256], modes[64] = { 0 };
    uint32_t most = 8192 / stride & ~15u, version;
    if (most > 256) most = 256;
    if (size < 1 || (stream[0] != 0xA0 && stream[0] != 0xA1)) return 0;
    version = stream[0] & 15u;
    size_t held = stride + (version ? stride / 4 : 0), tail = version ? 24 : 32;
    if (held > tail) tail = held;
    if (size - 1 < tail) return 0;
    memcpy(last, stream + size - held, stride);
    if (version) memcpy(modes, stream + size - stride / 4, stride / 4);
    for (uint32_t c = 0; c < stride / 4; c++)
        if ((modes[c] & 15) > 2 || ((modes[c] & 15) < 2 && modes[c] > 15)) return 0;
    reference_bytes from = { stream, 1, size - tail, 1 };
    for (uint32_t first = 0; first < count; first += most) {
        uint32_t rows = count - first < most ? count - first : most, groups = (rows + 15) / 16;
        unsigned control[64] = { 0 };
        for (uint32_t c = 0; version && c < stride / 4; c++) control[c] = reference_take(&from);
        for (uint32_t k = 0; k < stride && from.good; k++) {
            unsigned how = version ? control[k / 4] >> k % 4 * 2 & 3u : 2, header[16];
            memset(deltas[k], 0, 256);
            if (version && how == 2) continue;
            if (version && how == 3) {
                for (uint32_t i = 0; i < rows; i++) deltas[k][i] = (uint8_t)reference_take(&from);
                continue;
            }
            for (uint32_t g = 0; g < groups; g += 4) header[g / 4] = reference_take(&from);
            for (uint32_t g = 0; g < groups; g++)
                reference_group(&from, ways[how][header[g / 4] >> g % 4 * 2 & 3u], deltas[k] + 16 * g);
        }
        for (uint32_t i = 0; i < rows; i++, out += stride) {
            for (uint32_t c = 0; c < stride; c += 4) {
                unsigned mode = modes[c / 4] & 15u, turn = modes[c / 4] >> 4, size_of = mode ? 2 * mode : 1;
                for (uint32_t k = c; k < c + 4; k += size_of) {
                    uint32_t v = 0, before = 0, bits = size_of * 8;
                    for (unsigned b = 0; b < size_of; b++)
                        v |= (uint32_t)deltas[k + b][i] << 8 * b, before |= (uint32_t)last[k + b] << 8 * b;
                    if (mode == 2)
                        v = before ^ (turn ? v >> turn | v << (32 - turn) : v);
                    else
                        v = before + (v & 1 ? ~(v >> 1) : v >> 1);
                    for (unsigned b = 0; b < bits / 8; b++) last[k + b] = (uint8_t)(v >> 8 * b);
                }
            }
            memcpy(out, last, stride);
        }
    }
    return from.good && from.at == from.end;
}

static inline uint32_t reference_number(reference_bytes *from)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 5; i++) {
        unsigned byte = reference_take(from);
        value |= (uint32_t)(byte & 127u) << 7 * i;
        if (byte < 128) return value;
    }
    from->good = 0;
    return 0;
}

typedef struct reference_queues {
    uint32_t edge[16][2], vertex[16], edges, vertices; /* counts of all pushed so far */
    uint32_t next, last;
} reference_queues;

static inline void reference_push_edge(reference_queues *q, uint32_t a, uint32_t b)
{
    q->edge[q->edges % 16][0] = a, q->edge[q->edges % 16][1] = b, q->edges++;
}
static inline uint32_t reference_index(reference_bytes *from, reference_queues *q)
{
    uint32_t v = reference_number(from);
    return q->last += v & 1 ? ~(v >> 1) : v >> 1;
}
static inline uint32_t reference_vertex(reference_bytes *from, reference_queues *q, uint32_t vertices,
                                 unsigned back)
{
    if (back >= vertices || back > 15) {
        from->good = 0;
        return 0;
    }
    return q->vertex[(vertices - 1 - back) % 16];
}

static inline int reference_triangles_decode(const uint8_t *stream, size_t size, uint32_t *out,
                                      uint32_t count)
{
    reference_queues q;
    memset(&q, 0, sizeof q);
    if (size < 17 + (size_t)count / 3 || (stream[0] != 0xE1 && stream[0] != 0xE0)) return 0;
    unsigned special = stream[0] == 0xE1 ? 13 : 15;
    const uint8_t *table = stream + size - 16, *code = stream + 1;
    for (int i = 0; i < 16; i++)
        if (table[i] >> 4 == 15 || (table[i] & 15) == 15 || (i > 13 && table[i])) return 0;
    reference_bytes from = { stream, 1 + (size_t)count / 3, size - 16, 1 };
    for (uint32_t t = 0; t < count && from.good; t += 3) {
        unsigned now = *code++, x = now >> 4, y = now & 15;
        uint32_t a, b, c;
        if (x < 15) {
            if (x >= q.edges) return 0;
            a = q.edge[(q.edges - 1 - x) % 16][0], b = q.edge[(q.edges - 1 - x) % 16][1];
            if (y == 0)
                c = q.next++;
            else if (y < special)
                c = reference_vertex(&from, &q, q.vertices, y);
            else if (y == 13)
                c = --q.last;
            else if (y == 14)
                c = ++q.last;
            else
                c = reference_index(&from, &q);
            if (y == 0 || y >= special) q.vertex[q.vertices++ % 16] = c;
        } else {
            unsigned pair = y < 14 ? table[y] : reference_take(&from), z = pair >> 4, w = pair & 15;
            uint32_t vertices = q.vertices;
            if (y >= 14 && pair == 0) q.next = 0;
            a = y < 15 ? q.next++ : reference_index(&from, &q);
            b = z == 0 ? q.next++
                : z == 15 ? reference_index(&from, &q) : reference_vertex(&from, &q, vertices, z - 1);
            c = w == 0 ? q.next++
                : w == 15 ? reference_index(&from, &q) : reference_vertex(&from, &q, vertices, w - 1);
            q.vertex[q.vertices++ % 16] = a;
            if (z == 0 || z == 15) q.vertex[q.vertices++ % 16] = b;
            if (w == 0 || w == 15) q.vertex[q.vertices++ % 16] = c;
            reference_push_edge(&q, b, a);
        }
        reference_push_edge(&q, c, b);
        reference_push_edge(&q, a, c);
        out[t] = a, out[t + 1] = b, out[t + 2] = c;
    }
    return from.good && from.at == from.end;
}

static inline int reference_sequence_decode(const uint8_t *stream, size_t size, uint32_t *out,
                                     uint32_t count)
{
    uint32_t last[2] = { 0, 0 };
    if (size < 5 || (stream[0] != 0xD1 && stream[0] != 0xD0)) return 0;
    reference_bytes from = { stream, 1, size - 4, 1 };
    for (uint32_t i = 0; i < count && from.good; i++) {
        uint32_t v = reference_number(&from);
        out[i] = last[v & 1] += v & 2 ? ~(v >> 2) : v >> 2;
    }
    return from.good && from.at == from.end;
}

#endif /* REFERENCE_MESH_CODEC_H */
