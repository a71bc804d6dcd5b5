"""The browser of the tests itself: what it must notice, it notices."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.window.browser import Browse, axe

Serve = Callable[..., str]
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: http://127.0.0.2:9"


@pytest.fixture
def serve(origins: set[str]) -> Iterator[Serve]:
    """Serves one page of HTML and `/script.js` that it may load."""
    servers = []

    def start(html: str, script: str = "") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = ("text/javascript", script) if self.path == "/script.js" else ("text/html", html)
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origins.add(f"http://127.0.0.1:{server.server_port}")
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


HEAD = "<!doctype html><html lang=en><head><title>t</title><link rel=icon href='data:,'>"
FAULTS = {
    "a request elsewhere": (
        "<img alt='' src='http://127.0.0.2:9/x.png'>",
        "",
        "request to http://127.0.0.2:9",
    ),
    "an inline script": ("<script>document.title = 'ran'</script>", "", "Content Security Policy"),
    "an event handler": ("<img alt='' src='/x' onerror='document.title = 1'>", "", "Content Security Policy"),
    "an error of a script": ("<script src='/script.js'></script>", "throw new Error('oh')", "Error: oh"),
    "an error on the console": ("<script src='/script.js'></script>", "console.error('oh')", "error: oh"),
    "eval": ("<script src='/script.js'></script>", "try { eval('1') } catch {}", "Content Security Policy"),
}


@pytest.mark.parametrize(("body", "script", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_noticed(browse: Browse, serve: Serve, body: str, script: str, message: str) -> None:
    page = browse(serve(f"{HEAD}<body>{body}", script))
    for _ in range(200):  # what the policy held up is told some time later
        if any(message in fault for fault in browse.faults):
            break
        page.wait_for_timeout(25)
    assert any(message in fault for fault in browse.faults)
    browse.expect(".")


def test_a_page_without_faults_has_none(browse: Browse, serve: Serve) -> None:
    page = browse(serve(f"{HEAD}<body><main><h1>Fine</h1></main>"))
    assert page.inner_text("h1") == "Fine" and axe(page) == []


def test_axe_sees_a_field_without_a_label(browse: Browse, serve: Serve) -> None:
    page = browse(serve(f"{HEAD}<body><main><h1>Form</h1><input></main>"))
    assert any(fault.startswith("label (critical)") for fault in axe(page))


def test_other_tests_may_run_loops_of_their_own(chromium: object) -> None:
    assert asyncio.run(asyncio.sleep(0, "ran")) == "ran"


def test_the_browser_goes_on_after_another_loop(browse: Browse, serve: Serve) -> None:
    assert browse(serve(f"{HEAD}<body><h1>Again</h1>")).inner_text("h1") == "Again"
