// Does one job away from the page, so that the page never waits: gets { bytes, files }, where files
// maps names to bytes; posts { progress } while it works, then { result } or { failure }.
import { createPipeline } from './pipeline.mjs';

self.onmessage = async ({ data: { bytes, files } }) => {
    try {
        const wasm = await (await fetch('demo.wasm')).arrayBuffer();
        const pipeline = await createPipeline(async (imports) =>
            (await WebAssembly.instantiate(wasm, imports)).instance.exports);
        const result = pipeline.run(bytes, {
            // Models name their files with or without folders; what was dropped has names alone.
            open: (name) => files.get(name) ?? files.get(name.replace(/^.*[\\/]/, '')),
            progress: (...progress) => self.postMessage({ progress }),
        });
        self.postMessage({ result }, [result.bjson.buffer, result.png.buffer]);
    } catch (error) {
        self.postMessage({ failure: error.message });
    }
};
