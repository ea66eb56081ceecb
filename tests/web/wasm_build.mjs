// wasm_build.mjs - freestanding wasm with shared memory from C sources, by clang in two steps:
// given sources to link, clang 14 hands the module to whatever wasm-opt is installed.
//
//   buildWasm(['a.c', 'src/sync/thread.c'], 'build/a.wasm', { maxMemory: 16 << 20 });
//
// $CLANG names another clang; `exports` are symbols that no source exports by itself.
// `threads: false` builds without atomics, with an exported memory.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export function buildWasm(sources, output, { maxMemory = 64 << 20, flags = [], threads = true,
    initialMemory = 0, optimize = '-O2', exports = [] } = {}) {
    const clang = process.env.CLANG ?? 'clang';
    const common = ['--target=wasm32', '-std=c99', optimize, '-msimd128', '-mbulk-memory',
        ...(threads ? ['-matomics'] : []), '-fvisibility=hidden', '-ffreestanding', '-DNDEBUG',
        '-Wall', '-Wextra', '-Isrc', '-I.', ...flags];
    const folder = dirname(output), stem = basename(output, '.wasm');
    mkdirSync(folder, { recursive: true });
    const objects = sources.map((source) => {
        const object = `${folder}/${stem}_${basename(source, '.c')}.o`;
        execFileSync(clang, [...common, '-c', source, '-o', object], { stdio: 'inherit' });
        return object;
    });
    const shared = ['--shared-memory', '--import-memory', `--max-memory=${maxMemory}`];
    const link = ['--no-entry', '--gc-sections', ...(threads ? shared : []),
        ...(initialMemory ? [`--initial-memory=${initialMemory}`] : []),
        ...exports.map((name) => `--export=${name}`)];
    execFileSync(clang, ['--target=wasm32', '-nostdlib', ...objects, '-o', output,
        ...link.map((flag) => `-Wl,${flag}`)], { stdio: 'inherit' });
}
