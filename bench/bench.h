/* bench.h - a row of the table: ours, the peer's, and the floor nobody gets below, in turn.
 *
 *     static void ours(void *user)  { w3d_mesh_normals(...); }
 *     static void peer(void *user)  { plain_loop(...); }
 *     static void limit(void *user) { memcpy(...); }
 *     bench_row row = { "vertex normals", "Mtri/s", triangles / 1e6 };
 *     row.ours.run = ours, row.peer.run = peer, row.limit.run = limit, row.user = &mesh;
 *     row.peer.name = "plain loop";
 *     bench_run(&row);
 *
 * Every round runs each side once (several times where one run is short), so that all three meet
 * the same moods of the machine; the medians over the rounds are compared. A peer in another
 * process is a command that prints the nanoseconds of one run as its last line. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_MOST_ROUNDS = 101 };

typedef struct bench_side {
    const char *name;               /* "plain loop", "memcpy", ...; ours needs none      */
    void      (*run)(void *user);   /* one run; NULL: this side is absent, or a command  */
    const char *command;            /* another process: prints ns a run as its last line */
} bench_side;

typedef struct bench_row {
    const char *name;
    const char *unit;    /* of the rates: "Mtri/s", "MB/s", ...                      */
    double      work;    /* units done by one run, so that work / seconds is the rate */
    bench_side  ours, peer, limit;
    void       *user;
    void      (*reset)(void *user); /* before every run, not timed; or NULL           */
    int         rounds;  /* 0: 15, or 5 with a command                                */
} bench_row;

typedef struct bench_figure {
    double min, median, max; /* seconds a run */
} bench_figure;

/* Where rows go besides the screen; set by bench/main.c. */
extern FILE *bench_csv;

static inline double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Keeps a result alive, so that the compiler can't drop the work that made it. */
static inline void bench_keep(const void *result)
{
    static volatile const void *kept;
    kept = result;
    (void)kept;
}

static inline double bench_command(const char *command)
{
    char line[256], last[256] = "";
    FILE *pipe = popen(command, "r");
    if (!pipe) return 0;
    while (fgets(line, sizeof line, pipe))
        if (line[0] >= '0' && line[0] <= '9') strcpy(last, line);
    return pclose(pipe) == 0 ? strtod(last, NULL) * 1e-9 : 0;
}

/* Seconds a run, over as many runs as make at least 2 ms. */
static inline double bench_once(const bench_row *row, const bench_side *side, int repeat)
{
    double seconds = 0;
    if (side->command) return bench_command(side->command);
    for (int i = 0; i < repeat; i++) {
        if (row->reset) row->reset(row->user);
        double began = bench_now();
        side->run(row->user);
        seconds += bench_now() - began;
    }
    return seconds / repeat;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline bench_figure bench_figure_of(double *seconds, int count)
{
    bench_figure figure = { 0, 0, 0 };
    qsort(seconds, (size_t)count, sizeof *seconds, bench_compare);
    if (count) figure.min = seconds[0], figure.median = seconds[count / 2], figure.max = seconds[count - 1];
    return figure;
}

/* Names the columns; `title` is the bench's. */
static inline void bench_title(const char *title)
{
    printf("\n%s\n%-34s%-8s%10s%12s%12s%9s%9s   %s\n", title, "", "", "ours", "peer", "limit",
           "x peer", "x limit", "ours: min / median / max ms");
}

static inline void bench_run(const bench_row *row)
{
    static double seconds[3][BENCH_MOST_ROUNDS];
    const bench_side *side[3] = { &row->ours, &row->peer, &row->limit };
    int external = row->peer.command || row->ours.command || row->limit.command;
    int rounds = row->rounds ? row->rounds : external ? 5 : 15, repeat[3] = { 1, 1, 1 };
    bench_figure figure[3];
    for (int s = 0; s < 3; s++) {
        if (!side[s]->run) continue;
        double first = bench_once(row, side[s], 1), again = bench_once(row, side[s], 1);
        if (again < first) first = again;
        if (first < 0.002) repeat[s] = (int)(0.002 / (first > 1e-7 ? first : 1e-7)) + 1;
    }
    for (int round = 0; round < rounds; round++)
        for (int s = 0; s < 3; s++)
            if (side[s]->run || side[s]->command) seconds[s][round] = bench_once(row, side[s], repeat[s]);
    char rate[3][24], ratio[2][24];
    for (int s = 0; s < 3; s++) {
        int there = side[s]->run || side[s]->command;
        figure[s] = bench_figure_of(seconds[s], there ? rounds : 0);
        if (figure[s].median > 0)
            snprintf(rate[s], sizeof rate[s], "%.4g", row->work / figure[s].median);
        else
            snprintf(rate[s], sizeof rate[s], "%s", there ? "failed" : "-");
    }
    for (int s = 0; s < 2; s++)
        if (figure[s + 1].median > 0 && figure[0].median > 0)
            snprintf(ratio[s], sizeof ratio[s], "%.2f", figure[s + 1].median / figure[0].median);
        else
            strcpy(ratio[s], "-");
    printf("%-34s%-8s%10s%12s%12s%9s%9s   %.3f / %.3f / %.3f%s%s%s%s\n", row->name, row->unit, rate[0],
           rate[1], rate[2], ratio[0], ratio[1], figure[0].min * 1e3, figure[0].median * 1e3,
           figure[0].max * 1e3, row->peer.name ? "   peer: " : "", row->peer.name ? row->peer.name : "",
           row->limit.name ? ", limit: " : "", row->limit.name ? row->limit.name : "");
    fflush(stdout);
    if (bench_csv)
        fprintf(bench_csv, "%s,%s,%s,%s,%s,%s,%s,%.6f,%.6f,%.6f,%s,%s\n", row->name, row->unit, rate[0],
                rate[1], rate[2], ratio[0], ratio[1], figure[0].min * 1e3, figure[0].median * 1e3,
                figure[0].max * 1e3, row->peer.name ? row->peer.name : "",
                row->limit.name ? row->limit.name : "");
}

#endif /* BENCH_H */
