// harness.mjs - rows of mesh kernels as wasm in node: ours, the peer's and memcpy's, in turn.
//
//   const { row, module, mesh } = await open('weld', ['src/mesh/mesh_weld.c']);
//   const dragon = mesh('dragon');                    // { vertexCount, indexCount, positions, ... }
//   const at = module.put(dragon.positions);          // copied into the module's memory
//   row({ name: 'weld', unit: 'Mvert/s', work: 0.43, ours: () => module.exports.weld(at, ...),
//         peer: () => MeshoptSimplifier.generatePositionRemap(...), peerName: 'meshoptimizer' });
//
// bench/wasm/NAME.c holds the exports, small functions around the kernels; NAME.mjs the rows. Both
// sides run in one process. A mesh's file is made by the native bench (bench/mesh_data.h): run
// bench/run.py once, or bench/run.py --meshes.
import { existsSync, readFileSync } from 'node:fs';
import { buildWasm } from '../../tests/web/wasm_build.mjs';

const ROUNDS = 15;
const PAGES_LIMIT = 65536;

process.chdir(new URL('../..', import.meta.url).pathname);

export function npm(path) {
    return import(new URL(`../../build/node_modules/${path}`, import.meta.url));
}

// A mesh of bench/mesh_data.h, as typed arrays; undefined, and a line, where its file is missing.
export function mesh(name) {
    const path = `build/bench/${name}.mesh`;
    if (!existsSync(path)) {
        console.log(`the mesh '${name}' is left out: ${path} is made by bench/run.py --meshes`);
        return undefined;
    }
    const file = readFileSync(path);
    const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    const [vertexCount, indexCount] = new Uint32Array(bytes, 0, 2);
    let at = 8;
    const floats = (count) => {
        at += count * 4;
        return new Float32Array(bytes, at - count * 4, count);
    };
    const positions = floats(vertexCount * 3), normals = floats(vertexCount * 3);
    const uvs = floats(vertexCount * 2);
    return { name, vertexCount, indexCount, positions, normals, uvs,
        indices: new Uint32Array(bytes, at, indexCount) };
}

// Builds bench/wasm/NAME.c with `sources` and starts it. The memory is a bump allocator from the
// end of the module's own data on.
export async function open(name, sources, flags = []) {
    const output = `build/bench/wasm/${name}.wasm`;
    buildWasm([`bench/wasm/${name}.c`, ...sources], output,
        { threads: false, optimize: '-O3', exports: ['__heap_base'], flags });
    const { instance } = await WebAssembly.instantiate(readFileSync(output),
        { w3d: { host: () => 0, now: () => performance.now() } });
    const { exports } = instance;
    let top = exports.__heap_base.value + 63 & ~63;
    const module = {
        exports,
        // `size` bytes on 64.
        take(size) {
            const at = top;
            top = top + size + 63 & ~63;
            const pages = Math.ceil((top - exports.memory.buffer.byteLength) / 65536);
            if (pages > PAGES_LIMIT) throw new Error(`${name}: out of memory`);
            if (pages > 0) exports.memory.grow(pages);
            return at;
        },
        put(array) {
            const at = module.take(array.byteLength);
            new Uint8Array(exports.memory.buffer, at).set(
                new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
            return at;
        },
        // Views for now: memory that grows leaves them behind.
        u8: (at, count) => new Uint8Array(exports.memory.buffer, at, count),
        u32: (at, count) => new Uint32Array(exports.memory.buffer, at, count),
        f32: (at, count) => new Float32Array(exports.memory.buffer, at, count),
    };
    return module;
}

function once(run, repeat) {
    const began = process.hrtime.bigint();
    for (let i = 0; i < repeat; i++) run();
    return Number(process.hrtime.bigint() - began) / 1e9 / repeat;
}

const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1];

export function title(text) {
    console.log(`\n${text}\n${''.padEnd(38)}${'ours'.padStart(10)}${'peer'.padStart(10)}`
        + `${'x peer'.padStart(9)}${'x limit'.padStart(9)}   ours: min / median / max ms`);
}

// One line: rates in `unit` for `work` units a run; x peer is how many times faster we are. The
// sides take turns for `rounds` rounds after warming up; `limit` is a run nobody can beat.
export function row({ name, unit, work, ours, peer, peerName = '', limit, rounds = ROUNDS }) {
    const sides = [ours, peer, limit], repeat = [1, 1, 1], times = [[], [], []];
    sides.forEach((run, s) => {
        if (!run) return;
        for (let i = 0; i < 3; i++) run();
        repeat[s] = Math.max(1, Math.min(1000, Math.round(0.004 / once(run, 1))));
    });
    for (let round = 0; round < rounds; round++)
        sides.forEach((run, s) => run && times[s].push(once(run, repeat[s])));
    const [own, other, floor] = times.map((list) => (list.length ? median(list) : NaN));
    const number = (value, digits) => (Number.isNaN(value) ? '-' : value.toPrecision(digits));
    const list = times[0].map((seconds) => seconds * 1e3);
    console.log(`${name.padEnd(30)}${unit.padEnd(8)}${number(work / own, 4).padStart(10)}`
        + `${number(work / other, 4).padStart(10)}${number(other / own, 3).padStart(9)}`
        + `${number(floor / own, 3).padStart(9)}   ${Math.min(...list).toFixed(3)} / `
        + `${median(list).toFixed(3)} / ${Math.max(...list).toFixed(3)}`
        + (peerName ? `   peer: ${peerName}` : ''));
    return { own, other, floor };
}
