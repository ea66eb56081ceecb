/* mesh_normals.c - four triangles at a time, one in each lane.
 *
 * The cross product of two edges loses digits where they are nearly parallel: a*d and b*c nearly
 * cancel. Such triangles are seen by their edges' dot product being much larger, and are worked
 * again with their edges split into upper and lower halves.
 *
 * Scale never matters: edges are first multiplied by a power of two, which changes no digit, taken
 * from the mesh's first proper edge; should that be a bad guess for the rest, a second try takes
 * it from the longest. */
#include "mesh/mesh_normals.h"
#include "mesh/mesh_check.h"

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

/* Four vectors, one to a lane. */
typedef struct w3di_mesh_normals_vec {
    w3d_f4 x, y, z;
} w3di_mesh_normals_vec;

W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_sub(w3di_mesh_normals_vec a,
                                                       w3di_mesh_normals_vec b)
{
    a.x = w3d_f4_sub(a.x, b.x);
    a.y = w3d_f4_sub(a.y, b.y);
    a.z = w3d_f4_sub(a.z, b.z);
    return a;
}
W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_mul(w3di_mesh_normals_vec a, w3d_f4 factor)
{
    a.x = w3d_f4_mul(a.x, factor);
    a.y = w3d_f4_mul(a.y, factor);
    a.z = w3d_f4_mul(a.z, factor);
    return a;
}
W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_and(w3di_mesh_normals_vec a, w3d_f4 mask)
{
    a.x = w3d_f4_and(a.x, mask);
    a.y = w3d_f4_and(a.y, mask);
    a.z = w3d_f4_and(a.z, mask);
    return a;
}
W3D_INLINE w3d_f4 w3di_mesh_normals_dot(w3di_mesh_normals_vec a, w3di_mesh_normals_vec b)
{
    w3d_f4 xy = w3d_f4_add(w3d_f4_mul(a.x, b.x), w3d_f4_mul(a.y, b.y));
    return w3d_f4_add(xy, w3d_f4_mul(a.z, b.z));
}
W3D_INLINE w3d_f4 w3di_mesh_normals_largest(w3di_mesh_normals_vec a)
{
    return w3d_f4_max(w3d_f4_max(w3d_f4_abs(a.x), w3d_f4_abs(a.y)), w3d_f4_abs(a.z));
}

/* The power of two that brings a positive lane to [1, 2); the nearest there is for subnormal
 * lanes and those above 2^126; some power of two for zero, infinity and NaN. */
W3D_INLINE w3d_f4 w3di_mesh_normals_power(w3d_f4 a)
{
    w3d_i4 exponent = w3d_i4_and(w3d_i4_bits_f4(a), w3d_i4_splat(0x7F800000));
    w3d_i4 opposite = w3d_i4_sub(w3d_i4_splat(0x7F000000), exponent);
    return w3d_f4_bits_i4(w3d_i4_max(opposite, w3d_i4_splat(0x00800000)));
}

/* 1 where every lane lies in [low, high]. */
W3D_INLINE int w3di_mesh_normals_between(w3d_f4 low, w3d_f4 a, w3d_f4 high)
{
    return w3d_f4_mask(w3d_f4_and(w3d_f4_lesseq(low, a), w3d_f4_lesseq(a, high))) == 15;
}

/* Unit length; (0, 0, 0) in lanes that are zero or not finite. */
W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_unit(w3di_mesh_normals_vec a)
{
    w3d_f4 square = w3di_mesh_normals_dot(a, a), proper = w3d_f4_bits_i4(w3d_i4_splat(-1));
    if (!w3di_mesh_normals_between(w3d_f4_splat(1e-20f), square, w3d_f4_splat(1e20f))) {
        a = w3di_mesh_normals_mul(a, w3di_mesh_normals_power(w3di_mesh_normals_largest(a)));
        square = w3di_mesh_normals_dot(a, a);
        proper = w3d_f4_and(w3d_f4_less(w3d_f4_zero(), square),
                            w3d_f4_lesseq(square, w3d_f4_splat(FLT_MAX)));
    }
    w3d_f4 inverse = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_sqrt(square));
    return w3di_mesh_normals_and(w3di_mesh_normals_mul(a, inverse), proper);
}

W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_cross(w3di_mesh_normals_vec a,
                                                         w3di_mesh_normals_vec b)
{
    w3di_mesh_normals_vec n;
    n.x = w3d_f4_sub(w3d_f4_mul(a.y, b.z), w3d_f4_mul(a.z, b.y));
    n.y = w3d_f4_sub(w3d_f4_mul(a.z, b.x), w3d_f4_mul(a.x, b.z));
    n.z = w3d_f4_sub(w3d_f4_mul(a.x, b.y), w3d_f4_mul(a.y, b.x));
    return n;
}

/* |x| + |y| + |z| */
W3D_INLINE w3d_f4 w3di_mesh_normals_size(w3di_mesh_normals_vec a)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_abs(a.x), w3d_f4_abs(a.y)), w3d_f4_abs(a.z));
}

/* The angle from the x axis to (x, y) for y >= 0: 0 to pi, and 0 for the zero vector. The
 * polynomial is atan(t) / t in t^2, fitted on [0, 1]: 1.4e-8 off at most. */
W3D_INLINE w3d_f4 w3di_mesh_normals_angle(w3d_f4 x, w3d_f4 y)
{
    static const float coefficient[] = { -0.0162828714f, 0.0430391505f, -0.075336583f,
                                         0.106546693f,   -0.142071322f, 0.199930534f,
                                         -0.333330929f,  1.0f };
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

/* ---- rows of memory and lanes ---- */

W3D_INLINE const float *w3di_mesh_normals_row(const float *rows, size_t stride, uint32_t index)
{
    return (const float *)(const void *)((const char *)rows + (size_t)index * stride);
}

/* Four rows to lanes; 16 bytes of each row are read. */
W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_gather(const float *a, const float *b,
                                                          const float *c, const float *d)
{
    w3d_f4 x = w3d_f4_load(a), y = w3d_f4_load(b), z = w3d_f4_load(c), w = w3d_f4_load(d);
    w3d_f4_transpose(&x, &y, &z, &w);
    w3di_mesh_normals_vec v;
    v.x = x;
    v.y = y;
    v.z = z;
    return v;
}

/* Lanes back to rows, each with a zero in w. */
typedef struct w3di_mesh_normals_rows {
    w3d_f4 row[4];
} w3di_mesh_normals_rows;

W3D_INLINE w3di_mesh_normals_rows w3di_mesh_normals_to_rows(w3di_mesh_normals_vec v)
{
    w3di_mesh_normals_rows rows;
    rows.row[0] = v.x;
    rows.row[1] = v.y;
    rows.row[2] = v.z;
    rows.row[3] = w3d_f4_zero();
    w3d_f4_transpose(&rows.row[0], &rows.row[1], &rows.row[2], &rows.row[3]);
    return rows;
}

/* Adds to one of the rows of four floats that hold the sums. */
W3D_INLINE void w3di_mesh_normals_add(float *sums, uint32_t vertex, w3d_f4 amount)
{
    float *sum = sums + (size_t)vertex * 4;
    w3d_f4_store(sum, w3d_f4_add(w3d_f4_load(sum), amount));
}

/* The first `count` lanes to rows. Packed rows are stored in whole vectors, each running into the
 * next row before that is stored itself. */
W3D_INLINE void w3di_mesh_normals_scatter(float *rows, size_t stride, w3di_mesh_normals_vec v,
                                          size_t count)
{
    w3di_mesh_normals_rows from = w3di_mesh_normals_to_rows(v);
    if (count == 4 && stride == 12) {
        for (int i = 0; i < 3; i++) w3d_f4_store(rows + 3 * i, from.row[i]);
        w3d_f4_store3(rows + 9, from.row[3]);
        return;
    }
    for (size_t i = 0; i < count; i++)
        w3d_f4_store3((float *)(void *)((char *)rows + i * stride), from.row[i]);
}

/* Four triangles as they lie in the mesh, or a copy where they cannot be read there: because the
 * last vertex is among them, behind which there may be no fourth float, or because there are
 * fewer, and the rest is filled up with triangles of one vertex, which count for nothing. */
typedef struct w3di_mesh_normals_block {
    const uint32_t *corner; /* [12] into the mesh */
    const uint32_t *pick;   /* [12] into rows     */
    const float    *rows;
    size_t          stride;
    uint32_t        copied_corner[12];
    float           copied_rows[12][4];
} w3di_mesh_normals_block;

static const uint32_t w3di_mesh_normals_in_order[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

/* A vertex number in all lanes, with the top bit turned over: signed lanes then compare as if they
 * were unsigned. */
W3D_INLINE w3d_i4 w3di_mesh_normals_bound(uint32_t vertex)
{
    return w3d_i4_splat((int32_t)(vertex ^ 0x80000000u));
}

/* 1 where twelve indices are below the bound. */
W3D_INLINE int w3di_mesh_normals_inside(const uint32_t *corner, w3d_i4 last)
{
    w3d_i4 sign = w3d_i4_splat(INT32_MIN), inside = w3d_i4_splat(-1);
    for (int k = 0; k < 12; k += 4) {
        w3d_i4 index = w3d_i4_load((const int32_t *)(const void *)(corner + k));
        inside = w3d_i4_and(inside, w3d_i4_less(w3d_i4_xor(index, sign), last));
    }
    return w3d_f4_mask(w3d_f4_bits_i4(inside)) == 15;
}

/* Opens the block at index `first`, of `count` <= 4 triangles; 0 where an index is out of range.
 * `last` is the bound of the last vertex. */
W3D_INLINE int w3di_mesh_normals_open(w3di_mesh_normals_block *block, const w3d_mesh_view *mesh,
                                      size_t first, size_t count, w3d_i4 last)
{
    const uint32_t *corner = mesh->indices + first;
    if (count >= 4 && w3di_mesh_normals_inside(corner, last)) {
        block->corner = block->pick = corner;
        block->rows = mesh->positions;
        block->stride = mesh->stride ? mesh->stride : 12;
        return 1;
    }
    for (size_t i = 0; i < 12; i++) {
        uint32_t vertex = i < count * 3 ? corner[i] : corner[0];
        if (vertex >= mesh->vertex_count) return 0;
        block->copied_corner[i] = vertex;
        w3d_copy(block->copied_rows[i], w3d_mesh_position(mesh, vertex), 12);
        block->copied_rows[i][3] = 0.0f;
    }
    block->corner = block->copied_corner;
    block->pick = w3di_mesh_normals_in_order;
    block->rows = block->copied_rows[0];
    block->stride = 16;
    return 1;
}

/* ---- cross products ---- */

/* The edges of four triangles from their first corners. */
typedef struct w3di_mesh_normals_edges {
    w3di_mesh_normals_vec ab, ac;
} w3di_mesh_normals_edges;

W3D_INLINE void w3di_mesh_normals_corners(const w3di_mesh_normals_block *block,
                                          w3di_mesh_normals_vec *corners)
{
    const float *rows = block->rows;
    size_t stride = block->stride;
    for (int k = 0; k < 3; k++) {
        const uint32_t *pick = block->pick + k;
        corners[k] = w3di_mesh_normals_gather(w3di_mesh_normals_row(rows, stride, pick[0]),
                                              w3di_mesh_normals_row(rows, stride, pick[3]),
                                              w3di_mesh_normals_row(rows, stride, pick[6]),
                                              w3di_mesh_normals_row(rows, stride, pick[9]));
    }
}

W3D_INLINE w3di_mesh_normals_edges w3di_mesh_normals_edges_of(const w3di_mesh_normals_block *block)
{
    w3di_mesh_normals_vec corners[3];
    w3di_mesh_normals_edges edges;
    w3di_mesh_normals_corners(block, corners);
    edges.ab = w3di_mesh_normals_sub(corners[1], corners[0]);
    edges.ac = w3di_mesh_normals_sub(corners[2], corners[0]);
    return edges;
}

W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_plus(w3di_mesh_normals_vec a,
                                                        w3di_mesh_normals_vec b)
{
    a.x = w3d_f4_add(a.x, b.x);
    a.y = w3d_f4_add(a.y, b.y);
    a.z = w3d_f4_add(a.z, b.z);
    return a;
}

/* A vector in two parts: 12 bits of each component, and all that is left. */
typedef struct w3di_mesh_normals_parts {
    w3di_mesh_normals_vec high, low;
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

W3D_INLINE w3di_mesh_normals_parts w3di_mesh_normals_parts_of(w3di_mesh_normals_vec to,
                                                              w3di_mesh_normals_vec from,
                                                              w3d_f4 scale)
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

W3D_INLINE w3di_mesh_normals_vec w3di_mesh_normals_mixed(w3di_mesh_normals_parts a,
                                                         w3di_mesh_normals_parts b)
{
    w3di_mesh_normals_vec n;
    n.x = w3d_f4_sub(
        w3di_mesh_normals_mixed_product(a.high.y, a.low.y, b.high.z, b.low.z),
        w3di_mesh_normals_mixed_product(b.high.y, b.low.y, a.high.z, a.low.z));
    n.y = w3d_f4_sub(
        w3di_mesh_normals_mixed_product(a.high.z, a.low.z, b.high.x, b.low.x),
        w3di_mesh_normals_mixed_product(b.high.z, b.low.z, a.high.x, a.low.x));
    n.z = w3d_f4_sub(
        w3di_mesh_normals_mixed_product(a.high.x, a.low.x, b.high.y, b.low.y),
        w3di_mesh_normals_mixed_product(b.high.x, b.low.x, a.high.y, a.low.y));
    return n;
}

/* The cross product with about 36 binary digits of the edges' lengths. Products of two upper parts
 * are exact, and so is their difference where it matters. Equal edges give exactly zero. */
static w3di_mesh_normals_vec w3di_mesh_normals_precise(const w3di_mesh_normals_block *block,
                                                       w3d_f4 scale)
{
    w3di_mesh_normals_vec corners[3];
    w3di_mesh_normals_corners(block, corners);
    w3di_mesh_normals_parts a = w3di_mesh_normals_parts_of(corners[1], corners[0], scale);
    w3di_mesh_normals_parts b = w3di_mesh_normals_parts_of(corners[2], corners[0], scale);
    w3di_mesh_normals_vec rest = w3di_mesh_normals_cross(a.low, b.low);
    rest = w3di_mesh_normals_plus(rest, w3di_mesh_normals_mixed(a, b));
    return w3di_mesh_normals_plus(w3di_mesh_normals_cross(a.high, b.high), rest);
}

/* The cross products of a block's edges, which have been multiplied by `scale`. Where the edges
 * stand at less than about 10 degrees to each other, the precise product is taken; the choice
 * depends on the triangle alone, not on its neighbours in the lanes. Products that are not finite
 * or exceed 2^90 become zero, and the result is 0: up to there 2^31 of them can be added. */
W3D_INLINE int w3di_mesh_normals_faces_of(const w3di_mesh_normals_block *block,
                                          const w3di_mesh_normals_edges *edges, w3d_f4 scale,
                                          w3di_mesh_normals_vec *faces)
{
    w3d_f4 bound = w3d_f4_splat(1.2379400392853803e27f);
    w3di_mesh_normals_vec plain = w3di_mesh_normals_cross(edges->ab, edges->ac);
    w3d_f4 along = w3d_f4_abs(w3di_mesh_normals_dot(edges->ab, edges->ac));
    w3d_f4 size = w3di_mesh_normals_size(plain);
    w3d_f4 good = w3d_f4_and(w3d_f4_lesseq(w3d_f4_mul(along, w3d_f4_splat(0.25f)), size),
                             w3d_f4_lesseq(size, bound)); /* both false for NaN */
    *faces = plain;
    if (w3d_f4_mask(good) == 15) return 1;
    w3di_mesh_normals_vec precise = w3di_mesh_normals_precise(block, scale);
    faces->x = w3d_f4_select(good, plain.x, precise.x);
    faces->y = w3d_f4_select(good, plain.y, precise.y);
    faces->z = w3d_f4_select(good, plain.z, precise.z);
    w3d_f4 proper = w3d_f4_lesseq(w3di_mesh_normals_size(*faces), bound);
    *faces = w3di_mesh_normals_and(*faces, proper);
    return w3d_f4_mask(proper) == 15;
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

/* Adds four normals, weighted, to the sums of their corners. */
W3D_INLINE void w3di_mesh_normals_deposit(float *sums, const uint32_t *corner,
                                          w3d_normal_weight weight,
                                          const w3di_mesh_normals_edges *edges,
                                          w3di_mesh_normals_vec face)
{
    if (weight == W3D_NORMAL_WEIGHT_AREA) {
        w3di_mesh_normals_rows shares = w3di_mesh_normals_to_rows(face);
        for (int i = 0; i < 12; i++) w3di_mesh_normals_add(sums, corner[i], shares.row[i / 3]);
        return;
    }
    w3di_mesh_normals_vec unit = w3di_mesh_normals_unit(face);
    w3di_mesh_normals_vec bc = w3di_mesh_normals_sub(edges->ac, edges->ab);
    w3d_f4 height = w3di_mesh_normals_dot(unit, face);  /* two edges times the sine   */
    w3d_f4 proper = w3d_f4_less(w3d_f4_zero(), height); /* elsewhere edges may be NaN */
    w3d_f4 cosine[3];                                   /* two edges times the cosine */
    cosine[0] = w3di_mesh_normals_dot(edges->ab, edges->ac);
    cosine[1] = w3d_f4_negate(w3di_mesh_normals_dot(edges->ab, bc));
    cosine[2] = w3di_mesh_normals_dot(edges->ac, bc);
    if (weight == W3D_NORMAL_WEIGHT_ANGLE) face = unit;
    for (int k = 0; k < 3; k++) {
        w3d_f4 angle = w3di_mesh_normals_angle(cosine[k], height);
        w3di_mesh_normals_vec share = w3di_mesh_normals_mul(face, angle);
        w3di_mesh_normals_rows shares =
            w3di_mesh_normals_to_rows(w3di_mesh_normals_and(share, proper));
        for (int i = 0; i < 4; i++)
            w3di_mesh_normals_add(sums, corner[3 * i + k], shares.row[i]);
    }
}

/* Adds every triangle to the sums. Gives W3D_ERR_INDEX, or W3D_ERR_RANGE where a triangle turned
 * out too large for the scale or not finite; the last pass leaves such triangles out. */
static w3d_result w3di_mesh_normals_sum(const w3d_mesh_view *mesh, w3d_normal_weight weight,
                                        float *sums, int last_pass)
{
    float longest = w3di_mesh_normals_longest(mesh, last_pass);
    w3d_f4 scale = w3di_mesh_normals_power(w3d_f4_splat(longest));
    w3d_i4 last = w3di_mesh_normals_bound(mesh->vertex_count - 1);
    for (size_t first = 0; first < mesh->index_count; first += 12) {
        w3di_mesh_normals_block block;
        w3di_mesh_normals_vec face;
        if (!w3di_mesh_normals_open(&block, mesh, first, (mesh->index_count - first) / 3, last))
            return W3D_ERR_INDEX;
        w3di_mesh_normals_edges edges = w3di_mesh_normals_edges_of(&block);
        edges.ab = w3di_mesh_normals_mul(edges.ab, scale);
        edges.ac = w3di_mesh_normals_mul(edges.ac, scale);
        if (!w3di_mesh_normals_faces_of(&block, &edges, scale, &face) && !last_pass)
            return W3D_ERR_RANGE;
        w3di_mesh_normals_deposit(sums, block.corner, weight, &edges, face);
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
    w3d_mesh_normals_desc none = { W3D_NORMAL_WEIGHT_AREA, 0 };
    if (!desc) desc = &none;
    int kept = w3di_mesh_check_view(mesh) && (out || mesh->vertex_count == 0) &&
               w3di_mesh_check_stride(desc->out_stride) &&
               (unsigned)desc->weight <= (unsigned)W3D_NORMAL_WEIGHT_AREA_ANGLE;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (mesh->vertex_count == 0) return mesh->index_count ? W3D_ERR_INDEX : W3D_OK;

    size_t size = (size_t)mesh->vertex_count * 16;
    if (scratch.size - scratch.used < w3d_mesh_normals_scratch_size(mesh->vertex_count))
        return W3D_ERR_CAPACITY;
    float *sums = (float *)w3d_arena_push_zero(&scratch, mesh->vertex_count, 16, 16);
    if (!sums) return W3D_ERR_CAPACITY;
    w3d_result result = w3di_mesh_normals_sum(mesh, desc->weight, sums, 0);
    if (result == W3D_ERR_RANGE) {
        w3d_fill(sums, 0, size);
        result = w3di_mesh_normals_sum(mesh, desc->weight, sums, 1);
    }
    if (result != W3D_OK) return result;

    size_t stride = desc->out_stride ? desc->out_stride : 12;
    for (size_t vertex = 0; vertex < mesh->vertex_count; vertex += 4) {
        size_t left = mesh->vertex_count - vertex, end = left < 4 ? left - 1 : 3;
        const float *row = sums + vertex * 4;
        w3di_mesh_normals_vec sum = w3di_mesh_normals_gather(
            row, row + 4 * (1 < end ? 1 : end), row + 4 * (2 < end ? 2 : end), row + 4 * end);
        w3di_mesh_normals_scatter((float *)(void *)((char *)out + vertex * stride), stride,
                                  w3di_mesh_normals_unit(sum), end + 1);
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
    w3d_i4 last = w3di_mesh_normals_bound(mesh->vertex_count - 1);
    for (size_t face = desc->begin; face < end; face += 4) {
        size_t count = end - face < 4 ? end - face : 4;
        w3di_mesh_normals_block block;
        w3di_mesh_normals_vec normal;
        w3di_mesh_normals_open(&block, mesh, face * 3, count, last);
        w3di_mesh_normals_edges edges = w3di_mesh_normals_edges_of(&block);
        /* Here every triangle has a scale of its own, that of its longer edge. */
        w3d_f4 scale = w3di_mesh_normals_power(w3d_f4_max(w3di_mesh_normals_largest(edges.ab),
                                                          w3di_mesh_normals_largest(edges.ac)));
        edges.ab = w3di_mesh_normals_mul(edges.ab, scale);
        edges.ac = w3di_mesh_normals_mul(edges.ac, scale);
        w3di_mesh_normals_faces_of(&block, &edges, scale, &normal);
        w3di_mesh_normals_scatter((float *)(void *)((char *)out + face * stride), stride,
                                  w3di_mesh_normals_unit(normal), count);
    }
    return W3D_OK;
}

/* ---- vectors ---- */

W3D_API w3d_result w3d_mesh_normals_normalise(float *vectors, uint32_t count, uint32_t stride)
{
    int kept = (vectors || count == 0) && w3di_mesh_check_stride(stride);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    size_t step = stride ? stride : 12;
    for (size_t i = 0; i < count; i += 4) {
        size_t left = count - i, lanes = left < 4 ? left : 4;
        const char *row = (const char *)vectors + i * step;
        w3d_f4 row_of[4];
        for (size_t k = 0; k < 4; k++) {
            const float *at = (const float *)(const void *)(row + (k < lanes ? k : 0) * step);
            row_of[k] = left > 4 ? w3d_f4_load(at) : w3d_f4_load3(at);
        }
        w3d_f4_transpose(&row_of[0], &row_of[1], &row_of[2], &row_of[3]);
        w3di_mesh_normals_vec v;
        v.x = row_of[0];
        v.y = row_of[1];
        v.z = row_of[2];

        w3d_f4 power = w3di_mesh_normals_power(w3di_mesh_normals_largest(v));
        v = w3di_mesh_normals_mul(v, power);
        w3d_f4 length = w3d_f4_sqrt(w3di_mesh_normals_dot(v, v));
        w3d_f4 shortest = w3d_f4_mul(w3d_f4_splat(1e-6f), power);
        w3d_f4 proper = w3d_f4_and(w3d_f4_lesseq(shortest, length),
                                   w3d_f4_lesseq(length, w3d_f4_splat(FLT_MAX)));
        v.x = w3d_f4_div(v.x, length);
        v.y = w3d_f4_div(v.y, length);
        v.z = w3d_f4_div(v.z, length);
        w3di_mesh_normals_scatter((float *)(void *)((char *)vectors + i * step), step,
                                  w3di_mesh_normals_and(v, proper), lanes);
    }
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
