/* shared.c - troubles told, files opened and written, names and values printed, IDs found. */
#include "bjson_tool.h"

#include <stdarg.h>
#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#endif

/* ---- saying what is wrong ---- */

int trouble(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fflush(stdout); /* so that it stands behind what is told already */
    fputs("bjson_tool: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    return TROUBLE;
}

/* What a person can do about a file that was refused. */
const char *advice(w3d_result code)
{
    switch (code) {
    case W3D_ERR_TRUNCATED: return "it was cut off on the way: copy or export it again";
    case W3D_ERR_CHECKSUM:
        return "it was damaged after it was written: take a backup, or export it again";
    case W3D_ERR_UNSUPPORTED: return "a later version wrote it: use a newer bjson_tool";
    case W3D_ERR_LIMIT: return "split the scene, or nest its properties less deeply";
    default:
        return "the program that wrote it has a fault, or the file was damaged: export it again";
    }
}

const char *file_advice(w3d_result code)
{
    switch (code) {
    case W3D_ERR_NOT_FOUND: return "check the name and the folder";
    case W3D_ERR_ACCESS: return "check the permissions of the file and its folder";
    case W3D_ERR_CAPACITY: return "make room on the disk";
    case W3D_ERR_BUSY: return "close the program that has it open";
    case W3D_ERR_UNSUPPORTED: return "name a file";
    case W3D_ERR_OUT_OF_MEMORY: return "close other programs";
    default: return "use another place";
    }
}

const char *code_name(w3d_result code)
{
    switch (code) {
#define NAME(name, text)                                                                           \
    case W3D_##name: return "W3D_" #name;
        W3D_RESULT_LIST(NAME)
#undef NAME
    default: return "?";
    }
}

int file_trouble(const char *path, const w3d_error *error)
{
    return trouble("%s: %s\n  to do: %s", path, error->text, file_advice(error->code));
}

/* "scene.bjson: byte 1234: what is wrong (ERR_FORMAT)", and what to do. */
int bad_bytes(const char *path, const w3d_error *error, const char *to_do)
{
    return trouble("%s: byte %llu: %s (%s)\n  to do: %s", path, (unsigned long long)error->offset,
                   error->text, code_name(error->code), to_do);
}

void *allocate(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (!block) exit(trouble("out of memory for %llu bytes", (unsigned long long)size));
    return block;
}

/* ---- files ---- */

void close_input(input *in)
{
    w3d_file_unmap(&in->view);
    free(in->copy);
    in->copy = NULL;
}

/* Gets the bytes of a file; 1, or 0 and the trouble is told. */
int open_bytes(const char *path, input *in)
{
    memset(in, 0, sizeof *in);
    in->path = path;
    if (!strcmp(path, "-")) {
        size_t capacity = (size_t)1 << 16;
        char *bytes = (char *)allocate(capacity);
        in->path = "standard input";
#if defined(_WIN32)
        _setmode(_fileno(stdin), _O_BINARY);
#endif
        for (;;) {
            in->size += fread(bytes + in->size, 1, capacity - in->size, stdin);
            if (in->size < capacity) break;
            bytes = (char *)realloc(bytes, capacity *= 2);
            if (!bytes) exit(trouble("out of memory for the standard input"));
        }
        in->bytes = in->copy = bytes;
        if (!ferror(stdin)) return 1;
        close_input(in);
        trouble("standard input: it could not be read to its end");
        return 0;
    }
    w3d_error error;
    if (w3d_file_map(path, &in->view, &error) != W3D_OK) {
        file_trouble(path, &error);
        return 0;
    }
    in->bytes = in->view.bytes;
    in->size = (size_t)in->view.size;
    return 1;
}

/* The same for a sound BJSON file. */
int open_file(const char *path, input *in)
{
    w3d_error error;
    if (!open_bytes(path, in)) return 0;
    if (w3d_bjson_read(in->bytes, in->size, &in->file, &error) == W3D_OK) return 1;
    bad_bytes(in->path, &error, advice(error.code));
    close_input(in);
    return 0;
}

static w3d_result to_stream(void *user, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, (FILE *)user) == size ? W3D_OK : W3D_ERR_CAPACITY;
}

/* Writes through `produce` to --out, or the standard output. */
int write_out(const options *o, w3d_result (*produce)(void *, const w3d_sink *), void *user)
{
    w3d_error error = { W3D_OK, 0, NULL };
    if (o->out && strcmp(o->out, "-") != 0) {
        w3d_result result = w3d_file_replace_with(o->out, produce, user, &error);
        return result == W3D_OK ? YES : file_trouble(o->out, &error);
    }
#if defined(_WIN32)
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    w3d_sink sink = { to_stream, stdout };
    if (produce(user, &sink) == W3D_OK && fflush(stdout) == 0) return YES;
    return trouble(
        "standard output: not all could be written\n  to do: make room, or keep the reader open");
}

typedef struct block {
    const void *bytes;
    size_t size;
} block;

static w3d_result give_block(void *user, const w3d_sink *sink)
{
    const block *b = (const block *)user;
    return w3d_sink_write(sink, b->bytes, b->size);
}

int write_block(const options *o, const void *bytes, size_t size)
{
    block b = { bytes, size };
    return write_out(o, give_block, &b);
}

int needs_out(const options *o, const char *command)
{
    return o->out ? YES : trouble("%s writes a file\n  to do: say which with --out FILE", command);
}

/* ---- texts ---- */

/* A text from a file, such that nothing in it can move a terminal's cursor. */
void print_safe(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F)
            printf("\\u%04x", c);
        else if (c == 0xC2 && i + 1 < size && (unsigned char)text[i + 1] < 0xA0)
            printf("\\u%04x", (unsigned char)text[++i]);
        else
            putchar(c);
    }
}

void print_name(const char *text, size_t size)
{
    putchar('"');
    print_safe(text, size);
    putchar('"');
}

const char *type_name(uint32_t type)
{
    static char number[16];
    const char *name = w3d_bjson_json_type_name(type);
    if (name) return name;
    snprintf(number, sizeof number, "%u", type);
    return number;
}

/* 1234567 as 1,234,567; four results live at a time. */
const char *grouped(uint64_t value)
{
    static char texts[4][32];
    static int next;
    char digits[24], *out = texts[next++ & 3], *result = out;
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0) *out++ = ',';
        *out++ = digits[i];
    }
    *out = 0;
    return result;
}

typedef struct clip {
    char text[64];
    size_t size;
    int full;
} clip;

static w3d_result to_clip(void *user, const void *bytes, size_t size)
{
    clip *c = (clip *)user;
    size_t room = sizeof c->text - 4 - c->size, taken = size < room ? size : room;
    memcpy(c->text + c->size, bytes, taken);
    c->size += taken;
    c->full = taken < size;
    return c->full ? W3D_ERR_CAPACITY : W3D_OK;
}

/* A value as JSON, as far as it goes on a line. Arrays appear as their elements alone. */
void print_value(const w3d_bjson_view *view)
{
    clip c = { "", 0, 0 };
    w3d_json_writer writer;
    w3d_json_write_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sink.write = to_clip;
    desc.sink.user = &c;
    w3d_json_write_begin(&writer, &desc);
    w3d_bjson_to_json_value(&writer, view, 0, NULL);
    w3d_json_write_finish(&writer, NULL);
    size_t first = 0;
    if (w3d_bjson_tag_has_subtype(view->tag)) {
        const char *list = (const char *)memchr(c.text, '[', c.size);
        if (list) first = (size_t)(list - c.text);
        if (!c.full && c.size) c.size--; /* the brace */
    }
    while (c.full && c.size && ((unsigned char)c.text[c.size - 1] & 0xC0u) == 0x80u) c.size--;
    if (c.full && c.size && (unsigned char)c.text[c.size - 1] >= 0x80u) c.size--;
    printf("%.*s%s", (int)(c.size - first), c.text + first, c.full ? "..." : "");
}

/* ---- IDs by what the user calls them ---- */

/* The row that `word` names, or W3D_BJSON_NONE and the trouble is told. */
uint32_t find_id(const input *in, const char *word, int *status)
{
    const w3d_bjson *file = &in->file;
    w3d_bjson_id id;
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    const char *colon = strchr(word, ':');
    uint32_t found = W3D_BJSON_NONE, count = 0, type = 0;
    *status = NO;
    if (*word >= '0' && *word <= '9' && !*end) {
        if (number < file->id_count) return (uint32_t)number;
        trouble("%s: there is no row %s, the last is %lld", in->path, word,
                (long long)file->id_count - 1);
        return W3D_BJSON_NONE;
    }
    if (colon) {
        while (type < 256 && !w3d_text_is(word, (size_t)(colon - word), type_name(type))) type++;
        if (type == 256) colon = NULL; /* a colon in a name */
    }
    for (uint32_t row = 0; row < file->id_count; row++) {
        if (w3d_bjson_id_at(file, row, &id) != W3D_OK || (colon && id.type != type) ||
            !w3d_text_is(id.name, id.name_size, colon ? colon + 1 : word))
            continue;
        if (!count++) found = row;
    }
    if (count == 1) return found;
    if (!count)
        trouble("%s: there is no ID \"%s\"\n  to do: see them with: bjson_tool list %s", in->path,
                word, in->path);
    else {
        trouble("%s: %u IDs are called \"%s\", the first in row %u\n  to do: name the row, or "
                "Type:name",
                in->path, count, word, found);
        *status = TROUBLE;
    }
    return W3D_BJSON_NONE;
}
