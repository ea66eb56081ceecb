/* convert.c - json, from-json, compact. */
#include "bjson_tool.h"

typedef struct json_job {
    const input *in;
    const w3d_bjson_view *view; /* of one value; NULL: the whole file */
    const options *o;
    w3d_error error;
} json_job;

static w3d_result give_json(void *user, const w3d_sink *sink)
{
    json_job *job = (json_job *)user;
    w3d_result result;
    if (job->view) {
        w3d_json_writer writer;
        w3d_json_write_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.sink = *sink;
        desc.indent = job->o->indent;
        w3d_json_write_begin(&writer, &desc);
        w3d_bjson_to_json_value(&writer, job->view, job->o->base64, &job->error);
        result = w3d_json_write_finish(&writer, &job->error);
    } else {
        w3d_bjson_to_json_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.file = &job->in->file;
        desc.sink = *sink;
        desc.indent = job->o->indent;
        desc.base64 = job->o->base64;
        result = w3d_bjson_to_json(&desc, &job->error);
    }
    return result == W3D_OK ? w3d_sink_write(sink, "\n", 1) : result;
}

/* Writes a file as JSON, or one value of it, to --out. */
int write_json(const options *o, const input *in, const w3d_bjson_view *view)
{
    json_job job = { in, view, o, { W3D_OK, 0, NULL } };
    return write_out(o, give_json, &job);
}

int command_json(const options *o)
{
    input in;
    if (!open_file(o->words[0], &in)) return TROUBLE;
    int status = write_json(o, &in, NULL);
    close_input(&in);
    return status;
}

/* "scene.json:12:34 (byte 345): what is wrong". */
static int bad_text(const char *path, const char *text, size_t size, const w3d_error *error)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < size && i < error->offset; i++) {
        if (text[i] == '\n')
            line++, column = 1;
        else if (((unsigned char)text[i] & 0xC0u) != 0x80u)
            column++;
    }
    return trouble(
        "%s:%u:%u (byte %llu): %s (%s)\n  to do: correct the text there; scene/bjson_json.h "
        "tells the form",
        path, line, column, (unsigned long long)error->offset, error->text, code_name(error->code));
}

int command_from_json(const options *o)
{
    input in;
    w3d_error error;
    w3d_bjson_from_json_desc desc;
    unsigned char *bytes;
    size_t size;
    int status = needs_out(o, "from-json");
    if (status != YES || !open_bytes(o->words[0], &in)) return TROUBLE;
    memset(&desc, 0, sizeof desc);
    desc.text = in.bytes;
    desc.size = in.size;
    if (w3d_bjson_from_json(&desc, &bytes, &size, &error) == W3D_OK) {
        status = write_block(o, bytes, size);
        w3d_allocator_resize(&desc.allocator, bytes, size, 0);
    } else
        status = bad_text(in.path, (const char *)in.bytes, in.size, &error);
    close_input(&in);
    return status;
}

/* The canonical file of the same content, for free(); NULL and the trouble is told. */
void *canonical(const input *in, int hash, uint32_t sign_count, size_t *size)
{
    w3d_error error;
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    size_t described = w3d_bjson_describe_file_size(&in->file);
    void *content = allocate(described), *work = NULL, *bytes = NULL;
    w3d_arena arena = w3d_arena_make(content, described);
    w3d_result result = w3d_bjson_describe_file(&in->file, &arena, &desc);
    w3d_error_set(&error, result, 0, w3d_result_text(result));
    if (result == W3D_OK) {
        desc.hash = hash;
        desc.sign_count = sign_count;
        size_t needed = w3d_bjson_write_scratch_size(&desc);
        work = allocate(needed);
        arena = w3d_arena_make(work, needed);
        result = w3d_bjson_write_size(&desc, &arena, &plan, &error);
    }
    if (result == W3D_OK) {
        bytes = allocate(plan.size);
        *size = plan.size;
        result = w3d_bjson_write(&plan, bytes, plan.size, &error);
    }
    if (result != W3D_OK) {
        trouble("%s: row %llu: %s (%s)", in->path, (unsigned long long)error.offset, error.text,
                code_name(error.code));
        free(bytes);
        bytes = NULL;
    }
    free(work);
    free(content);
    return bytes;
}

int command_compact(const options *o)
{
    input in;
    size_t size;
    int status = needs_out(o, "compact");
    if (status != YES || !open_file(o->words[0], &in)) return TROUBLE;
    int hash = w3d_bjson_hash_check(&in.file) != W3D_ERR_NOT_FOUND;
    void *bytes = canonical(&in, hash, 0, &size);
    if (bytes && hash) w3d_bjson_hash_set(bytes, size);
    close_input(&in); /* first, as Windows replaces no file that is mapped */
    status = bytes ? write_block(o, bytes, size) : TROUBLE;
    free(bytes);
    return status;
}
