/* gpu_check_make.h - the operations that make, fill, copy and end resources, checked; private. */
#ifndef W3D_GPU_CHECK_MAKE_H
#define W3D_GPU_CHECK_MAKE_H

#include "gpu/gpu_check_state.h"

/* ---- buffers ---- */

static inline int w3di_check_buffer_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    W3DI_CHECK(w[2] && w[2] % 4 == 0 && w[2] <= 0x40000000u, 2, W3D_ERR_LIMIT,
               "a buffer's size is a multiple of 4, up to 1 GiB");
    W3DI_CHECK(w[3] && w[3] < 64, 3, W3D_ERR_FORMAT, "uses that no buffer has");
    if (!w3di_check_blob(c, 4) || !w3di_check_memory(c, 2, w[2])) return 0;
    w3di_check_buffer *b = (w3di_check_buffer *)w3di_check_make(c, W3D_GPU_KIND_BUFFER);
    if (!b) return 0;
    b->size = w[2];
    b->use = w[3];
    return 1;
}

/* A range of multiples of 4 in a buffer; word `at` its handle, then offset. */
static inline int w3di_check_buffer_range(w3d_gpu_checker *c, uint32_t at, uint32_t size,
                                          const w3di_check_buffer **out)
{
    const w3di_check_buffer *b = w3di_check_buffer_of(c, c->words[at]);
    uint32_t offset = c->words[at + 1];
    W3DI_CHECK(b, at, W3D_ERR_STALE, "no such buffer lives");
    W3DI_CHECK(offset % 4 == 0 && size % 4 == 0, at + 1, W3D_ERR_FORMAT,
               "offsets and sizes in buffers are multiples of 4");
    W3DI_CHECK(offset <= b->size && size <= b->size - offset, at + 1, W3D_ERR_RANGE,
               "reaches over the buffer's end");
    *out = b;
    return 1;
}

static inline int w3di_check_buffer_copy(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    const w3di_check_buffer *dst, *src;
    if (!w3di_check_buffer_range(c, 1, w[5], &dst) || !w3di_check_buffer_range(c, 3, w[5], &src))
        return 0;
    W3DI_CHECK(dst != src, 3, W3D_ERR_FORMAT, "a buffer is not copied into itself");
    W3DI_CHECK(!((dst->use ^ src->use) & W3D_GPU_USE_INDEX), 3, W3D_ERR_FORMAT,
               "one of two buffers is for indices");
    return 1;
}

static inline int w3di_check_buffer_read(w3d_gpu_checker *c)
{
    const w3di_check_buffer *b;
    if (!w3di_check_buffer_range(c, 1, c->words[3], &b)) return 0;
    W3DI_CHECK(b->use & W3D_GPU_USE_READ, 1, W3D_ERR_FORMAT, "the buffer was not made to be read");
    W3DI_CHECK(c->words[3] && c->words[4], 3, W3D_ERR_FORMAT, "nothing to read, or no download");
    return 1;
}

/* ---- textures ---- */

static inline int w3di_check_texture_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_texture t;
    w3d_fill(&t, 0, sizeof t);
    W3DI_CHECK(w[2] <= W3D_GPU_3D && w[3] && w[3] < W3D_GPU_FORMAT_COUNT, 2, W3D_ERR_FORMAT,
               "no such kind or format of textures");
    w3d_copy(&t.kind, w + 2, 8 * 4);
    const w3di_gpu_format *f = w3di_gpu_format_of(t.format);
    W3DI_CHECK(t.width && t.height && t.width <= W3D_GPU_MAX_SIDE && t.height <= W3D_GPU_MAX_SIDE,
               4, W3D_ERR_LIMIT, "sides are 1 to 16384");
    W3DI_CHECK(t.depth && t.depth <= 2048, 6, W3D_ERR_LIMIT, "layers and depth are 1 to 2048");
    W3DI_CHECK((t.kind != W3D_GPU_2D || t.depth == 1) &&
                   (t.kind != W3D_GPU_CUBE || (t.depth == 6 && t.width == t.height)),
               6, W3D_ERR_FORMAT, "a 2D texture has one layer, a cube six squares");
    uint32_t largest = t.width > t.height ? t.width : t.height, levels = 1;
    if (t.kind == W3D_GPU_3D && t.depth > largest) largest = t.depth;
    while (largest >> levels) levels++;
    W3DI_CHECK(t.mips && t.mips <= levels, 7, W3D_ERR_FORMAT, "levels are 1 to those down to 1x1");
    W3DI_CHECK(t.samples == 1 || (t.samples == 4 && t.mips == 1 && t.kind == W3D_GPU_2D &&
                                  (t.use & W3D_GPU_USE_TARGET) && f->block == 1 && !f->integer),
               8, W3D_ERR_FORMAT, "samples are 1, or 4 of a 2D target of one level");
    W3DI_CHECK(!(t.use & ~(uint32_t)(W3D_GPU_USE_TARGET | W3D_GPU_USE_TEXTURE_READ)), 9,
               W3D_ERR_FORMAT, "uses that no texture has");
    W3DI_CHECK(!f->depth || (t.kind != W3D_GPU_3D && (t.use & W3D_GPU_USE_TARGET)), 3,
               W3D_ERR_FORMAT, "a depth texture is a target, and not 3D");
    W3DI_CHECK(f->block == 1 || (t.width % 4 == 0 && t.height % 4 == 0 && t.kind != W3D_GPU_3D &&
                                 !(t.use & W3D_GPU_USE_TARGET)),
               3, W3D_ERR_FORMAT,
               "a compressed texture has sides of whole blocks and is no target");
    uint64_t size = w3di_check_texture_size(&t);
    W3DI_CHECK(size / t.samples <= 0x40000000u, 4, W3D_ERR_LIMIT, "a texture of more than 1 GiB");
    if (!w3di_check_blob(c, 10) || !w3di_check_memory(c, 4, size)) return 0;
    w3di_check_texture *made = (w3di_check_texture *)w3di_check_make(c, W3D_GPU_KIND_TEXTURE);
    if (!made) return 0;
    t.id = made->id;
    *made = t;
    return 1;
}

/* A region in a level: words `at` on are texture, mip, x, y, z; the sizes are given. */
static inline int w3di_check_region(w3d_gpu_checker *c, uint32_t at, const uint32_t size[3],
                                    const w3di_check_texture **out)
{
    const uint32_t *w = c->words + at;
    const w3di_check_texture *t = w3di_check_texture_of(c, w[0]);
    W3DI_CHECK(t, at, W3D_ERR_STALE, "no such texture lives");
    W3DI_CHECK(t->samples == 1 && !w3di_gpu_format_of(t->format)->depth, at, W3D_ERR_FORMAT,
               "depth and multisampled textures are neither written, copied nor read");
    W3DI_CHECK(w[1] < t->mips, at + 1, W3D_ERR_RANGE, "the texture has no such level");
    uint32_t sides[3] = { w3di_gpu_mip_side(t->width, w[1]), w3di_gpu_mip_side(t->height, w[1]),
                          t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, w[1]) : t->depth };
    uint32_t block = w3di_gpu_format_of(t->format)->block;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t from = w[2 + i];
        W3DI_CHECK(size[i] && from < sides[i] && size[i] <= sides[i] - from, at + 2 + i,
                   W3D_ERR_RANGE, "a region reaches outside its level");
        W3DI_CHECK(i == 2 ||
                       (from % block == 0 && (size[i] % block == 0 || from + size[i] == sides[i])),
                   at + 2 + i, W3D_ERR_FORMAT,
                   "a region of a compressed texture is of whole blocks");
    }
    *out = t;
    return 1;
}

static inline int w3di_check_texture_write(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    const w3di_check_texture *t;
    if (!w3di_check_region(c, 1, w + 6, &t) || !w3di_check_blob(c, 9)) return 0;
    W3DI_CHECK(w[10] == w3di_gpu_region_size(t->format, w[6], w[7], w[8]), 10, W3D_ERR_FORMAT,
               "the blob is not of the region's size");
    return 1;
}

static inline int w3di_check_texture_mips(w3d_gpu_checker *c)
{
    const w3di_check_texture *t = w3di_check_texture_of(c, c->words[1]);
    W3DI_CHECK(t, 1, W3D_ERR_STALE, "no such texture lives");
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    W3DI_CHECK(t->mips > 1 && t->samples == 1 && f->block == 1 && !f->integer && !f->depth, 1,
               W3D_ERR_FORMAT, "mips are made of colours, where there are more levels than one");
    return 1;
}

static inline int w3di_check_texture_copy(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    const w3di_check_texture *dst, *src;
    if (!w3di_check_region(c, 1, w + 11, &dst) || !w3di_check_region(c, 6, w + 11, &src)) return 0;
    W3DI_CHECK(dst != src && dst->format == src->format, 6, W3D_ERR_FORMAT,
               "copies are between two textures of one format");
    W3DI_CHECK(w3di_gpu_format_of(dst->format)->block == 1, 1, W3D_ERR_FORMAT,
               "compressed textures are not copied");
    return 1;
}

static inline int w3di_check_texture_read(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    uint32_t size[3], format = W3D_GPU_RGBA8;
    size[0] = w[6];
    size[1] = w[7];
    size[2] = 1;
    if (w[1]) {
        const w3di_check_texture *t;
        if (!w3di_check_region(c, 1, size, &t)) return 0;
        format = t->format;
        W3DI_CHECK((t->use & W3D_GPU_USE_TEXTURE_READ) && w3di_gpu_format_of(format)->block == 1, 1,
                   W3D_ERR_FORMAT, "the texture was not made to be read");
    } else {
        W3DI_CHECK(c->surface_width, 1, W3D_ERR_FORMAT, "there is no surface to be read");
        W3DI_CHECK(!w[2] && !w[5] && size[0] && size[1] && w[3] < c->surface_width &&
                       w[4] < c->surface_height && size[0] <= c->surface_width - w[3] &&
                       size[1] <= c->surface_height - w[4],
                   2, W3D_ERR_RANGE, "a region reaches outside the surface");
    }
    W3DI_CHECK(w[8], 8, W3D_ERR_FORMAT, "no download");
    W3DI_CHECK(w[9] == w3di_gpu_region_size(format, size[0], size[1], 1), 9, W3D_ERR_FORMAT,
               "the download is not of the region's size");
    return 1;
}

/* ---- samplers and shaders ---- */

static inline int w3di_check_sampler_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    float lod[2];
    if (!w3di_check_bytes(c, 2, 0x00010101u) || !w3di_check_bytes(c, 3, 0x00020202u) ||
        !w3di_check_floats(c, 5, 2))
        return 0;
    W3DI_CHECK(w[4] <= W3D_GPU_ALWAYS, 4, W3D_ERR_FORMAT, "a value outside its enum");
    w3d_copy(lod, w + 5, 8);
    W3DI_CHECK(lod[0] >= 0 && lod[0] <= lod[1] && lod[1] <= 32, 5, W3D_ERR_RANGE,
               "levels of detail are 0 to 32, in order");
    W3DI_CHECK(w[7] >= 1 && w[7] <= 16 && (w[7] == 1 || !w[2]), 7, W3D_ERR_RANGE,
               "anisotropy is 1 to 16, and above 1 of linear filters only");
    w3di_check_sampler *s = (w3di_check_sampler *)w3di_check_make(c, W3D_GPU_KIND_SAMPLER);
    if (!s) return 0;
    s->compares = w[4] != 0;
    return 1;
}

static inline int w3di_check_binding(w3d_gpu_checker *c, uint32_t at, const w3d_gpu_binding *b)
{
    W3DI_CHECK((b->group == 1 || b->group == 2) && b->binding < W3D_GPU_MAX_BINDINGS &&
                   b->kind >= W3D_GPU_BIND_UNIFORM && b->kind <= W3D_GPU_BIND_SAMPLER &&
                   b->stages < 8 && b->texture <= W3D_GPU_3D && b->sample <= 4 && b->samples <= 1 &&
                   !b->zero,
               at, W3D_ERR_FORMAT, "no such binding");
    return 1;
}

static inline int w3di_check_shader_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_shader s;
    w3d_fill(&s, 0, sizeof s);
    for (uint32_t at = 2; at < 14; at += 2) {
        if (!w3di_check_blob(c, at)) return 0;
        W3DI_CHECK(w[at + 1] <= 1u << 20, at + 1, W3D_ERR_LIMIT, "a text of more than 1 MiB");
    }
    if (!w3di_check_blob(c, 21)) return 0;
    W3DI_CHECK(w[3] || w[5], 3, W3D_ERR_FORMAT, "a shader without WGSL and GLSL");
    W3DI_CHECK(w[14] <= 16384, 14, W3D_ERR_LIMIT, "a frame block is at most 16384 bytes");
    W3DI_CHECK(w[15] <= 4096 && w[15] % 16 == 0, 15, W3D_ERR_LIMIT,
               "an object's row is a multiple of 16, at most 4096 bytes");
    W3DI_CHECK(w[16] && w[17] && w[18] && w[16] <= 256 && w[17] <= 256 && w[18] <= 64 &&
                   w[16] * w[17] <= 256 && w[16] * w[17] * w[18] <= 256,
               16, W3D_ERR_LIMIT, "a workgroup is 1 to 256 in all");
    W3DI_CHECK(w[19] <= W3D_GPU_MAX_PAIRS && w[20] <= W3D_GPU_MAX_BINDINGS, 19, W3D_ERR_LIMIT,
               "bindings and pairs are at most 16 each");
    W3DI_CHECK(c->count >= 23 + 2 * w[20] + w[19], 0, W3D_ERR_FORMAT,
               "the operation is shorter than its bindings and pairs");
    w3d_copy(s.bindings, w + 23, 8 * (size_t)w[20]);
    s.count = w[20];
    for (uint32_t i = 0; i < s.count; i++) {
        if (!w3di_check_binding(c, 23 + 2 * i, &s.bindings[i])) return 0;
        for (uint32_t k = 0; k < i; k++)
            W3DI_CHECK(s.bindings[k].group != s.bindings[i].group ||
                           s.bindings[k].binding != s.bindings[i].binding,
                       23 + 2 * i, W3D_ERR_FORMAT, "two bindings at one place");
    }
    for (uint32_t i = 0; i < w[19]; i++) {
        uint32_t at = 23 + 2 * s.count + i, pair = w[at];
        int texture = 0, sampler = (pair >> 8) == 255;
        for (uint32_t k = 0; k < s.count; k++) {
            const w3d_gpu_binding *b = &s.bindings[k];
            texture |= b->kind == W3D_GPU_BIND_TEXTURE && b->binding == (pair & 255);
            sampler |= b->kind == W3D_GPU_BIND_SAMPLER && b->binding == pair >> 8;
        }
        W3DI_CHECK(texture && sampler, at, W3D_ERR_FORMAT,
                   "a pair is of a texture's binding and a sampler's, or 255");
    }
    w3di_check_shader *made = (w3di_check_shader *)w3di_check_make(c, W3D_GPU_KIND_SHADER);
    if (!made) return 0;
    s.id = made->id;
    s.frame_size = w[14];
    s.object_size = w[15];
    s.compute = w[13] != 0;
    *made = s;
    return 1;
}

/* ---- pipelines ---- */

static inline int w3di_check_stencil(w3d_gpu_checker *c, uint32_t at)
{
    W3DI_CHECK(c->words[at] & 255, at, W3D_ERR_FORMAT, "a compare that is still DEFAULT");
    return w3di_check_bytes(c, at, 0x07070708u);
}

static inline int w3di_check_vertices(w3d_gpu_checker *c, w3di_check_pipeline *p)
{
    const uint32_t *w = c->words;
    uint32_t buffers = w[26], attributes = w[27], locations = 0;
    W3DI_CHECK(buffers <= W3D_GPU_MAX_VERTEX_BUFFERS && attributes <= W3D_GPU_MAX_ATTRIBUTES, 26,
               W3D_ERR_LIMIT, "vertex buffers are at most 4, attributes at most 16");
    W3DI_CHECK(c->count >= 30 + buffers + 2 * attributes, 0, W3D_ERR_FORMAT,
               "the operation is shorter than its buffers and attributes");
    p->buffer_count = buffers;
    for (uint32_t i = 0; i < attributes; i++) {
        uint32_t at = 30 + buffers + 2 * i, location = w[at] & 255, buffer = w[at] >> 8 & 255,
                 format = w[at] >> 16, offset = w[at + 1], size = w3di_gpu_vertex_size(format);
        W3DI_CHECK(location < 16 && buffer < buffers && size && !(locations >> location & 1), at,
                   W3D_ERR_FORMAT, "an attribute without a format, buffer or location of its own");
        W3DI_CHECK(offset % 4 == 0 && offset < 2048, at + 1, W3D_ERR_LIMIT,
                   "an attribute's offset is a multiple of 4, below 2048");
        locations |= 1u << location;
        if (offset + size > p->reach[buffer]) p->reach[buffer] = offset + size;
    }
    for (uint32_t i = 0; i < buffers; i++) {
        p->strides[i] = w[30 + i] & 0x7FFFFFFFu;
        p->per_instance |= (w[30 + i] >> 31) << i;
        W3DI_CHECK(p->strides[i] % 4 == 0 && p->strides[i] <= 2048 && p->strides[i] >= p->reach[i],
                   30 + i, W3D_ERR_FORMAT,
                   "a stride is a multiple of 4, up to 2048, and holds its attributes");
    }
    return 1;
}

static inline int w3di_check_targets(w3d_gpu_checker *c, w3di_check_pipeline *p)
{
    const uint32_t *w = c->words;
    p->color_count = w[5] & 255;
    p->samples = w[5] >> 8 & 255;
    p->depth_format = w[6];
    W3DI_CHECK(p->color_count <= W3D_GPU_MAX_COLORS && (p->samples == 1 || p->samples == 4) &&
                   w[5] >> 17 == 0 && (!(w[5] >> 16) || p->samples == 4),
               5, W3D_ERR_FORMAT, "colours are at most 4, samples 1 or 4");
    W3DI_CHECK(!p->depth_format || (p->depth_format < W3D_GPU_FORMAT_COUNT &&
                                    w3di_gpu_format_of(p->depth_format)->depth),
               6, W3D_ERR_FORMAT, "no depth format");
    W3DI_CHECK(p->color_count || p->depth_format, 5, W3D_ERR_FORMAT, "nothing to draw to");
    for (uint32_t i = 0; i < p->color_count; i++) {
        uint32_t at = 14 + 3 * i, format = w[at] & 255;
        W3DI_CHECK(format && format < W3D_GPU_FORMAT_COUNT && w[at] >> 17 == 0 &&
                       (w[at] >> 8 & 255) < 16 && !w3di_gpu_format_of(format)->depth &&
                       w3di_gpu_format_of(format)->block == 1 &&
                       (!(w[at] >> 16) || !w3di_gpu_format_of(format)->integer),
                   at, W3D_ERR_FORMAT, "no colour that can be drawn to, or blended");
        for (uint32_t k = 1; k < 3; k++) {
            if (!w3di_check_bytes(c, at + k, 0x00040D0Du)) return 0;
            W3DI_CHECK((w[at + k] & 255) && (w[at + k] >> 8 & 255), at + k, W3D_ERR_FORMAT,
                       "a factor that is still DEFAULT");
        }
        p->formats[i] = format;
    }
    return 1;
}

static inline int w3di_check_pipeline_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_pipeline p;
    const w3di_check_shader *shader = w3di_check_shader_of(c, w[2]);
    w3d_fill(&p, 0, sizeof p);
    W3DI_CHECK(shader, 2, W3D_ERR_STALE, "no such shader lives");
    W3DI_CHECK(w[3] == shader->compute, 3, W3D_ERR_FORMAT, "the shader is of the other kind");
    if (!w3di_check_blob(c, 28)) return 0;
    p.shader = w[2];
    p.compute = w[3];
    if (!p.compute) {
        if (!w3di_check_bytes(c, 4, 0x01010204u) || !w3di_check_bytes(c, 7, 0x00000108u) ||
            !w3di_check_floats(c, 9, 2) || !w3di_check_stencil(c, 11) ||
            !w3di_check_stencil(c, 12) || !w3di_check_targets(c, &p) || !w3di_check_vertices(c, &p))
            return 0;
        W3DI_CHECK(w[7] & 255, 7, W3D_ERR_FORMAT, "a compare that is still DEFAULT");
        W3DI_CHECK(w[13] >> 16 == 0, 13, W3D_ERR_FORMAT, "stencil masks are of 8 bits");
        p.strip = (w[4] & 255) == W3D_GPU_TRIANGLE_STRIP || (w[4] & 255) == W3D_GPU_LINE_STRIP;
        p.index_strip = w[4] >> 24;
    }
    w3di_check_pipeline *made = (w3di_check_pipeline *)w3di_check_make(c, W3D_GPU_KIND_PIPELINE);
    if (!made) return 0;
    p.id = made->id;
    *made = p;
    return 1;
}

/* ---- groups and meshes ---- */

static inline int w3di_check_entry(w3d_gpu_checker *c, uint32_t at, const w3d_gpu_binding *b)
{
    const uint32_t *w = c->words + at;
    W3DI_CHECK(w[0] == (b->group | (uint32_t)b->binding << 8 | (uint32_t)b->kind << 16), at,
               W3D_ERR_FORMAT, "entries are the shader's bindings, in their order");
    if (b->kind == W3D_GPU_BIND_TEXTURE) {
        const w3di_check_texture *t = w3di_check_texture_of(c, w[1]);
        W3DI_CHECK(t, at + 1, W3D_ERR_STALE, "no such texture lives");
        const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
        W3DI_CHECK(t->kind == b->texture && (t->samples > 1) == b->samples &&
                       f->integer == (b->sample == 3) && b->sample != 2 &&
                       (b->sample != 1 || f->depth) && (b->sample != 0 || !f->depth),
                   at + 1, W3D_ERR_FORMAT, "the texture is of another kind than the shader's");
        return 1;
    }
    if (b->kind == W3D_GPU_BIND_SAMPLER) {
        const w3di_check_sampler *s =
            (const w3di_check_sampler *)w3di_check_find(c, W3D_GPU_KIND_SAMPLER, w[1]);
        W3DI_CHECK(s, at + 1, W3D_ERR_STALE, "no such sampler lives");
        W3DI_CHECK(s->compares == b->sample, at + 1, W3D_ERR_FORMAT,
                   "one of shader and sampler compares, the other does not");
        return 1;
    }
    const w3di_check_buffer *buffer;
    if (!w3di_check_buffer_range(c, at + 1, w[3], &buffer)) return 0;
    W3DI_CHECK(w[3], at + 3, W3D_ERR_FORMAT, "a binding of no bytes");
    W3DI_CHECK(buffer->use & (b->kind == W3D_GPU_BIND_UNIFORM ? (uint32_t)W3D_GPU_USE_UNIFORM
                                                              : (uint32_t)W3D_GPU_USE_STORAGE),
               at + 1, W3D_ERR_FORMAT, "the buffer was not made for this use");
    return 1;
}

static inline int w3di_check_group_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_group g;
    const w3di_check_shader *shader = w3di_check_shader_of(c, w[2]);
    w3d_fill(&g, 0, sizeof g);
    W3DI_CHECK(shader, 2, W3D_ERR_STALE, "no such shader lives");
    W3DI_CHECK(w[3] == shader->count, 3, W3D_ERR_FORMAT, "a group has the shader's bindings");
    W3DI_CHECK(c->count >= 6 + 4 * w[3], 0, W3D_ERR_FORMAT,
               "the operation is shorter than its entries");
    if (!w3di_check_blob(c, 4)) return 0;
    g.count = w[3];
    for (uint32_t i = 0; i < g.count; i++) {
        if (!w3di_check_entry(c, 6 + 4 * i, &shader->bindings[i])) return 0;
        g.layout[i] = shader->bindings[i];
        g.handles[i] = w[7 + 4 * i];
    }
    w3di_check_group *made = (w3di_check_group *)w3di_check_make(c, W3D_GPU_KIND_GROUP);
    if (!made) return 0;
    g.id = made->id;
    *made = g;
    return 1;
}

static inline int w3di_check_mesh_create(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_mesh m;
    const w3di_check_buffer *b;
    w3d_fill(&m, 0, sizeof m);
    W3DI_CHECK(w[3] <= W3D_GPU_INDEX_U16 && w[4] <= W3D_GPU_MAX_VERTEX_BUFFERS, 3, W3D_ERR_FORMAT,
               "no such index format, or more than 4 vertex buffers");
    W3DI_CHECK(c->count >= 5 + 2 * w[4], 0, W3D_ERR_FORMAT,
               "the operation is shorter than its buffers");
    if (w[2]) {
        b = w3di_check_buffer_of(c, w[2]);
        W3DI_CHECK(b, 2, W3D_ERR_STALE, "no such buffer lives");
        W3DI_CHECK(b->use & W3D_GPU_USE_INDEX, 2, W3D_ERR_FORMAT,
                   "the buffer was not made for indices");
    }
    m.indices = w[2];
    m.index_format = w[3];
    for (uint32_t i = 0; i < w[4]; i++) {
        uint32_t at = 5 + 2 * i;
        if (!w[at]) continue;
        if (!w3di_check_buffer_range(c, at, 0, &b)) return 0;
        W3DI_CHECK(b->use & W3D_GPU_USE_VERTEX, at, W3D_ERR_FORMAT,
                   "the buffer was not made for vertices");
        m.buffers[i] = w[at];
        m.offsets[i] = w[at + 1];
    }
    w3di_check_mesh *made = (w3di_check_mesh *)w3di_check_make(c, W3D_GPU_KIND_MESH);
    if (!made) return 0;
    m.id = made->id;
    *made = m;
    return 1;
}

/* ---- the end of resources, and the object table ---- */

static inline int w3di_check_destroy(w3d_gpu_checker *c)
{
    uint32_t kind = c->words[1], id = c->words[2];
    W3DI_CHECK(kind && kind < W3DI_GPU_CHECK_KINDS, 1, W3D_ERR_FORMAT, "no such kind of resources");
    const void *item = w3di_check_find(c, kind, id);
    W3DI_CHECK(item, 2, W3D_ERR_STALE, "no such resource lives");
    if (kind == W3D_GPU_KIND_BUFFER) c->memory -= ((const w3di_check_buffer *)item)->size;
    if (kind == W3D_GPU_KIND_TEXTURE)
        c->memory -= w3di_check_texture_size((const w3di_check_texture *)item);
    w3di_check_end(c, kind, id);
    return 1;
}

static inline int w3di_check_objects_create(w3d_gpu_checker *c)
{
    uint32_t rows = c->words[1], size = c->words[2];
    W3DI_CHECK(rows > c->rows && rows <= 1u << 20, 1, W3D_ERR_LIMIT, "rows grow, up to 1048576");
    W3DI_CHECK(size && size % 16 == 0 && size <= 4096 && (!c->rows || size == c->row_size), 2,
               W3D_ERR_FORMAT,
               "a row is a multiple of 16, up to 4096, and stays as large as it is");
    W3DI_CHECK((uint64_t)rows * size <= 0x40000000u, 1, W3D_ERR_LIMIT,
               "the table is more than 1 GiB");
    if (!w3di_check_memory(c, 1, (uint64_t)(rows - c->rows) * size)) return 0;
    c->rows = rows;
    c->row_size = size;
    return 1;
}

static inline int w3di_check_objects_write(w3d_gpu_checker *c)
{
    uint32_t first = c->words[1], size = c->words[3];
    if (!w3di_check_blob(c, 2)) return 0;
    W3DI_CHECK(c->rows && size && size % c->row_size == 0, 3, W3D_ERR_FORMAT,
               "whole rows are written, of a table that is there");
    W3DI_CHECK(first < c->rows && size / c->row_size <= c->rows - first, 1, W3D_ERR_RANGE,
               "reaches over the object table's end");
    return 1;
}

static inline int w3di_check_surface(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    W3DI_CHECK(w[1] && w[2] && w[1] <= W3D_GPU_MAX_SIDE && w[2] <= W3D_GPU_MAX_SIDE, 1,
               W3D_ERR_LIMIT, "sides are 1 to 16384");
    W3DI_CHECK(w[3] == 1 || w[3] == 4, 3, W3D_ERR_FORMAT, "samples are 1 or 4");
    W3DI_CHECK(!w[4] || (w[4] < W3D_GPU_FORMAT_COUNT && w3di_gpu_format_of(w[4])->depth), 4,
               W3D_ERR_FORMAT, "no depth format");
    W3DI_CHECK(w[5] == W3D_GPU_RGBA8, 5, W3D_ERR_FORMAT, "the surface is RGBA8");
    c->surface_width = w[1];
    c->surface_height = w[2];
    c->surface_samples = w[3];
    c->surface_depth = w[4];
    return 1;
}

#endif /* W3D_GPU_CHECK_MAKE_H */
