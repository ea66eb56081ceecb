#!/usr/bin/env bash
# emcc_oldest.sh ARGS...: the distribution's emcc, 3.1.6 in Debian 12 and Ubuntu 24.04, the oldest
# we support. It looks for acorn where no package puts it, hence NODE_PATH. Its system libraries
# come built and its cache is frozen, so EM_CACHE must not be set. What it links for node runs with
# `node --no-experimental-fetch`. Ubuntu pairs it with clang 15, which renames `main(int, char **)`
# so that it is dropped without a word: tests write `main(void)`.
if ! command -v /usr/bin/emcc >/dev/null; then
    echo "emcc_oldest: emscripten is missing: run tests/setup.sh" >&2
    exit 77
fi
unset EM_CACHE EM_CONFIG
export NODE_PATH=/usr/share/nodejs
exec /usr/bin/emcc "$@"
