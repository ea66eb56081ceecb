/* mesh_bounds.c - a box in one pass; the smallest sphere in a few.
 *
 * A smallest sphere is held in place by two to four points. The farthest point from the present
 * centre joins those that hold the sphere, and the smallest sphere around these few is found by
 * trying each subset; the radius grows with every step, so the search ends: after five to ten
 * passes in practice. Passes run four points at a time in float; the few points are worked with in double.
 * The radius is measured last, from the centre as it is returned, and rounded up. */
#include "mesh/mesh_bounds.h"
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

/* The points to bound: rows of the mesh, directly or by index. */
typedef struct w3di_mesh_bounds_points {
    const w3d_mesh_view *mesh;
    const uint32_t *indices; /* NULL: the rows as they lie */
    uint32_t begin, end;
} w3di_mesh_bounds_points;

W3D_INLINE const float *w3di_mesh_bounds_point(const w3di_mesh_bounds_points *points, size_t i)
{
    return w3d_mesh_position(points->mesh, points->indices ? points->indices[i] : (uint32_t)i);
}

static w3d_result w3di_mesh_bounds_open(w3di_mesh_bounds_points *points, const w3d_mesh_view *mesh,
                                        const w3d_mesh_bounds_desc *desc, const void *out)
{
    w3d_mesh_bounds_desc none = { 0, 0, 0 };
    if (!desc) desc = &none;
    int kept = w3di_mesh_check_view(mesh) && out;
    uint32_t count = !kept ? 0 : desc->indices_only ? mesh->index_count : mesh->vertex_count;
    points->mesh = mesh;
    points->indices = kept && desc->indices_only ? mesh->indices : NULL;
    points->begin = desc->begin;
    points->end = desc->end ? desc->end : count;
    kept = kept && points->begin <= points->end && points->end <= count;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (points->indices &&
        !w3di_mesh_check_indices(points->indices + points->begin,
                                 (size_t)(points->end - points->begin), mesh->vertex_count))
        return W3D_ERR_INDEX;
    return W3D_OK;
}

/* ---- box ---- */

/* 1 where all four lanes are finite. */
W3D_INLINE int w3di_mesh_bounds_finite(w3d_f4 a)
{
    return w3d_f4_mask(w3d_f4_lesseq(w3d_f4_abs(a), w3d_f4_splat(FLT_MAX))) == 15;
}

/* Grows the box by the points of a range; gives how many were left out. */
static uint32_t w3di_mesh_bounds_grow(const w3di_mesh_bounds_points *points, w3d_box *box)
{
    uint32_t skipped = 0;
    int packed = !points->indices && (points->mesh->stride == 0 || points->mesh->stride == 12);
    w3d_f4 low = w3d_f4_splat(FLT_MAX), high = w3d_f4_splat(-FLT_MAX);
    w3d_f4 lows[3], highs[3];
    for (int k = 0; k < 3; k++) {
        lows[k] = low;
        highs[k] = high;
    }
    for (size_t i = points->begin; i < points->end;) {
        const float *row = w3di_mesh_bounds_point(points, i);
        if (packed && points->end - i >= 4) {
            /* Four rows are three whole vectors: x y z x, y z x y, z x y z. */
            w3d_f4 a = w3d_f4_load(row), b = w3d_f4_load(row + 4), c = w3d_f4_load(row + 8);
            w3d_f4 sum = w3d_f4_add(w3d_f4_abs(a), w3d_f4_add(w3d_f4_abs(b), w3d_f4_abs(c)));
            if (w3di_mesh_bounds_finite(sum)) {
                lows[0] = w3d_f4_min(a, lows[0]);
                lows[1] = w3d_f4_min(b, lows[1]);
                lows[2] = w3d_f4_min(c, lows[2]);
                highs[0] = w3d_f4_max(a, highs[0]);
                highs[1] = w3d_f4_max(b, highs[1]);
                highs[2] = w3d_f4_max(c, highs[2]);
                i += 4;
                continue;
            }
        }
        w3d_f4 point = w3d_f4_load3(row);
        if (w3di_mesh_bounds_finite(point)) {
            low = w3d_f4_min(point, low);
            high = w3d_f4_max(point, high);
        } else {
            skipped++;
        }
        i++;
    }
    float least[16], most[16];
    for (int k = 0; k < 3; k++) {
        w3d_f4_store(least + 4 * k, lows[k]);
        w3d_f4_store(most + 4 * k, highs[k]);
    }
    w3d_f4_store(least + 12, low); /* 12 is 0 mod 3: x y z, and the w lane is not looked at */
    w3d_f4_store(most + 12, high);
    for (int k = 0; k < 15; k++) {
        if (least[k] < box->min[k % 3]) box->min[k % 3] = least[k];
        if (most[k] > box->max[k % 3]) box->max[k % 3] = most[k];
    }
    for (int k = 0; k < 3; k++) { /* whichever zero came first, +0 goes out */
        box->min[k] += 0.0f;
        box->max[k] += 0.0f;
    }
    return skipped;
}

static w3d_box w3di_mesh_bounds_nothing(void)
{
    w3d_box box;
    for (int k = 0; k < 3; k++) {
        box.min[k] = FLT_MAX;
        box.max[k] = -FLT_MAX;
    }
    return box;
}

W3D_API w3d_result w3d_mesh_bounds_box(const w3d_mesh_view *mesh, const w3d_mesh_bounds_desc *desc,
                                       w3d_box *box, uint32_t *skipped)
{
    w3di_mesh_bounds_points points;
    w3d_result result = w3di_mesh_bounds_open(&points, mesh, desc, box);
    if (result != W3D_OK) return result;
    *box = w3di_mesh_bounds_nothing();
    uint32_t left_out = w3di_mesh_bounds_grow(&points, box);
    if (skipped) *skipped = left_out;
    return W3D_OK;
}

/* ---- the sphere of a few points, in double ---- */

typedef struct w3di_mesh_bounds_ball {
    double centre[3];
    double square; /* of the radius; negative: no ball */
} w3di_mesh_bounds_ball;

static double w3di_mesh_bounds_square(const double *a, const double *b)
{
    double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    return (x * x + y * y) + z * z;
}

/* The smallest sphere through `count` points, 1 to 4: its centre is p0 + sum of l[i] (p[i] - p0),
 * and equal distances make that a linear system in l, solved by elimination with pivots. */
static w3di_mesh_bounds_ball w3di_mesh_bounds_through(const double (*p)[3], int count)
{
    double edge[3][3], m[3][4];
    w3di_mesh_bounds_ball ball;
    int n = count - 1;
    ball.square = -1.0;
    for (int k = 0; k < 3; k++) ball.centre[k] = p[0][k];
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) edge[i][k] = p[i + 1][k] - p[0][k];
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++)
            m[i][k] = 2.0 * ((edge[i][0] * edge[k][0] + edge[i][1] * edge[k][1]) +
                             edge[i][2] * edge[k][2]);
        m[i][n] = m[i][i] * 0.5;
    }
    for (int i = 0; i < n; i++) {
        int best = i;
        for (int k = i + 1; k < n; k++)
            if (m[k][i] * m[k][i] > m[best][i] * m[best][i]) best = k;
        for (int k = 0; k <= n; k++) {
            double swap = m[i][k];
            m[i][k] = m[best][k];
            m[best][k] = swap;
        }
        if (m[i][i] == 0.0) return ball;
        for (int k = 0; k < n; k++) {
            if (k == i) continue;
            double factor = m[k][i] / m[i][i];
            for (int column = i; column <= n; column++) m[k][column] -= factor * m[i][column];
        }
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) ball.centre[k] += m[i][n] / m[i][i] * edge[i][k];
    ball.square = w3di_mesh_bounds_square(ball.centre, p[0]);
    return ball;
}

/* The points that hold the sphere, and it. */
typedef struct w3di_mesh_bounds_support {
    double point[5][3];
    int count; /* at most 4 between steps */
    w3di_mesh_bounds_ball ball;
} w3di_mesh_bounds_support;

/* Takes in a point outside the ball: the new ball is the smallest, over all subsets of the old
 * points, that passes through the subset and the new point and holds the others. 0 where rounding
 * leaves none that is larger than the old one: the search is over. */
static int w3di_mesh_bounds_take(w3di_mesh_bounds_support *support, const double *point)
{
    w3di_mesh_bounds_support best = *support;
    int found = 0;
    for (unsigned subset = 0; subset < 1u << support->count; subset++) {
        w3di_mesh_bounds_support trial;
        trial.count = 1;
        for (int k = 0; k < 3; k++) trial.point[0][k] = point[k];
        for (int i = 0; i < support->count; i++) {
            if (!(subset >> i & 1u)) continue;
            for (int k = 0; k < 3; k++) trial.point[trial.count][k] = support->point[i][k];
            trial.count++;
        }
        if (trial.count > 4) continue;
        trial.ball = w3di_mesh_bounds_through((const double(*)[3])trial.point, trial.count);
        if (!(trial.ball.square > support->ball.square)) continue; /* also NaN */
        if (found && trial.ball.square >= best.ball.square) continue;
        double limit = trial.ball.square * (1.0 + 1e-12);
        int holds = 1;
        for (int i = 0; i < support->count; i++)
            holds &= w3di_mesh_bounds_square(support->point[i], trial.ball.centre) <= limit;
        if (!holds) continue;
        best = trial;
        found = 1;
    }
    *support = best;
    return found;
}

/* ---- passes over all points, in float ---- */

/* Four points in lanes; past the end the last one is repeated. Where more rows follow in memory
 * the fourth float of a row may be read. */
typedef struct w3di_mesh_bounds_four {
    w3d_f4 x, y, z;
} w3di_mesh_bounds_four;

W3D_INLINE w3di_mesh_bounds_four w3di_mesh_bounds_load(const w3di_mesh_bounds_points *points,
                                                       size_t i)
{
    size_t last = (size_t)points->end - 1;
    w3d_f4 row[4];
    if (!points->indices && i + 4 <= last) {
        for (size_t k = 0; k < 4; k++) row[k] = w3d_f4_load(w3di_mesh_bounds_point(points, i + k));
    } else {
        for (size_t k = 0; k < 4; k++)
            row[k] = w3d_f4_load3(w3di_mesh_bounds_point(points, i + k < last ? i + k : last));
    }
    w3d_f4_transpose(&row[0], &row[1], &row[2], &row[3]);
    w3di_mesh_bounds_four four;
    four.x = row[0];
    four.y = row[1];
    four.z = row[2];
    return four;
}

/* The first of the finite points farthest from `centre`; gives the square of its distance times
 * `power`, a power of two that brings the size of the box near 1. Products with it are exact and
 * their difference cannot overflow. */
static float w3di_mesh_bounds_farthest(const w3di_mesh_bounds_points *points, float power,
                                       const float *centre, uint32_t *farthest)
{
    w3d_f4 scale = w3d_f4_splat(power), most = w3d_f4_splat(-1.0f), never = most;
    w3d_f4 cx = w3d_f4_splat(centre[0] * power), cy = w3d_f4_splat(centre[1] * power);
    w3d_f4 cz = w3d_f4_splat(centre[2] * power), bound = w3d_f4_splat(1e6f);
    w3d_i4 here = w3d_i4_add(w3d_i4_splat((int32_t)points->begin), w3d_i4_set(0, 1, 2, 3));
    w3d_i4 where = here;
    for (size_t i = points->begin; i < points->end; i += 4) {
        w3di_mesh_bounds_four p = w3di_mesh_bounds_load(points, i);
        w3d_f4 x = w3d_f4_sub(w3d_f4_mul(p.x, scale), cx);
        w3d_f4 y = w3d_f4_sub(w3d_f4_mul(p.y, scale), cy);
        w3d_f4 z = w3d_f4_sub(w3d_f4_mul(p.z, scale), cz);
        w3d_f4 square = w3d_f4_mul(x, x);
        square = w3d_f4_add(square, w3d_f4_mul(y, y));
        square = w3d_f4_add(square, w3d_f4_mul(z, z));
        /* Finite points are never beyond the bound; NaN and infinity do not pass it. */
        square = w3d_f4_select(w3d_f4_lesseq(square, bound), square, never);
        w3d_f4 more = w3d_f4_less(most, square);
        most = w3d_f4_select(more, square, most);
        where = w3d_i4_select(w3d_i4_bits_f4(more), here, where);
        here = w3d_i4_add(here, w3d_i4_splat(4));
    }
    float squares[4], largest = -1.0f;
    int32_t indices[4];
    w3d_f4_store(squares, most);
    w3d_i4_store(indices, where);
    for (int k = 0; k < 4; k++) {
        /* A repeat of the last point stands for it; its index is not below `end`. */
        uint32_t index = (uint32_t)indices[k];
        if (index >= points->end) index = points->end - 1;
        if (squares[k] < largest || (squares[k] == largest && index > *farthest)) continue;
        largest = squares[k];
        *farthest = index;
    }
    return largest;
}

/* The power of two, within the range of normal floats, that brings `size` to [1, 2). */
static float w3di_mesh_bounds_power(double size)
{
    int exponent = (int)(w3d_bits_f64(size) >> 52 & 0x7FFu) - 1023;
    if (exponent > 126) exponent = 126;
    if (exponent < -127) exponent = -127;
    return w3d_f32_from_bits((uint32_t)(127 - exponent) << 23);
}

/* The smallest float that is not below `value` >= 0; +infinity above FLT_MAX. */
static float w3di_mesh_bounds_round_up(double value)
{
    if (value > (double)FLT_MAX) return w3d_f32_from_bits(0x7F800000u);
    float rounded = (float)value;
    return (double)rounded < value ? w3d_f32_from_bits(w3d_bits_f32(rounded) + 1u) : rounded;
}

W3D_API w3d_result w3d_mesh_bounds_sphere(const w3d_mesh_view *mesh,
                                          const w3d_mesh_bounds_desc *desc, w3d_sphere *sphere)
{
    w3di_mesh_bounds_points points;
    w3d_result result = w3di_mesh_bounds_open(&points, mesh, desc, sphere);
    if (result != W3D_OK) return result;
    w3d_box box = w3di_mesh_bounds_nothing();
    uint32_t skipped = w3di_mesh_bounds_grow(&points, &box);
    for (int k = 0; k < 3; k++) sphere->centre[k] = 0.0f;
    sphere->radius = -1.0f;
    if (skipped == points.end - points.begin) return W3D_OK;

    w3di_mesh_bounds_support support;
    double size = 0.0, origin[3];
    support.count = 0;
    support.ball.square = -1.0;
    for (int k = 0; k < 3; k++) {
        double low = (double)box.min[k], high = (double)box.max[k];
        origin[k] = (low + high) * 0.5; /* of the few points, so that they keep all their digits */
        support.ball.centre[k] = 0.0;
        if (high - low > size) size = high - low;
    }
    if (size == 0.0) { /* one place: a power of two for it would overflow the coordinates */
        for (int k = 0; k < 3; k++) sphere->centre[k] = box.min[k];
        sphere->radius = 0.0f;
        return W3D_OK;
    }
    float power = w3di_mesh_bounds_power(size), square = 0.0f;
    for (int step = 0; step < 64; step++) {
        uint32_t index = points.begin;
        double point[3];
        for (int k = 0; k < 3; k++) sphere->centre[k] = (float)(origin[k] + support.ball.centre[k]);
        square = w3di_mesh_bounds_farthest(&points, power, sphere->centre, &index);
        for (int k = 0; k < 3; k++)
            point[k] = (double)w3di_mesh_bounds_point(&points, index)[k] - origin[k];
        if (w3di_mesh_bounds_square(point, support.ball.centre) <=
            support.ball.square * (1.0 + 1e-9))
            break;
        if (!w3di_mesh_bounds_take(&support, point)) break;
    }
    /* Five roundings went into the square; eight are allowed for. The root is worked in double. */
    double radius = w3d_sqrt((double)square * (1.0 + 8.0 / 16777216.0)) / (double)power;
    sphere->radius = w3di_mesh_bounds_round_up(radius);
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
