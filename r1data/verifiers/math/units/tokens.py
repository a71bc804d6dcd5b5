"""Splits the text after a number into tokens: numbers, words, powers, signs, runs of Chinese, Japanese and Korean."""

import re
from functools import cache

from r1data.verifiers.math.units.names import find

TOKENS = 24
"""Most tokens of a tail. Ours; no unit or label in use is longer."""

Token = tuple[str, str]
"""(kind, text): kinds are number, cjk, word, power, sign."""

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々ヶ"
_TOKEN = (
    rf"\s*(?:(?P<number>\d[\d,]*(?:\.\d+)?(?:/\d+)?)|(?P<cjk>[{_CJK}]+)"
    # Letters joined by a hyphen are a difference of variables: `3 x-y`.
    r"|(?P<word>[^\W\d_" + _CJK + r"]+(?:(?:-(?=\w\w)|['’])[^\W\d_" + _CJK + r"]+)*\.?)"
    r"|(?P<power>\^\s*(?:\{\s*[-+]?\d\s*\}|[-+]?\d)|[⁻]?[¹²³⁴])"
    r"|(?P<sign>°|''|[′″'\"%％‰$€£¥￥₹₨₩₽₺₫₴₦₱฿₪₡₲₵₸₼₾₭₮৳₿¢℃℉*·⋅/(),、，]))"
)
"""Compiled at the first use: classes of that many letters take milliseconds."""
_FRACTION = re.compile(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_COMMANDS = {
    "Omega": "Ω",
    "mu": "µ",
    "degree": "°",
    "AA": "Å",
    "ell": "ℓ",
    "per": "/",
    "cdot": "*",
    "times": "*",
}
_MICRO = re.compile(r"µ\s+(?=[a-zA-Z])")
_POWERS = {"²": 2, "³": 3, "⁴": 4, "¹": 1}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(_TOKEN)


def plain(text: str) -> str:
    """Commands of TeX and siunitx as plain signs and words."""
    if "\\" in text:
        text = _FRACTION.sub(r" \1 / (\2) ", text).replace("\\Omega", "Ω")
        text = _COMMAND.sub(_command, text)
    if "µ" in text or "μ" in text:
        text = _MICRO.sub("µ", text.replace("μ", "µ"))
    return text.replace("Ω", "Ω").replace("per cent", "percent")


def _command(match: re.Match[str]) -> str:
    """A unit's command as its sign or name; any other command stays, and makes the text unreadable."""
    name = match.group(1)
    return f" {_COMMANDS.get(name, name)} " if name in _COMMANDS or find(name) else match.group()


def tokenize(text: str) -> list[Token] | None:
    """The tokens of a plain text; None where there is anything else, or too many."""
    tokens: list[Token] = []
    position = 0
    pattern = _pattern()
    text = text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None or len(tokens) >= TOKENS:
            return None
        tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        position = match.end()
    return tokens


def exponent(text: str) -> int:
    """The exponent that a power token says: 2 of `^{2}`, -1 of `⁻¹`."""
    if text[-1] in _POWERS:
        return -_POWERS[text[-1]] if text[0] == "⁻" else _POWERS[text[-1]]
    return int(text.strip("^{} "))
