/* fuzz_shader_source.c - any bytes as WGSL: read, reflected, explained, and printed as GLSL. */
#include "gpu/shader.h"
#include "gpu/shader_glsl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    w3d_shader_desc desc;
    w3d_shader_module *module = NULL;
    w3d_error error;
    char text[256];
    char *copy = (char *)malloc(size + 1); /* exactly as large, so that a step past it is seen */
    if (!copy) return 0;
    memcpy(copy, data, size);
    if (!size) copy[0] = 0;
    memset(&desc, 0, sizeof desc);
    memset(&error, 0, sizeof error);
    desc.text = copy;
    desc.size = (uint32_t)size;
    if (w3d_shader_open(&desc, &module, &error)) {
        if (error.offset > size || !error.text || !error.code) abort();
        if (w3d_shader_explain(copy, desc.size, &error, text, sizeof text) >= sizeof text) abort();
        free(copy);
        return 0;
    }
    const w3d_shader_reflection *reflection = w3d_shader_reflect(module);
    if (reflection->entry_count > W3D_SHADER_MAX_ENTRIES ||
        reflection->binding_count > W3D_GPU_MAX_BINDINGS ||
        reflection->pair_count > W3D_GPU_MAX_PAIRS)
        abort();
    for (uint32_t i = 0; i < reflection->entry_count; i++) {
        size_t needed = 0, written = 0;
        const char *name = reflection->entries[i].name;
        memset(&error, 0, sizeof error);
        w3d_result code = w3d_shader_glsl_explained(module, name, NULL, 0, &needed, &error);
        if (code && (error.code != code || !error.text || error.offset > size)) abort();
        if (code) continue;
        char *out = (char *)malloc(needed + 1);
        if (!out) break;
        if (w3d_shader_glsl(module, name, out, needed + 1, &written) || written != needed ||
            strlen(out) != needed)
            abort();
        free(out);
    }
    w3d_shader_close(module);
    free(copy);
    return 0;
}
