// bjson.mjs - BJSON's check and walk as wasm in node beside the same code as a native program, which
// CC (or cc) makes. Each round takes the best of 100 ms of each, so that neither side pays for what
// else the machine does; the median of the rounds' ratios is said at the end.
import { execFileSync } from 'node:child_process';
import { open } from './harness.mjs';

const ROUNDS = 15, SLICE = 100;
const SOURCES = ['scene/bjson_read.c', 'scene/bjson_validate.c', 'scene/bjson_write.c',
    'memory/allocator.c', 'pack/crc32c.c'].map((path) => `src/${path}`);
const NATIVE = 'build/bench/wasm/bjson_native';

const { exports, take } = await open('bjson', SOURCES);
execFileSync(process.env.CC ?? 'cc', ['-O3', '-march=native', '-std=gnu11', '-DNDEBUG', '-Isrc',
    '-Ibench', 'bench/wasm/bjson.c', ...SOURCES, '-o', NATIVE, '-lpthread']);
const at = take(exports.bench_size());
if (!exports.make(at) || exports.traverse(at) < 0) throw new Error('no file');

function best(run) {
    let least = Infinity;
    for (const until = performance.now() + SLICE; performance.now() < until;) {
        const began = process.hrtime.bigint();
        run(at);
        least = Math.min(least, Number(process.hrtime.bigint() - began));
    }
    return least;
}

const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1];
console.log('\nBJSON, 100,000 objects, wasm in node beside native code');
for (const name of ['validate', 'traverse']) {
    const wasm = [], native = [];
    best(exports[name]);
    for (let round = 0; round < ROUNDS; round++) {
        wasm.push(best(exports[name]));
        native.push(Number(execFileSync(NATIVE, [name, String(SLICE)])));
    }
    const ratios = wasm.map((time, round) => time / native[round]);
    const ms = (list) => `${(Math.min(...list) / 1e6).toFixed(3)} / ${(median(list) / 1e6).toFixed(3)}`;
    console.log(`${name.padEnd(12)}wasm ${ms(wasm)} ms, native ${ms(native)} ms (least / median): `
        + `${median(ratios).toFixed(2)}x native's time, ${(Math.min(...wasm) / Math.min(...native)).toFixed(2)}x by the least`);
}
