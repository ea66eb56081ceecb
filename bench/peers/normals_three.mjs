// normals_three.mjs FILE: three.js's computeVertexNormals on a mesh in memory. The file holds the
// vertex and the index count, positions and indices. Prints, as its last line, the nanoseconds of
// one run: the median of 15 after 5 that only warm up.
import { readFileSync } from 'node:fs';

const path = '../../build/node_modules/three/build/three.module.js';
const { BufferAttribute, BufferGeometry } = await import(new URL(path, import.meta.url));
const file = readFileSync(process.argv[2]);
const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
const [vertices, indices] = new Uint32Array(bytes, 0, 2);
const geometry = new BufferGeometry();
geometry.setAttribute('position', new BufferAttribute(new Float32Array(bytes, 8, vertices * 3), 3));
geometry.setIndex(new BufferAttribute(new Uint32Array(bytes, 8 + vertices * 12, indices), 1));

const times = [];
for (let i = 0; i < 20; i++) {
    const began = process.hrtime.bigint();
    geometry.computeVertexNormals();
    if (i >= 5) times.push(process.hrtime.bigint() - began);
}
times.sort((a, b) => (a < b ? -1 : 1));
console.log(String(times[times.length >> 1]));
