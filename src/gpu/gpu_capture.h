/* gpu_capture.h - what a device was told, written to a file, and played again on any back-end.
 *
 *     w3d_gpu_capture_begin(gpu, &sink);          // between frames
 *     ... frames ...
 *     w3d_gpu_capture_end(gpu);
 *
 *     w3d_gpu_replay_desc desc = { 0 };           // there, or later, or elsewhere
 *     desc.backend = w3d_gpu_soft(NULL);
 *     desc.bytes = bytes, desc.size = size;
 *     w3d_gpu_replay_open(&desc, &replay, &error);
 *     while (w3d_gpu_replay_step(replay, &error) == W3D_OK) { ... a frame was drawn ... }
 *     w3d_gpu_replay_close(replay);
 *
 * The file. Little-endian. A header of 32 bytes:
 *
 *      0  89 57 33 44 47 0D 0A 1A      ".W3DG", CR LF and an end of file, to catch what text modes
 *      do 8  u32 version                  W3D_GPU_STREAM_VERSION
 *     12  u32 size of this header      32
 *     16  u32 width   20 u32 height    of the surface as the capture began; 0: none
 *     24  u32 zero 28  u32 crc32c of bytes 0..27
 *
 * then blocks, each on a multiple of 16, to the end of the file; a block is one frame:
 *
 *      0  u32 "FRME"
 *      4  u32 flags                    1: a new device: nothing lives but what comes from here on
 *      8  u32 words                    12 u32 bytes of blobs
 *     16  u32 crc32c of the words      20 u32 crc32c of the blobs
 *     24  u32 number of the block      from 0
 *     28  u32 crc32c of bytes 0..27
 *     32  the words (gpu_stream.h), zeros to a multiple of 16, the blobs, zeros to a multiple of 16
 *
 * The first block makes the resources that lived as the capture began, as w3d_gpu_switch tells them
 * to a new device: contents of GPU_ONLY resources, and what the device itself wrote, are not in it.
 * A file that was cut plays up to the cut. */
#ifndef W3D_GPU_CAPTURE_H
#define W3D_GPU_CAPTURE_H

#include "core/sink.h"
#include "gpu/gpu.h"
#include "gpu/gpu_check.h"

/* ---- writing ---- */

/* Begins to write every frame that is submitted, the live resources first.
 *
 *   sink  in  copied; called during this call and w3d_gpu_submit, until w3d_gpu_capture_end
 *
 * Range   a switch to another back-end goes into the capture as well.
 * Errors  W3D_ERR_ARGUMENT      a pass is open, or a capture runs already
 *         W3D_ERR_BUSY          something was recorded since the last submit: submit it first
 *         W3D_ERR_OUT_OF_MEMORY what the sink gives. After an error nothing is captured
 * Cost    the contents of all resources are written once, from a copy in memory */
W3D_API w3d_result w3d_gpu_capture_begin(w3d_gpu *gpu, const w3d_sink *sink);

/* Ends the capture. What the sink said last, if it refused something: the capture ended there.
 *
 *   blocks  out  how many were written; may be NULL
 *
 * Errors  W3D_ERR_NOT_FOUND     no capture runs */
W3D_API w3d_result w3d_gpu_capture_end(w3d_gpu *gpu, uint32_t *blocks);

/* ---- playing ---- */

typedef struct w3d_gpu_replay w3d_gpu_replay;

typedef struct w3d_gpu_replay_desc {
    w3d_gpu_backend backend;
    const void *bytes; /* [size] the capture; borrowed until w3d_gpu_replay_close */
    size_t size;
    uint64_t memory_limit; /* bytes of the capture's resources together; 0: 1 GiB */
    /* Every event of the device, among them the downloads that the capture asks for; or NULL. */
    void (*event)(void *user, const w3d_gpu_event *event);
    void *user;
    w3d_allocator allocator;
} w3d_gpu_replay_desc;

/* Checks all of a capture, every block by w3d_gpu_check, and opens the device it is to play on.
 *
 *   replay  out  to be closed; untouched on error
 *   error   out  optional; offset: in the file
 *
 * Range   any bytes: nothing reaches the device that did not pass. A last block that is cut is left
 *         out; see w3d_gpu_replay_count.
 * Errors  W3D_ERR_FORMAT, W3D_ERR_UNSUPPORTED (another version), W3D_ERR_CHECKSUM,
 *         W3D_ERR_TRUNCATED (the header is cut), what w3d_gpu_check gives, what the back-end's open
 *         gives
 * Cost    one pass over the file; memory as w3d_gpu_check's */
W3D_API w3d_result w3d_gpu_replay_open(const w3d_gpu_replay_desc *desc, w3d_gpu_replay **replay,
                                       w3d_error *error);

/* How many blocks the capture has. */
W3D_API uint32_t w3d_gpu_replay_count(const w3d_gpu_replay *replay);

/* Hands the next block to the device. A block of a new device closes the one before and opens
 * another.
 *
 * Errors  W3D_ERR_BUSY       the device is still opening: call again
 *         W3D_ERR_NOT_FOUND  all was played
 *         W3D_ERR_CLOSED     the device is lost, or could not be opened; what the back-end gives */
W3D_API w3d_result w3d_gpu_replay_step(w3d_gpu_replay *replay);

/* Asks for the surface's pixels, RGBA8, rows tight: a DOWNLOAD event with the handle 0xFFFFFFFF
 * comes.
 *
 * Errors  W3D_ERR_NOT_FOUND  the capture has drawn to no surface yet; else as w3d_gpu_replay_step
 *         */
W3D_API w3d_result w3d_gpu_replay_read(w3d_gpu_replay *replay);

/* Takes the device's events and gives them to desc.event. */
W3D_API void w3d_gpu_replay_poll(w3d_gpu_replay *replay);

/* Closes the device and the replay. NULL: nothing happens. */
W3D_API void w3d_gpu_replay_close(w3d_gpu_replay *replay);

#endif /* W3D_GPU_CAPTURE_H */
