/* reference_order.c - sorting triangles, searching queues. */
#include "reference_order.h"

#include <stdlib.h>
#include <string.h>

#include "reference_mesh.h"

static int compare_triangles(const void *a, const void *b)
{
    const uint32_t *x = (const uint32_t *)a, *y = (const uint32_t *)b;
    for (int k = 0; k < 3; k++)
        if (x[k] != y[k]) return x[k] < y[k] ? -1 : 1;
    return 0;
}

/* A sorted copy; with `turned`, of triangles turned to their smallest form. */
static uint32_t *sorted(const uint32_t *indices, uint32_t count, int turned)
{
    uint32_t *copy = (uint32_t *)malloc((size_t)count * 4 + 4);
    for (uint32_t i = 0; i < count; i += 3) {
        memcpy(copy + i, indices + i, 12);
        for (uint32_t turn = 1; turned && turn < 3; turn++) {
            uint32_t other[3];
            for (uint32_t k = 0; k < 3; k++) other[k] = indices[i + (k + turn) % 3];
            if (compare_triangles(other, copy + i) < 0) memcpy(copy + i, other, 12);
        }
    }
    qsort(copy, count / 3, 12, compare_triangles);
    return copy;
}

int reference_order_same(const uint32_t *a, uint32_t a_count, const uint32_t *b, uint32_t b_count,
                         int turned)
{
    if (a_count != b_count || a_count % 3) return 0;
    uint32_t *x = sorted(a, a_count, turned), *y = sorted(b, b_count, turned);
    int same = !memcmp(x, y, (size_t)a_count * 4);
    free(x);
    free(y);
    return same;
}

int reference_order_is_permutation(const uint32_t *remap, uint32_t count)
{
    unsigned char *seen = (unsigned char *)calloc((size_t)count + 1, 1);
    int good = 1;
    for (uint32_t i = 0; i < count; i++) {
        good = good && remap[i] < count && !seen[remap[i]];
        if (good) seen[remap[i]] = 1;
    }
    free(seen);
    return good;
}

uint32_t reference_order_shaded(const uint32_t *indices, uint32_t index_count,
                                const w3d_mesh_cache_model *model, uint32_t *batches)
{
    uint32_t size = model->cache_size ? model->cache_size : 16;
    uint32_t *queue = (uint32_t *)malloc((size_t)size * 4);
    uint32_t held = 0, shaded = 0, in_batch = 0, triangles = 0;
    *batches = index_count ? 1 : 0;
    for (uint32_t i = 0; i < index_count; i += 3) {
        uint32_t missing = 0;
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t at = 0;
            while (at < held && queue[at] != indices[i + k]) at++;
            missing += at == held;
        }
        if ((model->batch_vertices && in_batch + missing > model->batch_vertices) ||
            (model->batch_triangles && triangles == model->batch_triangles)) {
            held = in_batch = triangles = 0;
            ++*batches;
        }
        triangles++;
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t at = 0;
            while (at < held && queue[at] != indices[i + k]) at++;
            if (at < held) continue;
            if (held == size) memmove(queue, queue + 1, (size_t)--held * 4);
            queue[held++] = indices[i + k];
            shaded++;
            in_batch++;
        }
    }
    free(queue);
    return shaded;
}

uint32_t reference_order_unpack(const uint32_t *strip, uint32_t strip_count, uint32_t *out)
{
    uint32_t written = 0;
    for (uint32_t i = 2; i < strip_count; i++) {
        uint32_t begin = i, corner[3];
        while (begin > 0 && strip[begin - 1] != 0xFFFFFFFFu) begin--;
        if (strip[i] == 0xFFFFFFFFu || i - begin < 2) continue;
        memcpy(corner, strip + i - 2, 12);
        if ((i - begin) % 2) corner[0] = strip[i - 1], corner[1] = strip[i - 2];
        if (corner[0] == corner[1] || corner[0] == corner[2] || corner[1] == corner[2]) continue;
        memcpy(out + written, corner, 12);
        written += 3;
    }
    return written;
}

void reference_order_shadow(const w3d_mesh_weld_desc *desc, uint32_t *out)
{
    uint32_t *remap = (uint32_t *)malloc((size_t)desc->vertex_count * 4 + 4);
    reference_mesh_weld(desc, remap);
    for (uint32_t i = 0; i < desc->index_count; i++)
        for (uint32_t v = desc->vertex_count; v-- > 0;)
            if (remap[v] == remap[desc->indices[i]]) out[i] = v;
    free(remap);
}

uint32_t reference_order_without_degenerate(const uint32_t *indices, uint32_t count, uint32_t *out)
{
    uint32_t written = 0;
    for (uint32_t i = 0; i < count; i += 3) {
        const uint32_t *corner = indices + i;
        if (corner[0] == corner[1] || corner[0] == corner[2] || corner[1] == corner[2]) continue;
        memmove(out + written, corner, 12);
        written += 3;
    }
    return written;
}
