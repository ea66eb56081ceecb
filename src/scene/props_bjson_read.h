/* props_bjson_read.h - a map of a BJSON file into a described struct, by one copy where it can be.
 *
 *     w3d_props_plan plan;                             // once for an open file
 *     w3d_props_plan_make(&cube_props, &file, &arena, &plan);
 *     w3d_props_read_desc desc = { &cube_props, &plan, &arena };
 *     for (each ID) {
 *         w3d_bjson_properties(&id, &map);
 *         w3d_props_from_bjson(&desc, &map, &cubes[i], &error);
 *     }
 *
 * What is read   all that props_bjson writes, whatever the table's flags, and more: numbers from
 *     all number tags, bools, and vectors of one; vectors also from arrays and lists; enums by name
 *     or number. Null and what is missing gives the default. What the table does not name is
 *     ignored; bjson_edit keeps it in the file.
 * What is borrowed   texts, and arrays whose elements are the file's and valid as they are, point
 *     into the file: they hold as long as its bytes stay where they are.
 * Every struct read is one that w3d_props_validate accepts. */
#ifndef W3D_PROPS_BJSON_READ_H
#define W3D_PROPS_BJSON_READ_H

#include "core/arena.h"
#include "scene/bjson_read.h"
#include "scene/props.h"

enum { W3D_PROPS_PLAN_SHAPES = 4 };

/* How a table meets the shapes of one open file; remembers four shapes at a time. Fields are
 * private, but for the counters. */
typedef struct w3d_props_plan {
    const w3d_props *table;
    const w3d_bjson *file;
    struct w3di_props_read_shape *shapes; /* [W3D_PROPS_PLAN_SHAPES], in the arena */
    uint32_t next;                        /* the shape to be forgotten next */
    uint32_t bound;                       /* how often a shape was met anew */
    uint64_t copied;                      /* structs read by one copy of the whole record */
    uint64_t converted;                   /* structs with a member that needed converting */
} w3d_props_plan;

/* Prepares a plan. It is for this open file: after opening another, or the same again, make a new
 * one.
 *
 *   arena   in/out  300 bytes and 160 a row, for as long as the plan is used
 *
 * Errors  W3D_ERR_CAPACITY; *plan is then untouched. */
W3D_API w3d_result w3d_props_plan_make(const w3d_props *table, const w3d_bjson *file,
                                       w3d_arena *arena, w3d_props_plan *plan);

typedef struct w3d_props_read_desc {
    const w3d_props *table;
    w3d_props_plan *plan; /* of this table and this file; NULL: each member is looked up by name */
    /* For items of collections and arrays that cannot be borrowed, which live there; and, during
     * the call, for a copy of a struct of more than 512 bytes. NULL: no room. */
    w3d_arena *arena;
    /* The version of the table that wrote the file: members that came later are not read, since
     * the name may have meant something else, and get their default. 0: not known, all are. */
    uint32_t version;
    int refuse;             /* 1: what is outside its limits is an error; 0: it is clamped */
    w3d_props_fault *fault; /* the member at fault on an error; or NULL */
} w3d_props_read_desc;

/* Reads a map into a struct.
 *
 *   map    in   the properties of an ID, or any map in them
 *   data   out  members that the table names, but for W3D_PROP_SKIP_SAVE; untouched on error
 *   error  out  offset is the value's in the file; or NULL
 *
 * Errors  W3D_ERR_FORMAT    a value is of a kind that the member cannot take
 *         W3D_ERR_RANGE     with `refuse`: outside the limits, too long, none of the enum's items,
 *                           a reference to a wrong type
 *         W3D_ERR_CAPACITY  the arena is too small
 *         W3D_ERR_ARGUMENT  `map` is no map, or the plan is not of this table and file
 * Cost    O(rows); with a plan and a shape as the struct lies, one copy and a look at its floats,
 *         references and limited members.
 * Thread  one plan, one thread at a time. */
W3D_API w3d_result w3d_props_from_bjson(const w3d_props_read_desc *desc, const w3d_bjson_view *map,
                                        void *data, w3d_error *error);

#endif /* W3D_PROPS_BJSON_READ_H */
