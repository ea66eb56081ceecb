/* bjson_path.h - paths to values inside an ID: `location[2]`, `data.layers[0]["odd name"].x`.
 *
 *     w3d_bjson_view view;
 *     if (w3d_bjson_path_find(&id, "matrix_local[3]", &view, NULL) == W3D_OK) ...
 *
 *     w3d_bjson_path path = w3d_bjson_path_make("items[4].name");   // or step by step:
 *     w3d_bjson_step step;
 *     while ((result = w3d_bjson_path_next(&path, &step, &error)) == W3D_OK) ...
 *
 * A path is a row of steps. `name` or `.name` is a property of a map: the first one stands without
 * its dot, all others with it. `["name"]` is the same for any name; inside it \" and \\ stand for "
 * and \ . `[4]` is an item of a list, an element of a vector, or a row of an array; of an array
 * with several elements a row, `[4][2]` is one of them. The empty path is the whole. A name without
 * quotes is at least one byte, and none of . [ ] " \ and those below 0x20. */
#ifndef W3D_BJSON_PATH_H
#define W3D_BJSON_PATH_H

#include "scene/bjson_read.h"

/* A path and the place in it that has been read. Borrows the text. */
typedef struct w3d_bjson_path {
    const char *text;
    size_t size; /* bytes */
    size_t at;   /* where the next step begins */
} w3d_bjson_path;

/* One step. */
typedef struct w3d_bjson_step {
    const char *text; /* of a name as it stands in the path, without quotes; NULL: an index */
    size_t size;      /* bytes of `text` */
    size_t at;        /* where the step begins in the path, for messages */
    uint32_t index;   /* where text is NULL */
    uint32_t escaped; /* 1: `text` has \" or \\ in it; w3d_bjson_step_copy resolves them */
} w3d_bjson_step;

/* A NUL-terminated path, at its start; NULL is the empty one. */
static inline w3d_bjson_path w3d_bjson_path_make(const char *text)
{
    w3d_bjson_path path;
    path.text = text ? text : "";
    path.size = w3d_text_size(path.text);
    path.at = 0;
    return path;
}

/* Reads the next step.
 *
 *   path   in/out  moved behind the step
 *   step   out     borrows the path's text
 *   error  out     offset of the first wrong byte, from the path's start; or NULL
 *
 * Errors  W3D_ERR_NOT_FOUND: the path is at its end, *error is untouched. W3D_ERR_FORMAT: what
 *         stands there is no step; W3D_ERR_LIMIT: an index of 2^32 - 1 or more. */
W3D_API w3d_result w3d_bjson_path_next(w3d_bjson_path *path, w3d_bjson_step *step,
                                       w3d_error *error);

/* 1 where a step is a name, and 0 where it is an index. */
static inline int w3d_bjson_step_is_name(const w3d_bjson_step *step) { return step->text != NULL; }

/* Below 0, 0 or above 0 as the step's name stands before, is, or stands behind `name`, by bytes. */
W3D_API int w3d_bjson_step_compare(const w3d_bjson_step *step, const char *name);

/* The step's name, NUL-terminated, \" and \\ resolved.
 *
 *   dst       out  the name, where it fits; else untouched
 *   capacity  in   bytes there are at dst
 *
 * Gives the bytes it takes with its NUL. */
W3D_API size_t w3d_bjson_step_copy(const w3d_bjson_step *step, char *dst, size_t capacity);

/* Writes a step that is a name, such that w3d_bjson_path_next reads it again: `.name`, or
 * `["name"]` where it has to be. With a NUL behind.
 *
 *   dst       out  where it fits; else untouched. A path is made by calls one behind the other
 *   name      in   `size` bytes
 *   is_first  in   1: the path begins with it, so there is no dot
 *
 * Gives the bytes it takes without the NUL. */
W3D_API size_t w3d_bjson_path_write_name(char *dst, size_t capacity, const char *name, size_t size,
                                         int is_first);

/* The same for an index. */
W3D_API size_t w3d_bjson_path_write_index(char *dst, size_t capacity, uint32_t index);

/* One step from a value to a value in it. An element of a vector or a row of an array becomes a
 * view of W3D_BJSON_VECTOR whose n are the elements it has; [0] of one element is itself.
 *
 *   view  out  may be `from`
 *
 * Errors  W3D_ERR_NOT_FOUND  `from` has no value of that name or index */
W3D_API w3d_result w3d_bjson_path_step(const w3d_bjson_view *from, const w3d_bjson_step *step,
                                       w3d_bjson_view *view);

/* The value at a path, from an ID's properties on.
 *
 *   path   in   NUL-terminated; NULL or "": all properties, as a map
 *   view   out  borrows `id`
 *   error  out  offset is where in the path the step begins that leads nowhere; or NULL
 *
 * Errors  W3D_ERR_NOT_FOUND, and those of w3d_bjson_path_next.
 * Cost    O(bytes of the path + log fields of each map passed). */
W3D_API w3d_result w3d_bjson_path_find(const w3d_bjson_id *id, const char *path,
                                       w3d_bjson_view *view, w3d_error *error);

#endif /* W3D_BJSON_PATH_H */
