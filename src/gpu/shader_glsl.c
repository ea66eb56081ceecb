/* shader_glsl.c - a checked module to GLSL: the same text for GLSL ES 3.00 and GLSL 3.30.
 *
 * The order of evaluation is that of the source; integer division by zero and shifts are WGSL's only
 * where the device's are. Conventions: shader.h. */
#include "gpu/shader_glsl.h"
#include "gpu/shader_glsl_call.h"
#include "gpu/shader_glsl_helpers.h"

/* ---- statements ---- */

static void w3di_glsl_statement(w3di_glsl *g, uint32_t s);

static void w3di_glsl_statements(w3di_glsl *g, uint32_t block)
{
    for (uint32_t s = g->module->statements[block].a; s; s = g->module->statements[s].next)
        w3di_glsl_statement(g, s);
}

static void w3di_glsl_block(w3di_glsl *g, uint32_t block)
{
    w3di_glsl_text(g, " {");
    g->indent++;
    w3di_glsl_statements(g, block);
    g->indent--;
    w3di_glsl_line(g);
    w3di_glsl_text(g, "}");
}

/* All locals are declared at the function's head, so that `continuing` sees those of its loop's body. It
 * runs before each round but the first, which a flag tells, so that `continue` reaches it. */
static void w3di_glsl_loop(w3di_glsl *g, const w3di_shader_statement *x)
{
    uint32_t number = ++g->loops;
    if (!x->b && !x->c) {
        w3di_glsl_line(g);
        w3di_glsl_text(g, "for (;;)");
        w3di_glsl_block(g, x->a);
        return;
    }
    w3di_glsl_line(g);
    w3di_glsl_format(g, "bool w3d_again% = false;", number, 0);
    w3di_glsl_line(g);
    w3di_glsl_text(g, "for (;;) {");
    g->indent++;
    w3di_glsl_line(g);
    w3di_glsl_format(g, "if (w3d_again%) {", number, 0);
    g->indent++;
    if (x->b) w3di_glsl_statements(g, x->b);
    if (x->c) {
        w3di_glsl_line(g);
        w3di_glsl_text(g, "if (");
        w3di_glsl_expression(g, x->c);
        w3di_glsl_text(g, ") break;");
    }
    g->indent--;
    w3di_glsl_line(g);
    w3di_glsl_text(g, "}");
    w3di_glsl_line(g);
    w3di_glsl_format(g, "w3d_again% = true;", number, 0);
    w3di_glsl_statements(g, x->a);
    g->indent--;
    w3di_glsl_line(g);
    w3di_glsl_text(g, "}");
}

static void w3di_glsl_switch(w3di_glsl *g, const w3di_shader_statement *x)
{
    w3di_glsl_line(g);
    w3di_glsl_text(g, "switch (");
    w3di_glsl_expression(g, x->a);
    w3di_glsl_text(g, ") {");
    for (uint32_t s = x->b; s; s = g->module->statements[s].next) {
        const w3di_shader_statement *c = &g->module->statements[s];
        for (uint32_t i = 0; i < c->argument_count; i++) {
            w3di_glsl_line(g);
            w3di_glsl_text(g, "case ");
            w3di_glsl_expression(g, g->module->arguments[c->first_argument + i]);
            w3di_glsl_text(g, ":");
        }
        w3di_glsl_line(g);
        if (c->b) w3di_glsl_text(g, "default:");
        w3di_glsl_block(g, c->a);
        w3di_glsl_text(g, " break;");
    }
    w3di_glsl_line(g);
    w3di_glsl_text(g, "}");
}

static void w3di_glsl_statement(w3di_glsl *g, uint32_t s)
{
    const w3di_shader_statement *x = &g->module->statements[s];
    if (g->code) return;
    switch (x->kind) {
    case W3DI_SHADER_LOOP: w3di_glsl_loop(g, x); return;
    case W3DI_SHADER_SWITCH: w3di_glsl_switch(g, x); return;
    default: w3di_glsl_line(g); break;
    }
    switch (x->kind) {
    case W3DI_SHADER_BLOCK: w3di_glsl_block(g, s); return;
    case W3DI_SHADER_DECLARE:
        w3di_glsl_local(g, x->a);
        w3di_glsl_text(g, " = ");
        if (x->b)
            w3di_glsl_expression(g, x->b);
        else
            w3di_glsl_zero(g, g->module->locals[x->a].type);
        break;
    case W3DI_SHADER_ASSIGN:
        w3di_glsl_expression(g, x->a);
        w3di_glsl_text(g, " = ");
        w3di_glsl_expression(g, x->b);
        break;
    case W3DI_SHADER_IGNORE: {
        uint32_t type = g->module->expressions[x->a].type;
        if (w3di_glsl_type_at(g, type)->kind <= W3DI_SHADER_STRUCT) /* no pointer, no texture */
            w3di_glsl_expression(g, x->a);
        break;
    }
    case W3DI_SHADER_CALL_STATEMENT: w3di_glsl_expression(g, x->a); break;
    case W3DI_SHADER_IF:
        for (;;) {
            w3di_glsl_text(g, "if (");
            w3di_glsl_expression(g, x->a);
            w3di_glsl_text(g, ")");
            w3di_glsl_block(g, x->b);
            if (!x->c) return;
            w3di_glsl_text(g, " else");
            if (g->module->statements[x->c].kind == W3DI_SHADER_BLOCK) break;
            w3di_glsl_text(g, " ");
            x = &g->module->statements[x->c];
        }
        w3di_glsl_block(g, x->c);
        return;
    case W3DI_SHADER_BREAK: w3di_glsl_text(g, "break"); break;
    case W3DI_SHADER_CONTINUE: w3di_glsl_text(g, "continue"); break;
    case W3DI_SHADER_DISCARD: w3di_glsl_text(g, "discard"); break;
    case W3DI_SHADER_RETURN:
        w3di_glsl_text(g, x->a ? "return " : "return");
        if (x->a) w3di_glsl_expression(g, x->a);
        break;
    default: break;
    }
    w3di_glsl_text(g, ";");
}

/* ---- declarations ---- */

/* Notes which types GLSL ES 3.00 has not: of arrays of arrays, of atomics, of arrays without a size. */
static void w3di_glsl_types(w3di_glsl *g)
{
    for (uint32_t t = 1; t < g->module->type_count; t++) {
        const w3di_shader_type *type = w3di_glsl_type_at(g, t);
        uint8_t bad = type->kind == W3DI_SHADER_ATOMIC;
        if (type->kind == W3DI_SHADER_ARRAY)
            bad = !type->count || g->unsayable[type->element] ||
                  w3di_glsl_type_at(g, type->element)->kind == W3DI_SHADER_ARRAY;
        for (uint32_t i = 0; type->kind == W3DI_SHADER_STRUCT && i < type->count; i++)
            bad |= g->unsayable[g->module->members[type->first + i].type];
        g->unsayable[t] = bad;
    }
}

static void w3di_glsl_structs(w3di_glsl *g)
{
    for (uint32_t t = 1; t < g->module->type_count; t++) {
        const w3di_shader_type *type = w3di_glsl_type_at(g, t);
        if (type->kind != W3DI_SHADER_STRUCT || g->unsayable[t]) continue;
        w3di_glsl_text(g, "struct ");
        w3di_glsl_name(g, type->name);
        w3di_glsl_text(g, " {");
        w3di_glsl_members(g, type);
        w3di_glsl_text(g, "\n};\n");
    }
}

static void w3di_glsl_resources(w3di_glsl *g, const w3d_shader_entry *entry)
{
    const w3d_shader_reflection *reflection = &g->module->reflection;
    static const char *const kinds[] = { "sampler2D", "sampler2DArray", "samplerCube",
                                         "sampler3D" };
    static const char *const shadows[] = { "sampler2DShadow", "sampler2DArrayShadow",
                                           "samplerCubeShadow", "" };
    for (uint32_t i = 1; i < g->module->global_count; i++) {
        const w3di_shader_global *global = &g->module->globals[i];
        int used = 0;
        if (global->space == W3DI_SHADER_PRIVATE) {
            if (g->unsayable[global->type]) continue;
            w3di_glsl_type(g, global->type);
            w3di_glsl_text(g, " ");
            w3di_glsl_name(g, global->name);
            w3di_glsl_sizes(g, global->type);
            w3di_glsl_text(g, ";\n"); /* set at the beginning of main */
            continue;
        }
        if (global->group)
            for (uint32_t b = 0; b < reflection->binding_count; b++)
                used |= (entry->bindings >> b & 1) &&
                        reflection->bindings[b].group == global->group &&
                        reflection->bindings[b].binding == global->binding;
        else
            used = (int)(entry->uses_frame >> global->binding & 1);
        if (!used || (global->space != W3DI_SHADER_UNIFORM && global->space != W3DI_SHADER_STORAGE))
            continue;
        if (global->space == W3DI_SHADER_STORAGE && !global->group) {
            w3di_glsl_text(
                g,
                "uniform highp usampler2D w3d_objects;\nuvec4 w3d_object(uint row, int texel) {\n");
            w3di_glsl_format(g, "    int n = int(row) * % + texel;\n", reflection->object_size / 16,
                             0);
            w3di_glsl_text(g,
                           "    return texelFetch(w3d_objects, ivec2(n & 1023, n >> 10), 0);\n}\n");
            w3di_glsl_fetches(g);
        } else if (global->space == W3DI_SHADER_UNIFORM && w3di_glsl_std140(g, global->type)) {
            if (global->group)
                w3di_glsl_format(g, "layout(std140) uniform w3d_u% { ", global->binding, 0);
            else
                w3di_glsl_text(g, "layout(std140) uniform w3d_frame { ");
            w3di_glsl_type(g, global->type);
            w3di_glsl_text(g, " v");
            w3di_glsl_sizes(g, global->type);
            if (global->group)
                w3di_glsl_format(g, "; } w3d_b%;\n", global->binding, 0);
            else
                w3di_glsl_text(g, "; } w3d_f;\n");
        } else {
            g->at = global->name.at;
            w3di_glsl_fail(g,
                           global->space == W3DI_SHADER_STORAGE
                               ? "GLSL ES 3.00 has no storage buffers; only the objects of group "
                                 "0 are read"
                               : "std140 lays this struct out in another way than WGSL: use "
                                 "vec4f and mat4x4f, no mat2x2f, no @size");
        }
    }
    for (uint32_t p = 0; p < reflection->pair_count; p++) {
        if (!(entry->pairs >> p & 1)) continue;
        const w3d_gpu_binding *texture = NULL, *sampler = NULL;
        for (uint32_t b = 0; b < reflection->binding_count; b++) {
            const w3d_gpu_binding *binding = &reflection->bindings[b];
            if (binding->group == 1 && binding->binding == reflection->pairs[p].texture &&
                binding->kind == W3D_GPU_BIND_TEXTURE)
                texture = binding;
            if (binding->group == 1 && binding->binding == reflection->pairs[p].sampler &&
                binding->kind == W3D_GPU_BIND_SAMPLER)
                sampler = binding;
        }
        if (!texture || texture->samples) {
            w3di_glsl_fail(
                g, "GLSL ES 3.00 reads no multisampled textures, and textures are of group 1");
            return;
        }
        int compares = sampler && sampler->sample;
        w3di_glsl_text(g, "uniform highp ");
        w3di_glsl_text(g, texture->sample == 2 ? "i" : texture->sample == 3 ? "u" : "");
        w3di_glsl_text(g, compares ? shadows[texture->texture] : kinds[texture->texture]);
        w3di_glsl_format(g, " w3d_t%", texture->binding, 0);
        if (sampler) w3di_glsl_format(g, "_s%", sampler->binding, 0);
        w3di_glsl_text(g, ";\n");
    }
}

static void w3di_glsl_function(w3di_glsl *g, const w3di_shader_function *function)
{
    const w3di_shader_local *locals = &g->module->locals[function->first_local];
    g->loops = 0;
    w3di_glsl_type(g, function->result);
    w3di_glsl_sizes(g, function->result);
    w3di_glsl_text(g, " ");
    w3di_glsl_name(g, function->name);
    w3di_glsl_text(g, "(");
    for (uint32_t i = 0; i < function->parameter_count; i++) {
        if (i) w3di_glsl_text(g, ", ");
        if (w3di_glsl_type_at(g, locals[i].type)->kind == W3DI_SHADER_POINTER)
            w3di_glsl_text(g, "inout ");
        w3di_glsl_type(g, locals[i].type);
        w3di_glsl_text(g, " ");
        w3di_glsl_local(g, function->first_local + i);
        const w3di_shader_type *t = w3di_glsl_type_at(g, locals[i].type);
        w3di_glsl_sizes(g, t->kind == W3DI_SHADER_POINTER ? t->element : locals[i].type);
    }
    w3di_glsl_text(g, ") {");
    g->indent = 1;
    for (uint32_t i = function->parameter_count; i < function->local_count; i++) {
        w3di_glsl_line(g);
        w3di_glsl_type(g, locals[i].type);
        w3di_glsl_text(g, " ");
        w3di_glsl_local(g, function->first_local + i);
        w3di_glsl_sizes(g, locals[i].type);
        w3di_glsl_text(g, ";");
    }
    w3di_glsl_statements(g, function->body);
    g->indent = 0;
    w3di_glsl_text(g, "\n}\n");
}

/* ---- the entry point ---- */

/* Declares one input or output; `in` and `out` of varyings, attributes and targets. */
static void w3di_glsl_declare_io(w3di_glsl *g, const w3di_shader_io *io, uint32_t type, int output)
{
    int vertex = g->entry->stage == W3D_SHADER_VERTEX + 1, varying = vertex == output;
    if (io->builtin) {
        if (io->builtin == W3DI_SHADER_POSITION && output && io->invariant)
            w3di_glsl_text(g, "invariant gl_Position;\n");
        return;
    }
    if (varying && io->flat) w3di_glsl_text(g, "flat ");
    if (varying && io->centroid) w3di_glsl_text(g, "centroid ");
    if (!varying) w3di_glsl_format(g, "layout(location = %) ", io->location, 0);
    w3di_glsl_text(g, output ? "out " : "in ");
    w3di_glsl_type(g, type);
    w3di_glsl_format(g,
                     varying  ? " w3d_v%;\n"
                     : output ? " w3d_o%;\n"
                              : " w3d_a%;\n",
                     io->location, 0);
}

static void w3di_glsl_read_io(w3di_glsl *g, const w3di_shader_io *io)
{
    int vertex = g->entry->stage == W3D_SHADER_VERTEX + 1;
    switch ((w3di_shader_builtin)io->builtin) {
    case W3DI_SHADER_NO_BUILTIN:
        w3di_glsl_format(g, vertex ? "w3d_a%" : "w3d_v%", io->location, 0);
        break;
    case W3DI_SHADER_POSITION:
        w3di_glsl_text(
            g,
            "vec4(gl_FragCoord.x, gl_FragCoord.y * w3d_target.y + w3d_target.z, gl_FragCoord.zw)");
        break;
    case W3DI_SHADER_VERTEX_INDEX: w3di_glsl_text(g, "uint(gl_VertexID)"); break;
    case W3DI_SHADER_INSTANCE_INDEX: w3di_glsl_text(g, "w3d_instance()"); break;
    case W3DI_SHADER_FRONT_FACING: w3di_glsl_text(g, "gl_FrontFacing"); break;
    default: w3di_glsl_fail(g, "GLSL ES 3.00 has no such builtin"); break;
    }
}

static void w3di_glsl_write_io(w3di_glsl *g, const w3di_shader_io *io,
                               const w3di_shader_name *member)
{
    w3di_glsl_text(g, "\n    ");
    if (io->builtin == W3DI_SHADER_POSITION)
        w3di_glsl_text(g, "gl_Position");
    else if (io->builtin == W3DI_SHADER_FRAG_DEPTH)
        w3di_glsl_text(g, "gl_FragDepth");
    else
        w3di_glsl_format(g, g->entry->stage == W3D_SHADER_VERTEX + 1 ? "w3d_v%" : "w3d_o%",
                         io->location, 0);
    w3di_glsl_text(g, " = result");
    if (member) {
        w3di_glsl_text(g, ".");
        w3di_glsl_name(g, *member);
    }
    w3di_glsl_text(g, ";");
}

static void w3di_glsl_inputs(w3di_glsl *g)
{
    const w3di_shader_local *locals = &g->module->locals[g->entry->first_local];
    uint32_t instance = 0;
    for (uint32_t i = 0; i < g->entry->parameter_count; i++) {
        const w3di_shader_type *t = w3di_glsl_type_at(g, locals[i].type);
        uint32_t count = t->kind == W3DI_SHADER_STRUCT ? t->count : 1;
        for (uint32_t k = 0; k < count; k++) {
            const w3di_shader_member *member = &g->module->members[t->first + k];
            const w3di_shader_io *io = t->kind == W3DI_SHADER_STRUCT ? &member->io : &locals[i].io;
            w3di_glsl_declare_io(g, io,
                                 t->kind == W3DI_SHADER_STRUCT ? member->type : locals[i].type, 0);
            instance |= io->builtin == W3DI_SHADER_INSTANCE_INDEX;
        }
    }
    if (instance)
        w3di_glsl_text(g, "#ifdef W3D_MULTI_DRAW\nuniform highp usampler2D w3d_draws;\nuniform int "
                          "w3d_draw;\nuint w3d_instance() {\n"
                          "    int n = w3d_draw + gl_DrawID;\n    return texelFetch(w3d_draws, "
                          "ivec2(n & 1023, n >> 10), 0).x + uint(gl_InstanceID);\n}\n"
                          "#else\nuniform int w3d_row;\nuint w3d_instance() { return uint(w3d_row "
                          "+ gl_InstanceID); }\n#endif\n");
}

static void w3di_glsl_main(w3di_glsl *g)
{
    const w3di_shader_local *locals = &g->module->locals[g->entry->first_local];
    const w3di_shader_type *result = w3di_glsl_type_at(g, g->entry->result);
    w3di_glsl_text(g, "void main() {");
    for (uint32_t i = 1; i < g->module->global_count; i++) {
        const w3di_shader_global *global = &g->module->globals[i];
        if (global->space != W3DI_SHADER_PRIVATE || g->unsayable[global->type]) continue;
        w3di_glsl_text(g, "\n    ");
        w3di_glsl_name(g, global->name);
        w3di_glsl_text(g, " = ");
        if (global->value)
            w3di_glsl_expression(g, global->value);
        else
            w3di_glsl_zero(g, global->type);
        w3di_glsl_text(g, ";");
    }
    w3di_glsl_text(g, "\n    ");
    if (result->kind != W3DI_SHADER_VOID) {
        w3di_glsl_type(g, g->entry->result);
        w3di_glsl_text(g, " result = ");
    }
    w3di_glsl_name(g, g->entry->name);
    w3di_glsl_text(g, "(");
    for (uint32_t i = 0; i < g->entry->parameter_count; i++) {
        const w3di_shader_type *t = w3di_glsl_type_at(g, locals[i].type);
        if (i) w3di_glsl_text(g, ", ");
        if (t->kind != W3DI_SHADER_STRUCT) {
            w3di_glsl_read_io(g, &locals[i].io);
            continue;
        }
        w3di_glsl_name(g, t->name);
        w3di_glsl_text(g, "(");
        for (uint32_t k = 0; k < t->count; k++) {
            if (k) w3di_glsl_text(g, ", ");
            w3di_glsl_read_io(g, &g->module->members[t->first + k].io);
        }
        w3di_glsl_text(g, ")");
    }
    w3di_glsl_text(g, ");");
    if (result->kind == W3DI_SHADER_STRUCT)
        for (uint32_t k = 0; k < result->count; k++) {
            const w3di_shader_member *member = &g->module->members[result->first + k];
            w3di_glsl_write_io(g, &member->io, &member->name);
        }
    else if (result->kind != W3DI_SHADER_VOID)
        w3di_glsl_write_io(g, &g->entry->result_io, NULL);
    if (g->entry->stage == W3D_SHADER_VERTEX + 1)
        w3di_glsl_text(g, "\n    gl_Position.y *= w3d_target.x;\n    gl_Position.z = 2.0 * "
                          "gl_Position.z - gl_Position.w;\n    gl_PointSize = 1.0;");
    w3di_glsl_text(g, "\n}\n");
}

static void w3di_glsl_outputs(w3di_glsl *g)
{
    const w3di_shader_type *result = w3di_glsl_type_at(g, g->entry->result);
    if (result->kind == W3DI_SHADER_STRUCT)
        for (uint32_t k = 0; k < result->count; k++)
            w3di_glsl_declare_io(g, &g->module->members[result->first + k].io,
                                 g->module->members[result->first + k].type, 1);
    else if (result->kind != W3DI_SHADER_VOID)
        w3di_glsl_declare_io(g, &g->entry->result_io, g->entry->result, 1);
}

static void w3di_glsl_print(w3di_glsl *g, const w3d_shader_entry *entry, uint8_t *wanted)
{
    w3di_glsl_text(g, "uniform highp vec4 w3d_target;\n");
    w3di_glsl_structs(g);
    w3di_glsl_inputs(g);
    w3di_glsl_outputs(g);
    w3di_glsl_resources(g, entry);
    w3di_glsl_helpers(g);
    for (uint32_t f = 1; f < g->module->function_count; f++)
        if (wanted[f]) w3di_glsl_function(g, &g->module->functions[f]);
    w3di_glsl_main(g);
}

W3D_API w3d_result w3d_shader_glsl_explained(const w3d_shader_module *module, const char *name,
                                             char *out, size_t capacity, size_t *size,
                                             w3d_error *error)
{
    uint8_t wanted[W3DI_SHADER_MOST_FUNCTIONS];
    w3di_glsl g;
    uint32_t f = 1;
    W3D_ASSERT(module && name && size);
    if (!module || !name || !size)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer");
    while (
        f < module->function_count &&
        !(module->functions[f].stage && w3d_text_is(module->source + module->functions[f].name.at,
                                                    module->functions[f].name.size, name)))
        f++;
    if (f == module->function_count)
        return w3d_error_set(error, W3D_ERR_NOT_FOUND, 0, "no entry point of this name");
    if (module->functions[f].stage == W3D_SHADER_COMPUTE + 1)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, module->functions[f].name.at,
                             "GLSL ES 3.00 has no compute shaders");
    const w3d_shader_entry *entry = module->reflection.entries;
    while (!w3d_text_is(name, w3d_text_size(name), entry->name)) entry++;
    w3d_fill(wanted, 0, sizeof wanted);
    wanted[f] = 1;
    for (uint32_t k = f + 1; k-- > 1;) /* callees come before their callers */
        for (uint32_t i = 0; wanted[k] && i < module->functions[k].callee_count; i++)
            wanted[module->arguments[module->functions[k].first_callee + i]] = 1;
    w3d_fill(&g, 0, sizeof g);
    g.module = module;
    g.entry = &module->functions[f];
    w3di_glsl_types(&g);
    w3di_glsl_print(&g, entry, wanted); /* once to learn which helpers it takes */
    g.size = 0;
    g.out = out;
    g.capacity = capacity;
    if (!g.code) w3di_glsl_print(&g, entry, wanted);
    if (g.code) return w3d_error_set(error, g.code, g.at, g.why);
    *size = g.size;
    if (!out) return W3D_OK;
    if (g.size >= capacity)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the text does not fit in there");
    out[g.size] = 0;
    return W3D_OK;
}

W3D_API w3d_result w3d_shader_glsl(const w3d_shader_module *module, const char *name, char *out,
                                   size_t capacity, size_t *size)
{
    return w3d_shader_glsl_explained(module, name, out, capacity, size, NULL);
}
