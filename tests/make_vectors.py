#!/usr/bin/env python3
"""Assemble the BJSON test vectors: small files, valid and invalid, with what is expected of them.

    make_vectors.py            writes tests/vectors/
    make_vectors.py --check    says whether what is there is what would be written

tests/vectors/NAME.bjson is a file. A valid one has its meaning beside it in NAME.json, in the JSON
form that src/scene/bjson_json.h describes; a file starting with bad_ has its error and the offset
of it in expected.json. Files come from tests/bjson_assembler.py, from the meaning and options that
say how it is laid out; an invalid file is a valid one with some bytes replaced, at places that the
assembler gave a label.
"""
import base64
import json
import pathlib
import sys

from bjson_assembler import NONE, TYPES, File, reversed_layout, struct_layout, u32, u64

FOLDER = pathlib.Path(__file__).resolve().parent / "vectors"

# ---- valid files ----

def one(properties=None, name="A", kind="Object", **more):
    first = {"type": kind, "name": name}
    return {**first, **more, "properties": dict(sorted((properties or {}).items(),
                                                       key=lambda p: p[0].encode()))}


def file(*ids, **more):
    crc = {"crc": True} if more.pop("crc", None) else {}
    return {"bjson": 2, **crc, "ids": list(ids), **more}


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def vector(name, *data):
    return {"$vector": name, "data": list(data)}


def array(name, data, n=1, form="$array"):
    return {form: name, **({"n": n} if n > 1 else {}), "data": list(data)}


def large(name, data, n=1):
    return array(name, data, n, "$large")


def nested(depth, inner):
    for i in range(depth):
        inner = [inner] if i % 2 else {"a": inner}
    return inner


EXTREMES = {"u8": [0, 255], "u16": [0, 65535], "u32": [0, NONE], "u64": [0, "18446744073709551615"],
            "i8": [-128, 127], "i16": [-32768, 32767], "i32": [-2 ** 31, 2 ** 31 - 1],
            "i64": ["-9223372036854775808", "9223372036854775807"],
            "f16": [-0.0, 5.9604645e-08, 65504.0, "NaN", "-Infinity"],
            "f32": [-0.0, 1e-45, 3.4028235e38, "NaN", "Infinity"],
            "f64": [-0.0, 5e-324, 1.7976931348623157e308, "NaN", "-Infinity"],
            "ref": [1, None, 0, 1]}
EVERYTHING = {
    "array": array("f32", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), "bool": True,
    "bytes": {"$bytes": b64(b"\0\1\2\xff")}, "f64": 2.5, "i64": -7, "large": large("u16", range(5)),
    "list": [1, "two", [3.0], {"four": 4}], "map": {"inner": {"deep": None}, "x": 1.5},
    "null": None, "reference": {"$ref": 0}, "string": "text", "time": {"$time": "1700000000000000000"},
    "u64": {"$u64": "18446744073709551615"}, "vector": vector("f32", 1.0, 2.0, 3.0)}
SCENE = [one({"location": vector("f32", 1.0, 2.0, 3.0), "mesh": {"$ref": 1}}, "Cube", time="5"),
         one({"positions": large("f32", [float(i) for i in range(9)], 3)}, "Mesh", "Mesh"),
         one({"list": [{"$ref": 0}, "x"], "map": {"m": {"$ref": 2}}, "text": "hello"}, "C", "Scene")]


def meta():
    soft = {"default": 1.0, "label": "Mass", "max": 100.0, "min": 0.0, "unit": "kg",
            "items": ["light", "heavy"], "since": 3}
    soft = dict(sorted(soft.items()))
    return {"external": [{"file": "lib.bjson", "name": "Tree", "row": 1}],
            "properties": {"Object": {"mass": soft}}}


def valid():
    """name, meaning, options"""
    yield "empty", file(), {}
    yield "id_bare", file(one(name="")), {}
    yield "name_255", file(one(name="\u00e9" * 127 + "!")), {}
    yield "name_utf8", file(one(name="\u65b9\U0001f600\u00df")), {}
    yield "names_equal", file(one(name="A"), one(name="A"), one(name="A", kind="Mesh")), {}
    for size in (1, 4, 5, 12, 13):
        yield f"name_{size}", file(one({"x": 1}, "n" * size)), {}
    yield "types", file(*[one(name=t, kind=t) for t in TYPES], one(kind=16), one(kind=128),
                        one(kind=255)), {}
    yield "null", file(one({"x": None})), {}
    yield "bool", file(one({"no": False, "yes": True})), {}
    yield "i64", file(one({"a": 0, "b": -1, "c": 2 ** 53 - 1, "d": -(2 ** 53 - 1),
                           "e": {"$i64": str(2 ** 53)}, "f": {"$i64": str(2 ** 63 - 1)},
                           "g": {"$i64": str(-2 ** 63)}})), {}
    yield "u64", file(one({"a": {"$u64": "0"}, "b": {"$u64": str(2 ** 64 - 1)}})), {}
    yield "time", file(one({"a": {"$time": "0"}, "b": {"$time": "-1"},
                            "c": {"$time": "1700000000123456789"}})), {}
    numbers = [0.0, -0.0, 1.0, -1.5, 0.1, 1e21, 1e-7, 123456789012345680.0, 5e-324,
               2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 1e23,
               {"$f64": "NaN"}, {"$f64": "Infinity"}, {"$f64": "-Infinity"}]
    yield "f64", file(one({f"n{i:02}": x for i, x in enumerate(numbers)})), {}
    yield "f64_list", file(one({"all": numbers})), {}
    texts = ["", "a", "\0", "caf\u00e9", "\U0001f600", "\"\\/\b\f\n\r\t\x1f\x7f", "x" * 300]
    yield "strings", file(one({f"s{i}": s for i, s in enumerate(texts)})), {}
    yield "bytes", file(one({"a": {"$bytes": ""}, "b": {"$bytes": b64(range(7))}})), {}
    yield "references", file(one({"none": {"$ref": None}, "self": {"$ref": 0}, "on": {"$ref": 2}}),
                             one(), one({"back": {"$ref": 0}, "same": {"$ref": 0}})), {}
    for name, data in EXTREMES.items():
        mine = [1, None, 0, 1] if name == "ref" else data
        yield f"vector_{name}", file(one({"v": vector(name, *mine)}), one()), {}
        yield f"array_{name}", file(one({"a": array(name, mine)}), one()), {}
        yield f"large_{name}", file(one({"a": large(name, mine)}), one()), {}
    yield "vector_n", file(one({f"v{n:02}": vector("u8", *range(n)) for n in (1, 2, 3, 63, 64)})), {}
    yield "vector_64_f64", file(one({"v": vector("f64", *[float(i) for i in range(64)])})), {}
    yield "array_n", file(one({"a": array("i16", range(12), 4), "b": array("u8", [], 5),
                               "c": array("u8", range(200), 100)})), {}
    yield "large_n", file(one({"a": large("i16", range(12), 4), "b": large("u8", [], 65535),
                               "c": large("u8", range(200), 100), "d": large("f32", [], 3)})), {}
    yield "large_gaps", file(one({k: large("u8", range(n)) for k, n in
                                  (("a", 1), ("b", 0), ("c", 17), ("d", 16), ("e", 15))})), {}
    yield "everything", file(one(EVERYTHING)), {}
    yield "everything_listed", file(one({"all": list(EVERYTHING.values())})), {}
    yield "map_empty", file(one({"m": {}})), {}
    yield "map_in_map", file(one({"a": {"b": {"c": {"d": 1, "e": "s"}, "f": 2.5}}, "g": True})), {}
    yield "map_dollar", file(one({"m": {"$$": 1, "$$a": 2, "b": 3}})), {}
    yield "map_same_shape", file(one({"a": {"x": 1}, "b": {"x": 2}}), one({"x": 3})), {}
    yield "list_empty", file(one({"l": []})), {}
    yield "list_sizes", file(one({f"l{n}": list(range(n)) for n in (1, 2, 3)})), {}
    yield "list_vectors", file(one({"l": [vector("f64", 1.0, 2.0), vector("u8", 1), True, None,
                                          vector("f32", *[0.5] * 16)]})), {}
    yield "list_references", file(one({"l": [{"$ref": 1}, {"$ref": None}, vector("ref", 1, 0),
                                             array("ref", [0, 1]), large("ref", [1, None])]}),
                                  one()), {}
    yield "depth_32", file(one({"a": nested(32, 7)})), {}
    yield "keys_order", file(one({k: 1 for k in ("", "A", "B", "a", "aa", "\u00e9", "\u65b9")}),
                             one({"B": 2, "\U0001f600": 1})), {}
    yield "key_long", file(one({"k" * 300: 1})), {}
    yield "fields_257", file(one({f"k{i:03}": bool(i & 1) for i in range(257)})), {}
    yield "layout_mixed", file(one({"a": True, "b": 1, "c": vector("u16", 1), "d": None,
                                    "e": {"$ref": 0}, "f": vector("u8", 1, 2, 3), "g": 2.5})), {}
    unknown = {"$tag": 0x0B, "subtype": 0x07, "n": 3, "bytes": b64(range(24))}
    yield "unknown_inline", file(one({"a": True, "u": unknown,
                                      "v": {"$tag": 0x7F, "subtype": 0, "n": 0, "bytes": b64(b"!")}
                                      })), {}
    heap = {"$tag": 0x85, "subtype": 0, "n": 0, "bytes": b64(b"unknown")}
    yield "unknown_heap", file(one({"a": "x", "u": heap,
                                    "v": {"$tag": 0x8F, "subtype": 9, "n": 5, "bytes": ""}})), {}
    big = {"$tag": 0x91, "subtype": 0x0E, "n": 2, "bytes": b64(range(16))}
    yield "unknown_large", file(one({"u": big, "v": {**big, "$tag": 0x9F}})), {}
    slot = {"$tag": 0x10, "subtype": 0x04, "n": 0, "bytes": b64(b"12345678")}
    yield "unknown_listed", file(one({"l": [slot, heap, big, 1]})), {}
    subtype = {"$tag": 0x92, "subtype": 0x15, "n": 1, "bytes": b64(range(6))}
    yield "unknown_subtype", file(one({"u": subtype})), {}
    yield "unknown_subtypes", file(one({
        "a": {"$array": 0x30, "n": 3, "base64": b64(range(6))},
        "l": {"$large": 0xFF, "base64": b64(range(16))},
        "v": {"$vector": 0x0C, "base64": b64(b"ab")}})), {}
    yield "unknown_references", file(one({
        "u": {"$tag": 0x93, "subtype": 0x12, "n": 2, "data": [1, None]},
        "v": {"$tag": 0x09, "subtype": 0x12, "n": 9, "bytes": b64(b"\7\0\0\0")}}), one()), {}
    yield "unknown_chunks", file(one(), chunks=[{"kind": "thmb", "bytes": b64(range(5))},
                                                {"kind": "zzz ", "bytes": ""}]), {}
    yield "chunk_kinds", file(one(), chunks=[
        {"kind": int.from_bytes(b"a\0\0\0", "little"), "bytes": b64(b"1")},
        {"kind": int.from_bytes(b"z\xff\x80\xfe", "little"), "bytes": b64(b"22")},
        {"kind": int.from_bytes(b"k\x7f  ", "little"), "bytes": ""},
        {"kind": "a\"\\~", "bytes": b64(b"333")}, {"kind": "b   ", "bytes": ""}]), {}
    yield "times_flags", file(one(time="1"), one(time="-9223372036854775808", flags=0x80),
                              one(flags=0xFC)), {}
    yield "deleted", file(one(), {"type": "Mesh", "deleted": True, "time": "9"},
                          one({"gone": {"$ref": 1}})), {}
    yield "external", file(one({"to": {"$ref": 1}}), {"type": "Object", "external": True},
                           {"type": 200, "external": True, "flags": 4}), {}
    yield "deleted_only", file({"type": "Object", "deleted": True}), {}
    yield "deleted_external", file({"type": 255, "deleted": True, "external": True, "time": "-1",
                                    "flags": 0xFC}), {}
    yield "meta", file(one({"mass": 2.0}), meta=meta()), {}
    yield "meta_empty", file(meta={}), {}
    yield "meta_no_reference", file(one(), meta={"r": {"$ref": None}, "v": vector("ref", None)}), {}
    yield "meta_depth_32", file(meta={"a": nested(32, 7)}), {}
    yield "meta_crc", file(one({"mass": 2.0}), meta=meta(), crc=True), {}
    yield "meta_types", file(one(), meta={k: v for k, v in EVERYTHING.items()
                                          if k not in ("large", "reference")}), {}
    yield "crc", file(*SCENE, crc=True), {}
    yield "crc_chunks", file(one(), crc=True, chunks=[{"kind": "thmb", "bytes": b64(range(40))}]), {}
    yield "hash", file(*SCENE), {"seals": [b"hash"]}
    yield "sign", file(*SCENE), {"seals": [b"sign"]}
    yield "hash_sign_crc", file(*SCENE, crc=True), {"seals": [b"hash", b"sign"]}
    yield "hash_other", file(one()), {"extra": [(b"hash", u32(2, 9) + bytes(5)), (b"sign", u32(9, 9))]}
    yield "sign_twice", file(one()), {"extra": [(b"sign", u32(1, 7) + bytes(40)),
                                                (b"sign", u32(1, 8) + bytes(40))]}
    yield "streamed", file(*SCENE), {"streamed": True}
    yield "streamed_empty", file(), {"streamed": True}
    yield "streamed_crc", file(*SCENE, crc=True, meta=meta()), {"streamed": True}
    yield "streamed_sealed", file(*SCENE), {"streamed": True, "seals": [b"hash", b"sign"]}
    yield "holes", file(*SCENE), {"holes": 20}
    yield "holes_crc", file(*SCENE, crc=True), {"holes": 32}
    yield "rows_out_of_order", file(*SCENE), {"order": [2, 0, 1]}
    yield "tables_first", file(*SCENE), {"tables": "first"}
    yield "tables_mixed", file(*SCENE), {"tables": "RSK"}
    yield "layout_struct", file(one(EVERYTHING)), {"layout": struct_layout}
    yield "layout_reversed", file(one(EVERYTHING), one({"a": True, "b": 1})), {
        "layout": reversed_layout}
    yield "heap_gaps", file(one(EVERYTHING)), {"gap": 3}
    yield "heap_slack", file(one(EVERYTHING)), {"slack": 24}
    yield "refs_spare", file(*SCENE), {"refs": [2, 2, NONE]}
    yield "keys_spare", file(*SCENE), {"keys": ["", "aaa", "zzz"]}


# ---- invalid files ----

def patched(base, *changes, crc=True):
    """A file with bytes replaced: label or offset, what to put there."""
    for at, data in changes:
        at = base.labels[at] if isinstance(at, str) else at
        base.bytes[at:at + len(data)] = data
    if crc:
        base.fix_crc()
    return base


def invalid():
    """name, bytes, error, offset"""
    def scene(**options):
        return File(file(*SCENE, **{k: options.pop(k) for k in ("crc", "meta") if k in options}),
                    **options)

    def with_(properties, *more, **options):
        return File(file(one(properties), *more), **options)

    def bad(name, base, at, *changes, error="FORMAT", plus=0, crc=True):
        patched(base, *changes, crc=crc)
        at = base.labels[at] if isinstance(at, str) else at
        return "bad_" + name, bytes(base.bytes), error, at + plus

    def cut(name, size, error="TRUNCATED", at=None, **options):
        base = scene(**options)
        return "bad_" + name, bytes(base.bytes[:size]), error, len(base.bytes[:size]) if at is None else at

    # the header
    yield cut("nothing", 0, "FORMAT", 0)
    yield cut("seven_bytes", 7, "FORMAT", 0)
    yield bad("magic", scene(), 0, (4, b"\n"))
    yield cut("header_short", 40)
    yield bad("header_crc", scene(), 60, (60, b"\0\0\0\0"), error="CHECKSUM", crc=False)
    yield bad("header_bit", scene(), 60, (33, b"\x01"), error="CHECKSUM", crc=False)
    yield bad("format_3", scene(), 8, (8, b"\3\0"), error="UNSUPPORTED")
    yield bad("header_size", scene(), 8, (10, b"\x80\0"), error="UNSUPPORTED")
    yield bad("flags", scene(), 12, (12, b"\x0c"), error="UNSUPPORTED")
    yield cut("file_short", -16)
    base = scene()
    yield "bad_file_long", bytes(base.bytes) + bytes(16), "FORMAT", 16
    base = scene()
    base.bytes += bytes(8)
    yield bad("file_not_chunks", base, 16, (16, u64(len(base.bytes))))
    yield bad("refs_pointer", scene(), 24, (24, u64(72)))
    yield bad("refs_pointer_far", scene(), 24, (24, u64(2 ** 63)))
    yield bad("keys_pointer", scene(), 40, (40, u64(64)))
    yield bad("shapes_pointer", scene(), 48, (48, u64(0)))
    yield bad("table_length", scene(), "KEYS.length", ("KEYS.length", u64(2 ** 40)))
    yield bad("refs_rows", scene(), 32, (32, u32(4)))
    # streamed
    yield bad("stream_header", scene(streamed=True), 20, (20, b"\1"))
    yield cut("stream_no_end", -64, streamed=True)
    base = scene(streamed=True)
    yield bad("stream_crc", base, len(base.bytes) - 4, (len(base.bytes) - 4, b"\0\0\0\0"),
              error="CHECKSUM", crc=False)
    yield bad("stream_size", scene(streamed=True), "size", ("size", u64(4096)), error="TRUNCATED",
              plus=48)
    yield bad("stream_refs", scene(streamed=True), "refs", ("refs", u64(64)))
    base = scene(streamed=True, extra=[(b"END ", bytes(48))])
    yield bad("end_twice", base, len(base.bytes) - 128)
    yield bad("end_unstreamed", scene(extra=[(b"END ", bytes(48))]), "END .chunk")
    # keys
    base = scene()
    yield bad("keys_no_nul", base, "KEYS.end", (base.labels["KEYS.end"] - 1, b"x"), plus=-1)
    yield bad("keys_fewer", scene(), "KEYS.end", (36, u32(99)))
    yield bad("keys_more", scene(), "KEYS.list", (36, u32(0)))
    yield bad("keys_order", with_({"a": 1, "b": 2}), "KEYS.b", ("KEYS.a", b"c"))
    yield bad("keys_twice", with_({"a": 1, "b": 2}), "KEYS.b", ("KEYS.a", b"b"))
    yield bad("keys_utf8", with_({"ab": 1}), "KEYS.ab", ("KEYS.ab", b"a\xff"), error="UTF8", plus=1)
    yield bad("keys_surrogate", with_({"abc": 1}), "KEYS.abc", ("KEYS.abc", b"\xed\xa0\x80"),
              error="UTF8")
    # shapes
    yield bad("shapes_count", scene(), "SHAP.payload", (56, u32(2 ** 30)))
    yield bad("shapes_fewer", scene(), "SHAP.payload", (56, u32(1)), plus=4)
    yield bad("shapes_fewer_even", scene(), "SHAP.payload", (56, u32(2)))
    yield bad("shapes_index_pad", with_({"a": 1}), "SHAP.payload", ("SHAP.payload", u32(8, 1)), plus=4)
    yield bad("shapes_index", with_({"a": 1}), "SHAP.payload", ("SHAP.payload", u32(16)))
    yield bad("shape_fields", with_({"a": 1}), "SHAP.0", ("SHAP.0", u32(9)))
    yield bad("shape_behind", with_({"a": 1}), "SHAP.0.a", ("SHAP.0", u32(0)))
    for name, properties, field, place, data, plus in (
            ("key", {"ab": 1}, "ab", 0, u32(1), 0), ("key_far", {"a": 1}, "a", 0, u32(2), 0),
            ("null_subtype", {"a": None}, "a", 5, b"\4", 5),
            ("null_n", {"a": None}, "a", 6, b"\1", 5),
            ("subtype_none", {"a": vector("u8", 1)}, "a", 5, b"\0", 5),
            ("vector_n_0", {"a": vector("u8", 1)}, "a", 6, b"\0\0", 6),
            ("vector_n_65", {"a": vector("u8", 1)}, "a", 6, b"\x41\0", 6),
            ("array_n_0", {"a": array("u8", [1])}, "a", 6, b"\0\0", 6),
            ("size", {"a": 1}, "a", 12, u32(4), 12),
            ("size_0", {"u": {"$tag": 0x20, "subtype": 0, "n": 0, "bytes": b64(b"1")}}, "u", 12,
             u32(0), 12),
            ("misaligned", {"a": 1, "b": 2}, "a", 8, u32(4), 8),
            ("outside", {"a": 1}, "a", 8, u32(8), 8),
            ("outside_far", {"a": 1}, "a", 8, u32(0xFFFFFFF8), 8)):
        base = with_(properties)
        at = base.labels[f"SHAP.0.{field}"]
        yield bad("field_" + name, base, at, (at + place, data), plus=plus)
    base = with_({"a": 1})
    yield bad("field_tag_A0", base, "SHAP.0.a", (base.labels["SHAP.0.a"] + 4, b"\xa0"), plus=4,
              error="UNSUPPORTED")
    base = with_({"a": 1, "b": 2})
    yield bad("field_overlap", base, "SHAP.0.b", (base.labels["SHAP.0.b"] + 8, u32(0)), plus=8)
    base = with_({"a": 1, "b": 2})
    yield bad("field_order", base, "SHAP.0.b", ("SHAP.0.a", u32(2)), ("SHAP.0.b", u32(0)))
    base = with_({"a": 1, "b": 2})
    yield bad("field_twice", base, "SHAP.0.b", ("SHAP.0.b", u32(0)))
    base = with_({f"k{i:03}": True for i in range(257)}, layout=reversed_layout)
    yield bad("fields_257_free", base, "SHAP.0", plus=8)
    # chunks
    yield bad("chunk_far", scene(), "0.length", ("0.length", u64(2 ** 62)))
    yield bad("chunk_padding", with_({"a": 1}), "KEYS.end", ("KEYS.end", b"\1"))
    yield bad("chunk_unknown", scene(extra=[(b"Thmb", b"")]), "Thmb.chunk", error="UNSUPPORTED")
    yield bad("chunk_unknown_0", scene(extra=[(b"hole", b"")]), "hole.chunk",
              ("hole.chunk", b"\0ole"), error="UNSUPPORTED")
    yield bad("chunk_aux", scene(), "0.aux", ("0.aux", b"\1"))
    yield bad("chunk_aux_hole", scene(crc=True, holes=16), "hole.aux", ("hole.aux", b"\1"))
    yield bad("chunk_aux_keys", scene(), "KEYS.aux", ("KEYS.aux", b"\1"))
    yield bad("chunk_crc_keys", scene(crc=True), "KEYS.chunk", ("KEYS.aux", b"\1\2\3\4"),
              error="CHECKSUM")
    yield bad("keys_second", scene(extra=[(b"KEYS", b"")]), "KEYS.chunk")
    base = File(file(one()), holes=48)
    at = base.labels["hole.payload"]
    yield bad("table_inside_hole", base, 24, ("KEYS.chunk", b"free"), (at, b"KEYS" + bytes(44)),
              (40, u64(at)))
    yield bad("row_no_id", scene(), "REFS.payload", ("1.chunk", b"hole"))
    # meta, hash, sign
    for name, kind, payload, plus in (
            ("hash_cut", b"hash", u32(1), -8), ("hash_size", b"hash", u32(1) + bytes(60), -8),
            ("hash_reserved", b"hash", u32(1, 1) + bytes(40), 4),
            ("hash_high", b"hash", u32(1, 0, 0, 1) + bytes(32), 12),
            ("sign_cut", b"sign", b"", -8), ("sign_size", b"sign", u32(1, 1), -8),
            ("sign_reserved", b"sign", u32(1, 1, 1, 0) + bytes(32), 8),
            ("meta_cut", b"meta", u32(0), 0), ("meta_shape", b"meta", u32(99, 0), 0),
            ("meta_zero", b"meta", u32(0, 1), 4), ("meta_record", b"meta", u32(0, 0, 0), 8)):
        yield bad(name, scene(extra=[(kind, payload)]), kind.decode() + ".payload", plus=plus)
    yield bad("hash_second", scene(extra=[(b"hash", u32(1) + bytes(44))] * 2), "hash.chunk")
    yield bad("meta_second", File(file(meta={}), extra=[(b"meta", bytes(8))]), "meta.chunk")
    yield bad("meta_large", File(file(one(), meta={"a": large("u8", [])})), "meta.a")
    yield bad("meta_reference", File(file(one(), meta={"a": {"$ref": None}})), "meta.a", ("meta.a", u32(0)))
    base = File(file(meta={"a": nested(33, 7)}))
    deepest = max((n for n in base.labels if n.startswith("meta.a") and n.endswith("@")), key=len)
    yield bad("meta_depth_33", base, deepest[:-1], error="LIMIT")
    base = File(file(meta={"a": {"$bytes": b64(b"abc")}}))
    yield bad("meta_end", base, "meta.a@", (base.labels["meta.a"] + 4, u32(2)), plus=2)
    # IDs
    yield bad("id_short", File(file(one())), "0.length", ("0.length", u64(16)))
    base = scene(extra=[(b"ID  ", b"\0\2\0")])
    yield bad("id_3_bytes", base, "ID  .length")
    base = scene(extra=[(b"ID  ", b"\0\2\0" + b"x" * 40)])
    yield bad("id_name_endless", base, "ID  .payload", plus=3)
    base = scene(extra=[(b"ID  ", b"\0\2\0" + b"x" * 256 + b"\0" + bytes(60))])
    yield bad("id_name_256", base, "ID  .payload", plus=3)
    yield bad("id_name_utf8", scene(), "0.name", ("0.name", b"Cu\xc3e"), error="UTF8", plus=2)
    yield bad("id_version", scene(), "0.type", ("0.type", b"\0\3"), error="UNSUPPORTED", plus=1)
    yield bad("id_name_padding", File(file(one(name="AB"))), "0.name_end", ("0.name_end", b"\1"))
    yield bad("id_properties_odd", scene(), "0.P", ("0.P", u32(6)))
    yield bad("id_properties_far", scene(), "0.P", ("0.P", u32(0xFFFFFFFC)))
    base = scene()
    yield bad("id_shape", base, "0.P", (base.labels["0.P"] + 4, u32(99)), plus=4)
    base = scene()
    yield bad("id_reference_count", base, "0.R", (base.labels["0.R"] + 4, u32(2 ** 30)), plus=4)
    yield bad("id_row", scene(), "0.R", ("0.R", u32(3)))
    yield bad("id_row_other", scene(), "REFS.1", ("0.R", u32(1)))
    base = scene()
    yield bad("id_type_differs", base, "REFS.0", (base.labels["REFS.0"] + 20, b"\1"), plus=20)
    base = scene()
    yield bad("id_row_version", base, "REFS.0", (base.labels["REFS.0"] + 22, b"\1"), plus=20)
    base = scene()
    yield bad("id_reference_far", base, "0.R", (base.labels["0.R"] + 8, u32(3)), plus=8)
    yield bad("id_R_padding", scene(), "0.R_end", ("0.R_end", b"\1"))
    yield bad("id_crc", scene(crc=True), "1.payload", ("1.end", b""), ("1.L", b"\1"),
              error="CHECKSUM")
    base = scene()
    yield bad("id_row_deleted", base, "REFS.1", ("REFS.1", u64(0)))
    # values
    yield bad("record_short", with_({}, one({"a": 1, "b": 2})), "0.record",
              (File(file(one({}), one({"a": 1, "b": 2}))).labels["0.P"] + 4, u32(1)))
    yield bad("record_gap", with_({"a": True, "b": 1}, layout=struct_layout), "0.record",
              (File(file(one({"a": True, "b": 1})), layout=struct_layout).labels["0.a"] + 1, b"\1"))
    yield bad("null_1", with_({"a": None}), "0.a", ("0.a", b"\1"))
    yield bad("bool_2", with_({"a": True}), "0.a", ("0.a", b"\2"))
    yield bad("reference_slot", with_({"a": {"$ref": 0}}), "0.a", ("0.a", u32(1)))
    yield bad("reference_vector", with_({"a": vector("ref", 0, 0)}), "0.a", ("0.a", u32(0, 1)), plus=4)
    base = with_({"a": array("ref", [0, 0])})
    yield bad("reference_array", base, "0.a@", ("0.a@", u32(0, 5)), plus=4)
    yield bad("reference_large", with_({"a": large("ref", [0, 0])}), "0.L", ("0.L", u32(0, 5)), plus=4)
    yield bad("string_utf8", with_({"a": "abcdefghij"}), "0.a@", ("0.a@", b"abcdefgh\xe2\x82"),
              error="UTF8", plus=8)
    yield bad("string_overlong", with_({"a": "ab"}), "0.a@", ("0.a@", b"\xc0\x80"), error="UTF8")
    base = with_({"a": "ab"})
    yield bad("string_no_nul", base, "0.a@", (base.labels["0.a@"] + 2, b"c"), plus=2)
    base = with_({"a": "ab"})
    yield bad("string_far", base, "0.a", (base.labels["0.a"] + 4, u32(2 ** 31)))
    yield bad("heap_offset_far", with_({"a": "ab"}), "0.a", ("0.a", u32(0xFFFFFFFF)))
    base = with_({"a": "ab", "b": "cd"})
    place = base.bytes[base.labels["0.a"]:][:8]
    yield bad("heap_alias", base, "0.b", ("0.b", bytes(place)))
    yield bad("heap_before", with_({"a": "ab"}), "0.a", ("0.a", u32(8)))
    yield bad("heap_padding", with_({"a": "ab", "b": []}), "0.a@",
              (File(file(one({"a": "ab", "b": []}))).labels["0.a@"] + 3, b"\1"), plus=3)
    yield bad("heap_end_padding", with_({"a": "ab"}), "0.heap_end", ("0.heap_end", b"\1"))
    base = with_({"a": array("u8", [1]), "b": 1})
    at = base.labels["0.a@"] - base.labels["0.payload"]
    yield bad("array_misaligned", base, "0.a", ("0.a", u32(at + 8)))
    base = with_({"a": array("u16", [1, 2])})
    yield bad("array_half_row", base, "0.a", (base.labels["0.a"] + 4, u32(3)), plus=4)
    base = with_({"l": [vector("u16", 1, 2)]})
    yield bad("vector_length", base, "0.l[0]", (base.labels["0.l[0]"] + 4, u32(2)), plus=4)
    base = with_({"a": {"x": 1}})
    yield bad("map_shape", base, "0.a@", ("0.a@", u32(7)))
    base = with_({"a": {"x": 1}})
    yield bad("map_zero", base, "0.a@", (base.labels["0.a@"] + 4, b"\1"), plus=4)
    base = with_({"a": {"x": 1}})
    yield bad("map_short", base, "0.a@", (base.labels["0.a"] + 4, u32(4)))
    base = with_({"a": {"x": 1}})
    yield bad("map_record_short", base, "0.a.record", (base.labels["0.a"] + 4, u32(12)))
    base = with_({"a": {"x": "abc"}})
    yield bad("map_leaves_its_end", base, "0.a.x", (base.labels["0.a"] + 4, u32(17)))
    base = with_({"a": [1, 2]})
    yield bad("list_count", base, "0.a@", ("0.a@", u32(3)))
    base = with_({"a": [1, 2]})
    yield bad("list_count_far", base, "0.a@", ("0.a@", u32(0xFFFFFFFF)))
    base = with_({"a": [1, 2]})
    yield bad("list_pad", base, "0.a[types]", (base.labels["0.a[types]"] + 8, b"\1"), plus=8)
    base = with_({"a": [True]})
    yield bad("list_slot_pad", base, "0.a[0]", (base.labels["0.a[0]"] + 3, b"\1"), plus=3)
    base = with_({"a": [1]})
    yield bad("list_tag_A0", base, "0.a[types]", ("0.a[types]", b"\xa0"), error="UNSUPPORTED")
    base = with_({"a": [1]})
    yield bad("list_subtype", base, "0.a[types]", ("0.a[types]", b"\2\4"), plus=1)
    yield bad("list_reference", with_({"a": [{"$ref": 0}]}), "0.a[0]", ("0.a[0]", u32(1)))
    base = with_({"a": nested(33, 7)})
    deepest = max((n for n in base.labels if n.startswith("0.a") and n.endswith("@")), key=len)
    yield bad("depth_33", base, deepest[:-1], error="LIMIT")
    base = with_({"a": large("u8", range(20)), "b": large("u8", [1])})
    yield bad("large_alias", base, "0.b", ("0.b", u32(1)))
    yield bad("large_far", with_({"a": large("u8", [1])}), "0.a", ("0.a", u32(1)))
    base = with_({"a": large("f64", [1.0])})
    yield bad("large_rows", base, "0.a", (base.labels["0.a"] + 4, u32(0xFFFFFFFF)))
    base = with_({"a": large("u8", range(3)), "b": large("u8", [1])})
    yield bad("large_padding", base, "0.L", (base.labels["0.L"] + 3, b"\1"), plus=3)
    base = with_({"a": large("u8", range(3))})
    yield bad("large_tail", base, "0.L", (base.labels["0.a"] + 4, u32(2)), plus=2)


# ---- the folder ----

def make():
    files, expected = {}, {}
    for name, meaning, options in valid():
        assert name + ".bjson" not in files, name
        files[name + ".bjson"] = bytes(File(meaning, **options).bytes)
        text = json.dumps(meaning, ensure_ascii=False, separators=(",", ":"))
        files[name + ".json"] = (text + "\n").encode()
    for name, data, error, offset in invalid():
        assert name + ".bjson" not in files, name
        files[name + ".bjson"] = data
        expected[name] = {"error": "W3D_ERR_" + error, "offset": offset}
    files["expected.json"] = (json.dumps(expected, indent=1) + "\n").encode()
    return files


def main():
    files = make()
    there = {p.name: p.read_bytes() for p in FOLDER.glob("*")} if FOLDER.exists() else {}
    if "--check" in sys.argv[1:]:
        stale = sorted(n for n in files.keys() | there.keys() if files.get(n) != there.get(n))
        print("stale: " + " ".join(stale) if stale else f"{len(files)} files are fresh")
        return bool(stale)
    FOLDER.mkdir(exist_ok=True)
    for name in there.keys() - files.keys():
        (FOLDER / name).unlink()
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    bad = sum(name.startswith("bad_") for name in files)
    print(f"{sum(name.endswith('.bjson') for name in files)} files, {bad} of them invalid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
