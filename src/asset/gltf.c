/* gltf.c - one pass over each top-level array of the JSON, from buffers up to meshes: each step
 * only refers to what the step before has checked. */
#include "asset/gltf.h"

#include "asset/gltf_uri.h"
#include "asset/gltf_value.h"
#include "core/bytes.h"
#include "core/size.h"
#include "memory/allocator.h"

#define W3DI_GLTF_MAGIC      0x46546C67u /* "glTF" */
#define W3DI_GLTF_CHUNK_JSON 0x4E4F534Au
#define W3DI_GLTF_CHUNK_BIN  0x004E4942u

/* What a file may require and this reader has ... */
#define W3DI_GLTF_EXTENSIONS_READ(X)                                                               \
    X("KHR_mesh_quantization")                                                                     \
    X("KHR_texture_transform")                                                                     \
    X("KHR_materials_unlit")                                                                       \
    X("KHR_materials_emissive_strength")                                                           \
    X("KHR_lights_punctual") /* left out, like cameras: nothing else depends on them */

/* ... and what it has not, with what to do about it where something can be done. */
#define W3DI_GLTF_EXTENSIONS_REFUSED(X)                                                            \
    X("KHR_draco_mesh_compression", ": export without mesh compression")                           \
    X("EXT_meshopt_compression", ": export without mesh compression")                              \
    X("KHR_meshopt_compression", ": export without mesh compression")                              \
    X("KHR_texture_basisu", ": export with PNG or JPEG textures")                                  \
    X("EXT_texture_webp", ": export with PNG or JPEG textures")                                    \
    X("EXT_texture_avif", ": export with PNG or JPEG textures")                                    \
    X("MSFT_texture_dds", ": export with PNG or JPEG textures")                                    \
    X("EXT_mesh_gpu_instancing", ": export instances as nodes")                                    \
    X("KHR_materials_pbrSpecularGlossiness", ": export with metallic-roughness materials")         \
    X("KHR_techniques_webgl", ": export with metallic-roughness materials")                        \
    X("KHR_materials_common", ": export with metallic-roughness materials")                        \
    X("KHR_materials_anisotropy", "")                                                              \
    X("KHR_materials_clearcoat", "")                                                               \
    X("KHR_materials_diffuse_transmission", "")                                                    \
    X("KHR_materials_dispersion", "")                                                              \
    X("KHR_materials_ior", "")                                                                     \
    X("KHR_materials_iridescence", "")                                                             \
    X("KHR_materials_sheen", "")                                                                   \
    X("KHR_materials_specular", "")                                                                \
    X("KHR_materials_transmission", "")                                                            \
    X("KHR_materials_variants", "")                                                                \
    X("KHR_materials_volume", "")                                                                  \
    X("KHR_animation_pointer", "")                                                                 \
    X("KHR_node_visibility", "")                                                                   \
    X("KHR_xmp_json_ld", "")                                                                       \
    X("EXT_lights_image_based", "")                                                                \
    X("EXT_mesh_features", "")                                                                     \
    X("EXT_instance_features", "")                                                                 \
    X("EXT_structural_metadata", "")                                                               \
    X("AGI_articulations", "")                                                                     \
    X("CESIUM_RTC", "")                                                                            \
    X("MSFT_lod", "")                                                                              \
    X("VRM", "")                                                                                   \
    X("VRMC_vrm", "")

/* What the steps hand to each other. */
typedef struct w3di_gltf_opening {
    w3di_gltf_reader    reader;
    const w3d_gltf_desc *desc;
    w3d_gltf            *gltf;
    const uint8_t       *binary; /* the GLB's second chunk, or NULL */
    size_t               binary_size;
    uint32_t             material_count;
} w3di_gltf_opening;

/* ---- the container ---- */

static w3d_result w3di_gltf_open_chunks(w3di_gltf_opening *opening, size_t *text_size)
{
    const uint8_t *bytes = opening->gltf->bytes;
    w3d_error *error = opening->reader.error;
    size_t size = opening->gltf->size;
    if (size < 12)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the GLB header is cut off");
    if (w3d_load_u32(bytes + 4) != 2)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 4,
                             "only version 2 of GLB is read: convert the file to glTF 2.0");
    uint32_t total = w3d_load_u32(bytes + 8);
    if (total > size)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the GLB file is cut off");
    if (total < 20)
        return w3d_error_set(error, W3D_ERR_FORMAT, 8,
                             "the GLB header gives a length without a chunk");
    size_t at = 12;
    for (uint32_t chunk = 0; total - at >= 8; chunk++) {
        uint32_t length = w3d_load_u32(bytes + at), kind = w3d_load_u32(bytes + at + 4);
        if (length > total - at - 8)
            return w3d_error_set(error, W3D_ERR_FORMAT, at,
                                 "a GLB chunk reaches past the file's end");
        if (chunk == 0 && kind != W3DI_GLTF_CHUNK_JSON)
            return w3d_error_set(error, W3D_ERR_FORMAT, at + 4,
                                 "the first chunk of a GLB must be JSON");
        at += 8;
        if (chunk == 0) {
            opening->gltf->text_start = at;
            *text_size = length;
        } else if (chunk == 1 && kind == W3DI_GLTF_CHUNK_BIN) {
            opening->binary = bytes + at;
            opening->binary_size = length;
        }
        at += length;
    }
    /* Chunks are padded with spaces; some writers take NULs, which are no JSON. */
    while (*text_size && !bytes[opening->gltf->text_start + *text_size - 1]) --*text_size;
    return W3D_OK;
}

static w3d_result w3di_gltf_open_text(w3di_gltf_opening *opening)
{
    w3d_gltf *gltf = opening->gltf;
    size_t text_size = gltf->size;
    if (gltf->size >= 4 && w3d_load_u32(gltf->bytes) == W3DI_GLTF_MAGIC) {
        w3d_result result = w3di_gltf_open_chunks(opening, &text_size);
        if (result != W3D_OK) return result;
    }
    w3d_error inner = { W3D_OK, 0, "" };
    w3d_json_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.text = gltf->bytes + gltf->text_start;
    desc.size = text_size;
    desc.allocator = &gltf->allocator;
    w3d_result result = w3d_json_open(&desc, &gltf->json, &inner);
    if (result != W3D_OK)
        return w3d_error_set(opening->reader.error, result, gltf->text_start + inner.offset,
                             inner.text);
    opening->reader.text_start = gltf->text_start;
    if (w3d_json_type_of(&gltf->json, 0) != W3D_JSON_OBJECT)
        w3di_gltf_fail(&opening->reader, W3D_ERR_FORMAT, 0, "a glTF file is a JSON object");
    return opening->reader.result;
}

/* ---- version and extensions ---- */

static void w3di_gltf_check_version(w3di_gltf_reader *reader)
{
    static const char unsupported[] = "only glTF 2.0 is read: convert the file";
    uint32_t asset = w3di_gltf_object(reader, 0, "asset");
    uint32_t version = w3d_json_member(reader->json, asset, "version");
    uint32_t least = w3d_json_member(reader->json, asset, "minVersion");
    size_t size;
    const char *text = w3d_json_string(reader->json, version, &size);
    if (version == W3D_JSON_NONE)
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, asset == W3D_JSON_NONE ? 0 : asset,
                       "asset.version is missing: this is no glTF 2.0 file");
    else if (!text || size < 2 || !w3d_equal(text, "2.", 2))
        w3di_gltf_fail(reader, W3D_ERR_UNSUPPORTED, version, unsupported);
    else if (least != W3D_JSON_NONE && !w3d_json_string_is(reader->json, least, "2.0"))
        w3di_gltf_fail(reader, W3D_ERR_UNSUPPORTED, least, unsupported);
}

/* The refusals hold the names, from W3DI_GLTF_NAME_START to the comma. */
#define W3DI_GLTF_NAME_START 32
static void w3di_gltf_check_extension(w3di_gltf_reader *reader, uint32_t value)
{
    static const char *const read[] = {
#define W3DI_GLTF_NAME(name) name,
        W3DI_GLTF_EXTENSIONS_READ(W3DI_GLTF_NAME)
#undef W3DI_GLTF_NAME
    };
    static const char *const refused[] = {
#define W3DI_GLTF_REFUSAL(name, advice)                                                            \
    "the file requires the extension " name ", which is not supported" advice,
        W3DI_GLTF_EXTENSIONS_REFUSED(W3DI_GLTF_REFUSAL)
#undef W3DI_GLTF_REFUSAL
    };
    size_t size;
    const char *name = w3d_json_string(reader->json, value, &size);
    const char *text = "the file requires an extension that is not supported: its name stands here";
    if (!name) text = "an extension's name must stand here";
    for (size_t i = 0; name && i < sizeof read / sizeof read[0]; i++)
        if (w3d_text_is(name, size, read[i])) return;
    for (size_t i = 0; name && i < sizeof refused / sizeof refused[0]; i++) {
        const char *known = refused[i] + W3DI_GLTF_NAME_START;
        if (size < w3d_text_size(known) && known[size] == ',' && w3d_equal(known, name, size))
            text = refused[i];
    }
    w3di_gltf_fail(reader, name ? W3D_ERR_UNSUPPORTED : W3D_ERR_FORMAT, value, text);
}
#undef W3DI_GLTF_NAME_START

static void w3di_gltf_check_extensions(w3di_gltf_reader *reader)
{
    w3d_json_iterator each =
        w3d_json_each(reader->json, w3di_gltf_array(reader, 0, "extensionsRequired"));
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_check_extension(reader, each.value);
}

/* ---- tables ---- */

/* Zeroed room for `count` rows; NULL on failure and for 0 rows. */
static void *w3di_gltf_rows(w3di_gltf_opening *opening, uint32_t count, size_t row_size)
{
    size_t size;
    void *rows = NULL;
    if (!count || opening->reader.result != W3D_OK) return NULL;
    if (w3d_size_multiply(count, row_size, &size))
        rows = w3d_allocator_resize(&opening->gltf->allocator, NULL, 0, size);
    if (rows)
        w3d_fill(rows, 0, size);
    else
        w3di_gltf_fail(&opening->reader, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for the glTF tables");
    return rows;
}

/* ---- buffers ---- */

static void w3di_gltf_decode_buffer(w3di_gltf_opening *opening, w3d_gltf_buffer *buffer,
                                    const char *uri, size_t uri_size, uint32_t value)
{
    w3di_gltf_reader *reader = &opening->reader;
    w3di_gltf_data_uri parts;
    if (!w3di_gltf_data_uri_split(uri, uri_size, &parts)) {
        w3di_gltf_fail(reader, W3D_ERR_UNSUPPORTED, value, "a data URI must be in base64");
        return;
    }
    size_t available = w3di_gltf_base64_size(parts.text, parts.text_size);
    if (available < buffer->size) {
        w3di_gltf_fail(reader, W3D_ERR_TRUNCATED, value, "the data URI is shorter than its buffer");
        return;
    }
    if (!available) return;
    buffer->owned = (uint8_t *)w3d_allocator_resize(&opening->gltf->allocator, NULL, 0, available);
    if (!buffer->owned) {
        w3di_gltf_fail(reader, W3D_ERR_OUT_OF_MEMORY, value, "no memory for a decoded buffer");
        return;
    }
    buffer->owned_size = available;
    buffer->data = buffer->owned;
    size_t bad = w3di_gltf_base64_decode(parts.text, parts.text_size, buffer->owned);
    if (bad == parts.text_size) return;
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "the data URI is not valid base64");
    /* Where the string has no escapes, the bad character's own place is known. */
    if (reader->error && parts.text > reader->json->text &&
        parts.text < reader->json->text + reader->json->size)
        reader->error->offset =
            reader->text_start + (size_t)(parts.text - reader->json->text) + bad;
}

static void w3di_gltf_fetch_buffer(w3di_gltf_opening *opening, w3d_gltf_buffer *buffer,
                                   const char *uri, size_t uri_size, uint32_t value)
{
    w3di_gltf_reader *reader = &opening->reader;
    const void *bytes = NULL;
    size_t available = 0;
    if (!opening->desc->open) {
        w3di_gltf_fail(reader, W3D_ERR_NOT_FOUND, value, "the buffer lies in another file");
        return;
    }
    char *path = (char *)w3d_allocator_resize(&opening->gltf->allocator, NULL, 0, uri_size + 1);
    if (!path) {
        w3di_gltf_fail(reader, W3D_ERR_OUT_OF_MEMORY, value, "no memory for a buffer's URI");
        return;
    }
    size_t path_size = w3di_gltf_percent_decode(uri, uri_size, path);
    w3d_result result =
        opening->desc->open(opening->desc->user, path, path_size, &bytes, &available);
    w3d_allocator_resize(&opening->gltf->allocator, path, uri_size + 1, 0);
    if (result != W3D_OK || (!bytes && buffer->size))
        w3di_gltf_fail(reader, W3D_ERR_NOT_FOUND, value, "the buffer's file could not be opened");
    else if (available < buffer->size)
        w3di_gltf_fail(reader, W3D_ERR_TRUNCATED, value,
                       "the buffer's file is shorter than the buffer");
    else
        buffer->data = (const uint8_t *)bytes;
}

static void w3di_gltf_read_buffer(w3di_gltf_opening *opening, uint32_t object, uint32_t index)
{
    w3di_gltf_reader *reader = &opening->reader;
    w3d_gltf_buffer *buffer = &opening->gltf->buffers[index];
    if (!w3di_gltf_is_object(reader, object)) return;
    uint64_t size = w3di_gltf_whole_in(reader, object, "byteLength", UINT64_MAX,
                                       "a buffer must have a byteLength");
    buffer->size = size < SIZE_MAX ? (size_t)size : SIZE_MAX; /* more than there can be */
    size_t uri_size;
    uint32_t value = w3d_json_member(reader->json, object, "uri");
    const char *uri = w3di_gltf_string(reader, object, "uri", &uri_size);
    if (reader->result != W3D_OK) return;
    if (uri && w3di_gltf_is_data_uri(uri, uri_size))
        w3di_gltf_decode_buffer(opening, buffer, uri, uri_size, value);
    else if (uri)
        w3di_gltf_fetch_buffer(opening, buffer, uri, uri_size, value);
    else if (index != 0 || !opening->binary)
        w3di_gltf_fail(reader, W3D_ERR_NOT_FOUND, object,
                       "the buffer has neither a URI nor a GLB chunk");
    else if (opening->binary_size < buffer->size)
        w3di_gltf_fail(reader, W3D_ERR_TRUNCATED, object,
                       "the GLB's binary chunk is shorter than the buffer");
    else
        buffer->data = opening->binary;
}

/* ---- buffer views and accessors ---- */

static void w3di_gltf_read_view(w3di_gltf_opening *opening, uint32_t object, uint32_t index)
{
    w3di_gltf_reader *reader = &opening->reader;
    w3d_gltf_view *view = &opening->gltf->views[index];
    if (!w3di_gltf_is_object(reader, object)) return;
    uint32_t which = w3di_gltf_index_in(reader, object, "buffer", opening->gltf->buffer_count,
                                        "a buffer view must have a buffer");
    uint64_t offset = w3di_gltf_whole_or(reader, object, "byteOffset", 0, UINT64_MAX);
    uint64_t size = w3di_gltf_whole_in(reader, object, "byteLength", UINT64_MAX,
                                       "a buffer view must have a byteLength");
    view->stride = (uint32_t)w3di_gltf_whole_or(reader, object, "byteStride", 0, UINT16_MAX);
    if (reader->result != W3D_OK) return;
    const w3d_gltf_buffer *buffer = &opening->gltf->buffers[which];
    if (!w3d_size_inside(offset, size, buffer->size)) {
        w3di_gltf_fail(reader, W3D_ERR_RANGE, object,
                       "a buffer view reaches past the end of its buffer");
        return;
    }
    view->data = buffer->data ? buffer->data + offset : NULL;
    view->size = (size_t)size;
}

/* The bytes [offset, offset + (count - 1) * stride + size) of a view; NULL where it is shorter. */
static const uint8_t *w3di_gltf_slice(w3di_gltf_opening *opening, uint32_t object, uint64_t count,
                                      uint32_t stride, uint32_t size)
{
    w3di_gltf_reader *reader = &opening->reader;
    uint32_t index = w3di_gltf_index_in(reader, object, "bufferView", opening->gltf->view_count,
                                        "a bufferView is missing");
    uint64_t offset = w3di_gltf_whole_or(reader, object, "byteOffset", 0, UINT64_MAX);
    if (reader->result != W3D_OK) return NULL;
    const w3d_gltf_view *view = &opening->gltf->views[index];
    uint64_t length = count ? (count - 1) * stride + size : 0; /* below 2^49 */
    if (!w3d_size_inside(offset, length, view->size)) {
        w3di_gltf_fail(reader, W3D_ERR_RANGE, object,
                       "an accessor reaches past the end of its buffer view");
        return NULL;
    }
    return length ? view->data + offset : NULL;
}

static w3d_gltf_component w3di_gltf_read_component(w3di_gltf_reader *reader, uint32_t object)
{
    uint64_t code = w3di_gltf_whole_in(reader, object, "componentType", UINT32_MAX,
                                       "a componentType is missing");
    switch (code) {
    case 5120: return W3D_GLTF_I8;
    case 5121: return W3D_GLTF_U8;
    case 5122: return W3D_GLTF_I16;
    case 5123: return W3D_GLTF_U16;
    case 5125: return W3D_GLTF_U32;
    case 5126: return W3D_GLTF_F32;
    default: break;
    }
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, w3d_json_member(reader->json, object, "componentType"),
                   "not a componentType of glTF 2.0");
    return W3D_GLTF_NONE;
}

static void w3di_gltf_read_shape(w3di_gltf_reader *reader, uint32_t object,
                                 w3d_gltf_accessor *accessor)
{
    static const struct {
        const char *name;
        uint8_t rows, columns;
    } shapes[] = { { "SCALAR", 1, 1 }, { "VEC2", 2, 1 }, { "VEC3", 3, 1 }, { "VEC4", 4, 1 },
                   { "MAT2", 2, 2 },   { "MAT3", 3, 3 }, { "MAT4", 4, 4 } };
    uint32_t type = w3d_json_member(reader->json, object, "type");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (!w3d_json_string_is(reader->json, type, shapes[i].name)) continue;
        uint32_t column = shapes[i].rows * w3d_gltf_component_size(accessor->component);
        if (shapes[i].columns > 1) column = (column + 3u) & ~3u;
        accessor->rows = shapes[i].rows;
        accessor->columns = shapes[i].columns;
        accessor->element_size = column * shapes[i].columns;
        return;
    }
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, type == W3D_JSON_NONE ? object : type,
                   "an accessor's type must be SCALAR, VEC2 to VEC4 or MAT2 to MAT4");
}

/* The values of sparse elements are packed, and so are their positions: the view's stride says
 * only how the elements beneath lie. */
static void w3di_gltf_read_sparse(w3di_gltf_opening *opening, uint32_t object,
                                  w3d_gltf_accessor *accessor)
{
    w3di_gltf_reader *reader = &opening->reader;
    uint32_t indices = w3di_gltf_object(reader, object, "indices");
    uint32_t values = w3di_gltf_object(reader, object, "values");
    uint32_t count = (uint32_t)w3di_gltf_whole_in(reader, object, "count", accessor->count,
                                                  "a sparse accessor must have a count");
    if (reader->result != W3D_OK) return;
    if (indices == W3D_JSON_NONE || values == W3D_JSON_NONE) {
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, object,
                       "a sparse accessor must have indices and values");
        return;
    }
    w3d_gltf_component component = w3di_gltf_read_component(reader, indices);
    if (reader->result == W3D_OK && component != W3D_GLTF_U8 && component != W3D_GLTF_U16 &&
        component != W3D_GLTF_U32)
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, indices,
                       "sparse indices must be of an unsigned type");
    uint32_t size = w3d_gltf_component_size(component);
    accessor->sparse_component = component;
    accessor->sparse_indices = w3di_gltf_slice(opening, indices, count, size, size);
    accessor->sparse_values =
        w3di_gltf_slice(opening, values, count, accessor->element_size, accessor->element_size);
    if (reader->result == W3D_OK) accessor->sparse_count = count;
}

static void w3di_gltf_read_accessor(w3di_gltf_opening *opening, uint32_t object, uint32_t index)
{
    w3di_gltf_reader *reader = &opening->reader;
    const w3d_gltf *gltf = opening->gltf;
    w3d_gltf_accessor *accessor = &gltf->accessors[index];
    if (!w3di_gltf_is_object(reader, object)) return;
    accessor->text_offset = w3di_gltf_offset(reader, object);
    accessor->component = w3di_gltf_read_component(reader, object);
    accessor->normalized = (uint8_t)w3di_gltf_bool(reader, object, "normalized");
    accessor->count = (uint32_t)w3di_gltf_whole_in(reader, object, "count", UINT32_MAX,
                                                   "an accessor must have a count");
    w3di_gltf_read_shape(reader, object, accessor);
    uint32_t view = w3di_gltf_index_or_absent(reader, object, "bufferView", gltf->view_count);
    uint32_t sparse = w3di_gltf_object(reader, object, "sparse");
    if (reader->result != W3D_OK) return;
    accessor->stride = accessor->element_size;
    if (view != W3D_GLTF_ABSENT) {
        if (gltf->views[view].stride) accessor->stride = gltf->views[view].stride;
        if (accessor->stride < accessor->element_size)
            w3di_gltf_fail(reader, W3D_ERR_RANGE, object,
                           "an accessor's elements are larger than its view's byteStride");
        accessor->data = w3di_gltf_slice(opening, object, accessor->count, accessor->stride,
                                         accessor->element_size);
    }
    uintptr_t data = (uintptr_t)accessor->data, file = (uintptr_t)gltf->bytes;
    if (accessor->data && data >= file && data - file < gltf->size)
        accessor->data_offset = (size_t)(data - file);
    if (sparse != W3D_JSON_NONE) w3di_gltf_read_sparse(opening, sparse, accessor);
}

/* ---- meshes ---- */

/* Checks an attribute this reader knows: `rows` numbers, or one more where `or_more` is set. */
static void w3di_gltf_check_attribute(w3di_gltf_opening *opening, uint32_t value, uint32_t index,
                                      const uint8_t rows[2])
{
    const w3d_gltf_accessor *accessor = &opening->gltf->accessors[index];
    if (accessor->columns != 1 || (accessor->rows != rows[0] && accessor->rows != rows[1]))
        w3di_gltf_fail(&opening->reader, W3D_ERR_FORMAT, value,
                       "the accessor has the wrong type for this");
    else if (accessor->component == W3D_GLTF_U32)
        w3di_gltf_fail(&opening->reader, W3D_ERR_FORMAT, value,
                       "32-bit integers can be indices only, not vertex data");
}

static void w3di_gltf_read_attributes(w3di_gltf_opening *opening, uint32_t object,
                                      w3d_gltf_primitive *primitive)
{
    static const struct {
        const char *name;
        uint8_t rows[2];
    } known[] = {
        { "POSITION", { 3, 3 } }, { "NORMAL", { 3, 3 } },     { "TANGENT", { 4, 4 } },
        { "COLOR_0", { 3, 4 } },  { "TEXCOORD_0", { 2, 2 } }, { "TEXCOORD_1", { 2, 2 } }
    };
    w3di_gltf_reader *reader = &opening->reader;
    uint32_t *const fields[] = { &primitive->position, &primitive->normal, &primitive->tangent,
                                 &primitive->color,    &primitive->uv[0],  &primitive->uv[1] };
    uint32_t first = W3D_GLTF_ABSENT;
    w3d_json_iterator each = w3d_json_each(reader->json, object);
    while (w3d_json_next(reader->json, &each)) {
        uint32_t index = w3di_gltf_index(reader, each.value, opening->gltf->accessor_count);
        if (reader->result != W3D_OK) return;
        if (first == W3D_GLTF_ABSENT) first = index;
        if (opening->gltf->accessors[index].count != opening->gltf->accessors[first].count)
            w3di_gltf_fail(reader, W3D_ERR_FORMAT, each.value,
                           "the vertex data of a primitive differ in their count");
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (!w3d_json_string_is(reader->json, each.key, known[i].name)) continue;
            *fields[i] = index;
            w3di_gltf_check_attribute(opening, each.value, index, known[i].rows);
        }
    }
}

static void w3di_gltf_read_primitive(w3di_gltf_opening *opening, uint32_t object,
                                     w3d_gltf_primitive *primitive)
{
    w3di_gltf_reader *reader = &opening->reader;
    const w3d_gltf *gltf = opening->gltf;
    w3d_fill(primitive, 0xFF, sizeof *primitive); /* W3D_GLTF_ABSENT everywhere */
    primitive->value = object;
    primitive->mode = W3D_GLTF_TRIANGLES;
    if (!w3di_gltf_is_object(reader, object)) return;
    primitive->mode = (w3d_gltf_mode)w3di_gltf_whole_or(reader, object, "mode", W3D_GLTF_TRIANGLES,
                                                        W3D_GLTF_TRIANGLE_FAN);
    uint32_t attributes = w3di_gltf_object(reader, object, "attributes");
    if (attributes == W3D_JSON_NONE)
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, object, "a primitive must have attributes");
    primitive->material =
        w3di_gltf_index_or_absent(reader, object, "material", opening->material_count);
    primitive->indices = w3di_gltf_index_or_absent(reader, object, "indices", gltf->accessor_count);
    if (reader->result != W3D_OK) return;
    if (primitive->indices != W3D_GLTF_ABSENT) {
        const w3d_gltf_accessor *indices = &gltf->accessors[primitive->indices];
        int is_unsigned = indices->component == W3D_GLTF_U8 || indices->component == W3D_GLTF_U16 ||
                          indices->component == W3D_GLTF_U32;
        if (!is_unsigned || indices->rows != 1 || indices->columns != 1 || indices->normalized)
            w3di_gltf_fail(reader, W3D_ERR_FORMAT, w3d_json_member(reader->json, object, "indices"),
                           "indices must be scalars of an unsigned type, not normalized");
    }
    w3di_gltf_read_attributes(opening, attributes, primitive);
}

static void w3di_gltf_read_meshes(w3di_gltf_opening *opening, uint32_t array)
{
    w3di_gltf_reader *reader = &opening->reader;
    w3d_gltf *gltf = opening->gltf;
    uint32_t total = 0;
    w3d_json_iterator each = w3d_json_each(reader->json, array);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each)) {
        if (!w3di_gltf_is_object(reader, each.value)) return;
        uint32_t primitives = w3di_gltf_array(reader, each.value, "primitives");
        w3d_gltf_mesh *mesh = &gltf->meshes[each.index];
        mesh->value = each.value;
        mesh->first_primitive = total;
        mesh->primitive_count = w3d_json_count(reader->json, primitives);
        total += mesh->primitive_count; /* no more than there are JSON values */
    }
    gltf->primitives =
        (w3d_gltf_primitive *)w3di_gltf_rows(opening, total, sizeof(w3d_gltf_primitive));
    if (reader->result != W3D_OK) return;
    gltf->primitive_count = total;
    for (uint32_t i = 0; i < gltf->mesh_count; i++) {
        const w3d_gltf_mesh *mesh = &gltf->meshes[i];
        each = w3d_json_each(reader->json, w3di_gltf_array(reader, mesh->value, "primitives"));
        while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
            w3di_gltf_read_primitive(opening, each.value,
                                     &gltf->primitives[mesh->first_primitive + each.index]);
    }
}

/* ---- all of it ---- */

static w3d_result w3di_gltf_read(w3di_gltf_opening *opening)
{
    w3di_gltf_reader *reader = &opening->reader;
    w3d_gltf *gltf = opening->gltf;
    w3d_result result = w3di_gltf_open_text(opening);
    if (result != W3D_OK) return result;
    w3di_gltf_check_version(reader);
    w3di_gltf_check_extensions(reader);
    uint32_t buffers = w3di_gltf_array(reader, 0, "buffers");
    uint32_t views = w3di_gltf_array(reader, 0, "bufferViews");
    uint32_t accessors = w3di_gltf_array(reader, 0, "accessors");
    uint32_t meshes = w3di_gltf_array(reader, 0, "meshes");
    opening->material_count = w3d_json_count(reader->json, w3di_gltf_array(reader, 0, "materials"));
    if (reader->result != W3D_OK) return reader->result;

    /* Counts are set with their tables, so that closing frees what is there, and no more. */
    uint32_t count = w3d_json_count(reader->json, buffers);
    gltf->buffers = (w3d_gltf_buffer *)w3di_gltf_rows(opening, count, sizeof(w3d_gltf_buffer));
    if (gltf->buffers) gltf->buffer_count = count;
    count = w3d_json_count(reader->json, views);
    gltf->views = (w3d_gltf_view *)w3di_gltf_rows(opening, count, sizeof(w3d_gltf_view));
    if (gltf->views) gltf->view_count = count;
    count = w3d_json_count(reader->json, accessors);
    gltf->accessors =
        (w3d_gltf_accessor *)w3di_gltf_rows(opening, count, sizeof(w3d_gltf_accessor));
    if (gltf->accessors) gltf->accessor_count = count;
    count = w3d_json_count(reader->json, meshes);
    gltf->meshes = (w3d_gltf_mesh *)w3di_gltf_rows(opening, count, sizeof(w3d_gltf_mesh));
    if (gltf->meshes) gltf->mesh_count = count;

    w3d_json_iterator each = w3d_json_each(reader->json, buffers);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_read_buffer(opening, each.value, each.index);
    each = w3d_json_each(reader->json, views);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_read_view(opening, each.value, each.index);
    each = w3d_json_each(reader->json, accessors);
    while (reader->result == W3D_OK && w3d_json_next(reader->json, &each))
        w3di_gltf_read_accessor(opening, each.value, each.index);
    w3di_gltf_read_meshes(opening, meshes);
    return reader->result;
}

W3D_API w3d_result w3d_gltf_open(const w3d_gltf_desc *desc, w3d_gltf *gltf, w3d_error *error)
{
    W3D_ASSERT(desc && gltf && (desc->bytes || !desc->size));
    if (!desc || !gltf || (!desc->bytes && desc->size))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, w3d_result_text(W3D_ERR_ARGUMENT));
    w3d_gltf opened;
    w3di_gltf_opening opening;
    w3d_fill(&opened, 0, sizeof opened);
    w3d_fill(&opening, 0, sizeof opening);
    opened.bytes = (const uint8_t *)desc->bytes;
    opened.size = desc->size;
    if (desc->allocator) opened.allocator = *desc->allocator;
    opening.desc = desc;
    opening.gltf = &opened;
    opening.reader.json = &opened.json;
    opening.reader.error = error;
    w3d_result result = w3di_gltf_read(&opening);
    if (result == W3D_OK)
        *gltf = opened;
    else
        w3d_gltf_close(&opened);
    return result;
}

static void w3di_gltf_free(const w3d_gltf *gltf, void *rows, size_t size)
{
    if (rows) w3d_allocator_resize(&gltf->allocator, rows, size, 0);
}

W3D_API void w3d_gltf_close(w3d_gltf *gltf)
{
    if (!gltf) return;
    for (uint32_t i = 0; i < gltf->buffer_count; i++)
        w3di_gltf_free(gltf, gltf->buffers[i].owned, gltf->buffers[i].owned_size);
    w3di_gltf_free(gltf, gltf->buffers, gltf->buffer_count * sizeof(w3d_gltf_buffer));
    w3di_gltf_free(gltf, gltf->views, gltf->view_count * sizeof(w3d_gltf_view));
    w3di_gltf_free(gltf, gltf->accessors, gltf->accessor_count * sizeof(w3d_gltf_accessor));
    w3di_gltf_free(gltf, gltf->meshes, gltf->mesh_count * sizeof(w3d_gltf_mesh));
    w3di_gltf_free(gltf, gltf->primitives, gltf->primitive_count * sizeof(w3d_gltf_primitive));
    w3d_json_close(&gltf->json);
    w3d_fill(gltf, 0, sizeof *gltf);
}

#undef W3DI_GLTF_MAGIC
#undef W3DI_GLTF_CHUNK_JSON
#undef W3DI_GLTF_CHUNK_BIN
#undef W3DI_GLTF_EXTENSIONS_READ
#undef W3DI_GLTF_EXTENSIONS_REFUSED
