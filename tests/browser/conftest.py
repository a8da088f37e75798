"""A real browser and a server for the built site."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from system_browser import MISSING, chromium

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def pytest_collection_modifyitems(items) -> None:
    """Skip the tests of this folder where there is no browser, and say once what was skipped and how to run it."""
    if not chromium():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


class Server(ThreadingHTTPServer):
    """Says nothing when a browser leaves before an answer is whole."""

    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """Say nothing."""


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder as a web server would, with the site's own page for addresses that lead nowhere."""

    def log_message(self, *_) -> None:
        """Say nothing."""

    def send_error(self, code, message=None, explain=None) -> None:
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.exists():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="session")
def serve():
    """A function that serves a folder on a free port of this machine and returns its address."""
    servers = []

    def start(folder: Path) -> str:
        server = Server(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def address(site, serve) -> str:
    return serve(site)


@pytest.fixture
def tab(browser, address):
    """A function that opens a page of the site and fails the test on any error or request to elsewhere."""
    contexts, wrong = [], []

    def open_page(name: str, base: str = address, **settings):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: wrong.append(f"asks {asked.url}") if not _own(asked.url, base) else None)
        page.goto(base + name)
        return page

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def _own(url: str, base: str) -> bool:
    return url.startswith((base, "data:", "blob:"))
