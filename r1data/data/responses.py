"""The layout of a response: splits it into thoughts and answer, and joins the two into a response.

Think tags (R1 2.2.3: `<think> … </think> <answer> … </answer>`), or the special tokens of the paper's cold start (R1
2.3.1: `|special_token|<reasoning>|special_token|<summary>`). The paper does not name the token: a row in that layout
is recognised by its own columns, where the response is token, `reasoning`, the same token, `answer`, and nothing
else.

Parsing uses `str.find` only, so the time is linear in the length whatever a model wrote: a hundred kilobytes of
unclosed tags cost what plain text costs. This module only splits; judging the answer (`r1data.verifiers`) and the
thoughts (`r1data.filters`) is not done here.

The paper does not say what to do if a response opens or closes its thoughts more than once. This project's rule:
thoughts run from the first `<think>` to the last `</think>`, and a `<think>` after that counts as never closed, so
that text that a model only thought cannot be taken for its answer.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from r1data.errors import UserError

OPEN, CLOSE = "<think>", "</think>"
ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"
FORMATS = ("r1", "r1-zero", "any", "r1-opened", "r1-zero-opened")
_OPENED = "-opened"
"""The end of the layouts of responses whose opening think tag may be part of the prompt."""

_THINK_TAGS = re.compile(r"<\s*/?\s*think(?![\w-])", re.I)
_ANSWER_TAGS = re.compile(r"<\s*/?\s*answer(?![\w-])", re.I)
_CUT_TAG = re.compile(r"(?:<thin?|</t(?:hi?|hin)?|<answe?|</a(?:n|ns|nsw|nswe)?)$")
_MARKUP_OF_NOTHING = re.compile(r"<!--.*?(?:-->|\Z)|<br[ ]?/?>", re.S)
_SHOWS_NOTHING = re.compile("[\u115f\u1160\u2800\u3164\uffa0\ufffc\U0001d159\U00013441\U00013442]+")
"""Letters and symbols by their category, drawn as nothing: fillers of Hangul, blanks of Braille, music, hieroglyphs."""


class Parts(NamedTuple):
    """The two parts of a response, stripped; None is a part that is not there (a blank one is "")."""

    reasoning: str | None
    answer: str | None


def split(response: str) -> Parts:
    """Split a response into thoughts and answer.

    `<think>a</think>b` → ("a", "b"). No tags: (None, all of it). `</think>` alone, the opening tag having
    been part of the prompt: what stands before it is thought. `<think>` never closed: (what follows it,
    None). `<answer>` tags around the answer are taken off.
    """
    opened, closed = response.find(OPEN), response.rfind(CLOSE)
    if opened < 0 and closed < 0:
        return Parts(None, _strip_answer_tags(response))
    if response.rfind(OPEN) > closed:
        return Parts(response[opened + len(OPEN) :].strip(), None)
    start = opened + len(OPEN) if opened >= 0 else 0
    return Parts(response[start:closed].strip(), _strip_answer_tags(response[closed + len(CLOSE) :]))


def _strip_answer_tags(text: str) -> str:
    """What stands in the answer tags; without a pair of them, the text."""
    text = text.strip()
    start, end = text.find(ANSWER_OPEN), text.rfind(ANSWER_CLOSE)
    if 0 <= start < end:
        return text[start + len(ANSWER_OPEN) : end].strip()
    return text.removeprefix(ANSWER_OPEN).strip()


def well_formed(response: str, layout: str = "r1") -> bool:
    """Whether a response has the asked-for layout, `FORMATS`.

    `r1`: one `<think>`, at the start, one `</think>`, and something to see in thoughts and answer. `r1-zero`: the
    same with the whole answer in one pair of `<answer>` tags, the only ones of the response. A tag that is cut or spelt
    otherwise (`<think`, `</THINK>`) counts as one too many. `any`: it is not blank. `r1-opened` and `r1-zero-opened`:
    the same where the prompt may have written the `<think>`. Raises UserError on another name.
    """
    if layout not in FORMATS:
        raise UserError(f"unknown response format {layout!r}; choose one of {', '.join(FORMATS)}")
    if layout == "any":
        return not is_blank(response)
    text = (opened(response) if prompt_opens(layout) else response).strip()
    closed = text.find(CLOSE)
    one_pair = text.count(OPEN) == 1 and text.count(CLOSE) == 1 and len(_THINK_TAGS.findall(text)) == 2
    if not text.startswith(OPEN) or not one_pair or _CUT_TAG.search(text[-8:]):
        return False
    thoughts = text[len(OPEN) : closed]
    # Brackets alone are no thoughts: `<think><</think>>`.
    if _is_blank_in_markup(thoughts) or is_blank(re.sub("[<>/]+", "", thoughts)):
        return False
    rest = text[closed + len(CLOSE) :].strip()
    if layout.startswith("r1-zero"):
        one_pair = len(_ANSWER_TAGS.findall(text)) == 2
        if not one_pair or not rest.startswith(ANSWER_OPEN) or not rest.endswith(ANSWER_CLOSE):
            return False
    answer = _strip_answer_tags(rest).removesuffix(ANSWER_CLOSE)
    return not (_is_blank_in_markup(answer) or answer in ("<t", "<a", "</"))


def _is_blank_in_markup(text: str) -> bool:
    """`is_blank`, where comments, line breaks and entities of HTML are nothing either."""
    if "&" in text:
        import html  # few responses hold an entity

        text = html.unescape(text)
    return is_blank(_MARKUP_OF_NOTHING.sub("", text) if "<" in text else text)


def tags(response: str) -> Iterator[tuple[int, int]]:
    """Start and end of each think and answer tag in order, also of those that are cut or spelt otherwise."""
    spans = [match.span() for pattern in (_THINK_TAGS, _ANSWER_TAGS) for match in pattern.finditer(response)]
    if cut := _CUT_TAG.search(response[-8:]):
        spans.append((len(response) - len(cut.group()), len(response)))
    for start, end in sorted(spans):
        yield start, end + 1 if response.startswith(">", end) else end


def prompt_opens(layout: str) -> bool:
    """Whether the prompts of responses in that layout may have written their `<think>`."""
    return layout.endswith(_OPENED)


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: blanks, controls, zero-width characters, fillers, marks without a letter."""
    if not text.isascii():
        text = _SHOWS_NOTHING.sub("", text)
    return all(unicodedata.category(character)[0] in "CZM" for character in text)


def opened(response: str) -> str:
    """A response whose opening tag was part of the prompt, with the tag put back; one that has it stays as it is."""
    return response if OPEN in response else f"{OPEN}\n{response.lstrip()}"


def reopened(text: str) -> str:
    """A text that closes thoughts it never opened, with the opening tag; any other as it is."""
    return opened(text) if CLOSE in text else text


def is_unclosed(response: str) -> bool:
    """Whether thoughts were opened and not closed: the response was cut, or its end went wrong."""
    return response.rfind(OPEN) > response.rfind(CLOSE)


Layout = Literal["think", "special-token"]
SPECIAL_TOKEN = "|special_token|"


def with_tags(reasoning: str, answer: str) -> str:
    """Thoughts between think tags, the answer after them."""
    return f"{OPEN}\n{reasoning}\n{CLOSE}\n\n{answer}"


def with_tokens(reasoning: str, answer: str, token: str = SPECIAL_TOKEN) -> str:
    """The paper's layout."""
    return f"{token}{reasoning}{token}{answer}"


def token_of(response: str, reasoning: str | None, answer: str | None) -> str | None:
    """The special token that a response is laid out with; None where it has another layout."""
    if not reasoning or answer is None:
        return None
    # The layout is token, thoughts, token, answer: the token's length follows from the others', without a search.
    length, odd = divmod(len(response) - len(reasoning) - len(answer), 2)
    if length < 1 or odd or not response.startswith(reasoning, length):
        return None
    token = response[:length]
    return token if response == with_tokens(reasoning, answer, token) else None


def as_tagged(
    responses: Iterable[str | None], reasoning: Iterable[str | None], answers: Iterable[str | None]
) -> list[str | None]:
    """The responses as verifiers and filters read them: those laid out with special tokens get think tags."""
    rows = zip(responses, reasoning, answers, strict=True)
    return [with_tags(r or "", a or "") if token_of(text or "", r, a) else text for text, r, a in rows]
