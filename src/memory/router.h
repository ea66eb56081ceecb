/* router.h - one front for blocks of every size, which counts them by tag and lists what leaks.
 *
 *     static const char *const names[] = { "scene", "textures" };
 *     w3d_router_desc desc = { 0 };
 *     desc.tag_names = names, desc.tag_count = 2;
 *     w3d_router_create(&router, &desc);
 *     w3d_router_tag *scene = w3d_router_tag_at(&router, 0);
 *     void *block = w3d_router_allocate(scene, 1000);
 *     w3d_allocator allocator = w3d_router_allocator(scene);  // for all else in the library
 *     w3d_router_free(scene, block, 1000);
 *     w3d_router_destroy(&router);
 *
 * Three routes, by size:
 *   small   1 to 127 bytes: a slab (memory/slab.h), no header.
 *   linear  up to chunk_size / 8: bumped out of chunks, 16 bytes of header. A chunk counts its live
 *           blocks and starts over when the last one goes; the newest block of a chunk grows,
 *           shrinks and is freed in place.
 *   direct  larger: from the allocator underneath, 48 bytes of header (32 where pointers have 4).
 *
 * What the linear route may waste: at the end of a chunk less than an eighth of it; and a chunk
 * stays as long as one block in it lives. Blocks that are freed together or in the order they came
 * cost nothing more. With lifetimes at random and n blocks a chunk, about 1 + 1/2 + ... + 1/n times
 * the live bytes are held; at the very worst one chunk per live block.
 *
 * Threads: one owner, the creator or the last to adopt, does everything. Any other thread may free
 * and nothing else: what it frees goes to a list with one compare-and-swap, and is taken back, and
 * counted as freed, when the owner next looks: every 64 allocations under a tag, with every new
 * chunk or direct block, before it says "out of memory", and in measure, visit, trim, destroy. */
#ifndef W3D_ROUTER_H
#define W3D_ROUTER_H

#include "memory/slab.h"

typedef enum w3d_router_route {
    W3D_ROUTER_SMALL = 0,
    W3D_ROUTER_LINEAR = 1,
    W3D_ROUTER_DIRECT = 2
} w3d_router_route;

enum {
    W3D_ROUTER_ROUTES = 3,
    W3D_ROUTER_MOST_TAGS = 65535,
    W3D_ROUTER_NO_TAG = 0xFFFF /* of a small block, without small_headers */
};

/* A live block, as a report shows it. */
typedef struct w3d_router_block {
    void *address;
    size_t size;          /* as asked for; small blocks without small_headers: rounded up to 16 */
    const char *tag_name; /* NULL where the tag is unknown or has no name                       */
    uint32_t tag;         /* or W3D_ROUTER_NO_TAG                                               */
    w3d_router_route route;
} w3d_router_block;

/* clang-format off */
typedef struct w3d_router_desc {
    w3d_allocator allocator;      /* what is underneath; zeroed: the default                    */
    const char *const *tag_names; /* [tag_count] static texts; or NULL                          */
    uint32_t tag_count;           /* 0: one tag                                                 */
    uint32_t chunk_size;          /* of the linear route, 4 KiB to 1 GiB; 0: 64 KiB             */
    size_t   retain_size;         /* bytes of empty chunks to keep, per route; 0: 1 MiB         */
    int      small_headers;       /* 1: small blocks get 16 bytes of header, so that the report
                                     knows their tag and size and a wrong free is noticed       */
    /* Called by destroy for every block still live; may not use the router; or NULL. */
    void   (*report)(void *user, const w3d_router_block *block);
    void    *report_user;
} w3d_router_desc;
/* clang-format on */

typedef struct w3d_router_counters {
    uint64_t live_blocks; /* allocated and not freed                        */
    uint64_t live_size;   /* their bytes, as asked for                      */
    uint64_t peak_size;   /* the largest live_size has been                 */
    uint64_t requests;    /* allocations and growths asked for              */
    uint64_t failures;    /* of these, how many were refused                */
} w3d_router_counters;

typedef struct w3d_router_stats {
    w3d_router_counters total;
    struct {
        uint64_t live_blocks;
        uint64_t live_size; /* as asked for                               */
        uint64_t held_size; /* taken from the allocator, headers included */
    } route[W3D_ROUTER_ROUTES];
} w3d_router_stats;

struct w3d_router;
struct w3di_router_chunk;
struct w3di_router_direct;

/* What is allocated under one tag. Fields are private. */
typedef struct w3d_router_tag {
    struct w3d_router *router;
    uint64_t live_size;
    uint64_t peak_size;
    uint64_t allocated; /* blocks so far */
    uint64_t freed;
    uint32_t index;
    uint32_t zero;
    uint64_t growths;
    uint64_t failures;
    const char *name;
} w3d_router_tag;

/* A router; the caller's memory (about 6 KiB), kept in place until destroyed; private fields. */
typedef struct w3d_router {
    uint64_t live_size;
    uint64_t peak_size;
    uint32_t plain_most; /* bytes in the largest block without a header; or 0 */
    uint32_t small_most; /* bytes in the largest small block                  */
    uint32_t small_head; /* bytes of header before small blocks               */
    uint32_t zero;
    w3d_router_tag *tags;
    w3d_slab slab;
    w3d_router_desc desc;
    w3d_router_stats stats; /* of the linear and the direct route */
    struct w3di_router_chunk *current;
    struct w3di_router_chunk *used;  /* not current, with live blocks */
    struct w3di_router_chunk *spare; /* empty                         */
    struct w3di_router_direct *direct;
    size_t spare_size;
    unsigned char gap_before[128];
    void *foreign; /* freed by other threads        */
    unsigned char gap_after[128];
} w3d_router;

/* Makes a router, owned by the calling thread.
 *
 *   router  out  the caller's memory; untouched on errors
 *   desc    in   NULL: all defaults; the names are borrowed until destroy
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY: for the tags. W3D_ERR_ARGUMENT: a value out of range. */
W3D_API w3d_result w3d_router_create(w3d_router *router, const w3d_router_desc *desc);

/* Reports what is live, if the desc says so, and gives everything back, live or not; *router is
 * then zeroed. A zeroed router may be destroyed.
 *
 * Thread  any, once no other uses the router or frees its blocks. */
W3D_API void w3d_router_destroy(w3d_router *router);

/* Hands the router to another thread, as w3d_slab_leave and w3d_slab_adopt do a slab. */
W3D_API w3d_result w3d_router_leave(w3d_router *router);
W3D_API w3d_result w3d_router_adopt(w3d_router *router);

/* A tag by its index; NULL where there is none of that index. It lives as long as the router. */
W3D_API w3d_router_tag *w3d_router_tag_at(w3d_router *router, uint32_t index);

/* An allocator whose blocks are counted under the tag: what descs in this library ask for. */
W3D_API w3d_allocator w3d_router_allocator(w3d_router_tag *tag);

/* A block of `size` bytes, aligned to 16; the direct ones (and what they shrink to) to 8 where the
 * allocator underneath gives no more. Not cleared.
 *
 * Range   0 gives NULL and is no request; sizes up to SIZE_MAX are refused cleanly.
 * Errors  NULL: no memory, or not the owner's thread.
 * Thread  the owner. */
W3D_API void *w3d_router_allocate(w3d_router_tag *tag, size_t size);

/* Resizes by the rules of w3d_allocator: NULL allocates, new_size 0 frees, the first min(old, new)
 * bytes stay; on NULL the old block lives on. Linear and direct blocks shrink in place as long as
 * they do not become small.
 *
 *   block     in  allocated under this tag; or NULL with old_size 0
 *   old_size  in  the size it has
 *
 * Thread  the owner; with new_size 0 any. */
W3D_API void *w3d_router_resize(w3d_router_tag *tag, void *block, size_t old_size, size_t new_size);

/* Gives a block back.
 *
 *   block  in  NULL does nothing
 *   size   in  the size it has
 *
 * Errors  W3D_ERR_ARGUMENT: linear and direct blocks (and small ones with small_headers) whose
 *         header does not fit the tag and size: the wrong size, freed twice, or overwritten;
 *         nothing is done. That is noticed while the block's memory has not gone back to the
 *         allocator. Small blocks without a header are checked as w3d_slab_free does: there a size
 *         of 1 to 127 is taken at its word.
 * Thread  any. */
W3D_API w3d_result w3d_router_free(w3d_router_tag *tag, void *block, size_t size);

/* Reads the counters of the whole. Thread: the owner. Errors: W3D_ERR_THREAD elsewhere. */
W3D_API w3d_result w3d_router_measure(w3d_router *router, w3d_router_stats *stats);

/* Reads the counters of one tag. Thread: the owner. Errors: W3D_ERR_THREAD elsewhere. */
W3D_API w3d_result w3d_router_measure_tag(w3d_router_tag *tag, w3d_router_counters *counters);

/* Calls visit(user, block) for every live block: small ones first, then linear, then direct; visit
 * may not use the router. Thread: the owner, while no other thread frees. Errors: W3D_ERR_THREAD
 * elsewhere. */
W3D_API w3d_result w3d_router_visit(w3d_router *router,
                                    void (*visit)(void *user, const w3d_router_block *block),
                                    void *user);

/* Gives all empty chunks back, whatever retain_size says. Thread: the owner. */
W3D_API w3d_result w3d_router_trim(w3d_router *router);

#endif /* W3D_ROUTER_H */
