"""Texts that act where something shows them unescaped, and ways to put one into every place of an input."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from typing import Any, TypeVar

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(1)>'><b onmouseover=alert(1)>",
    "ends style": "</style><script>alert(1)</script>",
    "ends title": "</title></desc></svg></pre></textarea><script>alert(1)</script>",
    "comment": "--><script>alert(1)</script><!--",
    "svg": "<svg/onload=alert(1)><use href=data:image/svg+xml,x#x></svg>",
    "mathml": "<math><mtext></mtext><mglyph><style><!--</style><img src onerror=alert(1)>",
    "url": "javascript:alert(1)",
    "markdown": "[x](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "template": "{{ 7*7 }} ${7*7} <%= 7*7 %> {% raw %} $title $style %s {0}",
    "css": "expression(alert(1)); } body { background: url(https://evil.example/) } @import 'https://evil.example/';",
    "entities": "&lt;script&gt; &#60;script&#62; &#x3c;img&#x3e; &colon;",
    "control": "\x1b[2J\x1b]0;title\x07\x9b31m\x00\r\x08\x7f\x85",
    "bidi": "\u202eabc\u2066def\u2069\u200f\u061c",
    "hidden": "\u200b\u2060\ufeff\U000e0041\U000e007f\u2028\u2029",
    "surrogate": "\ud800<script>\udfff",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x><embed src=x><base href=//evil>",
    "meta": "<meta http-equiv=refresh content='0;url=https://evil.example/'><link rel=stylesheet href=//evil>",
    "form": "<form action=https://evil.example/><input name=q autofocus onfocus=alert(1)></form>",
    "fullwidth": "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e \u00bb\u2039script\u203a",
}
ALL_AT_ONCE = " ".join(PAYLOADS.values())
STORABLE = ALL_AT_ONCE.encode("utf-8", "replace").decode()
"""The payloads as a file can hold them: no lone surrogates."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_Item = TypeVar("_Item")


def replaced_leaves(value: Any, payload: Any) -> Iterator[tuple[str, Any]]:
    """Copies of a JSON value, in each of which one leaf is the payload; with the leaf's place."""
    yield from _replaced(value, payload, "")


def renamed_keys(value: Any, payload: str) -> Iterator[tuple[str, Any]]:
    """Copies of a JSON value, in each of which one key is the payload."""
    if isinstance(value, dict):
        for key in value:
            yield f"/{key}", {payload if other == key else other: each for other, each in value.items()}
            for place, copy in renamed_keys(value[key], payload):
                yield f"/{key}{place}", {**value, key: copy}
    elif isinstance(value, list):
        for index, each in enumerate(value):
            for place, copy in renamed_keys(each, payload):
                yield f"/{index}{place}", [*value[:index], copy, *value[index + 1 :]]


def with_every_text(value: Any, payload: str) -> Any:
    """A copy of a JSON value in which every text has the payload behind it."""
    if isinstance(value, dict):
        return {key: with_every_text(each, payload) for key, each in value.items()}
    if isinstance(value, list):
        return [with_every_text(each, payload) for each in value]
    return f"{value}{payload}" if isinstance(value, str) else value


def sampled(items: Sequence[_Item], count: int, seed: int = 1) -> Sequence[_Item]:
    """Some of the items, the same ones each time; all of them with `HOSTILE=all`."""
    if os.environ.get("HOSTILE") == "all" or len(items) <= count:
        return items
    return random.Random(seed).sample(items, count)


def _replaced(value: Any, payload: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            for where, copy in _replaced(each, payload, f"{place}/{key}"):
                yield where, {**value, key: copy}
    elif isinstance(value, list):
        for index, each in enumerate(value):
            for where, copy in _replaced(each, payload, f"{place}/{index}"):
                yield where, [*value[:index], copy, *value[index + 1 :]]
    yield place, payload


class Page(HTMLParser):
    """What a page consists of: its elements, their attributes and classes, its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.classes: set[str] = set()
        self.policy = ""
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.classes |= set((values.get("class") or "").split())
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.add("!--")

    def handle_decl(self, decl: str) -> None:
        self.elements.add(f"!{decl}")


def faults(text: str, honest: Page) -> list[str]:
    """What a page has that an honest one has not."""
    page = Page(text)
    strange = [
        *sorted(f"<{name}>" for name in page.elements - honest.elements),
        *sorted(page.attributes - honest.attributes),
        *sorted(page.classes - honest.classes),
    ]
    if page.policy != honest.policy:
        strange.append(f"policy {page.policy}")
    return [*strange, *sorted({repr(char) for char in _FORBIDDEN.findall(text)})]


def rewrite(text: str, change: Callable[[Any], Any]) -> str:
    """A JSON text whose value is changed; as ASCII, so that it can name what no file can hold."""
    return json.dumps(change(json.loads(text)))
