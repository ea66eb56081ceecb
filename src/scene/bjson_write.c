/* bjson_write.c - a canonical file in memory: every ID measured, then every ID stored.
 *
 * Both passes are bjson_payload's; here is what goes around the IDs: the plan between the passes,
 * the tables, the chunks, the header. */
#include "scene/bjson_write.h"

#include "pack/crc32c.h"
#include "scene/bjson_payload.h"

/* What a plan keeps between measuring and writing. */
typedef struct w3di_bjson_write_plan {
    w3di_bjson_payload payload;
    const w3d_bjson_write_desc *desc;
    uint64_t ids_end;   /* where meta or KEYS begins */
    uint64_t meta_size; /* of the payload */
} w3di_bjson_write_plan;

static w3d_result w3di_bjson_write_describe(const w3di_bjson_write_plan *plan, uint32_t row,
                                            w3d_bjson_write_id *id)
{
    if (!plan->desc->describe) {
        *id = plan->desc->ids[row];
        return W3D_OK;
    }
    w3d_fill(id, 0, sizeof *id);
    w3d_result result = plan->desc->describe(plan->desc->user, row, id);
    if (result == W3D_OK) return W3D_OK;
    return w3di_bjson_payload_fail(&plan->payload, result, "the description failed");
}

/* ---- measuring ---- */

/* All IDs and meta: what they take, and their shapes. */
static w3d_result w3di_bjson_write_measure(w3di_bjson_write_plan *plan)
{
    w3di_bjson_payload *s = &plan->payload;
    const w3d_bjson_write_desc *desc = plan->desc;
    uint64_t length = 0;
    plan->ids_end = W3D_BJSON_HEADER_SIZE;
    for (s->row = 0; s->row < desc->id_count; s->row++) {
        w3d_bjson_write_id id;
        w3d_result result = w3di_bjson_write_describe(plan, s->row, &id);
        if (result == W3D_OK && !w3di_bjson_payload_is_row(&id)) {
            result = w3di_bjson_payload_id(s, &id, &length);
            plan->ids_end += w3di_bjson_payload_chunk_size(length);
            if (s->pending_count > s->pending_limit) s->pending_limit = s->pending_count;
        }
        if (result != W3D_OK) return result;
    }
    if (!desc->meta) return W3D_OK;
    return w3di_bjson_payload_meta(s, desc->meta, desc->meta_count, &plan->meta_size);
}

/* Bytes from the end of the IDs to the end of the file. */
static w3d_result w3di_bjson_write_measure_rest(w3di_bjson_write_plan *plan, uint64_t *size)
{
    const w3d_bjson_write_desc *desc = plan->desc;
    const w3di_bjson_shapes *shapes = &plan->payload.shapes;
    uint64_t total = 0;
    if (desc->meta) total += w3di_bjson_payload_chunk_size(plan->meta_size);
    total += w3di_bjson_payload_chunk_size(shapes->keys_size);
    total += w3di_bjson_payload_chunk_size(w3di_bjson_shapes_size(shapes));
    total += w3di_bjson_payload_chunk_size((uint64_t)desc->id_count * W3D_BJSON_ROW_SIZE);
    for (uint32_t i = 0; i < desc->chunk_count; i++) {
        const w3d_bjson_chunk *chunk = &desc->chunks[i];
        if (!w3di_bjson_payload_is_own_kind(chunk->kind))
            return w3di_bjson_payload_fail(&plan->payload, W3D_ERR_ARGUMENT,
                                           "a chunk's kind is not the program's to write");
        if (chunk->size && !chunk->data)
            return w3di_bjson_payload_fail(&plan->payload, W3D_ERR_ARGUMENT,
                                           "a chunk points to nothing");
        if (chunk->size > SIZE_MAX / 4 || total > SIZE_MAX / 2)
            return w3di_bjson_payload_fail(&plan->payload, W3D_ERR_LIMIT,
                                           "the file is larger than memory");
        total += w3di_bjson_payload_chunk_size(chunk->size);
    }
    if (desc->hash) total += w3di_bjson_payload_chunk_size(W3D_BJSON_HASH_SIZE);
    total += desc->sign_count * w3di_bjson_payload_chunk_size(W3D_BJSON_SIGN_SIZE);
    *size = total;
    if (total <= SIZE_MAX / 2 && plan->ids_end <= SIZE_MAX / 2 - total) return W3D_OK;
    return w3di_bjson_payload_fail(&plan->payload, W3D_ERR_LIMIT, "the file is larger than memory");
}

W3D_API w3d_result w3d_bjson_write_size(const w3d_bjson_write_desc *desc, w3d_arena *arena,
                                        w3d_bjson_plan *plan, w3d_error *error)
{
    if (!desc || !arena || !plan || desc->id_count == W3D_BJSON_NONE ||
        (desc->id_count && !desc->ids && !desc->describe) || (desc->chunk_count && !desc->chunks))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no description, arena or plan");
    w3d_arena used = *arena;
    w3di_bjson_write_plan *made =
        (w3di_bjson_write_plan *)w3d_arena_push_zero(&used, 1, sizeof *made, sizeof(uint64_t));
    if (!made)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the arena is too small for the plan");
    w3di_bjson_payload *s = &made->payload;
    made->desc = desc;
    s->shapes.arena = &used;
    s->error = error;
    s->row_count = desc->id_count;
    s->slot_of_row = (uint32_t *)w3d_arena_push(&used, desc->id_count, 4, 4);
    s->row_of_slot = (uint32_t *)w3d_arena_push(&used, desc->id_count, 4, 4);
    if (!s->slot_of_row || !s->row_of_slot)
        return w3di_bjson_payload_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
    w3d_fill(s->slot_of_row, 0xFF, (size_t)desc->id_count * 4);

    uint64_t rest;
    w3d_result result = w3di_bjson_write_measure(made);
    s->row = W3D_BJSON_NONE; /* whatever goes wrong from here on is no ID's fault */
    if (result == W3D_OK) result = w3di_bjson_write_measure_rest(made, &rest);
    if (result != W3D_OK) return result;
    result = w3di_bjson_shapes_place_keys(&s->shapes);
    if (result != W3D_OK) return w3di_bjson_payload_fail(s, result, s->shapes.text);
    s->pending = (const w3d_bjson_value **)w3d_arena_push(&used, s->pending_limit,
                                                          sizeof *s->pending, sizeof *s->pending);
    if (!s->pending)
        return w3di_bjson_payload_fail(s, W3D_ERR_CAPACITY, "the arena is too small for the plan");
    s->shapes.arena = NULL;
    s->error = NULL;
    *arena = used;
    plan->size = (size_t)(made->ids_end + rest);
    plan->desc = desc;
    plan->work = made;
    return W3D_OK;
}

/* ---- writing ---- */

/* Makes [dst, dst + room) the place of the next payload. */
static void w3di_bjson_write_at(w3di_bjson_payload *s, unsigned char *dst, uint64_t room)
{
    s->dst = dst;
    s->room = room;
}

/* All ID chunks, and the row of REFS of each. */
static w3d_result w3di_bjson_write_ids(w3di_bjson_write_plan *plan, unsigned char *dst,
                                       unsigned char *refs)
{
    w3di_bjson_payload *s = &plan->payload;
    uint64_t at = W3D_BJSON_HEADER_SIZE, length = 0;
    for (s->row = 0; s->row < plan->desc->id_count; s->row++, refs += W3D_BJSON_ROW_SIZE) {
        w3d_bjson_write_id id;
        uint32_t crc = 0;
        w3d_result result = w3di_bjson_write_describe(plan, s->row, &id);
        if (result != W3D_OK) return result;
        if (w3di_bjson_payload_is_row(&id)) {
            w3di_bjson_payload_row(refs, 0, 0, &id);
            continue;
        }
        if (plan->ids_end - at < W3D_BJSON_CHUNK_SIZE) return w3di_bjson_payload_changed(s);
        w3di_bjson_write_at(s, dst + (size_t)at + W3D_BJSON_CHUNK_SIZE,
                            plan->ids_end - at - W3D_BJSON_CHUNK_SIZE);
        result = w3di_bjson_payload_id(s, &id, &length);
        if (result == W3D_OK) result = w3di_bjson_payload_large(s, plan->desc->crc ? &crc : NULL);
        if (result != W3D_OK) return result;
        w3di_bjson_payload_row(refs, at, crc, &id);
        at += w3di_bjson_payload_end_chunk(dst + (size_t)at, W3D_BJSON_CHUNK_ID, length, 0);
    }
    return at == plan->ids_end ? W3D_OK : w3di_bjson_payload_changed(s);
}

/* The programs' own chunks, hash and sign; gives where they end. */
static size_t w3di_bjson_write_last(const w3d_bjson_write_desc *desc, unsigned char *file,
                                    size_t at)
{
    for (uint32_t i = 0; i < desc->chunk_count; i++) {
        const w3d_bjson_chunk *chunk = &desc->chunks[i];
        w3d_copy(file + at + W3D_BJSON_CHUNK_SIZE, chunk->data, chunk->size);
        at += w3di_bjson_payload_end_chunk(file + at, chunk->kind, chunk->size, desc->crc);
    }
    for (uint32_t i = desc->hash ? 0 : 1; i <= desc->sign_count; i++) {
        w3di_bjson_payload_seal(file + at + W3D_BJSON_CHUNK_SIZE);
        at +=
            w3di_bjson_payload_end_chunk(file + at, i ? W3D_BJSON_CHUNK_SIGN : W3D_BJSON_CHUNK_HASH,
                                         W3D_BJSON_HASH_SIZE, desc->crc);
    }
    return at;
}

W3D_API w3d_result w3d_bjson_write(const w3d_bjson_plan *plan, void *dst, size_t capacity,
                                   w3d_error *error)
{
    if (!plan || !plan->work || !dst)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no plan or no memory");
    if (capacity < plan->size)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0,
                             "the memory is smaller than the plan's size");
    w3di_bjson_write_plan *made = (w3di_bjson_write_plan *)plan->work;
    w3di_bjson_payload *s = &made->payload;
    const w3d_bjson_write_desc *desc = made->desc;
    unsigned char *file = (unsigned char *)dst;
    uint64_t refs_size = (uint64_t)desc->id_count * W3D_BJSON_ROW_SIZE, length = 0;
    uint64_t shapes_size = w3di_bjson_shapes_size(&s->shapes);
    size_t meta = (size_t)made->ids_end, keys = meta;
    if (desc->meta) keys += (size_t)w3di_bjson_payload_chunk_size(made->meta_size);
    size_t shapes = keys + (size_t)w3di_bjson_payload_chunk_size(s->shapes.keys_size);
    size_t refs = shapes + (size_t)w3di_bjson_payload_chunk_size(shapes_size);

    s->error = error;
    w3d_result result = w3di_bjson_write_ids(made, file, file + refs + W3D_BJSON_CHUNK_SIZE);
    if (result == W3D_OK && desc->meta) {
        w3di_bjson_write_at(s, file + meta + W3D_BJSON_CHUNK_SIZE, made->meta_size);
        result = w3di_bjson_payload_meta(s, desc->meta, desc->meta_count, &length);
        if (result == W3D_OK && length != made->meta_size) result = w3di_bjson_payload_changed(s);
    }
    s->error = NULL;
    s->dst = NULL;
    if (result != W3D_OK) return result;
    if (desc->meta)
        w3di_bjson_payload_end_chunk(file + meta, W3D_BJSON_CHUNK_META, length, desc->crc);
    w3di_bjson_shapes_write_keys(&s->shapes, file + keys + W3D_BJSON_CHUNK_SIZE);
    w3di_bjson_shapes_write(&s->shapes, file + shapes + W3D_BJSON_CHUNK_SIZE);
    w3di_bjson_payload_end_chunk(file + keys, W3D_BJSON_CHUNK_KEYS, s->shapes.keys_size, desc->crc);
    w3di_bjson_payload_end_chunk(file + shapes, W3D_BJSON_CHUNK_SHAP, shapes_size, desc->crc);
    size_t end = refs + w3di_bjson_payload_end_chunk(file + refs, W3D_BJSON_CHUNK_REFS, refs_size,
                                                     desc->crc);
    w3di_bjson_write_last(desc, file, end);

    w3di_bjson_header header;
    header.size = plan->size;
    header.refs = refs;
    header.keys = keys;
    header.shapes = shapes;
    header.id_count = desc->id_count;
    header.key_count = s->shapes.keys.count;
    header.shape_count = s->shapes.shapes.count;
    header.flags = (uint32_t)(W3D_BJSON_CANONICAL | (desc->crc ? W3D_BJSON_CRC : 0));
    w3di_bjson_header_write(file, &header);
    return W3D_OK;
}

/* ---- the bound ---- */

typedef struct w3di_bjson_write_tally {
    size_t ids, maps, values;
} w3di_bjson_write_tally;

static void w3di_bjson_write_count(w3di_bjson_write_tally *tally, const w3d_bjson_value *values,
                                   uint32_t count, uint32_t depth)
{
    if (!values) return; /* measuring will refuse it */
    tally->values += count;
    for (uint32_t i = 0; i < count && depth < W3D_BJSON_DEPTH_LIMIT; i++) {
        if (values[i].tag != W3D_BJSON_MAP && values[i].tag != W3D_BJSON_LIST) continue;
        tally->maps++;
        w3di_bjson_write_count(tally, (const w3d_bjson_value *)values[i].data, values[i].count,
                               depth + 1);
    }
}

W3D_API size_t w3d_bjson_write_scratch_size(const w3d_bjson_write_desc *desc)
{
    w3di_bjson_write_tally tally = { 0, 0, 0 };
    const w3d_bjson_value *fields = NULL;
    if (!desc) return sizeof(w3di_bjson_write_plan) + 1024;
    for (uint32_t row = 0; row < desc->id_count && (desc->ids || desc->describe); row++) {
        w3d_bjson_write_id id;
        w3d_fill(&id, 0, sizeof id);
        if (desc->describe) {
            if (desc->describe(desc->user, row, &id) != W3D_OK) break;
        } else {
            id = desc->ids[row];
        }
        tally.ids++;
        if (id.record && id.values == fields) continue; /* the same struct as the ID before */
        fields = id.record ? id.values : NULL;
        tally.maps++;
        w3di_bjson_write_count(&tally, id.values, id.value_count, 0);
    }
    if (desc->meta) {
        tally.maps++;
        w3di_bjson_write_count(&tally, desc->meta, desc->meta_count, 0);
    }
    size_t map = sizeof(w3di_bjson_shapes_recipe) + sizeof(w3di_bjson_shapes_shape) + 96;
    size_t value = sizeof(w3di_bjson_shapes_key) + sizeof(w3di_bjson_shapes_field) +
                   2 * sizeof(w3di_bjson_shapes_rank) + 2 * sizeof(void *) + 4 * sizeof(uint32_t) +
                   sizeof(w3di_bjson_shapes_run);
    size_t size = sizeof(w3di_bjson_write_plan) + 1024;
    if (!w3d_size_append(&size, tally.ids, 2 * sizeof(uint32_t)) ||
        !w3d_size_append(&size, tally.maps, map) || !w3d_size_append(&size, tally.values, value))
        return SIZE_MAX;
    return size;
}
