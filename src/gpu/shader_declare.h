/* shader_declare.h - a module's declarations: listed first, then read when they are needed; private.
 *
 * Source: WGSL, sections 5 (declarations), 6.2.10 (structs), 7 (variables), 11 (functions), 12
 * (attributes). */
#ifndef W3D_SHADER_DECLARE_H
#define W3D_SHADER_DECLARE_H

#include "gpu/shader_variable.h"

/* ---- functions ---- */

/* Checks one input or output of an entry point and lists it. */
static inline void w3di_shader_entry_io(w3di_shader_front *front, w3d_shader_entry *entry,
                                        const w3di_shader_io *io, uint32_t type, int output,
                                        uint32_t at, uint32_t *builtins)
{
    uint32_t scalar = w3di_shader_scalar(front, type), rows = w3di_shader_rows(front, type);
    uint32_t u32 = W3DI_SHADER_TYPE_U32, f32 = W3DI_SHADER_TYPE_F32, wanted = 0;
    static const char *const misplaced =
        "this builtin is not an input or output of this stage, or of another type";
    if (io->builtin) {
        uint32_t stage = entry->stage, bit = 1u << (io->builtin + (output ? 16 : 0));
        if (*builtins & bit) w3di_shader_fail(front, W3D_ERR_RANGE, at, "two of one builtin");
        *builtins |= bit;
        switch ((w3di_shader_builtin)io->builtin) {
        case W3DI_SHADER_POSITION:
            wanted =
                (stage == W3D_SHADER_VERTEX && output) || (stage == W3D_SHADER_FRAGMENT && !output)
                    ? w3di_shader_vector(f32, 4)
                    : 0;
            break;
        case W3DI_SHADER_VERTEX_INDEX:
        case W3DI_SHADER_INSTANCE_INDEX:
            wanted = stage == W3D_SHADER_VERTEX && !output ? u32 : 0;
            break;
        case W3DI_SHADER_FRONT_FACING:
            wanted = stage == W3D_SHADER_FRAGMENT && !output ? (uint32_t)W3DI_SHADER_TYPE_BOOL : 0;
            break;
        case W3DI_SHADER_FRAG_DEPTH:
            wanted = stage == W3D_SHADER_FRAGMENT && output ? f32 : 0;
            break;
        case W3DI_SHADER_SAMPLE_INDEX:
        case W3DI_SHADER_SAMPLE_MASK:
            w3di_shader_fail(
                front, W3D_ERR_UNSUPPORTED, at,
                "sample_index and sample_mask are not in this subset: GLSL ES 3.00 has neither");
            return;
        case W3DI_SHADER_LOCAL_INVOCATION_INDEX:
            wanted = stage == W3D_SHADER_COMPUTE && !output ? u32 : 0;
            break;
        default:
            wanted = stage == W3D_SHADER_COMPUTE && !output ? w3di_shader_vector(u32, 3) : 0;
            break;
        }
        if (wanted != type) w3di_shader_fail(front, W3D_ERR_RANGE, at, misplaced);
        if (io->builtin == W3DI_SHADER_FRAG_DEPTH) entry->writes_depth = 1;
        return;
    }
    if (io->location == 255 || !rows || scalar == W3DI_SHADER_TYPE_BOOL ||
        entry->stage == W3D_SHADER_COMPUTE) {
        w3di_shader_fail(front, W3D_ERR_RANGE, at,
                         "an input or output is a number or vector with @location, or a @builtin");
        return;
    }
    uint32_t *locations = output ? &entry->outputs : &entry->inputs;
    int varying = (entry->stage == W3D_SHADER_VERTEX) == output;
    if (*locations >> io->location & 1)
        w3di_shader_fail(front, W3D_ERR_RANGE, at, "two at one @location");
    if (varying && scalar != f32 && !io->flat)
        w3di_shader_fail(front, W3D_ERR_RANGE, at,
                         "whole numbers from vertex to fragment want @interpolate(flat)");
    *locations |= 1u << io->location;
    uint8_t code = (uint8_t)((scalar == f32   ? W3D_SHADER_SCALAR_F32
                              : scalar == u32 ? W3D_SHADER_SCALAR_U32
                                              : W3D_SHADER_SCALAR_I32) |
                             rows << 4);
    (output ? entry->output_types : entry->input_types)[io->location] = code;
}

static inline void w3di_shader_entry_value(w3di_shader_front *front, w3d_shader_entry *entry,
                                           const w3di_shader_io *io, uint32_t type, int output,
                                           uint32_t at, uint32_t *builtins)
{
    const w3di_shader_type t = *w3di_shader_type_at(front, type);
    if (t.kind != W3DI_SHADER_STRUCT) {
        w3di_shader_entry_io(front, entry, io, type, output, at, builtins);
        return;
    }
    for (uint32_t i = 0; i < t.count && !front->code; i++) {
        const w3di_shader_member *member = &front->module->members[t.first + i];
        w3di_shader_entry_io(front, entry, &member->io, member->type, output, member->name.at,
                             builtins);
    }
}

static inline int w3di_shader_has_position(const w3di_shader_front *front,
                                           const w3di_shader_function *function)
{
    const w3di_shader_type *t = w3di_shader_type_at(front, function->result);
    if (function->result_io.builtin == W3DI_SHADER_POSITION) return 1;
    for (uint32_t i = 0; t->kind == W3DI_SHADER_STRUCT && i < t->count; i++)
        if (front->module->members[t->first + i].io.builtin == W3DI_SHADER_POSITION) return 1;
    return 0;
}

static inline void w3di_shader_list_entry(w3di_shader_front *front, uint32_t f)
{
    w3d_shader_reflection *reflection = &front->module->reflection;
    const w3di_shader_function function = front->module->functions[f];
    const w3di_shader_use use = front->uses[f];
    uint32_t at = function.name.at, stage = function.stage - 1u, builtins = 0;
    if (reflection->entry_count == W3D_SHADER_MAX_ENTRIES ||
        function.name.size > W3D_SHADER_MAX_NAME) {
        w3di_shader_fail(front, W3D_ERR_LIMIT, at,
                         "more than 16 entry points, or a name of more than 63 bytes");
        return;
    }
    w3d_shader_entry *entry = &reflection->entries[reflection->entry_count++];
    w3d_fill(entry, 0, sizeof *entry);
    w3d_copy(entry->name, front->module->source + at, function.name.size);
    entry->stage = (w3d_shader_stage)stage;
    w3d_copy(entry->workgroup_size, function.workgroup_size, sizeof entry->workgroup_size);
    for (uint32_t i = 0; i < function.parameter_count && !front->code; i++) {
        const w3di_shader_local local = front->module->locals[function.first_local + i];
        w3di_shader_entry_value(front, entry, &local.io, local.type, 0, local.name.at, &builtins);
    }
    if (function.result != W3DI_SHADER_TYPE_VOID)
        w3di_shader_entry_value(front, entry, &function.result_io, function.result, 1, at,
                                &builtins);
    entry->bindings = use.bindings;
    entry->pairs = use.pairs;
    entry->uses_frame = use.frame;
    entry->discards = use.discards;
    for (uint32_t i = 0; i < reflection->binding_count; i++)
        if (use.bindings >> i & 1) reflection->bindings[i].stages |= (uint8_t)(1u << stage);
    if (front->code) return;
    if (stage == W3D_SHADER_VERTEX && !w3di_shader_has_position(front, &function))
        w3di_shader_fail(front, W3D_ERR_RANGE, at, "a vertex shader gives @builtin(position)");
    else if (stage != W3D_SHADER_FRAGMENT && use.fragment_only)
        w3di_shader_fail(front, W3D_ERR_RANGE, at,
                         "this entry point uses what only fragment shaders may: discard, "
                         "derivatives or textureSample");
    else if (stage != W3D_SHADER_COMPUTE && use.compute_only)
        w3di_shader_fail(front, W3D_ERR_RANGE, at,
                         "this entry point uses what only compute shaders may: workgroup memory, "
                         "atomics or barriers");
}

/* The head of a function: name, parameters, result. The body is read when all heads are known. */
static inline uint32_t w3di_shader_read_head(w3di_shader_front *front,
                                             const w3di_shader_attributes *a)
{
    w3d_shader_module *module = front->module;
    w3di_shader_function function;
    w3di_shader_attributes io;
    w3d_fill(&function, 0, sizeof function);
    w3di_shader_check_attributes(front, a,
                                 1u << W3DI_SHADER_GIVEN_STAGE | 1u << W3DI_SHADER_GIVEN_MUST_USE |
                                     1u << W3DI_SHADER_GIVEN_WORKGROUP);
    if (!front->code && ((a->stage == W3D_SHADER_COMPUTE + 1) !=
                         ((a->given >> W3DI_SHADER_GIVEN_WORKGROUP & 1) != 0)))
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at,
                         "@compute and @workgroup_size go with one another");
    if (!front->code && a->workgroup_size[0] * a->workgroup_size[1] * a->workgroup_size[2] > 256)
        w3di_shader_fail(front, W3D_ERR_LIMIT, a->at, "a workgroup of more than 256 invocations");
    function.must_use = a->given >> W3DI_SHADER_GIVEN_MUST_USE & 1;
    function.name = w3di_shader_new_name(front, "a function's name is wanted here");
    function.stage = (uint8_t)a->stage;
    function.result = W3DI_SHADER_TYPE_VOID;
    function.result_io.location = 255;
    function.first_local = front->parameter_count; /* of the parameters, until the body is read */
    for (int i = 0; i < 3; i++) function.workgroup_size[i] = (uint32_t)a->workgroup_size[i];
    w3di_shader_expect(front, '(', "a function wants ( here");
    while (!w3di_shader_is_symbol(front, ')') && !front->code) {
        w3di_shader_local parameter;
        w3d_fill(&parameter, 0, sizeof parameter);
        w3di_shader_read_attributes(front, &io);
        w3di_shader_check_attributes(front, &io, a->stage ? W3DI_SHADER_GIVEN_IO : 0);
        parameter.name = w3di_shader_new_name(front, "a parameter's name is wanted here");
        parameter.parameter = 1;
        parameter.io = w3di_shader_io_of(&io);
        w3di_shader_expect(front, ':', "a parameter wants : and its type");
        parameter.type = w3di_shader_read_type(front);
        if (front->code) return 0;
        uint32_t kind = w3di_shader_kind_of(front, parameter.type);
        if (kind == W3DI_SHADER_TEXTURE || kind == W3DI_SHADER_SAMPLER)
            return w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, parameter.name.at,
                                    "textures and samplers are not passed to functions in this "
                                    "subset: name them directly");
        if (!w3di_shader_is_plain(front, parameter.type) &&
            !(kind == W3DI_SHADER_POINTER &&
              w3di_shader_is_plain(front, w3di_shader_type_at(front, parameter.type)->element)))
            return w3di_shader_fail(front, W3D_ERR_RANGE, parameter.name.at,
                                    "a parameter cannot be of this type");
        uint32_t p = W3DI_SHADER_GROW(front, front->parameters, front->parameter_count,
                                      parameter_room, W3DI_SHADER_MOST_NODES);
        if (front->code) return 0;
        front->parameters[p] = parameter;
        if (function.parameter_count++ == 255)
            return w3di_shader_fail(front, W3D_ERR_LIMIT, parameter.name.at,
                                    "more than 255 parameters");
        if (!w3di_shader_take(front, ',')) break;
    }
    w3di_shader_expect(front, ')', "the parameters want , or ) here");
    if (w3di_shader_take(front, W3DI_SHADER_SYMBOL('-', '>'))) {
        uint32_t at = front->token.at;
        w3di_shader_read_attributes(front, &io);
        w3di_shader_check_attributes(front, &io, a->stage ? W3DI_SHADER_GIVEN_IO : 0);
        function.result_io = w3di_shader_io_of(&io);
        function.result = w3di_shader_read_type(front);
        if (!front->code && !w3di_shader_is_plain(front, function.result))
            return w3di_shader_fail(front, W3D_ERR_RANGE, at, "a function cannot return this type");
    }
    if (function.must_use && function.result == W3DI_SHADER_TYPE_VOID)
        w3di_shader_fail(front, W3D_ERR_RANGE, a->at, "@must_use wants a function with a result");
    function.body = front->token.at; /* where it is, until it is read */
    uint32_t f = W3DI_SHADER_GROW(front, module->functions, module->function_count, function_room,
                                  W3DI_SHADER_MOST_FUNCTIONS);
    uint32_t use = W3DI_SHADER_GROW(front, front->uses, front->use_count, use_room,
                                    W3DI_SHADER_MOST_FUNCTIONS);
    if (!f || !use) return 0;
    module->functions[f] = function;
    return f;
}

static inline void w3di_shader_read_body(w3di_shader_front *front, uint32_t f)
{
    w3d_shader_module *module = front->module;
    uint32_t parameters = module->functions[f].first_local,
             count = module->functions[f].parameter_count;
    front->function = front->bodies = f;
    front->name_base = front->name_count = front->loops = front->switches = 0;
    front->in_continuing = front->skip_from = front->skip_to = front->loop_scope = 0;
    front->scope = 1; /* of the parameters and of what the body declares: one scope */
    module->functions[f].first_local = module->local_count;
    module->functions[f].local_count = 0;
    for (uint32_t i = 0; i < count && !front->code; i++) {
        const w3di_shader_local *parameter = &front->parameters[parameters + i];
        uint32_t local = w3di_shader_local_new(front, parameter->name, parameter->type, 0);
        if (!local) return;
        module->locals[local] = front->parameters[parameters + i];
        w3di_shader_name_new(front, parameter->name, local, 0);
    }
    w3di_shader_seek(front, module->functions[f].body);
    front->scope = 0;
    uint32_t body = w3di_shader_read_block(front, 0);
    if (front->code) return;
    module->functions[f].body = body;
    if (w3di_shader_ways(front, body) & W3DI_SHADER_GOES_ON &&
        module->functions[f].result != W3DI_SHADER_TYPE_VOID)
        w3di_shader_fail(front, W3D_ERR_RANGE, module->functions[f].name.at,
                         "this function can end without returning its value");
}

/* Puts callees first and adds up what each function uses; refuses recursion. */
static inline void w3di_shader_order(w3di_shader_front *front)
{
    w3d_shader_module *module = front->module;
    uint32_t count = module->function_count, placed = 1;
    size_t size = (size_t)count *
                  (sizeof(w3di_shader_function) + sizeof(w3di_shader_use) + 2 * sizeof(uint32_t));
    uint8_t *block = (uint8_t *)w3d_allocator_resize(&front->allocator, NULL, 0, size);
    if (!block) {
        w3di_shader_fail(front, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
        return;
    }
    w3di_shader_function *functions = (w3di_shader_function *)(void *)block;
    w3di_shader_use *uses = (w3di_shader_use *)(void *)(functions + count);
    uint32_t *number = (uint32_t *)(void *)(uses + count), *waiting = number + count;
    w3d_fill(number, 0, 2 * sizeof(uint32_t) * count);
    for (uint32_t i = 0; i < front->edge_count; i += 2) waiting[front->edges[i]]++;
    /* Each round places what waits for nobody. */
    for (uint32_t before = 0; placed != before && placed < count;) {
        before = placed;
        for (uint32_t f = 1; f < count; f++) {
            if (number[f] || waiting[f]) continue;
            number[f] = placed;
            functions[placed] = module->functions[f];
            uses[placed++] = front->uses[f];
            for (uint32_t i = 0; i < front->edge_count; i += 2)
                if (front->edges[i + 1] == f) {
                    w3di_shader_use_merge(&front->uses[front->edges[i]], &front->uses[f]);
                    waiting[front->edges[i]]--;
                }
        }
    }
    for (uint32_t f = 1; f < count && placed < count; f++)
        if (!number[f]) {
            w3di_shader_fail(front, W3D_ERR_RANGE, module->functions[f].name.at,
                             "this function calls itself, perhaps through others");
            break;
        }
    for (uint32_t i = 0; i < front->pass_count && !front->code; i++)
        if (uses[number[front->passes[i].callee]].privates & front->passes[i].privates)
            w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, front->passes[i].at,
                             "the function uses this variable also by its name");
    if (!front->code) {
        w3d_copy(module->functions + 1, functions + 1, (count - 1) * sizeof *functions);
        w3d_copy(front->uses + 1, uses + 1, (count - 1) * sizeof *uses);
        for (uint32_t e = 1; e < module->expression_count; e++)
            if (module->expressions[e].kind == W3DI_SHADER_CALL)
                module->expressions[e].b = number[module->expressions[e].b];
        for (uint32_t i = 0; i < front->edge_count; i++) front->edges[i] = number[front->edges[i]];
        for (uint32_t i = 0; i < front->edge_count; i += 2) { /* a caller's edges lie together */
            w3di_shader_function *caller = &module->functions[front->edges[i]];
            uint32_t base = front->stack_count, count_of = 0;
            w3di_shader_push(front, front->edges[i + 1]);
            uint32_t first = w3di_shader_gather(front, base, &count_of);
            if (!caller->callee_count++) caller->first_callee = first;
        }
    }
    w3d_allocator_resize(&front->allocator, block, size, 0);
}

/* Which stages reach which function: from callers, which come last, to callees. */
static inline void w3di_shader_reach(w3di_shader_front *front)
{
    w3di_shader_function *functions = front->module->functions;
    for (uint32_t f = front->module->function_count; f-- > 1;) {
        if (functions[f].stage) functions[f].reached |= 1u << (functions[f].stage - 1);
        for (uint32_t i = 0; i < front->edge_count; i += 2)
            if (front->edges[i] == f)
                functions[front->edges[i + 1]].reached |= functions[f].reached;
    }
}

/* ---- the list of declarations ---- */

/* Steps to behind the declaration at hand: its body's } or its ;. */
static inline void w3di_shader_skip_declaration(w3di_shader_front *front)
{
    uint32_t depth = 0, at = front->token.at;
    for (;; w3di_shader_next(front)) {
        if (front->code) return;
        if (front->token.kind == W3DI_SHADER_TOKEN_END) {
            w3di_shader_fail(front, W3D_ERR_FORMAT, at, "this declaration does not end");
            return;
        }
        if (front->token.kind != W3DI_SHADER_TOKEN_SYMBOL) continue;
        uint32_t symbol = front->token.symbol;
        if (symbol == '{' || symbol == '(' || symbol == '[') depth++;
        if (symbol == '}' || symbol == ')' || symbol == ']') {
            if (!depth) {
                w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at, "this closes nothing");
                return;
            }
            if (--depth == 0 && symbol == '}') break;
        }
        if (symbol == ';' && !depth) break;
    }
    w3di_shader_next(front);
}

/* Of a heap: lets the value at a place sink below larger ones. */
static inline void w3di_shader_sift(uint32_t *values, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && values[child + 1] > values[child]) child++;
        if (values[at] >= values[child]) return;
        uint32_t moved = values[at];
        values[at] = values[child];
        values[child] = moved;
    }
}

/* In place: a list's < comes before the marks of lists inside it, which were noted first. */
static inline void w3di_shader_sort_marks(w3di_shader_front *front)
{
    uint32_t *marks = front->marks, count = front->mark_count;
    for (uint32_t start = count / 2; start-- > 0;) w3di_shader_sift(marks, start, count);
    for (uint32_t end = count; end-- > 1;) {
        uint32_t most = marks[0];
        marks[0] = marks[end];
        marks[end] = most;
        w3di_shader_sift(marks, 0, end);
    }
}

/* Finds the < and > of template lists, as WGSL 3.9 does: those that would close before anything that a
 * template list cannot hold. One pass over all tokens. */
static inline void w3di_shader_mark(w3di_shader_front *front)
{
    uint32_t nesting = 0, base = front->stack_count, found = 0;
    int name = 0;
    for (w3di_shader_seek(front, 0); front->token.kind != W3DI_SHADER_TOKEN_END;) {
        uint32_t at = front->token.at, symbol = front->token.symbol, step = front->token.size;
        const char *text = front->module->source + at;
        int symbolic = front->token.kind == W3DI_SHADER_TOKEN_SYMBOL, clears = 0;
        if (symbolic && text[0] == '<') {
            if (symbol == '<' && name) { /* pairs: place, nesting */
                w3di_shader_push(front, at);
                w3di_shader_push(front, nesting);
            }
            clears = symbol == W3DI_SHADER_SYMBOL3('<', '<', '=');
        } else if (symbolic && text[0] == '>') {
            step = 1;
            if (front->stack_count > base && front->stack[front->stack_count - 1] == nesting) {
                for (uint32_t k = 0; k < 2; k++) {
                    uint32_t m = front->mark_count;
                    W3DI_SHADER_GROW(front, front->marks, front->mark_count, mark_room, 1u << 20);
                    if (front->mark_count > m)
                        front->marks[m] = k ? at : front->stack[front->stack_count - 2];
                }
                front->stack_count -= 2;
                found = 1;
            } else if (front->token.size > 1 && text[1] == '=') {
                step = 2;
            }
        } else if (symbolic && (symbol == '(' || symbol == '[')) {
            nesting++;
        } else if (symbolic &&
                   (symbol == ')' || symbol == ']' || symbol == W3DI_SHADER_SYMBOL('&', '&') ||
                    symbol == W3DI_SHADER_SYMBOL('|', '|'))) {
            while (front->stack_count > base && front->stack[front->stack_count - 1] >= nesting)
                front->stack_count -= 2;
            if ((symbol == ')' || symbol == ']') && nesting) nesting--;
        } else if (symbolic) {
            clears = symbol == ';' || symbol == '{' || symbol == ':' || symbol == '=' ||
                     (symbol > 255 && symbol >> 8 == '=' && text[0] != '=' && text[0] != '!');
        }
        if (clears) {
            nesting = 0;
            front->stack_count = base;
        }
        name = front->token.kind == W3DI_SHADER_TOKEN_NAME;
        w3di_shader_seek(front, at + step);
    }
    front->stack_count = base;
    if (found && !front->code) w3di_shader_sort_marks(front);
}

/* diagnostic(severity, name); which is checked and means nothing here. */
static inline void w3di_shader_read_diagnostic(w3di_shader_front *front, uint32_t first,
                                               uint32_t at)
{
    if (!first)
        w3di_shader_fail(front, W3D_ERR_FORMAT, at, "directives stand before all declarations");
    w3di_shader_expect(front, '(', "diagnostic wants ( here");
    if (!w3di_shader_take_word(front, "off") && !w3di_shader_take_word(front, "info") &&
        !w3di_shader_take_word(front, "warning") && !w3di_shader_take_word(front, "error"))
        w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                         "off, info, warning or error is wanted here");
    w3di_shader_expect(front, ',', "diagnostic wants (severity, name)");
    do w3di_shader_new_name(front, "the diagnostic's name is wanted here");
    while (w3di_shader_take(front, '.'));
    w3di_shader_take(front, ',');
    w3di_shader_expect(front, ')', "diagnostic wants ) here");
    w3di_shader_expect(front, ';', "a directive ends with ;");
}

static inline void w3di_shader_list(w3di_shader_front *front)
{
    static const struct {
        const char *word;
        uint8_t kind;
    } words[] = { { "alias", W3DI_SHADER_DECLARED_ALIAS },
                  { "struct", W3DI_SHADER_DECLARED_STRUCT },
                  { "const", W3DI_SHADER_DECLARED_CONST },
                  { "var", W3DI_SHADER_DECLARED_VARIABLE },
                  { "fn", W3DI_SHADER_DECLARED_FUNCTION } };
    uint32_t first = 1;
    w3di_shader_mark(front);
    w3di_shader_seek(front, 0);
    W3DI_SHADER_GROW(front, front->declarations, front->declaration_count, declaration_room,
                     W3DI_SHADER_MOST_DECLARATIONS);
    while (front->token.kind != W3DI_SHADER_TOKEN_END) {
        uint32_t at = front->token.at, kind = 0, depth = 0;
        if (w3di_shader_take(front, ';')) continue;
        if (w3di_shader_take_word(front, "diagnostic")) {
            w3di_shader_read_diagnostic(front, first, at);
            continue;
        }
        if (w3di_shader_is_word(front, "const_assert")) {
            uint32_t a = front->assert_count;
            W3DI_SHADER_GROW(front, front->asserts, front->assert_count, assert_room,
                             W3DI_SHADER_MOST_DECLARATIONS);
            if (front->code) return;
            front->asserts[a] = at;
            first = 0;
            w3di_shader_skip_declaration(front);
            continue;
        }
        if (w3di_shader_is_word(front, "enable") || w3di_shader_is_word(front, "requires") ||
            w3di_shader_is_word(front, "override")) {
            w3di_shader_fail(front, W3D_ERR_UNSUPPORTED, at,
                             "enable, requires and override are not in this subset");
            return;
        }
        while (w3di_shader_take(front, '@')) { /* attributes: stepped over */
            w3di_shader_next(front);
            if (!w3di_shader_is_symbol(front, '(')) continue;
            do {
                depth += (uint32_t)w3di_shader_is_symbol(front, '(');
                depth -= (uint32_t)w3di_shader_is_symbol(front, ')');
                w3di_shader_next(front);
            } while (depth && front->token.kind != W3DI_SHADER_TOKEN_END);
        }
        while (kind < 5 && !w3di_shader_is_word(front, words[kind].word)) kind++;
        if (kind == 5) {
            w3di_shader_fail(front, W3D_ERR_FORMAT, front->token.at,
                             "fn, var, const, struct or alias is wanted here");
            return;
        }
        w3di_shader_next(front);
        first = 0;
        if (kind == W3DI_SHADER_DECLARED_VARIABLE && w3di_shader_is_symbol(front, W3DI_SHADER_OPEN))
            while (front->token.kind != W3DI_SHADER_TOKEN_END &&
                   !w3di_shader_take(front, W3DI_SHADER_CLOSE))
                w3di_shader_next(front);
        w3di_shader_name name = w3di_shader_new_name(front, "a name is wanted here");
        if (front->code) return;
        if (w3di_shader_find(front, name)) {
            w3di_shader_fail(front, W3D_ERR_RANGE, name.at, "this name is declared twice");
            return;
        }
        uint32_t d = W3DI_SHADER_GROW(front, front->declarations, front->declaration_count,
                                      declaration_room, W3DI_SHADER_MOST_DECLARATIONS);
        if (!d) return;
        uint32_t hash = w3di_shader_hash(front, name), bucket = hash % W3DI_SHADER_BUCKETS;
        front->declarations[d].hash = hash;
        front->declarations[d].name = name;
        front->declarations[d].kind = words[kind].kind;
        front->declarations[d].at = at;
        front->declarations[d].next = front->buckets[bucket];
        front->buckets[bucket] = d;
        w3di_shader_skip_declaration(front);
    }
}

static void w3di_shader_demand(w3di_shader_front *front, uint32_t declaration)
{
    w3di_shader_declaration d = front->declarations[declaration];
    w3di_shader_token token = front->token;
    uint32_t base = front->name_base, function = front->function, value = 0;
    w3di_shader_attributes a;
    if (d.state == 2 || front->code) return;
    if (d.state == 1) {
        w3di_shader_fail(front, W3D_ERR_RANGE, d.name.at, "this declaration needs itself");
        return;
    }
    if (!w3di_shader_enter(front)) return;
    front->declarations[declaration].state = 1;
    front->name_base =
        front->name_count; /* a function's names are not known in a module's declaration */
    front->function = 0;
    w3di_shader_seek(front, d.at);
    w3di_shader_read_attributes(front, &a);
    w3di_shader_next(front);
    if (d.kind != W3DI_SHADER_DECLARED_FUNCTION && d.kind != W3DI_SHADER_DECLARED_VARIABLE)
        w3di_shader_check_attributes(front, &a, 0);
    if (d.kind == W3DI_SHADER_DECLARED_FUNCTION) {
        value = w3di_shader_read_head(front, &a);
    } else if (d.kind == W3DI_SHADER_DECLARED_VARIABLE) {
        value = w3di_shader_read_variable(front, &a);
    } else {
        w3di_shader_new_name(front, "a name is wanted here");
        if (d.kind == W3DI_SHADER_DECLARED_STRUCT) {
            value = w3di_shader_read_struct(front, d.name);
        } else {
            uint32_t type = d.kind == W3DI_SHADER_DECLARED_CONST && w3di_shader_take(front, ':')
                                ? w3di_shader_read_type(front)
                                : 0;
            w3di_shader_expect(front, '=', "= is wanted here");
            value = d.kind == W3DI_SHADER_DECLARED_ALIAS ? w3di_shader_read_type(front)
                                                         : w3di_shader_read_expression(front);
            if (d.kind == W3DI_SHADER_DECLARED_CONST && type && !front->code)
                value = w3di_shader_convert(front, value, type);
            if (d.kind == W3DI_SHADER_DECLARED_CONST && !front->code &&
                !w3di_shader_is_constant(front, value))
                w3di_shader_fail(front, W3D_ERR_RANGE, d.name.at,
                                 "the value of a const is a constant");
            w3di_shader_expect(front, ';', "a declaration ends with ;");
        }
    }
    if (!front->code) front->token = token;
    front->name_base = base;
    front->function = function;
    front->declarations[declaration].state = 2;
    front->declarations[declaration].value = value;
    w3di_shader_leave(front);
}

/* By group and binding, before functions note which they use. */
static inline void w3di_shader_sort_bindings(w3d_shader_reflection *reflection)
{
    for (uint32_t i = 1; i < reflection->binding_count; i++) {
        w3d_gpu_binding moved = reflection->bindings[i];
        uint32_t k = i;
        for (; k && (reflection->bindings[k - 1].group << 4 | reflection->bindings[k - 1].binding) >
                        (moved.group << 4 | moved.binding);
             k--)
            reflection->bindings[k] = reflection->bindings[k - 1];
        reflection->bindings[k] = moved;
    }
}

/* Reads the whole module. */
static inline void w3di_shader_read_module(w3di_shader_front *front)
{
    w3d_shader_module *module = front->module;
    w3di_shader_list(front);
    for (uint32_t d = 1; d < front->declaration_count && !front->code; d++)
        w3di_shader_demand(front, d);
    for (uint32_t a = 0; a < front->assert_count && !front->code; a++) {
        w3di_shader_seek(front, front->asserts[a]);
        w3di_shader_next(front);
        w3di_shader_read_assert(front, front->asserts[a]);
        w3di_shader_expect(front, ';', "a declaration ends with ;");
    }
    w3di_shader_sort_bindings(&module->reflection);
    for (uint32_t f = 1; f < module->function_count && !front->code; f++)
        w3di_shader_read_body(front, f);
    if (!front->code) w3di_shader_order(front);
    if (!front->code) w3di_shader_reach(front);
    for (uint32_t f = 1; f < module->function_count && !front->code; f++)
        if (module->functions[f].stage) w3di_shader_list_entry(front, f);
}

#endif /* W3D_SHADER_DECLARE_H */
