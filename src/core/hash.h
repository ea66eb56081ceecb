/* hash.h - mixing for hash tables: fast, the same on every target.
 *
 * Not for adversaries' keys where collisions must be impossible: pack/sha256 is. */
#ifndef W3D_HASH_H
#define W3D_HASH_H

#include "core/bytes.h"

/* A bijection that spreads every input bit. Source: Stafford 2011, "Better Bit Mixing", mix 13. */
W3D_INLINE uint64_t w3d_hash_u64(uint64_t key)
{
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9u;
    key = (key ^ key >> 27) * 0x94D049BB133111EBu;
    return key ^ key >> 31;
}

/* A bijection on 32 bits. Source: the finaliser of MurmurHash3 (Appleby, public domain). */
W3D_INLINE uint32_t w3d_hash_u32(uint32_t key)
{
    key = (key ^ key >> 16) * 0x85EBCA6Bu;
    key = (key ^ key >> 13) * 0xC2B2AE35u;
    return key ^ key >> 16;
}

/* 64 bits of any bytes; `seed` tells tables apart. About 4 bytes a cycle. */
static inline uint64_t w3d_hash_bytes(const void *src, size_t size, uint64_t seed)
{
    const unsigned char *bytes = (const unsigned char *)src;
    uint64_t hash = seed ^ (uint64_t)size * 0x9E3779B97F4A7C15u;
    size_t i = 0;
    for (; size - i >= 8; i += 8) {
        hash = (hash ^ w3d_load_u64(bytes + i)) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    for (unsigned shift = 0; i < size; i++, shift += 8) tail |= (uint64_t)bytes[i] << shift;
    return w3d_hash_u64(hash ^ tail);
}

#endif /* W3D_HASH_H */
