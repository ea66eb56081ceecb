/* mesh_tangents.c - weld, derive, group, add up.
 *
 * The order is that of MikkTSpace, the work is not. Vertices are welded before corners are made of
 * them. Neighbours are found around each vertex, among its corners, instead of by sorting edges.
 * Groups are not gathered one by one: the sums of all groups grow at the same time as triangles go
 * by, four at once, in the order in which a group would add them. The sums are kept at the
 * beginning of the output.
 *
 * MikkTSpace takes from a group, for each of its corners, the triangles whose tangents or
 * bitangents lie exactly opposite. That can only be where along each axis some are not clearly
 * positive and some not clearly negative; the fourth lane of a sum collects what was seen, and
 * groups where it may be are evaluated once more, corner by corner. */
#include "mesh/mesh_tangents.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_tangents_groups.h"
#include "mesh/mesh_tangents_space.h"
#include "mesh/mesh_tangents_weld.h"

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

#define W3DI_MESH_TANGENTS_SPACE_FLOATS                                                            \
    24u                                  /* of four triangles: s and t, each x x x x y y y y ... */
#define W3DI_MESH_TANGENTS_TILT    0.35f /* a part of a tangent may lose that much */
#define W3DI_MESH_TANGENTS_KEPT    16u   /* members of a group that are kept at hand */
#define W3DI_MESH_TANGENTS_CROWD   64u   /* corners of a vertex that are looked at per group */
#define W3DI_MESH_TANGENTS_FORWARD 24u   /* triangles from asking for rows to reading them */
#define W3DI_MESH_TANGENTS_PADDING 16u   /* numbers that are read after the last of a list */

typedef struct w3di_mesh_tangents_work {
    w3di_mesh_tangents_rows rows;
    const uint32_t *indices;
    uint32_t triangle_count, id_count;
    uint32_t *remap, *ids, *offsets, *corners, *next, *previous;
    float *spaces;
    float *out;
    w3di_mesh_tangents_groups groups;
    unsigned some_bad; /* flags of some triangle                                    */
    uint32_t group_count;
    uint32_t marked_count; /* groups that may have to be taken apart: their first corners
                              are in `next`                                             */
} w3di_mesh_tangents_work;

/* ---- reading ---- */

W3D_INLINE uint32_t w3di_mesh_tangents_vertex(const w3di_mesh_tangents_work *work, uint32_t corner)
{
    return work->indices ? work->indices[corner] : corner;
}

W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_four_rows(const unsigned char *rows,
                                                               size_t stride,
                                                               const uint32_t *vertices,
                                                               uint32_t last)
{
    w3di_mesh_tangents_vec vec;
    w3d_f4 w = w3di_mesh_tangents_row(rows, stride, vertices[3], last);
    vec.x = w3di_mesh_tangents_row(rows, stride, vertices[0], last);
    vec.y = w3di_mesh_tangents_row(rows, stride, vertices[1], last);
    vec.z = w3di_mesh_tangents_row(rows, stride, vertices[2], last);
    w3d_f4_transpose(&vec.x, &vec.y, &vec.z, &w);
    return vec;
}

/* The vertices of four triangles from `triangle` on, by corner; the last triangle stands for those
 * that are not there. */
W3D_INLINE void w3di_mesh_tangents_four(const w3di_mesh_tangents_work *work, uint32_t triangle,
                                        uint32_t vertices[3][4])
{
    for (uint32_t lane = 0; lane < 4; lane++) {
        uint32_t last = work->triangle_count - 1 - triangle;
        uint32_t corner = 3 * (triangle + (lane < last ? lane : last));
        for (uint32_t k = 0; k < 3; k++)
            vertices[k][lane] = w3di_mesh_tangents_vertex(work, corner + k);
    }
}

/* Asks for cache lines that will soon be needed; nothing where the target has no such thing. */
W3D_INLINE void w3di_mesh_tangents_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* The rows of two arrays for the triangle some way ahead, where there is one. */
W3D_INLINE void w3di_mesh_tangents_ahead(const w3di_mesh_tangents_work *work, uint32_t triangle,
                                         const unsigned char *rows, size_t stride,
                                         const unsigned char *others, size_t other_stride)
{
    uint32_t end = work->triangle_count - triangle;
    if (!work->indices || end < W3DI_MESH_TANGENTS_FORWARD + 4) return;
    const uint32_t *indices = work->indices + 3 * (size_t)(triangle + W3DI_MESH_TANGENTS_FORWARD);
    for (int i = 0; i < 12; i++) {
        w3di_mesh_tangents_prefetch(rows + indices[i] * stride);
        w3di_mesh_tangents_prefetch(others + indices[i] * other_stride);
    }
}

W3D_INLINE w3di_mesh_tangents_vec w3di_mesh_tangents_load(const float *src)
{
    w3di_mesh_tangents_vec vec;
    vec.x = w3d_f4_load(src);
    vec.y = w3d_f4_load(src + 4);
    vec.z = w3d_f4_load(src + 8);
    return vec;
}

W3D_INLINE void w3di_mesh_tangents_store(float *out, w3di_mesh_tangents_vec vec)
{
    w3d_f4_store(out, vec.x);
    w3d_f4_store(out + 4, vec.y);
    w3d_f4_store(out + 8, vec.z);
}

/* ---- triangles ---- */

/* The numbers of the corners, the flags and the maps of the triangles; counts the corners of each
 * number. */
static void w3di_mesh_tangents_derive_all(w3di_mesh_tangents_work *work)
{
    const w3di_mesh_tangents_rows *rows = &work->rows;
    uint32_t last = rows->vertex_count - 1, vertices[3][4];
    w3d_fill(work->offsets, 0, ((size_t)work->id_count + 2) * 4);
    work->some_bad = 0;
    work->marked_count = 0;
    for (uint32_t t = 0; t < work->triangle_count; t += 4) {
        w3di_mesh_tangents_vec p[3];
        w3d_f4 u[3], v[3];
        w3di_mesh_tangents_four(work, t, vertices);
        w3di_mesh_tangents_ahead(work, t, rows->positions, rows->position_stride, rows->uvs,
                                 rows->uv_stride);
        for (int k = 0; k < 3; k++) {
            const float *uv[4];
            for (int lane = 0; lane < 4; lane++)
                uv[lane] = w3di_mesh_tangents_uv(rows, vertices[k][lane]);
            p[k] = w3di_mesh_tangents_four_rows(rows->positions, rows->position_stride, vertices[k],
                                                last);
            u[k] = w3d_f4_set(uv[0][0], uv[1][0], uv[2][0], uv[3][0]);
            v[k] = w3d_f4_set(uv[0][1], uv[1][1], uv[2][1], uv[3][1]);
        }
        w3di_mesh_tangents_map map = w3di_mesh_tangents_derive(p, u, v);
        int flat = w3di_mesh_tangents_flat(p);
        float *space = work->spaces + (size_t)(t / 4) * W3DI_MESH_TANGENTS_SPACE_FLOATS;
        w3di_mesh_tangents_store(space, map.s);
        w3di_mesh_tangents_store(space + 12, map.t);
        for (uint32_t lane = 0; lane < 4 && t + lane < work->triangle_count; lane++) {
            unsigned flags = (unsigned)(map.positive >> lane & 1) |
                             (unsigned)(~map.good >> lane & 1) << 1 |
                             (unsigned)(flat >> lane & 1) << 2;
            work->groups.flags[t + lane] = (unsigned char)flags;
            work->some_bad |= flags;
            uint32_t *ids = work->ids + (size_t)(t + lane) * 3;
            for (int k = 0; k < 3; k++) {
                ids[k] = work->remap[vertices[k][lane]];
                if (ids[k] != W3DI_MESH_TANGENTS_NONE && !(flags & W3DI_MESH_TANGENTS_FLAT))
                    work->offsets[ids[k] + 2]++;
            }
        }
    }
}

/* Lists the corners of each number. */
static void w3di_mesh_tangents_list(w3di_mesh_tangents_work *work)
{
    uint32_t *ends = work->offsets + 1; /* one behind: afterwards the ends are the beginnings */
    for (uint32_t id = 1; id <= work->id_count; id++) ends[id] += ends[id - 1];
    for (uint32_t t = 0; t < work->triangle_count; t++) {
        const uint32_t *ids = work->ids + (size_t)t * 3;
        unsigned flags = work->groups.flags[t];
        uint32_t way = (uint32_t)flags << 31, any = (uint32_t)(flags >> 1) << 31;
        if (flags & W3DI_MESH_TANGENTS_FLAT) continue;
        for (uint32_t k = 0; k < 3; k++) {
            if (ids[k] == W3DI_MESH_TANGENTS_NONE) continue;
            uint32_t at = ends[ids[k]]++;
            work->corners[at] = 3 * t + k;
            work->next[at] = (ids[k == 2 ? 0 : k + 1] & W3DI_MESH_TANGENTS_NUMBER) | way;
            work->previous[at] = (ids[k == 0 ? 2 : k - 1] & W3DI_MESH_TANGENTS_NUMBER) | any;
        }
    }
}

/* ---- sums ---- */

/* Bits for what a vector is not, clearly: positive or negative along x, y, z. Clearly is by more
 * than the parts across the normal are allowed to differ from it, and 2^-6: opposite unit vectors
 * differ from each other's negative by at most 2^-10 in any part. */
W3D_INLINE w3d_i4 w3di_mesh_tangents_seen(w3di_mesh_tangents_vec a)
{
    const w3d_f4 above = w3d_f4_splat(W3DI_MESH_TANGENTS_TILT + 0.015625f);
    const w3d_f4 below = w3d_f4_negate(above);
    w3d_f4 part[3];
    w3d_i4 seen = w3d_i4_splat(0);
    part[0] = a.x;
    part[1] = a.y;
    part[2] = a.z;
    for (int k = 0; k < 3; k++) {
        seen = w3d_i4_or(seen, w3d_i4_andnot(w3d_i4_splat(1 << k),
                                             w3d_i4_bits_f4(w3d_f4_less(above, part[k]))));
        seen = w3d_i4_or(seen, w3d_i4_andnot(w3d_i4_splat(8 << k),
                                             w3d_i4_bits_f4(w3d_f4_less(part[k], below))));
    }
    return seen;
}

/* All ones where every part is small enough; 0 for NaN. */
W3D_INLINE w3d_f4 w3di_mesh_tangents_slight(w3di_mesh_tangents_vec a)
{
    w3d_f4 x = w3d_f4_abs(a.x), y = w3d_f4_abs(a.y), z = w3d_f4_abs(a.z);
    const w3d_f4 tilt = w3d_f4_splat(W3DI_MESH_TANGENTS_TILT);
    return w3d_f4_and(w3d_f4_less(x, tilt), w3d_f4_and(w3d_f4_less(y, tilt), w3d_f4_less(z, tilt)));
}

/* 1 where bits of s, and six higher those of t, leave opposites possible. */
W3D_INLINE int w3di_mesh_tangents_may_oppose(uint32_t seen)
{
    uint32_t both = seen & seen >> 3;
    return (both & 7u) == 7u || (both >> 6 & 7u) == 7u;
}

/* What the four corners k of four triangles add to their sums, but for their angles. */
W3D_INLINE w3d_f4 w3di_mesh_tangents_corner(const w3di_mesh_tangents_vec *p, int k,
                                            w3di_mesh_tangents_vec normal)
{
    return w3di_mesh_tangents_cosine(w3di_mesh_tangents_sub(p[k == 0 ? 2 : k - 1], p[k]),
                                     w3di_mesh_tangents_sub(p[k == 2 ? 0 : k + 1], p[k]), normal);
}

/* Numbers the groups in the order of their first corners: `first` of the corners of good triangles
 * becomes the number of their group, and `next`, no longer needed, the first corner of each. */
static void w3di_mesh_tangents_number(w3di_mesh_tangents_work *work)
{
    uint32_t *first = work->groups.first, count = 0;
    for (uint32_t t = 0; t < work->triangle_count; t++) {
        if (work->groups.flags[t] & (W3DI_MESH_TANGENTS_ANY | W3DI_MESH_TANGENTS_FLAT)) continue;
        for (uint32_t corner = 3 * t; corner < 3 * t + 3; corner++) {
            uint32_t head = first[corner], number = first[head];
            work->next[count] = corner; /* nothing to guess: it would often be wrong */
            first[corner] = head == corner ? count : number;
            count += head == corner;
        }
    }
    work->group_count = count;
}

/* What the corners of four triangles add to their sums. */
typedef struct w3di_mesh_tangents_four_adds {
    w3di_mesh_tangents_vec add[3];
    w3d_i4 seen[3];
} w3di_mesh_tangents_four_adds;

/* The tangents at the corners of four triangles, and the cosines of the angles there. */
W3D_INLINE void w3di_mesh_tangents_make_adds(const w3di_mesh_tangents_work *work, uint32_t t,
                                             w3di_mesh_tangents_four_adds *out, float *cosines)
{
    const w3di_mesh_tangents_rows *rows = &work->rows;
    const float *space = work->spaces + (size_t)(t / 4) * W3DI_MESH_TANGENTS_SPACE_FLOATS;
    uint32_t last = rows->vertex_count - 1, vertices[3][4];
    w3di_mesh_tangents_vec p[3];
    w3di_mesh_tangents_vec way = w3di_mesh_tangents_load(space);
    w3di_mesh_tangents_vec side = w3di_mesh_tangents_load(space + 12);
    w3d_i4 seen = w3d_i4_or(w3di_mesh_tangents_seen(way),
                            w3d_i4_shift_left(w3di_mesh_tangents_seen(side), 6));
    w3di_mesh_tangents_four(work, t, vertices);
    w3di_mesh_tangents_ahead(work, t, rows->positions, rows->position_stride, rows->normals,
                             rows->normal_stride);
    for (int k = 0; k < 3; k++)
        p[k] =
            w3di_mesh_tangents_four_rows(rows->positions, rows->position_stride, vertices[k], last);
    for (int k = 0; k < 3; k++) {
        w3di_mesh_tangents_vec normal =
            w3di_mesh_tangents_four_rows(rows->normals, rows->normal_stride, vertices[k], last);
        w3di_mesh_tangents_vec off_way =
            w3di_mesh_tangents_scale(normal, w3di_mesh_tangents_dot(normal, way));
        w3di_mesh_tangents_vec off_side =
            w3di_mesh_tangents_scale(normal, w3di_mesh_tangents_dot(normal, side));
        w3d_i4 slight = w3d_i4_bits_f4(
            w3d_f4_and(w3di_mesh_tangents_slight(off_way), w3di_mesh_tangents_slight(off_side)));
        out->seen[k] = w3d_i4_or(seen, w3d_i4_andnot(w3d_i4_splat(0xFFF), slight));
        out->add[k] = w3di_mesh_tangents_unit(w3di_mesh_tangents_sub(way, off_way));
        w3d_f4_store(cosines + 4 * k, w3di_mesh_tangents_corner(p, k, normal));
    }
}

/* Adds those of good triangles to the sums of their groups. */
W3D_INLINE void w3di_mesh_tangents_add_four(w3di_mesh_tangents_work *work, uint32_t t,
                                            const w3di_mesh_tangents_four_adds *adds,
                                            const float *angles)
{
    const w3d_f4 fourth = w3d_f4_bits_i4(w3d_i4_set(0, 0, 0, -1));
    float rows[3][16];
    for (int k = 0; k < 3; k++) {
        w3di_mesh_tangents_vec scaled =
            w3di_mesh_tangents_scale(adds->add[k], w3d_f4_load(angles + 4 * k));
        w3d_f4 bits = w3d_f4_bits_i4(adds->seen[k]);
        w3d_f4_transpose(&scaled.x, &scaled.y, &scaled.z, &bits);
        w3di_mesh_tangents_store(rows[k], scaled);
        w3d_f4_store(rows[k] + 12, bits);
    }
    for (uint32_t lane = 0; lane < 4 && t + lane < work->triangle_count; lane++) {
        if (work->groups.flags[t + lane] & (W3DI_MESH_TANGENTS_ANY | W3DI_MESH_TANGENTS_FLAT))
            continue;
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t to = work->groups.first[3 * (t + lane) + k];
            float *sum = work->out + (size_t)to * 4;
            w3d_f4 row = w3d_f4_load(rows[k] + 4 * lane), old = w3d_f4_load(sum);
            w3d_f4_store(sum, w3d_f4_select(fourth, w3d_f4_or(old, row), w3d_f4_add(old, row)));
        }
    }
}

/* Adds up the tangents of all groups, with what was seen in the fourth lane. */
static void w3di_mesh_tangents_add_all(w3di_mesh_tangents_work *work)
{
    w3di_mesh_tangents_four_adds adds[W3DI_MESH_TANGENTS_ARCS / 12];
    float angles[W3DI_MESH_TANGENTS_ARCS];
    uint32_t most = W3DI_MESH_TANGENTS_ARCS / 3, end = work->triangle_count;
    w3d_fill(work->out, 0, (size_t)work->group_count * 16);
    for (uint32_t begin = 0; begin < end; begin += most) {
        uint32_t fours = ((end - begin < most ? end - begin : most) + 3) / 4;
        for (uint32_t i = 0; i < fours; i++)
            w3di_mesh_tangents_make_adds(work, begin + 4 * i, &adds[i], angles + 12 * (size_t)i);
        w3di_mesh_tangents_arcs(angles, 12 * fours);
        for (uint32_t i = 0; i < fours; i++)
            w3di_mesh_tangents_add_four(work, begin + 4 * i, &adds[i], angles + 12 * (size_t)i);
    }
}

W3D_INLINE void w3di_mesh_tangents_write(float *out, w3d_f4 sum, unsigned flags)
{
    w3di_mesh_tangents_vec vec;
    w3d_f4 rest = sum;
    vec.x = vec.y = vec.z = sum;
    w3d_f4_transpose(&vec.x, &vec.y, &vec.z, &rest);
    vec = w3di_mesh_tangents_unit(vec);
    out[0] = w3d_f32_canonical(w3d_f4_x(vec.x));
    out[1] = w3d_f32_canonical(w3d_f4_x(vec.y));
    out[2] = w3d_f32_canonical(w3d_f4_x(vec.z));
    out[3] = flags & W3DI_MESH_TANGENTS_POSITIVE ? 1.0f : -1.0f;
}

W3D_INLINE void w3di_mesh_tangents_copy(w3di_mesh_tangents_work *work, uint32_t corner,
                                        uint32_t from)
{
    if (from == W3DI_MESH_TANGENTS_NONE) {
        w3d_f4_store(work->out + (size_t)corner * 4, w3d_f4_set(1.0f, 0.0f, 0.0f, -1.0f));
        return;
    }
    w3d_f4_store(work->out + (size_t)corner * 4, w3d_f4_load(work->out + (size_t)from * 4));
}

/* Turns the sums of four groups into tangents. Those that may have to be taken apart are marked:
 * their first corners go to the beginning of `next`, which has been read as far as this. */
W3D_INLINE void w3di_mesh_tangents_finish_four(w3di_mesh_tangents_work *work, uint32_t group,
                                               uint32_t count)
{
    const w3d_f4 nan = w3d_f4_splat(w3d_f32_from_bits(0x7FC00000u));
    float *rows = work->out + (size_t)group * 4, block[16], bits[4];
    uint32_t corners[4] = { 0, 0, 0, 0 };
    w3d_fill(block, 0, sizeof block);
    w3d_fill(bits, 0, sizeof bits);
    w3d_copy(block, rows, (size_t)count * 16);
    for (uint32_t i = 0; i < count; i++) {
        corners[i] = work->next[group + i];
        bits[i] = work->groups.flags[corners[i] / 3] & W3DI_MESH_TANGENTS_POSITIVE ? 1.0f : -1.0f;
    }
    w3di_mesh_tangents_vec vec = w3di_mesh_tangents_load(block);
    w3d_f4 seen = w3d_f4_load(block + 12), sign = w3d_f4_load(bits);
    w3d_f4_transpose(&vec.x, &vec.y, &vec.z, &seen);
    w3d_f4_store(bits, seen);
    vec = w3di_mesh_tangents_unit(vec);
    vec.x = w3d_f4_select(w3d_f4_equal(vec.x, vec.x), vec.x, nan);
    vec.y = w3d_f4_select(w3d_f4_equal(vec.y, vec.y), vec.y, nan);
    vec.z = w3d_f4_select(w3d_f4_equal(vec.z, vec.z), vec.z, nan);
    w3d_f4_transpose(&vec.x, &vec.y, &vec.z, &sign);
    w3di_mesh_tangents_store(block, vec);
    w3d_f4_store(block + 12, sign);
    w3d_copy(rows, block, (size_t)count * 16);
    for (uint32_t i = 0; i < count; i++) {
        if (!w3di_mesh_tangents_may_oppose(w3d_bits_f32(bits[i]))) continue;
        unsigned char *flags = work->groups.flags + corners[i] / 3;
        *flags = (unsigned char)(*flags | W3DI_MESH_TANGENTS_APART << corners[i] % 3);
        if (work->ids[corners[i]] != W3DI_MESH_TANGENTS_NONE)
            work->next[work->marked_count++] = corners[i];
    }
}

/* Turns sums into tangents and gives them to the corners of good triangles, from the last to the
 * first: a group's number is at most that of its first corner, so its row is still there. */
static void w3di_mesh_tangents_finish(w3di_mesh_tangents_work *work)
{
    uint32_t group = 0;
    for (; work->group_count - group >= 4; group += 4) /* sizes that the compiler knows */
        w3di_mesh_tangents_finish_four(work, group, 4);
    if (group < work->group_count)
        w3di_mesh_tangents_finish_four(work, group, work->group_count - group);
    for (uint32_t t = work->triangle_count; t-- > 0;) {
        if (work->groups.flags[t] & (W3DI_MESH_TANGENTS_ANY | W3DI_MESH_TANGENTS_FLAT)) continue;
        for (uint32_t corner = 3 * t + 3; corner-- > 3 * t;)
            w3d_f4_store(work->out + (size_t)corner * 4,
                         w3d_f4_load(work->out + (size_t)work->groups.first[corner] * 4));
    }
}

/* ---- groups that may have to be taken apart ---- */

/* What a corner brings to its group, in every lane. */
typedef struct w3di_mesh_tangents_member {
    w3di_mesh_tangents_vec s, t, normal, add;
    int any;
} w3di_mesh_tangents_member;

static void w3di_mesh_tangents_member_map(const w3di_mesh_tangents_work *work, uint32_t corner,
                                          w3di_mesh_tangents_member *out)
{
    uint32_t t = corner / 3, vertex = w3di_mesh_tangents_vertex(work, corner);
    const float *space = work->spaces + (size_t)(t / 4) * W3DI_MESH_TANGENTS_SPACE_FLOATS + t % 4;
    const float *normal = (const float *)(const void *)(work->rows.normals +
                                                        (size_t)vertex * work->rows.normal_stride);
    w3di_mesh_tangents_vec s_way, t_way;
    out->normal.x = w3d_f4_splat(normal[0]);
    out->normal.y = w3d_f4_splat(normal[1]);
    out->normal.z = w3d_f4_splat(normal[2]);
    s_way.x = w3d_f4_splat(space[0]);
    s_way.y = w3d_f4_splat(space[4]);
    s_way.z = w3d_f4_splat(space[8]);
    t_way.x = w3d_f4_splat(space[12]);
    t_way.y = w3d_f4_splat(space[16]);
    t_way.z = w3d_f4_splat(space[20]);
    out->s = w3di_mesh_tangents_unit(w3di_mesh_tangents_across(s_way, out->normal));
    out->t = w3di_mesh_tangents_unit(w3di_mesh_tangents_across(t_way, out->normal));
    out->any = work->groups.flags[t] & W3DI_MESH_TANGENTS_ANY;
}

static void w3di_mesh_tangents_member_add(const w3di_mesh_tangents_work *work, uint32_t corner,
                                          w3di_mesh_tangents_member *out)
{
    w3di_mesh_tangents_vec p[3];
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t vertex = w3di_mesh_tangents_vertex(work, corner - corner % 3 + k);
        const float *row =
            (const float *)(const void *)(work->rows.positions +
                                          (size_t)vertex * work->rows.position_stride);
        p[k].x = w3d_f4_splat(row[0]);
        p[k].y = w3d_f4_splat(row[1]);
        p[k].z = w3d_f4_splat(row[2]);
    }
    float angles[4];
    w3d_f4_store(angles, w3di_mesh_tangents_corner(p, (int)(corner % 3), out->normal));
    w3di_mesh_tangents_arcs(angles, 4);
    out->add = w3di_mesh_tangents_scale(out->s, w3d_f4_load(angles));
}

/* 1 where all vectors of a group lie within a right angle of those at its first corner, less a
 * little: then no two are opposite. Not asked of vertices with very many corners. */
static int w3di_mesh_tangents_agree(const w3di_mesh_tangents_work *work, uint32_t head)
{
    uint32_t id = work->ids[head], begin = work->offsets[id], end = work->offsets[id + 1];
    w3di_mesh_tangents_member own, other;
    if (end - begin > W3DI_MESH_TANGENTS_CROWD) return 0;
    w3di_mesh_tangents_member_map(work, head, &own);
    for (uint32_t i = begin; i < end; i++) {
        uint32_t corner = work->corners[i];
        if ((work->groups.flags[corner / 3] & W3DI_MESH_TANGENTS_ANY) ||
            work->groups.first[corner] != work->groups.first[head])
            continue;
        w3di_mesh_tangents_member_map(work, corner, &other);
        if (!(w3d_f4_x(w3di_mesh_tangents_dot(own.s, other.s)) > 0.015625f &&
              w3d_f4_x(w3di_mesh_tangents_dot(own.t, other.t)) > 0.015625f))
            return 0;
    }
    return 1;
}

/* The tangent of one corner from those of its group that do not oppose it.
 *
 *   members   those of the first `kept` corners in the chain; others are made when needed
 *   chain     leads from the first corner of the group to the others, in ascending order */
static void w3di_mesh_tangents_apart(w3di_mesh_tangents_work *work, uint32_t corner,
                                     const w3di_mesh_tangents_member *members, uint32_t kept,
                                     const uint32_t *chain)
{
    w3di_mesh_tangents_member own;
    w3di_mesh_tangents_member_map(work, corner, &own);
    w3d_f4 x = w3d_f4_zero(), y = x, z = x, w = x;
    uint32_t i = 0;
    for (uint32_t at = work->groups.first[corner]; at != W3DI_MESH_TANGENTS_NONE; at = chain[at]) {
        w3di_mesh_tangents_member made;
        const w3di_mesh_tangents_member *other = members + i;
        if (i++ >= kept) {
            w3di_mesh_tangents_member_map(work, at, &made);
            w3di_mesh_tangents_member_add(work, at, &made);
            other = &made;
        }
        if (other->any) continue;
        float s = w3d_f4_x(w3di_mesh_tangents_dot(own.s, other->s));
        float t = w3d_f4_x(w3di_mesh_tangents_dot(own.t, other->t));
        if (!own.any && at != corner && !(s > -1.0f && t > -1.0f)) continue;
        x = w3d_f4_add(x, other->add.x);
        y = w3d_f4_add(y, other->add.y);
        z = w3d_f4_add(z, other->add.z);
    }
    w3d_f4_transpose(&x, &y, &z, &w);
    w3di_mesh_tangents_write(work->out + (size_t)corner * 4, x, work->groups.flags[corner / 3]);
}

/* Evaluates once more the marked groups of a vertex.
 *
 *   chain    [corners] room for it */
static void w3di_mesh_tangents_apart_vertex(w3di_mesh_tangents_work *work, uint32_t id,
                                            uint32_t *chain)
{
    uint32_t *first = work->groups.first;
    uint32_t begin = work->offsets[id], end = work->offsets[id + 1];
    w3di_mesh_tangents_member members[W3DI_MESH_TANGENTS_KEPT];
    /* `first` becomes a corner again; `chain` tells which, by the number of the group. */
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = begin; i < end; i++) {
            uint32_t corner = work->corners[i];
            if (work->groups.flags[corner / 3] & W3DI_MESH_TANGENTS_ANY) continue;
            if (pass && chain[first[corner]] == W3DI_MESH_TANGENTS_NONE)
                chain[first[corner]] = corner;
            if (pass)
                first[corner] = chain[first[corner]];
            else
                chain[first[corner]] = W3DI_MESH_TANGENTS_NONE;
        }
    for (uint32_t i = begin; i < end; i++) chain[work->corners[i]] = W3DI_MESH_TANGENTS_NONE;
    for (uint32_t i = end; i-- > begin;) {
        uint32_t corner = work->corners[i], head = first[corner];
        if (head == corner || head == W3DI_MESH_TANGENTS_NONE) continue;
        chain[corner] = chain[head];
        chain[head] = corner;
    }
    for (uint32_t i = begin; i < end; i++) {
        uint32_t head = work->corners[i], kept = 0;
        if (first[head] != head || chain[head] == W3DI_MESH_TANGENTS_NONE ||
            !(work->groups.flags[head / 3] / W3DI_MESH_TANGENTS_APART >> head % 3 & 1u))
            continue;
        for (uint32_t at = head; at != W3DI_MESH_TANGENTS_NONE; at = chain[at])
            if (kept < W3DI_MESH_TANGENTS_KEPT)
                w3di_mesh_tangents_member_map(work, at, &members[kept++]);
        for (uint32_t at = head, k = 0; k < kept; at = chain[at])
            w3di_mesh_tangents_member_add(work, at, &members[k++]);
        for (uint32_t at = head; at != W3DI_MESH_TANGENTS_NONE; at = chain[at])
            w3di_mesh_tangents_apart(work, at, members, kept, chain);
    }
}

/* Evaluates once more the groups that were marked. Lists that are no longer needed give their
 * room. */
static void w3di_mesh_tangents_apart_all(w3di_mesh_tangents_work *work)
{
    uint32_t *heads = work->groups.heads, count = 0;
    for (uint32_t i = 0; i < work->marked_count; i++) {
        uint32_t head = work->next[i];
        if (w3di_mesh_tangents_agree(work, head))
            work->groups.flags[head / 3] &= (unsigned char)~(W3DI_MESH_TANGENTS_APART << head % 3);
        else
            work->next[count++] = head;
    }
    work->marked_count = count;
    for (uint32_t i = 0; i < work->marked_count; i++)
        heads[(size_t)work->ids[work->next[i]] * 4] = 1;
    for (uint32_t i = 0; i < work->marked_count; i++) {
        uint32_t id = work->ids[work->next[i]];
        if (!heads[(size_t)id * 4]) continue;
        heads[(size_t)id * 4] = 0;
        w3di_mesh_tangents_apart_vertex(work, id, work->previous);
    }
}

/* ---- triangles without an area ---- */

/* Those in the map take the tangent of their group, before groups are taken apart. */
static void w3di_mesh_tangents_finish_any(w3di_mesh_tangents_work *work)
{
    for (uint32_t t = 0; t < work->triangle_count; t++) {
        unsigned flags = work->groups.flags[t];
        if (!(flags & W3DI_MESH_TANGENTS_ANY) || (flags & W3DI_MESH_TANGENTS_FLAT)) continue;
        for (uint32_t corner = 3 * t; corner < 3 * t + 3; corner++)
            w3di_mesh_tangents_copy(work, corner, work->groups.first[corner]);
    }
}

/* Those in space take that of the first good corner at the same vertex, when all else is done. */
static void w3di_mesh_tangents_finish_flat(w3di_mesh_tangents_work *work)
{
    for (uint32_t t = 0; t < work->triangle_count; t++) {
        if (!(work->groups.flags[t] & W3DI_MESH_TANGENTS_FLAT)) continue;
        for (uint32_t corner = 3 * t; corner < 3 * t + 3; corner++) {
            uint32_t id = work->ids[corner], from = W3DI_MESH_TANGENTS_NONE;
            if (id != W3DI_MESH_TANGENTS_NONE && work->offsets[id] < work->offsets[id + 1])
                from = work->corners[work->offsets[id]];
            w3di_mesh_tangents_copy(work, corner, from);
        }
    }
}

/* ---- the whole ---- */

W3D_API size_t w3d_mesh_tangents_scratch_size(uint32_t vertex_count, uint32_t index_count)
{
    size_t total = 15, slots = w3di_mesh_tangents_weld_slots(vertex_count), weld = 0, remap = 0;
    size_t vertices = vertex_count, corners = index_count, triangles = index_count / 3;
    int fits = w3d_size_append(&total, corners, 5 * 4) && /* ids, three lists, first */
               w3d_size_append(&total, 2 * W3DI_MESH_TANGENTS_PADDING, 4) &&
               w3d_size_append(&total, vertices, 5 * 4) && /* offsets, heads */
               w3d_size_append(&total, 2, 4) && w3d_size_append(&total, triangles, 1) &&
               w3d_size_append(&total, triangles / 4 + 1, W3DI_MESH_TANGENTS_SPACE_FLOATS * 4) &&
               w3d_size_append(&remap, vertices, 4) && w3d_size_append(&weld, slots, 4);
    if (!fits || !slots) return SIZE_MAX;
    if (weld > total) total = weld;
    return w3d_size_add(total, remap, &total) && w3d_size_add(total, 3, &total) ? total : SIZE_MAX;
}

static int w3di_mesh_tangents_kept(const w3d_mesh_tangents_desc *desc, const float *tangents)
{
    return desc && desc->index_count % 3 == 0 && desc->vertex_count <= 0x7FFFFFFFu &&
           (tangents || desc->index_count == 0) &&
           ((desc->positions && desc->normals && desc->uvs) || desc->vertex_count == 0) &&
           (desc->indices || desc->index_count == desc->vertex_count) &&
           w3di_mesh_check_stride(desc->position_stride) &&
           w3di_mesh_check_stride(desc->normal_stride) &&
           (desc->uv_stride == 0 || (desc->uv_stride >= 8 && desc->uv_stride % 4 == 0));
}

W3D_API w3d_result w3d_mesh_tangents(const w3d_mesh_tangents_desc *desc, float *tangents,
                                     w3d_arena scratch)
{
    int kept = w3di_mesh_tangents_kept(desc, tangents);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (desc->indices &&
        !w3di_mesh_check_indices(desc->indices, desc->index_count, desc->vertex_count))
        return W3D_ERR_INDEX;
    if (scratch.size - scratch.used <
        w3d_mesh_tangents_scratch_size(desc->vertex_count, desc->index_count))
        return W3D_ERR_CAPACITY;
    if (desc->index_count == 0) return W3D_OK;

    w3di_mesh_tangents_work work;
    w3di_mesh_tangents_groups *groups = &work.groups;
    size_t corners = desc->index_count, padded = corners + W3DI_MESH_TANGENTS_PADDING;
    work.rows.positions = (const unsigned char *)desc->positions;
    work.rows.normals = (const unsigned char *)desc->normals;
    work.rows.uvs = (const unsigned char *)desc->uvs;
    work.rows.position_stride = desc->position_stride ? desc->position_stride : 12;
    work.rows.normal_stride = desc->normal_stride ? desc->normal_stride : 12;
    work.rows.uv_stride = desc->uv_stride ? desc->uv_stride : 8;
    work.rows.vertex_count = desc->vertex_count;
    work.indices = desc->indices;
    work.triangle_count = desc->index_count / 3;
    work.out = tangents;
    work.remap = (uint32_t *)w3d_arena_push(&scratch, desc->vertex_count, 4, 4);
    size_t slot_count = w3di_mesh_tangents_weld_slots(desc->vertex_count);
    size_t mark = w3d_arena_mark(&scratch);
    uint32_t *slots = (uint32_t *)w3d_arena_push(&scratch, slot_count, 4, 4);
    if (!work.remap || !slots) return W3D_ERR_CAPACITY;
    work.id_count =
        w3di_mesh_tangents_weld(&work.rows, work.remap, slots, slot_count, W3DI_MESH_TANGENTS_NONE);
    w3d_arena_rewind(&scratch, mark);

    work.spaces = (float *)w3d_arena_push(&scratch, (size_t)(work.triangle_count / 4 + 1),
                                          W3DI_MESH_TANGENTS_SPACE_FLOATS * 4, 16);
    work.ids = (uint32_t *)w3d_arena_push(&scratch, corners, 4, 4);
    work.corners = (uint32_t *)w3d_arena_push(&scratch, corners, 4, 4);
    work.next = (uint32_t *)w3d_arena_push_zero(&scratch, padded, 4, 4);
    work.previous = (uint32_t *)w3d_arena_push_zero(&scratch, padded, 4, 4);
    groups->first = (uint32_t *)w3d_arena_push(&scratch, corners, 4, 4);
    work.offsets = (uint32_t *)w3d_arena_push(&scratch, (size_t)work.id_count + 2, 4, 4);
    groups->heads = (uint32_t *)w3d_arena_push(&scratch, work.id_count, 16, 4);
    groups->flags = (unsigned char *)w3d_arena_push(&scratch, work.triangle_count, 1, 1);
    if (!work.spaces || !work.ids || !work.corners || !work.next || !work.previous ||
        !groups->first || !work.offsets || !groups->heads || !groups->flags)
        return W3D_ERR_CAPACITY;
    groups->ids = work.ids;
    groups->offsets = work.offsets;
    groups->corners = work.corners;
    groups->next = work.next;
    groups->previous = work.previous;
    groups->has_nan = 1;
    groups->links = (unsigned char *)tangents;
    groups->triangle_count = work.triangle_count;

    w3di_mesh_tangents_derive_all(&work);
    w3di_mesh_tangents_list(&work);
    w3di_mesh_tangents_group_all(groups, work.id_count);
    w3di_mesh_tangents_number(&work);
    w3di_mesh_tangents_add_all(&work);
    w3di_mesh_tangents_finish(&work);
    if (work.some_bad & W3DI_MESH_TANGENTS_ANY) w3di_mesh_tangents_finish_any(&work);
    if (work.marked_count) w3di_mesh_tangents_apart_all(&work);
    if (work.some_bad & W3DI_MESH_TANGENTS_FLAT) w3di_mesh_tangents_finish_flat(&work);
    return W3D_OK;
}

#undef W3DI_MESH_TANGENTS_SPACE_FLOATS
#undef W3DI_MESH_TANGENTS_TILT
#undef W3DI_MESH_TANGENTS_KEPT
#undef W3DI_MESH_TANGENTS_CROWD
#undef W3DI_MESH_TANGENTS_FORWARD
#undef W3DI_MESH_TANGENTS_PADDING
#undef W3DI_MESH_TANGENTS_NONE
#undef W3DI_MESH_TANGENTS_AHEAD
#undef W3DI_MESH_TANGENTS_ARCS
#undef W3DI_MESH_TANGENTS_WAY
#undef W3DI_MESH_TANGENTS_NUMBER
#undef W3DI_MESH_TANGENTS_FEW
#undef W3DI_MESH_TANGENTS_SOME
#undef W3DI_MESH_TANGENTS_POSITIVE
#undef W3DI_MESH_TANGENTS_ANY
#undef W3DI_MESH_TANGENTS_FLAT
#undef W3DI_MESH_TANGENTS_APART

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
