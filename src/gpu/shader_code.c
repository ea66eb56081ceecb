/* shader_code.c - the compiler of shaders in software: a checked module's entry point to register code.
 *
 * Calls are put in place, so that one pass over the tree makes words with virtual registers; names stand
 * for values, so that swizzles, members and most assignments make none. What depends on constants and
 * uniform buffers alone goes to the head. shader_code_finish.h then makes the words tight. */
#include "gpu/shader_code.h"
#include "gpu/shader_code_finish.h"
#include "gpu/shader_code_statement.h"

/* The tables by type, expression, statement and local, in one block. */
static uint8_t *w3di_code_tables(w3di_code *c, size_t *size)
{
    const w3d_shader_module *m = c->module;
    size_t words = (size_t)m->type_count + 2 * (size_t)m->global_count + m->local_count +
                   2 * (W3DI_CODE_MOST_SLOTS + 2 * (size_t)W3DI_CODE_MOST_COMPONENTS);
    *size = words * sizeof(uint32_t) + m->expression_count + 2 * (size_t)m->statement_count +
            m->local_count + m->function_count;
    uint8_t *block = (uint8_t *)w3d_allocator_resize(&c->allocator, NULL, 0, *size);
    if (!block) return NULL;
    w3d_fill(block, 0, *size);
    c->components = (uint32_t *)(void *)block;
    c->workgroup = c->components + m->type_count;
    c->globals = c->workgroup + m->global_count;
    c->declared = c->globals + m->global_count;
    c->stack = c->declared + m->local_count;
    c->slots = c->stack + W3DI_CODE_MOST_SLOTS + 2 * W3DI_CODE_MOST_COMPONENTS;
    c->calls = (uint8_t *)(c->slots + W3DI_CODE_MOST_SLOTS + 2 * W3DI_CODE_MOST_COMPONENTS);
    c->leaves = c->calls + m->expression_count;
    c->pinned = c->leaves + 2 * (size_t)m->statement_count;
    c->inner = c->pinned + m->local_count;
    return block;
}

static void w3di_code_release(w3di_code *c, void *block, size_t size)
{
    if (block) w3d_allocator_resize(&c->allocator, block, size, 0);
}

static void w3di_code_lists_free(w3di_code *c)
{
    w3di_code_release(c, c->head.words, c->head.room * sizeof *c->head.words);
    w3di_code_release(c, c->head.regions, c->head.region_room * sizeof *c->head.regions);
    w3di_code_release(c, c->body.words, c->body.room * sizeof *c->body.words);
    w3di_code_release(c, c->body.regions, c->body.region_room * sizeof *c->body.regions);
    w3di_code_release(c, c->virtuals, c->virtual_room * sizeof *c->virtuals);
    w3di_code_release(c, c->bindings, c->binding_room * sizeof *c->bindings);
    w3di_code_release(c, c->labels, c->label_room * sizeof *c->labels);
    w3di_code_release(c, c->parents, c->region_room * sizeof *c->parents);
}

static void w3di_code_compile(w3di_code *c, uint32_t f)
{
    const w3d_shader_module *m = c->module;
    uint8_t *left = c->leaves + m->statement_count;
    w3di_code_plan_types(c);
    w3di_code_plan_expressions(c);
    w3di_code_plan_expressions(c); /* again for parts with higher numbers than their whole */
    for (int backwards = 0; w3di_code_plan_leaves(c, backwards);) backwards = !backwards;
    for (uint32_t i = 1; i < m->function_count && !c->code; i++)
        w3di_code_plan_function(c, i, left);
    c->nesting = 0;
    w3di_code_block(c, 1, W3DI_CODE_CHANGES); /* the mask, and who is alive */
    w3di_code_block(c, 1, W3DI_CODE_CHANGES);
    w3di_code_region(c, 0);
    c->entry_region = c->region;
    if (!c->code) w3di_code_entry(c, f);
}

/* Sizes of a workgroup: how many sets of registers, and its memory. */
static void w3di_code_measure(w3di_code *c, w3d_shader_code *code)
{
    uint64_t invocations = 1;
    code->groups = 1;
    code->has_barrier = c->has_barrier;
    if (c->entry->stage != W3D_SHADER_COMPUTE) return;
    for (int i = 0; i < 3; i++) invocations *= c->entry->workgroup_size[i];
    if (!invocations || invocations > W3DI_CODE_MOST_INVOCATIONS) {
        w3di_code_fail(c, W3D_ERR_LIMIT);
        return;
    }
    code->workgroup_lanes =
        (c->workgroup_size + (uint32_t)sizeof(w3d_shader_lanes) - 1) / sizeof(w3d_shader_lanes);
    if (c->has_barrier) code->groups = (uint32_t)((invocations + 15) / 16);
    if ((uint64_t)code->groups * code->registers > W3DI_CODE_MOST_LANES)
        w3di_code_fail(c, W3D_ERR_LIMIT);
}

W3D_API w3d_result w3d_shader_code_create(const w3d_shader_module *module, const char *entry,
                                          const w3d_allocator *allocator, w3d_shader_code **code)
{
    w3d_allocator from = { NULL, NULL };
    const w3d_shader_entry *found = NULL;
    uint32_t function = 0;
    W3D_ASSERT(module && entry && code);
    if (!module || !entry || !code) return W3D_ERR_ARGUMENT;
    if (allocator) from = *allocator;
    size_t size = w3d_text_size(entry), tables = 0;
    for (uint32_t i = 0; i < module->reflection.entry_count; i++)
        if (w3d_text_is(entry, size, module->reflection.entries[i].name))
            found = &module->reflection.entries[i];
    for (uint32_t f = 1; found && f < module->function_count; f++)
        if (module->functions[f].stage && w3d_text_is(module->source + module->functions[f].name.at,
                                                      module->functions[f].name.size, entry))
            function = f;
    if (!function) return W3D_ERR_NOT_FOUND;
    w3di_code *c = (w3di_code *)w3d_allocator_resize(&from, NULL, 0, sizeof *c);
    if (!c) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(c, 0, sizeof *c);
    c->module = module;
    c->allocator = from;
    c->entry = found;
    w3d_shader_code *made = NULL;
    uint8_t *block = w3di_code_tables(c, &tables);
    if (block)
        w3di_code_compile(c, function);
    else
        w3di_code_fail(c, W3D_ERR_OUT_OF_MEMORY);
    if (!c->code) {
        uint32_t words = c->head.count + c->body.count;
        size_t room = sizeof *made + words * sizeof *made->words;
        made = (w3d_shader_code *)w3d_allocator_resize(&from, NULL, 0, room);
        if (!made) {
            w3di_code_fail(c, W3D_ERR_OUT_OF_MEMORY);
        } else {
            w3d_fill(made, 0, sizeof *made);
            made->entry = *found;
            made->allocator = from;
            made->word_room = words;
            made->words = (w3di_code_word *)(void *)(made + 1);
            w3di_code_complete(c, made);
            w3di_code_measure(c, made);
            if (c->code) w3d_allocator_resize(&from, made, room, 0);
        }
    }
    w3d_result result = c->code;
    w3di_code_lists_free(c);
    w3di_code_release(c, block, tables);
    w3d_allocator_resize(&from, c, sizeof *c, 0);
    if (!result) *code = made;
    return result;
}

W3D_API void w3d_shader_code_destroy(w3d_shader_code *code)
{
    if (!code) return;
    w3d_allocator allocator = code->allocator;
    w3d_allocator_resize(&allocator, code, sizeof *code + code->word_room * sizeof *code->words, 0);
}

W3D_API uint32_t w3d_shader_code_registers(const w3d_shader_code *code)
{
    return code->workgroup_lanes + code->groups * code->registers;
}

W3D_API const w3d_shader_entry *w3d_shader_code_entry(const w3d_shader_code *code)
{
    return &code->entry;
}
