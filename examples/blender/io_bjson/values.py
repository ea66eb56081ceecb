"""values.py - numbers, axes and custom properties, as Blender and as a BJSON file have them."""
import importlib
import pathlib
import sys

import bpy
import numpy


def load_bjson():
    """bjson.py from this folder, from the repository, or from where Python looks."""
    here = pathlib.Path(__file__).resolve().parent
    folders = [str(folder) for folder in (here, here.parents[1] / "python")
               if (folder / "bjson.py").is_file()]
    sys.path[:0] = folders
    try:
        return importlib.import_module("bjson")
    except ImportError as error:
        raise ImportError(f"io_bjson needs the files bjson*.py of examples/python in its folder: {error}")
    finally:
        del sys.path[:len(folders)]


bjson = load_bjson()
OBJECT, MESH, MATERIAL = (bjson.TYPES.index(name) for name in ("Object", "Mesh", "Material"))
AXIS = (0, 2, 1)         # which of Blender's axes a file's x, y, z are ...
SIGN = (1.0, 1.0, -1.0)  # ... and with what sign; back: the same axes, the signs of y and z swapped
BACK = (1.0, -1.0, 1.0)
ROTATIONS = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


class Problem(Exception):
    """What can't be written or read, in words for the user."""


# ---- values ----

def buffer(numbers, subtype):
    """Numbers as elements in memory; none are b"", as Python can't cast an empty view."""
    data = numpy.ascontiguousarray(numbers, dtype_of(subtype)).reshape(-1)
    return memoryview(data) if len(data) else b""


def vector(numbers, subtype="f32"):
    """A few numbers, in the record."""
    data = buffer(numbers, subtype)
    return bjson.Array(bjson.VECTOR, subtype, len(data), data)


def large(numbers, subtype, n=1):
    """A large array with rows of n."""
    return bjson.Array(bjson.LARGE, subtype, n, buffer(numbers, subtype))


def references(rows):
    return bjson.Array(bjson.ARRAY, "ref", 1, list(rows))


def dtype_of(subtype):
    return subtype[0] + str(int(subtype[1:]) // 8)


def turned(points, sign):
    """Rows of xyz with their axes changed."""
    return points.reshape(-1, 3)[:, AXIS] * numpy.array(sign, "f4")


def turned_matrix(rows, sign):
    """A 4x4 matrix, a list of rows, in the other axes."""
    axis, sign = (*AXIS, 3), (*sign, 1.0)
    return [[sign[i] * sign[j] * rows[axis[i]][axis[j]] for j in range(4)] for i in range(4)]


def by_columns(matrix):
    return [matrix[row][column] for column in range(4) for row in range(4)]


def by_rows(numbers):
    return [[float(numbers[4 * column + row]) for column in range(4)] for row in range(4)]


def get(collection, name, length, dtype="f4"):
    """`length` numbers of a collection's items, one behind the other."""
    numbers = numpy.empty(length, dtype)
    collection.foreach_get(name, numbers)
    return numbers


# ---- nodes ----

def principled(material):
    """The material's Principled node, or None."""
    if not material.use_nodes:
        return None
    return next((node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"), None)


def socket(node, *names):
    """The first input of one of these names: they differ between versions of Blender."""
    return next((node.inputs[name] for name in names if name in node.inputs), None)


# ---- custom properties ----

def custom_value(value, row_of, skipped, path):
    """One of Blender's ID properties as a BJSON value."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    kind = getattr(value, "typecode", None)
    if kind:
        subtype = {"i": "i32", "f": "f32", "d": "f64", "b": "u8"}[kind]
        numbers = value.to_list()
        if kind == "b":
            return [bool(number) for number in numbers]
        if 0 < len(numbers) <= 64:
            return vector(numbers, subtype)
        return bjson.Array(bjson.ARRAY, subtype, 1, buffer(numbers, subtype))
    if hasattr(value, "to_dict"):
        return {key: custom_value(value[key], row_of, skipped, f"{path}.{key}") for key in value.keys()}
    if isinstance(value, (list, tuple)):
        return [custom_value(item, row_of, skipped, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, bpy.types.ID):
        if value not in row_of:
            skipped.append(f"{path} refers to {value.name}, which is not in the file")
        return bjson.Ref(row_of.get(value))
    skipped.append(f"{path}: {type(value).__name__} has no BJSON form")
    return None


def custom_of(owner, row_of, skipped):
    """{"custom": ...}, or {} where there are none; what add-ons register is theirs and left out."""
    names = [name for name in owner.keys() if name != "_RNA_UI" and name not in owner.bl_rna.properties]
    custom = {name: custom_value(owner[name], row_of, skipped, f'{owner.name}["{name}"]') for name in names}
    return {"custom": custom} if custom else {}


def custom_from(value, block_of):
    """The same way back: something that can be assigned to owner[name]."""
    if isinstance(value, bjson.Array):
        if value.subtype == "ref":
            return [block_of(row) for row in value.data]
        numbers = value.numpy().reshape(-1)
        if value.subtype in ("u32", "u64", "i64") and (abs(numbers.astype("f8")) > 2**31 - 1).any():
            return numbers.astype("f8").tolist()
        return numbers.tolist()
    if isinstance(value, bjson.Ref):
        return block_of(value.row)
    if isinstance(value, dict):
        return {name: custom_from(item, block_of) for name, item in value.items()}
    if isinstance(value, list):
        items = [custom_from(item, block_of) for item in value]
        kinds = {type(item) for item in items}  # Blender's lists hold things of one kind
        if len(kinds) > 1 and not kinds <= {int, float, bool}:
            return {str(i): item for i, item in enumerate(items)}
        return items
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if -2**31 <= value < 2**31 else float(value)
    if isinstance(value, memoryview):
        return bytes(value)
    return None if isinstance(value, bjson.Unknown) else value
