#!/usr/bin/env bash
# Installs what a fresh Debian or Ubuntu lacks for the tests, and says so; where all is there it
# does nothing, in no time.
#
#   tests/setup.sh          for `make test`: packages of the distribution, and npm packages into
#                           build/node_modules
#   tests/setup.sh ci       and what the wider matrix needs: clang 19, WASI, the newest Emscripten
#   tests/setup.sh bench    for `make test`, and what the benches measure against
#
# Exit 0: all is there. Exit 77: something is missing still, each thing named; the tests that need
# it are to be printed as skipped. Exit 2: wrong usage. Needs root or sudo only where it has to
# install.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=${1:-test}
case $mode in
    test | ci | bench) ;;
    *)
        echo "usage: tests/setup.sh [ci|bench]" >&2
        exit 2
        ;;
esac

# "packages|why" of every need that is not met; alternatives of a package are separated by slashes.
unmet=()

# need PROBE PACKAGES WHY: the probe is a command, or a file by its full path, in which * may stand.
need() {
    case $1 in
        /*) compgen -G "$1" >/dev/null && return ;;
        *) command -v "$1" >/dev/null && return ;;
    esac
    unmet+=("$2|$3")
}

# The library of the sanitizers and the fuzzer has to be the one of the clang at hand.
need_clang_library() {
    if ! command -v clang >/dev/null ||
        ! compgen -G "$(clang -print-resource-dir)/lib/*/libclang_rt.fuzzer*.a" >/dev/null; then
        unmet+=("libclang-rt-dev/libclang-common-14-dev|clang's sanitizers and fuzzer")
    fi
}

# Where tests/web/browser.mjs looks for it.
need_browser() {
    [ -x "${CHROMIUM:-}" ] || command -v google-chrome >/dev/null ||
        need chromium chromium "runs the pages"
}

# The headers of the python3 at hand, for the extension module in examples/python/.
need_python_headers() {
    local header='import os, sysconfig as s
os.stat(s.get_paths()["include"] + "/Python.h")'
    command -v python3 >/dev/null && python3 -c "$header" 2>/dev/null ||
        unmet+=("python3-dev|the CPython example")
}

check_needs() {
    unmet=()
    need gcc gcc "the first compiler"
    need g++ g++ "the header as C++"
    need make make "the Makefile"
    need python3 python3 "amalgamate.py"
    need_python_headers
    need clang clang "the second compiler, and freestanding wasm"
    need wasm-ld lld "links wasm"
    need_clang_library
    need node nodejs "runs wasm"
    need npm npm "fetches npm packages"
    need brotli brotli "compressed sizes"
    need spin spin "checks the models of the protocols"
    need emcc emscripten "the oldest supported Emscripten"
    need_browser
    need glslangValidator glslang-tools "checks the GLSL that comes out of the translator"
    need /usr/include/EGL/egl.h libegl-dev "OpenGL without a window"
    need /usr/include/GLES3/gl3.h libgles-dev "the same"
    need "/usr/lib/*/dri/swrast_dri.so" libgl1-mesa-dri "an OpenGL in software: llvmpipe"
    need /usr/include/assimp/scene.h libassimp-dev "a second opinion on model files"
    need /usr/share/assimp/models/glTF2 assimp-testmodels "model files of every kind"
    need /usr/include/simde/wasm/simd128.h libsimde-dev "the SIMDe build"
    case $mode in
        ci)
            local library=/usr/lib/llvm-19/lib/clang/19/lib keys=/usr/share/keyrings
            need clang-19 clang-19 "today's clang"
            need wasm-ld-19 lld-19 "links its wasm"
            need llvm-objdump-19 llvm-19 "looks into wasm modules"
            need "$library/linux/*fuzzer*.a" libclang-rt-19-dev "its sanitizers and fuzzer"
            need "$library/wasi/*.a" libclang-rt-19-dev-wasm32 "wasm under WASI"
            need /usr/lib/wasm32-wasi/libc.a wasi-libc "wasm under WASI"
            need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu "the NEON backend"
            need /usr/aarch64-linux-gnu/lib/libc.a libc6-dev-arm64-cross "its C library"
            need qemu-aarch64-static qemu-user-static "runs it"
            need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 "the Win32 half"
            need /usr/lib/wine/wine64 wine64 "runs it"
            need /usr/sbin/debootstrap debootstrap "unpacks the newest Emscripten"
            need "$keys/debian-archive-keyring.gpg" debian-archive-keyring "checks what it unpacks"
            need_blender "runs the add-on"
            ;;
        bench)
            need /usr/include/meshoptimizer.h libmeshoptimizer-dev "a peer of the mesh kernels"
            need /usr/include/embree3/rtcore.h libembree-dev "the peer of the ray tracing"
            need /usr/include/CGAL/version.h libcgal-dev "a peer of the mesh kernels"
            need_blender "makes one of the meshes"
            need /usr/include/flatbuffers/flatbuffers.h libflatbuffers-dev "a peer of BJSON"
            need flatc flatbuffers-compiler "generates its code"
            need /usr/include/msgpack.h libmsgpack-dev "another"
            need /usr/include/cbor.h libcbor-dev "another"
            need "/usr/include/libbson-1.0/bson/bson.h" libbson-dev "another"
            need /usr/include/zlib.h zlib1g-dev "the peer of deflate and inflate"
            need "/usr/lib/*/libmimalloc.so.2" libmimalloc-dev "a peer of the arenas and slabs"
            need /usr/include/boost/version.hpp libboost-dev "a peer of the rings"
            need /usr/include/ck_ring.h libck-dev "another"
            need "/usr/include/*/urcu/urcu-memb.h" liburcu-dev "a peer of the snapshots"
            ;;
    esac
}

# Blender's package forgets that its importers and exporters want numpy.
need_blender() {
    need blender blender "$1"
    need /usr/lib/python3/dist-packages/numpy python3-numpy "$1"
}

# The first of the alternatives that this distribution has, or nothing. Ubuntu's packages that only
# fetch a snap do not count: a snap wants a running system.
available() {
    local package
    for package in ${1//\// }; do
        if LC_ALL=C apt-cache policy "$package" | grep Candidate: | grep -qvE 'none|snap'; then
            echo "$package"
            return
        fi
    done
}

# Installs what it can of the unmet needs; what it could not, the next check_needs finds.
install_packages() {
    local as_root=() apt entry package chosen=()
    if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
    if ! command -v apt-get >/dev/null || ! command -v "${as_root[@]:-env}" >/dev/null; then
        echo "setup: cannot install packages here: that takes apt-get, and root or sudo"
        return
    fi
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -qy --no-install-recommends -o DPkg::Lock::Timeout=600)
    echo "setup: reading the package lists"
    "${apt[@]}" update >"$log" 2>&1 ||
        echo "setup: apt-get update failed, see $log; going on with the old lists"
    for entry in "${unmet[@]}"; do
        package=$(available "${entry%%|*}")
        if [ -z "$package" ]; then
            echo "setup: no package ${entry%%|*} in this distribution"
        elif [ "$(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then
            echo "setup: $package is installed, but not in the version that is needed"
        else
            echo "setup: installing $package: ${entry#*|}"
            chosen+=("$package")
        fi
    done
    if [ ${#chosen[@]} = 0 ] || "${apt[@]}" install "${chosen[@]}" >>"$log" 2>&1; then
        return
    fi
    echo "setup: one of them will not install, see $log; trying each alone"
    for package in "${chosen[@]}"; do
        "${apt[@]}" install "$package" >>"$log" 2>&1 ||
            echo "setup: apt-get could not install $package"
    done
}

# Names the npm packages of tests/web/package.json that build/node_modules lacks or has in another
# version.
npm_lacks() {
    node -e '
        const fs = require("fs");
        const wanted = JSON.parse(fs.readFileSync("tests/web/package.json"));
        const lists = [wanted.dependencies];
        if (process.argv[1] === "bench") lists.push(wanted.devDependencies);
        for (const [name, version] of lists.flatMap(Object.entries)) {
            try {
                const have = JSON.parse(fs.readFileSync(`build/node_modules/${name}/package.json`));
                if (have.version === version) continue;
            } catch {}
            console.log(name);
        }' "$mode"
}

install_npm() {
    local omit=(--omit=dev)
    if [ "$mode" = bench ] || [ -d build/node_modules/three ]; then omit=(); fi
    echo "setup: fetching npm packages into build/node_modules: $*"
    cp tests/web/package.json tests/web/package-lock.json build/
    npm ci --prefix build --ignore-scripts --no-audit --no-fund "${omit[@]}" >>"$log" 2>&1 ||
        echo "setup: npm failed, see $log"
}

mkdir -p build
log=build/setup.log
check_needs
if [ ${#unmet[@]} != 0 ]; then
    install_packages
    check_needs
fi
missing=("${unmet[@]/|/: }")

if command -v npm >/dev/null; then
    mapfile -t packages < <(npm_lacks)
    if [ ${#packages[@]} != 0 ]; then
        install_npm "${packages[@]}"
        mapfile -t packages < <(npm_lacks)
    fi
    missing+=("${packages[@]/#/npm }")
fi

if [ "$mode" = ci ]; then
    tests/toolchains/emscripten_newest.sh >/dev/null || missing+=("the newest Emscripten")
fi

if [ ${#missing[@]} != 0 ]; then
    printf 'setup: still missing: %s\n' "${missing[@]}"
    exit 77
fi
