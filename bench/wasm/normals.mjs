// normals.mjs - vertex normals beside three.js, whose geometry lies in its own arrays as ours lies in
// ours; unit length beside the copy of the same bytes.
import { mesh, npm, open, row, title } from './harness.mjs';

const { BufferAttribute, BufferGeometry } = await npm('three/build/three.module.js');
const module = await open('normals', ['src/mesh/mesh_normals.c']);
const { exports } = module;
title('normals, wasm in node');
for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const { positions, indices, vertexCount, indexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const view = module.take(20), out = module.take(vertexCount * 12);
    const scratch = module.take(exports.normals_scratch_size(vertexCount));
    const at = module.put(positions), corners = module.put(indices);
    module.u32(view, 5).set([at, corners, vertexCount, indexCount, 0]);
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(positions, 3));
    geometry.setIndex(new BufferAttribute(indices, 1));
    const peer = () => geometry.computeVertexNormals();
    for (const [weight, what] of [[0, 'area'], [1, 'angle']]) {
        const ours = () => {
            if (exports.normals(view, weight, out, scratch)) throw new Error('normals failed');
        };
        ours(), peer();
        const normals = module.f32(out, vertexCount * 3), theirs = geometry.attributes.normal.array;
        let worst = 0;
        for (let i = 0; i < normals.length; i++)
            worst = Math.max(worst, Math.abs(normals[i] - theirs[i]));
        if (weight === 0 && worst > 0.01) throw new Error(`the two disagree by ${worst}`);
        row({ name: `${what}, ${name}`, unit: 'Mtri/s', work: indexCount / 3e6, ours, peer,
            peerName: 'three.js computeVertexNormals (area)' });
    }
}
const count = 10e6, vectors = module.take(count * 12), copy = module.take(count * 12);
const fill = module.f32(vectors, count * 3);
for (let i = 0; i < fill.length; i++) fill[i] = Math.random() * 2 - 1;
row({ name: 'normalise 10M', unit: 'Mvec/s', work: count / 1e6,
    ours: () => exports.normalise(vectors, count), limit: () => exports.copy(copy, vectors, count * 12) });
