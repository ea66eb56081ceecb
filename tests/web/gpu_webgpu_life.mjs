// What becomes of refused things, of a lost device, of runs that come again, and of memory.
import { Device, FULL, OBJECTS, SIZE, Stream, check, color, gpu } from './gpu_webgpu_page.mjs';
import { near, pixel, rows } from './gpu_webgpu_page.mjs';

const GREEN = [0, 255, 0, 255];

async function refusals() {
    const device = new Device();
    await device.opened();
    const told = async (stream, count) => {
        device.submit(stream);
        await device.until(() => device.refused.length >= count, 'what is refused');
        await new Promise((done) => setTimeout(done, 50));
        device.poll();
        return device.refused.splice(0);
    };

    let s = new Stream();
    const bad = s.shader('@fragment fn fs() -> @location(0) vec4f {\n    return vec3f(1.0);\n}');
    const broken = s.pipeline(bad);
    const said = await told(s, 2), shader = said.find(({ id }) => id === bad);
    check(shader?.kind === gpu.GPU_KIND_SHADER && /^2:\d+: .*vec[34]/.test(shader.text),
        'the compiler says where and what', JSON.stringify(said));
    check(said.some(({ id, kind }) => id === broken && kind === gpu.GPU_KIND_PIPELINE),
        'its pipeline too', JSON.stringify(said));
    check(said.length === 2, 'and nothing else', said.length);

    s = new Stream();
    const none = s.shader('');
    check((await told(s, 1))[0]?.id === none, 'no WGSL');

    s = new Stream(); // good alone, not together
    const outputs = s.shader(`${FULL} @fragment fn fs() -> @location(0) vec4u { return vec4u(); }`);
    const wrong = s.pipeline(outputs);
    const [first] = await told(s, 1);
    check(first?.id === wrong && /format|type/.test(first.text), 'a pipeline of another type',
        first?.text);

    s = new Stream();
    const huge = s.texture({ width: 1 << 20 });
    const [second] = await told(s, 1);
    check(second?.id === huge && second.kind === gpu.GPU_KIND_TEXTURE, 'a texture too wide',
        second?.text);

    s = new Stream(); // the frame goes on without what was refused
    const target = s.target(), good = s.pipeline(s.shader(OBJECTS), { topology: 1 });
    s.objects(1, 48, rows([[0, 0, SIZE, SIZE, [0, 1, 0, 1]]]));
    await device.make(s, good);
    s = new Stream().pass([{ texture: target }]).draw(good, 0, 4).draw(broken, 0, 4).draw(wrong)
        .end().pass([{ texture: huge }]).draw(good, 0, 4).end();
    const read = s.read(target);
    const { skipped } = device.executor.counters;
    device.submit(s);
    near(await device.bytes(read), 0, GREEN, 'the other draws are made');
    check(device.executor.counters.skipped === skipped + 3, 'what was refused is left out',
        device.executor.counters.skipped - skipped);
    s = new Stream();
    const never = s.read(0); // there is no surface
    device.submit(s);
    check(await device.bytes(never) === null, 'a read of no surface');
    device.poll();
    check(!device.refused.length, 'nothing more', JSON.stringify(device.refused));
    device.executor.close();
}

// A frame of everything: rebuilt on another device it gives the same picture.
function world() {
    const s = new Stream(), target = s.target();
    const data = new Uint8Array(4 * 16).map((_, i) => i * 13);
    const texture = s.texture({ width: 4, height: 4, mips: 3, data });
    s.op(gpu.GPU_TEXTURE_MIPS, texture);
    const plain = s.pipeline(s.shader(OBJECTS), { topology: 1 });
    const bindings = [[1, 0, gpu.GPU_BIND_TEXTURE, 2], [1, 1, gpu.GPU_BIND_SAMPLER, 2]];
    const shader = s.shader(`${FULL} @group(1) @binding(0) var t: texture_2d<f32>;
        @group(1) @binding(1) var s: sampler;
        @fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4f {
            return textureSampleLevel(t, s, p.xy / 32.0, 0.5);
        }`, { bindings });
    const sampled = s.pipeline(shader);
    const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, texture],
        [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler()]]);
    s.mesh([s.buffer(1, new Float32Array(8)), 0]);
    s.objects(2, 48, rows([[3, 5, 20, 11, [1, 0.5, 0.25, 1]], [9, 9, 3, 3, [0, 0, 1, 1]]]));
    const frame = () => {
        const f = new Stream().pass([{ texture: target }]).draw(sampled, group)
            .end().pass([{ texture: target, load: 1 }])
            .multi(plain, 0, 0, [[4, 0, 1, 0], [4, 0, 1, 1]]).end();
        return [f, f.read(target)];
    };
    return { create: s, pipelines: [plain, sampled], frame };
}

async function loss() {
    const { create, pipelines, frame } = world(), pictures = [], counts = [];
    const canvas = document.createElement('canvas');
    let device = new Device(canvas);
    for (let round = 0; round < 3; round++) {
        await device.opened();
        await device.make(create, ...pipelines);
        const [whole, read] = frame();
        device.submit(whole);
        pictures.push(String(await device.bytes(read)));
        counts.push(String(device.counts()));
        // Half a frame, the device destroyed, the other half.
        const [half, late] = frame(), [views, at, words, blobs] = half.packed();
        let stop = 0;
        while ((half.words[stop++] & 255) !== gpu.GPU_PASS_END) {
            stop += (half.words[stop - 1] >>> 8) - 1;
        }
        device.executor.submit(views, at, stop, blobs);
        device.executor.device.destroy();
        const code = device.executor.submit(views, at + stop, words - stop, blobs);
        check(code === gpu.GPU_DONE || code === gpu.GPU_CLOSED, 'no exception in between', code);
        await device.until(() => device.lost !== null, 'the loss');
        check(/destroy/i.test(device.lost), 'why it is lost', device.lost);
        check(device.submit(frame()[0]) === gpu.GPU_CLOSED, 'closed');
        check(!device.downloads.get(late)?.length, 'no download of a lost device');
        device.executor.close();
        check(device.counts().every((count) => !count), 'nothing live', String(device.counts()));
        device = new Device(canvas); // the same canvas
    }
    device.executor.close();
    check(pictures[0] === pictures[1] && pictures[1] === pictures[2], 'the same picture');
    check(new Set(pictures[0].split(',')).size > 20, 'which is no plain one');
    check(counts[0] === counts[1] && counts[1] === counts[2], 'the same live objects',
        counts.join(' | '));
}

async function runs() {
    for (const bundles of [true, false]) {
        const device = new Device(null, { bundles });
        await device.opened();
        let s = new Stream();
        const target = s.target({ width: 128, height: 128 }), count = 5000;
        const shader = s.shader(OBJECTS), pipelines = [s.pipeline(shader, { topology: 1 }),
            s.pipeline(shader, { topology: 1, cull: 1 })];
        const list = Array.from({ length: count }, (_, k) => [k % 100, k / 100 | 0, 1, 1,
            [k % 100 / 255, (k / 100 | 0) / 255, 1, 1]]);
        s.objects(count, 48, rows(list, 128, 128));
        await device.make(s, ...pipelines);
        const { counters } = device.executor;
        const frame = async (blue, odd = 0) => {
            s = new Stream().pass([{ texture: target, clear: [0, 0, blue, 0] }],
                { width: 128, height: 128, constants: color(blue, 0, 0, 0) });
            for (let run = 0; run < 10; run++) {
                const draws = Array.from({ length: 500 }, (_, k) => [4, 0, 1, run * 500 + k]);
                if (odd && run === 4) draws[7] = [4, 0, 0, 0];
                s.multi(pipelines[run & 1], 0, 0, draws);
            }
            const read = s.end().read(target, 128, 128);
            device.submit(s);
            const bytes = await device.bytes(read);
            let wrong = 0;
            for (let k = 0; k < count; k++) {
                const at = pixel(k % 100, k / 100 | 0, 128);
                const gone = (k / 500 & 1) || (odd && k === 2007); // culled: the second pipeline
                const wanted = gone ? [0, 0, blue * 255] : [k % 100, k / 100 | 0, 255];
                for (let c = 0; c < 3; c++) wrong += Math.abs(bytes[at + c] - wanted[c]) > 1;
            }
            check(!wrong, 'every draw is there', `${wrong} wrong`);
        };
        await frame(0);
        check(counters.draws === count && counters.pipelines === 10 && counters.groups === 1,
            '5,000 draws set ten pipelines and one group', JSON.stringify(counters));
        for (let k = 1; k < 9; k++) await frame(k / 16);
        const { bundlesMade, bundlesRun, draws } = counters;
        if (!bundles) {
            check(bundlesMade === 0 && draws === 9 * count, 'none where none are wanted', draws);
        } else {
            check(bundlesMade === 30 && bundlesRun === 60, 'bundles: made once for each slice',
                `${bundlesMade} ${bundlesRun}`);
            check(counters.bundleDraws === 6 * count && draws === 3 * count, 'draws in them',
                draws);
            await frame(0, 1);
            check(counters.bundlesRun === bundlesRun + 9, 'one run changed: the others stay',
                counters.bundlesRun - bundlesRun);
        }
        check(!device.refused.length, 'nothing refused', JSON.stringify(device.refused));
        device.executor.close();
    }
}

// A canvas on the page shows what was presented, also after it was made larger.
async function canvas() {
    const element = document.createElement('canvas');
    document.body.append(element);
    const device = new Device(element);
    await device.opened();
    let s = new Stream();
    const pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1 });
    s.objects(1, 48, rows([[0, 0, 16, 8, [1, 0, 0, 1]]]));
    await device.make(s, pipeline);
    const copy = new OffscreenCanvas(96, 96).getContext('2d', { willReadFrequently: true });
    for (const size of [32, 96]) {
        await new Promise(requestAnimationFrame);
        s = new Stream().op(gpu.GPU_SURFACE, size, size, 1, 0, gpu.GPU_RGBA8)
            .pass([{ clear: [0, 1, 0, 1] }], { width: size, height: size }).draw(pipeline, 0, 4)
            .end().op(gpu.GPU_PRESENT);
        device.submit(s);
        copy.drawImage(element, 0, 0);
        const { data } = copy.getImageData(0, 0, size, size);
        check(element.width === size, 'the canvas has its size', element.width);
        near(data, pixel(1, 1, size), [255, 0, 0, 255], 'top left on the page');
        near(data, pixel(size - 1, size - 1, size), GREEN, 'bottom right on the page');
    }
    const taken = document.createElement('canvas');
    taken.getContext('2d');
    const other = new Device(taken);
    await other.opened();
    check(/another API/.test(other.failed), 'a canvas of another API', other.failed);
    other.executor.close();
    device.executor.close();
    element.remove();
}

async function memory() {
    const device = new Device();
    await device.opened();
    let s = new Stream();
    const target = s.target(), pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1 });
    s.objects(64, 48, new Float32Array(64 * 12));
    await device.make(s, pipeline);
    s = new Stream();
    s.op(gpu.GPU_OBJECTS_WRITE, 3, ...s.blob(new Float32Array(12)));
    for (let k = 0; k < 3; k++) {
        s.op(gpu.GPU_LABEL_PUSH, ...s.blob('part')).pass([{ texture: target }],
            { constants: color(k, 0, 0, 0) });
        for (let run = 0; run < 3; run++) {
            s.multi(pipeline, 0, 0, Array.from({ length: 20 }, (_, i) => [4, 0, 1, i]));
        }
        s.end().op(gpu.GPU_LABEL_POP);
    }
    const frame = s.packed(), used = async () => {
        await device.executor.device.queue.onSubmittedWorkDone();
        for (let k = 0; k < 3; k++) {
            globalThis.gc();
            await new Promise((done) => setTimeout(done, 20));
        }
        return performance.memory.usedJSHeapSize;
    };
    const play = async (frames) => {
        for (let k = 0; k < frames; k++) {
            device.executor.submit(...frame);
            device.poll();
            if (k % 100 === 99) await device.executor.device.queue.onSubmittedWorkDone();
        }
    };
    await play(500);
    let before = await used(), grown = Infinity;
    for (let round = 0; round < 3; round++) { // what leaks does so in each; code is compiled once
        await play(2000);
        const now = await used();
        grown = Math.min(grown, now - before);
        before = now;
    }
    check(grown < 32768, '2,000 frames leave nothing on the heap', `${grown} bytes`);
    // Everything made and destroyed again, some of it while commands that use it wait.
    const counts = String(device.counts());
    for (let k = 0; k < 50; k++) {
        s = new Stream();
        const buffer = s.buffer(1 | 32, color(1, 2, 3, 4)), texture = s.target();
        s.pass([{ texture }]).end();
        const read = s.readBuffer(buffer, 0, 16);
        s.op(gpu.GPU_DESTROY, gpu.GPU_KIND_BUFFER, buffer)
            .op(gpu.GPU_DESTROY, gpu.GPU_KIND_TEXTURE, texture);
        device.submit(s);
        check(new Float32Array((await device.bytes(read)).buffer)[3] === 4, 'read, then destroyed');
    }
    check(String(device.counts()) === counts, 'made and destroyed', String(device.counts()));
    check(device.executor._pool.flat().length <= 2, 'one buffer for all downloads',
        device.executor._pool.flat().length);
    check(!device.refused.length, 'nothing refused', JSON.stringify(device.refused));
    device.executor.close();
}

export async function life() {
    for (const part of [refusals, loss, runs, canvas, memory]) {
        try {
            await part();
        } catch (error) {
            check(false, part.name, error.stack);
        }
    }
}
