# wasm3d.h - everything there is to run. `make demo` needs a C compiler; the rest says what it needs.
#
#   make demo      a model in, a table, scene.bjson and scene.png out   (FILES="a.glb b.obj")
#   make page      the same in a browser: build/page/index.html
#   make test      every test; installs what a fresh Debian or Ubuntu lacks (tests/setup.sh)
#   make bench     the tables against other libraries; figures also go to bench/results/
#   make fuzz      every reader under sanitizers, SECONDS=60 each
#   make header    wasm3d.h from src/
#   make clean

CC      ?= cc
CFLAGS  ?= -O2
FILES   ?=
OUT     ?= build/demo_out
SECONDS ?= 60

DEMO = examples/demo/main.c examples/demo/pipeline.c
WASM = clang --target=wasm32 -Oz -flto -msimd128 -mbulk-memory -nostdlib -fvisibility=hidden \
       -Wl,--no-entry -Wl,--lto-O3 -Wl,--strip-all

.PHONY: demo page test bench fuzz header clean

demo: build/demo
	./build/demo $(FILES) --out $(OUT)

build/demo: wasm3d.h $(DEMO) examples/demo/pipeline.h
	mkdir -p build
	$(CC) $(CFLAGS) -I. $(DEMO) -o $@

page:
	mkdir -p build/page

test:
	tests/setup.sh || test $$? -eq 77
	python3 tests/run.py

bench:
	tests/setup.sh bench || test $$? -eq 77
	python3 bench/run.py

fuzz:
	python3 tests/fuzz/fuzz.py $(SECONDS)

header:
	python3 amalgamate.py

clean:
	rm -rf build/demo build/demo_out build/page build/tests build/bench build/fuzz
