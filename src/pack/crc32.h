/* crc32.h - the checksum of PNG, gzip and zip: CRC-32 as in IEEE 802.3. */
#ifndef W3D_CRC32_H
#define W3D_CRC32_H

#include "core/base.h"

/* The CRC-32 of bytes, in one call or piece by piece.
 *
 *   before  in   0 to begin; else the CRC of the bytes that came before these
 *   src     in   `size` bytes; NULL where size is 0
 *
 * Range   no bytes: `before` comes back.
 * Cost    O(size) time; no stored table, 8 KB of stack at most. Finds accidents, not forgeries.
 * Source  IEEE 802.3, 3.2.9; polynomial 0x04C11DB7, bits reversed. */
W3D_API uint32_t w3d_crc32(uint32_t before, const void *src, size_t size);

#endif /* W3D_CRC32_H */
