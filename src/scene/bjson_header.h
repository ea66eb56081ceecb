/* bjson_header.h - a file's header, or the END that completes it, checked and made; private. */
#ifndef W3D_BJSON_HEADER_H
#define W3D_BJSON_HEADER_H

#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson.h"

/* What a header says. */
typedef struct w3di_bjson_header {
    uint64_t at;   /* with a field's place in the header: where its value stands; 0, or for END */
    uint64_t size; /* of the file */
    uint64_t refs, keys, shapes; /* chunks; as stated, not checked */
    uint32_t id_count, key_count, shape_count;
    uint32_t flags;
} w3di_bjson_header;

/* Checks the header of a file of `size` bytes.
 *
 *   first  in   its first bytes, 64 or all there are
 *   last   in   its last 64 bytes; not looked at where the file is shorter, or has a full header */
static inline w3d_result w3di_bjson_header_check(const unsigned char *first,
                                                 const unsigned char *last, uint64_t size,
                                                 w3di_bjson_header *out, w3d_error *error)
{
    const unsigned char *fields = first; /* what bytes 16..63 are read from, as from the header */
    const uint64_t end_size = W3D_BJSON_CHUNK_SIZE + W3D_BJSON_END_SIZE;
    w3di_bjson_header h;
    if (size < 8 || w3d_load_u32(first) != W3D_BJSON_MAGIC_LOW ||
        w3d_load_u32(first + 4) != W3D_BJSON_MAGIC_HIGH)
        return w3d_error_set(error, W3D_ERR_FORMAT, 0, "not a BJSON file");
    if (size < W3D_BJSON_HEADER_SIZE)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the file ends within its header");
    if (w3d_crc32c(0, first, 60) != w3d_load_u32(first + 60))
        return w3d_error_set(error, W3D_ERR_CHECKSUM, 60, "the header's checksum does not match");
    if (w3d_load_u16(first + 8) != W3D_BJSON_FORMAT ||
        w3d_load_u16(first + 10) != W3D_BJSON_HEADER_SIZE)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 8, "another format than BJSON 2");
    h.flags = w3d_load_u32(first + 12);
    if (h.flags & ~(uint32_t)(W3D_BJSON_STREAMED | W3D_BJSON_CRC | W3D_BJSON_CANONICAL))
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 12, "flags of a later version");
    h.at = 0;
    if (h.flags & W3D_BJSON_STREAMED) {
        for (uint32_t i = 16; i < 60; i++)
            if (first[i])
                return w3d_error_set(error, W3D_ERR_FORMAT, i,
                                     "a byte that belongs to nothing is not zero");
        if (size % 16 != 0 || size < W3D_BJSON_HEADER_SIZE + end_size ||
            w3d_load_u32(last) != W3D_BJSON_CHUNK_END ||
            w3d_load_u64(last + 8) != W3D_BJSON_END_SIZE)
            return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "a streamed file without END");
        uint32_t crc = w3d_crc32c(0, first, 16);
        crc = w3d_crc32c(crc, last + W3D_BJSON_CHUNK_SIZE, W3D_BJSON_END_SIZE - 4);
        if (crc != w3d_load_u32(last + end_size - 4))
            return w3d_error_set(error, W3D_ERR_CHECKSUM, size - 4,
                                 "the checksum in END does not match");
        h.at = size - end_size; /* END's payload is the header from its byte 16 on */
        fields = last;
    }
    uint64_t total = w3d_load_u64(fields + 16);
    if (total > size)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the file is shorter than stated");
    if (total < size || size % 16 != 0)
        return w3d_error_set(error, W3D_ERR_FORMAT, h.at + 16,
                             "the file is longer than stated, or not whole chunks");
    h.size = total;
    h.refs = w3d_load_u64(fields + 24);
    h.id_count = w3d_load_u32(fields + 32);
    h.key_count = w3d_load_u32(fields + 36);
    h.keys = w3d_load_u64(fields + 40);
    h.shapes = w3d_load_u64(fields + 48);
    h.shape_count = w3d_load_u32(fields + 56);
    *out = h;
    return W3D_OK;
}

/* Writes the complete header: 64 bytes, of which a streamed file's END has 16..63. */
static inline void w3di_bjson_header_write(unsigned char *dst, const w3di_bjson_header *h)
{
    w3d_store_u32(dst, W3D_BJSON_MAGIC_LOW);
    w3d_store_u32(dst + 4, W3D_BJSON_MAGIC_HIGH);
    w3d_store_u16(dst + 8, W3D_BJSON_FORMAT);
    w3d_store_u16(dst + 10, W3D_BJSON_HEADER_SIZE);
    w3d_store_u32(dst + 12, h->flags);
    w3d_store_u64(dst + 16, h->size);
    w3d_store_u64(dst + 24, h->refs);
    w3d_store_u32(dst + 32, h->id_count);
    w3d_store_u32(dst + 36, h->key_count);
    w3d_store_u64(dst + 40, h->keys);
    w3d_store_u64(dst + 48, h->shapes);
    w3d_store_u32(dst + 56, h->shape_count);
    w3d_store_u32(dst + 60, w3d_crc32c(0, dst, 60));
}

#endif /* W3D_BJSON_HEADER_H */
