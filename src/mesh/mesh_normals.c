/* mesh_normals.c - four triangles at a time, one in each lane.
 *
 * The cross product of two edges loses digits where they are nearly parallel: a*d and b*c nearly
 * cancel. Such triangles are seen by their edges' dot product being much larger, and are worked
 * again with their edges split into upper and lower halves.
 *
 * Triangles go by in batches, and each step is done for a whole batch before the next, so that the
 * few thin ones fill lanes of their own and long computations overlap.
 *
 * Scale never matters: edges are first multiplied by a power of two, which changes no digit, taken
 * from the mesh's first proper edge; should that be a bad guess for the rest, a second try takes
 * it from the longest. */
#include "mesh/mesh_normals.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_lanes.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

/* |x| + |y| + |z| */
W3D_INLINE w3d_f4 w3di_mesh_normals_size(w3di_mesh_lanes a)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_abs(a.x), w3d_f4_abs(a.y)), w3d_f4_abs(a.z));
}

/* The angle from the x axis to (x, y) for y >= 0: 0 to pi, and 0 for the zero vector. The
 * polynomial is atan(t) / t in t^2, fitted on [0, 1]: 1.4e-8 off at most. */
W3D_INLINE w3d_f4 w3di_mesh_normals_angle(w3d_f4 x, w3d_f4 y)
{
    static const float coefficient[] = { -0.0162828714f, 0.0430391505f, -0.075336583f, 0.106546693f,
                                         -0.142071322f,  0.199930534f,  -0.333330929f, 1.0f };
    w3d_f4 width = w3d_f4_abs(x), large = w3d_f4_max(width, y), lesser = w3d_f4_min(width, y);
    w3d_f4 t = w3d_f4_div(lesser, w3d_f4_max(large, w3d_f4_splat(FLT_MIN)));
    w3d_f4 square = w3d_f4_mul(t, t), sum = w3d_f4_splat(0.00290351803f);
    for (int i = 0; i < 8; i++)
        sum = w3d_f4_add(w3d_f4_mul(sum, square), w3d_f4_splat(coefficient[i]));
    w3d_f4 angle = w3d_f4_mul(sum, t), rest = w3d_f4_sub(w3d_f4_splat(1.57079633f), angle);
    angle = w3d_f4_select(w3d_f4_less(width, y), rest, angle);
    return w3d_f4_select(w3d_f4_less(x, w3d_f4_zero()),
                         w3d_f4_sub(w3d_f4_splat(3.14159265f), angle), angle);
}

/* Adds to one of the rows of four floats that hold the sums. */
W3D_INLINE void w3di_mesh_normals_add(float *sums, uint32_t vertex, w3d_f4 amount)
{
    float *sum = sums + (size_t)vertex * 4;
    w3d_f4_store(sum, w3d_f4_add(w3d_f4_load(sum), amount));
}

/* ---- batches ----
 *
 * Sixty-four triangles at a time: first all plain cross products, then the precise ones for the few
 * that need them, taken from the whole batch into full lanes, then the sums. */

#define W3DI_MESH_NORMALS_BATCH 64

/* The corners of a batch as they lie in the mesh, or a copy where they cannot be read there:
 * because the last vertex is among them, behind which there may be no fourth float, or because
 * there are fewer, and the rest is filled up with triangles of one vertex, which count for
 * nothing. */
typedef struct w3di_mesh_normals_batch {
    const uint32_t *corner; /* [192] into the mesh */
    const uint32_t *pick;   /* [192] into rows     */
    const float *rows;
    size_t stride;
    size_t blocks; /* of four triangles   */
    uint32_t copied_corner[W3DI_MESH_NORMALS_BATCH * 3];
    uint32_t in_order[W3DI_MESH_NORMALS_BATCH * 3];
    float copied_rows[W3DI_MESH_NORMALS_BATCH * 3][4];
} w3di_mesh_normals_batch;

/* A copy of `count` triangles; 0 where an index is out of range. */
static int w3di_mesh_normals_copy(w3di_mesh_normals_batch *batch, const w3d_mesh_view *mesh,
                                  const uint32_t *corner, size_t count)
{
    for (size_t i = 0; i < batch->blocks * 12; i++) {
        uint32_t vertex = i < count * 3 ? corner[i] : corner[0];
        if (vertex >= mesh->vertex_count) return 0;
        batch->copied_corner[i] = vertex;
        batch->in_order[i] = (uint32_t)i;
        w3d_copy(batch->copied_rows[i], w3d_mesh_position(mesh, vertex), 12);
        batch->copied_rows[i][3] = 0.0f;
    }
    batch->corner = batch->copied_corner;
    batch->pick = batch->in_order;
    batch->rows = batch->copied_rows[0];
    batch->stride = 16;
    return 1;
}

/* Where the normals of a batch are added if not at their vertices. Triangles that fill up the last
 * block have no area, and go where the first one goes. */
static const uint32_t *w3di_mesh_normals_rows(w3di_mesh_normals_batch *batch, const uint32_t *rows,
                                              size_t count)
{
    if (count % 4 == 0) return rows;
    for (size_t i = 0; i < batch->blocks * 12; i++)
        batch->copied_corner[i] = i < count * 3 ? rows[i] : rows[0];
    return batch->copied_corner;
}

/* Opens the batch at index `first` of `count` <= 64 triangles; 0 where an index is out of range. */
W3D_INLINE int w3di_mesh_normals_open(w3di_mesh_normals_batch *batch, const w3d_mesh_view *mesh,
                                      size_t first, size_t count)
{
    const uint32_t *corner = mesh->indices + first;
    batch->blocks = (count + 3) / 4;
    if (count % 4 || !w3di_mesh_check_indices(corner, count * 3, mesh->vertex_count - 1))
        return w3di_mesh_normals_copy(batch, mesh, corner, count);
    batch->corner = batch->pick = corner;
    batch->rows = mesh->positions;
    batch->stride = mesh->stride ? mesh->stride : 12;
    return 1;
}

/* ---- cross products ---- */

/* The edges of four triangles from their first corners. */
typedef struct w3di_mesh_normals_edges {
    w3di_mesh_lanes ab, ac;
} w3di_mesh_normals_edges;

/* Those of four triangles whose corners are pick[0..11], subtracted before they are turned into
 * lanes: that saves a transposition. */
W3D_INLINE w3di_mesh_normals_edges w3di_mesh_normals_edges_of(const uint32_t *pick,
                                                              const float *rows, size_t stride)
{
    w3di_mesh_normals_edges edges;
    w3d_f4 ab[4], ac[4];
    for (int i = 0; i < 4; i++) {
        w3d_f4 a = w3d_f4_load(w3di_mesh_lanes_row(rows, stride, pick[3 * i]));
        ab[i] = w3d_f4_sub(w3d_f4_load(w3di_mesh_lanes_row(rows, stride, pick[3 * i + 1])), a);
        ac[i] = w3d_f4_sub(w3d_f4_load(w3di_mesh_lanes_row(rows, stride, pick[3 * i + 2])), a);
    }
    w3d_f4_transpose(&ab[0], &ab[1], &ab[2], &ab[3]);
    w3d_f4_transpose(&ac[0], &ac[1], &ac[2], &ac[3]);
    edges.ab.x = ab[0];
    edges.ab.y = ab[1];
    edges.ab.z = ab[2];
    edges.ac.x = ac[0];
    edges.ac.y = ac[1];
    edges.ac.z = ac[2];
    return edges;
}

W3D_INLINE w3di_mesh_lanes w3di_mesh_normals_plus(w3di_mesh_lanes a, w3di_mesh_lanes b)
{
    a.x = w3d_f4_add(a.x, b.x);
    a.y = w3d_f4_add(a.y, b.y);
    a.z = w3d_f4_add(a.z, b.z);
    return a;
}

/* A vector in two parts: 12 bits of each component, and all that is left. */
typedef struct w3di_mesh_normals_parts {
    w3di_mesh_lanes high, low;
} w3di_mesh_normals_parts;

/* (to - from) * scale for one component; the difference is exact in both parts together. */
W3D_INLINE void w3di_mesh_normals_part(w3d_f4 to, w3d_f4 from, w3d_f4 scale, w3d_f4 *high,
                                       w3d_f4 *low)
{
    w3d_f4 step = w3d_f4_sub(to, from), back = w3d_f4_sub(step, to);
    w3d_f4 lost = w3d_f4_sub(w3d_f4_sub(to, w3d_f4_sub(step, back)), w3d_f4_add(from, back));
    step = w3d_f4_mul(step, scale);
    *high = w3d_f4_and(step, w3d_f4_bits_i4(w3d_i4_splat(-0x1000)));
    *low = w3d_f4_add(w3d_f4_sub(step, *high), w3d_f4_mul(lost, scale));
}

W3D_INLINE w3di_mesh_normals_parts w3di_mesh_normals_parts_of(w3di_mesh_lanes to,
                                                              w3di_mesh_lanes from, w3d_f4 scale)
{
    w3di_mesh_normals_parts parts;
    w3di_mesh_normals_part(to.x, from.x, scale, &parts.high.x, &parts.low.x);
    w3di_mesh_normals_part(to.y, from.y, scale, &parts.high.y, &parts.low.y);
    w3di_mesh_normals_part(to.z, from.z, scale, &parts.high.z, &parts.low.z);
    return parts;
}

/* high * low' + low * high' for the two products of one component: a y times b z and so on. */
W3D_INLINE w3d_f4 w3di_mesh_normals_mixed_product(w3d_f4 a_high, w3d_f4 a_low, w3d_f4 b_high,
                                                  w3d_f4 b_low)
{
    return w3d_f4_add(w3d_f4_mul(a_high, b_low), w3d_f4_mul(a_low, b_high));
}

W3D_INLINE w3di_mesh_lanes w3di_mesh_normals_mixed(w3di_mesh_normals_parts a,
                                                   w3di_mesh_normals_parts b)
{
    w3di_mesh_lanes n;
    n.x = w3d_f4_sub(w3di_mesh_normals_mixed_product(a.high.y, a.low.y, b.high.z, b.low.z),
                     w3di_mesh_normals_mixed_product(b.high.y, b.low.y, a.high.z, a.low.z));
    n.y = w3d_f4_sub(w3di_mesh_normals_mixed_product(a.high.z, a.low.z, b.high.x, b.low.x),
                     w3di_mesh_normals_mixed_product(b.high.z, b.low.z, a.high.x, a.low.x));
    n.z = w3d_f4_sub(w3di_mesh_normals_mixed_product(a.high.x, a.low.x, b.high.y, b.low.y),
                     w3di_mesh_normals_mixed_product(b.high.x, b.low.x, a.high.y, a.low.y));
    return n;
}

/* The cross product with about 36 binary digits of the edges' lengths. Products of two upper parts
 * are exact, and so is their difference where it matters. Equal edges give exactly zero. */
static w3di_mesh_lanes w3di_mesh_normals_precise(const w3di_mesh_lanes *corners, w3d_f4 scale)
{
    w3di_mesh_normals_parts a = w3di_mesh_normals_parts_of(corners[1], corners[0], scale);
    w3di_mesh_normals_parts b = w3di_mesh_normals_parts_of(corners[2], corners[0], scale);
    w3di_mesh_lanes rest = w3di_mesh_lanes_cross(a.low, b.low);
    rest = w3di_mesh_normals_plus(rest, w3di_mesh_normals_mixed(a, b));
    return w3di_mesh_normals_plus(w3di_mesh_lanes_cross(a.high, b.high), rest);
}

/* Products up to 2^90 are kept: 2^31 of them can be added. */
W3D_INLINE w3d_f4 w3di_mesh_normals_most(void) { return w3d_f4_splat(1.2379400392853803e27f); }

/* Whether the plain cross product will do: edges that stand at more than about 10 degrees to each
 * other. It depends on the triangle alone, not on its neighbours in the lanes. */
W3D_INLINE w3d_f4 w3di_mesh_normals_good(const w3di_mesh_normals_edges *edges,
                                         w3di_mesh_lanes plain)
{
    w3d_f4 along = w3d_f4_abs(w3di_mesh_lanes_dot(edges->ab, edges->ac));
    w3d_f4 size = w3di_mesh_normals_size(plain);
    return w3d_f4_and(w3d_f4_lesseq(w3d_f4_mul(along, w3d_f4_splat(0.25f)), size),
                      w3d_f4_lesseq(size, w3di_mesh_normals_most())); /* both false for NaN */
}

/* What is known of the triangles of a batch, in blocks of four lanes. */
typedef struct w3di_mesh_normals_faces {
    w3di_mesh_normals_edges edges[W3DI_MESH_NORMALS_BATCH / 4]; /* scaled; for angles and ranges */
    float normal[W3DI_MESH_NORMALS_BATCH / 4][3][4];            /* the cross products: x, y, z   */
    float scale[W3DI_MESH_NORMALS_BATCH];                       /* what edges were multiplied by */
    float height[W3DI_MESH_NORMALS_BATCH / 4][4];    /* two edges times the sine between them    */
    float factor[W3DI_MESH_NORMALS_BATCH / 4][3][4]; /* for corners: times the cosine; the angle */
} w3di_mesh_normals_faces;

W3D_INLINE void w3di_mesh_normals_put(w3di_mesh_normals_faces *faces, size_t block,
                                      w3di_mesh_lanes v)
{
    w3d_f4_store(faces->normal[block][0], v.x);
    w3d_f4_store(faces->normal[block][1], v.y);
    w3d_f4_store(faces->normal[block][2], v.z);
}

/* Works the listed triangles of a batch again. Products that are not finite or exceed the bound
 * become zero, and the result is 0. */
static int w3di_mesh_normals_again(const w3di_mesh_normals_batch *batch,
                                   w3di_mesh_normals_faces *faces, const uint32_t *list,
                                   size_t count)
{
    int all_proper = 1;
    for (size_t first = 0; first < count; first += 4) {
        size_t lanes = count - first < 4 ? count - first : 4;
        w3di_mesh_lanes corners[3];
        const float *row[4];
        float scale[4], normal[3][4];
        for (size_t i = 0; i < 4; i++) scale[i] = faces->scale[list[first + (i < lanes ? i : 0)]];
        for (size_t k = 0; k < 3; k++) {
            for (size_t i = 0; i < 4; i++) {
                size_t face = list[first + (i < lanes ? i : 0)];
                row[i] = w3di_mesh_lanes_row(batch->rows, batch->stride, batch->pick[3 * face + k]);
            }
            corners[k] = w3di_mesh_lanes_gather(row[0], row[1], row[2], row[3]);
        }
        w3di_mesh_lanes precise = w3di_mesh_normals_precise(corners, w3d_f4_load(scale));
        w3d_f4 proper = w3d_f4_lesseq(w3di_mesh_normals_size(precise), w3di_mesh_normals_most());
        if (w3d_f4_mask(proper) != 15) all_proper = 0;
        precise = w3di_mesh_lanes_and(precise, proper);
        w3d_f4_store(normal[0], precise.x);
        w3d_f4_store(normal[1], precise.y);
        w3d_f4_store(normal[2], precise.z);
        for (size_t i = 0; i < lanes; i++)
            for (size_t k = 0; k < 3; k++)
                faces->normal[list[first + i] / 4][k][list[first + i] % 4] = normal[k][i];
    }
    return all_proper;
}

/* The cross products of a batch. Every edge is multiplied by `scale`, or, where that is NULL, each
 * triangle's by a power of two of its own. 0: some are not finite or exceed the bound, and zero. */
W3D_INLINE int w3di_mesh_normals_faces_of(const w3di_mesh_normals_batch *batch, const w3d_f4 *scale,
                                          int keep_edges, w3di_mesh_normals_faces *faces)
{
    uint32_t list[W3DI_MESH_NORMALS_BATCH];
    size_t count = 0;
    const uint32_t *pick = batch->pick;
    const float *rows = batch->rows;
    size_t stride = batch->stride;
    for (size_t block = 0; block < batch->blocks; block++, pick += 12) {
        w3di_mesh_normals_edges edges = w3di_mesh_normals_edges_of(pick, rows, stride);
        w3d_f4 factor = scale
                            ? *scale
                            : w3di_mesh_lanes_power(w3d_f4_max(w3di_mesh_lanes_largest(edges.ab),
                                                               w3di_mesh_lanes_largest(edges.ac)));
        edges.ab = w3di_mesh_lanes_mul(edges.ab, factor);
        edges.ac = w3di_mesh_lanes_mul(edges.ac, factor);
        w3di_mesh_lanes plain = w3di_mesh_lanes_cross(edges.ab, edges.ac);
        int good = w3d_f4_mask(w3di_mesh_normals_good(&edges, plain));
        w3di_mesh_normals_put(faces, block, plain);
        if (keep_edges) faces->edges[block] = edges;
        if (good == 15) continue;
        w3d_f4_store(faces->scale + 4 * block, factor);
        for (uint32_t lane = 0; lane < 4; lane++) {
            list[count] = (uint32_t)block * 4 + lane;
            count += (size_t)(~good >> lane & 1);
        }
    }
    return count == 0 || w3di_mesh_normals_again(batch, faces, list, count);
}

W3D_INLINE w3di_mesh_lanes w3di_mesh_normals_face_lanes(const w3di_mesh_normals_faces *faces,
                                                        size_t block)
{
    w3di_mesh_lanes v;
    v.x = w3d_f4_load(faces->normal[block][0]);
    v.y = w3d_f4_load(faces->normal[block][1]);
    v.z = w3d_f4_load(faces->normal[block][2]);
    return v;
}

/* ---- vertex normals ---- */

/* The largest finite difference of coordinates along an edge: in the first triangle that has one
 * above zero, or in all triangles. 0: there is none. Triangles with indices out of range are
 * passed over here, and reported by the pass that follows. */
static float w3di_mesh_normals_longest(const w3d_mesh_view *mesh, int of_all)
{
    float longest = 0.0f;
    for (size_t first = 0; first < mesh->index_count; first += 3) {
        const uint32_t *corner = mesh->indices + first;
        const float *row[3];
        float here = 0.0f;
        if (corner[0] >= mesh->vertex_count || corner[1] >= mesh->vertex_count ||
            corner[2] >= mesh->vertex_count)
            continue;
        for (int k = 0; k < 3; k++) row[k] = w3d_mesh_position(mesh, corner[k]);
        for (int k = 0; k < 9; k++) {
            float edge = row[(k / 3 + 1) % 3][k % 3] - row[k / 3][k % 3];
            if (edge < 0.0f) edge = -edge;
            if (!(edge <= FLT_MAX)) break; /* NaN or infinite: not a proper triangle */
            if (edge > here) here = edge;
            if (k == 8 && here > longest) longest = here;
        }
        if (longest > 0.0f && !of_all) break;
    }
    return longest;
}

/* Adds four normals to the sums of their corners: each as it is, or times what is in `factor` for
 * its first, second and third corners. */
W3D_INLINE void w3di_mesh_normals_deposit(float *sums, const uint32_t *corner, w3di_mesh_lanes face,
                                          float (*factor)[4])
{
    if (!factor) {
        w3di_mesh_lanes_rows shares = w3di_mesh_lanes_to_rows(face);
        for (int i = 0; i < 12; i++) w3di_mesh_normals_add(sums, corner[i], shares.row[i / 3]);
        return;
    }
    for (int k = 0; k < 3; k++) {
        w3di_mesh_lanes share = w3di_mesh_lanes_mul(face, w3d_f4_load(factor[k]));
        w3di_mesh_lanes_rows shares = w3di_mesh_lanes_to_rows(share);
        for (int i = 0; i < 4; i++) w3di_mesh_normals_add(sums, corner[3 * i + k], shares.row[i]);
    }
}

/* The angles at the corners of a batch, 0 for triangles that count for nothing; with W3D_NORMAL_
 * WEIGHT_ANGLE the normals become unit length. Long chains of dependent steps: loops of one step
 * each for the whole batch keep the machine busy. */
W3D_INLINE void w3di_mesh_normals_weigh(w3di_mesh_normals_faces *faces, size_t blocks,
                                        w3d_normal_weight weight)
{
    for (size_t block = 0; block < blocks; block++) {
        const w3di_mesh_normals_edges *edges = &faces->edges[block];
        w3di_mesh_lanes face = w3di_mesh_normals_face_lanes(faces, block);
        w3di_mesh_lanes unit = w3di_mesh_lanes_unit(face);
        w3di_mesh_lanes bc = w3di_mesh_lanes_sub(edges->ac, edges->ab);
        w3d_f4_store(faces->height[block], w3di_mesh_lanes_dot(unit, face));
        w3d_f4_store(faces->factor[block][0], w3di_mesh_lanes_dot(edges->ab, edges->ac));
        w3d_f4_store(faces->factor[block][1], w3d_f4_negate(w3di_mesh_lanes_dot(edges->ab, bc)));
        w3d_f4_store(faces->factor[block][2], w3di_mesh_lanes_dot(edges->ac, bc));
        if (weight == W3D_NORMAL_WEIGHT_ANGLE) w3di_mesh_normals_put(faces, block, unit);
    }
    for (size_t block = 0; block < blocks; block++) {
        w3d_f4 height = w3d_f4_load(faces->height[block]);
        w3d_f4 proper = w3d_f4_less(w3d_f4_zero(), height); /* elsewhere edges may be NaN */
        for (int k = 0; k < 3; k++) {
            float *factor = faces->factor[block][k];
            w3d_f4 angle = w3di_mesh_normals_angle(w3d_f4_load(factor), height);
            w3d_f4_store(factor, w3d_f4_and(angle, proper));
        }
    }
}

/* Adds every triangle to the sums. Gives W3D_ERR_INDEX, or W3D_ERR_RANGE where a triangle turned
 * out too large for the scale or not finite; the last pass leaves such triangles out. */
static w3d_result w3di_mesh_normals_sum(const w3d_mesh_view *mesh,
                                        const w3d_mesh_normals_desc *desc, float *sums,
                                        int last_pass)
{
    float longest = w3di_mesh_normals_longest(mesh, last_pass);
    w3d_f4 scale = w3di_mesh_lanes_power(w3d_f4_splat(longest));
    int weighted = desc->weight != W3D_NORMAL_WEIGHT_AREA;
    w3di_mesh_normals_batch batch;
    w3di_mesh_normals_faces faces;
    for (size_t first = 0; first < mesh->index_count; first += W3DI_MESH_NORMALS_BATCH * 3) {
        size_t left = (mesh->index_count - first) / 3;
        size_t count = left < W3DI_MESH_NORMALS_BATCH ? left : W3DI_MESH_NORMALS_BATCH;
        if (!w3di_mesh_normals_open(&batch, mesh, first, count)) return W3D_ERR_INDEX;
        if (!w3di_mesh_normals_faces_of(&batch, &scale, weighted, &faces) && !last_pass)
            return W3D_ERR_RANGE;
        const uint32_t *corner = batch.corner;
        if (desc->rows) corner = w3di_mesh_normals_rows(&batch, desc->rows + first, count);
        if (weighted) w3di_mesh_normals_weigh(&faces, batch.blocks, desc->weight);
        for (size_t block = 0; block < batch.blocks; block++, corner += 12)
            w3di_mesh_normals_deposit(sums, corner, w3di_mesh_normals_face_lanes(&faces, block),
                                      weighted ? faces.factor[block] : NULL);
    }
    return W3D_OK;
}

W3D_API size_t w3d_mesh_normals_scratch_size(uint32_t vertex_count)
{
    size_t size = 15; /* to align the rows */
    return w3d_size_append(&size, vertex_count, 16) ? size : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_normals(const w3d_mesh_view *mesh, const w3d_mesh_normals_desc *desc,
                                    float *out, w3d_arena scratch)
{
    w3d_mesh_normals_desc none = { W3D_NORMAL_WEIGHT_AREA, 0, NULL, 0 };
    if (!desc) desc = &none;
    int kept = w3di_mesh_check_view(mesh) && w3di_mesh_check_stride(desc->out_stride) &&
               (unsigned)desc->weight <= (unsigned)W3D_NORMAL_WEIGHT_AREA_ANGLE;
    uint32_t row_count = kept && !desc->rows ? mesh->vertex_count : desc->row_count;
    kept = kept && (out || row_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (mesh->vertex_count == 0 && mesh->index_count) return W3D_ERR_INDEX;
    if (desc->rows && !w3di_mesh_check_indices(desc->rows, mesh->index_count, row_count))
        return W3D_ERR_INDEX;
    if (row_count == 0) return W3D_OK;

    size_t size = (size_t)row_count * 16;
    if (scratch.size - scratch.used < w3d_mesh_normals_scratch_size(row_count))
        return W3D_ERR_CAPACITY;
    float *sums = (float *)w3d_arena_push_zero(&scratch, row_count, 16, 16);
    if (!sums) return W3D_ERR_CAPACITY;
    w3d_result result = w3di_mesh_normals_sum(mesh, desc, sums, 0);
    if (result == W3D_ERR_RANGE) {
        w3d_fill(sums, 0, size);
        result = w3di_mesh_normals_sum(mesh, desc, sums, 1);
    }
    if (result != W3D_OK) return result;

    size_t stride = desc->out_stride ? desc->out_stride : 12, row = 0;
    const float *sum = sums;
    char *to = (char *)out;
    for (; row + 4 <= row_count; row += 4, sum += 16, to += 4 * stride) {
        w3di_mesh_lanes lanes = w3di_mesh_lanes_gather(sum, sum + 4, sum + 8, sum + 12);
        w3di_mesh_lanes_scatter((float *)(void *)to, stride, w3di_mesh_lanes_unit(lanes), 4);
    }
    if (row < row_count) {
        size_t left = row_count - row;
        w3di_mesh_lanes lanes =
            w3di_mesh_lanes_gather(sum, sum + (left > 1 ? 4 : 0), sum + (left > 2 ? 8 : 0), sum);
        w3di_mesh_lanes_scatter((float *)(void *)to, stride, w3di_mesh_lanes_unit(lanes), left);
    }
    return W3D_OK;
}

/* ---- face normals ---- */

W3D_API w3d_result w3d_mesh_normals_faces(const w3d_mesh_view *mesh,
                                          const w3d_mesh_normals_faces_desc *desc, float *out)
{
    w3d_mesh_normals_faces_desc none = { 0, 0, 0 };
    if (!desc) desc = &none;
    uint32_t face_count = mesh ? mesh->index_count / 3 : 0;
    uint32_t end = desc->end ? desc->end : face_count;
    int kept = w3di_mesh_check_view(mesh) && (out || mesh->index_count == 0) &&
               w3di_mesh_check_stride(desc->out_stride) && desc->begin <= end && end <= face_count;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (desc->begin == end) return W3D_OK;
    if (!w3di_mesh_check_indices(mesh->indices + (size_t)desc->begin * 3,
                                 (size_t)(end - desc->begin) * 3, mesh->vertex_count))
        return W3D_ERR_INDEX;

    size_t stride = desc->out_stride ? desc->out_stride : 12;
    w3di_mesh_normals_batch batch;
    w3di_mesh_normals_faces faces;
    for (size_t face = desc->begin; face < end; face += W3DI_MESH_NORMALS_BATCH) {
        size_t count = end - face < W3DI_MESH_NORMALS_BATCH ? end - face : W3DI_MESH_NORMALS_BATCH;
        w3di_mesh_normals_open(&batch, mesh, face * 3, count);
        /* Here every triangle has a scale of its own, that of its longer edge. */
        w3di_mesh_normals_faces_of(&batch, NULL, 0, &faces);
        for (size_t i = 0; i < count; i += 4)
            w3di_mesh_lanes_scatter((float *)(void *)((char *)out + (face + i) * stride), stride,
                                    w3di_mesh_lanes_unit(
                                        w3di_mesh_normals_face_lanes(&faces, i / 4)),
                                    count - i < 4 ? count - i : 4);
    }
    return W3D_OK;
}

/* ---- vectors ---- */

/* Unit length; (0, 0, 0) where it is below 1e-6 or a component is not finite. A square that has
 * lost digits at the small end belongs to a length below 1e-6 anyway. */
W3D_INLINE w3di_mesh_lanes w3di_mesh_normals_checked(w3di_mesh_lanes v)
{
    w3d_f4 square = w3di_mesh_lanes_dot(v, v), shortest = w3d_f4_splat(1e-6f);
    if (w3d_f4_mask(w3d_f4_lesseq(square, w3d_f4_splat(FLT_MAX))) != 15) {
        w3d_f4 power = w3di_mesh_lanes_power(w3di_mesh_lanes_largest(v));
        v = w3di_mesh_lanes_mul(v, power);
        square = w3di_mesh_lanes_dot(v, v);
        shortest = w3d_f4_mul(shortest, power);
    }
    w3d_f4 length = w3d_f4_sqrt(square);
    w3d_f4 proper =
        w3d_f4_and(w3d_f4_lesseq(shortest, length), w3d_f4_lesseq(length, w3d_f4_splat(FLT_MAX)));
    v.x = w3d_f4_div(v.x, length);
    v.y = w3d_f4_div(v.y, length);
    v.z = w3d_f4_div(v.z, length);
    return w3di_mesh_lanes_and(v, proper);
}

W3D_API w3d_result w3d_mesh_normals_normalise(float *vectors, uint32_t count, uint32_t stride)
{
    int kept = (vectors || count == 0) && w3di_mesh_check_stride(stride);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    size_t step = stride ? stride : 12;
    char *row = (char *)vectors;
    for (size_t left = count; left;) {
        size_t lanes = left < 4 ? left : 4;
        w3di_mesh_lanes v =
            w3di_mesh_lanes_gather_some((const float *)(const void *)row, step, lanes, left > 4);
        w3di_mesh_lanes_scatter((float *)(void *)row, step, w3di_mesh_normals_checked(v), lanes);
        row += lanes * step;
        left -= lanes;
    }
    return W3D_OK;
}

#undef W3DI_MESH_NORMALS_BATCH

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
