"""Hands each request on to the next of several servers: round_robin.py PORT PORT…

Says its own port on the first line of standard output.
"""

import http.client
import itertools
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NEXT = itertools.cycle(int(port) for port in sys.argv[1:])
LOCK = threading.Lock()


class Hand(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with LOCK:
            port = next(NEXT)
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        server.request(self.command, self.path, body or None, dict(self.headers))
        answer = server.getresponse()
        text = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        server.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

    def log_message(self, *_):
        pass


listener = ThreadingHTTPServer(("127.0.0.1", 0), Hand)
print(f"listening on {listener.server_address[1]}", flush=True)
listener.serve_forever()
