#!/usr/bin/env bash
# Debian's newest Emscripten, in a root file system of its own, because it wants a newer clang, node
# and C library than the machine has.
#
#   emscripten_newest.sh                  makes it if it is missing (2 minutes, 1 GB), prints where
#   emscripten_newest.sh COMMAND ARGS...  runs COMMAND inside it, in the current folder
#
# Inside, the repository, the current folder and /tmp are seen under their own paths: bind mounts in
# a private mount namespace, gone when the command ends. Output files belong to the caller. Needs
# root or sudo, for chroot and mount. To get a later Emscripten remove the folder. Exit 77: it
# cannot be had on this machine.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

suite=forky
folder="$(cache_folder)/emscripten-newest"
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi

unavailable() {
    echo "emscripten_newest: $1" >&2
    exit 77
}

failed() {
    tail -n 5 "$1" >&2
    unavailable "failed, see $1"
}

# inside FOLDER USER:GROUP COMMAND ARGS...
inside() {
    "${as_root[@]}" unshare --mount bash -c '
        set -e
        root=$1; user=$2; repository=$3; shift 3
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        for path in /tmp "$repository" "$PWD"; do
            mkdir -p "$root$path"
            mount --rbind "$path" "$root$path"
        done
        exec chroot --userspec="$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp \
            LC_ALL=C.UTF-8 EM_CACHE=/var/cache/emscripten \
            /bin/sh -c "cd \"\$0\" && exec \"\$@\"" "$PWD" "$@"
    ' inside "$1" "$2" "$repository" "${@:3}"
}

# The mirror that apt uses already, when it carries Debian; else Debian's own.
mirror() {
    local uri
    uri=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 == "Debian" && $2 !~ /security/ && !found { print $2; found = 1 }')
    echo "${uri:-http://deb.debian.org/debian}"
}

make_root() {
    local new="$folder.part" log="$folder.log"
    [ -x /usr/sbin/debootstrap ] || unavailable "debootstrap is missing: run tests/setup.sh ci"
    "${as_root[@]}" unshare --mount true || unavailable "this machine allows no mount namespace"
    "${as_root[@]}" rm -rf "$new"
    echo "emscripten_newest: unpacking Debian $suite with its Emscripten into $folder" >&2
    local apt=("${as_root[@]}" chroot "$new" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin
        DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Check-Valid-Until=false)
    {
        "${as_root[@]}" /usr/sbin/debootstrap --variant=minbase "$suite" "$new" "$(mirror)" \
            /usr/share/debootstrap/scripts/sid &&
        printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/\* |
            "${as_root[@]}" tee "$new/etc/dpkg/dpkg.cfg.d/small" &&
        "${apt[@]}" install -y --no-install-recommends emscripten &&
        "${apt[@]}" clean
    } >"$log" 2>&1 || failed "$log"

    # Emscripten builds its system libraries on first use; those the tests link are built here.
    echo "emscripten_newest: building its system libraries" >&2
    local work optimise
    work=$(mktemp -d /tmp/emscripten-newest.XXXXXX)
    echo 'int main(void) { return 0; }' >"$work/empty.c"
    for flags in -O2 -O0 -Oz "-O2 -pthread"; do
        inside "$new" 0:0 emcc $flags -sDEFAULT_TO_CXX=0 "$work/empty.c" -o "$work/empty.js" \
            >>"$log" 2>&1 || failed "$log"
    done
    rm -rf "$work"
    "${as_root[@]}" chmod -R a+rwX "$new/var/cache/emscripten"
    "${as_root[@]}" mv "$new" "$folder"
}

if ! [ -d "$folder" ]; then
    (flock 9; [ -d "$folder" ] || make_root) 9>"$folder.lock"
fi
if [ $# = 0 ]; then
    echo "$folder"
else
    inside "$folder" "$(id -u):$(id -g)" "$@"
fi
