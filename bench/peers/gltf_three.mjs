// gltf_three.mjs FILE.glb: three.js's GLTFLoader on bytes in memory. Prints the triangles it found,
// then, as its last line, the nanoseconds of one parse: the median of 15 after 5 that only warm up.
// gltf_three.mjs --json FILE: the same for JSON.parse of a text.
import { readFileSync } from 'node:fs';

const times = [];

function report() {
    times.sort((a, b) => (a < b ? -1 : 1));
    console.log(String(times[times.length >> 1]));
}

if (process.argv[2] === '--json') {
    const text = readFileSync(process.argv[3]);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (let i = 0; i < 20; i++) {
        const began = process.hrtime.bigint();
        JSON.parse(decoder.decode(text));
        if (i >= 5) times.push(process.hrtime.bigint() - began);
    }
    report();
} else {
    globalThis.self = globalThis; // all the loader needs of a browser when there are no pictures
    const path = '../../build/node_modules/three/examples/jsm/loaders/GLTFLoader.js';
    const { GLTFLoader } = await import(new URL(path, import.meta.url));
    const file = readFileSync(process.argv[2]);
    const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    for (let i = 0; i < 20; i++) {
        const began = process.hrtime.bigint();
        const gltf = await new GLTFLoader().parseAsync(bytes, '');
        if (i >= 5) times.push(process.hrtime.bigint() - began);
        if (i) continue;
        let triangles = 0;
        gltf.scene.traverse((object) => {
            if (object.isMesh) triangles += object.geometry.index.count / 3;
        });
        console.log(`# ${triangles} triangles`);
    }
    report();
}
