/* bench_shader_run.c - shaders in software beside the same work written in C by hand, one thread.
 *
 * The texture unit is left out (a constant): what is measured is the register code alone. The peer is
 * plain C on sixteen pixels, which the compiler is free to vectorise; the limit writes the outputs. */
#include "bench.h"

#include "core/math.h"
#include "gpu/shader_run.h"

enum { GROUPS = 512 };

typedef struct shading {
    w3d_shader_code *code;
    w3d_shader_group group;
    w3d_shader_resources resources;
    w3d_shader_lanes *registers, *inputs, *outputs;
    void *block;
    float frame[64], material[16], objects[32];
} shading;

static const char source[] =
    "struct F { view: mat4x4f, light: vec4f, eye: vec4f }\n"
    "struct O { model: mat4x4f, tint: vec4f }\n"
    "struct M { color: vec4f, shine: vec4f }\n"
    "@group(0) @binding(0) var<uniform> frame: F;\n"
    "@group(0) @binding(1) var<storage, read> objects: array<O>;\n"
    "@group(1) @binding(0) var<uniform> m: M;\n"
    "@group(1) @binding(1) var base: texture_2d<f32>;\n"
    "@group(1) @binding(2) var base_sampler: sampler;\n"
    "struct V { @builtin(position) p: vec4f, @location(0) n: vec3f, @location(1) at: vec3f,\n"
    "  @location(2) uv: vec2f }\n"
    "@vertex fn vs(@builtin(instance_index) i: u32, @location(0) p: vec3f, @location(1) n: vec3f,\n"
    "    @location(2) uv: vec2f) -> V {\n"
    "  var o: V; let world = objects[i].model * vec4f(p, 1); o.p = frame.view * world;\n"
    "  o.at = world.xyz; o.n = (objects[i].model * vec4f(n, 0)).xyz; o.uv = uv; return o; }\n"
    "@fragment fn lambert(v: V) -> @location(0) vec4f {\n"
    "  let n = normalize(v.n); let light = max(dot(n, frame.light.xyz), 0.0) * 0.8 + 0.2;\n"
    "  let t = textureSample(base, base_sampler, v.uv) * m.color;\n"
    "  return vec4f(t.rgb * light, t.a); }\n"
    "@fragment fn blinn(v: V) -> @location(0) vec4f {\n"
    "  let n = normalize(v.n); let e = normalize(frame.eye.xyz - v.at);\n"
    "  let h = normalize(e + frame.light.xyz); let light = max(dot(n, frame.light.xyz), 0.0);\n"
    "  let s = pow(max(dot(n, h), 0.0), m.shine.x);\n"
    "  let t = textureSample(base, base_sampler, v.uv) * m.color;\n"
    "  return vec4f(t.rgb * (light * 0.8 + 0.2) + s * m.shine.yzw, t.a); }\n"
    "@fragment fn ggx(v: V) -> @location(0) vec4f {\n"
    "  let n = normalize(v.n); let e = normalize(frame.eye.xyz - v.at);\n"
    "  let h = normalize(e + frame.light.xyz); let nl = max(dot(n, frame.light.xyz), 0.0);\n"
    "  let nh = max(dot(n, h), 0.0); let ne = max(dot(n, e), 0.001); let eh = max(dot(e, h), "
    "0.0);\n"
    "  let a = m.shine.x * m.shine.x; let a2 = a * a; let d = nh * nh * (a2 - 1.0) + 1.0;\n"
    "  let k = a * 0.5; let g = (nl * (1.0 - k) + k) * (ne * (1.0 - k) + k);\n"
    "  let x = 1.0 - eh; let x2 = x * x; let f = 0.04 + 0.96 * x2 * x2 * x;\n"
    "  let t = textureSample(base, base_sampler, v.uv) * m.color;\n"
    "  let s = f * a2 / (3.14159 * d * d * 4.0 * g + 0.0001);\n"
    "  return vec4f((t.rgb * (1.0 - f) * 0.318 + s) * nl + t.rgb * 0.03, t.a); }\n";

static void constant_texture(const w3d_shader_sample *sample)
{
    for (int k = 0; k < 4; k++) sample->out[k] = sample->coordinates[0];
}

static shading shading_make(const char *entry)
{
    shading s;
    w3d_shader_module *module;
    w3d_shader_desc desc;
    w3d_error error;
    memset(&s, 0, sizeof s);
    memset(&desc, 0, sizeof desc);
    desc.text = source;
    if (w3d_shader_open(&desc, &module, &error) ||
        w3d_shader_code_create(module, entry, NULL, &s.code))
        abort();
    w3d_shader_close(module);
    size_t lanes = w3d_shader_code_registers(s.code) + 128;
    s.block = calloc(lanes + 1, sizeof(w3d_shader_lanes));
    s.inputs = (w3d_shader_lanes *)(((uintptr_t)s.block + 63) & ~(uintptr_t)63);
    s.outputs = s.inputs + 64;
    s.registers = s.outputs + 64;
    for (int i = 0; i < 64 * 16; i++) s.inputs[i / 16].x[i % 16] = (float)(i % 37) * 0.05f - 0.8f;
    for (int i = 0; i < 64; i++) s.frame[i] = 0.1f + (float)i * 0.02f;
    for (int i = 0; i < 16; i++) s.material[i] = 0.3f + (float)i * 0.01f;
    for (int i = 0; i < 32; i++) s.objects[i] = 0.3f + (float)i * 0.01f;
    return s;
}

static void shading_free(shading *s)
{
    free(s->block);
    w3d_shader_code_destroy(s->code);
}

static void ours(void *user)
{
    shading *s = (shading *)user;
    s->resources.frame = s->frame;
    s->resources.frame_size = sizeof s->frame;
    s->resources.objects = s->objects;
    s->resources.object_bytes = sizeof s->objects;
    s->resources.buffers[0][0].bytes = s->material;
    s->resources.buffers[0][0].size = sizeof s->material;
    s->resources.sample = constant_texture;
    s->group.resources = &s->resources;
    s->group.registers = s->registers;
    s->group.inputs = s->inputs;
    s->group.outputs = s->outputs;
    for (int i = 0; i < GROUPS; i++) {
        memset(&s->group.mask, 0xFF, sizeof s->group.mask);
        s->group.same = i > 0;
        w3d_shader_run(s->code, &s->group);
    }
    bench_keep(s->outputs);
}

/* Writes four outputs: no shader does less. */
static void limit(void *user)
{
    shading *s = (shading *)user;
    for (int i = 0; i < GROUPS; i++) {
        memset(s->outputs, i, 4 * sizeof *s->outputs);
        bench_keep(s->outputs);
    }
}

static void lambert(void *user)
{
    shading *s = (shading *)user;
    const w3d_shader_lanes *in = s->inputs;
    const float *light = s->frame + 16, *color = s->material;
    for (int i = 0; i < GROUPS; i++) {
        for (int l = 0; l < 16; l++) {
            float x = in[0].x[l], y = in[1].x[l], z = in[2].x[l];
            float k = 1.0f / w3d_sqrtf(x * x + y * y + z * z);
            float d = (x * light[0] + y * light[1] + z * light[2]) * k;
            float shade = (d > 0 ? d : 0) * 0.8f + 0.2f, t = in[8].x[l];
            for (int c = 0; c < 3; c++) s->outputs[c].x[l] = t * color[c] * shade;
            s->outputs[3].x[l] = t * color[3];
        }
        bench_keep(s->outputs);
    }
}

static void row_of(const char *name, const char *entry, void (*peer)(void *user))
{
    shading s = shading_make(entry);
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "Mpixel/s";
    row.work = GROUPS * 16 / 1e6;
    row.user = &s;
    row.ours.run = ours;
    row.peer.run = peer;
    row.peer.name = "C by hand";
    row.limit.run = limit;
    row.limit.name = "the outputs";
    bench_run(&row);
    shading_free(&s);
}

void bench_shader_run(void);
void bench_shader_run(void)
{
    row_of("shader: vertices", "vs", NULL);
    row_of("shader: lambert, textured", "lambert", lambert);
    row_of("shader: blinn with pow", "blinn", NULL);
    row_of("shader: microfacets", "ggx", NULL);
}
