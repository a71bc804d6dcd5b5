"""Cold start (R1 2.3.1, App. B.3.2): the first long, readable chains of thought, by one of three methods.

`few-shot` and `reflect` ask a model about prompts (`ask`); `refine` has a stronger model rewrite correct samples
(`refine`). All three sample as `r1 sample` does; what they ask is data: `texts`, `examples`. A method is added by a
class and a line in `METHODS`. Not here: people who check what comes out.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from r1data.data.locations import absolute
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions
from r1data.errors import UserError
from r1data.filters.limits import LIMITS, Limits
from r1data.sampling import sample
from r1data.sampling.cold_start import examples as shown
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.ask import FewShot, Reflect
from r1data.sampling.cold_start.output import Output
from r1data.sampling.cold_start.refine import MENDED, Refine
from r1data.sampling.strategy import Method
from r1data.selection.filtering import check_skipped

SHOTS = 2
"""Examples in a prompt: ours, the paper shows "a long CoT"."""
RESPONSES = 4
"""Responses a prompt by `few-shot` and `reflect`. Ours."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the methods can be told. None and () are a method's default; `OWN` says which method knows what."""

    prompt_files: tuple[str, ...] = ()
    output: Output = field(default_factory=Output)
    examples: str | None = None
    shots: int | None = None
    limits: Limits | None = None
    skip: tuple[str, ...] = ()
    mend: tuple[str, ...] | None = None
    dropped: str | None = None


OWN = {"few-shot": ("examples", "shots"), "reflect": (), "refine": ("limits", "skip", "mend", "dropped")}


def choose(name: str, settings: Settings, seed: int = 0) -> Method:
    """The method of that name, its texts and examples read.

    Raises UserError: no such method, a setting that it does not know, a file that will not do.
    """
    if name not in METHODS:
        raise UserError(f"no cold-start method {name!r}; there are {', '.join(METHODS)}")
    for owner, own in OWN.items():
        for setting in own:
            if owner != name and getattr(settings, setting) != _DEFAULTS[setting]:
                raise UserError(f"{setting}: for --method {owner} alone; leave it out of {name}")
    return METHODS[name](settings, seed)


def responses(name: str) -> int:
    """Responses a row unless said otherwise: a refinement is one."""
    return 1 if name == "refine" else RESPONSES


def run(
    source: Source,
    out: str,
    plan: sample.Plan,
    method: Method,
    options: EngineOptions | None = None,
    dropped: str | None = None,
) -> Summary:
    """Writes the responses of a method into `out`, and what `refine` drops into `dropped` if that is given.

    Raises:
        UserError: the rows are not those that the method takes, or as `sampling.sample` does.
        RowsLost: as `sampling.sample` does.
    """
    if dropped and os.path.normpath(absolute(dropped)) == os.path.normpath(absolute(out)):
        raise UserError(f"{out}: two outputs cannot share a folder")
    if isinstance(method, Refine) and plan.n != 1:
        raise UserError(f"-n {plan.n}: refine writes one refinement a row; leave -n out")
    return sample.sample(
        source, out, plan, options, command="cold-start", schema=method.makes, method=method, dropped=dropped
    )


def _few_shot(settings: Settings, seed: int) -> Method:
    count = SHOTS if settings.shots is None else settings.shots
    if count < 1:
        raise UserError(f"shots {count}: show at least one example, or use --method reflect")
    found = texts.load("few-shot", settings.prompt_files, FewShot.needs)
    return FewShot(found, settings.output, shown.load(settings.examples), count, seed)


def _reflect(settings: Settings, seed: int) -> Method:
    return Reflect(texts.load("reflect", settings.prompt_files, Reflect.needs), settings.output)


def _refine(settings: Settings, seed: int) -> Method:
    mended = MENDED if settings.mend is None else settings.mend
    check_skipped(settings.skip)
    check_skipped(mended)
    found = texts.load("refine", settings.prompt_files, Refine.needs)
    return Refine(found, settings.output, settings.limits or LIMITS, settings.skip, mended)


METHODS: dict[str, Callable[[Settings, int], Method]] = {
    "few-shot": _few_shot,
    "reflect": _reflect,
    "refine": _refine,
}
_DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(Settings)}
