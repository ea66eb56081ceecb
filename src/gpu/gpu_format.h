/* gpu_format.h - what formats are: bytes, blocks and kinds of textures and vertices. */
#ifndef W3D_GPU_FORMAT_H
#define W3D_GPU_FORMAT_H

#include "gpu/gpu_types.h"

typedef struct w3di_gpu_format {
    const char *name;
    uint8_t bytes;                             /* of a pixel, or of a block of 4x4 */
    uint8_t block;                             /* 1, or 4: compressed */
    uint8_t depth, stencil, integer, is_float; /* is_float: wider than 8 bits unorm */
    uint8_t channels;
} w3di_gpu_format;

static inline const w3di_gpu_format *w3di_gpu_format_of(uint32_t format)
{
    static const w3di_gpu_format formats[W3D_GPU_FORMAT_COUNT] = {
        { "default", 0, 1, 0, 0, 0, 0, 0 },
        { "RGBA8", 4, 1, 0, 0, 0, 0, 4 },
        { "RGBA8_SRGB", 4, 1, 0, 0, 0, 0, 4 },
        { "R8", 1, 1, 0, 0, 0, 0, 1 },
        { "RG8", 2, 1, 0, 0, 0, 0, 2 },
        { "R32UI", 4, 1, 0, 0, 1, 0, 1 },
        { "RGBA16F", 8, 1, 0, 0, 0, 1, 4 },
        { "RGBA32F", 16, 1, 0, 0, 0, 1, 4 },
        { "R32F", 4, 1, 0, 0, 0, 1, 1 },
        { "RGBA32UI", 16, 1, 0, 0, 1, 0, 4 },
        { "DEPTH24", 4, 1, 1, 0, 0, 0, 1 },
        { "DEPTH32F", 4, 1, 1, 0, 0, 1, 1 },
        { "DEPTH24_STENCIL8", 4, 1, 1, 1, 0, 0, 1 },
        { "BC1_RGBA", 8, 4, 0, 0, 0, 0, 4 },
        { "BC3_RGBA", 16, 4, 0, 0, 0, 0, 4 },
        { "BC5_RG", 16, 4, 0, 0, 0, 0, 2 },
        { "BC7_RGBA", 16, 4, 0, 0, 0, 0, 4 },
        { "ETC2_RGB8", 8, 4, 0, 0, 0, 0, 3 },
        { "ETC2_RGBA8", 16, 4, 0, 0, 0, 0, 4 },
        { "ASTC_4X4", 16, 4, 0, 0, 0, 0, 4 }
    };
    return &formats[format < W3D_GPU_FORMAT_COUNT ? format : 0];
}

/* Neither NaN nor infinite: WebGPU takes no others. */
static inline int w3di_gpu_finite(const float *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!(values[i] - values[i] == 0)) return 0;
    return 1;
}

static inline uint32_t w3di_gpu_mip_side(uint32_t side, uint32_t mip)
{
    return side >> mip ? side >> mip : 1;
}

/* Bytes of a region: rows tight, in blocks. Fits 64 bits for all sides up to 16384 and layers to
 * 2048. */
static inline uint64_t w3di_gpu_region_size(uint32_t format, uint32_t width, uint32_t height,
                                            uint32_t depth)
{
    const w3di_gpu_format *f = w3di_gpu_format_of(format);
    return (uint64_t)((width + f->block - 1) / f->block) * ((height + f->block - 1) / f->block) *
           f->bytes * depth;
}

/* Bytes and scalar kind of a vertex attribute: kind 0 float, 1 signed, 2 unsigned whole numbers. */
static inline uint32_t w3di_gpu_vertex_size(uint32_t format)
{
    static const uint8_t sizes[W3D_GPU_VERTEX_FORMAT_COUNT] = { 0, 4, 8,  12, 16, 4, 8, 12, 16,
                                                                4, 8, 12, 16, 4,  4, 4, 4,  4,
                                                                8, 4, 8,  4,  8,  4, 8 };
    return format < W3D_GPU_VERTEX_FORMAT_COUNT ? sizes[format] : 0;
}

static inline uint32_t w3di_gpu_vertex_kind(uint32_t format)
{
    if ((format >= W3D_GPU_UINT && format <= W3D_GPU_UINT4) || format == W3D_GPU_UINT8X4 ||
        format == W3D_GPU_UINT16X2 || format == W3D_GPU_UINT16X4)
        return 2;
    return (format >= W3D_GPU_INT && format <= W3D_GPU_INT4) || format == W3D_GPU_SINT8X4;
}

#endif /* W3D_GPU_FORMAT_H */
