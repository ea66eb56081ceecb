/* gpu_pass.c - passes: draws are recorded as packets, sorted where that is allowed, and merged into
 * MULTI.
 *
 * A packet is complete in itself, so opaque ones may go in any order: a stable radix sort by
 * pipeline, group and arena puts equal ones side by side, and each run becomes one operation.
 * Whatever changes the state of the pass first lets the packets before it out. */
#include "gpu/gpu_pass.h"
#include "core/bits.h"
#include "gpu/gpu_sort.h"

/* ---- beginning and ending ---- */

/* One target: of the pass's size, and not a place that it has already. */
static w3d_result w3di_gpu_target_check(w3d_gpu *gpu, w3d_gpu_pass *pass, const uint32_t place[3],
                                        const char *call, const char *field,
                                        const w3di_gpu_texture **out)
{
    uint32_t id = place[0], mip = place[1], layer = place[2];
    const w3di_gpu_texture *t = w3di_gpu_texture_of(gpu, id);
    if (!t) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, field, id);
    W3DI_GPU_CHECK(t->use & W3D_GPU_USE_TARGET, W3D_ERR_ARGUMENT, field,
                   "was not made to be drawn to: W3D_GPU_USE_TARGET");
    W3DI_GPU_CHECK(mip < t->mips && layer < t->depth && t->kind != W3D_GPU_3D, W3D_ERR_RANGE, field,
                   "has no such level or layer");
    uint32_t w = w3di_gpu_mip_side(t->width, mip), h = w3di_gpu_mip_side(t->height, mip);
    W3DI_GPU_CHECK(!pass->width || (pass->width == w && pass->height == h), W3D_ERR_ARGUMENT, field,
                   "has another size than the pass's other targets");
    for (uint32_t i = 0; i < pass->target_count; i++)
        W3DI_GPU_CHECK(pass->targets[i] != id || pass->target_places[i] != (mip | layer << 16),
                       W3D_ERR_ARGUMENT, field, "is a target of this pass already");
    pass->target_places[pass->target_count] = mip | layer << 16;
    pass->targets[pass->target_count++] = id;
    pass->width = w;
    pass->height = h;
    *out = t;
    return W3D_OK;
}

static w3d_result w3di_gpu_pass_colors(w3d_gpu *gpu, const w3d_gpu_pass_desc *desc,
                                       w3d_gpu_pass *pass, uint32_t *words, const char *call)
{
    for (uint32_t i = 0; i < pass->color_count; i++) {
        const w3d_gpu_color_target *c = &desc->color[i];
        const w3di_gpu_texture *t, *r;
        uint32_t *w = words + 9 * i;
        W3DI_GPU_CHECK((uint32_t)c->load <= W3D_GPU_LOAD_KEEP &&
                           (uint32_t)c->store <= W3D_GPU_STORE_DISCARD,
                       W3D_ERR_ARGUMENT, "desc.color.load, store", "are none of the enums' values");
        w[4] = (uint32_t)c->load | (uint32_t)c->store << 8;
        w3d_copy(w + 5, c->clear, 16);
        W3DI_GPU_CHECK(w3di_gpu_finite(c->clear, 4), W3D_ERR_RANGE, "desc.color.clear",
                       "is finite");
        if (pass->on_surface) {
            W3DI_GPU_CHECK(!c->resolve.id, W3D_ERR_ARGUMENT, "desc.color.resolve",
                           "the surface resolves itself");
            pass->formats[i] = W3D_GPU_RGBA8;
            continue;
        }
        const uint32_t place[3] = { c->texture.id, c->mip, c->layer },
                       resolve[3] = { c->resolve.id, c->resolve_mip, c->resolve_layer };
        w3d_result result = w3di_gpu_target_check(gpu, pass, place, call, "desc.color.texture", &t);
        if (result) return result;
        W3DI_GPU_CHECK(!w3di_gpu_format_of(t->format)->depth, W3D_ERR_ARGUMENT,
                       "desc.color.texture", "is a depth texture");
        W3DI_GPU_CHECK(!pass->samples || pass->samples == t->samples, W3D_ERR_ARGUMENT,
                       "desc.color.texture",
                       "has another number of samples than the pass's other targets");
        pass->samples = t->samples;
        pass->formats[i] = t->format;
        if (w3di_gpu_format_of(t->format)->integer) w3d_copy(w + 5, c->clear_bits, 16);
        w[0] = c->texture.id;
        w[1] = c->mip | c->layer << 16;
        if (c->resolve.id) {
            result = w3di_gpu_target_check(gpu, pass, resolve, call, "desc.color.resolve", &r);
            if (result) return result;
            W3DI_GPU_CHECK(t->samples == 4 && r->samples == 1 && r->format == t->format,
                           W3D_ERR_ARGUMENT, "desc.color.resolve",
                           "is of one sample and the same format, from a target of four samples");
            w[2] = c->resolve.id;
            w[3] = c->resolve_mip | c->resolve_layer << 16;
        }
    }
    return W3D_OK;
}

static w3d_result w3di_gpu_pass_depth(w3d_gpu *gpu, const w3d_gpu_pass_desc *desc,
                                      w3d_gpu_pass *pass, uint32_t *w, const char *call)
{
    const w3di_gpu_texture *t;
    W3DI_GPU_CHECK((uint32_t)desc->depth.load <= W3D_GPU_LOAD_KEEP &&
                       (uint32_t)desc->depth.store <= W3D_GPU_STORE_DISCARD &&
                       (uint32_t)desc->depth.stencil_load <= W3D_GPU_LOAD_KEEP &&
                       (uint32_t)desc->depth.stencil_store <= W3D_GPU_STORE_DISCARD,
                   W3D_ERR_ARGUMENT, "desc.depth", "load and store are none of the enums' values");
    W3DI_GPU_CHECK(desc->depth.clear <= 1.0f, W3D_ERR_RANGE, "desc.depth.clear", "is at most 1");
    w[13] = (uint32_t)desc->depth.load | (uint32_t)desc->depth.store << 8 |
            (uint32_t)desc->depth.stencil_load << 16 | (uint32_t)desc->depth.stencil_store << 24;
    w[14] = w3d_bits_f32(desc->depth.clear == 0  ? 1.0f
                         : desc->depth.clear < 0 ? 0.0f
                                                 : desc->depth.clear);
    w[15] = desc->depth.clear_stencil & 255;
    if (pass->on_surface) {
        W3DI_GPU_CHECK(!desc->depth.texture.id, W3D_ERR_ARGUMENT, "desc.depth.texture",
                       "the surface has a depth of its own");
        pass->depth_format = gpu->desc.no_surface_depth ? 0 : (uint32_t)gpu->desc.surface_depth;
        return W3D_OK;
    }
    if (!desc->depth.texture.id) return W3D_OK;
    const uint32_t place[3] = { desc->depth.texture.id, desc->depth.mip, desc->depth.layer };
    w3d_result result = w3di_gpu_target_check(gpu, pass, place, call, "desc.depth.texture", &t);
    if (result) return result;
    W3DI_GPU_CHECK(w3di_gpu_format_of(t->format)->depth, W3D_ERR_ARGUMENT, "desc.depth.texture",
                   "is no depth texture");
    W3DI_GPU_CHECK(!pass->samples || pass->samples == t->samples, W3D_ERR_ARGUMENT,
                   "desc.depth.texture", "has another number of samples than the pass's colours");
    pass->samples = t->samples;
    pass->depth_format = t->format;
    w[11] = desc->depth.texture.id;
    w[12] = desc->depth.mip | desc->depth.layer << 16;
    return W3D_OK;
}

static w3d_result w3di_gpu_pass_start(w3d_gpu *gpu, const w3d_gpu_pass_desc *desc)
{
    static const char call[] = "w3d_gpu_pass_begin";
    w3d_gpu_pass *pass = &gpu->pass;
    uint32_t words[16 + 9 * W3D_GPU_MAX_COLORS];
    w3d_gpu_pass made = *pass;
    W3DI_GPU_CHECK(!pass->open, W3D_ERR_ARGUMENT, "desc", "the pass before was not ended");
    w3d_fill(words, 0, sizeof words);
    made.color_count = desc->depth_only ? 0 : desc->color_count ? desc->color_count : 1;
    W3DI_GPU_CHECK(made.color_count <= W3D_GPU_MAX_COLORS, W3D_ERR_ARGUMENT, "desc.color_count",
                   "is at most 4");
    made.on_surface = made.color_count && !desc->color[0].texture.id;
    made.width = made.height = made.samples = made.depth_format = made.query = 0;
    made.target_count = 0;
    if (made.on_surface) {
        W3DI_GPU_CHECK(gpu->desc.width, W3D_ERR_ARGUMENT, "desc.color[0].texture",
                       "there is none, and the device was made without a surface");
        W3DI_GPU_CHECK(made.color_count == 1, W3D_ERR_ARGUMENT, "desc.color_count",
                       "the surface is the only colour of its pass");
        made.width = gpu->desc.width;
        made.height = gpu->desc.height;
        made.samples = gpu->desc.samples;
    }
    w3d_result result = w3di_gpu_pass_colors(gpu, desc, &made, words + 16, call);
    if (!result) result = w3di_gpu_pass_depth(gpu, desc, &made, words, call);
    if (result) return result;
    W3DI_GPU_CHECK(made.width, W3D_ERR_ARGUMENT, "desc.depth.texture",
                   "a pass of depth only wants a depth texture");
    W3DI_GPU_CHECK(!desc->constants_size || desc->constants, W3D_ERR_ARGUMENT, "desc.constants",
                   "is null, its size is not");
    W3DI_GPU_CHECK(desc->constants_size <= 16384, W3D_ERR_LIMIT, "desc.constants_size",
                   "is at most 16384");
    uint32_t count = 16 + 9 * made.color_count, label = w3di_gpu_label_size(desc->label);
    if (!w3di_gpu_reserve(gpu, count,
                          w3di_gpu_blob_bytes(label) + w3di_gpu_blob_bytes(desc->constants_size)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_PASS_BEGIN, count);
    w3d_copy(w + 1, words + 1, (size_t)(count - 1) * 4);
    w[1] = made.color_count;
    w[2] = made.on_surface;
    w[3] = made.width;
    w[4] = made.height;
    w[5] = made.samples;
    w3di_gpu_blob_text(gpu, w + 6, (const char *)desc->constants, desc->constants_size);
    w[8] = desc->time_id;
    w3di_gpu_blob_text(gpu, w + 9, desc->label, label);
    *pass = made;
    pass->gpu = gpu;
    pass->open = 1;
    pass->sort = desc->sort != 0;
    pass->labels = gpu->labels;
    pass->constants_size = desc->constants_size;
    pass->packet_count = 0;
    w3d_fill(pass->instance_buffers, 0, sizeof pass->instance_buffers);
    w3d_fill(pass->instance_offsets, 0, sizeof pass->instance_offsets);
    gpu->surface_used |= made.on_surface;
    gpu->counting.passes++;
    return W3D_OK;
}

W3D_API w3d_gpu_pass *w3d_gpu_pass_begin(w3d_gpu *gpu, const w3d_gpu_pass_desc *desc)
{
    if (!gpu || !desc || w3di_gpu_pass_start(gpu, desc)) return NULL;
    return &gpu->pass;
}

W3D_API w3d_result w3d_gpu_pass_end(w3d_gpu_pass *pass)
{
    static const char call[] = "w3d_gpu_pass_end";
    if (!pass) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(pass->open, W3D_ERR_ARGUMENT, "pass", "was ended already");
    W3DI_GPU_CHECK(!pass->query, W3D_ERR_ARGUMENT, "pass", "a query was begun in it and not ended");
    W3DI_GPU_CHECK(gpu->labels == pass->labels, W3D_ERR_ARGUMENT, "pass",
                   "a label was pushed in it and not popped");
    w3d_result result = w3di_gpu_flush(gpu);
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, 1, 0)) return w3di_gpu_refuse_memory(gpu, call);
    w3di_gpu_begin(gpu, W3D_GPU_OP_PASS_END, 1);
    pass->open = 0;
    return W3D_OK;
}

/* ---- draws ---- */

/* What a group binds is there, and nothing that the open pass draws to. */
static w3d_result w3di_gpu_group_check(w3d_gpu *gpu, const w3di_gpu_group *g, const char *call)
{
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t kind = g->layout[i].kind == W3D_GPU_BIND_TEXTURE   ? W3D_GPU_KIND_TEXTURE
                        : g->layout[i].kind == W3D_GPU_BIND_SAMPLER ? W3D_GPU_KIND_SAMPLER
                                                                    : W3D_GPU_KIND_BUFFER;
        if (!w3di_gpu_find(gpu, kind, g->handles[i]))
            return w3di_gpu_refuse_handle(gpu, kind, call, "desc.group", g->handles[i]);
        if (!gpu->pass.open || kind != W3D_GPU_KIND_TEXTURE) continue;
        for (uint32_t k = 0; k < gpu->pass.target_count; k++)
            W3DI_GPU_CHECK(gpu->pass.targets[k] != g->handles[i], W3D_ERR_ARGUMENT, "desc.group",
                           "binds a texture that this pass draws to");
    }
    return W3D_OK;
}

/* The pipeline if the draw may be made; *result tells why not, OK for one to be skipped. */
static const w3di_gpu_pipeline *w3di_gpu_draw_pipeline(w3d_gpu_pass *pass,
                                                       w3d_gpu_pipeline pipeline,
                                                       w3d_gpu_group group, w3d_result *result,
                                                       const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    const w3di_gpu_pipeline *p = w3di_gpu_pipeline_of(gpu, pipeline.id);
    const char *why = NULL, *field = "desc.pipeline";
    *result = W3D_ERR_ARGUMENT;
    if (!pass->open) {
        w3di_gpu_refuse(gpu, *result, call, "pass", "was ended already");
        return NULL;
    }
    if (!p) {
        *result = w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_PIPELINE, call, field, pipeline.id);
        return NULL;
    }
    if (p->compute)
        why = "is a compute pipeline";
    else if (p->color_count != pass->color_count ||
             !w3d_equal(p->formats, pass->formats, 4 * (size_t)p->color_count))
        why = "was made for other colour formats than the pass has";
    else if (p->depth_format != pass->depth_format)
        why = "was made for another depth format than the pass has";
    else if (p->samples != pass->samples)
        why = "was made for another number of samples than the pass has";
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, p->shader.id);
    if (!why && !shader) why = "its shader was destroyed";
    if (!why && shader->frame_size > pass->constants_size) {
        field = "desc.pipeline";
        why = "its shader reads more frame constants than the pass was given: desc.constants";
    }
    const w3di_gpu_group *g = w3di_gpu_group_of(gpu, group.id);
    if (!why && group.id && !g) {
        *result = w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_GROUP, call, "desc.group", group.id);
        return NULL;
    }
    if (!why && (g ? g->count : 0) != shader->binding_count) {
        field = "desc.group";
        why = g ? "fills other bindings than the pipeline's shader has"
                : "there is none, and the pipeline's shader has bindings";
    }
    if (!why && g && !w3d_equal(g->layout, shader->bindings, sizeof *g->layout * g->count)) {
        field = "desc.group";
        why = "fills other bindings than the pipeline's shader has";
    }
    if (!why && g && (*result = w3di_gpu_group_check(gpu, g, call)) != W3D_OK) return NULL;
    *result = W3D_ERR_ARGUMENT;
    if (why) {
        w3di_gpu_refuse(gpu, *result, call, field, why);
        return NULL;
    }
    *result = W3D_OK;
    if (!w3d_gpu_pipeline_ready(gpu, pipeline)) {
        gpu->counting.draws_skipped++;
        return NULL;
    }
    return p;
}

static w3d_result w3di_gpu_draw_mesh(w3d_gpu_pass *pass, const w3di_gpu_pipeline *p,
                                     w3d_gpu_mesh mesh, const w3di_gpu_mesh **out, const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    const w3di_gpu_mesh *m = w3di_gpu_mesh_of(gpu, mesh.id);
    *out = m;
    if (mesh.id && !m)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_MESH, call, "desc.mesh", mesh.id);
    if (m && m->arena[0]) {
        if (!w3di_gpu_buffer_of(gpu, m->arena[0]))
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.mesh", m->arena[0]);
        W3DI_GPU_CHECK(!p->strip || p->index_strip == m->arena[1], W3D_ERR_ARGUMENT, "desc.mesh",
                       "its index format is not the pipeline's strip_index");
    }
    for (uint32_t i = 0; i < W3D_GPU_MAX_VERTEX_BUFFERS; i++) {
        uint32_t own = m ? m->arena[3 + 2 * i] : 0;
        if (own && !w3di_gpu_buffer_of(gpu, own))
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.mesh", own);
        W3DI_GPU_CHECK(i >= p->buffer_count || !p->reach[i] || own || pass->instance_buffers[i],
                       W3D_ERR_ARGUMENT, "desc.mesh",
                       "has no vertex buffer where the pipeline has one");
    }
    return W3D_OK;
}

/* Vertices 0 to `vertices` and instances 0 to `instances` lie in their buffers; of indexed draws
 * (and those whose counts the device reads) only the instances are known. */
static w3d_result w3di_gpu_draw_reach(w3d_gpu_pass *pass, const w3di_gpu_pipeline *p,
                                      const w3di_gpu_mesh *m, uint64_t vertices, uint64_t instances,
                                      const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    for (uint32_t i = 0; i < p->buffer_count; i++) {
        int per_instance = (int)(p->per_instance >> i & 1);
        uint64_t count = per_instance ? instances : vertices;
        if (!p->reach[i] || !count) continue;
        uint32_t id = pass->instance_buffers[i],
                 offset = id ? pass->instance_offsets[i] : m->arena[4 + 2 * i];
        const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, id ? id : m->arena[3 + 2 * i]);
        W3DI_GPU_CHECK(b && offset + (count - 1) * p->strides[i] + p->reach[i] <= b->size,
                       W3D_ERR_RANGE, per_instance ? "desc.instances" : "desc.first, count",
                       "reach over a vertex buffer's end");
    }
    return W3D_OK;
}

static w3d_result w3di_gpu_packet_add(w3d_gpu_pass *pass, const w3di_gpu_shader *shader,
                                      const w3d_gpu_packet *packet, const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    void *packets = pass->packets;
    if ((shader->object_size && !w3di_gpu_rows(gpu, 1)) || /* row 0 is always there */
        !w3di_gpu_room(gpu, &packets, &pass->packet_room, (uint64_t)pass->packet_count + 1,
                       sizeof *pass->packets))
        return w3di_gpu_refuse_memory(gpu, call);
    pass->packets = (w3d_gpu_packet *)packets;
    pass->packets[pass->packet_count++] = *packet;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_draw(w3d_gpu_pass *pass, const w3d_gpu_draw_desc *desc)
{
    static const char call[] = "w3d_gpu_draw";
    const w3di_gpu_mesh *mesh;
    w3d_result result;
    if (!pass || !desc) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    gpu->counting.draws_asked++;
    const w3di_gpu_pipeline *p =
        w3di_gpu_draw_pipeline(pass, desc->pipeline, desc->group, &result, call);
    if (!p) return result;
    if ((result = w3di_gpu_draw_mesh(pass, p, desc->mesh, &mesh, call)) != W3D_OK) return result;
    uint32_t row = desc->object.id & W3DI_GPU_SLOT_MASK,
             instances = desc->instances ? desc->instances : 1;
    if (desc->object.id && !w3di_gpu_find(gpu, W3D_GPU_KIND_OBJECT, desc->object.id))
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_OBJECT, call, "desc.object",
                                      desc->object.id);
    W3DI_GPU_CHECK(!p->per_instance || !row, W3D_ERR_ARGUMENT, "desc.object",
                   "a pipeline with vertex buffers per instance is drawn without an object: WebGPU "
                   "would count its instances from the object's row");
    W3DI_GPU_CHECK(instances < 1u << 24, W3D_ERR_LIMIT, "desc.instances", "are below 16777216");
    uint32_t available = mesh ? mesh->count : UINT32_MAX,
             count = desc->count ? desc->count
                     : mesh      ? (desc->first < available ? available - desc->first : 0)
                                 : 0;
    W3DI_GPU_CHECK(desc->first <= available && count <= available - desc->first, W3D_ERR_RANGE,
                   "desc.first, count", "reach over the mesh's end");
    W3DI_GPU_CHECK(count, W3D_ERR_ARGUMENT, "desc.count",
                   mesh ? "is 0, and so is what the mesh has from desc.first on"
                        : "is wanted where there is no mesh");
    uint32_t indexed = mesh && mesh->arena[0], first = desc->first + (mesh ? mesh->first : 0);
    if (p->buffer_count &&
        (result = w3di_gpu_draw_reach(pass, p, mesh, indexed ? 0 : (uint64_t)first + count,
                                      instances, call)) != W3D_OK)
        return result;
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, p->shader.id);
    W3DI_GPU_CHECK(!shader->object_size || !row ||
                       (row + instances <= gpu->slots[W3D_GPU_KIND_OBJECT].count),
                   W3D_ERR_RANGE, "desc.instances", "go beyond the objects there are");
    w3d_gpu_packet packet;
    packet.pipeline = desc->pipeline.id;
    packet.group = desc->group.id;
    packet.mesh = desc->mesh.id;
    packet.object = row;
    packet.count = count;
    packet.first = first;
    packet.base_vertex = mesh ? mesh->base_vertex : 0;
    packet.instances = instances | indexed << 31;
    return w3di_gpu_packet_add(pass, shader, &packet, call);
}

/* A draw whose numbers were read from a buffer's copy. */
static w3d_result w3di_gpu_indirect_check(w3d_gpu_pass *pass, const w3di_gpu_pipeline *p,
                                          const w3di_gpu_mesh *mesh, const w3d_gpu_packet *packet,
                                          const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    uint32_t indexed = packet->instances >> 31, instances = packet->instances & 0x7FFFFFFFu;
    uint64_t end = (uint64_t)packet->first + packet->count;
    W3DI_GPU_CHECK(!packet->base_vertex || gpu->caps.base_vertex, W3D_ERR_UNSUPPORTED,
                   "desc.buffer", "asks for a base vertex, which this device does not have");
    W3DI_GPU_CHECK(instances < 1u << 24, W3D_ERR_LIMIT, "desc.buffer",
                   "asks for 16777216 instances or more");
    W3DI_GPU_CHECK(!packet->object ||
                       packet->object + instances <= gpu->slots[W3D_GPU_KIND_OBJECT].count,
                   W3D_ERR_RANGE, "desc.buffer", "asks for instances beyond the objects there are");
    if (indexed) {
        const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, mesh->arena[0]);
        W3DI_GPU_CHECK(b && end * (mesh->arena[1] == W3D_GPU_INDEX_U16 ? 2 : 4) <= b->size,
                       W3D_ERR_RANGE, "desc.buffer", "asks for indices beyond the mesh's buffer");
    }
    W3DI_GPU_CHECK(end <= UINT32_MAX, W3D_ERR_RANGE, "desc.buffer",
                   "asks for vertices beyond 32 bits");
    return p->buffer_count ? w3di_gpu_draw_reach(pass, p, mesh, indexed ? 0 : end, instances, call)
                           : W3D_OK;
}

W3D_API w3d_result w3d_gpu_draw_indirect(w3d_gpu_pass *pass, const w3d_gpu_indirect_desc *desc)
{
    static const char call[] = "w3d_gpu_draw_indirect";
    const w3di_gpu_mesh *mesh;
    w3d_result result;
    if (!pass || !desc) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    gpu->counting.draws_asked++;
    const w3di_gpu_pipeline *p =
        w3di_gpu_draw_pipeline(pass, desc->pipeline, desc->group, &result, call);
    if (!p) return result;
    if ((result = w3di_gpu_draw_mesh(pass, p, desc->mesh, &mesh, call)) != W3D_OK) return result;
    const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, desc->buffer.id);
    if (!b)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.buffer",
                                      desc->buffer.id);
    uint32_t indexed = mesh && mesh->arena[0], size = indexed ? 20 : 16,
             draws = desc->draws ? desc->draws : 1, stride = desc->stride ? desc->stride : size;
    W3DI_GPU_CHECK(b->use & W3D_GPU_USE_INDIRECT, W3D_ERR_ARGUMENT, "desc.buffer",
                   "was not made for this use");
    W3DI_GPU_CHECK(desc->offset % 4 == 0 && stride % 4 == 0 && stride >= size &&
                       (uint64_t)desc->offset + (uint64_t)(draws - 1) * stride + size <= b->size,
                   W3D_ERR_RANGE, "desc.offset, draws, stride",
                   "reach over the buffer's end, or are no multiples of 4");
    W3DI_GPU_CHECK(gpu->caps.indirect || b->copy, W3D_ERR_UNSUPPORTED, "desc.buffer",
                   "this device draws nothing indirectly, and the buffer has no copy to read the "
                   "counts from: policy KEEP_COPY");
    uint32_t row = desc->object.id & W3DI_GPU_SLOT_MASK;
    if (desc->object.id && !w3di_gpu_find(gpu, W3D_GPU_KIND_OBJECT, desc->object.id))
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_OBJECT, call, "desc.object",
                                      desc->object.id);
    W3DI_GPU_CHECK(!p->per_instance || !row, W3D_ERR_ARGUMENT, "desc.object",
                   "a pipeline with vertex buffers per instance is drawn without an object: WebGPU "
                   "would count its instances from the object's row");
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, p->shader.id);
    if (shader->object_size && !w3di_gpu_rows(gpu, 1)) return w3di_gpu_refuse_memory(gpu, call);
    if (!gpu->caps.indirect) { /* read here what the device cannot */
        uint32_t before = pass->packet_count;
        for (uint32_t i = 0; i < draws; i++) {
            uint32_t words[5];
            w3d_gpu_packet packet;
            w3d_copy(words, b->copy + desc->offset + (size_t)i * stride, size);
            if (!words[0] || !words[1]) continue;
            packet.pipeline = desc->pipeline.id;
            packet.group = desc->group.id;
            packet.mesh = desc->mesh.id;
            packet.object = row;
            packet.count = words[0];
            packet.first = words[2];
            packet.base_vertex = indexed ? (int32_t)words[3] : 0;
            packet.instances = words[1] | indexed << 31;
            result = w3di_gpu_indirect_check(pass, p, mesh, &packet, call);
            if (!result) result = w3di_gpu_packet_add(pass, shader, &packet, call);
            if (result) {
                pass->packet_count = before;
                return result;
            }
        }
        return W3D_OK;
    }
    if ((result = w3di_gpu_flush(gpu)) != W3D_OK) return result;
    if (!w3di_gpu_reserve(gpu, 10, 0)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t fields[] = { desc->pipeline.id, desc->group.id, desc->mesh.id, row,    desc->buffer.id,
                          desc->offset,      draws,          stride,        indexed };
    w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_DRAW_INDIRECT, 10) + 1, fields, sizeof fields);
    gpu->counting.draws_issued++;
    return W3D_OK;
}

/* ---- state of a pass ---- */

/* Lets the packets out and writes an operation of some words. */
static w3d_result w3di_gpu_state(w3d_gpu_pass *pass, uint32_t op, const void *words, uint32_t count,
                                 const char *call)
{
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(pass->open, W3D_ERR_ARGUMENT, "pass", "was ended already");
    w3d_result result = w3di_gpu_flush(gpu);
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, count + 1, 0)) return w3di_gpu_refuse_memory(gpu, call);
    w3d_copy(w3di_gpu_begin(gpu, op, count + 1) + 1, words, (size_t)count * 4);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_viewport(w3d_gpu_pass *pass, const float rectangle[4], float min_depth,
                                    float max_depth)
{
    static const char call[] = "w3d_gpu_viewport";
    if (!pass || !rectangle) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    float words[6] = {
        rectangle[0], rectangle[1], rectangle[2], rectangle[3], min_depth, max_depth
    };
    W3DI_GPU_CHECK(rectangle[0] >= 0 && rectangle[1] >= 0 && rectangle[2] > 0 && rectangle[3] > 0 &&
                       rectangle[0] + rectangle[2] <= (float)pass->width &&
                       rectangle[1] + rectangle[3] <= (float)pass->height,
                   W3D_ERR_RANGE, "rectangle", "is x, y, width, height within the targets");
    W3DI_GPU_CHECK(min_depth >= 0 && max_depth <= 1 && min_depth <= max_depth, W3D_ERR_RANGE,
                   "min_depth, max_depth", "are 0 to 1, in order");
    return w3di_gpu_state(pass, W3D_GPU_OP_VIEWPORT, words, 6, call);
}

W3D_API w3d_result w3d_gpu_scissor(w3d_gpu_pass *pass, const uint32_t rectangle[4])
{
    static const char call[] = "w3d_gpu_scissor";
    if (!pass || !rectangle) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(rectangle[0] <= pass->width && rectangle[1] <= pass->height &&
                       rectangle[2] <= pass->width - rectangle[0] &&
                       rectangle[3] <= pass->height - rectangle[1],
                   W3D_ERR_RANGE, "rectangle", "is x, y, width, height within the targets");
    return w3di_gpu_state(pass, W3D_GPU_OP_SCISSOR, rectangle, 4, call);
}

W3D_API w3d_result w3d_gpu_stencil_reference(w3d_gpu_pass *pass, uint32_t value)
{
    value &= 255;
    return pass ? w3di_gpu_state(pass, W3D_GPU_OP_STENCIL_REF, &value, 1,
                                 "w3d_gpu_stencil_reference")
                : W3D_ERR_ARGUMENT;
}

W3D_API w3d_result w3d_gpu_blend_constant(w3d_gpu_pass *pass, const float color[4])
{
    static const char call[] = "w3d_gpu_blend_constant";
    if (!pass || !color) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(w3di_gpu_finite(color, 4), W3D_ERR_RANGE, "color", "is finite");
    return w3di_gpu_state(pass, W3D_GPU_OP_BLEND_CONSTANT, color, 4, call);
}

W3D_API w3d_result w3d_gpu_constants(w3d_gpu_pass *pass, const void *data, uint32_t size)
{
    static const char call[] = "w3d_gpu_constants";
    uint32_t words[2] = { 0, 0 };
    if (!pass || !data) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(pass->open, W3D_ERR_ARGUMENT, "pass", "was ended already");
    W3DI_GPU_CHECK(size && size <= 16384, W3D_ERR_RANGE, "size", "is 1 to 16384");
    w3d_result result = w3di_gpu_flush(gpu);
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, 3, w3di_gpu_blob_bytes(size)))
        return w3di_gpu_refuse_memory(gpu, call);
    w3di_gpu_blob(gpu, words, data, size);
    pass->constants_size = size;
    return w3di_gpu_state(pass, W3D_GPU_OP_CONSTANTS, words, 2, call);
}

W3D_API w3d_result w3d_gpu_instance_buffer(w3d_gpu_pass *pass, uint32_t slot, w3d_gpu_buffer buffer,
                                           uint32_t offset)
{
    static const char call[] = "w3d_gpu_instance_buffer";
    if (!pass) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, buffer.id);
    W3DI_GPU_CHECK(slot < W3D_GPU_MAX_VERTEX_BUFFERS, W3D_ERR_RANGE, "slot", "is 0 to 3");
    if (buffer.id && !b)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "buffer", buffer.id);
    W3DI_GPU_CHECK(!b || ((b->use & W3D_GPU_USE_VERTEX) && offset % 4 == 0 && offset < b->size),
                   W3D_ERR_ARGUMENT, "buffer, offset",
                   "was not made for vertices, or the offset is outside it or no multiple of 4");
    uint32_t words[3] = { slot, buffer.id, offset };
    w3d_result result = w3di_gpu_state(pass, W3D_GPU_OP_INSTANCE_BUFFER, words, 3, call);
    if (!result) {
        pass->instance_buffers[slot] = buffer.id;
        pass->instance_offsets[slot] = offset;
    }
    return result;
}

W3D_API w3d_result w3d_gpu_query_begin(w3d_gpu_pass *pass, uint32_t id)
{
    static const char call[] = "w3d_gpu_query_begin";
    if (!pass) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(id && !pass->query, W3D_ERR_ARGUMENT, "id", "is not 0, and queries do not nest");
    W3DI_GPU_CHECK(gpu->caps.occlusion, W3D_ERR_UNSUPPORTED, "pass",
                   "this device has no occlusion queries: see the caps");
    w3d_result result = w3di_gpu_state(pass, W3D_GPU_OP_QUERY_BEGIN, &id, 1, call);
    if (!result) pass->query = id;
    return result;
}

W3D_API w3d_result w3d_gpu_query_end(w3d_gpu_pass *pass)
{
    static const char call[] = "w3d_gpu_query_end";
    if (!pass) return W3D_ERR_ARGUMENT;
    w3d_gpu *gpu = pass->gpu;
    W3DI_GPU_CHECK(pass->query, W3D_ERR_ARGUMENT, "pass", "no query was begun");
    w3d_result result = w3di_gpu_state(pass, W3D_GPU_OP_QUERY_END, NULL, 0, call);
    if (!result) pass->query = 0;
    return result;
}

W3D_API w3d_result w3d_gpu_label_push(w3d_gpu *gpu, const char *text)
{
    static const char call[] = "w3d_gpu_label_push";
    if (!gpu || !text) return W3D_ERR_ARGUMENT;
    uint32_t size = w3di_gpu_label_size(text);
    w3d_result result = w3di_gpu_flush(gpu);
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, 3, w3di_gpu_blob_bytes(size)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_LABEL_PUSH, 3);
    w3di_gpu_blob_text(gpu, w + 1, text, size);
    gpu->labels++;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_label_pop(w3d_gpu *gpu)
{
    static const char call[] = "w3d_gpu_label_pop";
    if (!gpu) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(gpu->labels > (gpu->pass.open ? gpu->pass.labels : 0), W3D_ERR_ARGUMENT, "",
                   gpu->pass.open ? "no label was pushed in this pass" : "no label was pushed");
    w3d_result result = w3di_gpu_flush(gpu);
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, 1, 0)) return w3di_gpu_refuse_memory(gpu, call);
    w3di_gpu_begin(gpu, W3D_GPU_OP_LABEL_POP, 1);
    gpu->labels--;
    return W3D_OK;
}

/* ---- compute ---- */

W3D_API w3d_result w3d_gpu_dispatch(w3d_gpu *gpu, const w3d_gpu_dispatch_desc *desc)
{
    static const char call[] = "w3d_gpu_dispatch";
    if (!gpu || !desc) return W3D_ERR_ARGUMENT;
    const w3di_gpu_pipeline *p = w3di_gpu_pipeline_of(gpu, desc->pipeline.id);
    if (!p)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_PIPELINE, call, "desc.pipeline",
                                      desc->pipeline.id);
    W3DI_GPU_CHECK(p->compute, W3D_ERR_ARGUMENT, "desc.pipeline", "is no compute pipeline");
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "compute runs outside passes: end the pass first");
    W3DI_GPU_CHECK(!w3di_gpu_known(gpu) || gpu->caps.compute, W3D_ERR_UNSUPPORTED, "desc.pipeline",
                   "this device has no compute: see the caps");
    const w3di_gpu_shader *shader = w3di_gpu_shader_of(gpu, p->shader.id);
    W3DI_GPU_CHECK(shader, W3D_ERR_STALE, "desc.pipeline", "its shader was destroyed");
    const w3di_gpu_group *g = w3di_gpu_group_of(gpu, desc->group.id);
    if (!g && (desc->group.id || shader->binding_count))
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_GROUP, call, "desc.group", desc->group.id);
    W3DI_GPU_CHECK((g ? g->count : 0) == shader->binding_count &&
                       (!g || w3d_equal(g->layout, shader->bindings, sizeof *g->layout * g->count)),
                   W3D_ERR_ARGUMENT, "desc.group",
                   "fills other bindings than the pipeline's shader has");
    if (g) {
        w3d_result result = w3di_gpu_group_check(gpu, g, call);
        if (result) return result;
    }
    gpu->counting.dispatches++;
    if (!w3d_gpu_pipeline_ready(gpu, desc->pipeline)) {
        gpu->counting.draws_skipped++;
        return W3D_OK;
    }
    if (!w3di_gpu_reserve(gpu, 6, 0)) return w3di_gpu_refuse_memory(gpu, call);
    if (desc->indirect.id) {
        const w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, desc->indirect.id);
        if (!b)
            return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "desc.indirect",
                                          desc->indirect.id);
        W3DI_GPU_CHECK(
            (b->use & W3D_GPU_USE_INDIRECT) && desc->offset % 4 == 0 && b->size >= 12 &&
                desc->offset <= b->size - 12,
            W3D_ERR_RANGE, "desc.indirect, offset",
            "was not made for this use, or the offset is outside it or no multiple of 4");
        uint32_t fields[] = { desc->pipeline.id, desc->group.id, desc->indirect.id, desc->offset };
        w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_DISPATCH_INDIRECT, 5) + 1, fields, sizeof fields);
        return W3D_OK;
    }
    uint32_t fields[] = { desc->pipeline.id, desc->group.id, desc->x ? desc->x : 1,
                          desc->y ? desc->y : 1, desc->z ? desc->z : 1 };
    W3DI_GPU_CHECK(fields[2] <= 65535 && fields[3] <= 65535 && fields[4] <= 65535, W3D_ERR_LIMIT,
                   "desc.x, y, z", "are at most 65535");
    w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_DISPATCH, 6) + 1, fields, sizeof fields);
    return W3D_OK;
}
