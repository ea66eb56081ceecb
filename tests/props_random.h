/* props_random.h - random tables with random layouts, and random structs that they describe. */
#ifndef PROPS_RANDOM_H
#define PROPS_RANDOM_H

#include "scene/props.h"
#include "test.h"

enum { PROPS_RANDOM_ROWS = 20, PROPS_RANDOM_SIZE = 8192, PROPS_RANDOM_POOL = 1 << 16 };

typedef struct props_random {
    w3d_props table, inner[2]; /* inner[1] is nested in inner[0] */
    w3d_prop rows[PROPS_RANDOM_ROWS], inner_rows[2][PROPS_RANDOM_ROWS];
    char names[3][PROPS_RANDOM_ROWS][16];
    uint64_t memory[PROPS_RANDOM_SIZE / 8]; /* the struct */
    uint64_t pool[PROPS_RANDOM_POOL / 8];   /* what it points to */
    size_t used;
} props_random;

static const w3d_prop_item props_random_items[] = {
    { "WIRE", "Wire", 0 }, { "SOLID", NULL, 1 }, { "\xC3\xA9", "e", -7 }, { "a \"b\"", "", 100 }
};

static inline void *props_random_push(props_random *r, size_t size)
{
    void *result = (char *)r->pool + r->used;
    r->used += (size + 7) & ~(size_t)7;
    if (r->used > PROPS_RANDOM_POOL) abort();
    return result;
}

static inline uint32_t props_random_place(w3d_props *table, uint32_t size, uint32_t alignment)
{
    uint32_t at = (table->size + alignment - 1) & ~(alignment - 1);
    if (test_random_below(6) == 0) at += alignment * test_random_below(4); /* a gap */
    table->size = at + size;
    return at;
}

/* One table; `nested` may be NULL. plain: only members that a record holds. */
static inline void props_random_table(w3d_props *table, w3d_prop *rows, char (*names)[16],
                                      const w3d_props *nested, int plain)
{
    uint32_t count = test_random_below(PROPS_RANDOM_ROWS - 1) + 1;
    memset(table, 0, sizeof *table);
    memset(rows, 0, sizeof *rows * PROPS_RANDOM_ROWS);
    table->rows = rows;
    table->row_count = count;
    table->version = 3;
    table->flags = plain || test_random_below(2) ? W3D_PROPS_EXACT : 0;
    for (uint32_t i = 0; i < count; i++) {
        w3d_prop *prop = &rows[i];
        uint32_t type = test_random_below(plain ? W3D_PROP_ENUM + 1 : W3D_PROP_TYPE_COUNT);
        if (!nested && (type == W3D_PROP_STRUCT || type == W3D_PROP_COLLECTION))
            type = W3D_PROP_F32;
        snprintf(names[i], 16, "%c%u", (char)('a' + test_random_below(26)), i);
        prop->identifier = names[i];
        prop->type = (uint8_t)type;
        prop->since = test_random_below(4);
        if (type <= W3D_PROP_REFERENCE) {
            uint32_t size = w3d_prop_type_size(type);
            if (test_random_below(2)) prop->n = (uint16_t)(1 + test_random_below(5));
            if (test_random_below(20) == 0) prop->n = 64;
            prop->size = size * (prop->n ? prop->n : 1);
            prop->offset = props_random_place(table, prop->size, size);
            if (type < W3D_PROP_REFERENCE && type && test_random_below(3) == 0) {
                prop->min = (double)test_random_below(50);
                prop->max = prop->min + (double)test_random_below(70);
                prop->default_value = prop->min;
                if (prop->max == 0) prop->max = 1;
            }
        } else if (type == W3D_PROP_ENUM) {
            prop->size = 1u << test_random_below(3);
            prop->offset = props_random_place(table, prop->size, prop->size);
            prop->items = props_random_items;
            prop->item_count = 4;
        } else if (type == W3D_PROP_STRING) {
            prop->size = 1 + test_random_below(20);
            prop->offset = props_random_place(table, prop->size, 1);
        } else if (type == W3D_PROP_STRUCT) {
            prop->table = nested;
            prop->size = nested->size;
            prop->offset = props_random_place(table, prop->size, 8);
        } else {
            prop->size = sizeof(void *);
            prop->offset = props_random_place(table, prop->size, sizeof(void *));
            if (type == W3D_PROP_COLLECTION) prop->table = nested;
            if (type == W3D_PROP_ARRAY) {
                prop->element = (uint8_t)test_random_below(W3D_PROP_REFERENCE + 1);
                prop->n = (uint16_t)test_random_below(4);
                if (test_random_below(2)) prop->flags = W3D_PROP_LARGE;
                if (test_random_below(2) && prop->element < W3D_PROP_REFERENCE) prop->max = 1;
            }
            if (type != W3D_PROP_TEXT) prop->count_offset = props_random_place(table, 4, 4);
        }
    }
    table->size = (table->size + 7) & ~7u;
}

static inline void props_random_tables(props_random *r, int plain)
{
    r->used = 0;
    props_random_table(&r->inner[1], r->inner_rows[1], r->names[1], NULL, plain);
    props_random_table(&r->inner[0], r->inner_rows[0], r->names[2], &r->inner[1], plain);
    props_random_table(&r->table, r->rows, r->names[0], &r->inner[0], plain);
    r->inner[1].name = "inner";
    r->inner[0].name = "middle";
    r->table.name = "outer";
}

/* Random members; references below `rows`. What is not valid stays so: clamp it. */
static inline void props_random_fill(props_random *r, const w3d_props *table, void *data,
                                     uint32_t rows)
{
    static const char *const texts[] = { "", "plain", "\xF0\x9F\x98\x80 \"quoted\"\n\t\\", "\xC3" };
    for (uint32_t row = 0; row < table->row_count; row++) {
        const w3d_prop *prop = &table->rows[row];
        unsigned char *member = (unsigned char *)data + prop->offset;
        uint32_t count = test_random_below(4), element = prop->type;
        if (r->used > PROPS_RANDOM_POOL / 2) count = 0;
        if (prop->type == W3D_PROP_ARRAY) {
            uint32_t n = prop->n ? prop->n : 1;
            unsigned char *elements;
            element = prop->element;
            elements = (unsigned char *)props_random_push(r, (size_t)count * n * 8);
            memcpy((unsigned char *)data + prop->count_offset, &count, 4);
            memcpy(member, &elements, sizeof elements);
            member = elements;
            count *= n * w3d_prop_type_size(element);
        } else {
            if (prop->type != W3D_PROP_COLLECTION) count = prop->size;
        }
        if (element == W3D_PROP_TEXT) {
            const char *text = texts[test_random_below(4)];
            memcpy(member, &text, sizeof text);
        } else if (element == W3D_PROP_STRUCT) {
            props_random_fill(r, prop->table, member, rows);
        } else if (element == W3D_PROP_COLLECTION) {
            unsigned char *items =
                (unsigned char *)props_random_push(r, (size_t)count * prop->table->size);
            memset(items, 0, (size_t)count * prop->table->size);
            memcpy((unsigned char *)data + prop->count_offset, &count, 4);
            memcpy(member, &items, sizeof items);
            for (uint32_t i = 0; i < count; i++)
                props_random_fill(r, prop->table, items + (size_t)i * prop->table->size, rows);
        } else if (element == W3D_PROP_REFERENCE) {
            for (uint32_t i = 0; i < count; i += 4) {
                uint32_t reference = test_random_below(rows + 1);
                if (reference == rows) reference = W3D_PROPS_NONE;
                memcpy(member + i, &reference, 4);
            }
        } else if (element == W3D_PROP_STRING) {
            const char *text = texts[test_random_below(4)];
            size_t i = 0;
            for (; i < count; i++) member[i] = (unsigned char)('a' + i);
            for (i = 0; i < count && i <= strlen(text) && test_random_below(30); i++)
                member[i] = (unsigned char)text[i];
        } else {
            int small = (int)test_random_below(2);
            for (uint32_t i = 0; i < count; i++)
                member[i] = (unsigned char)(small && i % 2 ? 0 : test_random());
        }
    }
}

#endif /* PROPS_RANDOM_H */
