"""When two lists are the same: sets, bare lists, values with names; order, repeats.

A bare list is a set that keeps its repeats, in any order, unless the prompt asks for one. `same` compares two items.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.numbers import Number
from r1data.verifiers.math.values import Formula, Several, Undecided, Value

Same = Callable[[Value, Value], bool]
_ROOT = re.compile(r"[xz]\s*_\s*(?:\d|\{\s*\d\s*\}|\{\s*\d\s*,\s*\d\s*\})")
_ORDER = re.compile(
    r"\b(?:increasing|decreasing|ascending|descending|alphabetical|numerical|chronological|(?:the )?(?:same|given|right"
    r"|correct|following)) order\b|\b(?:least|small(?:est)?|low(?:est)?|great(?:est)?|larg(?:est|e)|high(?:est)?) to \w"
    r"|\bin order\b(?! (?:to|that|for)\b)|\brespectively\b|\bin that order\b|\bordered list\b"
    r"|\b(?:first|next|last) \w+ (?:terms|numbers|elements|digits)\b"
    r"|从小到大|从大到小|由小到大|由大到小|依次|分别|顺序|次序|按序|升序|降序",
    re.I,
)
FREE_ITEMS = 2
"""Most items of a bare list that are the same in any order where the prompt is not known: the roots of a square."""


def agree(a: Several, b: Several, prompt: str | None, same: Same) -> bool:
    """Sets and bare lists: two sets whatever their repeats; a list with its repeats, in any order that may be any."""
    if are_labelled(a) != are_labelled(b):
        if in_order(a.items, b.items, same):
            return True
        if unordered(a.items, b.items, same):
            raise Undecided("the same values in another order, of which one side names the variables")
        return False
    if a.brackets == b.brackets == "{}":
        return unordered(a.items, b.items, same)
    with suppress(Undecided):  # in another order, "4 oranges, 3 apples" may still be comparable
        if in_order(a.items, b.items, same):
            return True
    if paired(a.items, b.items, same):
        if _order_is_free(a, b, prompt):
            return True
        raise Undecided("the same values in another order, where the order may count")
    if unordered(a.items, b.items, same):
        raise Undecided("the same values, some of them repeated")
    return False


def _order_is_free(a: Several, b: Several, prompt: str | None) -> bool:
    """Whether two lists of the same values in two orders are the same answer."""
    if prompt is not None and _ORDER.search(prompt):
        return False
    if "{}" in (a.brackets, b.brackets) or prompt is not None or len(a.items) <= FREE_ITEMS:
        return True
    # Without the question, names tell: x = 1, 2, 3 lists what one letter may be. So do pairs, solutions of something.
    return any(
        len(names_of(several) - {None}) == 1 or all(isinstance(item, Several) for item in several.items)
        for several in (a, b)
    )


def as_roots(several: Several) -> Several:
    """`x_1 = 2, x_2 = 3`, the roots of an equation, as x = 2, x = 3; any other value unchanged."""
    if several.brackets not in ("", "{}") or not several.items:
        return several
    items = [item for item in several.items if isinstance(item, Number | Formula) and item.name is not None]
    if len(items) != len(several.items) or not all(_ROOT.fullmatch(item.name or "") for item in items):
        return several
    return Several(several.brackets, tuple(replace(item, name=(item.name or "x")[0]) for item in items))


def agree_by_name(a: Several, b: Several, same: Same) -> bool:
    """Values with names: the same names have the same values, in any order."""
    if names_of(a) == names_of(b):
        return len(a.items) == len(b.items) and unordered(a.items, b.items, same)
    one, other = (tuple(map(_unnamed, several.items)) for several in (a, b))
    if len(one) == len(other) and paired(one, other, same):
        raise Undecided("the same values under other names")
    return False


def names_of(several: Several) -> set[str | None]:
    """The names of the numbers and formulas in a list, None among them where one has no name."""
    return {item.name for item in several.items if isinstance(item, Number | Formula)}


def _unnamed(value: Value) -> Value:
    return replace(value, name=None) if isinstance(value, Number | Formula) else value


def are_labelled(several: Several) -> bool:
    """Whether items carry different names (x=1, y=2); against a list without names, their order then matters."""
    return len(names_of(several) - {None}) > 1


def in_order(a: tuple[Value, ...], b: tuple[Value, ...], same: Same) -> bool:
    """Whether two lists have equal items at equal places."""
    return len(a) == len(b) and _all(items_agree, zip(a, b, strict=True), same)


def unordered(a: tuple[Value, ...], b: tuple[Value, ...], same: Same) -> bool:
    """Whether each item of one list has an equal in the other; repeated items count once."""
    return _all(_is_among, ((x, others) for one, others in ((a, b), (b, a)) for x in one), same)


def paired(a: tuple[Value, ...], b: tuple[Value, ...], same: Same) -> bool:
    """Whether the items of two lists are equal in pairs, in any order: repeats count."""
    if len(a) != len(b) or not unordered(a, b, same):
        return False
    rest = b
    for one in a:
        place = _place(one, rest, same)
        if place is None:
            return False
        rest = rest[:place] + rest[place + 1 :]
    return True


def _all(comparison: Callable[[Any, Any, Same], bool], pairs: Iterable[tuple[Any, Any]], same: Same) -> bool:
    """Whether all pairs agree; one that does not decides, whatever could not be told of others."""
    open_question: Unsupported | Undecided | None = None
    for one, other in pairs:
        try:
            if not comparison(one, other, same):
                return False
        except (Unsupported, Undecided) as error:
            open_question = error
    if open_question is not None:
        raise open_question
    return True


def _is_among(one: Value, others: tuple[Value, ...], same: Same) -> bool:
    return _place(one, others, same) is not None


def _place(one: Value, others: tuple[Value, ...], same: Same) -> int | None:
    """The place of a value's equal among others. Raises only if none is equal, and some could not be compared."""
    open_question: Unsupported | Undecided | None = None
    for place, other in enumerate(others):
        try:
            if items_agree(one, other, same):
                return place
        except (Unsupported, Undecided) as error:
            open_question = error
    if open_question is not None:
        raise open_question
    return None


def items_agree(a: Value, b: Value, same: Same) -> bool:
    """Whether two items of lists agree; items with different names are different."""
    one = a.name if isinstance(a, Number | Formula) else None
    other = b.name if isinstance(b, Number | Formula) else None
    return (one is None or other is None or one == other) and same(a, b)
