// polygon.mjs - polygons with holes to triangles beside npm earcut; where that is not installed,
// beside the copy of it inside three. Copies into and out of the module's memory are in our time.
import { npm, open, row, title } from './harness.mjs';

let earcut, deviation, peerName = 'earcut';
try {
    ({ default: earcut, deviation } = await npm('earcut/src/earcut.js'));
} catch {
    const { ShapeUtils, Vector2 } = await npm('three/build/three.module.js');
    peerName = "three's earcut";
    earcut = (xy, holes) => {
        const rings = [0, ...holes, xy.length / 2].slice(0, -1).map((begin, i) => {
            const ring = [], end = i < holes.length ? holes[i] : xy.length / 2;
            for (let k = begin; k < end; k++) ring.push(new Vector2(xy[2 * k], xy[2 * k + 1]));
            return ring;
        });
        return ShapeUtils.triangulateShape(rings[0], rings.slice(1)).flat();
    };
}

// The same shapes as bench/bench_mesh_polygon.c makes.
function shape(kind, size) {
    const xy = [], rings = [];
    let state = 1;
    const random = () => {
        state = Math.imul(state, 1664525) + 1013904223 >>> 0;
        return (state >>> 8) / 16777216;
    };
    const corner = (x, y) => {
        xy.push(x, y);
        rings[rings.length - 1]++;
    };
    rings.push(0);
    if (kind === 'star')
        for (let i = 0; i < size; i++) {
            const angle = 2 * Math.PI * i / size, r = 1 + random();
            corner(r * Math.cos(angle), r * Math.sin(angle));
        }
    else if (kind === 'coast')
        for (let i = 0; i < size; i++) {
            const angle = 2 * Math.PI * i / size;
            let r = 1;
            for (let k = 3; k < size; k *= 2) r += 0.6 / k * Math.sin(k * angle + k * k % 7);
            corner(r * Math.cos(angle), r * Math.sin(angle));
        }
    else if (kind === 'comb') {
        for (let i = 0; i + 2 < size; i++) corner(i, i & 1 ? 1000 + 30 * random() : 10 * random());
        corner(size, -5);
        corner(-5, -5);
    } else {
        let side = 1;
        while ((side + 1) ** 2 * 8 + 4 <= size) side++;
        [[0, 0], [side, 0], [side, side], [0, side]].forEach(([x, y]) => corner(x, y));
        for (let i = 0; i < side * side; i++) {
            rings.push(0);
            for (let k = 0; k < 8; k++) {
                const r = 0.2 + 0.2 * random(), angle = Math.PI * k / 4;
                corner(i % side + 0.5 + r * Math.cos(angle),
                    Math.floor(i / side) + 0.5 + r * Math.sin(angle));
            }
        }
    }
    const holes = [];
    for (let i = 0, sum = 0; i + 1 < rings.length; i++) holes.push(sum += rings[i]);
    return { xy: Float32Array.from(xy), rings: Uint32Array.from(rings), holes };
}

const module = await open('polygon', ['src/mesh/mesh_triangulate_holes.c']);
const { exports } = module;
title('polygons with holes to triangles, wasm in node');
for (const kind of ['star', 'coast', 'comb', 'sheet with holes'])
    for (const size of [10, 100, 1000, 10000, 100000]) {
        const { xy, rings, holes } = shape(kind, size), corners = xy.length / 2;
        const points = module.take(xy.byteLength), sizes = module.take(rings.byteLength);
        const indices = module.take((corners + 2 * rings.length) * 12);
        const scratch = module.take(exports.polygon_scratch_size(corners, rings.length));
        let mine, theirs;
        const plain = Array.from(xy); // what it is fastest with
        row({ name: `${kind}, ${corners} corners`, unit: 'Mcorn/s', work: corners / 1e6, rounds: 5,
            ours: () => {
                module.f32(points, xy.length).set(xy);
                module.u32(sizes, rings.length).set(rings);
                const count = exports.polygon(points, corners, sizes, rings.length, indices, scratch);
                mine = module.u32(indices, count * 3).slice();
            },
            peer: () => { theirs = earcut(plain, holes); }, peerName });
        if (deviation && size >= 1000)
            console.log(`    triangles ${mine.length / 3}, deviation of area `
                + `${deviation(plain, holes, 2, mine).toExponential(1)}; earcut ${theirs.length / 3}, `
                + `${deviation(plain, holes, 2, theirs).toExponential(1)}`);
    }
