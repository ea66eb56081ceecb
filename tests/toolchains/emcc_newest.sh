#!/usr/bin/env bash
# emcc_newest.sh ARGS...: the newest Emscripten's emcc. Linking C wants -sDEFAULT_TO_CXX=0, else the
# C++ libraries are built on first use (half a minute). With -c that option is a warning: leave it
# out.
exec "$(dirname "${BASH_SOURCE[0]}")/emscripten_newest.sh" emcc "$@"
