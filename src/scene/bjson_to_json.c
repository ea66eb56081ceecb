/* bjson_to_json.c - a walk over the file that writes as it goes; the depth is what it recurses. */
#include "scene/bjson_to_json.h"

#include "core/bits.h"
#include "core/bytes.h"

typedef struct w3di_bjson_to_json_state {
    w3d_json_writer *writer;
    w3d_error *error;
    int base64;
} w3di_bjson_to_json_state;

static w3d_result w3di_bjson_to_json_value(const w3di_bjson_to_json_state *s,
                                           const w3d_bjson_view *view, uint32_t depth);

static w3d_result w3di_bjson_to_json_changed(const w3di_bjson_to_json_state *s, uint64_t offset)
{
    return w3d_error_set(s->error, W3D_ERR_FORMAT, offset,
                         "the file has changed since it was checked");
}

/* The writer's own first error, as the result of the whole. */
static w3d_result w3di_bjson_to_json_result(const w3di_bjson_to_json_state *s)
{
    const w3d_json_writer *writer = s->writer;
    if (writer->result != W3D_OK) w3d_error_set(s->error, writer->result, 0, writer->error.text);
    return writer->result;
}

/* ---- numbers ---- */

/* 1 where every reader of JSON gets the whole number right: a double holds it. */
static int w3di_bjson_to_json_is_small(int64_t value)
{
    return value > -((int64_t)1 << 53) && value < (int64_t)1 << 53;
}

static void w3di_bjson_to_json_word(w3d_json_writer *writer, const char *word)
{
    w3d_json_write_string(writer, word, w3d_text_size(word));
}

/* What a float that is no number is called. */
static const char *w3di_bjson_to_json_name(double value)
{
    return value > 0.0 ? "Infinity" : value < 0.0 ? "-Infinity" : "NaN";
}

static void w3di_bjson_to_json_f32(w3d_json_writer *writer, float value)
{
    if (w3d_f32_is_finite(value))
        w3d_json_write_f32(writer, value);
    else
        w3di_bjson_to_json_word(writer, w3di_bjson_to_json_name((double)value));
}

/* One element; references are handled by the caller. */
static void w3di_bjson_to_json_element(w3d_json_writer *writer, uint32_t subtype,
                                       const unsigned char *at)
{
    int64_t whole;
    uint64_t large;
    double value;
    switch (subtype) {
    case W3D_BJSON_SUB_U8: w3d_json_write_u64(writer, at[0]); break;
    case W3D_BJSON_SUB_U16: w3d_json_write_u64(writer, w3d_load_u16(at)); break;
    case W3D_BJSON_SUB_U32: w3d_json_write_u64(writer, w3d_load_u32(at)); break;
    case W3D_BJSON_SUB_I8: w3d_json_write_i64(writer, (int8_t)at[0]); break;
    case W3D_BJSON_SUB_I16: w3d_json_write_i64(writer, (int16_t)w3d_load_u16(at)); break;
    case W3D_BJSON_SUB_I32: w3d_json_write_i64(writer, (int32_t)w3d_load_u32(at)); break;
    case W3D_BJSON_SUB_U64:
        large = w3d_load_u64(at);
        if (large >> 53)
            w3d_json_write_u64_string(writer, large);
        else
            w3d_json_write_u64(writer, large);
        break;
    case W3D_BJSON_SUB_I64:
        whole = w3d_load_i64(at);
        if (w3di_bjson_to_json_is_small(whole))
            w3d_json_write_i64(writer, whole);
        else
            w3d_json_write_i64_string(writer, whole);
        break;
    case W3D_BJSON_SUB_F16:
        w3di_bjson_to_json_f32(writer, w3d_f32_from_f16(w3d_load_u16(at)));
        break;
    case W3D_BJSON_SUB_F32: w3di_bjson_to_json_f32(writer, w3d_load_f32(at)); break;
    default:
        value = w3d_load_f64(at);
        if (w3d_f64_is_finite(value))
            w3d_json_write_f64(writer, value);
        else
            w3di_bjson_to_json_word(writer, w3di_bjson_to_json_name(value));
    }
}

static void w3di_bjson_to_json_row(w3d_json_writer *writer, uint32_t row)
{
    if (row == W3D_BJSON_NONE)
        w3d_json_write_null(writer);
    else
        w3d_json_write_u64(writer, row);
}

/* ---- values ---- */

/* "data": [...] of a vector or array. */
static w3d_result w3di_bjson_to_json_data(const w3di_bjson_to_json_state *s,
                                          const w3d_bjson_view *view, const unsigned char *bytes)
{
    w3d_json_writer *writer = s->writer;
    uint32_t size = w3d_bjson_subtype_size(view->subtype);
    uint64_t count = view->length / size;
    w3d_json_write_key(writer, "data");
    w3d_json_write_row(writer);
    if (view->subtype == W3D_BJSON_SUB_REFERENCE) {
        w3d_bjson_view one = *view; /* an index of 32 bits may not reach all */
        one.length = 4;
        for (uint64_t i = 0; i < count && writer->result == W3D_OK; i++, one.offset += 4)
            w3di_bjson_to_json_row(writer, w3d_bjson_row_at(&one, 0));
    } else {
        for (uint64_t i = 0; i < count && writer->result == W3D_OK; i++)
            w3di_bjson_to_json_element(writer, view->subtype, bytes + (size_t)i * size);
    }
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

/* {"$array": "f32", "n": 3, "data": [...]} and its like. */
static w3d_result w3di_bjson_to_json_array(const w3di_bjson_to_json_state *s, const char *form,
                                           const w3d_bjson_view *view, const unsigned char *bytes)
{
    w3d_json_writer *writer = s->writer;
    const char *name = w3d_bjson_json_subtype_name(view->subtype);
    w3d_json_write_object_row(writer);
    w3d_json_write_key(writer, form);
    if (name)
        w3di_bjson_to_json_word(writer, name);
    else
        w3d_json_write_u64(writer, view->subtype);
    if (view->tag != W3D_BJSON_VECTOR && view->n != 1) {
        w3d_json_write_key(writer, "n");
        w3d_json_write_u64(writer, view->n);
    }
    if (!name || (s->base64 && view->subtype != W3D_BJSON_SUB_REFERENCE)) {
        w3d_json_write_key(writer, "base64");
        w3d_json_write_base64(writer, bytes, (size_t)view->length);
    } else if (w3di_bjson_to_json_data(s, view, bytes) != W3D_OK)
        return writer->result;
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

/* {"$tag": 9, "subtype": 14, "n": 2, "bytes": "..."} */
static w3d_result w3di_bjson_to_json_unknown(const w3di_bjson_to_json_state *s,
                                             const w3d_bjson_view *view, const unsigned char *bytes)
{
    w3d_json_writer *writer = s->writer;
    w3d_json_write_object_row(writer);
    w3d_json_write_key(writer, "$tag");
    w3d_json_write_u64(writer, view->tag);
    w3d_json_write_key(writer, "subtype");
    w3d_json_write_u64(writer, view->subtype);
    w3d_json_write_key(writer, "n");
    w3d_json_write_u64(writer, view->n);
    if (w3d_bjson_tag_is_large(view->tag) && view->subtype == W3D_BJSON_SUB_REFERENCE) {
        if (w3di_bjson_to_json_data(s, view, bytes) != W3D_OK) return writer->result;
    } else {
        w3d_json_write_key(writer, "bytes");
        w3d_json_write_base64(writer, bytes, (size_t)view->length);
    }
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

/* {"$i64": "..."} and its like. */
static w3d_result w3di_bjson_to_json_wrapped(const w3di_bjson_to_json_state *s, const char *form,
                                             const w3d_bjson_view *view, const unsigned char *bytes)
{
    w3d_json_writer *writer = s->writer;
    uint32_t row;
    w3d_json_write_object_row(writer);
    w3d_json_write_key(writer, form);
    switch (view->tag) {
    case W3D_BJSON_I64:
    case W3D_BJSON_TIME: w3d_json_write_i64_string(writer, w3d_load_i64(bytes)); break;
    case W3D_BJSON_U64: w3d_json_write_u64_string(writer, w3d_load_u64(bytes)); break;
    case W3D_BJSON_F64:
        w3di_bjson_to_json_word(writer, w3di_bjson_to_json_name(w3d_load_f64(bytes)));
        break;
    case W3D_BJSON_BYTES: w3d_json_write_base64(writer, bytes, (size_t)view->length); break;
    default: /* a reference */
        if (!w3d_bjson_to_row(view, &row)) return w3di_bjson_to_json_changed(s, view->offset);
        w3di_bjson_to_json_row(writer, row);
    }
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

static w3d_result w3di_bjson_to_json_container(const w3di_bjson_to_json_state *s,
                                               const w3d_bjson_view *view, uint32_t depth)
{
    /* Longer than it is: GCC sees eight bytes looked at at a time, and warns of a shorter one. */
    static const char dollar[16] = "$";
    w3d_json_writer *writer = s->writer;
    int is_map = view->tag == W3D_BJSON_MAP;
    if (depth > W3D_BJSON_DEPTH_LIMIT) return w3di_bjson_to_json_changed(s, view->offset);
    if (is_map)
        w3d_json_write_object(writer);
    else
        w3d_json_write_array(writer);
    for (uint32_t i = 0; i < view->count; i++) {
        const char *key = "";
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, i, &key, &item))
            return w3di_bjson_to_json_changed(s, view->offset);
        if (is_map) w3d_json_write_key_joined(writer, key[0] == '$' ? dollar : dollar + 1, key);
        w3d_result result = w3di_bjson_to_json_value(s, &item, depth + 1);
        if (result != W3D_OK) return result;
    }
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

static w3d_result w3di_bjson_to_json_value(const w3di_bjson_to_json_state *s,
                                           const w3d_bjson_view *view, uint32_t depth)
{
    w3d_json_writer *writer = s->writer;
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    if (!bytes) return w3di_bjson_to_json_changed(s, view->offset);
    switch (view->tag) {
    case W3D_BJSON_NULL: w3d_json_write_null(writer); break;
    case W3D_BJSON_BOOL: w3d_json_write_bool(writer, bytes[0]); break;
    case W3D_BJSON_I64:
        if (!w3di_bjson_to_json_is_small(w3d_load_i64(bytes)))
            return w3di_bjson_to_json_wrapped(s, "$i64", view, bytes);
        w3d_json_write_i64(writer, w3d_load_i64(bytes));
        break;
    case W3D_BJSON_F64:
        if (!w3d_f64_is_finite(w3d_load_f64(bytes)))
            return w3di_bjson_to_json_wrapped(s, "$f64", view, bytes);
        w3d_json_write_f64(writer, w3d_load_f64(bytes));
        break;
    case W3D_BJSON_U64: return w3di_bjson_to_json_wrapped(s, "$u64", view, bytes);
    case W3D_BJSON_TIME: return w3di_bjson_to_json_wrapped(s, "$time", view, bytes);
    case W3D_BJSON_REFERENCE: return w3di_bjson_to_json_wrapped(s, "$ref", view, bytes);
    case W3D_BJSON_BYTES: return w3di_bjson_to_json_wrapped(s, "$bytes", view, bytes);
    case W3D_BJSON_STRING:
        w3d_json_write_string(writer, (const char *)bytes, (size_t)view->length);
        break;
    case W3D_BJSON_VECTOR: return w3di_bjson_to_json_array(s, "$vector", view, bytes);
    case W3D_BJSON_ARRAY: return w3di_bjson_to_json_array(s, "$array", view, bytes);
    case W3D_BJSON_LARGE: return w3di_bjson_to_json_array(s, "$large", view, bytes);
    case W3D_BJSON_MAP:
    case W3D_BJSON_LIST: return w3di_bjson_to_json_container(s, view, depth);
    default: return w3di_bjson_to_json_unknown(s, view, bytes);
    }
    return w3di_bjson_to_json_result(s);
}

W3D_API w3d_result w3d_bjson_to_json_value(w3d_json_writer *writer, const w3d_bjson_view *view,
                                           int base64, w3d_error *error)
{
    w3di_bjson_to_json_state state;
    state.writer = writer;
    state.error = error;
    state.base64 = base64;
    return w3di_bjson_to_json_value(&state, view, 0);
}

/* ---- the file ---- */

static w3d_result w3di_bjson_to_json_id(const w3di_bjson_to_json_state *s, const w3d_bjson *file,
                                        uint32_t row)
{
    w3d_json_writer *writer = s->writer;
    w3d_bjson_id id;
    w3d_bjson_view map;
    w3d_result found = w3d_bjson_id_at(file, row, &id);
    uint32_t bits = W3D_BJSON_DELETED | W3D_BJSON_EXTERNAL;
    if (found != W3D_OK && found != W3D_ERR_NOT_FOUND)
        return w3di_bjson_to_json_changed(s, file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE);
    w3d_json_write_object(writer);
    w3d_json_write_key(writer, "type");
    if (w3d_bjson_json_type_name(id.type))
        w3di_bjson_to_json_word(writer, w3d_bjson_json_type_name(id.type));
    else
        w3d_json_write_u64(writer, id.type);
    if (found == W3D_OK) {
        w3d_json_write_key(writer, "name");
        w3d_json_write_string(writer, id.name, id.name_size);
    } else {
        if (id.flags & W3D_BJSON_DELETED || !(id.flags & bits)) { /* there is no chunk either way */
            w3d_json_write_key(writer, "deleted");
            w3d_json_write_bool(writer, 1);
        }
        if (id.flags & W3D_BJSON_EXTERNAL) {
            w3d_json_write_key(writer, "external");
            w3d_json_write_bool(writer, 1);
        }
    }
    if (id.time) {
        w3d_json_write_key(writer, "time");
        w3d_json_write_i64_string(writer, id.time);
    }
    if (id.flags & ~bits) {
        w3d_json_write_key(writer, "flags");
        w3d_json_write_u64(writer, id.flags & ~bits);
    }
    if (found == W3D_OK) {
        if (!w3d_bjson_properties(&id, &map)) return w3di_bjson_to_json_changed(s, id.payload);
        w3d_json_write_key(writer, "properties");
        w3d_result result = w3di_bjson_to_json_container(s, &map, 0);
        if (result != W3D_OK) return result;
    }
    w3d_json_write_end(writer);
    return w3di_bjson_to_json_result(s);
}

/* 1 where a chunk is the program's own, and so content. */
static int w3di_bjson_to_json_is_own(uint32_t kind)
{
    switch (kind) {
    case W3D_BJSON_CHUNK_ID:
    case W3D_BJSON_CHUNK_KEYS:
    case W3D_BJSON_CHUNK_SHAP:
    case W3D_BJSON_CHUNK_REFS:
    case W3D_BJSON_CHUNK_END:
    case W3D_BJSON_CHUNK_HOLE:
    case W3D_BJSON_CHUNK_META:
    case W3D_BJSON_CHUNK_HASH:
    case W3D_BJSON_CHUNK_SIGN: return 0;
    default: return 1;
    }
}

static void w3di_bjson_to_json_chunk(w3d_json_writer *writer, const w3d_bjson *file,
                                     const w3d_bjson_chunk_view *chunk)
{
    char kind[4];
    int visible = 1;
    for (uint32_t i = 0; i < 4; i++) {
        kind[i] = (char)(chunk->kind >> 8 * i & 0xFFu);
        visible &= kind[i] >= 0x20 && kind[i] < 0x7F;
    }
    w3d_json_write_object(writer);
    w3d_json_write_key(writer, "kind");
    if (visible)
        w3d_json_write_string(writer, kind, 4);
    else
        w3d_json_write_u64(writer, chunk->kind);
    w3d_json_write_key(writer, "bytes");
    w3d_json_write_base64(writer, file->bytes + (size_t)chunk->payload, (size_t)chunk->size);
    w3d_json_write_end(writer);
}

static w3d_result w3di_bjson_to_json_file(const w3di_bjson_to_json_state *s, const w3d_bjson *file)
{
    w3d_json_writer *writer = s->writer;
    w3d_bjson_id pseudo;
    w3d_bjson_view meta;
    w3d_bjson_chunk_view chunk;
    w3d_result result = W3D_OK;
    int any = 0;
    w3d_json_write_object(writer);
    w3d_json_write_key(writer, "bjson");
    w3d_json_write_u64(writer, W3D_BJSON_FORMAT);
    if (file->flags & W3D_BJSON_CRC) {
        w3d_json_write_key(writer, "crc");
        w3d_json_write_bool(writer, 1);
    }
    w3d_json_write_key(writer, "ids");
    w3d_json_write_array(writer);
    for (uint32_t row = 0; row < file->id_count && result == W3D_OK; row++)
        result = w3di_bjson_to_json_id(s, file, row);
    if (result != W3D_OK) return result;
    w3d_json_write_end(writer);
    if (w3d_bjson_meta(file, &pseudo, &meta)) {
        w3d_json_write_key(writer, "meta");
        result = w3di_bjson_to_json_container(s, &meta, 0);
        if (result != W3D_OK) return result;
    }
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk) && writer->result == W3D_OK) {
        if (!w3di_bjson_to_json_is_own(chunk.kind)) continue;
        if (!any) {
            w3d_json_write_key(writer, "chunks");
            w3d_json_write_array(writer);
        }
        any = 1;
        w3di_bjson_to_json_chunk(writer, file, &chunk);
    }
    if (any) w3d_json_write_end(writer);
    w3d_json_write_end(writer);
    w3d_json_write_finish(writer, NULL);
    return w3di_bjson_to_json_result(s);
}

W3D_API w3d_result w3d_bjson_to_json(const w3d_bjson_to_json_desc *desc, w3d_error *error)
{
    w3d_json_write_desc writing;
    w3d_json_writer writer;
    w3di_bjson_to_json_state state;
    w3d_fill(&writing, 0, sizeof writing);
    W3D_ASSERT(desc && desc->file && desc->sink.write && desc->indent <= 8);
    if (!desc || !desc->file)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file to write as JSON");
    writing.sink = desc->sink;
    writing.indent = desc->indent;
    if (w3d_json_write_begin(&writer, &writing) != W3D_OK)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no sink, or an indent above 8");
    state.writer = &writer;
    state.error = error;
    state.base64 = desc->base64;
    return w3di_bjson_to_json_file(&state, desc->file);
}
