// meshlet.mjs - meshlets beside meshoptimizer's, which also copies the mesh into its memory and the
// result out; so do we. Both results are measured by our spheres.
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptClusterizer } = await npm('meshoptimizer/meshopt_clusterizer.js');
await MeshoptClusterizer.ready;
const module = await open('meshlet',
    ['src/mesh/mesh_meshlet.c', 'src/mesh/mesh_meshlet_bounds.c', 'src/mesh/mesh_bounds.c']);
const { exports } = module;

function squares(positions, meshlets, count, vertices) {
    const at = module.put(vertices);
    let sum = 0;
    for (let i = 0; i < count; i++)
        sum += exports.meshlet_square(positions, at + 4 * meshlets[4 * i], meshlets[4 * i + 2]);
    return sum;
}

title('meshlets, wasm in node');
for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const { positions, indices, vertexCount, indexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const most = exports.meshlet_bound(indexCount), size = exports.meshlet_scratch_size(vertexCount, indexCount);
    const at = module.take(positions.byteLength), corners = module.take(indices.byteLength);
    const meshlets = module.take(most * 16), vertices = module.take(indexCount * 4);
    const triangles = module.take(indexCount), scratch = module.take(size);
    const view = module.put(new Uint32Array([at, corners, vertexCount, indexCount, 0]));
    const out = module.put(new Uint32Array([meshlets, vertices, triangles, most, 0, 0]));
    let count = 0, result, theirs;
    const ours = () => {
        module.f32(at, positions.length).set(positions);
        module.u32(corners, indexCount).set(indices);
        count = exports.meshlet_build(view, out, scratch, size);
        if (!count) throw new Error('w3d_mesh_meshlet_build failed');
        result = { meshlets: module.u32(meshlets, count * 4).slice(),
            vertices: module.u32(vertices, module.u32(out, 6)[5]).slice(),
            triangles: module.u8(triangles, indexCount).slice() };
    };
    const peer = () => { theirs = MeshoptClusterizer.buildMeshlets(indices, positions, 3, 64, 124); };
    row({ name, unit: 'Mtri/s', work: indexCount / 3e6, ours, peer, rounds: 5,
        peerName: 'meshoptimizer buildMeshlets' });
    const own = squares(at, result.meshlets, count, result.vertices);
    const other = squares(at, theirs.meshlets, theirs.meshletCount, theirs.vertices);
    console.log(`    ${count} meshlets, theirs ${theirs.meshletCount}: x${(count / theirs.meshletCount).toFixed(4)}; `
        + `sum of squared radii x${(own / other).toFixed(4)}`);
}
