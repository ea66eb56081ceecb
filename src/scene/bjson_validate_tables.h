/* bjson_validate_tables.h - the check of KEYS and SHAP; private. */
#ifndef W3D_BJSON_VALIDATE_TABLES_H
#define W3D_BJSON_VALIDATE_TABLES_H

#include "scene/bjson_validate_state.h"

/* Finds the table that the header's u64 at `field` points to: its payload and length. */
static inline w3d_result w3di_bjson_validate_table(const w3di_bjson_validate_state *s,
                                                   uint32_t field, uint32_t kind, uint64_t *payload,
                                                   uint64_t *length)
{
    uint64_t size = s->file.size, at = w3di_bjson_validate_u64(s, s->header + field);
    if (at % 16 != 0 || at < W3D_BJSON_HEADER_SIZE || at > size - W3D_BJSON_CHUNK_SIZE ||
        w3di_bjson_validate_u32(s, at) != kind)
        return w3di_bjson_validate_fail(s, s->header + field,
                                        "the header points to something else than the table");
    *payload = at + W3D_BJSON_CHUNK_SIZE;
    *length = w3di_bjson_validate_u64(s, at + 8);
    if (*length > size - *payload)
        return w3di_bjson_validate_fail(s, at + 8, "a table reaches beyond the end of the file");
    return W3D_OK;
}

static inline w3d_result w3di_bjson_validate_keys(const w3di_bjson_validate_state *s)
{
    uint64_t at = s->file.keys, end = at + s->file.keys_size, before = at;
    if (at < end && *w3di_bjson_validate_at(s, end - 1))
        return w3di_bjson_validate_fail(s, end - 1, "the last key has no NUL");
    for (uint32_t i = 0; i < s->file.key_count; i++) {
        if (at == end) return w3di_bjson_validate_fail(s, end, "there are fewer keys than stated");
        uint64_t start = at;
        while (*w3di_bjson_validate_at(s, at)) at++;
        W3DI_BJSON_VALIDATE_COUNT(1 + at - start);
        w3d_result result = w3di_bjson_validate_utf8(s, start, at - start);
        if (result != W3D_OK) return result;
        if (i > 0) {
            const unsigned char *left = w3di_bjson_validate_at(s, before);
            const unsigned char *right = w3di_bjson_validate_at(s, start);
            size_t k = 0;
            while (left[k] && left[k] == right[k]) k++;
            W3DI_BJSON_VALIDATE_COUNT(1 + k);
            if (left[k] >= right[k])
                return w3di_bjson_validate_fail(s, start, "the keys are not in ascending order");
        }
        before = start;
        at++;
    }
    if (at != end) return w3di_bjson_validate_fail(s, at, "there are more keys than stated");
    return W3D_OK;
}

/* A type: tag at `at`, then subtype and n. */
static inline w3d_result w3di_bjson_validate_type(const w3di_bjson_validate_state *s, uint64_t at)
{
    const unsigned char *type = w3di_bjson_validate_at(s, at);
    uint32_t tag = type[0], subtype = type[1], n = w3d_load_u16(type + 2);
    if (tag >= 0xA0u)
        return w3d_error_set(s->error, W3D_ERR_UNSUPPORTED, at, "a tag of A0 or above");
    if (w3d_bjson_tag_has_subtype(tag)) {
        if (subtype < W3D_BJSON_SUB_U8)
            return w3di_bjson_validate_fail(s, at + 1, "a subtype is missing");
        if (n == 0 || (tag == W3D_BJSON_VECTOR && n > W3D_BJSON_VECTOR_LIMIT))
            return w3di_bjson_validate_fail(s, at + 2, "an n is out of range");
    } else if (w3d_bjson_tag_is_known(tag) && (subtype || n)) {
        return w3di_bjson_validate_fail(s, at + 1, "a tag that has no subtype and n states one");
    }
    return W3D_OK;
}

/* One field by itself: its key, its type, and that it lies inside the record. */
static inline w3d_result w3di_bjson_validate_field(const w3di_bjson_validate_state *s, uint64_t at,
                                                   uint32_t record_size)
{
    W3DI_BJSON_VALIDATE_COUNT(1);
    const unsigned char *field = w3di_bjson_validate_at(s, at);
    uint32_t key = w3d_load_u32(field), offset = w3d_load_u32(field + 8);
    uint32_t size = w3d_load_u32(field + 12);
    if (key >= s->file.keys_size || (key && *w3di_bjson_validate_at(s, s->file.keys + key - 1)))
        return w3di_bjson_validate_fail(s, at, "a field's key is not the start of a key");
    w3d_result result = w3di_bjson_validate_type(s, at + 4);
    if (result != W3D_OK) return result;
    uint32_t expected = w3d_bjson_inline_size(field[4], field[5], w3d_load_u16(field + 6));
    if (expected ? size != expected : size == 0)
        return w3di_bjson_validate_fail(s, at + 12, "a field's size does not fit its type");
    if (offset % w3d_bjson_alignment(field[4], field[5]) != 0)
        return w3di_bjson_validate_fail(s, at + 8, "a field is misaligned");
    if (!w3d_size_inside(offset, size, record_size))
        return w3di_bjson_validate_fail(s, at + 8, "a field is outside its record");
    return W3D_OK;
}

/* 1 where the fields lie as the canonical layout has them, and so do not overlap: by alignment 8,
 * 4, 2, 1, then by key, each at the next multiple of its alignment. */
static inline int w3di_bjson_validate_is_canonical(const w3di_bjson_validate_state *s,
                                                   uint64_t fields, uint32_t count)
{
    uint64_t end = 0;
    for (uint32_t alignment = 8; alignment; alignment /= 2) {
        const unsigned char *field = w3di_bjson_validate_at(s, fields);
        W3DI_BJSON_VALIDATE_COUNT(count);
        for (uint32_t i = 0; i < count; i++, field += W3D_BJSON_FIELD_SIZE) {
            if (w3d_bjson_alignment(field[4], field[5]) != alignment) continue;
            end = w3di_bjson_validate_align(end, alignment);
            if (w3d_load_u32(field + 8) != end) return 0;
            end += w3d_load_u32(field + 12);
        }
    }
    return 1;
}

/* Checks that fields do not overlap: at once where the layout is canonical, else pair by pair,
 * which only shapes with few fields may ask for. */
static inline w3d_result w3di_bjson_validate_layout(const w3di_bjson_validate_state *s,
                                                    uint64_t fields, uint32_t count)
{
    if (w3di_bjson_validate_is_canonical(s, fields, count)) return W3D_OK;
    if (count > W3D_BJSON_FREE_LAYOUT_LIMIT)
        return w3di_bjson_validate_fail(s, fields,
                                        "a shape of over 256 fields is not laid out canonically");
    for (uint32_t i = 1; i < count; i++) {
        const unsigned char *f =
            w3di_bjson_validate_at(s, fields + (uint64_t)i * W3D_BJSON_FIELD_SIZE);
        uint32_t offset = w3d_load_u32(f + 8), size = w3d_load_u32(f + 12);
        W3DI_BJSON_VALIDATE_COUNT(i);
        for (uint32_t k = 1; k <= i; k++) {
            uint32_t other = w3d_load_u32(f + 8 - k * W3D_BJSON_FIELD_SIZE);
            uint32_t other_size = w3d_load_u32(f + 12 - k * W3D_BJSON_FIELD_SIZE);
            if (offset < other ? size > other - offset : other_size > offset - other)
                return w3di_bjson_validate_fail(s, fields + (uint64_t)i * W3D_BJSON_FIELD_SIZE + 8,
                                                "two fields overlap in their record");
        }
    }
    return W3D_OK;
}

static inline w3d_result w3di_bjson_validate_shapes(const w3di_bjson_validate_state *s)
{
    uint64_t start = s->file.shapes, size = s->file.shapes_size;
    if (s->file.shape_count > size / 4)
        return w3di_bjson_validate_fail(s, start, "the table of shapes is cut short");
    uint64_t index_end = (uint64_t)s->file.shape_count * 4;
    uint64_t at = w3di_bjson_validate_align(index_end, 8);
    if (at > size) return w3di_bjson_validate_fail(s, start, "the table of shapes is cut short");
    w3d_result result = w3di_bjson_validate_zero(s, start + index_end, start + at);
    for (uint32_t i = 0; i < s->file.shape_count && result == W3D_OK; i++) {
        W3DI_BJSON_VALIDATE_COUNT(1);
        if (w3di_bjson_validate_u32(s, start + (uint64_t)i * 4) != at)
            return w3di_bjson_validate_fail(s, start + (uint64_t)i * 4,
                                            "a shape is not where the last one ends");
        if (size - at < 8) return w3di_bjson_validate_fail(s, start + at, "a shape is cut short");
        uint32_t count = w3di_bjson_validate_u32(s, start + at);
        uint32_t record_size = w3di_bjson_validate_u32(s, start + at + 4);
        at += 8;
        if (count > (size - at) / W3D_BJSON_FIELD_SIZE)
            return w3di_bjson_validate_fail(s, start + at - 8,
                                            "a shape has more fields than bytes");
        for (uint32_t k = 0; k < count && result == W3D_OK; k++) {
            uint64_t field = start + at + (uint64_t)k * W3D_BJSON_FIELD_SIZE;
            result = w3di_bjson_validate_field(s, field, record_size);
            if (result == W3D_OK && k > 0 &&
                w3di_bjson_validate_u32(s, field) <=
                    w3di_bjson_validate_u32(s, field - W3D_BJSON_FIELD_SIZE))
                return w3di_bjson_validate_fail(s, field,
                                                "the fields are not in ascending order of keys");
        }
        if (result == W3D_OK) result = w3di_bjson_validate_layout(s, start + at, count);
        at += (uint64_t)count * W3D_BJSON_FIELD_SIZE;
    }
    if (result == W3D_OK && at != size)
        return w3di_bjson_validate_fail(s, start + at, "bytes follow the last shape");
    return result;
}

#endif /* W3D_BJSON_VALIDATE_TABLES_H */
