// bjson_growth.mjs - bjson.js on memories that grow; runs in node and in pages.
//
//   await growthCases(bjson, MemoryViews, module, check)      module: of bjson_growth.c
//
// Every handle is made before the first growth and asked again after each, and in the middle of
// calls: it must answer as on the first day, from the memory as it is then.

const OBJECTS = 100, FLOATS = 9000;

// Handles of all kinds on the file of bjson_growth.c, and a check of what each answers.
function hold(bjson, file, memory) {
    const ids = [0, 1, 57, 99].map((row) => file.id(row));
    const records = ids.map((id) => id.properties);
    const locations = records.map((record) => record.get('location'));
    const nested = records.map((record) => record.get('nested'));
    const mesh = file.find('mesh', 1), positions = mesh.properties.get('positions');
    const mass = file.key('mass'), parent = file.key('parent'), location = file.key('location');
    const masses = ids.map((id) => id.row * 0.5), xs = ids.map((id) => id.row);
    const before = locations.map((one) => one.data);

    // '' or what is wrong. Each time another accessor is the first to meet the grown memory.
    let turn = 0;
    const first = [() => file.u8.buffer === memory.buffer, () => file.u16.buffer === memory.buffer,
        () => file.u32.buffer === memory.buffer, () => file.i64.buffer === memory.buffer,
        () => location.number(records[1], 1) === 2, () => mass.number(records[2]) === masses[2],
        () => ids[3].name === 'object 099', () => records[1].get('hide') === true,
        () => parent.row(records[1]) === 0, () => positions.data[5] === 5,
        () => nested[1].get('count') === -1n, () => ids[1].time === 0n,
        () => file.id(1).name === 'object 001', () => file.f32.buffer === memory.buffer,
        () => file.f64.buffer === memory.buffer];
    function wrong() {
        const which = turn++ % first.length;
        if (!first[which]()) return `the first to be asked, ${which}`;
        for (let i = 0; i < ids.length; i++) {
            const row = ids[i].row, data = locations[i].data, record = records[i];
            const good = {
                array: data.buffer === memory.buffer && data.length === 3,
                location: data[0] === xs[i] && data[1] === row + 1 && data[2] === row + 2,
                name: ids[i].name === `object ${String(row).padStart(3, '0')}`,
                mass: mass.number(record) === masses[i] && record.get('mass') === masses[i],
                element: location.number(record, 2) === row + 2,
                index: file.f32[location.index(record)] === xs[i],
                parent: parent.row(record) === (row ? row - 1 : null),
                map: nested[i].get('count') === -BigInt(row),
                text: nested[i].get('text') === 'na\u00efve',
                list: record.get('list')[1] === 'na\u00efve',
                hide: record.get('hide') === (row % 2 === 1),
            };
            for (const what in good) if (!good[what]) return `row ${row}: ${what}`;
        }
        const all = positions.data;
        if (all.buffer !== memory.buffer) return 'positions: a stale array';
        if (all.length !== FLOATS) return `positions: ${all.length} elements`;
        for (let i = 0; i < FLOATS; i += 97) if (all[i] !== i) return `positions: element ${i}`;
        if (file.idCount !== OBJECTS + 1 || file.find('object 099')?.row !== 99) return 'find';
        return '';
    }
    return { wrong, masses, xs, locations, positions, before };
}

export async function growthCases(bjson, MemoryViews, module, check) {
    let held = null, looks = 0, seen = '';
    const look = () => {
        looks++;
        if (held) seen ||= held.wrong();
    };
    const { exports } = await WebAssembly.instantiate(module, { test: { look } });
    const { memory } = exports;
    const address = exports.make(), size = exports.size();
    let file = bjson.open(memory, address, size);
    const pages = () => memory.buffer.byteLength / 65536;
    held = hold(bjson, file, memory);
    check('a file in a wasm memory is read', held.wrong() === '', held.wrong());
    check('no bytes were copied', held.locations[0].data.byteOffset > address &&
        held.positions.data.buffer === memory.buffer);
    const generation = file.generation, began = pages();
    for (let i = 0; i < 20; i++) {
        const [row, which] = [[0, 0], [1, 1], [57, 2], [99, 3]][i % 4];
        const held0 = held;
        held = null; // C writes between its two growths: nothing to compare within this call
        const changed = exports.change(row, 1000 + i, -i);
        held = held0;
        held.masses[which] = 1000 + i;
        held.xs[which] = -i;
        check(`change ${i} in C is seen`, changed === 1 && held.wrong() === '', held.wrong());
        check(`and C sees it, looked at in the middle ${i}`, exports.mass(row) === 1000 + i &&
            seen === '', seen);
        held.locations[which].data[0] = held.xs[which] = i + 0.5; // and the other way
        check(`JavaScript writes in place ${i}`, exports.mass(row) === 1000 + i &&
            held.wrong() === '' && seen === '', seen);
    }
    check('the memory grew in every call', pages() >= began + 120, `${pages() - began} pages`);
    check('generations count', file.generation > generation + 20);
    check('arrays of before are gone', held.before.every((data) => data.length === 0));
    check('looks in the middle of calls', looks >= 80, String(looks));

    for (let i = 0; i < 5; i++) { // the block moves
        file.rebase(exports.move());
        check(`moved ${i}`, held.wrong() === '', held.wrong());
        exports.size();
    }
    check('looks after moving', seen === '', seen);

    const views = new MemoryViews(memory);
    file = bjson.open(views, file.offset, size);
    held = hold2(bjson, file, memory, held);
    exports.size();
    check('through MemoryViews', seen === '' && held.wrong() === '', seen || held.wrong());

    // A shared memory: growth leaves the old buffer valid but short.
    const shared = new WebAssembly.Memory({ initial: 16, maximum: 64, shared: true });
    new Uint8Array(shared.buffer).set(file.u8, 4096);
    const other = bjson.open(shared, 4096, size), name = other.id(57);
    const all = other.find('mesh').properties.get('positions');
    for (let i = 0; i < 4; i++) {
        shared.grow(8);
        check(`shared memory ${i}`, name.name === 'object 057' && all.data[8999] === 8999 &&
            name.properties.get('nested').get('text') === 'na\u00efve');
    }
    // A buffer that was given away is an error, not old bytes.
    const bytes = file.u8.slice(), lost = bjson.open(bytes.buffer), id = lost.id(3);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    let said = '';
    try {
        said = String(id.name);
    } catch (error) {
        said = error.constructor.name;
    }
    check('a transferred buffer is an error', said === 'TypeError', said);
}

// Handles made again, on the same changed values.
function hold2(bjson, file, memory, before) {
    const held = hold(bjson, file, memory);
    held.masses.splice(0, 4, ...before.masses);
    held.xs.splice(0, 4, ...before.xs);
    return held;
}
