/* test_bjson_golden.c - files laid out by hand, byte by byte, which the writer has to make. */
#include "bjson_random.h"

#include "core/bytes.h"
#include "scene/bjson_validate.h"

/* Numbers little-endian, as a test writes them. */
typedef struct hand {
    unsigned char bytes[1024];
    size_t size;
} hand;

static void put(hand *h, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        h->bytes[h->size++] = (unsigned char)(i < 8 ? value >> 8 * i : 0);
}

static void put_text(hand *h, const char *text)
{
    memcpy(h->bytes + h->size, text, strlen(text));
    h->size += strlen(text);
}

static void put_floats(hand *h, const float *values, size_t count)
{
    memcpy(h->bytes + h->size, values, 4 * count);
    h->size += 4 * count;
}

static void pad(hand *h, size_t alignment)
{
    while (h->size % alignment) h->bytes[h->size++] = 0;
}

static void put_crc(hand *h, size_t from, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = from; i < from + size; i++) {
        crc ^= h->bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1u ? 0x82F63B78u : 0u);
    }
    put(h, crc ^ 0xFFFFFFFFu, 4);
}

static void put_header(hand *h, const uint64_t size_refs_keys_shap[4],
                       const uint32_t ids_keys_shapes[3])
{
    put(h, 0x89, 1), put_text(h, "BJSN\r\n\x1A");
    put(h, 2, 2), put(h, 64, 2), put(h, 4, 4);
    put(h, size_refs_keys_shap[0], 8), put(h, size_refs_keys_shap[1], 8);
    put(h, ids_keys_shapes[0], 4), put(h, ids_keys_shapes[1], 4);
    put(h, size_refs_keys_shap[2], 8), put(h, size_refs_keys_shap[3], 8);
    put(h, ids_keys_shapes[2], 4), put_crc(h, 0, 60);
}

static void put_chunk(hand *h, const char *kind, uint64_t length)
{
    put_text(h, kind), put(h, 0, 4), put(h, length, 8);
}

static void put_field(hand *h, uint32_t key, uint32_t tag, uint32_t subtype_n, uint32_t offset_size)
{
    put(h, key, 4), put(h, tag, 1), put(h, subtype_n >> 8, 1), put(h, subtype_n & 0xFF, 2);
    put(h, offset_size >> 8, 4), put(h, offset_size & 0xFF, 4);
}

static void check_golden(const w3d_bjson_write_desc *desc, const hand *h)
{
    size_t size = 0;
    w3d_result result;
    w3d_error error = { W3D_OK, 0, "" };
    unsigned char *bytes = bjson_random_encode(desc, &size, &result);
    CHECK(bytes && size == h->size);
    if (bytes && size == h->size) CHECK_BYTES(bytes, h->bytes, size);
    CHECK_MESSAGE(w3d_bjson_validate(h->bytes, h->size, NULL, &error) == W3D_OK, "byte %d: %s",
                  (int)error.offset, error.text);
    free(bytes);
}

/* One object with one property. */
static void golden_tiny(void)
{
    static hand h;
    const uint64_t offsets[4] = { 240, 192, 112, 144 };
    const uint32_t counts[3] = { 1, 1, 1 };
    h.size = 0;
    put_header(&h, offsets, counts);
    put_chunk(&h, "ID  ", 32); /* 64 */
    put(&h, 0, 1), put(&h, 2, 2), put_text(&h, "Cube"), put(&h, 0, 1);
    put(&h, 8, 4), put(&h, 0, 4);    /* P: 8 bytes, shape 0 */
    put(&h, 0x4004000000000000u, 8); /* mass: 2.5 */
    put(&h, 0, 4), put(&h, 0, 4);    /* R: row 0, no references */
    put_chunk(&h, "KEYS", 5);        /* 112 */
    put_text(&h, "mass"), pad(&h, 16);
    put_chunk(&h, "SHAP", 32); /* 144 */
    put(&h, 8, 8);             /* the shape is at 8 */
    put(&h, 1, 4), put(&h, 8, 4);
    put_field(&h, 0, 0x03, 0, 0x0008);
    put_chunk(&h, "REFS", 24); /* 192 */
    put(&h, 64, 8), put(&h, 1234567890123456789u, 8), put(&h, 0, 4);
    put(&h, 0, 1), put(&h, 0, 1), put(&h, 2, 2), pad(&h, 16);

    w3d_bjson_value mass = w3d_bjson_f64("mass", 2.5);
    w3d_bjson_write_id id = { "Cube", &mass, 1, W3D_BJSON_OBJECT, 0, 1234567890123456789, NULL };
    w3d_bjson_write_desc desc = { &id, 1, 0, NULL, NULL };
    check_golden(&desc, &h);
}

/* A list, a map in it, a vector in a list, references, an array, a string; large arrays. */
static void golden_full(void)
{
    static hand h;
    static const float v[3] = { 1.0f, 2.0f, 3.0f };
    static const float positions[9] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
    const uint64_t offsets[4] = { 704, 640, 384, 448 };
    const uint32_t counts[3] = { 2, 8, 3 };
    h.size = 0;
    put_header(&h, offsets, counts);
    put_chunk(&h, "ID  ", 176); /* 64 */
    put(&h, 0, 1), put(&h, 2, 2), put_text(&h, "A"), put(&h, 0, 4);
    put(&h, 144, 4), put(&h, 0, 4);                 /* 8   P */
    put(&h, 48, 4), put(&h, 92, 4);                 /* 16  list */
    put(&h, 0, 4);                                  /* 24  ref: the first of R */
    put(&h, 144, 4), put(&h, 12, 4);                /* 28  refs */
    put(&h, 156, 4), put(&h, 2, 4);                 /* 36  tall */
    put(&h, 1, 4);                                  /* 44  on; three zeros up to the list */
    put(&h, 4, 4);                                  /* 48  the list: four items */
    put(&h, 0x00000002, 4), put(&h, 0x00030E08, 4); /*     i64, vector of 3 f32 */
    put(&h, 0x00000000, 4), put(&h, 0x00000083, 4); /*     null, map */
    put(&h, 0, 4);
    put(&h, (uint64_t)-5, 8), put(&h, 104, 4), put(&h, 12, 4);
    put(&h, 0, 8), put(&h, 120, 4), put(&h, 20, 4);
    put_floats(&h, v, 3), put(&h, 0, 4); /* 104 the vector */
    put(&h, 1, 4), put(&h, 0, 4);        /* 120 the map: shape 1 */
    put(&h, 136, 4), put(&h, 3, 4);      /*     a */
    put_text(&h, "hey"), put(&h, 0, 1), put(&h, 0, 4);
    put(&h, 0, 4), put(&h, 0xFFFFFFFFu, 4), put(&h, 1, 4);      /* 144 refs: row 1, none, row 0 */
    put_text(&h, "\xC3\xA9"), put(&h, 0, 2);                    /* 156 tall, NUL, pad to 4 */
    put(&h, 0, 4), put(&h, 2, 4), put(&h, 1, 4), put(&h, 0, 4); /* 160 R */
    CHECK(h.size == 256);
    put_chunk(&h, "ID  ", 100); /* 256 */
    put(&h, 1, 1), put(&h, 2, 2), put_text(&h, "Mesh"), put(&h, 0, 1);
    put(&h, 16, 4), put(&h, 2, 4);             /* 8   P */
    put(&h, 0, 4), put(&h, 1, 4);              /* 16  index: at L + 0, one row */
    put(&h, 1, 4), put(&h, 3, 4);              /* 24  position: at L + 16, three rows */
    put(&h, 1, 4), put(&h, 0, 4), pad(&h, 16); /* 32  R */
    put(&h, 0, 4), put(&h, 1, 4), put(&h, 2, 4), pad(&h, 16); /* 48 L */
    put_floats(&h, positions, 9), pad(&h, 16);
    CHECK(h.size == 384);
    put_chunk(&h, "KEYS", 39); /* 384 */
    put_text(&h, "a"), put(&h, 0, 1), put_text(&h, "index"), put(&h, 0, 1), put_text(&h, "list"),
        put(&h, 0, 1);
    put_text(&h, "on"), put(&h, 0, 1), put_text(&h, "position"), put(&h, 0, 1), put_text(&h, "ref"),
        put(&h, 0, 1);
    put_text(&h, "refs"), put(&h, 0, 1), put_text(&h, "tall"), pad(&h, 16);
    put_chunk(&h, "SHAP", 168); /* 448 */
    put(&h, 16, 4), put(&h, 104, 4), put(&h, 128, 8);
    put(&h, 5, 4), put(&h, 29, 4);
    put_field(&h, 8, 0x84, 0, 0x0008), put_field(&h, 13, 0x01, 0, 0x1C01),
        put_field(&h, 25, 0x05, 0, 0x0804);
    put_field(&h, 29, 0x82, 0x1201, 0x0C08), put_field(&h, 34, 0x80, 0, 0x1408);
    put(&h, 1, 4), put(&h, 8, 4);
    put_field(&h, 0, 0x80, 0, 0x0008);
    put(&h, 2, 4), put(&h, 16, 4);
    put_field(&h, 2, 0x90, 0x0603, 0x0008), put_field(&h, 16, 0x90, 0x0E03, 0x0808), pad(&h, 16);
    put_chunk(&h, "REFS", 48); /* 640 */
    put(&h, 64, 8), put(&h, 0, 12), put(&h, 0, 2), put(&h, 2, 2);
    put(&h, 256, 8), put(&h, 0, 12), put(&h, 1, 2), put(&h, 2, 2);

    static const uint32_t rows[3] = { 1, W3D_BJSON_NONE, 0 }, index[3] = { 0, 1, 2 };
    w3d_bjson_value inner = w3d_bjson_string("a", "hey", 3), items[4], values[5], arrays[2];
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
    check_golden(&desc, &h);
}

/* No ID; meta, a chunk of the program's own, room for a hash and a signature. */
static void golden_meta(void)
{
    static hand h;
    const uint64_t offsets[4] = { 352, 176, 96, 128 };
    const uint32_t counts[3] = { 0, 1, 1 };
    h.size = 0;
    put_header(&h, offsets, counts);
    put_chunk(&h, "meta", 16); /* 64 */
    put(&h, 0, 4), put(&h, 0, 4), put(&h, 7, 8);
    put_chunk(&h, "KEYS", 2); /* 96 */
    put_text(&h, "a"), pad(&h, 16);
    put_chunk(&h, "SHAP", 32); /* 128 */
    put(&h, 8, 8), put(&h, 1, 4), put(&h, 8, 4), put_field(&h, 0, 0x02, 0, 0x0008);
    put_chunk(&h, "REFS", 0); /* 176 */
    put_chunk(&h, "thmb", 3);
    put_text(&h, "xyz"), pad(&h, 16);
    put_chunk(&h, "hash", 48), put(&h, 1, 4), put(&h, 0, 44);
    put_chunk(&h, "sign", 48), put(&h, 1, 4), put(&h, 0, 44);

    w3d_bjson_value seven = w3d_bjson_i64("a", 7);
    w3d_bjson_chunk chunk = { W3D_BJSON_FOURCC('t', 'h', 'm', 'b'), "xyz", 3 };
    w3d_bjson_write_desc desc = { NULL, 0, 0, NULL, NULL, &seven, 1, &chunk, 1, 1, 1 };
    check_golden(&desc, &h);
}

void test_bjson_golden(void);
void test_bjson_golden(void)
{
    RUN(golden_tiny);
    RUN(golden_full);
    RUN(golden_meta);
}
