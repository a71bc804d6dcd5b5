"""What mkdocs needs beyond `docs/`: the changelog and the contributors' page from the top, and links that lead there.

On a code host a page links to `../CHANGELOG.md`; in the built pages that is `changelog.md`. Other files outside `docs/`
are named and not linked, since the built pages do not hold them.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

TOP = Path(__file__).parents[2]
PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)#]+)(#[^)]*)?\)")
INSIDE = re.compile(r"\]\(docs/([^)]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that lie at the top."""
    for name, page in PAGES.items():
        text = INSIDE.sub(r"](\1)", (TOP / name).read_text(encoding="utf-8"))
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turns links to files outside `docs/` into links to their pages, or into text."""

    def link(match: re.Match[str]) -> str:
        text, place, anchor = match.groups()
        return f"[{text}]({PAGES[place]}{anchor or ''})" if place in PAGES else text

    return OUTSIDE.sub(link, markdown)
