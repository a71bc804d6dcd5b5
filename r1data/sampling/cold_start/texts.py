"""Prompt texts, as files, and the layouts of the responses to them.

Texts: `{prompt}`, `{thoughts}`, `{answer}`, `{examples}`, `{language}` are filled in. A strategy has a text for each
language; rows of a language without one get the text of "" (ours: English). The texts are data: `prompts/texts/`, or
files that a user names. Placeholders are replaced in one pass, so that a question which itself contains `{answer}` is
left as it is.

Layouts: a prompt text that asks for `<thoughts>` is answered in tags, one pair of `<thoughts>`, then one of
`<summary>`, and nothing around them. What the model thinks for itself, between think tags of its own, is left out. Any
other text is answered as reasoning models do: thoughts between think tags, then the answer. Parsing scans with
`str.find` alone, so that its time is linear whatever a model wrote.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.resources import PACKAGE, resource
from r1data.data.responses import CLOSE, SPECIAL_TOKEN, Layout, split, well_formed, with_tags, with_tokens
from r1data.data.small_files import read_given
from r1data.errors import UserError

TEXTS = PACKAGE / "sampling" / "prompts" / "texts"
DEFAULT = ""
"""The key of the text for all languages without one of their own."""
MOST_BYTES = 64 * 1024
NAMES = ("prompt", "thoughts", "summary", "answer", "examples", "language", "name", "maker")

LAYOUTS: tuple[Layout, ...] = ("think", "special-token")
THOUGHTS, SUMMARY = ("<thoughts>", "</thoughts>"), ("<summary>", "</summary>")
TAGS = (*THOUGHTS, *SUMMARY)

_NAME = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
_FOR_LANGUAGE = re.compile(r"([a-z]{2,3})=(.+)", re.S)


@dataclass(frozen=True, slots=True)
class Texts:
    """A strategy's texts by primary language subtag."""

    by_language: Mapping[str, str]

    def of(self, language: str | None) -> str:
        """The text for rows of a language, given as a BCP 47 tag."""
        return self.by_language.get(primary(language), self.by_language[DEFAULT])

    def digests(self) -> dict[str, str]:
        """Language → 16 hex digits of the text's sha256."""
        return {
            name or "others": hashlib.sha256(text.encode()).hexdigest()[:16]
            for name, text in sorted(self.by_language.items())
        }


def load(strategy: str, overrides: Sequence[str], needs: Sequence[str]) -> Texts:
    """The texts of a strategy: the built-in ones, or those that a user names instead.

    Args:
        overrides: `PATH` replaces all of them, `LANGUAGE=PATH` that language's.
        needs: what every text must contain, such as "{prompt}".

    Raises:
        UserError: a file cannot be read or lacks one of `needs`.
    """
    paths = {path.name.split(".")[1]: path for path in sorted(TEXTS.glob(f"{strategy}.*.txt"))}
    paths[DEFAULT] = paths["en"]
    for override in overrides:
        match = _FOR_LANGUAGE.fullmatch(override)
        paths = {**paths, match[1]: resolve(match[2])} if match else {DEFAULT: resolve(override)}
    by_language = {}
    for language, path in paths.items():
        text = read(path, "a prompt text").strip("\n")
        for need in needs:
            if need not in text:
                raise UserError(f"{path}: lacks {need.strip()}; add it where that goes (docs/cold-start.md)")
        by_language[language] = text
    return Texts(by_language)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; one without a value stays."""
    return _NAME.sub(lambda match: values.get(match[1], match[0]), text)


def resolve(name: str) -> Path:
    """The path that a name means: `miniature:NAME` is the miniature recipe's, everything else a path."""
    inside, _, rest = name.partition(":")
    return resource("recipes") / "miniature" / rest if inside == "miniature" else Path(name)


def read(path: Path, what: str, *, follow: bool = True) -> str:
    """A text file's content.

    Raises UserError where it cannot be read, is no UTF-8, or is over 64 KiB; with `follow=False` also for a link.
    """
    raw = read_given(path, MOST_BYTES, what, follow=follow)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def primary(language: str | None) -> str:
    """The primary subtag: "zh" of "zh-Hant"."""
    return (language or "").partition("-")[0].lower()


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """How responses are written: in think tags, as the rest of the pipeline reads them, or with the paper's token."""

    layout: Layout = "think"
    token: str = SPECIAL_TOKEN

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UserError(f"no output format {self.layout!r}; choose one of {', '.join(LAYOUTS)}")
        if not self.token.strip():
            raise UserError(
                "--delimiter: it is blank; pass the special token that stands before and after the thoughts"
            )

    def parameters(self) -> dict[str, Any]:
        """What of the layout decides the rows, recorded with the command."""
        delimiter = {"delimiter": self.token} if self.layout == "special-token" else {}
        return {"output_format": self.layout, **delimiter}

    def write(self, reasoning: str, answer: str) -> str:
        """The response made of two parts."""
        if self.layout == "think":
            return with_tags(reasoning, answer)
        return with_tokens(reasoning, answer, self.token)


def wants_tags(text: str) -> bool:
    """Whether a prompt text asks for the tags."""
    return THOUGHTS[0] in text


def parse(text: str, *, tags: bool) -> tuple[str, str] | None:
    """Thoughts and summary, stripped and not blank; None where either is missing or the layout differs."""
    if tags:
        return _in_tags(text)
    thoughts, summary = split(text)
    return (thoughts, summary) if thoughts and summary and well_formed(text) else None


def _in_tags(text: str) -> tuple[str, str] | None:
    # What the model thought for itself may name the tags, so it goes before they are looked for.
    text = text[text.rfind(CLOSE) + len(CLOSE) :] if CLOSE in text else text
    places = [text.find(tag) for tag in TAGS]
    if min(places) < 0 or places != sorted(places) or any(text.count(tag) != 1 for tag in TAGS):
        return None
    opened, closed, second, end = places
    outside = text[:opened] + text[closed + len(THOUGHTS[1]) : second] + text[end + len(SUMMARY[1]) :]
    thoughts = text[opened + len(THOUGHTS[0]) : closed].strip()
    summary = text[second + len(SUMMARY[0]) : end].strip()
    return (thoughts, summary) if thoughts and summary and not outside.strip() else None
