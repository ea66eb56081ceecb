/* allocator.c - the only file that names malloc and memory.grow.
 *
 * The freestanding heap has size classes, four to a doubling, and a free list for each: blocks
 * carry no header, because the caller hands the size back. A freed block serves its own class,
 * or is split for a smaller one; the topmost block grows and shrinks in place. Its state lies at
 * __heap_base, in memory that starts out zero, so that a module's snapshot carries it along. */
#include "memory/allocator.h"

#if defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__)

#define W3DI_ALLOCATOR_CLASSES 112
#define W3DI_ALLOCATOR_PAGE    65536u

typedef struct w3di_allocator_free {
    struct w3di_allocator_free *next;
} w3di_allocator_free;

typedef struct w3di_allocator_heap {
    uintptr_t top; /* first byte never handed out; 0 before the first use */
    uintptr_t end; /* end of the memory that may be used                  */
    w3di_allocator_free *free[W3DI_ALLOCATOR_CLASSES];
} w3di_allocator_heap;

extern unsigned char __heap_base; /* set by the linker: end of data and stack */

/* Bytes in a block of class c: 16, 20, 24, 28, 32, 40, ... rounded up to 16. */
static size_t w3di_allocator_class_size(unsigned c)
{
    size_t size = (size_t)(4u + (c & 3u)) << ((c >> 2) + 2u);
    return (size + 15u) & ~(size_t)15u;
}

static unsigned w3di_allocator_class_of(size_t size)
{
    unsigned low = 0, high = W3DI_ALLOCATOR_CLASSES - 1;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (w3di_allocator_class_size(middle) < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void w3di_allocator_release(w3di_allocator_heap *heap, uintptr_t address, unsigned c)
{
    w3di_allocator_free *block = (w3di_allocator_free *)address;
    block->next = heap->free[c];
    heap->free[c] = block;
}

/* Hands [begin, end) to the largest classes that fit, until less than 16 bytes stay. */
static void w3di_allocator_give_back(w3di_allocator_heap *heap, uintptr_t begin, uintptr_t end)
{
    while (end - begin >= 16u) {
        unsigned c = w3di_allocator_class_of((size_t)(end - begin));
        while (w3di_allocator_class_size(c) > end - begin) c--;
        w3di_allocator_release(heap, begin, c);
        begin += w3di_allocator_class_size(c);
    }
}

/* Moves `top` up to `wanted`, growing the memory where needed. */
static int w3di_allocator_raise(w3di_allocator_heap *heap, uintptr_t wanted)
{
    if (wanted > heap->end) {
        size_t pages = (wanted - heap->end + W3DI_ALLOCATOR_PAGE - 1u) / W3DI_ALLOCATOR_PAGE;
        size_t before = __builtin_wasm_memory_grow(0, pages);
        if (before == (size_t)-1) return 0;
        /* Somebody else may have grown the memory in between: then go on behind their pages. */
        if (before * W3DI_ALLOCATOR_PAGE != heap->end) {
            w3di_allocator_give_back(heap, heap->top, heap->end);
            wanted = before * W3DI_ALLOCATOR_PAGE + (wanted - heap->top);
            heap->top = before * W3DI_ALLOCATOR_PAGE;
        }
        heap->end = (before + pages) * W3DI_ALLOCATOR_PAGE;
        if (wanted > heap->end) return 0;
    }
    heap->top = wanted;
    return 1;
}

static void *w3di_allocator_take(w3di_allocator_heap *heap, unsigned c)
{
    size_t size = w3di_allocator_class_size(c);
    for (unsigned larger = c; larger < W3DI_ALLOCATOR_CLASSES; larger++) {
        w3di_allocator_free *block = heap->free[larger];
        if (!block) continue;
        heap->free[larger] = block->next;
        w3di_allocator_give_back(heap, (uintptr_t)block + size,
                                 (uintptr_t)block + w3di_allocator_class_size(larger));
        return block;
    }
    uintptr_t top = heap->top;
    if (size > (uintptr_t)-1 - top || !w3di_allocator_raise(heap, top + size)) return NULL;
    return (void *)(heap->top - size);
}

static void *w3di_allocator_default(void *block, size_t old_size, size_t new_size)
{
    uintptr_t base = ((uintptr_t)&__heap_base + 15u) & ~(uintptr_t)15u;
    w3di_allocator_heap *heap = (w3di_allocator_heap *)base;
    unsigned largest = W3DI_ALLOCATOR_CLASSES - 1;
    if (new_size > w3di_allocator_class_size(largest)) return NULL;
    if (!heap->top) {
        heap->top = (base + sizeof *heap + 15u) & ~(uintptr_t)15u;
        heap->end = __builtin_wasm_memory_size(0) * W3DI_ALLOCATOR_PAGE;
    }
    if (!block)
        return new_size ? w3di_allocator_take(heap, w3di_allocator_class_of(new_size)) : NULL;

    unsigned from = w3di_allocator_class_of(old_size), to = w3di_allocator_class_of(new_size);
    uintptr_t address = (uintptr_t)block;
    if (!new_size) {
        w3di_allocator_release(heap, address, from);
        return NULL;
    }
    if (from == to) return block;
    if (address + w3di_allocator_class_size(from) == heap->top) {
        uintptr_t wanted = address + w3di_allocator_class_size(to);
        uintptr_t memory_end = __builtin_wasm_memory_size(0) * W3DI_ALLOCATOR_PAGE;
        if (wanted > address && (wanted <= heap->end || heap->end == memory_end) &&
            w3di_allocator_raise(heap, wanted))
            return block;
    }
    void *moved = w3di_allocator_take(heap, to);
    if (!moved) return NULL;
    w3d_copy(moved, block, old_size < new_size ? old_size : new_size);
    w3di_allocator_release(heap, address, from);
    return moved;
}

#undef W3DI_ALLOCATOR_CLASSES
#undef W3DI_ALLOCATOR_PAGE

#else

#include <stdlib.h>

static void *w3di_allocator_default(void *block, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

#endif

W3D_API void *w3d_allocator_resize(const w3d_allocator *allocator, void *block, size_t old_size,
                                   size_t new_size)
{
    if (allocator && allocator->resize)
        return allocator->resize(allocator->user, block, old_size, new_size);
    return w3di_allocator_default(block, old_size, new_size);
}

static void *w3di_allocator_count(void *user, void *block, size_t old_size, size_t new_size)
{
    w3d_allocator_counter *counter = (w3d_allocator_counter *)user;
    if (new_size > old_size) {
        counter->requests++;
        if (counter->fail_at && counter->requests >= counter->fail_at &&
            (counter->fail_always || counter->requests == counter->fail_at))
            return NULL;
    }
    void *result = w3d_allocator_resize(&counter->inner, block, old_size, new_size);
    if (!result && new_size) return NULL;
    if (!block && result) counter->live_blocks++;
    if (block && !new_size) counter->live_blocks--;
    counter->live_bytes += (uint64_t)new_size - (uint64_t)old_size;
    if (counter->live_bytes > counter->peak_bytes) counter->peak_bytes = counter->live_bytes;
    return result;
}

W3D_API w3d_allocator w3d_allocator_counting(w3d_allocator_counter *counter)
{
    w3d_allocator allocator;
    allocator.resize = w3di_allocator_count;
    allocator.user = counter;
    return allocator;
}
