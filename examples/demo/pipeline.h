/* pipeline.h - the main job: the bytes of a model file in; a BJSON file, a picture and a table out.
 *
 *     demo_job job = { 0 };
 *     job.bytes = bytes, job.size = size;
 *     demo_result result;
 *     if (demo_run(&job, &result) == W3D_OK) ...;   result.file, result.png, result.rows
 *     else ...;                                     result.error
 *     demo_release(&result);
 *
 * Reads GLB, glTF and OBJ, told apart by their content; checks, welds, adds normals where there are
 * none, writes BJSON, opens that file in place, and draws the picture from its arrays. No input or
 * output, no clock, no C library: the same bytes for the same input on every machine. main.c calls
 * it as a native program, wasm.c as a module for the browser.
 *
 * Limits: a scene of 1 GiB in memory, a picture of 16 to 8192 pixels a side. Textures are carried
 * into the BJSON file but not drawn. */
#ifndef DEMO_PIPELINE_H
#define DEMO_PIPELINE_H

#include "wasm3d.h"

typedef enum demo_step {
    DEMO_READ,
    DEMO_CHECK,
    DEMO_WELD,
    DEMO_NORMALS,
    DEMO_WRITE,
    DEMO_REOPEN,
    DEMO_RENDER,
    DEMO_PNG,
    DEMO_STEP_COUNT
} demo_step;

typedef struct demo_job {
    const void *bytes; /* the model file; borrowed, as is all else here, until demo_run returns */
    size_t size;
    uint32_t width;  /* of the picture in pixels; 0: 960 */
    uint32_t height; /* 0: 640 */

    /* The bytes of a file that the model names (.bin, .mtl), valid until demo_run returns, or any
     * result but W3D_OK: there is no such file. NULL: there are none. */
    w3d_result (*open)(void *user, const char *name, size_t name_size, const void **bytes,
                       size_t *size);
    /* Called at the start of a step with done 0, now and then until done is total. NULL: not. */
    void (*progress)(void *user, demo_step step, uint32_t done, uint32_t total);
    /* Milliseconds since any moment, for the table alone. NULL: the table has none. */
    double (*now)(void *user);
    void *user;

    const w3d_allocator *allocator; /* NULL: the default */
} demo_job;

/* A line of the table: one step, what it worked on, and how long. */
typedef struct demo_row {
    const char *unit; /* of the items: "triangles", "vertices", ... */
    uint64_t items;
    uint64_t items_left; /* of those, after the step; as many as before but for welding */
    uint64_t bytes;      /* read or written, whichever the step is about */
    int rate_in_bytes;   /* 1: the speed worth telling is bytes a second, not items */
    double milliseconds;
} demo_row;

/* What went wrong and where. */
typedef struct demo_error {
    w3d_result code;
    demo_step step;
    const char *text; /* what is wrong; static */
    char file[65];    /* a file the model names, if the error is there; "": the model itself */
    uint64_t offset;  /* of the first wrong byte in that file; only of step DEMO_READ */
    uint64_t line;    /* in text formats, from 1, with the column in bytes; else both are 0 */
    uint64_t column;
    char quote[49]; /* what was found there: text, or bytes in hexadecimal; or the name of
                              the mesh at fault; printable ASCII, "" where there is nothing */
} demo_error;

typedef struct demo_result {
    w3d_asset_bjson file; /* bytes and size: the BJSON file */
    unsigned char *png;   /* the picture */
    size_t png_size;
    const char *format;             /* "GLB", "glTF" or "OBJ"; NULL: none of these */
    demo_row rows[DEMO_STEP_COUNT]; /* unit is NULL from the step that failed */
    uint32_t object_count, mesh_count, material_count, image_count;
    float extent[3];     /* of the scene along x, y and z, in the file's unit */
    demo_error error;    /* code W3D_OK: none */
    size_t png_capacity; /* this and the next are not for the user */
    w3d_allocator allocator;
} demo_result;

/* "read", "check", ...; static. */
const char *demo_step_name(demo_step step);

/* Does the whole job.
 *
 *   result  out  always filled; on error it holds no files, only the error and the rows until then
 *
 * Errors  the same as result->error.code */
w3d_result demo_run(const demo_job *job, demo_result *result);

/* Frees the files in a result. NULL and an empty result are allowed. */
void demo_release(demo_result *result);

#endif /* DEMO_PIPELINE_H */
