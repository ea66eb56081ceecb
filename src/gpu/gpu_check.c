/* gpu_check.c - a checker walks a stream once, with tables of what lives on the device. */
#include "gpu/gpu_check.h"
#include "gpu/gpu_check_make.h"

/* ---- passes ---- */

/* A target: word `at` its texture, the next its level and layer; of the pass's size, not there
 * twice. */
static int w3di_check_target(w3d_gpu_checker *c, uint32_t at, const w3di_check_texture **out)
{
    w3di_check_pass *pass = &c->pass;
    uint32_t id = c->words[at], place = c->words[at + 1], mip = place & 0xFFFF;
    const w3di_check_texture *t = w3di_check_texture_of(c, id);
    W3DI_CHECK(t, at, W3D_ERR_STALE, "no such texture lives");
    W3DI_CHECK((t->use & W3D_GPU_USE_TARGET) && t->kind != W3D_GPU_3D, at, W3D_ERR_FORMAT,
               "the texture was not made to be drawn to");
    W3DI_CHECK(mip < t->mips && place >> 16 < t->depth, at + 1, W3D_ERR_RANGE,
               "the texture has no such level or layer");
    W3DI_CHECK(pass->width == w3di_gpu_mip_side(t->width, mip) &&
                   pass->height == w3di_gpu_mip_side(t->height, mip),
               at, W3D_ERR_FORMAT, "the target is of another size than the pass");
    for (uint32_t i = 0; i < pass->target_count; i++)
        W3DI_CHECK(pass->targets[i] != id || pass->places[i] != place, at, W3D_ERR_FORMAT,
                   "the pass draws to this place already");
    pass->targets[pass->target_count] = id;
    pass->places[pass->target_count++] = place;
    *out = t;
    return 1;
}

static int w3di_check_color(w3d_gpu_checker *c, uint32_t i)
{
    w3di_check_pass *pass = &c->pass;
    uint32_t at = 16 + 9 * i;
    const uint32_t *w = c->words + at;
    const w3di_check_texture *t, *r;
    if (!w3di_check_bytes(c, at + 4, 0x00000101u)) return 0;
    pass->formats[i] = W3D_GPU_RGBA8;
    if (c->words[2]) {
        W3DI_CHECK(!w[0] && !w[2], at, W3D_ERR_FORMAT, "a surface's pass names no textures");
        return w3di_check_floats(c, at + 5, 4);
    }
    if (!w3di_check_target(c, at, &t)) return 0;
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    W3DI_CHECK(!f->depth && t->samples == pass->samples, at, W3D_ERR_FORMAT,
               "a colour target is no depth texture, and has the pass's samples");
    pass->formats[i] = t->format;
    if (w[2]) {
        if (!w3di_check_target(c, at + 2, &r)) return 0;
        W3DI_CHECK(t->samples == 4 && r->samples == 1 && r->format == t->format, at + 2,
                   W3D_ERR_FORMAT, "a target of 4 samples resolves to one sample of its format");
    }
    return f->integer || w3di_check_floats(c, at + 5, 4);
}

static int w3di_check_pass_begin(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    w3di_check_pass *pass = &c->pass;
    float clear;
    W3DI_CHECK(w[1] <= W3D_GPU_MAX_COLORS && w[2] <= 1, 1, W3D_ERR_FORMAT,
               "colours are at most 4, flags 0 or 1");
    W3DI_CHECK(c->count >= 16 + 9 * w[1], 0, W3D_ERR_FORMAT,
               "the operation is shorter than its colours");
    W3DI_CHECK(w[5] == 1 || w[5] == 4, 5, W3D_ERR_FORMAT, "samples are 1 or 4");
    W3DI_CHECK(w[7] <= 16384, 7, W3D_ERR_LIMIT, "a frame block is at most 16384 bytes");
    if (!w3di_check_blob(c, 6) || !w3di_check_blob(c, 9) || !w3di_check_bytes(c, 13, 0x01010101u) ||
        !w3di_check_floats(c, 14, 1))
        return 0;
    w3d_copy(&clear, w + 14, 4);
    W3DI_CHECK(clear >= 0 && clear <= 1, 14, W3D_ERR_RANGE, "depth is 0 to 1");
    W3DI_CHECK(w[15] < 256, 15, W3D_ERR_RANGE, "stencil is 0 to 255");
    w3d_fill(pass, 0, sizeof *pass);
    pass->color_count = w[1];
    pass->width = w[3];
    pass->height = w[4];
    pass->samples = w[5];
    pass->constants_size = w[7];
    pass->labels = c->labels;
    if (w[2]) {
        W3DI_CHECK(w[1] == 1 && !w[11] && c->surface_width, 2, W3D_ERR_FORMAT,
                   "a surface's pass has that one colour, no textures, and a surface");
        W3DI_CHECK(w[3] == c->surface_width && w[4] == c->surface_height &&
                       w[5] == c->surface_samples,
                   3, W3D_ERR_FORMAT, "the pass is not of the surface's size and samples");
        pass->depth_format = c->surface_depth;
    }
    for (uint32_t i = 0; i < w[1]; i++)
        if (!w3di_check_color(c, i)) return 0;
    if (w[11]) {
        const w3di_check_texture *t;
        if (!w3di_check_target(c, 11, &t)) return 0;
        W3DI_CHECK(w3di_gpu_format_of(t->format)->depth && t->samples == pass->samples, 11,
                   W3D_ERR_FORMAT, "a depth target is a depth texture with the pass's samples");
        pass->depth_format = t->format;
    }
    W3DI_CHECK(w[1] || w[11], 1, W3D_ERR_FORMAT, "a pass that draws to nothing");
    pass->open = 1;
    return 1;
}

static int w3di_check_pass_end(w3d_gpu_checker *c)
{
    W3DI_CHECK(!c->pass.query, 0, W3D_ERR_FORMAT, "a query was begun in the pass and not ended");
    W3DI_CHECK(c->labels == c->pass.labels, 0, W3D_ERR_FORMAT,
               "a label was pushed in the pass and not popped");
    c->pass.open = 0;
    return 1;
}

/* ---- state ---- */

static int w3di_check_viewport(w3d_gpu_checker *c)
{
    float v[6];
    if (!w3di_check_floats(c, 1, 6)) return 0;
    w3d_copy(v, c->words + 1, sizeof v);
    W3DI_CHECK(v[0] >= 0 && v[1] >= 0 && v[2] > 0 && v[3] > 0 &&
                   v[0] + v[2] <= (float)c->pass.width && v[1] + v[3] <= (float)c->pass.height,
               1, W3D_ERR_RANGE, "a viewport lies within the targets");
    W3DI_CHECK(v[4] >= 0 && v[4] <= v[5] && v[5] <= 1, 5, W3D_ERR_RANGE,
               "depths are 0 to 1, in order");
    return 1;
}

static int w3di_check_scissor(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    W3DI_CHECK(w[1] <= c->pass.width && w[2] <= c->pass.height && w[3] <= c->pass.width - w[1] &&
                   w[4] <= c->pass.height - w[2],
               1, W3D_ERR_RANGE, "a scissor lies within the targets");
    return 1;
}

static int w3di_check_instance_buffer(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    W3DI_CHECK(w[1] < W3D_GPU_MAX_VERTEX_BUFFERS, 1, W3D_ERR_RANGE, "a slot is 0 to 3");
    if (w[2]) {
        const w3di_check_buffer *b = w3di_check_buffer_of(c, w[2]);
        W3DI_CHECK(b, 2, W3D_ERR_STALE, "no such buffer lives");
        W3DI_CHECK((b->use & W3D_GPU_USE_VERTEX) && w[3] % 4 == 0 && w[3] < b->size, 3,
                   W3D_ERR_RANGE, "not for vertices, or the offset lies outside the buffer");
    }
    c->pass.instance_buffers[w[1]] = w[2];
    c->pass.instance_offsets[w[1]] = w[3];
    return 1;
}

static int w3di_check_labels(w3d_gpu_checker *c, uint32_t op)
{
    if (op == W3D_GPU_OP_LABEL_PUSH) {
        c->labels++;
        return w3di_check_blob(c, 1);
    }
    W3DI_CHECK(c->labels > (c->pass.open ? c->pass.labels : 0), 0, W3D_ERR_FORMAT,
               "no label was pushed here");
    c->labels--;
    return 1;
}

static int w3di_check_query(w3d_gpu_checker *c, uint32_t op)
{
    if (op == W3D_GPU_OP_QUERY_BEGIN) {
        W3DI_CHECK(c->words[1] && !c->pass.query, 1, W3D_ERR_FORMAT,
                   "a query has an id, and queries do not nest");
        c->pass.query = 1;
    } else {
        W3DI_CHECK(c->pass.query, 0, W3D_ERR_FORMAT, "no query was begun");
        c->pass.query = 0;
    }
    return 1;
}

/* ---- draws and compute ---- */

/* Words 1 and 2: a pipeline, of this kind, and the group that fills its shader's bindings. */
static int w3di_check_bound(w3d_gpu_checker *c, uint32_t compute, const w3di_check_pipeline **out,
                            const w3di_check_shader **shader)
{
    const w3di_check_pipeline *p =
        (const w3di_check_pipeline *)w3di_check_find(c, W3D_GPU_KIND_PIPELINE, c->words[1]);
    const w3di_check_group *g =
        (const w3di_check_group *)w3di_check_find(c, W3D_GPU_KIND_GROUP, c->words[2]);
    W3DI_CHECK(p, 1, W3D_ERR_STALE, "no such pipeline lives");
    W3DI_CHECK(p->compute == compute, 1, W3D_ERR_FORMAT, "the pipeline is of the other kind");
    const w3di_check_shader *s = w3di_check_shader_of(c, p->shader);
    W3DI_CHECK(s, 1, W3D_ERR_STALE, "the pipeline's shader was destroyed");
    W3DI_CHECK(g || !c->words[2], 2, W3D_ERR_STALE, "no such group lives");
    W3DI_CHECK((g ? g->count : 0) == s->count &&
                   (!g || w3d_equal(g->layout, s->bindings, sizeof *g->layout * s->count)),
               2, W3D_ERR_FORMAT, "the group fills other bindings than the shader has");
    for (uint32_t i = 0; g && i < g->count; i++) {
        uint32_t kind = g->layout[i].kind == W3D_GPU_BIND_TEXTURE   ? W3D_GPU_KIND_TEXTURE
                        : g->layout[i].kind == W3D_GPU_BIND_SAMPLER ? W3D_GPU_KIND_SAMPLER
                                                                    : W3D_GPU_KIND_BUFFER;
        W3DI_CHECK(w3di_check_find(c, kind, g->handles[i]), 2, W3D_ERR_STALE,
                   "something that the group binds was destroyed");
        for (uint32_t k = 0; !compute && kind == W3D_GPU_KIND_TEXTURE && k < c->pass.target_count;
             k++)
            W3DI_CHECK(c->pass.targets[k] != g->handles[i], 2, W3D_ERR_FORMAT,
                       "the group binds a texture that the pass draws to");
    }
    *out = p;
    *shader = s;
    return 1;
}

/* What all draws have in common; word 3: the mesh. */
static int w3di_check_drawn(w3d_gpu_checker *c, const w3di_check_pipeline **pipeline,
                            const w3di_check_shader **shader, const w3di_check_mesh **mesh)
{
    const w3di_check_pass *pass = &c->pass;
    if (!w3di_check_bound(c, 0, pipeline, shader)) return 0;
    const w3di_check_pipeline *p = *pipeline;
    W3DI_CHECK(p->color_count == pass->color_count && p->depth_format == pass->depth_format &&
                   p->samples == pass->samples &&
                   w3d_equal(p->formats, pass->formats, 4 * (size_t)p->color_count),
               1, W3D_ERR_FORMAT, "the pipeline was made for other targets than the pass has");
    W3DI_CHECK((*shader)->frame_size <= pass->constants_size, 1, W3D_ERR_FORMAT,
               "the shader reads more frame constants than there are");
    W3DI_CHECK(!(*shader)->object_size || (*shader)->object_size == c->row_size, 1, W3D_ERR_FORMAT,
               "the shader's objects are of another size than the table's rows");
    const w3di_check_mesh *m =
        (const w3di_check_mesh *)w3di_check_find(c, W3D_GPU_KIND_MESH, c->words[3]);
    W3DI_CHECK(m || !c->words[3], 3, W3D_ERR_STALE, "no such mesh lives");
    if (m && m->indices) {
        W3DI_CHECK(w3di_check_buffer_of(c, m->indices), 3, W3D_ERR_STALE,
                   "the mesh's index buffer was destroyed");
        W3DI_CHECK(!p->strip || p->index_strip == m->index_format, 3, W3D_ERR_FORMAT,
                   "the mesh's index format is not that of the pipeline's strips");
    }
    for (uint32_t i = 0; i < W3D_GPU_MAX_VERTEX_BUFFERS; i++) {
        uint32_t own = m ? m->buffers[i] : 0;
        W3DI_CHECK(!own || w3di_check_buffer_of(c, own), 3, W3D_ERR_STALE,
                   "a vertex buffer of the mesh was destroyed");
        W3DI_CHECK(i >= p->buffer_count || !p->reach[i] || own || pass->instance_buffers[i], 3,
                   W3D_ERR_FORMAT, "the mesh has no vertex buffer where the pipeline has one");
    }
    *mesh = m;
    return 1;
}

/* The most vertices and instances that the vertex buffers hold. */
static void w3di_check_most(const w3d_gpu_checker *c, const w3di_check_pipeline *p,
                            const w3di_check_mesh *m, uint64_t *vertices, uint64_t *instances)
{
    *vertices = *instances = UINT32_MAX;
    for (uint32_t i = 0; i < p->buffer_count; i++) {
        if (!p->reach[i]) continue;
        uint32_t id = c->pass.instance_buffers[i],
                 offset = id ? c->pass.instance_offsets[i] : m->offsets[i];
        const w3di_check_buffer *b = w3di_check_buffer_of(c, id ? id : m->buffers[i]);
        uint64_t end = (uint64_t)offset + p->reach[i],
                 most = end > b->size ? 0 : (b->size - end) / p->strides[i] + 1,
                 *which = p->per_instance >> i & 1 ? instances : vertices;
        if (most < *which) *which = most;
    }
}

static int w3di_check_multi(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    const w3di_check_pipeline *p;
    const w3di_check_shader *shader;
    const w3di_check_mesh *m;
    uint32_t n = w[4], indexed = w[5];
    uint64_t vertices, instances, indices = 0;
    W3DI_CHECK(n && n <= (c->count - 6) / 5, 4, W3D_ERR_FORMAT,
               "no draws, or the operation is shorter than they are");
    if (!w3di_check_drawn(c, &p, &shader, &m)) return 0;
    W3DI_CHECK(indexed == (uint32_t)(m && m->indices), 5, W3D_ERR_FORMAT,
               "a draw is indexed where its mesh has indices, and nowhere else");
    w3di_check_most(c, p, m, &vertices, &instances);
    uint32_t index_size = m && m->index_format == W3D_GPU_INDEX_U16 ? 2 : 4;
    if (indexed) indices = w3di_check_buffer_of(c, m->indices)->size;
    if (instances >= 1u << 24) instances = (1u << 24) - 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = 6 + i, count = w[at], first = w[at + n], copies = w[at + 2 * n],
                 row = w[at + 3 * n];
        W3DI_CHECK(count, at, W3D_ERR_FORMAT, "a draw of nothing");
        if (indexed) {
            W3DI_CHECK(first % index_size == 0 && first + (uint64_t)count * index_size <= indices,
                       at + n, W3D_ERR_RANGE, "a draw reaches over the index buffer's end");
        } else {
            W3DI_CHECK((uint64_t)first + count <= vertices, at + n, W3D_ERR_RANGE,
                       "a draw reaches over a vertex buffer's end");
            W3DI_CHECK(!w[at + 4 * n], at + 4 * n, W3D_ERR_FORMAT, "a base vertex without indices");
        }
        W3DI_CHECK(copies && copies <= instances, at + 2 * n, W3D_ERR_RANGE,
                   "instances are 1 to 16777215, and in their buffer");
        W3DI_CHECK(row < (1u << 20) && (!row || (!p->per_instance && row < c->rows)) &&
                       (!row || !shader->object_size || row + copies <= c->rows),
                   at + 3 * n, W3D_ERR_RANGE, "the object table has no such rows");
    }
    return 1;
}

static int w3di_check_draw_indirect(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    const w3di_check_pipeline *p;
    const w3di_check_shader *shader;
    const w3di_check_mesh *m;
    if (!w3di_check_drawn(c, &p, &shader, &m)) return 0;
    const w3di_check_buffer *b = w3di_check_buffer_of(c, w[5]);
    uint32_t size = w[9] ? 20 : 16;
    W3DI_CHECK(b, 5, W3D_ERR_STALE, "no such buffer lives");
    W3DI_CHECK(b->use & W3D_GPU_USE_INDIRECT, 5, W3D_ERR_FORMAT,
               "the buffer was not made for indirect draws");
    W3DI_CHECK(w[9] == (uint32_t)(m && m->indices), 9, W3D_ERR_FORMAT,
               "a draw is indexed where its mesh has indices, and nowhere else");
    W3DI_CHECK(!w[4] || (w[4] < c->rows && !p->per_instance), 4, W3D_ERR_RANGE,
               "the object table has no such row");
    W3DI_CHECK(w[6] % 4 == 0 && w[7] && w[8] % 4 == 0 && w[8] >= size &&
                   w[6] + (uint64_t)(w[7] - 1) * w[8] + size <= b->size,
               6, W3D_ERR_RANGE, "the draws reach over the buffer's end");
    return 1;
}

static int w3di_check_dispatch(w3d_gpu_checker *c, uint32_t op)
{
    const uint32_t *w = c->words;
    const w3di_check_pipeline *p;
    const w3di_check_shader *shader;
    if (!w3di_check_bound(c, 1, &p, &shader)) return 0;
    if (op == W3D_GPU_OP_DISPATCH) {
        W3DI_CHECK(w[3] && w[4] && w[5] && w[3] <= 65535 && w[4] <= 65535 && w[5] <= 65535, 3,
                   W3D_ERR_LIMIT, "workgroups are 1 to 65535 a side");
        return 1;
    }
    const w3di_check_buffer *b = w3di_check_buffer_of(c, w[3]);
    W3DI_CHECK(b, 3, W3D_ERR_STALE, "no such buffer lives");
    W3DI_CHECK((b->use & W3D_GPU_USE_INDIRECT) && w[4] % 4 == 0 && b->size >= 12 &&
                   w[4] <= b->size - 12,
               4, W3D_ERR_RANGE, "not for indirect use, or beyond the buffer's end");
    return 1;
}

/* ---- one operation, and all of them ---- */

/* The fewest words of an operation; 0: there is none of that number. Bit 7: only in passes, bit 6:
 * there and outside; else outside only. */
static uint32_t w3di_check_shape(uint32_t op)
{
    enum { INSIDE = 128, BOTH = 64 };
    switch ((w3d_gpu_op)op) {
    case W3D_GPU_OP_BUFFER_CREATE: return 6;
    case W3D_GPU_OP_BUFFER_WRITE: return 5;
    case W3D_GPU_OP_BUFFER_COPY: return 6;
    case W3D_GPU_OP_BUFFER_READ: return 5;
    case W3D_GPU_OP_TEXTURE_CREATE: return 12;
    case W3D_GPU_OP_TEXTURE_WRITE: return 11;
    case W3D_GPU_OP_TEXTURE_MIPS: return 2;
    case W3D_GPU_OP_TEXTURE_COPY: return 14;
    case W3D_GPU_OP_TEXTURE_READ: return 10;
    case W3D_GPU_OP_SAMPLER_CREATE: return 8;
    case W3D_GPU_OP_SHADER_CREATE: return 23;
    case W3D_GPU_OP_PIPELINE_CREATE: return 30;
    case W3D_GPU_OP_GROUP_CREATE: return 6;
    case W3D_GPU_OP_MESH_CREATE: return 5;
    case W3D_GPU_OP_DESTROY: return 3;
    case W3D_GPU_OP_OBJECTS_CREATE: return 3;
    case W3D_GPU_OP_OBJECTS_WRITE: return 4;
    case W3D_GPU_OP_SURFACE: return 6;
    case W3D_GPU_OP_DISPATCH: return 6;
    case W3D_GPU_OP_DISPATCH_INDIRECT: return 5;
    case W3D_GPU_OP_PRESENT: return 1;
    case W3D_GPU_OP_PASS_BEGIN: return 16;
    case W3D_GPU_OP_VIEWPORT: return 7 | INSIDE;
    case W3D_GPU_OP_SCISSOR: return 5 | INSIDE;
    case W3D_GPU_OP_STENCIL_REF: return 2 | INSIDE;
    case W3D_GPU_OP_BLEND_CONSTANT: return 5 | INSIDE;
    case W3D_GPU_OP_CONSTANTS: return 3 | INSIDE;
    case W3D_GPU_OP_INSTANCE_BUFFER: return 4 | INSIDE;
    case W3D_GPU_OP_MULTI: return 6 | INSIDE;
    case W3D_GPU_OP_DRAW_INDIRECT: return 10 | INSIDE;
    case W3D_GPU_OP_QUERY_BEGIN: return 2 | INSIDE;
    case W3D_GPU_OP_QUERY_END: return 1 | INSIDE;
    case W3D_GPU_OP_LABEL_PUSH: return 3 | BOTH;
    case W3D_GPU_OP_LABEL_POP: return 1 | BOTH;
    case W3D_GPU_OP_PASS_END: return 1 | INSIDE;
    case W3D_GPU_OP_NONE:
    case W3D_GPU_OP_PACKETS: break;
    }
    return 0;
}

static int w3di_check_one(w3d_gpu_checker *c)
{
    const uint32_t *w = c->words;
    uint32_t op = w[0] & 255, shape = w3di_check_shape(op);
    const w3di_check_buffer *b;
    W3DI_CHECK(shape, 0, W3D_ERR_FORMAT, "no operation of this number");
    W3DI_CHECK(c->count >= (shape & 63), 0, W3D_ERR_FORMAT, "the operation has too few words");
    W3DI_CHECK((shape & 64) || c->pass.open == shape >> 7, 0, W3D_ERR_FORMAT,
               c->pass.open ? "the operation stands in a pass" : "the operation stands in no pass");
    W3DI_CHECK(!c->presented, 0, W3D_ERR_FORMAT, "PRESENT is the last operation of a stream");
    switch ((w3d_gpu_op)op) {
    case W3D_GPU_OP_BUFFER_CREATE: return w3di_check_buffer_create(c);
    case W3D_GPU_OP_BUFFER_WRITE:
        return w3di_check_blob(c, 3) && w3di_check_buffer_range(c, 1, w[4], &b);
    case W3D_GPU_OP_BUFFER_COPY: return w3di_check_buffer_copy(c);
    case W3D_GPU_OP_BUFFER_READ: return w3di_check_buffer_read(c);
    case W3D_GPU_OP_TEXTURE_CREATE: return w3di_check_texture_create(c);
    case W3D_GPU_OP_TEXTURE_WRITE: return w3di_check_texture_write(c);
    case W3D_GPU_OP_TEXTURE_MIPS: return w3di_check_texture_mips(c);
    case W3D_GPU_OP_TEXTURE_COPY: return w3di_check_texture_copy(c);
    case W3D_GPU_OP_TEXTURE_READ: return w3di_check_texture_read(c);
    case W3D_GPU_OP_SAMPLER_CREATE: return w3di_check_sampler_create(c);
    case W3D_GPU_OP_SHADER_CREATE: return w3di_check_shader_create(c);
    case W3D_GPU_OP_PIPELINE_CREATE: return w3di_check_pipeline_create(c);
    case W3D_GPU_OP_GROUP_CREATE: return w3di_check_group_create(c);
    case W3D_GPU_OP_MESH_CREATE: return w3di_check_mesh_create(c);
    case W3D_GPU_OP_DESTROY: return w3di_check_destroy(c);
    case W3D_GPU_OP_OBJECTS_CREATE: return w3di_check_objects_create(c);
    case W3D_GPU_OP_OBJECTS_WRITE: return w3di_check_objects_write(c);
    case W3D_GPU_OP_SURFACE: return w3di_check_surface(c);
    case W3D_GPU_OP_DISPATCH:
    case W3D_GPU_OP_DISPATCH_INDIRECT: return w3di_check_dispatch(c, op);
    case W3D_GPU_OP_PRESENT:
        W3DI_CHECK(c->surface_width, 0, W3D_ERR_FORMAT, "there is no surface to be shown");
        c->presented = 1;
        return 1;
    case W3D_GPU_OP_PASS_BEGIN: return w3di_check_pass_begin(c);
    case W3D_GPU_OP_PASS_END: return w3di_check_pass_end(c);
    case W3D_GPU_OP_VIEWPORT: return w3di_check_viewport(c);
    case W3D_GPU_OP_SCISSOR: return w3di_check_scissor(c);
    case W3D_GPU_OP_STENCIL_REF:
        W3DI_CHECK(w[1] < 256, 1, W3D_ERR_RANGE, "stencil is 0 to 255");
        return 1;
    case W3D_GPU_OP_BLEND_CONSTANT: return w3di_check_floats(c, 1, 4);
    case W3D_GPU_OP_CONSTANTS:
        W3DI_CHECK(w[2] && w[2] <= 16384, 2, W3D_ERR_LIMIT, "a frame block is 1 to 16384 bytes");
        c->pass.constants_size = w[2];
        return w3di_check_blob(c, 1);
    case W3D_GPU_OP_INSTANCE_BUFFER: return w3di_check_instance_buffer(c);
    case W3D_GPU_OP_MULTI: return w3di_check_multi(c);
    case W3D_GPU_OP_DRAW_INDIRECT: return w3di_check_draw_indirect(c);
    case W3D_GPU_OP_QUERY_BEGIN:
    case W3D_GPU_OP_QUERY_END: return w3di_check_query(c, op);
    case W3D_GPU_OP_LABEL_PUSH:
    case W3D_GPU_OP_LABEL_POP: return w3di_check_labels(c, op);
    case W3D_GPU_OP_NONE:
    case W3D_GPU_OP_PACKETS: break;
    }
    return 0;
}

W3D_API w3d_result w3d_gpu_check(w3d_gpu_checker *checker, const w3d_gpu_stream *stream,
                                 w3d_error *error)
{
    if (!checker || !stream || (!stream->words && stream->word_count) ||
        (!stream->blobs && stream->blob_size))
        return W3D_ERR_ARGUMENT;
    checker->stream = stream;
    checker->presented = 0;
    for (uint32_t at = 0; !checker->error.code && at < stream->word_count;) {
        checker->words = stream->words + at;
        checker->count = stream->words[at] >> 8;
        if (!checker->count || checker->count > stream->word_count - at)
            w3di_check_no(checker, 0, W3D_ERR_FORMAT,
                          "an operation of no words, or of more than there are");
        else
            w3di_check_one(checker);
        at += checker->count;
    }
    if (!checker->error.code && (checker->pass.open || checker->labels)) {
        checker->words = stream->words + stream->word_count;
        w3di_check_no(checker, 0, W3D_ERR_FORMAT,
                      checker->pass.open ? "the stream ends in a pass"
                                         : "the stream ends with a label that was not popped");
    }
    checker->stream = NULL;
    if (!checker->error.code) return W3D_OK;
    return w3d_error_set(error, checker->error.code, checker->error.offset, checker->error.text);
}

/* ---- a checker's life ---- */

W3D_API w3d_result w3d_gpu_checker_create(const w3d_gpu_checker_desc *desc,
                                          w3d_gpu_checker **checker)
{
    static const uint16_t sizes[W3DI_GPU_CHECK_KINDS] = { 0,
                                                          sizeof(w3di_check_buffer),
                                                          sizeof(w3di_check_texture),
                                                          sizeof(w3di_check_sampler),
                                                          sizeof(w3di_check_shader),
                                                          sizeof(w3di_check_pipeline),
                                                          sizeof(w3di_check_group),
                                                          sizeof(w3di_check_mesh) };
    if (!checker) return W3D_ERR_ARGUMENT;
    w3d_gpu_checker *made = (w3d_gpu_checker *)w3d_allocator_resize(desc ? &desc->allocator : NULL,
                                                                    NULL, 0, sizeof *made);
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made, 0, sizeof *made);
    if (desc) {
        made->allocator = desc->allocator;
        made->memory_limit = desc->memory_limit;
    }
    for (uint32_t kind = 0; kind < W3DI_GPU_CHECK_KINDS; kind++)
        made->tables[kind].item_size = sizes[kind];
    *checker = made;
    return W3D_OK;
}

W3D_API void w3d_gpu_checker_reset(w3d_gpu_checker *checker)
{
    if (!checker) return;
    w3d_gpu_checker clean;
    w3d_fill(&clean, 0, sizeof clean);
    clean.allocator = checker->allocator;
    clean.memory_limit = checker->memory_limit;
    for (uint32_t kind = 0; kind < W3DI_GPU_CHECK_KINDS; kind++) {
        w3di_check_table *table = &checker->tables[kind];
        clean.tables[kind].item_size = table->item_size;
        if (table->items)
            w3d_allocator_resize(&checker->allocator, table->items,
                                 (size_t)table->room * table->item_size, 0);
        if (table->slots)
            w3d_allocator_resize(&checker->allocator, table->slots, (size_t)table->slot_room * 4,
                                 0);
    }
    *checker = clean;
}

W3D_API void w3d_gpu_checker_destroy(w3d_gpu_checker *checker)
{
    if (!checker) return;
    w3d_gpu_checker_reset(checker);
    w3d_allocator allocator = checker->allocator;
    w3d_allocator_resize(&allocator, checker, sizeof *checker, 0);
}

#undef W3DI_CHECK
