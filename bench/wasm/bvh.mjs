// bvh.mjs - building and asking a tree beside three-mesh-bvh, JavaScript that works on three.js's
// arrays in place; our rays and answers are in the module's memory.
import { mesh, npm, open, row, title } from './harness.mjs';

const THREE = await npm('three/build/three.module.js');
const { MeshBVH } = await npm('three-mesh-bvh/build/index.module.js');
const sources = ['', '_tree', '_build', '_trace', '_query'].map((part) => `src/mesh/mesh_bvh${part}.c`);
const SIDE = 256, POINTS = 1000;

function checked(ours, peer, what) {
    if (Math.abs(ours - peer) > 1e-3 * Math.abs(peer)) throw new Error(`${what}: ${ours}, peer ${peer}`);
}

title('bounding volume hierarchy, wasm in node');
for (const name of ['dragon', 'torus']) {
    const data = mesh(name);
    if (!data) continue;
    const { positions, indices, vertexCount, indexCount } = data;
    const module = await open('bvh', sources), { exports } = module;
    const at = module.put(positions), list = module.put(indices);
    const capacity = Math.round(indexCount / 3 * 110) + 65536;
    const block = module.take(capacity), scratch = module.take(exports.bvh_scratch_size(indexCount));
    const build = () => {
        if (!exports.bvh_build(at, vertexCount, list, indexCount, block, capacity, scratch)) throw new Error('build');
    };
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(positions, 3));
    geometry.setIndex(new THREE.BufferAttribute(indices.slice(), 1));
    let peer;
    row({ name: `build, ${name}`, unit: 'Mtri/s', work: indexCount / 3e6, ours: build, rounds: 3,
        peer: () => { peer = new MeshBVH(geometry, { indirect: true }); }, peerName: 'three-mesh-bvh' });

    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    positions.forEach((value, i) => {
        low[i % 3] = Math.min(low[i % 3], value);
        high[i % 3] = Math.max(high[i % 3], value);
    });
    const size = Math.max(...high.map((value, k) => value - low[k]));
    const eye = [0.5, 0.3, 1.1].map((part, k) => (low[k] + high[k]) / 2 + part * size);
    const rays = new Float32Array(SIDE * SIDE * 8);
    for (let i = 0; i < SIDE * SIDE; i++) { // in tiles of 2 x 2 pixels
        const tile = i >> 2, x = tile % (SIDE / 2) * 2 + i % 2, y = Math.floor(tile / (SIDE / 2)) * 2 + (i >> 1 & 1);
        rays.set(eye, i * 8);
        rays.set([-0.5 + x / SIDE - 0.5, -0.3 + y / SIDE - 0.5, -1.1], i * 8 + 4);
    }
    const raysAt = module.put(rays), hits = module.take(SIDE * SIDE * 16);
    const ray = new THREE.Ray();
    let found = 0, peerFound = 0;
    const peerRays = () => {
        peerFound = 0;
        for (let i = 0; i < rays.length; i += 8) {
            ray.origin.set(rays[i], rays[i + 1], rays[i + 2]);
            ray.direction.set(rays[i + 4], rays[i + 5], rays[i + 6]);
            if (peer.raycastFirst(ray, THREE.DoubleSide)) peerFound++;
        }
    };
    row({ name: `closest, primary, ${name}`, unit: 'Mray/s', work: SIDE * SIDE / 1e6, rounds: 5,
        ours: () => { found = exports.bvh_closest(raysAt, SIDE * SIDE, hits); },
        peer: peerRays, peerName: 'three-mesh-bvh raycastFirst' });
    checked(found, peerFound, 'hits');
    row({ name: `the same by four, ${name}`, unit: 'Mray/s', work: SIDE * SIDE / 1e6, rounds: 5,
        ours: () => { found = exports.bvh_closest4(raysAt, SIDE * SIDE, hits); },
        peer: peerRays, peerName: 'three-mesh-bvh raycastFirst' });
    checked(found, peerFound, 'hits of packets');

    const points = new Float32Array(POINTS * 3);
    let seed = 1;
    for (let i = 0; i < points.length; i++) {
        seed = seed * 16807 % 2147483647;
        points[i] = low[i % 3] + (high[i % 3] - low[i % 3]) * (seed / 2147483647 * 1.2 - 0.1);
    }
    const pointsAt = module.put(points), point = new THREE.Vector3(), target = {};
    let sum = 0, peerSum = 0;
    row({ name: `closest point, ${name}`, unit: 'Mpt/s', work: POINTS / 1e6, rounds: 3,
        ours: () => { sum = exports.bvh_closest_points(pointsAt, POINTS); },
        peer: () => {
            peerSum = 0;
            for (let i = 0; i < points.length; i += 3)
                peerSum += peer.closestPointToPoint(point.set(points[i], points[i + 1], points[i + 2]), target).distance;
        }, peerName: 'three-mesh-bvh closestPointToPoint' });
    checked(sum, peerSum, 'distances');
}
