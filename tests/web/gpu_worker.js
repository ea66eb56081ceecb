// gpu_worker.js - a worker that draws a scene on an OffscreenCanvas, again and again; test_gpu.mjs.
import { Scenes } from './gpu_run.js';

addEventListener('message', async ({ data }) => {
    const { canvas, api, frames, url } = data, words = new Int32Array(frames);
    try {
        const scenes = await Scenes.load(url, { canvas, webgl2: { check: true } });
        const status = await scenes.open(api);
        const result = status === 1 ? await scenes.start(0) : 1000;
        const bytes = result ? null : await scenes.bytes();
        postMessage({ status, result, bytes, said: scenes.messages() });
        const step = () => {
            Atomics.add(words, scenes.wasm.scene_frame() ? 1 : 0, 1); // good ones, others
            setTimeout(step, 2);
        };
        step();
    } catch (error) {
        postMessage({ status: -1, said: String(error?.stack ?? error) });
    }
});
