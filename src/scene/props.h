/* props.h - what a C struct's members are: names, types, limits, units, defaults; one table each.
 *
 *     typedef struct cube { float location[3], mass; int32_t mode; char note[32]; } cube;
 *     static const w3d_prop_item modes[] = { { "WIRE", "Wire", 0 }, { "SOLID", "Solid", 1 } };
 *     static const w3d_prop rows[] = {
 *         { W3D_PROP_FIELD(cube, location, F32, 3), "Location", .subtype = W3D_PROP_TRANSLATION },
 *         { W3D_PROP_FIELD(cube, mass, F32, 0), "Mass", 1.0, 0.0, 1e6, .unit = W3D_PROP_MASS },
 *         { W3D_PROP_FIELD(cube, mode, ENUM, 0), "Mode", .items = modes, .item_count = 2 },
 *         { W3D_PROP_FIELD(cube, note, STRING, 0), "Note" },
 *     };
 *     static const w3d_props cube_props = { "cube", W3D_PROPS_ROWS(rows), sizeof(cube), 1 };
 *
 *     w3d_props_defaults(&cube_props, &my_cube);
 *     changed = w3d_props_clamp(&cube_props, &my_cube);
 *
 * From such a table props_path finds `location[2]`, props_bjson and props_json write and read the
 * struct, props_blender prints the matching Python class. A table is plain constant data, checked
 * once, in a test or at start, by w3d_props_check; all other functions take one that it finds
 * nothing wrong with. They touch only the members that the table names.
 *
 * Limits      `min` and `max` hold for all elements of a field; where both are 0 there are none,
 *             and W3D_PROP_ANY is no limit on one side. Those of float members are rounded to
 *             float first. The type's own range always holds. Members of floating point are never
 *             NaN, infinite only where no limit forbids it.
 * Arrays      are a pointer and a uint32_t count. The elements belong to somebody else. Arrays of
 *             numbers without limits may hold anything; they are not looked at.
 * Defaults    `default_data` points to the value as it would lie in the struct (of strings: to the
 *             text); where it is NULL each element is `default_value`. Arrays, collections and
 *             references begin empty, nested structs with their own defaults.
 * Thread      a table is never written; a struct is its owner's. */
#ifndef W3D_PROPS_H
#define W3D_PROPS_H

#include "core/base.h"

#define W3D_PROP_ANY   DBL_MAX     /* no limit; -W3D_PROP_ANY on the lower side */
#define W3D_PROPS_NONE 0xFFFFFFFFu /* no row, no element, no reference */

enum {
    W3D_PROPS_DEPTH_LIMIT = 12, /* structs and collections inside each other */
    W3D_PROPS_VECTOR_LIMIT = 64,
    W3D_PROPS_NAME_LIMIT = 63, /* bytes of an identifier, as in Blender */
    W3D_PROPS_PATH_SIZE = 160  /* of a path in a fault, with its NUL; longer ones are cut */
};

/* How a member lies in the struct. The numbers, BOOL to F64, are also what arrays consist of. */
typedef enum w3d_prop_type {
    W3D_PROP_BOOL, /* a byte, 0 or 1: bool, _Bool, uint8_t */
    W3D_PROP_I8,
    W3D_PROP_U8,
    W3D_PROP_I16,
    W3D_PROP_U16,
    W3D_PROP_I32,
    W3D_PROP_U32,
    W3D_PROP_I64,
    W3D_PROP_U64,
    W3D_PROP_F32,
    W3D_PROP_F64,
    W3D_PROP_REFERENCE,  /* uint32_t: a row of the file or a handle's id; W3D_PROPS_NONE: to none */
    W3D_PROP_ENUM,       /* one of `items`, in 1, 2 or 4 bytes */
    W3D_PROP_STRING,     /* char[size]: UTF-8 with a NUL within */
    W3D_PROP_TEXT,       /* const char *: UTF-8, borrowed; NULL is "" */
    W3D_PROP_STRUCT,     /* a nested struct, in place, described by `table` */
    W3D_PROP_ARRAY,      /* a pointer to rows of `n` of `element`, and a uint32_t count of rows */
    W3D_PROP_COLLECTION, /* a pointer to structs of `table`, and a uint32_t count */
    W3D_PROP_TYPE_COUNT
} w3d_prop_type;

/* X(NAME, Blender's subtype of one number, Blender's unit): what a number measures. */
#define W3D_PROP_UNIT_LIST(X)                                                                      \
    X(NO_UNIT, "NONE", "NONE")                                                                     \
    X(LENGTH, "DISTANCE", "LENGTH") /* metres */                                                   \
    X(AREA, "NONE", "AREA")                                                                        \
    X(VOLUME, "NONE", "VOLUME")                                                                    \
    X(ANGLE, "ANGLE", "ROTATION") /* radians */                                                    \
    X(TIME, "TIME", "TIME")       /* frames */                                                     \
    X(SECONDS, "TIME_ABSOLUTE", "TIME_ABSOLUTE")                                                   \
    X(SPEED, "NONE", "VELOCITY")                                                                   \
    X(ACCELERATION, "NONE", "ACCELERATION")                                                        \
    X(MASS, "NONE", "MASS")                      /* kilograms */                                   \
    X(POWER, "POWER", "POWER")                   /* watts */                                       \
    X(TEMPERATURE, "TEMPERATURE", "TEMPERATURE") /* kelvins */                                     \
    X(CAMERA, "DISTANCE_CAMERA", "CAMERA")       /* millimetres */                                 \
    X(FACTOR, "FACTOR", "NONE")                  /* 0 to 1 */                                      \
    X(PERCENTAGE, "PERCENTAGE", "NONE")          /* 0 to 100 */                                    \
    X(PIXEL, "PIXEL", "NONE")

typedef enum w3d_prop_unit {
#define W3DI_PROPS_UNIT(name, subtype, unit) W3D_PROP_##name,
    W3D_PROP_UNIT_LIST(W3DI_PROPS_UNIT)
#undef W3DI_PROPS_UNIT
        W3D_PROP_UNIT_COUNT
} w3d_prop_unit;

/* X(NAME, Blender's subtype): what a vector or string is. */
#define W3D_PROP_SUBTYPE_LIST(X)                                                                   \
    X(NO_SUBTYPE, "NONE")                                                                          \
    X(COLOR, "COLOR")            /* 3 or 4, linear, the fourth is alpha */                         \
    X(COLOR_SRGB, "COLOR_GAMMA") /* the same with the sRGB transfer curve */                       \
    X(TRANSLATION, "TRANSLATION")                                                                  \
    X(DIRECTION, "DIRECTION")                                                                      \
    X(VELOCITY, "VELOCITY")                                                                        \
    X(MATRIX, "MATRIX") /* 9 or 16, column by column */                                            \
    X(EULER, "EULER")   /* 3 angles */                                                             \
    X(QUATERNION, "QUATERNION")                                                                    \
    X(AXIS_ANGLE, "AXISANGLE") /* 4 */                                                             \
    X(XYZ, "XYZ")                                                                                  \
    X(LAYER, "LAYER") /* booleans */                                                               \
    X(FILE_PATH, "FILE_PATH")                                                                      \
    X(FOLDER_PATH, "DIR_PATH")                                                                     \
    X(FILE_NAME, "FILE_NAME")                                                                      \
    X(PASSWORD, "PASSWORD")

typedef enum w3d_prop_subtype {
#define W3DI_PROPS_SUBTYPE(name, text) W3D_PROP_##name,
    W3D_PROP_SUBTYPE_LIST(W3DI_PROPS_SUBTYPE)
#undef W3DI_PROPS_SUBTYPE
        W3D_PROP_SUBTYPE_COUNT
} w3d_prop_subtype;

/* Flags of a row. */
enum {
    W3D_PROP_READ_ONLY = 1, /* w3d_props_set_... refuse it; readers of files do not */
    W3D_PROP_HIDDEN = 2,    /* not shown to people */
    W3D_PROP_ANIMATABLE = 4,
    W3D_PROP_SKIP_SAVE = 8, /* neither written to nor read from files */
    W3D_PROP_LARGE = 16     /* an array of vertices or pixels: a BJSON file's large array */
};

/* One of the values of an enum. */
typedef struct w3d_prop_item {
    const char *identifier; /* in files */
    const char *label;      /* for people; NULL: the identifier */
    int32_t value;          /* in the struct */
} w3d_prop_item;

/* One member of a struct. All that is left zero is a sensible default. */
typedef struct w3d_prop {
    const char *identifier;     /* [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes: in files and paths */
    uint8_t type;               /* w3d_prop_type */
    uint8_t element;            /* of an array: w3d_prop_type, BOOL to REFERENCE */
    uint16_t n;                 /* 1..64: a vector of that many, or an array's row; 0: one value */
    uint32_t offset;            /* of the member in the struct */
    uint32_t size;              /* of the member */
    uint32_t count_offset;      /* of the uint32_t count of an array or collection */
    const char *label;          /* for people; NULL: the identifier */
    double default_value;       /* of each element */
    double min, max;            /* hard limits */
    double soft_min, soft_max;  /* of sliders, inside the hard ones; both 0: the same */
    double step;                /* of a slider's arrows, in the value's unit; 0: any */
    const w3d_prop_item *items; /* of an enum */
    uint32_t item_count;        /* at least 1 */
    uint32_t flags;             /* W3D_PROP_READ_ONLY, ... */
    const struct w3d_props *table; /* of a nested struct or collection */
    const void *default_data;      /* the value in full, instead of default_value */
    const char *description;       /* a sentence for people, or NULL */
    uint32_t since;                /* the table's version that first had it; 0: all */
    uint8_t unit;                  /* w3d_prop_unit */
    uint8_t subtype;               /* w3d_prop_subtype */
    uint16_t target;               /* of a reference: 1 + the w3d_bjson_type allowed; 0: any */
} w3d_prop;

/* Flags of a table. */
enum {
    /* In BJSON files a number narrower than 64 bits is a vector of one of its own type, and an
     * enum its number: they take no more bytes than in memory and are copied together. Without,
     * they are i64, f64 and strings, which every program takes for what they are. */
    W3D_PROPS_EXACT = 1
};

/* A struct. */
typedef struct w3d_props {
    const char *name; /* an identifier */
    const w3d_prop *rows;
    uint32_t row_count;
    uint32_t size;     /* sizeof */
    uint32_t version;  /* counts what files may meet: rows come with `since` */
    uint32_t flags;    /* W3D_PROPS_EXACT */
    const char *label; /* for people; NULL: the name */
} w3d_props;

/* The first members of a w3d_prop: for a member of a struct type, BOOL to TEXT, n; and for those
 * that need a second member or a table. */
#define W3D_PROP_FIELD(struct_type, member, TYPE, n)                                               \
#member, W3D_PROP_##TYPE, 0, n, (uint32_t)offsetof(struct_type, member),                       \
        (uint32_t)sizeof(((struct_type *)0)->member), 0
#define W3D_PROP_ARRAY_FIELD(struct_type, member, count_member, ELEMENT, n)                        \
#member, W3D_PROP_ARRAY, W3D_PROP_##ELEMENT, n, (uint32_t)offsetof(struct_type, member),       \
        (uint32_t)sizeof(((struct_type *)0)->member),                                              \
        (uint32_t)offsetof(struct_type, count_member)
#define W3D_PROP_COLLECTION_FIELD(struct_type, member, count_member)                               \
#member, W3D_PROP_COLLECTION, 0, 0, (uint32_t)offsetof(struct_type, member),                   \
        (uint32_t)sizeof(((struct_type *)0)->member),                                              \
        (uint32_t)offsetof(struct_type, count_member)
#define W3D_PROPS_ROWS(rows) (rows), (uint32_t)(sizeof(rows) / sizeof((rows)[0]))

/* What is wrong with a table, or with a value. */
typedef struct w3d_props_fault {
    const w3d_props *table; /* where it is: the table ... */
    uint32_t row;           /* ... its row, or W3D_PROPS_NONE: the table itself */
    uint32_t element;       /* of a vector or array, an item of an enum, or W3D_PROPS_NONE */
    const char *text;       /* static: what is wrong, and what to do */
    char path[W3D_PROPS_PATH_SIZE]; /* to the value, from the outermost struct; "" of a table */
} w3d_props_fault;

/* ---- tables ---- */

/* Checks a table and all that are nested in it: names, types, sizes, offsets, overlaps, limits,
 * defaults, enums, circles.
 *
 *   faults    out  the first `capacity` mistakes; may be NULL where that is 0
 *
 * Gives the number of all mistakes: 0 is a table that can be used.
 * Cost    O(rows^2 + items^2) for each table. */
W3D_API uint32_t w3d_props_check(const w3d_props *table, w3d_props_fault *faults,
                                 uint32_t capacity);

/* The row of that name, `size` bytes of it, or W3D_PROPS_NONE. Cost: O(rows). */
W3D_API uint32_t w3d_props_row(const w3d_props *table, const char *identifier, size_t size);

/* 64 bits that stand for names, types, offsets and sizes, nested ones included: structs whose
 * hashes are equal lie in memory alike, so one may be copied as the other. Labels, limits and
 * defaults do not count. The same on all machines where the layout is; members that are pointers
 * make 32 and 64 bit different. */
W3D_API uint64_t w3d_props_layout_hash(const w3d_props *table);

/* Bytes of one element of a type, BOOL to REFERENCE; 0 for the others. */
static inline uint32_t w3d_prop_type_size(uint32_t type)
{
    static const uint8_t size[12] = { 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4 };
    return type < 12 ? size[type] : 0;
}

/* 1 for BOOL to F64. */
W3D_INLINE int w3d_prop_type_is_number(uint32_t type) { return type <= W3D_PROP_F64; }

/* ---- structs ---- */

/* Sets every member that the table names to its default. */
W3D_API void w3d_props_defaults(const w3d_props *table, void *data);

/* Looks for the first value that breaks the table's rules.
 *
 *   fault   out  which, and what to do; untouched where there is none; or NULL
 *
 * Errors  W3D_ERR_RANGE     a number outside its limits, NaN, a bool that is not 0 or 1, an enum
 *                           that is not among its items
 *         W3D_ERR_UTF8      a string that is not UTF-8
 *         W3D_ERR_TRUNCATED a string without its NUL
 *         W3D_ERR_ARGUMENT  a count without a pointer
 * Cost    O(values), of arrays those with limits or of bools. */
W3D_API w3d_result w3d_props_validate(const w3d_props *table, const void *data,
                                      w3d_props_fault *fault);

/* Makes a struct one that w3d_props_validate accepts: numbers go to the nearest limit, NaN and
 * unknown enum values become the default, strings end before what is not UTF-8 and within their
 * room at a whole character. A count without a pointer becomes 0; a text that is not UTF-8 its
 * default. Elements of arrays are written only where they must change.
 *
 * Gives the number of values that were changed. */
W3D_API uint32_t w3d_props_clamp(const w3d_props *table, void *data);

/* 1 where all that the table names is equal: numbers by their bits (but any NaN equals any), texts
 * up to their NUL, arrays and collections by content. */
W3D_API int w3d_props_equal(const w3d_props *table, const void *a, const void *b);

/* One value on a visit. */
typedef struct w3d_props_visit {
    const w3d_props *table; /* the row's */
    const w3d_prop *prop;
    void *data;     /* of the member in the struct */
    uint32_t depth; /* 0: of the outermost struct */
    uint32_t item;  /* in which item of a collection, or W3D_PROPS_NONE */
} w3d_props_visit;

/* Calls `visit` for each row, in the order of the tables; a nested struct's row before its own
 * members, a collection's before those of its items: what a properties panel is made of.
 *
 *   data    in   handed on to `visit`; NULL: tables only, without collections' items
 *   visit   in   gives 0 to go on, 1 to leave out what is nested in this row, below 0 to stop
 *
 * Gives 0, or what `visit` stopped with. */
W3D_API int w3d_props_each(const w3d_props *table, void *data,
                           int (*visit)(void *user, const w3d_props_visit *at), void *user);

#endif /* W3D_PROPS_H */
