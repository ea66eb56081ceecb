// oracle_meshopt.mjs - our codecs, as wasm, against npm meshoptimizer's, both ways.
//
//   node tests/oracle_meshopt.mjs
//
// Its streams must decode to the same bytes here and there; so must ours; encoders that promise the
// same bytes must give them; damaged streams must be refused here wherever they are refused there.
// Filters must agree within one unit. Needs clang and build/node_modules/meshoptimizer.
import { open } from '../bench/wasm/harness.mjs';

const { MeshoptEncoder: theirs } = await import('../build/node_modules/meshoptimizer/meshopt_encoder.js');
const { MeshoptDecoder: reader } = await import('../build/node_modules/meshoptimizer/meshopt_decoder.mjs');
await theirs.ready;
await reader.ready;
const module = await open('codec', ['src/mesh/mesh_codec_vertex.c', 'src/mesh/mesh_codec_index.c',
    'src/mesh/mesh_codec_filter.c']);
const { exports } = module, MOST = 4 << 20;
const input = module.take(MOST), output = module.take(MOST), stream = module.take(MOST);

let state = 1, failed = 0, checks = 0;
const random = (end) => {
    state = Math.imul(state ^ state >>> 15, 0x2C1B3C6D) + 0x9E3779B9 | 0;
    return (state >>> 8) % end;
};
function check(good, text) {
    checks++;
    if (good) return;
    if (failed++ < 20) console.log(`FAILED ${text}`);
}
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function encode(mode, bytes, count, stride, version) {
    module.u8(input, bytes.length).set(bytes);
    const size = exports.encode(mode, input, count, stride, version, stream);
    return module.u8(stream, size).slice();
}
function decode(mode, bytes, count, stride) {
    module.u8(stream, bytes.length).set(bytes);
    const result = exports.decode(mode, stream, bytes.length, count, stride, output);
    return result === 0 ? module.u8(output, count * stride).slice() : undefined;
}
const readers = ['decodeVertexBuffer', 'decodeIndexBuffer', 'decodeIndexSequence'];
function decodeTheirs(mode, bytes, count, stride) {
    const out = new Uint8Array(count * stride);
    try {
        reader[readers[mode]](out, count, stride, bytes);
    } catch {
        return undefined;
    }
    return out;
}

function rows(count, stride, kind) {
    const out = new Uint8Array(count * stride), at = new Uint8Array(stride).map(() => random(256));
    for (let i = 0; i < count; i++) {
        for (let k = 0; k < stride; k++) {
            if (kind === 1) at[k] += random(20) === 0 ? 1 : 0;
            if (kind === 2) at[k] += random(1 + k % 20) - (k % 20 >> 1);
            if (kind === 3) at[k] = random(9) ? at[k] + 1 : random(256);
            if (kind === 4) at[k] = random(256);
        }
        if (kind === 5)
            new DataView(at.buffer).setFloat32(4 * random(stride / 4), Math.sin(i / 50) + i, true);
        out.set(at, i * stride);
    }
    return out;
}

let smaller = 0, ours1 = 0, theirs1 = 0, equalBytes = 0;
for (const stride of [4, 8, 12, 16, 20, 32, 64, 256])
    for (const count of [1, 2, 15, 16, 17, 100, 255, 256, 257, 700])
        for (let kind = 0; kind < 6; kind++) {
            const source = rows(count, stride, kind), what = `${count} rows of ${stride}, kind ${kind}`;
            for (const version of [0, 1]) {
                const own = encode(0, source, count, stride, version);
                const back = decodeTheirs(0, own, count, stride);
                check(back && same(back, source), `${what}: they read our version ${version}`);
                for (const level of [0, 1, 2, 3]) {
                    const other = theirs.encodeVertexBufferLevel(source, count, stride, level, version);
                    const read = decode(0, other, count, stride);
                    check(read && same(read, source), `${what}: we read their version ${version}, level ${level}`);
                    if (version === 0) check(same(own, other), `${what}: equal bytes`);
                    if (version === 1 && level === 2) {
                        smaller += own.length <= other.length ? 1 : 0;
                        equalBytes++, ours1 += own.length, theirs1 += other.length;
                    }
                }
            }
        }
console.log(`version 1: ours at most as large in ${smaller} of ${equalBytes} streams, `
    + `in all ${ours1} bytes to their ${theirs1} (level 2)`);

function triangles(count, kind) {
    const out = new Uint32Array(count * 3);
    let next = 3, corner = [0, 1, 2];
    for (let t = 0; t < count; t++) {
        out.set(corner, 3 * t);
        const pick = random(20), turn = random(3);
        let [a, b, c] = corner;
        if (kind === 2) corner = [random(1 << 24), random(1 << 24), random(1 << 24)];
        else if (kind === 1 && pick === 0) corner = [0, 1, 2], next = 3;
        else if (pick === 1) corner = [next++, next++, next++];
        else if (pick === 2) corner = [random(next), random(next), random(next)];
        else {
            if (random(2)) [a, b] = [c, b];
            else [a, b] = [a, c];
            const v = [a, b, pick < 14 ? next++ : pick < 17 ? random(next) : a + 5];
            corner = [v[turn], v[(turn + 1) % 3], v[(turn + 2) % 3]];
        }
    }
    return out;
}
for (let count = 1; count < 900; count += 1 + (count >> 3))
    for (let kind = 0; kind < 3; kind++) {
        const indices = triangles(count, kind), bytes = bytesOf(indices);
        for (const mode of [1, 2]) {
            const own = encode(mode, bytes, count * 3, 4, 1);
            const other = mode === 1 ? theirs.encodeIndexBuffer(bytes, count * 3, 4)
                : theirs.encodeIndexSequence(bytes, count * 3, 4);
            check(same(own, other), `${count} triangles, kind ${kind}, mode ${mode}: equal bytes`);
            for (const stride of [2, 4]) {
                const here = decode(mode, other, count * 3, stride);
                const there = decodeTheirs(mode, other, count * 3, stride);
                check(here && same(here, there), `${count} triangles, kind ${kind}, mode ${mode}: equal indices`);
            }
        }
    }

// Where they refuse a damaged stream we must, and where both accept it the result must agree.
let stricter = 0, agreed = 0;
for (let round = 0; round < 6000; round++) {
    const mode = round % 3, count = 60, stride = mode ? 4 : 8;
    const source = mode ? bytesOf(triangles(20, 1)) : rows(count, stride, 3);
    const bytes = encode(mode, source, count, stride, round >> 1 & 1);
    for (let k = random(3); k >= 0; k--) bytes[random(bytes.length)] = random(256);
    const here = decode(mode, bytes, count, stride), there = decodeTheirs(mode, bytes, count, stride);
    if (!here && there) stricter++;
    if (here && there) agreed++;
    check(!here || (there && same(here, there)), `damaged stream ${round} of mode ${mode}`);
}
console.log(`damaged streams: ${agreed} read alike, ${stricter} refused here alone`);

// Filters: both encoders into both decoders.
const FILTERS = ['NONE', 'OCTAHEDRAL', 'QUATERNION', 'EXPONENTIAL', 'COLOR'];
const count = 4000, floats = new Float32Array(count * 4);
let bytesEqual = 0, bytesAll = 0, unitsOff = 0, units = 0;
for (const [kind, stride, bits] of [[1, 4, 8], [1, 4, 6], [1, 8, 8], [1, 8, 10], [1, 8, 12], [1, 8, 16],
    [2, 8, 8], [2, 8, 12], [2, 8, 16], [3, 16, 15], [3, 16, 23], [3, 16, 24], [3, 16, 3], [4, 4, 8],
    [4, 4, 5], [4, 8, 8], [4, 8, 12], [4, 8, 16]]) {
    for (let i = 0; i < count; i++) {
        const v = [0, 0, 0, 0].map(() => (random(65536) / 32768 - 1) * (kind === 3 ? 2 ** (random(40) - 20) : 1));
        const length = Math.hypot(...(kind === 1 ? v.slice(0, 3) : v)) || 1;
        floats.set(v.map((x) => (kind === 1 || kind === 2 ? x / length : kind === 4 ? Math.abs(x) : x)), i * 4);
    }
    const names = { 1: 'encodeFilterOct', 2: 'encodeFilterQuat', 3: 'encodeFilterExp', 4: 'encodeFilterColor' };
    const other = theirs[names[kind]](floats, count, stride, bits, ...(kind === 3 ? ['SharedVector'] : []));
    module.f32(input, floats.length).set(floats);
    check(exports.unfilter(kind, input, count, 4, stride, bits, 0, output) === 0, 'our filter');
    const own = module.u8(output, count * stride).slice();
    for (let i = 0; i < own.length; i++) bytesEqual += own[i] === other[i] ? 1 : 0;
    bytesAll += own.length;
    for (const rowsIn of [own, other]) {
        module.u8(output, rowsIn.length).set(rowsIn);
        check(exports.filter(kind, output, count, stride) === 0, 'our filter');
        const plain = theirs.encodeVertexBufferLevel(rowsIn, count, stride, 0, 0);
        const there = new Uint8Array(count * stride);
        reader.decodeVertexBuffer(there, count, stride, plain, FILTERS[kind]);
        const Type = kind === 3 ? Uint32Array : kind === 4 ? (stride === 4 ? Uint8Array : Uint16Array)
            : stride === 4 ? Int8Array : Int16Array;
        const here = module.u8(output, count * stride).slice();
        const a = new Type(here.buffer), b = new Type(there.buffer);
        let worst = 0;
        a.forEach((value, i) => {
            const off = Math.abs(value - b[i]);
            worst = Math.max(worst, off);
            unitsOff += off ? 1 : 0, units++;
        });
        check(worst <= (kind === 3 ? 0 : 1), `filter ${FILTERS[kind]} ${stride} ${bits}: ${worst} units apart`);
    }
}
console.log(`filters: ${unitsOff} of ${units} components one unit apart; `
    + `${bytesEqual} of ${bytesAll} encoded bytes equal`);
console.log(`${checks - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
