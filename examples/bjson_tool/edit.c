/* edit.c - set, remove. */
#include "bjson_tool.h"

/* VALUE with the type that stands at its place: a list becomes a vector or array of that kind, a
 * whole number a float where there is one. For free(). */
static char *typed_text(w3d_bjson_edit *edit, uint32_t row, const char *path, const char *text)
{
    w3d_bjson_value old;
    size_t size = strlen(text) + 96;
    char *out = (char *)allocate(size);
    uint32_t tag = W3D_BJSON_NULL;
    while (*text == ' ') text++;
    int is_number = *text == '-' || (*text >= '0' && *text <= '9');
    int is_whole = is_number && !strpbrk(text, ".eE");
    if (w3d_bjson_edit_get(edit, row, path, &old) == W3D_OK) tag = old.tag;
    const char *subtype =
        w3d_bjson_tag_has_subtype(tag) ? w3d_bjson_json_subtype_name(old.subtype) : NULL;
    if (*text == '[' && tag == W3D_BJSON_VECTOR && subtype)
        snprintf(out, size, "{\"$vector\":\"%s\",\"data\":%s}", subtype, text);
    else if (*text == '[' && (tag == W3D_BJSON_ARRAY || tag == W3D_BJSON_LARGE) && subtype)
        snprintf(out, size, "{\"$%s\":\"%s\",\"n\":%u,\"data\":%s}",
                 tag == W3D_BJSON_ARRAY ? "array" : "large", subtype, old.n, text);
    else if (is_whole && tag == W3D_BJSON_F64)
        snprintf(out, size, "%s.0", text);
    else if (is_whole && tag == W3D_BJSON_U64)
        snprintf(out, size, "{\"$u64\":\"%s\"}", text);
    else if (is_whole && tag == W3D_BJSON_TIME)
        snprintf(out, size, "{\"$time\":\"%s\"}", text);
    else if ((is_whole || !strcmp(text, "null")) && tag == W3D_BJSON_REFERENCE)
        snprintf(out, size, "{\"$ref\":%s}", text);
    else
        strcpy(out, text);
    return out;
}

/* Sets the value that a file's last ID, in row `last`, has as its only property, "v". */
static int set_from_file(const input *in, w3d_bjson_edit *edit, uint32_t row, const char *path,
                         const w3d_bjson *file, uint32_t last)
{
    w3d_bjson_id id;
    w3d_bjson_view map, view;
    w3d_bjson_value value;
    if (file->id_count != last + 1 || w3d_bjson_id_at(file, last, &id) != W3D_OK ||
        !w3d_bjson_properties(&id, &map) || map.count != 1 || !w3d_bjson_get(&id, "v", &view))
        return trouble("%s: more than one value behind the =\n  to do: write one as JSON", path);
    size_t needed = w3d_bjson_describe_value_size(&view);
    void *memory = allocate(needed);
    w3d_arena arena = w3d_arena_make(memory, needed);
    w3d_result result = w3d_bjson_describe_value(NULL, &view, &arena, &value);
    w3d_error why = { result, 0, w3d_result_text(result) };
    if (result == W3D_OK) {
        result = w3d_bjson_edit_set(edit, row, path, &value);
        why = *w3d_bjson_edit_error(edit);
    }
    free(memory);
    if (result == W3D_OK) return YES;
    return trouble("%s: row %u: character %llu of %s: %s (%s)", in->path, row,
                   (unsigned long long)why.offset, path, why.text, code_name(result));
}

/* Sets one value, "PATH=VALUE". The JSON reader reads files, so the value becomes a file's only
 * property; deleted rows in front make its references to the edited file's rows possible. */
static int set_value(const input *in, w3d_bjson_edit *edit, uint32_t row, char *word)
{
    static const char head[] = "{\"bjson\":2,\"ids\":[";
    static const char deleted[] = "{\"type\":0,\"deleted\":true},";
    static const char last[] = "{\"type\":0,\"properties\":{\"v\":";
    char *equals = word;
    int quoted = 0;
    for (; *equals && (quoted || *equals != '='); equals++) {
        if (quoted && *equals == '\\' && equals[1])
            equals++;
        else if (*equals == '"')
            quoted = !quoted;
    }
    if (!*equals) return trouble("%s: set wants PATH=VALUE", word);
    *equals = 0;

    char *value = typed_text(edit, row, word, equals + 1);
    uint32_t padding = strchr(value, '$') ? w3d_bjson_edit_count(edit) : 0;
    size_t size = sizeof head + sizeof last + strlen(value) + padding * (sizeof deleted - 1) + 8;
    char *text = (char *)allocate(size), *at = strcpy(text, head) + sizeof head - 1;
    for (uint32_t i = 0; i < padding; i++) at = strcpy(at, deleted) + sizeof deleted - 1;
    at = strcpy(at, last) + sizeof last - 1;
    strcat(strcpy(at, value), "}}]}");

    w3d_bjson_from_json_desc desc;
    w3d_bjson file;
    w3d_error error;
    unsigned char *bytes = NULL;
    size_t bytes_size = 0;
    int status = TROUBLE;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = strlen(text);
    if (w3d_bjson_from_json(&desc, &bytes, &bytes_size, &error) != W3D_OK) {
        size_t value_at = (size_t)(at - text);
        uint64_t offset = error.offset > value_at ? error.offset - value_at : 0;
        trouble(
            "%s: character %llu of the value %s: %s (%s)\n  to do: write it as JSON; texts want "
            "quotes, as in 'note=\"made of snow\"'",
            word, (unsigned long long)offset, value, error.text, code_name(error.code));
    } else {
        if (w3d_bjson_read(bytes, bytes_size, &file, &error) == W3D_OK)
            status = set_from_file(in, edit, row, word, &file, padding);
        w3d_allocator_resize(&desc.allocator, bytes, bytes_size, 0);
    }
    free(text);
    free(value);
    return status;
}

static int remove_value(const input *in, w3d_bjson_edit *edit, uint32_t row, const char *path)
{
    if (w3d_bjson_edit_remove(edit, row, path) == W3D_OK) return YES;
    const w3d_error *error = w3d_bjson_edit_error(edit);
    trouble("%s: row %u: character %llu of %s: %s (%s)", in->path, row,
            (unsigned long long)error->offset, path, error->text, code_name(error->code));
    return error->code == W3D_ERR_NOT_FOUND ? NO : TROUBLE;
}

static w3d_result to_place(void *user, uint64_t offset, const void *bytes, size_t size)
{
    return w3d_file_write((w3d_file *)user, offset, bytes, size, NULL);
}

/* Only the bytes that change; what a crash leaves is neither the old file nor the new. */
static int write_in_place(const char *path, const w3d_bjson_edit *edit)
{
    w3d_file file;
    w3d_error error;
    if (w3d_file_open(path, W3D_FILE_WRITE, &file, &error) != W3D_OK)
        return file_trouble(path, &error);
    w3d_bjson_edit_sink sink = { to_place, &file };
    w3d_result result = w3d_bjson_edit_write(edit, &sink);
    if (result == W3D_OK) result = w3d_file_sync(&file, &error);
    w3d_file_close(&file);
    if (result == W3D_OK) return YES;
    return trouble(
        "%s: %s while it was written: it may be neither the old file nor the new\n  to do: %s",
        path, w3d_result_text(result), file_advice(result));
}

static int command_edit(const options *o, int is_set)
{
    input in;
    w3d_error error;
    int status;
    if (!open_file(o->words[0], &in)) return TROUBLE;
    uint32_t row = find_id(&in, o->words[1], &status);
    if (row == W3D_BJSON_NONE) {
        close_input(&in);
        return status;
    }
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    uint64_t size = 0;
    memset(&desc, 0, sizeof desc);
    desc.file = &in.file;
    status =
        w3d_bjson_edit_create(&desc, &edit, &error) == W3D_OK ? YES : trouble("%s", error.text);
    for (int i = 2; i < o->count && status == YES; i++) {
        char *word = strcpy((char *)allocate(strlen(o->words[i]) + 1), o->words[i]);
        status = is_set ? set_value(&in, edit, row, word) : remove_value(&in, edit, row, word);
        free(word);
    }
    if (status == YES && w3d_bjson_edit_plan(edit, &size, &error) != W3D_OK)
        status = trouble("%s: row %llu: %s (%s)", in.path, (unsigned long long)error.offset,
                         error.text, code_name(error.code));
    if (status == YES && o->in_place && !o->out && !in.copy)
        status = write_in_place(o->words[0], edit);
    else if (status == YES) {
        options into = *o;
        unsigned char *bytes = (unsigned char *)allocate((size_t)size);
        memcpy(bytes, in.bytes, in.size);
        if (!into.out) into.out = o->words[0];
        if (w3d_bjson_edit_apply(edit, bytes, (size_t)size, &error) != W3D_OK)
            status = trouble("%s: %s", in.path, error.text);
        else {
            w3d_file_unmap(&in.view);
            status = write_block(&into, bytes, (size_t)size);
        }
        free(bytes);
    }
    w3d_bjson_edit_destroy(edit);
    close_input(&in);
    return status;
}

int command_set(const options *o) { return command_edit(o, 1); }
int command_remove(const options *o) { return command_edit(o, 0); }
