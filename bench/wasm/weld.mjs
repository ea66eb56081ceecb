// weld.mjs - welding beside meshoptimizer's position remap, which also copies the rows in and the
// table out of its memory; so do we.
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptSimplifier } = await npm('meshoptimizer/meshopt_simplifier.js');
await MeshoptSimplifier.ready;
const module = await open('weld', ['src/mesh/mesh_weld.c']);
title('weld, wasm in node');
for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const { positions, indices, indexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const count = Math.min(indexCount, 3e6), corners = new Float32Array(count * 3);
    for (let i = 0; i < count; i++) corners.set(positions.subarray(indices[i] * 3, indices[i] * 3 + 3), i * 3);
    const at = module.take(corners.byteLength), remap = module.take(count * 4);
    const scratch = module.take(module.exports.weld_scratch_size(count));
    let unique = 0;
    const ours = () => {
        module.f32(at, corners.length).set(corners);
        unique = module.exports.weld(at, count, remap, scratch);
        return module.u32(remap, count).slice();
    };
    const peer = () => MeshoptSimplifier.generatePositionRemap(corners, 3);
    if (new Set(peer()).size !== (ours(), unique)) throw new Error('the two disagree');
    row({ name: `every corner of ${name}`, unit: 'Mvert/s', work: count / 1e6, ours, peer,
        peerName: 'meshoptimizer generatePositionRemap' });
}
