"""The reasons for dropping a row: all values of `drop_reasons`, in the order in which they are listed.

The reasons of filters come from `r1data.filters.registry`, including those of other packages; the ones that result
from verdicts and from the choice among rows are defined here.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason that no filter gives: when, in one line, how to go on where it drops every row, the paper's section."""

    name: str
    summary: str
    advice: str = ""
    paper: str = ""


INCORRECT = Reason(
    "incorrect",
    "an answer was found and it is wrong",
    "`r1 why PROMPT_ID/SAMPLE_INDEX` shows an answer beside its truth; `--verdict any` keeps rows whatever the verdict",
    paper="2.3.3",
)
UNVERIFIABLE = Reason(
    "unverifiable",
    "no verdict could be had: no answer, no truth to compare with, a time-out, a checker's error",
    "`r1 verify` of the same rows counts the causes; `r1 ingest --map truth=COLUMN` says where the truth stands",
)
DUPLICATE = Reason("duplicate", "the same response to the same prompt a second time")
CONTAMINATED = Reason(
    "contaminated", "it shares words with an evaluation file (`r1 build --decontaminate`)", paper="App. B.3.2"
)
NOT_SELECTED = Reason("not_selected", "a quota, a policy, a pass rate or a reviewer left it out")
BY_VERDICT = (INCORRECT, UNVERIFIABLE)
BY_SELECTION = (DUPLICATE, CONTAMINATED, NOT_SELECTED)


def reasons() -> list[str]:
    """Every reason that can be given here, in order."""
    from r1data.filters import registry

    before, after = ([each.name for each in group] for group in (BY_VERDICT, BY_SELECTION))
    return [*before, *registry.reasons(), *after]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of reasons, each once, as `reasons` orders them; behind these any that no package here gives."""
    present = set(names)
    if not present:
        return []  # without a look at the filters of other packages
    places = {name: place for place, name in enumerate(reasons())}
    return sorted(present, key=lambda name: (places.get(name, len(places)), name))


def is_filters(name: str) -> bool:
    """Whether a filter gives a reason, be it of a package that is not here."""
    return name not in {each.name for each in (*BY_VERDICT, *BY_SELECTION)}


def advice(name: str) -> str:
    """How to go on where every row is dropped for a reason."""
    from r1data.filters import registry

    for each in (*BY_VERDICT, *BY_SELECTION):
        if each.name == name and each.advice:
            return each.advice
    own = registry.find(name).advice if name in registry.reasons() else ""
    return "; ".join(filter(None, [own, f"`--skip {name}` leaves it out"]))
