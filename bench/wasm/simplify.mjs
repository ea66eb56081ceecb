// simplify.mjs - edge collapse beside meshoptimizer's: fixed vertices beside simplify, moving ones
// beside simplifyWithUpdate. Both sides copy the mesh in and the result out. What the results are
// worth is measured by the native bench and, where SIMPLIFY_OUT names a folder, can be from files
// written there: u32 vertices, u32 indices, positions, indices.
import { writeFileSync } from 'node:fs';
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptSimplifier } = await npm('meshoptimizer/meshopt_simplifier.js');
await MeshoptSimplifier.ready;
const module = await open('simplify', ['src/mesh/mesh_simplify.c', 'src/mesh/mesh_weld.c']);

function keep(name, positions, indices) {
    if (!process.env.SIMPLIFY_OUT) return;
    const head = new Uint32Array([positions.length / 3, indices.length]);
    writeFileSync(`${process.env.SIMPLIFY_OUT}/${name}.bin`, Buffer.concat([head, positions, indices]
        .map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))));
}

title('simplification, wasm in node');
for (const name of ['dragon', 'torus', 'blender']) {
    const { positions, indices, vertexCount, indexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const at = module.take(positions.byteLength), index = module.take(indices.byteLength);
    const out = module.take(indices.byteLength), moved = module.take(positions.byteLength);
    const view = module.take(20);
    const scratch = module.take(module.exports.simplify_scratch_size(vertexCount, indexCount));
    module.u32(view, 5).set([at, index, vertexCount, indexCount, 0]);
    const none = new Float32Array(0);
    for (const part of [0.25, 0.1, 0.02])
        for (const moving of [0, 1]) {
            const target = Math.floor(indexCount / 3 * part) * 3;
            let own, other;
            const ours = () => {
                module.f32(at, positions.length).set(positions);
                module.u32(index, indexCount).set(indices);
                const count = module.exports.simplify(view, target, out, moving ? moved : 0, scratch);
                own = [moving ? module.f32(moved, positions.length).slice() : positions,
                    module.u32(out, count).slice()];
            };
            const peer = () => {
                if (!moving) {
                    other = [positions, MeshoptSimplifier.simplify(indices, positions, 3, target, 1e9)[0]];
                    return;
                }
                const place = positions.slice(), corner = indices.slice();
                const [count] = MeshoptSimplifier.simplifyWithUpdate(corner, place, 3, none, 0, [],
                    null, target, 1e9);
                other = [place, corner.subarray(0, count)];
            };
            const kind = moving ? 'moving' : 'fast';
            row({ name: `${kind}, ${name} to ${part * 100} %`, unit: 'Mtri/s', work: indexCount / 3e6,
                ours, peer, rounds: 3,
                peerName: moving ? 'meshoptimizer simplifyWithUpdate' : 'meshoptimizer simplify' });
            keep(`${kind}_ours_${name}_${part * 100}`, ...own);
            keep(`${kind}_peer_${name}_${part * 100}`, ...other);
        }
}
