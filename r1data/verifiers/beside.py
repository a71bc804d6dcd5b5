"""What stands beside an answer in tags or a block: whether the words before deny it, or those behind take it back.

Not done: sentences further away; words that are not in these lists.
"""

import re

NEAR = 200
"""Characters on each side that are looked at."""

_DENIED = re.compile(
    r"(?:\b(?:not|no|never|nor|neither|wrong|incorrect|invalid|false|instead of|rather than|except|unlike"
    r"|anything but)|n't|不是|并非|错误(?:的|答案)?|nicht|kein|pas|não|нет|не|ではない|아니)\W*\Z",
    re.I,
)
_TAKEN_BACK = re.compile(
    r"\W*(?:(?:or|nor|no|not|nope|wait|actually|but|rather|instead|sorry|oops|maybe|perhaps|alternatively)\b"
    r"|just kidding\b|(?:is|was|are) (?:not|wrong|incorrect|false)\b"
    r"|(?:that|this|it|the above|the answer)(?: is|'s| was) (?:not|wrong|incorrect|false)\b"
    r"|或者?|不对|错了|不是|又は|または|또는|oder|ou|o bien|или|\?)",
    re.I,
)


def denies(before: str, behind: str) -> bool:
    """Whether what stands right before an answer denies it, or what follows takes it back or offers another."""
    return bool(_DENIED.search(before[-NEAR:]) or _TAKEN_BACK.match(behind[:NEAR]))
