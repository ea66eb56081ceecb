/* gpu_soft.c - executes streams on the processor: passes, draws, compute, and the device's life.
 *
 * The parts are in private headers: resources, pipelines (what is made outside passes); vertices,
 * raster, output, texture (what a draw goes through, in this order). */
#include "gpu/gpu_soft.h"

#include "core/math.h"
#include "sync/thread.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

#include "gpu/gpu_soft_pipeline.h"
#include "gpu/gpu_soft_vertex.h"

/* ---- the beginning and the end of passes ---- */

static void w3di_gpu_soft_target_set(w3di_gpu_soft_target *target, w3di_gpu_soft_texture *texture,
                                     uint32_t mip_layer)
{
    uint32_t mip = mip_layer & 0xFFFF, layer = mip_layer >> 16;
    w3d_fill(target, 0, sizeof *target);
    if (!texture || mip >= texture->mips || layer >= texture->levels[mip].depth) return;
    const w3di_gpu_soft_level *level = &texture->levels[mip];
    target->texture = texture;
    target->format = texture->format;
    target->bytes = level->bytes + layer * level->slice;
    if (level->stencil) target->stencil = level->stencil + layer * level->slice / 4;
    target->pitch = level->pitch;
    target->plane = level->plane;
}

/* Fills a target's samples with one texel. */
static void w3di_gpu_soft_fill(const w3di_gpu_soft_target *target, uint32_t width, uint32_t height,
                               uint32_t samples, const uint8_t *texel)
{
    uint32_t size = target->texture->bytes_per_pixel;
    for (uint32_t s = 0; s < samples; s++) {
        uint8_t *first = target->bytes + s * target->plane;
        for (uint32_t x = 0; x < width; x++) w3d_copy(first + (size_t)x * size, texel, size);
        for (uint32_t y = 1; y < height; y++)
            w3d_copy(first + y * target->pitch, first, (size_t)width * size);
    }
}

static void w3di_gpu_soft_clear_color(const w3di_gpu_soft_pass *pass,
                                      const w3di_gpu_soft_target *target, const uint32_t *bits)
{
    uint8_t texel[16];
    int32_t words[4];
    w3d_copy(words, bits, 16);
    w3d_fill(texel, 0, sizeof texel);
    w3di_gpu_soft_put(target->format, target->texture->codes, texel,
                      w3d_f4_bits_i4(w3d_i4_load(words)));
    w3di_gpu_soft_fill(target, pass->width, pass->height, pass->samples, texel);
}

static void w3di_gpu_soft_clear_depth(const w3di_gpu_soft_pass *pass, const uint32_t *w)
{
    const w3di_gpu_soft_target *target = &pass->depth;
    if (!(w[13] & 255)) {
        float depth = w3d_math_clamp(w3d_f32_from_bits(w[14]), 0.0f, 1.0f);
        depth = w3d_f4_x(w3di_gpu_soft_depth_code(target->format, w3d_f4_splat(depth)));
        uint8_t texel[4];
        w3d_copy(texel, &depth, 4);
        w3di_gpu_soft_fill(target, pass->width, pass->height, pass->samples, texel);
    }
    if (target->stencil && !(w[13] >> 16 & 255))
        for (uint32_t s = 0; s < pass->samples; s++)
            for (uint32_t y = 0; y < pass->height; y++)
                w3d_fill(target->stencil + (s * target->plane + y * target->pitch) / 4,
                         (unsigned char)w[15], pass->width);
}

/* Is the target there, and as large and deep in samples as the pass says? */
static int w3di_gpu_soft_fits(const w3di_gpu_soft_target *target, const w3di_gpu_soft_pass *pass,
                              uint32_t mip_layer, uint32_t samples)
{
    if (!target->texture || target->texture->samples != samples) return 0;
    const w3di_gpu_soft_level *level = &target->texture->levels[mip_layer & 0xFFFF];
    return level->width == pass->width && level->height == pass->height;
}

static w3d_result w3di_gpu_soft_pass_begin(w3di_gpu_soft *self, const uint32_t *w,
                                           const uint8_t *blobs)
{
    w3di_gpu_soft_pass *pass = &self->pass;
    w3d_fill(pass, 0, sizeof *pass);
    pass->color_count = w[1] < W3D_GPU_MAX_COLORS ? w[1] : (uint32_t)W3D_GPU_MAX_COLORS;
    pass->on_surface = w[2] & 1;
    pass->width = w[3];
    pass->height = w[4];
    pass->samples = w[5];
    pass->constants = w[7] ? blobs + w[6] : NULL; /* a stream without blobs has none */
    pass->constants_size = w[7];
    pass->time_id = w[8];
    pass->open = 1; /* 0 again below where a target is missing: its draws are left out */
    if (pass->time_id && !(self->desc && self->desc->no_time)) pass->begun = w3d_thread_now();
    for (uint32_t i = 0; i < pass->color_count; i++) {
        const uint32_t *c = w + 16 + 9 * i;
        w3di_gpu_soft_color *color = &pass->colors[i];
        w3di_gpu_soft_target_set(&color->target,
                                 pass->on_surface ? self->surface
                                                  : w3di_gpu_soft_texture_of(self, c[0]),
                                 pass->on_surface ? 0 : c[1]);
        if (!w3di_gpu_soft_fits(&color->target, pass, pass->on_surface ? 0 : c[1], pass->samples))
            pass->open = 0;
        if (pass->on_surface && self->resolved)
            w3di_gpu_soft_target_set(&color->resolve, self->resolved, 0);
        else if (!pass->on_surface && c[2]) {
            w3di_gpu_soft_target_set(&color->resolve, w3di_gpu_soft_texture_of(self, c[2]), c[3]);
            if (!w3di_gpu_soft_fits(&color->resolve, pass, c[3], 1)) pass->open = 0;
        }
    }
    if (pass->on_surface ? self->surface_depth != NULL : w[11] != 0) {
        uint32_t place = pass->on_surface ? 0 : w[12];
        w3di_gpu_soft_target_set(&pass->depth,
                                 pass->on_surface ? self->surface_depth
                                                  : w3di_gpu_soft_texture_of(self, w[11]),
                                 place);
        if (!w3di_gpu_soft_fits(&pass->depth, pass, place, pass->samples)) pass->open = 0;
    }
    pass->viewport.width = (float)pass->width;
    pass->viewport.height = (float)pass->height;
    pass->viewport.max_depth = 1.0f;
    pass->scissor[2] = pass->width;
    pass->scissor[3] = pass->height;
    if (!pass->open) return W3D_OK;
    for (uint32_t i = 0; i < pass->color_count; i++)
        if (!(w[16 + 9 * i + 4] & 255))
            w3di_gpu_soft_clear_color(pass, &pass->colors[i].target, w + 16 + 9 * i + 5);
    if (pass->depth.texture) w3di_gpu_soft_clear_depth(pass, w);
    return W3D_OK;
}

static w3d_result w3di_gpu_soft_pass_end(w3di_gpu_soft *self)
{
    w3di_gpu_soft_pass *pass = &self->pass;
    for (uint32_t i = 0; pass->open && i < pass->color_count; i++)
        if (pass->colors[i].resolve.texture && pass->samples == 4)
            w3di_gpu_soft_resolve(&pass->colors[i].target, &pass->colors[i].resolve, pass->width,
                                  pass->height);
    pass->open = 0;
    if (!pass->time_id) return W3D_OK;
    uint64_t taken = self->desc && self->desc->no_time ? 0 : w3d_thread_now() - pass->begun;
    return w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_TIME, pass->time_id, taken, NULL, 0);
}

/* ---- the surface ---- */

static w3d_result w3di_gpu_soft_surface(w3di_gpu_soft *self, const uint32_t *w)
{
    const w3di_gpu_soft_texture *now = self->surface;
    if (now && now->width == w[1] && now->height == w[2] && now->samples == w[3] &&
        now->format == w[5] && self->surface_depth_format == w[4])
        return W3D_OK;
    w3di_gpu_soft_texture_free(self, self->surface);
    w3di_gpu_soft_texture_free(self, self->resolved);
    w3di_gpu_soft_texture_free(self, self->surface_depth);
    self->surface = self->resolved = self->surface_depth = NULL;
    uint32_t fields[] = { W3D_GPU_2D, w[5], w[1], w[2], 1, 1, w[3] };
    self->surface = w3di_gpu_soft_texture_make(self, 0, fields);
    if (!self->surface) return W3D_ERR_OUT_OF_MEMORY;
    if (w[4]) {
        fields[1] = w[4];
        self->surface_depth = w3di_gpu_soft_texture_make(self, 0, fields);
    }
    if (w[3] > 1) {
        fields[1] = w[5];
        fields[6] = 1;
        self->resolved = w3di_gpu_soft_texture_make(self, 0, fields);
    }
    self->surface_depth_format = w[4];
    if ((!w[4] || self->surface_depth) && (w[3] == 1 || self->resolved)) return W3D_OK;
    w3di_gpu_soft_texture_free(self, self->surface);
    self->surface = NULL; /* made again the next time */
    return W3D_ERR_OUT_OF_MEMORY;
}

/* ---- what a shader sees ---- */

/* Room for the registers of a code; NULL where there is none. */
static w3d_shader_lanes *w3di_gpu_soft_registers(w3di_gpu_soft *self, const w3d_shader_code *code)
{
    uint32_t count = w3d_shader_code_registers(code);
    if (count > self->register_count || !self->registers) {
        size_t size = ((size_t)count + 1) * sizeof(w3d_shader_lanes) + 16;
        uint8_t *block = (uint8_t *)w3d_allocator_resize(&self->allocator, NULL, 0, size);
        if (!block) return NULL;
        w3di_gpu_soft_release(self, self->registers_block,
                              ((size_t)self->register_count + 1) * sizeof(w3d_shader_lanes) + 16);
        w3d_fill(block, 0, size);
        self->registers_block = block;
        self->registers = (w3d_shader_lanes *)(void *)(block + (16 - (uintptr_t)block % 16) % 16);
        self->register_count = count;
    }
    return self->registers;
}

static void w3di_gpu_soft_resources(w3di_gpu_soft *self, uint32_t group_id)
{
    w3d_shader_resources *r = &self->draw->resources;
    const w3di_gpu_soft_group *group =
        (const w3di_gpu_soft_group *)w3di_gpu_soft_find(self, W3D_GPU_KIND_GROUP, group_id);
    w3d_fill(r, 0, sizeof *r);
    r->sample = w3di_gpu_soft_sample;
    r->objects = self->objects;
    r->object_bytes = self->object_rows * self->object_size;
    if (self->pass.open) {
        r->frame = self->pass.constants;
        r->frame_size = self->pass.constants_size;
    }
    for (uint32_t i = 0; group && i < group->count; i++) {
        uint32_t g = group->entries[i].group - 1, at = group->entries[i].binding,
                 handle = group->entries[i].handle;
        if (g > 1 || at >= W3D_GPU_MAX_BINDINGS) continue;
        if (group->entries[i].kind == W3D_GPU_BIND_TEXTURE)
            r->textures[g][at] = w3di_gpu_soft_texture_of(self, handle);
        else if (group->entries[i].kind == W3D_GPU_BIND_SAMPLER)
            r->samplers[g][at] = w3di_gpu_soft_find(self, W3D_GPU_KIND_SAMPLER, handle);
        else {
            const w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, handle);
            if (!buffer || group->entries[i].offset > buffer->size) continue;
            uint32_t rest = buffer->size - group->entries[i].offset;
            r->buffers[g][at].bytes = buffer->bytes + group->entries[i].offset;
            r->buffers[g][at].size = group->entries[i].size < rest ? group->entries[i].size : rest;
        }
    }
}

/* ---- draws ---- */

/* Cuts [*low, *high) to [from, end). */
static void w3di_gpu_soft_limit(int32_t *low, int32_t *high, int32_t from, int32_t end)
{
    if (end < *high) *high = end;
    if (from > *low) *low = from;
    if (*low > *high) *low = *high;
}

static void w3di_gpu_soft_find_area(const w3di_gpu_soft_pass *pass, w3di_soft_raster_area *area)
{
    const w3d_soft_raster_viewport *view = &pass->viewport;
    w3di_soft_raster_set_samples(area, pass->samples);
    area->left = area->top = 0;
    area->right = (int32_t)pass->width;
    area->bottom = (int32_t)pass->height;
    w3di_gpu_soft_limit(&area->left, &area->right, (int32_t)pass->scissor[0],
                        (int32_t)(pass->scissor[0] + pass->scissor[2]));
    w3di_gpu_soft_limit(&area->top, &area->bottom, (int32_t)pass->scissor[1],
                        (int32_t)(pass->scissor[1] + pass->scissor[3]));
    w3di_gpu_soft_limit(&area->left, &area->right, (int32_t)w3d_math_floor(view->x),
                        (int32_t)w3d_math_ceil(view->x + view->width));
    w3di_gpu_soft_limit(&area->top, &area->bottom, (int32_t)w3d_math_floor(view->y),
                        (int32_t)w3d_math_ceil(view->y + view->height));
}

/* Where the vertices of a draw lie. */
static void w3di_gpu_soft_buffers(w3di_gpu_soft *self, const w3di_gpu_soft_mesh *mesh)
{
    for (uint32_t i = 0; i < W3D_GPU_MAX_VERTEX_BUFFERS; i++) {
        uint32_t id = mesh && i < mesh->buffer_count ? mesh->buffers[i] : 0,
                 offset = id ? mesh->offsets[i] : 0;
        if (self->pass.instance_buffers[i]) {
            id = self->pass.instance_buffers[i];
            offset = self->pass.instance_offsets[i];
        }
        const w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, id);
        int there = buffer && offset <= buffer->size;
        self->draw->buffers[i] = there ? buffer->bytes + offset : NULL;
        self->draw->buffer_sizes[i] = there ? buffer->size - offset : 0;
    }
}

/* Readies everything for draws with a pipeline; NULL where there is nothing to draw with or onto. */
static w3di_gpu_soft_draw *w3di_gpu_soft_draw_begin(w3di_gpu_soft *self, const uint32_t *w,
                                                    w3d_result *result)
{
    const w3di_gpu_soft_pipeline *p =
        (const w3di_gpu_soft_pipeline *)w3di_gpu_soft_find(self, W3D_GPU_KIND_PIPELINE, w[1]);
    w3di_gpu_soft_draw *draw = self->draw;
    const w3d_shader_code *fragment;
    *result = W3D_OK;
    if (!self->pass.open || !p || p->refused || p->compute || p->samples != self->pass.samples ||
        p->color_count != self->pass.color_count)
        return NULL;
    for (uint32_t i = 0; i < p->color_count; i++)
        if (p->colors[i].format != self->pass.colors[i].target.format) return NULL;
    fragment = p->code[W3D_SHADER_FRAGMENT];
    draw->vertex.registers = w3di_gpu_soft_registers(self, p->code[W3D_SHADER_VERTEX]);
    if (fragment && draw->vertex.registers)
        draw->vertex.registers = w3di_gpu_soft_registers(self, fragment);
    draw->fragment.registers = draw->vertex.registers;
    if (!draw->vertex.registers) {
        *result = W3D_ERR_OUT_OF_MEMORY;
        return NULL;
    }
    w3di_gpu_soft_resources(self, w[2]);
    draw->pipeline = p;
    draw->pass = &self->pass;
    draw->codes = &self->codes;
    draw->quad_count = draw->slot_count = draw->primitive_count = 0;
    draw->row_floats = 4 + (p->varying_count + 3) / 4 * 4;
    w3d_fill(draw->fragment_out, 0, sizeof draw->fragment_out);
    w3di_gpu_soft_find_area(&self->pass, &draw->area);
    if (draw->area.left >= draw->area.right || draw->area.top >= draw->area.bottom) return NULL;
    w3di_soft_raster_find_planes(&self->pass.viewport, &draw->planes);
    w3di_gpu_soft_buffers(
        self, (const w3di_gpu_soft_mesh *)w3di_gpu_soft_find(self, W3D_GPU_KIND_MESH, w[3]));
    return draw;
}

static void w3di_gpu_soft_draw_end(w3di_gpu_soft_draw *draw)
{
    w3di_gpu_soft_flush_chunk(draw);
    w3di_gpu_soft_flush_quads(draw);
}

/* The indices of a mesh from a byte on; 0 where the buffer has none there. What is beyond it is left out. */
static int w3di_gpu_soft_call_indices(const w3di_gpu_soft *self, uint32_t mesh_id, uint64_t at,
                                      w3di_gpu_soft_call *call)
{
    const w3di_gpu_soft_mesh *mesh =
        (const w3di_gpu_soft_mesh *)w3di_gpu_soft_find(self, W3D_GPU_KIND_MESH, mesh_id);
    const w3di_gpu_soft_buffer *buffer =
        mesh ? w3di_gpu_soft_buffer_of(self, mesh->index_buffer) : NULL;
    if (!buffer || at >= buffer->size) return 0;
    call->index_size = mesh->index_format == W3D_GPU_INDEX_U16 ? 2 : 4;
    call->indices = buffer->bytes + (size_t)at;
    uint32_t most = (buffer->size - (uint32_t)at) / call->index_size;
    call->count = call->count < most ? call->count : most;
    return 1;
}

static w3d_result w3di_gpu_soft_multi(w3di_gpu_soft *self, const uint32_t *w)
{
    w3d_result result;
    w3di_gpu_soft_draw *draw = w3di_gpu_soft_draw_begin(self, w, &result);
    uint32_t n = w[4];
    if (!draw) return result;
    for (uint32_t i = 0; i < n; i++) {
        w3di_gpu_soft_call call;
        w3d_fill(&call, 0, sizeof call);
        call.count = w[6 + i];
        call.first = w[6 + n + i];
        call.base_vertex = w[6 + 4 * n + i];
        if ((w[5] & 1) && !w3di_gpu_soft_call_indices(self, w[3], call.first, &call)) continue;
        for (uint32_t k = 0; k < w[6 + 2 * n + i]; k++) {
            draw->instance = w[6 + 3 * n + i] + k;
            draw->element = k;
            w3di_gpu_soft_call_draw(draw, &call);
        }
    }
    w3di_gpu_soft_draw_end(draw);
    return W3D_OK;
}

static w3d_result w3di_gpu_soft_draw_indirect(w3di_gpu_soft *self, const uint32_t *w)
{
    w3d_result result;
    const w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, w[5]);
    w3di_gpu_soft_draw *draw = buffer ? w3di_gpu_soft_draw_begin(self, w, &result) : NULL;
    if (!buffer) return W3D_OK;
    if (!draw) return result;
    for (uint32_t i = 0; i < w[7]; i++) {
        uint32_t words[5], size = w[9] ? 20 : 16;
        uint64_t at = w[6] + (uint64_t)i * w[8];
        w3di_gpu_soft_call call;
        if (!w3d_size_inside(at, size, buffer->size)) break;
        w3d_copy(words, buffer->bytes + (size_t)at, size);
        w3d_fill(&call, 0, sizeof call);
        call.count = words[0];
        call.first = words[2];
        uint32_t first_instance = w[9] ? words[4] : words[3];
        if (w[9]) {
            const w3di_gpu_soft_mesh *mesh =
                (const w3di_gpu_soft_mesh *)w3di_gpu_soft_find(self, W3D_GPU_KIND_MESH, w[3]);
            uint64_t index_size = mesh && mesh->index_format == W3D_GPU_INDEX_U16 ? 2 : 4;
            call.base_vertex = words[3];
            if (!w3di_gpu_soft_call_indices(self, w[3], words[2] * index_size, &call)) continue;
        }
        for (uint32_t k = 0; k < words[1]; k++) {
            draw->element = first_instance + k;
            draw->instance = w[4] + draw->element;
            w3di_gpu_soft_call_draw(draw, &call);
        }
    }
    w3di_gpu_soft_draw_end(draw);
    return W3D_OK;
}

/* ---- compute ---- */

static w3d_result w3di_gpu_soft_dispatch(w3di_gpu_soft *self, const uint32_t *w,
                                         const uint32_t counts[3])
{
    const w3di_gpu_soft_pipeline *p =
        (const w3di_gpu_soft_pipeline *)w3di_gpu_soft_find(self, W3D_GPU_KIND_PIPELINE, w[1]);
    w3di_gpu_soft_draw *draw = self->draw;
    w3d_shader_group *group = &draw->vertex;
    if (!p || p->refused || !p->compute || self->pass.open) return W3D_OK;
    for (int i = 0; i < 3; i++)
        if (counts[i] > 65535) return W3D_OK; /* as WebGPU: nothing is done */
    group->registers = w3di_gpu_soft_registers(self, p->code[W3D_SHADER_COMPUTE]);
    if (!group->registers) return W3D_ERR_OUT_OF_MEMORY;
    w3di_gpu_soft_resources(self, w[2]);
    w3d_copy(group->workgroups, counts, sizeof group->workgroups);
    for (uint32_t z = 0; z < counts[2]; z++)
        for (uint32_t y = 0; y < counts[1]; y++)
            for (uint32_t x = 0; x < counts[0]; x++) {
                group->workgroup[0] = x;
                group->workgroup[1] = y;
                group->workgroup[2] = z;
                w3d_fill(&group->mask, 0xFF, sizeof group->mask);
                w3d_shader_run(p->code[W3D_SHADER_COMPUTE], group);
            }
    return W3D_OK;
}

static w3d_result w3di_gpu_soft_dispatch_indirect(w3di_gpu_soft *self, const uint32_t *w)
{
    const w3di_gpu_soft_buffer *buffer = w3di_gpu_soft_buffer_of(self, w[3]);
    uint32_t counts[3];
    if (!buffer || !w3d_size_inside(w[4], sizeof counts, buffer->size)) return W3D_OK;
    w3d_copy(counts, buffer->bytes + w[4], sizeof counts);
    return w3di_gpu_soft_dispatch(self, w, counts);
}

/* ---- the stream ---- */

static w3d_result w3di_gpu_soft_state(w3di_gpu_soft *self, const uint32_t *w, const uint8_t *blobs)
{
    w3di_gpu_soft_pass *pass = &self->pass;
    switch (w[0] & 255) {
    case W3D_GPU_OP_VIEWPORT: w3d_copy(&pass->viewport, w + 1, sizeof pass->viewport); break;
    case W3D_GPU_OP_SCISSOR: w3d_copy(pass->scissor, w + 1, sizeof pass->scissor); break;
    case W3D_GPU_OP_STENCIL_REF: pass->stencil_reference = w[1] & 255; break;
    case W3D_GPU_OP_BLEND_CONSTANT: w3d_copy(pass->blend_constant, w + 1, 16); break;
    case W3D_GPU_OP_CONSTANTS:
        pass->constants = blobs + w[1];
        pass->constants_size = w[2];
        break;
    case W3D_GPU_OP_INSTANCE_BUFFER:
        pass->instance_buffers[w[1] & 3] = w[2];
        pass->instance_offsets[w[1] & 3] = w[3];
        break;
    case W3D_GPU_OP_QUERY_BEGIN:
        pass->query = w[1];
        pass->passed = 0;
        break;
    case W3D_GPU_OP_QUERY_END: {
        uint32_t id = pass->query;
        pass->query = 0;
        if (id)
            return w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_QUERY, id, pass->passed, NULL, 0);
        break;
    }
    default: break; /* labels, PRESENT, and what is not known yet */
    }
    return W3D_OK;
}

static w3d_result w3di_gpu_soft_do(w3di_gpu_soft *self, const uint32_t *w, const uint8_t *blobs)
{
    switch (w[0] & 255) {
    case W3D_GPU_OP_BUFFER_CREATE: return w3di_gpu_soft_buffer_create(self, w);
    case W3D_GPU_OP_BUFFER_WRITE: return w3di_gpu_soft_buffer_write(self, w, blobs);
    case W3D_GPU_OP_BUFFER_COPY: return w3di_gpu_soft_buffer_copy(self, w);
    case W3D_GPU_OP_BUFFER_READ: return w3di_gpu_soft_buffer_read(self, w);
    case W3D_GPU_OP_TEXTURE_CREATE: return w3di_gpu_soft_texture_create(self, w);
    case W3D_GPU_OP_TEXTURE_WRITE: return w3di_gpu_soft_texture_write(self, w, blobs);
    case W3D_GPU_OP_TEXTURE_MIPS: return w3di_gpu_soft_texture_mips(self, w);
    case W3D_GPU_OP_TEXTURE_COPY: return w3di_gpu_soft_texture_copy(self, w);
    case W3D_GPU_OP_TEXTURE_READ: return w3di_gpu_soft_texture_read(self, w);
    case W3D_GPU_OP_SAMPLER_CREATE: return w3di_gpu_soft_sampler_create(self, w);
    case W3D_GPU_OP_SHADER_CREATE: return w3di_gpu_soft_shader_create(self, w, blobs);
    case W3D_GPU_OP_PIPELINE_CREATE: return w3di_gpu_soft_pipeline_create(self, w);
    case W3D_GPU_OP_GROUP_CREATE: return w3di_gpu_soft_group_create(self, w);
    case W3D_GPU_OP_MESH_CREATE: return w3di_gpu_soft_mesh_create(self, w);
    case W3D_GPU_OP_DESTROY: return w3di_gpu_soft_destroy(self, w);
    case W3D_GPU_OP_OBJECTS_CREATE: return w3di_gpu_soft_objects_create(self, w);
    case W3D_GPU_OP_OBJECTS_WRITE: return w3di_gpu_soft_objects_write(self, w, blobs);
    case W3D_GPU_OP_SURFACE: return w3di_gpu_soft_surface(self, w);
    case W3D_GPU_OP_DISPATCH: return w3di_gpu_soft_dispatch(self, w, w + 3);
    case W3D_GPU_OP_DISPATCH_INDIRECT: return w3di_gpu_soft_dispatch_indirect(self, w);
    case W3D_GPU_OP_PASS_BEGIN: return w3di_gpu_soft_pass_begin(self, w, blobs);
    case W3D_GPU_OP_PASS_END: return w3di_gpu_soft_pass_end(self);
    case W3D_GPU_OP_MULTI: return w3di_gpu_soft_multi(self, w);
    case W3D_GPU_OP_DRAW_INDIRECT: return w3di_gpu_soft_draw_indirect(self, w);
    default: return w3di_gpu_soft_state(self, w, blobs);
    }
}

static w3d_result w3di_gpu_soft_submit(void *opaque, const w3d_gpu_stream *stream)
{
    w3di_gpu_soft *self = (w3di_gpu_soft *)opaque;
    w3d_result result = W3D_OK;
    for (uint32_t at = 0; at < stream->word_count && !result; at += stream->words[at] >> 8) {
        if (!(stream->words[at] >> 8)) return W3D_ERR_FORMAT;
        result = w3di_gpu_soft_do(self, stream->words + at, stream->blobs);
    }
    self->pass.open = 0; /* its constants are the stream's */
    return result;
}

/* ---- the device ---- */

static w3d_result w3di_gpu_soft_open(const void *config, const w3d_allocator *allocator, void **out)
{
    w3di_gpu_soft *self = (w3di_gpu_soft *)w3d_allocator_resize(allocator, NULL, 0, sizeof *self);
    if (!self) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(self, 0, sizeof *self);
    self->allocator = *allocator;
    self->desc = (const w3d_gpu_soft_desc *)config;
    uint8_t *block =
        (uint8_t *)w3d_allocator_resize(allocator, NULL, 0, sizeof(w3di_gpu_soft_draw) + 16);
    self->draw_block = block;
    w3d_result result = block ? w3di_gpu_soft_note_push(self, W3D_GPU_EVENT_READY, 0, 0, NULL, 0)
                              : W3D_ERR_OUT_OF_MEMORY;
    if (result) {
        w3di_gpu_soft_release(self, block, sizeof(w3di_gpu_soft_draw) + 16);
        w3d_allocator_resize(allocator, self, sizeof *self, 0);
        return result;
    }
    w3d_fill(block, 0, sizeof(w3di_gpu_soft_draw) + 16);
    w3di_gpu_soft_draw *draw =
        (w3di_gpu_soft_draw *)(void *)(block + (16 - (uintptr_t)block % 16) % 16);
    draw->vertex.resources = draw->fragment.resources = &draw->resources;
    draw->vertex.inputs = draw->vertex_in;
    draw->vertex.outputs = draw->vertex_out;
    draw->fragment.inputs = draw->fragment_in;
    draw->fragment.outputs = draw->fragment_out;
    self->draw = draw;
    w3di_soft_raster_codes_make(&self->codes);
    *out = self;
    return W3D_OK;
}

static void w3di_gpu_soft_close(void *opaque)
{
    w3di_gpu_soft *self = (w3di_gpu_soft *)opaque;
    w3d_allocator allocator = self->allocator;
    for (uint32_t kind = 0; kind < W3D_GPU_KIND_COUNT; kind++) {
        for (uint32_t slot = 0; slot < self->room[kind]; slot++)
            if (self->slots[kind][slot]) w3di_gpu_soft_free(self, kind, self->slots[kind][slot]);
        w3di_gpu_soft_release(self, self->slots[kind], self->room[kind] * sizeof(void *));
    }
    for (uint32_t i = self->note_first; i < self->note_count; i++)
        w3di_gpu_soft_release(self, self->notes[i].bytes, self->notes[i].size);
    w3di_gpu_soft_release(self, self->notes, (size_t)self->note_room * sizeof *self->notes);
    w3di_gpu_soft_release(self, self->given, self->given_size);
    w3di_gpu_soft_release(self, self->objects, (size_t)self->object_rows * self->object_size);
    w3di_gpu_soft_texture_free(self, self->surface);
    w3di_gpu_soft_texture_free(self, self->resolved);
    w3di_gpu_soft_texture_free(self, self->surface_depth);
    if (self->registers_block)
        w3di_gpu_soft_release(self, self->registers_block,
                              ((size_t)self->register_count + 1) * sizeof(w3d_shader_lanes) + 16);
    w3di_gpu_soft_release(self, self->draw_block, sizeof(w3di_gpu_soft_draw) + 16);
    w3d_allocator_resize(&allocator, self, sizeof *self, 0);
}

static int w3di_gpu_soft_poll(void *opaque, w3d_gpu_event *event)
{
    w3di_gpu_soft *self = (w3di_gpu_soft *)opaque;
    w3di_gpu_soft_release(self, self->given, self->given_size);
    self->given = NULL;
    self->given_size = 0;
    if (self->note_first == self->note_count) return 0;
    const w3di_gpu_soft_note *note = &self->notes[self->note_first++];
    *event = note->event;
    self->given = note->bytes;
    self->given_size = note->size;
    if (event->kind == W3D_GPU_EVENT_DOWNLOAD) {
        event->bytes = note->bytes;
        event->size = (uint32_t)note->size;
    } else if (note->size) {
        event->text = (const char *)note->bytes;
        event->text_size = (uint32_t)note->size;
    }
    return 1;
}

static void w3di_gpu_soft_caps(void *opaque, w3d_gpu_caps *out)
{
    (void)opaque;
    w3d_fill(out, 0, sizeof *out);
    w3d_copy(out->name, "wasm3d software", 16);
    out->api = W3D_GPU_API_SOFT;
    out->max_texture_side = 8192;
    out->max_layers = 2048;
    out->max_samples = 4;
    out->max_uniform_size = 65536;
    out->uniform_alignment = 16;
    out->max_buffer_size = 0x40000000u;
    out->max_object_rows = 1u << 20;
    out->compute = out->indirect = out->timestamps = out->occlusion = out->base_vertex = 1;
    out->float_targets = out->half_targets = out->float_filter = out->anisotropy = 1;
    out->multi_draw = 1;
}

static void w3di_gpu_soft_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    w3d_copy(counts, ((w3di_gpu_soft *)opaque)->counts, sizeof(uint32_t) * W3D_GPU_KIND_COUNT);
}

W3D_API w3d_gpu_backend w3d_gpu_soft(const w3d_gpu_soft_desc *desc)
{
    static const w3d_gpu_table table = { W3D_GPU_API_SOFT,     w3di_gpu_soft_open,
                                         w3di_gpu_soft_submit, w3di_gpu_soft_poll,
                                         w3di_gpu_soft_caps,   w3di_gpu_soft_count,
                                         w3di_gpu_soft_close };
    w3d_gpu_backend backend;
    backend.table = &table;
    backend.config = desc;
    return backend;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
