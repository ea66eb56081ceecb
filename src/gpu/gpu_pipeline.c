/* gpu_pipeline.c - pipelines, groups, meshes and objects; and the end of every resource. */
#include "gpu/gpu_pipeline.h"
#include "core/bits.h"
#include "core/hash.h"
#include "gpu/gpu_write.h"

/* ---- pipelines ---- */

static w3d_result w3di_gpu_pipeline_vertices(w3d_gpu *gpu, const w3d_gpu_pipeline_desc *desc,
                                             w3di_gpu_pipeline *p, uint32_t *attributes,
                                             const char *call)
{
    uint32_t count = 0, locations = 0;
    while (count < W3D_GPU_MAX_ATTRIBUTES && desc->attributes[count].format) count++;
    for (uint32_t i = 0; i < count; i++) {
        const w3d_gpu_attribute *a = &desc->attributes[i];
        uint32_t size = w3di_gpu_vertex_size((uint32_t)a->format);
        W3DI_GPU_CHECK(size && a->location < 16 && a->buffer < W3D_GPU_MAX_VERTEX_BUFFERS,
                       W3D_ERR_ARGUMENT, "desc.attributes",
                       "are of a format, location 0 to 15, buffer 0 to 3");
        W3DI_GPU_CHECK(!(locations >> a->location & 1), W3D_ERR_ARGUMENT, "desc.attributes",
                       "two at one location");
        W3DI_GPU_CHECK(a->offset % 4 == 0 && a->offset < 2048, W3D_ERR_ARGUMENT, "desc.attributes",
                       "offsets are multiples of 4, below 2048");
        locations |= 1u << a->location;
        if (a->buffer + 1 > p->buffer_count) p->buffer_count = a->buffer + 1;
        if (a->offset + size > p->reach[a->buffer]) p->reach[a->buffer] = a->offset + size;
    }
    for (uint32_t i = 0; i < W3D_GPU_MAX_VERTEX_BUFFERS; i++) {
        uint32_t stride = desc->buffers[i].stride ? desc->buffers[i].stride : p->reach[i];
        W3DI_GPU_CHECK(stride % 4 == 0 && stride <= 2048 && stride >= p->reach[i], W3D_ERR_ARGUMENT,
                       "desc.buffers",
                       "strides are multiples of 4, up to 2048, and hold their attributes");
        p->strides[i] = stride;
        if (desc->buffers[i].per_instance) p->per_instance |= 1u << i;
    }
    *attributes = count;
    return W3D_OK;
}

static w3d_result w3di_gpu_pipeline_targets(w3d_gpu *gpu, const w3d_gpu_pipeline_desc *desc,
                                            w3di_gpu_pipeline *p, const char *call)
{
    p->color_count = desc->depth_only ? 0 : desc->color_count ? desc->color_count : 1;
    W3DI_GPU_CHECK(p->color_count <= W3D_GPU_MAX_COLORS, W3D_ERR_ARGUMENT, "desc.color_count",
                   "is at most 4");
    W3DI_GPU_CHECK(!desc->depth_only || !desc->color_count, W3D_ERR_ARGUMENT, "desc.depth_only",
                   "goes with color_count 0");
    for (uint32_t i = 0; i < p->color_count; i++) {
        const w3d_gpu_color_desc *c = &desc->colors[i];
        uint32_t format = c->format ? (uint32_t)c->format : (uint32_t)W3D_GPU_RGBA8;
        W3DI_GPU_CHECK(format < W3D_GPU_FORMAT_COUNT && !w3di_gpu_format_of(format)->depth &&
                           w3di_gpu_format_of(format)->block == 1,
                       W3D_ERR_ARGUMENT, "desc.colors.format", "is no colour that can be drawn to");
        const w3d_gpu_blend *b = &c->blend;
        W3DI_GPU_CHECK((uint32_t)b->src <= W3D_GPU_ONE_MINUS_CONSTANT &&
                           (uint32_t)b->dst <= W3D_GPU_ONE_MINUS_CONSTANT &&
                           (uint32_t)b->alpha_src <= W3D_GPU_ONE_MINUS_CONSTANT &&
                           (uint32_t)b->alpha_dst <= W3D_GPU_ONE_MINUS_CONSTANT &&
                           (uint32_t)b->op <= W3D_GPU_MAX && (uint32_t)b->alpha_op <= W3D_GPU_MAX &&
                           c->mask_off < 16,
                       W3D_ERR_ARGUMENT, "desc.colors.blend, mask_off",
                       "are none of the enums' values");
        W3DI_GPU_CHECK(!b->enable || !w3di_gpu_format_of(format)->integer, W3D_ERR_ARGUMENT,
                       "desc.colors.blend", "integer formats are not blended");
        p->formats[i] = format;
    }
    p->depth_format = desc->no_depth            ? 0
                      : desc->depth_format      ? (uint32_t)desc->depth_format
                      : gpu->desc.surface_depth ? (uint32_t)gpu->desc.surface_depth
                                                : (uint32_t)W3D_GPU_DEPTH24;
    if (!desc->depth_format && gpu->desc.no_surface_depth) p->depth_format = 0;
    W3DI_GPU_CHECK(!p->depth_format || (p->depth_format < W3D_GPU_FORMAT_COUNT &&
                                        w3di_gpu_format_of(p->depth_format)->depth),
                   W3D_ERR_ARGUMENT, "desc.depth_format", "is no depth format");
    W3DI_GPU_CHECK(p->color_count || p->depth_format, W3D_ERR_ARGUMENT, "desc.depth_only",
                   "and no_depth leave nothing to draw to");
    p->samples = desc->samples ? desc->samples : gpu->desc.samples > 1 ? 4 : 1;
    W3DI_GPU_CHECK(p->samples == 1 || p->samples == 4, W3D_ERR_ARGUMENT, "desc.samples",
                   "are 1 or 4");
    W3DI_GPU_CHECK(!desc->alpha_to_coverage || (p->samples == 4 && p->color_count),
                   W3D_ERR_ARGUMENT, "desc.alpha_to_coverage", "wants a colour of four samples");
    W3DI_GPU_CHECK(w3di_gpu_finite(&desc->depth_bias_slope, 1) &&
                       w3di_gpu_finite(&desc->depth_bias_clamp, 1),
                   W3D_ERR_ARGUMENT, "desc.depth_bias_slope, depth_bias_clamp", "are finite");
    return W3D_OK;
}

static uint32_t w3di_gpu_blend_word(uint32_t src, uint32_t dst, uint32_t op)
{
    if (op >= W3D_GPU_MIN) src = dst = W3D_GPU_FACTOR_ONE; /* MIN and MAX take no factors */
    return (src ? src : (uint32_t)W3D_GPU_FACTOR_ONE) |
           (dst ? dst : (uint32_t)W3D_GPU_FACTOR_ZERO) << 8 | op << 16;
}

static uint32_t w3di_gpu_stencil_word(const w3d_gpu_stencil *s)
{
    return (s->compare ? (uint32_t)s->compare : (uint32_t)W3D_GPU_ALWAYS) | (uint32_t)s->fail << 8 |
           (uint32_t)s->depth_fail << 16 | (uint32_t)s->pass << 24;
}

static int w3di_gpu_stencil_good(const w3d_gpu_stencil *s)
{
    return (uint32_t)s->compare <= W3D_GPU_ALWAYS && (uint32_t)s->fail <= W3D_GPU_DECREMENT_WRAP &&
           (uint32_t)s->depth_fail <= W3D_GPU_DECREMENT_WRAP &&
           (uint32_t)s->pass <= W3D_GPU_DECREMENT_WRAP;
}

static void w3di_gpu_pipeline_words(const w3d_gpu_pipeline_desc *desc, const w3di_gpu_pipeline *p,
                                    uint32_t attributes, uint32_t *w)
{
    w[4] = (uint32_t)desc->topology | (uint32_t)desc->cull << 8 | (uint32_t)desc->front << 16 |
           (uint32_t)desc->strip_index << 24;
    w[5] = p->color_count | p->samples << 8 | (uint32_t)(desc->alpha_to_coverage != 0) << 16;
    w[6] = p->depth_format;
    w[7] = (desc->depth_compare ? (uint32_t)desc->depth_compare : (uint32_t)W3D_GPU_LESS) |
           (uint32_t)!desc->depth_keep << 8;
    if (!p->depth_format) w[7] = W3D_GPU_ALWAYS;
    w[8] = (uint32_t)desc->depth_bias;
    w[9] = w3d_bits_f32(desc->depth_bias_slope);
    w[10] = w3d_bits_f32(desc->depth_bias_clamp);
    w[11] = w3di_gpu_stencil_word(&desc->stencil_front);
    w[12] = w3di_gpu_stencil_word(&desc->stencil_back);
    w[13] = (desc->stencil_read_mask ? desc->stencil_read_mask & 255 : 255) |
            (desc->stencil_write_mask ? desc->stencil_write_mask & 255 : 255) << 8;
    for (uint32_t i = 0; i < p->color_count; i++) {
        const w3d_gpu_color_desc *c = &desc->colors[i];
        const w3d_gpu_blend *b = &c->blend;
        int same = !b->alpha_src && !b->alpha_dst && !b->alpha_op;
        w[14 + 3 * i] = p->formats[i] | (~c->mask_off & 15) << 8 | (uint32_t)(b->enable != 0) << 16;
        w[15 + 3 * i] = w3di_gpu_blend_word((uint32_t)b->src, (uint32_t)b->dst, (uint32_t)b->op);
        w[16 + 3 * i] = same ? w[15 + 3 * i]
                             : w3di_gpu_blend_word((uint32_t)b->alpha_src, (uint32_t)b->alpha_dst,
                                                   (uint32_t)b->alpha_op);
    }
    w[26] = p->buffer_count;
    w[27] = attributes;
    uint32_t *v = w + 30;
    for (uint32_t i = 0; i < p->buffer_count; i++)
        *v++ = p->strides[i] | (p->per_instance >> i & 1) << 31;
    for (uint32_t i = 0; i < attributes; i++) {
        const w3d_gpu_attribute *a = &desc->attributes[i];
        *v++ = a->location | a->buffer << 8 | (uint32_t)a->format << 16;
        *v++ = a->offset;
    }
}

W3D_API w3d_result w3d_gpu_pipeline_create(w3d_gpu *gpu, const w3d_gpu_pipeline_desc *desc,
                                           w3d_gpu_pipeline *pipeline)
{
    static const char call[] = "w3d_gpu_pipeline_create";
    w3di_gpu_pipeline made;
    uint32_t slot, attributes = 0;
    w3d_result result;
    if (!gpu || !desc || !pipeline) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, desc->shader.id);
    if (!shader)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_SHADER, call, "desc.shader",
                                      desc->shader.id);
    w3d_fill(&made, 0, sizeof made);
    made.shader = desc->shader;
    made.compute = desc->compute != 0;
    W3DI_GPU_CHECK(made.compute == shader->has_compute, W3D_ERR_ARGUMENT, "desc.compute",
                   "the shader is of the other kind: it has a compute entry, or it has not");
    W3DI_GPU_CHECK(!made.compute || !w3di_gpu_known(gpu) || gpu->caps.compute, W3D_ERR_UNSUPPORTED,
                   "desc.compute", "this device has no compute: see the caps");
    if (!made.compute) {
        W3DI_GPU_CHECK((uint32_t)desc->topology <= W3D_GPU_POINTS &&
                           (uint32_t)desc->cull <= W3D_GPU_CULL_FRONT &&
                           (uint32_t)desc->front <= W3D_GPU_CLOCKWISE &&
                           (uint32_t)desc->strip_index <= W3D_GPU_INDEX_U16 &&
                           (uint32_t)desc->depth_compare <= W3D_GPU_ALWAYS,
                       W3D_ERR_ARGUMENT, "desc.topology, cull, front, strip_index, depth_compare",
                       "are none of the enums' values");
        W3DI_GPU_CHECK(w3di_gpu_stencil_good(&desc->stencil_front) &&
                           w3di_gpu_stencil_good(&desc->stencil_back),
                       W3D_ERR_ARGUMENT, "desc.stencil_front, stencil_back",
                       "are none of the enums' values");
        if ((result = w3di_gpu_pipeline_vertices(gpu, desc, &made, &attributes, call)) != W3D_OK)
            return result;
        if ((result = w3di_gpu_pipeline_targets(gpu, desc, &made, call)) != W3D_OK) return result;
        made.strip =
            desc->topology == W3D_GPU_TRIANGLE_STRIP || desc->topology == W3D_GPU_LINE_STRIP;
        made.index_strip = (uint32_t)desc->strip_index;
    }
    uint32_t words = made.compute ? 30 : 30 + made.buffer_count + 2 * attributes,
             label = w3di_gpu_label_size(desc->label), at = gpu->word_count, blob = gpu->blob_size;
    w3di_gpu_record *record = w3di_gpu_slot_take(gpu, W3D_GPU_KIND_PIPELINE, &slot);
    if (!record || !w3di_gpu_reserve(gpu, words, w3di_gpu_blob_bytes(label)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_PIPELINE_CREATE, words);
    w[1] = w3di_gpu_id(record, slot);
    w[2] = desc->shader.id;
    w[3] = made.compute;
    if (!made.compute) w3di_gpu_pipeline_words(desc, &made, attributes, w);
    w3di_gpu_blob_text(gpu, w + 28, desc->label, label);
    if (!w3di_gpu_keep(gpu, record, at, blob)) return w3di_gpu_refuse_memory(gpu, call);
    made.record = *record;
    *(w3di_gpu_pipeline *)(void *)record = made;
    pipeline->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_PIPELINE, slot, desc->label);
    return W3D_OK;
}

W3D_API int w3d_gpu_pipeline_ready(const w3d_gpu *gpu, w3d_gpu_pipeline pipeline)
{
    const w3di_gpu_pipeline *p = gpu ? w3di_gpu_pipeline_of(gpu, pipeline.id) : NULL;
    return p && !p->record.failed && w3di_gpu_known(gpu) &&
           (p->ready || !gpu->caps.async_pipelines);
}

/* ---- groups ---- */

W3D_API w3d_result w3d_gpu_group_create(w3d_gpu *gpu, const w3d_gpu_group_desc *desc,
                                        w3d_gpu_group *group)
{
    static const char call[] = "w3d_gpu_group_create";
    w3di_gpu_group made;
    uint32_t slot, entries[4 * W3D_GPU_MAX_BINDINGS];
    if (!gpu || !desc || !group) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, desc->shader.id);
    if (!shader)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_SHADER, call, "desc.shader",
                                      desc->shader.id);
    w3d_fill(&made, 0, sizeof made);
    W3DI_GPU_CHECK(desc->entry_count == shader->binding_count, W3D_ERR_ARGUMENT, "desc.entry_count",
                   "is not the number of bindings the shader has");
    for (uint32_t i = 0; i < shader->binding_count; i++) {
        const w3d_gpu_binding *b = &shader->bindings[i];
        const w3d_gpu_entry *e = NULL;
        for (uint32_t k = 0; k < desc->entry_count; k++)
            if (desc->entries[k].binding == b->binding) e = &desc->entries[k];
        W3DI_GPU_CHECK(e, W3D_ERR_ARGUMENT, "desc.entries",
                       "one of the shader's bindings is not filled");
        uint32_t *w = entries + 4 * i;
        w[0] = b->group | (uint32_t)b->binding << 8 | (uint32_t)b->kind << 16;
        w[2] = w[3] = 0;
        if (b->kind == W3D_GPU_BIND_TEXTURE) {
            const w3di_gpu_texture *t = w3di_gpu_texture_of(gpu, e->texture.id);
            if (!t)
                return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call,
                                              "desc.entries.texture", e->texture.id);
            const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
            W3DI_GPU_CHECK(t->kind == b->texture, W3D_ERR_ARGUMENT, "desc.entries.texture",
                           "is of another kind than the shader's: 2D, array, cube, 3D");
            W3DI_GPU_CHECK((t->samples > 1) == b->samples, W3D_ERR_ARGUMENT, "desc.entries.texture",
                           "multisampled textures go with texture_multisampled_2d only");
            W3DI_GPU_CHECK(f->integer == (b->sample == 3) && b->sample != 2 &&
                               (b->sample != 1 || f->depth) && (b->sample != 0 || !f->depth),
                           W3D_ERR_ARGUMENT, "desc.entries.texture",
                           "has another kind of texels than the shader's: float, depth, integer");
            W3DI_GPU_CHECK(b->sample != 0 ||
                               (t->format != W3D_GPU_RGBA32F && t->format != W3D_GPU_R32F) ||
                               !w3di_gpu_known(gpu) || gpu->caps.float_filter,
                           W3D_ERR_UNSUPPORTED, "desc.entries.texture",
                           "this device does not filter 32-bit float textures: see the caps");
            w[1] = e->texture.id;
        } else if (b->kind == W3D_GPU_BIND_SAMPLER) {
            const w3di_gpu_sampler *s =
                (const w3di_gpu_sampler *)(void *)w3di_gpu_find(gpu, W3D_GPU_KIND_SAMPLER,
                                                                e->sampler.id);
            if (!s)
                return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_SAMPLER, call,
                                              "desc.entries.sampler", e->sampler.id);
            W3DI_GPU_CHECK(s->compares == b->sample, W3D_ERR_ARGUMENT, "desc.entries.sampler",
                           "one of shader and sampler compares, the other does not");
            w[1] = e->sampler.id;
        } else {
            const w3di_gpu_buffer *buffer = w3di_gpu_buffer_of(gpu, e->buffer.id);
            if (!buffer)
                return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.entries.buffer",
                                              e->buffer.id);
            uint32_t alignment = w3di_gpu_known(gpu) && gpu->caps.uniform_alignment
                                     ? gpu->caps.uniform_alignment
                                     : 256;
            int uniform = b->kind == W3D_GPU_BIND_UNIFORM;
            W3DI_GPU_CHECK(buffer->use & (uniform ? (uint32_t)W3D_GPU_USE_UNIFORM
                                                  : (uint32_t)W3D_GPU_USE_STORAGE),
                           W3D_ERR_ARGUMENT, "desc.entries.buffer", "was not made for this use");
            W3DI_GPU_CHECK(e->offset % alignment == 0 && e->size % 4 == 0 &&
                               e->offset < buffer->size && e->size <= buffer->size - e->offset,
                           W3D_ERR_RANGE, "desc.entries.offset, size",
                           "reach over the buffer's end, or are no multiples of the caps' "
                           "uniform_alignment and of 4");
            W3DI_GPU_CHECK(!uniform || !w3di_gpu_known(gpu) ||
                               (e->size ? e->size : buffer->size - e->offset) <=
                                   gpu->caps.max_uniform_size,
                           W3D_ERR_LIMIT, "desc.entries.size",
                           "is more than a uniform block holds: see the caps");
            w[1] = e->buffer.id;
            w[2] = e->offset;
            w[3] = e->size ? e->size : buffer->size - e->offset;
        }
        made.layout[i] = *b;
        made.handles[i] = w[1];
    }
    made.count = shader->binding_count;
    uint32_t words = 6 + 4 * made.count, label = w3di_gpu_label_size(desc->label),
             at = gpu->word_count, blob = gpu->blob_size;
    w3di_gpu_record *record = w3di_gpu_slot_take(gpu, W3D_GPU_KIND_GROUP, &slot);
    if (!record || !w3di_gpu_reserve(gpu, words, w3di_gpu_blob_bytes(label)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_GROUP_CREATE, words);
    w[1] = w3di_gpu_id(record, slot);
    w[2] = desc->shader.id;
    w[3] = made.count;
    w3di_gpu_blob_text(gpu, w + 4, desc->label, label);
    w3d_copy(w + 6, entries, 16 * (size_t)made.count);
    if (!w3di_gpu_keep(gpu, record, at, blob)) return w3di_gpu_refuse_memory(gpu, call);
    made.record = *record;
    *(w3di_gpu_group *)(void *)record = made;
    group->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_GROUP, slot, desc->label);
    return W3D_OK;
}

/* ---- meshes ---- */

W3D_API w3d_result w3d_gpu_mesh_create(w3d_gpu *gpu, const w3d_gpu_mesh_desc *desc,
                                       w3d_gpu_mesh *mesh)
{
    static const char call[] = "w3d_gpu_mesh_create";
    w3di_gpu_mesh made;
    uint32_t slot, buffers = 0;
    if (!gpu || !desc || !mesh) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    w3d_fill(&made, 0, sizeof made);
    W3DI_GPU_CHECK((uint32_t)desc->index_format <= W3D_GPU_INDEX_U16, W3D_ERR_ARGUMENT,
                   "desc.index_format", "is none of the enum's values");
    for (uint32_t i = 0; i < W3D_GPU_MAX_VERTEX_BUFFERS; i++) {
        if (!desc->vertices[i].id) continue;
        const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, desc->vertices[i].id);
        if (!b)
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.vertices",
                                          desc->vertices[i].id);
        W3DI_GPU_CHECK(b->use & W3D_GPU_USE_VERTEX, W3D_ERR_ARGUMENT, "desc.vertices",
                       "a buffer was not made for this use");
        W3DI_GPU_CHECK(desc->offsets[i] % 4 == 0 && desc->offsets[i] <= b->size, W3D_ERR_RANGE,
                       "desc.offsets", "are multiples of 4 within their buffers");
        made.arena[3 + 2 * i] = desc->vertices[i].id;
        made.arena[4 + 2 * i] = desc->offsets[i];
        buffers = i + 1;
    }
    uint32_t index_size = desc->index_format == W3D_GPU_INDEX_U16 ? 2 : 4;
    if (desc->indices.id) {
        const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, desc->indices.id);
        if (!b)
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.indices",
                                          desc->indices.id);
        W3DI_GPU_CHECK(b->use & W3D_GPU_USE_INDEX, W3D_ERR_ARGUMENT, "desc.indices",
                       "the buffer was not made for this use");
        W3DI_GPU_CHECK((uint64_t)desc->first * index_size + (uint64_t)desc->count * index_size <=
                           b->size,
                       W3D_ERR_RANGE, "desc.first, count", "reach over the index buffer's end");
    }
    W3DI_GPU_CHECK((uint64_t)desc->first + desc->count <= UINT32_MAX, W3D_ERR_RANGE,
                   "desc.first, count", "make more than 32 bits");
    W3DI_GPU_CHECK(!desc->base_vertex ||
                       (desc->indices.id && (!w3di_gpu_known(gpu) || gpu->caps.base_vertex)),
                   W3D_ERR_UNSUPPORTED, "desc.base_vertex",
                   "this device adds none: add it to the indices, or give offsets");
    made.arena[0] = desc->indices.id;
    made.arena[1] = (uint32_t)desc->index_format;
    made.arena[2] = buffers;
    made.hash = (uint32_t)w3d_hash_bytes(made.arena, sizeof made.arena, 0);
    made.first = desc->first;
    made.count = desc->count;
    made.base_vertex = desc->base_vertex;
    uint32_t words = 5 + 2 * buffers, at = gpu->word_count, blob = gpu->blob_size;
    w3di_gpu_record *record = w3di_gpu_slot_take(gpu, W3D_GPU_KIND_MESH, &slot);
    if (!record || !w3di_gpu_reserve(gpu, words, 0)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_MESH_CREATE, words);
    w[1] = w3di_gpu_id(record, slot);
    w[2] = desc->indices.id;
    w[3] = (uint32_t)desc->index_format;
    w[4] = buffers;
    w3d_copy(w + 5, made.arena + 3, 8 * (size_t)buffers);
    if (!w3di_gpu_keep(gpu, record, at, blob)) return w3di_gpu_refuse_memory(gpu, call);
    made.record = *record;
    *(w3di_gpu_mesh *)(void *)record = made;
    mesh->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_MESH, slot, NULL);
    return W3D_OK;
}

/* ---- objects: rows of one table; row 0 is always there, and zero ---- */

W3D_API w3d_result w3d_gpu_objects_create(w3d_gpu *gpu, uint32_t count, w3d_gpu_object *first)
{
    static const char call[] = "w3d_gpu_objects_create";
    if (!gpu || !first) return W3D_ERR_ARGUMENT;
    w3di_gpu_slots *slots = &gpu->slots[W3D_GPU_KIND_OBJECT];
    uint32_t next = slots->count ? slots->count : 1, slot;
    W3DI_GPU_CHECK(count && count <= gpu->desc.max_objects, W3D_ERR_LIMIT, "count",
                   "is 1 to the desc's max_objects");
    if (count == 1 && slots->free_head)
        next = slots->free_head;
    else
        W3DI_GPU_CHECK(next + count <= gpu->desc.max_objects, W3D_ERR_LIMIT, "count",
                       "goes beyond the desc's max_objects");
    void *records = slots->records;
    W3DI_GPU_CHECK(!w3di_gpu_known(gpu) || !gpu->caps.max_object_rows ||
                       next + count <= gpu->caps.max_object_rows,
                   W3D_ERR_LIMIT, "count", "is more than this device's table holds: see the caps");
    if (!w3di_gpu_rows(gpu, next + count) ||
        !w3di_gpu_room(gpu, &records, &slots->room, (uint64_t)next + count, slots->record_size))
        return w3di_gpu_refuse_memory(gpu, call);
    slots->records = (uint8_t *)records;
    if (count == 1) {
        w3di_gpu_record *record = w3di_gpu_slot_take(gpu, W3D_GPU_KIND_OBJECT, &slot);
        if (!record) return w3di_gpu_refuse_memory(gpu, call);
        if (record->generation > 1) { /* the one before left its row */
            w3d_fill(gpu->rows + (size_t)slot * gpu->object_size, 0, gpu->object_size);
            gpu->dirty[slot / 32] |= 1u << (slot & 31);
        }
        first->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_OBJECT, slot, NULL);
        return W3D_OK;
    }
    if (!slots->count) w3d_fill(slots->records, 0, slots->record_size);
    for (uint32_t i = next; i < next + count; i++) {
        w3di_gpu_record *record =
            (w3di_gpu_record *)(void *)(slots->records + (size_t)i * slots->record_size);
        w3d_fill(record, 0, slots->record_size);
        record->generation = 1;
        record->live = 1;
    }
    slots->count = next + count;
    slots->live += count;
    first->id = 1u << W3DI_GPU_SLOT_BITS | next;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_object_create(w3d_gpu *gpu, w3d_gpu_object *object)
{
    return w3d_gpu_objects_create(gpu, 1, object);
}

W3D_API w3d_result w3d_gpu_objects_set(w3d_gpu *gpu, w3d_gpu_object first, uint32_t count,
                                       const void *data, uint32_t stride)
{
    static const char call[] = "w3d_gpu_objects_set";
    if (!gpu || !data) return W3D_ERR_ARGUMENT;
    uint32_t row = first.id & W3DI_GPU_SLOT_MASK,
             size = stride < gpu->object_size ? stride : gpu->object_size;
    if (!w3di_gpu_find(gpu, W3D_GPU_KIND_OBJECT, first.id))
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_OBJECT, call, "first", first.id);
    W3DI_GPU_CHECK(stride, W3D_ERR_ARGUMENT, "stride", "is at least the bytes that are set");
    for (uint32_t i = 0; i < count; i++) {
        W3DI_GPU_CHECK(row + i < gpu->slots[W3D_GPU_KIND_OBJECT].count &&
                           w3di_gpu_slot(gpu, W3D_GPU_KIND_OBJECT, row + i)->live,
                       W3D_ERR_RANGE, "count", "goes beyond the objects that were made together");
    }
    for (uint32_t i = 0; i < count; i++) {
        w3d_copy(gpu->rows + (size_t)(row + i) * gpu->object_size,
                 (const uint8_t *)data + (size_t)i * stride, size);
        gpu->dirty[(row + i) / 32] |= 1u << ((row + i) & 31);
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_object_set(w3d_gpu *gpu, w3d_gpu_object object, const void *data,
                                      uint32_t size)
{
    static const char call[] = "w3d_gpu_object_set";
    if (!gpu || !data) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(size && size <= gpu->object_size, W3D_ERR_RANGE, "size",
                   "is 1 to the object_size the device was made with");
    return w3d_gpu_objects_set(gpu, object, 1, data, size);
}

/* ---- the end of resources ---- */

static w3d_result w3di_gpu_end(w3d_gpu *gpu, uint32_t kind, uint32_t id, const char *call,
                               const char *field)
{
    if (!gpu) return W3D_ERR_ARGUMENT;
    if (!w3di_gpu_find(gpu, kind, id)) return w3di_gpu_refuse_handle(gpu, kind, call, field, id);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, field,
                   "is destroyed outside passes: end the pass first");
    if (kind != W3D_GPU_KIND_OBJECT && !(w3di_gpu_find(gpu, kind, id)->failed & W3DI_GPU_ABSENT)) {
        if (!w3di_gpu_reserve(gpu, 3, 0)) return w3di_gpu_refuse_memory(gpu, call);
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_DESTROY, 3);
        w[1] = kind;
        w[2] = id;
    }
    w3di_gpu_slot_free(gpu, kind, id & W3DI_GPU_SLOT_MASK);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_buffer_destroy(w3d_gpu *gpu, w3d_gpu_buffer buffer)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_BUFFER, buffer.id, "w3d_gpu_buffer_destroy", "buffer");
}
W3D_API w3d_result w3d_gpu_texture_destroy(w3d_gpu *gpu, w3d_gpu_texture texture)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_TEXTURE, texture.id, "w3d_gpu_texture_destroy",
                        "texture");
}
W3D_API w3d_result w3d_gpu_sampler_destroy(w3d_gpu *gpu, w3d_gpu_sampler sampler)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_SAMPLER, sampler.id, "w3d_gpu_sampler_destroy",
                        "sampler");
}
W3D_API w3d_result w3d_gpu_shader_destroy(w3d_gpu *gpu, w3d_gpu_shader shader)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_SHADER, shader.id, "w3d_gpu_shader_destroy", "shader");
}
W3D_API w3d_result w3d_gpu_pipeline_destroy(w3d_gpu *gpu, w3d_gpu_pipeline pipeline)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_PIPELINE, pipeline.id, "w3d_gpu_pipeline_destroy",
                        "pipeline");
}
W3D_API w3d_result w3d_gpu_group_destroy(w3d_gpu *gpu, w3d_gpu_group group)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_GROUP, group.id, "w3d_gpu_group_destroy", "group");
}
W3D_API w3d_result w3d_gpu_mesh_destroy(w3d_gpu *gpu, w3d_gpu_mesh mesh)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_MESH, mesh.id, "w3d_gpu_mesh_destroy", "mesh");
}
W3D_API w3d_result w3d_gpu_object_destroy(w3d_gpu *gpu, w3d_gpu_object object)
{
    return w3di_gpu_end(gpu, W3D_GPU_KIND_OBJECT, object.id, "w3d_gpu_object_destroy", "object");
}
