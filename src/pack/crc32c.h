/* crc32c.h - the checksum of this library's own files and logs: CRC-32C (Castagnoli).
 *
 * The polynomial x86 and 64-bit Arm have an instruction for; also that of iSCSI and ext4. */
#ifndef W3D_CRC32C_H
#define W3D_CRC32C_H

#include "core/base.h"

/* The CRC-32C of bytes, in one call or piece by piece.
 *
 *   before  in   0 to begin; else the CRC of the bytes that came before these
 *   src     in   `size` bytes; NULL where size is 0
 *
 * Range   no bytes: `before` comes back.
 * Cost    O(size) time, by hardware instructions where the target has them; no stored table,
 *         8 KB of stack at most. Finds accidents, not forgeries.
 * Source  RFC 3720, appendix B.4; polynomial 0x1EDC6F41, bits reversed. */
W3D_API uint32_t w3d_crc32c(uint32_t before, const void *src, size_t size);

#endif /* W3D_CRC32C_H */
