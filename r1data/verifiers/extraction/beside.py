"""What stands beside an answer in tags or a block: whether the words before deny it, or those behind take it back.

Not done: sentences further away; words that are not in these lists.
"""

import re

from r1data.data.responses import ANSWER_CLOSE, ANSWER_OPEN, CLOSE

NEAR = 200
"""Characters on each side that are looked at."""

_GAP = r"[^\w.!?。！？;]"
"""What may stand between words of one sentence."""
_DENIED = re.compile(
    r"(?:\b(?:not|no|never|nor|neither|wrong|incorrect|invalid|false|instead of|rather than|except|unlike"
    r"|anything but|nicht|kein|pas|não|нет|не)|n't|不是|并非|错误(?:的|答案)?|ではない|아니)"
    rf"(?:{_GAP}+(?:answer|the|this|that|an?|valid|correct|right|following|say|write|json|it|be|output|return))*{_GAP}*\Z",
    re.I,
)
_TAKEN_BACK = re.compile(
    r"\W*(?:(?:or|nor|nope|wait|actually|but|rather|instead|sorry|oops|maybe|perhaps|alternatively)\b"
    r"|(?:no|not)(?=\s*(?:[,.;:!\u2013\u2014-]|\Z|(?:it|that|this|wait|really|quite|my|an?|the|in)\b))|just kidding\b"
    r"|(?:is|was|are) (?:not|wrong|incorrect|false)\b"
    r"|(?:that|this|it|the above|the answer)(?: is|'s| was) (?:not|wrong|incorrect|false)\b"
    r"|或者?|不对|错了|不是|又は|または|또는|(?:oder|ou|o bien|или)\b|\?)",
    re.I,
)


_SHORT = re.compile(r"\W*(?:[A-HJ-Z]|[^\s]{0,3}\d\S{0,20})\W*")
"""One letter but for the word "I", or one number."""
_BOX = re.compile(r"\\boxed\s*\{([^{}]*)\}")


def denies(before: str, behind: str) -> bool:
    """Whether what stands right before an answer denies it, or what follows takes it back or offers another."""
    return bool(_DENIED.search(before[-NEAR:]) or _TAKEN_BACK.match(behind[:NEAR]))


def objection_to_tags(response: str) -> str | None:
    """Why the answer in a response's answer tags does not stand, as `no_answer` says it; None where it does.

    The words beside the tags deny it or take it back, other tags follow, or a number, a letter or a box beside them
    says something else.
    """
    if ANSWER_CLOSE not in response:
        return None
    after = response[response.rfind(CLOSE) + len(CLOSE) :] if CLOSE in response else response
    start, end = after.find(ANSWER_OPEN), after.rfind(ANSWER_CLOSE)
    if not 0 <= start < end:
        return None
    before, behind = after[:start].strip(), after[end + len(ANSWER_CLOSE) :].strip()
    if ANSWER_OPEN in behind:
        return "found: answer tags more than once"
    if not before and not behind:
        return None
    if denies(before, behind):
        return "that stands: the words beside the answer tags deny it or offer another"
    inner = after[start + len(ANSWER_OPEN) : end]
    others = [text for text in (before, behind) if _SHORT.fullmatch(text)]
    others += _BOX.findall(behind[:NEAR])
    if any(not _agree(other, inner) for other in others):
        return "that is one: another stands beside the answer tags"
    return None


def _agree(one: str, other: str) -> bool:
    """Whether two texts are the same, or one is a word of the other: `12` and "12 apples"."""
    bare, words = _bare(one), {_bare(word) for word in other.split()}
    return bare == _bare(other) or bare in words or _bare(other) in {_bare(word) for word in one.split()}


def _bare(text: str) -> str:
    """The letters and digits of a text, in lower case."""
    return re.sub(r"[\W_]+", "", text).casefold()
