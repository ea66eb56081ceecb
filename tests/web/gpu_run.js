// gpu_run.js - loads gpu_scenes.wasm on a page or in a worker and draws its scenes; test_gpu.mjs
// says which and looks at the bytes.
import { createGpu } from '../../src/web/gpu.js';
import { startThreads } from '../../src/web/threads.js';

const later = (ms = 0) => new Promise((done) => setTimeout(done, ms));

export class Scenes {
    // The program's memory is shared where the module was built so.
    static async load(url, options) {
        const scenes = new Scenes();
        scenes.gpu = await createGpu(options);
        const bytes = await (await fetch(url)).arrayBuffer();
        const host = await startThreads(bytes, { host: scenes.gpu.host, workers: 0 });
        scenes.wasm = host.exports;
        scenes.memory = scenes.gpu.memory = host.memory;
        return scenes;
    }
    text(address) {
        const bytes = new Uint8Array(this.memory.buffer);
        let end = address;
        while (bytes[end]) end++;
        return new TextDecoder().decode(bytes.slice(address, end));
    }
    messages() {
        return this.text(this.wasm.scene_messages());
    }
    // Opens a device and waits for it; gives its status, 1 for running.
    async open(api, canvas = 0, samples = 1) {
        const result = this.wasm.scene_gpu(api, canvas, samples);
        return result ? 100 + result : this.settled();
    }
    async settled() {
        for (let i = 0; i < 1000 && this.wasm.scene_poll() === 0; i++) await later(10);
        return this.wasm.scene_poll();
    }
    // Makes a scene, and draws it until every pipeline was ready.
    async start(i) {
        this.wasm.scene_make(i);
        return this.drawn();
    }
    async drawn() {
        let result;
        for (let n = 0; n < 500; n++) {
            result = this.wasm.scene_frame();
            if (result !== 1) break;
            await later(5);
        }
        return result;
    }
    // Frames as a program makes them, each with a changed object; gives the browser time now and
    // then.
    async frames(count) {
        for (let i = 0; i < count; i++) {
            this.wasm.scene_move(i);
            this.wasm.scene_frame();
            if (i % 20 === 19) await later();
        }
    }
    // Loses the device in the middle of a frame, and goes on with a new one. Gives what was seen.
    async lose(i, other) {
        const executor = this.gpu.executor(), seen = {};
        const context = executor._gl, extension = context?.getExtension('WEBGL_lose_context');
        await this.start(i);
        seen.before = Array.from(await this.bytes());
        seen.counts = this.counts();
        this.wasm.scene_draw(); // recorded, and not handed in
        if (extension) extension.loseContext();
        else executor.device.destroy();
        seen.submit = this.wasm.scene_submit();
        if (!extension) {
            await later(50);
            seen.submit = this.wasm.scene_submit();
        }
        seen.status = this.wasm.scene_poll();
        seen.switched = this.wasm.scene_switch(other.number, other.api, 0);
        await later(20);
        if (extension) extension.restoreContext();
        seen.again = await this.settled();
        await this.drawn();
        seen.after = Array.from(await this.bytes() ?? []);
        seen.countsAfter = this.counts();
        seen.messages = this.messages();
        return seen;
    }
    // What was drawn, as bytes.
    async bytes(other = false) {
        const result = other ? this.wasm.scene_read_other() : this.wasm.scene_read();
        if (result) return null;
        return this.taken();
    }
    async taken() {
        for (let n = 0; n < 1000; n++) {
            await later(1);
            const size = this.wasm.scene_take();
            if (size < 0) return null;
            const at = this.wasm.scene_pixels();
            if (size) return new Uint8Array(this.memory.buffer).slice(at, at + size);
        }
        return null;
    }
    counts() {
        const executor = this.gpu.executor();
        return Array.from({ length: 10 }, (_, kind) => executor.count(kind));
    }
    counters() {
        return { ...this.gpu.executor().counters };
    }
}
