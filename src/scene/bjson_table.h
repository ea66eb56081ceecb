/* bjson_table.h - a hash table whose buckets are balanced trees: no choice of keys makes it slow;
 * private.
 *
 * Keys come from files and texts of anyone, and anyone can find keys with equal hashes. What falls
 * into one bucket is therefore ordered, by hash and where that is equal by content, in a tree as
 * deep as twice the logarithm of its nodes at most. The nodes lie in what the table holds: the
 * table allocates nothing, and never moves anything.
 *
 * Source: Andersson 1993, Balanced search trees made simple (a level a node; skew and split). */
#ifndef W3D_BJSON_TABLE_H
#define W3D_BJSON_TABLE_H

#include "core/base.h"

#ifndef W3DI_BJSON_TABLE_COUNT /* a test counts the nodes looked at */
#define W3DI_BJSON_TABLE_COUNT(steps) ((void)0)
#endif

#define W3DI_BJSON_TABLE_ROOTS 16u

/* An entry; stands first in what the table holds. */
typedef struct w3di_bjson_table_node {
    struct w3di_bjson_table_node *left, *right;
    uint32_t hash, level; /* level: 1 at the leaves */
} w3di_bjson_table_node;

/* Zeroed: empty. Whoever knows that there will be many entries hands over as many roots: trees of
 * ten nodes and more are read from memory, not from caches. */
typedef struct w3di_bjson_table {
    w3di_bjson_table_node *roots[W3DI_BJSON_TABLE_ROOTS];
    w3di_bjson_table_node **many; /* [many_count] zeroed, a power of two; NULL: `roots` are used */
    uint32_t many_count;
    uint32_t count;
} w3di_bjson_table;

/* The root of the tree that a hash is in, by its low bits. */
static inline w3di_bjson_table_node **w3di_bjson_table_root(const w3di_bjson_table *table,
                                                            uint32_t hash)
{
    if (table->many) return &table->many[hash & (table->many_count - 1)];
    return (w3di_bjson_table_node **)(uintptr_t)&table->roots[hash % W3DI_BJSON_TABLE_ROOTS];
}

/* Whether what is wanted stands before (below 0), behind (above 0) or at a node of the same hash;
 * any order will do that is one. */
typedef int (*w3di_bjson_table_order)(const void *wanted, const w3di_bjson_table_node *node);

/* An order of texts: the shorter first, then by bytes. */
static inline int w3di_bjson_table_order_text(const char *a, size_t a_size, const char *b,
                                              size_t b_size)
{
    size_t i = 0;
    if (a_size != b_size) return a_size < b_size ? -1 : 1;
    while (i < a_size && a[i] == b[i]) i++;
    W3DI_BJSON_TABLE_COUNT(i / 8);
    return i == a_size ? 0 : a[i] < b[i] ? -1 : 1;
}

static inline int w3di_bjson_table_compare(uint32_t hash, const void *wanted,
                                           w3di_bjson_table_order order,
                                           const w3di_bjson_table_node *node)
{
    W3DI_BJSON_TABLE_COUNT(1);
    if (hash != node->hash) return hash < node->hash ? -1 : 1;
    return order(wanted, node);
}

/* The node of that hash and content, or NULL. */
static inline w3di_bjson_table_node *w3di_bjson_table_find(const w3di_bjson_table *table,
                                                           uint32_t hash, const void *wanted,
                                                           w3di_bjson_table_order order)
{
    w3di_bjson_table_node *node = *w3di_bjson_table_root(table, hash);
    while (node) {
        int side = w3di_bjson_table_compare(hash, wanted, order, node);
        if (!side) break;
        node = side < 0 ? node->left : node->right;
    }
    return node;
}

/* Adds a node to the tree at `root`; gives the new root. Recurses as deep as the tree is. */
static inline w3di_bjson_table_node *w3di_bjson_table_add(w3di_bjson_table_node *root,
                                                          w3di_bjson_table_node *added,
                                                          const void *wanted,
                                                          w3di_bjson_table_order order)
{
    if (!root) return added;
    if (w3di_bjson_table_compare(added->hash, wanted, order, root) < 0)
        root->left = w3di_bjson_table_add(root->left, added, wanted, order);
    else
        root->right = w3di_bjson_table_add(root->right, added, wanted, order);
    w3di_bjson_table_node *top = root->left;
    if (top && top->level == root->level) { /* skew: no left child on its parent's level */
        root->left = top->right;
        top->right = root;
        root = top;
    }
    top = root->right;
    if (top && top->right && top->right->level == root->level) { /* split: no three in a row */
        root->right = top->left;
        top->left = root;
        top->level++;
        root = top;
    }
    return root;
}

/* Adds a node for what w3di_bjson_table_find did not find. */
static inline void w3di_bjson_table_insert(w3di_bjson_table *table, w3di_bjson_table_node *node,
                                           uint32_t hash, const void *wanted,
                                           w3di_bjson_table_order order)
{
    w3di_bjson_table_node **root = w3di_bjson_table_root(table, hash);
    node->left = node->right = NULL;
    node->hash = hash;
    node->level = 1;
    *root = w3di_bjson_table_add(*root, node, wanted, order);
    table->count++;
}

#endif /* W3D_BJSON_TABLE_H */
