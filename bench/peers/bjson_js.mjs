// bjson_js.mjs - examples/web/bjson.js against msgpackr, in node: a scene like that of
// bench_bjson.c is opened or decoded, then traversed.
//
//   node bench/peers/bjson_js.mjs          all rows: ours, the peer's, medians, ratio
//   node bench/peers/bjson_js.mjs SIDE     milliseconds of one side, the file being there already:
//       trusted, checked               ours; the file taken as it is, or checked first
//       plain, mesh, typed             msgpackr's; with arrays of numbers, with typed arrays for the
//                                      mesh, with typed arrays for the objects' vectors too
//
// Traversed: every number of every object and the names' lengths are added up, the mesh's arrays
// looked at from both ends. msgpackr has its records on; typed arrays it copies out. Sides run in
// processes of their own that take turns, so that none pays for the garbage of another. msgpackr
// comes from npm: build/node_modules (tests/setup.sh bench).
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { copyModules } from '../../tests/web/bjson_module.mjs';

const folder = new URL('../../build/bench/bjson/', import.meta.url), one = process.argv[2];
if (!one) copyModules(folder);
const bjson = await import(new URL('bjson.js', folder));
const { Packr, Unpackr } = await import(new URL('../../build/node_modules/msgpackr/node-index.js',
    import.meta.url));

const OBJECTS = 10000, VERTICES = 1000000;
const { Reference, large, vector, open, write } = bjson;

function floats(count) {
    return Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1024) / 512 - 1);
}

function makeScene() {
    const objects = [];
    for (let i = 0; i < OBJECTS; i++) {
        objects.push({ name: `object_${String(i).padStart(5, '0')}`, mass: i / 8,
            hide: i % 16 === 0, data: OBJECTS, parent: i ? i >> 1 : 0,
            location: floats(3 + i % 5).subarray(i % 5), matrix_local: floats(16),
            rotation_quaternion: floats(4), scale: floats(3) });
    }
    const mesh = { positions: floats(3 * VERTICES), normals: floats(3 * VERTICES),
        uvs: floats(2 * VERTICES),
        indices: Uint32Array.from({ length: 6 * VERTICES }, (_, i) => (i * 31) % VERTICES) };
    return { objects, mesh };
}

function toBjson({ objects, mesh }) {
    const ids = objects.map(({ name, data, parent, ...rest }) => ({ type: 0, name,
        properties: { ...rest, data: new Reference(data), parent: new Reference(parent),
            location: vector(rest.location), matrix_local: vector(rest.matrix_local) } }));
    const { positions, normals, uvs, indices } = mesh;
    ids.push({ type: 1, name: 'mesh', properties: { positions: large(positions, 3),
        normals: large(normals, 3), uvs: large(uvs, 2), indices: large(indices, 3) } });
    return write(ids);
}

const VECTORS = ['location', 'matrix_local', 'rotation_quaternion', 'scale'];

// With arrays as plain ones of numbers (vectors, mesh), or typed.
function toMsgpack({ objects, mesh }, typedVectors, typedMesh) {
    const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
    const packr = new Packr({ useRecords: true, moreTypes: true, useFloat32: 3 });
    const some = objects.map((object) => {
        const one = { type: 0, ...object };
        for (const key of VECTORS) if (!typedVectors) one[key] = plain(object[key]);
        return one;
    });
    const its = { name: 'mesh', ...mesh };
    for (const key in mesh) if (!typedMesh) its[key] = plain(mesh[key]);
    return packr.pack({ objects: some, mesh: its });
}

const ends = (array) => array[0] + array[array.length - 1] + array.length;

function traverseBjson(bytes, trusted) {
    const file = open(bytes, 0, undefined, { trusted });
    const mass = file.key('mass'), hide = file.key('hide');
    const data = file.key('data'), parent = file.key('parent');
    const vectors = VECTORS.map((name) => file.key(name)), counts = [3, 16, 4, 3];
    let sum = 0;
    for (let row = 0; row < OBJECTS; row++) {
        const id = file.id(row), properties = id.properties, f32 = file.f32;
        sum += id.name.length + mass.number(properties) + hide.number(properties) +
            data.row(properties) + parent.row(properties);
        for (let k = 0; k < 4; k++) {
            const from = vectors[k].index(properties), end = from + counts[k];
            for (let i = from; i < end; i++) sum += f32[i];
        }
    }
    const mesh = file.id(OBJECTS);
    for (const [, value] of mesh.properties) sum += ends(value.data);
    return sum + mesh.name.length;
}

function traverseMsgpack(bytes) {
    const { objects, mesh } = new Unpackr({ useRecords: true, moreTypes: true }).unpack(bytes);
    let sum = 0;
    for (const o of objects) {
        sum += o.name.length + o.mass + (o.hide ? 1 : 0) + o.data + o.parent;
        for (let k = 0; k < 4; k++) {
            const all = k === 0 ? o.location : k === 1 ? o.matrix_local
                : k === 2 ? o.rotation_quaternion : o.scale;
            for (let i = 0; i < all.length; i++) sum += all[i];
        }
    }
    for (const key of ['indices', 'normals', 'positions', 'uvs']) sum += ends(mesh[key]);
    return sum + mesh.name.length;
}

const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
const isOurs = (side) => side === 'trusted' || side === 'checked';
const fileOf = (side) => new URL(`${isOurs(side) ? 'bjson' : side}.bin`, folder);

function measure(side) {
    const bytes = new Uint8Array(readFileSync(fileOf(side))).slice(), times = [];
    const traverse = isOurs(side) ? (data) => traverseBjson(data, side === 'trusted')
        : traverseMsgpack;
    let sum = 0;
    for (let round = 0; round < (side === 'plain' ? 9 : 60); round++) {
        const began = performance.now();
        sum = traverse(bytes);
        times.push(performance.now() - began);
    }
    return [median(times.slice(times.length / 3)), sum];
}

function all() {
    const scene = makeScene(), sides = { trusted: [], checked: [], plain: [], mesh: [], typed: [] },
        sums = {};
    writeFileSync(fileOf('trusted'), toBjson(scene));
    writeFileSync(fileOf('plain'), toMsgpack(scene, false, false));
    writeFileSync(fileOf('mesh'), toMsgpack(scene, false, true));
    writeFileSync(fileOf('typed'), toMsgpack(scene, true, true));
    for (let round = 0; round < 3; round++) {
        for (const side in sides) {
            const said = execFileSync(process.execPath, [fileURLToPath(import.meta.url), side],
                { encoding: 'utf8' });
            const [time, sum] = said.trim().split(' ').map(Number);
            sides[side].push(time);
            sums[side] = sum;
        }
    }
    for (const side in sums) {
        if (Math.abs(sums[side] - sums.trusted) > 1e-6 * Math.abs(sums.trusted)) throw new Error(
            `${side}: another sum`);
    }
    console.log(`open + traverse: ${OBJECTS} objects, ${VERTICES} vertices`);
    const peers = { plain: 'arrays of numbers', mesh: 'typed arrays for the mesh',
        typed: 'typed arrays throughout' };
    for (const peer in peers) {
        for (const ours of ['trusted', 'checked']) {
            const a = median(sides[ours]), b = median(sides[peer]);
            console.log(
                `${ours.padEnd(9)}${a.toFixed(2).padStart(7)} ms ours ` +
                `${b.toFixed(1).padStart(8)} ms msgpackr, ` +
                `${peers[peer].padEnd(26)}${(b / a).toFixed(0).padStart(5)}x`);
        }
    }
}

if (one) console.log(measure(one).join(' '));
else all();
