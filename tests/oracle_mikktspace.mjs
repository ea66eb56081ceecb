// oracle_mikktspace.mjs - mesh_tangents as wasm beside MikkTSpace itself (npm mikktspace, which is a
// translation of mikktspace.c): the same bits, on random and hostile meshes and on the dragon.
//
//   node tests/oracle_mikktspace.mjs
//
// Every mesh ends with a triangle far away: MikkTSpace leaves the edges of one vertex, the last in
// its order, unsorted, and may miss neighbours there; in a lone triangle there is nothing to miss.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mesh as benchMesh, open } from '../bench/wasm/harness.mjs';

const require = createRequire(import.meta.url);
let passed = 0, failed = 0;
function check(good, message) {
    if (good) passed++;
    else if (failed++ < 20) console.log(`FAILED ${message}`);
}

let state = 12345;
function random(limit) {
    state = Math.imul(state ^ state >>> 15, 0x2C1B3C6D) + 0x9E3779B9 | 0;
    return ((Math.imul(state ^ state >>> 12, 0x297A2D39) >>> 8) % 0xFFFFFF) % limit;
}
const unit = () => random(1 << 20) / (1 << 19) - 1;

// positions, normals, uvs, indices -> the arrays of single corners.
function corners({ positions, normals, uvs, indices }) {
    const count = indices.length;
    const flat = { positions: new Float32Array(count * 3), normals: new Float32Array(count * 3),
        uvs: new Float32Array(count * 2), count };
    for (let i = 0; i < count; i++) {
        const v = indices[i];
        flat.positions.set(positions.subarray(v * 3, v * 3 + 3), i * 3);
        flat.normals.set(normals.subarray(v * 3, v * 3 + 3), i * 3);
        flat.uvs.set(uvs.subarray(v * 2, v * 2 + 2), i * 2);
    }
    return flat;
}

function withLastTriangle({ positions, normals, uvs, indices }) {
    const vertices = positions.length / 3;
    return {
        positions: Float32Array.from([...positions, 77, 0, 0, 78, 0, 0, 77, 1, 0]),
        normals: Float32Array.from([...normals, 0, 0, 1, 0, 0, 1, 0, 0, 1]),
        uvs: Float32Array.from([...uvs, 0, 0, 1, 0, 0, 1]),
        indices: Uint32Array.from([...indices, vertices, vertices + 1, vertices + 2]),
    };
}

function ours(module, { positions, normals, uvs, indices }) {
    const vertices = positions.length / 3, count = indices ? indices.length : vertices;
    const at = [positions, normals, uvs].map((array) => module.put(array));
    const index = indices ? module.put(indices) : 0, out = module.take(count * 16);
    const scratch = module.take(module.exports.tangents_scratch_size(vertices, count));
    const result = module.exports.tangents(at[0], at[1], at[2], vertices, index, count, out, scratch);
    return result === 0 ? module.f32(out, count * 4).slice() : undefined;
}

// Bits, but any NaN is one and so are the two zeros.
function differences(a, b) {
    const left = new Uint32Array(a.buffer), right = new Uint32Array(b.buffer);
    let count = 0;
    for (let i = 0; i < a.length; i++)
        if (left[i] !== right[i] && !(a[i] !== a[i] && b[i] !== b[i]) && !(a[i] === 0 && b[i] === 0))
            count++;
    return count;
}

// Vertices on a small grid: many coincide, many triangles are flat in space or in the map, edges
// have many triangles, maps are mirrored.
function grid(vertices, triangles, size, mapSize, ways, special) {
    const mesh = { positions: new Float32Array(vertices * 3), normals: new Float32Array(vertices * 3),
        uvs: new Float32Array(vertices * 2), indices: new Uint32Array(triangles * 3) };
    mesh.positions.forEach((_, i) => { mesh.positions[i] = random(size) - (size >> 1); });
    mesh.uvs.forEach((_, i) => { mesh.uvs[i] = random(mapSize) / 4; });
    for (let i = 0; i < vertices; i++) {
        const way = random(ways);
        const normal = way < 3 ? [+(way === 0), +(way === 1), +(way === 2)] : [unit(), unit(), unit()];
        const length = Math.hypot(...normal) || 1;
        for (let k = 0; k < 3; k++) mesh.normals[i * 3 + k] = normal[k] / length;
    }
    for (let i = 0; i < mesh.indices.length; i++) mesh.indices[i] = random(vertices);
    const kinds = ['positions', 'normals', 'uvs'];
    for (let n = 0; n < special; n++) {
        const array = mesh[kinds[random(3)]];
        array[random(array.length)] = [NaN, 1e-30, -1e-42, 1e18, -1e30, 3e38, 0, -0][random(8)];
    }
    return mesh;
}

// A bumpy sheet with a smooth map, some of it mirrored, turned about or crushed.
function sheet(size, bump) {
    const vertices = (size + 1) ** 2, indices = [];
    const mesh = { positions: new Float32Array(vertices * 3), normals: new Float32Array(vertices * 3),
        uvs: new Float32Array(vertices * 2) };
    const mirrored = random(2), turned = random(3), crushed = random(4);
    for (let y = 0, i = 0; y <= size; y++)
        for (let x = 0; x <= size; x++, i++) {
            mesh.positions.set([x + bump * unit(), y + bump * unit(), bump * unit()], i * 3);
            const normal = [bump * unit(), bump * unit(), 1], length = Math.hypot(...normal);
            mesh.normals.set(normal.map((part) => part / length), i * 3);
            let u = mirrored ? Math.abs(x - size / 2) : x, v = y;
            if (turned === 1) [u, v] = [u * Math.cos(y) - v * Math.sin(x), u * Math.sin(y) + v];
            if (crushed === 1 && y > size / 2) v = size / 2;
            mesh.uvs.set([u / size, v / size], i * 2);
        }
    for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
            const a = y * (size + 1) + x, c = a + size + 1;
            indices.push(a, a + 1, c + 1, a, c + 1, c);
        }
    for (let n = random(8); n > 0; n--) { // triangles in any order
        const i = random(indices.length / 3) * 3, j = random(indices.length / 3) * 3;
        for (let k = 0; k < 3; k++) [indices[i + k], indices[j + k]] = [indices[j + k], indices[i + k]];
    }
    mesh.indices = Uint32Array.from(indices);
    return mesh;
}

// Many triangles around one vertex, their tangents all ways.
function fan(blades, kind) {
    const mesh = { positions: new Float32Array(blades * 3 + 6), normals: new Float32Array(blades * 3 + 6),
        uvs: new Float32Array(blades * 2 + 4), indices: new Uint32Array(blades * 3) };
    for (let i = 0; i <= blades; i++) {
        const angle = 6.283185307179586 * i / blades;
        mesh.positions.set([Math.cos(angle), Math.sin(angle), kind === 2 ? unit() : 0], i * 3 + 3);
        mesh.uvs.set(kind === 0 ? [i / blades, 1] : kind === 1 ? [i & 1, i >> 1 & 1]
            : [Math.round(Math.cos(2 * angle)), Math.round(Math.sin(2 * angle))], i * 2 + 2);
    }
    for (let i = 0; i < blades + 2; i++) mesh.normals[i * 3 + 2] = 1;
    for (let i = 0; i < blades; i++) mesh.indices.set([0, i + 1, i + 2], i * 3);
    return mesh;
}

function scaled(mesh, factor) {
    return { ...mesh, positions: mesh.positions.map((part) => part * factor) };
}

async function main() {
    if (!existsSync(new URL('../build/node_modules/mikktspace', import.meta.url))) {
        console.log('skipped: npm mikktspace is not installed');
        return;
    }
    const path = require.resolve('../build/node_modules/mikktspace');
    let module, refused = 0;
    // It recurses without end where some coordinates are infinite or overflow; then a new one.
    const generate = ({ positions, normals, uvs }) => {
        try {
            return require(path).generateTangents(positions, normals, uvs);
        } catch {
            delete require.cache[path];
            refused++;
            return undefined;
        }
    };
    const compare = (name, mesh) => {
        const flat = corners(mesh);
        const expected = generate(flat);
        if (!expected) return;
        const indexed = ours(module, mesh);
        const single = ours(module, { ...flat, indices: undefined });
        const different = indexed ? differences(indexed, expected) : -1;
        check(different === 0, `${name}: ${different} of ${expected.length} floats differ`);
        check(single && differences(single, expected) === 0, `${name}, not indexed`);
    };
    const fresh = async () => {
        module = await open('tangents', ['src/mesh/mesh_tangents.c']);
    };
    await fresh();
    for (let round = 0; round < 1500; round++) {
        const size = 2 + random(5), special = round % 5 === 4 ? 1 + random(6) : 0;
        compare(`grid ${round}`, withLastTriangle(grid(3 + random(40), 1 + random(60), size,
            1 + random(6), 1 + random(5), special)));
        if (round < 200) compare(`sheet ${round}`, withLastTriangle(sheet(2 + random(8), round % 4 / 4)));
        if (round < 60) compare(`fan ${round}`, withLastTriangle(fan(3 + round, round % 3)));
        if (round % 500 === 499) await fresh(); // its memory only grows
    }
    const shape = withLastTriangle(sheet(9, 0.4));
    for (const factor of [1e-4, 1, 1e4, 2 ** -30, 2 ** 30])
        compare(`scale ${factor}`, scaled(shape, factor));
    for (const name of process.argv.includes('--all') ? ['blender', 'dragon'] : ['blender']) {
        const mesh = benchMesh(name);
        if (mesh) compare(name, mesh);
    }
    console.log(`MikkTSpace itself did not come back from ${refused} meshes`);
}
await main();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
