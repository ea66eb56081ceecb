/* bjson.h - the BJSON v2 file layout: bjson_write makes, bjson_validate checks, bjson_read reads.
 *
 * A file is a row of IDs (an object, a mesh, a material, ...), each with a name, properties,
 * references to other IDs and large arrays. Nothing is packed: numbers are little-endian and lie
 * where a Float32Array, a vector load or a memoryview takes them in place. Offsets count from the
 * file's start unless said otherwise; bytes that nothing describes are zero, and are checked.
 *
 * Header, 64 bytes
 *      0  magic 89 42 4A 53 4E 0D 0A 1A
 *      8  u16 format = 2      10  u16 header size = 64     12  u32 flags (W3D_BJSON_STREAMED, ...)
 *     16  u64 file size       24  u64 REFS chunk           32  u32 IDs (rows of REFS)
 *     36  u32 keys            40  u64 KEYS chunk           48  u64 SHAP chunk
 *     56  u32 shapes          60  u32 crc32c of bytes 0..59
 *   A streamed file has zeros in 16..59 and ends in an END chunk, whose 48 bytes are bytes 16..63
 *   of the complete header; the crc32c there covers bytes 0..15 of the file and its own 0..43.
 *
 * Chunk, on a multiple of 16
 *      0  4 characters        4  u32 aux                    8  u64 length of the payload
 *     16  payload, then zeros to a multiple of 16
 *   "ID  ", "KEYS", "SHAP", "REFS" and "END " are known; any other kind that begins with a capital
 *   is refused, with a small letter skipped. Of these "meta", "hash" and "sign" are described
 *   below, "hole" is space to reuse, whose payload means nothing; others are the programs' own.
 *   aux is the payload's crc32c in files with W3D_BJSON_CRC, but 0 in "ID  " (its crc32c stands in
 *   REFS), "END ", "hole", and in files without. KEYS, SHAP and REFS stand once each, anywhere.
 *
 * ID payload; L, and so every large array, is on a multiple of 16 in the file
 *      0  u8 type             1  u16 version = 2            3  name, UTF-8, at most 255 bytes, NUL
 *      P  on 8: u32 bytes of record and heap, u32 shape, record, heap, zeros to a multiple of 4
 *         (the bytes count those zeros too)
 *      R  u32 row of REFS, u32 count, u32 rows of the IDs this one refers to, zeros to 16
 *      L  the large arrays, each on 16; the payload ends with the last byte of the last
 *
 * REFS, 24 bytes a row; the row is the ID's number, to which all references point
 *      0  u64 chunk of the ID, or 0: deleted, or outside this file (flags)
 *      8  i64 time of the last change, ns since 1970, or 0   16  u32 crc32c of the ID's payload
 *     20  u8 type            21  u8 flags                   22  u16 version = 2
 *
 * KEYS: all property names, NUL-terminated UTF-8, in ascending byte order, none twice. A key is
 * the offset of its text in the payload.
 *
 * SHAP: u32 offsets of the shapes in the payload, zeros to 8, then the shapes one after another:
 *      0  u32 fields          4  u32 record size           then 16 bytes a field, by ascending key:
 *      0  u32 key             4  u8 tag, u8 subtype, u16 n   8  u32 offset in the record
 *     12  u32 inline size
 *   A shape says how the record of a property map is laid out and is shared by all records like it.
 *   Fields do not overlap and are aligned to their size. With more than 256 fields they lie in the
 *   canonical order, below; with fewer they may lie as in any C struct.
 *
 * Value: the inline bytes in the record, by tag; heap offsets count from the ID payload's start
 *     00  null        1 byte, 0                     01  bool    1 byte, 0 or 1
 *     02  i64         03  f64         04  time, i64 ns          07  u64
 *     05  reference   u32 index into the ID's R, W3D_BJSON_NONE: no reference
 *     08  vector      n of the subtype, n from 1 to 64
 *     80  string      u32 offset, u32 bytes; UTF-8, then a NUL that does not count
 *     81  bytes       u32 offset, u32 bytes
 *     82  array       u32 offset on 16, u32 bytes; rows of n of the subtype
 *     83  map         u32 offset on 8, u32 bytes: u32 shape, u32 0, record, heap
 *     84  list        u32 offset on 8, u32 bytes: u32 count, for each {u8 tag, u8 subtype, u16 n},
 *                     zeros to 8, for each a slot of 8 bytes, heap. A slot holds the inline value
 *                     and zeros; vectors stand in the heap, on 8, as u32 offset, u32 bytes.
 *     90  large array u32 offset / 16 from L, u32 rows; rows of n of the subtype
 *   Readers carry along the tags they do not know: to 7F inline and aligned to the subtype's size,
 *   to 8F offset on 16 and bytes that hold no offsets, to 9F like 90; A0 and above is refused.
 *   Subtypes: the two low bits are the size (1, 2, 4, 8 bytes), the rest is the kind. Tags without
 *   one have subtype 0 and n 0. Maps and lists nest 32 deep. What a heap holds lies in the order of
 *   the values that own it (fields by key, a map's whole content before the next value's) and is
 *   owned once; the same holds for L.
 *
 * meta, at most once: a map that belongs to the file: u32 shape, u32 0, record, heap, with heap
 *   offsets from the chunk's payload; no large arrays, and references are W3D_BJSON_NONE. What
 *   programs agree on, all of it optional:
 *     "properties"  a map by type name ("Object", "Mesh", ..., or the number as text) of maps by
 *                   property name of maps: label, unit (strings), min, max, soft_min, soft_max,
 *                   step, default, items (list of strings), since (i64: a version)
 *     "external"    a list of maps: row (i64), file, name (strings): where external rows live
 *
 * hash, at most once, 48 bytes: what finds a change to the file
 *      0  u32 algorithm: 1 is SHA-256        4  u32 0, u64 0    16  the digest, or 0: not filled in
 * sign, any number, 48 bytes: what finds a change by anyone without the key
 *      0  u32 algorithm: 1 is HMAC-SHA-256   4  u32 number of the key, the user's own      8  u64 0
 *     16  HMAC(key, bytes 0..15 of this payload, then the digest), or 0: not filled in
 *   The digest is the SHA-256 of all bytes of the file, in order, but for the hash and sign chunks:
 *   their heads, payloads and padding are left out. A sign chunk needs no hash chunk.
 *
 * Canonical files (W3D_BJSON_CANONICAL): equal content gives equal bytes. Fields lie in the record
 * by alignment 8, 4, 2, 1, then by key, each at the next multiple of its alignment (which leaves no
 * gap between known tags); shapes stand in the order of their first use, by IDs, then meta, and
 * once; KEYS holds the used keys only; R holds each row once in the order of first use; heap and L
 * have only the gaps that alignment needs; chunks stand as ID by row, meta, KEYS, SHAP, REFS, other
 * small-letter chunks as given, hash, sign as given; there is no hole; every NaN is 7E00, 7FC00000
 * or 7FF8000000000000, but for what lies under unknown tags below 90; it is not streamed. Tags, the
 * order of rows and times are content. In a streamed file hash and sign stand right before END. */
#ifndef W3D_BJSON_H
#define W3D_BJSON_H

#include "core/base.h"

#define W3D_BJSON_NONE 0xFFFFFFFFu /* no reference; row 0 is a valid one */

enum {
    W3D_BJSON_FORMAT = 2,
    W3D_BJSON_HEADER_SIZE = 64,
    W3D_BJSON_CHUNK_SIZE = 16,  /* what stands before a payload */
    W3D_BJSON_ROW_SIZE = 24,    /* of REFS */
    W3D_BJSON_FIELD_SIZE = 16,  /* of a shape */
    W3D_BJSON_END_SIZE = 48,    /* payload of END */
    W3D_BJSON_HASH_SIZE = 48,   /* payload of hash */
    W3D_BJSON_SIGN_SIZE = 48,   /* payload of sign */
    W3D_BJSON_NAME_LIMIT = 255, /* bytes, without the NUL */
    W3D_BJSON_DEPTH_LIMIT = 32, /* maps and lists inside each other */
    W3D_BJSON_VECTOR_LIMIT = 64,
    W3D_BJSON_FREE_LAYOUT_LIMIT = 256 /* fields of a shape that need not lie canonically */
};

/* Bits of the header's flags. */
enum {
    W3D_BJSON_STREAMED = 1, /* sizes and offsets stand in END    */
    W3D_BJSON_CRC = 2,      /* every chunk has its crc32c        */
    W3D_BJSON_CANONICAL = 4 /* equal content means equal bytes   */
};

/* Bits of a REFS row's flags, for rows without a chunk; other bits are the writer's own. */
enum { W3D_BJSON_DELETED = 1, W3D_BJSON_EXTERNAL = 2 };

/* Algorithms of hash and sign chunks. */
enum { W3D_BJSON_SHA256 = 1, W3D_BJSON_HMAC_SHA256 = 1 };

/* Types of IDs; 128..255 are the user's. Readers keep types they do not know. */
typedef enum w3d_bjson_type {
    W3D_BJSON_OBJECT,
    W3D_BJSON_MESH,
    W3D_BJSON_MATERIAL,
    W3D_BJSON_CAMERA,
    W3D_BJSON_LIGHT,
    W3D_BJSON_IMAGE,
    W3D_BJSON_TEXTURE,
    W3D_BJSON_COLLECTION,
    W3D_BJSON_SCENE,
    W3D_BJSON_WORLD,
    W3D_BJSON_ARMATURE,
    W3D_BJSON_ACTION,
    W3D_BJSON_CURVE,
    W3D_BJSON_NODE_TREE,
    W3D_BJSON_TEXT,
    W3D_BJSON_KEY,
    W3D_BJSON_USER = 128
} w3d_bjson_type;

typedef enum w3d_bjson_tag {
    W3D_BJSON_NULL = 0x00,
    W3D_BJSON_BOOL = 0x01,
    W3D_BJSON_I64 = 0x02,
    W3D_BJSON_F64 = 0x03,
    W3D_BJSON_TIME = 0x04,
    W3D_BJSON_REFERENCE = 0x05,
    W3D_BJSON_U64 = 0x07,
    W3D_BJSON_VECTOR = 0x08,
    W3D_BJSON_STRING = 0x80,
    W3D_BJSON_BYTES = 0x81,
    W3D_BJSON_ARRAY = 0x82,
    W3D_BJSON_MAP = 0x83,
    W3D_BJSON_LIST = 0x84,
    W3D_BJSON_LARGE = 0x90
} w3d_bjson_tag;

/* Element types of vectors and arrays. */
typedef enum w3d_bjson_subtype {
    W3D_BJSON_SUB_NONE = 0x00, /* the value is no vector and no array */
    W3D_BJSON_SUB_U8 = 0x04,
    W3D_BJSON_SUB_U16 = 0x05,
    W3D_BJSON_SUB_U32 = 0x06,
    W3D_BJSON_SUB_U64 = 0x07,
    W3D_BJSON_SUB_I8 = 0x08,
    W3D_BJSON_SUB_I16 = 0x09,
    W3D_BJSON_SUB_I32 = 0x0A,
    W3D_BJSON_SUB_I64 = 0x0B,
    W3D_BJSON_SUB_F16 = 0x0D,
    W3D_BJSON_SUB_F32 = 0x0E,
    W3D_BJSON_SUB_F64 = 0x0F,
    W3D_BJSON_SUB_REFERENCE = 0x12 /* u32 index into the ID's R, or W3D_BJSON_NONE */
} w3d_bjson_subtype;

/* A chunk's four characters as the u32 they are read as. */
#define W3D_BJSON_FOURCC(a, b, c, d)                                                               \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define W3D_BJSON_CHUNK_ID   W3D_BJSON_FOURCC('I', 'D', ' ', ' ')
#define W3D_BJSON_CHUNK_KEYS W3D_BJSON_FOURCC('K', 'E', 'Y', 'S')
#define W3D_BJSON_CHUNK_SHAP W3D_BJSON_FOURCC('S', 'H', 'A', 'P')
#define W3D_BJSON_CHUNK_REFS W3D_BJSON_FOURCC('R', 'E', 'F', 'S')
#define W3D_BJSON_CHUNK_END  W3D_BJSON_FOURCC('E', 'N', 'D', ' ')
#define W3D_BJSON_CHUNK_HOLE W3D_BJSON_FOURCC('h', 'o', 'l', 'e')
#define W3D_BJSON_CHUNK_META W3D_BJSON_FOURCC('m', 'e', 't', 'a')
#define W3D_BJSON_CHUNK_HASH W3D_BJSON_FOURCC('h', 'a', 's', 'h')
#define W3D_BJSON_CHUNK_SIGN W3D_BJSON_FOURCC('s', 'i', 'g', 'n')

/* The first eight bytes of a file: bytes that text transfer and 7-bit channels damage. */
#define W3D_BJSON_MAGIC_LOW  0x534A4289u
#define W3D_BJSON_MAGIC_HIGH 0x1A0A0D4Eu

/* Bytes of one element of a subtype. */
W3D_INLINE uint32_t w3d_bjson_subtype_size(uint32_t subtype) { return 1u << (subtype & 3u); }

/* How values of a tag are stored: the value itself, offset and bytes, or offset / 16 and rows. */
W3D_INLINE int w3d_bjson_tag_is_inline(uint32_t tag) { return tag < 0x80u; }
W3D_INLINE int w3d_bjson_tag_is_heap(uint32_t tag) { return tag >= 0x80u && tag < 0x90u; }
W3D_INLINE int w3d_bjson_tag_is_large(uint32_t tag) { return tag >= 0x90u && tag < 0xA0u; }

/* 1 where this version knows what the tag means. */
W3D_INLINE int w3d_bjson_tag_is_known(uint32_t tag)
{
    return tag <= W3D_BJSON_REFERENCE || tag == W3D_BJSON_U64 || tag == W3D_BJSON_VECTOR ||
           (tag >= W3D_BJSON_STRING && tag <= W3D_BJSON_LIST) || tag == W3D_BJSON_LARGE;
}

/* Bytes a value of a known tag takes in a record; 0 for inline tags this version does not know. */
static inline uint32_t w3d_bjson_inline_size(uint32_t tag, uint32_t subtype, uint32_t n)
{
    switch (tag) {
    case W3D_BJSON_NULL:
    case W3D_BJSON_BOOL: return 1;
    case W3D_BJSON_I64:
    case W3D_BJSON_F64:
    case W3D_BJSON_TIME:
    case W3D_BJSON_U64: return 8;
    case W3D_BJSON_REFERENCE: return 4;
    case W3D_BJSON_VECTOR: return n * w3d_bjson_subtype_size(subtype);
    default: return tag < 0x80u ? 0 : 8;
    }
}

/* What a field of a tag is aligned to in its record: 1, 2, 4 or 8. */
static inline uint32_t w3d_bjson_alignment(uint32_t tag, uint32_t subtype)
{
    switch (tag) {
    case W3D_BJSON_NULL:
    case W3D_BJSON_BOOL: return 1;
    case W3D_BJSON_I64:
    case W3D_BJSON_F64:
    case W3D_BJSON_TIME:
    case W3D_BJSON_U64: return 8;
    case W3D_BJSON_REFERENCE: return 4;
    default: return tag < 0x80u ? w3d_bjson_subtype_size(subtype) : 4;
    }
}

/* 1 where values of the tag have a subtype and an n. */
W3D_INLINE int w3d_bjson_tag_has_subtype(uint32_t tag)
{
    return tag == W3D_BJSON_VECTOR || tag == W3D_BJSON_ARRAY || w3d_bjson_tag_is_large(tag);
}

/* An open file: what bjson_validate found. Borrows the bytes. */
typedef struct w3d_bjson {
    const unsigned char *bytes;
    uint64_t size;
    uint64_t keys, keys_size;     /* payload of KEYS */
    uint64_t shapes, shapes_size; /* payload of SHAP */
    uint64_t refs;                /* payload of REFS */
    uint32_t id_count;            /* rows of REFS, those without a chunk included */
    uint32_t key_count, shape_count;
    uint32_t flags;
    uint32_t generation; /* counts w3d_bjson_rebase; pointers of an older one are stale */
} w3d_bjson;

#endif /* W3D_BJSON_H */
