/* bench_mesh_codec.c - the glTF bitstreams on the meshes of mesh_data.h, beside meshoptimizer's
 * decoder and encoder. Positions are 16-bit and padded to 8 bytes, normals are octahedral in 4 bytes,
 * rows of 16 hold both and texture coordinates, rows of 12 are floats. */
#include "bench.h"
#include "mesh_data.h"

#include "core/bits.h"
#include "mesh/mesh_codec_filter.h"
#include "mesh/mesh_codec_index.h"
#include "mesh/mesh_codec_vertex.h"

#if BENCH_MESHOPTIMIZER
#include <meshoptimizer.h>
#endif

typedef struct codec_work {
    void *rows;              /* what is encoded                           */
    void *out, *stream, *theirs;
    w3d_mesh_codec_vertex_desc vertex;
    w3d_mesh_codec_buffer buffer;
    w3d_mesh_codec_stream source;
    const uint32_t *indices;
    uint32_t count, stride;
    size_t moved;
    w3d_mesh_codec_filter filter;
} codec_work;

static void codec_stop(const char *what)
{
    printf("bench_mesh_codec: %s\n", what);
    exit(1);
}

static void vertex_encode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_vertex_encode(&w->vertex, &w->buffer) != W3D_OK) codec_stop("encode");
    bench_keep(w->stream);
}

static void vertex_decode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_vertex_decode(&w->source, w->out, NULL) != W3D_OK) codec_stop("decode");
    bench_keep(w->out);
}

static void triangles_encode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_index_encode_triangles(w->indices, w->count, &w->buffer) != W3D_OK)
        codec_stop("encode");
    bench_keep(w->stream);
}

static void triangles_decode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_index_decode_triangles(&w->source, w->out, NULL) != W3D_OK) codec_stop("decode");
    bench_keep(w->out);
}

static void sequence_encode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_index_encode_sequence(w->indices, w->count, &w->buffer) != W3D_OK)
        codec_stop("encode");
    bench_keep(w->stream);
}

static void sequence_decode(void *user)
{
    codec_work *w = (codec_work *)user;
    if (w3d_mesh_codec_index_decode_sequence(&w->source, w->out, NULL) != W3D_OK) codec_stop("decode");
    bench_keep(w->out);
}

/* A filter works in place: the rows are copied first, on both sides. */
static void filter_decode(void *user)
{
    codec_work *w = (codec_work *)user;
    memcpy(w->out, w->rows, (size_t)w->count * w->stride);
    if (w3d_mesh_codec_filter_decode(w->filter, w->out, w->count, w->stride) != W3D_OK)
        codec_stop("filter");
    bench_keep(w->out);
}

static void copy_rows(void *user)
{
    codec_work *w = (codec_work *)user;
    memcpy(w->out, w->rows, w->moved);
    bench_keep(w->out);
}

#if BENCH_MESHOPTIMIZER
static void vertex_encode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    w->moved = meshopt_encodeVertexBuffer((unsigned char *)w->theirs, w->buffer.capacity, w->rows,
                                          w->count, w->stride);
    bench_keep(w->theirs);
}
static void vertex_decode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    if (meshopt_decodeVertexBuffer(w->out, w->count, w->stride,
                                   (const unsigned char *)w->source.bytes, w->source.size))
        codec_stop("meshoptimizer does not decode our stream");
    bench_keep(w->out);
}
static void triangles_encode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    w->moved = meshopt_encodeIndexBuffer((unsigned char *)w->theirs, w->buffer.capacity,
                                         (const unsigned *)w->indices, w->count);
    bench_keep(w->theirs);
}
static void triangles_decode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    if (meshopt_decodeIndexBuffer(w->out, w->count, w->stride,
                                  (const unsigned char *)w->source.bytes, w->source.size))
        codec_stop("meshoptimizer does not decode our stream");
    bench_keep(w->out);
}
static void sequence_encode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    w->moved = meshopt_encodeIndexSequence((unsigned char *)w->theirs, w->buffer.capacity,
                                           (const unsigned *)w->indices, w->count);
    bench_keep(w->theirs);
}
static void sequence_decode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    if (meshopt_decodeIndexSequence(w->out, w->count, w->stride,
                                    (const unsigned char *)w->source.bytes, w->source.size))
        codec_stop("meshoptimizer does not decode our stream");
    bench_keep(w->out);
}
static void filter_decode_peer(void *user)
{
    codec_work *w = (codec_work *)user;
    memcpy(w->out, w->rows, (size_t)w->count * w->stride);
    if (w->filter == W3D_MESH_CODEC_FILTER_OCTAHEDRAL)
        meshopt_decodeFilterOct(w->out, w->count & ~3u, w->stride);
    else if (w->filter == W3D_MESH_CODEC_FILTER_QUATERNION)
        meshopt_decodeFilterQuat(w->out, w->count & ~3u, w->stride);
    else
        meshopt_decodeFilterExp(w->out, w->count & ~3u, w->stride);
    bench_keep(w->out);
}
#endif

typedef void (*codec_side)(void *user);

/* Encodes and decodes, and says what the stream takes and whether the peer's has the same bytes. */
static void codec_rows(const char *mesh, const char *what, codec_work *w, codec_side encode,
                       codec_side encode_peer, codec_side decode, codec_side decode_peer)
{
    char name[64];
    bench_row row;
    size_t size = (size_t)w->count * w->stride, other = 0;
    encode(w);
    w->source.bytes = w->stream, w->source.size = w->buffer.size;
    w->source.count = w->count, w->source.stride = w->stride;
    w->moved = 0;
    if (encode_peer) encode_peer(w), other = w->moved;
    memset(&row, 0, sizeof row);
    row.name = name, row.unit = "MB/s", row.work = (double)size / 1e6, row.user = w;
    row.peer.name = encode_peer || decode_peer ? "meshoptimizer" : NULL;
    row.limit.name = "memcpy";
    snprintf(name, sizeof name, "%s: %s, decode", mesh, what);
    w->moved = size;
    row.ours.run = decode, row.peer.run = decode_peer, row.limit.run = copy_rows;
    bench_run(&row);
    snprintf(name, sizeof name, "%s: %s, encode", mesh, what);
    row.ours.run = encode, row.peer.run = encode_peer, row.limit.run = NULL, row.limit.name = NULL;
    bench_run(&row);
    printf("    %zu bytes of %zu, %.1f %%", w->buffer.size, size, 100.0 * (double)w->buffer.size / (double)size);
    if (other)
        printf("; the peer's: %zu, %s", other,
               other == w->buffer.size && !memcmp(w->stream, w->theirs, other) ? "the same bytes"
                                                                               : "other bytes");
    printf("\n");
}

#if BENCH_MESHOPTIMIZER
#define PEER(function) function
#else
#define PEER(function) NULL
#endif

static void vertex_rows(const char *mesh, const char *what, codec_work *w, const void *rows,
                        uint32_t count, uint32_t stride, uint32_t version)
{
    w->rows = (void *)(uintptr_t)rows, w->count = count, w->stride = stride;
    w->vertex.rows = rows, w->vertex.count = count, w->vertex.stride = stride;
    w->vertex.version = version;
#if BENCH_MESHOPTIMIZER
    meshopt_encodeVertexVersion(0);
    meshopt_encodeIndexVersion(1);
#endif
    /* The native peer knows version 0 alone. */
    codec_rows(mesh, what, w, vertex_encode, version ? NULL : PEER(vertex_encode_peer),
               vertex_decode, version ? NULL : PEER(vertex_decode_peer));
}

static void filter_row(const char *mesh, const char *what, codec_work *w, void *rows, uint32_t stride,
                       w3d_mesh_codec_filter filter)
{
    char name[64];
    bench_row row;
    memset(&row, 0, sizeof row);
    snprintf(name, sizeof name, "%s: %s", mesh, what);
    w->rows = rows, w->stride = stride, w->filter = filter;
    w->moved = (size_t)w->count * stride;
    row.name = name, row.unit = "MB/s", row.work = (double)w->moved / 1e6, row.user = w;
    row.ours.run = filter_decode, row.limit.run = copy_rows, row.limit.name = "memcpy";
    row.peer.run = PEER(filter_decode_peer), row.peer.name = "meshoptimizer";
    if (!row.peer.run || filter == W3D_MESH_CODEC_FILTER_COLOR) row.peer.run = NULL, row.peer.name = NULL;
    bench_run(&row);
}

static int16_t short_of(float value, float low, float high)
{
    float at = high > low ? (value - low) / (high - low) : 0.0f;
    return (int16_t)(at * 32767.0f + 0.5f);
}

static void codec_mesh(const char *name)
{
    const bench_mesh *mesh = bench_mesh_get(name);
    if (!mesh) return;
    uint32_t count = mesh->vertex_count;
    int16_t *wide = (int16_t *)malloc((size_t)count * 16);
    int16_t *narrow = (int16_t *)malloc((size_t)count * 8);
    float *four = (float *)malloc((size_t)count * 16);
    void *filtered = malloc((size_t)count * 16);
    size_t most = w3d_mesh_codec_index_bound_triangles(mesh->index_count);
    if (most < w3d_mesh_codec_vertex_bound(count, 16)) most = w3d_mesh_codec_vertex_bound(count, 16);
    codec_work w;
    memset(&w, 0, sizeof w);
    w.out = malloc((size_t)count * 16 > (size_t)mesh->index_count * 4 ? (size_t)count * 16
                                                                      : (size_t)mesh->index_count * 4);
    w.stream = malloc(most), w.theirs = malloc(most);
    if (!wide || !narrow || !four || !filtered || !w.out || !w.stream || !w.theirs) codec_stop("malloc");
    w.buffer.bytes = w.stream, w.buffer.capacity = most;
    float low[3] = { 1e30f, 1e30f, 1e30f }, high[3] = { -1e30f, -1e30f, -1e30f };
    for (uint32_t i = 0; i < count * 3; i++) {
        float v = mesh->positions[i];
        if (v < low[i % 3]) low[i % 3] = v;
        if (v > high[i % 3]) high[i % 3] = v;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            int16_t at = short_of(mesh->positions[3 * i + k], low[k], high[k]);
            wide[8 * i + k] = narrow[4 * i + k] = at;
            four[4 * i + k] = mesh->normals[3 * i + k];
        }
        wide[8 * i + 3] = narrow[4 * i + 3] = 0;
        four[4 * i + 3] = 1.0f;
        for (uint32_t k = 0; k < 2; k++) {
            wide[8 * i + 4 + k] = (int16_t)(four[4 * i + k] * 1023.0f);
            wide[8 * i + 6 + k] = (int16_t)(mesh->uvs[2 * i + k] * 4095.0f);
        }
    }
    vertex_rows(name, "rows of 16", &w, wide, count, 16, 0);
    vertex_rows(name, "rows of 8", &w, narrow, count, 8, 0);
    vertex_rows(name, "rows of 12", &w, mesh->positions, count, 12, 0);
    vertex_rows(name, "rows of 16, version 1", &w, wide, count, 16, 1);
    vertex_rows(name, "rows of 12, version 1", &w, mesh->positions, count, 12, 1);

    uint32_t *ordered = (uint32_t *)malloc((size_t)mesh->index_count * 4);
    if (!ordered) codec_stop("malloc");
#if BENCH_MESHOPTIMIZER
    /* As meshes are stored: triangles in the order of the vertex cache, vertices in that of use. */
    unsigned *fetch = (unsigned *)malloc((size_t)count * 4);
    if (!fetch) codec_stop("malloc");
    meshopt_optimizeVertexCache((unsigned *)ordered, (const unsigned *)mesh->indices,
                                mesh->index_count, count);
    meshopt_optimizeVertexFetchRemap(fetch, (const unsigned *)ordered, mesh->index_count, count);
    for (uint32_t i = 0; i < mesh->index_count; i++) ordered[i] = fetch[ordered[i]];
    free(fetch);
    w.rows = ordered, w.indices = ordered, w.count = mesh->index_count, w.stride = 4;
    codec_rows(name, "ordered triangles", &w, triangles_encode, PEER(triangles_encode_peer),
               triangles_decode, PEER(triangles_decode_peer));
    codec_rows(name, "ordered sequence", &w, sequence_encode, PEER(sequence_encode_peer),
               sequence_decode, PEER(sequence_decode_peer));
#endif
    w.rows = mesh->indices, w.indices = mesh->indices, w.count = mesh->index_count, w.stride = 4;
    codec_rows(name, "triangles", &w, triangles_encode, PEER(triangles_encode_peer),
               triangles_decode, PEER(triangles_decode_peer));
    codec_rows(name, "index sequence", &w, sequence_encode, PEER(sequence_encode_peer),
               sequence_decode, PEER(sequence_decode_peer));

    w.count = count;
    w3d_mesh_codec_filter_desc filter;
    memset(&filter, 0, sizeof filter);
    filter.src = four, filter.count = count, filter.components = 4;
    filter.filter = W3D_MESH_CODEC_FILTER_OCTAHEDRAL, filter.stride = 4, filter.bits = 8;
    w3d_mesh_codec_filter_encode(&filter, filtered);
    filter_row(name, "filter octahedral 8", &w, filtered, 4, filter.filter);
    filter.stride = 8, filter.bits = 12;
    w3d_mesh_codec_filter_encode(&filter, filtered);
    filter_row(name, "filter octahedral 12", &w, filtered, 8, filter.filter);
    filter.filter = W3D_MESH_CODEC_FILTER_QUATERNION;
    w3d_mesh_codec_filter_encode(&filter, filtered);
    filter_row(name, "filter quaternion 12", &w, filtered, 8, filter.filter);
    filter.filter = W3D_MESH_CODEC_FILTER_EXPONENTIAL, filter.stride = 16, filter.bits = 15;
    w3d_mesh_codec_filter_encode(&filter, filtered);
    filter_row(name, "filter exponential 15", &w, filtered, 16, filter.filter);
    filter.filter = W3D_MESH_CODEC_FILTER_COLOR, filter.stride = 4, filter.bits = 8;
    w3d_mesh_codec_filter_encode(&filter, filtered);
    filter_row(name, "filter color 8", &w, filtered, 4, filter.filter);
    free(ordered), free(wide), free(narrow), free(four), free(filtered), free(w.out), free(w.stream), free(w.theirs);
}

void bench_mesh_codec(void);
void bench_mesh_codec(void)
{
    bench_title("mesh codecs: MB/s of decoded bytes");
    codec_mesh("dragon");
    codec_mesh("shuffled");
    codec_mesh("torus");
    codec_mesh("blender");
}
