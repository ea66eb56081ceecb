/* reference_skinning.c */
#include "reference_skinning.h"

#include <math.h>
#include <string.h>

void reference_skinning_point(const reference_influence *in, const float *point, double *out)
{
    memset(out, 0, 3 * sizeof *out);
    for (uint32_t i = 0; i < in->count; i++) {
        const float *m = in->matrices[in->bones[i]].m;
        for (int k = 0; k < 3; k++) {
            double moved = m[12 + k];
            for (int c = 0; c < 3; c++) moved += (double)m[4 * c + k] * point[c];
            out[k] += in->weights[i] * moved;
        }
    }
}

static void unit(double *v)
{
    double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int k = 0; k < 3; k++) v[k] = length > 0.0 ? v[k] / length : 0.0;
}

void reference_skinning_direction(const reference_influence *in, const float *v, int exact,
                                  double *out)
{
    double m[3][3]; /* [row][column] */
    memset(m, 0, sizeof m);
    for (uint32_t i = 0; i < in->count; i++)
        for (int row = 0; row < 3; row++)
            for (int c = 0; c < 3; c++)
                m[row][c] += in->weights[i] * (double)in->matrices[in->bones[i]].m[4 * c + row];
    if (!exact) {
        for (int k = 0; k < 3; k++) out[k] = m[k][0] * v[0] + m[k][1] * v[1] + m[k][2] * v[2];
        unit(out);
        return;
    }
    /* Solve transpose(m) x = v by Gauss and Jordan. */
    double a[3][4];
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c < 3; c++) a[row][c] = m[c][row];
        a[row][3] = v[row];
    }
    for (int c = 0; c < 3; c++) {
        int best = c;
        for (int row = c; row < 3; row++)
            if (fabs(a[row][c]) > fabs(a[best][c])) best = row;
        for (int k = 0; k < 4; k++) {
            double swap = a[c][k];
            a[c][k] = a[best][k];
            a[best][k] = swap;
        }
        for (int row = 0; row < 3; row++) {
            double factor = a[row][c] / a[c][c];
            for (int k = 0; row != c && k < 4; k++) a[row][k] -= factor * a[c][k];
        }
    }
    for (int k = 0; k < 3; k++) out[k] = a[k][3] / a[k][k];
    unit(out);
}

/* The quaternion of a turn: its axis is what the matrix leaves alone, the largest column of
 * R + transpose(R) + (1 - trace) I. */
static void quaternion(const float *m, double *q)
{
    double trace = (double)m[0] + m[5] + m[10], best = -1.0;
    double axis[3] = { 0, 0, 0 }, column[3];
    for (int c = 0; c < 3; c++) {
        for (int row = 0; row < 3; row++)
            column[row] = (double)m[4 * c + row] + m[4 * row + c] + (row == c ? 1.0 - trace : 0.0);
        double size = column[0] * column[0] + column[1] * column[1] + column[2] * column[2];
        if (size > best) best = size, memcpy(axis, column, sizeof axis);
    }
    unit(axis);
    double sine = ((double)m[6] - m[9]) * axis[0] + ((double)m[8] - m[2]) * axis[1] +
                  ((double)m[1] - m[4]) * axis[2];
    double half = 0.5 * atan2(0.5 * sine, 0.5 * (trace - 1.0));
    for (int k = 0; k < 3; k++) q[k] = axis[k] * sin(half);
    q[3] = cos(half);
}

static void multiply(const double *a, const double *b, double *out)
{
    double r[4] = { a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
                    a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
                    a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
                    a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2] };
    memcpy(out, r, sizeof r);
}

void reference_skinning_dual(const reference_influence *in, double *matrix)
{
    double real[4] = { 0, 0, 0, 0 }, dual[4] = { 0, 0, 0, 0 };
    for (uint32_t i = 0; i < in->count; i++) {
        const float *m = in->matrices[in->bones[i]].m;
        double q[4], move[4] = { 0.5 * m[12], 0.5 * m[13], 0.5 * m[14], 0.0 }, d[4], along = 0.0;
        quaternion(m, q);
        multiply(move, q, d);
        for (int k = 0; k < 4; k++) along += real[k] * q[k];
        double weight = along < 0.0 ? -in->weights[i] : in->weights[i];
        for (int k = 0; k < 4; k++) real[k] += weight * q[k], dual[k] += weight * d[k];
    }
    double length =
        sqrt(real[0] * real[0] + real[1] * real[1] + real[2] * real[2] + real[3] * real[3]);
    double back[4], move[4];
    for (int k = 0; k < 4; k++) real[k] /= length, dual[k] /= length;
    for (int k = 0; k < 4; k++) back[k] = k < 3 ? -real[k] : real[k];
    multiply(dual, back, move);
    for (int c = 0; c < 3; c++) {
        double v[4] = { 0.0, 0.0, 0.0, 0.0 };
        v[c] = 1.0;
        multiply(real, v, v);
        multiply(v, back, v);
        for (int row = 0; row < 3; row++) matrix[4 * row + c] = v[row];
    }
    for (int row = 0; row < 3; row++) matrix[4 * row + 3] = 2.0 * move[row];
}
