/* test_bjson_json_linear.c - what JSON costs to read grows with the text, also where its keys were
 * chosen to collide: the nodes of tables that are looked at and the keys that are compared are
 * counted, at one size and at four times that size. */
#include "test.h"

#include "core/bytes.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "pack/crc32c.h"

/* The reader and the writer beneath it once more, under other names, with their steps counted. */
static uint64_t counted;
#define W3DI_BJSON_TABLE_COUNT(steps) (counted += (uint64_t)(steps))
#define w3d_bjson_from_json           linear_from_json
#define w3d_bjson_write               linear_write
#define w3d_bjson_write_size          linear_write_size
#define w3d_bjson_write_scratch_size  linear_write_scratch_size
/* By their places in src/: where the suite is built with wasm3d.h, that hides them. */
#include "scene/bjson_from_json.h"
#include "scene/bjson_write.h"
#include "scene/json.h"

#include "../src/scene/bjson_copy.h"
#include "../src/scene/bjson_header.h"
#include "../src/scene/bjson_sort.h"
#include "../src/scene/bjson_table.h"

#include "../src/scene/bjson_shapes.h"

#include "../src/scene/bjson_payload.h"

#include "../src/scene/bjson_write.c"

#include "../src/scene/bjson_from_json_state.h"

#include "../src/scene/bjson_from_json_value.h"

#include "../src/scene/bjson_from_json.c"

/* ---- keys that collide ---- */

/* The inverse of an odd number, modulo 2^64. Source: Newton's iteration. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t result = odd;
    for (int i = 0; i < 5; i++) result *= 2 - odd * result;
    return result;
}

/* The eight bytes whose w3d_hash_bytes is `hash`: each of its steps is undone. */
static uint64_t bytes_of_hash(uint64_t hash)
{
    static uint64_t factors[3];
    if (!factors[0]) {
        factors[0] = inverse(0x94D049BB133111EBu);
        factors[1] = inverse(0xBF58476D1CE4E5B9u);
        factors[2] = inverse(0x9E3779B97F4A7C15u);
    }
    hash ^= hash >> 31 ^ hash >> 62;
    hash *= factors[0];
    hash ^= hash >> 27 ^ hash >> 54;
    hash *= factors[1];
    hash ^= hash >> 30 ^ hash >> 60;
    hash ^= hash >> 32;
    hash *= factors[2];
    return hash ^ 8 * 0x9E3779B97F4A7C15u;
}

/* The next key of eight letters whose hash's low half is zero; `high` counts through the others. */
static void next_key(uint32_t *high, char key[8])
{
    for (;;) {
        uint64_t word = bytes_of_hash((uint64_t)(*high)++ << 32);
        int fits = 1;
        for (int i = 0; i < 8 && fits; i++) {
            unsigned char c = (unsigned char)(word >> 8 * i);
            fits = c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '$';
        }
        if (!fits) continue;
        w3d_store_u64(key, word);
        return;
    }
}

static void keys_do_collide(void)
{
    uint32_t high = 1;
    char key[8];
    for (int i = 0; i < 3; i++) {
        next_key(&high, key);
        CHECK((uint32_t)w3d_hash_bytes(key, 8, 0) == 0);
    }
}

/* ---- texts made to be slow ---- */

typedef struct text {
    char *bytes;
    size_t size;
} text;

static void put(text *t, const char *piece, size_t size)
{
    memcpy(t->bytes + t->size, piece, size);
    t->size += size;
}

static void put_text(text *t, const char *piece) { put(t, piece, strlen(piece)); }

static text begin(size_t capacity)
{
    text t = { (char *)malloc(capacity + 256), 0 };
    put_text(&t, "{\"bjson\":2,\"ids\":[");
    return t;
}

/* IDs with one member each, under a key of its own. */
static text colliding_ids(uint32_t n)
{
    text t = begin((size_t)n * 64);
    uint32_t high = 1;
    for (uint32_t i = 0; i < n; i++) {
        char key[8];
        next_key(&high, key);
        put_text(&t, i ? ",{\"type\":0,\"properties\":{\"" : "{\"type\":0,\"properties\":{\"");
        put(&t, key, 8);
        put_text(&t, "\":1}}");
    }
    put_text(&t, "]}");
    return t;
}

/* One ID with all of them, and once more in a map. */
static text colliding_members(uint32_t n)
{
    text t = begin((size_t)n * 32);
    put_text(&t, "{\"type\":0,\"properties\":{\"m\":{");
    for (int pass = 0; pass < 2; pass++) {
        uint32_t high = 1;
        for (uint32_t i = 0; i < n; i++) {
            char key[8];
            next_key(&high, key);
            put_text(&t, i || pass ? ",\"" : "\"");
            put(&t, key, 8);
            put_text(&t, "\":1");
        }
        if (!pass) put_text(&t, "}");
    }
    put_text(&t, "}}]}");
    return t;
}

/* Maps of the same two keys whose last value's type is each time another: as many shapes. */
static text many_shapes(uint32_t n)
{
    text t = begin((size_t)n * 96);
    for (uint32_t i = 0; i < n; i++) {
        char piece[96];
        snprintf(piece, sizeof piece,
                 "%s{\"type\":0,\"properties\":{\"a\":1,\"b\":{\"$array\":\"u8\",\"n\":%u,\"data\":"
                 "[]}}}",
                 i ? "," : "", (unsigned)i + 1);
        put_text(&t, piece);
    }
    put_text(&t, "]}");
    return t;
}

/* Long keys alike to their last letters. */
static text long_keys(uint32_t n)
{
    text t = begin((size_t)n * 320);
    put_text(&t, "{\"type\":0,\"properties\":{");
    for (uint32_t i = n; i-- > 0;) {
        char piece[320];
        snprintf(piece, sizeof piece, "%s\"%0300u\":1", i + 1 < n ? "," : "", (unsigned)i);
        put_text(&t, piece);
    }
    put_text(&t, "}}]}");
    return t;
}

static void steps_grow_with_the_text(void)
{
    static const struct {
        const char *name;
        text (*make)(uint32_t n);
        uint32_t n;
    } cases[] = { { "colliding keys of IDs", colliding_ids, 700 },
                  { "colliding members", colliding_members, 700 },
                  { "many shapes", many_shapes, 4000 },
                  { "long keys", long_keys, 300 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t steps[2] = { 0, 0 };
        size_t sizes[2];
        for (uint32_t k = 0; k < 2; k++) {
            text t = cases[i].make(cases[i].n << 2 * k);
            w3d_bjson_from_json_desc desc;
            w3d_error error = { W3D_OK, 0, "" };
            unsigned char *bytes = NULL;
            size_t size = 0;
            memset(&desc, 0, sizeof desc);
            desc.text = t.bytes;
            desc.size = t.size;
            counted = 0;
            w3d_result result = linear_from_json(&desc, &bytes, &size, &error);
            CHECK_MESSAGE(result == W3D_OK, "%s: byte %d: %s", cases[i].name, (int)error.offset,
                          error.text);
            if (result == W3D_OK) w3d_allocator_resize(&desc.allocator, bytes, size, 0);
            steps[k] = counted;
            sizes[k] = t.size;
            free(t.bytes);
        }
        /* Four times the text, and a logarithm that is a fifth larger; a square would be 16. */
        CHECK_MESSAGE(steps[0] > 0 && (double)steps[1] <= 8.0 * (double)steps[0],
                      "%s: %d steps, then %d", cases[i].name, (int)steps[0], (int)steps[1]);
        CHECK_MESSAGE((double)steps[1] <= 24.0 * (double)sizes[1], "%s: %.2f steps a byte",
                      cases[i].name, (double)steps[1] / (double)sizes[1]);
        if (getenv("BJSON_LINEAR"))
            printf("%-22s %8d bytes %6.2f steps a byte, %.2f times\n", cases[i].name, (int)sizes[1],
                   (double)steps[1] / (double)sizes[1], (double)steps[1] / (double)steps[0]);
    }
}

/* ---- the table itself ---- */

typedef struct entry {
    w3di_bjson_table_node node;
    uint32_t value;
} entry;

static int order_values(const void *wanted, const w3di_bjson_table_node *node)
{
    uint32_t a = *(const uint32_t *)wanted, b = ((const entry *)(const void *)node)->value;
    return a < b ? -1 : a > b;
}

/* Nodes of a tree; its depth in *depth. A level is one less, or on the right the same once. */
static uint32_t check_tree(const w3di_bjson_table_node *node, uint32_t *depth)
{
    uint32_t left = 0, right = 0, nodes;
    *depth = 0;
    if (!node) return 0;
    nodes = 1 + check_tree(node->left, &left) + check_tree(node->right, &right);
    if (node->left) CHECK(node->left->level + 1 == node->level);
    if (node->right) CHECK(node->level - node->right->level <= 1);
    if (node->right && node->right->right) CHECK(node->right->right->level < node->level);
    CHECK((node->left && node->right) || node->level == 1);
    *depth = 1 + (left > right ? left : right);
    return nodes;
}

static void trees_are_balanced(void)
{
    enum { COUNT = 4096 };
    static entry entries[COUNT];
    for (int kind = 0; kind < 4; kind++) {
        w3di_bjson_table table;
        uint32_t depth, nodes = 0;
        memset(&table, 0, sizeof table);
        memset(entries, 0, sizeof entries);
        for (uint32_t i = 0; i < COUNT; i++) { /* ascending, descending, mixed, with hashes */
            uint32_t value = kind == 0 ? i : kind == 1 ? COUNT - i : i * 2654435761u;
            uint32_t hash = kind == 3 ? value % 300 * W3DI_BJSON_TABLE_ROOTS : 0;
            CHECK(!w3di_bjson_table_find(&table, hash, &value, order_values));
            entries[i].value = value;
            w3di_bjson_table_insert(&table, &entries[i].node, hash, &value, order_values);
        }
        for (uint32_t i = 0; i < W3DI_BJSON_TABLE_ROOTS; i++)
            nodes += check_tree(table.roots[i], &depth);
        check_tree(table.roots[0], &depth);
        CHECK(nodes == COUNT && table.count == COUNT && depth <= 24);
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t hash = kind == 3 ? entries[i].value % 300 * W3DI_BJSON_TABLE_ROOTS : 0;
            CHECK(w3di_bjson_table_find(&table, hash, &entries[i].value, order_values) ==
                  &entries[i].node);
        }
    }
}

void test_bjson_json_linear(void);
void test_bjson_json_linear(void)
{
    RUN(keys_do_collide);
    RUN(trees_are_balanced);
    RUN(steps_grow_with_the_text);
}
