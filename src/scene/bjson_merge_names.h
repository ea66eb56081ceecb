/* bjson_merge_names.h - the names in a file, and a free one like a given one; private.
 *
 * A name is kept as the text it was made of and a number, so that names made here take no room. The
 * same table holds, for every text that has been numbered, the next number to try: however many
 * IDs are called Cube, each name is asked for about once. The table's buckets are trees, so names
 * whose hashes are equal, which anyone can make, cost a logarithm and not their number. */
#ifndef W3D_BJSON_MERGE_NAMES_H
#define W3D_BJSON_MERGE_NAMES_H

#include "core/hash.h"
#include "scene/bjson_table.h"
#include "scene/bjson_tables.h"

typedef struct w3di_bjson_merge_name {
    w3di_bjson_table_node node;
    const unsigned char *text;
    uint32_t size;   /* of the text */
    uint32_t number; /* 0: the name is the text */
    uint32_t next;   /* the number to try next for this text; 0: it was never numbered */
    uint8_t type;
    uint8_t is_taken; /* an ID has this name */
} w3di_bjson_merge_name;

typedef struct w3di_bjson_merge_names {
    w3di_bjson_merge_name *names; /* [room] */
    uint64_t room, count;
    w3di_bjson_table table;
} w3di_bjson_merge_names;

static inline w3d_result w3di_bjson_merge_names_begin(w3di_bjson_merge_names *set,
                                                      w3di_bjson_tables_memory *memory,
                                                      uint64_t room)
{
    set->room = room;
    set->count = 0;
    set->names = (w3di_bjson_merge_name *)w3di_bjson_tables_take(memory, room, sizeof *set->names);
    w3d_fill(&set->table, 0, sizeof set->table);
    uint32_t roots = 16;
    while (roots < room && roots < (uint32_t)1 << 31) roots *= 2;
    set->table.many =
        (w3di_bjson_table_node **)w3di_bjson_tables_take(memory, roots, sizeof *set->table.many);
    if (!set->names || !set->table.many) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill((void *)set->table.many, 0, roots * sizeof *set->table.many);
    set->table.many_count = roots;
    return W3D_OK;
}

/* Cuts a text to `limit` bytes, between two characters. */
static inline uint32_t w3di_bjson_merge_cut(const unsigned char *text, uint32_t size,
                                            uint32_t limit)
{
    if (size <= limit) return size;
    while (limit > 0 && (text[limit] & 0xC0u) == 0x80u) limit--;
    return limit;
}

/* The text that a name's number follows: without the number it has, short enough for a new one. */
static inline uint32_t w3di_bjson_merge_base(const unsigned char *text, uint32_t size)
{
    uint32_t end = size;
    while (end > 0 && text[end - 1] >= '0' && text[end - 1] <= '9') end--;
    if (size - end >= 3 && end > 0 && text[end - 1] == '.') size = end - 1;
    return w3di_bjson_merge_cut(text, size, W3D_BJSON_NAME_LIMIT - 4);
}

/* Writes text and number, at most W3D_BJSON_NAME_LIMIT bytes without a NUL; gives how many. */
static inline uint32_t w3di_bjson_merge_write_name(const unsigned char *text, uint32_t size,
                                                   uint32_t number, unsigned char *dst)
{
    unsigned char digits[10];
    uint32_t count = 0;
    if (number) {
        for (uint32_t rest = number; rest || count < 3; rest /= 10)
            digits[count++] = (unsigned char)('0' + rest % 10);
        size = w3di_bjson_merge_cut(text, size, W3D_BJSON_NAME_LIMIT - 1 - count);
    }
    w3d_copy(dst, text, size);
    if (number) dst[size++] = '.';
    while (count > 0) dst[size++] = digits[--count];
    return size;
}

/* A name that is looked for. */
typedef struct w3di_bjson_merge_wanted {
    const unsigned char *text;
    uint32_t size;
    uint8_t type;
} w3di_bjson_merge_wanted;

/* By type, size and bytes. */
static inline int w3di_bjson_merge_order(const void *wanted, const w3di_bjson_table_node *node)
{
    const w3di_bjson_merge_wanted *a = (const w3di_bjson_merge_wanted *)wanted;
    const w3di_bjson_merge_name *b = (const w3di_bjson_merge_name *)(const void *)node;
    unsigned char made[W3D_BJSON_NAME_LIMIT];
    const unsigned char *text = b->text;
    uint32_t size = b->size;
    if (a->type != b->type) return (int)a->type - (int)b->type;
    if (b->number) {
        size = w3di_bjson_merge_write_name(b->text, b->size, b->number, made);
        text = made;
    }
    return w3di_bjson_table_order_text((const char *)a->text, a->size, (const char *)text, size);
}

/* The entry of a name of a type, made where there is none; NULL: there is no room. */
static inline w3di_bjson_merge_name *w3di_bjson_merge_names_entry(w3di_bjson_merge_names *set,
                                                                  uint8_t type,
                                                                  const unsigned char *text,
                                                                  uint32_t size, uint32_t number)
{
    unsigned char made[W3D_BJSON_NAME_LIMIT];
    w3di_bjson_merge_wanted wanted;
    wanted.text = text;
    wanted.size = size;
    wanted.type = type;
    if (number) {
        wanted.size = w3di_bjson_merge_write_name(text, size, number, made);
        wanted.text = made;
    }
    uint32_t hash = (uint32_t)w3d_hash_bytes(wanted.text, wanted.size, type);
    w3di_bjson_table_node *node =
        w3di_bjson_table_find(&set->table, hash, &wanted, w3di_bjson_merge_order);
    if (node) return (w3di_bjson_merge_name *)(void *)node;
    if (set->count == set->room) return NULL;
    w3di_bjson_merge_name *name = &set->names[set->count++];
    w3d_fill(name, 0, sizeof *name);
    name->text = text;
    name->size = size;
    name->number = number;
    name->type = type;
    w3di_bjson_table_insert(&set->table, &name->node, hash, &wanted, w3di_bjson_merge_order);
    return name;
}

/* Takes a name for an ID: as it is where it is free, else with the first number that makes it free.
 * *number is that, or 0. Up to two entries are made. */
static inline w3d_result w3di_bjson_merge_names_take(w3di_bjson_merge_names *set, uint8_t type,
                                                     const unsigned char *text, uint32_t size,
                                                     uint32_t *number)
{
    w3di_bjson_merge_name *name = w3di_bjson_merge_names_entry(set, type, text, size, 0);
    *number = 0;
    if (!name) return W3D_ERR_LIMIT;
    if (name->is_taken) {
        uint32_t base = w3di_bjson_merge_base(text, size);
        w3di_bjson_merge_name *first = w3di_bjson_merge_names_entry(set, type, text, base, 0);
        if (!first) return W3D_ERR_LIMIT;
        do {
            if (++first->next == 0) return W3D_ERR_LIMIT;
            name = w3di_bjson_merge_names_entry(set, type, text, base, first->next);
            if (!name) return W3D_ERR_LIMIT;
        } while (name->is_taken);
        *number = first->next;
    }
    name->is_taken = 1;
    return W3D_OK;
}

#endif /* W3D_BJSON_MERGE_NAMES_H */
