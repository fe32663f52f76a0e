# python3 -m http.server, which speaks HTTP/1.0, in HTTP/1.1.
import os
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

os.chdir("site")
SimpleHTTPRequestHandler.protocol_version = "HTTP/1.1"
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
