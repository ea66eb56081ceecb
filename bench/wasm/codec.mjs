// codec.mjs - the glTF bitstreams beside npm meshoptimizer's wasm (SIMD). Both sides copy their input
// into their memory and the result out of it, as a loader does; its decoder also asks for that memory.
import { mesh, npm, open, row, title } from './harness.mjs';

const { MeshoptDecoder } = await npm('meshoptimizer/meshopt_decoder.mjs');
const { MeshoptEncoder } = await npm('meshoptimizer/meshopt_encoder.js');
const { MeshoptSimplifier } = await npm('meshoptimizer/meshopt_simplifier.js');
await Promise.all([MeshoptDecoder.ready, MeshoptEncoder.ready, MeshoptSimplifier.ready]);
const module = await open('codec', ['src/mesh/mesh_codec_vertex.c', 'src/mesh/mesh_codec_index.c',
    'src/mesh/mesh_codec_filter.c']);
const { exports } = module, MOST = 160 << 20;
const input = module.take(MOST), output = module.take(MOST);
const MODES = ['ATTRIBUTES', 'TRIANGLES', 'INDICES'];
const FILTERS = ['NONE', 'OCTAHEDRAL', 'QUATERNION', 'EXPONENTIAL', 'COLOR'];
const same = (a, b) => a.length === b.length && Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.length),
    Buffer.from(b.buffer, b.byteOffset, b.length)) === 0;
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function rows(name, mode, bytes, count, stride, version = 0, filter = 0) {
    const target = new Uint8Array(count * stride), own = new Uint8Array(count * stride);
    const encode = () => {
        module.u8(input, bytes.length).set(bytes);
        return module.u8(output, exports.encode(mode, input, count, stride, version, output)).slice();
    };
    const encodePeer = () => MeshoptEncoder.encodeGltfBuffer(bytes, count, stride, MODES[mode], version);
    const stream = encode(), other = encodePeer();
    const decode = () => {
        module.u8(input, stream.length).set(stream);
        if (exports.decode(mode, input, stream.length, count, stride, output)) throw new Error('decode');
        if (filter) exports.filter(filter, output, count, stride);
        own.set(module.u8(output, own.length));
    };
    const decodePeer = () => MeshoptDecoder.decodeGltfBuffer(target, count, stride, stream, MODES[mode], FILTERS[filter]);
    const work = count * stride / 1e6;
    decode(), decodePeer();
    if (!filter && !same(own, target)) throw new Error(`${name}: the two disagree`);
    row({ name: `${name}, decode`, unit: 'MB/s', work, ours: decode, peer: decodePeer, peerName: 'meshoptimizer',
        limit: () => own.set(target) });
    if (!filter) row({ name: `${name}, encode`, unit: 'MB/s', work, ours: encode, peer: encodePeer, peerName: 'meshoptimizer', rounds: 5 });
    console.log(`    ${stream.length} bytes of ${bytes.length}; the peer's: ${other.length}, `
        + (same(stream, other) ? 'the same bytes' : 'other bytes'));
}

title('mesh codecs, wasm in node: MB/s of decoded bytes');
for (const name of ['dragon', 'shuffled', 'torus', 'blender']) {
    const { vertexCount: count, positions, normals, uvs, indices, indexCount } = mesh(name) ?? {};
    if (!positions) continue;
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    positions.forEach((v, i) => { low[i % 3] = Math.min(low[i % 3], v), high[i % 3] = Math.max(high[i % 3], v); });
    const wide = new Int16Array(count * 8), narrow = new Int16Array(count * 4), unit = new Float32Array(count * 4);
    for (let i = 0; i < count; i++) {
        for (let k = 0; k < 3; k++) {
            const at = (positions[3 * i + k] - low[k]) / ((high[k] - low[k]) || 1);
            wide[8 * i + k] = narrow[4 * i + k] = Math.round(at * 32767);
            unit[4 * i + k] = normals[3 * i + k];
        }
        for (let k = 0; k < 2; k++) {
            wide[8 * i + 4 + k] = normals[3 * i + k] * 1023;
            wide[8 * i + 6 + k] = uvs[2 * i + k] * 4095;
        }
    }
    rows(`${name}: rows of 16`, 0, bytesOf(wide), count, 16);
    rows(`${name}: rows of 8`, 0, bytesOf(narrow), count, 8);
    rows(`${name}: rows of 12`, 0, bytesOf(positions), count, 12);
    rows(`${name}: rows of 16, version 1`, 0, bytesOf(wide), count, 16, 1);
    rows(`${name}: rows of 12, version 1`, 0, bytesOf(positions), count, 12, 1);
    for (const [filter, stride, bits] of [[1, 4, 8], [1, 8, 12], [2, 8, 12], [3, 16, 15], [4, 4, 8]]) {
        module.f32(input, unit.length).set(unit);
        exports.unfilter(filter, input, count, 4, stride, bits, 0, output);
        rows(`${name}: ${FILTERS[filter].toLowerCase()} ${bits}`, 0, module.u8(output, count * stride).slice(), count, stride, 0, filter);
    }
    rows(`${name}: triangles`, 1, bytesOf(indices), indexCount, 4);
    rows(`${name}: index sequence`, 2, bytesOf(indices), indexCount, 4);
    const ordered = indices.slice();
    MeshoptEncoder.reorderMesh(ordered, true, false); /* as meshes are stored */
    rows(`${name}: ordered triangles`, 1, bytesOf(ordered), indexCount, 4);
    rows(`${name}: ordered sequence`, 2, bytesOf(ordered), indexCount, 4);
}
