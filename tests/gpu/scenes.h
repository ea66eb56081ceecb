/* scenes.h - small pictures, a feature of the GPU interface each, with the pixels they have to
 * have.
 *
 *     for (int i = 0; i < scene_count(); i++)
 *         if (scene_draw(i, gpu)) puts(scene_message());
 *
 * They speak with gpu.h alone, so that every back-end draws the same ones, and need no C library.
 * Where nothing may wait (a browser) a scene is stepped: scene_begin, then scene_step until it is
 * not W3D_ERR_BUSY. The device has a surface of 256x256 and objects of 128 bytes. */
#ifndef TESTS_GPU_SCENES_H
#define TESTS_GPU_SCENES_H

#include "gpu/gpu.h"

int scene_count(void);
const char *scene_name(int index);

/* Draws scene `index` and compares: OK; UNSUPPORTED where the device's caps say that it cannot,
 * or, with a message, where it refused a pipeline; DAMAGED for a wrong pixel; else what the
 * interface gave. The text is in scene_message. */
w3d_result scene_draw(int index, w3d_gpu *gpu);

w3d_result scene_begin(int index, w3d_gpu *gpu);
w3d_result scene_step(void); /* W3D_ERR_BUSY: again, once a frame */
const char *scene_message(void);

/* The picture of the last scene, RGBA8, rows from the top; NULL where it was none. */
const uint8_t *scene_picture(uint32_t *width, uint32_t *height);

/* The text of a scene's k-th shader, NULL after the last: what other WGSL compilers look at.
 * Known after the scene was begun. */
const char *scene_wgsl(int k);

#endif /* TESTS_GPU_SCENES_H */
