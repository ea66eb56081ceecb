/* gpu_gl_program.h - shaders, pipelines, groups, meshes and vertex arrays on GL; private to
 * gpu_gl.c. */
#ifndef W3D_GPU_GL_PROGRAM_H
#define W3D_GPU_GL_PROGRAM_H

#include "gpu/gpu_gl_resource.h"

/* ---- shaders ---- */

/* Where `wanted` begins in text from `at` on; size where it does not. */
static inline uint32_t w3di_gl_text_find(const char *text, uint32_t size, uint32_t at,
                                         const char *wanted)
{
    uint32_t length = (uint32_t)w3d_text_size(wanted);
    for (; at + length <= size; at++)
        if (w3d_equal(text + at, wanted, length)) return at;
    return size;
}

/* Compiles a stage; 0 where the driver refuses it, with its log in an event. The text is given in
 * pieces, so that gl_DrawID gets its name in GL 3.30. */
static inline uint32_t w3di_gl_compile(w3di_gl_device *self, uint32_t handle, uint32_t stage,
                                       const char *text, uint32_t size)
{
    enum { MOST = 20 };
    const char *pieces[MOST];
    int32_t sizes[MOST], count = 0, good = 0, length = 0;
    char log[1024];
    static const char
        es[] = "#version 300 es\n",
        precisions[] = "precision highp float;\nprecision highp int;\nprecision highp sampler2D;\n"
                       "precision highp sampler2DArray;\nprecision highp samplerCube;\n"
                       "precision highp sampler3D;\nprecision highp sampler2DShadow;\n"
                       "precision highp sampler2DArrayShadow;\nprecision highp samplerCubeShadow;\n"
                       "precision highp isampler2D;\nprecision highp isampler2DArray;\n"
                       "precision highp isamplerCube;\nprecision highp isampler3D;\n"
                       "precision highp usampler2D;\nprecision highp usampler2DArray;\n"
                       "precision highp usamplerCube;\nprecision highp usampler3D;\n",
        gl[] = "#version 330 core\n",
        arb[] = "#extension GL_ARB_shader_draw_parameters : require\n"
                "#define W3D_MULTI_DRAW 1\n",
        angle[] = "#extension GL_ANGLE_multi_draw : require\n#define W3D_MULTI_DRAW 1\n";
    pieces[count] = self->es ? es : gl;
    sizes[count++] = -1;
    if (self->caps.multi_draw && stage == W3DI_GL_VERTEX_SHADER) {
        pieces[count] = self->es ? angle : arb;
        sizes[count++] = -1;
    }
    if (self->es) {
        pieces[count] = precisions;
        sizes[count++] = -1;
    }
    for (uint32_t at = 0; at < size;) {
        uint32_t end =
            self->es || count > MOST - 3 ? size : w3di_gl_text_find(text, size, at, "gl_DrawID");
        if (end < size) end += 9;
        pieces[count] = text + at;
        sizes[count++] = (int32_t)(end - at);
        if (end < size) {
            pieces[count] = "ARB";
            sizes[count++] = 3;
        }
        at = end;
    }
    uint32_t shader = W3DI_GL(self)->CreateShader(stage);
    W3DI_GL(self)->ShaderSource(shader, count, pieces, sizes);
    W3DI_GL(self)->CompileShader(shader);
    W3DI_GL(self)->GetShaderiv(shader, W3DI_GL_COMPILE_STATUS, &good);
    if (good) return shader;
    log[0] = 0;
    W3DI_GL(self)->GetShaderInfoLog(shader, (int32_t)sizeof log, &length, log);
    log[sizeof log - 1] = 0;
    w3di_gl_refuse(self, W3D_GPU_KIND_SHADER, handle, log[0] ? log : "the driver gives no reason");
    W3DI_GL(self)->DeleteShader(shader);
    return 0;
}

/* "w3d_" letter number (letter number): names of uniforms. */
static inline void w3di_gl_name(char name[20], char letter, uint32_t number, char second,
                                uint32_t other)
{
    uint32_t at = 4;
    w3d_copy(name, "w3d_", 4);
    for (int i = 0; i < 2; i++) {
        uint32_t n = i ? other : number;
        if (i && !second) break;
        if (i) name[at++] = '_';
        name[at++] = i ? second : letter;
        if (n > 9) name[at++] = (char)('0' + n / 10);
        name[at++] = (char)('0' + n % 10);
    }
    name[at] = 0;
}

static inline void w3di_gl_sampler_unit(w3di_gl_device *self, uint32_t program, const char *name,
                                        uint32_t unit)
{
    int32_t at = W3DI_GL(self)->GetUniformLocation(program, name);
    if (at < 0) return;
    w3di_gl_use(self, program);
    W3DI_GL(self)->Uniform1i(at, (int32_t)unit);
}

static inline void w3di_gl_program_places(w3di_gl_device *self, w3di_gl_shader *s)
{
    char name[20];
    uint32_t program = s->program;
    uint32_t block = W3DI_GL(self)->GetUniformBlockIndex(program, "w3d_frame");
    if (block != W3DI_GL_UNKNOWN) W3DI_GL(self)->UniformBlockBinding(program, block, 0);
    for (uint32_t i = 0; i < W3D_GPU_MAX_BINDINGS; i++) {
        w3di_gl_name(name, 'u', i, 0, 0);
        block = W3DI_GL(self)->GetUniformBlockIndex(program, name);
        if (block != W3DI_GL_UNKNOWN) W3DI_GL(self)->UniformBlockBinding(program, block, 1 + i);
    }
    s->has_objects = W3DI_GL(self)->GetUniformLocation(program, "w3d_objects") >= 0;
    s->has_draws = W3DI_GL(self)->GetUniformLocation(program, "w3d_draws") >= 0;
    w3di_gl_sampler_unit(self, program, "w3d_objects", W3DI_GL_OBJECTS_UNIT);
    w3di_gl_sampler_unit(self, program, "w3d_draws", W3DI_GL_DRAWS_UNIT);
    for (uint32_t i = 0; i < s->pair_count; i++) {
        int loaded = s->pairs[i].sampler == 255;
        w3di_gl_name(name, 't', s->pairs[i].texture, loaded ? 0 : 's', s->pairs[i].sampler);
        w3di_gl_sampler_unit(self, program, name, W3DI_GL_PAIRS_UNIT + i);
    }
    s->at_target = W3DI_GL(self)->GetUniformLocation(program, "w3d_target");
    s->at_row = W3DI_GL(self)->GetUniformLocation(program, "w3d_row");
    s->at_draw = W3DI_GL(self)->GetUniformLocation(program, "w3d_draw");
    s->target = s->row = s->draw = W3DI_GL_UNKNOWN;
}

static inline w3d_result w3di_gl_shader_create(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                               const uint32_t *w)
{
    static const char empty[] = "void main() {}\n";
    w3di_gl_shader *s = (w3di_gl_shader *)w3di_gl_make(self, W3D_GPU_KIND_SHADER, w[1]);
    int32_t good = 0, length = 0;
    char log[1024];
    if (!s) return W3D_ERR_OUT_OF_MEMORY;
    s->pair_count = w[19] < W3D_GPU_MAX_PAIRS ? w[19] : (uint32_t)W3D_GPU_MAX_PAIRS;
    for (uint32_t i = 0; i < s->pair_count; i++) {
        uint32_t pair = w[23 + 2 * w[20] + i];
        s->pairs[i].texture = (uint8_t)pair;
        s->pairs[i].sampler = (uint8_t)(pair >> 8);
    }
    if (!w[5] && w[13]) { /* the caps say that there is no compute: its pipelines are refused */
        w3di_gl_refuse(self, W3D_GPU_KIND_SHADER, w[1], "this device has no compute");
        return W3D_OK;
    }
    if (!w[5]) {
        w3di_gl_refuse(self, W3D_GPU_KIND_SHADER, w[1], "it was made without GLSL, which GL needs");
        return W3D_OK;
    }
    uint32_t vertex = w3di_gl_compile(self, w[1], W3DI_GL_VERTEX_SHADER,
                                      (const char *)stream->blobs + w[4], w[5]);
    uint32_t fragment = vertex ? w3di_gl_compile(self, w[1], W3DI_GL_FRAGMENT_SHADER,
                                                 w[7] ? (const char *)stream->blobs + w[6] : empty,
                                                 w[7] ? w[7] : (uint32_t)sizeof empty - 1)
                               : 0;
    if (fragment) {
        s->program = W3DI_GL(self)->CreateProgram();
        W3DI_GL(self)->AttachShader(s->program, vertex);
        W3DI_GL(self)->AttachShader(s->program, fragment);
        W3DI_GL(self)->LinkProgram(s->program);
        W3DI_GL(self)->GetProgramiv(s->program, W3DI_GL_LINK_STATUS, &good);
        if (!good) {
            log[0] = 0;
            W3DI_GL(self)->GetProgramInfoLog(s->program, (int32_t)sizeof log, &length, log);
            log[sizeof log - 1] = 0;
            w3di_gl_refuse(self, W3D_GPU_KIND_SHADER, w[1],
                           log[0] ? log : "the driver does not link it and gives no reason");
            W3DI_GL(self)->DeleteProgram(s->program);
            s->program = 0;
        }
    }
    if (vertex) W3DI_GL(self)->DeleteShader(vertex);
    if (fragment) W3DI_GL(self)->DeleteShader(fragment);
    if (!s->program) return W3D_OK;
    w3di_gl_label(self, W3DI_GL_PROGRAM, s->program, stream, w + 21);
    w3di_gl_program_places(self, s);
    return W3D_OK;
}

/* ---- pipelines ---- */

static inline int w3di_gl_blends_alike(const uint32_t *words)
{
    uint32_t colors = words[5] & 255;
    for (uint32_t i = 1; i < colors; i++) {
        const uint32_t *a = words + 14, *b = words + 14 + 3 * i;
        if ((a[0] ^ b[0]) >> 8 || ((a[0] >> 16) && (a[1] != b[1] || a[2] != b[2]))) return 0;
    }
    return 1;
}

static inline w3d_result w3di_gl_pipeline_create(w3di_gl_device *self, const uint32_t *w)
{
    w3di_gl_pipeline *p = (w3di_gl_pipeline *)w3di_gl_make(self, W3D_GPU_KIND_PIPELINE, w[1]);
    const w3di_gl_shader *s = (const w3di_gl_shader *)w3di_gl_find(self, W3D_GPU_KIND_SHADER, w[2]);
    if (!p) return W3D_ERR_OUT_OF_MEMORY;
    p->shader = w[2];
    w3d_copy(p->words, w, sizeof p->words);
    p->failed = 1;
    if (w[3]) {
        w3di_gl_refuse(self, W3D_GPU_KIND_PIPELINE, w[1], "this device has no compute");
        return W3D_OK;
    }
    if (!s || !s->program) {
        w3di_gl_refuse(self, W3D_GPU_KIND_PIPELINE, w[1], "its shader was refused");
        return W3D_OK;
    }
    if (!w3di_gl_blends_alike(w) && !self->has_indexed_blend) {
        w3di_gl_refuse(self, W3D_GPU_KIND_PIPELINE, w[1],
                       "this device blends and masks all colours of a pass alike");
        return W3D_OK;
    }
    w3di_gl_layout made;
    w3d_fill(&made, 0, sizeof made);
    made.buffer_count = w[26];
    made.attribute_count = w[27];
    w3d_copy(made.strides, w + 30, 4 * (size_t)w[26]);
    w3d_copy(made.attributes, w + 30 + w[26], 8 * (size_t)w[27]);
    for (p->layout = 0; p->layout < self->layout_count; p->layout++)
        if (w3d_equal(&self->layouts[p->layout], &made, sizeof made)) break;
    if (p->layout == self->layout_count) {
        void *layouts = self->layouts;
        if (!w3di_gl_room(self, &layouts, &self->layout_room, (uint64_t)self->layout_count + 1,
                          sizeof made))
            return W3D_ERR_OUT_OF_MEMORY;
        self->layouts = (w3di_gl_layout *)layouts;
        self->layouts[self->layout_count++] = made;
    }
    p->failed = 0;
    return W3D_OK;
}

/* ---- groups and meshes ---- */

static inline w3d_result w3di_gl_group_create(w3di_gl_device *self, const uint32_t *w)
{
    w3di_gl_group *g = (w3di_gl_group *)w3di_gl_make(self, W3D_GPU_KIND_GROUP, w[1]);
    if (!g) return W3D_ERR_OUT_OF_MEMORY;
    g->count = w[3];
    for (uint32_t i = 0; i < w[3]; i++) {
        const uint32_t *entry = w + 6 + 4 * i;
        if ((entry[0] & 255) != 1) continue;
        uint32_t *to = g->entries[entry[0] >> 8 & 15];
        to[0] = entry[0] >> 16;
        w3d_copy(to + 1, entry + 1, 12);
    }
    return W3D_OK;
}

static inline w3d_result w3di_gl_mesh_create(w3di_gl_device *self, const uint32_t *w)
{
    w3di_gl_mesh *m = (w3di_gl_mesh *)w3di_gl_make(self, W3D_GPU_KIND_MESH, w[1]);
    if (!m) return W3D_ERR_OUT_OF_MEMORY;
    m->index = w[2];
    m->index_format = w[3];
    w3d_copy(m->buffers, w + 5, 8 * (size_t)w[4]);
    return W3D_OK;
}

/* ---- vertex arrays: kept by layout and buffers ---- */

static inline void w3di_gl_attributes(w3di_gl_device *self, const w3di_gl_layout *layout,
                                      const uint32_t *buffers)
{
    static const uint8_t formats[W3D_GPU_VERTEX_FORMAT_COUNT][2] = {
        /* components | 8: normalised, then the type's lower byte */
        { 0, 0 },  { 1, 6 }, { 2, 6 },  { 3, 6 },  { 4, 6 },  { 1, 5 },  { 2, 5 },
        { 3, 5 },  { 4, 5 }, { 1, 4 },  { 2, 4 },  { 3, 4 },  { 4, 4 },  { 12, 1 },
        { 12, 0 }, { 4, 1 }, { 4, 0 },  { 10, 3 }, { 12, 3 }, { 10, 2 }, { 12, 2 },
        { 2, 3 },  { 4, 3 }, { 2, 11 }, { 4, 11 }
    };
    uint32_t bound = W3DI_GL_UNKNOWN;
    for (uint32_t i = 0; i < layout->attribute_count; i++) {
        uint32_t a = layout->attributes[2 * i], location = a & 255, slot = a >> 8 & 3,
                 format = a >> 16, stride = layout->strides[slot];
        const w3di_gl_buffer *b =
            (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, buffers[2 * slot]);
        if (!b || format >= W3D_GPU_VERTEX_FORMAT_COUNT) continue;
        if (bound != b->name) W3DI_GL(self)->BindBuffer(W3DI_GL_ARRAY_BUFFER, b->name);
        bound = b->name;
        int32_t components = formats[format][0] & 7, step = (int32_t)(stride & 0x7FFFFFFFu);
        uint32_t type = 0x1400u + formats[format][1];
        const void *at =
            (const void *)((uintptr_t)buffers[2 * slot + 1] + layout->attributes[2 * i + 1]);
        if (w3di_gpu_vertex_kind(format))
            W3DI_GL(self)->VertexAttribIPointer(location, components, type, step, at);
        else
            W3DI_GL(self)->VertexAttribPointer(location, components, type,
                                               (uint8_t)(formats[format][0] >> 3), step, at);
        if (stride >> 31) W3DI_GL(self)->VertexAttribDivisor(location, 1);
        W3DI_GL(self)->EnableVertexAttribArray(location);
    }
}

static inline void w3di_gl_arrays_clear(w3di_gl_device *self)
{
    for (uint32_t i = 0; i < self->array_count; i++)
        W3DI_GL(self)->DeleteVertexArrays(1, &self->arrays[i].name);
    self->array_count = 0;
    self->now.array = W3DI_GL_UNKNOWN;
    w3d_fill(self->array_heads, 0, sizeof self->array_heads);
}

static inline uint32_t w3di_gl_array_hash(const w3di_gl_array *array)
{
    uint32_t hash = array->layout * 0x9E3779B9u ^ array->index;
    for (uint32_t i = 0; i < 2 * W3D_GPU_MAX_VERTEX_BUFFERS; i++)
        hash = (hash ^ array->buffers[i]) * 0x01000193u;
    return (hash ^ hash >> 15) >> 3 & 255;
}

/* The vertex array of a layout over the mesh's buffers and those set in their place; 0 without
 * memory. */
static inline uint32_t w3di_gl_array_of(w3di_gl_device *self, uint32_t layout_index,
                                        const w3di_gl_mesh *m)
{
    const w3di_gl_layout *layout = &self->layouts[layout_index];
    w3di_gl_array made;
    w3d_fill(&made, 0, sizeof made);
    made.layout = layout_index;
    made.index = m ? m->index : 0;
    for (uint32_t i = 0; i < layout->buffer_count; i++) {
        const uint32_t *from = self->instance_buffers[2 * i] ? self->instance_buffers + 2 * i
                               : m                           ? m->buffers + 2 * i
                                                             : NULL;
        if (from) w3d_copy(made.buffers + 2 * i, from, 8);
    }
    uint32_t hash = w3di_gl_array_hash(&made);
    for (uint32_t i = self->array_heads[hash]; i; i = self->arrays[i - 1].next)
        if (w3d_equal(&self->arrays[i - 1], &made, offsetof(w3di_gl_array, name)))
            return self->arrays[i - 1].name;
    if (self->array_count == W3DI_GL_MOST_ARRAYS) w3di_gl_arrays_clear(self);
    void *arrays = self->arrays;
    if (!w3di_gl_room(self, &arrays, &self->array_room, (uint64_t)self->array_count + 1,
                      sizeof *self->arrays))
        return 0;
    self->arrays = (w3di_gl_array *)arrays;
    W3DI_GL(self)->GenVertexArrays(1, &made.name);
    w3di_gl_array_bind(self, made.name);
    w3di_gl_attributes(self, layout, made.buffers);
    const w3di_gl_buffer *index =
        (const w3di_gl_buffer *)w3di_gl_find(self, W3D_GPU_KIND_BUFFER, made.index);
    if (index) W3DI_GL(self)->BindBuffer(W3DI_GL_ELEMENT_ARRAY_BUFFER, index->name);
    made.next = self->array_heads[hash];
    self->arrays[self->array_count++] = made;
    self->array_heads[hash] = self->array_count;
    return made.name;
}

/* Ends those of a buffer that goes. */
static inline void w3di_gl_arrays_forget(w3di_gl_device *self, uint32_t buffer)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->array_count; i++) {
        w3di_gl_array *array = &self->arrays[i];
        int used = array->index == buffer;
        for (uint32_t k = 0; k < W3D_GPU_MAX_VERTEX_BUFFERS; k++)
            used |= array->buffers[2 * k] == buffer;
        if (used) {
            if (self->now.array == array->name) self->now.array = W3DI_GL_UNKNOWN;
            W3DI_GL(self)->DeleteVertexArrays(1, &array->name);
        } else {
            self->arrays[kept++] = *array;
        }
    }
    if (kept == self->array_count) return;
    self->array_count = kept;
    w3d_fill(self->array_heads, 0, sizeof self->array_heads);
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t hash = w3di_gl_array_hash(&self->arrays[i]);
        self->arrays[i].next = self->array_heads[hash];
        self->array_heads[hash] = i + 1;
    }
}

/* ---- the end of resources ---- */

static inline void w3di_gl_destroy(w3di_gl_device *self, uint32_t kind, uint32_t handle)
{
    uint8_t *item = kind < W3D_GPU_KIND_COUNT ? (uint8_t *)w3di_gl_find(self, kind, handle) : NULL;
    if (!item) return;
    uint32_t name;
    w3d_copy(&name, item + 4, 4);
    switch ((w3d_gpu_kind)kind) {
    case W3D_GPU_KIND_BUFFER:
        w3di_gl_arrays_forget(self, handle);
        for (uint32_t i = 0; i < W3DI_GL_BLOCKS; i++)
            if (self->now.blocks[i][0] == name) self->now.blocks[i][0] = W3DI_GL_UNKNOWN;
        W3DI_GL(self)->DeleteBuffers(1, &name);
        break;
    case W3D_GPU_KIND_TEXTURE:
        w3di_gl_framebuffers_forget(self, handle);
        if (((w3di_gl_texture *)(void *)item)->samples > 1)
            W3DI_GL(self)->DeleteRenderbuffers(1, &name);
        else
            w3di_gl_texture_delete(self, name);
        break;
    case W3D_GPU_KIND_SAMPLER: {
        uint32_t plain = ((w3di_gl_sampler *)(void *)item)->plain;
        for (uint32_t unit = 0; unit < W3DI_GL_UNITS; unit++)
            self->now.samplers[unit] = W3DI_GL_UNKNOWN;
        W3DI_GL(self)->DeleteSamplers(1, &name);
        if (plain) W3DI_GL(self)->DeleteSamplers(1, &plain);
        break;
    }
    case W3D_GPU_KIND_SHADER:
        if (self->now.program == name) self->now.program = W3DI_GL_UNKNOWN;
        if (name) W3DI_GL(self)->DeleteProgram(name);
        break;
    default: break;
    }
    w3d_fill(item, 0, self->slots[kind].item_size);
    self->slots[kind].live--;
}

#endif /* W3D_GPU_GL_PROGRAM_H */
