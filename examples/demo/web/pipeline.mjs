// The demo's wasm module, called: a model's bytes in; a report, a BJSON file and a picture out.
//
//   const pipeline = await createPipeline(async (imports) =>
//       (await WebAssembly.instantiate(wasm, imports)).instance.exports);
//   const { report, bjson, png } = pipeline.run(bytes, { open, progress });
//
// Every call into the module may grow its memory and detach what JavaScript has of it, so views are
// made anew each time and never kept. After an exception the module is of no more use.

const HOST_PROGRESS = 1000, HOST_OPEN = 1001;
const OUTPUT_REPORT = 0, OUTPUT_BJSON = 1, OUTPUT_PNG = 2;
const decoder = new TextDecoder();

// `connect` is given the imports and gives the exports, or a promise of them.
export async function createPipeline(connect) {
    let current = {}; // open and progress of the run under way
    let blocks = [];  // [address, size] of what it was given

    const exports = await connect({
        w3d: {
            now: () => performance.now(),
            host(operation, a, b, c) {
                if (operation === HOST_PROGRESS) {
                    current.progress?.(a, b, c);
                    return 0;
                }
                const file = operation === HOST_OPEN && current.open?.(decoder.decode(copy(a, b)));
                if (!file) return 0;
                const found = new Uint32Array([put(file), file.length]);
                view(c, 8).set(new Uint8Array(found.buffer));
                return 1;
            },
        },
    });

    // Addresses come as signed numbers; >>> 0 makes them whole.
    function view(address, size) {
        return new Uint8Array(exports.memory.buffer, address >>> 0, size >>> 0);
    }
    function copy(address, size) {
        return view(address, size).slice();
    }
    function put(bytes) {
        const address = exports.demo_alloc(bytes.length || 1);
        if (!address) throw new RangeError('out of memory');
        blocks.push([address, bytes.length || 1]);
        view(address, bytes.length).set(bytes);
        return address;
    }
    function output(which) {
        return copy(exports.demo_output(which), exports.demo_output_size(which));
    }

    return {
        exports,
        // open(name): a Uint8Array, or nothing; progress(step, done, total). On an error the report
        // has an `error`, and the files are empty.
        run(bytes, { width = 0, height = 0, open, progress } = {}) {
            current = { open, progress };
            try {
                exports.demo_start(put(bytes), bytes.length, width, height);
            } finally {
                blocks.forEach(([address, size]) => exports.demo_free(address, size));
                blocks = [];
                current = {};
            }
            return {
                report: JSON.parse(decoder.decode(output(OUTPUT_REPORT))),
                bjson: output(OUTPUT_BJSON),
                png: output(OUTPUT_PNG),
            };
        },
    };
}
