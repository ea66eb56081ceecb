/* fuzz_shader.c - any bytes as a WGSL module: read, printed as GLSL, compiled, and run on zeros. */
#include "gpu/shader_glsl.h"
#include "gpu/shader_run.h"

#include <stdlib.h>
#include <string.h>

static void sample(const w3d_shader_sample *s)
{
    memset(s->out, 0, 4 * sizeof *s->out);
    s->out[0] = s->coordinates ? s->coordinates[0] : s->mask[0];
}

static void run(const w3d_shader_code *code)
{
    static w3d_shader_lanes inputs[64], outputs[64];
    static uint32_t frame[64], objects[64], memory[2][16][16];
    size_t size = w3d_shader_code_registers(code) * sizeof(w3d_shader_lanes);
    void *registers = NULL;
    w3d_shader_resources resources;
    w3d_shader_group group;
    if (posix_memalign(&registers, 64, size ? size : 64)) return;
    memset(&resources, 0, sizeof resources);
    memset(&group, 0, sizeof group);
    memset(registers, 0, size);
    memset(memory, 0, sizeof memory);
    resources.frame = frame;
    resources.frame_size = sizeof frame;
    resources.objects = objects;
    resources.object_bytes = sizeof objects;
    for (int i = 0; i < 32; i++) { /* sizes that end within what is read */
        resources.buffers[i / 16][i % 16].bytes = i % 5 == 4 ? NULL : memory[i / 16][i % 16];
        resources.buffers[i / 16][i % 16].size = i % 5 == 4 ? 0 : 64u - 3u * (uint32_t)(i % 3);
    }
    resources.sample = sample;
    group.resources = &resources;
    group.registers = (w3d_shader_lanes *)registers;
    group.inputs = inputs;
    group.outputs = outputs;
    group.workgroups[0] = group.workgroups[1] = group.workgroups[2] = 1;
    group.round_limit = 200;
    for (int pass = 0; pass < 2; pass++) {
        memset(&group.mask, 0xFF, sizeof group.mask);
        w3d_shader_run(code, &group);
        group.same = 1;
    }
    free(registers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char glsl[1 << 16];
    w3d_shader_module *module;
    w3d_shader_desc desc;
    w3d_error error;
    if (!size || size > 1 << 16) return 0;
    memset(&desc, 0, sizeof desc);
    desc.text = (const char *)data;
    desc.size = (uint32_t)size;
    if (w3d_shader_open(&desc, &module, &error) != W3D_OK) {
        if (error.offset > size) __builtin_trap();
        w3d_shader_explain(desc.text, desc.size, &error, glsl, sizeof glsl);
        return 0;
    }
    const w3d_shader_reflection *reflection = w3d_shader_reflect(module);
    for (uint32_t i = 0; i < reflection->entry_count; i++) {
        size_t written = 0;
        w3d_shader_code *code;
        (void)w3d_shader_glsl(module, reflection->entries[i].name, glsl, sizeof glsl, &written);
        if (w3d_shader_code_create(module, reflection->entries[i].name, NULL, &code)) continue;
        run(code);
        w3d_shader_code_destroy(code);
    }
    w3d_shader_close(module);
    return 0;
}
