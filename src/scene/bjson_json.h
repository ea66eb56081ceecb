/* bjson_json.h - how a BJSON file is spelt in JSON: bjson_to_json writes it, bjson_from_json reads.
 *
 *     {"bjson": 2,
 *      "ids": [
 *       {"type": "Object", "name": "Cube", "properties": {
 *         "data": {"$ref": 1},
 *         "location": {"$vector": "f32", "data": [0.0, 0.5, 1.0]}}},
 *       {"type": "Mesh", "name": "Cube", "time": "1700000000000000000", "properties": {
 *         "position": {"$large": "f32", "n": 3, "data": [0.0, 0.5, 1.0]}}}]}
 *
 * The file, its members in the order they are written; any order is read, and each may stand once:
 *   "bjson"     2
 *   "crc"       true where the file has checksums, else it is left out
 *   "ids"       the rows, in order
 *   "meta"      a map; left out where the file has none
 *   "chunks"    the file's other chunks, {"kind": "thmb", "bytes": base64}; holes, hash and sign
 *               are not written: they belong to the bytes, not to the content. A kind with other
 *               than visible ASCII characters is the number that its four bytes are.
 * An ID:
 *   "type"        Object Mesh Material Camera Light Image Texture Collection Scene World Armature
 *                 Action Curve NodeTree Text Key, or the number
 *   "name"        "" may be left out
 *   "time"        ns since 1970 as a string; left out where 0
 *   "flags"       the row's bits but W3D_BJSON_DELETED and W3D_BJSON_EXTERNAL; left out where 0
 *   "properties"  a map; read as empty where left out
 * A row without a chunk has "deleted": true, "external": true or both in place of "name" and
 * "properties".
 *
 * Values
 *   null, bool, string  the same in JSON
 *   i64         a number without point and exponent; outside +-(2^53 - 1): {"$i64": "..."}
 *   f64         a number with a point or an exponent: 1.0, 1e300, -0.0; else
 *               {"$f64": "NaN"}, {"$f64": "Infinity"}, {"$f64": "-Infinity"}
 *   u64         {"$u64": "..."}
 *   time        {"$time": "..."}, ns since 1970
 *   reference   {"$ref": row}, {"$ref": null} for none
 *   bytes       {"$bytes": base64}
 *   vector      {"$vector": "f32", "data": [...]}
 *   array       {"$array": "f32", "n": 3, "data": [...]}, row after row; an n of 1 is left out
 *   large       {"$large": "f32", "n": 3, "data": [...]}
 *   list        [...]
 *   map         {...}, keys in ascending order of their bytes; a key that begins with $ gets
 *               another $ in front
 *   other tags  {"$tag": 9, "subtype": 14, "n": 2, "bytes": base64}; with "data" in place of
 *               "bytes" where the subtype is ref and the tag 0x91 to 0x9F
 * Subtypes are u8 u16 u32 u64 i8 i16 i32 i64 f16 f32 f64 ref; another one is its number, always
 * with "base64". Elements:
 *   floats      the shortest number that reads back as the same in the subtype (f16: as f32),
 *               always with a point or an exponent; "NaN", "Infinity", "-Infinity"
 *   integers    numbers without point and exponent; beyond +-(2^53 - 1) as strings
 *   references  rows, or null
 *   or, in place of "data", all of them as "base64": their little-endian bytes (not references).
 *
 * A number is written as ECMAScript does, without the + in its exponent: 1e21 and above, and below
 * 1e-6, have one. Both ways keep every bit but a NaN's payload, which canonical files do not have:
 * a canonical file becomes JSON and again the same bytes. Reading takes whole numbers for float
 * elements; a value written 5 is i64, one written 5.0 is f64. */
#ifndef W3D_BJSON_JSON_H
#define W3D_BJSON_JSON_H

#include "scene/bjson.h"

/* The name of one of the library's own types, or NULL. */
static inline const char *w3d_bjson_json_type_name(uint32_t type)
{
    static const char *const names[16] = { "Object", "Mesh",     "Material", "Camera",
                                           "Light",  "Image",    "Texture",  "Collection",
                                           "Scene",  "World",    "Armature", "Action",
                                           "Curve",  "NodeTree", "Text",     "Key" };
    return type < 16 ? names[type] : NULL;
}

/* The name of a subtype, or NULL. */
static inline const char *w3d_bjson_json_subtype_name(uint32_t subtype)
{
    static const char *const names[20] = { NULL,  NULL,  NULL,  NULL,  "u8",  "u16", "u32",
                                           "u64", "i8",  "i16", "i32", "i64", NULL,  "f16",
                                           "f32", "f64", NULL,  NULL,  "ref", NULL };
    return subtype < 20 ? names[subtype] : NULL;
}

#endif /* W3D_BJSON_JSON_H */
