#!/usr/bin/env python3
"""Serves a folder to this machine's browsers, cross-origin isolated, which shared memory needs.

    python3 examples/ring/serve.py build/ring [PORT]
"""
import functools
import http.server
import sys


class Isolated(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map,
                      ".mjs": "text/javascript", ".js": "text/javascript",
                      ".wasm": "application/wasm"}

    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


folder = sys.argv[1] if len(sys.argv) > 1 else "build/ring"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
handler = functools.partial(Isolated, directory=folder)
with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
    print(f"http://127.0.0.1:{port}/")
    server.serve_forever()
