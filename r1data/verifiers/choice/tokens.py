r"""Cuts a text into what matters around the letters of options: letters, known words by kind, punctuation, the rest.

`clean` takes dressing off first: boxes become ⟦…⟧, formulas that are no letters §, hidden text nothing. Both take time
linear in the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from r1data.verifiers.choice.words import AND, KINDS, OR
from r1data.verifiers.extraction import hidden

_UNSPACED = "\u0e00-\u0eff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
"""Scripts whose words follow each other without blanks, or with particles behind."""
LONGEST = 30_000
"""Characters at the end of a text that are read."""
_DEPTH = 4
"""Braces within each other that are taken off."""
_LONGEST = 16
"""Characters of the longest known word of those scripts."""
_ALPHABETS = "A-Za-z\u00c0-\u024f\u0370-\u052f"
_INVISIBLE = re.compile("[\u00ad\u200b\u200d-\u200f\u2060-\u2064\ufe0e\ufe0f\ufeff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TEX_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal|up|sc)?|emph|underline|math(?:rm|bf|sf|it|tt|cal|bb)|mbox|bm|pmb|boldsymbol"
    r"|operatorname|bf|rm|it|sf|tt|large|Large|LARGE|huge|Huge|small|displaystyle|ensuremath)(?![a-zA-Z])\s*"
    r"(?:\{([^{}]*)\})?"
)
_TEX_SPACE = re.compile(r"\\(?:left|right|quad|qquad|bigl?|bigr|Bigl?|Bigr)(?![a-zA-Z])|\\[,;:! ]")
_BRACES = re.compile(r"(?<!\\boxed)\{([^{}]*)\}")
_BOX_START = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)")
_BOX = re.compile(r"\\boxed\{([^{}]*)\}|\[\[([^\[\]\n]{1,200})\]\]")
_FORMULA = re.compile(
    r"\$\$([^$]{0,1000})\$\$|\$([^$\n]{0,500})\$|\\\(([^\n]{0,500}?)\\\)|\\\[(.{0,300}?)\\\]", re.S
)
_LETTERS_ALONE = re.compile(r"[({\[]*[A-Z](?:[).:]|[ ]*[,&、][ ]*[A-Z])*[)}\]]*")
_LETTER_AND_TEXT = re.compile(r"\([ ]?[A-Z][ ]?\)\s")
_MARKUP = re.compile(r"</?\|?[a-z_]{1,20}\|?>|\*+|`+|(?<!\w)_+|_+(?!\w)|^[ \t]*#{1,6}(?!#)|^[ \t]*>", re.M)
_FIELD = re.compile(r"^[ \t]*####[ \t]*", re.M)

_TOKEN = re.compile(
    rf"(?<![{_ALPHABETS}0-9.\\])(?<![{_ALPHABETS}]['’])(?:(?P<capitals>[A-Z]{{1,10}})|(?P<small>(?<=[(\[⟦])[a-z](?=[)\]⟧])|(?<![^\s])[a-z](?=\))"
    r"|(?:(?<=: )|(?<= is )|(?i:(?<=option )|(?<=choice )))[a-z](?=[.]?[ ]*(?:\n|\Z))))"
    rf"(?![{_ALPHABETS}0-9]|['’](?![dt][iıuü]r)[a-z]|-[A-Za-z0-9]|\.[A-Za-z]\b|[ ]?[=+*^≤≥])"
    rf"|(?P<run>[{_UNSPACED}]+)|(?P<word>[^\W\d_{_UNSPACED}](?:[\w'’\u200c-]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff])*)"
    r"|(?P<number>\d[\d.,]*)|(?P<line>\n)|(?P<end>[.!。！](?=\s|\Z|[^\w\s])|。|！|;(?=\s))|(?P<ask>[?？])|(?P<colon>[:：】]|=>?|->|[→⇒➜➡⟹⟶])"
    r"|(?P<sep>[,，、;/&|])|(?P<open>[(\[{<\"“‘「『《⟦【])|(?P<close>[)\]}>”’」』》⟧'])|(?P<mark>[✓✔✅✗✘❌✖✕∴])|(?P<other>\S)"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a clean text.

    Attributes:
        kind: `letter`, a kind of `words`, `and`, `or`, `number`, `line`, `end`, `ask`, `colon`, `sep`, `open`,
            `close`, or `other`.
        text: as written; of letters, the letters.
        start, end: where it stands.
    """

    kind: str
    text: str
    start: int
    end: int


def clean(text: str) -> str:
    r"""The text without dressing: boxes as ⟦…⟧, formulas that are no letters as §, each letter in one form."""
    text = text[-LONGEST:]
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))[-LONGEST:]
    text = hidden.visible(text)
    if "\\" in text:
        text = text.replace("\\_", "_").replace("\\{", "(").replace("\\}", ")")
        text = _BOX_START.sub(r"\\boxed", text)
        for _ in range(_DEPTH):
            text = _BRACES.sub(r" \1 ", _TEX_TEXT.sub(lambda match: match.group(1) or "", text))
        text = _TEX_SPACE.sub(" ", text).replace("\\\\", " ")
    if "[[" in text or "box" in text:
        text = _BOX.sub(lambda match: f" ⟦{(match.group(1) or match.group(2) or '').strip()}⟧ ", text)
    if "$" in text or "\\" in text:
        text = _FORMULA.sub(_formula, text)
    text = _FIELD.sub("answer: ", text)
    return _MARKUP.sub("", text).replace("_", " ").replace("~", " ")


def _formula(match: re.Match[str]) -> str:
    content = next((group for group in match.groups() if group is not None), "").strip()
    is_option = "⟦" in content or _LETTERS_ALONE.fullmatch(content) or _LETTER_AND_TEXT.match(content)
    return f" {content} " if is_option else " § "


def is_reversed(text: str) -> bool:
    """Whether a text holds marks that make it look otherwise than it is written."""
    return not text.isascii() and _BIDI.search(text) is not None


def tokens(text: str) -> list[Token]:
    """The pieces of a clean text."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    starts_sentence = True
    for match in _TOKEN.finditer(text):
        kind, word, start, end = str(match.lastgroup), match.group(), match.start(), match.end()
        if kind == "capitals":
            is_run = len(word) > 1 and (len(set(word)) < len(word) or max(word) > "J")
            yield Token((_kind(word) or "other") if is_run else "letter", word, start, end)
        elif kind == "small":
            yield Token("letter", word.upper(), start, end)
        elif kind == "run":
            yield from _words_of_run(word, start)
        elif kind in ("word", "mark", "colon"):
            known = None if len(word) == 1 and "A" <= word <= "Z" else _kind(word)
            # "Si" is silicon within a sentence, and "if" where one begins.
            if len(word) <= 2 and known in ("not", "hedge") and word[0].isupper() and not starts_sentence:
                known = None
            yield Token(known or ("colon" if kind == "colon" else "other"), word, start, end)
        else:
            yield Token(kind, word, start, end)
        starts_sentence = kind in ("line", "end", "ask")


def _kind(word: str) -> str | None:
    folded = word.casefold().rstrip("'’")
    if folded in OR and folded not in KINDS:
        return "or"
    if folded in AND and folded not in KINDS:
        return "and"
    if kind := KINDS.get(folded):
        return kind if folded != ":" else None
    return "not" if folded.endswith(("n't", "n’t")) else None


def _words_of_run(run: str, offset: int) -> Iterator[Token]:
    """The words of a run without blanks, each the longest that is known; unknown characters one by one."""
    start = 0
    while start < len(run):
        for length in range(min(_LONGEST, len(run) - start), 0, -1):
            if kind := _kind(run[start : start + length]):
                break
        else:
            kind, length = "other", 1
        yield Token(kind, run[start : start + length], offset + start, offset + start + length)
        start += length
