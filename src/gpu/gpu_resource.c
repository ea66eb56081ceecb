/* gpu_resource.c - buffers, textures, samplers, shaders, pipelines, groups, meshes and objects:
 * checked, kept, and told to the stream. */
#include "gpu/gpu_resource.h"
#include "core/bits.h"
#include "core/hash.h"
#include "gpu/gpu_write.h"

/* ---- buffers ---- */

W3D_API w3d_result w3d_gpu_buffer_create(w3d_gpu *gpu, const w3d_gpu_buffer_desc *desc,
                                         w3d_gpu_buffer *buffer)
{
    static const char call[] = "w3d_gpu_buffer_create";
    uint32_t slot;
    if (!gpu || !desc || !buffer) return W3D_ERR_ARGUMENT;
    uint32_t use = desc->use ? desc->use : (uint32_t)(W3D_GPU_USE_VERTEX | W3D_GPU_USE_INDEX),
             size = use & W3D_GPU_USE_UNIFORM ? (desc->size + 15) & ~15u : (desc->size + 3) & ~3u;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    W3DI_GPU_CHECK(desc->size && desc->size <= 0x40000000u, W3D_ERR_ARGUMENT, "desc.size",
                   "is 1 to 1 GiB");
    W3DI_GPU_CHECK(use < 64, W3D_ERR_ARGUMENT, "desc.use", "has bits that are no use of a buffer");
    W3DI_GPU_CHECK(!w3di_gpu_known(gpu) || !gpu->caps.max_buffer_size ||
                       size <= gpu->caps.max_buffer_size,
                   W3D_ERR_LIMIT, "desc.size",
                   "is more than this device's buffers hold: see the caps");
    W3DI_GPU_CHECK((use & W3D_GPU_USE_INDEX) == 0 ||
                       (use & (W3D_GPU_USE_UNIFORM | W3D_GPU_USE_STORAGE)) == 0,
                   W3D_ERR_ARGUMENT, "desc.use",
                   "an index buffer is no uniform or storage buffer too: WebGL2 keeps them apart");
    W3DI_GPU_CHECK((uint32_t)desc->policy <= W3D_GPU_GPU_ONLY &&
                       (desc->policy != W3D_GPU_RELOAD || desc->reload),
                   W3D_ERR_ARGUMENT, "desc.policy", "RELOAD wants desc.reload");
    uint32_t label = w3di_gpu_label_size(desc->label);
    w3di_gpu_buffer *b =
        (w3di_gpu_buffer *)(void *)w3di_gpu_slot_take(gpu, W3D_GPU_KIND_BUFFER, &slot);
    uint8_t *copy = NULL;
    int keeps = desc->policy == W3D_GPU_KEEP_COPY;
    uint32_t at = gpu->word_count, blob = gpu->blob_size;
    if (b && keeps) copy = (uint8_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, size);
    if (!b || (keeps && !copy) ||
        !w3di_gpu_reserve(gpu, 6 + 5,
                          w3di_gpu_blob_bytes(label) +
                              (desc->data ? w3di_gpu_blob_bytes(size) : 0))) {
        w3di_gpu_free(gpu, copy, size);
        return w3di_gpu_refuse_memory(gpu, call);
    }
    uint32_t id = w3di_gpu_id(&b->record, slot),
             *w = w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_CREATE, 6);
    w[1] = id;
    w[2] = size;
    w[3] = use;
    w3di_gpu_blob_text(gpu, w + 4, desc->label, label);
    if (!w3di_gpu_keep(gpu, &b->record, at, blob)) {
        w3di_gpu_free(gpu, copy, size);
        return w3di_gpu_refuse_memory(gpu, call);
    }
    if (copy) {
        w3d_fill(copy, 0, size);
        if (desc->data) w3d_copy(copy, desc->data, desc->size);
    }
    if (desc->data) {
        w = w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_WRITE, 5);
        w[1] = id;
        w[3] = gpu->blob_size;
        w[4] = size;
        w3d_fill(gpu->blobs + gpu->blob_size, 0, (size_t)w3di_gpu_blob_bytes(size));
        w3d_copy(gpu->blobs + gpu->blob_size, desc->data, desc->size);
        gpu->blob_size += (uint32_t)w3di_gpu_blob_bytes(size);
        gpu->counting.upload_bytes += size;
    }
    b->size = size;
    b->use = use;
    b->policy = (uint32_t)desc->policy;
    b->copy = copy;
    b->reload = desc->reload;
    b->user = desc->user;
    buffer->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_BUFFER, slot, desc->label);
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_buffer_write(w3d_gpu *gpu, w3d_gpu_buffer buffer, uint32_t offset,
                                        const void *data, uint32_t size)
{
    static const char call[] = "w3d_gpu_buffer_write";
    if (!gpu || (!data && size)) return W3D_ERR_ARGUMENT;
    w3di_gpu_buffer *b = w3di_gpu_buffer_of(gpu, buffer.id);
    if (!b) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "buffer", buffer.id);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "buffer",
                   "is written outside passes: end the pass first");
    W3DI_GPU_CHECK(offset % 4 == 0 && size % 4 == 0, W3D_ERR_ARGUMENT, "offset, size",
                   "are multiples of 4");
    W3DI_GPU_CHECK(offset <= b->size && size <= b->size - offset, W3D_ERR_RANGE, "offset, size",
                   "reach over the buffer's end");
    if (!size) return W3D_OK;
    if (!w3di_gpu_reserve(gpu, 5, w3di_gpu_blob_bytes(size)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_WRITE, 5);
    w[1] = buffer.id;
    w[2] = offset;
    w3di_gpu_blob(gpu, w + 3, data, size);
    if (b->copy) w3d_copy(b->copy + offset, data, size);
    gpu->counting.upload_bytes += size;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_buffer_copy(w3d_gpu *gpu, w3d_gpu_buffer dst, uint32_t dst_offset,
                                       w3d_gpu_buffer src, uint32_t src_offset, uint32_t size)
{
    static const char call[] = "w3d_gpu_buffer_copy";
    if (!gpu) return W3D_ERR_ARGUMENT;
    w3di_gpu_buffer *to = w3di_gpu_buffer_of(gpu, dst.id), *from = w3di_gpu_buffer_of(gpu, src.id);
    if (!to) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "dst", dst.id);
    if (!from) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_BUFFER, call, "src", src.id);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "dst",
                   "is written outside passes: end the pass first");
    W3DI_GPU_CHECK(to != from, W3D_ERR_ARGUMENT, "dst, src", "are two buffers");
    W3DI_GPU_CHECK(!((to->use ^ from->use) & W3D_GPU_USE_INDEX), W3D_ERR_ARGUMENT, "dst, src",
                   "are both index buffers, or neither: WebGL2 keeps them apart");
    W3DI_GPU_CHECK(dst_offset % 4 == 0 && src_offset % 4 == 0 && size % 4 == 0, W3D_ERR_ARGUMENT,
                   "offsets, size", "are multiples of 4");
    W3DI_GPU_CHECK(dst_offset <= to->size && size <= to->size - dst_offset &&
                       src_offset <= from->size && size <= from->size - src_offset,
                   W3D_ERR_RANGE, "offsets, size", "reach over a buffer's end");
    if (!size) return W3D_OK;
    if (!w3di_gpu_reserve(gpu, 6, 0)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_COPY, 6);
    w[1] = dst.id;
    w[2] = dst_offset;
    w[3] = src.id;
    w[4] = src_offset;
    w[5] = size;
    if (to->copy && from->copy) w3d_copy(to->copy + dst_offset, from->copy + src_offset, size);
    return W3D_OK;
}

/* ---- textures ---- */

static uint64_t w3di_gpu_levels_size(const w3di_gpu_texture *t, uint32_t levels)
{
    uint64_t size = 0;
    for (uint32_t mip = 0; mip < levels; mip++)
        size += w3di_gpu_region_size(t->format, w3di_gpu_mip_side(t->width, mip),
                                     w3di_gpu_mip_side(t->height, mip),
                                     t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, mip)
                                                           : t->depth);
    return size;
}

static w3d_result w3di_gpu_texture_check(w3d_gpu *gpu, const w3d_gpu_texture_desc *desc,
                                         w3di_gpu_texture *t, const char *call)
{
    const w3d_gpu_caps *caps = &gpu->caps;
    w3d_fill(t, 0, sizeof *t);
    t->kind = (uint32_t)desc->kind;
    t->format = desc->format ? (uint32_t)desc->format : (uint32_t)W3D_GPU_RGBA8;
    t->width = desc->width;
    t->height = desc->height;
    t->depth = desc->kind == W3D_GPU_CUBE ? 6 : desc->depth ? desc->depth : 1;
    t->samples = desc->samples ? desc->samples : 1;
    t->use = desc->use;
    W3DI_GPU_CHECK(t->kind <= W3D_GPU_3D && t->format < W3D_GPU_FORMAT_COUNT, W3D_ERR_ARGUMENT,
                   "desc.kind, desc.format", "are none of the enums' values");
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    uint32_t most = w3di_gpu_known(gpu) ? caps->max_texture_side : (uint32_t)W3D_GPU_MAX_SIDE,
             layers = w3di_gpu_known(gpu) ? caps->max_layers : 2048;
    W3DI_GPU_CHECK(t->width && t->height && t->width <= most && t->height <= most, W3D_ERR_LIMIT,
                   "desc.width, desc.height", "are 1 to the device's largest side: see the caps");
    W3DI_GPU_CHECK(t->kind != W3D_GPU_2D || t->depth == 1, W3D_ERR_ARGUMENT, "desc.depth",
                   "is 1 of a 2D texture");
    W3DI_GPU_CHECK(t->depth <= (t->kind == W3D_GPU_3D && most > 2048 ? 2048
                                : t->kind == W3D_GPU_3D              ? most
                                                                     : layers),
                   W3D_ERR_LIMIT, "desc.depth", "is more than the device has: see the caps");
    W3DI_GPU_CHECK(t->kind != W3D_GPU_CUBE || t->width == t->height, W3D_ERR_ARGUMENT,
                   "desc.width, desc.height", "of a cube are equal");
    uint32_t largest = t->width > t->height ? t->width : t->height, levels = 1;
    if (t->kind == W3D_GPU_3D && t->depth > largest) largest = t->depth;
    while (largest >> levels) levels++;
    t->mips = desc->mips == W3D_GPU_ALL_MIPS ? levels : desc->mips ? desc->mips : 1;
    W3DI_GPU_CHECK(t->mips <= levels, W3D_ERR_ARGUMENT, "desc.mips",
                   "are more levels than down to 1x1");
    W3DI_GPU_CHECK(t->samples == 1 || t->samples == 4, W3D_ERR_ARGUMENT, "desc.samples",
                   "are 1 or 4");
    W3DI_GPU_CHECK(
        t->samples == 1 ||
            (t->mips == 1 && t->kind == W3D_GPU_2D && (t->use & W3D_GPU_USE_TARGET) &&
             !desc->data && f->block == 1 && !f->integer),
        W3D_ERR_ARGUMENT, "desc.samples",
        "4 is for 2D targets of one level, without data, of no integer or compressed format");
    W3DI_GPU_CHECK(t->samples == 1 || !w3di_gpu_known(gpu) || caps->max_samples >= 4,
                   W3D_ERR_UNSUPPORTED, "desc.samples", "this device has no multisampling");
    W3DI_GPU_CHECK((t->use & ~(uint32_t)(W3D_GPU_USE_TARGET | W3D_GPU_USE_TEXTURE_READ)) == 0,
                   W3D_ERR_ARGUMENT, "desc.use", "has bits that are no use of a texture");
    W3DI_GPU_CHECK(!f->depth ||
                       (!desc->data && t->kind != W3D_GPU_3D && (t->use & W3D_GPU_USE_TARGET)),
                   W3D_ERR_ARGUMENT, "desc.format",
                   "depth textures are targets, without data, and not 3D");
    if (w3di_gpu_known(gpu)) {
        int bc = t->format >= W3D_GPU_BC1_RGBA && t->format <= W3D_GPU_BC7_RGBA,
            etc2 = t->format == W3D_GPU_ETC2_RGB8 || t->format == W3D_GPU_ETC2_RGBA8;
        W3DI_GPU_CHECK((!bc || caps->bc) && (!etc2 || caps->etc2) &&
                           (t->format != W3D_GPU_ASTC_4X4 || caps->astc),
                       W3D_ERR_UNSUPPORTED, "desc.format",
                       "this device does not have this compression: see the caps");
        if (t->use & W3D_GPU_USE_TARGET)
            W3DI_GPU_CHECK((t->format != W3D_GPU_RGBA32F && t->format != W3D_GPU_R32F
                                ? t->format != W3D_GPU_RGBA16F || caps->half_targets
                                : caps->float_targets) != 0,
                           W3D_ERR_UNSUPPORTED, "desc.format",
                           "this device does not draw to float textures: see the caps");
    }
    W3DI_GPU_CHECK(f->block == 1 || (t->width % 4 == 0 && t->height % 4 == 0 &&
                                     t->kind != W3D_GPU_3D && !(t->use & W3D_GPU_USE_TARGET)),
                   W3D_ERR_ARGUMENT, "desc.width, desc.height",
                   "of a compressed texture are multiples of 4; it is not 3D and no target");
    W3DI_GPU_CHECK(!desc->make_mips || (desc->data && f->block == 1 && !f->integer && t->mips > 1),
                   W3D_ERR_ARGUMENT, "desc.make_mips",
                   "wants data, more levels than one, and no integer or compressed format");
    W3DI_GPU_CHECK(w3di_gpu_levels_size(t, t->mips) <= 0x40000000u, W3D_ERR_LIMIT,
                   "desc.width, desc.height", "make more than 1 GiB");
    W3DI_GPU_CHECK((uint32_t)desc->policy <= W3D_GPU_GPU_ONLY &&
                       (desc->policy != W3D_GPU_RELOAD || desc->reload),
                   W3D_ERR_ARGUMENT, "desc.policy", "RELOAD wants desc.reload");
    t->policy = (t->use & W3D_GPU_USE_TARGET) && !desc->data ? (uint32_t)W3D_GPU_GPU_ONLY
                                                             : (uint32_t)desc->policy;
    t->reload = desc->reload;
    t->user = desc->user;
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_texture_create(w3d_gpu *gpu, const w3d_gpu_texture_desc *desc,
                                          w3d_gpu_texture *texture)
{
    static const char call[] = "w3d_gpu_texture_create";
    w3di_gpu_texture made;
    uint32_t slot;
    if (!gpu || !desc || !texture) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    w3d_result result = w3di_gpu_texture_check(gpu, desc, &made, call);
    if (result) return result;
    uint32_t label = w3di_gpu_label_size(desc->label), at = gpu->word_count, blob = gpu->blob_size;
    uint64_t first = w3di_gpu_levels_size(&made, 1);
    made.copy_size = (size_t)w3di_gpu_levels_size(&made, made.mips);
    w3di_gpu_record *record = w3di_gpu_slot_take(gpu, W3D_GPU_KIND_TEXTURE, &slot);
    if (record && made.policy == W3D_GPU_KEEP_COPY)
        made.copy = (uint8_t *)w3d_allocator_resize(&gpu->allocator, NULL, 0, made.copy_size);
    if (!record || (made.policy == W3D_GPU_KEEP_COPY && !made.copy) ||
        !w3di_gpu_reserve(gpu, 12 + 11 + 2,
                          w3di_gpu_blob_bytes(label) +
                              (desc->data ? w3di_gpu_blob_bytes(first) : 0))) {
        w3di_gpu_free(gpu, made.copy, made.copy_size);
        return w3di_gpu_refuse_memory(gpu, call);
    }
    uint32_t id = w3di_gpu_id(record, slot),
             *w = w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_CREATE, 12);
    uint32_t fields[] = { id,         made.kind, made.format,  made.width, made.height,
                          made.depth, made.mips, made.samples, made.use };
    w3d_copy(w + 1, fields, sizeof fields);
    w3di_gpu_blob_text(gpu, w + 10, desc->label, label);
    if (!w3di_gpu_keep(gpu, record, at, blob)) {
        w3di_gpu_free(gpu, made.copy, made.copy_size);
        return w3di_gpu_refuse_memory(gpu, call);
    }
    if (made.copy) w3d_fill(made.copy, 0, made.copy_size);
    if (desc->data) {
        w = w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_WRITE, 11);
        w[1] = id;
        w[6] = made.width;
        w[7] = made.height;
        w[8] = made.depth;
        w3di_gpu_blob(gpu, w + 9, desc->data, (uint32_t)first);
        if (made.copy) w3d_copy(made.copy, desc->data, (size_t)first);
        made.written = 1;
        gpu->counting.upload_bytes += (uint32_t)first;
    }
    if (desc->make_mips) {
        w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_MIPS, 2)[1] = id;
        made.made_mips = 1;
    }
    made.record = *record;
    *(w3di_gpu_texture *)(void *)record = made;
    texture->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_TEXTURE, slot, desc->label);
    return W3D_OK;
}

/* Fills in a region's defaults and checks that it lies in its texture. */
static w3d_result w3di_gpu_region_check(w3d_gpu *gpu, w3d_gpu_texture_region *r,
                                        const w3di_gpu_texture *t, const char *call,
                                        const char *field)
{
    W3DI_GPU_CHECK(r->mip < t->mips, W3D_ERR_RANGE, field, "has no such mip level");
    uint32_t width = w3di_gpu_mip_side(t->width, r->mip),
             height = w3di_gpu_mip_side(t->height, r->mip),
             depth = t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, r->mip) : t->depth;
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    if (!r->width) r->width = r->x < width ? width - r->x : 0;
    if (!r->height) r->height = r->y < height ? height - r->y : 0;
    if (!r->depth) r->depth = r->z < depth ? depth - r->z : 0;
    W3DI_GPU_CHECK(r->width && r->height && r->depth && r->x < width && r->y < height &&
                       r->z < depth && r->width <= width - r->x && r->height <= height - r->y &&
                       r->depth <= depth - r->z,
                   W3D_ERR_RANGE, field, "reaches outside its level");
    W3DI_GPU_CHECK(r->x % f->block == 0 && r->y % f->block == 0 &&
                       (r->width % f->block == 0 || r->x + r->width == width) &&
                       (r->height % f->block == 0 || r->y + r->height == height),
                   W3D_ERR_ARGUMENT, field, "of a compressed texture is in whole blocks of 4x4");
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_texture_write(w3d_gpu *gpu, const w3d_gpu_texture_region *region,
                                         const void *data, size_t size, uint32_t row_size)
{
    static const char call[] = "w3d_gpu_texture_write";
    if (!gpu || !region || !data) return W3D_ERR_ARGUMENT;
    w3d_gpu_texture_region r = *region;
    w3di_gpu_texture *t = w3di_gpu_texture_of(gpu, r.texture.id);
    if (!t)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, "region.texture",
                                      r.texture.id);
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "region.texture",
                   "is written outside passes: end the pass first");
    W3DI_GPU_CHECK(!f->depth && t->samples == 1, W3D_ERR_ARGUMENT, "region.texture",
                   "depth and multisampled textures are not written by the CPU");
    w3d_result result = w3di_gpu_region_check(gpu, &r, t, call, "region");
    if (result) return result;
    uint64_t tight = w3di_gpu_region_size(t->format, r.width, 1, 1),
             rows = (uint64_t)((r.height + f->block - 1) / f->block) * r.depth,
             row = row_size ? row_size : tight;
    W3DI_GPU_CHECK(row >= tight, W3D_ERR_ARGUMENT, "row_size", "is less than a row of the region");
    W3DI_GPU_CHECK((rows - 1) * row + tight <= size, W3D_ERR_CAPACITY, "size",
                   "is less than the region needs");
    if (!w3di_gpu_reserve(gpu, 11, w3di_gpu_blob_bytes(tight * rows)))
        return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_WRITE, 11);
    uint32_t fields[] = { r.texture.id,
                          r.mip,
                          r.x,
                          r.y,
                          r.z,
                          r.width,
                          r.height,
                          r.depth,
                          gpu->blob_size,
                          (uint32_t)(tight * rows) };
    w3d_copy(w + 1, fields, sizeof fields);
    uint8_t *out = gpu->blobs + gpu->blob_size;
    for (uint64_t k = 0; k < rows; k++)
        w3d_copy(out + k * tight, (const uint8_t *)data + k * row, (size_t)tight);
    if (t->copy) {
        uint32_t width = w3di_gpu_mip_side(t->width, r.mip),
                 height = w3di_gpu_mip_side(t->height, r.mip),
                 lines = (r.height + f->block - 1) / f->block;
        uint64_t pitch = w3di_gpu_region_size(t->format, width, 1, 1),
                 slice = w3di_gpu_region_size(t->format, width, height, 1);
        uint8_t *level = t->copy + (size_t)w3di_gpu_levels_size(t, r.mip);
        for (uint64_t k = 0; k < rows; k++)
            w3d_copy(level + (r.z + k / lines) * slice + (r.y / f->block + k % lines) * pitch +
                         (uint64_t)(r.x / f->block) * f->bytes,
                     out + k * tight, (size_t)tight);
    }
    t->written |= 1u << r.mip;
    w3d_fill(out + tight * rows, 0, (size_t)(w3di_gpu_blob_bytes(tight * rows) - tight * rows));
    gpu->blob_size += (uint32_t)w3di_gpu_blob_bytes(tight * rows);
    gpu->counting.upload_bytes += (uint32_t)(tight * rows);
    return W3D_OK;
}

/* Where the k-th row of a region lies in a texture's copy; of formats without blocks. */
static uint8_t *w3di_gpu_texel(const w3di_gpu_texture *t, const w3d_gpu_texture_region *r,
                               uint32_t k)
{
    uint32_t bytes = w3di_gpu_format_of(t->format)->bytes;
    size_t width = w3di_gpu_mip_side(t->width, r->mip),
           height = w3di_gpu_mip_side(t->height, r->mip);
    return t->copy + (size_t)w3di_gpu_levels_size(t, r->mip) +
           (((r->z + k / r->height) * height + r->y + k % r->height) * width + r->x) * bytes;
}

W3D_API w3d_result w3d_gpu_texture_copy(w3d_gpu *gpu, const w3d_gpu_texture_region *dst,
                                        const w3d_gpu_texture_region *src)
{
    static const char call[] = "w3d_gpu_texture_copy";
    if (!gpu || !dst || !src) return W3D_ERR_ARGUMENT;
    w3d_gpu_texture_region a = *dst, b = *src;
    w3di_gpu_texture *to = w3di_gpu_texture_of(gpu, a.texture.id),
                     *from = w3di_gpu_texture_of(gpu, b.texture.id);
    if (!to)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, "dst.texture", a.texture.id);
    if (!from)
        return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, "src.texture", b.texture.id);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "dst",
                   "is written outside passes: end the pass first");
    W3DI_GPU_CHECK(to != from, W3D_ERR_ARGUMENT, "dst, src", "are two textures");
    W3DI_GPU_CHECK(to->format == from->format && to->samples == 1 && from->samples == 1,
                   W3D_ERR_ARGUMENT, "dst, src", "have one format and one sample");
    W3DI_GPU_CHECK(w3di_gpu_format_of(to->format)->block == 1 &&
                       !w3di_gpu_format_of(to->format)->depth,
                   W3D_ERR_UNSUPPORTED, "dst, src",
                   "compressed and depth textures are not copied: WebGL2 cannot");
    w3d_result result = w3di_gpu_region_check(gpu, &b, from, call, "src");
    if (result) return result;
    a.width = b.width;
    a.height = b.height;
    a.depth = b.depth;
    result = w3di_gpu_region_check(gpu, &a, to, call, "dst");
    if (result) return result;
    if (!w3di_gpu_reserve(gpu, 14, 0)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t fields[] = { a.texture.id, a.mip, a.x, a.y,     a.z,      b.texture.id, b.mip,
                          b.x,          b.y,   b.z, b.width, b.height, b.depth };
    w3d_copy(w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_COPY, 14) + 1, fields, sizeof fields);
    if (to->copy && from->copy) {
        uint32_t bytes = w3di_gpu_format_of(to->format)->bytes;
        for (uint32_t k = 0; k < a.height * a.depth; k++)
            w3d_copy(w3di_gpu_texel(to, &a, k), w3di_gpu_texel(from, &b, k),
                     (size_t)a.width * bytes);
        to->written |= 1u << a.mip;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_gpu_texture_mips(w3d_gpu *gpu, w3d_gpu_texture texture)
{
    static const char call[] = "w3d_gpu_texture_mips";
    if (!gpu) return W3D_ERR_ARGUMENT;
    w3di_gpu_texture *t = w3di_gpu_texture_of(gpu, texture.id);
    if (!t) return w3di_gpu_refuse_handle(gpu, W3D_GPU_KIND_TEXTURE, call, "texture", texture.id);
    const w3di_gpu_format *f = w3di_gpu_format_of(t->format);
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "texture",
                   "is written outside passes: end the pass first");
    W3DI_GPU_CHECK(f->block == 1 && !f->integer && !f->depth, W3D_ERR_ARGUMENT, "texture",
                   "mips are made of colours, not of integer, depth or compressed formats");
    W3DI_GPU_CHECK(t->mips > 1, W3D_ERR_ARGUMENT, "texture", "has one level only");
    if (!w3di_gpu_reserve(gpu, 2, 0)) return w3di_gpu_refuse_memory(gpu, call);
    w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_MIPS, 2)[1] = texture.id;
    t->made_mips = 1;
    t->written &= 1; /* the others are made anew from level 0 */
    return W3D_OK;
}

/* ---- samplers ---- */

W3D_API w3d_result w3d_gpu_sampler_create(w3d_gpu *gpu, const w3d_gpu_sampler_desc *desc,
                                          w3d_gpu_sampler *sampler)
{
    static const char call[] = "w3d_gpu_sampler_create";
    uint32_t slot;
    if (!gpu || !desc || !sampler) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    W3DI_GPU_CHECK((uint32_t)desc->magnify <= W3D_GPU_NEAREST &&
                       (uint32_t)desc->minify <= W3D_GPU_NEAREST &&
                       (uint32_t)desc->mip <= W3D_GPU_NEAREST,
                   W3D_ERR_ARGUMENT, "desc.magnify, minify, mip", "are none of the enum's values");
    W3DI_GPU_CHECK((uint32_t)desc->wrap_u <= W3D_GPU_MIRROR &&
                       (uint32_t)desc->wrap_v <= W3D_GPU_MIRROR &&
                       (uint32_t)desc->wrap_w <= W3D_GPU_MIRROR,
                   W3D_ERR_ARGUMENT, "desc.wrap_u, wrap_v, wrap_w",
                   "are none of the enum's values");
    W3DI_GPU_CHECK((uint32_t)desc->compare <= W3D_GPU_ALWAYS && desc->anisotropy <= 16,
                   W3D_ERR_ARGUMENT, "desc.compare, anisotropy", "are out of range");
    W3DI_GPU_CHECK(desc->min_lod >= 0 && desc->max_lod >= 0 && desc->min_lod <= 32 &&
                       desc->max_lod <= 32 &&
                       (desc->max_lod == 0 || desc->min_lod <= desc->max_lod),
                   W3D_ERR_ARGUMENT, "desc.min_lod, max_lod", "are 0 to 32, in order");
    W3DI_GPU_CHECK(desc->anisotropy <= 1 ||
                       (desc->magnify == W3D_GPU_LINEAR && desc->minify == W3D_GPU_LINEAR &&
                        desc->mip == W3D_GPU_LINEAR),
                   W3D_ERR_ARGUMENT, "desc.anisotropy",
                   "goes with LINEAR magnify, minify and mip only");
    uint32_t at = gpu->word_count, blob = gpu->blob_size;
    w3di_gpu_sampler *s =
        (w3di_gpu_sampler *)(void *)w3di_gpu_slot_take(gpu, W3D_GPU_KIND_SAMPLER, &slot);
    if (!s || !w3di_gpu_reserve(gpu, 8, 0)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_SAMPLER_CREATE, 8);
    w[1] = w3di_gpu_id(&s->record, slot);
    w[2] = (uint32_t)desc->magnify | (uint32_t)desc->minify << 8 | (uint32_t)desc->mip << 16;
    w[3] = (uint32_t)desc->wrap_u | (uint32_t)desc->wrap_v << 8 | (uint32_t)desc->wrap_w << 16;
    w[4] = (uint32_t)desc->compare;
    w[5] = w3d_bits_f32(desc->min_lod);
    w[6] = w3d_bits_f32(desc->max_lod > 0 ? desc->max_lod : 32.0f);
    w[7] = desc->anisotropy ? desc->anisotropy : 1;
    if (!w3di_gpu_keep(gpu, &s->record, at, blob)) return w3di_gpu_refuse_memory(gpu, call);
    s->compares = desc->compare != W3D_GPU_COMPARE_DEFAULT;
    sampler->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_SAMPLER, slot, NULL);
    return W3D_OK;
}

/* ---- shaders ---- */

W3D_API w3d_result w3d_gpu_shader_create(w3d_gpu *gpu, const w3d_gpu_shader_desc *desc,
                                         w3d_gpu_shader *shader)
{
    static const char call[] = "w3d_gpu_shader_create";
    uint32_t slot, sizes[7];
    if (!gpu || !desc || !shader) return W3D_ERR_ARGUMENT;
    W3DI_GPU_CHECK(!gpu->pass.open, W3D_ERR_ARGUMENT, "desc",
                   "is made outside passes: end the pass first");
    const char *texts[7] = { desc->wgsl,         desc->glsl_vertex,    desc->glsl_fragment,
                             desc->vertex_entry, desc->fragment_entry, desc->compute_entry,
                             desc->label };
    if (!desc->compute_entry || !*desc->compute_entry) {
        if (!texts[3]) texts[3] = "vs";
        if (!texts[4]) texts[4] = "fs";
    }
    uint64_t blobs = 0;
    for (int i = 0; i < 7; i++) {
        size_t size = texts[i] ? w3d_text_size(texts[i]) : 0;
        if (i == 6) size = w3di_gpu_label_size(desc->label);
        W3DI_GPU_CHECK(size <= 1u << 20, W3D_ERR_LIMIT, "desc", "a text of more than 1 MiB");
        sizes[i] = (uint32_t)size;
        blobs += w3di_gpu_blob_bytes(size);
    }
    W3DI_GPU_CHECK(sizes[0] || sizes[1], W3D_ERR_ARGUMENT, "desc.wgsl, desc.glsl_vertex",
                   "at least one is wanted");
    W3DI_GPU_CHECK(desc->binding_count <= W3D_GPU_MAX_BINDINGS &&
                       desc->pair_count <= W3D_GPU_MAX_PAIRS,
                   W3D_ERR_ARGUMENT, "desc.binding_count, pair_count", "are at most 16");
    W3DI_GPU_CHECK(desc->object_size == 0 || desc->object_size == gpu->object_size,
                   W3D_ERR_ARGUMENT, "desc.object_size",
                   "differs from the object_size the device was made with");
    for (uint32_t i = 0; i < desc->binding_count; i++) {
        const w3d_gpu_binding *b = &desc->bindings[i];
        W3DI_GPU_CHECK((b->group == 1 || b->group == 2) && b->binding < W3D_GPU_MAX_BINDINGS &&
                           b->kind >= W3D_GPU_BIND_UNIFORM && b->kind <= W3D_GPU_BIND_SAMPLER &&
                           b->stages < 8 && b->texture <= W3D_GPU_3D && b->sample <= 4 &&
                           b->samples <= 1 && !b->zero,
                       W3D_ERR_ARGUMENT, "desc.bindings",
                       "are of group 1 or 2, binding 0 to 15, and of a kind");
        for (uint32_t k = 0; k < i; k++)
            W3DI_GPU_CHECK(desc->bindings[k].group != b->group ||
                               desc->bindings[k].binding != b->binding,
                           W3D_ERR_ARGUMENT, "desc.bindings", "two at one place");
    }
    for (uint32_t i = 0; i < desc->pair_count; i++) {
        const w3d_gpu_pair *pair = &desc->pairs[i];
        int texture = 0, sampler = pair->sampler == 255;
        for (uint32_t k = 0; k < desc->binding_count; k++) {
            const w3d_gpu_binding *b = &desc->bindings[k];
            texture |= b->kind == W3D_GPU_BIND_TEXTURE && b->binding == pair->texture;
            sampler |= b->kind == W3D_GPU_BIND_SAMPLER && b->binding == pair->sampler;
        }
        W3DI_GPU_CHECK(texture && sampler, W3D_ERR_ARGUMENT, "desc.pairs",
                       "name a texture's binding and a sampler's, or 255");
    }
    W3DI_GPU_CHECK(desc->frame_size <= 16384, W3D_ERR_LIMIT, "desc.frame_size", "is at most 16384");
    uint64_t invocations = 1;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t side = desc->workgroup_size[i] ? desc->workgroup_size[i] : 1;
        invocations = side <= 256 ? invocations * side : 257;
    }
    W3DI_GPU_CHECK(invocations <= 256 && desc->workgroup_size[2] <= 64, W3D_ERR_LIMIT,
                   "desc.workgroup_size", "is at most 256 in all, and 64 in z");
    uint32_t words = 23 + 2 * desc->binding_count + desc->pair_count, at = gpu->word_count,
             blob = gpu->blob_size;
    w3di_gpu_shader *s =
        (w3di_gpu_shader *)(void *)w3di_gpu_slot_take(gpu, W3D_GPU_KIND_SHADER, &slot);
    if (!s || !w3di_gpu_reserve(gpu, words, blobs)) return w3di_gpu_refuse_memory(gpu, call);
    uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_SHADER_CREATE, words);
    w[1] = w3di_gpu_id(&s->record, slot);
    for (uint32_t i = 0; i < 7; i++)
        w3di_gpu_blob_text(gpu, w + (i < 6 ? 2 + 2 * i : 21), texts[i], sizes[i]);
    w[14] = desc->frame_size;
    w[15] = desc->object_size;
    for (uint32_t i = 0; i < 3; i++)
        w[16 + i] = desc->workgroup_size[i] ? desc->workgroup_size[i] : 1;
    w[19] = desc->pair_count;
    w[20] = desc->binding_count;
    w3d_copy(w + 23, desc->bindings, sizeof *desc->bindings * desc->binding_count);
    for (uint32_t i = 0; i < desc->pair_count; i++)
        w[23 + 2 * desc->binding_count + i] =
            desc->pairs[i].texture | (uint32_t)desc->pairs[i].sampler << 8;
    if (!w3di_gpu_keep(gpu, &s->record, at, blob)) return w3di_gpu_refuse_memory(gpu, call);
    w3d_copy(s->bindings, desc->bindings, sizeof *desc->bindings * desc->binding_count);
    s->binding_count = desc->binding_count;
    s->frame_size = desc->frame_size;
    s->object_size = desc->object_size;
    s->has_compute = sizes[5] != 0;
    shader->id = w3di_gpu_slot_live(gpu, W3D_GPU_KIND_SHADER, slot, desc->label);
    return W3D_OK;
}
