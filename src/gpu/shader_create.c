/* shader_create.c - from WGSL to w3d_gpu_shader_create. */
#include "gpu/shader_create.h"
#include "gpu/gpu_message.h"
#include "gpu/shader_glsl.h"
#include "memory/allocator.h"

#define W3DI_SHADER_CREATE_CALL "w3d_shader_create"

/* "w3d_shader_create: line:column: why" */
static w3d_result w3di_shader_create_refuse(w3d_gpu *gpu, const char *text, const w3d_error *error,
                                            w3d_error *out)
{
    char place[160];
    size_t size = w3d_shader_explain(text, 0, error, place, sizeof place);
    for (size_t i = 0; i < size; i++)
        if (place[i] == '\n') place[i] = 0; /* the first line says it */
    w3d_error_set(out, error->code, error->offset, error->text);
    return w3di_gpu_refuse(gpu, error->code, W3DI_SHADER_CREATE_CALL, "", place);
}

static const w3d_shader_entry *w3di_shader_create_find(const w3d_shader_reflection *reflection,
                                                       const char *name, w3d_shader_stage stage)
{
    for (uint32_t i = 0; i < reflection->entry_count; i++)
        if (reflection->entries[i].stage == stage &&
            w3d_text_is(name, w3d_text_size(name), reflection->entries[i].name))
            return &reflection->entries[i];
    return NULL;
}

/* Takes over what an entry point uses. */
static void w3di_shader_create_use(w3d_gpu_shader_desc *made,
                                   const w3d_shader_reflection *reflection,
                                   const w3d_shader_entry *entry, uint32_t *bindings,
                                   uint32_t *pairs)
{
    for (uint32_t i = 0; i < reflection->binding_count; i++) {
        if (!((entry->bindings & ~*bindings) >> i & 1)) continue;
        made->bindings[made->binding_count++] = reflection->bindings[i];
        *bindings |= 1u << i;
    }
    for (uint32_t i = 0; i < reflection->pair_count; i++) {
        if (!((entry->pairs & ~*pairs) >> i & 1)) continue;
        made->pairs[made->pair_count++] = reflection->pairs[i];
        *pairs |= 1u << i;
    }
    if (entry->uses_frame & 1) made->frame_size = reflection->frame_size;
    if (entry->uses_frame & 2) made->object_size = reflection->object_size;
    w3d_copy(made->workgroup_size, entry->workgroup_size, sizeof made->workgroup_size);
}

W3D_API w3d_result w3d_shader_create(w3d_gpu *gpu, const w3d_shader_create_desc *desc,
                                     w3d_gpu_shader *shader, w3d_error *error)
{
    static const char *const none[3] = { "no vertex entry point of this name",
                                         "no fragment entry point of this name",
                                         "no compute entry point of this name" };
    w3d_shader_desc source;
    w3d_shader_module *module = NULL;
    w3d_gpu_shader_desc made;
    w3d_error wrong;
    const char *names[3];
    char *glsl[2] = { NULL, NULL };
    size_t sizes[2] = { 0, 0 };
    uint32_t bindings = 0, pairs = 0;
    if (!gpu || !desc || !desc->text || !shader)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer");
    w3d_fill(&source, 0, sizeof source);
    w3d_fill(&made, 0, sizeof made);
    w3d_fill(&wrong, 0, sizeof wrong);
    source.text = desc->text;
    source.allocator = gpu->desc.allocator;
    if (w3d_shader_open(&source, &module, &wrong))
        return w3di_shader_create_refuse(gpu, desc->text, &wrong, error);
    const w3d_shader_reflection *reflection = w3d_shader_reflect(module);
    names[0] = desc->compute_entry ? NULL : desc->vertex_entry ? desc->vertex_entry : "vs";
    names[1] = desc->compute_entry ? NULL : desc->fragment_entry ? desc->fragment_entry : "fs";
    names[2] = desc->compute_entry;
    for (uint32_t stage = 0; stage < 3 && !wrong.code; stage++) {
        if (!names[stage]) continue;
        const w3d_shader_entry *entry =
            w3di_shader_create_find(reflection, names[stage], (w3d_shader_stage)stage);
        if (!entry) {
            w3d_error_set(&wrong, W3D_ERR_NOT_FOUND, 0, none[stage]);
            break;
        }
        w3di_shader_create_use(&made, reflection, entry, &bindings, &pairs);
        if (stage == W3D_SHADER_COMPUTE || desc->no_glsl) continue;
        if (w3d_shader_glsl_explained(module, names[stage], NULL, 0, &sizes[stage], &wrong)) break;
        glsl[stage] = (char *)w3d_allocator_resize(&source.allocator, NULL, 0, sizes[stage] + 1);
        if (!glsl[stage])
            w3d_error_set(&wrong, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
        else
            w3d_shader_glsl(module, names[stage], glsl[stage], sizes[stage] + 1, &sizes[stage]);
    }
    made.wgsl = desc->text;
    made.glsl_vertex = glsl[0];
    made.glsl_fragment = glsl[1];
    made.vertex_entry = names[0];
    made.fragment_entry = names[1];
    made.compute_entry = names[2];
    made.label = desc->label;
    w3d_result code = wrong.code ? w3di_shader_create_refuse(gpu, desc->text, &wrong, error)
                                 : w3d_gpu_shader_create(gpu, &made, shader);
    if (code && !wrong.code) w3d_error_set(error, code, 0, w3d_result_text(code));
    for (int i = 0; i < 2; i++)
        if (glsl[i]) w3d_allocator_resize(&source.allocator, glsl[i], sizes[i] + 1, 0);
    w3d_shader_close(module);
    return code;
}

#undef W3DI_SHADER_CREATE_CALL
