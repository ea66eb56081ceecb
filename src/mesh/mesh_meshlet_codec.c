/* mesh_meshlet_codec.c - a byte a triangle, one to four a vertex. The format is in the header. */
#include "mesh/mesh_meshlet_codec.h"
#include "core/bytes.h"

#define W3DI_MESHLET_CODEC_EDGES 15

/* An edge of late: first corner in the low byte, second in the next. A ring of sixteen. */
typedef struct w3di_meshlet_codec_edges {
    uint32_t ring[16];
    uint32_t count; /* edges ever added */
} w3di_meshlet_codec_edges;

W3D_INLINE void w3di_meshlet_codec_add(w3di_meshlet_codec_edges *edges, uint32_t a, uint32_t b,
                                       uint32_t c)
{
    edges->ring[edges->count & 15u] = c | b << 8;
    edges->ring[(edges->count + 1u) & 15u] = a | c << 8;
    edges->ring[(edges->count + 2u) & 15u] = b | a << 8;
    edges->count += 3;
}

W3D_API w3d_result w3d_mesh_meshlet_encode(const w3d_meshlet_source *source, void *dst,
                                           size_t capacity, size_t *size)
{
    int kept = source && dst && size && source->vertex_count >= 1 && source->vertex_count <= 256 &&
               source->triangle_count <= 512 && source->vertices &&
               (source->triangles || source->triangle_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t vertex_count = source->vertex_count, triangle_count = source->triangle_count;
    for (uint32_t i = 0; i < 3 * triangle_count; i++)
        if (source->triangles[i] >= vertex_count) return W3D_ERR_INDEX;
    if (capacity < w3d_mesh_meshlet_encode_bound(vertex_count, triangle_count))
        return W3D_ERR_CAPACITY;

    unsigned char *codes = (unsigned char *)dst, *sizes, *data;
    uint8_t open[512 * 3];
    uint32_t open_count = 0, next = 0, previous = 0;
    w3di_meshlet_codec_edges edges;
    edges.count = 0;
    w3d_store_u16(codes, (uint16_t)(vertex_count - 1));
    w3d_store_u16(codes + 2, (uint16_t)triangle_count);
    codes += 4;
    for (uint32_t t = 0; t < triangle_count; t++) {
        const uint8_t *row = source->triangles + 3 * (size_t)t;
        uint32_t a = row[0], b = row[1], c = row[2], edge = 15, code;
        uint32_t kept_edges =
            edges.count < W3DI_MESHLET_CODEC_EDGES ? edges.count : W3DI_MESHLET_CODEC_EDGES;
        for (uint32_t e = 0; e < kept_edges && edge == 15; e++) {
            uint32_t pair = edges.ring[(edges.count - 1u - e) & 15u];
            for (uint32_t k = 0; k < 3; k++) {
                uint32_t x = row[k], y = row[(k + 1) % 3];
                if (pair != (x | y << 8)) continue;
                edge = e;
                a = x;
                b = y;
                c = row[(k + 2) % 3];
                break;
            }
        }
        if (edge < 15) {
            code = 15;
            if (c == next)
                code = 0;
            else if (c < next && next - c <= 14)
                code = next - c;
            else
                open[open_count++] = (uint8_t)c;
            if (c >= next) next = c + 1;
        } else if (a == next && b == next + 1 && c == next + 2) {
            code = 0;
            next += 3;
        } else {
            code = 15;
            open[open_count++] = (uint8_t)a;
            open[open_count++] = (uint8_t)b;
            open[open_count++] = (uint8_t)c;
            for (int k = 0; k < 3; k++)
                if (row[k] >= next) next = row[k] + 1u;
        }
        codes[t] = (unsigned char)(edge << 4 | code);
        w3di_meshlet_codec_add(&edges, a, b, c);
    }
    sizes = codes + triangle_count;
    data = sizes + (vertex_count + 3u) / 4u;
    w3d_fill(sizes, 0, (vertex_count + 3u) / 4u);
    for (uint32_t i = 0; i < vertex_count; i++) {
        uint32_t difference = source->vertices[i] - previous;
        uint32_t value = difference << 1 ^ (0u - (difference >> 31));
        uint32_t bytes = 1u + (value > 0xFFu) + (value > 0xFFFFu) + (value > 0xFFFFFFu);
        previous = source->vertices[i];
        sizes[i / 4] = (unsigned char)(sizes[i / 4] | (bytes - 1u) << (i % 4 * 2));
        for (uint32_t k = 0; k < bytes; k++) *data++ = (unsigned char)(value >> (8 * k));
    }
    w3d_copy(data, open, open_count);
    *size = (size_t)(data - (unsigned char *)dst) + open_count;
    return W3D_OK;
}

/* Vertices; gives where their bytes end, or NULL: there are too few. */
static const unsigned char *w3di_meshlet_codec_vertices(const unsigned char *sizes, uint32_t count,
                                                        const unsigned char *data,
                                                        const unsigned char *end,
                                                        uint32_t *vertices)
{
    static const uint32_t masks[4] = { 0xFFu, 0xFFFFu, 0xFFFFFFu, 0xFFFFFFFFu };
    uint32_t vertex = 0, i = 0;
    for (; i + 4 <= count && end - data >= 16; i += 4) { /* whole groups, read as words */
        uint32_t group = sizes[i / 4];
        for (uint32_t k = 0; k < 4; k++, group >>= 2) {
            uint32_t value = w3d_load_u32(data) & masks[group & 3u];
            data += (group & 3u) + 1u;
            vertex += value >> 1 ^ (0u - (value & 1u));
            vertices[i + k] = vertex;
        }
    }
    for (; i < count; i++) {
        uint32_t bytes = (uint32_t)(sizes[i / 4] >> (i % 4 * 2) & 3) + 1u, value = 0;
        if ((size_t)(end - data) < bytes) return NULL;
        for (uint32_t k = 0; k < bytes; k++) value |= (uint32_t)*data++ << (8 * k);
        vertex += value >> 1 ^ (0u - (value & 1u));
        vertices[i] = vertex;
    }
    return data;
}

W3D_API w3d_result w3d_mesh_meshlet_decode(const void *src, size_t size, uint32_t *vertices,
                                           uint8_t *triangles, w3d_meshlet_counts *counts)
{
    const unsigned char *codes = (const unsigned char *)src;
    int kept = (src || size == 0) && counts && (vertices || counts->vertex_count == 0) &&
               (triangles || counts->triangle_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (size < 4) return W3D_ERR_TRUNCATED;
    uint32_t vertex_count = w3d_load_u16(codes) + 1u, triangle_count = w3d_load_u16(codes + 2);
    if (vertex_count > 256 || triangle_count > 512) return W3D_ERR_FORMAT;
    if (vertex_count > counts->vertex_count || triangle_count > counts->triangle_count)
        return W3D_ERR_CAPACITY;
    const unsigned char *end = codes + size, *sizes = codes + 4 + triangle_count;
    if (size < 4 + (size_t)triangle_count + (vertex_count + 3u) / 4u + vertex_count)
        return W3D_ERR_TRUNCATED;
    const unsigned char *open = sizes + (vertex_count + 3u) / 4u;
    if (vertex_count % 4 && sizes[vertex_count / 4] >> (vertex_count % 4 * 2))
        return W3D_ERR_FORMAT;
    open = w3di_meshlet_codec_vertices(sizes, vertex_count, open, end, vertices);
    if (!open) return W3D_ERR_TRUNCATED;

    w3di_meshlet_codec_edges edges;
    uint32_t next = 0, wrong = 0;
    codes += 4;
    edges.count = 0;
    for (uint32_t t = 0; t < triangle_count; t++) {
        uint32_t edge = (uint32_t)codes[t] >> 4, code = codes[t] & 15u, a, b, c;
        if (edge < W3DI_MESHLET_CODEC_EDGES) {
            if (edge >= edges.count) return W3D_ERR_FORMAT;
            uint32_t pair = edges.ring[(edges.count - 1u - edge) & 15u];
            a = pair & 255u;
            b = pair >> 8;
            c = next - code;
            if (code == 15) {
                if (open == end) return W3D_ERR_TRUNCATED;
                c = *open++;
            }
        } else if (code == 0) {
            a = next;
            b = next + 1;
            c = next + 2;
        } else {
            if (code != 15) return W3D_ERR_FORMAT;
            if (end - open < 3) return W3D_ERR_TRUNCATED;
            a = open[0];
            b = open[1];
            c = open[2];
            open += 3;
            next = a >= next ? a + 1 : next;
            next = b >= next ? b + 1 : next;
        }
        /* a and b of an edge were looked at before; a new one below c is where c is. */
        wrong |= (uint32_t)(a >= vertex_count) | (uint32_t)(b >= vertex_count) |
                 (uint32_t)(c >= vertex_count);
        next = c >= next && c < vertex_count ? c + 1 : next;
        triangles[3 * (size_t)t] = (uint8_t)a;
        triangles[3 * (size_t)t + 1] = (uint8_t)b;
        triangles[3 * (size_t)t + 2] = (uint8_t)c;
        w3di_meshlet_codec_add(&edges, a & 255u, b & 255u, c & 255u);
    }
    if (wrong || open != end) return W3D_ERR_FORMAT;
    counts->vertex_count = vertex_count;
    counts->triangle_count = triangle_count;
    return W3D_OK;
}

#undef W3DI_MESHLET_CODEC_EDGES
