"""What a model is asked, as text files: `{prompt}`, `{thoughts}`, `{answer}`, `{examples}`, `{language}` are filled in.

A method has a text for each language; rows of a language without one get the text of "" (ours: English). The texts are
data: `prompts/texts/`, or files that a user names. Every name is filled in once, so that a question which itself says
`{answer}` stays as it is.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from r1data.data.resources import PACKAGE, resource
from r1data.errors import UserError

TEXTS = PACKAGE / "sampling" / "prompts" / "texts"
OTHERS = ""
"""The key of the text for all languages that have none of their own."""
MOST_BYTES = 64 * 1024
NAMES = ("prompt", "thoughts", "summary", "answer", "examples", "language", "name", "maker")

_NAME = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
_FOR_LANGUAGE = re.compile(r"([a-z]{2,3})=(.+)", re.S)


@dataclass(frozen=True, slots=True)
class Texts:
    """A method's texts by primary language subtag."""

    by_language: Mapping[str, str]

    def of(self, language: str | None) -> str:
        """The text for rows of a language, given as a BCP 47 tag."""
        return self.by_language.get(primary(language), self.by_language[OTHERS])

    def digests(self) -> dict[str, str]:
        """Language → 16 hex digits of the text's sha256."""
        return {
            name or "others": hashlib.sha256(text.encode()).hexdigest()[:16]
            for name, text in sorted(self.by_language.items())
        }


def load(method: str, given: Sequence[str], needs: Sequence[str]) -> Texts:
    """The texts of a method: those that ship, and in their place those that a user names.

    Args:
        given: `PATH` stands in for all of them, `LANGUAGE=PATH` for that language's.
        needs: what every text must hold, such as "{prompt}".

    Raises:
        UserError: a file cannot be read or lacks some of it.
    """
    found = {path.name.split(".")[1]: path for path in sorted(TEXTS.glob(f"{method}.*.txt"))}
    found[OTHERS] = found["en"]
    for each in given:
        match = _FOR_LANGUAGE.fullmatch(each)
        found = {**found, match[1]: shipped(match[2])} if match else {OTHERS: shipped(each)}
    return Texts({language: _checked(path, needs) for language, path in found.items()})


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its names replaced; one without a value stays."""
    return _NAME.sub(lambda match: values.get(match[1], match[0]), text)


def shipped(name: str) -> Path:
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
        raise UserError(f"{path}: over {MOST_BYTES:,} bytes; {what} is shorter")
    return text


def primary(language: str | None) -> str:
    """The primary subtag: "zh" of "zh-Hant"."""
    return (language or "").partition("-")[0].lower()


def _checked(path: Path, needs: Sequence[str]) -> str:
    text = read(path, "a prompt text").strip("\n")
    for need in needs:
        if need not in text:
            raise UserError(f"{path}: lacks {need.strip()}; write it where that goes (docs/cold-start.md)")
    return text
