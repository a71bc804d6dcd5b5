r"""Other spellings of characters: one for each meaning, in ASCII and TeX, for texts that are not ASCII.

Digits of every script, mathematical and full-width letters, vulgar fractions, superscripts and subscripts, signs,
Greek letters that do not look Latin, blanks, quotation marks and units of one character; most come from Unicode's own
tables. Characters that do not show are removed where they stand between words or at an end; within a number or a word
they stay, and the text is then read by nobody: what shows as `12` and holds more than that is no 12.

Not covered: circled digits, Roman numerals as numbers, combining marks, text that displays from right to left.
"""

import re
import unicodedata

_FONTS = ("<font>", "<wide>", "<narrow>", "<compat>", "<square>", "<noBreak>", "<small>")
"""Decompositions that change how a character looks and not what it says; `<circle>`, `<super>` and `<sub>` do."""
_SIGNS = {
    "-": "−–‐‑‒﹣－˗➖", "—": "―", "*": "×·⋅∙∗✕✖⨯", "/": "÷∕⁄", "≤": "≦⩽≲", "≥": "≧⩾≳", "≈": "≒≃", "°": "º˚",
    "'": "’‘ʼ′",
    "''": "″", '"': "“”„‟〝〞", "{": "｛", "}": "｝", ",": "，،٬", ".": "．٫", "%": "٪", "(": "⟨〈⦅", ")": "⟩〉⦆",
    "[": "〔",
    "]": "〕", ":": "∶", "|": "∣", "\\setminus ": "∖", "\\emptyset ": "⌀", "\\ldots ": "…⋯", "\\sqrt[3]": "∛",
    "\\sqrt[4]": "∜",
}  # fmt: skip
_MEANS = {ord(sign): plain for plain, signs in _SIGNS.items() for sign in signs}
_KEPT = frozenset("、～μµΩÅ")
"""Left to others: the comma between Chinese items, the dash of ranges, and letters that begin units."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵃᵇᶜᵈᵉᵏᵐᵒᵖᵗʰʳˢ", "0123456789+-=()nixyabcdekmopthrs")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-=()aeoxhklmnpstijruv")
_ABOVE = "[" + "".join(map(chr, _SUPERSCRIPTS)) + "]+"
_BELOW = "[" + "".join(map(chr, _SUBSCRIPTS)) + "]+"
_SLANTED = re.compile(f"({_ABOVE})\u2044({_BELOW})")
_RAISED, _LOWERED = re.compile(_ABOVE), re.compile(_BELOW)
_BARRED = re.compile(r"(?:\d[\u0304\u0305])+")
"""Digits with a line above, as combining marks."""
_VULGAR = re.compile("[¼½¾⅐-⅞↉]")
_GREEK = re.compile("(?<![Ͱ-Ͽ\u1f00-\u1fff])[ΓΔΘΛΞΠΣΦΨα-ω]{1,2}(?![Ͱ-Ͽ\u1f00-\u1fff])")
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a\u202c\u2060-\u2066\u2068\u2069\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)
"""What does not show. Overrides and embeddings from right to left are not among it: a text may display otherwise."""
_TURNED = re.compile("[\u202b\u2067]")
_DIGITS = re.compile(r"[-+]?[\d.,]+")
_DASH = re.compile(r"(?<![\w)\]}.,])\s*—\s*(?=[\d.\\(a-zA-Z∞])")
_ROOT = re.compile(r"(\\sqrt\[[34]\])\s*(\d+|[a-zA-Z])")


class _Spellings(dict[int, str]):
    """The plain spelling of a character by its code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = _spelling(chr(code))
        return plain


def _spelling(character: str) -> str:
    """One character in its plain spelling; itself where it has no other."""
    if character.isascii() or character in _KEPT:
        return character
    if (means := _MEANS.get(ord(character))) is not None:
        return means
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    if unicodedata.category(character) == "Zs":
        return " "
    tag = unicodedata.decomposition(character).partition(" ")[0]
    if tag in _FONTS:
        plain = unicodedata.normalize("NFKC", character)
        # ㎡ is m², not m2.
        return (
            re.sub(r"(?<=m)[23]$", lambda power: f"^{power.group()}", plain) if tag == "<square>" else plain
        )
    if tag and not tag.startswith("<") and " " not in unicodedata.decomposition(character):
        return unicodedata.normalize("NFC", character)  # the ohm sign is the letter, the Kelvin sign is K
    return character


_SPELLINGS = _Spellings()


def plain(text: str) -> str:
    """A text that is not ASCII in plain spelling; Greek letters as commands, small figures as `^{…}` and `_{…}`."""
    if _TURNED.search(text) and _DIGITS.fullmatch(bare := _HIDDEN.sub("", _TURNED.sub("", text))):
        text = bare
    text = _HIDDEN.sub(_unless_within, text)
    text = _SLANTED.sub(
        lambda part: rf"\frac{{{part[1].translate(_SUPERSCRIPTS)}}}{{{part[2].translate(_SUBSCRIPTS)}}}", text
    )
    if "根号" in text or "分之" in text or text[:1] == "负":
        text = _chinese(text)
    text = _RAISED.sub(lambda part: "^" + _grouped(part[0].translate(_SUPERSCRIPTS)), text)
    text = _LOWERED.sub(lambda part: "_" + _grouped(part[0].translate(_SUBSCRIPTS)), text)
    text = _VULGAR.sub(_fraction, text)
    text = text.translate(_SPELLINGS)
    text = _BARRED.sub(lambda digits: rf"\overline{{{re.sub(r'[^0-9]', '', digits[0])}}}", text)
    if text.isascii():
        return _ROOT.sub(r"\1{\2}", text)
    text = _GREEK.sub(lambda letters: "".join(map(_command, letters[0])), text)
    return _ROOT.sub(r"\1{\2}", _DASH.sub("-", text))


_FRACTION_OF = re.compile(r"(?<![\d.])(\d+)分之(\d+)(?![\d.])")


def _chinese(text: str) -> str:
    """Roots, fractions and a minus that are said in Chinese: `2根号3`, `3分之2`, `负2`."""
    text = _FRACTION_OF.sub(r"\2/\1", text)
    text = re.sub(r"(?<!次)根号下?(?=[\d(（])", "√", text)
    return re.sub(r"\A负(?=[\d√])", "-", text)


def _unless_within(hidden: re.Match[str]) -> str:
    """Nothing for characters that do not show; themselves within a number or a word."""
    before, after = hidden.string[hidden.start() - 1 : hidden.start()], hidden.string[hidden.end() :][:1]
    within = all(side.isalnum() or side in (".", ",") for side in (before, after))
    return hidden.group() if within else ""


def _grouped(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"


def _fraction(vulgar: re.Match[str]) -> str:
    top, _, bottom = unicodedata.normalize("NFKC", vulgar.group()).partition("\u2044")
    return rf"\frac{{{top}}}{{{bottom}}}"


def _command(letter: str) -> str:
    r"""A Greek letter's command, `\theta `; those that begin units stay."""
    name = unicodedata.name(letter).rpartition(" ")[2].lower()
    if letter in _KEPT or name in ("omicron", "final"):
        return letter
    name = {"lamda": "lambda"}.get(name, name)
    return f"\\{name if letter.islower() else name.capitalize()} "
