"""Prompt texts, as files: `{prompt}`, `{thoughts}`, `{answer}`, `{examples}`, `{language}` are filled in.

A strategy has a text for each language; rows of a language without one get the text of "" (ours: English). The texts
are data: `prompts/texts/`, or files that a user names. Placeholders are replaced in one pass, so that a question which
itself contains `{answer}` is left as it is.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from r1data.data.resources import PACKAGE, resource
from r1data.errors import UserError

TEXTS = PACKAGE / "sampling" / "prompts" / "texts"
DEFAULT = ""
"""The key of the text for all languages without one of their own."""
MOST_BYTES = 64 * 1024
NAMES = ("prompt", "thoughts", "summary", "answer", "examples", "language", "name", "maker")

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
    return Texts({language: _checked(path, needs) for language, path in paths.items()})


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; one without a value stays."""
    return _NAME.sub(lambda match: values.get(match[1], match[0]), text)


def resolve(name: str) -> Path:
    """The path that a name means: `miniature:NAME` is the miniature recipe's, everything else a path."""
    inside, _, rest = name.partition(":")
    return resource("recipes") / "miniature" / rest if inside == "miniature" else Path(name)


def read(path: Path, what: str) -> str:
    """A text file's content. Raises UserError where it cannot be read, is no UTF-8, or is over 64 KiB."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); give the path of {what}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if len(raw) > MOST_BYTES:
        raise UserError(f"{path}: over {MOST_BYTES:,} bytes; {what} is shorter; give another file")
    return text


def primary(language: str | None) -> str:
    """The primary subtag: "zh" of "zh-Hant"."""
    return (language or "").partition("-")[0].lower()


def _checked(path: Path, needs: Sequence[str]) -> str:
    text = read(path, "a prompt text").strip("\n")
    for need in needs:
        if need not in text:
            raise UserError(f"{path}: lacks {need.strip()}; add it where that goes (docs/cold-start.md)")
    return text
