/* test_bjson_validate.c - damaged, hostile and future files: refused with the right offset, or read
 * without harm. */
#include "bjson_random.h"

#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"

/* Reads everything a file holds; gives a sum, so that nothing is optimised away. */
static uint64_t walk_view(const w3d_bjson_view *view, int depth)
{
    uint64_t sum = view->tag + view->n;
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    w3d_bjson_view item;
    const char *key = NULL;
    float f[8];
    double d = 0;
    int64_t i = 0;
    uint32_t row = 0, size = 0;
    if (bytes)
        for (uint64_t k = 0; k < view->length; k++) sum += bytes[k];
    sum += (uint64_t)w3d_bjson_to_f32(view, f, 3) + (uint64_t)w3d_bjson_to_f64(view, &d);
    sum += (uint64_t)w3d_bjson_to_i64(view, &i) + (uint64_t)w3d_bjson_to_row(view, &row) +
           w3d_bjson_row_at(view, 0);
    if (w3d_bjson_to_text(view, &size)) sum += strlen(w3d_bjson_to_text(view, NULL)) + size;
    if (depth > 0 && (view->tag == W3D_BJSON_MAP || view->tag == W3D_BJSON_LIST))
        for (uint32_t k = 0; k < view->count; k++)
            if (w3d_bjson_item(view, k, &key, &item))
                sum += strlen(key) + walk_view(&item, depth - 1);
    return sum;
}

static uint64_t walk(const w3d_bjson *file)
{
    uint64_t sum = w3d_bjson_find(file, 0, "nothing");
    for (uint32_t row = 0; row < file->id_count; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map;
        if (w3d_bjson_id_at(file, row, &id) != W3D_OK) continue;
        sum += strlen(id.name);
        if (w3d_bjson_properties(&id, &map)) sum += walk_view(&map, 40);
    }
    return sum;
}

/* The file of a random document; free it. */
static unsigned char *random_file(int crc, size_t *size)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    w3d_result result;
    bjson_random_make(d);
    if (d->desc.id_count > 3) d->desc.id_count = 3;
    for (uint32_t i = 0; i < d->value_count; i++) {
        w3d_bjson_value *value = &d->values[i]; /* keep references inside the fewer rows */
        if (value->tag == W3D_BJSON_REFERENCE && value->bits != W3D_BJSON_NONE)
            value->bits %= d->desc.id_count;
        if (value->subtype != W3D_BJSON_SUB_REFERENCE) continue;
        uint32_t *rows = (uint32_t *)(uintptr_t)value->data, count = value->n;
        if (value->tag != W3D_BJSON_VECTOR) count *= value->count;
        for (uint32_t k = 0, row; k < count; k++) {
            memcpy(&row, (unsigned char *)rows + 4 * k, 4);
            if (row != W3D_BJSON_NONE) row %= d->desc.id_count;
            memcpy((unsigned char *)rows + 4 * k, &row, 4);
        }
    }
    d->desc.crc = crc;
    unsigned char *bytes = bjson_random_encode(&d->desc, size, &result);
    CHECK(bytes != NULL);
    free(d);
    return bytes;
}

/* ---- damage ---- */

static void every_truncation_is_refused(void)
{
    for (int i = 0; i < 10; i++) {
        size_t size = 0;
        unsigned char *bytes = random_file(i % 2, &size);
        size_t step = size > 4096 ? size / 2048 : 1;
        for (size_t cut = 0; cut < size; cut += step) {
            unsigned char *part =
                (unsigned char *)malloc(cut ? cut : 1); /* exact, for the sanitizer */
            w3d_error error = { W3D_OK, 0, NULL };
            memcpy(part, bytes, cut);
            w3d_result result = w3d_bjson_validate(part, cut, NULL, &error);
            CHECK(result == (cut < 8 ? W3D_ERR_FORMAT : W3D_ERR_TRUNCATED) &&
                  error.code == result && error.text);
            free(part);
        }
        free(bytes);
    }
}

static void every_flip_is_seen_with_checksums(void)
{
    for (int i = 0; i < 4; i++) {
        size_t size = 0;
        unsigned char *bytes = random_file(1, &size);
        CHECK(w3d_bjson_validate(bytes, size, NULL, NULL) == W3D_OK);
        for (size_t at = 0; at < size && size < 20000; at++)
            for (int bit = 0; bit < 8; bit += at < 256 ? 1 : 3) {
                bytes[at] = (unsigned char)(bytes[at] ^ 1u << bit);
                CHECK_MESSAGE(w3d_bjson_validate(bytes, size, NULL, NULL) != W3D_OK,
                              "byte %d bit %d", (int)at, bit);
                bytes[at] = (unsigned char)(bytes[at] ^ 1u << bit);
            }
        free(bytes);
    }
}

static void flips_are_harmless_without(void)
{
    uint64_t sum = 0, accepted = 0;
    for (int i = 0; i < 40; i++) {
        size_t size = 0;
        unsigned char *bytes = random_file(0, &size);
        for (int k = 0; k < 1000; k++) {
            unsigned char *copy = (unsigned char *)malloc(size);
            w3d_bjson file;
            memcpy(copy, bytes, size);
            for (uint32_t flips = 1 + test_random_below(4); flips > 0; flips--) {
                size_t at = 16 + test_random_below((uint32_t)size - 16);
                copy[at] =
                    (unsigned char)(test_random_below(2) ? copy[at] ^ 1u << test_random_below(8)
                                                         : test_random());
            }
            w3d_store_u32(copy + 60, w3d_crc32c(0, copy, 60)); /* the header is believed */
            if (w3d_bjson_read(copy, size, &file, NULL) == W3D_OK) {
                sum += walk(&file);
                accepted++;
            }
            free(copy);
        }
        free(bytes);
    }
    CHECK(sum > 0 && accepted > 0 && accepted < 40000);
}

/* Bytes that change after the check: wrong values at worst (a sanitizer says if more). */
static void changes_after_the_check_are_harmless(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < 20; i++) {
        size_t size = 0;
        unsigned char *bytes = random_file(0, &size);
        w3d_bjson file;
        CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
        for (int k = 0; k < 300; k++) {
            bytes[test_random_below((uint32_t)size)] = (unsigned char)test_random();
            uint32_t rows = file.id_count;
            for (uint32_t row = 0; row < rows; row++) {
                w3d_bjson_id id;
                w3d_bjson_view map, view;
                if (w3d_bjson_id_at(&file, row, &id) != W3D_OK || !w3d_bjson_properties(&id, &map))
                    continue;
                for (uint32_t n = 0; n < BJSON_RANDOM_KEYS; n++)
                    if (w3d_bjson_member(&map, bjson_random_key(n), &view)) sum += view.length;
                for (uint32_t n = 0; n < map.count && n < 100; n++)
                    if (w3d_bjson_item(&map, n, NULL, &view))
                        sum += (uint64_t)(w3d_bjson_data(&view) != NULL);
            }
        }
        free(bytes);
    }
    CHECK(sum > 0);
}

/* ---- one wrong thing each ---- */

/* The file that the cases below damage: as golden_full in test_bjson.c, with its offsets. */
static unsigned char *known_file(size_t *size)
{
    static const float v[3] = { 1.0f, 2.0f, 3.0f };
    static const float positions[9] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
    static const uint32_t rows[3] = { 1, W3D_BJSON_NONE, 0 }, index[3] = { 0, 1, 2 };
    w3d_bjson_value inner = w3d_bjson_string("a", "hey", 3), items[4], values[5], arrays[2];
    w3d_result result;
    items[0] = w3d_bjson_i64(NULL, -5);
    items[1] = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 3, v);
    items[2] = w3d_bjson_null(NULL);
    items[3] = w3d_bjson_map(NULL, &inner, 1);
    values[0] = w3d_bjson_string("tall", "\xC3\xA9", 2);
    values[1] = w3d_bjson_array("refs", W3D_BJSON_SUB_REFERENCE, rows, 3);
    values[2] = w3d_bjson_bool("on", 1);
    values[3] = w3d_bjson_list("list", items, 4);
    values[4] = w3d_bjson_reference("ref", 1);
    arrays[0] = w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, positions, 3), 3);
    arrays[1] = w3d_bjson_rows(w3d_bjson_large("index", W3D_BJSON_SUB_U32, index, 1), 3);
    w3d_bjson_write_id ids[2] = { { "A", values, 5, W3D_BJSON_OBJECT, 0, 0, NULL },
                                  { "Mesh", arrays, 2, W3D_BJSON_MESH, 0, 0, NULL } };
    w3d_bjson_write_desc desc = { ids, 2, 0, NULL, NULL };
    return bjson_random_encode(&desc, size, &result);
}

/* A change of `size` bytes at `at` to `value`, and what must come of it. */
typedef struct damage {
    uint32_t at, size;
    uint64_t value;
    w3d_result code;
    uint32_t offset;
} damage;

static void each_damage_is_named(void)
{
    static const damage all[] = {
        /* header */
        { 0, 1, 0x88, W3D_ERR_FORMAT, 0 },
        { 8, 2, 3, W3D_ERR_UNSUPPORTED, 8 },
        { 10, 2, 80, W3D_ERR_UNSUPPORTED, 8 },
        { 12, 4, 12, W3D_ERR_UNSUPPORTED, 12 },
        { 16, 8, 703, W3D_ERR_FORMAT, 16 },
        { 16, 8, 720, W3D_ERR_TRUNCATED, 704 },
        { 24, 8, 648, W3D_ERR_FORMAT, 24 }, /* not on 16 */
        { 24, 8, 0, W3D_ERR_FORMAT, 24 },
        { 24, 8, UINT64_MAX - 15, W3D_ERR_FORMAT, 24 },
        { 24, 8, 448, W3D_ERR_FORMAT, 24 }, /* SHAP, no REFS */
        { 40, 8, 704, W3D_ERR_FORMAT, 40 },
        { 48, 8, 640, W3D_ERR_FORMAT, 48 },
        { 32, 4, 3, W3D_ERR_FORMAT, 32 },
        { 32, 4, 0xFFFFFFFF, W3D_ERR_FORMAT, 32 },
        { 36, 4, 9, W3D_ERR_FORMAT, 439 },
        { 36, 4, 7, W3D_ERR_FORMAT, 434 },
        { 56, 4, 2, W3D_ERR_FORMAT, 464 },
        { 56, 4, 0x80000000, W3D_ERR_FORMAT, 464 },
        /* chunks */
        { 64, 4, 0x20204449 ^ 0x20, W3D_ERR_FORMAT,
          656 }, /* "iD  ": skipped, then a row has no ID */
        { 64, 1, 'X', W3D_ERR_UNSUPPORTED, 64 },
        { 68, 4, 1, W3D_ERR_FORMAT, 68 },
        { 72, 8, 1 << 20, W3D_ERR_FORMAT, 72 },
        { 72, 8, UINT64_MAX, W3D_ERR_FORMAT, 72 },
        { 72, 8, 172, W3D_ERR_FORMAT, 244 },         /* ends within R */
        { 72, 8, 8, W3D_ERR_FORMAT, 72 + 16 },       /* what follows is no padding */
        { 256, 4, 0x5359454B, W3D_ERR_FORMAT, 256 }, /* a second KEYS */
        { 392, 8, 38, W3D_ERR_FORMAT, 437 },         /* the last key has no NUL */
        /* IDs */
        { 80, 1, 9, W3D_ERR_FORMAT, 676 }, /* type differs from REFS */
        { 81, 2, 3, W3D_ERR_UNSUPPORTED, 81 },
        { 83, 1, 0xFF, W3D_ERR_UTF8, 83 },
        { 85, 1, 1, W3D_ERR_FORMAT, 85 },    /* padding behind the name */
        { 88, 4, 148, W3D_ERR_FORMAT, 244 }, /* R is read four bytes later */
        { 88, 4, 142, W3D_ERR_FORMAT, 88 },
        { 88, 4, 0xFFFFFFFC, W3D_ERR_FORMAT, 88 },
        { 92, 4, 3, W3D_ERR_FORMAT, 92 },
        { 240, 4, 2, W3D_ERR_FORMAT, 240 },
        { 240, 4, 1, W3D_ERR_FORMAT, 680 }, /* another's row */
        { 244, 4, 3, W3D_ERR_FORMAT, 244 },
        { 244, 4, 0xFFFFFFFF, W3D_ERR_FORMAT, 244 },
        { 248, 4, 2, W3D_ERR_FORMAT, 248 },
        { 656, 8, 80, W3D_ERR_FORMAT, 656 },
        { 680, 8, 0, W3D_ERR_FORMAT, 680 },
        /* values */
        { 96, 4, 47, W3D_ERR_FORMAT, 96 },  /* list misaligned */
        { 96, 4, 40, W3D_ERR_FORMAT, 96 },  /* list lies on the record */
        { 96, 4, 56, W3D_ERR_FORMAT, 128 }, /* bytes skipped are not zero */
        { 96, 4, 0xFFFFFFF8, W3D_ERR_FORMAT, 96 },
        { 100, 4, 0xFFFFFFFF, W3D_ERR_FORMAT, 96 },
        { 100, 4, 56, W3D_ERR_FORMAT, 160 },  /* the list ends before its vector */
        { 104, 4, 2, W3D_ERR_FORMAT, 104 },   /* reference beyond R */
        { 108, 4, 152, W3D_ERR_FORMAT, 108 }, /* array not on 16 */
        { 108, 4, 128, W3D_ERR_FORMAT, 108 }, /* array on the list */
        { 112, 4, 11, W3D_ERR_FORMAT, 112 },  /* not whole rows */
        { 224, 4, 2, W3D_ERR_FORMAT, 224 },   /* a reference in the array */
        { 116, 4, 155, W3D_ERR_FORMAT, 116 }, /* string on the array */
        { 120, 4, 1, W3D_ERR_FORMAT, 237 },   /* string without its NUL */
        { 236, 2, 0x28C3, W3D_ERR_UTF8, 236 },
        { 124, 1, 2, W3D_ERR_FORMAT, 124 }, /* a bool of 2 */
        { 125, 1, 1, W3D_ERR_FORMAT, 125 }, /* behind the record */
        { 128, 4, 5, W3D_ERR_FORMAT, 160 }, /* a fifth item on the vector */
        { 128, 4, 0x20000000, W3D_ERR_FORMAT, 128 },
        { 132, 1, 0xA0, W3D_ERR_UNSUPPORTED, 132 },
        { 133, 1, 1, W3D_ERR_FORMAT, 133 }, /* an i64 with a subtype */
        { 137, 1, 3, W3D_ERR_FORMAT, 137 }, /* a vector without one */
        { 138, 2, 65, W3D_ERR_FORMAT, 138 },
        { 148, 1, 1, W3D_ERR_FORMAT, 148 },   /* before the slots */
        { 152, 1, 0, W3D_OK, 0 },             /* another number */
        { 164, 4, 8, W3D_ERR_FORMAT, 164 },   /* vector's bytes and n disagree */
        { 168, 1, 1, W3D_ERR_FORMAT, 168 },   /* a null of 1 */
        { 169, 1, 1, W3D_ERR_FORMAT, 169 },   /* behind a null in its slot */
        { 176, 4, 112, W3D_ERR_FORMAT, 176 }, /* map on the vector */
        { 180, 4, 4, W3D_ERR_FORMAT, 200 },
        { 200, 4, 9, W3D_ERR_FORMAT, 200 },
        { 200, 4, 0, W3D_ERR_FORMAT, 208 }, /* too large a shape for the map */
        { 204, 4, 1, W3D_ERR_FORMAT, 204 },
        /* large arrays */
        { 288, 4, 1, W3D_ERR_FORMAT, 324 }, /* the bytes skipped are not zero */
        { 296, 4, 0, W3D_ERR_FORMAT, 296 }, /* position on index */
        { 300, 4, 4, W3D_ERR_FORMAT, 296 },
        { 300, 4, 0xFFFFFFFF, W3D_ERR_FORMAT, 296 },
        { 300, 4, 2, W3D_ERR_FORMAT, 366 }, /* the last row belongs to nothing */
        { 332, 1, 1, W3D_ERR_FORMAT, 332 }, /* between the arrays */
        { 372, 1, 1, W3D_ERR_FORMAT, 372 }, /* behind the chunk */
        /* KEYS */
        { 402, 1, 'z', W3D_ERR_FORMAT, 408 }, /* "zndex" before "list" */
        { 400, 1, 'j', W3D_ERR_FORMAT, 402 },
        { 408, 1, 0x80, W3D_ERR_UTF8, 408 },
        /* SHAP */
        { 464, 4, 24, W3D_ERR_FORMAT, 464 },
        { 468, 4, 96, W3D_ERR_FORMAT, 468 },
        { 476, 1, 1, W3D_ERR_FORMAT, 476 },
        { 480, 4, 0x10000000, W3D_ERR_FORMAT, 480 },
        { 484, 4, 28, W3D_ERR_FORMAT, 512 }, /* the record is too small for "on" */
        { 488, 4, 9, W3D_ERR_FORMAT, 488 },  /* not the start of a key */
        { 488, 4, 99, W3D_ERR_FORMAT, 488 },
        { 504, 4, 8, W3D_ERR_FORMAT, 504 }, /* the same key again */
        { 492, 1, 0xA0, W3D_ERR_UNSUPPORTED, 492 },
        { 493, 1, 4, W3D_ERR_FORMAT, 493 },
        { 496, 4, 2, W3D_ERR_FORMAT, 496 }, /* misaligned */
        { 496, 4, 4, W3D_ERR_FORMAT, 528 }, /* on "ref" */
        { 500, 4, 4, W3D_ERR_FORMAT, 500 },
        { 541, 1, 3, W3D_ERR_FORMAT, 541 },
        { 542, 2, 0, W3D_ERR_FORMAT, 542 },
    };
    size_t size = 0;
    unsigned char *bytes = known_file(&size), *copy = (unsigned char *)malloc(704);
    CHECK(bytes && size == 704);
    for (size_t i = 0; bytes && i < sizeof all / sizeof *all; i++) {
        const damage *d = &all[i];
        w3d_error error = { W3D_OK, 0, "" };
        memcpy(copy, bytes, size);
        for (uint32_t k = 0; k < d->size; k++) copy[d->at + k] = (unsigned char)(d->value >> 8 * k);
        w3d_store_u32(copy + 60, w3d_crc32c(0, copy, 60));
        w3d_result result = w3d_bjson_validate(copy, size, NULL, &error);
        CHECK_MESSAGE(result == d->code &&
                          (result == W3D_OK || (uint32_t)error.offset == d->offset),
                      "%u bytes at %u set to %llx: result %d at %d (%s), expected %d at %u",
                      d->size, d->at, (unsigned long long)d->value, (int)result, (int)error.offset,
                      error.text, (int)d->code, d->offset);
    }
    free(copy);
    free(bytes);
}
/* ---- what later versions may bring ---- */

static w3d_result validate_changed(unsigned char *bytes, size_t size, w3d_error *error)
{
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
    return w3d_bjson_validate(bytes, size, NULL, error);
}

/* A streamed form of a file: zeros in the header, an END with what stood there. */
static unsigned char *streamed(const unsigned char *bytes, size_t size)
{
    unsigned char *out = (unsigned char *)calloc(1, size + 64), complete[64];
    memcpy(out, bytes, size);
    memcpy(complete, bytes, 64);
    complete[12] = (unsigned char)((complete[12] & W3D_BJSON_CRC) | W3D_BJSON_STREAMED);
    w3d_store_u64(complete + 16, size + 64);
    w3d_store_u32(complete + 60, w3d_crc32c(0, complete, 60));
    memset(out + 16, 0, 48);
    out[12] = complete[12];
    w3d_store_u32(out + 60, w3d_crc32c(0, out, 60));
    w3d_store_u32(out + size, W3D_BJSON_CHUNK_END);
    w3d_store_u64(out + size + 8, 48);
    memcpy(out + size + 16, complete + 16, 48);
    return out;
}

static void streamed_files(void)
{
    for (int i = 0; i < 20; i++) {
        size_t size = 0;
        unsigned char *bytes = random_file(i % 2, &size), *out = streamed(bytes, size);
        w3d_bjson plain, file;
        w3d_error error = { W3D_OK, 0, "" };
        CHECK(w3d_bjson_read(bytes, size, &plain, NULL) == W3D_OK);
        w3d_result result = w3d_bjson_read(out, size + 64, &file, &error);
        CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
        CHECK(file.id_count == plain.id_count && file.keys == plain.keys &&
              walk(&file) == walk(&plain));
        for (size_t cut = 64; cut < size + 64; cut += 16)
            CHECK(w3d_bjson_validate(out, cut, NULL, NULL) == W3D_ERR_TRUNCATED);
        for (size_t at = size; at < size + 64; at++) { /* END is checked whole */
            out[at] ^= 1;
            CHECK(w3d_bjson_validate(out, size + 64, NULL, NULL) != W3D_OK);
            out[at] ^= 1;
        }
        out[20] = 1; /* a streamed file's own header states nothing */
        CHECK(validate_changed(out, size + 64, &error) == W3D_ERR_FORMAT && error.offset == 20);
        free(bytes);
        free(out);
    }
}

static void unknown_chunks(void)
{
    static const char *kinds[3] = { "note", "hole", "Note" };
    for (int crc = 0; crc < 2; crc++)
        for (int kind = 0; kind < 3; kind++) {
            size_t size = 0;
            unsigned char *bytes = random_file(crc, &size),
                          *out = (unsigned char *)calloc(1, size + 48);
            memcpy(out, bytes, size);
            memcpy(out + size, kinds[kind], 4);
            w3d_store_u64(out + size + 8, 20);
            memset(out + size + 16, 0x77, 20);
            if (crc && kind != 1) w3d_store_u32(out + size + 4, w3d_crc32c(0, out + size + 16, 20));
            w3d_store_u64(out + 16, size + 48);
            w3d_error error;
            CHECK(validate_changed(out, size + 48, &error) ==
                  (kind == 2 ? W3D_ERR_UNSUPPORTED : W3D_OK));
            CHECK(kind != 2 || error.offset == size);
            out[size + 36] = 1; /* padding counts there too */
            CHECK(kind == 2 || (validate_changed(out, size + 48, &error) == W3D_ERR_FORMAT &&
                                error.offset == size + 36));
            free(bytes);
            free(out);
        }
}

/* A file with a chunk added behind all others. */
static unsigned char *with_chunk(const char *kind, const void *payload, size_t length, size_t *size)
{
    size_t padded = (length + 15) & ~(size_t)15, before = 0;
    unsigned char *bytes = known_file(&before);
    unsigned char *out = (unsigned char *)calloc(1, before + 16 + padded);
    memcpy(out, bytes, before);
    memcpy(out + before, kind, 4);
    w3d_store_u64(out + before + 8, length);
    memcpy(out + before + 16, payload, length);
    *size = before + 16 + padded;
    w3d_store_u64(out + 16, *size);
    free(bytes);
    return out;
}

static void hashes_and_signs(void)
{
    static const struct {
        const char *kind;
        uint32_t length, at, value;
        w3d_result code;
        uint32_t offset; /* from the chunk's head */
    } cases[] = {
        { "hash", 48, 0, 1, W3D_OK, 0 },
        { "hash", 48, 16, 0x12345678, W3D_OK, 0 }, /* a digest is not compared */
        { "hash", 48, 4, 1, W3D_ERR_FORMAT, 16 + 4 },
        { "hash", 48, 12, 1 << 24, W3D_ERR_FORMAT, 16 + 15 },
        { "hash", 47, 0, 1, W3D_ERR_FORMAT, 8 },
        { "hash", 64, 0, 1, W3D_ERR_FORMAT, 8 },
        { "hash", 4, 0, 1, W3D_ERR_FORMAT, 8 },
        { "hash", 0, 0, 0, W3D_ERR_FORMAT, 8 },
        { "hash", 80, 0, 2, W3D_OK, 0 }, /* another algorithm, and what it needs */
        { "hash", 8, 0, 0, W3D_OK, 0 },
        { "sign", 48, 0, 1, W3D_OK, 0 },
        { "sign", 48, 4, 77, W3D_OK, 0 }, /* the key's number */
        { "sign", 48, 8, 1, W3D_ERR_FORMAT, 16 + 8 },
        { "sign", 49, 0, 1, W3D_ERR_FORMAT, 8 },
        { "sign", 7, 0, 1, W3D_ERR_FORMAT, 8 },
        { "sign", 100, 0, 9, W3D_OK, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char payload[112] = { 1 };
        size_t size = 0;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_store_u32(payload + cases[i].at, cases[i].value);
        unsigned char *bytes = with_chunk(cases[i].kind, payload, cases[i].length, &size);
        w3d_result result = validate_changed(bytes, size, &error);
        CHECK_MESSAGE(result == cases[i].code &&
                          (result == W3D_OK || error.offset == 704 + cases[i].offset),
                      "case %d: result %d at %d: %s", (int)i, (int)result, (int)error.offset,
                      error.text);
        free(bytes);
    }
}

/* A file whose meta holds a bool, a text, a list, and references to nothing; and `value`. */
static unsigned char *meta_file(const w3d_bjson_value *value, int crc, size_t *size,
                                w3d_result *result)
{
    static const uint32_t none[2] = { W3D_BJSON_NONE, W3D_BJSON_NONE };
    w3d_bjson_value inner = w3d_bjson_string("s", "text", 4), values[6];
    w3d_bjson_write_id id = { "A", &inner, 1, W3D_BJSON_OBJECT, 0, 0, NULL };
    w3d_bjson_write_desc desc;
    memset(&desc, 0, sizeof desc);
    values[0] = w3d_bjson_bool("on", 1);
    values[1] = w3d_bjson_map("map", &inner, 1);
    values[2] = w3d_bjson_list("list", &values[0], 0);
    values[3] = w3d_bjson_reference("ref", W3D_BJSON_NONE);
    values[4] = w3d_bjson_array("refs", W3D_BJSON_SUB_REFERENCE, none, 2);
    if (value) values[5] = *value;
    desc.ids = &id;
    desc.id_count = 1;
    desc.crc = crc;
    desc.meta = values;
    desc.meta_count = value ? 6 : 5;
    return bjson_random_encode(&desc, size, result);
}

/* At most one meta and one hash, any number of signs: a file's chunk stands in it once more. */
static void one_meta_and_hash(void)
{
    static const unsigned char seal[48] = { 1 };
    static const char *kinds[3] = { "meta", "hash", "sign" };
    for (int i = 0; i < 3; i++) {
        size_t size = 0, at = 64;
        w3d_result result;
        w3d_error error = { W3D_OK, 0, "" };
        unsigned char *one =
            i ? with_chunk(kinds[i], seal, 48, &size) : meta_file(NULL, 0, &size, &result);
        while (at < size && memcmp(one + at, kinds[i], 4))
            at += 16 + (((size_t)w3d_load_u64(one + at + 8) + 15) & ~(size_t)15);
        CHECK(at < size && validate_changed(one, size, &error) == W3D_OK);
        size_t length = 16 + (((size_t)w3d_load_u64(one + at + 8) + 15) & ~(size_t)15);
        unsigned char *two = (unsigned char *)calloc(1, size + length);
        memcpy(two, one, size);
        memcpy(two + size, one + at, length);
        w3d_store_u64(two + 16, size + length);
        result = validate_changed(two, size + length, &error);
        CHECK(i == 2 ? result == W3D_OK : result == W3D_ERR_FORMAT && error.offset == size);
        free(one);
        free(two);
    }
}

static void meta_is_checked(void)
{
    for (int crc = 0; crc < 2; crc++) {
        size_t size = 0, meta = 64;
        w3d_result result;
        w3d_error error = { W3D_OK, 0, "" };
        unsigned char *bytes = meta_file(NULL, crc, &size, &result);
        CHECK(bytes != NULL);
        if (!bytes) return;
        result = w3d_bjson_validate(bytes, size, NULL, &error);
        CHECK_MESSAGE(result == W3D_OK, "byte %d: %s", (int)error.offset, error.text);
        while (meta < size && memcmp(bytes + meta, "meta", 4))
            meta += 16 + (((size_t)w3d_load_u64(bytes + meta + 8) + 15) & ~(size_t)15);
        CHECK(meta < size);
        /* With checksums every change is seen; without, those that break a rule. */
        size_t length = (size_t)w3d_load_u64(bytes + meta + 8), seen = 0;
        for (size_t at = meta + 16; at < meta + 16 + length; at++) {
            bytes[at] ^= 0x81;
            result = w3d_bjson_validate(bytes, size, NULL, &error);
            CHECK(!crc || (result == W3D_ERR_CHECKSUM && error.offset == meta));
            seen += result != W3D_OK;
            CHECK(result == W3D_OK || (error.offset >= meta && error.offset < size));
            bytes[at] ^= 0x81;
        }
        CHECK(seen > length / 2);
        if (!crc) {
            unsigned char *payload = bytes + meta + 16;
            w3d_store_u32(payload, 99);
            CHECK(w3d_bjson_validate(bytes, size, NULL, &error) == W3D_ERR_FORMAT &&
                  error.offset == meta + 16);
        }
        free(bytes);
    }
}

/* Large arrays and references have no meaning there. */
static void meta_has_no_large_arrays(void)
{
    static const float v[4] = { 1, 2, 3, 4 };
    size_t size = 0;
    w3d_result result;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_bjson_value array = w3d_bjson_array("x", W3D_BJSON_SUB_F32, v, 4), reference;
    unsigned char *bytes = meta_file(&array, 0, &size, &result);
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_bjson_view map, view;
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK &&
          w3d_bjson_meta(&file, &id, &map) && w3d_bjson_member(&map, "x", &view));
    for (uint32_t i = 0; bytes && i < map.count; i++) {
        unsigned char *field = bytes + map.types + i * 16;
        if (field[4] != W3D_BJSON_ARRAY || field[5] != W3D_BJSON_SUB_F32) continue;
        field[4] = W3D_BJSON_LARGE;
        CHECK(w3d_bjson_validate(bytes, size, NULL, &error) == W3D_ERR_FORMAT &&
              error.offset >= map.slots && error.offset < map.slots + 64);
        field[4] = 0x95;
        CHECK(w3d_bjson_validate(bytes, size, NULL, &error) == W3D_ERR_FORMAT);
        field[4] = W3D_BJSON_ARRAY;
    }
    CHECK(w3d_bjson_validate(bytes, size, NULL, &error) == W3D_OK);
    CHECK(w3d_bjson_member(&map, "ref", &view));
    w3d_store_u32(bytes + view.offset, 0); /* an ID would have a row for it */
    CHECK(w3d_bjson_validate(bytes, size, NULL, &error) == W3D_ERR_FORMAT &&
          error.offset == view.offset);
    free(bytes);
    reference = w3d_bjson_reference("x", 0);
    CHECK(meta_file(&reference, 0, &size, &result) == NULL);
}

/* The parts that bjson_source checks by themselves give the same answers. */
static void parts(void)
{
    size_t size = 0;
    unsigned char *bytes = known_file(&size);
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, "" };
    CHECK(w3d_bjson_validate(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_validate_tables(&file, &error) == W3D_OK);
    CHECK(w3d_bjson_validate_id(&file, 80, w3d_load_u64(bytes + 72), 64, &error) == W3D_OK);
    CHECK(w3d_bjson_validate_id(&file, 80, w3d_load_u64(bytes + 72), 80, &error) ==
              W3D_ERR_FORMAT &&
          error.offset == 656);
    bytes[124] = 2;
    CHECK(w3d_bjson_validate_id(&file, 80, w3d_load_u64(bytes + 72), 64, &error) ==
              W3D_ERR_FORMAT &&
          error.offset == 124);
    bytes[400] = 'j';
    CHECK(w3d_bjson_validate_tables(&file, &error) == W3D_ERR_FORMAT && error.offset == 402);
    free(bytes);
}

/* Tags this version does not know, where their class says how they are stored. */
static void unknown_tags(void)
{
    static const uint8_t data[32] = { 1 };
    static const struct {
        uint8_t known, unknown, subtype;
    } tags[] = {
        { W3D_BJSON_I64, 0x06, 0x07 },   { W3D_BJSON_I64, 0x7F, 0x07 },
        { W3D_BJSON_ARRAY, 0x85, 0x04 }, { W3D_BJSON_ARRAY, 0x8F, 0x00 },
        { W3D_BJSON_LARGE, 0x91, 0x04 }, { W3D_BJSON_LARGE, 0x9F, 0x3D },
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        for (int in_list = 0; in_list < 2; in_list++) {
            const char *key = in_list ? NULL : "k";
            w3d_bjson_value value = w3d_bjson_i64(key, 1), list;
            if (tags[i].known == W3D_BJSON_ARRAY)
                value = w3d_bjson_array(key, W3D_BJSON_SUB_U8, data, 32);
            if (tags[i].known == W3D_BJSON_LARGE)
                value = w3d_bjson_large(key, W3D_BJSON_SUB_U8, data, 16);
            list = w3d_bjson_list("k", &value, 1);
            w3d_bjson_write_id id = { "x", in_list ? &list : &value, 1, 77, 0, 0, NULL };
            w3d_bjson_write_desc desc = { &id, 1, 0, NULL, NULL };
            size_t size = 0;
            w3d_result result;
            unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
            w3d_bjson file;
            w3d_error error = { W3D_OK, 0, "" };
            w3d_bjson_id read;
            w3d_bjson_view view;
            CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
            CHECK(w3d_bjson_id_at(&file, 0, &read) == W3D_OK && w3d_bjson_get(&read, "k", &view));
            /* The type stands in the shape's field, or behind the list's count. */
            unsigned char *type = bytes + (in_list ? view.offset + 4 : file.shapes + 8 + 8 + 4);
            type[0] = tags[i].unknown;
            type[1] = tags[i].subtype;
            if (tags[i].subtype == 0x3D) type[1] = 0x3C; /* a kind of byte nobody knows yet */
            result = w3d_bjson_read(bytes, size, &file, &error);
            CHECK_MESSAGE(result == W3D_OK, "tag %02x: byte %d: %s", tags[i].unknown,
                          (int)error.offset, error.text);
            CHECK(w3d_bjson_get(&read, "k", &view) &&
                  (!in_list || w3d_bjson_item(&view, 0, NULL, &view)));
            CHECK(view.tag == tags[i].unknown && w3d_bjson_data(&view) &&
                  *(const uint8_t *)w3d_bjson_data(&view) == 1);
            free(bytes);
        }
}

/* ---- layouts other than the canonical one ---- */

/* A file with one map of `count` u8 vectors of two, all bytes 7; the fields lie at *fields. */
static unsigned char *many_fields(uint32_t count, size_t *size, unsigned char **fields,
                                  unsigned char **record)
{
    static const uint8_t sevens[2] = { 7, 7 };
    static char keys[512][8];
    static w3d_bjson_value values[512];
    w3d_bjson file;
    w3d_bjson_id id;
    w3d_result result;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(keys[i], sizeof keys[i], "k%03d", (int)i);
        values[i] = w3d_bjson_vector(keys[i], W3D_BJSON_SUB_U8, 2, sevens);
    }
    w3d_bjson_write_id given = { "x", values, count, 0, 0, 0, NULL };
    w3d_bjson_write_desc desc = { &given, 1, 0, NULL, NULL };
    unsigned char *bytes = bjson_random_encode(&desc, size, &result);
    CHECK(bytes && w3d_bjson_read(bytes, *size, &file, NULL) == W3D_OK &&
          w3d_bjson_id_at(&file, 0, &id) == W3D_OK);
    *fields = bytes + file.shapes + 8 + 8;
    *record = bytes + id.properties + 8;
    return bytes;
}

static void layouts(void)
{
    static const uint32_t counts[3] = { 2, 256, 257 };
    for (int i = 0; i < 3; i++) {
        size_t size = 0;
        uint32_t count = counts[i];
        unsigned char *fields, *record, *bytes = many_fields(count, &size, &fields, &record);
        unsigned char *last = fields + (count - 1) * 16;
        w3d_error error;
        /* Two fields change places: any layout up to 256 fields, only the canonical one above. */
        w3d_store_u32(fields + 8, (count - 1) * 2);
        w3d_store_u32(last + 8, 0);
        CHECK(validate_changed(bytes, size, &error) == (count > 256 ? W3D_ERR_FORMAT : W3D_OK));
        /* They share a byte. */
        w3d_store_u32(last + 8, 1);
        CHECK(validate_changed(bytes, size, &error) == W3D_ERR_FORMAT);
        w3d_store_u32(fields + 8, 0);
        w3d_store_u32(last + 8, (count - 1) * 2 - 1);
        CHECK(validate_changed(bytes, size, &error) == W3D_ERR_FORMAT);
        w3d_store_u32(last + 8, (count - 1) * 2);
        CHECK(validate_changed(bytes, size, &error) == W3D_OK);
        /* The first becomes shorter: its second byte belongs to nothing and must be zero. */
        fields[6] = 1;
        w3d_store_u32(fields + 12, 1);
        CHECK(validate_changed(bytes, size, &error) == W3D_ERR_FORMAT);
        record[1] = 0;
        CHECK(validate_changed(bytes, size, &error) == (count > 256 ? W3D_ERR_FORMAT : W3D_OK));
        free(bytes);
    }
}

/* Runs of like IDs are checked by another walk than one ID alone: both say the same of any byte. */
static void runs_say_what_one_says(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    uint32_t refused = 0, accepted = 0;
    for (int round = 0; round < 60; round++) {
        w3d_bjson file;
        w3d_result result;
        size_t size = 0;
        bjson_random_make(d);
        d->desc.crc = 0;
        for (uint32_t i = 0; i < d->value_count; i++)
            if (d->values[i].tag == W3D_BJSON_LARGE)
                d->values[i] = w3d_bjson_bool(d->values[i].key, 1);
        for (uint32_t i = 1; i < d->desc.id_count && round % 3; i++) {
            d->ids[i].values = d->ids[i % 2].values;
            d->ids[i].value_count = d->ids[i % 2].value_count;
            snprintf(d->names[i], sizeof d->names[i], "like%02u", (unsigned)i);
        }
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        CHECK(result == W3D_OK && w3d_bjson_validate(bytes, size, &file, NULL) == W3D_OK);
        for (uint32_t step = 0; step < 40 * d->desc.id_count; step++) {
            w3d_bjson_id id;
            w3d_error one, run;
            uint32_t row = test_random_below(d->desc.id_count), how = test_random_below(4);
            if (w3d_bjson_id_at(&file, row, &id) != W3D_OK) continue;
            size_t at = (size_t)id.payload + test_random_below((uint32_t)id.size);
            unsigned char was = bytes[at];
            bytes[at] = (unsigned char)(how == 0   ? test_random_below(256)
                                        : how == 1 ? was + 8u
                                        : how == 2 ? was - 1u
                                                   : was ^ 1u << test_random_below(8));
            memset(&one, 0, sizeof one);
            memset(&run, 0, sizeof run);
            result = w3d_bjson_validate_id(&file, id.payload, id.size, id.payload - 16, &one);
            CHECK(w3d_bjson_validate(bytes, size, NULL, &run) == result);
            CHECK(one.offset == run.offset && one.text == run.text);
            bytes[at] = was;
            *(result == W3D_OK ? &accepted : &refused) += 1;
        }
        free(bytes);
    }
    CHECK(refused > 1000 && accepted > 1000);
    free(d);
}

void test_bjson_validate(void);
void test_bjson_validate(void)
{
    RUN(every_truncation_is_refused);
    RUN(every_flip_is_seen_with_checksums);
    RUN(flips_are_harmless_without);
    RUN(changes_after_the_check_are_harmless);
    RUN(each_damage_is_named);
    RUN(streamed_files);
    RUN(unknown_chunks);
    RUN(hashes_and_signs);
    RUN(one_meta_and_hash);
    RUN(meta_is_checked);
    RUN(meta_has_no_large_arrays);
    RUN(parts);
    RUN(unknown_tags);
    RUN(runs_say_what_one_says);
    RUN(layouts);
}
