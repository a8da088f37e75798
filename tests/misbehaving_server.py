"""A local HTTP server that fails in the ways official servers do; each path is one way.

`/ok/NAME` gives the file; other paths misbehave the first `bad` times they are asked and then give it too.
"""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!DOCTYPE html><html><body>Scheduled maintenance</body></html>"


class MisbehavingServer:
    """Serve `body` on 127.0.0.1; `asked` counts the requests for each path."""

    def __init__(self, body: bytes):
        self.body, self.bad, self.asked = body, 99, Counter()
        handler = type("Handler", (_Handler,), {"house": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    house: MisbehavingServer

    def log_message(self, *_):
        pass

    def do_GET(self):
        way = self.path.strip("/").split("/")[0]
        self.house.asked[self.path] += 1
        if way == "ok" or self.house.asked[self.path] > self.house.bad:
            self._answer(200, self.house.body)
        else:
            getattr(self, way)()

    def _answer(self, code: int, body: bytes, kind: str = "text/csv", **headers: str):
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def missing(self):
        self._answer(404, b"not here", "text/plain")

    def forbidden(self):
        self._answer(403, b"no", "text/plain")

    def busy(self):
        self._answer(429, b"slow down", "text/plain", Retry_After="7")

    def busy_long(self):
        self._answer(429, b"slow down", "text/plain", Retry_After="86400")

    def broken(self):
        self._answer(500, b"oops", "text/plain")

    def truncated(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(self.house.body)))
        self.end_headers()
        self.wfile.write(self.house.body[: len(self.house.body) // 2])
        self.close_connection = True

    def page(self):
        self._answer(200, PAGE, "text/html; charset=utf-8")

    def page_called_csv(self):
        self._answer(200, PAGE, "text/csv")

    def empty(self):
        self._answer(200, b"")

    def silent(self):
        time.sleep(0.6)

    def hangup(self):
        self.close_connection = True

    def moved(self):
        self.send_response(302)
        self.send_header("Location", "/ok/moved.csv")
        self.send_header("Content-Length", "0")
        self.end_headers()
