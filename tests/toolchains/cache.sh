# shellcheck shell=bash
# Sourced by the other scripts. Toolchains that are no packages of this machine are made once per
# machine, outside the clone where possible: the cache folder is $XDG_CACHE_HOME/wasm3d or
# ~/.cache/wasm3d, else build/cache.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

cache_folder() {
    local folder="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/wasm3d"
    if ! mkdir -p "$folder" 2>/dev/null || ! [ -w "$folder" ]; then
        folder="$repository/build/cache"
        mkdir -p "$folder"
    fi
    echo "$folder"
}
