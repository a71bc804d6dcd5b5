"""What an instruction is: its id, the arguments that a truth must give it, and the rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["number", "relation", "text", "letter", "keyword", "keywords", "language"]
Arguments = Mapping[str, Any]
Rule = Callable[[str, Arguments], bool]
"""`(text, arguments) → whether the text follows the instruction`; linear in the text."""

RELATIONS = ("less than", "at least")
LONGEST_TEXT, LONGEST_KEYWORD, MOST_KEYWORDS = 10_000, 200, 100
"""Characters of a text and of a keyword, and keywords of an instruction, at most. Ours: what a rule takes is their
product with the response's length."""


class BadInstruction(Exception):
    """An instruction that the rules cannot read; the message says why."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One type of instruction.

    Args:
        id: as IFEval names it, `group:name`.
        rule: whether a text follows it.
        arguments: name → kind of each that a truth must give.
    """

    id: str
    rule: Rule
    arguments: Mapping[str, Kind] = field(default_factory=dict)

    def checked(self, given: Any) -> Arguments:
        """The arguments of a truth, without those that are null. Raises BadInstruction where one is not of its kind."""
        if given is not None and not isinstance(given, dict):
            raise BadInstruction(f"{self.id}: its kwargs are no object")
        arguments = {name: value for name, value in (given or {}).items() if value is not None}
        if unknown := sorted(arguments.keys() - self.arguments.keys()):
            raise BadInstruction(f"{self.id}: it takes no {unknown[0]}")
        for name, kind in self.arguments.items():
            if name not in arguments:
                raise BadInstruction(f"{self.id}: {name} is missing")
            if not _IS_OF_KIND[kind](arguments[name]):
                raise BadInstruction(f"{self.id}: {name} is no {kind}")
        return arguments


def holds(count: int, relation: str, threshold: int) -> bool:
    """Whether a count is `less than` or `at least` a threshold."""
    return count < threshold if relation == RELATIONS[0] else count >= threshold


def _is_number(value: Any) -> bool:
    # The hub's columns hold whole numbers as floats where other rows have none.
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1 and value >= 0
    )


def _is_text(value: Any, longest: int = LONGEST_TEXT) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= longest


def _is_keyword(value: Any) -> bool:
    return _is_text(value, LONGEST_KEYWORD)


def _are_keywords(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_KEYWORDS and all(map(_is_keyword, value))


_IS_OF_KIND: Mapping[Kind, Callable[[Any], bool]] = {
    "number": _is_number,
    "relation": RELATIONS.__contains__,
    "text": _is_text,
    "letter": lambda value: isinstance(value, str) and len(value) == 1,
    "keyword": _is_keyword,
    "keywords": _are_keywords,
    "language": lambda value: isinstance(value, str) and value.isascii() and 2 <= len(value) <= 10,
}
