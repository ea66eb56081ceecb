// tangents.mjs - tangents beside meshoptimizer's and MikkTSpace itself. The peers copy the mesh into
// their memory and the tangents out of it; so do we. MikkTSpace takes corners, without indices: made
// once, not timed.
import { createRequire } from 'node:module';
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptTangents } = await npm('meshoptimizer/meshopt_tangents.js');
await MeshoptTangents.ready;
const { generateTangents } = createRequire(import.meta.url)('../../build/node_modules/mikktspace');
const module = await open('tangents', ['src/mesh/mesh_tangents.c']);
title('tangents, wasm in node');

function corners({ positions, normals, uvs, indices }) {
    const count = indices.length;
    const rows = [new Float32Array(count * 3), new Float32Array(count * 3), new Float32Array(count * 2)];
    for (let i = 0; i < count; i++) {
        const v = indices[i];
        rows[0].set(positions.subarray(v * 3, v * 3 + 3), i * 3);
        rows[1].set(normals.subarray(v * 3, v * 3 + 3), i * 3);
        rows[2].set(uvs.subarray(v * 2, v * 2 + 2), i * 2);
    }
    return rows;
}

for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const data = mesh(name);
    if (!data) continue;
    const { positions, normals, uvs, indices, vertexCount, indexCount } = data;
    const at = [positions, normals, uvs].map((array) => module.put(array)), index = module.put(indices);
    const out = module.take(indexCount * 16);
    const scratch = module.take(module.exports.tangents_scratch_size(vertexCount, indexCount));
    const ours = () => {
        module.f32(at[0], positions.length).set(positions);
        module.f32(at[1], normals.length).set(normals);
        module.f32(at[2], uvs.length).set(uvs);
        module.u32(index, indexCount).set(indices);
        module.exports.tangents(at[0], at[1], at[2], vertexCount, index, indexCount, out, scratch);
        return module.f32(out, indexCount * 4).slice();
    };
    const peer = (flags) => () => MeshoptTangents.generateTangents(indices, positions, 3, normals, 3, uvs,
        2, flags);
    const work = indexCount / 3e6, unit = 'Mtri/s';
    row({ name, unit, work, ours, peer: peer(['Compatible']), rounds: 5,
        peerName: 'meshoptimizer, compatible' });
    row({ name, unit, work, ours, peer: peer([]), rounds: 5,
        peerName: 'meshoptimizer, its own weights' });
    if (name === 'shuffled' || name === 'torus') continue; // half a minute a run
    const flat = corners(data);
    const began = performance.now(), theirs = generateTangents(...flat);
    const seconds = (performance.now() - began) / 1e3, own = ours();
    const left = new Uint32Array(own.buffer), right = new Uint32Array(theirs.buffer);
    const other = new Uint32Array(peer(['Compatible'])().buffer);
    let different = 0, differentOther = 0;
    for (let i = 0; i < left.length; i++) {
        different += left[i] !== right[i];
        differentOther += other[i] !== right[i];
    }
    const again = performance.now();
    ours();
    console.log(`${name}: MikkTSpace ${seconds.toFixed(3)} s, ours ${
        (seconds / ((performance.now() - again) / 1e3)).toFixed(1)} times as fast; of ${
        left.length} floats ${different} differ (meshoptimizer: ${differentOther})`);
}
