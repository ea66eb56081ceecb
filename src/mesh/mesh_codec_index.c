/* mesh_codec_index.c - triangles by the edges and vertices met last, and plain differences.
 *
 * The two queues are not rings but arrays that are written on and on, and moved back to their start
 * after every 64 triangles: the entry n back is one load at a fixed distance from the end. An edge
 * is one 64-bit word, so that its two vertices are loaded, emitted and stored together.
 *
 * The encoder looks for an edge among the last sixteen by one byte of each, all at once, and
 * compares whole edges only where the byte agrees. */
#include "mesh/mesh_codec_index.h"
#include "core/simd_bytes.h"
#include "core/size.h"
#include "mesh/mesh_codec_index_sequence.h"

#define W3DI_MESH_CODEC_INDEX_TRIANGLES 0xE0u
#define W3DI_MESH_CODEC_INDEX_SEQUENCE  0xD0u
#define W3DI_MESH_CODEC_INDEX_QUEUE     16u
#define W3DI_MESH_CODEC_INDEX_RUN       64u /* triangles between two moves of the queues */
#define W3DI_MESH_CODEC_INDEX_ROOM      (16u + 3u * W3DI_MESH_CODEC_INDEX_RUN) /* and a queue */

static const char w3di_mesh_codec_index_short[] = "the indices need more bytes than there are";

/* ---- decoding triangles ---- */

typedef struct w3di_mesh_codec_index_reader {
    const uint8_t *code, *data; /* the next of each                              */
    const uint8_t *end;         /* of data; sixteen bytes are there beyond       */
    const uint8_t *table;
    uint64_t edge[W3DI_MESH_CODEC_INDEX_ROOM]; /* a in the low half, b in the high */
    uint32_t vertex[W3DI_MESH_CODEC_INDEX_ROOM];
    uint32_t edge_count, vertex_count; /* entries in the arrays                  */
    uint32_t next, last;
    uint32_t least_next; /* version 0 has no codes 13 and 14: 15; else 13          */
} w3di_mesh_codec_index_reader;

W3D_INLINE uint64_t w3di_mesh_codec_index_edge(uint32_t a, uint32_t b)
{
    return (uint64_t)a | (uint64_t)b << 32;
}

W3D_INLINE void w3di_mesh_codec_index_emit(void *out, size_t at, uint64_t ab, uint32_t c, int wide)
{
    if (wide) {
        uint32_t *to = (uint32_t *)out + at;
        w3d_copy(to, &ab, 8);
        to[2] = c;
    } else {
        uint16_t *to = (uint16_t *)out + at;
        to[0] = (uint16_t)ab, to[1] = (uint16_t)(ab >> 32), to[2] = (uint16_t)c;
    }
}

/* The second or third corner of a triangle that shares no edge: 0 the next, 15 a number, else one
 * of the vertices met. `count` is where the queue ended before this triangle. */
W3D_INLINE uint32_t w3di_mesh_codec_index_corner(w3di_mesh_codec_index_reader *r, unsigned code,
                                                 uint32_t count, int fresh, uint32_t *bad)
{
    uint32_t delta;
    if (code == 0) return r->next++;
    if (code == 15) {
        if (r->data > r->end) { /* beyond it there are bytes for one number only */
            *bad = 1;
            return 0;
        }
        r->data = w3di_mesh_codec_index_number(r->data, &delta, bad);
        return r->last += w3di_mesh_codec_index_unzigzag(delta);
    }
    if (fresh && code > count) *bad = 1;
    return fresh && code > count ? 0u : r->vertex[count - code];
}

/* A triangle that shares no edge, the code being 0xF0 to 0xFF. */
static uint32_t w3di_mesh_codec_index_alone(w3di_mesh_codec_index_reader *r, unsigned code,
                                            int fresh, uint64_t *ab, uint32_t *c)
{
    uint32_t a, b, bad = 0, count = r->vertex_count, delta;
    unsigned pair = code < 0xFEu ? r->table[code & 15u] : *r->data++;
    if (code >= 0xFEu && pair == 0) r->next = 0;
    if (code == 0xFFu) { /* one byte beyond the end at most, and sixteen are there */
        r->data = w3di_mesh_codec_index_number(r->data, &delta, &bad);
        a = r->last += w3di_mesh_codec_index_unzigzag(delta);
    } else {
        a = r->next++;
    }
    b = w3di_mesh_codec_index_corner(r, pair >> 4, count, fresh, &bad);
    *c = w3di_mesh_codec_index_corner(r, pair & 15u, count, fresh, &bad);
    *ab = w3di_mesh_codec_index_edge(a, b);
    r->vertex[count++] = a;
    r->vertex[count] = b;
    count += pair >> 4 == 0 || pair >> 4 == 15;
    r->vertex[count] = *c;
    count += (pair & 15u) == 0 || (pair & 15u) == 15;
    r->vertex_count = count;
    r->edge[r->edge_count++] = w3di_mesh_codec_index_edge(b, a);
    r->edge[r->edge_count++] = w3di_mesh_codec_index_edge(*c, b);
    r->edge[r->edge_count++] = w3di_mesh_codec_index_edge(a, *c);
    return bad;
}

/* Reads `count` triangles, at most RUN. `fresh`: the queues may hold fewer than sixteen. Gives how
 * many were read; fewer where the data ends or is bad. */
W3D_INLINE uint32_t w3di_mesh_codec_index_run(w3di_mesh_codec_index_reader *r, uint32_t count,
                                              void *out, int wide, int fresh)
{
    /* What every triangle touches, in registers. */
    const uint8_t *code = r->code;
    uint32_t edges = r->edge_count, vertices = r->vertex_count, next = r->next, bad = 0, t = 0;
    for (; t < count; t++) {
        unsigned now = *code++, low = now & 15u;
        uint64_t ab;
        uint32_t c;
        if (now < 0xF0u) {
            unsigned high = now >> 4;
            if (fresh && high >= edges) break;
            ab = r->edge[edges - 1 - high];
            if (low < r->least_next) {
                /* The next vertex is put at the end of the queue, and stays there if it is it.
                 * Whether it is can't be guessed: 0 or 1 by arithmetic. */
                uint32_t is_met = (low + 15u) >> 4;
                r->vertex[vertices] = next;
                if (fresh && low >= vertices && low) break;
                c = r->vertex[vertices - low - is_met];
                vertices += is_met ^ 1u;
                next += is_met ^ 1u;
            } else {
                if (low == 15) {
                    uint32_t delta;
                    if (r->data > r->end) break;
                    r->data = w3di_mesh_codec_index_number(r->data, &delta, &bad);
                    if (bad) break;
                    r->last += w3di_mesh_codec_index_unzigzag(delta);
                } else {
                    r->last += low == 14 ? 1u : 0xFFFFFFFFu;
                }
                c = r->last;
                r->vertex[vertices++] = c;
            }
            r->edge[edges] = ab >> 32 << 32 | c;
            r->edge[edges + 1] = (ab & 0xFFFFFFFFu) | (uint64_t)c << 32;
            edges += 2;
        } else {
            if (r->data > r->end) break;
            r->edge_count = edges, r->vertex_count = vertices, r->next = next;
            if (w3di_mesh_codec_index_alone(r, now, fresh, &ab, &c)) break;
            edges = r->edge_count, vertices = r->vertex_count, next = r->next;
        }
        w3di_mesh_codec_index_emit(out, (size_t)t * 3, ab, c, wide);
    }
    r->code = code - (t < count);
    r->edge_count = edges, r->vertex_count = vertices, r->next = next;
    return t;
}

/* Moves the last sixteen entries of both queues to the front. */
static void w3di_mesh_codec_index_rewind(w3di_mesh_codec_index_reader *r)
{
    if (r->edge_count > W3DI_MESH_CODEC_INDEX_QUEUE) {
        w3d_move(r->edge, r->edge + r->edge_count - W3DI_MESH_CODEC_INDEX_QUEUE,
                 W3DI_MESH_CODEC_INDEX_QUEUE * 8);
        r->edge_count = W3DI_MESH_CODEC_INDEX_QUEUE;
    }
    if (r->vertex_count > W3DI_MESH_CODEC_INDEX_QUEUE) {
        w3d_move(r->vertex, r->vertex + r->vertex_count - W3DI_MESH_CODEC_INDEX_QUEUE,
                 W3DI_MESH_CODEC_INDEX_QUEUE * 4);
        r->vertex_count = W3DI_MESH_CODEC_INDEX_QUEUE;
    }
}

static int w3di_mesh_codec_index_stream_kept(const w3d_mesh_codec_stream *stream, const void *out)
{
    return stream && (stream->bytes || stream->size == 0) && (out || stream->count == 0) &&
           (stream->stride == 2 || stream->stride == 4) && (uintptr_t)out % stream->stride == 0 &&
           stream->count <= SIZE_MAX / stream->stride;
}

W3D_API w3d_result w3d_mesh_codec_index_decode_triangles(const w3d_mesh_codec_stream *stream,
                                                         void *out, w3d_error *error)
{
    int kept = w3di_mesh_codec_index_stream_kept(stream, out) && stream->count % 3 == 0;
    W3D_ASSERT(kept);
    if (!kept) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no stream, output or such stride");
    const uint8_t *bytes = (const uint8_t *)stream->bytes;
    uint32_t left = stream->count / 3, version;
    if (stream->size < 1) return w3d_error_set(error, W3D_ERR_TRUNCATED, 0, "an empty stream");
    version = bytes[0] - W3DI_MESH_CODEC_INDEX_TRIANGLES;
    if (version > 1)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 0,
                             "not a triangle stream of version 0 or 1 (0xE0 or 0xE1)");
    if (stream->size < 17 || stream->size - 17 < left)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, stream->size, w3di_mesh_codec_index_short);

    w3di_mesh_codec_index_reader r;
    r.code = bytes + 1;
    r.data = r.code + left;
    r.end = bytes + stream->size - 16;
    r.table = r.end;
    r.edge_count = r.vertex_count = r.next = r.last = 0;
    r.least_next = version ? 13 : 15;
    for (uint32_t i = 0; i < 16; i++)
        if (r.table[i] >> 4 == 15 || (r.table[i] & 15u) == 15 || (i >= 14 && r.table[i]))
            return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(r.table + i - bytes),
                                 "an entry of the table that is not allowed");
    char *to = (char *)out;
    while (left) {
        uint32_t count = left < W3DI_MESH_CODEC_INDEX_RUN ? left : W3DI_MESH_CODEC_INDEX_RUN, read;
        int fresh = r.edge_count < W3DI_MESH_CODEC_INDEX_QUEUE ||
                    r.vertex_count < W3DI_MESH_CODEC_INDEX_QUEUE;
        if (fresh)
            read = stream->stride == 4 ? w3di_mesh_codec_index_run(&r, count, to, 1, 1)
                                       : w3di_mesh_codec_index_run(&r, count, to, 0, 1);
        else
            read = stream->stride == 4 ? w3di_mesh_codec_index_run(&r, count, to, 1, 0)
                                       : w3di_mesh_codec_index_run(&r, count, to, 0, 0);
        if (r.data > r.end)
            return w3d_error_set(error, W3D_ERR_TRUNCATED, (uint64_t)(r.end - bytes),
                                 w3di_mesh_codec_index_short);
        if (read < count)
            return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(r.code - bytes),
                                 "a triangle with a number too long, or an edge or vertex that is "
                                 "not there yet");
        w3di_mesh_codec_index_rewind(&r);
        left -= count;
        to += (size_t)count * 3 * stream->stride;
    }
    if (r.data != r.end)
        return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(r.data - bytes),
                             "bytes are left over after the last triangle");
    return W3D_OK;
}

/* ---- decoding sequences ---- */

W3D_API w3d_result w3d_mesh_codec_index_decode_sequence(const w3d_mesh_codec_stream *stream,
                                                        void *out, w3d_error *error)
{
    int kept = w3di_mesh_codec_index_stream_kept(stream, out);
    W3D_ASSERT(kept);
    if (!kept) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no stream, output or such stride");
    const uint8_t *bytes = (const uint8_t *)stream->bytes, *data, *end;
    uint32_t done;
    if (stream->size < 1) return w3d_error_set(error, W3D_ERR_TRUNCATED, 0, "an empty stream");
    if (bytes[0] - W3DI_MESH_CODEC_INDEX_SEQUENCE > 1)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 0,
                             "not an index stream of version 0 or 1 (0xD0 or 0xD1)");
    if (stream->size < 5)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, stream->size, w3di_mesh_codec_index_short);
    end = bytes + stream->size - 4;
    data = stream->stride == 4
               ? w3di_mesh_codec_index_sequence(bytes + 1, end, stream->count, out, 1, &done)
               : w3di_mesh_codec_index_sequence(bytes + 1, end, stream->count, out, 0, &done);
    if (done < stream->count)
        return data >= end || end - data < 5
                   ? w3d_error_set(error, W3D_ERR_TRUNCATED, (uint64_t)(data - bytes),
                                   w3di_mesh_codec_index_short)
                   : w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(data - bytes),
                                   "a number of more than five bytes");
    if (data != end)
        return w3d_error_set(error, W3D_ERR_FORMAT, (uint64_t)(data - bytes),
                             "bytes are left over after the last index");
    return W3D_OK;
}

/* ---- encoding ---- */

W3D_API size_t w3d_mesh_codec_index_bound_triangles(uint32_t count)
{
    size_t total = 1 + 16;
    return w3d_size_append(&total, count / 3, 1 + 1 + 15) ? total : SIZE_MAX;
}

W3D_API size_t w3d_mesh_codec_index_bound_sequence(uint32_t count)
{
    size_t total = 1 + 4;
    return w3d_size_append(&total, count, 5) ? total : SIZE_MAX;
}

typedef struct w3di_mesh_codec_index_writer {
    uint8_t *code, *data;
    w3d_b16 edge_keys, vertex_keys; /* of the last sixteen of each, the last one in lane 0 */
    uint64_t *edge_end;             /* behind the last one of each */
    uint32_t *vertex_end;
    uint32_t next, last;
    uint64_t edge[W3DI_MESH_CODEC_INDEX_ROOM];
    uint32_t vertex[W3DI_MESH_CODEC_INDEX_ROOM];
} w3di_mesh_codec_index_writer;

W3D_INLINE uint32_t w3di_mesh_codec_index_key(uint32_t a, uint32_t b)
{
    return (a + b * 29u) & 255u;
}

W3D_INLINE void w3di_mesh_codec_index_push_edge(w3di_mesh_codec_index_writer *w, uint32_t a,
                                                uint32_t b)
{
    *w->edge_end++ = w3di_mesh_codec_index_edge(a, b);
    w->edge_keys =
        w3d_b16_or(w3d_b16_up1(w->edge_keys), w3d_b16_low32(w3di_mesh_codec_index_key(a, b)));
}

W3D_INLINE void w3di_mesh_codec_index_push_vertex(w3di_mesh_codec_index_writer *w, uint32_t vertex)
{
    *w->vertex_end++ = vertex;
    w->vertex_keys = w3d_b16_or(w3d_b16_up1(w->vertex_keys), w3d_b16_low32(vertex & 255u));
}

/* How far back the vertex was met, 0 to 15; 16: it was not. Whether it is there can't be guessed,
 * so that is arithmetic; the one branch, on keys that are alike by chance, hardly ever goes the
 * other way. */
W3D_INLINE unsigned w3di_mesh_codec_index_find_vertex(const w3di_mesh_codec_index_writer *w,
                                                      uint32_t vertex)
{
    w3d_b16 key = w3d_b16_splat8((int)(vertex & 255u));
    unsigned alike = w3d_b16_mask8(w3d_b16_equal8(w->vertex_keys, key));
    alike &= 0u - (unsigned)(vertex != UINT32_MAX); /* the mark of an entry that is not there */
    for (;;) {
        unsigned back = w3d_bits_trailing_zeros(alike | 0x10000u);
        uint32_t other = w->vertex_end[-1 - (int)(back & 15u)] ^ vertex;
        if ((other & ((back >> 4) - 1u)) == 0) return back;
        alike &= alike - 1u;
    }
}

/* As below, by the edges themselves: where keys were alike by chance. */
static unsigned w3di_mesh_codec_index_compare_edges(const w3di_mesh_codec_index_writer *w,
                                                    const uint32_t *corner, unsigned alike,
                                                    unsigned *turn)
{
    for (; alike; alike &= alike - 1u) {
        unsigned back = w3d_bits_trailing_zeros(alike);
        uint64_t edge = w->edge_end[-1 - (int)back];
        for (unsigned k = 0; k < 3; k++)
            if (edge == w3di_mesh_codec_index_edge(corner[k], corner[9u >> 2 * k & 3u]) &&
                edge != UINT64_MAX) {
                *turn = k;
                return back;
            }
    }
    return 16;
}

/* How far back an edge of the triangle was met, 16: none was; in *turn, which: the one met last,
 * and where two edges of the triangle are the same the first. The next triangle waits for *turn, so
 * it comes from the keys; that they spoke the truth is checked beside that. */
W3D_INLINE unsigned w3di_mesh_codec_index_find_edge(const w3di_mesh_codec_index_writer *w,
                                                    const uint32_t *corner, unsigned *turn)
{
    uint32_t a = corner[0], b = corner[1], c = corner[2];
    w3d_b16 key_ab = w3d_b16_splat8((int)w3di_mesh_codec_index_key(a, b));
    w3d_b16 key_bc = w3d_b16_splat8((int)w3di_mesh_codec_index_key(b, c));
    w3d_b16 key_ca = w3d_b16_splat8((int)w3di_mesh_codec_index_key(c, a));
    unsigned ab = w3d_b16_mask8(w3d_b16_equal8(w->edge_keys, key_ab));
    unsigned bc = w3d_b16_mask8(w3d_b16_equal8(w->edge_keys, key_bc));
    unsigned ca = w3d_b16_mask8(w3d_b16_equal8(w->edge_keys, key_ca)), alike = ab | bc | ca;
    if (!alike) return 16;
    unsigned last = alike & (0u - alike), back = w3d_bits_trailing_zeros(alike);
    unsigned k = ((unsigned)((ab & last) != 0) - 1u) & (2u - (unsigned)((bc & last) != 0));
    uint64_t edge = w->edge_end[-1 - (int)back];
    if (edge != w3di_mesh_codec_index_edge(corner[k], corner[9u >> 2 * k & 3u]) ||
        edge == UINT64_MAX)
        return w3di_mesh_codec_index_compare_edges(w, corner, alike, turn);
    *turn = k;
    return back;
}

W3D_INLINE void w3di_mesh_codec_index_write_index(w3di_mesh_codec_index_writer *w, uint32_t index)
{
    w->data = w3di_mesh_codec_index_write(w->data, w3di_mesh_codec_index_zigzag(index - w->last));
    w->last = index;
}

/* Which of the pairs of corner codes have a code of their own: the ones that are met often. The
 * values are those of meshoptimizer's encoder, so that streams are equal; any others would do. */
static const uint8_t w3di_mesh_codec_index_pairs[16] = { 0x00, 0x76, 0x87, 0x56, 0x67, 0x78,
                                                         0xA9, 0x86, 0x65, 0x89, 0x68, 0x98,
                                                         0x01, 0x69, 0,    0 };

/* A triangle of which no edge was met. */
static void w3di_mesh_codec_index_write_alone(w3di_mesh_codec_index_writer *w, uint32_t a,
                                              uint32_t b, uint32_t c)
{
    if (b == w->next || c == w->next) {
        uint32_t first = a;
        if (b == w->next)
            a = b, b = c, c = first;
        else
            a = c, c = b, b = first;
    }
    int restart = a == 0 && b == 1 && c == 2 && w->next > 0;
    if (restart) {
        /* A mesh of its own begins; none of the vertices before may be met in it. */
        w->next = 0;
        w->vertex_keys = w3d_b16_splat8(255);
        for (uint32_t i = 1; i <= 16; i++) w->vertex_end[-(int)i] = UINT32_MAX;
    }
    unsigned back_b = w3di_mesh_codec_index_find_vertex(w, b);
    unsigned back_c = w3di_mesh_codec_index_find_vertex(w, c);
    unsigned code_a = 15, code_b = 15, code_c = 15, pair, k;
    if (a == w->next) code_a = 0, w->next++;
    if (back_b < 14)
        code_b = back_b + 1;
    else if (b == w->next)
        code_b = 0, w->next++;
    if (back_c < 14)
        code_c = back_c + 1;
    else if (c == w->next)
        code_c = 0, w->next++;
    pair = code_b << 4 | code_c;
    /* The last two entries are not for use. */
    k = w3d_b16_mask8(
            w3d_b16_equal8(w3d_b16_load(w3di_mesh_codec_index_pairs), w3d_b16_splat8((int)pair))) &
        0x3FFFu;
    if (code_a == 0 && k && !restart) {
        k = w3d_bits_trailing_zeros(k);
        *w->code++ = (uint8_t)(0xF0u | k);
    } else {
        *w->code++ = (uint8_t)(0xFEu | code_a);
        *w->data++ = (uint8_t)pair;
    }
    if (code_a == 15) w3di_mesh_codec_index_write_index(w, a);
    if (code_b == 15) w3di_mesh_codec_index_write_index(w, b);
    if (code_c == 15) w3di_mesh_codec_index_write_index(w, c);
    w3di_mesh_codec_index_push_vertex(w, a);
    if (code_b == 0 || code_b == 15) w3di_mesh_codec_index_push_vertex(w, b);
    if (code_c == 0 || code_c == 15) w3di_mesh_codec_index_push_vertex(w, c);
    w3di_mesh_codec_index_push_edge(w, b, a);
    w3di_mesh_codec_index_push_edge(w, c, b);
    w3di_mesh_codec_index_push_edge(w, a, c);
}

W3D_INLINE void w3di_mesh_codec_index_write_triangle(w3di_mesh_codec_index_writer *w,
                                                     const uint32_t *corner)
{
    uint32_t a = corner[0], b = corner[1], c = corner[2];
    unsigned turn = 0, code = 15, back = w3di_mesh_codec_index_find_edge(w, corner, &turn);
    if (back >= 15) {
        w3di_mesh_codec_index_write_alone(w, a, b, c);
        return;
    }
    /* The keys of the two edges that come in, for each turn: made before the turn is known. */
    uint64_t ba = w3di_mesh_codec_index_key(b, a), cb = w3di_mesh_codec_index_key(c, b);
    uint64_t ac = w3di_mesh_codec_index_key(a, c);
    uint64_t keys = (ac | cb << 8 | ba << 16) * 0x1000001u; /* ac cb ba ac cb ba */
    w->edge_keys = w3d_b16_or(w3d_b16_up2(w->edge_keys),
                              w3d_b16_low32((uint32_t)(keys >> 16 * turn) & 0xFFFFu));
    /* 9 and 18 hold the numbers of the second and third corner after each turn. */
    a = corner[turn], b = corner[9u >> 2 * turn & 3u], c = corner[18u >> 2 * turn & 3u];
    *w->edge_end++ = w3di_mesh_codec_index_edge(c, b);
    *w->edge_end++ = w3di_mesh_codec_index_edge(a, c);
    /* Met lately or the next one, each as likely as the other: both without a branch. */
    unsigned met = w3di_mesh_codec_index_find_vertex(w, c);
    unsigned is_met = met - 1u < 12u, is_next = (unsigned)(c == w->next) & ~is_met & 1u;
    w3d_b16 pushed = w3d_b16_or(w3d_b16_up1(w->vertex_keys), w3d_b16_low32(c & 255u));
    *w->vertex_end = c;
    if (is_met | is_next) {
        w3d_b16 all = w3d_b16_bits_i4(w3d_i4_splat(-(int32_t)is_next));
        code = met & (0u - is_met);
        w->next += is_next;
        w->vertex_end += is_next;
        w->vertex_keys = w3d_b16_select(all, pushed, w->vertex_keys);
    } else {
        if (c + 1 == w->last)
            code = 13, w->last = c;
        else if (c == w->last + 1)
            code = 14, w->last = c;
        else
            w3di_mesh_codec_index_write_index(w, c);
        w->vertex_end++;
        w->vertex_keys = pushed;
    }
    *w->code++ = (uint8_t)(back << 4 | code);
}

W3D_API w3d_result w3d_mesh_codec_index_encode_triangles(const uint32_t *indices, uint32_t count,
                                                         w3d_mesh_codec_buffer *buffer)
{
    int kept = buffer && buffer->bytes && (indices || count == 0) && count % 3 == 0;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    size_t bound = w3d_mesh_codec_index_bound_triangles(count);
    if (bound == SIZE_MAX || buffer->capacity < bound) return W3D_ERR_CAPACITY;
    w3di_mesh_codec_index_writer w;
    uint8_t *bytes = (uint8_t *)buffer->bytes;
    bytes[0] = W3DI_MESH_CODEC_INDEX_TRIANGLES + 1;
    w.code = bytes + 1;
    w.data = w.code + count / 3;
    w.next = w.last = 0;
    /* Entries of all ones stand for none, as the queues start in the format's other encoder. */
    w.edge_end = w.edge + W3DI_MESH_CODEC_INDEX_QUEUE;
    w.vertex_end = w.vertex + W3DI_MESH_CODEC_INDEX_QUEUE;
    w.edge_keys = w.vertex_keys = w3d_b16_splat8(255);
    for (uint32_t i = 0; i < W3DI_MESH_CODEC_INDEX_QUEUE; i++)
        w.edge[i] = UINT64_MAX, w.vertex[i] = UINT32_MAX;
    for (uint32_t i = 0; i < count;) {
        uint32_t stop =
            count - i < 3 * W3DI_MESH_CODEC_INDEX_RUN ? count : i + 3 * W3DI_MESH_CODEC_INDEX_RUN;
        for (; i < stop; i += 3) w3di_mesh_codec_index_write_triangle(&w, indices + i);
        w3d_move(w.edge, w.edge_end - W3DI_MESH_CODEC_INDEX_QUEUE, W3DI_MESH_CODEC_INDEX_QUEUE * 8);
        w3d_move(w.vertex, w.vertex_end - W3DI_MESH_CODEC_INDEX_QUEUE,
                 W3DI_MESH_CODEC_INDEX_QUEUE * 4);
        w.edge_end = w.edge + W3DI_MESH_CODEC_INDEX_QUEUE;
        w.vertex_end = w.vertex + W3DI_MESH_CODEC_INDEX_QUEUE;
    }
    w3d_copy(w.data, w3di_mesh_codec_index_pairs, 16);
    buffer->size = (size_t)(w.data + 16 - bytes);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_codec_index_encode_sequence(const uint32_t *indices, uint32_t count,
                                                        w3d_mesh_codec_buffer *buffer)
{
    int kept = buffer && buffer->bytes && (indices || count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    size_t bound = w3d_mesh_codec_index_bound_sequence(count);
    if (bound == SIZE_MAX || buffer->capacity < bound) return W3D_ERR_CAPACITY;
    uint8_t *data = (uint8_t *)buffer->bytes;
    w3di_mesh_codec_index_baselines state = { 0, 0, 0 };
    *data++ = W3DI_MESH_CODEC_INDEX_SEQUENCE + 1;
    for (uint32_t i = 0; i < count;) {
        uint32_t block[1 + W3DI_MESH_CODEC_INDEX_NUMBERS], value[W3DI_MESH_CODEC_INDEX_NUMBERS];
        uint32_t some =
            count - i < W3DI_MESH_CODEC_INDEX_NUMBERS ? count - i : W3DI_MESH_CODEC_INDEX_NUMBERS;
        w3di_mesh_codec_index_baselines before = state;
        block[0] = state.last;
        w3d_copy(block + 1, indices + i, some * sizeof *block);
        /* Padded by differences of 0, which change nothing. */
        for (uint32_t k = some; k % 4; k++) block[k + 1] = block[some];
        if (w3di_mesh_codec_index_numbers(&state, block, some, value) >> 31) {
            state = before;
            if (!w3di_mesh_codec_index_numbers_apart(&state, block, some, value))
                return W3D_ERR_RANGE;
        }
        data = w3di_mesh_codec_index_write_all(data, value, some);
        i += some;
    }
    w3d_fill(data, 0, 4);
    buffer->size = (size_t)(data + 4 - (uint8_t *)buffer->bytes);
    return W3D_OK;
}

#undef W3DI_MESH_CODEC_INDEX_TRIANGLES
#undef W3DI_MESH_CODEC_INDEX_SEQUENCE
#undef W3DI_MESH_CODEC_INDEX_QUEUE
#undef W3DI_MESH_CODEC_INDEX_RUN
#undef W3DI_MESH_CODEC_INDEX_ROOM
#undef W3DI_MESH_CODEC_INDEX_NUMBERS
