"""The documentation is whole: it builds without a warning, links lead somewhere, references are those of the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import r1data
from tests.docs.blocks import TOP

DOCS = TOP / "docs"
PAGES = sorted([*TOP.glob("*.md"), *DOCS.glob("*.md"), *TOP.glob("recipes/**/*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PICTURE_BYTES = 200_000


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts and mkdocs make them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        place, _, anchor = target.partition("#")
        file = (page.parent / place).resolve() if place else page
        assert file.exists(), f"{page.name}: {target} is not there"
        assert not anchor or anchor in anchors(file), f"{page.name}: no heading {target}"


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    """`make docs`, or `python docs/site/reference.py`, writes it again."""
    program = (
        f"import runpy; print(runpy.run_path({str(DOCS / 'site' / 'reference.py')!r})['page'](), end='')"
    )
    written = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == written.stdout


def test_the_page_of_commands_names_the_entries_of_registries() -> None:
    """A help text's `{engines}` is a placeholder; a page that is written without the names would repeat it."""
    assert re.findall(r"\{\w*\}", (DOCS / "commands.md").read_text(encoding="utf-8")) == []


def test_the_api_page_has_every_function() -> None:
    listed = re.findall(
        r"^::: r1data\.(\w+)\n\n", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(r1data.__all__)


def test_every_page_is_in_the_reading_order_of_the_index() -> None:
    linked = set(LINK.findall((DOCS / "index.md").read_text(encoding="utf-8")))
    pages = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert {name for name in pages if not any(link.partition("#")[0] == name for link in linked)} == set()


def test_the_errors_of_the_troubleshooting_page_are_those_of_the_code() -> None:
    """`…` stands for what differs; the words between are somewhere in the package, spaces and line ends aside."""
    files = [*(TOP / "r1data").rglob("*.py"), *(TOP / "cli").rglob("*.py")]
    code = re.sub(
        r"\s+", " ", re.sub(r"\"\s+f?\"", "", "".join(file.read_text(encoding="utf-8") for file in files))
    )
    headings = re.findall(
        r"^### (.+)$", (DOCS / "troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(headings) >= 20
    for message in re.findall(r"`([^`]+)`", " ".join(headings)):
        for words in (piece.strip(":;-= ") for piece in message.split("…")):
            assert words in code, f"no message of the code has: {words}"


def test_pictures_are_small() -> None:
    assert all(picture.stat().st_size < PICTURE_BYTES for picture in (DOCS / "images").iterdir())


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="r1data[docs] is not installed")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    assert built.returncode == 0 and not built.stderr, built.stderr
    assert (tmp_path / "site" / "changelog.html").exists()
