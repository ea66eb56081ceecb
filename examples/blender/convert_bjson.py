"""convert_bjson.py - the add-on io_bjson without a window.

    blender -b --factory-startup -P examples/blender/convert_bjson.py -- export scene.bjson [FILE.blend]
    blender -b --factory-startup -P examples/blender/convert_bjson.py -- import scene.bjson FILE.blend
"""
import pathlib
import sys

import bpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import io_bjson  # noqa: E402 - it lies beside this file


def main(arguments):
    """The two commands above; the exit status is 1 where nothing was read or written."""
    io_bjson.register()
    if len(arguments) < 2 or arguments[0] not in ("export", "import"):
        sys.exit(__doc__)
    try:
        if arguments[0] == "export":
            if len(arguments) > 2:
                bpy.ops.wm.open_mainfile(filepath=arguments[2])
            bpy.ops.export_scene.bjson(filepath=arguments[1])
        else:
            bpy.ops.wm.read_factory_settings(use_empty=True)
            bpy.ops.import_scene.bjson(filepath=arguments[1])
            if len(arguments) > 2:
                bpy.ops.wm.save_as_mainfile(filepath=str(pathlib.Path(arguments[2]).resolve()))
    except RuntimeError as error:  # how an operator's report({"ERROR"}) arrives
        print(str(error).strip(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else [])
