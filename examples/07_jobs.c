/* 07_jobs.c - a picture in jobs: priorities, dependencies, progress, cancelling, a parallel loop.
 *
 *     cc -I. examples/07_jobs.c -o jobs -pthread && ./jobs
 *
 * The output is the same on any number of processors, and without threads. */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { WIDTH = 320, HEIGHT = 200, STRIPS = 10 };

static unsigned char picture[WIDTH * HEIGHT];
static uint64_t sums[STRIPS];

/* Rows of the Mandelbrot set, in whole numbers of 1/4096: parallel_for calls this on several threads. */
static void paint_rows(void *user, uint32_t begin, uint32_t end)
{
    (void)user;
    for (int y = (int)begin; y < (int)end; y++)
        for (int x = 0; x < WIDTH; x++) {
            int cx = x * 12288 / WIDTH - 9011, cy = y * 9830 / HEIGHT - 4915, zx = 0, zy = 0,
                steps = 0;
            for (; steps < 255 && zx * zx + zy * zy < 4 << 24; steps++) {
                int next = (zx * zx - zy * zy) / 4096 + cx;
                zy = zx * zy / 2048 + cy;
                zx = next;
            }
            picture[y * WIDTH + x] = steps == 255;
        }
}

/* A job may loop in parallel: idle workers join in. */
static w3d_result paint(void *user, w3d_job_context *context)
{
    return w3d_parallel_for(context->jobs, 0, HEIGHT, 4, paint_rows, user);
}

static w3d_result sum_up(void *user, w3d_job_context *context)
{
    uint32_t number = *(uint32_t *)user, rows = HEIGHT / STRIPS;
    for (uint32_t y = number * rows; y < (number + 1) * rows; y++) {
        if (w3d_jobs_cancelled(context)) return W3D_ERR_CANCELLED;
        for (uint32_t x = 0; x < WIDTH; x++) sums[number] += picture[y * WIDTH + x];
        w3d_jobs_advance(context, 1);
    }
    return W3D_OK;
}

int main(void)
{
    w3d_jobs *jobs;
    w3d_job painted, strips, late;
    uint32_t numbers[STRIPS];
    if (w3d_jobs_create(NULL, &jobs) != W3D_OK) return 1;

    w3d_job_desc desc = { 0 };
    desc.run = paint;
    desc.name = "paint";
    if (w3d_jobs_submit(jobs, &desc, &painted) != W3D_OK) return 1;

    /* Ten jobs in a group, none of which starts before the picture is painted. */
    if (w3d_jobs_group_create(jobs, &strips) != W3D_OK) return 1;
    desc.run = sum_up;
    desc.name = "sum";
    desc.total = HEIGHT / STRIPS;
    desc.after = &painted;
    desc.after_count = 1;
    desc.group = strips;
    for (uint32_t i = 0; i < STRIPS; i++) {
        numbers[i] = i;
        desc.user = &numbers[i];
        if (w3d_jobs_submit(jobs, &desc, NULL) != W3D_OK) return 1;
    }
    /* One more, after all of these, that is not wanted any more before it could begin. */
    w3d_job_desc last = { 0 };
    last.run = paint;
    last.priority = W3D_JOB_BACKGROUND;
    last.after = &strips;
    last.after_count = 1;
    if (w3d_jobs_submit(jobs, &last, &late) != W3D_OK) return 1;
    w3d_jobs_cancel(jobs, late);
    w3d_jobs_raise(jobs, strips, W3D_JOB_HIGH);

    w3d_result result = W3D_OK, outcome = W3D_OK;
    if (w3d_jobs_wait(jobs, strips, W3D_FOREVER, &result) != W3D_OK) return 1; /* helps meanwhile */
    if (w3d_jobs_wait(jobs, late, W3D_FOREVER, &outcome) != W3D_OK) return 1;
    uint32_t done, total;
    w3d_jobs_progress(jobs, strips, &done, &total);
    uint64_t sum = 0;
    for (int i = 0; i < STRIPS; i++) sum += sums[i]; /* in a fixed order */
    printf("summed: %s, %u of %u rows\n", w3d_result_text(result), done, total);
    printf("late:   %s\n", w3d_result_text(outcome));
    printf("%llu of %d pixels are set\n", (unsigned long long)sum, WIDTH * HEIGHT);
    w3d_jobs_release(jobs, painted);
    w3d_jobs_release(jobs, strips);
    w3d_jobs_release(jobs, late);
    return w3d_jobs_destroy(jobs) == W3D_OK ? 0 : 1;
}
