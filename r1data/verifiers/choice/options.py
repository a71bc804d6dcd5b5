"""The options that a prompt lists (`A. …`, `(B) …`, `C：…`), and which of them a text repeats.

Not done: options without letters, tables, options that are pictures.
"""

import re
import unicodedata
from collections.abc import Mapping

LIMIT = 20_000
"""Most characters at the end of a prompt that are searched."""

_MARK = re.compile(
    r"(?<![A-Za-z0-9$\\_'])(?:\(([A-Z])\)|\[([A-Z])\]|([A-Z])(?:[.):、]|\s*[:)]))(?!\w\.)[ \t]*"
)
_DRESSING = re.compile(r"\\(?:text|textbf|mathrm|mathbf|boxed)\s*(?=\{)|\\[,;:! ()\[\]]|[\s$*`{}\"'“”]+")


def listed_options(prompt: str | None) -> Mapping[str, str]:
    """The text of each option by its letter, of the last list in a prompt that starts at A; empty without one."""
    if not prompt or ("B" not in prompt and "Ｂ" not in prompt):
        return {}
    text = unicodedata.normalize("NFKC", prompt[-LIMIT:])
    runs: list[list[re.Match[str]]] = []
    for mark in _MARK.finditer(text):
        letter = mark.group(1) or mark.group(2) or mark.group(3)
        if letter == "A":
            runs.append([mark])
        elif runs and ord(letter) == ord("A") + len(runs[-1]):
            runs[-1].append(mark)
    options = next((run for run in reversed(runs) if len(run) > 1), [])
    ends = [mark.start() for mark in options[1:]]
    if options:
        line_end = text.find("\n", options[-1].end())
        ends.append(line_end if line_end >= 0 else len(text))
    return {
        chr(ord("A") + number): text[mark.end() : end].strip()
        for number, (mark, end) in enumerate(zip(options, ends, strict=True))
    }


def fold_option(text: str) -> str:
    """An option's text without dressing, blanks and case, for comparing."""
    text = _DRESSING.sub(" ", unicodedata.normalize("NFKC", text))
    return "".join(text.split()).casefold().rstrip(".。,;；")


def option_named(text: str, options: Mapping[str, str]) -> str | None:
    """The letter of the one option whose text this is; None if it is none, or that of several."""
    folded_text = fold_option(text)
    letters = [letter for letter, option in options.items() if fold_option(option) == folded_text]
    return letters[0] if folded_text and len(letters) == 1 else None
