/* bjson_edit_plan.c - from changes to writes: encode, find places, list what is new where.
 *
 * Everything is encoded into memory before the first byte is written, since the values of an ID
 * may lie in the very place that is about to be overwritten. Places are only taken from holes the
 * file already had: what this edit frees is left alone until it is written, so that the old file
 * can be read for as long as possible. */
#include "scene/bjson_edit_plan.h"

#include "core/bytes.h"
#include "scene/bjson_edit_state.h"
#include "scene/bjson_payload.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_sort.h"

/* Space in the file that nothing uses; on multiples of 16. */
typedef struct w3di_bjson_edit_plan_region {
    uint64_t at, size;
    uint32_t changed; /* its head must be written */
    uint32_t freed;   /* by this edit: held something before */
} w3di_bjson_edit_plan_region;

typedef struct w3di_bjson_edit_plan_regions {
    w3di_bjson_edit_plan_region *items;
    uint32_t count, limit;
} w3di_bjson_edit_plan_regions;

/* A chunk of the old file that may move: head, and bytes with head and padding; 0: none. */
typedef struct w3di_bjson_edit_plan_old {
    uint64_t at, size;
} w3di_bjson_edit_plan_old;

typedef struct w3di_bjson_edit_plan_layout {
    w3d_bjson_edit *edit;
    const w3d_bjson *file;
    w3di_bjson_edit_plan_regions holes; /* of the old file, what is left of them; ascending */
    w3di_bjson_edit_plan_regions freed; /* in any order */
    uint64_t *largest;                  /* tree over the holes: of each pair the larger size */
    uint32_t leaves;                    /* of that tree; hole i is leaf `leaves` + i */
    uint64_t end;                       /* of the new file so far */
    w3di_bjson_edit_plan_old meta, hash;
    w3di_bjson_payload payload;
    w3d_arena tables; /* what payload.shapes fills */
    int is_encoding;  /* payload is in use */
    w3di_bjson_header header;
} w3di_bjson_edit_plan_layout;

static w3d_result w3di_bjson_edit_plan_short(w3d_error *error)
{
    return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, W3D_BJSON_NONE, "no memory for the plan");
}

static void *w3di_bjson_edit_plan_take(w3d_bjson_edit *edit, size_t count, size_t size)
{
    return w3d_chunk_arena_push(&edit->planned, count, size, 16);
}

/* ---- space ---- */

static int w3di_bjson_edit_plan_region_add(w3d_bjson_edit *edit,
                                           w3di_bjson_edit_plan_regions *regions, uint64_t at,
                                           uint64_t size, uint32_t freed)
{
    if (regions->count == regions->limit) {
        uint32_t limit = regions->limit ? regions->limit * 2 : 16;
        w3di_bjson_edit_plan_region *grown =
            limit ? (w3di_bjson_edit_plan_region *)w3di_bjson_edit_plan_take(edit, limit,
                                                                             sizeof *grown)
                  : NULL;
        if (!grown) return 0;
        w3d_copy(grown, regions->items, regions->count * sizeof *grown);
        regions->items = grown;
        regions->limit = limit;
    }
    w3di_bjson_edit_plan_region *made = &regions->items[regions->count++];
    made->at = at;
    made->size = size;
    made->changed = made->freed = freed;
    return 1;
}

/* Goes over the old file's chunks: holes, and those that an edit ends. */
static w3d_result w3di_bjson_edit_plan_survey(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3d_bjson_chunk_view chunk;
    w3d_fill(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(p->file, &chunk)) {
        uint64_t size = w3di_bjson_payload_chunk_size(chunk.size);
        w3di_bjson_edit_plan_region *last =
            p->holes.count ? &p->holes.items[p->holes.count - 1] : NULL;
        int kept = 1;
        switch (chunk.kind) {
        case W3D_BJSON_CHUNK_HOLE:
            if (last && last->at + last->size == chunk.at)
                last->size += size;
            else
                kept = w3di_bjson_edit_plan_region_add(p->edit, &p->holes, chunk.at, size, 0);
            break;
        case W3D_BJSON_CHUNK_END:
        case W3D_BJSON_CHUNK_SIGN:
            kept = w3di_bjson_edit_plan_region_add(p->edit, &p->freed, chunk.at, size, 1);
            break;
        case W3D_BJSON_CHUNK_HASH:
            p->hash.at = chunk.at;
            p->hash.size = size;
            break;
        case W3D_BJSON_CHUNK_META:
            p->meta.at = chunk.at;
            p->meta.size = size;
            break;
        default: break;
        }
        if (!kept) return w3di_bjson_edit_plan_short(error);
    }
    return W3D_OK;
}

/* Builds the tree by which the first hole that is large enough is found: a file may have any number
 * of small ones. */
static w3d_result w3di_bjson_edit_plan_index_holes(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    uint32_t leaves = 1;
    if (!p->holes.count) return W3D_OK;
    while (leaves < p->holes.count && leaves < (uint32_t)1 << 31) leaves *= 2;
    p->largest =
        (uint64_t *)w3di_bjson_edit_plan_take(p->edit, 2 * (size_t)leaves, sizeof *p->largest);
    if (!p->largest) return w3di_bjson_edit_plan_short(error);
    p->leaves = leaves;
    for (uint32_t i = 0; i < leaves; i++)
        p->largest[leaves + i] = i < p->holes.count ? p->holes.items[i].size : 0;
    for (uint32_t i = leaves; --i > 0;) {
        uint64_t a = p->largest[2 * i], b = p->largest[2 * i + 1];
        p->largest[i] = a > b ? a : b;
    }
    return W3D_OK;
}

/* The first hole of at least `size` bytes, or NULL. */
static w3di_bjson_edit_plan_region *
w3di_bjson_edit_plan_first_hole(const w3di_bjson_edit_plan_layout *p, uint64_t size)
{
    uint32_t i = 1;
    if (!p->leaves || p->largest[1] < size) return NULL;
    while (i < p->leaves) i = 2 * i + (p->largest[2 * i] < size);
    return &p->holes.items[i - p->leaves];
}

/* The hole that begins at `at`, or NULL. */
static w3di_bjson_edit_plan_region *
w3di_bjson_edit_plan_hole_at(const w3di_bjson_edit_plan_layout *p, uint64_t at)
{
    uint32_t low = 0, high = p->holes.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const w3di_bjson_edit_plan_region *hole = &p->holes.items[middle];
        if (hole->at + hole->size <= at) /* also those that are used up */
            low = middle + 1;
        else
            high = middle;
    }
    if (low == p->holes.count || p->holes.items[low].at != at) return NULL;
    return &p->holes.items[low];
}

/* Takes the first bytes of a hole. */
static uint64_t w3di_bjson_edit_plan_take_hole(w3di_bjson_edit_plan_layout *p,
                                               w3di_bjson_edit_plan_region *hole, uint64_t size)
{
    uint32_t i = p->leaves + (uint32_t)(hole - p->holes.items);
    uint64_t at = hole->at;
    hole->at += size;
    hole->size -= size;
    hole->changed = 1;
    for (p->largest[i] = hole->size; i > 1; i /= 2) {
        uint64_t a = p->largest[i], b = p->largest[i ^ 1];
        p->largest[i / 2] = a > b ? a : b;
    }
    return at;
}

/* A place for `size` bytes: where the old chunk was and the hole behind it, else the first hole
 * that is large enough, else the end.  *part: see w3di_bjson_edit_write.  0: no memory. */
static uint64_t w3di_bjson_edit_plan_place(w3di_bjson_edit_plan_layout *p, uint64_t size,
                                           const w3di_bjson_edit_plan_old *old, uint32_t *part)
{
    if (old->size) {
        uint64_t stop = old->at + old->size;
        w3di_bjson_edit_plan_region *hole = w3di_bjson_edit_plan_hole_at(p, stop);
        uint64_t room = hole ? hole->size : 0, more = size > old->size ? size - old->size : 0;
        *part = 2;
        if (size < old->size && !w3di_bjson_edit_plan_region_add(p->edit, &p->freed, old->at + size,
                                                                 old->size - size, 1))
            return 0;
        if (more <= room) {
            if (more) w3di_bjson_edit_plan_take_hole(p, hole, more);
            return old->at;
        }
        if (stop + room == p->end) { /* the last chunk may grow */
            if (hole) w3di_bjson_edit_plan_take_hole(p, hole, room);
            p->end = old->at + size;
            return old->at;
        }
        if (!w3di_bjson_edit_plan_region_add(p->edit, &p->freed, old->at, old->size, 1)) return 0;
    }
    *part = 1;
    w3di_bjson_edit_plan_region *fits = w3di_bjson_edit_plan_first_hole(p, size);
    if (fits) return w3di_bjson_edit_plan_take_hole(p, fits, size);
    uint64_t at = p->end;
    p->end += size;
    if (p->holes.count) {
        w3di_bjson_edit_plan_region *last = &p->holes.items[p->holes.count - 1];
        if (last->size && last->at + last->size == at) {
            p->end = last->at + size;
            return w3di_bjson_edit_plan_take_hole(p, last, last->size);
        }
    }
    *part = 0;
    return at;
}

/* ---- writes ---- */

static w3d_result w3di_bjson_edit_plan_emit(w3d_bjson_edit *edit, uint64_t at, const void *bytes,
                                            uint64_t size, uint32_t part, w3d_error *error)
{
    if (edit->write_count == edit->write_limit) {
        w3di_bjson_edit_write *grown =
            (w3di_bjson_edit_write *)w3di_bjson_edit_grow(edit, edit->writes, &edit->write_limit,
                                                          sizeof *grown);
        if (!grown) return w3di_bjson_edit_plan_short(error);
        edit->writes = grown;
    }
    w3di_bjson_edit_write *made = &edit->writes[edit->write_count++];
    made->at = at;
    made->bytes = bytes;
    made->size = (size_t)size;
    made->part = part;
    made->skip = 0;
    return W3D_OK;
}

/* The head of a hole over [at, at + size). */
static w3d_result w3di_bjson_edit_plan_emit_hole(w3d_bjson_edit *edit, uint64_t at, uint64_t size,
                                                 uint32_t part, w3d_error *error)
{
    unsigned char *head = (unsigned char *)w3di_bjson_edit_plan_take(edit, W3D_BJSON_CHUNK_SIZE, 1);
    if (!head) return w3di_bjson_edit_plan_short(error);
    w3di_bjson_payload_chunk_head(head, W3D_BJSON_CHUNK_HOLE, 0, size - W3D_BJSON_CHUNK_SIZE);
    return w3di_bjson_edit_plan_emit(edit, at, head, W3D_BJSON_CHUNK_SIZE, part, error);
}

/* 1 where one region stands before the other. */
static int w3di_bjson_edit_plan_region_before(const void *user, const void *a, const void *b)
{
    (void)user;
    return ((const w3di_bjson_edit_plan_region *)a)->at <
           ((const w3di_bjson_edit_plan_region *)b)->at;
}

/* Heads for all holes that are new or have changed; those that touch become one. */
static w3d_result w3di_bjson_edit_plan_emit_holes(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    const w3di_bjson_edit_plan_regions *old = &p->holes, *freed = &p->freed;
    w3di_bjson_edit_plan_region run = { 0, 0, 0, 0 };
    uint32_t i = 0, k = 0;
    w3d_result result = W3D_OK;
    w3di_bjson_sort(p->freed.items, p->freed.count, sizeof *p->freed.items,
                    w3di_bjson_edit_plan_region_before, NULL);
    while (result == W3D_OK) {
        const w3di_bjson_edit_plan_region *next = NULL;
        while (i < old->count && !old->items[i].size) i++;
        if (i < old->count && (k == freed->count || old->items[i].at < freed->items[k].at))
            next = &old->items[i++];
        else if (k < freed->count)
            next = &freed->items[k++];
        if (next && run.size && run.at + run.size == next->at) {
            run.size += next->size;
            run.changed |= next->changed;
            run.freed |= next->freed;
            continue;
        }
        if (run.changed)
            result =
                w3di_bjson_edit_plan_emit_hole(p->edit, run.at, run.size, run.freed ? 2 : 1, error);
        if (!next) break;
        run = *next;
    }
    return result;
}

/* ---- encoding ---- */

/* More room for keys and shapes: a new block, what is in the old ones stays. */
static int w3di_bjson_edit_plan_more_tables(void *user, size_t size)
{
    w3di_bjson_edit_plan_layout *p = (w3di_bjson_edit_plan_layout *)user;
    size_t whole = p->tables.size < 4096 ? 8192 : p->tables.size * 2;
    if (whole > (size_t)1 << 20) whole = (size_t)1 << 20;
    if (whole < size) whole = size;
    void *block = w3di_bjson_edit_plan_take(p->edit, whole, 1);
    if (block) p->tables = w3d_arena_make(block, whole);
    return block != NULL;
}

/* Readies the encoder: the file's keys and shapes keep their numbers. */
static w3d_result w3di_bjson_edit_plan_start(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3di_bjson_payload *s = &p->payload;
    size_t count = p->edit->row_count;
    if (p->is_encoding) return W3D_OK;
    s->error = error;
    s->row = W3D_BJSON_NONE;
    s->row_count = p->edit->row_count;
    s->shapes.arena = &p->tables;
    s->shapes.grow = w3di_bjson_edit_plan_more_tables;
    s->shapes.user = p;
    s->slot_of_row = (uint32_t *)w3di_bjson_edit_plan_take(p->edit, count, sizeof(uint32_t));
    s->row_of_slot = (uint32_t *)w3di_bjson_edit_plan_take(p->edit, count, sizeof(uint32_t));
    if (!s->slot_of_row || !s->row_of_slot || !w3di_bjson_edit_plan_more_tables(p, 0))
        return w3di_bjson_edit_plan_short(error);
    w3d_fill(s->slot_of_row, 0xFF, count * sizeof(uint32_t));
    w3d_result result = w3di_bjson_shapes_seed(&s->shapes, p->file);
    if (result != W3D_OK) return w3di_bjson_payload_fail(s, result, s->shapes.text);
    p->is_encoding = 1;
    return W3D_OK;
}

/* A chunk for a payload of that length, with its padding zero; NULL: no memory. */
static unsigned char *w3di_bjson_edit_plan_chunk(w3d_bjson_edit *edit, uint64_t length)
{
    if (length > SIZE_MAX / 2) return NULL;
    size_t whole = (size_t)w3di_bjson_payload_chunk_size(length);
    return (unsigned char *)w3di_bjson_edit_plan_take(edit, whole, 1);
}

/* Encodes an ID that has a tree. */
static w3d_result w3di_bjson_edit_plan_encode_id(w3di_bjson_edit_plan_layout *p,
                                                 w3di_bjson_edit_id *id, w3d_error *error)
{
    w3di_bjson_payload *s = &p->payload;
    w3d_bjson_write_id described;
    w3d_result result = w3di_bjson_edit_plan_start(p, error);
    if (result != W3D_OK) return result;
    w3d_fill(&described, 0, sizeof described);
    described.name = id->name;
    described.type = id->type;
    described.values = (const w3d_bjson_value *)id->root.data;
    described.value_count = id->root.count;
    s->row = id->row;
    s->dst = NULL;
    result = w3di_bjson_payload_id(s, &described, &id->length);
    if (result != W3D_OK) return result;
    if (s->pending_count > s->pending_limit) {
        s->pending = (const w3d_bjson_value **)w3di_bjson_edit_plan_take(p->edit, s->pending_count,
                                                                         sizeof *s->pending);
        s->pending_limit = s->pending ? s->pending_count : 0;
        if (!s->pending) return w3di_bjson_edit_plan_short(error);
    }
    id->bytes = w3di_bjson_edit_plan_chunk(p->edit, id->length);
    if (!id->bytes) return w3di_bjson_edit_plan_short(error);
    s->dst = id->bytes + W3D_BJSON_CHUNK_SIZE;
    s->room = id->length;
    result = w3di_bjson_payload_id(s, &described, &id->length);
    if (result == W3D_OK)
        result = w3di_bjson_payload_large(s, p->file->flags & W3D_BJSON_CRC ? &id->crc : NULL);
    if (result != W3D_OK) return result;
    w3di_bjson_payload_end_chunk(id->bytes, W3D_BJSON_CHUNK_ID, id->length, 0);
    return W3D_OK;
}

/* The crc32c of a payload with its patches. */
static uint32_t w3di_bjson_edit_plan_patched_crc(const w3d_bjson *file,
                                                 const w3di_bjson_edit_id *id)
{
    uint64_t at = id->from.payload, end = at + id->from.size;
    uint32_t crc = 0;
    const w3di_bjson_edit_patch *patch;
    while ((patch = w3di_bjson_edit_patch_at(id, at)) != NULL) {
        crc = w3d_crc32c(crc, file->bytes + (size_t)at, (size_t)(patch->at - at));
        crc = w3d_crc32c(crc, patch->bytes, (size_t)patch->size);
        at = patch->at + patch->size;
    }
    return w3d_crc32c(crc, file->bytes + (size_t)at, (size_t)(end - at));
}

/* One touched ID: its bytes, its place, its writes. */
static w3d_result w3di_bjson_edit_plan_lay_id(w3di_bjson_edit_plan_layout *p,
                                              w3di_bjson_edit_id *id, w3d_error *error)
{
    w3d_bjson_edit *edit = p->edit;
    w3di_bjson_edit_plan_old old = { 0, 0 };
    w3d_result result = W3D_OK;
    uint32_t part;
    id->bytes = NULL;
    id->at = id->crc = 0;
    if (id->from.payload) {
        old.at = id->from.payload - W3D_BJSON_CHUNK_SIZE;
        old.size = w3di_bjson_payload_chunk_size(id->from.size);
        id->at = old.at;
    }
    if (!id->is_changed) return W3D_OK;
    if (id->is_deleted) {
        id->at = 0;
        if (old.size && !w3di_bjson_edit_plan_region_add(edit, &p->freed, old.at, old.size, 1))
            return w3di_bjson_edit_plan_short(error);
        return W3D_OK;
    }
    if (id->is_tree) {
        result = w3di_bjson_edit_plan_encode_id(p, id, error);
        if (result != W3D_OK) return result;
        uint64_t whole = w3di_bjson_payload_chunk_size(id->length);
        id->at = w3di_bjson_edit_plan_place(p, whole, &old, &part);
        if (!id->at) return w3di_bjson_edit_plan_short(error);
        return w3di_bjson_edit_plan_emit(edit, id->at, id->bytes, whole, part, error);
    }
    const w3di_bjson_edit_patch *patch = w3di_bjson_edit_patch_at(id, 0);
    while (patch && result == W3D_OK) {
        result = w3di_bjson_edit_plan_emit(edit, patch->at, patch->bytes, patch->size, 2, error);
        patch = w3di_bjson_edit_patch_at(id, patch->at + patch->size);
    }
    if (p->file->flags & W3D_BJSON_CRC) id->crc = w3di_bjson_edit_plan_patched_crc(p->file, id);
    return result;
}

/* ---- tables ---- */

/* Places a chunk whose payload is in memory and lists it; *at is where it was and will be. */
static w3d_result w3di_bjson_edit_plan_lay_chunk(w3di_bjson_edit_plan_layout *p,
                                                 unsigned char *bytes, uint32_t kind,
                                                 uint64_t length, w3di_bjson_edit_plan_old *old,
                                                 w3d_error *error)
{
    uint32_t part;
    int crc = (p->file->flags & W3D_BJSON_CRC) != 0;
    uint64_t whole = w3di_bjson_payload_end_chunk(bytes, kind, length, crc);
    old->at = w3di_bjson_edit_plan_place(p, whole, old, &part);
    old->size = whole;
    if (!old->at) return w3di_bjson_edit_plan_short(error);
    return w3di_bjson_edit_plan_emit(p->edit, old->at, bytes, whole, part, error);
}

/* The chunk of a table. */
static w3di_bjson_edit_plan_old w3di_bjson_edit_plan_table(uint64_t payload, uint64_t length)
{
    w3di_bjson_edit_plan_old old;
    old.at = payload - W3D_BJSON_CHUNK_SIZE;
    old.size = w3di_bjson_payload_chunk_size(length);
    return old;
}

static w3d_result w3di_bjson_edit_plan_lay_meta(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3d_bjson_edit *edit = p->edit;
    w3di_bjson_payload *s = &p->payload;
    uint64_t length = 0;
    if (!edit->meta_changed) return W3D_OK;
    if (edit->meta.tag != W3D_BJSON_MAP) {
        if (p->meta.size &&
            !w3di_bjson_edit_plan_region_add(edit, &p->freed, p->meta.at, p->meta.size, 1))
            return w3di_bjson_edit_plan_short(error);
        return W3D_OK;
    }
    const w3d_bjson_value *values = (const w3d_bjson_value *)edit->meta.data;
    w3d_result result = w3di_bjson_edit_plan_start(p, error);
    if (result != W3D_OK) return result;
    s->dst = NULL;
    result = w3di_bjson_payload_meta(s, values, edit->meta.count, &length);
    if (result != W3D_OK) return result;
    unsigned char *bytes = w3di_bjson_edit_plan_chunk(edit, length);
    if (!bytes) return w3di_bjson_edit_plan_short(error);
    s->dst = bytes + W3D_BJSON_CHUNK_SIZE;
    s->room = length;
    result = w3di_bjson_payload_meta(s, values, edit->meta.count, &length);
    if (result != W3D_OK) return result;
    return w3di_bjson_edit_plan_lay_chunk(p, bytes, W3D_BJSON_CHUNK_META, length, &p->meta, error);
}

/* KEYS and SHAP, where a key or shape is new. A new key moves the texts of those behind it, so
 * SHAP, which tells keys by their offsets, changes with KEYS; the order of fields does not. */
static w3d_result w3di_bjson_edit_plan_lay_tables(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3di_bjson_shapes *shapes = &p->payload.shapes;
    const w3d_bjson *file = p->file;
    w3d_result result = W3D_OK;
    if (!p->is_encoding || shapes->shapes.count == file->shape_count) return W3D_OK;
    int has_keys = shapes->keys.count != file->key_count;
    uint64_t size = w3di_bjson_shapes_size(shapes);
    p->payload.row = W3D_BJSON_NONE;
    result = w3di_bjson_shapes_place_keys(shapes);
    if (result != W3D_OK) return w3di_bjson_payload_fail(&p->payload, result, shapes->text);
    if (has_keys) {
        w3di_bjson_edit_plan_old old = w3di_bjson_edit_plan_table(file->keys, file->keys_size);
        unsigned char *bytes = w3di_bjson_edit_plan_chunk(p->edit, shapes->keys_size);
        if (!bytes) return w3di_bjson_edit_plan_short(error);
        w3di_bjson_shapes_write_keys(shapes, bytes + W3D_BJSON_CHUNK_SIZE);
        result = w3di_bjson_edit_plan_lay_chunk(p, bytes, W3D_BJSON_CHUNK_KEYS, shapes->keys_size,
                                                &old, error);
        if (result != W3D_OK) return result;
        p->header.keys = old.at;
        p->header.key_count = shapes->keys.count;
    }
    w3di_bjson_edit_plan_old old = w3di_bjson_edit_plan_table(file->shapes, file->shapes_size);
    unsigned char *bytes = w3di_bjson_edit_plan_chunk(p->edit, size);
    if (!bytes) return w3di_bjson_edit_plan_short(error);
    w3di_bjson_shapes_write(shapes, bytes + W3D_BJSON_CHUNK_SIZE);
    result = w3di_bjson_edit_plan_lay_chunk(p, bytes, W3D_BJSON_CHUNK_SHAP, size, &old, error);
    p->header.shapes = old.at;
    p->header.shape_count = shapes->shapes.count;
    return result;
}

/* The row of REFS that a touched ID shall have, from the one it has. */
static void w3di_bjson_edit_plan_fill_row(const w3di_bjson_edit_plan_layout *p,
                                          const w3di_bjson_edit_id *id,
                                          unsigned char row[W3D_BJSON_ROW_SIZE])
{
    if (id->is_new) {
        w3d_fill(row, 0, W3D_BJSON_ROW_SIZE);
        row[20] = id->type;
        w3d_store_u16(row + 22, W3D_BJSON_FORMAT);
    }
    w3d_store_i64(row + 8, w3di_bjson_edit_time(p->edit, id));
    if (!id->is_changed) return;
    w3d_store_u64(row, id->at);
    row[21] = w3di_bjson_edit_flags(id);
    if (p->file->flags & W3D_BJSON_CRC || !id->at) w3d_store_u32(row + 16, id->crc);
}

/* REFS: rows in place, or all of it again where there are new ones. */
static w3d_result w3di_bjson_edit_plan_lay_refs(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3d_bjson_edit *edit = p->edit;
    const w3d_bjson *file = p->file;
    uint64_t old_size = (uint64_t)file->id_count * W3D_BJSON_ROW_SIZE;
    uint64_t size = (uint64_t)edit->row_count * W3D_BJSON_ROW_SIZE;
    int grows = size != old_size, crc = (file->flags & W3D_BJSON_CRC) != 0, changes = 0;
    unsigned char *bytes = NULL;
    w3d_result result = W3D_OK;
    if (grows || crc) {
        bytes = w3di_bjson_edit_plan_chunk(edit, size);
        if (!bytes) return w3di_bjson_edit_plan_short(error);
        w3d_copy(bytes + W3D_BJSON_CHUNK_SIZE, file->bytes + (size_t)file->refs, (size_t)old_size);
    }
    for (uint32_t i = 0; i < edit->id_count && result == W3D_OK; i++) {
        const w3di_bjson_edit_id *id = edit->ids[i];
        uint64_t offset = (uint64_t)id->row * W3D_BJSON_ROW_SIZE;
        unsigned char row[W3D_BJSON_ROW_SIZE];
        const unsigned char *old = file->bytes + (size_t)(file->refs + (id->is_new ? 0 : offset));
        w3d_fill(row, 0, sizeof row);
        if (!id->is_new) w3d_copy(row, old, sizeof row);
        w3di_bjson_edit_plan_fill_row(p, id, row);
        if (bytes) w3d_copy(bytes + W3D_BJSON_CHUNK_SIZE + (size_t)offset, row, sizeof row);
        if (grows || w3d_equal(row, old, sizeof row)) continue;
        unsigned char *kept = (unsigned char *)w3di_bjson_edit_plan_take(edit, sizeof row, 1);
        if (!kept) return w3di_bjson_edit_plan_short(error);
        w3d_copy(kept, row, sizeof row);
        changes = 1;
        result = w3di_bjson_edit_plan_emit(edit, file->refs + offset, kept, sizeof row, 2, error);
    }
    if (result != W3D_OK) return result;
    if (grows) {
        w3di_bjson_edit_plan_old old = w3di_bjson_edit_plan_table(file->refs, old_size);
        result = w3di_bjson_edit_plan_lay_chunk(p, bytes, W3D_BJSON_CHUNK_REFS, size, &old, error);
        p->header.refs = old.at;
    } else if (crc && changes) { /* of the copy only the head is of use */
        w3di_bjson_payload_end_chunk(bytes, W3D_BJSON_CHUNK_REFS, size, 1);
        result = w3di_bjson_edit_plan_emit(edit, file->refs - W3D_BJSON_CHUNK_SIZE, bytes,
                                           W3D_BJSON_CHUNK_SIZE, 2, error);
    }
    return result;
}

/* ---- the plan ---- */

/* 1 where the new file differs from the old one. */
static int w3di_bjson_edit_plan_differs(const w3d_bjson_edit *edit)
{
    for (uint32_t i = 0; i < edit->id_count; i++) {
        const w3di_bjson_edit_id *id = edit->ids[i];
        if (id->is_changed || (id->has_time && id->time != id->from.time)) return 1;
    }
    return edit->meta_changed;
}

/* All of a plan but the header. */
static w3d_result w3di_bjson_edit_plan_lay(w3di_bjson_edit_plan_layout *p, w3d_error *error)
{
    w3d_bjson_edit *edit = p->edit;
    w3d_result result = w3di_bjson_edit_plan_survey(p, error);
    if (result == W3D_OK) result = w3di_bjson_edit_plan_index_holes(p, error);
    for (uint32_t i = 0; i < edit->id_count && result == W3D_OK; i++)
        result = w3di_bjson_edit_plan_lay_id(p, edit->ids[i], error);
    if (result == W3D_OK) result = w3di_bjson_edit_plan_lay_meta(p, error);
    if (result == W3D_OK) result = w3di_bjson_edit_plan_lay_tables(p, error);
    if (result == W3D_OK) result = w3di_bjson_edit_plan_lay_refs(p, error);
    if (result == W3D_OK) result = w3di_bjson_edit_plan_emit_holes(p, error);
    if (result == W3D_OK && p->hash.size) {
        result = w3di_bjson_edit_plan_emit_hole(edit, p->hash.at, p->hash.size, 2, error);
        if (result == W3D_OK) edit->writes[edit->write_count - 1].skip = 1;
    }
    return result;
}

W3D_API w3d_result w3d_bjson_edit_plan(w3d_bjson_edit *edit, uint64_t *new_size, w3d_error *error)
{
    w3di_bjson_edit_plan_layout p;
    if (!edit) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no edit");
    edit->is_planned = 0;
    edit->write_count = 0;
    edit->new_size = edit->file->size;
    w3d_chunk_arena_reset(&edit->planned);
    w3d_chunk_arena_reset(&edit->scratch);
    if (w3di_bjson_edit_plan_differs(edit)) {
        const w3d_bjson *file = edit->file;
        unsigned char *head =
            (unsigned char *)w3di_bjson_edit_plan_take(edit, W3D_BJSON_HEADER_SIZE, 1);
        if (!head) return w3di_bjson_edit_plan_short(error);
        w3d_fill(&p, 0, sizeof p);
        p.edit = edit;
        p.file = file;
        p.end = file->size;
        p.header.refs = file->refs - W3D_BJSON_CHUNK_SIZE;
        p.header.keys = file->keys - W3D_BJSON_CHUNK_SIZE;
        p.header.shapes = file->shapes - W3D_BJSON_CHUNK_SIZE;
        p.header.id_count = edit->row_count;
        p.header.key_count = file->key_count;
        p.header.shape_count = file->shape_count;
        p.header.flags = file->flags & (uint32_t)W3D_BJSON_CRC;
        w3d_result result = w3di_bjson_edit_plan_lay(&p, error);
        p.header.size = p.end;
        w3di_bjson_header_write(head, &p.header);
        if (result == W3D_OK && !w3d_equal(head, file->bytes, W3D_BJSON_HEADER_SIZE))
            result = w3di_bjson_edit_plan_emit(edit, 0, head, W3D_BJSON_HEADER_SIZE, 3, error);
        if (result != W3D_OK) return result;
        edit->new_size = p.end;
    }
    edit->is_planned = 1;
    if (new_size) *new_size = edit->new_size;
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_write(const w3d_bjson_edit *edit, const w3d_bjson_edit_sink *sink)
{
    if (!edit || !edit->is_planned || !sink || !sink->write) return W3D_ERR_ARGUMENT;
    for (uint32_t part = 0; part <= 3; part++)
        for (uint32_t i = 0; i < edit->write_count; i++) {
            const w3di_bjson_edit_write *write = &edit->writes[i];
            if (write->part != part || !write->size) continue;
            w3d_result result = sink->write(sink->user, write->at, write->bytes, write->size);
            if (result != W3D_OK) return result;
        }
    return W3D_OK;
}

W3D_API w3d_result w3d_bjson_edit_apply(const w3d_bjson_edit *edit, void *bytes, size_t size,
                                        w3d_error *error)
{
    if (!edit || !edit->is_planned || !bytes)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no plan, or nothing to apply it to");
    if (size < edit->new_size)
        return w3d_error_set(error, W3D_ERR_CAPACITY, 0, "the memory is smaller than the new file");
    const w3di_bjson_edit_write *hash = NULL; /* what makes a hole of it */
    for (uint32_t i = 0; i < edit->write_count; i++) {
        const w3di_bjson_edit_write *write = &edit->writes[i];
        if (write->skip)
            hash = write;
        else
            w3d_copy((unsigned char *)bytes + (size_t)write->at, write->bytes, write->size);
    }
    /* One of an algorithm that is not known here would stay wrong. */
    if (hash && w3d_bjson_hash_set(bytes, (size_t)edit->new_size) != W3D_OK)
        w3d_copy((unsigned char *)bytes + (size_t)hash->at, hash->bytes, hash->size);
    return W3D_OK;
}
