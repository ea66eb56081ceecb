#!/usr/bin/env python3
"""Write the seeds of fuzz_gltf and fuzz_json: small files that each use one corner of the format.

    make_gltf_corpus.py          writes tests/fuzz/corpus/gltf and tests/fuzz/corpus/json
    make_gltf_corpus.py --check  exits 1 where what is there differs

Everything comes out of this file: there is no random number and no outside data in it.
"""
import base64
import json
import pathlib
import struct
import sys

CORPUS = pathlib.Path(__file__).resolve().parent / "fuzz" / "corpus"
I8, U8, I16, U16, U32, F32 = 5120, 5121, 5122, 5123, 5125, 5126
SQUARE = (0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0)
CORNERS = (0, 1, 2, 0, 2, 3)
CODES = {I8: "b", U8: "B", I16: "h", U16: "H", U32: "I", F32: "f"}


def packed(kind, numbers):
    return struct.pack(f"<{len(numbers)}{CODES[kind]}", *numbers)


class File:
    """A glTF file in the making: each array becomes a buffer view of its own."""

    def __init__(self, **top):
        self.binary = b""
        self.top = {"asset": {"version": "2.0"}, "bufferViews": [], "accessors": [], **top}

    def view(self, data, stride=None):
        self.binary += bytes(-len(self.binary) % 4)
        self.top["bufferViews"].append({"buffer": 0, "byteOffset": len(self.binary),
                                        "byteLength": len(data)})
        if stride:
            self.top["bufferViews"][-1]["byteStride"] = stride
        self.binary += data
        return len(self.top["bufferViews"]) - 1

    def accessor(self, kind, shape, count, view=None, **more):
        self.top["accessors"].append({"componentType": kind, "type": shape, "count": count, **more})
        if view is not None:
            self.top["accessors"][-1]["bufferView"] = view
        return len(self.top["accessors"]) - 1

    def array(self, kind, shape, numbers, count, **more):
        return self.accessor(kind, shape, count, self.view(packed(kind, numbers)), **more)

    def mesh(self, *primitives, **more):
        self.top.setdefault("meshes", []).append({"primitives": list(primitives), **more})
        self.top.setdefault("nodes", []).append({"mesh": len(self.top["meshes"]) - 1})
        return self

    def text(self):
        top = {key: value for key, value in self.top.items() if value != []}
        return json.dumps(top, separators=(",", ":")).encode()

    def glb(self):
        if self.binary:
            self.top.setdefault("buffers", [{"byteLength": len(self.binary)}])
        text = self.text()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text
        if self.binary:
            data = self.binary + bytes(-len(self.binary) % 4)
            chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def gltf(self, uri=None):
        data = "data:application/octet-stream;base64," + base64.b64encode(self.binary).decode()
        self.top["buffers"] = [{"byteLength": len(self.binary), "uri": uri or data}]
        return self.text()


def squares():
    """A file with one square in it, and the accessors of its positions and indices."""
    file = File()
    return file, file.array(F32, "VEC3", SQUARE, 4), file.array(U16, "SCALAR", CORNERS, 6)


def gltf_files():
    for kind, name in ((U8, "u8"), (U16, "u16"), (U32, "u32")):
        file = File()
        positions = file.array(F32, "VEC3", SQUARE, 4)
        file.mesh({"attributes": {"POSITION": positions},
                   "indices": file.array(kind, "SCALAR", CORNERS, 6)})
        yield f"indices_{name}.glb", file.glb()
    for mode in range(7):
        file, positions, _ = squares()
        file.mesh({"attributes": {"POSITION": positions}, "mode": mode})
        yield f"mode_{mode}.glb", file.glb()

    file = File()
    rows = b"".join(packed(F32, (x, y, 0, 0, 0, 1, x, y)) for x in (0, 1) for y in (0, 1))
    view = file.view(rows, 32)
    file.mesh({"attributes": {"POSITION": file.accessor(F32, "VEC3", 4, view),
                              "NORMAL": file.accessor(F32, "VEC3", 4, view, byteOffset=12),
                              "TEXCOORD_0": file.accessor(F32, "VEC2", 4, view, byteOffset=24)}})
    yield "interleaved.glb", file.glb()

    file = File(extensionsUsed=["KHR_mesh_quantization"], extensionsRequired=["KHR_mesh_quantization"])
    view = file.view(packed(I16, tuple(range(16))), 8)
    colors = file.array(U8, "VEC4", tuple(range(16)), 4, normalized=True)
    file.mesh({"attributes": {"POSITION": file.accessor(I16, "VEC3", 4, view, normalized=True),
                              "COLOR_0": colors}})
    yield "quantized.glb", file.glb()

    for name, stride in (("zeros", None), ("packed", 0), ("strided", 20)):
        file = File()
        view = None
        if stride is not None:
            view = file.view(bytes(12 + 3 * (stride or 12)), stride or None)
        replace = {"count": 2, "indices": {"bufferView": file.view(packed(U16, (1, 3))), "componentType": U16},
                   "values": {"bufferView": file.view(packed(F32, (1, 2, 3, 4, 5, 6)))}}
        file.mesh({"attributes": {"POSITION": file.accessor(F32, "VEC3", 4, view, sparse=replace)}})
        yield f"sparse_{name}.glb", file.glb()

    file, positions, indices = squares()
    shared = {"attributes": {"POSITION": positions}, "indices": indices}
    file.mesh({**shared, "material": 0}, {**shared, "material": 1},
              {"attributes": {"POSITION": positions, "NORMAL": positions}}, name="m", extras={"a": [1]})
    file.top["materials"] = [
        {"name": "r", "pbrMetallicRoughness": {
            "baseColorFactor": [1, 0, 0, 0.5], "metallicFactor": 0, "roughnessFactor": 0.5,
            "baseColorTexture": {"index": 0, "texCoord": 1, "extensions": {"KHR_texture_transform": {
                "offset": [0.5, 0], "rotation": 1, "scale": [2, 2]}}}},
         "emissiveFactor": [1, 1, 0], "alphaMode": "MASK", "alphaCutoff": 0.3, "doubleSided": True,
         "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 3}}}, {"alphaMode": "BLEND"}]
    file.top["textures"] = [{"source": 0}]
    file.top["images"] = [{"bufferView": 0, "mimeType": "image/png"}, {"uri": "a%20b.png"},
                          {"uri": "data:image/png;base64,iVBORw0KGgo="}]
    yield "materials.glb", file.glb()

    file, positions, indices = squares()
    file.mesh({"attributes": {"POSITION": positions}, "indices": indices})
    file.top["nodes"] = [{"children": [2, 1], "name": "root", "translation": [1, 2, 3], "scale": [1, -1, 1]},
                         {"mesh": 0, "rotation": [0, 0.6, 0, 0.8], "extras": {"x": None}},
                         {"mesh": 0, "children": [3]},
                         {"matrix": [0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 4, 5, 6, 1]}, {}]
    file.top["scenes"] = [{"nodes": [4]}, {"nodes": [0], "name": "s", "extras": 1}]
    file.top["scene"] = 1
    yield "nodes.glb", file.glb()

    file, positions, indices = squares()
    yield "embedded.gltf", file.mesh({"attributes": {"POSITION": positions}, "indices": indices}).gltf()
    file = File()
    positions = file.array(F32, "VEC3", SQUARE, 4)
    yield "outside.gltf", file.mesh({"attributes": {"POSITION": positions}}).gltf("b%75ffer.bin")

    # What must be refused.
    yield "bad_version.gltf", b'{"asset":{"version":"1.0"}}'
    yield "bad_extension.gltf", File(extensionsRequired=["KHR_draco_mesh_compression"]).text()
    yield "bad_circle.gltf", File(nodes=[{"children": [1]}, {"children": [0]}]).text()
    yield "bad_parents.gltf", File(nodes=[{"children": [2]}, {"children": [2]}, {}]).text()
    file, positions, _ = squares()
    far = file.array(U16, "SCALAR", (0, 1, 4), 3)
    yield "bad_index.glb", file.mesh({"attributes": {"POSITION": positions}, "indices": far}).glb()
    file = File()
    many = file.accessor(F32, "VEC3", 4294967295)
    yield "bad_amplification.glb", file.mesh({"attributes": {"POSITION": many}}).glb()


def json_files():
    yield "numbers.json", (b'[0,-0,1,-1,9223372036854775807,-9223372036854775808,18446744073709551615,'
                           b'18446744073709551616,0.1,1e22,1e23,-1.7976931348623157E+308,5e-324,'
                           b'2.2250738585072011e-308,9007199254740993.0,123456789012345678901234567890e-40]')
    yield "strings.json", (b'["","\\"\\\\\\/\\b\\f\\n\\r\\t","\\u0000\\u00e9\\u20ac\\ud83d\\ude00",'
                           b'"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 long enough for eight at once"]')
    yield "nested.json", b'{"a":{"b":[{"c":[[],{},null,true,false]}]},"a":2,"":[{}]}'
    yield "spaces.json", b'\xef\xbb\xbf \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n'
    yield "deep.json", b"[" * 70 + b"]" * 70
    yield "bad_surrogate.json", b'"\\ud800x"'
    yield "bad_utf8.json", b'"\xed\xa0\x80"'
    yield "bad_comma.json", b'{"a":1,}'


def main():
    stale = 0
    for folder, files in (("gltf", gltf_files()), ("json", json_files())):
        files = dict(files)
        there = {path.name for path in (CORPUS / folder).glob("*")} if (CORPUS / folder).exists() else set()
        for name in sorted(there | set(files)):
            path = CORPUS / folder / name
            if name in files and path.exists() and path.read_bytes() == files[name]:
                continue
            stale += 1
            if sys.argv[1:] == ["--check"]:
                print(f"{path}: not what make_gltf_corpus.py makes")
            elif name in files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(files[name])
            else:
                path.unlink()
    return 1 if stale and sys.argv[1:] == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main())
