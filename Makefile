# wasm3d.h - everything there is to run. `make demo` needs a C compiler; the rest says what it needs.
#
#   make demo      a model in, a table, scene.bjson and scene.png out   (FILES="a.glb b.obj")
#   make page      the same in a browser: build/page/index.html
#   make ring      a page where a JavaScript worker and a C worker share a ring: build/ring/
#   make web-examples   the GPU examples as a page, by WebGL2 or WebGPU: build/web_examples/
#   make tool      build/bjson_tool, which looks into scene files, changes and compares them
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

# As one file with static functions the compiler leaves out what the demo does not call.
DEMO  = -DW3D_STATIC=1 -I. -include examples/demo/pipeline.c
CLANG ?= clang
WASM  = $(CLANG) --target=wasm32 -Oz -msimd128 -mbulk-memory -fvisibility=hidden -DNDEBUG -I.

.PHONY: demo page ring web-examples tool test bench fuzz header clean

demo: build/demo
	./build/demo $(FILES) --out $(OUT)

build/demo: wasm3d.h $(wildcard examples/demo/*.[ch])
	mkdir -p build
	$(CC) $(CFLAGS) $(DEMO) examples/demo/main.c -o $@

# Two steps: given sources to link, clang 14 hands the module to whatever wasm-opt is installed.
page: wasm3d.h
	mkdir -p build/page
	$(WASM) $(DEMO) -c examples/demo/wasm.c -o build/page/wasm.o
	$(CLANG) --target=wasm32 -nostdlib -Wl,--no-entry,--gc-sections,--strip-all \
	    build/page/wasm.o -o build/page/demo.wasm
	rm build/page/wasm.o
	cp examples/demo/web/* examples/models/gardener.glb build/page/
	@echo "made build/page; see it with: python3 -m http.server -d build/page"

ring: wasm3d.h
	mkdir -p build/ring
	$(WASM) -matomics -DW3D_WEB=0 -DW3D_STATIC=1 -c examples/ring/ring.c -o build/ring/ring.o
	$(CLANG) --target=wasm32 -nostdlib -Wl,--no-entry,--gc-sections,--strip-all \
	    -Wl,--shared-memory,--import-memory,--max-memory=16777216 build/ring/ring.o -o build/ring/ring.wasm
	rm build/ring/ring.o
	cp examples/ring/index.html examples/ring/ring.css examples/ring/*.mjs src/web/*.js build/ring/
	@echo "made build/ring; see it with: python3 examples/ring/serve.py build/ring"

# One file again; the first holds the implementation.
TOOL = examples/bjson_tool/main.c $(filter-out %/main.c,$(wildcard examples/bjson_tool/*.c))

GPU_EXAMPLES = 10_triangle 11_textured_cube 12_many 13_compute

web-examples: wasm3d.h
	mkdir -p build/web_examples
	for name in $(GPU_EXAMPLES); do \
	    $(WASM) -DW3D_STATIC=1 -DW3D_WEB=0 -include examples/gpu/web.c -c examples/gpu/$$name.c \
	        -o build/web_examples/$$name.o && \
	    $(CLANG) --target=wasm32 -nostdlib -Wl,--no-entry,--gc-sections,--strip-all \
	        build/web_examples/$$name.o -o build/web_examples/$$name.wasm && \
	    rm build/web_examples/$$name.o || exit 1; \
	done
	python3 amalgamate.py --js >build/web_examples/wasm3d.js
	cp examples/gpu/index.* build/web_examples/
	@echo "made build/web_examples; see it with: python3 -m http.server -d build/web_examples"

tool: build/bjson_tool

build/bjson_tool: wasm3d.h $(wildcard examples/bjson_tool/*.[ch])
	mkdir -p build
	$(CC) $(CFLAGS) -DW3D_STATIC=1 -I. $(TOOL:%=-include %) -x c /dev/null -o $@

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
	rm -rf build/demo build/bjson_tool build/demo_out build/page build/ring build/web_examples build/python build/tests build/bench build/fuzz
