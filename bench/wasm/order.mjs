// order.mjs - vertex cache and fetch beside meshoptimizer's reorderMesh, spatial sort beside
// reorderPoints. Both of its functions copy arrays into and out of its memory; so do we.
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptEncoder } = await npm('meshoptimizer/meshopt_encoder.js');
await MeshoptEncoder.ready;
const module = await open('order', ['src/mesh/mesh_measure.c', 'src/mesh/mesh_spatial_sort.c',
    'src/mesh/mesh_vertex_cache.c', 'src/mesh/mesh_vertex_fetch.c']);
const { exports } = module;
title('vertex cache and fetch, spatial sort, wasm in node');
for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const { positions, indices, indexCount, vertexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const source = module.take(indexCount * 4), cached = module.take(indexCount * 4);
    const remap = module.take(vertexCount * 4), points = module.take(vertexCount * 12);
    const scratch = module.take(exports.order_scratch_size(vertexCount, indexCount));
    const atvr = (order) => {
        module.u32(source, indexCount).set(order);
        return exports.atvr(source, indexCount, vertexCount, scratch);
    };
    const ours = (level) => () => {
        module.u32(source, indexCount).set(indices);
        exports.order(source, indexCount, vertexCount, level, cached, remap, scratch);
        return [module.u32(cached, indexCount).slice(), module.u32(remap, vertexCount).slice()];
    };
    let theirs;
    const peer = () => {
        theirs = indices.slice(); // it works in place
        return MeshoptEncoder.reorderMesh(theirs, true, false);
    };
    for (const level of [0, 1])
        row({ name: `${name}, ${level ? 'best' : 'fast'}`, unit: 'Mtri/s', work: indexCount / 3e6, rounds: 5,
            ours: ours(level), peer, peerName: 'meshoptimizer reorderMesh' });
    console.log(`    mean ATVR: fast ${atvr(ours(0)()[0]).toFixed(4)}, best ${atvr(ours(1)()[0]).toFixed(4)}, `
        + `meshoptimizer ${atvr(theirs).toFixed(4)}`);
    row({ name: `${name}, points`, unit: 'Mvert/s', work: vertexCount / 1e6, rounds: 7,
        ours: () => {
            module.f32(points, vertexCount * 3).set(positions);
            exports.sort_points(points, vertexCount, remap, scratch);
            return module.u32(remap, vertexCount).slice();
        },
        peer: () => MeshoptEncoder.reorderPoints(positions, 3), peerName: 'meshoptimizer reorderPoints' });
}
