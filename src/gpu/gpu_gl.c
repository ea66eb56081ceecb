/* gpu_gl.c - the command stream on native GL: opening, executing, events, closing. */
#include "gpu/gpu_gl.h"
#include "gpu/gpu_gl_read.h"

/* ---- opening ---- */

static int w3di_gl_extension(w3di_gl_device *self, const char *name)
{
    uint32_t count = w3di_gl_get(self, W3DI_GL_NUM_EXTENSIONS);
    for (uint32_t i = 0; i < count; i++) {
        const char *text = (const char *)W3DI_GL(self)->GetStringi(0x1F03, i);
        if (text && w3d_text_is(text, w3d_text_size(text), name)) return 1;
    }
    return 0;
}

/* Gets a function, or the same under an extension's name, into its place in the table. */
static void w3di_gl_load(w3di_gl_device *self, const char *name, const char *suffix)
{
    char full[64];
    size_t size = w3d_text_size(name), more = w3d_text_size(suffix);
    if (size + more >= sizeof full) return;
    w3d_copy(full, name, size);
    w3d_copy(full + size, suffix, more + 1);
    void *function = self->desc->getproc(self->desc->user, full);
    for (const w3di_gl_entry *e = w3di_gl_entries(); e->name && function; e++)
        if (w3d_text_is(name, size, e->name))
            w3d_copy((uint8_t *)&self->gl + e->offset, &function, sizeof function);
}

/* All functions there are; the name of one that is missing, or NULL. */
static const char *w3di_gl_load_all(w3di_gl_device *self)
{
    for (const w3di_gl_entry *e = w3di_gl_entries(); e->name; e++) {
        void *function = self->desc->getproc(self->desc->user, e->name);
        if (!function && e->needed) return e->name;
        w3d_copy((uint8_t *)&self->gl + e->offset, &function, sizeof function);
    }
    return NULL;
}

/* What came with a version (0: never) of GL or of ES, or with an extension whose functions have a
 * suffix. */
static int w3di_gl_has(w3di_gl_device *self, uint32_t gl, uint32_t es, const char *extension,
                       const char *suffix, const char *const *functions)
{
    uint32_t since = self->es ? es : gl;
    if (since && self->version >= since) return 1;
    if (!extension || !w3di_gl_extension(self, extension)) return 0;
    for (; functions && *functions; functions++) w3di_gl_load(self, *functions, suffix);
    return 1;
}

static void w3di_gl_features(w3di_gl_device *self)
{
    static const char *const base[] = { "glDrawElementsBaseVertex",
                                        "glDrawElementsInstancedBaseVertex", NULL },
                             *const blend[] = { "glBlendEquationSeparatei", "glBlendFuncSeparatei",
                                                NULL },
                             *const blend_es[] = { "glBlendEquationSeparatei",
                                                   "glBlendFuncSeparatei",
                                                   "glColorMaski",
                                                   "glEnablei",
                                                   "glDisablei",
                                                   "glIsEnabledi",
                                                   NULL },
                             *const copy[] = { "glCopyImageSubData", NULL },
                             *const debug[] = { "glObjectLabel", "glPushDebugGroup",
                                                "glPopDebugGroup", NULL },
                             *const reset[] = { "glGetGraphicsResetStatus", NULL },
                             *const clamp[] = { "glPolygonOffsetClamp", NULL },
                             *const time[] = { "glGetQueryObjectui64v", NULL };
    int es = self->es;
    const char *debug_suffix = es ? "KHR" : "";
    self->has_storage = w3di_gl_has(self, 42, 30, "GL_ARB_texture_storage", "", NULL);
    self->has_depth_rangef = w3di_gl_has(self, 41, 30, "GL_ARB_ES2_compatibility", "", NULL);
    self->has_indexed_blend =
        w3di_gl_has(self, 40, 32, es ? "GL_OES_draw_buffers_indexed" : "GL_ARB_draw_buffers_blend",
                    es ? "OES" : "ARB", es ? blend_es : blend);
    if (es && self->version < 32) self->has_indexed_blend = 0; /* no glGetBooleani_v before 3.1 */
    self->has_copy_image = w3di_gl_has(self, 43, 32, es ? "GL_EXT_copy_image" : "GL_ARB_copy_image",
                                       es ? "EXT" : "", copy);
    self->has_invalidate = w3di_gl_has(self, 43, 30, "GL_ARB_invalidate_subdata", "", NULL);
    self->has_labels = w3di_gl_has(self, 43, 32, "GL_KHR_debug", debug_suffix, debug);
    self->has_reset = w3di_gl_has(self, 45, 32, "GL_KHR_robustness", debug_suffix, reset) ||
                      w3di_gl_has(self, 0, 0, es ? "GL_EXT_robustness" : "GL_ARB_robustness",
                                  es ? "EXT" : "ARB", reset);
    self->has_restart_fixed = w3di_gl_has(self, 43, 30, "GL_ARB_ES3_compatibility", "", NULL);
    self->has_offset_clamp =
        w3di_gl_has(self, 46, 0, es ? "GL_EXT_polygon_offset_clamp" : "GL_ARB_polygon_offset_clamp",
                    es ? "EXT" : "", clamp) ||
        w3di_gl_has(self, 0, 0, "GL_EXT_polygon_offset_clamp", "EXT", clamp);
    w3d_gpu_caps *caps = &self->caps;
    caps->base_vertex =
        (uint8_t)(w3di_gl_has(self, 32, 32, "GL_OES_draw_elements_base_vertex", "OES", base) ||
                  w3di_gl_has(self, 32, 32, "GL_EXT_draw_elements_base_vertex", "EXT", base));
    caps->indirect =
        (uint8_t)w3di_gl_has(self, 40, 31, es ? NULL : "GL_ARB_draw_indirect", "", NULL);
    caps->timestamps =
        (uint8_t)w3di_gl_has(self, 33, 0, es ? "GL_EXT_disjoint_timer_query" : NULL, "EXT", time);
    caps->anisotropy =
        (uint8_t)(w3di_gl_has(self, 46, 0, "GL_EXT_texture_filter_anisotropic", "", NULL) ||
                  w3di_gl_has(self, 0, 0, "GL_ARB_texture_filter_anisotropic", "", NULL));
    self->has_angle_multi = es && w3di_gl_has(self, 0, 0, "GL_ANGLE_multi_draw", "", NULL);
    caps->multi_draw =
        (uint8_t)(!self->desc->no_multi_draw &&
                  (es ? self->has_angle_multi
                      : w3di_gl_has(self, 46, 0, "GL_ARB_shader_draw_parameters", "", NULL)));
    if (!caps->multi_draw) self->has_angle_multi = 0;
    caps->bc = (uint8_t)(w3di_gl_has(self, 0, 0, "GL_EXT_texture_compression_s3tc", "", NULL) &&
                         w3di_gl_has(self, 30, 0, "GL_EXT_texture_compression_rgtc", "", NULL) &&
                         w3di_gl_has(self, 42, 0,
                                     es ? "GL_EXT_texture_compression_bptc"
                                        : "GL_ARB_texture_compression_bptc",
                                     "", NULL));
    caps->etc2 = (uint8_t)w3di_gl_has(self, 43, 30, "GL_ARB_ES3_compatibility", "", NULL);
    caps->astc = (uint8_t)w3di_gl_has(self, 0, 32, "GL_KHR_texture_compression_astc_ldr", "", NULL);
    caps->float_targets = (uint8_t)w3di_gl_has(self, 30, 32, "GL_EXT_color_buffer_float", "", NULL);
    caps->half_targets =
        (uint8_t)(caps->float_targets ||
                  w3di_gl_has(self, 30, 32, "GL_EXT_color_buffer_half_float", "", NULL));
    caps->float_filter = (uint8_t)w3di_gl_has(self, 30, 0, "GL_OES_texture_float_linear", "", NULL);
    caps->occlusion = 1;
}

static void w3di_gl_limits(w3di_gl_device *self)
{
    w3d_gpu_caps *caps = &self->caps;
    const char *name = (const char *)W3DI_GL(self)->GetString(W3DI_GL_RENDERER);
    size_t size = name ? w3d_text_size(name) : 0;
    if (size > sizeof caps->name - 1) size = sizeof caps->name - 1;
    w3d_copy(caps->name, name, size);
    caps->api = W3D_GPU_API_GL;
    caps->max_texture_side = w3di_gl_get(self, W3DI_GL_MAX_TEXTURE_SIZE);
    if (caps->max_texture_side > W3D_GPU_MAX_SIDE) caps->max_texture_side = W3D_GPU_MAX_SIDE;
    caps->max_layers = w3di_gl_get(self, W3DI_GL_MAX_ARRAY_LAYERS);
    if (caps->max_layers > 2048) caps->max_layers = 2048;
    caps->max_samples = w3di_gl_get(self, W3DI_GL_MAX_SAMPLES) >= 4 ? 4 : 1;
    caps->max_uniform_size = w3di_gl_get(self, W3DI_GL_MAX_UNIFORM_SIZE);
    caps->uniform_alignment = w3di_gl_get(self, W3DI_GL_UNIFORM_ALIGNMENT);
    if (caps->uniform_alignment < 16) caps->uniform_alignment = 16;
    caps->max_buffer_size = 0x40000000u;
    caps->max_object_rows = 1u << 20;
    self->max_buffers = w3di_gl_get(self, W3DI_GL_MAX_DRAW_BUFFERS);
    if (self->max_buffers > W3DI_GL_SAVED_BUFFERS) self->max_buffers = W3DI_GL_SAVED_BUFFERS;
}

static void w3di_gl_start(w3di_gl_device *self)
{
    static const uint32_t sizes[W3D_GPU_KIND_COUNT] = { 8,
                                                        sizeof(w3di_gl_buffer),
                                                        sizeof(w3di_gl_texture),
                                                        sizeof(w3di_gl_sampler),
                                                        sizeof(w3di_gl_shader),
                                                        sizeof(w3di_gl_pipeline),
                                                        sizeof(w3di_gl_group),
                                                        sizeof(w3di_gl_mesh),
                                                        8,
                                                        8 };
    for (uint32_t i = 0; i < W3D_GPU_KIND_COUNT; i++) self->slots[i].item_size = sizes[i];
    const char *missing = self->desc && self->desc->getproc ? w3di_gl_load_all(self) : "getproc";
    if (missing) {
        w3di_gl_push(self, W3D_GPU_EVENT_FAILED, 0, 0, missing); /* its name says enough */
        return;
    }
    const char *version = (const char *)W3DI_GL(self)->GetString(W3DI_GL_VERSION);
    if (!version) {
        w3di_gl_push(self, W3D_GPU_EVENT_FAILED, 0, 0, "no context is current");
        return;
    }
    self->es = w3d_text_size(version) > 10 && w3d_equal(version, "OpenGL ES ", 10);
    const char *digits = version + (self->es ? 10 : 0);
    uint32_t number = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (uint32_t)(*digits - '0');
    number *= 10;
    if (*digits == '.' && digits[1] >= '0' && digits[1] <= '9')
        number += (uint32_t)(digits[1] - '0');
    self->version = number;
    if (number < (self->es ? 30u : 33u)) {
        w3di_gl_push(self, W3D_GPU_EVENT_FAILED, 0, 0, "GL below 3.3, or ES below 3.0");
        return;
    }
    w3di_gl_limits(self);
    w3di_gl_features(self);
    w3di_gl_push(self, W3D_GPU_EVENT_READY, 0, 0, NULL);
}

static void w3di_gl_release(w3di_gl_device *self)
{
    w3d_allocator allocator = self->allocator;
    for (uint32_t i = 0; i < W3D_GPU_KIND_COUNT; i++)
        w3di_gl_free(self, self->slots[i].items,
                     (size_t)self->slots[i].room * self->slots[i].item_size);
    for (uint32_t i = self->event_first; i < self->event_count; i++)
        w3di_gl_free(self, self->events[i].text, self->events[i].text_size);
    w3di_gl_free(self, self->text, self->text_size);
    w3di_gl_free(self, self->layouts, self->layout_room * sizeof *self->layouts);
    w3di_gl_free(self, self->arrays, self->array_room * sizeof *self->arrays);
    w3di_gl_free(self, self->framebuffers, self->framebuffer_room * sizeof *self->framebuffers);
    w3di_gl_free(self, self->events, self->event_room * sizeof *self->events);
    w3di_gl_free(self, self->pending, self->pending_room * sizeof *self->pending);
    w3di_gl_free(self, self->answer, self->answer_size);
    w3di_gl_free(self, self->scratch, 4 * (size_t)self->scratch_room);
    w3di_gl_free(self, self->constants, self->constants_room);
    w3di_gl_free(self, self->many, self->many_room * sizeof(void *));
    w3di_gl_free(self, self->zeros, W3DI_GL_ZEROS);
    w3d_allocator_resize(&allocator, self, sizeof *self, 0);
}

static w3d_result w3di_gl_open(const void *config, const w3d_allocator *allocator, void **out)
{
    w3di_gl_device *self = (w3di_gl_device *)w3d_allocator_resize(allocator, NULL, 0, sizeof *self);
    if (!self) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(self, 0, sizeof *self);
    self->allocator = *allocator;
    self->desc = (const w3d_gpu_gl_desc *)config;
    self->zeros = (uint8_t *)w3di_gl_resize(self, NULL, 0, W3DI_GL_ZEROS);
    if (self->zeros) {
        w3d_fill(self->zeros, 0, W3DI_GL_ZEROS);
        w3di_gl_start(self);
    }
    if (!self->zeros || !self->event_count) { /* without memory for the first event too */
        w3di_gl_release(self);
        return W3D_ERR_OUT_OF_MEMORY;
    }
    *out = self;
    return W3D_OK;
}

static void w3di_gl_close(void *opaque)
{
    w3di_gl_device *self = (w3di_gl_device *)opaque;
    if (self->version) { /* else it was never open */
        if (!self->desc->save_state || !w3di_gl_save(self)) self->saved = NULL;
        for (uint32_t kind = 1; kind < W3D_GPU_KIND_COUNT; kind++)
            for (uint32_t i = 0; i < self->slots[kind].room; i++) {
                uint32_t handle;
                w3d_copy(&handle, self->slots[kind].items + (size_t)i * self->slots[kind].item_size,
                         4);
                if (handle) w3di_gl_destroy(self, kind, handle);
            }
        w3di_gl_arrays_clear(self);
        for (uint32_t i = 0; i < self->framebuffer_count; i++)
            W3DI_GL(self)->DeleteFramebuffers(1, &self->framebuffers[i].name);
        w3di_gl_surface_end(self);
        w3di_gl_pending_end(self);
        if (self->objects) W3DI_GL(self)->DeleteTextures(1, &self->objects);
        for (uint32_t i = 0; i < W3DI_GL_RING; i++) {
            if (self->ring[i]) W3DI_GL(self)->DeleteBuffers(1, &self->ring[i]);
            if (self->draws[i]) W3DI_GL(self)->DeleteTextures(1, &self->draws[i]);
        }
        if (!self->saved) { /* nothing that is deleted stays bound */
            W3DI_GL(self)->UseProgram(0);
            W3DI_GL(self)->BindVertexArray(0);
        }
        w3di_gl_restore(self);
        if (self->desc->counters) *self->desc->counters = self->counters;
    }
    w3di_gl_release(self);
}

/* ---- executing ---- */

static void w3di_gl_label_push(w3di_gl_device *self, const w3d_gpu_stream *stream,
                               const uint32_t *w)
{
    if (self->has_labels)
        W3DI_GL(self)->PushDebugGroup(W3DI_GL_DEBUG_SOURCE_APPLICATION, 0, (int32_t)w[2],
                                      w[2] ? (const char *)stream->blobs + w[1] : "");
}

/* What stands in a pass. */
static w3d_result w3di_gl_pass_do(w3di_gl_device *self, const w3d_gpu_stream *stream,
                                  const uint32_t *w)
{
    float f[6];
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_PASS_BEGIN: w3di_gl_pass_begin(self, stream, w); break;
    case W3D_GPU_OP_VIEWPORT:
        w3d_copy(f, w + 1, sizeof f);
        if (!self->skip) w3di_gl_viewport(self, f, f[4], f[5]);
        break;
    case W3D_GPU_OP_SCISSOR:
        if (!self->skip) w3di_gl_scissor(self, w + 1);
        break;
    case W3D_GPU_OP_STENCIL_REF:
        self->stencil_ref = w[1];
        self->now.pipeline = W3DI_GL_UNKNOWN;
        break;
    case W3D_GPU_OP_BLEND_CONSTANT:
        w3d_copy(f, w + 1, 16);
        W3DI_GL(self)->BlendColor(f[0], f[1], f[2], f[3]);
        break;
    case W3D_GPU_OP_CONSTANTS: w3di_gl_constants(self, w[2]); break;
    case W3D_GPU_OP_INSTANCE_BUFFER:
        w3d_copy(self->instance_buffers + 2 * (w[1] & 3), w + 2, 8);
        break;
    case W3D_GPU_OP_MULTI: w3di_gl_multi(self, w); break;
    case W3D_GPU_OP_DRAW_INDIRECT: w3di_gl_indirect(self, w); break;
    case W3D_GPU_OP_QUERY_BEGIN: return w3di_gl_query_begin(self, w);
    case W3D_GPU_OP_QUERY_END: w3di_gl_query_end(self); break;
    case W3D_GPU_OP_LABEL_PUSH: w3di_gl_label_push(self, stream, w); break;
    case W3D_GPU_OP_LABEL_POP:
        if (self->has_labels) W3DI_GL(self)->PopDebugGroup();
        break;
    case W3D_GPU_OP_PASS_END: w3di_gl_pass_end(self); break;
    default: break; /* of a newer writer, or compute, which the caps deny */
    }
    return W3D_OK;
}

static w3d_result w3di_gl_do(w3di_gl_device *self, const w3d_gpu_stream *stream, const uint32_t *w,
                             uint32_t left)
{
    switch ((w3d_gpu_op)(w[0] & 255)) {
    case W3D_GPU_OP_BUFFER_CREATE: return w3di_gl_buffer_create(self, stream, w, left);
    case W3D_GPU_OP_BUFFER_WRITE: w3di_gl_buffer_write(self, stream, w); break;
    case W3D_GPU_OP_BUFFER_COPY: w3di_gl_buffer_copy(self, w); break;
    case W3D_GPU_OP_BUFFER_READ: return w3di_gl_buffer_read(self, w);
    case W3D_GPU_OP_TEXTURE_CREATE: return w3di_gl_texture_create(self, stream, w, left);
    case W3D_GPU_OP_TEXTURE_WRITE: w3di_gl_texture_write(self, stream, w); break;
    case W3D_GPU_OP_TEXTURE_MIPS: w3di_gl_texture_mips(self, w); break;
    case W3D_GPU_OP_TEXTURE_COPY: w3di_gl_texture_copy(self, w); break;
    case W3D_GPU_OP_TEXTURE_READ: return w3di_gl_texture_read(self, w);
    case W3D_GPU_OP_SAMPLER_CREATE: return w3di_gl_sampler_create(self, w);
    case W3D_GPU_OP_SHADER_CREATE: return w3di_gl_shader_create(self, stream, w);
    case W3D_GPU_OP_PIPELINE_CREATE: return w3di_gl_pipeline_create(self, w);
    case W3D_GPU_OP_GROUP_CREATE: return w3di_gl_group_create(self, w);
    case W3D_GPU_OP_MESH_CREATE: return w3di_gl_mesh_create(self, w);
    case W3D_GPU_OP_DESTROY: w3di_gl_destroy(self, w[1], w[2]); break;
    case W3D_GPU_OP_OBJECTS_CREATE: w3di_gl_objects_create(self, w); break;
    case W3D_GPU_OP_OBJECTS_WRITE: w3di_gl_objects_write(self, stream, w); break;
    case W3D_GPU_OP_SURFACE: w3di_gl_surface(self, w); break;
    case W3D_GPU_OP_PRESENT: w3di_gl_present(self); break;
    default: return w3di_gl_pass_do(self, stream, w);
    }
    return W3D_OK;
}

static w3d_result w3di_gl_submit(void *opaque, const w3d_gpu_stream *stream)
{
    w3di_gl_device *self = (w3di_gl_device *)opaque;
    if (self->lost) return W3D_ERR_CLOSED;
    if (self->desc->save_state && !w3di_gl_save(self)) return W3D_ERR_OUT_OF_MEMORY;
    w3di_gl_begin(self);
    w3d_result result = w3di_gl_prepare(self, stream);
    for (uint32_t at = 0; !result && at < stream->word_count; at += stream->words[at] >> 8)
        result = w3di_gl_do(self, stream, stream->words + at, stream->word_count - at);
    if (self->in_pass) { /* only after an error */
        w3di_gl_query_end(self);
        w3di_gl_pass_end(self);
    }
    w3di_gl_restore(self);
    if (self->has_reset && W3DI_GL(self)->GetGraphicsResetStatus()) {
        self->lost = 1;
        w3di_gl_push(self, W3D_GPU_EVENT_LOST, 0, 0, "the context was reset");
        result = W3D_ERR_CLOSED;
    }
    if (self->desc->counters) *self->desc->counters = self->counters;
    return result;
}

static int w3di_gl_poll(void *opaque, w3d_gpu_event *event)
{
    w3di_gl_device *self = (w3di_gl_device *)opaque;
    if (self->event_first == self->event_count)
        return !self->lost && w3di_gl_pending_poll(self, event);
    const w3di_gl_event *next = &self->events[self->event_first++];
    w3di_gl_free(self, self->text, self->text_size);
    self->text = next->text;
    self->text_size = next->text_size;
    event->kind = next->kind;
    event->handle = next->handle;
    event->value = next->value;
    event->text = next->text;
    event->text_size = next->text_size;
    return 1;
}

static void w3di_gl_caps(void *opaque, w3d_gpu_caps *out)
{
    *out = ((w3di_gl_device *)opaque)->caps;
}

static void w3di_gl_count(void *opaque, uint32_t counts[W3D_GPU_KIND_COUNT])
{
    const w3di_gl_device *self = (const w3di_gl_device *)opaque;
    for (uint32_t i = 0; i < W3D_GPU_KIND_COUNT; i++) counts[i] = self->slots[i].live;
    for (uint32_t i = 0; i < self->pending_count; i++)
        counts[W3D_GPU_KIND_DOWNLOAD] += self->pending[i].kind == W3D_GPU_EVENT_DOWNLOAD;
}

W3D_API w3d_gpu_backend w3d_gpu_gl(const w3d_gpu_gl_desc *desc)
{
    static const w3d_gpu_table table = { W3D_GPU_API_GL, w3di_gl_open, w3di_gl_submit,
                                         w3di_gl_poll,   w3di_gl_caps, w3di_gl_count,
                                         w3di_gl_close };
    w3d_gpu_backend backend;
    backend.table = &table;
    backend.config = desc;
    return backend;
}

#undef W3DI_GL
#undef W3DI_GL_UNKNOWN
#undef W3DI_GL_CALL
#undef W3DI_GL_FUNCTIONS
