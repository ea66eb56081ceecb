/* gpu_scene.h - a device over the null back-end with a little of everything, and what its streams say. */
#ifndef GPU_SCENE_H
#define GPU_SCENE_H

#include "core/hash.h"
#include "gpu/gpu.h"
#include "gpu/gpu_check.h"
#include "gpu/gpu_null.h"

#include <stdio.h>
#include <string.h>

enum { SCENE_BUFFERS = 12, SCENE_BYTES = 1024, SCENE_ROWS = 128 };

typedef struct scene {
    w3d_gpu *gpu;
    w3d_gpu_null_desc null;
    w3d_gpu_pass *pass;
    w3d_gpu_buffer vertices[4], indices, uniform;
    w3d_gpu_texture texture;
    w3d_gpu_sampler sampler;
    w3d_gpu_shader shader;
    w3d_gpu_pipeline pipelines[3];
    w3d_gpu_group groups[5];
    w3d_gpu_mesh meshes[4];
    w3d_gpu_download download;
    uint32_t created; /* resources that a device has of these */
    w3d_gpu_checker *checker;
    /* What the device was told since scene_device. */
    uint32_t streams, creates, alive, passes, multis, draws, row_writes, row_write[8][2],
        surface[2];
    uint64_t hash;
    unsigned char buffers[SCENE_BUFFERS][SCENE_BYTES], shadow_rows[SCENE_ROWS * 64];
    uint32_t sizes[SCENE_BUFFERS];
    void (*multi)(void *user, const uint32_t *words); /* sees every MULTI, or NULL */
    void *user;
    /* For sweeps: a call without memory is made again. */
    int retry, failed_memory; /* failed_memory 2: and the device was lost by it */
    char wrong[300];
} scene;

static inline void scene_wrong(scene *s, const char *what)
{
    if (!s->wrong[0])
        snprintf(s->wrong, sizeof s->wrong, "%.100s: %.180s", what,
                 s->gpu ? w3d_gpu_message(s->gpu) : "");
}

#define SCENE_TRY(s, call)                                                                         \
    do {                                                                                           \
        w3d_result result_ = (call);                                                               \
        if (result_ == W3D_ERR_OUT_OF_MEMORY && (s)->retry) {                                      \
            (s)->failed_memory |= 1;                                                               \
            if ((s)->gpu && w3d_gpu_poll((s)->gpu) == W3D_GPU_LOST && strstr(#call, "submit"))     \
                (s)->failed_memory = 2;                                                            \
            else                                                                                   \
                result_ = (call);                                                                  \
        }                                                                                          \
        if (result_ && (s)->failed_memory != 2) scene_wrong(s, #call);                             \
    } while (0)

static inline void scene_op(scene *s, const w3d_gpu_stream *stream, const uint32_t *w)
{
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_BUFFER_CREATE:
        if ((w[1] & 0xFFFFF) < SCENE_BUFFERS) {
            memset(s->buffers[w[1] & 0xFFFFF], 0, SCENE_BYTES);
            s->sizes[w[1] & 0xFFFFF] = w[2];
        }
        s->creates++, s->alive++;
        break;
    case W3D_GPU_OP_TEXTURE_CREATE:
    case W3D_GPU_OP_SAMPLER_CREATE:
    case W3D_GPU_OP_SHADER_CREATE:
    case W3D_GPU_OP_PIPELINE_CREATE:
    case W3D_GPU_OP_GROUP_CREATE:
    case W3D_GPU_OP_MESH_CREATE: s->creates++, s->alive++; break;
    case W3D_GPU_OP_DESTROY: s->alive--; break;
    case W3D_GPU_OP_BUFFER_WRITE:
        if ((w[1] & 0xFFFFF) < SCENE_BUFFERS && w[2] + w[4] <= SCENE_BYTES)
            memcpy(s->buffers[w[1] & 0xFFFFF] + w[2], stream->blobs + w[3], w[4]);
        break;
    case W3D_GPU_OP_OBJECTS_WRITE:
        if (s->row_writes < 8) {
            s->row_write[s->row_writes][0] = w[1];
            s->row_write[s->row_writes][1] = w[3] / 64;
        }
        s->row_writes++;
        if (w[1] * 64 + w[3] <= sizeof s->shadow_rows)
            memcpy(s->shadow_rows + w[1] * 64, stream->blobs + w[2], w[3]);
        break;
    case W3D_GPU_OP_SURFACE: memcpy(s->surface, w + 1, 8); break;
    case W3D_GPU_OP_PASS_BEGIN: s->passes++; break;
    case W3D_GPU_OP_MULTI:
        s->multis++;
        s->draws += w[4];
        if (s->multi) s->multi(s->user, w);
        break;
    default: break;
    }
}

static inline void scene_stream(void *user, const w3d_gpu_stream *stream)
{
    scene *s = (scene *)user;
    w3d_error error;
    s->streams++;
    s->hash = w3d_hash_bytes(stream->words, (size_t)stream->word_count * 4, s->hash);
    if (stream->blob_size) s->hash = w3d_hash_bytes(stream->blobs, stream->blob_size, s->hash);
    if (s->checker && w3d_gpu_check(s->checker, stream, &error)) scene_wrong(s, error.text);
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8)
        scene_op(s, stream, stream->words + at);
}

/* A new device is to come: what the old one was told is forgotten. */
static inline void scene_device(scene *s)
{
    w3d_gpu_checker_reset(s->checker);
    s->streams = s->creates = s->alive = s->passes = s->multis = s->draws = s->row_writes = 0;
    s->hash = 0;
    memset(s->buffers, 0, sizeof s->buffers);
    memset(s->sizes, 0, sizeof s->sizes);
    memset(s->shadow_rows, 0, sizeof s->shadow_rows);
}

static inline void scene_make(scene *s)
{
    w3d_gpu_buffer_desc b;
    w3d_gpu_texture_desc t;
    w3d_gpu_sampler_desc a;
    w3d_gpu_shader_desc h;
    w3d_gpu_pipeline_desc p;
    w3d_gpu_group_desc g;
    w3d_gpu_mesh_desc m;
    unsigned char data[SCENE_BYTES];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 7);
    memset(&b, 0, sizeof b), memset(&t, 0, sizeof t), memset(&a, 0, sizeof a);
    memset(&h, 0, sizeof h), memset(&p, 0, sizeof p), memset(&g, 0, sizeof g);
    memset(&m, 0, sizeof m);
    b.size = SCENE_BYTES;
    b.data = data;
    b.use = W3D_GPU_USE_VERTEX;
    b.label = "vertices";
    for (int i = 0; i < 4; i++) SCENE_TRY(s, w3d_gpu_buffer_create(s->gpu, &b, &s->vertices[i]));
    b.use = W3D_GPU_USE_INDEX;
    b.label = "indices";
    SCENE_TRY(s, w3d_gpu_buffer_create(s->gpu, &b, &s->indices));
    b.use = W3D_GPU_USE_UNIFORM | W3D_GPU_USE_READ | W3D_GPU_USE_INDIRECT;
    b.size = 256;
    b.data = NULL;
    b.label = "uniform";
    SCENE_TRY(s, w3d_gpu_buffer_create(s->gpu, &b, &s->uniform));
    t.width = t.height = 8;
    t.mips = 2;
    t.data = data;
    t.make_mips = 1;
    t.label = "texture";
    SCENE_TRY(s, w3d_gpu_texture_create(s->gpu, &t, &s->texture));
    SCENE_TRY(s, w3d_gpu_sampler_create(s->gpu, &a, &s->sampler));
    h.wgsl = "wgsl";
    h.glsl_vertex = "vertex";
    h.glsl_fragment = "fragment";
    h.object_size = 64;
    h.binding_count = 3;
    for (int i = 0; i < 3; i++) {
        h.bindings[i].group = 1;
        h.bindings[i].binding = (uint8_t)i;
        h.bindings[i].kind = (uint8_t)(i == 0   ? W3D_GPU_BIND_UNIFORM
                                       : i == 1 ? W3D_GPU_BIND_TEXTURE
                                                : W3D_GPU_BIND_SAMPLER);
        h.bindings[i].stages = 3;
    }
    h.pair_count = 1;
    h.pairs[0].texture = 1;
    h.pairs[0].sampler = 2;
    h.label = "shader";
    SCENE_TRY(s, w3d_gpu_shader_create(s->gpu, &h, &s->shader));
    p.shader = s->shader;
    p.attributes[0].format = W3D_GPU_FLOAT3;
    for (int i = 0; i < 3; i++) {
        p.cull = (w3d_gpu_cull)i;
        p.label = i ? "pipeline" : NULL;
        SCENE_TRY(s, w3d_gpu_pipeline_create(s->gpu, &p, &s->pipelines[i]));
    }
    g.shader = s->shader;
    g.entry_count = 3;
    for (uint32_t i = 0; i < 3; i++) g.entries[i].binding = i;
    g.entries[0].buffer = s->uniform;
    g.entries[1].texture = s->texture;
    g.entries[2].sampler = s->sampler;
    g.label = "group";
    for (int i = 0; i < 5; i++) SCENE_TRY(s, w3d_gpu_group_create(s->gpu, &g, &s->groups[i]));
    m.indices = s->indices;
    m.count = 6;
    for (int i = 0; i < 4; i++) {
        m.vertices[0] = s->vertices[i];
        SCENE_TRY(s, w3d_gpu_mesh_create(s->gpu, &m, &s->meshes[i]));
    }
    s->created = 4 + 1 + 1 + 1 + 1 + 1 + 3 + 5 + 4;
}

/* Opens a device and makes its resources. null: behaviour of the back-end, or NULL. */
static inline w3d_result scene_open(scene *s, const w3d_gpu_null_desc *null,
                                    const w3d_allocator *allocator)
{
    w3d_gpu_desc desc;
    int retry = allocator && s->retry;
    memset(s, 0, sizeof *s);
    memset(&desc, 0, sizeof desc);
    s->retry = retry;
    if (null) s->null = *null;
    s->null.stream = scene_stream;
    s->null.user = s;
    if (w3d_gpu_checker_create(NULL, &s->checker)) return W3D_ERR_ARGUMENT;
    desc.backend = w3d_gpu_null(&s->null);
    desc.width = desc.height = 64;
    desc.object_size = 64;
    desc.max_objects = 100;
    if (allocator) desc.allocator = *allocator;
    SCENE_TRY(s, w3d_gpu_create(&desc, &s->gpu));
    if (s->gpu) scene_make(s);
    return s->gpu ? W3D_OK : W3D_ERR_OUT_OF_MEMORY;
}

static inline void scene_close(scene *s)
{
    w3d_gpu_destroy(s->gpu);
    w3d_gpu_checker_destroy(s->checker);
    s->checker = NULL;
    CHECK_MESSAGE(!s->wrong[0], "%s", s->wrong);
}

static inline w3d_result scene_pass(scene *s, int sort)
{
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sort = sort;
    desc.label = "pass";
    s->pass = w3d_gpu_pass_begin(s->gpu, &desc);
    return s->pass ? W3D_OK : W3D_ERR_OUT_OF_MEMORY;
}

static inline void scene_begin(scene *s, int sort) { SCENE_TRY(s, scene_pass(s, sort)); }

static inline w3d_result scene_draw(scene *s, uint32_t pipeline, uint32_t group, uint32_t mesh,
                                    uint32_t object)
{
    w3d_gpu_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.pipeline = s->pipelines[pipeline];
    draw.group = s->groups[group];
    draw.mesh = s->meshes[mesh];
    draw.object.id = object;
    return w3d_gpu_draw(s->pass, &draw);
}

/* A pass onto the surface with so many draws. */
static inline void scene_frame(scene *s, uint32_t draws)
{
    scene_begin(s, 1);
    for (uint32_t i = 0; i < draws; i++) SCENE_TRY(s, scene_draw(s, i % 3, i % 5, i % 4, 0));
    SCENE_TRY(s, w3d_gpu_pass_end(s->pass));
}

/* Submits; 1 where that went well. */
static inline int scene_submit(scene *s)
{
    w3d_result result = w3d_gpu_submit(s->gpu);
    if (result) scene_wrong(s, "submit");
    return result == W3D_OK;
}

/* What the device holds in a buffer. */
static inline int scene_buffer(const scene *s, uint32_t id, void *out, uint32_t size)
{
    uint32_t slot = id & 0xFFFFF;
    if (slot >= SCENE_BUFFERS || s->sizes[slot] != size) return 0;
    memcpy(out, s->buffers[slot], size);
    return 1;
}

#endif /* GPU_SCENE_H */
