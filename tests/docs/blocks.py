"""Code blocks of a Markdown page, run in order in one folder, their output compared loosely with what the page shows.

- ```bash runs as it stands. A block whose first line is a comment `# needs …` (a GPU, a model of the hub, the network)
  cannot run here: each of its `r1` lines runs with `--dry-run`, of the others the syntax is checked.
- ```python runs as a program of its own.
- A ```text block right after one of these is its output. `…` stands for anything, spaces do not count, a number may be
  a quarter off, times and speeds are what they are; lines that are not shown may stand between those that are.
- A block of another language whose first line is a comment with a path is a file, and is written there.

`make TARGET` only shows what it would do. `pip install ./FOLDER` installs into a folder of the test.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FENCE = re.compile(r"^```([\w-]*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|<!--) ?([\w./-]+\.\w+)(?: -->)?\n")
NUMBER = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?")
SPEED = re.compile(r"[\d,]+ tokens/s|\b\d+:\d\d\b|(?<=seconds )[\d.]+")
PIP = """#!/bin/sh
shift
for argument; do :; done
exec {python} -m pip install -q --no-deps --no-index --no-build-isolation --target "$PLUGINS" "$argument"
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line on which it begins, and the output shown below it."""

    page: str
    line: int
    language: str
    text: str
    output: str | None

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def needs(self) -> str | None:
        """What the block needs that is not here."""
        first = self.text.split("\n", 1)[0]
        return first.removeprefix("# needs ") if first.startswith("# needs ") else None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page; one with output comes with it."""
    text = page.read_text(encoding="utf-8")
    matches = list(FENCE.finditer(text))
    found = []
    for place, match in enumerate(matches):
        following = matches[place + 1] if place + 1 < len(matches) else None
        below = following and following[1] == "text" and not text[match.end() : following.start()].strip()
        output = following[2] if following and below else None
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page.name, line, match[1], match[2], output))
    return found


class Folder:
    """Where the blocks of a page run, one after the other: the checkout's files are there, under their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("tests", "recipes", "benchmarks"):
            (path / name).symlink_to(TOP / name)
        shims = path / ".shims"
        shims.mkdir()
        (shims / "pip").write_text(PIP.format(python=sys.executable))
        (shims / "pip").chmod(0o755)
        plugins = path / ".plugins"
        self.environment = {
            **os.environ,
            "PATH": f"{shims}:{BIN}:{os.environ['PATH']}",
            "PLUGINS": str(plugins),
            "PYTHONPATH": str(plugins),
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "100",
        }

    def run(self, block: Block) -> None:
        """Runs a block, or writes its file. Raises AssertionError where it fails or shows another output."""
        if block.language == "bash":
            self._check(block, self._bash(block))
        elif block.language == "python" and not FILE.match(block.text):
            self._check(block, self._finished([sys.executable, "-c", block.text], block))
        elif file := FILE.match(block.text):
            place = self.path / file[1]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text)

    def _bash(self, block: Block) -> str:
        if not block.needs:
            script = re.sub(r"^make ", f"make -n -C {TOP} ", block.text, flags=re.MULTILINE)
            return self._finished(["bash", "-eo", "pipefail", "-c", script], block)
        self._finished(["bash", "-n", "-c", block.text], block)
        dry = [line.split("  #")[0] for line in _commands(block.text) if line.startswith("r1 ")]
        return "".join(self._finished(["bash", "-c", f"{line} --dry-run"], block) for line in dry)

    def _finished(self, command: list[str], block: Block) -> str:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as stream:  # a pipe would be given references
            finished = subprocess.run(
                command,
                cwd=self.path,
                env=self.environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=600,
            )
            stream.seek(0)
            output = stream.read()
        assert finished.returncode == 0, f"{block.name}: {' '.join(command[-1:])}\n{output}"
        return output

    def _check(self, block: Block, output: str) -> None:
        if block.output is not None and not block.needs:
            missing = first_difference(block.output, output)
            assert missing is None, f"{block.name}: not in the output: {missing}\n{output}"


def _commands(text: str) -> Iterator[str]:
    """The lines of a script, continued ones in one piece."""
    yield from text.replace("\\\n", " ").splitlines()


def first_difference(shown: str, output: str) -> str | None:
    """The first shown line that the output lacks behind those before it; None where it has all of them, in order."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for line in shown.splitlines():
        expected = " ".join(line.split())
        if expected.strip("… ") and not any(_alike(expected, actual) for actual in lines):
            return line
    return None


def _alike(expected: str, actual: str) -> bool:
    expected = SPEED.sub("…", expected)
    pattern = "".join(
        ".*" if piece == "…" else r"([+-]?\d[\d,.]*)" if NUMBER.fullmatch(piece) else re.escape(piece)
        for piece in re.split(rf"(…|{NUMBER.pattern})", expected)
    )
    match = re.fullmatch(pattern, actual)
    figures = re.findall(NUMBER, expected)
    return bool(match) and all(
        _near(*pair) for pair in zip(figures, match.groups() if match else (), strict=True)
    )


def _near(expected: str, actual: str) -> bool:
    first, second = (float(text.replace(",", "").rstrip(".")) for text in (expected, actual))
    return abs(first - second) <= max(3, 0.25 * max(abs(first), abs(second)))
