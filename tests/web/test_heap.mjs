// The freestanding heap (memory/allocator.c) against a model kept here: random blocks that must not
// overlap and must keep their bytes, fragmentation, growth from outside before every call, caps of
// the policy and of the module, and three workers at once on one shared memory.
//
//   node tests/web/test_heap.mjs [SEED]
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const PAGE = 65536, MiB = 1 << 20;

// What the module under test is, besides src/memory/allocator.c.
const SOURCE = `
#include "memory/allocator.h"
#define EXPORT(name) __attribute__((export_name(#name)))
static w3d_allocator_heap figures;
EXPORT(resize) void *resize(void *block, uint32_t before, uint32_t after)
{ return w3d_allocator_resize(NULL, block, before, after); }
EXPORT(policy) int policy(double cap, uint32_t step, uint32_t percent)
{
    w3d_allocator_policy p = { (uint64_t)cap, step, percent };
    return (int)w3d_allocator_policy_set(cap < 0 ? NULL : &p);
}
EXPORT(heap) w3d_allocator_heap *heap(void)
{ return w3d_allocator_heap_get(&figures) == W3D_OK ? &figures : NULL; }
EXPORT(generation) uint32_t generation(void) { return w3d_allocator_generation(); }
#if BIG_DATA
static unsigned char data[40000];
EXPORT(touch) unsigned touch(uint32_t i) { return ++data[i % sizeof data]; }
extern unsigned char __heap_base;
EXPORT(base) unsigned char *base(void) { return &__heap_base; }
#endif
#if BENCH
/* Nanoseconds are taken by the caller: rounds of 1000 random frees and allocations. */
static void *held[1000];
static uint32_t sizes[1000];
EXPORT(churn) uint32_t churn(uint32_t rounds, uint32_t most)
{
    uint32_t random = 1, got = 0;
    for (uint32_t i = 0; i < rounds * 1000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t k = (random >> 16) % 1000u;
        if (held[k]) w3d_allocator_resize(NULL, held[k], sizes[k], 0);
        random = random * 1664525u + 1013904223u;
        sizes[k] = 1 + (random >> 8) % most;
        held[k] = w3d_allocator_resize(NULL, NULL, 0, sizes[k]);
        if (held[k]) *(char *)held[k] = 1, got++;
    }
    return got;
}
#endif
`;

function build(output, { flags = [], link = [] } = {}) {
    const clang = process.env.CLANG ?? 'clang';
    const objects = [];
    const compile = (input, source) => {
        objects.push(`${output}.${objects.length}.o`);
        execFileSync(clang, ['--target=wasm32', '-std=c99', '-O2', '-mbulk-memory', '-ffreestanding',
            '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror', '-Isrc', ...flags, '-c', '-x', 'c',
            input, '-o', objects.at(-1)], { input: source, stdio: ['pipe', 'inherit', 'inherit'] });
    };
    compile('-', SOURCE);
    compile('src/memory/allocator.c');
    const options = ['--no-entry', '--gc-sections', ...link].map((flag) => `-Wl,${flag}`);
    execFileSync(clang, ['--target=wasm32', '-nostdlib', ...objects, '-o', output, ...options],
        { stdio: 'inherit' });
    return readFileSync(output);
}

// SplitMix32: the same numbers for the same seed.
function generator(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = state + 0x9E3779B9 >>> 0;
        let z = state;
        z = Math.imul(z ^ z >>> 16, 0x21F0AAAD);
        z = Math.imul(z ^ z >>> 15, 0x735A2D97);
        return (z ^ z >>> 15) >>> 0;
    };
    return { next, below: (end) => Math.floor(next() / 4294967296 * end) };
}

// A heap and the model of it. The model knows each live block's offset, size and the byte it is
// filled with; overlaps are found through a map of who owns each 8 bytes: 0 nobody.
class Model {
    constructor(exports, memory, { before } = {}) {
        this.exports = exports;
        this.memory = memory;
        this.before = before ?? (() => {});
        this.blocks = new Map();
        this.owners = new Uint8Array(0);
        this.live = 0;
        this.peak = 0;
        this.count = 0;
    }
    bytes() { return new Uint8Array(this.memory.buffer); } // made anew: the memory may have grown
    // Marks [offset, offset + size) as taken, or (taken 0) as free again.
    own(offset, size, taken) {
        const begin = offset >>> 3, end = Math.ceil((offset + size) / 8);
        if (end > this.owners.length) {
            const before = this.owners;
            this.owners = new Uint8Array(end * 2);
            this.owners.set(before);
        }
        const range = this.owners.subarray(begin, end);
        if (taken && range.some((owner) => owner)) throw Error(`${offset} + ${size} is in use`);
        range.fill(taken);
    }
    check(block, size) {
        const bytes = this.bytes();
        for (let i = 0; i < size; i++)
            if (bytes[block.offset + i] !== (block.fill + i & 255))
                throw Error(`byte ${i} of ${block.size} at ${block.offset} changed`);
    }
    fill(block) {
        const bytes = this.bytes();
        for (let i = 0; i < block.size; i++) bytes[block.offset + i] = block.fill + i;
    }
    // Gives the block's id, or 0 where there was no memory.
    resize(id, size) {
        const block = this.blocks.get(id) ?? { offset: 0, size: 0, fill: 0, id: 0 };
        if (block.id) this.check(block, block.size);
        this.before();
        const offset = this.exports.resize(block.offset, block.size, size) >>> 0;
        if (size && !offset) {
            if (block.id) this.check(block, block.size); // the old block lives on
            return 0;
        }
        if (block.id) this.own(block.offset, block.size, 0);
        this.live += size - block.size;
        this.peak = Math.max(this.peak, this.live);
        if (!size) {
            if (offset) throw Error('freeing gave a block');
            this.blocks.delete(block.id);
            return 0;
        }
        if (offset % 8) throw Error(`${offset} is not aligned`);
        if (offset + size > this.memory.buffer.byteLength) throw Error('outside the memory');
        this.check({ ...block, offset }, Math.min(block.size, size));
        const made = { offset, size, id: block.id || ++this.count, fill: 0 };
        made.fill = made.id * 37 & 255;
        this.own(offset, size, 1);
        this.blocks.set(made.id, made);
        this.fill(made);
        return made.id;
    }
    clear() { for (const id of [...this.blocks.keys()]) this.resize(id, 0); }
    heap() {
        const view = new BigUint64Array(this.memory.buffer, this.exports.heap() >>> 0, 5);
        const [memory, heap, used, peak, blocks] = [...view].map(Number);
        return { memory, heap, used, peak, blocks };
    }
    agrees() {
        const { memory, heap, used, blocks } = this.heap();
        return blocks === this.blocks.size && used >= this.live + 4 * blocks && heap <= memory &&
            used <= this.live + 24 * blocks + 16 && memory === this.memory.buffer.byteLength;
    }
}

function start(module, imports = {}) {
    const { exports } = new WebAssembly.Instance(module, imports);
    return new Model(exports, exports.memory ?? imports.env.memory);
}

// Sizes from bytes to 64 KiB, most of them small, as programs have them.
const anySize = (random) => 1 + random.below(1 << 2 + random.below(15));

function randomBlocks(model, random, rounds, most) {
    const ids = [];
    for (let round = 0; round < rounds; round++) {
        const pick = random.below(ids.length + 1), id = ids[pick] ?? 0;
        const action = random.below(8);
        if (!id || (action < 2 && ids.length < most)) {
            const made = model.resize(0, anySize(random));
            if (made) ids.push(made);
        } else if (action < 5) {
            model.resize(id, anySize(random));
        } else {
            model.resize(id, 0);
            ids[pick] = ids[ids.length - 1];
            ids.pop();
        }
    }
}

// ---- the worker: its own instance on the shared memory, its own stack ----

function runWorker({ bytes, memory, stack, seed, rounds }) {
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    exports.__stack_pointer.value = stack;
    const model = new Model(exports, memory);
    try {
        randomBlocks(model, generator(seed), rounds, 200);
        model.clear();
        parentPort.postMessage('');
    } catch (error) {
        parentPort.postMessage(String(error));
    }
}

// ---- the tests ----

let passed = 0, failed = 0;
async function test(name, run) {
    const began = performance.now();
    try {
        await run();
        passed++;
        if (process.env.TIMES) console.log(`${Math.round(performance.now() - began)} ms  ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAILED ${name}: ${error.stack}`);
    }
}
function check(good, ...details) {
    if (!good) throw Error(details.map((detail) => JSON.stringify(detail)).join(' '));
}

async function main() {
    const seed = Number(process.argv[2] ?? 1), folder = 'build/tests/heap';
    try {
        execFileSync(process.env.CLANG ?? 'clang', ['--version'], { stdio: 'ignore' });
    } catch {
        console.log('clang is missing: run tests/setup.sh');
        process.exit(77);
    }
    mkdirSync(folder, { recursive: true });
    const plain = new WebAssembly.Module(build(`${folder}/plain.wasm`));
    const capped = new WebAssembly.Module(build(`${folder}/capped.wasm`,
        { link: [`--max-memory=${64 * MiB}`] }));

    await test('nothing is imported and the memory begins small', () => {
        check(WebAssembly.Module.imports(plain).length === 0);
        const model = start(plain);
        check(model.memory.buffer.byteLength <= 3 * PAGE, model.memory.buffer.byteLength);
        for (let i = 0; i < 100; i++) model.resize(0, 1000);
        check(model.memory.buffer.byteLength < MiB / 2, model.memory.buffer.byteLength);
        check(model.agrees(), model.heap());
    });
    await test('random blocks keep their bytes and never overlap', () => {
        for (let i = 0; i < 4; i++) {
            const model = start(plain), random = generator(seed + i);
            randomBlocks(model, random, 10000, 300);
            check(model.agrees(), model.heap(), model.live, model.blocks.size);
            model.clear();
            check(model.agrees() && model.heap().used === 0, model.heap());
        }
    });
    await test('blocks freed in any order become one again', () => {
        const model = start(plain), random = generator(seed);
        check(model.resize(0, 8 * MiB), 'room');
        model.clear();
        const whole = model.memory.buffer.byteLength;
        for (let round = 0; round < 4; round++) {
            const ids = [];
            for (let size = 0; size < 7 * MiB;) {
                const next = 1 + random.below(200000);
                ids.push(model.resize(0, next));
                size += next + 12;
            }
            if (round % 2) ids.reverse();
            else ids.sort((a, b) => Math.imul(a, 2654435761) - Math.imul(b, 2654435761));
            for (const id of ids) model.resize(id, 0);
            check(model.resize(0, 8 * MiB), 'the whole is there again');
            model.clear();
            check(model.memory.buffer.byteLength === whole, 'nothing grew', round);
        }
    });
    await test('fragmentation stays bounded while sizes change', () => {
        const model = start(plain), random = generator(seed);
        model.exports.policy(0, 0, 1); // tell memory needed from memory taken ahead
        const ids = [];
        for (let phase = 0; phase < 10; phase++) {
            const most = 1 << 6 + phase; // from 64 B to 32 KiB, the old ones dying slowly
            for (let i = 0; i < 3000; i++) {
                while (model.live > 2 * MiB) {
                    const pick = random.below(ids.length);
                    model.resize(ids[pick], 0);
                    ids[pick] = ids[ids.length - 1];
                    ids.pop();
                }
                ids.push(model.resize(0, 1 + random.below(most)));
            }
        }
        const { heap } = model.heap();
        console.log(`fragmentation: ${(heap / model.peak).toFixed(2)} bytes of heap for each byte ` +
            'live at the peak');
        check(heap < 1.7 * model.peak, heap, model.peak);
    });
    await test('the last block grows in place, copying nothing', () => {
        const model = start(plain);
        const id = model.resize(0, 100), offset = model.blocks.get(id).offset;
        for (let size = 200; size < 4 * MiB; size *= 2) {
            model.resize(id, size);
            check(model.blocks.get(id).offset === offset, size);
        }
        model.resize(id, 50);
        const next = model.resize(0, 1000);
        check(model.blocks.get(next).offset < offset + 200, 'what was cut off is used again');
    });
    await test('memory that grows outside before every call does no harm', () => {
        const model = start(plain), random = generator(seed);
        let grown = 0, generation = 0;
        model.exports.heap(); // the heap begins, with what memory there is
        model.before = () => {
            const view = new Uint8Array(model.memory.buffer), before = model.exports.generation();
            check(before >= generation && before === view.length / PAGE, 'the size in pages');
            const offset = model.memory.grow(1) * PAGE;
            grown++;
            check(model.exports.generation() === before + 1, 'the generation rises');
            check(view.length === 0, 'the old view is gone');
            model.own(offset, PAGE, 2);
            new Uint8Array(model.memory.buffer, offset, PAGE).fill(0xAA);
            generation = model.exports.generation();
        };
        randomBlocks(model, random, 600, 100);
        check(grown > 300 && model.agrees(), grown, model.heap());
        const bytes = model.bytes();
        model.owners.forEach((owner, granule) => check(owner !== 2 || bytes[granule * 8] === 0xAA,
            'a stranger\'s page', granule));
    });
    await test('the cap of the policy is kept, and NULL is clean', () => {
        const model = start(plain), random = generator(seed);
        check(model.exports.policy(4 * MiB, 0, 0) === 0);
        const ids = [];
        for (let id; (id = model.resize(0, 1 + random.below(30000)));) ids.push(id);
        check(model.memory.buffer.byteLength <= 4 * MiB && model.live > 3.8 * MiB, model.heap());
        check(!model.resize(0, 64 * MiB) && !model.resize(ids[0], 64 * MiB) && model.agrees());
        for (const id of ids.slice(0, 50)) model.resize(id, 0);
        check(model.resize(0, 1000), 'freed memory serves again');
        for (const size of [0x7FFFFFE8, 0x7FFFFFE9, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF])
            check(model.exports.resize(0, 0, size) === 0, 'an absurd size', size);
        check(model.exports.policy(-1, 0, 0) === 0 && model.resize(0, MiB), 'the cap is lifted');
        check(model.memory.buffer.byteLength > 4 * MiB && model.agrees());
    });
    await test('steps and percentages are followed', () => {
        const growth = (step, percent, rounds) => {
            const model = start(plain), sizes = [];
            model.exports.policy(0, step, percent);
            for (let i = 0; i < rounds; i++) {
                const before = model.memory.buffer.byteLength;
                model.exports.resize(0, 0, 60000);
                if (model.memory.buffer.byteLength > before)
                    sizes.push((model.memory.buffer.byteLength - before) / PAGE);
            }
            return sizes;
        };
        check(growth(MiB, 0, 20).every((pages) => pages === 16), growth(MiB, 0, 20));
        check(growth(0, 1, 20).every((pages) => pages === 1), growth(0, 1, 20));
        check(growth(0, 100, 200).length <= 8, growth(0, 100, 200));
    });
    await test('64 MiB of the module\'s own: all of it can be had, then NULL', () => {
        const model = start(capped), live = [];
        let total = 0;
        for (let block; (block = model.exports.resize(0, 0, 100000)); total += 100000)
            live.push(block);
        check(model.memory.buffer.byteLength === 64 * MiB && total > 63.5 * MiB, total);
        check(model.exports.resize(live[0], 100000, 200000) === 0, 'growing a block says no');
        for (const block of live) model.exports.resize(block, 100000, 0);
        check(model.exports.resize(0, 0, 63 * MiB), 'one block of all of it');
        check(model.exports.resize(0, 0, MiB) === 0);
    });
    await test('a cap leaves no room: even small requests say no', () => {
        const model = start(plain);
        check(model.exports.policy(1, 0, 0) === 0);
        while (model.exports.resize(0, 0, 16));
        check(model.exports.resize(0, 0, 1) === 0 && model.memory.buffer.byteLength <= 3 * PAGE);
    });
    await test('data up to the end of a page: the heap makes its own room', () => {
        for (const left of [2400, 2000, 1760, 16, 0]) {
            const stack = 2 * PAGE - 1024 - 40000 - 64 - left & ~15;
            const model = start(new WebAssembly.Module(build(`${folder}/big.wasm`,
                { flags: ['-DBIG_DATA=1'], link: ['-z', `stack-size=${stack}`] })));
            const begins = model.exports.base() >>> 0;
            check(model.memory.buffer.byteLength - begins <= 2600, begins, left);
            randomBlocks(model, generator(left), 300, 100);
            check(model.agrees() &&
                [...model.blocks.values()].every(({ offset }) => offset > begins));
        }
    });
    await test('a block freed twice, or with another size, is refused', () => {
        const model = start(new WebAssembly.Module(build(`${folder}/release.wasm`,
            { flags: ['-DNDEBUG'] })));
        const a = model.exports.resize(0, 0, 100), b = model.exports.resize(0, 0, 100);
        check(model.exports.resize(a, 5000, 0) === 0 && model.heap().blocks === 2, 'a wrong size');
        model.exports.resize(a, 100, 0);
        check(model.exports.resize(a, 100, 0) === 0 && model.heap().blocks === 1, 'twice');
        model.exports.resize(b, 100, 0);
        check(model.heap().used === 0);
    });
    const bytes = build(`${folder}/shared.wasm`, { flags: ['-matomics', '-mmutable-globals'],
        link: ['--shared-memory', '--import-memory', `--max-memory=${64 * MiB}`,
            '--export=__stack_pointer'] });
    await test('three workers at once', async () => {
        const memory = new WebAssembly.Memory({ initial: 3, maximum: 1024, shared: true });
        const model = start(new WebAssembly.Module(bytes), { env: { memory } });
        const say = await Promise.all([1, 2, 3].map((number) => new Promise((done, fail) => {
            const stack = (model.exports.resize(0, 0, 16384) >>> 0) + 16384 & ~15;
            const worker = new Worker(fileURLToPath(import.meta.url),
                { workerData: { bytes, memory, stack, seed: seed + number, rounds: 15000 } });
            worker.on('message', done).on('error', fail);
        })));
        check(say.every((text) => !text), say);
        const { used, blocks } = model.heap();
        check(blocks === 3 && used < 3 * 16384 + 64, used, blocks);
    });
    const speed = start(new WebAssembly.Module(build(`${folder}/speed.wasm`,
        { flags: ['-DBENCH=1', '-DNDEBUG'] })));
    for (const most of [64, 1024, 65536]) {
        speed.exports.churn(300, most);
        const began = performance.now();
        speed.exports.churn(1000, most);
        const each = (performance.now() - began).toFixed(1);
        console.log(`speed: ${each} ns a free and an allocation of up to ${most} bytes`);
    }
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

if (isMainThread) await main();
else runWorker(workerData);
