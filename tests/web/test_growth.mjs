// The demo's module under a memory cap of 64 MiB, and with a memory that grows inside every call:
// the same bytes come out, or the report says that memory ran out and the next file works again.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createPipeline } from '../../examples/demo/web/pipeline.mjs';

const CAP = 64 << 20, PAGE = 65536;
const folder = 'build/tests/growth';
let passed = 0, failed = 0;

function check(what, good) {
    if (good) passed++;
    else failed++;
    console.log(`${good ? 'ok     ' : 'FAILED '}${what}`);
}

function build() {
    const clang = process.env.CLANG ?? 'clang';
    mkdirSync(folder, { recursive: true });
    const objects = ['wasm', 'pipeline'].map((name) => {
        execFileSync(clang, ['--target=wasm32', '-Oz', '-msimd128', '-mbulk-memory', '-DNDEBUG', '-I.',
            '-fvisibility=hidden', '-c', `examples/demo/${name}.c`, '-o', `${folder}/${name}.o`]);
        return `${folder}/${name}.o`;
    });
    execFileSync(clang, ['--target=wasm32', '-nostdlib',
        `-Wl,--no-entry,--gc-sections,--strip-all,--max-memory=${CAP}`, ...objects,
        '-o', `${folder}/demo.wasm`]);
    return new WebAssembly.Module(readFileSync(`${folder}/demo.wasm`));
}

// A pipeline whose memory somebody else grows by a page in every call to and from the module.
async function make(module, growing) {
    let memory = null, grown = 0;
    const grow = () => {
        if (!growing || !memory || memory.buffer.byteLength + PAGE > CAP) return;
        memory.grow(1);
        grown++;
    };
    const around = (call) => (...given) => {
        grow();
        return call(...given);
    };
    const pipeline = await createPipeline(async ({ w3d }) => {
        const exports = (await WebAssembly.instantiate(module, {
            w3d: { now: around(w3d.now), host: around(w3d.host) },
        })).exports;
        memory = exports.memory;
        return Object.fromEntries(Object.entries(exports).map(([name, value]) =>
            [name, typeof value === 'function' ? around(value) : value]));
    });
    return { pipeline, grown: () => grown, size: () => memory.buffer.byteLength };
}

// A square of side * side cells as OBJ.
function grid(side) {
    const lines = [];
    for (let y = 0; y <= side; y++) {
        for (let x = 0; x <= side; x++) lines.push(`v ${x} ${((x * y) % 7) / 7} ${y}`);
    }
    for (let y = 0; y < side; y++) {
        for (let x = 1; x <= side; x++) {
            const a = y * (side + 1) + x;
            lines.push(`f ${a} ${a + 1} ${a + side + 2} ${a + side + 1}`);
        }
    }
    return new TextEncoder().encode(lines.join('\n'));
}

const equal = (a, b) => Buffer.compare(a.bjson, b.bjson) === 0 && Buffer.compare(a.png, b.png) === 0;
const files = {
    'gardener.glb': new Uint8Array(readFileSync('examples/models/gardener.glb')),
    'gardener.obj': new Uint8Array(readFileSync('examples/models/gardener.obj')),
    'grid of 20,000 triangles': grid(100),
};
const module = build();
const calm = await make(module, false);
const growing = await make(module, true);
check(`begins with ${calm.size() / 1024} KiB, well under 1 MiB`, calm.size() <= 512 * 1024);
for (const [name, bytes] of Object.entries(files)) {
    const one = calm.pipeline.run(bytes, { width: 200, height: 150 });
    const before = growing.grown();
    const other = growing.pipeline.run(bytes, { width: 200, height: 150 });
    check(`${name}: the same bytes, grown ${growing.grown() - before} times on the way`,
        !one.report.error && equal(one, other) && growing.grown() > before + 10);
}
const large = grid(700);
// What was said of a file: by the report, or already where its bytes found no room.
function refusal(pipeline, bytes) {
    try {
        const { error } = pipeline.run(bytes, { width: 200, height: 150 }).report;
        return error ? `${error.text}, at ${error.step}` : '';
    } catch (error) {
        return error instanceof RangeError ? error.message : '';
    }
}

for (const { pipeline, size } of [calm, growing]) {
    const said = refusal(pipeline, large);
    check(`${(large.length / 1e6).toFixed(0)} MB of OBJ in ${size() / 1048576} MiB: "${said}"`,
        /memory/.test(said) && size() <= CAP);
    const refused = refusal(pipeline, new Uint8Array(CAP));
    check(`a file as large as the memory: "${refused}"`, refused === 'out of memory');
    const after = pipeline.run(files['gardener.glb'], { width: 200, height: 150 });
    check('and a file that fits still works after both', !after.report.error && after.png.length > 0);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
