/* shader.c - opening, closing and explaining shader modules; the reader is in the shader_*.h beside it. */
#include "gpu/shader.h"
#include "gpu/shader_declare.h"

static void w3di_shader_release(const w3d_allocator *allocator, void *array, uint32_t room,
                                size_t item)
{
    if (array) w3d_allocator_resize(allocator, array, (size_t)room * item, 0);
}

/* What a module is with the sizes needed to give it back. */
typedef struct w3di_shader_owner {
    struct w3d_shader_module module;
    w3d_allocator allocator;
    uint32_t rooms[8];
} w3di_shader_owner;

/* An array's blank at index 0. */
static void w3di_shader_blanks(w3di_shader_front *front)
{
    w3d_shader_module *module = front->module;
    W3DI_SHADER_GROW(front, module->types, module->type_count, type_room, 1);
    w3di_shader_types_begin(front);
    W3DI_SHADER_GROW(front, module->members, module->member_count, member_room, 1);
    W3DI_SHADER_GROW(front, module->globals, module->global_count, global_room, 1);
    W3DI_SHADER_GROW(front, module->functions, module->function_count, function_room, 1);
    W3DI_SHADER_GROW(front, module->locals, module->local_count, local_room, 1);
    W3DI_SHADER_GROW(front, module->expressions, module->expression_count, expression_room, 1);
    W3DI_SHADER_GROW(front, module->statements, module->statement_count, statement_room, 1);
    W3DI_SHADER_GROW(front, module->arguments, module->argument_count, argument_room, 1);
    W3DI_SHADER_GROW(front, front->uses, front->use_count, use_room, 1);
}

W3D_API w3d_result w3d_shader_open(const w3d_shader_desc *desc, w3d_shader_module **module,
                                   w3d_error *error)
{
    w3di_shader_front front;
    W3D_ASSERT(desc && desc->text && module);
    if (!desc || !desc->text || !module)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "a null pointer");
    size_t size = desc->size ? desc->size : w3d_text_size(desc->text);
    if (size > 1u << 20)
        return w3d_error_set(error, W3D_ERR_LIMIT, 1u << 20, "a shader of more than 1 MiB");
    size_t valid = w3d_utf8_check(desc->text, size);
    if (valid != size) return w3d_error_set(error, W3D_ERR_UTF8, valid, "the text is not UTF-8");
    for (size_t i = 0; i < size; i++)
        if (!desc->text[i]) return w3d_error_set(error, W3D_ERR_FORMAT, i, "a NUL in the text");
    w3di_shader_owner *owner =
        (w3di_shader_owner *)w3d_allocator_resize(&desc->allocator, NULL, 0, sizeof *owner);
    if (!owner) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
    w3d_fill(owner, 0, sizeof *owner);
    w3d_fill(&front, 0, sizeof front);
    front.module = &owner->module;
    front.allocator = owner->allocator = desc->allocator;
    owner->module.source = desc->text;
    owner->module.source_size = (uint32_t)size;
    w3di_shader_blanks(&front);
    if (!front.code) w3di_shader_read_module(&front);
    uint32_t rooms[8] = { front.type_room,      front.member_room,  front.global_room,
                          front.function_room,  front.local_room,   front.expression_room,
                          front.statement_room, front.argument_room };
    w3d_copy(owner->rooms, rooms, sizeof rooms);
    w3di_shader_release(&front.allocator, front.declarations, front.declaration_room,
                        sizeof *front.declarations);
    w3di_shader_release(&front.allocator, front.names, front.name_room, sizeof *front.names);
    w3di_shader_release(&front.allocator, front.stack, front.stack_room, sizeof *front.stack);
    w3di_shader_release(&front.allocator, front.uses, front.use_room, sizeof *front.uses);
    w3di_shader_release(&front.allocator, front.parameters, front.parameter_room,
                        sizeof *front.parameters);
    w3di_shader_release(&front.allocator, front.edges, front.edge_room, sizeof *front.edges);
    w3di_shader_release(&front.allocator, front.marks, front.mark_room, sizeof *front.marks);
    w3di_shader_release(&front.allocator, front.asserts, front.assert_room, sizeof *front.asserts);
    w3di_shader_release(&front.allocator, front.passes, front.pass_room, sizeof *front.passes);
    if (front.code) {
        w3d_shader_close(&owner->module);
        return w3d_error_set(error, front.code, front.wrong_at, front.wrong);
    }
    *module = &owner->module;
    return W3D_OK;
}

W3D_API void w3d_shader_close(w3d_shader_module *module)
{
    if (!module) return;
    w3di_shader_owner *owner = (w3di_shader_owner *)(void *)module; /* its first member */
    w3d_allocator allocator = owner->allocator;
    w3di_shader_release(&allocator, module->types, owner->rooms[0], sizeof *module->types);
    w3di_shader_release(&allocator, module->members, owner->rooms[1], sizeof *module->members);
    w3di_shader_release(&allocator, module->globals, owner->rooms[2], sizeof *module->globals);
    w3di_shader_release(&allocator, module->functions, owner->rooms[3], sizeof *module->functions);
    w3di_shader_release(&allocator, module->locals, owner->rooms[4], sizeof *module->locals);
    w3di_shader_release(&allocator, module->expressions, owner->rooms[5],
                        sizeof *module->expressions);
    w3di_shader_release(&allocator, module->statements, owner->rooms[6],
                        sizeof *module->statements);
    w3di_shader_release(&allocator, module->arguments, owner->rooms[7], sizeof *module->arguments);
    w3d_allocator_resize(&allocator, owner, sizeof *owner, 0);
}

W3D_API const w3d_shader_reflection *w3d_shader_reflect(const w3d_shader_module *module)
{
    return &module->reflection;
}

/* ---- errors for people ---- */

typedef struct w3di_shader_writer {
    char *out;
    size_t capacity, size;
} w3di_shader_writer;

static void w3di_shader_put(w3di_shader_writer *writer, char c)
{
    if (writer->size + 1 < writer->capacity) writer->out[writer->size++] = c;
}

static void w3di_shader_put_text(w3di_shader_writer *writer, const char *text)
{
    while (*text) w3di_shader_put(writer, *text++);
}

static void w3di_shader_put_number(w3di_shader_writer *writer, uint32_t number)
{
    char digits[10];
    uint32_t count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count) w3di_shader_put(writer, digits[--count]);
}

W3D_API size_t w3d_shader_explain(const char *text, uint32_t size, const w3d_error *error,
                                  char *out, size_t capacity)
{
    w3di_shader_writer writer = { out, capacity, 0 };
    if (!text || !error || !out || !capacity) return 0;
    uint32_t end = size ? size : (uint32_t)w3d_text_size(text),
             at = error->offset < end ? (uint32_t)error->offset : end;
    uint32_t line = 1, start = 0, column = 1;
    for (uint32_t i = 0; i < at; i++)
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    for (uint32_t i = start; i < at; i++)
        column += ((unsigned char)text[i] & 0xC0) != 0x80; /* characters, not bytes */
    w3di_shader_put_number(&writer, line);
    w3di_shader_put(&writer, ':');
    w3di_shader_put_number(&writer, column);
    w3di_shader_put_text(&writer, ": ");
    w3di_shader_put_text(&writer, error->text ? error->text : w3d_result_text(error->code));
    w3di_shader_put(&writer, '\n');
    uint32_t from =
        at - start > 80 ? at - 80 : start; /* of a long line the part around the place */
    while (from > start && ((unsigned char)text[from] & 0xC0) == 0x80) from--;
    uint32_t to = at;
    while (to < end && text[to] != '\n' && text[to] != '\r' &&
           (to < at + 40 || ((unsigned char)text[to] & 0xC0) == 0x80))
        to++;
    for (uint32_t i = from; i < to; i++) w3di_shader_put(&writer, text[i]);
    w3di_shader_put(&writer, '\n');
    for (uint32_t i = from; i < at; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            w3di_shader_put(&writer, text[i] == '\t' ? '\t' : ' ');
    w3di_shader_put_text(&writer, "^\n");
    writer.out[writer.size] = 0;
    return writer.size;
}
