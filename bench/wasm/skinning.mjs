// skinning.mjs - four bones a vertex, positions and normals, beside plain C as wasm and beside
// three.js's applyBoneTransform, which moves positions only.
import { npm, open, row, title } from './harness.mjs';

const three = await npm('three/build/three.module.js');
const BONES = 64, COUNT = 100000;
const module = await open('skinning', ['src/mesh/mesh_skinning.c']);
const { exports } = module;

const geometry = new three.BufferGeometry();
const random = (length, map) => Float32Array.from({ length }, map);
const positions = random(COUNT * 3, () => Math.random() * 2 - 1);
const weights = random(COUNT * 4, () => Math.random());
for (let i = 0; i < weights.length; i += 4) {
    const sum = weights[i] + weights[i + 1] + weights[i + 2] + weights[i + 3];
    for (let k = 0; k < 4; k++) weights[i + k] /= sum;
}
const joints = Uint16Array.from({ length: COUNT * 4 }, () => Math.floor(Math.random() * BONES));
geometry.setAttribute('position', new three.BufferAttribute(positions, 3));
geometry.setAttribute('skinIndex', new three.BufferAttribute(joints, 4));
geometry.setAttribute('skinWeight', new three.BufferAttribute(weights, 4));
const skinned = new three.SkinnedMesh(geometry);
const list = Array.from({ length: BONES }, (_, i) => {
    const bone = new three.Bone();
    bone.position.set(i, 1, 2);
    bone.quaternion.setFromAxisAngle(new three.Vector3(0, 0.6, 0.8), 0.1 * i);
    bone.updateMatrixWorld(true);
    return bone;
});
skinned.bind(new three.Skeleton(list, list.map(() => new three.Matrix4())), new three.Matrix4());
const matrices = Float32Array.from(list.flatMap((bone) => bone.matrixWorld.elements));

const at = module.take(44), outPositions = module.take(COUNT * 12);
const fields = [module.put(matrices), module.take(BONES * 48), module.put(joints), module.put(weights),
    module.put(positions), module.put(positions), outPositions, module.take(COUNT * 12), BONES, COUNT];
title('skinning, wasm in node: positions and normals');
for (const [mode, what] of [[0, 'linear'], [1, 'dual quaternions']]) {
    module.u32(at, 11).set([...fields, mode]);
    const ours = () => {
        if (exports.skinning(at)) throw new Error('skinning failed');
    };
    const point = new three.Vector3();
    const peer = () => {
        for (let i = 0; i < COUNT; i++)
            skinned.applyBoneTransform(i, point.fromBufferAttribute(geometry.attributes.position, i));
    };
    ours(), peer();
    const last = module.f32(outPositions + (COUNT - 1) * 12, 3);
    if (mode === 0 && Math.hypot(last[0] - point.x, last[1] - point.y, last[2] - point.z) > 1e-3)
        throw new Error('the two disagree');
    row({ name: what, unit: 'Mvert/s', work: COUNT / 1e6, ours, peer: () => exports.plain(at),
        peerName: 'plain C as wasm (linear)' });
    row({ name: what, unit: 'Mvert/s', work: COUNT / 1e6, ours, peer,
        peerName: 'three.js applyBoneTransform, positions only' });
}
