/* gpu_soft_pipeline.h - shaders read, pipelines compiled and checked; private. */
#ifndef W3D_GPU_SOFT_PIPELINE_H
#define W3D_GPU_SOFT_PIPELINE_H

#include "gpu/gpu_soft_resource.h"

/* ---- shaders ---- */

static inline w3d_result w3di_gpu_soft_shader_create(w3di_gpu_soft *self, const uint32_t *w,
                                                     const uint8_t *blobs)
{
    w3di_gpu_soft_shader *s = (w3di_gpu_soft_shader *)w3di_gpu_soft_new(self, w[1], sizeof *s);
    if (!s) return W3D_ERR_OUT_OF_MEMORY;
    s->text_size = w[3];
    s->text = (char *)w3d_allocator_resize(&self->allocator, NULL, 0, (size_t)w[3] + 1);
    if (!s->text) {
        w3di_gpu_soft_release(self, s, sizeof *s);
        return W3D_ERR_OUT_OF_MEMORY;
    }
    w3d_copy(s->text, blobs + w[2], w[3]);
    s->text[w[3]] = 0;
    for (uint32_t stage = 0; stage < 3; stage++) {
        uint32_t size = w[9 + 2 * stage];
        if (size > W3D_SHADER_MAX_NAME) size = 0; /* no such entry can be there */
        w3d_copy(s->entries[stage], blobs + w[8 + 2 * stage], size);
    }
    w3d_result result = W3D_OK;
    if (!w[3])
        result = w3di_gpu_soft_refuse(self, W3D_GPU_KIND_SHADER, w[1],
                                      "the software back-end wants its WGSL");
    else {
        w3d_shader_desc desc;
        w3d_error error;
        w3d_fill(&desc, 0, sizeof desc);
        w3d_fill(&error, 0, sizeof error);
        desc.text = s->text;
        desc.size = s->text_size;
        desc.allocator = self->allocator;
        w3d_result opened = w3d_shader_open(&desc, &s->module, &error);
        if (opened) {
            char text[1024];
            s->module = NULL;
            if (opened == W3D_ERR_OUT_OF_MEMORY)
                result = w3di_gpu_soft_full(self, W3D_GPU_KIND_SHADER, w[1]);
            else {
                w3d_shader_explain(s->text, s->text_size, &error, text, sizeof text);
                result = w3di_gpu_soft_refuse(self, W3D_GPU_KIND_SHADER, w[1], text);
            }
        }
    }
    if (result) {
        w3di_gpu_soft_free(self, W3D_GPU_KIND_SHADER, s);
        return result;
    }
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_SHADER, w[1], s);
}

/* ---- varyings ---- */

static inline void w3di_gpu_soft_note_varying(w3di_gpu_soft_pipeline *p,
                                              const w3d_shader_module *module,
                                              const w3di_shader_io *io, uint32_t type)
{
    const w3di_shader_type *t = &module->types[type];
    uint32_t rows = t->kind == W3DI_SHADER_VECTOR ? t->rows : 1;
    if (io->builtin || io->location >= W3D_SHADER_MAX_LOCATIONS) return;
    for (uint32_t i = 0; i < rows && p->varying_count < 64; i++) {
        w3di_gpu_soft_varying *varying = &p->varyings[p->varying_count++];
        varying->place = (uint8_t)(io->location * 4u + i);
        varying->flat = io->flat == 1;
        varying->centroid = io->centroid != 0;
        if (varying->centroid && !varying->flat) p->has_centroid = 1;
    }
}

/* Lists what the fragment entry reads. */
static inline void w3di_gpu_soft_list_varyings(w3di_gpu_soft_pipeline *p,
                                               const w3d_shader_module *module, const char *entry)
{
    for (uint32_t f = 1; f < module->function_count; f++) {
        const w3di_shader_function *function = &module->functions[f];
        if (function->stage != W3D_SHADER_FRAGMENT + 1 ||
            !w3d_text_is(module->source + function->name.at, function->name.size, entry))
            continue;
        for (uint32_t i = 0; i < function->parameter_count; i++) {
            const w3di_shader_local *local = &module->locals[function->first_local + i];
            const w3di_shader_type *t = &module->types[local->type];
            if (t->kind != W3DI_SHADER_STRUCT) {
                w3di_gpu_soft_note_varying(p, module, &local->io, local->type);
                continue;
            }
            for (uint32_t k = 0; k < t->count; k++) {
                const w3di_shader_member *member = &module->members[t->first + k];
                w3di_gpu_soft_note_varying(p, module, &member->io, member->type);
            }
        }
    }
}

/* ---- pipelines ---- */

/* Why the stages do not go together or with the vertex buffers; NULL: they do. */
static inline const char *w3di_gpu_soft_mismatch(const w3di_gpu_soft_pipeline *p)
{
    const w3d_shader_entry *vertex = w3d_shader_code_entry(p->code[W3D_SHADER_VERTEX]);
    uint32_t fed = 0;
    for (uint32_t i = 0; i < p->attribute_count; i++) {
        const w3di_gpu_soft_attribute *a = &p->attributes[i];
        uint32_t kind = w3di_gpu_vertex_kind(a->format),
                 wanted = vertex->input_types[a->location] & 15u;
        fed |= 1u << a->location;
        if ((vertex->inputs >> a->location & 1) && kind != wanted)
            return "an attribute's format is of another kind than the vertex entry's input: float, "
                   "signed or unsigned";
    }
    if (vertex->inputs & ~fed)
        return "the vertex entry reads a @location for which there is no attribute";
    if (!p->code[W3D_SHADER_FRAGMENT]) return NULL;
    const w3d_shader_entry *fragment = w3d_shader_code_entry(p->code[W3D_SHADER_FRAGMENT]);
    if (fragment->inputs & ~vertex->outputs)
        return "the fragment entry reads a @location that the vertex entry does not write";
    for (uint32_t k = 0; k < W3D_SHADER_MAX_LOCATIONS; k++)
        if ((fragment->inputs >> k & 1) && fragment->input_types[k] != vertex->output_types[k])
            return "a @location is of different types in the vertex and the fragment entry";
    return NULL;
}

static inline const char *w3di_gpu_soft_compile(w3di_gpu_soft *self, w3di_gpu_soft_pipeline *p,
                                                const w3di_gpu_soft_shader *shader, uint32_t stage,
                                                w3d_result *result)
{
    const char *entry = shader->entries[stage];
    *result = w3d_shader_code_create(shader->module, entry, &self->allocator, &p->code[stage]);
    if (*result) {
        p->code[stage] = NULL;
        return *result == W3D_ERR_NOT_FOUND     ? "its shader has no such entry point"
               : *result == W3D_ERR_UNSUPPORTED ? "its shader does what the software back-end "
                                                  "cannot run: a barrier in divided control flow"
                                                : w3d_result_text(*result);
    }
    if ((uint32_t)w3d_shader_code_entry(p->code[stage])->stage != stage)
        return "its entry point is of another stage";
    return NULL;
}

static inline void w3di_gpu_soft_pipeline_state(w3di_gpu_soft_pipeline *p, const uint32_t *w)
{
    p->topology = w[4] & 255;
    p->cull = w[4] >> 8 & 255;
    p->winding = w[4] >> 16 & 255;
    p->color_count = w[5] & 255;
    p->samples = w[5] >> 8 & 255;
    p->alpha_to_coverage = w[5] >> 16 & 255;
    p->depth_format = w[6];
    p->depth_compare = w[7] & 255;
    p->depth_write = w[7] >> 8 & 1;
    p->depth_bias = (float)(int32_t)w[8];
    p->depth_bias_slope = w3d_f32_from_bits(w[9]);
    p->depth_bias_clamp = w3d_f32_from_bits(w[10]);
    if (!w3d_f32_is_finite(p->depth_bias_slope)) p->depth_bias_slope = 0.0f;
    if (p->topology > W3D_GPU_TRIANGLE_STRIP) p->depth_bias = p->depth_bias_slope = 0.0f;
    p->stencil[0] = w[11];
    p->stencil[1] = w[12];
    p->stencil_read = w[13] & 255;
    p->stencil_write = w[13] >> 8 & 255;
    p->has_stencil = w3di_gpu_format_of(w[6])->stencil &&
                     (w[11] != (uint32_t)W3D_GPU_ALWAYS || w[12] != (uint32_t)W3D_GPU_ALWAYS);
    if (p->color_count > W3D_GPU_MAX_COLORS) p->color_count = W3D_GPU_MAX_COLORS;
    for (uint32_t i = 0; i < p->color_count; i++) {
        w3di_gpu_soft_color_state *c = &p->colors[i];
        const uint32_t *words = w + 14 + 3 * i;
        c->format = words[0] & 255;
        c->mask = words[0] >> 8 & 15;
        c->blend = words[0] >> 16 & 1;
        c->color = words[1];
        c->alpha = words[2];
    }
    const uint32_t *v = w + 30;
    for (uint32_t i = 0; i < w[26]; i++, v++)
        if (i < W3D_GPU_MAX_VERTEX_BUFFERS) {
            p->strides[i] = *v & 0x7FFFFFFFu;
            p->per_instance |= (*v >> 31) << i;
        }
    for (uint32_t i = 0; i < w[27] && i < W3D_GPU_MAX_ATTRIBUTES; i++, v += 2) {
        w3di_gpu_soft_attribute *a = &p->attributes[p->attribute_count++];
        a->location = v[0] & 15;
        a->buffer = v[0] >> 8 & 3;
        a->format = v[0] >> 16;
        a->offset = v[1];
    }
}

/* Fills in a pipeline; a text where it is refused. */
static inline const char *w3di_gpu_soft_pipeline_fill(w3di_gpu_soft *self,
                                                      w3di_gpu_soft_pipeline *p, const uint32_t *w,
                                                      w3d_result *result)
{
    const w3di_gpu_soft_shader *shader =
        (const w3di_gpu_soft_shader *)w3di_gpu_soft_find(self, W3D_GPU_KIND_SHADER, w[2]);
    const char *why;
    *result = W3D_ERR_UNSUPPORTED;
    p->compute = w[3];
    if (!shader || !shader->module) return "its shader was refused";
    if (p->compute) return w3di_gpu_soft_compile(self, p, shader, W3D_SHADER_COMPUTE, result);
    w3di_gpu_soft_pipeline_state(p, w);
    why = w3di_gpu_soft_compile(self, p, shader, W3D_SHADER_VERTEX, result);
    if (why) return why;
    why = w3di_gpu_soft_compile(self, p, shader, W3D_SHADER_FRAGMENT, result);
    if (why && (*result != W3D_ERR_NOT_FOUND || p->color_count)) return why; /* depth needs none */
    *result = W3D_ERR_UNSUPPORTED;
    why = w3di_gpu_soft_mismatch(p);
    if (why) return why;
    if (p->code[W3D_SHADER_FRAGMENT]) {
        const w3d_shader_entry *entry = w3d_shader_code_entry(p->code[W3D_SHADER_FRAGMENT]);
        w3di_gpu_soft_list_varyings(p, shader->module, shader->entries[W3D_SHADER_FRAGMENT]);
        p->writes_depth = entry->writes_depth;
        p->late = entry->discards || entry->writes_depth || p->alpha_to_coverage;
    }
    return NULL;
}

static inline w3d_result w3di_gpu_soft_pipeline_create(w3di_gpu_soft *self, const uint32_t *w)
{
    w3di_gpu_soft_pipeline *p = (w3di_gpu_soft_pipeline *)w3di_gpu_soft_new(self, w[1], sizeof *p);
    w3d_result result;
    if (!p) return W3D_ERR_OUT_OF_MEMORY;
    const char *why = w3di_gpu_soft_pipeline_fill(self, p, w, &result);
    if (why) {
        p->refused = 1;
        w3d_result told = result == W3D_ERR_OUT_OF_MEMORY
                              ? w3di_gpu_soft_full(self, W3D_GPU_KIND_PIPELINE, w[1])
                              : w3di_gpu_soft_refuse(self, W3D_GPU_KIND_PIPELINE, w[1], why);
        if (told) {
            w3di_gpu_soft_free(self, W3D_GPU_KIND_PIPELINE, p);
            return told;
        }
    }
    return w3di_gpu_soft_keep(self, W3D_GPU_KIND_PIPELINE, w[1], p);
}

#endif /* W3D_GPU_SOFT_PIPELINE_H */
