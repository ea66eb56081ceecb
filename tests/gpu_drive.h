/* gpu_drive.h - the GPU interface driven by bytes: calls right and wrong, watched by a checker and a
 * small model; for the model test and for the fuzz target.
 *
 * The back-end is the null one, twice, so that it can be switched to and fro. Every stream goes through
 * w3d_gpu_check, which must accept it, and into a shadow: the bytes that a device would hold in its
 * buffers and textures. The model knows which handles live; a call that succeeds may have used only
 * those, the null device's counts must be the model's, and after a switch the new device's bytes must
 * be the old one's. */
#ifndef GPU_DRIVE_H
#define GPU_DRIVE_H

#include "gpu/gpu.h"
#include "gpu/gpu_check.h"
#include "gpu/gpu_format.h"
#include "gpu/gpu_null.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRIVE_HANDLES = 24, DRIVE_SHADOWS = 64 };

typedef struct drive_shadow_item {
    uint32_t id, word[9]; /* of the creating operation, from word 2 on */
    unsigned char *bytes;
    size_t size;
} drive_shadow_item;

typedef struct drive_device {
    struct drive *drive;
    w3d_gpu_null_desc null;
    w3d_gpu_checker *checker;
    drive_shadow_item items[2][DRIVE_SHADOWS]; /* buffers, textures; by slot */
} drive_device;

typedef struct drive {
    const unsigned char *bytes;
    size_t size, at;
    w3d_gpu *gpu;
    w3d_gpu_pass *pass;
    drive_device device[2];
    uint32_t current, streams, failures;
    uint32_t handles[W3D_GPU_KIND_COUNT][DRIVE_HANDLES]; /* given out; the newest over the oldest */
    uint8_t live[W3D_GPU_KIND_COUNT][DRIVE_HANDLES];
    uint32_t next[W3D_GPU_KIND_COUNT];
    uint32_t
        tainted;     /* the shadows need not be equal: mips were written over, or contents copied */
    int exact;       /* 1: whole writes only, so that contents may be compared */
    char wrong[300]; /* the first thing that should not be */
} drive;

static inline void drive_wrong(drive *d, const char *what, const char *more)
{
    if (!d->failures++)
        snprintf(d->wrong, sizeof d->wrong, "%.80s: %.200s", what, more ? more : "");
}

static inline uint32_t drive_byte(drive *d) { return d->at < d->size ? d->bytes[d->at++] : 0; }
static inline uint32_t drive_below(drive *d, uint32_t end) { return drive_byte(d) % end; }

/* Mostly `good`, now and then a number near a border. */
static inline uint32_t drive_number(drive *d, uint32_t good)
{
    static const uint32_t odd[] = {
        0, 1, 2, 3, 5, 7, 16, 255, 4096, 65536, 0x7FFFFFFF, 0xFFFFFFFF
    };
    uint32_t b = drive_byte(d);
    return b < 248 ? good : odd[drive_byte(d) % (sizeof odd / sizeof *odd)];
}

/* A handle of a kind: mostly one that lives, sometimes a dead one, none, or of another kind. */
static inline uint32_t drive_handle(drive *d, uint32_t kind)
{
    uint32_t b = drive_byte(d), at = b % DRIVE_HANDLES;
    if (b >= 252) return b == 252 ? 0 : b == 253 ? 0xFFFFFFFFu : b == 254 ? 77u << 20 | 3 : 5;
    for (uint32_t i = 0; i < DRIVE_HANDLES && b < 240; i++)
        if (d->live[kind][(at + i) % DRIVE_HANDLES])
            return d->handles[kind][(at + i) % DRIVE_HANDLES];
    return d->handles[kind][at];
}

static inline int drive_lives(const drive *d, uint32_t kind, uint32_t id)
{
    for (uint32_t i = 0; i < DRIVE_HANDLES; i++)
        if (d->live[kind][i] && d->handles[kind][i] == id) return 1;
    return 0;
}

/* Notes a new handle; what it takes the place of is destroyed first. */
static inline void drive_destroy(drive *d, uint32_t kind, uint32_t i);
static inline void drive_made(drive *d, uint32_t kind, uint32_t id)
{
    uint32_t i = d->next[kind]++ % DRIVE_HANDLES;
    if (drive_lives(d, kind, id) || !id) drive_wrong(d, "a handle was given out twice", NULL);
    if (d->live[kind][i] && kind != W3D_GPU_KIND_DOWNLOAD) drive_destroy(d, kind, i);
    d->handles[kind][i] = id;
    d->live[kind][i] = 1;
}

static inline w3d_result drive_end(drive *d, uint32_t kind, uint32_t id)
{
    w3d_gpu_buffer buffer = { id };
    w3d_gpu_texture texture = { id };
    w3d_gpu_sampler sampler = { id };
    w3d_gpu_shader shader = { id };
    w3d_gpu_pipeline pipeline = { id };
    w3d_gpu_group group = { id };
    w3d_gpu_mesh mesh = { id };
    w3d_gpu_object object = { id };
    switch (kind) {
    case W3D_GPU_KIND_BUFFER: return w3d_gpu_buffer_destroy(d->gpu, buffer);
    case W3D_GPU_KIND_TEXTURE: return w3d_gpu_texture_destroy(d->gpu, texture);
    case W3D_GPU_KIND_SAMPLER: return w3d_gpu_sampler_destroy(d->gpu, sampler);
    case W3D_GPU_KIND_SHADER: return w3d_gpu_shader_destroy(d->gpu, shader);
    case W3D_GPU_KIND_PIPELINE: return w3d_gpu_pipeline_destroy(d->gpu, pipeline);
    case W3D_GPU_KIND_GROUP: return w3d_gpu_group_destroy(d->gpu, group);
    case W3D_GPU_KIND_MESH: return w3d_gpu_mesh_destroy(d->gpu, mesh);
    default: return w3d_gpu_object_destroy(d->gpu, object);
    }
}

static inline void drive_destroy(drive *d, uint32_t kind, uint32_t i)
{
    w3d_result result = drive_end(d, kind, d->handles[kind][i]);
    if (d->live[kind][i] && !d->pass && result)
        drive_wrong(d, "destroying what lives", w3d_gpu_message(d->gpu));
    if (!d->live[kind][i] && result != W3D_ERR_STALE)
        drive_wrong(d, "destroying what is dead", w3d_gpu_message(d->gpu));
    if (!result) d->live[kind][i] = 0;
}

/* ---- the shadow ---- */

static inline drive_shadow_item *drive_item(drive_device *v, uint32_t which, uint32_t id)
{
    return &v->items[which][(id & 0xFFFFF) % DRIVE_SHADOWS];
}

static inline void drive_forget(drive_device *v)
{
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < DRIVE_SHADOWS; i++) {
            free(v->items[which][i].bytes);
            memset(&v->items[which][i], 0, sizeof v->items[which][i]);
        }
    w3d_gpu_checker_reset(v->checker);
}

static inline size_t drive_level(const drive_shadow_item *t, uint32_t mip, uint32_t side[3])
{
    size_t at = 0;
    for (uint32_t k = 0;; k++) {
        side[0] = w3di_gpu_mip_side(t->word[2], k);
        side[1] = w3di_gpu_mip_side(t->word[3], k);
        side[2] = t->word[0] == W3D_GPU_3D ? w3di_gpu_mip_side(t->word[4], k) : t->word[4];
        if (k == mip) return at;
        at += (size_t)w3di_gpu_region_size(t->word[1], side[0], side[1], side[2]);
    }
}

static inline void drive_shadow(drive_device *v, const w3d_gpu_stream *s, const uint32_t *w)
{
    uint32_t op = w[0] & 255, side[3], which = op >= W3D_GPU_OP_TEXTURE_CREATE;
    drive_shadow_item *a = drive_item(v, which, w[1]), *b;
    switch ((w3d_gpu_op)op) {
    case W3D_GPU_OP_BUFFER_CREATE:
    case W3D_GPU_OP_TEXTURE_CREATE:
        free(a->bytes);
        a->id = w[1];
        memcpy(a->word, w + 2, which ? 32 : 8);
        if (which)
            a->size = drive_level(a, a->word[5], side);
        else
            a->size = w[2];
        a->bytes = (unsigned char *)calloc(a->size ? a->size : 1, 1);
        break;
    case W3D_GPU_OP_BUFFER_WRITE: memcpy(a->bytes + w[2], s->blobs + w[3], w[4]); break;
    case W3D_GPU_OP_BUFFER_COPY:
        b = drive_item(v, 0, w[3]);
        memcpy(a->bytes + w[2], b->bytes + w[4], w[5]);
        break;
    case W3D_GPU_OP_TEXTURE_WRITE:
    case W3D_GPU_OP_TEXTURE_COPY: {
        const w3di_gpu_format *f = w3di_gpu_format_of(a->word[1]);
        int copy = op == W3D_GPU_OP_TEXTURE_COPY;
        const uint32_t *size = copy ? w + 11 : w + 6;
        unsigned char *to = a->bytes + drive_level(a, w[2], side);
        size_t row = (size_t)((side[0] + f->block - 1) / f->block) * f->bytes,
               slice = row * ((side[1] + f->block - 1) / f->block);
        uint32_t lines = (size[1] + f->block - 1) / f->block;
        size_t line = (size_t)((size[0] + f->block - 1) / f->block) * f->bytes;
        const unsigned char *from = s->blobs + w[9];
        size_t from_row = line, from_slice = line * lines;
        if (copy) {
            uint32_t its[3];
            b = drive_item(v, 1, w[6]);
            from = b->bytes + drive_level(b, w[7], its);
            from_row = (size_t)its[0] * f->bytes;
            from_slice = from_row * its[1];
            from += w[10] * from_slice + w[9] * from_row + (size_t)w[8] * f->bytes;
        }
        to += w[5] * slice + (w[4] / f->block) * row + (size_t)(w[3] / f->block) * f->bytes;
        for (uint32_t z = 0; z < size[2]; z++)
            for (uint32_t y = 0; y < lines; y++)
                memcpy(to + z * slice + y * row, from + z * from_slice + y * from_row, line);
        break;
    }
    case W3D_GPU_OP_TEXTURE_MIPS: { /* no box filter, but as reproducible: bytes from level 0 */
        uint32_t ignored[3];
        size_t first = drive_level(a, 1, ignored);
        for (size_t i = first; i < a->size; i++)
            a->bytes[i] = (unsigned char)(a->bytes[i % first] * 3 + i);
        break;
    }
    case W3D_GPU_OP_DESTROY:
        if (w[1] > W3D_GPU_KIND_TEXTURE) break;
        a = drive_item(v, w[1] - 1, w[2]);
        free(a->bytes);
        memset(a, 0, sizeof *a);
        break;
    default: break;
    }
}

static inline void drive_stream(void *user, const w3d_gpu_stream *stream)
{
    drive_device *v = (drive_device *)user;
    w3d_error error;
    v->drive->streams++;
    if (w3d_gpu_check(v->checker, stream, &error) != W3D_OK) {
        char more[200];
        uint32_t at = 0, last = 0;
        while (at < stream->word_count && (uint64_t)at * 4 <= error.offset)
            last = at, at += stream->words[at] >> 8;
        snprintf(more, sizeof more, "op %u, word %u: %s", stream->words[last] & 255,
                 (unsigned)(error.offset / 4) - last, error.text);
        drive_wrong(v->drive, "the checker refuses what the front wrote", more);
        return;
    }
    for (uint32_t at = 0; at < stream->word_count; at += stream->words[at] >> 8)
        drive_shadow(v, stream, stream->words + at);
}

/* The two devices hold the same bytes for what keeps a copy. */
static inline void drive_same(drive *d)
{
    for (uint32_t which = 0; which < 2; which++)
        for (uint32_t i = 0; i < DRIVE_SHADOWS; i++) {
            drive_shadow_item *a = &d->device[0].items[which][i],
                              *b = &d->device[1].items[which][i];
            if (which && (a->word[7] & W3D_GPU_USE_TARGET)) continue;
            if (a->id != b->id || a->size != b->size || memcmp(a->word, b->word, sizeof a->word))
                drive_wrong(d, "after a switch", "another resource");
            else if (a->size && memcmp(a->bytes, b->bytes, a->size))
                drive_wrong(d, "after a switch",
                            which ? "a texture has other bytes" : "a buffer has other bytes");
        }
}

/* ---- calls ---- */

static const char *const drive_names[] = { NULL, "", "a",
                                           "a label that is longer than the record's 31" };

static inline void drive_buffer(drive *d)
{
    static const uint32_t uses[] = { 0, 1, 2, 3, 4, 8, 1 | 8 | 16 | 32, 63, 32, 64, 17 };
    static unsigned char data[4096];
    w3d_gpu_buffer_desc desc;
    w3d_gpu_buffer buffer;
    memset(&desc, 0, sizeof desc);
    desc.size = drive_number(d, 4 + 16 * drive_below(d, 64));
    desc.use = uses[drive_below(d, sizeof uses / sizeof *uses)];
    for (uint32_t i = 0; i < 64; i++) data[i] = (unsigned char)drive_byte(d);
    if (drive_byte(d) & 1 && desc.size <= sizeof data) desc.data = data;
    if (desc.size > 1u << 20) desc.size = 0;
    desc.label = drive_names[drive_below(d, 4)];
    if (!w3d_gpu_buffer_create(d->gpu, &desc, &buffer))
        drive_made(d, W3D_GPU_KIND_BUFFER, buffer.id);
}

static inline void drive_texture(drive *d)
{
    static unsigned char data[8 * 8 * 16 * 6 * 4];
    w3d_gpu_texture_desc desc;
    w3d_gpu_texture texture;
    memset(&desc, 0, sizeof desc);
    desc.kind =
        (w3d_gpu_texture_kind)(drive_byte(d) & 128 ? drive_number(d, drive_below(d, 4)) : 0);
    desc.format = (w3d_gpu_format)drive_number(d, drive_below(d, W3D_GPU_FORMAT_COUNT));
    desc.width = drive_number(d, 8);
    desc.height = drive_number(d, 8);
    if (desc.width > 64) desc.width = 0;
    desc.depth = drive_number(d, desc.kind == W3D_GPU_2D ? 0 : 1 + drive_below(d, 4));
    desc.mips = drive_number(d, drive_below(d, 3) ? drive_below(d, 5) : W3D_GPU_ALL_MIPS);
    desc.samples = drive_below(d, 6) ? 0 : 4;
    desc.use = drive_number(d, (drive_byte(d) & 3) * W3D_GPU_USE_TARGET); /* and USE_TEXTURE_READ */
    for (uint32_t i = 0; i < 64; i++) data[i] = (unsigned char)drive_byte(d);
    if (drive_byte(d) & 1 && desc.width <= 8 && desc.height <= 8 && desc.depth <= 4)
        desc.data = data;
    desc.make_mips = drive_byte(d) & 1;
    if (d->exact) desc.make_mips = 0; /* a new device makes them of the level 0 of then */
    desc.label = drive_names[drive_below(d, 4)];
    if (!w3d_gpu_texture_create(d->gpu, &desc, &texture))
        drive_made(d, W3D_GPU_KIND_TEXTURE, texture.id);
}

static inline void drive_sampler(drive *d)
{
    w3d_gpu_sampler_desc desc;
    w3d_gpu_sampler sampler;
    memset(&desc, 0, sizeof desc);
    desc.magnify = (w3d_gpu_filter)drive_number(d, drive_byte(d) & 1);
    desc.wrap_u = (w3d_gpu_wrap)drive_number(d, drive_below(d, 3));
    desc.compare = (w3d_gpu_compare)drive_number(d, drive_byte(d) & 1);
    desc.anisotropy = drive_number(d, drive_below(d, 17));
    desc.max_lod = (float)drive_below(d, 40);
    if (!w3d_gpu_sampler_create(d->gpu, &desc, &sampler))
        drive_made(d, W3D_GPU_KIND_SAMPLER, sampler.id);
}

static inline void drive_shader(drive *d)
{
    w3d_gpu_shader_desc desc;
    w3d_gpu_shader shader;
    memset(&desc, 0, sizeof desc);
    desc.wgsl = drive_byte(d) < 250 ? "text" : NULL;
    desc.compute_entry = drive_byte(d) & 3 ? NULL : "cs";
    desc.binding_count = drive_number(d, drive_below(d, 3) ? 0 : drive_below(d, 4));
    for (uint32_t i = 0; i < 4; i++) {
        w3d_gpu_binding *b = &desc.bindings[i];
        b->group = (uint8_t)(desc.compute_entry ? 2 : 1);
        b->binding = (uint8_t)i;
        b->kind = (uint8_t)drive_number(d, 1 + drive_below(d, 5));
        b->stages = (uint8_t)drive_number(d, 3);
        if (b->kind == W3D_GPU_BIND_TEXTURE && drive_byte(d) > 200)
            b->sample = (uint8_t)drive_below(d, 6);
    }
    desc.pair_count = drive_number(d, 0);
    desc.frame_size = drive_byte(d) & 1 ? 0 : drive_number(d, 16);
    desc.object_size = drive_byte(d) & 1 ? 0 : drive_number(d, 64);
    desc.workgroup_size[0] = drive_number(d, 64);
    desc.label = drive_names[drive_below(d, 4)];
    if (!w3d_gpu_shader_create(d->gpu, &desc, &shader))
        drive_made(d, W3D_GPU_KIND_SHADER, shader.id);
}

static inline void drive_pipeline(drive *d)
{
    w3d_gpu_pipeline_desc desc;
    w3d_gpu_pipeline pipeline;
    memset(&desc, 0, sizeof desc);
    desc.shader.id = drive_handle(d, W3D_GPU_KIND_SHADER);
    desc.compute = drive_below(d, 4) == 0;
    uint32_t attributes = drive_below(d, 3);
    for (uint32_t i = 0; i < attributes; i++) {
        desc.attributes[i].format = (w3d_gpu_vertex_format)drive_number(d, W3D_GPU_FLOAT3);
        desc.attributes[i].location = drive_number(d, i);
        desc.attributes[i].buffer = drive_number(d, i);
        desc.attributes[i].offset = drive_number(d, 4 * drive_below(d, 3));
    }
    desc.buffers[1].per_instance = drive_byte(d) & 1;
    desc.buffers[0].stride = drive_byte(d) & 1 ? 0 : drive_number(d, 32);
    desc.topology = (w3d_gpu_topology)drive_number(d, drive_below(d, 5));
    desc.strip_index = (w3d_gpu_index_format)drive_number(d, 0);
    desc.colors[0].format = (w3d_gpu_format)(drive_byte(d) & 3 ? 0 : drive_below(d, 12));
    desc.colors[0].blend.enable = drive_byte(d) & 1;
    desc.colors[0].blend.src = (w3d_gpu_factor)drive_number(d, drive_below(d, 14));
    desc.colors[0].blend.op = (w3d_gpu_blend_op)drive_number(d, drive_below(d, 5));
    desc.colors[0].mask_off = drive_number(d, 0);
    desc.color_count = drive_number(d, 0);
    desc.depth_only = drive_byte(d) > 240;
    desc.no_depth = drive_byte(d) & 1;
    desc.depth_format = (w3d_gpu_format)drive_number(d, 0);
    desc.stencil_front.compare = (w3d_gpu_compare)drive_number(d, drive_below(d, 9));
    desc.samples = drive_number(d, drive_below(d, 6) ? 0 : 4);
    desc.alpha_to_coverage = drive_byte(d) > 250;
    desc.label = drive_names[drive_below(d, 4)];
    w3d_result result = w3d_gpu_pipeline_create(d->gpu, &desc, &pipeline);
    if (!result && !drive_lives(d, W3D_GPU_KIND_SHADER, desc.shader.id))
        drive_wrong(d, "a pipeline of a dead shader", NULL);
    if (!result) drive_made(d, W3D_GPU_KIND_PIPELINE, pipeline.id);
}

static inline void drive_group(drive *d)
{
    w3d_gpu_group_desc desc;
    w3d_gpu_group group;
    memset(&desc, 0, sizeof desc);
    desc.shader.id = drive_handle(d, W3D_GPU_KIND_SHADER);
    desc.entry_count = drive_number(d, drive_below(d, 4));
    for (uint32_t i = 0; i < 4; i++) {
        w3d_gpu_entry *e = &desc.entries[i];
        e->binding = drive_number(d, i);
        e->buffer.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
        e->texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        e->sampler.id = drive_handle(d, W3D_GPU_KIND_SAMPLER);
        e->offset = drive_number(d, 0);
        e->size = drive_number(d, 0);
    }
    desc.label = drive_names[drive_below(d, 4)];
    if (!w3d_gpu_group_create(d->gpu, &desc, &group)) drive_made(d, W3D_GPU_KIND_GROUP, group.id);
}

static inline void drive_mesh(drive *d)
{
    w3d_gpu_mesh_desc desc;
    w3d_gpu_mesh mesh;
    memset(&desc, 0, sizeof desc);
    uint32_t buffers = drive_below(d, 3);
    for (uint32_t i = 0; i < buffers; i++) {
        desc.vertices[i].id = drive_handle(d, W3D_GPU_KIND_BUFFER);
        desc.offsets[i] = drive_number(d, 0);
    }
    if (drive_byte(d) & 1) desc.indices.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
    desc.index_format = (w3d_gpu_index_format)drive_number(d, drive_byte(d) & 1);
    desc.first = drive_number(d, drive_below(d, 3));
    desc.count = drive_number(d, 3 * drive_below(d, 6));
    desc.base_vertex = (int32_t)drive_number(d, 0);
    if (!w3d_gpu_mesh_create(d->gpu, &desc, &mesh)) drive_made(d, W3D_GPU_KIND_MESH, mesh.id);
}

static inline void drive_objects(drive *d)
{
    static unsigned char data[64 * 8];
    uint32_t count = drive_number(d, 1 + drive_below(d, 8)), row = drive_byte(d);
    w3d_gpu_object object;
    if (count > 4096) count = 0;
    data[row] = (unsigned char)row;
    if (row & 1) {
        if (!w3d_gpu_objects_create(d->gpu, count, &object))
            for (uint32_t i = 0; i < count && i < 2; i++)
                drive_made(d, W3D_GPU_KIND_OBJECT, object.id + i);
    } else {
        object.id = drive_handle(d, W3D_GPU_KIND_OBJECT);
        if (row & 2)
            w3d_gpu_object_set(d->gpu, object, data, drive_number(d, 64));
        else if (count <= 8)
            w3d_gpu_objects_set(d->gpu, object, count, data, 64);
    }
}

static inline void drive_write(drive *d)
{
    static unsigned char data[4096];
    uint32_t which = drive_below(d, 6), i;
    w3d_gpu_texture_region r, q;
    w3d_gpu_buffer a, b;
    w3d_result result;
    for (i = 0; i < 32; i++) data[i * 7] = (unsigned char)drive_byte(d);
    memset(&r, 0, sizeof r);
    a.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
    b.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
    r.texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
    if (which == 0) {
        uint32_t size = drive_number(d, 4 * drive_below(d, 8));
        result = w3d_gpu_buffer_write(d->gpu, a, drive_number(d, 4 * drive_below(d, 8)), data,
                                      size > sizeof data ? 1 : size);
        if (!result && !drive_lives(d, W3D_GPU_KIND_BUFFER, a.id))
            drive_wrong(d, "a dead buffer was written", NULL);
    } else if (which == 1) {
        w3d_gpu_buffer_copy(d->gpu, a, drive_number(d, 4), b, drive_number(d, 0),
                            drive_number(d, 4 * drive_below(d, 8)));
    } else {
        r.mip = drive_number(d, which == 2 ? 0 : drive_below(d, 3));
        q = r;
        r.x = drive_number(d, drive_below(d, 4));
        r.y = drive_number(d, drive_below(d, 4));
        r.width = drive_number(d, drive_below(d, 5));
        r.height = drive_number(d, drive_below(d, 5));
        r.z = drive_number(d, 0);
        r.depth = drive_number(d, 0);
        if (which == 3 && d->exact) r = q;
        if (which == 2 || which == 3)
            w3d_gpu_texture_write(d->gpu, &r, data, sizeof data, drive_number(d, 0));
        if (which == 4 && !d->exact) {
            q.texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
            w3d_gpu_texture_copy(d->gpu, &q, &r);
        }
        if (which == 5 && !d->exact) w3d_gpu_texture_mips(d->gpu, r.texture);
    }
}

static inline void drive_pass(drive *d)
{
    static unsigned char constants[64];
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc);
    if (drive_byte(d) & 1) {
        desc.color[0].texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        desc.color[0].layer = drive_number(d, 0);
        if (drive_byte(d) & 1) desc.color[0].resolve.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        if (drive_byte(d) & 1) desc.depth.texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        desc.color_count = drive_number(d, 0);
        if (desc.color_count == 2) desc.color[1].texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        desc.depth_only = drive_byte(d) > 240;
    }
    desc.constants = constants;
    desc.constants_size = drive_number(d, 64);
    if (desc.constants_size > 64) desc.constants = NULL;
    desc.sort = drive_byte(d) & 1;
    desc.time_id = drive_number(d, 0);
    desc.depth.clear = drive_byte(d) & 1 ? 0.5f : -1.0f;
    desc.label = drive_names[drive_below(d, 4)];
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(d->gpu, &desc);
    if (pass && d->pass) drive_wrong(d, "two passes are open", NULL);
    if (pass) d->pass = pass;
}

static inline void drive_draw(drive *d)
{
    w3d_gpu_draw_desc draw;
    w3d_gpu_indirect_desc indirect;
    memset(&draw, 0, sizeof draw);
    draw.pipeline.id = drive_handle(d, W3D_GPU_KIND_PIPELINE);
    if (drive_byte(d) & 1) draw.group.id = drive_handle(d, W3D_GPU_KIND_GROUP);
    if (drive_byte(d) & 3) draw.mesh.id = drive_handle(d, W3D_GPU_KIND_MESH);
    if (drive_byte(d) & 1) draw.object.id = drive_handle(d, W3D_GPU_KIND_OBJECT);
    draw.first = drive_number(d, 0);
    draw.count = drive_number(d, draw.mesh.id ? 0 : 3);
    draw.instances = drive_number(d, drive_below(d, 3));
    if (drive_byte(d) < 220) {
        if (!w3d_gpu_draw(d->pass, &draw) &&
            (!d->pass || !drive_lives(d, W3D_GPU_KIND_PIPELINE, draw.pipeline.id)))
            drive_wrong(d, "a draw without a pass or pipeline", NULL);
        return;
    }
    memset(&indirect, 0, sizeof indirect);
    indirect.pipeline = draw.pipeline;
    indirect.group = draw.group;
    indirect.mesh = draw.mesh;
    indirect.object = draw.object;
    indirect.buffer.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
    indirect.draws = drive_number(d, 1);
    indirect.offset = drive_number(d, 0);
    indirect.stride = drive_number(d, 0);
    if (indirect.draws < 4096) w3d_gpu_draw_indirect(d->pass, &indirect);
}

static inline void drive_state(drive *d)
{
    static const unsigned char data[64];
    float box[4] = { 0, 0, 8, 8 }, color[4] = { 1, 2, 3, 4 };
    uint32_t rectangle[4] = { 0, 0, 4, 4 };
    w3d_gpu_buffer buffer;
    rectangle[3] = drive_number(d, 4);
    box[2] = (float)drive_number(d, 8);
    if (drive_byte(d) > 250) color[1] = box[2] * 1e38f * 1e38f;
    buffer.id = drive_byte(d) & 1 ? drive_handle(d, W3D_GPU_KIND_BUFFER) : 0;
    switch (drive_below(d, 9)) {
    case 0: w3d_gpu_viewport(d->pass, box, 0, 1); break;
    case 1: w3d_gpu_scissor(d->pass, rectangle); break;
    case 2: w3d_gpu_stencil_reference(d->pass, drive_byte(d) * 3); break;
    case 3: w3d_gpu_blend_constant(d->pass, color); break;
    case 4: w3d_gpu_constants(d->pass, data, drive_number(d, 64) & 63); break;
    case 5: w3d_gpu_instance_buffer(d->pass, drive_number(d, 1), buffer, drive_number(d, 0)); break;
    case 6: w3d_gpu_query_begin(d->pass, drive_byte(d)); break;
    case 7: w3d_gpu_query_end(d->pass); break;
    default:
        if (drive_byte(d) & 1)
            w3d_gpu_label_push(d->gpu, "label");
        else
            w3d_gpu_label_pop(d->gpu);
    }
}

static inline void drive_compute(drive *d)
{
    w3d_gpu_dispatch_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.pipeline.id = drive_handle(d, W3D_GPU_KIND_PIPELINE);
    if (drive_byte(d) & 1) desc.group.id = drive_handle(d, W3D_GPU_KIND_GROUP);
    desc.x = drive_number(d, 4);
    if (drive_byte(d) > 200) desc.indirect.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
    w3d_gpu_dispatch(d->gpu, &desc);
}

static inline void drive_read(drive *d)
{
    static unsigned char out[1 << 16];
    w3d_gpu_download download;
    w3d_gpu_texture_region r;
    w3d_gpu_buffer buffer;
    size_t size;
    memset(&r, 0, sizeof r);
    switch (drive_below(d, 3)) {
    case 0:
        buffer.id = drive_handle(d, W3D_GPU_KIND_BUFFER);
        if (!w3d_gpu_read_buffer(d->gpu, buffer, drive_number(d, 0), drive_number(d, 4), &download))
            drive_made(d, W3D_GPU_KIND_DOWNLOAD, download.id);
        break;
    case 1:
        if (drive_byte(d) & 1) r.texture.id = drive_handle(d, W3D_GPU_KIND_TEXTURE);
        r.mip = drive_number(d, 0);
        r.x = drive_number(d, 0);
        r.width = drive_number(d, 4);
        if (!w3d_gpu_read_texture(d->gpu, &r, &download))
            drive_made(d, W3D_GPU_KIND_DOWNLOAD, download.id);
        break;
    default:
        download.id = drive_handle(d, W3D_GPU_KIND_DOWNLOAD);
        if (w3d_gpu_download_take(d->gpu, download, out, sizeof out, &size) != W3D_ERR_BUSY)
            for (uint32_t i = 0; i < DRIVE_HANDLES; i++)
                if (d->handles[W3D_GPU_KIND_DOWNLOAD][i] == download.id)
                    d->live[W3D_GPU_KIND_DOWNLOAD][i] = 0;
    }
}

static inline void drive_counts(drive *d)
{
    uint32_t counts[W3D_GPU_KIND_COUNT], kind, i;
    (void)counts;
    for (kind = W3D_GPU_KIND_BUFFER; kind <= W3D_GPU_KIND_TEXTURE; kind++) {
        uint32_t ours = 0, theirs = 0;
        for (i = 0; i < DRIVE_HANDLES; i++) ours += d->live[kind][i];
        for (i = 0; i < DRIVE_SHADOWS; i++)
            theirs += d->device[d->current].items[kind - 1][i].id != 0;
        if (ours != theirs)
            drive_wrong(d, "the device holds another number", kind == 1 ? "buffers" : "textures");
    }
}

static inline void drive_frame(drive *d)
{
    uint32_t what = drive_byte(d);
    if (what < 200 || d->pass) { /* ends the frame */
        while (w3d_gpu_label_pop(d->gpu) == W3D_OK) {}
        if (d->pass) {
            w3d_gpu_query_end(d->pass);
            if (w3d_gpu_pass_end(d->pass))
                drive_wrong(d, "the pass does not end", w3d_gpu_message(d->gpu));
            d->pass = NULL;
        }
        while (w3d_gpu_label_pop(d->gpu) == W3D_OK) {}
        w3d_result result = w3d_gpu_submit(d->gpu);
        if (result)
            drive_wrong(d, "the frame is refused", w3d_gpu_message(d->gpu));
        else
            drive_counts(d);
        return;
    }
    if (what < 230) {
        w3d_gpu_resize(d->gpu, drive_number(d, 8), drive_number(d, 8));
        return;
    }
    w3d_gpu_backend backend;
    uint32_t other = 1 - d->current;
    while (w3d_gpu_label_pop(d->gpu) == W3D_OK) {}
    if (w3d_gpu_submit(d->gpu)) {
        drive_wrong(d, "the frame is refused", w3d_gpu_message(d->gpu));
        return;
    }
    drive_forget(&d->device[other]);
    backend = w3d_gpu_null(&d->device[other].null);
    w3d_result result = w3d_gpu_switch(d->gpu, &backend);
    if (result) drive_wrong(d, "switching fails", w3d_gpu_message(d->gpu));
    d->current = other;
    if (w3d_gpu_submit(d->gpu))
        drive_wrong(d, "the first frame after a switch", w3d_gpu_message(d->gpu));
    drive_counts(d);
    if (d->exact) drive_same(d);
}

static inline int drive_step(drive *d)
{
    if (d->at >= d->size || d->failures) return 0;
    switch (drive_byte(d) % 20) {
    case 0: drive_buffer(d); break;
    case 1: drive_texture(d); break;
    case 2: drive_sampler(d); break;
    case 3: drive_shader(d); break;
    case 4:
    case 5: drive_pipeline(d); break;
    case 6: drive_group(d); break;
    case 7:
    case 8: drive_mesh(d); break;
    case 9: drive_objects(d); break;
    case 10: drive_write(d); break;
    case 11: drive_pass(d); break;
    case 12:
    case 13:
    case 14: drive_draw(d); break;
    case 15: drive_state(d); break;
    case 16: drive_compute(d); break;
    case 17: drive_read(d); break;
    case 18: drive_frame(d); break;
    default: {
        uint32_t kind = 1 + drive_below(d, W3D_GPU_KIND_OBJECT), i = drive_below(d, DRIVE_HANDLES);
        if (drive_byte(d) & 1 && d->next[kind] > i) drive_destroy(d, kind, i);
        break;
    }
    }
    return 1;
}

/* Drives a device by these bytes; 1 where all was as it should be. */
static inline int drive_run(drive *d, const unsigned char *bytes, size_t size, int exact)
{
    w3d_gpu_desc desc;
    memset(d, 0, sizeof *d);
    memset(&desc, 0, sizeof desc);
    d->bytes = bytes;
    d->size = size;
    d->exact = exact;
    for (int i = 0; i < 2; i++) {
        d->device[i].drive = d;
        d->device[i].null.stream = drive_stream;
        d->device[i].null.user = &d->device[i];
        if (w3d_gpu_checker_create(NULL, &d->device[i].checker)) return 0;
    }
    desc.backend = w3d_gpu_null(&d->device[0].null);
    desc.width = desc.height = 8;
    desc.object_size = 64;
    if (w3d_gpu_create(&desc, &d->gpu)) return 0;
    while (drive_step(d)) {}
    w3d_gpu_destroy(d->gpu);
    for (int i = 0; i < 2; i++) {
        drive_forget(&d->device[i]);
        w3d_gpu_checker_destroy(d->device[i].checker);
    }
    return !d->failures;
}

#endif /* GPU_DRIVE_H */
