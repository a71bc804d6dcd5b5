"""Debian's Chromium, driven by Playwright: for tests of the window's pages.

A test takes `browse`, which opens a page of its own in a browser that is started once a process:

    def test_rows_are_shown(browse, window):
        page = browse(window("view", dataset).address)

What a page must never do fails its test at the end: a request to anywhere but the test's own servers, an error on the
console, an error that a script did not catch, something that the content-security policy held up. A test that provokes
one says so first: `browse.expect("ERR_CONNECTION_REFUSED")`. Wait with Playwright's `expect`: `wait_for_function`
evaluates a text, which the policy holds up.

`R1_SCREENSHOTS=1` makes `pictures` write into build/screenshots.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.npm import files_of
from tests.served import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

R1 = Path(sys.executable).with_name("r1")
AXE = ("axe-core", "4.14.1")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WIDE, NARROW = 1280, 390
TOKEN = "the-token-of-the-tests"
START_SECONDS, ACTION_SECONDS = 60, 20
"""Limits, not measurements: a busy machine may take long."""


TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content Security Policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""
"""Chromium tells the console of most that the policy held up, but not of an eval whose error is caught."""


class Chromium:
    """The browser of this process. Playwright keeps an event loop that counts as running between its calls."""

    def __init__(self) -> None:
        path = shutil.which("chromium")
        if path is None:
            pytest.fail("the tests of pages need Chromium: apt-get install chromium", pytrace=False)
        # imported here: this module is a plugin of all tests, and most start no browser
        from playwright.sync_api import sync_playwright

        self.playwright: Playwright = sync_playwright().start()
        # Chromium's own sandbox does not work as root, and CI's containers have a small /dev/shm.
        self.browser: Browser = self.playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        self.loop = asyncio.get_running_loop()
        self.pause()

    def resume(self) -> None:
        asyncio._set_running_loop(self.loop)

    def pause(self) -> None:
        """Lets other tests of the process run event loops of their own."""
        asyncio._set_running_loop(None)

    def close(self) -> None:
        self.resume()
        self.browser.close()
        self.playwright.stop()


@dataclass
class Window:
    """`r1 view` or `r1 review` as a process, with the same port and token after each restart."""

    arguments: list[str]
    cwd: Path
    port: int = field(default_factory=free_port)
    token: str = TOKEN
    process: subprocess.Popen[bytes] | None = None
    address: str = ""
    """What it printed: the first page, with the token."""

    @property
    def log(self) -> Path:
        """What it says on stdout and stderr."""
        return self.cwd / f"window-{self.port}.log"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        """The address of a page, with the token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}token={self.token}"

    def start(self) -> Window:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [R1, *self.arguments, "--port", str(self.port)],
                env={**os.environ, "R1_VIEW_TOKEN": self.token}, stdout=log, stderr=log, cwd=self.cwd,
            )  # fmt: skip
            begin = log.tell()
        end = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            if address := re.search(r"http://\S+(?=\s)", self.log.read_text()[begin:]):
                self.address = address[0]
                return self
            time.sleep(0.02)
        pytest.fail(f"r1 {' '.join(self.arguments)} did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGINT, as Ctrl-C."""
        self._end(signal.SIGINT)

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(START_SECONDS)
            self.process = None


class Browse:
    """Opens pages in contexts of their own (cookies, storage), and notes what none of them may do."""

    def __init__(self, chromium: Chromium, origins: set[str], contexts: list[BrowserContext]) -> None:
        self._chromium, self._origins, self._contexts = chromium, origins, contexts
        self._expected: list[str] = []
        self.faults: list[str] = []

    def __call__(
        self,
        address: str,
        *,
        width: int = WIDE,
        dark: bool = False,
        context: BrowserContext | None = None,
        bypass_csp: bool = False,
    ) -> Page:
        """A page at `address`; in `context`, another page's, it shares that one's cookies and storage.

        `bypass_csp` is for `axe_here` alone.
        """
        if context is None:
            context = self._chromium.browser.new_context(
                viewport={"width": width, "height": 900 if width > NARROW else 844},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                bypass_csp=bypass_csp,
            )
            context.set_default_timeout(1000 * ACTION_SECONDS)
            context.on("request", lambda request: self._check(request.url))
            context.add_init_script(TELL_VIOLATIONS)
            self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", f"{error.name}: {error.message}"))
        page.goto(address)
        return page

    def expect(self, pattern: str) -> None:
        """Faults that match are what the test is about."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """The faults that no `expect` covers."""
        return [
            fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self._expected)
        ]

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("data", "blob", "about")
            and f"{parts.scheme}://{parts.netloc}" not in self._origins
        ):
            self.faults.append(f"request to {url[:300]}")

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.faults.append(f"error: {text[:500]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    started = Chromium()
    yield started
    started.close()


@pytest.fixture
def origins() -> set[str]:
    """The origins of the test's own servers."""
    return set()


@pytest.fixture
def contexts() -> list[BrowserContext]:
    """What the test's pages are open in."""
    return []


def close_pages(contexts: list[BrowserContext]) -> None:
    """Closes all pages. Before a server ends: a page that still loads something would tell that it is gone."""
    while contexts:
        contexts.pop().close()


@pytest.fixture
def browse(chromium: Chromium, origins: set[str], contexts: list[BrowserContext]) -> Iterator[Browse]:
    """Opens pages; see the module."""
    chromium.resume()
    opened = Browse(chromium, origins, contexts)
    try:
        yield opened
    finally:
        close_pages(contexts)  # takes in what was on its way
        chromium.pause()
    assert opened.unexpected() == []


@pytest.fixture
def window(
    tmp_path: Path, origins: set[str], contexts: list[BrowserContext]
) -> Iterator[Callable[..., Window]]:
    """Starts `r1 view …` or `r1 review …` in the test's folder, and ends it; a traceback fails the test."""
    started: list[Window] = []

    def start(*arguments: object) -> Window:
        opened = Window([str(argument) for argument in arguments], tmp_path)
        started.append(opened)
        origins.add(opened.base)
        return opened.start()

    yield start
    close_pages(contexts)
    for opened in started:
        opened.kill()
    assert not [opened.arguments for opened in started if "Traceback" in opened.log.read_text()]


def axe(page: Page) -> list[str]:
    """The faults of a page that axe-core calls serious or critical, one line each; none is good.

    The address is opened a second time in a context that ignores the policy, which would keep axe-core out, with the
    page's cookies and storage: what only scripts have put there must be reachable by them.
    """
    browser = page.context.browser
    assert browser is not None
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    context = browser.new_context(
        bypass_csp=True, storage_state=page.context.storage_state(), viewport=page.viewport_size,
        color_scheme=scheme, reduced_motion="reduce",
    )  # fmt: skip
    try:
        other = context.new_page()
        other.goto(page.url, wait_until="load")
        return axe_here(other)
    finally:
        context.close()


def axe_here(page: Page) -> list[str]:
    """As `axe`, of a page as it stands, in a context that was opened with `bypass_csp`."""
    package, version = AXE
    script = files_of(package, version, ["axe.min.js"], package) / "axe.min.js"
    page.add_script_tag(path=script)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}: {node['failureSummary'][:300]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def pictures(page: Page, name: str) -> list[Path]:
    """Pictures of a page, whole, at both widths in light and dark, where `R1_SCREENSHOTS` asks for them.

    The page stays as it is; it is turned and narrowed for them.
    """
    if not os.environ.get("R1_SCREENSHOTS"):
        return []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    paths = []
    for width, height in ((WIDE, 900), (NARROW, 844)):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            paths.append(SCREENSHOTS / f"{name}-{width}-{scheme}.png")
            page.screenshot(path=paths[-1], full_page=True)
    page.emulate_media(color_scheme="light")
    if size is not None:
        page.set_viewport_size(size)
    return paths
