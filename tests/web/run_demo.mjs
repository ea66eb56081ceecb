// Runs the demo as a module, without a browser: for tests/test_demo.py.
//
//   node run_demo.mjs MODULE MODEL FOLDER [WIDTH HEIGHT]
//
// MODULE is a .wasm without glue, or Emscripten's .js. Writes FOLDER/scene.bjson and scene.png,
// prints a line of JSON: the report, what the module imports, the memory it began and ended with.
// The model is run four times in one instance: the outputs must be equal, and after the second run
// the memory must not grow, or something was not freed.
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createPipeline } from '../../examples/demo/web/pipeline.mjs';

const [modulePath, modelPath, folder, width, height] = process.argv.slice(2);
let imports = [];

function connectWasm(wasm) {
    imports = WebAssembly.Module.imports(wasm).map(({ module, name }) => `${module}.${name}`);
    return async (given) => (await WebAssembly.instantiate(wasm, given)).exports;
}

function connectEmscripten(path) {
    return async ({ w3d }) => {
        const module = await createRequire(import.meta.url)(resolve(path))({ host: w3d.host });
        module._demo_free(module._demo_alloc(1), 1); // from its first call on it has bytes()
        return {
            memory: { get buffer() { return module.bytes().buffer; } },
            demo_alloc: module._demo_alloc,
            demo_free: module._demo_free,
            demo_start: module._demo_start,
            demo_output: module._demo_output,
            demo_output_size: module._demo_output_size,
        };
    };
}

function open(name) {
    const path = join(dirname(modelPath), name);
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
}

const connect = modulePath.endsWith('.wasm')
    ? connectWasm(await WebAssembly.compile(readFileSync(modulePath)))
    : connectEmscripten(modulePath);
const pipeline = await createPipeline(connect);
const pages = () => pipeline.exports.memory.buffer.byteLength / 65536;
const model = new Uint8Array(readFileSync(modelPath));
const began = pages();
const size = { width: Number(width ?? 0), height: Number(height ?? 0) };
const steps = new Set();
const progress = (step) => steps.add(step);

const { report, bjson, png } = pipeline.run(model, { ...size, open, progress });
const runs = [];
for (let i = 0; i < 3; i++) {
    const again = pipeline.run(model, { ...size, open });
    const equal = Buffer.compare(bjson, again.bjson) === 0 && Buffer.compare(png, again.png) === 0;
    runs.push({ equal, pages: pages() });
}
writeFileSync(join(folder, 'scene.bjson'), bjson);
writeFileSync(join(folder, 'scene.png'), png);
console.log(JSON.stringify({
    report, imports, steps: steps.size, repeatable: runs.every(({ equal }) => equal),
    began, second: runs[0].pages, after: runs[2].pages,
}));
