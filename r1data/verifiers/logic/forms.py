r"""The forms of answers that reasoning-gym's scorers are too lenient about.

Some scorers look for the answer in a text and give full marks whatever stands around it: "It is not 12" for 12, moves
within prose, a grid with a remark. Here the whole answer must have the task's form; one that has another is undecided,
since it may be a right answer with words of its own around it. The task's own answer always counts (`logic`).

Not done: other scorers, which compare the whole answer already.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

Form = Callable[[str, Mapping[str, Any]], bool]
"""(answer, entry) → whether the answer is one and nothing else."""

_FRACTION = re.compile(r"-?(?:\\[dtc]?frac\s*\{\s*-?\d+\s*\}\s*\{\s*-?\d+\s*\}|\d+\s*(?:/|÷)\s*\d+|\d+)")
_QUANTITY = re.compile(r"(-?)\s*(?:[$€£¥]\s*)?(-?\d[\d,]*(?:\.\d+)?)\s*%?\s*((?:[A-Za-z]+[ .]*){0,4})")
_DENYING = frozenset({
    "no", "not", "never", "wrong", "false", "or", "maybe", "perhaps", "about", "approximately", "than", "least", "most",
    "unless", "but", "except", "without", "between",
})  # fmt: skip
_SIGNS = {"$": ("dollar", "dollars"), "%": ("percent",), "€": ("euro", "euros"), "£": ("pound", "pounds")}
"""Words that a sign in the question stands for."""
_NAMES = re.compile(r"[A-Za-z_]\w*")
_FUNCTIONS = frozenset({
    "C", "c", "K", "k", "C1", "E", "e", "pi", "exp", "log", "ln", "sqrt", "Abs", "sin", "cos", "tan", "sec", "csc",
    "cot", "sinh", "cosh", "tanh", "asin", "acos", "atan", "arcsin", "arccos", "arctan",
})  # fmt: skip
_MOVE = re.compile(r"(?:\d+[.)]\s*|[-*•]\s+)?move disk \d+ from peg \d+ to peg \d+[.,;]?", re.I)
_BUTTONS = re.compile(r"[A-C](?:[\s,→>-]*[A-C])*\.?", re.I)
_TURNS = re.compile(r"[UDLRFBMESudlrfbxyz](?:w?['’2]{0,2})(?:\s+[UDLRFBMESudlrfbxyz](?:w?['’2]{0,2}))*")
_ASSIGNMENT = re.compile(r"[A-Z]\s*=\s*\d(?:\s*,\s*[A-Z]\s*=\s*\d)*,?")


def has_form(task: str, answer: str, entry: Mapping[str, Any]) -> bool:
    """Whether an answer with full marks is nothing but an answer."""
    return task not in FORMS or FORMS[task](answer.strip(), entry)


def _dressed(answer: str) -> str:
    return answer.strip().strip("$").removeprefix("\\(").removesuffix("\\)").strip().rstrip(".").strip()


def _is_quantity(answer: str, entry: Mapping[str, Any]) -> bool:
    r"""One number with its sign, a currency or per cent sign, and words that the question has: "12 apples"."""
    match = _QUANTITY.fullmatch(_dressed(answer))
    if match is None:
        return False
    question = str(entry.get("question")).casefold()
    known = set(re.findall("[a-z]+", question)).union(*(_SIGNS[sign] for sign in _SIGNS if sign in question))
    words = set(re.findall("[a-z]+", match[3].casefold()))
    if (
        words & _DENYING
        or not words <= known
        or ("%" in answer and not {"%", "percent"} & {*question, *known})
    ):
        return False
    try:
        value = Fraction(match[2].replace(",", "")) * (-1 if match[1] else 1)
        return value == Fraction(str(entry["answer"]).replace(",", ""))
    except (KeyError, ValueError):
        return False


def _is_grid(answer: str, entry: Mapping[str, Any]) -> bool:
    """As many whole numbers as the task's own answer has, and nothing but blanks, commas and brackets between them."""
    closed = answer.count("[") == answer.count("]") and not re.search(r"[^\d\s,;\[\]|]", answer)
    return closed and len(re.findall(r"\d+", answer)) == len(re.findall(r"\d+", str(entry.get("answer"))))


def _is_marks(answer: str, entry: Mapping[str, Any]) -> bool:
    """A grid of zeros and ones."""
    return _is_grid(answer, entry) and set(re.findall(r"\d+", answer)) <= {"0", "1"}


def _is_assignment(answer: str, entry: Mapping[str, Any]) -> bool:
    """Each letter with one digit, once."""
    letters = re.findall("[A-Z]", answer)
    return _ASSIGNMENT.fullmatch(answer) is not None and len(set(letters)) == len(letters)


def _is_roles(answer: str, entry: Mapping[str, Any]) -> bool:
    """A sentence about each person, in the words of the task's own answer: "Ann is a knight, and Bob is a knave."."""
    words = re.findall(r"\w+", answer.casefold())
    own_words = re.findall(r"\w+", str(entry.get("answer")).casefold())
    allowed = {*own_words, "is", "a", "an", "and", "the", *_roles(entry)}
    marks = re.sub(r"[\w\s.,;:*]", "", answer)
    return not marks and set(words) <= allowed and words.count("is") == own_words.count("is")


def _roles(entry: Mapping[str, Any]) -> set[str]:
    """The two words for those who lie and those who do not, of an entry of `knights_knaves`."""
    terms = (entry.get("metadata") or {}).get("knight_knave_terms") or {}
    return {str(value).casefold() for value in terms.values()} if isinstance(terms, dict) else set()


def _is_antiderivative(answer: str, entry: Mapping[str, Any]) -> bool:
    """A formula in the variable, with known functions and one constant: not the integral written again."""
    variable = str((entry.get("metadata") or {}).get("variable"))
    names = set(_NAMES.findall(answer))
    starts_anew = re.search(r"\w\s+[\w(]|[=?!<>~;:#\n]", answer)
    return names <= _FUNCTIONS | {variable} and not starts_anew


def _is_conclusion(answer: str, entry: Mapping[str, Any]) -> bool:
    """A statement that is none of the premises again."""
    premises = (entry.get("metadata") or {}).get("premises") or ()
    return _bare(answer) not in {_bare(str(premise)) for premise in premises}


def _bare(statement: str) -> str:
    return re.sub(r"[\s()]", "", statement)


def _is_moves(answer: str, entry: Mapping[str, Any]) -> bool:
    return re.fullmatch(r"[UDLR](?:[\s,]*[UDLR])*\.?", answer, re.I) is not None


FORMS: Mapping[str, Form] = {
    "cryptarithm": _is_assignment,
    "fraction_simplification": lambda answer, entry: _FRACTION.fullmatch(_dressed(answer)) is not None,
    "gsm_symbolic": _is_quantity,
    "intermediate_integration": _is_antiderivative,
    "kakurasu": _is_marks,
    "knights_knaves": _is_roles,
    "propositional_logic": _is_conclusion,
    "quantum_lock": lambda answer, entry: _BUTTONS.fullmatch(answer) is not None,
    "rubiks_cube": lambda answer, entry: _TURNS.fullmatch(answer) is not None,
    "simple_integration": _is_antiderivative,
    "sokoban": _is_moves,
    "survo": _is_grid,
    "tower_of_hanoi": lambda answer, entry: all(
        _MOVE.fullmatch(line.strip()) for line in answer.splitlines() if line.strip()
    ),
}
