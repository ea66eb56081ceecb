#include "reference_tangents.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct tri {
    int vertex[3];    /* the first vertex with the same attributes */
    int neighbour[3]; /* across the edge after the corner; -1      */
    int group[3];     /* -1: none                                  */
    int flat, any, positive;
    double s[3], t[3];
} tri;

typedef struct mesh {
    const w3d_mesh_tangents_desc *desc;
    tri *tris;
    int count;
} mesh;

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
static void normalise(double *a)
{
    double length = sqrt(dot(a, a));
    for (int k = 0; k < 3 && length > 0; k++) a[k] /= length;
}
static void across(const double *a, const double *normal, double *out)
{
    double along = dot(a, normal);
    for (int k = 0; k < 3; k++) out[k] = a[k] - along * normal[k];
    normalise(out);
}
static void row(const float *rows, int vertex, double *out)
{
    for (int k = 0; k < 3; k++) out[k] = (double)rows[3 * vertex + k];
}

static int same(const float *a, const float *b, int count)
{
    for (int k = 0; k < count; k++)
        if (!(a[k] == b[k])) return 0;
    return 1;
}

static int first_alike(const w3d_mesh_tangents_desc *desc, int vertex)
{
    for (int i = 0; i < vertex; i++)
        if (same(desc->positions + 3 * i, desc->positions + 3 * vertex, 3) &&
            same(desc->normals + 3 * i, desc->normals + 3 * vertex, 3) &&
            same(desc->uvs + 2 * i, desc->uvs + 2 * vertex, 2))
            return i;
    return vertex;
}

static void derive(const w3d_mesh_tangents_desc *desc, tri *t)
{
    double p[3][3], d1[3], d2[3], m[3][2];
    for (int k = 0; k < 3; k++) {
        row(desc->positions, t->vertex[k], p[k]);
        m[k][0] = (double)desc->uvs[2 * t->vertex[k]];
        m[k][1] = (double)desc->uvs[2 * t->vertex[k] + 1];
        int next = t->vertex[(k + 1) % 3];
        if (same(desc->positions + 3 * t->vertex[k], desc->positions + 3 * next, 3)) t->flat = 1;
    }
    double area =
        (m[1][0] - m[0][0]) * (m[2][1] - m[0][1]) - (m[1][1] - m[0][1]) * (m[2][0] - m[0][0]);
    double sign = area > 0 ? 1 : -1;
    t->positive = area > 0;
    for (int k = 0; k < 3; k++) {
        d1[k] = p[1][k] - p[0][k];
        d2[k] = p[2][k] - p[0][k];
        t->s[k] = sign * ((m[2][1] - m[0][1]) * d1[k] - (m[1][1] - m[0][1]) * d2[k]);
        t->t[k] = sign * ((m[1][0] - m[0][0]) * d2[k] - (m[2][0] - m[0][0]) * d1[k]);
    }
    t->any = !(area != 0 && dot(t->s, t->s) > 0 && dot(t->t, t->t) > 0);
    normalise(t->s);
    normalise(t->t);
}

static void pair_edges(mesh *m)
{
    for (int f = 0; f < m->count; f++)
        for (int e = 0; e < 3; e++)
            for (int g = f + 1; g < m->count && m->tris[f].neighbour[e] < 0; g++)
                for (int h = 0; h < 3; h++) {
                    tri *a = &m->tris[f], *b = &m->tris[g];
                    if (a->flat || b->flat || a->neighbour[e] >= 0 || b->neighbour[h] >= 0 ||
                        a->vertex[e] != b->vertex[(h + 1) % 3] ||
                        a->vertex[(e + 1) % 3] != b->vertex[h])
                        continue;
                    a->neighbour[e] = g;
                    b->neighbour[h] = f;
                }
}

static void spread(mesh *m, int f, int vertex, int group, int positive)
{
    tri *t = &m->tris[f];
    int k = t->vertex[0] == vertex ? 0 : t->vertex[1] == vertex ? 1 : 2;
    if (t->group[k] >= 0) return;
    if (t->any && t->group[0] < 0 && t->group[1] < 0 && t->group[2] < 0) t->positive = positive;
    if (t->positive != positive) return;
    t->group[k] = group;
    if (t->neighbour[k] >= 0) spread(m, t->neighbour[k], vertex, group, positive);
    if (t->neighbour[(k + 2) % 3] >= 0)
        spread(m, t->neighbour[(k + 2) % 3], vertex, group, positive);
}

static void evaluate(const mesh *m, int f, int corner, double *out, unsigned char *certain)
{
    const tri *own = &m->tris[f];
    double normal[3], own_s[3], own_t[3], sum[3] = { 0, 0, 0 }, total = 0;
    int vertex = own->vertex[corner];
    row(m->desc->normals, vertex, normal);
    across(own->s, normal, own_s);
    across(own->t, normal, own_t);
    *certain = 1;
    for (int g = 0; g < m->count; g++) {
        const tri *t = &m->tris[g];
        for (int k = 0; k < 3; k++) {
            double s[3], side[3], a[3], b[3], p[3][3];
            if (t->any || t->flat || t->group[k] != own->group[corner] || t->group[k] < 0) continue;
            across(t->s, normal, s);
            across(t->t, normal, side);
            if (!own->any && g != f) {
                double least = fmin(dot(own_s, s), dot(own_t, side));
                if (least < -1 + 1e-5) *certain = 0;
                if (least <= -1) continue;
            }
            for (int i = 0; i < 3; i++) row(m->desc->positions, t->vertex[(k + i) % 3], p[i]);
            for (int i = 0; i < 3; i++) a[i] = p[1][i] - p[0][i], b[i] = p[2][i] - p[0][i];
            across(a, normal, a);
            across(b, normal, b);
            double angle = acos(fmax(-1, fmin(1, dot(a, b))));
            for (int i = 0; i < 3; i++) sum[i] += angle * s[i];
            total += angle;
            if (fabs(dot(a, a) - 1) > 0.5 || fabs(dot(b, b) - 1) > 0.5) *certain = 0;
            if (fabs(dot(t->s, normal)) > 0.999 || fabs(dot(a, b)) > 0.9999) *certain = 0;
        }
    }
    if (!(sqrt(dot(sum, sum)) > 0.01 * total)) *certain = 0;
    normalise(sum);
    for (int k = 0; k < 3; k++) out[k] = sum[k];
    out[3] = own->positive ? 1 : -1;
}

void reference_tangents(const w3d_mesh_tangents_desc *desc, double *out, unsigned char *certain)
{
    static const double none[4] = { 1, 0, 0, -1 };
    mesh m;
    m.desc = desc;
    m.count = (int)(desc->index_count / 3);
    m.tris = (tri *)calloc((size_t)m.count + 1, sizeof(tri));
    for (int f = 0; f < m.count; f++) {
        for (int k = 0; k < 3; k++) {
            int index = 3 * f + k;
            m.tris[f].vertex[k] =
                first_alike(desc, desc->indices ? (int)desc->indices[index] : index);
            m.tris[f].neighbour[k] = m.tris[f].group[k] = -1;
        }
        derive(desc, &m.tris[f]);
    }
    pair_edges(&m);
    int groups = 0;
    for (int f = 0; f < m.count; f++)
        for (int k = 0; k < 3; k++)
            if (!m.tris[f].flat && !m.tris[f].any && m.tris[f].group[k] < 0)
                spread(&m, f, m.tris[f].vertex[k], groups++, m.tris[f].positive);
    for (int pass = 0; pass < 2; pass++) /* flat ones last: they copy */
        for (int i = 0; i < 3 * m.count; i++) {
            const tri *t = &m.tris[i / 3];
            int from = -1;
            if (t->flat != pass) continue;
            memcpy(out + 4 * i, none, sizeof none);
            certain[i] = 1;
            if (!t->flat && t->group[i % 3] >= 0)
                evaluate(&m, i / 3, i % 3, out + 4 * i, &certain[i]);
            for (int j = 0; t->flat && from < 0 && j < 3 * m.count; j++)
                if (!m.tris[j / 3].flat && m.tris[j / 3].vertex[j % 3] == t->vertex[i % 3])
                    from = j;
            if (from >= 0) {
                memcpy(out + 4 * i, out + 4 * from, 4 * sizeof *out);
                certain[i] = certain[from];
            }
        }
    free(m.tris);
}
