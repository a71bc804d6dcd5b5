"""Runs the window until it is told to stop: the address, the token, signals."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvicorn

from r1data.errors import UserError
from r1data.recipe.report.links import DEFAULT_PORT
from r1data.runtime.access import draw_token, given_token, is_loopback
from r1data.window.app import LOOPBACK_NAMES, build_app
from r1data.window.library import Library

VARIABLE = "R1_VIEW_TOKEN"
BACKGROUND = frozenset(("warm", "copies", "search"))
"""Names of the threads that read datasets ahead."""
PORTS_TRIED = 20
"""Ports after the default one that are tried where it is taken. Ours."""


@dataclass(frozen=True)
class WindowSettings:
    """Where the window listens.

    `port`: None is the default one or, where that is taken, one of the next; 0 is any free one. A token is drawn where
    none is given, for a loopback address only. `open_browser`: opens the first page in the user's browser.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    open_browser: bool = False


def serve(
    library: Library, settings: WindowSettings, *, first_page: str = "/", name: str = "r1 view"
) -> None:
    """Serves until SIGINT or SIGTERM. Raises UserError where it cannot."""
    token = _token(settings)
    with contextlib.closing(_bind(settings)) as listener:
        host, port = listener.getsockname()[:2]
        where = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        hosts = LOOPBACK_NAMES if is_loopback(settings.host) else None
        app = build_app(library, token=token, hosts=hosts)
        separator = "&" if "?" in first_page else "?"
        address = f"{where}{first_page}{separator}token={token}"
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, proxy_headers=False, lifespan="off",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = _Server(config)
        server.closing = app.state.closing
        sys.stderr.write(f"{name} at {address}\nCtrl-C ends it\n")
        sys.stderr.flush()
        if settings.open_browser:
            webbrowser.open(address)
        library.warm()
        asyncio.run(server.serve(sockets=[listener]))


def end_process_if_busy() -> None:
    """Ends this process, with exit code 0, where a thread of the window still works; for the end of a command."""
    # Python ends daemon threads while it shuts down, and one that is inside DuckDB then aborts the whole process.
    if any(thread.daemon and thread.name in BACKGROUND for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class _Server(uvicorn.Server):
    """uvicorn, which ends at the first signal and raises none of them again: Ctrl-C is how a window is closed."""

    closing: asyncio.Event

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.closing.set()


def _token(settings: WindowSettings) -> str:
    token = given_token(settings.token, settings.token_file, VARIABLE)
    if token is None and not is_loopback(settings.host):
        raise UserError(
            f"--host {settings.host}: others reach that address, so give a token: --token-file PATH, or {VARIABLE}"
        )
    return token or draw_token()


def _bind(settings: WindowSettings) -> socket.socket:
    ports = [settings.port] if settings.port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    problem = "no port is free"
    for port in ports:
        try:
            kind, _, _, _, place = socket.getaddrinfo(settings.host, port, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(kind, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UserError(f"--host {settings.host}: {error}; give an address of this machine") from error
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
            listener.listen(128)
        except OSError as error:
            listener.close()
            problem = f"--host {settings.host} --port {port}: {error.strerror or error}"
            continue
        return listener
    raise UserError(f"{problem}; choose another with --port, or --port 0 for any that is free")
