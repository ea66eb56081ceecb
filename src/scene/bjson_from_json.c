/* bjson_from_json.c - JSON nodes, then values in an arena, then what bjson_write makes of them.
 *
 * Everything that bjson_write could refuse is refused here first, where the byte offset in the text
 * is known. */
#include "scene/bjson_from_json.h"

#include "scene/bjson_from_json_value.h"

static int w3di_bjson_from_json_has(uint32_t node) { return node != W3D_JSON_NONE; }

/* A member that is true or false; absent: 0. */
static w3d_result w3di_bjson_from_json_flag(const w3di_bjson_from_json_state *s, uint32_t node,
                                            int *out)
{
    *out = 0;
    if (!w3di_bjson_from_json_has(node) || w3d_json_bool(s->json, node, out)) return W3D_OK;
    return w3di_bjson_from_json_format(s, node, "true or false must stand here");
}

/* ---- IDs ---- */

static w3d_result w3di_bjson_from_json_type(const w3di_bjson_from_json_state *s, uint32_t object,
                                            uint32_t node, uint8_t *type)
{
    uint64_t number = 0;
    if (!w3di_bjson_from_json_has(node))
        return w3di_bjson_from_json_format(s, object, "an ID must have a \"type\"");
    for (uint32_t i = 0; w3d_bjson_json_type_name(i); i++) {
        if (!w3d_json_string_is(s->json, node, w3d_bjson_json_type_name(i))) continue;
        *type = (uint8_t)i;
        return W3D_OK;
    }
    if (w3d_json_type_of(s->json, node) == W3D_JSON_STRING)
        return w3di_bjson_from_json_format(s, node, "an unknown type; others are numbers");
    w3d_result result = w3di_bjson_from_json_small(s, node, 255, &number);
    *type = (uint8_t)number;
    return result;
}

static w3d_result w3di_bjson_from_json_name(w3di_bjson_from_json_state *s, uint32_t node,
                                            const char **name)
{
    size_t size;
    const char *text = w3d_json_string(s->json, node, &size);
    if (!text) return w3di_bjson_from_json_format(s, node, "a name must be a string");
    if (size > W3D_BJSON_NAME_LIMIT)
        return w3di_bjson_from_json_fail(s, W3D_ERR_LIMIT, node, "a name has 255 bytes at most");
    for (size_t i = 0; i < size; i++)
        if (!text[i]) return w3di_bjson_from_json_format(s, node, "a name holds the character 0");
    char *copy = (char *)w3di_bjson_from_json_push(s, size + 1, 1);
    if (!copy) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, node));
    w3d_copy(copy, text, size);
    copy[size] = '\0';
    *name = copy;
    return W3D_OK;
}

static w3d_result w3di_bjson_from_json_id(w3di_bjson_from_json_state *s, uint32_t object,
                                          w3d_bjson_write_id *id)
{
    enum { TYPE, NAME, DELETED, EXTERNAL, TIME, FLAGS, PROPERTIES, COUNT };
    static const char *const names[COUNT] = { "type", "name",  "deleted",   "external",
                                              "time", "flags", "properties" };
    uint32_t found[COUNT];
    int deleted = 0, external = 0;
    uint64_t flags = 0, time = 0;
    w3d_result result = w3di_bjson_from_json_members(s, object, names, COUNT, found);
    if (result == W3D_OK) result = w3di_bjson_from_json_type(s, object, found[TYPE], &id->type);
    if (result == W3D_OK) result = w3di_bjson_from_json_flag(s, found[DELETED], &deleted);
    if (result == W3D_OK) result = w3di_bjson_from_json_flag(s, found[EXTERNAL], &external);
    if (result == W3D_OK && w3di_bjson_from_json_has(found[FLAGS]))
        result = w3di_bjson_from_json_small(s, found[FLAGS], 255, &flags);
    if (result == W3D_OK && w3di_bjson_from_json_has(found[TIME]))
        result = w3di_bjson_from_json_quoted(s, found[TIME], 1, &time);
    if (result != W3D_OK) return result;
    if (flags & (W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL))
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, found[FLAGS],
                                         "bits 1 and 2 are \"deleted\" and \"external\"");
    id->flags = (uint8_t)(flags | (deleted ? (uint32_t)W3D_BJSON_DELETED : 0u) |
                          (external ? (uint32_t)W3D_BJSON_EXTERNAL : 0u));
    id->time = (int64_t)time;
    if (deleted || external) {
        uint32_t extra = w3di_bjson_from_json_has(found[NAME]) ? found[NAME] : found[PROPERTIES];
        if (!w3di_bjson_from_json_has(extra)) return W3D_OK;
        return w3di_bjson_from_json_format(s, extra, "an ID that is not there has no content");
    }
    if (w3di_bjson_from_json_has(found[NAME]))
        result = w3di_bjson_from_json_name(s, found[NAME], &id->name);
    if (result == W3D_OK && w3di_bjson_from_json_has(found[PROPERTIES]))
        result = w3di_bjson_from_json_map(s, found[PROPERTIES], 0, &id->values, &id->value_count);
    return result;
}

static w3d_result w3di_bjson_from_json_ids(w3di_bjson_from_json_state *s, uint32_t array,
                                           w3d_bjson_write_desc *desc)
{
    w3d_json_iterator each = w3d_json_each(s->json, array);
    w3d_result result = W3D_OK;
    if (w3d_json_type_of(s->json, array) != W3D_JSON_ARRAY)
        return w3di_bjson_from_json_format(s, w3di_bjson_from_json_has(array) ? array : 0,
                                           "\"ids\" must be there and an array");
    s->id_count = w3d_json_count(s->json, array);
    w3d_bjson_write_id *ids =
        (w3d_bjson_write_id *)w3d_chunk_arena_push_zero(&s->arena, s->id_count, sizeof *ids, 8);
    if (!ids) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, array));
    desc->ids = ids;
    desc->id_count = s->id_count;
    for (; result == W3D_OK && w3d_json_next(s->json, &each); ids++)
        result = w3di_bjson_from_json_id(s, each.value, ids);
    return result;
}

/* ---- chunks ---- */

static w3d_result w3di_bjson_from_json_kind(const w3di_bjson_from_json_state *s, uint32_t node,
                                            uint32_t *kind)
{
    size_t size;
    const char *text = w3d_json_string(s->json, node, &size);
    const unsigned char *byte = (const unsigned char *)text;
    uint64_t number = 0;
    w3d_result result = W3D_OK;
    if (text && size == 4)
        number = W3D_BJSON_FOURCC(byte[0], byte[1], byte[2], byte[3]);
    else if (!text)
        result = w3di_bjson_from_json_small(s, node, UINT32_MAX, &number);
    if (result != W3D_OK) return result;
    *kind = (uint32_t)number;
    if ((number & 0xFFu) < 'a' || (number & 0xFFu) > 'z' || *kind == W3D_BJSON_CHUNK_HOLE ||
        *kind == W3D_BJSON_CHUNK_META || *kind == W3D_BJSON_CHUNK_HASH ||
        *kind == W3D_BJSON_CHUNK_SIGN)
        return w3di_bjson_from_json_format(s, node,
                                           "\"kind\" is four characters, the first a small letter");
    return W3D_OK;
}

static w3d_result w3di_bjson_from_json_chunks(w3di_bjson_from_json_state *s, uint32_t array,
                                              w3d_bjson_write_desc *desc)
{
    static const char *const names[2] = { "kind", "bytes" };
    w3d_json_iterator each = w3d_json_each(s->json, array);
    w3d_result result = W3D_OK;
    if (w3d_json_type_of(s->json, array) != W3D_JSON_ARRAY)
        return w3di_bjson_from_json_format(s, array, "\"chunks\" must be an array");
    w3d_bjson_chunk *chunks =
        (w3d_bjson_chunk *)w3d_chunk_arena_push_zero(&s->arena, w3d_json_count(s->json, array),
                                                     sizeof *chunks, 8);
    if (!chunks) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, array));
    desc->chunks = chunks;
    desc->chunk_count = w3d_json_count(s->json, array);
    for (; result == W3D_OK && w3d_json_next(s->json, &each); chunks++) {
        uint32_t found[2], size = 0;
        result = w3di_bjson_from_json_members(s, each.value, names, 2, found);
        if (result == W3D_OK &&
            (!w3di_bjson_from_json_has(found[0]) || !w3di_bjson_from_json_has(found[1])))
            result = w3di_bjson_from_json_format(s, each.value,
                                                 "a chunk must have a \"kind\" and \"bytes\"");
        if (result == W3D_OK) result = w3di_bjson_from_json_kind(s, found[0], &chunks->kind);
        if (result == W3D_OK)
            result = w3di_bjson_from_json_base64(s, found[1], &chunks->data, &size);
        chunks->size = size;
    }
    return result;
}

/* ---- the file ---- */

/* Fills the description; *ids is the array of IDs. */
static w3d_result w3di_bjson_from_json_describe(w3di_bjson_from_json_state *s,
                                                w3d_bjson_write_desc *desc, uint32_t *ids)
{
    enum { BJSON, CRC, IDS, META, CHUNKS, COUNT };
    static const char *const names[COUNT] = { "bjson", "crc", "ids", "meta", "chunks" };
    uint32_t found[COUNT];
    uint64_t format = 0;
    w3d_result result = w3di_bjson_from_json_members(s, 0, names, COUNT, found);
    if (result != W3D_OK) return result;
    if (!w3di_bjson_from_json_has(found[BJSON]))
        return w3di_bjson_from_json_format(s, 0, "\"bjson\": 2 is missing");
    result = w3di_bjson_from_json_small(s, found[BJSON], UINT64_MAX, &format);
    if (result == W3D_OK && format != W3D_BJSON_FORMAT)
        result = w3di_bjson_from_json_fail(s, W3D_ERR_UNSUPPORTED, found[BJSON],
                                           "a version of BJSON that is not known here");
    if (result == W3D_OK) result = w3di_bjson_from_json_flag(s, found[CRC], &desc->crc);
    if (result == W3D_OK) result = w3di_bjson_from_json_ids(s, found[IDS], desc);
    *ids = found[IDS];
    if (result == W3D_OK && w3di_bjson_from_json_has(found[META])) {
        s->in_meta = 1;
        result = w3di_bjson_from_json_map(s, found[META], 0, &desc->meta, &desc->meta_count);
    }
    if (result == W3D_OK && w3di_bjson_from_json_has(found[CHUNKS]))
        result = w3di_bjson_from_json_chunks(s, found[CHUNKS], desc);
    return result;
}

/* Measures and writes with tables in a block of `size` bytes; W3D_ERR_CAPACITY: that is too few. */
static w3d_result w3di_bjson_from_json_attempt(w3di_bjson_from_json_state *s,
                                               const w3d_bjson_write_desc *desc, size_t size,
                                               unsigned char **bytes, size_t *bytes_size)
{
    w3d_allocator allocator = w3di_bjson_from_json_allocator(s);
    w3d_bjson_plan plan;
    unsigned char *file = NULL;
    void *scratch = w3d_allocator_resize(&allocator, NULL, 0, size);
    if (!scratch) return W3D_ERR_OUT_OF_MEMORY;
    w3d_arena arena = w3d_arena_make(scratch, size);
    w3d_result result = w3d_bjson_write_size(desc, &arena, &plan, s->error);
    if (result == W3D_OK) {
        file = (unsigned char *)w3d_allocator_resize(&allocator, NULL, 0, plan.size);
        result = file ? w3d_bjson_write(&plan, file, plan.size, s->error) : W3D_ERR_OUT_OF_MEMORY;
    }
    w3d_allocator_resize(&allocator, scratch, size, 0);
    if (result == W3D_OK) {
        *bytes = file;
        *bytes_size = plan.size;
    } else if (file)
        w3d_allocator_resize(&allocator, file, plan.size, 0);
    return result;
}

static w3d_result w3di_bjson_from_json_write(w3di_bjson_from_json_state *s,
                                             const w3d_bjson_write_desc *desc, uint32_t ids,
                                             unsigned char **bytes, size_t *bytes_size)
{
    /* The bound assumes that no two maps have the same keys; mostly much less is enough. */
    size_t most = w3d_bjson_write_scratch_size(desc), size = 16384 + (size_t)desc->id_count * 8;
    w3d_result result = W3D_ERR_CAPACITY;
    while (result == W3D_ERR_CAPACITY && size < most) {
        result = w3di_bjson_from_json_attempt(s, desc, size, bytes, bytes_size);
        size *= 2;
    }
    if (result == W3D_ERR_CAPACITY)
        result = w3di_bjson_from_json_attempt(s, desc, most, bytes, bytes_size);
    if (result == W3D_OK) return W3D_OK;
    if (result == W3D_ERR_OUT_OF_MEMORY) {
        w3di_bjson_from_json_full(s, 0);
        return s->budget.exceeded ? W3D_ERR_LIMIT : result;
    }
    /* What is left are bjson_write's limits on an ID's size: its row is where. */
    uint32_t row = s->error && s->error->offset < s->id_count ? (uint32_t)s->error->offset : 0;
    if (s->error) s->error->offset = w3d_json_offset(s->json, w3d_json_element(s->json, ids, row));
    return result;
}

W3D_API w3d_result w3d_bjson_from_json(const w3d_bjson_from_json_desc *desc, unsigned char **bytes,
                                       size_t *size, w3d_error *error)
{
    W3D_ASSERT(desc && bytes && size);
    if (!desc || !bytes || !size)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, w3d_result_text(W3D_ERR_ARGUMENT));
    w3di_bjson_from_json_state state;
    w3d_chunk_arena_desc memory;
    w3d_bjson_write_desc writing;
    w3d_json_desc reading;
    w3d_json json;
    uint32_t ids = W3D_JSON_NONE;
    w3d_fill(&state, 0, sizeof state);
    w3d_fill(&memory, 0, sizeof memory);
    w3d_fill(&writing, 0, sizeof writing);
    w3d_fill(&reading, 0, sizeof reading);
    state.budget.inner = desc->allocator;
    state.budget.limit = desc->memory_limit ? desc->memory_limit : SIZE_MAX;
    state.error = error;
    state.json = &json;
    memory.allocator = w3di_bjson_from_json_allocator(&state);
    reading.text = desc->text;
    reading.size = desc->size;
    reading.allocator = &memory.allocator;
    w3d_result result = w3d_json_open(&reading, &json, error);
    if (result == W3D_ERR_OUT_OF_MEMORY && state.budget.exceeded)
        result = w3d_error_set(error, W3D_ERR_LIMIT, 0, "the memory limit is reached");
    if (result != W3D_OK) return result;
    w3d_chunk_arena_create(&state.arena, &memory);
    result = w3di_bjson_from_json_describe(&state, &writing, &ids);
    if (result == W3D_OK) result = w3di_bjson_from_json_write(&state, &writing, ids, bytes, size);
    w3d_chunk_arena_destroy(&state.arena);
    w3d_json_close(&json);
    return result;
}
