"""bjson_validate.py - is this a sound BJSON file: every byte of structure checked in one pass.

    bjson_validate.check(data)          # raises bjson.Error, which says what is wrong and where

The same steps in the same order as src/scene/bjson_validate.c, so the same offsets: the header, the
tables, then the chunks in file order. Every heap has a cursor that only moves forward; a value that
begins before it would share bytes with another. Arrays of numbers are not read."""
import struct

from bjson_layout import (ARRAY, BOOL, BYTES, CRC, FIXED, KNOWN, LIST, MAP, NONE, NULL, REFERENCE, STREAMED,
                   STRING, VECTOR, MAGIC, Error, alignment, crc32c, has_subtype, inline_size, layout, up)


def check(data):
    Check(memoryview(data).cast("B")).tables_and_chunks()


class Check:
    """A file being checked: the header at once, the rest when told."""

    def __init__(self, view):
        self.view, b, size, file = view, view, len(view), self
        self.need(size >= 8 and b[:8] == MAGIC, 0, "not a BJSON file")
        self.need(size >= 64, size, "the file ends within its header", "TRUNCATED")
        self.need(crc32c(b[:60]) == file.u32(60), 60, "the header's checksum differs", "CHECKSUM")
        form, header, file.flags = struct.unpack_from("<HHI", b, 8)
        self.need((form, header) == (2, 64), 8, "another format than BJSON 2", "UNSUPPORTED")
        self.need(file.flags < 8, 12, "flags of a later version", "UNSUPPORTED")
        self.head = 0  # of the complete header: in streamed files END makes it lie elsewhere
        if file.flags & STREAMED:
            self.zero(16, 60)
            end = size - 64
            self.need(size % 16 == 0 and end >= 64 and b[end:end + 4] == b"END " and
                      file.u64(end + 8) == 48, size, "a streamed file without END", "TRUNCATED")
            self.need(crc32c(b[end + 16:-4], crc32c(b[:16])) == file.u32(size - 4), size - 4,
                      "the checksum in END differs", "CHECKSUM")
            self.head = end
        (total, refs, file.id_count, file.key_count, keys, shapes, file.shape_count) = \
            struct.unpack_from("<QQIIQQI", b, self.head + 16)
        self.need(total <= size, size, "the file is shorter than stated", "TRUNCATED")
        self.need(total == size and size % 16 == 0, self.head + 16, "the file is longer than stated")
        file.refs, refs_size = self.table(24, refs, b"REFS")
        file.keys, file.keys_size = self.table(40, keys, b"KEYS")
        file.shapes, file.shapes_size = self.table(48, shapes, b"SHAP")
        self.need(refs_size == 24 * file.id_count, self.head + 32, "REFS has another number of rows")

    def u32(self, at):
        return struct.unpack_from("<I", self.view, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.view, at)[0]

    def need(self, condition, at, text, code="FORMAT"):
        if not condition:
            raise Error(code, at, text)

    def zero(self, start, end):
        rest = len(bytes(self.view[start:end]).lstrip(b"\0"))
        self.need(not rest, end - rest, "a byte that belongs to nothing is not zero")

    def utf8(self, start, end):
        try:
            str(self.view[start:end], "utf-8")
        except UnicodeDecodeError as error:
            raise Error("UTF8", start + error.start, "a text is not valid UTF-8") from None

    def table(self, field, at, kind):
        size, file = len(self.view), self
        self.need(at % 16 == 0 and 64 <= at <= size - 16 and file.view[at:at + 4] == kind,
                  self.head + field, "the header points to something else than the table")
        self.need(file.u64(at + 8) <= size - at - 16, at + 8, "a table reaches beyond the file")
        return at + 16, file.u64(at + 8)

    def tables_and_chunks(self):
        f = self
        at, end = f.keys, f.keys + f.keys_size
        self.need(at == end or f.view[end - 1] == 0, end - 1, "the last key has no NUL")
        self.key_starts, before = set(), None
        for key in bytes(f.view[at:end]).split(b"\0")[:-1]:
            if len(self.key_starts) == f.key_count:
                break
            self.utf8(at, at + len(key))
            self.need(before is None or before < key, at, "the keys are not in ascending order")
            self.key_starts.add(at - f.keys)
            at, before = at + len(key) + 1, key
        self.need(len(self.key_starts) == f.key_count and at == end, at, "another number of keys")
        self.check_shapes(f.shapes, f.shapes_size)
        self.chunks()

    def check_shapes(self, start, size):
        f, index_end = self, 4 * self.shape_count
        at = up(index_end, 8)
        self.need(at <= size, start, "the table of shapes is cut short")
        self.zero(start + index_end, start + at)
        self.fields_of = []
        for i in range(f.shape_count):
            self.need(f.u32(start + 4 * i) == at, start + 4 * i, "a shape is not where the last ends")
            self.need(size - at >= 8, start + at, "a shape is cut short")
            count, record_size = struct.unpack_from("<II", f.view, start + at)
            at += 8
            self.need(count <= (size - at) // 16, start + at - 8, "a shape has more fields than bytes")
            fields, before = [], -1
            for place in range(start + at, start + at + 16 * count, 16):
                field = struct.unpack_from("<IBBHII", f.view, place)
                self.field(place, field, record_size)
                self.need(field[0] > before, place, "the fields are not in ascending order of keys")
                before = field[0]
                fields.append(field[1:])
            self.layout(start + at, fields)
            self.fields_of.append((fields, record_size, sum(field[4] for field in fields)))
            at += 16 * count
        self.need(at == size, start + at, "bytes follow the last shape")

    def type(self, at, tag, sub, n):
        self.need(tag < 0xA0, at, "a tag of A0 or above", "UNSUPPORTED")
        if has_subtype(tag):
            self.need(sub >= 4, at + 1, "a subtype is missing")
            self.need(n and not (tag == VECTOR and n > 64), at + 2, "an n is out of range")
        else:
            self.need(tag not in KNOWN or not (sub or n), at + 1, "a tag that has no subtype states one")

    def field(self, at, field, record_size):
        key, tag, sub, n, offset, size = field
        self.need(key in self.key_starts, at, "a field's key is not the start of a key")
        self.type(at + 4, tag, sub, n)
        self.need(size == (inline_size(tag, sub, n) or size or -1), at + 12, "a field's size is wrong")
        self.need(offset % alignment(tag, sub) == 0, at + 8, "a field is misaligned")
        self.need(offset + size <= record_size, at + 8, "a field is outside its record")

    def layout(self, at, fields):
        if [field[3] for field in fields] == layout(fields)[0]:
            return
        self.need(len(fields) <= 256, at, "a shape of over 256 fields is not laid out canonically")
        for i, (_, _, _, offset, size) in enumerate(fields):
            for _, _, _, other, other_size in fields[:i]:
                self.need(offset >= other + other_size or other >= offset + size, at + 16 * i + 8,
                          "two fields overlap in their record")

    def chunks(self):
        f, size = self, len(self.view)
        at, found, tables, streamed, once = 64, 0, 0, f.flags & STREAMED, set()
        while at < size:
            kind, aux, length = struct.unpack_from("<4sIQ", f.view, at)
            self.need(length <= size - 16 - at, at + 8, "a chunk reaches beyond the end of the file")
            payload = at + 16
            summed = f.flags & CRC and kind not in (b"ID  ", b"END ", b"hole")
            expected = crc32c(f.view[payload:payload + length]) if summed else 0
            self.need(aux == expected or expected, at + 4, "a chunk states a checksum it cannot have")
            self.need(aux == expected, at, "a chunk's checksum differs", "CHECKSUM")
            self.zero(payload + length, payload + up(length, 16))
            if kind == b"ID  ":
                found += 1
                self.id(at, length)
            elif kind in (b"KEYS", b"SHAP", b"REFS"):
                self.need(payload in (f.keys, f.shapes, f.refs), at, "a second table of its kind")
                tables += 1
            elif kind == b"END ":
                self.need(streamed and at + 64 == size, at, "an END chunk where the file does not end")
                tables += 1
            elif kind in (b"meta", b"hash", b"sign"):
                self.need(kind not in once, at, "a second meta or hash")
                once |= {kind} - {b"sign"}
                (self.meta if kind == b"meta" else self.seal)(payload, length, kind == b"hash")
            else:
                self.need(97 <= kind[0] <= 122, at, "a chunk of an unknown critical kind", "UNSUPPORTED")
            at = payload + up(length, 16)
        self.need(tables == 3 + streamed, self.head + 24, "a table lies inside another chunk")
        present = sum(f.u64(f.refs + 24 * row) != 0 for row in range(f.id_count))
        self.need(present == found, f.refs, "REFS has a row whose chunk is no ID")

    def meta(self, payload, length, _):
        self.at, self.ref_count, self.large = payload, 0, None
        self.need(length <= NONE, payload - 8, "meta is larger than its offsets reach")
        self.zero(payload + self.map(0, length, 0), payload + length)

    def seal(self, payload, length, is_hash):
        self.need(length >= 8, payload - 8, "a hash or sign is cut short")
        if self.u32(payload) == 1:  # other algorithms are accepted, with whatever they need
            self.need(length == 48, payload - 8, "a hash or sign is not 48 bytes")
            self.zero(payload + (4 if is_hash else 8), payload + 16)

    def id(self, chunk, length):
        f, at = self, chunk + 16
        self.need(length >= 4, chunk + 8, "an ID is cut short")
        name = bytes(f.view[at + 3:at + min(length, 3 + 256)])
        self.need(b"\0" in name, at + 3, "a name does not end within 255 bytes and its ID")
        name_end = 3 + name.index(b"\0")
        self.utf8(at + 3, at + name_end)
        self.need(f.view[at + 1] == 2 and f.view[at + 2] == 0, at + 1, "an ID of another version than 2",
                  "UNSUPPORTED")
        place = up(name_end + 1, 8)
        self.need(length - place >= 16, chunk + 8, "an ID is cut short")
        self.zero(at + name_end, at + place)
        size, shape = struct.unpack_from("<II", f.view, at + place)
        self.need(size % 4 == 0 and size <= length - place - 16, at + place,
                  "properties reach beyond their ID")
        self.need(shape < f.shape_count, at + place + 4, "an ID's shape is not in the table")
        refs = place + 8 + size
        row, count = struct.unpack_from("<II", f.view, at + refs)
        self.need(count <= (length - refs - 8) // 4, at + refs + 4, "references reach beyond their ID")
        self.need(row < f.id_count, at + refs, "an ID's own row is not in REFS")
        entry = f.refs + 24 * row
        self.need(f.u64(entry) == chunk, entry, "a row of REFS does not point to the ID that names it")
        self.need(bytes(f.view[entry + 20:entry + 24:2]) == bytes([f.view[at], 2]) and
                  f.view[entry + 23] == 0, entry + 20, "REFS and the ID state different types or versions")
        for i, to in enumerate(struct.unpack_from(f"<{count}I", f.view, at + refs + 8)):
            self.need(to < f.id_count or to == NONE, at + refs + 8 + 4 * i, "a reference outside REFS")
        refs_end = refs + 8 + 4 * count
        self.at, self.size, self.ref_count = at, length, count
        self.large = self.large_cursor = up(refs_end, 16)
        self.need(self.large <= length, chunk + 8, "an ID is cut short")
        self.zero(at + refs_end, at + self.large)
        self.need(not f.flags & CRC or crc32c(f.view[at:at + length]) == f.u32(entry + 16), at,
                  "an ID's checksum differs", "CHECKSUM")
        cursor = self.record(shape, place + 8, refs, 0)
        self.zero(at + cursor, at + refs)
        self.zero(at + self.large_cursor, at + length)

    # Below, cursor and end count from the payload; each gives where its heap is used up to.

    def record(self, shape, start, end, depth):
        fields, size, covered = self.fields_of[shape]
        place = self.at + start
        self.need(size <= end - start, place, "a record is cut short")
        cursor = start + size
        for tag, sub, n, offset, _ in fields:
            cursor = self.value(place + offset, tag, sub, n, cursor, end, depth)
        if covered != size:
            record = bytearray(self.view[place:place + size])
            for *_, offset, wide in fields:
                record[offset:offset + wide] = bytes(wide)
            self.need(not any(record), place, "a byte between a record's fields is not zero")
        return cursor

    def indices(self, at, size):
        for i, slot in enumerate(struct.unpack_from(f"<{size // 4}I", self.view, at)):
            self.need(slot < self.ref_count or slot == NONE, at + 4 * i, "a reference that its ID has not")

    def value(self, at, tag, sub, n, cursor, end, depth, listed=False):
        f, row = self, n << (sub & 3)
        if tag in (NULL, BOOL):
            self.need(f.view[at] <= tag, at, "a bool is not 0 or 1, or a null not 0")
        elif tag == REFERENCE:
            self.indices(at, 4)
        elif tag < 0x80 and not (listed and tag == VECTOR):
            if tag == VECTOR and sub == 18:
                self.indices(at, row)
        elif tag >= 0x90:
            self.need(self.large is not None, at, "a large array, which meta cannot have")
            offset = self.large + 16 * f.u32(at)
            size = f.u32(at + 4) * row
            self.need(offset >= self.large_cursor, at, "an array lies on another one, or out of order")
            self.need(offset + size <= self.size, at, "an array reaches beyond its ID")
            self.zero(self.at + self.large_cursor, self.at + offset)
            self.large_cursor = offset + size
            if sub == 18:
                self.indices(self.at + offset, size)
        else:
            return self.heap_value(at, tag, sub, row, cursor, end, depth)
        return cursor

    def heap_value(self, at, tag, sub, row, cursor, end, depth):
        offset, size = struct.unpack_from("<II", self.view, at)
        alignment = {STRING: 1, BYTES: 1, MAP: 8, LIST: 8, VECTOR: 8}.get(tag, 16)
        whole, place = size + (tag == STRING), self.at + offset
        self.need(offset % alignment == 0, at, "a value is misaligned")
        self.need(offset >= cursor, at, "a value lies on another one, or out of order")
        self.need(offset + whole <= end, at, "a value reaches beyond its heap")
        self.zero(self.at + cursor, place)
        if tag == STRING:
            self.need(self.view[place + size] == 0, place + size, "a string has no NUL behind it")
            self.utf8(place, place + size)
        elif tag in (VECTOR, ARRAY):
            self.need(size == row if tag == VECTOR else size % row == 0, at + 4, "not whole rows")
            if sub == 18:
                self.indices(place, size)
        elif tag in (MAP, LIST):
            self.need(depth < 32, at, "maps and lists nest more than 32 deep", "LIMIT")
            inside = self.map if tag == MAP else self.list
            self.zero(self.at + inside(offset, offset + size, depth + 1), place + size)
        return offset + whole

    def map(self, start, end, depth):
        at = self.at + start
        self.need(end - start >= 8, at, "a map is cut short")
        self.need(self.u32(at) < self.shape_count, at, "a map's shape is not in the table")
        self.zero(at + 4, at + 8)
        return self.record(self.u32(at), start + 8, end, depth)

    def list(self, start, end, depth):
        at = self.at + start
        self.need(end - start >= 8, at, "a list is cut short")
        count = self.u32(at)
        slots = up(4 + 4 * count, 8)
        self.need(slots + 8 * count <= end - start, at, "a list is cut short")
        self.zero(at + 4 + 4 * count, at + slots)
        cursor = start + slots + 8 * count
        for i in range(count):
            tag, sub, n = struct.unpack_from("<BBH", self.view, at + 4 + 4 * i)
            self.type(at + 4 + 4 * i, tag, sub, n)
            slot = at + slots + 8 * i
            if inline_size(tag, 0, 0):
                self.zero(slot + inline_size(tag, 0, 0), slot + 8)
            cursor = self.value(slot, tag, sub, n, cursor, end, depth, True)
        return cursor
