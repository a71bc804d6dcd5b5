r"""Words that stand for values: yes and no, true and false in several languages, sets of numbers, "no solution".

`read` gives the value of a whole text. Words of one meaning get one spelling; words of two meanings are no mistake of
anybody's, so `agreement` calls most pairs of them undecided. "No solution" and the empty set stay apart: the one says
something of an equation, the other is a set.
"""

import re

from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.reals import REALS
from r1data.verifiers.math.values import Several, Value, Word

_SAYINGS = {
    "yes": "yes oui ja sí sì да так tak evet ναι כן نعم بله بلی ہاں हाँ हां sim ya ndiyo হ্যাঁ అవును có はい 예 네 是 是的 "
           "jes áno ano igen ใช่",
    "no": "no non nein нет ні nie hayır όχι לא لا خیر نہیں नहीं não tidak hapana না కాదు không いいえ 아니요 아니오 否 "
          "不是 nee nej nem ไม่ใช่",
    "true": "true vrai wahr richtig verdadero vero verdadeiro истина истинно верно prawda doğru αληθής נכון صحيح درست "
            "सत्य সত্য నిజం benar waar kweli đúng 真 参 거짓아님 对 對 正确 正確 真命题 правда правильно",
    "false": "false faux falsch falso ложь ложно неверно fałsz yanlış ψευδής שגוי خاطئ خطأ غلط असत्य মিথ্যা తప్పు salah "
             "onwaar uongo sai 假 거짓 错 錯 错误 錯誤 假命题 неправда хибно",
}  # fmt: skip
SAYINGS = {word: meaning for meaning, words in _SAYINGS.items() for word in words.split()}
"""Words, casefolded, and the English ones of the same meaning."""

_PHRASES = {
    "∅": "empty set|the empty set|null set|the null set|空集|空集合|leere menge|ensemble vide",
    "no solution": "no solution|no solutions|there is no solution|there are no solutions|has no solution"
                   "|there is no solution to the equation|no such solution|no such solutions|无解|無解|方程无解|解なし"
                   "|pas de solution|keine lösung|sin solución|нет решений",
    "no real solution": "no real solution|no real solutions|there are no real solutions|there is no real solution"
                        "|no real roots|no real root|无实数解|无实根|无实数根|没有实数根|没有实数解",
    "does not exist": "does not exist|doesn't exist|do not exist|dne|不存在|it does not exist|the limit does not exist",
    "∞": "无穷大|无穷|正无穷|正无穷大|positive infinity|plus infinity|infinitely large",
    "-∞": "负无穷|负无穷大|negative infinity|minus infinity",
    "infinitely many": "infinitely many|infinitely many solutions|infinite solutions|infinite number of solutions"
                       "|an infinite number of solutions|there are infinitely many solutions|无穷多个|无数个|无穷多解"
                       "|无穷多|有无穷多解|无数解",
    "none": "none|none of them|none of these",
}  # fmt: skip
PHRASES = {phrase: meaning for meaning, phrases in _PHRASES.items() for phrase in phrases.split("|")}

OR_WORDS = "or|oder|ou|ó|или|або|veya|atau|lub|hoặc|eller|ή|או|أو|یا|या|অথবা|లేదా|au"
AND_WORDS = "and|und|et|и|та|ve|dan|oraz|và|och|og|en|και|و|और|এবং|మరియు|na"
"""Words between two answers, in the languages whose answers are found; single Latin letters (y, e, i) are variables."""

_SET_SIGN = re.compile(
    r"(?:\\(?:mathbb|Bbb|mathds)\s*\{?\s*([RZNQC])\s*\}?|([ℝℤℕℚℂ])|\\([RZNQC])(?![a-zA-Z]))"
    r"(?:\s*[_^]\s*(?:\{\s*)?([+*0-]|(?:>|\\gt)\s*0|(?:≥|>=|\\ge(?:q|qslant)?(?![a-z]))\s*0|(?:≤|<=|\\le(?:q|qslant)?(?![a-z]))\s*0"
    r"|(?:<|\\lt)\s*0|(?:≠|\\neq?(?![a-z]))\s*0)(?:\s*\})?)?"
)
_SET_WORDS = re.compile(
    r"(?:[a-z] (?:is|can be|may be|are) )?(?:an? )?(?:the set of |set of )?(?:(?:all|any|every|each) )?"
    r"(?:the |possible )?"
    r"((?:strictly )?(?:positive|negative|non-?negative|non-?positive|non-?zero) )?"
    r"(real numbers?|reals?(?: values?)?|integers?|whole numbers?|natural numbers?|naturals|rational numbers?|rationals"
    r"|complex numbers?)(?: (?:of )?[a-z])?"
)
_CHINESE_SETS = re.compile(
    r"(?:全体|所有|任意|一切|全部)?(?:的)?(正|负|非负|非正|非零)?(实数|整数|自然数|有理数|复数)(?:集|集合)?(?:R|Z|N|Q|C)?"
)
_LETTERS = {
    "real": "ℝ", "reals": "ℝ", "integer": "ℤ", "whole": "ℤ≥0", "natural": "ℕ", "naturals": "ℕ", "rational": "ℚ",
    "rationals": "ℚ", "complex": "ℂ", "实数": "ℝ", "整数": "ℤ", "自然数": "ℕ", "有理数": "ℚ", "复数": "ℂ",
}  # fmt: skip
_SIGNS = {
    "positive": "+", "正": "+", "negative": "-", "负": "-", "nonnegative": "≥0", "非负": "≥0", "nonpositive": "≤0",
    "非正": "≤0", "nonzero": "≠0", "非零": "≠0",
}  # fmt: skip
_REAL_PARTS = {
    "": REALS,
    "+": Several("()", (Number(0), Word("∞"))),
    "-": Several("()", (Word("-∞"), Number(0))),
    "≥0": Several("[)", (Number(0), Word("∞"))),
    "≤0": Several("(]", (Word("-∞"), Number(0))),
    "≠0": Several("∖", (REALS, Several("{}", (Number(0),)))),
}


def read(text: str) -> Value | None:
    """The value that a normalised text names in words or by a sign such as `ℝ`; None if it names none."""
    if text[0] in "\\ℝℤℕℚℂ":
        match = _SET_SIGN.fullmatch(text)
        return _named_set(match) if match else None
    if text.isascii() and not text[0].isalpha():
        return None
    low = text.casefold()
    if (meaning := SAYINGS.get(low) or PHRASES.get(low)) is not None:
        return Several("{}", ()) if meaning == "∅" else Word(meaning)
    if text.isascii() and (" " in text or low.isalpha()) and "\\" not in text:
        return _set_in_words(_SET_WORDS.fullmatch(low))
    return None if text.isascii() else _set_in_words(_CHINESE_SETS.fullmatch(text))


def _named_set(match: re.Match[str]) -> Value | None:
    letter = "ℝℤℕℚℂ"["RZNQC".find(match[1] or match[3])] if match[1] or match[3] else match[2]
    mark = re.sub(r"\s", "", match[4] or "")
    for spelling, sign in (
        ("≥", "≥0"),
        (">=", "≥0"),
        ("\\ge", "≥0"),
        (">", "+"),
        ("\\gt", "+"),
        ("≤", "≤0"),
        ("<=", "≤0"),
    ):
        if mark.startswith(spelling):
            return _set(letter, "+" if sign == "+" else sign)
    if mark.startswith(("\\le", "<", "\\lt")):
        return _set(letter, "≤0" if mark.startswith("\\le") else "-")
    if mark.startswith(("≠", "\\ne")):
        return _set(letter, "≠0")
    if mark == "*":
        # Of natural numbers, the star means that 0 is left out; of whole numbers, some mean the positive ones by it.
        return _set(letter, {"ℕ": "+", "ℤ": "*"}.get(letter, "≠0"))
    if mark == "0":
        return _set(letter, "≥0") if letter == "ℕ" else None
    return _set(letter, mark)


def _set_in_words(match: re.Match[str] | None) -> Value | None:
    if match is None:
        return None
    sign = (match[1] or "").strip().replace("-", "").removeprefix("strictly ")
    kind = match[2].split()[0].removesuffix("s") if match[2].isascii() else match[2]
    return _set(_LETTERS[kind], _SIGNS.get(sign, ""))


def _set(letter: str, sign: str) -> Value:
    """A set of numbers: of reals the interval, of others a word."""
    if letter == "ℝ" and sign in _REAL_PARTS:
        return _REAL_PARTS[sign]
    if letter == "ℕ" and sign in ("+", "≥0"):
        letter = "ℤ"
    return Word(letter + sign)
