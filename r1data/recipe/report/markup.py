"""Builds the page's HTML: the only way to an element is `tag`, which escapes all that it is given.

There is no way around it: `Markup` is no text, so a text that looks like an element stays a text wherever it is put.
Names of elements and attributes are those of the lists below, none of which runs or fetches anything; a link
(`window_link`) leads to `r1 view` on the reader's own machine and nowhere else; the one text that
is not escaped is a style sheet, read from a file of this package.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from r1data.data.text import printable
from r1data.recipe.report.links import DEFAULT_PORT

ELEMENTS = frozenset((
    "body", "title", "main", "header", "footer", "section", "h1", "h2", "h3", "h4", "p", "ul", "li", "small",
    "span", "b", "br", "div", "pre", "figure", "figcaption", "details", "summary", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "svg", "desc", "line", "text", "polygon", "polyline",
))  # fmt: skip
EMPTY = frozenset(("br", "line", "polygon", "polyline"))
"""Elements without content."""
ATTRIBUTES = frozenset((
    "class", "scope", "dir", "role", "tabindex", "aria-label", "aria-hidden", "viewBox", "x", "y", "x1", "x2", "y1",
    "y2", "points", "text-anchor",
))  # fmt: skip


WINDOW = f"http://127.0.0.1:{DEFAULT_PORT}"
_WINDOW_PATH = re.compile(r"/r/[a-z0-9-]+(/step/[A-Za-z0-9_-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that `tag` made."""

    html: str


Content = Markup | str | int | float
"""What an element may hold; all but `Markup` is shown as text."""


def escaped(value: object) -> str:
    """`value` as HTML text or attribute: markup inert, characters that do not show made visible."""
    # html.escape leaves control and direction characters alone: HTML forbids the first, the others turn a line around.
    return html.escape(printable(str(value)), quote=True)


def tag(name: str, *content: Content, **attributes: str | int | float) -> Markup:
    """An element. An attribute's `_` is `-`, and one at its end is left out: `class_="note"`, `aria_label="Steps"`.

    Raises:
        ValueError: the page has no such element or attribute, or the element can hold nothing.
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    if name not in ELEMENTS or not ATTRIBUTES.issuperset(named) or (content and name in EMPTY):
        raise ValueError(f"<{name}> with {', '.join(named) or 'no attributes'}: not an element of this page")
    opening = "".join([f"<{name}", *(f' {key}="{escaped(value)}"' for key, value in named.items())])
    return Markup(f"{opening}/>" if name in EMPTY else f"{opening}>{join(content).html}</{name}>")


def window_link(text: str, path: str) -> Markup:
    """A link to a page of `r1 view`, which may run on the reader's machine; the only one that there is.

    Raises:
        ValueError: `path` is none of the window's.
    """
    if not _WINDOW_PATH.fullmatch(path):
        raise ValueError(f"{path!r}: no page of the window")
    return Markup(f'<a href="{WINDOW}{path}">{escaped(text)}</a>')


def join(content: Iterable[Content], between: str = "") -> Markup:
    """Several pieces, one after the other."""
    return Markup(between.join(each.html if isinstance(each, Markup) else escaped(each) for each in content))


def document(title: str, style: Path, *body: Content, refresh: int = 0) -> str:
    """A whole page, which may show what is in it and do nothing else: no script, no request, no other style.

    Args:
        style: a style sheet of this package.
        refresh: seconds after which a browser reads the page again; 0 is never.
    """
    sheet = f"\n{style.read_text(encoding='utf-8')}\n"
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = "\n".join(
        (
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            tag("title", title).html,
            f"<style>{sheet}</style>",
            *([f'<meta http-equiv="refresh" content="{refresh:d}">'] if refresh else []),
        )
    )
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n{tag("body", *body).html}\n</html>\n'
